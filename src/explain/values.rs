//! Values that a slot could have: those at which a condition on it turns, on either side, and those that a reader of the
//! condition would try. Nothing is solved; a condition is asked, and where its answer differs between two values the place where
//! it turns is searched for.

use std::{cmp::Reverse, collections::BTreeSet};

use crate::{
    explain::limits::Limits,
    plan::Domain,
    value::{
        Clock, Decimal, Duration, Moment, Type, Value, Zone, number,
        time::{self, calendar},
    },
};

/// Asks how the conditions on a slot stand with a value: a word for each different standing.
pub(super) type Ask<'a> = dyn Fn(&Value) -> u64 + 'a;

/// Values between two that are tried in search of where conditions turn.
const TURNS: usize = 4_000;

/// What is known of a slot.
#[derive(Clone, Debug)]
pub(super) struct Room<'a> {
    pub(super) ty: &'a Type,
    /// Its value now.
    pub(super) now: &'a Value,
    /// Whether it may be missing.
    pub(super) optional: bool,
    /// Between what it can be at all; of a list its elements.
    pub(super) limits: Limits,
    /// Whether it is a list of different elements.
    pub(super) distinct: bool,
    /// Of a level, layer or funnel: how many values it has.
    pub(super) named: u32,
    /// What stands beside it in the conditions.
    pub(super) beside: &'a [Value],
    /// Whether the conditions ask about parts of moments, which come round again.
    pub(super) periodic: bool,
    pub(super) clock: &'a Clock,
}

