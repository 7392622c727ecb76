//! Rows of a block put into the lanes of a source: those before each of its cuts, or those of each text.

use super::{
    lane::{self, BLOCK, Lane, Lanes},
    program::Source,
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
    pub(super) fn fill(&mut self, source: &Source, of: &[u32], lanes: &mut Lanes) {
        let known = source.rank.pieces();
        match source.rank {
            Rank::Keys(_) if known > 2 * BLOCK => self.share(source.lane, known + 1, of, lanes),
            Rank::Keys(_) => {
                let lanes = lanes.some(source.lane, source.lanes());
                scatter(of, lanes);
                lane::accumulate(lanes.get_mut(..=known).unwrap_or_default());
            }
            Rank::Texts(_) => {
                let lists = source.lists.number;
                let (lists, lanes) = lanes.some(source.first(), lists + source.lanes()).split_at_mut(lists);
                scatter(of, lanes);
                lists.fill(Lane::NONE);
                let texts = lanes.get_mut(..=known).unwrap_or_default();
                let mut all = Lane::NONE;
                for (at, lane) in texts.iter().enumerate().filter(|(_, lane)| **lane != Lane::NONE) {
                    all = all.or(*lane);
                    // A text is one behind its number.
                    for list in at.checked_sub(1).and_then(|text| source.lists.of_text.get(text)).into_iter().flatten()
                    {
                        lists.iter_mut().skip(*list as usize).take(1).for_each(|list| *list = list.or(*lane));
                    }
                }
                texts.last_mut().into_iter().for_each(|last| *last = all);
            }
        }
    }

    /// Where there are many more cuts than rows, most lanes are the same as the one before: each different one is found once, and
    /// shared where that can be.
    fn share(&mut self, first: usize, number: usize, of: &[u32], lanes: &mut Lanes) {
        self.rows.clear();
        self.rows.resize(number, 0);
        for lane in of {
            self.rows.get_mut(*lane as usize).into_iter().for_each(|rows| *rows += 1);
        }
        let mut before = 0;
        for rows in &mut self.rows {
            before += *rows;
            *rows = before;
        }
        let different = before as usize + 1;
        self.different.clear();
        self.different.resize(different, Lane::NONE);
        for (row, lane) in of.iter().enumerate() {
            if let Some(rows) = self.rows.get(*lane as usize) {
                set(&mut self.different, *rows as usize, row);
            }
        }
        lane::accumulate(&mut self.different);
        let places = lanes.places(first, number);
        if places.is_empty() {
            for (lane, rows) in lanes.some(first, number).iter_mut().zip(&self.rows) {
                self.different.get(*rows as usize).into_iter().for_each(|rows| *lane = *rows);
            }
        } else {
            places.iter_mut().zip(&self.rows).for_each(|(place, rows)| *place = (first as u32 + rows) as u16);
            lanes.some(first, different).iter_mut().zip(&self.different).for_each(|(lane, rows)| *lane = *rows);
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
