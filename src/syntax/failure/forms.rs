//! Whole forms of other languages: choices, windows, methods, lists and calls that are written otherwise here.

use super::{
    super::{grammar::Rule, words},
    Around, Kind, Mistake, Token,
    declarations::misspelt,
    ends_operand, shown,
};
use crate::diagnostic::code;

impl Around<'_> {
    /// `like "%x%"`, `a ? b : c`, `x % 10`, `count(*)`, `now()`, `case when`
    pub(super) fn other_forms(&self) -> Option<Mistake> {
        let this = self.this()?;
        let previous = self.previous()?;
        if matches!(this.text.to_lowercase().as_str(), "like" | "ilike" | "rlike") && this.kind == Kind::Word {
            return Some(self.like(this));
        }
        if this.is("?") {
            let start = self.condition_start();
            let colon = self.tokens.iter().skip(self.at).find(|token| token.is(":"));
            let slice = |from: usize, to: usize| self.slice(from..to).trim();
            let help = match colon {
                Some(colon) => {
                    let end =
                        self.tokens.iter().find(|token| token.start > colon.start).map_or(colon.end(), Token::end);
                    format!(
                        "write `if {} then {} else {}`",
                        slice(start, this.start),
                        slice(this.end(), colon.start),
                        slice(colon.end(), end)
                    )
                }
                None => "write `if … then … else …`".to_owned(),
            };
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "a choice is written `if … then … else …`").help(help),
            );
        }
        if this.is("%") && previous.text.ends_with('%') {
            let written = previous.text;
            return Some(
                Mistake::new(code::FOREIGN_OPERATOR, this.range(), "a percentage has one `%`")
                    .help(format!("write `{written}`"))
                    .suggest(format!("write `{written}`"), this.start..this.end(), ""),
            );
        }
        if this.is("%") && ends_operand(previous) {
            let divisor = self.next().map_or("n", |next| next.text);
            let written = format!("mod({}, {divisor})", previous.text);
            let end = self.next().map_or(this.end(), Token::end);
            return Some(
                Mistake::new(code::FOREIGN_OPERATOR, this.range(), "the remainder of a division is `mod`")
                    .help(format!("write `{written}`"))
                    .suggest(format!("write `{written}`"), previous.start..end, written),
            );
        }
        if this.is("*") && (previous.is("(") || previous.is(".")) {
            let table = if previous.is(".") { self.token(-2).map(|table| table.text) } else { None };
            let written = table.unwrap_or("orders");
            let start = if previous.is(".") { previous.start } else { this.start };
            let mistake = Mistake::new(code::FOREIGN_FORM, this.range(), "rows are counted by their table's name");
            return Some(match table {
                Some(_) => mistake.help(format!("write `{written}`")).suggest(
                    format!("write `{written}`"),
                    start..this.end(),
                    "",
                ),
                None => mistake.help(format!("write the table's name: `count({written})`")),
            });
        }
        if this.is("(") && matches!(previous.text, "now" | "today") && self.next().is_some_and(|next| next.is(")")) {
            let end = self.next().map_or(this.end(), Token::end);
            return Some(
                Mistake::new(
                    code::FOREIGN_FORM,
                    this.start..end,
                    format!("`{}` stands without brackets", previous.text),
                )
                .help(format!("write `{}`", previous.text))
                .fix("remove the brackets", this.start..end, ""),
            );
        }
        if this.is("(") && self.token(-2).is_some_and(|dot| dot.is(".")) {
            return Some(self.method(self.at));
        }
        if previous.is(".") && self.next().is_some_and(|next| next.is("(")) {
            return self.clause_behind_a_point().or_else(|| Some(self.method(self.at + 1)));
        }
        if let Some(top) = self.called_rank() {
            return Some(top);
        }
        if this.is("of")
            && matches!(previous.text, "all" | "any" | "none")
            && self.next().is_some_and(|next| next.is("["))
        {
            return self.quorum_brackets();
        }
        if this.is("(") && self.token(-2).is_some_and(|least| least.is("least")) {
            let gap = previous.end();
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "`of` is left out before the conditions")
                    .help(format!("write `at least {} of (…)`", previous.text))
                    .fix("write `of` here", gap..gap, " of"),
            );
        }
        if previous.is("matches") && this.kind == Kind::Text {
            let written = format!("/{}/", this.text.trim_matches('"').replace('/', "\\/"));
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "a pattern stands between slashes, not in quotes")
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), this.range(), written),
            );
        }
        if this.is("/") && previous.is("=") || this.is("/") && self.expects_operand() {
            let wrong = if previous.is("=") { previous } else { this };
            let rest = self.slice(this.end()..self.text.len());
            let length = rest.split('\n').next().and_then(|line| line.find('/')).map_or(0, |at| at + 1);
            let pattern = self.slice(this.start..this.end() + length);
            let mistake = Mistake::new(code::FOREIGN_FORM, wrong.range(), "a pattern stands after `matches`");
            let mistake = mistake.help(format!("write `matches {pattern}`"));
            return Some(match previous.is("=") {
                true => mistake.suggest("write `matches`", previous.range(), "matches"),
                false => mistake,
            });
        }
        self.windows(this, previous)
    }

    /// `within last 30d`, `within A..B`, `during 30d`, `during 本月`
    fn windows(&self, this: &Token<'_>, previous: &Token<'_>) -> Option<Mistake> {
        let before = |word: &str| self.token(-2).is_some_and(|token| token.is(word));
        if matches!(previous.text, "last" | "past" | "the" | "prior") && before("within") && previous.kind == Kind::Word
        {
            return Some(
                Mistake::new(
                    code::FOREIGN_FORM,
                    previous.range(),
                    format!("`within` looks back, without `{}`", previous.text),
                )
                .help(format!("write `within {}`", this.text))
                .fix(format!("remove `{}`", previous.text), previous.start..this.start, ""),
            );
        }
        if matches!(this.text, ".." | "..<") && before("within") {
            let within = self.token(-2)?;
            return Some(
                Mistake::new(
                    code::FOREIGN_FORM,
                    within.range(),
                    "`within` takes one duration; between two ends stands `between`",
                )
                .help("write `between`")
                .fix("write `between`", within.range(), "between"),
            );
        }
        if !previous.is("during") {
            return None;
        }
        if this.kind == Kind::Number {
            return Some(
                Mistake::new(
                    code::FOREIGN_FORM,
                    previous.range(),
                    "`during` takes a period of the calendar; a duration stands after `within`",
                )
                .help(format!("write `within {}`", this.text))
                .fix("write `within`", previous.range(), "within"),
            );
        }
        let period = period_of(this.text)?;
        Some(
            Mistake::new(code::FOREIGN_FORM, this.range(), format!("{} is written `{period}` here", shown(this.text)))
                .help(format!("write `{period}`"))
                .fix(format!("write `{period}`"), this.range(), period),
        )
    }

    /// Where the condition before a `?` begins: behind `=`, `when` or an opening bracket.
    fn condition_start(&self) -> usize {
        let before = self.tokens.get(..self.at).unwrap_or(&[]);
        let begins = |(at, token): (usize, &Token<'_>)| {
            matches!(token.text, "when" | "(" | "[" | "{" | ",") || token.is("=") && at <= 3
        };
        let begin = before.iter().enumerate().map(begins).rposition(|begins| begins);
        begin.and_then(|at| self.tokens.get(at + 1)).map_or(0, |token| token.start)
    }

    fn like(&self, this: &Token<'_>) -> Mistake {
        let Some(text) = self.next().filter(|next| next.kind == Kind::Text) else {
            return Mistake::new(
                code::FOREIGN_OPERATOR,
                this.range(),
                format!("`{}` is written `contains` here", this.text),
            )
            .help("write `contains`, `starts with` or `ends with`");
        };
        let inside = text.text.trim_matches('"');
        let bare = inside.trim_matches('%');
        let written = match (inside.starts_with('%'), inside.ends_with('%')) {
            (true, true) => format!("contains \"{bare}\""),
            (false, true) => format!("starts with \"{bare}\""),
            (true, false) => format!("ends with \"{bare}\""),
            (false, false) => format!("= \"{bare}\""),
        };
        Mistake::new(
            code::FOREIGN_OPERATOR,
            this.range(),
            format!("`{}` is an operator of another language", this.text),
        )
        .help(format!("write `{written}`"))
        .suggest(format!("write `{written}`"), this.start..text.end(), written)
    }

    /// `favourite.contains("水果")`, whose bracket is token `open`
    fn method(&self, open: usize) -> Mistake {
        let token = |back: usize| open.checked_sub(back).and_then(|at| self.tokens.get(at));
        // `orders.amount.sum()`: what is asked may be a path itself.
        let path = token(4).is_some_and(|point| point.is("."));
        let (subject, name) = (token(if path { 5 } else { 3 }), token(1).map_or("", |name| name.text));
        let place = token(1).map_or(0..0, Token::range);
        let close = self.matching(open);
        let arguments =
            self.tokens.get(open).zip(close).map_or("", |(open, close)| self.slice(open.end()..close.start).trim());
        let of = subject.zip(token(3)).map_or("", |(first, last)| self.slice(first.start..last.end()));
        let written = match name.to_lowercase().as_str() {
            "contains" | "includes" => format!("{of} contains {arguments}"),
            "startswith" | "starts_with" => format!("{of} starts with {arguments}"),
            "endswith" | "ends_with" => format!("{of} ends with {arguments}"),
            "matches" => format!("{of} matches /…/"),
            name if arguments.is_empty() => format!("{name}({of})"),
            name => format!("{name}({of}, {arguments})"),
        };
        let mistake = Mistake::new(code::FOREIGN_FORM, place, "what is asked of a value does not stand behind a point");
        let mistake = mistake.help(format!("write `{written}`"));
        match (subject, close) {
            (Some(subject), Some(close)) => {
                mistake.suggest(format!("write `{written}`"), subject.start..close.end(), written)
            }
            _ => mistake,
        }
    }

    /// `count(orders.within(30d))`, `orders.where(paid)`
    fn clause_behind_a_point(&self) -> Option<Mistake> {
        let (word, point) = (self.this()?, self.previous()?);
        if !matches!(word.text, "within" | "where" | "during" | "between" | "per") {
            return None;
        }
        let rows = self.token(-2).filter(|rows| matches!(rows.kind, Kind::Word | Kind::Quoted))?;
        let (open, close) = (self.next()?, self.matching(self.at + 1)?);
        let clause = format!("{} {} {}", rows.text, word.text, self.slice(open.end()..close.start).trim());
        let message = format!("`{}` does not stand behind a point", word.text);
        let mistake = Mistake::new(code::FOREIGN_FORM, point.start..close.end(), message);
        let asked = self.token(-3).is_some_and(|open| open.is("("))
            && self.token(-4).is_some_and(|function| function.kind == Kind::Word && !words::is_reserved(function.text));
        Some(match asked {
            true => mistake.help(format!("write `{clause}`")).fix(
                format!("write `{clause}`"),
                rows.start..close.end(),
                clause,
            ),
            false if word.is("where") || word.is("per") => {
                mistake.help(format!("write `count({clause})`, or another question about the rows"))
            }
            false => mistake.help(format!("of a moment write `{clause}`; of a table's rows `count({clause})`")),
        })
    }

    /// `top(spend, 20%)`, `top(20%, spend)`
    fn called_rank(&self) -> Option<Mistake> {
        let this = self.this()?;
        let opener = *self.open().last().filter(|open| open.is("("))?;
        let at = self.tokens.iter().position(|token| token.start == opener.start)?;
        let rank = at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .filter(|rank| matches!(rank.text, "top" | "bottom"))?;
        let close = self.matching(at).filter(|_| this.is(","))?;
        let (mut by, mut amount) =
            (self.slice(opener.end()..this.start).trim(), self.slice(this.end()..close.start).trim());
        if by.starts_with(|first: char| first.is_ascii_digit()) {
            std::mem::swap(&mut by, &mut amount);
        }
        let written = format!("{} {amount} by {by}", rank.text);
        Some(
            Mistake::new(code::FOREIGN_FORM, rank.range(), format!("`{}` is no function", rank.text))
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), rank.start..close.end(), written),
        )
    }

    /// `all of [a, b]`
    fn quorum_brackets(&self) -> Option<Mistake> {
        let open = self.next()?;
        let close = self.matching(self.at + 1)?;
        let mut mistake = Mistake::new(code::LIST_BRACKETS, open.range(), "the conditions stand in round brackets")
            .help("write `(` and `)`")
            .fix("write round brackets", open.range(), "(");
        mistake.edits.push((close.range(), ")".to_owned()));
        Some(mistake)
    }

    /// The bracket that closes the one at token `open`.
    pub(super) fn matching(&self, open: usize) -> Option<&Token<'_>> {
        self.tokens.get(open).filter(|open| matches!(open.text, "(" | "[" | "{") && open.kind == Kind::Sign)?;
        let mut depth = 0_usize;
        for token in self.tokens.get(open..)? {
            match token.text {
                "(" | "[" | "{" if token.kind == Kind::Sign => depth += 1,
                ")" | "]" | "}" if token.kind == Kind::Sign => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(token);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// `in ("a", "b")`
    pub(super) fn in_parentheses(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| this.is(","))?;
        let opener = *self.open().last().filter(|open| open.is("("))?;
        let at = self.tokens.iter().position(|token| token.start == opener.start)?;
        let before = at.checked_sub(1).and_then(|at| self.tokens.get(at))?;
        if !matches!(before.text, "in" | "of" | "has" | "=") || this.start < opener.start {
            return None;
        }
        let close = self.matching(at)?;
        let whole = opener.start..close.end();
        let inside = self.slice(opener.end()..close.start);
        let mut mistake = Mistake::new(code::LIST_BRACKETS, whole, "a list stands in square brackets")
            .help(format!("write `[{inside}]`"))
            .fix("write square brackets", opener.range(), "[");
        mistake.edits.push((close.range(), "]".to_owned()));
        Some(mistake)
    }

    pub(super) fn commas(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| this.is(","))?;
        let previous = self.previous()?;
        let remove = |message: &str| {
            Mistake::new(code::UNEXPECTED, this.range(), message).help("remove the comma").fix(
                "remove the comma",
                this.range(),
                "",
            )
        };
        let Some(next) = self.next() else { return Some(remove("nothing follows this comma")) };
        if matches!(next.text, "given" | "then" | "expect" | "with") || words::begins_declaration(next.text) {
            return Some(remove(&format!("no comma stands before `{}`", next.text)));
        }
        let bare_has = self.token(-2).is_some_and(|has| has.is("has"));
        if bare_has && matches!(previous.kind, Kind::Text | Kind::Number) {
            let mut end = previous.end();
            let mut rest = self.tokens.get(self.at..)?;
            while let [comma, text, behind @ ..] = rest {
                if !comma.is(",") || text.kind != previous.kind {
                    break;
                }
                end = text.end();
                rest = behind;
            }
            let written = format!("any of [{}]", self.slice(previous.start..end));
            return Some(
                Mistake::new(code::LIST_BRACKETS, this.range(), "several values stand in a list")
                    .help(format!("write `has {written}`, or `has all of […]`"))
                    .suggest(format!("write `{written}`"), previous.start..end, written),
            );
        }
        // `rulebook "shop", timezone "Asia/Shanghai"`
        if next.kind == Kind::Word && self.expected_words().contains(&next.text) && !self.expects(Rule::kw_and) {
            return Some(remove(&format!("no comma stands before `{}`", next.text)));
        }
        let at_top = self.open().is_empty() || self.open().last().is_some_and(|open| open.is("("));
        (at_top && ends_operand(previous) && self.expects(Rule::kw_and)).then(|| {
            let before = if previous.end() == this.start { " " } else { "" };
            let after = if this.end() == next.start { " " } else { "" };
            Mistake::new(code::FOREIGN_OPERATOR, this.range(), "conditions are joined by `and` or `or`, not by a comma")
                .help("write `and`")
                .suggest("write `and`", this.range(), format!("{before}and{after}"))
        })
    }

    /// `if` without `then` or without `else`
    pub(super) fn choice(&self) -> Option<Mistake> {
        let begin = || self.tokens.iter().take(self.at).rev().find(|token| token.is("if"));
        if self.expects(Rule::kw_else) && !self.expects_operand() {
            let begin = begin()?;
            if self
                .this()
                .is_some_and(|this| misspelt(this.text, &["else"]).is_some() || this.text.to_lowercase() == "else")
            {
                return None;
            }
            return Some(
                Mistake::new(code::IF_WITHOUT_ELSE, begin.range(), "this `if` has no `else`")
                    .help("say what it is otherwise: `else 0`, or `else missing`"),
            );
        }
        if self.expects(Rule::kw_then) && !self.expects_operand() {
            let this = self.this();
            if this.is_some_and(|this| {
                misspelt(this.text, &["then"]).is_some()
                    || this.text.to_lowercase() == "then"
                    || !matches!(this.kind, Kind::Number | Kind::Text | Kind::Word)
            }) {
                return None;
            }
            return Some(match this {
                Some(this) => Mistake::new(code::IF_WITHOUT_ELSE, this.range(), "`then` is left out before this")
                    .help(format!("write `then {}`", this.text))
                    .suggest("write `then` here", this.start..this.start, "then "),
                None => Mistake::new(code::IF_WITHOUT_ELSE, begin()?.range(), "this `if` has no `then`")
                    .help("write `if … then … else …`"),
            });
        }
        None
    }
}

