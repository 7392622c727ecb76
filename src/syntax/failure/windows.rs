//! Windows and conditions that stand outside of the brackets they belong into: `sum(orders.amount) last 30 days`,
//! `count(orders) where paid > 2`, `during 2026-01`.

use super::{
    super::words::{self},
    Around, Kind, Mistake, Token, numbers,
};
use crate::diagnostic::code;

/// Words before a length of time that say it lies behind.
const LAST: &[&str] = &["last", "past", "previous", "prior", "recent"];

impl Around<'_> {
    /// `let share = spend / visits when visits > 0`
    pub(super) fn condition_of_a_let(&self) -> Option<Mistake> {
        let when = self.this().filter(|this| this.is("when") && self.open().is_empty())?;
        let equals = self.tokens.iter().take(4).find(|equals| equals.is("="))?;
        self.tokens.first().filter(|first| first.is("let"))?;
        let value = self.slice(equals.end()..when.start).trim();
        let (end, _) = self.end_of_condition()?;
        let condition = self.slice(when.end()..end).trim();
        if value.is_empty() || condition.is_empty() {
            return None;
        }
        let written = format!("if {condition} then {value} else missing");
        let start = equals.end()
            + (self.slice(equals.end()..when.start).len() - self.slice(equals.end()..when.start).trim_start().len());
        Some(
            Mistake::new(code::FOREIGN_FORM, when.range(), "a `let` has a value, and no condition behind it")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), start..end, written),
        )
    }

    /// `sum(orders.amount) where paid > 500`
    pub(super) fn clause_outside(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| (this.is("where") || this.is("per")) && this.kind == Kind::Word)?;
        let close = self.previous().filter(|close| close.is(")"))?;
        let open = self.opening(self.at.checked_sub(1)?)?;
        let name = self.tokens.get(open.checked_sub(1)?).filter(|name| name.kind == Kind::Word)?;
        if words::is_reserved(name.text) || name.is("of") {
            return None;
        }
        let (end, compared) = self.end_of_condition()?;
        let clause = self.slice(this.start..end).trim_end();
        let written = format!("{} {clause})", self.slice(name.start..close.start));
        let mut mistake = Mistake::new(
            code::CLAUSE_OUTSIDE,
            this.range(),
            format!("`{}` stands inside the aggregate's brackets", this.text),
        );
        let all = if compared { format!("{written} {}", self.rest_of_line(end)) } else { written.clone() };
        mistake = mistake.help(format!("write `{all}`")).suggest(
            format!("write `{written}`"),
            close.start..close.start,
            format!(" {clause}"),
        );
        mistake.edits.push((close.end()..this.start + clause.len(), String::new()));
        Some(mistake)
    }

    /// Where the condition behind a misplaced `where` ends, and whether something is compared with the aggregate behind it:
    /// `status = "paid" > 2` ends before its second comparison.
    pub(super) fn end_of_condition(&self) -> Option<(usize, bool)> {
        self.end_of_condition_from(self.this()?.start)
    }

    /// The same of a word from a byte on.
    pub(super) fn end_of_condition_from(&self, start: usize) -> Option<(usize, bool)> {
        let mut depth = 0_usize;
        let mut asked = false;
        let word = self.tokens.iter().position(|token| token.start >= start)?;
        let mut end = self.tokens.get(word)?.end();
        for token in self.tokens.get(word + 1..)? {
            let sign = token.kind == Kind::Sign;
            match token.text {
                "(" | "[" if sign => depth += 1,
                ")" | "]" if sign && depth > 0 => depth -= 1,
                ")" | "]" | "}" | "{" | "," if sign && depth == 0 => break,
                "then" | "else" if depth == 0 => break,
                "and" | "or" if depth == 0 => asked = false,
                "=" | "!=" | "<" | "<=" | ">" | ">=" if sign && depth == 0 => {
                    if asked {
                        return Some((end, true));
                    }
                    asked = true;
                }
                word if depth == 0 && token.kind == Kind::Word && super::operators::is_test(word) => asked = true,
                _ => {}
            }
            if depth == 0 && token.kind == Kind::Word && words::begins_declaration(token.text) {
                break;
            }
            end = token.end();
        }
        Some((end, false))
    }

    /// What stands from a byte to the end of its line.
    pub(super) fn rest_of_line(&self, from: usize) -> &str {
        self.slice(from..self.text.len()).trim_start().lines().next().unwrap_or("").trim_end()
    }

    /// `last_order in the last 30 days`, `last_order last 30d`, `during last 30d`
    pub(super) fn last_days(&self) -> Option<Mistake> {
        let number = |token: &Token<'_>| token.kind == Kind::Number && !token.text.contains('-');
        let is_last = |token: &Token<'_>| {
            LAST.iter().any(|word| token.text.eq_ignore_ascii_case(word)) && token.kind == Kind::Word
        };
        let last = [self.at.checked_sub(1), Some(self.at), self.at.checked_sub(2)]
            .into_iter()
            .flatten()
            .find(|at| self.tokens.get(*at).is_some_and(is_last) && self.tokens.get(at + 1).is_some_and(number))?;
        let mut begin = last;
        while let Some(before) = begin.checked_sub(1).and_then(|at| self.tokens.get(at)) {
            if !matches!(before.text, "the" | "in" | "within" | "during" | "over" | "is") || before.kind != Kind::Word {
                break;
            }
            begin -= 1;
        }
        let (first, length) = (self.tokens.get(begin)?, self.tokens.get(last + 1)?);
        let subject = self.tokens.get(begin.checked_sub(1)?)?;
        if let Some(mistake) = self.last_days_outside(begin, last) {
            return Some(mistake);
        }
        // `count(orders, last 30 days)`
        let comma = subject.is(",") && begin >= 2 && self.open().last().is_some_and(|open| open.is("("));
        if !super::ends_operand(subject) && !comma {
            return None;
        }
        let from = if comma { self.tokens.get(begin - 2).map_or(subject.start, Token::end) } else { first.start };
        let blank = if comma { " " } else { "" };
        let typed = self.slice(first.start..length.start).trim();
        // `30 days` in two words is mended together with what stands before it.
        let unit = self.tokens.get(last + 2).filter(|unit| unit.kind == Kind::Word && numbers::is_plain(length.text));
        if let Some((unit, written)) = unit.and_then(|unit| Some((unit, numbers::unit_of(unit.text)?))) {
            let written = format!("within {}", numbers::duration(length.text, written));
            let range = first.start..unit.end();
            let told = format!("`{}` is written `{written}` here", self.slice(range.clone()));
            return Some(Mistake::new(code::FOREIGN_FORM, range.clone(), told).help(format!("write `{written}`")).fix(
                format!("write `{written}`"),
                from..range.end,
                format!("{blank}{written}"),
            ));
        }
        Some(
            Mistake::new(
                code::FOREIGN_FORM,
                first.start..length.start.saturating_sub(1).max(first.end()),
                format!("`{typed}` is written `within` here"),
            )
            .help(format!("write `within {}`", length.text))
            .fix("write `within`", from..length.start, format!("{blank}within ")),
        )
    }

    /// `sum(orders.amount) last 30 days`, whose words begin at token `begin`
    pub(super) fn last_days_outside(&self, begin: usize, last: usize) -> Option<Mistake> {
        let (at, close) = (begin.checked_sub(1)?, self.tokens.get(begin.checked_sub(1)?)?);
        let open = self.opening(at).filter(|_| close.is(")"))?;
        let name = self.tokens.get(open.checked_sub(1)?).filter(|name| name.kind == Kind::Word)?;
        let rows = ["count", "sum", "avg", "min", "max", "first", "last", "most", "distinct", "any"];
        if !rows.contains(&name.text) {
            return None;
        }
        let (first, number) = (self.tokens.get(begin)?, self.tokens.get(last + 1)?);
        let unit = self.tokens.get(last + 2).filter(|unit| unit.kind == Kind::Word && numbers::is_plain(number.text));
        let (length, end) = match unit.and_then(|unit| Some((numbers::unit_of(unit.text)?, unit.end()))) {
            Some((unit, end)) => (numbers::duration(number.text, unit), end),
            None => (number.text.to_owned(), number.end()),
        };
        let inside = self.slice(name.start..close.start);
        let place = inside.find(" where ").map_or(close.start, |at| name.start + at);
        let window = format!(" within {length}");
        let written = format!("{}{window}{})", self.slice(name.start..place), self.slice(place..close.start));
        let mut mistake =
            Mistake::new(code::CLAUSE_OUTSIDE, first.start..end, "a window stands inside the aggregate's brackets")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), place..place, window);
        mistake.edits.push((close.end()..end, String::new()));
        Some(mistake)
    }

    /// `during current month`, `during 2026-01`, `last_order 最近30天`
    pub(super) fn period_words(&self) -> Option<Mistake> {
        let this = self.this()?;
        if let Some(length) = recent_days(this.text).filter(|_| this.kind == Kind::Word) {
            let written = format!("within {length}");
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), format!("`{}` is written `{written}`", this.text))
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), this.range(), written),
            );
        }
        let during = self.previous().filter(|previous| previous.is("during"))?;
        if let Some((first, last)) = days_of(this.text) {
            let written = format!("between {first}..{last}");
            let range = during.start..this.end();
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), format!("`{}` is no period of the calendar", this.text))
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), range, written),
            );
        }
        let which = match this.text.to_lowercase().as_str() {
            "current" | "the" => "this",
            "previous" | "past" | "prior" => "last",
            "coming" | "following" => "next",
            _ => return None,
        };
        Some(self.instead(this, which))
    }

    /// `sum(orders.amount) within 90d > 3`, `sum(orders.amount) over 90d`
    pub(super) fn window_outside(&self) -> Option<Mistake> {
        let sign = |token: &Token<'_>| matches!(token.text, "=" | "!=" | "<" | "<=" | ">" | ">=");
        let word = match self.this()? {
            this if sign(this) => self.token(-2).filter(|word| word.is("within"))?,
            this if matches!(this.text, "over" | "in") && self.next().is_some_and(|it| it.kind == Kind::Number) => this,
            _ => return None,
        };
        let at = self.tokens.iter().position(|token| token.start == word.start)?;
        let (close, length) = (self.tokens.get(at.checked_sub(1)?)?, self.tokens.get(at + 1)?);
        let open = self.opening(at - 1).filter(|_| close.is(")"))?;
        let name = self.tokens.get(open.checked_sub(1)?).filter(|name| name.kind == Kind::Word)?;
        if words::is_reserved(name.text) {
            return None;
        }
        let window = format!(" within {}", length.text);
        let written = format!("{}{window})", self.slice(name.start..close.start));
        let mut mistake = Mistake::new(
            code::CLAUSE_OUTSIDE,
            word.start..length.end(),
            "a window stands inside the aggregate's brackets",
        )
        .help(format!("write `{written}`"))
        .suggest(format!("write `{written}`"), close.start..close.start, window);
        mistake.edits.push((close.end()..length.end(), String::new()));
        Some(mistake)
    }

    /// `count(orders) > 3 within 30d`
    pub(super) fn window_behind_comparison(&self) -> Option<Mistake> {
        let word = self.this().filter(|word| word.is("within"))?;
        let length = self.next().filter(|length| length.kind == Kind::Number)?;
        let bound = self.previous().filter(|bound| super::ends_operand(bound))?;
        self.token(-2).filter(|sign| matches!(sign.text, "=" | "!=" | "<" | "<=" | ">" | ">="))?;
        let at = self.at.checked_sub(3)?;
        let close = self.tokens.get(at).filter(|close| close.is(")"))?;
        let open = self.opening(at)?;
        let name = self.tokens.get(open.checked_sub(1)?).filter(|name| name.kind == Kind::Word)?;
        if words::is_reserved(name.text) {
            return None;
        }
        let window = format!(" within {}", length.text);
        let inside = self.tokens.get(open..at)?;
        // A window stands before `where`.
        let place = inside.iter().find(|token| token.is("where")).map_or(close.start, |where_| where_.start);
        let head = self.slice(name.start..place).trim_end();
        let gap = name.start + head.len();
        let written = one_line(&format!("{head}{window}{}", self.slice(gap..bound.end())));
        let mut mistake = Mistake::new(
            code::CLAUSE_OUTSIDE,
            word.start..length.end(),
            "a window stands inside the aggregate's brackets",
        )
        .help(format!("write `{written}`"))
        .suggest(format!("write `{written}`"), gap..gap, window);
        mistake.edits.push((self.moved(bound.end(), word.start..length.end()), String::new()));
        Some(mistake)
    }

    /// `count(orders where category = "水果" within 30d)`
    pub(super) fn window_behind_where(&self) -> Option<Mistake> {
        let word = self.this().filter(|word| word.is("within"))?;
        let length = self.next().filter(|length| length.kind == Kind::Number)?;
        // `where paid and within 30d`
        let joined = self.previous().is_some_and(|join| join.is("and"));
        let last = self.token(if joined { -2 } else { -1 }).filter(|last| super::ends_operand(last))?;
        let open = *self.open().last().filter(|open| open.is("("))?;
        let clause = self.tokens.get(..self.at)?.iter().rfind(|token| token.is("where") && token.start > open.start)?;
        let window = format!("within {} ", length.text);
        let written = one_line(&format!("{window}{}", self.slice(clause.start..last.end())));
        let mut mistake =
            Mistake::new(code::UNEXPECTED, word.start..length.end(), "a window stands before `where`, not behind it")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), clause.start..clause.start, window);
        let moved = if joined { last.end()..length.end() } else { self.moved(last.end(), word.start..length.end()) };
        mistake.edits.push((moved, String::new()));
        Some(mistake)
    }

    /// What is taken out where a clause moves: it, and the blanks before it unless a line ends there, which may be a comment's.
    fn moved(&self, from: usize, clause: std::ops::Range<usize>) -> std::ops::Range<usize> {
        if self.slice(from..clause.start).contains('\n') { clause } else { from..clause.end }
    }

    /// `most(orders.category within 1y by orders.amount)`
    pub(super) fn by_behind_window(&self) -> Option<Mistake> {
        let word = self.this().filter(|word| word.is("by"))?;
        let open = *self.open().last().filter(|open| open.is("("))?;
        let inside = self.tokens.get(..self.at)?.iter().position(|token| token.start == open.start)? + 1;
        let source = operand(self.tokens.get(inside..self.at)?);
        let (source, clause) = (source.last()?, self.tokens.get(inside + source.len())?);
        let last = operand(self.tokens.get(self.at + 1..)?).last().filter(|last| super::ends_operand(last))?;
        let ordered = self.slice(word.start..last.end());
        let window = self.slice(clause.start..word.start).trim_end();
        let written = one_line(&format!("{ordered} {window}"));
        let behind = if clause.is("where") { "`where`" } else { "the window" };
        let message = format!("`by` stands before {behind}, not behind it");
        let mut mistake =
            Mistake::new(code::UNEXPECTED, word.start..last.end(), message).help(format!("write `{written}`"));
        // Between its lines there may be comments, which would be lost.
        if ordered.contains('\n') {
            return Some(mistake);
        }
        mistake = mistake.suggest(format!("write `{written}`"), source.end()..source.end(), format!(" {ordered}"));
        mistake.edits.push((self.moved(self.gap(), word.start..last.end()), String::new()));
        Some(mistake)
    }
}

