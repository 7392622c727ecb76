//! The turns of users who were evaluated together: what changed since the run before, and what is decided.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    action::{self, Arm, AskedAgain, Decider, IsOther, Past, Recalled, Seen, Tracked, Tracking, Turn},
    engine::{Engine, Memory, Prints, Together, Users, keys::Keys, memory::Remembering},
    eval::{
        kernel::{Cells, bits},
        reference::Known,
    },
    ir::{AggregateId, Body, DefinitionId, ExprKind, Ladder, Rulebook, Trigger, TriggerKind},
    schema::ColumnId,
    source::Sources,
    value::{Duration, Value},
};

/// What is taken of every user of a run in turn.
pub struct Turns<'t> {
    engine: &'t Engine,
    memory: &'t dyn Memory,
    run: action::Run<'t>,
    prints: Prints<'t>,
    /// Questions over many rows that stand in deeds, and in what keeps arms.
    asked: BTreeSet<AggregateId>,
    /// By place in [`Tracked::stays`], how often segments repeat deeds.
    repeats: Vec<(usize, Vec<Duration>)>,
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
    /// Where the rulebook changed: segments that mean what they meant.
    pub unchanged: Vec<DefinitionId>,
    /// By segment as they are tracked: whether it reads lists or parameters that changed.
    pub read_anew: Vec<bool>,
    /// Likewise, whether it asks about everybody, and others moved.
    pub others_moved: Vec<bool>,
    /// The previous rulebook's answers, where the rulebook changed.
    pub asked_again: Option<&'t AskedAgain<'t>>,
    /// Whose records are others, where that is not told by what they come to.
    pub is_other: Option<&'t IsOther<'t>>,
    /// What was decided before for a user, by [`Recalled::number`].
    pub past: &'t (dyn Fn(u32) -> Vec<Past> + Sync),
}

impl<'t> Turns<'t> {
    /// Ready to take turns; none where the engine has no memory.
    pub fn of(engine: &'t Engine, standing: Standing<'t>) -> Option<Turns<'t>> {
        let Remembering { memory, tracked } = engine.remembering.as_ref()?;
        let tracked: &Tracked = Arc::as_ref(tracked);
        let rulebook = engine.rulebook();
        let Standing { sources, preview, first, unchanged, read_anew, others_moved, asked_again, is_other, past } =
            standing;
        let decider = Decider::new(engine.interpreter(), sources, preview);
        let repeats = tracked.segments.iter().filter_map(|place| {
            let actions = rulebook.actions.of(tracked.stays.get(*place)?.definition)?;
            let period = |trigger: &Trigger| match trigger.on {
                TriggerKind::Every(period) => Some(period),
                TriggerKind::Enter | TriggerKind::Exit | TriggerKind::Each { .. } => None,
            };
            let periods: Vec<Duration> = actions.triggers.iter().filter_map(period).collect();
            (!periods.is_empty()).then_some((*place, periods))
        });
        Some(Turns {
            engine,
            repeats: repeats.collect(),
            memory: Arc::as_ref(memory),
            run: action::Run { decider, tracked, first, unchanged, read_anew, others_moved, asked_again, is_other },
            prints: Prints::of(engine),
            asked: asked_by_actions(rulebook),
            past,
        })
    }

    /// The turns of users who were evaluated together, without those to whom nothing happens; and what all their records and rows
    /// come to.
    pub fn take(&self, users: &Users<'_>) -> (Vec<UserTurn>, u64) {
        let cells = self.engine.rulebook().schema.root().key.map_or(Cells::Missing, |key| users.column(key));
        let keys = Keys::of(&cells, self.engine.clock().zone());
        let (first, numbers) = users.known();
        let found;
        let numbers = match numbers {
            Some(numbers) => numbers,
            None => {
                found = keys.find(self.memory, 0..users.rows(), u32::try_from(first).ok());
                found.iter().flatten().for_each(|number| _ = self.memory.meet(*number));
                &found
            }
        };
        let (has, prints) = (self.has(users), self.prints.of_each(users));
        let population = self.prints.of_all(&keys, &prints);
        let mut buffer = String::new();
        let turns = self.concerned(users, &Together { numbers, prints: &prints, has: &has });
        let nothing = Default::default();
        let mut recalled = Recalled::default();
        let mut all = vec![];
        let mut own = Vec::with_capacity(has.len());
        for row in bits::rows(&turns) {
            let (Some(number), Some(print)) = (numbers.get(row), prints.get(row)) else { continue };
            self.memory.recall(*number, &mut recalled);
            own.clear();
            own.extend(has.iter().map(|bits| bits::has(bits, row)));
            let rows = users.recent(row).unwrap_or(&nothing);
            let known = One { engine: self.engine, asked: &self.asked, found: users.one(row) };
            let key = keys.text(row, &mut buffer);
            let seen = Seen { key: Some(key), print: *print, recalled: &recalled, has: &own, rows };
            let turn = self.run.turn(&seen, &known, || recalled.number.map(self.past).unwrap_or_default());
            if recalled.returned || !turn.is_nothing() {
                let (key, number, returned) = (key.to_owned(), recalled.number, recalled.returned);
                all.push(UserTurn { key, number, returned, turn });
            }
        }
        (all, population)
    }

    /// By place in [`Tracked::stays`] a bit for each user: whether they have it.
    fn has(&self, users: &Users<'_>) -> Vec<Vec<u64>> {
        let rows = users.rows();
        let bits = |stay: &Tracking| {
            let cells = users.result(stay.definition);
            if let (Cells::Truths(yes, _), None) = (&cells, stay.rank) {
                let mut bits = yes.get(..bits::words(rows)).unwrap_or(yes).to_vec();
                bits.resize(bits::words(rows), 0);
                bits::trim(&mut bits, rows);
                return bits;
            }
            let mut bits = vec![0; bits::words(rows)];
            for row in (0..rows).filter(|row| stay.is_had(&cells.value(*row))) {
                set(&mut bits, row);
            }
            bits
        };
        self.run.tracked.stays.iter().map(bits).collect()
    }

    /// A bit for each user whose turn may be more than nothing.
    fn concerned(&self, users: &Users<'_>, together: &Together<'_>) -> Vec<u64> {
        let rows = users.rows();
        let mut bits = bits::all(rows);
        self.memory.unmoved(together, &mut bits);
        if users.has_recent() {
            (0..rows).filter(|row| users.recent(*row).is_some()).for_each(|row| set(&mut bits, row));
        }
        let mut recalled = Recalled::default();
        for (place, periods) in &self.repeats {
            let Some(inside) = together.has.get(*place) else { continue };
            // Many have been inside since the same run.
            let mut due: HashMap<(Option<i64>, Option<i64>), bool> = HashMap::new();
            for row in bits::rows(inside).filter(|row| !bits::has(&bits, *row)).collect::<Vec<_>>() {
                self.memory.recall(together.numbers.get(row).copied().flatten(), &mut recalled);
                let since = recalled.since.get(*place).copied().flatten();
                let is_due = *due.entry((since, recalled.seen)).or_insert_with(|| {
                    since.zip(recalled.seen).is_none_or(|(since, seen)| {
                        periods.iter().any(|period| self.run.decider.is_due(since, *period, seen))
                    })
                });
                if is_due {
                    set(&mut bits, row);
                }
            }
        }
        let memory = &self.engine.rulebook().actions.memory;
        if !memory.kept.is_empty() {
            let now = self.engine.clock().now();
            for row in (0..rows).filter(|row| !bits::has(&bits, *row)).collect::<Vec<_>>() {
                self.memory.recall(together.numbers.get(row).copied().flatten(), &mut recalled);
                let arms = users.ask(row, |asked| action::keep(memory, &recalled.arms, asked, now));
                let stay = |(at, arm): (usize, &Arm)| {
                    arm.stays(recalled.arms.get(at).copied().unwrap_or_default(), recalled.seen, now)
                };
                if !arms.iter().enumerate().all(stay) {
                    set(&mut bits, row);
                }
            }
        }
        bits
    }

    /// The turn of a user who is not in today's data and is let go; none of who had nothing.
    pub fn let_go(&self, key: &str) -> Option<UserTurn> {
        let mut recalled = Recalled::default();
        self.memory.recall(self.memory.number(key), &mut recalled);
        let turn = self.run.let_go(&recalled);
        (!turn.stays.is_empty()).then(|| UserTurn {
            key: key.to_owned(),
            number: recalled.number,
            returned: false,
            turn,
        })
    }
}

