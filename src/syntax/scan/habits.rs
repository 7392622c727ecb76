//! Signs, comments and blanks typed out of habit, each with the mend that is certain.

use unicode_ident::is_xid_continue;

use super::{
    super::twins::{meant, twin},
    Last, Walk,
};
use crate::diagnostic::{Code, Diagnostic, code};

impl Walk<'_, '_> {
    /// `meant` in the place of the next `length` bytes, told as `message`.
    pub(super) fn instead(&mut self, length: usize, meant: &str, code: Code, message: &str) {
        let typed = self.rest().get(..length).unwrap_or("");
        let span = self.next_span(length);
        let word = matches!(meant.trim(), "and" | "or" | "not");
        let before = self.done.cleaned.text().ends_with(is_xid_continue);
        let after = self.rest().get(length..).is_some_and(|rest| rest.starts_with(|it: char| !it.is_whitespace()));
        let spaced = match word {
            true => format!("{}{}{}", if before { " " } else { "" }, meant.trim_end(), if after { " " } else { "" }),
            false => meant.to_owned(),
        };
        let bare = meant.trim();
        let (help, title) = match bare {
            "" => ("remove it: a rule file needs none".to_owned(), format!("remove `{typed}`")),
            _ => (format!("write `{bare}`"), format!("replace `{typed}` by `{bare}`")),
        };
        self.sink.push(Diagnostic::error(code, span, message).help(help).fix(title, span, spaced.clone()));
        self.last = if bare.ends_with([')', ']', '}', '%']) || bare.ends_with(is_xid_continue) && !word {
            Last::Operand
        } else {
            Last::Start
        };
        let one_by_one = typed.chars().count() == spaced.chars().count() && typed.chars().all(|it| twin(it).is_some());
        if one_by_one {
            for (from, to) in typed.chars().zip(spaced.chars()) {
                self.replace(from.len_utf8(), to.encode_utf8(&mut [0; 4]));
            }
        } else {
            self.replace(length, if spaced.is_empty() { " " } else { &spaced });
        }
    }

    /// `==`, `&&`, `<>` and their like.
    pub(super) fn foreign_sign(&mut self, typed: &'static str, meant: &str) {
        let message = match typed {
            ";" => "a declaration needs no `;` at its end".to_owned(),
            _ => format!("`{typed}` is written `{meant}` here"),
        };
        self.instead(typed.len(), meant, code::FOREIGN_OPERATOR, &message);
    }

    /// A run of characters of another keyboard.
    pub(super) fn twins(&mut self) {
        let rest = self.rest();
        let part_of_run = |it: char| twin(it).is_some_and(|twin| !matches!(twin, '"' | '\'' | '#' | '`'));
        let length = rest.find(|it| !part_of_run(it)).unwrap_or(rest.len());
        let typed = rest.get(..length).unwrap_or("");
        let ascii: String = typed.chars().filter_map(twin).collect();
        let behind = rest.get(length..).unwrap_or("");
        let ends_line = behind.split('\n').next().unwrap_or("").split('#').next().unwrap_or("").trim().is_empty();
        let ascii = match ascii.strip_suffix('.') {
            Some(before) if ends_line => before.to_owned(),
            _ => ascii,
        };
        // `！` and a plain `=` behind it belong together.
        let joined = ascii.ends_with('!') && behind.starts_with('=');
        let meant = if joined { ascii } else { meant(&ascii) };
        let full_width = typed.chars().all(super::is_full_width);
        let kind = if full_width { "a full-width character" } else { "a character of another keyboard" };
        let kinds = if full_width { "full-width characters" } else { "characters of another keyboard" };
        let message = match typed.chars().nth(1) {
            None => format!("`{typed}` is {kind}"),
            Some(_) => format!("`{typed}` is written in {kinds}"),
        };
        self.instead(length, &meant, code::FOREIGN_CHARACTER, &message);
        if meant.ends_with(is_xid_continue) && !matches!(meant.trim(), "and" | "or" | "not") {
            self.last = Last::Operand;
        }
    }

