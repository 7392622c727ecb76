//! From pest's pairs to the tree, one construct a file.

mod clause;
mod data;
mod expression;
pub(super) mod literal;
mod rules;
mod segment;
mod testing;

pub(super) use clause::is_aggregate;
use pest::iterators::Pair;

use super::{
    ast::{Declaration, DeclarationKind, Expr, Name, Place, Text},
    cleaned::Cleaned,
    grammar::{Parts, Rule},
};
use crate::{
    diagnostic::{Diagnostic, Sink, code},
    intern::Symbol,
    source::{SourceId, Span},
};

/// How deep brackets, `not`, unary minus, `if` and calls may nest (LANGUAGE.md §1).
pub(super) const DEEPEST: usize = 128;

/// Builds the tree of one declaration or expression.
pub(super) struct Builder<'a> {
    source: SourceId,
    cleaned: &'a Cleaned,
    /// Where in the clean text the parsed slice begins.
    base: usize,
    sink: &'a mut Sink,
    depth: usize,
    too_deep: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: SourceId, cleaned: &'a Cleaned, base: usize, sink: &'a mut Sink) -> Builder<'a> {
        Builder { source, cleaned, base, sink, depth: 0, too_deep: false }
    }

    /// A declaration; none where it nests too deep, which is told.
    pub(super) fn declaration(&mut self, pair: Pair<'_, Rule>) -> Option<Declaration> {
        let place = self.place(&pair);
        let inner = Parts::of(pair).need();
        let parts_of = |pair| Parts::of(pair);
        let kind = match inner.as_rule() {
            Rule::rulebook => DeclarationKind::Rulebook(self.rulebook(parts_of(inner))),
            Rule::table => DeclarationKind::Table(Box::new(self.table(parts_of(inner)))),
            Rule::param => DeclarationKind::Param(self.param(parts_of(inner))),
            Rule::list_declaration => DeclarationKind::List(self.list_declaration(parts_of(inner))),
            Rule::let_declaration => DeclarationKind::Let(self.let_declaration(parts_of(inner))),
            Rule::tag => DeclarationKind::Tag(self.tag(parts_of(inner))),
            Rule::score => DeclarationKind::Score(Box::new(self.score(parts_of(inner)))),
            Rule::level => DeclarationKind::Level(Box::new(self.level(parts_of(inner)))),
            Rule::layer => DeclarationKind::Layer(self.layer(parts_of(inner))),
            Rule::funnel => DeclarationKind::Funnel(self.funnel(parts_of(inner))),
            Rule::segment => DeclarationKind::Segment(Box::new(self.segment(parts_of(inner)))),
            Rule::policy => DeclarationKind::Policy(self.policy(parts_of(inner))),
            Rule::template => DeclarationKind::Template(self.template(parts_of(inner))),
            Rule::channel => DeclarationKind::Channel(self.channel(parts_of(inner))),
            Rule::test => DeclarationKind::Test(self.test(parts_of(inner))),
            Rule::snapshot => DeclarationKind::Snapshot(Box::new(self.snapshot(parts_of(inner)))),
            other => unreachable!("{other:?} is no declaration"),
        };
        (!self.too_deep).then_some(Declaration { description: None, kind, place })
    }

    /// A whole expression; none where it nests too deep, which is told.
    pub(super) fn whole_expression(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let expr = self.expression(pair);
        (!self.too_deep).then_some(expr)
    }

    /// The original place of a pair, without the white space that pest lets it end in.
    fn place(&self, pair: &Pair<'_, Rule>) -> Place {
        let start = self.base + pair.as_span().start();
        Place(self.span(start, start + pair.as_str().trim_end().len()))
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let original = self.cleaned.original(start..end);
        Span::new(self.source, original.start, original.end)
    }

    fn tell(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    /// One level deeper; false, and told once, where that is too deep.
    fn enter(&mut self, place: Place) -> bool {
        self.depth += 1;
        if self.depth > DEEPEST && !self.too_deep {
            self.too_deep = true;
            self.tell(too_deep(place.0));
        }
        self.depth <= DEEPEST
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn name(&mut self, pair: Pair<'_, Rule>) -> Name {
        let place = self.place(&pair);
        let written = pair.as_str().trim_end();
        let bare = written.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(written);
        Name { symbol: Symbol::new(bare), place }
    }

    fn text(&mut self, pair: Pair<'_, Rule>) -> Text {
        Text { value: literal::unescape(pair.as_str()), place: self.place(&pair) }
    }

    /// `"重要客户"`, where it stands.
    fn label(&mut self, parts: &mut Parts<'_>) -> Option<Text> {
        let label = parts.if_next(Rule::label)?;
        Some(self.text(Parts::of(label).need()))
    }
}

/// Whether `suffix` is a unit of duration.
pub(super) fn is_unit(suffix: &str) -> bool {
    literal::unit(suffix).is_some()
}

/// Each character that a quoted text says, and the byte of `written` at which it begins.
pub(super) fn spelled(written: &str, says: &mut dyn FnMut(char, usize)) {
    literal::spelled(written, says);
}

/// What is said of a nest that is too deep.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(code::TOO_DEEP, span, format!("this is nested more than {DEEPEST} levels deep"))
        .note("each bracket, `not`, unary minus, `if` and call is one level")
        .help("give an inner part a name of its own with `let` and write that name here")
}
