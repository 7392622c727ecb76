//! What an engine spells in its own way, one engine a file. What stands here is what most of them have in common.
//!
//! Every function means exactly what `value` means by it, missing values included; where an engine cannot, it answers none, and the
//! rulebook's author is told.

mod arithmetic;
mod broken;
mod clickhouse;
mod digits;
mod duckdb;
mod durations;
mod escapes;
mod instants;
mod known;
mod letters;
pub(crate) mod local_moments;
mod losses;
mod orders;
mod patterns;
mod plans;
mod postgres;
mod reserved;
pub(crate) mod scripts;
mod settings;
mod spark;
mod unpivot;
mod wholes;

use crate::{
    sql::{
        ast::{Literal, Query, Select, Sense, Sql},
        micros, print,
    },
    value::{Type, moment_text::date_text, time::Zone},
};

pub(crate) use self::instants::Parameter;
pub(crate) use self::{
    arithmetic::{Arithmetic, Computed},
    broken::Broken,
    clickhouse::ClickHouse,
    duckdb::DuckDb,
    patterns::{Patterns, WHITE_SPACE},
    postgres::Postgres,
    spark::Spark,
    unpivot::Unpivot,
};
use self::{instants::local_text, scripts::dotted, wholes::Wholes};

/// What an engine spells in its own way.
pub(crate) trait Dialect {
    /// `DuckDB`
    fn title(&self) -> &'static str;

    /// Bytes that a name may have.
    fn longest_name(&self) -> usize {
        255
    }

