//! The rulebooks that we ship, over their own fixtures: every cell as the plain interpreter has it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;
use tagwell::{
    engine::{Files, Rulebook},
    eval::{Children, User},
    ir::DefinitionId,
    record,
    schema::{ColumnId, Role, Table, TableId},
    sql,
    value::{Type, Value},
};

use super::{Asked, Engine, Given, More, ask_of, compare};

/// Where a rulebook lies, the fixtures of its tables, the root's first, and the as-of of its snapshot.
pub(super) struct Shipped {
    pub(super) folder: PathBuf,
    pub(super) rules: PathBuf,
    pub(super) text: String,
    pub(super) root: String,
    pub(super) children: BTreeMap<String, String>,
    pub(super) as_of: String,
}

fn shipped() -> Vec<Shipped> {
    let mut all = vec![];
    for parent in ["rules", "examples"] {
        let mut folders: Vec<PathBuf> =
            std::fs::read_dir(parent).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_dir()).collect();
        folders.sort();
        for folder in folders {
            let files = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
            let mut files: Vec<PathBuf> = files.filter(|it| it.extension().is_some_and(|it| it == "rules")).collect();
            files.sort();
            all.extend(files.into_iter().filter_map(|rules| snapshot(&folder, rules)));
        }
    }
    assert!(all.len() > 20, "{} rulebooks", all.len());
    all
}

/// `snapshot "fixtures" of "users.csv", orders: "orders.csv" as of 2026-11-22`
fn snapshot(folder: &Path, rules: PathBuf) -> Option<Shipped> {
    let text = std::fs::read_to_string(&rules).unwrap();
    let (_, said) = text.split_once("\nsnapshot \"")?;
    let (_, said) = said.split_once("\" of ")?;
    let (files, rest) = said.split_once("as of ")?;
    let as_of = rest.split_whitespace().next()?.to_owned();
    let (mut root, mut children) = (String::new(), BTreeMap::new());
    for part in files.split(',') {
        let name = part.trim().strip_suffix('"')?;
        match name.split_once(": \"") {
            Some((table, file)) => drop(children.insert(table.to_owned(), file.to_owned())),
            None => root = name.strip_prefix('"')?.to_owned(),
        }
    }
    Some(Shipped { folder: folder.to_owned(), rules, text, root, children, as_of })
}

/// The rows of a file as an engine can hold them: ClickHouse has no list that is missing, but an empty one.
fn rows_for(engine: Engine, path: &Path, table: &Table) -> Vec<serde_json::Map<String, Json>> {
    let mut rows = rows_of(path, table);
    for column in table.columns.iter().filter(|it| engine == Engine::ClickHouse && matches!(it.ty, Type::List(_))) {
        for row in &mut rows {
            let cell = row.entry(column.header.to_string()).or_insert(Json::Null);
            if cell.is_null() {
                *cell = Json::Array(vec![]);
            }
        }
    }
    rows
}

/// The rows of a file as JSON, each cell as its column's type has it.
fn rows_of(path: &Path, table: &Table) -> Vec<serde_json::Map<String, Json>> {
    let text = std::fs::read_to_string(path).unwrap();
    let object = |json: &str| match serde_json::from_str(json) {
        Ok(Json::Object(object)) => object,
        other => panic!("{}: {other:?}", path.display()),
    };
    if path.extension().is_some_and(|it| it == "jsonl") {
        return text.lines().filter(|it| !it.is_empty()).map(object).collect();
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let cell = |header: &str, cell: &str| {
        let ty = table.columns.iter().find(|it| *it.header == *header).map(|it| &it.ty);
        match ty {
            _ if cell.is_empty() => "null".to_owned(),
            Some(Type::Int | Type::Decimal(_) | Type::Float | Type::Bool) => cell.to_owned(),
            Some(Type::List(_)) => Json::from(cell.split(';').collect::<Vec<_>>()).to_string(),
            _ => Json::from(cell).to_string(),
        }
    };
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let cells = headers.iter().zip(&row).map(|(name, it)| format!("{name:?}: {}", cell(name, it)));
        object(&format!("{{{}}}", cells.collect::<Vec<_>>().join(", ")))
    });
    rows.collect()
}

pub(super) fn asked(engine: Engine, it: &Shipped) -> Option<Asked> {
    asked_into(engine, it, sql::AsOf::Constant, None)
}

