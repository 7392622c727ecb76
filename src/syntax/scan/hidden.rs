//! Characters that cannot be seen: control characters, zero-width ones, marks of direction, and the signs that end a line
//! for some programs only. Outside of texts each is refused, since two names that look alike must be one name. A text, a
//! pattern and a comment may hold what is data in some script (joiners, variation selectors), but nothing that makes the
//! file read other than it is.

use super::Walk;
use crate::{
    diagnostic::{Diagnostic, Edit, Fix, code},
    source::Span,
};

/// Whether a character has no place outside of texts.
pub fn is_hidden(it: char) -> bool {
    if it.is_ascii() {
        return it.is_ascii_control() && !matches!(it, '\n' | '\t' | '\r');
    }
    matches!(it,
        '\u{80}'..='\u{9f}'
        // What Unicode calls default ignorable: it has no width of its own.
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character has no place inside of texts, patterns and comments either, but as an escape.
pub(super) fn is_refused_in_texts(it: char) -> bool {
    it.is_control() && it != '\t'
        || matches!(it, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether some programs begin a new line at it, and this one does not.
fn ends_a_line(it: char) -> bool {
    matches!(it, '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What a character is called.
fn called(it: char) -> &'static str {
    match it {
        '\0' => "NUL",
        '\u{1b}' => "escape",
        '\u{7f}' => "delete",
        '\u{85}' => "next line",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero-width space",
        '\u{200c}' => "zero-width non-joiner",
        '\u{200d}' => "zero-width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        '\u{202a}' => "left-to-right embedding",
        '\u{202b}' => "right-to-left embedding",
        '\u{202c}' => "end of an embedding",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{2060}' => "word joiner",
        '\u{2066}' => "left-to-right isolate",
        '\u{2067}' => "right-to-left isolate",
        '\u{2068}' => "first strong isolate",
        '\u{2069}' => "end of an isolate",
        '\u{3164}' | '\u{ffa0}' => "Hangul filler",
        '\u{feff}' => "byte-order mark",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "variation selector",
        _ if it.is_control() => "control character",
        _ => "without a width",
    }
}

impl<'a> Walk<'a, '_> {
    /// Tells a hidden character outside of texts, and leaves it out.
    pub(super) fn hidden(&mut self, it: char) {
        let length = it.len_utf8();
        let span = self.next_span(length);
        if ends_a_line(it) {
            let told = told(it, span).help("type a line break");
            self.sink.push(told.fix("replace it by a line break", span, "\n"));
            self.blank(length);
        } else {
            self.sink.push(told(it, span).help("remove it").fix("remove it", span, ""));
            self.replace(length, "");
        }
    }

    /// Tells a hidden character inside of a text or pattern.
    pub(super) fn hidden_in_text(&mut self, it: char, span: Span) {
        let escape = match it {
            '\t' => "\\t".to_owned(),
            _ => format!("\\u{{{:x}}}", it as u32),
        };
        let help = format!("remove it; where it belongs to the data, write `{escape}`");
        self.sink.push(told(it, span).help(help).fix("remove it", span, ""));
    }

    /// Tells the first character of a comment that has no place in one.
    pub(super) fn hidden_in_comment(&mut self, line: &str) {
        if let Some((at, it)) = line.char_indices().find(|(_, it)| is_refused_in_texts(*it)) {
            let span = self.span(self.at + at, self.at + at + it.len_utf8());
            self.sink.push(match ends_a_line(it) {
                true => told(it, span).help("type a line break, or remove it"),
                false => told(it, span).help("remove it").fix("remove it", span, ""),
            });
        }
    }

    /// Tells every hidden character of a name in backticks.
    pub(super) fn hidden_in_name(&mut self, start: usize, name: &str) {
        for (at, it) in name.char_indices().filter(|(_, it)| is_hidden(*it)) {
            let span = self.span(start + at, start + at + it.len_utf8());
            self.sink.push(told(it, span).help("remove it").fix("remove it", span, ""));
        }
    }

    /// A carriage return without a line feed: it ends the line, and is told once a file.
    pub(super) fn lone_return(&mut self) {
        let bytes = self.text.as_bytes();
        let lone = |at: &usize| bytes.get(at + 1) != Some(&b'\n');
        if !std::mem::replace(&mut self.returns_told, true) {
            let all = self.text.match_indices('\r').map(|(at, _)| at).filter(lone);
            let edits: Vec<Edit> = all.map(|at| Edit { span: self.span(at, at + 1), text: "\n".to_owned() }).collect();
            let others = edits.len().saturating_sub(1);
            let mut diagnostic = Diagnostic::error(
                code::CONTROL_CHARACTER,
                self.next_span(1),
                "a carriage return (U+000D) alone ends no line",
            )
            .help("save the file with line ends `\\n` or `\\r\\n`");
            if others > 0 {
                diagnostic = diagnostic.note(format!("this file has {others} more"));
            }
            let title = "replace it by a line feed".to_owned();
            self.sink.push(diagnostic.with_fix(Fix { title, edits, certain: true }));
        }
        self.replace(1, "\n");
        self.line_begun = false;
    }
}

fn told(it: char, span: Span) -> Diagnostic {
    let number = it as u32;
    let message = match it {
        '\u{feff}' => "a byte-order mark (U+FEFF) stands at the beginning of a file only".to_owned(),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            format!("a hidden U+{number:04X} ({}) makes this line read other than it is", called(it))
        }
        _ if it.is_control() && called(it) == "control character" => {
            format!("the control character U+{number:04X} has no place in a rule file")
        }
        _ if it.is_control() => {
            format!("the control character U+{number:04X} ({}) has no place in a rule file", called(it))
        }
        _ => format!("a hidden U+{number:04X} ({}) stands here", called(it)),
    };
    Diagnostic::error(code::CONTROL_CHARACTER, span, message)
}
