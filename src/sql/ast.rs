//! What a query is made of, whatever the engine: expressions, selects, named steps. Built by `lower`, printed by `print`; how an
//! engine spells a type, a literal or a function stands in its dialect.

use std::collections::{HashMap, HashSet};

use crate::value::Zone;

/// Whether something ends in `ASC` or `DESC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sense {
    /// From the greatest: what is missing comes last. Else from the least: what is missing comes first.
    pub(crate) falls: bool,
    /// Whether nothing is missing, so that nobody need say where it comes.
    pub(crate) known: bool,
}

impl Sense {
    pub(crate) const RISING: Sense = Sense { falls: false, known: false };
    pub(crate) const FALLING: Sense = Sense { falls: true, known: false };
}

/// One expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sql {
    /// `NULL`, `TRUE`, `5`, `12.50`, `'a'`: spelled by the dialect.
    Literal(Literal),
    /// `purchases`, `u.user_id`
    Column(Option<String>, String),
    /// `a + b`, `a >= b`, `a || b`, by an operator that every engine has, or that its dialect chose.
    Binary(&'static str, Box<(Sql, Sql)>),
    /// `a AND b AND c`: two or more
    All(Vec<Sql>),
    /// `a OR b OR c`: two or more
    Any(Vec<Sql>),
    /// `NOT a`
    Not(Box<Sql>),
    /// `-a`
    Minus(Box<Sql>),
    /// `a IS NULL`
    IsNull(Box<Sql>),
    /// `a IS NOT NULL`
    IsKnown(Box<Sql>),
    /// `a BETWEEN b AND c`
    Between(Box<(Sql, Sql, Sql)>),
    /// `a IN (b, c)`
    In(Box<Sql>, Vec<Sql>),
    /// `a IN (SELECT b FROM c)`
    InTable(Box<Sql>, String, Vec<String>),
    /// `(SELECT a FROM b)`: one value, of which a query needs to ask once.
    Select(Box<Select>),
    /// `lower(a)`
    Call(&'static str, Vec<Sql>),
    /// `CASE WHEN a THEN b ELSE c END`
    Case(Vec<(Sql, Sql)>, Option<Box<Sql>>),
    /// `CASE a WHEN b THEN c ELSE d END`
    Switch(Box<Sql>, Vec<(Sql, Sql)>, Option<Box<Sql>>),
    /// `CAST(a AS BIGINT)`; `TRY_CAST`, where it says so.
    Cast(&'static str, Box<Sql>, String),
    /// `COUNT(DISTINCT a) FILTER (WHERE b)`
    Aggregate(Box<Aggregate>),
    /// `RANK() OVER (PARTITION BY a ORDER BY b)`
    Over(Box<Over>),
    /// What floats come to: missing where it left their range, and its zero has no sign.
    Finite(Box<Sql>),
    /// `x -> a`
    Lambda(&'static str, Box<Sql>),
    /// Anything else: words of the dialect with expressions between them, as tight as a call.
    Words(Vec<Word>),
}

/// A part of [`Sql::Words`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// As it stands: never a name or a value.
    Text(&'static str),
    /// An expression by itself.
    Sql(Sql),
    /// An expression beside something that binds tightly: in parentheses, unless it is short.
    Tight(Sql),
    /// Expressions with commas between them.
    List(Vec<Sql>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i128),
    /// Exact digits, with a point: its scale is that of the text.
    Decimal(String),
    Float(f64),
    Text(String),
    /// Days since 1970.
    Date(i32),
    /// Microseconds since 1970.
    Timestamp(i64),
}

/// An aggregate function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aggregate {
    pub(crate) function: &'static str,
    pub(crate) distinct: bool,
    /// None for `COUNT(*)`.
    pub(crate) arguments: Vec<Sql>,
    pub(crate) order: Vec<(Sql, Sense)>,
    /// Only rows of which this is true.
    pub(crate) filter: Option<Sql>,
}

/// A window function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Over {
    pub(crate) function: Sql,
    pub(crate) partition: Vec<Sql>,
    pub(crate) order: Vec<(Sql, Sense)>,
    /// Only the rows before this one.
    pub(crate) before: bool,
}

/// One column of a select.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) sql: Sql,
    /// Its name; none of a column that keeps its own.
    pub(crate) alias: Option<String>,
    /// What a reader should know.
    pub(crate) comment: Option<String>,
    pub(crate) purpose: Purpose,
}

