//! What is kept of one question for each slot, in words that stand beside those of the other questions: so that a row touches one
//! place in memory, whatever is asked of it. All words begin as 0. What does not fit into them, which is seldom, stands in tables.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use foldhash::fast::RandomState;

use crate::{
    column::{Column, Data},
    eval::whole::{
        truths::has,
        values::{All, Different},
    },
    plan::float_key,
    value::{aggregate::Total, exact_sum::ExactSum},
};

pub(super) type Table<T> = HashMap<u32, T, RandomState>;

/// A part of the words of a slot, and the rows that it is told of.
#[derive(Debug)]
pub(super) struct Lane {
    /// The first word.
    pub(super) word: usize,
    /// Of what takes half a word: which half, 0 or 32.
    pub(super) shift: u32,
    /// The question whose rows and elements these are.
    pub(super) question: usize,
    pub(super) kept: Kept,
}

/// What is kept.
#[derive(Debug)]
pub(super) enum Kept {
    /// How many. Half a word; what runs over.
    Count(Table<u64>),
    /// Whether one is true. Half a word.
    Any,
    /// A sum of ints or decimals. One word; what runs over.
    Sum(Table<Total>),
    /// A sum of floats in two parts that are exact together. Two words; sums of more parts.
    Floats(Table<ExactSum>),
    /// The least or greatest: one word that only grows ([`rising`]), 0 where there is none. Slots that have just that key; decimals
    /// beyond 64 bits.
    Extreme { greatest: bool, ends: HashSet<u32, RandomState>, wide: Table<i128> },
    /// The same of days and ranks. Half a word.
    SmallExtreme { greatest: bool },
    /// The first or last: when, likewise, and what. Two words; decimals beyond 64 bits.
    End { last: bool, wide: Table<i128> },
    /// The same of texts: when. One word; the texts.
    EndText { last: bool, texts: Vec<Option<Arc<str>>>, often: HashSet<Arc<str>, RandomState> },
    /// The different values. No words.
    Different(Box<Different>),
    /// All numbers. No words.
    All(Box<All>),
}

/// When a row without an `at` happened, as far as order goes: before all others.
const UNDATED: i64 = i64::MIN + 1;
/// Texts that a lane keeps once each.
const OFTEN: usize = 1 << 12;

/// A key as a word that is the greater the greater (or the less) it is; 0 for the last key that anything could be.
#[inline]
pub(super) fn rising(key: i64, greatest: bool) -> u64 {
    let word = (key ^ i64::MIN) as u64;
    if greatest { word } else { !word }
}

/// The key of such a word.
pub(super) fn key_of(word: u64, greatest: bool) -> i64 {
    let word = if greatest { word } else { !word };
    word as i64 ^ i64::MIN
}

/// The same of half a word.
#[inline]
fn small_rising(key: i32, greatest: bool) -> u32 {
    let word = (key ^ i32::MIN) as u32;
    if greatest { word } else { !word }
}

/// The key of such a half.
pub(super) fn small_key_of(word: u32, greatest: bool) -> i32 {
    let word = if greatest { word } else { !word };
    word as i32 ^ i32::MIN
}

impl Kept {
    /// How many halves of words it takes.
    pub(super) fn halves(&self) -> usize {
        match self {
            Kept::Count(_) | Kept::Any | Kept::SmallExtreme { .. } => 1,
            Kept::Sum(_) | Kept::Extreme { .. } | Kept::EndText { .. } => 2,
            Kept::Floats(_) | Kept::End { .. } => 4,
            Kept::Different(_) | Kept::All(_) => 0,
        }
    }

    /// Whether some slots have more than their words hold.
    pub(super) fn has_tables(&self) -> bool {
        match self {
            Kept::Sum(over) => !over.is_empty(),
            Kept::Extreme { wide, .. } | Kept::End { wide, .. } => !wide.is_empty(),
            Kept::Count(_)
            | Kept::Any
            | Kept::Floats(_)
            | Kept::SmallExtreme { .. }
            | Kept::EndText { .. }
            | Kept::Different(_)
            | Kept::All(_) => false,
        }
    }
}

