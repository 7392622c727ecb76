//! Rows of a block put into the lanes of a source: those before each of its cuts, or those of each text.

use super::{
    lane::{self, BLOCK, Lane},
    ranked::Rank,
};

/// Memory for it that is used again.
#[derive(Debug, Default)]
pub(super) struct Fill {
    /// By lane: how many rows lie in it.
    rows: Vec<u32>,
    /// By number of rows: the rows of lanes that have so many.
    different: Vec<Lane>,
}

impl Fill {
    /// `of` each row the first lane that it lies in. The rows before a cut are those of the lanes before it; texts stay by themselves,
    /// since nothing lies between them. The last but one has all whose value is known, the last the others.
    pub(super) fn fill(&mut self, rank: &Rank, of: &[u32], lanes: &mut [Lane]) {
        let known = rank.pieces();
        match rank {
            Rank::Keys(_) if known > 2 * BLOCK => self.repeat(of, lanes.get_mut(..=known).unwrap_or_default()),
            Rank::Keys(_) => {
                scatter(of, lanes);
                lane::accumulate(lanes.get_mut(..=known).unwrap_or_default());
            }
            Rank::Texts(_) => {
                scatter(of, lanes);
                let texts = lanes.get_mut(..=known).unwrap_or_default();
                let all = texts.iter().fold(Lane::NONE, |all, lane| all.or(*lane));
                texts.last_mut().into_iter().for_each(|last| *last = all);
            }
        }
    }

    /// Where there are many more cuts than rows, most lanes are the same as the one before: each different one is found once.
    fn repeat(&mut self, of: &[u32], lanes: &mut [Lane]) {
        self.rows.clear();
        self.rows.resize(lanes.len(), 0);
        for lane in of {
            self.rows.get_mut(*lane as usize).into_iter().for_each(|rows| *rows += 1);
        }
        let mut before = 0;
        for rows in &mut self.rows {
            before += *rows;
            *rows = before;
        }
        self.different.clear();
        self.different.resize(before as usize + 1, Lane::NONE);
        for (row, lane) in of.iter().enumerate() {
            if let Some(rows) = self.rows.get(*lane as usize) {
                set(&mut self.different, *rows as usize, row);
            }
        }
        lane::accumulate(&mut self.different);
        for (lane, rows) in lanes.iter_mut().zip(&self.rows) {
            self.different.get(*rows as usize).into_iter().for_each(|rows| *lane = *rows);
        }
    }
}

/// Each row into the first lane that it lies in.
fn scatter(of: &[u32], lanes: &mut [Lane]) {
    lanes.fill(Lane::NONE);
    of.iter().enumerate().for_each(|(row, lane)| set(lanes, *lane as usize, row));
}

#[inline(always)]
fn set(lanes: &mut [Lane], lane: usize, row: usize) {
    if let Some(word) = lanes.get_mut(lane).and_then(|lane| lane.0.get_mut(row / 64)) {
        *word |= 1 << (row % 64);
    }
}
