//! Why a user has a result, or lacks it (LANGUAGE.md §10): the condition as a tree with every value, the nearest way in, and
//! when it will be otherwise if nothing else happens; and for one rule over everybody the waterfall.
//!
//! All of it is asked of the plain interpreter: a way in is proposed after it was tried, an instant told after it was looked at.

mod deeds;
mod drift;
mod formula;
mod json;
mod later;
mod limits;
mod nearest;
mod part;
mod person;
mod points;
mod proposal;
mod standing;
mod step_up;
mod table;
mod text;
mod tree;
mod trial;
mod turns;
mod values;
mod waterfall;

use std::collections::HashMap;

pub use deeds::{Deed, Remembered, Stopped, Turn};
pub use json::json;
pub use later::Later;
pub use person::{Others, group_of};
pub use text::{Tone, text};
pub use waterfall::{Clause, Waterfall, Waterfalls, clauses};

use crate::{
    action::{self, Recalled},
    eval::{Children, Context, Interpreter},
    explain::{
        deeds::Deeds,
        formula::Builder,
        part::Part,
        person::{Person, Seen, Supposed},
        tree::Trees,
    },
    ir::{self, AggregateId, Body, DefinitionId, Rulebook},
    source::{Sources, Span},
    value::{Truth, Type, Value, time::Bound},
};

/// A user, and what they are asked with.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The rules.
    pub rulebook: &'a Rulebook,
    /// Their texts.
    pub sources: &'a Sources,
    /// The clock, the lists, the reference tables.
    pub context: &'a Context,
    /// The user's columns, by [`crate::schema::ColumnId`].
    pub record: &'a [Value],
    /// Their rows of child tables.
    pub children: &'a Children,
    /// Everybody else, where rules ask about everybody.
    pub others: &'a Others,
    /// The user's key, as it prints; who has none is in no `split`.
    pub key: Option<&'a str>,
    /// What is remembered of the user, where there is state; the record then has what rules read of it.
    pub remembered: Option<&'a Remembered<'a>>,
}

/// Why a user has what they have.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What is explained.
    pub name: String,
    /// Its label.
    pub label: Option<String>,
    /// What is written above it.
    pub description: Option<String>,
    /// `tag`, `level`, …
    pub kind: &'static str,
    /// What the user has: of a tag true, false, or missing where it is unknown; of a level the value's name.
    pub value: Value,
    /// The label of a level's value.
    pub value_label: Option<String>,
    /// What it is made of.
    pub tree: Vec<Branch>,
    /// Of a tag or segment: whether it applies.
    pub applies: Option<bool>,
    /// Whether `otherwise`, or nothing, was reached past an arm that is unknown.
    pub unknown_above: Option<String>,
    /// What the nearest way leads to, in words: a level's next arm up, `5 more` points of a score; of a tag nothing but the tag.
    pub towards: Option<String>,
    /// Of a score, how many points more the nearest way comes to.
    pub more: Option<Value>,
    /// What would have to change; none where nothing need or nothing would do.
    pub nearest: Option<Vec<Change>>,
    /// Whether the search for the nearest way ended before everything was tried.
    pub gave_up: bool,
    /// When it will be otherwise if nothing else happens.
    pub later: Later,
    /// Since when the user has it without a break, as the state remembers; of what they had until now and have no longer too.
    pub since: Option<i64>,
    /// Of a segment what becomes of its deeds.
    pub deeds: Vec<Deed>,
}

/// A leaf that would have to change, and what it stands on.
#[derive(Clone, Debug)]
pub struct Change {
    /// The condition, as it is written.
    pub leaf: String,
    /// The column that decides it, or what stands for rows: a `let`, a question.
    pub column: String,
    /// What it is.
    pub is: Value,
    /// What it would be.
    pub to: Value,
    /// Their type.
    pub ty: Type,
}

