//! A rulebook with its data, evaluated this way and that; what is found is compared as it prints, so that floats agree bit for
//! bit.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, OnceLock},
};

use tagwell::{
    data::{BadRow, Input},
    engine::{ChildCount, Engine, Everybody, Matches, MetricValues, Ran, Rulebook, RunError, RunSink, Tally, Users},
    eval::{Answers, Context, User},
    ir::{Body, DefinitionId, Metric, Reads},
    record,
    schema::{ColumnId, Table, TableId},
    value::{Clock, Type, Value, print},
};

use super::data::{AS_OF, Data, HEADERS, Record, csv};

/// A rulebook and data.
pub(super) struct Case<'d> {
    rules: String,
    data: &'d Data,
    engine: Engine,
    checked: tagwell::engine::Checked,
}

/// The form of the files.
#[derive(Clone, Copy, Debug)]
pub(super) enum Files {
    /// A CSV file for each table.
    Csv,
    /// A folder of CSV files for each table.
    Parts,
    /// JSON Lines, the rows of users in their records.
    JsonLines,
}

/// What a user got.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Got {
    key: String,
    /// By definition: name and JSON.
    values: Vec<(String, String)>,
    reached: Vec<String>,
    unknown_above: BTreeSet<u32>,
}

/// What everybody got, and who was counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) users: Vec<Got>,
    tally: Tally,
}

/// The same of a run, with what is not asked of the plain interpreter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Streamed {
    pub(super) found: Found,
    pub(super) metrics: String,
    children: BTreeMap<String, ChildCount>,
    rejected: u64,
}

impl Got {
    pub(super) fn values(&self) -> &[(String, String)] {
        &self.values
    }

    pub(super) fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }
}

impl Streamed {
    pub(super) fn counts(&self, table: &str) -> &ChildCount {
        &self.children[table]
    }
}

impl<'d> Case<'d> {
    pub(super) fn new(rules: &str, data: &'d Data) -> Case<'d> {
        Case::with(rules, data, |_, clock| Context::new(clock))
    }

    /// The same with lists and reference tables.
    pub(super) fn with(
        rules: &str,
        data: &'d Data,
        context: impl FnOnce(&tagwell::ir::Rulebook, Clock) -> Context,
    ) -> Case<'d> {
        Case::at(AS_OF, rules, data, context)
    }

