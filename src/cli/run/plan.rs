//! What a run evaluates, reads and writes: results, and what `--only` and `--with` say of them.

use std::collections::BTreeSet;

use tagwell::{
    data,
    diagnostic::nearest,
    engine::Engine,
    intern::Symbol,
    ir::{Body, DefinitionId, Reads, Rulebook},
    outcome::{Layout, ResultColumn, ResultKind},
    schema::{Column, ColumnId, Source, Table},
    value::{Type, moment_text::MomentFormat},
};

use super::super::{
    book::{self, Book},
    exit::Failure,
};

/// What is evaluated, read and written.
pub(super) struct Plan {
    pub(super) results: Vec<DefinitionId>,
    pub(super) extra: Vec<Extra>,
    pub(super) reads: Reads,
    /// The users' table, with the columns that only `--with` asks for.
    pub(super) table: Table,
    pub(super) key: Option<ColumnId>,
    pub(super) needed: Vec<ColumnId>,
}

/// A column of `--with`.
pub(super) enum Extra {
    Column(ColumnId),
    Definition(DefinitionId),
}

impl Plan {
    pub(super) fn of(book: &Book, only: &[String], with: &[String]) -> Result<Plan, Failure> {
        let rulebook = book.checked.rulebook();
        let all = || (0..rulebook.definitions.len() as u32).map(DefinitionId);
        let given = |id: &DefinitionId| !matches!(rulebook.definition(*id).body, Body::Let(_));
        let mut results: Vec<DefinitionId> = all().filter(given).collect();
        let mut metrics: Vec<DefinitionId> = rulebook.metrics().into_iter().map(|it| it.definition).collect();
        if !only.is_empty() {
            let name = |id: &DefinitionId| rulebook.definition(*id).name.as_str();
            let names: Vec<&str> = results.iter().chain(&metrics).map(name).collect();
            if let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) {
                return Err(no_result(rulebook, unknown, &names));
            }
            let asked = |id: &DefinitionId| only.iter().any(|wanted| wanted == name(id));
            results.retain(asked);
            metrics.retain(asked);
        }
        let mut table = rulebook.schema.root().clone();
        let mut extra = vec![];
        for name in with.iter().enumerate().filter(|(at, name)| !with.iter().take(*at).any(|it| it == *name)) {
            let name = name.1;
            // The key stands there anyway.
            if table.key.is_some_and(|key| table.column(key).name.as_str() == name) {
                continue;
            }
            extra.push(match (table.find(name), rulebook.find(name)) {
                (Some(column), _) => Extra::Column(column),
                // A level, layer, score or funnel is there already.
                (None, Some(id)) if results.contains(&id) && !is_listed(&rulebook.definition(id).body) => continue,
                (None, Some(id)) => Extra::Definition(id),
                (None, None) => Extra::Column(undeclared(book, &mut table, name)?),
            });
        }
        let asked = extra.iter().filter_map(|it| match it {
            Extra::Definition(id) => Some(*id),
            Extra::Column(_) => None,
        });
        let reads = rulebook.reads(results.iter().copied().chain(metrics).chain(asked));
        let key = table.key;
        let columns = extra.iter().filter_map(|it| match it {
            Extra::Column(id) => Some(*id),
            Extra::Definition(_) => None,
        });
        let needed: BTreeSet<ColumnId> = key.into_iter().chain(reads.columns.iter().copied()).chain(columns).collect();
        Ok(Plan { results, extra, reads, table, key, needed: needed.into_iter().collect() })
    }

    /// The key, where rules do not read it, and no message names a user by it.
    pub(super) fn only_told_apart(&self, rulebook: &Rulebook) -> Option<ColumnId> {
        let may_overlap = |id: &DefinitionId| matches!(rulebook.definition(*id).body, Body::Layer(_));
        let is_unread = |key: &ColumnId| !self.reads.columns.contains(key);
        self.key.filter(is_unread).filter(|_| !self.reads.definitions.iter().any(may_overlap))
    }

    /// Reads more than the results do.
    pub(super) fn read_too(&mut self, more: Reads) {
        let needed: BTreeSet<ColumnId> = self.needed.iter().copied().chain(more.columns.iter().copied()).collect();
        self.needed = needed.into_iter().collect();
        self.reads.join(more);
    }

    pub(super) fn layout(&self, engine: &Engine) -> Layout {
        let rulebook = engine.rulebook();
        let result = |id: &DefinitionId| {
            let definition = rulebook.definition(*id);
            let kind = match (&definition.body, &definition.ty) {
                (Body::Tag(_), _) => ResultKind::Tag,
                (Body::Segment(_), _) => ResultKind::Segment,
                (_, Type::Choice(choices)) => {
                    let values = &rulebook.choices(*choices).values;
                    ResultKind::Choice(values.iter().map(|value| value.name.to_string()).collect())
                }
                (_, ty) => ResultKind::Score(ty.clone()),
            };
            ResultColumn { name: definition.name.to_string(), kind }
        };
        Layout {
            key: self.key.map_or_else(|| "user_id".into(), |key| self.table.column(key).name.to_string()),
            key_type: self.key.map_or(Type::Text, |key| self.table.column(key).ty.clone()),
            results: self.results.iter().map(result).collect(),
            extra: self.extra(engine).collect(),
            zone: engine.clock().zone().clone(),
        }
    }

    /// What `--with` asks for beside the results.
    pub(super) fn extra(&self, engine: &Engine) -> impl Iterator<Item = (String, Type)> {
        self.extra.iter().map(|it| match it {
            Extra::Column(id) => {
                let column = self.table.column(*id);
                (column.name.to_string(), column.ty.clone())
            }
            Extra::Definition(id) => {
                let definition = engine.rulebook().definition(*id);
                (definition.name.to_string(), shown_type(&definition.ty))
            }
        })
    }
}

