//! PostgreSQL, from version 14 on.

use crate::{
    sql::{
        ast::{Literal, Sense, Sql, Word},
        dialect::{
            Arithmetic, Broken, Computed, DatePart, Dialect, Parameter, Patterns, Unpivot, WHITE_SPACE, as_small,
            digits::{self, fits_int},
            durations,
            escapes::{hidden, is_hidden},
            joined, losses,
            orders::ordered,
            scripts::{self, created_anew, dotted},
            wholes::{self, Wholes},
        },
        print,
    },
    value::{Type, time::Zone},
};

/// PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Postgres;

impl Dialect for Postgres {
    fn itself(&self) -> &dyn Dialect {
        self
    }

    fn title(&self) -> &'static str {
        "PostgreSQL"
    }

    fn longest_name(&self) -> usize {
        63
    }

    fn no_name(&self, name: &str) -> Option<&'static str> {
        (name.len() > self.longest_name()).then_some("PostgreSQL cuts names after 63 bytes")
    }

    fn float(&self, float: f64) -> String {
        digits::float_text(float, "") + "::float8"
    }

    fn text(&self, text: &str) -> String {
        // Whatever the session makes of backslashes.
        let mut out = String::new();
        for it in text.chars() {
            match it {
                '\\' => out.push_str("\\\\"),
                '\'' => out.push_str("''"),
                it if is_hidden(it) => out.push_str(&hidden(it)),
                it => out.push(it),
            }
        }
        if out.contains('\\') { format!("E'{out}'") } else { format!("'{out}'") }
    }

    fn parameter(&self, _: bool) -> Parameter {
        Parameter::Text(":'as_of'")
    }

    fn given(&self, _: bool) -> &'static str {
        "the as-of is a variable of psql: psql -v as_of=2026-11-22T10:00:00Z, or \\set as_of 2026-11-22T10:00:00Z before it"
    }

    fn ty(&self, ty: &Type) -> Option<String> {
        Some(match ty {
            Type::Text | Type::Choice(_) => "text".into(),
            Type::Int => "bigint".into(),
            Type::Decimal(scale) => format!("numeric(38, {scale})"),
            Type::Float => "double precision".into(),
            Type::Bool => "boolean".into(),
            Type::Date => "date".into(),
            Type::Timestamp => "timestamptz".into(),
            Type::Duration => return None,
            Type::List(element) => format!("{}[]", self.ty(element)?),
        })
    }

    fn number_or(&self, column: &Sql, _: &Type) -> [Sql; 3] {
        let ty = Sql::cast(Sql::call("pg_typeof", [column.clone()]), "text");
        let numbers = ["bigint", "integer", "smallint", "numeric", "double precision"].map(Sql::text);
        let text = Sql::cast(column.clone(), "text");
        [Sql::In(Box::new(ty), numbers.into()), text.clone(), text]
    }

    fn picks_lists(&self) -> bool {
        false
    }

    fn unsigned_zeros(&self, list: Sql) -> Sql {
        let each = Sql::words([
            Word::Text("ARRAY(SELECT number + 0 FROM unnest("),
            Word::Sql(list.clone()),
            Word::Text(") WITH ORDINALITY AS each(number, place) ORDER BY place)"),
        ]);
        Sql::when(list.known(), each)
    }

    fn read_duration(&self, column: Sql) -> Option<[Sql; 3]> {
        let part = |part: &'static str| {
            let column = Word::Sql(column.clone());
            Sql::words([Word::Text("extract("), Word::Text(part), Word::Text(" FROM "), column, Word::Text(")")])
        };
        Some(durations::of_interval(part).map(|it| Sql::cast(it, "bigint")))
    }

    fn loses(&self, column: &Sql, ty: &Type) -> Option<Sql> {
        let wide = if *ty == Type::Date { "timestamp" } else { "numeric" };
        losses::of(self.read(column.clone(), ty), Sql::cast(column.clone(), wide), ty)
    }

    fn by_code_point(&self, text: Sql) -> Sql {
        Sql::words([Word::Tight(text), Word::Text(" COLLATE \"C\"")])
    }

    fn try_cast(&self, sql: Sql, _: &Type) -> Computed {
        Computed::Wide(sql)
    }

    fn arithmetic(&self, operator: Arithmetic, left: Sql, right: Sql, ty: &Type) -> Computed {
        if operator == Arithmetic::Modulo {
            let right = if right.is_literal() { right } else { Sql::call("nullif", [right, Sql::int(0)]) };
            let rest = Sql::binary(left, "%", right);
            return if *ty == Type::Int { Computed::Checked(rest) } else { Computed::Wide(rest) };
        }
        Computed::Wide(Sql::binary(Sql::cast(left, "numeric"), operator.operator(), right))
    }

    fn whole_below(&self, sql: Sql, from: &Type, up: bool) -> Computed {
        let whole = Sql::call(if up { "ceil" } else { "floor" }, [sql.clone()]);
        match from {
            Type::Float => Computed::Checked(Sql::when(fits_int(sql), Sql::cast(whole, "bigint"))),
            _ => Computed::Wide(whole),
        }
    }

    fn to_float(&self, sql: Sql, _: &Type) -> Sql {
        Sql::cast(sql, "double precision")
    }

    fn finite(&self, sql: Sql) -> Sql {
        Sql::binary(sql, "+", Sql::Literal(Literal::Float(0.0)))
    }

    fn fence(&self) -> Option<&'static str> {
        // Else the planner writes every column out wherever it is read, and again there: expressions grow with each step.
        Some("OFFSET 0")
    }

    fn ends_out_of_range(&self) -> bool {
        true
    }

    fn floats(&self, operator: &'static str, left: Sql, right: Sql) -> Sql {
        let found = Sql::binary(left.clone(), operator, right.clone());
        match (operator, constant(&left), constant(&right)) {
            ("+" | "-", Some(it), _) | ("+" | "-", _, Some(it)) if it.abs() < 1e290 => self.finite(found),
            ("*", Some(by), None) => self.by_constant(right, found, |it| it * by),
            ("*" | "/", None, Some(by)) => {
                self.by_constant(left, found, move |it| if operator == "*" { it * by } else { it / by })
            }
            ("+" | "-", ..) => {
                let small = |of: &Sql, size: f64| Sql::binary(Sql::call("abs", [of.clone()]), "<", float(size));
                let half = |of: &Sql| Sql::binary(of.clone(), "*", float(0.5));
                let fits = Sql::binary(half(&left), operator, half(&right));
                Sql::Case(
                    vec![
                        (
                            Sql::any([
                                small(&left, 1.0),
                                small(&right, 1.0),
                                Sql::all([small(&left, 8e307), small(&right, 8e307)]),
                            ]),
                            self.finite(found.clone()),
                        ),
                        (Sql::binary(Sql::call("abs", [fits]), "<", float(POWER_1023)), self.finite(found)),
                    ],
                    None,
                )
            }
            _ => {
                // Both of the size of 1 and more, or of less, brought near 1: there they can be compared with what would be too much.
                let times = operator == "*";
                let size = |of: &Sql, end: &'static str, by: f64| {
                    let size = Sql::call("abs", [of.clone()]);
                    Sql::binary(Sql::call(end, [size, Sql::int(1)]), "*", float(by))
                };
                let (large, limit) = match times {
                    true => (
                        Sql::binary(size(&left, "greatest", power(-512)), "*", size(&right, "greatest", power(-512))),
                        1.0,
                    ),
                    false => (
                        Sql::binary(size(&left, "greatest", power(-512)), "/", size(&right, "least", power(562))),
                        power(-50),
                    ),
                };
                let (tiny, least) = match times {
                    true => (
                        Sql::binary(size(&left, "least", power(511)), "*", size(&right, "least", power(511))),
                        power(-53),
                    ),
                    false => (
                        Sql::binary(
                            size(&left, "least", POWER_1023),
                            "/",
                            Sql::call("greatest", [Sql::call("abs", [right.clone()]), Sql::int(1)]),
                        ),
                        power(-52),
                    ),
                };
                let zero = Sql::binary(Sql::binary(left, "*", float(0.0)), "*", right);
                let missing = Sql::cast(Sql::NULL, "double precision");
                Sql::Case(
                    vec![
                        (Sql::binary(large, ">=", float(limit)), missing),
                        (Sql::binary(tiny, "<=", float(least)), self.finite(zero)),
                    ],
                    Some(Box::new(self.finite(found))),
                )
            }
        }
    }

    fn float_modulo(&self, left: Sql, right: Sql) -> Sql {
        // By way of the exact digits, which is exact; there is no such operator of floats.
        let exact = |sql: Sql| Sql::cast(Sql::cast(sql, "text"), "numeric");
        Sql::cast(Sql::binary(exact(left), "%", exact(right)), "double precision")
    }

    fn is_float_modulo_exact(&self) -> bool {
        false
    }

    fn round(&self, sql: Sql, digits: i64, _: &Type) -> Computed {
        Computed::Wide(Sql::call("round", [Sql::cast(sql, "numeric"), Sql::int(digits)]))
    }

    fn round_float(&self, sql: Sql, digits: i64) -> Option<Sql> {
        (-300..=300).contains(&digits).then(|| {
            let exact = Sql::cast(Sql::cast(sql, "text"), "numeric");
            let rounded = Sql::call("round", [exact, Sql::int(digits)]);
            Sql::cast(rounded, "double precision")
        })
    }

    fn quotient(&self, left: Sql, right: Sql) -> Sql {
        Sql::cast(Sql::call("div", [left, right]), "bigint")
    }

    fn wide(&self) -> &'static str {
        "numeric"
    }

    fn lower(&self, text: Sql) -> Sql {
        self.cased("lower", text)
    }

    fn upper(&self, text: Sql) -> Sql {
        self.cased("upper", text)
    }

    fn trim(&self, text: Sql) -> Sql {
        Sql::call("btrim", [text, Sql::text(WHITE_SPACE)])
    }

    fn length(&self, text: Sql) -> Sql {
        Sql::cast(Sql::call("char_length", [text]), "bigint")
    }

    fn contains(&self, text: Sql, part: Sql) -> Sql {
        Sql::binary(Sql::call("strpos", [text, part]), ">", Sql::int(0))
    }

    fn ends_with(&self, text: Sql, part: Sql) -> Sql {
        let end = Sql::call("right", [text, Sql::call("char_length", [part.clone()])]);
        Sql::binary(end, "=", part)
    }

    fn matches(&self, text: Sql, pattern: String) -> Sql {
        Sql::binary(text, "~", Sql::text(pattern))
    }

    fn patterns(&self) -> Patterns {
        Patterns {
            escape: |it| match it {
                // No text has a zero.
                0..=0xffff => format!("\\u{:04x}", it.max(1)),
                _ => format!("\\U{it:08x}"),
            },
            start: "\\A",
            end: "\\Z",
            word: None,
            repetitions: 255,
            group: "(?:",
            digits: None,
        }
    }

    fn printed(&self, sql: Sql, _: &Type) -> Sql {
        Sql::cast(sql, "text")
    }

    fn hash(&self, text: Sql) -> Sql {
        let bytes = Sql::call("sha256", [Sql::call("convert_to", [text, Sql::text("UTF8")])]);
        let digits = Sql::call("substr", [Sql::call("encode", [bytes, Sql::text("hex")]), Sql::int(1), Sql::int(8)]);
        Sql::cast(Sql::cast(Sql::binary(Sql::text("x"), "||", digits), "bit(32)"), "bigint")
    }

    fn local(&self, instant: Sql, zone: &Zone) -> Sql {
        Sql::call("timezone", [Sql::text(zone.name()), instant])
    }

    fn instant(&self, local: Sql, zone: &Zone) -> Sql {
        Sql::call("timezone", [Sql::text(zone.name()), local])
    }

    fn six_hours_before(&self, local: Sql) -> Sql {
        Sql::binary(local, "-", interval("hours", Sql::int(6)))
    }

    fn six_hours_after(&self, instant: Sql) -> Sql {
        Sql::binary(instant, "+", interval("hours", Sql::int(6)))
    }

    fn shift_local(&self, local: Sql, months: Sql, days: Sql) -> Sql {
        let later = if months.is_zero() {
            local
        } else {
            Sql::binary(local, "+", interval("months", as_small(months, "integer")))
        };
        if days.is_zero() { later } else { Sql::binary(later, "+", interval("days", as_small(days, "integer"))) }
    }

    fn shift_date(&self, date: Sql, months: Sql, days: Sql) -> Sql {
        let later = match months.is_zero() {
            true => date,
            false => Sql::cast(Sql::binary(date, "+", interval("months", as_small(months, "integer"))), "date"),
        };
        if days.is_zero() { later } else { Sql::binary(later, "+", as_small(days, "integer")) }
    }

    fn days_between(&self, later: Sql, earlier: Sql) -> Sql {
        Sql::cast(Sql::binary(later, "-", earlier), "bigint")
    }

    fn part(&self, part: DatePart, date: Sql) -> Sql {
        extracted(
            match part {
                DatePart::Year => "year",
                DatePart::Month => "month",
                DatePart::Day => "day",
                DatePart::Weekday => "isodow",
            },
            date,
        )
    }

    fn hour(&self, local: Sql) -> Sql {
        extracted("hour", local)
    }

    fn start_of_week(&self, date: Sql) -> Sql {
        Sql::cast(Sql::call("date_trunc", [Sql::text("week"), Sql::cast(date, "timestamp")]), "date")
    }

    fn start_of_month(&self, date: Sql) -> Sql {
        Sql::cast(Sql::call("date_trunc", [Sql::text("month"), Sql::cast(date, "timestamp")]), "date")
    }

    fn micros(&self, instant: Sql) -> Sql {
        let seconds = Sql::words([Word::Text("extract(epoch FROM "), Word::Sql(instant), Word::Text(")")]);
        Sql::cast(Sql::binary(seconds, "*", Sql::int(1_000_000)), "bigint")
    }

    fn instant_of_micros(&self, micros: Sql) -> Sql {
        // Whole seconds and the rest: an interval is multiplied by a float.
        let unit = |text: &'static str| Sql::words([Word::Text(text)]);
        let million = Sql::int(1_000_000);
        let seconds = Sql::binary(micros.clone(), "/", million.clone());
        let rest = Sql::binary(micros, "%", million);
        let seconds = Sql::binary(seconds, "*", unit("INTERVAL '1 second'"));
        let rest = Sql::binary(rest, "*", unit("INTERVAL '1 microsecond'"));
        Sql::binary(Sql::binary(Sql::Literal(Literal::Timestamp(0)), "+", seconds), "+", rest)
    }

    fn list(&self, elements: Vec<Sql>, element: &Type) -> Sql {
        let list = Sql::words([Word::Text("ARRAY["), Word::List(elements), Word::Text("]")]);
        match self.ty(element) {
            Some(name) => Sql::cast(list, format!("{name}[]")),
            None => list,
        }
    }

    fn names(&self, names: Vec<Sql>) -> Sql {
        Sql::call("array_remove", [self.list(names, &Type::Text), Sql::NULL])
    }

    fn has(&self, list: Sql, element: Sql) -> Sql {
        Sql::binary(element, "=", Sql::call("ANY", [list]))
    }

    fn has_any(&self, list: Sql, others: Sql) -> Sql {
        Sql::binary(list, "&&", others)
    }

    fn has_all(&self, list: Sql, others: Sql) -> Sql {
        Sql::binary(list, "@>", others)
    }

    fn count(&self, list: Sql) -> Sql {
        Sql::cast(Sql::call("cardinality", [list]), "bigint")
    }

    fn element(&self, list: Sql, at: Sql) -> Sql {
        Sql::words([
            Word::Text("("),
            Word::Sql(list),
            Word::Text(")["),
            Word::Sql(digits::from_one(at)),
            Word::Text("]"),
        ])
    }

    fn last(&self, list: Sql) -> Sql {
        let at = Sql::call("cardinality", [list.clone()]);
        Sql::words([Word::Text("("), Word::Sql(list), Word::Text(")["), Word::Sql(at), Word::Text("]")])
    }

    fn list_distinct(&self, _: Sql) -> Option<Sql> {
        None
    }

    fn list_least(&self, list: Sql) -> Option<Sql> {
        Some(Sql::words([Word::Text("(SELECT min(x) FROM unnest("), Word::Sql(list), Word::Text(") AS e(x))")]))
    }

    fn list_greatest(&self, list: Sql) -> Option<Sql> {
        Some(Sql::words([Word::Text("(SELECT max(x) FROM unnest("), Word::Sql(list), Word::Text(") AS e(x))")]))
    }

    fn sum(&self, element: Sql, _: &Type, filter: Option<Sql>) -> Vec<Sql> {
        vec![Sql::aggregate("sum", Some(Sql::cast(element, "numeric")), filter)]
    }

    fn total(&self, pieces: Vec<Sql>, _: &Type) -> Computed {
        Computed::Wide(pieces.into_iter().next().unwrap_or(Sql::NULL))
    }

    fn wholes(&self, fits: Sql, whole: Sql) -> Wholes {
        wholes::postgres(fits, whole)
    }

    fn first_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql {
        Sql::words([Word::Text("("), Word::Sql(ordered("array_agg", element, order, filter)), Word::Text(")[1]")])
    }

    fn list_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql {
        ordered("array_agg", element, order, filter)
    }

    fn fail(&self, message: &str, ty: &Type) -> Sql {
        // A text that no value has. It is not known before a row is there, or planning the query would end it.
        let late = Sql::call("left", [Sql::cast(Sql::call("random", []), "text"), Sql::int(0)]);
        let text = Sql::binary(Sql::text(message), "||", late);
        match ty {
            Type::Text | Type::Choice(_) => Sql::cast(Sql::cast(text, "integer"), "text"),
            _ => Sql::cast(text, self.ty(ty).unwrap_or_else(|| "integer".into())),
        }
    }

    fn fail_of_row(&self, broken: &Broken<'_>) -> Sql {
        // By nothing that varies, or no table would be read by several workers.
        Sql::cast(joined(broken.in_the_row("text")), "boolean")
    }

    fn row(&self, values: Vec<Sql>) -> Sql {
        Sql::call("ROW", values)
    }

    fn unpivot(&self, rows: &[(String, Sql)]) -> Unpivot {
        let rows = rows.iter().map(|(name, value)| {
            Sql::words([
                Word::Text("("),
                Word::Sql(Sql::text(name.clone())),
                Word::Text(", "),
                Word::Sql(value.clone()),
                Word::Text(")"),
            ])
        });
        let tail = vec![
            Word::Text("CROSS JOIN LATERAL (VALUES "),
            Word::List(rows.collect()),
            Word::Text(") AS results(name, value)"),
        ];
        Unpivot { tail, name: Sql::of("results", "name"), value: Sql::of("results", "value") }
    }

    fn create(&self, what: &str, name: &[String], _: &str, query: &str) -> String {
        let anew = created_anew(what, &dotted(self.quoted(name)), query);
        if what == "TABLE" { format!("BEGIN;\n\n{anew}\nCOMMIT;\n") } else { anew }
    }

    fn keep_days(&self, name: &[String], query: &str, columns: &[String], day: &Sql) -> String {
        let table = dotted(self.quoted(name));
        let (day, columns) = (print::expression(day, self), self.quoted(columns));
        let last = name.last().map_or("", String::as_str);
        let key = columns.first().map_or("as_of", String::as_str);
        let index = format!(
            "CREATE INDEX IF NOT EXISTS {} ON {table} (as_of, {key});\n\n",
            self.name(&format!("{last}_by_day"))
        );
        let fails = print::expression(&self.fail(&scripts::of_another_type(&table), &Type::Bool), self);
        scripts::kept(&table, query, &columns, &day, (&index, &fails, false))
    }
}

