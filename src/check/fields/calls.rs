//! What functions say of undeclared fields that they are given.

use super::{Class, Inference};
use crate::syntax::ast::{Argument, Expr};

impl Inference<'_, '_, '_> {
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
            "round" | "floor" | "ceil" | "mod" => {
                all(self, Class::Number);
                Some(Class::Number)
            }
            "abs" => exprs.first().and_then(|it| self.number_or_length(it)),
            "min" | "max" if exprs.len() == 1 => {
                all(self, Class::List(None));
                None
            }
            "min" | "max" | "clamp" => {
                let own = exprs.iter().find_map(|it| self.own(it));
                let class = self.same(&exprs, expected);
                if class.is_none() {
                    all(self, own.clone().unwrap_or(Class::Number));
                }
                class.or(own).or(Some(Class::Number))
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
                for (at, it) in exprs.iter().enumerate() {
                    let list = Class::List(Some(Box::new(Class::Number)));
                    self.visit(it, Some(if at == 0 { &list } else { &Class::Number }));
                }
                Some(Class::Number)
            }
            "count" => {
                all(self, Class::List(None));
                Some(Class::Number)
            }
            "distinct" => {
                all(self, Class::List(None));
                Some(Class::List(None))
            }
            "first" | "last" | "most" => {
                all(self, Class::List(None));
                None
            }
            "to_next" => Some(Class::Number),
            _ => None,
        }
    }
}
