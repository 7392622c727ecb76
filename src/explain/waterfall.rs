//! The waterfall: for each clause of a rule how many users meet it alone, for how many it is unknown, and how many are left
//! after it in order.

use crate::{
    explain::tree,
    intern::Symbol,
    ir::{Arm, Body, Choice, CompareOp, Definition, DefinitionId, Expr, ExprKind, Quorum, Rulebook},
    source::Sources,
    value::{Type, Value},
};

/// A rule's clauses.
#[derive(Clone, Debug)]
pub struct Waterfall {
    /// The rule.
    pub rule: DefinitionId,
    /// Its clauses, in order.
    pub clauses: Vec<Clause>,
}

/// One clause.
#[derive(Clone, Debug)]
pub struct Clause {
    /// As it is written.
    pub text: String,
    /// Who meets it alone.
    pub alone: DefinitionId,
    /// Who is left after it and all clauses above it; of an arm, whom it takes; of a step, who reached it. None of an arm of a score.
    pub left: Option<DefinitionId>,
}

/// Waterfalls, and the rulebook with a definition for each count that they need.
#[derive(Clone, Debug)]
pub struct Waterfalls {
    /// The rules, and behind them what is counted.
    pub rulebook: Rulebook,
    /// What is counted.
    pub rules: Vec<Waterfall>,
}

/// The clauses of some rules. A `let` that is no condition has none; of a funnel they are its steps.
pub fn clauses(rulebook: &Rulebook, sources: &Sources, rules: &[DefinitionId]) -> Waterfalls {
    let mut counting = Counting { rulebook: rulebook.clone(), sources };
    let rules = rules.iter().filter_map(|id| counting.rule(*id)).collect();
    Waterfalls { rulebook: counting.rulebook, rules }
}

struct Counting<'s> {
    rulebook: Rulebook,
    sources: &'s Sources,
}

impl Counting<'_> {
    fn rule(&mut self, rule: DefinitionId) -> Option<Waterfall> {
        let definition = self.rulebook.definition(rule).clone();
        let clauses = match &definition.body {
            Body::Tag(condition) | Body::Segment(condition) => self.conjunction(condition, &definition),
            Body::Let(condition) if condition.ty == Type::Bool => self.conjunction(condition, &definition),
            Body::Level(ladder) | Body::Layer(ladder) => {
                let mut above: Vec<Expr> = vec![];
                ladder.arms.iter().map(|arm| self.arm(arm, &mut above, &definition)).collect()
            }
            Body::Score(score) => {
                let arm =
                    |arm: &crate::ir::ScoreArm| (tree::one_line(self.sources.slice(arm.span)), arm.condition.clone());
                let arms: Vec<(String, Expr)> = score.arms.iter().map(arm).collect();
                arms.into_iter()
                    .map(|(text, condition)| Clause { text, alone: self.count(condition, &definition), left: None })
                    .collect()
            }
            Body::Funnel(choices, _) => {
                let steps = self.rulebook.choices(*choices).values.iter().map(|step| step.name.to_string());
                let steps: Vec<String> = steps.collect();
                (0..).zip(steps).map(|(step, name)| self.step((rule, step), name, &definition)).collect()
            }
            Body::Let(_) => return None,
        };
        Some(Waterfall { rule, clauses })
    }

    /// `a and b and c`: each clause, and who is left.
    fn conjunction(&mut self, condition: &Expr, of: &Definition) -> Vec<Clause> {
        let mut clauses: Vec<Expr> = vec![];
        self.parts(condition, 0, &mut clauses);
        let mut so_far: Vec<Expr> = vec![];
        let clause = |clause: Expr| {
            so_far.push(clause.clone());
            let text = tree::text_of(self.sources, &clause);
            let alone = self.count(clause, of);
            let left = self.count(joined(&so_far, condition), of);
            Clause { text, alone, left: Some(left) }
        };
        clauses.into_iter().map(clause).collect()
    }

    /// The clauses of a condition; a rule that is only another rule's name has that one's.
    fn parts(&self, condition: &Expr, depth: usize, found: &mut Vec<Expr>) {
        match &condition.kind {
            ExprKind::And(parts) | ExprKind::Quorum { quorum: Quorum::All, conditions: parts } => {
                parts.iter().for_each(|part| match part.kind {
                    ExprKind::And(_) => self.parts(part, depth, found),
                    _ => found.push(part.clone()),
                });
            }
            ExprKind::Definition(id) if depth < 64 => match &self.rulebook.definition(*id).body {
                Body::Tag(inner) | Body::Segment(inner) => self.parts(inner, depth + 1, found),
                Body::Let(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => {
                    found.push(condition.clone());
                }
            },
            _ => found.push(condition.clone()),
        }
    }

    /// An arm: who meets it, and whom it takes, since no arm above did.
    fn arm(&mut self, arm: &Arm, above: &mut Vec<Expr>, of: &Definition) -> Clause {
        let text = tree::one_line(self.sources.slice(arm.span));
        let bool_of = |kind: ExprKind| Expr { kind, ty: Type::Bool, span: arm.span };
        let condition = match &arm.choice {
            Choice::From { condition, .. } | Choice::When(condition) => condition.clone(),
            Choice::Otherwise => bool_of(ExprKind::Constant(Value::Bool(true))),
        };
        // Not met, be it false or unknown.
        let mut parts: Vec<Expr> = above
            .iter()
            .map(|above| {
                let known = ExprKind::Coalesce(vec![above.clone(), bool_of(ExprKind::Constant(Value::Bool(false)))]);
                bool_of(ExprKind::Not(Box::new(bool_of(known))))
            })
            .collect();
        parts.push(condition.clone());
        above.push(condition.clone());
        let alone = self.count(condition.clone(), of);
        let left = self.count(joined(&parts, &condition), of);
        Clause { text, alone, left: Some(left) }
    }

    /// A step of a funnel: who reached it, or one behind it.
    fn step(&mut self, (funnel, step): (DefinitionId, u32), text: String, of: &Definition) -> Clause {
        let (ty, span) = (of.ty.clone(), of.span);
        let bool_of = |kind: ExprKind| Expr { kind, ty: Type::Bool, span };
        let left = Box::new(Expr { kind: ExprKind::Definition(funnel), ty: ty.clone(), span });
        let right = Box::new(Expr { kind: ExprKind::Constant(Value::Choice(step)), ty, span });
        let reached = bool_of(ExprKind::Compare { op: CompareOp::AtLeast, left, right });
        // Who reached no step at all is known not to have reached this one.
        let known = ExprKind::Coalesce(vec![reached, bool_of(ExprKind::Constant(Value::Bool(false)))]);
        let reached = self.count(bool_of(known), of);
        Clause { text, alone: reached, left: Some(reached) }
    }

    /// A nameless definition that is true of whom is counted.
    fn count(&mut self, condition: Expr, of: &Definition) -> DefinitionId {
        let id = DefinitionId(self.rulebook.definitions.len() as u32);
        self.rulebook.definitions.push(Definition {
            name: Symbol::new(""),
            label: None,
            description: None,
            body: Body::Let(condition),
            ty: Type::Bool,
            aggregates: vec![],
            span: of.span,
        });
        self.rulebook.order.push(id);
        id
    }
}

fn joined(parts: &[Expr], of: &Expr) -> Expr {
    match parts {
        [one] => one.clone(),
        several => Expr { kind: ExprKind::And(several.to_vec()), ty: Type::Bool, span: of.span },
    }
}
