//! What a rulebook does about its segments (LANGUAGE.md §7): triggers, deeds, messages, the policy, and what the state
//! remembers of each user (§8).

use std::collections::BTreeSet;

use crate::{
    intern::Symbol,
    ir::{AggregateId, DefinitionId, Expr, Over, Reads, Rulebook},
    schema::{ColumnId, TableId},
    source::Span,
    value::{Duration, Type},
};

/// All that a rulebook does.
#[derive(Clone, Debug, Default)]
pub struct Actions {
    /// What is done about each segment that has a block, in order of declaration.
    pub segments: Vec<SegmentActions>,
    /// `policy { … }`; of a rulebook without one nothing is asked.
    pub policy: Policy,
    /// `channel sms { … }`, in order of declaration.
    pub channels: Vec<Channel>,
    /// What the state remembers of each user for the rules.
    pub memory: Memory,
}

/// What is done about one segment.
#[derive(Clone, Debug)]
pub struct SegmentActions {
    /// The segment.
    pub segment: DefinitionId,
    /// `require not opted_out`, each: its messages are sent only where all are true.
    pub require: Vec<Expr>,
    /// In the order written.
    pub triggers: Vec<Trigger>,
    /// `backfill`: its triggers hear those too who entered or left because the rules changed, and those of its first run.
    pub backfill: bool,
}

/// When something is done, and what.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// When.
    pub on: TriggerKind,
    /// What.
    pub body: TriggerBody,
    /// All of it.
    pub span: Span,
}

/// When something is done.
#[derive(Clone, Debug)]
pub enum TriggerKind {
    /// `on enter`
    Enter,
    /// `on exit`
    Exit,
    /// `every 30d`: more than nothing
    Every(Duration),
    /// `on each payments where paid`; the table has a key and an `at`
    Each {
        /// The child table.
        table: TableId,
        /// What stands after `where`; [`crate::ir::ExprKind::ChildColumn`] is the row's.
        filter: Option<Expr>,
    },
}

/// What is done.
#[derive(Clone, Debug)]
pub enum TriggerBody {
    /// One deed, or `{ … }`: of several the first that applies.
    Block(Vec<Deed>),
    /// `split "salt" { … }`
    Split {
        /// The text that is hashed with the user's key.
        salt: String,
        /// The variants, in the order written.
        shares: Vec<Share>,
    },
}

/// `45% noon send sms "A"`
#[derive(Clone, Debug)]
pub struct Share {
    /// The variant's name.
    pub name: Symbol,
    /// It is taken by buckets of 10,000 from here,
    pub from: u32,
    /// up to here, which is not in it. The last share ends at 10,000.
    pub to: u32,
    /// What is done for it.
    pub deed: Deed,
    /// All of it.
    pub span: Span,
}

/// `send sms "…" with coupon = 50 cooldown 30d when vip`
#[derive(Clone, Debug)]
pub struct Deed {
    /// What is done.
    pub act: Act,
    /// `with coupon = 50`, in the order written.
    pub with: Vec<With>,
    /// `hours 12:00..13:00`
    pub hours: Option<Hours>,
    /// `cooldown 30d`
    pub cooldown: Option<Duration>,
    /// `at most 3 times`, in one stay
    pub at_most: Option<u32>,
    /// `once`, ever
    pub once: bool,
    /// `when COND`; none of `otherwise` and of a deed without a condition, which always apply.
    pub when: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// `coupon = 50`
#[derive(Clone, Debug)]
pub struct With {
    /// `coupon`
    pub name: Symbol,
    /// `50`
    pub value: Expr,
}

/// What a deed does.
#[derive(Clone, Debug)]
pub enum Act {
    /// `send sms "…"`, `send email come_back`
    Send {
        /// The channel, declared or not.
        channel: Symbol,
        /// What is sent.
        message: Message,
    },
    /// `do close_task`
    Do(Symbol),
    /// `hold`: a control group
    Hold,
}

/// A text with holes.
#[derive(Clone, Debug)]
pub struct Message {
    /// The template that says so, where it is one.
    pub template: Option<Symbol>,
    /// Texts and holes in turn, as they follow each other.
    pub parts: Vec<MessagePart>,
    /// Where the text stands, or the name of the template.
    pub span: Span,
}

/// A part of a message.
#[derive(Clone, Debug)]
pub enum MessagePart {
    /// As it stands; `{{` is a brace here.
    Text(String),
    /// `{name|朋友}`
    Hole {
        /// `name`; a name of [`Deed::with`] is its value, written out.
        value: Expr,
        /// `朋友`
        fallback: Option<String>,
    },
}

/// Minutes of a day: `12:00..13:00`, and over midnight `22:00..08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Minutes after midnight, from 0.
    pub from: u16,
    /// Minutes after midnight; as many as [`Hours::from`] or less where it ends the day after.
    pub to: u16,
}

