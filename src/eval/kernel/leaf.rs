//! Leaves of conditions: comparisons, from the pieces that values lie in; texts, once each; anything else row by row.

use std::collections::HashMap;

use super::{At, Found, Frame, Kernel, Working, bits, column_of, pieces, pieces::Codes, slot_value};
use crate::{
    column::{Column, Data},
    ir::Expr,
    plan::{Atom, AtomId, Slot},
    schema::ColumnId,
    value::{Truth, Value},
};

impl Kernel<'_> {
    /// A comparison of a column with constants, straight from its pieces; false where it is none.
    pub(super) fn compared(
        &self,
        id: AtomId,
        at: usize,
        frame: &dyn Frame,
        found: &mut Found,
        working: &mut Working,
    ) -> bool {
        let Some(Atom::Range(slot, range)) = self.plan.atoms.get(id.0 as usize) else { return false };
        let rows = frame.rows();
        let column = match slot {
            Slot::Column(id) => frame.column(*id),
            Slot::Definition(id) => found.values.get(id).map(|column| (column, 0)),
            Slot::Aggregate(id) => frame.aggregates(*id),
        };
        let (Some((column, start)), Some(pieces)) = (column, self.pieces.get(slot)) else { return false };
        let Some(cuts) = self.plan.cuts.get(slot).filter(|_| pieces::fits(column) && !range.has_unknown()) else {
            return false;
        };
        let known = working.known.entry(*slot).or_insert_with(|| known_of(column, start, rows));
        let codes = working.codes.entry(*slot).or_insert_with(|| pieces.codes(column, start, rows));
        let (_, own) = found.nodes.at(at);
        bits::between(codes, cuts.piece(range.low), cuts.piece(range.high), own);
        if range.outside {
            own.iter_mut().for_each(|word| *word = !*word);
        }
        match known {
            None => bits::trim(own, rows),
            Some(known) => {
                let no = &mut working.no;
                no.clear();
                no.extend(own.iter().zip(known.iter()).map(|(yes, known)| !yes & known));
                own.iter_mut().zip(known.iter()).for_each(|(yes, known)| *yes &= known);
                found.nodes.set_no(at, no);
            }
        }
        true
    }

    pub(super) fn atom(&self, id: AtomId, frame: &dyn Frame, found: &Found, working: &mut Working) -> Answer {
        let rows = frame.rows();
        let Some(atom) = self.plan.atoms.get(id.0 as usize) else { return unknown(rows) };
        match atom {
            Atom::Range(slot, range) => match column_of(*slot, frame, found) {
                Some((column, start)) if pieces::fits(column) => {
                    let Some(pieces) = self.pieces.get(slot) else { return unknown(rows) };
                    let known = working.known.entry(*slot).or_insert_with(|| known_of(column, start, rows));
                    let codes = working.codes.entry(*slot).or_insert_with(|| pieces.codes(column, start, rows));
                    let Some(cuts) = self.plan.cuts.get(slot) else { return unknown(rows) };
                    let mut yes = vec![0; bits::words(rows)];
                    bits::between(codes, cuts.piece(range.low), cuts.piece(range.high), &mut yes);
                    if range.outside {
                        yes.iter_mut().for_each(|word| *word = !*word);
                    }
                    if range.has_unknown() {
                        let settled = settled(range, cuts, codes, known.clone(), rows);
                        return answered(yes, settled.as_deref(), rows);
                    }
                    answered(yes, known.as_deref(), rows)
                }
                Some((column, start)) => {
                    let keyed = |row: usize| {
                        let key = crate::plan::Domain::of(&self.type_of(*slot))
                            .and_then(|it| it.key(&column.get(start + row)));
                        key.map(|key| range.holds(key)).map_or(Truth::Unknown, |truth| truth)
                    };
                    by_truth(rows, keyed)
                }
                None => by_truth(rows, |row| {
                    let value = slot_value(*slot, frame, found, row);
                    let key = crate::plan::Domain::of(&self.type_of(*slot)).and_then(|it| it.key(&value));
                    key.map_or(Truth::Unknown, |key| range.holds(key))
                }),
            },
            Atom::Flag(slot) => match column_of(*slot, frame, found) {
                Some((column, start)) => match column.data() {
                    Data::Bool(flags) => {
                        let flags = flags.get(start..start + rows).unwrap_or_default();
                        let yes = packed(flags.iter().copied());
                        answered(yes, known_of(column, start, rows).as_deref(), rows)
                    }
                    _ => by_truth(rows, |row| Truth::of(&column.get(start + row))),
                },
                None => by_truth(rows, |row| Truth::of(&slot_value(*slot, frame, found, row))),
            },
            Atom::Known(slot) => match column_of(*slot, frame, found) {
                Some((column, start)) => {
                    Answer { yes: known_of(column, start, rows).unwrap_or_else(|| bits::all(rows)), no: None }
                }
                None => by_truth(rows, |row| Truth::from(slot_value(*slot, frame, found, row) != Value::Missing)),
            },
            Atom::OfText(column, expr) => self.of_text(*column, expr, frame, found, working),
            Atom::Opaque(expr) => {
                by_truth(rows, |row| self.interpreter.row(&At { kernel: self, frame, found, row }).truth(expr))
            }
        }
    }

    /// A condition on one column of texts: asked once of each different text.
    pub(super) fn of_text(
        &self,
        column: ColumnId,
        expr: &Expr,
        frame: &dyn Frame,
        found: &Found,
        working: &mut Working,
    ) -> Answer {
        let rows = frame.rows();
        let ask = |row: usize| self.interpreter.row(&At { kernel: self, frame, found, row }).truth(expr);
        let Some((values, start)) = frame.column(column) else { return by_truth(rows, ask) };
        let texts = working.texts.entry(column).or_insert_with(|| Dictionary::of(values, start, rows));
        let truths: Vec<Truth> = texts.rows.iter().map(|row| ask(*row)).collect();
        let held = |wanted: Truth| {
            let mut bits = vec![0; bits::words(rows)];
            let mut part = vec![0; bits::words(rows)];
            let mut at = 0;
            // Texts that stand together are looked for together.
            while at < truths.len() {
                let same = truths.get(at..).unwrap_or_default().iter().take_while(|truth| **truth == wanted).count();
                if same > 0 {
                    bits::between(&texts.codes, at as u32, (at + same) as u32, &mut part);
                    bits.iter_mut().zip(&part).for_each(|(bits, part)| *bits |= part);
                }
                at += same.max(1);
            }
            bits::trim(&mut bits, rows);
            bits
        };
        let open = truths.iter().any(|truth| truth.is_unknown());
        Answer { yes: held(Truth::True), no: open.then(|| held(Truth::False)) }
    }
}

