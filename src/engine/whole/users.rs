//! Reading the users: their columns, piece by piece, and a number for each by key.

use crate::{
    column::{Batch, Column},
    data::{BadRow, Parsed, Wanted},
    engine::{
        RunError, RunSink,
        whole::{
            Reading,
            nested::{Stood, stood},
            rounds::{self, Rounds},
        },
    },
    eval::whole::{NOBODY, Pass, Whole},
    schema::Table,
    value::{Value, Zone, print},
};

impl Reading<'_, '_> {
    /// Reads the users; rows of theirs that stand in their records are told to the first stage at once.
    pub(super) fn users(
        &mut self,
        whole: &mut Whole<'_>,
        mut pass: Option<&mut Pass<'_>>,
        sink: &impl RunSink,
    ) -> Result<(), RunError> {
        let nested = self.nested(None);
        let (data, zone) = (self.data, self.engine.clock().zone());
        let wanted = Wanted {
            table: data.table.clone(),
            needed: data.needed.to_vec(),
            nested: nested.clone(),
            verbatim: data.verbatim,
        };
        let mut rounds = Rounds::open(data.users, wanted, zone, self.piece)?;
        let mut read = || rounds.next(|mut parsed| (stood(&mut parsed, &nested), parsed));
        let mut pieces = read();
        while !pieces.is_empty() {
            // While one thread gives these their numbers, others read on.
            let taken = || {
                let mut told: Vec<(Stood, Vec<u32>)> = vec![];
                for piece in pieces {
                    let (stood, parsed) = piece?;
                    let numbers = self.take_users(parsed, whole, sink)?;
                    for rows in stood {
                        let users: Vec<u32> = rows.owners.iter().map(|at| number(&numbers, *at)).collect();
                        told.push((rows, users));
                    }
                }
                Ok::<_, RunError>(told)
            };
            let (told, next) = rayon::join(taken, &mut read);
            self.tell_nested(whole, pass.as_deref_mut(), told?, true);
            sink.progress(self.ran.read, &data.table.name);
            pieces = next;
        }
        Ok(())
    }

    /// Takes the users of a piece; gives the number of each row's, [`NOBODY`] of rows that are refused.
    fn take_users(&mut self, parsed: Parsed, whole: &mut Whole<'_>, sink: &impl RunSink) -> Result<Vec<u32>, RunError> {
        let Parsed { file, mut batch, bad, verbatim, .. } = parsed;
        let zone = self.engine.clock().zone();
        self.engine.recall(&mut batch, None);
        let (before, rows) = (self.ran.read, batch.rows);
        self.ran.read += (rows + bad.len()) as u64;
        let places;
        let missing;
        let keys = match self.data.table.key {
            None => {
                places = rounds::places(&bad, rows, before);
                &places
            }
            Some(key) => match batch.column(key) {
                Some(keys) => keys,
                None => {
                    missing = Column::new(&self.data.table.column(key).ty);
                    &missing
                }
            },
        };
        let mut numbers = Vec::with_capacity(rows);
        let mut next = whole.users();
        let mut refused = vec![];
        for row in 0..rows {
            match whole.number(keys, row, next) {
                Ok(()) => {
                    numbers.push(next as u32);
                    next += 1;
                    if self.keeps_lines {
                        self.lines.push(&file, batch.lines.get(row).copied().unwrap_or_default());
                    }
                }
                Err(known) => {
                    numbers.push(NOBODY);
                    let place = || self.lines.seen_from(&file, known as usize);
                    let first = self.data.check_keys.then(place).flatten();
                    let key = (self.data.table, &keys.get(row), first);
                    refused.push((row, without_a_key_of_its_own(&file, key, &batch, row, &verbatim, zone)));
                }
            }
        }
        let keep = (!refused.is_empty()).then(|| numbers.iter().map(|number| *number != NOBODY).collect::<Vec<bool>>());
        whole.append(match keep {
            None => batch,
            Some(keep) => {
                let columns = batch.columns.iter().map(|column| column.as_ref().map(|column| column.kept(&keep)));
                let rows = keep.iter().filter(|keep| **keep).count();
                Batch { columns: columns.collect(), rows, lines: vec![] }
            }
        });
        for (place, bad) in rounds::in_order(bad, refused, before) {
            self.ran.rejected += 1;
            self.refused.insert(place);
            sink.bad_row(bad)?;
        }
        Ok(numbers)
    }
}

/// A row without a key, or with one that a row before it has: its table, the key, and the line of that row, where it is told.
pub(in crate::engine) fn without_a_key_of_its_own(
    file: &str,
    (table, key, first): (&Table, &Value, Option<String>),
    batch: &Batch,
    row: usize,
    verbatim: &[Vec<u8>],
    zone: &Zone,
) -> Box<BadRow> {
    let text = print::text(key, zone);
    let reason = match (key, first) {
        (Value::Missing, _) => "the key is missing".to_owned(),
        (_, Some(first)) => format!("the key `{text}` is there already, {first}"),
        (_, None) => format!("the key `{text}` is there already"),
    };
    let column = table.key.map(|key| table.column(key).header.clone());
    let line = batch.lines.get(row).copied().unwrap_or_default();
    let verbatim = verbatim.get(row).cloned().unwrap_or_default();
    Box::new(BadRow { file: file.to_owned(), line, column, reason, verbatim })
}

fn number(numbers: &[u32], at: u32) -> u32 {
    numbers.get(at as usize).copied().unwrap_or(NOBODY)
}
