//! Which piece between the cuts of a slot each value lies in: found once for a value, it answers every comparison of the
//! rulebook with that slot.

use crate::{
    column::{Column, Data},
    plan::Cuts,
};

/// The cuts of one slot, made ready to be looked up.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    cuts: Vec<i64>,
    /// Cuts beyond 64 bits: nothing of a 64-bit column lies behind one, so they count for nothing, but stay in the numbering.
    below: u32,
    table: Table,
}

/// Where to begin looking for a value.
#[derive(Clone, Debug)]
enum Table {
    /// Few cuts: each is compared.
    Few,
    /// By the value's distance from the first cut, so many bits dropped: how many cuts are surely not greater.
    Buckets { first: i64, shift: u32, counts: Vec<u32> },
}

/// Pieces of many values.
#[derive(Clone, Debug)]
pub(super) enum Codes {
    /// Up to 127 cuts.
    Small(Vec<i8>),
    /// Up to 32,767 cuts.
    Middle(Vec<i16>),
    /// More.
    Large(Vec<u32>),
}

const FEW: usize = 8;
const BUCKETS: u32 = 12;

impl Pieces {
    pub(super) fn of(cuts: &Cuts) -> Pieces {
        let below = cuts.keys().iter().filter(|key| **key < i128::from(i64::MIN)).count() as u32;
        let cuts: Vec<i64> = cuts.keys().iter().filter_map(|key| i64::try_from(*key).ok()).collect();
        let table = match (cuts.first(), cuts.last()) {
            (Some(first), Some(last)) if cuts.len() > FEW => {
                let span = last.wrapping_sub(*first) as u64;
                let shift = (64 - span.leading_zeros()).saturating_sub(BUCKETS);
                let buckets = (span >> shift) as usize + 1;
                // Cuts that stand in buckets before this one are not greater than any value of it.
                let mut counts = vec![0; buckets];
                for cut in &cuts {
                    let bucket = (cut.wrapping_sub(*first) as u64 >> shift) as usize + 1;
                    if let Some(count) = counts.get_mut(bucket) {
                        *count += 1;
                    }
                }
                let mut sum = 0;
                for count in &mut counts {
                    sum += *count;
                    *count = sum;
                }
                Table::Buckets { first: *first, shift, counts }
            }
            _ => Table::Few,
        };
        Pieces { cuts, below, table }
    }

    /// How many cuts are not greater than a key.
    fn piece(&self, key: i64) -> u32 {
        let start = match &self.table {
            Table::Few => 0,
            Table::Buckets { first, .. } if key < *first => return self.below,
            Table::Buckets { first, shift, counts } => {
                let bucket = (key.wrapping_sub(*first) as u64 >> shift) as usize;
                match counts.get(bucket) {
                    Some(count) => *count as usize,
                    None => return self.below + self.cuts.len() as u32,
                }
            }
        };
        let rest = self.cuts.get(start..).unwrap_or_default();
        let behind = match self.table {
            Table::Few => rest.iter().filter(|cut| **cut <= key).count(),
            Table::Buckets { .. } => rest.iter().take_while(|cut| **cut <= key).count(),
        };
        self.below + (start + behind) as u32
    }

    /// The pieces of some rows of a column.
    pub(super) fn codes(&self, column: &Column, start: usize, rows: usize) -> Codes {
        let all = self.below as usize + self.cuts.len();
        match column.data() {
            Data::Int(values) | Data::Short(values, _) | Data::Timestamp(values) => {
                self.of_keys(all, slice(values, start, rows).iter().copied())
            }
            Data::Date(values) => self.of_keys(all, slice(values, start, rows).iter().map(|it| i64::from(*it))),
            Data::Choice(values) => self.of_keys(all, slice(values, start, rows).iter().map(|it| i64::from(*it))),
            Data::Float(values) => {
                self.of_keys(all, slice(values, start, rows).iter().map(|it| crate::plan::float_key(*it)))
            }
            Data::Decimal(values, _) => {
                let keys = slice(values, start, rows)
                    .iter()
                    .map(|it| i64::try_from(*it).unwrap_or(if *it < 0 { i64::MIN } else { i64::MAX }));
                self.of_keys(all, keys)
            }
            Data::Bool(_) | Data::Text(_) | Data::Texts(_) | Data::Duration(_) | Data::List(_) => {
                self.of_keys(all, std::iter::repeat_n(i64::MIN, rows))
            }
        }
    }

    fn of_keys(&self, all: usize, keys: impl Iterator<Item = i64>) -> Codes {
        if all <= i8::MAX as usize {
            Codes::Small(keys.map(|key| self.piece(key) as i8).collect())
        } else if all <= i16::MAX as usize {
            Codes::Middle(keys.map(|key| self.piece(key) as i16).collect())
        } else {
            Codes::Large(keys.map(|key| self.piece(key)).collect())
        }
    }
}

/// Whether the keys of a type fit into 64 bits for all of its values; else the plain interpreter compares.
pub(super) fn fits(column: &Column) -> bool {
    !matches!(column.data(), Data::Decimal(..))
}

fn slice<T>(values: &[T], start: usize, rows: usize) -> &[T] {
    values.get(start..start + rows).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::Range,
        value::{Type, Value},
    };

    fn pieces(keys: &[i128]) -> Pieces {
        let mut cuts = Cuts::default();
        for key in keys {
            cuts.add(&Range { low: *key, high: *key, unknown: *key, outside: false });
        }
        cuts.sort();
        Pieces::of(&cuts)
    }

    proptest::proptest! {
        #[test]
        fn a_value_lies_behind_the_cuts_that_are_not_greater(
            keys in proptest::collection::vec(-2000..2000_i128, 0..60),
            wide in proptest::collection::vec(i64::MIN..i64::MAX, 0..3),
            values in proptest::collection::vec(-3000..3000_i64, 1..50),
        ) {
            let keys: Vec<i128> = keys.into_iter().chain(wide.into_iter().map(i128::from)).collect();
            let pieces = pieces(&keys);
            let mut sorted = keys;
            sorted.sort_unstable();
            sorted.dedup();
            for value in values.into_iter().chain([i64::MIN, i64::MAX, 0]) {
                let expected = sorted.iter().filter(|key| **key <= i128::from(value)).count() as u32;
                proptest::prop_assert_eq!(pieces.piece(value), expected);
            }
        }
    }

    #[test]
    fn many_cuts_take_wider_codes() {
        let keys: Vec<i128> = (0..200).map(|at| at * 7).collect();
        let mut column = Column::new(&Type::Int);
        [-1, 0, 6, 7, 10_000].iter().for_each(|it| column.push(&Value::Int(*it)));
        let Codes::Middle(codes) = pieces(&keys).codes(&column, 0, 5) else { panic!("200 cuts fit into 16 bits") };
        assert_eq!(codes, [0, 1, 1, 2, 200]);
    }
}
