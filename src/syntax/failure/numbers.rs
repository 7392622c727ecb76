//! Numbers, dates, durations and percentages that are not written as such.

use super::{Around, Kind, Mistake, Token, shown};
use crate::diagnostic::code;

/// A word for a unit of time, and how it is written.
pub(super) fn unit_of(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "d" | "day" | "days" | "\u{5929}" | "\u{65e5}" => "d",
        "w"
        | "week"
        | "weeks"
        | "wk"
        | "wks"
        | "\u{5468}"
        | "\u{661f}\u{671f}"
        | "\u{4e2a}\u{661f}\u{671f}"
        | "\u{793c}\u{62dc}" => "w",
        "mo" | "month" | "months" | "mon" | "mth" | "\u{4e2a}\u{6708}" | "\u{6708}" => "mo",
        "y" | "year" | "years" | "yr" | "yrs" | "\u{5e74}" => "y",
        "h" | "hour" | "hours" | "hr" | "hrs" | "\u{5c0f}\u{65f6}" | "\u{4e2a}\u{5c0f}\u{65f6}" | "\u{65f6}" => "h",
        "min" | "minute" | "minutes" | "mins" | "\u{5206}\u{949f}" | "\u{5206}" => "min",
        "s" | "second" | "seconds" | "sec" | "secs" | "\u{79d2}" | "\u{79d2}\u{949f}" => "s",
        "quarter" | "quarters" | "q" | "\u{5b63}\u{5ea6}" | "\u{4e2a}\u{5b63}\u{5ea6}" => "q",
        _ => return None,
    })
}

/// The length of `week` and the like.
pub(super) fn period(word: &str) -> Option<&'static str> {
    Some(match unit_of(word)? {
        "d" => "1d",
        "w" => "7d",
        "mo" => "1mo",
        "h" => "1h",
        "y" => "1y",
        _ => return None,
    })
}

/// `30` and `d`, `1` and `q`, as a duration.
pub(super) fn duration(number: &str, unit: &str) -> String {
    match (unit, number.replace('_', "").parse::<u64>()) {
        ("q", Ok(quarters)) => format!("{}mo", quarters.saturating_mul(3)),
        _ => format!("{number}{unit}"),
    }
}

/// A word that counts minutes as well as points.
fn is_minutes_or_points(word: &str) -> bool {
    word == "\u{5206}"
}

/// `60` and a word such as `days ago` in one, as `60d ago`.
fn ago(number: &str, word: &str) -> Option<String> {
    let word = word.strip_suffix('\u{524d}')?.trim_end_matches(['\u{4ee5}', '\u{4e4b}']);
    Some(format!("{} ago", duration(number, unit_of(word)?)))
}

/// `15.11.1997` as `1997-11-15`, and whether the day cannot be taken for the month.
fn dotted_date(groups: &[&str]) -> Option<(String, bool)> {
    let [day, month, year] = groups else { return None };
    let (day, month): (u8, u8) = (day.parse().ok()?, month.parse().ok()?);
    let is_year = year.len() == 4 && is_plain(year);
    (is_year && (1..=31).contains(&day) && (1..=12).contains(&month))
        .then(|| (format!("{year}-{month:02}-{day:02}"), day > 12))
}

/// A length of time that is written with a word of another language, or as it should be: `30天` as `30d`.
pub(super) fn length(text: &str) -> Option<String> {
    let (digits, word) = text.split_at_checked(text.find(|it: char| !it.is_ascii_digit())?)?;
    is_plain(digits).then_some(())?;
    unit_of(word).map(|unit| duration(digits, unit))
}

/// What is written for a number with a word behind it, where that is a length of time ago: `30天前` as `30d ago`.
pub(super) fn proper(text: &str) -> Option<String> {
    let (digits, word) = text.split_at_checked(text.find(|it: char| !it.is_ascii_digit())?)?;
    ago(digits, word).or_else(|| unit_of(word).map(|unit| format!("{} ago", duration(digits, unit))))
}

fn said_ago(range: std::ops::Range<usize>, written: &str) -> Mistake {
    Mistake::new(code::BAD_UNIT, range.clone(), "a moment so long ago is written with `ago`")
        .help(format!("write `{written}`"))
        .fix(format!("write `{written}`"), range, written)
}

pub(super) fn is_plain(number: &str) -> bool {
    !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit() || it == b'_')
}

