//! Comparisons: like with like, and what is told where two things do not compare.

use super::super::{
    Checker,
    words::{alike, is_moment, quoted_text},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{MOMENT_BESIDE_DURATION, NOT_ALIKE, NOT_ORDERED, QUOTED_NAME},
    },
    ir::{CompareOp, Expr, ExprKind},
    source::Span,
    syntax::ast,
    value::{Type, Value},
};

impl Checker<'_> {
    pub(super) fn comparison(
        &mut self,
        op: ast::CompareOp,
        op_place: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        if self.tell_comparison_with_nothing(op, left, right, span) {
            return None;
        }
        if self.tell_compared_table(left, right, span) || self.tell_called_day(left, right) {
            return None;
        }
        let op = compare_op(op);
        if let Some(compared) = self.age_comparison(op, left, right, span) {
            return compared;
        }
        let (lowered_left, lowered_right) = self.sides(left, right)?;
        self.must_compare(&lowered_left, &lowered_right, left, right, Some(op_place))?;
        let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        if ordered && !self.is_ordered(&lowered_left.ty) {
            let kind = self.kind(&lowered_left.ty);
            self.sink.push(
                Diagnostic::error(NOT_ORDERED, op_place, format!("{kind} is equal or not, and never less or more"))
                    .help("write `=`, `!=` or `in`"),
            );
            return None;
        }
        let (left, right) = (Box::new(lowered_left), Box::new(lowered_right));
        Some(Expr { kind: ExprKind::Compare { op, left, right }, ty: Type::Bool, span })
    }

    pub(super) fn is_ordered(&self, ty: &Type) -> bool {
        match ty {
            Type::Bool | Type::List(_) => false,
            Type::Choice(id) => self.choice(*id).is_some_and(|it| it.ordered),
            Type::Text | Type::Int | Type::Decimal(_) | Type::Float | Type::Date | Type::Timestamp | Type::Duration => {
                true
            }
        }
    }

    /// Tells where two things do not compare.
    pub(super) fn must_compare(
        &mut self,
        left: &Expr,
        right: &Expr,
        left_ast: &ast::Expr,
        right_ast: &ast::Expr,
        op: Option<Span>,
    ) -> Option<()> {
        if matches!((&left.ty, &right.ty), (Type::Duration, Type::Duration)) {
            return self.no_months(&[left, right]);
        }
        let comparable = match (&left.ty, &right.ty) {
            (Type::List(left), Type::List(right)) => op.is_some() && alike(left, right),
            (left, right) => alike(left, right),
        };
        if comparable {
            return Some(());
        }
        let (left_words, right_words) =
            (self.words(left_ast.span()).to_owned(), self.words(right_ast.span()).to_owned());
        if is_moment(&left.ty) && right.ty == Type::Duration || left.ty == Type::Duration && is_moment(&right.ty) {
            let (moment, duration) =
                if is_moment(&left.ty) { (&left_words, &right_words) } else { (&right_words, &left_words) };
            let sign = op.map(|place| self.words(place).to_owned()).unwrap_or_else(|| ">".into());
            let turned = match sign.as_str() {
                ">" => "<",
                ">=" => "<=",
                "<" => ">",
                "<=" => ">=",
                other => other,
            };
            let span = left_ast.span().to(right_ast.span());
            let (by_age, by_date) =
                (format!("age({moment}) {sign} {duration}"), format!("{moment} {turned} {duration} ago"));
            let message = format!("`{moment}` is a moment, and `{duration}` is a length of time");
            let place = if is_moment(&left.ty) { right_ast.span() } else { left_ast.span() };
            self.sink.push(
                Diagnostic::error(MOMENT_BESIDE_DURATION, place, message)
                    .help(format!("write `{by_age}`: so long ago; or `{by_date}`: before or after that moment"))
                    .suggest(format!("write `{by_age}`"), span, by_age)
                    .suggest(format!("write `{by_date}`"), span, by_date),
            );
            return None;
        }
        let quoted_value = |text: &Expr, choice: &Type| match (&text.kind, choice) {
            (ExprKind::Constant(Value::Text(text)), Type::Choice(id)) => {
                let values = self.choice(*id)?;
                let found =
                    values.values.iter().find(|it| it.name.as_str() == &**text || it.label.as_deref() == Some(text));
                Some(found.map(|it| it.name.to_string()))
            }
            _ => None,
        };
        let quoted = quoted_value(right, &left.ty)
            .map(|name| (right.span, name))
            .or_else(|| quoted_value(left, &right.ty).map(|name| (left.span, name)));
        if let Some((span, name)) = quoted {
            let mut told = Diagnostic::error(QUOTED_NAME, span, "quotes are for data: a level's value is a bare name");
            told = match name {
                Some(name) => told.help(format!("write `{name}`")).fix(format!("write `{name}`"), span, name),
                None => told.help("write one of its values, without quotes"),
            };
            self.sink.push(told);
            return None;
        }
        let message =
            format!("`{left_words}` is {}, and `{right_words}` is {}", self.kind(&left.ty), self.kind(&right.ty));
        let place = if matches!(left.kind, ExprKind::Constant(_)) { left.span } else { right.span };
        let mut told = Diagnostic::error(NOT_ALIKE, place, message);
        if let Some((text, span)) = self.remedy_of_unlike(op, (left_ast, &left.ty), (right_ast, &right.ty)) {
            self.sink.push(told.help(format!("write `{text}`")).suggest(format!("write `{text}`"), span, text.clone()));
            return None;
        }
        let (other, constant) = if place == right.span { (&left.ty, right) } else { (&right.ty, left) };
        let words = self.words(place).to_owned();
        told = match (other, &constant.kind) {
            (Type::Text, ExprKind::Constant(Value::Int(_) | Value::Decimal(_))) => {
                let quoted = quoted_text(&words);
                told.help(format!("write it as a text: `{quoted}`")).suggest(format!("write `{quoted}`"), place, quoted)
            }
            (Type::Int | Type::Decimal(_) | Type::Float, ExprKind::Constant(Value::Text(text)))
                if text.parse::<f64>().is_ok() =>
            {
                let bare = text.to_string();
                told.help(format!("write it as a number: `{bare}`")).suggest(format!("write `{bare}`"), place, bare)
            }
            (Type::Date | Type::Timestamp, ExprKind::Constant(Value::Text(text)))
                if crate::value::moment_text::parse_date(text).is_ok() =>
            {
                let bare = text.to_string();
                told.help(format!("write it as a date: `{bare}`")).suggest(format!("write `{bare}`"), place, bare)
            }
            (Type::Duration, ExprKind::Constant(Value::Int(_))) => {
                told.help(format!(
                    "write a unit: `{words}d` for days, `{words}h` for hours; months and years are asked of the moment itself: `age(…) > {words}mo`"
                ))
            }
            // `last_order between 30..60`
            (Type::Date | Type::Timestamp, ExprKind::Constant(Value::Int(_))) if op.is_none() => told
                .help(format!("write a unit: `{words}d` for days, `{words}mo` for months"))
                .suggest(format!("write `{words}d`"), place, format!("{words}d")),
            (ty, _) => match ty {
                Type::Choice(id) => {
                    let values = self.choice(*id).map(|it| &it.values);
                    let names: Vec<String> = values.into_iter().flatten().map(|it| format!("`{}`", it.name)).collect();
                    told.help(format!("write one of its values: {}", names.join(", ")))
                }
                _ => told.help(format!("like compares with like: write {} there", self.kind(ty))),
            },
        };
        self.sink.push(told);
        None
    }
}

fn compare_op(op: ast::CompareOp) -> CompareOp {
    match op {
        ast::CompareOp::Equal => CompareOp::Equal,
        ast::CompareOp::NotEqual => CompareOp::NotEqual,
        ast::CompareOp::Less => CompareOp::Less,
        ast::CompareOp::AtMost => CompareOp::AtMost,
        ast::CompareOp::Greater => CompareOp::Greater,
        ast::CompareOp::AtLeast => CompareOp::AtLeast,
    }
}
