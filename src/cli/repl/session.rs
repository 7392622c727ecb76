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
    syntax::ast,
    value::{Clock, Type, Zone, print},
};

use super::{
    super::{
        book::{Book, Stop},
        clock::AsOf,
        exit::Failure,
        rules::Rules,
        voice::{Voice, Volume},
    },
    input::{self, Typed},
    people::{InMemory, People, Selected},
    shown,
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
    pending: String,
    /// The rules as they stand, checked.
    book: Option<Book>,
    memory: InMemory,
    /// What was hinted last.
    hinted: Option<(String, Option<String>)>,
}

/// Rule texts under their names.
pub(super) type Parts = Vec<(String, Arc<str>)>;

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

/// Where typed rules stand.
const PROMPT: &str = "<prompt>";

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

    /// Answers a line.
    pub(crate) fn reply(&mut self, line: &str) -> Reply {
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
        let book = Book::of(&rulebook, self.folder.clone(), self.users.as_deref(), &self.tables, &self.params);
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

    /// What is known of a line while it is being typed: the type, and of a condition how many users it selects.
    pub(crate) fn hint(&mut self, line: &str) -> Option<String> {
        let text = format!("{}{line}", self.pending);
        if let Some((known, hint)) = &self.hinted
            && *known == text
        {
            return hint.clone();
        }
        let hint = self.find_hint(&text);
        self.hinted = Some((text, hint.clone()));
        hint
    }

    fn find_hint(&mut self, text: &str) -> Option<String> {
        let asked = match Typed::of(text) {
            Typed::Expression(text) => text.to_owned(),
            Typed::Declarations(text) => condition_of(text)?,
            Typed::Command(..) | Typed::Nothing => return None,
        };
        if input::words(&asked).len() < 2 && !asked.contains(char::is_alphabetic) {
            return None;
        }
        let question = self.question(&asked).ok()?;
        let rulebook = Arc::clone(question.rulebook());
        if *question.ty() != Type::Bool {
            return Some(type_name(&rulebook, question.ty()));
        }
        let (as_of, id) = (self.as_of.clone(), question.asked());
        let mut memory = std::mem::take(&mut self.memory);
        let selected = match self.book() {
            Ok(book) if book.users.is_some() => {
                memory.count(book, &as_of, &rulebook, id).or_else(|| many_rows(book, &as_of, &rulebook, id))
            }
            Ok(_) | Err(_) => None,
        };
        self.memory = memory;
        Some(match selected {
            Some(Selected { yes, of }) => {
                format!("{} of {}", super::super::summary::grouped(yes), shown::users(of as usize))
            }
            None => "condition".to_owned(),
        })
    }

    /// What can be named: words, and what each is.
    pub(crate) fn names(&mut self) -> Vec<(String, &'static str)> {
        let Ok(book) = self.book() else { return vec![] };
        let rulebook = book.checked.rulebook();
        let mut names: Vec<(String, &'static str)> = vec![];
        for table in &rulebook.schema.tables {
            names.push((table.name.to_string(), "table"));
            names.extend(table.columns.iter().map(|column| (column.name.to_string(), "field")));
        }
        let headers = book.inputs.facts.values().flat_map(|facts| &facts.columns);
        names.extend(headers.map(|column| (column.header.clone(), "field")));
        for definition in &rulebook.definitions {
            names.push((definition.name.to_string(), definition.body.word()));
        }
        for choices in &rulebook.choices {
            names.extend(choices.values.iter().map(|value| (value.name.to_string(), "value")));
        }
        names.extend(rulebook.params.iter().map(|it| (it.name.to_string(), "param")));
        names.extend(rulebook.lists.iter().map(|it| (it.name.to_string(), "list")));
        names
    }

    /// The texts that a field or `let` has in the data, the most frequent first.
    pub(crate) fn texts_of(&mut self, name: &str) -> Vec<String> {
        let Ok(question) = self.question(name) else { return vec![] };
        if *question.ty() != Type::Text {
            return vec![];
        }
        let (as_of, rulebook, id) = (self.as_of.clone(), Arc::clone(question.rulebook()), question.asked());
        let Ok(book) = self.book() else { return vec![] };
        let Ok(people) = People::ask(book, &as_of, &rulebook, &[id]) else { return vec![] };
        let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        for (_, value) in people.of(0) {
            if let tagwell::value::Value::Text(text) = value {
                *counts.entry(text.to_string()).or_default() += 1;
            }
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts.into_iter().take(200).map(|(text, _)| text).collect()
    }
}

/// Users who are counted while one types, where a rule asks about many rows.
const SOON: u64 = 50_000;

fn many_rows(book: &Book, as_of: &AsOf, rulebook: &Arc<ir::Rulebook>, id: DefinitionId) -> Option<Selected> {
    let size = book.users.as_ref().and_then(|users| std::fs::metadata(users.name()).ok()).map_or(0, |it| it.len());
    if size > SOON * 50 {
        return None;
    }
    let people = People::ask(book, as_of, rulebook, &[id]).ok()?;
    let yes = people.of(0).filter(|(_, value)| **value == tagwell::value::Value::Bool(true)).count() as u64;
    Some(Selected { yes, of: people.len() as u64 })
}

/// The condition or value of a declaration that is being typed.
fn condition_of(text: &str) -> Option<String> {
    let words = input::words(text);
    let head = words.first()?.text;
    let mark = match head {
        "tag" | "segment" => "when",
        "let" => "=",
        _ => return None,
    };
    let at = words.iter().find(|word| word.text == mark)?;
    let rest = text.get(at.start + at.text.len()..)?;
    let end = input::words(rest).iter().find(|word| word.text == "{").map_or(rest.len(), |word| word.start);
    rest.get(..end).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
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

/// The names that a text declares.
fn declared(name: &str, text: &Arc<str>) -> Vec<String> {
    let (rulebook, _) = Rulebook::parse_what_can_be([(name, Arc::clone(text))]);
    rulebook.files().iter().flat_map(|file| &file.declarations).map(name_of).collect()
}

fn name_of(declaration: &ast::Declaration) -> String {
    match (&declaration.kind, declaration.name()) {
        (ast::DeclarationKind::Rulebook(_), _) => "rulebook".into(),
        (_, Some(name)) => name.symbol.to_string(),
        (_, None) => "it".into(),
    }
}

/// The text of a declaration, with the `##` comments above it.
fn with_description(text: &str, declaration: &ast::Declaration) -> String {
    let written = text.get(declaration.span().range()).unwrap_or(text);
    match &declaration.description {
        Some(description) => {
            let lines: String = description.lines().map(|line| format!("## {line}\n")).collect();
            format!("{lines}{written}")
        }
        None => written.to_owned(),
    }
}

/// Puts a declaration where one of its name stands, or behind all others; whether one stood there.
fn place(parts: &mut Parts, declaration: &ast::Declaration, written: &str) -> bool {
    let name = name_of(declaration);
    for (part, text) in parts.iter_mut() {
        let (rulebook, _) = Rulebook::parse_what_can_be([(part.as_str(), Arc::clone(text))]);
        let known = rulebook.files().iter().flat_map(|file| &file.declarations).find(|known| {
            declaration.name().is_some() && known.name().is_some() && name_of(known) == name
                || matches!(
                    (&known.kind, &declaration.kind),
                    (ast::DeclarationKind::Rulebook(_), ast::DeclarationKind::Rulebook(_))
                )
        });
        if let Some(known) = known {
            let range = known.span().range();
            let bare = written.trim_start_matches("## ");
            let new = if known.description.is_some() && bare.len() != written.len() { strip(written) } else { written };
            let (before, after) = (text.get(..range.start).unwrap_or(""), text.get(range.end..).unwrap_or(""));
            *text = format!("{before}{new}{after}").into();
            return true;
        }
    }
    match parts.iter_mut().find(|(part, _)| part == PROMPT) {
        Some((_, text)) => *text = format!("{text}{written}\n").into(),
        None => parts.push((PROMPT.into(), format!("{written}\n").into())),
    }
    false
}

/// Without the description: the one that stands there stays.
fn strip(written: &str) -> &str {
    let mut rest = written;
    while let Some((line, after)) = rest.split_once('\n') {
        if !line.starts_with("##") {
            break;
        }
        rest = after;
    }
    rest
}
