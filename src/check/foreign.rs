//! Functions of spreadsheets and databases: what each is written like here.

use super::Checker;
use crate::{
    diagnostic::{Diagnostic, code::UNKNOWN_FUNCTION},
    source::Span,
    syntax::ast::{self, Argument},
};

/// What is said of a foreign function.
enum Remedy {
    /// The whole call is written so.
    Write(String),
    /// Another name, with the same arguments.
    Rename(&'static str),
    /// No words that fit by themselves.
    Say(String),
}

impl Checker<'_> {
    /// Tells a call of a function that another language has; false where it is none of them.
    pub(super) fn tell_foreign_function(&mut self, name: &ast::Name, arguments: &[Argument], span: Span) -> bool {
        let written: Vec<String> = arguments.iter().map(|argument| self.words(place(argument)).to_owned()).collect();
        let words: Vec<&str> = written.iter().map(String::as_str).collect();
        let lower = name.symbol.to_lowercase();
        if let Some((moment, unit)) = since(&lower, &words) {
            self.tell_since(name, &moment, unit, span);
            return true;
        }
        let counted = match lower.as_str() {
            "countif" | "countifs" | "count_if" => Some("count"),
            "sumif" | "sumifs" | "sum_if" => Some("sum"),
            "avgif" | "averageif" | "averageifs" | "avg_if" => Some("avg"),
            _ => None,
        };
        let clause = counted.and_then(|word| self.in_one_clause(word, arguments));
        let Some(remedy) = clause.map(Remedy::Write).or_else(|| remedy(&lower, &words)) else { return false };
        let told = Diagnostic::error(UNKNOWN_FUNCTION, name.span(), format!("there is no function `{}`", name.symbol));
        self.sink.push(match remedy {
            Remedy::Write(text) => {
                let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
                told.help(format!("write `{one_line}`")).suggest(format!("write `{one_line}`"), span, text)
            }
            Remedy::Rename(word) => {
                told.help(format!("write `{word}`")).suggest(format!("write `{word}`"), name.span(), word)
            }
            Remedy::Say(help) => told.help(help),
        });
        true
    }

    /// `days_since(last_order) > 60`: how long ago something was, compared with a number of units.
    fn tell_since(&mut self, name: &ast::Name, moment: &str, unit: &str, span: Span) {
        let told = Diagnostic::error(UNKNOWN_FUNCTION, name.span(), format!("there is no function `{}`", name.symbol));
        let (written, whole) = match self.compared_behind(span) {
            // So many whole units is another question than longer ago than so many.
            Some((sign, number, end)) if sign != "=" && sign != "!=" => {
                (format!("age({moment}) {sign} {number}{unit}"), Span { end, ..span })
            }
            Some(_) if matches!(unit, "mo" | "y") => (format!("age({moment})"), span),
            Some(_) => (format!("floor(age({moment}) / 1{unit})"), span),
            None => (format!("age({moment})"), span),
        };
        let told = match whole == span {
            true if written.starts_with("age") => {
                told.help(format!("write `{written}`, and compare it with a length of time: `{written} > 60{unit}`"))
            }
            true | false => told.help(format!("write `{written}`")),
        };
        self.sink.push(told.suggest(format!("write `{written}`"), whole, written));
    }

    /// The sign and the number that what stands at `span` is compared with, and where they end.
    fn compared_behind(&self, span: Span) -> Option<(&str, &str, u32)> {
        let text = self.sources.get(span.source).text();
        let rest = text.get(span.end as usize..)?.trim_start();
        let sign = [">=", "<=", "!=", ">", "<", "="].into_iter().find(|sign| rest.starts_with(sign))?;
        let value = rest.strip_prefix(sign)?.trim_start();
        let number = value.get(..value.find(|it: char| !it.is_ascii_digit()).unwrap_or(value.len()))?;
        let behind = value.get(number.len()..)?;
        let alone = !number.is_empty() && !behind.starts_with(|it: char| it == '.' || it.is_alphanumeric());
        let end = text.len() - behind.len();
        alone.then_some((sign, number, u32::try_from(end).ok()?))
    }
}

/// The moment that a function asks how long ago it was, and the unit that it counts in: `days_since(last_order)`,
/// `datediff(now, last_order)`.
fn since(name: &str, arguments: &[&str]) -> Option<(String, &'static str)> {
    let plain = name.replace('_', "");
    if let [moment] = arguments {
        let counted = plain.strip_suffix("since").or_else(|| plain.strip_suffix("ago"));
        return Some(((*moment).to_owned(), unit_of(counted.filter(|it| !it.is_empty())?)?));
    }
    let between = plain.strip_suffix("between").and_then(unit_of);
    if !matches!(plain.as_str(), "datediff" | "timestampdiff" | "datedif") && between.is_none() {
        return None;
    }
    let word = |it: &&str| unit_of(&it.trim_matches(['"', '\'']).to_lowercase());
    let unit = between.or_else(|| arguments.iter().find_map(word)).unwrap_or("d");
    let moments: Vec<&str> = arguments.iter().filter(|it| word(it).is_none() && !is_now(it)).copied().collect();
    match (moments.as_slice(), arguments.iter().any(|it| is_now(it))) {
        ([moment], true) => Some(((*moment).to_owned(), unit)),
        _ => None,
    }
}

/// `now`, `TODAY()`
fn is_now(written: &str) -> bool {
    matches!(written.trim().to_lowercase().as_str(), "now" | "today" | "now()" | "today()")
}

/// A unit of time by its name.
fn unit_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "d" | "day" | "days" => "d",
        "w" | "week" | "weeks" => "w",
        "m" | "mo" | "month" | "months" => "mo",
        "y" | "year" | "years" => "y",
        "h" | "hour" | "hours" => "h",
        "minute" | "minutes" => "min",
        _ => return None,
    })
}

