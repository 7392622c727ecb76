//! Test blocks and snapshots (LANGUAGE.md §6).

use super::{Expr, Name, Place, Text};

/// `test "…" as of 2026-11-22T10:00 { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestBlock {
    /// Its name.
    pub name: Text,
    /// `as of 2026-11-22T10:00`
    pub as_of: Option<Expr>,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// `given … expect …`, and what happens to the same users later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The first entry, then each `then as of …`, at least one.
    pub entries: Vec<Entry>,
    /// All of it.
    pub place: Place,
}

/// One instant of a diary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `then as of 2026-11-23T10:00`; none for the first.
    pub then: Option<Expr>,
    /// One or more for the first entry; `then` may have none.
    pub given: Vec<Given>,
    /// `with param churn_after = 45d, list blocked = ["u1"]`
    pub with: Vec<Override>,
    /// What must hold.
    pub expect: Vec<Expectation>,
    /// All of it.
    pub place: Place,
}

/// `given "u1" { spend: 500 }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// `"u1"`
    pub user: Option<Text>,
    /// What is known of the user.
    pub fields: Vec<Field>,
    /// All of it.
    pub place: Place,
}

/// `spend: 500`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// A column, child table, `let`, tag, level or score.
    pub name: Name,
    /// What it is.
    pub value: GivenValue,
    /// All of it.
    pub place: Place,
}

/// What a field is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenValue {
    /// `500`, `40d ago`, `missing`, `["a", "b"]`
    Value(Expr),
    /// `[{ amount: 200 }, { amount: 300 }]`, at least one
    Records(Vec<Record>),
}

/// `{ amount: 200, ordered_at: 40d ago }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its fields.
    pub fields: Vec<Field>,
    /// All of it.
    pub place: Place,
}

/// What a case changes in the rulebook's surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Override {
    /// `param churn_after = 45d`
    Param(Name, Expr),
    /// `list blocked = ["u1"]`
    List(Name, Expr),
}

/// `"u1": vip`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// A label, written before this item; it holds until the next one.
    pub user: Option<Text>,
    /// What must hold.
    pub kind: ExpectationKind,
    /// All of it.
    pub place: Place,
}

/// What must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectationKind {
    /// `spend = 500.01`
    Condition(Expr),
    /// `win_back entered`
    Entered(Name),
    /// `win_back left`
    Left(Name),
    /// `win_back sends sms "…"`
    Sends {
        /// The segment.
        segment: Name,
        /// The channel.
        channel: Name,
        /// The whole text, where it is given.
        text: Option<Text>,
        /// When, and what goes along.
        details: Details,
    },
    /// `win_back does close_task`
    Does {
        /// The segment.
        segment: Name,
        /// What is done.
        verb: Name,
        /// When, and what goes along.
        details: Details,
    },
    /// `win_back holds`
    Holds {
        /// The segment.
        segment: Name,
        /// When, and what goes along.
        details: Details,
    },
    /// `win_back stopped by cooldown`
    StoppedBy {
        /// The segment.
        segment: Name,
        /// What stopped it.
        reason: StopReason,
    },
    /// `win_back silent`
    Silent(Name),
}

/// When something is to be done, and what goes along with it; what is not written is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// `at once`
    pub at_once: Option<Place>,
    /// `not before 2026-11-23T08:00`
    pub not_before: Option<Expr>,
    /// `not after 2026-11-22T13:00`
    pub not_after: Option<Expr>,
    /// `with { coupon: 50 }`
    pub with: Vec<Field>,
}

/// Why a decision is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// `require`
    Require,
    /// `limit`
    Limit,
    /// `cooldown`
    Cooldown,
    /// `once`
    Once,
    /// `at most`
    AtMost,
    /// `channel`
    Channel,
}

/// `snapshot "fixtures" of "fixtures/users.csv", orders: "fixtures/orders.csv" as of 2026-11-22`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: Text,
    /// The root table's file.
    pub of: Text,
    /// The files of other tables.
    pub tables: Vec<(Name, Text)>,
    /// `as of 2026-11-22`
    pub as_of: Option<Expr>,
}
