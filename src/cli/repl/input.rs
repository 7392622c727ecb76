//! Lines of input: whether more must follow, and what has been typed.

use tagwell::syntax::{DECLARATIONS, RESERVED};

/// What somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed<'t> {
    /// `:why u1 vip`: the word, and what stands behind it.
    Command(&'t str, &'t str),
    /// `tag vip when …`
    Declarations(&'t str),
    /// `spend > 500`
    Expression(&'t str),
    /// A blank line, or a comment.
    Nothing,
}

impl<'t> Typed<'t> {
    /// What a whole input is.
    pub(crate) fn of(text: &'t str) -> Typed<'t> {
        let trimmed = text.trim();
        if let Some(command) = trimmed.strip_prefix(':') {
            let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
            return Typed::Command(word, rest.trim());
        }
        let words: Vec<Word<'_>> = words(trimmed).into_iter().take(2).collect();
        match words.as_slice() {
            [] => Typed::Nothing,
            [first, second] if DECLARATIONS.contains(&first.text) && second.is_a_name() => Typed::Declarations(trimmed),
            _ => Typed::Expression(trimmed),
        }
    }
}

/// Whether an input cannot be all: a bracket is open, or something must follow the last word.
pub(crate) fn goes_on(text: &str) -> bool {
    if text.trim_start().starts_with(':') {
        return false;
    }
    let words = words(text);
    let mut depth = 0_i32;
    for word in &words {
        match word.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    if depth > 0 {
        return true;
    }
    let Some(last) = words.last() else { return false };
    let is_operand = ["true", "false", "missing", "known", "otherwise", "now", "today", "ago", "month", "week"];
    let is_due = RESERVED.contains(&last.text) && !is_operand.contains(&last.text)
        || ["by", "of", "from", "on", "as", "to", "with", "clamp", "key", "at"].contains(&last.text) && words.len() > 2
        || ["=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "??", ",", "..", "..<", ":", "."].contains(&last.text);
    if is_due {
        return true;
    }
    // A declaration has not come to its point yet: `tag vip`, `level membership by points`.
    match Typed::of(text) {
        Typed::Declarations(_) => {
            let has = |wanted: &str| words.iter().any(|word| word.text == wanted);
            match words.first().map(|word| word.text) {
                // What stands where `when` is due is a mistake, `tag vip when点数 > 3`, and told at once.
                Some("tag" | "segment") => {
                    !has("when") && words.len() <= 3 && words.get(2).is_none_or(|label| label.kind == Kind::Text)
                }
                Some("let" | "param" | "template") => !has("=") && !has("\"") && words.len() < 3,
                Some("score" | "level" | "layer" | "funnel" | "policy" | "channel" | "table") => !has("{"),
                Some("test") => !has("expect"),
                _ => false,
            }
        }
        Typed::Command(..) | Typed::Expression(_) | Typed::Nothing => false,
    }
}

/// Whether a line can only be more of what stands above it: `  and spend > 500`.
pub(crate) fn goes_on_from_above(line: &str) -> bool {
    let first = words(line).first().map_or("", |word| word.text);
    let words =
        ["and", "or", "between", "within", "during", "in", "is", "has", "contains", "starts", "ends", "matches"];
    let signs = ["=", "!=", "<", "<=", ">", ">=", "+", "*", "/", "??"];
    words.contains(&first) || signs.contains(&first) || ["then", "else", "when"].contains(&first)
}

/// A word, a number, a text, or a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'t> {
    pub(crate) text: &'t str,
    pub(crate) start: usize,
    pub(crate) kind: Kind,
}

/// What a word is, as far as colours go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `spend`, `when`
    Word,
    /// `500`, `30d`, `2026-11-22`
    Number,
    /// `"fruit"`
    Text,
    /// `>=`
    Sign,
}

impl Word<'_> {
    fn is_a_name(&self) -> bool {
        match self.kind {
            Kind::Word => !RESERVED.contains(&self.text),
            Kind::Text => true,
            Kind::Number | Kind::Sign => self.text.starts_with('`'),
        }
    }
}

/// The words of a text; comments are left out.
pub(crate) fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = vec![];
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        let length = |goes_on: &dyn Fn(char) -> bool| rest.find(|it| !goes_on(it)).unwrap_or(rest.len());
        let (kind, length) = match first {
            it if it.is_whitespace() => {
                at += it.len_utf8();
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '"' | '`' => (if first == '"' { Kind::Text } else { Kind::Sign }, quoted(rest, first)),
            it if it.is_ascii_digit() => {
                let goes_on = |it: char| it.is_alphanumeric() || "_.:%-+".contains(it);
                (Kind::Number, number(rest, length(&goes_on)))
            }
            it if it.is_alphanumeric() || it == '_' => (Kind::Word, length(&|it| it.is_alphanumeric() || it == '_')),
            _ => {
                let signs = ["..<", "..", "??", "!=", "<=", ">="];
                (Kind::Sign, signs.iter().find(|sign| rest.starts_with(**sign)).map_or(first.len_utf8(), |it| it.len()))
            }
        };
        let length = length.max(first.len_utf8());
        found.push(Word { text: rest.get(..length).unwrap_or(rest), start: at, kind });
        at += length;
    }
    found
}

