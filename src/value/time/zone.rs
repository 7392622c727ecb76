//! Time zones: which local time an instant has, and which instant a local time is.

/// A time zone of the bundled database; clones share it.
#[derive(Clone, Debug)]
pub struct Zone {
    rules: jiff::tz::TimeZone,
    name: std::sync::Arc<str>,
}

/// A name that is no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone `{name}`")]
pub struct UnknownZone {
    /// As it was written.
    pub name: String,
    /// Zones of a similar name, the nearest first, at most three.
    pub similar: Vec<String>,
}

impl Zone {
    /// Coordinated Universal Time, the zone of a rulebook that says none.
    #[must_use]
    pub fn utc() -> Zone {
        Zone { rules: jiff::tz::TimeZone::UTC, name: "UTC".into() }
    }

    /// The zone of a name, `Asia/Shanghai`, from the bundled database, whatever the machine has.
    pub fn parse(_name: &str) -> Result<Zone, UnknownZone> {
        todo!()
    }

    /// Its name as the database spells it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far its local time is ahead of UTC at an instant, in seconds.
    #[must_use]
    pub fn offset_seconds(&self, _instant: i64) -> i32 {
        todo!()
    }

    /// The local time of an instant: the date, and microseconds since local midnight (less than a day).
    #[must_use]
    pub fn local(&self, _instant: i64) -> (i32, i64) {
        todo!()
    }

    /// The instant of a local time, given as a date and microseconds since midnight (less than a day). One that a clock change skips is the
    /// first instant after the gap, one that it repeats is the earlier. None outside the years 1 to 9999.
    #[must_use]
    pub fn instant(&self, _date: i32, _micros_of_day: i64) -> Option<i64> {
        todo!()
    }

    /// The first instant of a day.
    #[must_use]
    pub fn start_of_day(&self, date: i32) -> Option<i64> {
        self.instant(date, 0)
    }
}
