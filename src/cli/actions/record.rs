//! One decision as it is written: the fields of the record, in their order.

use tagwell::{
    state::LedgerRow,
    value::{Zone, moment_text::timestamp_text},
};

/// One decision, and how its moments and its key are written.
pub(crate) struct Record<'r> {
    pub(crate) row: &'r LedgerRow,
    /// Of its moments.
    pub(crate) zone: &'r Zone,
    /// The type of the users' key: `text`, `int`.
    pub(crate) key_type: &'r str,
    pub(crate) decisions: Decisions,
}

/// Whose decisions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decisions {
    /// Of a run that a state remembers.
    Recorded,
    /// Of nobody: what would be said to everybody who is inside. Each record says so, lest somebody sends it.
    Previewed,
}

impl Decisions {
    /// The fields of a record, in their order.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match (self, FIELDS.split_last()) {
            (Decisions::Recorded, Some((_, fields))) => fields,
            (Decisions::Recorded, None) | (Decisions::Previewed, _) => &FIELDS,
        }
    }
}

/// The fields, in the order of the record; the last one is of previews alone.
pub(super) const FIELDS: [&str; 16] = [
    "action_id",
    "user_id",
    "segment",
    "trigger",
    "reason",
    "do",
    "channel",
    "message",
    "with",
    "variant",
    "not_before",
    "not_after",
    "stopped",
    "stopped_by",
    "as_of",
    "preview",
];

/// What a field holds.
pub(super) enum Cell<'r> {
    Missing,
    Text(&'r str),
    /// JSON as it stands: the terms of a deed, a key that is a number.
    Json(&'r str),
    /// Microseconds since 1970-01-01T00:00Z.
    Moment(i64),
}

impl<'r> Record<'r> {
    /// What its fields hold, in order.
    pub(super) fn cells(&self) -> [Cell<'r>; FIELDS.len()] {
        let LedgerRow { user, segment, decision: it, .. } = self.row;
        let text = |text: &'r Option<String>| text.as_deref().map_or(Cell::Missing, Cell::Text);
        let moment = |moment: Option<i64>| moment.map_or(Cell::Missing, Cell::Moment);
        // Keys of runs in which they were texts stay what they were.
        let number = (matches!(self.key_type, "int" | "float") || self.key_type.starts_with("decimal"))
            && serde_json::from_str::<serde_json::Number>(user).is_ok();
        [
            Cell::Text(&it.action_id),
            if number { Cell::Json(user) } else { Cell::Text(user) },
            Cell::Text(segment),
            Cell::Text(&it.trigger),
            Cell::Text(&it.reason),
            Cell::Text(&it.act),
            it.channel.as_deref().map_or(Cell::Missing, Cell::Text),
            text(&it.message),
            Cell::Json(&it.with),
            text(&it.variant),
            moment(it.not_before),
            moment(it.not_after),
            it.stopped.as_deref().map_or(Cell::Missing, Cell::Text),
            text(&it.stopped_by),
            Cell::Moment(it.decided_at),
            Cell::Json("true"),
        ]
    }

    /// Appends a line of JSON Lines, with its end.
    pub(super) fn write_json(&self, line: &mut Vec<u8>) {
        let text = |text: &str, line: &mut Vec<u8>| {
            // Memory takes whatever is written.
            let _ = serde_json::to_writer(line, text);
        };
        for (at, (name, cell)) in self.decisions.fields().iter().zip(self.cells()).enumerate() {
            line.extend_from_slice(if at == 0 { b"{\"" } else { b",\"" });
            line.extend_from_slice(name.as_bytes());
            line.extend_from_slice(b"\":");
            match cell {
                Cell::Missing => line.extend_from_slice(b"null"),
                Cell::Text(it) => text(it, line),
                Cell::Json(json) => line.extend_from_slice(json.as_bytes()),
                // Nothing in it is escaped.
                Cell::Moment(moment) => {
                    line.push(b'"');
                    line.extend_from_slice(timestamp_text(moment, self.zone).as_bytes());
                    line.push(b'"');
                }
            }
        }
        line.extend_from_slice(b"}\n");
    }

    /// The texts of a line of CSV; what is missing is empty.
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |cell| match cell {
            Cell::Missing => String::new(),
            Cell::Text(text) | Cell::Json(text) => text.to_owned(),
            Cell::Moment(moment) => timestamp_text(moment, self.zone),
        };
        self.cells().into_iter().take(self.decisions.fields().len()).map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use tagwell::state::Decision;

    use super::*;

    #[test]
    fn a_decision_is_one_line_of_json_with_every_field() {
        let decision = Decision {
            action_id: "9f".into(),
            deed: "enter/1".into(),
            trigger: "enter".into(),
            reason: "data".into(),
            act: "send".into(),
            channel: Some("sms".into()),
            message: Some("朋友,\"50\"\n元".into()),
            with: r#"{"coupon":50}"#.into(),
            not_before: Some(1_795_320_000_000_000),
            decided_at: 1_795_305_600_000_000,
            ..Decision::default()
        };
        let row = LedgerRow { run: 1, user: "0042".into(), segment: "win_back".into(), decision };
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");
        let decisions = Decisions::Recorded;
        let record = |key_type| Record { row: &row, zone: &zone, key_type, decisions };
        let line = concat!(
            r#"{"action_id":"9f","user_id":"0042","segment":"win_back","trigger":"enter","reason":"data","do":"send","channel":"sms","#,
            r#""message":"朋友,\"50\"\n元","with":{"coupon":50},"variant":null,"not_before":"2026-11-22T12:00:00+08:00","not_after":null,"#,
            r#""stopped":null,"stopped_by":null,"as_of":"2026-11-22T08:00:00+08:00"}"#,
            "\n"
        );
        let json = |record: Record<'_>| {
            let mut line = vec![];
            record.write_json(&mut line);
            String::from_utf8(line).expect("it is text")
        };
        assert_eq!(json(record("text")), line);
        assert_eq!(json(record("")), line);
        assert_eq!(json(record("int")), line, "no number begins with a nought");
        let row = LedgerRow { user: "42".into(), ..row.clone() };
        let record = Record { row: &row, zone: &zone, key_type: "int", decisions };
        assert_eq!(record.texts()[1], "42");
        assert_eq!(record.texts().len(), 15);
        assert!(json(record).contains(r#""user_id":42,"#));
        let preview = Record { row: &row, zone: &zone, key_type: "int", decisions: Decisions::Previewed };
        assert_eq!(preview.texts().last().map(String::as_str), Some("true"));
        assert!(json(preview).ends_with(",\"preview\":true}\n"));
    }
}
