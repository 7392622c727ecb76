//! Forms that are written from the habit of other languages, each mended as a whole: `IS NOT NULL`, `in the last 30 days`,
//! `if(a, b, c)`, `sum(orders.amount) within 90d`.

use super::{super::grammar::Rule, Around, Kind, Mistake, operators::NOTHING, shown};
use crate::diagnostic::code;

impl Around<'_> {
    pub(super) fn habit(&self) -> Option<Mistake> {
        None.or_else(|| self.capital_is())
            .or_else(|| self.query())
            .or_else(|| self.called_if())
            .or_else(|| self.called_join())
            .or_else(|| self.last_days())
            .or_else(|| self.period_words())
            .or_else(|| self.condition_of_a_let())
            .or_else(|| self.clause_outside())
            .or_else(|| self.window_outside())
            .or_else(|| self.window_behind_comparison())
            .or_else(|| self.window_behind_where())
            .or_else(|| self.by_behind_window())
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
    pub(super) fn spelt(&self, offset: isize, word: &str) -> bool {
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
        let end = match this.text {
            "where" => self.end_of_condition_from(this.start)?.0,
            _ => self.matching(self.at + 1).or_else(|| self.next())?.end(),
        };
        let inside = self.slice(ranked.start..end);
        let mut mistake = Mistake::new(
            code::CLAUSE_OUTSIDE,
            this.range(),
            format!("behind `{}`, `{}` stands in brackets with what is ranked", rank.text, this.text),
        )
        .help(format!("write `by ({inside})`"))
        .suggest(format!("write `by ({inside})`"), ranked.start..ranked.start, "(");
        mistake.edits.push((end..end, ")".to_owned()));
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
