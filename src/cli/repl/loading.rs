//! `:load` and `:data`: rules and data come into a session, and what is loaded again takes the place of what was there.

use std::{path::Path, sync::Arc};

use tagwell::{
    data::{self, Input},
    diagnostic::{
        nearest,
        render::{self, visible_line},
    },
    ir,
    schema::{Role, Source, Table, TableId},
};

use super::{
    super::{
        book,
        exit::Failure,
        report::MessageFormat,
        rules::Rules,
        summary::grouped,
        voice::{Voice, Volume},
    },
    people::People,
    session::{Session, Wrong},
    shown,
    texts::{Key, Parts, came_from, declared, difference, take_out},
};

/// Columns of a file that are named.
const COLUMNS: usize = 12;

impl Session {
    /// Reads rules from a file or folder. What came from there before is replaced, and so is what is declared anew.
    pub(crate) fn load(&mut self, path: &Path) -> Result<String, Wrong> {
        let texts = self.read(path)?;
        let again = !self.rules.is_empty();
        let folder = book::folder_of(path);
        let mut parts = self.rules.clone();
        let at = parts.iter().position(|(name, _)| came_from(name, path)).unwrap_or(parts.len());
        parts.retain(|(name, _)| !came_from(name, path));
        let keys: Vec<Key> = declared(&texts).into_iter().map(|it| it.key).collect();
        let behind = parts.split_off(at.min(parts.len()));
        parts.extend(texts);
        let mut others: Parts = behind;
        let mut first: Parts = parts.drain(..at.min(parts.len())).collect();
        take_out(&mut first, &keys);
        take_out(&mut others, &keys);
        let parts: Parts = first.into_iter().chain(parts).chain(others).collect();

        let before = if again { self.results_as_they_are()? } else { None };
        let old_folder = std::mem::replace(&mut self.folder, folder);
        let book = match self.checked(&parts) {
            Ok(book) => book,
            Err(wrong) => {
                self.folder = old_folder;
                return Err(wrong);
            }
        };
        let number = declared(&parts).len();
        let word = if number == 1 { "declaration" } else { "declarations" };
        let what = match (again, difference(&self.rules, &parts)) {
            (false, _) => String::new(),
            (true, what) if what.is_empty() => " (nothing has changed)".to_owned(),
            (true, what) => format!(" ({what})"),
        };
        self.take(parts, book);
        self.kept.clone_from(&self.rules);
        let mut said = format!("{} {word}{what}{}\n", grouped(number as u64), self.number_of_users()?);
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

    fn read(&self, path: &Path) -> Result<Parts, Wrong> {
        let quiet = Voice { volume: Volume::Quiet, ..Voice::default() };
        if path.as_os_str() == "-" {
            let failure = Failure::new("standard input is where the prompt listens");
            return Err(failure.help("name a file: `:load my.rules`").into());
        }
        let rules = Rules::read(path)?;
        if !rules.found.is_empty() {
            return Err(Wrong(render::human(&rules.found, &rules.sources, self.colour)));
        }
        Ok(rules.texts(MessageFormat::Human, &quiet)?)
    }

    /// Names the file of the users, or of another table, and holds it against the table at once.
    pub(crate) fn data(&mut self, spec: &str) -> Result<String, Wrong> {
        let before = (self.users.clone(), self.tables.clone());
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|it| it.is_alphanumeric() || it == '_');
        let named = spec.split_once('=').map(|(name, file)| (name.trim(), file.trim()));
        let named = named.filter(|(name, _)| is_name(name.trim_matches('`')));
        let answer = match named {
            Some((table, file)) => {
                let table = table.trim_matches('`');
                self.tables.retain(|(known, _)| known != table);
                self.tables.push((table.to_owned(), file.to_owned()));
                if self.root().is_some_and(|root| *root == *table) {
                    self.users = None;
                }
                self.meet(Some(table))
            }
            None => {
                let root = self.root();
                self.tables.retain(|(known, _)| Some(known) != root.as_ref());
                self.users = Some(spec.to_owned());
                self.meet(None)
            }
        };
        if answer.is_err() {
            (self.users, self.tables) = before;
            self.book = self.checked(&self.rules.clone()).ok();
        }
        // A table that no rule declares: the file says what to type.
        answer.map_err(|Wrong(why)| match named {
            Some((_, file)) if is_undeclared(&why) && Path::new(file).is_file() => Wrong(format!(
                "{}\n  = help: declare it first: `:schema {file}` prints a declaration to begin with\n",
                why.trim_end()
            )),
            _ => Wrong(why),
        })
    }

