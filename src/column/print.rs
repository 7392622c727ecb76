//! What a row comes to, as one number: whether a user's record is as it was is asked of that (LANGUAGE.md §8).
//!
//! The same values give the same number on every machine and in every version, since the state keeps it.

use crate::{
    column::{Column, Data, Texts},
    value::{Value, Zone, print},
};

/// Mixes more into what a row comes to so far.
#[inline]
pub fn mixed(so_far: u64, value: u64) -> u64 {
    // The finisher of MurmurHash3 (Austin Appleby, public domain), which spreads every bit over all of them.
    let mut mixed = so_far.rotate_left(27) ^ value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

/// What a text comes to.
pub fn of_bytes(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let so_far = words.iter().fold(bytes.len() as u64, |so_far, word| mixed(so_far, u64::from_le_bytes(*word)));
    if rest.is_empty() {
        return so_far;
    }
    mixed(so_far, word_of(rest))
}

/// Fewer than eight bytes as a word, without looking at each: where they are four or more, two parts that may share some.
#[inline]
fn word_of(rest: &[u8]) -> u64 {
    let many = rest.len();
    match (rest.first_chunk(), rest.last_chunk(), rest) {
        (Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << ((many - 4) * 8)
        }
        (_, _, [first, .., last]) => {
            let middle = rest.get(many / 2).copied().unwrap_or_default();
            u64::from(*first) | u64::from(middle) << (many / 2 * 8) | u64::from(*last) << ((many - 1) * 8)
        }
        (_, _, [one]) => u64::from(*one),
        (_, _, []) => 0,
    }
}

/// Does work on rows that stand one after the other by the widest instructions, where the processor has those that multiply whole words.
#[inline]
fn widely(work: impl FnOnce()) {
    #[cfg(all(feature = "data", target_arch = "x86_64"))]
    if let Some(widest) = pulp::x86::V4::try_new() {
        return pulp::Simd::vectorize(widest, work);
    }
    work();
}

/// What a missing value comes to.
const MISSING: u64 = 0x6d69_7373_696e_6721;

impl Column {
    /// Mixes the values of rows from `start` on into what these rows come to so far.
    pub fn mix_into(&self, start: usize, rows: &mut [u64]) {
        let zone = Zone::utc();
        match self.data() {
            Data::Bool(all) => self.mix_each(start, rows, all, |it| u64::from(*it)),
            Data::Int(all) | Data::Short(all, _) | Data::Timestamp(all) => {
                self.mix_each(start, rows, all, |it| *it as u64);
            }
            Data::Decimal(all, _) => self.mix_each(start, rows, all, |wide| {
                // As in the short form, where it is one.
                i64::try_from(*wide).map_or_else(|_| mixed(*wide as u64, (*wide >> 64) as u64), |short| short as u64)
            }),
            Data::Float(all) => self.mix_each(start, rows, all, |it| it.to_bits()),
            Data::Text(all) => {
                self.mix_each(start, rows, all, |text| text.as_ref().map_or(0, |it| of_bytes(it.as_bytes())))
            }
            Data::Texts(all) => self.mix_texts(start, rows, all),
            Data::Date(all) => self.mix_each(start, rows, all, |it| *it as u64),
            Data::Choice(all) => self.mix_each(start, rows, all, |it| u64::from(*it)),
            Data::Duration(_) | Data::List(_) => {
                self.mix(start, rows, |at| of_bytes(print::json(&self.get(at), &zone).as_bytes()));
            }
        }
    }

    /// Mixes values that stand one after the other.
    fn mix_each<T>(&self, start: usize, rows: &mut [u64], all: &[T], of: impl Fn(&T) -> u64) {
        match all.get(start..start + rows.len()).filter(|_| self.all_known()) {
            Some(all) => widely(|| rows.iter_mut().zip(all).for_each(|(row, it)| *row = mixed(*row, of(it)))),
            None => self.mix(start, rows, |at| all.get(at).map_or(0, &of)),
        }
    }

    /// Mixes texts; of those that rows share each is looked at once.
    fn mix_texts(&self, start: usize, rows: &mut [u64], all: &Texts) {
        let of = |text: Option<&str>| text.map_or(0, |text| of_bytes(text.as_bytes()));
        match all.codes().filter(|(_, many)| *many < rows.len()) {
            Some((codes, many)) => {
                let each: Vec<u64> = (0..many).map(|at| of(all.text(at))).collect();
                self.mix_each(start, rows, codes, |code| each.get(*code as usize).copied().unwrap_or(0));
            }
            None => self.mix(start, rows, |at| of(all.get(at))),
        }
    }

    /// Mixes what is known of rows.
    fn mix(&self, start: usize, rows: &mut [u64], of: impl Fn(usize) -> u64) {
        for (at, row) in (start..).zip(rows) {
            *row = mixed(*row, if self.is_known(at) { of(at) } else { MISSING });
        }
    }
}

/// Mixes that a whole column is missing.
pub fn mix_missing(rows: &mut [u64]) {
    rows.iter_mut().for_each(|row| *row = mixed(*row, MISSING));
}

/// What one value comes to, as [`Column::mix_into`] takes it.
pub fn of_value(value: &Value) -> u64 {
    let zone = Zone::utc();
    match value {
        Value::Missing => MISSING,
        Value::Bool(it) => u64::from(*it),
        Value::Int(it) | Value::Timestamp(it) => *it as u64,
        Value::Decimal(it) => i64::try_from(it.mantissa)
            .map_or_else(|_| mixed(it.mantissa as u64, (it.mantissa >> 64) as u64), |short| short as u64),
        Value::Float(it) => it.to_bits(),
        Value::Text(it) => of_bytes(it.as_bytes()),
        Value::Date(it) => *it as u64,
        Value::Choice(it) => u64::from(*it),
        Value::Duration(_) | Value::List(_) => of_bytes(print::json(value, &zone).as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{ChoiceId, Decimal, Duration, Type};

    #[test]
    fn a_few_bytes_come_to_the_word_that_begins_with_them() {
        for many in 0..8 {
            let bytes: Vec<u8> = (0..many).map(|at| 0xf1 + at).collect();
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(&bytes);
            assert_eq!(word_of(&bytes), u64::from_le_bytes(word), "{many}");
        }
    }

    #[test]
    fn a_row_comes_to_the_same_wherever_it_stands_and_to_something_else_where_a_value_differs() {
        let values =
            [Value::Text("林".into()), Value::Missing, Value::Text("".into()), Value::Text("abcdefgh1".into())];
        let mut column = Column::new(&Type::Text);
        values.iter().for_each(|value| column.push(value));
        let mut rows = [7; 4];
        column.mix_into(0, &mut rows);
        let each: Vec<u64> = values.iter().map(|value| mixed(7, of_value(value))).collect();
        assert_eq!(rows.to_vec(), each);
        let mut last = [7];
        column.mix_into(3, &mut last);
        assert_eq!(last[0], rows[3]);
        let different: std::collections::HashSet<u64> = rows.into_iter().collect();
        assert_eq!(different.len(), 4);
    }

    /// Where all values of a column are known they are taken another way; if that came to something else, every user would count as
    /// changed on the day on which one value is missing.
    #[test]
    fn a_value_comes_to_the_same_whether_another_one_of_its_column_is_missing_or_not() {
        let decimal = |mantissa: i128| Value::Decimal(Decimal::new(mantissa, 2).unwrap());
        let duration = |days: i32| Value::Duration(Duration { months: 1, days, micros: 0 });
        let list = |all: &[i64]| Value::List(all.iter().map(|it| Value::Int(*it)).collect());
        let columns = [
            (Type::Bool, vec![Value::Bool(true), Value::Bool(false)]),
            (Type::Int, vec![Value::Int(-7), Value::Int(0), Value::Int(i64::MAX)]),
            (Type::Decimal(2), vec![decimal(-150), decimal(0), decimal(99)]),
            (Type::Decimal(2), vec![decimal(-150), decimal(0), decimal(1 << 90), decimal(-(1 << 90))]),
            (Type::Float, vec![Value::Float(-0.5), Value::Float(1e300)]),
            (Type::Text, ["", "林", "abcdefgh1"].map(|it| Value::Text(it.into())).to_vec()),
            (Type::Date, vec![Value::Date(-1), Value::Date(20_000)]),
            (Type::Timestamp, vec![Value::Timestamp(-1), Value::Timestamp(1 << 50)]),
            (Type::Duration, vec![duration(-3), duration(30)]),
            (Type::List(Box::new(Type::Int)), vec![list(&[]), list(&[1, 2])]),
            (Type::Choice(ChoiceId(0)), vec![Value::Choice(0), Value::Choice(3)]),
        ];
        for (ty, values) in columns {
            let mut all_known = Column::new(&ty);
            values.iter().for_each(|value| all_known.push(value));
            let mut one_missing = all_known.clone();
            one_missing.push(&Value::Missing);
            assert!(all_known.all_known() && !one_missing.all_known());
            let each: Vec<u64> = values.iter().map(|value| mixed(7, of_value(value))).collect();
            for column in [all_known, one_missing] {
                // From the second row on too.
                for start in 0..2 {
                    let mut rows = vec![7; values.len() - start];
                    column.mix_into(start, &mut rows);
                    assert_eq!(rows, each[start..], "{ty} from {start} of {values:?}");
                }
            }
        }
        let texts = ["", "林", "abcdefgh1"];
        let mut column = Texts::default();
        assert!(texts.iter().all(|text| column.push(text)));
        let column = Column::of(Data::Texts(column), vec![0b111], texts.len());
        let mut rows = [7; 3];
        column.mix_into(0, &mut rows);
        assert_eq!(rows, texts.map(|text| mixed(7, of_bytes(text.as_bytes()))));
        // Where rows share texts too.
        let mut shared = Texts::default();
        assert!(texts.iter().all(|text| shared.push(text)));
        let codes = vec![0, 1, 2, 1, 0, 2];
        for known in [0b111_111, 0b101_111] {
            let column = Column::of(Data::Texts(shared.clone().shared(codes.clone())), vec![known], codes.len());
            let mut rows = [7; 5];
            column.mix_into(1, &mut rows);
            let each: Vec<u64> = (1..6).map(|row| mixed(7, of_value(&column.get(row)))).collect();
            assert_eq!(rows.to_vec(), each);
        }
    }
}