/// What a column is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is read, counted or joined.
    Carried,
    /// What is called so needs it, more than once.
    PartOf(String),
    /// The rules declare it, by this word: `let`, `tag`, `step`.
    Declared(&'static str),
}

/// What a select reads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum From {
    /// A table of the warehouse, `a.b.c`, and what it is called here.
    Table(Vec<String>, String),
    /// Nothing: one row.
    Nothing,
    /// A step above.
    Step(String),
    /// A step above under another name.
    As(String, String),
}

/// `LEFT JOIN orders_by_user ON …`, `CROSS JOIN everybody`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Join {
    pub(crate) kind: &'static str,
    pub(crate) from: From,
    pub(crate) on: Option<Sql>,
}

/// One select.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Select {
    /// Of what all columns come first: `*`, or `u.*` beside joins.
    pub(crate) star: Star,
    pub(crate) items: Vec<Item>,
    pub(crate) from: From,
    pub(crate) joins: Vec<Join>,
    pub(crate) filter: Vec<Sql>,
    pub(crate) group: Vec<Sql>,
    /// Words of the dialect behind it.
    pub(crate) tail: Vec<Word>,
    /// Whether it is small, so that each who reads it may make it anew.
    pub(crate) small: bool,
}

/// Whether all columns of what is read come first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Star {
    No,
    All,
    Of(String),
}

/// `name AS (SELECT …)`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// What it is, line by line.
    pub(crate) comment: Vec<String>,
    pub(crate) select: Select,
}

/// The steps and the last select.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) comment: Vec<String>,
    pub(crate) steps: Vec<Step>,
    pub(crate) last: Select,
    /// What steps are called, where not as they are named above.
    pub(crate) titles: HashMap<String, String>,
    /// The day of the as-of, for whoever keeps results of many days.
    pub(crate) day: Sql,
    /// The as-of in digits, where it is not a parameter.
    pub(crate) moment: Option<String>,
    /// The rulebook's: moments are written in it.
    pub(crate) zone: Zone,
}

impl Query {
    /// What a step is called in the query.
    pub(crate) fn called<'q>(&'q self, name: &'q str) -> &'q str {
        self.titles.get(name).map_or(name, String::as_str)
    }

    /// Steps that several read, but for the rows of one table with more columns, which are as well read again.
    pub(crate) fn shared(&self) -> HashSet<&str> {
        let (mut rows, mut read, mut shared) = (HashSet::new(), HashSet::new(), HashSet::new());
        for step in &self.steps {
            if step.select.is_of_rows(|name| rows.contains(self.called(name))) {
                rows.insert(self.called(&step.name));
            }
        }
        let selects = self.steps.iter().map(|it| &it.select).chain([&self.last]);
        for name in selects.flat_map(Select::relations).map(|name| self.called(name)) {
            if !read.insert(name) && !rows.contains(name) {
                shared.insert(name);
            }
        }
        shared
    }
}

impl Select {
    /// Whether it only adds columns to the rows of a table, or of a step that is one itself.
    fn is_of_rows(&self, is_itself: impl Fn(&str) -> bool) -> bool {
        let from = match &self.from {
            From::Table(..) => true,
            From::Step(name) | From::As(name, _) => is_itself(name),
            From::Nothing => false,
        };
        let mut over = false;
        self.each(&mut |sql| over |= matches!(sql, Sql::Over(_) | Sql::Aggregate(_)));
        from && self.joins.is_empty() && self.group.is_empty() && !over
    }

    /// Reads something, so far without columns.
    pub(crate) fn from(from: From) -> Select {
        Select {
            star: Star::No,
            items: vec![],
            from,
            joins: vec![],
            filter: vec![],
            group: vec![],
            tail: vec![],
            small: false,
        }
    }
}

