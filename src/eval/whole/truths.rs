//! Conditions of clauses, answered for many rows at once: of each row whether it is true, and whether it is false.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::{
    column::{Column, Data},
    eval::whole::asked::{Place, Rows},
    ir::Expr,
    plan::{Atom, AtomId, Node, NodeId, Plan, Range, Slot, TruthKey, float_key},
    schema::ColumnId,
    value::{Truth, Value},
};

/// A bit a row; those behind the last row mean nothing.
pub(super) type Bits = Vec<u64>;

/// Of which rows a condition is true, and of which false; of the others it is unknown.
#[derive(Clone, Debug)]
pub(super) struct Truths {
    pub(super) yes: Bits,
    pub(super) no: Bits,
}

/// Answers all conditions of a plan, in its order.
pub(super) fn answer(plan: &Plan<'_>, rows: &Rows<'_>) -> Vec<Truths> {
    let mut all: Vec<Truths> = Vec::with_capacity(plan.nodes.len());
    for node in &plan.nodes {
        let truths = match node {
            Node::Atom(atom) => leaf(plan, *atom, rows),
            node => combine(node, &all, rows.len()),
        };
        all.push(truths);
    }
    all
}

impl Truths {
    fn of(rows: usize, truth: impl Fn(usize) -> Truth) -> Truths {
        let mut truths = Truths { yes: none(rows), no: none(rows) };
        for (at, (yes, no)) in truths.yes.iter_mut().zip(&mut truths.no).enumerate() {
            for bit in 0..64.min(rows - at * 64) {
                let truth = truth(at * 64 + bit);
                *yes |= u64::from(truth.is_true()) << bit;
                *no |= u64::from(!truth.is_true() && !truth.is_unknown()) << bit;
            }
        }
        truths
    }

    /// True or false of each known row.
    fn decided(mut yes: Bits, known: &[u64]) -> Truths {
        let no = yes.iter().zip(known).map(|(yes, known)| !yes & known).collect();
        yes.iter_mut().zip(known).for_each(|(yes, known)| *yes &= known);
        Truths { yes, no }
    }

    fn truth(&self, row: usize) -> Truth {
        match (has(&self.yes, row), has(&self.no, row)) {
            (true, _) => Truth::True,
            (false, true) => Truth::False,
            (false, false) => Truth::Unknown,
        }
    }
}

/// Whether a row's bit is set.
#[inline]
pub(super) fn has(bits: &[u64], row: usize) -> bool {
    bits.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
}

/// No bit for so many rows.
pub(super) fn none(rows: usize) -> Bits {
    vec![0; rows.div_ceil(64)]
}

/// A bit for each row of which something holds.
fn packed(rows: usize, holds: impl Fn(usize) -> bool) -> Bits {
    let word =
        |at: usize| (0..64.min(rows - at * 64)).fold(0, |word, bit| word | u64::from(holds(at * 64 + bit)) << bit);
    (0..rows.div_ceil(64)).map(word).collect()
}

/// The same of values that stand one after the other.
fn packed_of<T: Copy>(values: &[T], holds: impl Fn(T) -> bool) -> Bits {
    let word =
        |values: &[T]| values.iter().enumerate().fold(0, |word, (bit, value)| word | u64::from(holds(*value)) << bit);
    values.chunks(64).map(word).collect()
}

/// A condition that is made of others, which are answered.
fn combine(node: &Node, all: &[Truths], rows: usize) -> Truths {
    let get = |id: &NodeId| all.get(id.0 as usize);
    let joined = |parts: &[NodeId], of: fn(&Truths) -> &Bits, join: fn(u64, u64) -> u64| -> Bits {
        let mut parts = parts.iter().filter_map(get).map(of);
        let Some(mut joined) = parts.next().cloned() else { return none(rows) };
        for part in parts {
            joined.iter_mut().zip(part).for_each(|(joined, part)| *joined = join(*joined, *part));
        }
        joined
    };
    let yes: fn(&Truths) -> &Bits = |it| &it.yes;
    let no: fn(&Truths) -> &Bits = |it| &it.no;
    let and: fn(u64, u64) -> u64 = |a, b| a & b;
    let or: fn(u64, u64) -> u64 = |a, b| a | b;
    let unknown = || Truths { yes: none(rows), no: none(rows) };
    match node {
        Node::Atom(_) | Node::Always(TruthKey::Unknown) => unknown(),
        Node::Always(TruthKey::True) => Truths { yes: vec![u64::MAX; rows.div_ceil(64)], no: none(rows) },
        Node::Always(TruthKey::False) => Truths { yes: none(rows), no: vec![u64::MAX; rows.div_ceil(64)] },
        Node::Not(inner) => get(inner).map_or_else(unknown, |it| Truths { yes: it.no.clone(), no: it.yes.clone() }),
        Node::All(parts) => Truths { yes: joined(parts, yes, and), no: joined(parts, no, or) },
        Node::Any(parts) => Truths { yes: joined(parts, yes, or), no: joined(parts, no, and) },
        Node::AtLeast(needed, parts) => {
            let parts: Vec<&Truths> = parts.iter().filter_map(get).collect();
            Truths::of(rows, |row| Truth::at_least(i64::from(*needed), parts.iter().map(|part| part.truth(row))))
        }
        Node::Choose(condition, then, otherwise) => {
            let (Some(condition), Some(then), Some(otherwise)) = (get(condition), get(then), get(otherwise)) else {
                return unknown();
            };
            let choose = |a: &Bits, b: &Bits| -> Bits {
                let words = condition.yes.iter().zip(a.iter().zip(b));
                words.map(|(condition, (a, b))| condition & a | !condition & b).collect()
            };
            Truths { yes: choose(&then.yes, &otherwise.yes), no: choose(&then.no, &otherwise.no) }
        }
        Node::Closed(inner) => get(inner).map_or_else(unknown, |it| {
            let no = it.yes.iter().map(|yes| !yes).collect();
            Truths { yes: it.yes.clone(), no }
        }),
        Node::IsUnknown(inner) => get(inner).map_or_else(unknown, |it| {
            let known: Bits = it.yes.iter().zip(&it.no).map(|(yes, no)| yes | no).collect();
            Truths { yes: known.iter().map(|known| !known).collect(), no: known }
        }),
    }
}

