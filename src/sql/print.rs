//! A query as text that people read: one column a line, conditions broken at `AND` and `OR`, comments where they help.

use std::collections::HashMap;

use crate::sql::{
    ast::{Aggregate, From, Item, Literal, Over, Query, Select, Sense, Sql, Star, Step, Word},
    dialect::{Dialect, scripts},
    idioms,
};
use crate::value::{Type, Zone};

/// Where a line is broken.
const WIDTH: usize = 100;

/// A query in an engine's spelling: what is told above it, advice too, and the query. A script can be in parts.
pub(crate) fn query(query: &Query, dialect: &dyn Dialect, advice: &[String], is_script: bool) -> (String, String) {
    let mut head = told(query.comment.iter().chain(advice));
    if is_script && dialect.keeps_steps() && query.moments().is_some() && query.most_often().is_some() {
        head += "-- each statement computes the `moments` that it reads: so the engine knows them before it reads a table, and leaves out partitions\n";
    }
    let out = select(query, dialect);
    head += &told(&idioms::of(&out));
    (head, out)
}

/// What makes a table of a query, in parts where the engine would work steps out too often; `last` writes the last of them.
pub(crate) fn script(
    query: Query,
    dialect: &dyn Dialect,
    table: &[String],
    last: impl Fn(&Query, &str) -> String,
) -> String {
    // Runs of other days have tables of their own.
    let moment = query.moment.clone();
    let place = |step: &str| match &moment {
        Some(moment) => scripts::beside(table, &format!("{moment}_{step}")),
        None => scripts::beside(table, step),
    };
    let (kept, query) = if dialect.keeps_steps() { query.in_parts(place) } else { (vec![], query) };
    let (mut out, mut end) = (String::new(), String::new());
    for step in &kept {
        let table = step.place.iter().map(|it| dialect.name(it)).collect::<Vec<_>>().join(".");
        // A run of another as-of would write over them: where there are some, it ends.
        if query.moment.is_some() {
            out += &format!("DROP TABLE IF EXISTS {table};\n\n");
        }
        let select = select(&step.query, dialect);
        out += &format!("{}CREATE TABLE {table} AS\n{};\n\n", told(&step.query.comment), select.trim_end());
        end += &format!("\nDROP TABLE {table};\n");
    }
    out + &last(&query, select(&query, dialect).trim_end()) + &end
}

/// Comments, a line each.
fn told<'l>(lines: impl IntoIterator<Item = &'l String>) -> String {
    lines.into_iter().map(|line| format!("-- {}\n", one_line(line))).collect()
}

/// The steps and the last select.
fn select(query: &Query, dialect: &dyn Dialect) -> String {
    let pen = Pen { dialect, titles: &query.titles, zone: Some(&query.zone) };
    let (mut out, shared) = (String::new(), query.shared());
    for (at, step) in query.steps.iter().enumerate() {
        out += if at == 0 { "WITH\n" } else { "" };
        let manner = dialect.manner(&step.select, shared.contains(query.called(&step.name)));
        out += &pen.step(step, manner, at + 1 == query.steps.len());
    }
    out += &pen.select(&query.last, 0);
    let settings = dialect.settings(&out);
    if !settings.is_empty() {
        out += &format!("SETTINGS\n  {}\n", settings.join(",\n  "));
    }
    out
}

/// An expression on a line.
pub(crate) fn expression(sql: &Sql, dialect: &dyn Dialect) -> String {
    Pen { dialect, titles: &HashMap::new(), zone: None }.flat(sql, Bind::Or)
}

/// A comment never ends its own line, and holds nothing that Spark would put in the place of a variable.
fn one_line(text: &str) -> String {
    let plain = |it: char| if it.is_control() || it == '\u{2028}' || it == '\u{2029}' { ' ' } else { it };
    let line = text.chars().map(plain).collect::<String>().replace("${", "$ {");
    // Behind a backslash Spark goes on with the comment.
    if line.ends_with('\\') { line + "." } else { line }
}

struct Pen<'d> {
    dialect: &'d dyn Dialect,
    titles: &'d HashMap<String, String>,
    /// The rulebook's, in which moments are written.
    zone: Option<&'d Zone>,
}

/// How tightly an expression binds, from loose to tight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bind {
    Or,
    And,
    Not,
    Compare,
    Join,
    Add,
    Multiply,
    Minus,
    Atom,
}

