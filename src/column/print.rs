//! What a row comes to, as one number: whether a user's record is as it was is asked of that (LANGUAGE.md §8).
//!
//! The same values give the same number on every machine and in every version, since the state keeps it.

use crate::{
    column::{Column, Data},
    value::{Value, Zone, print},
};

/// Mixes more into what a row comes to so far.
pub fn mixed(so_far: u64, value: u64) -> u64 {
    // The finisher of MurmurHash3 (Austin Appleby, public domain), which spreads every bit over all of them.
    let mut mixed = so_far.rotate_left(27) ^ value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

/// What a text comes to.
pub fn of_bytes(bytes: &[u8]) -> u64 {
    let mut so_far = bytes.len() as u64;
    for eight in bytes.chunks(8) {
        let mut word = [0; 8];
        word.iter_mut().zip(eight).for_each(|(to, from)| *to = *from);
        so_far = mixed(so_far, u64::from_le_bytes(word));
    }
    so_far
}

/// What a missing value comes to.
const MISSING: u64 = 0x6d69_7373_696e_6721;

impl Column {
    /// Mixes the values of rows from `start` on into what these rows come to so far.
    pub fn mix_into(&self, start: usize, rows: &mut [u64]) {
        let zone = Zone::utc();
        let each = |rows: &mut [u64], value: &mut dyn FnMut(usize) -> u64| {
            for (at, row) in rows.iter_mut().enumerate() {
                let at = start + at;
                *row = mixed(*row, if self.is_known(at) { value(at) } else { MISSING });
            }
        };
        match self.data() {
            Data::Bool(all) => each(rows, &mut |at| u64::from(all.get(at).copied().unwrap_or_default())),
            Data::Int(all) | Data::Short(all, _) | Data::Timestamp(all) => {
                each(rows, &mut |at| all.get(at).copied().unwrap_or_default() as u64);
            }
            Data::Decimal(all, _) => each(rows, &mut |at| {
                let wide = all.get(at).copied().unwrap_or_default();
                // As in the short form, where it is one.
                i64::try_from(wide).map_or_else(|_| mixed(wide as u64, (wide >> 64) as u64), |short| short as u64)
            }),
            Data::Float(all) => each(rows, &mut |at| all.get(at).copied().unwrap_or_default().to_bits()),
            Data::Text(all) => {
                each(rows, &mut |at| all.get(at).and_then(Option::as_ref).map_or(0, |text| of_bytes(text.as_bytes())));
            }
            Data::Texts(all) => each(rows, &mut |at| all.get(at).map_or(0, |text| of_bytes(text.as_bytes()))),
            Data::Date(all) => each(rows, &mut |at| all.get(at).copied().unwrap_or_default() as u64),
            Data::Choice(all) => each(rows, &mut |at| u64::from(all.get(at).copied().unwrap_or_default())),
            Data::Duration(_) | Data::List(_) => {
                each(rows, &mut |at| of_bytes(print::json(&self.get(at), &zone).as_bytes()));
            }
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
    use crate::value::Type;

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
}
