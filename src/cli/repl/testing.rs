//! Tests in a session: one that is typed is played at once, `:tests` plays those that are there.

use tagwell::{
    diagnostic::{nearest, render::visible_line},
    engine::Rulebook,
    testing::{Outcome, Suite, Surroundings},
};

use super::{
    super::{
        book,
        colour::Colours,
        test::{Keep, Place, Played, Report},
        voice::Voice,
    },
    session::{Session, Wrong},
};

/// Lines of a difference that are shown.
const MOST: usize = 40;

impl Session {
    /// Plays the tests and snapshots whose name holds a text, all of them where none is given.
    pub(super) fn tests(&mut self, filter: &str) -> Result<String, Wrong> {
        let filter = filter.trim_matches('"').to_lowercase();
        let names = self.names_of_tests();
        if names.is_empty() {
            let help = "write one: `test \"a name\" { given { spend: 500.01 } expect vip }`";
            return Err(Wrong::new("the rules have no tests", help));
        }
        if !names.iter().any(|name| name.to_lowercase().contains(&filter)) {
            let help = match nearest(&filter, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `:tests {near}`?"),
                None => format!("the tests are \"{}\"", names.join("\", \"")),
            };
            return Err(Wrong::new(&format!("no test has `{filter}` in its name"), &help));
        }
        let (text, is_good) = self.play(&|name| name.to_lowercase().contains(&filter), true)?;
        if is_good { Ok(text) } else { Err(Wrong(text)) }
    }

    /// Plays one test that was just typed.
    pub(super) fn play_typed(&mut self, name: &str) -> Result<String, Wrong> {
        let (text, is_good) = self.play(&|known| known == name, false)?;
        if is_good { Ok(format!("test \"{}\": {text}", visible_line(name))) } else { Err(Wrong(text)) }
    }

    /// Tells tests that failed, or pass again, since rules were changed; nothing where that is as before.
    pub(super) fn failing_tests(&mut self) -> String {
        let Ok(failing) = self.find_failing() else { return String::new() };
        let all = self.names_of_tests().len();
        let before = std::mem::replace(&mut self.failing, failing);
        match self.failing.as_slice() {
            now if now == before.as_slice() => String::new(),
            [] => "all tests pass again\n".to_owned(),
            [one] => format!("the test \"{}\" fails; `:tests` says why\n", visible_line(one)),
            many => {
                let names = many.join("\", \"");
                format!("{} of {all} tests fail: \"{}\"; `:tests` says why\n", many.len(), visible_line(&names))
            }
        }
    }

    fn find_failing(&mut self) -> Result<Vec<String>, Wrong> {
        let book = self.book()?;
        let rulebook = book.checked.rulebook();
        if rulebook.tests.tests.is_empty() {
            return Ok(vec![]);
        }
        let sources = book.checked.warnings().sources();
        let surroundings = Surroundings::read(rulebook, &book.files, |error| book::unloadable(error).message);
        let suite = Suite::new(rulebook, sources, surroundings);
        let verdicts = suite.run(|_| true, &mut |_| {});
        let failed = verdicts.iter().filter(|verdict| verdict.outcome != Outcome::Passed);
        let name = |at: usize| rulebook.tests.tests.get(at).map(|test| test.name.clone());
        let mut names: Vec<String> = failed.filter_map(|verdict| name(verdict.place.test)).collect();
        names.dedup();
        Ok(names)
    }

    /// Names of tests and snapshots.
    pub(super) fn names_of_tests(&mut self) -> Vec<String> {
        let Ok(book) = self.book() else { return vec![] };
        let tests = &book.checked.rulebook().tests;
        let named = tests.tests.iter().filter(|test| !test.cases.is_empty()).map(|test| test.name.clone());
        named.chain(tests.snapshots.iter().map(|it| it.name.clone())).collect()
    }

    fn play(&mut self, selected: &dyn Fn(&str) -> bool, snapshots: bool) -> Result<(String, bool), Wrong> {
        let parsed = Rulebook::parse_all(self.rules.iter().cloned()).map_err(|problems| self.problems(&problems))?;
        let colour = self.colour;
        let first = if snapshots { self.way_into_files() } else { None };
        let file = match self.loaded().as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        };
        let book = self.book()?;
        let rulebook = book.checked.rulebook();
        let surroundings = Surroundings::read(rulebook, &book.files, |error| book::unloadable(error).message);
        let suite = Suite::new(rulebook, parsed.sources(), surroundings);
        let verdicts = suite.run(|test| selected(&test.name), &mut |_| {});
        let mut played: Vec<Played> = verdicts.into_iter().map(|verdict| Played::case(&suite, verdict)).collect();
        if snapshots {
            let place = Place {
                rulebook: &parsed,
                checked: &book.checked,
                folder: &book.files.folder,
                rules: &file.unwrap_or_else(|| book.files.folder.to_string_lossy().into_owned()),
                first: first.as_deref(),
                most: Some(MOST),
                voice: None,
            };
            for snapshot in rulebook.tests.snapshots.iter().filter(|it| selected(&it.name)) {
                played.push(place.look(snapshot, Keep::Nothing)?);
            }
        }
        let report = Report { played, sources: parsed.sources(), orphans: vec![], coverage: None, min: None };
        let voice = Voice { colours: Colours { output: colour, ..Colours::default() }, ..Voice::default() };
        let text = if snapshots { report.human(&voice) } else { report.of_one(&voice) };
        Ok((text, report.is_good()))
    }
}