impl Postgres {
    /// By the rules of Unicode, whatever the database's language; then ordered by code point again.
    fn cased(self, function: &'static str, text: Sql) -> Sql {
        let unicode = Sql::words([Word::Tight(text), Word::Text(" COLLATE \"und-x-icu\"")]);
        self.by_code_point(Sql::call(function, [unicode]))
    }
}

fn extracted(part: &'static str, from: Sql) -> Sql {
    let sql =
        Sql::words([Word::Text("extract("), Word::Text(part), Word::Text(" FROM "), Word::Sql(from), Word::Text(")")]);
    Sql::cast(sql, "bigint")
}

fn interval(unit: &'static str, number: Sql) -> Sql {
    Sql::words([Word::Text("make_interval("), Word::Text(unit), Word::Text(" => "), Word::Sql(number), Word::Text(")")])
}

fn float(float: f64) -> Sql {
    Sql::Literal(Literal::Float(float))
}

fn constant(sql: &Sql) -> Option<f64> {
    match sql {
        Sql::Literal(Literal::Float(float)) => Some(*float),
        _ => None,
    }
}

/// 2^1023
const POWER_1023: f64 = 8.98846567431158e307;

/// A power of two within the range.
fn power(of: i32) -> f64 {
    2_f64.powi(of)
}

