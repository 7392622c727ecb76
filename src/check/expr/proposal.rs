//! What is proposed in the words of the rulebook at hand: its own tables, columns and levels, not those of the manual.

use super::super::{
    Checker,
    names::Meaning,
    words::{is_moment, is_number},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{BAD_NUMBER, NOT_A_VALUE, NOT_ALIKE, UNKNOWN_NAME, WRONG_ARGUMENTS},
        nearest,
    },
    schema::{Role, Table, TableId},
    source::Span,
    syntax::ast::{self, Argument, Clause, ExprKind as Ast, Literal},
    value::Type,
};

/// The days of the week from Monday, and the months, as they are called.
const DAYS: [&[&str]; 7] = [
    &["monday", "mon", "周一", "星期一", "礼拜一"],
    &["tuesday", "tue", "周二", "星期二", "礼拜二"],
    &["wednesday", "wed", "周三", "星期三", "礼拜三"],
    &["thursday", "thu", "周四", "星期四", "礼拜四"],
    &["friday", "fri", "周五", "星期五", "礼拜五"],
    &["saturday", "sat", "周六", "星期六", "礼拜六"],
    &["sunday", "sun", "周日", "周天", "星期日", "星期天", "礼拜天"],
];
const MONTHS: [&[&str]; 12] = [
    &["january", "jan", "一月"],
    &["february", "feb", "二月"],
    &["march", "mar", "三月"],
    &["april", "apr", "四月"],
    &["may", "五月"],
    &["june", "jun", "六月"],
    &["july", "jul", "七月"],
    &["august", "aug", "八月"],
    &["september", "sep", "九月"],
    &["october", "oct", "十月"],
    &["november", "nov", "十一月"],
    &["december", "dec", "十二月"],
];

/// The columns of a table's rows that say something of their own: not whose row it is, and which one.
fn telling(table: &Table) -> Vec<(&str, &Type)> {
    let (by, at) = match table.role {
        Role::Children { by, at } => (Some(by.0), at.map(|at| at.0)),
        Role::Root | Role::Reference => (None, None),
    };
    let key = table.key.map(|key| key.0);
    let own = |at_: u32| ![by, at, key].contains(&Some(at_));
    let columns = table.columns.iter().enumerate().filter(|(number, _)| own(*number as u32));
    columns.map(|(_, column)| (column.name.as_str(), &column.ty)).collect()
}

