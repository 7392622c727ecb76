//! When an answer changes while time passes and nothing else happens: the first instant at which a run says otherwise.
//!
//! What can turn is a comparison with the clock, of the user's own or of one of their rows, and the moment at which a row that
//! lies in the future happens. Of each the next turn is searched for; at the earliest the user is asked again.
//!
//! A comparison cannot be searched by halving alone: `now - 1mo` goes back at the end of a month, and an hour is repeated where
//! clocks go back. Between two midnights (or clock changes) it goes one way, so there halving is right; and a stretch of months
//! in which it is the same a little before and a little after can be passed over.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    eval::{Context, Interpreter, rows},
    explain::{
        drift::{Drift, Drifts},
        part::Part,
        person::{Person, Seen, Supposed},
        standing::{Standing, standing},
    },
    ir::{AggregateId, Body, DefinitionId, Expr, ExprKind, Function, Over, Rulebook},
    schema::{ColumnId, Role, TableId},
    value::{Clock, Duration, Truth, Type, Value, Zone, print, time::calendar},
};

/// When it will be otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// At this instant, in microseconds since 1970-01-01T00:00Z.
    At(i64),
    /// At no time.
    Never,
    /// It hangs on how time passes for everybody else.
    HangsOnOthers,
}

const DAY: i64 = Duration::DAY_MICROS;
/// A calendar month later or earlier is off by three days at most, and a clock change by one.
const LAG: i64 = 5 * DAY;
/// Stretches that are passed over are longer than this.
const STRETCH: i64 = 64 * DAY;
/// What comes round again (a weekday, a birthday) is looked at day by day for so long: after 40 years every date has met every
/// weekday.
const ROUND: i64 = 40 * 366 * DAY;
/// Turns after which the search ends.
const TURNS: usize = 200_000;

/// The first instant after the context's own at which `differs` holds of a user.
pub(super) fn first<'a>(
    person: &Person<'a>,
    context: &Context,
    part: &Part,
    asked: DefinitionId,
    differs: &dyn Fn(&Seen) -> bool,
) -> Later {
    if others_move(person, part) {
        return Later::HangsOnOthers;
    }
    let drifts = Drifts::of(person.rulebook, &part.order, person.here);
    let refreshed = part.order.iter().copied().filter(|id| {
        // What is missing to the next arm is read off what the level goes by.
        let by = match &person.rulebook.definition(*id).body {
            Body::Level(ladder) => ladder.by.as_ref(),
            _ => None,
        };
        drifts.definition(*id) != Drift::Still || by.is_some_and(|by| drifts.expr(by) != Drift::Still)
    });
    let mut search = Search {
        person,
        seen: person.see_part(context, part, &Supposed::new()),
        refreshed: refreshed.collect(),
        drifts,
        context: context.clone(),
        part,
        turning: vec![],
        hours: false,
    };
    search.collect(asked);
    search.first(differs)
}

/// Something that turns as time passes.
#[derive(Clone, Copy, Debug)]
struct Turning<'a> {
    what: What<'a>,
    /// A row of a child table that is asked.
    row: Option<(TableId, usize)>,
    /// Whether its operands pass each other once at most between two midnights.
    once: bool,
    /// Whether it reads what is defined or found from rows.
    builds_on: bool,
}

#[derive(Clone, Copy, Debug)]
enum What<'a> {
    Condition(&'a Expr),
    /// Whether a row has happened.
    Happens,
    /// The value of a definition itself.
    Value(DefinitionId),
}

struct Search<'s, 'a> {
    person: &'s Person<'a>,
    /// As of the last turn.
    seen: Seen,
    /// Definitions that hold something that moves without a turn.
    refreshed: Vec<DefinitionId>,
    drifts: Drifts<'a>,
    context: Context,
    part: &'s Part,
    turning: Vec<Turning<'a>>,
    /// Whether hours of the day are asked about.
    hours: bool,
}