/// Rows that are told together: which rows, and the slot of each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'t> {
    pub(super) rows: &'t [u32],
    pub(super) slots: &'t [u32],
    /// Rows that the clause lets through and whose element is known; none where all are.
    pub(super) take: Option<&'t [u64]>,
    /// The elements, by row.
    pub(super) elements: Option<&'t Column>,
    /// When the rows happened.
    pub(super) happened: Option<&'t Column>,
    /// Rows that stand before the piece.
    pub(super) before: u64,
}

impl Lane {
    /// Tells it of rows. `words` are those of all slots, so many each.
    pub(super) fn tell(&mut self, words: &mut [u64], stride: usize, told: &Told<'_>) {
        let (at, shift) = (self.word, self.shift);
        match (&mut self.kept, told.elements.map(Column::data)) {
            (Kept::Count(over), _) => each::<1>(words, stride, at, told, |[count], _, slot, taken| {
                let (sum, wrapped) = count.overflowing_add(u64::from(taken) << shift);
                *count = sum;
                // A half that has become 0 has run over, into the other half or out of the word.
                if taken && (sum >> shift) as u32 == 0 {
                    *count = if shift == 0 { sum.wrapping_sub(1 << 32) } else { sum };
                    debug_assert!(shift == 0 || wrapped, "the upper half runs out of the word");
                    count_over(over, slot);
                }
            }),
            (Kept::Any, Some(Data::Bool(flags))) => each::<1>(words, stride, at, told, |[any], row, _, taken| {
                *any |= u64::from(taken && flags.get(row) == Some(&true)) << shift;
            }),
            (Kept::Any, _) => {
                each::<1>(words, stride, at, told, |[any], _, _, taken| *any |= u64::from(taken) << shift)
            }
            (Kept::Sum(over), Some(Data::Int(values) | Data::Short(values, _))) => {
                each::<1>(words, stride, at, told, |[sum], row, slot, taken| {
                    let value = values.get(row).copied().unwrap_or(0) * i64::from(taken);
                    let (total, overflow) = (*sum as i64).overflowing_add(value);
                    if overflow {
                        run_over(over, slot, i128::from(*sum as i64) + i128::from(value));
                        *sum = 0;
                    } else {
                        *sum = total as u64;
                    }
                });
            }
            (Kept::Sum(over), Some(Data::Decimal(values, _))) => {
                taken::<1>(words, stride, at, told, |_, row, slot| {
                    run_over(over, slot, values.get(row).copied().unwrap_or(0));
                });
            }
            (Kept::Floats(over), Some(Data::Float(values))) => {
                taken::<2>(words, stride, at, told, |[high, low], row, slot| {
                    add_float(high, low, over, slot, values.get(row).copied().unwrap_or(0.0));
                });
            }
            (Kept::Extreme { greatest, ends, wide }, Some(data)) => {
                let greatest = *greatest;
                let mut extreme = |key: &dyn Fn(usize) -> Option<i64>| {
                    taken::<1>(words, stride, at, told, |[best], row, slot| {
                        let word = key(row).map_or(0, |key| rising(key, greatest));
                        if word == 0 {
                            ends.insert(slot);
                        }
                        *best = word.max(*best);
                    });
                };
                match data {
                    Data::Float(values) => extreme(&|row| values.get(row).map(|it| float_key(*it))),
                    Data::Int(values) | Data::Short(values, _) | Data::Timestamp(values) => {
                        each::<1>(words, stride, at, told, |[best], row, slot, taken| {
                            let word = values.get(row).map_or(0, |key| rising(*key, greatest));
                            if taken & (word == 0) {
                                ends.insert(slot);
                            }
                            *best = (word * u64::from(taken)).max(*best);
                        });
                    }
                    Data::Decimal(values, _) => taken::<1>(words, stride, at, told, |_, row, slot| {
                        let Some(value) = values.get(row).copied() else { return };
                        let best = wide.entry(slot).or_insert(value);
                        *best = if greatest { value.max(*best) } else { value.min(*best) };
                    }),
                    Data::Bool(_)
                    | Data::Text(_)
                    | Data::Texts(_)
                    | Data::Date(_)
                    | Data::Duration(_)
                    | Data::List(_)
                    | Data::Choice(_) => {}
                }
            }
            (Kept::SmallExtreme { greatest }, Some(data)) => {
                let greatest = *greatest;
                let grow = |best: &mut u64, key: i32, taken: bool| {
                    let (own, word) = ((*best >> shift) as u32, small_rising(key, greatest) * u32::from(taken));
                    *best ^= u64::from(own ^ own.max(word)) << shift;
                };
                match data {
                    Data::Date(days) => each::<1>(words, stride, at, told, |[best], row, _, taken| {
                        grow(best, days.get(row).copied().unwrap_or(0), taken);
                    }),
                    Data::Choice(ranks) => each::<1>(words, stride, at, told, |[best], row, _, taken| {
                        grow(best, ranks.get(row).copied().unwrap_or(0) as i32, taken);
                    }),
                    _ => {}
                }
            }
            (Kept::End { last, wide }, Some(data)) => {
                let last = *last;
                macro_rules! end {
                    ($values:expr, $key:expr) => {
                        end(words, stride, at, told, last, wide, |row| $values.get(row).map(|it| $key(*it)))
                    };
                }
                match data {
                    Data::Int(values) | Data::Short(values, _) | Data::Timestamp(values) => end!(values, |it: i64| it),
                    Data::Bool(values) => end!(values, i64::from),
                    Data::Date(values) => end!(values, i64::from),
                    Data::Choice(values) => end!(values, i64::from),
                    Data::Float(values) => end!(values, float_key),
                    Data::Decimal(values, _) => {
                        let moments = Moments::of(told.happened);
                        taken::<2>(words, stride, at, told, |[when, _], row, slot| {
                            if moments.replaces(row, when, last) {
                                wide.insert(slot, values.get(row).copied().unwrap_or(0));
                            }
                        });
                    }
                    Data::Text(_) | Data::Texts(_) | Data::Duration(_) | Data::List(_) => {}
                }
            }
            (Kept::EndText { last, texts, often }, Some(data)) => {
                let moments = Moments::of(told.happened);
                let last = *last;
                taken::<1>(words, stride, at, told, |[when], row, slot| {
                    if !moments.replaces(row, when, last) {
                        return;
                    }
                    let text = match data {
                        Data::Texts(texts) => texts.get(row),
                        Data::Text(texts) => texts.get(row).and_then(Option::as_deref),
                        _ => None,
                    };
                    if let Some(kept) = texts.get_mut(slot as usize)
                        && kept.as_deref() != text
                    {
                        *kept = text.map(|text| once(often, text));
                    }
                });
            }
            (Kept::Different(different), _) => different.tell(told),
            (Kept::All(all), _) => all.tell(told),
            (
                Kept::Sum(_)
                | Kept::Floats(_)
                | Kept::Extreme { .. }
                | Kept::SmallExtreme { .. }
                | Kept::End { .. }
                | Kept::EndText { .. },
                _,
            ) => {}
        }
    }
}

