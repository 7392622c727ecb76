//! Functions: their arguments, and what they give.

use super::super::{
    Checker,
    names::Meaning,
    rules::{constant, widened},
    words::{is_moment, is_number},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{UNKNOWN_FUNCTION, WRONG_ARGUMENTS, WRONG_TYPE},
        nearest,
    },
    ir::{Expr, ExprKind, Function, Over},
    source::Span,
    syntax::ast::{self, Argument},
    value::{Type, Value},
};

/// Name, function, and how it is written.
const FUNCTIONS: &[(&str, Function, &str)] = &[
    ("lower", Function::Lower, "lower(text)"),
    ("upper", Function::Upper, "upper(text)"),
    ("trim", Function::Trim, "trim(text)"),
    ("length", Function::Length, "length(text)"),
    ("abs", Function::Abs, "abs(number)"),
    ("round", Function::Round, "round(number)` or `round(number, digits)"),
    ("floor", Function::Floor, "floor(number)"),
    ("ceil", Function::Ceil, "ceil(number)"),
    ("mod", Function::Mod, "mod(a, b)"),
    ("min", Function::Min, "min(a, b)"),
    ("max", Function::Max, "max(a, b)"),
    ("clamp", Function::Clamp, "clamp(number, 0..100)"),
    ("date", Function::Date, "date(moment)"),
    ("start_of_week", Function::StartOfWeek, "start_of_week(moment)"),
    ("start_of_month", Function::StartOfMonth, "start_of_month(moment)"),
    ("year", Function::Year, "year(moment)"),
    ("month", Function::Month, "month(moment)"),
    ("day", Function::Day, "day(moment)"),
    ("weekday", Function::Weekday, "weekday(moment)"),
    ("hour", Function::Hour, "hour(moment)"),
    ("age", Function::Age, "age(moment)"),
    ("anniversary", Function::Anniversary, "anniversary(date)"),
    ("count", Function::Count, "count(list)"),
    ("sum", Function::Sum, "sum(list)"),
    ("avg", Function::Average, "avg(list)"),
    ("first", Function::First, "first(list)"),
    ("last", Function::Last, "last(list)"),
    ("distinct", Function::Distinct, "distinct(list)"),
    ("most", Function::Most, "most(list)"),
    ("quantile", Function::Quantile, "quantile(list, 90%)"),
    ("any", Function::Any, "any(orders where …)"),
    ("bucket", Function::Bucket, "bucket(user_id, \"salt\", 100)"),
];

