//! Reading the files of child tables, once a stage.

use rayon::prelude::*;

use crate::{
    column::Batch,
    data::{BadRow, DataError, Input, Parsed, Wanted},
    engine::{
        ChildCount, RunError, RunSink,
        whole::{
            Reading,
            repeated::Seen,
            rounds::{self, Rounds},
        },
    },
    eval::whole::{Asked, Owners, Pass, Whole},
    schema::{ColumnId, Role, TableId},
    value::{Value, print},
};

/// A piece of a child table's file that was looked at.
struct Looked {
    /// Rows, bad ones among them.
    read: u64,
    /// Bad rows in the file's order.
    #[allow(clippy::vec_box, reason = "rows that are bad are handed on as the readers give them")]
    bad: Vec<Box<BadRow>>,
    owners: Owners,
    /// The key of the first row that is nobody's.
    orphan: Option<Value>,
    asked: Option<Asked>,
}

impl Reading<'_, '_> {
    /// Reads the child tables that a stage asks about.
    pub(super) fn children(
        &mut self,
        whole: &Whole<'_>,
        pass: &mut Pass<'_>,
        nested_told: bool,
        sink: &mut impl RunSink,
    ) -> Result<(), RunError> {
        let asked = pass.tables();
        for id in &asked {
            if let Some(Some(input)) = self.data.children.get(id) {
                let seen = self.ran.children.contains_key(id);
                self.file(*id, input, whole, pass, !seen, sink)?;
            }
        }
        let nested = self.nested(Some(&asked));
        if nested.is_empty() || nested_told {
            return Ok(());
        }
        self.nested_again(whole, pass, &nested)
    }

    /// Reads the files of child tables that no stage asks about, where their rows are wanted for the users' turns.
    pub(super) fn unasked(
        &mut self,
        whole: &Whole<'_>,
        pass: &mut Pass<'_>,
        sink: &mut impl RunSink,
    ) -> Result<(), RunError> {
        if self.since.is_none() {
            return Ok(());
        }
        for (id, input) in &self.data.children {
            if let Some(input) = input.as_ref().filter(|_| !self.ran.children.contains_key(id)) {
                self.file(*id, input, whole, pass, true, sink)?;
            }
        }
        Ok(())
    }

    /// Reads the file of one child table. What became of its rows is counted where it is read for the first time.
    fn file(
        &mut self,
        id: TableId,
        input: &Input,
        whole: &Whole<'_>,
        pass: &mut Pass<'_>,
        counted: bool,
        sink: &mut impl RunSink,
    ) -> Result<(), RunError> {
        let engine = self.engine;
        let table = engine.rulebook().schema.table(id);
        let Role::Children { by, .. } = table.role else { return Ok(()) };
        let mut needed = self.data.reads.children.get(&id).cloned().unwrap_or_default();
        needed.insert(by);
        let unique = table.key;
        needed.extend(unique);
        let needed: Vec<ColumnId> = needed.into_iter().collect();
        let verbatim = self.data.verbatim && unique.is_some();
        let wanted = Wanted { table: table.clone(), needed, nested: vec![], verbatim };
        let mut rounds = Rounds::open(input, wanted, engine.clock().zone(), self.piece)?;
        let mut seen = Seen::new();
        let mut count = ChildCount::default();
        let mut told = pass.telling(id);
        let shared = &*pass;
        let since = self.since.as_deref().filter(|_| counted);
        let mut read = || {
            let look = |parsed: Parsed, repeated: &[usize]| {
                let Parsed { file, batch, bad, verbatim, .. } = parsed;
                let found = repeated.iter().map(|row| (*row, self.is_there(id, &file, &batch, *row, &verbatim)));
                let found: Vec<(usize, Box<BadRow>)> = found.collect();
                let read = (batch.rows + bad.len()) as u64;
                let bad = rounds::in_order(bad, found, 0).into_iter().map(|(_, bad)| bad).collect();
                let owners = whole.owners(id, &batch, repeated);
                let orphan = owners.first_orphan.and_then(|row| batch.column(by).map(|keys| keys.get(row)));
                if let Some(since) = since {
                    since.note(engine, id, &batch, &owners.users);
                }
                let asked = whole.ask(shared, id, batch, &owners.users);
                Looked { read, bad, owners, orphan, asked }
            };
            match unique {
                None => rounds.next(|parsed| look(parsed, &[])),
                Some(unique) => {
                    let parsed = rounds.next(|parsed| parsed);
                    let keys = parsed.iter().map(|it| it.as_ref().ok().and_then(|it| it.batch.column(unique)));
                    let keys: Vec<_> = keys.collect();
                    let repeated = seen.repeated(&keys);
                    let pieces = parsed.into_par_iter().zip(repeated);
                    pieces.map(|(parsed, repeated)| parsed.map(|parsed| look(parsed, &repeated))).collect()
                }
            }
        };
        let mut pieces: Vec<Result<Looked, DataError>> = read();
        while !pieces.is_empty() {
            let mut asked = Vec::with_capacity(pieces.len());
            for piece in pieces {
                let piece = piece?;
                count.read += piece.read;
                count.rejected += piece.bad.len() as u64;
                if counted {
                    piece.bad.into_iter().try_for_each(|row| sink.bad_row(row))?;
                }
                count.keyless += piece.owners.keyless;
                count.orphans += piece.owners.orphans;
                count.future += piece.owners.future;
                if let (None, Some(key)) = (&count.first_orphan, &piece.orphan) {
                    count.first_orphan = Some(print::text(key, engine.clock().zone()));
                }
                asked.extend(piece.asked);
            }
            // While some threads tell of these, others read on.
            ((), pieces) = rayon::join(|| whole.tell(shared, id, &mut told, &asked), &mut read);
            sink.progress(count.read, &table.name);
        }
        pass.told(id, told);
        if counted {
            self.ran.children.insert(id, count);
        }
        Ok(())
    }

    /// A row whose key was there already.
    fn is_there(&self, id: TableId, file: &str, batch: &Batch, row: usize, verbatim: &[Vec<u8>]) -> Box<BadRow> {
        let table = self.engine.rulebook().schema.table(id);
        let key = table.key.and_then(|key| batch.column(key)).map_or(Value::Missing, |keys| keys.get(row));
        let text = print::text(&key, self.engine.clock().zone());
        Box::new(BadRow {
            file: file.to_owned(),
            line: batch.lines.get(row).copied().unwrap_or_default(),
            column: table.key.map(|key| table.column(key).header.clone()),
            reason: format!("the key `{text}` is there already"),
            verbatim: verbatim.get(row).cloned().unwrap_or_default(),
        })
    }
}