impl<'a> Search<'_, 'a> {
    fn collect(&mut self, asked: DefinitionId) {
        let rulebook = self.person.rulebook;
        for id in &self.part.order {
            let definition = rulebook.definition(*id);
            definition.body.each_expr(&mut |expr| self.collect_from(expr, None));
            for aggregate in &definition.aggregates {
                self.collect_rows(*aggregate);
            }
        }
        for id in &self.part.aggregates {
            self.collect_rows(*id);
        }
        for (table, rows) in self.person.children {
            let happens = |row| Turning { what: What::Happens, row: Some((*table, row)), once: true, builds_on: false };
            self.turning.extend((0..rows.len()).map(happens));
        }
        if self.drifts.definition(asked) != Drift::Still {
            self.turning.push(Turning { what: What::Value(asked), row: None, once: false, builds_on: true });
        }
    }

    fn collect_rows(&mut self, id: AggregateId) {
        let aggregate = self.person.rulebook.aggregate(id);
        let table = match aggregate.over {
            Over::Children(table) => Some(table),
            Over::Users => None,
        };
        aggregate.each_expr(&mut |expr| self.collect_from(expr, table));
    }

    fn collect_from(&mut self, expr: &'a Expr, table: Option<TableId>) {
        expr.each(&mut |node| {
            let (mut of_row, mut builds_on) = (false, false);
            node.each(&mut |inner| match &inner.kind {
                ExprKind::ChildColumn(_) => of_row = true,
                ExprKind::Definition(_) | ExprKind::ToNext(_) | ExprKind::Aggregate(_) | ExprKind::Reached(..) => {
                    builds_on = true;
                }
                ExprKind::Call { function: Function::Hour, .. } => self.hours = true,
                _ => {}
            });
            let Some(once) = self.turns(node) else { return };
            let one = Turning { what: What::Condition(node), row: None, once, builds_on };
            match table.filter(|_| of_row) {
                None => self.turning.push(one),
                Some(table) => {
                    let rows = self.person.children.get(&table).map_or(0, Vec::len);
                    self.turning.extend((0..rows).map(|row| Turning { row: Some((table, row)), ..one }));
                }
            }
        });
    }

    /// Whether a condition can turn as time passes; and whether its operands pass each other once at most.
    fn turns(&self, node: &Expr) -> Option<bool> {
        if node.ty != Type::Bool {
            return None;
        }
        let drift = |expr: &Expr| self.drifts.expr(expr);
        let still = |parts: &[&Expr]| parts.iter().all(|part| drift(part) == Drift::Still);
        let unless_still = |parts: &[&Expr]| (!still(parts)).then_some(false);
        match &node.kind {
            ExprKind::Compare { left, right, .. } => {
                (!still(&[left, right])).then(|| drift(left).crosses_once(drift(right)))
            }
            ExprKind::Between { subject, low, high, .. } => (!still(&[subject, low, high]))
                .then(|| drift(subject).crosses_once(drift(low)) && drift(subject).crosses_once(drift(high))),
            ExprKind::Window { .. } | ExprKind::CompareAge { .. } | ExprKind::AgeBetween { .. } => {
                let mut all_still = true;
                node.each_child(&mut |child| all_still &= drift(child) == Drift::Still);
                Some(all_still)
            }
            ExprKind::In { subject, list } => unless_still(&[subject, list]),
            ExprKind::InUploaded { subject, .. } | ExprKind::Matches { subject, .. } => unless_still(&[subject]),
            ExprKind::Text { subject, argument, .. } => unless_still(&[subject, argument]),
            ExprKind::Has { subject, element } => unless_still(&[subject, element]),
            ExprKind::HasOf { subject, elements, .. } => unless_still(&[subject, elements]),
            ExprKind::IsMissing(operand) | ExprKind::IsKnown(operand) => unless_still(&[operand]),
            _ => None,
        }
    }

    fn first(&mut self, differs: &dyn Fn(&Seen) -> bool) -> Later {
        let start = self.context.clock.now();
        let end = i64::from(calendar::LAST_DAY - 400).saturating_mul(DAY);
        let mut next: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
        for at in 0..self.turning.len() {
            next.extend(self.next_turn(at, start, start, end).map(|when| Reverse((when, at))));
        }
        for _ in 0..TURNS {
            let Some(Reverse((when, at))) = next.pop() else { return Later::Never };
            let mut turned = vec![at];
            while next.peek().is_some_and(|Reverse((other, _))| *other == when) {
                turned.extend(next.pop().map(|Reverse((_, at))| at));
            }
            self.set(when);
            let seen = self.person.see_part(&self.context, self.part, &Supposed::new());
            if differs(&seen) {
                return Later::At(when);
            }
            let moved = self.moved(&seen);
            self.seen = seen;
            if moved {
                // What builds on what is found from rows may turn at another time now.
                let building: Vec<usize> =
                    (0..self.turning.len()).filter(|at| self.turning.get(*at).is_some_and(|it| it.builds_on)).collect();
                next.retain(|Reverse((_, at))| building.binary_search(at).is_err());
                turned.retain(|at| building.binary_search(at).is_err());
                turned.extend(building);
            }
            for at in turned {
                next.extend(self.next_turn(at, when, start, end).map(|when| Reverse((when, at))));
            }
        }
        Later::Never
    }

    /// Whether something that does not drift is another than it was.
    fn moved(&self, seen: &Seen) -> bool {
        let definitions = self.part.order.iter().filter(|id| self.drifts.definition(**id) == Drift::Still);
        let mut values = definitions.map(|id| self.seen.answers.value(*id) != seen.answers.value(*id));
        values.any(|differs| differs)
            || self.seen.answers.aggregates != seen.answers.aggregates
            || self.seen.answers.reached != seen.answers.reached
    }

    fn set(&mut self, instant: i64) {
        if let Some(clock) = Clock::at(instant, self.context.clock.zone().clone()) {
            self.context.clock = clock;
        }
    }

    /// When something turns next after an instant.
    fn next_turn(&mut self, at: usize, after: i64, start: i64, end: i64) -> Option<i64> {
        let turning = *self.turning.get(at)?;
        match turning.once {
            true => self.next_once(turning, after, end),
            false => self.day_by_day(turning, after, end.min(start.saturating_add(ROUND))),
        }
    }

    fn next_once(&mut self, turning: Turning<'a>, after: i64, end: i64) -> Option<i64> {
        if after >= end {
            return None;
        }
        if end - after <= STRETCH {
            return self.day_by_day(turning, after, end);
        }
        let now = self.standing(turning, after);
        if self.standing(turning, after - LAG) == now && self.standing(turning, end + LAG) == now {
            return None;
        }
        let middle = after + (end - after) / 2;
        self.next_once(turning, after, middle).or_else(|| self.next_once(turning, middle, end))
    }

    /// Looks at every stretch between two midnights, or clock changes, or hours where those are asked about.
    fn day_by_day(&mut self, turning: Turning<'a>, after: i64, end: i64) -> Option<i64> {
        let now = self.standing(turning, after);
        let mut begin = after;
        while begin < end {
            let next = self.next_boundary(begin);
            let last = (next - 1).min(end);
            if last > begin && self.standing(turning, last) != now {
                let (mut before, mut turned) = (begin, last);
                while turned - before > 1 {
                    let middle = before + (turned - before) / 2;
                    if self.standing(turning, middle) == now { before = middle } else { turned = middle }
                }
                return Some(turned);
            }
            if next <= end && self.standing(turning, next) != now {
                return Some(next);
            }
            begin = next;
        }
        None
    }

    fn next_boundary(&self, instant: i64) -> i64 {
        boundary(self.context.clock.zone(), instant, self.hours)
    }

    fn standing(&mut self, turning: Turning<'a>, instant: i64) -> Standing {
        self.set(instant);
        self.person.set_here(&mut self.seen.record, instant);
        let refreshed = (turning.builds_on && !self.refreshed.is_empty()).then(|| self.refreshed());
        let seen = refreshed.as_ref().unwrap_or(&self.seen);
        let known = seen.known();
        let interpreter = Interpreter::new(self.person.rulebook, &self.context);
        let child = turning.row.and_then(|(table, row)| self.person.children.get(&table)?.get(row));
        let row = match child {
            Some(child) => interpreter.child_row(&known, child),
            None => interpreter.row(&known),
        };
        match turning.what {
            What::Condition(expr) => standing(&row, expr),
            What::Happens => {
                let happened = turning.row.zip(child).is_some_and(|((table, _), child)| {
                    let table = self.person.rulebook.schema.table(table);
                    !rows::is_future(table, rows::when(table, child, 0), &self.context.clock)
                });
                [u64::from(happened), 0, 0]
            }
            What::Value(id) => [hash(&print::json(seen.answers.value(id), row.clock().zone())), 0, 0],
        }
    }

    /// What was seen, with what drifts as of the clock.
    fn refreshed(&self) -> Seen {
        let part = Part { order: self.refreshed.clone(), aggregates: vec![] };
        self.person.refresh(&self.context, &part, self.seen.clone())
    }
}

