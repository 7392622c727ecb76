//! Tagwell
pub mod diagnostic;
pub mod eval;
pub mod intern;
pub mod ir;
pub mod record;
pub mod schema;
pub mod source;
pub mod syntax;
pub mod value;
