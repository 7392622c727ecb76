//! Metrics: `let`s that are the same for everybody (LANGUAGE.md §4.3), or for everybody of a group.

use crate::ir::{Body, DefinitionId, Expr, ExprKind, Over, Rulebook};

/// A `let` with one value for everybody, or one for each group.
#[derive(Clone, Debug)]
pub struct Metric {
    /// The `let`.
    pub definition: DefinitionId,
    /// What the groups have in common, `per city`; empty where there is one value.
    pub per: Vec<Expr>,
}

/// For whom an expression is the same.
enum Same {
    /// Whatever the data: constants and parameters.
    Always,
    /// Everybody, or everybody of a group.
    Everybody(Vec<Expr>),
    /// Nobody but the user.
    Own,
}

impl Rulebook {
    /// The metrics, in order of declaration.
    pub fn metrics(&self) -> Vec<Metric> {
        let mut same: Vec<Same> = self.definitions.iter().map(|_| Same::Own).collect();
        for id in &self.order {
            if let Body::Let(expr) = &self.definition(*id).body
                && !self.definition(*id).name.as_str().is_empty()
            {
                let found = self.same(expr, &same);
                if let Some(slot) = same.get_mut(id.0 as usize) {
                    *slot = found;
                }
            }
        }
        let metric = |(at, same): (usize, Same)| match same {
            Same::Everybody(per) => Some(Metric { definition: DefinitionId(at as u32), per }),
            Same::Always | Same::Own => None,
        };
        same.into_iter().enumerate().filter_map(metric).collect()
    }

    /// Whether an expression is the same for everybody, whoever asks.
    pub fn is_everybodys(&self, expr: &Expr) -> bool {
        let mut known: Vec<Same> = self.definitions.iter().map(|_| Same::Own).collect();
        for metric in self.metrics() {
            if let Some(slot) = known.get_mut(metric.definition.0 as usize) {
                *slot = Same::Everybody(metric.per);
            }
        }
        match self.same(expr, &known) {
            Same::Always => true,
            Same::Everybody(per) => per.is_empty(),
            Same::Own => false,
        }
    }

    fn same(&self, expr: &Expr, known: &[Same]) -> Same {
        let mut same = Same::Always;
        let mut open = vec![expr];
        while let Some(node) = open.pop() {
            let next = match &node.kind {
                ExprKind::Aggregate(id) => {
                    let aggregate = self.aggregate(*id);
                    match aggregate.over {
                        Over::Users if !aggregate.is_rank() => Same::Everybody(aggregate.per.clone()),
                        Over::Users | Over::Children(_) => Same::Own,
                    }
                }
                ExprKind::Definition(id) => match known.get(id.0 as usize) {
                    Some(Same::Everybody(per)) => Same::Everybody(per.clone()),
                    Some(Same::Always) => Same::Always,
                    Some(Same::Own) | None => Same::Own,
                },
                ExprKind::Column(_) | ExprKind::ChildColumn(_) | ExprKind::Reached(..) | ExprKind::ToNext(_) => {
                    Same::Own
                }
                _ => Same::Always,
            };
            same = match (same, next) {
                (Same::Own, _) | (_, Same::Own) => return Same::Own,
                (Same::Always, other) | (other, Same::Always) => other,
                (Same::Everybody(a), Same::Everybody(b)) if b.is_empty() => Same::Everybody(a),
                (Same::Everybody(a), Same::Everybody(b)) if a.is_empty() => Same::Everybody(b),
                (Same::Everybody(a), Same::Everybody(b)) if alike(&a, &b) => Same::Everybody(a),
                (Same::Everybody(_), Same::Everybody(_)) => return Same::Own,
            };
            node.each_child(&mut |child| open.push(child));
        }
        same
    }
}

/// Whether two `per` name the same columns and definitions.
fn alike(a: &[Expr], b: &[Expr]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| match (&a.kind, &b.kind) {
            (ExprKind::Column(a), ExprKind::Column(b)) => a == b,
            (ExprKind::Definition(a), ExprKind::Definition(b)) => a == b,
            (ExprKind::Call { function: f, arguments: a }, ExprKind::Call { function: g, arguments: b }) => {
                f == g && alike(a, b)
            }
            _ => false,
        })
}
