//! What begins with a colon.

use std::{path::Path, sync::Arc};

use tagwell::{
    data::Input,
    diagnostic::{nearest, render::visible_line},
    engine::{Question, Rulebook},
    explain, format,
    ir::{Body, DefinitionId},
    value::{Value, compare},
};

use super::{
    super::{
        book,
        data::DataArgs,
        explain::{named, painter},
        output::Output,
        schema, sketch, state,
        voice::{Voice, Volume},
    },
    complete::spelled,
    everyone::Everyone,
    input,
    people::People,
    session::{Session, Wrong},
    shown,
    texts::{Declared, Key, Parts, declared, difference, is_typed, joined, take_out},
};

/// Columns of the data that are shown where no rule says anything.
const COLUMNS: usize = 8;

/// Each command, what stands behind it, and what it does.
pub(crate) const COMMANDS: [(&str, &str, &str); 15] = [
    ("load", "RULES", "reads rules, a file or folder; again: what changed"),
    ("data", "[NAME=]FILE", "reads the users, or another table, from a file"),
    ("as-of", "[MOMENT]", "says or moves the clock: 2026-11-22, +7d, -1mo, now"),
    ("why", "ID [NAME…]", "why a user has a result, or lacks it"),
    ("top", "[N] EXPR", "the users with the greatest values"),
    ("sample", "[N] [COND]", "some users and what they got"),
    ("tests", "[TEXT]", "plays tests and snapshots, by a text in their name"),
    ("diff", "", "who has other results since rules were loaded or saved"),
    ("drop", "NAME…", "takes rules or tests out"),
    ("fmt", "", "lays the rules out, and prints them"),
    ("save", "[FILE]", "writes the rules to a file"),
    ("schema", "[FILE]", "the tables; or the table that a file would be"),
    ("rules", "", "the rules as they stand"),
    ("help", "", "this"),
    ("quit", "", "leaves; so does Ctrl-D"),
];

impl Session {
    /// Does what a command says.
    pub(super) fn command(&mut self, word: &str, rest: &str) -> Result<String, Wrong> {
        match (word, rest) {
            ("load" | "data" | "why" | "top" | "drop", "") => Err(self.needs(word)),
            ("load", path) => self.load(Path::new(path)),
            ("data", spec) => self.data(spec),
            ("as-of", "") => Ok(format!("as of {}\n", self.now()?)),
            ("as-of", moment) => self.move_clock(moment),
            ("why", rest) => self.why(rest),
            ("top", rest) => self.top(rest),
            ("sample", rest) => self.sample(rest),
            ("tests" | "test", filter) => self.tests(filter),
            ("drop", names) => self.drop_named(&split(names)),
            ("diff", "") => self.diff(),
            ("fmt", "") => self.lay_out(),
            ("save", path) => self.save(path),
            ("schema", "") => self.schema(),
            ("schema", path) => Ok(sketch::tables(&Input::parse(path).map_err(book::failure)?)?),
            ("rules", "") => Ok(joined(&self.rules)),
            ("help" | "h" | "?", "") => Ok(help()),
            ("diff" | "fmt" | "rules" | "help" | "h" | "?" | "quit" | "q" | "exit", rest) => Err(Wrong::new(
                &format!("`:{word}` takes nothing behind it, and `{rest}` stands there"),
                &format!("write `:{word}`"),
            )),
            (word, rest) => {
                let begun = COMMANDS.iter().map(|(name, ..)| *name).filter(|name| name.starts_with(word));
                match begun.collect::<Vec<_>>().as_slice() {
                    [whole] if *whole != "quit" => return self.command(whole, rest),
                    several @ [_, _, ..] if !word.is_empty() => {
                        let (message, begun) = ("begins the names of several commands", several.join("`, `:"));
                        return Err(Wrong(format!("error: `:{word}` {message}\n  = help: write one of `:{begun}`\n")));
                    }
                    _ => {}
                }
                let names = COMMANDS.iter().map(|(name, ..)| *name);
                let help = match nearest(word, names) {
                    Some(near) => format!("did you mean `:{near}`?"),
                    None => "`:help` lists what there is".to_owned(),
                };
                Err(Wrong::new(&format!("there is no command `:{word}`"), &help))
            }
        }
    }

    fn needs(&self, word: &str) -> Wrong {
        let what = COMMANDS.iter().find(|(name, ..)| *name == word).map_or("", |(_, what, _)| *what);
        Wrong(format!("error: `:{word}` needs to know more\n  = help: write `:{word} {what}`\n"))
    }