impl Around<'_> {
    pub(super) fn number(&self) -> Option<Mistake> {
        if let Some(mistake) = self.several_points().or_else(|| self.point_at_the_end()) {
            return Some(mistake);
        }
        let Some(this) = self.this() else { return self.unit_as_a_name() };
        let previous = self.previous().filter(|previous| previous.kind == Kind::Number);
        if let Some(mistake) = previous.and_then(|number| self.behind_number(number, this)) {
            return Some(mistake);
        }
        if let Some(mistake) = self.thousands_in_a_block(this).or_else(|| self.unit_as_a_name()) {
            return Some(mistake);
        }
        if this.kind == Kind::Sign && this.text == "." {
            let digits = self.next().filter(|next| next.kind == Kind::Number && next.start == this.end())?;
            if self.expects_operand() {
                let written = format!("0.{}", digits.text);
                return Some(
                    Mistake::new(code::BAD_NUMBER, this.start..digits.end(), "a number begins with a digit")
                        .help(format!("write `{written}`"))
                        .fix(format!("write `{written}`"), this.range(), "0."),
                );
            }
        }
        if this.kind != Kind::Number || self.follows_operand() && !self.touches_previous() {
            return None;
        }
        self.malformed(this)
    }

    /// `gold from 5,000`: in a block the comma stands between two entries.
    fn thousands_in_a_block(&self, this: &Token<'_>) -> Option<Mistake> {
        let comma = self.previous().filter(|comma| comma.is(",") && comma.end() == this.start)?;
        let number =
            self.token(-2).filter(|it| it.kind == Kind::Number && it.end() == comma.start && is_plain(it.text))?;
        let at = self.at.checked_sub(1)?;
        let around =
            Around { text: self.text, grammar: self.grammar, tokens: self.tokens.clone(), at, expected: self.expected };
        (this.kind == Kind::Number).then(|| around.thousands(number))?
    }

    /// `keep 1 year`: the word was taken for the name of the next entry.
    fn unit_as_a_name(&self) -> Option<Mistake> {
        let unit = self.previous().filter(|unit| unit.kind == Kind::Word)?;
        let number = self.token(-2).filter(|number| number.kind == Kind::Number && is_plain(number.text))?;
        self.open().last().filter(|open| open.is("{"))?;
        let written = duration(number.text, unit_of(unit.text)?);
        let both = number.start..unit.end();
        let message = format!("a duration is written in one word: `{written}`");
        Some(Mistake::new(code::BAD_UNIT, both.clone(), message).help(format!("write `{written}`")).suggest(
            format!("write `{written}`"),
            both,
            written,
        ))
    }

    /// `1.000.000`
    fn several_points(&self) -> Option<Mistake> {
        let point = self.previous().filter(|point| point.is("."))?;
        let number = self.token(-2).filter(|number| number.kind == Kind::Number && number.end() == point.start)?;
        let mut groups: Vec<&str> = number.text.split('.').collect();
        let mut end = point.start;
        let mut rest = self.tokens.get(self.at.checked_sub(1)?..)?;
        while let [point, digits, behind @ ..] = rest {
            let touching = point.is(".") && point.start == end && digits.start == point.end();
            if !touching || digits.kind != Kind::Number {
                break;
            }
            groups.extend(digits.text.split('.'));
            end = digits.end();
            rest = behind;
        }
        if groups.len() < 3 {
            return None;
        }
        let range = number.start..end;
        if let Some((date, certain)) = dotted_date(&groups) {
            return Some(
                Mistake::new(
                    code::BAD_DATE,
                    range.clone(),
                    format!("{} is not a date", shown(self.slice(range.clone()))),
                )
                .help(format!("a date is written `{date}`, the year first"))
                .suggest(format!("write `{date}`"), range, date)
                .certain_if(certain),
            );
        }
        let thousands = groups.iter().skip(1).all(|group| group.len() == 3 && is_plain(group))
            && groups.first().is_some_and(|first| (1..=3).contains(&first.len()) && is_plain(first));
        if !thousands {
            return Some(
                Mistake::new(code::BAD_NUMBER, range, "a number has one point")
                    .help("write one number, such as `12.50`; a text, such as a version, stands in quotes"),
            );
        }
        let written = groups.join("_");
        Some(
            Mistake::new(code::BAD_NUMBER, range.clone(), "thousands are set apart by `_`, not by a point")
                .help(format!("write `{written}`, or `{}`", groups.concat()))
                .suggest(format!("write `{written}`"), range, written),
        )
    }

    /// `5.`, behind whose point the grammar waits for a field's name
    fn point_at_the_end(&self) -> Option<Mistake> {
        let point = self.previous().filter(|point| point.is("."))?;
        let number = self.token(-2).filter(|number| number.kind == Kind::Number && number.end() == point.start)?;
        let both = number.start..point.end();
        Some(
            Mistake::new(code::BAD_NUMBER, both, "a number does not end in a point")
                .help(format!("write `{0}` or `{0}.0`", number.text))
                .fix("remove the point", point.range(), ""),
        )
    }

    fn touches_previous(&self) -> bool {
        self.previous().zip(self.this()).is_some_and(|(previous, this)| previous.end() == this.start)
    }

    /// `30 days`, `60 %`, `1,000`, `2026-11-11 00:00`
    fn behind_number(&self, number: &Token<'_>, this: &Token<'_>) -> Option<Mistake> {
        let both = number.start..this.end();
        let plain = is_plain(number.text);
        if plain && this.kind == Kind::Word {
            if let Some(unit) = unit_of(this.text) {
                let written = duration(number.text, unit);
                let message = format!("a duration is written in one word: `{written}`");
                let certain = !matches!(unit, "q") && !is_minutes_or_points(this.text);
                let mistake = Mistake::new(code::BAD_UNIT, both.clone(), message).help(format!("write `{written}`"));
                let title = format!("write `{written}`");
                return Some(if certain {
                    mistake.fix(title, both, written)
                } else {
                    mistake.suggest(title, both, written)
                });
            }
            if let Some(written) = ago(number.text, this.text) {
                return Some(said_ago(both, &written));
            }
            if matches!(this.text, "percent" | "pct") {
                return Some(self.percent(number, both));
            }
            if let Some(amount) = chinese_amount(number.text, this.text) {
                return Some(bare_number(both, &amount).certain_if(this.text != "M"));
            }
        }
        if this.is("%")
            && !self.next().is_some_and(|next| {
                matches!(next.kind, Kind::Word | Kind::Number | Kind::Quoted)
                    && !super::super::words::is_reserved(next.text)
            })
        {
            return Some(self.percent(number, both));
        }
        if this.is(",") && plain {
            return self.thousands(number);
        }
        if this.kind == Kind::Number && this.text.contains(':') && number.text.len() == 10 && number.text.contains('-')
        {
            let written = format!("{}T{}", number.text, this.text);
            return Some(
                Mistake::new(code::BAD_DATE, both.clone(), "a date and a time of day are joined by `T`")
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), both, written),
            );
        }
        None
    }

    fn percent(&self, number: &Token<'_>, both: std::ops::Range<usize>) -> Mistake {
        let written = format!("{}%", number.text.trim_end_matches('%'));
        Mistake::new(code::BAD_NUMBER, both.clone(), "a percentage is written in one word")
            .help(format!("write `{written}`"))
            .fix(format!("write `{written}`"), both, written)
    }

    /// `1,000,000`
    fn thousands(&self, number: &Token<'_>) -> Option<Mistake> {
        let mut written = number.text.to_owned();
        let mut end = number.end();
        let mut rest = self.tokens.get(self.at..)?;
        while let [comma, digits, behind @ ..] = rest {
            let joined = comma.is(",") && comma.start == end && digits.start == comma.end();
            // `1,000元`
            let figures = digits.text.trim_end_matches(COUNTED);
            let three =
                figures.split('.').next().is_some_and(|it| it.len() == 3 && it.bytes().all(|it| it.is_ascii_digit()));
            if !joined || !three || digits.kind != Kind::Number {
                break;
            }
            written = format!("{written}_{figures}");
            end = digits.end();
            rest = behind;
        }
        if end == number.end() || number.text.len() > 3 {
            return None;
        }
        let range = number.start..end;
        let title = format!("write `{written}`");
        let mistake = Mistake::new(code::BAD_NUMBER, range.clone(), "thousands are set apart by `_`, not by a comma");
        let mistake = mistake.help(format!("write `{written}`, or `{}`", written.replace('_', "")));
        let alone = self.open().last().is_none_or(|open| open.is("{"));
        Some(if alone { mistake.fix(title, range, written) } else { mistake.suggest(title, range, written) })
    }

    /// A token that begins as a number and does not end as one.
    fn malformed(&self, this: &Token<'_>) -> Option<Mistake> {
        let text = this.text;
        let range = this.range();
        let digits_end = text.find(|it: char| !it.is_ascii_digit() && !matches!(it, '_' | '.')).unwrap_or(text.len());
        let (digits, behind) = text.split_at_checked(digits_end)?;
        if let Some(mistake) = letter_among_digits(this) {
            return Some(mistake);
        }
        if behind.is_empty() {
            return (digits.contains("__") || digits.ends_with('_') || digits.matches('.').count() > 1).then(|| {
                let written = digits.replace("__", "_").trim_end_matches('_').to_owned();
                Mistake::new(code::BAD_NUMBER, range.clone(), format!("`{text}` is not a number"))
                    .help(format!("`_` stands between two digits: `{written}`"))
                    .suggest(format!("write `{written}`"), range.clone(), written)
            });
        }
        if let Some(date) = chinese_date(text) {
            let title = format!("write `{date}`");
            return Some(
                Mistake::new(code::BAD_DATE, range.clone(), format!("`{text}` is not a date"))
                    .help(format!("a date is written `{date}`"))
                    .fix(title, range, date),
            );
        }
        // Behind `within`, `3M` is months, not millions.
        if behind == "M" && self.timed() {
            let written = format!("{digits}mo");
            return Some(
                Mistake::new(code::BAD_UNIT, range.clone(), "`M` is not a unit of time")
                    .help(format!("write `{written}`"))
                    .fix(format!("write `{written}`"), range, written),
            );
        }
        if behind == "m" && is_plain(digits) {
            return Some(
                Mistake::new(code::BAD_UNIT, range.clone(), "`m` could be minutes or months")
                    .help(format!("write `{digits}min` for minutes or `{digits}mo` for months"))
                    .suggest(format!("write `{digits}min`"), range, format!("{digits}min")),
            );
        }
        if is_minutes_or_points(behind) && is_plain(digits) && !self.timed() {
            return Some(
                Mistake::new(code::BAD_UNIT, range.clone(), format!("`{behind}` could be minutes or points"))
                    .help(format!("write `{digits}min` for minutes or `{digits}` for points"))
                    .suggest(format!("write `{digits}`"), range, digits),
            );
        }
        if super::super::build::is_unit(behind) && is_plain(digits) || behind == "%" {
            return None;
        }
        if let Some(written) = ago(digits, behind).filter(|_| is_plain(digits)) {
            return Some(said_ago(range, &written));
        }
        if let Some(unit) = unit_of(behind).filter(|_| is_plain(digits)) {
            let written = duration(digits, unit);
            let mistake = Mistake::new(code::BAD_UNIT, range.clone(), format!("`{behind}` is not a unit of time"));
            let mistake = mistake.help(format!("write `{written}`"));
            let title = format!("write `{written}`");
            let certain = unit != "q";
            return Some(mistake.suggest(title, range, written).certain_if(certain));
        }
        if let Some(unit) = unit_of(behind).filter(|_| digits.contains('.')) {
            return Some(Mistake::new(code::BAD_UNIT, range, "a duration has no fraction").help(format!(
                "write it in a smaller unit, such as `{}`",
                if unit == "d" { "1d12h" } else { "90min" }
            )));
        }
        if let Some(amount) = chinese_amount(digits, behind) {
            return Some(bare_number(range, &amount).certain_if(behind != "M"));
        }
        exponent(text, &range).or_else(|| self.glued(this, digits, behind))
    }

    /// Whether a length of time stands here: behind `within`, before `ago`, in a range.
    fn timed(&self) -> bool {
        let near = [self.previous(), self.next()].into_iter().flatten();
        near.into_iter().any(|it| matches!(it.text, "within" | "between" | ".." | "..<" | "ago"))
    }

    /// `3within`, `3and`, `30天活跃`
    fn glued(&self, this: &Token<'_>, digits: &str, behind: &str) -> Option<Mistake> {
        // The longest number or duration at the beginning, then a word.
        let word_at = this.text.len() - behind.len();
        let word = behind;
        if super::super::words::is_reserved(word) || super::operators::is_operator(word) {
            let word_range = this.start + word_at..this.end();
            let gap = word_range.start..word_range.start;
            let message = format!("a space is missing between `{digits}` and `{word}`");
            return Some(
                Mistake::new(code::TOUCHING, word_range, message).help(format!("write `{digits} {word}`")).fix(
                    "put a space here",
                    gap,
                    " ",
                ),
            );
        }
        if !self.expects_operand() {
            return None;
        }
        Some(
            Mistake::new(code::TOUCHING, this.range(), format!("`{}` is neither a number nor a name", this.text)).help(
                format!(
                    "put a space after `{digits}`, or write the name in backticks: {}",
                    super::shown(&format!("`{}`", this.text))
                ),
            ),
        )
    }
}

