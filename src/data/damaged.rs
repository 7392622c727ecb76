//! Why a Parquet or Arrow file cannot be read, and what to do. What a library stumbled over tells neither: most often the file was cut
//! off, or it is of another form than its name says.

use std::fmt::Display;

use crate::data::{DataError, Input, beginning};

/// What a library says that panicked.
pub(super) const DAMAGED: &str = "it is damaged";

/// What to do where nothing better is known.
const AGAIN: &str = "it was cut off or damaged, perhaps while it was written or copied: make it, or fetch it, again";

/// The words that libraries put before their own.
const PREFIXES: [&str; 8] = [
    "Parquet argument error: ",
    "Parquet error: ",
    "Parser error: ",
    "Ipc error: ",
    "Arrow: ",
    "External error: ",
    "External: ",
    "EOF: ",
];

/// What a library says of packings that it was built without.
const PACKING: &str = "Disabled feature at compile time: ";

/// The error of a file that a library cannot read.
pub(super) fn unfit(input: &Input, error: impl Display) -> DataError {
    if let Some(begins) = input.path().and_then(beginning::of)
        && let Some(error) = beginning::of_another_form(input, &begins)
    {
        return error;
    }
    let said = error.to_string();
    let (reason, help) = match said.split_once(PACKING) {
        Some((_, packing)) => (
            format!("it is packed with {packing}, which is not read"),
            "write it with zstd, snappy, gzip or lz4, or not packed",
        ),
        None => (format!("this file cannot be read: {}", without_prefixes(&said)), AGAIN),
    };
    DataError::unfit(&input.name(), reason, help)
}

fn without_prefixes(mut said: &str) -> &str {
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| said.strip_prefix(prefix)) {
        said = rest;
    }
    said
}
