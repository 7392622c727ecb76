//! What is remembered in memory while days are played one after the other: a simulation writes no state.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use crate::{
    action::{Past, Recalled, Remembered, Tracked},
    engine::{Memory, UserTurn},
    ir::Rulebook,
};

/// Everybody who was seen so far.
#[derive(Debug, Default)]
pub struct Played {
    users: RwLock<Users>,
    previous: RwLock<Option<i64>>,
}

#[derive(Debug, Default)]
struct Users {
    numbers: HashMap<String, u32>,
    remembered: Vec<Remembered>,
}

impl Played {
    /// Takes one user's turn.
    pub fn take(&self, turn: &UserTurn, tracked: &Tracked, rulebook: &Rulebook, now: i64) {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let number = match turn.number {
            Some(number) => number,
            None => {
                let number = u32::try_from(users.remembered.len()).unwrap_or(u32::MAX);
                users.numbers.insert(turn.key.clone(), number);
                users.remembered.push(Remembered::default());
                number
            }
        };
        if let Some(remembered) = users.remembered.get_mut(number as usize) {
            remembered.take(&turn.turn, tracked, rulebook, now);
        }
    }

    /// What was decided for a user so far.
    pub fn past(&self, number: u32) -> Vec<Past> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.remembered.get(number as usize).map(|it| it.past.clone()).unwrap_or_default()
    }

    /// Ends a day.
    pub fn end_of_run(&self, as_of: i64) {
        *self.previous.write().unwrap_or_else(PoisonError::into_inner) = Some(as_of);
    }

    /// Whether a day has been played.
    pub fn has_begun(&self) -> bool {
        self.previous().is_some()
    }
}

impl Memory for Played {
    fn find(&self, key: &str, _: Option<u32>) -> Option<u32> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).numbers.get(key).copied()
    }

    fn recall(&self, number: Option<u32>, into: &mut Recalled) {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        match number.and_then(|number| users.remembered.get(number as usize)) {
            Some(remembered) => {
                into.clone_from(&remembered.recalled);
                // Who stays as they are is not told to anybody, and was seen all the same.
                into.seen = self.previous().or(into.seen);
            }
            None => *into = Recalled::default(),
        }
        into.number = number;
    }

    fn previous(&self) -> Option<i64> {
        *self.previous.read().unwrap_or_else(PoisonError::into_inner)
    }
}
