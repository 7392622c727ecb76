//! What a run is held against beside its users: lists and parameters that are other than in the run before, and which segments
//! read them.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use sha2::{Digest, Sha256};

use crate::{
    action::Tracked,
    column::print::{mixed, of_bytes},
    eval::Context,
    ir::{ListId, Over, ParamId, Rulebook},
    schema::TableId,
    source::Sources,
    state::{KnownList, Run},
    value::{Type, print},
};

/// What is on an uploaded list, as one number: the same whatever its order.
fn fingerprint_of_list(texts: &HashSet<Arc<str>>) -> i64 {
    let sum = texts.iter().fold(0_u64, |sum, text| sum.wrapping_add(mixed(1, of_bytes(text.as_bytes()))));
    mixed(texts.len() as u64, sum) as i64
}

/// A run as the state keeps it: by which rules, lists and parameters it goes.
pub fn run_of(rulebook: &Rulebook, sources: &Sources, context: &Context, version: &str) -> Run {
    let zone = context.clock.zone();
    let files: Vec<(String, String)> =
        sources.iter().map(|(_, source)| (source.name().to_owned(), source.text().to_owned())).collect();
    let mut rules = Sha256::new();
    for (_, text) in &files {
        rules.update((text.len() as u64).to_be_bytes());
        rules.update(text.as_bytes());
    }
    let root = rulebook.schema.root();
    let key_type = root.key.map_or_else(|| Type::Text.to_string(), |key| root.column(key).ty.to_string());
    let lists = rulebook.lists.iter().zip(&context.lists);
    let lists = lists.map(|(list, texts)| KnownList {
        name: list.name.to_string(),
        fingerprint: fingerprint_of_list(texts),
        entries: Some(texts.len() as i64),
    });
    let tables = context.lookups.iter().map(|(id, rows)| KnownList {
        name: rulebook.schema.table(*id).name.to_string(),
        fingerprint: rows.fingerprint() as i64,
        entries: Some(rows.len() as i64),
    });
    // In the order in which the state gives them back.
    let mut lists: Vec<KnownList> = lists.chain(tables).collect();
    lists.sort_by(|a, b| a.name.cmp(&b.name));
    let params = rulebook.params.iter();
    let mut params: Vec<(String, String)> =
        params.map(|it| (it.name.to_string(), print::written(&it.value, zone))).collect();
    params.sort();
    Run {
        as_of: context.clock.now(),
        rulebook: rulebook.name.clone(),
        rules: rules.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
        version: version.to_owned(),
        timezone: rulebook.zone.clone(),
        key_type,
        files,
        params,
        lists,
        population: None,
    }
}

/// Lists, parameters and reference tables that are other than in the run before.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    lists: BTreeSet<ListId>,
    params: BTreeSet<ParamId>,
    tables: BTreeSet<TableId>,
}

fn fingerprint(run: &Run, name: &str) -> Option<i64> {
    run.lists.iter().find(|list| list.name == name).map(|list| list.fingerprint)
}

/// An uploaded list or a reference table that is other than in the run before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Its name in the rules.
    pub name: String,
    /// Whether it is a reference table, of rows, and not a list, of texts.
    pub is_table: bool,
    /// How many texts or rows it had; none where the run before did not count them.
    pub before: Option<u64>,
    /// How many it has now.
    pub now: u64,
}

/// Which uploaded lists and reference tables are other than in the run before, in order of declaration.
pub fn replaced(rulebook: &Rulebook, now: &Run, before: &Run) -> Vec<Replaced> {
    let known = |run: &Run, name: &str| run.lists.iter().find(|list| list.name == name).cloned();
    let number = |list: &KnownList| list.entries.and_then(|entries| u64::try_from(entries).ok());
    // Of a list that other rules may not have read nothing is known.
    let is_known = |number: &u64| *number > 0 || now.rules == before.rules;
    let replaced = |name: &str, is_table: bool| {
        let (now, before) = (known(now, name)?, known(before, name)?);
        let other = now.fingerprint != before.fingerprint;
        other.then_some(Replaced {
            name: name.to_owned(),
            is_table,
            before: number(&before).filter(is_known),
            now: number(&now)?,
        })
    };
    let lists = rulebook.lists.iter().filter_map(|list| replaced(&list.name, false));
    let tables = rulebook.schema.tables.iter().filter_map(|table| replaced(&table.name, true));
    lists.chain(tables).collect()
}

/// Parameters that both runs have and that are other than in the run before, in order of declaration: name, before and now, as written
/// in rules.
pub fn params_set_anew(rulebook: &Rulebook, now: &Run, before: &Run) -> Vec<(String, String, String)> {
    let of = |run: &Run, name: &str| run.params.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    let other = |name: &str| {
        let (now, before) = (of(now, name)?, of(before, name)?);
        (now != before).then(|| (name.to_owned(), before, now))
    };
    rulebook.params.iter().filter_map(|param| other(&param.name)).collect()
}

/// What is other than in the run before.
pub fn changed_inputs(rulebook: &Rulebook, now: &Run, before: &Run) -> Changed {
    let lists = (0..).map(ListId).zip(&rulebook.lists).filter(|(_, list)| {
        let of = |run: &Run| fingerprint(run, &list.name);
        of(now) != of(before)
    });
    let params = (0..).map(ParamId).zip(&rulebook.params).filter(|(_, param)| {
        let of = |run: &Run| run.params.iter().find(|(name, _)| *name == *param.name).map(|(_, value)| value.clone());
        of(now) != of(before)
    });
    let tables = (0..).map(TableId).zip(&rulebook.schema.tables).filter(|(_, table)| {
        let of = |run: &Run| fingerprint(run, &table.name);
        of(now) != of(before)
    });
    Changed {
        lists: lists.map(|(id, _)| id).collect(),
        params: params.map(|(id, _)| id).collect(),
        tables: tables.map(|(id, _)| id).collect(),
    }
}

/// By segment as they are tracked: whether it reads any of these lists and parameters, and whether it asks about everybody.
pub fn segments_read(rulebook: &Rulebook, tracked: &Tracked, changed: &Changed) -> Vec<(bool, bool)> {
    let segment = |place: &usize| {
        let stay = tracked.stays.get(*place)?;
        let reads = rulebook.reads([stay.definition]);
        let anew = !reads.lists.is_disjoint(&changed.lists)
            || !reads.params.is_disjoint(&changed.params)
            || reads.lookups.iter().any(|(table, _)| changed.tables.contains(table));
        let everybody = reads.aggregates.iter().any(|id| rulebook.aggregate(*id).over == Over::Users);
        Some((anew, everybody))
    };
    tracked.segments.iter().filter_map(segment).collect()
}
