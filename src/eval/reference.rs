//! The plain interpreter: one user at a time, one node at a time, one row at a time. It is the specification in code; whatever
//! is faster is held against it.

pub use super::known::{Answers, Children, GivenValues, Known, Overlap, SoFar, User};

use std::cmp::Ordering;

use crate::{
    eval::{
        Context, funnel,
        rows::{self, Element},
    },
    ir::{
        AggregateFunction, AggregateId, Arm, Body, Choice, DefinitionId, Expr, ExprKind, Function, FunnelStep, HasTest,
        Ladder, Over, ProductOp, Quorum, Rulebook, Score, SumOp, TextTest, TimeWindow,
    },
    schema::{ColumnId, Role, TableId},
    value::{
        Clock, Duration, Moment, MomentType, Truth, Type, Value, aggregate, compare, hash, list, number, operator,
        text,
        time::{self, Direction, Window},
    },
};

/// A rulebook with what it needs to be asked about a user.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter<'a> {
    rulebook: &'a Rulebook,
    context: &'a Context,
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

    /// The clock.
    pub fn clock(&self) -> &'a Clock {
        &self.context.clock
    }

    /// What it asks with: the clock, the lists, the reference tables.
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// What everybody gets. Definition by definition, so that a question about everybody finds what it builds on.
    pub fn evaluate_all(&self, users: &[User<'_>]) -> Vec<Answers> {
        self.evaluate_given(&self.rulebook.order, users, &[])
    }

    /// What everybody gets of some definitions, each after those it reads. The values that are given of a user's definitions, at
    /// the user's place, are taken as they are, and not computed.
    pub fn evaluate_given(&self, order: &[DefinitionId], users: &[User<'_>], given: &[GivenValues]) -> Vec<Answers> {
        let mut all: Vec<Answers> = users.iter().map(|_| Answers::none(self.rulebook)).collect();
        for id in order {
            for aggregate in self.rulebook.definition(*id).aggregates.clone() {
                let found: Vec<Value> = match self.rulebook.aggregate(aggregate).over {
                    Over::Users => (0..users.len()).map(|at| self.ask_users(aggregate, at, users, &all)).collect(),
                    Over::Children(table) => users
                        .iter()
                        .zip(&mut all)
                        .map(|(user, all)| self.ask_children(aggregate, table, user, all))
                        .collect(),
                };
                all.iter_mut().zip(found).for_each(|(answers, value)| answers.set_aggregate(aggregate, value));
            }
            for (at, (user, answers)) in users.iter().zip(&mut all).enumerate() {
                match given.get(at).and_then(|given| given.get(id)) {
                    Some(value) => answers.set(*id, value.clone()),
                    None => self.define(*id, user.record, answers),
                }
            }
        }
        all
    }

    /// Answers questions over many rows that stand in no definition, after all definitions that they read.
    pub fn answer_others(&self, others: &[AggregateId], users: &[User<'_>], all: &mut [Answers]) {
        for aggregate in others {
            let found: Vec<Value> = match self.rulebook.aggregate(*aggregate).over {
                Over::Users => (0..users.len()).map(|at| self.ask_users(*aggregate, at, users, all)).collect(),
                Over::Children(table) => {
                    let each = users.iter().zip(all.iter_mut());
                    each.map(|(user, all)| self.ask_children(*aggregate, table, user, all)).collect()
                }
            };
            all.iter_mut().zip(found).for_each(|(answers, value)| answers.set_aggregate(*aggregate, value));
        }
    }

    /// What a user gets who is asked about alone; a question about everybody has this one user to look at.
    pub fn evaluate(&self, user: User<'_>) -> Answers {
        self.evaluate_all(&[user]).pop().unwrap_or_else(|| Answers::none(self.rulebook))
    }

    /// What a user gets of some definitions, each after those it reads, whose questions over many rows are answered already, in
    /// `answers`.
    pub fn evaluate_answered(&self, order: &[DefinitionId], record: &[Value], answers: &mut Answers) {
        order.iter().for_each(|id| self.define(*id, record, answers));
    }

    /// Finds the value of one definition, after those it reads.
    pub fn define(&self, id: DefinitionId, record: &[Value], answers: &mut Answers) {
        let value = match &self.rulebook.definition(id).body {
            Body::Let(expr) | Body::Tag(expr) | Body::Segment(expr) => self.row(&SoFar { record, answers }).value(expr),
            Body::Score(score) => self.row(&SoFar { record, answers }).score(score),
            Body::Level(ladder) | Body::Layer(ladder) => self.ladder(id, ladder, record, answers),
            Body::Funnel(_, aggregate) => SoFar { record, answers }.aggregate(*aggregate),
        };
        answers.set(id, value);
    }

    /// Where expressions get their values.
    pub fn row<'r>(&self, known: &'r dyn Known) -> Row<'a, 'r> {
        Row { rulebook: self.rulebook, context: self.context, known, child: None }
    }

    /// The same, with a child row.
    pub fn child_row<'r>(&self, known: &'r dyn Known, child: &'r [Value]) -> Row<'a, 'r> {
        Row { rulebook: self.rulebook, context: self.context, known, child: Some(child) }
    }

    /// Answers a question over a user's own rows of a child table; one about everybody is not asked here.
    pub fn ask(&self, id: AggregateId, user: &User<'_>, answers: &mut Answers) {
        if let Over::Children(table) = self.rulebook.aggregate(id).over {
            let value = self.ask_children(id, table, user, answers);
            answers.set_aggregate(id, value);
        }
    }

    /// A question over this user's rows of a child table, whose answer may build on what was found so far.
    pub fn ask_children(&self, id: AggregateId, table: TableId, user: &User<'_>, answers: &mut Answers) -> Value {
        let aggregate = self.rulebook.aggregate(id);
        let known = SoFar { record: user.record, answers };
        let table_of = self.rulebook.schema.table(table);
        let rows = user.children.get(&table).map_or(&[][..], Vec::as_slice);
        let happened = rows.iter().zip(0..).filter_map(|(row, place)| {
            let when = rows::when(table_of, row, place);
            (!rows::is_future(table_of, when, &self.context.clock)).then_some((row, when))
        });
        if let AggregateFunction::Funnel(steps, _) = &aggregate.function {
            let events = happened.filter_map(|(row, when)| rows::event(aggregate, &self.child_row(&known, row), when));
            let limits = self.limits(steps, &known);
            let reached =
                funnel::furthest_of_all(events.collect(), &limits, self.moments_of(table), &self.context.clock);
            let moment = reached.map(|it| funnel::moment(it.when, self.moments_of(table)));
            answers.reached.insert(id, moment.unwrap_or(Value::Missing));
            return reached.map_or(Value::Missing, |it| Value::Choice(it.step));
        }
        let mut elements: Vec<Element> =
            happened.filter_map(|(row, when)| rows::element(aggregate, &self.child_row(&known, row), when)).collect();
        elements.sort_by_key(|it| it.when);
        rows::answer(aggregate, &elements, &self.row(&known))
    }

    /// How long the steps of a funnel may take.
    pub fn limits(&self, steps: &[FunnelStep], known: &dyn Known) -> Vec<Option<Duration>> {
        let limit = |step: &FunnelStep| match self.row(known).value(step.within.as_ref()?) {
            Value::Duration(limit) => Some(limit),
            _ => None,
        };
        steps.iter().map(limit).collect()
    }

    /// The type of a child table's `at`.
    pub fn moments_of(&self, table: TableId) -> MomentType {
        let table = self.rulebook.schema.table(table);
        match table.role {
            Role::Children { at: Some(at), .. } => moment_type(&table.column(at).ty),
            Role::Children { at: None, .. } | Role::Root | Role::Reference => MomentType::Timestamp,
        }
    }

    /// A question over everybody, seen from the user at a place.
    fn ask_users(&self, id: AggregateId, at: usize, users: &[User<'_>], all: &[Answers]) -> Value {
        let aggregate = self.rulebook.aggregate(id);
        let known: Vec<SoFar<'_>> =
            users.iter().zip(all).map(|(user, answers)| SoFar { record: user.record, answers }).collect();
        let zone = self.context.clock.zone();
        let group = |known: &SoFar<'_>| -> Vec<Value> {
            aggregate.per.iter().map(|expr| self.row(known).value(expr)).collect()
        };
        let Some(this) = known.get(at) else { return Value::Missing };
        let own = group(this);
        if !own.iter().all(|value| rows::is_groupable(value, zone)) {
            return Value::Missing;
        }
        let same =
            |other: &[Value]| other.iter().zip(&own).all(|(a, b)| compare::order(a, b, zone) == Some(Ordering::Equal));
        let mut elements = vec![];
        let mut mine = None;
        for (place, other) in known.iter().enumerate().filter(|(_, other)| same(&group(other))) {
            let when = rows::When { at: None, place: place as u64 };
            if let Some(element) = rows::element(aggregate, &self.row(other), when) {
                mine = if place == at { Some(element.value.clone()) } else { mine };
                elements.push(element);
            }
        }
        match &aggregate.function {
            AggregateFunction::Top(_) | AggregateFunction::Bottom(_) | AggregateFunction::Ntile(_) => {
                // A duration with months has no order, and so no rank.
                elements.retain(|it| compare::order(&it.value, &it.value, zone).is_some());
                let mine = mine.filter(|mine| compare::order(mine, mine, zone).is_some());
                let Some(mine) = mine else { return rows::not_ranked(aggregate, &self.row(this)) };
                let order = |it: &Element| compare::order(&it.value, &mine, zone);
                let less = elements.iter().filter(|it| order(it) == Some(Ordering::Less)).count();
                let more = elements.iter().filter(|it| order(it) == Some(Ordering::Greater)).count();
                rows::rank(&aggregate.function, elements.len() as u64, less as u64, more as u64, &self.row(this))
            }
            _ => rows::answer(aggregate, &elements, &self.row(this)),
        }
    }

    fn ladder(&self, id: DefinitionId, ladder: &Ladder, record: &[Value], answers: &mut Answers) -> Value {
        let known = SoFar { record, answers };
        let row = self.row(&known);
        let truths: Vec<Truth> = ladder.arms.iter().map(|arm| row.applies(arm)).collect();
        let mut applying = ladder.arms.iter().zip(&truths).filter(|(_, truth)| truth.is_true()).map(|(arm, _)| arm);
        let found = applying.next();
        let overlap = ladder.exclusive.then(|| applying.find(|arm| !matches!(arm.choice, Choice::Otherwise))).flatten();
        let passed = truths.iter().take_while(|truth| !truth.is_true()).any(|truth| truth.is_unknown());
        let by_otherwise = found.is_none_or(|arm| matches!(arm.choice, Choice::Otherwise));
        let goes_by = ladder.by.as_ref().map(|by| row.value(by));
        answers.goes_by.extend(goes_by.map(|value| (id, value)));
        if let (Some(first), Some(second)) = (found, overlap) {
            answers.overlaps.push(Overlap { layer: id, first: first.rank, second: second.rank });
        }
        if passed && by_otherwise {
            answers.unknown_above.push(id);
        }
        found.map_or(Value::Missing, |arm| Value::Choice(arm.rank))
    }
}

