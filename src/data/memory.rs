//! Data that were read once and are kept as columns, for whoever asks again and again, as the prompt does. What is kept answers as the file
//! would: the same rows, and the same bad ones. A file that was changed since is read anew.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use rayon::prelude::*;

use crate::{
    data::{
        Chunk, Chunks, DataError, Input, Nested, Parsed, Pipes, Wanted,
        chunks::{self, Kept},
    },
    schema::{Column, ColumnId, Facts},
    value::Zone,
};

/// Values that are kept of a table at most; of a larger one each question reads the file.
const MOST: usize = 1 << 27;
/// Pieces of a file that are read side by side, for each core.
const PIECES: usize = 4;

/// What was read, by file; shared by all inputs that are asked of it.
#[derive(Debug, Default)]
pub struct Memory {
    pipes: Pipes,
    files: Mutex<HashMap<String, File>>,
    stopped: AtomicBool,
}

/// What was read of one file, or of the parts that make up one table.
#[derive(Debug, Default)]
struct File {
    stamp: Stamp,
    facts: Option<Facts>,
    tables: Vec<Arc<Table>>,
    /// Whether there are bad rows, or columns that it lacks: then which rows there are depends on what is asked for.
    unclean: bool,
    too_large: bool,
}

/// When each part was changed, and how long it was.
pub type Stamp = Vec<Option<(SystemTime, u64)>>;

/// Some columns of a file.
#[derive(Debug)]
struct Table {
    wanted: Wanted,
    zone: Zone,
    pieces: Arc<Vec<Parsed>>,
    rows: u64,
    clean: bool,
}

impl Memory {
    /// The file of `users.csv`, as [`Input::parse`] has it; what is read of it is kept here.
    ///
    /// # Errors
    /// A form that is not known.
    pub fn input(self: &Arc<Memory>, spec: &str) -> Result<Input, DataError> {
        Ok(self.pipes.input(spec)?.kept_in(self))
    }

    /// Ends what is being read or asked, with [`DataError::Stopped`], until [`Memory::go_on`]; whether that had been said before.
    pub fn stop(&self) -> bool {
        self.stopped.swap(true, Ordering::SeqCst)
    }

    /// Lets files be read again.
    pub fn go_on(&self) {
        self.stopped.store(false, Ordering::SeqCst);
    }

    /// An error once somebody wants it to end.
    ///
    /// # Errors
    /// [`DataError::Stopped`].
    pub fn check(&self) -> Result<(), DataError> {
        if self.stopped.load(Ordering::SeqCst) { Err(DataError::Stopped) } else { Ok(()) }
    }

    /// Of a file as it is now.
    pub fn stamp(input: &Input) -> Stamp {
        stamp(input)
    }

    /// How many rows of a file are kept; none where they would have to be read.
    pub fn rows(&self, input: &Input) -> Option<u64> {
        let mut files = lock(&self.files);
        let file = File::of(&mut files, input);
        file.tables.last().map(|table| table.rows)
    }

    /// What a file holds; `find` looks.
    pub(super) fn facts(
        &self,
        input: &Input,
        find: impl FnOnce() -> Result<Facts, DataError>,
    ) -> Result<Facts, DataError> {
        if let Some(facts) = &File::of(&mut lock(&self.files), input).facts {
            return Ok(facts.clone());
        }
        let facts = find()?;
        self.check()?;
        File::of(&mut lock(&self.files), input).facts = Some(facts.clone());
        Ok(facts)
    }

    /// The pieces of a table's data; none where they are not kept, and have to be read from the file.
    pub(super) fn chunks(
        self: &Arc<Memory>,
        input: &Input,
        wanted: &Wanted,
        zone: &Zone,
    ) -> Result<Option<Chunks>, DataError> {
        if wanted.verbatim {
            return Ok(None);
        }
        let kept = |table: &Arc<Table>| {
            let columns = table.columns(wanted, zone)?;
            let nested = !wanted.nested.is_empty();
            Some(Kept::new(Arc::clone(&table.pieces), columns, wanted.table.columns.len(), nested))
        };
        if let Some(found) = File::of(&mut lock(&self.files), input).tables.iter().find_map(kept) {
            return Ok(Some(chunks::of_kept(found, self)));
        }
        self.fill(input, wanted, zone)?;
        let found = File::of(&mut lock(&self.files), input).tables.iter().find_map(kept);
        Ok(found.map(|found| chunks::of_kept(found, self)))
    }

