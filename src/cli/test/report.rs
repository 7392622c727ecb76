//! How tests went: for people, as JSON, as JUnit's XML.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use tagwell::{
    diagnostic::{
        Diagnostic,
        render::{self, Colour, visible},
    },
    source::{Sources, Span},
    testing::{Outcome, Suite, Verdict, coverage::Coverage, plain},
};

use super::{
    super::{
        report::MessageFormat,
        voice::{Tone, Voice, Volume, count},
    },
    Format, coverage,
};

/// One case or one snapshot, and how it went.
pub(crate) struct Played {
    pub(super) span: Span,
    pub(super) name: String,
    /// Which case of its test, from 1; none of a snapshot.
    pub(super) case: Option<usize>,
    pub(super) outcome: Outcome,
    /// What is to be told.
    pub(super) found: Vec<Diagnostic>,
}

impl Played {
    /// A case of a test.
    pub(crate) fn case(suite: &Suite<'_>, verdict: Verdict) -> Played {
        let test = suite.rulebook().tests.tests.get(verdict.place.test);
        Played {
            span: verdict.span,
            name: test.map(|test| test.name.clone()).unwrap_or_default(),
            case: Some(verdict.place.case + 1),
            outcome: verdict.outcome,
            found: verdict.found,
        }
    }
}

/// All of them.
pub(crate) struct Report<'r> {
    pub(crate) played: Vec<Played>,
    pub(crate) sources: &'r Sources,
    /// Files that keep snapshots which no rule file declares.
    pub(crate) orphans: Vec<String>,
    /// What the tests show, where that is asked for.
    pub(crate) coverage: Option<Coverage>,
    /// The percentage that they must show.
    pub(crate) min: Option<u8>,
}

