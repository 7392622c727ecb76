//! The number of each user, by key. Whole numbers that lie close together are looked up in a table, others by a hash; texts
//! stand in one piece of memory. What is equal in two tables is the same key: `7` here is `7.00` there.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher},
    sync::Arc,
};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::{
    column::{Column, Data},
    value::{Decimal, Value, Zone, number, print},
};

/// Nobody's number.
pub const NOBODY: u32 = u32::MAX;

/// The number of each user, by key.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    ints: Ints,
    texts: Texts,
}

/// A key as it is looked up.
enum Key<'k> {
    Int(i64),
    Text(&'k str),
    Other(Arc<str>),
    Missing,
}

impl Numbers {
    /// Gives a key a number, unless it has one already: then it is that one.
    pub(super) fn insert(&mut self, keys: &Column, row: usize, number: u32) -> Result<(), u32> {
        let known = match key(keys, row) {
            Key::Missing => Some(NOBODY),
            Key::Int(key) => self.ints.insert(key, number),
            Key::Text(key) => self.texts.insert(key, number),
            Key::Other(key) => self.texts.insert(&key, number),
        };
        known.map_or(Ok(()), Err)
    }

    /// The number of the user with this key.
    fn get(&self, key: &Key<'_>) -> u32 {
        let found = match key {
            Key::Missing => None,
            Key::Int(key) => self.ints.get(*key),
            Key::Text(key) => self.texts.get(key),
            Key::Other(key) => self.texts.get(key),
        };
        found.unwrap_or(NOBODY)
    }

    /// The numbers of many keys; [`NOBODY`] of those that have none.
    pub(super) fn all(&self, keys: &Column) -> Vec<u32> {
        match (keys.data(), &self.ints) {
            (Data::Int(values), Ints::Near { first, slots, .. }) => {
                let find = |key: &i64| slots.get(key.wrapping_sub(*first) as u64 as usize).copied().unwrap_or(NOBODY);
                let mut numbers: Vec<u32> = values.iter().map(find).collect();
                if !keys.all_known() {
                    let missing = numbers.iter_mut().enumerate().filter(|(row, _)| !keys.is_known(*row));
                    missing.for_each(|(_, number)| *number = NOBODY);
                }
                numbers
            }
            _ => (0..keys.len()).map(|row| self.get(&key(keys, row))).collect(),
        }
    }
}

/// The key of a row.
fn key(keys: &Column, row: usize) -> Key<'_> {
    if !keys.is_known(row) {
        return Key::Missing;
    }
    match keys.data() {
        Data::Int(values) => values.get(row).map_or(Key::Missing, |key| Key::Int(*key)),
        Data::Texts(texts) => texts.get(row).map_or(Key::Missing, Key::Text),
        Data::Text(texts) => texts.get(row).and_then(Option::as_deref).map_or(Key::Missing, Key::Text),
        Data::Bool(_)
        | Data::Short(..)
        | Data::Decimal(..)
        | Data::Float(_)
        | Data::Date(_)
        | Data::Timestamp(_)
        | Data::Duration(_)
        | Data::List(_)
        | Data::Choice(_) => {
            let value = keys.get(row);
            match whole(&value) {
                Some(key) => Key::Int(key),
                None => Key::Other(plain(&value)),
            }
        }
    }
}

/// A whole number, of whatever type.
fn whole(key: &Value) -> Option<i64> {
    match key {
        Value::Int(key) => Some(*key),
        Value::Decimal(_) | Value::Float(_) => number::to_decimal(key)?.rescale(0).and_then(Decimal::to_int),
        _ => None,
    }
}

/// A key that is neither a text nor a whole number, as text; equal numbers alike.
fn plain(key: &Value) -> Arc<str> {
    let decimal = number::to_decimal(key).map(|it| it.to_string());
    match decimal.as_deref() {
        Some(text) if text.contains('.') => text.trim_end_matches('0').trim_end_matches('.').into(),
        Some(text) => text.into(),
        None => print::text(key, &Zone::utc()).into(),
    }
}

