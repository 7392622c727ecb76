//! Rulebooks over one rich schema, well typed by construction: every aggregate over every kind of source, windows, `where`,
//! `by`, `per`, ranks, funnels, and definitions that build on earlier ones.

mod expressions;

use super::{
    bytes::Bytes,
    fields::{Day, Instant, KINDS, Kind, Length, Number, Orders, TABLES, Table, Text, Texts, Truth, USERS, Visits},
};

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// In a definition: aggregates may stand there.
    Definition,
    /// In a clause over everybody, behind its source.
    User,
    /// The source of a clause over everybody: `users.spend`.
    Users,
    /// The source of a clause over children: `orders.amount`.
    Rows(Table),
    /// Behind it: columns of both, and definitions.
    Where(Table),
}

/// A level, layer or funnel, and its values.
#[derive(Clone, Debug)]
struct Ladder {
    name: String,
    values: usize,
    ordered: bool,
    /// Whether `to_next` may be asked.
    by: bool,
    /// Of a funnel: what `reached` gives.
    reached: Option<Kind>,
}

impl Ladder {
    fn value(&self, at: usize) -> String {
        format!("{}_{}", self.name, at % self.values)
    }
}

/// What was declared so far.
#[derive(Debug, Default)]
struct Written {
    named: Vec<(String, Kind)>,
    ladders: Vec<Ladder>,
    everybody: bool,
}

/// Whether rules may ask about everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// They may.
    Everybody,
    /// Only about each user alone.
    One,
}

/// A rulebook: one declaration for each byte string.
pub(crate) fn rulebook(setting: &[u8], declarations: &[Vec<u8>], about: About) -> String {
    let mut setting = Bytes::new(setting);
    let zone = setting.of(&["UTC", "Asia/Shanghai", "America/New_York"]);
    let reversed = setting.one_in(3);
    let mut written = Written { everybody: about == About::Everybody, ..Written::default() };
    let mut lines: Vec<String> = vec![];
    for (at, bytes) in declarations.iter().enumerate() {
        let mut writer = Writer { bytes: Bytes::new(bytes), written: &written, fuel: 60 };
        let (line, named, ladder) = writer.declaration(at);
        written.named.extend(named);
        written.ladders.extend(ladder);
        lines.push(line);
    }
    // The order of declarations never matters.
    if reversed {
        lines.reverse();
    }
    format!("rulebook \"agree\" timezone \"{zone}\"\n{TABLES}{}\n", lines.join("\n"))
}

type Declared = (String, Option<(String, Kind)>, Option<Ladder>);

struct Writer<'w> {
    bytes: Bytes<'w>,
    written: &'w Written,
    /// Nodes that may still be written.
    fuel: usize,
}

