//! The as-of: a constant of the query, or its parameter. Of a parameter each bound of a window is computed once, in steps of their own
//! (`moments`), by the same calendar as the moments of users, and joined to every row: so rules compare with columns, `ago_30d`.

use crate::{
    ir::{Expr, TimeWindow},
    sql::{
        AsOf,
        ast::{From, Item, Join, Literal, Purpose, Select, Sql, Star, Step},
        dialect::DatePart,
        lower::{Length, Lowering, moments::kind_of},
        stack::Stack,
    },
    value::{
        Duration, MomentType, Type, UpperEnd, Value, Zone,
        time::{Direction, Period, PeriodUnit, Which, calendar},
    },
};

/// The step that has all moments, its first column, and today.
pub(crate) const MOMENTS: &str = "moments";
pub(crate) const NOW: &str = "as_of";
const TODAY: &str = "today";
const LOCAL: &str = "as_of_local";
/// What its columns are.
const TIME: &str = "time";
/// The level from which on all of these may be read.
const LEVEL: usize = 2;

/// 1970 and 2100: between them the clock changes of every zone are known. In a zone whose clock changes no more the first may be later.
const FIRST: i64 = 0;
const LAST: i64 = 4_102_444_800_000_000;

/// Days about an as-of in which no clock changes, in a zone whose clock has not changed for longer.
const SETTLED: i64 = 3_660;
/// Before which year that was: Shanghai's last changed in 1991, so an as-of of its is one of 2002 or later.
const SETTLED_BY: i64 = 2_000;

/// Beyond so many days a bound could leave the calendar.
const LONGEST: i128 = 1_900 * 365;

