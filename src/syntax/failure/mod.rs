//! What is said where a text stops to follow the grammar, and how it goes on.
//!
//! The grammar knows how far a text could be followed and what could have come next. What was probably meant is read off
//! the tokens around that place; where a mend is known it is made, and the rest of the declaration is read as well.

mod actions;
mod arms;
mod blocks;
mod brackets;
mod declarations;
mod deeds;
mod diaries;
mod entries;
mod expected;
mod forms;
mod habits;
mod names;
mod numbers;
mod operators;
mod phrases;
mod queries;
mod ranges;
mod slips;
mod tongue;
mod values;
mod windows;

use std::ops::Range;

use super::{
    ast::Declaration,
    build::Builder,
    cleaned::Cleaned,
    grammar::{self, Failure, Rule},
    recovery::skip_blanks,
    tokens::{Kind, Token, Tokens},
    words,
};
use crate::{
    diagnostic::{Code, Diagnostic, Edit, Fix, Sink, code},
    source::{SourceId, Span},
};

/// Places of the clean text, and what is written there instead.
type Edits = Vec<(Range<usize>, String)>;

/// How many mends are tried in one piece of text before its remainder is passed over.
const MENDS: usize = 64;

/// How far a chunk could be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mended {
    /// Beyond doubt.
    Surely,
    /// All of it was read, as it was probably meant.
    Probably,
    /// Some of it was passed over.
    Not,
}

/// Parses what it can of a chunk in which something is wrong, and tells what is. Where `spoiled`, what is wrong was told. Of the words
/// of the language in `taken` it is told where they are declared as names, and not where they are used.
pub(super) fn mend(
    source: SourceId,
    chunk: Cleaned,
    spoiled: bool,
    taken: &[&str],
    declarations: &mut Vec<Declaration>,
    sink: &mut Sink,
) -> Mended {
    let mut chunk = chunk;
    let mut mended = Mended::Surely;
    let (mut at, mut mends) = (0, 0);
    while let Some(rest) = chunk.text().get(at..).filter(|rest| !rest.is_empty()) {
        match grammar::declaration(rest) {
            Ok(pair) => {
                let end = pair.as_span().end();
                declarations.extend(Builder::new(source, &chunk, at, sink).declaration(pair));
                at = skip_blanks(chunk.text(), at + end);
            }
            Err(_) if spoiled => return Mended::Not,
            Err(failure) => {
                // What stands before a declaration that is broken at its beginning may be whole.
                if let Some((whole, begins)) = whole_before(rest, &failure) {
                    declarations.extend(Builder::new(source, &chunk, at, sink).declaration(whole));
                    at += begins;
                    continue;
                }
                let around = Around::new(rest, &failure, grammar::declaration);
                let edits = match around.use_of_a_taken_name(taken) {
                    Some(edit) => Some((vec![edit], false)),
                    None => tell(source, &chunk, at, (&failure, grammar::declaration), sink),
                };
                mends += 1;
                if edits.as_ref().is_some_and(|(_, certain)| !certain) {
                    mended = Mended::Probably;
                }
                let Some((edits, _)) = edits.filter(|_| mends <= MENDS) else {
                    if let Ok(pair) = grammar::declaration(rest.get(..failure.at).unwrap_or("")) {
                        declarations.extend(Builder::new(source, &chunk, at, sink).declaration(pair));
                    }
                    return Mended::Not;
                };
                apply(&mut chunk, at, edits);
                at = skip_blanks(chunk.text(), at);
            }
        }
    }
    mended
}

/// A whole declaration, where what is unexpected begins another one in the first column; and where that begins.
fn whole_before<'t>(text: &'t str, failure: &Failure) -> Option<(pest::iterators::Pair<'t, Rule>, usize)> {
    let begins = |token: &Token<'_>| {
        let first_column = text.get(..token.start).is_some_and(|before| before.ends_with('\n'));
        first_column && token.kind == Kind::Word && !words::is_reserved(token.text)
    };
    let around = Around::new(text, failure, grammar::declaration);
    let token = around.this().filter(|this| begins(this) && !around.word_goes_on(this));
    let token =
        token.or_else(|| around.previous().filter(|word| begins(word) && words::begins_declaration(word.text)))?;
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
        let Some((edits, _)) = tell(source, &chunk, at, (&failure, grammar::expression), sink) else { return };
        apply(&mut chunk, at, edits);
    }
}

/// Tells what is wrong; how it is mended, and whether that is beyond doubt.
fn tell(
    source: SourceId,
    chunk: &Cleaned,
    at: usize,
    (failure, grammar): (&Failure, Reader),
    sink: &mut Sink,
) -> Option<(Edits, bool)> {
    let around = Around::new(chunk.text().get(at..).unwrap_or(""), failure, grammar);
    let mistake = around.mistake();
    let (edits, certain) = (mistake.edits.clone(), mistake.certain);
    let told = mistake.diagnostic(|range| {
        let original = chunk.original(range.start + at..range.end + at);
        Span::new(source, original.start, original.end)
    });
    // A character that is mended as a whole needs no second mend as the character of another keyboard that it is.
    if !edits.is_empty() {
        let (whole, number) = (told.primary.span, matches!(told.code, code::BAD_NUMBER | code::BAD_UNIT));
        sink.withdraw(|it| {
            let inside = it.primary.span.source == whole.source
                && whole.start <= it.primary.span.start
                && it.primary.span.end <= whole.end;
            let typed = matches!(it.code, code::FOREIGN_CHARACTER | code::FOREIGN_QUOTES | code::FOREIGN_OPERATOR);
            typed && (it.primary.span == whole || number && inside)
                || it.code == code::SINGLE_QUOTES && number && inside
        });
    }
    sink.push(told);
    (!edits.is_empty()).then_some((edits, certain))
}

