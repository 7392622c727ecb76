//! Questions over many rows, answered as rows come by, in any order: for each slot (a user, or a group of users) no more is kept
//! than the answer needs. What comes of it is what `rows::answer` makes of all elements together.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use crate::{
    column::Column,
    eval::{
        funnel::{self, Event},
        rows::{Element, When, element_type},
    },
    ir::{Aggregate, AggregateFunction},
    value::{
        Clock, Duration, MomentType, Type, Value, Zone,
        aggregate::{self as lists, Numbers, Total},
        compare, print,
    },
};

/// What is kept of the elements of one question, by slot.
#[derive(Debug)]
pub struct Accumulator {
    state: State,
    ty: Type,
    element: Type,
    zone: Zone,
}

#[derive(Debug)]
enum State {
    Count(Vec<u64>),
    Any(Vec<bool>),
    Sum(Vec<Total>),
    Average(Vec<(Total, u64)>),
    Extreme(Extreme),
    /// The first or last so far, and when it was.
    End(Column, Vec<Option<When>>, Ordering),
    /// Different values.
    Groups(Vec<Groups>, Wanted),
    Numbers(Vec<Numbers>, Value),
    Events(Vec<Vec<(u32, Event)>>, Chain),
}

/// The least or greatest so far.
#[derive(Debug)]
struct Extreme {
    best: Column,
    wanted: Ordering,
    /// Slots whose elements have no order, durations with months.
    none: HashSet<usize>,
    /// When the best was, of durations: of `1d` and `24h`, which are equal and not the same, the earlier stands.
    when: Option<Vec<Option<When>>>,
}

/// What is asked of different values.
#[derive(Clone, Debug)]
enum Wanted {
    Number,
    List,
    Most,
    /// By the sum of weights of a type.
    MostBy(Type),
}

/// How the events of a funnel hang together.
#[derive(Debug)]
struct Chain {
    limits: Vec<Option<Duration>>,
    kind: MomentType,
    clock: Clock,
    groups: HashMap<String, u32>,
}

/// The different values of a slot.
#[derive(Debug, Default)]
struct Groups {
    all: Vec<Group>,
    /// Where a value stands, once there are many.
    places: HashMap<String, usize>,
}

#[derive(Debug)]
struct Group {
    value: Value,
    count: u64,
    total: Option<Box<Total>>,
    first: When,
    last: When,
}

/// The answers of one question, by slot.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The answer.
    pub values: Column,
    /// Of a funnel: when its furthest step was last reached.
    pub reached: Option<Column>,
}

/// What a funnel needs beside its clause.
#[derive(Clone, Debug)]
pub struct FunnelTerms {
    /// How long each step may take.
    pub limits: Vec<Option<Duration>>,
    /// The type of the events' `at`.
    pub kind: MomentType,
}

impl Accumulator {
    /// Nothing yet. `share` is the quantile that is asked for.
    pub fn new(aggregate: &Aggregate, share: Value, terms: Option<FunnelTerms>, clock: &Clock) -> Accumulator {
        let element = element_type(aggregate).clone();
        let state = match &aggregate.function {
            AggregateFunction::Count => State::Count(vec![]),
            AggregateFunction::Any => State::Any(vec![]),
            AggregateFunction::Sum => State::Sum(vec![]),
            AggregateFunction::Average => State::Average(vec![]),
            AggregateFunction::Least => State::Extreme(Extreme::new(&element, Ordering::Less)),
            AggregateFunction::Greatest => State::Extreme(Extreme::new(&element, Ordering::Greater)),
            AggregateFunction::First => State::End(Column::new(&element), vec![], Ordering::Less),
            AggregateFunction::Last => State::End(Column::new(&element), vec![], Ordering::Greater),
            AggregateFunction::CountDistinct => State::Groups(vec![], Wanted::Number),
            AggregateFunction::Distinct => State::Groups(vec![], Wanted::List),
            AggregateFunction::Most => match &aggregate.by {
                None => State::Groups(vec![], Wanted::Most),
                Some(by) => State::Groups(vec![], Wanted::MostBy(by.ty.clone())),
            },
            AggregateFunction::Quantile(_) => State::Numbers(vec![], share),
            AggregateFunction::Funnel(..) => {
                let terms = terms.unwrap_or(FunnelTerms { limits: vec![], kind: MomentType::Timestamp });
                let chain =
                    Chain { limits: terms.limits, kind: terms.kind, clock: clock.clone(), groups: HashMap::new() };
                State::Events(vec![], chain)
            }
            // Ranks look at all values at once.
            AggregateFunction::Top(_) | AggregateFunction::Bottom(_) | AggregateFunction::Ntile(_) => {
                State::Count(vec![])
            }
        };
        Accumulator { state, ty: aggregate.ty.clone(), element, zone: clock.zone().clone() }
    }

