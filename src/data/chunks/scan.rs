//! One JSON object on one line, looked through for where its values are. Nothing is unpacked; a line that is not plainly right
//! is none here and left to `serde_json`, which takes it or says what is wrong.

use wide::u8x16;

/// Where a value stands in its piece, of less than 2 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    /// 0 where there is no value.
    end: u32,
}

impl Span {
    /// In `end`: whether a text has escapes.
    const ESCAPED: u32 = 1 << 31;

    #[inline]
    fn of(start: usize, end: usize, escaped: bool) -> Span {
        Span { start: start as u32, end: end as u32 | u32::from(escaped) << 31 }
    }

    #[inline]
    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    #[inline]
    pub(super) fn end(self) -> usize {
        (self.end & !Span::ESCAPED) as usize
    }

    /// Whether it is a text with escapes.
    #[inline]
    pub(super) fn is_escaped(self) -> bool {
        self.end & Span::ESCAPED != 0
    }
}

/// A key as it stood in the line before.
#[derive(Clone, Copy)]
pub(super) struct Seen<'t> {
    /// With its quotes and its colon.
    key: &'t [u8],
    /// Its first bytes, and ones in their places.
    head: u128,
    mask: u128,
    /// The place of its values, where they are wanted.
    place: Option<usize>,
}

impl<'t> Seen<'t> {
    fn of(key: &'t [u8], place: Option<usize>) -> Seen<'t> {
        let mut head = [0; 16];
        head.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        let mask = if key.len() < 16 { (1 << (8 * key.len())) - 1 } else { u128::MAX };
        Seen { key, head: u128::from_le_bytes(head), mask, place }
    }

    /// Whether a line goes on with it.
    #[inline]
    fn begins(&self, rest: &[u8]) -> bool {
        match rest.first_chunk() {
            Some(sixteen) => {
                u128::from_le_bytes(*sixteen) & self.mask == self.head
                    && (self.key.len() <= 16 || rest.starts_with(self.key))
            }
            None => rest.starts_with(self.key),
        }
    }
}

/// Objects within objects that are looked through.
const DEEP: usize = 64;

/// A piece, and where it is being looked at.
pub(super) struct Scanner<'t> {
    /// Up to the line's end.
    bytes: &'t [u8],
    at: usize,
    /// Whether texts may hold control characters, which are wrong there.
    controls: bool,
}

