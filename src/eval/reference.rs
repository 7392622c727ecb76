//! The plain interpreter: one user at a time, one node at a time. It is the specification in code; whatever is faster is
//! held against it.

use crate::{
    eval::Context,
    ir::{
        Arm, Body, Choice, DefinitionId, Expr, ExprKind, Function, HasTest, Ladder, ProductOp, Quorum, Rulebook, Score,
        SumOp, TextTest, TimeWindow,
    },
    value::{
        Clock, Moment, MomentType, Truth, Type, Value, aggregate, compare, hash, list, number, operator, text,
        time::{self, Direction, Window},
    },
};

/// A rulebook with what it needs to be asked about a user.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter<'a> {
    rulebook: &'a Rulebook,
    context: &'a Context,
}

/// What one user got.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The value of each definition, by [`DefinitionId`]. Of a tag: true, false, or missing where it is unknown.
    pub values: Vec<Value>,
    /// Levels and layers where `otherwise` (or nothing) was reached although an arm above was unknown.
    pub unknown_above: Vec<DefinitionId>,
    /// Arms of `exclusive` layers that applied together.
    pub overlaps: Vec<Overlap>,
}

impl Answers {
    /// The value of one definition, as it was found: a tag may be unknown.
    pub fn value(&self, id: DefinitionId) -> &Value {
        self.values.get(id.0 as usize).unwrap_or(&Value::Missing)
    }
}

/// Two arms of an `exclusive` layer that both apply to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The layer.
    pub layer: DefinitionId,
    /// The rank of the arm written first.
    pub first: u32,
    /// The rank of the other.
    pub second: u32,
}

impl<'a> Interpreter<'a> {
    /// Asks this rulebook, at this clock.
    pub fn new(rulebook: &'a Rulebook, context: &'a Context) -> Interpreter<'a> {
        Interpreter { rulebook, context }
    }

    /// The rulebook that is asked.
    pub fn rulebook(&self) -> &'a Rulebook {
        self.rulebook
    }

    /// What a user gets whose own columns are `record`, by [`crate::schema::ColumnId`] of the root table.
    pub fn evaluate(&self, record: &[Value]) -> Answers {
        let values = vec![Value::Missing; self.rulebook.definitions.len()];
        let mut answers = Answers { values, unknown_above: vec![], overlaps: vec![] };
        for id in &self.rulebook.order {
            let value = self.definition(*id, record, &mut answers);
            if let Some(slot) = answers.values.get_mut(id.0 as usize) {
                *slot = value;
            }
        }
        answers
    }

    fn definition(&self, id: DefinitionId, record: &[Value], answers: &mut Answers) -> Value {
        match &self.rulebook.definition(id).body {
            Body::Let(expr) | Body::Tag(expr) => self.row(record, answers).value(expr),
            Body::Score(score) => self.row(record, answers).score(score),
            Body::Level(ladder) | Body::Layer(ladder) => self.ladder(id, ladder, record, answers),
        }
    }

    /// One user's record, with the answers found so far.
    pub fn row<'r>(&self, record: &'r [Value], answers: &'r Answers) -> Row<'a, 'r> {
        Row { rulebook: self.rulebook, context: self.context, record, answers }
    }

    fn ladder(&self, id: DefinitionId, ladder: &Ladder, record: &[Value], answers: &mut Answers) -> Value {
        let row = self.row(record, answers);
        let truths: Vec<Truth> = ladder.arms.iter().map(|arm| row.applies(arm)).collect();
        let mut applying = ladder.arms.iter().zip(&truths).filter(|(_, truth)| truth.is_true()).map(|(arm, _)| arm);
        let found = applying.next();
        let overlap = ladder.exclusive.then(|| applying.find(|arm| !matches!(arm.choice, Choice::Otherwise))).flatten();
        let passed = truths.iter().take_while(|truth| !truth.is_true()).any(|truth| truth.is_unknown());
        let by_otherwise = found.is_none_or(|arm| matches!(arm.choice, Choice::Otherwise));
        if let (Some(first), Some(second)) = (found, overlap) {
            answers.overlaps.push(Overlap { layer: id, first: first.rank, second: second.rank });
        }
        if passed && by_otherwise {
            answers.unknown_above.push(id);
        }
        found.map_or(Value::Missing, |arm| Value::Choice(arm.rank))
    }
}

