//! One user as they are, and as they would be: with other values in their record, with something given that is otherwise
//! computed, at another moment.

use std::collections::{BTreeMap, HashMap};

use crate::{
    eval::{
        Answers, Children, Context, Interpreter,
        ranks::Ranks,
        reference::SoFar,
        rows::{self, Element, When},
    },
    explain::part::Part,
    ir::{Aggregate, AggregateFunction, AggregateId, DefinitionId, Over, Rulebook},
    schema::ColumnId,
    value::{Value, print},
};

/// Something of a user that can be another: a value in their record, or one that is found from their rows of child tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Slot {
    /// A column of the users' table.
    Column(ColumnId),
    /// A definition that asks about rows: `let spend = sum(orders.amount)`.
    Definition(DefinitionId),
    /// A question about rows that stands in a condition without a name.
    Aggregate(AggregateId),
    /// `reached(path)`: when a funnel got as far as it did.
    Reached(AggregateId),
}

/// What is supposed of a user.
pub(super) type Supposed = BTreeMap<Slot, Value>;

/// A user, and everybody else as far as rules ask about them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person<'a> {
    pub(super) rulebook: &'a Rulebook,
    pub(super) record: &'a [Value],
    pub(super) children: &'a Children,
    pub(super) others: &'a Others,
    /// The column that a run with state fills with its as-of, where one is remembered.
    pub(super) here: Option<ColumnId>,
    /// Of questions that are written twice the first: they have one answer, whatever is supposed.
    pub(super) same: &'a HashMap<AggregateId, AggregateId>,
}

/// What questions over everybody find of everybody but one user.
#[derive(Debug, Default)]
pub struct Others {
    /// The user's place in the input.
    pub place: u64,
    /// Whether rows of theirs lie in the future.
    pub future: bool,
    /// Of each question, by what a group has in common.
    pub groups: BTreeMap<AggregateId, HashMap<String, Group>>,
}

/// The others of one group.
#[derive(Debug, Default)]
pub struct Group {
    /// What a clause lets through, in input order; of ranks nothing.
    elements: Vec<Element>,
    /// Of ranks: all values.
    ranks: Ranks,
}

impl Others {
    /// Adds another user: what they have in common with their group, and their element if the clause lets them through.
    pub fn add(&mut self, id: AggregateId, aggregate: &Aggregate, group: String, element: Option<Element>) {
        let group = self.groups.entry(id).or_default().entry(group).or_default();
        match element {
            Some(element) if aggregate.is_rank() => group.ranks.add(&element.value),
            Some(element) => group.elements.push(element),
            None => {}
        }
    }

    /// All are in.
    pub fn sort(&mut self) {
        let groups = self.groups.values_mut().flat_map(HashMap::values_mut);
        groups.for_each(|group| {
            group.ranks.sort();
            group.elements.sort_by_key(|element| element.when);
        });
    }
}

/// What users of a group have in common, as text; none of a user who belongs to no group.
pub fn group_of(
    interpreter: &Interpreter<'_>,
    aggregate: &Aggregate,
    known: &dyn crate::eval::reference::Known,
) -> Option<String> {
    let zone = interpreter.clock().zone();
    let values: Vec<Value> = aggregate.per.iter().map(|expr| interpreter.row(known).value(expr)).collect();
    let grouped = values.iter().all(|value| rows::is_groupable(value, zone));
    grouped.then(|| values.iter().map(|value| print::json(value, zone)).collect::<Vec<_>>().join(","))
}

/// A user's record and what they get.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) record: Vec<Value>,
    pub(super) answers: Answers,
}

impl Seen {
    pub(super) fn known(&self) -> SoFar<'_> {
        SoFar { record: &self.record, answers: &self.answers }
    }
}

