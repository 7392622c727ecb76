//! Rows that are combined together: 512 of them, a bit each. That is a line of the processor's memory, and as wide as what the widest
//! instructions combine at once; others take two steps, or eight.

use pulp::{Simd, WithSimd};

/// Rows of a block.
pub(super) const BLOCK: usize = 64 * WORDS;
/// Words of a lane.
pub(super) const WORDS: usize = 8;

/// A bit for each row of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Lane(pub(super) [u64; WORDS]);

impl Lane {
    /// No row.
    pub(super) const NONE: Lane = Lane([0; WORDS]);

    /// The first rows of a block.
    pub(super) fn first(rows: usize) -> Lane {
        let mut lane = Lane::NONE;
        for (at, word) in lane.0.iter_mut().enumerate() {
            *word = match rows.saturating_sub(64 * at) {
                64.. => u64::MAX,
                some => (1 << some) - 1,
            };
        }
        lane
    }

    /// From words that may end within the block.
    pub(super) fn of(words: &[u64]) -> Lane {
        let mut lane = Lane::NONE;
        lane.0.iter_mut().zip(words).for_each(|(lane, word)| *lane = *word);
        lane
    }

    /// Rows that stand here and there, a bit each.
    pub(super) fn chosen(words: &[u64], rows: &[u32]) -> Lane {
        let mut lane = Lane::NONE;
        for (word, rows) in lane.0.iter_mut().zip(rows.chunks(64)) {
            for (at, row) in rows.iter().enumerate() {
                let bit = words.get(*row as usize / 64).map_or(0, |word| word >> (row % 64) & 1);
                *word |= bit << at;
            }
        }
        lane
    }

    /// Puts a row into it.
    #[inline(always)]
    pub(super) fn set(&mut self, row: usize) {
        if let Some(word) = self.0.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
    }

    /// Whether it has no row.
    #[inline(always)]
    pub(super) fn is_none(&self) -> bool {
        self.0.iter().fold(0, |all, word| all | word) == 0
    }

    /// How many rows.
    #[inline(always)]
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Rows of either.
    #[inline(always)]
    pub(super) fn or(self, other: Lane) -> Lane {
        let mut lane = self;
        lane.0.iter_mut().zip(other.0).for_each(|(own, other)| *own |= other);
        lane
    }

    /// Rows of both.
    pub(super) fn and(self, other: Lane) -> Lane {
        let mut lane = self;
        lane.0.iter_mut().zip(other.0).for_each(|(own, other)| *own &= other);
        lane
    }
}

/// Work on lanes by the widest instructions that the processor has of those that take a lane or a part of one.
pub(super) fn dispatch<Work: WithSimd>(work: Work) -> Work::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(widest) = pulp::x86::V4::try_new() {
        return Simd::vectorize(widest, work);
    } else if let Some(wide) = pulp::x86::V3::try_new() {
        return Simd::vectorize(wide, work);
    }
    Simd::vectorize(pulp::Scalar::new(), work)
}

/// The lanes of a block.
#[derive(Debug)]
pub(super) struct Lanes {
    /// As many as a power of two, so that no number of a lane, cut to it, is beyond them.
    rows: Vec<Lane>,
    /// By number of a lane: where its rows stand, which many may share; of [`MANY`] lanes, and none otherwise.
    places: Vec<u16>,
}

/// [`MANY`] lanes and where each stands.
pub(super) struct Placed<'l> {
    rows: &'l mut [Lane; MANY],
    places: &'l [u16; MANY],
}

/// So many lanes that all numbers of 16 bits are of one: none needs to be looked at before it is used.
pub(super) const MANY: usize = 1 << 16;
/// What is not worth so much memory.
const FEW: usize = 1 << 11;

/// Lanes by their numbers.
pub(super) trait Numbered {
    /// The rows of a lane.
    fn lane(&self, lane: u32) -> &Lane;

    /// The rows of a lane that shares them with no other, to be written.
    fn lane_mut(&mut self, lane: u32) -> Option<&mut Lane>;
}

static NOBODY: Lane = Lane::NONE;

