//! How far a zone's local time is ahead of UTC on each day, asked of the zone once a day.

use std::sync::{
    Arc,
    atomic::{AtomicI32, Ordering::Relaxed},
};

use crate::value::Zone;

/// The days of a zone. Clones share what they know.
#[derive(Clone)]
pub(super) struct Days {
    zone: Zone,
    /// Seconds, from [`FIRST`] on.
    known: Arc<[AtomicI32]>,
}

/// 1900 to 2100; other days are asked for each time.
const FIRST: i32 = -25_567;
const LAST: i32 = 47_846;

/// Not asked yet.
const UNKNOWN: i32 = i32::MAX;
/// The clocks change on it, or near it.
const CHANGES: i32 = i32::MIN;

impl Days {
    pub(super) fn of(zone: &Zone) -> Days {
        let days = if zone.is_utc() { 0 } else { LAST - FIRST };
        Days { zone: zone.clone(), known: (0..days).map(|_| AtomicI32::new(UNKNOWN)).collect() }
    }

    /// Whether local time is UTC on all of them.
    pub(super) fn are_of_utc(&self) -> bool {
        self.known.is_empty()
    }

    /// Microseconds ahead of UTC on a whole day; none where the clocks change on it or near it.
    #[inline]
    pub(super) fn offset(&self, date: i32) -> Option<i64> {
        if self.are_of_utc() {
            return Some(0);
        }
        let day = usize::try_from(date.checked_sub(FIRST)?).ok()?;
        let slot = self.known.get(day)?;
        let seconds = match slot.load(Relaxed) {
            UNKNOWN => {
                let seconds = self.zone.offset_around(date).unwrap_or(CHANGES);
                slot.store(seconds, Relaxed);
                seconds
            }
            known => known,
        };
        (seconds != CHANGES).then(|| i64::from(seconds) * 1_000_000)
    }
}
