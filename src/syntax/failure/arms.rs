//! Arms of scores, levels and layers, written from habit: `gold: 5000`, `5000+`, `20 points when …`.

use super::{super::grammar::Rule, Around, Kind, Mistake, Token, declarations::misspelt, shown};
use crate::diagnostic::code;

impl Around<'_> {
    pub(super) fn arm_habit(&self, first: &Token<'_>, this: &Token<'_>) -> Option<Mistake> {
        let previous = self.previous()?;
        let choice_due = self.expects_any(&[Rule::arm_from, Rule::kw_otherwise]);
        // `a when x and b when y`: arms that are joined.
        if this.is("when") && self.token(-2).is_some_and(|join| matches!(join.text, "and" | "or")) && !first.is("score")
        {
            let join = self.token(-2)?;
            return Some(
                Mistake::new(code::UNEXPECTED, join.range(), format!("no `{}` stands between two arms", join.text))
                    .help("remove it")
                    .fix("remove it", join.range(), ""),
            );
        }
        // `gold from 5000 and up`
        if matches!(
            previous.text,
            "\u{8d77}" | "\u{4ee5}\u{4e0a}" | "\u{53ca}\u{4ee5}\u{4e0a}" | "up" | "above" | "plus"
        ) && self.token(-2).is_some_and(|number| number.kind == Kind::Number || number.is("and"))
        {
            let start = self.token(-2).filter(|and| and.is("and")).map_or(previous.start, |and| and.start);
            let range = start..previous.end();
            let typed = self.slice(range.clone());
            return Some(
                Mistake::new(code::FOREIGN_FORM, range.clone(), format!("`{typed}` is not needed: `from` goes up"))
                    .help("remove it")
                    .fix("remove it", range, ""),
            );
        }
        if choice_due && matches!(this.text, "<" | "<=") && first.is("level") {
            let end = self.next().map_or(this.end(), Token::end);
            return Some(
                Mistake::new(
                    code::FOREIGN_FORM,
                    this.start..end,
                    "an arm has no upper end: it ends where the one above begins",
                )
                .help("write `otherwise` for the lowest, or `from` and its lower end")
                .suggest("write `otherwise`", this.start..end, "otherwise"),
            );
        }
        if choice_due && this.is(":") {
            let threshold = self.next().is_some_and(|next| next.kind == Kind::Number)
                && self.token(2).is_none_or(|behind| {
                    matches!(behind.kind, Kind::Word | Kind::Quoted) || behind.is("}") || behind.is(",")
                });
            let named = self.next().is_some_and(|next| matches!(next.text, "from" | "when" | "otherwise"));
            if !named {
                return Some(self.instead(this, if threshold && first.is("level") { "from" } else { "when" }));
            }
        }
        // `gold from 200 keeps 90d`, where `keeps` reads like the next arm's name
        if first.is("level")
            && matches!(this.kind, Kind::Number | Kind::Word)
            && self.token(-3).is_some_and(|from| from.is("from"))
            && (misspelt(previous.text, &["keep"]).is_some() || matches!(previous.text, "kept" | "keeping"))
        {
            return Some(self.misspelt_word(previous, "keep"));
        }
        if choice_due && this.kind == Kind::Number && first.is("level") && !matches!(previous.text, "to" | "until") {
            let dots = self.next().is_some_and(|next| matches!(next.text, ".." | "-" | "~"));
            let plus = self.next().filter(|plus| plus.is("+") && plus.start == this.end());
            let end = match plus {
                Some(plus) => plus.end(),
                None if dots => self.token(2).map_or(this.end(), Token::end),
                None => this.end(),
            };
            // `1000-4999`, `5000以上`
            let number = this.text.split(['-', '~']).next().unwrap_or(this.text);
            let dots = dots || number.len() < this.text.len();
            let number =
                ["\u{4ee5}\u{4e0a}", "\u{8d77}"].iter().find_map(|word| number.strip_suffix(word)).unwrap_or(number);
            let written = format!("from {number}");
            let message = match dots {
                true => "an arm has no upper end: it ends where the one above begins",
                false => "`from` is left out before the threshold",
            };
            return Some(
                Mistake::new(code::MISSING_WORD, this.start..end, message).help(format!("write `{written}`")).suggest(
                    format!("write `{written}`"),
                    this.start..end,
                    written,
                ),
            );
        }
        let sign = matches!(this.text, ">=" | ">" | "=" | "<" | "<=" | "!=") && this.kind == Kind::Sign;
        if choice_due && sign && first.is("layer") {
            return Some(
                Mistake::new(code::MISSING_WORD, previous.range(), "an arm begins with the value that it gives")
                    .help(format!("write the value's name and `when` before `{}`", previous.text)),
            );
        }
        if first.is("layer") && this.is("by") && self.open().is_empty() {
            return Some(
                Mistake::new(code::FOREIGN_FORM, this.range(), "a layer goes by no value: its arms are conditions")
                    .help("write `level`, whose arms are thresholds, or write a condition behind each `when`")
                    .suggest("write `level`", first.range(), "level"),
            );
        }
        let begins_arm = previous.is("{") || self.expects_any(&[Rule::arm, Rule::score_arm]);
        if this.is("when") && (previous.is("{") || previous.is(",")) {
            let what = if first.is("score") { "points" } else { "the value" };
            let example = if first.is("score") { "40 when points > 3" } else { "gold when points > 3" };
            return Some(
                Mistake::new(
                    code::MISSING_WORD,
                    this.range(),
                    format!("{what} stands before `when`").replace("points stands", "the points stand"),
                )
                .help(format!("write it like `{example}`")),
            );
        }
        if first.is("score") {
            if (this.is("(") || this.is("if")) && self.expects_any(&[Rule::points, Rule::score_arm]) {
                let (begin, example) = match this.is("(") {
                    true => ("(", "2 * (visits + 1) when …"),
                    false => ("if", "12 when …"),
                };
                let message = format!("points begin with a number or a name, not with `{begin}`");
                return Some(
                    Mistake::new(code::FOREIGN_FORM, this.range(), message)
                        .help(format!("write a number, or a number and `*`, as in `{example}`"))
                        .help("or give the points a name, `let bonus = …`, and write `bonus when …`"),
                );
            }
            if this.is("+") && begins_arm {
                return Some(
                    Mistake::new(code::FOREIGN_FORM, this.range(), "points are added without a sign")
                        .help("remove the `+`")
                        .fix("remove the `+`", this.range(), ""),
                );
            }
            let unit = this.kind == Kind::Word && self.next().is_some_and(|next| next.is("when"));
            if unit && previous.kind == Kind::Number && self.expects_any(&[Rule::kw_when, Rule::when]) {
                return Some(
                    Mistake::new(code::FOREIGN_FORM, this.range(), "points are a bare number")
                        .help(format!("write `{} when …`", previous.text))
                        .fix(format!("remove {}", shown(this.text)), previous.end()..this.end(), ""),
                );
            }
            let open = self.open().last().is_some_and(|open| open.is("{"));
            if open
                && previous.kind == Kind::Number
                && matches!(this.kind, Kind::Word | Kind::Quoted)
                && self.token(-2).is_some_and(|it| it.is("{") || it.is("minus"))
                && !matches!(this.text, "when" | "if" | "where")
            {
                return Some(
                    Mistake::new(code::MISSING_WORD, this.range(), "`when` is left out before the condition")
                        .help(format!("write `when {}`", this.text))
                        .suggest("write `when` here", this.start..this.start, "when "),
                );
            }
        }
        None
    }
}
