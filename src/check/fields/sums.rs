//! What arithmetic says of undeclared fields: numbers, texts, moments and lengths of time all stand in sums, and the other
//! terms, the data and what the sum is for decide between them.

use super::{Class, Inference};
use crate::syntax::ast::{Expr, ProductOp, SumOp};

impl Inference<'_, '_, '_> {
    pub(super) fn sum(&mut self, first: &Expr, rest: &[(SumOp, Expr)], expected: Option<&Class>) -> Option<Class> {
        let parts: Vec<&Expr> = std::iter::once(first).chain(rest.iter().map(|(_, it)| it)).collect();
        let classes: Vec<Option<Class>> = parts.iter().map(|it| self.visit(it, None)).collect();
        let has = |class: &Class| classes.iter().any(|it| it.as_ref() == Some(class));
        if has(&Class::Moment) || has(&Class::Duration) {
            let adds = rest.iter().all(|(op, _)| *op == SumOp::Add);
            let mut moments = classes.iter().filter(|it| **it == Some(Class::Moment)).count();
            // Two moments are never added, and a moment less two others is nothing.
            let length = match moments {
                0 => expected == Some(&Class::Duration),
                1 => adds || expected == Some(&Class::Moment),
                _ => true,
            };
            for (part, _) in parts.iter().zip(&classes).filter(|(_, class)| class.is_none()) {
                let long = self.own(part).map_or(length, |own| own == Class::Duration);
                moments += usize::from(!long);
                self.visit(part, Some(if long { &Class::Duration } else { &Class::Moment }));
            }
            return Some(if moments == 1 { Class::Moment } else { Class::Duration });
        }
        let class = if has(&Class::Text) || expected == Some(&Class::Text) {
            Class::Text
        } else if has(&Class::Number) {
            Class::Number
        } else {
            return Some(self.open_sum(&parts, &classes, rest, expected));
        };
        for (part, found) in parts.iter().zip(&classes) {
            if found.is_none() {
                self.visit(part, Some(&class));
            }
        }
        Some(class)
    }

    /// A sum of nothing but fields whose types are not known yet: the data says what they are, else what the sum is for,
    /// else they are numbers.
    fn open_sum(
        &mut self,
        parts: &[&Expr],
        found: &[Option<Class>],
        rest: &[(SumOp, Expr)],
        expected: Option<&Class>,
    ) -> Class {
        let own: Vec<Option<Class>> = parts.iter().map(|it| self.own(it)).collect();
        let has = |class: Class| own.contains(&Some(class));
        let adds = rest.iter().all(|(op, _)| *op == SumOp::Add);
        let difference = !adds && parts.len() == 2;
        // A text that stands for a moment or a length of time is one only where the other operand fits.
        let class = |own: &Option<Class>| match own {
            Some(Class::Moment) if adds && !has(Class::Duration) => Class::Text,
            Some(Class::Text) if adds => Class::Text,
            Some(Class::Text) => Class::Number,
            Some(Class::Moment) => Class::Moment,
            Some(Class::Duration) if adds && has(Class::Text) => Class::Text,
            Some(Class::Duration) => Class::Duration,
            None if expected == Some(&Class::Duration) && difference && !has(Class::Duration) => Class::Moment,
            None if expected == Some(&Class::Duration) || has(Class::Moment) && !difference => Class::Duration,
            None if difference && has(Class::Moment) => Class::Moment,
            Some(other) => other.clone(),
            None => Class::Number,
        };
        let classes: Vec<Class> = own.iter().map(class).collect();
        let text = classes.contains(&Class::Text);
        // Once more only into what is open: looking twice at every level would take for ever.
        for (part, class) in
            parts.iter().zip(&classes).zip(found).filter(|(_, found)| found.is_none()).map(|(it, _)| it)
        {
            self.visit(part, Some(if text { &Class::Text } else { class }));
        }
        match classes.iter().filter(|it| **it == Class::Moment).count() {
            _ if text => Class::Text,
            0 if classes.contains(&Class::Duration) => Class::Duration,
            0 => Class::Number,
            1 => Class::Moment,
            _ => Class::Duration,
        }
    }

    pub(super) fn product(&mut self, first: &Expr, rest: &[(ProductOp, Expr)]) -> Option<Class> {
        let parts: Vec<&Expr> = std::iter::once(first).chain(rest.iter().map(|(_, it)| it)).collect();
        let mut classes: Vec<Option<Class>> = parts.iter().map(|it| self.visit(it, None)).collect();
        let length = |class: &Option<Class>| *class == Some(Class::Duration);
        // `wait / 1h`
        let by_length =
            rest.iter().zip(classes.iter().skip(1)).any(|((op, _), it)| *op == ProductOp::Divide && length(it));
        for (at, (part, class)) in parts.iter().zip(classes.iter_mut()).enumerate() {
            if class.is_none() {
                let long = self.own(part) == Some(Class::Duration) || by_length && at == 0;
                *class = Some(if long { Class::Duration } else { Class::Number });
                self.visit(part, class.as_ref());
            }
        }
        let lengths = classes.iter().filter(|it| length(it)).count();
        Some(if lengths == 1 { Class::Duration } else { Class::Number })
    }

    /// `-x`, `abs(x)`
    pub(super) fn number_or_length(&mut self, expr: &Expr) -> Option<Class> {
        if let Some(class) = self.visit(expr, None) {
            return Some(class);
        }
        let class = self.own(expr).filter(|it| *it == Class::Duration).unwrap_or(Class::Number);
        self.visit(expr, Some(&class));
        Some(class)
    }
}
