//! The five laws of the language.

mod free_layout;
