//! The walk through definitions: what each expression is, and what it wants of the fields that it names.

use super::{Class, Inference, class_of};
use crate::{
    check::book::Rule,
    ir::DefinitionId,
    syntax::ast::{Argument, Clause, Expr, ExprKind, Literal},
};

impl Inference<'_, '_, '_> {
    pub(super) fn definition(&mut self, id: DefinitionId) {
        let Some(definition) = self.book.definitions.get(id.0 as usize) else { return };
        match definition.rule {
            Rule::Let(it) => self.value(id, &it.value),
            Rule::Expression(it) => self.value(id, it),
            Rule::Tag(it) => {
                self.visit(&it.condition, Some(&Class::Bool));
            }
            Rule::Score(it) => {
                it.base.iter().for_each(|base| {
                    self.visit(base, Some(&Class::Number));
                });
                for arm in &it.arms {
                    self.visit(&arm.points, Some(&Class::Number));
                    self.visit(&arm.condition, Some(&Class::Bool));
                }
            }
            Rule::Level(it) => {
                let thresholds = it.arms.iter().filter_map(|arm| match &arm.choice {
                    crate::syntax::ast::Choice::From { threshold, .. } => Some(threshold),
                    _ => None,
                });
                let class = thresholds.clone().find_map(|threshold| self.visit(threshold, None));
                if let Some(by) = &it.by {
                    self.visit(by, class.as_ref());
                }
                self.arms(&it.arms);
            }
            Rule::Layer(it) => self.arms(&it.arms),
            Rule::Segment(it) => {
                self.visit(&it.condition, Some(&Class::Bool));
            }
            // Its events are children, and those need declared tables.
            Rule::Funnel(_) => {}
        }
    }

    fn arms(&mut self, arms: &[crate::syntax::ast::Arm]) {
        for arm in arms {
            if let crate::syntax::ast::Choice::When(condition) = &arm.choice {
                self.visit(condition, Some(&Class::Bool));
            }
        }
    }

    fn value(&mut self, id: DefinitionId, expr: &Expr) {
        let expected = self.lets.get(&id).cloned();
        if let Some(class) = self.visit(expr, expected.as_ref())
            && self.lets.get(&id) != Some(&class)
        {
            self.lets.insert(id, class);
            self.changed = true;
        }
    }

    /// The class of an expression where it is known; what is expected of it is passed on to fields.
    pub(super) fn visit(&mut self, expr: &Expr, expected: Option<&Class>) -> Option<Class> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.visit(inner, expected),
            ExprKind::Name(name) => self.name(&name.symbol, name.span(), expected),
            ExprKind::Literal(literal) => Some(match literal {
                Literal::Number(_) | Literal::Percent(_) => Class::Number,
                Literal::Text(_) => Class::Text,
                Literal::Bool(_) => Class::Bool,
                Literal::Date(_) | Literal::Timestamp(_) => Class::Moment,
                Literal::TimeOfDay(_) => return None,
                Literal::Duration(_) => Class::Duration,
            }),
            ExprKind::Now | ExprKind::Today => Some(Class::Moment),
            ExprKind::Shifted { duration, .. } => {
                self.visit(duration, Some(&Class::Duration));
                Some(Class::Moment)
            }
            ExprKind::Missing => None,
            ExprKind::If { condition, then, otherwise } => {
                self.visit(condition, Some(&Class::Bool));
                self.same(&[then, otherwise], expected)
            }
            ExprKind::Or(all) | ExprKind::And(all) | ExprKind::Quorum { conditions: all, .. } => {
                for it in all {
                    self.visit(it, Some(&Class::Bool));
                }
                Some(Class::Bool)
            }
            ExprKind::Not(inner) => {
                self.visit(inner, Some(&Class::Bool));
                Some(Class::Bool)
            }
            ExprKind::Compare { left, op, right, .. } => {
                self.compare(*op, left, right);
                Some(Class::Bool)
            }
            ExprKind::Test { subject, test, .. } => {
                self.test(subject, test);
                Some(Class::Bool)
            }
            ExprKind::Coalesce(all) => self.same(&all.iter().collect::<Vec<_>>(), expected),
            ExprKind::List(all) => {
                let element = match expected {
                    Some(Class::List(element)) => element.as_deref().cloned(),
                    _ => None,
                };
                let element = self.same(&all.iter().collect::<Vec<_>>(), element.as_ref());
                Some(Class::List(element.map(Box::new)))
            }
            ExprKind::Sum { first, rest } => self.sum(first, rest, expected),
            ExprKind::Product { first, rest } => self.product(first, rest, expected),
            ExprKind::Negate(inner) => self.number_or_length(inner, expected),
            ExprKind::Call { function, arguments } => match arguments.as_slice() {
                [Argument::Clause(clause), ..] if self.checker.asks_about_rows(&function.symbol, arguments) => {
                    self.aggregate(&function.symbol, clause)
                }
                _ => self.call(&function.symbol, arguments, expected),
            },
            ExprKind::Field { base, field } => {
                if let ExprKind::Name(table) = &base.kind
                    && table.symbol == self.checker.schema.root().name
                {
                    return self.name(&field.symbol, field.span(), expected);
                }
                if let ExprKind::Index { base, index } = &base.kind
                    && let ExprKind::Name(table) = &base.kind
                    && let Some(id) = self.checker.schema.find(&table.symbol)
                {
                    let table = self.checker.schema.table(id);
                    let key = table.key.map(|key| class_of(&table.column(key).ty));
                    let found = table.find(&field.symbol).map(|id| class_of(&table.column(id).ty));
                    self.visit(index, key.as_ref());
                    return found;
                }
                None
            }
            ExprKind::Index { index, .. } => self.visit(index, None),
            ExprKind::Rank { by, .. } => {
                self.ranked(by);
                Some(Class::Bool)
            }
        }
    }

    /// Operands of one class: what is known of one is expected of the others.
    pub(super) fn same(&mut self, parts: &[&Expr], expected: Option<&Class>) -> Option<Class> {
        let mut class = expected.cloned();
        let mut open = vec![];
        for part in parts {
            match self.visit(part, None) {
                Some(found) => class = class.or(Some(found)),
                None => open.push(*part),
            }
        }
        for part in open {
            if let Some(class) = &class {
                self.visit(part, Some(class));
            }
        }
        class
    }

    /// A question over everybody: `avg(users.spend where active per city)`.
    fn aggregate(&mut self, function: &str, clause: &Clause) -> Option<Class> {
        let rows = matches!(&clause.source.kind, ExprKind::Name(name) if self.checker.table_of_rows(name).is_some());
        let wanted = match function {
            "sum" | "avg" | "quantile" => Some(Class::Number),
            "any" => Some(Class::Bool),
            _ => None,
        };
        let element = if rows { None } else { self.visit(&clause.source, wanted.as_ref()) };
        self.clause(clause);
        match function {
            "count" | "quantile" => Some(Class::Number),
            "any" => Some(Class::Bool),
            "distinct" => Some(Class::List(element.map(Box::new))),
            _ => element,
        }
    }

    /// What a rank goes by is a number where nothing else is known of it.
    pub(super) fn ranked(&mut self, clause: &Clause) {
        if self.visit(&clause.source, None).is_none() {
            self.visit(&clause.source, Some(&Class::Number));
        }
        self.clause(clause);
    }

    fn clause(&mut self, clause: &Clause) {
        if let Some(by) = &clause.by {
            self.visit(by, Some(&Class::Number));
        }
        if let Some(filter) = &clause.filter {
            self.visit(filter, Some(&Class::Bool));
        }
        match clause.per.as_ref().map(|per| (per, &per.kind)) {
            Some((_, ExprKind::List(all))) => all.iter().for_each(|it| {
                self.visit(it, None);
            }),
            Some((per, _)) => {
                self.visit(per, None);
            }
            None => {}
        }
    }
}
