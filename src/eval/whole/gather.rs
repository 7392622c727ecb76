//! The answers of questions, gathered from what is kept of them.

use rayon::prelude::*;

use crate::{
    column::{Column, Data},
    eval::{
        accumulate::{Accumulator, Answered},
        rows::element_type,
        whole::{
            clauses::Question,
            lane::{Kept, Lane, key_of, small_key_of},
            slots::{Lanes, Slots},
        },
    },
    plan::float_of,
    value::{Decimal, Type, Value, aggregate::Total, number},
};

/// The answers of one question for so many users, whose slots are spread over parts: of the user with number n it is slot n / parts of
/// part n % parts.
pub(super) fn finish(
    parts: &[Slots],
    lanes: &Lanes,
    question: &Question<'_>,
    others: Vec<Accumulator>,
    users: usize,
) -> Answered {
    let (ty, element) = (&question.aggregate.ty, element_type(question.aggregate).clone());
    let Some(own) = lanes.own else { return joined(others, ty, users) };
    let shift = parts.len().trailing_zeros();
    let gathering = Gathering { parts, own, count: lanes.count, users, shift };
    let is_average = lanes.count.is_some();
    let Some(Lane { kept, .. }) = parts.first().and_then(|part| part.lane(own)) else {
        return Answered { values: Column::new(ty), reached: None };
    };
    let values = match kept {
        Kept::Count(_) => gathering.all(Data::Int, |of| i64::try_from(of.count()).ok()),
        Kept::Any => gathering.all(Data::Bool, |of| Some(of.half() != 0)),
        Kept::Sum(_) if is_average => {
            gathering.all(Data::Float, |of| as_float(&of.total().average(&element, of.counted())))
        }
        Kept::Sum(_) => gathering.sums(&element),
        Kept::Floats(_) => gathering.all(Data::Float, |of| of.float(is_average)),
        Kept::SmallExtreme { greatest } => {
            let key = |of: &Of<'_>| (of.half() != 0).then(|| small_key_of(of.half(), *greatest));
            match element {
                Type::Date => gathering.all(Data::Date, key),
                _ => gathering.all(Data::Choice, |of| key(of).map(|it| it as u32)),
            }
        }
        Kept::Extreme { greatest, .. } => {
            let key = |of: &Of<'_>| of.extreme(*greatest);
            let better = if *greatest { i128::max } else { i128::min };
            gathering.keys(&element, key, |of| {
                let wide = of.wide()?;
                Some(key(of).map_or(wide, |own| better(i128::from(own), wide)))
            })
        }
        Kept::End { .. } => {
            let key = |of: &Of<'_>| match of.words {
                [when, what] if *when != 0 => Some(*what as i64),
                _ => None,
            };
            gathering.keys(&element, key, |of| of.wide())
        }
        Kept::EndText { .. } => gathering.all(Data::Text, |of| match &of.lane.kept {
            Kept::EndText { texts, .. } => texts.get(of.slot as usize).cloned().flatten().map(Some),
            _ => None,
        }),
        Kept::Different(_) => {
            let mut column = Column::new(ty);
            for user in 0..users {
                let answer = gathering.of(user).map(|of| match &of.lane.kept {
                    Kept::Different(different) => different.answer(of.slot as usize, &element),
                    _ => Value::Missing,
                });
                column.push(&answer.unwrap_or(Value::Missing));
            }
            column
        }
        Kept::All(_) => {
            let answers = |(at, part): (usize, &Slots)| match part.lane(own).map(|lane| &lane.kept) {
                Some(Kept::All(all)) => all.answers(
                    (users + parts.len() - 1 - at) / parts.len(),
                    &element,
                    lanes.share.as_ref().unwrap_or(&Value::Missing),
                ),
                _ => vec![],
            };
            let answers: Vec<Vec<Value>> = parts.par_iter().enumerate().map(answers).collect();
            let mut column = Column::new(ty);
            for user in 0..users {
                let answer = answers.get(user & (parts.len() - 1)).and_then(|part| part.get(user >> shift));
                column.push(answer.unwrap_or(&Value::Missing));
            }
            column
        }
    };
    Answered { values, reached: None }
}

fn as_float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

/// What is kept of one question, user by user.
struct Gathering<'g> {
    parts: &'g [Slots],
    own: usize,
    count: Option<usize>,
    users: usize,
    shift: u32,
}

/// What is kept of one question for one user.
struct Of<'g> {
    lane: &'g Lane,
    words: &'g [u64],
    counts: Option<(&'g Lane, u64)>,
    slot: u32,
}

