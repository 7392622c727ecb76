//! What is kept of all questions over the same rows, slot by slot. A slot is a user, or a group of users.

use crate::{
    column::{Batch, Column, Data},
    eval::{
        accumulate::{Accumulator, Answered},
        funnel::Event,
        rows::{Element, When, element_type},
        whole::{
            clauses::{Clauses, Found, FoundOf, Question},
            lane::{Kept, Lane, Told},
        },
    },
    plan::{Slot, float_of},
    schema::ColumnId,
    value::{Decimal, Type, Value, aggregate::Total, number},
};

/// Rows that are told before the next question is: so many that what is kept of them stays in the processor's own memory.
const BLOCK: usize = 2048;

/// What is kept of some slots.
#[derive(Debug)]
pub(super) struct Slots {
    words: Vec<i64>,
    fresh: Vec<i64>,
    lanes: Vec<Lane>,
    len: usize,
}

/// Where the rows of a piece stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'p> {
    pub(super) columns: &'p dyn Columns,
    pub(super) found: &'p Found,
    /// The column that says when rows happened.
    pub(super) at: Option<ColumnId>,
    /// Rows that stand before it.
    pub(super) before: u64,
}

/// Columns by slot.
pub(super) trait Columns: std::fmt::Debug + Sync {
    /// A column.
    fn column(&self, slot: Slot) -> Option<&Column>;
}

impl Columns for Batch {
    fn column(&self, slot: Slot) -> Option<&Column> {
        match slot {
            Slot::Column(id) => Batch::column(self, id),
            Slot::Definition(_) | Slot::Aggregate(_) => None,
        }
    }
}

impl Slots {
    /// None yet. `other` makes what a question needs that has no words.
    pub(super) fn of(clauses: &Clauses<'_>, other: impl Fn(&Question<'_>) -> Accumulator) -> Slots {
        let mut slots = Slots { words: vec![], fresh: vec![], lanes: vec![], len: 0 };
        for question in &clauses.questions {
            let kept = Lane::kept(question.aggregate).unwrap_or_else(|| Kept::Other(Box::new(other(question))));
            let at = slots.fresh.len();
            slots.fresh.extend_from_slice(Lane::fresh(&kept));
            slots.lanes.push(Lane { at, kept });
        }
        slots
    }

    /// The same with each question by itself.
    pub(super) fn each(clauses: &Clauses<'_>, other: impl Fn(&Question<'_>) -> Accumulator) -> Vec<Slots> {
        let one = |question: &Question<'_>| {
            let kept = Lane::kept(question.aggregate).unwrap_or_else(|| Kept::Other(Box::new(other(question))));
            let fresh = Lane::fresh(&kept).to_vec();
            Slots { words: vec![], fresh, lanes: vec![Lane { at: 0, kept }], len: 0 }
        };
        clauses.questions.iter().map(one).collect()
    }

    /// So many slots, at least.
    pub(super) fn grow(&mut self, len: usize) {
        if len <= self.len {
            return;
        }
        self.words.reserve((len - self.len) * self.fresh.len());
        match self.fresh.iter().all(|word| *word == 0) {
            true => self.words.resize(len * self.fresh.len(), 0),
            false => (self.len..len).for_each(|_| self.words.extend_from_slice(&self.fresh)),
        }
        self.len = len;
        for lane in &mut self.lanes {
            match &mut lane.kept {
                Kept::EndText { texts, .. } => texts.resize(len, None),
                Kept::Other(accumulator) => accumulator.grow(len),
                Kept::Count | Kept::Any | Kept::Sum(_) | Kept::Floats(_) | Kept::Extreme { .. } | Kept::End { .. } => {}
            }
        }
    }

    /// Tells all questions of rows of a piece, each with its slot, which is there.
    pub(super) fn tell(&mut self, questions: &[Question<'_>], piece: &Piece<'_>, rows: &[u32], slots: &[u32]) {
        let stride = self.fresh.len();
        let happened = piece.at.and_then(|id| piece.columns.column(Slot::Column(id)));
        for (rows, slots) in rows.chunks(BLOCK).zip(slots.chunks(BLOCK)) {
            for ((lane, question), found) in self.lanes.iter_mut().zip(questions).zip(&piece.found.of) {
                if let Kept::Other(accumulator) = &mut lane.kept {
                    tell_one_by_one(accumulator, question, found, piece, rows, slots);
                    continue;
                }
                let take = found.take.as_deref().map(Vec::as_slice);
                let elements = found.element.column(|slot| piece.columns.column(slot));
                let told = Told { rows, slots, take, elements, happened };
                lane.tell(&mut self.words, stride, &told);
            }
        }
    }
}