/// `3O天`, `1O00`: a letter that looks like a digit.
fn letter_among_digits(this: &Token<'_>) -> Option<Mistake> {
    let letter = this.text.chars().find(|it| matches!(it, 'O' | 'o' | 'l' | 'I'))?;
    let meant: String = this.text.chars().map(|it| if matches!(it, 'O' | 'o') { '0' } else { it }).collect();
    let meant = meant.replace(['l', 'I'], "1");
    let written = if is_plain(&meant) { meant } else { length(&meant)? };
    let digit = if matches!(letter, 'O' | 'o') { '0' } else { '1' };
    Some(
        Mistake::new(
            code::BAD_NUMBER,
            this.range(),
            format!("a letter `{letter}` stands among the digits of `{}`", this.text),
        )
        .help(format!("with the digit `{digit}` it is `{written}`"))
        .suggest(format!("write `{written}`"), this.range(), written),
    )
}

/// `1e5`
fn exponent(text: &str, range: &std::ops::Range<usize>) -> Option<Mistake> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let digits = !exponent.is_empty() && exponent.bytes().all(|it| it.is_ascii_digit());
    if !digits || !is_plain(&mantissa.replace('.', "")) {
        return None;
    }
    let zeros = exponent.parse().ok().filter(|zeros: &usize| *zeros <= 18 && !mantissa.contains('.'));
    let mistake = Mistake::new(code::BAD_NUMBER, range.clone(), "a number has no exponent");
    Some(match zeros.map(|zeros| format!("{mantissa}{}", "0".repeat(zeros))) {
        Some(written) => {
            mistake.help(format!("write `{written}`")).suggest(format!("write `{written}`"), range.clone(), written)
        }
        None => mistake.help("write out all its digits; `_` may stand between them: `1_000_000`"),
    })
}

