//! What is done with lanes: where the bits of each leaf stand, and how they are combined.
//!
//! The cuts of a slot give a lane each: the rows whose value lies before that cut. A comparison is then the rows before one cut
//! that do not lie before another, and costs nothing of its own. Every condition is a [`Literal`] over lanes, negations among
//! them; only `and`, `or`, `at least` and `if` are computed.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use crate::{
    eval::{
        kernel::{conjunction::Shape, ranked::Rank},
        unknown::Cause,
    },
    ir::DefinitionId,
    plan::{AtomId, NodeId, Slot},
    schema::ColumnId,
};

/// The lane of no row.
pub(super) const NONE: u32 = 0;
/// The lane of all rows.
pub(super) const ALL: u32 = 1;

/// A condition in terms of lanes: rows of `high` that are none of `low` (turned round where it is flipped), of those that are
/// settled: known to be true or false. Twelve bytes, since every block of rows walks along all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) high: u32,
    pub(super) low: u32,
    /// The lane of the settled; its highest bit says whether it is flipped.
    settled: u32,
}

const FLIPPED: u32 = 1 << 31;

impl Literal {
    pub(super) fn new(high: u32, low: u32, settled: u32) -> Literal {
        Literal { high, low, settled: settled & !FLIPPED }
    }

    pub(super) fn flipped(self, flip: bool) -> Literal {
        Literal { settled: if flip { self.settled ^ FLIPPED } else { self.settled }, ..self }
    }

    /// The lane that all others are meant by, where everybody is settled.
    pub(super) fn others_than(&self) -> Option<u32> {
        match (self.flip() != 0, self.high, self.low, self.settled()) {
            (true, lane, NONE, ALL) | (false, ALL, lane, ALL) => Some(lane),
            _ => None,
        }
    }

    pub(super) fn with_all_settled(self) -> Literal {
        Literal { settled: self.settled & FLIPPED | ALL, ..self }
    }

    /// The lane of whom it is true or false.
    #[inline(always)]
    pub(super) fn settled(&self) -> u32 {
        self.settled & !FLIPPED
    }

    /// All ones where it is turned round.
    #[inline(always)]
    pub(super) fn flip(&self) -> u64 {
        0_u64.wrapping_sub(u64::from(self.settled >> 31))
    }
}

/// How literals are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// `and`
    All,
    /// `or`
    Any,
    /// `at least 2 of`
    AtLeast(u32),
    /// `if a then b else c`
    Choose,
}

/// A combination that others are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inner {
    /// Where what comes of it stands, of whom it is true; and behind it of whom it is settled.
    pub(super) lane: u32,
    /// What it can be in doubt about.
    pub(super) doubts: Doubts,
    /// Whether something asks if it is settled where nobody is in doubt.
    pub(super) asked: bool,
}

/// What somebody can be in doubt about: a bit for each source and leaf, which several share where there are many.
pub(super) type Doubts = u64;

/// What is in doubt for everybody.
pub(super) const ALWAYS: Doubts = 1 << 63;
/// Beside the source: what is in doubt of values that are there, such as the age of what lies ahead.
pub(super) const BEYOND: Doubts = 1 << 62;

/// Conditions that are made alike: one after the other, the processor guesses better what comes next.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) kind: Kind,
    /// How many literals each has.
    pub(super) arity: usize,
    /// Where their literals begin in [`Program::literals`], where they are needed.
    pub(super) literals: usize,
    /// The same as conjunctions, if they have that form.
    pub(super) shape: Option<Shape>,
    /// Where their lanes begin in [`Program::conjoined`].
    pub(super) lanes: usize,
    /// Where the lanes of the settled begin in [`Program::settled`].
    pub(super) settled: usize,
    /// Of the segment's outputs, or of its inner combinations.
    pub(super) outputs: Range<usize>,
}

/// What the conditions of a segment lack where they are unknown, one after the other as the conditions stand: each step is a
/// lane whose rows are left out.
#[derive(Debug, Default)]
pub(super) struct Lacks {
    pub(super) steps: Vec<u32>,
    /// By output: where its steps end.
    pub(super) ends: Vec<u32>,
    /// By output: where its lacks end.
    pub(super) lasts: Vec<u32>,
    /// Where the first is counted.
    pub(super) first: usize,
    /// By lack: what is in doubt where it is missing.
    pub(super) doubts: Vec<Doubts>,
    /// By lack: where its rows are kept, or [`NOWHERE`]; empty where none are.
    pub(super) kept: Vec<u32>,
}

impl Lacks {
    /// Where those of an output stand.
    pub(super) fn of(&self, output: usize) -> Range<usize> {
        let end = |at: usize| self.lasts.get(at).map_or(0, |end| *end as usize);
        output.checked_sub(1).map_or(0, end)..end(output)
    }

    /// Whether a lack of an output is of whoever does not have it, whatever else is settled.
    pub(super) fn is_direct(&self, output: usize, lack: usize) -> bool {
        let own = self.steps_of(output).split_inclusive(|step| step & END_OF_LACK != 0);
        let mut ways = own
            .skip(lack - self.of(output).start)
            .take(1)
            .flat_map(|own| own.split_inclusive(|step| step & END_OF_WAY != 0));
        ways.any(|way| way.len() == 1)
    }

