//! Patterns in an engine's spelling: written anew from what they mean, every class as the characters it holds, so that no engine's own idea
//! of `\d`, `\w`, `.` or upper and lower case comes into it.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

use crate::sql::dialect::Patterns;

/// The pattern, or what it has that the engine cannot do.
pub(crate) fn spelled(source: &str, patterns: &Patterns) -> Result<String, String> {
    let parsed = regex_syntax::parse(source).map_err(|_| "a mistake".to_owned())?;
    let mut out = String::new();
    write(&parsed, patterns, &mut out)?;
    if out.is_empty() {
        out = format!("{})", patterns.group);
    }
    if out.len() > 30_000 {
        return Err("so many characters".into());
    }
    Ok(out)
}

fn write(part: &Hir, patterns: &Patterns, out: &mut String) -> Result<(), String> {
    match part.kind() {
        // DuckDB takes a group of nothing behind the start for the end.
        HirKind::Empty => {}
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| "bytes".to_owned())?;
            text.chars().for_each(|it| character(it, patterns, out));
        }
        HirKind::Class(Class::Unicode(class)) => {
            if class.ranges().is_empty() {
                return Err("a class of no characters".into());
            }
            out.push('[');
            let mut class = class.clone();
            let mut others = class.clone();
            others.negate();
            // All but a few: `[^\n]`.
            if !others.ranges().is_empty() && others.ranges().len() < class.ranges().len() {
                out.push('^');
                class = others;
            }
            if let (Some(digits), Some(all)) = (patterns.digits, digits())
                && holds(&class, &all)
            {
                out.push_str(digits);
                class.difference(&all);
                class.union(&ClassUnicode::new(NEWER_DIGITS.map(|(from, to)| ClassUnicodeRange::new(from, to))));
            }
            for range in class.ranges() {
                for (from, to) in scalars(range.start(), range.end()) {
                    class_character(from, patterns, out);
                    if from != to {
                        out.push('-');
                        class_character(to, patterns, out);
                    }
                }
            }
            out.push(']');
        }
        HirKind::Class(Class::Bytes(_)) => return Err("bytes".into()),
        HirKind::Look(look) => out.push_str(match look {
            Look::Start => patterns.start,
            Look::End => patterns.end,
            Look::WordAscii => patterns.word.map(|it| it.0).ok_or("a boundary of words")?,
            Look::WordAsciiNegate => patterns.word.map(|it| it.1).ok_or("a boundary of words")?,
            Look::WordUnicode | Look::WordUnicodeNegate => {
                return Err("a boundary of words (`\\b`)".into());
            }
            Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF => return Err("boundaries of lines".into()),
            _ => return Err("a boundary".into()),
        }),
        HirKind::Repetition(repetition) => {
            let (min, max) = (repetition.min, repetition.max);
            if max.unwrap_or(min).max(min) > patterns.repetitions {
                return Err(format!("more than {} repetitions", patterns.repetitions));
            }
            let mut inner = String::new();
            write(&repetition.sub, patterns, &mut inner)?;
            let is_one = match repetition.sub.kind() {
                HirKind::Class(_) => true,
                HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok_and(|it| it.chars().count() == 1),
                _ => false,
            };
            match is_one {
                _ if inner.is_empty() => return Ok(()),
                true => out.push_str(&inner),
                false => out.extend([patterns.group, &inner, ")"]),
            }
            match (min, max) {
                (0, None) => out.push('*'),
                (1, None) => out.push('+'),
                (0, Some(1)) => out.push('?'),
                (min, None) => out.push_str(&format!("{{{min},}}")),
                (min, Some(max)) if min == max => out.push_str(&format!("{{{min}}}")),
                (min, Some(max)) => out.push_str(&format!("{{{min},{max}}}")),
            }
        }
        HirKind::Capture(capture) => {
            let mut inner = String::new();
            write(&capture.sub, patterns, &mut inner)?;
            if !inner.is_empty() {
                out.extend([patterns.group, &inner, ")"]);
            }
        }
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, patterns, out))?,
        HirKind::Alternation(parts) => {
            out.push_str(patterns.group);
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    out.push('|');
                }
                write(part, patterns, out)?;
            }
            out.push(')');
        }
    }
    Ok(())
}

fn character(it: char, patterns: &Patterns, out: &mut String) {
    let plain =
        it.is_ascii_alphanumeric() || " _,:;@#%&\"'<>=!~`/".contains(it) || (!it.is_ascii() && it.is_alphanumeric());
    if plain && it != '\'' {
        out.push(it);
    } else if it.is_ascii_graphic() {
        out.push('\\');
        out.push(it);
    } else {
        out.push_str(&(patterns.escape)(u32::from(it)));
    }
}

fn class_character(it: char, patterns: &Patterns, out: &mut String) {
    if it.is_ascii_alphanumeric() || " _,:;@#%\"<>=!~`/+*?.()|".contains(it) {
        out.push(it);
    } else {
        out.push_str(&(patterns.escape)(u32::from(it)));
    }
}

/// A range without the halves of UTF-16, which are no characters.
fn scalars(from: char, to: char) -> Vec<(char, char)> {
    match from <= '\u{d7ff}' && to >= '\u{e000}' {
        true => vec![(from, '\u{d7ff}'), ('\u{e000}', to)],
        false => vec![(from, to)],
    }
}

/// Digits that came after Unicode 13: engines may not know them yet.
const NEWER_DIGITS: [(char, char); 10] = [
    ('\u{10d40}', '\u{10d49}'),
    ('\u{116d0}', '\u{116e3}'),
    ('\u{11bf0}', '\u{11bf9}'),
    ('\u{11f50}', '\u{11f59}'),
    ('\u{16130}', '\u{16139}'),
    ('\u{16ac0}', '\u{16ac9}'),
    ('\u{16d70}', '\u{16d79}'),
    ('\u{1ccf0}', '\u{1ccf9}'),
    ('\u{1e4f0}', '\u{1e4f9}'),
    ('\u{1e5f1}', '\u{1e5fa}'),
];

/// What `\d` stands for.
fn digits() -> Option<ClassUnicode> {
    match regex_syntax::parse(r"\d").ok()?.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        _ => None,
    }
}

/// Whether a class has all of another.
fn holds(class: &ClassUnicode, other: &ClassUnicode) -> bool {
    let mut rest = other.clone();
    rest.difference(class);
    rest.ranges().is_empty()
}
