//! The prompt's session: a line in, a reply out. It knows no terminal, and never prints.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tagwell::{
    diagnostic::{
        Diagnostic, Severity,
        code::UNUSED,
        render::{self, Colour},
    },
    engine::{Problems, Question, Rulebook},
    eval::Answers,
    ir::{self, Body, DefinitionId},
    source::Sources,
    value::{Clock, Type, Zone, print},
};

use super::{
    super::{
        book::{Book, Doubts, Stop},
        clock::AsOf,
        exit::Failure,
        rules::Rules,
        voice::{Voice, Volume},
    },
    input::{self, Typed},
    people::{InMemory, People},
    shown,
    texts::{PROMPT, Parts, declared, name_of, place, with_description},
};

/// Rules, data and a clock, and what has been typed so far.
pub(crate) struct Session {
    pub(super) rules: Parts,
    /// As they were loaded or saved.
    pub(super) kept: Parts,
    pub(super) folder: PathBuf,
    /// Where the users are.
    pub(super) users: Option<String>,
    /// Where other tables are.
    pub(super) tables: Vec<(String, String)>,
    pub(super) params: Vec<(String, String)>,
    pub(super) as_of: AsOf,
    pub(super) colour: Colour,
    /// Lines of an input that goes on.
    pub(super) pending: String,
    /// The rules as they stand, checked.
    book: Option<Book>,
    pub(super) memory: InMemory,
    /// What was hinted last.
    pub(super) hinted: Option<(String, Option<String>)>,
}

/// What comes of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The input goes on.
    More,
    /// An answer; perhaps nothing.
    Said(String),
    /// It could not be done.
    Failed(String),
    /// The end.
    Leave,
}

/// What could not be done, in words.
pub(super) struct Wrong(pub(super) String);

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Wrong {
        let mut text = format!("error: {}\n", failure.message);
        for help in &failure.help {
            text += &format!("  = help: {help}\n");
        }
        Wrong(text)
    }
}

impl Session {
    /// Nothing is loaded yet.
    pub(crate) fn new(as_of: AsOf, colour: Colour) -> Session {
        Session {
            rules: vec![],
            kept: vec![],
            folder: PathBuf::new(),
            users: None,
            tables: vec![],
            params: vec![],
            as_of,
            colour,
            pending: String::new(),
            book: None,
            memory: InMemory::default(),
            hinted: None,
        }
    }

    /// Answers a line, or several that were pasted together: one after the other, up to the first mistake.
    pub(crate) fn reply(&mut self, lines: &str) -> Reply {
        let mut said = String::new();
        for line in lines.split('\n') {
            match self.line(line) {
                Reply::More => {}
                Reply::Said(text) => said += &text,
                Reply::Failed(why) => return Reply::Failed(said + &why),
                Reply::Leave => return Reply::Leave,
            }
        }
        if said.is_empty() && !self.pending.is_empty() { Reply::More } else { Reply::Said(said) }
    }

    fn line(&mut self, line: &str) -> Reply {
        let blank = line.trim().is_empty();
        if self.pending.is_empty() && blank {
            return Reply::Said(String::new());
        }
        self.pending += line;
        self.pending.push('\n');
        // A blank line ends an input that would go on.
        if !blank && input::goes_on(&self.pending) {
            return Reply::More;
        }
        self.finish()
    }

    /// Answers what has been typed, complete or not.
    pub(crate) fn finish(&mut self) -> Reply {
        let text = std::mem::take(&mut self.pending);
        let answer = match Typed::of(&text) {
            Typed::Nothing => Ok(String::new()),
            Typed::Command("quit" | "q" | "exit", _) => return Reply::Leave,
            Typed::Command(word, rest) => self.command(word, rest),
            Typed::Declarations(text) => self.declare(text),
            Typed::Expression(text) => self.expression(text),
        };
        match answer {
            Ok(said) => Reply::Said(said),
            Err(Wrong(why)) => Reply::Failed(why),
        }
    }

    /// Forgets a line that goes on.
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    /// What has been typed of an input that goes on.
    pub(crate) fn pending(&self) -> &str {
        &self.pending
    }

