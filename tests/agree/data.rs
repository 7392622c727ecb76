//! Data for the rulebooks, with all the nasties: missing values, ties, rows of the future, keys that are missing, repeated or
//! nobody's, and the ends of every range. Each value as it stands in JSON and in CSV.

use super::bytes::Bytes;

/// A value: its JSON, and its cell in CSV.
type Cell = (String, String);

/// A row: its columns in order.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Whose it is; of a user, their own.
    pub(crate) key: Option<String>,
    cells: Vec<(&'static str, Cell)>,
}

/// All tables.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    pub(crate) users: Vec<Record>,
    pub(crate) orders: Vec<Record>,
    pub(crate) visits: Vec<Record>,
}

const TEXTS: &[&str] = &["a", "b", "水果", "A, \"q\"", "\u{e9}", "e\u{301}", " a ", "x\ny", "none", "true", "1"];
const INTS: &[&str] = &["1", "0", "2", "3", "-1", "100", "7", "9223372036854775807", "-9223372036854775808", "5"];
const DECIMALS: &[&str] = &[
    "0",
    "1.5",
    "2.00",
    "0.01",
    "-3.25",
    "500.01",
    "100",
    "92233720368547758.08",
    "999999999999999999999999999999999999.99",
    "-999999999999999999999999999999999999.99",
];
const SMALL_DECIMALS: &[&str] = &["0.0001", "0.5", "1", "-0.25", "3.1416"];
const FLOATS: &[&str] =
    &["0.0", "-0.0", "0.1", "0.2", "0.3", "1e16", "1.0", "-1.0", "1e308", "-1e308", "5e-324", "100.0"];
const DATES: &[&str] = &[
    "2026-11-22",
    "2026-11-21",
    "2026-11-20",
    "2026-10-23",
    "2026-11-23",
    "2024-02-29",
    "2026-11-01",
    "0001-01-01",
    "9999-12-31",
];
/// The as-of is 2026-11-22T10:00 in the rulebook's zone.
const MOMENTS: &[&str] = &[
    "2026-11-22T10:00",
    "2026-11-22T09:59:59.999999",
    "2026-11-22T10:00:00.000001",
    "2026-11-20T00:00",
    "2026-10-23T10:00",
    "2026-11-01T05:30Z",
    "2026-11-01T06:30Z",
    "2026-12-01T00:00",
    "2026-11-20",
    "1900-12-31T15:54:16.5Z",
    "1900-12-31T15:54:17Z",
    "0001-01-02T00:00Z",
    "9999-12-30T00:00Z",
];
const DURATIONS: &[&str] = &["1d", "24h", "36h", "1d12h", "0s", "-2d", "90s", "1mo", "30d", "2y", "1y", "12mo"];
const LISTS: &[&[&str]] = &[&["a"], &["b", "a"], &["a", "a"], &["水果", "b"]];

/// The as-of of every case.
pub(crate) const AS_OF: &str = "2026-11-22T10:00";

/// Whether rows of the same moment are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moments {
    /// They are.
    Tied,
    /// Every row of a user has a moment of its own, so that the order of a file is nothing to go by.
    Different,
}

impl Data {
    /// A row for each byte string.
    pub(crate) fn from(users: &[Vec<u8>], orders: &[Vec<u8>], visits: &[Vec<u8>], moments: Moments) -> Data {
        let number = users.len();
        let mut users: Vec<Record> = users.iter().zip(0..).map(|(bytes, at)| user(Bytes::new(bytes), at)).collect();
        if moments == Moments::Different {
            // First of those who share a value is whoever stands first; that is no matter of the orders' file.
            users.retain(|user| user.key.is_some());
        }
        let orders = orders.iter().zip(0..).map(|(bytes, at)| order(Bytes::new(bytes), at, number, moments));
        let visits = visits.iter().zip(0..).map(|(bytes, at)| visit(Bytes::new(bytes), at, number, moments));
        Data { users, orders: orders.collect(), visits: visits.collect() }
    }
}

fn key(bytes: &mut Bytes<'_>, users: usize) -> Option<String> {
    match bytes.below(12) {
        10 => None,
        11 => Some("nobody".into()),
        at => Some(name(at % users.max(1))),
    }
}

fn name(at: usize) -> String {
    match at {
        1 => "会员-1".into(),
        2 => "u,2 \"x\"".into(),
        at => format!("u{at}"),
    }
}

fn user(mut bytes: Bytes<'_>, at: usize) -> Record {
    let bytes = &mut bytes;
    let key = match bytes.below(16) {
        14 => None,
        15 => Some(name(0)),
        _ => Some(name(at)),
    };
    let cells = vec![
        ("user_id", key.clone().map_or_else(missing, |key| text(&key))),
        ("name", some(bytes, |it| text(it.of(TEXTS)))),
        ("points", some(bytes, |it| bare(it.of(INTS)))),
        ("balance", some(bytes, |it| bare(it.of(DECIMALS)))),
        ("rate", some(bytes, |it| bare(it.of(FLOATS)))),
        ("active", some(bytes, |it| bare(it.of(&["true", "false"])))),
        ("born", some(bytes, |it| text(it.of(DATES)))),
        ("seen", some(bytes, |it| text(it.of(MOMENTS)))),
        ("span", some(bytes, |it| text(it.of(DURATIONS)))),
        ("interests", some(bytes, |it| list(it.of(LISTS)))),
    ];
    Record { key, cells }
}

