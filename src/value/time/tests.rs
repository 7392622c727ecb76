//! Time on tables: shifts, windows, ages and anniversaries, with leap days, month ends and clock changes.

use proptest::prelude::*;

use super::*;
use crate::value::moment_text::{parse_date, parse_timestamp};
use crate::value::print;

fn zone(name: &str) -> Zone {
    Zone::parse(name).expect("a zone of the test")
}

fn clock(name: &str, now: &str) -> Clock {
    let zone = zone(name);
    Clock::at(parse_timestamp(now, &zone).expect("an instant of the test"), zone).expect("a clock of the test")
}

fn duration(text: &str) -> Duration {
    Duration::parse(text).expect("a duration of the test")
}

/// `2026-11-22` or `2026-11-22T08:00`
fn moment(text: &str, zone: &Zone) -> Moment {
    match parse_date(text) {
        Ok(date) => Moment::Date(date),
        Err(_) => Moment::Timestamp(parse_timestamp(text, zone).expect("a moment of the test")),
    }
}

fn value(text: &str, zone: &Zone) -> Value {
    moment(text, zone).into()
}

fn shown(moment: Option<Moment>, zone: &Zone) -> String {
    moment.map_or("missing".to_owned(), |moment| print::text(&moment.into(), zone))
}

#[test]
fn shifts() {
    let table = [
        ("UTC", "2026-03-31T10:00", "- 1mo", "2026-02-28T10:00:00Z"),
        ("UTC", "2024-02-29", "- 1y", "2023-02-28"),
        ("UTC", "2024-02-29", "+ 4y", "2028-02-29"),
        ("UTC", "2026-01-31", "+ 1mo1d", "2026-03-01"),
        ("UTC", "2026-03-01", "- 1mo1d", "2026-01-31"),
        ("UTC", "2026-01-31", "+ 1h", "missing"),
        ("UTC", "2026-01-31", "+ 9000y", "missing"),
        ("UTC", "2026-01-31T00:00", "- 2026y", "missing"),
        ("UTC", "9999-12-31T23:59:59.999999", "+ 0.000001s", "missing"),
        // The day of a clock change has 23 hours; a day keeps the local time.
        ("Europe/Berlin", "2026-03-28T12:00", "+ 1d", "2026-03-29T12:00:00+02:00"),
        ("Europe/Berlin", "2026-03-28T12:00", "+ 24h", "2026-03-29T13:00:00+02:00"),
        ("Europe/Berlin", "2026-03-28T02:30", "+ 1d", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "2026-03-28T02:30", "+ 1d1h", "2026-03-29T04:00:00+02:00"),
        ("Europe/Berlin", "2026-04-29T02:30", "- 1mo", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "2026-10-24T02:30", "+ 1d", "2026-10-25T02:30:00+02:00"),
        // Exact time walks through both of the repeated hours.
        ("Europe/Berlin", "2026-10-25T02:30+02:00", "+ 1h", "2026-10-25T02:30:00+01:00"),
        ("Europe/Berlin", "2026-10-25T02:30+01:00", "- 0d", "2026-10-25T02:30:00+01:00"),
        ("Europe/Berlin", "2026-10-25T02:30+01:00", "+ 30min", "2026-10-25T03:00:00+01:00"),
    ];
    for (name, start, step, expected) in table {
        let zone = zone(name);
        let (sign, length) = step.split_at(2);
        let direction = if sign == "+ " { Direction::Forth } else { Direction::Back };
        let answer = shift(moment(start, &zone), duration(length), direction, &zone);
        assert_eq!(shown(answer, &zone), expected, "{start} {step} in {name}");
    }
}

#[test]
fn parts_in_the_zone() {
    let shanghai = zone("Asia/Shanghai");
    let t = value("2026-12-31T16:30Z", &shanghai);
    assert_eq!(date(&t, &shanghai), value("2027-01-01", &shanghai));
    assert_eq!(start_of_week(&t, &shanghai), value("2026-12-28", &shanghai));
    assert_eq!(start_of_month(&t, &shanghai), value("2027-01-01", &shanghai));
    let parts = [year, month, day, weekday, hour].map(|part| part(&t, &shanghai));
    assert_eq!(parts, [2027, 1, 1, 5, 0].map(Value::Int));
    assert_eq!(hour(&value("2026-12-31", &shanghai), &shanghai), Value::Missing);
    for part in [date, start_of_week, start_of_month, year, month, day, weekday, hour] {
        assert_eq!(part(&Value::Missing, &shanghai), Value::Missing);
    }
    // At the calendar's end the local day is beyond it.
    assert_eq!(date(&value("9999-12-31T20:00Z", &shanghai), &shanghai), Value::Missing);
}

