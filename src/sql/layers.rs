//! One step of a stack: what it adds, what it is called after, and how late its columns may be computed.

use std::collections::HashMap;

use crate::sql::ast::{Item, Join, Purpose, Sql, Step};

/// What one step adds.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) name: String,
    /// Steps that must stand before it: what it joins.
    pub(crate) before: Vec<Step>,
    pub(crate) joins: Vec<(Join, Vec<Item>, Brings)>,
    /// In the order of the declarations that they belong to.
    pub(crate) items: Vec<(Order, Item)>,
}

/// The declaration that a column belongs to, and its own number.
pub(crate) type Order = (usize, usize);

/// What comes with a join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Brings {
    /// What the rows of a child table come to.
    Rows(String),
    /// Columns of a reference table.
    Columns(String),
    /// What everybody comes to, or those of a group: `per_city`.
    Totals(String),
    /// Where ranks begin, among everybody or in a group.
    Lines(String),
}

/// Names that stand in a title; of more only what they are.
const FEW: usize = 2;
/// Characters of names that stand in a title.
const LONG: usize = 28;
/// Tables that stand in a title.
const TABLES: usize = 3;
/// What is one in so many is told in a title.
const MOSTLY: usize = 4;
/// Characters of the line above a step.
const WIDTH: usize = 94;
/// Names of each word that stand above a step.
const SHOWN: usize = 3;

