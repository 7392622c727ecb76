//! What some of 65,536 users have, in little memory: a bit for each user, and the values of those whose bit is set, in order.

/// As many users as one piece speaks of.
pub(super) const USERS: usize = 1 << 16;

/// What some users of a piece have.
#[derive(Debug)]
pub(super) struct Sparse<T> {
    /// A bit for each user.
    bits: Vec<u64>,
    /// Before each word of bits, how many are set.
    before: Vec<u16>,
    values: Vec<T>,
}

impl<T> Default for Sparse<T> {
    fn default() -> Sparse<T> {
        Sparse { bits: vec![], before: vec![], values: vec![] }
    }
}

impl<T: Copy> Sparse<T> {
    /// Adds a user that lies behind all that were added.
    pub(super) fn push(&mut self, user: u16, value: T) {
        let word = usize::from(user >> 6);
        while self.bits.len() <= word {
            self.bits.push(0);
            // Less than 65,536 before the last word, so it fits.
            self.before.push(self.values.len() as u16);
        }
        if let Some(bits) = self.bits.get_mut(word) {
            *bits |= 1 << (user & 63);
        }
        self.values.push(value);
    }

    /// What a user has.
    pub(super) fn get(&self, user: u16) -> Option<T> {
        let word = usize::from(user >> 6);
        let (bits, bit) = (*self.bits.get(word)?, user & 63);
        if bits >> bit & 1 == 0 {
            return None;
        }
        let below = (bits & ((1 << bit) - 1)).count_ones();
        self.values.get(usize::from(*self.before.get(word)?) + below as usize).copied()
    }

    /// Those who have it, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, T)> + '_ {
        let set = self.bits.iter().enumerate().flat_map(|(word, bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| (word << 6 | bit) as u16)
        });
        set.zip(self.values.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::Sparse;

    #[test]
    fn what_was_pushed_is_found_and_nothing_else() {
        let mut sparse = Sparse::default();
        let has = |user: u32| user % 7 == 3 || user == 65_535 || (128..256).contains(&user);
        (0..65_536).filter(|user| has(*user)).for_each(|user| sparse.push(user as u16, user));
        for user in 0..65_536 {
            assert_eq!(sparse.get(user as u16), has(user).then_some(user));
        }
        assert_eq!(sparse.iter().count(), (0..65_536).filter(|user| has(*user)).count());
        assert!(sparse.iter().all(|(user, value)| u32::from(user) == value));
    }
}