/// Whether it stands in a list of names rather than in a column of its own.
pub(super) fn is_listed(body: &Body) -> bool {
    matches!(body, Body::Tag(_) | Body::Segment(_))
}

/// The type of values as they are shown: those of levels by their names.
pub(super) fn shown_type(ty: &Type) -> Type {
    match ty {
        Type::Choice(_) => Type::Text,
        Type::List(element) => Type::List(Box::new(shown_type(element))),
        other => other.clone(),
    }
}

/// A column that the data has and no rule names: written as it stands.
pub(super) fn undeclared(book: &Book, table: &mut Table, name: &str) -> Result<ColumnId, Failure> {
    let rulebook = book.checked.rulebook();
    let headers: Vec<String> = match (table.declared, &book.users) {
        (false, Some(users)) => {
            data::facts(users).map_err(book::failure)?.columns.into_iter().map(|column| column.header).collect()
        }
        _ => vec![],
    };
    if !headers.iter().any(|header| header == name) {
        let columns = table.columns.iter().filter(|it| it.source == Source::Data).map(|it| it.name.as_str());
        let lets = rulebook.definitions.iter().map(|definition| definition.name.as_str());
        let names: Vec<&str> = columns.chain(lets).chain(headers.iter().map(String::as_str)).collect();
        return Err(nothing_to_show(name, &names));
    }
    table.columns.push(Column {
        name: Symbol::new(name),
        header: name.into(),
        ty: Type::Text,
        optional: true,
        format: MomentFormat::Iso,
        source: Source::Data,
        span: None,
    });
    Ok(ColumnId(table.columns.len() as u32 - 1))
}

/// `--only` of something else: a label, a `let`, or a name that is none.
pub(super) fn no_result(rulebook: &Rulebook, wanted: &str, names: &[&str]) -> Failure {
    let failure = Failure::new(format!("--only: there is no result `{wanted}`"));
    let labelled = rulebook.definitions.iter().find(|it| it.label.as_deref() == Some(wanted));
    if let Some(labelled) = labelled {
        return failure.help(format!("that is the label of `{0}`: write `--only {0}`", labelled.name));
    }
    if rulebook.definitions.iter().any(|it| it.name.as_str() == wanted) {
        return failure.help(format!("it is a `let`: `--with {wanted}` shows it beside the results"));
    }
    match nearest(wanted, names.iter().copied()) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help(format!("the results are {}", names.join(", "))),
    }
}

/// `--with` of a name that means nothing: the one that may be meant, or those that there are.
pub(in crate::cli) fn nothing_to_show(name: &str, names: &[&str]) -> Failure {
    const SHOWN: usize = 20;
    let failure = Failure::new(format!("--with: there is no field or `let` `{name}`"));
    if let Some(near) = nearest(name, names.iter().copied()) {
        return failure.help(format!("did you mean `{near}`?"));
    }
    let shown = names.iter().take(SHOWN).map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let help = match names.len().saturating_sub(SHOWN) {
        0 => format!("there are {shown}"),
        rest => format!("there are {shown} and {rest} more"),
    };
    if names.is_empty() { failure } else { failure.help(help) }
}
