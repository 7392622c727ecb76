//! Declarations of data, parameters, lists, and rules.

use super::{Channel, Clause, Expr, Name, Place, Policy, Range, Segment, Snapshot, Template, TestBlock, Text};
use crate::source::Span;

/// A declaration with what is written above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The `##` comments directly above, without `##` and one space, joined by line breaks.
    pub description: Option<String>,
    /// What it declares.
    pub kind: DeclarationKind,
    /// From its first word to its last character, without the description.
    pub place: Place,
}

/// What a declaration declares. What is long stands elsewhere, so that a tag is short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclarationKind {
    /// `rulebook "shop" timezone "Asia/Shanghai"`
    Rulebook(Rulebook),
    /// `table users key user_id { … }`
    Table(Box<Table>),
    /// `param churn_after = 30d`
    Param(Param),
    /// `list blocked from "blocked.csv"`
    List(ListDeclaration),
    /// `let spend = sum(orders.amount)`
    Let(Let),
    /// `tag vip when …`
    Tag(Tag),
    /// `score heat { 40 when … }`
    Score(Box<Score>),
    /// `level membership by points { … }`
    Level(Box<Level>),
    /// `layer rfm { … }`
    Layer(Layer),
    /// `funnel path on events { … }`
    Funnel(Funnel),
    /// `segment win_back when vip { … }`
    Segment(Box<Segment>),
    /// `policy { … }`
    Policy(Policy),
    /// `template come_back "…"`
    Template(Template),
    /// `channel sms { … }`
    Channel(Channel),
    /// `test "…" { … }`
    Test(TestBlock),
    /// `snapshot "…" of "…"`
    Snapshot(Box<Snapshot>),
}

impl Declaration {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.place.0
    }

    /// The bare name that it adds to the rulebook's one namespace, where it adds one.
    pub fn name(&self) -> Option<&Name> {
        match &self.kind {
            DeclarationKind::Rulebook(_)
            | DeclarationKind::Policy(_)
            | DeclarationKind::Test(_)
            | DeclarationKind::Snapshot(_) => None,
            DeclarationKind::Table(it) => Some(&it.name),
            DeclarationKind::Param(it) => Some(&it.name),
            DeclarationKind::List(it) => Some(&it.name),
            DeclarationKind::Let(it) => Some(&it.name),
            DeclarationKind::Tag(it) => Some(&it.name),
            DeclarationKind::Score(it) => Some(&it.name),
            DeclarationKind::Level(it) => Some(&it.name),
            DeclarationKind::Layer(it) => Some(&it.name),
            DeclarationKind::Funnel(it) => Some(&it.name),
            DeclarationKind::Segment(it) => Some(&it.name),
            DeclarationKind::Template(it) => Some(&it.name),
            DeclarationKind::Channel(it) => Some(&it.name),
        }
    }
}

/// `rulebook "shop" timezone "Asia/Shanghai"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rulebook {
    /// Its name.
    pub name: Text,
    /// The zone; UTC where not said.
    pub timezone: Option<Text>,
}

/// `table orders of users by user_id at ordered_at key order_id from "orders.csv" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// `"订单"`
    pub label: Option<Text>,
    /// `of users`
    pub of: Option<Name>,
    /// `by user_id`
    pub by: Option<Name>,
    /// `at ordered_at`
    pub at: Option<Name>,
    /// `key order_id`
    pub key: Option<Name>,
    /// `from "orders.csv"`, `from ledger`
    pub from: Option<TableSource>,
    /// `{ … }`; only a table from the ledger has none.
    pub columns: Option<Vec<Column>>,
}

/// Where a table's rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableSource {
    /// `from "orders.csv"`
    File(Text),
    /// `from ledger`
    Ledger(Place),
}

/// `spend: decimal(2)? from "Total Spend"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in rules.
    pub name: Name,
    /// Its type.
    pub ty: ColumnType,
    /// `from "Header"`: its name in the data, where that differs.
    pub header: Option<Text>,
    /// `in "%d.%m.%Y"`, `in epoch ms`
    pub format: Option<ColumnFormat>,
    /// All of it.
    pub place: Place,
}

