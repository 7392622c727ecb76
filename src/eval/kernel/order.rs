//! Users in another order, where they are only counted: those who lack the same stand together, and where many lists of texts are asked
//! for, among them those whose text is the same. So in most blocks nobody is in doubt, few conditions are in the others, and few of the texts of a list come up.

use std::{collections::HashMap, ops::Range};

use foldhash::fast::RandomState;

use super::{
    bits,
    lane::BLOCK,
    program::{Doubts, Source},
};
use crate::column::Column;

/// Fewer lists of texts cost less than to put the rows in the order of their texts.
const LISTS: usize = 64;

/// Rows in another order, and which of them are combined together.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) rows: Vec<u32>,
    pub(super) blocks: Vec<Range<usize>>,
}

/// Rows block by block.
pub(super) fn blocks(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.step_by(BLOCK).map(move |first| first..end.min(first + BLOCK))
}

/// A source and where its values stand.
pub(super) struct Sought<'s> {
    pub(super) source: &'s Source,
    /// The column, and where in it the first of the rows stands.
    pub(super) column: Option<(&'s Column, usize)>,
    /// The pieces of texts that rows share.
    pub(super) shared: Option<Vec<u32>>,
}

impl<'s> Sought<'s> {
    /// Of so many rows.
    pub(super) fn of(source: &'s Source, column: Option<(&'s Column, usize)>, rows: usize) -> Sought<'s> {
        let shared = column.and_then(|(column, _)| source.rank.shared(column, rows));
        Sought { source, column, shared }
    }

    /// Of each row from one on the first of the lanes that it lies in.
    pub(super) fn lanes_of(&self, first: usize, lanes: &mut [u32]) {
        match self.column {
            None => lanes.fill(u32::MAX),
            Some((column, start)) => self.source.rank.lanes_of(column, self.shared.as_deref(), start + first, lanes),
        }
    }

    /// The same of all rows.
    fn all(&self, rows: usize) -> Vec<u32> {
        let mut lanes = vec![0; rows];
        for (block, lanes) in lanes.chunks_mut(BLOCK).enumerate() {
            self.lanes_of(block * BLOCK, lanes);
        }
        lanes
    }

    /// What is in doubt where its value is missing, and of which rows it is known; none where it stands in no column.
    pub(super) fn known(&self) -> Option<(Doubts, &'s [u64])> {
        let (column, start) = self.column?;
        Some((self.source.doubt, column.known().get(start / 64..).unwrap_or_default()))
    }
}

/// The source by whose texts rows are put in order.
pub(super) fn leading<'s>(sources: impl Iterator<Item = &'s Source>) -> Option<usize> {
    let listed = sources.enumerate().filter(|(_, source)| source.lists.number >= LISTS);
    listed.max_by_key(|(_, source)| source.lists.number).map(|(at, _)| at)
}

/// The rows of whom everything is known, then the others, by what they lack. `known` tells of each thing that can be in doubt of which
/// rows it is known. None where the order would be that of the rows.
pub(super) fn by_doubt<'k>(
    sought: &[Sought<'_>],
    known: impl Iterator<Item = (Doubts, &'k [u64])>,
    rows: usize,
) -> Option<Order> {
    let mut doubts: Vec<Doubts> = vec![0; rows];
    for (doubt, known) in known {
        let mut missing: Vec<u64> = known.iter().take(bits::words(rows)).map(|word| !word).collect();
        bits::trim(&mut missing, rows);
        for row in bits::rows(&missing) {
            if let Some(doubts) = doubts.get_mut(row) {
                *doubts |= doubt;
            }
        }
    }
    let mut alike: HashMap<Doubts, Vec<u32>, RandomState> = HashMap::default();
    let mut complete = vec![];
    for (row, doubt) in (0..).zip(&doubts) {
        match doubt {
            0 => complete.push(row),
            doubt => alike.entry(*doubt).or_default().push(row),
        }
    }
    if !complete.is_empty() {
        alike.insert(0, complete);
    }
    let listed = leading(sought.iter().map(|sought| sought.source));
    let listed = listed.and_then(|at| sought.get(at));
    if alike.len() < 2 && listed.is_none() {
        return None;
    }
    let mut alike: Vec<(Doubts, Vec<u32>)> = alike.into_iter().collect();
    alike.sort_unstable_by_key(|(doubt, _)| (doubt.count_ones(), *doubt));
    let mut order = Order { rows: Vec::with_capacity(rows), blocks: vec![] };
    // Where the blocks begin that are not yet told.
    let mut begin = 0;
    let texts = listed.map(|sought| (sought.all(rows), sought.source.lanes()));
    for (_, rows) in alike {
        let first = order.rows.len();
        match &texts {
            Some((texts, number)) => by_text(&rows, texts, *number, &mut order.rows),
            None => order.rows.extend(&rows),
        }
        // Of those who are alike blocks are made, if they are many.
        if rows.len() >= BLOCK / 2 {
            order.blocks.extend(blocks(begin..first).chain(blocks(first..order.rows.len())));
            begin = order.rows.len();
        }
    }
    order.blocks.extend(blocks(begin..order.rows.len()));
    Some(order)
}

/// Puts rows behind others, by their text, of which there are so many, and in their own order where it is the same.
fn by_text(rows: &[u32], texts: &[u32], number: usize, order: &mut Vec<u32>) {
    let text = |row: u32| texts.get(row as usize).map_or(number, |text| (*text as usize).min(number));
    let mut places = vec![0; number + 2];
    for row in rows {
        if let Some(rows) = places.get_mut(text(*row) + 1) {
            *rows += 1;
        }
    }
    let mut before = 0;
    for place in &mut places {
        before += *place;
        *place = before;
    }
    let first = order.len();
    order.resize(first + rows.len(), 0);
    for row in rows {
        if let Some(place) = places.get_mut(text(*row))
            && let Some(slot) = order.get_mut(first + *place)
        {
            *slot = *row;
            *place += 1;
        }
    }
}

/// Finds of all rows the lanes that they lie in, row after row, and puts them where the rows come in order, source by source: that
/// costs less than to go to the rows here and there.
pub(super) fn ordered(sought: &[Sought<'_>], order: &[u32], lanes: &mut Vec<Vec<u32>>) {
    let mut places = vec![0; order.len()];
    for (place, row) in (0_u32..).zip(order) {
        if let Some(slot) = places.get_mut(*row as usize) {
            *slot = place;
        }
    }
    let mut of = [0; BLOCK];
    lanes.resize_with(sought.len(), Vec::new);
    for (sought, lanes) in sought.iter().zip(lanes) {
        lanes.resize(order.len(), 0);
        for (block, places) in places.chunks(BLOCK).enumerate() {
            let of = of.get_mut(..places.len()).unwrap_or_default();
            sought.lanes_of(block * BLOCK, of);
            for (lane, place) in of.iter().zip(places) {
                if let Some(slot) = lanes.get_mut(*place as usize) {
                    *slot = *lane;
                }
            }
        }
    }
}
