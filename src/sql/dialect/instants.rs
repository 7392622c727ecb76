//! Instants as texts that engines read.

use crate::{
    sql::{
        ast::{Sql, Word},
        dialect::Dialect,
    },
    value::{Type, moment_text::timestamp_text, time::Zone},
};

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

/// How the as-of is spelled where it is a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// A moment.
    Moment(&'static str),
    /// A text, which says of what offset it is, or would be of the session's zone.
    Text(&'static str),
    /// Either, as it is given.
    Either(&'static str),
}

/// A moment whose text ends in an offset, or in the name of a zone.
const WITH_OFFSET: &str = ":[0-9]{2}.*([A-Za-z]{3}|[Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$";

impl Parameter {
    /// As it is written.
    pub(crate) fn spelled(self) -> Sql {
        let (Parameter::Moment(text) | Parameter::Text(text) | Parameter::Either(text)) = self;
        Sql::words([Word::Text(text)])
    }

    /// Whether it says of what offset it is, where that is to be asked.
    pub(crate) fn has_offset(self, dialect: &dyn Dialect) -> Option<Sql> {
        let text = Sql::cast(self.spelled(), dialect.ty(&Type::Text).unwrap_or_default());
        let has_offset = dialect.matches(text, WITH_OFFSET.to_owned());
        match self {
            Parameter::Moment(_) => None,
            Parameter::Text(_) => Some(has_offset),
            Parameter::Either(_) => {
                let ty = Sql::call("typeof", [self.spelled()]);
                Some(Sql::any([Sql::binary(ty, "<>", Sql::text("string")), has_offset]))
            }
        }
    }
}