impl Item {
    pub(crate) fn named(sql: Sql, alias: &str) -> Item {
        Item { sql, alias: Some(alias.to_owned()), comment: None, purpose: Purpose::Carried }
    }

    pub(crate) fn plain(sql: Sql) -> Item {
        Item { sql, alias: None, comment: None, purpose: Purpose::Carried }
    }
}

impl Word {
    /// The expressions that stand here.
    pub(crate) fn each<'s>(&'s self, look: &mut dyn FnMut(&'s Sql)) {
        match self {
            Word::Text(_) => {}
            Word::Sql(of) | Word::Tight(of) => of.each(look),
            Word::List(list) => list.iter().for_each(|it| it.each(look)),
        }
    }
}

impl Select {
    /// The steps that it reads.
    pub(crate) fn relations(&self) -> impl Iterator<Item = &str> {
        [&self.from].into_iter().chain(self.joins.iter().map(|it| &it.from)).filter_map(|from| match from {
            From::Step(name) | From::As(name, _) => Some(name.as_str()),
            From::Table(..) | From::Nothing => None,
        })
    }

    /// Whether all columns of one of these relations, which it reads, are its own.
    pub(crate) fn has_all_of(&self, is_one: impl Fn(&str) -> bool) -> bool {
        match &self.star {
            Star::No => false,
            Star::All => true,
            Star::Of(relation) => is_one(relation),
        }
    }

    /// Every expression.
    pub(crate) fn each<'s>(&'s self, look: &mut dyn FnMut(&'s Sql)) {
        let items = self.items.iter().map(|it| &it.sql);
        let on = self.joins.iter().filter_map(|it| it.on.as_ref());
        items.chain(on).chain(&self.filter).chain(&self.group).for_each(|it| it.each(look));
        self.tail.iter().for_each(|word| word.each(look));
    }
}

impl Sql {
    pub(crate) const NULL: Sql = Sql::Literal(Literal::Null);

    pub(crate) fn column(name: &str) -> Sql {
        Sql::Column(None, name.to_owned())
    }

    pub(crate) fn of(relation: &str, name: &str) -> Sql {
        Sql::Column(Some(relation.to_owned()), name.to_owned())
    }

    pub(crate) fn int(number: impl Into<i128>) -> Sql {
        Sql::Literal(Literal::Int(number.into()))
    }

    pub(crate) fn text(text: impl Into<String>) -> Sql {
        Sql::Literal(Literal::Text(text.into()))
    }

    pub(crate) fn bool(truth: bool) -> Sql {
        Sql::Literal(Literal::Bool(truth))
    }

    /// `f(a, b)`; the first that is known of `coalesce(a, b)` and `c` is that of all three.
    pub(crate) fn call(function: &'static str, arguments: impl IntoIterator<Item = Sql>) -> Sql {
        let flat = arguments.into_iter().flat_map(|it| match it {
            Sql::Call("coalesce", inner) if function == "coalesce" => inner,
            other => vec![other],
        });
        Sql::Call(function, flat.collect())
    }

    pub(crate) fn binary(left: Sql, operator: &'static str, right: Sql) -> Sql {
        Sql::Binary(operator, Box::new((left, right)))
    }

    pub(crate) fn cast(sql: Sql, ty: impl Into<String>) -> Sql {
        Sql::Cast("CAST", Box::new(sql), ty.into())
    }

    pub(crate) fn when(condition: Sql, then: Sql) -> Sql {
        Sql::Case(vec![(condition, then)], None)
    }

    pub(crate) fn if_else(condition: Sql, then: Sql, otherwise: Sql) -> Sql {
        match otherwise {
            Sql::Case(mut arms, last) => {
                arms.insert(0, (condition, then));
                Sql::Case(arms, last)
            }
            otherwise => Sql::Case(vec![(condition, then)], Some(Box::new(otherwise))),
        }
    }

    pub(crate) fn missing(self) -> Sql {
        if self.is_null() { Sql::bool(true) } else { Sql::IsNull(Box::new(self)) }
    }

    pub(crate) fn known(self) -> Sql {
        if self.is_null() { Sql::bool(false) } else { Sql::IsKnown(Box::new(self)) }
    }