/// One user's record with the answers found so far: where an expression gets its value.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a, 'r> {
    rulebook: &'a Rulebook,
    context: &'a Context,
    record: &'r [Value],
    answers: &'r Answers,
}

impl Row<'_, '_> {
    fn clock(&self) -> &Clock {
        &self.context.clock
    }

    /// Whether a condition holds.
    pub fn truth(&self, condition: &Expr) -> Truth {
        Truth::of(&self.value(condition))
    }

    /// Whether an arm of a level or layer applies, regardless of those above it.
    pub fn applies(&self, arm: &Arm) -> Truth {
        match &arm.choice {
            Choice::From { condition, .. } | Choice::When(condition) => self.truth(condition),
            Choice::Otherwise => Truth::True,
        }
    }

    fn score(&self, score: &Score) -> Value {
        let mut sum = self.value(&score.base);
        for arm in score.arms.iter().filter(|arm| self.truth(&arm.condition).is_true()) {
            let points = self.value(&arm.points);
            sum = if arm.minus { number::subtract(&sum, &points) } else { number::add(&sum, &points) };
        }
        match &score.clamp {
            Some((low, high)) => compare::clamp(&sum, &self.value(low), &self.value(high), self.clock().zone()),
            None => sum,
        }
    }

    /// The value of an expression for this user.
    pub fn value(&self, expr: &Expr) -> Value {
        let zone = self.clock().zone();
        match &expr.kind {
            ExprKind::Constant(value) => value.clone(),
            ExprKind::Column(id) => self.record.get(id.0 as usize).cloned().unwrap_or(Value::Missing),
            ExprKind::Lookup { table, key, column } => {
                let key = self.value(key);
                self.context.lookups.get(table).map_or(Value::Missing, |rows| rows.get(&key, *column, self.clock()))
            }
            ExprKind::Definition(id) => self.named(*id),
            ExprKind::Param(id) => {
                self.rulebook.params.get(id.0 as usize).map_or(Value::Missing, |it| it.value.clone())
            }
            ExprKind::Now => self.clock().now_as(moment_type(&expr.ty)).into(),
            ExprKind::Ago(duration) => self.shifted(duration, Direction::Back, &expr.ty),
            ExprKind::FromNow(duration) => self.shifted(duration, Direction::Forth, &expr.ty),
            ExprKind::If { condition, then, otherwise } => {
                self.value(if self.truth(condition).is_true() { then } else { otherwise })
            }
            ExprKind::Or(conditions) => Truth::any_of(self.truths(conditions)).into(),
            ExprKind::And(conditions) => Truth::all_of(self.truths(conditions)).into(),
            ExprKind::Not(condition) => self.truth(condition).not().into(),
            ExprKind::Quorum { quorum, conditions } => match quorum {
                Quorum::All => Truth::all_of(self.truths(conditions)),
                Quorum::Any => Truth::any_of(self.truths(conditions)),
                Quorum::None => Truth::none_of(self.truths(conditions)),
                Quorum::AtLeast(needed) => Truth::at_least(i64::from(*needed), self.truths(conditions)),
            }
            .into(),
            ExprKind::Compare { op, left, right } => {
                compare::compare(*op, &self.value(left), &self.value(right), zone).into()
            }
            ExprKind::Between { subject, low, high, upper } => {
                compare::between(&self.value(subject), &self.value(low), &self.value(high), *upper, zone).into()
            }
            ExprKind::Window { subject, window } => match self.window(window, moment_type(&subject.ty)) {
                Some(window) => window.holds(&self.value(subject)).into(),
                None => Value::Missing,
            },
            ExprKind::CompareAge { op, moment, duration } => {
                time::compare_age(*op, &self.value(moment), &self.value(duration), self.clock()).into()
            }
            ExprKind::AgeBetween { moment, low, high, upper } => {
                let (moment, low, high) = (self.value(moment), self.value(low), self.value(high));
                time::age_between(&moment, &low, &high, *upper, self.clock()).into()
            }
            ExprKind::In { subject, list } => list::is_in(&self.value(subject), &self.elements(list), zone).into(),
            ExprKind::InUploaded { subject, list } => match self.value(subject) {
                Value::Text(text) => {
                    let found = self.context.lists.get(list.0 as usize).is_some_and(|list| list.contains(&text));
                    Value::Bool(found)
                }
                _ => Value::Missing,
            },
            ExprKind::Text { test, subject, argument } => {
                let (subject, argument) = (self.value(subject), self.value(argument));
                match test {
                    TextTest::Contains => text::contains(&subject, &argument),
                    TextTest::StartsWith => text::starts_with(&subject, &argument),
                    TextTest::EndsWith => text::ends_with(&subject, &argument),
                }
                .into()
            }
            ExprKind::Matches { subject, pattern } => pattern.matches(&self.value(subject)).into(),
            ExprKind::Has { subject, element } => list::has(&self.elements(subject), &self.value(element), zone).into(),
            ExprKind::HasOf { test, subject, elements } => {
                let (subject, elements) = (self.elements(subject), self.elements(elements));
                match test {
                    HasTest::Any => list::has_any(&subject, &elements, zone),
                    HasTest::All => list::has_all(&subject, &elements, zone),
                    HasTest::None => list::has_none(&subject, &elements, zone),
                }
                .into()
            }
            ExprKind::IsMissing(operand) => compare::is_missing(&self.value(operand)).into(),
            ExprKind::IsKnown(operand) => compare::is_known(&self.value(operand)).into(),
            ExprKind::Coalesce(operands) => {
                let known = operands.iter().map(|operand| self.value(operand)).find(|value| *value != Value::Missing);
                known.unwrap_or(Value::Missing)
            }
            ExprKind::Sum { first, rest } => rest.iter().fold(self.value(first), |sum, (op, term, _)| match op {
                SumOp::Add => operator::add(&sum, &self.value(term), zone),
                SumOp::Subtract => operator::subtract(&sum, &self.value(term), zone),
            }),
            ExprKind::Product { first, rest } => {
                rest.iter().fold(self.value(first), |product, (op, factor, _)| match op {
                    ProductOp::Multiply => operator::multiply(&product, &self.value(factor)),
                    ProductOp::Divide => operator::divide(&product, &self.value(factor)),
                })
            }
            ExprKind::Negate(operand) => operator::negate(&self.value(operand)),
            ExprKind::Widen(operand) => number::widen(&self.value(operand), &expr.ty),
            ExprKind::Call { function, arguments } => self.call(*function, arguments),
            ExprKind::ToNext(level) => self.missing_to_next(*level),
            ExprKind::List(elements) => {
                let values: Vec<Value> = elements.iter().map(|element| self.value(element)).collect();
                let known = values.iter().all(|value| *value != Value::Missing);
                if known { Value::List(values.into()) } else { Value::Missing }
            }
        }
    }

