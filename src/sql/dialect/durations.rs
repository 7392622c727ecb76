//! Durations of the warehouse: intervals, or texts `1y2mo3d4h5min6.5s`, as Tagwell writes them; digits alone are microseconds.

use crate::sql::ast::Sql;

/// How an engine looks into a text.
pub(super) struct Text<'a> {
    /// Whether it matches a pattern.
    pub(super) matches: &'a dyn Fn(&str) -> Sql,
    /// `0`, and the digits that a pattern's first group finds.
    pub(super) found: &'a dyn Fn(&str) -> Sql,
    /// Digits as a whole number.
    pub(super) int: &'a dyn Fn(Sql) -> Sql,
    /// Digits as a number with six behind the point.
    pub(super) decimal: &'a dyn Fn(Sql) -> Sql,
    /// All of it as a whole number; missing, or the end of the query, where it is none.
    pub(super) number: Sql,
}

pub(super) const NO_DURATION: &str = "this is no duration as `1d12h`, and no number of microseconds";

const FORM: &str = "^-?([0-9]+y)?([0-9]+mo)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+min)?([0-9]+([.][0-9]{1,6})?s)?$";

/// Months, days and microseconds of a text.
pub(super) fn of_text(text: Sql, it: &Text<'_>, fail: Sql) -> [Sql; 3] {
    let whole = |unit: &str| (it.int)((it.found)(&format!("([0-9]+){unit}")));
    let times = |unit: &str, by: i64| Sql::binary(whole(unit), "*", Sql::int(by));
    let sign = Sql::if_else((it.matches)("^-"), Sql::int(-1), Sql::int(1));
    let signed = |parts: Vec<Sql>| {
        let sum = parts.into_iter().reduce(|a, b| Sql::binary(a, "+", b)).unwrap_or(Sql::NULL);
        Sql::binary(sign.clone(), "*", sum)
    };
    let seconds = (it.decimal)((it.found)("([0-9]+([.][0-9]+)?)s"));
    let seconds = (it.int)(Sql::binary(seconds, "*", Sql::int(1_000_000)));
    let micros = signed(vec![times("h", 3_600_000_000), times("min", 60_000_000), seconds]);
    let is_written = Sql::all([(it.matches)("[0-9]"), (it.matches)(FORM)]);
    let arms = vec![((it.matches)("^-?[0-9]+$"), it.number.clone()), (is_written, micros), (text.known(), fail)];
    [signed(vec![times("y", 12), whole("mo")]), signed(vec![times("w", 7), whole("d")]), Sql::Case(arms, None)]
}

/// Months, days and microseconds of an interval, whose parts are asked for by name.
pub(super) fn of_interval(part: impl Fn(&'static str) -> Sql) -> [Sql; 3] {
    let times = |name: &'static str, by: i64| Sql::binary(part(name), "*", Sql::int(by));
    let months = Sql::binary(times("year", 12), "+", part("month"));
    let time = Sql::binary(times("hour", 3_600_000_000), "+", times("minute", 60_000_000));
    [months, part("day"), Sql::binary(time, "+", part("microsecond"))]
}
