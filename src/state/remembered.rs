//! All that the state knows of each user, in little memory, to be asked by many threads.

use std::sync::{Arc, OnceLock};

use crate::state::{NameId, ValueId, numbers::Numbers, sparse::Sparse};

/// All users that the state knows, and what they were in when they were last seen. Users are numbered from 1.
#[derive(Debug, Default)]
pub struct Remembered {
    /// The as-of of the last run.
    pub(super) as_of: i64,
    pub(super) pieces: Pieces,
    /// Whether the file holds these pieces, packed.
    pub(super) is_packed: bool,
    /// Numbers, found by the hash of the key; made when first asked for.
    pub(super) numbers: OnceLock<Numbers>,
}

/// What is known of users, 65,536 a piece, by number. A run that is recorded changes pieces of its own, and shares the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    pub(super) users: Vec<Users>,
    /// By name, then as [`Pieces::users`].
    pub(super) memberships: Vec<Vec<Arc<Memberships>>>,
    /// By value, then as [`Pieces::users`].
    pub(super) kept: Vec<Vec<Arc<Sparse<Kept>>>>,
}

/// Of users who have a name the value, or [`NO_VALUE`], and since when.
pub(super) type Memberships = Sparse<(u32, i64)>;

/// No value, among those of [`Memberships`].
pub(super) const NO_VALUE: u32 = 0;

/// An arm of a level that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kept {
    /// When the arm, or a higher one, was last reached. None where it was reached when the user was last seen, so that nothing
    /// need be written as long as that goes on: [`Remembered::reached`] is the moment.
    pub reached: Option<i64>,
    /// Whether it is still held by value: that has not fallen under what keeps it since.
    pub held: bool,
}

/// 65,536 users.
#[derive(Clone, Debug, Default)]
pub(super) struct Users {
    pub(super) keys: Arc<Keys>,
    pub(super) fingerprints: Arc<Vec<i64>>,
    /// Those who were not in the last run's data, and when they last were in one's.
    pub(super) absent: Arc<Sparse<i64>>,
    /// A bit for each: something was decided about them.
    pub(super) acted: Arc<Vec<u64>>,
}

/// Keys of users, one behind the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Keys {
    pub(super) all: String,
    /// Where each user's key ends; it begins where the one before ends.
    pub(super) ends: Vec<u32>,
    /// Numbers that nobody has, in order: 0 is one.
    pub(super) holes: Vec<u16>,
}

impl Keys {
    pub(super) fn push(&mut self, key: &str) {
        self.all.push_str(key);
        self.ends.push(self.all.len() as u32);
    }

    /// A number that nobody has.
    pub(super) fn push_hole(&mut self) {
        self.holes.push(self.ends.len() as u16);
        self.push("");
    }

    #[inline]
    fn get(&self, user: u16) -> Option<&str> {
        let user = usize::from(user);
        let end = *self.ends.get(user)? as usize;
        let start = user.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        let hole = start == end && self.holes.binary_search(&(user as u16)).is_ok();
        self.all.get(start..end).filter(|_| !hole)
    }
}

/// Sets a user's bit.
pub(super) fn set_bit(bits: &mut Vec<u64>, user: u16) {
    let word = usize::from(user >> 6);
    if bits.len() <= word {
        bits.resize(word + 1, 0);
    }
    if let Some(bits) = bits.get_mut(word) {
        *bits |= 1 << (user & 63);
    }
}

impl Pieces {
    /// A user's key.
    #[inline]
    pub(super) fn key(&self, number: u32) -> Option<&str> {
        let (piece, user) = place(number);
        self.users.get(piece)?.keys.get(user)
    }

    /// What a user has of a name: the value, or [`NO_VALUE`], and since when.
    pub(super) fn membership(&self, name: NameId, number: u32) -> Option<(u32, i64)> {
        let (piece, user) = place(number);
        self.memberships.get(name.0 as usize)?.get(piece)?.get(user)
    }

    /// What keeps a user on an arm of a level.
    pub(super) fn kept(&self, value: ValueId, number: u32) -> Option<Kept> {
        let (piece, user) = place(number);
        self.kept.get(value.0 as usize)?.get(piece)?.get(user)
    }
}

impl Remembered {
    /// A user's key.
    #[inline]
    pub fn key(&self, number: u32) -> Option<&str> {
        self.pieces.key(number)
    }

