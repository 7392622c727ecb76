//! What some of 65,536 users have, in little memory: a bit for each user, and of those whose bit is set which of a few values, in
//! order.

use std::{collections::HashMap, hash::Hash};

use foldhash::fast::RandomState;

/// As many users as one piece speaks of.
pub(super) const USERS: usize = 1 << 16;

/// What some users of a piece have.
#[derive(Clone, Debug)]
pub(super) struct Sparse<T> {
    /// A bit for each user.
    bits: Vec<u64>,
    /// Before each word of bits, how many are set.
    before: Vec<u16>,
    /// Of each user whose bit is set, the place of what they have among the values.
    codes: Vec<u16>,
    /// What users have, each once.
    values: Vec<T>,
}

impl<T> Default for Sparse<T> {
    fn default() -> Sparse<T> {
        Sparse { bits: vec![], before: vec![], codes: vec![], values: vec![] }
    }
}

impl<T: Copy + Eq + Hash> Sparse<T> {
    /// What users have, each at most once and in order.
    pub(super) fn of(users: impl IntoIterator<Item = (u16, T)>) -> Sparse<T> {
        let mut sparse = Sparse::default();
        let mut known: HashMap<T, u16, RandomState> = HashMap::default();
        for (user, value) in users {
            let word = usize::from(user >> 6);
            if sparse.bits.len() <= word {
                sparse.bits.resize(word + 1, 0);
            }
            if let Some(bits) = sparse.bits.get_mut(word) {
                *bits |= 1 << (user & 63);
            }
            let last = sparse.codes.last().copied().filter(|it| sparse.values.get(usize::from(*it)) == Some(&value));
            // There are no more values than users, so the last place is 65,535.
            let code = last.unwrap_or_else(|| {
                *known.entry(value).or_insert_with(|| {
                    sparse.values.push(value);
                    (sparse.values.len() - 1) as u16
                })
            });
            sparse.codes.push(code);
        }
        sparse.counted()
    }

    /// The parts that [`Sparse::parts`] gave; none where they do not fit each other.
    pub(super) fn of_parts(bits: Vec<u64>, codes: Vec<u16>, values: Vec<T>) -> Option<Sparse<T>> {
        let set: usize = bits.iter().map(|word| word.count_ones() as usize).sum();
        let fits = bits.len() <= USERS / 64
            && set == codes.len()
            && codes.iter().max().is_none_or(|code| usize::from(*code) < values.len());
        fits.then(|| Sparse { bits, before: vec![], codes, values }.counted())
    }

    /// What it consists of.
    pub(super) fn parts(&self) -> (&[u64], &[u16], &[T]) {
        (&self.bits, &self.codes, &self.values)
    }

    fn counted(mut self) -> Sparse<T> {
        let mut set = 0_u32;
        self.before = self
            .bits
            .iter()
            .map(|word| {
                let before = set as u16;
                set += word.count_ones();
                before
            })
            .collect();
        self
    }

    /// The same after changes, which are in order of users; of two for one user the later counts.
    pub(super) fn changed(&self, changes: impl IntoIterator<Item = (u16, Option<T>)>) -> Sparse<T> {
        let changes: Vec<(u16, Option<T>)> = changes.into_iter().collect();
        // What nobody has any more stays among the values, until they are more than those who have any.
        let changed = (self.values.len() + changes.len() < USERS).then(|| self.patched(&changes));
        changed.filter(|it| it.values.len() <= it.codes.len()).unwrap_or_else(|| self.rebuilt(changes))
    }

    /// Between those who change, the others are taken as they stand.
    fn patched(&self, changes: &[(u16, Option<T>)]) -> Sparse<T> {
        let (mut bits, mut values) = (self.bits.clone(), self.values.clone());
        let mut known: HashMap<T, u16, RandomState> = values.iter().copied().zip(0..).collect();
        let mut codes = Vec::with_capacity(self.codes.len() + changes.len());
        let mut taken = 0;
        let of_one = changes.chunk_by(|(one, _), (other, _)| one == other).filter_map(<[_]>::last);
        for (user, to) in of_one {
            let (word, bit) = (usize::from(user >> 6), 1 << (user & 63));
            let below = self.below(*user);
            codes.extend_from_slice(self.codes.get(taken..below).unwrap_or_default());
            taken = below + usize::from(self.bits.get(word).is_some_and(|bits| bits & bit != 0));
            if bits.len() <= word {
                bits.resize(word + 1, 0);
            }
            let Some(bits) = bits.get_mut(word) else { continue };
            *bits &= !bit;
            if let Some(value) = to {
                *bits |= bit;
                codes.push(*known.entry(*value).or_insert_with(|| {
                    values.push(*value);
                    (values.len() - 1) as u16
                }));
            }
        }
        codes.extend_from_slice(self.codes.get(taken..).unwrap_or_default());
        Sparse { bits, before: vec![], codes, values }.counted()
    }

