//! The turns of users who were evaluated together: what changed since the run before, and what is decided.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    action::{self, AskedAgain, Decider, Past, Recalled, Seen, Tracked, Turn, Whole},
    column::print as mark,
    engine::{Engine, Memory, Users, memory::Remembering},
    eval::{
        kernel::Cells,
        reference::{Answers, SoFar},
    },
    ir::{AggregateId, Body, DefinitionId, Expr, ExprKind, Ladder, Rulebook},
    schema::{ColumnId, Source},
    source::Sources,
    value::print,
};

/// What is taken of every user of a run in turn.
pub struct Turns<'t> {
    engine: &'t Engine,
    memory: &'t dyn Memory,
    run: action::Run<'t>,
    /// The columns that a user's record is, for whether it is as it was.
    columns: Vec<ColumnId>,
    /// Questions over many rows that stand in deeds, in what keeps arms, and in what levels go by.
    asked: Vec<AggregateId>,
    /// Levels of which deeds ask what is missing to the next arm.
    levels: Vec<DefinitionId>,
    past: &'t (dyn Fn(u32) -> Vec<Past> + Sync),
}

/// One user's turn.
#[derive(Clone, Debug, PartialEq)]
pub struct UserTurn {
    /// The user's key, as it prints.
    pub key: String,
    /// What whoever remembers calls the user; none of somebody new.
    pub number: Option<u32>,
    /// Whether the user was absent from the run before.
    pub returned: bool,
    /// What changed, and what was decided.
    pub turn: Turn,
}

/// What a run stands on beside its memory.
pub struct Standing<'t> {
    /// The texts of the rules.
    pub sources: &'t Sources,
    /// Whether everybody inside counts as entering.
    pub preview: bool,
    /// Segments that were never asked about before.
    pub first: Vec<DefinitionId>,
    /// By segment as they are tracked: whether it reads lists or parameters that changed.
    pub read_anew: Vec<bool>,
    /// Likewise, whether it asks about everybody, and others moved.
    pub others_moved: Vec<bool>,
    /// Since when the rules have been those of the run before.
    pub rules_since: Option<i64>,
    /// The previous rulebook's answers, where the rulebook changed.
    pub asked_again: Option<&'t AskedAgain<'t>>,
    /// What was decided before for a user, by [`Recalled::number`].
    pub past: &'t (dyn Fn(u32) -> Vec<Past> + Sync),
}

