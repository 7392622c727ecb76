//! Typed expressions.

use crate::{
    ir::{AggregateId, DefinitionId, ListId, ParamId},
    schema::{ColumnId, TableId},
    source::Span,
    value::{Pattern, Type, Value},
};

pub use crate::value::{
    compare::{Comparison as CompareOp, UpperEnd},
    time::{Period, PeriodUnit, Which},
};

/// An expression, its type, and where it was written.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// What it gives. A condition gives [`Type::Bool`], unknown as [`Value::Missing`].
    pub ty: Type,
    /// Where it was written; of what the checker wrote out, where it came from.
    pub span: Span,
}

impl Expr {
    /// The same in another place: in its brackets.
    #[must_use]
    pub fn at(mut self, span: Span) -> Expr {
        if let ExprKind::Not(inner) = &mut self.kind
            && inner.span == self.span
        {
            inner.span = span;
        }
        self.span = span;
        self
    }

    /// Of `x not in y`, `x not between a..b` and the like what is denied: one operator, so it is told as it is written, as one
    /// condition. What is denied has the place of the whole.
    #[must_use]
    pub fn denied(&self) -> Option<&Expr> {
        match &self.kind {
            ExprKind::Not(inner) if inner.span == self.span => Some(inner),
            _ => None,
        }
    }
}

/// What an expression is. Chains are flat, so that no rulebook nests deeper than its brackets.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A literal, or what came of literals alone.
    Constant(Value),
    /// A column of the root table.
    Column(ColumnId),
    /// A column of the child row that a clause asks about.
    ChildColumn(ColumnId),
    /// The answer of a question over many rows.
    Aggregate(AggregateId),
    /// `reached(path)`: when the furthest step of a funnel was last reached; its question, and the funnel, which is read.
    Reached(AggregateId, DefinitionId),
    /// `channels[source].price`; missing where there is no such row.
    Lookup {
        /// A reference table.
        table: TableId,
        /// Of the type of the table's key.
        key: Box<Expr>,
        /// The column looked up.
        column: ColumnId,
    },
    /// The value of a definition; of a tag or segment closed: true or false, never unknown.
    Definition(DefinitionId),
    /// The value of a parameter.
    Param(ParamId),
    /// `now`: a timestamp, or today's date where the type is [`Type::Date`]. `today` is the latter.
    Now,
    /// `40d ago`: now − duration; where the type is [`Type::Date`], today − duration.
    Ago(Box<Expr>),
    /// `3mo from now`: now + duration, or today + duration.
    FromNow(Box<Expr>),
    /// `if c then a else b`: b where c is false or unknown.
    If {
        /// The condition.
        condition: Box<Expr>,
        /// Where it is true.
        then: Box<Expr>,
        /// Where it is not.
        otherwise: Box<Expr>,
    },
    /// `a or b`, two or more conditions
    Or(Vec<Expr>),
    /// `a and b`, two or more conditions
    And(Vec<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `all of (…)`, `at least 2 of (…)`: unknown only where the unknown ones could change the answer.
    Quorum {
        /// How many are wanted.
        quorum: Quorum,
        /// Of these conditions.
        conditions: Vec<Expr>,
    },
    /// `a >= b`: like with like, or a timestamp with a date, which compares by the timestamp's day in the zone.
    Compare {
        /// Which comparison.
        op: CompareOp,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// `x between a..b` of like values, as [`ExprKind::Compare`] compares them.
    Between {
        /// What is compared.
        subject: Box<Expr>,
        /// Lower end, included.
        low: Box<Expr>,
        /// Upper end.
        high: Box<Expr>,
        /// Whether the upper end belongs to it.
        upper: UpperEnd,
    },
    /// `t between 30d..60d`, `t within 30d`, `t within next 7d`, `t during this month`
    Window {
        /// A timestamp or a date.
        subject: Box<Expr>,
        /// The time asked about.
        window: TimeWindow,
    },
    /// `age(t) > 30d`, written in place: t compared with now − 30d by the calendar; unknown of a moment in the future.
    CompareAge {
        /// The comparison as written between the age and the duration.
        op: CompareOp,
        /// The moment.
        moment: Box<Expr>,
        /// The duration.
        duration: Box<Expr>,
    },
    /// `age(t) between 30d..60d`, likewise by the calendar.
    AgeBetween {
        /// The moment.
        moment: Box<Expr>,
        /// Least age, included.
        low: Box<Expr>,
        /// Greatest age.
        high: Box<Expr>,
        /// Whether the greatest age belongs to it.
        upper: UpperEnd,
    },
    /// `x in [a, b]`, or in an expression that gives a list
    In {
        /// What is looked for.
        subject: Box<Expr>,
        /// A list.
        list: Box<Expr>,
    },
    /// `x in blocked`: an uploaded list; texts compared letter by letter.
    InUploaded {
        /// What is looked for, a text.
        subject: Box<Expr>,
        /// The list.
        list: ListId,
    },
    /// `s contains t`
    Text {
        /// Which question.
        test: TextTest,
        /// What is searched.
        subject: Box<Expr>,
        /// What for.
        argument: Box<Expr>,
    },
    /// `s matches /re/`: the pattern is found somewhere in it
    Matches {
        /// What is searched.
        subject: Box<Expr>,
        /// Compiled.
        pattern: Box<Pattern>,
    },
    /// `xs has v`
    Has {
        /// A list.
        subject: Box<Expr>,
        /// An element.
        element: Box<Expr>,
    },
    /// `xs has any of [..]`
    HasOf {
        /// How many of them.
        test: HasTest,
        /// A list.
        subject: Box<Expr>,
        /// A list.
        elements: Box<Expr>,
    },
    /// `x is missing`: always true or false
    IsMissing(Box<Expr>),
    /// `x is known`: always true or false
    IsKnown(Box<Expr>),
    /// `x ?? d`: the first that is not missing
    Coalesce(Vec<Expr>),
    /// `a + b - c`, from the left: numbers, texts (`+` only), a moment and durations, two moments, durations.
    Sum {
        /// The first.
        first: Box<Expr>,
        /// What is added or taken away, with the type of the sum so far.
        rest: Vec<(SumOp, Expr, Type)>,
    },
    /// `a * b / c`, from the left: numbers, a duration and numbers, two durations.
    Product {
        /// The first.
        first: Box<Expr>,
        /// By what it is multiplied or divided, with the type of the product so far.
        rest: Vec<(ProductOp, Expr, Type)>,
    },
    /// `-a`: a number or a duration
    Negate(Box<Expr>),
    /// The same number in the wider type of this node: int → decimal → float.
    Widen(Box<Expr>),
    /// `lower(name)`
    Call {
        /// Which function.
        function: Function,
        /// Its arguments, as many as it takes.
        arguments: Vec<Expr>,
    },
    /// `to_next(membership)`: what is missing to the next arm up; missing at the top.
    ToNext(DefinitionId),
    /// `[a, b]`
    List(Vec<Expr>),
}

/// `all of`, `any of`, `none of`, `at least 2 of`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quorum {
    /// `all of`
    All,
    /// `any of`
    Any,
    /// `none of`
    None,
    /// `at least 2 of`
    AtLeast(u32),
}

