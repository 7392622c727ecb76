//! What commands that read data have in common to type: the files, the clock, the parameters.

use std::path::PathBuf;

use tagwell::{engine::Ran, ir::Rulebook};

use super::{exit::Failure, summary::grouped, voice::Voice};

/// Where data comes from.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct DataArgs {
    /// The data file of a table or of a list: csv, tsv, jsonl, ndjson, parquet or arrow by its ending (text also .gz or .zst), or FORMAT:FILE; `-` is standard input.
    #[arg(long = "data", value_name = "NAME=FILE", value_parser = file)]
    pub(crate) tables: Vec<(String, String)>,
    /// What to do at a bad row: end before anything is written (the default), or set it aside (so too where --rejects or --max-bad-rows is given).
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) on_bad_row: Option<OnBadRow>,
    /// Of `run` and `act`: write the bad rows that are set aside, as they were and with the reason, to FILE, as JSON Lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// End with exit code 3 where more rows are bad: a number of all that are read, or a share of each table's, such as 1%.
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_bad_rows: Option<String>,
    /// Report users that occur twice, also where no rule needs to know.
    #[arg(long)]
    pub(crate) check_keys: bool,
    /// Work on N processor cores; all of them by default.
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<std::num::NonZeroUsize>,
}

/// How many bad rows a run may have, or absent users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Allowed {
    /// `--on-bad-row stop`
    None,
    /// `--on-bad-row skip`
    Any,
    /// `--max-bad-rows 100`
    Rows(u64),
    /// `--max-bad-rows 1%`
    Percent(f64),
}

impl DataArgs {
    /// The failure of a command that evaluates nobody for others, where it is to write bad rows.
    pub(crate) fn writes_no_rejects(&self, command: &str) -> Result<(), Failure> {
        if self.rejects.is_none() {
            return Ok(());
        }
        Err(Failure::new(format!("--rejects: `tagwell {command}` writes no bad rows; `run` and `act` do"))
            .help("pass them over: `--on-bad-row skip`; `tagwell check` with the data tells them"))
    }

    /// How many bad rows a run may have.
    pub(crate) fn allowed(&self) -> Result<Allowed, Failure> {
        let Some(text) = &self.max_bad_rows else {
            // Whoever names a file for them wants them set aside.
            let skip = self.on_bad_row.unwrap_or(if self.rejects.is_some() { OnBadRow::Skip } else { OnBadRow::Stop });
            return Ok(if skip == OnBadRow::Skip { Allowed::Any } else { Allowed::None });
        };
        Allowed::read("--max-bad-rows", text)
    }
}

/// Says how many bad rows were passed over, where nothing else accounts for them.
pub(crate) fn tell_passed_over(bad: u64, voice: &Voice) {
    if bad > 0 {
        let rows = if bad == 1 { "bad row" } else { "bad rows" };
        voice.say(&format!("{} {rows} passed over; `tagwell check` with the data tells them", grouped(bad)));
    }
}

impl std::fmt::Display for Allowed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Allowed::None => out.write_str("none"),
            Allowed::Any => out.write_str("any"),
            Allowed::Rows(most) => out.write_str(&grouped(*most)),
            Allowed::Percent(most) => write!(out, "{most}%"),
        }
    }
}

impl Allowed {
    /// `100` or `1%`, as an option says it.
    pub(crate) fn read(option: &str, text: &str) -> Result<Allowed, Failure> {
        let found = match text.strip_suffix('%') {
            Some(percent) => percent.parse::<f64>().ok().filter(|it| (0.0..=100.0).contains(it)).map(Allowed::Percent),
            None => text.parse().ok().map(Allowed::Rows),
        };
        found.ok_or_else(|| {
            Failure::new(format!("{option}: `{text}` is neither a whole number nor a percentage"))
                .help(format!("write `{option} 100` or `{option} 1%`"))
        })
    }

    /// Whether the first bad row ends the run.
    pub(crate) fn none(self) -> bool {
        self == Allowed::None
    }

    /// The failure, where there were more: of all rows that were read together, and a share of each table's own.
    pub(crate) fn exceeded(self, rulebook: &Rulebook, ran: &Ran) -> Option<Failure> {
        let schema = &rulebook.schema;
        let children = ran.children.iter().map(|(id, it)| (schema.table(*id).name.as_str(), it.rejected, it.read));
        let mut tables = std::iter::once((schema.root().name.as_str(), ran.rejected, ran.read)).chain(children);
        if let Allowed::Percent(_) = self {
            return tables.find_map(|(table, rejected, read)| self.over(&format!(" of `{table}`"), rejected, read));
        }
        let (rejected, read) = tables.fold((0, 0), |(bad, all), (_, rejected, read)| (bad + rejected, all + read));
        self.over("", rejected, read)
    }

    /// Whether so many of all are more than that.
    pub(crate) fn is_less_than(self, found: u64, all: u64) -> bool {
        match self {
            Allowed::None => found > 0,
            Allowed::Any => false,
            Allowed::Rows(most) => found > most,
            Allowed::Percent(most) => found as f64 * 100.0 > most * all as f64,
        }
    }

    /// The failure, where so many of some rows are too many.
    pub(crate) fn over(self, of: &str, rejected: u64, read: u64) -> Option<Failure> {
        let mut failure = Failure::new(format!("{rejected} of {read} rows{of} are bad, more than allowed"));
        failure.exit = super::exit::Exit::MoreThanAllowed;
        self.is_less_than(rejected, read)
            .then(|| failure.help("look at them: `--on-bad-row skip --rejects rejects.jsonl`"))
    }
}

/// `--on-bad-row`
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OnBadRow {
    /// End before anything is written
    Stop,
    /// Set it aside, and account for it at the end
    Skip,
}

/// What rules are evaluated with beside data.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct SettingArgs {
    /// The moment that rules call now: a date, or a timestamp such as 2026-11-22T08:00+08:00. By default TAGWELL_AS_OF, else the clock.
    #[arg(long, value_name = "MOMENT")]
    pub(crate) as_of: Option<String>,
    /// Override a `param` of the rules: churn_after=45d.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) params: Vec<(String, String)>,
}

fn threads(text: &str) -> Result<std::num::NonZeroUsize, String> {
    text.parse().map_err(|_| "write a number from 1 upwards".to_owned())
}

/// `NAME=FILE`
fn file(text: &str) -> Result<(String, String), String> {
    pair(text).map_err(|_| "write NAME=FILE, the table's name first: users=users.csv".into())
}

/// `NAME=VALUE`, neither empty before the first `=`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.is_empty() => Ok((name.trim().into(), value.into())),
        _ => Err("write NAME=VALUE".into()),
    }
}
