//! One declaration after the other, so that a broken one hides no other; and no deeper than the stack is.

mod ahead;

use std::ops::Range;

use ahead::Ahead;
use pest::iterators::Pair;

use super::{
    ast::{Declaration, Expr, File, Place, Unread},
    build::{Builder, DEEPEST, too_deep},
    failure::{self, Mended},
    grammar::{self, Failure, Rule},
    quick,
    scan::Scanned,
    tokens::{Kind, Token, Tokens},
    words,
};
use crate::{
    cores,
    diagnostic::Sink,
    intern::Symbol,
    source::{SourceId, Span},
};

/// Nests up to this many levels are read on the stack that there is; deeper ones get one of their own.
const SHALLOW: usize = 6;

/// Enough for [`DEEPEST`] levels of the grammar without optimisation. Only what is used of it is ever real memory.
const STACK: usize = 256 << 20;

/// Texts of fewer bytes are read as fast by one.
const LONG: usize = 1 << 16;

/// All declarations of a scanned text.
pub(super) fn file(source: SourceId, scanned: Scanned<'_>, sink: &mut Sink) -> File {
    let outline = Outline::of(scanned.cleaned.text());
    let ahead = ahead::of(source, &scanned, &outline);
    let mut unread = vec![];
    let mut declarations =
        with_stack(outline.deepest, || declarations(source, &scanned, &outline, ahead, (&mut unread, sink)));
    describe(&mut declarations, &scanned);
    File { source, declarations, comments: scanned.comments, unread }
}

/// Gives each declaration the `##` comments directly above it.
fn describe(declarations: &mut [Declaration], scanned: &Scanned<'_>) {
    let original = scanned.original;
    // Whether `between` holds nothing but one line's end.
    let adjoins = |from: u32, to: u32| {
        let between = original.get(from as usize..to as usize).unwrap_or("x");
        between.trim().is_empty() && between.matches('\n').count() == 1
    };
    let alone = |start: u32| {
        let before = original.get(..start as usize).unwrap_or("");
        let is_blank = |it: char| it.is_whitespace() || it == '\u{feff}';
        before.rsplit('\n').next().is_some_and(|line| line.chars().all(is_blank))
    };
    for declaration in declarations {
        let mut start = declaration.place.0.start;
        let above = scanned.comments.partition_point(|comment| comment.place.0.start < start);
        let mut lines = vec![];
        for comment in scanned.comments.get(..above).unwrap_or(&[]).iter().rev() {
            let span = comment.place.0;
            let Some(line) = comment.text.strip_prefix("##").filter(|_| adjoins(span.end, start) && alone(span.start))
            else {
                break;
            };
            lines.push(line.strip_prefix(' ').unwrap_or(line));
            start = span.start;
        }
        lines.reverse();
        declaration.description = (!lines.is_empty()).then(|| lines.join("\n"));
    }
}

/// The one expression of a scanned text.
pub(super) fn expression(source: SourceId, scanned: &Scanned<'_>, sink: &mut Sink) -> Option<Expr> {
    let text = scanned.cleaned.text();
    let outline = Outline::of(text);
    if let Some(deep) = outline.too_deep.first() {
        let original = scanned.cleaned.original(*deep..deep + 1);
        sink.push(too_deep(Span::new(source, original.start, original.end)));
        return None;
    }
    with_stack(outline.deepest, || {
        let at = skip_blanks(text, 0);
        match grammar::expression(text.get(at..).unwrap_or("")) {
            Ok(pair) => Builder::new(source, &scanned.cleaned, at, sink).whole_expression(pair),
            Err(_) => {
                failure::mend_expression(source, scanned.cleaned.clone(), !scanned.spoiled.is_empty(), sink);
                None
            }
        }
    })
}

