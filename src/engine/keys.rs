//! The keys of users who stand together, as they print.

use std::{fmt::Write, ops::Range};

use crate::{
    column::{Column, Data},
    engine::Memory,
    eval::kernel::Cells,
    value::{Value, Zone, print},
};

/// Keys by row.
pub(super) struct Keys<'k> {
    cells: &'k Cells<'k>,
    zone: &'k Zone,
}

impl<'k> Keys<'k> {
    pub(super) fn of(cells: &'k Cells<'k>, zone: &'k Zone) -> Keys<'k> {
        Keys { cells, zone }
    }

    /// A key; the buffer is used where it does not stand as text in memory.
    #[inline]
    pub(super) fn text<'b>(&'b self, row: usize, buffer: &'b mut String) -> &'b str {
        if let Cells::Column(column, start) = self.cells
            && let Some(text) = text(column, start + row)
        {
            return text;
        }
        buffer.clear();
        match self.cells.value(row) {
            // A `String` takes whatever is written.
            Value::Int(key) => _ = write!(buffer, "{key}"),
            key => buffer.push_str(&print::text(&key, self.zone)),
        }
        buffer
    }

    /// The numbers of users, the first of whom may be looked for behind somebody; none of who is not remembered.
    pub(super) fn find(&self, memory: &dyn Memory, rows: Range<usize>, behind: Option<u32>) -> Vec<Option<u32>> {
        if let Cells::Column(column, start) = self.cells
            && rows.clone().all(|row| column.is_known(start + row))
            && let Some(keys) = texts(column, start + rows.start..start + rows.end)
        {
            return memory.numbers(&keys, behind);
        }
        // One behind the other.
        let (mut all, mut ends, mut buffer) = (String::new(), vec![0], String::new());
        for row in rows {
            all.push_str(self.text(row, &mut buffer));
            ends.push(all.len());
        }
        let keys = ends.windows(2).map(|ends| match ends {
            [start, end] => all.get(*start..*end).unwrap_or_default(),
            _ => "",
        });
        memory.numbers(&keys.collect::<Vec<_>>(), behind)
    }
}

/// The texts of a column, all of which are known, where it is one of texts.
fn texts(column: &Column, rows: Range<usize>) -> Option<Vec<&str>> {
    match column.data() {
        Data::Texts(all) => Some(rows.map(|row| all.get(row).unwrap_or_default()).collect()),
        Data::Text(all) => Some(rows.map(|row| all.get(row).and_then(Option::as_deref).unwrap_or_default()).collect()),
        _ => None,
    }
}

/// A text of a column, where it is one.
fn text(column: &Column, row: usize) -> Option<&str> {
    match column.data() {
        Data::Texts(texts) if column.is_known(row) => texts.get(row),
        Data::Text(texts) if column.is_known(row) => texts.get(row).and_then(Option::as_deref),
        _ => None,
    }
}
