//! Statements that put users and their rows into an engine's tables.

use std::collections::BTreeMap;

use tagwell::{
    eval::Children,
    ir::Rulebook,
    schema::{Role, Table, TableId},
    value::{
        Type, Value, Zone,
        moment_text::{date_text, timestamp_text},
    },
};

use super::engines::Engine;

/// What stands beside the users and their rows.
#[derive(Clone, Debug, Default)]
pub(super) struct More {
    /// The rows of reference tables.
    pub(super) reference: BTreeMap<TableId, Vec<Vec<Value>>>,
    /// Lists that are tables: name, column, texts.
    pub(super) lists: Vec<(String, String, Vec<String>)>,
}

/// A list that stands in a table of the engine, with a missing value, which is nobody's.
fn list_of(engine: Engine, (name, column, texts): &(String, String, Vec<String>)) -> Vec<String> {
    let column = quoted(engine, column);
    let rows = texts.iter().map(|it| format!("SELECT {} AS {column}", escaped(engine, it)));
    let missing = format!("SELECT CAST(NULL AS {}) AS {column}", ty(engine, &Type::Text));
    let all = rows.chain([missing]).collect::<Vec<_>>().join(" UNION ALL ");
    match engine {
        Engine::Spark => vec![format!("CREATE OR REPLACE TEMP VIEW {name} AS {all}")],
        Engine::DuckDb | Engine::Postgres | Engine::ClickHouse => {
            let tail = engine.table_tail();
            vec![format!("DROP TABLE IF EXISTS {name}"), format!("CREATE TABLE {name}{tail} AS {all}")]
        }
    }
}

/// The tables, and their rows.
pub(super) fn statements(
    engine: Engine,
    rulebook: &Rulebook,
    users: &[(Vec<Value>, Children)],
    more: &More,
) -> Vec<String> {
    let mut all: Vec<String> = more.lists.iter().flat_map(|list| list_of(engine, list)).collect();
    for (table, id) in rulebook.schema.tables.iter().zip(0..) {
        let rows: Vec<&Vec<Value>> = match table.role {
            Role::Root => users.iter().map(|(record, _)| record).collect(),
            Role::Reference => more.reference.get(&TableId(id)).into_iter().flatten().collect(),
            Role::Children { .. } => {
                users.iter().flat_map(|(_, children)| children.get(&TableId(id)).into_iter().flatten()).collect()
            }
        };
        all.extend(table_called(engine, &table.name, table, &rows));
    }
    all
}

/// A table under a name of the warehouse.
pub(super) fn table_called(engine: Engine, name: &str, table: &Table, rows: &[&Vec<Value>]) -> Vec<String> {
    let name = quoted(engine, name);
    let columns = table.columns.iter();
    let columns: Vec<String> =
        columns.map(|it| format!("{} {}", quoted(engine, &it.header), ty(engine, &it.ty))).collect();
    if engine == Engine::Spark {
        return view_of(&name, table, rows);
    }
    let tail = engine.table_tail();
    let mut all =
        vec![format!("DROP TABLE IF EXISTS {name}"), format!("CREATE TABLE {name} ({}){tail}", columns.join(", "))];
    if !rows.is_empty() {
        let rows = rows.iter().map(|row| {
            let cells: Vec<String> =
                row.iter().zip(&table.columns).map(|(value, column)| literal(engine, value, &column.ty)).collect();
            format!("({})", cells.join(", "))
        });
        let rows: Vec<String> = rows.collect();
        all.push(format!("INSERT INTO {name} VALUES {}", rows.join(", ")));
    }
    all
}

/// Spark writes tables slowly.
fn view_of(name: &str, table: &Table, rows: &[&Vec<Value>]) -> Vec<String> {
    let cast = |value: &Value, column: &tagwell::schema::Column| {
        format!("CAST({} AS {})", literal(Engine::Spark, value, &column.ty), ty(Engine::Spark, &column.ty))
    };
    let names: Vec<String> = table.columns.iter().map(|it| quoted(Engine::Spark, &it.header)).collect();
    let all = match rows.is_empty() {
        true => {
            let cells = table.columns.iter().zip(&names);
            let cells = cells.map(|(column, name)| format!("{} AS {name}", cast(&Value::Missing, column)));
            format!("SELECT {} WHERE FALSE", cells.collect::<Vec<_>>().join(", "))
        }
        false => {
            let rows = rows.iter().map(|row| {
                let cells = row.iter().zip(&table.columns).map(|(value, column)| cast(value, column));
                format!("({})", cells.collect::<Vec<_>>().join(", "))
            });
            format!("SELECT * FROM VALUES {} AS t({})", rows.collect::<Vec<_>>().join(", "), names.join(", "))
        }
    };
    vec![format!("CREATE OR REPLACE TEMP VIEW {name} AS {all}")]
}

