//! Data files in pieces of many rows, which any number of threads can read at once: what is cut here one after the other
//! costs little, and [`Chunk::parse`] does the work. Values, bad rows and their words are those of [`super::rows_as`].

mod arrays;
mod batches;
mod build;
mod cell;
mod cut;
mod days;
mod delimited;
mod eyes;
mod fields;
mod gather;
mod groups;
mod kept;
mod marks;
mod objects;
mod scan;
mod taken;
#[cfg(test)]
mod tests;

use std::{sync::Arc, vec};

use crate::{
    column::{Batch, Column},
    data::{BadRow, DataError, Format, Input, Memory, Wanted},
    schema::{ColumnId, TableId},
    value::{Value, Zone},
};

use cut::Piece;
use days::Days;
pub(super) use kept::Kept;

/// Bytes of a piece of text.
const SIZE: usize = 1 << 20;
/// Packed rows that are looked at together.
const TOGETHER: usize = 1 << 14;
/// Bytes that a packed row is taken for.
const ROW: usize = 8;
/// Packed rows that are looked at together where much is asked of each.
const MUCH: usize = 1 << 16;

/// The pieces of a table's data, in order; one that cannot be read is the last.
pub struct Chunks {
    parts: vec::IntoIter<Input>,
    now: Option<Part>,
    /// What the files have in common that are still to be opened.
    shared: Option<Arc<Shared>>,
    size: usize,
    /// Packed rows that are looked at together, and how many of them a piece has at most, where that is less than it was cut to.
    together: usize,
    most: usize,
}

/// Many rows of one file, still as they stand there.
pub struct Chunk {
    rows: Unread,
    together: usize,
}

/// The rows of a piece.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The file that they stand in.
    pub file: Arc<str>,
    /// Those that could be taken.
    pub batch: Batch,
    /// Those that could not, in the file's order, each with the number of rows of the batch that stand before it.
    pub bad: Vec<(usize, Box<BadRow>)>,
    /// By row of the batch: the rows of child tables that stand in it. Empty where none were asked for.
    pub children: Vec<Vec<(TableId, Vec<Vec<Value>>)>>,
    /// By row of the batch: the row as it stood in the file. Empty where that was not asked for.
    pub verbatim: Vec<Vec<u8>>,
}

/// What all pieces of a table have in common.
struct Shared {
    wanted: Wanted,
    /// A needed column whose values nobody looks at.
    unseen: Option<ColumnId>,
    zone: Zone,
    days: Days,
}

/// A file that is being cut.
enum Part {
    Delimited(delimited::Part),
    Objects(objects::Part),
    Groups(groups::Part),
    Batches(batches::Part),
    Kept(kept::Part),
}

enum Unread {
    Delimited(Arc<delimited::Form>, Piece),
    Objects(Arc<objects::Form>, Piece),
    Groups(Arc<groups::Form>, groups::Piece),
    Batches(Arc<arrays::Arrays>, batches::Piece),
    Kept(kept::Piece),
}

/// Cuts a table's data into pieces. The header of the first file is judged at once, those of further parts when they are
/// reached.
///
/// # Errors
/// A file that cannot be opened, and a header that does not fit the table.
pub fn chunks(input: &Input, wanted: Wanted, zone: &Zone) -> Result<Chunks, DataError> {
    chunks_of(input, wanted, zone, SIZE)
}

/// The same where nobody looks at the values of one of the needed columns: it is judged, but not read where the file itself says that
/// none of them can be wrong.
///
/// # Errors
/// As [`chunks`].
pub fn chunks_but_for(
    unseen: Option<ColumnId>,
    input: &Input,
    wanted: Wanted,
    zone: &Zone,
) -> Result<Chunks, DataError> {
    cut_into(unseen, input, wanted, zone, SIZE)
}

/// The same with pieces of about so many bytes.
///
/// # Errors
/// As [`chunks`].
pub fn chunks_of(input: &Input, wanted: Wanted, zone: &Zone, size: usize) -> Result<Chunks, DataError> {
    cut_into(None, input, wanted, zone, size)
}

