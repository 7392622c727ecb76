//! What users differ in: a column, or something computed of them, cut into pieces. Which piece a user's value falls into answers
//! every condition on it alone; what is missing is a piece of its own.

use std::sync::Arc;

use super::texts::Texts;
use crate::{
    ir::{AggregateId, DefinitionId},
    plan::{Cuts, Domain, Slot, float_key},
    schema::ColumnId,
    value::{Truth, Type, Value},
};

/// Which feature; an index into those of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FeatureId(pub(super) u32);

/// Something that users differ in.
#[derive(Debug)]
pub(super) struct Feature {
    /// Where its values come from.
    pub(super) source: Source,
    scale: Scale,
    /// The piece of what is missing, which is the last.
    missing: u32,
}

/// Where the values of a feature come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A column of the users' table.
    Column(ColumnId),
    /// The value of a definition that is no condition.
    Definition(DefinitionId),
    /// The answer of a question over many rows.
    Aggregate(AggregateId),
    /// Whether a text stands in a list.
    Listed(u32),
    /// A condition that is answered by itself.
    Flag(u32),
}

/// How values fall into pieces.
#[derive(Debug)]
enum Scale {
    Int(Ranks),
    Decimal(u8, Ranks),
    Float(Ranks),
    Date(Ranks),
    Timestamp(Ranks),
    Choice(Ranks),
    /// Cuts beyond 64 bits.
    Wide(Domain, Box<[i128]>),
    /// False, true.
    Bool,
    /// Each text that the rules name, then all others.
    Texts(Texts),
    /// Whether there is a value at all.
    Presence,
}

impl Feature {
    /// Of a slot, by its type; `texts` are those that the rules name.
    pub(super) fn of(slot: Slot, ty: &Type, cuts: Option<&Cuts>, texts: &[Arc<str>]) -> Feature {
        let keys = cuts.map_or(&[][..], Cuts::keys);
        let (scale, missing) = match (ty, Domain::of(ty)) {
            (_, Some(domain)) => (Scale::of(domain, keys), keys.len() as u32 + 1),
            (Type::Bool, None) => (Scale::Bool, 2),
            (Type::Text, None) => (Scale::Texts(Texts::of(texts.iter().cloned())), texts.len() as u32 + 1),
            (_, None) => (Scale::Presence, 1),
        };
        let source = match slot {
            Slot::Column(id) => Source::Column(id),
            Slot::Definition(id) => Source::Definition(id),
            Slot::Aggregate(id) => Source::Aggregate(id),
        };
        Feature { source, scale, missing }
    }

    /// Of a condition that is answered by itself: false, true, unknown.
    pub(super) fn flag(at: u32) -> Feature {
        Feature { source: Source::Flag(at), scale: Scale::Bool, missing: 2 }
    }

    /// Of a text that may stand in a list, likewise.
    pub(super) fn listed(at: u32) -> Feature {
        Feature { source: Source::Listed(at), scale: Scale::Bool, missing: 2 }
    }

    /// How many pieces there are.
    pub(super) fn count(&self) -> u32 {
        self.missing + 1
    }

    /// The piece of what is missing.
    pub(super) fn missing(&self) -> u32 {
        self.missing
    }

    /// The piece of a value; none where it is not of the feature's type.
    #[inline]
    pub(super) fn piece(&self, value: &Value) -> Option<u32> {
        match (&self.scale, value) {
            (_, Value::Missing) => Some(self.missing),
            (Scale::Int(ranks), Value::Int(it)) | (Scale::Timestamp(ranks), Value::Timestamp(it)) => {
                Some(ranks.piece(*it))
            }
            (Scale::Float(ranks), Value::Float(it)) if it.is_finite() => Some(ranks.piece(float_key(*it))),
            (Scale::Date(ranks), Value::Date(it)) => Some(ranks.piece(i64::from(*it))),
            (Scale::Choice(ranks), Value::Choice(it)) => Some(ranks.piece(i64::from(*it))),
            (Scale::Decimal(scale, ranks), Value::Decimal(it)) => {
                let digits = if it.scale == *scale { it.mantissa } else { it.rescale(*scale)?.mantissa };
                // No cut lies outside of 64 bits, so what does is behind the last or before the first.
                Some(ranks.piece(i64::try_from(digits).unwrap_or(if digits < 0 { i64::MIN } else { i64::MAX })))
            }
            (Scale::Wide(domain, cuts), value) => {
                let key = domain.key(value)?;
                Some(cuts.partition_point(|cut| *cut <= key) as u32)
            }
            (Scale::Bool, Value::Bool(it)) => Some(u32::from(*it)),
            (Scale::Texts(texts), Value::Text(it)) => Some(texts.get(it).unwrap_or(self.missing - 1)),
            (Scale::Presence, _) => Some(0),
            _ => None,
        }
    }

