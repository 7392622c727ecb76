//! What is written again and again: names, and lists of those that apply to a user.

/// Bytes that are as easily copied as one.
const HEAD: usize = 32;
/// Users, or names, of which a word tells.
const WORD: usize = 64;

/// Bytes that are written often.
#[derive(Clone, Debug)]
pub(super) struct Often {
    head: [u8; HEAD],
    all: Vec<u8>,
}

impl Often {
    pub(super) fn of(all: Vec<u8>) -> Often {
        let mut head = [0; HEAD];
        head.iter_mut().zip(&all).for_each(|(to, from)| *to = *from);
        Often { head, all }
    }

    #[inline(always)]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.all.len() <= HEAD {
            let end = out.len() + self.all.len();
            out.extend_from_slice(&self.head);
            out.truncate(end);
        } else {
            out.extend_from_slice(&self.all);
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.all
    }
}

/// Conditions by name, and of whom each is true: by user, which of them are true.
#[derive(Debug)]
pub(super) struct Named<'c> {
    yes: Vec<&'c [u64]>,
    names: Vec<Often>,
    /// Of 64 users, 64 conditions at a time: a bit for each that is true.
    of_users: Vec<[u64; WORD]>,
}

impl<'c> Named<'c> {
    /// Conditions, each with what is written where it is true.
    pub(super) fn of(named: impl Iterator<Item = (&'c [u64], Vec<u8>)>) -> Named<'c> {
        let (yes, names): (Vec<&[u64]>, Vec<Often>) = named.map(|(yes, name)| (yes, Often::of(name))).unzip();
        let of_users = vec![[0; WORD]; yes.len().div_ceil(WORD)];
        Named { yes, names, of_users }
    }

    /// Turns to the users of a word.
    pub(super) fn turn_to(&mut self, word: usize) {
        for (conditions, of_users) in self.yes.chunks(WORD).zip(&mut self.of_users) {
            *of_users = [0; WORD];
            for (of_users, yes) in of_users.iter_mut().zip(conditions) {
                *of_users = yes.get(word).copied().unwrap_or(0);
            }
            transpose(of_users);
        }
    }

    /// The names that apply to one of these users, in order.
    #[inline(always)]
    pub(super) fn each(&self, user: usize, mut look: impl FnMut(&Often)) {
        for (names, of_users) in self.names.chunks(WORD).zip(&self.of_users) {
            let mut left = of_users.get(user).copied().unwrap_or(0);
            while left != 0 {
                if let Some(name) = names.get(left.trailing_zeros() as usize) {
                    look(name);
                }
                left &= left - 1;
            }
        }
    }
}

/// Makes of bit n of word m bit m of word n.
fn transpose(words: &mut [u64; WORD]) {
    let (mut half, mut low) = (WORD / 2, u64::MAX >> (WORD / 2));
    while half > 0 {
        for block in words.chunks_exact_mut(2 * half) {
            let (first, second) = block.split_at_mut(half);
            for (first, second) in first.iter_mut().zip(second) {
                let other = (*first >> half ^ *second) & low;
                *first ^= other << half;
                *second ^= other;
            }
        }
        half /= 2;
        low ^= low << half;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_the_names_that_apply() {
        let yes: Vec<Vec<u64>> = (0..70_u64).map(|at| vec![at.wrapping_mul(0x9E37_79B9_7F4A_7C15), !at]).collect();
        let name = |at: usize| format!("name {at} {}", "x".repeat(at % 40));
        let mut named = Named::of(yes.iter().enumerate().map(|(at, yes)| (&yes[..], name(at).into_bytes())));
        for word in 0..3 {
            named.turn_to(word);
            for user in 0..64 {
                let (mut found, mut written) = (vec![], vec![]);
                named.each(user, |it| {
                    found.push(String::from_utf8_lossy(it.bytes()).into_owned());
                    it.write(&mut written);
                });
                let holds = |at: &usize| yes[*at].get(word).is_some_and(|word| word >> user & 1 == 1);
                let expected: Vec<String> = (0..70).filter(holds).map(name).collect();
                assert_eq!(found, expected);
                assert_eq!(written, expected.concat().into_bytes());
            }
        }
    }
}