fn cut_into(
    unseen: Option<ColumnId>,
    input: &Input,
    wanted: Wanted,
    zone: &Zone,
    size: usize,
) -> Result<Chunks, DataError> {
    let wanted = wanted.of_data();
    if let Some(memory) = input.memory()
        && let Some(kept) = memory.chunks(input, &wanted, zone)?
    {
        return Ok(kept);
    }
    let shared = Arc::new(Shared { wanted, unseen, zone: zone.clone(), days: Days::of(zone) });
    let mut chunks = Chunks {
        parts: input.parts().to_vec().into_iter(),
        now: None,
        shared: Some(shared),
        size,
        together: TOGETHER,
        most: usize::MAX,
    };
    chunks.open_next()?;
    Ok(chunks)
}

/// Pieces that are in memory.
pub(super) fn of_kept(kept: Kept, memory: &Arc<Memory>) -> Chunks {
    let now = Some(Part::Kept(kept::Part::of(kept, memory)));
    Chunks { parts: vec![].into_iter(), now, shared: None, size: SIZE, together: TOGETHER, most: usize::MAX }
}

impl Chunks {
    /// The same where so much is asked of each row that reading them is little beside it: more rows are looked at together, and what
    /// one thread does is less, so that all end at the same time.
    pub fn of_which_much_is_asked(self) -> Chunks {
        Chunks { together: MUCH, most: MUCH, ..self }
    }

    /// Opens the next file, where there is one.
    fn open_next(&mut self) -> Result<(), DataError> {
        let (Some(part), Some(shared)) = (self.parts.next(), &self.shared) else { return Ok(()) };
        self.now = Some(match part.format {
            Format::Csv => Part::Delimited(delimited::Part::open(&part, b',', shared, self.size)?),
            Format::Tsv => Part::Delimited(delimited::Part::open(&part, b'\t', shared, self.size)?),
            Format::JsonLines => Part::Objects(objects::Part::open(&part, shared, self.size)?),
            Format::Parquet => Part::Groups(groups::Part::open(&part, shared, self.size / ROW)?),
            Format::Arrow => Part::Batches(batches::Part::open(&part, shared, self.size / ROW)?),
        });
        Ok(())
    }

    fn find(&mut self) -> Result<Option<Chunk>, DataError> {
        while let Some(part) = &mut self.now {
            let found = match part {
                Part::Delimited(part) => part.next()?.map(|(form, piece)| Unread::Delimited(form, piece)),
                Part::Objects(part) => part.next()?.map(|(form, piece)| Unread::Objects(form, piece)),
                Part::Groups(part) => part.next(self.most).map(|(form, piece)| Unread::Groups(form, piece)),
                Part::Batches(part) => part.next()?.map(|(form, piece)| Unread::Batches(form, piece)),
                Part::Kept(part) => part.next()?.map(Unread::Kept),
            };
            if let Some(rows) = found {
                return Ok(Some(Chunk { rows, together: self.together }));
            }
            self.now = None;
            self.open_next()?;
        }
        Ok(None)
    }
}

impl Iterator for Chunks {
    type Item = Result<Chunk, DataError>;

    fn next(&mut self) -> Option<Result<Chunk, DataError>> {
        let found = self.find();
        if found.is_err() {
            self.now = None;
            self.parts = vec![].into_iter();
        }
        found.transpose()
    }
}

impl Chunk {
    /// Reads its rows.
    ///
    /// # Errors
    /// A Parquet file that is broken there, and quotes of a CSV file that leave it open which rows there are; else a text is bad row
    /// by row.
    pub fn parse(self) -> Result<Parsed, DataError> {
        match self.rows {
            Unread::Delimited(form, piece) => form.parse(&piece),
            Unread::Objects(form, piece) => Ok(form.parse(&piece)),
            Unread::Groups(form, piece) => form.parse(&piece),
            Unread::Batches(form, piece) => Ok(piece.parse(&form)),
            Unread::Kept(piece) => Ok(piece.parse()),
        }
    }
}

