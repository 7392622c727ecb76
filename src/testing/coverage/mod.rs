//! What the tests of a rulebook have shown: of each condition that it was true, false, unknown, and that it decided the rule on its
//! own; of each arm that it was taken; of each number that one step more or less fails a test.
//!
//! The last is found by trying: the rulebook with the number changed is checked and all its tests are played (mutation analysis).
//! That a condition decides is modified condition/decision coverage in its masking form, where a condition that is written twice in
//! a rule is one: of some user it was true and of another false, each time the rule would have come to something else had the
//! condition alone been otherwise, and each time an expectation would have failed. Values that are given are not computed, so what
//! they stand for counts as untested.

mod case;
mod evidence;
mod excerpt;
mod guess;
mod made;
mod noticed;
mod numbers;
mod rule;
mod search;
mod setup;
mod step;
mod suggest;
mod unknown;
mod why;

pub use numbers::{Number, Step};
pub use suggest::{Suggestion, suggest};
pub use why::why;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    engine::{Checked, Rulebook},
    ir::{DefinitionId, ParamId},
    source::Span,
    testing::{Suite, Surroundings},
    value::Truth,
};
use evidence::Evidence;
use excerpt::Whole;
use noticed::Played;
use numbers::{Change, Owner};
use rule::Rule;

/// What the tests have shown of each rule and parameter, in order of declaration.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// One for each rule that has a condition or a number.
    pub rules: Vec<RuleCoverage>,
}

/// What the tests have shown of one declaration.
#[derive(Clone, Debug)]
pub struct RuleCoverage {
    /// Its name.
    pub name: String,
    /// `tag`, `level`, `param`, …
    pub kind: &'static str,
    /// Where its name stands.
    pub span: Span,
    /// Its conditions, each once however often it is written.
    pub conditions: Vec<Condition>,
    /// Its arms.
    pub arms: Vec<Arm>,
    /// Its numbers.
    pub numbers: Vec<Number>,
}

/// What was shown of a condition.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Where it stands first.
    pub span: Span,
    /// That it was true.
    pub is_true: bool,
    /// That it was false.
    pub is_false: bool,
    /// That it was unknown; none where it cannot be.
    pub is_unknown: Option<bool>,
    /// That it decided the rule, being true.
    pub decides_true: bool,
    /// That it decided the rule, being false.
    pub decides_false: bool,
}

/// What was shown of an arm.
#[derive(Clone, Debug)]
pub struct Arm {
    /// All of it.
    pub span: Span,
    /// That it was taken.
    pub taken: bool,
}

/// Something that was not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where it stands.
    pub span: Span,
    /// What was not shown of it: `is never true`.
    pub what: String,
}

/// How much of what could be shown was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// What was shown.
    pub shown: usize,
    /// What could be.
    pub all: usize,
}

impl Share {
    /// In percent, rounded down, so that only what lacks nothing has a hundred; of nothing all was shown.
    pub fn percent(self) -> usize {
        (self.shown * 100).checked_div(self.all).unwrap_or(100)
    }

    fn of(shown: impl IntoIterator<Item = bool>) -> Share {
        let mut share = Share::default();
        for is_shown in shown {
            share.all += 1;
            share.shown += usize::from(is_shown);
        }
        share
    }

    /// Whether nothing lacks.
    pub fn is_whole(self) -> bool {
        self.shown == self.all
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Share) -> Share {
        Share { shown: self.shown + other.shown, all: self.all + other.all }
    }
}

impl Coverage {
    /// Everything together.
    pub fn share(&self) -> Share {
        self.rules.iter().map(RuleCoverage::share).fold(Share::default(), Share::and)
    }

    /// What was not shown, in order of declaration.
    pub fn gaps(&self) -> Vec<Gap> {
        self.rules.iter().flat_map(RuleCoverage::gaps).collect()
    }

    /// What the tests that are selected show. `surroundings` is what the rules read from files.
    pub fn of(
        rulebook: &Rulebook,
        checked: &Checked,
        surroundings: &Surroundings,
        selected: &dyn Fn(&str) -> bool,
    ) -> Coverage {
        Measure::new(rulebook, checked, surroundings, selected).coverage().0
    }
}

impl RuleCoverage {
    /// Of its conditions: that each was true, false and, where it can be, unknown.
    pub fn shown(&self) -> Share {
        Share::of(self.conditions.iter().flat_map(|it| [Some(it.is_true), Some(it.is_false), it.is_unknown]).flatten())
    }

    /// Of its conditions: that each decided, true and false; of its arms that each was taken.
    pub fn decided(&self) -> Share {
        let conditions = self.conditions.iter().flat_map(|it| [it.decides_true, it.decides_false]);
        Share::of(conditions.chain(self.arms.iter().map(|arm| arm.taken)))
    }

    /// Of its numbers: that one step lower and one step higher is noticed.
    pub fn numbers(&self) -> Share {
        let steps = self.numbers.iter().flat_map(|it| [&it.lower, &it.higher]).flatten();
        Share::of(steps.map(|step| step.noticed))
    }

    /// Everything together.
    pub fn share(&self) -> Share {
        self.shown().and(self.decided()).and(self.numbers())
    }

