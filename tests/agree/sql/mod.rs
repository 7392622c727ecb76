//! The plain interpreter and the query of `tagwell sql` give everybody the same, on the engines themselves. Where an engine is not
//! there the test says so and passes; `.ci/run` puts them there.

mod apart;
mod by_hand;
mod cell;
mod crowd;
mod engines;
mod floats;
mod gained;
mod given;
mod hostile;
mod incremental;
mod letters;
mod local_moments;
mod losses;
mod more;
mod nobody;
mod once;
mod parameter;
mod promised;
mod reparsed;
mod retyped;
mod reviewed;
mod setup;
mod shipped;
mod twice;

use std::fmt::Write as _;

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value as Json, json};
use tagwell::{
    eval::{Answers, Children, Context},
    ir::{DefinitionId, Rulebook},
    schema::ColumnId,
    source::Sources,
    sql::{self, Extra, Target},
    value::{Type, Value},
};

use self::{
    engines::{Driver, Engine},
    setup::More,
};
use super::{
    data::{Data, Moments, Record},
    declarations,
    evaluated::Case,
    rules::{self, About},
    tables,
};

/// Rulebooks that each engine is asked about; `SQL_CASES=2000` takes its time.
fn number(default: usize) -> usize {
    std::env::var("SQL_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(default)
}

/// The same rulebooks each time; others with `SQL_SEED=7`.
fn runner() -> TestRunner {
    let seed: Option<u8> = std::env::var("SQL_SEED").ok().and_then(|it| it.parse().ok());
    match seed {
        None => TestRunner::deterministic(),
        Some(seed) => {
            let dice = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
            TestRunner::new_with_rng(Config::default(), dice)
        }
    }
}

#[test]
fn duckdb_says_what_the_plain_interpreter_says() {
    agree(Engine::DuckDb, number(150));
}

#[test]
fn postgres_says_what_the_plain_interpreter_says() {
    agree(Engine::Postgres, number(60));
}

#[test]
fn clickhouse_says_what_the_plain_interpreter_says() {
    agree(Engine::ClickHouse, number(24));
}

#[test]
fn spark_says_what_the_plain_interpreter_says() {
    agree(Engine::Spark, number(12));
}

/// A rulebook, its data and its query.
struct Asked {
    text: String,
    /// Types by column of the answer, the key first.
    types: Vec<Type>,
    names: Vec<String>,
    expected: Vec<Vec<Value>>,
    case: Json,
}

fn agree(engine: Engine, cases: usize) {
    let Some(mut driver) = engine.driver() else { return };
    let (mut asked, mut refused) = (vec![], 0);
    let mut runner = runner();
    for at in 0..cases {
        let (setting, lines) = declarations().new_tree(&mut runner).unwrap().current();
        let (users, orders, visits) = tables().new_tree(&mut runner).unwrap().current();
        let more = if at % 3 == 0 { more::RULES } else { "" };
        let text = with_keys(&rules::rulebook(&setting, &lines, About::Everybody)) + more;
        let data = Data::from(&users, &orders, &visits, Moments::Tied);
        let data = tame(data);
        let data = if engine == Engine::ClickHouse { of_clickhouse(data) } else { data };
        let mut beside = More::default();
        let case = Case::with(&text, &data, |rulebook, clock| more::context(rulebook, clock, &mut beside));
        let people = case.plain_values();
        let given = Given {
            rulebook: case.engine().rulebook(),
            sources: case.sources(),
            context: case.engine().context(),
            people,
            beside,
        };
        match ask(engine, &text, given) {
            Some(one) => asked.push(one),
            None => refused += 1,
        }
    }
    compare(engine, &mut driver, &asked, refused);
}

/// Asks the engine, and compares every cell.
fn compare(engine: Engine, driver: &mut Driver, asked: &[Asked], refused: usize) {
    let cases = asked.len() + refused;
    if let Some(path) = std::env::var_os("SQL_DUMP") {
        let all: Vec<Json> = asked
            .iter()
            .map(|it| {
                let rows = it
                    .expected
                    .iter()
                    .map(|row| row.iter().zip(&it.types).map(|(value, ty)| cell::shown(value, ty)).collect::<Json>());
                json!({ "text": it.text, "case": it.case, "names": it.names, "expected": rows.collect::<Json>() })
            })
            .collect();
        std::fs::write(path, serde_json::to_vec(&all).unwrap()).unwrap();
    }
    let answers = driver.answer(&asked.iter().map(|it| it.case.clone()).collect::<Vec<_>>());
    assert_eq!(answers.len(), asked.len(), "an answer for each case");
    let (mut wrong, mut ended, mut cells, mut report) = (0, 0, 0, String::new());
    for (one, answer) in asked.iter().zip(&answers) {
        // What hangs on the order of rows that no key tells, sums of floats that are not exact, and of more than 38 digits.
        let ends = |error: &str| {
            let known = [
                "floats this large, or this fine",
                "of the same moment",
                "Out of Range Error: Overflow in",
                "ARITHMETIC_OVERFLOW",
                "cannot be represented as Decimal(38",
                // A query that is planned for longer than a busy machine has time for.
                "canceling statement due to statement timeout",
            ];
            known.iter().any(|it| error.contains(it))
        };
        if answer["error"].as_str().is_some_and(ends) {
            ended += 1;
            continue;
        }
        cells += one.expected.len() * one.types.len();
        if let Some(difference) = difference(one, answer) {
            wrong += 1;
            if wrong <= 5 {
                let _ = writeln!(report, "{difference}\n{}\n{}", one.text, one.case["query"].as_str().unwrap_or(""));
            }
        }
    }
    println!("{engine:?}: {} rulebooks, {cells} cells, {refused} refused, {ended} ended by themselves", asked.len());
    assert!(wrong == 0, "{wrong} of {} differ\n{report}", asked.len());
    assert!(asked.len() * 4 > cases && ended * 2 < asked.len().max(1), "too few are asked about");
}

/// What differs first.
fn difference(one: &Asked, answer: &Json) -> Option<String> {
    let Some(rows) = answer["rows"].as_array() else { return Some(answer["error"].to_string()) };
    if rows.len() != one.expected.len() {
        return Some(format!("{} rows instead of {}", rows.len(), one.expected.len()));
    }
    for expected in &one.expected {
        let key = cell::shown(&expected[0], &one.types[0]);
        let Some(row) = rows.iter().find(|row| row[0] == key) else { return Some(format!("{key} is not there")) };
        for (at, value) in expected.iter().enumerate() {
            let wanted = cell::shown(value, &one.types[at]);
            if !cell::is(&row[at], &wanted, &one.types[at]) {
                return Some(format!("{} of {key} is {}, and should be {wanted}", one.names[at], row[at]));
            }
        }
    }
    None
}

/// Rules, everybody, and what the plain interpreter says of them.
struct Given<'g> {
    rulebook: &'g Rulebook,
    sources: &'g Sources,
    context: &'g Context,
    people: Vec<(Vec<Value>, Children, Answers)>,
    beside: More,
}