/// The greatest float that a condition holds of, where it holds of all under it that are not negative; or the least, where of all above.
fn edge(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut inside, mut outside) = match holds(f64::MAX) {
        true => (f64::MAX.to_bits(), 0),
        false => (0, f64::MAX.to_bits()),
    };
    while inside.abs_diff(outside) > 1 {
        let middle = inside.midpoint(outside);
        if holds(f64::from_bits(middle)) { inside = middle } else { outside = middle }
    }
    f64::from_bits(inside)
}

impl Postgres {
    /// A product or quotient by a constant: whatever would leave the range, or come to nothing, is not asked.
    fn by_constant(&self, of: Sql, found: Sql, by: impl Fn(f64) -> f64) -> Sql {
        let found = self.finite(found);
        let size = Sql::call("abs", [of.clone()]);
        if !by(f64::MAX).is_finite() {
            let most = edge(|it| by(it).is_finite());
            return Sql::when(Sql::binary(size, "<=", float(most)), found);
        }
        if by(f64::from_bits(1)) == 0.0 && by(f64::MAX) != 0.0 {
            let least = edge(|it| by(it) != 0.0);
            return Sql::if_else(Sql::binary(size, ">=", float(least)), found, Sql::binary(of, "*", float(0.0)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_is_the_last_float_that_fits() {
        let most = edge(|it| (it * 3.0).is_finite());
        assert!((most * 3.0).is_finite() && !(most.next_up() * 3.0).is_finite());
        let least = edge(|it| it * 0.3 != 0.0);
        assert!(least * 0.3 != 0.0 && least.next_down() * 0.3 == 0.0);
    }
}