fn bare_number(range: std::ops::Range<usize>, amount: &str) -> Mistake {
    Mistake::new(code::BAD_NUMBER, range.clone(), "a number is written in digits, without a word behind it")
        .help(format!("write `{amount}`"))
        .suggest(format!("write `{amount}`"), range, amount)
}

/// What is counted: yuan, people, times, orders, pieces, points.
const COUNTED: [char; 7] = ['\u{5143}', '\u{5757}', '\u{4eba}', '\u{6b21}', '\u{5355}', '\u{4e2a}', '\u{5206}'];

/// `5万`, `500元`
fn chinese_amount(digits: &str, word: &str) -> Option<String> {
    let word = word.trim_end_matches(COUNTED);
    let zeros = match word {
        "" => 0,
        "\u{767e}" => 2,
        "\u{5343}" | "k" | "K" => 3,
        "\u{4e07}" | "w" => 4,
        "\u{767e}\u{4e07}" | "M" => 6,
        "\u{4ebf}" => 8,
        _ => return None,
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !is_plain(whole) || fraction.len() > zeros {
        return (zeros == 0).then(|| digits.to_owned());
    }
    let all = format!("{whole}{fraction}{}", "0".repeat(zeros - fraction.len()));
    if zeros < 3 {
        return Some(all);
    }
    let mut grouped = String::new();
    for (at, digit) in all.chars().enumerate() {
        if at > 0 && (all.len() - at) % 3 == 0 {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    Some(grouped)
}

/// `2026年1月5日`
fn chinese_date(text: &str) -> Option<String> {
    let (year, rest) = text.split_once('\u{5e74}')?;
    let (month, rest) = rest.split_once('\u{6708}')?;
    let day = rest.trim_end_matches(['\u{65e5}', '\u{53f7}']);
    let fits = year.len() == 4 && [year, month, day].into_iter().all(is_plain) && month.len() <= 2 && day.len() <= 2;
    fits.then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}
