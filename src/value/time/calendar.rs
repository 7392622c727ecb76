//! The calendar: dates as days since 1970-01-01, their parts, and calendar arithmetic on them.
//!
//! The two conversions are Howard Hinnant's, <https://howardhinnant.github.io/date_algorithms.html>: a year that begins
//! in March has its leap day at its end.

/// The first day that a date can be, 0001-01-01.
pub const FIRST_DAY: i32 = -719_162;
/// The last day that a date can be, 9999-12-31.
pub const LAST_DAY: i32 = 2_932_896;

/// Year, month from 1 and day from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearMonthDay {
    /// Of a date 1 to 9999; of an instant's local time a little beyond.
    pub year: i64,
    /// 1 to 12
    pub month: i64,
    /// 1 to 31
    pub day: i64,
}

/// Year, month and day of a date.
#[must_use]
pub fn parts(date: i32) -> YearMonthDay {
    let day = i64::from(date) + 719_468;
    let era = day.div_euclid(146_097);
    let day_of_era = day.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let year = year_of_era + era * 400;
    YearMonthDay {
        year: if month < 10 { year } else { year + 1 },
        month: if month < 10 { month + 3 } else { month - 9 },
        day: day_of_year - (153 * month + 2) / 5 + 1,
    }
}

/// The date of a year, month and day; none where the calendar has no such day, or outside the years 1 to 9999.
#[must_use]
pub fn from_parts(year: i64, month: i64, day: i64) -> Option<i32> {
    let exists =
        (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    if !exists {
        return None;
    }
    let march_year = if month <= 2 { year - 1 } else { year };
    let march_month = (month + 9) % 12;
    let (era, year_of_era) = (march_year.div_euclid(400), march_year.rem_euclid(400));
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era - 719_468).ok()
}

/// How many days a month has; of a month that does not exist 31.
#[must_use]
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// So many months later, clamped to the month's end; none outside the calendar.
#[must_use]
pub fn add_months(date: i32, months: i64) -> Option<i32> {
    let YearMonthDay { year, month, day } = parts(date);
    let months = (year * 12 + month - 1).checked_add(months)?;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    from_parts(year, month, day.min(days_in_month(year, month)))
}

/// So many days later; none outside the calendar.
#[must_use]
pub fn add_days(date: i32, days: i64) -> Option<i32> {
    let sum = i32::try_from(i64::from(date).checked_add(days)?).ok()?;
    (FIRST_DAY..=LAST_DAY).contains(&sum).then_some(sum)
}

/// 1 = Monday, 7 = Sunday
#[must_use]
pub fn weekday(date: i32) -> i64 {
    // 1970-01-01 was a Thursday.
    (i64::from(date) + 3).rem_euclid(7) + 1
}

/// The Monday of its week.
#[must_use]
pub fn start_of_week(date: i32) -> Option<i32> {
    add_days(date, 1 - weekday(date))
}

/// The first of its month.
#[must_use]
pub fn start_of_month(date: i32) -> Option<i32> {
    let YearMonthDay { year, month, .. } = parts(date);
    from_parts(year, month, 1)
}

/// The first of its quarter.
#[must_use]
pub fn start_of_quarter(date: i32) -> Option<i32> {
    let YearMonthDay { year, month, .. } = parts(date);
    from_parts(year, month - (month - 1) % 3, 1)
}

/// The first of its year.
#[must_use]
pub fn start_of_year(date: i32) -> Option<i32> {
    from_parts(parts(date).year, 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(year: i64, month: i64, day: i64) -> i32 {
        from_parts(year, month, day).expect("a day of the test")
    }

    #[test]
    fn the_ends_of_the_calendar() {
        assert_eq!(date(1, 1, 1), FIRST_DAY);
        assert_eq!(date(9999, 12, 31), LAST_DAY);
        assert_eq!(date(1970, 1, 1), 0);
        assert_eq!(from_parts(0, 12, 31), None);
        assert_eq!(from_parts(10_000, 1, 1), None);
        assert_eq!(add_days(LAST_DAY, 1), None);
        assert_eq!(add_days(FIRST_DAY, i64::MIN), None);
        assert_eq!(add_months(FIRST_DAY, -1), None);
        assert_eq!(add_months(LAST_DAY, i64::MAX), None);
        // Nothing overflows on days that no calendar has.
        assert!(parts(i32::MAX).year > 5_000_000);
        assert!((1..=7).contains(&weekday(i32::MIN)));
    }

    #[test]
    fn leap_days() {
        assert_eq!(from_parts(2023, 2, 29), None);
        assert_eq!(from_parts(1900, 2, 29), None);
        assert!(from_parts(2000, 2, 29).is_some());
        assert_eq!(add_months(date(2024, 2, 29), 12), Some(date(2025, 2, 28)));
        assert_eq!(add_months(date(2024, 2, 29), 48), Some(date(2028, 2, 29)));
        assert_eq!(add_months(date(2026, 3, 31), -1), Some(date(2026, 2, 28)));
        assert_eq!(add_months(date(2026, 1, 15), -13), Some(date(2024, 12, 15)));
    }

    #[test]
    fn starts() {
        let sunday = date(2026, 11, 22);
        assert_eq!(weekday(sunday), 7);
        assert_eq!(start_of_week(sunday), Some(date(2026, 11, 16)));
        assert_eq!(start_of_week(date(2026, 11, 16)), Some(date(2026, 11, 16)));
        assert_eq!(start_of_month(sunday), Some(date(2026, 11, 1)));
        assert_eq!(start_of_quarter(sunday), Some(date(2026, 10, 1)));
        assert_eq!(start_of_quarter(date(2026, 3, 31)), Some(date(2026, 1, 1)));
        assert_eq!(start_of_year(sunday), Some(date(2026, 1, 1)));
    }

    #[test]
    fn every_day_agrees_with_the_library() {
        let mut day = jiff::civil::date(1, 1, 1);
        for date in FIRST_DAY..=LAST_DAY {
            let parts = parts(date);
            let expected = (i64::from(day.year()), i64::from(day.month()), i64::from(day.day()));
            assert_eq!((parts.year, parts.month, parts.day), expected);
            assert_eq!(from_parts(parts.year, parts.month, parts.day), Some(date));
            day = day.tomorrow().unwrap_or(day);
        }
    }

    proptest! {
        #[test]
        fn months_there_and_back_lose_at_most_the_clamped_days(date in FIRST_DAY..=LAST_DAY, months in -1200..1200_i64) {
            if let Some(there) = add_months(date, months) {
                let back = add_months(there, -months).unwrap();
                prop_assert!(back <= date && date - back <= 3);
            }
        }
    }
}
