//! The codes: one a kind of mistake, stable for ever, each with a page in `docs/codes/`.
//!
//! Ranges: `E00` text of a file, `E01` syntax, `E02` names, `E03` types, `E04` time and units, `E05` declarations,
//! `E06` data and files, `E09` not supported yet, `W01` warnings. A number is never used again for something else.

use std::fmt;

/// A stable identity such as `E0201`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static str);

impl Code {
    /// The code as it is printed.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The code that `text` spells, in either case.
    pub fn parse(text: &str) -> Option<Code> {
        ALL.iter().map(|(code, ..)| *code).find(|code| code.0.eq_ignore_ascii_case(text.trim()))
    }

    /// One line on what it means.
    pub fn title(self) -> &'static str {
        ALL.iter().find(|(code, ..)| *code == self).map_or("", |(_, title, _)| title)
    }

    /// Its page: Markdown with what it means, why it matters, an example, and what to write instead.
    pub fn page(self) -> &'static str {
        ALL.iter().find(|(code, ..)| *code == self).map_or("", |(.., page)| page)
    }

    /// Every code with its title and its page, in order.
    pub fn all() -> &'static [(Code, &'static str, &'static str)] {
        ALL
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

/// `NAME = "E0101", "one line on what it means";` for each code.
macro_rules! codes {
    ($($name:ident = $code:literal, $title:literal;)*) => {
        $(#[doc = $title] pub const $name: Code = Code($code);)*
        const ALL: &[(Code, &str, &str)] = &[
            $(($name, $title, include_str!(concat!("../../docs/codes/", $code, ".md"))),)*
        ];
    };
}

codes! {
    NOT_UTF8 = "E0008", "a rule file that is not UTF-8";
    TOO_LARGE = "E0009", "a rule file of more than 64 MiB";
    UNEXPECTED = "E0101", "something else is expected here";
    TOO_DEEP = "E0103", "brackets nested too deep";
    CLAUSE_OUTSIDE = "E0117", "`where` or `per` outside an aggregate";
    EMPTY_LIST = "E0118", "a list literal without values";
    SAID_TWICE = "E0119", "a clause that is said twice";
    NOT_SUPPORTED_YET = "E0901", "a part of the language that this version parses but does not evaluate yet";
}
