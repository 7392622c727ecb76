//! What stands in the blocks of tables, levels, scores, segments, policies and tests.

use super::{super::grammar::Rule, Around, Kind, Mistake, Token, declarations::misspelt, shown};
use crate::diagnostic::code;

impl Around<'_> {
    /// The word that the declaration around this begins with.
    pub(super) fn within_declaration(&self) -> &str {
        self.tokens.first().map_or("", |first| first.text)
    }

    pub(super) fn entry(&self) -> Option<Mistake> {
        let Some(this) = self.this() else { return self.at_the_end() };
        match self.within_declaration() {
            "table" => self.column(this),
            "level" | "layer" | "score" | "funnel" => self.arm(this),
            "segment" => self.deed(this),
            "policy" => self.policy(this),
            "channel" => self.requirement(this),
            _ => None,
        }
        .or_else(|| self.rank(this))
        .or_else(|| self.stray_label(this))
    }

    /// `tag vip "重要客户"` and nothing more
    fn at_the_end(&self) -> Option<Mistake> {
        if let Some(mistake) = self.file_without_from() {
            return Some(mistake);
        }
        let previous = self.previous()?;
        if self.expects_any(&[Rule::kw_when, Rule::when]) && !self.expects_operand() && self.open().is_empty() {
            return Some(
                Mistake::new(code::MISSING_WORD, previous.range(), "the condition is left out after this")
                    .help(format!("write `when` and a condition after {}", shown(previous.text))),
            );
        }
        None
    }

    fn column(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        if let Some(mistake) = self.header_without_from(this).or_else(|| self.column_of_two_words(this)) {
            return Some(mistake);
        }
        if self.expects(Rule::colon) {
            let typed = self.next().is_some_and(|next| next.is(":")) || this.is("}") || this.is(",");
            if typed {
                let gap = previous.end();
                return Some(
                    Mistake::new(
                        code::MISSING_WORD,
                        previous.range(),
                        format!("the type of {} is left out", shown(previous.text)),
                    )
                    .help(format!("write `{}: text`, or another type", previous.text))
                    .suggest("declare it a text", gap..gap, ": text"),
                );
            }
            let gap = previous.end();
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "`:` is left out before the type")
                    .help(format!("write `{}: {}`", previous.text, this.text))
                    .fix("write `:` here", gap..gap, ":"),
            );
        }
        if this.is("<") {
            let close = self.tokens.iter().skip(self.at).find(|token| token.is(">"))?;
            let inner = self.slice(this.end()..close.start).trim();
            let written = format!("list of {inner}");
            return Some(
                Mistake::new(
                    code::FOREIGN_FORM,
                    previous.start..close.end(),
                    "a list's type says what it is a list of",
                )
                .help(format!("write `{written}`"))
                .fix(format!("write `{written}`"), previous.start..close.end(), written),
            );
        }
        None
    }

    /// `paid_at: timestamp "付款时间"`
    fn header_without_from(&self, this: &Token<'_>) -> Option<Mistake> {
        let typed = self.previous().is_some_and(|ty| ty.kind == Kind::Word || ty.is("?") || ty.is(")"));
        let header = this.kind == Kind::Text && typed && self.expects_any(&[Rule::column_from, Rule::kw_from]);
        (header && self.open().len() == 1).then(|| {
            Mistake::new(code::MISSING_WORD, this.range(), "`from` is left out before the name that the data has")
                .help(format!("write `from {}`", this.text))
                .fix("write `from` here", this.start..this.start, "from ")
        })
    }

    /// `下单 时间: timestamp`
    fn column_of_two_words(&self, this: &Token<'_>) -> Option<Mistake> {
        let first = self.previous().filter(|first| first.kind == Kind::Word && self.expects(Rule::colon))?;
        let line = self.slice(first.end()..this.start);
        if this.kind != Kind::Word || !self.next().is_some_and(|next| next.is(":")) || line != " " {
            return None;
        }
        let range = first.start..this.end();
        let quoted = format!("`{}`", self.slice(range.clone()));
        Some(
            Mistake::new(code::BAD_NAME, range.clone(), "a name of two words stands in backticks")
                .help(format!("write {}, or `{}_{}`", shown(&quoted), first.text, this.text))
                .suggest("write it in backticks", range, quoted),
        )
    }

    fn arm(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        let choice_due = self.expects_any(&[Rule::arm_from, Rule::kw_otherwise]);
        if choice_due {
            if this.is(":") {
                return Some(
                    Mistake::new(code::FOREIGN_FORM, this.range(), "no `:` stands between a value and its condition")
                        .help("remove it")
                        .fix("remove it", this.range(), ""),
                );
            }
            if matches!(this.text, ">=" | ">" | "=") && this.kind == Kind::Sign {
                // `>` leaves the threshold itself out, which `from` takes in.
                return Some(self.instead(this, "from").certain_if(this.is(">=")));
            }
            if matches!(this.text, "else" | "default") {
                return Some(self.instead(this, "otherwise").certain_if(true));
            }
            if matches!(this.text, "if" | "where") {
                return Some(self.instead(this, "when").certain_if(true));
            }
        }
        if self.within_declaration() == "score" {
            if this.is("-")
                && self.next().is_some_and(|next| next.kind == Kind::Number)
                && !self.expects(Rule::sum_sign)
                || this.is("-") && self.expects(Rule::score_arm)
            {
                let end = self.next().map_or(this.end(), Token::end);
                let number = self.next().map_or("20", |next| next.text);
                return Some(
                    Mistake::new(code::FOREIGN_FORM, this.start..end, "points are taken away by `minus`")
                        .help(format!("write `minus {number}`"))
                        .fix("write `minus`", this.range(), "minus "),
                );
            }
            // After a condition, `-20 when` reads as a difference; the second `when` tells.
            if this.is("when") {
                let sign = self.token(-2).filter(|sign| sign.is("-"))?;
                let number = previous;
                return Some(
                    Mistake::new(code::FOREIGN_FORM, sign.start..number.end(), "points are taken away by `minus`")
                        .help(format!("write `minus {}`", number.text))
                        .fix("write `minus`", sign.range(), "minus "),
                );
            }
            if matches!(this.text, ":" | "if" | "where") && self.expects(Rule::kw_when) {
                return Some(self.instead(this, "when").certain_if(true));
            }
        }
        if matches!(previous.text, "to" | "until") && previous.kind == Kind::Word && this.kind == Kind::Number {
            let (start, end) = (previous.start, this.end());
            return Some(
                Mistake::new(
                    code::FOREIGN_FORM,
                    start..end,
                    "an arm has no upper end: it ends where the one above begins",
                )
                .help("remove it")
                .suggest("remove it", start..end, ""),
            );
        }
        None
    }

    fn deed(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        if matches!(previous.text, "enter" | "exit")
            && this.kind == Kind::Word
            && self.next().is_some_and(|next| next.kind == Kind::Text || matches!(next.kind, Kind::Word))
        {
            if let Some(word) = misspelt(this.text, &["send", "split", "hold"]) {
                return Some(self.misspelt_word(this, word));
            }
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "`send` is left out before the channel")
                    .help(format!("write `send {}`", this.text))
                    .suggest("write `send` here", this.start..this.start, "send "),
            );
        }
        if previous.is("send") && this.kind == Kind::Text {
            return Some(
                Mistake::new(code::MISSING_WORD, this.range(), "the channel is left out before the message")
                    .help(format!("write `send sms {}`, or another channel", this.text))
                    .suggest("write `sms` here", this.start..this.start, "sms "),
            );
        }
        if previous.is("on") && this.kind == Kind::Word {
            let word = match this.text {
                "entry" | "entering" | "start" | "in" => Some("enter"),
                "leave" | "leaving" | "end" | "out" => Some("exit"),
                other => misspelt(other, &["enter", "exit", "each"]),
            };
            return word.map(|word| self.misspelt_word(this, word));
        }
        let verb = self.token(-2).is_some_and(|word| word.is("do"));
        if verb
            && this.kind == Kind::Word
            && previous.kind == Kind::Word
            && misspelt(this.text, &["with", "hours", "cooldown", "once", "when", "otherwise"]).is_none()
        {
            let written = format!("{}_{}", previous.text, this.text);
            let range = previous.start..this.end();
            return Some(
                Mistake::new(code::BAD_NAME, range.clone(), "what is done is one word")
                    .help(format!("write `{written}`"))
                    .suggest(format!("write `{written}`"), range, written),
            );
        }
        if previous.is("split") && this.is("{") {
            let gap = previous.end();
            return Some(
                Mistake::new(code::MISSING_WORD, previous.range(), "the salt of this split is left out")
                    .help("write a text that stays the same, such as `split \"spring-2026\"`")
                    .suggest("write a salt", gap..gap, " \"spring-2026\""),
            );
        }
        if self.expects(Rule::kw_times) && !self.expects_operand() {
            let gap = previous.end();
            let number = previous.text;
            return Some(
                Mistake::new(code::MISSING_WORD, previous.range(), "`times` is left out after the number")
                    .help(format!("write `at most {number} times`"))
                    .fix("write `times` here", gap..gap, " times"),
            );
        }
        None
    }

    fn policy(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        if self.expects(Rule::names) && this.kind == Kind::Word {
            let written = format!("[{}]", this.text);
            return Some(
                Mistake::new(code::LIST_BRACKETS, this.range(), "segments are listed in square brackets")
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), this.range(), written),
            );
        }
        if this.is("per") && self.tokens.iter().take(self.at).any(|token| token.is("limit")) {
            return Some(self.instead(this, "within"));
        }
        if this.is("times") {
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "a limit is a bare number")
                    .help(format!("write `{} within 7d`", previous.text))
                    .fix("remove `times`", this.range(), ""),
            );
        }
        None
    }

    fn requirement(&self, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        if matches!(this.text, "max" | "maximum" | "limit") && (previous.is("{") || self.expects(Rule::requirement)) {
            return Some(self.instead(this, "at most"));
        }
        None
    }

    /// `top 20% spend`, `top 20% of spend`
    fn rank(&self, this: &Token<'_>) -> Option<Mistake> {
        if !self.expects(Rule::kw_by) || self.expects_operand() {
            return None;
        }
        let ranks = self.tokens.iter().take(self.at).rev().take(3).any(|token| matches!(token.text, "top" | "bottom"));
        if !ranks {
            return None;
        }
        if matches!(this.text, "of" | "per" | "in" | "from" | "on") {
            return Some(self.instead(this, "by"));
        }
        (this.kind == Kind::Word && !self.is_percent_sign(0) || this.is("(")).then(|| {
            let close = self.matching(self.at).map_or(this.end(), Token::end);
            let blank = if self.gap() == this.start { " " } else { "" };
            Mistake::new(code::MISSING_WORD, this.range(), "`by` is left out before what they are ranked by")
                .help(format!("write `by {}`", self.slice(this.start..close)))
                .fix("write `by` here", this.start..this.start, format!("{blank}by "))
        })
    }

    /// `tag vip when spend > 500 "重要客户"`
    fn stray_label(&self, this: &Token<'_>) -> Option<Mistake> {
        let (first, name) = (self.tokens.first()?, self.tokens.get(1)?);
        if matches!(first.text, "template" | "rulebook" | "test" | "snapshot")
            || this.kind != Kind::Text
            || !self.follows_operand()
            || self.at < 3
            || !self.open().is_empty()
        {
            return None;
        }
        let written = format!("{} {} {}", first.text, name.text, this.text);
        let mut mistake = Mistake::new(code::UNEXPECTED, this.range(), "a label stands after the name")
            .help(format!("write `{written}`"))
            .suggest("put it after the name", this.range(), "");
        let labelled = self.tokens.get(2).is_some_and(|label| label.kind == Kind::Text);
        if !labelled {
            mistake.edits.push((name.end()..name.end(), format!(" {}", this.text)));
        }
        Some(mistake)
    }
}
