//! Conditions over pieces: each value that they ask about is cut by the constants that it is compared with, and a condition is the same
//! for all of a piece. What cannot be cut is true, false or unknown as a whole.
//!
//! Values are taken for independent of each other, so pieces may come together here that come together in no record; none that can is left out.

use std::collections::HashMap;

use super::{Found, written};
use crate::{
    ir::{AggregateFunction, Body, Choice, CompareOp, Expr, ExprKind, Quorum, TimeWindow, UpperEnd},
    schema::Source,
    value::{Duration, Truth, Type, Value, compare, print},
};

/// What conditions ask about.
#[derive(Default)]
pub(super) struct Subjects {
    by_key: HashMap<String, usize>,
    all: Vec<Subject>,
}

/// One value, and the constants that cut it.
struct Subject {
    /// Its name, where it is a column of the data that is compared as it stands.
    column: Option<String>,
    constants: Vec<Value>,
    /// Between which constants, and beyond which, something lies.
    gaps: Gaps,
    may_be_missing: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gaps {
    /// Texts, fractions, moments: anywhere.
    Everywhere,
    /// Whole numbers: not between one and the next.
    ButBetweenNeighbours,
    /// The constants are all that there is.
    Nowhere,
}

/// A condition, as what it asks of subjects.
pub(super) enum Asked {
    Always(Truth),
    Of(usize, Test),
    Not(Box<Asked>),
    And(Vec<Asked>),
    Or(Vec<Asked>),
    Quorum(Quorum, Vec<Asked>),
    /// A tag: unknown is false.
    Closed(Box<Asked>),
}

/// What is asked of one value. Ages are asked of moments: one that lies ahead has an age below zero.
pub(super) enum Test {
    Compare(CompareOp, Value),
    Between(Value, Value, UpperEnd),
    In(Vec<Value>),
    Missing,
    /// `age(t) > 30d`: unknown of a moment in the future
    Age(CompareOp, Value),
    AgeBetween(Value, Value, UpperEnd),
    /// `t between 30d..60d`: false of a moment in the future
    Ago(Value, Value, UpperEnd),
}

/// Where a value stands: on a constant, before or behind it, or nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The constant of that number.
    On(usize),
    /// Before the constant of that number, behind the one before.
    Before(usize),
    Missing,
}

/// Names of names are followed so far.
const DEPTH: usize = 4;

impl Subjects {
    /// What a condition asks; each of its subjects is kept, and each constant with it.
    pub(super) fn ask(&mut self, found: &Found<'_>, expr: &Expr) -> Asked {
        self.asked(found, expr, DEPTH)
    }

