//! DuckDB.

use crate::{
    sql::{
        ast::{Literal, Select, Sense, Sql, Word},
        dialect::{
            Arithmetic, Broken, Computed, DatePart, Dialect, Parameter, Patterns, Unpivot, as_small, digits, durations,
            escapes::is_hidden,
            joined, letters,
            orders::ordered,
            wholes::{self, Wholes},
        },
    },
    value::{Type, time::Zone},
};

/// Where sums are cut in two.
const E18: i64 = 1_000_000_000_000_000_000;

/// DuckDB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DuckDb;

impl Dialect for DuckDb {
    fn itself(&self) -> &dyn Dialect {
        self
    }

    fn title(&self) -> &'static str {
        "DuckDB"
    }

    /// Letters of ASCII only, though a name is quoted.
    fn is_one_name(&self, one: &str, other: &str) -> bool {
        one.eq_ignore_ascii_case(other)
    }

    fn text(&self, text: &str) -> String {
        // A zero byte would end the statement, and ends of lines are changed by who copies files: `'a' || chr(13) || 'b'`.
        let mut parts: Vec<String> = vec![];
        let mut seen = String::new();
        for it in text.chars() {
            match it {
                '\'' => seen.push_str("''"),
                it if is_hidden(it) && it != '\u{3000}' => {
                    parts.extend((!seen.is_empty()).then(|| format!("'{}'", std::mem::take(&mut seen))));
                    parts.push(format!("chr({})", u32::from(it)));
                }
                it => seen.push(it),
            }
        }
        if parts.is_empty() || !seen.is_empty() {
            parts.push(format!("'{seen}'"));
        }
        parts.join(" || ")
    }

    fn lambda(&self, name: &str, body: &str) -> String {
        format!("lambda {name}: {body}")
    }

    /// Only the last statement of several may have a parameter of its own.
    fn parameter(&self, script: bool) -> Parameter {
        Parameter::Text(if script { "getvariable('as_of')" } else { "$as_of" })
    }

    fn given(&self, script: bool) -> &'static str {
        match script {
            true => "the as-of is a variable: SET VARIABLE as_of = '2026-11-22T10:00:00Z'; before it",
            false => "the as-of is the parameter $as_of, a text such as 2026-11-22T10:00:00Z",
        }
    }

    fn ty(&self, ty: &Type) -> Option<String> {
        Some(match ty {
            Type::Text | Type::Choice(_) => "VARCHAR".into(),
            Type::Int => "BIGINT".into(),
            Type::Decimal(scale) => format!("DECIMAL(38, {scale})"),
            Type::Float => "DOUBLE".into(),
            Type::Bool => "BOOLEAN".into(),
            Type::Date => "DATE".into(),
            Type::Timestamp => "TIMESTAMPTZ".into(),
            Type::Duration => return None,
            Type::List(element) => format!("{}[]", self.ty(element)?),
        })
    }

    fn read_float(&self, float: Sql) -> Sql {
        let zero = Sql::Literal(Literal::Float(0.0));
        Sql::when(Sql::call("isfinite", [float.clone()]), Sql::binary(float, "+", zero))
    }

    fn shown(&self, sql: Sql, ty: &Type) -> Sql {
        // Computed in 128 bits, which files of results do not have.
        if *ty == Type::Duration { Sql::cast(sql, "BIGINT") } else { sql }
    }

    /// Kept, one that is empty would make it believe of what is joined to it that nobody has a value.
    fn manner(&self, step: &Select, _: bool) -> &'static str {
        if step.small { "NOT MATERIALIZED " } else { "" }
    }

    fn about(&self, moment: Sql, days: i64) -> Option<Sql> {
        let then = Sql::binary(moment, "-", Sql::call("to_days", [Sql::int(days)]));
        Some(Sql::call("coalesce", [then, Sql::cast(Sql::text("-infinity"), "TIMESTAMPTZ")]))
    }

    fn number_or(&self, column: &Sql, _: &Type) -> [Sql; 3] {
        let ty = Sql::call("typeof", [column.clone()]);
        const MOMENTS: [&str; 7] =
            ["TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S", "DATE", "VARCHAR"];
        let text = Sql::cast(column.clone(), "VARCHAR");
        [Sql::In(Box::new(ty), MOMENTS.map(Sql::text).into()).negated(), text.clone(), text]
    }

    /// A column of a CSV file in which nothing stands is one of texts.
    fn compared(&self, column: Sql, ty: &Type) -> Sql {
        self.read(column, ty)
    }

    fn unsigned_zeros(&self, list: Sql) -> Sql {
        Sql::call("list_transform", [list, digits::unsigned()])
    }

    fn read_duration(&self, column: Sql) -> Option<[Sql; 3]> {
        Some(durations::of_interval(|part| match part {
            "year" | "month" | "day" => Sql::call("datepart", [Sql::text(part), column.clone()]),
            // What is left without months and days is exact time.
            _ => Sql::call(part, [column.clone()]),
        }))
    }

    fn try_cast(&self, sql: Sql, ty: &Type) -> Computed {
        Computed::Checked(match self.ty(ty) {
            Some(name) => Sql::Cast("TRY_CAST", Box::new(sql), name),
            None => sql,
        })
    }

    fn arithmetic(&self, operator: Arithmetic, left: Sql, right: Sql, ty: &Type) -> Computed {
        let left = match ty {
            Type::Int => as_bigint(left, &right),
            _ => untried(left),
        };
        let right = match operator {
            // By zero, which is no error of the arithmetic.
            Arithmetic::Modulo if !right.is_literal() => Sql::call("nullif", [right, Sql::int(0)]),
            _ => untried(right),
        };
        Computed::Checked(tried(Sql::binary(left, operator.operator(), right)))
    }

    fn to_float(&self, sql: Sql, from: &Type) -> Sql {
        match from {
            // By way of the text, which is rounded once; other casts round twice.
            Type::Decimal(_) => Sql::cast(Sql::cast(sql, "VARCHAR"), "DOUBLE"),
            _ => Sql::cast(sql, "DOUBLE"),
        }
    }

    fn is_to_float_long(&self) -> bool {
        true
    }

    fn float_modulo(&self, left: Sql, right: Sql) -> Sql {
        Sql::binary(left, "%", right)
    }

    fn round(&self, sql: Sql, digits: i64, to: &Type) -> Computed {
        let rounded = tried(Sql::call("round", [untried(sql), Sql::int(digits)]));
        match to {
            Type::Decimal(_) => self.try_cast(rounded, to),
            _ => Computed::Checked(rounded),
        }
    }

    fn round_float(&self, sql: Sql, digits: i64) -> Option<Sql> {
        if !(-15..=15).contains(&digits) {
            return None;
        }
        // The shortest decimal form, of which 22 digits after the point are all that matter to six; of small numbers 37; of large ones 3; of
        // larger ones none.
        let rounded = |scale: u8| {
            let text = Box::new(Sql::cast(sql.clone(), "VARCHAR"));
            let exact = Sql::Cast("TRY_CAST", text, format!("DECIMAL(38, {scale})"));
            Sql::cast(Sql::cast(Sql::call("round", [exact, Sql::int(digits)]), "VARCHAR"), "DOUBLE")
        };
        let below = |size: f64| Sql::binary(Sql::call("abs", [sql.clone()]), "<", Sql::Literal(Literal::Float(size)));
        let mut arms = vec![(below(1e15), rounded(22))];
        if digits > 6 {
            arms.insert(0, (below(1.0), rounded(37)));
        }
        if digits < 3 {
            arms.push((below(1e34), rounded(3)));
        }
        Some(Sql::Case(arms, Some(Box::new(sql.clone()))))
    }

    fn quotient(&self, left: Sql, right: Sql) -> Sql {
        Sql::binary(left, "//", right)
    }

    fn wide(&self) -> &'static str {
        "HUGEINT"
    }

    fn lower(&self, text: Sql) -> Sql {
        letters::lower(text)
    }

    fn upper(&self, text: Sql) -> Sql {
        letters::upper(text)
    }

    fn lower_beside(&self, text: Sql, texts: &[String]) -> Sql {
        letters::lower_beside(text, texts)
    }

    fn upper_beside(&self, text: Sql, texts: &[String]) -> Sql {
        letters::upper_beside(text, texts)
    }

    fn trim(&self, text: Sql) -> Sql {
        // White space of Unicode: separators, and control characters of ASCII and Latin-1.
        let ends = r"\A[\pZ\x{9}-\x{d}\x{85}]+|[\pZ\x{9}-\x{d}\x{85}]+\z";
        Sql::call("regexp_replace", [text, Sql::text(ends), Sql::text(""), Sql::text("g")])
    }

    fn length(&self, text: Sql) -> Sql {
        Sql::call("length", [text])
    }

    fn matches(&self, text: Sql, pattern: String) -> Sql {
        Sql::call("regexp_matches", [text, Sql::text(pattern)])
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

    fn printed(&self, sql: Sql, _: &Type) -> Sql {
        Sql::cast(sql, "VARCHAR")
    }

    fn hash(&self, text: Sql) -> Sql {
        let digits = Sql::call("substr", [Sql::call("sha256", [text]), Sql::int(1), Sql::int(8)]);
        Sql::cast(Sql::binary(Sql::text("0x"), "||", digits), "BIGINT")
    }

    fn local(&self, instant: Sql, zone: &Zone) -> Sql {
        Sql::call("timezone", [Sql::text(zone.name()), instant])
    }

    fn instant(&self, local: Sql, zone: &Zone) -> Sql {
        Sql::call("timezone", [Sql::text(zone.name()), local])
    }

    fn six_hours_before(&self, local: Sql) -> Sql {
        Sql::binary(local, "-", Sql::call("to_hours", [Sql::int(6)]))
    }

    fn six_hours_after(&self, instant: Sql) -> Sql {
        Sql::binary(instant, "+", Sql::call("to_hours", [Sql::int(6)]))
    }

    fn shift_local(&self, local: Sql, months: Sql, days: Sql) -> Sql {
        let later = if months.is_zero() {
            local
        } else {
            Sql::binary(local, "+", Sql::call("to_months", [as_small(months, "INTEGER")]))
        };
        if days.is_zero() { later } else { Sql::binary(later, "+", Sql::call("to_days", [as_small(days, "INTEGER")])) }
    }

    fn shift_date(&self, date: Sql, months: Sql, days: Sql) -> Sql {
        if months.is_zero() {
            return Sql::binary(date, "+", as_small(days, "INTEGER"));
        }
        let later = Sql::cast(Sql::binary(date, "+", Sql::call("to_months", [as_small(months, "INTEGER")])), "DATE");
        if days.is_zero() { later } else { Sql::binary(later, "+", as_small(days, "INTEGER")) }
    }

    fn part(&self, part: DatePart, date: Sql) -> Sql {
        let function = match part {
            DatePart::Year => "year",
            DatePart::Month => "month",
            DatePart::Day => "day",
            DatePart::Weekday => "isodow",
        };
        Sql::call(function, [date])
    }

    fn hour(&self, local: Sql) -> Sql {
        Sql::call("hour", [local])
    }

    fn start_of_week(&self, date: Sql) -> Sql {
        Sql::cast(Sql::call("date_trunc", [Sql::text("week"), date]), "DATE")
    }

    fn start_of_month(&self, date: Sql) -> Sql {
        Sql::cast(Sql::call("date_trunc", [Sql::text("month"), date]), "DATE")
    }

    fn micros(&self, instant: Sql) -> Sql {
        Sql::call("epoch_us", [instant])
    }

    fn instant_of_micros(&self, micros: Sql) -> Sql {
        Sql::call("make_timestamptz", [micros])
    }

    fn list(&self, elements: Vec<Sql>, element: &Type) -> Sql {
        let empty = elements.is_empty();
        let list = Sql::words([Word::Text("["), Word::List(elements), Word::Text("]")]);
        match self.ty(element) {
            Some(name) if empty => Sql::cast(list, format!("{name}[]")),
            _ => list,
        }
    }

    fn names(&self, names: Vec<Sql>) -> Sql {
        if names.is_empty() {
            return self.list(vec![], &Type::Text);
        }
        let known = Sql::Lambda("name", Box::new(Sql::column("name").known()));
        Sql::call("list_filter", [self.list(names, &Type::Text), known])
    }

    fn has(&self, list: Sql, element: Sql) -> Sql {
        Sql::call("list_contains", [list, element])
    }

    fn has_any(&self, list: Sql, others: Sql) -> Sql {
        Sql::call("list_has_any", [list, others])
    }

    fn has_all(&self, list: Sql, others: Sql) -> Sql {
        Sql::call("list_has_all", [list, others])
    }

    fn count(&self, list: Sql) -> Sql {
        Sql::call("len", [list])
    }

    fn element(&self, list: Sql, at: Sql) -> Sql {
        Sql::call("list_extract", [list, digits::from_one(at)])
    }

    fn last(&self, list: Sql) -> Sql {
        Sql::call("list_extract", [list, Sql::int(-1)])
    }

    fn list_distinct(&self, list: Sql) -> Option<Sql> {
        let place = Sql::call("list_position", [list.clone(), Sql::column("x")]);
        let first = Sql::words([Word::Text("lambda x, place: "), Word::Tight(place), Word::Text(" = place")]);
        Some(Sql::call("list_filter", [list, first]))
    }

    fn list_least(&self, list: Sql) -> Option<Sql> {
        Some(Sql::call("list_min", [list]))
    }

    fn list_greatest(&self, list: Sql) -> Option<Sql> {
        Some(Sql::call("list_max", [list]))
    }

    fn sum(&self, element: Sql, ty: &Type, filter: Option<Sql>) -> Vec<Sql> {
        let sum = |piece: Sql| Sql::aggregate("sum", Some(piece), filter.clone());
        match ty {
            // A sum that leaves 38 digits ends the query; of whole numbers, which may be as large, it is made in two parts.
            Type::Decimal(0) => {
                let whole = Sql::cast(Sql::call("trunc", [element.clone()]), "HUGEINT");
                vec![sum(Sql::binary(element, "%", Sql::int(E18))), sum(Sql::binary(whole, "//", Sql::int(E18)))]
            }
            _ => vec![sum(element)],
        }
    }

    fn sums_or_ends(&self, ty: &Type) -> bool {
        matches!(ty, Type::Decimal(1..))
    }

    fn total(&self, pieces: Vec<Sql>, ty: &Type) -> Computed {
        let mut pieces = pieces.into_iter();
        let Some(low) = pieces.next() else { return Computed::Checked(Sql::NULL) };
        match pieces.next() {
            Some(high) => {
                let high = Sql::cast(Sql::binary(high, "*", Sql::int(E18)), self.ty(ty).unwrap_or_default());
                Computed::Checked(tried(Sql::cast(Sql::binary(high, "+", low), self.ty(ty).unwrap_or_default())))
            }
            None if matches!(ty, Type::Decimal(_)) => Computed::Checked(low),
            None => self.try_cast(low, ty),
        }
    }

    fn wholes(&self, _: Sql, whole: Sql) -> Wholes {
        wholes::duckdb(whole)
    }

    fn first_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql {
        ordered("first", element, order, filter)
    }

    fn list_by(&self, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql {
        ordered("list", element, order, filter)
    }

    fn fail(&self, message: &str, ty: &Type) -> Sql {
        let failed = Sql::call("error", [Sql::text(message)]);
        match self.ty(ty) {
            Some(name) => Sql::cast(failed, name),
            None => failed,
        }
    }

    fn fail_of_row(&self, broken: &Broken<'_>) -> Sql {
        Sql::cast(Sql::call("error", [joined(broken.in_the_row("VARCHAR"))]), "BOOLEAN")
    }

    fn row(&self, values: Vec<Sql>) -> Sql {
        Sql::call("row", values)
    }

    fn unpivot(&self, rows: &[(String, Sql)]) -> Unpivot {
        let pairs = rows.iter().map(|(name, value)| {
            Sql::words([
                Word::Text("{'name': "),
                Word::Sql(Sql::text(name.clone())),
                Word::Text(", 'value': "),
                Word::Sql(value.clone()),
                Word::Text("}"),
            ])
        });
        let tail =
            vec![Word::Text("CROSS JOIN unnest(["), Word::List(pairs.collect()), Word::Text("]) AS results(result)")];
        let of = |field: &str| Sql::of("result", field);
        Unpivot { tail, name: of("name"), value: of("value") }
    }
}

/// Missing where it leaves the range.
fn tried(sql: Sql) -> Sql {
    Sql::Call("try", vec![sql])
}

/// One attempt is enough for all of a computation.
fn untried(sql: Sql) -> Sql {
    match sql {
        Sql::Call("try", mut inner) if inner.len() == 1 => inner.swap_remove(0),
        other => other,
    }
}

/// Two short numbers would be computed in 32 bits.
fn as_bigint(left: Sql, right: &Sql) -> Sql {
    let is_wide = |sql: &Sql| match sql {
        Sql::Column(..) | Sql::Cast(..) | Sql::Aggregate(_) => true,
        Sql::Call("try", inner) => matches!(inner.first(), Some(Sql::Binary(..))),
        _ => false,
    };
    if is_wide(&left) || is_wide(right) { untried(left) } else { Sql::cast(left, "BIGINT") }
}