impl Room<'_> {
    /// Values worth trying, the nearest to the present one first; the present one is not among them.
    pub(super) fn candidates(&self, ask: &Ask<'_>) -> Vec<Value> {
        let mut found = match self.ty {
            Type::Bool => vec![Value::Bool(true), Value::Bool(false)],
            Type::Text => self.texts(),
            Type::List(element) => self.lists(element, ask),
            Type::Choice(_) => self.choices(),
            Type::Int | Type::Decimal(_) | Type::Float | Type::Date | Type::Timestamp | Type::Duration => {
                self.ordered(ask)
            }
        };
        if self.optional {
            found.push(Value::Missing);
        }
        found.retain(|value| value != self.now);
        found
    }

    fn zone(&self) -> &Zone {
        self.clock.zone()
    }

    fn ordered(&self, ask: &Ask<'_>) -> Vec<Value> {
        let line = Line { ty: self.ty };
        let (least, greatest) = line.ends();
        let least = self.limits.least.map_or(least, |it| it.max(least));
        let greatest = self.limits.greatest.map_or(greatest, |it| it.min(greatest));
        if least > greatest {
            return vec![];
        }
        let mut tried: BTreeSet<i128> = BTreeSet::new();
        let mut try_around = |key: i128, far: bool| {
            let clip = |key: i128| key.clamp(least, greatest);
            for step in [-2, -1, 0, 1, 2] {
                tried.insert(clip(key.saturating_add(step)));
            }
            if far {
                let mut step: i128 = 16;
                while step < (1 << 100) && step <= greatest.saturating_sub(least) {
                    tried.insert(clip(key.saturating_add(step)));
                    tried.insert(clip(key.saturating_sub(step)));
                    step *= 16;
                }
                // The last step may end far from either end.
                tried.extend([least, greatest]);
            }
        };
        let own = line.key(self.now);
        let start = own.unwrap_or_else(|| self.origin());
        try_around(start, true);
        if self.periodic {
            self.returns(start).for_each(|key| try_around(key, false));
        }
        for value in self.beside {
            line.near(value, self.zone()).into_iter().for_each(|key| try_around(key, false));
        }
        for value in [Value::Int(0), Value::Int(1)] {
            line.near(&value, self.zone()).into_iter().for_each(|key| try_around(key, false));
        }
        let mut standings: Vec<(i128, u64)> =
            tried.into_iter().filter_map(|key| Some((key, ask(&line.value(key)?)))).collect();
        let mut turns = vec![];
        let mut open: Vec<[(i128, u64); 2]> =
            standings.windows(2).filter_map(|pair| <[_; 2]>::try_from(pair).ok()).collect();
        // The nearest to the present first: far away there may be more turns than are looked for.
        open.sort_by_key(|[low, high]| Reverse(low.0.abs_diff(start).min(high.0.abs_diff(start))));
        while let Some([low, high]) = open.pop() {
            if low.1 == high.1 || high.0.abs_diff(low.0) <= 1 || turns.len() >= TURNS {
                continue;
            }
            let middle = middle(low.0, high.0);
            let Some(value) = line.value(middle) else { continue };
            let middle = (middle, ask(&value));
            turns.push(middle);
            open.extend([[low, middle], [middle, high]]);
        }
        standings.extend(turns);
        standings.sort_unstable();
        standings.dedup();
        // Of a stretch that stands alike its ends, and what is nearest to the present.
        let mut keys: Vec<i128> = vec![];
        for (at, (key, standing)) in standings.iter().enumerate() {
            let alike = |other: Option<&(i128, u64)>| other.is_some_and(|(_, it)| it == standing);
            let inside = alike(at.checked_sub(1).and_then(|at| standings.get(at))) && alike(standings.get(at + 1));
            if !inside || *key == start {
                keys.push(*key);
            }
        }
        keys.sort_by(|a, b| line.far(*a, start).cmp(&line.far(*b, start)).then(b.cmp(a)));
        keys.into_iter().filter_map(|key| line.value(key)).collect()
    }

    /// The nearest first.
    fn choices(&self) -> Vec<Value> {
        let now = match self.now {
            Value::Choice(rank) => *rank,
            _ => 0,
        };
        let mut ranks: Vec<u32> = (0..self.named).collect();
        ranks.sort_by_key(|rank| rank.abs_diff(now));
        ranks.into_iter().map(Value::Choice).collect()
    }

    /// Where to begin from what is missing.
    fn origin(&self) -> i128 {
        origin(self.ty, self.clock)
    }

    /// Days, and hours, that come round again.
    fn returns(&self, start: i128) -> Box<dyn Iterator<Item = i128>> {
        let day = i128::from(Duration::DAY_MICROS);
        match self.ty {
            Type::Date => Box::new((-732..732).map(move |days| start + days)),
            Type::Timestamp => {
                let hours = (-24..24).map(move |hours| start + hours * day / 24);
                Box::new(hours.chain((-732..732).map(move |days| start + days * day)))
            }
            _ => Box::new((-400..400).map(move |step| start + step)),
        }
    }

    fn texts(&self) -> Vec<Value> {
        let beside: Vec<&str> = self.beside.iter().flat_map(texts_of).collect();
        let mut found: Vec<String> = vec![];
        let now = match self.now {
            Value::Text(now) => Some(&**now),
            _ => None,
        };
        found.extend(beside.iter().map(|it| (*it).to_owned()));
        found.push("x".to_owned());
        for part in beside.iter().filter(|part| !part.is_empty()) {
            if let Some(now) = now {
                found.extend([format!("{part}{now}"), format!("{now}{part}"), now.replace(part, "")]);
            }
            found.extend([format!("{part}x"), format!("x{part}")]);
            // What comes just after it, and something before it.
            found.push(format!("{part}!"));
            let mut shorter: Vec<char> = part.chars().collect();
            shorter.pop();
            found.push(shorter.into_iter().collect());
        }
        for first in &beside {
            for second in beside.iter().filter(|it| !it.is_empty()) {
                found.push(format!("{first}{second}"));
            }
        }
        found.extend(now.into_iter().flat_map(|now| [now.to_lowercase(), now.to_uppercase(), now.trim().to_owned()]));
        found.extend(["x", "0", "a", "z", "~", "!", "其他", "\u{10ffff}"].map(str::to_owned));
        let length = now.map_or(0, |now| now.chars().count());
        for length in (1..32).chain([length.saturating_sub(1), length + 1]) {
            let kept: String = now.unwrap_or_default().chars().chain(std::iter::repeat('x')).take(length).collect();
            found.push(kept);
        }
        let mut seen = BTreeSet::new();
        // The empty text is missing in a CSV file.
        found.retain(|text| !text.is_empty() && seen.insert(text.clone()));
        found.into_iter().map(|text| Value::Text(text.into())).collect()
    }

    /// Something more, something less, something in the place of the last one; then all of it other.
    fn lists(&self, element: &Type, ask: &Ask<'_>) -> Vec<Value> {
        let now: &[Value] = match self.now {
            Value::List(values) => values,
            _ => &[],
        };
        let mut beside: Vec<Value> = vec![];
        for value in self.beside {
            match value {
                Value::List(values) => beside.extend(values.iter().cloned()),
                other => beside.push(other.clone()),
            }
        }
        let can_be = |value: &Value| Line { ty: element }.key(value).is_none_or(|key| self.limits.hold(key));
        let is_empty = |value: &Value| matches!(value, Value::Text(text) if text.is_empty());
        let fits = |value: &Value| is_of(value, element) && !is_empty(value) && can_be(value);
        let mut of_the_type: Vec<Value> = vec![];
        for value in beside.iter().filter(|value| fits(value)) {
            if !of_the_type.contains(value) {
                of_the_type.push(value.clone());
            }
        }
        // What an element could be beside others.
        let elements = |others: &[Value]| -> Vec<Value> {
            if *element == Type::Text {
                return of_the_type.iter().chain([&Value::Text("x".into())]).cloned().collect();
            }
            let ask = |value: &Value| ask(&list(others, [value.clone()]));
            let room =
                Room { ty: element, now: &Value::Missing, optional: false, named: 0, beside: &beside, ..self.clone() };
            room.candidates(&ask)
        };
        let mut found: Vec<Value> = of_the_type.iter().map(|value| list(now, [value.clone()])).collect();
        let new: Vec<Value> = of_the_type.iter().filter(|value| !now.contains(value)).cloned().collect();
        found.push(list(now, new.iter().cloned()));
        if self.distinct {
            let is_other = |value: &Value| !now.contains(value) && !new.contains(value);
            let others: Vec<Value> = self.others(element).filter(is_other).take(12).collect();
            for but in [&[], new.as_slice()] {
                let more = (1..=others.len()).map(|length| but.iter().chain(others.iter().take(length)).cloned());
                found.extend(more.map(|more| list(now, more)));
            }
        }
        let without = |but: &dyn Fn(&Value) -> bool| list(&[], now.iter().filter(|it| !but(it)).cloned());
        found.extend(of_the_type.iter().map(|value| without(&|it| it == value)));
        found.push(without(&|it| of_the_type.contains(it)));
        let appended = elements(now);
        found.extend(appended.iter().map(|value| list(now, [value.clone()])));
        for value in &appended {
            found.extend((2..=12).map(|length| list(now, std::iter::repeat_n(value.clone(), length))));
        }
        if let Some((_, others)) = now.split_last().filter(|(_, others)| !others.is_empty()) {
            found.extend(elements(others).into_iter().map(|value| list(others, [value])));
        }
        found.extend((1..now.len().min(64)).rev().map(|length| list(&[], now.iter().take(length).cloned())));
        for value in elements(&[]) {
            found.extend((1..=12).map(|length| list(&[], std::iter::repeat_n(value.clone(), length))));
        }
        // The empty list is missing in a CSV file: only where nothing else will do.
        let empty = Value::List([].into());
        found.retain(|list| *list != empty && !(self.distinct && is_repeated(list)));
        found.push(empty);
        found
    }

    /// Elements that nobody wrote, one after the other: numbers upwards, and what has a greatest value from there downwards.
    fn others(&self, element: &Type) -> Box<dyn Iterator<Item = Value>> {
        if *element == Type::Text {
            return Box::new((1_u32..).map(|number| Value::Text(format!("x{number}").into())));
        }
        let (limits, ty) = (self.limits, element.clone());
        let (start, step) = limits.greatest.map_or((origin(element, self.clock), 1), |greatest| (greatest, -1));
        let keys = (0_i128..64).map(move |at| start.saturating_add(at * step)).filter(move |key| limits.hold(*key));
        Box::new(keys.filter_map(move |key| Line { ty: &ty }.value(key)))
    }
}

