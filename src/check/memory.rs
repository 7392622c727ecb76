//! What rules read of the state (LANGUAGE.md §8): `held(vip)`, and the arms of levels that are kept. Each is written out over
//! columns that only the state fills, so that whoever evaluates need know nothing of it; without state they are missing.

use super::{
    Checker,
    declare::fold,
    names::Meaning,
    rules::constant,
    words::{alike, is_moment},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{BAD_AMOUNT, BAD_ARMS, WRONG_ARGUMENTS, WRONG_TYPE},
    },
    intern::Symbol,
    ir::{CompareOp, DefinitionId, Expr, ExprKind, Kept, REMEMBERED, Since, SumOp, TimeWindow},
    schema::{Column, ColumnId, Source},
    source::Span,
    syntax::ast::{self, Argument},
    value::{Duration, Type, Value, compare, moment_text::MomentFormat},
};

impl Checker<'_> {
    /// `held(vip)`: for how long the user has had a tag, a segment, or the present value of a level, without a break.
    pub(super) fn held(&mut self, name: &ast::Name, arguments: &[Argument], span: Span) -> Option<Expr> {
        let Some(Meaning::Definition(id)) = self.named(arguments) else {
            return self.wrong_arguments(name.span(), "held(vip)` of a tag, a segment or a level `vip");
        };
        let here = self.column_of_memory(self.memory.here, "state");
        self.memory.here = Some(here);
        let ty = self.types.get(id.0 as usize)?.clone()?;
        let own = Expr { kind: ExprKind::Definition(id), ty: ty.clone(), span };
        let asked = self.words(span).to_owned();
        let column = |column| Expr { kind: ExprKind::Column(column), ty: REMEMBERED, span };
        let nothing = |ty| constant(Value::Missing, ty, span);
        let (has, since) = match ty {
            Type::Bool if self.closes(id) => (own, column(self.since(id, None, &asked))),
            Type::Choice(choices) => {
                let values = self.choices.get(choices.0 as usize).map_or(0, |it| it.values.len() as u32);
                let mut since = nothing(REMEMBERED);
                for rank in 0..values {
                    let value = constant(Value::Choice(rank), ty.clone(), span);
                    let (left, right) = (Box::new(own.clone()), Box::new(value));
                    let is = ExprKind::Compare { op: CompareOp::Equal, left, right };
                    let condition = Box::new(Expr { kind: is, ty: Type::Bool, span });
                    let (then, otherwise) = (Box::new(column(self.since(id, Some(rank), &asked))), Box::new(since));
                    since = Expr { kind: ExprKind::If { condition, then, otherwise }, ty: REMEMBERED, span };
                }
                (Expr { kind: ExprKind::IsKnown(Box::new(own)), ty: Type::Bool, span }, since)
            }
            _ => {
                let message =
                    format!("`held` is asked of a tag, a segment or a level, and {} is none", self.words(span));
                self.sink.push(
                    Diagnostic::error(WRONG_ARGUMENTS, span, message)
                        .help("name the condition by a `tag`, and ask how long users have had that"),
                );
                return None;
            }
        };
        let since = ExprKind::Coalesce(vec![since, column(here)]);
        let since = Expr { kind: since, ty: REMEMBERED, span };
        let long =
            ExprKind::Sum { first: Box::new(column(here)), rest: vec![(SumOp::Subtract, since, Type::Duration)] };
        let then = Box::new(Expr { kind: long, ty: Type::Duration, span });
        let (condition, otherwise) = (Box::new(has), Box::new(nothing(Type::Duration)));
        Some(Expr { kind: ExprKind::If { condition, then, otherwise }, ty: Type::Duration, span })
    }

    /// Whether it is a tag or segment, whose value is true or false.
    fn closes(&self, id: DefinitionId) -> bool {
        self.tags.contains(&id) || self.segments.contains(&id)
    }

    fn since(&mut self, definition: DefinitionId, rank: Option<u32>, asked: &str) -> ColumnId {
        let known = self.memory.since.iter().find(|it| it.definition == definition && it.rank == rank);
        if let Some(known) = known {
            return known.column;
        }
        let value = rank.and_then(|rank| {
            let Some(Type::Choice(choices)) = self.types.get(definition.0 as usize)?.as_ref() else { return None };
            self.choices.get(choices.0 as usize)?.values.get(rank as usize).map(|value| format!(" as {}", value.name))
        });
        let column = self.column_of_memory(None, &format!("{asked}{}", value.unwrap_or_default()));
        self.memory.since.push(Since { definition, rank, column });
        column
    }

    /// A column that only the state fills, in the users' table; no rule can name it.
    fn column_of_memory(&mut self, known: Option<ColumnId>, what: &str) -> ColumnId {
        if let Some(known) = known {
            return known;
        }
        let root = self.schema.root.0 as usize;
        let Some(table) = self.schema.tables.get_mut(root) else { return ColumnId(0) };
        table.columns.push(Column {
            name: Symbol::new(what),
            header: what.to_owned(),
            ty: REMEMBERED,
            optional: true,
            format: MomentFormat::Iso,
            source: Source::State,
            span: None,
        });
        self.column_types.push(Some(REMEMBERED));
        ColumnId(table.columns.len() as u32 - 1)
    }

    /// `from 5000 keep 4000 keep 1y`: the arm's condition with what keeps it, and what keeps it.
    pub(super) fn kept_arm(
        &mut self,
        level: DefinitionId,
        arm: &ast::Arm,
        rank: u32,
        reached: Expr,
        keep: &[Expr],
    ) -> Option<Expr> {
        let ExprKind::Compare { left: by, right: threshold, .. } = &reached.kind else { return Some(reached) };
        let span = arm.place.0;
        let column_of = |what: &str| format!("{} {what}", arm.name.symbol);
        let reached_at = self.column_of_memory(None, &column_of("last reached"));
        let held_at = self.column_of_memory(None, &column_of("kept since"));
        let column = |id| Expr { kind: ExprKind::Column(id), ty: REMEMBERED, span };
        let condition = |kind| Expr { kind, ty: Type::Bool, span };
        let known = |id| condition(ExprKind::IsKnown(Box::new(column(id))));
        let mut above: Option<Expr> = None;
        let mut ways = vec![reached.clone()];
        for kept in keep {
            if kept.ty == Type::Duration {
                if let Some(Value::Duration(long)) = self.constant_of(kept) {
                    self.can_be_kept(kept, long)?;
                }
                let window = TimeWindow::Within(Box::new(kept.clone()));
                let within = condition(ExprKind::Window { subject: Box::new(column(reached_at)), window });
                ways.push(condition(ExprKind::And(vec![known(reached_at), within])));
                continue;
            }
            if !alike(&kept.ty, &by.ty) {
                let message = format!(
                    "the level goes by {}, and {} is {}",
                    self.kind(&by.ty),
                    self.quoted(kept.span),
                    self.kind(&kept.ty)
                );
                let told = Diagnostic::error(WRONG_TYPE, kept.span, message).label(by.span, "what the level goes by");
                self.sink.push(told.help(format!(
                    "write the least {} that keeps it, or for how long it is kept: `keep 1y`",
                    if is_moment(&by.ty) { "moment" } else { "value" }
                )));
                return None;
            }
            let order = self.constant_of(kept).zip(self.constant_of(threshold));
            if order.is_some_and(|(kept, from)| compare::order(&kept, &from, &self.zone).is_some_and(|it| it.is_gt())) {
                let message = "what keeps an arm is not more than what reaches it";
                self.sink.push(
                    Diagnostic::error(BAD_ARMS, kept.span, message)
                        .label(threshold.span, "reached from here")
                        .help("write a smaller value behind `keep`: below `from` the level is kept down to it"),
                );
                return None;
            }
            let (left, right) = (by.clone(), Box::new(kept.clone()));
            let least = condition(ExprKind::Compare { op: CompareOp::AtLeast, left, right });
            ways.push(condition(ExprKind::And(vec![known(held_at), least.clone()])));
            above = Some(least);
        }
        self.memory.kept.push(Kept { level, rank, reached: reached_at, held: held_at, condition: reached, above });
        Some(condition(ExprKind::Or(ways)))
    }

    /// How long an arm is kept is more than nothing, and no longer than the calendar reaches back from any day.
    fn can_be_kept(&mut self, kept: &Expr, long: Duration) -> Option<()> {
        let most =
            i64::from(long.months) / 12 + i64::from(long.days) / 365 + long.micros / (365 * Duration::DAY_MICROS);
        let words = self.quoted(kept.span);
        let told = match long.is_positive() {
            false => Diagnostic::error(BAD_AMOUNT, kept.span, format!("{words} is not more than nothing"))
                .help("write for how long it is kept: `keep 1y`"),
            true if most >= 1000 => {
                Diagnostic::error(BAD_AMOUNT, kept.span, format!("{words} is longer than the calendar reaches back"))
                    .help("write less than a thousand years: `keep 100y`")
            }
            true => return Some(()),
        };
        self.sink.push(told);
        None
    }

    fn constant_of(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Param(id) => self.params.get(id.0 as usize)?.as_ref().map(|it| it.value.clone()),
            _ => fold(expr, &self.zone),
        }
    }
}
