//! `tagwell eval`: one expression, or a file of them.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::{Map, Value as Json};
use tagwell::{diagnostic::Severity, engine::Question, eval::Context, value::Clock};

use super::{
    Answer,
    clock::AsOf,
    data::SettingArgs,
    exit::{Exit, Failure},
    output::Output,
    report::{self, MessageArgs, MessageFormat},
    rules::Rules,
    voice::{Voice, Volume},
};

/// Evaluate one expression and print its value as JSON.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell eval '3 / 5 >= 60%'
  tagwell eval 'purchases >= 3 and spend > 500' --record '{\"purchases\":4,\"spend\":620.5}'
  tagwell eval 'today - 30d' --as-of 2026-11-22
  tagwell eval --cases cases.jsonl

Missing and unknown print as null. A line of --cases is {\"id\",\"expr\",\"record\",\"as_of\"}; its answer is {\"id\",\"value\"} or {\"id\",\"error\"}.")]
pub(crate) struct Eval {
    /// The expression.
    #[arg(
        value_name = "EXPR",
        allow_hyphen_values = true,
        required_unless_present = "cases",
        conflicts_with = "cases"
    )]
    pub(crate) expr: Option<String>,
    /// The user's record, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub(crate) record: Option<String>,
    /// Rules whose names the expression may use.
    #[arg(long, value_name = "RULES")]
    pub(crate) rules: Option<PathBuf>,
    /// Evaluate each line of a JSON Lines file; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    #[command(flatten)]
    pub(crate) messages: MessageArgs,
}

impl Eval {
    /// Evaluates.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        let rules = match &self.rules {
            Some(argument) => Rules::read(argument)?.texts(self.messages.message_format, voice)?,
            None => vec![],
        };
        let asking = Asking { rules, settings: &self.settings, as_of: AsOf::read(self.settings.as_of.as_deref()) };
        match (&self.expr, &self.cases) {
            (Some(expr), _) => asking.one(expr, self.record.as_deref(), self.messages.message_format, voice),
            (None, Some(cases)) => asking.cases(cases, voice),
            (None, None) => Err(Failure::new("there is no expression to evaluate")),
        }
    }
}

/// What all expressions of one command have in common.
struct Asking<'a> {
    rules: Vec<(String, Arc<str>)>,
    settings: &'a SettingArgs,
    as_of: AsOf,
}

impl Asking<'_> {
    fn one(&self, expr: &str, record: Option<&str>, format: MessageFormat, voice: &Voice) -> Answer {
        let record = match record {
            Some(text) => object(text).map_err(|wrong| Failure::new(format!("--record: {wrong}")))?,
            None => Map::new(),
        };
        let question = match Question::check(&self.rules, expr, &record, &self.settings.params) {
            Ok(question) => question,
            Err(problems) => {
                report::beside_the_answer(problems.diagnostics(), problems.sources(), format, voice);
                return Ok(Exit::Findings);
            }
        };
        let value = self.value(&question, &record, None, voice)?;
        let mut output = Output::standard();
        output.write(format!("{value}\n"))?;
        output.finish()?;
        Ok(Exit::Done)
    }

    fn value(
        &self,
        question: &Question,
        record: &Map<String, Json>,
        as_of: Option<&str>,
        voice: &Voice,
    ) -> Result<String, Failure> {
        let zone = question.zone();
        let as_of = as_of.map_or_else(|| self.as_of.clone(), |text| AsOf::Said { text: text.into(), by: "as_of" });
        as_of.tell(&zone, voice);
        let now = as_of.instant(&zone)?;
        let clock = Clock::at(now, zone).ok_or_else(|| Failure::new("the as-of is outside the years 1 to 9999"))?;
        question.answer(record, Context::new(clock)).map_err(|error| Failure::new(error.to_string()))
    }

    /// Answers a file of cases line by line; a case that cannot be answered is told in its place, and the next one goes on.
    fn cases(&self, path: &Path, voice: &Voice) -> Answer {
        let name = path.to_string_lossy().into_owned();
        let unreadable = |error: std::io::Error| Failure::file("read", &name, &error);
        let reader: Box<dyn BufRead> = match name.as_str() {
            "-" => Box::new(std::io::stdin().lock()),
            _ => Box::new(BufReader::new(File::open(path).map_err(unreadable)?)),
        };
        let quiet = Voice { volume: Volume::Quiet, ..*voice };
        let mut output = Output::standard();
        for line in reader.split(b'\n') {
            let line = line.map_err(unreadable)?;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            output.write(self.case(&line, &quiet) + "\n")?;
        }
        output.finish()?;
        Ok(Exit::Done)
    }

    fn case(&self, line: &[u8], voice: &Voice) -> String {
        let case = match serde_json::from_slice(line) {
            Ok(Json::Object(case)) => case,
            Ok(_) => return told(&Json::Null, "the case is not a JSON object"),
            Err(error) => return told(&Json::Null, &format!("the case is not JSON: {error}")),
        };
        let id = case.get("id").unwrap_or(&Json::Null);
        let Some(Json::String(expr)) = case.get("expr") else { return told(id, "the case has no text `expr`") };
        let record = match case.get("record") {
            None | Some(Json::Null) => Map::new(),
            Some(Json::Object(record)) => record.clone(),
            Some(_) => return told(id, "`record` is not a JSON object"),
        };
        let as_of = match case.get("as_of") {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) => Some(text.as_str()),
            Some(_) => return told(id, "`as_of` is not a text"),
        };
        match Question::check(&self.rules, expr, &record, &self.settings.params) {
            Ok(question) => match self.value(&question, &record, as_of, voice) {
                Ok(value) => format!("{{\"id\":{id},\"value\":{value}}}"),
                Err(failure) => told(id, &failure.message),
            },
            Err(problems) => {
                let errors = problems.diagnostics().iter().filter(|it| it.severity == Severity::Error);
                let texts: Vec<String> = errors.map(|it| format!("{}: {}", it.code, it.message)).collect();
                told(id, &texts.join("; "))
            }
        }
    }
}

/// `{"id","error"}`
fn told(id: &Json, error: &str) -> String {
    format!("{{\"id\":{id},\"error\":{}}}", Json::from(error))
}

fn object(text: &str) -> Result<Map<String, Json>, String> {
    match serde_json::from_str(text) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err("it is not a JSON object such as {\"spend\": 500}".into()),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}