    /// Reads rules from a file or folder; those of the same name are replaced.
    pub(crate) fn load(&mut self, path: &Path) -> Result<String, Wrong> {
        let quiet = Voice { volume: Volume::Quiet, ..Voice::default() };
        let rules = Rules::read(path)?;
        if !rules.found.is_empty() {
            return Err(Wrong(render::human(&rules.found, &rules.sources, self.colour)));
        }
        let texts = rules.texts(super::super::report::MessageFormat::Human, &quiet)?;
        let folder =
            if path.is_dir() { path.to_owned() } else { path.parent().map(Path::to_owned).unwrap_or_default() };
        let mut parts = self.rules.clone();
        for (name, text) in texts {
            match parts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = text,
                None => parts.push((name, text)),
            }
        }
        let before = std::mem::replace(&mut self.folder, folder);
        match self.checked(&parts) {
            Ok(book) => {
                let number = parts.iter().map(|(name, text)| declared(name, text).len()).sum::<usize>();
                self.rules = parts;
                self.kept.clone_from(&self.rules);
                self.book = Some(book);
                let word = if number == 1 { "declaration" } else { "declarations" };
                Ok(format!("{number} {word}{}\n", self.number_of_users()?))
            }
            Err(wrong) => {
                self.folder = before;
                Err(wrong)
            }
        }
    }

    /// Names the file of the users, or of another table.
    pub(crate) fn data(&mut self, spec: &str) -> Result<String, Wrong> {
        let before = (self.users.clone(), self.tables.clone());
        match spec.split_once('=') {
            Some((table, file)) => {
                self.tables.retain(|(known, _)| known != table.trim());
                self.tables.push((table.trim().into(), file.trim().into()));
            }
            None => self.users = Some(spec.to_owned()),
        }
        self.memory = InMemory::default();
        let answer = self.checked(&self.rules.clone()).and_then(|book| {
            self.book = Some(book);
            self.number_of_users()
        });
        match answer {
            Ok(users) => Ok(format!("{}\n", users.trim_start_matches([',', ' ']))),
            Err(wrong) => {
                (self.users, self.tables) = before;
                self.book = self.checked(&self.rules.clone()).ok();
                Err(wrong)
            }
        }
    }

    /// `, 3 users`; empty where there are no data.
    fn number_of_users(&mut self) -> Result<String, Wrong> {
        let as_of = self.as_of.clone();
        let book = self.book()?;
        if book.users.is_none() {
            return Ok(String::new());
        }
        let people = People::ask(book, &as_of, &Arc::clone(book.checked.rulebook()), &[])?;
        let bad = match people.rejected {
            0 => String::new(),
            rejected => format!(", {rejected} bad rows passed over"),
        };
        Ok(format!(", {}{bad}", shown::users(people.len())))
    }

    /// The rules as they stand, checked.
    pub(super) fn book(&mut self) -> Result<&Book, Wrong> {
        if self.book.is_none() {
            self.book = Some(self.checked(&self.rules.clone())?);
        }
        self.book.as_ref().ok_or(Wrong(String::new()))
    }

    pub(super) fn take(&mut self, parts: Parts, book: Book) {
        self.rules = parts;
        self.book = Some(book);
        self.hinted = None;
    }

    /// Parses and checks rules, and meets them with the data.
    pub(super) fn checked(&self, parts: &Parts) -> Result<Book, Wrong> {
        let rulebook = Rulebook::parse_all(parts.iter().cloned()).map_err(|problems| self.problems(&problems))?;
        let book =
            Book::of(&rulebook, self.folder.clone(), self.users.as_deref(), &self.tables, &self.params, Doubts::Told);
        book.map_err(|stop| match stop {
            Stop::Rules(problems) => self.problems(&problems),
            Stop::Failure(failure) => failure.into(),
        })
    }

    fn problems(&self, problems: &Problems) -> Wrong {
        // Where there are mistakes, doubts only stand in the way.
        let mistakes: Vec<Diagnostic> =
            problems.diagnostics().iter().filter(|it| it.severity == Severity::Error).cloned().collect();
        Wrong(self.shown(&mistakes, problems.sources()))
    }

    fn shown(&self, found: &[Diagnostic], sources: &Sources) -> String {
        let text = render::human(found, sources, self.colour);
        format!("{}\n", text.trim_end())
    }

    pub(super) fn zone(&mut self) -> Result<Zone, Wrong> {
        Ok(self.book()?.checked.zone())
    }

    pub(super) fn clock(&mut self) -> Result<Clock, Wrong> {
        let zone = self.zone()?;
        let instant = self.as_of.instant(&zone)?;
        Clock::at(instant, zone).ok_or_else(|| Wrong("error: the as-of is outside the years 1 to 9999\n".into()))
    }

    /// Takes declarations: new ones come to the others, those whose name is there take its place.
    fn declare(&mut self, text: &str) -> Result<String, Wrong> {
        let (typed, found) = Rulebook::parse_what_can_be([(PROMPT, text)]);
        let problems = Problems::new(found, typed.sources());
        if problems.has_errors() {
            return Err(self.problems(&problems));
        }
        let before = self.book().ok().map(|book| Arc::clone(book.checked.rulebook()));
        let doubts_before = self.doubts();
        let mut parts = self.rules.clone();
        let mut names: Vec<(String, bool)> = vec![];
        for declaration in typed.files().iter().flat_map(|file| &file.declarations) {
            let written = with_description(text, declaration);
            let replaced = place(&mut parts, declaration, &written);
            names.push((name_of(declaration), replaced));
        }
        let book = self.checked(&parts)?;
        let old_people = match names.iter().any(|(_, replaced)| *replaced) {
            true => before.as_ref().map(|old| self.results(old)).transpose()?.flatten(),
            false => None,
        };
        self.take(parts, book);
        let mut said = self.new_doubts(&doubts_before);
        for (name, replaced) in &names {
            said += &self.told(name, *replaced)?;
        }
        if let (Some(old), Some((old_ids, old_people))) = (before, old_people) {
            let rulebook = Arc::clone(self.book()?.checked.rulebook());
            if let Some((ids, people)) = self.results(&rulebook)? {
                let zone = self.zone()?;
                let changed = shown::changes((&old, &old_ids, &old_people), (&rulebook, &ids, &people), &zone);
                said += &match changed.is_empty() {
                    true => "nobody has other results than before\n".to_owned(),
                    false => format!("what changed:\n{changed}"),
                };
            }
        }
        Ok(said)
    }

    /// Doubts about the rules, but that a `let` is unused: here it is being tried.
    fn doubts(&mut self) -> Vec<Diagnostic> {
        let Ok(book) = self.book() else { return vec![] };
        book.checked.warnings().diagnostics().iter().filter(|it| it.code != UNUSED).cloned().collect()
    }

    fn new_doubts(&mut self, before: &[Diagnostic]) -> String {
        let new: Vec<Diagnostic> =
            self.doubts().into_iter().filter(|it| !before.iter().any(|known| known.message == it.message)).collect();
        let Ok(book) = self.book() else { return String::new() };
        let sources = Arc::clone(book.checked.warnings().sources());
        if new.is_empty() { String::new() } else { self.shown(&new, &sources) }
    }

    /// What everybody gets of a definition that was typed.
    fn told(&mut self, name: &str, replaced: bool) -> Result<String, Wrong> {
        let book = self.book()?;
        let rulebook = Arc::clone(book.checked.rulebook());
        let word = if replaced { "changed" } else { "ok" };
        let Some(id) = rulebook.find(name) else { return Ok(format!("{word}: {name}\n")) };
        let definition = rulebook.definition(id);
        if book.users.is_none() {
            return Ok(format!(
                "{word}: {} {name}, {}\n",
                definition.body.word(),
                type_name(&rulebook, &definition.ty)
            ));
        }
        let as_of = self.as_of.clone();
        let people = People::ask(self.book()?, &as_of, &rulebook, &[id])?;
        let zone = self.zone()?;
        Ok(shown::spread(name, &definition.ty, &rulebook, &people, 0, &zone))
    }

    /// What everybody gets of all results; none without data.
    pub(super) fn results(
        &mut self,
        rulebook: &Arc<ir::Rulebook>,
    ) -> Result<Option<(Vec<DefinitionId>, People)>, Wrong> {
        let as_of = self.as_of.clone();
        let book = self.book()?;
        if book.users.is_none() {
            return Ok(None);
        }
        let ids = tagwell::explain::results(rulebook);
        let people = People::ask(book, &as_of, rulebook, &ids)?;
        Ok(Some((ids, people)))
    }

    /// Checks an expression beside the rules.
    pub(super) fn question(&mut self, text: &str) -> Result<Question, Wrong> {
        let rules = self.rules.clone();
        let inputs = self.book()?.inputs.clone();
        Question::of_many(&rules, text, &inputs).map_err(|problems| self.problems(&problems))
    }

    /// How the value of an expression is spread; without data its value, where it needs none.
    fn expression(&mut self, text: &str) -> Result<String, Wrong> {
        let question = self.question(text)?;
        let as_of = self.as_of.clone();
        let (rulebook, id) = (Arc::clone(question.rulebook()), question.asked());
        let ty = question.ty().clone();
        let reads = rulebook.reads([id]);
        let constant = reads.columns.is_empty() && reads.aggregates.is_empty();
        if constant {
            let book = self.book()?;
            let engine = book.checked.engine_with(book.context(&as_of, &reads)?).of(Arc::clone(&rulebook));
            let mut answers = Answers::none(&rulebook);
            engine.interpreter().evaluate_answered(&rulebook.order_of(&reads), &[], &mut answers);
            let value = print::json(&rulebook.shown(answers.value(id), &ty), engine.clock().zone());
            return Ok(format!("{value}\n"));
        }
        let book = self.book()?;
        if book.users.is_none() {
            let ty = type_name(&rulebook, &ty);
            return Ok(format!("{ty}; there are no data to ask: `:data users.csv`\n"));
        }
        let people = People::ask(book, &as_of, &rulebook, &[id])?;
        let zone = self.zone()?;
        Ok(shown::spread("", &ty, &rulebook, &people, 0, &zone))
    }
}

/// A type as the prompt says it.
pub(super) fn type_name(rulebook: &ir::Rulebook, ty: &Type) -> String {
    match ty {
        Type::Bool => "condition".into(),
        Type::Choice(id) => {
            let of = rulebook.definition(rulebook.choices(*id).of);
            let word = match of.body {
                Body::Layer(_) => "layer",
                Body::Funnel(..) => "funnel",
                _ => "level",
            };
            format!("a value of the {word} {}", of.name)
        }
        ty => ty.to_string(),
    }
}