fn with_stack<T: Send>(deepest: usize, work: impl FnOnce() -> T + Send) -> T {
    if deepest <= SHALLOW {
        return work();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.expect("the system has memory for one more thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn declarations(
    source: SourceId,
    scanned: &Scanned<'_>,
    outline: &Outline,
    ahead: Ahead,
    (unread, sink): (&mut Vec<Unread>, &mut Sink),
) -> Vec<Declaration> {
    let text = scanned.cleaned.text();
    let is_spoiled = |from: usize, upto: usize| {
        let first = scanned.spoiled.partition_point(|spoiled| *spoiled < from);
        scanned.spoiled.get(first).is_some_and(|spoiled| *spoiled < upto)
    };
    let stretch = |from: usize, upto: usize, mended: bool| {
        let original = scanned.cleaned.original(from..upto.max(from));
        Unread::of(Span::new(source, original.start, original.end), text.get(from..upto).unwrap_or(""), mended)
    };
    // Words of the language that are declared as names; told where they are declared, and looked for where a text fails.
    let mut taken: Option<Vec<&str>> = None;
    let (mut ahead, mut memory) = (ahead, quick::Memory::default());
    let mut declarations: Vec<Declaration> = Vec::with_capacity(outline.starts.len());
    let mut at = skip_blanks(text, 0);
    while at < text.len() {
        let ready = outline.starts.binary_search(&at).ok().and_then(|start| ahead.take(start));
        if let Some(found) = ready.or_else(|| ahead::ready(source, scanned, outline, at, &mut memory)) {
            declarations.extend(found.declaration);
            found.told.into_iter().for_each(|told| sink.push(told));
            if is_spoiled(at, found.end) {
                unread.push(stretch(at, found.end, true));
            }
            at = skip_blanks(text, found.end);
            continue;
        }
        let (next, deep) = outline.ahead_of(at, text.len());
        if let Some(deep) = deep.filter(|deep| *deep < next) {
            let original = scanned.cleaned.original(deep..deep + 1);
            sink.push(too_deep(Span::new(source, original.start, original.end)));
            unread.push(stretch(at, next, false));
            at = next;
            continue;
        }
        let spoiled = is_spoiled(at, if next == text.len() { usize::MAX } else { next });
        let chunk = scanned.cleaned.part(at..next);
        let taken = taken.get_or_insert_with(|| reserved_names(text));
        match failure::mend(source, chunk, spoiled, taken, &mut declarations, sink) {
            Mended::Surely => {}
            Mended::Probably => unread.push(stretch(at, next, true)),
            Mended::Not => unread.push(stretch(at, next, false)),
        }
        at = next;
    }
    declarations
}

/// Words of the language that declarations in the first column take for their names: `tag known when …`.
fn reserved_names(text: &str) -> Vec<&str> {
    let named = |line: &'_ str| -> Option<(usize, usize)> {
        if !line.starts_with(|it: char| it.is_ascii_lowercase()) {
            return None;
        }
        let mut tokens = Tokens::of(line);
        let (word, name) = (tokens.next()?, tokens.next()?);
        let reserved = name.kind == Kind::Word && words::is_reserved(name.text);
        (words::begins_declaration(word.text) && reserved && !matches!(name.text, "when" | "otherwise"))
            .then(|| (name.start, name.end()))
    };
    text.lines().filter_map(|line| named(line).and_then(|(from, upto)| line.get(from..upto))).collect()
}

/// The declaration at `at`. It goes up to the next beginning of one; further only where it is not complete by then, since
/// what looks like a beginning may stand inside a block.
fn widest<'t>(text: &'t str, at: usize, starts: &[usize], end: usize) -> Result<Pair<'t, Rule>, Failure> {
    let mut ahead = starts.partition_point(|start| *start <= at);
    let mut step = 1;
    loop {
        let upto = starts.get(ahead).copied().unwrap_or(end).min(end);
        let part = text.get(at..upto).unwrap_or("");
        match grammar::declaration(part) {
            Err(failure) if failure.at >= part.trim_end().len() && upto < end => {
                ahead += step;
                step *= 2;
            }
            done => return done,
        }
    }
}

impl Unread {
    fn of(span: Span, text: &str, mended: bool) -> Unread {
        let names = Tokens::of(text).filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted));
        let names: Vec<Symbol> = names.map(|token| Symbol::new(token.text.trim_matches('`'))).collect();
        Unread { place: Place(span), begins: names.first().cloned(), names, mended }
    }
}

/// The first byte from `at` on that is no white space.
pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    at + (rest.len() - rest.trim_start().len())
}

/// What can be seen of a text without reading it.
#[derive(Debug, Default, PartialEq)]
struct Outline {
    /// Where a declaration begins in the first column, followed by what it may be followed by.
    starts: Vec<usize>,
    /// Where brackets and `if`s nest too deep.
    too_deep: Vec<usize>,
    /// How deep they nest elsewhere.
    deepest: usize,
}

impl Outline {
    /// Where the next declaration begins, or the text ends; and where something nests too deep next.
    fn ahead_of(&self, at: usize, len: usize) -> (usize, Option<usize>) {
        let next = self.starts.get(self.starts.partition_point(|start| *start <= at)).copied().unwrap_or(len);
        (next, self.too_deep.get(self.too_deep.partition_point(|deep| *deep < at)).copied())
    }

