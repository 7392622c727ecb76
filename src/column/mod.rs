//! A typed column: the values of one field, or one result, of many users, in little memory.

mod batch;
mod join;
pub mod print;
mod texts;

pub use batch::Batch;
pub use texts::Texts;

use std::{collections::HashSet, sync::Arc};

use crate::value::{Decimal, Duration, Type, Value};

/// Values of one type, by row.
#[derive(Clone, Debug)]
pub struct Column {
    data: Data,
    /// A bit a row: whether it is known.
    known: Vec<u64>,
    len: usize,
    /// Texts that occur often are kept once, while there are not too many of them.
    texts: HashSet<Arc<str>>,
}

/// The values of a column, by row; those of rows that are not known mean nothing.
#[derive(Clone, Debug)]
pub enum Data {
    /// `bool`
    Bool(Vec<bool>),
    /// `int`
    Int(Vec<i64>),
    /// Decimals of one scale whose digits fit into 64 bits.
    Short(Vec<i64>, u8),
    /// Decimals of one scale.
    Decimal(Vec<i128>, u8),
    /// `float`
    Float(Vec<f64>),
    /// `text`, each by itself: may be changed.
    Text(Vec<Option<Arc<str>>>),
    /// `text`, in one piece: only grows.
    Texts(Texts),
    /// `date`: days
    Date(Vec<i32>),
    /// `timestamp`: microseconds
    Timestamp(Vec<i64>),
    /// `duration`
    Duration(Vec<Duration>),
    /// Lists.
    List(Vec<Option<Arc<[Value]>>>),
    /// Ranks.
    Choice(Vec<u32>),
}

/// Different texts that a column keeps once each.
const TEXTS: usize = 1 << 12;

impl Column {
    /// No rows yet.
    pub fn new(ty: &Type) -> Column {
        let data = match ty {
            Type::Bool => Data::Bool(vec![]),
            Type::Int => Data::Int(vec![]),
            Type::Decimal(scale) => Data::Short(vec![], *scale),
            Type::Float => Data::Float(vec![]),
            Type::Text => Data::Text(vec![]),
            Type::Date => Data::Date(vec![]),
            Type::Timestamp => Data::Timestamp(vec![]),
            Type::Duration => Data::Duration(vec![]),
            Type::List(_) => Data::List(vec![]),
            Type::Choice(_) => Data::Choice(vec![]),
        };
        Column { data, known: vec![], len: 0, texts: HashSet::new() }
    }

