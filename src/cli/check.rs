//! `tagwell check`: everything wrong with a rulebook, in one go.

use std::path::PathBuf;

use tagwell::{
    check::{Inputs, ROOT},
    data::{self, Input, Wanted},
    diagnostic::{Diagnostic, Sink},
    engine,
    intern::Symbol,
    ir::{self, DefinitionId},
    schema::{ColumnId, Role},
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
    book::{self, Book, Doubts, Given},
    clock::AsOf,
    data::{DataArgs, SettingArgs},
    exit::{Exit, Failure},
    report::{self, MessageArgs, MessageFormat},
    rules::Rules,
    voice::{Tone, Voice, Volume, count},
};

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
        let rules = Rules::read(&self.rules)?;
        let Looked { found, declarations, rulebook } = self.look(&rules)?;
        let exit = if report::has_errors(&found) { Exit::Findings } else { Exit::Done };
        match report::as_the_answer(&found, &rules.sources, self.messages.message_format, voice) {
            // Who reads has seen enough; that changes nothing about the rules.
            Err(Failure { exit: Exit::Done, .. }) | Ok(()) => {}
            Err(failure) => return Err(failure),
        }
        if !found.is_empty() {
            voice.say(&report::counted(&found, voice));
        } else if self.messages.message_format == MessageFormat::Human {
            let what = format!("{} in {}", count(declarations, "declaration"), count(rules.files.len(), "file"));
            voice.say(&format!("{}: {what}, no mistakes", voice.word("ok", Tone::Good)));
        }
        if let Some(rulebook) = rulebook.filter(|_| voice.volume == Volume::Verbose) {
            self.tell_windows(&rulebook, &rules.sources, voice)?;
        }
        if exit == Exit::Done && (self.file.is_some() || !self.data.tables.is_empty()) {
            self.data_fits(voice)?;
        }
        Ok(exit)
    }

    /// Each time condition as the two instants that it comes to.
    fn tell_windows(&self, rulebook: &ir::Rulebook, sources: &Sources, voice: &Voice) -> Result<(), Failure> {
        let zone = Zone::parse(&rulebook.zone).unwrap_or_else(|_| Zone::utc());
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

    /// Everything wrong with texts, syntax, names and types, and how many declarations there are. Names and types are looked
    /// at where the syntax is good: a declaration that does not parse would make all its readers wrong.
    fn look(&self, rules: &Rules) -> Result<Looked, Failure> {
        let (trees, mut found) = rules.parse();
        let declarations = trees.iter().map(|tree| tree.declarations.len()).sum();
        let mut rulebook = None;
        if !report::has_errors(&found) {
            let mut inputs = Inputs { params: self.settings.params.clone(), ..Inputs::default() };
            if let Some(file) = &self.file {
                let input = Input::parse(&file.to_string_lossy()).map_err(book::failure)?;
                inputs.facts.insert(Symbol::new(ROOT), data::facts(&input).map_err(book::failure)?);
            }
            let mut sink = Sink::new();
            rulebook = tagwell::check::check(&trees, &rules.sources, &inputs, &mut sink);
            found.extend(sink.finish());
        }
        Ok(Looked { found, declarations, rulebook })
    }

    /// Reads every row, and tells the first that is bad.
    fn data_fits(&self, voice: &Voice) -> Result<(), Failure> {
        let given = Given {
            rules: &self.rules,
            file: self.file.as_deref(),
            data: &self.data,
            settings: &self.settings,
            format: self.messages.message_format,
            doubts: Doubts::Told,
        };
        let book = Book::read(&given, voice).map_err(|stop| stop.told(given.format, voice))?;
        let rulebook = book.checked.rulebook();
        let everything = rulebook.reads((0..rulebook.definitions.len() as u32).map(DefinitionId));
        let children = book.children(&everything)?;
        let files = children.iter().filter_map(|(id, file)| Some((rulebook.schema.table(*id), file.as_ref()?)));
        for (table, file) in std::iter::once((rulebook.schema.root(), book.users()?)).chain(files) {
            let wanted = Wanted {
                table: table.clone(),
                needed: (0..table.columns.len() as u32).map(ColumnId).collect(),
                nested: if matches!(table.role, Role::Root) { book.nested(&children) } else { vec![] },
                verbatim: false,
            };
            let mut number = 0;
            for row in data::rows_as(file, wanted, &book.checked.zone()).map_err(book::failure)? {
                row.map_err(book::failure)?.map_err(|bad| Failure::new(bad.to_string()))?;
                number += 1;
            }
            let what = if matches!(table.role, Role::Root) { "user" } else { "row" };
            let what = format!("{} in `{}`", count(number, what), file.name());
            voice.say(&format!("{}: {what}, no bad row", voice.word("ok", Tone::Good)));
        }
        Ok(())
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
