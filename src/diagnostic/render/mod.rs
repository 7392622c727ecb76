//! Diagnostics as text: one form a file. Renderers return text; who asks prints it.
//!
//! [`human`] is for people at a terminal, [`json`] for scripts and editors, [`github`] for annotations in a pull request, [`sarif`] for code
//! scanning.

mod github;
mod human;
mod json;
mod sarif;
mod visible;
mod window;

pub use github::github;
pub use human::{Colour, human};
pub use json::json;
pub use sarif::sarif;
pub use visible::{visible, visible_line};
