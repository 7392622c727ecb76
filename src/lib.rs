//! Tagwell
pub mod diagnostic;
pub mod intern;
pub mod schema;
pub mod source;
pub mod syntax;
pub mod value;
