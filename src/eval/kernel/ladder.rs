//! Levels, layers and scores, from the bits of their arms.

use super::{At, Found, Frame, Kernel, bits};
use crate::{
    column::{Column, Data},
    eval::Overlap,
    ir::{Body, DefinitionId, Expr, ExprKind},
    plan::NodeId,
    value::{Type, Value, number},
};

impl Kernel<'_> {
    pub(super) fn ladder(&self, id: DefinitionId, arms: &[(Option<NodeId>, u32)], found: &mut Found) {
        let rows = found.rows;
        let exclusive = match &self.interpreter.rulebook().definition(id).body {
            Body::Level(ladder) | Body::Layer(ladder) => ladder.exclusive,
            _ => false,
        };
        let mut left = bits::all(rows);
        let mut unknown = vec![0; bits::words(rows)];
        let mut ranks: Vec<u32> = vec![0; rows];
        let mut known = vec![0; bits::words(rows)];
        let mut past = vec![0; bits::words(rows)];
        for (node, rank) in arms {
            let taken: Vec<u64> = match node.and_then(|node| self.bits(found, node)) {
                None => {
                    past.iter_mut()
                        .zip(&left)
                        .zip(&unknown)
                        .for_each(|((past, left), unknown)| *past |= left & unknown);
                    left.clone()
                }
                Some(bits) => {
                    if let Some(no) = bits.no {
                        let open = unknown.iter_mut().zip(&left).zip(bits.yes.iter().zip(no));
                        open.for_each(|((unknown, left), (yes, no))| *unknown |= left & !yes & !no);
                    }
                    bits.yes.iter().zip(&left).map(|(yes, left)| yes & left).collect()
                }
            };
            bits::trim(&mut unknown, rows);
            for row in bits::rows(&taken) {
                if let Some(slot) = ranks.get_mut(row) {
                    *slot = *rank;
                }
            }
            known.iter_mut().zip(&taken).for_each(|(known, taken)| *known |= taken);
            left.iter_mut().zip(&taken).for_each(|(left, taken)| *left &= !taken);
        }
        past.iter_mut().zip(&left).zip(&unknown).for_each(|((past, left), unknown)| *past |= left & unknown);
        if exclusive {
            self.overlaps(id, arms, &ranks, found);
        }
        found.values.insert(id, Column::of(Data::Choice(ranks), known, rows));
        found.unknown_above.insert(id, past);
    }

    /// Rows at which a second arm of an exclusive layer applies.
    pub(super) fn overlaps(&self, id: DefinitionId, arms: &[(Option<NodeId>, u32)], ranks: &[u32], found: &mut Found) {
        let mut seen = vec![0; bits::words(found.rows)];
        let mut twice = vec![];
        for (node, rank) in arms {
            let Some(bits) = node.and_then(|node| self.bits(found, node)) else { continue };
            for row in bits::rows(bits.yes) {
                if bits::has(&seen, row) {
                    let first = ranks.get(row).copied().unwrap_or(0);
                    twice.push((row, Overlap { layer: id, first, second: *rank }));
                }
            }
            seen.iter_mut().zip(bits.yes).for_each(|(seen, yes)| *seen |= yes);
        }
        twice.sort_by_key(|(row, _)| *row);
        twice.dedup_by_key(|(row, _)| *row);
        found.overlaps.extend(twice);
    }

    pub(super) fn score(&self, id: DefinitionId, arms: &[NodeId], frame: &dyn Frame, found: &Found) -> Column {
        let definition = self.interpreter.rulebook().definition(id);
        let mut column = Column::new(&definition.ty);
        let Body::Score(score) = &definition.body else { return column };
        let zone = self.interpreter.clock().zone();
        let conditions: Vec<Option<&[u64]>> =
            arms.iter().map(|node| self.bits(found, *node).map(|bits| bits.yes)).collect();
        let whole = |expr: &Expr| match (&expr.kind, &definition.ty) {
            (ExprKind::Constant(Value::Int(points)), Type::Int) => Some(*points),
            _ => None,
        };
        let points: Option<Vec<i64>> = score
            .arms
            .iter()
            .map(|arm| {
                whole(&arm.points).and_then(|points| if arm.minus { points.checked_neg() } else { Some(points) })
            })
            .collect();
        let clamp = score.clamp.as_ref().map(|(low, high)| whole(low).zip(whole(high)));
        let simple = match (points, whole(&score.base), clamp) {
            (Some(points), Some(base), None) => Some((points, base, None)),
            (Some(points), Some(base), Some(Some((low, high)))) if low <= high => {
                Some((points, base, Some((low, high))))
            }
            _ => None,
        };
        let bounded = |points: &[i64]| points.iter().all(|it| it.unsigned_abs() < 1 << 40) && points.len() < 1 << 20;
        if let Some((points, base, clamp)) = simple
            && bounded(&points)
            && base.unsigned_abs() < 1 << 60
        {
            let mut sums = vec![base; frame.rows()];
            for (bits, points) in conditions.iter().zip(&points) {
                for row in bits.iter().flat_map(|bits| bits::rows(bits)) {
                    if let Some(sum) = sums.get_mut(row) {
                        *sum += points;
                    }
                }
            }
            if let Some((low, high)) = clamp {
                sums.iter_mut().for_each(|sum| *sum = (*sum).clamp(low, high));
            }
            return Column::of(Data::Int(sums), bits::all(frame.rows()), frame.rows());
        }
        for at in 0..frame.rows() {
            let known = At { kernel: self, frame, found, row: at };
            let row = self.interpreter.row(&known);
            let mut sum = row.value(&score.base);
            for (arm, bits) in score.arms.iter().zip(&conditions) {
                if bits.is_some_and(|bits| bits::has(bits, at)) {
                    let points = row.value(&arm.points);
                    sum = if arm.minus { number::subtract(&sum, &points) } else { number::add(&sum, &points) };
                }
            }
            if let Some((low, high)) = &score.clamp {
                sum = crate::value::compare::clamp(&sum, &row.value(low), &row.value(high), zone);
            }
            column.push(&sum);
        }
        column
    }
}
