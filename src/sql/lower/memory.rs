//! What only a state remembers: a query has none, so nobody has it.

use crate::{
    ir::{Expr, ExprKind},
    schema::Source,
    sql::lower::{Held, Lowering},
    value::Value,
};

impl Lowering<'_> {
    /// Whether a value hangs on what only a state knows, and so is missing of everybody.
    pub(crate) fn is_never_there(&self, expr: &Expr) -> bool {
        // Most rules never ask.
        self.rulebook.actions.memory.here.is_some() && self.is_nothing(expr)
    }

    fn is_nothing(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Constant(value) => *value == Value::Missing,
            ExprKind::Column(id) => self.rulebook.schema.root().column(*id).source == Source::State,
            ExprKind::Definition(id) => {
                let held = self.definitions.get(id).map(|bound| &bound.held);
                matches!(held, Some(Held::Length(length)) if length.is_missing())
            }
            ExprKind::If { then, otherwise, .. } => self.is_nothing(then) && self.is_nothing(otherwise),
            ExprKind::Coalesce(operands) => operands.iter().all(|it| self.is_nothing(it)),
            ExprKind::Sum { first, rest } => {
                self.is_nothing(first) || rest.iter().any(|(_, it, _)| self.is_nothing(it))
            }
            ExprKind::Product { first, rest } => {
                self.is_nothing(first) || rest.iter().any(|(_, it, _)| self.is_nothing(it))
            }
            ExprKind::Compare { left, right, .. } => self.is_nothing(left) || self.is_nothing(right),
            ExprKind::Between { subject: of, .. } | ExprKind::Negate(of) | ExprKind::Widen(of) => self.is_nothing(of),
            _ => false,
        }
    }
}
