//! The prompt's session: a line in, a reply out. It knows no terminal, and never prints.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use tagwell::{
    data::Memory,
    diagnostic::{
        Diagnostic, Severity,
        code::UNUSED,
        render::{self, Colour, visible, visible_line},
    },
    engine::{Files, Problems, Question, Rulebook},
    eval::Answers,
    ir::{self, Body, DefinitionId},
    schema::OwnTypes,
    source::Sources,
    value::{Type, Zone, print},
};

use super::{
    super::{
        book::{Book, Doubts, Stop},
        clock::AsOf,
        exit::Failure,
        run::moves,
        state::State,
    },
    commands,
    everyone::Everyone,
    input::{self, Typed},
    people::People,
    shown,
    texts::{Fresh, Key, Parts, declarations, is_typed, place, take_out, with_description},
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
    /// What earlier runs left.
    pub(super) state: Option<Arc<State>>,
    pub(super) colour: Colour,
    /// What messages call what is typed: `<prompt>`, or of a script `<stdin>`.
    pub(super) source: &'static str,
    /// Lines of a script before the input.
    lines: usize,
    /// The same of the input before.
    lines_before: usize,
    /// Lines of an input that goes on.
    pub(super) pending: String,
    /// The input that is being answered.
    input: String,
    /// The rules as they stand, checked.
    pub(super) book: Option<Book>,
    /// The data, as they were read.
    pub(super) memory: Arc<Memory>,
    /// What everybody got of all results, when that was asked last.
    answers: Option<Arc<Everyone>>,
    /// What was hinted last.
    pub(super) hinted: Option<(String, Option<String>)>,
    /// What has been said of rows that do not count.
    pub(super) noted: BTreeSet<String>,
    /// Tests that failed when the rules were changed last.
    pub(super) failing: Vec<String>,
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
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong(pub(super) String);

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Wrong {
        if failure.message == "interrupted" {
            return Wrong("interrupted\n".into());
        }
        // What the command takes as options are commands here.
        let here = |text: &str| {
            text.replace("--user ", ":why ")
                .replace("--data: ", "")
                .replace("--data ", ":data ")
                .replace("name the file behind the rules: `tagwell run RULES users.csv`", "say it: `:data users.csv`")
                .replace(", or pass bad rows over: `--on-bad-row skip`", "")
        };
        let mut text = format!("error: {}\n", visible(&here(&failure.message)));
        for help in &failure.help {
            text += &format!("  = help: {}\n", visible(&here(help)));
        }
        Wrong(text)
    }
}