impl Layer {
    /// Whether it adds nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.joins.is_empty() && self.items.is_empty()
    }

    /// `users_with_orders_and_visits`, `users_with_lets`, `users_with_spend_rank`: after what it adds; `users_with_more_orders`, where that is
    /// taken; `users_with_spend_level_and_more` where that is as well.
    pub(crate) fn titles(&self, subject: &str) -> Vec<String> {
        let mut tables: Vec<String> = vec![];
        for (.., brings) in &self.joins {
            let table = match brings {
                Brings::Rows(table) | Brings::Columns(table) => table.clone(),
                Brings::Totals(_) => "totals".into(),
                Brings::Lines(_) => "lines".into(),
            };
            if !tables.contains(&table) {
                tables.push(table);
            }
        }
        let names: Vec<String> = self.items.iter().filter_map(|(_, it)| it.alias.clone()).collect();
        let words = self.declared();
        let declared: Vec<String> =
            words.iter().flat_map(|(_, names)| names.iter().map(|it| (*it).to_owned())).collect();
        let owners: Vec<String> = self.owners().into_iter().cloned().collect();
        let is_short = |names: &[String]| names.iter().map(|it| it.chars().count()).sum::<usize>() <= LONG;
        let what = match tables.len() {
            1..=TABLES => listed(&tables, "_", "_and_"),
            0 if names.len() <= FEW && is_short(&names) => listed(&names, "_", "_and_"),
            0 if (1..=FEW).contains(&declared.len()) && is_short(&declared) => listed(&declared, "_", "_and_"),
            0 if words.is_empty() => match owners.len() {
                1..=FEW if is_short(&owners) => format!("parts_of_{}", listed(&owners, "_", "_and_")),
                _ => "parts".into(),
            },
            // After what it mostly adds.
            0 => {
                let most = words.iter().filter(|(_, names)| names.len() * MOSTLY >= declared.len());
                let words: Vec<String> = most.map(|(word, _)| format!("{word}s")).collect();
                listed(&words, "_", "_and_")
            }
            _ => "tables".into(),
        };
        let mut titles = vec![format!("{subject}_with_{what}"), format!("{subject}_with_more_{what}")];
        let first = declared.first().or(owners.first()).filter(|it| is_short(std::slice::from_ref(it)));
        titles.extend(first.map(|it| format!("{subject}_with_{it}_and_more")));
        titles
    }

    /// In a line, what it adds: `adds what orders and visits come to; the lets growth and margin`
    pub(crate) fn told(&self) -> String {
        let (mut tables, mut columns, mut totals, mut lines) = (vec![], vec![], vec![], vec![]);
        for (.., brings) in &self.joins {
            let (list, name) = match brings {
                Brings::Rows(table) => (&mut tables, table.clone()),
                Brings::Columns(table) => (&mut columns, table.clone()),
                Brings::Totals(group) => (&mut totals, of_group(group)),
                Brings::Lines(group) => (&mut lines, of_group(group)),
            };
            if !list.contains(&name) {
                list.push(name);
            }
        }
        let mut joined = vec![];
        for (names, before, after) in [
            (tables, "what ", " come to"),
            (columns, "columns of ", ""),
            (totals, "totals ", ""),
            (lines, "where ranks begin, ", ""),
        ] {
            if !names.is_empty() {
                joined.push(format!("{before}{}{after}", listed(&names, ", ", " and ")));
            }
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let named = self.declared().into_iter().map(|(word, names)| {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            format!("the {word}{} {}", plural(names.len()), few(&names))
        });
        let added: Vec<String> = joined.iter().cloned().chain(named).collect();
        let parts = self.parts(added.is_empty());
        let whole = format!("adds {}", added.iter().chain(&parts).cloned().collect::<Vec<_>>().join("; "));
        if whole.chars().count() <= WIDTH || added.is_empty() {
            return whole;
        }
        let line = format!("adds {}", added.join("; "));
        if line.chars().count() <= WIDTH {
            return line;
        }
        // Too long: how many of each.
        let counted = self.declared().into_iter().map(|(word, names)| match names.len() {
            1 => format!("a {word}"),
            count => format!("{count} {word}s"),
        });
        let counted: Vec<String> = counted.collect();
        let counted = Some(listed(&counted, ", ", " and ")).filter(|it| !it.is_empty());
        let added: Vec<String> = joined.into_iter().chain(counted).collect();
        format!("adds {}", added.join("; "))
    }

    /// What it adds that others are computed of: by name where that is all and little, `saw_at and carted_at, for path`; else what it is for,
    /// `parts of rfm`.
    fn parts(&self, is_all: bool) -> Option<String> {
        let (mut own, mut names) = (vec![], vec![]);
        for (_, item) in &self.items {
            let (Purpose::PartOf(owner), Some(name)) = (&item.purpose, &item.alias) else { continue };
            if owner == name { own.push(name.clone()) } else { names.push(name.clone()) }
        }
        let owners: Vec<String> = self.owners().into_iter().filter(|it| !own.contains(it)).cloned().collect();
        let parts = match (owners.len(), names.len()) {
            (0, _) => None,
            (_, 1..=FEW) if is_all && own.is_empty() => {
                Some(format!("{}, for {}", listed(&names, ", ", " and "), few(&owners)))
            }
            _ => Some(format!("parts of {}", few(&owners))),
        };
        let own = (!own.is_empty()).then(|| few(&own));
        let all: Vec<String> = own.into_iter().chain(parts).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// What its parts are needed for.
    fn owners(&self) -> Vec<&String> {
        let mut owners: Vec<&String> = vec![];
        for (_, item) in &self.items {
            if let Purpose::PartOf(owner) = &item.purpose
                && !owners.contains(&owner)
            {
                owners.push(owner);
            }
        }
        owners
    }

    /// What the rules declare of it, by their words.
    fn declared(&self) -> Vec<(&'static str, Vec<&str>)> {
        let mut words: Vec<(&'static str, Vec<&str>)> = vec![];
        for (_, item) in &self.items {
            let (Purpose::Declared(word), Some(name)) = (&item.purpose, &item.alias) else { continue };
            match words.iter_mut().find(|(known, _)| known == word) {
                Some((_, names)) => names.push(name),
                None => words.push((word, vec![name])),
            }
        }
        words
    }
}

/// What a step adds of which some is left; nothing where it only carries columns.
pub(crate) fn told_of(items: &[Item]) -> Option<String> {
    let items = items.iter().filter(|it| it.purpose != Purpose::Carried);
    let items: Vec<(Order, Item)> = items.map(|it| ((0, 0), it.clone())).collect();
    (!items.is_empty()).then(|| Layer { name: String::new(), before: vec![], joins: vec![], items }.told())
}

/// `of everybody`, `per city`
fn of_group(group: &str) -> String {
    if group.is_empty() { "of everybody".into() } else { group.replacen("per_", "per ", 1) }
}

/// `a, b and c`; `a, b, c and 2 more`
pub(crate) fn few(names: &[String]) -> String {
    match names.len().saturating_sub(SHOWN) {
        0 => listed(names, ", ", " and "),
        more => format!("{} and {more} more", names.get(..SHOWN).unwrap_or_default().join(", ")),
    }
}

/// `a, b and c`
fn listed(names: &[String], between: &str, last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{}{last}{end}", first.join(between)),
    }
}

/// Moves tags and what is a part of something to the last step that may compute them, up to a level: so tags stand together at the end,
/// and a step between has what others build on. What is read elsewhere, by a join or a step before, stays where that finds it.
pub(crate) fn settle(layers: &mut [Layer], base: &str, level: usize) {
    let mut relations: HashMap<String, usize> = HashMap::from([(base.to_owned(), 0)]);
    relations.extend(layers.iter().zip(1..).map(|(layer, level)| (layer.name.clone(), level)));
    // The last place where each column may be computed.
    let mut latest: HashMap<String, usize> = HashMap::new();
    for (layer, at) in layers.iter().zip(0..) {
        let last = if at < level { level.saturating_sub(1) } else { at };
        latest.extend(layer.items.iter().filter_map(|(_, it)| Some((it.alias.clone()?, last))));
    }
    let read = |latest: &mut HashMap<String, usize>, sql: &Sql, end: usize| {
        if let Sql::Column(of, name) = sql
            && of.as_ref().is_none_or(|it| relations.contains_key(it))
            && let Some(place) = latest.get_mut(name)
        {
            *place = (*place).min(end);
        }
    };
    let added: Vec<Vec<String>> =
        layers.iter().map(|it| it.items.iter().filter_map(|(_, it)| it.alias.clone()).collect()).collect();
    for (layer, at) in layers.iter().zip(0_usize..) {
        for select in layer.before.iter().map(|it| &it.select) {
            for (name, level) in select.relations().filter_map(|it| Some((it, *relations.get(it)?))) {
                let end = level.saturating_sub(1);
                select.each(&mut |sql| read(&mut latest, sql, end));
                if select.has_all_of(|it| it == name) {
                    for column in added.iter().take(level).flatten() {
                        latest.entry(column.clone()).and_modify(|place| *place = (*place).min(end));
                    }
                }
            }
        }
        for (join, items, _) in &layer.joins {
            let all = items.iter().map(|it| &it.sql).chain(&join.on);
            all.for_each(|sql| sql.each(&mut |sql| read(&mut latest, sql, at.saturating_sub(1))));
        }
    }
    let mut moved: Vec<(usize, (Order, Item))> = vec![];
    for at in (0..layers.len()).rev() {
        let items = layers.get_mut(at).map(|it| std::mem::take(&mut it.items)).unwrap_or_default();
        for (order, item) in items {
            let last = item.alias.as_ref().and_then(|it| latest.get(it)).copied().unwrap_or(at);
            let place = if matches!(item.purpose, Purpose::Declared("let")) { at } else { last.max(at) };
            item.sql.each(&mut |sql| read(&mut latest, sql, place.saturating_sub(1)));
            moved.push((place, (order, item)));
        }
    }
    for (place, item) in moved {
        if let Some(layer) = layers.get_mut(place) {
            layer.items.push(item);
        }
    }
    for layer in layers {
        layer.items.sort_by_key(|(order, _)| *order);
    }
}