impl<'t> Scanner<'t> {
    /// A line of a piece.
    pub(super) fn new(piece: &'t [u8], start: usize, end: usize, controls: bool) -> Scanner<'t> {
        Scanner { bytes: piece.get(..end).unwrap_or_default(), at: start, controls }
    }

    /// Puts the values of an object into their places; of a key that comes twice the last. Keys are most often those of the
    /// line before in the same order.
    pub(super) fn object(
        mut self,
        seen: &mut Vec<Seen<'t>>,
        place: impl Fn(&[u8]) -> Option<usize>,
        spans: &mut [Span],
    ) -> Option<()> {
        self.space();
        self.take(b'{')?;
        self.space();
        let mut number = 0;
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                let place = match seen.get(number) {
                    Some(seen) if seen.begins(self.bytes.get(self.at..)?) => {
                        self.at += seen.key.len();
                        seen.place
                    }
                    known => {
                        let known = known.is_some();
                        let found = self.key(&place)?;
                        match known {
                            true => seen.iter_mut().skip(number).take(1).for_each(|slot| *slot = found),
                            false => seen.push(found),
                        }
                        found.place
                    }
                };
                self.space();
                let start = self.at;
                let escaped = self.value(0)?;
                if let Some(slot) = place.and_then(|place| spans.get_mut(place)) {
                    *slot = Span::of(start, self.at, escaped);
                }
                number += 1;
                self.space();
                match self.peek()? {
                    b',' => self.at += 1,
                    b'}' => break self.at += 1,
                    _ => return None,
                }
                self.space();
            }
        }
        self.space();
        (self.at == self.bytes.len()).then_some(())
    }

    /// A key with its quotes and colon.
    fn key(&mut self, place: impl Fn(&[u8]) -> Option<usize>) -> Option<Seen<'t>> {
        let start = self.at;
        let escaped = self.text()?;
        let key = self.bytes.get(start + 1..self.at - 1)?;
        // An escaped one may be any; one that begins so may mean something to `serde_json`.
        if escaped || key.first() == Some(&b'$') {
            return None;
        }
        self.space();
        self.take(b':')?;
        Some(Seen::of(self.bytes.get(start..self.at)?, place(key)))
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// A value, and whether it is a text with escapes.
    #[inline]
    fn value(&mut self, depth: usize) -> Option<bool> {
        match self.peek()? {
            b'"' => {
                let start = self.at;
                let escaped = self.text()?;
                if escaped {
                    // Whether escapes are right is not judged here.
                    serde_json::from_slice::<String>(self.bytes.get(start..self.at)?).ok()?;
                }
                return Some(escaped);
            }
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            b'[' | b'{' if depth < DEEP => self.nested(depth),
            _ => None,
        }?;
        Some(false)
    }

    #[inline]
    fn word<const N: usize>(&mut self, word: &[u8; N]) -> Option<()> {
        (self.bytes.get(self.at..)?.first_chunk()? == word).then(|| self.at += N)
    }

    /// A text, and whether it has escapes.
    #[inline]
    fn text(&mut self) -> Option<bool> {
        self.take(b'"')?;
        let (start, mut escaped) = (self.at, false);
        loop {
            let rest = self.bytes.get(self.at..)?;
            let found = match rest.first_chunk::<16>() {
                Some(block) => {
                    let block = u8x16::from(*block);
                    let ends = block.simd_eq(u8x16::splat(b'"')) | block.simd_eq(u8x16::splat(b'\\'));
                    match ends.to_bitmask() {
                        0 => {
                            self.at += 16;
                            continue;
                        }
                        ends => ends.trailing_zeros() as usize,
                    }
                }
                None => rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?,
            };
            self.at += found;
            if self.take(b'"').is_some() {
                break;
            }
            escaped = true;
            self.at += 2;
        }
        if self.controls && self.bytes.get(start..self.at)?.iter().any(|byte| *byte < 0x20) {
            return None;
        }
        Some(escaped)
    }

    #[inline]
    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// One digit or more.
    #[inline]
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(eight) = self.bytes.get(self.at..)?.first_chunk() {
            // The first byte that is no digit has its highest bit set here; of those behind it nothing is said.
            let digits = u64::from_le_bytes(*eight) ^ 0x3030_3030_3030_3030;
            let others = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
            self.at += others.trailing_zeros() as usize / 8;
            if others != 0 {
                return (self.at > start).then_some(());
            }
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// A list or an object within the object.
    fn nested(&mut self, depth: usize) -> Option<()> {
        let object = self.peek()? == b'{';
        let end = if object { b'}' } else { b']' };
        self.at += 1;
        self.space();
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            if object {
                self.key(|_| None)?;
                self.space();
            }
            self.value(depth + 1)?;
            self.space();
            match self.peek()? {
                b',' => self.at += 1,
                byte if byte == end => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
            self.space();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prelude::*, sample::select};

    /// The values of the keys `a` and `b`, if the line is taken.
    fn scan(line: &str) -> Option<[&str; 2]> {
        let mut spans = [Span::default(); 2];
        let place = |key: &[u8]| [b"a", b"b"].iter().position(|it| *it == key);
        let controls = line.bytes().any(|byte| byte < 0x20);
        Scanner::new(line.as_bytes(), 0, line.len(), controls).object(&mut vec![], place, &mut spans)?;
        Some(spans.map(|span| line.get(span.start()..span.end()).unwrap_or_default()))
    }

    #[test]
    fn values_are_found_where_they_stand() {
        let table = [
            (r#"{"a":1,"b":"x"}"#, Some(["1", "\"x\""])),
            (r#" { "b" : [1, {"a": 2}] , "c" : null } "#, Some(["", "[1, {\"a\": 2}]"])),
            (r#"{"a":1,"a":2}"#, Some(["2", ""])),
            (r#"{"a":"x\"y"}"#, Some([r#""x\"y""#, ""])),
            (r#"{"a":-0.50e+3}"#, Some(["-0.50e+3", ""])),
            ("{}", Some(["", ""])),
            (r#"{"a":01}"#, None),
            (r#"{"a":1,}"#, None),
            (r#"{"a":"\x"}"#, None),
            (r#"{"a":"\ud800"}"#, None),
            ("{\"a\":\"\u{1}\"}", None),
            (r#"{"a":1} x"#, None),
            ("[1]", None),
        ];
        for (line, values) in table {
            assert_eq!(scan(line), values, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_here_is_an_object_to_serde_json(
            parts in prop::collection::vec(select(&[
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"a\":", "1", "-0.5", "00", "1e5", "1.", "true", "null", "tru",
                " ", "\t", "\"x\\n\"", "\"\\u12\"", "\"\\ud83d\\ude00\"", "\"\\udead\"", "\"", "\\", "\u{1}", "\"$a\":",
            ][..]), 0..12),
            whole in any::<bool>(),
        ) {
            let inside = parts.concat();
            let line = if whole { format!("{{\"a\":{inside}}}") } else { inside };
            let object = match serde_json::from_str(&line) {
                Ok(serde_json::Value::Object(object)) => Some(object),
                _ => None,
            };
            if let Some(values) = scan(&line) {
                let object = object.expect("an object");
                for (key, value) in ["a", "b"].iter().zip(values) {
                    let value = serde_json::from_str::<serde_json::Value>(value).ok();
                    prop_assert_eq!(object.get(*key), value.as_ref(), "{}", line);
                }
            }
        }
    }
}