/// The query for all definitions, and what the plain interpreter says; none where the engine cannot say it.
fn ask(engine: Engine, text: &str, given: Given<'_>) -> Option<Asked> {
    ask_of(engine, text, given, sql::AsOf::Constant, None)
}

/// The same, with an as-of that is perhaps a parameter, and perhaps as the script that keeps the results of many days in a table.
fn ask_of(
    engine: Engine,
    text: &str,
    given: Given<'_>,
    as_of: sql::AsOf,
    create: Option<sql::Create>,
) -> Option<Asked> {
    let Given { rulebook, sources, context, people, beside } = given;
    let lets = (0..rulebook.definitions.len() as u32).map(DefinitionId);
    let target = Target {
        tables: beside.lists.iter().map(|(name, ..)| (name.clone(), vec![name.clone()])).collect(),
        as_of,
        incremental: create.is_some(),
        with: lets.clone().filter(|id| is_let(rulebook, *id)).map(Extra::Definition).collect(),
        create,
        ..Target::wide(engine.dialect())
    };
    let query = match sql::query(rulebook, sources, context, &target) {
        Ok(query) => query,
        Err(problems) => {
            problems.iter().for_each(|it| println!("refused: {}", it.message));
            return None;
        }
    };
    if target.create.is_none() {
        reparsed::again(engine, &query);
    }
    let mut order: Vec<DefinitionId> = lets.clone().filter(|id| !is_let(rulebook, *id)).collect();
    order.extend(lets.filter(|id| is_let(rulebook, *id)));
    let root = rulebook.schema.root();
    let key_at = root.key.unwrap_or(ColumnId(0));
    let key = root.column(key_at).ty.clone();
    let mut types = vec![key];
    types.extend(order.iter().map(|id| rulebook.definition(*id).ty.clone()));
    let mut names = vec![root.column(key_at).name.to_string()];
    names.extend(order.iter().map(|id| rulebook.definition(*id).name.to_string()));
    let (mut expected, mut inputs) = (vec![], vec![]);
    for (record, children, answers) in people {
        let mut row = vec![record[key_at.0 as usize].clone()];
        for id in &order {
            let definition = rulebook.definition(*id);
            let value = rulebook.shown(answers.value(*id), &definition.ty);
            let closed = definition.ty == Type::Bool && !is_let(rulebook, *id);
            row.push(if closed { Value::Bool(value == Value::Bool(true)) } else { value });
        }
        expected.push(row);
        inputs.push((record, children));
    }
    let kinds: Vec<String> = types.iter().map(cell::kind).collect();
    let setup = |engine: Engine| setup::statements(engine, rulebook, &inputs, &beside);
    let mut case = json!({ "setup": setup(engine), "query": query, "kinds": kinds });
    if std::env::var_os("SQL_DUMP").is_some() {
        let all = [Engine::DuckDb, Engine::Postgres, Engine::ClickHouse, Engine::Spark];
        case["setups"] = all.into_iter().map(|it| (it.name().to_owned(), json!(setup(it)))).collect();
    }
    Some(Asked { text: text.to_owned(), types, names, expected, case })
}

