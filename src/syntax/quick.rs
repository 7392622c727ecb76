//! What most rules are made of, read in one go: tags and `let`s of names, literals, comparisons, lists and calls.
//!
//! The grammar says what the language is, mistakes above all, and this is a shortcut past it, since a long rulebook is thousands of
//! such rules. What it is not sure of it leaves to the grammar; where it reads a declaration, the tree is the grammar's.

use std::iter::Peekable;

use super::{
    ast::{
        Argument, Clause, CompareOp, Declaration, DeclarationKind, Direction, Expr, ExprKind, Let, Literal, Name,
        Place, Range, Tag, Test, Text, UpperEnd,
    },
    build::{is_aggregate, literal},
    cleaned::Cleaned,
    grammar, is_reserved,
    tokens::{Kind, Token, Tokens},
};
use crate::{
    intern::{Symbol, Texts},
    source::{SourceId, Span},
};

/// Brackets and `not`s that nest deeper are left to the grammar, which counts them.
const DEEPEST: usize = 32;

/// The declaration that the clean text from `base` to `end` is, through and through; none where the grammar has to say.
pub(super) fn declaration(
    source: SourceId,
    cleaned: &Cleaned,
    (base, end): (usize, usize),
    names: &mut Texts,
) -> Option<Declaration> {
    let tokens = Tokens::of(cleaned.text().get(base..end)?).peekable();
    Reader { source, cleaned, base, tokens, last: 0, depth: 0, names }.declaration()
}

struct Reader<'a, 'n> {
    source: SourceId,
    cleaned: &'a Cleaned,
    /// Where in the clean text the tokens begin.
    base: usize,
    tokens: Peekable<Tokens<'a>>,
    /// Where the token before ends.
    last: usize,
    depth: usize,
    names: &'n mut Texts,
}