impl Of<'_> {
    fn word(&self) -> u64 {
        self.words.first().copied().unwrap_or(0)
    }

    fn half(&self) -> u32 {
        (self.word() >> self.lane.shift) as u32
    }

    fn count(&self) -> u64 {
        count_of(self.lane, self.word(), self.slot)
    }

    /// How many there were, of an average.
    fn counted(&self) -> u64 {
        self.counts.map_or(0, |(lane, word)| count_of(lane, word, self.slot))
    }

    fn total(&self) -> Total {
        let over = match &self.lane.kept {
            Kept::Sum(over) => over.get(&self.slot).cloned(),
            _ => None,
        };
        let mut total = over.unwrap_or(Total::Exact(0, 0));
        total.add_units(i128::from(self.word() as i64));
        total
    }

    fn float(&self, is_average: bool) -> Option<f64> {
        let [high, low] = self.words else { return None };
        let (high, low) = (f64::from_bits(*high), f64::from_bits(*low));
        let count = self.counted();
        if is_average && count == 0 {
            return None;
        }
        let over = match &self.lane.kept {
            Kept::Floats(over) => over.get(&self.slot),
            _ => None,
        };
        match over {
            None if is_average => as_float(&number::finite((high + low) / count as f64)),
            None => as_float(&number::finite(high + low)),
            Some(over) => {
                let mut sum = over.clone();
                [high, low].into_iter().for_each(|part| sum.add(part));
                let total = Total::Float(sum);
                as_float(&if is_average { total.average(&Type::Float, count) } else { total.sum(&Type::Float) })
            }
        }
    }

    fn extreme(&self, greatest: bool) -> Option<i64> {
        let is_end = matches!(&self.lane.kept, Kept::Extreme { ends, .. } if ends.contains(&self.slot));
        (self.word() != 0 || is_end).then(|| key_of(self.word(), greatest))
    }

    /// A decimal beyond 64 bits.
    fn wide(&self) -> Option<i128> {
        match &self.lane.kept {
            Kept::Extreme { wide, .. } | Kept::End { wide, .. } => wide.get(&self.slot).copied(),
            _ => None,
        }
    }
}

fn count_of(lane: &Lane, word: u64, slot: u32) -> u64 {
    let over = match &lane.kept {
        Kept::Count(over) if !over.is_empty() => over.get(&slot).copied().unwrap_or(0),
        _ => 0,
    };
    over + u64::from((word >> lane.shift) as u32)
}

impl Gathering<'_> {
    fn of(&self, user: usize) -> Option<Of<'_>> {
        let part = self.parts.get(user & (self.parts.len() - 1))?;
        let (lane, slot) = (part.lane(self.own)?, user >> self.shift);
        let words = part.words_of(slot);
        let counts = self.count.and_then(|at| part.lane(at)).map(|lane| (lane, word(words, lane.word)));
        let words = words.get(lane.word..lane.word + lane.kept.halves().div_ceil(2)).unwrap_or_default();
        Some(Of { lane, words, counts, slot: slot as u32 })
    }

    /// A column of what is found for each user.
    fn all<T: Default + Clone>(
        &self,
        data: impl FnOnce(Vec<T>) -> Data,
        found: impl Fn(&Of<'_>) -> Option<T>,
    ) -> Column {
        let mut values = Vec::with_capacity(self.users);
        let mut known = Vec::with_capacity(self.users.div_ceil(64));
        for start in (0..self.users).step_by(64) {
            let mut word = 0;
            for user in start..(start + 64).min(self.users) {
                let value = self.of(user).and_then(|of| found(&of));
                word |= u64::from(value.is_some()) << (user - start);
                values.push(value.unwrap_or_default());
            }
            known.push(word);
        }
        Column::of(data(values), known, self.users)
    }

    fn sums(&self, element: &Type) -> Column {
        let data = |sums: Vec<i64>| match element {
            Type::Decimal(scale) => Data::Short(sums, *scale),
            _ => Data::Int(sums),
        };
        let mut column = self.all(data, |of| Some(of.word() as i64));
        self.with_tables(&mut column, |of| {
            let is_over = matches!(&of.lane.kept, Kept::Sum(over) if over.contains_key(&of.slot));
            is_over.then(|| of.total().sum(element))
        });
        column
    }

    /// A column of keys, some of which are decimals beyond 64 bits.
    fn keys(
        &self,
        element: &Type,
        key: impl Fn(&Of<'_>) -> Option<i64>,
        wide: impl Fn(&Of<'_>) -> Option<i128>,
    ) -> Column {
        match element {
            Type::Date => self.all(Data::Date, |of| key(of).map(|it| it as i32)),
            Type::Timestamp => self.all(Data::Timestamp, key),
            Type::Choice(_) => self.all(Data::Choice, |of| key(of).map(|it| it as u32)),
            Type::Float => self.all(Data::Float, |of| key(of).map(float_of)),
            Type::Bool => self.all(Data::Bool, |of| key(of).map(|it| it == 1)),
            Type::Decimal(scale) => {
                let scale = *scale;
                let mut column = self.all(|keys| Data::Short(keys, scale), key);
                self.with_tables(&mut column, |of| {
                    wide(of).map(|mantissa| Value::Decimal(Decimal { mantissa, scale }))
                });
                column
            }
            Type::Int | Type::Text | Type::Duration | Type::List(_) => self.all(Data::Int, key),
        }
    }

    /// Sets the values of users of whom more is kept than their words hold.
    fn with_tables(&self, column: &mut Column, value: impl Fn(&Of<'_>) -> Option<Value>) {
        let mut lanes = self.parts.iter().filter_map(|part| part.lane(self.own));
        if !lanes.any(|lane| lane.kept.has_tables()) {
            return;
        }
        for user in 0..self.users {
            if let Some(value) = self.of(user).and_then(|of| value(&of)) {
                column.set(user, &value);
            }
        }
    }
}

fn word(words: &[u64], at: usize) -> u64 {
    words.get(at).copied().unwrap_or(0)
}

/// The answers of parts, user by user.
fn joined(parts: Vec<Accumulator>, ty: &Type, users: usize) -> Answered {
    let many = parts.len().max(1);
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