    fn asked(&mut self, found: &Found<'_>, expr: &Expr, depth: usize) -> Asked {
        match &expr.kind {
            ExprKind::Constant(value) => Asked::Always(Truth::of(value)),
            ExprKind::Not(inner) => Asked::Not(Box::new(self.asked(found, inner, depth))),
            ExprKind::And(all) => Asked::And(self.each(found, all, depth)),
            ExprKind::Or(all) => Asked::Or(self.each(found, all, depth)),
            ExprKind::Quorum { quorum, conditions } => Asked::Quorum(*quorum, self.each(found, conditions, depth)),
            ExprKind::IsMissing(inner) => self.missing(found, inner),
            ExprKind::IsKnown(inner) => Asked::Not(Box::new(self.missing(found, inner))),
            ExprKind::Definition(id) if depth > 0 => match &found.rulebook.definition(*id).body {
                Body::Tag(inner) | Body::Segment(inner) => Asked::Closed(Box::new(self.asked(found, inner, depth - 1))),
                Body::Let(inner) if inner.ty == Type::Bool => self.asked(found, inner, depth - 1),
                Body::Let(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => {
                    self.whole(found, expr)
                }
            },
            _ => self.test(found, expr).unwrap_or_else(|| self.whole(found, expr)),
        }
    }

    fn each(&mut self, found: &Found<'_>, all: &[Expr], depth: usize) -> Vec<Asked> {
        all.iter().map(|it| self.asked(found, it, depth)).collect()
    }

    /// What is compared with constants.
    fn test(&mut self, found: &Found<'_>, expr: &Expr) -> Option<Asked> {
        let length = |it: &Expr| match found.constant(it) {
            Some(value @ Value::Duration(_)) => Some(value),
            _ => None,
        };
        let (subject, test) = match &expr.kind {
            ExprKind::Compare { op, left, right } => {
                if let Some(age) = as_age(left, *op, right).or_else(|| as_age(right, op.mirrored(), left)) {
                    let (moment, op, ago) = age;
                    let ago = ago.map_or(Some(Value::Duration(Duration::ZERO)), length)?;
                    return self.of_ages(found, moment, Test::Compare(op, ago));
                }
                match (found.constant(left), found.constant(right)) {
                    (None, Some(value)) => (left, Test::Compare(*op, value)),
                    (Some(value), None) => (right, Test::Compare(op.mirrored(), value)),
                    (None, None) | (Some(_), Some(_)) => return None,
                }
            }
            ExprKind::Between { subject, low, high, upper } => {
                (subject, Test::Between(found.constant(low)?, found.constant(high)?, *upper))
            }
            ExprKind::In { subject, list } => match found.constant(list)? {
                Value::List(all) => (subject, Test::In(all.to_vec())),
                _ => return None,
            },
            ExprKind::CompareAge { op, moment, duration } => {
                return self.of_ages(found, moment, Test::Age(*op, length(duration)?));
            }
            ExprKind::AgeBetween { moment, low, high, upper } => {
                return self.of_ages(found, moment, Test::AgeBetween(length(low)?, length(high)?, *upper));
            }
            ExprKind::Window { subject, window } => {
                let zero = Value::Duration(Duration::ZERO);
                let test = match window {
                    TimeWindow::Ago { near, far, upper } => Test::Ago(length(near)?, length(far)?, *upper),
                    TimeWindow::Within(far) => Test::Ago(zero, length(far)?, UpperEnd::Included),
                    TimeWindow::WithinNext(_) | TimeWindow::During(_) => return None,
                };
                return self.of_ages(found, subject, test);
            }
            _ => return None,
        };
        if found.constant(subject).is_some() {
            return None;
        }
        self.cut(found, subject, "", test)
    }

    /// What is asked of how long ago a moment was.
    fn of_ages(&mut self, found: &Found<'_>, moment: &Expr, test: Test) -> Option<Asked> {
        // By the calendar, months, days and hours have no order among each other.
        let mut kinds = test.constants().into_iter().filter_map(|value| match value {
            Value::Duration(it) if it.months >= 0 && it.days >= 0 && it.micros >= 0 => {
                match (it.months > 0, it.days > 0, it.micros > 0) {
                    (false, false, false) => None,
                    (true, false, false) => Some("months"),
                    (false, true, false) => Some("days"),
                    (false, false, true) => Some("time"),
                    _ => Some(""),
                }
            }
            _ => Some(""),
        });
        let kind = kinds.next().unwrap_or("days");
        if kind.is_empty() || kinds.any(|other| other != kind) {
            return None;
        }
        self.cut(found, moment, kind, test)
    }

    fn cut(&mut self, found: &Found<'_>, subject: &Expr, kind: &str, test: Test) -> Option<Asked> {
        let constants = test.constants();
        if constants.contains(&&Value::Missing) {
            return None;
        }
        // A day is not cut by moments within it.
        let kind = match constants.first() {
            Some(Value::Date(_)) if constants.iter().all(|it| matches!(it, Value::Date(_))) => "day",
            Some(Value::Timestamp(_)) if constants.iter().all(|it| matches!(it, Value::Timestamp(_))) => "instant",
            Some(Value::Date(_) | Value::Timestamp(_) | Value::List(_)) => return None,
            _ => kind,
        };
        let constants: Vec<Value> = constants.into_iter().cloned().collect();
        let number = self.subject(found, subject, kind);
        self.all.get_mut(number)?.constants.extend(constants);
        Some(Asked::Of(number, test))
    }

    /// `x is missing`; where ages of a moment are asked about by days, of that.
    fn missing(&mut self, found: &Found<'_>, inner: &Expr) -> Asked {
        let kind = if matches!(inner.ty, Type::Date | Type::Timestamp) { "days" } else { "" };
        Asked::Of(self.subject(found, inner, kind), Test::Missing)
    }

    /// A condition that cannot be cut.
    fn whole(&mut self, found: &Found<'_>, expr: &Expr) -> Asked {
        Asked::Of(self.subject(found, expr, ""), Test::Compare(CompareOp::Equal, Value::Bool(true)))
    }

    fn subject(&mut self, found: &Found<'_>, expr: &Expr, kind: &str) -> usize {
        let key = format!("{kind} {}", key(found, expr));
        if let Some(known) = self.by_key.get(&key) {
            return *known;
        }
        let zero = || Value::Duration(Duration::ZERO);
        let (constants, gaps) = match &stripped(expr).ty {
            Type::Bool => (vec![Value::Bool(false), Value::Bool(true)], Gaps::Nowhere),
            Type::Choice(id) => {
                let count = found.rulebook.choices.get(id.0 as usize).map_or(0, |it| it.values.len() as u32);
                ((0..count).map(Value::Choice).collect(), Gaps::Nowhere)
            }
            Type::Int => (vec![], Gaps::ButBetweenNeighbours),
            Type::Date | Type::Timestamp if kind != "day" && kind != "instant" => (vec![zero()], Gaps::Everywhere),
            _ => (vec![], Gaps::Everywhere),
        };
        let number = self.all.len();
        let column = match &stripped(expr).kind {
            ExprKind::Column(id) if kind.is_empty() => {
                let column = found.rulebook.schema.root().column(*id);
                (column.source == Source::Data).then(|| written(column.name.as_str()))
            }
            _ => None,
        };
        self.all.push(Subject { column, constants, gaps, may_be_missing: !never_missing(found, expr, DEPTH) });
        self.by_key.insert(key, number);
        number
    }

    /// Puts the constants in order. False where they have none.
    pub(super) fn settle(&mut self, found: &Found<'_>) -> bool {
        self.all.iter_mut().all(|subject| {
            let constants = &mut subject.constants;
            let order = |a: &Value, b: &Value| order(found, a, b);
            let alike = constants.iter().skip(1).zip(constants.iter()).all(|(a, b)| order(a, b).is_some());
            constants.sort_by(|a, b| order(a, b).unwrap_or(std::cmp::Ordering::Equal));
            constants.dedup_by(|a, b| order(a, b).is_some_and(|it| it.is_eq()));
            alike
        })
    }

    /// Every place in which the value of a subject may stand.
    pub(super) fn places(&self, subject: usize) -> Vec<Place> {
        let Some(Subject { constants, gaps, may_be_missing, .. }) = self.all.get(subject) else { return vec![] };
        let mut places = vec![];
        for at in 0..=constants.len() {
            let neighbours = match (at.checked_sub(1).and_then(|at| constants.get(at)), constants.get(at)) {
                (Some(Value::Int(below)), Some(Value::Int(above))) => below.checked_add(1) == Some(*above),
                _ => false,
            };
            let gap = match gaps {
                Gaps::Everywhere => true,
                Gaps::ButBetweenNeighbours => !neighbours,
                Gaps::Nowhere => false,
            };
            places.extend(gap.then_some(Place::Before(at)));
            places.extend((at < constants.len()).then_some(Place::On(at)));
        }
        places.extend(may_be_missing.then_some(Place::Missing));
        places
    }

    /// What a condition comes to where each subject stands in a place.
    pub(super) fn truth(&self, found: &Found<'_>, asked: &Asked, places: &[Place]) -> Truth {
        let each = |all: &[Asked]| all.iter().map(|it| self.truth(found, it, places)).collect::<Vec<_>>();
        match asked {
            Asked::Always(truth) => *truth,
            Asked::Of(subject, test) => match (self.all.get(*subject), places.get(*subject)) {
                (Some(subject), Some(place)) => test.truth(found, subject, *place),
                _ => Truth::Unknown,
            },
            Asked::Not(inner) => self.truth(found, inner, places).not(),
            Asked::And(all) => Truth::all_of(each(all)),
            Asked::Or(all) => Truth::any_of(each(all)),
            Asked::Quorum(quorum, all) => match quorum {
                Quorum::All => Truth::all_of(each(all)),
                Quorum::Any => Truth::any_of(each(all)),
                Quorum::None => Truth::none_of(each(all)),
                Quorum::AtLeast(wanted) => {
                    let all = each(all);
                    let count = |truth: Truth| all.iter().filter(|it| **it == truth).count() as u32;
                    let (yes, perhaps) = (count(Truth::True), count(Truth::Unknown));
                    match (yes >= *wanted, yes + perhaps >= *wanted) {
                        (true, _) => Truth::True,
                        (false, true) => Truth::Unknown,
                        (false, false) => Truth::False,
                    }
                }
            },
            Asked::Closed(inner) => Truth::from(self.truth(found, inner, places).is_true()),
        }
    }

    /// Whether each is a column of the data: then any values can come together.
    pub(super) fn are_columns(&self) -> bool {
        self.all.iter().all(|subject| subject.column.is_some())
    }

    /// Where a column stands, in the words of rules: `points > 5`.
    pub(super) fn words(&self, found: &Found<'_>, subject: usize, place: Place) -> Option<String> {
        let Subject { column: Some(column), constants, .. } = self.all.get(subject)? else { return None };
        let constant = |at: usize| constants.get(at).map(|value| print::written(value, found.zone));
        Some(match place {
            Place::On(at) => match constants.get(at)? {
                Value::Bool(true) => column.clone(),
                Value::Bool(false) => format!("not {column}"),
                _ => format!("{column} = {}", constant(at)?),
            },
            Place::Missing => format!("{column} missing"),
            Place::Before(at) => match (at.checked_sub(1).and_then(constant), constant(at)) {
                (None, Some(above)) => format!("{column} < {above}"),
                (Some(below), None) => format!("{column} > {below}"),
                (Some(below), Some(above)) => format!("{column} > {below} and < {above}"),
                (None, None) => format!("any {column}"),
            },
        })
    }

    /// How many subjects there are.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }
}

impl Asked {
    /// The subjects that it asks about.
    pub(super) fn each_subject(&self, visit: &mut impl FnMut(usize)) {
        match self {
            Asked::Always(_) => {}
            Asked::Of(subject, _) => visit(*subject),
            Asked::Not(inner) | Asked::Closed(inner) => inner.each_subject(visit),
            Asked::And(all) | Asked::Or(all) | Asked::Quorum(_, all) => {
                all.iter().for_each(|it| it.each_subject(visit));
            }
        }
    }
}

impl Test {
    fn constants(&self) -> Vec<&Value> {
        match self {
            Test::Compare(_, value) | Test::Age(_, value) => vec![value],
            Test::Between(low, high, _) | Test::AgeBetween(low, high, _) | Test::Ago(low, high, _) => vec![low, high],
            Test::In(all) => all.iter().collect(),
            Test::Missing => vec![],
        }
    }