/// What is shown of words that may stand in several lines.
fn one_line(text: &str) -> String {
    if text.contains('\n') { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text.to_owned() }
}

/// The tokens before the first that is no part of an operand: a comma, a bracket that closes, or a word that begins a clause.
fn operand<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut depth = 0_usize;
    let ends = tokens.iter().position(|token| match token.text {
        "(" | "[" | "{" => {
            depth += 1;
            false
        }
        ")" | "]" | "}" if depth > 0 => {
            depth -= 1;
            false
        }
        ")" | "]" | "}" => true,
        "," | "within" | "between" | "during" | "where" | "per" => depth == 0,
        _ => false,
    });
    tokens.get(..ends.unwrap_or(tokens.len())).unwrap_or_default()
}

/// `最近30天` as `30d`
fn recent_days(word: &str) -> Option<String> {
    const BEFORE: &[&str] = &["\u{6700}\u{8fd1}", "\u{8fc7}\u{53bb}", "\u{8fd1}"];
    const UNITS: &[(&str, &str)] = &[
        ("\u{4e2a}\u{6708}", "mo"),
        ("\u{5929}", "d"),
        ("\u{65e5}", "d"),
        ("\u{5468}", "w"),
        ("\u{6708}", "mo"),
        ("\u{5e74}", "y"),
        ("\u{5c0f}\u{65f6}", "h"),
    ];
    let rest = BEFORE.iter().find_map(|before| word.strip_prefix(before))?;
    let rest = rest.strip_suffix("\u{5185}").unwrap_or(rest);
    let length = rest.find(|it: char| !it.is_ascii_digit()).filter(|length| *length > 0)?;
    let (digits, unit) = rest.split_at_checked(length)?;
    let unit = UNITS.iter().find(|(word, _)| *word == unit.trim_end_matches('\u{4ee5}'))?.1;
    Some(format!("{digits}{unit}"))
}

/// The first and the last day of `2026-01` or `2026`.
fn days_of(text: &str) -> Option<(String, String)> {
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|it| it.is_ascii_digit());
    match text.split_once('-') {
        None => digits(text, 4).then(|| (format!("{text}-01-01"), format!("{text}-12-31"))),
        Some((year, month)) => {
            let number: u8 = month.parse().ok().filter(|_| digits(year, 4) && digits(month, 2))?;
            let leap = year.parse().is_ok_and(|year: u32| {
                year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
            });
            let last = match number {
                4 | 6 | 9 | 11 => 30,
                2 => 28 + u8::from(leap),
                1..=12 => 31,
                _ => return None,
            };
            Some((format!("{text}-01"), format!("{text}-{last}")))
        }
    }
}
