//! The columns that a file has, without a look at its rows.

use std::path::Path;

use crate::data::{DataError, Format, Input, columnar, table};

/// The columns of a file in its order; none where each row says its own, as in JSON.
///
/// # Errors
/// A file that cannot be read, or whose header is no good.
pub fn headers(input: &Input) -> Result<Option<Vec<String>>, DataError> {
    let mut all: Vec<String> = vec![];
    for part in input.parts() {
        let found = match part.format {
            Format::Csv => table::open(part, b',')?.1,
            Format::Tsv => table::open(part, b'\t')?.1,
            Format::JsonLines => {
                part.open()?;
                return Ok(None);
            }
            Format::Parquet | Format::Arrow => {
                columnar::facts(part)?.columns.into_iter().map(|column| column.header).collect()
            }
        };
        let new = found.into_iter().filter(|header| !all.contains(header)).collect::<Vec<_>>();
        all.extend(new);
    }
    Ok(Some(all))
}

/// The names of the files in a folder that may be looked for, in order; none where the folder cannot be read.
pub fn files_in(folder: &Path) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(10_000);
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with('.') && !name.ends_with(".rules"));
    names.sort();
    names
}
