//! The same rulebook as one SQL query, for engines that hold what no machine does: DuckDB, PostgreSQL, ClickHouse, Spark.
//!
//! The answer is that of the plain interpreter, to the last bit, or there is none: what an engine cannot say exactly is an error with the
//! rule's place. Steps (CTEs) build on each other: the users as they are, what their rows of child tables come to, the rules.

mod apart;
mod ast;
mod carried;
mod dialect;
mod idioms;
mod layers;
mod lower;
mod micros;
mod names;
mod output;
mod parts;
mod print;
mod rows_alone;
mod stack;
mod unread;

use std::collections::BTreeMap;

use crate::{
    diagnostic::Diagnostic,
    eval::Context,
    ir::{Body, DefinitionId, Rulebook, Stages},
    schema::{ColumnId, Source},
    source::Sources,
    sql::{
        dialect::{ClickHouse, Dialect, DuckDb, Postgres, Spark},
        lower::Lowering,
    },
};

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// DuckDB
    DuckDb,
    /// PostgreSQL
    Postgres,
    /// ClickHouse
    ClickHouse,
    /// Spark SQL
    Spark,
}

impl Engine {
    /// All of them.
    pub const ALL: [Engine; 4] = [Engine::DuckDb, Engine::Postgres, Engine::ClickHouse, Engine::Spark];

    fn dialect(self) -> &'static dyn Dialect {
        match self {
            Engine::DuckDb => &DuckDb,
            Engine::Postgres => &Postgres,
            Engine::ClickHouse => &ClickHouse,
            Engine::Spark => &Spark,
        }
    }
}

/// The form of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The key, the list of tags, each level, layer, score and funnel, the list of segments.
    Records,
    /// The key, and a true-or-false column for each tag and segment.
    Wide,
    /// `key, name, value`: a row for each result.
    Long,
}

/// Where the moment that rules call now comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsOf {
    /// The clock of the context, written into the query.
    #[default]
    Constant,
    /// A parameter of the query, `as_of`, in the engine's spelling; windows are computed by the query.
    Parameter,
}

/// What becomes of the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Create {
    /// A table of this name.
    Table(Vec<String>),
    /// A view of this name.
    View(Vec<String>),
}

/// A column beside the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// A field of the users.
    Column(ColumnId),
    /// A `let`.
    Definition(DefinitionId),
}

/// What query is wanted.
#[derive(Clone, Debug)]
pub struct Target {
    /// Which engine it is for.
    pub engine: Engine,
    /// The form of the rows.
    pub shape: Shape,
    /// Where tables and lists are, where not under their own names: `warehouse.sales.orders` in parts.
    pub tables: BTreeMap<String, Vec<String>>,
    /// Whether the as-of is a constant of the query, or its parameter.
    pub as_of: AsOf,
    /// More columns.
    pub with: Vec<Extra>,
    /// One column more, `as_of`: the day of the as-of in the rulebook's zone. A table that is made keeps the rows of other days.
    pub incremental: bool,
    /// A whole script, in place of a query.
    pub create: Option<Create>,
}

impl Target {
    /// A query that gives a column for each result, as of a constant, of tables under their own names.
    pub fn wide(engine: Engine) -> Target {
        Target {
            engine,
            shape: Shape::Wide,
            tables: BTreeMap::new(),
            as_of: AsOf::Constant,
            with: vec![],
            incremental: false,
            create: None,
        }
    }

    /// The definitions whose values are in the answer.
    fn asked(&self, rulebook: &Rulebook) -> Vec<DefinitionId> {
        let all = rulebook.definitions.iter().zip(0..).filter(|(it, _)| !matches!(it.body, Body::Let(_)));
        let with = self.with.iter().filter_map(|it| if let Extra::Definition(id) = it { Some(*id) } else { None });
        all.map(|(_, at)| DefinitionId(at)).chain(with).collect()
    }
}

/// What says nothing in a query, since only a state knows it: a line each, the same as above the query.
pub fn without_state(rulebook: &Rulebook, target: &Target) -> Vec<String> {
    let lost = rulebook.lost_without_state(&rulebook.reads(target.asked(rulebook))).into_iter();
    lost.map(|what| format!("{what}: a query has no state, so nothing has been before")).collect()
}

/// A query, or a script, and what whoever runs it does before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its text.
    pub text: String,
    /// What the engine needs for it, or is spared much by: a line each, the same as above the query.
    pub advice: Vec<String>,
}

/// The text of the query, or why there is none.
///
/// # Errors
/// What the engine cannot say exactly, each with its place.
pub fn query(
    rulebook: &Rulebook,
    sources: &Sources,
    context: &Context,
    target: &Target,
) -> Result<String, Vec<Diagnostic>> {
    written(rulebook, sources, context, target).map(|it| it.text)
}

/// The query, or why there is none.
///
/// # Errors
/// What the engine cannot say exactly, each with its place.
pub fn written(
    rulebook: &Rulebook,
    sources: &Sources,
    context: &Context,
    target: &Target,
) -> Result<Written, Vec<Diagnostic>> {
    let dialect = target.engine.dialect();
    let with = target.with.iter().filter_map(|it| if let Extra::Column(id) = it { Some(*id) } else { None });
    let mut columns: Vec<ColumnId> = with.collect();
    let reads = rulebook.reads(target.asked(rulebook));
    let mut lowering = Lowering::new(rulebook, sources, context, target, dialect);
    lowering.lookups_read.clone_from(&reads.lookups);
    lowering.keep_names();
    lowering.tell_tables_apart();
    lowering.read_clock();
    // What only a state remembers is missing here.
    let own = |id: &ColumnId| rulebook.schema.root().column(*id).source == Source::Data;
    columns.extend(reads.columns.iter().copied().filter(own));
    columns.sort_unstable();
    columns.dedup();
    lowering.read_users(columns);
    let stages = Stages::of(rulebook, &reads);
    for stage in 0..=stages.last() {
        let ids: Vec<_> = stages.at(stage).collect();
        lowering.stage(&ids);
        for id in rulebook.order_of(&reads) {
            if stages.definitions.get(&id).copied().unwrap_or(0) == stage {
                lowering.define(id);
            }
        }
    }
    let query = lowering.finish_query()?;
    let is_script = matches!(target.create, Some(Create::Table(_)));
    let advice = dialect.advice(&query, is_script);
    let (head, select) = print::query(&query, dialect, &advice, is_script);
    let columns: Vec<String> = query.last.items.iter().filter_map(|it| it.alias.clone()).collect();
    let key = columns.first().map_or("", String::as_str);
    let script = match &target.create {
        None => select,
        Some(Create::View(name)) => dialect.create("VIEW", name, key, select.trim_end()),
        Some(Create::Table(name)) => print::script(query, dialect, name, |query, select| match target.incremental {
            true => dialect.keep_days(name, select, &columns, &query.day),
            false => dialect.create("TABLE", name, key, select),
        }),
    };
    Ok(Written { text: head + &script, advice })
}
