//! What the next run reads, packed: users, memberships and kept arms once more, 65,536 users a piece, beside the rows that are told
//! in `docs/state.md`. Rows are the contract and cost a step each; pieces are read and written whole. Memberships change in nearly every piece
//! from day to day, so what changed in a run is put behind the pieces, until it has become much. Whoever changes rows by hand sets triggers
//! off which throw the pieces away, and the next run reads the rows.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::state::{Kept, NameId, remembered::Keys, sparse::Sparse};

/// What a packed row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pack {
    /// Nothing: it stands for all of them, of the run that is its id.
    Run,
    Keys,
    Absent,
    Acted,
    /// Of the name that is its id.
    Memberships,
    /// Of the value that is its id.
    Kept,
    /// What changed among memberships in the run that is its id.
    Changes,
}

/// A user has a name from now on, with a value (0 where it has none) and since when; or not any more.
pub(super) type Change = (NameId, u32, Option<(u32, i64)>);

/// What changed, in order; of one user perhaps twice: then the later counts.
#[derive(Debug, Default)]
pub(super) struct Changes {
    users: Vec<u32>,
    /// What became of each: the place among those.
    codes: Vec<u32>,
    /// What became of many: the name, the value or [`LEFT`], and since when.
    what: Vec<(u32, (u32, i64))>,
    known: HashMap<(u32, (u32, i64)), u32, RandomState>,
}

/// About how many bytes a change is, packed.
pub(super) const CHANGE: usize = 2 * size_of::<u32>();

/// In place of a value: not any more.
const LEFT: u32 = u32::MAX;

impl Changes {
    pub(super) fn push(&mut self, (name, user, had): Change) {
        let what = (name.0, had.unwrap_or((LEFT, 0)));
        self.users.push(user);
        self.codes.push(*self.known.entry(what).or_insert_with(|| {
            self.what.push(what);
            (self.what.len() - 1) as u32
        }));
    }

    pub(super) fn len(&self) -> usize {
        self.users.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Change> + '_ {
        self.users.iter().zip(&self.codes).filter_map(|(user, code)| {
            let (name, had) = *self.what.get(*code as usize)?;
            Some((NameId(name), *user, (had.0 != LEFT).then_some(had)))
        })
    }
}

/// What changed in one run after the other, in order of names, then of users; of one user twice in order.
pub(super) fn in_order<'c>(all: impl IntoIterator<Item = &'c Changes>) -> Vec<Change> {
    let mut changes: Vec<Change> = all.into_iter().flat_map(Changes::iter).collect();
    changes.sort_by_key(|(name, user, _)| (*name, *user));
    changes
}

impl Pack {
    const ALL: [Pack; 7] =
        [Pack::Run, Pack::Keys, Pack::Absent, Pack::Acted, Pack::Memberships, Pack::Kept, Pack::Changes];

    /// As it stands in the file.
    pub(super) fn word(self) -> &'static str {
        match self {
            Pack::Run => "run",
            Pack::Keys => "keys",
            Pack::Absent => "absent",
            Pack::Acted => "acted",
            Pack::Memberships => "memberships",
            Pack::Kept => "kept",
            Pack::Changes => "changes",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Pack> {
        Pack::ALL.into_iter().find(|pack| pack.word() == word)
    }
}

/// What can be packed. Numbers are little-endian, lists begin with their length.
pub(super) trait Packed: Sized {
    fn pack(&self, into: &mut Vec<u8>);
    /// None where the bytes are no such thing.
    fn unpack(from: &mut &[u8]) -> Option<Self>;

    fn packed(&self) -> Vec<u8> {
        let mut bytes = vec![];
        self.pack(&mut bytes);
        bytes
    }

    fn unpacked(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let found = Self::unpack(&mut rest)?;
        rest.is_empty().then_some(found)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Packed for $number {
            fn pack(&self, into: &mut Vec<u8>) {
                into.extend_from_slice(&self.to_le_bytes());
            }

            fn unpack(from: &mut &[u8]) -> Option<$number> {
                let (first, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(<$number>::from_le_bytes(*first))
            }
        }

        impl Packed for Vec<$number> {
            fn pack(&self, into: &mut Vec<u8>) {
                (self.len() as u32).pack(into);
                into.reserve(size_of_val(self.as_slice()));
                self.iter().for_each(|number| number.pack(into));
            }

            fn unpack(from: &mut &[u8]) -> Option<Vec<$number>> {
                let length = u32::unpack(from)? as usize;
                let (all, rest) = from.split_at_checked(length.checked_mul(size_of::<$number>())?)?;
                *from = rest;
                let (numbers, _) = all.as_chunks();
                Some(numbers.iter().map(|bytes| <$number>::from_le_bytes(*bytes)).collect())
            }
        }
    )*};
}

numbers!(u16, u32, u64, i64);

impl Packed for (u32, i64) {
    fn pack(&self, into: &mut Vec<u8>) {
        self.0.pack(into);
        self.1.pack(into);
    }