/// The same, perhaps of a parameter, and as the script that keeps results in a table.
pub(super) fn asked_into(engine: Engine, it: &Shipped, as_of: sql::AsOf, create: Option<sql::Create>) -> Option<Asked> {
    let name = it.rules.to_string_lossy().into_owned();
    let checked = Rulebook::parse(&name, &it.text).unwrap().check(&Default::default()).unwrap();
    let rulebook = checked.rulebook();
    let (schema, clock) = (&rulebook.schema, checked.clock(&it.as_of).unwrap());
    let reads = rulebook.reads((0..rulebook.definitions.len() as u32).map(DefinitionId));
    let files = Files { folder: it.folder.clone(), ..Files::default() };
    let zone = clock.zone().clone();
    let context = files.context(rulebook, clock, &reads).unwrap();
    let mut beside = More::default();
    let mut of_users: BTreeMap<&str, Vec<serde_json::Map<String, Json>>> = BTreeMap::new();
    for (table, id) in schema.tables.iter().zip(0..) {
        match (&table.role, it.children.get(table.name.as_str())) {
            (Role::Children { .. }, Some(file)) => {
                drop(of_users.insert(&table.name, rows_for(engine, &it.folder.join(file), table)))
            }
            (Role::Reference, _) => {
                let rows = rows_of(Path::new(&files.of_table(table).unwrap()), table);
                let rows = rows.iter().map(|row| record::from_json(row, table, &zone).unwrap()).collect();
                beside.reference.insert(TableId(id), rows);
            }
            _ => {}
        }
    }
    let root = schema.root();
    let key = root.column(root.key.unwrap());
    let mut records: Vec<(Vec<Value>, Children)> = vec![];
    for mut user in rows_for(engine, &it.folder.join(&it.root), root) {
        let own = user[&*key.header].clone();
        for (table, rows) in &of_users {
            let Role::Children { by, .. } = schema.table(schema.find(table).unwrap()).role else { continue };
            let by = &schema.table(schema.find(table).unwrap()).column(by).header;
            let theirs = rows.iter().filter(|row| row[&**by] == own).cloned().map(Json::Object).collect();
            user.insert((*table).to_owned(), Json::Array(theirs));
        }
        let record = record::from_json(&user, root, &zone).unwrap();
        let key = record[root.key.unwrap().0 as usize].clone();
        let children = schema.tables.iter().zip(0..).filter(|(it, _)| matches!(it.role, Role::Children { .. }));
        let children = children.filter(|(it, _)| !it.is_ledger()).map(|(table, id)| {
            let all = (0..table.columns.len() as u32).map(ColumnId).collect();
            (TableId(id), record::children_from_json(&user, table, &all, &key, &zone).unwrap())
        });
        records.push((record, children.collect()));
    }
    // The users' own order is that of their key.
    let place = root.key.unwrap().0 as usize;
    records.sort_by(|(a, _), (b, _)| match (&a[place], &b[place]) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (a, b) => panic!("{a:?} and {b:?} are no keys"),
    });
    let ready = checked.engine_with(context);
    let users: Vec<User<'_>> = records.iter().map(|(record, children)| User { record, children }).collect();
    let answers = ready.interpreter().evaluate_all(&users);
    let people = records.iter().cloned().zip(answers).map(|((record, children), it)| (record, children, it)).collect();
    let sources = checked.warnings().sources();
    let given = Given { rulebook, sources, context: ready.context(), people, beside };
    ask_of(engine, &name, given, as_of, create)
}

fn agree(engine: Engine) {
    let Some(mut driver) = engine.driver() else { return };
    let all = shipped();
    let asked: Vec<Asked> = all.iter().filter_map(|it| asked(engine, it)).collect();
    // One asks what was decided before, which only a state knows.
    let of_ledger = all.iter().filter(|it| it.text.contains("from ledger")).count();
    assert_eq!(asked.len() + of_ledger, all.len(), "what is refused is told above");
    compare(engine, &mut driver, &asked, of_ledger);
}

#[test]
fn what_we_ship_is_the_same_on_duckdb() {
    agree(Engine::DuckDb);
}

#[test]
fn what_we_ship_is_the_same_on_postgres() {
    agree(Engine::Postgres);
}

#[test]
fn what_we_ship_is_the_same_on_spark() {
    agree(Engine::Spark);
}
