//! What sums, products and comparisons say of fields: a moment less a moment is a duration, and a moment with a duration
//! is a moment, so that what is known of some of them and of the whole fixes the others.

use super::{Class, Inference};
use crate::syntax::ast::{Expr, ExprKind, Literal, ProductOp, SumOp};

impl Inference<'_, '_, '_> {
    /// Both sides of a comparison are alike. But a bare field beside a length of time is most likely a moment, and then a
    /// mistake that has its own message: `last_order > 30d`.
    pub(super) fn compare(&mut self, left: &Expr, right: &Expr) {
        for (field, other) in [(left, right), (right, left)] {
            let name = matches!(field.unparenthesised().kind, ExprKind::Name(_));
            let literal = matches!(other.unparenthesised().kind, ExprKind::Literal(_) | ExprKind::Name(_));
            if name && literal && self.is_open_field(field) && self.visit(other, None) == Some(Class::Duration) {
                self.visit(field, Some(&Class::Moment));
                return;
            }
        }
        self.same(&[left, right], None);
        // A field that is already known to be of another kind is told with both places.
        for (field, other) in [(left, right), (right, left)] {
            if matches!(field.unparenthesised().kind, ExprKind::Name(_)) && self.visit(field, None).is_some() {
                let class = self.visit(other, None);
                self.visit(field, class.as_ref());
            }
        }
    }

    /// `a + b - c`
    pub(super) fn sum(&mut self, first: &Expr, rest: &[(SumOp, Expr)], expected: Option<&Class>) -> Option<Class> {
        self.note_days(first, rest);
        let terms: Vec<(bool, &Expr)> =
            std::iter::once((true, first)).chain(rest.iter().map(|(op, it)| (*op == SumOp::Add, it))).collect();
        let classes: Vec<Option<Class>> = terms.iter().map(|(_, it)| self.visit(it, None)).collect();
        let open: Vec<(bool, &Expr)> =
            terms.iter().zip(&classes).filter(|(_, class)| class.is_none()).map(|(term, _)| *term).collect();
        let has = |class: &Class| classes.iter().any(|it| it.as_ref() == Some(class));
        let timely = has(&Class::Moment) || has(&Class::Duration);
        for class in [Class::Number, Class::Text] {
            if has(&class) || !timely && expected == Some(&class) {
                open.iter().for_each(|(_, it)| drop(self.visit(it, Some(&class))));
                return Some(class);
            }
        }
        // Of moments one more is added than taken away where the sum is a moment, and as many where it is a duration.
        let net: i32 = terms
            .iter()
            .zip(&classes)
            .filter(|(_, class)| **class == Some(Class::Moment))
            .map(|((added, _), _)| if *added { 1 } else { -1 })
            .sum();
        let wanted = match expected {
            Some(Class::Moment) => Some(1),
            Some(Class::Duration) => Some(0),
            _ => None,
        };
        let of_net = |net: i32| if net == 1 { Class::Moment } else { Class::Duration };
        if open.is_empty() {
            return timely.then(|| of_net(net));
        }
        match wanted {
            Some(wanted) => {
                self.moments_among(&open, wanted - net);
                Some(of_net(wanted))
            }
            None if timely => {
                // A moment cannot be added to a moment, nor taken from a duration.
                let could_be = |added: bool| if added { net < 1 } else { net > 0 };
                if !open.iter().any(|(added, _)| could_be(*added)) {
                    self.moments_among(&open, 0);
                    return Some(of_net(net));
                }
                self.guess(&Class::Moment)?;
                let need = if net > 0 { -1 } else { 1 };
                self.moments_among(&open, need);
                Some(of_net(net + need))
            }
            None => {
                self.guess(&Class::Number)?;
                open.iter().for_each(|(_, it)| drop(self.visit(it, Some(&Class::Number))));
                Some(Class::Number)
            }
        }
    }

    /// `today - last_order`: a day is taken from days only.
    fn note_days(&mut self, first: &Expr, rest: &[(SumOp, Expr)]) {
        let [(SumOp::Subtract, second)] = rest else { return };
        for (field, day) in [(first, second), (second, first)] {
            let is_day = matches!(day.unparenthesised().kind, ExprKind::Today | ExprKind::Literal(Literal::Date(_)));
            if let (true, ExprKind::Name(name)) = (is_day, &field.unparenthesised().kind) {
                self.days.insert(name.symbol.clone());
            }
        }
    }

    /// As many moments more as `need` says, the others durations; where none is needed, a difference is one of moments.
    fn moments_among(&mut self, open: &[(bool, &Expr)], need: i32) {
        let added = open.iter().position(|(added, _)| *added);
        let taken = open.iter().position(|(added, _)| !*added);
        let moments = match need {
            1 => [added, None],
            -1 => [None, taken],
            0 if added.is_some() && taken.is_some() => [added, taken],
            _ => [None, None],
        };
        for (at, (_, term)) in open.iter().enumerate() {
            let class = if moments.contains(&Some(at)) { Class::Moment } else { Class::Duration };
            self.visit(term, Some(&class));
        }
    }

    /// `a * b / c`
    pub(super) fn product(
        &mut self,
        first: &Expr,
        rest: &[(ProductOp, Expr)],
        expected: Option<&Class>,
    ) -> Option<Class> {
        let factors: Vec<(bool, &Expr)> = std::iter::once((true, first))
            .chain(rest.iter().map(|(op, it)| (*op == ProductOp::Multiply, it)))
            .collect();
        let classes: Vec<Option<Class>> = factors.iter().map(|(_, it)| self.visit(it, None)).collect();
        let known = |multiplied: bool| {
            let of = |((by, _), class): &(&(bool, &Expr), &Option<Class>)| {
                *by == multiplied && **class == Some(Class::Duration)
            };
            factors.iter().zip(&classes).filter(of).count()
        };
        let (over, under) = (known(true), known(false));
        let mut open: Vec<(bool, &Expr)> =
            factors.iter().zip(&classes).filter(|(_, class)| class.is_none()).map(|(factor, _)| *factor).collect();
        // A length of time is divided by a length of time, and so is what gives a number from one.
        let over_is_open = over == 0 && (under > 0 || expected == Some(&Class::Duration));
        let under_is_open = over > 0 && under == 0 && expected == Some(&Class::Number);
        if over_is_open || under_is_open {
            match open.iter().position(|(multiplied, _)| *multiplied == over_is_open) {
                Some(at) => {
                    let (_, it) = open.remove(at);
                    self.visit(it, Some(&Class::Duration));
                }
                None => return self.numbers(&open, Class::Number),
            }
            let class = if under > 0 || under_is_open { Class::Number } else { Class::Duration };
            return self.numbers(&open, class);
        }
        let whole = if over > under { Class::Duration } else { Class::Number };
        let decided = over + under > 0 || open.is_empty() || expected.is_some();
        if decided || self.guess(&Class::Number).is_some() { self.numbers(&open, whole) } else { None }
    }

    fn numbers(&mut self, open: &[(bool, &Expr)], whole: Class) -> Option<Class> {
        open.iter().for_each(|(_, it)| drop(self.visit(it, Some(&Class::Number))));
        Some(whole)
    }
}

/// `last_order - first_order`
pub(super) fn is_difference(expr: &Expr) -> bool {
    match &expr.unparenthesised().kind {
        ExprKind::Sum { rest, .. } => matches!(rest.as_slice(), [(SumOp::Subtract, _)]),
        _ => false,
    }
}
