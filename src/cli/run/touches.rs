//! The ledger as data: what was decided before, as the rows of a child table.

use std::io::Write;

use tagwell::{
    state::{Ledger, Touch},
    value::{Zone, moment_text::timestamp_text},
};

use super::super::{book::Book, exit::Failure, temporary::ReadAgain};

/// The ledger as the rows of the child tables that stand for it: everything decided before `now`, in files of its own.
pub(in crate::cli) fn ledgers(
    book: &Book,
    ledger: Option<Ledger<'_>>,
    now: i64,
) -> Result<Vec<(String, ReadAgain)>, Failure> {
    let schema = &book.checked.rulebook().schema;
    let mut files = vec![];
    for table in schema.tables.iter().filter(|table| table.is_ledger()) {
        let unwritable = |error: std::io::Error| Failure::file("write", "the ledger's rows", &error);
        let mut file = ReadAgain::with_ending(".csv").map_err(unwritable)?;
        let header: Vec<&str> = table.columns.iter().map(|column| column.header.as_str()).collect();
        let mut lines = header.join(",") + "\n";
        if let Some(ledger) = ledger {
            ledger.touches(|touch: Touch| {
                if touch.decided_at < now {
                    lines += &line(&touch);
                }
                if lines.len() > 1 << 16 {
                    file.write_all(lines.as_bytes()).map_err(unwritable)?;
                    lines.clear();
                }
                Ok::<(), Failure>(())
            })?;
        }
        file.write_all(lines.as_bytes()).map_err(unwritable)?;
        files.push((table.name.to_string(), file.written()));
    }
    Ok(files)
}

fn line(touch: &Touch) -> String {
    let decided_at = timestamp_text(touch.decided_at, &Zone::utc());
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let fields = [
        touch.user.clone(),
        decided_at,
        touch.segment.clone(),
        touch.act.clone(),
        optional(&touch.channel),
        optional(&touch.variant),
        optional(&touch.stopped),
    ];
    let quoted = fields.map(|field| match field.is_empty() {
        true => field,
        false => format!("\"{}\"", field.replace('"', "\"\"")),
    });
    quoted.join(",") + "\n"
}
