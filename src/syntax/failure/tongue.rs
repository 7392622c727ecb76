//! Words of Chinese in the place of a word of the language: `当` for `when`, `且` for `and`, `介于` for `between`.

use super::{Around, Kind, Mistake, Token, numbers, words};
use crate::diagnostic::code;

/// What is typed, and what it may stand for; the one is meant with which the text goes on.
const WORDS: &[(&str, &[&str])] = &[
    ("\u{5f53}", &["when", "if"]),
    ("\u{5982}\u{679c}", &["when", "if"]),
    ("\u{82e5}", &["when", "if"]),
    ("\u{90a3}\u{4e48}", &["then"]),
    ("\u{5219}", &["then"]),
    ("\u{5426}\u{5219}", &["otherwise", "else"]),
    ("\u{5176}\u{4ed6}", &["otherwise", "else"]),
    ("\u{5176}\u{5b83}", &["otherwise", "else"]),
    ("\u{5176}\u{4f59}", &["otherwise", "else"]),
    ("\u{5e76}", &["and"]),
    ("\u{53ca}", &["and"]),
    ("\u{4e0e}", &["and"]),
    ("\u{6216}\u{662f}", &["or"]),
    ("\u{975e}", &["not"]),
    ("\u{4e0d}", &["not"]),
    ("\u{4e0d}\u{662f}", &["not", "!="]),
    ("\u{6ca1}\u{6709}", &["not"]),
    ("\u{672a}", &["not"]),
    ("\u{4ecb}\u{4e8e}", &["between"]),
    ("\u{5728}", &["between", "in"]),
    ("\u{4e0d}\u{5c5e}\u{4e8e}", &["not in"]),
    ("\u{524d}", &["top"]),
    ("\u{6309}", &["by"]),
    ("\u{6309}\u{7167}", &["by"]),
    ("\u{6bcf}", &["per", "every"]),
    ("\u{8fdb}\u{5165}", &["on enter", "enter"]),
    ("\u{8fdb}\u{5165}\u{65f6}", &["on enter", "enter"]),
    ("\u{9000}\u{51fa}", &["on exit", "exit"]),
    ("\u{9000}\u{51fa}\u{65f6}", &["on exit", "exit"]),
    ("\u{79bb}\u{5f00}", &["on exit", "exit"]),
    ("\u{79bb}\u{5f00}\u{65f6}", &["on exit", "exit"]),
    ("\u{4ece}", &["from"]),
    ("\u{5176}\u{4e2d}", &["where"]),
    ("\u{6ee1}\u{8db3}", &["where"]),
    ("\u{53d1}\u{9001}", &["send"]),
    ("\u{671f}\u{671b}", &["expect"]),
    ("\u{7ed9}\u{5b9a}", &["given"]),
    ("\u{4e0d}\u{4e3a}\u{7a7a}", &["is known"]),
    ("\u{4e3a}\u{7a7a}", &["is missing"]),
];

/// Words that, glued to what follows them, are still this word.
const GLUED: &[(&str, &str)] = &[
    ("\u{5e76}\u{4e14}", "and"),
    ("\u{6216}\u{8005}", "or"),
    ("\u{4e14}", "and"),
    ("\u{6216}", "or"),
    ("\u{5426}\u{5219}", "else"),
    ("\u{4ecb}\u{4e8e}", "between"),
];

/// Whether a word of Chinese stands for `when`.
pub(super) fn is_when(word: &str) -> bool {
    WORDS.iter().any(|(typed, meant)| *typed == word && meant.contains(&"when"))
}

