//! Functions on single values, and on lists.

use std::cmp::Ordering;

use crate::{
    ir::{Body, Choice, DefinitionId, Expr, Function},
    sql::{
        ast::{Literal, Sql},
        dialect::{Arithmetic, DatePart},
        lower::{ELSEWHERE, Held, Lowering},
    },
    value::{Type, Value, compare, time::calendar},
};

impl Lowering<'_> {
    pub(crate) fn call(&mut self, function: Function, arguments: &[Expr], expr: &Expr) -> Sql {
        match (function, arguments) {
            (Function::Lower, [text]) => {
                let text = self.value(text);
                let text = self.keep_as(text, "text");
                self.dialect.lower(text)
            }
            (Function::Upper, [text]) => {
                let text = self.value(text);
                let text = self.keep_as(text, "text");
                self.dialect.upper(text)
            }
            (Function::Trim, [text]) => {
                let text = self.value(text);
                self.dialect.trim(text)
            }
            (Function::Length, [text]) => {
                let text = self.value(text);
                self.dialect.length(text)
            }
            (Function::Abs, [number]) => self.abs(number),
            (Function::Round, [number, digits]) => self.round(number, digits, expr),
            (Function::Floor | Function::Ceil, [number]) => {
                let value = self.value(number);
                if number.ty == Type::Int {
                    return value;
                }
                if let Some(whole) = self.whole_of(&value) {
                    return whole;
                }
                let up = function == Function::Ceil;
                if number.ty == Type::Float && self.is_surely_int(&value) {
                    let whole = if up { self.dialect.ceil(value) } else { self.dialect.floor(value) };
                    return Sql::cast(whole, self.dialect.ty(&Type::Int).unwrap_or_default());
                }
                let whole = self.dialect.whole_below(value, &number.ty, up);
                self.narrow(whole, &Type::Int)
            }
            (Function::Mod, [a, b]) => {
                let (left, right) = (self.value(a), self.value(b));
                // Nothing is left of a division by zero, which Spark and PostgreSQL end a query for.
                if right.is_zero() {
                    return self.literal(&Value::Missing, &expr.ty);
                }
                self.combined(Arithmetic::Modulo, (left, a.ty.clone()), (right, b.ty.clone()), &expr.ty)
            }
            (Function::Min | Function::Max, [first, rest @ ..]) => {
                let op = if function == Function::Min { ("<", ">=") } else { (">", "<=") };
                let value = self.value(first);
                let mut best = self.widened(value, &first.ty, &expr.ty);
                for next in rest {
                    let value = self.value(next);
                    let value = self.widened(value, &next.ty, &expr.ty);
                    let (a, b) = (self.keep_as(best, "value"), self.keep_as(value, "value"));
                    // Missing where one of them is: of two of which one never is, the other is what is left.
                    let (sure, other) = if self.is_never_missing(&b) { (&b, &a) } else { (&a, &b) };
                    if self.is_never_missing(sure) {
                        let mirrored = if op.0 == "<" { ">" } else { "<" };
                        let wins = match sure.is_literal() {
                            true => Sql::binary(other.clone(), mirrored, sure.clone()),
                            false => Sql::binary(sure.clone(), op.0, other.clone()),
                        };
                        best = Sql::if_else(wins, sure.clone(), other.clone());
                        continue;
                    }
                    let arms = vec![
                        (Sql::binary(b.clone(), op.0, a.clone()), b.clone()),
                        (Sql::binary(b, op.1, a.clone()), a),
                    ];
                    best = Sql::Case(arms, None);
                }
                best
            }
            (Function::Clamp, [number, low, high]) => {
                let part = |this: &mut Self, it: &Expr| {
                    let value = this.value(it);
                    let value = this.widened(value, &it.ty, &expr.ty);
                    this.keep(value)
                };
                let is_range = self.is_range(low, high);
                if is_range == Some(false) {
                    return self.literal(&Value::Missing, &expr.ty);
                }
                let (number, low, high) = (part(self, number), part(self, low), part(self, high));
                self.clamped(number, low, high, is_range.is_some())
            }
            (Function::Date, [moment]) => self.day_of(moment),
            (Function::StartOfWeek, [moment]) => {
                let day = self.day_of(moment);
                self.dialect.start_of_week(day)
            }
            (Function::StartOfMonth, [moment]) => {
                let day = self.day_of(moment);
                self.dialect.start_of_month(day)
            }
            (Function::Year, [moment]) => self.part_of(DatePart::Year, moment),
            (Function::Month, [moment]) => self.part_of(DatePart::Month, moment),
            (Function::Day, [moment]) => self.part_of(DatePart::Day, moment),
            (Function::Weekday, [moment]) => self.part_of(DatePart::Weekday, moment),
            (Function::Hour, [moment]) => {
                let value = self.value(moment);
                let local = self.local(value);
                self.dialect.hour(local)
            }
            (Function::Anniversary, [moment]) => self.anniversary(moment),
            (Function::Bucket, [key, salt, parts]) => self.bucket(key, salt, parts),
            (_, [list, ..]) if matches!(list.ty, Type::List(_)) => self.of_list(function, list, expr),
            _ => self.cannot(expr.span, "this function is not written", ELSEWHERE),
        }
    }

    /// Whether a range holds something, where that is the same of everybody.
    pub(crate) fn is_range(&self, low: &Expr, high: &Expr) -> Option<bool> {
        let (low, high) = self.constant(low).zip(self.constant(high))?;
        Some(compare::order(&low, &high, self.clock().zone()).is_some_and(Ordering::is_le))
    }

    /// The nearest value within; missing where the range holds nothing.
    pub(crate) fn clamped(&mut self, number: Sql, low: Sql, high: Sql, is_range: bool) -> Sql {
        let mut arms = vec![(Sql::binary(number.clone(), "<", low.clone()), low.clone())];
        arms.push((Sql::binary(number.clone(), ">", high.clone()), high.clone()));
        let clamped = Sql::Case(arms, Some(Box::new(number)));
        if is_range { clamped } else { Sql::when(Sql::binary(low, "<=", high), clamped) }
    }

    fn part_of(&mut self, part: DatePart, moment: &Expr) -> Sql {
        let day = self.day_of(moment);
        self.dialect.part(part, day)
    }

    fn abs(&mut self, number: &Expr) -> Sql {
        let value = self.value(number);
        match &number.ty {
            Type::Int => {
                let value = self.keep_as(value, "value");
                let negative = (Sql::int(0), Type::Int);
                let minus = self.combined(Arithmetic::Subtract, negative, (value.clone(), Type::Int), &Type::Int);
                Sql::if_else(Sql::binary(value.clone(), "<", Sql::int(0)), minus, value)
            }
            ty => self.dialect.absolute(value, ty),
        }
    }

    fn round(&mut self, number: &Expr, digits: &Expr, expr: &Expr) -> Sql {
        let Some(Value::Int(digits)) = self.constant(digits) else {
            return self.cannot(
                expr.span,
                "`round` to digits that differ is not written",
                "write the number of digits",
            );
        };
        let value = self.value(number);
        let value = if number.ty == Type::Float { self.keep_as(value, "value") } else { value };
        match &number.ty {
            Type::Int if digits >= 0 => value,
            Type::Decimal(scale) if digits >= i64::from(*scale) => value,
            Type::Float => match self.dialect.round_float(value, digits) {
                Some(rounded) => rounded,
                None => self.cannot(
                    expr.span,
                    "`round` of a float to so many digits is not written",
                    "declare the column as a decimal",
                ),
            },
            _ if !(-30..=38).contains(&digits) => {
                self.cannot(expr.span, "`round` to so many digits is not written", "write fewer digits")
            }
            _ => {
                let rounded = self.dialect.round(value, digits, &expr.ty);
                self.narrow(rounded, &expr.ty)
            }
        }
    }

    fn anniversary(&mut self, moment: &Expr) -> Sql {
        let born = self.day_of(moment);
        let born = self.keep_as(born, "day");
        let today = self.now(&Type::Date);
        let year = |later: i64, this: &Self| match &today {
            Sql::Literal(Literal::Date(today)) => Sql::int(calendar::parts(*today).year + later),
            today if later == 0 => this.dialect.part(DatePart::Year, today.clone()),
            today => Sql::binary(this.dialect.part(DatePart::Year, today.clone()), "+", Sql::int(later)),
        };
        let years = |later: i64, this: &Self| {
            let years = Sql::binary(year(later, this), "-", this.dialect.part(DatePart::Year, born.clone()));
            Sql::binary(years, "*", Sql::int(12))
        };
        let next = self.dialect.shift_date(born.clone(), years(0, self), Sql::int(0));
        let next = self.keep_as(next, "this_year");
        let after = self.dialect.shift_date(born.clone(), years(1, self), Sql::int(0));
        let arms = vec![
            (Sql::binary(born.clone(), ">=", today.clone()), born),
            (Sql::binary(next.clone(), ">=", today), next.clone()),
            (next.known(), after),
        ];
        Sql::Case(arms, None)
    }

    fn of_list(&mut self, function: Function, list: &Expr, expr: &Expr) -> Sql {
        let element = if let Type::List(element) = &list.ty { (**element).clone() } else { Type::Text };
        let value = self.value(list);
        let dialect = self.dialect;
        let found = match function {
            Function::Count => Some(dialect.count(value)),
            Function::First => Some(dialect.element(value, Sql::int(0))),
            Function::Last => Some(dialect.last(value)),
            Function::Any => Some(dialect.has(value, Sql::bool(true))),
            Function::Distinct => {
                let value = self.keep_as(value, "value");
                dialect.list_distinct(value)
            }
            Function::Least if !matches!(element, Type::Duration | Type::Choice(_)) => dialect.list_least(value),
            Function::Greatest if !matches!(element, Type::Duration | Type::Choice(_)) => dialect.list_greatest(value),
            _ => None,
        };
        found.unwrap_or_else(|| {
            self.cannot(
                expr.span,
                "this function of a list is not written",
                "keep the elements as rows of a child table",
            )
        })
    }

    /// `to_next(membership)`
    pub(crate) fn missing_to_next(&mut self, level: DefinitionId, ty: &Type) -> Sql {
        let definition = self.rulebook.definition(level);
        let Body::Level(ladder) = &definition.body else { return Sql::NULL };
        let Some(by) = &ladder.by else { return Sql::NULL };
        let held = self.definition(level);
        let value = if let Held::One(sql) = held { sql } else { Sql::NULL };
        let goes_by = self.value(by);
        let goes_by = self.keep_as(goes_by, "by");
        let missing_to = |this: &mut Self, choice: &Choice| match choice {
            Choice::From { threshold, .. } => {
                let from = (this.value(threshold), threshold.ty.clone());
                let own = wider(&threshold.ty, &by.ty, ty);
                let to = this.combined(Arithmetic::Subtract, from, (goes_by.clone(), by.ty.clone()), &own);
                // All arms in one type, or the engine would take one that is too narrow.
                Some(if own == *ty { to } else { this.widened(to, &own, ty) })
            }
            Choice::When(_) | Choice::Otherwise => None,
        };
        let names = self.choices(&definition.ty);
        let mut arms = vec![];
        for arm in &ladder.arms {
            let above = ladder.arms.iter().rfind(|it| it.rank > arm.rank);
            let name = names.get(arm.rank as usize).cloned().unwrap_or_default();
            if let Some(to) = above.and_then(|it| missing_to(self, &it.choice)) {
                arms.push((Sql::binary(value.clone(), "=", Sql::text(name)), to));
            }
        }
        if let Some(to) = ladder.arms.last().and_then(|it| missing_to(self, &it.choice)) {
            arms.push((value.missing(), to));
        }
        if arms.is_empty() { self.literal(&Value::Missing, ty) } else { Sql::Case(arms, None) }
    }
}

fn wider(a: &Type, b: &Type, ty: &Type) -> Type {
    crate::value::number::widest(a, b).unwrap_or_else(|| ty.clone())
}
