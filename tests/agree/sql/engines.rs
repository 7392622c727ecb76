//! The engines: a driver in Python for each, told all cases of a test at once.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
};

use serde_json::Value as Json;
use tagwell::sql;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    DuckDb,
    Postgres,
    ClickHouse,
    Spark,
}

/// A Python that has what it takes.
pub(super) struct Driver {
    python: PathBuf,
    engine: &'static str,
    /// Where Spark runs: a cluster takes half a minute to come up, and messages need none.
    master: &'static str,
}

impl Engine {
    pub(super) fn dialect(self) -> sql::Engine {
        match self {
            Engine::DuckDb => sql::Engine::DuckDb,
            Engine::Postgres => sql::Engine::Postgres,
            Engine::ClickHouse => sql::Engine::ClickHouse,
            Engine::Spark => sql::Engine::Spark,
        }
    }

    pub(super) fn table_tail(self) -> &'static str {
        match self {
            Engine::Spark => " USING parquet",
            Engine::ClickHouse => " ENGINE = Memory",
            Engine::DuckDb | Engine::Postgres => "",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Engine::DuckDb => "duckdb",
            Engine::Postgres => "postgres",
            Engine::ClickHouse => "clickhouse",
            Engine::Spark => "spark",
        }
    }

    /// None where the engine is not there, which is said.
    pub(super) fn driver(self) -> Option<Driver> {
        self.driver_on("local-cluster[2,1,1024]")
    }

    /// The same in one process: for what does not depend on how rows are spread.
    pub(super) fn driver_of_one(self) -> Option<Driver> {
        self.driver_on("local[2]")
    }

    fn driver_on(self, master: &'static str) -> Option<Driver> {
        let folder = std::env::var_os("TAGWELL_ENGINES").map_or_else(|| PathBuf::from("target/engines"), PathBuf::from);
        let python = folder.join("bin/python");
        let driver = Driver { python, engine: self.name(), master };
        let there = Command::new(&driver.python)
            .args(["tests/agree/sql/engines.py", self.name(), "--is-there"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if there.is_ok_and(|status| status.success()) {
            return Some(driver);
        }
        assert!(std::env::var_os("TAGWELL_ENGINES").is_none(), "{self:?} is not in $TAGWELL_ENGINES");
        eprintln!("left out: {self:?} is not there (benches and CI put it into target/engines)");
        None
    }
}

/// An engine that is up: it takes long to come up and to get warm, so the next test asks it again. It has forgotten the last one by then.
struct Running {
    engine: &'static str,
    master: &'static str,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    child: Child,
}

/// Engines that are up and are asked nothing; they end when their input does.
static IDLE: Mutex<Vec<Running>> = Mutex::new(Vec::new());

impl Driver {
    /// The answer of each case: `{"rows": […]}` or `{"error": "…"}`.
    pub(super) fn answer(&mut self, cases: &[Json]) -> Vec<Json> {
        let mut running = self.idle().unwrap_or_else(|| self.start());
        let asked = serde_json::to_string(cases).unwrap() + "\n";
        let mut said = String::new();
        let heard = running.input.write_all(asked.as_bytes()).and_then(|()| running.output.read_line(&mut said));
        if !heard.is_ok_and(|bytes| bytes > 0) {
            panic!("the driver of {} ended with {:?}", self.engine, running.child.wait());
        }
        IDLE.lock().unwrap().push(running);
        serde_json::from_str(&said).unwrap()
    }

    fn idle(&self) -> Option<Running> {
        let mut idle = IDLE.lock().unwrap();
        let at = idle.iter().position(|it| (it.engine, it.master) == (self.engine, self.master))?;
        Some(idle.swap_remove(at))
    }

    fn start(&self) -> Running {
        let mut child = Command::new(&self.python)
            .args(["tests/agree/sql/engines.py", self.engine])
            .env("SPARK_MASTER", std::env::var("SPARK_MASTER").unwrap_or_else(|_| self.master.into()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Running { engine: self.engine, master: self.master, input, output, child }
    }
}
