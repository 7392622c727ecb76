//! Columns put together from others, many rows at a time: what readers give piece by piece, and what is kept of it.

use std::sync::Arc;

use crate::column::{Column, Data, Texts};

impl Column {
    /// A column of the same type without rows.
    #[must_use]
    pub fn same(&self) -> Column {
        self.kept(&[])
    }

    /// All rows of another column of the same type behind its own.
    pub fn append(&mut self, other: Column) {
        if self.len == 0 {
            *self = other;
            return;
        }
        let len = self.len + other.len;
        if !self.extend(&other) {
            // Of another form: value by value.
            (0..other.len).for_each(|row| self.push(&other.get(row)));
            return;
        }
        let (whole, part) = (self.len / 64, self.len % 64);
        self.known.resize(len.div_ceil(64), 0);
        for (at, word) in other.known.iter().enumerate() {
            if let Some(slot) = self.known.get_mut(whole + at) {
                *slot |= word << part;
            }
            if let (true, Some(slot)) = (part > 0, self.known.get_mut(whole + at + 1)) {
                *slot |= word >> (64 - part);
            }
        }
        self.len = len;
    }

    /// The values behind its own; false where they are of another form, and then nothing has changed.
    fn extend(&mut self, other: &Column) -> bool {
        match (&mut self.data, &other.data) {
            (Data::Bool(to), Data::Bool(from)) => to.extend_from_slice(from),
            (Data::Int(to), Data::Int(from)) | (Data::Timestamp(to), Data::Timestamp(from)) => {
                to.extend_from_slice(from);
            }
            (Data::Short(to, scale), Data::Short(from, same)) if scale == same => to.extend_from_slice(from),
            (Data::Decimal(to, scale), Data::Decimal(from, same)) if scale == same => to.extend_from_slice(from),
            (Data::Decimal(to, scale), Data::Short(from, same)) if scale == same => {
                to.extend(from.iter().map(|it| i128::from(*it)));
            }
            (Data::Short(to, scale), Data::Decimal(from, same)) if scale == same => {
                let all = to.iter().map(|it| i128::from(*it)).chain(from.iter().copied()).collect();
                self.data = Data::Decimal(all, *same);
            }
            (Data::Float(to), Data::Float(from)) => to.extend_from_slice(from),
            (Data::Date(to), Data::Date(from)) => to.extend_from_slice(from),
            (Data::Duration(to), Data::Duration(from)) => to.extend_from_slice(from),
            (Data::List(to), Data::List(from)) => to.extend_from_slice(from),
            (Data::Choice(to), Data::Choice(from)) => to.extend_from_slice(from),
            (Data::Text(to), Data::Text(from)) => to.extend_from_slice(from),
            (Data::Texts(to), Data::Texts(from)) => {
                if !to.append(from) {
                    let both = [&*to, from].into_iter().flat_map(one_by_one);
                    self.data = Data::Text(both.collect());
                }
            }
            _ => return false,
        }
        true
    }

    /// So many rows of it, from one on that is a multiple of 64.
    #[must_use]
    pub fn part(&self, start: usize, len: usize) -> Column {
        fn some<T: Clone>(values: &[T], start: usize, len: usize) -> Vec<T> {
            values.get(start..start + len).unwrap_or_default().to_vec()
        }
        let len = len.min(self.len.saturating_sub(start));
        let data = match &self.data {
            Data::Bool(values) => Data::Bool(some(values, start, len)),
            Data::Int(values) => Data::Int(some(values, start, len)),
            Data::Short(values, scale) => Data::Short(some(values, start, len), *scale),
            Data::Decimal(values, scale) => Data::Decimal(some(values, start, len), *scale),
            Data::Float(values) => Data::Float(some(values, start, len)),
            Data::Text(values) => Data::Text(some(values, start, len)),
            Data::Texts(texts) => {
                let mut part = Texts::default();
                (start..start + len).for_each(|row| {
                    part.push(texts.get(row).unwrap_or_default());
                });
                Data::Texts(part)
            }
            Data::Date(values) => Data::Date(some(values, start, len)),
            Data::Timestamp(values) => Data::Timestamp(some(values, start, len)),
            Data::Duration(values) => Data::Duration(some(values, start, len)),
            Data::List(values) => Data::List(some(values, start, len)),
            Data::Choice(values) => Data::Choice(some(values, start, len)),
        };
        let mut known = some(&self.known, start / 64, len.div_ceil(64));
        if let (Some(last), 1..) = (known.last_mut(), len % 64) {
            *last &= (1 << (len % 64)) - 1;
        }
        Column::of(data, known, len)
    }

