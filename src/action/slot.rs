//! When something may be done: `hours` of a deed, outside of the policy's `quiet` (LANGUAGE.md §7).

use std::sync::Arc;

use crate::{
    ir::{Actions, Deed, Hours, TriggerBody},
    value::{Clock, Duration, Zone},
};

/// A minute in microseconds.
const MINUTE: i64 = 60_000_000;

/// Days that are looked ahead: whatever the clock changes do, one of them has a slot.
const DAYS: i32 = 8;

/// From when until when something may be done, as [`allowed`] says.
pub(super) type Slot = (Option<i64>, Option<i64>);

/// The slots of all deeds of a rulebook at one instant: there are few, and many users are told something.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    /// By the hours of deeds: outside of `quiet`, and whatever it says.
    all: Arc<[(Option<Hours>, [Slot; 2])]>,
}

impl Slots {
    pub(super) fn of(actions: &Actions, clock: &Clock) -> Slots {
        let mut all = vec![];
        let mut add = |deed: &Deed| {
            if !all.iter().any(|(hours, _)| *hours == deed.hours) {
                let slot = |quiet: &[Hours]| allowed(clock.now(), deed.hours, quiet, clock.zone());
                all.push((deed.hours, [slot(&actions.policy.quiet), slot(&[])]));
            }
        };
        for trigger in actions.segments.iter().flat_map(|segment| &segment.triggers) {
            match &trigger.body {
                TriggerBody::Block(deeds) => deeds.iter().for_each(&mut add),
                TriggerBody::Split { shares, .. } => shares.iter().map(|share| &share.deed).for_each(&mut add),
            }
        }
        Slots { all: all.into() }
    }

    /// When a deed may be done; quiet hours are for what is sent.
    pub(super) fn of_deed(&self, deed: &Deed, sends: bool) -> Slot {
        let known = self.all.iter().find(|(hours, _)| *hours == deed.hours);
        known
            .map_or((None, None), |(_, [outside_of_quiet, whenever])| if sends { *outside_of_quiet } else { *whenever })
    }
}

/// From when until when something decided now may be done: not before, where it may not be done at once, and not after, where a
/// slot ends. The slot that is going on counts; what falls into quiet hours is cut off it.
fn allowed(now: i64, hours: Option<Hours>, quiet: &[Hours], zone: &Zone) -> Slot {
    let (today, _) = zone.local(now);
    // Hours that a clock change skips on a day come to one instant: they are not there on that day.
    let is_there = |(start, end): &(i64, i64)| start < end;
    let silent: Vec<(i64, i64)> = (-1..=DAYS)
        .flat_map(|day| quiet.iter().map(move |it| (day, *it)))
        .map(|(day, it)| on(today + day, it, zone))
        .filter(is_there)
        .collect();
    let open: Vec<(i64, i64)> = match hours {
        None => vec![(now, i64::MAX)],
        Some(hours) => (-1..=DAYS).map(|day| on(today + day, hours, zone)).filter(is_there).collect(),
    };
    let is_silent = silent.iter().any(|(from, to)| (*from..*to).contains(&now));
    let mut open = open;
    for (from, to) in silent {
        open = open
            .into_iter()
            .flat_map(|(start, end)| [(start, end.min(from)), (start.max(to), end)])
            .filter(is_there)
            .collect();
    }
    // A slot with both its ends in is still open at its last instant, unless quiet hours begin with it.
    let next = open.into_iter().filter(|(_, end)| *end > now || *end == now && !is_silent).min();
    match next {
        None => (None, None),
        Some((start, end)) => ((start > now).then_some(start), hours.map(|_| end)),
    }
}

