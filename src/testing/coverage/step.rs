//! The smallest step of a number as it is written: its last digit, one less and one more.

use crate::value::{
    Zone,
    moment_text::{date_text, minute_text, parse_date, parse_time_of_day, parse_timestamp, timestamp_text},
};

/// A number within a spelling: `12` in `1d12h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// The whole spelling with this number one step lower; none where there is none below it.
    pub(super) lower: Option<String>,
    /// One step higher.
    pub(super) higher: Option<String>,
}

/// The steps of each number of a spelling: one, but for durations such as `1d12h`.
pub(super) fn steps(written: &str) -> Vec<Steps> {
    match moment(written) {
        Some(found) => vec![found],
        None => parts(written),
    }
}

/// `1y1d` of a length that is written in years, months or weeks.
pub(super) fn by_a_day(written: &str) -> Option<String> {
    let digits = ["mo", "y", "w"].into_iter().find_map(|unit| written.strip_suffix(unit))?;
    digits.bytes().all(|it| it.is_ascii_digit()).then(|| format!("{written}1d"))
}

/// `2026-11-22` by a day; `12:00` and `2026-11-22T08:00` by a minute, `2026-11-22T08:00:30` by a second, `…:30.5` by a tenth.
fn moment(written: &str) -> Option<Steps> {
    if let Ok(minutes) = parse_time_of_day(written) {
        let near = |by: u16| {
            let minutes = (minutes + by) % DAY;
            Some(format!("{:02}:{:02}", minutes / 60, minutes % 60))
        };
        return Some(Steps { lower: near(DAY - 1), higher: near(1) });
    }
    if let Ok(day) = parse_date(written) {
        let near = |by: i32| day.checked_add(by).map(date_text);
        return Some(Steps { lower: near(-1), higher: near(1) });
    }
    let (date, time) = written.split_once('T')?;
    let offset = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (local, offset) = (format!("{date}T{}", time.get(..offset)?), time.get(offset..)?);
    let zone = Zone::utc();
    let instant = parse_timestamp(&local, &zone).ok()?;
    let by_seconds = local.matches(':').count() > 1;
    let digits = local.split_once('.').map_or(0, |(_, fraction)| fraction.len().min(6) as u32);
    let near = |by: i64| {
        let step = if by_seconds { 1_000_000 / 10_i64.pow(digits) } else { 60_000_000 };
        let moved = instant.checked_add(by * step)?;
        let text = match by_seconds {
            true => timestamp_text(moved, &zone).trim_end_matches('Z').to_owned(),
            false => minute_text(moved, &zone).replace(' ', "T"),
        };
        Some(text + offset)
    };
    Some(Steps { lower: near(-1), higher: near(1) })
}

/// Minutes of a day.
const DAY: u16 = 24 * 60;

fn parts(written: &str) -> Vec<Steps> {
    let mut found = vec![];
    let mut at = 0;
    while let Some(rest) = written.get(at..).filter(|rest| !rest.is_empty()) {
        let length = rest.find(|it: char| !it.is_ascii_digit() && !matches!(it, '_' | '.')).unwrap_or(rest.len());
        if length == 0 {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let (before, digits, after) =
            (written.get(..at).unwrap_or(""), rest.get(..length).unwrap_or(""), rest.get(length..).unwrap_or(""));
        let near = |by: i128| Some(format!("{before}{}{after}", stepped(digits, by, after.is_empty())?));
        found.push(Steps { lower: near(-1), higher: near(1) });
        at += length;
    }
    found
}

/// `12.50` by −1 is `12.49`. Below zero lies `-1`, but of a percentage or duration nothing.
fn stepped(digits: &str, by: i128, may_be_negative: bool) -> Option<String> {
    let plain: String = digits.chars().filter(|it| *it != '_').collect();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let moved = mantissa.checked_add(by)?;
    if moved < 0 && !may_be_negative {
        return None;
    }
    let width = fraction.len() + 1;
    let all = format!("{:0width$}", moved.unsigned_abs());
    let (whole, fraction) = all.split_at_checked(all.len() - fraction.len())?;
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if moved < 0 { "-" } else { "" };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_is_one_less_and_one_more() {
        let table = [
            ("500", "499 501"),
            ("1_000", "999 1001"),
            ("12.50", "12.49 12.51"),
            ("0.00", "-0.01 0.01"),
            ("0", "-1 1"),
            ("20%", "19% 21%"),
            ("0%", "– 1%"),
            ("30d", "29d 31d"),
            ("1d12h", "0d12h 2d12h, 1d11h 1d13h"),
            ("2026-03-01", "2026-02-28 2026-03-02"),
            ("12:00", "11:59 12:01"),
            ("00:00", "23:59 00:01"),
            ("2026-11-22T08:00:30.5", "2026-11-22T08:00:30.4 2026-11-22T08:00:30.6"),
            ("2026-11-22T00:00", "2026-11-21T23:59 2026-11-22T00:01"),
            ("2026-11-22T08:00:30+08:00", "2026-11-22T08:00:29+08:00 2026-11-22T08:00:31+08:00"),
        ];
        for (written, expected) in table {
            let shown = |it: Option<String>| it.unwrap_or_else(|| "–".into());
            let found = steps(written).into_iter().map(|it| format!("{} {}", shown(it.lower), shown(it.higher)));
            assert_eq!(found.collect::<Vec<_>>().join(", "), expected, "{written}");
        }
    }
}