/// Looks at the words of each row's slot, whether the row is taken or not.
#[inline]
fn each<const N: usize>(
    words: &mut [u64],
    stride: usize,
    at: usize,
    told: &Told<'_>,
    mut change: impl FnMut(&mut [u64; N], usize, u32, bool),
) {
    let rows = told.rows.iter().zip(told.slots);
    match told.take {
        None => rows.for_each(|(row, slot)| {
            if let Some(words) = own(words, *slot as usize * stride + at) {
                change(words, *row as usize, *slot, true);
            }
        }),
        Some(take) => rows.for_each(|(row, slot)| {
            if let Some(words) = own(words, *slot as usize * stride + at) {
                change(words, *row as usize, *slot, has(take, *row as usize));
            }
        }),
    }
}

/// Looks at the words of the slots of rows that are taken.
#[inline]
fn taken<const N: usize>(
    words: &mut [u64],
    stride: usize,
    at: usize,
    told: &Told<'_>,
    mut change: impl FnMut(&mut [u64; N], usize, u32),
) {
    for (row, slot) in told.rows.iter().zip(told.slots) {
        if told.take.is_none_or(|take| has(take, *row as usize))
            && let Some(words) = own(words, *slot as usize * stride + at)
        {
            change(words, *row as usize, *slot);
        }
    }
}

