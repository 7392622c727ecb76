//! What is kept of a question that looks at the different values of a slot, or at all of its numbers.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::RandomState;

use crate::{
    column::{Column, Data},
    eval::whole::lane::{Moments, Told, each_taken},
    plan::{float_key, float_of},
    value::{Type, Value, aggregate::Numbers},
};

/// What is asked of different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// `count(distinct(…))`
    Number,
    /// `distinct(…)`
    List,
    /// `most(…)`
    Most,
}

/// The different values of each slot.
#[derive(Debug)]
pub(super) struct Different {
    asked: Asked,
    /// By slot: values by their keys, where nothing more is asked.
    keys: Vec<Vec<i64>>,
    /// By slot: values, and what is known of each.
    seen: Vec<Vec<One>>,
    /// Where a value of a slot stands, once there are many.
    places: HashMap<(u32, i64), u32, RandomState>,
    /// Texts, each once; their keys are their places.
    texts: Vec<Arc<str>>,
    codes: HashMap<Arc<str>, u32, RandomState>,
}

/// A value of a slot.
#[derive(Clone, Copy, Debug)]
struct One {
    key: i64,
    count: u64,
    /// The first time, or the last: a moment, and a place in the input.
    at: i64,
    place: u64,
}

/// Values that are looked through one by one before they are looked up.
const FEW: usize = 32;

impl Different {
    /// None yet; of values of this type, if they can be told apart by keys.
    pub(super) fn of(asked: Asked, ty: &Type) -> Option<Different> {
        match ty {
            Type::Text | Type::Bool | Type::Int | Type::Float | Type::Date | Type::Timestamp | Type::Choice(_) => {}
            Type::Decimal(_) | Type::Duration | Type::List(_) => return None,
        }
        let (places, codes) = (HashMap::default(), HashMap::default());
        Some(Different { asked, keys: vec![], seen: vec![], places, texts: vec![], codes })
    }

    pub(super) fn grow(&mut self, slots: usize) {
        match self.asked {
            Asked::Number => self.keys.resize(slots, vec![]),
            Asked::List | Asked::Most => self.seen.resize(slots, vec![]),
        }
    }

    pub(super) fn tell(&mut self, told: &Told<'_>) {
        let moments = Moments::of(told.happened);
        let mut add = |key: i64, row: usize, slot: u32| match self.asked {
            Asked::Number => add_key(&mut self.keys, &mut self.places, key, slot),
            asked => {
                let one = One { key, count: 1, at: moments.at(row), place: told.before + row as u64 };
                add_one(&mut self.seen, &mut self.places, one, slot, asked);
            }
        };
        match told.elements.map(Column::data) {
            Some(Data::Int(values) | Data::Timestamp(values)) => {
                each_taken(told, |row, slot| add(values.get(row).copied().unwrap_or(0), row, slot));
            }
            Some(Data::Date(values)) => {
                each_taken(told, |row, slot| add(values.get(row).map_or(0, |it| i64::from(*it)), row, slot));
            }
            Some(Data::Choice(values)) => {
                each_taken(told, |row, slot| add(values.get(row).map_or(0, |it| i64::from(*it)), row, slot));
            }
            Some(Data::Bool(values)) => {
                each_taken(told, |row, slot| add(values.get(row).map_or(0, |it| i64::from(*it)), row, slot));
            }
            Some(Data::Float(values)) => {
                each_taken(told, |row, slot| add(values.get(row).map_or(0, |it| float_key(*it)), row, slot));
            }
            Some(data @ (Data::Texts(_) | Data::Text(_))) => {
                let (texts, codes) = (&mut self.texts, &mut self.codes);
                let mut code = |text: &str| match codes.get(text) {
                    Some(code) => *code,
                    None => {
                        let (code, text) = (texts.len() as u32, Arc::<str>::from(text));
                        texts.push(Arc::clone(&text));
                        codes.insert(text, code);
                        code
                    }
                };
                each_taken(told, |row, slot| {
                    let text = match data {
                        Data::Texts(texts) => texts.get(row),
                        Data::Text(texts) => texts.get(row).and_then(Option::as_deref),
                        _ => None,
                    };
                    add(i64::from(code(text.unwrap_or_default())), row, slot);
                });
            }
            Some(Data::Short(..) | Data::Decimal(..) | Data::Duration(_) | Data::List(_)) | None => {}
        }
    }

    /// The answer for a slot; `ty` is the type of the elements.
    pub(super) fn answer(&self, slot: usize, ty: &Type) -> Value {
        let value = |key: i64| match ty {
            Type::Text => self.texts.get(key as usize).map_or(Value::Missing, |text| Value::Text(Arc::clone(text))),
            Type::Bool => Value::Bool(key == 1),
            Type::Float => Value::Float(float_of(key)),
            Type::Date => Value::Date(key as i32),
            Type::Timestamp => Value::Timestamp(key),
            Type::Choice(_) => Value::Choice(key as u32),
            Type::Int | Type::Decimal(_) | Type::Duration | Type::List(_) => Value::Int(key),
        };
        let seen = self.seen.get(slot).map_or(&[][..], Vec::as_slice);
        match self.asked {
            Asked::Number => Value::Int(self.keys.get(slot).map_or(0, Vec::len) as i64),
            Asked::Most => {
                let most = seen.iter().max_by_key(|one| (one.count, one.at, one.place));
                most.map_or(Value::Missing, |one| value(one.key))
            }
            Asked::List => {
                let mut seen = seen.to_vec();
                seen.sort_unstable_by_key(|one| (one.at, one.place));
                Value::List(seen.iter().map(|one| value(one.key)).collect())
            }
        }
    }
}

