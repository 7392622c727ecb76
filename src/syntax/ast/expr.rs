//! Expressions.

use super::{Name, Place, Text};
use crate::source::Span;

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// All of it.
    pub place: Place,
}

impl Expr {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.place.0
    }

    /// The expression inside any parentheses.
    pub fn unparenthesised(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }
}

/// What an expression is, from loosest to tightest. Chains of one level are flat, so that no input nests without brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `if c then a else b`; `else` may be absent in the tree only where it was absent in the text (an error was told).
    If {
        /// What decides.
        condition: Box<Expr>,
        /// What it is where that is true.
        then: Box<Expr>,
        /// What it is where that is false or unknown.
        otherwise: Box<Expr>,
    },
    /// `a or b or c`, two or more
    Or(Vec<Expr>),
    /// `a and b and c`, two or more
    And(Vec<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a >= b`
    Compare {
        /// Which comparison.
        op: CompareOp,
        /// Where its sign stands.
        op_place: Place,
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
    /// A word operator with its operand on the left: `x not between 3..5`, `s contains "a"`, `x is missing`
    Test {
        /// What is asked.
        subject: Box<Expr>,
        /// Whether `not` stands before the word.
        negated: bool,
        /// What it is asked.
        test: Test,
        /// The word operator with what follows it, `not` included.
        test_place: Place,
    },
    /// `a ?? b ?? c`, two or more
    Coalesce(Vec<Expr>),
    /// `a + b - c`
    Sum {
        /// The first operand.
        first: Box<Expr>,
        /// Each further operand with the sign before it.
        rest: Vec<(SumOp, Expr)>,
    },
    /// `a * b / c`
    Product {
        /// The first operand.
        first: Box<Expr>,
        /// Each further operand with the sign before it.
        rest: Vec<(ProductOp, Expr)>,
    },
    /// `-a`
    Negate(Box<Expr>),
    /// `40d ago`, `churn_after ago`, `3mo from now`
    Shifted {
        /// How far.
        duration: Box<Expr>,
        /// Which way.
        direction: Direction,
    },
    /// `lower(name)`, `count(orders where paid)`, `ntile(spend where active per city, 5)`
    Call {
        /// What is called.
        function: Name,
        /// What stands between its brackets.
        arguments: Vec<Argument>,
    },
    /// `all of (a, b)`, `at least 2 of (a, b, c)`
    Quorum {
        /// How many of them.
        quorum: Quorum,
        /// The conditions.
        conditions: Vec<Expr>,
    },
    /// `top 20% by spend`, `bottom 100 by (spend where active per city)`
    Rank {
        /// Which end.
        end: RankEnd,
        /// How many, or what share.
        amount: Box<Expr>,
        /// What they are ranked by.
        by: Box<Clause>,
    },
    /// `orders.amount`, `channels[source].price`
    Field {
        /// What stands before it.
        base: Box<Expr>,
        /// What stands behind the point.
        field: Name,
    },
    /// `channels[source]`
    Index {
        /// What stands before it.
        base: Box<Expr>,
        /// What stands in the brackets.
        index: Box<Expr>,
    },
    /// `( a )`
    Paren(Box<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `vip`
    Name(Name),
    /// `now`
    Now,
    /// `today`
    Today,
    /// `missing`, as a value
    Missing,
    /// `500`, `"fruit"`, `30d`
    Literal(Literal),
}

/// A literal; numbers, dates and durations in the spelling of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `500`, `1_000_000`, `12.50`
    Number(String),
    /// `20%`, without the sign: `20`
    Percent(String),
    /// `"fruit"`
    Text(String),
    /// `true`
    Bool(bool),
    /// `2026-11-22`; it may not exist in the calendar
    Date(String),
    /// `2026-11-22T08:00+08:00`; it may not exist
    Timestamp(String),
    /// `08:00`; it may not exist
    TimeOfDay(String),
    /// `1d12h`: parts in the order written
    Duration(Vec<DurationPart>),
}

/// `12h` in `1d12h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationPart {
    /// Digits as written, `_` among them.
    pub number: String,
    /// The unit.
    pub unit: Unit,
}

/// A unit of duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `y`
    Year,
    /// `mo`
    Month,
    /// `w`
    Week,
    /// `d`
    Day,
    /// `h`
    Hour,
    /// `min`
    Minute,
    /// `s`
    Second,
}

impl Unit {
    /// As it is written after a number.
    pub fn suffix(self) -> &'static str {
        match self {
            Unit::Year => "y",
            Unit::Month => "mo",
            Unit::Week => "w",
            Unit::Day => "d",
            Unit::Hour => "h",
            Unit::Minute => "min",
            Unit::Second => "s",
        }
    }
}