fn place(argument: &Argument) -> Span {
    match argument {
        Argument::Clause(clause) => clause.place.0,
        Argument::Range(range) => range.place.0,
        Argument::Pattern(pattern) => pattern.place.0,
    }
}

fn remedy(name: &str, arguments: &[&str]) -> Option<Remedy> {
    use Remedy::{Rename, Say, Write};
    Some(match (name, arguments) {
        ("if" | "iif" | "iff", [condition, then, otherwise]) => {
            Write(format!("(if {condition} then {then} else {otherwise})"))
        }
        ("if" | "iif" | "iff" | "ifs" | "case" | "switch" | "choose" | "decode", _) => {
            Say("write `if CONDITION then VALUE else VALUE`; `else if` goes on".into())
        }
        ("and" | "all" | "every", [_, ..]) => Write(format!("all of ({})", arguments.join(", "))),
        ("or", [_, ..]) => Write(format!("any of ({})", arguments.join(", "))),
        ("none", [_, ..]) => Write(format!("none of ({})", arguments.join(", "))),
        ("not", [one]) => Write(format!("not ({one})")),
        ("isnull" | "is_null" | "isblank" | "isna" | "isempty" | "is_empty", [one]) => {
            Write(format!("{one} is missing"))
        }
        ("isnotnull" | "notnull" | "is_not_null", [one]) => Write(format!("{one} is known")),
        ("isnull" | "coalesce" | "ifnull" | "nvl" | "iferror" | "ifna", [_, _, ..]) => {
            Write(format!("({})", arguments.join(" ?? ")))
        }
        ("contains" | "includes" | "instr", [text, part]) => Write(format!("{text} contains {part}")),
        ("find" | "search", [part, text]) => Write(format!("{text} contains {part}")),
        ("startswith" | "starts_with", [text, part]) => Write(format!("{text} starts with {part}")),
        ("endswith" | "ends_with", [text, part]) => Write(format!("{text} ends with {part}")),
        ("concat" | "concatenate", [_, _, ..]) => Write(format!("({})", arguments.join(" + "))),
        ("regexp" | "regexp_like" | "regexmatch" | "rlike" | "match", [text, ..]) => {
            Say(format!("write `{text} matches /…/`"))
        }
        ("len" | "strlen" | "char_length" | "character_length", _) => Rename("length"),
        ("average" | "mean", _) => Rename("avg"),
        ("ceiling", _) => Rename("ceil"),
        ("greatest", _) => Rename("max"),
        ("least", _) => Rename("min"),
        ("ucase" | "toupper", _) => Rename("upper"),
        ("lcase" | "tolower", _) => Rename("lower"),
        ("exists", [one]) if one.chars().all(|it| it.is_alphanumeric() || it == '_') => {
            Say(format!("of rows write `any({one})`, of a field `{one} is known`"))
        }
        ("exists", _) => Rename("any"),
        ("dayofweek" | "day_of_week", _) => Rename("weekday"),
        ("dayofmonth" | "day_of_month", _) => Rename("day"),
        ("median", [one]) => Write(format!("quantile({one}, 50%)")),
        ("percentile" | "percentile_cont", _) => Say("write `quantile(orders.amount, 90%)`".into()),
        ("count_distinct" | "countdistinct" | "nunique" | "uniq", [one]) => Write(format!("count(distinct({one}))")),
        ("countif" | "countifs" | "count_if", _) => Say("write `count(orders where CONDITION)`".into()),
        ("sumif" | "sumifs" | "sum_if", _) => Say("write `sum(orders.amount where CONDITION)`".into()),
        ("rank" | "row_number" | "dense_rank" | "percent_rank", _) => {
            Say("write `top 20% by spend`, `top 100 by spend` or `ntile(spend, 5)`".into())
        }
        ("now" | "getdate" | "sysdate" | "current_timestamp" | "getutcdate", []) => Write("now".into()),
        ("today" | "curdate" | "current_date", []) => Write("today".into()),
        ("datediff" | "date_diff" | "timestampdiff" | "datedif" | "days_between" | "daysbetween", _) => {
            Say(difference(arguments))
        }
        ("dateadd" | "date_add" | "adddate" | "date_sub" | "timestampadd" | "edate", _) => {
            Say("write `t + 30d` or `t - 3mo`; so long before now is `30d ago`".into())
        }
        ("substring" | "substr" | "left" | "right" | "mid" | "slice", _) => {
            Say("ask a text by `starts with`, `ends with`, `contains` or `matches`".into())
        }
        ("cast" | "convert" | "to_date" | "str_to_date" | "to_number" | "to_char" | "value", _) => {
            Say("say the type where the column is declared: `table users key user_id { paid_at: timestamp }`".into())
        }
        _ => return None,
    })
}

/// `datediff(now, last_order)`
fn difference(arguments: &[&str]) -> String {
    let plain = |it: &&&str| {
        let word = it.trim_matches(['"', '\'', '(', ')']).to_lowercase();
        !matches!(
            word.as_str(),
            "day" | "days" | "d" | "month" | "months" | "hour" | "hours" | "year" | "years" | "week"
        )
    };
    let moments: Vec<&str> = arguments.iter().filter(plain).copied().collect();
    let others: Vec<&str> = moments.iter().filter(|it| !is_now(it)).copied().collect();
    match (others.as_slice(), moments.as_slice()) {
        ([one], _) => format!("write `age({one})`, and compare it with a length of time: `age({one}) > 30d`"),
        ([_, _], [first, second]) => {
            format!("write `{second} - {first}`, and compare it with a length of time: `{second} - {first} > 30d`")
        }
        _ => "write `age(last_order)`, and compare it with a length of time: `age(last_order) > 30d`".to_owned(),
    }
}
