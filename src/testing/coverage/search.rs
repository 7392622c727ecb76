//! The search for users who show of one rule what no test shows: made up, asked with and without each change of a number, and kept
//! where they show something new.

use std::borrow::Cow;

use super::{
    Measure, RuleCoverage, computed,
    evidence::RuleSeen,
    excerpt::{Excerpt, Fates},
    made::{Dice, Keys, Made, Piece, Slot},
    numbers::{Change, Owner},
    rule::Rule,
    setup::{Reckoned, Setup},
};
use crate::{
    eval::{Answers, Children, Context, GivenValues, Interpreter, User, reference::SoFar},
    ir::{self, DefinitionId},
    testing::{Outcome, Suite, Surroundings},
    value::Value,
};

/// Users that are made up for one rule.
pub(super) const TRIALS: usize = 8_000;

/// So many are made up of what rules write alone, before lines are looked for that lie elsewhere.
const PLAIN: usize = 400;

/// Rows that are tried without, one after the other.
const ROWS: usize = 60;

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    True(usize),
    False(usize),
    Unknown(usize),
    DecidesTrue(usize),
    DecidesFalse(usize),
    Taken(usize),
    /// By place among the changes of this search.
    Mutant(usize),
}

/// What was found for one rule.
pub(super) struct Found {
    /// A whole test, which checks and passes; none where nobody was found.
    pub(super) text: Option<String>,
    /// What is still to be shown.
    pub(super) left: Vec<Goal>,
    /// Changes that these cases notice, by their places in the whole.
    pub(super) noticed: Vec<usize>,
}

/// A rule by itself, and what it is asked with.
pub(super) struct Search<'s> {
    excerpt: Excerpt,
    pub(super) ir: ir::Rulebook,
    pub(super) setup: Setup,
    /// The same with what two numbers come to among the values.
    wide: Setup,
    /// The lists that the rule reads hold somebody of their own.
    pub(super) context: Cow<'s, Context>,
    surroundings: &'s Surroundings,
    /// The changes of numbers that nobody notices so far, by place in the whole, each with the rulebook that it makes.
    changed: Vec<(usize, Option<ir::Rulebook>)>,
}

