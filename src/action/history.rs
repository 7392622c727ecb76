//! What was decided for one user, found by the deed that it was.

use std::collections::{HashMap, HashSet};

use crate::intern::Symbol;

/// A decision for the user that was made before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The segment's name.
    pub segment: Symbol,
    /// What the ledger calls the deed.
    pub place: String,
    /// When it was decided.
    pub decided_at: i64,
    /// Since when the user was in the segment.
    pub entered: i64,
    /// Which of several: the number of an `every`, the key of an `on each` row.
    pub which: Option<String>,
    /// Whether something was sent, and through which channel.
    pub channel: Option<Symbol>,
    /// Whether it was a `hold`.
    pub hold: bool,
    /// Whether it was stopped, and whether `at most` did it.
    pub stopped: Stopped,
    /// Whether its segment was exempt from the policy.
    pub exempt: bool,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It was done.
    No,
    /// `at most` stopped it.
    ByAtMost,
    /// Something else did.
    Otherwise,
}

/// What was decided for one user, today's decisions among it.
#[derive(Debug, Default)]
pub(super) struct History {
    all: Vec<Past>,
    /// By segment, then by what the ledger calls the deed; nothing where there are few.
    by: HashMap<Symbol, HashMap<String, OfDeed>>,
}

/// So few are looked through.
const FEW: usize = 32;

/// What was decided of one deed.
#[derive(Debug, Default)]
struct OfDeed {
    /// Where it stands in all.
    places: Vec<usize>,
    /// By the moment of entry: of which repetitions and rows.
    which: HashMap<i64, HashSet<String>>,
}

impl History {
    pub(super) fn of(all: Vec<Past>) -> History {
        let mut history = History { all, by: HashMap::new() };
        if history.all.len() > FEW {
            (0..history.all.len()).for_each(|at| history.find_later(at));
        }
        history
    }

    /// All of it, in the order decided.
    pub(super) fn all(&self) -> &[Past] {
        &self.all
    }

    pub(super) fn push(&mut self, past: Past) {
        self.all.push(past);
        match self.all.len() {
            ..=FEW => {}
            len if self.by.is_empty() => (0..len).for_each(|at| self.find_later(at)),
            len => self.find_later(len - 1),
        }
    }

    fn find_later(&mut self, at: usize) {
        let Some(past) = self.all.get(at) else { return };
        let of = self.by.entry(past.segment.clone()).or_default().entry(past.place.clone()).or_default();
        of.places.push(at);
        if let Some(which) = &past.which {
            of.which.entry(past.entered).or_default().insert(which.clone());
        }
    }

    fn deed(&self, segment: &Symbol, place: &str) -> Option<&OfDeed> {
        self.by.get(segment)?.get(place)
    }

    /// What was decided of a deed.
    pub(super) fn by<'h>(&'h self, segment: &'h Symbol, place: &'h str) -> impl Iterator<Item = &'h Past> {
        let places = self.deed(segment, place).map_or(&[][..], |of| &of.places);
        let few = if self.by.is_empty() { &self.all[..] } else { &[] };
        let few = few.iter().filter(move |it| it.segment == *segment && it.place == place);
        places.iter().filter_map(|at| self.all.get(*at)).chain(few)
    }

    /// The same, where nothing stopped it.
    pub(super) fn done_by<'h>(&'h self, segment: &'h Symbol, place: &'h str) -> impl Iterator<Item = &'h Past> {
        self.by(segment, place).filter(|it| it.stopped == Stopped::No)
    }

    /// Whether the same was decided before: of this row, or for this repetition, in this stay.
    pub(super) fn has(&self, segment: &Symbol, place: &str, entered: i64, which: &str) -> bool {
        if self.by.is_empty() {
            return self.by(segment, place).any(|it| it.entered == entered && it.which.as_deref() == Some(which));
        }
        let stay = self.deed(segment, place).and_then(|of| of.which.get(&entered));
        stay.is_some_and(|all| all.contains(which))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_found_alike() {
        let past = |at: usize| Past {
            segment: Symbol::new(["a", "b"][at % 2]),
            place: ["0.0", "0.1", "1.0"][at % 3].to_owned(),
            decided_at: at as i64,
            entered: (at / 10) as i64,
            which: (!at.is_multiple_of(5)).then(|| (at % 7).to_string()),
            channel: None,
            hold: false,
            stopped: if at.is_multiple_of(4) { Stopped::Otherwise } else { Stopped::No },
            exempt: false,
        };
        for size in [0, 1, FEW - 1, FEW, FEW + 1, 5 * FEW] {
            let all: Vec<Past> = (0..size).map(past).collect();
            let mut pushed = History::default();
            all.iter().cloned().for_each(|past| pushed.push(past));
            for history in [History::of(all.clone()), pushed] {
                for (segment, place) in [("a", "0.0"), ("a", "0.1"), ("b", "1.0"), ("b", "2.0")] {
                    let name = Symbol::new(segment);
                    let own = |it: &&Past| it.segment == name && it.place == place;
                    assert!(history.by(&name, place).eq(all.iter().filter(own)), "{size}");
                    for (entered, which) in [(0, "1"), (0, "6"), (3, "2"), (9, "0"), (99, "1")] {
                        let same = |it: &&Past| it.entered == entered && it.which.as_deref() == Some(which);
                        let has = all.iter().filter(own).any(|it| same(&it));
                        assert_eq!(history.has(&name, place, entered, which), has, "{size}");
                    }
                }
            }
        }
    }
}
