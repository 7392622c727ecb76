//! The line editor at the edge of a session: history, colours, completion and hints on a terminal.

use std::{borrow::Cow, cell::RefCell, sync::Arc};

use rustyline::{
    CompletionType, Config, Context, Editor, Helper,
    completion::Completer,
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    hint::{Hint, Hinter},
    history::FileHistory,
    validate::Validator,
};
use tagwell::{
    diagnostic::render::Colour,
    syntax::{DECLARATIONS, RESERVED},
};

use super::{
    super::{Answer, exit::Exit, exit::Failure, temporary, voice::Voice},
    answered, history,
    input::{self, Kind},
    session::{Reply, Session},
};

/// Reads lines until there are no more.
pub(super) fn talk(session: Session, voice: &Voice) -> Answer {
    let broken = |error: ReadlineError| Failure::new(format!("the terminal cannot be used: {error}"));
    let config = Config::builder().completion_type(CompletionType::List).auto_add_history(true).build();
    let mut editor: Editor<Prompt, FileHistory> = Editor::with_config(config).map_err(broken)?;
    let colour = voice.colours.output;
    temporary::interrupt_only(Arc::clone(&session.memory));
    editor.set_helper(Some(Prompt { session: RefCell::new(session), colour }));
    let history = history::path().filter(|path| history::make(path).is_ok());
    if let Some(path) = &history {
        // What cannot be read is no reason not to talk.
        let _ = editor.load_history(path);
    }
    let (mut interrupted, mut warned) = (0, false);
    loop {
        if let Some(path) = &history {
            // Line by line, so that nothing is lost where the terminal is closed, and several prompts may be open.
            let _ = editor.append_history(path);
        }
        let goes_on = editor.helper().is_some_and(|it| !it.session.borrow().pending().is_empty());
        let line = editor.readline(if goes_on { "… " } else { "> " });
        let Some(prompt) = editor.helper() else { return Ok(Exit::Done) };
        interrupted = if matches!(line, Err(ReadlineError::Interrupted)) { interrupted + 1 } else { 0 };
        match line {
            Ok(line) => {
                // What is typed now is not what was warned of.
                warned = false;
                match prompt.session.borrow_mut().reply(&line) {
                    Reply::Leave => break,
                    reply => {
                        answered(reply, voice)?;
                    }
                }
            }
            Err(ReadlineError::Interrupted) => {
                prompt.session.borrow_mut().clear();
                // Who presses it again wants to get out.
                if interrupted == 2 {
                    voice.write("Ctrl-D leaves\n");
                }
            }
            Err(ReadlineError::Eof) => {
                let unsaved = prompt.session.borrow().unsaved().filter(|_| !warned);
                let Some(unsaved) = unsaved else { break };
                voice.write(&unsaved);
                warned = true;
            }
            Err(error) => return Err(broken(error)),
        }
    }
    if let Some(path) = &history {
        let _ = editor.append_history(path);
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

/// What stands behind the line: read, and never taken into it.
struct Told(String);

impl Hint for Told {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Prompt {
    type Hint = Told;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<Told> {
        if at < line.len() {
            return None;
        }
        let hint = self.session.borrow_mut().hint(line)?;
        Some(Told(format!("   {hint}")))
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
            said("rich: 1 of 3 users (33.3 %): u2; unknown 1\n0 of 3 users (0.0 %); unknown 1\n")
        );
        assert_eq!(session.reply("tag poor when"), Reply::More);
        session.clear();
        assert_eq!(session.reply("1 + 1"), said("2\n"), "what was begun is forgotten");
        let Reply::Failed(why) = session.reply("1 + 1\nponts > 3\n2 + 2") else { panic!("it is a mistake") };
        assert!(why.starts_with("2\nerror[E") && !why.contains("\n4\n"), "{why}");
        assert_eq!(session.reply(":quit"), Reply::Leave);
    }

    #[test]
    fn who_leaves_with_rules_that_are_not_saved_is_told_how_to_save_them() {
        let (folder, mut session) = session();
        let told = "1 declaration is not saved: `:save my.rules` keeps it; Ctrl-D again leaves\n";
        assert_eq!(session.unsaved().as_deref(), Some(told));
        let file = folder.path().join("tiers.rules").to_string_lossy().into_owned();
        assert_eq!(session.reply(&format!(":save {file}")), Reply::Said(format!("written to {file}\n")));
        assert_eq!(session.unsaved(), None);
        assert_eq!(session.reply("1 + 1"), Reply::Said("2\n".into()));
        assert_eq!(session.unsaved(), None, "an expression is no rule");
        session.reply("tag rich when points > 5");
        let told = format!("what was typed is not saved: `:save` writes it to {file}; Ctrl-D again leaves\n");
        assert_eq!(session.unsaved(), Some(told));
        session.reply(":drop rich");
        assert_eq!(session.unsaved(), None, "the rules are as they were saved");
        session.reply(":drop tier");
        let told = format!("the rules are not as {file} has them: `:save` writes them to it; Ctrl-D again leaves\n");
        assert_eq!(session.unsaved(), Some(told));
    }

    #[test]
    fn rules_that_are_only_laid_out_are_as_they_were_loaded() {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let mut session = Session::new(AsOf::Said { text: "2026-11-22".into(), by: "--as-of" }, Colour::Plain);
        let file = folder.path().join("a.rules");
        std::fs::write(&file, "tag a   when points>1\ntag b when points >2\n").expect("a file of the test");
        session.reply(&format!(":load {}", file.display()));
        session.reply(":fmt");
        assert_eq!(session.unsaved(), None);
        session.reply("tag b when points > 3");
        let told =
            format!("what was typed is not saved: `:save` writes it to {}; Ctrl-D again leaves\n", file.display());
        assert_eq!(session.unsaved(), Some(told), "one was typed anew");
    }

    #[test]
    fn rules_of_several_files_are_saved_to_a_new_one() {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let mut session = Session::new(AsOf::Said { text: "2026-11-22".into(), by: "--as-of" }, Colour::Plain);
        for (name, text) in [("a", "tag a when points > 1\n"), ("b", "tag b when points > 2\n")] {
            let file = folder.path().join(format!("{name}.rules"));
            std::fs::write(&file, text).expect("a file of the test");
            session.reply(&format!(":load {}", file.display()));
        }
        assert_eq!((session.loaded().len(), session.unsaved()), (2, None));
        session.reply("tag a when points > 3");
        let told = "1 declaration is not saved: `:save all.rules` keeps it; Ctrl-D again leaves\n";
        assert_eq!(session.unsaved().as_deref(), Some(told), "a rule of a file that was typed anew");
        session.reply("tag c when points > 4");
        let told = "2 declarations are not saved: `:save all.rules` keeps them; Ctrl-D again leaves\n";
        assert_eq!(session.unsaved().as_deref(), Some(told));
        session.reply(":drop c");
        session.reply("tag a when points > 1");
        assert_eq!(session.unsaved(), None, "all is as it was loaded");
        session.reply(":drop b");
        let told = "the rules are not as their files have them: `:save all.rules` writes them to a new one; Ctrl-D again leaves\n";
        assert_eq!(session.unsaved().as_deref(), Some(told));
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
