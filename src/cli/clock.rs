//! The moment that rules call now: `--as-of`, else `TAGWELL_AS_OF`, else the clock of the machine. Its time zone is never asked.

use std::time::{SystemTime, UNIX_EPOCH};

use tagwell::value::{
    Zone,
    moment_text::{parse_as_of, timestamp_text},
};

use super::{exit::Failure, voice::Voice};

/// What was said about now, before the rulebook's zone is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// `2026-11-22`, and who said so.
    Said { text: String, by: &'static str },
    /// Microseconds since 1970-01-01T00:00Z, read once.
    Now(i64),
}

impl AsOf {
    /// What was typed, else what the environment says, else now.
    pub(crate) fn read(typed: Option<&str>) -> AsOf {
        let environment = std::env::var_os("TAGWELL_AS_OF").map(|value| value.to_string_lossy().into_owned());
        match (typed, environment) {
            (Some(text), _) => AsOf::Said { text: text.to_owned(), by: "--as-of" },
            (None, Some(text)) if !text.is_empty() => AsOf::Said { text, by: "TAGWELL_AS_OF" },
            (None, _) => AsOf::Now(now()),
        }
    }

    /// Of the clock of the machine whole seconds, where people read what hangs on it: the moment that is shown is the one that is meant,
    /// and can be typed again. A run keeps the whole instant, since two runs may be made within one second.
    pub(crate) fn in_whole_seconds(self) -> AsOf {
        match self {
            AsOf::Now(instant) => AsOf::Now(instant - instant.rem_euclid(1_000_000)),
            said => said,
        }
    }

    /// The instant in the rulebook's zone, in microseconds since 1970-01-01T00:00Z.
    pub(crate) fn instant(&self, zone: &Zone) -> Result<i64, Failure> {
        match self {
            AsOf::Now(instant) => Ok(*instant),
            AsOf::Said { text, by } => parse_as_of(text, zone).map_err(|error| {
                let failure = Failure::new(format!("{by}: `{text}` {error}"));
                let option = if by.starts_with("--") { by } else { "--as-of" };
                failure.help(format!(
                    "write a date or a timestamp: `{option} 2026-11-22`, `{option} 2026-11-22T08:00+08:00`"
                ))
            }),
        }
    }

    /// Says which moment it was, where nobody chose it.
    pub(crate) fn tell(&self, zone: &Zone, voice: &Voice) {
        match self {
            AsOf::Said { .. } => {}
            AsOf::Now(instant) => voice.say(&format!("as of {}", timestamp_text(*instant, zone))),
        }
    }
}

/// Microseconds since 1970-01-01T00:00Z, by the clock of the machine.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> AsOf {
        AsOf::Said { text: text.into(), by: "--as-of" }
    }

    #[test]
    fn a_date_is_its_first_instant_in_the_rulebooks_zone() {
        let shanghai = Zone::parse("Asia/Shanghai").expect("a zone");
        let instant = said("2026-11-22").instant(&shanghai).expect("a date");
        assert_eq!(timestamp_text(instant, &Zone::utc()), "2026-11-21T16:00:00Z");
        assert_eq!(said("2026-11-21T16:00Z").instant(&shanghai), Ok(instant));
    }

    #[test]
    fn what_is_no_moment_is_told_with_what_to_type() {
        for text in ["yesterday", "2026-1-5", "2026-02-30", "2026-11-22T25:00", "", "2026-11-22 "] {
            let failure = said(text).instant(&Zone::utc()).expect_err("it is no moment");
            assert!(failure.message.starts_with(&format!("--as-of: `{text}` is ")), "{}", failure.message);
            assert_eq!(failure.help.len(), 1);
        }
    }
}
