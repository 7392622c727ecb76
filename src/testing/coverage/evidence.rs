//! What was seen of the conditions of rules while their tests were played.

use super::{Arm, Condition, others, rule::Rule, unknown};
use crate::{
    eval::{GivenValues, Interpreter, User, reference::SoFar},
    ir::{DefinitionId, Expected, Rulebook},
    testing::Moment,
    value::{Truth, Value},
};

/// What was seen of a condition.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) is_true: bool,
    pub(super) is_false: bool,
    pub(super) is_unknown: bool,
    pub(super) decides_true: bool,
    pub(super) decides_false: bool,
}

/// What was seen of a rule: of each condition, and of each arm whether it was taken.
#[derive(Clone, Debug)]
pub(super) struct RuleSeen {
    pub(super) conditions: Vec<Seen>,
    pub(super) taken: Vec<bool>,
}

impl RuleSeen {
    pub(super) fn nothing(rule: &Rule<'_>) -> RuleSeen {
        RuleSeen { conditions: vec![Seen::default(); rule.leaves.len()], taken: vec![false; rule.arms().len()] }
    }

    /// Looks at a rule for one user. `noticed` says whether somebody would see it if the rule came to another value.
    pub(super) fn look(
        &mut self,
        rule: &Rule<'_>,
        interpreter: Interpreter<'_>,
        known: &SoFar<'_>,
        noticed: &dyn Fn(Value) -> bool,
    ) {
        let row = interpreter.row(known);
        let truths = rule.truths(&row);
        let value = known.answers.value(rule.id);
        let now = rule.seen(value);
        for (at, (truth, seen)) in truths.iter().zip(&mut self.conditions).enumerate() {
            match truth {
                Truth::True => seen.is_true = true,
                Truth::False => seen.is_false = true,
                Truth::Unknown => seen.is_unknown = true,
            }
            let decided = if truth.is_true() { seen.decides_true } else { seen.decides_false };
            if decided {
                continue;
            }
            let decides = others(*truth).iter().any(|other| {
                let mut otherwise = truths.clone();
                if let Some(slot) = otherwise.get_mut(at) {
                    *slot = *other;
                }
                let then = rule.value(&otherwise, &row);
                rule.seen(&then) != now && noticed(then)
            });
            match truth {
                Truth::True => seen.decides_true |= decides,
                Truth::False => seen.decides_false |= decides,
                Truth::Unknown => {}
            }
        }
        for (taken, is_taken) in self.taken.iter_mut().zip(rule.taken(&row)) {
            *taken |= is_taken;
        }
    }
}

/// What was seen of some rules.
pub(super) struct Evidence {
    rules: Vec<RuleSeen>,
}

impl Evidence {
    pub(super) fn of(rules: &[Rule<'_>]) -> Evidence {
        Evidence { rules: rules.iter().map(RuleSeen::nothing).collect() }
    }

    /// Looks at each rule that was evaluated, for each user of whom it was not given.
    pub(super) fn look(&mut self, rules: &[Rule<'_>], moment: &Moment<'_>) {
        for id in moment.order {
            // Rules stand in order of declaration.
            let Ok(at) = rules.binary_search_by_key(id, |rule| rule.id) else { continue };
            let (Some(rule), Some(seen)) = (rules.get(at), self.rules.get_mut(at)) else { continue };
            for (user, (person, answers)) in moment.people.iter().zip(moment.answers).enumerate() {
                if !person.definitions.contains_key(&rule.id) {
                    let known = SoFar { record: &person.record, answers };
                    let noticed = |value: Value| would_fail(moment, user, rule.id, value);
                    seen.look(rule, moment.interpreter(), &known, &noticed);
                }
            }
        }
    }

    /// What was shown of a rule.
    pub(super) fn shown(&self, rulebook: &Rulebook, rules: &[Rule<'_>], at: usize) -> (Vec<Condition>, Vec<Arm>) {
        let Some((rule, seen)) = rules.get(at).zip(self.rules.get(at)) else { return (vec![], vec![]) };
        let conditions = rule.leaves.iter().zip(&seen.conditions).map(|((leaf, span), seen)| Condition {
            span: *span,
            is_true: seen.is_true,
            is_false: seen.is_false,
            is_unknown: unknown::may_be_missing(rulebook, leaf).then_some(seen.is_unknown),
            decides_true: seen.decides_true,
            decides_false: seen.decides_false,
            cannot_be: [false; 5],
        });
        let arms = rule.arms().into_iter().zip(&seen.taken).map(|(span, taken)| Arm {
            span,
            taken: *taken,
            lacks: "is never taken",
        });
        (conditions.collect(), arms.collect())
    }
}

/// Whether an expectation of the entry that holds would not, were this the value of a rule.
fn would_fail(moment: &Moment<'_>, user: usize, id: DefinitionId, value: Value) -> bool {
    let mut given: Vec<GivenValues> = moment.people.iter().map(|person| person.definitions.clone()).collect();
    if let Some(given) = given.get_mut(user) {
        given.insert(id, value);
    }
    let users: Vec<User<'_>> =
        moment.people.iter().map(|it| User { record: &it.record, children: &it.children }).collect();
    let then = moment.interpreter().evaluate_given(moment.order, &users, &given);
    moment.entry.expect.iter().any(|expectation| {
        let Expected::Condition(asked) = expectation.expected else { return false };
        let holds = |answers: Option<&crate::eval::Answers>| {
            answers.is_some_and(|answers| Truth::of(answers.value(asked)).is_true())
        };
        let user = expectation.user.unwrap_or(0);
        holds(moment.answers.get(user)) && !holds(then.get(user))
    })
}
