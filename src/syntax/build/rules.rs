//! What users get: tags, scores, levels, layers, funnels.

use pest::iterators::Pair;

use super::{
    super::{
        ast::{Arm, Choice, Expr, Funnel, FunnelSource, Layer, Level, Score, ScoreArm, Step, Tag},
        grammar::{Parts, Rule},
    },
    Builder,
};

impl Builder<'_> {
    pub(super) fn tag(&mut self, mut parts: Parts<'_>) -> Tag {
        parts.pass(&[Rule::kw_tag]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        parts.pass(&[Rule::kw_when]);
        Tag { name, label, condition: self.expression(parts.need()) }
    }

    pub(super) fn score(&mut self, mut parts: Parts<'_>) -> Score {
        parts.pass(&[Rule::kw_score]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        let mut score = Score { name, label, base: None, arms: vec![], clamp: None };
        for part in parts {
            match part.as_rule() {
                Rule::score_from => score.base = Some(self.last(part)),
                Rule::score_arm => score.arms.push(self.score_arm(part)),
                Rule::score_clamp => {
                    let range = Parts::of(part).find(|part| part.as_rule() == Rule::range);
                    score.clamp = range.map(|range| self.range(range));
                }
                _ => {}
            }
        }
        score
    }

    fn score_arm(&mut self, pair: Pair<'_, Rule>) -> ScoreArm {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let minus = parts.if_next(Rule::kw_minus).is_some();
        let points = self.expression(parts.need());
        parts.pass(&[Rule::kw_when]);
        ScoreArm { minus, points, condition: self.expression(parts.need()), place }
    }

    pub(super) fn level(&mut self, mut parts: Parts<'_>) -> Level {
        parts.pass(&[Rule::kw_level]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        let by = parts.if_next(Rule::level_by).map(|by| self.last(by));
        Level { name, label, by, arms: self.arms(parts.need()) }
    }

    pub(super) fn layer(&mut self, mut parts: Parts<'_>) -> Layer {
        parts.pass(&[Rule::kw_layer]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        let exclusive = parts.if_next(Rule::kw_exclusive).map(|word| self.place(&word));
        Layer { name, label, exclusive, arms: self.arms(parts.need()) }
    }

    fn arms(&mut self, pair: Pair<'_, Rule>) -> Vec<Arm> {
        Parts::of(pair).filter(|part| part.as_rule() == Rule::arm).map(|arm| self.arm(arm)).collect()
    }

    fn arm(&mut self, pair: Pair<'_, Rule>) -> Arm {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        let choice = parts.need();
        let choice = match choice.as_rule() {
            Rule::arm_from => {
                let mut inner = Parts::of(choice);
                inner.pass(&[Rule::kw_from]);
                let threshold = self.expression(inner.need());
                Choice::From { threshold, keep: inner.map(|keep| self.last(keep)).collect() }
            }
            Rule::when => Choice::When(self.last(choice)),
            _ => Choice::Otherwise(self.place(&choice)),
        };
        Arm { name, label, choice, place }
    }

    pub(super) fn funnel(&mut self, mut parts: Parts<'_>) -> Funnel {
        parts.pass(&[Rule::kw_funnel]);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        parts.pass(&[Rule::kw_on]);
        let on = parts.need();
        let on = match on.as_rule() {
            Rule::paren => FunnelSource::Clause(Box::new(self.clause_in_parentheses(on, true))),
            _ => FunnelSource::Table(self.name(on)),
        };
        let by = parts.if_next(Rule::funnel_by).map(|by| {
            let mut inner = Parts::of(by);
            inner.pass(&[Rule::kw_by]);
            self.name(inner.need())
        });
        let steps = parts.filter(|part| part.as_rule() == Rule::step).map(|step| self.step(step)).collect();
        Funnel { name, label, on, by, steps }
    }

    fn step(&mut self, pair: Pair<'_, Rule>) -> Step {
        let place = self.place(&pair);
        let mut parts = Parts::of(pair);
        let name = self.name(parts.need());
        let label = self.label(&mut parts);
        let within = parts.if_next(Rule::step_within).map(|within| self.last(within));
        Step { name, label, within, condition: self.last(parts.need()), place }
    }

    /// The expression that a clause such as `when COND`, `keep 1y` ends with.
    pub(super) fn last(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let inner = pair.into_inner().nth(1).expect("the grammar puts an expression behind the word");
        self.expression(inner)
    }
}
