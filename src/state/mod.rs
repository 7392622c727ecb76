//! What a run remembers for the next one (LANGUAGE.md §8): who was in what since when, the rulebook it went by, and the
//! ledger of everything decided. One SQLite file; its tables are a public contract, told in `docs/state.md`.
//!
//! This room knows nothing of rules, evaluation or the clock: names, keys and moments come in and go out. A moment is an `i64`
//! of microseconds since 1970-01-01T00:00:00Z.
//!
//! ```
//! use tagwell::state::{Kind, Run, Store};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("shop.state");
//! let store = Store::open(&file)?;                    // nobody else can record now
//! assert!(store.last_run().is_none());
//! let mut recording = store.begin(&Run { as_of: 1_000_000, rulebook: "shop".into(), ..Run::default() })?;
//! let vip = recording.name(Kind::Tag, "vip")?;
//! let user = recording.add_user("u1", 0x5eed)?;
//! recording.enter(user, vip, None, 1_000_000)?;
//! recording.commit()?;                                // all of it, or without this line nothing
//!
//! let store = Store::open(&file)?;
//! let remembered = store.remembered(1)?;
//! assert_eq!(remembered.number("u1"), Some(user));
//! assert_eq!(remembered.since(vip, user), Some((None, 1_000_000)));
//! # Ok(())
//! # }
//! ```

mod alike;
mod beside;
mod deeds;
mod error;
mod file;
mod ledger;
mod load;
mod names;
mod numbers;
mod packed;
mod recent;
mod recording;
mod remembered;
mod rows;
mod run;
mod sparse;
mod store;
#[cfg(test)]
mod tests;

pub use self::{
    deeds::KnownDeed,
    error::StateError,
    ledger::{Decision, Ledger, LedgerRow, Past, PastDeed, Touch},
    names::{Kind, NameId, ValueId},
    recording::{Recorded, Recording},
    remembered::{Kept, Remembered},
    run::{KnownList, LastRun, Run},
    store::{Reader, Store},
};