#[test]
fn windows_as_two_instants() {
    let clock = clock("Asia/Shanghai", "2026-11-22T10:00");
    let timestamp = MomentType::Timestamp;
    let between = |near, far, upper, kind| Window::between(duration(near), duration(far), upper, kind, &clock);
    let during = |which, unit, kind| Window::during(Period { which, unit }, kind, &clock);
    let table = [
        (
            between("30d", "60d", UpperEnd::Included, timestamp),
            "2026-09-23T10:00:00+08:00 <= t <= 2026-10-23T10:00:00+08:00",
        ),
        (
            between("30d", "60d", UpperEnd::Excluded, timestamp),
            "2026-09-23T10:00:00+08:00 < t <= 2026-10-23T10:00:00+08:00",
        ),
        (between("-5d", "60d", UpperEnd::Included, MomentType::Date), "2026-09-23 <= t <= 2026-11-22"),
        (between("1h", "2h", UpperEnd::Included, MomentType::Date), "nothing"),
        (between("1d", "9000y", UpperEnd::Included, timestamp), "nothing"),
        (
            Window::within(duration("3mo"), timestamp, &clock),
            "2026-08-22T10:00:00+08:00 <= t <= 2026-11-22T10:00:00+08:00",
        ),
        (Window::within_next(duration("7d"), MomentType::Date, &clock), "2026-11-22 <= t <= 2026-11-29"),
        (during(Which::This, PeriodUnit::Day, timestamp), "2026-11-22T00:00:00+08:00 <= t < 2026-11-23T00:00:00+08:00"),
        (during(Which::Last, PeriodUnit::Day, MomentType::Date), "2026-11-21 <= t < 2026-11-22"),
        (during(Which::Last, PeriodUnit::Week, MomentType::Date), "2026-11-09 <= t < 2026-11-16"),
        (during(Which::Next, PeriodUnit::Month, MomentType::Date), "2026-12-01 <= t < 2027-01-01"),
        (during(Which::Next, PeriodUnit::Quarter, MomentType::Date), "2027-01-01 <= t < 2027-04-01"),
        (during(Which::Last, PeriodUnit::Year, MomentType::Date), "2025-01-01 <= t < 2026-01-01"),
    ];
    for (window, expected) in table {
        assert_eq!(window.map_or("nothing".to_owned(), |window| described(window, clock.zone())), expected);
    }
}

fn described(window: Window, zone: &Zone) -> String {
    let at = |bound: Bound| print::text(&bound.at.into(), zone);
    let sign = |bound: Bound| if bound.included { "<=" } else { "<" };
    let low = window.low.map_or(String::new(), |low| format!("{} {} ", at(low), sign(low)));
    let high = window.high.map_or(String::new(), |high| format!(" {} {}", sign(high), at(high)));
    format!("{low}t{high}")
}

#[test]
fn windows_of_dates_take_whole_days() {
    let clock = clock("Asia/Shanghai", "2026-11-22T10:00");
    let zone = clock.zone();
    let (first, last) = (moment("2026-01-01", zone), moment("2026-01-31", zone));
    let january = Window::from_to(first, last, UpperEnd::Included, MomentType::Timestamp, zone);
    assert_eq!(described(january, zone), "2026-01-01T00:00:00+08:00 <= t < 2026-02-01T00:00:00+08:00");
    let half_open = Window::from_to(first, last, UpperEnd::Excluded, MomentType::Timestamp, zone);
    assert_eq!(described(half_open, zone), "2026-01-01T00:00:00+08:00 <= t < 2026-01-31T00:00:00+08:00");
    assert_eq!(january.holds(&value("2026-01-31T23:59:59.999999", zone)), Truth::True);
    assert_eq!(january.holds(&value("2026-02-01T00:00", zone)), Truth::False);
    assert_eq!(january.holds(&Value::Missing), Truth::Unknown);
    let after = Window::against(Comparison::Greater, last, MomentType::Timestamp, zone);
    assert_eq!(described(after, zone), "2026-02-01T00:00:00+08:00 <= t");
    let before = Window::against(Comparison::Less, moment("2026-01-31T12:00", zone), MomentType::Date, zone);
    assert_eq!(described(before, zone), "t < 2026-01-31");
}

#[test]
fn ages() {
    let clock = clock("UTC", "2026-11-22T10:00");
    let zone = clock.zone();
    let table = [
        ("2026-11-20T22:00", "1d12h"),
        ("2026-11-22T10:00", "0s"),
        ("2026-11-22T10:00:00.000001", ""),
        ("2026-11-22", "0s"),
        ("2026-11-23", ""),
        ("2026-10-23", "30d"),
    ];
    for (t, expected) in table {
        assert_eq!(print::text(&age(&value(t, zone), &clock), zone), expected, "age({t})");
    }
    assert_eq!(age(&Value::Missing, &clock), Value::Missing);
}

