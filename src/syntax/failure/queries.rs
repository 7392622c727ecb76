//! What queries of databases say otherwise: `interval 30 day`, `case when … end`, `spend rank <= 100`, `order by … desc`.

use super::{super::words, Around, Kind, Mistake, Token, ends_operand, numbers};
use crate::diagnostic::code;

impl Around<'_> {
    pub(super) fn query(&self) -> Option<Mistake> {
        None.or_else(|| self.choice_of_cases())
            .or_else(|| self.interval())
            .or_else(|| self.rank_compared())
            .or_else(|| self.direction_of_rank())
            .or_else(|| self.ranked_before_top())
    }

    /// `case when a then b when c then d else e end`, `case city when "上海" then 1 else 2 end`
    fn choice_of_cases(&self) -> Option<Mistake> {
        let case_at = [self.at.checked_sub(1), Some(self.at)].into_iter().flatten().find(|at| {
            self.tokens.get(*at).is_some_and(|case| case.kind == Kind::Word && case.text.eq_ignore_ascii_case("case"))
        })?;
        let case = self.tokens.get(case_at)?;
        let mistake = Mistake::new(code::FOREIGN_FORM, case.range(), "a choice is written `if … then … else …`");
        let named = "a choice among named values is a `layer`: `layer NAME { a when …  b otherwise }`";
        let Some((written, end, several)) = self.cases_from(case_at) else {
            // What is called `case` may be a field.
            let when = self.tokens.get(case_at + 1).filter(|when| when.text.eq_ignore_ascii_case("when"))?;
            let value = super::ends_operand(self.tokens.get(case_at.checked_sub(1)?)?);
            return (!value && when.kind == Kind::Word)
                .then(|| mistake.help("write `if CONDITION then VALUE else VALUE`").help(named));
        };
        let lines = self.slice(case.start..end).contains('\n');
        let help = format!("write `{}`", written.split_whitespace().collect::<Vec<_>>().join(" "));
        let mistake = if several { mistake.help(help.clone()).help(named) } else { mistake.help(help.clone()) };
        // Between its lines there may be comments, which a mend would lose.
        Some(if lines { mistake } else { mistake.suggest(help, case.start..end, written) })
    }

    /// What a choice that begins at a token is written like, where it ends, and whether it has several conditions.
    fn cases_from(&self, case_at: usize) -> Option<(String, usize, bool)> {
        let mut depth = 0_usize;
        let mut marks: Vec<(&str, &Token<'_>)> = vec![];
        for token in self.tokens.get(case_at..)?.iter() {
            let word = ["case", "when", "then", "else", "end"]
                .into_iter()
                .find(|word| token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word));
            match word {
                Some("case") => depth += 1,
                Some("end") if depth > 1 => depth -= 1,
                Some(word) if depth == 1 => {
                    marks.push((word, token));
                    if word == "end" {
                        break;
                    }
                }
                _ => {}
            }
        }
        let case = self.tokens.get(case_at)?;
        let part = |from: &Token<'_>, to: &Token<'_>| self.slice(from.end()..to.start).trim();
        // A choice within a choice.
        let value = |from: &Token<'_>, to: &Token<'_>| {
            let inner =
                self.tokens.iter().position(|it| it.start >= from.end() && it.text.eq_ignore_ascii_case("case"));
            let inner = inner
                .filter(|at| self.tokens.get(*at).is_some_and(|it| self.slice(from.end()..it.start).trim().is_empty()));
            let inner = inner.and_then(|at| self.cases_from(at)).filter(|(_, end, _)| *end <= to.start);
            inner.map_or_else(
                || part(from, to).to_owned(),
                |(written, end, _)| format!("({written}){}", self.slice(end..to.start).trim_end()),
            )
        };
        let (_, first) = *marks.first()?;
        let asked = part(case, first);
        let mut written = String::new();
        let mut rest = marks.as_slice();
        let mut several = 0;
        while let [("when", when), ("then", then), behind @ ..] = rest {
            let (_, next) = behind.first()?;
            let condition = part(when, then);
            let joined = if asked.is_empty() { condition.to_owned() } else { format!("{asked} = {condition}") };
            written += &format!("if {joined} then {} else ", value(then, next));
            several += 1;
            rest = behind;
        }
        let (other, end) = match rest {
            [("else", other), ("end", end)] => (value(other, end), end),
            [("end", end)] => ("missing".to_owned(), end),
            _ => return None,
        };
        (several > 0).then(|| (written + &other, end.end(), several > 1))
    }

    /// `now - interval 30 day`, `interval '30 days'`
    fn interval(&self) -> Option<Mistake> {
        let word = self.previous().filter(|_| self.spelt(-1, "interval"))?;
        let this = self.this()?;
        let unit = self.next().filter(|unit| unit.kind == Kind::Word);
        let (length, end) = match (this.kind, unit) {
            (Kind::Number, Some(unit)) if numbers::is_plain(this.text) => {
                (numbers::duration(this.text, numbers::unit_of(unit.text)?), unit.end())
            }
            (Kind::Number, _) => (numbers::length(this.text)?, this.end()),
            (Kind::Text, _) => {
                let inside = this.text.trim_matches('"').trim();
                match inside.split_once(char::is_whitespace) {
                    Some((number, unit)) if numbers::is_plain(number) => {
                        (numbers::duration(number, numbers::unit_of(unit.trim())?), this.end())
                    }
                    Some(_) => return None,
                    // `interval '30' day`
                    None if numbers::is_plain(inside) => {
                        (numbers::duration(inside, numbers::unit_of(unit?.text)?), unit?.end())
                    }
                    None => (numbers::length(inside)?, this.end()),
                }
            }
            _ => return None,
        };
        let range = word.start..end;
        Some(
            Mistake::new(code::BAD_UNIT, range.clone(), format!("a duration is written in one word: `{length}`"))
                .help(format!("write `{length}`; the moment so long before now is `{length} ago`"))
                .fix(format!("write `{length}`"), range, length),
        )
    }

    /// `spend rank <= 100`, `rank of spend <= 100`
    fn rank_compared(&self) -> Option<Mistake> {
        let rank = |token: &Token<'_>| {
            token.kind == Kind::Word
                && matches!(token.text, "rank" | "ranks" | "ranking" | "ranked" | "\u{6392}\u{540d}")
        };
        let name = |token: &&Token<'_>| matches!(token.kind, Kind::Word | Kind::Quoted) && ends_operand(token);
        let (first, by, sign_at) = match self.this()? {
            this if rank(this) => {
                let by = self.previous().filter(name)?;
                (by, by, 1)
            }
            of if matches!(of.text, "of" | "by") && self.previous().is_some_and(rank) => {
                (self.previous()?, self.next().filter(name)?, 2)
            }
            _ => return None,
        };
        let (sign, number) = (self.token(sign_at)?, self.token(sign_at + 1).filter(|it| it.kind == Kind::Number)?);
        let amount = match sign.text {
            "<=" | "within" | "in" => number.text.to_owned(),
            "<" => number.text.parse::<u64>().ok()?.checked_sub(1)?.to_string(),
            "=" if number.is("1") => "1".to_owned(),
            _ => return None,
        };
        let range = first.start..number.end();
        let written = format!("top {amount} by {}", by.text);
        Some(
            Mistake::new(code::FOREIGN_FORM, range.clone(), "a place among all users is asked by `top` or `bottom`")
                .help(format!("write `{written}`, or a share: `top 10% by {}`", by.text))
                .suggest(format!("write `{written}`"), range, written),
        )
    }

    /// `top 100 by spend desc`
    fn direction_of_rank(&self) -> Option<Mistake> {
        let this = self.this().filter(|this| this.kind == Kind::Word)?;
        let down = match this.text.to_lowercase().as_str() {
            "desc" | "descending" => true,
            "asc" | "ascending" => false,
            _ => return None,
        };
        let by = self.tokens.get(..self.at)?.iter().rposition(|token| token.is("by"))?;
        let rank = self.tokens.get(by.checked_sub(2)?).filter(|rank| matches!(rank.text, "top" | "bottom"))?;
        let (takes, other) = if rank.is("top") { ("the greatest", "bottom") } else { ("the least", "top") };
        let fits = rank.is("top") == down;
        let by_itself = if fits { " by itself" } else { "" };
        let mistake =
            Mistake::new(code::FOREIGN_FORM, this.range(), format!("`{}` takes {takes}{by_itself}", rank.text));
        let gap = self.gap()..this.end();
        if fits {
            return Some(mistake.help(format!("remove `{}`", this.text)).fix("remove it", gap, ""));
        }
        let written = format!("{other}{}", self.slice(rank.end()..gap.start));
        let mut mistake =
            mistake.help(format!("write `{written}`")).suggest(format!("write `{written}`"), rank.range(), other);
        mistake.edits.push((gap, String::new()));
        Some(mistake)
    }

    /// `spend top 10%`, `spend in the top 10%`
    fn ranked_before_top(&self) -> Option<Mistake> {
        let rank = self.this().filter(|rank| matches!(rank.text, "top" | "bottom") && rank.kind == Kind::Word)?;
        // `spend in the top 10%`
        let asked = self.previous().filter(|_| self.spelt(-1, "the") && self.token(-2).is_some_and(|it| it.is("in")));
        let by = if asked.is_some() { self.token(-3) } else { self.previous() };
        let by = by.filter(|by| matches!(by.kind, Kind::Word | Kind::Quoted) && !words::is_reserved(by.text))?;
        let amount = self.next().filter(|amount| amount.kind == Kind::Number)?;
        if self.token(2).is_some_and(|behind| behind.is("by")) {
            return None;
        }
        let range = by.start..amount.end();
        let written = format!("{} {} by {}", rank.text, amount.text, by.text);
        Some(
            Mistake::new(code::FOREIGN_FORM, range.clone(), format!("`{}` says what the ranks are by", rank.text))
                .help(format!("write `{written}`"))
                .suggest(format!("write `{written}`"), range, written),
        )
    }
}