    fn truth(&self, found: &Found<'_>, subject: &Subject, place: Place) -> Truth {
        if let Test::Missing = self {
            return Truth::from(place == Place::Missing);
        }
        // How the value stands to one of the constants.
        let against = |value: &Value| {
            let at = subject.constants.iter().position(|it| order(found, it, value).is_some_and(|it| it.is_eq()))?;
            match place {
                Place::On(own) => Some(own.cmp(&at)),
                Place::Before(own) if own <= at => Some(std::cmp::Ordering::Less),
                Place::Before(_) => Some(std::cmp::Ordering::Greater),
                Place::Missing => None,
            }
        };
        let compare = |op: CompareOp, value: &Value| against(value).map(|order| op.accepts(order));
        let between = |low: &Value, high: &Value, upper: UpperEnd| {
            let below = match upper {
                UpperEnd::Included => CompareOp::AtMost,
                UpperEnd::Excluded => CompareOp::Less,
            };
            Some(compare(CompareOp::AtLeast, low)? && compare(below, high)?)
        };
        let behind = || compare(CompareOp::AtLeast, &Value::Duration(Duration::ZERO));
        let answer = match self {
            Test::Compare(op, value) => compare(*op, value),
            Test::Between(low, high, upper) => between(low, high, *upper),
            Test::In(all) => {
                let equal: Option<Vec<bool>> = all.iter().map(|value| compare(CompareOp::Equal, value)).collect();
                equal.map(|equal| equal.contains(&true))
            }
            Test::Missing => None,
            Test::Age(op, value) => behind().filter(|behind| *behind).and_then(|_| compare(*op, value)),
            Test::AgeBetween(low, high, upper) => {
                behind().filter(|behind| *behind).and_then(|_| between(low, high, *upper))
            }
            Test::Ago(near, far, upper) => behind().and_then(|behind| Some(behind && between(near, far, *upper)?)),
        };
        answer.into()
    }
}

/// `t < 30d ago`, `t <= now`: as what is asked of how long ago it was, and none where that is now.
fn as_age<'e>(moment: &'e Expr, op: CompareOp, other: &'e Expr) -> Option<(&'e Expr, CompareOp, Option<&'e Expr>)> {
    if moment.ty != other.ty {
        return None;
    }
    match &other.kind {
        ExprKind::Ago(length) => Some((moment, op.mirrored(), Some(length))),
        ExprKind::Now => Some((moment, op.mirrored(), None)),
        _ => None,
    }
}

