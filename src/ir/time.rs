//! Whether an answer hangs on the clock.

use crate::{
    ir::{Expr, ExprKind, Function, Over, Reads, Rulebook},
    schema::{Role, TableId},
    source::Span,
};

impl Rulebook {
    /// The first place, in order of declaration, where something that is read asks about time.
    pub fn asks_about_time<'r>(&'r self, reads: &Reads) -> Option<&'r Expr> {
        let mut found: Option<&'r Expr> = None;
        let mut look = |expr: &'r Expr| {
            expr.each(&mut |node| {
                if node.is_about_time() && found.is_none_or(|first| node.span < first.span) {
                    found = Some(node);
                }
            });
        };
        reads.definitions.iter().for_each(|id| self.definition(*id).body.each_expr(&mut look));
        reads.aggregates.iter().for_each(|id| self.aggregate(*id).each_expr(&mut look));
        found
    }

    /// The child tables that are read whose rows happen at a moment: rows after the as-of have not happened yet.
    pub fn tables_in_time(&self, reads: &Reads) -> Vec<TableId> {
        let over = reads.aggregates.iter().filter_map(|id| match self.aggregate(*id).over {
            Over::Children(table) => Some(table),
            Over::Users => None,
        });
        let in_time = |id: &TableId| matches!(self.schema.table(*id).role, Role::Children { at: Some(_), .. });
        over.filter(in_time).collect()
    }
}

impl Expr {
    /// Where it asks about the clock first.
    pub fn first_about_time(&self) -> Option<Span> {
        let mut found: Option<Span> = None;
        self.each(&mut |node| {
            if node.is_about_time() && found.is_none_or(|first| node.span < first) {
                found = Some(node.span);
            }
        });
        found
    }

    /// Whether this node by itself asks about the clock.
    fn is_about_time(&self) -> bool {
        match &self.kind {
            ExprKind::Now
            | ExprKind::Ago(_)
            | ExprKind::FromNow(_)
            | ExprKind::Window { .. }
            | ExprKind::CompareAge { .. }
            | ExprKind::AgeBetween { .. } => true,
            ExprKind::Call { function, .. } => matches!(function, Function::Age | Function::Anniversary),
            _ => false,
        }
    }
}
