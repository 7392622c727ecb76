//! What a rulebook's tests and snapshots ask (LANGUAGE.md §6): names resolved, instants fixed, values typed.

use std::sync::Arc;

use crate::{
    intern::Symbol,
    ir::{Aggregate, Definition, DefinitionId, Expr, ListId, ParamId, Rulebook},
    schema::{ColumnId, TableId},
    source::Span,
    value::Value,
};

/// The tests and snapshots of a rulebook.
#[derive(Clone, Debug, Default)]
pub struct Tests {
    /// `test "…" { … }`, in order of declaration.
    pub tests: Vec<Test>,
    /// `snapshot "…" of …`, in order of declaration.
    pub snapshots: Vec<Snapshot>,
    /// The conditions that are expected, each a `let` without a name; their ids follow those of the rulebook.
    pub asked: Vec<Definition>,
    /// The questions over many rows that stand in them; their ids follow those of the rulebook.
    pub aggregates: Vec<Aggregate>,
}

/// `test "…" as of 2026-11-22T10:00 { … }`
#[derive(Clone, Debug)]
pub struct Test {
    /// `"spending just over the line makes a vip"`
    pub name: String,
    /// Its diaries.
    pub cases: Vec<Case>,
    /// Where its name stands.
    pub span: Span,
}

/// `given … expect …`, and what happens to the same users later.
#[derive(Clone, Debug)]
pub struct Case {
    /// The users, those who come later among them.
    pub users: Vec<TestUser>,
    /// The first entry, then each `then as of …`, at least one.
    pub entries: Vec<Entry>,
    /// All of it.
    pub span: Span,
}

/// A user of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct TestUser {
    /// `"u1"`; a user without a label has no key.
    pub label: Option<String>,
    /// The label as a key; missing where there is none.
    pub key: Value,
}

/// One instant of a diary.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The as-of, in microseconds since 1970-01-01T00:00Z; none where nothing asked hangs on time.
    pub as_of: Option<i64>,
    /// What is given.
    pub given: Vec<Given>,
    /// `with param churn_after = 45d`
    pub params: Vec<(ParamId, Value)>,
    /// `with list blocked = ["u1"]`
    pub lists: Vec<(ListId, Vec<Arc<str>>)>,
    /// What must hold.
    pub expect: Vec<Expectation>,
    /// All of it.
    pub span: Span,
}

/// `given "u1" { spend: 500 }`
#[derive(Clone, Debug)]
pub struct Given {
    /// Whose; an index into [`Case::users`].
    pub user: usize,
    /// What is known of them.
    pub fields: Vec<GivenField>,
    /// All of it.
    pub span: Span,
}

/// Something that is known of a user.
#[derive(Clone, Debug)]
pub struct GivenField {
    /// What it is.
    pub kind: GivenKind,
    /// Where its name stands.
    pub span: Span,
}

/// What is known of a user.
#[derive(Clone, Debug)]
pub enum GivenKind {
    /// `spend: 500`; the expression reads the clock and parameters alone.
    Column(ColumnId, Expr),
    /// `orders: [{ amount: 200 }]`; none of `orders: missing`.
    Rows(TableId, Vec<GivenRow>),
    /// `vip: true`: what is given is not computed.
    Definition(DefinitionId, Expr),
}

/// `{ amount: 200, ordered_at: 40d ago }`
#[derive(Clone, Debug)]
pub struct GivenRow {
    /// The columns that are given.
    pub columns: Vec<(ColumnId, Expr)>,
    /// All of it.
    pub span: Span,
}

/// `"u1": vip`
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Of whom; an index into [`Case::users`]. None of what is the same for everybody.
    pub user: Option<usize>,
    /// What must hold.
    pub expected: Expected,
    /// All of it, without the label.
    pub span: Span,
}

/// What must hold.
#[derive(Clone, Debug)]
pub enum Expected {
    /// `spend = 500.01`: an id of [`Rulebook::with_what_is_asked`].
    Condition(DefinitionId),
    /// `win_back sends sms`: what becomes of a user in a segment, which takes state and actions.
    Fate(DefinitionId, Fate),
}

/// What becomes of a user in a segment.
#[derive(Clone, Debug)]
pub enum Fate {
    /// `entered`
    Entered,
    /// `left`
    Left,
    /// `sends sms "…"`
    Sends {
        /// The channel.
        channel: Symbol,
        /// The whole text, where it is given.
        text: Option<String>,
        /// When, and what goes along.
        details: Details,
    },
    /// `does close_task`
    Does {
        /// What is done.
        verb: Symbol,
        /// When, and what goes along.
        details: Details,
    },
    /// `holds`
    Holds(Details),
    /// `stopped by cooldown`
    StoppedBy(StopReason),
    /// `silent`
    Silent,
}

/// When something is to be done, and what goes along with it; what is not written is not asked.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// `at once`, `not before 2026-11-23T08:00`
    pub start: Option<Start>,
    /// `not after 2026-11-22T13:00`, in microseconds since 1970-01-01T00:00Z
    pub not_after: Option<i64>,
    /// `with { coupon: 50 }`, each a value that reads the clock and parameters alone
    pub with: Vec<(Symbol, Expr)>,
}

/// From when on something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// `at once`
    AtOnce,
    /// `not before 2026-11-23T08:00`, in microseconds since 1970-01-01T00:00Z
    NotBefore(i64),
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
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// `"fixtures"`
    pub name: String,
    /// The users' file, relative to the rulebook's folder.
    pub of: String,
    /// The files of other tables, likewise.
    pub tables: Vec<(TableId, String)>,
    /// The as-of, in microseconds since 1970-01-01T00:00Z; none where no rule hangs on time.
    pub as_of: Option<i64>,
    /// Where its name stands.
    pub span: Span,
}

/// The name of a snapshot as a part of its file's name: what no file system takes is an underscore.
pub fn file_name(name: &str) -> String {
    let plain = |it: char| match it {
        it if it.is_control() || it.is_whitespace() || "/\\:*?\"<>|".contains(it) => '_',
        it => it,
    };
    name.chars().map(plain).collect()
}

impl Rulebook {
    /// The rulebook with what its tests ask of it: the ids of [`Tests::asked`] and [`Tests::aggregates`] follow its own.
    #[must_use]
    pub fn with_what_is_asked(&self) -> Rulebook {
        let mut whole = Rulebook { tests: Tests::default(), ..self.clone() };
        let first = whole.definitions.len() as u32;
        whole.order.extend((first..).map(DefinitionId).take(self.tests.asked.len()));
        whole.definitions.extend(self.tests.asked.iter().cloned());
        whole.aggregates.extend(self.tests.aggregates.iter().cloned());
        whole
    }
}