    fn unpack(from: &mut &[u8]) -> Option<(u32, i64)> {
        Some((u32::unpack(from)?, i64::unpack(from)?))
    }
}

impl Packed for Kept {
    fn pack(&self, into: &mut Vec<u8>) {
        (u16::from(self.held) | u16::from(self.reached.is_some()) << 1).pack(into);
        self.reached.unwrap_or_default().pack(into);
    }

    fn unpack(from: &mut &[u8]) -> Option<Kept> {
        let (bits, reached) = (u16::unpack(from)?, i64::unpack(from)?);
        Some(Kept { held: bits & 1 == 1, reached: (bits & 2 == 2).then_some(reached) })
    }
}

impl Packed for Changes {
    fn pack(&self, into: &mut Vec<u8>) {
        self.users.pack(into);
        self.codes.pack(into);
        for (name, had) in &self.what {
            name.pack(into);
            had.pack(into);
        }
    }

    fn unpack(from: &mut &[u8]) -> Option<Changes> {
        let (users, codes): (Vec<u32>, Vec<u32>) = (Packed::unpack(from)?, Packed::unpack(from)?);
        let mut what = vec![];
        while !from.is_empty() {
            what.push((u32::unpack(from)?, Packed::unpack(from)?));
        }
        let fits = users.len() == codes.len() && codes.iter().max().is_none_or(|code| (*code as usize) < what.len());
        fits.then(|| Changes { users, codes, what, ..Changes::default() })
    }
}

impl<T: Packed + Copy + Eq + std::hash::Hash> Packed for Sparse<T> {
    fn pack(&self, into: &mut Vec<u8>) {
        let (bits, codes, values) = self.parts();
        bits.to_vec().pack(into);
        codes.to_vec().pack(into);
        (values.len() as u32).pack(into);
        values.iter().for_each(|value| value.pack(into));
    }

    fn unpack(from: &mut &[u8]) -> Option<Sparse<T>> {
        let (bits, codes) = (Packed::unpack(from)?, Packed::unpack(from)?);
        let values = (0..u32::unpack(from)?).map(|_| T::unpack(from)).collect::<Option<_>>()?;
        Sparse::of_parts(bits, codes, values)
    }
}

impl Packed for Keys {
    fn pack(&self, into: &mut Vec<u8>) {
        self.holes.pack(into);
        self.ends.pack(into);
        into.extend_from_slice(self.all.as_bytes());
    }

    fn unpack(from: &mut &[u8]) -> Option<Keys> {
        let (holes, ends): (Vec<u16>, Vec<u32>) = (Packed::unpack(from)?, Packed::unpack(from)?);
        let all = String::from_utf8(std::mem::take(from).to_vec()).ok()?;
        let fits = ends.is_sorted() && ends.last().map_or(0, |end| *end as usize) == all.len() && holes.is_sorted();
        fits.then_some(Keys { all, ends, holes })
    }
}

#[cfg(test)]
mod tests {
    use super::{Changes, Packed};
    use crate::state::{Kept, NameId, remembered::Keys, sparse::Sparse};

    #[test]
    fn what_is_packed_comes_out_again_and_what_is_cut_short_does_not() {
        let kept = [Kept { reached: None, held: true }, Kept { reached: Some(-7), held: false }];
        let sparse = Sparse::of([(0, kept[0]), (65, kept[1]), (65_535, kept[0])]);
        let bytes = sparse.packed();
        let back = Sparse::<Kept>::unpacked(&bytes).unwrap();
        assert!(back.iter().eq(sparse.iter()));
        assert!((0..bytes.len()).all(|end| Sparse::<Kept>::unpacked(&bytes[..end]).is_none()));

        let mut keys = Keys::default();
        ["", "u1", "会员 2"].into_iter().for_each(|key| keys.push(key));
        keys.holes = vec![0];
        let bytes = keys.packed();
        assert_eq!(Keys::unpacked(&bytes).unwrap(), keys);
        assert!((0..bytes.len()).all(|end| Keys::unpacked(&bytes[..end]).is_none()));

        let all = [(NameId(1), 7, Some((0, -5))), (NameId(2), 70_000, None), (NameId(1), 7, Some((3, i64::MIN)))];
        let mut changes = Changes::default();
        all.iter().for_each(|change| changes.push(*change));
        let bytes = changes.packed();
        assert!(Changes::unpacked(&bytes).unwrap().iter().eq(all));
        assert!((0..bytes.len()).all(|end| Changes::unpacked(&bytes[..end]).is_none()));
    }
}