/// A text up to its closing quote, or to the line's end.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, it) in text.char_indices().skip(1) {
        match it {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            it if it == quote => return at + it.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// A number, a date, a length of time; two dots after it are a range's, a sign that no date has is an operator.
fn number(text: &str, longest: usize) -> usize {
    let text = text.get(..longest).unwrap_or(text);
    let text = text.split("..").next().unwrap_or(text);
    let is_date = text.len() > 4 && text.as_bytes().get(4) == Some(&b'-');
    let end = match is_date {
        true => text.len(),
        false => text.find(['-', '+', ':']).filter(|at| text.get(*at..*at + 1) != Some(":")).unwrap_or(text.len()),
    };
    text.get(..end).map_or(text.len(), |it| it.trim_end_matches(['.', '-', '+', ':']).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_come_to_its_point_goes_on() {
        let open = [
            "tag vip",
            "tag vip \"重要\"",
            "tag vip when",
            "tag vip when spend > 500 and",
            "level membership by points",
            "level membership by points { gold from 5000",
            "any of (a, b",
            "spend >",
            "points in [1,",
            "let x =",
            "let x",
            "table users key id",
            "score heat from 10",
        ];
        let all = [
            "tag vip when spend > 500",
            "level membership by points { gold from 5000 }",
            "spend > 500",
            "last_order during this month",
            "city is missing",
            "let x = sum(orders.amount)",
            "level = gold",
            "param p = 30d",
            ":why u1",
            ":top 3 (spend",
            "# only a comment (",
            "city = \"(\"",
            "",
            "rulebook \"shop\" timezone \"Asia/Shanghai\"",
            "list blocked from \"blocked.csv\"",
            "tag 大 when点数 > 3",
            "tag vip spend > 500",
        ];
        assert_eq!(open.iter().filter(|text| !goes_on(text)).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert_eq!(all.iter().filter(|text| goes_on(text)).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn what_is_typed() {
        assert_eq!(Typed::of(" :why u1 vip "), Typed::Command("why", "u1 vip"));
        assert_eq!(Typed::of("## who\ntag vip when a"), Typed::Declarations("## who\ntag vip when a"));
        assert_eq!(Typed::of("level in [gold]"), Typed::Expression("level in [gold]"));
        assert_eq!(Typed::of("level >= gold"), Typed::Expression("level >= gold"));
        assert_eq!(Typed::of("# nothing"), Typed::Nothing);
    }

    #[test]
    fn words_of_a_line() {
        let texts = |text| words(text).into_iter().map(|word| word.text).collect::<Vec<_>>();
        assert_eq!(texts("a between 30d..60d"), ["a", "between", "30d", "..", "60d"]);
        assert_eq!(texts("购买次数>=3-1 # rest"), ["购买次数", ">=", "3", "-", "1"]);
        assert_eq!(texts("t < 2026-11-22T10:00+08:00"), ["t", "<", "2026-11-22T10:00+08:00"]);
        assert_eq!(texts("city = \"a\\\"b\" and `Last Order`"), ["city", "=", "\"a\\\"b\"", "and", "`Last Order`"]);
        assert_eq!(texts("20%"), ["20%"]);
    }
}
