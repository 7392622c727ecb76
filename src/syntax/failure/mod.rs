//! What is said where a text stops to follow the grammar, and how it goes on.
//!
//! The grammar knows how far a text could be followed and what could have come next. What was probably meant is read off
//! the tokens around that place; where a mend is known it is made, and the rest of the declaration is read as well.

mod blocks;
mod brackets;
mod declarations;
mod entries;
mod expected;
mod forms;
mod habits;
mod names;
mod numbers;
mod operators;
mod phrases;
mod ranges;
mod values;

use std::ops::Range;

use super::{
    ast::Declaration,
    build::Builder,
    cleaned::Cleaned,
    grammar::{self, Failure, Rule},
    recovery::skip_blanks,
    tokens::{Kind, Token, Tokens},
};
use crate::{
    diagnostic::{Code, Diagnostic, Edit, Fix, Sink, code},
    source::{SourceId, Span},
};

/// How many mends are tried in one piece of text before its remainder is passed over.
const MENDS: usize = 64;

/// Parses what it can of a chunk in which something is wrong, and tells what is. Where `spoiled`, what is wrong was told.
pub(super) fn mend(
    source: SourceId,
    chunk: Cleaned,
    spoiled: bool,
    declarations: &mut Vec<Declaration>,
    sink: &mut Sink,
) {
    let mut chunk = chunk;
    let (mut at, mut mends) = (0, 0);
    while let Some(rest) = chunk.text().get(at..).filter(|rest| !rest.is_empty()) {
        match grammar::declaration(rest) {
            Ok(pair) => {
                let end = pair.as_span().end();
                declarations.extend(Builder::new(source, &chunk, at, sink).declaration(pair));
                at = skip_blanks(chunk.text(), at + end);
            }
            Err(_) if spoiled => return,
            Err(failure) => {
                // What stands before a declaration that is broken at its beginning may be whole.
                if let Some((whole, begins)) = whole_before(rest, &failure) {
                    declarations.extend(Builder::new(source, &chunk, at, sink).declaration(whole));
                    at += begins;
                    continue;
                }
                let edits = tell(source, &chunk, at, &failure, sink);
                mends += 1;
                let Some(edits) = edits.filter(|_| mends <= MENDS) else {
                    if let Ok(pair) = grammar::declaration(rest.get(..failure.at).unwrap_or("")) {
                        declarations.extend(Builder::new(source, &chunk, at, sink).declaration(pair));
                    }
                    return;
                };
                apply(&mut chunk, at, edits);
                at = skip_blanks(chunk.text(), at);
            }
        }
    }
}

/// A whole declaration, where what is unexpected begins another one in the first column; and where that begins.
fn whole_before<'t>(text: &'t str, failure: &Failure) -> Option<(pest::iterators::Pair<'t, Rule>, usize)> {
    let begins = |token: &Token<'_>| {
        let first_column = text.get(..token.start).is_some_and(|before| before.ends_with('\n'));
        first_column && token.kind == Kind::Word && !super::words::is_reserved(token.text)
    };
    let around = Around::new(text, failure);
    let token = around.this().filter(|this| begins(this) && !around.word_goes_on(this));
    let token = token
        .or_else(|| around.previous().filter(|word| begins(word) && super::words::begins_declaration(word.text)))?;
    let whole = grammar::declaration(text.get(..token.start)?).ok()?;
    Some((whole, token.start))
}

/// The expression that a mended text is, for as long as there is a mend.
pub(super) fn mend_expression(source: SourceId, chunk: Cleaned, spoiled: bool, sink: &mut Sink) {
    let mut chunk = chunk;
    for _ in 0..MENDS {
        let at = skip_blanks(chunk.text(), 0);
        let Err(failure) = grammar::expression(chunk.text().get(at..).unwrap_or("")) else { return };
        if spoiled {
            return;
        }
        let Some(edits) = tell(source, &chunk, at, &failure, sink) else { return };
        apply(&mut chunk, at, edits);
    }
}

fn tell(
    source: SourceId,
    chunk: &Cleaned,
    at: usize,
    failure: &Failure,
    sink: &mut Sink,
) -> Option<Vec<(Range<usize>, String)>> {
    let around = Around::new(chunk.text().get(at..).unwrap_or(""), failure);
    let mistake = around.mistake();
    let edits = mistake.edits.clone();
    let told = mistake.diagnostic(|range| {
        let original = chunk.original(range.start + at..range.end + at);
        Span::new(source, original.start, original.end)
    });
    // A character that is mended as a whole needs no second mend as the character of another keyboard that it is.
    if !edits.is_empty() {
        sink.withdraw(|it| it.code == code::FOREIGN_CHARACTER && it.primary.span == told.primary.span);
    }
    sink.push(told);
    (!edits.is_empty()).then_some(edits)
}

fn apply(chunk: &mut Cleaned, at: usize, mut edits: Vec<(Range<usize>, String)>) {
    edits.sort_by_key(|(range, _)| range.start);
    for (range, text) in edits.into_iter().rev() {
        chunk.mend(range.start + at..range.end + at, &text);
    }
}

/// A mistake, in places of the clean text.
struct Mistake {
    code: Code,
    primary: Range<usize>,
    message: String,
    help: Vec<String>,
    label: Option<(Range<usize>, String)>,
    title: String,
    /// How it is mended; nothing where that is not known.
    edits: Vec<(Range<usize>, String)>,
    certain: bool,
}