fn leaf(plan: &Plan<'_>, id: AtomId, rows: &Rows<'_>) -> Truths {
    let unknown = || Truths { yes: none(rows.len()), no: none(rows.len()) };
    match plan.atoms.get(id.0 as usize) {
        None => unknown(),
        Some(Atom::Range(slot, range)) => rows.place(*slot).map_or_else(unknown, |place| in_range(&place, range, rows)),
        Some(Atom::Flag(slot)) => rows.place(*slot).map_or_else(unknown, |place| {
            let yes = match (place.straight(rows.len()), place.column().data()) {
                (Some(start), Data::Bool(flags)) => {
                    packed_of(flags.get(start..start + rows.len()).unwrap_or_default(), |flag| flag)
                }
                _ => packed(rows.len(), |row| place.value(row) == Value::Bool(true)),
            };
            Truths::decided(yes, &place.known(rows.len()))
        }),
        Some(Atom::Known(slot)) => rows.place(*slot).map_or_else(unknown, |place| {
            let yes = place.known(rows.len());
            let no = yes.iter().map(|known| !known).collect();
            Truths { yes, no }
        }),
        Some(Atom::IsText(column, text)) => {
            rows.place(Slot::Column(*column)).map_or_else(unknown, |place| is_text(&place, text, rows))
        }
        Some(Atom::OfText(column, expr)) => of_text(*column, expr, rows),
        Some(Atom::Opaque(expr)) => opaque(expr, rows),
    }
}

/// Row by row, of the rows that are somebody's.
fn opaque(expr: &Expr, rows: &Rows<'_>) -> Truths {
    let mut asking = rows.asking(&[expr]);
    let mut truths = Truths { yes: none(rows.len()), no: none(rows.len()) };
    for row in (0..rows.len()).filter(|row| rows.is_somebodys(*row)) {
        let truth = asking.ask(row, |row| row.truth(expr));
        let bits = if truth.is_true() { &mut truths.yes } else { &mut truths.no };
        if let (false, Some(word)) = (truth.is_unknown(), bits.get_mut(row / 64)) {
            *word |= 1 << (row % 64);
        }
    }
    truths
}