impl<'a> Reader<'a, '_> {
    fn declaration(&mut self) -> Option<Declaration> {
        let start = self.start()?;
        let first = self.next()?;
        let kind = match first.text {
            "tag" => {
                let (name, label) = self.named()?;
                self.word("when")?;
                DeclarationKind::Tag(Tag { name, label, condition: self.disjunction()? })
            }
            "let" => {
                let (name, label) = self.named()?;
                self.sign("=")?;
                DeclarationKind::Let(Let { name, label, value: self.disjunction()? })
            }
            _ => return None,
        };
        if self.tokens.peek().is_some() {
            return None;
        }
        Some(Declaration { description: None, kind, place: self.place(start) })
    }

    /// A declaration's name, and its label.
    fn named(&mut self) -> Option<(Name, Option<Text>)> {
        let start = self.start()?;
        let symbol = Symbol::new(name_in(&self.next()?)?);
        let name = Name { symbol, place: self.place(start) };
        let Some(label) = self.tokens.next_if(|token| token.kind == Kind::Text) else { return Some((name, None)) };
        self.last = label.end();
        Some((name, Some(Text { value: text_in(label.text)?, place: self.place(label.start) })))
    }

    fn disjunction(&mut self) -> Option<Expr> {
        self.chain("or", Self::conjunction, ExprKind::Or)
    }

    fn conjunction(&mut self) -> Option<Expr> {
        self.chain("and", Self::negation, ExprKind::And)
    }

    fn chain(
        &mut self,
        between: &str,
        part: fn(&mut Self) -> Option<Expr>,
        kind: fn(Vec<Expr>) -> ExprKind,
    ) -> Option<Expr> {
        let start = self.start()?;
        let first = part(self)?;
        if !self.is_word(between) {
            return Some(first);
        }
        let mut all = vec![first];
        while self.word(between).is_some() {
            all.push(part(self)?);
        }
        Some(Expr { kind: kind(all), place: self.place(start) })
    }

    fn negation(&mut self) -> Option<Expr> {
        let start = self.start()?;
        if self.word("not").is_none() {
            return self.comparison();
        }
        let inner = self.deeper(Self::negation)?;
        Some(Expr { kind: ExprKind::Not(Box::new(inner)), place: self.place(start) })
    }

    fn comparison(&mut self) -> Option<Expr> {
        let start = self.start()?;
        let left = self.operand()?;
        let Some(next) = self.tokens.peek() else { return Some(left) };
        let kind = match (next.kind, next.text) {
            (Kind::Sign, "=" | "!=" | "<" | "<=" | ">" | ">=") => {
                let op = compare_op(next.text);
                let op_start = next.start;
                self.next();
                let op_place = self.place(op_start);
                ExprKind::Compare { op, op_place, left: Box::new(left), right: Box::new(self.operand()?) }
            }
            (Kind::Word, "is" | "not" | "in" | "between" | "within" | "contains" | "starts" | "ends") => {
                let test_start = next.start;
                let negated = self.word("not").is_some();
                let test = self.test(negated)?;
                ExprKind::Test { subject: Box::new(left), negated, test, test_place: self.place(test_start) }
            }
            _ => return Some(left),
        };
        Some(Expr { kind, place: self.place(start) })
    }

    fn test(&mut self, negated: bool) -> Option<Test> {
        Some(match self.next()?.text {
            "is" if !negated && self.word("missing").is_some() => Test::IsMissing,
            "is" if !negated => self.word("known").map(|()| Test::IsKnown)?,
            "in" => Test::In(self.boxed()?),
            "between" => Test::Between(self.range()?),
            "within" if self.word("next").is_some() => Test::WithinNext(self.boxed()?),
            "within" => Test::Within(self.boxed()?),
            "contains" => Test::Contains(self.boxed()?),
            "starts" => self.word("with").and_then(|()| Some(Test::StartsWith(self.boxed()?)))?,
            "ends" => self.word("with").and_then(|()| Some(Test::EndsWith(self.boxed()?)))?,
            _ => return None,
        })
    }

    fn range(&mut self) -> Option<Range> {
        let start = self.start()?;
        let from = self.boxed()?;
        let upper = match self.next()?.text {
            ".." => UpperEnd::Included,
            "..<" => UpperEnd::Excluded,
            _ => return None,
        };
        Some(Range { from, to: self.boxed()?, upper, place: self.place(start) })
    }

    fn boxed(&mut self) -> Option<Box<Expr>> {
        self.operand().map(Box::new)
    }

    fn operand(&mut self) -> Option<Expr> {
        let start = self.start()?;
        let first = self.next()?;
        let kind = match (first.kind, first.text) {
            (Kind::Text, written) => ExprKind::Literal(Literal::Text(text_in(written)?)),
            (Kind::Number, written) => ExprKind::Literal(literal::plain(written)?),
            (Kind::Word, word @ ("true" | "false")) => ExprKind::Literal(Literal::Bool(word == "true")),
            (Kind::Word | Kind::Quoted, _) => {
                let name = Name { symbol: self.names.name(name_in(&first)?), place: self.place(start) };
                match self.sign("(") {
                    None => ExprKind::Name(name),
                    // What looks like a comparison may be a window on the rows there.
                    Some(()) if is_aggregate(&name.symbol) => return None,
                    Some(()) => {
                        let arguments = self.items(")")?.into_iter().map(argument).collect();
                        ExprKind::Call { function: name, arguments }
                    }
                }
            }
            (Kind::Sign, "(") => {
                let inner = self.deeper(Self::disjunction)?;
                self.sign(")")?;
                ExprKind::Paren(Box::new(inner))
            }
            (Kind::Sign, "[") => ExprKind::List(self.items("]")?),
            (Kind::Sign, _) => return None,
        };
        let expr = Expr { kind, place: self.place(start) };
        if self.word("ago").is_none() {
            return Some(expr);
        }
        let kind = ExprKind::Shifted { duration: Box::new(expr), direction: Direction::Ago };
        Some(Expr { kind, place: self.place(start) })
    }

    /// One expression or more, with commas between them, up to a closing bracket.
    fn items(&mut self, close: &str) -> Option<Vec<Expr>> {
        let mut items = vec![self.deeper(Self::disjunction)?];
        loop {
            if self.sign(close).is_some() {
                return Some(items);
            }
            self.sign(",")?;
            if self.sign(close).is_some() {
                return Some(items);
            }
            items.push(self.deeper(Self::disjunction)?);
        }
    }

    fn deeper<T>(&mut self, part: fn(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        let read = if self.depth > DEEPEST { None } else { part(self) };
        self.depth -= 1;
        read
    }

    /// Where the next token begins.
    fn start(&mut self) -> Option<usize> {
        self.tokens.peek().map(|token| token.start)
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.next()?;
        self.last = token.end();
        Some(token)
    }

    fn is_word(&mut self, word: &str) -> bool {
        self.tokens.peek().is_some_and(|next| next.kind == Kind::Word && next.text == word)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.is_word(word).then(|| self.next()).map(drop)
    }

    fn sign(&mut self, sign: &str) -> Option<()> {
        let found = self.tokens.next_if(|next| next.kind == Kind::Sign && next.text == sign)?;
        self.last = found.end();
        Some(())
    }

    /// From a token's beginning to the end of the last one.
    fn place(&self, start: usize) -> Place {
        let original = self.cleaned.original(self.base + start..self.base + self.last);
        Place(Span::new(self.source, original.start, original.end))
    }
}

/// The name that a token is.
fn name_in<'a>(token: &Token<'a>) -> Option<&'a str> {
    match token.kind {
        Kind::Word => Some(token.text).filter(|word| !is_reserved(word) && grammar::is_word(word)),
        Kind::Quoted | Kind::Number | Kind::Text | Kind::Sign => None,
    }
}

/// What a quoted text says; none where it does not end.
fn text_in(written: &str) -> Option<String> {
    let inside = written.strip_prefix('"')?.strip_suffix('"')?;
    let escapes = inside.bytes().rev().take_while(|it| *it == b'\\').count();
    if escapes % 2 == 1 {
        return None;
    }
    Some(if inside.contains('\\') { literal::unescape(written) } else { inside.to_owned() })
}

fn argument(source: Expr) -> Argument {
    let place = source.place;
    Argument::Clause(Clause { source, by: None, window: None, filter: None, per: None, place })
}

fn compare_op(sign: &str) -> CompareOp {
    match sign {
        "!=" => CompareOp::NotEqual,
        "<" => CompareOp::Less,
        "<=" => CompareOp::AtMost,
        ">" => CompareOp::Greater,
        ">=" => CompareOp::AtLeast,
        _ => CompareOp::Equal,
    }
}