    /// The piece of a condition's truth.
    pub(super) fn piece_of(truth: Truth) -> u32 {
        match truth {
            Truth::False => 0,
            Truth::True => 1,
            Truth::Unknown => 2,
        }
    }
}

impl Scale {
    fn of(domain: Domain, keys: &[i128]) -> Scale {
        let narrow: Option<Vec<i64>> = keys.iter().map(|key| i64::try_from(*key).ok()).collect();
        // A cut at the very first key would not tell what lies before it apart.
        let Some(narrow) = narrow.filter(|cuts| cuts.first() != Some(&i64::MIN)) else {
            return Scale::Wide(domain, keys.into());
        };
        let ranks = Ranks::of(narrow);
        match domain {
            Domain::Int => Scale::Int(ranks),
            Domain::Decimal(scale) => Scale::Decimal(scale, ranks),
            Domain::Float => Scale::Float(ranks),
            Domain::Date => Scale::Date(ranks),
            Domain::Timestamp => Scale::Timestamp(ranks),
            Domain::Choice => Scale::Choice(ranks),
        }
    }
}

/// Sorted cuts, made ready to be looked up.
#[derive(Debug)]
struct Ranks {
    cuts: Box<[i64]>,
    first: i64,
    /// By a key's distance from the first cut, so many bits dropped: the first cut that may be greater. None where the cuts are few.
    shift: u32,
    starts: Box<[u32]>,
}

/// So few cuts are searched as they are.
const FEW: usize = 16;

impl Ranks {
    fn of(cuts: Vec<i64>) -> Ranks {
        let (first, last) = (cuts.first().copied().unwrap_or(0), cuts.last().copied().unwrap_or(0));
        if cuts.len() <= FEW {
            return Ranks { cuts: cuts.into(), first, shift: 0, starts: [].into() };
        }
        let span = last.wrapping_sub(first) as u64;
        // About four buckets a cut.
        let bits = (usize::BITS - cuts.len().leading_zeros() + 2).min(14);
        let shift = (u64::BITS - span.leading_zeros()).saturating_sub(bits);
        let bucket = |cut: i64| cut.wrapping_sub(first) as u64 >> shift;
        let starts = (0..=(span >> shift) + 1).map(|at| cuts.partition_point(|cut| bucket(*cut) < at) as u32);
        Ranks { first, shift, starts: starts.collect(), cuts: cuts.into() }
    }

    /// How many cuts are not greater than a key.
    #[inline]
    fn piece(&self, key: i64) -> u32 {
        if self.starts.is_empty() {
            return self.cuts.partition_point(|cut| *cut <= key) as u32;
        }
        if key < self.first {
            return 0;
        }
        let bucket = (key.wrapping_sub(self.first) as u64 >> self.shift) as usize;
        let Some([low, high]) = self.starts.get(bucket..).and_then(|starts| starts.first_chunk::<2>()) else {
            return self.cuts.len() as u32;
        };
        let between = self.cuts.get(*low as usize..*high as usize).unwrap_or_default();
        low + between.partition_point(|cut| *cut <= key) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Range;
    use proptest::prelude::*;

    fn feature(ty: &Type, keys: &[i128]) -> Feature {
        let mut cuts = Cuts::default();
        for key in keys {
            cuts.add(&Range { low: *key, high: *key, unknown: *key, outside: false });
        }
        cuts.sort();
        Feature::of(Slot::Column(crate::schema::ColumnId(0)), ty, Some(&cuts), &[])
    }

    proptest! {
        #[test]
        fn a_value_lies_behind_the_cuts_that_are_not_greater(
            keys in prop::collection::btree_set(-2000..2000_i128, 0..60),
            ends in prop::collection::btree_set(
                prop::sample::select(vec![i64::MIN as i128, i64::MIN as i128 + 1, i64::MAX as i128, i64::MAX as i128 + 1]), 0..3),
            values in prop::collection::vec(-3000..3000_i64, 1..50),
        ) {
            let keys: Vec<i128> = keys.union(&ends).copied().collect();
            let ints = feature(&Type::Int, &keys);
            let decimals = feature(&Type::Decimal(2), &keys);
            for value in values.into_iter().chain([i64::MIN, i64::MAX, 0]) {
                let expected = keys.iter().filter(|key| **key <= i128::from(value)).count() as u32;
                prop_assert_eq!(ints.piece(&Value::Int(value)), Some(expected));
                for beyond in [0, 1 << 70, -(1 << 70)] {
                    let mantissa = i128::from(value) + beyond;
                    let expected = keys.iter().filter(|key| **key <= mantissa).count() as u32;
                    let value = Value::Decimal(crate::value::Decimal { mantissa, scale: 2 });
                    prop_assert_eq!(decimals.piece(&value), Some(expected));
                }
            }
            prop_assert_eq!(ints.piece(&Value::Missing), Some(keys.len() as u32 + 1));
            prop_assert_eq!(ints.piece(&Value::Bool(true)), None);
        }
    }
}