/// The questions over many rows that actions ask themselves, not by a name.
fn asked_by_actions(rulebook: &Rulebook) -> BTreeSet<AggregateId> {
    let mut asked = BTreeSet::new();
    rulebook.actions.each_expr(&mut |expr| {
        expr.each(&mut |node| {
            if let ExprKind::Aggregate(id) | ExprKind::Reached(id, _) = &node.kind {
                asked.insert(*id);
            }
        });
    });
    asked
}

/// One of the users who were evaluated together, as results tell of them: what a name asks of many rows is known by that name alone, so
/// that what stopped a decision is told in the same words wherever the results were computed.
#[derive(Debug)]
struct One<'o, K> {
    engine: &'o Engine,
    asked: &'o BTreeSet<AggregateId>,
    found: K,
}

impl<K: Known> Known for One<'_, K> {
    fn column(&self, id: ColumnId) -> Value {
        self.found.column(id)
    }

    fn definition(&self, id: DefinitionId) -> Value {
        self.found.definition(id)
    }

    fn aggregate(&self, id: AggregateId) -> Value {
        if self.asked.contains(&id) { self.found.aggregate(id) } else { Value::Missing }
    }

    fn reached(&self, id: AggregateId) -> Value {
        if self.asked.contains(&id) { self.found.reached(id) } else { Value::Missing }
    }

    /// Of whom deeds ask what is missing to the next arm, are few: it is found when it is asked for.
    fn goes_by(&self, level: DefinitionId) -> Value {
        match &self.engine.rulebook().definition(level).body {
            Body::Level(Ladder { by: Some(by), .. }) => self.engine.interpreter().row(&self.found).value(by),
            _ => Value::Missing,
        }
    }
}

fn set(bits: &mut [u64], row: usize) {
    if let Some(word) = bits.get_mut(row / 64) {
        *word |= 1 << (row % 64);
    }
}