fn add_key(all: &mut [Vec<i64>], places: &mut HashMap<(u32, i64), u32, RandomState>, key: i64, slot: u32) {
    let Some(keys) = all.get_mut(slot as usize) else { return };
    if keys.len() < FEW {
        if !keys.contains(&key) {
            keys.push(key);
        }
        return;
    }
    if keys.len() == FEW {
        places.extend(keys.iter().zip(0..).map(|(key, place)| ((slot, *key), place)));
    }
    let next = keys.len() as u32;
    if *places.entry((slot, key)).or_insert(next) == next {
        keys.push(key);
    }
}

fn add_one(
    all: &mut [Vec<One>],
    places: &mut HashMap<(u32, i64), u32, RandomState>,
    one: One,
    slot: u32,
    asked: Asked,
) {
    let Some(seen) = all.get_mut(slot as usize) else { return };
    let next = seen.len();
    let at = if next < FEW {
        seen.iter().position(|it| it.key == one.key).unwrap_or(next)
    } else {
        if next == FEW {
            places.extend(seen.iter().zip(0..).map(|(it, place)| ((slot, it.key), place)));
        }
        *places.entry((slot, one.key)).or_insert(next as u32) as usize
    };
    let Some(known) = seen.get_mut(at) else { return seen.push(one) };
    known.count += 1;
    // Rows are told in the order of their input.
    let replaces = if asked == Asked::Most { one.at >= known.at } else { one.at < known.at };
    if replaces {
        (known.at, known.place) = (one.at, one.place);
    }
}

/// All numbers of all slots, in the order in which they came: a quantile needs every one.
#[derive(Debug, Default)]
pub(super) struct All {
    slots: Vec<u32>,
    keys: Vec<i64>,
    /// Decimals beyond 64 bits.
    wide: Vec<(u32, i128)>,
}

impl All {
    pub(super) fn tell(&mut self, told: &Told<'_>) {
        let All { slots, keys, wide, .. } = self;
        let mut add = |key: i64, slot: u32| {
            slots.push(slot);
            keys.push(key);
        };
        match told.elements.map(Column::data) {
            Some(Data::Int(values) | Data::Short(values, _)) => {
                each_taken(told, |row, slot| add(values.get(row).copied().unwrap_or(0), slot));
            }
            Some(Data::Float(values)) => {
                each_taken(told, |row, slot| add(values.get(row).map_or(0, |it| float_key(*it)), slot));
            }
            Some(Data::Decimal(values, _)) => each_taken(told, |row, slot| {
                let value = values.get(row).copied().unwrap_or(0);
                match i64::try_from(value) {
                    Ok(key) => add(key, slot),
                    Err(_) => wide.push((slot, value)),
                }
            }),
            _ => {}
        }
    }

    /// The quantile of each slot's numbers, which are of this type.
    pub(super) fn answers(&self, slots: usize, ty: &Type, share: &Value) -> Vec<Value> {
        // Where each slot's keys begin, once they stand together.
        let mut ends = vec![0_usize; slots + 1];
        for slot in &self.slots {
            if let Some(count) = ends.get_mut(*slot as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let starts = ends.clone();
        let mut together = vec![0_i64; self.keys.len()];
        for (slot, key) in self.slots.iter().zip(&self.keys) {
            if let Some(next) = ends.get_mut(*slot as usize) {
                if let Some(place) = together.get_mut(*next) {
                    *place = *key;
                }
                *next += 1;
            }
        }
        let mut wide: HashMap<u32, Vec<i128>, RandomState> = HashMap::default();
        self.wide.iter().for_each(|(slot, units)| wide.entry(*slot).or_default().push(*units));
        let scale = if let Type::Decimal(scale) = ty { *scale } else { 0 };
        let mut numbers = Numbers::default();
        let of = |slot: usize| {
            let (start, end) = (starts.get(slot).copied().unwrap_or(0), ends.get(slot).copied().unwrap_or(0));
            let keys = together.get(start..end).unwrap_or_default();
            match ty {
                Type::Float => numbers.refill_floats(keys.iter().map(|key| float_of(*key))),
                _ => {
                    let wide = wide.get(&(slot as u32)).map_or(&[][..], Vec::as_slice);
                    numbers.refill(keys.iter().map(|key| i128::from(*key)).chain(wide.iter().copied()), scale);
                }
            }
            numbers.quantile(share)
        };
        (0..slots).map(of).collect()
    }
}
