//! What a file is by its first bytes, where its name says something else.

use std::{fs::File, io::Read, path::Path};

use crate::data::{DataError, Format, Input};

/// The first bytes of a file; none where it cannot be read, or is read once.
pub(super) fn of(path: &Path) -> Option<Vec<u8>> {
    let mut begins = vec![];
    path.is_file().then(|| File::open(path)?.take(1 << 10).read_to_end(&mut begins)).and_then(Result::ok)?;
    Some(begins)
}

/// A packing: how what is packed by it begins, what it is called, and how a file's name ends then.
pub(super) struct Packing {
    begins: &'static [u8],
    name: &'static str,
    ending: &'static str,
    unpack: &'static str,
}

pub(super) const GZIP: Packing = Packing { begins: &[0x1f, 0x8b], name: "gzip", ending: "gz", unpack: "gunzip" };

pub(super) const ZSTANDARD: Packing =
    Packing { begins: &[0x28, 0xb5, 0x2f, 0xfd], name: "zstd", ending: "zst", unpack: "unzstd" };

/// The error of a file whose name says that it is packed, and that is not; none of one in which nothing stands.
pub(super) fn not_packed(input: &Input, begins: &[u8], by: &Packing) -> Option<DataError> {
    let head = begins.get(..by.begins.len()).unwrap_or(begins);
    (!begins.is_empty() && !by.begins.starts_with(head)).then(|| {
        let reason = format!("this is not packed by {}", by.name);
        DataError::unfit(&input.name(), reason, format!("give it a name that does not end in `.{}`", by.ending))
    })
}

/// The error of a file that begins as none of its form does; none where it may be of that form.
pub(super) fn of_another_form(input: &Input, begins: &[u8]) -> Option<DataError> {
    let (path, is) = (input.name(), input.format);
    let named = match is {
        Format::Csv => "CSV file",
        Format::Tsv => "TSV file",
        Format::JsonLines => "file of JSON Lines",
        Format::Parquet => "Parquet file",
        Format::Arrow => "Arrow file",
    };
    let is_columnar = matches!(is, Format::Parquet | Format::Arrow);
    let no = |what: &str, help: String| Some(DataError::unfit(&path, format!("this is no {named}: {what}"), help));
    let packed = |by: &Packing| {
        let help = match input.is_read_once() || is_columnar {
            true => format!("unpack it first: `{}`", by.unpack),
            false => format!("give it a name that ends so: `{path}.{}`", by.ending),
        };
        no(&format!("it is packed by {}", by.name), help)
    };
    let say = |form: &str, what: &str| {
        let help = match input.path() {
            None => format!("say what it is: `{form}:-`"),
            Some(_) => format!("say what it is: `{form}:{path}`, or give it a name that does"),
        };
        no(what, help)
    };
    // No line of text has them.
    let has_controls = begins.iter().take(16).any(|byte| *byte < b'\t');
    match begins {
        [] if is_columnar => Some(DataError::unfit(&path, "the file is empty", "make it, or fetch it, again")),
        [b'P', b'A', b'R', b'1', ..] if is_columnar && is != Format::Parquet || has_controls && !is_columnar => {
            say("parquet", "it begins as Parquet does")
        }
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] if is == Format::Parquet || has_controls && !is_columnar => {
            say("arrow", "it begins as Arrow does")
        }
        [b'P', b'A', b'R', b'1', ..] | [b'A', b'R', b'R', b'O', b'W', b'1', ..] => None,
        [b'P', b'A', b'R', b'E', ..] if is == Format::Parquet => {
            Some(DataError::unfit(&path, "it is encrypted, and not read so", "write it without encryption"))
        }
        [b'P', b'K', 3, 4, ..] => {
            no("it is a spreadsheet, or packed by zip", "save the sheet as `CSV UTF-8` in the spreadsheet".to_owned())
        }
        _ if begins.starts_with(GZIP.begins) => packed(&GZIP),
        _ if begins.starts_with(ZSTANDARD.begins) => packed(&ZSTANDARD),
        // Of what comes through a pipe there may be less at first than tells one from the other.
        _ if !is_columnar || begins.len() < 8 || begins.contains(&0) => None,
        [b'{', ..] => say("jsonl", "it is text, and begins as JSON Lines do"),
        _ if is_text(begins) => say("csv", "it is text, as CSV is"),
        _ => None,
    }
}

/// Whether the first bytes of a file are text; the last character may be cut in two.
fn is_text(begins: &[u8]) -> bool {
    match std::str::from_utf8(begins) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}