/// `policy { … }`
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// `require not opted_out`, each.
    pub require: Vec<Expr>,
    /// `limit sms 1 within 1d`, each.
    pub limits: Vec<Limit>,
    /// `quiet 22:00..08:00`, each.
    pub quiet: Vec<Hours>,
    /// `exempt [payment_notice]`: segments whose messages neither count nor are stopped by the policy.
    pub exempt: Vec<DefinitionId>,
    /// `priority [win_back, by_layer]`: which segments' messages come first; then the others, in order of declaration.
    pub priority: Vec<DefinitionId>,
}

/// `limit sms 1 within 1d`
#[derive(Clone, Debug)]
pub struct Limit {
    /// `sms`; none where every message counts.
    pub channel: Option<Symbol>,
    /// `1`
    pub count: u32,
    /// `1d`
    pub within: Duration,
    /// All of it.
    pub span: Span,
}

/// `channel sms "短信" { at most 70 characters  must contain "退订" }`
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its name.
    pub name: Symbol,
    /// `"短信"`
    pub label: Option<String>,
    /// What a message on it must be like, in the order written.
    pub requirements: Vec<Requirement>,
    /// Where its name is declared.
    pub span: Span,
}

/// What a message on a channel must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// `at most 70 characters`: Unicode scalar values
    AtMostCharacters(u32),
    /// `must contain "退订"`
    MustContain(String),
}

/// What the state remembers of each user for the rules to read: columns of the users' table that no data has
/// ([`crate::schema::Source::State`]), each a timestamp, missing without state.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The as-of of the run, where there is state.
    pub here: Option<ColumnId>,
    /// `held(vip)`: since when the user has had each of these without a break.
    pub since: Vec<Since>,
    /// Arms of levels that are kept.
    pub kept: Vec<Kept>,
}

/// Since when a user has had a tag, a segment, or a value of a level or layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// The tag, segment, level, layer or funnel.
    pub definition: DefinitionId,
    /// Of a level, layer or funnel the value's rank.
    pub rank: Option<u32>,
    /// Missing where the user did not have it when last seen.
    pub column: ColumnId,
}

/// `gold from 5000 keep 4000`, `black from 10000 keep 1y`
#[derive(Clone, Debug)]
pub struct Kept {
    /// The level.
    pub level: DefinitionId,
    /// The arm's value.
    pub rank: u32,
    /// When the arm, or a higher one, was last reached; what a `keep 1y` goes by.
    pub reached: ColumnId,
    /// When it was last reached, missing from when the value fell under that of `keep 4000`.
    pub held: ColumnId,
    /// The arm without what keeps it: `by >= threshold`.
    pub condition: Expr,
    /// The least value that keeps it, where one does: `by >= 4000`.
    pub above: Option<Expr>,
}

impl Actions {
    /// What is done about a segment, where something is.
    pub fn of(&self, segment: DefinitionId) -> Option<&SegmentActions> {
        self.segments.iter().find(|it| it.segment == segment)
    }

    /// The channel of a name, where it is declared.
    pub fn channel(&self, name: &Symbol) -> Option<&Channel> {
        self.channels.iter().find(|it| it.name == *name)
    }

    /// Each expression that is asked of users when something is decided; the questions over many rows that stand in them are
    /// among [`crate::ir::Rulebook::aggregates`].
    pub fn each_expr<'e>(&'e self, found: &mut impl FnMut(&'e Expr)) {
        self.each_stated(found);
        for kept in &self.memory.kept {
            found(&kept.condition);
            kept.above.iter().for_each(&mut *found);
        }
    }

    /// Of these the expressions that are written by themselves: those of the deeds and of the policy.
    pub fn each_stated<'e>(&'e self, found: &mut impl FnMut(&'e Expr)) {
        self.segments.iter().for_each(|segment| segment.each_expr(found));
        self.policy.require.iter().for_each(&mut *found);
    }

    /// The columns of each child table whose rows trigger something, those that are read when it is decided.
    pub fn tables(&self) -> Vec<TableId> {
        let triggers = self.segments.iter().flat_map(|it| &it.triggers);
        let mut tables: Vec<TableId> = triggers
            .filter_map(|trigger| match &trigger.on {
                TriggerKind::Each { table, .. } => Some(*table),
                TriggerKind::Enter | TriggerKind::Exit | TriggerKind::Every(_) => None,
            })
            .collect();
        tables.sort_unstable();
        tables.dedup();
        tables
    }
}

impl Rulebook {
    /// What says nothing without state, of what is read: a clause each.
    pub fn lost_without_state(&self, reads: &Reads) -> Vec<String> {
        let keeps = |level: DefinitionId| self.actions.memory.kept.iter().any(|it| it.level == level);
        let levels = reads.definitions.iter().filter(|it| keeps(**it));
        let mut lost: Vec<String> =
            levels.map(|it| format!("`keep` of `{}` has no effect", self.definition(*it).name)).collect();
        if self.actions.memory.here.is_some_and(|here| reads.columns.contains(&here)) {
            lost.push("`held` is missing for everybody".to_owned());
        }
        lost
    }

