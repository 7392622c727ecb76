//! Columns filled row by row by a reader: the usual spellings at once, the others by the strict readers.

use arrow_buffer::NullBuffer;

use crate::{
    column::{self, Data, Texts},
    data::chunks::{cell, cell::Cell, days::Days, gather::Gather},
    schema::Column,
    value::{Duration, Type, Value, moment_text::MomentFormat},
};

/// What a column's strict reader says of a cell that is not missing, by row: a value, or nothing where the row is bad, which
/// it has noted down.
pub(super) trait Strictly {
    /// The value of a cell; missing where it is bad.
    fn read(&mut self, row: usize, cell: Cell<'_>) -> Value;

    /// Whether a cell plainly holds nothing, and may.
    fn is_missing(&self, cell: Cell<'_>) -> bool;

    /// What stands within the quotes of a cell that may be read as without them.
    fn bare<'t>(&self, cell: Cell<'t>) -> Option<Cell<'t>>;
}

/// A column of all rows. Of a moment `iso` gives the part of the cell that may be one as ISO 8601 has it.
pub(super) fn column<'t>(
    column: &Column,
    days: &Days,
    rows: usize,
    cells: impl Iterator<Item = Cell<'t>>,
    iso: impl Fn(Cell<'t>) -> Option<Cell<'t>>,
    strictly: &mut impl Strictly,
) -> column::Column {
    let mut known = Known::of(rows);
    let iso = |cell| if column.format == MomentFormat::Iso { iso(cell) } else { None };
    let data = match &column.ty {
        Type::Int => {
            let odd = |value: &Value| if let Value::Int(it) = value { Some(*it) } else { None };
            Data::Int(fill(rows, cells, cell::int, odd, strictly, &mut known))
        }
        Type::Decimal(scale) => decimals(rows, *scale, cells, strictly, &mut known),
        Type::Float => {
            let odd = |value: &Value| if let Value::Float(it) = value { Some(*it) } else { None };
            Data::Float(fill(rows, cells, cell::float, odd, strictly, &mut known))
        }
        Type::Bool => {
            let odd = |value: &Value| if let Value::Bool(it) = value { Some(*it) } else { None };
            Data::Bool(fill(rows, cells, cell::bool, odd, strictly, &mut known))
        }
        Type::Date => {
            let odd = |value: &Value| if let Value::Date(it) = value { Some(*it) } else { None };
            let usual = |cell| cell::date(iso(cell)?);
            Data::Date(fill(rows, cells, usual, odd, strictly, &mut known))
        }
        Type::Timestamp => {
            let odd = |value: &Value| if let Value::Timestamp(it) = value { Some(*it) } else { None };
            let unit = cell::unit(&column.format);
            let usual = |cell| match unit {
                Some(unit) => cell::epoch(cell, unit),
                None => cell::timestamp(iso(cell)?, days),
            };
            Data::Timestamp(fill(rows, cells, usual, odd, strictly, &mut known))
        }
        Type::Duration => {
            let odd = |value: &Value| if let Value::Duration(it) = value { Some(*it) } else { None };
            Data::Duration(fill(rows, cells, |_| None::<Duration>, odd, strictly, &mut known))
        }
        Type::List(_) => {
            let odd = |value: &Value| if let Value::List(it) = value { Some(Some(it.clone())) } else { None };
            Data::List(fill(rows, cells, |_| None, odd, strictly, &mut known))
        }
        // Texts have a way of their own; the others nobody can read, and each value is a bad one.
        Type::Text => Data::Texts(texts(rows, cells, strictly, &mut known)),
        Type::Choice(_) => Data::Choice(fill(rows, cells, |_| None, |_| None, strictly, &mut known)),
    };
    column::Column::of(data, known.bits, rows)
}

/// A bit a row.
pub(super) struct Known {
    pub(super) bits: Vec<u64>,
}

impl Known {
    pub(super) fn of(rows: usize) -> Known {
        Known { bits: vec![0; rows.div_ceil(64)] }
    }