/// Looks at rows that are taken.
#[inline]
pub(super) fn each_taken(told: &Told<'_>, mut look: impl FnMut(usize, u32)) {
    for (row, slot) in told.rows.iter().zip(told.slots) {
        if told.take.is_none_or(|take| has(take, *row as usize)) {
            look(*row as usize, *slot);
        }
    }
}

#[inline]
fn own<const N: usize>(words: &mut [u64], from: usize) -> Option<&mut [u64; N]> {
    words.get_mut(from..from + N)?.try_into().ok()
}

#[cold]
fn count_over(over: &mut Table<u64>, slot: u32) {
    *over.entry(slot).or_default() += 1 << 32;
}

#[cold]
fn run_over(over: &mut Table<Total>, slot: u32, units: i128) {
    over.entry(slot).or_insert(Total::Exact(0, 0)).add_units(units);
}

/// Adds a float to a sum of two parts, which are exact together; a sum that needs more stands in the table.
#[inline]
fn add_float(high: &mut u64, low: &mut u64, over: &mut Table<ExactSum>, slot: u32, x: f64) {
    let two_sum = |a: f64, b: f64| {
        let sum = a + b;
        let part = sum - a;
        (sum, (a - (sum - part)) + (b - part))
    };
    let (own_high, own_low) = (f64::from_bits(*high), f64::from_bits(*low));
    let (part, least) = two_sum(own_low, x);
    let (sum, rest) = two_sum(own_high, part);
    // Far from where a sum might overflow on the way, or lose what is too small for a float.
    let usual = sum.abs() < 1e270 && x.abs() < 1e270;
    if usual && (least == 0.0 || rest == 0.0) {
        (*high, *low) = (sum.to_bits(), (rest + least).to_bits());
    } else {
        let kept = over.entry(slot).or_default();
        [own_high, own_low, x].into_iter().for_each(|part| kept.add(part));
        (*high, *low) = (0, 0);
    }
}

fn end(
    words: &mut [u64],
    stride: usize,
    at: usize,
    told: &Told<'_>,
    last: bool,
    wide: &mut Table<i128>,
    key: impl Fn(usize) -> Option<i64>,
) {
    let moments = Moments::of(told.happened);
    taken::<2>(words, stride, at, told, |[when, what], row, slot| {
        if moments.replaces(row, when, last) {
            *what = key(row).unwrap_or(0) as u64;
            if !wide.is_empty() {
                wide.remove(&slot);
            }
        }
    });
}

/// When rows happened.
pub(super) enum Moments<'c> {
    Days(&'c Column, &'c [i32]),
    Micros(&'c Column, &'c [i64]),
    None,
}

impl<'c> Moments<'c> {
    pub(super) fn of(column: Option<&'c Column>) -> Moments<'c> {
        match column.map(|column| (column, column.data())) {
            Some((column, Data::Date(days))) => Moments::Days(column, days),
            Some((column, Data::Timestamp(micros))) => Moments::Micros(column, micros),
            _ => Moments::None,
        }
    }

    /// A number for the moment of a row; rows without one come first.
    #[inline]
    pub(super) fn at(&self, row: usize) -> i64 {
        let at = match self {
            Moments::Days(column, days) => days.get(row).filter(|_| column.is_known(row)).map(|it| i64::from(*it)),
            Moments::Micros(column, micros) => micros.get(row).filter(|_| column.is_known(row)).copied(),
            Moments::None => None,
        };
        at.unwrap_or(UNDATED)
    }

    /// Whether a row comes before (or behind) what is kept, and if so when it happened. Rows are told in the order of their input, so of
    /// the same moment the one told first is the first.
    #[inline]
    fn replaces(&self, row: usize, when: &mut u64, last: bool) -> bool {
        let at = rising(self.at(row), last);
        let replaces = if last { at >= *when } else { at > *when };
        if replaces {
            *when = at;
        }
        replaces
    }
}

fn once(often: &mut HashSet<Arc<str>, RandomState>, text: &str) -> Arc<str> {
    if let Some(known) = often.get(text) {
        return Arc::clone(known);
    }
    let new: Arc<str> = text.into();
    if often.len() < OFTEN {
        often.insert(Arc::clone(&new));
    }
    new
}
