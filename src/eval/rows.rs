//! What one source clause comes to, plainly: the elements that it lets through, in order, and the one value that the question
//! makes of them. Over children and over everybody alike.

use crate::{
    eval::{funnel, reference::Row},
    ir::{Aggregate, AggregateFunction, FUNNEL_STEPS, RankAmount},
    schema::{Role, Table},
    value::{Clock, MomentType, Truth, Type, Value, Zone, aggregate as lists, compare, number},
};

/// When a row happened, as far as order goes: its `at` (those without one come first), then its place in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct When {
    /// Days or microseconds.
    pub at: Option<i64>,
    /// The place in the input.
    pub place: u64,
}

/// An element that a clause lets through.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// When it happened.
    pub when: When,
    /// What it is; of a row itself, true.
    pub value: Value,
    /// What stands behind `by`.
    pub weight: Value,
}

/// The `at` of a child row; the row's place in the input orders those of the same moment.
pub fn when(table: &Table, row: &[Value], place: u64) -> When {
    let at = match table.role {
        Role::Children { at: Some(at), .. } => match row.get(at.0 as usize) {
            Some(Value::Date(days)) => Some(i64::from(*days)),
            Some(Value::Timestamp(micros)) => Some(*micros),
            _ => None,
        },
        Role::Children { at: None, .. } | Role::Root | Role::Reference => None,
    };
    When { at, place }
}

/// Whether a child row lies after the as-of: it has not happened yet.
pub fn is_future(table: &Table, when: When, clock: &Clock) -> bool {
    let Role::Children { at: Some(at), .. } = table.role else { return false };
    let kind = if table.column(at).ty == Type::Date { MomentType::Date } else { MomentType::Timestamp };
    let now = match kind {
        MomentType::Date => i64::from(clock.today()),
        MomentType::Timestamp => clock.now(),
    };
    when.at.is_some_and(|at| at > now)
}

/// The element of a row, if the clause lets it through.
pub fn element(aggregate: &Aggregate, row: &Row<'_, '_>, when: When) -> Option<Element> {
    let holds = |condition: &Option<_>| condition.as_ref().is_none_or(|it| row.truth(it).is_true());
    if !holds(&aggregate.window) || !holds(&aggregate.filter) {
        return None;
    }
    let value = aggregate.source.as_ref().map_or(Value::Bool(true), |source| row.value(source));
    if value == Value::Missing {
        return None;
    }
    let weight = aggregate.by.as_ref().map_or(Value::Missing, |by| row.value(by));
    Some(Element { when, value, weight })
}

/// Whether users can have a value in common: not where it is missing, nor a duration with months, which equals none.
pub fn is_groupable(value: &Value, zone: &Zone) -> bool {
    compare::order(value, value, zone).is_some()
}

/// The type of the elements.
pub fn element_type(aggregate: &Aggregate) -> &Type {
    aggregate.source.as_ref().map_or(&Type::Bool, |source| &source.ty)
}

/// The value of a question about elements, which stand in order of time. Ranks and funnels are asked elsewhere.
pub fn answer(aggregate: &Aggregate, elements: &[Element], row: &Row<'_, '_>) -> Value {
    let zone = row.clock().zone();
    let values: Vec<Value> = elements.iter().map(|it| it.value.clone()).collect();
    let list = Value::List(values.clone().into());
    let ty = element_type(aggregate);
    match &aggregate.function {
        AggregateFunction::Count => lists::count(&list),
        AggregateFunction::CountDistinct => lists::count(&lists::distinct(&list, zone)),
        AggregateFunction::Any => lists::any(&list, zone).into(),
        AggregateFunction::Sum => lists::sum(&list, ty),
        AggregateFunction::Average => lists::average(&list, ty),
        AggregateFunction::Least => lists::minimum(&list, zone),
        AggregateFunction::Greatest => lists::maximum(&list, zone),
        AggregateFunction::First => lists::first(&list),
        AggregateFunction::Last => lists::last(&list),
        AggregateFunction::Distinct => lists::distinct(&list, zone),
        AggregateFunction::Most => match &aggregate.by {
            None => lists::most(&list, zone),
            Some(by) => {
                let weights: Vec<Value> = elements.iter().map(|it| it.weight.clone()).collect();
                lists::most_by(&values, &weights, &by.ty, zone)
            }
        },
        AggregateFunction::Quantile(share) => lists::quantile(&list, &row.value(share)),
        AggregateFunction::Top(_)
        | AggregateFunction::Bottom(_)
        | AggregateFunction::Ntile(_)
        | AggregateFunction::Funnel(..) => Value::Missing,
    }
}