/// A stretch of time relative to the clock. Durations are constants or parameters, or computed.
#[derive(Clone, Debug)]
pub enum TimeWindow {
    /// `between 30d..60d`: now − far ≤ t ≤ now − near; `..<` leaves the far end out. False of a moment in the future.
    Ago {
        /// The lower end as written: nearest to now.
        near: Box<Expr>,
        /// The upper end as written: furthest from now.
        far: Box<Expr>,
        /// Whether the far end belongs to it.
        upper: UpperEnd,
    },
    /// `within 30d`: now − 30d ≤ t ≤ now
    Within(Box<Expr>),
    /// `within next 7d`: now ≤ t ≤ now + 7d
    WithinNext(Box<Expr>),
    /// `during this month`: the calendar period in the zone
    During(Period),
}

/// `contains`, `starts with`, `ends with`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextTest {
    /// `contains`
    Contains,
    /// `starts with`
    StartsWith,
    /// `ends with`
    EndsWith,
}

/// `has any of`, `has all of`, `has none of`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HasTest {
    /// `has any of`
    Any,
    /// `has all of`
    All,
    /// `has none of`
    None,
}

/// `+` or `-`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SumOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
}

/// `*` or `/`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProductOp {
    /// `*`
    Multiply,
    /// `/`: always a float
    Divide,
}

/// The functions of LANGUAGE.md §4 on single values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `lower(s)`
    Lower,
    /// `upper(s)`
    Upper,
    /// `trim(s)`
    Trim,
    /// `length(s)`: Unicode scalar values
    Length,
    /// `abs(x)`
    Abs,
    /// `round(x, digits)`; the checker writes out 0 digits
    Round,
    /// `floor(x)`: an int
    Floor,
    /// `ceil(x)`: an int
    Ceil,
    /// `mod(a, b)`: the sign of a
    Mod,
    /// `min(a, b, …)`, arguments already of one type
    Min,
    /// `max(a, b, …)`
    Max,
    /// `clamp(x, lo..hi)`: three arguments
    Clamp,
    /// `date(t)`
    Date,
    /// `start_of_week(t)`: of a timestamp or date, a date
    StartOfWeek,
    /// `start_of_month(t)`
    StartOfMonth,
    /// `year(t)`
    Year,
    /// `month(t)`
    Month,
    /// `day(t)`
    Day,
    /// `weekday(t)`: 1 = Monday
    Weekday,
    /// `hour(t)`
    Hour,
    /// `age(t)`, as a plain duration
    Age,
    /// `anniversary(d)`
    Anniversary,
    /// `bucket(key, "salt", n)`
    Bucket,
    /// `count(tags)`: of a list, like all that follow
    Count,
    /// `sum(amounts)`
    Sum,
    /// `avg(amounts)`
    Average,
    /// `min(amounts)`
    Least,
    /// `max(amounts)`
    Greatest,
    /// `first(tags)`
    First,
    /// `last(tags)`
    Last,
    /// `distinct(tags)`
    Distinct,
    /// `most(tags)`
    Most,
    /// `quantile(amounts, 90%)`
    Quantile,
    /// `any(flags)`
    Any,
}
