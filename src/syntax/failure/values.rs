//! Values and lengths of time that stand where the grammar wants something else: `= 1, 2, 3`, `in 1..5`, `before 30d`,
//! `5,00`, `top 20 % by`.

use super::{
    super::{grammar::Rule, words},
    Around, Kind, Mistake, Token, ends_operand, numbers, shown,
};
use crate::diagnostic::code;

/// Words that say when, and the comparison with a moment that each stands for.
const WHEN: &[(&[&str], &str)] = &[
    (&["before"], "<"),
    (&["older", "than"], "<"),
    (&["earlier", "than"], "<"),
    (&["after"], ">"),
    (&["newer", "than"], ">"),
    (&["later", "than"], ">"),
    (&["since"], ">="),
    (&["until"], "<="),
    (&["\u{65e9}\u{4e8e}"], "<"),
    (&["\u{665a}\u{4e8e}"], ">"),
];

impl Around<'_> {
    pub(super) fn value(&self) -> Option<Mistake> {
        None.or_else(|| self.values_in_a_row())
            .or_else(|| self.words_in_a_row())
            .or_else(|| self.decimal_comma())
            .or_else(|| self.range_after_in())
            .or_else(|| self.braced_list())
            .or_else(|| self.contains_any())
            .or_else(|| self.compared_in_words())
            .or_else(|| self.so_many_days())
            .or_else(|| self.time_of_day())
            .or_else(|| self.rank_amount())
            .or_else(|| self.sign_twice())
            .or_else(|| self.nothing_before())
    }

    /// `city = "a", "b"`, `city in "a", "b"`, `city = "a" "b"`
    fn values_in_a_row(&self) -> Option<Mistake> {
        let this = self.this()?;
        let previous = self.previous().filter(|it| matches!(it.kind, Kind::Text | Kind::Number))?;
        let sign = self.token(-2).filter(|sign| matches!(sign.text, "=" | "in" | "!=") && sign.kind != Kind::Text)?;
        let comma = this.is(",");
        let second = if comma { self.next()? } else { this };
        if second.kind != previous.kind || !comma && second.kind != Kind::Text {
            return None;
        }
        let thousands = previous.end() == this.start && second.start == this.end() && second.text.len() == 3;
        if comma && second.kind == Kind::Number && thousands {
            return None;
        }
        let first = self.at.checked_sub(1)?;
        let mut values = vec![];
        let mut end = previous.end();
        for token in self.tokens.get(first..)? {
            if token.kind == previous.kind {
                values.push(token.text);
                end = token.end();
            } else if !token.is(",") {
                break;
            }
        }
        let list = format!("[{}]", values.join(", "));
        let written = if sign.is("!=") { format!("not in {list}") } else { format!("in {list}") };
        let touches = self.token(-3).is_some_and(|subject| subject.end() == sign.start);
        let mended = if touches { format!(" {written}") } else { written.clone() };
        Some(
            Mistake::new(code::LIST_BRACKETS, previous.start..end, "several values stand in a list")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), sign.start..end, mended),
        )
    }

    /// `city in 上海, 北京`
    fn words_in_a_row(&self) -> Option<Mistake> {
        self.this().filter(|this| this.is(","))?;
        let sign = self.token(-2).filter(|sign| sign.is("in") && sign.kind == Kind::Word)?;
        let first = self.at.checked_sub(1)?;
        let mut values: Vec<String> = vec![];
        let mut end = 0;
        let mut tokens = self.tokens.get(first..)?.iter().peekable();
        while let Some(value) = tokens.next() {
            values.push(match value.kind {
                Kind::Word if !words::is_reserved(value.text) => format!("\"{}\"", value.text),
                Kind::Text => value.text.to_owned(),
                _ => return None,
            });
            end = value.end();
            if tokens.next_if(|it| it.is(",")).is_none() {
                break;
            }
        }
        // What is compared begins a condition of its own: `user_id in blocked, spend > 5`.
        let behind = tokens.peek();
        let over = behind.is_none_or(|it| {
            matches!(it.text, "and" | "or" | ")" | "}") || it.kind == Kind::Word && words::begins_declaration(it.text)
        });
        if values.len() < 2 || !over {
            return None;
        }
        let written = format!("in [{}]", values.join(", "));
        Some(
            Mistake::new(
                code::LIST_BRACKETS,
                self.previous()?.start..end,
                "several values stand in a list, texts in quotes",
            )
            .help(format!("write `{written}`"))
            .suggest(format!("write `{written}`"), sign.start..end, written),
        )
    }

    /// `spend > 5,00`
    fn decimal_comma(&self) -> Option<Mistake> {
        let comma = self.this().filter(|this| this.is(","))?;
        let (whole, digits) = (self.previous()?, self.next()?);
        let bare = |it: &Token<'_>| it.kind == Kind::Number && it.text.bytes().all(|it| it.is_ascii_digit());
        let touching = whole.end() == comma.start && comma.end() == digits.start && digits.text.len() < 3;
        let compared = self.token(-2).is_some_and(|it| matches!(it.text, "=" | "!=" | "<" | "<=" | ">" | ">="));
        if !bare(whole) || !bare(digits) || !touching || !compared {
            return None;
        }
        let range = whole.start..digits.end();
        let written = format!("{}.{}", whole.text, digits.text);
        Some(
            Mistake::new(code::BAD_NUMBER, range.clone(), "the digits after the point stand after a point")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), range, written),
        )
    }

    /// `points in 1..5`, `points in [1..5]`
    fn range_after_in(&self) -> Option<Mistake> {
        let dots = self.this().filter(|this| matches!(this.text, ".." | "..<") && this.kind == Kind::Sign)?;
        let from = self.previous()?;
        let to = self.next()?;
        let (inside, end) = match self.token(-2)? {
            word if word.is("in") => (word, to.end()),
            open if open.is("[") => (self.token(-3).filter(|word| word.is("in"))?, self.token(2)?.end()),
            _ => return None,
        };
        let written = format!("between {}{}{}", from.text, dots.text, to.text);
        Some(
            Mistake::new(code::FOREIGN_FORM, inside.range(), "`in` looks into a list; a range stands behind `between`")
                .help(format!("write `{written}`"))
                .fix(format!("write `{written}`"), inside.start..end, written),
        )
    }

    /// `points in {1, 2}`
    fn braced_list(&self) -> Option<Mistake> {
        let open = self.this().filter(|this| this.is("{"))?;
        self.previous().filter(|word| matches!(word.text, "in" | "has" | "of" | "="))?;
        let close = self.matching(self.at)?;
        let inside = self.slice(open.end()..close.start).trim();
        let mut mistake =
            Mistake::new(code::LIST_BRACKETS, open.start..close.end(), "a list stands in square brackets")
                .help(format!("write `[{inside}]`"))
                .fix("write square brackets", open.range(), "[");
        mistake.edits.push((close.range(), "]".to_owned()));
        Some(mistake)
    }

    /// `name contains any of ["a", "b"]`
    fn contains_any(&self) -> Option<Mistake> {
        let all = [self.at.checked_sub(1), Some(self.at)].into_iter().flatten().find(|at| {
            self.tokens.get(*at).is_some_and(|word| matches!(word.text, "any" | "all" | "none"))
                && self.tokens.get(at + 1).is_some_and(|of| of.is("of"))
        })?;
        let contains = self.tokens.get(all.checked_sub(1)?).filter(|word| word.is("contains"))?;
        let subject = self.tokens.get(all.checked_sub(2)?)?;
        let word = self.tokens.get(all)?;
        let join = if word.is("all") { "and" } else { "or" };
        let name = subject.text;
        Some(
            Mistake::new(code::FOREIGN_FORM, contains.start..word.end(), "`contains` asks for one text")
                .help(format!("write `({name} contains \"a\" {join} {name} contains \"b\")`, or of a list `{name} has {} of [\"a\", \"b\"]`", word.text)),
        )
    }

    /// `last_order before 30d`, `last_order older than 30d`, `last_order after 2026-01-01`
    fn compared_in_words(&self) -> Option<Mistake> {
        let this = self.this()?;
        self.previous().filter(|previous| ends_operand(previous) && self.expects(Rule::kw_and))?;
        let (words, sign) = WHEN.iter().find(|(words, _)| {
            words.iter().enumerate().all(|(at, word)| self.token(at as isize).is_some_and(|token| token.is(word)))
        })?;
        let value = self.token(words.len() as isize).filter(|value| value.kind == Kind::Number)?;
        let length = !value.text.contains('-');
        // `1 month` in two words
        let unit = self.token(words.len() as isize + 1).filter(|unit| unit.kind == Kind::Word && length);
        let unit = unit.filter(|_| numbers::is_plain(value.text));
        let unit = unit.and_then(|unit| Some((numbers::unit_of(unit.text)?, unit.end())));
        let next = words.len() as isize + if unit.is_some() { 2 } else { 1 };
        let behind = self.token(next).filter(|ago| ago.is("ago") && length);
        let end = behind.map(Token::end).or(unit.map(|(_, end)| end)).unwrap_or(value.end());
        let length = length.then(|| match unit {
            Some((unit, _)) => format!("{} ago", numbers::duration(value.text, unit)),
            None => numbers::proper(value.text).unwrap_or_else(|| format!("{} ago", value.text)),
        });
        let written = format!("{sign} {}", length.as_deref().unwrap_or(value.text));
        Some(
            Mistake::new(
                code::FOREIGN_OPERATOR,
                this.start..value.start.saturating_sub(1).max(this.end()),
                format!("`{}` is written `{sign}` here", words.join(" ")),
            )
            .help(format!("write `{written}`"))
            .suggest(format!("write `{written}`"), this.start..end, written),
        )
    }

    /// `within 30天内`, `last_order 30天内`
    fn so_many_days(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| this.kind == Kind::Number)?;
        let behind = this.text.trim_start_matches(|it: char| it.is_ascii_digit());
        let unit = behind.strip_suffix('\u{5185}').map(|unit| unit.trim_end_matches('\u{4ee5}'))?;
        let digits = this.text.get(..this.text.len() - behind.len())?;
        let letters = match unit {
            "\u{5929}" | "\u{65e5}" => "d",
            "\u{5468}" => "w",
            "\u{4e2a}\u{6708}" | "\u{6708}" => "mo",
            "\u{5e74}" => "y",
            "\u{5c0f}\u{65f6}" => "h",
            _ => return None,
        };
        let within = self.previous().is_some_and(|word| word.is("within"));
        let written = if within { format!("{digits}{letters}") } else { format!("within {digits}{letters}") };
        Some(
            Mistake::new(code::BAD_UNIT, this.range(), format!("{} is written `{written}`", shown(this.text)))
                .help(format!("write `{written}`"))
                .fix(format!("write `{written}`"), this.range(), written),
        )
    }

    /// `8:00`
    fn time_of_day(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| this.kind == Kind::Number)?;
        let (hour, minute) = this.text.split_once(':')?;
        let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|it| it.is_ascii_digit());
        if !digits(hour, 1) || !digits(minute, 2) {
            return None;
        }
        let written = format!("0{}", this.text);
        Some(
            Mistake::new(code::BAD_DATE, this.range(), "a time of day has two digits and two")
                .help(format!("write `{written}`"))
                .fix(format!("write `{written}`"), this.range(), written),
        )
    }

    /// `top 20 % by spend`, `top 20% users by spend`, `top 20% of users by spend`
    fn rank_amount(&self) -> Option<Mistake> {
        let (this, amount) = (self.this()?, self.previous()?);
        self.token(-2).filter(|rank| matches!(rank.text, "top" | "bottom"))?;
        if self.is_percent_sign(0) && amount.kind == Kind::Number {
            let range = amount.start..this.end();
            let written = format!("{}%", amount.text);
            return Some(
                Mistake::new(code::BAD_NUMBER, range.clone(), "a percentage is written in one word")
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), range, written),
            );
        }
        let whose = if this.is("of") { self.next()? } else { this };
        let by = if this.is("of") { self.token(2)? } else { self.next()? };
        if !by.is("by") || whose.kind != Kind::Word {
            return None;
        }
        let range = this.start..whose.end();
        let remove = format!("remove {}", shown(self.slice(range.clone())));
        Some(Mistake::new(code::UNEXPECTED, range, "ranks are those of the users").help(remove.clone()).suggest(
            remove,
            this.start..by.start,
            "",
        ))
    }

    /// `points >> 3`, `points = = 3`
    fn sign_twice(&self) -> Option<Mistake> {
        let (this, previous) = (self.this()?, self.previous()?);
        let sign = matches!(this.text, "=" | "<" | ">" | "<=" | ">=" | "!=") && this.kind == Kind::Sign;
        (sign && previous.text == this.text && self.expects_operand()).then(|| {
            Mistake::new(code::SAID_TWICE, this.range(), format!("`{}` is written twice", this.text))
                .help("remove one of them")
                .fix("remove it", previous.end()..this.end(), "")
        })
    }

    /// `when and a`, `(or a`
    fn nothing_before(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| matches!(this.text, "and" | "or") && this.kind == Kind::Word)?;
        let before = self
            .previous()
            .filter(|before| matches!(before.text, "when" | "(" | "where") && before.kind != Kind::Text)?;
        let next = self.next().filter(|next| !matches!(next.text, "and" | "or"))?;
        self.expects(Rule::expression).then_some(())?;
        Some(
            Mistake::new(
                code::UNEXPECTED,
                this.range(),
                format!("nothing stands between `{}` and `{}`", before.text, this.text),
            )
            .help(format!("write a condition there, or remove `{}`", this.text))
            .suggest(format!("remove `{}`", this.text), this.start..next.start, ""),
        )
    }
}
