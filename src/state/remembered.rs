//! All that the state knows of each user, in little memory, to be asked by many threads.

use std::{
    hash::{BuildHasher, Hasher},
    sync::OnceLock,
};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::state::{NameId, ValueId, sparse::Sparse};

/// All users that the state knows, and what they were in when they were last seen. Users are numbered from 1.
#[derive(Debug, Default)]
pub struct Remembered {
    /// The as-of of the last run.
    pub(super) as_of: i64,
    /// 65,536 users each, by number.
    pub(super) users: Vec<Users>,
    /// By name, then as [`Remembered::users`].
    pub(super) memberships: Vec<Vec<Sparse<(u32, i64)>>>,
    /// By value, then as [`Remembered::users`].
    pub(super) kept: Vec<Vec<Sparse<Kept>>>,
    /// Numbers, found by the hash of the key; made when first asked for.
    pub(super) numbers: OnceLock<Numbers>,
}

/// No value, among those of [`Remembered::memberships`].
pub(super) const NO_VALUE: u32 = 0;

/// An arm of a level that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When the arm, or a higher one, was last reached. None where it was reached when the user was last seen, so that nothing
    /// need be written as long as that goes on: [`Remembered::reached`] is the moment.
    pub reached: Option<i64>,
    /// Whether it is still held by value: that has not fallen under what keeps it since.
    pub held: bool,
}

/// 65,536 users.
#[derive(Debug, Default)]
pub(super) struct Users {
    /// All keys, one behind the other.
    pub(super) keys: String,
    /// Where each user's key ends; it begins where the one before ends.
    pub(super) ends: Vec<u32>,
    /// Numbers that nobody has, in order: 0 is one.
    pub(super) holes: Vec<u16>,
    pub(super) fingerprints: Vec<i64>,
    /// Those who were not in the last run's data, and when they last were in one's.
    pub(super) absent: Sparse<i64>,
    /// A bit for each: something was decided about them.
    pub(super) acted: Vec<u64>,
}

impl Users {
    pub(super) fn push(&mut self, key: &str, fingerprint: i64) {
        self.keys.push_str(key);
        self.ends.push(self.keys.len() as u32);
        self.fingerprints.push(fingerprint);
    }

    fn key(&self, user: u16) -> Option<&str> {
        let user = usize::from(user);
        let end = *self.ends.get(user)? as usize;
        let start = user.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        let hole = start == end && self.holes.binary_search(&(user as u16)).is_ok();
        self.keys.get(start..end).filter(|_| !hole)
    }
}

/// Numbers of users, found by the hash of their keys.
#[derive(Debug)]
pub(super) struct Numbers {
    hash: RandomState,
    table: HashTable<u32>,
}

impl Remembered {
    /// A user's number.
    pub fn number(&self, key: &str) -> Option<u32> {
        let numbers = self.numbers.get_or_init(|| Numbers::of(self));
        numbers.table.find(numbers.hash(key), |number| self.key(*number) == Some(key)).copied()
    }

    /// A user's number, looked for first at the one behind another's: data mostly come in the same order again.
    pub fn number_behind(&self, before: u32, key: &str) -> Option<u32> {
        let next = before.wrapping_add(1);
        if self.key(next) == Some(key) { Some(next) } else { self.number(key) }
    }

    /// A user's key.
    pub fn key(&self, number: u32) -> Option<&str> {
        let (piece, user) = place(number);
        self.users.get(piece)?.key(user)
    }

    /// All numbers, in order.
    pub fn all(&self) -> impl Iterator<Item = u32> + '_ {
        (1..=self.last_number()).filter(|number| self.key(*number).is_some())
    }

    /// The greatest number that a user has; 0 where there are none.
    pub fn last_number(&self) -> u32 {
        let Some(last) = self.users.last() else { return 0 };
        ((self.users.len() - 1) << 16) as u32 + (last.ends.len() as u32).saturating_sub(1)
    }

    /// What a user had of a name when last seen, and since when: of a level, layer or funnel also its value.
    pub fn since(&self, name: NameId, number: u32) -> Option<(Option<ValueId>, i64)> {
        let (piece, user) = place(number);
        let (value, since) = self.memberships.get(name.0 as usize)?.get(piece)?.get(user)?;
        Some(((value != NO_VALUE).then_some(ValueId(value)), since))
    }

    /// Who had a name when last seen, in order of number.
    pub fn members(&self, name: NameId) -> impl Iterator<Item = u32> + '_ {
        let pieces = self.memberships.get(name.0 as usize).into_iter().flatten().enumerate();
        pieces.flat_map(|(piece, sparse)| sparse.iter().map(move |(user, _)| (piece << 16) as u32 | u32::from(user)))
    }

    /// What keeps a user on an arm of a level.
    pub fn kept(&self, value: ValueId, number: u32) -> Option<Kept> {
        let (piece, user) = place(number);
        self.kept.get(value.0 as usize)?.get(piece)?.get(user)
    }

    /// When the user last reached an arm that is kept.
    pub fn reached(&self, kept: Kept, number: u32) -> i64 {
        kept.reached.or_else(|| self.absent_since(number)).unwrap_or(self.as_of)
    }

    /// The hash of the user's record and children as last seen.
    pub fn fingerprint(&self, number: u32) -> Option<i64> {
        let (piece, user) = place(number);
        self.users.get(piece)?.fingerprints.get(usize::from(user)).copied()
    }

    /// The as-of at which a user was last seen who was not in the last run's data.
    pub fn absent_since(&self, number: u32) -> Option<i64> {
        let (piece, user) = place(number);
        self.users.get(piece)?.absent.get(user)
    }

    /// Whether anything was ever decided about a user.
    pub fn has_past(&self, number: u32) -> bool {
        let (piece, user) = place(number);
        let bits = self.users.get(piece).and_then(|users| users.acted.get(usize::from(user >> 6)));
        bits.is_some_and(|bits| bits >> (user & 63) & 1 == 1)
    }

    /// Of how many bytes it is, roughly.
    pub fn bytes(&self) -> usize {
        let users =
            self.users.iter().map(|it| it.keys.capacity() + it.ends.capacity() * 4 + it.fingerprints.capacity() * 8);
        let sparse = self.memberships.iter().flatten().map(|it| it.iter().count() * 16 + 10_240);
        let kept = self.kept.iter().flatten().map(|it| it.iter().count() * 24 + 10_240);
        let numbers = self.numbers.get().map_or(0, |numbers| numbers.table.allocation_size());
        users.sum::<usize>() + sparse.sum::<usize>() + kept.sum::<usize>() + numbers
    }
}

impl Numbers {
    fn of(remembered: &Remembered) -> Numbers {
        let mut numbers = Numbers { hash: RandomState::default(), table: HashTable::new() };
        numbers.table = HashTable::with_capacity(remembered.last_number() as usize);
        for number in remembered.all() {
            let Some(key) = remembered.key(number) else { continue };
            let hash = numbers.hash(key);
            let again = |number: &u32| remembered.key(*number).map_or(0, |key| hash_of(&numbers.hash, key));
            numbers.table.insert_unique(hash, number, again);
        }
        numbers
    }

    fn hash(&self, key: &str) -> u64 {
        hash_of(&self.hash, key)
    }
}

fn hash_of(hash: &RandomState, key: &str) -> u64 {
    let mut hasher = hash.build_hasher();
    hasher.write(key.as_bytes());
    hasher.finish()
}

/// The piece a user is in, and the place there.
pub(super) fn place(number: u32) -> (usize, u16) {
    ((number >> 16) as usize, number as u16)
}