/// The hours of one day as two instants.
fn on(date: i32, hours: Hours, zone: &Zone) -> (i64, i64) {
    let end = if hours.over_midnight() { date.saturating_add(1) } else { date };
    let at = |date: i32, minutes: u16| {
        let micros = i64::from(minutes) * MINUTE;
        match micros >= Duration::DAY_MICROS {
            true => zone.start_of_day(date.saturating_add(1)),
            false => zone.instant(date, micros),
        }
    };
    (at(date, hours.from), at(end, hours.to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::moment_text::{minute_text, parse_as_of};

    /// `12:00..13:00`
    fn hours(text: &str) -> Hours {
        let minutes = |text: &str| crate::value::moment_text::parse_time_of_day(text).unwrap();
        let (from, to) = text.split_once("..").unwrap();
        Hours { from: minutes(from), to: minutes(to) }
    }

    #[test]
    fn hours_that_a_clock_change_skips_are_not_there_on_that_day() {
        let zone = Zone::parse("America/New_York").unwrap();
        let table = [
            // now, hours, quiet, not before, not after
            ("2026-03-08T01:00", "02:00..03:00", "", "2026-03-09 02:00", "2026-03-09 03:00"),
            ("2026-03-08T01:00", "02:15..02:45", "", "2026-03-09 02:15", "2026-03-09 02:45"),
            ("2026-03-08T00:30", "01:00..03:00", "22:00..02:00", "2026-03-09 02:00", "2026-03-09 03:00"),
            ("2026-03-08T01:00", "01:30..02:30", "", "2026-03-08 01:30", "2026-03-08 03:00"),
            ("2026-03-08T01:00", "01:30..04:00", "02:15..02:45", "2026-03-08 01:30", "2026-03-08 04:00"),
        ];
        waits(&zone, &table);
    }

    #[test]
    fn what_is_decided_waits_for_its_slot_and_for_the_end_of_quiet_hours() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let table = [
            // now, hours, quiet, not before, not after
            ("2026-11-22T10:00", "", "", "", ""),
            ("2026-11-22T10:00", "", "22:00..08:00", "", ""),
            ("2026-11-22T22:00", "", "22:00..08:00", "2026-11-23 08:00", ""),
            ("2026-11-22T23:30", "", "22:00..08:00", "2026-11-23 08:00", ""),
            ("2026-11-22T07:59", "", "22:00..08:00", "2026-11-22 08:00", ""),
            ("2026-11-22T08:00", "", "22:00..08:00", "", ""),
            ("2026-11-22T10:00", "12:00..13:00", "", "2026-11-22 12:00", "2026-11-22 13:00"),
            ("2026-11-22T12:30", "12:00..13:00", "", "", "2026-11-22 13:00"),
            ("2026-11-22T13:00", "12:00..13:00", "", "", "2026-11-22 13:00"),
            ("2026-11-22T13:01", "12:00..13:00", "", "2026-11-23 12:00", "2026-11-23 13:00"),
            ("2026-11-22T10:00", "21:00..23:00", "22:00..08:00", "2026-11-22 21:00", "2026-11-22 22:00"),
            ("2026-11-22T22:30", "21:00..23:00", "22:00..08:00", "2026-11-23 21:00", "2026-11-23 22:00"),
            ("2026-11-22T03:00", "07:00..09:00", "22:00..08:00", "2026-11-22 08:00", "2026-11-22 09:00"),
            ("2026-11-22T00:30", "23:00..01:00", "", "", "2026-11-22 01:00"),
            // Exactly when quiet hours begin.
            ("2026-11-22T22:00", "21:00..23:00", "22:00..08:00", "2026-11-23 21:00", "2026-11-23 22:00"),
            ("2026-11-22T22:00", "21:00..22:00", "22:00..08:00", "2026-11-23 21:00", "2026-11-23 22:00"),
            ("2026-11-22T21:59", "21:00..23:00", "22:00..08:00", "", "2026-11-22 22:00"),
        ];
        waits(&zone, &table);
    }

    /// Now, hours, quiet hours; from when, until when.
    fn waits(zone: &Zone, table: &[(&str, &str, &str, &str, &str)]) {
        for (now, slot, quiet, not_before, not_after) in table.iter().copied() {
            let instant = parse_as_of(now, zone).unwrap();
            let slot = (!slot.is_empty()).then(|| hours(slot));
            let quiet: Vec<Hours> = (!quiet.is_empty()).then(|| hours(quiet)).into_iter().collect();
            let (from, to) = allowed(instant, slot, &quiet, zone);
            let shown = |at: Option<i64>| at.map(|at| minute_text(at, zone)).unwrap_or_default();
            assert_eq!(
                (shown(from), shown(to)),
                (not_before.to_owned(), not_after.to_owned()),
                "{now} {slot:?} {quiet:?}"
            );
        }
    }
}
