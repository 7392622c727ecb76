//! Characters that other keyboards and word processors put in the place of those the language is written with.
//!
//! They are written as escapes, because editors fold them.

/// What a character stands for; none where it is what it is.
pub(super) fn twin(typed: char) -> Option<char> {
    match typed {
        // The full-width twins of ASCII; of them the tilde stands for a range.
        '\u{ff5e}' | '\u{301c}' => Some('~'),
        '\u{ff01}'..='\u{ff5d}' => char::from_u32(typed as u32 - 0xff01 + 0x21),
        '\u{3001}' => Some(','),
        '\u{3002}' | '\u{ff61}' => Some('.'),
        '\u{3010}' | '\u{3014}' => Some('['),
        '\u{3011}' | '\u{3015}' => Some(']'),
        '\u{3008}'..='\u{300b}' | '\u{300c}'..='\u{300f}' | '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => Some('"'),
        '\u{2018}'..='\u{201b}' => Some('\''),
        '\u{2264}' | '\u{2266}' | '\u{2a7d}' => Some('\u{2264}'),
        '\u{2265}' | '\u{2267}' | '\u{2a7e}' => Some('\u{2265}'),
        '\u{2260}' => Some('\u{2260}'),
        '\u{d7}' => Some('*'),
        '\u{f7}' | '\u{2215}' => Some('/'),
        '\u{2026}' | '\u{22ef}' | '\u{2025}' => Some('\u{2026}'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        _ => None,
    }
}

/// What a run of signs means, habits of other languages included: `==` is `=`, `&&` is `and`.
pub(super) fn meant(signs: &str) -> String {
    let mut meant = String::new();
    let mut rest = signs;
    while let Some(first) = rest.chars().next() {
        match habit(rest) {
            Some((typed, text)) => {
                let word = text.starts_with(|it: char| it.is_ascii_alphabetic());
                let (before, after) = if word { (" ", " ") } else { ("", "") };
                meant.push_str(if meant.is_empty() { "" } else { before });
                meant.push_str(text);
                meant.push_str(after);
                rest = rest.get(typed.len()..).unwrap_or("");
            }
            None => {
                meant.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or("");
            }
        }
    }
    meant
}

/// The habit that `text` begins with, and what to type instead.
pub(super) fn habit(text: &str) -> Option<(&'static str, &'static str)> {
    const HABITS: &[(&str, &str)] = &[
        ("===", "="),
        ("!==", "!="),
        ("==", "="),
        ("&&", "and"),
        ("||", "or"),
        ("<>", "!="),
        ("=>", ">="),
        ("=<", "<="),
        (":=", "="),
        ("...", ".."),
        ("\u{2026}\u{2026}", ".."),
        ("\u{2026}", ".."),
        ("\u{2264}", "<="),
        ("\u{2265}", ">="),
        ("\u{2260}", "!="),
        ("~", ".."),
        (";", ""),
    ];
    let found = HABITS.iter().find(|(typed, _)| text.starts_with(typed)).copied();
    found.or_else(|| (text.starts_with('!') && !text.starts_with("!=")).then_some(("!", "not")))
}
