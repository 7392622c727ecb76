//! The keys of users who stand together, as they print.

use std::fmt::Write;

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

    /// The numbers of users, the first of whom is looked for behind a number; none of who is not remembered.
    pub(super) fn find(&self, memory: &dyn Memory, rows: usize, behind: Option<u32>) -> Vec<Option<u32>> {
        let (mut behind, mut buffer) = (behind, String::new());
        let number = |row: usize| {
            let found = memory.find(self.text(row, &mut buffer), behind);
            behind = found.or(behind);
            found
        };
        (0..rows).map(number).collect()
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