    fn why(&mut self, rest: &str) -> Result<String, Wrong> {
        let words = split(rest);
        let Some((user, names)) = words.split_first() else { return Err(self.needs("why")) };
        let (as_of, colour) = (self.as_of.clone(), self.colour);
        let book = self.book()?;
        let ids = named(book.checked.rulebook(), names, Some(user))?;
        let quiet = Voice { volume: Volume::Quiet, ..Voice::default() };
        let (engine, key, results) = state::explained(book, &as_of, user, &ids, &DataArgs::default(), &quiet)?;
        Ok(explain::text(&key, engine.clock(), &results, &painter(colour)))
    }

    /// The users with the greatest values of an expression.
    fn top(&mut self, rest: &str) -> Result<String, Wrong> {
        let (number, text) = number_and_rest(rest);
        if text.is_empty() {
            return Err(self.needs("top"));
        }
        let question = self.question(text)?;
        let (as_of, rulebook, id) = (self.as_of.clone(), Arc::clone(question.rulebook()), question.asked());
        let zone = self.zone()?;
        let people = People::ask(self.book()?, &as_of, &rulebook, &[id])?;
        let mut rows: Vec<(usize, Value)> = (0..people.len()).map(|row| (row, people.value(0, row))).collect();
        rows.retain(|(_, value)| *value != Value::Missing);
        let order = |(a, left): &(usize, Value), (b, right): &(usize, Value)| {
            compare::order(right, left, &zone).unwrap_or(std::cmp::Ordering::Equal).then(a.cmp(b))
        };
        if let Some(last) = number.checked_sub(1).filter(|last| *last < rows.len()) {
            rows.select_nth_unstable_by(last, order);
        }
        rows.truncate(number);
        rows.sort_by(order);
        let mut lines = vec![vec!["user".to_owned(), text.to_owned()]];
        for (row, value) in rows {
            let shown = shown::plain(&rulebook.shown(&value, question.ty()), &zone);
            lines.push(vec![people.keys.get(row).cloned().unwrap_or_default(), shown]);
        }
        Ok(tagwell::outcome::aligned(&lines))
    }

    /// Some users, by chance but always the same, with what they got, and with what the condition asks about.
    fn sample(&mut self, rest: &str) -> Result<String, Wrong> {
        let (number, text) = number_and_rest(rest);
        let as_of = self.as_of.clone();
        let question = if text.is_empty() { self.question("true")? } else { self.question(text)? };
        if *question.ty() != tagwell::value::Type::Bool {
            return Err(Wrong::new(&format!("`{text}` is no condition"), "write `:sample 5 spend > 500`"));
        }
        let condition = if text.is_empty() { "true" } else { text };
        let (question, first, beside) = match self.with_what_is_asked_about(condition) {
            Some(found) => found,
            None => (question, vec![], vec![]),
        };
        let rulebook = Arc::clone(question.rulebook());
        let mut ids: Vec<DefinitionId> = explain::results(&rulebook);
        ids.extend(beside);
        let shown_ids = ids.clone();
        ids.push(question.asked());
        let zone = self.zone()?;
        let people = People::ask(self.book()?, &as_of, &rulebook, &ids)?;
        let at = shown_ids.len();
        let selected = |row: &usize| people.value(at, *row) == Value::Bool(true);
        let mut rows: Vec<usize> = (0..people.len()).filter(selected).collect();
        let all = rows.len();
        if all == 0 {
            let notes = self.notes(&people, &rulebook);
            return Ok(format!("0 of {} match\n", shown::users(people.len())) + &notes);
        }
        let by_chance =
            |row: &usize| people.keys.get(*row).map(|key| (tagwell::value::hash::bucket(key, "sample", 1 << 31), *row));
        rows.sort_by_cached_key(by_chance);
        rows.truncate(number);
        rows.sort_unstable();
        let notes = self.notes(&people, &rulebook);
        Ok(format!("{} of {}\n", rows.len(), shown::users(all))
            + &shown::table(&rulebook, &shown_ids, &first, &people, rows, &zone)
            + &notes)
    }

