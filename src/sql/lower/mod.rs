//! From what was meant to what is selected. Everything that reads nothing of anybody is computed now, by the plain interpreter; the
//! rest becomes SQL that means the same, missing values included.
//!
//! Expressions are written in place. What must be written twice is kept as a column of its own first (`keep`).

mod aggregates;
mod answers;
mod arithmetic;
mod bounds;
mod calls;
mod captions;
mod clause;
pub(crate) mod clock;
mod comparison;
mod deadlines;
mod definitions;
mod durations;
mod epochs;
mod fractions;
mod funnel;
mod happened;
mod lines;
mod lists;
mod local;
mod memory;
mod moments;
mod once;
mod ordered;
mod patterns;
mod population;
mod promised;
mod quantile;
mod rank;
mod since;
mod sums;
mod texts;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub(crate) use self::{aggregates::is_ordered, durations::Length};

use crate::{
    diagnostic::{Diagnostic, code::NOT_IN_SQL},
    eval::{Context, Interpreter, constants::Nobody},
    ir::{AggregateId, Body, DefinitionId, Expr, ExprKind, Quorum, Rulebook},
    schema::{ColumnId, TableId},
    source::{Sources, Span},
    sql::{
        Target,
        ast::{Item, Literal, Purpose, Sql, Step},
        dialect::{Computed, Dialect},
        names::Names,
        stack::Stack,
    },
    value::{Clock, Duration, Type, Value, print, time::Direction},
};

/// What to do about what an engine cannot say, and the rules cannot say otherwise.
const ELSEWHERE: &str =
    "evaluate these rules with `tagwell run`, or write them for another engine: `--dialect duckdb` says most";
/// The same where it is no matter of the other engines.
const BUT_ON_CLICKHOUSE: &str = "write the rules for another engine, such as `--dialect duckdb`, or evaluate them with `tagwell run`: both have lists that are missing";

/// Of how many expressions something may consist that is written more than once.
pub(crate) const SMALL: usize = 9;

/// Of how many expressions something consists.
pub(crate) fn size(sql: &Sql) -> usize {
    let mut size = 0;
    sql.each(&mut |_| size += 1);
    size
}

/// Something that every row has: one expression, or the three of a duration.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    One(Sql),
    Length(Length),
}

/// The same, and the level from which on it can be read.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) held: Held,
    pub(crate) level: usize,
}

/// Rows of a child table, while a clause over them is lowered.
pub(crate) struct Rows {
    pub(crate) table: TableId,
    pub(crate) columns: HashMap<ColumnId, Held>,
    pub(crate) stack: Stack,
    /// The level of the users that the clauses read, and the columns of theirs.
    pub(crate) user_level: usize,
    pub(crate) user_columns: BTreeSet<String>,
}