/// Tells a question of rows, element by element.
fn tell_one_by_one(
    accumulator: &mut Accumulator,
    question: &Question<'_>,
    found: &FoundOf,
    piece: &Piece<'_>,
    rows: &[u32],
    slots: &[u32],
) {
    let column = |slot| piece.columns.column(slot);
    let happened = piece.at.and_then(|id| column(Slot::Column(id)));
    for (row, slot) in rows.iter().zip(slots) {
        let (row, slot) = (*row as usize, *slot as usize);
        if found.take.as_ref().is_some_and(|take| !super::truths::has(take, row)) {
            continue;
        }
        let at = happened.map_or(Value::Missing, |column| column.get(row));
        let at = match at {
            Value::Date(days) => Some(i64::from(days)),
            Value::Timestamp(micros) => Some(micros),
            _ => None,
        };
        let when = When { at, place: piece.before + row as u64 };
        if question.is_funnel() {
            let group =
                question.group.map(|id| column(Slot::Column(id)).map_or(Value::Missing, |column| column.get(row)));
            let meets = found.meets.get(row).copied().unwrap_or(0);
            if meets != 0 && group != Some(Value::Missing) {
                accumulator.add_event(slot, &group.unwrap_or(Value::Missing), Event { when, meets });
            }
            continue;
        }
        let value = found.element.value(column, row);
        let weight = if question.aggregate.by.is_some() { found.weight.value(column, row) } else { Value::Missing };
        accumulator.add(slot, Element { when, value, weight });
    }
}

