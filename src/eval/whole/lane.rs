//! What is kept of one question for each slot, in words that stand beside those of the other questions: so that a row touches one
//! place in memory, whatever is asked of it. What does not fit into the words, which is seldom, stands in tables of its own.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use foldhash::fast::RandomState;

use crate::{
    column::{Column, Data},
    eval::{accumulate::Accumulator, rows::element_type, whole::truths::has},
    ir::{Aggregate, AggregateFunction},
    plan::float_key,
    value::{Type, aggregate::Total, exact_sum::ExactSum},
};

pub(super) type Table<T> = HashMap<u32, T, RandomState>;

/// One question's part of the words of a slot: the first word is `at`.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) at: usize,
    pub(super) kept: Kept,
}

/// What is kept.
#[derive(Debug)]
pub(super) enum Kept {
    /// How many. One word.
    Count,
    /// Whether one is true. One word.
    Any,
    /// A sum of ints or decimals, and how many. Two words; what runs over.
    Sum(Table<Total>),
    /// A sum of floats in two parts that are exact together, and how many. Three words; sums of more parts.
    Floats(Table<ExactSum>),
    /// The least or greatest key, [`i64::MAX`] or [`i64::MIN`] where there is none. One word; slots that have just that key;
    /// decimals beyond 64 bits.
    Extreme { greatest: bool, ends: HashSet<u32, RandomState>, wide: Table<i128> },
    /// The first or last: when, and what. Two words; decimals beyond 64 bits.
    End { last: bool, wide: Table<i128> },
    /// The same of texts: when. One word; the texts.
    EndText { last: bool, texts: Vec<Option<Arc<str>>>, often: HashSet<Arc<str>, RandomState> },
    /// Anything else. No words.
    Other(Box<Accumulator>),
}

/// When a row without an `at` happened, as far as order goes: before all others.
const UNDATED: i64 = i64::MIN + 1;
/// Texts that a lane keeps once each.
const OFTEN: usize = 1 << 12;

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
}

impl Lane {
    /// What a question needs; none where only [`Accumulator`]s can answer it.
    pub(super) fn kept(aggregate: &Aggregate) -> Option<Kept> {
        let last = matches!(aggregate.function, AggregateFunction::Last);
        let greatest = matches!(aggregate.function, AggregateFunction::Greatest);
        let empty = HashMap::default;
        match (&aggregate.function, element_type(aggregate)) {
            (AggregateFunction::Count, _) => Some(Kept::Count),
            (AggregateFunction::Any, Type::Bool) => Some(Kept::Any),
            (AggregateFunction::Sum | AggregateFunction::Average, Type::Int | Type::Decimal(_)) => {
                Some(Kept::Sum(empty()))
            }
            (AggregateFunction::Sum | AggregateFunction::Average, Type::Float) => {
                Some(Kept::Floats(HashMap::default()))
            }
            (
                AggregateFunction::Least | AggregateFunction::Greatest,
                Type::Int | Type::Decimal(_) | Type::Float | Type::Date | Type::Timestamp | Type::Choice(_),
            ) => Some(Kept::Extreme { greatest, ends: HashSet::default(), wide: HashMap::default() }),
            (AggregateFunction::First | AggregateFunction::Last, Type::Text) => {
                Some(Kept::EndText { last, texts: vec![], often: HashSet::default() })
            }
            (
                AggregateFunction::First | AggregateFunction::Last,
                Type::Bool
                | Type::Int
                | Type::Decimal(_)
                | Type::Float
                | Type::Date
                | Type::Timestamp
                | Type::Choice(_),
            ) => Some(Kept::End { last, wide: HashMap::default() }),
            _ => None,
        }
    }

    /// The words of a slot that nothing was told of.
    pub(super) fn fresh(kept: &Kept) -> &'static [i64] {
        match kept {
            Kept::Count | Kept::Any => &[0],
            Kept::Sum(_) => &[0, 0],
            Kept::Floats(_) => &[0, 0, 0],
            Kept::Extreme { greatest: true, .. } | Kept::EndText { last: true, .. } => &[i64::MIN],
            Kept::Extreme { greatest: false, .. } | Kept::EndText { last: false, .. } => &[i64::MAX],
            Kept::End { last: true, .. } => &[i64::MIN, 0],
            Kept::End { last: false, .. } => &[i64::MAX, 0],
            Kept::Other(_) => &[],
        }
    }

    /// Tells it of rows. `words` are those of all slots, so many each.
    pub(super) fn tell(&mut self, words: &mut [i64], stride: usize, told: &Told<'_>) {
        let at = self.at;
        match (&mut self.kept, told.elements.map(Column::data)) {
            (Kept::Count, _) => each::<1>(words, stride, at, told, |[count], _, _, taken| *count += i64::from(taken)),
            (Kept::Any, Some(Data::Bool(flags))) => each::<1>(words, stride, at, told, |[any], row, _, taken| {
                *any |= i64::from(taken && flags.get(row) == Some(&true));
            }),
            (Kept::Any, _) => each::<1>(words, stride, at, told, |[any], _, _, taken| *any |= i64::from(taken)),
            (Kept::Sum(over), Some(Data::Int(values) | Data::Short(values, _))) => {
                each::<2>(words, stride, at, told, |[sum, count], row, slot, taken| {
                    let value = if taken { values.get(row).copied().unwrap_or(0) } else { 0 };
                    let (total, overflow) = sum.overflowing_add(value);
                    *count += i64::from(taken);
                    if overflow {
                        run_over(over, slot, i128::from(*sum) + i128::from(value));
                        *sum = 0;
                    } else {
                        *sum = total;
                    }
                });
            }
            (Kept::Sum(over), Some(Data::Decimal(values, _))) => {
                taken::<2>(words, stride, at, told, |[_, count], row, slot| {
                    *count += 1;
                    run_over(over, slot, values.get(row).copied().unwrap_or(0));
                });
            }
            (Kept::Floats(over), Some(Data::Float(values))) => {
                taken::<3>(words, stride, at, told, |[high, low, count], row, slot| {
                    *count += 1;
                    add_float(high, low, over, slot, values.get(row).copied().unwrap_or(0.0));
                });
            }
            (Kept::Extreme { greatest, ends, wide }, Some(data)) => match data {
                Data::Int(values) | Data::Short(values, _) | Data::Timestamp(values) => {
                    extreme(words, stride, at, told, *greatest, ends, |row| values.get(row).copied());
                }
                Data::Date(values) => {
                    extreme(words, stride, at, told, *greatest, ends, |row| values.get(row).map(|it| i64::from(*it)));
                }
                Data::Choice(values) => {
                    extreme(words, stride, at, told, *greatest, ends, |row| values.get(row).map(|it| i64::from(*it)));
                }
                Data::Float(values) => {
                    extreme(words, stride, at, told, *greatest, ends, |row| values.get(row).map(|it| float_key(*it)));
                }
                Data::Decimal(values, _) => {
                    let greatest = *greatest;
                    taken::<1>(words, stride, at, told, |_, row, slot| {
                        let Some(value) = values.get(row).copied() else { return };
                        let best = wide.entry(slot).or_insert(value);
                        *best = if greatest { value.max(*best) } else { value.min(*best) };
                    });
                }
                Data::Bool(_) | Data::Text(_) | Data::Texts(_) | Data::Duration(_) | Data::List(_) => {}
            },
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
            (Kept::Sum(_) | Kept::Floats(_) | Kept::Extreme { .. } | Kept::End { .. } | Kept::EndText { .. }, _) => {}
            // Told element by element.
            (Kept::Other(_), _) => {}
        }
    }
}