impl<'a> Person<'a> {
    /// The user who is asked about.
    pub(super) fn of(asked: &crate::explain::Asked<'a>, same: &'a HashMap<AggregateId, AggregateId>) -> Person<'a> {
        Person {
            rulebook: asked.rulebook,
            record: asked.record,
            children: asked.children,
            others: asked.others,
            here: asked.remembered.and(asked.rulebook.actions.memory.here),
            same,
        }
    }

    /// The first of the questions that say the same.
    pub(super) fn first_of(&self, id: AggregateId) -> AggregateId {
        self.same.get(&id).copied().unwrap_or(id)
    }

    /// What they get of some definitions, each after those it reads, if this is supposed.
    pub(super) fn see(&self, context: &Context, order: &[DefinitionId], supposed: &Supposed) -> Seen {
        let mut record = self.record.to_vec();
        self.set_here(&mut record, context.clock.now());
        for (slot, value) in supposed {
            if let Slot::Column(id) = slot
                && let Some(own) = record.get_mut(id.0 as usize)
            {
                *own = value.clone();
            }
        }
        let seen = Seen { record, answers: Answers::none(self.rulebook) };
        self.define(context, order, supposed, seen)
    }

    /// A run at another moment is made at that moment.
    pub(super) fn set_here(&self, record: &mut [Value], instant: i64) {
        if let Some(slot) = self.here.and_then(|here| record.get_mut(here.0 as usize)) {
            *slot = Value::Timestamp(instant);
        }
    }

    /// The same user with some definitions found anew, at another moment.
    pub(super) fn refresh(&self, context: &Context, part: &Part, seen: Seen) -> Seen {
        self.define(context, &part.order, &Supposed::new(), seen)
    }

    fn define(&self, context: &Context, order: &[DefinitionId], supposed: &Supposed, mut seen: Seen) -> Seen {
        let interpreter = Interpreter::new(self.rulebook, context);
        for id in order {
            for aggregate in &self.rulebook.definition(*id).aggregates {
                let first = self.first_of(*aggregate);
                let value = match supposed.get(&Slot::Aggregate(first)) {
                    Some(value) => value.clone(),
                    None => self.ask(&interpreter, *aggregate, &mut seen),
                };
                for id in [first, *aggregate] {
                    if let Some(slot) = seen.answers.aggregates.get_mut(id.0 as usize) {
                        slot.clone_from(&value);
                    }
                }
                if let Some(value) = supposed.get(&Slot::Reached(*aggregate)) {
                    seen.answers.reached.insert(*aggregate, value.clone());
                }
            }
            match supposed.get(&Slot::Definition(*id)) {
                None => interpreter.define(*id, &seen.record, &mut seen.answers),
                Some(value) => {
                    if let Some(slot) = seen.answers.values.get_mut(id.0 as usize) {
                        *slot = value.clone();
                    }
                }
            }
        }
        seen
    }

    /// What they get of a part, if this is supposed.
    pub(super) fn see_part(&self, context: &Context, part: &Part, supposed: &Supposed) -> Seen {
        let mut seen = self.see(context, &part.order, supposed);
        let interpreter = Interpreter::new(self.rulebook, context);
        for id in &part.aggregates {
            let first = self.first_of(*id);
            let value = match supposed.get(&Slot::Aggregate(first)) {
                Some(value) => value.clone(),
                None => self.ask(&interpreter, *id, &mut seen),
            };
            for id in [first, *id] {
                if let Some(slot) = seen.answers.aggregates.get_mut(id.0 as usize) {
                    slot.clone_from(&value);
                }
            }
        }
        seen
    }

    fn ask(&self, interpreter: &Interpreter<'_>, id: AggregateId, seen: &mut Seen) -> Value {
        let aggregate = self.rulebook.aggregate(id);
        match aggregate.over {
            Over::Children(table) => {
                let user = crate::eval::User { record: &seen.record, children: self.children };
                interpreter.ask_children(id, table, &user, &mut seen.answers)
            }
            Over::Users => self.ask_everybody(interpreter, id, aggregate, seen),
        }
    }

    /// A question over everybody, where this user is as supposed and the others are as they are.
    fn ask_everybody(
        &self,
        interpreter: &Interpreter<'_>,
        id: AggregateId,
        aggregate: &Aggregate,
        seen: &Seen,
    ) -> Value {
        let known = seen.known();
        let row = interpreter.row(&known);
        let Some(group) = group_of(interpreter, aggregate, &known) else { return Value::Missing };
        let none = Group::default();
        let others = self.others.groups.get(&id).and_then(|groups| groups.get(&group)).unwrap_or(&none);
        let own = rows::element(aggregate, &row, When { at: None, place: self.others.place });
        if aggregate.is_rank() {
            let mut alone = Ranks::default();
            own.iter().for_each(|own| alone.add(&own.value));
            let place = own.as_ref().filter(|_| alone.ranked() == 1).and_then(|own| others.ranks.place(&own.value));
            return match place {
                Some((less, more)) => rows::rank(&aggregate.function, others.ranks.ranked() + 1, less, more, &row),
                None => rows::not_ranked(aggregate, &row),
            };
        }
        let mut elements = others.elements.clone();
        if let Some(own) = own {
            let at = elements.partition_point(|other| other.when < own.when);
            elements.insert(at, own);
        }
        rows::answer(aggregate, &elements, &row)
    }

    /// Where this user stands among those who are ranked by a question.
    pub(super) fn rank(&self, interpreter: &Interpreter<'_>, id: AggregateId, known: &SoFar<'_>) -> Option<Rank> {
        let aggregate = self.rulebook.aggregate(id);
        let group = group_of(interpreter, aggregate, known)?;
        let none = Group::default();
        let others = self.others.groups.get(&id).and_then(|groups| groups.get(&group)).unwrap_or(&none);
        let row = interpreter.row(known);
        let own = rows::element(aggregate, &row, When { at: None, place: 0 })?.value;
        let (less, more) = others.ranks.place(&own)?;
        let ranked = others.ranks.ranked() + 1;
        // So many may stand before who is still in.
        let is_in = |before: u64| rows::rank(&aggregate.function, ranked, before, before, &row) == Value::Bool(true);
        let (mut low, mut high) = (0, ranked);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_in(middle) { low = middle + 1 } else { high = middle }
        }
        let cut = match aggregate.function {
            _ if low == 0 => None,
            AggregateFunction::Top(_) => (ranked - 1).checked_sub(low).and_then(|at| others.ranks.from_below(at)),
            AggregateFunction::Bottom(_) => others.ranks.from_below(low - 1),
            _ => None,
        };
        Some(Rank { own, less, more, ranked, cut })
    }
}

/// Where a user stands among those who are ranked.
#[derive(Clone, Debug)]
pub(super) struct Rank {
    /// What they are ranked by.
    pub(super) own: Value,
    /// How many have strictly less.
    pub(super) less: u64,
    /// How many have strictly more.
    pub(super) more: u64,
    /// How many are ranked, this one among them.
    pub(super) ranked: u64,
    /// The key of the value that is just enough; none where any is, or there is no such line.
    pub(super) cut: Option<i128>,
}