impl<'t> Turns<'t> {
    /// Ready to take turns; none where the engine has no memory.
    pub fn of(engine: &'t Engine, standing: Standing<'t>) -> Option<Turns<'t>> {
        let Remembering { memory, tracked } = engine.remembering.as_ref()?;
        let tracked: &Tracked = Arc::as_ref(tracked);
        let rulebook = engine.rulebook();
        let all = rulebook.reads_for_actions((0..rulebook.definitions.len() as u32).map(DefinitionId));
        let own = |id: &ColumnId| rulebook.schema.root().column(*id).source == Source::Data;
        let Standing { sources, preview, first, read_anew, others_moved, rules_since, asked_again, past } = standing;
        let (asked, levels) = asked_by_actions(rulebook);
        let decider = Decider { interpreter: engine.interpreter(), sources, preview };
        Some(Turns {
            engine,
            memory: Arc::as_ref(memory),
            run: action::Run { decider, tracked, first, read_anew, others_moved, rules_since, asked_again },
            columns: all.columns.iter().copied().filter(own).collect(),
            asked,
            levels,
            past,
        })
    }

    /// The turns of users who were evaluated together, without those to whom nothing happens; and what all their records and rows
    /// come to.
    pub fn take(&self, users: &Users<'_>) -> (Vec<UserTurn>, u64) {
        let zone = self.engine.clock().zone();
        let keys = self.engine.rulebook().schema.root().key.map_or(Cells::Missing, |key| users.column(key));
        let stays = &self.run.tracked.stays;
        let values: Vec<Cells<'_>> = stays.iter().map(|stay| users.result(stay.definition)).collect();
        let prints = self.prints(users);
        let nothing = Default::default();
        let mut recalled = Recalled::default();
        let (mut all, mut population) = (vec![], 0_u64);
        let mut has = Vec::with_capacity(stays.len());
        for (row, print) in prints.into_iter().enumerate() {
            let key = print::text(&keys.value(row), zone);
            self.memory.recall(&key, &mut recalled);
            population = population.wrapping_add(mark::mixed(mark::of_bytes(key.as_bytes()), print));
            has.clear();
            has.extend(stays.iter().zip(&values).map(|(stay, cells)| match stay.rank {
                None => cells.is_true(row),
                Some(_) => stay.is_had(&cells.value(row)),
            }));
            let rows = users.recent(row).unwrap_or(&nothing);
            let whole = || Whole { record: users.record(row), answers: self.answers(users, row) };
            let seen = Seen { key: Some(&key), print, recalled: &recalled, has: &has, rows };
            let turn = self.run.turn(&seen, whole, || recalled.number.map(self.past).unwrap_or_default());
            if recalled.returned || !turn.is_nothing() {
                all.push(UserTurn { key, number: recalled.number, returned: recalled.returned, turn });
            }
        }
        (all, population)
    }

    /// The turn of a user who is not in today's data and is let go; none of who had nothing.
    pub fn let_go(&self, key: &str) -> Option<UserTurn> {
        let mut recalled = Recalled::default();
        self.memory.recall(key, &mut recalled);
        let turn = self.run.let_go(&recalled);
        (!turn.stays.is_empty()).then(|| UserTurn {
            key: key.to_owned(),
            number: recalled.number,
            returned: false,
            turn,
        })
    }

    fn answers(&self, users: &Users<'_>, row: usize) -> Answers {
        let mut answers = users.answers(row);
        for id in &self.asked {
            answers.set_aggregate(*id, users.aggregate(*id, row));
        }
        for id in &self.levels {
            if let Body::Level(Ladder { by: Some(by), .. }) = &self.engine.rulebook().definition(*id).body {
                let record = users.record(row);
                let value = self.engine.interpreter().row(&SoFar { record: &record, answers: &answers }).value(by);
                answers.goes_by.insert(*id, value);
            }
        }
        answers
    }

    /// What each user's record and rows come to.
    fn prints(&self, users: &Users<'_>) -> Vec<u64> {
        let mut prints: Vec<u64> = (0..users.rows()).map(|row| users.rows_print(row)).collect();
        for id in &self.columns {
            match users.column(*id) {
                Cells::Column(column, start) => column.mix_into(start, &mut prints),
                Cells::Own(column) => column.mix_into(0, &mut prints),
                Cells::Missing => mark::mix_missing(&mut prints),
                cells @ Cells::Truths(..) => {
                    for (row, print) in prints.iter_mut().enumerate() {
                        *print = mark::mixed(*print, mark::of_value(&cells.value(row)));
                    }
                }
            }
        }
        prints
    }
}

/// What stands directly in deeds and in what keeps arms: questions over many rows, and levels asked about by `to_next`, with the
/// questions in what those go by.
fn asked_by_actions(rulebook: &Rulebook) -> (Vec<AggregateId>, Vec<DefinitionId>) {
    let (mut asked, mut levels) = (BTreeSet::new(), BTreeSet::new());
    let mut look = |expr: &Expr, asked: &mut BTreeSet<AggregateId>| {
        expr.each(&mut |node| match &node.kind {
            ExprKind::Aggregate(id) | ExprKind::Reached(id, _) => {
                asked.insert(*id);
            }
            ExprKind::ToNext(id) => {
                levels.insert(*id);
            }
            _ => {}
        });
    };
    rulebook.actions.each_expr(&mut |expr| look(expr, &mut asked));
    for id in &levels {
        if let Body::Level(Ladder { by: Some(by), .. }) = &rulebook.definition(*id).body {
            by.each(&mut |node| {
                if let ExprKind::Aggregate(id) = &node.kind {
                    asked.insert(*id);
                }
            });
        }
    }
    (asked.into_iter().collect(), levels.into_iter().collect())
}
