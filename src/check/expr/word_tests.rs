//! Word operators: `between`, `in`, `within`, `contains`, `has`, `is`, …

use super::super::{
    Checker,
    names::Meaning,
    rules::widened,
    words::{alike, is_moment, is_number},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{BAD_PATTERN, CLAUSE_OUTSIDE, NOT_ALIKE, NOT_ORDERED, WRONG_TYPE},
    },
    ir::{CompareOp, Expr, ExprKind, HasTest, Period, PeriodUnit, TextTest, TimeWindow, UpperEnd, Which},
    source::Span,
    syntax::ast::{self, ExprKind as Ast, Test},
    value::{Pattern, Type, pattern::PatternError},
};

impl Checker<'_> {
    pub(super) fn test(&mut self, subject: &ast::Expr, test: &Test, span: Span) -> Option<Expr> {
        let new = |kind| Some(Expr { kind, ty: Type::Bool, span });
        match test {
            Test::Between(range) => self.between(subject, range, span),
            Test::In(list) => self.is_in(subject, list, span),
            Test::Contains(it) => self.text_test(TextTest::Contains, subject, it, span),
            Test::StartsWith(it) => self.text_test(TextTest::StartsWith, subject, it, span),
            Test::EndsWith(it) => self.text_test(TextTest::EndsWith, subject, it, span),
            Test::Matches(pattern) => {
                let lowered = self.of_type(subject, &Type::Text, "`matches` searches a text");
                let pattern = self.pattern(pattern);
                new(ExprKind::Matches { subject: Box::new(lowered?), pattern: Box::new(pattern?) })
            }
            Test::Has(element) => {
                let of_lists = matches!(subject.unparenthesised().kind, Ast::List(_));
                if !of_lists && self.tell_list_in_has(element) {
                    return None;
                }
                let list = self.list_or(subject, element)?;
                let Type::List(of) = list.ty.clone() else { return None };
                let lowered = self.lower(element, Some(&of))?;
                self.element_fits(&of, &lowered)?;
                new(ExprKind::Has { subject: Box::new(list), element: Box::new(lowered) })
            }
            Test::HasAny(it) => self.has_of(HasTest::Any, subject, it, span),
            Test::HasAll(it) => self.has_of(HasTest::All, subject, it, span),
            Test::HasNone(it) => self.has_of(HasTest::None, subject, it, span),
            Test::Within(it) => {
                let (subject, length) = self.moment_and_length(subject, it)?;
                new(ExprKind::Window { subject, window: TimeWindow::Within(length) })
            }
            Test::WithinNext(it) => {
                let (subject, length) = self.moment_and_length(subject, it)?;
                new(ExprKind::Window { subject, window: TimeWindow::WithinNext(length) })
            }
            Test::During(written) => {
                let subject = self.moment(subject, "`during` asks about a moment")?;
                let which = match written.which {
                    ast::Which::Last => Which::Last,
                    ast::Which::This => Which::This,
                    ast::Which::Next => Which::Next,
                };
                let unit = match written.unit {
                    ast::PeriodUnit::Day => PeriodUnit::Day,
                    ast::PeriodUnit::Week => PeriodUnit::Week,
                    ast::PeriodUnit::Month => PeriodUnit::Month,
                    ast::PeriodUnit::Quarter => PeriodUnit::Quarter,
                    ast::PeriodUnit::Year => PeriodUnit::Year,
                };
                let window = TimeWindow::During(Period { which, unit });
                new(ExprKind::Window { subject: Box::new(subject), window })
            }
            Test::IsMissing => new(ExprKind::IsMissing(Box::new(self.operand(subject, None, &Type::Text)?))),
            Test::IsKnown => new(ExprKind::IsKnown(Box::new(self.operand(subject, None, &Type::Text)?))),
        }
    }

    /// `age(t) > 30d`, with the age on either side; none where no age is written in place.
    pub(super) fn age_comparison(
        &mut self,
        op: CompareOp,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Option<Expr>> {
        let (moment, duration, op) = match (in_place(left), in_place(right)) {
            (Some(moment), None) => (moment, right, op),
            (None, Some(moment)) => (moment, left, op.mirrored()),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        let (moment, duration) = (self.moment(moment, "an age is that of a moment"), self.lower(duration, None));
        let (Some(moment), Some(duration)) = (moment, duration) else { return Some(None) };
        if duration.ty != Type::Duration {
            let message = format!(
                "an age is a length of time, and {} is {}",
                self.quoted(duration.span),
                self.kind(&duration.ty)
            );
            let written = if in_place(left).is_some() { right } else { left };
            let (help, text) = self.length_instead_of(written, &duration.ty);
            let told = Diagnostic::error(NOT_ALIKE, duration.span, message).help(help);
            self.sink.push(match text {
                Some(text) => told.suggest(format!("write `{text}`"), duration.span, text),
                None => told,
            });
            return Some(None);
        }
        if moment.ty == Type::Date && self.no_hours(&duration).is_none() {
            return Some(None);
        }
        let (moment, duration) = (Box::new(moment), Box::new(duration));
        Some(Some(Expr { kind: ExprKind::CompareAge { op, moment, duration }, ty: Type::Bool, span }))
    }

    fn between(&mut self, subject: &ast::Expr, range: &ast::Range, span: Span) -> Option<Expr> {
        let new = |kind| Some(Expr { kind, ty: Type::Bool, span });
        let upper = match range.upper {
            ast::UpperEnd::Included => UpperEnd::Included,
            ast::UpperEnd::Excluded => UpperEnd::Excluded,
        };
        if let Some(moment) = in_place(subject) {
            let moment = self.moment(moment, "an age is that of a moment");
            let ends = self.ends(range, None);
            let (moment, (low, high)) = (moment?, ends?);
            for end in [&low, &high] {
                if end.ty != Type::Duration {
                    let message =
                        format!("an age is a length of time, and {} is {}", self.quoted(end.span), self.kind(&end.ty));
                    self.sink.push(Diagnostic::error(NOT_ALIKE, end.span, message).help("write a duration: `30d`"));
                    return None;
                }
                if moment.ty == Type::Date {
                    self.no_hours(end)?;
                }
            }
            return new(ExprKind::AgeBetween {
                moment: Box::new(moment),
                low: Box::new(low),
                high: Box::new(high),
                upper,
            });
        }
        let leans = self.leans(subject);
        let lowered = if leans { None } else { Some(self.lower(subject, None)) };
        let beside = lowered.as_ref().and_then(|it| it.as_ref().map(|it| it.ty.clone()));
        let ends = self.ends(range, beside.as_ref());
        let lowered = match lowered {
            Some(lowered) => lowered,
            None => self.lower(subject, ends.as_ref().map(|(low, _)| &low.ty)),
        };
        let (lowered, (low, high)) = (lowered?, ends?);
        if is_moment(&lowered.ty) && low.ty == Type::Duration && high.ty == Type::Duration {
            if lowered.ty == Type::Date {
                self.no_hours(&low)?;
                self.no_hours(&high)?;
            }
            for end in [&low, &high] {
                self.not_negative(end)?;
            }
            let window = TimeWindow::Ago { near: Box::new(low), far: Box::new(high), upper };
            return new(ExprKind::Window { subject: Box::new(lowered), window });
        }
        for (end, written) in [(&low, &*range.from), (&high, &*range.to)] {
            if is_moment(&lowered.ty) && end.ty == Type::Duration {
                let message = "a range has moments at both ends, or lengths of time at both";
                self.sink.push(
                    Diagnostic::error(NOT_ALIKE, written.span(), message)
                        .help("write `between 30d..60d`, or two dates"),
                );
                return None;
            }
            self.must_compare(&lowered, end, subject, written, None)?;
        }
        if !self.is_ordered(&lowered.ty) {
            let message = format!("{} is equal or not, and never between", self.kind(&lowered.ty));
            self.sink.push(Diagnostic::error(NOT_ORDERED, span, message).help("write `in [..]`"));
            return None;
        }
        let (subject, low, high) = (Box::new(lowered), Box::new(low), Box::new(high));
        new(ExprKind::Between { subject, low, high, upper })
    }

    fn ends(&mut self, range: &ast::Range, beside: Option<&Type>) -> Option<(Expr, Expr)> {
        let low = self.lower(&range.from, beside);
        let high = self.lower(&range.to, beside);
        low.zip(high)
    }

    fn not_negative(&mut self, duration: &Expr) -> Option<()> {
        let negative = matches!(duration.kind, ExprKind::Negate(_));
        if !negative {
            return Some(());
        }
        let message = "a window is a length of time, and none is negative";
        self.sink.push(
            Diagnostic::error(WRONG_TYPE, duration.span, message).help("for the time to come write `within next 7d`"),
        );
        None
    }

    fn moment_and_length(&mut self, subject: &ast::Expr, length: &ast::Expr) -> Option<(Box<Expr>, Box<Expr>)> {
        let subject = self.moment(subject, "`within` asks about a moment");
        let lowered = self.lower(length, None);
        let (subject, lowered) = (subject?, lowered?);
        if lowered.ty != Type::Duration {
            let message = format!(
                "`within` takes a length of time, and {} is {}",
                self.quoted(length.span()),
                self.kind(&lowered.ty)
            );
            let (help, written) = self.length_instead_of(length, &lowered.ty);
            let told = Diagnostic::error(WRONG_TYPE, length.span(), message).help(help);
            self.sink.push(match written {
                Some(text) => told.suggest(format!("write `{text}`"), length.span(), text),
                None => told,
            });
            return None;
        }
        if subject.ty == Type::Date {
            self.no_hours(&lowered)?;
        }
        self.not_negative(&lowered)?;
        Some((Box::new(subject), Box::new(lowered)))
    }

    fn moment(&mut self, expr: &ast::Expr, what: &str) -> Option<Expr> {
        let lowered = self.lower(expr, None)?;
        if is_moment(&lowered.ty) {
            return Some(lowered);
        }
        let message = format!("{what}, and {} is {}", self.quoted(expr.span()), self.kind(&lowered.ty));
        let help = match (&lowered.kind, &lowered.ty) {
            (_, ty) if is_number(ty) => "name the field that says when it was, such as `last_order`".to_owned(),
            (ExprKind::Column(_) | ExprKind::ChildColumn(_), Type::Text) => {
                let words = self.words(expr.span());
                let name = words.rsplit('.').next().unwrap_or(words);
                format!("if it says when something was, declare it so: `{name}: date in \"%Y/%m/%d\"`")
            }
            _ => "write a date or a timestamp".to_owned(),
        };
        self.sink.push(Diagnostic::error(WRONG_TYPE, expr.span(), message).help(help));
        None
    }

    fn of_type(&mut self, expr: &ast::Expr, ty: &Type, what: &str) -> Option<Expr> {
        let lowered = self.lower(expr, Some(ty))?;
        if lowered.ty == *ty {
            return Some(lowered);
        }
        let message = format!("{what}, and {} is {}", self.quoted(expr.span()), self.kind(&lowered.ty));
        let mut told = Diagnostic::error(WRONG_TYPE, expr.span(), message);
        told = match lowered.ty {
            Type::List(_) => told.help("of a list ask `has`: `interests has \"水果\"`"),
            _ => told.help(format!("write {} there", self.kind(ty))),
        };
        self.sink.push(told);
        None
    }

    fn text_test(&mut self, test: TextTest, subject: &ast::Expr, argument: &ast::Expr, span: Span) -> Option<Expr> {
        let word = match test {
            TextTest::Contains => "`contains` searches a text",
            TextTest::StartsWith => "`starts with` looks at a text",
            TextTest::EndsWith => "`ends with` looks at a text",
        };
        if test == TextTest::Contains && self.tell_list_that_contains(subject, argument) {
            return None;
        }
        let subject = self.of_type(subject, &Type::Text, word);
        let argument = self.of_type(argument, &Type::Text, word);
        let kind = ExprKind::Text { test, subject: Box::new(subject?), argument: Box::new(argument?) };
        Some(Expr { kind, ty: Type::Bool, span })
    }

    /// `interests contains "水果"`
    fn tell_list_that_contains(&mut self, subject: &ast::Expr, argument: &ast::Expr) -> bool {
        let Ast::Name(name) = &subject.unparenthesised().kind else { return false };
        let Some(Meaning::Column(id)) = self.names.get(&name.symbol).filter(|_| self.scope.is_none()) else {
            return false;
        };
        if !matches!(self.column_types.get(id.0 as usize), Some(Some(Type::List(_)))) {
            return false;
        }
        let written = format!("{} has {}", self.words(subject.span()), self.words(argument.span()));
        let whole = subject.span().to(argument.span());
        let message = format!("`contains` searches a text, and {} is a list", self.quoted(subject.span()));
        self.sink.push(
            Diagnostic::error(WRONG_TYPE, subject.span(), message).help(format!("write `{written}`")).suggest(
                format!("write `{written}`"),
                whole,
                written,
            ),
        );
        true
    }

    fn pattern(&mut self, written: &ast::Pattern) -> Option<Pattern> {
        match Pattern::compile(&written.source) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let message = format!("this pattern cannot be searched for: {error}");
                let help = match error {
                    PatternError::Syntax { .. } => "a `\\` before a character takes its special meaning away",
                    PatternError::TooLarge => "repeat less, or ask `contains`",
                };
                self.sink.push(Diagnostic::error(BAD_PATTERN, written.place.0, message).help(help));
                None
            }
        }
    }

    fn is_in(&mut self, subject: &ast::Expr, list: &ast::Expr, span: Span) -> Option<Expr> {
        let new = |kind| Some(Expr { kind, ty: Type::Bool, span });
        if let Ast::Name(name) = &list.kind
            && let Some(Meaning::List(id)) = self.names.get(&name.symbol)
        {
            let subject = self.of_type(subject, &Type::Text, "an uploaded list holds texts")?;
            return new(ExprKind::InUploaded { subject: Box::new(subject), list: id });
        }
        if self.tell_called_day(subject, list) {
            return None;
        }
        let (lowered, list_expr) = match subject.unparenthesised().kind {
            Ast::Missing => {
                let list_expr = self.lower(list, None)?;
                let Type::List(of) = &list_expr.ty else { return self.not_a_list(list, &list_expr) };
                (self.lower(subject, Some(of))?, list_expr)
            }
            _ => {
                let lowered = self.lower(subject, None);
                let beside = lowered.as_ref().map(|it| Type::List(Box::new(it.ty.clone())));
                let list_expr = self.lower(list, beside.as_ref());
                (lowered?, list_expr?)
            }
        };
        if let (Type::List(_), Type::List(of)) = (&lowered.ty, &list_expr.ty)
            && !matches!(**of, Type::List(_))
        {
            let words = format!("{} has any of {}", self.words(subject.span()), self.words(list.span()));
            let message = format!("{} is a list itself, and `in` looks for one value", self.quoted(subject.span()));
            self.sink.push(
                Diagnostic::error(WRONG_TYPE, subject.span(), message).help(format!("write `{words}`")).suggest(
                    format!("write `{words}`"),
                    subject.span().to(list.span()),
                    words,
                ),
            );
            return None;
        }
        if let (Ast::Rank { by, .. }, false) = (&subject.kind, matches!(list_expr.ty, Type::List(_))) {
            return self.ranked_in(by, list);
        }
        let Type::List(of) = list_expr.ty.clone() else { return self.not_a_list(list, &list_expr) };
        if let Ast::List(elements) = &list.kind
            && !alike(&lowered.ty, &of)
            && let (Some(first), ExprKind::List(all)) = (elements.first(), &list_expr.kind)
            && let Some(element) = all.first()
        {
            self.must_compare(&lowered, element, subject, first, None)?;
        }
        self.element_fits(&of, &lowered)?;
        if let (Type::Duration, ExprKind::List(all)) = (&*of, &list_expr.kind) {
            self.no_months(&std::iter::once(&lowered).chain(all).collect::<Vec<_>>())?;
        }
        new(ExprKind::In { subject: Box::new(lowered), list: Box::new(list_expr) })
    }

    /// The list that is asked whether it has something.
    fn list_or(&mut self, subject: &ast::Expr, element: &ast::Expr) -> Option<Expr> {
        let lowered = self.lower(subject, None)?;
        if lowered.ty != Type::Text {
            return self.list(subject);
        }
        let written = format!("{} contains {}", self.words(subject.span()), self.words(element.span()));
        let message = format!("`has` asks a list, and {} is text", self.quoted(subject.span()));
        self.sink.push(
            Diagnostic::error(WRONG_TYPE, subject.span(), message).help(format!("write `{written}`")).suggest(
                format!("write `{written}`"),
                subject.span().to(element.span()),
                written,
            ),
        );
        None
    }

    /// `top 20% by spend in city`
    fn ranked_in(&mut self, by: &ast::Clause, list: &ast::Expr) -> Option<Expr> {
        let ranked = self.words(by.place.0).trim();
        let inside = ranked.strip_prefix('(').and_then(|it| it.strip_suffix(')')).unwrap_or(ranked);
        let written = format!("({inside} per {})", self.words(list.span()));
        let message = "whom the ranks are among is said by `per`, in brackets with what they go by";
        self.sink.push(
            Diagnostic::error(CLAUSE_OUTSIDE, list.span(), message).help(format!("write `by {written}`")).suggest(
                format!("write `by {written}`"),
                by.place.0.to(list.span()),
                written,
            ),
        );
        None
    }

    fn not_a_list(&mut self, list: &ast::Expr, lowered: &Expr) -> Option<Expr> {
        let message = format!("`in` looks into a list, and {} is {}", self.quoted(list.span()), self.kind(&lowered.ty));
        let words = self.words(list.unparenthesised().span());
        let written = format!("[{words}]");
        let shown = self.snippet(list.unparenthesised().span());
        let told = Diagnostic::error(WRONG_TYPE, list.span(), message)
            .help(format!("write `[{shown}]`, or `=` for one value"));
        self.sink.push(match lowered.ty {
            Type::Text | Type::Int => told.suggest(format!("write `[{shown}]`"), list.span(), written),
            _ => told,
        });
        None
    }

    fn list(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let lowered = self.lower(expr, None)?;
        if matches!(lowered.ty, Type::List(_)) {
            return Some(lowered);
        }
        let message = format!("`has` asks a list, and {} is {}", self.quoted(expr.span()), self.kind(&lowered.ty));
        let help = if lowered.ty == Type::Text { "of a text ask `contains`" } else { "compare it: `=`" };
        self.sink.push(Diagnostic::error(WRONG_TYPE, expr.span(), message).help(help));
        None
    }

    fn element_fits(&mut self, of: &Type, element: &Expr) -> Option<()> {
        if alike(of, &element.ty) {
            return Some(());
        }
        let message = format!(
            "the list holds {}, and {} is {}",
            self.kind(of),
            self.quoted(element.span),
            self.kind(&element.ty)
        );
        self.sink.push(Diagnostic::error(NOT_ALIKE, element.span, message).help("like compares with like"));
        None
    }

    fn has_of(&mut self, test: HasTest, subject: &ast::Expr, elements: &ast::Expr, span: Span) -> Option<Expr> {
        let list = self.list(subject)?;
        let lowered = self.lower(elements, Some(&list.ty))?;
        match (&list.ty, &lowered.ty) {
            (Type::List(a), Type::List(b)) if alike(a, b) => {}
            (a, b) => {
                let message = format!(
                    "{} is {}, and {} is {}",
                    self.quoted(elements.span()),
                    self.kind(b),
                    self.quoted(subject.span()),
                    self.kind(a)
                );
                self.sink.push(
                    Diagnostic::error(NOT_ALIKE, elements.span(), message)
                        .help("write a list of the same: `[\"a\", \"b\"]`"),
                );
                return None;
            }
        }
        let ty = list.ty.clone();
        let kind = ExprKind::HasOf { test, subject: Box::new(list), elements: Box::new(widened(lowered, &ty)) };
        Some(Expr { kind, ty: Type::Bool, span })
    }
}

/// The moment of an `age(…)` that is written in place.
fn in_place(expr: &ast::Expr) -> Option<&ast::Expr> {
    match &expr.unparenthesised().kind {
        Ast::Call { function, arguments } if function.symbol.as_str() == "age" => match arguments.as_slice() {
            [ast::Argument::Clause(clause)] => Some(&clause.source),
            _ => None,
        },
        _ => None,
    }
}