/// Whether an element is there twice.
fn is_repeated(list: &Value) -> bool {
    let Value::List(values) = list else { return false };
    values.iter().enumerate().any(|(at, value)| values.iter().take(at).any(|before| before == value))
}

/// A list of these and some more.
fn list(those: &[Value], more: impl IntoIterator<Item = Value>) -> Value {
    Value::List(those.iter().cloned().chain(more).collect())
}

fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::Text(text) => vec![text],
        Value::List(values) => values.iter().flat_map(texts_of).collect(),
        _ => vec![],
    }
}

fn is_of(value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::Decimal(it), Type::Decimal(scale)) => it.scale == *scale,
        (Value::Text(_), Type::Text)
        | (Value::Int(_), Type::Int)
        | (Value::Float(_), Type::Float)
        | (Value::Bool(_), Type::Bool)
        | (Value::Date(_), Type::Date)
        | (Value::Timestamp(_), Type::Timestamp)
        | (Value::Duration(_), Type::Duration)
        | (Value::Choice(_), Type::Choice(_)) => true,
        _ => false,
    }
}

/// Half the way from one to the other, rounded towards the first; they may be further apart than an `i128` goes.
pub(super) fn middle(from: i128, to: i128) -> i128 {
    let half = from.abs_diff(to) / 2;
    if from < to { from.saturating_add_unsigned(half) } else { from.saturating_sub_unsigned(half) }
}