impl Chunk {
    /// Reads its rows, some thousand at a time where they are unpacked as they are read.
    ///
    /// # Errors
    /// As [`Chunk::parse`].
    pub fn each(self, taken: &mut dyn FnMut(Parsed)) -> Result<(), DataError> {
        let together = self.together;
        match self.rows {
            Unread::Groups(form, piece) => form.each(&piece, together, taken),
            rows => {
                taken(Chunk { rows, together }.parse()?);
                Ok(())
            }
        }
    }
}

/// The rows of a piece before the bad ones are set aside.
#[derive(Default)]
struct Found {
    /// In the order in which they are judged.
    columns: Vec<(ColumnId, Column)>,
    lines: Vec<u64>,
    /// As in [`Parsed`].
    children: Vec<Vec<(TableId, Vec<Vec<Value>>)>>,
    /// As in [`Parsed`].
    verbatim: Vec<Vec<u8>>,
    /// What is wrong with single values, column by column.
    faults: Vec<Fault>,
    /// Rows that have no values at all, with the number of rows before.
    none: Vec<(usize, Box<BadRow>)>,
}

/// What is wrong with a value.
struct Fault {
    row: usize,
    column: ColumnId,
    reason: String,
}

impl Shared {
    /// Sets bad rows aside. `bad` shows one, its line, the column's header and the reason.
    fn sorted_out(
        &self,
        file: &Arc<str>,
        mut found: Found,
        bad: impl Fn(usize, u64, Option<String>, String) -> Box<BadRow>,
    ) -> Parsed {
        if found.faults.is_empty() && found.none.is_empty() {
            let batch = self.batch(found.columns, found.lines);
            let (children, verbatim) = (found.children, found.verbatim);
            return Parsed { file: Arc::clone(file), batch, bad: vec![], children, verbatim };
        }
        // Of each row the first fault, as columns are judged, is told.
        found.faults.sort_by_key(|fault| fault.row);
        found.faults.dedup_by_key(|fault| fault.row);
        let mut keep = vec![true; found.lines.len()];
        let mut all = vec![];
        let (mut none, mut gone) = (found.none.into_iter().peekable(), 0);
        for Fault { row, column, reason } in found.faults {
            while let Some((before, bad)) = none.next_if(|(before, _)| *before <= row) {
                all.push((before - gone, bad));
            }
            let line = found.lines.get(row).copied().unwrap_or_default();
            let header = self.wanted.table.column(column).header.clone();
            all.push((row - gone, bad(row, line, Some(header), reason)));
            keep.iter_mut().skip(row).take(1).for_each(|keep| *keep = false);
            gone += 1;
        }
        all.extend(none.map(|(before, bad)| (before - gone, bad)));
        fn only<T>(all: Vec<T>, keep: &[bool]) -> Vec<T> {
            all.into_iter().zip(keep).filter(|(_, keep)| **keep).map(|(one, _)| one).collect()
        }
        let columns = match gone {
            0 => found.columns,
            _ => found.columns.into_iter().map(|(id, column)| (id, column.kept(&keep))).collect(),
        };
        Parsed {
            file: Arc::clone(file),
            batch: self.batch(columns, only(found.lines, &keep)),
            bad: all,
            children: only(found.children, &keep),
            verbatim: only(found.verbatim, &keep),
        }
    }

    /// A batch of these columns; those that are needed and that the data do not have are missing in each row.
    fn batch(&self, columns: Vec<(ColumnId, Column)>, lines: Vec<u64>) -> Batch {
        let rows = lines.len();
        let table = &self.wanted.table;
        let mut all: Vec<Option<Column>> = vec![None; table.columns.len()];
        for (id, column) in columns {
            if let Some(slot) = all.get_mut(id.0 as usize) {
                *slot = Some(column);
            }
        }
        for id in self.wanted.needed.iter().filter(|id| Some(**id) != self.unseen) {
            if let Some(slot @ None) = all.get_mut(id.0 as usize) {
                let mut missing = Column::new(&table.column(*id).ty);
                missing.grow(rows);
                *slot = Some(missing);
            }
        }
        Batch { columns: all, rows, lines }
    }
}
