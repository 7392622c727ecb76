//! What word operators and functions say of fields.

use super::{Class, Inference, sums::is_difference};
use crate::{
    check::names::Meaning,
    syntax::ast::{Argument, Expr, ExprKind, Test},
};

impl Inference<'_, '_, '_> {
    pub(super) fn test(&mut self, subject: &Expr, test: &Test) {
        match test {
            Test::Between(range) => {
                self.note_reckoned([subject, &range.from, &range.to]);
                let subject_class = self.visit(subject, None);
                let ends = self.same(&[&range.from, &range.to], None);
                match (subject_class, ends) {
                    (None, Some(Class::Duration)) => {
                        let class = if is_difference(subject) { Class::Duration } else { Class::Moment };
                        self.visit(subject, Some(&class));
                    }
                    (None, Some(ends)) => {
                        self.visit(subject, Some(&ends));
                    }
                    (Some(class), None) => {
                        self.visit(&range.from, Some(&class));
                        self.visit(&range.to, Some(&class));
                    }
                    (Some(_), Some(_)) | (None, None) => {}
                }
            }
            Test::In(list) => {
                if let ExprKind::Name(name) = &list.kind
                    && matches!(self.checker.names.get(&name.symbol), Some(Meaning::List(_)))
                {
                    self.visit(subject, Some(&Class::Text));
                    return;
                }
                let class = self.visit(subject, None);
                let wanted = Class::List(class.clone().map(Box::new));
                if let Some(Class::List(Some(element))) = self.visit(list, Some(&wanted))
                    && class.is_none()
                {
                    self.visit(subject, Some(&element));
                }
            }
            Test::Contains(it) | Test::StartsWith(it) | Test::EndsWith(it) => {
                self.visit(subject, Some(&Class::Text));
                self.visit(it, Some(&Class::Text));
            }
            Test::Matches(_) => {
                self.visit(subject, Some(&Class::Text));
            }
            Test::Has(element) => {
                let class = self.visit(element, None);
                let list = self.visit(subject, Some(&Class::List(class.clone().map(Box::new))));
                if let (None, Some(Class::List(Some(of)))) = (class, list) {
                    self.visit(element, Some(&of));
                }
            }
            Test::HasAny(list) | Test::HasAll(list) | Test::HasNone(list) => {
                let class = self.visit(list, None).filter(|class| matches!(class, Class::List(_)));
                let of = self.visit(subject, class.as_ref().or(Some(&Class::List(None))));
                if matches!(class, None | Some(Class::List(None))) {
                    self.visit(list, of.as_ref());
                }
            }
            Test::Within(it) | Test::WithinNext(it) => {
                self.visit(subject, Some(&Class::Moment));
                self.visit(it, Some(&Class::Duration));
            }
            Test::During(_) => {
                self.visit(subject, Some(&Class::Moment));
            }
            Test::IsMissing | Test::IsKnown => {
                self.visit(subject, None);
            }
        }
    }

    pub(super) fn call(&mut self, function: &str, arguments: &[Argument], expected: Option<&Class>) -> Option<Class> {
        let exprs: Vec<&Expr> = arguments
            .iter()
            .flat_map(|argument| match argument {
                Argument::Clause(clause) => vec![&clause.source],
                Argument::Range(range) => vec![&*range.from, &*range.to],
                Argument::Pattern(_) => vec![],
            })
            .collect();
        let all = |inference: &mut Self, class: Class| {
            for it in &exprs {
                inference.visit(it, Some(&class));
            }
        };
        match function {
            "lower" | "upper" | "trim" => {
                all(self, Class::Text);
                Some(Class::Text)
            }
            "length" => {
                all(self, Class::Text);
                Some(Class::Number)
            }
            "abs" => exprs.first().and_then(|it| self.number_or_length(it, expected)),
            "round" | "floor" | "ceil" | "mod" => {
                all(self, Class::Number);
                Some(Class::Number)
            }
            "min" | "max" | "clamp" if exprs.len() > 1 => {
                self.note_reckoned(exprs.iter().copied());
                let class = self.same(&exprs, expected);
                if class.is_some() || self.guesses == 0 {
                    return class;
                }
                let class = exprs.iter().find_map(|it| self.hint(it)).unwrap_or(Class::Number);
                all(self, class.clone());
                Some(class)
            }
            // Of one argument, a list, like those that follow.
            "min" | "max" | "first" | "last" | "most" => {
                let of =
                    exprs.first().and_then(|it| self.visit(it, Some(&Class::List(expected.cloned().map(Box::new)))));
                match of {
                    Some(Class::List(Some(element))) => Some(*element),
                    _ => expected.cloned(),
                }
            }
            "date" | "start_of_week" | "start_of_month" | "anniversary" => {
                all(self, Class::Moment);
                Some(Class::Moment)
            }
            "year" | "month" | "day" | "weekday" | "hour" => {
                all(self, Class::Moment);
                Some(Class::Number)
            }
            "age" => {
                all(self, Class::Moment);
                Some(Class::Duration)
            }
            "bucket" => {
                for (at, it) in exprs.iter().enumerate() {
                    self.visit(it, Some(if at == 2 { &Class::Number } else { &Class::Text }));
                }
                Some(Class::Number)
            }
            "sum" | "avg" | "quantile" => {
                self.note_reckoned(exprs.iter().copied());
                let element = expected.filter(|it| **it == Class::Duration).or(self.guess(&Class::Number)).cloned();
                let element = element.or(expected.map(|_| Class::Number));
                let mut of = None;
                for (at, it) in exprs.iter().enumerate() {
                    let list = Class::List(element.clone().map(Box::new));
                    let found = self.visit(it, Some(if at == 0 { &list } else { &Class::Number }));
                    of = if at == 0 { found } else { of };
                }
                match of {
                    Some(Class::List(Some(of))) => Some(*of),
                    _ => element,
                }
            }
            "count" => {
                all(self, Class::List(None));
                Some(Class::Number)
            }
            "distinct" => {
                let of = expected.filter(|it| matches!(it, Class::List(_))).cloned().unwrap_or(Class::List(None));
                exprs.first().and_then(|it| self.visit(it, Some(&of))).or(Some(of))
            }
            "ntile" => {
                if let Some(Argument::Clause(clause)) = arguments.first() {
                    self.ranked(clause);
                }
                Some(Class::Number)
            }
            "to_next" => Some(Class::Number),
            "held" => Some(Class::Duration),
            _ => None,
        }
    }
}
