//! Keys of child rows that were there already, in little memory: ints a bit each where they lie close together, anything else by a hash
//! of 128 bits.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, DefaultHasher, Hash, Hasher},
};

use foldhash::fast::RandomState;
use rayon::prelude::*;

use crate::{
    column::{Column, Data},
    value::{Zone, print},
};

/// The keys of a file's rows so far, spread over parts that threads look through side by side.
pub(super) struct Seen {
    parts: Vec<Part>,
    spread: RandomState,
}

#[derive(Default)]
struct Part {
    /// A bit for each of 64 neighbours.
    ints: HashMap<i64, u64, RandomState>,
    others: HashSet<u128, RandomState>,
}

/// The keys of a piece.
enum Keys<'k> {
    Ints(&'k Column, &'k [i64]),
    Others(Vec<Option<u128>>),
}

impl Seen {
    /// None yet.
    pub(super) fn new() -> Seen {
        let parts = (0..rayon::current_num_threads()).map(|_| Part::default()).collect();
        Seen { parts, spread: RandomState::default() }
    }

    /// The rows of each piece whose key was there already, in order.
    pub(super) fn repeated(&mut self, pieces: &[Option<&Column>]) -> Vec<Vec<usize>> {
        let keys: Vec<Option<Keys<'_>>> = pieces.par_iter().map(|column| column.map(Keys::of)).collect();
        let (many, spread) = (self.parts.len() as u64, &self.spread);
        let found: Vec<Vec<(usize, usize)>> = self
            .parts
            .par_iter_mut()
            .enumerate()
            .map(|(own, part)| {
                let is_own = |key: u64| spread.hash_one(key) % many == own as u64;
                part.repeated(&keys, is_own)
            })
            .collect();
        let mut repeated = vec![vec![]; pieces.len()];
        for (piece, row) in found.into_iter().flatten() {
            if let Some(rows) = repeated.get_mut(piece) {
                rows.push(row);
            }
        }
        repeated.iter_mut().for_each(|rows| rows.sort_unstable());
        repeated
    }
}

impl Part {
    fn repeated(&mut self, pieces: &[Option<Keys<'_>>], is_own: impl Fn(u64) -> bool) -> Vec<(usize, usize)> {
        let mut repeated = vec![];
        for (piece, keys) in pieces.iter().enumerate() {
            match keys {
                None => {}
                Some(Keys::Ints(column, keys)) => {
                    let known = keys.iter().enumerate().filter(|(row, _)| column.is_known(*row));
                    for (row, key) in known.filter(|(_, key)| is_own((**key >> 6) as u64)) {
                        let bits = self.ints.entry(key >> 6).or_default();
                        let bit = 1 << (key & 63);
                        if *bits & bit != 0 {
                            repeated.push((piece, row));
                        }
                        *bits |= bit;
                    }
                }
                Some(Keys::Others(keys)) => {
                    let known = keys.iter().enumerate().filter_map(|(row, key)| Some((row, (*key)?)));
                    for (row, key) in known.filter(|(_, key)| is_own(*key as u64)) {
                        if !self.others.insert(key) {
                            repeated.push((piece, row));
                        }
                    }
                }
            }
        }
        repeated
    }
}

impl Keys<'_> {
    fn of(column: &Column) -> Keys<'_> {
        if let Data::Int(keys) = column.data() {
            return Keys::Ints(column, keys);
        }
        let key = |row: usize| {
            let hashed = |text: &str| {
                let half = |salt: u8| {
                    let mut hasher = DefaultHasher::new();
                    (salt, text).hash(&mut hasher);
                    u128::from(hasher.finish())
                };
                half(0) << 64 | half(1)
            };
            match column.data() {
                _ if !column.is_known(row) => None,
                Data::Texts(texts) => texts.get(row).map(hashed),
                _ => Some(hashed(&print::text(&column.get(row), &Zone::utc()))),
            }
        };
        Keys::Others((0..column.len()).map(key).collect())
    }
}
