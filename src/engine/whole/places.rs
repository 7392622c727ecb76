//! Where rows stand: their lines, and which of the files that make up one table.

use std::sync::Arc;

/// The places of rows, in the order in which they are read.
#[derive(Debug, Default)]
pub struct Places {
    pub(super) lines: Vec<u64>,
    /// Each file with the number of rows before its first.
    files: Vec<(usize, Arc<str>)>,
}

impl Places {
    /// The place of the next row.
    pub fn push(&mut self, file: &Arc<str>, line: u64) {
        if self.files.last().is_none_or(|(_, last)| !Arc::ptr_eq(last, file) && last != file) {
            self.files.push((self.lines.len(), Arc::clone(file)));
        }
        self.lines.push(line);
    }

    /// Where a row stands, as a row of a file says it: `on line 3`, and of another file that file before it. None of a row
    /// that has not been read.
    pub fn seen_from(&self, file: &str, row: usize) -> Option<String> {
        let line = self.lines.get(row)?;
        let behind = self.files.partition_point(|(before, _)| *before <= row);
        let (_, own) = self.files.get(behind.checked_sub(1)?)?;
        Some(if **own == *file { format!("on line {line}") } else { format!("in `{own}`, on line {line}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_in_the_file_that_was_read_then() {
        let mut places = Places::default();
        for (file, line) in [("a.csv", 2), ("a.csv", 3), ("b.csv", 2), ("c.csv", 9)] {
            places.push(&file.into(), line);
        }
        for (row, from, place) in [
            (0, "a.csv", Some("on line 2")),
            (1, "b.csv", Some("in `a.csv`, on line 3")),
            (2, "b.csv", Some("on line 2")),
            (2, "c.csv", Some("in `b.csv`, on line 2")),
            (3, "c.csv", Some("on line 9")),
            (4, "c.csv", None),
        ] {
            assert_eq!(places.seen_from(from, row).as_deref(), place, "row {row} from {from}");
        }
        assert_eq!(Places::default().seen_from("a.csv", 0), None);
    }
}
