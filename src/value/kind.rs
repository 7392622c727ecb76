//! Types as they are written in a `table`: `decimal(2)`, `list of text`.

use std::fmt;

use super::Type;

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Text => out.write_str("text"),
            Type::Int => out.write_str("int"),
            Type::Decimal(scale) => write!(out, "decimal({scale})"),
            Type::Float => out.write_str("float"),
            Type::Bool => out.write_str("bool"),
            Type::Date => out.write_str("date"),
            Type::Timestamp => out.write_str("timestamp"),
            Type::Duration => out.write_str("duration"),
            Type::List(element) => write!(out, "list of {element}"),
            Type::Choice(_) => out.write_str("a level's value"),
        }
    }
}