/// The answers of one question for so many users, whose slots are spread over parts: of the user with number n it is slot n / parts of
/// part n % parts.
pub(super) fn finish(
    parts: &[Slots],
    at: usize,
    question: &Question<'_>,
    others: Vec<Accumulator>,
    users: usize,
) -> Answered {
    let (ty, element) = (&question.aggregate.ty, element_type(question.aggregate).clone());
    if !others.is_empty() {
        return joined(others, ty, users);
    }
    let shift = parts.len().trailing_zeros();
    let gathering = Gathering { parts, at, users, shift };
    let average = matches!(question.aggregate.function, crate::ir::AggregateFunction::Average);
    let Some(Lane { kept, .. }) = gathering.parts.first().and_then(|part| part.lanes.get(at)) else {
        return Answered { values: Column::new(ty), reached: None };
    };
    let values = match kept {
        Kept::Count => gathering.all(Data::Int, |_, words, _| words.first().copied()),
        Kept::Any => gathering.all(Data::Bool, |_, words, _| Some(words.first() == Some(&1))),
        Kept::Sum(_) if average => gathering.all(Data::Float, |kept, words, slot| {
            let [sum, count] = words else { return None };
            let mut total = over(kept, slot);
            total.add_units(i128::from(*sum));
            as_float(&total.average(&element, *count as u64))
        }),
        Kept::Sum(_) => gathering.sums(&element),
        Kept::Floats(_) => gathering.all(Data::Float, |kept, words, slot| {
            let [high, low, count] = words else { return None };
            let (high, low) = (f64::from_bits(*high as u64), f64::from_bits(*low as u64));
            let kept = match kept {
                Kept::Floats(over) => over.get(&slot),
                _ => None,
            };
            match (kept, average) {
                (_, true) if *count == 0 => None,
                (None, true) => as_float(&number::finite((high + low) / *count as f64)),
                (None, false) => as_float(&number::finite(high + low)),
                (Some(kept), _) => {
                    let mut sum = kept.clone();
                    [high, low].into_iter().for_each(|part| sum.add(part));
                    let total = Total::Float(sum);
                    let value = if average { total.average(&element, *count as u64) } else { total.sum(&element) };
                    as_float(&value)
                }
            }
        }),
        Kept::Extreme { greatest, .. } => {
            let none = if *greatest { i64::MIN } else { i64::MAX };
            let found = |kept: &Kept, words: &[i64], slot: u32| {
                let best = words.first().copied()?;
                let is_end = matches!(kept, Kept::Extreme { ends, .. } if ends.contains(&slot));
                (best != none || is_end).then_some(best)
            };
            let wide = |kept: &Kept, slot: u32| match kept {
                Kept::Extreme { wide, .. } => wide.get(&slot).copied(),
                _ => None,
            };
            let better = if *greatest { i128::max } else { i128::min };
            gathering.keys(&element, found, |kept, words, slot| {
                let own = found(kept, words, slot).map(i128::from);
                let wide = wide(kept, slot)?;
                Some(own.map_or(wide, |own| better(own, wide)))
            })
        }
        Kept::End { last, .. } => {
            let none = if *last { i64::MIN } else { i64::MAX };
            let found = |_: &Kept, words: &[i64], _: u32| match words {
                [when, what] if *when != none => Some(*what),
                _ => None,
            };
            gathering.keys(&element, found, |kept, _, slot| match kept {
                Kept::End { wide, .. } => wide.get(&slot).copied(),
                _ => None,
            })
        }
        Kept::EndText { .. } => {
            let text = |kept: &Kept, _: &[i64], slot: u32| match kept {
                Kept::EndText { texts, .. } => texts.get(slot as usize).cloned().flatten().map(Some),
                _ => None,
            };
            gathering.all(Data::Text, text)
        }
        Kept::Other(_) => Column::new(ty),
    };
    Answered { values, reached: None }
}

/// Takes what answers a question that has no words out of each part.
pub(super) fn others(parts: &mut [Slots], at: usize) -> Vec<Accumulator> {
    parts.iter_mut().filter_map(|part| part.take_other(at)).collect()
}

fn as_float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

/// What a sum ran over by.
fn over(kept: &Kept, slot: u32) -> Total {
    match kept {
        Kept::Sum(over) => over.get(&slot).cloned(),
        _ => None,
    }
    .unwrap_or(Total::Exact(0, 0))
}

/// What is kept of one question, user by user.
struct Gathering<'g> {
    parts: &'g [Slots],
    at: usize,
    users: usize,
    shift: u32,
}

