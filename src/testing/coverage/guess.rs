//! Values that are worth trying: those on the lines that rules draw, one step to each side of them, and what they name.

use std::collections::BTreeSet;

use crate::{
    eval::Context,
    ir::{Aggregate, AggregateFunction, Expr, ExprKind, Function, Rulebook},
    value::{
        Duration, Moment, MomentType, Type, Value, literal, moment_text, number as arithmetic, print, time::Direction,
    },
};

/// Numbers of which two are reckoned with each other.
const MOST: usize = 12;

/// Rows of a user at most.
const ROWS: usize = 40;

/// Letters of a text at most.
const LETTERS: usize = 200;

/// Elements of a list at most, where rules count them.
const ELEMENTS: usize = 12;

/// A value as a test writes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) value: Value,
}

/// What rules write: their numbers, each with its steps, and their texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Spellings {
    pub(super) numbers: BTreeSet<String>,
    pub(super) texts: BTreeSet<String>,
    /// Lists that rules write.
    lists: Vec<Vec<Value>>,
    /// Whether numbers are reckoned with: then what two of them come to is worth trying, too.
    pub(super) reckons: bool,
    /// Whether different values are counted: then it takes more of them than rules name.
    counts_different: bool,
    /// Whether rows are counted.
    counts: bool,
    /// Whether letters of texts are counted.
    measures: bool,
    /// Whether years, months and days are asked about by themselves.
    dates: bool,
}

impl Spellings {
    /// Takes in the texts that an expression names.
    pub(super) fn add_texts(&mut self, expr: &Expr) {
        expr.each(&mut |node| match &node.kind {
            ExprKind::Constant(value) => self.add_value(value),
            ExprKind::Sum { .. } | ExprKind::Product { .. } => self.reckons = true,
            ExprKind::Call { function: Function::Length, .. } => self.measures = true,
            ExprKind::Call { function: Function::Year | Function::Month | Function::Day, .. } => self.dates = true,
            ExprKind::Matches { pattern, .. } => self.texts.extend(pattern.example()),
            ExprKind::Text { argument, .. } => {
                if let ExprKind::Constant(Value::Text(part)) = &argument.kind {
                    self.texts.extend([format!("{part} x"), format!("x {part}"), format!("x {part} x")]);
                }
            }
            _ => {}
        });
    }

    /// Takes in what a question over many rows counts.
    pub(super) fn add_question(&mut self, aggregate: &Aggregate) {
        use AggregateFunction::{Count, CountDistinct, Distinct};
        self.counts |= matches!(aggregate.function, Count | CountDistinct | Distinct);
        self.counts_different |= matches!(aggregate.function, CountDistinct | Distinct);
    }

    /// Takes in the key of a row that is looked up.
    pub(super) fn add_key(&mut self, key: &Value) {
        if let Value::Text(key) = key {
            self.texts.insert(key.to_string());
            if key.parse::<i64>().is_ok() {
                self.numbers.insert(key.to_string());
            }
        }
    }

    /// The counts that rules draw a line at, as far as rows can be made up.
    fn small(&self) -> usize {
        let counts = self.numbers.iter().filter_map(|it| it.parse::<usize>().ok());
        counts.filter(|it| *it <= ROWS).max().unwrap_or(0)
    }

    /// One more than the rows that are worth making up.
    pub(super) fn rows(&self) -> usize {
        if self.counts { (self.small() + 2).max(9) } else { 9 }
    }

    fn add_value(&mut self, value: &Value) {
        match value {
            Value::Text(text) => drop(self.texts.insert(text.to_string())),
            Value::List(values) => {
                values.iter().for_each(|value| self.add_value(value));
                self.lists.push(values.to_vec());
            }
            _ => {}
        }
    }

