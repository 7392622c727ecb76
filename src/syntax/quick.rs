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
    memory: &mut Memory,
) -> Option<Declaration> {
    let tokens = Tokens::of(cleaned.text().get(base..end)?).peekable();
    memory.open.clear();
    Reader { source, cleaned, base, tokens, last: 0, depth: 0, memory }.declaration()
}

/// What is used again for the next declaration.
#[derive(Default)]
pub(super) struct Memory {
    names: Texts,
    /// Parts of lists and chains whose ends are not read yet: each takes as much memory as it has parts.
    open: Vec<Expr>,
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
    memory: &'n mut Memory,
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
        let before = self.open(first);
        while self.word(between).is_some() {
            let next = part(self)?;
            self.open(next);
        }
        Some(Expr { kind: kind(self.memory.open.split_off(before)), place: self.place(start) })
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
                let name = Name { symbol: self.memory.names.name(name_in(&first)?), place: self.place(start) };
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
        let first = self.deeper(Self::disjunction)?;
        let before = self.open(first);
        loop {
            if self.sign(close).is_some() {
                return Some(self.memory.open.split_off(before));
            }
            self.sign(",")?;
            if self.sign(close).is_some() {
                return Some(self.memory.open.split_off(before));
            }
            let next = self.deeper(Self::disjunction)?;
            self.open(next);
        }
    }

    /// One part more of what is being read; gives how many there were before.
    fn open(&mut self, part: Expr) -> usize {
        self.memory.open.push(part);
        self.memory.open.len() - 1
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        diagnostic::Sink,
        syntax::{build::Builder, scan},
    };

    const NOWHERE: SourceId = SourceId(0);

    /// Whether the declaration that a text is is read here; then the grammar reads the same, and every part of it stands in
    /// the same place.
    fn is_read(text: &str) -> bool {
        let scanned = scan::scan(NOWHERE, text, &mut Sink::new());
        let clean = scanned.cleaned.text();
        let base = clean.len() - clean.trim_start().len();
        let quick = declaration(NOWHERE, &scanned.cleaned, (base, clean.len()), &mut Memory::default());
        let Some(quick) = quick else { return false };
        let mut told = Sink::new();
        let pair = grammar::declaration(clean.get(base..).unwrap_or_default());
        let slow =
            pair.ok().and_then(|pair| Builder::new(NOWHERE, &scanned.cleaned, base, &mut told).declaration(pair));
        // As it is shown a tree says where it stands.
        assert_eq!(format!("{:?}", Some(quick)), format!("{slow:?}"), "{text}");
        assert!(told.found().is_empty(), "{text}");
        true
    }

    #[test]
    fn everyday_rules_are_read() {
        for rule in [
            "tag a \"A\" when spend > 500",
            "tag a when not b and (c or not not d) and e != 2.5 or f is missing and g is known",
            "tag a when b between 3..<5 and c not between 30d..60d and d within 30d or e within next 7d",
            "tag a when b in [\"x\", \"y\\\"\\n\",] and c not in blocked and d in [1, 2.5]",
            "tag a when b contains \"x\" or b starts with \"y\" or b not ends with \"z\"",
            "tag a when age(b) > 10d and c < 13d ago and d = true and e >= 2026-11-22",
            "let \u{6700}\u{8fd1} = lower(\u{57ce}\u{5e02})",
            "let a = b\n  \n",
        ] {
            assert!(is_read(rule), "{rule}");
        }
    }

    #[test]
    fn what_the_grammar_has_to_say_is_left_to_it() {
        let deep = format!("tag a when {}b{}", "(".repeat(33), ")".repeat(33));
        for rule in [
            "tag a when count(orders within 30d) > 2",
            "tag a when b + 1 > 2",
            "tag a when b in []",
            "tag a when at least 2 of (b, c)",
            "tag a when b > 3within 5",
            "tag when when b",
            "segment a when b",
            "tag a when b < c < d",
            "tag a when b tag c when d",
            &deep,
        ] {
            assert!(!is_read(rule), "{rule}");
        }
    }

    const PIECES: &[&str] = &[
        "a",
        "\u{8d2d}\u{4e70}",
        "when",
        "of",
        "`b c`",
        "5",
        "2.50",
        "1_000",
        "30d",
        "1d12h",
        "10%",
        "2026-11-22",
        "2026-11-22T10:00",
        "08:00",
        "\"t\"",
        "\"t\\\"",
        "\"\\u{7c73}\"",
        "true",
        "missing",
        "now",
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "..",
        "..<",
        "??",
        "+",
        "-",
        "*",
        ".",
        "and",
        "or",
        "not",
        "in",
        "is missing",
        "is known",
        "between 1..5",
        "within 30d",
        "within next",
        "contains",
        "starts with",
        "ends",
        "ago",
        "from now",
        "if",
        "then",
        "else",
        "any",
        "any(",
        "abs(",
        "age(",
        "all of (",
        "has",
        "matches /x/",
        "during today",
        "\n",
        "tag",
        "let",
        "\u{3000}",
        ";",
        "==",
        "# c\n",
    ];

    fn condition() -> impl Strategy<Value = String> {
        let words: &[&str] = &[
            "a",
            "not a",
            "a = 5",
            "a != \"t\"",
            "\u{8d2d}\u{4e70} > 2.5",
            "a in [1, 2]",
            "a not in [\"x\",]",
            "a is missing",
            "a between 1..<5",
            "a within next 3mo",
            "a < 30d ago",
            "age(a) > 30d",
            "max(a, b) > 2",
            "a contains \"t\"",
            "a + b > 2",
            "top 3 by a",
            "a >= 2026-11-22",
            "a = true",
            "c.d > 3",
        ];
        let leaf = prop::sample::select(words).prop_map(str::to_owned);
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(|all| all.join(" and ")),
                prop::collection::vec(inner.clone(), 2..4).prop_map(|all| all.join("\n or ")),
                inner.clone().prop_map(|it| format!("({it} )")),
                inner.prop_map(|it| format!("not ( {it})")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_here_is_what_the_grammar_reads(
            condition in condition(),
            piece in prop::sample::select(PIECES),
            at in any::<prop::sample::Index>(),
            broken in any::<bool>(),
        ) {
            let mut rule = format!("tag a when {condition}");
            if broken {
                let at = rule.floor_char_boundary(at.index(rule.len()));
                rule.insert_str(at, piece);
            }
            is_read(&rule);
        }

        #[test]
        fn what_is_read_of_a_soup_is_what_the_grammar_reads(
            pieces in prop::collection::vec((prop::sample::select(PIECES), any::<bool>()), 1..8),
            head in prop::sample::select(&["tag a when ", "let a = ", "tag a \"A\" when "][..]),
        ) {
            let soup: String = pieces.iter().map(|(it, spaced)| format!("{it}{}", if *spaced { " " } else { "" })).collect();
            is_read(&format!("{head}{soup}"));
        }
    }
}