impl Numbered for Placed<'_> {
    #[inline(always)]
    fn lane(&self, lane: u32) -> &Lane {
        let place = self.places.get(usize::from(lane as u16)).copied().unwrap_or(0);
        self.rows.get(usize::from(place)).unwrap_or(&NOBODY)
    }

    #[inline(always)]
    fn lane_mut(&mut self, lane: u32) -> Option<&mut Lane> {
        self.rows.get_mut(usize::from(lane as u16))
    }
}

impl Numbered for [Lane] {
    #[inline(always)]
    fn lane(&self, lane: u32) -> &Lane {
        self.get(lane as usize & self.len().wrapping_sub(1)).unwrap_or(&NOBODY)
    }

    #[inline(always)]
    fn lane_mut(&mut self, lane: u32) -> Option<&mut Lane> {
        self.get_mut(lane as usize)
    }
}

impl Lanes {
    /// So many, at least; all without rows.
    pub(super) fn new(lanes: usize) -> Lanes {
        let is_many = (FEW..=MANY).contains(&lanes);
        let lanes = if is_many { MANY } else { lanes.next_power_of_two() };
        let places = if is_many { (0..=u16::MAX).collect() } else { vec![] };
        Lanes { rows: vec![Lane::NONE; lanes], places }
    }

    /// All of them where they are [`MANY`].
    pub(super) fn many(&mut self) -> Option<Placed<'_>> {
        let places = self.places.as_slice().try_into().ok()?;
        Some(Placed { rows: self.rows.as_mut_slice().try_into().ok()?, places })
    }

    /// Where lanes that stand one behind the other have their rows, and the first of these places; none where they may not share them.
    pub(super) fn shared(&mut self, first: usize, lanes: usize) -> Option<(&mut [u16], &mut [Lane])> {
        let own = first..first + lanes;
        Some((self.places.get_mut(own.clone())?, self.rows.get_mut(own)?))
    }

    /// All of them.
    pub(super) fn all(&mut self) -> &mut [Lane] {
        &mut self.rows
    }

    /// Says which rows a lane has.
    pub(super) fn set(&mut self, lane: u32, rows: Lane) {
        self.some(lane as usize, 1).fill(rows);
    }

    /// Lanes that stand one behind the other.
    pub(super) fn some(&mut self, first: usize, lanes: usize) -> &mut [Lane] {
        self.rows.get_mut(first..first + lanes).unwrap_or_default()
    }
}

/// A part of a lane in a register: a whole number of parts makes a lane.
#[inline(always)]
pub(super) fn part<S: Simd>(lane: &Lane, part: usize) -> S::u64s {
    match S::as_simd_u64s(&lane.0).0.get(part) {
        Some(part) => *part,
        None => pulp::bytemuck::Zeroable::zeroed(),
    }
}

/// Parts of a lane.
#[inline(always)]
pub(super) fn parts<S: Simd>() -> usize {
    WORDS / S::U64_LANES
}

/// Rows of the first that are none of the second.
#[inline(always)]
pub(super) fn without<S: Simd>(simd: S, own: S::u64s, other: S::u64s) -> S::u64s {
    simd.and_u64s(own, simd.not_u64s(other))
}

/// How many rows.
#[inline(always)]
pub(super) fn count<S: Simd>(part: S::u64s) -> u64 {
    let words: &[u64] = pulp::bytemuck::cast_slice(std::slice::from_ref(&part));
    let mut rows = 0;
    for word in words {
        rows += u64::from(word.count_ones());
    }
    rows
}

/// Writes a part of a lane.
#[inline(always)]
pub(super) fn write<S: Simd>(lane: Option<&mut Lane>, part: usize, rows: S::u64s) {
    if let Some(lane) = lane
        && let Some(slot) = S::as_mut_simd_u64s(&mut lane.0).0.get_mut(part)
    {
        *slot = rows;
    }
}

/// Makes of the rows by piece the rows before each cut.
#[inline(always)]
pub(super) fn accumulate<S: Simd>(simd: S, lanes: &mut [Lane]) {
    for part in 0..parts::<S>() {
        let mut sum = simd.splat_u64s(0);
        for lane in &mut *lanes {
            if let Some(slot) = S::as_mut_simd_u64s(&mut lane.0).0.get_mut(part) {
                sum = simd.or_u64s(sum, *slot);
                *slot = sum;
            }
        }
    }
}