fn is_let(rulebook: &Rulebook, id: DefinitionId) -> bool {
    matches!(rulebook.definition(id).body, tagwell::ir::Body::Let(_))
}

/// Rows of a child table have a key, which is the order of the input.
fn with_keys(text: &str) -> String {
    text.replace("at ordered_at {", "at ordered_at key number { number: int")
        .replace("at visited {", "at visited key number { number: int")
}

/// The same data as ClickHouse has it: without missing lists, and without the second before which Shanghai's clock was another.
fn of_clickhouse(mut data: Data) -> Data {
    data.users.iter_mut().for_each(|user| user.replace(&["interests"], "", "[]"));
    for record in data.users.iter_mut().chain(&mut data.orders) {
        record.replace(&["seen", "ordered_at"], "1900-12-31T15:54:17Z", "1900-12-31T15:54:18Z");
    }
    data
}

/// The same data with keys, users in order of theirs, and floats of a size that is summed exactly.
fn tame(mut data: Data) -> Data {
    data.users.sort_by(|a, b| a.key.cmp(&b.key));
    for rows in [&mut data.orders, &mut data.visits] {
        rows.iter_mut().zip(1..).for_each(|(row, at): (&mut Record, u32)| row.add("number", &at.to_string()));
    }
    for record in data.users.iter_mut().chain(&mut data.orders) {
        for (wild, tame) in [("1e308", "1e12"), ("-1e308", "-2.5e12"), ("5e-324", "0.001"), ("1e16", "4503599627.5")] {
            record.replace(&["rate", "weight"], wild, tame);
        }
    }
    data
}