impl Lowering<'_> {
    /// Reads the parameter, where there is one.
    pub(crate) fn read_clock(&mut self) {
        if self.target.as_of == AsOf::Constant {
            return;
        }
        for name in [MOMENTS, NOW, TODAY, LOCAL] {
            self.names.keep(name);
            self.always_known.insert(name.to_owned());
        }
        let zone = self.clock().zone().clone();
        let given = self.given();
        let literal = |at: i64| Sql::Literal(Literal::Timestamp(at));
        self.settled = settled(&zone);
        let (from, year) = self.settled.unwrap_or((FIRST, 1970));
        let message = format!("the as-of is not given, or not between {year} and 2100: above the query stands how");
        let fail = self.dialect.fail(&message, &Type::Timestamp);
        let mut given = Sql::if_else(given.clone().between(literal(from), literal(LAST)), given, fail);
        let parameter = self.dialect.parameter(self.target.create.is_some());
        if let Some(has_offset) = parameter.has_offset(self.dialect) {
            let message = "write the as-of with its offset, as in 2026-11-22T10:00:00Z";
            given = Sql::if_else(has_offset.negated(), self.dialect.fail(message, &Type::Timestamp), given);
        }
        let mut select = Select::from(From::Nothing);
        select.items.push(Item::named(given, NOW));
        let base = self.names.of("parameter");
        self.first.push(Step { name: base.clone(), comment: vec!["the moment that rules call now".into()], select });
        let mut stack = Stack::of(&base, "moments");
        let mut add = |from: usize, sql: Sql, name: &str| {
            let item = Item { purpose: Purpose::Declared(TIME), ..Item::named(sql, name) };
            stack.add(from, item)
        };
        let mut local = self.dialect.local(Sql::column(NOW), &zone);
        if !local.is_short() {
            add(0, local, LOCAL);
            local = Sql::column(LOCAL);
        }
        add(1, self.dialect.date_of(local), TODAY);
        self.moments = Some(stack);
    }

    /// The parameter, as a moment.
    pub(crate) fn given(&self) -> Sql {
        let spelled = self.dialect.parameter(self.target.create.is_some()).spelled();
        Sql::cast(spelled, self.dialect.ty(&Type::Timestamp).unwrap_or_default())
    }

    /// The steps that the moments come to; the last is `moments`.
    pub(crate) fn moment_steps(&mut self) -> Vec<Step> {
        let mut steps = vec![];
        if let Some(stack) = self.moments.take() {
            let fence = self.dialect.fence();
            stack.steps(&mut steps, Some(MOMENTS.to_owned()), fence, &mut self.names, &mut self.titles);
        }
        if let Some(last) = steps.last_mut() {
            last.comment.push("the bounds of windows, each computed once".into());
        }
        steps
    }

    /// Moments beside the columns of a table.
    pub(crate) fn read_moments(&self, select: &mut Select) {
        if self.moments.is_some() {
            select.star = Star::Of(MOMENTS.to_owned());
            select.joins.push(Join { kind: "CROSS JOIN", from: From::Step(MOMENTS.to_owned()), on: None });
        }
    }

    /// A moment beside the columns of a table, which may have one of its name.
    pub(crate) fn told_by_clock(&self, moment: Sql) -> Sql {
        match moment {
            Sql::Column(None, name) => Sql::of(MOMENTS, &name),
            other => other,
        }
    }

    /// Now, or today, as moments of a type are compared with.
    pub(crate) fn now(&mut self, ty: &Type) -> Sql {
        self.now_of_rows(ty)
    }

    pub(crate) fn now_of_rows(&self, ty: &Type) -> Sql {
        match (&self.moments, kind_of(ty)) {
            (None, kind) => {
                let now: Value = self.clock().now_as(kind).into();
                self.literal(&now, ty)
            }
            (Some(_), MomentType::Timestamp) => Sql::column(NOW),
            (Some(_), MomentType::Date) => Sql::column(TODAY),
        }
    }

    /// Now, or the latest that an as-of may be that is given.
    pub(crate) fn latest_now(&self, ty: &Type) -> Sql {
        let now = self.now_of_rows(ty);
        match kind_of(ty) {
            _ if !self.is_now(&now) => now,
            MomentType::Timestamp => Sql::Literal(Literal::Timestamp(LAST)),
            MomentType::Date => Sql::Literal(Literal::Date((LAST / Duration::DAY_MICROS) as i32 + 1)),
        }
    }

    /// The moment so long before or after now.
    pub(crate) fn beside_now(&mut self, length: &Expr, ty: &Type, direction: Direction) -> Sql {
        let back = direction == Direction::Back;
        let Some(Value::Duration(duration)) = self.constant(length) else {
            let now = self.now(ty);
            let length = self.length(length);
            return self.shifted((now, ty), length, back);
        };
        let days = i128::from(duration.months) * 31
            + i128::from(duration.days)
            + i128::from(duration.micros / Duration::DAY_MICROS);
        if days.abs() > LONGEST {
            let what = "so long a time beside an as-of that is a parameter is not written";
            return self.cannot(length.span, what, "write the as-of itself: `--as-of 2026-11-22`");
        }
        if duration == (Duration { months: 0, days: 0, micros: 0 }) {
            return self.now(ty);
        }
        let (word, shown) = (if back { "ago" } else { "in" }, duration.to_string().replace('-', "minus_"));
        let day = if kind_of(ty) == MomentType::Date { "_date" } else { "" };
        let ty = ty.clone();
        let days = i64::try_from(days).unwrap_or(i64::MAX / 2);
        let moment = self.of_clock(&format!("{word}_{shown}{day}"), days.abs(), |this| {
            let now = this.now(&ty);
            this.shifted((now, &ty), Length::of(duration), back)
        });
        if let Sql::Column(None, name) = &moment {
            self.always_known.insert(name.clone());
            if back {
                self.ago.insert(name.clone(), duration);
                self.days_back.insert(name.clone(), days + 2);
            }
        }
        moment
    }

    /// Whether it is the as-of that is given, or its day.
    pub(crate) fn is_now(&self, moment: &Sql) -> bool {
        let is_given = self.target.as_of == AsOf::Parameter;
        is_given && matches!(moment, Sql::Column(None, name) if name == NOW || name == TODAY)
    }

    /// Something that is computed of the parameter alone, no further from it than so many days: a column of `moments`.
    fn of_clock(&mut self, name: &str, days: i64, lower: impl FnOnce(&mut Self) -> Sql) -> Sql {
        let Some(moments) = self.moments.take() else { return lower(self) };
        self.is_settled = self.settled.is_some() && days < SETTLED;
        let rows = self.rows.take();
        let users = std::mem::replace(&mut self.users, moments);
        let at = std::mem::replace(&mut self.at, LEVEL);
        let about = std::mem::replace(&mut self.about, name.to_owned());
        // Known to be there, while its stack stands in for that of the users.
        self.moments = Some(Stack::of("", ""));
        let moment = lower(self);
        let column = if moment.is_short() { moment } else { self.column_of(moment, name, None) };
        self.users.declare(&column, TIME);
        self.moments = Some(std::mem::replace(&mut self.users, users));
        self.is_settled = false;
        self.rows = rows;
        self.at = at;
        self.about = about;
        column
    }

    /// A window of constant length about an as-of that is a parameter.
    pub(crate) fn window_of_parameter(&mut self, moment: Sql, ty: &Type, window: &TimeWindow) -> Sql {
        let now = self.now(ty);
        match window {
            TimeWindow::Within(length) => {
                let low = self.beside_now(length, ty, Direction::Back);
                self.stretch(moment, (">=", low), ("<=", now))
            }
            TimeWindow::WithinNext(length) => {
                let high = self.beside_now(length, ty, Direction::Forth);
                moment.between(now, high)
            }
            TimeWindow::Ago { near, far, upper } => {
                let high = self.beside_now(near, ty, Direction::Back);
                let low = self.beside_now(far, ty, Direction::Back);
                let is_past = matches!(self.constant(near), Some(Value::Duration(it)) if it.months >= 0 && it.days >= 0 && it.micros >= 0);
                let above = if *upper == UpperEnd::Included { ">=" } else { ">" };
                if is_past {
                    return self.stretch(moment, (above, low), ("<=", high));
                }
                let moment = self.keep(moment);
                let within = self.stretch(moment.clone(), (above, low), ("<=", high));
                Sql::all([within, Sql::binary(moment, "<=", now)])
            }
            TimeWindow::During(period) => {
                let low = self.start_of_period(*period, ty, false);
                if period.which == Which::This && self.has_happened(&moment) {
                    return Sql::binary(moment, ">=", low);
                }
                let high = self.start_of_period(*period, ty, true);
                self.stretch(moment, (">=", low), ("<", high))
            }
        }
    }

    /// Whether a moment lies between two others. Of rows only those that have happened are asked.
    fn stretch(&mut self, moment: Sql, low: (&'static str, Sql), high: (&'static str, Sql)) -> Sql {
        if high.0 == "<=" && self.is_now(&high.1) && self.has_happened(&moment) {
            return Sql::binary(moment, low.0, low.1);
        }
        if (low.0, high.0) == (">=", "<=") {
            return moment.between(low.1, high.1);
        }
        let moment = self.keep(moment);
        Sql::all([Sql::binary(moment.clone(), low.0, low.1), Sql::binary(moment, high.0, high.1)])
    }

    /// The first moment of a period, or the first after it.
    fn start_of_period(&mut self, period: Period, ty: &Type, after: bool) -> Sql {
        // What ends with the last one begins with this one.
        let (which, end) = match (period.which, after) {
            (Which::Last, false) => ("last", "start"),
            (Which::Last, true) | (Which::This, false) => ("this", "start"),
            (Which::This, true) => ("this", "end"),
            (Which::Next, false) => ("next", "start"),
            (Which::Next, true) => ("next", "end"),
        };
        let unit = match period.unit {
            PeriodUnit::Day => "day",
            PeriodUnit::Week => "week",
            PeriodUnit::Month => "month",
            PeriodUnit::Quarter => "quarter",
            PeriodUnit::Year => "year",
        };
        let kind = kind_of(ty);
        let day = if kind == MomentType::Date { "_date" } else { "" };
        let steps = match period.which {
            Which::Last => -1,
            Which::This => 0,
            Which::Next => 1,
        } + i64::from(after);
        // Two years at most.
        let start = self.of_clock(&format!("{which}_{unit}_{end}{day}"), 2 * 366, |this| {
            let today = Sql::column(TODAY);
            let month = this.dialect.start_of_month(today.clone());
            let (start, months, days) = match period.unit {
                PeriodUnit::Day => (today, 0, steps),
                PeriodUnit::Week => (this.dialect.start_of_week(today), 0, steps * 7),
                PeriodUnit::Month => (month, steps, 0),
                PeriodUnit::Quarter => (this.months_back(month, 3), steps * 3, 0),
                PeriodUnit::Year => (this.months_back(month, 12), steps * 12, 0),
            };
            let start = this.start_date(start, unit);
            let date = match (months, days) {
                (0, 0) => start,
                (months, days) => this.dialect.shift_date(start, Sql::int(months), Sql::int(days)),
            };
            match kind {
                MomentType::Date => date,
                MomentType::Timestamp => this.start_of_day(date),
            }
        });
        if let Sql::Column(None, name) = &start {
            self.always_known.insert(name.clone());
            let longest = match period.unit {
                PeriodUnit::Day => 1,
                PeriodUnit::Week => 7,
                PeriodUnit::Month => 31,
                PeriodUnit::Quarter => 92,
                PeriodUnit::Year => 366,
            };
            self.days_back.insert(name.clone(), (1 - steps).max(0) * longest + 2);
        }
        start
    }

    /// The first day of the unit that now is in, `month_start_date`: other moments are computed of it.
    fn start_date(&mut self, date: Sql, unit: &str) -> Sql {
        let about = std::mem::replace(&mut self.about, unit.to_owned());
        let start = self.keep_as(date, "start_date");
        self.about = about;
        start
    }

    /// Back to the first of so many months.
    fn months_back(&mut self, first_of_month: Sql, of: i64) -> Sql {
        let first = self.start_date(first_of_month, "month");
        let number = self.dialect.part(DatePart::Month, first.clone());
        let since = Sql::binary(Sql::binary(number, "-", Sql::int(1)), "%", Sql::int(of));
        let back = self.keep_as(Sql::binary(Sql::int(0), "-", since), "back");
        let unit = if of == 12 { "year" } else { "quarter" };
        self.users.explain(&back, &format!("how many months back the {unit} began: 0 to {}", 1 - of));
        self.dialect.shift_date(first, back, Sql::int(0))
    }
}

/// Of a zone whose clock changes no more, and last did long ago, the first as-of that is taken, and its year: about it every local time is one
/// instant.
fn settled(zone: &Zone) -> Option<(i64, i64)> {
    let date = |year: i64| calendar::from_parts(year, 1, 1).map(i64::from);
    let mut last = date(1_800)? * Duration::DAY_MICROS;
    let end = date(SETTLED_BY)? * Duration::DAY_MICROS;
    while let Some(change) = zone.next_change(last) {
        if change >= end {
            return None;
        }
        last = change;
    }
    let day = i32::try_from(last / Duration::DAY_MICROS + SETTLED).ok()?;
    let year = (calendar::parts(day).year + 1).max(1970);
    Some((date(year)? * Duration::DAY_MICROS, year))
}
