//! What segments do: triggers, deeds, messages and the policy, from trees to [`ir::Actions`].
//!
//! Expressions are lowered as everywhere; what is checked here is what holds of deeds alone: constants, shares, hours,
//! holes, and what channels want.

mod amount;
mod channel;
mod conduct;
mod deed;
mod hole;
mod hours;
mod message;
mod policy;
mod split;
mod trigger;

pub(super) use conduct::{Conduct, Stated, Wanted, deeds, each_deed};

use std::collections::HashSet;

use super::{Checker, book::Book, may_be_missing::MayBeMissing};
use crate::{
    intern::Symbol,
    ir::{self, Channel, Definition, DefinitionId, Hours},
    source::Span,
    syntax::ast,
};

impl Checker<'_> {
    /// What all segments do; what is wrong is told and left out.
    pub(super) fn actions(
        &mut self,
        book: &Book<'_>,
        conduct: &Conduct<'_>,
        definitions: &[Option<Definition>],
        order: &[DefinitionId],
    ) -> ir::Actions {
        if book.channels.is_empty() && book.policies.is_empty() && book.segments_that_do().next().is_none() {
            return ir::Actions::default();
        }
        let missing = MayBeMissing::new(definitions, order, self);
        let mut deeds = Deeds {
            checker: self,
            conduct,
            definitions,
            missing,
            channels: vec![],
            quiet: vec![],
            sent: HashSet::new(),
            told: HashSet::new(),
        };
        for channel in &book.channels {
            let channel = deeds.channel(channel);
            deeds.channels.push(channel);
        }
        let policy = deeds.policy(book);
        let segments = book.segments_that_do().map(|(id, segment)| deeds.segment(id, segment));
        let segments = segments.collect();
        ir::Actions { segments, policy, channels: deeds.channels, memory: ir::Memory::default() }
    }
}

/// Deeds on their way to meaning.
struct Deeds<'c, 'k, 'a> {
    checker: &'k mut Checker<'a>,
    conduct: &'c Conduct<'c>,
    definitions: &'c [Option<Definition>],
    missing: MayBeMissing,
    channels: Vec<Channel>,
    /// When the policy lets nothing go out, and where it says so.
    quiet: Vec<(Hours, Span)>,
    /// The templates that are sent.
    sent: HashSet<Symbol>,
    /// What was told of templates, which several deeds may send.
    told: HashSet<(Span, String)>,
}

impl<'c> Deeds<'c, '_, '_> {
    fn segment(&mut self, segment: DefinitionId, written: &'c ast::Segment) -> ir::SegmentActions {
        let mut found = ir::SegmentActions { segment, require: vec![], triggers: vec![], backfill: false };
        for entry in written.entries.iter().flatten() {
            match entry {
                ast::SegmentEntry::Require(condition) => found.require.extend(self.checker.condition(condition)),
                ast::SegmentEntry::Trigger(trigger) => found.triggers.extend(self.trigger(trigger)),
                ast::SegmentEntry::Backfill(_) => found.backfill = true,
            }
        }
        found
    }
}