/// Everything that is known while a rulebook is lowered.
pub(crate) struct Lowering<'a> {
    pub(crate) rulebook: &'a Rulebook,
    pub(crate) sources: &'a Sources,
    pub(crate) context: &'a Context,
    pub(crate) target: &'a Target,
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) names: Names<'a>,
    pub(crate) problems: Vec<Diagnostic>,
    /// Steps that stand before all others.
    pub(crate) first: Vec<Step>,
    pub(crate) users: Stack,
    /// What the query computes of its as-of, where that is a parameter.
    pub(crate) moments: Option<Stack>,
    /// In a zone whose clock changes no more, the first as-of that is taken, and its year; and whether what is computed now lies near it.
    pub(crate) settled: Option<(i64, i64)>,
    pub(crate) is_settled: bool,
    /// Of its columns that lie so long before the as-of, how long.
    pub(crate) ago: HashMap<String, Duration>,
    /// And how many days before it all of them lie, at most.
    pub(crate) days_back: HashMap<String, i64>,
    /// The users' key.
    pub(crate) key: String,
    pub(crate) columns: HashMap<ColumnId, Held>,
    pub(crate) definitions: HashMap<DefinitionId, Bound>,
    pub(crate) aggregates: HashMap<AggregateId, Bound>,
    pub(crate) reached: HashMap<AggregateId, Bound>,
    /// Reference tables that are read already, and what they are joined by.
    pub(crate) lookups: HashMap<TableId, (String, HashMap<ColumnId, String>)>,
    /// Columns of theirs that rules read.
    pub(crate) lookups_read: BTreeSet<(TableId, ColumnId)>,
    /// Columns that are read, by their tables.
    pub(crate) read: BTreeSet<(String, String)>,
    pub(crate) rows: Option<Rows>,
    /// Uploaded lists whose texts stand in the query, and how many they are.
    pub(crate) lists_written: BTreeMap<String, usize>,
    /// What steps are called once all of them are known.
    pub(crate) titles: HashMap<String, String>,
    /// The greatest level that what is lowered now reads.
    pub(crate) at: usize,
    /// What is lowered now: columns that it needs are named after it.
    pub(crate) about: String,
    /// Conditions that are known of everybody: tags, and whether there is a row.
    pub(crate) always_known: HashSet<String>,
    /// What stands beside a timestamp of a table: its local time.
    pub(crate) locals: HashMap<String, String>,
    /// Of a part of a duration that is read, which part is missing wherever it is.
    pub(crate) twins: HashMap<String, Sql>,
    /// Columns that are counts, and never below zero.
    pub(crate) counts: HashSet<String>,
    /// Columns of tables that hold whole numbers.
    pub(crate) wholes: HashSet<String>,
    /// Columns that are moments of rows: no later than now, or missing.
    pub(crate) happened: HashSet<String>,
    /// How large numbers may be, by their columns.
    pub(crate) bounds: HashMap<String, f64>,
    /// And by themselves.
    pub(crate) bounded: Vec<(Sql, f64)>,
    /// Columns that more than one question asks whether they match the same pattern.
    pub(crate) matched_again: HashSet<texts::Matched>,
    /// Where what is lowered now stands.
    pub(crate) place_now: Span,
    /// What was said already.
    told: HashSet<(Span, String)>,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(
        rulebook: &'a Rulebook,
        sources: &'a Sources,
        context: &'a Context,
        target: &'a Target,
        dialect: &'a dyn Dialect,
    ) -> Lowering<'a> {
        Lowering {
            rulebook,
            sources,
            context,
            target,
            dialect,
            names: Names::new(dialect),
            problems: vec![],
            first: vec![],
            users: Stack::of("", ""),
            moments: None,
            settled: None,
            is_settled: false,
            ago: HashMap::new(),
            days_back: HashMap::new(),
            key: String::new(),
            columns: HashMap::new(),
            definitions: HashMap::new(),
            aggregates: HashMap::new(),
            reached: HashMap::new(),
            lookups: HashMap::new(),
            lookups_read: BTreeSet::new(),
            read: BTreeSet::new(),
            rows: None,
            lists_written: BTreeMap::new(),
            titles: HashMap::new(),
            at: 0,
            about: String::new(),
            always_known: HashSet::new(),
            locals: HashMap::new(),
            twins: HashMap::new(),
            counts: HashSet::new(),
            wholes: HashSet::new(),
            happened: HashSet::new(),
            bounds: HashMap::new(),
            bounded: vec![],
            matched_again: texts::matched_again(rulebook),
            place_now: Span::default(),
            told: HashSet::new(),
        }
    }

    pub(crate) fn clock(&self) -> &'a Clock {
        &self.context.clock
    }

    /// Says what this engine cannot do, and what to do instead.
    pub(crate) fn cannot(&mut self, span: Span, what: impl Into<String>, help: &str) -> Sql {
        let message = format!("{} in SQL for {}", what.into(), self.dialect.title());
        if self.told.insert((span, message.clone())) {
            self.problems.push(Diagnostic::error(NOT_IN_SQL, span, message).help(help));
        }
        Sql::NULL
    }

    /// What is lowered within, and the level that it needs.
    pub(crate) fn measured<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> (T, usize) {
        let before = std::mem::take(&mut self.at);
        let lowered = lower(self);
        let level = self.at;
        self.at = before.max(level);
        (lowered, level)
    }

    pub(crate) fn stack(&mut self) -> &mut Stack {
        match &mut self.rows {
            Some(rows) => &mut rows.stack,
            None => &mut self.users,
        }
    }

    /// Something that may be written twice: what is long becomes a column of its own.
    pub(crate) fn keep(&mut self, sql: Sql) -> Sql {
        self.keep_as(sql, "part")
    }

    /// The same, and what it is: the column is `spend_rank`, say.
    pub(crate) fn keep_as(&mut self, sql: Sql, noun: &str) -> Sql {
        if sql.is_short() {
            return sql;
        }
        let name = format!("{}_{noun}", self.about);
        self.column_of(sql, &name, None)
    }

    /// A column with this value; what is declared has its word, and a comment.
    pub(crate) fn column_of(&mut self, sql: Sql, name: &str, declared: Option<(&'static str, String)>) -> Sql {
        let sql = match sql.is_narrow() {
            true => Sql::cast(sql, self.dialect.ty(&Type::Int).unwrap_or_default()),
            false => sql,
        };
        let found = self.stack().find(&sql);
        if let Some((name, level)) = found.filter(|_| declared.is_none()) {
            self.at = self.at.max(level);
            return Sql::column(&name);
        }
        let name = self.names.of(name);
        let from = self.at;
        self.keep_bound(&name, self.bound(&sql));
        if self.is_never_missing(&sql) {
            self.always_known.insert(name.clone());
        }
        let (purpose, comment) = match declared {
            Some((word, comment)) => (Purpose::Declared(word), Some(comment)),
            None => (Purpose::PartOf(self.about.clone()), None),
        };
        let item = Item { sql, alias: Some(name.clone()), comment, purpose };
        let stack = match &mut self.rows {
            Some(rows) => &mut rows.stack,
            None => &mut self.users,
        };
        self.at = stack.add(from, item);
        Sql::column(&name)
    }

    /// A number that is missing where it left the range of its type.
    pub(crate) fn narrow(&mut self, computed: Computed, ty: &Type) -> Sql {
        match computed {
            Computed::Checked(sql) => sql,
            Computed::Wide(sql) => {
                let kept = self.keep_as(sql, "value");
                self.in_range(kept, ty)
            }
        }
    }

    /// A short wide number, missing where it is out of range.
    pub(crate) fn in_range(&self, wide: Sql, ty: &Type) -> Sql {
        let fits = match ty {
            Type::Decimal(scale) => {
                let whole = 38_usize.saturating_sub(usize::from(*scale));
                Sql::binary(Sql::call("abs", [wide.clone()]), "<", self.dialect.power_of_ten(whole))
            }
            _ => wide.clone().between(Sql::int(i64::MIN), Sql::int(i64::MAX)),
        };
        Sql::when(fits, Sql::cast(wide, self.dialect.ty(ty).unwrap_or_default()))
    }

    /// What everybody has, read from where we stand.
    pub(crate) fn read(&mut self, bound: &Bound) -> Held {
        match &mut self.rows {
            None => self.at = self.at.max(bound.level),
            Some(rows) => {
                rows.user_level = rows.user_level.max(bound.level);
                // Of moments, rows have their own: `let since = 30d ago`.
                let is_moment = |name: &str| self.moments.as_ref().is_some_and(|it| name == clock::NOW || it.has(name));
                // What is short is no column always: `-spend`.
                let mut note = |sql: &Sql| {
                    sql.each(&mut |it| match it {
                        Sql::Column(_, name) if !is_moment(name) => {
                            rows.user_columns.insert(name.clone());
                        }
                        _ => {}
                    });
                };
                match &bound.held {
                    Held::One(sql) => note(sql),
                    Held::Length(length) => length.parts().into_iter().for_each(note),
                }
            }
        }
        bound.held.clone()
    }

    /// Whether an expression reads nothing of anybody, so that its value is known now.
    pub(crate) fn constant(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::IsMissing(of) if self.is_never_there(of) => return Some(Value::Bool(true)),
            ExprKind::IsKnown(of) if self.is_never_there(of) => return Some(Value::Bool(false)),
            _ if self.is_never_there(expr) => return Some(Value::Missing),
            _ => {}
        }
        let mut reads = false;
        expr.each(&mut |node| {
            reads |= match &node.kind {
                ExprKind::Column(_)
                | ExprKind::ChildColumn(_)
                | ExprKind::Aggregate(_)
                | ExprKind::Reached(..)
                | ExprKind::Lookup { .. }
                | ExprKind::Definition(_)
                | ExprKind::ToNext(_)
                // The list may stand in the warehouse.
                | ExprKind::InUploaded { .. } => true,
                _ => false,
            };
        });
        reads |= self.moments.is_some() && expr.first_about_time().is_some();
        (!reads).then(|| self.interpreter().row(&Nobody).value(expr))
    }

    pub(crate) fn interpreter(&self) -> Interpreter<'a> {
        Interpreter::new(self.rulebook, self.context)
    }

    /// A value as a constant of its type.
    pub(crate) fn literal(&self, value: &Value, ty: &Type) -> Sql {
        match value {
            Value::Missing => match self.dialect.ty(ty) {
                Some(name) => Sql::cast(Sql::NULL, name),
                None => Sql::NULL,
            },
            Value::Bool(truth) => Sql::bool(*truth),
            Value::Int(int) => Sql::int(*int),
            Value::Decimal(decimal) => {
                let wanted = if let Type::Decimal(scale) = ty { *scale } else { decimal.scale };
                Sql::Literal(Literal::Decimal(decimal.rescale(wanted).unwrap_or(*decimal).to_string()))
            }
            Value::Float(float) => Sql::Literal(Literal::Float(*float)),
            Value::Text(text) => Sql::text(&**text),
            Value::Date(days) => Sql::Literal(Literal::Date(*days)),
            Value::Timestamp(instant) => Sql::Literal(Literal::Timestamp(*instant)),
            // The caller takes durations apart.
            Value::Duration(duration) => Sql::text(duration.to_string()),
            Value::List(values) => {
                let element = if let Type::List(element) = ty { (**element).clone() } else { Type::Text };
                let values = values.iter().map(|it| self.literal(it, &element)).collect();
                self.dialect.list(values, &element)
            }
            Value::Choice(_) => Sql::text(print::text(&self.rulebook.shown(value, ty), self.clock().zone())),
        }
    }

    /// An expression of any type but a duration.
    pub(crate) fn value(&mut self, expr: &Expr) -> Sql {
        if let Some(value) = self.constant(expr) {
            if value == Value::Missing && matches!(expr.ty, Type::List(_)) && !self.dialect.lists_may_be_missing() {
                return self.cannot(expr.span, "a list that is missing is not written", BUT_ON_CLICKHOUSE);
            }
            return self.literal(&value, &expr.ty);
        }
        let one = |held: Held| match held {
            Held::One(sql) => sql,
            Held::Length(length) => length.micros,
        };
        self.place_now = expr.span;
        if let Some(moment) = self.moment_of_user(expr) {
            return moment;
        }
        match &expr.kind {
            ExprKind::Constant(value) => self.literal(value, &expr.ty),
            ExprKind::Param(_) => Sql::NULL,
            ExprKind::Now => self.now(&expr.ty),
            ExprKind::Ago(length) => self.beside_now(length, &expr.ty, Direction::Back),
            ExprKind::FromNow(length) => self.beside_now(length, &expr.ty, Direction::Forth),
            ExprKind::Column(id) => one(self.column(*id)),
            ExprKind::ChildColumn(id) => one(self.child_column(*id)),
            ExprKind::Aggregate(id) => one(self.answer(*id)),
            ExprKind::Reached(id, _) => match self.reached.get(id).cloned() {
                Some(bound) => one(self.read(&bound)),
                None => Sql::NULL,
            },
            ExprKind::Lookup { table, key, column } => self.lookup(*table, key, *column),
            ExprKind::Definition(id) => one(self.definition(*id)),
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.holds(condition);
                let (then, otherwise) = (self.value(then), self.value(otherwise));
                Sql::if_else(condition, then, otherwise)
            }
            ExprKind::Or(parts) => Sql::any(self.values(parts)),
            ExprKind::And(parts) => Sql::all(self.values(parts)),
            ExprKind::Not(operand) => self.value(operand).negated(),
            ExprKind::Quorum { quorum, conditions } => self.quorum(*quorum, conditions),
            ExprKind::Compare { op, left, right } => self.compare(*op, left, right),
            ExprKind::Between { subject, low, high, upper } => self.between(subject, low, high, *upper),
            ExprKind::Window { subject, window } => self.window(subject, window),
            ExprKind::CompareAge { op, moment, duration } => self.compare_age(&[(*op, &**duration)], moment),
            ExprKind::AgeBetween { moment, low, high, upper } => self.age_between(moment, low, high, *upper),
            ExprKind::In { subject, list } => self.is_in(subject, list),
            ExprKind::InUploaded { subject, list } => self.in_uploaded(subject, *list),
            ExprKind::Text { test, subject, argument } => self.text_test(*test, subject, argument),
            ExprKind::Matches { subject, pattern } => self.matches(subject, pattern, expr.span),
            ExprKind::Has { subject, element } => self.has(subject, element),
            ExprKind::HasOf { test, subject, elements } => self.has_of(*test, subject, elements),
            ExprKind::IsMissing(operand) => self.is_missing(operand, true),
            ExprKind::IsKnown(operand) => self.is_missing(operand, false),
            ExprKind::Coalesce(operands) => Sql::call("coalesce", self.values(operands)),
            ExprKind::Sum { first, rest } => self.sum(first, rest),
            ExprKind::Product { first, rest } => self.product(first, rest),
            ExprKind::Negate(operand) => self.negate(operand),
            ExprKind::Widen(operand) => {
                let value = self.value(operand);
                self.widened(value, &operand.ty, &expr.ty)
            }
            ExprKind::Call { function, arguments } => self.call(*function, arguments, expr),
            ExprKind::ToNext(level) => self.missing_to_next(*level, &expr.ty),
            ExprKind::List(elements) => self.list_of(elements, &expr.ty),
        }
    }

    pub(crate) fn values(&mut self, exprs: &[Expr]) -> Vec<Sql> {
        exprs.iter().map(|it| self.value(it)).collect()
    }

    pub(crate) fn column(&mut self, id: ColumnId) -> Held {
        let missing = || self.literal(&Value::Missing, &self.rulebook.schema.root().column(id).ty);
        let held = self.columns.get(&id).cloned().unwrap_or_else(|| Held::One(missing()));
        self.read(&Bound { held, level: 0 })
    }

    pub(crate) fn child_column(&mut self, id: ColumnId) -> Held {
        let rows = self.rows.as_ref();
        rows.and_then(|rows| rows.columns.get(&id)).cloned().unwrap_or(Held::One(Sql::NULL))
    }

    pub(crate) fn answer(&mut self, id: AggregateId) -> Held {
        match self.aggregates.get(&id).cloned() {
            Some(bound) => self.read(&bound),
            None => Held::One(Sql::NULL),
        }
    }

    /// What a definition is to those who name it: of tags true or false.
    pub(crate) fn definition(&mut self, id: DefinitionId) -> Held {
        match self.definitions.get(&id).cloned() {
            Some(bound) => self.read(&bound),
            None => Held::One(Sql::NULL),
        }
    }

    fn quorum(&mut self, quorum: Quorum, conditions: &[Expr]) -> Sql {
        let parts = self.values(conditions);
        match quorum {
            Quorum::All => Sql::all(parts),
            Quorum::Any => Sql::any(parts),
            Quorum::None => Sql::any(parts).negated(),
            Quorum::AtLeast(needed) => {
                let parts: Vec<Sql> = parts.into_iter().map(|it| self.keep_as(it, "holds")).collect();
                let sum = |of: &dyn Fn(&Sql) -> Sql| {
                    let all = parts.iter().map(of);
                    all.reduce(|sum, next| Sql::binary(sum, "+", next)).unwrap_or(Sql::int(0))
                };
                let holding = sum(&|it| Sql::if_else(it.clone(), Sql::int(1), Sql::int(0)));
                let possible = sum(&|it| Sql::if_else(it.clone().negated(), Sql::int(0), Sql::int(1)));
                let needed = Sql::int(i128::from(needed));
                Sql::Case(
                    vec![
                        (Sql::binary(holding, ">=", needed.clone()), Sql::bool(true)),
                        (Sql::binary(possible, "<", needed), Sql::bool(false)),
                    ],
                    None,
                )
            }
        }
    }

    fn is_missing(&mut self, operand: &Expr, missing: bool) -> Sql {
        if operand.ty == Type::Duration {
            let known = self.length(operand).known();
            return if missing { known.negated() } else { known };
        }
        // What a tag is to those who name it is never unknown.
        if let ExprKind::Definition(id) = &operand.kind
            && matches!(self.rulebook.definition(*id).body, Body::Tag(_) | Body::Segment(_))
        {
            return Sql::bool(!missing);
        }
        let value = self.value(operand);
        if missing { value.missing() } else { value.known() }
    }
}
