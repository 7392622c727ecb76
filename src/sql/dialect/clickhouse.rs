//! ClickHouse, from version 26 on: dates and times of all years from 1 to 9999.
//!
//! Whatever is read is made `Nullable` first, so that logic has three values and aggregates of nothing are missing. Lists are not: an
//! `Array` is never `NULL`. Whole numbers wrap around in silence, so they are computed in 128 bits, and decimals in 256; whether they are in
//! range is asked afterwards. A local time is that time of day in UTC.

use crate::{
    sql::{
        ast::{Literal, Select, Sense, Sql, Word},
        dialect::{
            Arithmetic, Computed, DatePart, Dialect, Parameter, Patterns, Unpivot, WHITE_SPACE, digits, durations,
            escapes::escaped,
            instants::utc_text,
            known::{first_of, fitting, plain},
            losses,
            orders::{ordered, places},
            scripts::{changed, dotted, inserted, listed, of_another_type},
            settings,
            wholes::{self, Wholes},
        },
        print,
    },
    value::{
        Type,
        moment_text::date_text,
        time::{Zone, calendar},
    },
};

/// ClickHouse.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClickHouse;

impl Dialect for ClickHouse {
    fn itself(&self) -> &dyn Dialect {
        self
    }

    fn title(&self) -> &'static str {
        "ClickHouse"
    }

    fn name(&self, name: &str) -> String {
        match super::reserved::is_plain(name) {
            true => name.to_owned(),
            false => format!("`{}`", escaped(name, '`')),
        }
    }

    fn text(&self, text: &str) -> String {
        format!("'{}'", escaped(text, '\''))
    }

    fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Null => "NULL".into(),
            Literal::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.into(),
            // Written plainly these would have no sign, or be floats.
            Literal::Int(number) if i64::try_from(*number).is_err() => format!("toInt128('{number}')"),
            Literal::Int(number) if *number > i128::from(i32::MAX) => format!("toInt64({number})"),
            Literal::Int(number) => number.to_string(),
            Literal::Decimal(digits) => {
                let scale = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                format!("toDecimal256('{digits}', {scale})")
            }
            Literal::Float(float) => self.float(*float),
            Literal::Text(text) => self.text(text),
            Literal::Date(days) => format!("toDate32('{}')", date_text(*days)),
            Literal::Timestamp(instant) => self.timestamp(*instant, &Zone::utc()),
        }
    }

    /// In UTC, as all moments that are computed with.
    fn timestamp(&self, instant: i64, _: &Zone) -> String {
        format!("toDateTime64('{}', 6, 'UTC')", utc_text(instant).trim_end_matches("+00"))
    }

    fn parameter(&self, _: bool) -> Parameter {
        Parameter::Moment("{as_of:DateTime64(6, 'UTC')}")
    }

    fn given(&self, _: bool) -> &'static str {
        "the as-of is a parameter, in UTC: clickhouse-client --param_as_of='2026-11-22 10:00:00'"
    }

    fn ty(&self, ty: &Type) -> Option<String> {
        Some(match ty {
            Type::List(element) => format!("Array({})", plain(element)?),
            other => format!("Nullable({})", plain(other)?),
        })
    }

    fn picks_lists(&self) -> bool {
        false
    }

    fn read_float(&self, float: Sql) -> Sql {
        self.finite(float)
    }

    fn unsigned_zeros(&self, list: Sql) -> Sql {
        Sql::call("arrayMap", [digits::unsigned(), list])
    }

    fn number_or(&self, column: &Sql, _: &Type) -> [Sql; 3] {
        let is_number = self.matches(Sql::call("toTypeName", [column.clone()]), "Int|Decimal|Float".into());
        [is_number, column.clone(), column.clone()]
    }

    fn read_duration(&self, column: Sql) -> Option<[Sql; 3]> {
        let text = Sql::call("toString", [column]);
        let looks = durations::Text {
            matches: &|pattern| self.matches(text.clone(), pattern.to_owned()),
            found: &|pattern| {
                let digits = Sql::call("extract", [text.clone(), Sql::text(pattern)]);
                Sql::call("concat", [Sql::text("0"), digits])
            },
            int: &int64,
            decimal: &|digits| Sql::call("toDecimal128", [digits, Sql::int(6)]),
            number: Sql::call("toInt64OrNull", [text.clone()]),
        };
        Some(durations::of_text(text.clone(), &looks, self.fail(durations::NO_DURATION, &Type::Int)))
    }

    fn loses(&self, column: &Sql, ty: &Type) -> Option<Sql> {
        // A date is not compared with a text, which a column of dates may be.
        if *ty == Type::Date { None } else { losses::of(self.read(column.clone(), ty), column.clone(), ty) }
    }

    fn lists_may_be_missing(&self) -> bool {
        false
    }

    fn breaks_ties(&self) -> bool {
        false
    }

    fn aggregate_name(&self, function: &'static str) -> &'static str {
        // Of nothing these are 0, or an empty text, where what they are asked of is never missing.
        match function {
            "min" => "minOrNull",
            "max" => "maxOrNull",
            "sum" => "sumOrNull",
            "argMin" => "argMinOrNull",
            "argMax" => "argMaxOrNull",
            other => other,
        }
    }

    fn aggregate(&self, function: &str, text: String) -> String {
        // Numbers without a sign have no type in common with others.
        if function == "count" { format!("toInt64({text})") } else { text }
    }

    fn shown(&self, sql: Sql, ty: &Type) -> Sql {
        match ty {
            // A comparison is a number.
            Type::Bool if !sql.is_literal() => Sql::cast(sql, "Nullable(Bool)"),
            Type::Decimal(scale) => Sql::cast(sql, format!("Nullable(Decimal(38, {scale}))")),
            _ => sql,
        }
    }

    fn try_cast(&self, sql: Sql, ty: &Type) -> Computed {
        match ty {
            Type::Int => Computed::Checked(fitting(sql)),
            _ => Computed::Wide(sql),
        }
    }

    fn power_of_ten(&self, exponent: usize) -> Sql {
        Sql::call("toDecimal256", [Sql::text(format!("1e{exponent}")), Sql::int(0)])
    }

    fn arithmetic(&self, operator: Arithmetic, left: Sql, right: Sql, ty: &Type) -> Computed {
        let right = match operator {
            Arithmetic::Modulo if !right.is_literal() => Sql::call("nullIf", [right, Sql::int(0)]),
            _ => right,
        };
        match (ty, operator) {
            (Type::Int, Arithmetic::Modulo) => {
                // In 128 bits: the least number divided by -1 would end the query.
                Computed::Checked(int64(Sql::binary(Sql::call("toInt128", [left]), "%", right)))
            }
            (Type::Int, _) => {
                Computed::Checked(fitting(Sql::binary(Sql::call("toInt128", [left]), operator.operator(), right)))
            }
            _ => Computed::Wide(Sql::binary(left, operator.operator(), right)),
        }
    }

    fn whole_below(&self, sql: Sql, from: &Type, up: bool) -> Computed {
        let whole = Sql::call(if up { "ceil" } else { "floor" }, [sql]);
        match from {
            Type::Float => Computed::Checked(fitting(whole)),
            _ => Computed::Wide(whole),
        }
    }

    fn to_float(&self, sql: Sql, from: &Type) -> Sql {
        match from {
            // By way of the text, which is rounded once.
            Type::Decimal(_) => Sql::call("toFloat64", [Sql::call("toString", [sql])]),
            _ => Sql::call("toFloat64", [sql]),
        }
    }

    fn finite(&self, sql: Sql) -> Sql {
        Sql::binary(Sql::call("ifNotFinite", [sql, Sql::NULL]), "+", Sql::Literal(Literal::Float(0.0)))
    }

    fn is_to_float_long(&self) -> bool {
        true
    }

    fn float_modulo(&self, left: Sql, right: Sql) -> Sql {
        Sql::binary(left, "%", right)
    }

    fn is_float_modulo_exact(&self) -> bool {
        false
    }

    fn round(&self, sql: Sql, digits: i64, to: &Type) -> Computed {
        let exact = if *to == Type::Int { Sql::call("toInt128", [sql]) } else { sql };
        self.try_cast(Sql::call("round", [exact, Sql::int(digits)]), to)
    }

    fn round_float(&self, sql: Sql, digits: i64) -> Option<Sql> {
        (-15..=15).contains(&digits).then(|| {
            // By the shortest decimal form; what is too large for it has no such digits.
            let exact = Sql::call("toDecimal256OrNull", [Sql::call("toString", [sql.clone()]), Sql::int(40)]);
            let rounded = Sql::call("toString", [Sql::call("round", [exact, Sql::int(digits)])]);
            Sql::call("coalesce", [Sql::call("toFloat64", [rounded]), sql])
        })
    }

    fn quotient(&self, left: Sql, right: Sql) -> Sql {
        Sql::call("intDiv", [left, right])
    }

    fn wide(&self) -> &'static str {
        "Nullable(Int128)"
    }

    fn lower(&self, text: Sql) -> Sql {
        Sql::call("lowerUTF8", [text])
    }

    fn upper(&self, text: Sql) -> Sql {
        Sql::call("upperUTF8", [text])
    }

    fn trim(&self, text: Sql) -> Sql {
        let class: String = WHITE_SPACE.chars().map(|it| format!("\\x{{{:x}}}", u32::from(it))).collect();
        let ends = format!("\\A[{class}]+|[{class}]+\\z");
        Sql::call("replaceRegexpAll", [text, Sql::text(ends), Sql::text("")])
    }

    fn length(&self, text: Sql) -> Sql {
        int64(Sql::call("lengthUTF8", [text]))
    }

    fn contains(&self, text: Sql, part: Sql) -> Sql {
        Sql::binary(Sql::call("position", [text, part]), ">", Sql::int(0))
    }

    fn starts_with(&self, text: Sql, part: Sql) -> Sql {
        Sql::call("startsWith", [text, part])
    }

    fn ends_with(&self, text: Sql, part: Sql) -> Sql {
        Sql::call("endsWith", [text, part])
    }

    fn matches(&self, text: Sql, pattern: String) -> Sql {
        Sql::call("match", [text, Sql::text(pattern)])
    }

    fn patterns(&self) -> Patterns {
        Patterns {
            escape: |it| format!("\\x{{{it:x}}}"),
            start: "\\A",
            end: "\\z",
            word: Some(("\\b", "\\B")),
            repetitions: 1000,
            group: "(?:",
            digits: Some("\\p{Nd}"),
        }
    }

    fn printed(&self, sql: Sql, ty: &Type) -> Sql {
        match ty {
            Type::Text | Type::Choice(_) => sql,
            Type::Bool => Sql::call("toString", [Sql::cast(sql, "Nullable(Bool)")]),
            Type::Decimal(scale) => Sql::call("toDecimalString", [sql, Sql::int(*scale)]),
            _ => Sql::call("toString", [sql]),
        }
    }

    fn hash(&self, text: Sql) -> Sql {
        let bytes = Sql::call("substring", [Sql::call("SHA256", [text]), Sql::int(1), Sql::int(4)]);
        int64(Sql::call("reinterpretAsUInt32", [Sql::call("reverse", [bytes])]))
    }

    fn local(&self, instant: Sql, zone: &Zone) -> Sql {
        if zone.is_utc() {
            return instant;
        }
        let there = Sql::call("toTimeZone", [instant.clone(), Sql::text(zone.name())]);
        Sql::call("addSeconds", [instant, Sql::call("timeZoneOffset", [there])])
    }

    fn instant(&self, local: Sql, zone: &Zone) -> Sql {
        if zone.is_utc() {
            return local;
        }
        let there = Sql::call("toDateTime64", [Sql::call("toString", [local]), Sql::int(6), Sql::text(zone.name())]);
        Sql::call("toTimeZone", [there, Sql::text("UTC")])
    }

    fn local_type(&self) -> &'static str {
        "Nullable(DateTime64(6, 'UTC'))"
    }

    fn local_of_date(&self, date: Sql) -> Sql {
        Sql::call("toDateTime64", [date, Sql::int(6), Sql::text("UTC")])
    }

    fn six_hours_before(&self, local: Sql) -> Sql {
        Sql::call("subtractHours", [local, Sql::int(6)])
    }

    fn shift_local(&self, local: Sql, months: Sql, days: Sql) -> Sql {
        self.shift_date(local, months, days)
    }

    fn try_shift_local(&self, local: Sql, months: Sql, days: Sql) -> Sql {
        self.try_shift_date(local, months, days)
    }

    fn shift_date(&self, date: Sql, months: Sql, days: Sql) -> Sql {
        let later = if months.is_zero() { date } else { Sql::call("addMonths", [date, months]) };
        if days.is_zero() { later } else { Sql::call("addDays", [later, days]) }
    }

    fn try_shift_date(&self, date: Sql, months: Sql, days: Sql) -> Sql {
        // What would leave the calendar stays at its end.
        let mut fits = vec![];
        if !months.is_zero() {
            let month = Sql::binary(
                Sql::binary(Sql::call("toYear", [date.clone()]), "*", Sql::int(12)),
                "+",
                Sql::call("toMonth", [date.clone()]),
            );
            fits.push(Sql::binary(month, "+", months.clone()).between(Sql::int(13), Sql::int(120_000)));
        }
        if !days.is_zero() {
            let day = Sql::binary(Sql::call("toInt32", [Sql::call("toDate32", [date.clone()])]), "+", days.clone());
            fits.push(day.between(Sql::int(calendar::FIRST_DAY), Sql::int(calendar::LAST_DAY)));
        }
        let shifted = self.shift_date(date, months, days);
        if fits.is_empty() { shifted } else { Sql::when(Sql::all(fits), shifted) }
    }

    fn date_of(&self, local: Sql) -> Sql {
        match instant_and_zone(&local) {
            Some((instant, zone)) => Sql::call("toDate32", [instant, zone]),
            None => Sql::call("toDate32", [local]),
        }
    }

    fn days_between(&self, later: Sql, earlier: Sql) -> Sql {
        Sql::call("dateDiff", [Sql::text("day"), earlier, later])
    }

    fn part(&self, part: DatePart, date: Sql) -> Sql {
        let function = match part {
            DatePart::Year => "toYear",
            DatePart::Month => "toMonth",
            DatePart::Day => "toDayOfMonth",
            DatePart::Weekday => "toDayOfWeek",
        };
        int64(Sql::call(function, [date]))
    }

    fn hour(&self, local: Sql) -> Sql {
        let there = match instant_and_zone(&local) {
            Some((instant, zone)) => Sql::call("toTimeZone", [instant, zone]),
            None => local,
        };
        int64(Sql::call("toHour", [there]))
    }

    fn start_of_week(&self, date: Sql) -> Sql {
        // `toMonday` knows the years from 1970 to 2149.
        first_of("toDayOfWeek", date)
    }

    fn start_of_month(&self, date: Sql) -> Sql {
        first_of("toDayOfMonth", date)
    }

    fn micros(&self, instant: Sql) -> Sql {
        Sql::call("toUnixTimestamp64Micro", [instant])
    }

    fn instant_of_micros(&self, micros: Sql) -> Sql {
        Sql::call("fromUnixTimestamp64Micro", [micros, Sql::text("UTC")])
    }

    fn list(&self, elements: Vec<Sql>, element: &Type) -> Sql {
        let empty = elements.is_empty();
        let list = Sql::words([Word::Text("["), Word::List(elements), Word::Text("]")]);
        match plain(element) {
            Some(name) if empty => Sql::cast(list, format!("Array({name})")),
            _ => list,
        }
    }

    fn names(&self, names: Vec<Sql>) -> Sql {
        if names.is_empty() {
            return self.list(vec![], &Type::Text);
        }
        let (mut texts, mut conditions) = (vec![], vec![]);
        for name in names {
            match name {
                Sql::Case(mut arms, None) if arms.len() == 1 => {
                    let (condition, text) = arms.swap_remove(0);
                    texts.push(text);
                    conditions.push(condition);
                }
                always => {
                    texts.push(always);
                    conditions.push(Sql::bool(true));
                }
            }
        }
        Sql::words([
            Word::Text("arrayFilter((name, holds) -> holds, ["),
            Word::List(texts),
            Word::Text("], ["),
            Word::List(conditions),
            Word::Text("])"),
        ])
    }

    fn has(&self, list: Sql, element: Sql) -> Sql {
        Sql::call("has", [list, element])
    }

    fn has_any(&self, list: Sql, others: Sql) -> Sql {
        Sql::call("hasAny", [list, others])
    }

    fn has_all(&self, list: Sql, others: Sql) -> Sql {
        Sql::call("hasAll", [list, others])
    }

    fn count(&self, list: Sql) -> Sql {
        int64(Sql::call("length", [list]))
    }

    fn element(&self, list: Sql, at: Sql) -> Sql {
        Sql::call("arrayElementOrNull", [list, digits::from_one(at)])
    }

    fn last(&self, list: Sql) -> Sql {
        Sql::call("arrayElementOrNull", [list, Sql::int(-1)])
    }

    fn list_distinct(&self, list: Sql) -> Option<Sql> {
        Some(Sql::call("arrayDistinct", [list]))
    }

    fn list_least(&self, list: Sql) -> Option<Sql> {
        Some(self.element(Sql::call("arraySort", [list]), Sql::int(0)))
    }

    fn list_greatest(&self, list: Sql) -> Option<Sql> {
        Some(self.last(Sql::call("arraySort", [list])))
    }

    fn sum(&self, element: Sql, ty: &Type, filter: Option<Sql>) -> Vec<Sql> {
        let wide = if *ty == Type::Int { Sql::call("toInt128", [element]) } else { element };
        vec![Sql::aggregate("sum", Some(wide), filter)]
    }

    fn total(&self, pieces: Vec<Sql>, ty: &Type) -> Computed {
        self.try_cast(pieces.into_iter().next().unwrap_or(Sql::NULL), ty)
    }

    fn wholes(&self, _: Sql, whole: Sql) -> Wholes {
        wholes::clickhouse(whole, fitting)
    }

    fn any(&self, condition: Sql, filter: Option<Sql>) -> Sql {
        Sql::aggregate("max", Some(condition), filter)
    }

    fn first_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql {
        let falling = order.iter().all(|(_, sense)| sense.falls);
        let mut aggregate = ordered(if falling { "argMax" } else { "argMin" }, element, vec![], filter);
        if let Sql::Aggregate(inner) = &mut aggregate {
            inner.arguments.push(places(order, falling));
        }
        aggregate
    }

    fn list_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql {
        let falling = order.iter().all(|(_, sense)| sense.falls);
        let sort = if falling { "arrayReverseSort" } else { "arraySort" };
        if let [(by, _)] = order.as_slice()
            && *by == element
        {
            return Sql::call(sort, [Sql::aggregate("groupArray", Some(element), filter)]);
        }
        let row = Sql::call("tuple", [places(order, falling), element]);
        let rows = Sql::aggregate("groupArray", Some(row), filter);
        let part = |number: &'static str| Sql::words([Word::Text("row."), Word::Text(number)]);
        let sorted = Sql::call(sort, [Sql::Lambda("row", Box::new(part("1"))), rows]);
        Sql::call("arrayMap", [Sql::Lambda("row", Box::new(part("2"))), sorted])
    }

    fn fail(&self, message: &str, ty: &Type) -> Sql {
        let failed = Sql::call("throwIf", [Sql::int(1), Sql::text(message)]);
        match self.ty(ty) {
            Some(name) => Sql::cast(failed, name),
            None => failed,
        }
    }

    fn row(&self, values: Vec<Sql>) -> Sql {
        Sql::call("tuple", values)
    }

    fn unpivot(&self, rows: &[(String, Sql)]) -> Unpivot {
        let pairs = rows.iter().map(|(name, value)| Sql::call("tuple", [Sql::text(name.clone()), value.clone()]));
        let tail = vec![Word::Text("ARRAY JOIN ["), Word::List(pairs.collect()), Word::Text("] AS result")];
        let part = |number: &'static str| Sql::words([Word::Text("result."), Word::Text(number)]);
        Unpivot { tail, name: part("1"), value: part("2") }
    }

    fn create(&self, what: &str, name: &[String], key: &str, query: &str) -> String {
        let engine = if what == "TABLE" {
            format!(" ENGINE = MergeTree {}", settings::sorted(&self.name(key)))
        } else {
            String::new()
        };
        format!("CREATE OR REPLACE {what} {}{engine} AS\n{query};\n", dotted(self.quoted(name)))
    }

    fn keep_days(&self, name: &[String], query: &str, columns: &[String], day: &Sql) -> String {
        let table = dotted(self.quoted(name));
        let day = print::expression(day, self);
        let columns = self.quoted(columns);
        let sorted = settings::sorted(columns.first().map_or("tuple()", String::as_str));
        let columns = listed(&columns);
        let insert = inserted("INSERT INTO", &table, &columns);
        let (changed, message) = (changed(&table, &columns, &day), self.text(&of_another_type(&table)));
        // The day of a parameter is never missing, but of a type that could be, by which there are no partitions.
        format!(
            "CREATE TEMPORARY TABLE results_of_today AS\n{query};\n\n\
             CREATE TABLE IF NOT EXISTS {table} ENGINE = MergeTree PARTITION BY as_of {sorted} AS\n\
             SELECT * REPLACE (assumeNotNull(as_of) AS as_of) FROM results_of_today WHERE FALSE;\n\n\
             -- Where the table lacks a column the script ends here, with the day's rows as they were.\n\
             SELECT\n{columns}\nFROM {table} WHERE FALSE;\n\n\
             -- Once more for the same day changes nothing.\n\
             DELETE FROM {table} WHERE as_of = {day};\n\n\
             {insert}\
             -- A column of the type that rules of another day gave it may not hold what it is given.\n\
             SELECT throwIf(\n  count() > 0,\n  {message}\n)\nFROM {changed};\n\nDROP TABLE results_of_today;\n"
        )
    }

    fn manner(&self, step: &Select, shared: bool) -> &'static str {
        if shared && !step.small { settings::MATERIALIZED } else { "" }
    }

    fn settings(&self, query: &str) -> Vec<&'static str> {
        settings::of(query)
    }
}

fn int64(sql: Sql) -> Sql {
    if sql.is_literal() { sql } else { Sql::call("toInt64", [sql]) }
}

/// What a local time was made of.
fn instant_and_zone(local: &Sql) -> Option<(Sql, Sql)> {
    let Sql::Call("addSeconds", parts) = local else { return None };
    let [instant, Sql::Call("timeZoneOffset", there)] = parts.as_slice() else { return None };
    let [Sql::Call("toTimeZone", there)] = there.as_slice() else { return None };
    let [_, zone] = there.as_slice() else { return None };
    Some((instant.clone(), zone.clone()))
}