    /// What the rules call the users' table.
    fn root(&mut self) -> Option<String> {
        Some(self.book().ok()?.checked.rulebook().schema.root().name.to_string())
    }

    /// Meets the rules with a table's data, and says what is there.
    fn meet(&mut self, table: Option<&str>) -> Result<String, Wrong> {
        self.noted.clear();
        let book = self.checked(&self.rules.clone())?;
        self.forget_answers();
        self.book = Some(book);
        let schema = self.book()?.checked.rulebook().schema.clone();
        match table.and_then(|name| schema.find(name)).filter(|id| *id != schema.root) {
            None => {
                self.fits(schema.root)?;
                let users = self.number_of_users()?;
                let users = users.trim_start_matches([',', ' ']);
                let (users, notes) = users.split_once('\n').unwrap_or((users, ""));
                let notes = if notes.is_empty() { String::new() } else { format!("{notes}\n") };
                Ok(format!("{users}{}\n{notes}", self.columns_of_users()))
            }
            Some(id) => {
                self.fits(id)?;
                self.rows_of(id)
            }
        }
    }

    /// Says what data there are, where there are no rules yet.
    pub(crate) fn look(&mut self) -> Result<String, Wrong> {
        self.meet(None)
    }

    /// Holds all data that are named against their tables.
    pub(crate) fn all_fit(&mut self) -> Result<(), Wrong> {
        let schema = self.book()?.checked.rulebook().schema.clone();
        for id in (0..schema.tables.len()).map(|at| TableId(at as u32)) {
            let table = schema.table(id);
            if id == schema.root && self.users.is_some() || self.tables.iter().any(|(name, _)| *name == *table.name) {
                self.fits(id)?;
            }
        }
        Ok(())
    }

    /// Whether a table's file has the columns that the rules declare.
    fn fits(&mut self, id: TableId) -> Result<(), Wrong> {
        let book = self.book()?;
        let schema = &book.checked.rulebook().schema;
        let table = schema.table(id);
        let input = match id == schema.root {
            true => book.users.clone(),
            false => {
                book.files.of_table(table).map(|path| book.files.input(&path)).transpose().map_err(book::failure)?
            }
        };
        match input {
            Some(input) if table.declared => Ok(lacks_nothing(table, &input)?),
            Some(_) | None => Ok(()),
        }
    }

    /// `, 3 users`; empty where there are no data.
    pub(super) fn number_of_users(&mut self) -> Result<String, Wrong> {
        let as_of = self.as_of.clone();
        let book = self.book()?;
        if book.users.is_none() {
            return Ok(String::new());
        }
        let rulebook = Arc::clone(book.checked.rulebook());
        let people = People::ask(book, &as_of, &rulebook, &[])?;
        if let (0, Some(first)) = (people.len(), people.first_bad()) {
            let failure = Failure::new(format!("all {} rows are bad: {first}", grouped(people.rejected)));
            return Err(failure.help("look at the file, or name another: `:data users.csv`").into());
        }
        let mut notes = self.notes(&people, &rulebook);
        if let Some(again) = people.repeated().filter(|it| self.noted.insert(it.clone())) {
            notes += &format!("note: {}\n", visible_line(&again));
        }
        let notes = notes.trim_end();
        let notes = if notes.is_empty() { String::new() } else { format!("\n{notes}") };
        Ok(format!(", {}{notes}", shown::users(people.len())))
    }

    /// `: user_id, city, points`, where no table declares them.
    fn columns_of_users(&mut self) -> String {
        let Ok(book) = self.book() else { return String::new() };
        let headers = book.inputs.facts.values().flat_map(|facts| &facts.columns).map(|column| column.header.as_str());
        let headers: Vec<&str> = headers.collect();
        if headers.is_empty() { String::new() } else { format!(": {}", visible_line(&some(&headers))) }
    }