    /// So many slots, at least.
    pub fn grow(&mut self, slots: usize) {
        match &mut self.state {
            State::Count(counts) => longer(counts, slots, || 0),
            State::Any(found) => longer(found, slots, || false),
            State::Sum(totals) => longer(totals, slots, || Total::zero(&self.element)),
            State::Average(totals) => longer(totals, slots, || (Total::zero(&self.element), 0)),
            State::Extreme(extreme) => {
                extreme.best.grow(slots);
                extreme.when.iter_mut().for_each(|when| longer(when, slots, || None));
            }
            State::End(best, when, _) => {
                best.grow(slots);
                longer(when, slots, || None);
            }
            State::Groups(groups, _) => longer(groups, slots, Groups::default),
            State::Numbers(numbers, _) => longer(numbers, slots, Numbers::default),
            State::Events(events, _) => longer(events, slots, Vec::new),
        }
    }

    /// An element of a slot that is there.
    pub fn add(&mut self, slot: usize, element: Element) {
        match &mut self.state {
            State::Count(counts) => change(counts, slot, |count| *count += 1),
            State::Any(found) => change(found, slot, |found| *found |= element.value == Value::Bool(true)),
            State::Sum(totals) => change(totals, slot, |total| total.add(&element.value)),
            State::Average(totals) => change(totals, slot, |(total, count)| {
                total.add(&element.value);
                *count += 1;
            }),
            State::Extreme(extreme) => extreme.add(slot, &element, &self.zone),
            State::End(best, when, wanted) => {
                let earlier = when.get(slot).copied().flatten();
                if earlier.is_none_or(|earlier| element.when.cmp(&earlier) == *wanted) {
                    best.set(slot, &element.value);
                    change(when, slot, |when| *when = Some(element.when));
                }
            }
            State::Groups(groups, wanted) => {
                let weight = match wanted {
                    Wanted::MostBy(ty) => Some(&*ty),
                    Wanted::Number | Wanted::List | Wanted::Most => None,
                };
                change(groups, slot, |groups| groups.add(element, weight, &self.zone));
            }
            State::Numbers(numbers, _) => change(numbers, slot, |numbers| numbers.add(&element.value)),
            State::Events(..) => {}
        }
    }

    /// An event of a slot that is there; those of different groups make no chain.
    pub fn add_event(&mut self, slot: usize, group: &Value, event: Event) {
        if let State::Events(events, chain) = &mut self.state {
            let next = chain.groups.len() as u32;
            let group = match group {
                Value::Missing => u32::MAX,
                group => *chain.groups.entry(print::json(group, &self.zone)).or_insert(next),
            };
            change(events, slot, |events| events.push((group, event)));
        }
    }

    /// The answer of each slot.
    pub fn finish(self, slots: usize) -> Answered {
        let mut accumulator = self;
        accumulator.grow(slots);
        let (ty, element, zone) = (accumulator.ty, accumulator.element, accumulator.zone);
        let mut values = Column::new(&ty);
        let mut reached = None;
        match accumulator.state {
            State::Extreme(Extreme { best, .. }) | State::End(best, ..) => values = best,
            State::Count(counts) => counts.iter().for_each(|count| values.push(&int(*count))),
            State::Any(found) => found.iter().for_each(|found| values.push(&Value::Bool(*found))),
            State::Sum(totals) => totals.iter().for_each(|total| values.push(&total.sum(&element))),
            State::Average(totals) => {
                totals.iter().for_each(|(total, count)| values.push(&total.average(&element, *count)));
            }
            State::Groups(groups, wanted) => {
                groups.into_iter().for_each(|groups| values.push(&groups.finish(&wanted, &zone)));
            }
            State::Numbers(numbers, share) => {
                numbers.into_iter().for_each(|mut numbers| values.push(&numbers.quantile(&share)));
            }
            State::Events(events, chain) => {
                let moments = match chain.kind {
                    MomentType::Date => Type::Date,
                    MomentType::Timestamp => Type::Timestamp,
                };
                let mut moments = Column::new(&moments);
                for mut events in events {
                    let found = chain.furthest(&mut events);
                    values.push(&found.map_or(Value::Missing, |it| Value::Choice(it.step)));
                    moments.push(&found.map_or(Value::Missing, |it| funnel::moment(it.when, chain.kind)));
                }
                reached = Some(moments);
            }
        }
        Answered { values, reached }
    }
}

impl Extreme {
    fn new(element: &Type, wanted: Ordering) -> Extreme {
        let when = (*element == Type::Duration).then(Vec::new);
        Extreme { best: Column::new(element), wanted, none: HashSet::new(), when }
    }

