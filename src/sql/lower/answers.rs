//! What a question comes to: the columns of an answer, the pieces of which each is made, and how they are put together.

use crate::{
    sql::ast::{Item, Sql, Step},
    value::Type,
};

/// What stands for a group without rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Empty {
    Missing,
    Is(Sql),
    /// Likewise; and where there are rows, the answer is never missing.
    Counted(Sql),
}

/// One column of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Aggregates, or columns with what they came to.
    pub(crate) pieces: Vec<Sql>,
    pub(crate) whole: Whole,
    pub(crate) empty: Empty,
    /// The users' column, where it is not called as the only piece is.
    pub(crate) own: Option<String>,
}

/// What pieces make.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Whole {
    /// There is one.
    Itself,
    /// A sum of this type.
    Total(Type),
    /// A sum of floats.
    Floats,
    /// The mean of numbers of this type: of a sum, and a count at the end.
    Mean(Type),
    /// A part of a sum of durations, within a range where there is one; missing where a second piece counts some with months.
    OfLengths(Option<(i32, i32)>),
    /// The mean of durations: of a sum and a count; missing where a third piece counts some with months.
    MeanLength,
    /// What came first or last, where no second piece says that rows of the same moment would each have been another.
    Untied(Tie),
}

/// What ends the query of a user whose rows have no order that would tell; rows of nobody end none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tie {
    pub(crate) message: String,
    pub(crate) ty: Type,
}

impl Part {
    pub(crate) fn of(sql: Sql, empty: Empty) -> Part {
        Part { pieces: vec![sql], whole: Whole::Itself, empty, own: None }
    }

    pub(crate) fn missing(sql: Sql) -> Part {
        Part::of(sql, Empty::Missing)
    }

    /// What is the same whichever of the rows of a moment comes first, or is none.
    pub(crate) fn untied(value: Sql, tied: Sql, tie: Tie) -> Part {
        Part { whole: Whole::Untied(tie), pieces: vec![value, tied], empty: Empty::Missing, own: None }
    }

    /// What its pieces are, in words that end their columns' names; none of an only piece.
    pub(crate) fn nouns(&self) -> &'static [&'static str] {
        match (&self.whole, self.pieces.len()) {
            (Whole::Mean(_), 3) => &["_low", "_high", "_count"],
            (Whole::Mean(_), 2) => &["_sum", "_count"],
            (Whole::Total(_), 2) => &["_low", "_high"],
            (Whole::OfLengths(_), 2) => &["_sum", "_with_months"],
            (Whole::MeanLength, 2 | 3) => &["_sum", "_count", "_with_months"],
            (Whole::Untied(_), _) => &["", "_tied"],
            _ => &[],
        }
    }

    /// The users' column, once pieces are columns.
    pub(crate) fn column(&self) -> Option<&str> {
        match (&self.own, self.pieces.first()) {
            (Some(own), _) => Some(own),
            (None, Some(Sql::Column(_, name))) => Some(name),
            _ => None,
        }
    }
}

/// How an answer is found.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// In the step that answers all.
    Here(Vec<Part>),
    /// In steps of its own; the columns that they end with.
    Apart(Vec<Step>, Vec<Part>),
}

/// A column that rows are grouped by.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// Of the rows.
    pub(crate) from: String,
    /// Of the answers.
    pub(crate) name: String,
    /// What it equals, of the users.
    pub(crate) own: Sql,
}

impl Key {
    /// As a column of answers.
    pub(crate) fn item(&self) -> Item {
        Item::named(Sql::column(&self.from), &self.name)
    }
}
