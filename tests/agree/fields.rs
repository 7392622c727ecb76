//! What generated rules may ask about: the tables, and each column with what it is.

/// What there is to ask about. `name` is a column of users and of orders.
pub(super) const TABLES: &str = r#"table users key user_id {
  user_id: text
  name: text?
  points: int?
  balance: decimal(2)?
  rate: float?
  active: bool?
  born: date?
  seen: timestamp?
  span: duration?
  interests: list of text?
}
table orders of users by user_id at ordered_at {
  user_id: text?
  ordered_at: timestamp?
  name: text?
  amount: decimal(2)?
  qty: int?
  weight: float?
  category: text?
  paid: bool?
  due: date?
  took: duration?
}
table visits of users by visitor at visited {
  visitor: text?
  visited: date?
  page: text?
  seconds: int?
  part: decimal(4)?
}
param churn_after = 30d
param best = 25%
param few = 2
"#;

/// What a value is, as far as writing well-typed rules goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Truth,
    Day,
    Instant,
    Length,
    Texts,
}

pub(super) use Kind::{Day, Instant, Length, Number, Text, Texts, Truth};

pub(super) const KINDS: &[Kind] = &[Number, Truth, Text, Instant, Day, Length];

pub(super) const USERS: &[(&str, Kind)] = &[
    ("points", Number),
    ("balance", Number),
    ("rate", Number),
    ("name", Text),
    ("active", Truth),
    ("born", Day),
    ("seen", Instant),
    ("span", Length),
    ("interests", Texts),
];
const ORDERS: &[(&str, Kind)] = &[
    ("amount", Number),
    ("qty", Number),
    ("weight", Number),
    ("category", Text),
    ("name", Text),
    ("user_id", Text),
    ("paid", Truth),
    ("due", Day),
    ("ordered_at", Instant),
    ("took", Length),
];
const VISITS: &[(&str, Kind)] =
    &[("seconds", Number), ("part", Number), ("page", Text), ("visitor", Text), ("visited", Day)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Orders,
    Visits,
}

pub(super) use Table::{Orders, Visits};

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Orders => "orders",
            Visits => "visits",
        }
    }

    pub(super) fn columns(self) -> &'static [(&'static str, Kind)] {
        match self {
            Orders => ORDERS,
            Visits => VISITS,
        }
    }
}
