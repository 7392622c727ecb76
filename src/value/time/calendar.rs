//! The calendar: dates as days since 1970-01-01, their parts, and calendar arithmetic on them.

/// The first day that a date can be, 0001-01-01.
pub const FIRST_DAY: i32 = -719_162;
/// The last day that a date can be, 9999-12-31.
pub const LAST_DAY: i32 = 2_932_896;

/// Year, month from 1 and day from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearMonthDay {
    /// 1 to 9999
    pub year: i32,
    /// 1 to 12
    pub month: u8,
    /// 1 to 31
    pub day: u8,
}

/// The date of a year, month and day; none where the calendar has no such day.
#[must_use]
pub fn from_parts(_year: i64, _month: i64, _day: i64) -> Option<i32> {
    todo!()
}

/// Year, month and day of a date; none outside the calendar.
#[must_use]
pub fn parts(_date: i32) -> Option<YearMonthDay> {
    todo!()
}

/// So many months later, clamped to the month's end.
#[must_use]
pub fn add_months(_date: i32, _months: i64) -> Option<i32> {
    todo!()
}

/// So many days later.
#[must_use]
pub fn add_days(_date: i32, _days: i64) -> Option<i32> {
    todo!()
}

/// 1 = Monday, 7 = Sunday
#[must_use]
pub fn weekday(_date: i32) -> i64 {
    todo!()
}

/// The Monday of its week.
#[must_use]
pub fn start_of_week(_date: i32) -> Option<i32> {
    todo!()
}

/// The first of its month.
#[must_use]
pub fn start_of_month(_date: i32) -> Option<i32> {
    todo!()
}

/// The first of its quarter.
#[must_use]
pub fn start_of_quarter(_date: i32) -> Option<i32> {
    todo!()
}

/// The first of its year.
#[must_use]
pub fn start_of_year(_date: i32) -> Option<i32> {
    todo!()
}
