//! `tagwell actions`: the decisions that a state's ledger holds, as they were written when they were made.

mod record;
mod writer;

use std::{collections::BTreeMap, path::PathBuf};

use tagwell::{
    state::{LedgerRow, Reader, StateError},
    value::{Zone, moment_text::parse_as_of},
};

pub(crate) use self::{
    record::{Decisions, Record},
    writer::{ActionsFormat, ActionsWriter},
};
use super::{
    Answer,
    exit::{Exit, Failure},
    output::{self, Output},
    voice::{Voice, count},
};

/// Write the decisions that earlier runs recorded in a state.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell actions --state shop.state
  tagwell actions --state shop.state --since 2026-11-22 --out actions.csv")]
pub(crate) struct Actions {
    /// The state file of `tagwell run --state FILE`.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: PathBuf,
    /// Only what was decided at this moment or later: a date or a timestamp, in the rulebook's zone.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Write the records to FILE, which is whole or not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The form of the records; by default as FILE of --out ends, jsonl elsewhere.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<ActionsFormat>,
}

impl Actions {
    /// Writes the decisions.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        output::apart(&[("--out", self.out.as_deref()), ("--state", Some(&self.state))])?;
        let reader = Reader::open(&self.state)?;
        let last = &reader.last_run().run;
        let zone = zone(&last.timezone)?;
        let since = self.since.as_deref().map(|text| {
            parse_as_of(text, &zone).map_err(|error| {
                Failure::new(format!("--since: `{text}` {error}"))
                    .help("write a date or a timestamp: `--since 2026-11-22`, `--since 2026-11-22T08:00+08:00`")
            })
        });
        let since = since.transpose()?;
        let format = self.format.unwrap_or_else(|| ActionsFormat::of(self.out.as_deref()));
        let output = Output::to(self.out.as_deref())?;
        let mut writer = ActionsWriter::begin(output, format, Decisions::Recorded)?;
        let mut written: usize = 0;
        // Each run's moments are written in the zone that its rulebook had.
        let mut zones = BTreeMap::new();
        for (run, name) in reader.ledger().zones()? {
            let of_last = name == last.timezone;
            zones.insert(run, if of_last { zone.clone() } else { self::zone(&name)? });
        }
        reader.ledger().decisions(since, None, |row: LedgerRow| {
            written += 1;
            let zone = zones.get(&row.run).unwrap_or(&zone);
            writer.write(&Record { row: &row, zone, key_type: &last.key_type, decisions: Decisions::Recorded })
        })?;
        reader.unchanged()?;
        writer.finish()?;
        voice.say(&count(written, "decision"));
        Ok(Exit::Done)
    }
}

/// The zone that a run's moments are written in.
fn zone(name: &str) -> Result<Zone, Failure> {
    match name {
        "" => Ok(Zone::utc()),
        name => Zone::parse(name).map_err(|_| {
            Failure::new(format!("the state was written in the time zone `{name}`, which is not known here"))
                .help("use the tagwell that wrote it, or a newer one")
        }),
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Failure {
        Failure::new(error.to_string()).help(error.help())
    }
}
