//! `tagwell lift`: what messages brought, treated against held out.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::PathBuf,
};

use serde_json::{Value as Json, json};
use tagwell::{
    data::{self, Input},
    diagnostic::nearest,
    engine::Files,
    ir::Rulebook,
    lift::{Arm, Comparison, Exposure, Outcomes, Share, compare},
    outcome::aligned,
    schema::{ColumnId, Role, Table},
    state::{LedgerRow, Reader},
    value::{
        Duration, Moment, Value, Zone,
        moment_text::{parse_as_of, timestamp_text},
        print,
        time::{self, Direction},
    },
};

use super::{
    Answer,
    book::{self, Book, Given},
    data::{DataArgs, SettingArgs},
    exit::{Exit, Failure},
    output::Output,
    report::MessageArgs,
    summary::grouped,
    voice::{Tone, Voice},
};

/// Compare those who were treated with those who were held out, by what came back.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell lift shop.rules --state shop.state
  tagwell lift shop.rules --state shop.state --of orders --within 14d --format json")]
pub(crate) struct Lift {
    /// A .rules file, or a folder with .rules files: where the child table of outcomes is declared.
    #[arg(value_name = "RULES")]
    pub(crate) rules: PathBuf,
    /// The state file of `tagwell run --state FILE`.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: PathBuf,
    /// The child table that tells what users did; it has an `at`.
    #[arg(long, value_name = "TABLE", default_value = "outcomes")]
    pub(crate) of: String,
    /// Which of its rows count, where it has a column `outcome`.
    #[arg(long, value_name = "TEXT", default_value = "converted")]
    pub(crate) outcome: String,
    /// For how long after a decision they count.
    #[arg(long, value_name = "DURATION", default_value = "7d")]
    pub(crate) within: String,
    /// Up to when outcomes are known: a date or a timestamp. By default the as-of of the last run.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// A table, or one JSON document.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Form,
    /// A table's data file, where the rules do not say it.
    #[arg(long = "data", value_name = "NAME=FILE", value_parser = named)]
    pub(crate) tables: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// For people
    Text,
    /// One JSON document
    Json,
}

impl Lift {
    /// Prints the comparison.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        let (settings, data) =
            (SettingArgs::default(), DataArgs { tables: self.tables.clone(), ..DataArgs::default() });
        let format = self.messages.message_format;
        let given = Given {
            rules: &self.rules,
            file: None,
            data: &data,
            settings: &settings,
            format,
            doubts: super::book::Doubts::Told,
            pipes: std::sync::Arc::default(),
        };
        let book = Book::read(&given, voice).map_err(|stop| stop.told(format, voice))?;
        let zone = book.checked.zone();
        let reader = Reader::open(&self.state)?;
        let last = reader.last_run().run.as_of;
        let until = self.until.as_deref().map_or(Ok(last), |text| {
            parse_as_of(text, &zone).map_err(|error| {
                Failure::new(format!("--until: `{text}` {error}"))
                    .help("write a date or a timestamp: `--until 2026-11-22`")
            })
        })?;
        let within = Duration::parse(&self.within).map_err(|error| {
            Failure::new(format!("--within: `{}` {error}", self.within))
                .help("write a duration: `--within 7d`, `--within 1mo`")
        })?;
        let outcomes = self.outcomes(book.checked.rulebook(), &zone, voice)?;

