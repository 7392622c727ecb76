//! Ranges that are not written `3..5`.

use super::{super::grammar::Rule, Around, Kind, Mistake, Token};
use crate::diagnostic::code;

/// Words and signs that stand between the ends of a range elsewhere.
const BETWEEN: &[&str] =
    &["and", "to", "-", ",", "~", "\u{5230}", "\u{81f3}", "\u{548c}", "\u{4e0e}", "until", "till", "through", "AND"];

impl Around<'_> {
    pub(super) fn range(&self) -> Option<Mistake> {
        self.open_end().or_else(|| self.foreign_range())
    }

    /// `between 3..`, `between ..5`
    fn open_end(&self) -> Option<Mistake> {
        let previous = self.previous()?;
        // A number that is not written as one is told as such.
        let number = self.this().is_some_and(|this| this.kind == Kind::Number);
        if matches!(previous.text, ".." | "..<") && previous.kind == Kind::Sign && self.expects_operand() && !number {
            let from = self.token(-2)?;
            let mistake = Mistake::new(code::OPEN_RANGE, previous.range(), "the upper end of this range is left out");
            let word = self.token(-3).filter(|word| word.is("between"));
            return Some(match word {
                Some(word) => {
                    let range = word.start..previous.end();
                    let written = format!(">= {}", from.text);
                    mistake.help(format!("write both ends, or `{written}`")).suggest(
                        format!("write `{written}`"),
                        range,
                        written,
                    )
                }
                None => mistake.help("write both ends, such as `0..100`"),
            });
        }
        let this = self.this()?;
        if matches!(this.text, ".." | "..<") && this.kind == Kind::Sign && previous.is("between") {
            let sign = if this.is("..") { "<=" } else { "<" };
            let to = self.next()?;
            let written = format!("{sign} {}", to.text);
            return Some(
                Mistake::new(code::OPEN_RANGE, this.range(), "the lower end of this range is left out")
                    .help(format!("write both ends, or `{written}`"))
                    .suggest(format!("write `{written}`"), previous.start..to.end(), written),
            );
        }
        None
    }

    /// `between 3 and 5`, `between 3-5`, `hours 12:00-13:00`
    fn foreign_range(&self) -> Option<Mistake> {
        let begin = self.tokens.get(..self.at.min(self.tokens.len()))?.iter().rposition(|token| {
            matches!(token.text, "between" | "hours" | "quiet" | "clamp") && token.kind == Kind::Word
        })?;
        let ends = self.tokens.get(begin + 1..)?;
        if ends.iter().take((self.at + 1).saturating_sub(begin + 1)).any(|token| matches!(token.text, ".." | "..<")) {
            return None;
        }
        // The number that a Chinese word is glued to: `3到5`.
        if let Some(glued) = ends.first().filter(|_| self.at <= begin + 2) {
            for word in ["\u{5230}", "\u{81f3}"] {
                if let Some((from, to)) = glued.text.split_once(word).filter(|_| glued.kind == Kind::Number) {
                    let written = format!("{from}..{to}");
                    return Some(self.foreign(glued.range(), &written, glued.range(), written.clone()));
                }
            }
        }
        let bracket = ends.first().is_some_and(|open| matches!(open.text, "(" | "["));
        let due = self.expects(Rule::dots) || self.at == begin + 2 || bracket && self.at == begin + 3;
        if !due {
            return None;
        }
        let (before, sign, after) = self.separator(ends)?;
        if self.this().is_some_and(|this| sign.start > this.start) {
            return None;
        }
        let whole = before.start..after.end();
        let written = format!("{}..{}", before.text, after.text);
        // `between [3, 5]`
        if let [open, first, _, _, close, ..] = ends
            && matches!((open.text, close.text), ("(", ")") | ("[", "]"))
            && first.start == before.start
        {
            let whole = open.start..close.end();
            return Some(self.foreign(whole.clone(), &written, whole, written.clone()));
        }
        // From the token before to the token after, so that no blanks stay.
        Some(self.foreign(whole, &written, before.end()..after.start, "..".to_owned()).label(sign.range(), "here"))
    }

    /// The sign or word between two ends, with the tokens beside it.
    fn separator<'s>(&self, ends: &'s [Token<'s>]) -> Option<(&'s Token<'s>, &'s Token<'s>, &'s Token<'s>)> {
        let limit = 8.min(ends.len());
        ends.get(..limit)?.windows(3).find_map(|window| match window {
            [before, sign, after] if BETWEEN.contains(&sign.text) && sign.kind != Kind::Text => {
                Some((before, sign, after))
            }
            _ => None,
        })
    }

    fn foreign(
        &self,
        primary: std::ops::Range<usize>,
        written: &str,
        range: std::ops::Range<usize>,
        text: String,
    ) -> Mistake {
        Mistake::new(code::FOREIGN_RANGE, primary, "the ends of a range stand on both sides of `..`")
            .help(format!("write `{written}`"))
            .fix(format!("write `{written}`"), range, text)
    }
}
