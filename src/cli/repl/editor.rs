//! The line editor at the edge of a session: history, colours, completion and hints on a terminal.

use std::{borrow::Cow, cell::RefCell};

use rustyline::{
    CompletionType, Config, Context, Editor, Helper,
    completion::Completer,
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    hint::Hinter,
    history::FileHistory,
    validate::Validator,
};
use tagwell::{
    diagnostic::render::Colour,
    syntax::{DECLARATIONS, RESERVED},
};

use super::{
    super::{Answer, exit::Exit, exit::Failure, voice::Voice},
    answered,
    commands::COMMANDS,
    history,
    input::{self, Kind},
    session::{Reply, Session},
};

/// Reads lines until there are no more.
pub(super) fn talk(session: Session, voice: &Voice) -> Answer {
    let broken = |error: ReadlineError| Failure::new(format!("the terminal cannot be used: {error}"));
    let config = Config::builder().completion_type(CompletionType::List).auto_add_history(true).build();
    let mut editor: Editor<Prompt, FileHistory> = Editor::with_config(config).map_err(broken)?;
    let colour = voice.colours.output;
    editor.set_helper(Some(Prompt { session: RefCell::new(session), colour }));
    let history = history::path().filter(|path| history::make(path).is_ok());
    if let Some(path) = &history {
        // What cannot be read is no reason not to talk.
        let _ = editor.load_history(path);
    }
    loop {
        let goes_on = editor.helper().is_some_and(|it| !it.session.borrow().pending().is_empty());
        let line = editor.readline(if goes_on { "… " } else { "> " });
        let Some(prompt) = editor.helper() else { return Ok(Exit::Done) };
        match line {
            Ok(line) => match prompt.session.borrow_mut().reply(&line) {
                Reply::Leave => break,
                reply => {
                    answered(reply, voice)?;
                }
            },
            Err(ReadlineError::Interrupted) => prompt.session.borrow_mut().clear(),
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(broken(error)),
        }
    }
    if let Some(path) = &history {
        let _ = editor.save_history(path);
        let _ = history::make(path);
    }
    Ok(Exit::Done)
}

/// What the editor asks about a line.
struct Prompt {
    session: RefCell<Session>,
    colour: Colour,
}

impl Helper for Prompt {}
impl Validator for Prompt {}

impl Completer for Prompt {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.session.borrow_mut().complete(line.get(..at).unwrap_or(line)))
    }
}

impl Hinter for Prompt {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<String> {
        if at < line.len() {
            return None;
        }
        let hint = self.session.borrow_mut().hint(line)?;
        Some(format!("   {hint}"))
    }
}

impl Highlighter for Prompt {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        match self.colour {
            Colour::Plain => Cow::Borrowed(line),
            Colour::Ansi => Cow::Owned(highlighted(line)),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        match self.colour {
            Colour::Plain => Cow::Borrowed(hint),
            Colour::Ansi => {
                let style = anstyle::Style::new().dimmed();
                Cow::Owned(format!("{style}{hint}{style:#}"))
            }
        }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.colour == Colour::Ansi
    }
}

/// A line with its words in colours.
fn highlighted(line: &str) -> String {
    let mut text = String::new();
    let mut at = 0;
    for word in input::words(line) {
        text += line.get(at..word.start).unwrap_or_default();
        at = word.start + word.text.len();
        let colour = match word.kind {
            Kind::Word if DECLARATIONS.contains(&word.text) && text.trim().is_empty() => anstyle::AnsiColor::Magenta,
            Kind::Word if RESERVED.contains(&word.text) => anstyle::AnsiColor::Blue,
            Kind::Number => anstyle::AnsiColor::Cyan,
            Kind::Text => anstyle::AnsiColor::Green,
            Kind::Word | Kind::Sign => {
                text += word.text;
                continue;
            }
        };
        let style = colour.on_default();
        text += &format!("{style}{}{style:#}", word.text);
    }
    // What is left is a comment, or blanks.
    let rest = line.get(at..).unwrap_or_default();
    match rest.trim().is_empty() {
        true => text + rest,
        false => {
            let style = anstyle::Style::new().dimmed();
            format!("{text}{style}{rest}{style:#}")
        }
    }
}

/// What functions there are.
const FUNCTIONS: [&str; 39] = [
    "abs",
    "age",
    "all of",
    "anniversary",
    "any",
    "any of",
    "at least",
    "avg",
    "bucket",
    "ceil",
    "clamp",
    "count",
    "date",
    "day",
    "distinct",
    "first",
    "floor",
    "hour",
    "last",
    "length",
    "lower",
    "max",
    "min",
    "mod",
    "month",
    "most",
    "none of",
    "ntile",
    "quantile",
    "reached",
    "round",
    "start_of_month",
    "start_of_week",
    "sum",
    "to_next",
    "trim",
    "upper",
    "weekday",
    "year",
];

