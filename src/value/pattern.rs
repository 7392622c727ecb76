//! `s matches /re/`: a pattern is compiled once, with the rulebook, and searches in linear time.

use std::ops::Range;
use std::sync::Arc;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::{Truth, Value};

/// A compiled pattern; clones share it.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Arc<str>,
    regex: regex::Regex,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `/(a/`
    #[error("{reason}")]
    Syntax {
        /// In a few words: `unclosed group`
        reason: String,
        /// The characters (not bytes) of the source that are wrong, from 0, end excluded, if that is known.
        characters: Option<Range<usize>>,
    },
    /// `/(a{1000}){1000}/`
    #[error("the pattern is too large")]
    TooLarge,
}

impl Pattern {
    /// Compiles what stands between the slashes, `\/` for a slash.
    ///
    /// # Errors
    /// A pattern that is wrong, or that grows beyond some megabytes.
    pub fn compile(source: &str) -> Result<Pattern, PatternError> {
        // The library reads `\/` as a slash itself.
        match regex::Regex::new(source) {
            Ok(regex) => Ok(Pattern { source: source.into(), regex }),
            Err(regex::Error::CompiledTooBig(_)) => Err(PatternError::TooLarge),
            Err(error) => Err(syntax_error(&error.to_string())),
        }
    }

    /// As it was written, between the slashes.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the pattern is found somewhere in the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// A short text in which it is found; none where none is found easily.
    #[must_use]
    pub fn example(&self) -> Option<String> {
        let parsed = regex_syntax::parse(&self.source).ok()?;
        // What may be left out is left out first, then written once: of `^\s*$` a blank is an example.
        let written = [0, 1].into_iter().filter_map(|least| {
            let mut text = String::new();
            write_example(&parsed, least, &mut text)?;
            Some([text.clone(), format!("{text}x"), format!("x{text}")])
        });
        written.flatten().find(|text| !text.is_empty() && self.is_match(text))
    }

    /// `s matches /re/`
    #[must_use]
    pub fn matches(&self, s: &Value) -> Truth {
        match s {
            Value::Text(text) => Truth::from(self.is_match(text)),
            _ => Truth::Unknown,
        }
    }
}

/// Patterns are the same where they are written the same.
impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

/// Takes the reason and the place out of the library's message, which shows the pattern, indented by four, with carets
/// under what is wrong, and the reason in its last line.
fn syntax_error(message: &str) -> PatternError {
    let last = message.lines().last().unwrap_or(message);
    let reason = last.strip_prefix("error: ").unwrap_or(last).trim();
    let reason = reason.split_once(", ").map_or(reason, |(reason, _)| reason).to_owned();
    let carets = message.lines().find(|line| line.contains('^') && line.chars().all(|c| c == ' ' || c == '^'));
    let characters = carets.and_then(|line| {
        let start = line.find('^')?.checked_sub(4)?;
        let length = line.trim_start().chars().take_while(|c| *c == '^').count();
        Some(start..start.checked_add(length)?)
    });
    PatternError::Syntax { reason, characters }
}

/// The longest example of a pattern: nobody reads more.
const LONGEST_EXAMPLE: usize = 1000;

/// Writes the first text that a part of a pattern accepts: of a class its first character that can be seen, of a repetition
/// as few as there must be, or at least so many where there may be.
fn write_example(part: &Hir, least: u32, text: &mut String) -> Option<()> {
    if text.len() > LONGEST_EXAMPLE {
        return None;
    }
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            let mut firsts = class.ranges().iter().map(|range| ('!'.max(range.start()), range.end()));
            let seen = firsts.find(|(first, last)| first <= last).map(|(first, _)| first);
            text.push(seen.or(class.ranges().first().map(|range| range.start()))?);
        }
        HirKind::Class(Class::Bytes(class)) => text.push(char::from(class.ranges().first()?.start())),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min.max(least.min(repetition.max.unwrap_or(least))) {
                write_example(&repetition.sub, least, text)?;
            }
        }
        HirKind::Capture(capture) => write_example(&capture.sub, least, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write_example(part, least, text))?,
        HirKind::Alternation(parts) => write_example(parts.first()?, least, text)?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(source: &str, text: &str) -> bool {
        Pattern::compile(source).expect("a pattern of the test").is_match(text)
    }

    #[test]
    fn a_pattern_searches() {
        assert!(matches(r"^1[3-9]\d{9}$", "13812345678"));
        assert!(!matches(r"^1[3-9]\d{9}$", "138123456789"));
        assert!(matches("果", "水果店"));
        assert!(matches(r"a\/b", "xa/bx"));
        assert!(matches("", ""));
        assert!(matches(r"^.$", "👍"));
        assert_eq!(Pattern::compile("a").map(|pattern| pattern.matches(&Value::Missing)), Ok(Truth::Unknown));
    }

    #[test]
    fn mistakes_are_placed() {
        let table = [
            ("米(a", "unclosed group", Some(1..2)),
            ("a**", "", None),
            (r"(a)\1", "backreferences are not supported", Some(3..5)),
            ("(?=a)", "look-around", Some(0..3)),
            ("[z-a]", "invalid character class range", Some(1..4)),
            ("*", "repetition operator missing expression", Some(0..1)),
        ];
        for (source, expected, place) in table {
            match Pattern::compile(source) {
                Ok(_) => assert_eq!(expected, "", "{source}"),
                Err(PatternError::Syntax { reason, characters }) => {
                    assert_eq!((reason.as_str(), characters), (expected, place), "{source}");
                }
                Err(PatternError::TooLarge) => panic!("{source} is not large"),
            }
        }
        assert_eq!(Pattern::compile("(a{1000}){1000}"), Err(PatternError::TooLarge));
    }

    #[test]
    fn searching_is_linear() {
        assert!(!matches("(a+)+$", &("a".repeat(50_000) + "b")));
    }

    #[test]
    fn examples_match() {
        for source in
            ["^1[3-9]\\d{9}$", "a|b", "(vip|svip)-\\d+", "^.{3,}$", "\\bfoo\\b", "[^a]", "水果?", "^\\s*$", "(?i)abc"]
        {
            let pattern = Pattern::compile(source).expect("a pattern of the test");
            let example = pattern.example().expect("it has an example");
            assert!(pattern.is_match(&example), "{source}: {example}");
        }
        assert_eq!(Pattern::compile("(a{100}){100}").expect("a pattern").example(), None, "too long to be read");
        assert_eq!(Pattern::compile("a\\bb").expect("a pattern").example(), None, "nothing matches");
    }
}