/// The next midnight, clock change, or hour of the day after an instant: up to there comparisons with the clock go one way.
fn boundary(zone: &Zone, instant: i64, hours: bool) -> i64 {
    let (date, micros) = zone.local(instant);
    let midnight = zone.start_of_day(date.saturating_add(1));
    let mut next = if midnight > instant { midnight } else { instant.saturating_add(1) };
    if let Some(change) = zone.next_change(instant) {
        next = next.min(change);
    }
    if hours {
        const HOUR: i64 = 3_600_000_000;
        next = next.min(instant.saturating_add(HOUR - micros % HOUR));
    }
    next
}

/// The first instant after the clock's at which something is so that a length of time behind the clock brings about.
pub(super) fn first_instant(clock: &Clock, is_so: impl Fn(i64) -> bool) -> Option<i64> {
    let mut begin = clock.now();
    let end = begin.saturating_add(ROUND);
    while begin < end {
        let next = boundary(clock.zone(), begin, false);
        let last = next - 1;
        if last > begin && is_so(last) {
            let (mut before, mut turned) = (begin, last);
            while turned - before > 1 {
                let middle = before + (turned - before) / 2;
                if is_so(middle) { turned = middle } else { before = middle }
            }
            return Some(turned);
        }
        if is_so(next) {
            return Some(next);
        }
        begin = next;
    }
    None
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Whether what rules ask about everybody moves with time for others.
fn others_move(person: &Person<'_>, part: &Part) -> bool {
    let rulebook = person.rulebook;
    let of_definitions = part.order.iter().flat_map(|id| &rulebook.definition(*id).aggregates);
    let asked: Vec<AggregateId> = of_definitions
        .chain(&part.aggregates)
        .copied()
        .filter(|id| rulebook.aggregate(*id).over == Over::Users)
        .collect();
    asked.into_iter().any(|id| {
        let mut conditions = vec![];
        rulebook.aggregate(id).each_expr(&mut |expr| conditions.push(expr));
        let read = Part::of(rulebook, conditions.iter().copied());
        let of_definitions = read.order.iter().flat_map(|id| &rulebook.definition(*id).aggregates);
        let questions: Vec<AggregateId> = of_definitions.chain(&read.aggregates).copied().collect();
        for definition in &read.order {
            rulebook.definition(*definition).body.each_expr(&mut |expr| conditions.push(expr));
        }
        let mut of_future = false;
        for question in questions {
            let aggregate = rulebook.aggregate(question);
            of_future |= person.others.future && is_dated(rulebook, aggregate.over);
            aggregate.each_expr(&mut |expr| conditions.push(expr));
        }
        of_future || conditions.into_iter().any(|expr| asks_about_time(expr, person.here))
    })
}

fn is_dated(rulebook: &Rulebook, over: Over) -> bool {
    match over {
        Over::Children(table) => matches!(rulebook.schema.table(table).role, Role::Children { at: Some(_), .. }),
        Over::Users => false,
    }
}

fn asks_about_time(expr: &Expr, here: Option<ColumnId>) -> bool {
    let mut found = false;
    expr.each(&mut |node| {
        found |= matches!(node.kind, ExprKind::Column(id) if Some(id) == here);
        found |= matches!(
            node.kind,
            ExprKind::Now
                | ExprKind::Ago(_)
                | ExprKind::FromNow(_)
                | ExprKind::Window { .. }
                | ExprKind::CompareAge { .. }
                | ExprKind::AgeBetween { .. }
                | ExprKind::Call { function: Function::Age | Function::Anniversary, .. }
        );
    });
    found
}

/// Whether a result is another: of a tag whether the user has it, of anything else its value.
pub(super) fn is_other(rulebook: &Rulebook, id: DefinitionId, now: &Value, then: &Value) -> bool {
    match rulebook.definition(id).body {
        Body::Tag(_) | Body::Segment(_) => Truth::of(now).is_true() != Truth::of(then).is_true(),
        Body::Let(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => now != then,
    }
}
