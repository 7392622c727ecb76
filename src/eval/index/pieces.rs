//! Sets of the pieces that the values of a feature fall into.

/// Some pieces, as stretches `low..high` in order that neither meet nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pieces(Vec<(u32, u32)>);

impl Pieces {
    /// The pieces of one stretch.
    pub(super) fn of(low: u32, high: u32) -> Pieces {
        Pieces(if low < high { vec![(low, high)] } else { vec![] })
    }

    /// Those of `0..count` that are chosen.
    pub(super) fn chosen(count: u32, is_chosen: impl Fn(u32) -> bool) -> Pieces {
        Pieces::united((0..count).filter(|piece| is_chosen(*piece)).map(|piece| (piece, piece + 1)).collect())
    }

    /// All that are in any of some stretches.
    fn united(mut stretches: Vec<(u32, u32)>) -> Pieces {
        stretches.sort_unstable();
        let mut all: Vec<(u32, u32)> = vec![];
        for (low, high) in stretches {
            match all.last_mut() {
                Some(last) if low <= last.1 => last.1 = last.1.max(high),
                _ => all.push((low, high)),
            }
        }
        Pieces(all)
    }

    /// All that are in any of these.
    pub(super) fn any_of<'s>(sets: impl IntoIterator<Item = &'s Pieces>) -> Pieces {
        Pieces::united(sets.into_iter().flat_map(|set| set.0.iter().copied()).collect())
    }

    /// Those that are in both.
    pub(super) fn and(&self, other: &Pieces) -> Pieces {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = vec![];
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (low, high) = (a.0.max(b.0), a.1.min(b.1));
            if low < high {
                both.push((low, high));
            }
            if a.1 < b.1 {
                left.next()
            } else {
                right.next()
            };
        }
        Pieces(both)
    }

    /// Those of `0..count` that are not in it.
    pub(super) fn others(&self, count: u32) -> Pieces {
        let mut from = 0;
        let mut others = vec![];
        for (low, high) in &self.0 {
            if from < *low {
                others.push((from, *low));
            }
            from = *high;
        }
        if from < count {
            others.push((from, count));
        }
        Pieces(others)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is all of `0..count`.
    pub(super) fn is_all(&self, count: u32) -> bool {
        self.0 == [(0, count)]
    }

    /// The stretches, in order.
    pub(super) fn stretches(&self) -> &[(u32, u32)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COUNT: u32 = 12;

    fn set(bits: u16) -> Pieces {
        Pieces::chosen(COUNT, |piece| bits >> piece & 1 == 1)
    }

    fn bits(set: &Pieces) -> u16 {
        set.stretches().iter().flat_map(|(low, high)| *low..*high).fold(0, |bits, piece| bits | 1 << piece)
    }

    proptest! {
        #[test]
        fn sets_are_sets(a in 0_u16..1 << COUNT, b in 0_u16..1 << COUNT) {
            prop_assert_eq!(bits(&set(a)), a);
            prop_assert_eq!(set(a).and(&set(b)), set(a & b));
            prop_assert_eq!(Pieces::any_of([&set(a), &set(b)]), set(a | b));
            prop_assert_eq!(set(a).others(COUNT), set(!a & ((1 << COUNT) - 1)));
            prop_assert_eq!(set(a).is_empty(), a == 0);
            prop_assert_eq!(set(a).is_all(COUNT), a == (1 << COUNT) - 1);
        }
    }
}