    fn truths(&self, conditions: &[Expr]) -> impl Iterator<Item = Truth> {
        conditions.iter().map(|condition| self.truth(condition))
    }

    /// A list to look into: of one written in place, a missing element leaves the others to be found.
    fn elements(&self, list: &Expr) -> Value {
        match &list.kind {
            ExprKind::List(elements) => Value::List(elements.iter().map(|element| self.value(element)).collect()),
            _ => self.value(list),
        }
    }

    /// The value of a definition that another one reads: naming a condition closes it.
    fn named(&self, id: DefinitionId) -> Value {
        let value = self.answers.value(id);
        match &self.rulebook.definition(id).body {
            Body::Tag(_) => Value::Bool(*value == Value::Bool(true)),
            Body::Let(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) => value.clone(),
        }
    }

    fn shifted(&self, duration: &Expr, direction: Direction, ty: &Type) -> Value {
        let Value::Duration(duration) = self.value(duration) else { return Value::Missing };
        self.clock().shifted(duration, direction, moment_type(ty)).map_or(Value::Missing, Moment::into)
    }

    /// The two instants that a time condition comes to; none where a duration is missing or leaves the calendar.
    pub fn window(&self, window: &TimeWindow, kind: MomentType) -> Option<Window> {
        let duration = |expr: &Expr| match self.value(expr) {
            Value::Duration(duration) => Some(duration),
            _ => None,
        };
        match window {
            TimeWindow::Ago { near, far, upper } => {
                Window::between(duration(near)?, duration(far)?, *upper, kind, self.clock())
            }
            TimeWindow::Within(length) => Window::within(duration(length)?, kind, self.clock()),
            TimeWindow::WithinNext(length) => Window::within_next(duration(length)?, kind, self.clock()),
            TimeWindow::During(period) => Window::during(*period, kind, self.clock()),
        }
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Value {
        let values: Vec<Value> = arguments.iter().map(|argument| self.value(argument)).collect();
        let zone = self.clock().zone();
        match (function, values.as_slice()) {
            (Function::Lower, [s]) => text::lower(s),
            (Function::Upper, [s]) => text::upper(s),
            (Function::Trim, [s]) => text::trim(s),
            (Function::Length, [s]) => text::length(s),
            (Function::Abs, [x]) => operator::abs(x),
            (Function::Round, [x, digits]) => number::round(x, digits),
            (Function::Floor, [x]) => number::floor(x),
            (Function::Ceil, [x]) => number::ceil(x),
            (Function::Mod, [a, b]) => number::modulo(a, b),
            (Function::Min, values) => compare::minimum(values, zone),
            (Function::Max, values) => compare::maximum(values, zone),
            (Function::Clamp, [x, low, high]) => compare::clamp(x, low, high, zone),
            (Function::Date, [t]) => time::date(t, zone),
            (Function::StartOfWeek, [t]) => time::start_of_week(t, zone),
            (Function::StartOfMonth, [t]) => time::start_of_month(t, zone),
            (Function::Year, [t]) => time::year(t, zone),
            (Function::Month, [t]) => time::month(t, zone),
            (Function::Day, [t]) => time::day(t, zone),
            (Function::Weekday, [t]) => time::weekday(t, zone),
            (Function::Hour, [t]) => time::hour(t, zone),
            (Function::Age, [t]) => time::age(t, self.clock()),
            (Function::Anniversary, [d]) => time::anniversary(d, self.clock()),
            (Function::Bucket, [key, salt, n]) => hash::bucket_of(key, salt, n),
            (Function::Count, [list]) => aggregate::count(list),
            (Function::Sum, [list]) => aggregate::sum(list, element(arguments)),
            (Function::Average, [list]) => aggregate::average(list, element(arguments)),
            (Function::Least, [list]) => aggregate::minimum(list, zone),
            (Function::Greatest, [list]) => aggregate::maximum(list, zone),
            (Function::First, [list]) => aggregate::first(list),
            (Function::Last, [list]) => aggregate::last(list),
            (Function::Distinct, [list]) => aggregate::distinct(list, zone),
            (Function::Most, [list]) => aggregate::most(list, zone),
            (Function::Quantile, [list, share]) => aggregate::quantile(list, share),
            // The checker gives each function as many arguments as it takes.
            (
                Function::Lower
                | Function::Upper
                | Function::Trim
                | Function::Length
                | Function::Abs
                | Function::Round
                | Function::Floor
                | Function::Ceil
                | Function::Mod
                | Function::Clamp
                | Function::Date
                | Function::StartOfWeek
                | Function::StartOfMonth
                | Function::Year
                | Function::Month
                | Function::Day
                | Function::Weekday
                | Function::Hour
                | Function::Age
                | Function::Anniversary
                | Function::Bucket
                | Function::Count
                | Function::Sum
                | Function::Average
                | Function::Least
                | Function::Greatest
                | Function::First
                | Function::Last
                | Function::Distinct
                | Function::Most
                | Function::Quantile,
                _,
            ) => Value::Missing,
        }
    }

    /// `to_next(membership)`: the threshold of the arm just above this user's, less the value that the level goes by.
    fn missing_to_next(&self, level: DefinitionId) -> Value {
        let Body::Level(ladder) = &self.rulebook.definition(level).body else { return Value::Missing };
        let (Some(by), Value::Choice(rank)) = (&ladder.by, self.answers.value(level)) else { return Value::Missing };
        let above = ladder.arms.iter().rfind(|arm| arm.rank > *rank);
        match above.map(|arm| &arm.choice) {
            Some(Choice::From { threshold, .. }) => {
                operator::subtract(&self.value(threshold), &self.value(by), self.clock().zone())
            }
            Some(Choice::When(_) | Choice::Otherwise) | None => Value::Missing,
        }
    }
}

/// The type of moment that a type is; the checker asks for moments only where there are some.
pub fn moment_type(ty: &Type) -> MomentType {
    match ty {
        Type::Date => MomentType::Date,
        Type::Text
        | Type::Int
        | Type::Decimal(_)
        | Type::Float
        | Type::Bool
        | Type::Timestamp
        | Type::Duration
        | Type::List(_)
        | Type::Choice(_) => MomentType::Timestamp,
    }
}

/// The type of the elements of a function's list.
fn element(arguments: &[Expr]) -> &Type {
    match arguments.first().map(|list| &list.ty) {
        Some(Type::List(element)) => element,
        Some(other) => other,
        None => &Type::Text,
    }
}
