//! The order in which definitions are evaluated: each after those it reads. A rulebook may chain ten thousand `let`s, so
//! nothing here recurses.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use foldhash::fast::RandomState;

use super::{
    Checker,
    book::{Book, Definition},
    names::{Meaning, Names},
    walk,
};
use crate::{
    cores,
    diagnostic::{Diagnostic, code::CYCLE},
    intern::Symbol,
    ir::DefinitionId,
    source::Span,
};

/// Fewer definitions are looked through as fast by one.
const LONG: usize = 256;

/// The definitions of a rulebook in order.
pub(super) struct Order {
    /// Every one once, each after those it reads, otherwise in the order written.
    pub(super) all: Vec<DefinitionId>,
    /// Those that read no others.
    pub(super) alone: Vec<DefinitionId>,
}

/// What a definition reads, and where it says so first.
type Reads = Vec<(usize, Span)>;

impl Checker<'_> {
    /// Definitions that read themselves are told, and ordered as if they did not.
    pub(super) fn order(&mut self, book: &Book<'_>) -> Order {
        let reads = self.reads(book);
        let alone = reads.iter().enumerate().filter(|(_, reads)| reads.is_empty());
        let alone = alone.map(|(at, _)| DefinitionId(at as u32)).collect();
        let mut readers: Vec<Vec<usize>> = vec![vec![]; reads.len()];
        for (reader, read) in reads.iter().enumerate() {
            for (at, _) in read {
                if let Some(readers) = readers.get_mut(*at) {
                    readers.push(reader);
                }
            }
        }
        let mut waiting: Vec<usize> = reads.iter().map(Vec::len).collect();
        let mut done = vec![false; reads.len()];
        let mut ready: BinaryHeap<Reverse<usize>> =
            waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| Reverse(at)).collect();
        let mut order = Vec::with_capacity(reads.len());
        let mut first_left = 0;
        loop {
            while let Some(Reverse(at)) = ready.pop() {
                if std::mem::replace(done.get_mut(at).expect("an index of a definition"), true) {
                    continue;
                }
                order.push(DefinitionId(at as u32));
                for reader in readers.get(at).into_iter().flatten() {
                    let count = waiting.get_mut(*reader).expect("an index of a definition");
                    *count -= 1;
                    if *count == 0 {
                        ready.push(Reverse(*reader));
                    }
                }
            }
            // What is left reads itself, or reads what does.
            while done.get(first_left) == Some(&true) {
                first_left += 1;
            }
            if first_left >= done.len() {
                return Order { all: order, alone };
            }
            let cycle = find_cycle(first_left, &reads, &done);
            self.tell_cycle(book, &cycle);
            ready.extend(cycle.iter().map(|(at, _)| Reverse(*at)));
            for (at, _) in &cycle {
                // It is put in order now, so nobody may count it down to zero again.
                if let Some(count) = waiting.get_mut(*at) {
                    *count = usize::MAX;
                }
            }
        }
    }

    fn reads(&self, book: &Book<'_>) -> Vec<Reads> {
        let threads = cores::parts(book.definitions.len(), LONG);
        let parts: Vec<_> = book.definitions.chunks(book.definitions.len().div_ceil(threads).max(1)).collect();
        let (names, root) = (&*self.names, &self.schema.root().name);
        if threads == 1 {
            return parts.into_iter().flat_map(|part| reads_of(part, names, root)).collect();
        }
        let found = cores::side_by_side(&parts, cores::FLAT, |part| reads_of(part, names, root));
        let found = found.into_iter().zip(parts);
        // What no thread has done is done here.
        found.flat_map(|(found, part)| found.unwrap_or_else(|| reads_of(part, names, root))).collect()
    }

    fn tell_cycle(&mut self, book: &Book<'_>, cycle: &[(usize, Span)]) {
        let name = |at: usize| book.definitions.get(at).and_then(|it| it.rule.name());
        // Told where the first declared of them begins.
        let mut cycle = cycle.to_vec();
        let first = cycle.iter().enumerate().min_by_key(|(_, (at, _))| *at).map_or(0, |(place, _)| place);
        cycle.rotate_left(first);
        let Some(start) = cycle.first().and_then(|(at, _)| name(*at)) else { return };
        let mut path: Vec<&str> =
            cycle.iter().filter_map(|(at, _)| name(*at)).map(|name| name.symbol.as_str()).collect();
        path.push(start.symbol.as_str());
        let shown = if path.len() > 12 {
            let ends = [
                path.get(..6).unwrap_or_default().join(" → "),
                path.get(path.len() - 5..).unwrap_or_default().join(" → "),
            ];
            ends.join(" → … → ")
        } else {
            path.join(" → ")
        };
        let message = if cycle.len() == 1 {
            format!("`{}` reads itself", start.symbol)
        } else {
            format!("`{}` reads itself: {shown}", start.symbol)
        };
        let primary = cycle.first().map_or(start.span(), |(_, read)| *read);
        let mut diagnostic = Diagnostic::error(CYCLE, primary, message);
        for (at, read) in cycle.iter().skip(1).take(8) {
            if let Some(name) = name(*at) {
                diagnostic = diagnostic.label(*read, format!("read by `{}`", name.symbol));
            }
        }
        let help = if cycle.len() == 1 {
            format!("if `{0}` is also a field of the data, give the rule another name than `{0}`", start.symbol)
        } else {
            "take one of these out: a rule cannot hang on its own answer".to_owned()
        };
        self.sink.push(diagnostic.help(help));
    }
}

/// What each of some definitions reads.
fn reads_of(definitions: &[Definition<'_>], names: &Names, root: &Symbol) -> Vec<Reads> {
    let reads = |definition: &Definition<'_>| {
        let mut found: HashMap<usize, Span, RandomState> = HashMap::default();
        for expr in definition.rule.expressions() {
            walk::names(expr, root, &mut |name| {
                if let Some(Meaning::Definition(id)) = names.get(&name.symbol) {
                    found.entry(id.0 as usize).or_insert(name.span());
                }
            });
        }
        let mut reads: Reads = found.into_iter().collect();
        reads.sort_unstable();
        reads
    };
    definitions.iter().map(reads).collect()
}

/// Follows what is read from a definition that is left over, until one comes again.
fn find_cycle(from: usize, reads: &[Reads], done: &[bool]) -> Vec<(usize, Span)> {
    let mut path: Vec<(usize, Span)> = vec![];
    let mut place: HashMap<usize, usize> = HashMap::new();
    let mut at = from;
    loop {
        if let Some(start) = place.get(&at) {
            return path.split_off(*start);
        }
        let next = reads.get(at).into_iter().flatten().find(|(read, _)| done.get(*read) == Some(&false));
        let Some((read, span)) = next else { return vec![(at, Span::default())] };
        place.insert(at, path.len());
        path.push((at, *span));
        at = *read;
    }
}