    /// What is read where something is decided: by segments and by all else that is remembered, and by deeds and the policy.
    pub fn reads_for_actions(&self, remembered: impl IntoIterator<Item = DefinitionId>) -> Reads {
        let mut exprs = vec![];
        self.actions.each_expr(&mut |expr| exprs.push(expr));
        self.reads_of(remembered, exprs, [])
    }

    /// Each expression that is asked of users or of rows, with the table whose rows [`crate::ir::ExprKind::ChildColumn`] is of.
    pub fn each_question<'e>(&'e self, found: &mut impl FnMut(&'e Expr, TableId)) {
        let root = self.schema.root;
        for definition in &self.definitions {
            definition.body.each_expr(&mut |expr| found(expr, root));
        }
        for aggregate in &self.aggregates {
            let rows = match aggregate.over {
                Over::Users => root,
                Over::Children(table) => table,
            };
            aggregate.each_expr(&mut |expr| found(expr, rows));
        }
        for segment in &self.actions.segments {
            segment.require.iter().for_each(|expr| found(expr, root));
            for trigger in &segment.triggers {
                let rows = if let TriggerKind::Each { table, .. } = trigger.on { table } else { root };
                trigger.each_expr(&mut |expr| found(expr, rows));
            }
        }
        self.actions.policy.require.iter().for_each(|expr| found(expr, root));
    }

    /// The segments whose deeds hang together with those of some: all, where the policy counts messages, else these.
    pub fn deeds_beside(&self, segments: &[DefinitionId]) -> Vec<DefinitionId> {
        let counts = !self.actions.policy.limits.is_empty();
        let asked = self.actions.segments.iter().any(|it| segments.contains(&it.segment));
        let all = self.actions.segments.iter().map(|it| it.segment);
        all.filter(|id| asked && (counts || segments.contains(id))).collect()
    }

    /// What is read where the deeds of some segments are told of: by these and those beside them, and by their deeds and the policy.
    pub fn reads_for_deeds(&self, segments: &[DefinitionId]) -> Reads {
        let beside = self.deeds_beside(segments);
        let mut exprs = vec![];
        for segment in beside.iter().filter_map(|id| self.actions.of(*id)) {
            segment.each_expr(&mut |expr| exprs.push(expr));
        }
        if !beside.is_empty() {
            exprs.extend(&self.actions.policy.require);
        }
        let mut reads = self.reads_of(beside.iter().copied(), exprs, []);
        for segment in beside.iter().filter_map(|id| self.actions.of(*id)) {
            for trigger in &segment.triggers {
                if let TriggerKind::Each { table, .. } = &trigger.on {
                    let columns = 0..self.schema.table(*table).columns.len() as u32;
                    reads.children.entry(*table).or_default().extend(columns.map(ColumnId));
                }
            }
        }
        reads
    }

    /// Of some questions over many rows those that stand in no definition.
    pub fn outside_of_definitions(&self, reads: &Reads) -> Vec<AggregateId> {
        let inside: BTreeSet<AggregateId> =
            self.definitions.iter().flat_map(|definition| definition.aggregates.iter().copied()).collect();
        reads.aggregates.difference(&inside).copied().collect()
    }
}

impl SegmentActions {
    /// Each expression that stands in its block.
    pub fn each_expr<'e>(&'e self, found: &mut impl FnMut(&'e Expr)) {
        self.require.iter().for_each(&mut *found);
        self.triggers.iter().for_each(|trigger| trigger.each_expr(found));
    }
}

impl Trigger {
    /// Each expression that stands in it.
    pub fn each_expr<'e>(&'e self, found: &mut impl FnMut(&'e Expr)) {
        if let TriggerKind::Each { filter: Some(filter), .. } = &self.on {
            found(filter);
        }
        self.body.deeds().for_each(|deed| deed.each_expr(found));
    }
}

impl TriggerBody {
    /// Its deeds, in the order written.
    pub fn deeds(&self) -> impl Iterator<Item = &Deed> {
        let (block, shares) = match self {
            TriggerBody::Block(deeds) => (deeds.as_slice(), &[][..]),
            TriggerBody::Split { shares, .. } => (&[][..], shares.as_slice()),
        };
        block.iter().chain(shares.iter().map(|share| &share.deed))
    }
}

impl Deed {
    /// Each expression that stands in it.
    pub fn each_expr<'e>(&'e self, found: &mut impl FnMut(&'e Expr)) {
        self.when.iter().for_each(&mut *found);
        self.with.iter().for_each(|with| found(&with.value));
        if let Act::Send { message, .. } = &self.act {
            for part in &message.parts {
                if let MessagePart::Hole { value, .. } = part {
                    found(value);
                }
            }
        }
    }
}

impl Hours {
    /// Whether it ends on the day after it began.
    pub fn over_midnight(self) -> bool {
        self.to <= self.from
    }
}

/// The type of each column of [`Memory`].
pub const REMEMBERED: Type = Type::Timestamp;
