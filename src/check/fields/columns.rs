//! The columns that undeclared fields become: what is known of each is met with the data.

use super::{Class, Settled, data::Said};
use crate::{
    check::{Checker, Scope, Surplus},
    diagnostic::{Diagnostic, code::UNKNOWN_NAME},
    intern::Symbol,
    schema::{Column, ColumnId, Source},
    source::Span,
    value::{Type, moment_text::MomentFormat},
};

impl Checker<'_> {
    pub(super) fn add_fields(&mut self, settled: Settled, said: &Said<'_>) {
        let key = match self.facts {
            None => Some("user_id".to_owned()),
            Some(facts) => {
                let named = |name: &str| facts.columns.iter().any(|it| it.header == name).then(|| name.to_owned());
                named("user_id").or_else(|| named("id")).or_else(|| {
                    let first = facts.columns.first().map(|it| it.header.clone());
                    first.filter(|_| self.surplus == Surplus::Refused)
                })
            }
        };
        let key = key.map(|key| Symbol::new(&key));
        let mut columns: Vec<Column> = key.iter().map(|key| settled.key(key, said)).collect();
        for (name, span) in settled.fields.iter().filter(|(name, _)| key.as_ref() != Some(name)) {
            if !self.has_field(name, said) {
                self.tell_unknown(name, *span);
            }
            columns.push(settled.column(name, Some(*span), said));
        }
        self.column_types =
            columns.iter().map(|it| (!settled.told.contains(&it.name)).then(|| it.ty.clone())).collect();
        for (at, column) in columns.iter().enumerate() {
            if self.names.get(&column.name).is_none() {
                let span = column.span.unwrap_or_default();
                std::sync::Arc::make_mut(&mut self.names).add_column(column.name.clone(), ColumnId(at as u32), span);
            }
        }
        let root = self.schema.root;
        if let Some(table) = self.schema.tables.get_mut(root.0 as usize) {
            table.columns = columns;
            table.key = key.map(|_| ColumnId(0));
        }
    }

    /// Whether the data has it; without data, anything may be.
    fn has_field(&self, name: &Symbol, said: &Said<'_>) -> bool {
        match (self.facts, self.surplus) {
            (Some(_), Surplus::Refused) => said.column(name).is_some(),
            (Some(_), Surplus::Missing) | (None, _) => true,
        }
    }

    /// Tells a name that means nothing.
    pub(in crate::check) fn tell_unknown(&mut self, name: &Symbol, span: Span) {
        let headers: Vec<String> =
            self.facts.iter().flat_map(|facts| &facts.columns).map(|column| column.header.clone()).collect();
        let rows = match self.scope {
            Some(Scope::Where(table) | Scope::Source(table) | Scope::Each(table)) => {
                self.schema.table(table).columns.as_slice()
            }
            Some(Scope::UsersSource | Scope::Users) | None => &[],
        };
        let rows: Vec<String> = rows.iter().map(|column| column.name.to_string()).collect();
        let with: Vec<String> = self.with.iter().map(|(name, _)| name.to_string()).collect();
        let others: Vec<&str> = headers.iter().chain(&rows).chain(&with).map(String::as_str).collect();
        if self.scope.is_none() && self.tell_column_of_rows(name, span) {
            return;
        }
        let mut told = Diagnostic::error(UNKNOWN_NAME, span, format!("unknown field `{name}`"));
        if let Some(facts) = self.facts {
            told = told.note(format!("`{}` has no such column", facts.file));
        }
        // Looking for the nearest of many names, again and again, would take for ever.
        let near = if self.sink.found().len() < 200 { self.names.nearest(name, span, &others) } else { None };
        let other = near.as_ref().filter(|_| !self.stands_behind_in(span)).and_then(|near| self.value_of_near(near));
        // Quotes make no condition.
        let condition = self.is_condition(span);
        let quoted = |text: &str| text.starts_with('"') && condition;
        let meant = self.meant_by_unknown(name).filter(|(_, text)| !self.is_asked(span) && !quoted(text));
        told = match near {
            Some(near) if let Some((written, condition)) = other => {
                let whole = !condition || self.stands_alone(span);
                let told = told.help(format!("did you mean `{near}`? that is asked so: `{written}`"));
                if whole { told.suggest(format!("write `{written}`"), span, written) } else { told }
            }
            Some(near) => told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), span, near),
            None => match (meant, self.facts) {
                (Some((help, text)), _) => told.help(help).suggest(format!("write `{text}`"), span, text),
                (None, Some(facts)) if headers.is_empty() => {
                    told.help(format!("`{}` has no columns: its first line says how they are called", facts.file))
                }
                (None, Some(facts)) => told.help(format!("`{}` has {}", facts.file, headers.join(", "))),
                (None, None) if condition && !name.is_ascii() => {
                    told.help(format!("declare it in the table: `{name}: bool?`; or as a rule: `tag {name} when …`"))
                }
                (None, None) => {
                    let table = match self.scope {
                        Some(Scope::Where(table) | Scope::Source(table) | Scope::Each(table)) => {
                            format!("the table `{}`", self.schema.table(table).name)
                        }
                        Some(Scope::UsersSource | Scope::Users) | None => "the table".to_owned(),
                    };
                    told.help(match self.asked_type(span) {
                        Some(ty) => format!("declare it in {table}: `{name}: {ty}`"),
                        None => {
                            format!("declare it in {table}: `{name}: text?`; a text is written in quotes: `\"{name}\"`")
                        }
                    })
                }
            },
        };
        self.sink.push(told);
    }

    /// Whether the data has no value of a field at all, so that it is missing whatever its type.
    pub(in crate::check) fn is_never_known(&self, column: ColumnId) -> bool {
        let Some(column) = self.schema.root().columns.get(column.0 as usize) else { return false };
        let own = |facts: &crate::schema::Facts| {
            facts.columns.iter().find(|it| it.header == column.header).and_then(|it| it.ty.clone())
        };
        !self.schema.root().declared && self.facts.is_some_and(|facts| own(facts).is_none())
    }
}

