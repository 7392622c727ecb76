//! Ranks of everybody in one group: the few keys at which the answer changes are looked for, without sorting.

use std::borrow::Cow;

use crate::{
    column::{Column, Data},
    plan::float_key,
    value::Value,
};

/// The keys of a column, in order as its values are; none of a column whose values have none of 64 bits.
pub(super) fn keys(column: &Column) -> Option<Cow<'_, [i64]>> {
    match column.data() {
        Data::Int(values) | Data::Short(values, _) | Data::Timestamp(values) => Some(Cow::Borrowed(values)),
        Data::Float(values) => Some(values.iter().map(|it| float_key(*it)).collect()),
        Data::Date(values) => Some(values.iter().map(|it| i64::from(*it)).collect()),
        Data::Choice(values) => Some(values.iter().map(|it| i64::from(*it)).collect()),
        Data::Bool(_) | Data::Decimal(..) | Data::Text(_) | Data::Texts(_) | Data::Duration(_) | Data::List(_) => None,
    }
}

/// The answer to a question about ranks, by key: it changes at some keys.
#[derive(Debug)]
pub(super) struct Steps {
    /// The greatest key of each answer but the last.
    ends: Vec<i64>,
    answers: Vec<Value>,
}

/// Answers that are looked for one by one; where there are more, sorting costs less.
const FEW: usize = 24;

/// Finds where the answer changes. `answer` is asked with how many are ranked, how many are strictly less and how many strictly more;
/// the more are less and the fewer more, the further the answer has gone on, and it never comes back.
pub(super) fn steps(ranked: &mut [i64], answer: impl Fn(u64, u64, u64) -> Value) -> Steps {
    let all = ranked.len() as u64;
    let mut steps = Steps { ends: vec![], answers: vec![] };
    let mut rest: &mut [i64] = ranked;
    // Keys before the rest.
    let mut before = 0;
    while !rest.is_empty() && steps.answers.len() < FEW {
        let least = rest.iter().copied().min().unwrap_or(0);
        let same = rest.iter().filter(|key| **key == least).count() as u64;
        let own = answer(all, before, all - before - same);
        // The last place in order whose key has this answer: places are halved, not sorted.
        let mut open: &mut [i64] = &mut *rest;
        let mut end = least;
        let mut count = before;
        while !open.is_empty() {
            let (_, key, _) = open.select_nth_unstable(open.len() / 2);
            let key = *key;
            let (less, equal) = open
                .iter()
                .fold((0, 0), |(less, equal), it| (less + u64::from(*it < key), equal + u64::from(*it == key)));
            if answer(all, count + less, all - count - less - equal) == own {
                end = key;
                count += less + equal;
                open = parted(open, |it| it > key);
            } else {
                open = parted(open, |it| it < key);
            }
        }
        steps.answers.push(own);
        steps.ends.push(end);
        before = count;
        rest = parted(rest, |it| it > end);
    }
    rest.sort_unstable();
    for same in rest.chunk_by(|a, b| a == b) {
        let own = answer(all, before, all - before - same.len() as u64);
        if steps.answers.last() == Some(&own) {
            steps.ends.pop();
        } else {
            steps.answers.push(own);
        }
        steps.ends.extend(same.first());
        before += same.len() as u64;
    }
    steps.ends.pop();
    steps
}

/// The keys of which something holds.
fn parted(keys: &mut [i64], holds: impl Fn(i64) -> bool) -> &mut [i64] {
    let mut kept = 0;
    for at in 0..keys.len() {
        if keys.get(at).is_some_and(|key| holds(*key)) {
            keys.swap(kept, at);
            kept += 1;
        }
    }
    keys.get_mut(..kept).unwrap_or_default()
}

impl Steps {
    /// The answer for somebody who is ranked.
    pub(super) fn of(&self, key: i64) -> Value {
        let at = self.ends.partition_point(|end| *end < key);
        self.answers.get(at).cloned().unwrap_or(Value::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn answers_change_where_counting_says_so(keys in proptest::collection::vec(-20..20_i64, 0..60), parts in 1..60_u64) {
            // The fifth, or fourth, …, that a key lies in.
            let tile = |all: u64, less: u64| Value::Int((1 + parts * less / all.max(1)) as i64);
            let found = steps(&mut keys.clone(), |all, less, _| tile(all, less));
            for key in &keys {
                let less = keys.iter().filter(|other| *other < key).count() as u64;
                proptest::prop_assert_eq!(found.of(*key), tile(keys.len() as u64, less));
            }
        }
    }
}
