//! Moments: windows as constants, the calendar in the rulebook's zone, and moments that a duration is added to.

use crate::{
    eval::constants::AsOf,
    ir::{CompareOp, Expr, Period, SumOp, TimeWindow},
    plan::Constants,
    sql::{
        ast::{Literal, Sql},
        lower::{Length, Lowering, SMALL, comparison::operator, size},
        micros,
    },
    value::{
        Duration, Moment, MomentType, Type, UpperEnd, Value, Zone,
        time::{self, Direction, calendar},
    },
};

pub(super) fn kind_of(ty: &Type) -> MomentType {
    if *ty == Type::Date { MomentType::Date } else { MomentType::Timestamp }
}

impl Lowering<'_> {
    pub(crate) fn window(&mut self, subject: &Expr, window: &TimeWindow) -> Sql {
        let kind = kind_of(&subject.ty);
        let constant = match window {
            TimeWindow::During(_) => true,
            TimeWindow::Within(length) | TimeWindow::WithinNext(length) => self.constant(length).is_some(),
            TimeWindow::Ago { near, far, .. } => self.constant(near).is_some() && self.constant(far).is_some(),
        };
        let moment = self.value(subject);
        if constant && self.moments.is_some() {
            return self.window_of_parameter(moment, &subject.ty, window);
        }
        if constant {
            let as_of = AsOf { interpreter: self.interpreter(), context: self.context };
            return match as_of.window(window, kind) {
                Some(window) => self.inside(moment, &window),
                None => self.literal(&Value::Missing, &Type::Bool),
            };
        }
        let moment = self.keep_as(moment, "moment");
        let now = self.now(&subject.ty);
        let shifted = |this: &mut Self, length: &Expr, back: bool, noun: &str| {
            let end = match this.constant(length).filter(|_| back) {
                Some(_) if this.moments.is_some() => this.beside_now(length, &subject.ty, Direction::Back),
                Some(length) => {
                    let as_of = AsOf { interpreter: this.interpreter(), context: this.context };
                    let ago = as_of.ago(&length, kind).unwrap_or(Value::Missing);
                    this.literal(&ago, &subject.ty)
                }
                // A length that is the user's own ends at the same moment for all rows of theirs.
                None if this.is_of_user(length) => {
                    return this.once(noun, |this| this.beside_own_now(length, &subject.ty, back));
                }
                None => this.beside_own_now(length, &subject.ty, back),
            };
            this.keep_as(end, noun)
        };
        let (low, high, below) = match window {
            TimeWindow::Within(length) => (shifted(self, length, true, "from"), now.clone(), "<="),
            TimeWindow::WithinNext(length) => (now.clone(), shifted(self, length, false, "until"), "<="),
            TimeWindow::Ago { near, far, upper } => {
                let (low, high) = (shifted(self, far, true, "from"), shifted(self, near, true, "until"));
                let above = if *upper == UpperEnd::Included { ">=" } else { ">" };
                let mut within = vec![
                    Sql::binary(moment.clone(), above, low.clone()),
                    Sql::binary(moment.clone(), "<=", high.clone()),
                ];
                // A length below zero ends in the future, which is not asked about.
                if !self.is_no_later(&high, &now) && !self.has_happened(&moment) {
                    within.push(Sql::binary(moment, "<=", now));
                }
                return match Sql::all([self.known(low), self.known(high)]) {
                    known if known == Sql::bool(true) => Sql::all(within),
                    known => Sql::when(known, Sql::all(within)),
                };
            }
            TimeWindow::During(Period { .. }) => return Sql::NULL,
        };
        let from = Sql::binary(moment.clone(), ">=", low.clone());
        let within = match high == now && self.has_happened(&moment) {
            true => from,
            false => Sql::all([from, Sql::binary(moment, below, high.clone())]),
        };
        match Sql::all([self.known(low), self.known(high)]) {
            known if known == Sql::bool(true) => within,
            known => Sql::when(known, within),
        }
    }

    /// The moment before or after now that a length tells which is not the same for all.
    fn beside_own_now(&mut self, length: &Expr, ty: &Type, back: bool) -> Sql {
        let (now, length) = (self.now(ty), self.length(length));
        self.shifted((now, ty), length, back)
    }

    /// `age(t) > 30d`, by the calendar; unknown of the future.
    pub(crate) fn compare_age(&mut self, ends: &[(CompareOp, &Expr)], moment: &Expr) -> Sql {
        let value = self.value(moment);
        let value = self.keep_as(value, "moment");
        let bounds = Sql::all(self.bounds_of_age(ends, &value, moment));
        match self.is_past(&value, &moment.ty) {
            Some(is_past) => Sql::when(is_past, bounds),
            None => bounds,
        }
    }

    /// The same where it only matters of whom it is true: who is older than a time before now is not of the future.
    pub(crate) fn older(&mut self, ends: &[(CompareOp, &Expr)], moment: &Expr) -> Sql {
        let is_past = |length: &Value| {
            let known = if let Value::Duration(it) = length { Some(*it) } else { None };
            known.is_some_and(|it| it.months >= 0 && it.days >= 0 && it.micros >= 0)
        };
        let implied = ends.iter().any(|(op, duration)| {
            let at_least = matches!(op, CompareOp::Equal | CompareOp::AtLeast | CompareOp::Greater);
            at_least && self.constant(duration).as_ref().is_some_and(is_past)
        });
        let value = self.value(moment);
        let value = if implied && ends.len() == 1 { value } else { self.keep_as(value, "moment") };
        let mut all = self.bounds_of_age(ends, &value, moment);
        if !implied {
            all.extend(self.is_past(&value, &moment.ty));
        }
        match all.as_slice() {
            [Sql::Binary("<=", high), Sql::Binary(">=", low)] => value.between(low.1.clone(), high.1.clone()),
            _ => Sql::all(all),
        }
    }

    fn bounds_of_age(&mut self, ends: &[(CompareOp, &Expr)], value: &Sql, moment: &Expr) -> Vec<Sql> {
        let mut all = vec![];
        for (op, duration) in ends {
            let bound = match self.constant(duration) {
                Some(_) if self.moments.is_some() => self.beside_now(duration, &moment.ty, Direction::Back),
                Some(length) => {
                    let as_of = AsOf { interpreter: self.interpreter(), context: self.context };
                    let bound = as_of.ago(&length, kind_of(&moment.ty)).unwrap_or(Value::Missing);
                    self.literal(&bound, &moment.ty)
                }
                None if self.is_of_user(duration) => {
                    self.once("since", |this| this.beside_own_now(duration, &moment.ty, true))
                }
                None => self.beside_own_now(duration, &moment.ty, true),
            };
            all.push(Sql::binary(value.clone(), operator(op.mirrored()), bound));
        }
        all
    }

    pub(crate) fn age_between(&mut self, moment: &Expr, low: &Expr, high: &Expr, upper: UpperEnd) -> Sql {
        let below = if upper == UpperEnd::Included { CompareOp::AtMost } else { CompareOp::Less };
        self.compare_age(&[(CompareOp::AtLeast, low), (below, high)], moment)
    }

    /// The day of a moment in the zone.
    pub(crate) fn day_of(&mut self, moment: &Expr) -> Sql {
        let value = self.value(moment);
        match moment.ty {
            Type::Date => value,
            _ => {
                let local = self.local(value);
                self.dialect.date_of(local)
            }
        }
    }

    /// The first instant of a day.
    pub(crate) fn start_of_day(&mut self, date: Sql) -> Sql {
        let local = self.dialect.local_of_date(date);
        self.instant_of(local)
    }

    pub(crate) fn moment_sum(&mut self, first: &Expr, rest: &[(SumOp, Expr, Type)]) -> Sql {
        let mut rest = rest.iter();
        let (mut moment, mut ty) = if first.ty == Type::Duration {
            // `D + moment`; a chain of durations before it is one duration.
            let Some((_, second, ty)) = rest.next() else { return Sql::NULL };
            let length = self.length(first);
            let moment = self.value(second);
            (self.shifted((moment, ty), length, false), ty.clone())
        } else {
            (self.value(first), first.ty.clone())
        };
        for (op, term, next) in rest {
            let length = self.length(term);
            moment = self.shifted((moment, &ty), length, *op == SumOp::Subtract);
            ty = next.clone();
        }
        moment
    }

    /// A moment so much later, or earlier: months, then days, both by the calendar in the zone, then exact time.
    pub(crate) fn shifted(&mut self, moment: (Sql, &Type), length: Length, back: bool) -> Sql {
        let length = match back {
            true => length.parts_negated(self),
            false => length,
        };
        match moment.1 {
            Type::Date => self.shifted_date(moment.0, length),
            _ => self.shifted_instant(moment.0, length),
        }
    }

    fn shifted_date(&mut self, date: Sql, length: Length) -> Sql {
        if let Some(by) = constant(&length) {
            return self.shifted_by((date, &Type::Date), by);
        }
        let date = self.keep_as(date, "day");
        let Length { months, days, micros } = length;
        let hours = (!micros.is_zero()).then(|| Sql::binary(micros, "=", Sql::int(0)));
        let first = Sql::Literal(Literal::Date(calendar::FIRST_DAY));
        let last = Sql::Literal(Literal::Date(calendar::LAST_DAY));
        // Far enough for any date to leave the calendar, and not so far that the engine's does.
        let (months, days) = (self.keep_as(months, "shift_months"), self.keep_as(days, "shift_days"));
        let near = [
            months.clone().between(Sql::int(-130_000), Sql::int(130_000)),
            days.clone().between(Sql::int(-4_000_000), Sql::int(4_000_000)),
        ];
        let by_months = Sql::when(near[0].clone(), self.dialect.try_shift_date(date, months, Sql::int(0)));
        let by_months = self.keep_as(by_months, "by_months");
        let exists = by_months.clone().between(first.clone(), last.clone());
        let shifted = self.dialect.try_shift_date(by_months, Sql::int(0), days);
        let shifted = Sql::when(Sql::all([exists, near[1].clone()].into_iter().chain(hours)), shifted);
        let shifted = self.keep_as(shifted, "shifted");
        Sql::when(shifted.clone().between(first, last), shifted)
    }

    fn shifted_instant(&mut self, instant: Sql, length: Length) -> Sql {
        if let Some(duration) = constant(&length) {
            return self.shifted_by((instant, &Type::Timestamp), duration);
        }
        let Length { months, days, micros } = length;
        let instant = self.keep_as(instant, "moment");
        let calendar = !(months.is_zero() && days.is_zero());
        let mut shifted = instant.clone();
        if calendar {
            let local = self.local_beside(instant.clone());
            let constant = matches!((&months, &days), (Sql::Literal(_), Sql::Literal(_)));
            let (months, days) = (self.keep_as(months, "shift_months"), self.keep_as(days, "shift_days"));
            let (first, end) = (self.dialect.first_local(), self.dialect.last_local());
            let mut later = if months.is_zero() {
                local
            } else {
                let near = months.clone().between(Sql::int(-130_000), Sql::int(130_000));
                let later = self.dialect.try_shift_local(local, months.clone(), Sql::int(0));
                let later = if constant { later } else { Sql::when(near, later) };
                let later = self.keep_as(later, "by_months");
                Sql::when(later.clone().between(first.clone(), end.clone()), later)
            };
            if !days.is_zero() {
                later = self.keep_as(later, "in_calendar");
                let near = days.clone().between(Sql::int(-4_000_000), Sql::int(4_000_000));
                let next = self.dialect.try_shift_local(later, Sql::int(0), days.clone());
                let next = if constant { next } else { Sql::when(near, next) };
                let next = self.keep_as(next, "by_days");
                later = Sql::when(next.clone().between(first, end), next);
            }
            let there = self.instant_of(later);
            // Without days and months it must not pass through local time.
            shifted = if constant {
                there
            } else {
                let none = Sql::all([Sql::binary(months, "=", Sql::int(0)), Sql::binary(days, "=", Sql::int(0))]);
                Sql::if_else(none, instant, there)
            };
        }
        if micros.is_zero() && !calendar {
            return shifted;
        }
        let first = Sql::Literal(Literal::Timestamp(i64::from(calendar::FIRST_DAY) * DAY));
        let last = Sql::Literal(Literal::Timestamp((i64::from(calendar::LAST_DAY) + 1) * DAY - 1));
        if micros.is_zero() {
            let kept = self.keep_as(shifted, "shifted");
            return Sql::when(kept.clone().between(first, last), kept);
        }
        let sum = Sql::binary(self.dialect.micros(shifted), "+", micros);
        let sum = match sum {
            // In a wider type: neither leaves it.
            Sql::Binary(operator, of) => {
                let wide = self.dialect.wide();
                Sql::Binary(operator, Box::new((Sql::cast(of.0, wide), of.1)))
            }
            other => other,
        };
        let sum = self.keep_as(sum, "micros");
        let (low, high) = (i64::from(calendar::FIRST_DAY) * DAY, (i64::from(calendar::LAST_DAY) + 1) * DAY - 1);
        let big = self.dialect.ty(&Type::Int).unwrap_or_default();
        let there = self.dialect.instant_of_micros(Sql::cast(sum.clone(), big));
        Sql::when(sum.between(Sql::int(low), Sql::int(high)), there)
    }

    /// A moment so much later, where that is known.
    fn shifted_by(&mut self, (moment, ty): (Sql, &Type), by: Duration) -> Sql {
        match self.landed((moment, ty), by) {
            None => self.literal(&Value::Missing, ty),
            Some((fits, there)) if fits.is_empty() => there,
            Some((fits, there)) => Sql::when(Sql::all(fits), there),
        }
    }

    /// Where a moment lands so much later, and which moments stay within the calendar; none where none does.
    pub(crate) fn landed(&mut self, (moment, ty): (Sql, &Type), by: Duration) -> Option<(Vec<Sql>, Sql)> {
        let zone = self.clock().zone().clone();
        let kind = kind_of(ty);
        let (first, last) = ends(kind);
        let lands = |at: i64| {
            let moment = match kind {
                MomentType::Date => i32::try_from(at).ok().map(Moment::Date),
                MomentType::Timestamp => Some(Moment::Timestamp(at)),
            };
            moment.and_then(|it| time::shift(it, by, Direction::Forth, &zone)).is_some()
        };
        let (low, high) = landing(first, last, lands)?;
        let moment = self.keep_as(moment, if kind == MomentType::Date { "day" } else { "moment" });
        let mut fits = vec![];
        // An as-of that is given is one of these years: nothing beside it leaves the calendar.
        let is_now = self.is_now(&moment);
        if low > first && !is_now {
            fits.push(Sql::binary(moment.clone(), ">=", moment_literal(low, kind)));
        }
        if high < last && !is_now {
            fits.push(Sql::binary(moment.clone(), "<=", moment_literal(high, kind)));
        }
        let (months, days) = (Sql::int(by.months), Sql::int(by.days));
        if kind == MomentType::Date {
            return Some((fits, self.dialect.shift_date(moment, months, days)));
        }
        let mut there = moment.clone();
        if by.months != 0 || by.days != 0 {
            let local = self.local_beside(moment);
            let local = self.dialect.shift_local(local, months, days);
            there = self.instant_of(local);
        }
        if by.micros != 0 {
            let sum = Sql::binary(self.dialect.micros(there), "+", micros::told(by.micros));
            there = self.dialect.instant_of_micros(sum);
        }
        Some((fits, there))
    }

    /// The instant of a local time: one that a clock change skips is the first instant after the gap, one that it repeats the
    /// earlier.
    fn instant_of(&mut self, local: Sql) -> Sql {
        let zone = self.clock().zone().clone();
        if zone.is_utc() || self.is_settled {
            return self.dialect.instant(local, &zone);
        }
        let Some(gaps) = Gaps::of(&zone) else {
            return self.cannot(
                self.place_now,
                format!("days and months are not added to timestamps in the zone `{}`, whose clock changes differ in length,", zone.name()),
                "add exact time instead: `t + 24h`",
            );
        };
        // What is short enough is written out where it is needed, which is a step less.
        let (start, written) = (self.at, local.clone());
        let local = self.keep_as(local, "local");
        let written = if size(&written) <= SMALL { written } else { local.clone() };
        let from = if written == local { self.at } else { start };
        self.at = from;
        let as_it_finds = self.dialect.instant(written.clone(), &zone);
        let as_it_finds = self.keep_as(as_it_finds, "found");
        let level = std::mem::replace(&mut self.at, from);
        // By the offset of six hours before: the earlier of two.
        let before = self.dialect.instant(self.dialect.six_hours_before(written), &zone);
        let earlier = self.keep_as(self.dialect.six_hours_after(before), "earlier");
        self.at = self.at.max(level);
        self.stack().explain(&local, &format!("by the clock of {}", zone.name()));
        self.stack().explain(&as_it_finds, "the instant of that, either of two where a clock change repeats it");
        self.stack().explain(&earlier, "the same by the offset of six hours before: the earlier of two");
        let holds =
            |this: &Self, instant: &Sql| Sql::binary(this.dialect.local(instant.clone(), &zone), "=", local.clone());
        let arms = vec![(holds(self, &earlier), earlier.clone()), (holds(self, &as_it_finds), as_it_finds)];
        let mut skipped = None;
        if let Some((length, phase)) = gaps.0 {
            // Skipped: the clock change is the last multiple of its length before.
            let moved = |sql: Sql, operator: &'static str| match phase {
                0 => sql,
                _ => Sql::binary(sql, operator, Sql::int(phase)),
            };
            let since = moved(self.dialect.micros(earlier), "-");
            let over = Sql::binary(
                Sql::binary(Sql::binary(since.clone(), "%", Sql::int(length)), "+", Sql::int(length)),
                "%",
                Sql::int(length),
            );
            let change = moved(Sql::binary(since, "-", over), "+");
            skipped = Some(Box::new(self.dialect.instant_of_micros(change)));
        }
        Sql::Case(arms, skipped)
    }
}

