//! Evaluation: what each definition of a rulebook gives for one user.
//!
//! [`mod@reference`] is the plain interpreter, which is the specification in code; [`unknown`] says which missing columns
//! left a condition unknown; [`mod@index`] asks one user against all rules at once.

#[cfg(feature = "data")]
pub mod accumulate;
pub(crate) mod constants;
pub mod context;
pub mod funnel;
pub mod index;
#[cfg(feature = "data")]
pub mod kernel;
pub mod known;
pub mod ranks;
pub mod reference;
pub mod rows;
pub mod unknown;
#[cfg(feature = "data")]
pub mod whole;

pub use context::{Context, Lookup};
pub use reference::{Answers, Children, GivenValues, Interpreter, Overlap, User};