impl Session {
    /// What the word at the end of a line could become: where it begins, and the candidates.
    pub(crate) fn complete(&mut self, line: &str) -> (usize, Vec<String>) {
        if let Some(command) = line.trim_start().strip_prefix(':')
            && !command.contains(char::is_whitespace)
        {
            let start = line.len() - command.len();
            let names = COMMANDS.iter().map(|(name, ..)| (*name).to_owned());
            return (start, names.filter(|name| name.starts_with(command)).collect());
        }
        if line.matches('"').count() % 2 == 1 {
            return self.complete_text(line);
        }
        let is_part = |it: char| it.is_alphanumeric() || it == '_';
        let start = line
            .rfind(|it| !is_part(it))
            .map_or(0, |at| at + line.get(at..).and_then(|it| it.chars().next()).map_or(1, char::len_utf8));
        let begun = line.get(start..).unwrap_or_default();
        let mut names: Vec<String> = self.names().into_iter().map(|(name, _)| name).collect();
        names.extend(FUNCTIONS.iter().map(|name| (*name).to_owned()));
        names.extend(RESERVED.iter().map(|name| (*name).to_owned()));
        if start == 0 && self.pending().is_empty() {
            names.extend(DECLARATIONS.iter().map(|name| (*name).to_owned()));
        }
        names.retain(|name| name.starts_with(begun) && !name.is_empty());
        names.sort();
        names.dedup();
        (start, names)
    }

    /// A text that has been begun: the values that the field before it has in the data.
    fn complete_text(&mut self, line: &str) -> (usize, Vec<String>) {
        let Some(quote) = line.rfind('"') else { return (line.len(), vec![]) };
        let begun = line.get(quote + 1..).unwrap_or_default();
        let words = input::words(line.get(..quote).unwrap_or_default());
        let is_field = |word: &&input::Word<'_>| word.kind == Kind::Word && !RESERVED.contains(&word.text);
        let Some(field) = words.iter().rev().find(is_field) else { return (line.len(), vec![]) };
        let texts = self.texts_of(field.text).into_iter().filter(|text| text.starts_with(begun));
        (quote, texts.map(|text| serde_json::Value::from(text).to_string()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::clock::AsOf;

    fn session() -> (tempfile::TempDir, Session) {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let users = folder.path().join("users.csv");
        std::fs::write(&users, "user_id,city,points\nu1,Rome,5\nu2,Oslo,7\nu3,Rome,\n").expect("a file of the test");
        let mut session = Session::new(AsOf::Said { text: "2026-11-22".into(), by: "--as-of" }, Colour::Plain);
        session.users = Some(users.to_string_lossy().into_owned());
        assert_eq!(
            session.reply("level tier by points { gold from 6  red otherwise }"),
            Reply::Said("tier\n  gold  1 (33.3 %)\n  red   2 (66.7 %)\n".into())
        );
        (folder, session)
    }

    #[test]
    fn words_are_completed_from_rules_data_and_language() {
        let (_folder, mut session) = session();
        let mut complete = |line: &str| session.complete(line);
        assert_eq!(complete("poi"), (0, vec!["points".into()]));
        assert_eq!(complete("points > 5 and ci"), (15, vec!["city".into()]));
        assert_eq!(complete("tier >= go"), (8, vec!["gold".into()]));
        assert_eq!(complete("ta"), (0, vec!["table".into(), "tag".into()]));
        assert_eq!(complete(":wh"), (1, vec!["why".into()]));
        assert_eq!(complete("start_of_"), (0, vec!["start_of_month".into(), "start_of_week".into()]));
        assert_eq!(complete("city = \""), (7, vec!["\"Rome\"".into(), "\"Oslo\"".into()]));
        assert_eq!(complete("city in [\"Rome\", \"O"), (17, vec!["\"Oslo\"".into()]));
    }

    #[test]
    fn what_is_typed_is_answered_while_it_is_typed() {
        let (_folder, mut session) = session();
        let mut hint = |line: &str| session.hint(line);
        assert_eq!(hint("points > 5").as_deref(), Some("1 of 3 users"));
        assert_eq!(hint("tag rich when points >= 5").as_deref(), Some("2 of 3 users"));
        assert_eq!(hint("points * 2").as_deref(), Some("float"));
        assert_eq!(hint("tier").as_deref(), Some("a value of the level tier"));
        assert_eq!(hint("let x = count(users)").as_deref(), Some("int"));
        assert_eq!(hint("points > avg(users.points)").as_deref(), Some("1 of 3 users"));
        assert_eq!(hint("points >"), None);
        assert_eq!(hint("nothing > 5"), None);
        assert_eq!(hint(":why u1"), None);
    }

    #[test]
    fn what_is_pasted_is_answered_line_by_line() {
        let (_folder, mut session) = session();
        let said = |text: &str| Reply::Said(text.into());
        let two = "tag rich when\n  points > 5\npoints > 100";
        assert_eq!(
            session.reply(two),
            said("rich: 1 of 3 users (33.3 %), unknown 1: u2\n0 of 3 users (0.0 %), unknown 1\n")
        );
        assert_eq!(session.reply("tag poor when"), Reply::More);
        session.clear();
        assert_eq!(session.reply("1 + 1"), said("2\n"), "what was begun is forgotten");
        let Reply::Failed(why) = session.reply("1 + 1\nponts > 3\n2 + 2") else { panic!("it is a mistake") };
        assert!(why.starts_with("2\nerror[E") && !why.contains("\n4\n"), "{why}");
        assert_eq!(session.reply(":quit"), Reply::Leave);
    }

    #[test]
    fn colours_change_no_character() {
        let line = "tag vip \"重要\" when spend >= 500 and last between 30d..60d # who";
        let coloured = highlighted(line);
        let plain: String = coloured
            .split('\u{1b}')
            .enumerate()
            .map(|(at, part)| if at == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) })
            .collect();
        assert_eq!(plain, line);
        assert!(coloured.contains('\u{1b}'));
    }
}