/// Slots of a table that may stay empty for each key.
const SPARE: u64 = 8;
/// Slots that any table may have.
const FEW: u64 = 1 << 16;

/// Whole numbers.
#[derive(Debug)]
enum Ints {
    /// Close together: by their distance from the first slot's.
    Near { first: i64, slots: Vec<u32>, count: u64 },
    /// Far apart.
    Far { numbers: HashMap<i64, u32, RandomState>, least: i64, most: i64 },
}

impl Default for Ints {
    fn default() -> Ints {
        Ints::Near { first: 0, slots: vec![], count: 0 }
    }
}

impl Ints {
    fn get(&self, key: i64) -> Option<u32> {
        match self {
            Ints::Near { first, slots, .. } => {
                slots.get(key.wrapping_sub(*first) as u64 as usize).copied().filter(|number| *number != NOBODY)
            }
            Ints::Far { numbers, .. } => numbers.get(&key).copied(),
        }
    }

    /// Inserts unless it is there; then gives what is.
    fn insert(&mut self, key: i64, number: u32) -> Option<u32> {
        loop {
            match self {
                Ints::Near { first, slots, count } => {
                    if let Some(slot) = slots.get_mut(key.wrapping_sub(*first) as u64 as usize) {
                        if *slot != NOBODY {
                            return Some(*slot);
                        }
                        (*slot, *count) = (number, *count + 1);
                        return None;
                    }
                    self.widen(key);
                }
                Ints::Far { numbers, least, most } => {
                    if let Some(known) = numbers.insert(key, number) {
                        numbers.insert(key, known);
                        return Some(known);
                    }
                    (*least, *most) = ((*least).min(key), (*most).max(key));
                    let count = numbers.len() as u64;
                    if count.is_power_of_two() && least.abs_diff(*most) < allowed(count) {
                        self.draw_near();
                    }
                    return None;
                }
            }
        }
    }

    /// Makes room for a key that lies outside of the table, or gives the table up.
    fn widen(&mut self, key: i64) {
        let Ints::Near { first, slots, count } = self else { return };
        let all = allowed(*count + 1);
        if slots.is_empty() {
            (*first, *slots) = (key, vec![NOBODY]);
            return;
        }
        let last = first.saturating_add_unsigned(slots.len() as u64 - 1);
        if key > last && first.abs_diff(key) < all {
            slots.resize(first.abs_diff(key) as usize + 1, NOBODY);
        } else if key < *first && key.abs_diff(last) < all {
            // Some room more, so that keys that fall do not move everything one by one.
            let spare = (slots.len() as u64).min(all - key.abs_diff(last) - 1);
            let from = key.saturating_sub_unsigned(spare);
            let mut moved = vec![NOBODY; from.abs_diff(*first) as usize];
            moved.append(slots);
            (*first, *slots) = (from, moved);
        } else {
            let keys = slots.iter().zip(*first..).filter(|(number, _)| **number != NOBODY);
            let numbers: HashMap<i64, u32, RandomState> = keys.map(|(number, key)| (key, *number)).collect();
            let (least, most) = (numbers.keys().min().copied(), numbers.keys().max().copied());
            *self = Ints::Far { numbers, least: least.unwrap_or(key), most: most.unwrap_or(key) };
        }
    }

    /// Makes a table again of keys that turned out to lie close together.
    fn draw_near(&mut self) {
        let Ints::Far { numbers, least, most } = self else { return };
        let (first, count) = (*least, numbers.len() as u64);
        let mut slots = vec![NOBODY; least.abs_diff(*most) as usize + 1];
        for (key, number) in &*numbers {
            if let Some(slot) = slots.get_mut(first.abs_diff(*key) as usize) {
                *slot = *number;
            }
        }
        *self = Ints::Near { first, slots, count };
    }
}

/// Slots that a table of so many keys may have.
fn allowed(keys: u64) -> u64 {
    keys.saturating_mul(SPARE).max(FEW)
}