impl Mistake {
    fn new(code: Code, primary: Range<usize>, message: impl Into<String>) -> Mistake {
        let message = message.into();
        Mistake {
            code,
            primary,
            message,
            help: vec![],
            label: None,
            title: String::new(),
            edits: vec![],
            certain: false,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Mistake {
        self.help.push(help.into());
        self
    }

    fn label(mut self, range: Range<usize>, message: impl Into<String>) -> Mistake {
        self.label = Some((range, message.into()));
        self
    }

    /// Beyond doubt what was meant.
    fn fix(mut self, title: impl Into<String>, range: Range<usize>, text: impl Into<String>) -> Mistake {
        self.certain = true;
        self.suggest(title, range, text)
    }

    /// Says of a mend that it is beyond doubt, or that it is not.
    fn certain_if(mut self, certain: bool) -> Mistake {
        self.certain = certain;
        self
    }

    /// Probably what was meant.
    fn suggest(mut self, title: impl Into<String>, range: Range<usize>, text: impl Into<String>) -> Mistake {
        self.title = title.into();
        self.edits.push((range, text.into()));
        self
    }

    fn diagnostic(self, span: impl Fn(Range<usize>) -> Span) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, span(self.primary), self.message);
        diagnostic.help = self.help;
        if let Some((range, message)) = self.label {
            diagnostic = diagnostic.label(span(range), message);
        }
        if self.edits.is_empty() {
            return diagnostic;
        }
        let edits = self.edits.into_iter().map(|(range, text)| Edit { span: span(range), text }).collect();
        diagnostic.with_fix(Fix { title: self.title, edits, certain: self.certain })
    }
}

/// The tokens around the place where a declaration stops to follow the grammar.
struct Around<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    /// The unexpected token; the number of tokens where the end is what is unexpected.
    at: usize,
    expected: &'a [Rule],
}

impl<'a> Around<'a> {
    fn new(text: &'a str, failure: &'a Failure) -> Around<'a> {
        let tokens: Vec<Token<'a>> = Tokens::of(text).collect();
        let at = tokens.partition_point(|token| token.end() <= failure.at);
        Around { text, tokens, at, expected: &failure.expected }
    }

    /// What is wrong, asked of those who know, from the special to the general.
    fn mistake(&self) -> Mistake {
        None.or_else(|| self.phrase())
            .or_else(|| self.habit())
            .or_else(|| self.value())
            .or_else(|| self.block())
            .or_else(|| self.range())
            .or_else(|| self.number())
            .or_else(|| self.declaration())
            .or_else(|| self.entry())
            .or_else(|| self.name())
            .or_else(|| self.operator())
            .or_else(|| self.bracket())
            .unwrap_or_else(|| self.unexpected())
    }

    /// Whether a word is a misspelt one that goes on with what stands before it, rather than one that begins anew.
    fn word_goes_on(&self, word: &Token<'_>) -> bool {
        let continues = ["and", "or", "otherwise", "clamp", "from", "column", "keep"];
        declarations::misspelt(word.text, &continues).is_some()
    }

    /// The token so many after the unexpected one, or before it.
    fn token(&self, offset: isize) -> Option<&Token<'a>> {
        self.tokens.get(self.at.checked_add_signed(offset)?)
    }

    /// The unexpected token.
    fn this(&self) -> Option<&Token<'a>> {
        self.token(0)
    }

    fn previous(&self) -> Option<&Token<'a>> {
        self.token(-1)
    }

    fn next(&self) -> Option<&Token<'a>> {
        self.token(1)
    }

    fn expects(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    fn expects_any(&self, rules: &[Rule]) -> bool {
        rules.iter().any(|rule| self.expects(*rule))
    }

    /// Whether an operand, rather than something behind one, could have come next.
    fn expects_operand(&self) -> bool {
        use Rule::*;
        self.expects_any(&[
            expression,
            operand,
            primary,
            postfix,
            signed,
            product,
            sum,
            comparison,
            negation,
            conjunction,
            disjunction,
            range,
            points,
            literal,
        ])
    }

    /// Whether what came before ends an operand, so that an operator could have come next.
    fn follows_operand(&self) -> bool {
        !self.expects_operand() && self.previous().is_some_and(ends_operand)
    }

    /// Where something is missing after the token before.
    fn gap(&self) -> usize {
        self.previous().map_or(0, Token::end)
    }

    /// The brackets that are open before the unexpected token, outermost first.
    fn open(&self) -> Vec<&Token<'a>> {
        let mut open: Vec<&Token<'a>> = vec![];
        for token in self.tokens.iter().take(self.at) {
            match token.text {
                "(" | "[" | "{" if token.kind == Kind::Sign => open.push(token),
                ")" | "]" | "}" if token.kind == Kind::Sign => {
                    open.pop();
                }
                _ => {}
            }
        }
        open
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or("")
    }
}

fn ends_operand(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Word => {
            !super::words::is_reserved(token.text)
                || matches!(token.text, "true" | "false" | "missing" | "known" | "now" | "today" | "ago")
        }
        Kind::Quoted | Kind::Number | Kind::Text => true,
        Kind::Sign => matches!(token.text, ")" | "]" | "}"),
    }
}

/// A name as it has to be written: in backticks where it is no plain word.
fn as_name(text: &str) -> String {
    let mut letters = text.chars();
    let plain = letters.next().is_some_and(|it| unicode_ident::is_xid_start(it) || it == '_')
        && letters.all(unicode_ident::is_xid_continue)
        && !super::words::is_reserved(text);
    if plain { text.to_owned() } else { format!("`{text}`") }
}

/// Text inside one more pair of backticks, for a message: `` `vip` ``.
fn shown(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
