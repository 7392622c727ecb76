//! What is told while a line is being typed: its type, and how many users it selects.

use std::sync::Arc;

use tagwell::{schema::Source, value::Type};

use super::{
    super::summary::grouped,
    input::{self, Typed},
    people::Selected,
    session::{Session, type_name},
    shown,
};

impl Session {
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
        let book = self.book().ok()?;
        Some(match Selected::at_once(book, &as_of, &rulebook, id) {
            Some(Selected { yes, of }) => {
                format!("{} of {}", grouped(yes), shown::users(of as usize))
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
            // What the state remembers has no name that could be typed.
            let named = table.columns.iter().filter(|column| column.source != Source::State);
            names.extend(named.map(|column| (column.name.to_string(), "field")));
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
