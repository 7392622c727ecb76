//! One source clause: which rows, what of them, in which order.

use crate::{
    ir::{Aggregate, AggregateFunction, Expr},
    sql::{
        ast::{Sense, Sql},
        lower::{Length, Lowering},
    },
    value::Type,
};

/// What is asked of each row.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    /// Its value: one column, or three of a duration, of which some are constants.
    pub(crate) parts: Vec<Sql>,
    /// By what it is known to equal others; nothing where that is not asked.
    pub(crate) group: Vec<Sql>,
    /// By what it is ordered.
    pub(crate) order: Sql,
    /// Of durations: that it has no months; none where it never has.
    pub(crate) months: Option<Sql>,
    pub(crate) ty: Type,
}

/// A clause, lowered.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    /// The rows' condition; none where all are taken.
    pub(crate) rows: Option<Sql>,
    /// The same, and that the element is known.
    pub(crate) known: Option<Sql>,
    /// None where the rows themselves are asked about.
    pub(crate) element: Option<Element>,
    /// Where an order is asked for.
    pub(crate) order: Order,
    /// The level that all of it can be read from.
    pub(crate) level: usize,
}

/// In which order rows come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// When they happened.
    pub(crate) at: Option<Sql>,
    /// The table's key, which tells the order of those of the same moment.
    pub(crate) key: Option<Sql>,
}

impl Order {
    pub(crate) fn sorted(&self, sense: Sense) -> Vec<(Sql, Sense)> {
        self.at.iter().chain(&self.key).map(|it| (it.clone(), sense)).collect()
    }
}

impl Lowering<'_> {
    /// A clause and what it needs.
    pub(crate) fn clause(&mut self, aggregate: &Aggregate, order: &Order) -> Clause {
        let ((rows, known, element), level) = self.measured(|this| {
            let window = aggregate.window.as_ref().map(|it| this.holds(it));
            let filter = aggregate.filter.as_ref().map(|it| this.holds(it));
            let rows = Some(Sql::all(window.into_iter().chain(filter))).filter(|it| *it != Sql::bool(true));
            let element = aggregate.source.as_ref().map(|source| this.element(source, Some(&aggregate.function)));
            let is_known = element.as_ref().map(|it| {
                let parts =
                    it.parts.iter().filter(|part| !part.is_literal() && !rows.iter().any(|it| implies(it, part)));
                // The parts of a column of durations are missing together.
                let mut asked: Vec<&Sql> = parts.map(|part| this.twin_of(part)).collect();
                asked.dedup();
                Sql::all(asked.into_iter().map(|part| this.known(part.clone())).collect::<Vec<_>>())
            });
            let is_known = is_known.filter(|it| *it != Sql::bool(true));
            let all: Vec<Sql> = rows.iter().cloned().chain(is_known).collect();
            let known = (!all.is_empty()).then(|| Sql::all(all));
            (rows, known, element)
        });
        Clause { rows, known, element, order: order.clone(), level }
    }

    /// The part of a duration that is missing where this one is, if another is.
    fn twin_of<'s>(&'s self, part: &'s Sql) -> &'s Sql {
        match part {
            Sql::Column(_, name) => self.twins.get(name).unwrap_or(part),
            _ => part,
        }
    }

    /// An order in which is told of what nothing is missing, among rows of which something holds.
    pub(crate) fn ordered(&self, order: Vec<(Sql, Sense)>, of: Option<&Sql>) -> Vec<(Sql, Sense)> {
        let known = |sql: &Sql| self.is_never_missing(sql) || of.is_some_and(|of| implies(of, sql));
        order.into_iter().map(|(sql, sense)| (sql.clone(), Sense { known: known(&sql), ..sense })).collect()
    }

    /// The element of the first row, of those of which something holds.
    pub(crate) fn first_by(&self, element: Sql, order: Vec<(Sql, Sense)>, of: Option<Sql>) -> Sql {
        let order = self.ordered(order, of.as_ref());
        self.dialect.first_by(element, order, of)
    }

    /// The elements of rows of which something holds, in order.
    pub(crate) fn list_by(&self, element: Sql, order: Vec<(Sql, Sense)>, of: Option<Sql>) -> Sql {
        let order = self.ordered(order, of.as_ref());
        self.dialect.list_by(element, order, of)
    }

    /// What this question needs of each row, each part short; none needs neither an order nor to know what equals what.
    pub(crate) fn element(&mut self, source: &Expr, function: Option<&AggregateFunction>) -> Element {
        use AggregateFunction::{Average, CountDistinct, Distinct, First, Greatest, Last, Least, Most};
        let is_ordered = matches!(function, Some(Average | Least | Greatest));
        let is_grouped = matches!(function, Some(CountDistinct | Distinct | First | Last | Most));
        let ty = source.ty.clone();
        if ty == Type::Duration {
            let length = self.length(source);
            let length = self.keep_parts(length);
            let months = (!length.is_exact()).then(|| Sql::binary(length.months.clone(), "=", Sql::int(0)));
            let exact = if is_ordered { self.exact(length.clone()) } else { Sql::NULL };
            let exact = match &length.micros {
                // Called after the column that it is of, whoever asks.
                Sql::Column(_, micros) if !exact.is_short() => {
                    let of = micros.strip_suffix("_micros").unwrap_or(micros);
                    self.column_of(exact, &format!("{of}_exact"), None)
                }
                _ => self.keep_as(exact, "exact"),
            };
            let total = Length { months: Sql::int(0), ..length.clone() };
            let total = if is_grouped { self.exact(total) } else { Sql::NULL };
            let total = self.keep_as(total, "total");
            let group = match (is_grouped, length.is_exact()) {
                (false, _) => vec![],
                (true, true) => vec![total],
                (true, false) => vec![length.months.clone(), total],
            };
            let Length { months: m, days, micros } = length;
            return Element { parts: vec![m, days, micros], group, order: exact, months, ty };
        }
        let value = self.value(source);
        let value = self.keep_as(value, "value");
        let order = match ty {
            Type::Choice(_) => self.rank_of(value.clone(), &ty),
            Type::Text => self.dialect.by_code_point(value.clone()),
            _ => value.clone(),
        };
        Element { parts: vec![value.clone()], group: vec![value], order, months: None, ty }
    }
}

/// Whether what a condition is true of has a value here.
pub(crate) fn implies(condition: &Sql, value: &Sql) -> bool {
    match condition {
        Sql::All(parts) => parts.iter().any(|it| implies(it, value)),
        Sql::Binary("=" | "<>" | "<" | "<=" | ">" | ">=", of) => of.0 == *value || of.1 == *value,
        Sql::Between(of) => of.0 == *value,
        Sql::In(of, _) | Sql::IsKnown(of) => **of == *value,
        _ => false,
    }
}
