//! What is computed of numbers, and what has become of the range of their type.

use crate::sql::ast::Sql;

/// Arithmetic on whole or decimal numbers, each side of the same type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    /// With the sign of the left side; by zero missing.
    Modulo,
}

impl Arithmetic {
    pub(crate) fn operator(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Modulo => "%",
        }
    }
}

/// A number that may have left the range of its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Computed {
    /// Missing where it has.
    Checked(Sql),
    /// Exact in a wider type: the range is still to be asked about, and then it is cast.
    Wide(Sql),
}
