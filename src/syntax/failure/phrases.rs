//! Phrases of everyday speech in the place of a form of the language: `no orders within 60d`, `in this month`,
//! `count(orders) >= 2 within 30d`, `otherwise low`.

use super::{
    super::words::{self},
    Around, Kind, Mistake, Token, ends_operand, numbers, shown,
};
use crate::diagnostic::code;

impl Around<'_> {
    pub(super) fn phrase(&self) -> Option<Mistake> {
        None.or_else(|| self.in_a_period())
            .or_else(|| self.no_rows())
            .or_else(|| self.asked_without_brackets())
            .or_else(|| self.rows_where())
            .or_else(|| self.so_many_rows())
            .or_else(|| self.window_behind_the_comparison())
            .or_else(|| self.otherwise_before_its_value())
    }

    /// `first_order in this month`, `first_order within last quarter`
    fn in_a_period(&self) -> Option<Mistake> {
        let at = [self.at.checked_sub(1), Some(self.at)].into_iter().flatten().find(|at| {
            let is = |at: usize, words: &[&str]| {
                self.tokens.get(at).is_some_and(|token| token.kind == Kind::Word && words.contains(&token.text))
            };
            is(*at, &["this", "last", "next"]) && is(at + 1, &["week", "month", "quarter", "year"])
        })?;
        let word = self.tokens.get(at.checked_sub(1)?).filter(|word| word.is("in") || word.is("within"))?;
        self.tokens.get(at.checked_sub(2)?).filter(|subject| ends_operand(subject))?;
        let (which, unit) = (self.tokens.get(at)?, self.tokens.get(at + 1)?);
        let written = format!("during {} {}", which.text, unit.text);
        Some(
            Mistake::new(code::FOREIGN_FORM, word.range(), "a moment is compared with a period by `during`")
                .help(format!("write `{written}`"))
                .fix("write `during`", word.range(), "during"),
        )
    }

    /// `no orders within 60d`
    fn no_rows(&self) -> Option<Mistake> {
        let no = self.previous().filter(|no| no.is("no"))?;
        let table = self.this().filter(|table| table.kind == Kind::Word && !words::is_reserved(table.text))?;
        let mut end = table.end();
        let mut inside = table.text.to_owned();
        if let (Some(within), Some(length)) = (self.next(), self.token(2))
            && (within.is("within") || within.is("in"))
            && length.kind == Kind::Number
        {
            let unit = self.token(3).filter(|unit| unit.kind == Kind::Word && numbers::is_plain(length.text));
            let unit = unit.and_then(|unit| Some((numbers::unit_of(unit.text)?, unit.end())));
            end = unit.map_or(length.end(), |(_, end)| end);
            let window = unit.map_or(length.text.to_owned(), |(unit, _)| numbers::duration(length.text, unit));
            inside = format!("{inside} within {window}");
        }
        let written = format!("not any({inside})");
        let whole = no.start..end;
        Some(
            Mistake::new(code::FOREIGN_FORM, no.start..table.end(), "that there are no rows is asked by `not any(…)`")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), whole, written),
        )
    }

    /// `any orders where paid`, `count orders > 3`, `number of orders > 3`
    fn asked_without_brackets(&self) -> Option<Mistake> {
        const ASKED: &[&str] = &["any", "count", "sum", "avg", "most", "distinct"];
        let name = |at: isize| self.token(at).filter(|it| it.kind == Kind::Word && !words::is_reserved(it.text));
        let (word, function, rows_at) = match self.previous()? {
            word if ASKED.contains(&word.text) && name(0).is_some() => (word, word.text, 0),
            word if word.is("number") && self.this().is_some_and(|of| of.is("of")) => (word, "count", 1),
            _ => return None,
        };
        let rows = name(rows_at)?;
        let mut end = rows.end();
        // `orders.amount`
        if let (Some(point), Some(column)) = (self.token(rows_at + 1), name(rows_at + 2))
            && point.is(".")
        {
            end = column.end();
        }
        if self.tokens.iter().find(|token| token.start >= end).is_some_and(|token| token.is("where")) {
            end = self.end_of_condition_from(end)?.0;
        }
        let written = format!("{function}({})", self.slice(rows.start..end));
        let range = word.start..end;
        Some(
            Mistake::new(
                code::FOREIGN_FORM,
                range.clone(),
                format!("what `{function}` is asked of stands in brackets"),
            )
            .help(format!("write `{written}`"))
            .suggest(format!("write `{written}`"), range, written),
        )
    }

    /// `when orders where paid`
    fn rows_where(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| this.is("where"))?;
        let rows = self.previous().filter(|rows| rows.kind == Kind::Word && !words::is_reserved(rows.text))?;
        let before = self.token(-2)?;
        if !matches!(before.text, "when" | "and" | "or" | "not" | "=") || before.kind == Kind::Text {
            return None;
        }
        let (end, compared) = self.end_of_condition_from(this.start)?;
        let function = if compared { "count" } else { "any" };
        let written = format!("{function}({})", self.slice(rows.start..end));
        let range = rows.start..end;
        Some(
            Mistake::new(code::CLAUSE_OUTSIDE, this.range(), "`where` chooses rows inside an aggregate's brackets")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), range, written),
        )
    }

    /// `at least 2 orders`
    fn so_many_rows(&self) -> Option<Mistake> {
        let rows = self.this().filter(|rows| rows.kind == Kind::Word && !words::is_reserved(rows.text))?;
        let number = self.previous().filter(|number| number.kind == Kind::Number)?;
        let (least, at) = (self.token(-2).filter(|it| it.is("least"))?, self.token(-3).filter(|it| it.is("at"))?);
        if rows.is("of") || least.kind != Kind::Word {
            return None;
        }
        let written = format!("count({}) >= {}", rows.text, number.text);
        let range = at.start..rows.end();
        Some(
            Mistake::new(code::FOREIGN_FORM, range.clone(), "how many rows there are is asked by `count`")
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), range, written),
        )
    }

    /// `count(orders) >= 2 within 30d`
    fn window_behind_the_comparison(&self) -> Option<Mistake> {
        let within = self.this().filter(|this| this.is("within"))?;
        let length = self.next().filter(|length| length.kind == Kind::Number)?;
        let value = self.previous().filter(|value| value.kind == Kind::Number)?;
        let sign = |token: &&Token<'_>| matches!(token.text, "=" | "!=" | "<" | "<=" | ">" | ">=");
        self.token(-2).filter(sign)?;
        let (close_at, close) = (self.at.checked_sub(3)?, self.token(-3).filter(|close| close.is(")"))?);
        let name = self.tokens.get(self.opening(close_at)?.checked_sub(1)?)?;
        let inside = self.slice(name.end()..close.start);
        let chosen = ["within", "where", "per", "during"].iter().any(|word| inside.contains(word));
        if name.kind != Kind::Word || words::is_reserved(name.text) || chosen {
            return None;
        }
        let window = format!(" within {}", length.text);
        let written =
            format!("{}{window}{}", self.slice(name.start..close.start), self.slice(close.start..value.end()));
        let mut mistake = Mistake::new(
            code::CLAUSE_OUTSIDE,
            within.start..length.end(),
            "a window stands inside the aggregate's brackets",
        )
        .help(format!("write `{written}`"))
        .suggest(format!("write `{written}`"), close.start..close.start, window);
        mistake.edits.push((value.end()..length.end(), String::new()));
        Some(mistake)
    }

    /// `otherwise low`
    fn otherwise_before_its_value(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| this.is("otherwise"))?;
        self.tokens.first().filter(|first| first.is("level") || first.is("layer"))?;
        self.open().last().filter(|open| open.is("{"))?;
        let value = self.next().filter(|value| matches!(value.kind, Kind::Word | Kind::Quoted))?;
        let already = self.previous().is_some_and(|previous| {
            !previous.is(",") && self.expects(super::Rule::kw_otherwise) && !self.expects(super::Rule::kw_and)
        });
        if already || words::is_reserved(value.text) {
            return None;
        }
        let last = self.token(2).filter(|label| label.kind == Kind::Text).unwrap_or(value);
        let written = format!("{} otherwise", self.slice(value.start..last.end()));
        Some(
            Mistake::new(code::FOREIGN_FORM, this.range(), "`otherwise` stands behind the value that it gives")
                .help(format!("write {}", shown(&written)))
                .fix(format!("write {}", shown(&written)), this.start..last.end(), written),
        )
    }
}