    /// All numbers, in order.
    pub fn all(&self) -> impl Iterator<Item = u32> + '_ {
        (1..=self.last_number()).filter(|number| self.key(*number).is_some())
    }

    /// The greatest number that a user has; 0 where there are none.
    pub fn last_number(&self) -> u32 {
        let users = &self.pieces.users;
        let Some(last) = users.last() else { return 0 };
        ((users.len() - 1) << 16) as u32 + (last.keys.ends.len() as u32).saturating_sub(1)
    }

    /// What a user had of a name when last seen, and since when: of a level, layer or funnel also its value.
    pub fn since(&self, name: NameId, number: u32) -> Option<(Option<ValueId>, i64)> {
        let (value, since) = self.pieces.membership(name, number)?;
        Some(((value != NO_VALUE).then_some(ValueId(value)), since))
    }

    /// Who had a name when last seen, in order of number.
    pub fn members(&self, name: NameId) -> impl Iterator<Item = u32> + '_ {
        let pieces = self.pieces.memberships.get(name.0 as usize).into_iter().flatten().enumerate();
        pieces.flat_map(|(piece, sparse)| sparse.iter().map(move |(user, _)| (piece << 16) as u32 | u32::from(user)))
    }

    /// What keeps a user on an arm of a level.
    pub fn kept(&self, value: ValueId, number: u32) -> Option<Kept> {
        self.pieces.kept(value, number)
    }

    /// When the user last reached an arm that is kept.
    pub fn reached(&self, kept: Kept, number: u32) -> i64 {
        kept.reached.or_else(|| self.absent_since(number)).unwrap_or(self.as_of)
    }

    /// The hash of the user's record and children as last seen.
    pub fn fingerprint(&self, number: u32) -> Option<i64> {
        let (piece, user) = place(number);
        self.pieces.users.get(piece)?.fingerprints.get(usize::from(user)).copied()
    }

    /// The as-of at which a user was last seen who was not in the last run's data.
    pub fn absent_since(&self, number: u32) -> Option<i64> {
        let (piece, user) = place(number);
        self.pieces.users.get(piece)?.absent.get(user)
    }

    /// Whether anything was ever decided about a user.
    pub fn has_past(&self, number: u32) -> bool {
        let (piece, user) = place(number);
        let bits = self.pieces.users.get(piece).and_then(|users| users.acted.get(usize::from(user >> 6)));
        bits.is_some_and(|bits| bits >> (user & 63) & 1 == 1)
    }

    /// A bit for each of 64 users from a number on who has a name, of a level, layer or funnel with any value. They are of one piece
    /// of 65,536.
    #[inline]
    pub fn have(&self, name: NameId, first: u32) -> u64 {
        let (piece, user) = place(first);
        let members = self.pieces.memberships.get(name.0 as usize).and_then(|pieces| pieces.get(piece));
        members.map_or(0, |members| word_from(members.bits(), user))
    }

    /// A bit for each of 64 users from a number on who was not in the last run's data. They are of one piece of 65,536.
    pub fn are_absent(&self, first: u32) -> u64 {
        let (piece, user) = place(first);
        self.pieces.users.get(piece).map_or(0, |users| word_from(users.absent.bits(), user))
    }

    /// The hashes of the records and children of users from a number on, as last seen: of those of one piece of 65,536.
    pub fn fingerprints(&self, first: u32) -> &[i64] {
        let (piece, user) = place(first);
        let all = self.pieces.users.get(piece).and_then(|users| users.fingerprints.get(usize::from(user)..));
        all.unwrap_or_default()
    }

    /// Of how many bytes it is, roughly.
    pub fn bytes(&self) -> usize {
        let users = self.pieces.users.iter().map(|it| {
            it.keys.all.capacity() + it.keys.ends.capacity() * 4 + it.fingerprints.capacity() * 8 + it.acted.len() * 8
        });
        let sparse = self.pieces.memberships.iter().flatten().map(|it| it.len() * 2 + it.bits().len() * 10);
        let kept = self.pieces.kept.iter().flatten().map(|it| it.len() * 2 + it.bits().len() * 10);
        let numbers = self.numbers.get().map_or(0, Numbers::bytes);
        users.sum::<usize>() + sparse.sum::<usize>() + kept.sum::<usize>() + numbers
    }
}

/// 64 bits from one on.
#[inline]
fn word_from(bits: &[u64], first: u16) -> u64 {
    let (word, shift) = (usize::from(first >> 6), first & 63);
    let low = bits.get(word).copied().unwrap_or(0) >> shift;
    match shift {
        0 => low,
        _ => low | bits.get(word + 1).copied().unwrap_or(0) << (64 - shift),
    }
}

/// The piece a user is in, and the place there.
pub(super) fn place(number: u32) -> (usize, u16) {
    ((number >> 16) as usize, number as u16)
}
