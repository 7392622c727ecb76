//! Instants as texts that engines read.

use crate::value::{moment_text::timestamp_text, time::Zone};

/// `2026-11-22 10:00:00+08`; in UTC where the zone's clock was not set by whole quarters of an hour, or may not have been.
pub(super) fn local_text(instant: i64, zone: &Zone) -> String {
    let text = timestamp_text(instant, zone).replace('T', " ");
    let quarters = [":00", ":15", ":30", ":45"].iter().any(|it| text.ends_with(it));
    let offset = text.len() >= 6 && text.chars().rev().nth(5).is_some_and(|it| it == '+' || it == '-');
    // Since 1973 all are; and no engine reads a year of five digits.
    match (94_694_400_000_000..253_402_128_000_000_000).contains(&instant) && quarters && offset {
        true => text.strip_suffix(":00").unwrap_or(&text).to_owned(),
        false => utc_text(instant),
    }
}

/// `2026-11-22 02:00:00+00`
pub(super) fn utc_text(instant: i64) -> String {
    let text = timestamp_text(instant, &Zone::utc());
    text.replace('T', " ").replace('Z', "+00")
}