    /// Whether it is written out that there is no value.
    fn is_null(&self) -> bool {
        match self {
            Sql::Cast(_, of, _) => **of == Sql::NULL,
            sql => *sql == Sql::NULL,
        }
    }

    /// True where this is false, unknown where it is unknown: `a < b` for `a >= b`.
    pub(crate) fn negated(self) -> Sql {
        match self {
            Sql::Literal(Literal::Bool(truth)) => Sql::bool(!truth),
            Sql::IsNull(of) => Sql::IsKnown(of),
            Sql::IsKnown(of) => Sql::IsNull(of),
            Sql::Not(of) => *of,
            // `x = ANY(list)` is no comparison of two values.
            Sql::Binary(operator, of) if matches!(of.1, Sql::Words(_) | Sql::Call("ANY", _)) => {
                Sql::Not(Box::new(Sql::Binary(operator, of)))
            }
            Sql::Binary("=", of) => Sql::Binary("<>", of),
            Sql::Binary("<>", of) => Sql::Binary("=", of),
            Sql::Binary("<", of) => Sql::Binary(">=", of),
            Sql::Binary(">=", of) => Sql::Binary("<", of),
            Sql::Binary(">", of) => Sql::Binary("<=", of),
            Sql::Binary("<=", of) => Sql::Binary(">", of),
            other => Sql::Not(Box::new(other)),
        }
    }

    /// A sum, difference, product or quotient of floats. What left the range below stays out of it, so it is asked about once; but what is
    /// divided by such a number would come back to zero.
    pub(crate) fn finite(left: Sql, operator: &'static str, right: Sql) -> Sql {
        let bare = |sql: Sql| if let Sql::Finite(of) = sql { *of } else { sql };
        let right = if operator == "/" { right } else { bare(right) };
        Sql::Finite(Box::new(Sql::binary(bare(left), operator, right)))
    }

    pub(crate) fn between(self, low: Sql, high: Sql) -> Sql {
        Sql::Between(Box::new((self, low, high)))
    }

    /// `a IN (b, c)`; of one, `a = b`; of none it is false, but unknown where `a` is missing.
    pub(crate) fn one_of(self, mut list: Vec<Sql>) -> Sql {
        match list.len() {
            0 => Sql::binary(self.clone(), "<>", self),
            1 => Sql::binary(self, "=", list.swap_remove(0)),
            _ => Sql::In(Box::new(self), list),
        }
    }

    /// `a AND b`, each part once; of one, that one; of none, `TRUE`.
    pub(crate) fn all(parts: impl IntoIterator<Item = Sql>) -> Sql {
        let mut flat = vec![];
        for part in parts {
            match part {
                Sql::Literal(Literal::Bool(true)) => {}
                // Whatever the others are.
                Sql::Literal(Literal::Bool(false)) => return part,
                Sql::All(inner) => inner.into_iter().for_each(|it| once(&mut flat, it)),
                other => once(&mut flat, other),
            }
        }
        match flat.len() {
            0 => Sql::bool(true),
            1 => flat.swap_remove(0),
            _ => Sql::All(flat),
        }
    }

    /// `a OR b`, each part once; of one, that one; of none, `FALSE`.
    pub(crate) fn any(parts: impl IntoIterator<Item = Sql>) -> Sql {
        let mut flat = vec![];
        for part in parts {
            match part {
                Sql::Literal(Literal::Bool(false)) => {}
                Sql::Literal(Literal::Bool(true)) => return part,
                Sql::Any(inner) => inner.into_iter().for_each(|it| once(&mut flat, it)),
                other => once(&mut flat, other),
            }
        }
        match flat.len() {
            0 => Sql::bool(false),
            1 => flat.swap_remove(0),
            _ => Sql::Any(flat),
        }
    }

    pub(crate) fn words(words: impl IntoIterator<Item = Word>) -> Sql {
        Sql::Words(words.into_iter().collect())
    }

