//! No name and no value can break out: as a table of the warehouse, a column of it, a tag, the value of a layer, a text, a label, the name of
//! the rulebook. Each query is read again by a parser, and asked.

use std::fmt::Write as _;

use serde_json::json;
use tagwell::{
    engine::Rulebook,
    eval::User,
    ir::DefinitionId,
    sql::{self, Target},
    value::{Type, Value},
};

use super::{Asked, cell, compare, engines::Engine, reparsed, setup};

/// What somebody may call a thing.
const HOSTILE: [&str; 12] = [
    "'; DROP TABLE users; --",
    "\"; DROP TABLE users; --",
    "a\\",
    "\\'",
    "$$; DROP TABLE users; $$",
    "/* a",
    "*/ DROP TABLE users /*",
    "-- a",
    "select",
    "{as_of:Int64} :as_of $as_of ?",
    "😀 水果",
    "U&\"\\0061\"",
];

/// What stands in no name, but in texts, headers and labels.
const MORE: [&str; 4] = ["a\nDROP TABLE users", "a`b", "\r\t\u{2028}", "a\u{0}b"];

#[test]
fn nothing_breaks_out_of_duckdb() {
    nothing_breaks_out(Engine::DuckDb);
}

#[test]
fn nothing_breaks_out_of_postgres() {
    nothing_breaks_out(Engine::Postgres);
}

#[test]
fn nothing_breaks_out_of_clickhouse() {
    nothing_breaks_out(Engine::ClickHouse);
}

#[test]
fn nothing_breaks_out_of_spark() {
    nothing_breaks_out(Engine::Spark);
}

/// As a text of the rules.
fn text(value: &str) -> String {
    let mut out = String::from("\"");
    for it in value.chars() {
        match it {
            '"' | '\\' => out.extend(['\\', it]),
            it if it.is_control() || it == '\u{2028}' => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(it));
            }
            it => out.push(it),
        }
    }
    out + "\""
}

fn nothing_breaks_out(engine: Engine) {
    // PostgreSQL has no text with a zero byte.
    let is_there = |it: &&str| !(engine == Engine::Postgres && it.contains('\0'));
    let texts: Vec<&str> = HOSTILE.into_iter().chain(MORE).filter(is_there).collect();
    let headers: Vec<&str> = HOSTILE.into_iter().chain(["a`b"]).collect();
    let mut rules =
        format!("rulebook {} timezone \"UTC\"\ntable users key user_id {{\n  user_id: text\n", text(MORE[0]));
    for (header, at) in headers.iter().zip(0..) {
        let _ = writeln!(rules, "  f{at}: text? from {}", text(header));
    }
    rules += "}\n";
    for (name, at) in HOSTILE.iter().zip(0..) {
        let values: Vec<String> = texts.iter().map(|it| text(it)).collect();
        let _ = writeln!(rules, "tag `{name}` {} when f{at} in [{}]", text(MORE[0]), values.join(", "));
        let _ = writeln!(rules, "layer l{at} {{ `{name} of {at}` when f{at} starts with \"a\"  other{at} otherwise }}");
        let _ = writeln!(rules, "let t{at} = f{at} + {}", text(texts[at % texts.len()]));
    }
    let parsed = Rulebook::parse(MORE[0], &rules).unwrap_or_else(|problems| panic!("{problems}\n{rules}"));
    let checked = parsed.check(&Default::default()).unwrap_or_else(|problems| panic!("{problems}\n{rules}"));
    let engine_of_rules = checked.engine(checked.clock("2026-11-22").unwrap());
    let rulebook = engine_of_rules.rulebook();
    let users: Vec<Vec<Value>> = texts
        .iter()
        .map(|it| {
            let value = || Value::Text((*it).into());
            [value()].into_iter().chain(headers.iter().map(|_| value())).collect()
        })
        .collect();
    let none = tagwell::eval::Children::default();
    let all: Vec<User<'_>> = users.iter().map(|record| User { record, children: &none }).collect();
    let answers = engine_of_rules.interpreter().evaluate_all(&all);
    let lets = (0..rulebook.definitions.len() as u32).map(DefinitionId);
    let (extra, order): (Vec<_>, Vec<_>) = lets.partition(|id| super::is_let(rulebook, *id));
    let mut asked = vec![];
    for table in HOSTILE {
        let target = Target {
            tables: [("users".to_owned(), vec![table.to_owned()])].into(),
            with: extra.iter().map(|id| sql::Extra::Definition(*id)).collect(),
            ..Target::wide(engine.dialect())
        };
        let sources = checked.warnings().sources();
        let query = sql::query(rulebook, sources, engine_of_rules.context(), &target).unwrap();
        reparsed::again(engine, &query);
        let (names, values) = reparsed::quoted(engine, &query);
        for name in HOSTILE.iter().filter(|it| **it != "select") {
            // What reads it again leaves the escapes of ClickHouse's names as they are.
            let is_it = |it: &String| it == name || engine == Engine::ClickHouse && it.replace("\\\\", "\\") == **name;
            assert!(names.iter().any(is_it), "{engine:?}: `{name}` is no name of\n{query}");
            assert!(values.iter().any(|it| it == name), "{engine:?}: `{name}` is no text of\n{query}");
        }
        let order: Vec<DefinitionId> = order.iter().chain(&extra).copied().collect();
        let types: Vec<Type> =
            [Type::Text].into_iter().chain(order.iter().map(|id| rulebook.definition(*id).ty.clone())).collect();
        let names = order.iter().map(|id| rulebook.definition(*id).name.to_string());
        let expected = users.iter().zip(&answers).map(|(record, answers)| {
            let of = |id: &DefinitionId| {
                let definition = rulebook.definition(*id);
                let value = rulebook.shown(answers.value(*id), &definition.ty);
                let closed = definition.ty == Type::Bool && !super::is_let(rulebook, *id);
                if closed { Value::Bool(value == Value::Bool(true)) } else { value }
            };
            [record[0].clone()].into_iter().chain(order.iter().map(of)).collect()
        });
        let kinds: Vec<String> = types.iter().map(cell::kind).collect();
        let rows: Vec<&Vec<Value>> = users.iter().collect();
        let setup = setup::table_called(engine, table, rulebook.schema.root(), &rows);
        asked.push(Asked {
            text: rules.clone(),
            names: ["user_id".to_owned()].into_iter().chain(names).collect(),
            expected: expected.collect(),
            case: json!({ "setup": setup, "query": query, "kinds": kinds }),
            types,
        });
    }
    let Some(mut driver) = engine.driver_of_one() else { return };
    compare(engine, &mut driver, &asked, 0);
}