/// One line of a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// What it is.
    pub what: What,
    /// As it is written.
    pub text: String,
    /// The label of what it names.
    pub label: Option<String>,
    /// Of a condition.
    pub truth: Option<Truth>,
    /// Of anything else; of a level the value's name.
    pub value: Option<Value>,
    /// Whether the value is a level's, and so a bare name.
    pub bare: bool,
    /// The values that a condition asks about.
    pub facts: Vec<Fact>,
    /// The time that a condition asks about.
    pub window: Option<Stretch>,
    /// Of an arm that only what is remembered keeps: when it was last reached.
    pub kept: Option<Value>,
    /// The rows that a question counted.
    pub rows: Option<Rows>,
    /// Where the line of a rank is.
    pub cut: Option<Cut>,
    /// Of a step of a funnel: when it was last reached.
    pub reached: Option<Value>,
    /// What an arm of a score gives, or would.
    pub points: Option<Value>,
    /// Whether it is the arm that was taken, the furthest step that was reached, or an arm that gave points.
    pub takes: bool,
    /// What it is made of.
    pub branches: Vec<Branch>,
}

impl Branch {
    fn new(what: What, text: String, truth: Option<Truth>) -> Branch {
        Branch {
            what,
            text,
            label: None,
            truth,
            value: None,
            bare: false,
            facts: vec![],
            window: None,
            kept: None,
            rows: None,
            cut: None,
            reached: None,
            points: None,
            takes: false,
            branches: vec![],
        }
    }
}

/// What a branch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// `a and b`, `all of (a, b)`
    All,
    /// `a or b`, `any of (a, b)`
    Any,
    /// `none of (a, b)`
    None,
    /// `at least 2 of (a, b)`
    AtLeast(u32),
    /// `not a`
    Not,
    /// `if c then a else b`
    If,
    /// A condition that is not made of others.
    Leaf,
    /// A name, and what it stands for.
    Definition,
    /// A question over rows.
    Question,
    /// What a level goes by.
    By,
    /// An arm of a level or layer.
    Arm,
    /// An arm of a score.
    Points,
    /// A step of a funnel.
    Step,
    /// `clamp 0..100`
    Clamp,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// `spend`
    pub name: String,
    /// `480.00`; of a level the value's name.
    pub value: Value,
    /// Whether it is a level's value, and so a bare name.
    pub bare: bool,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Its beginning.
    pub low: Option<Bound>,
    /// Its end.
    pub high: Option<Bound>,
}

/// Rows of a child table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The table.
    pub table: String,
    /// Rows that a clause let through.
    pub counted: u64,
    /// Rows of the user that have happened.
    pub happened: u64,
    /// Rows that lie in the future.
    pub future: u64,
}

/// Where a user stands among those who are ranked.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// What they are ranked by.
    pub value: Value,
    /// How many have strictly less.
    pub less: u64,
    /// How many have strictly more.
    pub more: u64,
    /// How many are ranked.
    pub ranked: u64,
    /// The value that is just enough; none where any is, and for `ntile`.
    pub at: Option<Value>,
}

/// Explains some results of a user, in the order in which they are asked for.
pub fn explain(asked: &Asked<'_>, ids: &[DefinitionId]) -> Vec<Explained> {
    let text = |span: Span| tree::one_line(asked.sources.slice(span));
    let mut first_by_text: HashMap<String, AggregateId> = HashMap::new();
    let mut same = HashMap::new();
    for (aggregate, id) in asked.rulebook.aggregates.iter().zip((0..).map(AggregateId)) {
        same.insert(id, *first_by_text.entry(text(aggregate.span)).or_insert(id));
    }
    let person = Person::of(asked, &same);
    let order = asked.rulebook.order_of(&asked.rulebook.reads(ids.iter().copied()));
    let seen = person.see(asked.context, &order, &Supposed::new());
    let mut builder = Builder::new(asked.rulebook, &order, &text);
    let after = after_a_run(asked, &seen, &order);
    let lasting = Person { record: &after, ..person };
    let segments: Vec<DefinitionId> =
        ids.iter().copied().filter(|id| asked.rulebook.actions.of(*id).is_some()).collect();
    let deeds = (!segments.is_empty()).then(|| Deeds::of(asked, &person, &segments));
    let told = |id: DefinitionId| deeds.as_ref().filter(|_| segments.contains(&id)).map(|it| it.told(id));
    let one = |id: &DefinitionId| Explained {
        deeds: told(*id).unwrap_or_default(),
        ..one(asked, (&person, &lasting), &seen, &mut builder, *id)
    };
    ids.iter().map(one).collect()
}