    /// About how many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        match &self.data {
            Data::Bool(all) => all.len(),
            Data::Date(_) | Data::Choice(_) => 4 * self.len,
            Data::Int(_) | Data::Short(..) | Data::Float(_) | Data::Timestamp(_) => 8 * self.len,
            Data::Decimal(..) | Data::Duration(_) => 16 * self.len,
            Data::Texts(texts) => texts.bytes(),
            Data::Text(all) => all.iter().flatten().map(|text| 16 + text.len()).sum(),
            Data::List(all) => all.iter().flatten().map(|values| 16 + size_of_val(&**values)).sum(),
        }
    }

    /// Of values that a reader found: whether each row is known stands in `known`, a bit a row.
    pub fn of(data: Data, known: Vec<u64>, len: usize) -> Column {
        Column { data, known, len, texts: HashSet::new() }
    }

    /// Its values.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// A bit a row: whether it is known. Bits behind the last row are 0.
    pub fn known(&self) -> &[u64] {
        &self.known
    }

    /// Whether the value of a row is known.
    pub fn is_known(&self, row: usize) -> bool {
        self.known.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Whether every row is known.
    pub fn all_known(&self) -> bool {
        let (whole, part) = (self.len / 64, self.len % 64);
        self.known.iter().take(whole).all(|word| *word == u64::MAX)
            && (part == 0 || self.known.get(whole).is_some_and(|word| *word == (1 << part) - 1))
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// So many rows; new ones are missing.
    pub fn grow(&mut self, len: usize) {
        if len <= self.len {
            return;
        }
        self.len = len;
        self.known.resize(len.div_ceil(64), 0);
        match &mut self.data {
            Data::Bool(values) => values.resize(len, false),
            Data::Int(values) | Data::Short(values, _) | Data::Timestamp(values) => values.resize(len, 0),
            Data::Decimal(values, _) => values.resize(len, 0),
            Data::Float(values) => values.resize(len, 0.0),
            Data::Text(values) => values.resize(len, None),
            Data::Texts(texts) => texts.grow(len),
            Data::Date(values) => values.resize(len, 0),
            Data::Duration(values) => values.resize(len, Duration::default()),
            Data::List(values) => values.resize(len, None),
            Data::Choice(values) => values.resize(len, 0),
        }
    }

    /// One row more.
    pub fn push(&mut self, value: &Value) {
        let row = self.len;
        self.grow(row + 1);
        self.set(row, value);
    }

    /// The value of a row; missing where there is no such row.
    pub fn get(&self, row: usize) -> Value {
        if !self.is_known(row) {
            return Value::Missing;
        }
        let value = match &self.data {
            Data::Bool(values) => values.get(row).map(|it| Value::Bool(*it)),
            Data::Int(values) => values.get(row).map(|it| Value::Int(*it)),
            Data::Short(values, scale) => {
                values.get(row).map(|it| Value::Decimal(Decimal { mantissa: i128::from(*it), scale: *scale }))
            }
            Data::Decimal(values, scale) => {
                values.get(row).map(|it| Value::Decimal(Decimal { mantissa: *it, scale: *scale }))
            }
            Data::Float(values) => values.get(row).map(|it| Value::Float(*it)),
            Data::Text(values) => values.get(row).cloned().flatten().map(Value::Text),
            Data::Texts(texts) => texts.get(row).map(|text| Value::Text(text.into())),
            Data::Date(values) => values.get(row).map(|it| Value::Date(*it)),
            Data::Timestamp(values) => values.get(row).map(|it| Value::Timestamp(*it)),
            Data::Duration(values) => values.get(row).map(|it| Value::Duration(*it)),
            Data::List(values) => values.get(row).cloned().flatten().map(Value::List),
            Data::Choice(values) => values.get(row).map(|it| Value::Choice(*it)),
        };
        value.unwrap_or(Value::Missing)
    }

    /// Writes a row that is there. A value of another type than the column's is missing.
    pub fn set(&mut self, row: usize, value: &Value) {
        if let Data::Texts(texts) = &self.data {
            let text = |row: usize| texts.get(row).map(Arc::from);
            self.data = Data::Text((0..self.len).map(text).collect());
        }
        if let (Data::Short(values, scale), Value::Decimal(decimal)) = (&self.data, value)
            && decimal.rescale(*scale).is_some_and(|it| i64::try_from(it.mantissa).is_err())
        {
            self.data = Data::Decimal(values.iter().map(|it| i128::from(*it)).collect(), *scale);
        }
        let written = match (&mut self.data, value) {
            (Data::Bool(values), Value::Bool(it)) => put(values, row, *it),
            (Data::Int(values), Value::Int(it)) | (Data::Timestamp(values), Value::Timestamp(it)) => {
                put(values, row, *it)
            }
            (Data::Short(values, scale), Value::Decimal(it)) => {
                let short = it.rescale(*scale).and_then(|it| i64::try_from(it.mantissa).ok());
                short.is_some_and(|short| put(values, row, short))
            }
            (Data::Decimal(values, scale), Value::Decimal(it)) => {
                it.rescale(*scale).is_some_and(|it| put(values, row, it.mantissa))
            }
            (Data::Float(values), Value::Float(it)) => put(values, row, *it),
            (Data::Text(values), Value::Text(it)) => put(values, row, Some(once(&mut self.texts, it))),
            (Data::Date(values), Value::Date(it)) => put(values, row, *it),
            (Data::Duration(values), Value::Duration(it)) => put(values, row, *it),
            (Data::List(values), Value::List(it)) => put(values, row, Some(Arc::clone(it))),
            (Data::Choice(values), Value::Choice(it)) => put(values, row, *it),
            _ => false,
        };
        if let Some(word) = self.known.get_mut(row / 64) {
            *word = *word & !(1 << (row % 64)) | u64::from(written) << (row % 64);
        }
    }
}

fn put<T>(values: &mut [T], row: usize, value: T) -> bool {
    values.get_mut(row).is_some_and(|slot| {
        *slot = value;
        true
    })
}

fn once(texts: &mut HashSet<Arc<str>>, text: &Arc<str>) -> Arc<str> {
    if let Some(known) = texts.get(text) {
        return Arc::clone(known);
    }
    if texts.len() < TEXTS {
        texts.insert(Arc::clone(text));
    }
    Arc::clone(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_it_was_given() {
        let decimal = |mantissa| Value::Decimal(Decimal { mantissa, scale: 2 });
        let columns = [
            (Type::Int, vec![Value::Int(1), Value::Missing, Value::Int(i64::MIN)]),
            (Type::Decimal(2), vec![decimal(150), Value::Missing, decimal(i128::from(i64::MAX) * 100), decimal(-1)]),
            (Type::Text, vec![Value::Text("a".into()), Value::Text("a".into()), Value::Missing]),
            (Type::Bool, vec![Value::Bool(false), Value::Bool(true), Value::Missing]),
        ];
        for (ty, values) in columns {
            let mut column = Column::new(&ty);
            values.iter().for_each(|value| column.push(value));
            let back: Vec<Value> = (0..values.len()).map(|row| column.get(row)).collect();
            assert_eq!(back, values);
            column.set(0, &Value::Missing);
            assert_eq!((column.get(0), column.get(99)), (Value::Missing, Value::Missing));
        }
    }
}