fn apply(chunk: &mut Cleaned, at: usize, mut edits: Edits) {
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
    edits: Edits,
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

/// What reads a text by the grammar: as a declaration, or as an expression.
type Reader = for<'t> fn(&'t str) -> Result<pest::iterators::Pair<'t, Rule>, Failure>;

/// Mends of a longer text are not tried before they are proposed.
const LONG: usize = 1 << 16;

/// The tokens around the place where a declaration stops to follow the grammar.
struct Around<'a> {
    text: &'a str,
    grammar: Reader,
    tokens: Vec<Token<'a>>,
    /// The unexpected token; the number of tokens where the end is what is unexpected.
    at: usize,
    expected: &'a [Rule],
}

impl<'a> Around<'a> {
    fn new(text: &'a str, failure: &'a Failure, grammar: Reader) -> Around<'a> {
        let tokens: Vec<Token<'a>> = Tokens::of(text).collect();
        let at = tokens.partition_point(|token| token.end() <= failure.at);
        Around { text, grammar, tokens, at, expected: &failure.expected }
    }

    /// What is wrong, asked of those who know, from the special to the general. Of several mends the one is taken with which the
    /// text goes on furthest, since what is proposed has to work where it is typed; one that leads nowhere is none.
    fn mistake(&self) -> Mistake {
        let knowing: [fn(&Self) -> Option<Mistake>; 14] = [
            Self::tongue,
            Self::diary,
            Self::action,
            Self::phrase,
            Self::habit,
            Self::value,
            Self::block,
            Self::range,
            Self::number,
            Self::declaration,
            Self::entry,
            Self::name,
            Self::operator,
            Self::bracket,
        ];
        let mut best: Option<(usize, Mistake)> = None;
        for mistake in knowing.iter().filter_map(|knows| knows(self)) {
            if mistake.edits.is_empty() {
                // Nobody knows it better who asks later, unless a mend is known already.
                if best.is_none() {
                    return mistake;
                }
                continue;
            }
            let reach = self.reach(&mistake.edits);
            if reach == usize::MAX {
                return mistake;
            }
            // A mend that only takes something away leaves less to mend.
            let shrinks = mistake.edits.iter().all(|(_, text)| text.trim().is_empty());
            let onward = reach > self.fails_at() || shrinks && reach >= self.fails_at();
            if onward && best.as_ref().is_none_or(|(furthest, _)| reach > *furthest) {
                best = Some((reach, mistake));
            }
        }
        best.map_or_else(|| self.unexpected(), |(_, mistake)| mistake)
    }

    /// `when known and spend > 5`, where a tag is called `known`: how the name is written.
    fn use_of_a_taken_name(&self, taken: &[&str]) -> Option<(Range<usize>, String)> {
        let near = [self.at.checked_sub(1), Some(self.at)];
        let uses = near.into_iter().flatten().filter(|at| *at > 1).filter_map(|at| self.tokens.get(at));
        let mut names = uses.filter(|it| it.kind == Kind::Word && taken.contains(&it.text));
        let edit = names.find_map(|it| {
            let edit = (it.range(), format!("`{}`", it.text));
            (self.reach(std::slice::from_ref(&edit)) > self.fails_at()).then_some(edit)
        });
        edit.filter(|_| self.text.len() <= LONG)
    }

    /// The first byte that is not expected.
    fn fails_at(&self) -> usize {
        self.this().map_or(self.text.len(), |this| this.start)
    }

    /// How far the text can be followed once it is mended so, as a place of the text as it is; no end where it is whole then.
    fn reach(&self, edits: &[(Range<usize>, String)]) -> usize {
        if self.text.len() > LONG {
            return usize::MAX;
        }
        let mut edits: Vec<&(Range<usize>, String)> = edits.iter().collect();
        edits.sort_by_key(|(range, _)| range.start);
        let mut mended = String::with_capacity(self.text.len() + 16);
        let mut kept = 0;
        // Where in the mended text each edit ends, and the place behind it in the text as it is.
        let mut behind = vec![];
        for (range, text) in edits {
            mended.push_str(self.slice(kept..range.start));
            mended.push_str(text);
            kept = range.end;
            behind.push((mended.len() - text.len(), mended.len(), range.clone()));
        }
        mended.push_str(self.slice(kept..self.text.len()));
        let Err(failure) = (self.grammar)(&mended) else { return usize::MAX };
        match behind.iter().rfind(|(start, ..)| *start <= failure.at) {
            None => failure.at,
            Some((_, end, range)) if failure.at < *end => range.start,
            Some((_, end, range)) => range.end + (failure.at - end),
        }
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
            !words::is_reserved(token.text)
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
        && !words::is_reserved(text);
    if plain { text.to_owned() } else { format!("`{text}`") }
}

/// Text inside one more pair of backticks, for a message: `` `vip` ``.
fn shown(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