fn order(mut bytes: Bytes<'_>, at: usize, users: usize, moments: Moments) -> Record {
    let bytes = &mut bytes;
    let key = key(bytes, users);
    let happened = match moments {
        Moments::Tied => some(bytes, |it| text(it.of(MOMENTS))),
        Moments::Different => text(&format!("2026-{:02}-{:02}T08:00", 12 - at % 4, 1 + at % 28)),
    };
    let cells = vec![
        ("user_id", key.clone().map_or_else(missing, |key| text(&key))),
        ("ordered_at", happened),
        ("name", some(bytes, |it| text(it.of(TEXTS)))),
        ("amount", some(bytes, |it| bare(it.of(DECIMALS)))),
        ("qty", some(bytes, |it| bare(it.of(INTS)))),
        ("weight", some(bytes, |it| bare(it.of(FLOATS)))),
        ("category", some(bytes, |it| text(it.of(TEXTS)))),
        ("paid", some(bytes, |it| bare(it.of(&["true", "false"])))),
        ("due", some(bytes, |it| text(it.of(DATES)))),
        ("took", some(bytes, |it| text(it.of(DURATIONS)))),
    ];
    Record { key, cells }
}

fn visit(mut bytes: Bytes<'_>, at: usize, users: usize, moments: Moments) -> Record {
    let bytes = &mut bytes;
    let key = key(bytes, users);
    let happened = match moments {
        Moments::Tied => some(bytes, |it| text(it.of(DATES))),
        Moments::Different => text(&format!("2026-{:02}-{:02}", 12 - at % 4, 1 + at % 28)),
    };
    let cells = vec![
        ("visitor", key.clone().map_or_else(missing, |key| text(&key))),
        ("visited", happened),
        ("page", some(bytes, |it| text(it.of(TEXTS)))),
        ("seconds", some(bytes, |it| bare(it.of(INTS)))),
        ("part", some(bytes, |it| bare(it.of(SMALL_DECIMALS)))),
    ];
    Record { key, cells }
}

/// A value, or now and then none.
fn some(bytes: &mut Bytes<'_>, value: impl FnOnce(&mut Bytes<'_>) -> Cell) -> Cell {
    if bytes.one_in(5) { missing() } else { value(bytes) }
}

fn missing() -> Cell {
    ("null".into(), String::new())
}

fn bare(written: &str) -> Cell {
    (written.into(), written.into())
}

fn text(written: &str) -> Cell {
    (serde_json::Value::from(written).to_string(), written.into())
}

fn list(elements: &[&str]) -> Cell {
    (serde_json::Value::from(elements.to_vec()).to_string(), elements.join(";"))
}

impl Record {
    /// `"name": "a"`, …
    fn fields(&self) -> String {
        let fields: Vec<String> = self.cells.iter().map(|(name, (json, _))| format!("{name:?}: {json}")).collect();
        fields.join(", ")
    }

    /// A user's JSON, with the rows of theirs.
    pub(crate) fn json(&self, orders: &[&Record], visits: &[&Record]) -> String {
        let rows =
            |rows: &[&Record]| rows.iter().map(|row| format!("{{{}}}", row.fields())).collect::<Vec<_>>().join(", ");
        format!("{{{}, \"orders\": [{}], \"visits\": [{}]}}", self.fields(), rows(orders), rows(visits))
    }
}

/// The rows as CSV; the header stands there even where there are none.
pub(crate) fn csv(headers: &[&str], rows: &[Record]) -> String {
    let mut text = headers.join(",") + "\n";
    for row in rows {
        let cells: Vec<String> =
            row.cells.iter().map(|(_, (_, cell))| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        text += &cells.join(",");
        text += "\n";
    }
    text
}

/// The headers of each table.
pub(crate) const HEADERS: [&[&str]; 3] = [
    &["user_id", "name", "points", "balance", "rate", "active", "born", "seen", "span", "interests"],
    &["user_id", "ordered_at", "name", "amount", "qty", "weight", "category", "paid", "due", "took"],
    &["visitor", "visited", "page", "seconds", "part"],
];

impl Record {
    /// The same of another user.
    pub(crate) fn belongs_to(&mut self, key: &str, column: &str) {
        self.key = Some(key.into());
        for (_, cell) in self.cells.iter_mut().filter(|(name, _)| *name == column) {
            *cell = text(key);
        }
    }
}

/// Columns whose values stand in JSON without quotes.
const BARE: &[&str] = &["points", "balance", "rate", "active", "amount", "qty", "weight", "paid", "seconds", "part"];

impl Record {
    /// A row of a table of [`HEADERS`], the columns that are not given missing.
    pub(crate) fn of(table: usize, given: &[(&str, &str)]) -> Record {
        let headers = HEADERS[table];
        let cell = |header: &str| match given.iter().find(|(name, _)| *name == header) {
            None => missing(),
            Some((_, value)) if BARE.contains(&header) => bare(value),
            Some((_, value)) => text(value),
        };
        let key = given.iter().find(|(name, _)| *name == headers[0] || *name == "visitor");
        let key = key.map(|(_, key)| (*key).to_owned());
        Record { key, cells: headers.iter().map(|header| (*header, cell(header))).collect() }
    }
}

impl Record {
    /// One more column, whose values stand in JSON without quotes.
    pub(crate) fn add(&mut self, name: &'static str, value: &str) {
        self.cells.push((name, bare(value)));
    }

    /// Another value where some columns have this one.
    pub(crate) fn replace(&mut self, columns: &[&str], old: &str, new: &str) {
        for (name, cell) in &mut self.cells {
            if columns.contains(name) && cell.1 == old {
                *cell = if cell.0.starts_with('"') { text(new) } else { bare(new) };
            }
        }
    }
}