/// What a user gets of some definitions, as an explanation finds it.
pub fn values(asked: &Asked<'_>, ids: &[DefinitionId]) -> Vec<Value> {
    let same = HashMap::new();
    let person = Person::of(asked, &same);
    let order = asked.rulebook.order_of(&asked.rulebook.reads(ids.iter().copied()));
    let seen = person.see(asked.context, &order, &Supposed::new());
    ids.iter().map(|id| seen.answers.value(*id).clone()).collect()
}

/// The record that a later run finds, where one is made now: it remembers what the user has from now on, and what is kept.
fn after_a_run(asked: &Asked<'_>, seen: &Seen, order: &[DefinitionId]) -> Vec<Value> {
    let mut record = asked.record.to_vec();
    let Some(Remembered { tracked, recalled, .. }) = asked.remembered else { return record };
    let now = asked.context.clock.now();
    let memory = &asked.rulebook.actions.memory;
    let known = seen.known();
    let row = Interpreter::new(asked.rulebook, asked.context).row(&known);
    let mut after = Recalled::clone(recalled);
    after.since.resize(tracked.stays.len(), None);
    for (stay, since) in tracked.stays.iter().zip(&mut after.since) {
        if order.contains(&stay.definition) {
            let has = stay.is_had(seen.answers.value(stay.definition));
            *since = if has { since.or(Some(now)) } else { None };
        }
    }
    let asked_about = |kept: &ir::Kept| order.contains(&kept.level);
    let arms = action::keep(memory, &recalled.arms, &row, now);
    after.arms.resize(memory.kept.len(), action::Arm::default());
    for ((kept, arm), then) in memory.kept.iter().zip(&mut after.arms).zip(arms) {
        if asked_about(kept) {
            *arm = then;
        }
    }
    for (id, value) in tracked.values(&after, now) {
        if let Some(slot) = record.get_mut(id.0 as usize) {
            *slot = value;
        }
    }
    record
}

fn one<'a>(
    asked: &Asked<'a>,
    (person, lasting): (&Person<'a>, &Person<'_>),
    seen: &Seen,
    builder: &mut Builder<'a, '_>,
    id: DefinitionId,
) -> Explained {
    let rulebook = asked.rulebook;
    let definition = rulebook.definition(id);
    let value = seen.answers.value(id).clone();
    let mut trees = Trees::new(person, asked.context, asked.sources, seen);
    let tree = trees.of_definition(id);
    let applies = match definition.body {
        Body::Tag(_) | Body::Segment(_) => Some(Truth::of(&value).is_true()),
        Body::Let(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => None,
    };
    let step_up::StepUp { towards, more, nearest, gave_up } = step_up::of(asked, person, builder, id, &value);
    let part = Part { order: rulebook.order_of(&rulebook.reads([id])), aggregates: vec![] };
    let differs = |then: &Seen| later::is_other(rulebook, id, &value, then.answers.value(id));
    let later = later::first(lasting, asked.context, &part, id, &differs);
    let rank = match &value {
        Value::Choice(rank) => Some(*rank),
        _ => None,
    };
    let since = asked.remembered.and_then(|it| deeds::since(it, id, rank));
    let value_label = match (&value, &definition.ty) {
        (Value::Choice(rank), Type::Choice(choices)) => {
            rulebook.choices(*choices).values.get(*rank as usize).and_then(|it| it.label.clone())
        }
        _ => None,
    };
    Explained {
        name: definition.name.to_string(),
        label: definition.label.clone(),
        description: definition.description.clone(),
        kind: definition.body.word(),
        value: rulebook.shown(&value, &definition.ty),
        value_label,
        unknown_above: seen.answers.unknown_above.contains(&id).then(|| unknown_arm(&tree)).flatten(),
        tree,
        applies,
        towards,
        more,
        nearest,
        gave_up,
        later,
        since,
        deeds: vec![],
    }
}

/// The first arm that is unknown.
fn unknown_arm(tree: &[Branch]) -> Option<String> {
    let arms = tree.iter().filter(|branch| branch.what == What::Arm);
    arms.take_while(|arm| !arm.takes).find(|arm| arm.truth == Some(Truth::Unknown)).map(|arm| arm.text.clone())
}

/// The results that are explained where none is named: all but `let`s, in order of declaration.
pub fn results(rulebook: &Rulebook) -> Vec<DefinitionId> {
    let all = (0..rulebook.definitions.len() as u32).map(DefinitionId);
    all.filter(|id| !matches!(rulebook.definition(*id).body, Body::Let(_))).collect()
}
