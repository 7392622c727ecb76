//! Segments that mean what they meant in the run before, though the rules were edited: their conditions, and all that these read, say the
//! same, however they are written and wherever they stand. Where the data of the previous rules are not there, as where the results were
//! computed elsewhere, this is what tells them from segments that the edit changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    engine::Rulebook as Written,
    intern::Symbol,
    ir::{Body, DefinitionId, Rulebook},
    schema::{Column, ColumnId, Role, TableId},
    syntax::ast::{DeclarationKind, Segment},
    value::Type,
};

/// The segments of today's rules whose meaning is that of the rules before; each rulebook as it is written and as it was checked.
pub fn unchanged(today: (&Written, &Rulebook), before: (&Written, &Rulebook)) -> BTreeSet<Symbol> {
    let mut old = meanings(before.0, before.1);
    let same = meanings(today.0, today.1).into_iter().filter(|(name, now)| old.remove(name).as_ref() == Some(now));
    same.map(|(name, _)| name).collect()
}

/// What decides who is in a segment, but for the data: of those are parameters' values, lists and tables.
#[derive(PartialEq)]
struct Meaning {
    zone: String,
    /// Definitions by their names, without labels and deeds.
    definitions: BTreeMap<Symbol, DeclarationKind>,
    /// Columns that are read, by table and name.
    columns: BTreeMap<(Symbol, Symbol), String>,
    params: BTreeMap<Symbol, Type>,
}

fn meanings(written: &Written, rulebook: &Rulebook) -> BTreeMap<Symbol, Meaning> {
    let declared: BTreeMap<&Symbol, &DeclarationKind> = written
        .files()
        .iter()
        .flat_map(|file| &file.declarations)
        .filter(|it| is_definition(&it.kind))
        .filter_map(|it| Some((&it.name()?.symbol, &it.kind)))
        .collect();
    let segments = (0..).map(DefinitionId).zip(&rulebook.definitions);
    let segments = segments.filter(|(_, it)| matches!(it.body, Body::Segment(_)));
    segments.map(|(id, it)| (it.name.clone(), meaning(rulebook, id, &declared))).collect()
}

fn meaning(rulebook: &Rulebook, segment: DefinitionId, declared: &BTreeMap<&Symbol, &DeclarationKind>) -> Meaning {
    let reads = rulebook.reads([segment]);
    let names = reads.definitions.iter().map(|id| &rulebook.definition(*id).name);
    let definitions = names.filter_map(|name| Some((name.clone(), bare(declared.get(name)?)))).collect();
    let root = rulebook.schema.root;
    let mut read: BTreeSet<(TableId, ColumnId)> = reads.columns.iter().map(|column| (root, *column)).collect();
    read.extend(reads.lookups.iter().copied());
    for (table, columns) in &reads.children {
        read.extend(columns.iter().map(|column| (*table, *column)));
    }
    // By what rows are told apart and belong to users, too.
    let tables: BTreeSet<TableId> =
        read.iter().map(|(table, _)| *table).chain(reads.children.keys().copied()).chain([root]).collect();
    for id in tables {
        let table = rulebook.schema.table(id);
        let by = if let Role::Children { by, .. } = table.role { Some(by) } else { None };
        read.extend(table.key.into_iter().chain(by).map(|column| (id, column)));
    }
    let columns = read.into_iter().map(|(id, column)| {
        let table = rulebook.schema.table(id);
        let place = match table.role {
            Role::Children { by, at } => (by == column, at == Some(column)),
            Role::Root | Role::Reference => (table.key == Some(column), false),
        };
        let Column { name, header, ty, optional, format, .. } = table.column(column);
        ((table.name.clone(), name.clone()), format!("{header:?} {ty} {optional} {format:?} {place:?}"))
    });
    let params = reads.params.iter().filter_map(|id| rulebook.params.get(id.0 as usize));
    Meaning {
        zone: rulebook.zone.clone(),
        definitions,
        columns: columns.collect(),
        params: params.map(|it| (it.name.clone(), it.ty.clone())).collect(),
    }
}

/// Whether it has a value of each user.
fn is_definition(kind: &DeclarationKind) -> bool {
    use DeclarationKind::{Funnel, Layer, Let, Level, Score, Segment, Tag};
    matches!(kind, Let(_) | Tag(_) | Score(_) | Level(_) | Layer(_) | Funnel(_) | Segment(_))
}

/// A definition without what decides nothing of its value.
fn bare(kind: &DeclarationKind) -> DeclarationKind {
    let mut kind = kind.clone();
    match &mut kind {
        DeclarationKind::Let(it) => it.label = None,
        DeclarationKind::Tag(it) => it.label = None,
        DeclarationKind::Score(it) => it.label = None,
        DeclarationKind::Level(it) => it.label = None,
        DeclarationKind::Layer(it) => it.label = None,
        DeclarationKind::Funnel(it) => it.label = None,
        DeclarationKind::Segment(it) => {
            let Segment { label, entries, .. } = &mut **it;
            (*label, *entries) = (None, None);
        }
        _ => {}
    }
    kind
}