impl Pen<'_> {
    /// What a step is called.
    fn step_name(&self, name: &str) -> String {
        self.dialect.name(self.titles.get(name).map_or(name, String::as_str))
    }

    fn step(&self, step: &Step, manner: &str, last: bool) -> String {
        let mut out = String::new();
        for line in &step.comment {
            out += &format!("  -- {}\n", one_line(line));
        }
        out += &format!("  {} AS {manner}(\n{}", self.step_name(&step.name), self.select(&step.select, 4));
        out + "  )" + if last { "\n" } else { ",\n\n" }
    }

    fn select(&self, select: &Select, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let mut lines: Vec<String> = vec![];
        match &select.star {
            Star::No => {}
            Star::All => lines.push("*".into()),
            Star::Of(relation) => lines.push(format!("{}.*", self.step_name(relation))),
        }
        let count = lines.len() + select.items.len();
        let mut out = format!("{pad}SELECT\n");
        for (at, line) in lines.iter().enumerate() {
            out += &format!("{pad}  {line}{}\n", if at + 1 < count { "," } else { "" });
        }
        for (at, item) in select.items.iter().enumerate() {
            let comma = if lines.len() + at + 1 < count { "," } else { "" };
            out += &self.item(item, indent + 2, comma);
        }
        if select.from != From::Nothing {
            out += &format!("{pad}FROM {}\n", self.from(&select.from));
        }
        for join in &select.joins {
            out += &format!("{pad}{} {}", join.kind, self.from(&join.from));
            if let Some(on) = &join.on {
                out += &format!("\n{pad}  ON {}", self.sql(on, Bind::Or, indent + 5));
            }
            out += "\n";
        }
        if !select.filter.is_empty() {
            let all = Sql::all(select.filter.iter().cloned());
            out += &format!("{pad}WHERE {}\n", self.sql(&all, Bind::Or, indent + 2));
        }
        if !select.group.is_empty() {
            let keys: Vec<String> = select.group.iter().map(|it| self.sql(it, Bind::Or, indent + 2)).collect();
            out += &format!("{pad}GROUP BY {}\n", keys.join(", "));
        }
        if !select.tail.is_empty() {
            out += &format!("{pad}{}\n", self.sql(&Sql::Words(select.tail.clone()), Bind::Or, indent));
        }
        out
    }

    fn item(&self, item: &Item, indent: usize, comma: &str) -> String {
        let pad = " ".repeat(indent);
        let comment = item.comment.as_ref().map(|it| format!("{pad}-- {}\n", one_line(it))).unwrap_or_default();
        let alias = match (&item.alias, &item.sql) {
            (Some(alias), Sql::Column(_, name)) if alias == name => String::new(),
            (Some(alias), _) => format!(" AS {}", self.dialect.name(alias)),
            (None, _) => String::new(),
        };
        let flat = self.flat(&item.sql, Bind::Or);
        let is_long = wide(&flat) + wide(&alias) + comma.len() + indent > WIDTH;
        let text = if is_long { self.broken(&item.sql, Bind::Or, indent).unwrap_or(flat) } else { flat };
        format!("{comment}{pad}{text}{alias}{comma}\n")
    }

    fn from(&self, from: &From) -> String {
        match from {
            From::Table(parts, alias) => {
                let plain = parts.len() == 1 && parts.first() == Some(alias);
                let parts: Vec<String> = parts.iter().map(|it| self.dialect.name(it)).collect();
                let alias = if plain { String::new() } else { format!(" AS {}", self.dialect.name(alias)) };
                parts.join(".") + &alias
            }
            From::Nothing => String::new(),
            From::Step(name) => self.step_name(name),
            From::As(name, alias) => format!("{} AS {}", self.step_name(name), self.dialect.name(alias)),
        }
    }

    /// An expression beside something that binds so tightly; broken over lines where it is too long for one.
    fn sql(&self, sql: &Sql, beside: Bind, indent: usize) -> String {
        let flat = self.flat(sql, beside);
        if wide(&flat) + indent <= WIDTH {
            return flat;
        }
        self.broken(sql, beside, indent).unwrap_or(flat)
    }

    fn broken(&self, sql: &Sql, beside: Bind, indent: usize) -> Option<String> {
        let line = |by: usize| format!("\n{}", " ".repeat(indent + by));
        Some(match sql {
            Sql::All(parts) | Sql::Any(parts) => {
                let (word, bind) = if matches!(sql, Sql::All(_)) { ("AND", Bind::And) } else { ("OR", Bind::Or) };
                let inside = beside > bind;
                let by = if inside { 2 } else { 0 };
                let behind = |at: usize| if at == 0 { 0 } else { word.len() + 1 };
                let parts = parts.iter().enumerate();
                let parts: Vec<String> =
                    parts.map(|(at, it)| self.sql(it, Bind::Not, indent + by + behind(at))).collect();
                let text = parts.join(&format!("{}{word} ", line(by)));
                if inside { format!("({}{text}{})", line(2), line(0)) } else { text }
            }
            Sql::Finite(of) => return self.broken(&self.dialect.finite((**of).clone()), beside, indent),
            Sql::Not(of) => match &**of {
                Sql::In(of, list) => self.broken_list(of, "NOT IN", list, beside, indent),
                Sql::Between(of) => self.broken_range(&of.0, "NOT BETWEEN", [&of.1, &of.2], beside, indent),
                of if beside > Bind::Not => format!("(NOT {})", self.sql(of, Bind::Atom, indent + 5)),
                of => format!("NOT {}", self.sql(of, Bind::Atom, indent + 4)),
            },
            Sql::Case(arms, otherwise) => self.case(None, arms, otherwise.as_deref(), indent),
            Sql::Switch(of, arms, otherwise) => self.case(Some(of), arms, otherwise.as_deref(), indent),
            Sql::Call(function, arguments) if !arguments.is_empty() => {
                let arguments: Vec<String> = arguments.iter().map(|it| self.sql(it, Bind::Or, indent + 2)).collect();
                format!("{function}({}{}{})", line(2), arguments.join(&format!(",{}", line(2))), line(0))
            }
            Sql::Cast(word, of, ty) => {
                format!("{word}({}{} AS {ty}{})", line(2), self.sql(of, Bind::Or, indent + 2), line(0))
            }
            Sql::Words(words) => {
                let words: Vec<String> = words.iter().map(|it| self.word(it, Some(indent))).collect();
                words.concat()
            }
            Sql::Aggregate(aggregate) => {
                let plain = Aggregate { filter: None, ..(**aggregate).clone() };
                let flat = self.aggregate(&plain);
                let name = self.dialect.aggregate_name(aggregate.function);
                let is_long = aggregate.filter.is_none() || wide(&flat) + indent > WIDTH;
                let plain = match (is_long, aggregate.arguments.as_slice()) {
                    (true, [argument]) => {
                        let distinct = if aggregate.distinct { "DISTINCT " } else { "" };
                        let argument = self.sql(argument, Bind::Or, indent + 2);
                        let order = self.order(&aggregate.order);
                        let order = if order.is_empty() { order } else { line(2) + &order };
                        format!("{name}({}{distinct}{argument}{order}{})", line(2), line(0))
                    }
                    _ => flat,
                };
                let text = match &aggregate.filter {
                    Some(filter) => {
                        let filter = self.sql(filter, Bind::Or, indent + 4);
                        // `AND` below `WHERE`, two to the right.
                        format!("{plain} FILTER ({}WHERE {filter}{})", line(2), line(0))
                    }
                    None => plain,
                };
                self.dialect.aggregate(aggregate.function, text)
            }
            Sql::Binary(operator, of) => {
                let bind = binding(operator);
                let text = match bind {
                    Bind::Add | Bind::Multiply | Bind::Join => {
                        let mut links = vec![(*operator, &of.1)];
                        let mut first = &of.0;
                        while let Sql::Binary(operator, of) = first
                            && binding(operator) == bind
                        {
                            links.push((*operator, &of.1));
                            first = &of.0;
                        }
                        let mut text = self.sql(first, bind, indent);
                        for (operator, link) in links.into_iter().rev() {
                            let by = operator.len() + 1;
                            text += &format!("{}{operator} {}", line(0), self.sql(link, tighter(bind), indent + by));
                        }
                        text
                    }
                    _ => {
                        let left = self.sql(&of.0, tighter(bind), indent);
                        let right = self.sql(&of.1, tighter(bind), indent + operator.len() + 1);
                        format!("{left}{}{operator} {right}", line(0))
                    }
                };
                if beside > bind { format!("({text})") } else { text }
            }
            Sql::Between(of) => self.broken_range(&of.0, "BETWEEN", [&of.1, &of.2], beside, indent),
            Sql::In(of, list) => self.broken_list(of, "IN", list, beside, indent),
            Sql::Lambda(names, of) => self.dialect.lambda(names, &self.sql(of, Bind::Or, indent)),
            Sql::Over(over) => {
                let (function, parts) = self.over(over);
                if parts.is_empty() {
                    return None;
                }
                let text = format!("{function} OVER ({}{}{})", line(2), parts.join(&line(2)), line(0));
                self.dialect.aggregate(over.function.name(), text)
            }
            Sql::IsNull(of) | Sql::IsKnown(of) => {
                let word = if matches!(sql, Sql::IsNull(_)) { "IS NULL" } else { "IS NOT NULL" };
                let text = format!("{} {word}", self.sql(of, Bind::Join, indent));
                if beside > Bind::Compare { format!("({text})") } else { text }
            }
            Sql::Select(select) => format!("(\n{}{})", self.select(select, indent + 2), " ".repeat(indent)),
            Sql::Literal(_) | Sql::Column(..) | Sql::Minus(_) | Sql::InTable(..) | Sql::Call(..) => return None,
        })
    }

    /// `x IN (`, what fits on each line, `)`
    fn broken_list(&self, of: &Sql, word: &str, list: &[Sql], beside: Bind, indent: usize) -> String {
        let line = |by: usize| format!("\n{}", " ".repeat(indent + by));
        let of = self.sql(of, Bind::Join, indent);
        let list: Vec<String> = list.iter().map(|it| self.flat(it, Bind::Or)).collect();
        let text = format!("{of} {word} ({}{}{})", line(2), filled(&list, indent + 2), line(0));
        if beside > Bind::Compare { format!("({text})") } else { text }
    }

    /// `x BETWEEN a`, and `AND b` below it.
    fn broken_range(&self, of: &Sql, word: &str, ends: [&Sql; 2], beside: Bind, indent: usize) -> String {
        let line = |by: usize| format!("\n{}", " ".repeat(indent + by));
        let text = match self.flat(of, Bind::Join) {
            of if wide(&of) <= 32 => {
                let by = wide(&of) + 1 + word.len();
                let [low, high] = ends.map(|it| self.sql(it, Bind::Join, indent + by + 1));
                format!("{of} {word} {low}{}AND {high}", line(by - "AND".len()))
            }
            _ => {
                let [low, high] = ends.map(|it| self.flat(it, Bind::Join));
                format!("{}{}{word} {low} AND {high}", self.sql(of, Bind::Join, indent), line(0))
            }
        };
        if beside > Bind::Compare { format!("({text})") } else { text }
    }

    fn case(&self, of: Option<&Sql>, arms: &[(Sql, Sql)], otherwise: Option<&Sql>, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let of = of.map(|of| format!(" {}", self.sql(of, Bind::Or, indent + 5))).unwrap_or_default();
        let mut text = format!("CASE{of}\n");
        for (when, then) in arms {
            let (when, then) = (self.sql(when, Bind::Or, indent + 7), self.sql(then, Bind::Or, indent + 7));
            let long = when.contains('\n') || wide(&when) + wide(&then) + indent + "  WHEN  THEN ".len() > WIDTH;
            let between = if long { format!("\n{pad}    ") } else { " ".into() };
            text += &format!("{pad}  WHEN {when}{between}THEN {then}\n");
        }
        if let Some(otherwise) = otherwise {
            text += &format!("{pad}  ELSE {}\n", self.sql(otherwise, Bind::Or, indent + 7));
        }
        text + &pad + "END"
    }

    fn flat(&self, sql: &Sql, beside: Bind) -> String {
        let (text, bind) = match sql {
            Sql::Literal(literal) => {
                let negative = matches!(literal, Literal::Int(number) if *number < 0)
                    || matches!(literal, Literal::Decimal(text) if text.starts_with('-'));
                let text = match (literal, self.zone) {
                    (Literal::Timestamp(instant), Some(zone)) => self.dialect.timestamp(*instant, zone),
                    _ => self.dialect.literal(literal),
                };
                (text, if negative { Bind::Minus } else { Bind::Atom })
            }
            Sql::Column(relation, name) => {
                let relation = relation.as_ref().map(|it| self.step_name(it) + ".").unwrap_or_default();
                (relation + &self.dialect.name(name), Bind::Atom)
            }
            Sql::Binary(operator, of) => {
                let bind = binding(operator);
                // Comparisons do not chain.
                let left = if bind == Bind::Compare { tighter(bind) } else { bind };
                (format!("{} {operator} {}", self.flat(&of.0, left), self.flat(&of.1, tighter(bind))), bind)
            }
            Sql::All(parts) => (self.joined(parts, " AND ", Bind::Not), Bind::And),
            // Nobody need know which of the two binds tighter.
            Sql::Any(parts) => (self.joined(parts, " OR ", Bind::Not), Bind::Or),
            Sql::Finite(of) => return self.flat(&self.dialect.finite((**of).clone()), beside),
            Sql::Not(of) => match &**of {
                Sql::In(of, list) => {
                    let list = self.joined(list, ", ", Bind::Or);
                    (format!("{} NOT IN ({list})", self.flat(of, Bind::Join)), Bind::Compare)
                }
                Sql::Between(of) => {
                    let [of, low, high] = [&of.0, &of.1, &of.2].map(|it| self.flat(it, Bind::Join));
                    (format!("{of} NOT BETWEEN {low} AND {high}"), Bind::Compare)
                }
                of => (format!("NOT {}", self.flat(of, Bind::Atom)), Bind::Not),
            },
            Sql::Minus(of) => (format!("-{}", self.flat(of, Bind::Atom)), Bind::Minus),
            Sql::IsNull(of) => (format!("{} IS NULL", self.flat(of, Bind::Join)), Bind::Compare),
            Sql::IsKnown(of) => (format!("{} IS NOT NULL", self.flat(of, Bind::Join)), Bind::Compare),
            Sql::Between(of) => {
                let [of, low, high] = [&of.0, &of.1, &of.2].map(|it| self.flat(it, Bind::Join));
                (format!("{of} BETWEEN {low} AND {high}"), Bind::Compare)
            }
            Sql::In(of, list) => {
                (format!("{} IN ({})", self.flat(of, Bind::Join), self.joined(list, ", ", Bind::Or)), Bind::Compare)
            }
            Sql::InTable(of, column, table) => {
                let table: Vec<String> = table.iter().map(|it| self.dialect.name(it)).collect();
                // By the table's own name: a column that it lacks would be looked for outside.
                let column = format!("{}.{}", table.last().map_or("", String::as_str), self.dialect.name(column));
                let text = self.dialect.ty(&Type::Text).unwrap_or_default();
                let from =
                    format!("SELECT CAST({column} AS {text}) FROM {} WHERE {column} IS NOT NULL", table.join("."));
                (format!("{} IN ({from})", self.flat(of, Bind::Join)), Bind::Compare)
            }
            Sql::Select(select) => (format!("({})", self.select(select, 0).trim_end()), Bind::Atom),
            Sql::Call(function, arguments) => {
                (format!("{function}({})", self.joined(arguments, ", ", Bind::Or)), Bind::Atom)
            }
            Sql::Case(arms, otherwise) => (self.flat_case(None, arms, otherwise.as_deref()), Bind::Atom),
            Sql::Switch(of, arms, otherwise) => (self.flat_case(Some(of), arms, otherwise.as_deref()), Bind::Atom),
            Sql::Cast(word, of, ty) => (format!("{word}({} AS {ty})", self.flat(of, Bind::Or)), Bind::Atom),
            Sql::Aggregate(aggregate) => {
                (self.dialect.aggregate(aggregate.function, self.aggregate(aggregate)), Bind::Atom)
            }
            Sql::Over(over) => {
                let (function, parts) = self.over(over);
                let text = format!("{function} OVER ({})", parts.join(" "));
                (self.dialect.aggregate(over.function.name(), text), Bind::Atom)
            }
            Sql::Lambda(name, of) => (self.dialect.lambda(name, &self.flat(of, Bind::Or)), Bind::Or),
            Sql::Words(words) => {
                let words: Vec<String> = words.iter().map(|it| self.word(it, None)).collect();
                (words.concat(), Bind::Atom)
            }
        };
        if bind < beside { format!("({text})") } else { text }
    }

    fn word(&self, word: &Word, indent: Option<usize>) -> String {
        let sql = |sql: &Sql, beside: Bind| match indent {
            Some(indent) => self.sql(sql, beside, indent + 2),
            None => self.flat(sql, beside),
        };
        match word {
            Word::Text(text) => (*text).to_owned(),
            Word::Sql(it) => sql(it, Bind::Or),
            Word::Tight(it) => sql(it, Bind::Atom),
            Word::List(list) => {
                let texts: Vec<String> = list.iter().map(|it| sql(it, Bind::Or)).collect();
                let long =
                    indent.is_some_and(|indent| texts.iter().map(|it| wide(it) + 2).sum::<usize>() + indent > WIDTH);
                // Short ones fill lines.
                let short = texts.iter().all(|it| wide(it) <= 16);
                match indent.filter(|_| long) {
                    Some(indent) if short => {
                        let pad = format!("\n{}", " ".repeat(indent + 2));
                        format!("{pad}{}\n{}", filled(&texts, indent + 2), " ".repeat(indent))
                    }
                    Some(indent) => {
                        let pad = format!("\n{}", " ".repeat(indent + 2));
                        format!("{pad}{}\n{}", texts.join(&format!(",{pad}")), " ".repeat(indent))
                    }
                    None => texts.join(", "),
                }
            }
        }
    }

    fn joined(&self, parts: &[Sql], between: &str, bind: Bind) -> String {
        let parts: Vec<String> = parts.iter().map(|it| self.flat(it, bind)).collect();
        parts.join(between)
    }

    fn flat_case(&self, of: Option<&Sql>, arms: &[(Sql, Sql)], otherwise: Option<&Sql>) -> String {
        let mut text = String::from("CASE");
        if let Some(of) = of {
            text += &format!(" {}", self.flat(of, Bind::Or));
        }
        for (when, then) in arms {
            text += &format!(" WHEN {} THEN {}", self.flat(when, Bind::Or), self.flat(then, Bind::Or));
        }
        if let Some(otherwise) = otherwise {
            text += &format!(" ELSE {}", self.flat(otherwise, Bind::Or));
        }
        text + " END"
    }

    fn aggregate(&self, aggregate: &Aggregate) -> String {
        let distinct = if aggregate.distinct { "DISTINCT " } else { "" };
        let arguments = match aggregate.arguments.is_empty() {
            true => "*".to_owned(),
            false => self.joined(&aggregate.arguments, ", ", Bind::Or),
        };
        let order = self.order(&aggregate.order);
        let order = if order.is_empty() { order } else { format!(" {order}") };
        let filter = aggregate.filter.as_ref();
        let filter = filter.map(|it| format!(" FILTER (WHERE {})", self.flat(it, Bind::Or))).unwrap_or_default();
        format!("{}({distinct}{arguments}{order}){filter}", self.dialect.aggregate_name(aggregate.function))
    }

    /// The function, and what stands behind `OVER`, in its parts.
    fn over(&self, over: &Over) -> (String, Vec<String>) {
        let mut parts = vec![];
        if !over.partition.is_empty() {
            parts.push(format!("PARTITION BY {}", self.joined(&over.partition, ", ", Bind::Or)));
        }
        let order = self.order(&over.order);
        if !order.is_empty() {
            parts.push(order);
        }
        if over.before {
            parts.push("ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING".into());
        }
        let function = match &over.function {
            Sql::Aggregate(aggregate) => self.aggregate(aggregate),
            other => self.flat(other, Bind::Atom),
        };
        (function, parts)
    }

    fn order(&self, order: &[(Sql, Sense)]) -> String {
        if order.is_empty() {
            return String::new();
        }
        let by = order.iter().map(|(sql, sense)| {
            let sense = match (sense.falls, sense.known) {
                (false, false) => " NULLS FIRST",
                (false, true) => "",
                (true, false) => " DESC NULLS LAST",
                (true, true) => " DESC",
            };
            self.flat(sql, Bind::Or) + sense
        });
        format!("ORDER BY {}", by.collect::<Vec<_>>().join(", "))
    }
}