impl Gathering<'_> {
    fn each<'g>(&'g self) -> impl Iterator<Item = (usize, &'g Kept, &'g [i64], u32)> {
        let mask = self.parts.len() - 1;
        (0..self.users).filter_map(move |user| {
            let part = self.parts.get(user & mask)?;
            let (lane, slot) = (part.lanes.get(self.at)?, user >> self.shift);
            let next = part.lanes.get(self.at + 1).map_or(part.fresh.len(), |lane| lane.at);
            let from = slot * part.fresh.len();
            let words = part.words.get(from + lane.at..from + next).unwrap_or_default();
            Some((user, &lane.kept, words, slot as u32))
        })
    }

    /// A column of what is found for each user.
    fn all<T: Default + Clone>(
        &self,
        data: impl FnOnce(Vec<T>) -> Data,
        found: impl Fn(&Kept, &[i64], u32) -> Option<T>,
    ) -> Column {
        let mut values = vec![T::default(); self.users];
        let mut known = vec![0_u64; self.users.div_ceil(64)];
        for (user, kept, words, slot) in self.each() {
            let value = found(kept, words, slot);
            if let Some(word) = known.get_mut(user / 64) {
                *word |= u64::from(value.is_some()) << (user % 64);
            }
            if let (Some(place), Some(value)) = (values.get_mut(user), value) {
                *place = value;
            }
        }
        Column::of(data(values), known, self.users)
    }

    fn sums(&self, element: &Type) -> Column {
        let data = |sums: Vec<i64>| match element {
            Type::Decimal(scale) => Data::Short(sums, *scale),
            _ => Data::Int(sums),
        };
        let mut column = self.all(data, |_, words, _| words.first().copied());
        if self.has_tables() {
            for (user, kept, words, slot) in self.each() {
                if matches!(kept, Kept::Sum(over) if over.contains_key(&slot)) {
                    let mut total = over(kept, slot);
                    total.add_units(words.first().copied().map_or(0, i128::from));
                    column.set(user, &total.sum(element));
                }
            }
        }
        column
    }

    /// A column of keys, some of which are decimals beyond 64 bits.
    fn keys(
        &self,
        element: &Type,
        found: impl Fn(&Kept, &[i64], u32) -> Option<i64>,
        wide: impl Fn(&Kept, &[i64], u32) -> Option<i128>,
    ) -> Column {
        match element {
            Type::Date => self.all(Data::Date, |kept, words, slot| found(kept, words, slot).map(|it| it as i32)),
            Type::Timestamp => self.all(Data::Timestamp, found),
            Type::Choice(_) => self.all(Data::Choice, |kept, words, slot| found(kept, words, slot).map(|it| it as u32)),
            Type::Float => self.all(Data::Float, |kept, words, slot| found(kept, words, slot).map(float_of)),
            Type::Bool => self.all(Data::Bool, |kept, words, slot| found(kept, words, slot).map(|it| it == 1)),
            Type::Decimal(scale) => {
                let scale = *scale;
                let mut column = self.all(|keys| Data::Short(keys, scale), &found);
                if self.has_tables() {
                    for (user, kept, words, slot) in self.each() {
                        if let Some(mantissa) = wide(kept, words, slot) {
                            column.set(user, &Value::Decimal(Decimal { mantissa, scale }));
                        }
                    }
                }
                column
            }
            Type::Int | Type::Text | Type::Duration | Type::List(_) => self.all(Data::Int, found),
        }
    }

    /// Whether any slot has more than its words hold.
    fn has_tables(&self) -> bool {
        let kept = self.parts.iter().filter_map(|part| part.lanes.get(self.at));
        kept.into_iter().any(|lane| match &lane.kept {
            Kept::Sum(over) => !over.is_empty(),
            Kept::Extreme { wide, .. } | Kept::End { wide, .. } => !wide.is_empty(),
            Kept::Count | Kept::Any | Kept::Floats(_) | Kept::EndText { .. } | Kept::Other(_) => false,
        })
    }
}

impl Slots {
    /// Takes what answers a question without words.
    fn take_other(&mut self, at: usize) -> Option<Accumulator> {
        let lane = self.lanes.get_mut(at)?;
        match std::mem::replace(&mut lane.kept, Kept::Count) {
            Kept::Other(accumulator) => Some(*accumulator),
            kept => {
                lane.kept = kept;
                None
            }
        }
    }
}

/// The answers of parts, user by user.
fn joined(parts: Vec<Accumulator>, ty: &Type, users: usize) -> Answered {
    let many = parts.len();
    let mut parts: Vec<Answered> = parts
        .into_iter()
        .enumerate()
        .map(|(part, accumulator)| accumulator.finish((users + many - 1 - part) / many))
        .collect();
    if many == 1 {
        return parts.pop().unwrap_or_else(|| Answered { values: Column::new(ty), reached: None });
    }
    let mut values = Column::new(ty);
    let mut reached = parts.first().and_then(|part| part.reached.as_ref()).map(Column::same);
    for user in 0..users {
        let Some(part) = parts.get(user % many) else { continue };
        values.push(&part.values.get(user / many));
        if let (Some(reached), Some(part)) = (&mut reached, &part.reached) {
            reached.push(&part.get(user / many));
        }
    }
    Answered { values, reached }
}