    /// Reads a file: at once all columns that the table has, so that the next question finds its own here.
    fn fill(&self, input: &Input, wanted: &Wanted, zone: &Zone) -> Result<(), DataError> {
        let (unclean, too_large, known) = {
            let mut files = lock(&self.files);
            let file = File::of(&mut files, input);
            (file.unclean, file.too_large, file.tables.last().map(Arc::clone))
        };
        if too_large {
            return Ok(());
        }
        let alone = input.clone().kept_nowhere();
        if !unclean {
            let more = with_all_columns(wanted, known.as_deref());
            match self.read(&alone, more, zone) {
                Ok(None) => return self.note(input, |file| file.too_large = true),
                Ok(Some(table)) if table.clean => {
                    return self.note(input, |file| file.tables = vec![Arc::new(table)]);
                }
                Err(DataError::Stopped) => return Err(DataError::Stopped),
                Ok(Some(_)) | Err(_) => self.note(input, |file| (file.unclean, file.tables) = (true, vec![]))?,
            }
        }
        match self.read(&alone, wanted.clone(), zone)? {
            None => self.note(input, |file| file.too_large = true),
            Some(table) => self.note(input, |file| {
                file.tables.truncate(7);
                file.tables.insert(0, Arc::new(table));
            }),
        }
    }

    fn note(&self, input: &Input, change: impl FnOnce(&mut File)) -> Result<(), DataError> {
        change(File::of(&mut lock(&self.files), input));
        Ok(())
    }

    /// Reads a file on all cores; none where it is too large to be kept.
    fn read(&self, input: &Input, wanted: Wanted, zone: &Zone) -> Result<Option<Table>, DataError> {
        let mut source = chunks::chunks(input, wanted.clone(), zone)?;
        let (mut pieces, mut rows, mut clean) = (vec![], 0, true);
        loop {
            self.check()?;
            let round = source.by_ref().take(PIECES * rayon::current_num_threads());
            let round = round.collect::<Result<Vec<Chunk>, DataError>>()?;
            if round.is_empty() {
                break;
            }
            let parsed = round.into_par_iter().with_max_len(1).map(Chunk::parse);
            for piece in parsed.collect::<Result<Vec<Parsed>, DataError>>()? {
                rows += piece.batch.rows;
                clean &= piece.bad.is_empty();
                pieces.push(piece);
            }
            if rows.saturating_mul(wanted.needed.len().max(1)) > MOST {
                return Ok(None);
            }
        }
        Ok(Some(Table { wanted, zone: zone.clone(), pieces: Arc::new(pieces), rows: rows as u64, clean }))
    }
}

impl File {
    /// What is kept of a file as it is now.
    fn of<'f>(files: &'f mut HashMap<String, File>, input: &Input) -> &'f mut File {
        let stamp = stamp(input);
        let file = files.entry(input.name()).or_default();
        if file.stamp != stamp {
            *file = File { stamp, ..File::default() };
        }
        file
    }
}

fn stamp(input: &Input) -> Stamp {
    let of = |part: &Input| {
        let found = part.path().filter(|_| !part.is_read_once())?.metadata().ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    input.parts().iter().map(of).collect()
}

impl Table {
    /// For each column of what is wanted the one that is kept; none where something else would have been read.
    fn columns(&self, wanted: &Wanted, zone: &Zone) -> Option<Vec<(ColumnId, ColumnId)>> {
        let has = |nested: &Nested| {
            let same =
                |kept: &Nested| kept.id == nested.id && kept.table == nested.table && kept.needed == nested.needed;
            self.wanted.nested.iter().any(same)
        };
        if self.zone != *zone || !wanted.nested.iter().all(has) {
            return None;
        }
        // Which rows are bad, and what is said of them, hangs on which columns are judged, and in which order.
        let same =
            |(kept, asked): (&ColumnId, &ColumnId)| alike(self.wanted.table.column(*kept), wanted.table.column(*asked));
        let the_same = self.wanted.needed.len() == wanted.needed.len()
            && self.wanted.nested.len() == wanted.nested.len()
            && self.wanted.needed.iter().zip(&wanted.needed).all(same);
        if !self.clean && !the_same {
            return None;
        }
        let of = |id: &ColumnId| {
            let column = wanted.table.column(*id);
            let kept = self.wanted.needed.iter().find(|kept| alike(self.wanted.table.column(**kept), column));
            Some((*id, *kept?))
        };
        wanted.needed.iter().map(of).collect()
    }
}

/// Whether the values of one column are those of the other.
fn alike(a: &Column, b: &Column) -> bool {
    a.header == b.header && a.ty == b.ty && a.optional == b.optional && a.format == b.format
}

/// The same with all columns of the table, and those that were wanted before.
fn with_all_columns(wanted: &Wanted, before: Option<&Table>) -> Wanted {
    let mut all = wanted.clone();
    for column in before.into_iter().flat_map(|before| &before.wanted.table.columns) {
        if all.table.columns.iter().all(|known| known.header != column.header) {
            all.table.columns.push(column.clone());
        }
    }
    all.needed = (0..all.table.columns.len() as u32).map(ColumnId).collect();
    if all.nested.is_empty() {
        all.nested = before.map(|before| before.wanted.nested.clone()).unwrap_or_default();
    }
    all
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