    /// How many before a user have it.
    fn below(&self, user: u16) -> usize {
        let word = usize::from(user >> 6);
        match self.bits.get(word).zip(self.before.get(word)) {
            Some((bits, before)) => usize::from(*before) + (bits & ((1 << (user & 63)) - 1)).count_ones() as usize,
            None => self.codes.len(),
        }
    }

    /// Each once more, so that only those values are left that somebody has.
    fn rebuilt(&self, changes: Vec<(u16, Option<T>)>) -> Sparse<T> {
        let mut changes = changes.into_iter().peekable();
        let mut all = Vec::with_capacity(self.codes.len());
        let take = |user: u16, value: Option<T>, all: &mut Vec<(u16, T)>| {
            if all.last().is_some_and(|(last, _)| *last == user) {
                all.pop();
            }
            all.extend(value.map(|value| (user, value)));
        };
        for (user, value) in self.iter() {
            while let Some((changed, to)) = changes.next_if(|(changed, _)| *changed < user) {
                take(changed, to, &mut all);
            }
            take(user, Some(value), &mut all);
            while let Some((changed, to)) = changes.next_if(|(changed, _)| *changed == user) {
                take(changed, to, &mut all);
            }
        }
        for (changed, to) in changes {
            take(changed, to, &mut all);
        }
        Sparse::of(all)
    }

    /// What a user has.
    pub(super) fn get(&self, user: u16) -> Option<T> {
        let bits = *self.bits.get(usize::from(user >> 6))?;
        if bits >> (user & 63) & 1 == 0 {
            return None;
        }
        let code = *self.codes.get(self.below(user))?;
        self.values.get(usize::from(code)).copied()
    }

    /// A bit for each user who has it; behind the last one there may be no words.
    pub(super) fn bits(&self) -> &[u64] {
        &self.bits
    }

    /// How many have it.
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    /// Those who have it, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, T)> + '_ {
        let set = self.bits.iter().enumerate().flat_map(|(word, bits)| {
            let mut left = *bits;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some((word << 6 | bit) as u16)
            })
        });
        let value = |code: &u16| self.values.get(usize::from(*code)).copied();
        set.zip(self.codes.iter().map(value)).filter_map(|(user, value)| Some((user, value?)))
    }
}

#[cfg(test)]
mod tests {
    use super::Sparse;

    #[test]
    fn what_was_given_is_found_and_nothing_else() {
        let has = |user: u32| user % 7 == 3 || user == 65_535 || (128..256).contains(&user);
        let sparse = Sparse::of((0..65_536).filter(|user| has(*user)).map(|user| (user as u16, user)));
        for user in 0..65_536 {
            assert_eq!(sparse.get(user as u16), has(user).then_some(user));
        }
        assert_eq!(sparse.len(), (0..65_536).filter(|user| has(*user)).count());
        assert!(sparse.iter().all(|(user, value)| u32::from(user) == value));
        let everybody = Sparse::of((0..=u16::MAX).map(|user| (user, user)));
        assert!((0..=u16::MAX).all(|user| everybody.get(user) == Some(user)));
    }

    #[test]
    fn of_changes_the_last_counts() {
        let sparse = Sparse::of([(1, 'a'), (5, 'b'), (9, 'a')]);
        let changes = [(0, Some('x')), (0, None), (1, None), (5, None), (5, Some('c')), (7, Some('d')), (7, Some('e'))];
        let all: Vec<_> = sparse.changed(changes).iter().collect();
        assert_eq!(all, [(5, 'c'), (7, 'e'), (9, 'a')]);
        assert_eq!(Sparse::<u8>::default().changed([(3, None)]).len(), 0);
        let few = Sparse::default().changed([(700, Some('a')), (9_000, Some('b'))]);
        assert_eq!(few.iter().collect::<Vec<_>>(), [(700, 'a'), (9_000, 'b')]);
    }

    #[test]
    fn day_after_day_no_more_values_are_kept_than_users_and_as_many_as_there_can_be() {
        let mut sparse = Sparse::of((0..=u16::MAX).map(|user| (user, u32::from(user))));
        for day in 1..4 {
            sparse = sparse.changed((0..100).map(|user| (user, Some(u32::from(user) + day * 100_000))));
            assert!(sparse.parts().2.len() <= sparse.len());
            let value = |user: u16| if user < 100 { u32::from(user) + day * 100_000 } else { u32::from(user) };
            assert!((0..=u16::MAX).all(|user| sparse.get(user) == Some(value(user))));
        }
        let mut few = Sparse::of([(1, 0), (70, 0)]);
        (1..9).for_each(|day| few = few.changed([(70, Some(day))]));
        assert_eq!((few.iter().collect::<Vec<_>>(), few.parts().2.len()), (vec![(1, 0), (70, 8)], 2));
    }
}
