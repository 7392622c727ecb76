//! A condition on a score whose points are constants, written out: which arms have to apply together for it to hold.

use std::cmp::Ordering;

use crate::{
    ir::{Body, DefinitionId, Expr, ExprKind, Rulebook, Score},
    value::{Value, compare::UpperEnd, number},
};

/// Arms of a score that is opened; there are twice as many ways to have points with each.
const ARMS: usize = 8;

/// A condition on a score.
#[derive(Clone, Debug)]
pub(super) struct OnPoints<'a> {
    pub(super) score: &'a Score,
    /// Whether it holds, by the arms that apply, each a bit.
    pub(super) holds: Vec<bool>,
}

/// What a condition says of a score, where it asks about nothing else.
pub(super) fn opened<'a>(rulebook: &'a Rulebook, condition: &Expr) -> Option<OnPoints<'a>> {
    if !matches!(condition.kind, ExprKind::Compare { .. } | ExprKind::Between { .. }) {
        return None;
    }
    let (mut named, mut several) = (None, false);
    condition.each(&mut |node| {
        if let ExprKind::Definition(id) = &node.kind {
            several |= named.is_some_and(|named| named != *id);
            named = Some(*id);
        }
    });
    let id: DefinitionId = named.filter(|_| !several)?;
    let Body::Score(score) = &rulebook.definition(id).body else { return None };
    if score.arms.len() > ARMS {
        return None;
    }
    let asked = Asked { rulebook };
    let all = 0_u32..1 << score.arms.len();
    let holds: Option<Vec<bool>> =
        all.map(|applying| asked.holds(condition, &asked.points(score, applying)?)).collect();
    Some(OnPoints { score, holds: holds? })
}

struct Asked<'a> {
    rulebook: &'a Rulebook,
}

impl Asked<'_> {
    /// What a score comes to, as the interpreter sums it up.
    fn points(&self, score: &Score, applying: u32) -> Option<Value> {
        let mut sum = self.constant(&score.base)?;
        for (at, arm) in score.arms.iter().enumerate() {
            let points = self.constant(&arm.points)?;
            if applying >> at & 1 == 1 {
                sum = if arm.minus { number::subtract(&sum, &points) } else { number::add(&sum, &points) };
            }
        }
        if let Some((low, high)) = &score.clamp {
            let (low, high) = (self.constant(low)?, self.constant(high)?);
            if number::order(&sum, &low)? == Ordering::Less {
                sum = low;
            } else if number::order(&sum, &high)? == Ordering::Greater {
                sum = high;
            }
        }
        (sum != Value::Missing).then_some(sum)
    }

    fn holds(&self, condition: &Expr, score: &Value) -> Option<bool> {
        match &condition.kind {
            ExprKind::Compare { op, left, right } => {
                Some(op.accepts(number::order(&self.value(left, Some(score))?, &self.value(right, Some(score))?)?))
            }
            ExprKind::Between { subject, low, high, upper } => {
                let subject = self.value(subject, Some(score))?;
                let low = number::order(&subject, &self.value(low, Some(score))?)?;
                let high = number::order(&subject, &self.value(high, Some(score))?)?;
                Some(low.is_ge() && if *upper == UpperEnd::Included { high.is_le() } else { high.is_lt() })
            }
            _ => None,
        }
    }

    fn constant(&self, expr: &Expr) -> Option<Value> {
        self.value(expr, None)
    }

    /// The value of a constant, or of the score itself.
    fn value(&self, expr: &Expr, score: Option<&Value>) -> Option<Value> {
        let value = match &expr.kind {
            ExprKind::Constant(value) => value.clone(),
            ExprKind::Param(id) => self.rulebook.params.get(id.0 as usize)?.value.clone(),
            ExprKind::Definition(_) => score?.clone(),
            ExprKind::Widen(inner) => number::widen(&self.value(inner, score)?, &expr.ty),
            ExprKind::Negate(inner) => number::negate(&self.value(inner, score)?),
            _ => return None,
        };
        (value != Value::Missing).then_some(value)
    }
}
