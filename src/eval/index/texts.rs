//! The texts that rules name, each with its number, to be looked up in a few nanoseconds: most are told apart by their length, their
//! first and their last eight bytes, and need not be compared letter by letter.

use std::sync::Arc;

/// Texts and their numbers.
#[derive(Debug)]
pub(super) struct Texts {
    /// By hash, a free place at least behind every run of texts; a power of two of them.
    slots: Box<[Option<Slot>]>,
    /// How far a hash is shifted to be a place.
    shift: u32,
}

#[derive(Clone, Debug)]
struct Slot {
    ends: Ends,
    number: u32,
    text: Arc<str>,
}

/// Length, first and last bytes: all there is of a text of up to 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ends {
    length: usize,
    first: u64,
    last: u64,
}

const SHORT: usize = 16;

impl Texts {
    /// Numbers from 0, in order. Of equal texts the first counts.
    pub(super) fn of(texts: impl ExactSizeIterator<Item = Arc<str>>) -> Texts {
        let bits = usize::BITS - (texts.len() * 4).leading_zeros() + 1;
        let mut all = Texts { slots: vec![None; 1 << bits].into(), shift: u64::BITS - bits };
        for (text, number) in texts.zip(0..) {
            if all.get(&text).is_some() {
                continue;
            }
            let ends = Ends::of(&text);
            let mut at = all.place(&text, ends);
            while all.slots.get(at).is_some_and(Option::is_some) {
                at = (at + 1) % all.slots.len();
            }
            if let Some(slot) = all.slots.get_mut(at) {
                *slot = Some(Slot { ends, number, text });
            }
        }
        all
    }

    /// The number of a text; none of one that is not there.
    #[inline]
    pub(super) fn get(&self, text: &str) -> Option<u32> {
        let ends = Ends::of(text);
        let mut at = self.place(text, ends);
        loop {
            let slot = self.slots.get(at)?.as_ref()?;
            if slot.ends == ends && (ends.length <= SHORT || *slot.text == *text) {
                return Some(slot.number);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    #[inline]
    fn place(&self, text: &str, ends: Ends) -> usize {
        let mut hash = mixed(ends.first ^ ends.length as u64, ends.last);
        if ends.length > SHORT {
            for part in text.as_bytes().as_chunks::<8>().0 {
                hash = mixed(hash, u64::from_le_bytes(*part));
            }
        }
        (hash >> self.shift) as usize
    }
}

impl Ends {
    #[inline]
    fn of(text: &str) -> Ends {
        let bytes = text.as_bytes();
        let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
                (Some(first), Some(last)) => {
                    (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
                }
                _ => (bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
            },
        };
        Ends { length: bytes.len(), first, last }
    }
}

/// Both halves of a product, folded: every bit of either has a say in the upper ones.
#[inline]
fn mixed(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0x9e37_79b9_7f4a_7c15) * u128::from(b ^ 0xd1b5_4a32_d192_ed03);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn what_is_there_is_found_and_nothing_else(
            named in prop::collection::vec("[ab\u{e9}]{0,4}(xxxxxxxx)?[ab]{0,9}(yyyyyyyy)?", 0..80),
            others in prop::collection::vec("[ab\u{e9}]{0,4}(xxxxxxxx)?[ab]{0,9}(yyyyyyyy)?", 0..80),
        ) {
            let texts = Texts::of(named.iter().map(|text| Arc::from(text.as_str())));
            let mut numbers: HashMap<&String, u32> = HashMap::new();
            for (text, number) in named.iter().zip(0..) {
                numbers.entry(text).or_insert(number);
            }
            for text in named.iter().chain(&others) {
                prop_assert_eq!(texts.get(text), numbers.get(text).copied(), "{}", text);
            }
        }
    }
}
