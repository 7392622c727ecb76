//! Users' numbers, found by their keys: data mostly come in the order in which they came before; where they do not, many keys are
//! looked for side by side, so that the processor need not wait for the memory of each.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::state::{
    Remembered,
    remembered::{Keys, place},
};

/// How far behind another user one is looked for before keys are hashed.
const NEAR: u32 = 8;
/// How far behind another user the first of some is looked for before all keys are hashed, which takes longer than to look at these.
const STRETCH: u32 = 1 << 17;
/// How many keys are looked for side by side.
const TOGETHER: usize = 128;

/// Numbers of users, found by the hash of their keys.
#[derive(Debug)]
pub(super) struct Numbers {
    hash: RandomState,
    table: HashTable<Entry>,
}

/// A user, and a part of the hash of the key, by which most others are told apart without a look at their keys.
#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u32,
    mark: u32,
}

impl Remembered {
    /// A user's number.
    pub fn number(&self, key: &str) -> Option<u32> {
        let (numbers, own) = (self.by_key(), |number: u32| self.key(number) == Some(key));
        let found = numbers.table.find(numbers.hash(key), |entry| own(entry.number))?;
        Some(found.number)
    }

    /// The numbers of users, in the order of their keys. Each is looked for first behind the one before: data mostly come in the same
    /// order again, and some users are gone; the first behind a number that is given.
    pub fn numbers(&self, keys: &[&str], behind: u32) -> Vec<Option<u32>> {
        let mut numbers = Vec::with_capacity(keys.len());
        let (mut before, mut in_order) = (behind, true);
        if let (Some(first), None) = (keys.first(), self.numbers.get()) {
            let stretch = (1..=STRETCH).map(|step| behind.wrapping_add(step));
            let found =
                stretch.take_while(|next| *next <= self.last_number()).find(|next| self.key(*next) == Some(first));
            before = found.map_or(before, |found| found.wrapping_sub(1));
        }
        for keys in keys.chunks(TOGETHER) {
            let first = numbers.len();
            if in_order {
                let mut rest = keys;
                loop {
                    let next = before.wrapping_add(1);
                    let follow = self.follow(rest, next);
                    numbers.extend((next..).take(follow).map(Some));
                    before = before.wrapping_add(follow as u32);
                    let Some((key, others)) = rest.get(follow..).and_then(<[&str]>::split_first) else { break };
                    let near = (1..=NEAR).map(|step| before.wrapping_add(step));
                    let found = near.into_iter().find(|near| self.key(*near) == Some(key)).or_else(|| self.number(key));
                    before = found.unwrap_or(before);
                    numbers.push(found);
                    rest = others;
                }
            } else {
                self.side_by_side(keys, &mut numbers);
                before = numbers.iter().rev().flatten().next().copied().unwrap_or(before);
            }
            in_order = are_in_order(numbers.get(first..).unwrap_or_default());
        }
        numbers
    }

    /// How many of these keys are those of users with the numbers from one on, as far as its piece goes.
    fn follow(&self, keys: &[&str], first: u32) -> usize {
        let (piece, user) = place(first);
        let Some(users) = self.pieces.users.get(piece) else { return 0 };
        let Keys { all, ends, .. } = &*users.keys;
        let (before, ends) = ends.split_at_checked(usize::from(user)).unwrap_or((ends, &[]));
        let mut start = before.last().map_or(0, |end| *end as usize);
        let is_own = |(key, end): &(&&str, &u32)| {
            let known = all.as_bytes().get(start..**end as usize);
            start = **end as usize;
            // A number that nobody has has no text either.
            !key.is_empty() && known == Some(key.as_bytes())
        };
        keys.iter().zip(ends).take_while(is_own).count()
    }

