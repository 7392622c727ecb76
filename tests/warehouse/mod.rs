//! The recipes of `examples/warehouse`, run over its two files on the engines that are there: the same decisions from each, and those of a
//! run without any.

use std::{path::PathBuf, process::Command};

const AS_OF: &str = "2026-11-22";

/// What it printed and decided; none where what it takes is not there.
fn decided(name: &str) -> Option<String> {
    let engines = std::env::var_os("TAGWELL_ENGINES").map_or_else(|| PathBuf::from("target/engines"), PathBuf::from);
    let python = engines.join("bin/python");
    let python = if python.exists() { std::path::absolute(python).unwrap() } else { PathBuf::from("python3") };
    let folder = tempfile::tempdir().unwrap();
    let tagwell = PathBuf::from(env!("CARGO_BIN_EXE_tagwell"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{}:{path}", tagwell.parent().unwrap().display(), python.parent().unwrap().display());
    let output = Command::new(&python)
        .arg(std::path::absolute("tests/warehouse/recipes.py").unwrap())
        .args([name, folder.path().to_str().unwrap()])
        .env("PATH", path)
        .env("AS_OF", AS_OF)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output();
    let Ok(output) = output else {
        eprintln!("left out: {name}: no python3");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(3) {
        eprintln!("left out: {name}: {said}");
        return None;
    }
    assert!(output.status.success(), "{name}: {said}");
    Some(std::fs::read_to_string(folder.path().join("actions.jsonl")).unwrap_or(said))
}

/// The same rules and files without any engine.
fn native() -> String {
    let folder = tempfile::tempdir().unwrap();
    let shop = |name: &str| std::path::absolute("examples/warehouse").unwrap().join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_tagwell"))
        .arg("run")
        .args([shop("shop.rules"), shop("users.csv")])
        .arg("--data")
        .arg(format!("orders={}", shop("orders.csv").display()))
        .args(["--as-of", AS_OF, "--state", "shop.state", "--actions", "actions.jsonl", "--format", "none"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(folder.path().join("actions.jsonl")).unwrap()
}

fn decides_the_same(name: &str) {
    let Some(decided) = decided(name) else { return };
    let native = native();
    assert!(native.contains("小林,送您 50 元券"), "{native}");
    assert_eq!(decided, native, "{name}");
}

#[test]
fn a_duckdb_file() {
    decides_the_same("duckdb");
}

#[test]
fn postgres_by_psql() {
    decides_the_same("postgres");
}

#[test]
fn spark_by_spark_sql() {
    decides_the_same("spark_sql");
}

#[test]
fn spark_by_a_job_on_a_cluster() {
    decides_the_same("pyspark");
}

#[test]
fn a_dbt_model() {
    decides_the_same("dbt");
}

#[test]
fn an_airflow_dag() {
    let said = decided("airflow").unwrap_or_default();
    assert!(!said.contains("Error"), "{said}");
}