fn quoted(engine: Engine, name: &str) -> String {
    match engine {
        Engine::Spark => format!("`{}`", name.replace('`', "``")),
        Engine::ClickHouse => format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`")),
        Engine::DuckDb | Engine::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn ty(engine: Engine, ty: &Type) -> String {
    if engine == Engine::ClickHouse {
        let plain = match ty {
            Type::Text | Type::Choice(_) | Type::Duration => "String".to_owned(),
            Type::Int => "Int64".into(),
            Type::Decimal(scale) => format!("Decimal(38, {scale})"),
            Type::Float => "Float64".into(),
            Type::Bool => "Bool".into(),
            Type::Date => "Date32".into(),
            Type::Timestamp => "DateTime64(6, 'UTC')".into(),
            Type::List(_) => return "Array(String)".into(),
        };
        return format!("Nullable({plain})");
    }
    let plain = |duck: &str, postgres: &str, spark: &str| match engine {
        Engine::DuckDb => duck.to_owned(),
        Engine::Postgres => postgres.to_owned(),
        Engine::Spark | Engine::ClickHouse => spark.to_owned(),
    };
    match ty {
        Type::Text | Type::Choice(_) => plain("VARCHAR", "text", "STRING"),
        Type::Int => plain("BIGINT", "bigint", "BIGINT"),
        Type::Decimal(scale) => {
            let (whole, scale) = (38, *scale);
            let numeric = format!("numeric({whole},{scale})");
            let decimal = format!("DECIMAL({whole},{scale})");
            plain(&decimal, &numeric, &decimal)
        }
        Type::Float => plain("DOUBLE", "double precision", "DOUBLE"),
        Type::Bool => plain("BOOLEAN", "boolean", "BOOLEAN"),
        Type::Date => plain("DATE", "date", "DATE"),
        Type::Timestamp => plain("TIMESTAMPTZ", "timestamptz", "TIMESTAMP"),
        Type::Duration => plain("INTERVAL", "interval", "STRING"),
        Type::List(_) => plain("VARCHAR[]", "text[]", "ARRAY<STRING>"),
    }
}

fn literal(engine: Engine, value: &Value, of: &Type) -> String {
    let cast = |text: String| format!("CAST({text} AS {})", ty(engine, of));
    match value {
        Value::Missing => "NULL".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(int) => cast(format!("'{int}'")),
        Value::Decimal(decimal) => cast(format!("'{decimal}'")),
        Value::Float(float) => cast(format!("'{float:?}'")),
        Value::Text(text) => escaped(engine, text),
        Value::Date(days) => cast(format!("'{}'", date_text(*days))),
        Value::Timestamp(micros) => {
            let text = timestamp_text(*micros, &Zone::utc());
            match engine {
                Engine::Spark => format!("timestamp_micros({micros})"),
                Engine::ClickHouse => format!("fromUnixTimestamp64Micro({micros}, 'UTC')"),
                Engine::DuckDb | Engine::Postgres => cast(format!("'{}'", text.replace('T', " ").replace('Z', "+00"))),
            }
        }
        Value::Duration(it) => match engine {
            Engine::DuckDb => {
                format!("to_months({}) + to_days({}) + to_microseconds({})", it.months, it.days, it.micros)
            }
            Engine::Postgres => format!("INTERVAL '{} months {} days {} microseconds'", it.months, it.days, it.micros),
            // In the language's form, days and hours as they are.
            Engine::Spark | Engine::ClickHouse => {
                let (months, days, micros) = (it.months.abs(), it.days.abs(), it.micros.abs());
                let sign = if it.months < 0 || it.days < 0 || it.micros < 0 { "-" } else { "" };
                match (months, days) {
                    // Digits alone are microseconds.
                    (0, 0) => format!("'{}'", it.micros),
                    _ => format!("'{sign}{months}mo{days}d{}.{:06}s'", micros / 1_000_000, micros % 1_000_000),
                }
            }
        },
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(|it| literal(engine, it, &Type::Text)).collect();
            let values = values.join(", ");
            match engine {
                Engine::DuckDb | Engine::ClickHouse => format!("[{values}]"),
                Engine::Postgres => format!("ARRAY[{values}]::text[]"),
                Engine::Spark => format!("array({values})"),
            }
        }
        Value::Choice(_) => panic!("no column has one"),
    }
}

fn escaped(engine: Engine, text: &str) -> String {
    match engine {
        Engine::Postgres => format!("'{}'", text.replace('\'', "''")),
        Engine::DuckDb => format!("'{}'", text.replace('\'', "''").replace('\0', "' || chr(0) || '")),
        Engine::Spark | Engine::ClickHouse => {
            let text = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\0', "\\0");
            format!("'{text}'")
        }
    }
}
