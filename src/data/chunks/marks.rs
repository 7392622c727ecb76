//! Where fields end in delimited rows that are as rows most often are: each as wide as the header, no blank line, no line's end
//! within quotes, all lines ending alike. 64 bytes are looked at together, without a branch by what they are. A piece that has anything
//! else is none here and left to [`super::fields`], which knows every case.

use super::eyes::{self, Eyes, until_the_next};

/// Rows that are as usual.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Usual {
    /// One behind the end of each field, row by row; first one behind where the row before would have ended.
    pub(super) ends: Vec<u32>,
    pub(super) rows: usize,
    /// Bytes between a row's end and the next row, beside the first: 1 where lines end in `\r\n`.
    pub(super) skip: u32,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
struct Form {
    delimiter: u8,
    /// Whether lines end in `\r\n`.
    crlf: bool,
    width: usize,
}

/// Finds where fields end; none where something is unusual.
pub(super) fn usual(bytes: &[u8], delimiter: u8, width: usize) -> Option<Usual> {
    let first = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
    let crlf = first.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r');
    let form = Form { delimiter, crlf, width };
    eyes::look(Marks { bytes, form })
}

/// Looks for them.
struct Marks<'b> {
    bytes: &'b [u8],
    form: Form,
}

impl eyes::Look for Marks<'_> {
    type Found = Option<Usual>;

    #[inline(always)]
    fn by<E: Eyes>(self, eyes: E) -> Option<Usual> {
        find(eyes, self.bytes, self.form)
    }
}