/// Where to begin from what is missing.
pub(super) fn origin(ty: &Type, clock: &Clock) -> i128 {
    match ty {
        Type::Date => i128::from(clock.today()),
        Type::Timestamp => i128::from(clock.now()),
        _ => 0,
    }
}

/// How far a value is from what is; none of types without an order, and of what is missing.
pub(super) fn far(ty: &Type, is: &Value, value: &Value, clock: &Clock) -> Option<u128> {
    let line = Line { ty };
    let from = line.key(is).unwrap_or_else(|| origin(ty, clock));
    Some(line.far(from, line.key(value)?))
}

/// The values of a type in order, each a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    pub(super) ty: &'t Type,
}

impl Line<'_> {
    /// The number of a value; of a duration its length, where it has one.
    pub(super) fn key(self, value: &Value) -> Option<i128> {
        match value {
            Value::Duration(duration) => duration.exact_micros(),
            value => Domain::of(self.ty)?.key(value),
        }
    }

    /// The value of a number.
    pub(super) fn value(self, key: i128) -> Option<Value> {
        match self.ty {
            Type::Duration => {
                let micros = i64::try_from(key).ok()?;
                let days = i32::try_from(micros / Duration::DAY_MICROS).ok()?;
                let micros = micros % Duration::DAY_MICROS;
                Some(Value::Duration(Duration { months: 0, days, micros }))
            }
            Type::Date => {
                let days = i32::try_from(key).ok()?;
                (calendar::FIRST_DAY..=calendar::LAST_DAY).contains(&days).then_some(Value::Date(days))
            }
            Type::Timestamp => time::in_calendar(i64::try_from(key).ok()?).map(Value::Timestamp),
            ty => Domain::of(ty)?.value(key).filter(|value| match value {
                Value::Float(float) => float.is_finite(),
                _ => true,
            }),
        }
    }

    fn ends(self) -> (i128, i128) {
        let day = i128::from(Duration::DAY_MICROS);
        let (first, last) = (i128::from(calendar::FIRST_DAY), i128::from(calendar::LAST_DAY));
        match self.ty {
            Type::Date => (first, last),
            // A local time at either end may lie outside the calendar.
            Type::Timestamp => ((first + 2) * day, (last - 1) * day),
            Type::Duration => (-100_000 * 366 * day / 100, 100_000 * 366 * day / 100),
            ty => Domain::of(ty).map_or((0, 0), Domain::ends),
        }
    }

    /// The numbers at which something may turn that is compared with a value of any like type.
    fn near(self, value: &Value, zone: &Zone) -> Vec<i128> {
        match (self.ty, value) {
            (Type::Date, Value::Timestamp(instant)) => vec![i128::from(zone.local(*instant).0)],
            (Type::Timestamp, Value::Date(date)) => {
                [*date, date.saturating_add(1)].map(|date| i128::from(zone.start_of_day(date))).to_vec()
            }
            (Type::Int, Value::Decimal(_) | Value::Float(_)) => self.key(&number::floor(value)).into_iter().collect(),
            (Type::Decimal(scale), Value::Int(_) | Value::Decimal(_) | Value::Float(_)) => {
                let exact = number::to_decimal(value).and_then(|it| it.round(i64::from(*scale)));
                exact.and_then(|it| it.rescale(*scale)).map(|it: Decimal| it.mantissa).into_iter().collect()
            }
            (Type::Float, Value::Int(_) | Value::Decimal(_)) => {
                number::to_f64(value).and_then(|it| self.key(&Value::Float(it))).into_iter().collect()
            }
            (Type::Int | Type::Decimal(_) | Type::Float, Value::List(values))
            | (Type::Date | Type::Timestamp | Type::Duration, Value::List(values)) => {
                values.iter().flat_map(|value| self.near(value, zone)).collect()
            }
            // A length of time behind or before now, of a moment.
            (_, value) => match (Moment::of(value), self.ty) {
                (Some(_), Type::Date | Type::Timestamp) => self.key(value).into_iter().collect(),
                (Some(_), _) => vec![],
                (None, Type::Date | Type::Timestamp) => vec![],
                (None, _) => self.key(value).into_iter().collect(),
            },
        }
    }

    /// How far two of them are apart, exactly: a number to compare with others of the same type, of floats the bits of the
    /// difference, which are in its order.
    fn far(self, a: i128, b: i128) -> u128 {
        match (self.ty, self.value(a), self.value(b)) {
            (Type::Float, Some(Value::Float(a)), Some(Value::Float(b))) => u128::from((a - b).abs().to_bits()),
            _ => a.abs_diff(b),
        }
    }
}