/// Looks at the words of each row's slot, whether the row is taken or not.
#[inline]
fn each<const N: usize>(
    words: &mut [i64],
    stride: usize,
    at: usize,
    told: &Told<'_>,
    mut change: impl FnMut(&mut [i64; N], usize, u32, bool),
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
    words: &mut [i64],
    stride: usize,
    at: usize,
    told: &Told<'_>,
    mut change: impl FnMut(&mut [i64; N], usize, u32),
) {
    for (row, slot) in told.rows.iter().zip(told.slots) {
        if told.take.is_none_or(|take| has(take, *row as usize))
            && let Some(words) = own(words, *slot as usize * stride + at)
        {
            change(words, *row as usize, *slot);
        }
    }
}

#[inline]
fn own<const N: usize>(words: &mut [i64], from: usize) -> Option<&mut [i64; N]> {
    words.get_mut(from..from + N)?.try_into().ok()
}

#[cold]
fn run_over(over: &mut Table<Total>, slot: u32, units: i128) {
    over.entry(slot).or_insert(Total::Exact(0, 0)).add_units(units);
}

/// Adds a float to a sum of two parts, which are exact together; a sum that needs more stands in the table.
#[inline]
fn add_float(high: &mut i64, low: &mut i64, over: &mut Table<ExactSum>, slot: u32, x: f64) {
    let two_sum = |a: f64, b: f64| {
        let sum = a + b;
        let part = sum - a;
        (sum, (a - (sum - part)) + (b - part))
    };
    let (own_high, own_low) = (f64::from_bits(*high as u64), f64::from_bits(*low as u64));
    let (part, least) = two_sum(own_low, x);
    let (sum, rest) = two_sum(own_high, part);
    // Far from where a sum might overflow on the way, or lose what is too small for a float.
    let usual = sum.abs() < 1e270 && x.abs() < 1e270;
    if usual && (least == 0.0 || rest == 0.0) {
        (*high, *low) = (sum.to_bits() as i64, (rest + least).to_bits() as i64);
    } else {
        let kept = over.entry(slot).or_default();
        [own_high, own_low, x].into_iter().for_each(|part| kept.add(part));
        (*high, *low) = (0, 0);
    }
}

fn extreme(
    words: &mut [i64],
    stride: usize,
    at: usize,
    told: &Told<'_>,
    greatest: bool,
    ends: &mut HashSet<u32, RandomState>,
    key: impl Fn(usize) -> Option<i64>,
) {
    let none = if greatest { i64::MIN } else { i64::MAX };
    let mut change = |best: &mut i64, row: usize, slot: u32, taken: bool| {
        let key = if taken { key(row).unwrap_or(none) } else { none };
        if taken && key == none {
            ends.insert(slot);
        }
        *best = if greatest { key.max(*best) } else { key.min(*best) };
    };
    each::<1>(words, stride, at, told, |[best], row, slot, taken| change(best, row, slot, taken));
}

fn end(
    words: &mut [i64],
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
            *what = key(row).unwrap_or(0);
            if !wide.is_empty() {
                wide.remove(&slot);
            }
        }
    });
}

/// When rows happened.
enum Moments<'c> {
    Days(&'c Column, &'c [i32]),
    Micros(&'c Column, &'c [i64]),
    None,
}

impl<'c> Moments<'c> {
    fn of(column: Option<&'c Column>) -> Moments<'c> {
        match column.map(|column| (column, column.data())) {
            Some((column, Data::Date(days))) => Moments::Days(column, days),
            Some((column, Data::Timestamp(micros))) => Moments::Micros(column, micros),
            _ => Moments::None,
        }
    }

    #[inline]
    fn at(&self, row: usize) -> i64 {
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
    fn replaces(&self, row: usize, when: &mut i64, last: bool) -> bool {
        let at = self.at(row);
        let replaces = if last { at >= *when } else { at < *when };
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