    /// `<<<<<<<`, `=======` and `>>>>>>>` at a line's beginning; false where it is none of them.
    pub(super) fn merge_mark(&mut self) -> bool {
        let line = self.line();
        let mark = ["<<<<<<<", "=======", ">>>>>>>"].into_iter().find(|mark| line.starts_with(*mark));
        let Some(mark) = mark.filter(|mark| !line.get(mark.len()..).unwrap_or("").starts_with(['<', '=', '>'])) else {
            return false;
        };
        let span = self.next_span(mark.len());
        self.sink.push(
            Diagnostic::error(
                code::UNKNOWN_CHARACTER,
                span,
                "two versions of this file were not brought together here",
            )
            .help("keep one of the two, and remove the lines `<<<<<<<`, `=======` and `>>>>>>>`"),
        );
        self.blank(line.len());
        true
    }

    /// A line of a Markdown fence.
    pub(super) fn fence(&mut self) {
        let line = self.line();
        let span = self.next_span(3);
        let whole = self.next_span(line.len());
        self.sink.push(
            Diagnostic::error(code::UNKNOWN_CHARACTER, span, "a rule file is no Markdown")
                .help("remove this line")
                .fix("remove it", whole, ""),
        );
        self.blank(line.len());
    }

    /// `//`, `--`, `/*` and a full-width `#`.
    pub(super) fn foreign_comment(&mut self, sign: &str) {
        let span = self.next_span(sign.len());
        self.sink.push(
            Diagnostic::error(code::FOREIGN_COMMENT, span, format!("a comment begins with `#`, not with `{sign}`"))
                .help("write `#`")
                .fix(format!("replace `{sign}` by `#`"), span, "#"),
        );
        self.comment(sign.len());
    }

    /// `--` and a blank, where no operand is due: at a line's beginning or behind an operand.
    pub(super) fn dashes_begin_a_comment(&self) -> bool {
        let Some(behind) = self.rest().strip_prefix("--") else { return false };
        let blank = behind.chars().next().is_none_or(char::is_whitespace);
        blank && (!self.line_begun || self.last == Last::Operand)
    }

    /// White space that no keyboard has a key for.
    pub(super) fn foreign_blank(&mut self, blank: char) {
        let span = self.next_span(blank.len_utf8());
        let number = blank as u32;
        self.sink.push(
            Diagnostic::error(
                code::FOREIGN_CHARACTER,
                span,
                format!("this is not an ordinary space but U+{number:04X}"),
            )
            .help("type a space")
            .fix("replace it by a space", span, " "),
        );
        self.blank(blank.len_utf8());
    }

    /// A sign that means nothing.
    pub(super) fn unknown(&mut self, sign: char) {
        let span = self.next_span(sign.len_utf8());
        let diagnostic = match sign {
            '&' | '|' => {
                let word = if sign == '&' { "and" } else { "or" };
                return self.instead(1, word, code::FOREIGN_OPERATOR, &format!("`{sign}` is written `{word}` here"));
            }
            '\u{a5}' | '\u{ffe5}' | '$' | '\u{20ac}' | '\u{a3}' => {
                let number = self.rest().get(sign.len_utf8()..).unwrap_or("");
                let end = number.find(|it: char| !it.is_ascii_digit() && it != '_').unwrap_or(number.len());
                let number = number.get(..end).unwrap_or("");
                Diagnostic::error(code::UNKNOWN_CHARACTER, span, "an amount is written without its currency")
                    .help(format!("write the bare number: `{number}`"))
                    .fix("remove it", span, "")
            }
            _ => {
                self.spoil();
                Diagnostic::error(code::UNKNOWN_CHARACTER, span, format!("`{sign}` means nothing in a rule file"))
                    .help("remove it; a name with other characters than letters, digits and `_` is written in backticks: `` `VIP+` ``")
            }
        };
        self.sink.push(diagnostic);
        self.blank(sign.len_utf8());
    }
}