#[inline(always)]
fn find<E: Eyes>(eyes: E, bytes: &[u8], Form { delimiter, crlf, width }: Form) -> Option<Usual> {
    let skip = u32::from(crlf);
    // Ten bytes a field are about what data have.
    let mut ends: Vec<u32> = Vec::with_capacity(bytes.len() / 8 + 128);
    ends.push(0_u32.wrapping_sub(skip));
    let (mut len, mut rows) = (1, 0);
    // All ones where the bytes that follow are within quotes, and a bit for what the byte before them is.
    let (mut inside, mut before, mut feed, mut carriage) = (0_u64, 1_u64, 1_u64, 0_u64);
    // A bit where the byte before is a quote that may close.
    let mut closed = 0_u64;
    let mut unusual = 0;
    let (blocks, tail) = bytes.as_chunks::<64>();
    let mut last = [0; 64];
    last.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
    for (number, block) in blocks.iter().chain(std::iter::once(&last)).enumerate() {
        let fields = eyes.is(block, delimiter);
        let feeds = eyes.is(block, b'\n');
        let carriages = eyes.is(block, b'\r');
        let quotes = eyes.is(block, b'"');
        let within = if quotes == 0 { inside } else { until_the_next(quotes) ^ inside };
        inside = ((within as i64) >> 63) as u64;
        // A quote opens where a field begins, or it is the second of two; any other is none.
        let special = fields | feeds | carriages | quotes;
        unusual |= quotes & within & !(special << 1 | before);
        before = special >> 63;
        // Behind a quote that closes the field ends, or another quote follows. Of the last block the bytes of the text are asked.
        let closing = quotes & !within;
        let own = if number < blocks.len() { u64::MAX } else { (1 << tail.len()) - 1 };
        unusual |= (closing << 1 | closed) & !special & own;
        closed = closing >> 63;
        // A blank line, and a line's end within quotes.
        let ended = feeds << 1 | feed;
        feed = feeds >> 63;
        let of_lines = feeds | carriages;
        unusual |= of_lines & within | of_lines & ended;
        // The bytes that end lines are not as in the first line.
        let ending = if crlf { carriages } else { feeds };
        unusual |= if crlf { feeds ^ (carriages << 1 | carriage) } else { carriages };
        carriage = carriages >> 63;
        if unusual != 0 {
            return None;
        }
        rows += ending.count_ones() as usize;
        let marks = fields & !within | ending;
        if ends.len() < len + 80 {
            ends.resize(2 * len + 1024, 0);
        }
        let places = ends.get_mut(len..len + 80)?.try_into().ok()?;
        eyes.write(marks, number as u32 * 64 + 1, places);
        len += marks.count_ones() as usize;
    }
    ends.truncate(len);
    if inside != 0 || carriage != 0 {
        return None;
    }
    // The last line may have no end.
    if bytes.last().is_some_and(|last| *last != b'\n') {
        ends.push(bytes.len() as u32 + 1);
        rows += 1;
    }
    if width == 0 || ends.len() != rows * width + 1 {
        return None;
    }
    // There are as many lines' ends as rows, so where each row's last mark is one all are in their places.
    let end = if crlf { b'\r' } else { b'\n' };
    let of_rows = ends.iter().skip(width).step_by(width);
    let right = of_rows.fold(true, |right, at| right & bytes.get(*at as usize - 1).is_none_or(|byte| *byte == end));
    right.then_some(Usual { ends, rows, skip })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By every way that this processor has.
    fn all_ways(bytes: &[u8], width: usize) -> Option<Usual> {
        let found = usual(bytes, b',', width);
        let first = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let crlf = first.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r');
        let form = Form { delimiter: b',', crlf, width };
        eyes::all_ways(|| Marks { bytes, form }, &found);
        found
    }

    #[test]
    fn rows_that_are_as_usual() {
        let table: [(&str, Option<&[u32]>); 22] = [
            ("a,b\n", Some(&[0, 2, 4])),
            ("a,b", Some(&[0, 2, 4])),
            ("a,\n,", Some(&[0, 2, 3, 4, 5])),
            ("\"a,\"\"\",b\nc,d\n", Some(&[0, 7, 9, 11, 13])),
            ("a,\"\"\n", Some(&[0, 2, 5])),
            ("a,b\r\nc,d\r\n", Some(&[u32::MAX, 2, 4, 7, 9])),
            ("a,b\r\nc,d", Some(&[u32::MAX, 2, 4, 7, 9])),
            ("a,b\r\nc,d\n", None),
            ("a,b\nc,d\r\n", None),
            ("a,b\n\nc,d\n", None),
            ("\na,b\n", None),
            ("a\n", None),
            ("a,b,c\nd\n", None),
            ("a,\"b\nc\"\n", None),
            ("a,b\"c\"\n", None),
            ("a,\"b\"c\"\n", None),
            ("a,\"b\"c\n", None),
            ("\"a\" ,b\n", None),
            ("a,\"b\"", Some(&[0, 2, 6])),
            ("a,\"b\n", None),
            ("a,b\rc,d", None),
            ("a,b\r", None),
        ];
        for (text, ends) in table {
            let found = all_ways(text.as_bytes(), 2);
            assert_eq!(found.as_ref().map(|found| &found.ends[..]), ends, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn fields_are_those_of_the_splitter_that_knows_every_case(
            rows in proptest::collection::vec("([a-z]{0,9}|\"([a-z,]|\"\"){0,20}\"),([a-z]{0,40}|\"\"|\"x\"y|z\"),[0-9]{0,3}(\n|\r\n|\r|\n\n)?", 0..60),
            end in "\n|\r\n",
            is_even in any::<bool>(),
        ) {
            let line = |row: &String| format!("{}{end}", row.trim_end_matches(['\n', '\r']));
            let text: String = if is_even { rows.iter().map(line).collect() } else { rows.concat() };
            let bytes = text.as_bytes();
            if let Some(found) = all_ways(bytes, 3) {
                let slow = super::super::fields::Fields::of_any(bytes, b',', 3, 1);
                prop_assert_eq!(slow.odd.len(), 0);
                prop_assert_eq!(slow.rows(), found.rows);
                let usual = super::super::fields::Fields::of_usual(found, 1, 3);
                prop_assert_eq!(&slow.lines, &usual.lines);
                for at in 0..3 {
                    let slow: Vec<(usize, usize)> = slow.column(at).collect();
                    prop_assert_eq!(slow, usual.column(at).collect::<Vec<_>>());
                }
                for row in 0..usual.rows() {
                    prop_assert_eq!(slow.row(row), usual.row(row));
                }
            } else {
                prop_assert!(!is_even || text.contains("x\"y") || text.contains("z\""));
            }
        }
    }
}
