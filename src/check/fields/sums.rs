//! What sums, products and comparisons say of fields: a moment less a moment is a duration, and a moment with a duration
//! is a moment, so that what is known of some of them and of the whole fixes the others.

use super::{Class, Inference};
use crate::syntax::ast::{CompareOp, Expr, ExprKind, Literal, ProductOp, SumOp};

impl Inference<'_, '_, '_> {
    /// Both sides of a comparison are alike. But a bare field beside a length of time is most likely a moment, and then a
    /// mistake that has its own message: `last_order > 30d`.
    pub(super) fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr) {
        if !matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
            self.note_reckoned([left, right]);
        }
        for (field, other) in [(left, right), (right, left)] {
            let name = matches!(field.unparenthesised().kind, ExprKind::Name(_));
            let literal = matches!(other.unparenthesised().kind, ExprKind::Literal(_) | ExprKind::Name(_));
            let is_length = self.hint(field) == Some(Class::Duration);
            let open = name && literal && !is_length && self.is_open_field(field);
            if open && self.visit(other, None) == Some(Class::Duration) {
                self.visit(field, Some(&Class::Moment));
                return;
            }
        }
        let (of_left, of_right) = (self.visit(left, None), self.visit(right, None));
        // A field that is already known to be of another kind is told with both places.
        let is_name = |side: &Expr| matches!(side.unparenthesised().kind, ExprKind::Name(_));
        if of_left.is_none() || is_name(left) {
            self.visit(left, of_right.as_ref());
        }
        if of_right.is_none() || is_name(right) {
            self.visit(right, of_left.as_ref());
        }
    }

    /// `a + b - c`
    pub(super) fn sum(&mut self, first: &Expr, rest: &[(SumOp, Expr)], expected: Option<&Class>) -> Option<Class> {
        self.note_days(first, rest);
        let terms: Vec<(bool, &Expr)> =
            std::iter::once((true, first)).chain(rest.iter().map(|(op, it)| (*op == SumOp::Add, it))).collect();
        self.note_reckoned(terms.iter().map(|(_, it)| *it));
        let mut classes: Vec<Option<Class>> = terms.iter().map(|(_, it)| self.visit(it, None)).collect();
        self.take_hints(&terms, &mut classes);
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

    /// Where a guess is due, terms are what the data says of them, as far as it can stand in such a sum: texts are put
    /// together and never taken away, and one that may be a moment is one beside a length of time, or in a difference.
    fn take_hints(&mut self, terms: &[(bool, &Expr)], classes: &mut [Option<Class>]) {
        if self.guesses == 0 {
            return;
        }
        let hints: Vec<Option<Class>> =
            terms.iter().zip(&*classes).map(|((_, it), class)| class.clone().or_else(|| self.hint(it))).collect();
        let has = |class: Class| hints.contains(&Some(class));
        let adds = terms.iter().all(|(added, _)| *added);
        let texts = adds && (has(Class::Text) || has(Class::Moment) && !has(Class::Duration));
        for (((_, term), class), hint) in
            terms.iter().zip(classes).zip(&hints).filter(|((_, class), _)| class.is_none())
        {
            *class = match hint {
                _ if texts => Some(Class::Text),
                Some(Class::Moment | Class::Duration) => hint.clone(),
                Some(Class::Number | Class::Text) => Some(Class::Number),
                Some(Class::Bool | Class::List(_) | Class::Choice) | None => None,
            };
            if let Some(class) = class {
                self.visit(term, Some(class));
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
        let hints: Vec<Option<Class>> = open.iter().map(|(_, it)| self.hint(it)).collect();
        let is = |at: &usize, class: &Class| hints.get(*at).is_some_and(|hint| hint.as_ref() == Some(class));
        // The one that may be a moment by its values, else the first that is no length of time.
        let find = |sign: bool| {
            let of_sign = || open.iter().enumerate().filter(move |(_, (added, _))| *added == sign).map(|(at, _)| at);
            of_sign().find(|at| is(at, &Class::Moment)).or_else(|| of_sign().find(|at| !is(at, &Class::Duration)))
        };
        let (added, taken) = (find(true), find(false));
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
        self.note_reckoned(factors.iter().map(|(_, it)| *it));
        let mut classes: Vec<Option<Class>> = factors.iter().map(|(_, it)| self.visit(it, None)).collect();
        if self.guesses > 0 {
            for ((_, it), class) in factors.iter().zip(&mut classes).filter(|(_, class)| class.is_none()) {
                *class = self.hint(it).filter(|hint| *hint == Class::Duration);
                self.visit(it, class.as_ref());
            }
        }
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

    /// `-x`, `abs(x)`
    pub(super) fn number_or_length(&mut self, inner: &Expr, expected: Option<&Class>) -> Option<Class> {
        self.note_reckoned([inner]);
        let expected = expected.filter(|it| matches!(it, Class::Number | Class::Duration));
        let class = self.visit(inner, expected).or(expected.cloned());
        if class.is_some() || self.guesses == 0 {
            return class;
        }
        let class = self.hint(inner).filter(|it| *it == Class::Duration).unwrap_or(Class::Number);
        self.visit(inner, Some(&class));
        Some(class)
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
