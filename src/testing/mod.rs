//! Tests in the rulebook (LANGUAGE.md §6): cases are played with the plain interpreter, and what does not come as expected is
//! told with the record, the value, and the clause that decided it. Snapshots keep a whole outcome over fixtures.
//!
//! Nothing here reads a clock or writes a file: a test says its own `as of`, and the command writes.
//!
//! ```
//! use tagwell::{engine::Rulebook, testing::{Outcome, Suite, Surroundings}};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let rulebook = Rulebook::parse("vip.rules", r#"
//!     tag vip when spend > 500
//!     test "the line" { given { spend: 500 } expect not vip }
//! "#)?;
//! let checked = rulebook.check(&Default::default())?;
//! let suite = Suite::new(checked.rulebook(), rulebook.sources(), Surroundings::default());
//! let verdicts = suite.run(|test| test.name.contains("line"), &mut |_| {});
//! assert!(verdicts.iter().all(|verdict| verdict.outcome == Outcome::Passed));
//! # Ok(())
//! # }
//! ```
//!
//! Whoever watches a run is shown a [`Moment`] for each entry that was played: people, answers and what was evaluated.

pub mod coverage;
mod decided;
mod diary;
mod fate;
mod needs;
mod play;
#[cfg(feature = "data")]
pub mod snapshot;
mod stage;
mod surroundings;
mod undone;
mod unseen;
mod verdict;

pub use needs::Need;
pub use play::{Moment, Place, Suite};
pub use stage::{Known, Person};
pub use surroundings::Surroundings;
pub use verdict::{Outcome, Verdict, plain};
