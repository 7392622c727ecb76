//! All integration tests, in one binary.

#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it finds what it did not expect"
)]

#[cfg(feature = "data")]
mod agree;
#[cfg(feature = "cli")]
mod campaign;
mod check;
#[cfg(feature = "cli")]
mod cli;
mod codes;
mod coverage;
#[cfg(feature = "cli")]
mod docs;
mod eval;
#[cfg(feature = "data")]
mod explain;
mod format;
mod generate;
#[cfg(feature = "cli")]
mod hostile;
mod laws;
mod render;
#[cfg(feature = "cli")]
mod rules;
#[cfg(feature = "cli")]
mod sender;
mod syntax;
mod tidy;
#[cfg(feature = "cli")]
mod warehouse;
#[cfg(feature = "cli")]
mod whole;