impl Writer<'_> {
    fn declaration(&mut self, at: usize) -> Declared {
        match self.bytes.below(16) {
            0..5 => {
                let kind = self.bytes.of(KINDS);
                let value = self.aggregate(kind);
                self.named(format!("let a{at} = {value}"), format!("a{at}"), kind)
            }
            5 | 6 => {
                let kind = self.bytes.of(KINDS);
                let value = self.expr(kind, Scope::Definition, 3);
                self.named(format!("let e{at} = {value}"), format!("e{at}"), kind)
            }
            7 => {
                let value = self.distinct();
                self.named(format!("let d{at} = {value}"), format!("d{at}"), Texts)
            }
            8 | 9 => {
                let condition = self.expr(Truth, Scope::Definition, 3);
                let word = self.bytes.of(&["tag", "tag", "segment"]);
                self.named(format!("{word} t{at} when {condition}"), format!("t{at}"), Truth)
            }
            10 => self.score(at),
            11 | 12 => self.level(at),
            13 => self.layer(at),
            14 => self.funnel(at),
            _ => {
                let value = self.of_a_ladder();
                (format!("let c{at} = {value}"), None, None)
            }
        }
    }

    fn named(&self, line: String, name: String, kind: Kind) -> Declared {
        (line, Some((name, kind)), None)
    }

    fn score(&mut self, at: usize) -> Declared {
        let mut arms = String::new();
        for _ in 0..1 + self.bytes.below(3) {
            let points = self.bytes.of(&["40", "2.5", "minus 20", "points", "minus balance", "9223372036854775807"]);
            let condition = self.expr(Truth, Scope::Definition, 2);
            arms += &format!(" {points} when {condition}\n");
        }
        let from = self.bytes.of(&["", " from 50", " from rate"]);
        let clamp = self.bytes.of(&["", " clamp 0..100", " clamp 100..2.5", " clamp rate..points"]);
        self.named(format!("score s{at}{from} {{{arms}}}{clamp}"), format!("s{at}"), Number)
    }

    fn level(&mut self, at: usize) -> Declared {
        let name = format!("l{at}");
        let by = self.bytes.below(3) < 2;
        let otherwise = !self.bytes.one_in(3);
        let mut arms = vec![];
        for (place, threshold) in [100, 3, 0].into_iter().take(1 + self.bytes.below(3)).enumerate() {
            arms.push(match by {
                true => format!("{name}_{place} from {threshold}"),
                false => format!("{name}_{place} when {}", self.expr(Truth, Scope::Definition, 2)),
            });
        }
        if otherwise {
            arms.push(format!("{name}_{} otherwise", arms.len()));
        }
        let goes_by = if by { format!(" by {}", self.expr(Number, Scope::Definition, 2)) } else { String::new() };
        let ladder = Ladder { name: name.clone(), values: arms.len(), ordered: true, by, reached: None };
        (format!("level {name}{goes_by} {{ {} }}", arms.join("\n ")), None, Some(ladder))
    }

    fn layer(&mut self, at: usize) -> Declared {
        let name = format!("y{at}");
        let mut arms = vec![];
        for place in 0..1 + self.bytes.below(3) {
            arms.push(format!("{name}_{place} when {}", self.expr(Truth, Scope::Definition, 2)));
        }
        if !self.bytes.one_in(2) {
            arms.push(format!("{name}_{} otherwise", arms.len()));
        }
        let ladder = Ladder { name: name.clone(), values: arms.len(), ordered: false, by: false, reached: None };
        (format!("layer {name} {{ {} }}", arms.join("\n ")), None, Some(ladder))
    }

    fn funnel(&mut self, at: usize) -> Declared {
        let name = format!("f{at}");
        let table = self.bytes.of(&[Orders, Visits]);
        let (window, filter) = (self.window(table), self.filter(Scope::Where(table)));
        let on = match (window.as_str(), filter.as_str()) {
            ("", "") => table.name().to_owned(),
            _ => format!("({}{window}{filter})", table.name()),
        };
        let by = match (self.bytes.below(3), table) {
            (0 | 1, _) => "",
            (_, Orders) => self.bytes.of(&[" by category", " by ordered_at", " by took"]),
            (_, Visits) => " by page",
        };
        let mut steps = vec![];
        for place in 0..1 + self.bytes.below(4) {
            let limit = match table {
                _ if place == 0 => "",
                Orders => self.bytes.of(&["", " within 7d", " within 1mo", " within 90min", " within churn_after"]),
                Visits => self.bytes.of(&["", " within 7d", " within 1mo", " within churn_after"]),
            };
            let condition = self.expr(Truth, Scope::Where(table), 1);
            steps.push(format!("{name}_{place}{limit} when {condition}"));
        }
        let reached = Some(if table == Orders { Instant } else { Day });
        let ladder = Ladder { name: name.clone(), values: steps.len(), ordered: true, by: false, reached };
        (format!("funnel {name} on {on}{by} {{ {} }}", steps.join("\n ")), None, Some(ladder))
    }

    /// A question about everybody's level.
    fn of_a_ladder(&mut self) -> String {
        let at = self.bytes.below(self.written.ladders.len());
        match self.written.ladders.get(at).cloned() {
            Some(it) if it.ordered && self.written.everybody => {
                let (filter, per) = (self.filter(Scope::User), self.per());
                match self.bytes.below(4) {
                    0 => format!("most(users.{}{filter}{per})", it.name),
                    1 => format!("max(users.{}{filter}{per})", it.name),
                    2 => format!("ntile({}{filter}{per}, 3)", it.name),
                    _ => format!("count(distinct(users.{}{filter}{per}))", it.name),
                }
            }
            Some(it) => it.name,
            None => "points".into(),
        }
    }

    fn window(&mut self, table: Table) -> String {
        let some = match table {
            Orders => self.bytes.of(&[
                "",
                "",
                "within 90d",
                "within 36h",
                "between 30d..60d",
                "between 0d..<30d",
                "during this month",
                "during last year",
                "within churn_after",
                "between 1mo..1y",
            ]),
            Visits => self.bytes.of(&[
                "",
                "",
                "within 90d",
                "between 30d..60d",
                "during last week",
                "within churn_after",
                "during today",
            ]),
        };
        if some.is_empty() { String::new() } else { format!(" {some}") }
    }

    fn filter(&mut self, scope: Scope) -> String {
        match self.bytes.below(3) {
            0 => String::new(),
            depth => format!(" where {}", self.expr(Truth, scope, depth)),
        }
    }

    fn per(&mut self) -> String {
        let own = ["name", "active", "points", "rate", "born", "seen", "span", "balance", "interests"];
        match self.bytes.below(6) {
            0 | 1 => String::new(),
            2 => format!(" per {}", self.bytes.of(&own)),
            3 => format!(" per [{}, {}]", self.bytes.of(&own), self.bytes.of(&own)),
            4 => format!(" per {}", self.bytes.of(&["date(seen)", "lower(name)", "(points ?? 0)", "length(name)"])),
            _ => {
                let mut names: Vec<&str> = self.written.named.iter().map(|(name, _)| name.as_str()).collect();
                names.extend(self.written.ladders.iter().map(|it| it.name.as_str()));
                format!(" per {}", names.get(self.bytes.below(names.len())).unwrap_or(&"name"))
            }
        }
    }

    /// A question over many rows whose answer is of a kind.
    fn aggregate(&mut self, kind: Kind) -> String {
        let over_users = self.written.everybody && self.bytes.one_in(3);
        let table = self.bytes.of(&[Orders, Visits, Orders]);
        let has = |table: Table, kind: Kind| table.columns().iter().any(|(_, it)| *it == kind);
        let table = if has(table, kind) { table } else { Orders };
        let has = |kind: Kind| over_users || has(table, kind);
        let rows = if over_users { Scope::Users } else { Scope::Rows(table) };
        let table_name = if over_users { "users" } else { table.name() };
        let clause = |this: &mut Self| match over_users {
            true => this.filter(Scope::User) + &this.per(),
            false => this.window(table) + &this.filter(Scope::Where(table)),
        };
        let ends = ["min", "max", "first", "last", "most"];
        match kind {
            Number => match self.bytes.below(if self.written.everybody { 10 } else { 8 }) {
                0 => format!("count({table_name}{})", clause(self)),
                1 => format!("sum({}{})", self.source(Number, rows), clause(self)),
                2 => format!("avg({}{})", self.source(Number, rows), clause(self)),
                3 | 4 => format!("{}({}{})", self.bytes.of(&ends), self.source(Number, rows), clause(self)),
                5 => {
                    let share = self.bytes.of(&["50%", "90%", "0%", "100%", "best"]);
                    format!("quantile({}{}, {share})", self.source(Number, rows), clause(self))
                }
                6 => {
                    let of = self.bytes.of(KINDS);
                    let of = if has(of) { of } else { Number };
                    format!("count(distinct({}{}))", self.source(of, rows), clause(self))
                }
                7 => {
                    let of = self.bytes.of(KINDS);
                    let of = if has(of) { of } else { Number };
                    format!("count({}{})", self.source(of, rows), clause(self))
                }
                _ => {
                    let parts = self.bytes.of(&["4", "1", "few", "9223372036854775807"]);
                    format!("ntile({}, {parts})", self.ranked())
                }
            },
            Truth => match self.bytes.below(if self.written.everybody { 8 } else { 4 }) {
                0 | 1 => format!("any({table_name}{})", clause(self)),
                2 => format!("any({}{})", self.source(Truth, rows), clause(self)),
                3 => format!(
                    "{}({}{})",
                    self.bytes.of(&["first", "last", "most"]),
                    self.source(Truth, rows),
                    clause(self)
                ),
                _ => {
                    let end = self.bytes.of(&["top", "bottom"]);
                    let amount = self.bytes.of(&["50%", "2", "1", "best", "few", "100%", "12.5%"]);
                    format!("({end} {amount} by ({}))", self.ranked())
                }
            },
            Text if self.bytes.one_in(3) => {
                let source = self.source(Text, rows);
                let by = if self.bytes.one_in(4) && has(Length) { Length } else { Number };
                format!("most({source} by {}{})", self.source(by, rows), clause(self))
            }
            Length if self.bytes.one_in(2) => {
                let function = self.bytes.of(&["sum", "avg"]);
                format!("{function}({}{})", self.source(Length, rows), clause(self))
            }
            Text | Day | Instant | Length | Texts => {
                format!("{}({}{})", self.bytes.of(&ends), self.source(kind, rows), clause(self))
            }
        }
    }

    fn distinct(&mut self) -> String {
        if self.written.everybody && self.bytes.below(3) == 0 {
            let source = self.source(Text, Scope::Users);
            return format!("distinct({source}{}{})", self.filter(Scope::User), self.per());
        }
        let table = self.bytes.of(&[Orders, Visits]);
        let source = self.source(Text, Scope::Rows(table));
        format!("distinct({source}{}{})", self.window(table), self.filter(Scope::Where(table)))
    }

    /// What a rank goes by, and among whom.
    fn ranked(&mut self) -> String {
        let kind = self.bytes.of(&[Number, Number, Instant, Length, Day]);
        let value = self.expr(kind, Scope::User, 1);
        format!("{value}{}{}", self.filter(Scope::User), self.per())
    }

    /// An expression over the columns of one table.
    fn source(&mut self, kind: Kind, scope: Scope) -> String {
        let depth = if self.bytes.one_in(3) { 2 } else { 0 };
        self.expr(kind, scope, depth)
    }

    /// A column or definition of a kind; none has another kind in place.
    fn column(&mut self, scope: Scope, kind: Kind) -> String {
        let mut all: Vec<String> = vec![];
        let mut columns = |columns: &[(&str, Kind)], prefix: &str, except: &[&str]| {
            let fit = columns.iter().filter(|(name, it)| *it == kind && !except.contains(name));
            all.extend(fit.map(|(name, _)| format!("{prefix}{name}")));
        };
        match scope {
            Scope::Definition | Scope::User => columns(USERS, "", &[]),
            Scope::Users => columns(USERS, "users.", &[]),
            Scope::Rows(table) => columns(table.columns(), &format!("{}.", table.name()), &[]),
            Scope::Where(Orders) => {
                columns(Orders.columns(), "", &["name", "user_id"]);
                columns(&[("orders.name", Text), ("orders.user_id", Text), ("users.name", Text)], "", &[]);
                columns(USERS, "", &["name"]);
            }
            Scope::Where(Visits) => {
                columns(Visits.columns(), "", &[]);
                columns(USERS, "", &[]);
            }
        }
        let prefix = match scope {
            Scope::Rows(_) => None,
            Scope::Users => Some("users."),
            Scope::Definition | Scope::User | Scope::Where(_) => Some(""),
        };
        if let Some(prefix) = prefix {
            let named = self.written.named.iter().filter(|(_, it)| *it == kind);
            // The latest first: chains of definitions are what is to be found.
            let named = named.rev().take(6).map(|(name, _)| format!("{prefix}{name}"));
            all.extend(named);
        }
        let at = self.bytes.below(all.len());
        all.swap_remove(at)
    }
}
