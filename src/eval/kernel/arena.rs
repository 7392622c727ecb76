//! The bits of conditions, and conditions that are made of others.

use super::{bits, leaf::by_truth};
use crate::{
    plan::{Node, NodeId, TruthKey},
    value::Truth,
};

/// Of whom a condition is true, and of whom false; the others do not know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits<'b> {
    pub(super) yes: &'b [u64],
    /// None where nobody is unknown: then it is all that are not `yes`.
    pub(super) no: Option<&'b [u64]>,
}

/// The bits of all conditions, one after the other in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Arena {
    pub(super) words: usize,
    pub(super) yes: Vec<u64>,
    pub(super) no: Vec<u64>,
    /// Of which conditions somebody is unknown.
    pub(super) open: Vec<bool>,
}

impl Arena {
    pub(super) fn new(nodes: usize, words: usize) -> Arena {
        Arena { words, yes: vec![0; nodes * words], no: vec![], open: vec![false; nodes] }
    }

    pub(super) fn get(&self, id: NodeId) -> Option<Bits<'_>> {
        let from = id.0 as usize * self.words;
        let yes = self.yes.get(from..from + self.words)?;
        let open = self.open.get(id.0 as usize).copied().unwrap_or(false);
        let no = if open { self.no.get(from..from + self.words) } else { None };
        Some(Bits { yes, no })
    }

    /// What stands before a condition, and where its own bits go.
    pub(super) fn at(&mut self, id: usize) -> (Before<'_>, &mut [u64]) {
        let from = (id * self.words).min(self.yes.len());
        let (yes, rest) = self.yes.split_at_mut(from);
        let own = rest.get_mut(..self.words).unwrap_or_default();
        (Before { words: self.words, yes, no: &self.no, open: &self.open }, own)
    }

    /// Says of whom a condition is false, where somebody is unknown.
    pub(super) fn set_no(&mut self, id: usize, no: &[u64]) {
        if self.no.is_empty() {
            self.no = vec![0; self.yes.len()];
        }
        let from = id * self.words;
        if let (Some(slot), Some(open)) = (self.no.get_mut(from..from + self.words), self.open.get_mut(id)) {
            slot.copy_from_slice(no);
            *open = true;
        }
    }
}

/// Conditions that are answered.
pub(super) struct Before<'b> {
    pub(super) words: usize,
    pub(super) yes: &'b [u64],
    pub(super) no: &'b [u64],
    pub(super) open: &'b [bool],
}

impl<'b> Before<'b> {
    pub(super) fn get(&self, id: &NodeId) -> Option<Bits<'b>> {
        let from = id.0 as usize * self.words;
        let yes = self.yes.get(from..from + self.words)?;
        let open = self.open.get(id.0 as usize).copied().unwrap_or(false);
        let no = if open { self.no.get(from..from + self.words) } else { None };
        Some(Bits { yes, no })
    }
}

impl Bits<'_> {
    pub(super) fn truth(&self, row: usize) -> Truth {
        match (bits::has(self.yes, row), self.no) {
            (true, _) => Truth::True,
            (false, Some(no)) if !bits::has(no, row) => Truth::Unknown,
            (false, _) => Truth::False,
        }
    }

    pub(super) fn no(&self, rows: usize) -> Vec<u64> {
        match self.no {
            Some(no) => no.to_vec(),
            None => inverted(self.yes, rows),
        }
    }
}

pub(super) fn inverted(bits: &[u64], rows: usize) -> Vec<u64> {
    let mut inverted: Vec<u64> = bits.iter().map(|word| !word).collect();
    bits::trim(&mut inverted, rows);
    inverted
}

/// A condition that is made of others, which are answered; gives of whom it is false, where somebody is unknown.
pub(super) fn combine(node: &Node, before: &Before<'_>, own: &mut [u64], rows: usize) -> Option<Vec<u64>> {
    let words = own.len();
    let fill = |own: &mut [u64], bits: &[u64]| own.copy_from_slice(bits);
    match node {
        Node::Atom(_) => None,
        Node::Always(TruthKey::True) => {
            fill(own, &bits::all(rows));
            None
        }
        Node::Always(TruthKey::False) => None,
        Node::Always(TruthKey::Unknown) => Some(vec![0; words]),
        Node::Not(inner) => {
            let inner = before.get(inner)?;
            match inner.no {
                Some(no) => {
                    fill(own, no);
                    Some(inner.yes.to_vec())
                }
                None => {
                    own.iter_mut().zip(inner.yes).for_each(|(own, yes)| *own = !yes);
                    bits::trim(own, rows);
                    None
                }
            }
        }
        Node::All(all) => {
            let mut parts = all.iter().filter_map(|id| before.get(id));
            let first = parts.next()?;
            fill(own, first.yes);
            for part in parts {
                own.iter_mut().zip(part.yes).for_each(|(all, part)| *all &= part);
            }
            let open = all.iter().filter_map(|id| before.get(id)).any(|part| part.no.is_some());
            open.then(|| {
                let mut no = vec![0; words];
                for part in all.iter().filter_map(|id| before.get(id)) {
                    match part.no {
                        Some(part) => no.iter_mut().zip(part).for_each(|(any, part)| *any |= part),
                        None => no.iter_mut().zip(part.yes).for_each(|(any, part)| *any |= !part),
                    }
                }
                bits::trim(&mut no, rows);
                no
            })
        }
        Node::Any(any) => {
            for part in any.iter().filter_map(|id| before.get(id)) {
                own.iter_mut().zip(part.yes).for_each(|(any, part)| *any |= part);
            }
            let open = any.iter().filter_map(|id| before.get(id)).any(|part| part.no.is_some());
            open.then(|| {
                let mut no = bits::all(rows);
                for part in any.iter().filter_map(|id| before.get(id)) {
                    match part.no {
                        Some(part) => no.iter_mut().zip(part).for_each(|(all, part)| *all &= part),
                        None => no.iter_mut().zip(part.yes).for_each(|(all, part)| *all &= !part),
                    }
                }
                no
            })
        }
        Node::AtLeast(needed, parts) => {
            let parts: Vec<Bits<'_>> = parts.iter().filter_map(|id| before.get(id)).collect();
            let answer =
                by_truth(rows, |row| Truth::at_least(i64::from(*needed), parts.iter().map(|part| part.truth(row))));
            fill(own, &answer.yes);
            answer.no
        }
        Node::Choose(condition, then, otherwise) => {
            let (condition, then, otherwise) = (before.get(condition)?, before.get(then)?, before.get(otherwise)?);
            let choose = |a: &[u64], b: &[u64]| -> Vec<u64> {
                let words = condition.yes.iter().zip(a.iter().zip(b));
                words.map(|(condition, (a, b))| condition & a | !condition & b).collect()
            };
            fill(own, &choose(then.yes, otherwise.yes));
            let open = then.no.is_some() || otherwise.no.is_some();
            open.then(|| choose(&then.no(rows), &otherwise.no(rows)))
        }
        Node::Closed(inner) => {
            fill(own, before.get(inner)?.yes);
            None
        }
        Node::IsUnknown(inner) => {
            let inner = before.get(inner)?;
            if let Some(no) = inner.no {
                own.iter_mut().zip(inner.yes.iter().zip(no)).for_each(|(own, (yes, no))| *own = !(yes | no));
                bits::trim(own, rows);
            }
            None
        }
    }
}
