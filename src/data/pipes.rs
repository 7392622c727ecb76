//! Pipes, and standard input, by how they are named: whoever names one again gets what was read of it before.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::data::{DataError, Input};

/// What can be read only once, each thing under the words that name it.
#[derive(Debug, Default)]
pub struct Pipes(Mutex<HashMap<String, Input>>);

impl Pipes {
    /// The file of `users.csv`, `csv:-`, as [`Input::parse`] has it. Of a pipe it is the one that was given before, so that each
    /// reader finds it from its beginning.
    ///
    /// # Errors
    /// A form that is not known.
    pub fn input(&self, spec: &str) -> Result<Input, DataError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(input) = known.get(spec) {
            return Ok(input.clone());
        }
        let input = Input::parse(spec)?;
        if input.is_read_once() {
            known.insert(spec.to_owned(), input.clone());
        }
        Ok(input)
    }
}
