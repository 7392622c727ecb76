//! Tests in the rulebook (LANGUAGE.md §6): cases are played with the plain interpreter, and what does not come as expected is
//! told with the record, the value, and the clause that decided it. Snapshots keep a whole outcome over fixtures.
//!
//! Nothing here reads a clock or writes a file: a test says its own `as of`, and the command writes.

mod decided;
mod needs;
mod play;
#[cfg(feature = "data")]
pub mod snapshot;
mod stage;
mod surroundings;
mod verdict;

pub use needs::Need;
pub use play::{Moment, Place, Suite};
pub use stage::{Known, Person};
pub use surroundings::Surroundings;
pub use verdict::{Outcome, Verdict, plain};
