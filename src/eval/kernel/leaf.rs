//! Leaves of conditions that are no comparison with constants: flags; texts, asked once each; anything else row by row.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{At, Found, Frame, Kernel, bits, column_of, program::Leaf, slot_value};
use crate::{
    column::{Column, Data},
    plan::{Atom, AtomId, Domain, Range, Slot},
    schema::ColumnId,
    value::{Truth, Value},
};

/// Of which rows a leaf is true, and of which it is true or false; none where that is all.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) yes: Vec<u64>,
    pub(super) settled: Option<Vec<u64>>,
}

/// Texts of a column that were asked about, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Memo {
    places: HashMap<Box<str>, u32, RandomState>,
    /// By question about the column: what is true of each text, the missing one first.
    truths: Vec<Vec<Truth>>,
}

/// Texts of a column that are remembered.
const REMEMBERED: usize = 1 << 14;

impl Kernel<'_> {
    pub(super) fn leaf(
        &self,
        leaf: Leaf,
        frame: &dyn Frame,
        found: &Found,
        memos: &mut HashMap<ColumnId, Memo>,
    ) -> Answer {
        let rows = frame.rows();
        let id = match leaf {
            Leaf::KnownText(column) => return known(frame.column(column), rows),
            Leaf::Atom(id) => id,
        };
        match self.plan.atoms.get(id.0 as usize) {
            None => Answer { yes: vec![0; bits::words(rows)], settled: Some(vec![0; bits::words(rows)]) },
            Some(Atom::Range(slot, range)) => {
                by_truth(rows, |row| self.compared(*slot, range, &slot_value(*slot, frame, found, row)))
            }
            Some(Atom::Flag(slot)) => match column_of(*slot, frame, found) {
                Some((column, start)) => match column.data() {
                    Data::Bool(flags) => {
                        let mut yes = packed(flags.get(start..start + rows).unwrap_or_default());
                        let known = known_of(column, start, rows);
                        known.iter().for_each(|known| yes.iter_mut().zip(known).for_each(|(yes, known)| *yes &= known));
                        Answer { yes, settled: known }
                    }
                    _ => by_truth(rows, |row| Truth::of(&column.get(start + row))),
                },
                None => by_truth(rows, |row| Truth::of(&slot_value(*slot, frame, found, row))),
            },
            Some(Atom::Known(slot)) => match column_of(*slot, frame, found) {
                Some(column) => known(Some(column), rows),
                None => by_truth(rows, |row| Truth::from(slot_value(*slot, frame, found, row) != Value::Missing)),
            },
            Some(Atom::IsText(column, text)) => {
                by_truth(rows, |row| match slot_value(Slot::Column(*column), frame, found, row) {
                    Value::Text(it) => Truth::from(it == *text),
                    _ => Truth::Unknown,
                })
            }
            Some(Atom::OfText(column, _)) => self.of_text(id, *column, frame, found, memos.entry(*column).or_default()),
            Some(Atom::Opaque(expr)) => {
                by_truth(rows, |row| self.interpreter.row(&At { kernel: self, frame, found, row }).truth(expr))
            }
        }
    }

    fn compared(&self, slot: Slot, range: &Range, value: &Value) -> Truth {
        let key = Domain::of(&self.type_of(slot)).and_then(|domain| domain.key(value));
        key.map_or(Truth::Unknown, |key| range.holds(key))
    }

    /// A condition on one column of texts: asked once of each different text.
    fn of_text(&self, id: AtomId, column: ColumnId, frame: &dyn Frame, found: &Found, memo: &mut Memo) -> Answer {
        let rows = frame.rows();
        let questions = self.text_questions.get(&column).map_or(&[][..], Vec::as_slice);
        let ask = |id: &AtomId, row: usize| match self.plan.atoms.get(id.0 as usize) {
            Some(Atom::OfText(_, expr)) => self.interpreter.row(&At { kernel: self, frame, found, row }).truth(expr),
            _ => Truth::Unknown,
        };
        let Some((values, start)) = frame.column(column) else { return by_truth(rows, |row| ask(&id, row)) };
        if memo.places.len() > REMEMBERED {
            *memo = Memo::default();
        }
        let Some(at) = questions.iter().position(|it| *it == id) else { return by_truth(rows, |row| ask(&id, row)) };
        if memo.truths.is_empty() {
            // What is true of a missing text is found where one is.
            memo.truths = vec![vec![]; questions.len()];
        }
        let mut missing: Option<Truth> = None;
        let truth = |row: usize| {
            let Some(text) = text_of(values, start + row) else {
                return *missing.get_or_insert_with(|| ask(&id, row));
            };
            let place = match memo.places.get(text) {
                Some(place) => *place as usize,
                None => {
                    let place = memo.places.len();
                    memo.places.insert(text.into(), place as u32);
                    memo.truths.iter_mut().zip(questions).for_each(|(truths, id)| truths.push(ask(id, row)));
                    place
                }
            };
            memo.truths.get(at).and_then(|truths| truths.get(place)).copied().unwrap_or(Truth::Unknown)
        };
        by_truth(rows, truth)
    }
}

fn text_of(column: &Column, row: usize) -> Option<&str> {
    match column.data() {
        Data::Texts(texts) if column.is_known(row) => texts.get(row),
        Data::Text(texts) if column.is_known(row) => texts.get(row).and_then(Option::as_deref),
        _ => None,
    }
}

fn known(column: Option<(&Column, usize)>, rows: usize) -> Answer {
    let yes = match column {
        Some((column, start)) => known_of(column, start, rows).unwrap_or_else(|| bits::all(rows)),
        None => vec![0; bits::words(rows)],
    };
    Answer { yes, settled: None }
}

/// Where a value of a column is known; none where it always is.
fn known_of(column: &Column, start: usize, rows: usize) -> Option<Vec<u64>> {
    let first = start / 64;
    let mut known = column.known().get(first..first + bits::words(rows)).unwrap_or_default().to_vec();
    known.resize(bits::words(rows), 0);
    bits::trim(&mut known, rows);
    (bits::count(&known) != rows as u64).then_some(known)
}

fn by_truth(rows: usize, truth: impl FnMut(usize) -> Truth) -> Answer {
    let mut truth = truth;
    let (mut yes, mut settled) = (vec![0; bits::words(rows)], bits::all(rows));
    let mut open = false;
    for row in 0..rows {
        let (word, bit) = (row / 64, 1 << (row % 64));
        match truth(row) {
            Truth::True => yes.iter_mut().skip(word).take(1).for_each(|word| *word |= bit),
            Truth::False => {}
            Truth::Unknown => {
                open = true;
                settled.iter_mut().skip(word).take(1).for_each(|word| *word &= !bit);
            }
        }
    }
    Answer { yes, settled: open.then_some(settled) }
}

fn packed(flags: &[bool]) -> Vec<u64> {
    let word = |flags: &[bool]| flags.iter().enumerate().fold(0, |word, (at, flag)| word | u64::from(*flag) << at);
    flags.chunks(64).map(word).collect()
}