/// One user, and perhaps one of their child rows: where an expression gets its value.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a, 'r> {
    rulebook: &'a Rulebook,
    context: &'a Context,
    known: &'r dyn Known,
    child: Option<&'r [Value]>,
}

impl Row<'_, '_> {
    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.context.clock
    }

    /// A column of the child row.
    pub fn child_value(&self, id: ColumnId) -> Value {
        self.child.and_then(|child| child.get(id.0 as usize)).cloned().unwrap_or(Value::Missing)
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
            ExprKind::Column(id) => self.known.column(*id),
            ExprKind::ChildColumn(id) => self.child_value(*id),
            ExprKind::Aggregate(id) => self.known.aggregate(*id),
            ExprKind::Reached(id, _) => self.known.reached(*id),
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
            ExprKind::ToNext(level) => number::widen(&self.missing_to_next(*level), &expr.ty),
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
        let value = self.known.definition(id);
        match &self.rulebook.definition(id).body {
            Body::Tag(_) | Body::Segment(_) => Value::Bool(value == Value::Bool(true)),
            Body::Let(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => value,
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
            (Function::Any, [list]) => aggregate::any(list, zone).into(),
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
                | Function::Quantile
                | Function::Any,
                _,
            ) => Value::Missing,
        }
    }

    /// `to_next(membership)`: the threshold of the arm just above this user's, less the value that the level goes by. Above a
    /// user who has no arm is the lowest one.
    fn missing_to_next(&self, level: DefinitionId) -> Value {
        let Body::Level(ladder) = &self.rulebook.definition(level).body else { return Value::Missing };
        let above = match self.known.definition(level) {
            Value::Choice(rank) => ladder.arms.iter().rfind(|arm| arm.rank > rank),
            _ => ladder.arms.last(),
        };
        match above.map(|arm| &arm.choice) {
            Some(Choice::From { threshold, .. }) => {
                operator::subtract(&self.value(threshold), &self.known.goes_by(level), self.clock().zone())
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