fn in_range(place: &Place<'_>, range: &Range, rows: &Rows<'_>) -> Truths {
    let len = rows.len();
    let known = place.known(len);
    let wide = |key: i128| range.holds(key).is_true();
    let mut yes = match place.column().data() {
        Data::Decimal(values, _) => {
            packed(len, |row| place.at(row).and_then(|at| values.get(at)).is_some_and(|key| wide(*key)))
        }
        data => {
            // The range among keys of 64 bits, both ends in.
            let least = i64::try_from(range.low.max(i128::from(i64::MIN)));
            let most = i64::try_from((range.high.saturating_sub(1)).min(i128::from(i64::MAX)));
            let (least, most) = match (least, most) {
                (Ok(least), Ok(most)) if least <= most => (least, most),
                _ => (1, 0),
            };
            let outside = range.outside;
            let holds = |key: i64| ((least <= key) & (key <= most)) != outside;
            let straight = place.straight(len);
            macro_rules! held {
                ($values:expr, $key:expr) => {
                    match straight {
                        Some(start) => {
                            packed_of($values.get(start..start + len).unwrap_or_default(), |it| holds($key(it)))
                        }
                        None => packed(len, |row| {
                            place.at(row).and_then(|at| $values.get(at)).is_some_and(|it| holds($key(*it)))
                        }),
                    }
                };
            }
            match data {
                Data::Int(values) | Data::Short(values, _) | Data::Timestamp(values) => held!(values, |it: i64| it),
                Data::Date(values) => held!(values, |it: i32| i64::from(it)),
                Data::Choice(values) => held!(values, |it: u32| i64::from(it)),
                Data::Float(values) => held!(values, float_key),
                Data::Decimal(..)
                | Data::Bool(_)
                | Data::Text(_)
                | Data::Texts(_)
                | Data::Duration(_)
                | Data::List(_) => none(len),
            }
        }
    };
    if !range.has_unknown() {
        return Truths::decided(yes, &known);
    }
    let settled = packed(len, |row| {
        // Only moments have an age, and none of those to come.
        match place.value(row) {
            Value::Timestamp(at) => i128::from(at) < range.unknown,
            Value::Date(at) => i128::from(at) < range.unknown,
            _ => false,
        }
    });
    yes.iter_mut().zip(&settled).for_each(|(yes, settled)| *yes &= settled);
    let known: Bits = known.iter().zip(&settled).map(|(known, settled)| known & settled).collect();
    Truths::decided(yes, &known)
}

/// A condition on one column of texts: asked once of each different text.
fn of_text(id: ColumnId, expr: &Expr, rows: &Rows<'_>) -> Truths {
    let Some(column) = rows.own(id) else { return opaque(expr, rows) };
    let start = rows.start();
    let mut asking = rows.asking(&[expr]);
    if let (Data::Texts(texts), true) = (column.data(), column.all_known())
        && let Some((codes, many)) = texts.codes().filter(|(_, many)| *many <= rows.len())
    {
        // Once for each text that rows share.
        let codes = codes.get(start..start + rows.len()).unwrap_or_default();
        let mut truths: Vec<Option<Truth>> = vec![None; many];
        for (row, code) in codes.iter().enumerate() {
            if let Some(truth @ None) = truths.get_mut(*code as usize) {
                *truth = Some(asking.ask(row, |row| row.truth(expr)));
            }
        }
        let is = |wanted: Truth| -> Bits {
            let held: Vec<bool> = truths.iter().map(|truth| *truth == Some(wanted)).collect();
            packed_of(codes, |code| held.get(code as usize).copied().unwrap_or(false))
        };
        return Truths { yes: is(Truth::True), no: is(Truth::False) };
    }
    let mut seen: HashMap<Option<&str>, Truth, RandomState> = HashMap::default();
    let mut truths = Truths { yes: none(rows.len()), no: none(rows.len()) };
    for row in 0..rows.len() {
        let text = match column.data() {
            Data::Texts(texts) if column.is_known(start + row) => texts.get(start + row),
            Data::Text(texts) if column.is_known(start + row) => texts.get(start + row).and_then(Option::as_deref),
            _ => None,
        };
        let truth = *seen.entry(text).or_insert_with(|| asking.ask(row, |row| row.truth(expr)));
        let bits = if truth.is_true() { &mut truths.yes } else { &mut truths.no };
        if let (false, Some(word)) = (truth.is_unknown(), bits.get_mut(row / 64)) {
            *word |= 1 << (row % 64);
        }
    }
    truths
}

/// `category = "fruit"`
fn is_text(place: &Place<'_>, wanted: &str, rows: &Rows<'_>) -> Truths {
    let (column, len) = (place.column(), rows.len());
    let known = place.known(len);
    let yes = match (column.data(), place.straight(len)) {
        (Data::Texts(texts), Some(start)) => match texts.codes() {
            Some((codes, many)) if many <= len => {
                let is: Vec<bool> = (0..many).map(|at| texts.text(at) == Some(wanted)).collect();
                let codes = codes.get(start..start + len).unwrap_or_default();
                packed_of(codes, |code| is.get(code as usize).copied().unwrap_or(false))
            }
            Some(_) | None => packed(len, |row| texts.get(start + row) == Some(wanted)),
        },
        (Data::Texts(texts), None) => packed(len, |row| place.at(row).and_then(|at| texts.get(at)) == Some(wanted)),
        (Data::Text(texts), _) => {
            packed(len, |row| place.at(row).and_then(|at| texts.get(at)?.as_deref()) == Some(wanted))
        }
        _ => none(len),
    };
    Truths::decided(yes, &known)
}

/// Whether rows of a column are known, from a row on that is a multiple of 64.
pub(super) fn known_from(column: &Column, start: usize, rows: usize) -> Bits {
    let words = column.known().get(start / 64..).unwrap_or_default();
    let mut known: Bits = words.iter().copied().take(rows.div_ceil(64)).collect();
    known.resize(rows.div_ceil(64), 0);
    known
}