    /// A condition, and beside it as definitions of their own the fields and `let`s that it asks about; where it asks about none, and no
    /// rule says anything, the first columns of the data.
    fn with_what_is_asked_about(&mut self, condition: &str) -> Option<(Question, Vec<String>, Vec<DefinitionId>)> {
        let inputs = self.book().ok()?.inputs.clone();
        let rulebook = Arc::clone(self.book().ok()?.checked.rulebook());
        let headers = inputs.facts.values().flat_map(|facts| &facts.columns).map(|column| column.header.clone());
        let columns = rulebook.schema.root().columns.iter().map(|column| column.name.to_string());
        let lets = rulebook.definitions.iter().filter(|it| matches!(it.body, Body::Let(_)));
        let mut known: Vec<String> = columns.chain(headers).collect();
        let key = rulebook.schema.root().key.map(|key| rulebook.schema.root().column(key).name.to_string());
        known.retain(|name| Some(name) != key.as_ref());
        let mut names: Vec<String> = vec![];
        if condition == "true" && explain::results(&rulebook).is_empty() {
            names = known.into_iter().fold(vec![], with);
            names.truncate(COLUMNS);
        } else {
            known.extend(lets.map(|it| it.name.to_string()));
            for word in input::words(condition) {
                let name = word.text.trim_matches('`');
                if known.iter().any(|known| known == name) {
                    names = with(names, name.to_owned());
                }
            }
        }
        if names.is_empty() {
            return None;
        }
        let numbered = names.iter().enumerate();
        let lets: String = numbered.map(|(at, name)| format!("let `{at} of sample` = {}\n", spelled(name))).collect();
        let mut rules = self.rules.clone();
        rules.push(("<sample>".into(), lets.into()));
        let question = Question::of_many(&rules, (self.source, condition), &inputs).ok()?;
        let find = |at: usize| question.rulebook().find(&format!("{at} of sample"));
        let beside = (0..names.len()).map(find).collect::<Option<Vec<DefinitionId>>>()?;
        Some((question, names, beside))
    }

    /// Who has other results than with the rules as they were loaded or saved.
    fn diff(&mut self) -> Result<String, Wrong> {
        let zone = self.zone()?;
        let rulebook = Arc::clone(self.book()?.checked.rulebook());
        let kept = self.checked(&self.kept.clone())?;
        let old = Arc::clone(kept.checked.rulebook());
        let names = |rulebook: &tagwell::ir::Rulebook| -> Vec<String> {
            explain::results(rulebook).iter().map(|id| rulebook.definition(*id).name.to_string()).collect()
        };
        let (before, after) = (names(&old), names(&rulebook));
        let mut said = String::new();
        for name in after.iter().filter(|name| !before.contains(name)) {
            said += &format!("new: {name}\n");
        }
        for name in before.iter().filter(|name| !after.contains(name)) {
            said += &format!("gone: {name}\n");
        }
        if let Some(now) = self.results_as_they_are()? {
            let ids = explain::results(&old);
            let people = People::ask(&kept, &self.as_of.clone(), &old, &ids)?;
            let before = Everyone::once(old, ids, people);
            let changed = shown::changes(&before, &now, &zone);
            said += if changed.is_empty() && before.ids.is_empty() { "" } else { &changed };
            if changed.is_empty() && !before.ids.is_empty() {
                said += "nobody has other results\n";
            }
        }
        Ok(if said.is_empty() { "nothing is other than it was loaded\n".into() } else { said })
    }

    /// Takes declarations out of the rules; who came and went.
    fn drop_named(&mut self, names: &[String]) -> Result<String, Wrong> {
        let all = declared(&self.rules);
        let mut keys = vec![];
        for name in names.iter().filter(|name| !matches!(name.as_str(), "test" | "snapshot")) {
            let found = all.iter().find(|it| match &it.key {
                Key::Name(known) | Key::Quoted(_, known) => known == name,
                Key::Only(known) => known == name,
            });
            let Some(found) = found else {
                let known = all.iter().filter_map(|it| match &it.key {
                    Key::Name(known) | Key::Quoted(_, known) => Some(known.as_str()),
                    Key::Only(_) => None,
                });
                let help = match nearest(name, known) {
                    Some(near) => format!("did you mean `:drop {near}`?"),
                    None => "`:rules` shows the rules as they stand".to_owned(),
                };
                return Err(Wrong::new(&format!("no rule is called `{name}`"), &help));
            };
            keys.push(found.key.clone());
        }
        if let Ok(book) = self.book() {
            not_used_by_others(book.checked.rulebook(), names)?;
        }
        let mut parts = self.rules.clone();
        take_out(&mut parts, &keys);
        let book = self.checked(&parts)?;
        let before = self.results_as_they_are()?;
        let mut said = format!("{}\n", difference(&self.rules, &parts));
        self.take(parts, book);
        if let Some(before) = before
            && let Some(after) = self.results_as_they_are()?
        {
            let changed = shown::changes(&before, &after, &self.zone()?);
            if !changed.is_empty() {
                said += &format!("what changed:\n{changed}");
            }
        }
        Ok(said + &self.failing_tests())
    }