/// As many on a line as fit.
fn filled(list: &[String], indent: usize) -> String {
    let mut out = String::new();
    let mut width = indent;
    for (at, text) in list.iter().enumerate() {
        let comma = if at + 1 < list.len() { "," } else { "" };
        let long = wide(text) + comma.len() + 1;
        if at > 0 && width + long > WIDTH {
            out += &format!("\n{}", " ".repeat(indent));
            width = indent;
        } else if at > 0 {
            out.push(' ');
        }
        out += text;
        out += comma;
        width += long;
    }
    out
}

/// How many columns of a screen it takes.
fn wide(text: &str) -> usize {
    text.chars().count()
}

fn binding(operator: &str) -> Bind {
    match operator {
        "+" | "-" => Bind::Add,
        "*" | "/" | "//" | "%" | "DIV" => Bind::Multiply,
        "||" => Bind::Join,
        _ => Bind::Compare,
    }
}

fn tighter(bind: Bind) -> Bind {
    match bind {
        Bind::Or => Bind::And,
        Bind::And => Bind::Not,
        Bind::Not => Bind::Compare,
        Bind::Compare => Bind::Join,
        Bind::Join => Bind::Add,
        Bind::Add => Bind::Multiply,
        Bind::Multiply => Bind::Minus,
        Bind::Minus | Bind::Atom => Bind::Atom,
    }
}