const DAY: i64 = 86_400_000_000;

/// How much the clock changes of a zone skip, and what is left over where the instants of the changes are divided by that: the same for
/// all since 1970. None where there are none.
struct Gaps(Option<(i64, i64)>);

impl Gaps {
    /// None where they are not all alike.
    fn of(zone: &Zone) -> Option<Gaps> {
        let (mut at, end) = (0, 4_200_000_000_000_000);
        let mut found: Option<(i64, i64)> = None;
        while let Some(change) = zone.next_change(at).filter(|it| *it < end) {
            let skipped = i64::from(zone.offset_seconds(change) - zone.offset_seconds(change - 1)) * 1_000_000;
            if skipped > 0 {
                let this = (skipped, change.rem_euclid(skipped));
                if found.is_some_and(|found| found != this) {
                    return None;
                }
                found = Some(this);
            }
            at = change;
        }
        Some(Gaps(found))
    }
}

/// The first and the last moment of the calendar, in days or microseconds.
fn ends(kind: MomentType) -> (i64, i64) {
    let (first, last) = (i64::from(calendar::FIRST_DAY), i64::from(calendar::LAST_DAY));
    match kind {
        MomentType::Date => (first, last),
        MomentType::Timestamp => (first * DAY, (last + 1) * DAY - 1),
    }
}