    fn lay_out(&mut self) -> Result<String, Wrong> {
        let mut laid: Parts = vec![];
        for (name, text) in &self.rules {
            laid.push((name.clone(), if is_typed(name) { Arc::clone(text) } else { laid_out(name, text)?.into() }));
        }
        let book = self.checked(&laid)?;
        self.take(laid, book);
        laid_out(self.source, &joined(&self.rules))
    }

    /// Writes the rules to a file, laid out; by default to the one that they were loaded from.
    fn save(&mut self, path: &str) -> Result<String, Wrong> {
        let files = self.loaded();
        let path = match (path, files.as_slice()) {
            ("", [one]) => one.clone(),
            ("", []) => {
                return Err(Wrong(
                    "error: the rules were not loaded from a file\n  = help: name one: `:save my.rules`\n".into(),
                ));
            }
            ("", _) => {
                return Err(Wrong(
                    "error: the rules come from several files\n  = help: name a new one: `:save all.rules`\n".into(),
                ));
            }
            (path, _) => path.to_owned(),
        };
        self.overwrites_nothing(&path)?;
        let text = laid_out(&path, &joined(&self.rules))?;
        let mut output = Output::file(Path::new(&path))?;
        output.write(&text)?;
        output.finish()?;
        let parts = vec![(path.clone(), text.into())];
        let book = self.checked(&parts)?;
        self.take(parts, book);
        self.kept.clone_from(&self.rules);
        Ok(format!("written to {path}\n"))
    }

    /// What is to be said to who leaves with rules that no file has.
    pub(super) fn unsaved(&self) -> Option<String> {
        // Rules that are only laid out otherwise say the same.
        let laid = |(name, text): &(String, Arc<str>)| {
            let text = laid_out(name, text).map_or_else(|_| Arc::clone(text), Into::into);
            (name.clone(), text)
        };
        let (rules, kept): (Parts, Parts) =
            (self.rules.iter().map(laid).collect(), self.kept.iter().map(laid).collect());
        if rules == kept {
            return None;
        }
        let kept = declared(&kept);
        let is_kept = |it: &Declared| kept.iter().any(|kept| kept.key == it.key && kept.written == it.written);
        let fresh = declared(&rules).iter().filter(|it| !is_kept(it)).count();
        let loaded = self.loaded();
        let file = &self.new_file();
        let told = match (loaded.as_slice(), fresh) {
            ([one], _) if self.overwrites_nothing(one).is_err() => {
                format!("{one} has been changed since it was loaded: `:save {file}` keeps what is here in a new file")
            }
            ([one], 0) => format!("the rules are not as {one} has them: `:save` writes them to it"),
            ([one], _) => format!("what was typed is not saved: `:save` writes it to {one}"),
            (_, 0) => {
                format!("the rules are not as their files have them: `:save {file}` writes them to a new one")
            }
            (_, 1) => format!("1 declaration is not saved: `:save {file}` keeps it"),
            (_, all) => format!("{all} declarations are not saved: `:save {file}` keeps them"),
        };
        Some(told + "; Ctrl-D again leaves\n")
    }

    /// A file that is not there yet, for the rules as they stand.
    fn new_file(&self) -> String {
        let name = if self.loaded().len() > 1 { "all" } else { "my" };
        let mut file = format!("{name}.rules");
        let mut number = 2;
        while Path::new(&file).exists() {
            file = format!("{name}{number}.rules");
            number += 1;
        }
        file
    }

    /// How these rules come into their file, where they are not as that has them.
    pub(super) fn way_into_files(&self) -> Option<String> {
        self.unsaved()?;
        Some(match self.loaded().as_slice() {
            [one] if self.overwrites_nothing(one).is_ok() => "`:save` these rules".into(),
            [] => format!("`:save {}`", self.new_file()),
            _ => "write these rules into their files".into(),
        })
    }

    /// A file that is there is written over only where it holds what was loaded from it, or saved to it, here.
    fn overwrites_nothing(&self, path: &str) -> Result<(), Wrong> {
        let Ok(there) = std::fs::read(path) else { return Ok(()) };
        let wrong = match self.kept.iter().find(|(name, _)| name == path) {
            Some((_, text)) if there == text.as_bytes() => return Ok(()),
            Some(_) => format!("{path} has been changed since it was loaded"),
            None => format!("{path} is there already, and was not loaded here"),
        };
        Err(Wrong::new(&wrong, &format!("name a new file: `:save {}`", self.new_file())))
    }

