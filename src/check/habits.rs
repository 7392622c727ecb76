//! What people write out of habit and the grammar lets through: `spend != null`, `opted_out = FALSE`,
//! `city = "上海" or "北京"`, `city = ["a", "b"]`.

use super::{Checker, names::Meaning, words::quoted_text};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{CAPITALISED, NOT_A_VALUE, NOT_ALIKE, NULL_TEST, QUOTED_NAME, WRONG_TYPE},
    },
    intern::Symbol,
    ir,
    source::Span,
    syntax::ast::{self, CompareOp, Expr, ExprKind, Literal, Test},
    value::{Duration, Type, Value},
};

/// What stands for a value that is not there in other languages.
const NOTHING: &[&str] = &["null", "nil", "undefined", "none", "nan", "空", "空值"];

impl Checker<'_> {
    /// Whether a name is declared by nothing but its uses.
    fn is_undeclared(&self, name: &Symbol) -> bool {
        match self.names.get(name) {
            None => !self.names.is_value(name),
            // What the data has is its own, whatever it is called.
            Some(Meaning::Column(id)) => {
                !self.schema.root().declared
                    && self.facts.is_none_or(|facts| !facts.has(&self.schema.root().column(id).header))
            }
            Some(_) => false,
        }
    }

    fn is_nothing(&self, name: &Symbol) -> bool {
        NOTHING.iter().any(|it| it.eq_ignore_ascii_case(name)) && self.is_undeclared(name)
    }

    /// `true` or `false`, where a name spells it in capitals.
    fn truth(&self, name: &Symbol) -> Option<&'static str> {
        let word = ["true", "false"].into_iter().find(|word| name.eq_ignore_ascii_case(word))?;
        self.is_undeclared(name).then_some(word)
    }

    /// Tells a name that is a constant of another language.
    pub(super) fn tell_foreign_constant(&mut self, name: &ast::Name) -> bool {
        let span = name.span();
        if self.is_nothing(&name.symbol) {
            let message = format!("a value that is not there is not `{}`, but `missing`", name.symbol);
            self.sink.push(
                Diagnostic::error(NULL_TEST, span, message)
                    .help("ask `is missing` or `is known`; as a value write `missing`"),
            );
            return true;
        }
        let Some(word) = self.truth(&name.symbol) else { return false };
        self.sink.push(
            Diagnostic::error(CAPITALISED, span, format!("`{word}` is written in small letters"))
                .help(format!("write `{word}`"))
                .fix(format!("write `{word}`"), span, word),
        );
        true
    }

    /// `spend != null`: nothing is equal to what is not there.
    pub(super) fn tell_comparison_with_nothing(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> bool {
        let nothing =
            |it: &Expr| matches!(&it.unparenthesised().kind, ExprKind::Name(name) if self.is_nothing(&name.symbol));
        let (what, wrong) = match (nothing(left), nothing(right)) {
            (false, true) => (left, right),
            (true, false) => (right, left),
            (false, false) | (true, true) => return false,
        };
        let asks = if op == CompareOp::NotEqual { "is known" } else { "is missing" };
        let written = format!("{} {asks}", self.words(what.span()));
        let message = format!("a comparison with `{}` is always unknown", self.words(wrong.span()));
        self.sink.push(Diagnostic::error(NULL_TEST, span, message).help(format!("write `{written}`")).suggest(
            format!("write `{written}`"),
            span,
            written.clone(),
        ));
        true
    }

    /// `city = "上海" or "北京"`: a value where a condition is due, behind one that compares with such a value.
    pub(super) fn tell_value_among_conditions(&mut self, all: &[Expr], at: usize) -> bool {
        let Some(value) = all.get(at).filter(|it| is_plain(it)) else { return false };
        let Some(first) = all.get(..at).and_then(|before| before.iter().rposition(|it| !is_plain(it))) else {
            return false;
        };
        let Some((subject, head, known)) = all.get(first).and_then(asks_for_a_value) else { return false };
        // All the values in a row are told at the first of them.
        if first + 1 != at {
            return true;
        }
        let behind = all.get(at..).unwrap_or(&[]).iter().take_while(|it| is_plain(it));
        let values: Vec<Span> = std::iter::once(known.span()).chain(behind.map(Expr::span)).collect();
        let list = values.iter().map(|span| self.words(*span)).collect::<Vec<_>>().join(", ");
        let written = format!("{} {head} [{list}]", self.words(subject.span()));
        let whole = subject.span().to(values.last().copied().unwrap_or(value.span()));
        let message = format!("{} is a value, not a condition", self.quoted(value.span()));
        self.sink.push(
            Diagnostic::error(WRONG_TYPE, value.span(), message)
                .help(format!("for any of several values write `{written}`"))
                .suggest(format!("write `{written}`"), whole, written.clone()),
        );
        true
    }

    /// `tag t when "vip"`
    pub(super) fn tell_quoted_condition(&mut self, value: &Value, span: Span) -> bool {
        let Value::Text(text) = value else { return false };
        let name = Symbol::new(text);
        if !matches!(self.names.get(&name), Some(Meaning::Definition(_) | Meaning::Column(_))) {
            return false;
        }
        self.sink.push(
            Diagnostic::error(QUOTED_NAME, span, "quotes are for data: what is declared is a bare name")
                .help(format!("write `{name}`"))
                .suggest(format!("write `{name}`"), span, name.to_string()),
        );
        true
    }

    /// What to write instead of comparing two things that are not alike, where that is known: the words, and what they stand
    /// for.
    pub(super) fn remedy_of_unlike(
        &self,
        op: Option<Span>,
        (left, left_type): (&Expr, &Type),
        (right, right_type): (&Expr, &Type),
    ) -> Option<(String, Span)> {
        let sign = self.words(op?);
        let whole = left.span().to(right.span());
        let (left_words, right_words) = (self.words(left.span()), self.words(right.span()));
        let not = match sign {
            "=" => "",
            "!=" => "not ",
            _ => "",
        };
        let equal = matches!(sign, "=" | "!=");
        // `"spend" > 500`
        for side in [left, right] {
            if let Some(Literal::Text(text)) = literal(side)
                && let name = Symbol::new(text)
                && matches!(self.names.get(&name), Some(Meaning::Column(_) | Meaning::Definition(_)))
            {
                return Some((text.clone(), side.span()));
            }
        }
        match (left_type, right_type, literal(right)) {
            // `city = ["上海", "北京"]`
            (element, Type::List(of), _) if equal && **of == *element => {
                Some((format!("{left_words} {not}in {right_words}"), whole))
            }
            // `interests = "水果"`
            (Type::List(of), element, _) if equal && **of == *element => {
                Some((format!("{left_words} {not}has {right_words}"), whole))
            }
            // `spend = ""`
            (_, Type::Text, Some(Literal::Text(text))) if equal && text.is_empty() => {
                let asks = if sign == "=" { "is missing" } else { "is known" };
                Some((format!("{left_words} {asks}"), whole))
            }
            (Type::Bool, Type::Text | Type::Int, Some(written)) if equal => {
                let text = match written {
                    Literal::Text(text) => text.to_lowercase(),
                    Literal::Number(number) => number.clone(),
                    _ => return None,
                };
                let yes = truth_in_words(&text)?;
                Some((yes.to_string(), right.span()))
            }
            (Type::Date | Type::Timestamp, Type::Int, Some(Literal::Number(digits))) => {
                Some((date_of_digits(digits)?, right.span()))
            }
            (Type::Duration, Type::Text, Some(Literal::Text(text))) => {
                Duration::parse(text).ok()?;
                Some((text.clone(), right.span()))
            }
            _ => None,
        }
    }

    /// What to type for a length of time, where something else stands.
    pub(super) fn length_instead_of(&self, written: &Expr, ty: &Type) -> (String, Option<String>) {
        let words = self.snippet(written.span());
        match (&written.unparenthesised().kind, ty) {
            (ExprKind::Shifted { duration, .. }, _) => {
                let duration = self.words(duration.span()).to_owned();
                (format!("write `{duration}`"), Some(duration))
            }
            (ExprKind::Literal(Literal::Text(text)), _) if Duration::parse(text).is_ok() => {
                (format!("write it without quotes: `{text}`"), Some(text.clone()))
            }
            (ExprKind::Name(name), Type::Int | Type::Text)
                if matches!(self.names.get(&name.symbol), Some(Meaning::Param(_))) =>
            {
                (format!("give `{words}` a unit where it is declared: `param {words} = 30d`"), None)
            }
            (ExprKind::Literal(_), Type::Int) => {
                (format!("write a unit: `{words}d` for days, `{words}mo` for months, `{words}y` for years"), None)
            }
            (_, Type::Int | Type::Decimal(_) | Type::Float) => {
                (format!("make it a length of time: `{words} * 1d`"), None)
            }
            _ => ("write a length of time: `30d`".to_owned(), None),
        }
    }

    /// `interests has ["水果"]`, `interests has any ["水果"]`
    pub(super) fn tell_list_in_has(&mut self, element: &Expr) -> bool {
        let list = match &element.unparenthesised().kind {
            ExprKind::List(_) => self.words(element.span()).to_owned(),
            ExprKind::Index { base, index } => match &base.kind {
                ExprKind::Name(name) if matches!(name.symbol.as_str(), "any" | "all" | "none") => {
                    let written = format!("{} of [{}]", name.symbol, self.words(index.span()));
                    self.sink.push(
                        Diagnostic::error(WRONG_TYPE, base.span(), format!("`of` is left out after `{}`", name.symbol))
                            .help(format!("write `has {written}`"))
                            .fix(format!("write `{written}`"), element.span(), written.clone()),
                    );
                    return true;
                }
                _ => return false,
            },
            _ => return false,
        };
        self.sink.push(
            Diagnostic::error(NOT_ALIKE, element.span(), "`has` asks for one value, and this is a list")
                .help(format!("write `has any of {list}` or `has all of {list}`"))
                .suggest(format!("write `any of {list}`"), element.span(), format!("any of {list}")),
        );
        true
    }

    /// `user.spend`, `orders.amount` where no such table is declared.
    pub(super) fn tell_no_columns(&mut self, base: &Expr, field: &ast::Name) -> Option<ir::Expr> {
        let ExprKind::Name(table) = &base.kind else {
            // `first(orders).amount`
            if let ExprKind::Call { function, arguments } = &base.kind
                && let [ast::Argument::Clause(clause)] = arguments.as_slice()
                && let ExprKind::Name(rows) = &clause.source.kind
                && let Some(id) = self.table_of_rows(rows)
                && self.schema.table(id).find(&field.symbol).is_some()
            {
                let column = format!("{}.{}", self.words(rows.span()), self.words(field.span()));
                let whole = self.words(clause.place.0);
                let behind = whole.strip_prefix(self.words(rows.span())).unwrap_or("");
                let written = format!("{}({column}{behind})", function.symbol);
                let span = base.span().to(field.span());
                let message = "the column stands inside the brackets, behind its table";
                self.sink.push(
                    Diagnostic::error(NOT_A_VALUE, field.span(), message).help(format!("write `{written}`")).suggest(
                        format!("write `{written}`"),
                        span,
                        written,
                    ),
                );
                return None;
            }
            let message = format!("{} has no columns", self.quoted(base.span()));
            self.sink.push(
                Diagnostic::error(NOT_A_VALUE, base.span(), message)
                    .help("a `.` stands between a table and its column: `orders.amount`, `channels[source].price`"),
            );
            return None;
        };
        if self.names.get(&table.symbol).is_some() {
            let message = format!("{} has no columns: it is one value", self.quoted(base.span()));
            self.sink.push(
                Diagnostic::error(NOT_A_VALUE, base.span(), message).help(format!("write `{}` alone", table.symbol)),
            );
            return None;
        }
        let told = Diagnostic::error(NOT_A_VALUE, table.span(), format!("there is no table `{}`", table.symbol));
        let names: Vec<String> = self.schema.tables.iter().map(|it| it.name.to_string()).collect();
        let near = crate::diagnostic::nearest(&table.symbol, names.iter().map(String::as_str)).map(str::to_owned);
        self.sink.push(match near {
            Some(near) => {
                told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), table.span(), near)
            }
            None => match self.as_the_users_table(&table.symbol) {
                Some((help, name)) => told.help(help).suggest(format!("write `{name}`"), table.span(), name),
                None => {
                    let (of, key) = self.parent();
                    told.help(format!(
                        "declare it: `table {} of {of} by {key} {{ {key}: text  {}: … }}`",
                        table.symbol, field.symbol
                    ))
                }
            },
        });
        None
    }

    /// `users` where the table of the users is called `members`: what is said of it, and its name.
    pub(super) fn as_the_users_table(&self, name: &str) -> Option<(String, String)> {
        const EVERYBODY: [&str; 21] = [
            "users",
            "user",
            "customers",
            "customer",
            "members",
            "member",
            "people",
            "persons",
            "person",
            "clients",
            "client",
            "accounts",
            "account",
            "everybody",
            "everyone",
            "all",
            "用户",
            "会员",
            "客户",
            "顾客",
            "所有用户",
        ];
        let root = &self.schema.root().name;
        (EVERYBODY.contains(&name.to_lowercase().as_str()) && root.as_str() != name)
            .then(|| (format!("the table of the users is `{root}` here"), root.to_string()))
    }

    /// What stands behind `of` and `by` where a table of rows is declared.
    pub(super) fn parent(&self) -> (String, String) {
        let root = self.schema.root();
        let key = root.key.map_or_else(|| "user_id".to_owned(), |key| root.column(key).name.to_string());
        (root.name.to_string(), key)
    }

    /// What to type for a bare name that is the label of a level's value.
    pub(super) fn value_of_label(&self, label: &str, of: crate::value::ChoiceId) -> Option<String> {
        let found = self.choice(of)?.values.iter().find(|it| it.label.as_deref() == Some(label))?;
        Some(found.name.to_string())
    }

    /// What to type for a name that nothing declares, where it is known: `三个月`, `"上海"`.
    pub(super) fn meant_by_unknown(&self, name: &str) -> Option<(String, String)> {
        if let Some(digits) = name.strip_prefix("百分之").filter(|it| it.bytes().all(|it| it.is_ascii_digit())) {
            return Some((format!("write `{digits}%`"), format!("{digits}%")));
        }
        if let Some(duration) = chinese_duration(name) {
            return Some((format!("write `{duration}`"), duration));
        }
        let day = match name {
            "今天" => Some("today"),
            "现在" => Some("now"),
            "昨天" => Some("1d ago"),
            "前天" => Some("2d ago"),
            "明天" => Some("1d from now"),
            other => moment_elsewhere(other),
        };
        if let Some(day) = day {
            return Some((format!("write `{day}`"), day.to_owned()));
        }
        let foreign = !name.is_ascii();
        foreign.then(|| {
            let quoted = quoted_text(name);
            (
                format!("if it is a text, write it in quotes: `{quoted}`; if it is a field, declare it in the table"),
                quoted,
            )
        })
    }
}