        let (mut exposures, mut stopped) = (vec![], Stopped::default());
        reader.ledger().decisions(None, None, |row: LedgerRow| {
            stopped.note(&row);
            exposures.extend(exposure(row));
            Ok::<(), Failure>(())
        })?;
        reader.unchanged()?;
        let stopped = stopped.without(&exposures);
        let end = |from| match time::shift(Moment::Timestamp(from), within, Direction::Forth, &zone) {
            Some(Moment::Timestamp(to)) => to,
            Some(Moment::Date(_)) | None => i64::MAX,
        };
        let (comparisons, early) = compare(exposures, &outcomes, end, until);
        let mut output = Output::standard();
        output.write(match self.format {
            Form::Text => text(&comparisons),
            Form::Json => format!("{}\n", document(&comparisons, &stopped, early, &timestamp_text(until, &zone))),
        })?;
        output.finish()?;
        if comparisons.is_empty() {
            voice.say("nothing has been sent or held yet");
        }
        for it in comparisons.iter().filter(|it| it.arms.iter().all(|arm| !arm.held)) {
            voice.say(&format!("of `{}`, {}, nobody was held out, so nothing is compared", it.segment, it.trigger));
        }
        for it in comparisons.iter().filter(|it| it.arms.iter().any(|arm| arm.held)) {
            let number = stopped.get(&(it.segment.clone(), it.trigger.clone())).map_or(0, HashSet::len) as u64;
            if number > 0 {
                let users = if number == 1 { "1 user is".to_owned() } else { format!("{} users are", grouped(number)) };
                voice.say(&format!(
                    "of `{}`, {}, {users} in no variant, since all messages to them were stopped, and their like are among the held out: what stopped them belongs into the segment's `when`",
                    it.segment, it.trigger
                ));
            }
        }
        if early > 0 {
            let whom = if early == 1 { "1 user is".to_owned() } else { format!("{} users are", grouped(early)) };
            voice.say(&format!("{whom} not counted: it is not {} since they were treated or held", self.within));
        }
        Ok(Exit::Done)
    }

    /// When each user did what counts, from the child table's rows.
    fn outcomes(&self, rulebook: &Rulebook, zone: &Zone, voice: &Voice) -> Result<Outcomes, Failure> {
        let names = || rulebook.schema.tables.iter().map(|table| table.name.as_str());
        let id = rulebook.schema.find(&self.of).ok_or_else(|| {
            let failure = Failure::new(format!("the rules have no table `{}`", self.of));
            match nearest(&self.of, names()) {
                Some(near) => failure.help(format!("did you mean `--of {near}`?")),
                None => failure.help(format!(
                    "declare it: `table {} of users by user_id at happened_at {{ user_id: text  happened_at: timestamp  outcome: text }}`",
                    self.of
                )),
            }
        })?;
        let table = rulebook.schema.table(id);
        let Role::Children { by, at: Some(at) } = table.role else {
            return Err(Failure::new(format!("the rows of `{}` have no moment", self.of)).help(
                "outcomes are a child table with an `at`: `table outcomes of users by user_id at happened_at { … }`",
            ));
        };
        let which = table.find("outcome");
        let files = Files { folder: book::folder_of(&self.rules), tables: self.tables.clone(), ..Files::default() };
        let path = files.of_table(table).ok_or_else(|| {
            Failure::new(format!("the rules do not say where the table `{}` is", self.of))
                .help(format!("say it: `--data {}=FILE`", self.of))
        })?;
        let needed = [Some(by), Some(at), which].into_iter().flatten().collect::<Vec<_>>();
        let (outcomes, others) = self.read(table, &path, &needed, [by, at], which, zone)?;
        if !others.is_empty() {
            let what =
                format!("no row of `{}` has the outcome `{}`; there are {}", self.of, self.outcome, others.join(", "));
            voice.say_of("warning", Tone::Warning, &what);
        }
        Ok(outcomes)
    }

    /// What counts; where nothing does, what there is instead, or some of that.
    fn read(
        &self,
        table: &Table,
        path: &str,
        needed: &[ColumnId],
        [by, at]: [ColumnId; 2],
        which: Option<ColumnId>,
        zone: &Zone,
    ) -> Result<(Outcomes, Vec<String>), Failure> {
        let input = Input::parse(path).map_err(book::failure)?;
        let (mut outcomes, mut any, mut others) = (Outcomes::default(), false, BTreeSet::new());
        for row in data::rows(&input, table, needed, zone).map_err(book::failure)? {
            let row = row.map_err(book::failure)?.map_err(|bad| Failure::new(bad.to_string()).help("mend the row"))?;
            let value = |column: ColumnId| row.values.get(column.0 as usize).unwrap_or(&Value::Missing);
            let counts = which.is_none_or(|which| matches!(value(which), Value::Text(text) if **text == *self.outcome));
            let moment = match value(at) {
                Value::Timestamp(moment) => Some(*moment),
                Value::Date(date) => Some(zone.instant(*date, 0)),
                _ => None,
            };
            any |= counts;
            if let (Some(Value::Text(other)), false) = (which.map(value), any || others.len() > 4) {
                others.insert(format!("`{other}`"));
            }
            if let Some(moment) = moment.filter(|_| counts) {
                outcomes.add(&print::text(value(by), zone), moment);
            }
        }
        Ok((outcomes, others.into_iter().filter(|_| !any).collect()))
    }
}