/// `=`, `!=`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl CompareOp {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            CompareOp::Equal => "=",
            CompareOp::NotEqual => "!=",
            CompareOp::Less => "<",
            CompareOp::AtMost => "<=",
            CompareOp::Greater => ">",
            CompareOp::AtLeast => ">=",
        }
    }
}

/// What a word operator asks of its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `between 30d..60d`
    Between(Range),
    /// `in ["a", "b"]`, `in blocked`
    In(Box<Expr>),
    /// `contains "a"`
    Contains(Box<Expr>),
    /// `starts with "a"`
    StartsWith(Box<Expr>),
    /// `ends with "a"`
    EndsWith(Box<Expr>),
    /// `matches /re/`, the pattern without its slashes, `\/` kept as written
    Matches(Pattern),
    /// `has v`
    Has(Box<Expr>),
    /// `has any of [..]`
    HasAny(Box<Expr>),
    /// `has all of [..]`
    HasAll(Box<Expr>),
    /// `has none of [..]`
    HasNone(Box<Expr>),
    /// `within 30d`
    Within(Box<Expr>),
    /// `within next 7d`
    WithinNext(Box<Expr>),
    /// `during this month`
    During(Period),
    /// `is missing`
    IsMissing,
    /// `is known`
    IsKnown,
}

/// `/^1[3-9]/`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Between the slashes, as written.
    pub source: String,
    /// With the slashes.
    pub place: Place,
}

/// `3..5`, `3..<5`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Lower end, included.
    pub from: Box<Expr>,
    /// Upper end.
    pub to: Box<Expr>,
    /// Whether the upper end belongs to it.
    pub upper: UpperEnd,
    /// All of it.
    pub place: Place,
}

/// Whether a range's upper end belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpperEnd {
    /// `3..5`
    Included,
    /// `3..<5`
    Excluded,
}

/// `this month`, `yesterday`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Which one.
    pub which: Which,
    /// Of what length; [`PeriodUnit::Day`] is written `yesterday`, `today`, `tomorrow`.
    pub unit: PeriodUnit,
    /// All of it.
    pub place: Place,
}

/// `this`, `last`, `next`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// `last month`, `yesterday`
    Last,
    /// `this month`, `today`
    This,
    /// `next month`, `tomorrow`
    Next,
}

/// `day`, `week`, `month`, `quarter`, `year`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodUnit {
    /// `today`
    Day,
    /// `this week`
    Week,
    /// `this month`
    Month,
    /// `this quarter`
    Quarter,
    /// `this year`
    Year,
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
    /// `/`
    Divide,
}

/// `ago` or `from now`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `ago`
    Ago,
    /// `from now`
    FromNow,
}

/// `all of`, `any of`, `none of`, `at least 2 of`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// `all of`
    All,
    /// `any of`
    Any,
    /// `none of`
    None,
    /// `at least 2 of`, the number as written
    AtLeast(String),
}

/// `top` or `bottom`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RankEnd {
    /// `top`
    Top,
    /// `bottom`
    Bottom,
}

/// What stands between a call's commas.
#[expect(clippy::large_enum_variant, reason = "most arguments are of the large variant")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// An expression, or a source clause; which functions take a clause is the checker's business.
    Clause(Clause),
    /// `clamp(x, 0..100)`
    Range(Range),
    /// `/re/` where a function is given a pattern: an error told by the checker.
    Pattern(Pattern),
}

/// The one source clause, LANGUAGE.md §4.2: source, then `by`, then a window, then `where`, then `per`.
/// A plain expression is a clause with nothing after its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// A table, or an expression over one table's columns, or simply an argument.
    pub source: Expr,
    /// `most(orders.category by orders.amount)`
    pub by: Option<Expr>,
    /// `within 90d`, `between 30d..60d`, `during this month`
    pub window: Option<Window>,
    /// `where paid`
    pub filter: Option<Expr>,
    /// `per city`, `per [city, channel]`
    pub per: Option<Expr>,
    /// All of it.
    pub place: Place,
}

/// A window on the table's `at` column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// One of [`Test::Within`], [`Test::WithinNext`], [`Test::Between`], [`Test::During`].
    pub test: Test,
    /// All of it.
    pub place: Place,
}

impl Expr {
    /// A quoted text, if that is all it is.
    pub fn as_text(&self) -> Option<Text> {
        match &self.kind {
            ExprKind::Literal(Literal::Text(value)) => Some(Text { value: value.clone(), place: self.place }),
            _ => None,
        }
    }
}