impl Wrong {
    /// A message and its help; they may say what was typed.
    pub(super) fn new(message: &str, help: &str) -> Wrong {
        Wrong(format!("error: {}\n  = help: {}\n", visible(message), visible(help)))
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
            state: None,
            colour,
            source: "<prompt>",
            lines: 0,
            lines_before: 0,
            pending: String::new(),
            input: String::new(),
            book: None,
            memory: Arc::default(),
            answers: None,
            hinted: None,
            noted: BTreeSet::new(),
            failing: vec![],
        }
    }

    /// The same, told a script's lines: messages count them.
    pub(crate) fn of_script(self) -> Session {
        Session { source: "<stdin>", ..self }
    }

    /// Answers a line, or several that were pasted together: one after the other, up to the first mistake.
    pub(crate) fn reply(&mut self, lines: &str) -> Reply {
        self.memory.go_on();
        let mut said = String::new();
        let mut rest = lines.split('\n').peekable();
        while let Some(line) = rest.next() {
            // Of what was pasted the next line is known: a rule may go on there.
            let more = rest.peek().is_some_and(|next| input::goes_on_from_above(next));
            match self.line(line, more) {
                Reply::More => {}
                Reply::Said(text) => said += &text,
                Reply::Failed(why) => return Reply::Failed(said + &why),
                Reply::Leave => return Reply::Leave,
            }
        }
        if said.is_empty() && !self.pending.is_empty() { Reply::More } else { Reply::Said(said) }
    }

    fn line(&mut self, line: &str, more: bool) -> Reply {
        let blank = line.trim().is_empty();
        if self.pending.is_empty() && input::goes_on_from_above(line) && may_go_on(&self.input) {
            // `  and spend > 500` below a rule that seemed to be whole: both together are what is meant.
            self.pending.clone_from(&self.input);
            self.lines = self.lines_before;
        }
        if self.pending.is_empty() && blank {
            self.lines += 1;
            self.input.clear();
            return Reply::Said(String::new());
        }
        self.pending += line;
        self.pending.push('\n');
        // A blank line ends an input that would go on.
        if !blank && (more && may_go_on(&self.pending) || input::goes_on(&self.pending)) {
            return Reply::More;
        }
        self.finish()
    }

    /// Answers what has been typed, complete or not.
    pub(crate) fn finish(&mut self) -> Reply {
        let text = std::mem::take(&mut self.pending);
        self.input.clone_from(&text);
        let answer = match Typed::of(&text) {
            Typed::Nothing => Ok(String::new()),
            Typed::Command("quit" | "q" | "exit", "") => return Reply::Leave,
            Typed::Command(word, rest) => self.command(word, rest),
            Typed::Declarations(text) => self.declare(text),
            Typed::Expression(text) => match commands::bare(text).filter(|_| !self.is_known(text)) {
                Some("quit") => return Reply::Leave,
                Some(word) => self.command(word, ""),
                None => self.expression(text).map_err(|wrong| self.with_a_colon(text, wrong)),
            },
        };
        self.lines_before = self.lines;
        self.lines += text.matches('\n').count();
        match answer {
            Ok(said) => Reply::Said(said),
            Err(Wrong(why)) => Reply::Failed(why),
        }
    }

    /// Forgets a line that goes on.
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
        self.input.clear();
    }

    /// What has been typed of an input that goes on.
    pub(crate) fn pending(&self) -> &str {
        &self.pending
    }

    /// Whether rules or data call something by this name.
    fn is_known(&mut self, name: &str) -> bool {
        self.names().iter().any(|(known, _)| known == name)
    }

    /// `why u1 vip`, typed without its colon.
    fn with_a_colon(&self, text: &str, Wrong(why): Wrong) -> Wrong {
        match commands::meant(text) {
            Some(help) => Wrong(format!("{}\n  = help: {help}\n", why.trim_end())),
            None => Wrong(why),
        }
    }

    /// Part of the input, where it stands in it: blanks before it, and of a script the lines before.
    fn in_its_place(&self, text: &str) -> String {
        let above = if self.source == "<stdin>" { "\n".repeat(self.lines) } else { String::new() };
        let before = self.input.find(text).and_then(|at| self.input.get(..at)).unwrap_or_default();
        let before: String = before.chars().map(|it| if it.is_whitespace() { it } else { ' ' }).collect();
        format!("{above}{before}{text}")
    }

    /// Where the files of the rules are.
    fn files(&self) -> Files {
        let memory = Some(Arc::clone(&self.memory));
        Files { folder: self.folder.clone(), tables: self.tables.clone(), memory, ..Files::default() }
    }

    /// The rules as they stand, checked.
    pub(super) fn book(&mut self) -> Result<&Book, Wrong> {
        if self.book.is_none() {
            self.book = Some(self.checked(&self.rules.clone())?);
        }
        self.book.as_ref().ok_or(Wrong(String::new()))
    }

    /// Takes rules; gives back what was there.
    pub(super) fn take(&mut self, parts: Parts, book: Book) -> (Parts, Option<Book>) {
        self.hinted = None;
        (std::mem::replace(&mut self.rules, parts), self.book.replace(book))
    }

    /// Parses and checks rules, and meets them with the data.
    pub(super) fn checked(&self, parts: &Parts) -> Result<Book, Wrong> {
        let rulebook = Rulebook::parse_all(parts.iter().cloned()).map_err(|problems| self.problems(&problems))?;
        let book = Book::of(&rulebook, self.files(), self.users.as_deref(), &self.params, Doubts::Told);
        let mut book = book.map_err(|stop| match stop {
            Stop::Rules(problems) => self.problems(&problems),
            Stop::Failure(failure) => failure.into(),
        })?;
        if let Some(state) = &self.state {
            let now = self.as_of.instant(&book.checked.zone())?;
            book.remember(state, now)?;
        }
        Ok(book)
    }

    pub(super) fn problems(&self, problems: &Problems) -> Wrong {
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

    /// Takes declarations: new ones come to the others, those whose name is there take its place.
    fn declare(&mut self, text: &str) -> Result<String, Wrong> {
        let typed: Arc<str> = self.in_its_place(text).into();
        let (parsed, found) = Rulebook::parse_what_can_be([(self.source, Arc::clone(&typed))]);
        let problems = Problems::new(found, parsed.sources());
        if problems.has_errors() {
            return Err(self.problems(&problems));
        }
        let doubts_before = self.doubts();
        let mut parts = self.rules.clone();
        let mut names: Vec<(Key, bool)> = vec![];
        let mut all: Vec<Fresh> = vec![];
        for declaration in declarations(self.source, &typed) {
            let written = with_description(&typed, &declaration);
            let descriptions = declaration.description.as_ref().map_or(0, |text| text.lines().count());
            let before = typed.get(..declaration.span().range().start).unwrap_or_default();
            let lines = before.matches('\n').count().saturating_sub(descriptions);
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count());
            let blanks = if descriptions == 0 { " ".repeat(column) } else { String::new() };
            let part = (self.source.to_owned(), format!("{}{blanks}{written}\n", "\n".repeat(lines)).into());
            let fresh = Fresh { key: Key::of(&declaration), part, written };
            names.push((fresh.key.clone(), place(&mut parts, &fresh)));
            all.push(fresh);
        }
        let book = self.checked(&parts).map_err(|wrong| self.where_it_was_typed(&all).unwrap_or(wrong))?;
        let replaced = names.iter().any(|(_, replaced)| *replaced);
        let before = if replaced { self.results_as_they_are().ok().flatten() } else { None };
        let known = self.take(parts, book);
        let answered = self.declared(&names, before);
        match answered {
            Ok(said) => Ok(self.new_doubts(&doubts_before) + &said),
            Err(Wrong(why)) if why == "interrupted\n" => {
                (self.rules, self.book) = known;
                Err(Wrong("interrupted; the rules are as they were\n".into()))
            }
            Err(wrong) => Err(wrong),
        }
    }

    /// What comes of declarations that were taken.
    fn declared(&mut self, names: &[(Key, bool)], before: Option<Arc<Everyone>>) -> Result<String, Wrong> {
        let (mut said, mut wrong) = (String::new(), None);
        let after = if before.is_some() { self.results_as_they_are()? } else { None };
        for (key, replaced) in names {
            match self.told(key, *replaced, after.as_deref()) {
                Ok(text) => said += &text,
                // A test that fails is told behind everything else.
                Err(Wrong(why)) if matches!(key, Key::Quoted("test", _)) => wrong = Some(why),
                Err(wrong) => return Err(wrong),
            }
        }
        if let Some(before) = before
            && let Some(after) = after
            && names.iter().any(|(key, _)| matches!(key, Key::Name(_) | Key::Only(_)))
        {
            let zone = self.zone()?;
            let changed = shown::changes(&before, &after, &zone);
            said += &match changed.is_empty() {
                true => "nobody has other results than before\n".to_owned(),
                false => format!("what changed:\n{changed}"),
            };
        }
        match (names, wrong) {
            (_, Some(why)) => {
                let _ = self.failing_tests();
                Err(Wrong(said + &why))
            }
            ([(Key::Quoted("test", _), _)], None) => {
                let _ = self.failing_tests();
                Ok(said)
            }
            (_, None) => Ok(said + &self.failing_tests()),
        }
    }

    /// What is wrong with declarations, told where they were typed, and not where they would stand in a file.
    fn where_it_was_typed(&self, all: &[Fresh]) -> Option<Wrong> {
        let mut parts = self.rules.clone();
        let keys: Vec<Key> = all.iter().map(|fresh| fresh.key.clone()).collect();
        take_out(&mut parts, &keys);
        parts.extend(all.iter().map(|fresh| fresh.part.clone()));
        self.checked(&parts).err()
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

    /// What everybody gets of a definition that was typed; how a test goes.
    fn told(&mut self, key: &Key, replaced: bool, known: Option<&Everyone>) -> Result<String, Wrong> {
        let word = if replaced { "changed" } else { "ok" };
        let name = match key {
            Key::Quoted("test", name) => return self.play_typed(name),
            Key::Quoted(..) | Key::Only(_) => return Ok(format!("{word}: {}\n", key.shown())),
            Key::Name(name) => name,
        };
        let book = self.book()?;
        let rulebook = Arc::clone(book.checked.rulebook());
        let Some(id) = rulebook.find(name) else { return Ok(format!("{word}: {name}\n")) };
        let definition = rulebook.definition(id);
        if book.users.is_none() {
            return Ok(format!(
                "{word}: {} {name}, {}\n",
                definition.body.word(),
                type_name(&rulebook, &definition.ty)
            ));
        }
        if let Some(known) = known
            && let Some(at) = known.ids.iter().position(|known| *known == id)
        {
            let zone = self.zone()?;
            return Ok(shown::spread(name, &definition.ty, &rulebook, &known.people, at, &zone));
        }
        self.spread(name, &rulebook, id)
    }

    /// How a value is spread over everybody.
    fn spread(&mut self, name: &str, rulebook: &Arc<ir::Rulebook>, id: DefinitionId) -> Result<String, Wrong> {
        let (as_of, zone) = (self.as_of.clone(), self.zone()?);
        let people = People::ask(self.book()?, &as_of, rulebook, &[id])?;
        let ty = &rulebook.definition(id).ty;
        let said = shown::spread(name, ty, rulebook, &people, 0, &zone);
        Ok(said + &self.notes(&people, rulebook))
    }

    /// What does not count of the data, as far as it has not been said.
    pub(super) fn notes(&mut self, people: &People, rulebook: &ir::Rulebook) -> String {
        let mut lines = people.passed_over(rulebook);
        if self.state.is_none() {
            let all = rulebook.reads((0..rulebook.definitions.len() as u32).map(DefinitionId));
            lines.extend(moves::without_state(rulebook, &all));
        }
        let lines = lines.iter().map(|line| visible_line(line).into_owned());
        lines.filter(|line| self.noted.insert(line.clone())).map(|line| format!("note: {line}\n")).collect()
    }

    /// What everybody gets of all results, with the rules as they stand; none without data.
    pub(super) fn results_as_they_are(&mut self) -> Result<Option<Arc<Everyone>>, Wrong> {
        let zone = self.zone()?;
        let (as_of, now) = (self.as_of.clone(), self.as_of.instant(&zone)?);
        let (parts, before) = (self.rules.clone(), self.answers.clone());
        let book = self.book()?;
        if book.users.is_none() {
            return Ok(None);
        }
        let answers = Everyone::ask(book, (&as_of, now), &parts, before.as_ref())?;
        self.answers = Some(Arc::clone(&answers));
        Ok(Some(answers))
    }

    /// What was found of the data before is no more so.
    pub(super) fn forget_answers(&mut self) {
        self.answers = None;
    }

    /// Checks an expression beside the rules.
    pub(super) fn question(&mut self, text: &str) -> Result<Question, Wrong> {
        let rules = self.rules.clone();
        let mut inputs = self.book()?.inputs.clone();
        let (source, placed) = (self.source, self.in_its_place(text));
        let ask = |inputs: &_| Question::of_many(&rules, (source, &placed), inputs);
        let question = ask(&inputs).map_err(|problems| self.problems(&problems))?;
        // A field by itself, of which no rule says what it is, is what its values look like.
        if *question.ty() == Type::Text && input::words(text).len() == 1 {
            for facts in inputs.facts.values_mut().filter(|facts| facts.values == OwnTypes::Written) {
                facts.values = OwnTypes::Typed;
            }
            return Ok(ask(&inputs).unwrap_or(question));
        }
        Ok(question)
    }

    /// How the value of an expression is spread; without data its value, where it needs none.
    fn expression(&mut self, text: &str) -> Result<String, Wrong> {
        let question = self.question(text)?;
        let as_of = self.as_of.clone();
        let (rulebook, id) = (Arc::clone(question.rulebook()), question.asked());
        let ty = question.ty().clone();
        let reads = rulebook.reads([id]);
        let constant = reads.columns.is_empty() && reads.aggregates.is_empty();
        let book = self.book()?;
        if constant {
            let engine = book.engine(&as_of, &rulebook, &reads)?;
            let mut answers = Answers::none(&rulebook);
            engine.interpreter().evaluate_answered(&rulebook.order_of(&reads), &[], &mut answers);
            let value = print::json(&rulebook.shown(answers.value(id), &ty), engine.clock().zone());
            return Ok(format!("{}\n", visible_line(&value)));
        }
        if book.users.is_none() {
            let ty = type_name(&rulebook, &ty);
            return Ok(format!("{ty}; there are no data to ask: `:data users.csv`\n"));
        }
        self.spread("", &rulebook, id)
    }

    /// Files that rules came from.
    pub(super) fn loaded(&self) -> Vec<String> {
        self.rules.iter().map(|(name, _)| name).filter(|name| !is_typed(name)).cloned().collect()
    }
}

/// Whether the next line may be more of this input: of a rule or an expression, never of a command.
fn may_go_on(input: &str) -> bool {
    match Typed::of(input) {
        Typed::Declarations(_) => true,
        Typed::Expression(text) => commands::bare(text).is_none(),
        Typed::Command(..) | Typed::Nothing => false,
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