/// Where a value stands among those that are ranked, by how many are strictly less and strictly more.
pub fn rank(function: &AggregateFunction, ranked: u64, less: u64, more: u64, row: &Row<'_, '_>) -> Value {
    match function {
        AggregateFunction::Top(amount) => is_within(amount, more, ranked, row).into(),
        AggregateFunction::Bottom(amount) => is_within(amount, less, ranked, row).into(),
        AggregateFunction::Ntile(parts) => match row.value(parts) {
            Value::Int(parts) if parts > 0 && ranked > 0 => {
                let below = i128::from(parts) * i128::from(less) / i128::from(ranked);
                i64::try_from(1 + below).map_or(Value::Missing, Value::Int)
            }
            _ => Value::Missing,
        },
        AggregateFunction::Count
        | AggregateFunction::CountDistinct
        | AggregateFunction::Any
        | AggregateFunction::Sum
        | AggregateFunction::Average
        | AggregateFunction::Least
        | AggregateFunction::Greatest
        | AggregateFunction::First
        | AggregateFunction::Last
        | AggregateFunction::Most
        | AggregateFunction::Distinct
        | AggregateFunction::Quantile(_)
        | AggregateFunction::Funnel(..) => Value::Missing,
    }
}

/// Whether fewer than the amount are ahead.
fn is_within(amount: &RankAmount, ahead: u64, ranked: u64, row: &Row<'_, '_>) -> Truth {
    let ahead = Value::Int(i64::try_from(ahead).unwrap_or(i64::MAX));
    let limit = match amount {
        RankAmount::Number(number) => row.value(number),
        RankAmount::Share(share) => {
            let (share, ranked) = (row.value(share), Value::Int(i64::try_from(ranked).unwrap_or(i64::MAX)));
            match number::multiply(&share, &ranked) {
                // Of so many digits that the product does not fit, a float holds enough.
                Value::Missing => number::multiply(&number::widen(&share, &Type::Float), &ranked),
                exact => exact,
            }
        }
    };
    compare::compare(compare::Comparison::Less, &ahead, &limit, row.clock().zone())
}

/// The event that a row is to a funnel, and what it must agree in with the others of its chain; none where it meets no
/// step, or lacks what they must agree in.
pub fn event(aggregate: &Aggregate, row: &Row<'_, '_>, when: When) -> Option<(Value, funnel::Event)> {
    let AggregateFunction::Funnel(steps, by) = &aggregate.function else { return None };
    element(aggregate, row, when)?;
    let group = match by {
        None => Value::Missing,
        Some(by) => Some(row.child_value(*by)).filter(|group| *group != Value::Missing)?,
    };
    let mut meets = 0;
    for (at, step) in steps.iter().enumerate().take(FUNNEL_STEPS) {
        meets |= u64::from(row.truth(&step.condition).is_true()) << at;
    }
    (meets != 0).then_some((group, funnel::Event { when, meets }))
}

/// The answer of a rank for a user who is not ranked: one whose value is missing is unknown to `top`, one whom `where` leaves
/// out is not in it; `ntile` has no answer for either.
pub fn not_ranked(aggregate: &Aggregate, row: &Row<'_, '_>) -> Value {
    let known = aggregate.source.as_ref().is_none_or(|source| row.value(source) != Value::Missing);
    let left_out = known && aggregate.filter.as_ref().is_some_and(|filter| !row.truth(filter).is_true());
    match aggregate.function {
        AggregateFunction::Top(_) | AggregateFunction::Bottom(_) if left_out => Value::Bool(false),
        _ => Value::Missing,
    }
}