    fn side_by_side(&self, keys: &[&str], numbers: &mut Vec<Option<u32>>) {
        let by_key = self.by_key();
        let hashes: Vec<u64> = keys.iter().map(|key| by_key.hash(key)).collect();
        let likely = |hash: &u64| {
            let mark = mark(*hash);
            by_key.table.find(*hash, |entry| entry.mark == mark).map(|entry| entry.number)
        };
        let likely: Vec<Option<u32>> = hashes.iter().map(likely).collect();
        numbers.extend(keys.iter().zip(likely).map(|(key, likely)| {
            let likely = likely?;
            if self.key(likely) == Some(key) { Some(likely) } else { self.number(key) }
        }));
    }

    fn by_key(&self) -> &Numbers {
        self.numbers.get_or_init(|| Numbers::of(self))
    }
}

/// Whether most of these users stand near behind one another.
fn are_in_order(numbers: &[Option<u32>]) -> bool {
    let pairs = numbers.windows(2).filter_map(|pair| match pair {
        [Some(one), Some(next)] => Some(next.wrapping_sub(*one)),
        _ => None,
    });
    let (mut all, mut near) = (0, 0);
    for step in pairs {
        all += 1;
        near += usize::from((1..=NEAR).contains(&step));
    }
    2 * near >= all
}

impl Numbers {
    fn of(remembered: &Remembered) -> Numbers {
        let mut numbers = Numbers { hash: RandomState::default(), table: HashTable::new() };
        numbers.table = HashTable::with_capacity(remembered.last_number() as usize);
        for number in remembered.all() {
            let Some(key) = remembered.key(number) else { continue };
            let hash = numbers.hash(key);
            let again = |entry: &Entry| remembered.key(entry.number).map_or(0, |key| hash_of(&numbers.hash, key));
            numbers.table.insert_unique(hash, Entry { number, mark: mark(hash) }, again);
        }
        numbers
    }

    fn hash(&self, key: &str) -> u64 {
        hash_of(&self.hash, key)
    }

    /// Of how many bytes it is.
    pub(super) fn bytes(&self) -> usize {
        self.table.allocation_size()
    }
}

fn hash_of(hash: &RandomState, key: &str) -> u64 {
    let mut hasher = hash.build_hasher();
    hasher.write(key.as_bytes());
    hasher.finish()
}

/// A part of a hash that the table does not go by.
fn mark(hash: u64) -> u32 {
    (hash >> 24) as u32
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::state::remembered::Users;

    /// Users whose keys are these, numbered from 1.
    fn of(keys: &[String]) -> Remembered {
        let mut own = Keys::default();
        own.push_hole();
        keys.iter().for_each(|key| own.push(key));
        let mut remembered = Remembered::default();
        remembered.pieces.users = vec![Users { keys: Arc::new(own), ..Users::default() }];
        remembered
    }

    #[test]
    fn users_are_found_in_whatever_order_they_come() {
        let keys: Vec<String> = (1..=3000).map(|user| format!("u{user}")).collect();
        let remembered = of(&keys);
        let orders: [&dyn Fn(usize) -> usize; 5] =
            [&|at| at, &|at| 2999 - at, &|at| at * 1237 % 3000, &|at| at / 500 * 500 + at * 7 % 500, &|at| {
                at / 20 * 20
            }];
        for order in orders {
            for strangers in [0, 3, 1] {
                let asked: Vec<(String, Option<u32>)> = (0..3000)
                    .map(|at| match strangers {
                        0 => (keys[order(at)].clone(), Some(order(at) as u32 + 1)),
                        every if at % every == 0 => (format!("new{at}"), None),
                        _ => (keys[order(at)].clone(), Some(order(at) as u32 + 1)),
                    })
                    .collect();
                let texts: Vec<&str> = asked.iter().map(|(key, _)| key.as_str()).collect();
                let expected: Vec<Option<u32>> = asked.iter().map(|(_, number)| *number).collect();
                for behind in [0, 17, u32::MAX] {
                    assert_eq!(remembered.numbers(&texts, behind), expected);
                }
            }
        }
    }
}
