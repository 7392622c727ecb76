//! What is computed of users alone, where rows of theirs are asked about: once for each user, and not again for each row.

use crate::{
    ir::{Expr, ExprKind, SumOp},
    sql::{
        ast::Sql,
        lower::{Bound, Held, Lowering},
    },
    value::{Type, Value},
};

impl Lowering<'_> {
    /// Moments that the calendar moves, `registered_at + 7d`: a column of the users, `registered_at_plus_7d`, as rows read it. None of what is
    /// no such moment, and where users are asked themselves.
    pub(crate) fn moment_of_user(&mut self, expr: &Expr) -> Option<Sql> {
        let is_moved = matches!(expr.kind, ExprKind::Sum { .. } | ExprKind::Call { .. });
        let is_moment = matches!(expr.ty, Type::Timestamp | Type::Date);
        if !(is_moved && is_moment && self.is_of_user(expr)) {
            return None;
        }
        let Some(name) = self.name_of_sum(expr) else { return Some(self.once("moment", |this| this.value(expr))) };
        let about = std::mem::replace(&mut self.about, name.clone());
        let moment = self.once("", |this| {
            let moment = this.value(expr);
            if moment.is_short() { moment } else { this.column_of(moment, &name, None) }
        });
        self.about = about;
        Some(moment)
    }

    /// `registered_at_plus_7d`
    fn name_of_sum(&self, expr: &Expr) -> Option<String> {
        let ExprKind::Sum { first, rest } = &expr.kind else { return None };
        let [(op, length, _)] = rest.as_slice() else { return None };
        let Some(Value::Duration(length)) = self.constant(length) else { return None };
        let moment = match first.kind {
            ExprKind::Column(id) => self.rulebook.schema.root().column(id).name.as_str(),
            ExprKind::Definition(id) => self.rulebook.definition(id).name.as_str(),
            _ => return None,
        };
        let word = if *op == SumOp::Add { "plus" } else { "minus" };
        Some(format!("{moment}_{word}_{length}"))
    }

    /// Whether rows are asked, and an expression reads nothing of them.
    pub(crate) fn is_of_user(&self, expr: &Expr) -> bool {
        let mut is_of_user = self.rows.is_some();
        expr.each(&mut |it| is_of_user &= !matches!(it.kind, ExprKind::ChildColumn(_)));
        is_of_user
    }

    /// Something of users, lowered as a column of theirs, as rows read it.
    pub(crate) fn once(&mut self, noun: &str, lower: impl FnOnce(&mut Self) -> Sql) -> Sql {
        let rows = self.rows.take();
        let at = std::mem::take(&mut self.at);
        let sql = lower(self);
        let sql = self.keep_as(sql, noun);
        let level = std::mem::replace(&mut self.at, at);
        self.rows = rows;
        match self.read(&Bound { held: Held::One(sql), level }) {
            Held::One(sql) => sql,
            Held::Length(length) => length.micros,
        }
    }
}