/// What a period of the calendar is called, where it is written in another way.
fn period_of(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().replace(['-', '_'], "").as_str() {
        "thisweek" | "\u{672c}\u{5468}" => "this week",
        "lastweek" | "\u{4e0a}\u{5468}" => "last week",
        "nextweek" | "\u{4e0b}\u{5468}" => "next week",
        "thismonth" | "\u{672c}\u{6708}" | "month" => "this month",
        "lastmonth" | "\u{4e0a}\u{6708}" | "\u{4e0a}\u{4e2a}\u{6708}" => "last month",
        "nextmonth" | "\u{4e0b}\u{6708}" => "next month",
        "thisquarter" | "\u{672c}\u{5b63}\u{5ea6}" | "quarter" => "this quarter",
        "lastquarter" | "\u{4e0a}\u{5b63}\u{5ea6}" => "last quarter",
        "thisyear" | "\u{4eca}\u{5e74}" | "\u{672c}\u{5e74}" | "year" => "this year",
        "lastyear" | "\u{53bb}\u{5e74}" => "last year",
        "week" => "this week",
        "\u{4eca}\u{5929}" => "today",
        "\u{6628}\u{5929}" => "yesterday",
        "\u{660e}\u{5929}" => "tomorrow",
        _ => return None,
    })
}
