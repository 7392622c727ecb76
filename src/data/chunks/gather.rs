//! Texts as a reader finds them, row by row. While few different ones come again and again each is kept once, and of a row which it
//! has; so who asks about them may ask of each text once. Where most rows have a text of their own they stand one after the other.

use crate::column::Texts;

/// Different texts that are told apart.
const FEW: usize = 1 << 10;
/// From so many on it is looked at whether any come again.
const SOME: usize = 1 << 8;
/// Bits of a place in the table.
const PLACE: u32 = 12;
/// Bytes of a text that are compared together.
const HEAD: usize = 16;

/// Texts of a column.
pub(super) struct Gather {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<u32>,
    shared: Option<Shared>,
}

/// Texts that rows share.
struct Shared {
    /// By row: which text.
    codes: Vec<u32>,
    /// Of each text its first bytes.
    heads: Vec<u128>,
    /// One more than a text, by hash; the next free place where two meet.
    table: Vec<u16>,
}

impl Gather {
    /// Of about so many rows.
    pub(super) fn of(rows: usize) -> Gather {
        let shared =
            Shared { codes: Vec::with_capacity(rows), heads: Vec::with_capacity(64), table: vec![0; 1 << PLACE] };
        Gather { bytes: vec![], ends: vec![], shared: Some(shared) }
    }

    /// One text more.
    pub(super) fn push(&mut self, text: &str) {
        self.push_part(text, 0, text.len());
    }

    /// The same of a part of a longer text, which begins and ends with a whole character.
    #[inline]
    pub(super) fn push_part(&mut self, all: &str, start: usize, end: usize) {
        let len = end.saturating_sub(start);
        let sixteen: Option<&[u8; HEAD]> = all.as_bytes().get(start..).and_then(|rest| rest.first_chunk());
        let Some(shared) = &mut self.shared else {
            match sixteen {
                // Sixteen bytes are as easily copied as one.
                Some(sixteen) if len <= HEAD => {
                    let end = self.bytes.len() + len;
                    self.bytes.extend_from_slice(sixteen);
                    self.bytes.truncate(end);
                }
                _ => self.bytes.extend_from_slice(all.as_bytes().get(start..end).unwrap_or_default()),
            }
            self.ends.push(self.bytes.len() as u32);
            return;
        };
        let head = match sixteen {
            Some(sixteen) => u128::from_le_bytes(*sixteen),
            None => {
                let mut head = [0; HEAD];
                let own = all.as_bytes().get(start..end).unwrap_or_default();
                head.iter_mut().zip(own).for_each(|(to, from)| *to = *from);
                u128::from_le_bytes(head)
            }
        };
        let head = if len < HEAD { head & ((1 << (8 * len)) - 1) } else { head };
        let mut place = place(head, len);
        loop {
            match shared.table.get(place) {
                Some(0) | None => break,
                Some(known) => {
                    let code = usize::from(*known) - 1;
                    if shared.heads.get(code) == Some(&head) && is(&self.bytes, &self.ends, code, all, start, end) {
                        shared.codes.push(code as u32);
                        return;
                    }
                }
            }
            place = (place + 1) % (1 << PLACE);
        }
        self.push_new(all.as_bytes().get(start..end).unwrap_or_default(), head, place);
    }

    /// A text that was not there before, and its place.
    #[cold]
    fn push_new(&mut self, text: &[u8], head: u128, place: usize) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        let Some(shared) = &mut self.shared else { return };
        shared.heads.push(head);
        shared.codes.push(shared.heads.len() as u32 - 1);
        if let Some(slot) = shared.table.get_mut(place) {
            *slot = shared.heads.len() as u16;
        }
        let (texts, rows) = (shared.heads.len(), shared.codes.len());
        if texts == FEW || texts >= SOME && 8 * texts > 7 * rows {
            self.spread();
        }
    }

    /// From now on each row has its own.
    fn spread(&mut self) {
        let Some(Shared { codes, .. }) = self.shared.take() else { return };
        let (known, lasts) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.ends));
        self.bytes.reserve(2 * known.len());
        self.ends.reserve(codes.capacity());
        for code in codes {
            self.bytes.extend_from_slice(text(&known, &lasts, code as usize));
            self.ends.push(self.bytes.len() as u32);
        }
    }

    /// All of them. A piece has less than the 4 GiB that can be taken.
    pub(super) fn finish(self) -> Texts {
        let bytes = String::from_utf8(self.bytes);
        let bytes = bytes.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let texts = Texts::of(bytes, self.ends);
        match self.shared {
            Some(Shared { codes, .. }) => texts.shared(codes),
            None => texts,
        }
    }
}

#[inline]
fn place(head: u128, len: usize) -> usize {
    let (low, high) = (head as u64, (head >> 64) as u64);
    let mixed = (low ^ high.rotate_left(29) ^ len as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> (64 - PLACE)) as usize
}

#[inline]
fn text<'b>(bytes: &'b [u8], ends: &[u32], at: usize) -> &'b [u8] {
    let end = ends.get(at).map_or(0, |end| *end as usize);
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end as usize);
    bytes.get(start..end).unwrap_or_default()
}

/// Whether a text whose first bytes are the same is the same.
#[inline]
fn is(bytes: &[u8], ends: &[u32], at: usize, all: &str, start: usize, end: usize) -> bool {
    let known = text(bytes, ends, at);
    known.len() == end.saturating_sub(start) && (known.len() <= HEAD || Some(known) == all.as_bytes().get(start..end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_has_its_text(
            words in proptest::collection::vec("[a-c]{0,3}|[a-z杭州]{14,18}|x{15,40}|\\PC{0,20}", 1..40),
            picks in proptest::collection::vec(any::<prop::sample::Index>(), 0..600),
            own in 0..1500_usize,
        ) {
            let words: Vec<String> = picks
                .iter()
                .map(|pick| pick.get(&words).clone())
                .chain((0..own).map(|at| format!("{at}")))
                .chain(picks.iter().map(|pick| pick.get(&words).clone()))
                .collect();
            let all = words.concat();
            let mut gather = Gather::of(words.len());
            let mut start = 0;
            for word in &words {
                gather.push_part(&all, start, start + word.len());
                start += word.len();
            }
            let texts = gather.finish();
            prop_assert_eq!(texts.len(), words.len());
            for (row, word) in words.iter().enumerate() {
                prop_assert_eq!(texts.get(row), Some(word.as_str()));
            }
        }
    }

    #[test]
    fn few_texts_are_kept_once_and_many_row_by_row() {
        for (different, shared) in [(3, true), (500, true), (2000, false), (9973, false)] {
            let mixed = |it: u64| (it ^ it >> 31).wrapping_mul(0xD1B5_4A32_D192_ED03);
            let number = |row: usize| mixed(mixed(row as u64 + 1)) % different;
            let (rows, text) = (9000, |row: usize| format!("text {}", number(row)));
            let mut gather = Gather::of(rows);
            (0..rows).for_each(|row| gather.push(&text(row)));
            let texts = gather.finish();
            assert_eq!(texts.codes().map(|(_, many)| many as u64), shared.then_some(different));
            assert!((0..rows).all(|row| texts.get(row) == Some(&text(row))));
        }
    }
}
