//! A run that remembers (LANGUAGE.md §8): what the state keeps is brought to the users, their turns are taken, and what changes is
//! recorded, all of it or nothing.

mod again;
mod changes;
mod met;
mod named;
mod recollection;
mod recorder;
mod unchanged;

pub use again::{Again, Before, segments};
pub use changes::{Replaced, changed_inputs, params_set_anew, replaced, run_of, segments_read};
pub use met::{Lacking, met};
pub use named::{Named, as_written, named};
pub use recollection::{Recollection, past};
pub use recorder::{Moves, Recorder};
pub use unchanged::unchanged;