/// `list of text?`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnType {
    /// The type without `?`.
    pub base: TypeName,
    /// `?`: may be missing.
    pub optional: bool,
    /// All of it.
    pub place: Place,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeName {
    /// `text`, `int`, `float`, `bool`, `date`, `timestamp`, `duration`; also a word that is no type (an error told by the checker).
    Word(Name),
    /// `decimal(2)`, the digits as written
    Decimal(String),
    /// `list of text`
    List(Box<TypeName>),
}

/// How a column's values are written in the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnFormat {
    /// `in "%d.%m.%Y"`
    Strftime(Text),
    /// `in epoch ms`; the unit as written (`s`, `ms`, `us`)
    Epoch(Name),
}

/// `param churn_after = 30d`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// `"流失期限"`
    pub label: Option<Text>,
    /// Its value, a constant.
    pub value: Expr,
}

/// `list blocked from "blocked.csv" column user_id`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDeclaration {
    /// Its name.
    pub name: Name,
    /// `"黑名单"`
    pub label: Option<Text>,
    /// The file.
    pub from: Text,
    /// The column of the file.
    pub column: Option<Name>,
}

/// `let purchases = count(orders)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// Its name.
    pub name: Name,
    /// `"订单数"`
    pub label: Option<Text>,
    /// What it stands for.
    pub value: Expr,
}

/// `tag vip "重要客户" when purchases >= 3`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: Name,
    /// `"重要客户"`
    pub label: Option<Text>,
    /// Who gets it.
    pub condition: Expr,
}

/// `score heat from 50 { 40 when vip  minus 20 when lapsed } clamp 0..100`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Its name.
    pub name: Name,
    /// `"热度"`
    pub label: Option<Text>,
    /// `from 50`
    pub base: Option<Expr>,
    /// What adds and what takes away.
    pub arms: Vec<ScoreArm>,
    /// `clamp 0..100`
    pub clamp: Option<Range>,
}

/// `minus 20 when lapsed`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreArm {
    /// Whether `minus` stands before the points.
    pub minus: bool,
    /// How many points.
    pub points: Expr,
    /// For whom.
    pub condition: Expr,
    /// All of it.
    pub place: Place,
}

/// `level membership "会员等级" by points { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Its name.
    pub name: Name,
    /// `"会员等级"`
    pub label: Option<Text>,
    /// `by points`
    pub by: Option<Expr>,
    /// From top to bottom.
    pub arms: Vec<Arm>,
}

/// `layer rfm exclusive { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: Name,
    /// `"客户分层"`
    pub label: Option<Text>,
    /// Where `exclusive` stands.
    pub exclusive: Option<Place>,
    /// First that applies.
    pub arms: Vec<Arm>,
}

/// `gold "金海会员" from 5000 keep 1y`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// The value's bare name.
    pub name: Name,
    /// `"金海会员"`
    pub label: Option<Text>,
    /// When it applies.
    pub choice: Choice,
    /// All of it.
    pub place: Place,
}

/// When an arm applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `from 5000 keep 9000 keep 1y`
    From {
        /// From where on it applies.
        threshold: Expr,
        /// What stands after each `keep`.
        keep: Vec<Expr>,
    },
    /// `when COND`
    When(Expr),
    /// `otherwise`
    Otherwise(Place),
}

/// `funnel path on events by session_id { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funnel {
    /// Its name.
    pub name: Name,
    /// `"转化路径"`
    pub label: Option<Text>,
    /// A table, or a source clause in parentheses.
    pub on: FunnelSource,
    /// `by session_id`
    pub by: Option<Name>,
    /// From first to last.
    pub steps: Vec<Step>,
}

/// `events` or `(events within 30d where paid)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunnelSource {
    /// `on events`
    Table(Name),
    /// `on (events within 30d)`
    Clause(Box<Clause>),
}

/// `register "注册" within 1d when event = "register"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The value's bare name.
    pub name: Name,
    /// `"注册"`
    pub label: Option<Text>,
    /// `within 1d`: no later than this after the step before.
    pub within: Option<Expr>,
    /// What an event of this step is.
    pub condition: Expr,
    /// All of it.
    pub place: Place,
}