    /// A plain aggregate of one argument.
    pub(crate) fn aggregate(function: &'static str, argument: Option<Sql>, filter: Option<Sql>) -> Sql {
        let arguments = argument.into_iter().collect();
        Sql::Aggregate(Box::new(Aggregate { function, distinct: false, arguments, order: vec![], filter }))
    }

    /// This, and everything that it is made of.
    pub(crate) fn each<'s>(&'s self, look: &mut dyn FnMut(&'s Sql)) {
        look(self);
        let mut all = |them: &mut dyn Iterator<Item = &'s Sql>| them.for_each(|it| it.each(look));
        match self {
            Sql::Literal(_) | Sql::Column(..) => {}
            Sql::Binary(_, of) => all(&mut [&of.0, &of.1].into_iter()),
            Sql::Between(of) => all(&mut [&of.0, &of.1, &of.2].into_iter()),
            Sql::All(parts) | Sql::Any(parts) | Sql::Call(_, parts) => all(&mut parts.iter()),
            Sql::Not(of)
            | Sql::Minus(of)
            | Sql::IsNull(of)
            | Sql::IsKnown(of)
            | Sql::InTable(of, ..)
            | Sql::Cast(_, of, _)
            | Sql::Finite(of)
            | Sql::Lambda(_, of) => of.each(look),
            Sql::In(of, list) => all(&mut [&**of].into_iter().chain(list)),
            Sql::Case(arms, otherwise) => {
                all(&mut arms.iter().flat_map(|arm| [&arm.0, &arm.1]).chain(otherwise.as_deref()));
            }
            Sql::Switch(of, arms, otherwise) => {
                let arms = arms.iter().flat_map(|arm| [&arm.0, &arm.1]);
                all(&mut [&**of].into_iter().chain(arms).chain(otherwise.as_deref()));
            }
            Sql::Aggregate(of) => {
                all(&mut of.arguments.iter().chain(of.order.iter().map(|it| &it.0)).chain(&of.filter));
            }
            Sql::Over(of) => {
                all(&mut [&of.function].into_iter().chain(&of.partition).chain(of.order.iter().map(|it| &it.0)));
            }
            Sql::Select(select) => select.each(look),
            Sql::Words(words) => words.iter().for_each(|word| word.each(look)),
        }
    }

    /// Whether this chooses among whole numbers that are written out: of what type it is, and how wide, is for the engine to guess.
    pub(crate) fn is_narrow(&self) -> bool {
        let all = |results: &mut dyn Iterator<Item = &Sql>| {
            let mut known = results.filter(|it| **it != Sql::NULL).peekable();
            known.peek().is_some() && known.all(Sql::is_narrow)
        };
        match self {
            Sql::Literal(Literal::Int(_)) => true,
            Sql::Minus(of) => of.is_narrow(),
            Sql::Binary("+" | "-", of) => of.0.is_narrow() && of.1.is_narrow(),
            Sql::Case(arms, otherwise) | Sql::Switch(_, arms, otherwise) => {
                all(&mut arms.iter().map(|(_, then)| then).chain(otherwise.as_deref()))
            }
            Sql::Call("coalesce", of) => all(&mut of.iter()),
            _ => false,
        }
    }

    /// A constant, or a column by itself: may be written twice.
    pub(crate) fn is_short(&self) -> bool {
        match self {
            Sql::Literal(_) | Sql::Column(..) => true,
            Sql::Minus(of) => of.is_short(),
            _ => false,
        }
    }

    /// The function that is called.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Sql::Call(name, _) => name,
            Sql::Aggregate(aggregate) => aggregate.function,
            _ => "",
        }
    }

    pub(crate) fn is_literal(&self) -> bool {
        matches!(self, Sql::Literal(_))
    }

    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Sql::Literal(Literal::Int(number)) => *number == 0,
            Sql::Literal(Literal::Float(number)) => *number == 0.0,
            Sql::Literal(Literal::Decimal(digits)) => digits.chars().all(|it| matches!(it, '0' | '.' | '-')),
            _ => false,
        }
    }
}

/// Adds a part of a condition, unless it stands there already.
fn once(parts: &mut Vec<Sql>, part: Sql) {
    if !parts.contains(&part) {
        parts.push(part);
    }
}