#[test]
fn an_age_in_place_compares_by_the_calendar() {
    let clock = clock("UTC", "2026-11-22T10:00");
    let zone = clock.zone();
    let table = [
        ("1966-11-22", Comparison::AtLeast, "60y", Truth::True),
        ("1966-11-22", Comparison::Greater, "60y", Truth::False),
        ("1966-11-21", Comparison::Greater, "60y", Truth::True),
        ("1966-11-22", Comparison::Equal, "60y", Truth::True),
        ("2026-11-23", Comparison::Greater, "30d", Truth::Unknown),
        ("2026-11-23", Comparison::AtMost, "30d", Truth::Unknown),
        ("2026-10-23T09:59:59", Comparison::Greater, "30d", Truth::True),
        ("2026-10-23T10:00", Comparison::Greater, "30d", Truth::False),
        ("2026-10-23", Comparison::Greater, "30h", Truth::Unknown),
    ];
    for (t, comparison, length, expected) in table {
        let length = Value::Duration(duration(length));
        assert_eq!(
            compare_age(comparison, &value(t, zone), &length, &clock),
            expected,
            "{t} {comparison:?} {length:?}"
        );
    }
    let days = |text: &str| Value::Duration(duration(text));
    let at_60 = value("2026-09-23", zone);
    assert_eq!(age_between(&at_60, &days("30d"), &days("60d"), UpperEnd::Included, &clock), Truth::True);
    assert_eq!(age_between(&at_60, &days("30d"), &days("60d"), UpperEnd::Excluded, &clock), Truth::False);
}

#[test]
fn anniversaries() {
    let table = [
        ("2026-11-22", "1990-11-22", "2026-11-22"),
        ("2026-11-22", "1990-11-21", "2027-11-21"),
        ("2026-11-22", "1990-12-24", "2026-12-24"),
        ("2026-11-22", "2000-02-29", "2027-02-28"),
        ("2027-03-01", "2000-02-29", "2028-02-29"),
        ("2028-02-28", "2000-02-29", "2028-02-29"),
        ("2027-02-28", "2000-02-29", "2027-02-28"),
        ("2026-11-22", "2030-05-01", "2030-05-01"),
        ("9999-12-31", "2000-01-01", ""),
    ];
    for (today, born, expected) in table {
        let clock = clock("UTC", &format!("{today}T10:00"));
        let zone = clock.zone();
        assert_eq!(print::text(&anniversary(&value(born, zone), &clock), zone), expected, "{born} seen from {today}");
    }
}

#[test]
fn a_clock_stands_within_the_calendar() {
    assert!(Clock::at(i64::MAX, Zone::utc()).is_none());
    let clock = clock("Asia/Shanghai", "2026-11-22T16:30Z");
    assert_eq!(print::text(&Value::Date(clock.today()), clock.zone()), "2026-11-23");
}

proptest! {
    #[test]
    fn days_forth_and_back_return(seconds in 0..4_000_000_000_i64, days in 0..5_000_i32) {
        let zone = zone("Asia/Tokyo");
        let start = Moment::Timestamp(seconds * 1_000_000);
        let length = Duration { days, ..Duration::ZERO };
        let there = shift(start, length, Direction::Forth, &zone).unwrap();
        prop_assert_eq!(shift(there, length, Direction::Back, &zone), Some(start));
    }

    #[test]
    fn exact_time_returns_in_any_zone(seconds in 0..4_000_000_000_i64, micros in 0..1_i64 << 50) {
        let zone = zone("Europe/Berlin");
        let start = Moment::Timestamp(seconds * 1_000_000);
        let length = Duration { micros, ..Duration::ZERO };
        let there = shift(start, length, Direction::Forth, &zone).unwrap();
        prop_assert_eq!(shift(there, length, Direction::Back, &zone), Some(start));
        prop_assert_eq!(difference(there, start, &zone), Some(length));
    }

    #[test]
    fn a_window_is_the_comparison_it_stands_for(date in 20_000..20_100_i32, seconds in 1_720_000_000..1_740_000_000_i64) {
        let zone = zone("Europe/Berlin");
        let t = Value::Timestamp(seconds * 1_000_000);
        for comparison in [Comparison::Equal, Comparison::Less, Comparison::AtMost, Comparison::Greater, Comparison::AtLeast] {
            let window = Window::against(comparison, Moment::Date(date), MomentType::Timestamp, &zone);
            prop_assert_eq!(window.holds(&t), compare(comparison, &t, &Value::Date(date), &zone));
            let window = Window::against(comparison, Moment::Timestamp(seconds * 1_000_000), MomentType::Date, &zone);
            prop_assert_eq!(window.holds(&Value::Date(date)), compare(comparison, &Value::Date(date), &t, &zone));
        }
    }
}