/// A decision as it counts; one that was stopped does not.
fn exposure(row: LedgerRow) -> Option<Exposure> {
    let it = row.decision;
    it.stopped.is_none().then(|| Exposure {
        user: row.user,
        segment: row.segment.to_string(),
        trigger: it.trigger.into_owned(),
        variant: it.variant,
        held: it.act == "hold",
        decided_at: it.decided_at,
    })
}

/// By segment and trigger, those who were dealt to a variant and reached by no message.
type Unreached = BTreeMap<(String, String), HashSet<String>>;

/// Whose messages of a `split` were stopped.
#[derive(Default)]
struct Stopped(Unreached);

impl Stopped {
    fn note(&mut self, row: &LedgerRow) {
        let it = &row.decision;
        if it.stopped.is_some() && it.variant.is_some() {
            let users = self.0.entry((row.segment.to_string(), it.trigger.to_string())).or_default();
            users.insert(row.user.clone());
        }
    }

    /// But for those who were reached at another time.
    fn without(mut self, exposures: &[Exposure]) -> Unreached {
        for it in exposures {
            if let Some(users) = self.0.get_mut(&(it.segment.clone(), it.trigger.clone())) {
                users.remove(&it.user);
            }
        }
        self.0
    }
}

fn text(comparisons: &[Comparison]) -> String {
    let head = ["segment", "trigger", "variant", "users", "converted", "rate", "lift", "95 %"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for comparison in comparisons {
        let named = |arm: &Arm| {
            let variant = arm.variant.as_deref().unwrap_or("–");
            if arm.held { format!("{variant} (held out)") } else { variant.to_owned() }
        };
        let arms = comparison.arms.iter().map(|arm| (named(arm), arm));
        for (variant, arm) in arms.chain(comparison.treated.iter().map(|arm| ("all variants".to_owned(), arm))) {
            rows.push(vec![
                comparison.segment.clone(),
                comparison.trigger.clone(),
                variant,
                grouped(arm.share.all),
                grouped(arm.share.of),
                arm.share.rate().map_or_else(|| "–".into(), |rate| format!("{:.2} %", rate * 100.0)),
                arm.lift.map_or_else(String::new, |lift| format!("{:+.2}", lift * 100.0)),
                arm.interval.map_or_else(String::new, |it| {
                    let unsure = if it.holds_zero() { "  may be chance" } else { "" };
                    format!("{:+.2} to {:+.2}{unsure}", it.low * 100.0, it.high * 100.0)
                }),
            ]);
        }
    }
    if rows.len() == 1 { String::new() } else { aligned(&rows) }
}

fn document(comparisons: &[Comparison], stopped: &Unreached, early: u64, until: &str) -> Json {
    let arm = |arm: &Arm| {
        let Share { of, all } = arm.share;
        let interval = arm.interval.map(|it| json!([it.low, it.high]));
        json!({ "variant": arm.variant, "held": arm.held, "users": all, "converted": of, "rate": arm.share.rate(),
                "lift": arm.lift, "interval": interval })
    };
    let comparison = |it: &Comparison| {
        let arms = it.arms.iter().map(arm).collect::<Vec<_>>();
        let stopped = stopped.get(&(it.segment.clone(), it.trigger.clone())).map_or(0, HashSet::len);
        json!({ "segment": it.segment, "trigger": it.trigger, "variants": arms, "treated": it.treated.as_ref().map(arm), "stopped": stopped })
    };
    json!({ "until": until, "too_early": early, "comparisons": comparisons.iter().map(comparison).collect::<Vec<_>>() })
}

/// `NAME=FILE`
fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.into(), file.into())),
        _ => Err("write NAME=FILE, the table's name first: outcomes=outcomes.csv".into()),
    }
}
