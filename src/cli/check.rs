//! `tagwell check`: everything wrong with a rulebook, in one go.

mod faults;
mod fit;
mod keys;

use std::{path::PathBuf, sync::Arc};

use tagwell::{
    check::{Inputs, ROOT},
    data::{self, Pipes},
    diagnostic::{Diagnostic, Sink},
    engine::{self, Files},
    intern::Symbol,
    ir,
    source::Sources,
    value::{
        Clock, Zone,
        moment_text::timestamp_text,
        print,
        time::{Bound, Window},
    },
};

use super::{
    Answer,
    book::{self, Doubts, Given},
    clock::AsOf,
    data::{DataArgs, SettingArgs},
    exit::{Exit, Failure},
    report::{self, MessageArgs, MessageFormat},
    rules::Rules,
    voice::{Tone, Voice, Volume, count},
};
use fit::Fit;

/// Look for mistakes in rules: syntax, names, types, units, and what is probably not meant.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tagwell check vip.rules
  tagwell check rules/ --message-format github
  tagwell check rules/ --message-format json > mistakes.json
  tagwell check vip.rules -v --as-of 2026-11-22   each time window as the two instants that it comes to

For people mistakes are told on standard error; json, github and sarif go to standard output.
Exit code 1 where there is an error, 0 where there are at most warnings.")]
pub(crate) struct Check {
    /// A .rules file, or a folder with .rules files; `-` is standard input.
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// The users, to see whether the data fits the rules; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    messages: MessageArgs,
}

/// What a look at the rules alone brought.
struct Looked {
    found: Vec<Diagnostic>,
    declarations: usize,
    /// None where there is an error.
    rulebook: Option<ir::Rulebook>,
}

impl Check {
    /// Tells what is wrong.
    pub(crate) fn answer(self, voice: &Voice) -> Answer {
        self.data.writes_no_rejects("check")?;
        let rules = Rules::read(&self.rules)?;
        let pipes = Arc::<Pipes>::default();
        let Looked { mut found, declarations, rulebook } = self.look(&rules, &pipes)?;
        let given = Given {
            rules: &self.rules,
            file: self.file.as_deref(),
            data: &self.data,
            settings: &self.settings,
            format: self.messages.message_format,
            doubts: Doubts::Told,
            pipes: Arc::clone(&pipes),
        };
        // What the data says of the rules is told with the rest; what is wrong with the data itself, behind it.
        let mut fit = Fit::default();
        if !report::has_errors(&found) && (self.file.is_some() || !self.data.tables.is_empty()) {
            fit = Fit::of(&rules, &given, voice);
            found.append(&mut fit.found);
            let mut sink = Sink::new();
            found.into_iter().for_each(|told| sink.push(told));
            found = sink.finish();
        }
        let exit = if report::has_errors(&found) { Exit::Findings } else { Exit::Done };
        match report::as_the_answer(&found, &rules.sources, self.messages.message_format, voice) {
            // Who reads has seen enough; that changes nothing about the rules.
            Err(Failure { exit: Exit::Done, .. }) | Ok(()) => {}
            Err(failure) => return Err(failure),
        }
        if !found.is_empty() {
            voice.say_painted(&report::counted(&found, voice));
        } else if self.messages.message_format == MessageFormat::Human {
            let what = format!("{} in {}", count(declarations, "declaration"), count(rules.files.len(), "file"));
            voice.say_of("ok", Tone::Good, &format!("{what}, no mistakes"));
        }
        if let Some(rulebook) = rulebook.filter(|_| voice.volume == Volume::Verbose) {
            self.tell_windows(&rulebook, &rules.sources, voice)?;
        }
        fit.read.iter().for_each(|what| voice.say_of("ok", Tone::Good, &format!("{what}, no bad row")));
        fit.notes.iter().for_each(|note| voice.say_of("note", Tone::Help, note));
        let last = fit.failures.pop();
        fit.failures.iter().for_each(|failure| voice.complain(failure));
        match last {
            Some(failure) => Err(failure),
            None => Ok(exit),
        }
    }

    /// Each time condition as the two instants that it comes to.
    fn tell_windows(&self, rulebook: &ir::Rulebook, sources: &Sources, voice: &Voice) -> Result<(), Failure> {
        let zone = rulebook.zone();
        let now = AsOf::read(self.settings.as_of.as_deref()).instant(&zone)?;
        let Some(clock) = Clock::at(now, zone) else { return Ok(()) };
        voice.say(&format!("as of {}", timestamp_text(now, clock.zone())));
        for (span, window) in engine::windows(rulebook, clock.clone()) {
            let source = sources.get(span.source);
            let place = source.line_column(span.start);
            let comes_to = window.map_or_else(
                || "another for each user, or outside of the calendar".to_owned(),
                |window| in_words(&window, clock.zone()),
            );
            let words: Vec<&str> = source.slice(span).split_whitespace().collect();
            let place = format!("{}:{}:{}", source.name(), place.line, place.column);
            voice.say(&format!("{place}: `{}` is {comes_to}", words.join(" ")));
        }
        Ok(())
    }

    /// Everything wrong with texts, syntax, names and types, and how many declarations there are. Where a declaration does not
    /// parse, names and types of the others are looked at; where a whole file is no text, what it declares is not known.
    fn look(&self, rules: &Rules, pipes: &Arc<Pipes>) -> Result<Looked, Failure> {
        let (trees, mut found) = rules.parse();
        let declarations = trees.iter().map(|tree| tree.declarations.len()).sum();
        let mut rulebook = None;
        if rules.found.is_empty() {
            let mut inputs = Inputs { params: self.settings.params.clone(), ..Inputs::default() };
            if let Some(file) = &self.file {
                let input = pipes.input(&file.to_string_lossy()).map_err(book::failure)?;
                inputs.facts.insert(Symbol::new(ROOT), data::facts(&input).map_err(book::failure)?);
            }
            let mut sink = Sink::new();
            found.iter().for_each(|it| sink.push(it.clone()));
            rulebook = tagwell::check::check(&trees, &rules.sources, &inputs, &mut sink);
            let folder = book::folder_of(&self.rules);
            let (tables, pipes) = (self.data.tables.clone(), Arc::clone(pipes));
            let files = Files { folder, tables, memory: None, pipes };
            let given = self.file.as_ref().map(|_| rulebook.as_ref().map_or(ROOT, |it| it.schema.root().name.as_str()));
            engine::named_files(&trees, rulebook.as_ref(), &files, given).into_iter().for_each(|told| sink.push(told));
            found = sink.finish();
            rulebook = rulebook.filter(|_| !report::has_errors(&found));
        }
        Ok(Looked { found, declarations, rulebook })
    }
}

/// `2026-09-23T00:00:00Z to 2026-10-23T00:00:00Z`
fn in_words(window: &Window, zone: &Zone) -> String {
    let text = |end: Bound| {
        let at = print::text(&end.at.into(), zone);
        if end.included { at } else { format!("{at} (left out)") }
    };
    match (window.low.map(text), window.high.map(text)) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("from {low}"),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => "any time".to_owned(),
    }
}
