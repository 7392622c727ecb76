//! **Tagwell** is a small declarative language, with a fast evaluator, for customer segmentation. Rule files say who gets which
//! tag, score, level and layer; this library parses them, checks them, and evaluates them over user records.
//!
//! ```
//! use tagwell::engine::Rulebook;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let rulebook = Rulebook::parse("vip.rules", r#"
//!     tag vip "重要客户" when purchases >= 3 and last_order between 30d..60d and spend > 500
//!     level membership by points { gold from 5000  silver from 1000  red otherwise }
//! "#)?;
//! let checked = rulebook.check(&Default::default())?;
//! let engine = checked.engine(checked.clock("2026-11-22")?);
//!
//! let user = engine.evaluate_one(
//!     r#"{"user_id": "u1", "purchases": 4, "last_order": "2026-10-10", "spend": 720.5, "points": 1200}"#,
//! )?;
//! assert_eq!(user.tags(), ["vip"]);
//! assert_eq!(user.choice("membership"), Some("silver"));
//! # Ok(())
//! # }
//! ```
//!
//! A rulebook goes through three stages, each a type of its own: [`engine::Rulebook`] is parsed, [`engine::Checked`] has no
//! mistakes, [`engine::Engine`] stands at one as-of and can be asked. Mistakes are values ([`diagnostic::Diagnostic`]); shown,
//! an [`engine::Problems`] is what the command prints. Programs that ask about one user after the other take an
//! [`engine::Matcher`]. The clock is an argument; the library never reads one, never prints, and gives the same answer on every
//! machine.
//!
//! Features: `cli` (default) is the command, `data` the readers and writers of files, `state` what a run remembers; without any the language core builds
//! in seconds.

/// The page's programs are run.
#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
mod embedding {}

pub mod action;
pub mod check;
pub mod column;
mod cores;
#[cfg(feature = "data")]
pub mod data;
pub mod diagnostic;
pub mod engine;
pub mod eval;
pub mod explain;
pub mod format;
pub mod intern;
pub mod ir;
pub mod lift;
pub mod outcome;
pub mod plan;
pub mod record;
pub mod schema;
pub mod source;
pub mod sql;
#[cfg(feature = "state")]
pub mod state;
pub mod syntax;
pub mod testing;
pub mod value;