impl Settled {
    /// The key as the data has it: `{"user_id": 7}` is the user 7, whatever the rules ask of it.
    fn key(&self, name: &Symbol, said: &Said<'_>) -> Column {
        let column = self.column(name, None, said);
        match said.is_whole_number(name, &column.ty) {
            true => Column { ty: Type::Int, ..column },
            false => column,
        }
    }

    fn column(&self, name: &Symbol, span: Option<Span>, said: &Said<'_>) -> Column {
        let found = said.column(name);
        let ty = match (self.heard.get(name), self.classes.get(name)) {
            (Some(own), _) => own.clone(),
            // Without data, what is reckoned with days is a date.
            (None, Some((Class::Moment, _))) if said.is_nothing() && self.days.contains(name) => Type::Date,
            (None, Some((class, _))) => type_of(class, found.and_then(|it| it.ty.as_ref())),
            (None, None) => Type::Text,
        };
        let header = found.map_or_else(|| name.to_string(), |column| column.header.clone());
        Column { name: name.clone(), header, ty, optional: true, format: MomentFormat::Iso, source: Source::Data, span }
    }
}

fn type_of(class: &Class, own: Option<&Type>) -> Type {
    match class {
        Class::Number => Type::Float,
        Class::Text | Class::Choice => Type::Text,
        Class::Bool => Type::Bool,
        Class::Moment if own == Some(&Type::Date) => Type::Date,
        Class::Moment => Type::Timestamp,
        Class::Duration => Type::Duration,
        Class::List(element) => {
            let own = match own {
                Some(Type::List(own)) => Some(&**own),
                _ => None,
            };
            let element = match element {
                Some(element) => type_of(element, own),
                None => own.cloned().unwrap_or(Type::Text),
            };
            Type::List(Box::new(element))
        }
    }
}