    /// Why no table or column can have this name there.
    fn no_name(&self, _: &str) -> Option<&'static str> {
        None
    }

    /// Whether two names of tables or columns are one to the engine.
    fn is_one_name(&self, one: &str, other: &str) -> bool {
        one == other
    }

    /// A name, quoted so that nothing can break out.
    fn name(&self, name: &str) -> String {
        match reserved::is_plain(name) {
            true => name.to_owned(),
            false => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A text, quoted likewise.
    fn text(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    /// A constant.
    fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Null => "NULL".into(),
            Literal::Bool(true) => "TRUE".into(),
            Literal::Bool(false) => "FALSE".into(),
            // A minus before a number is an operator, and there is no such number to begin with.
            Literal::Int(number) if *number == i128::from(i64::MIN) => {
                self.quoted_number(&number.to_string(), &Type::Int)
            }
            Literal::Int(number) => number.to_string(),
            Literal::Decimal(digits) if !digits.contains('.') => self.quoted_number(digits, &Type::Decimal(0)),
            Literal::Decimal(digits) => digits.clone(),
            Literal::Float(float) => self.float(*float),
            Literal::Text(text) => self.text(text),
            Literal::Date(days) => format!("DATE '{}'", date_text(*days)),
            Literal::Timestamp(instant) => self.timestamp(*instant, &Zone::utc()),
        }
    }

    /// A number that is none of its type where it stands plainly.
    fn quoted_number(&self, digits: &str, ty: &Type) -> String {
        format!("CAST('{digits}' AS {})", self.ty(ty).unwrap_or_default())
    }

    /// A 64-bit float.
    fn float(&self, float: f64) -> String {
        digits::float_text(float, "e0")
    }

    /// An instant, as the clock of the zone shows it.
    fn timestamp(&self, instant: i64, zone: &Zone) -> String {
        format!("TIMESTAMPTZ '{}'", local_text(instant, zone))
    }

    /// `x -> body`
    fn lambda(&self, name: &str, body: &str) -> String {
        format!("{name} -> {body}")
    }

    /// How a step is made; whether several read it, and it is best made once.
    fn manner(&self, _: &Select, _shared: bool) -> &'static str {
        ""
    }

    /// Whether a column is of numbers, as the warehouse has it; what to make a number of, and what a moment: both are planned.
    fn number_or(&self, column: &Sql, moment: &Type) -> [Sql; 3];

    /// A column of the warehouse, where it is compared with what has the type that the rules say.
    fn compared(&self, column: Sql, _: &Type) -> Sql {
        column
    }

    /// A float of the warehouse, where NaN is greater than infinity: missing where it is neither of the numbers.
    fn read_float(&self, float: Sql) -> Sql {
        let is_number = Sql::binary(Sql::call("abs", [float.clone()]), "<", self.special("Infinity"));
        Sql::when(is_number, Sql::binary(float, "+", Sql::Literal(Literal::Float(0.0))))
    }

    /// What is a float and no number.
    fn special(&self, float: &str) -> Sql {
        Sql::cast(Sql::text(float), self.ty(&Type::Float).unwrap_or_default())
    }

    /// A list of floats, where zero has no sign.
    fn unsigned_zeros(&self, list: Sql) -> Sql {
        Sql::call("transform", [list, digits::unsigned()])
    }

    /// The type that values are computed in; none of durations, which are numbers of months, days and microseconds.
    fn ty(&self, ty: &Type) -> Option<String>;

    /// A column of the warehouse in the type that it is computed in. Floats that are no numbers are missing, and zero has no sign.
    fn read(&self, column: Sql, ty: &Type) -> Sql {
        match (ty, self.ty(ty)) {
            (Type::Float, Some(name)) => self.read_float(Sql::cast(column, name)),
            (Type::Text, Some(name)) => self.by_code_point(Sql::cast(column, name)),
            (Type::List(element), _) if **element == Type::Text => column,
            (Type::List(element), Some(name)) if **element == Type::Float => {
                self.unsigned_zeros(Sql::cast(column, name))
            }
            (_, None) => column,
            (_, Some(name)) => Sql::cast(column, name),
        }
    }

    /// Whether a column of the warehouse has more digits than the type that the rules say, or a time beside a date.
    fn loses(&self, column: &Sql, ty: &Type) -> Option<Sql> {
        losses::of(self.read(column.clone(), ty), column.clone(), ty)
    }

    /// A result as it is written out.
    fn shown(&self, sql: Sql, _: &Type) -> Sql {
        sql
    }

    /// Whether a list can be missing.
    fn lists_may_be_missing(&self) -> bool {
        true
    }

    /// Whether lists of different kinds of numbers are equal or not.
    fn compares_lists(&self) -> bool {
        true
    }

    /// Whether one of many lists can be picked: the first, the last, the most frequent.
    fn picks_lists(&self) -> bool {
        true
    }

    /// Whether rows can be put in an order of which a part rises and a part falls.
    fn breaks_ties(&self) -> bool {
        true
    }

    /// What an aggregate is called, that is missing of nothing.
    fn aggregate_name(&self, function: &'static str) -> &'static str {
        function
    }

    /// A call of an aggregate, as it is printed.
    fn aggregate(&self, _: &str, text: String) -> String {
        text
    }

    /// Months, days and microseconds of a column of durations.
    fn read_duration(&self, column: Sql) -> Option<[Sql; 3]>;

    /// A text that is ordered by code point, whatever the database's language.
    fn by_code_point(&self, text: Sql) -> Sql {
        text
    }

    /// `TRY_CAST(x AS BIGINT)`: missing where it does not fit.
    fn try_cast(&self, sql: Sql, ty: &Type) -> Computed;

    /// `1e36`, exactly, beside what is wider than its type.
    fn power_of_ten(&self, exponent: usize) -> Sql {
        Sql::cast(Sql::text(format!("1e{exponent}")), self.wide())
    }

    /// Arithmetic of two numbers of this type, which both have been given.
    fn arithmetic(&self, operator: Arithmetic, left: Sql, right: Sql, ty: &Type) -> Computed;

    /// The product of decimals with so many digits after the point; it has as many as both together.
    fn product(&self, left: (Sql, u8), right: (Sql, u8)) -> Computed {
        let ty = Type::Decimal(left.1.saturating_add(right.1));
        self.arithmetic(Arithmetic::Multiply, left.0, right.0, &ty)
    }

    /// The integer below a decimal or float, or above it.
    fn whole_below(&self, sql: Sql, _: &Type, up: bool) -> Computed {
        let whole = if up { self.ceil(sql) } else { self.floor(sql) };
        self.try_cast(whole, &Type::Int)
    }

    /// Whether a float is no whole number.
    fn has_fraction(&self, sql: Sql) -> Sql {
        Sql::binary(self.floor(sql.clone()), "<>", sql)
    }

    /// The whole number below a decimal or float, as a whole number of any width, or a float.
    fn floor(&self, sql: Sql) -> Sql {
        Sql::call("floor", [sql])
    }

    /// The whole number above it.
    fn ceil(&self, sql: Sql) -> Sql {
        Sql::call("ceil", [sql])
    }

    /// `-x` and `abs(x)` of a decimal, without losing a digit.
    fn negated(&self, decimal: Sql, _: &Type) -> Sql {
        Sql::Minus(Box::new(decimal))
    }
    fn absolute(&self, number: Sql, _: &Type) -> Sql {
        Sql::call("abs", [number])
    }

    /// The nearest float of a whole number or decimal.
    fn to_float(&self, sql: Sql, from: &Type) -> Sql;

    /// Whether that is written in two casts or calls, for decimals.
    fn is_to_float_long(&self) -> bool {
        false
    }

    /// A float that may have left the range: then it is missing; and zero has no sign.
    fn finite(&self, sql: Sql) -> Sql {
        Sql::binary(self.without_infinities(sql), "+", Sql::Literal(Literal::Float(0.0)))
    }

    /// A float, missing where it is none of the numbers.
    fn without_infinities(&self, sql: Sql) -> Sql {
        ["Infinity", "-Infinity", "NaN"].into_iter().fold(sql, |sql, it| Sql::call("nullif", [sql, self.special(it)]))
    }

    /// `a + b` of floats, or `-`, `*`, `/`; what leaves the range is missing. Both are short where that would end the query.
    fn floats(&self, operator: &'static str, left: Sql, right: Sql) -> Sql {
        Sql::finite(left, operator, right)
    }

    /// Behind a select: its columns are computed once, however often they are read.
    fn fence(&self) -> Option<&'static str> {
        None
    }

    /// Whether a window over everybody is the work of one task: ranks then go by how many have each value.
    fn counts_values(&self) -> bool {
        false
    }

    /// Whether a float that leaves its range ends the query.
    fn ends_out_of_range(&self) -> bool {
        false
    }

    /// `a % b` of floats.
    fn float_modulo(&self, left: Sql, right: Sql) -> Sql;

    /// Whether that is exact.
    fn is_float_modulo_exact(&self) -> bool {
        true
    }

    /// `round` of a whole or decimal number, half away from zero; the result has the scale of its type.
    fn round(&self, sql: Sql, digits: i64, to: &Type) -> Computed;

    /// `round` of a float by its shortest decimal form; none where it cannot be done exactly.
    fn round_float(&self, sql: Sql, digits: i64) -> Option<Sql>;

    /// Integer division of whole numbers that are not negative.
    fn quotient(&self, left: Sql, right: Sql) -> Sql;

    /// A type of whole numbers wide enough for products of two 64-bit ones.
    fn wide(&self) -> &'static str;

    /// `lower(s)`, `upper(s)` of a short text.
    fn lower(&self, text: Sql) -> Sql;
    fn upper(&self, text: Sql) -> Sql;

    /// The same of any text, where what it comes to only meets these texts of ASCII.
    fn lower_beside(&self, text: Sql, _: &[String]) -> Sql {
        self.lower(text)
    }
    fn upper_beside(&self, text: Sql, _: &[String]) -> Sql {
        self.upper(text)
    }

    /// Without white space at both ends.
    fn trim(&self, text: Sql) -> Sql;

    /// In Unicode scalar values.
    fn length(&self, text: Sql) -> Sql;

    fn contains(&self, text: Sql, part: Sql) -> Sql {
        Sql::call("contains", [text, part])
    }

    fn starts_with(&self, text: Sql, part: Sql) -> Sql {
        Sql::call("starts_with", [text, part])
    }

    fn ends_with(&self, text: Sql, part: Sql) -> Sql {
        Sql::call("ends_with", [text, part])
    }

    /// Two texts together.
    fn concat(&self, left: Sql, right: Sql) -> Sql {
        Sql::binary(left, "||", right)
    }

    /// Whether a pattern, in the engine's own spelling, is found somewhere.
    fn matches(&self, text: Sql, pattern: String) -> Sql;

    /// How patterns are spelled.
    fn patterns(&self) -> Patterns;

    /// A number as a text, as it prints.
    fn printed(&self, sql: Sql, ty: &Type) -> Sql;

    /// The first eight hexadecimal digits of the SHA-256 of a text, as a number.
    fn hash(&self, text: Sql) -> Sql;

    /// The local time of an instant, without a zone.
    fn local(&self, instant: Sql, zone: &Zone) -> Sql;

    /// The instant of a local time, as the engine finds it: where a clock change repeats it, either; where one skips it, any.
    fn instant(&self, local: Sql, zone: &Zone) -> Sql;

    /// The type of a local time, its first and last value within the calendar, and the one of six hours before.
    fn local_type(&self) -> &'static str {
        "TIMESTAMP"
    }
    fn local_of_date(&self, date: Sql) -> Sql {
        Sql::cast(date, self.local_type())
    }
    fn first_local(&self) -> Sql {
        Sql::cast(Sql::text("0001-01-01 00:00:00"), self.local_type())
    }
    fn last_local(&self) -> Sql {
        Sql::cast(Sql::text("9999-12-31 23:59:59.999999"), self.local_type())
    }
    fn six_hours_before(&self, local: Sql) -> Sql;

    /// The instant six hours of exact time later.
    fn six_hours_after(&self, instant: Sql) -> Sql {
        let micros = Sql::binary(self.micros(instant), "+", micros::told(6 * micros::HOUR));
        self.instant_of_micros(micros)
    }

    /// A local time so many months and days later, months first, clamped to the month's end.
    fn shift_local(&self, local: Sql, months: Sql, days: Sql) -> Sql;

    /// A date so many months and days later.
    fn shift_date(&self, date: Sql, months: Sql, days: Sql) -> Sql;

    /// The same, where it may come to lie outside the calendar: there, or missing.
    fn try_shift_local(&self, local: Sql, months: Sql, days: Sql) -> Sql {
        self.shift_local(local, months, days)
    }
    fn try_shift_date(&self, date: Sql, months: Sql, days: Sql) -> Sql {
        self.shift_date(date, months, days)
    }

    /// The date of a local time.
    fn date_of(&self, local: Sql) -> Sql {
        Sql::cast(local, "DATE")
    }

    /// Days between dates.
    fn days_between(&self, later: Sql, earlier: Sql) -> Sql {
        Sql::binary(later, "-", earlier)
    }

    /// A moment so many days before one, give or take one, and the least where that is missing; where rows are left out by it.
    fn about(&self, _moment: Sql, _days: i64) -> Option<Sql> {
        None
    }

    /// `year`, `month`, `day` of a date, `weekday` from 1 = Monday.
    fn part(&self, part: DatePart, date: Sql) -> Sql;

    /// The hour of a local time.
    fn hour(&self, local: Sql) -> Sql;

    /// The first day of the week or month of a date.
    fn start_of_week(&self, date: Sql) -> Sql;
    fn start_of_month(&self, date: Sql) -> Sql;

    /// Microseconds since 1970 of an instant, and back.
    fn micros(&self, instant: Sql) -> Sql;
    fn instant_of_micros(&self, micros: Sql) -> Sql;

    /// `[a, b]`, of a type.
    fn list(&self, elements: Vec<Sql>, element: &Type) -> Sql;

    /// The names that are not missing, in order.
    fn names(&self, names: Vec<Sql>) -> Sql;

    /// Whether a list has an element; missing where one of them is.
    fn has(&self, list: Sql, element: Sql) -> Sql;

    /// Whether two lists have an element in common, whether the first has all of the second.
    fn has_any(&self, list: Sql, others: Sql) -> Sql;
    fn has_all(&self, list: Sql, others: Sql) -> Sql;

    /// How many elements.
    fn count(&self, list: Sql) -> Sql;

    /// An element, from 0; missing beyond the end.
    fn element(&self, list: Sql, at: Sql) -> Sql;

    /// The last element.
    fn last(&self, list: Sql) -> Sql;

    /// The elements in order of first appearance; the least; the greatest; none where the engine has no such thing.
    fn list_distinct(&self, list: Sql) -> Option<Sql>;
    fn list_least(&self, list: Sql) -> Option<Sql>;
    fn list_greatest(&self, list: Sql) -> Option<Sql>;

    /// Aggregates that together are the exact sum of whole or decimal numbers, whatever it comes to.
    fn sum(&self, element: Sql, ty: &Type, filter: Option<Sql>) -> Vec<Sql>;

    /// Whether a sum of this type is either there or ends the query: what leaves the range is no missing value.
    fn sums_or_ends(&self, _: &Type) -> bool {
        false
    }

    /// The sum that such pieces make; missing where it is out of range.
    fn total(&self, pieces: Vec<Sql>, ty: &Type) -> Computed;

    /// The nearest float of the sum that such pieces make.
    fn total_float(&self, pieces: Vec<Sql>, ty: &Type) -> Sql {
        let float = |sql: &Sql| self.to_float(sql.clone(), &Type::Decimal(0));
        match (pieces.as_slice(), self.total(pieces.clone(), ty)) {
            ([low, high], Computed::Checked(total) | Computed::Wide(total)) => {
                // Beyond 38 digits a float of either part is as near as it gets.
                let high = Sql::binary(float(high), "*", Sql::Literal(Literal::Float(1e18)));
                Sql::call("coalesce", [float(&total), Sql::binary(high, "+", float(low))])
            }
            ([only], _) => float(only),
            _ => Sql::NULL,
        }
    }

    /// Floats that are added up as whole numbers, where they fit.
    fn wholes(&self, fits: Sql, whole: Sql) -> Wholes;

    /// How many different values there are, where the engine does better than by `count(DISTINCT x)`; of few.
    fn count_of_set(&self, _: &Sql, _: &Type, _: Option<&Sql>) -> Option<Sql> {
        None
    }

    /// Whether one of a condition is true; missing of none.
    fn any(&self, condition: Sql, filter: Option<Sql>) -> Sql {
        Sql::aggregate("bool_or", Some(condition), filter)
    }

    /// The element that comes first by an order (last, where all of it falls), among those that are known.
    fn first_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql;

    /// All elements, in order.
    fn list_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql;

    /// Ends the query with this message; of any type.
    fn fail(&self, message: &str, ty: &Type) -> Sql;

    /// Ends the query with what is wrong with a row, and which it is; as a condition.
    fn fail_of_row(&self, broken: &Broken<'_>) -> Sql {
        self.fail(&broken.in_a_row(), &Type::Bool)
    }

    /// Several values as one, for counting different ones.
    fn row(&self, values: Vec<Sql>) -> Sql;

    /// Rows of names and values from columns: what stands behind `FROM step`.
    fn unpivot(&self, rows: &[(String, Sql)]) -> Unpivot;

    /// What makes a table or a view of a query, whose rows have a key. A table that was there stays where the query fails.
    fn create(&self, what: &str, name: &[String], _key: &str, query: &str) -> String {
        format!("CREATE OR REPLACE {what} {} AS\n{query};\n", dotted(self.quoted(name)))
    }

    /// The parameter `as_of`, as the engine spells one, in a query or in a script of several statements.
    fn parameter(&self, script: bool) -> Parameter;

    /// How a query, or a script, is given it: what is said above it.
    fn given(&self, script: bool) -> &'static str;

    /// A script that puts the results of a day into a table, in place of those that it has of that day; the day is `as_of`.
    fn keep_days(&self, name: &[String], query: &str, columns: &[String], day: &Sql) -> String {
        let table = dotted(self.quoted(name));
        let day = print::expression(day, self.itself());
        let fails = print::expression(&self.fail(&scripts::of_another_type(&table), &Type::Bool), self.itself());
        scripts::kept(&table, query, &self.quoted(columns), &day, ("", &fails, true))
    }

    /// This, as what it is.
    fn itself(&self) -> &dyn Dialect;

    /// Settings that a query is asked with.
    fn settings(&self, _query: &str) -> Vec<&'static str> {
        vec![]
    }

    fn quoted(&self, parts: &[String]) -> Vec<String> {
        parts.iter().map(|it| self.name(it)).collect()
    }

    /// What is to be done so that a query can be run, or costs less; a script can be in parts.
    fn advice(&self, _: &Query, _is_script: bool) -> Vec<String> {
        vec![]
    }

    /// Whether a script keeps rows of steps in tables, since the engine works a step out once for each that reads it.
    fn keeps_steps(&self) -> bool {
        false
    }
}

/// A part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatePart {
    Year,
    Month,
    Day,
    /// From 1 = Monday.
    Weekday,
}

/// Texts, one behind the other.
fn joined(texts: Vec<Sql>) -> Sql {
    texts.into_iter().reduce(|a, b| Sql::binary(a, "||", b)).unwrap_or(Sql::NULL)
}

/// A number in a type of 32 bits.
pub(crate) fn as_small(sql: Sql, ty: &str) -> Sql {
    if sql.is_literal() { sql } else { Sql::cast(sql, ty) }
}
