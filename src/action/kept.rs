//! Arms of levels that are kept: what is to be remembered of them after a run (LANGUAGE.md §5, §8).

use crate::{
    eval::reference::Row,
    ir::{Kept, Memory},
};

/// What is remembered of one user and one arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arm {
    /// When it, or a higher one, was last reached.
    pub reached: Option<i64>,
    /// The same, and none from when the value fell under that of `keep 4000`.
    pub held: Option<i64>,
}

impl Arm {
    /// Whether nothing of it is to be written, beside what was remembered of it when the user was last seen: a moment that follows each
    /// run in which the arm is reached is not.
    pub fn stays(self, before: Arm, seen: Option<i64>, now: i64) -> bool {
        let follows = before.reached.is_some() && before.reached == seen;
        if self.reached == Some(now) {
            return follows && before.held.is_some();
        }
        !follows && self.reached == before.reached && self.held.is_some() == before.held.is_some()
    }
}

/// What is to be remembered after an instant, by what was remembered before; in the order of [`Memory::kept`].
pub fn keep(memory: &Memory, before: &[Arm], row: &Row<'_, '_>, now: i64) -> Vec<Arm> {
    let arm = |(at, kept): (usize, &Kept)| {
        let before = before.get(at).copied().unwrap_or_default();
        if row.truth(&kept.condition).is_true() {
            return Arm { reached: Some(now), held: Some(now) };
        }
        let stays = kept.above.as_ref().is_some_and(|above| row.truth(above).is_true());
        Arm { reached: before.reached, held: before.held.filter(|_| stays) }
    };
    memory.kept.iter().enumerate().map(arm).collect()
}