/// Lengths of one kind, as the calendar has them; everything else as it compares.
fn order(found: &Found<'_>, a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Duration(a), Value::Duration(b)) => {
            Some((a.months, a.days, a.micros).cmp(&(b.months, b.days, b.micros)))
        }
        _ => compare::order(a, b, found.zone),
    }
}

/// The number in its own type: each wider one is as great. But a float may be nearest to several.
fn stripped(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Widen(inner) if expr.ty != Type::Float => stripped(inner),
        _ => expr,
    }
}

/// What is the same has the same key.
fn key(found: &Found<'_>, expr: &Expr) -> String {
    let expr = stripped(expr);
    match &expr.kind {
        ExprKind::Widen(inner) => format!("float {}", key(found, inner)),
        ExprKind::Column(id) => format!("column {}", id.0),
        ExprKind::ChildColumn(id) => format!("column of the row {}", id.0),
        ExprKind::Definition(id) => format!("definition {}", id.0),
        ExprKind::Param(id) => format!("parameter {}", id.0),
        kind => format!("{:?} {}", std::mem::discriminant(kind), found.words(expr.span)),
    }
}

/// What has a value for everybody, as far as that is seen at once.
fn never_missing(found: &Found<'_>, expr: &Expr, depth: usize) -> bool {
    match &expr.kind {
        ExprKind::Column(id) => !found.rulebook.schema.root().column(*id).optional,
        ExprKind::Widen(inner) => never_missing(found, inner, depth),
        ExprKind::Param(_) | ExprKind::IsKnown(_) | ExprKind::IsMissing(_) => true,
        ExprKind::Aggregate(id) => matches!(
            found.rulebook.aggregate(*id).function,
            AggregateFunction::Count | AggregateFunction::CountDistinct | AggregateFunction::Any
        ),
        ExprKind::Definition(id) => match &found.rulebook.definition(*id).body {
            Body::Tag(_) | Body::Segment(_) => true,
            Body::Let(inner) => depth > 0 && never_missing(found, inner, depth - 1),
            Body::Level(ladder) | Body::Layer(ladder) => {
                ladder.arms.iter().any(|arm| matches!(arm.choice, Choice::Otherwise))
            }
            Body::Score(_) | Body::Funnel(..) => false,
        },
        _ => false,
    }
}
