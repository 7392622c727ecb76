//! Forms that are written from the habit of other languages, each mended as a whole: `IS NOT NULL`, `in the last 30 days`,
//! `if(a, b, c)`, `sum(orders.amount) within 90d`.

use super::{
    super::{
        grammar::Rule,
        words::{self},
    },
    Around, Kind, Mistake, Token, numbers,
    operators::NOTHING,
    shown,
};
use crate::diagnostic::code;

/// Words before a length of time that say it lies behind.
const LAST: &[&str] = &["last", "past", "previous", "prior", "recent"];

impl Around<'_> {
    pub(super) fn habit(&self) -> Option<Mistake> {
        None.or_else(|| self.capital_is())
            .or_else(|| self.capital_case())
            .or_else(|| self.called_if())
            .or_else(|| self.called_join())
            .or_else(|| self.last_days())
            .or_else(|| self.period_words())
            .or_else(|| self.condition_of_a_let())
            .or_else(|| self.clause_outside())
            .or_else(|| self.window_outside())
            .or_else(|| self.window_behind_comparison())
            .or_else(|| self.window_behind_where())
            .or_else(|| self.comma_before_where())
            .or_else(|| self.distinct_word())
            .or_else(|| self.distinct_before_count())
            .or_else(|| self.in_top())
            .or_else(|| self.clause_of_rank())
            .or_else(|| self.at_least())
            .or_else(|| self.either())
            .or_else(|| self.condition_compared())
            .or_else(|| self.called_test())
    }

    /// The token that is spelt so, capitals or not.
    fn spelt(&self, offset: isize, word: &str) -> bool {
        self.token(offset).is_some_and(|token| token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word))
    }

    /// `IS NULL`, `IS NOT NULL`
    fn capital_is(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| self.spelt(0, "is") && !this.is("is"))?;
        let not = self.spelt(1, "not");
        let what = self.token(if not { 2 } else { 1 })?;
        let lower = what.text.to_lowercase();
        let known = match lower.as_str() {
            "missing" => false,
            "known" => true,
            word if NOTHING.contains(&word) => false,
            _ => return None,
        };
        let written = if known == not { "is missing" } else { "is known" };
        let range = this.start..what.end();
        let typed = self.slice(range.clone());
        Some(
            Mistake::new(code::NULL_TEST, range.clone(), format!("`{typed}` is written `{written}`"))
                .help(format!("write `{written}`"))
                .fix(format!("write `{written}`"), range, written),
        )
    }

    /// `CASE WHEN a THEN b ELSE c END`
    fn capital_case(&self) -> Option<Mistake> {
        let case = self.previous().filter(|_| self.spelt(-1, "case") && self.spelt(0, "when"))?;
        Some(self.case_when(case))
    }

    /// `if(a, b, c)`
    fn called_if(&self) -> Option<Mistake> {
        self.this().filter(|this| this.is(","))?;
        let opener = *self.open().last().filter(|open| open.is("("))?;
        let at = self.tokens.iter().position(|token| token.start == opener.start)?;
        let word = self.tokens.get(at.checked_sub(1)?).filter(|word| word.is("if"))?;
        let close = self.matching(at)?;
        let parts = self.arguments(at)?;
        let mistake = Mistake::new(code::FOREIGN_FORM, word.range(), "`if` is no function here");
        let [condition, then, otherwise] = parts.as_slice() else {
            return Some(mistake.help("write `if CONDITION then VALUE else VALUE`"));
        };
        let written = format!("(if {condition} then {then} else {otherwise})");
        Some(mistake.help(format!("write `if {condition} then {then} else {otherwise}`")).suggest(
            format!("write `{written}`"),
            word.start..close.end(),
            written,
        ))
    }

    /// What stands between the commas of the bracket at token `open`.
    fn arguments(&self, open: usize) -> Option<Vec<&str>> {
        let close = self.matching(open)?;
        let mut start = self.tokens.get(open)?.end();
        let mut depth = 0_usize;
        let mut parts = vec![];
        for token in self.tokens.get(open + 1..)?.iter().take_while(|token| token.start < close.start) {
            match token.text {
                "(" | "[" | "{" if token.kind == Kind::Sign => depth += 1,
                ")" | "]" | "}" if token.kind == Kind::Sign => depth = depth.saturating_sub(1),
                "," if depth == 0 => {
                    parts.push(self.slice(start..token.start).trim());
                    start = token.end();
                }
                _ => {}
            }
        }
        parts.push(self.slice(start..close.start).trim());
        Some(parts)
    }

    /// `and(a, b)`
    fn called_join(&self) -> Option<Mistake> {
        // After `and` at a condition's beginning nothing is read: the unexpected token is the word itself.
        let this = self.this().filter(|this| matches!(this.text, "and" | "or") && this.kind == Kind::Word)?;
        if !self.next().is_some_and(|next| next.is("(")) || super::ends_operand(self.previous()?) {
            return None;
        }
        let parts = self.arguments(self.at + 1).filter(|parts| parts.len() > 1)?;
        let word = if this.is("and") { "all of" } else { "any of" };
        let written = format!("{word} ({})", parts.join(", "));
        Some(
            Mistake::new(code::FOREIGN_FORM, this.range(), format!("`{}` stands between two conditions", this.text))
                .help(format!("write `{written}`, or `{}`", parts.join(&format!(" {} ", this.text))))
                .suggest(format!("write `{word}`"), this.range(), format!("{word} ")),
        )
    }

    /// `last_order in the last 30 days`, `last_order last 30d`, `during last 30d`
    fn last_days(&self) -> Option<Mistake> {
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
    fn last_days_outside(&self, begin: usize, last: usize) -> Option<Mistake> {
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
    fn period_words(&self) -> Option<Mistake> {
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

    /// `let share = spend / visits when visits > 0`
    fn condition_of_a_let(&self) -> Option<Mistake> {
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
    fn clause_outside(&self) -> Option<Mistake> {
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
    fn end_of_condition(&self) -> Option<(usize, bool)> {
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
    fn rest_of_line(&self, from: usize) -> &str {
        self.slice(from..self.text.len()).trim_start().lines().next().unwrap_or("").trim_end()
    }

    /// `sum(orders.amount) within 90d > 3`, `sum(orders.amount) over 90d`
    fn window_outside(&self) -> Option<Mistake> {
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
    fn window_behind_comparison(&self) -> Option<Mistake> {
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
        let written = format!("{head}{window}{}", self.slice(gap..bound.end()));
        let mut mistake = Mistake::new(
            code::CLAUSE_OUTSIDE,
            word.start..length.end(),
            "a window stands inside the aggregate's brackets",
        )
        .help(format!("write `{written}`"))
        .suggest(format!("write `{written}`"), gap..gap, window);
        mistake.edits.push((bound.end()..length.end(), String::new()));
        Some(mistake)
    }

    /// `count(orders where category = "水果" within 30d)`
    fn window_behind_where(&self) -> Option<Mistake> {
        let word = self.this().filter(|word| word.is("within"))?;
        let length = self.next().filter(|length| length.kind == Kind::Number)?;
        // `where paid and within 30d`
        let joined = self.previous().is_some_and(|join| join.is("and"));
        let last = self.token(if joined { -2 } else { -1 }).filter(|last| super::ends_operand(last))?;
        let open = *self.open().last().filter(|open| open.is("("))?;
        let clause = self.tokens.get(..self.at)?.iter().rfind(|token| token.is("where") && token.start > open.start)?;
        let window = format!("within {} ", length.text);
        let written = format!("{window}{}", self.slice(clause.start..last.end()));
        let mut mistake =
            Mistake::new(code::UNEXPECTED, word.start..length.end(), "a window stands before `where`, not behind it")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), clause.start..clause.start, window);
        mistake.edits.push((last.end()..length.end(), String::new()));
        Some(mistake)
    }

    /// The token that opens the bracket which token `close` closes.
    pub(super) fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in (0..=close).rev() {
            let token = self.tokens.get(at)?;
            match token.text {
                ")" | "]" | "}" if token.kind == Kind::Sign => depth += 1,
                "(" | "[" | "{" if token.kind == Kind::Sign => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// `sum(orders.amount, where paid)`
    fn comma_before_where(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| matches!(this.text, "where" | "within" | "per" | "during"))?;
        let comma = self.previous().filter(|comma| comma.is(","))?;
        self.open().last().filter(|open| open.is("("))?;
        Some(
            Mistake::new(code::UNEXPECTED, comma.range(), format!("no comma stands before `{}`", this.text))
                .help("remove the comma")
                .fix("remove the comma", comma.range(), ""),
        )
    }

    /// `count(distinct orders.category)`
    fn distinct_word(&self) -> Option<Mistake> {
        let word = self.previous().filter(|_| self.spelt(-1, "distinct"))?;
        let this = self.this().filter(|this| this.kind == Kind::Word)?;
        let open = self.at.checked_sub(2).filter(|at| self.tokens.get(*at).is_some_and(|open| open.is("(")))?;
        let close = self.matching(open)?;
        let inside = self.slice(this.start..close.start).trim();
        let written = format!("distinct({inside})");
        Some(
            Mistake::new(
                code::FOREIGN_FORM,
                word.range(),
                "`distinct` is a function: what it is asked of stands in brackets",
            )
            .help(format!("write `{written}`"))
            .fix(format!("write `{written}`"), word.start..close.start, written),
        )
    }

    /// `%`, or a word for it.
    pub(super) fn is_percent_sign(&self, offset: isize) -> bool {
        self.token(offset).is_some_and(|it| it.is("%") || matches!(it.text, "percent" | "pct" | "percentage"))
    }

    /// `distinct count(orders.category)`
    fn distinct_before_count(&self) -> Option<Mistake> {
        let distinct = self.previous().filter(|_| self.spelt(-1, "distinct"))?;
        let count = self.this().filter(|count| count.is("count"))?;
        let (open, close) = (self.next().filter(|open| open.is("("))?, self.matching(self.at + 1)?);
        let written = format!("count(distinct({}))", self.slice(open.end()..close.start).trim());
        let range = distinct.start..close.end();
        Some(
            Mistake::new(code::FOREIGN_FORM, distinct.start..count.end(), "what is distinct is counted by `count`")
                .help(format!("write `{written}`"))
                .fix(format!("write `{written}`"), range, written),
        )
    }

    /// `spend in top 20%`
    fn in_top(&self) -> Option<Mistake> {
        if !self.expects(Rule::kw_by) {
            return None;
        }
        let (rank, amount) = (self.token(-2)?, self.previous()?);
        let inside = self.token(-3).filter(|word| matches!(word.text, "in" | "is"))?;
        let subject = self.token(-4).filter(|subject| super::ends_operand(subject))?;
        if !matches!(rank.text, "top" | "bottom") || inside.kind != Kind::Word {
            return None;
        }
        let percent = self.this().filter(|_| self.is_percent_sign(0));
        let amount_text = percent.map_or_else(|| amount.text.to_owned(), |_| format!("{}%", amount.text));
        let written = format!("{} {amount_text} by {}", rank.text, subject.text);
        let range = subject.start..percent.unwrap_or(amount).end();
        Some(
            Mistake::new(code::FOREIGN_FORM, range.clone(), format!("`{}` says what the ranks are by", rank.text))
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), range, written),
        )
    }

    /// `top 20% by spend per city`
    fn clause_of_rank(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| matches!(this.text, "where" | "per"))?;
        let by = self.tokens.get(..self.at)?.iter().rposition(|token| token.is("by"))?;
        let rank = self.tokens.get(by.checked_sub(2)?).filter(|rank| matches!(rank.text, "top" | "bottom"))?;
        let ranked = self.tokens.get(by + 1)?;
        let last = self.next()?;
        let inside = self.slice(ranked.start..last.end());
        let mut mistake = Mistake::new(
            code::CLAUSE_OUTSIDE,
            this.range(),
            format!("behind `{}`, `{}` stands in brackets with what is ranked", rank.text, this.text),
        )
        .help(format!("write `by ({inside})`"))
        .suggest(format!("write `by ({inside})`"), ranked.start..ranked.start, "(");
        mistake.edits.push((last.end()..last.end(), ")".to_owned()));
        Some(mistake)
    }

    /// `at least 2 of [a, b]`, `atleast 2 of (a, b)`
    fn at_least(&self) -> Option<Mistake> {
        if let Some(word) = self.previous().filter(|_| self.spelt(-1, "atleast")) {
            return Some(
                Mistake::new(code::MISSPELT_WORD, word.range(), "`at least` is two words")
                    .help("write `at least`")
                    .fix("write `at least`", word.range(), "at least"),
            );
        }
        let spelt = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
        if let Some(this) = self.this().filter(|_| self.spelt(-1, "least"))
            && let Some(number) = spelt.iter().position(|word| this.text.eq_ignore_ascii_case(word))
        {
            let digits = (number + 1).to_string();
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "a number is written in digits")
                    .help(format!("write `at least {digits} of (…)`"))
                    .fix(format!("write `{digits}`"), this.range(), digits),
            );
        }
        let at = [self.at, self.at.checked_sub(1)?].into_iter().find(|at| {
            self.tokens.get(*at).is_some_and(|word| word.is("least"))
                && at.checked_sub(1).and_then(|at| self.tokens.get(at)).is_some_and(|word| word.is("at"))
        })?;
        let (of, open) = (self.tokens.get(at + 2)?, self.tokens.get(at + 3)?);
        let close = self.matching(at + 3).filter(|_| of.is("of") && open.is("["))?;
        let mut mistake = Mistake::new(code::LIST_BRACKETS, open.range(), "the conditions stand in round brackets")
            .help("write `(` and `)`")
            .fix("write round brackets", open.range(), "(");
        mistake.edits.push((close.range(), ")".to_owned()));
        Some(mistake)
    }

    /// `either a or b`
    fn either(&self) -> Option<Mistake> {
        let word = self.previous().filter(|_| self.spelt(-1, "either") || self.spelt(-1, "both"))?;
        let this = self.this().filter(|this| matches!(this.kind, Kind::Word | Kind::Quoted))?;
        Some(
            Mistake::new(code::FOREIGN_FORM, word.range(), format!("{} is not needed here", shown(word.text)))
                .help("remove it: `a or b` is true where one of them is")
                .suggest("remove it", word.start..this.start, ""),
        )
    }

    /// `spend is missing = true`
    fn condition_compared(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| matches!(this.text, "=" | "!="))?;
        let asks = self.previous().filter(|word| matches!(word.text, "missing" | "known"))?;
        self.token(-2).filter(|is| is.is("is"))?;
        let truth = self.next().filter(|truth| matches!(truth.text, "true" | "false"))?;
        let yes = this.is("=") == truth.is("true");
        let other = if asks.is("missing") { "known" } else { "missing" };
        let written = if yes { asks.text } else { other };
        Some(
            Mistake::new(
                code::FOREIGN_FORM,
                this.start..truth.end(),
                format!("`is {}` is a condition already", asks.text),
            )
            .help(format!("write `is {written}`"))
            .fix(format!("write `is {written}`"), asks.start..truth.end(), written),
        )
    }

    /// `contains(name, "小")`
    fn called_test(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| this.is("contains"))?;
        if !self.expects_operand() || !self.next().is_some_and(|next| next.is("(")) {
            return None;
        }
        let parts = self.arguments(self.at + 1)?;
        let [text, part] = parts.as_slice() else { return None };
        let close = self.matching(self.at + 1)?;
        let written = format!("{text} contains {part}");
        Some(
            Mistake::new(code::FOREIGN_FORM, this.range(), "`contains` stands between a text and what it contains")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), this.start..close.end(), written),
        )
    }
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
