//! What compares.

use crate::{
    ir::{CompareOp, Expr},
    sql::{
        ast::{Literal, Sql},
        dialect::Computed,
        lower::Lowering,
        micros,
    },
    value::{
        Decimal, Moment, MomentType, Type, UpperEnd, Value,
        time::{Bound as End, Window},
    },
};

/// `>=` as SQL writes it.
pub(crate) fn operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Equal => "=",
        CompareOp::NotEqual => "<>",
        CompareOp::Less => "<",
        CompareOp::AtMost => "<=",
        CompareOp::Greater => ">",
        CompareOp::AtLeast => ">=",
    }
}

pub(crate) fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Decimal(_) | Type::Float)
}

impl Lowering<'_> {
    pub(crate) fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr) -> Sql {
        match (&left.ty, &right.ty) {
            (a, b) if is_number(a) && is_number(b) => self.compare_numbers(op, left, right),
            (Type::Duration, _) => {
                let (left, right) = (self.length(left), self.length(right));
                let told = |length: Sql| match &length {
                    Sql::Literal(Literal::Int(it)) => micros::told(*it),
                    _ => length,
                };
                Sql::binary(told(self.exact(left)), operator(op), told(self.exact(right)))
            }
            (Type::Timestamp, Type::Date) => self.against_day(op, left, right),
            (Type::Date, Type::Timestamp) => self.against_day(op.mirrored(), right, left),
            (Type::Choice(_), _) => self.compare_choices(op, left, right),
            (Type::List(own), Type::List(other)) if own != other && !self.dialect.compares_lists() => self.cannot(
                right.span,
                "lists of different kinds of numbers are not compared",
                "declare both columns with the same type",
            ),
            (Type::Text, _) if !matches!(op, CompareOp::Equal | CompareOp::NotEqual) => {
                let (left, right) = (self.value(left), self.value(right));
                Sql::binary(self.dialect.by_code_point(left), operator(op), right)
            }
            (Type::Text, _) => {
                let (left, right) = (self.cased(left, &[right]), self.cased(right, &[left]));
                Sql::binary(left, operator(op), right)
            }
            _ => {
                let (left, right) = (self.value(left), self.value(right));
                Sql::binary(left, operator(op), right)
            }
        }
    }

    /// A timestamp against a day of the calendar in the zone.
    fn against_day(&mut self, op: CompareOp, timestamp: &Expr, date: &Expr) -> Sql {
        let zone = self.clock().zone();
        if let Some(Value::Date(day)) = self.constant(date) {
            let window = Window::against(op, Moment::Date(day), MomentType::Timestamp, zone);
            let timestamp = self.value(timestamp);
            let within = self.inside(timestamp, &window);
            return if op == CompareOp::NotEqual { within.negated() } else { within };
        }
        if let Some(Value::Timestamp(instant)) = self.constant(timestamp) {
            let again = zone.evenings_again().iter().any(|evening| evening.contains(&instant));
            let day = Sql::Literal(Literal::Date(zone.local(instant).0 + i32::from(again)));
            let date = self.value(date);
            return Sql::binary(day, operator(op), date);
        }
        let timestamp = self.value(timestamp);
        let day = self.day_that_it_is_of(timestamp);
        let date = self.value(date);
        Sql::binary(day, operator(op), date)
    }

    /// The day that an instant is of: its local date, and the next where the clock had passed midnight before, and went back.
    fn day_that_it_is_of(&mut self, timestamp: Sql) -> Sql {
        let evenings = self.clock().zone().evenings_again();
        if evenings.is_empty() {
            let local = self.local(timestamp);
            return self.dialect.date_of(local);
        }
        let timestamp = self.keep_as(timestamp, "moment");
        let local = self.local_beside(timestamp.clone());
        let day = self.dialect.date_of(local);
        let next = self.dialect.shift_date(day.clone(), Sql::int(0), Sql::int(1));
        let instant = |at| Sql::Literal(Literal::Timestamp(at));
        let again = Sql::any(evenings.into_iter().map(|evening| {
            let (from, until) = (instant(evening.start), instant(evening.end));
            Sql::all([Sql::binary(timestamp.clone(), ">=", from), Sql::binary(timestamp.clone(), "<", until)])
        }));
        let day = self.column_of(Sql::if_else(again, next, day), "day", None);
        let zone = self.clock().zone();
        self.stack().explain(
            &day,
            &format!("its day in {}, whose clock went back over midnight: there, the day that had begun", zone.name()),
        );
        day
    }

    /// Whether a moment lies in a window.
    pub(crate) fn inside(&mut self, moment: Sql, window: &Window) -> Sql {
        let literal = |end: &End| match end.at {
            Moment::Date(days) => Sql::Literal(Literal::Date(days)),
            Moment::Timestamp(instant) => Sql::Literal(Literal::Timestamp(instant)),
        };
        match (&window.low, &window.high) {
            (Some(low), Some(high)) if low.included && high.included && low.at == high.at => {
                Sql::binary(moment, "=", literal(low))
            }
            (Some(low), Some(high)) if self.has_happened(&moment) && self.is_endless(high) => {
                Sql::binary(moment, if low.included { ">=" } else { ">" }, literal(low))
            }
            (Some(low), Some(high)) if low.included && high.included => moment.between(literal(low), literal(high)),
            (low, high) => {
                let moment = if low.is_some() && high.is_some() { self.keep_as(moment, "moment") } else { moment };
                let low = low
                    .as_ref()
                    .map(|end| Sql::binary(moment.clone(), if end.included { ">=" } else { ">" }, literal(end)));
                let high = high
                    .as_ref()
                    .map(|end| Sql::binary(moment.clone(), if end.included { "<=" } else { "<" }, literal(end)));
                Sql::all(low.into_iter().chain(high))
            }
        }
    }

    /// The values of a level, layer or funnel, from the lowest.
    pub(crate) fn choices(&self, ty: &Type) -> Vec<String> {
        match ty {
            Type::Choice(id) => self.rulebook.choices(*id).values.iter().map(|it| it.name.to_string()).collect(),
            _ => vec![],
        }
    }

    /// The rank of a level's value.
    pub(crate) fn rank_of(&self, value: Sql, ty: &Type) -> Sql {
        let arms = self.choices(ty).into_iter().zip(0..).map(|(name, rank)| (Sql::text(name), Sql::int(rank)));
        Sql::Switch(Box::new(value), arms.collect(), None)
    }

    /// The level's value of a rank.
    pub(crate) fn of_rank(&self, rank: Sql, ty: &Type) -> Sql {
        let arms = self.choices(ty).into_iter().zip(0..).map(|(name, rank)| (Sql::int(rank), Sql::text(name)));
        Sql::Switch(Box::new(rank), arms.collect(), None)
    }

    fn compare_choices(&mut self, op: CompareOp, left: &Expr, right: &Expr) -> Sql {
        let ty = left.ty.clone();
        let constant = (self.constant(left), self.constant(right));
        let (subject, rank, op) = match constant {
            (_, Some(Value::Choice(rank))) => (left, rank, op),
            (Some(Value::Choice(rank)), _) => (right, rank, op.mirrored()),
            _ => {
                let (left, right) = (self.value(left), self.value(right));
                if matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
                    return Sql::binary(left, operator(op), right);
                }
                return Sql::binary(self.rank_of(left, &ty), operator(op), self.rank_of(right, &ty));
            }
        };
        let subject = self.value(subject);
        let names = self.choices(&ty);
        let name = names.get(rank as usize).cloned().unwrap_or_default();
        let is = |holds: &dyn Fn(u32) -> bool| {
            let fit = names.iter().zip(0..).filter(|(_, it)| holds(*it)).map(|(name, _)| Sql::text(name.clone()));
            fit.collect::<Vec<Sql>>()
        };
        let list = match op {
            CompareOp::Equal | CompareOp::NotEqual => return Sql::binary(subject, operator(op), Sql::text(name)),
            CompareOp::Less => is(&|it| it < rank),
            CompareOp::AtMost => is(&|it| it <= rank),
            CompareOp::Greater => is(&|it| it > rank),
            CompareOp::AtLeast => is(&|it| it >= rank),
        };
        subject.one_of(list)
    }

    fn compare_numbers(&mut self, op: CompareOp, left: &Expr, right: &Expr) -> Sql {
        if left.ty == Type::Float || right.ty == Type::Float {
            let (left, right) = (self.float(left), self.float(right));
            return Sql::binary(self.compared(left), operator(op), self.compared(right));
        }
        match (self.constant(left), self.constant(right)) {
            (_, Some(constant)) => {
                let value = self.value(left);
                self.against_number(op, value, &left.ty, &constant)
            }
            (Some(constant), _) => {
                let value = self.value(right);
                self.against_number(op.mirrored(), value, &right.ty, &constant)
            }
            (None, None) => {
                let (a, b) = (self.value(left), self.value(right));
                self.compare_exactly(op, (a, &left.ty), (b, &right.ty))
            }
        }
    }

    /// A float that is only compared: zero may have a sign.
    fn compared(&self, float: Sql) -> Sql {
        match self.surely_finite(float) {
            Sql::Binary("+", of) if of.1 == Sql::Literal(Literal::Float(0.0)) => of.0,
            other => other,
        }
    }

    /// A whole or decimal number against a constant, which may have more digits after the point.
    fn against_number(&mut self, op: CompareOp, value: Sql, ty: &Type, constant: &Value) -> Sql {
        let constant = match constant {
            Value::Int(int) => Decimal::from(*int),
            Value::Decimal(decimal) => *decimal,
            _ => return Sql::when(Sql::bool(false), Sql::bool(false)),
        };
        let scale = if let Type::Decimal(scale) = ty { *scale } else { 0 };
        let shown = |number: Decimal| match ty {
            Type::Decimal(_) if number.scale > 0 => Sql::Literal(Literal::Decimal(number.to_string())),
            _ => Sql::int(number.mantissa),
        };
        // Spark takes whole numbers, missing ones too, for less than any that they cannot be.
        let whole = 10_i128.checked_pow(constant.scale.into()).map(|it| constant.mantissa.div_euclid(it));
        let is_beyond = *ty == Type::Int && whole.is_some_and(|it| i64::try_from(it).is_err());
        if constant.rescale(scale).is_some() && !is_beyond {
            // As it was written: engines bring both to one type.
            let short = constant.rescale(0).unwrap_or(constant);
            return Sql::binary(value, operator(op), shown(short));
        }
        // The column's digits decide: `x > 2.505` of two digits is `x > 2.50`.
        let divisor = 10_i128.checked_pow(u32::from(constant.scale.saturating_sub(scale)));
        let below = divisor.map(|divisor| constant.mantissa.div_euclid(divisor)).and_then(|it| Decimal::new(it, scale));
        let Some(below) = below.filter(|_| constant.scale > scale && !is_beyond) else {
            // Beyond all numbers of the type.
            let greater = constant.mantissa > 0;
            let always = match op {
                CompareOp::Less | CompareOp::AtMost => greater,
                CompareOp::Greater | CompareOp::AtLeast => !greater,
                CompareOp::Equal => false,
                CompareOp::NotEqual => true,
            };
            return Sql::when(value.known(), Sql::bool(always));
        };
        match op {
            CompareOp::Less | CompareOp::AtMost => Sql::binary(value, "<=", shown(below)),
            CompareOp::Greater | CompareOp::AtLeast => Sql::binary(value, ">", shown(below)),
            CompareOp::Equal => Sql::when(value.known(), Sql::bool(false)),
            CompareOp::NotEqual => Sql::when(value.known(), Sql::bool(true)),
        }
    }

    /// Whole and decimal numbers, whatever their scales.
    pub(crate) fn compare_exactly(&mut self, op: CompareOp, a: (Sql, &Type), b: (Sql, &Type)) -> Sql {
        let scale = |ty: &Type| if let Type::Decimal(scale) = ty { *scale } else { 0 };
        let (of_a, of_b) = (scale(a.1), scale(b.1));
        if of_a == of_b && a.1 == b.1 {
            return Sql::binary(a.0, operator(op), b.0);
        }
        if of_a > of_b {
            return self.compare_exactly(op.mirrored(), b, a);
        }
        // The left has fewer digits after the point: where it does not fit beside the right it is further from 0 than any.
        let wide = Type::Decimal(of_b);
        let fits_always = *a.1 == Type::Int && of_b <= 19;
        if fits_always {
            let left = self.widened(a.0, a.1, &wide);
            return Sql::binary(left, operator(op), b.0);
        }
        let left = self.keep_as(a.0, "value");
        match self.dialect.try_cast(left.clone(), &wide) {
            Computed::Wide(left) => Sql::binary(left, operator(op), b.0),
            Computed::Checked(fine) => {
                let right = self.keep_as(b.0, "value");
                let told = "where it does not fit beside what it is compared with it is further from 0 than that";
                self.stack().explain(&left, told);
                let beyond = Sql::binary(left, operator(op), Sql::int(0));
                let beyond = Sql::when(right.clone().known(), beyond);
                Sql::call("coalesce", [Sql::binary(fine, operator(op), right), beyond])
            }
        }
    }

    pub(crate) fn between(&mut self, subject: &Expr, low: &Expr, high: &Expr, upper: UpperEnd) -> Sql {
        let zone = self.clock().zone();
        let below = if upper == UpperEnd::Included { CompareOp::AtMost } else { CompareOp::Less };
        let moments =
            (self.constant(low).as_ref().and_then(Moment::of), self.constant(high).as_ref().and_then(Moment::of));
        if let (Some(from), Some(to)) = moments {
            let kind = if subject.ty == Type::Date { MomentType::Date } else { MomentType::Timestamp };
            let window = Window::from_to(from, to, upper, kind, zone);
            let subject = self.value(subject);
            return self.inside(subject, &window);
        }
        let plain =
            subject.ty == low.ty && subject.ty == high.ty && !matches!(subject.ty, Type::Duration | Type::Choice(_));
        let ints = is_number(&subject.ty)
            && [low, high].into_iter().all(|end| self.constant(end).is_some() && end.ty == Type::Int)
            && subject.ty != Type::Float;
        if (plain || ints) && upper == UpperEnd::Included {
            let (subject, low, high) = (self.value(subject), self.value(low), self.value(high));
            return subject.between(low, high);
        }
        if let (Type::Int, UpperEnd::Excluded, Some(Value::Int(low)), Some(Value::Int(high))) =
            (&subject.ty, upper, self.constant(low), self.constant(high))
            && let Some(last) = high.checked_sub(1).filter(|last| *last >= low)
        {
            return self.value(subject).between(Sql::int(low), Sql::int(last));
        }
        if upper == UpperEnd::Included
            && subject.ty == Type::Float
            && [low, high].into_iter().all(|end| self.constant(end).is_some())
        {
            let (subject, low, high) = (self.value(subject), self.float(low), self.float(high));
            return subject.between(low, high);
        }
        let first = self.compare(CompareOp::AtLeast, subject, low);
        let second = self.compare(below, subject, high);
        Sql::all([first, second])
    }
}
