//! What could not be read, and what follows from that: one mistake, one message.
//!
//! Where a declaration has a mistake of syntax, the others are checked all the same. Names that are written in it may be declared
//! by it, so nothing is said of them elsewhere; and nothing is said of a declaration that was mended as it was probably meant.

use std::collections::HashSet;

use crate::{
    diagnostic::{Diagnostic, Severity, Sink},
    intern::Symbol,
    source::{Sources, Span},
    syntax::{DECLARATIONS, ast, is_reserved},
};

/// Words of declarations that are rarely names.
const KEYWORDS: &[&str] = &[
    "key",
    "of",
    "by",
    "at",
    "on",
    "from",
    "text",
    "int",
    "decimal",
    "float",
    "bool",
    "date",
    "timestamp",
    "duration",
    "exclusive",
    "clamp",
    "enter",
    "exit",
    "send",
    "do",
    "hold",
    "given",
    "expect",
];

/// The stretches of all files that could not be read.
#[derive(Default)]
pub(super) struct Unread<'a> {
    stretches: Vec<&'a ast::Unread>,
    /// Names that only they may declare.
    names: HashSet<&'a Symbol>,
}

impl<'a> Unread<'a> {
    pub(super) fn of(files: &'a [ast::File]) -> Unread<'a> {
        let mut unread =
            Unread { stretches: files.iter().flat_map(|file| &file.unread).collect(), ..Unread::default() };
        if unread.stretches.is_empty() {
            return unread;
        }
        unread.names = unread.stretches.iter().flat_map(|stretch| &stretch.names).collect();
        for declaration in files.iter().flat_map(|file| &file.declarations) {
            if unread.stretch_around(declaration.span()).is_some() {
                continue;
            }
            if let Some(name) = declaration.name() {
                unread.names.remove(&name.symbol);
            }
            if let ast::DeclarationKind::Table(table) = &declaration.kind {
                for column in table.columns.iter().flatten() {
                    unread.names.remove(&column.name.symbol);
                }
            }
        }
        unread
    }

    /// Whether a table is among them, so that columns are unknown.
    pub(super) fn has_a_table(&self) -> bool {
        self.stretches.iter().any(|it| !it.mended && it.names.iter().any(|name| name.as_str() == "table"))
    }

    fn stretch_around(&self, span: Span) -> Option<&'a ast::Unread> {
        let within = |it: &&&ast::Unread| {
            let place = it.place.0;
            place.source == span.source && place.start <= span.start && span.start < place.end.max(place.start + 1)
        };
        self.stretches.iter().find(within).copied()
    }

    /// Whether only the beginning of a declaration was read.
    pub(super) fn has_cut(&self, declaration: &ast::Declaration) -> bool {
        self.stretch_around(declaration.span()).is_some_and(|stretch| !stretch.mended)
    }

    /// The names that what could not be read may declare.
    pub(super) fn declared(&self) -> Vec<String> {
        let cut = self.stretches.iter().filter(|stretch| !stretch.mended);
        let names = cut.flat_map(|stretch| &stretch.names).map(Symbol::as_str);
        let is_word = |name: &&str| DECLARATIONS.contains(name) || is_reserved(name) || KEYWORDS.contains(name);
        let mut names: Vec<String> = names.filter(|name| !is_word(name)).map(str::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Takes back, of what was told after the mistakes of syntax, which came first: doubts, what could not be read, names that it
    /// may declare, and what touches the place of a mistake, since it is to be written anew.
    pub(super) fn withdraw_what_follows(&self, sources: &Sources, first: usize, sink: &mut Sink) {
        let syntax: Vec<Span> = sink.found().iter().take(first).map(|told| told.primary.span).collect();
        let touches = |told: &Diagnostic| {
            let edits = told.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
            edits.chain([told.primary.span]).any(|span| syntax.iter().any(|it| overlap(*it, span)))
        };
        sink.withdraw_after(first, |told| {
            told.severity == Severity::Warning
                || self.stretch_around(told.primary.span).is_some()
                || touches(told)
                || self.names_one(sources, told)
        });
    }

    fn names_one(&self, sources: &Sources, told: &Diagnostic) -> bool {
        let text = sources.slice(told.primary.span);
        let words = text.split(|it: char| !unicode_ident::is_xid_continue(it) && it != '`');
        words.filter(|word| !word.is_empty()).any(|word| self.names.contains(&Symbol::new(word.trim_matches('`'))))
    }
}

fn overlap(one: Span, other: Span) -> bool {
    one.source == other.source && one.start < other.end && other.start < one.end
}