impl Around<'_> {
    pub(super) fn tongue(&self) -> Option<Mistake> {
        if let Some(mistake) = self.around_its_object() {
            return Some(mistake);
        }
        // A word may have been taken for a name, so that what comes behind it is unexpected.
        let near = [self.this(), self.previous()].into_iter().flatten().filter(|it| it.kind == Kind::Word);
        let mut best: Option<(usize, Mistake)> = None;
        for token in near {
            for mistake in self.translations(token) {
                let reach = self.reach(&mistake.edits);
                let onward = reach > self.fails_at() || token.start < self.fails_at() && reach == usize::MAX;
                if onward && best.as_ref().is_none_or(|(furthest, _)| reach > *furthest) {
                    best = Some((reach, mistake));
                }
            }
        }
        best.map(|(_, mistake)| mistake)
    }

    /// `在 30 天内`, `在 3 到 5 之间`, `以 "小" 开头`: what Chinese puts around what is asked for.
    fn around_its_object(&self) -> Option<Mistake> {
        let this = self.this()?;
        let behind: Vec<&Token<'_>> = self.tokens.get(self.at + 1..)?.iter().take(5).collect();
        let words = |from: usize, upto: usize| behind.get(from..upto);
        let ends = |it: &Token<'_>, with: &[&str]| with.contains(&it.text);
        let inside = ["\u{5185}", "\u{4ee5}\u{5185}", "\u{4e4b}\u{5185}"];
        let (end, written) = if this.is("\u{4ee5}") {
            let [text, word] = words(0, 2)? else { return None };
            let which = match word.text {
                "\u{5f00}\u{5934}" | "\u{5f00}\u{59cb}" => "starts with",
                "\u{7ed3}\u{5c3e}" | "\u{7ed3}\u{675f}" => "ends with",
                _ => return None,
            };
            (word.end(), format!("{which} {}", text.text))
        } else if this.is("\u{5728}") {
            match behind.as_slice() {
                [length, ..] if let Some(glued) = length.text.strip_suffix("\u{5185}") => {
                    let plain = glued.trim_end_matches(['\u{4ee5}', '\u{4e4b}']);
                    (length.end(), format!("within {}", numbers::length(plain)?))
                }
                [length, word, ..] if ends(word, &inside) => {
                    (word.end(), format!("within {}", numbers::length(length.text)?))
                }
                [number, unit, ..] if let Some(unit_word) = unit.text.strip_suffix("\u{5185}") => {
                    (unit.end(), format!("within {}", numbers::length(&format!("{}{unit_word}", number.text))?))
                }
                [from, to, upto, word, ..]
                    if word.is("\u{4e4b}\u{95f4}")
                        && matches!(to.text, "\u{5230}" | "\u{548c}" | "\u{81f3}" | "\u{4e0e}" | "-" | "~" | "..") =>
                {
                    (word.end(), format!("between {}..{}", from.text, upto.text))
                }
                _ => return None,
            }
        } else {
            return None;
        };
        let range = this.start..end;
        let typed = self.slice(range.clone());
        Some(
            Mistake::new(code::FOREIGN_FORM, range.clone(), format!("`{typed}` is written `{written}` here"))
                .help(format!("write `{written}`"))
                .fix(format!("write `{written}`"), range, written),
        )
    }

    fn translations(&self, token: &Token<'_>) -> Vec<Mistake> {
        let whole = WORDS.iter().find(|(typed, _)| token.is(typed)).map_or(&[][..], |(_, meant)| *meant);
        let mut all: Vec<Mistake> = whole.iter().map(|word| self.instead(token, word).certain_if(true)).collect();
        if let Some((typed, word)) = GLUED.iter().find(|(typed, _)| token.text.starts_with(typed))
            && let Some(rest) = token.text.get(typed.len()..).filter(|rest| !rest.is_empty())
            && !words::is_reserved(rest)
        {
            let range = token.start..token.start + typed.len();
            let digits = rest.starts_with(|it: char| it.is_ascii_digit());
            let name = rest.starts_with(unicode_ident::is_xid_start);
            if digits || name {
                all.push(
                    Mistake::new(code::FOREIGN_FORM, range.clone(), format!("`{typed}` is written `{word}` here"))
                        .help(format!("write `{word} {rest}`"))
                        .suggest(format!("write `{word}`"), range, format!("{word} ")),
                );
            }
        }
        all
    }
}
