//! Pieces that are in memory already.

use std::sync::Arc;

use crate::{
    column::Batch,
    data::{DataError, Memory, Parsed},
    schema::ColumnId,
};

/// Some columns of rows that were read before.
#[derive(Clone, Debug)]
pub(in crate::data) struct Kept {
    pieces: Arc<Vec<Parsed>>,
    /// Of each column that is wanted the one that is kept.
    columns: Vec<(ColumnId, ColumnId)>,
    /// How many columns the table has.
    width: usize,
    /// Whether rows of child tables are wanted that stand in them.
    nested: bool,
}

/// The pieces, one after the other.
pub(super) struct Part {
    kept: Arc<Kept>,
    at: usize,
    memory: Arc<Memory>,
}

/// One of them.
pub(super) struct Piece {
    kept: Arc<Kept>,
    at: usize,
}

impl Kept {
    pub(in crate::data) fn new(
        pieces: Arc<Vec<Parsed>>,
        columns: Vec<(ColumnId, ColumnId)>,
        width: usize,
        nested: bool,
    ) -> Kept {
        Kept { pieces, columns, width, nested }
    }
}

impl Part {
    pub(super) fn of(kept: Kept, memory: &Arc<Memory>) -> Part {
        Part { kept: Arc::new(kept), at: 0, memory: Arc::clone(memory) }
    }

    /// The next piece; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, DataError> {
        self.memory.check()?;
        let at = self.at;
        self.at += 1;
        Ok((at < self.kept.pieces.len()).then(|| Piece { kept: Arc::clone(&self.kept), at }))
    }
}

impl Piece {
    /// A copy of its rows.
    pub(super) fn parse(&self) -> Parsed {
        let Kept { pieces, columns, width, nested } = &*self.kept;
        let Some(piece) = pieces.get(self.at) else { return Parsed::default() };
        let mut all = vec![None; *width];
        for (wanted, kept) in columns {
            if let Some(slot) = all.get_mut(wanted.0 as usize) {
                *slot = piece.batch.column(*kept).cloned();
            }
        }
        Parsed {
            file: Arc::clone(&piece.file),
            batch: Batch { columns: all, rows: piece.batch.rows, lines: piece.batch.lines.clone() },
            bad: piece.bad.clone(),
            children: if *nested { piece.children.clone() } else { vec![] },
            verbatim: vec![],
        }
    }
}