    /// What was not shown, in the order written.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = vec![];
        for it in &self.conditions {
            let shown = [(it.is_true, "true"), (it.is_false, "false"), (it.is_unknown.unwrap_or(true), "unknown")];
            let never: Vec<&str> = shown.iter().filter(|(shown, _)| !shown).map(|(_, word)| *word).collect();
            if !never.is_empty() {
                gaps.push(Gap { span: it.span, what: format!("is never {}", never.join(" and never ")) });
            }
            let decides = [(it.decides_true || !it.is_true, "true"), (it.decides_false || !it.is_false, "false")];
            let never: Vec<&str> = decides.iter().filter(|(shown, _)| !shown).map(|(_, word)| *word).collect();
            if !never.is_empty() {
                gaps.push(Gap { span: it.span, what: format!("never decides, being {}", never.join(" or ")) });
            }
        }
        let arms = self.arms.iter().filter(|arm| !arm.taken);
        gaps.extend(arms.map(|arm| Gap { span: arm.span, what: "is never taken".into() }));
        for it in &self.numbers {
            let steps = [&it.lower, &it.higher].into_iter().flatten().filter(|step| !step.noticed);
            let unnoticed: Vec<String> = steps.map(|step| format!("`{}`", step.to)).collect();
            if !unnoticed.is_empty() {
                gaps.push(Gap { span: it.span, what: format!("no test fails with {}", unnoticed.join(" or ")) });
            }
        }
        gaps.sort_by_key(|gap| (gap.span.source, gap.span.start));
        gaps
    }
}

/// What is measured, and what it is measured with.
struct Measure<'m> {
    whole: Whole<'m>,
    surroundings: &'m Surroundings,
    selected: &'m dyn Fn(&str) -> bool,
    changes: Vec<Change>,
    by_owner: HashMap<Owner, Vec<usize>>,
}

impl<'m> Measure<'m> {
    fn new(
        rulebook: &'m Rulebook,
        checked: &'m Checked,
        surroundings: &'m Surroundings,
        selected: &'m dyn Fn(&str) -> bool,
    ) -> Measure<'m> {
        let ir = checked.rulebook();
        let changes = numbers::changes(rulebook, ir);
        let mut by_owner: HashMap<Owner, Vec<usize>> = HashMap::new();
        for (at, change) in changes.iter().enumerate() {
            by_owner.entry(change.owner).or_default().push(at);
        }
        Measure { whole: Whole::new(rulebook, ir), surroundings, selected, changes, by_owner }
    }

    /// The changes of somebody's numbers, by place.
    fn changes_of(&self, owner: Owner) -> impl Iterator<Item = (usize, &Change)> {
        let own = self.by_owner.get(&owner).into_iter().flatten();
        own.filter_map(|at| Some((*at, self.changes.get(*at)?)))
    }

    /// The parameters that a definition reads, itself or through others.
    fn params_behind(&self, id: DefinitionId) -> BTreeSet<ParamId> {
        let behind = self.whole.ir.reads([id]).definitions;
        behind.into_iter().flat_map(|id| excerpt::names(self.whole.ir, id).1).collect()
    }

    /// And of each change whether it is noticed.
    fn coverage(&self) -> (Coverage, Vec<bool>) {
        let whole = self.whole.ir;
        let sources = self.whole.rulebook.sources();
        let ids = (0..whole.definitions.len() as u32).map(DefinitionId);
        let rules: Vec<Rule<'_>> = ids.filter_map(|id| Rule::of(whole, id, sources)).collect();
        let suite = Suite::new(whole, sources, self.surroundings.clone());
        let mut evidence = Evidence::of(&rules);
        let mut played = Played::default();
        let verdicts = suite.run(|test| (self.selected)(&test.name), &mut |moment| {
            evidence.look(&rules, moment);
            played.look(&self.whole, moment);
        });
        let noticed = played.noticed(&self.whole, &self.changes, self.surroundings, &verdicts);
        let mut numbers = self.numbers(&noticed);
        let places: HashMap<DefinitionId, usize> = rules.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect();
        let mut found = vec![];
        for param in &whole.params {
            let numbers = numbers.remove(&param.span).unwrap_or_default();
            let name = param.name.to_string();
            found.push(RuleCoverage {
                name,
                kind: "param",
                span: param.span,
                conditions: vec![],
                arms: vec![],
                numbers,
            });
        }
        for (definition, id) in whole.definitions.iter().zip((0..).map(DefinitionId)) {
            let (conditions, arms) = match places.get(&id) {
                Some(at) => evidence.shown(whole, &rules, *at),
                None => (vec![], vec![]),
            };
            found.push(RuleCoverage {
                name: definition.name.to_string(),
                kind: definition.body.word(),
                span: definition.span,
                conditions,
                arms,
                numbers: numbers.remove(&definition.span).unwrap_or_default(),
            });
        }
        found.retain(|rule| rule.share().all > 0);
        found.sort_by_key(|rule| rule.span);
        (Coverage { rules: found }, noticed)
    }

    /// The numbers of each declaration, by the place of its name.
    fn numbers(&self, noticed: &[bool]) -> BTreeMap<Span, Vec<Number>> {
        let mut all: BTreeMap<Span, Vec<Number>> = BTreeMap::new();
        let mut parts: BTreeMap<Span, BTreeSet<usize>> = BTreeMap::new();
        for (mutant, noticed) in self.changes.iter().zip(noticed) {
            let owner = match mutant.owner {
                Owner::Definition(id) => self.whole.ir.definition(id).span,
                Owner::Param(id) => self.whole.ir.params.get(id.0 as usize).map(|it| it.span).unwrap_or_default(),
            };
            let numbers = all.entry(owner).or_default();
            if parts.entry(mutant.span).or_default().insert(mutant.part) {
                numbers.push(Number { text: mutant.text.clone(), span: mutant.span, lower: None, higher: None });
            }
            let step = Some(Step { to: mutant.to.clone(), noticed: *noticed });
            if let Some(number) = numbers.last_mut() {
                match mutant.higher {
                    true => number.higher = step,
                    false => number.lower = step,
                }
            }
        }
        all
    }
}

/// The other truths that a condition could have had.
fn others(truth: Truth) -> &'static [Truth] {
    match truth {
        Truth::True => &[Truth::False],
        Truth::False => &[Truth::True],
        Truth::Unknown => &[],
    }
}