impl Report<'_> {
    /// Whether everything passed.
    pub(crate) fn is_good(&self) -> bool {
        self.played.iter().all(|it| it.outcome == Outcome::Passed)
    }

    fn number(&self, outcome: Outcome) -> usize {
        self.played.iter().filter(|it| it.outcome == outcome).count()
    }

    /// In the form that is asked for.
    pub(super) fn text(&self, format: Format, messages: MessageFormat, voice: &Voice) -> String {
        match (format, messages) {
            (Format::Text, MessageFormat::Human) => self.human(voice),
            (Format::Text, MessageFormat::Json | MessageFormat::Github | MessageFormat::Sarif) => {
                let found: Vec<Diagnostic> = self.played.iter().flat_map(|it| &it.found).cloned().collect();
                messages.text(&found, self.sources, Colour::Plain)
            }
            (Format::Json, _) => self.json(),
            (Format::Junit, _) => self.junit(),
        }
    }

    /// In plain lines.
    fn message(&self, it: &Played) -> String {
        plain(&it.found, self.sources)
    }

    /// `shop.rules`, 52
    fn place(&self, it: &Played) -> (&str, usize) {
        let source = self.sources.get(it.span.source);
        (source.name(), source.line_column(it.span.start).line)
    }

    pub(crate) fn human(&self, voice: &Voice) -> String {
        let mut text = String::new();
        for it in &self.played {
            match it.outcome {
                Outcome::Passed if voice.volume < Volume::Verbose => {}
                Outcome::Passed => {
                    let (file, line) = self.place(it);
                    let case = it.case.map(|case| format!(", case {case}")).unwrap_or_default();
                    let ok = voice.answer_word("ok", Tone::Good);
                    let _ = writeln!(text, "{ok}  {}", visible(&format!("{file}:{line}: {}{case}", it.name)));
                }
                Outcome::Failed | Outcome::Error => {
                    text += &render::human(&it.found, self.sources, voice.colours.output);
                }
            }
        }
        text += &self.closing(voice);
        if let Some(found) = &self.coverage {
            text += &format!("\n{}", coverage::text(found, self.sources));
        }
        text
    }

    /// One test that was played: `passed (2 cases)`, or what failed.
    pub(crate) fn of_one(&self, voice: &Voice) -> String {
        let cases = self.played.len();
        let bad: Vec<&Played> = self.played.iter().filter(|it| it.outcome != Outcome::Passed).collect();
        let of = if cases == 1 { String::new() } else { format!(" ({})", count(cases, "case")) };
        let Some(first) = bad.first() else {
            return format!("{}{of}\n", voice.answer_word("passed", Tone::Good));
        };
        let told: String = bad.iter().map(|it| render::human(&it.found, self.sources, voice.colours.output)).collect();
        let what = match (bad.len(), cases) {
            (_, 1) => String::new(),
            (bad, all) => format!("{bad} of {all} cases "),
        };
        let failed = voice.answer_word("failed", Tone::Error);
        format!("{}\n\ntest \"{}\": {what}{failed}\n", told.trim_end(), visible(&first.name))
    }

    /// `12 tests (30 cases), 1 snapshot: 29 passed, 2 failed`
    fn closing(&self, voice: &Voice) -> String {
        let cases = self.played.iter().filter(|it| it.case.is_some()).count();
        let tests: std::collections::BTreeSet<(Span, &str)> =
            self.played.iter().filter(|it| it.case == Some(1)).map(|it| (it.span, it.name.as_str())).collect();
        let snapshots = self.played.len() - cases;
        let mut what = vec![];
        if cases > 0 {
            let of = if cases == tests.len() { String::new() } else { format!(" ({})", count(cases, "case")) };
            what.push(format!("{}{of}", count(tests.len(), "test")));
        }
        if snapshots > 0 {
            what.push(count(snapshots, "snapshot"));
        }
        let mut ends = vec![];
        for (outcome, word, tone) in [
            (Outcome::Passed, "passed", Tone::Good),
            (Outcome::Failed, "failed", Tone::Error),
            (Outcome::Error, "without an answer", Tone::Error),
        ] {
            let number = self.number(outcome);
            if number > 0 {
                ends.push(voice.answer_word(&format!("{number} {word}"), tone).into_owned());
            }
        }
        format!("{}: {}\n", what.join(", "), ends.join(", "))
    }

    fn json(&self) -> String {
        let one = |it: &Played| {
            let (file, line) = self.place(it);
            json!({
                "file": file,
                "line": line,
                "name": it.name,
                "case": it.case,
                "outcome": it.outcome.name(),
                "message": if it.found.is_empty() { Json::Null } else { Json::from(self.message(it)) },
                "kind": if it.case.is_some() { "test" } else { "snapshot" },
            })
        };
        let tests: Vec<Json> = self.played.iter().map(one).collect();
        let passed = self.number(Outcome::Passed);
        let mut document = json!({
            "tests": tests, "passed": passed, "failed": self.played.len() - passed, "orphaned": self.orphans,
        });
        if let (Some(found), Some(fields)) = (&self.coverage, document.as_object_mut()) {
            fields.insert("coverage".into(), coverage::json(found, self.sources));
        }
        format!("{document}\n")
    }

    fn junit(&self) -> String {
        let suite = self.coverage.as_ref().map(|it| coverage::suite(it, self.sources, self.min));
        let (cases, lacking) = suite.as_ref().map_or((0, 0), |it| (it.cases, it.failures));
        let (failed, errors) = (self.number(Outcome::Failed) + lacking, self.number(Outcome::Error));
        let all = self.played.len() + cases;
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let _ =
            writeln!(text, "<testsuites name=\"tagwell\" tests=\"{all}\" failures=\"{failed}\" errors=\"{errors}\">");
        let mut files: Vec<&str> = self.played.iter().map(|it| self.place(it).0).collect();
        files.dedup();
        for file in files {
            let here: Vec<&Played> = self.played.iter().filter(|it| self.place(it).0 == file).collect();
            let number = |outcome: Outcome| here.iter().filter(|it| it.outcome == outcome).count();
            let _ = writeln!(
                text,
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
                xml(file),
                here.len(),
                number(Outcome::Failed),
                number(Outcome::Error)
            );
            for it in here {
                let case = it.case.map(|case| format!(", case {case}")).unwrap_or_else(|| ", snapshot".to_owned());
                let line = self.place(it).1;
                let name = xml(&format!("{}{case}", it.name));
                let _ = write!(
                    text,
                    "    <testcase name=\"{name}\" classname=\"{0}\" file=\"{0}\" line=\"{line}\"",
                    xml(file)
                );
                let word = match it.outcome {
                    Outcome::Passed => {
                        text += "/>\n";
                        continue;
                    }
                    Outcome::Failed => "failure",
                    Outcome::Error => "error",
                };
                let message = self.message(it);
                let first = xml(message.lines().next().unwrap_or_default());
                let _ =
                    writeln!(text, ">\n      <{word} message=\"{first}\">{}</{word}>\n    </testcase>", xml(&message));
            }
            text += "  </testsuite>\n";
        }
        text += suite.as_ref().map_or("", |it| &it.text);
        text + "</testsuites>\n"
    }
}

/// Text as XML holds it, in an attribute too; what XML cannot hold is replaced.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
