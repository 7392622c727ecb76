//! Of a long rulebook the definitions that build on no others are looked at ahead, on all cores. Where there is anything to tell, or
//! anything is asked about many rows or of what is remembered, the definition is looked at again in its place: what is found is
//! what would be found in one after the other.

use std::{collections::HashMap, sync::Arc};

use super::{
    Checker,
    book::{Book, Rule},
};
use crate::{
    cores,
    diagnostic::Sink,
    intern::Texts,
    ir::{self, Definition, DefinitionId},
};

/// Fewer definitions are looked at as fast by one.
const LONG: usize = 256;

/// After so many that must be looked at again, the others are not looked at ahead.
const PATIENCE: usize = 16;

impl Checker<'_> {
    /// Definitions by their ids; none of those that are still to be looked at. `alone` are those that read no others.
    pub(super) fn ahead(&self, book: &Book<'_>, alone: &[DefinitionId]) -> Vec<Option<Definition>> {
        let ids = (0..book.definitions.len() as u32).map(DefinitionId);
        let threads = cores::parts(alone.len(), LONG);
        if threads == 1 {
            return ids.map(|_| None).collect();
        }
        let parts: Vec<&[DefinitionId]> = alone.chunks(alone.len().div_ceil(threads)).collect();
        // What no thread has done is done in its place.
        let found = cores::side_by_side(&parts, cores::FLAT, |part| self.part_ahead(book, part));
        let mut found = found.into_iter().flatten().flatten().peekable();
        // Both ascend; one out of its turn would hold up those behind it, which are then looked at in their place.
        ids.map(|id| found.next_if(|(found, _)| *found == id).map(|(_, definition)| definition)).collect()
    }

    fn part_ahead(&self, book: &Book<'_>, part: &[DefinitionId]) -> Vec<(DefinitionId, Definition)> {
        let mut found = Vec::with_capacity(part.len());
        let mut sink = Sink::new();
        let mut beside = self.beside(&mut sink);
        let mut again = 0;
        for id in part {
            let Some(written) = book.definitions.get(id.0 as usize) else { continue };
            if matches!(written.rule, Rule::Level(_) | Rule::Layer(_) | Rule::Funnel(_)) {
                continue;
            }
            let definition = beside.definition(*id, written);
            if beside.leaves_traces() {
                again += 1;
                if again == PATIENCE {
                    break;
                }
                sink = Sink::new();
                beside = self.beside(&mut sink);
            } else if let Some(definition) = definition {
                found.push((*id, definition));
            }
        }
        found
    }

    /// Another checker that knows what is declared, and nothing of definitions that were looked at.
    pub(super) fn beside<'s>(&'s self, sink: &'s mut Sink) -> Checker<'s> {
        Checker {
            sources: self.sources,
            sink,
            zone: self.zone.clone(),
            surplus: self.surplus,
            names: Arc::clone(&self.names),
            texts: Texts::default(),
            schema: self.schema.clone(),
            column_types: self.column_types.clone(),
            facts: self.facts,
            params: self.params.clone(),
            types: vec![],
            choices: self.choices.clone(),
            by_types: HashMap::new(),
            aggregates: vec![],
            funnels: HashMap::new(),
            scope: None,
            segments: self.segments.clone(),
            tags: self.tags.clone(),
            memory: ir::Memory::default(),
            with: vec![],
            settled: HashMap::new(),
            ladders: self.ladders.clone(),
        }
    }

    /// Whether anything but a definition came of what was looked at.
    fn leaves_traces(&self) -> bool {
        let ir::Memory { here, since, kept } = &self.memory;
        !self.sink.found().is_empty()
            || !self.aggregates.is_empty()
            || here.is_some()
            || !since.is_empty()
            || !kept.is_empty()
            || !self.settled.is_empty()
    }
}