    fn add(&mut self, slot: usize, element: &Element, zone: &Zone) {
        if self.none.contains(&slot) {
            return;
        }
        let known = self.best.get(slot);
        let better = known == Value::Missing
            || match compare::order(&element.value, &known, zone) {
                Some(Ordering::Equal) => self.is_earlier(slot, element.when),
                Some(order) => order == self.wanted,
                None => {
                    self.none.insert(slot);
                    self.best.set(slot, &Value::Missing);
                    false
                }
            };
        if better {
            self.best.set(slot, &element.value);
            self.when.iter_mut().for_each(|when| change(when, slot, |when| *when = Some(element.when)));
        }
    }

    fn is_earlier(&self, slot: usize, when: When) -> bool {
        let known = self.when.as_ref().and_then(|all| all.get(slot).copied().flatten());
        known.is_some_and(|known| when < known)
    }
}

impl Chain {
    fn furthest(&self, events: &mut [(u32, Event)]) -> Option<funnel::Reached> {
        events.sort_unstable_by_key(|(group, event)| (*group, event.when));
        let groups = events.chunk_by(|(a, _), (b, _)| a == b);
        let reached = groups.filter_map(|events| {
            let events: Vec<Event> = events.iter().map(|(_, event)| *event).collect();
            funnel::furthest(&events, &self.limits, self.kind, &self.clock)
        });
        reached.max()
    }
}

/// Values that are looked through one by one before they are looked up.
const FEW: usize = 16;

impl Groups {
    fn add(&mut self, element: Element, weight: Option<&Type>, zone: &Zone) {
        let Element { when, value, weight: by } = element;
        let at = self.find(&value, zone);
        let at = at.unwrap_or_else(|| {
            let total = weight.map(|ty| Box::new(Total::zero(ty)));
            if self.all.len() >= FEW {
                if self.places.is_empty() {
                    let known = self.all.iter().enumerate().map(|(at, group)| (print::json(&group.value, zone), at));
                    self.places = known.collect();
                }
                self.places.insert(print::json(&value, zone), self.all.len());
            }
            self.all.push(Group { value: value.clone(), count: 0, total, first: when, last: when });
            self.all.len() - 1
        });
        if let Some(group) = self.all.get_mut(at) {
            group.count += 1;
            if when < group.first {
                group.first = when;
                // Equal, and yet perhaps not the same: `24h` where `1d` comes later.
                group.value.clone_from(&value);
            }
            group.last = group.last.max(when);
            if let (Some(total), true) = (&mut group.total, by != Value::Missing) {
                total.add(&by);
            }
        }
    }

    fn find(&self, value: &Value, zone: &Zone) -> Option<usize> {
        if self.places.is_empty() {
            return self.all.iter().position(|group| is_same(&group.value, value, zone));
        }
        self.places.get(&print::json(value, zone)).copied()
    }

    fn finish(mut self, wanted: &Wanted, zone: &Zone) -> Value {
        match wanted {
            Wanted::Number => int(self.all.len() as u64),
            Wanted::List => {
                self.all.sort_by_key(|group| group.first);
                Value::List(self.all.into_iter().map(|group| group.value).collect())
            }
            Wanted::Most => {
                let most = self.all.into_iter().max_by_key(|group| (group.count, group.last));
                most.map_or(Value::Missing, |group| group.value)
            }
            Wanted::MostBy(ty) => {
                let sums = self.all.into_iter().map(|group| {
                    let sum = group.total.as_ref().map_or(Value::Missing, |total| total.sum(ty));
                    (sum, group)
                });
                let most = sums.max_by(|(a, first), (b, second)| {
                    lists::order_of_sums(a, b, zone).then(first.last.cmp(&second.last))
                });
                most.map_or(Value::Missing, |(_, group)| group.value)
            }
        }
    }
}

/// Whether two values of a type are one of those that are told apart: those that print alike.
fn is_same(a: &Value, b: &Value, zone: &Zone) -> bool {
    match (a, b) {
        (Value::Duration(_), Value::Duration(_)) => print::json(a, zone) == print::json(b, zone),
        _ => a == b,
    }
}

fn int(number: u64) -> Value {
    i64::try_from(number).map_or(Value::Missing, Value::Int)
}

fn longer<T>(slots: &mut Vec<T>, len: usize, new: impl FnMut() -> T) {
    if slots.len() < len {
        slots.resize_with(len, new);
    }
}

fn change<T>(slots: &mut [T], slot: usize, change: impl FnOnce(&mut T)) {
    if let Some(slot) = slots.get_mut(slot) {
        change(slot);
    }
}
