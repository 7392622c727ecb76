//! Columns as rows.

use crate::sql::ast::{Sql, Word};

/// How rows of names and values are made from columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unpivot {
    /// What stands behind the step that is read.
    pub(crate) tail: Vec<Word>,
    /// The name and the value of a row.
    pub(crate) name: Sql,
    pub(crate) value: Sql,
}
