//! Segments, their deeds, and the rulebook-wide policy (LANGUAGE.md §7).

use super::{Expr, Name, Place, Text};

/// `segment win_back "挽回" when vip { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub name: Name,
    /// `"挽回"`
    pub label: Option<Text>,
    /// Who is inside.
    pub condition: Expr,
    /// `{ … }`; a segment without a block only selects.
    pub entries: Option<Vec<SegmentEntry>>,
}

/// What stands in a segment's block.
#[expect(clippy::large_enum_variant, reason = "a rulebook has few of them")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentEntry {
    /// `require not opted_out`
    Require(Expr),
    /// `on enter send sms "…"`
    Trigger(Trigger),
    /// `backfill`
    Backfill(Place),
}

/// When something is done, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// When.
    pub on: TriggerKind,
    /// What.
    pub body: TriggerBody,
    /// All of it.
    pub place: Place,
}

/// When something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerKind {
    /// `on enter`
    Enter,
    /// `on exit`
    Exit,
    /// `every 30d`
    Every(Expr),
    /// `on each payments where paid`
    Each {
        /// The child table.
        table: Name,
        /// What stands after `where`.
        filter: Option<Expr>,
    },
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerBody {
    /// One deed.
    Deed(Deed),
    /// `{ … }`: the first that applies.
    Block(Vec<Deed>),
    /// `split "salt" { … }`
    Split {
        /// The text that is hashed with the user's key.
        salt: Text,
        /// The variants.
        shares: Vec<Share>,
    },
}

/// `45% noon send sms "A"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The share, normally a percentage.
    pub share: Expr,
    /// The variant's name.
    pub name: Name,
    /// What is done for it.
    pub deed: Deed,
    /// All of it.
    pub place: Place,
}

/// `send sms "…" with coupon = 50 cooldown 30d when vip`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What is done.
    pub act: Act,
    /// In the order written.
    pub terms: Vec<Term>,
    /// `when COND` or `otherwise`
    pub choice: Option<DeedChoice>,
    /// All of it.
    pub place: Place,
}

/// What a deed does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// `send sms "…"`, `send email come_back`
    Send {
        /// The channel.
        channel: Name,
        /// What is sent.
        message: Message,
    },
    /// `do close_task`
    Do {
        /// What is done.
        verb: Name,
    },
    /// `hold`
    Hold,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// `"送您 {coupon} 元券"`; holes are found by the checker.
    Text(Text),
    /// A template's name.
    Template(Name),
}

/// What may follow a deed, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// `with coupon = 50, until = today + 7d`
    With(Vec<(Name, Expr)>),
    /// `hours 12:00..13:00`
    Hours(super::Range),
    /// `cooldown 30d`
    Cooldown(Expr),
    /// `at most 3 times`, the number as written
    AtMost(Expr),
    /// `once`
    Once(Place),
}

/// For whom, of those who triggered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeedChoice {
    /// `when COND`
    When(Expr),
    /// `otherwise`
    Otherwise(Place),
}

/// `policy { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// In the order written.
    pub entries: Vec<PolicyEntry>,
}

/// What stands in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyEntry {
    /// `require not opted_out`
    Require(Expr),
    /// `limit sms 1 within 1d`
    Limit {
        /// The channel.
        channel: Option<Name>,
        /// How many.
        count: Expr,
        /// In how long.
        within: Expr,
        /// All of it.
        place: Place,
    },
    /// `quiet 22:00..08:00`
    Quiet(super::Range),
    /// `exempt [payment_notice]`
    Exempt(Vec<Name>),
    /// `priority [win_back, by_layer]`
    Priority(Vec<Name>),
}

/// `template come_back "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its name.
    pub name: Name,
    /// What it says; holes are found by the checker.
    pub text: Text,
}

/// `channel sms "短信" { at most 70 characters  must contain "退订" }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: Name,
    /// `"短信"`
    pub label: Option<Text>,
    /// What a message on it must be like.
    pub requirements: Vec<Requirement>,
}

/// What a message on a channel must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// `at most 70 characters`
    AtMostCharacters(Expr),
    /// `must contain "退订"`
    MustContain(Text),
}