impl<'s> Search<'s> {
    /// None of a rule that does not stand by itself.
    pub(super) fn new(
        measure: &Measure<'s>,
        id: DefinitionId,
        noticed: &[bool],
        context: &'s Context,
    ) -> Option<Search<'s>> {
        let whole = &measure.whole;
        let (mut excerpt, ir) = whole.checked_excerpt([id], &Default::default(), Fates::NotAsked)?;
        let own = ir.find(whole.ir.definition(id).name.as_str())?;
        let context = with_own_lists(&ir, own, context);
        let params = measure.params_behind(id);
        let of_params = || params.iter().flat_map(|param| measure.changes_of(Owner::Param(*param)));
        let behind = whole.ir.reads([id]).definitions;
        let of_definitions = behind.iter().flat_map(|id| measure.changes_of(Owner::Definition(*id)));
        let read: Vec<&Change> = of_definitions.chain(of_params()).map(|(_, change)| change).collect();
        let setup = Setup::of(&ir, own, &read, &context, Reckoned::Not);
        let wide = Setup::of(&ir, own, &read, &context, Reckoned::Too);
        let ours = measure.changes_of(Owner::Definition(id)).chain(of_params());
        let open = ours.filter(|(at, _)| noticed.get(*at) == Some(&false));
        let changed =
            open.map(|(at, change)| (at, excerpt.with(change.at, &change.declaration).map(|it| it.0))).collect();
        Some(Search { excerpt, ir, setup, wide, context, surroundings: measure.surroundings, changed })
    }

    /// Cases that show of the rule what no test shows.
    pub(super) fn found(&self, name: &str, wanted: &[Goal], dice: u64) -> Found {
        let rule = Rule::of(&self.ir, self.setup.id, self.excerpt.sources());
        let mut goals = wanted.to_vec();
        let mut kept: Vec<Vec<Made>> = vec![];
        let mut dice = Dice(dice);
        for trial in 0..TRIALS {
            if goals.is_empty() {
                break;
            }
            let setup = if trial % 2 == 0 { &self.setup } else { &self.wide };
            let mut made = setup.made(&kept, &mut dice);
            setup.chain(&self.ir, &self.context, &mut made, &mut dice);
            let mut tried = vec![];
            if trial > PLAIN && trial % 4 == 0 {
                let base = if dice.throw(4) == 0 { &made } else { dice.pick(&kept).unwrap_or(&made) };
                tried.extend(self.to_both_sides(rule.as_ref(), base, &mut dice).into_iter().flatten());
            }
            tried.push(made);
            for made in tried {
                let answers = self.answers(&self.ir, &made);
                if answers.iter().any(|it| !it.overlaps.is_empty()) || self.expected(&answers).is_none() {
                    continue;
                }
                let before = goals.len();
                let seen = rule.as_ref().map(|rule| self.seen(rule, &made, &answers));
                goals.retain(|goal| !self.reached(*goal, seen.as_ref(), &made, &answers));
                if goals.len() < before {
                    kept.push(made);
                }
            }
        }
        let reaches = |made: &Vec<Made>| -> Vec<bool> {
            let answers = self.answers(&self.ir, made);
            let seen = rule.as_ref().map(|rule| self.seen(rule, made, &answers));
            wanted.iter().map(|goal| self.reached(*goal, seen.as_ref(), made, &answers)).collect()
        };
        let kept = fewest(kept.iter().map(|made| (made, reaches(made))).collect());
        let kept: Vec<Vec<Made>> = kept.into_iter().map(|made| self.fewer_rows(made, &reaches)).collect();
        let cases: Vec<String> = kept.iter().filter_map(|made| self.case(made)).collect();
        let cases = self.passing(name, cases);
        if cases.is_empty() {
            return Found { text: None, left: wanted.to_vec(), noticed: vec![] };
        }
        let reached = |at: usize| wanted.contains(&Goal::Mutant(at)) && !goals.contains(&Goal::Mutant(at));
        let noticed = self.changed.iter().enumerate().filter(|(at, _)| reached(*at)).map(|(_, (at, _))| *at).collect();
        Found { text: Some(self.block(name, &cases)), left: goals, noticed }
    }

    /// The case without the rows, and the users, that it does not take, so that it can be read.
    fn fewer_rows(&self, made: &[Made], reaches: &dyn Fn(&Vec<Made>) -> Vec<bool>) -> Vec<Made> {
        let mut made = made.to_vec();
        let wanted = reaches(&made);
        let mut all: Vec<(usize, Slot, usize)> = vec![];
        for (user, of) in made.iter().enumerate() {
            for (slot, piece) in of {
                if let Piece::Rows(rows) = piece {
                    all.extend((0..rows.len()).rev().map(|at| (user, *slot, at)));
                }
            }
        }
        let serves = |fewer: &Vec<Made>| {
            let answers = self.answers(&self.ir, fewer);
            let can_be_written = answers.iter().all(|it| it.overlaps.is_empty()) && self.expected(&answers).is_some();
            can_be_written && wanted.iter().zip(reaches(fewer)).all(|(wanted, is)| !wanted || is)
        };
        for (user, slot, at) in all.into_iter().take(ROWS) {
            let mut fewer = made.clone();
            if let Some(Piece::Rows(rows)) = fewer.get_mut(user).and_then(|of| of.get_mut(&slot)) {
                rows.remove(at);
            }
            if serves(&fewer) {
                made = fewer;
            }
        }
        for user in (0..made.len()).rev().filter(|_| self.setup.labels) {
            let mut fewer = made.clone();
            fewer.remove(user);
            if !fewer.is_empty() && serves(&fewer) {
                made = fewer;
            }
        }
        made
    }

    /// Somebody at the first instant of a case, as a test plays it: there is a memory, and nothing is in it yet.
    pub(super) fn person(&self, made: &Made, at: usize) -> (Vec<Value>, Children, GivenValues) {
        self.setup.remembering(&self.ir, &self.context, made, at)
    }

    pub(super) fn goals(&self, shown: Option<&RuleCoverage>) -> Vec<Goal> {
        let mut goals = vec![];
        for (at, it) in shown.into_iter().flat_map(|shown| &shown.conditions).enumerate() {
            let open =
                [Goal::True(at), Goal::False(at), Goal::Unknown(at), Goal::DecidesTrue(at), Goal::DecidesFalse(at)];
            let shown = it.shown().into_iter().chain(it.decides());
            goals.extend(open.into_iter().zip(shown).filter(|(_, shown)| *shown == Some(false)).map(|(goal, _)| goal));
        }
        let arms = shown.into_iter().flat_map(|shown| &shown.arms).enumerate();
        goals.extend(arms.filter(|(_, arm)| !arm.taken).map(|(at, _)| Goal::Taken(at)));
        goals.extend((0..self.changed.len()).map(Goal::Mutant));
        goals
    }

    pub(super) fn answers(&self, ir: &ir::Rulebook, made: &[Made]) -> Vec<Answers> {
        let people: Vec<(Vec<Value>, Children, GivenValues)> =
            made.iter().enumerate().map(|(at, made)| self.person(made, at)).collect();
        let users: Vec<User<'_>> = people.iter().map(|(record, children, _)| User { record, children }).collect();
        let given: Vec<GivenValues> = people.iter().map(|(_, _, given)| given.clone()).collect();
        let order = ir.order_of(&self.setup.reads);
        Interpreter::new(ir, &self.context).evaluate_given(&order, &users, &given)
    }

    fn seen(&self, rule: &Rule<'_>, made: &[Made], answers: &[Answers]) -> RuleSeen {
        let mut seen = RuleSeen::nothing(rule);
        for (at, (made, answers)) in made.iter().zip(answers).enumerate() {
            let (record, ..) = self.person(made, at);
            let known = SoFar { record: &record, answers };
            seen.look(rule, Interpreter::new(&self.ir, &self.context), &known, &|_| true);
        }
        seen
    }

    fn reached(&self, goal: Goal, seen: Option<&RuleSeen>, made: &[Made], answers: &[Answers]) -> bool {
        let condition = |at: usize| seen.and_then(|seen| seen.conditions.get(at)).copied().unwrap_or_default();
        match goal {
            Goal::True(at) => condition(at).is_true,
            Goal::False(at) => condition(at).is_false,
            Goal::Unknown(at) => condition(at).is_unknown,
            Goal::DecidesTrue(at) => condition(at).decides_true,
            Goal::DecidesFalse(at) => condition(at).decides_false,
            Goal::Taken(at) => match seen {
                Some(seen) => seen.taken.get(at).copied().unwrap_or_default(),
                None => answers.iter().any(|it| computed::shows(it.value(self.setup.id))),
            },
            Goal::Mutant(at) => {
                let Some(changed) = self.changed.get(at).and_then(|(_, it)| it.as_ref()) else { return true };
                let then = self.answers(changed, made);
                let value = |answers: &Answers| self.expectation(answers);
                answers.iter().zip(&then).any(|(now, then)| value(now) != value(then))
            }
        }
    }

    /// The cases that check and pass; all at once where they do, else one by one.
    fn passing(&self, name: &str, cases: Vec<String>) -> Vec<String> {
        if cases.is_empty() || self.passes(name, &cases) {
            return cases;
        }
        cases.into_iter().filter(|case| self.passes(name, std::slice::from_ref(case))).collect()
    }

    fn passes(&self, name: &str, cases: &[String]) -> bool {
        let Some((ir, sources)) = self.excerpt.with_test(&self.block(name, cases)) else { return false };
        let suite = Suite::new(&ir, &sources, self.surroundings.clone());
        let verdicts = suite.run(|_| true, &mut |_| {});
        !verdicts.is_empty() && verdicts.iter().all(|it| it.outcome == Outcome::Passed)
    }
}