    /// The same at another moment.
    pub(super) fn at(
        as_of: &str,
        rules: &str,
        data: &'d Data,
        context: impl FnOnce(&tagwell::ir::Rulebook, Clock) -> Context,
    ) -> Case<'d> {
        let rulebook = Rulebook::parse("agree.rules", rules).unwrap_or_else(|problems| panic!("{problems}\n{rules}"));
        let checked = rulebook.check(&Default::default()).unwrap_or_else(|problems| panic!("{problems}\n{rules}"));
        let engine = checked.engine_with(context(checked.rulebook(), checked.clock(as_of).unwrap()));
        Case { rules: rules.into(), data, engine, checked }
    }

    /// What answers.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The text of the rules.
    pub(super) fn sources(&self) -> &tagwell::source::Sources {
        self.checked.warnings().sources()
    }

    /// Everybody as they are, and what the plain interpreter says of them.
    pub(super) fn plain_values(&self) -> Vec<(Vec<Value>, tagwell::eval::Children, Answers)> {
        let records = self.records();
        let users: Vec<User<'_>> = records.iter().map(|(record, children)| User { record, children }).collect();
        let all = self.engine.interpreter().evaluate_all(&users);
        records.into_iter().zip(all).map(|((record, children), answers)| (record, children, answers)).collect()
    }

    /// How many there are.
    pub(super) fn definitions(&self) -> usize {
        self.engine.rulebook().definitions.len()
    }

    fn all(&self) -> impl Iterator<Item = DefinitionId> {
        (0..self.engine.rulebook().definitions.len() as u32).map(DefinitionId)
    }

    fn got(&self, record: &[Value], answers: &Answers) -> Got {
        let (rulebook, zone) = (self.engine.rulebook(), self.engine.clock().zone());
        let value = |id: DefinitionId| {
            let (definition, value) = (rulebook.definition(id), answers.value(id));
            assert!(fits(value, &definition.ty), "{}: {value:?} is no {}\n{self}", definition.name, definition.ty);
            (definition.name.to_string(), print::json(&rulebook.shown(value, &definition.ty), zone))
        };
        Got {
            key: print::text(&record[0], zone),
            values: self.all().map(value).collect(),
            reached: answers.reached.values().map(|it| print::json(it, zone)).collect(),
            unknown_above: answers.unknown_above.iter().map(|id| id.0).collect(),
        }
    }

    /// Users with a key of their own, and the rows of each.
    fn users(&self) -> Vec<(&'d Record, Vec<&'d Record>, Vec<&'d Record>)> {
        let mut seen = BTreeSet::new();
        let users = self.data.users.iter().filter(|user| user.key.as_ref().is_some_and(|key| seen.insert(key)));
        let by_key = |rows: &'d [Record]| {
            let mut by_key: BTreeMap<&Option<String>, Vec<&Record>> = BTreeMap::new();
            rows.iter().for_each(|row| by_key.entry(&row.key).or_default().push(row));
            by_key
        };
        let (mut orders, mut visits) = (by_key(&self.data.orders), by_key(&self.data.visits));
        let mut of = |user: &'d Record| {
            let [orders, visits] = [&mut orders, &mut visits].map(|rows| rows.remove(&user.key).unwrap_or_default());
            (user, orders, visits)
        };
        users.map(&mut of).collect()
    }

    fn table(&self, name: &str) -> (TableId, &Table) {
        let schema = &self.engine.rulebook().schema;
        let id = schema.find(name).unwrap();
        (id, schema.table(id))
    }

    /// Everybody's own fields, and the rows of theirs.
    fn records(&self) -> Vec<(Vec<Value>, tagwell::eval::Children)> {
        let (rulebook, zone) = (self.engine.rulebook(), self.engine.clock().zone());
        let mut records = vec![];
        for (user, orders, visits) in self.users() {
            let serde_json::Value::Object(object) = serde_json::from_str(&user.json(&orders, &visits)).unwrap() else {
                panic!("a user is an object")
            };
            let own = record::from_json(&object, rulebook.schema.root(), zone).unwrap();
            let children = ["orders", "visits"].map(|name| {
                let (id, table) = self.table(name);
                let all = (0..table.columns.len() as u32).map(ColumnId).collect();
                (id, record::children_from_json(&object, table, &all, &own[0], zone).unwrap())
            });
            records.push((own, BTreeMap::from(children)));
        }
        records
    }

    /// What the plain interpreter says.
    pub(super) fn plain(&self) -> Found {
        let rulebook = self.engine.rulebook();
        let records = self.records();
        let users: Vec<User<'_>> = records.iter().map(|(record, children)| User { record, children }).collect();
        let interpreter = self.engine.interpreter();
        let mut found = Found { users: vec![], tally: Tally::default() };
        for (user, answers) in users.iter().zip(interpreter.evaluate_all(&users)) {
            found.tally.add(&rulebook.order, &interpreter, user.record, &answers);
            found.users.push(self.got(user.record, &answers));
        }
        found
    }

    /// Whether no rule asks about everybody.
    pub(super) fn is_about_each_alone(&self) -> bool {
        self.engine.matcher().is_ok()
    }

    /// What each user gets who is asked about alone, as JSON, and as typed values.
    pub(super) fn one_by_one(&self) -> Vec<Got> {
        let zone = self.engine.clock().zone();
        let matcher = self.engine.matcher().unwrap();
        let (mut scratch, mut other) = (matcher.scratch(), matcher.scratch());
        let one = |(user, orders, visits): (&Record, Vec<&Record>, Vec<&Record>)| {
            let json = user.json(&orders, &visits);
            let serde_json::Value::Object(object) = serde_json::from_str(&json).unwrap() else { unreachable!() };
            let record = record::from_json(&object, self.engine.rulebook().schema.root(), zone).unwrap();
            let outcome = self.engine.evaluate_one(&json).unwrap();
            let plain = outcome.answers();
            let children = ["orders", "visits"].map(|name| {
                let (id, table) = self.table(name);
                let all = (0..table.columns.len() as u32).map(ColumnId).collect();
                (id, record::children_from_json(&object, table, &all, &record[0], zone).unwrap())
            });
            let user = User { record: &record, children: &BTreeMap::from(children) };
            let matches = matcher.evaluate_user(user, &mut scratch).unwrap();
            self.holds_of(&matches, plain);
            self.holds_of(&matcher.evaluate_json(&json, &mut other).unwrap(), plain);
            assert_eq!(outcome.tags(), matches.tags().collect::<Vec<_>>(), "{self}");
            self.got(&record, plain)
        };
        self.users().into_iter().map(one).collect()
    }

    /// What a matcher finds is what the plain interpreter says, whatever is asked for, and in what order.
    fn holds_of(&self, matches: &Matches<'_>, plain: &Answers) {
        let rulebook = self.engine.rulebook();
        let is_true = |id: &DefinitionId| *plain.value(*id) == Value::Bool(true);
        let tags = self.all().filter(|id| matches!(rulebook.definition(*id).body, Body::Tag(_)) && is_true(id));
        assert_eq!(matches.tag_ids().collect::<Vec<_>>(), tags.collect::<Vec<_>>(), "{self}");
        let values: Vec<Value> =
            self.all().collect::<Vec<_>>().into_iter().rev().map(|id| matches.value_of(id)).collect();
        for (id, value) in self.all().zip(values.into_iter().rev()) {
            let name = &rulebook.definition(id).name;
            assert_eq!(format!("{value:?}"), format!("{:?}", plain.value(id)), "{name}\n{self}");
            assert_eq!(matches.has(name), is_true(&id), "{name}\n{self}");
        }
    }

    /// What a run gives.
    pub(super) fn streamed(&self, files: Files, threads: usize) -> Streamed {
        self.streamed_of(&self.all().collect::<Vec<_>>(), files, threads)
    }

    /// The values of one definition, of a run that is asked for no other.
    pub(super) fn only(&self, at: usize, files: Files) -> Vec<String> {
        let users = self.streamed_of(&[DefinitionId(at as u32)], files, 2).found.users;
        users.into_iter().map(|user| user.values[at].1.clone()).collect()
    }

    fn streamed_of(&self, asked: &[DefinitionId], files: Files, threads: usize) -> Streamed {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let tables = [("users", &self.data.users), ("orders", &self.data.orders), ("visits", &self.data.visits)];
        let input = |name: &str| Input::parse(folder.path().join(name).to_str().unwrap()).unwrap();
        let mut inputs: Vec<Option<Input>> = vec![];
        for ((name, rows), headers) in tables.into_iter().zip(HEADERS) {
            match files {
                Files::Csv => {
                    write(&format!("{name}.csv"), &csv(headers, rows));
                    inputs.push(Some(input(&format!("{name}.csv"))));
                }
                Files::Parts => {
                    let part = rows.len().div_ceil(3).max(1);
                    write(&format!("{name}/0.csv"), &csv(headers, &[]));
                    for (at, rows) in rows.chunks(part).enumerate() {
                        write(&format!("{name}/{}.csv", at + 1), &csv(headers, rows));
                    }
                    inputs.push(Some(input(name)));
                }
                Files::JsonLines => {
                    inputs.push((name == "users").then(|| {
                        write("users.jsonl", &self.json_lines());
                        input("users.jsonl")
                    }));
                }
            }
        }
        let rulebook = self.engine.rulebook();
        let reads: Reads = rulebook.reads(asked.iter().copied());
        let root = rulebook.schema.root();
        let needed: BTreeSet<ColumnId> = root.key.into_iter().chain(reads.columns.iter().copied()).collect();
        let needed: Vec<ColumnId> = needed.into_iter().collect();
        let children = [("orders", 1), ("visits", 2)].map(|(name, at)| (self.table(name).0, inputs[at].clone()));
        let everybody = Everybody {
            users: inputs[0].as_ref().unwrap(),
            table: root,
            needed: &needed,
            children: BTreeMap::from(children),
            reads: &reads,
            check_keys: true,
            verbatim: false,
        };
        let mut sink = Sink { case: self, users: Mutex::default(), looks: true };
        // The pieces that files are read in may be of any size.
        let piece = match files {
            Files::Csv if threads == 1 => None,
            Files::Csv => Some(64),
            Files::Parts => Some(1),
            Files::JsonLines => Some(700),
        };
        let ran = pool(threads).install(|| self.engine.run_whole_in(&everybody, piece, &mut sink));
        let Ran { tally, children, metrics, rejected, .. } = ran.unwrap_or_else(|error| panic!("{error}\n{self}"));
        // Who only counts takes another way, and counts the same.
        let mut counting = Sink { case: self, users: Mutex::default(), looks: false };
        let counted = pool(threads).install(|| self.engine.run_whole_in(&everybody, piece, &mut counting));
        assert_eq!(counted.map(|ran| ran.tally).ok().as_ref(), Some(&tally), "only counted\n{self}");
        for metric in rulebook.metrics() {
            let found = metrics.iter().find(|found| found.definition == metric.definition);
            assert_eq!(found.is_some(), reads.definitions.contains(&metric.definition), "{self}");
            found.iter().for_each(|found| self.holds(&metric, found, &sink.users.lock().unwrap()));
        }
        let name = |id: TableId| rulebook.schema.table(id).name.to_string();
        Streamed {
            found: Found { users: sink.users.into_inner().unwrap(), tally },
            metrics: format!("{metrics:?}"),
            // Which of nobody's rows stands first is a matter of the file.
            children: children
                .into_iter()
                .map(|(id, count)| (name(id), ChildCount { first_orphan: None, ..count }))
                .collect(),
            rejected,
        }
    }

    /// A metric is what every user has; of groups, each has one of its values.
    fn holds(&self, metric: &Metric, found: &MetricValues, users: &[Got]) {
        let definition = self.engine.rulebook().definition(metric.definition);
        let shown = |value: &Value| {
            print::json(&self.engine.rulebook().shown(value, &definition.ty), self.engine.clock().zone())
        };
        let values: BTreeSet<String> = found.values.iter().map(|(_, value)| shown(value)).collect();
        let name = &definition.name;
        let users: BTreeSet<&str> = users.iter().map(|user| user.value(name)).collect();
        // Those whose group is not known may have another value.
        assert!(
            values.iter().all(|value| users.is_empty() || users.contains(value.as_str())),
            "{name}: {values:?}\n{self}"
        );
        assert!(!metric.per.is_empty() || values.len() == 1 && users.len() <= 1, "{name}: {values:?}\n{self}");
    }

    /// The users in their file's order; rows that are nobody's stand with those who are not taken, and change nothing.
    fn json_lines(&self) -> String {
        let taken = self.users();
        let nobodys =
            |rows: &'d [Record]| rows.iter().filter(|row| row.key.as_deref() == Some("nobody")).collect::<Vec<_>>();
        let mut taken = taken.into_iter().peekable();
        let lines = self.data.users.iter().map(|user| match taken.next_if(|(it, ..)| std::ptr::eq(*it, user)) {
            Some((_, orders, visits)) => user.json(&orders, &visits) + "\n",
            None => user.json(&nobodys(&self.data.orders), &nobodys(&self.data.visits)) + "\n\n",
        });
        lines.collect()
    }
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.rules)?;
        let tables = [&self.data.users, &self.data.orders, &self.data.visits];
        HEADERS.iter().zip(tables).try_for_each(|(headers, rows)| writeln!(out, "{}", csv(headers, rows)))
    }
}

