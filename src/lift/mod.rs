//! What messages brought: how many of those who were treated did what was hoped for, beside those who were held out.
//!
//! Pure arithmetic over what the ledger says and what came back; it opens no file and reads no clock.

mod groups;
mod interval;

pub use self::{
    groups::{Arm, Comparison, Exposure, Outcomes, compare},
    interval::{Interval, Share},
};
