//! A condition where nobody is in doubt, as one conjunction of lanes: `a or b` is what is left of everybody without those of whom
//! neither holds. A comparison needs one lane then, or two, and nothing is turned round on the way.

use super::program::{ALL, Kind, Literal, NONE};

/// How many lanes a conjunction has of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    /// Whether all others are meant.
    pub(super) flip: bool,
    /// Lanes that all rows lie in.
    pub(super) with: usize,
    /// Lanes that none of the rows lies in.
    pub(super) without: usize,
    /// Pairs of lanes: no row lies in the first, unless it lies in the second.
    pub(super) unless: usize,
}

impl Shape {
    /// How many lanes.
    pub(super) fn lanes(&self) -> usize {
        self.with + self.without + 2 * self.unless
    }
}

/// Literals as a conjunction: its lanes in the order of the shape; none of what is no conjunction.
pub(super) fn of(kind: Kind, literals: &[Literal]) -> Option<(Shape, Vec<u32>)> {
    let any = match kind {
        Kind::All => false,
        Kind::Any => true,
        Kind::AtLeast(_) | Kind::Choose => return None,
    };
    let (mut with, mut without, mut unless) = (vec![], vec![], vec![]);
    for literal in literals {
        let flip = (literal.flip() != 0) != any;
        // Where nobody is in doubt, everybody is settled.
        let everybody = literal.high == ALL || literal.high == literal.settled();
        match (flip, everybody, literal.low) {
            (false, true, NONE) => {}
            (false, true, low) => without.push(low),
            (false, false, NONE) => with.push(literal.high),
            (false, false, low) => {
                with.push(literal.high);
                without.push(low);
            }
            (true, true, low) => with.push(low),
            (true, false, NONE) => without.push(literal.high),
            (true, false, low) => unless.extend([literal.high, low]),
        }
    }
    let shape = Shape { flip: any, with: with.len(), without: without.len(), unless: unless.len() / 2 };
    Some((shape, [with, without, unless].concat()))
}