struct Sink<'c, 'd> {
    case: &'c Case<'d>,
    users: Mutex<Vec<Got>>,
    looks: bool,
}

impl RunSink for Sink<'_, '_> {
    type Ready = Vec<Got>;

    fn looks(&self) -> bool {
        self.looks
    }

    fn prepare(&self, users: &Users<'_>) -> Vec<Got> {
        (0..users.rows()).map(|row| self.case.got(&users.record(row), &users.answers(row))).collect()
    }

    fn take(&self, ready: Vec<Got>) -> Result<(), RunError> {
        self.users.lock().unwrap().extend(ready);
        Ok(())
    }

    fn bad_row(&self, row: Box<BadRow>) -> Result<(), RunError> {
        let expected = row.reason.starts_with("the value is missing") || row.reason.contains("is there already, ");
        assert!(expected, "{row}\n{}", self.case);
        Ok(())
    }
}

/// Whether a value is one of its type, decimals with as many digits as the type says.
fn fits(value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::Missing, _) => true,
        (Value::Decimal(decimal), Type::Decimal(scale)) => decimal.scale == *scale,
        (Value::List(elements), Type::List(element)) => elements.iter().all(|it| fits(it, element)),
        (Value::Float(float), Type::Float) => float.is_finite() && float.to_bits() != (-0.0_f64).to_bits(),
        (Value::Bool(_), Type::Bool)
        | (Value::Int(_), Type::Int)
        | (Value::Text(_), Type::Text)
        | (Value::Date(_), Type::Date)
        | (Value::Timestamp(_), Type::Timestamp)
        | (Value::Duration(_), Type::Duration)
        | (Value::Choice(_), Type::Choice(_)) => true,
        _ => false,
    }
}

/// Threads are started once for each number of them.
fn pool(threads: usize) -> &'static rayon::ThreadPool {
    static POOLS: [OnceLock<rayon::ThreadPool>; 8] = [const { OnceLock::new() }; 8];
    POOLS[threads].get_or_init(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
}