    /// What is in the file of a table beside the users'.
    fn rows_of(&mut self, id: TableId) -> Result<String, Wrong> {
        let rulebook = Arc::clone(self.book()?.checked.rulebook());
        let table = rulebook.schema.table(id);
        let is_of_users = matches!(table.role, Role::Children { .. });
        if is_of_users && self.book()?.users.is_some() {
            let question = self.question(&format!("count({})", name_of(table)))?;
            let (as_of, asked) = (self.as_of.clone(), question.asked());
            let rulebook: Arc<ir::Rulebook> = Arc::clone(question.rulebook());
            let people = People::ask(self.book()?, &as_of, &rulebook, &[asked])?;
            let read = people.children.get(&id).map_or(0, |(count, _)| count.read);
            let with = people.of(0).filter(|(_, value)| *value != tagwell::value::Value::Int(0)).count();
            let notes = self.notes(&people, &rulebook);
            return Ok(format!(
                "{}: {} rows, of {} of {}\n{notes}",
                table.name,
                grouped(read),
                grouped(with as u64),
                shown::users(people.len())
            ));
        }
        let zone = self.zone()?;
        let book = self.book()?;
        let Some(path) = book.files.of_table(table) else { return Ok(String::new()) };
        let input = book.files.input(&path).map_err(book::failure)?;
        let needed = (0..table.columns.len() as u32).map(tagwell::schema::ColumnId).collect();
        let wanted = data::Wanted { table: table.clone(), needed, nested: vec![], verbatim: false };
        let (mut rows, mut bad, mut first_bad) = (0_u64, 0_u64, None);
        for piece in data::chunks(&input, wanted, &zone).map_err(book::failure)? {
            let piece = piece.and_then(data::Chunk::parse).map_err(book::failure)?;
            rows += piece.batch.rows as u64;
            bad += piece.bad.len() as u64;
            first_bad = first_bad.or(piece.bad.into_iter().next().map(|(_, bad)| bad));
        }
        let bad = first_bad
            .map(|first| format!(", and {} bad: {}", grouped(bad), visible_line(&first.to_string())))
            .unwrap_or_default();
        Ok(format!("{}: {} rows{bad}\n", table.name, grouped(rows)))
    }
}

/// Whether what is wrong is that no rule declares a table, and none is called nearly so.
fn is_undeclared(why: &str) -> bool {
    why.contains("have no table") && !why.contains("did you mean")
}

/// A name as rules write it.
pub(super) fn name_of(table: &Table) -> String {
    super::complete::spelled(table.name.as_str())
}

/// A few names, and that there are more.
fn some(names: &[&str]) -> String {
    let mut shown: Vec<&str> = names.iter().take(COLUMNS).copied().collect();
    if names.len() > COLUMNS {
        shown.push("…");
    }
    shown.join(", ")
}

/// Names the columns that a table declares and its data do not have.
fn lacks_nothing(table: &Table, input: &Input) -> Result<(), Failure> {
    let facts = data::facts(input).map_err(book::failure)?;
    let headers: Vec<&str> = facts.columns.iter().map(|column| column.header.as_str()).collect();
    let is_there = |header: &str| headers.contains(&header);
    // Of a file without a single record nothing is known.
    if headers.is_empty() {
        return Ok(());
    }
    let is_due = |column: &&tagwell::schema::Column| column.source == Source::Data && !column.optional;
    let due = table.columns.iter().filter(is_due);
    let lacking: Vec<_> = due.filter(|column| !is_there(&column.header)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = lacking.iter().map(|column| format!("`{}`", column.header)).collect();
    let failure = Failure::new(format!(
        "`{}` does not fit the table `{}`: it has no {}",
        input.name(),
        table.name,
        names.join(", ")
    ));
    let unused = || headers.iter().copied().filter(|header| table.columns.iter().all(|it| it.header != *header));
    let near = lacking.iter().find_map(|column| Some((column, nearest(&column.header, unused())?)));
    let failure = match near {
        Some((column, near)) => failure.help(format!(
            "did you mean its `{near}`? then the table says `{}: {} from \"{near}\"`",
            column.name, column.ty
        )),
        None => failure,
    };
    Err(failure.help(format!("its columns are {}", some(&headers))))
}