fn moment_literal(at: i64, kind: MomentType) -> Sql {
    Sql::Literal(match (kind, i32::try_from(at)) {
        (MomentType::Date, Ok(day)) => Literal::Date(day),
        (MomentType::Date | MomentType::Timestamp, _) => Literal::Timestamp(at),
    })
}

/// The last moment of the calendar.
pub(crate) fn last_moment(ty: &Type) -> Sql {
    let kind = kind_of(ty);
    moment_literal(ends(kind).1, kind)
}

/// The first and the last place of a range that land within the calendar; there is one run of them.
fn landing(first: i64, last: i64, lands: impl Fn(i64) -> bool) -> Option<(i64, i64)> {
    let any = [first, last, 0].into_iter().find(|it| lands(*it))?;
    let edge = |mut inside: i64, mut outside: i64| {
        if lands(outside) {
            return outside;
        }
        while inside.abs_diff(outside) > 1 {
            let middle = inside + (outside - inside) / 2;
            if lands(middle) { inside = middle } else { outside = middle }
        }
        inside
    };
    Some((edge(any, first), edge(any, last)))
}

/// A duration that is known now.
fn constant(length: &Length) -> Option<Duration> {
    let [months, days, micros] = length.parts().map(|part| match part {
        Sql::Literal(Literal::Int(it)) => Some(*it),
        _ => None,
    });
    Some(Duration {
        months: i32::try_from(months?).ok()?,
        days: i32::try_from(days?).ok()?,
        micros: i64::try_from(micros?).ok()?,
    })
}

impl Length {
    /// Each part taken from nothing.
    fn parts_negated(self, lowering: &mut Lowering<'_>) -> Length {
        use crate::sql::dialect::Arithmetic::Subtract;
        Length {
            months: lowering.plus(Subtract, Sql::int(0), self.months),
            days: lowering.plus(Subtract, Sql::int(0), self.days),
            micros: lowering.plus(Subtract, Sql::int(0), self.micros),
        }
    }
}