/// Texts, one behind the other.
#[derive(Debug, Default)]
struct Texts {
    bytes: String,
    /// Where each ends.
    ends: Vec<usize>,
    /// The number of each.
    numbers: Vec<u32>,
    /// Part of the hash of each text, and which it is.
    places: HashTable<(u32, u32)>,
    hash: RandomState,
}

impl Texts {
    fn hash(&self, text: &str) -> u32 {
        let mut hasher = self.hash.build_hasher();
        hasher.write(text.as_bytes());
        (hasher.finish() >> 32) as u32
    }

    fn text(&self, at: u32) -> &str {
        let at = at as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(at).and_then(|end| self.bytes.get(start..*end)).unwrap_or_default()
    }

    fn get(&self, text: &str) -> Option<u32> {
        let hash = self.hash(text);
        let found = self.places.find(spread(hash), |(other, at)| *other == hash && self.text(*at) == text);
        found.and_then(|(_, at)| self.numbers.get(*at as usize).copied())
    }

    fn insert(&mut self, text: &str, number: u32) -> Option<u32> {
        if let Some(known) = self.get(text) {
            return Some(known);
        }
        let hash = self.hash(text);
        let at = self.ends.len() as u32;
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        self.numbers.push(number);
        self.places.insert_unique(spread(hash), (hash, at), |(hash, _)| spread(*hash));
        None
    }
}

/// A hash of 64 bits, of which both ends are looked at.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    fn column(ty: &Type, values: impl IntoIterator<Item = Value>) -> Column {
        let mut column = Column::new(ty);
        values.into_iter().for_each(|value| column.push(&value));
        column
    }

    fn numbered(keys: &[i64]) -> Numbers {
        let mut numbers = Numbers::default();
        let keys = column(&Type::Int, keys.iter().map(|key| Value::Int(*key)));
        (0..keys.len()).for_each(|row| {
            let _ = numbers.insert(&keys, row, row as u32);
        });
        numbers
    }

    #[test]
    fn keys_near_and_far() {
        let (least, most) = (i64::MIN, i64::MAX);
        let rising: Vec<i64> = (0..200_000).collect();
        let falling: Vec<i64> = (0..200_000).rev().collect();
        let far: Vec<i64> = (0..1000).map(|at| at * 1_000_000_007).collect();
        // First far apart, in the end close together.
        let mixed: Vec<i64> = (0..300_000).map(|at| at * 7919 % 300_007).collect();
        for keys in [&rising[..], &falling, &far, &mixed, &[0, most, least, -1], &[least, least + 1], &[most, most - 1]]
        {
            let numbers = numbered(keys);
            let asked = column(&Type::Int, keys.iter().map(|key| Value::Int(*key)));
            let expected: Vec<u32> = (0..keys.len() as u32).collect();
            assert_eq!(numbers.all(&asked), expected);
            let others = column(&Type::Int, [Value::Int(3_000_000_001), Value::Missing]);
            assert_eq!(numbers.all(&others), [NOBODY; 2]);
        }
    }

    #[test]
    fn a_key_has_one_number() {
        let mut numbers = Numbers::default();
        let decimal = |mantissa| Value::Decimal(Decimal { mantissa, scale: 2 });
        let ints = column(&Type::Int, [Value::Int(7)]);
        let decimals = column(&Type::Decimal(2), [decimal(700), decimal(750), decimal(750)]);
        let texts = column(&Type::Text, [Value::Text("7".into()), Value::Text("7.5".into()), Value::Missing]);
        assert_eq!(numbers.insert(&ints, 0, 0), Ok(()));
        assert_eq!(numbers.insert(&decimals, 0, 1), Err(0));
        assert_eq!(numbers.insert(&decimals, 1, 1), Ok(()));
        assert_eq!(numbers.insert(&texts, 0, 2), Ok(()));
        assert_eq!(numbers.all(&decimals), [0, 1, 1]);
        assert_eq!(numbers.all(&texts), [2, 1, NOBODY]);
    }
}