    fn schema(&mut self) -> Result<String, Wrong> {
        let book = self.book()?;
        let schema = &book.checked.rulebook().schema;
        let tables = schema.tables.iter().filter(|table| !table.columns.is_empty());
        let mut text = tables.map(|table| schema::declared(table, schema)).collect::<Vec<_>>().join("\n");
        let unread: Vec<String> = book
            .inputs
            .facts
            .values()
            .flat_map(|facts| &facts.columns)
            .filter(|column| !schema.root().columns.iter().any(|it| it.header == column.header))
            .map(|column| match &column.ty {
                Some(ty) => format!("{} ({ty})", column.header),
                None => column.header.clone(),
            })
            .collect();
        if !unread.is_empty() {
            text += &format!("# in the data, and asked about by no rule: {}\n", visible_line(&unread.join(", ")));
        }
        Ok(text)
    }
}

fn laid_out(name: &str, text: &str) -> Result<String, Wrong> {
    let (rulebook, _) = Rulebook::parse_what_can_be([(name, text)]);
    match rulebook.files().first() {
        None => Ok(String::new()),
        Some(file) => format::format(file, text).map_err(|error| Wrong(format!("error: {error}\n"))),
    }
}

fn with(mut names: Vec<String>, name: String) -> Vec<String> {
    if !names.contains(&name) {
        names.push(name);
    }
    names
}

/// That no rule which stays reads one of these.
fn not_used_by_others(rulebook: &tagwell::ir::Rulebook, names: &[String]) -> Result<(), Wrong> {
    let is_named = |id: &DefinitionId| names.iter().any(|name| *rulebook.definition(*id).name == *name);
    let all = (0..rulebook.definitions.len() as u32).map(DefinitionId);
    let mut used: Vec<&str> = vec![];
    let mut users: Vec<&str> = vec![];
    for id in all.filter(|id| !is_named(id)) {
        let reads = rulebook.reads([id]);
        let mut found = reads.definitions.iter().filter(|it| is_named(it)).peekable();
        if found.peek().is_some() {
            users.push(rulebook.definition(id).name.as_str());
        }
        for name in found.map(|it| rulebook.definition(*it).name.as_str()) {
            if !used.contains(&name) {
                used.push(name);
            }
        }
    }
    if users.is_empty() {
        return Ok(());
    }
    let verb = if users.len() == 1 { "uses" } else { "use" };
    let message = format!("`{}` {verb} `{}`", users.join("`, `"), used.join("`, `"));
    let both = if names.len() + users.len() == 2 { "both" } else { "all" };
    let help = format!("drop {both}: `:drop {} {}`", names.join(" "), users.join(" "));
    Err(Wrong::new(&message, &help))
}

/// Words; what stands in quotes is one.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![];
    for (at, part) in text.split('"').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// `5 spend > 500`: how many, ten if nothing is said, and of what.
fn number_and_rest(text: &str) -> (usize, &str) {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match first.parse() {
        Ok(number) => (number, rest.trim()),
        Err(_) => (10, text),
    }
}

/// Words that are typed without a colon by whoever does not know about colons yet.
const BARE: [(&str, &str); 6] =
    [("help", "help"), ("?", "help"), ("h", "help"), ("exit", "quit"), ("quit", "quit"), ("q", "quit")];

/// `help`, typed without its colon: the command.
pub(super) fn bare(text: &str) -> Option<&'static str> {
    let text = text.trim_end_matches(['(', ')', ';']).trim();
    BARE.iter().find(|(word, _)| *word == text).map(|(_, command)| *command)
}

/// `why u1 vip`, typed without its colon: what was probably meant.
pub(super) fn meant(text: &str) -> Option<String> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let known = COMMANDS.iter().find(|(name, ..)| *name == word)?;
    // `top` begins an expression as well.
    let is_rule = known.0 == "top" && rest.contains('%');
    (!is_rule).then(|| format!("commands begin with a colon: `:{}`", text.trim()))
}

fn help() -> String {
    let mut rows = vec![vec!["type".to_owned(), "to".to_owned()]];
    rows.push(vec!["tag vip when spend > 500".into(), "declare it, or declare it anew: checked and counted".into()]);
    rows.push(vec!["spend / purchases".into(), "see how a value is spread".into()]);
    rows.push(vec!["spend > 500".into(), "count whom a condition selects".into()]);
    let command = |(name, what, does): &(&str, &str, &str)| {
        vec![format!(":{name} {what}").trim_end().to_owned(), (*does).to_owned()]
    };
    rows.extend(COMMANDS.iter().map(command));
    tagwell::outcome::aligned(&rows)
        + "Tab completes, ↑ brings back, a blank line ends an open input, Ctrl-C clears it or\n\
           interrupts. What a message means: `tagwell explain-code E0102`.\n"
}