    /// The same column without the rows that are not kept.
    #[must_use]
    pub fn kept(&self, keep: &[bool]) -> Column {
        fn only<T: Clone>(values: &[T], keep: &[bool]) -> Vec<T> {
            values.iter().zip(keep).filter(|(_, keep)| **keep).map(|(value, _)| value.clone()).collect()
        }
        let data = match &self.data {
            Data::Bool(values) => Data::Bool(only(values, keep)),
            Data::Int(values) => Data::Int(only(values, keep)),
            Data::Short(values, scale) => Data::Short(only(values, keep), *scale),
            Data::Decimal(values, scale) => Data::Decimal(only(values, keep), *scale),
            Data::Float(values) => Data::Float(only(values, keep)),
            Data::Text(values) => Data::Text(only(values, keep)),
            Data::Texts(texts) => {
                let mut some = Texts::default();
                let rows = keep.iter().enumerate().filter(|(_, keep)| **keep);
                rows.for_each(|(row, _)| {
                    some.push(texts.get(row).unwrap_or_default());
                });
                Data::Texts(some)
            }
            Data::Date(values) => Data::Date(only(values, keep)),
            Data::Timestamp(values) => Data::Timestamp(only(values, keep)),
            Data::Duration(values) => Data::Duration(only(values, keep)),
            Data::List(values) => Data::List(only(values, keep)),
            Data::Choice(values) => Data::Choice(only(values, keep)),
        };
        let rows = keep.iter().filter(|keep| **keep).count();
        let mut known = vec![0_u64; rows.div_ceil(64)];
        let kept = keep.iter().enumerate().filter(|(_, keep)| **keep).map(|(row, _)| row);
        for (at, row) in kept.enumerate() {
            if let (true, Some(word)) = (self.is_known(row), known.get_mut(at / 64)) {
                *word |= 1 << (at % 64);
            }
        }
        Column::of(data, known, rows)
    }
}

/// Texts each by itself: of more than fit into one piece.
fn one_by_one(texts: &Texts) -> impl Iterator<Item = Option<Arc<str>>> {
    (0..texts.len()).map(|row| texts.get(row).map(Arc::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Decimal, Type, Value};

    fn column(ty: &Type, values: &[Value]) -> Column {
        let mut column = Column::new(ty);
        values.iter().for_each(|value| column.push(value));
        column
    }

    #[test]
    fn parts_one_behind_the_other() {
        let decimal = |mantissa| Value::Decimal(Decimal { mantissa, scale: 2 });
        let ints: Vec<Value> = (0..200).map(|at| if at % 3 == 0 { Value::Missing } else { Value::Int(at) }).collect();
        let texts: Vec<Value> = ["a", "", "上海", "a"].iter().map(|text| Value::Text((*text).into())).collect();
        let wide = vec![decimal(1), decimal(i128::from(i64::MAX) * 7), Value::Missing, decimal(-5)];
        for (ty, values) in [(Type::Int, ints), (Type::Text, texts), (Type::Decimal(2), wide)] {
            for at in 0..=values.len() {
                let (before, behind) = values.split_at(at);
                let mut all = column(&ty, before);
                all.append(column(&ty, behind));
                let found: Vec<Value> = (0..all.len()).map(|row| all.get(row)).collect();
                assert_eq!(found, values, "cut at {at}");
            }
        }
    }

    #[test]
    fn texts_of_readers_one_behind_the_other() {
        let read = |words: &[&str]| {
            let mut texts = Texts::default();
            words.iter().for_each(|word| {
                texts.push(word);
            });
            Column::of(Data::Texts(texts), vec![(1 << words.len()) - 1], words.len())
        };
        let mut all = read(&["a", "bc"]);
        all.append(read(&["", "上海"]));
        let found: Vec<Value> = (0..all.len()).map(|row| all.get(row)).collect();
        let expected: Vec<Value> = ["a", "bc", "", "上海"].iter().map(|text| Value::Text((*text).into())).collect();
        assert_eq!(found, expected);
    }
}
