//! Walking over the expressions of a tree.

use crate::{
    intern::Symbol,
    syntax::ast::{Argument, Clause, Expr, ExprKind, Name, Range, Test},
};

/// Calls `visit` for each direct part of an expression, in the order written.
pub(super) fn parts<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match &expr.kind {
        ExprKind::If { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().for_each(|it| visit(it))
        }
        ExprKind::Or(all) | ExprKind::And(all) | ExprKind::Coalesce(all) | ExprKind::List(all) => {
            all.iter().for_each(visit);
        }
        ExprKind::Quorum { conditions, .. } => conditions.iter().for_each(visit),
        ExprKind::Not(inner) | ExprKind::Negate(inner) | ExprKind::Paren(inner) => visit(inner),
        ExprKind::Shifted { duration, .. } => visit(duration),
        ExprKind::Compare { left, right, .. } => {
            visit(left);
            visit(right);
        }
        ExprKind::Test { subject, test, .. } => {
            visit(subject);
            test_parts(test, visit);
        }
        ExprKind::Sum { first, rest } => {
            visit(first);
            rest.iter().for_each(|(_, it)| visit(it));
        }
        ExprKind::Product { first, rest } => {
            visit(first);
            rest.iter().for_each(|(_, it)| visit(it));
        }
        ExprKind::Call { arguments, .. } => {
            for argument in arguments {
                match argument {
                    Argument::Clause(clause) => clause_parts(clause, visit),
                    Argument::Range(range) => range_parts(range, visit),
                    Argument::Pattern(_) => {}
                }
            }
        }
        ExprKind::Rank { amount, by, .. } => {
            visit(amount);
            clause_parts(by, visit);
        }
        ExprKind::Field { base, .. } => visit(base),
        ExprKind::Index { base, index } => {
            visit(base);
            visit(index);
        }
        ExprKind::Name(_) | ExprKind::Now | ExprKind::Today | ExprKind::Missing | ExprKind::Literal(_) => {}
    }
}

fn test_parts<'a>(test: &'a Test, visit: &mut dyn FnMut(&'a Expr)) {
    match test {
        Test::Between(range) => range_parts(range, visit),
        Test::In(it)
        | Test::Contains(it)
        | Test::StartsWith(it)
        | Test::EndsWith(it)
        | Test::Has(it)
        | Test::HasAny(it)
        | Test::HasAll(it)
        | Test::HasNone(it)
        | Test::Within(it)
        | Test::WithinNext(it) => visit(it),
        Test::Matches(_) | Test::During(_) | Test::IsMissing | Test::IsKnown => {}
    }
}

fn range_parts<'a>(range: &'a Range, visit: &mut dyn FnMut(&'a Expr)) {
    visit(&range.from);
    visit(&range.to);
}

fn clause_parts<'a>(clause: &'a Clause, visit: &mut dyn FnMut(&'a Expr)) {
    visit(&clause.source);
    clause.by.iter().for_each(&mut *visit);
    if let Some(window) = &clause.window {
        test_parts(&window.test, visit);
    }
    clause.filter.iter().for_each(&mut *visit);
    clause.per.iter().for_each(visit);
}

/// Calls `visit` for every name in an expression that stands alone or behind the root table's: `spend`, `users.spend`.
pub(super) fn names<'a>(expr: &'a Expr, root: &Symbol, visit: &mut dyn FnMut(&'a Name)) {
    match &expr.kind {
        ExprKind::Name(name) => visit(name),
        ExprKind::Field { base, field } => match &base.kind {
            ExprKind::Name(table) if table.symbol == *root => visit(field),
            _ => {}
        },
        _ => {}
    }
    parts(expr, &mut |part| names(part, root, visit));
}