    /// Values of a type, at least one.
    pub(super) fn values(&self, ty: &Type, rulebook: &Rulebook, context: &Context) -> Vec<Written> {
        let zone = context.clock.zone();
        let plain = |text: &str, value: Value| {
            let value = literal::from_written(&value, ty, zone).ok()?;
            Some(Written { text: text.to_owned(), value })
        };
        let mut found: Vec<Written> = match ty {
            Type::Bool => [true, false].map(|it| Written { text: it.to_string(), value: Value::Bool(it) }).into(),
            Type::Text => {
                let named = self.texts.iter().cloned().chain(["other".to_owned(), "another".to_owned()]);
                let more = if self.counts_different { self.small() } else { 0 };
                let more = (3..=more).map(|at| format!("other {at}"));
                let lengths = self.numbers.iter().filter_map(|it| it.parse::<usize>().ok());
                let lengths = lengths.filter(|it| self.measures && *it <= LETTERS).map(|it| "x".repeat(it));
                let text = |it: String| Written { text: print::quoted_text(&it), value: Value::from(it.as_str()) };
                named.chain(more).chain(lengths).map(text).collect()
            }
            Type::Int | Type::Decimal(_) | Type::Float => {
                let numbers = self.numbers.iter().map(String::as_str).chain(["0", "1", "2", "100"]);
                let written = |value: Value| plain(&print::text(&value, zone), value);
                let own: Vec<Value> = numbers.filter_map(number).collect();
                let pairs = own.iter().take(MOST).flat_map(|a| own.iter().take(MOST).map(move |b| (a, b)));
                let pairs = pairs.filter(|_| self.reckons);
                let come_to = pairs
                    .flat_map(|(a, b)| [arithmetic::multiply(a, b), arithmetic::add(a, b), arithmetic::subtract(a, b)]);
                let come_to: Vec<Value> = come_to.filter(|it| *it != Value::Missing).collect();
                own.into_iter().chain(come_to).filter_map(written).collect()
            }
            Type::Date | Type::Timestamp => self.moments(ty, context),
            Type::Duration => {
                let lengths = self.numbers.iter().map(String::as_str).chain(["1d"]);
                let length = |text: &str| plain(text, Value::Duration(Duration::parse(text).ok()?));
                lengths.filter_map(length).collect()
            }
            Type::List(element) => {
                let elements = self.values(element, rulebook, context);
                let list = |all: &[Written]| {
                    let texts: Vec<&str> = all.iter().map(|it| it.text.as_str()).collect();
                    let values: Vec<Value> = all.iter().map(|it| it.value.clone()).collect();
                    Written { text: format!("[{}]", texts.join(", ")), value: Value::List(values.into()) }
                };
                // None, each by itself, and so many of them as rules count, or name side by side.
                let mut found = vec![list(&[])];
                found.extend(elements.iter().map(|it| list(std::slice::from_ref(it))));
                for length in 2..self.small().clamp(1, ELEMENTS) + 2 {
                    let around: Vec<Written> =
                        elements.iter().cycle().take(elements.len() + length - 1).cloned().collect();
                    found.extend(around.windows(length).map(list));
                    found.extend(elements.iter().map(|it| list(&vec![it.clone(); length])));
                }
                let named = |all: &Vec<Value>| {
                    let known = |it: &Value| elements.iter().find(|own| own.value == *it).cloned();
                    let own: Vec<Written> = all.iter().filter_map(known).collect();
                    let fewer = own.split_last().map(|(_, fewer)| list(fewer));
                    [Some(list(&own)), fewer].into_iter().flatten().collect::<Vec<_>>()
                };
                found.extend(self.lists.iter().flat_map(named));
                found
            }
            Type::Choice(id) => {
                let named = rulebook.choices(*id).values.iter().zip(0..);
                let choice = |(it, rank): (&crate::ir::ChoiceValue, u32)| Written {
                    text: bare(it.name.as_str()),
                    value: Value::Choice(rank),
                };
                named.map(choice).collect()
            }
        };
        found.dedup_by(|a, b| a.value == b.value);
        found
    }

    fn moments(&self, ty: &Type, context: &Context) -> Vec<Written> {
        let zone = context.clock.zone();
        let kind = if *ty == Type::Date { MomentType::Date } else { MomentType::Timestamp };
        let mut found = vec![];
        // What two lengths come to, where they are reckoned with.
        let days = |text: &String| text.strip_suffix('d').unwrap_or(text).parse::<i64>().ok();
        let days: Vec<i64> = self.numbers.iter().filter_map(days).take(MOST).collect();
        let pairs =
            days.iter().flat_map(|a| days.iter().filter_map(move |b| a.checked_add(*b))).filter(|_| self.reckons);
        let sums: BTreeSet<String> = pairs.map(|days| format!("{days}d")).collect();
        for text in self.numbers.iter().chain(&sums).map(String::as_str).chain(["0d", "1d", "40d", "400d"]) {
            if let Ok(length) = Duration::parse(text) {
                // Most rules ask what was: those moments come up more often.
                let ways = [(Direction::Back, "ago"), (Direction::Forth, "from now"), (Direction::Back, "ago")];
                for (direction, words) in ways {
                    if let Some(moment) = context.clock.shifted(length, direction, kind) {
                        found.push(Written { text: format!("{text} {words}"), value: Moment::into(moment) });
                    }
                }
            }
            let date = moment_text::parse_date(text).map(Value::Date);
            let moment = date.or_else(|_| moment_text::parse_timestamp(text, zone).map(Value::Timestamp));
            let typed = moment.ok().and_then(|moment| literal::from_written(&moment, ty, zone).ok());
            found.extend(typed.map(|value| Written { text: text.to_owned(), value }));
        }
        if self.dates {
            let within = |range: std::ops::Range<u16>, other: u16| -> BTreeSet<u16> {
                let own = self.numbers.iter().filter_map(|it| it.parse().ok()).filter(|it| range.contains(it));
                own.chain([other]).collect()
            };
            let (year, month, day) = (within(1900..2200, 2020), within(1..13, 6), within(1..32, 15));
            let months = year.iter().flat_map(|year| month.iter().map(move |month| (year, month)));
            let all = months.flat_map(|(year, month)| day.iter().map(move |day| format!("{year}-{month:02}-{day:02}")));
            for text in all {
                let date = moment_text::parse_date(&text).ok().map(Value::Date);
                let typed = date.and_then(|date| literal::from_written(&date, ty, zone).ok());
                found.extend(typed.map(|value| Written { text, value }));
            }
        }
        found
    }
}

/// `500`, `-1`, `20%`
pub(super) fn number(text: &str) -> Option<Value> {
    match (text.strip_suffix('%'), text.strip_prefix('-')) {
        (Some(percent), _) => literal::percent(percent).ok().map(Value::Decimal),
        (None, Some(below)) => literal::number(below).ok().map(|it| arithmetic::negate(&it)),
        (None, None) => literal::number(text).ok(),
    }
}

/// A name as it is written: in backticks where it is no plain word.
pub(super) fn bare(name: &str) -> String {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|it| it == '_' || unicode_ident::is_xid_start(it));
    let plain = begins && letters.all(unicode_ident::is_xid_continue) && !crate::syntax::is_reserved(name);
    if plain { name.to_owned() } else { format!("`{name}`") }
}