/// The type that `missing` has as an argument.
fn taken_by(function: Function) -> Type {
    match function {
        Function::Lower | Function::Upper | Function::Trim | Function::Length | Function::Bucket => Type::Text,
        Function::Abs
        | Function::Round
        | Function::Floor
        | Function::Ceil
        | Function::Mod
        | Function::Min
        | Function::Max
        | Function::Clamp => Type::Int,
        Function::Date
        | Function::StartOfWeek
        | Function::StartOfMonth
        | Function::Year
        | Function::Month
        | Function::Day
        | Function::Weekday
        | Function::Hour
        | Function::Age
        | Function::Anniversary => Type::Timestamp,
        Function::Count
        | Function::Sum
        | Function::Average
        | Function::Least
        | Function::Greatest
        | Function::First
        | Function::Last
        | Function::Distinct
        | Function::Most
        | Function::Quantile => Type::List(Box::new(Type::Float)),
        Function::Any => Type::List(Box::new(Type::Bool)),
    }
}

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        name: &ast::Name,
        arguments: &[Argument],
        span: Span,
        beside: Option<&Type>,
    ) -> Option<Expr> {
        match name.symbol.as_str() {
            "to_next" => return self.missing_to_next(name, arguments, span),
            "reached" => return self.reached(name, arguments, span),
            "ntile" => return self.ntile(arguments, span),
            "held" => return self.held(name, arguments, span),
            word if self.asks_about_rows(word, arguments) => return self.aggregate(name, arguments, span),
            _ => {}
        }
        let Some((_, function, shape)) = FUNCTIONS.iter().find(|(known, ..)| *known == name.symbol.as_str()) else {
            if self.tell_foreign_function(name, arguments, span) {
                return None;
            }
            return self.unknown_function(name);
        };
        let mut wanted: Vec<&ast::Expr> = vec![];
        let mut range = None;
        for argument in arguments {
            match argument {
                Argument::Clause(clause) => {
                    self.no_clause_outside(clause)?;
                    wanted.push(&clause.source);
                }
                Argument::Range(it) if *function == Function::Clamp && self.clamp_without_its_end(it) => return None,
                Argument::Range(it) => {
                    wanted.extend([&*it.from, &*it.to]);
                    range = Some(it);
                }
                Argument::Pattern(it) => return self.wrong_arguments(it.place.0, shape),
            }
        }
        let number = wanted.len();
        let function = match function {
            Function::Min if number == 1 => &Function::Least,
            Function::Max if number == 1 => &Function::Greatest,
            other => other,
        };
        let fits = match function {
            Function::Quantile => number == 2 && range.is_none(),
            Function::Round => (1..=2).contains(&number) && range.is_none(),
            Function::Mod => number == 2 && range.is_none(),
            Function::Min | Function::Max => number >= 2 && range.is_none(),
            Function::Clamp => number == 3 && range.is_some_and(|it| it.upper == ast::UpperEnd::Included),
            Function::Bucket => number == 3 && range.is_none(),
            Function::Lower
            | Function::Upper
            | Function::Trim
            | Function::Length
            | Function::Abs
            | Function::Floor
            | Function::Ceil
            | Function::Date
            | Function::StartOfWeek
            | Function::StartOfMonth
            | Function::Year
            | Function::Month
            | Function::Day
            | Function::Weekday
            | Function::Hour
            | Function::Age
            | Function::Anniversary
            | Function::Count
            | Function::Sum
            | Function::Average
            | Function::Least
            | Function::Greatest
            | Function::First
            | Function::Last
            | Function::Distinct
            | Function::Most
            | Function::Any => number == 1 && range.is_none(),
        };
        if !fits {
            return self.wrong_arguments(span, shape);
        }
        let (arguments, ty) = match function {
            Function::Min | Function::Max | Function::Clamp => {
                let (all, ty) = self.of_one_type(&wanted, beside)?;
                let orders = is_number(&ty) || is_moment(&ty) || matches!(ty, Type::Duration | Type::Text);
                if !orders || (*function == Function::Clamp && !is_number(&ty)) {
                    let message =
                        format!("`{}` takes numbers, and {} is {}", name.symbol, self.first(&wanted), self.kind(&ty));
                    self.sink.push(Diagnostic::error(WRONG_TYPE, span, message).help(format!("write `{shape}`")));
                    return None;
                }
                (all, ty)
            }
            _ => {
                let taken = taken_by(*function);
                let all: Vec<Option<Expr>> = wanted.iter().map(|it| self.operand(it, None, &taken)).collect();
                let all: Option<Vec<Expr>> = all.into_iter().collect();
                self.typed(*function, all?, &wanted, shape)?
            }
        };
        Some(Expr { kind: ExprKind::Call { function: *function, arguments }, ty, span })
    }

    /// The arguments as the function takes them, and what it gives.
    fn typed(
        &mut self,
        function: Function,
        mut all: Vec<Expr>,
        wanted: &[&ast::Expr],
        shape: &str,
    ) -> Option<(Vec<Expr>, Type)> {
        let first = all.first()?.ty.clone();
        let (fits, kind, gives): (bool, &str, Type) = match function {
            Function::Lower | Function::Upper | Function::Trim => (first == Type::Text, "a text", Type::Text),
            Function::Length => (first == Type::Text, "a text", Type::Int),
            Function::Abs => (is_number(&first) || first == Type::Duration, "a number", first.clone()),
            Function::Floor | Function::Ceil => (is_number(&first), "a number", Type::Int),
            Function::Round | Function::Mod => (is_number(&first), "a number", first.clone()),
            Function::Date | Function::StartOfWeek | Function::StartOfMonth | Function::Anniversary => {
                (is_moment(&first), "a moment", Type::Date)
            }
            Function::Year | Function::Month | Function::Day | Function::Weekday => {
                (is_moment(&first), "a moment", Type::Int)
            }
            Function::Hour => (first == Type::Timestamp, "a moment with hours", Type::Int),
            Function::Age => (is_moment(&first), "a moment", Type::Duration),
            Function::Bucket => (matches!(first, Type::Text | Type::Int), "a text", Type::Int),
            Function::Min | Function::Max | Function::Clamp => (true, "", first.clone()),
            Function::Count
            | Function::Sum
            | Function::Average
            | Function::Least
            | Function::Greatest
            | Function::First
            | Function::Last
            | Function::Distinct
            | Function::Most
            | Function::Quantile
            | Function::Any => {
                let Type::List(element) = &first else {
                    let place = wanted.first().map(|it| it.span())?;
                    let message = format!(
                        "a list or a table is wanted here, and {} is {}",
                        self.quoted(place),
                        self.kind(&first)
                    );
                    let told = Diagnostic::error(WRONG_TYPE, place, message);
                    let told =
                        match all.first().map(|it| &it.kind) {
                            Some(ExprKind::Column(_) | ExprKind::Definition(_)) => {
                                let fixed = format!("{}.{}", self.schema.root().name, self.words(place));
                                told.help(format!("it is one value of this user; for everybody's write `{fixed}`"))
                                    .suggest(format!("write `{fixed}`"), place, fixed)
                            }
                            _ => told.help(format!("write `{shape}`")),
                        };
                    self.sink.push(told);
                    return None;
                };
                match function {
                    Function::Count => (true, "", Type::Int),
                    Function::Sum => {
                        (is_number(element) || **element == Type::Duration, "a list of numbers", (**element).clone())
                    }
                    Function::Average if **element == Type::Duration => (true, "", Type::Duration),
                    Function::Average | Function::Quantile => (is_number(element), "a list of numbers", Type::Float),
                    Function::Distinct => (true, "", first.clone()),
                    Function::Any => (**element == Type::Bool, "a list of conditions", Type::Bool),
                    _ => (true, "", (**element).clone()),
                }
            }
        };
        if !fits {
            let place = wanted.first().map(|it| it.span())?;
            let message = format!("{kind} is wanted here, and {} is {}", self.quoted(place), self.kind(&first));
            self.sink.push(Diagnostic::error(WRONG_TYPE, place, message).help(format!("write `{shape}`")));
            return None;
        }
        match function {
            Function::Round => self.round(all, wanted),
            Function::Mod => {
                let second = all.get(1)?.ty.clone();
                let Some(ty) = crate::value::number::widest(&first, &second) else {
                    return self.wrong_arguments(wanted.get(1)?.span(), shape);
                };
                all = all.into_iter().map(|it| widened(it, &ty)).collect();
                Some((all, ty))
            }
            Function::Bucket => {
                let salt = matches!(all.get(1)?.kind, ExprKind::Constant(Value::Text(_)));
                let number = match &all.get(2)?.kind {
                    ExprKind::Constant(Value::Int(n)) => (1..=1 << 32).contains(n),
                    ExprKind::Param(_) => all.get(2)?.ty == Type::Int,
                    _ => false,
                };
                if !salt || !number {
                    let place = wanted.get(if salt { 2 } else { 1 })?.span();
                    return self.wrong_arguments(place, shape);
                }
                Some((all, gives))
            }
            _ => Some((all, gives)),
        }
    }

    fn round(&mut self, mut all: Vec<Expr>, wanted: &[&ast::Expr]) -> Option<(Vec<Expr>, Type)> {
        let number = all.first()?.clone();
        if all.len() == 1 {
            all.push(constant(Value::Int(0), Type::Int, number.span));
        }
        let digits = super::super::declare::fold(all.get(1)?, &self.zone);
        let digits = match (digits, &all.get(1)?.kind) {
            (Some(Value::Int(digits)), _) => digits,
            (_, ExprKind::Param(id)) => match self.params.get(id.0 as usize)?.as_ref()?.value {
                Value::Int(digits) => digits,
                _ => return self.wrong_arguments(wanted.get(1)?.span(), "round(number, digits)"),
            },
            _ => return self.wrong_arguments(wanted.get(1)?.span(), "round(number, 2)"),
        };
        let ty = match number.ty {
            Type::Decimal(scale) => Type::Decimal(digits.clamp(0, i64::from(scale)) as u8),
            other => other,
        };
        Some((all, ty))
    }

    fn first(&self, wanted: &[&ast::Expr]) -> String {
        wanted.first().map(|it| self.quoted(it.span())).unwrap_or_default()
    }

    pub(in crate::check) fn wrong_arguments<T>(&mut self, span: Span, shape: &str) -> Option<T> {
        let message = "these are not the arguments that the function takes";
        self.sink.push(Diagnostic::error(WRONG_ARGUMENTS, span, message).help(format!("write `{shape}`")));
        None
    }

    fn unknown_function(&mut self, name: &ast::Name) -> Option<Expr> {
        let others = ["to_next", "reached", "ntile", "held"];
        let known = FUNCTIONS.iter().map(|(known, ..)| *known).chain(others);
        let told = Diagnostic::error(UNKNOWN_FUNCTION, name.span(), format!("there is no function `{}`", name.symbol));
        let told = match nearest(&name.symbol, known) {
            Some(near) => told.help(format!("did you mean `{near}`?")).suggest(
                format!("write `{near}`"),
                name.span(),
                near.to_owned(),
            ),
            None => told.help("`tagwell explain-code E0206` lists the functions"),
        };
        self.sink.push(told);
        None
    }

    /// What a single argument names, where it is a bare name.
    pub(in crate::check) fn named(&self, arguments: &[Argument]) -> Option<Meaning> {
        let [Argument::Clause(clause)] = arguments else { return None };
        let ast::ExprKind::Name(name) = &clause.source.kind else { return None };
        self.names.get(&name.symbol)
    }

    /// `reached(path)`
    fn reached(&mut self, name: &ast::Name, arguments: &[Argument], span: Span) -> Option<Expr> {
        let Some(Meaning::Definition(id)) = self.named(arguments) else {
            return self.tell_wants_a_funnel(name, arguments);
        };
        if let Some(aggregate) = self.funnels.get(&id).copied() {
            let Over::Children(table) = self.aggregates.get(aggregate.0 as usize)?.over else { return None };
            let ty = self.at_type(table)?;
            return Some(Expr { kind: ExprKind::Reached(aggregate, id), ty, span });
        }
        if self.types.get(id.0 as usize).is_some_and(Option::is_none) {
            return None;
        }
        self.tell_wants_a_funnel(name, arguments)
    }

    fn tell_wants_a_funnel(&mut self, name: &ast::Name, arguments: &[Argument]) -> Option<Expr> {
        let funnels = std::mem::take(&mut self.ladders.funnels);
        let declare = "funnel path on events { visit when … buy within 7d when … }";
        let told = self.tell_wants_one_of(name, arguments, ("funnel", &funnels), declare);
        self.ladders.funnels = funnels;
        told
    }

    fn missing_to_next(&mut self, name: &ast::Name, arguments: &[Argument], span: Span) -> Option<Expr> {
        let Some(Meaning::Definition(id)) = self.named(arguments) else {
            return self.tell_wants_a_level(name, arguments);
        };
        let ty = self.by_types.get(&id).cloned();
        match ty {
            Some(Type::Date | Type::Timestamp) => Some(Expr { kind: ExprKind::ToNext(id), ty: Type::Duration, span }),
            Some(ty) => Some(Expr { kind: ExprKind::ToNext(id), ty, span }),
            None if self.types.get(id.0 as usize).is_some_and(Option::is_none) => None,
            None if self.choices_of(id).and_then(|it| self.choice(it)).is_some_and(|it| it.ordered) => {
                let message = "`to_next` is asked of a level that goes by a value";
                self.sink.push(
                    Diagnostic::error(WRONG_ARGUMENTS, span, message)
                        .help("declare the level with `by`: `level membership by points { … }`"),
                );
                None
            }
            None => self.tell_wants_a_level(name, arguments),
        }
    }

    fn tell_wants_a_level(&mut self, name: &ast::Name, arguments: &[Argument]) -> Option<Expr> {
        let levels = std::mem::take(&mut self.ladders.levels);
        let declare = "level membership by points { gold from 5000 red otherwise }";
        let told = self.tell_wants_one_of(name, arguments, ("level", &levels), declare);
        self.ladders.levels = levels;
        told
    }
}