/// What other languages call the moment of asking: `current_date` as `today`.
pub(super) fn moment_elsewhere(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "current_date" | "curdate" => "today",
        "current_timestamp" | "current_time" | "localtimestamp" | "sysdate" | "systimestamp" | "getdate" => "now",
        _ => return None,
    })
}

/// The truth that a word of everyday speech stands for.
pub(super) fn truth_in_words(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "是" => Some(true),
        "false" | "0" | "no" | "n" | "否" => Some(false),
        _ => None,
    }
}

/// A literal that is no condition.
fn is_plain(expr: &Expr) -> bool {
    match &expr.unparenthesised().kind {
        ExprKind::Literal(literal) => !matches!(literal, Literal::Bool(_)),
        _ => false,
    }
}

fn literal(expr: &Expr) -> Option<&Literal> {
    match &expr.unparenthesised().kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

/// What a condition asks for one value, how it would ask for several, and the value.
fn asks_for_a_value(expr: &Expr) -> Option<(&Expr, &'static str, &Expr)> {
    match &expr.unparenthesised().kind {
        ExprKind::Compare { op: CompareOp::Equal, left, right, .. } => Some((left, "in", right)),
        ExprKind::Compare { op: CompareOp::NotEqual, left, right, .. } => Some((left, "not in", right)),
        ExprKind::Test { subject, test: Test::Has(element), negated: false, .. } => {
            Some((subject, "has any of", element))
        }
        _ => None,
    }
}

/// `20260131` as `2026-01-31`
fn date_of_digits(digits: &str) -> Option<String> {
    let (year, month, day) = (digits.get(0..4)?, digits.get(4..6)?, digits.get(6..8)?);
    let date = format!("{year}-{month}-{day}");
    (digits.len() == 8 && crate::value::moment_text::parse_date(&date).is_ok()).then_some(date)
}

/// `三个月` as `3mo`
fn chinese_duration(name: &str) -> Option<String> {
    const NUMBERS: &[(&str, u32)] = &[
        ("十二", 12),
        ("十五", 15),
        ("二十", 20),
        ("三十", 30),
        ("六十", 60),
        ("九十", 90),
        ("一", 1),
        ("两", 2),
        ("二", 2),
        ("三", 3),
        ("四", 4),
        ("五", 5),
        ("六", 6),
        ("七", 7),
        ("八", 8),
        ("九", 9),
        ("十", 10),
    ];
    const UNITS: &[(&str, &str)] = &[
        ("个月", "mo"),
        ("个星期", "w"),
        ("个小时", "h"),
        ("分钟", "min"),
        ("小时", "h"),
        ("星期", "w"),
        ("周", "w"),
        ("天", "d"),
        ("日", "d"),
        ("月", "mo"),
        ("年", "y"),
        ("秒", "s"),
    ];
    let half = [("半年", "6mo"), ("半个月", "15d"), ("半小时", "30min"), ("半天", "12h")];
    if let Some((_, length)) = half.into_iter().find(|(word, _)| *word == name) {
        return Some(length.to_owned());
    }
    let (number, rest) = NUMBERS.iter().find_map(|(word, number)| Some((number, name.strip_prefix(word)?)))?;
    let unit = UNITS.iter().find(|(word, _)| *word == rest)?;
    Some(format!("{number}{}", unit.1))
}
