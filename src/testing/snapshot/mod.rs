//! Snapshots: the whole outcome over fixtures, kept in a file beside the rules, and what differs from it user by user.

mod difference;
mod file;
mod line;
mod take;

pub use difference::{Change, Difference, difference};
pub use file::{contents, file, path};
pub use take::{SnapshotError, Taken, take};