/// The context with a text in each list that a rule reads which stands in no other, so that another list is told from it.
fn with_own_lists<'c>(ir: &ir::Rulebook, id: DefinitionId, context: &'c Context) -> Cow<'c, Context> {
    let reads = ir.reads([id]);
    if reads.lists.is_empty() {
        return Cow::Borrowed(context);
    }
    let asks_who = ir.schema.root().key.is_some_and(|key| reads.columns.contains(&key));
    let mut context = context.clone();
    for (at, list) in reads.lists.iter().enumerate() {
        let Some((texts, own)) = context.lists.get_mut(list.0 as usize).zip(ir.lists.get(list.0 as usize)) else {
            continue;
        };
        let text = if asks_who { Keys::of(ir).label(at) } else { format!("one of {}", own.name) };
        *texts = [text.as_str().into()].into();
    }
    Cow::Owned(context)
}

/// Without those that reach only what others reach, too; the first found are the first to go, since later ones had to reach more.
fn fewest<T>(mut all: Vec<(T, Vec<bool>)>) -> Vec<T> {
    let mut at = 0;
    while let Some((_, own)) = all.get(at) {
        let by_others = |goal: usize| {
            let mut others = all.iter().enumerate().filter(|(other, _)| *other != at);
            others.any(|(_, (_, reached))| reached.get(goal) == Some(&true))
        };
        let needless = own.iter().enumerate().filter(|(_, reached)| **reached).all(|(goal, _)| by_others(goal));
        if needless {
            all.remove(at);
        } else {
            at += 1;
        }
    }
    all.into_iter().map(|(it, _)| it).collect()
}
