//! Evaluation: what each definition of a rulebook gives for one user.
//!
//! [`mod@reference`] is the plain interpreter, which is the specification in code; [`unknown`] says which missing columns
//! left a condition unknown.

pub mod context;
pub mod reference;
pub mod unknown;

pub use context::{Context, Lookup};
pub use reference::{Answers, Interpreter, Overlap};