    fn of(text: &str) -> Outline {
        Outline::in_parts(text, cores::parts(text.len(), LONG))
    }

    /// Where a declaration begins, everything that was open is closed: so a text can be cut there.
    fn in_parts(text: &str, parts: usize) -> Outline {
        let mut cut = vec![];
        let mut start = 0;
        for number in 1..parts {
            let from = text.floor_char_boundary(text.len() / parts * number).max(start);
            let line = text.get(from..).and_then(|rest| rest.find('\n'));
            let Some(end) = line.and_then(|line| beginnings(text, from + line + 1).next()) else { break };
            cut.push(start..end);
            start = end;
        }
        cut.push(start..text.len());
        if cut.len() == 1 {
            return Outline::part(text, 0..text.len());
        }
        let mut whole = Outline::default();
        let seen = cores::side_by_side(&cut, cores::FLAT, |part| Outline::part(text, part.clone())).into_iter();
        for (seen, part) in seen.zip(&cut) {
            let seen = seen.unwrap_or_else(|| Outline::part(text, part.clone()));
            whole.starts.extend(seen.starts);
            whole.too_deep.extend(seen.too_deep);
            whole.deepest = whole.deepest.max(seen.deepest);
        }
        whole
    }

    fn part(text: &str, part: Range<usize>) -> Outline {
        let mut outline = Outline::default();
        // For each open bracket the `if`s inside it that still lack their `else`.
        let mut open: Vec<usize> = vec![0];
        let mut level = 0_usize;
        let mut tokens = Tokens::from(text, part.start).peekable();
        while let Some(token) = tokens.next_if(|token| token.start < part.end) {
            if begins_line(text, &token) && is_declaration(&token, tokens.peek()) {
                outline.starts.push(token.start);
                open = vec![0];
                level = 0;
            }
            match (token.kind, token.text) {
                (Kind::Sign, "(" | "[" | "{") => {
                    open.push(0);
                    level += 1;
                }
                (Kind::Sign, ")" | "]" | "}") if open.len() > 1 => {
                    level -= open.pop().unwrap_or(0) + 1;
                }
                (Kind::Word, "if") => {
                    if let Some(ifs) = open.last_mut() {
                        *ifs += 1;
                        level += 1;
                    }
                }
                (Kind::Word, "else") => {
                    if let Some(ifs) = open.last_mut().filter(|ifs| **ifs > 0) {
                        *ifs -= 1;
                        level -= 1;
                    }
                }
                _ => continue,
            }
            if level > DEEPEST {
                outline.too_deep.push(token.start);
            } else {
                outline.deepest = outline.deepest.max(level);
            }
        }
        outline
    }
}

/// Where declarations begin behind a line's beginning.
fn beginnings(text: &str, line: usize) -> impl Iterator<Item = usize> {
    let mut tokens = Tokens::from(text, line).peekable();
    std::iter::from_fn(move || {
        loop {
            let token = tokens.next()?;
            if begins_line(text, &token) && is_declaration(&token, tokens.peek()) {
                return Some(token.start);
            }
        }
    })
}

fn begins_line(text: &str, token: &Token<'_>) -> bool {
    let before = text.get(..token.start).unwrap_or("");
    before.is_empty() || before.ends_with('\n') || before == "   "
}

fn is_declaration(token: &Token<'_>, next: Option<&Token<'_>>) -> bool {
    token.kind == Kind::Word
        && words::begins_declaration(token.text)
        && next.is_some_and(|next| match next.kind {
            Kind::Word => !words::is_reserved(next.text),
            Kind::Quoted | Kind::Text | Kind::Number => true,
            Kind::Sign => next.text == "{",
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORDS: &[&str] = &[
        "tag", "let", "a", "if", "else", "(", ")", "{", "\"t\"", "\"", "`b`", "5", "\n", "\n", "\ntag a", "\ntag\n",
        " ",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn parts_show_what_the_whole_shows(words in prop::collection::vec(prop::sample::select(WORDS), 0..80)) {
            let text = words.join(" ").replace("\n ", "\n");
            let whole = Outline::part(&text, 0..text.len());
            for parts in [2, 3, 7] {
                assert_eq!(Outline::in_parts(&text, parts), whole, "{parts}: {text}");
            }
        }
    }
}
