//! Names that an engine cannot give, or takes for one though the rules tell them apart by upper and lower case: it would call a column
//! otherwise, or read another.

use crate::{
    source::Span,
    sql::{
        AsOf, Create,
        ast::Item,
        lower::{Lowering, clock::MOMENTS},
    },
};

impl Lowering<'_> {
    /// Tables that are read.
    pub(crate) fn tell_tables_apart(&mut self) {
        let tables = &self.rulebook.schema.tables;
        let places: Vec<Vec<String>> = tables.iter().map(|it| self.table_of(&it.name)).collect();
        for ((place, table), at) in places.iter().zip(tables).zip(0..) {
            let is_one = |other: &Vec<String>| {
                let mut parts = other.iter().zip(place);
                other.len() == place.len() && other != place && parts.all(|(a, b)| self.dialect.is_one_name(a, b))
            };
            if let Some(other) = places.iter().take(at).find(|it| is_one(it)) {
                let what = format!("tables `{}` and `{}` are one", other.join("."), place.join("."));
                let help = format!("say where one of them is: `--table {}=…`", table.name);
                self.cannot(table.span.unwrap_or_default(), what, &help);
            }
            if self.target.as_of == AsOf::Parameter
                && matches!(place.as_slice(), [name] if name.eq_ignore_ascii_case(MOMENTS))
            {
                let help = format!(
                    "the query has a step of that name: say where the table is, `--table {}=main.{MOMENTS}`",
                    table.name
                );
                self.cannot(
                    table.span.unwrap_or_default(),
                    format!("a table called `{MOMENTS}` beside a parameter is not read"),
                    &help,
                );
            }
            self.tell_made(place, &table.name, table.span.unwrap_or_default());
            if let Some((name, why)) = place.iter().find_map(|it| Some((it, self.dialect.no_name(it)?))) {
                let help = format!("{why}: say where the table is, `--table {}=…`", table.name);
                self.cannot(table.span.unwrap_or_default(), format!("a table called `{name}` is not read"), &help);
            }
        }
        for list in &self.rulebook.lists {
            if let Some(place) = self.target.tables.get(list.name.as_str()) {
                self.tell_made(place, &list.name, list.span);
            }
        }
    }

    /// What is read and would be written over.
    fn tell_made(&mut self, place: &[String], name: &str, span: Span) {
        if self.is_made(place) {
            let what = format!("`{}`, which would be written over by its own results, is not read", place.join("."));
            let help = format!("give what is made another name, or say where `{name}` is: `--table {name}=…`");
            self.cannot(span, what, &help);
        }
    }

    /// Whether it is what the script makes: a name may be said with its schema, and without.
    fn is_made(&self, place: &[String]) -> bool {
        let Some(Create::Table(made) | Create::View(made)) = &self.target.create else { return false };
        let mut parts = place.iter().rev().zip(made.iter().rev());
        parts.all(|(one, other)| one.to_lowercase() == other.to_lowercase())
    }

    /// A column that is read of a table, beside those that were read before.
    pub(crate) fn tell_column_apart(&mut self, table: &str, header: &str, span: Span) {
        let is_one = |(of, it): &&(String, String)| of == table && it != header && self.dialect.is_one_name(it, header);
        if let Some((_, other)) = self.read.iter().find(is_one) {
            let what = format!("columns `{other}` and `{header}` of `{table}` are one");
            self.cannot(span, what, "give one of them another name in the warehouse, and say that: `from \"…\"`");
        }
        if let Some(why) = self.dialect.no_name(header) {
            let help = format!("{why}: give it another name in the warehouse, and say that: `from \"…\"`");
            self.cannot(span, format!("a column called `{header}` is not read"), &help);
        }
        self.read.insert((table.to_owned(), header.to_owned()));
    }

    /// Columns of the answer.
    pub(crate) fn tell_answer_apart(&mut self, items: &[Item]) {
        let names: Vec<&String> = items.iter().filter_map(|it| it.alias.as_ref()).collect();
        for (name, at) in names.iter().zip(0..) {
            if let Some(why) = self.dialect.no_name(name) {
                let span = self.rulebook.find(name).map(|id| self.rulebook.definition(id).span);
                let what = format!("a column called `{name}` is not written");
                let help = format!("{why}: give it another name, or write `--shape long`");
                self.cannot(span.unwrap_or_default(), what, &help);
                continue;
            }
            let Some(other) = names.iter().take(at).find(|it| self.dialect.is_one_name(it, name)) else { continue };
            let what = match other == name {
                true => format!("two columns are called `{name}`"),
                false => format!("columns `{other}` and `{name}` are one"),
            };
            let places = [*name, *other].into_iter().filter_map(|it| self.rulebook.find(it));
            let span = places.map(|id| self.rulebook.definition(id).span).next();
            self.cannot(span.unwrap_or_default(), what, "give one of them another name, or write `--shape long`");
        }
    }
}
