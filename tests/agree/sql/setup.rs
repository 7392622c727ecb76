//! Statements that put users and their rows into an engine's tables.

use tagwell::{
    eval::Children,
    ir::Rulebook,
    schema::{Role, Table},
    value::{
        Type, Value, Zone,
        moment_text::{date_text, timestamp_text},
    },
};

use super::engines::Engine;

/// The tables, and their rows.
pub(super) fn statements(engine: Engine, rulebook: &Rulebook, users: &[(Vec<Value>, Children)]) -> Vec<String> {
    let mut all = vec![];
    for (table, id) in rulebook.schema.tables.iter().zip(0..) {
        let rows: Vec<&Vec<Value>> = match table.role {
            Role::Root => users.iter().map(|(record, _)| record).collect(),
            _ => users
                .iter()
                .flat_map(|(_, children)| children.get(&tagwell::schema::TableId(id)).into_iter().flatten())
                .collect(),
        };
        all.extend(table_of(engine, table, &rows));
    }
    all
}

fn table_of(engine: Engine, table: &Table, rows: &[&Vec<Value>]) -> Vec<String> {
    // What an engine keeps no columns of is not there.
    let kept: Vec<usize> = (0..table.columns.len()).filter(|at| ty(engine, &table.columns[*at].ty).is_some()).collect();
    let columns = kept.iter().map(|at| {
        let column = &table.columns[*at];
        format!("{} {}", quoted(engine, &column.header), ty(engine, &column.ty).unwrap())
    });
    let columns: Vec<String> = columns.collect();
    if engine == Engine::Spark {
        return view_of(table, &kept, rows);
    }
    let tail = engine.table_tail();
    let mut all = vec![
        format!("DROP TABLE IF EXISTS {}", table.name),
        format!("CREATE TABLE {} ({}){tail}", table.name, columns.join(", ")),
    ];
    if !rows.is_empty() {
        let rows = rows.iter().map(|row| {
            let cells: Vec<String> = kept.iter().map(|at| literal(engine, &row[*at], &table.columns[*at].ty)).collect();
            format!("({})", cells.join(", "))
        });
        let rows: Vec<String> = rows.collect();
        all.push(format!("INSERT INTO {} VALUES {}", table.name, rows.join(", ")));
    }
    all
}

/// Spark writes tables slowly.
fn view_of(table: &Table, kept: &[usize], rows: &[&Vec<Value>]) -> Vec<String> {
    let select = |row: Option<&Vec<Value>>| {
        let cells = kept.iter().map(|at| {
            let column = &table.columns[*at];
            let value = row.map_or(&Value::Missing, |row| &row[*at]);
            let ty = ty(Engine::Spark, &column.ty).unwrap();
            format!(
                "CAST({} AS {ty}) AS {}",
                literal(Engine::Spark, value, &column.ty),
                quoted(Engine::Spark, &column.header)
            )
        });
        cells.collect::<Vec<String>>().join(", ")
    };
    let all = match rows.is_empty() {
        true => format!("SELECT {} WHERE FALSE", select(None)),
        false => {
            let names = kept.iter().map(|at| quoted(Engine::Spark, &table.columns[*at].header));
            let rows = rows.iter().map(|row| {
                let cells = kept.iter().map(|at| {
                    let column = &table.columns[*at];
                    let ty = ty(Engine::Spark, &column.ty).unwrap();
                    format!("CAST({} AS {ty})", literal(Engine::Spark, &row[*at], &column.ty))
                });
                format!("({})", cells.collect::<Vec<_>>().join(", "))
            });
            let (rows, names) = (rows.collect::<Vec<_>>().join(", "), names.collect::<Vec<_>>().join(", "));
            format!("SELECT * FROM VALUES {rows} AS t({names})")
        }
    };
    vec![format!("CREATE OR REPLACE TEMP VIEW {} AS {all}", table.name)]
}

fn quoted(engine: Engine, name: &str) -> String {
    match engine {
        Engine::Spark => format!("`{}`", name.replace('`', "``")),
        Engine::DuckDb | Engine::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn ty(engine: Engine, ty: &Type) -> Option<String> {
    let plain = |duck: &str, postgres: &str, spark: &str| {
        Some(match engine {
            Engine::DuckDb => duck.to_owned(),
            Engine::Postgres => postgres.to_owned(),
            Engine::Spark => spark.to_owned(),
        })
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
        Type::Duration => match engine {
            Engine::DuckDb => Some("INTERVAL".into()),
            Engine::Postgres => Some("interval".into()),
            Engine::Spark => None,
        },
        Type::List(_) => match engine {
            Engine::DuckDb => Some("VARCHAR[]".into()),
            Engine::Postgres => Some("text[]".into()),
            Engine::Spark => Some("ARRAY<STRING>".into()),
        },
    }
}

fn literal(engine: Engine, value: &Value, of: &Type) -> String {
    let cast = |text: String| format!("CAST({text} AS {})", ty(engine, of).unwrap());
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
                Engine::DuckDb | Engine::Postgres => cast(format!("'{}'", text.replace('T', " ").replace('Z', "+00"))),
            }
        }
        Value::Duration(it) => match engine {
            Engine::DuckDb => {
                format!("to_months({}) + to_days({}) + to_microseconds({})", it.months, it.days, it.micros)
            }
            _ => format!("INTERVAL '{} months {} days {} microseconds'", it.months, it.days, it.micros),
        },
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(|it| literal(engine, it, &Type::Text)).collect();
            let values = values.join(", ");
            match engine {
                Engine::DuckDb => format!("[{values}]"),
                Engine::Postgres => format!("ARRAY[{values}]::text[]"),
                Engine::Spark => format!("array({values})"),
            }
        }
        Value::Choice(_) => panic!("no column has one"),
    }
}

fn escaped(engine: Engine, text: &str) -> String {
    match engine {
        Engine::DuckDb | Engine::Postgres => format!("'{}'", text.replace('\'', "''")),
        Engine::Spark => {
            let text = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n");
            format!("'{text}'")
        }
    }
}
