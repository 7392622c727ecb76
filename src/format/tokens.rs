//! Tokens are counted, not read: a comment comes back behind as many tokens as it stood behind. Words, texts, names in
//! backticks and patterns are one token, every sign is one, and commas are none, since they come and go.

use unicode_ident::is_xid_continue;

/// How many tokens `text`, which has no comments, is.
pub(super) fn count(text: &str) -> usize {
    let mut walk = Walk::of(text);
    let mut count = 0;
    while walk.next_token().is_some() {
        count += 1;
    }
    count
}

/// A walk over the tokens of a text.
pub(super) struct Walk<'a> {
    text: &'a str,
    at: usize,
    /// Whether a `/` would begin a pattern.
    pattern_due: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn of(text: &'a str) -> Walk<'a> {
        Walk { text, at: 0, pattern_due: false }
    }

    /// Goes on behind `end`; what lies between is a comment.
    pub(super) fn skip_to(&mut self, end: usize) {
        self.at = self.at.max(end);
    }

    /// The next token before `end`; none where only blanks and commas are left.
    pub(super) fn next_before(&mut self, end: usize) -> Option<std::ops::Range<usize>> {
        loop {
            let rest = self.text.get(self.at..end)?;
            let first = rest.chars().next()?;
            if first.is_whitespace() || first == ',' || is_unseen(first) {
                self.at += first.len_utf8();
                self.pattern_due |= first == ',';
                continue;
            }
            let start = self.at;
            let length = match first {
                '"' | '`' => closed_by(rest, first),
                '/' if self.pattern_due => closed_by(rest, '/'),
                _ if is_xid_continue(first) => rest.find(|it| !is_xid_continue(it)).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            self.pattern_due = first == '(' || rest.get(..length) == Some("matches");
            self.at = start + length;
            return Some(start..self.at);
        }
    }

    fn next_token(&mut self) -> Option<std::ops::Range<usize>> {
        self.next_before(self.text.len())
    }
}

/// Characters that the scanner takes for white space.
fn is_unseen(it: char) -> bool {
    it == '\u{feff}' || it.is_control() || ('\u{200b}'..='\u{200f}').contains(&it)
}

/// The length of what its own sign closes.
fn closed_by(text: &str, sign: char) -> usize {
    let mut escaped = false;
    for (at, it) in text.char_indices().skip(1) {
        match it {
            _ if escaped => escaped = false,
            '\\' if sign != '`' => escaped = true,
            _ if it == sign => return at + it.len_utf8(),
            _ => {}
        }
    }
    text.len()
}
