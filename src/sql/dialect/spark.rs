//! Spark SQL, as it is from version 4 on (ANSI mode).
//!
//! Local times are numbers of microseconds here: every other form is read in the session's zone.

use crate::{
    sql::{
        ast::{Literal, Query, Sense, Sql, Word},
        dialect::{
            Arithmetic, Broken, Computed, DatePart, Dialect, Parameter, Patterns, Unpivot, WHITE_SPACE, as_small,
            digits::{E20, E38, digits, fine, float_text, with_point},
            durations,
            escapes::backslashed,
            instants::local_text,
            losses,
            orders::{compared, ordered},
            scripts::{beside, created_beside, dotted, inserted, listed},
            wholes::{self, Wholes},
        },
        micros,
    },
    value::{Duration, Type, time::Zone},
};

/// Spark SQL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spark;

impl Dialect for Spark {
    fn itself(&self) -> &dyn Dialect {
        self
    }

    fn title(&self) -> &'static str {
        "Spark"
    }

    fn name(&self, name: &str) -> String {
        match super::reserved::is_plain(name) {
            true => name.to_owned(),
            false => format!("`{}`", name.replace('`', "``")),
        }
    }

    fn no_name(&self, name: &str) -> Option<&'static str> {
        name.contains("${").then_some("Spark puts a variable in the place of `${…}`")
    }

    fn is_one_name(&self, one: &str, other: &str) -> bool {
        one.to_lowercase() == other.to_lowercase()
    }

    fn text(&self, text: &str) -> String {
        format!("'{}'", backslashed(text))
    }

    fn float(&self, float: f64) -> String {
        float_text(float, "") + "D"
    }

    fn timestamp(&self, instant: i64, zone: &Zone) -> String {
        let text = local_text(instant, zone);
        // Hours alone are no offset.
        let minutes = if text.chars().rev().nth(2).is_some_and(|it| it == ':') { "" } else { ":00" };
        format!("TIMESTAMP_LTZ '{text}{minutes}'")
    }

    fn ty(&self, ty: &Type) -> Option<String> {
        Some(match ty {
            Type::Text | Type::Choice(_) => "STRING".into(),
            Type::Int => "BIGINT".into(),
            Type::Decimal(scale) => format!("DECIMAL(38, {scale})"),
            Type::Float => "DOUBLE".into(),
            Type::Bool => "BOOLEAN".into(),
            Type::Date => "DATE".into(),
            Type::Timestamp => "TIMESTAMP".into(),
            Type::Duration => return None,
            Type::List(element) => format!("ARRAY<{}>", self.ty(element)?),
        })
    }

    fn parameter(&self, script: bool) -> Parameter {
        if script { Parameter::Text("'${as_of}'") } else { Parameter::Either(":as_of") }
    }

    fn given(&self, script: bool) -> &'static str {
        match script {
            true => {
                "the as-of is a variable: spark-sql -d as_of=2026-11-22T10:00:00Z, or SET as_of = 2026-11-22T10:00:00Z; before it"
            }
            false => "the as-of is the parameter :as_of, a text such as 2026-11-22T10:00:00Z",
        }
    }

    fn advice(&self, query: &Query, is_script: bool) -> Vec<String> {
        super::plans::advice(query, is_script)
    }

    fn keeps_steps(&self) -> bool {
        true
    }

    fn compares_lists(&self) -> bool {
        false
    }

    fn number_or(&self, column: &Sql, moment: &Type) -> [Sql; 3] {
        let (ty, text) = (Sql::call("typeof", [column.clone()]), Sql::cast(column.clone(), "STRING"));
        let is_number = Sql::In(Box::new(ty), ["timestamp", "timestamp_ntz", "date", "string"].map(Sql::text).into());
        [is_number.negated(), text.clone(), if *moment == Type::Date { text } else { column.clone() }]
    }

    fn read_duration(&self, column: Sql) -> Option<[Sql; 3]> {
        let text = Sql::cast(column, "STRING");
        let looks = durations::Text {
            matches: &|pattern| Sql::call("regexp_like", [text.clone(), Sql::text(pattern)]),
            found: &|pattern| {
                let digits = Sql::call("regexp_extract", [text.clone(), Sql::text(pattern), Sql::int(1)]);
                Sql::call("concat", [Sql::text("0"), digits])
            },
            int: &|digits| Sql::cast(digits, "BIGINT"),
            decimal: &|digits| Sql::cast(digits, "DECIMAL(24, 6)"),
            number: Sql::cast(text.clone(), "BIGINT"),
        };
        Some(durations::of_text(text.clone(), &looks, self.fail(durations::NO_DURATION, &Type::Int)))
    }

    fn loses(&self, column: &Sql, ty: &Type) -> Option<Sql> {
        // Two decimals that are compared lose digits, too.
        let float = Sql::cast(column.clone(), "DOUBLE");
        losses::of(Sql::cast(column.clone(), self.ty(ty)?), if *ty == Type::Date { column.clone() } else { float }, ty)
    }

    fn try_cast(&self, sql: Sql, ty: &Type) -> Computed {
        Computed::Checked(match self.ty(ty) {
            Some(name) => Sql::Cast("TRY_CAST", Box::new(sql), name),
            None => sql,
        })
    }

    fn product(&self, left: (Sql, u8), right: (Sql, u8)) -> Computed {
        let ty = Type::Decimal(left.1.saturating_add(right.1));
        if fine(&ty) == 0 {
            return self.arithmetic(Arithmetic::Multiply, left.0, right.0, &ty);
        }
        let product = Sql::call("try_multiply", [digits(left.0, left.1), digits(right.0, right.1)]);
        Computed::Checked(with_point(product, left.1.saturating_add(right.1)))
    }

    fn arithmetic(&self, operator: Arithmetic, left: Sql, right: Sql, ty: &Type) -> Computed {
        let left = if *ty == Type::Int && !matches!(left, Sql::Column(..)) { Sql::cast(left, "BIGINT") } else { left };
        let function = match operator {
            Arithmetic::Add => "try_add",
            Arithmetic::Subtract => "try_subtract",
            Arithmetic::Multiply => "try_multiply",
            Arithmetic::Modulo => {
                let right = if right.is_literal() { right } else { Sql::call("nullif", [right, Sql::int(0)]) };
                return Computed::Checked(Sql::binary(left, "%", right));
            }
        };
        match fine(ty) {
            0 => Computed::Checked(Sql::call(function, [left, right])),
            scale => {
                let sum = Sql::call(function, [digits(left, scale), digits(right, scale)]);
                Computed::Checked(with_point(sum, scale))
            }
        }
    }

    fn whole_below(&self, sql: Sql, from: &Type, up: bool) -> Computed {
        let function = if up { "ceil" } else { "floor" };
        let whole = Sql::call(function, [sql.clone()]);
        match from {
            // A float beyond 64 bits would become the greatest of them.
            Type::Float => {
                let end = |it: f64| Sql::Literal(Literal::Float(it));
                let fits = Sql::all([
                    Sql::binary(sql.clone(), ">=", end(-9_223_372_036_854_775_808.0)),
                    Sql::binary(sql, "<", end(9_223_372_036_854_775_808.0)),
                ]);
                Computed::Checked(Sql::when(fits, whole))
            }
            _ => self.try_cast(whole, &Type::Int),
        }
    }

    fn has_fraction(&self, sql: Sql) -> Sql {
        Sql::binary(Sql::binary(sql, "%", Sql::Literal(Literal::Float(1.0))), "<>", Sql::Literal(Literal::Float(0.0)))
    }

    fn negated(&self, decimal: Sql, ty: &Type) -> Sql {
        // The engine's own minus keeps 34 digits.
        match fine(ty) {
            0 => Sql::call("try_subtract", [Sql::int(0), decimal]),
            scale => with_point(Sql::call("try_subtract", [Sql::int(0), digits(decimal, scale)]), scale),
        }
    }

    fn absolute(&self, number: Sql, ty: &Type) -> Sql {
        match ty {
            Type::Decimal(_) => {
                let below = Sql::binary(number.clone(), "<", Sql::int(0));
                Sql::if_else(below, self.negated(number.clone(), ty), number)
            }
            _ => Sql::call("abs", [number]),
        }
    }

    fn to_float(&self, sql: Sql, _: &Type) -> Sql {
        Sql::cast(sql, "DOUBLE")
    }

    fn float_modulo(&self, left: Sql, right: Sql) -> Sql {
        Sql::binary(left, "%", right)
    }

    fn round(&self, sql: Sql, digits: i64, to: &Type) -> Computed {
        let exact = if *to == Type::Int { Sql::cast(sql, "DECIMAL(38, 0)") } else { sql };
        let rounded = self.try_cast(Sql::call("round", [exact.clone(), Sql::int(digits)]), to);
        // What is rounded up to a 39th digit ends the query.
        let half = u32::try_from(-1 - digits).ok().and_then(|it| 10_i128.checked_pow(it)?.checked_mul(5));
        match (half.filter(|half| *to != Type::Int && *half < E38), rounded) {
            (Some(half), Computed::Checked(rounded)) => {
                // Not by `abs`, which keeps 34 digits.
                let fits = exact.between(Sql::int(1 + half - E38), Sql::int(E38 - half - 1));
                Computed::Checked(Sql::when(fits, rounded))
            }
            (_, rounded) => rounded,
        }
    }

    fn round_float(&self, sql: Sql, digits: i64) -> Option<Sql> {
        (-15..=15).contains(&digits).then(|| {
            // By the float's own decimal form.
            let rounded = Sql::call("round", [sql, Sql::int(digits)]);
            Sql::binary(rounded, "+", Sql::Literal(Literal::Float(0.0)))
        })
    }

    fn quotient(&self, left: Sql, right: Sql) -> Sql {
        Sql::binary(left, "DIV", right)
    }

    fn wide(&self) -> &'static str {
        "DECIMAL(38, 0)"
    }

    fn lower(&self, text: Sql) -> Sql {
        Sql::call("lower", [text])
    }

    fn upper(&self, text: Sql) -> Sql {
        Sql::call("upper", [text])
    }

    fn trim(&self, text: Sql) -> Sql {
        Sql::call("btrim", [text, Sql::text(WHITE_SPACE)])
    }

    fn length(&self, text: Sql) -> Sql {
        Sql::cast(Sql::call("char_length", [text]), "BIGINT")
    }

    fn starts_with(&self, text: Sql, part: Sql) -> Sql {
        Sql::call("startswith", [text, part])
    }

    fn ends_with(&self, text: Sql, part: Sql) -> Sql {
        Sql::call("endswith", [text, part])
    }

    fn matches(&self, text: Sql, pattern: String) -> Sql {
        Sql::call("regexp_like", [text, Sql::text(pattern)])
    }

    fn patterns(&self) -> Patterns {
        Patterns {
            escape: |it| format!("\\x{{{it:x}}}"),
            start: "\\A",
            end: "\\z",
            word: None,
            repetitions: 1000,
            group: "(?:",
            digits: Some("\\p{Nd}"),
        }
    }

    fn printed(&self, sql: Sql, _: &Type) -> Sql {
        Sql::cast(sql, "STRING")
    }

    fn hash(&self, text: Sql) -> Sql {
        let digits = Sql::call("substr", [Sql::call("sha2", [text, Sql::int(256)]), Sql::int(1), Sql::int(8)]);
        Sql::cast(Sql::call("conv", [digits, Sql::int(16), Sql::int(10)]), "BIGINT")
    }

    fn local_type(&self) -> &'static str {
        "BIGINT"
    }

    fn local_of_date(&self, date: Sql) -> Sql {
        Sql::binary(Sql::cast(Sql::call("unix_date", [date]), "BIGINT"), "*", Sql::int(Duration::DAY_MICROS))
    }

    fn first_local(&self) -> Sql {
        Sql::int(-62_135_596_800_000_000_i64)
    }

    fn last_local(&self) -> Sql {
        Sql::int(253_402_300_799_999_999_i64)
    }

    fn local(&self, instant: Sql, zone: &Zone) -> Sql {
        match zone.is_utc() {
            true => Sql::call("unix_micros", [instant]),
            false => Sql::call("unix_micros", [Sql::call("from_utc_timestamp", [instant, Sql::text(zone.name())])]),
        }
    }

    fn instant(&self, local: Sql, zone: &Zone) -> Sql {
        let there = Sql::call("timestamp_micros", [local]);
        match zone.is_utc() {
            true => there,
            false => Sql::call("to_utc_timestamp", [there, Sql::text(zone.name())]),
        }
    }

    fn six_hours_before(&self, local: Sql) -> Sql {
        Sql::binary(local, "-", micros::told(6 * micros::HOUR))
    }

    fn shift_local(&self, local: Sql, months: Sql, days: Sql) -> Sql {
        let later = match months.is_zero() {
            true => local,
            false => {
                let date = Sql::call("add_months", [self.date_of(local.clone()), as_small(months, "INT")]);
                Sql::binary(self.local_of_date(date), "+", Sql::call("pmod", [local, Sql::int(Duration::DAY_MICROS)]))
            }
        };
        match days {
            days if days.is_zero() => later,
            Sql::Literal(Literal::Int(days)) => {
                Sql::binary(later, "+", micros::told(days * i128::from(Duration::DAY_MICROS)))
            }
            days => Sql::binary(later, "+", Sql::binary(days, "*", Sql::int(Duration::DAY_MICROS))),
        }
    }

    fn shift_date(&self, date: Sql, months: Sql, days: Sql) -> Sql {
        let later = if months.is_zero() { date } else { Sql::call("add_months", [date, as_small(months, "INT")]) };
        if days.is_zero() { later } else { Sql::call("date_add", [later, as_small(days, "INT")]) }
    }

    fn date_of(&self, local: Sql) -> Sql {
        let midnight = Sql::binary(local.clone(), "-", Sql::call("pmod", [local, Sql::int(Duration::DAY_MICROS)]));
        Sql::call(
            "date_from_unix_date",
            [Sql::cast(Sql::binary(midnight, "DIV", Sql::int(Duration::DAY_MICROS)), "INT")],
        )
    }

    fn days_between(&self, later: Sql, earlier: Sql) -> Sql {
        Sql::cast(Sql::call("datediff", [later, earlier]), "BIGINT")
    }

    fn part(&self, part: DatePart, date: Sql) -> Sql {
        let int = |sql: Sql| Sql::cast(sql, "BIGINT");
        match part {
            DatePart::Year => int(Sql::call("year", [date])),
            DatePart::Month => int(Sql::call("month", [date])),
            DatePart::Day => int(Sql::call("day", [date])),
            DatePart::Weekday => int(Sql::binary(Sql::call("weekday", [date]), "+", Sql::int(1))),
        }
    }

    fn hour(&self, local: Sql) -> Sql {
        Sql::binary(Sql::call("pmod", [local, Sql::int(Duration::DAY_MICROS)]), "DIV", Sql::int(micros::HOUR))
    }

    fn start_of_week(&self, date: Sql) -> Sql {
        Sql::call("trunc", [date, Sql::text("WEEK")])
    }

    fn start_of_month(&self, date: Sql) -> Sql {
        Sql::call("trunc", [date, Sql::text("MM")])
    }

    fn micros(&self, instant: Sql) -> Sql {
        Sql::call("unix_micros", [instant])
    }

    fn instant_of_micros(&self, micros: Sql) -> Sql {
        Sql::call("timestamp_micros", [micros])
    }

    fn list(&self, elements: Vec<Sql>, element: &Type) -> Sql {
        // Decimals that are written have the digits that are written, and two lists of other digits are not compared.
        let untyped = elements.is_empty() || matches!(element, Type::Decimal(_));
        let list = Sql::words([Word::Text("array("), Word::List(elements), Word::Text(")")]);
        match self.ty(element) {
            Some(name) if untyped => Sql::cast(list, format!("ARRAY<{name}>")),
            _ => list,
        }
    }

    fn names(&self, names: Vec<Sql>) -> Sql {
        if names.is_empty() {
            return self.list(vec![], &Type::Text);
        }
        Sql::call("array_compact", [self.list(names, &Type::Text)])
    }

    fn has(&self, list: Sql, element: Sql) -> Sql {
        Sql::call("array_contains", [list, element])
    }

    fn has_any(&self, list: Sql, others: Sql) -> Sql {
        Sql::call("arrays_overlap", [list, others])
    }

    fn has_all(&self, list: Sql, others: Sql) -> Sql {
        Sql::binary(Sql::call("array_size", [Sql::call("array_except", [others, list])]), "=", Sql::int(0))
    }

    fn count(&self, list: Sql) -> Sql {
        Sql::cast(Sql::call("array_size", [list]), "BIGINT")
    }

    fn counts_values(&self) -> bool {
        true
    }

    fn element(&self, list: Sql, at: Sql) -> Sql {
        Sql::call("get", [list, as_small(at, "INT")])
    }

    fn last(&self, list: Sql) -> Sql {
        Sql::call("try_element_at", [list, Sql::int(-1)])
    }

    fn list_distinct(&self, list: Sql) -> Option<Sql> {
        Some(Sql::call("array_distinct", [list]))
    }

    fn list_least(&self, list: Sql) -> Option<Sql> {
        Some(Sql::call("array_min", [list]))
    }

    fn list_greatest(&self, list: Sql) -> Option<Sql> {
        Some(Sql::call("array_max", [list]))
    }

    fn sum(&self, element: Sql, ty: &Type, filter: Option<Sql>) -> Vec<Sql> {
        let sum = |piece: Sql| Sql::aggregate("sum", Some(piece), filter.clone());
        match ty {
            Type::Decimal(scale) if fine(ty) > 0 => {
                let digits = digits(element, *scale);
                let high = Sql::cast(Sql::binary(digits.clone(), "DIV", Sql::int(E20)), "DECIMAL(38, 0)");
                vec![sum(Sql::binary(digits, "%", Sql::int(E20))), sum(high)]
            }
            // A sum that leaves 38 digits ends the query; of whole numbers, which may be as large, it is made in two parts. `DIV`
            // gives 64 bits.
            Type::Decimal(0) => {
                let high = Sql::cast(Sql::binary(element.clone(), "DIV", Sql::int(E20)), "DECIMAL(38, 0)");
                vec![sum(Sql::binary(element, "%", Sql::int(E20))), sum(high)]
            }
            Type::Decimal(_) => vec![sum(element)],
            _ => vec![sum(Sql::cast(element, "DECIMAL(38, 0)"))],
        }
    }

    fn sums_or_ends(&self, ty: &Type) -> bool {
        matches!(ty, Type::Decimal(1..)) && fine(ty) == 0
    }

    fn total(&self, pieces: Vec<Sql>, ty: &Type) -> Computed {
        let mut pieces = pieces.into_iter();
        let Some(low) = pieces.next() else { return Computed::Checked(Sql::NULL) };
        let scale = fine(ty);
        let name = self.ty(if scale > 0 { &Type::Decimal(0) } else { ty }).unwrap_or_default();
        let fit = |sql: Sql| Sql::Cast("TRY_CAST", Box::new(sql), name.clone());
        Computed::Checked(match pieces.next() {
            Some(high) => {
                let high = Sql::call("try_multiply", [Sql::cast(high, "DECIMAL(38, 0)"), Sql::int(E20)]);
                let sum = Sql::call("try_add", [fit(high), fit(low)]);
                if scale > 0 { with_point(sum, scale) } else { sum }
            }
            None if matches!(ty, Type::Decimal(_)) => low,
            None => fit(low),
        })
    }

    fn total_float(&self, pieces: Vec<Sql>, ty: &Type) -> Sql {
        match (pieces.as_slice(), self.total(pieces.clone(), ty)) {
            ([low, high], Computed::Checked(total) | Computed::Wide(total)) => {
                // Beyond 38 digits a float of either part is as near as it gets.
                let float = |sql: &Sql| Sql::cast(sql.clone(), "DOUBLE");
                let high = Sql::binary(float(high), "*", Sql::Literal(Literal::Float(1e20)));
                let rough = Sql::binary(high, "+", float(low));
                let rough = match fine(ty) {
                    0 => rough,
                    scale => Sql::binary(rough, "/", Sql::Literal(Literal::Float(10_f64.powi(i32::from(scale))))),
                };
                Sql::call("coalesce", [Sql::cast(total, "DOUBLE"), rough])
            }
            ([only], _) => Sql::cast(only.clone(), "DOUBLE"),
            _ => Sql::NULL,
        }
    }

    fn wholes(&self, _: Sql, whole: Sql) -> Wholes {
        wholes::spark(whole)
    }

    /// Beside other aggregates `count(DISTINCT x)` doubles every row first. Floats are left to it.
    fn count_of_set(&self, element: &Sql, ty: &Type, filter: Option<&Sql>) -> Option<Sql> {
        let set = || Sql::aggregate("collect_set", Some(element.clone()), filter.cloned());
        (!matches!(ty, Type::Float | Type::Duration | Type::List(_))).then(|| self.count(set()))
    }

    fn first_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql {
        let rising = order.iter().all(|(_, sense)| !sense.falls);
        let falling = order.iter().all(|(_, sense)| sense.falls);
        if !(rising || falling) {
            return Sql::call("get", [self.list_by(element, order, filter), Sql::int(0)]);
        }
        let by = Sql::call("struct", order.into_iter().map(|(sql, _)| sql));
        let function = if rising { "min_by" } else { "max_by" };
        let mut aggregate = ordered(function, element, vec![], filter);
        if let Sql::Aggregate(inner) = &mut aggregate {
            inner.arguments.push(by);
        }
        aggregate
    }

    fn list_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql {
        if let [(by, Sense { falls: false, .. })] = order.as_slice()
            && *by == element
        {
            return Sql::call("sort_array", [Sql::aggregate("collect_list", Some(element), filter)]);
        }
        let (mut fields, compare) = compared(order);
        fields.extend([Sql::text("x"), element]);
        let all = Sql::aggregate("collect_list", Some(Sql::call("named_struct", fields)), filter);
        let sorted = Sql::call("array_sort", [all, compare]);
        let list = Sql::call("transform", [sorted, Sql::Lambda("row", Box::new(Sql::of("row", "x")))]);
        // Of nothing there is no list.
        list
    }

    fn fail(&self, message: &str, ty: &Type) -> Sql {
        let failed = Sql::call("raise_error", [Sql::text(message)]);
        match self.ty(ty) {
            Some(name) => Sql::cast(failed, name),
            None => failed,
        }
    }

    fn fail_of_row(&self, broken: &Broken<'_>) -> Sql {
        Sql::cast(Sql::call("raise_error", [Sql::call("concat", broken.in_the_row("STRING"))]), "BOOLEAN")
    }

    fn row(&self, values: Vec<Sql>) -> Sql {
        Sql::call("struct", values)
    }

    fn unpivot(&self, rows: &[(String, Sql)]) -> Unpivot {
        let pairs = rows.iter().map(|(name, value)| Sql::call("struct", [Sql::text(name.clone()), value.clone()]));
        let tail = vec![
            Word::Text("LATERAL VIEW inline(array("),
            Word::List(pairs.collect()),
            Word::Text(")) results AS name, value"),
        ];
        Unpivot { tail, name: Sql::of("results", "name"), value: Sql::of("results", "value") }
    }

    fn keep_days(&self, name: &[String], query: &str, columns: &[String], _: &Sql) -> String {
        let table = dotted(self.quoted(name));
        let insert = inserted("INSERT OVERWRITE TABLE", &table, &listed(&self.quoted(columns)));
        format!(
            "CREATE OR REPLACE TEMPORARY VIEW results_of_today AS\n{query};\n\n\
             CREATE TABLE IF NOT EXISTS {table} USING parquet PARTITIONED BY (as_of) AS\n\
             SELECT * FROM results_of_today WHERE FALSE;\n\n\
             -- Only the day's own part is written anew: once more for the same day changes nothing.\n\
             SET spark.sql.sources.partitionOverwriteMode = dynamic;\n\n\
             -- A column of the type that rules of another day gave it may not hold what it is given.\n\
             SET spark.sql.storeAssignmentPolicy = STRICT;\n\n\
             {insert}RESET spark.sql.sources.partitionOverwriteMode;\n\n\
             RESET spark.sql.storeAssignmentPolicy;\n\nDROP VIEW results_of_today;\n"
        )
    }

    fn create(&self, what: &str, name: &[String], _: &str, query: &str) -> String {
        created_beside(what, &self.quoted(name), &self.quoted(&beside(name, "new")), query)
    }
}
