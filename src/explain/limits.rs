//! Between what something of a user can be at all: a number of rows is not below zero, what has happened neither lies in the future
//! nor outside the window that it is asked about, and there are no more different days than that window has.

use crate::{
    eval::reference::{Row, moment_type},
    explain::{person::Slot, values::origin},
    ir::{Aggregate, AggregateFunction, AggregateId, Body, Expr, ExprKind, Function, Over, Rulebook},
    schema::{ColumnId, Role},
    value::{
        Moment, Type, Zone,
        time::{Bound, MomentType},
    },
};

/// Both ends are included, and numbers in the order of the values of its type: of a moment its days or microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) least: Option<i128>,
    pub(super) greatest: Option<i128>,
}

impl Limits {
    /// Whether a value with this number can be.
    pub(super) fn hold(self, key: i128) -> bool {
        self.least.is_none_or(|least| least <= key) && self.greatest.is_none_or(|greatest| key <= greatest)
    }
}

/// The limits of a slot, asked in the place of a condition that reads it.
pub(super) fn limits(rulebook: &Rulebook, row: &Row<'_, '_>, slot: Slot) -> Limits {
    if let Slot::Reached(id) = slot {
        let greatest = at_of(rulebook, id).map(|(_, ty)| origin(ty, row.clock()));
        return Limits { least: None, greatest };
    }
    let Some(id) = question(rulebook, slot) else { return Limits::default() };
    let aggregate = rulebook.aggregate(id);
    let moments = moments(rulebook, row, id);
    use AggregateFunction::{
        Any, Average, Bottom, Count, CountDistinct, Distinct, First, Funnel, Greatest, Last, Least, Most, Ntile,
        Quantile, Sum, Top,
    };
    match aggregate.function {
        Count => Limits { least: Some(0), greatest: None },
        CountDistinct => {
            let days = aggregate.source.as_ref().is_some_and(|source| source.ty == Type::Date);
            let number = |of: Limits| Some((of.greatest? - of.least?).saturating_add(1).max(0));
            Limits { least: Some(0), greatest: moments.filter(|_| days).and_then(number) }
        }
        Least | Greatest | First | Last | Most | Distinct | Average | Quantile(_) => moments.unwrap_or_default(),
        Any | Sum | Top(_) | Bottom(_) | Ntile(_) | Funnel(..) => Limits::default(),
    }
}

/// Between what moments rows lie that a question can see, where it is about when they happened: `max(orders.at within 30d)`,
/// `distinct(date(orders.at))`.
fn moments(rulebook: &Rulebook, row: &Row<'_, '_>, id: AggregateId) -> Option<Limits> {
    let (at, ty) = at_of(rulebook, id)?;
    let Aggregate { source, window, .. } = rulebook.aggregate(id);
    let (kind, zone) = (moment_type(ty), row.clock().zone());
    let is_at = |expr: &Expr| matches!(expr.kind, ExprKind::ChildColumn(column) if column == at);
    let of = match &source.as_ref()?.kind {
        ExprKind::ChildColumn(column) if *column == at => kind,
        ExprKind::Call { function: Function::Date, arguments } if arguments.iter().all(is_at) => MomentType::Date,
        _ => return None,
    };
    let window = window.as_ref().and_then(|window| match &window.kind {
        ExprKind::Window { window, .. } => row.window(window, kind),
        _ => None,
    });
    let now = row.clock().now_as(kind);
    let low = window.and_then(|window| window.low).map(|low| key(beside(low, 1), of, zone));
    let high = window.and_then(|window| window.high).map(|high| key(beside(high, -1), of, zone));
    let now = key(now, of, zone);
    Some(Limits { least: low, greatest: Some(high.map_or(now, |high| high.min(now))) })
}

/// The last moment that belongs to a window at one of its ends; inwards is this way.
fn beside(end: Bound, inwards: i8) -> Moment {
    match end.at {
        at if end.included => at,
        Moment::Date(date) => Moment::Date(date.saturating_add(inwards.into())),
        Moment::Timestamp(instant) => Moment::Timestamp(instant.saturating_add(inwards.into())),
    }
}

/// The number of a moment, or of the day on which it is.
fn key(moment: Moment, kind: MomentType, zone: &Zone) -> i128 {
    match (moment, kind) {
        (Moment::Timestamp(instant), MomentType::Date) => zone.local(instant).0.into(),
        (Moment::Date(date), _) => date.into(),
        (Moment::Timestamp(instant), MomentType::Timestamp) => instant.into(),
    }
}

/// The column that says when rows of a question happened, and its type.
pub(super) fn at_of(rulebook: &Rulebook, id: AggregateId) -> Option<(ColumnId, &Type)> {
    let Over::Children(table) = rulebook.aggregate(id).over else { return None };
    let table = rulebook.schema.table(table);
    match table.role {
        Role::Children { at: Some(at), .. } => Some((at, &table.column(at).ty)),
        Role::Children { at: None, .. } | Role::Root | Role::Reference => None,
    }
}

/// The question over rows that a slot is the answer of, where it is nothing but that.
pub(super) fn question(rulebook: &Rulebook, slot: Slot) -> Option<AggregateId> {
    match slot {
        Slot::Column(_) | Slot::Reached(_) => None,
        Slot::Aggregate(id) => Some(id),
        Slot::Definition(id) => match &rulebook.definition(id).body {
            Body::Let(Expr { kind: ExprKind::Aggregate(id), .. }) => Some(*id),
            _ => None,
        },
    }
}
