//! The codes: one a kind of mistake, stable for ever, each with a page in `docs/codes/`.
//!
//! Ranges: `E00` text of a file, `E01` syntax, `E02` names, `E03` types, `E04` time and units, `E05` declarations,
//! `E06` data and files, `E07` tests, `E08` what segments do, `W01` warnings, `W08` warnings of what segments do. A number is never used again for something else.

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
    FOREIGN_CHARACTER = "E0001", "a character of another keyboard";
    CONTROL_CHARACTER = "E0002", "a character that cannot be seen";
    FOREIGN_QUOTES = "E0003", "quotes of another keyboard";
    SINGLE_QUOTES = "E0004", "a text in single quotes";
    UNCLOSED_TEXT = "E0005", "a text that is never closed";
    BAD_ESCAPE = "E0006", "an escape that is none";
    INNER_QUOTES = "E0007", "quotes inside a text";
    NOT_UTF8 = "E0008", "a rule file that is not UTF-8";
    TOO_LARGE = "E0009", "a rule file of more than 64 MiB";
    FOREIGN_COMMENT = "E0010", "a comment of another language";
    UNKNOWN_CHARACTER = "E0011", "a character that means nothing here";
    UNCLOSED_NAME = "E0012", "a name in backticks that is never closed";
    UNCLOSED_PATTERN = "E0013", "a pattern that is never closed";
    TOUCHING = "E0014", "a literal that touches a name";
    BAD_NUMBER = "E0015", "a number that is not written as one";
    BAD_DATE = "E0016", "a date that is not written as one";
    BAD_UNIT = "E0017", "a unit of time that is not written as one";
    UNEXPECTED = "E0101", "something else is expected here";
    MISSPELT_WORD = "E0102", "a word of the language, misspelt";
    TOO_DEEP = "E0103", "brackets nested too deep";
    UNCLOSED_BRACKET = "E0104", "a bracket that is never closed";
    STRAY_BRACKET = "E0105", "a bracket that closes nothing";
    FOREIGN_OPERATOR = "E0106", "an operator of another language";
    FOREIGN_RANGE = "E0107", "a range that is not written as one";
    OPEN_RANGE = "E0108", "a range with one end";
    NULL_TEST = "E0109", "a missing value, asked for in the words of another language";
    LIST_BRACKETS = "E0110", "a list in the wrong brackets";
    GLUED_KEYWORD = "E0111", "a word of the language glued to a name";
    CAPITALISED = "E0112", "a word of the language in capitals";
    CHAINED_COMPARISON = "E0113", "a comparison of three";
    IF_WITHOUT_ELSE = "E0114", "`if` without `then` or `else`";
    RESERVED_NAME = "E0115", "a reserved word as a name";
    MISSING_WORD = "E0116", "a word that is left out";
    CLAUSE_OUTSIDE = "E0117", "`where` or `per` outside an aggregate";
    EMPTY_LIST = "E0118", "a list literal without values";
    SAID_TWICE = "E0119", "a clause that is said twice";
    FOREIGN_FORM = "E0120", "a form of another language";
    BAD_NAME = "E0121", "a name that is not written as one";
    UNKNOWN_NAME = "E0201", "a name that means nothing";
    DECLARED_TWICE = "E0202", "a name that is declared twice";
    CYCLE = "E0203", "a rule that reads itself";
    CHOICE_VALUE_IS_A_NAME = "E0204", "a level's value that is a declared name too";
    NOT_A_VALUE = "E0205", "a name that is no value where one is wanted";
    UNKNOWN_FUNCTION = "E0206", "a function that does not exist";
    QUOTED_NAME = "E0207", "a level's value in quotes";
    AMBIGUOUS_NAME = "E0208", "a name that both the row and its user have";
    NESTED_AGGREGATE = "E0209", "a question about many rows inside another one";
    NOT_ALIKE = "E0301", "unlike things compared";
    WRONG_TYPE = "E0302", "a value of the wrong kind";
    CONTRADICTORY_USE = "E0303", "a field used as two kinds of value";
    WRONG_ARGUMENTS = "E0304", "arguments that a function does not take";
    BAD_LITERAL = "E0305", "a literal without a value";
    BAD_PATTERN = "E0306", "a pattern that cannot be searched for";
    NOT_ORDERED = "E0307", "an order asked of what has none";
    MOMENT_BESIDE_DURATION = "E0401", "a moment compared with a length of time";
    MONTHS_HAVE_NO_LENGTH = "E0402", "months where a fixed length is wanted";
    HOURS_OF_A_DATE = "E0403", "hours beside a date";
    UNKNOWN_ZONE = "E0501", "a time zone that does not exist";
    BAD_TABLE = "E0502", "a table that does not fit together";
    UNKNOWN_TYPE = "E0503", "a type that does not exist";
    BAD_PARAM = "E0504", "a parameter without a constant value";
    BAD_ARMS = "E0505", "arms of a level that do not fit together";
    BAD_PATH = "E0506", "a file outside the rulebook's folder";
    SNAPSHOT_DIFFERS = "E0601", "a snapshot that is not as it was kept";
    SNAPSHOT_NEW = "E0602", "a snapshot that is not kept yet";
    SNAPSHOT_FAILS = "E0603", "a snapshot that cannot be taken";
    FILE_NOT_THERE = "E0604", "a file that the rules name, and that cannot be read";
    COLUMN_NOT_THERE = "E0605", "a column that the file of a table or list lacks";
    ARMS_OVERLAP = "E0606", "two arms of an exclusive layer that apply to one user";
    BAD_GIVEN = "E0701", "a given value that does not fit what it is given to";
    NOT_GIVEN = "E0702", "something that a record of a test does not hold";
    GIVEN_AND_COMPUTED = "E0703", "a value given together with what it is computed from";
    WITHOUT_AS_OF = "E0704", "a test of rules about time without `as of`";
    BAD_AS_OF = "E0705", "an `as of` that is no moment, or goes back in time";
    UNKNOWN_USER = "E0706", "a label that tells nobody";
    NEEDS_POPULATION = "E0707", "a question about everybody, asked in a test of one user";
    BAD_OVERRIDE = "E0708", "a value that a parameter or list cannot have";
    NOT_AS_EXPECTED = "E0710", "an expectation that does not hold";
    NOT_ENOUGH_GIVEN = "E0711", "a case that hangs on what it does not give";
    NO_ANSWER = "E0712", "a case that has no answer";
    BAD_TRIGGER = "E0801", "a trigger that never comes";
    BAD_DEED = "E0802", "a deed that cannot be done as it is written";
    BAD_AMOUNT = "E0803", "a length of time or a number that cannot be one";
    BAD_HOURS = "E0804", "hours that are none";
    BAD_SPLIT = "E0805", "shares that do not make a whole";
    BAD_POLICY = "E0806", "a policy that cannot be kept";
    BAD_HOLE = "E0807", "a hole of a message that is none";
    HOLE_VALUE = "E0808", "a value that a message cannot say";
    HOLE_MAY_BE_MISSING = "E0809", "a hole that may be missing";
    CHANNEL_REFUSES = "E0810", "a message that its channel does not take";
    NO_SUCH_DEED = "E0811", "an expectation that no deed can meet";
    NOT_IN_SQL = "E0902", "something that an engine's SQL cannot say exactly";
    NOT_IN_RESULTS = "E0903", "something that results do not hold";
    UNUSED = "W0101", "something that no rule reads";
    NEGATION_OF_MISSING = "W0102", "a negation that leaves out those of missing value";
    EMPTY_RANGE = "W0103", "a range that nothing lies in";
    OR_BESIDE_AND = "W0104", "`or` beside `and` without parentheses";
    ALWAYS_OR_NEVER = "W0105", "a condition that is the same for everybody";
    ASKED_TWICE = "W0106", "a condition that is asked twice";
    TEXT_WITHOUT_QUOTES = "W0107", "a name that may be a text without its quotes";
    EMPTY_TEXT = "W0108", "a column compared with an empty text";
    TEXT_NOT_IN_DATA = "W0109", "a text that the data does not have, near one that it has";
    NEVER_BEHIND = "W0110", "an anniversary asked for in the past";
    NEVER_REACHED = "W0111", "an arm that nobody reaches";
    BOTH_APPLY = "W0112", "arms of an exclusive layer that both apply";
    NEEDLESS_FALLBACK = "W0801", "a fallback for what is never missing";
    WORD_USED_ONCE = "W0802", "a word after `send` or `do` that is close to another";
    LIMIT_OF_NOTHING = "W0803", "a limit on a channel that nothing is sent on";
    BRACES_SAID = "W0804", "a hole that is text by two braces";
}