    /// The steps of an output.
    pub(super) fn steps_of(&self, output: usize) -> &[u32] {
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        self.steps.get(output.checked_sub(1).map_or(0, end)..end(output)).unwrap_or_default()
    }
}

/// The last step of a way to something missing.
pub(super) const END_OF_WAY: u32 = 1 << 30;
/// The last step of all ways to it.
pub(super) const END_OF_LACK: u32 = 1 << 31;
/// No place.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Values of a slot that are ranked among its cuts.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) slot: Slot,
    pub(super) rank: Rank,
    /// The first of its lanes: no row; then the rows before each cut, or those of each text; those whose value is known; those
    /// whose value is not.
    pub(super) lane: usize,
    /// Where a value is missing, this is in doubt.
    pub(super) doubt: Doubts,
    pub(super) lists: Lists,
}

/// Lists of texts that a column is compared with: a lane each, of the rows of any of its texts, before the lanes of the source.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) number: usize,
    /// By text: the lists that it stands in.
    pub(super) of_text: Vec<Vec<u32>>,
}

impl Source {
    /// How many lanes.
    pub(super) fn lanes(&self) -> usize {
        self.rank.pieces() + 2
    }

    /// The first of the lanes of its lists.
    pub(super) fn first(&self) -> usize {
        self.lane - self.lists.number
    }

    /// The lane of those whose value is known.
    pub(super) fn known(&self) -> u32 {
        (self.lane + self.rank.pieces()) as u32
    }
}

/// A leaf whose bits are found some other way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf {
    Atom(AtomId),
    /// Whether a text is known.
    KnownText(ColumnId),
}

/// Conditions that can be answered together, and the definitions that come of them.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// Of [`Program::sources`].
    pub(super) sources: Vec<usize>,
    /// Of [`Program::leaves`].
    pub(super) leaves: Vec<usize>,
    /// Lanes that are all rows where nobody is in doubt, and what is in doubt where they are not.
    pub(super) settled: Vec<(u32, Doubts)>,
    /// The same of what others are made of.
    pub(super) inner_settled: Vec<(u32, Doubts)>,
    /// Whether everything that can be in doubt has a bit of its own, and outputs are only counted: then what all rows of a block lack
    /// is told apart from what some do.
    pub(super) tells_apart: bool,
    /// What others are made of, by how it is made, each after what it is made of itself.
    pub(super) inner_groups: Vec<Group>,
    pub(super) inner: Vec<Inner>,
    /// What comes out, by how it is made.
    pub(super) groups: Vec<Group>,
    /// By output: what it can be in doubt about.
    pub(super) doubts: Vec<Doubts>,
    /// By output: what must be in doubt of somebody who is in it, since it asks whether that is missing.
    pub(super) wants: Vec<Doubts>,
    /// The first output's count.
    pub(super) counted: usize,
    /// By output: where its bits are kept, or [`NOWHERE`]; empty where none are.
    pub(super) kept: Vec<u32>,
    pub(super) lacks: Lacks,
    /// Outputs of which the plain interpreter must be asked why they are unknown: the lanes of what the leaves stand in, and
    /// where the rows are kept.
    pub(super) asked: BTreeMap<usize, (Vec<Vec<u32>>, usize)>,
    /// Of the plan's steps.
    pub(super) steps: Vec<usize>,
}

/// A level, layer, score or value among what is asked for.
#[derive(Debug, Default)]
pub(super) struct LadderLacks {
    /// Where the rows that lack something are kept, by arm.
    pub(super) kept: BTreeMap<Cause, Vec<usize>>,
    /// Likewise those that are taken off from them.
    pub(super) less: BTreeMap<Cause, Vec<usize>>,
    /// Where the rows stand for which the plain interpreter must be asked.
    pub(super) asked: Vec<usize>,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) lanes: usize,
    pub(super) literals: Vec<Literal>,
    /// Lanes of conjunctions, as their [`Shape`] says.
    pub(super) conjoined: Vec<u32>,
    /// Lanes of the settled of conjunctions.
    pub(super) settled: Vec<u32>,
    pub(super) sources: Vec<Source>,
    /// With their lanes, and what is in doubt where they are not settled.
    pub(super) leaves: Vec<(Leaf, u32, Doubts)>,
    pub(super) segments: Vec<Segment>,
    /// How many sets of bits are kept.
    pub(super) kept: usize,
    /// Where the bits of a condition are kept.
    pub(super) kept_of: HashMap<NodeId, usize>,
    /// Where tags and segments are counted, and where the plain interpreter must be asked why they are unknown.
    pub(super) counted: Vec<(DefinitionId, usize, Option<usize>)>,
    /// How many conditions are counted.
    pub(super) counts: usize,
    /// What each count of lacks is of: which condition, what is missing, and whether it is taken off.
    pub(super) lacks: Vec<(usize, Cause, bool)>,
    pub(super) ladders: HashMap<DefinitionId, LadderLacks>,
}

/// What is wanted of a program.
pub(super) struct Wanted<'w> {
    /// What is evaluated.
    pub(super) asked: &'w [DefinitionId],
    /// Whether the results are looked at user by user, not only counted.
    pub(super) looked_at: bool,
}