/// The different texts of some rows of a column.
pub(super) struct Dictionary {
    /// Which of them each row has.
    pub(super) codes: Codes,
    /// A row that has each of them.
    pub(super) rows: Vec<usize>,
}

impl Dictionary {
    pub(super) fn of(column: &Column, start: usize, rows: usize) -> Dictionary {
        let mut known: HashMap<Option<&str>, u32> = HashMap::new();
        let mut first: Vec<usize> = vec![];
        let mut last: Option<(Option<&str>, u32)> = None;
        let code = |row: usize| {
            let text = match column.data() {
                Data::Texts(texts) if column.is_known(start + row) => texts.get(start + row),
                Data::Text(texts) => texts.get(start + row).and_then(Option::as_deref),
                _ => None,
            };
            if let Some((same, code)) = last
                && same == text
            {
                return code;
            }
            let next = first.len() as u32;
            let code = *known.entry(text).or_insert(next);
            if code == next {
                first.push(row);
            }
            last = Some((text, code));
            code
        };
        let codes: Vec<u32> = (0..rows).map(code).collect();
        let codes = match first.len() {
            few if few <= i8::MAX as usize => Codes::Small(codes.iter().map(|code| *code as i8).collect()),
            some if some <= i16::MAX as usize => Codes::Middle(codes.iter().map(|code| *code as i16).collect()),
            _ => Codes::Large(codes),
        };
        Dictionary { codes, rows: first }
    }
}

/// The bits of a leaf.
pub(super) struct Answer {
    pub(super) yes: Vec<u64>,
    pub(super) no: Option<Vec<u64>>,
}

pub(super) fn unknown(rows: usize) -> Answer {
    let none = vec![0; bits::words(rows)];
    Answer { yes: none.clone(), no: Some(none) }
}

/// Of a leaf: true where it holds and its value is known, false where its value is known and it does not hold.
pub(super) fn answered(yes: Vec<u64>, known: Option<&[u64]>, rows: usize) -> Answer {
    let mut yes = yes;
    match known {
        None => {
            bits::trim(&mut yes, rows);
            Answer { yes, no: None }
        }
        Some(known) => {
            let no = yes.iter().zip(known).map(|(yes, known)| !yes & known).collect();
            yes.iter_mut().zip(known).for_each(|(yes, known)| *yes &= known);
            Answer { yes, no: Some(no) }
        }
    }
}

/// Where a value of a column is known; none where it always is.
pub(super) fn known_of(column: &Column, start: usize, rows: usize) -> Option<Vec<u64>> {
    let first = start / 64;
    let mut known = column.known().get(first..first + bits::words(rows)).unwrap_or_default().to_vec();
    known.resize(bits::words(rows), 0);
    bits::trim(&mut known, rows);
    (bits::count(&known) != rows as u64).then_some(known)
}

/// Where a leaf is true or false: its value is known, and is none of which it is unknown.
pub(super) fn settled(
    range: &crate::plan::Range,
    cuts: &crate::plan::Cuts,
    codes: &Codes,
    known: Option<Vec<u64>>,
    rows: usize,
) -> Option<Vec<u64>> {
    if !range.has_unknown() {
        return known;
    }
    let mut open = vec![0; bits::words(rows)];
    bits::between(codes, 0, cuts.piece(range.unknown), &mut open);
    bits::trim(&mut open, rows);
    if let Some(known) = known {
        open.iter_mut().zip(known).for_each(|(open, known)| *open &= known);
    }
    Some(open)
}

pub(super) fn by_truth(rows: usize, truth: impl FnMut(usize) -> Truth) -> Answer {
    let truths: Vec<Truth> = (0..rows).map(truth).collect();
    let yes = packed(truths.iter().map(|truth| truth.is_true()));
    let unknown = truths.iter().any(|truth| truth.is_unknown());
    let no = unknown.then(|| packed(truths.iter().map(|truth| *truth == Truth::False)));
    Answer { yes, no }
}

pub(super) fn packed(flags: impl ExactSizeIterator<Item = bool>) -> Vec<u64> {
    let mut words = vec![0; bits::words(flags.len())];
    for (row, flag) in flags.enumerate() {
        if let Some(word) = words.get_mut(row / 64) {
            *word |= u64::from(flag) << (row % 64);
        }
    }
    words
}