    /// All of so many rows are known.
    pub(super) fn set_all(&mut self, rows: usize) {
        self.bits.fill(u64::MAX);
        if let (Some(last), 1..) = (self.bits.last_mut(), rows % 64) {
            *last = (1 << (rows % 64)) - 1;
        }
    }

    /// Those that are there are known.
    pub(super) fn set_those(&mut self, there: &NullBuffer) {
        let words = self.bits.len();
        self.bits.clear();
        self.bits.extend(there.inner().bit_chunks().iter_padded().take(words));
    }

    #[inline]
    pub(super) fn set(&mut self, row: usize) {
        if let Some(word) = self.bits.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
    }
}

#[inline]
fn fill<'t, T: Default, S: Strictly>(
    rows: usize,
    cells: impl Iterator<Item = Cell<'t>>,
    usual: impl Fn(Cell<'t>) -> Option<T>,
    odd: impl Fn(&Value) -> Option<T>,
    strictly: &mut S,
    known: &mut Known,
) -> Vec<T> {
    let mut values = Vec::with_capacity(rows);
    let mut cells = cells;
    for word in &mut known.bits {
        let mut bits = 0;
        for (bit, cell) in cells.by_ref().take(64).enumerate() {
            let value = match strictly.is_missing(cell) {
                true => None,
                false => usual(cell).or_else(|| unusual(values.len(), cell, &usual, &odd, strictly)),
            };
            bits |= u64::from(value.is_some()) << bit;
            values.push(value.unwrap_or_default());
        }
        *word = bits;
    }
    values
}

/// A cell that is not spelled as usual, or within quotes.
#[inline(never)]
fn unusual<'t, T, S: Strictly>(
    row: usize,
    cell: Cell<'t>,
    usual: &impl Fn(Cell<'t>) -> Option<T>,
    odd: &impl Fn(&Value) -> Option<T>,
    strictly: &mut S,
) -> Option<T> {
    strictly.bare(cell).and_then(usual).or_else(|| odd(&strictly.read(row, cell)))
}

fn decimals<'t>(
    rows: usize,
    scale: u8,
    cells: impl Iterator<Item = Cell<'t>>,
    strictly: &mut impl Strictly,
    known: &mut Known,
) -> Data {
    let mut long = std::cell::RefCell::new(vec![]);
    let row = std::cell::Cell::new(0);
    let numbered = cells.enumerate().map(|(at, cell)| {
        row.set(at);
        cell
    });
    let odd = |value: &Value| {
        let Value::Decimal(decimal) = value else { return None };
        Some(i64::try_from(decimal.mantissa).unwrap_or_else(|_| {
            long.borrow_mut().push((row.get(), decimal.mantissa));
            0
        }))
    };
    let usual = |cell| cell::decimal(cell, usize::from(scale));
    let values = fill(rows, numbered, usual, odd, strictly, known);
    of_decimals(values, std::mem::take(long.get_mut()), scale)
}

/// Decimals of one scale, of which these rows have more than 64 bits.
pub(super) fn of_decimals(values: Vec<i64>, long: Vec<(usize, i128)>, scale: u8) -> Data {
    if long.is_empty() {
        return Data::Short(values, scale);
    }
    let mut all: Vec<i128> = values.into_iter().map(i128::from).collect();
    for (row, mantissa) in long {
        if let Some(slot) = all.get_mut(row) {
            *slot = mantissa;
        }
    }
    Data::Decimal(all, scale)
}

fn texts<'t>(
    rows: usize,
    cells: impl Iterator<Item = Cell<'t>>,
    strictly: &mut impl Strictly,
    known: &mut Known,
) -> Texts {
    let mut texts = Gather::of(rows);
    for (row, cell) in cells.enumerate() {
        match strictly.read(row, cell) {
            Value::Text(text) => {
                texts.push(&text);
                known.set(row);
            }
            _ => texts.push(""),
        }
    }
    texts.finish()
}

/// One text more. A piece has less than the 4 GiB that can be taken.
#[inline]
pub(super) fn push_text(texts: &mut Texts, text: &str, row: usize, known: &mut Known) {
    if texts.push(text) {
        known.set(row);
    }
}
