//! Text from files and command lines, made safe to print.
//!
//! A rule file may hold escape sequences that recolour or rewrite a terminal, marks that turn the direction of writing so that a line reads
//! other than it is, and characters that cannot be seen. Each is replaced by one that can be seen and pointed at.

use std::borrow::Cow;

/// The text with every character that a terminal would obey, or nobody could see, replaced by a visible one; line breaks and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| shown(character) == character) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(shown).collect())
}

/// The same for what must stay on one line: line breaks become visible too.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        safe if safe.contains(['\n', '\t']) => Cow::Owned(safe.replace('\n', "␊").replace('\t', " ")),
        safe => safe,
    }
}

/// What stands for a character.
pub(super) fn shown(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        // U+2400 and after are pictures of the control characters.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        // The second set of control characters, U+009B (an escape sequence by itself) among them.
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        // Marks of direction.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        // What has no width, or ends a line for some programs only. Joiners stay: scripts and emoji need them.
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => {
            '\u{fffd}'
        }
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(visible("a\u{1b}[31mb\u{9b}2J\u{7}\r\n\tc"), "a␛[31mb\u{fffd}2J␇␍\n\tc");
        assert_eq!(visible("ok \u{202e}drowssap\u{2069}"), "ok \u{fffd}drowssap\u{fffd}");
        assert_eq!(visible_line("a\nb\tc"), "a␊b c");
        assert_eq!(visible("会员 👩\u{200d}💻 é"), "会员 👩\u{200d}💻 é");
    }
}