impl Checker<'_> {
    /// A question of this function over the rows of a table, with a column of theirs: `last(orders.category)`.
    pub(super) fn own_question(&self, function: &str, table: TableId) -> Option<String> {
        let table = self.schema.table(table);
        let rows = &table.name;
        if function == "count" {
            return Some(format!("count({rows})"));
        }
        let columns = telling(table);
        let find = |fits: &dyn Fn(&Type) -> bool| columns.iter().find(|(_, ty)| fits(ty)).map(|(name, _)| *name);
        let column = match function {
            "sum" | "avg" | "quantile" => find(&|ty| is_number(ty))?,
            "min" | "max" => find(&|ty| is_number(ty) || is_moment(ty))?,
            _ => find(&|ty| *ty == Type::Text).or_else(|| columns.first().map(|(name, _)| *name))?,
        };
        Some(match function {
            "any" => format!("any({rows} where {column} is known)"),
            "quantile" => format!("quantile({rows}.{column}, 90%)"),
            _ => format!("{function}({rows}.{column})"),
        })
    }

    /// `last(orders)`: a question that is asked of a column, asked of a table.
    pub(super) fn tell_wants_a_column<T>(&mut self, clause: &Clause, word: &str, shape: &str) -> Option<T> {
        let place = clause.source.span();
        let table = match &clause.source.unparenthesised().kind {
            Ast::Name(name) => self.table_of_rows(name),
            _ => None,
        };
        let message = format!("`{word}` is asked of a column, and {} is a table", self.quoted(place));
        let mut told = Diagnostic::error(NOT_A_VALUE, place, message);
        let own = table.and_then(|table| self.own_question(word, table));
        told = match (table, own) {
            (Some(table), Some(own)) => {
                let table = self.schema.table(table);
                let others: Vec<&str> = telling(table).into_iter().map(|(name, _)| name).collect();
                told.help(format!("name the column: `{own}`; `{}` has {}", table.name, others.join(", ")))
            }
            (Some(table), None) => {
                let name = &self.schema.table(table).name;
                told.help(format!("no column of `{name}` fits; `count({name})` counts its rows"))
            }
            (None, _) => told.help(format!("name the column, as in `{shape}`")),
        };
        self.sink.push(told);
        None
    }

    /// `orders >= 3`: how many rows there are is asked by `count`.
    pub(super) fn tell_compared_table(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> bool {
        let table = |it: &ast::Expr| match &it.unparenthesised().kind {
            Ast::Name(name) if self.names.get(&name.symbol).is_some_and(|it| matches!(it, Meaning::Table(_))) => {
                self.table_of_rows(name)
            }
            _ => None,
        };
        let (side, other) = match (table(left), table(right)) {
            (Some(_), None) => (left, right),
            (None, Some(_)) => (right, left),
            _ => return false,
        };
        let is_count = matches!(&other.unparenthesised().kind, Ast::Literal(Literal::Number(_)));
        let rows = self.words(side.span()).to_owned();
        let counted = format!("count({rows})");
        let text = self.words(span);
        let from = (side.span().start - span.start) as usize;
        let whole = match (text.get(..from), text.get(from + rows.len()..)) {
            (Some(before), Some(behind)) => format!("{before}{counted}{behind}"),
            _ => counted.clone(),
        };
        let shown = whole.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = Diagnostic::error(NOT_A_VALUE, side.span(), format!("`{rows}` is a table, not a value"));
        self.sink.push(match is_count {
            true => told.help(format!("write `{shown}`")).suggest(format!("write `{shown}`"), side.span(), counted),
            false => told.help(format!("ask about its rows: `{counted}`, or of one of their columns")),
        });
        true
    }

    /// `count(orders, status = "paid")`, `sum(orders, amount)`, `count(orders, 30d)`: what chooses the rows, or the column, behind a
    /// comma.
    pub(super) fn tell_several_parts(&mut self, word: &str, shape: &str, arguments: &[Argument], span: Span) {
        if let Some((place, written)) = self.comma_of_a_number(arguments) {
            let told = match written.contains('_') {
                true => Diagnostic::error(BAD_NUMBER, place, "thousands are set apart by `_`, not by a comma"),
                false => Diagnostic::error(BAD_NUMBER, place, "the digits after the point stand after a point"),
            };
            let told = told.help(format!("write `{written}`"));
            self.sink.push(told.suggest(format!("write `{written}`"), place, written));
            return;
        }
        let message = format!("`{word}` over rows takes one clause");
        let told = Diagnostic::error(WRONG_ARGUMENTS, span, message);
        let told = match self.in_one_clause(word, arguments) {
            Some(written) => {
                let shown = written.split_whitespace().collect::<Vec<_>>().join(" ");
                told.help(format!("write `{shown}`")).suggest(format!("write `{shown}`"), span, written)
            }
            None => {
                let table = match arguments.first() {
                    Some(Argument::Clause(clause)) => self.row_table(&clause.source),
                    _ => None,
                };
                let own = table.and_then(|table| self.own_question(word, table));
                told.help(format!(
                    "write `{}`; what chooses rows stands behind `where`",
                    own.as_deref().unwrap_or(shape)
                ))
            }
        };
        self.sink.push(told);
    }

    /// `clamp 0..<80`: what is above is set to the upper end, so that cannot be left out. Whether it is told.
    pub(in crate::check) fn clamp_without_its_end(&mut self, range: &ast::Range) -> bool {
        if range.upper == ast::UpperEnd::Included {
            return false;
        }
        let written = format!("{}..{}", self.words(range.from.span()), self.words(range.to.span()));
        let told = Diagnostic::error(
            WRONG_ARGUMENTS,
            range.place.0,
            "`clamp` sets what is above to the upper end, and `..<` leaves that out",
        );
        self.sink.push(told.help(format!("write `{written}`, or a smaller upper end")).suggest(
            format!("write `{written}`"),
            range.place.0,
            written,
        ));
        true
    }

    /// `count(orders where amount > 25,50)`: a number that a comma cuts in two; its place, and how it is written.
    fn comma_of_a_number(&self, arguments: &[Argument]) -> Option<(Span, String)> {
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        arguments.windows(2).find_map(|pair| {
            let [Argument::Clause(before), Argument::Clause(behind)] = pair else { return None };
            let (left, right) = (before.place.0, behind.place.0);
            let digits = self.words(right);
            let text = self.words(left);
            let whole = text.rsplit(|it: char| it.is_whitespace() || "<>=(".contains(it)).next()?;
            let compared = text.strip_suffix(whole)?.trim_end().ends_with(['<', '>', '=']);
            let number = Span::new(left.source, left.range().end.saturating_sub(whole.len()), right.range().end);
            let touching = self.words(number).len() == whole.len() + 1 + digits.len();
            if !plain(whole) || !plain(digits) || digits.len() > 3 || !touching || !compared {
                return None;
            }
            let sign = if digits.len() == 3 { '_' } else { '.' };
            Some((number, format!("{whole}{sign}{digits}")))
        })
    }

    /// `count(orders where status = "paid")`, from parts that commas stand between.
    pub(in crate::check) fn in_one_clause(&self, word: &str, arguments: &[Argument]) -> Option<String> {
        let [Argument::Clause(first), rest @ ..] = arguments else { return None };
        let table = self.row_table(&first.source)?;
        let mut source = self.words(first.source.span()).to_owned();
        let bare = matches!(first.source.unparenthesised().kind, Ast::Name(_));
        let mut window = first.window.as_ref().map(|it| self.words(it.place.0).to_owned());
        let mut wheres: Vec<String> = first.filter.iter().map(|it| self.words(it.span()).to_owned()).collect();
        if first.by.is_some() || first.per.is_some() {
            return None;
        }
        if let Some(last) = wheres.last_mut().filter(|_| rest.iter().all(is_value))
            && let Some(filter) = &first.filter
        {
            // `where status = "paid", "done"`: values that belong to the condition before them.
            let values = rest.iter().filter_map(|it| match it {
                Argument::Clause(clause) => Some(self.words(clause.source.span())),
                Argument::Range(_) | Argument::Pattern(_) => None,
            });
            *last = self.with_more_values(filter, &values.collect::<Vec<_>>())?;
            return Some(in_brackets(word, &source, window.as_deref(), &wheres));
        }
        for part in rest {
            let Argument::Clause(part) = part else { return None };
            if part.by.is_some() || part.window.is_some() || part.filter.is_some() || part.per.is_some() {
                return None;
            }
            let words = self.words(part.source.span());
            match &part.source.unparenthesised().kind {
                Ast::Compare { .. } | Ast::Test { .. } | Ast::Not(_) | Ast::And(_) | Ast::Quorum { .. } => {
                    wheres.push(words.to_owned());
                }
                Ast::Or(_) => wheres.push(format!("({words})")),
                Ast::Literal(Literal::Duration(_)) if window.is_none() => window = Some(format!("within {words}")),
                Ast::Name(name) => {
                    let columns = self.schema.table(table);
                    let column = columns.find(&name.symbol)?;
                    match columns.column(column).ty {
                        Type::Bool => wheres.push(words.to_owned()),
                        _ if bare && word != "count" && word != "any" => {
                            source = format!("{}.{words}", columns.name);
                        }
                        _ => return None,
                    }
                }
                _ => return None,
            }
        }
        Some(in_brackets(word, &source, window.as_deref(), &wheres))
    }

    /// `status in ["paid", "done"]` of `status = "paid"` and further values.
    fn with_more_values(&self, condition: &ast::Expr, values: &[&str]) -> Option<String> {
        let (subject, value) = match &condition.kind {
            Ast::Compare { op: ast::CompareOp::Equal, left, right, .. } => (left, &**right),
            Ast::Test { subject, test: ast::Test::In(value), negated: false, .. } => (subject, &**value),
            _ => return None,
        };
        let first = match &value.kind {
            Ast::List(all) => all.iter().map(|it| self.words(it.span())).collect::<Vec<_>>(),
            _ => vec![self.words(value.span())],
        };
        let all: Vec<&str> = first.into_iter().chain(values.iter().copied()).collect();
        Some(format!("{} in [{}]", self.words(subject.span()), all.join(", ")))
    }

    /// `weekday(t) = "Monday"`: days and months are numbers.
    pub(super) fn tell_called_day(&mut self, left: &ast::Expr, right: &ast::Expr) -> bool {
        let (call, value) = match (counts_days(left), counts_days(right)) {
            (Some(_), None) => (left, right),
            (None, Some(_)) => (right, left),
            _ => return false,
        };
        let Some(names) = counts_days(call) else { return false };
        let values: Vec<&ast::Expr> = match &value.unparenthesised().kind {
            Ast::List(all) => all.iter().collect(),
            _ => vec![value],
        };
        let numbers: Vec<Option<usize>> = values.iter().map(|it| self.number_of(it, names)).collect();
        let Some(first) = numbers.iter().flatten().next() else { return false };
        let all: Option<Vec<String>> = numbers.iter().map(|it| it.map(|it| it.to_string())).collect();
        let unit = if names.len() == 7 { "weekday" } else { "month" };
        let example = if names.len() == 7 { "1 is Monday, 7 is Sunday" } else { "1 is January, 12 is December" };
        let message = format!("a {unit} is a number: {example}");
        let told = Diagnostic::error(NOT_ALIKE, value.span(), message);
        self.sink.push(match all {
            Some(all) => {
                let list = matches!(value.unparenthesised().kind, Ast::List(_));
                let written = if list { format!("[{}]", all.join(", ")) } else { all.concat() };
                told.help(format!("write `{written}`")).suggest(format!("write `{written}`"), value.span(), written)
            }
            None => told.help(format!("write numbers, such as `{first}`")),
        });
        true
    }

    fn number_of(&self, value: &ast::Expr, names: &[&[&str]]) -> Option<usize> {
        let word = match &value.unparenthesised().kind {
            Ast::Literal(Literal::Text(text)) => text.to_lowercase(),
            Ast::Name(name) if self.names.get(&name.symbol).is_none() => name.symbol.to_lowercase(),
            _ => return None,
        };
        names.iter().position(|called| called.contains(&word.as_str())).map(|at| at + 1)
    }

    /// `to_next(crad)`, `reached(points)`: what is asked of a declared level or funnel, asked of something else.
    pub(super) fn tell_wants_one_of<T>(
        &mut self,
        function: &ast::Name,
        arguments: &[Argument],
        (what, declared): (&str, &[String]),
        declare: &str,
    ) -> Option<T> {
        let word = function.symbol.as_str();
        let (place, name) = match arguments {
            [Argument::Clause(clause)] => match &clause.source.unparenthesised().kind {
                Ast::Name(name) => (clause.source.span(), Some(name.symbol.to_string())),
                _ => (clause.source.span(), None),
            },
            _ => (function.span(), None),
        };
        let known = name.as_ref().is_some_and(|name| self.names.get(&crate::intern::Symbol::new(name)).is_some());
        let candidates = || declared.iter().map(String::as_str);
        let near = name.as_ref().and_then(|name| nearest(name, candidates())).map(str::to_owned);
        let (code, message) = match (&name, known) {
            (Some(name), false) => (UNKNOWN_NAME, format!("there is no {what} `{name}`")),
            _ => (WRONG_ARGUMENTS, format!("`{word}` is asked of a {what}")),
        };
        let told = Diagnostic::error(code, place, message);
        self.sink.push(match (near, declared) {
            (Some(near), _) => {
                told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), place, near)
            }
            (None, []) => told.help(format!("declare one: `{declare}`")),
            (None, [only]) => told.help(format!("write `{word}({only})`")),
            (None, all) => told.help(format!("write `{word}(…)` of one of these: {}", all.join(", "))),
        });
        None
    }

    /// `orders.count`: a question about rows, written like a column of theirs.
    pub(super) fn tell_asked_by_point(&mut self, table: TableId, field: &ast::Name, span: Span) -> bool {
        let word = field.symbol.as_str();
        if !super::source::is_asked_of_rows(word) || matches!(self.schema.table(table).role, Role::Reference) {
            return false;
        }
        let Some(own) = self.own_question(word, table) else { return false };
        let message = format!("`{word}` is asked of rows in brackets, not behind a point");
        let told = Diagnostic::error(UNKNOWN_NAME, field.span(), message).help(format!("write `{own}`"));
        self.sink.push(match word {
            "count" => told.suggest(format!("write `{own}`"), span, own),
            _ => told,
        });
        true
    }

    /// What to write for a name that means something, where it is no value: `count(orders)`, `user_id in blocked`; and whether a
    /// condition is written so.
    pub(in crate::check) fn value_of_near(&self, near: &str) -> Option<(String, bool)> {
        let symbol = crate::intern::Symbol::new(near);
        match self.names.get(&symbol)? {
            Meaning::List(_) => {
                let root = self.schema.root();
                let key = root.key.and_then(|key| root.columns.get(key.0 as usize));
                Some((format!("{} in {near}", key.map_or("user_id", |key| key.name.as_str())), true))
            }
            Meaning::Table(id) if matches!(self.schema.table(id).role, Role::Children { .. }) => {
                Some((format!("count({near})"), false))
            }
            Meaning::Table(_)
            | Meaning::Template
            | Meaning::Channel
            | Meaning::Column(_)
            | Meaning::Param(_)
            | Meaning::Definition(_) => None,
        }
    }
}

/// Whether an argument is a value that is written out.
fn is_value(argument: &Argument) -> bool {
    matches!(argument, Argument::Clause(clause)
        if matches!(clause.source.kind, Ast::Literal(Literal::Text(_) | Literal::Number(_))))
}

fn in_brackets(word: &str, source: &str, window: Option<&str>, wheres: &[String]) -> String {
    let window = window.map(|window| format!(" {window}")).unwrap_or_default();
    let filter = if wheres.is_empty() { String::new() } else { format!(" where {}", wheres.join(" and ")) };
    format!("{word}({source}{window}{filter})")
}

/// The names of what `weekday(…)` and `month(…)` count.
fn counts_days(expr: &ast::Expr) -> Option<&'static [&'static [&'static str]]> {
    match &expr.unparenthesised().kind {
        Ast::Call { function, .. } => match function.symbol.as_str() {
            "weekday" => Some(&DAYS),
            "month" => Some(&MONTHS),
            _ => None,
        },
        _ => None,
    }
}
