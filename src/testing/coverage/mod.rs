//! What the tests of a rulebook have shown: of each condition that it was true, false, unknown, and that it decided the rule on its
//! own; of each arm that it was taken, of each deed that it was done; of each number that one step more or less fails a test.
//!
//! The last is found by trying: the rulebook with the number changed is checked and all its tests are played (mutation analysis).
//! That a condition decides is modified condition/decision coverage in its masking form, where a condition that is written twice in
//! a rule is one: of some user it was true and of another false, each time the rule would have come to something else had the
//! condition alone been otherwise, and each time an expectation would have failed. Values that are given are not computed, so what
//! they stand for counts as untested.

mod acted;
mod bounds;
mod case;
mod cast;
mod chain;
mod computed;
mod deeds;
mod evidence;
mod excerpt;
mod guess;
mod line;
mod made;
mod noticed;
mod numbers;
mod plot;
mod proof;
mod roots;
mod rows;
mod rule;
mod script;
mod search;
mod setup;
mod step;
mod stops;
mod suggest;
mod unknown;
mod why;
mod wordings;

pub use numbers::{Number, Step};
pub use suggest::{Suggestion, suggest};
pub use why::why;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    engine::{Checked, Rulebook},
    eval::Context,
    ir::{DefinitionId, ParamId},
    source::Span,
    syntax::ast::DeclarationKind,
    testing::{Suite, Surroundings},
    value::Truth,
};
use computed::Computed;
use deeds::Done;
use evidence::Evidence;
use excerpt::{At, Whole};
use noticed::Played;
use numbers::{Aim, Change, Owner};
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
    /// What its questions about rows ask: each condition of a `where` twice, that some row does not meet it and that one does, and
    /// each window once.
    pub rows: Vec<Arm>,
    /// Its numbers.
    pub numbers: Vec<Number>,
}

/// What was shown of a condition.
#[derive(Clone, Debug, Default)]
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
    /// What of these five cannot be, whatever is given: it does not count.
    pub cannot_be: [bool; 5],
}

/// What was shown of an arm, or of a deed.
#[derive(Clone, Debug)]
pub struct Arm {
    /// All of it.
    pub span: Span,
    /// That it was taken: of a deed that it was done.
    pub taken: bool,
    /// What is said where it was not: `is never taken`.
    pub lacks: &'static str,
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

    /// What does not count, since no case can show it, each with the reason.
    pub fn not_counted(&self) -> Vec<Gap> {
        self.rules.iter().flat_map(RuleCoverage::not_counted).collect()
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
        Share::of(self.conditions.iter().flat_map(|it| it.shown()).flatten())
    }

    /// Of its conditions: that each decided, true and false; of its arms that each was taken; of its questions about rows that what
    /// they ask decided.
    pub fn decided(&self) -> Share {
        let conditions = self.conditions.iter().flat_map(|it| it.decides()).flatten();
        Share::of(conditions.chain(self.arms.iter().chain(&self.rows).map(|arm| arm.taken)))
    }

    /// Of its numbers: that one step lower and one step higher is noticed.
    pub fn numbers(&self) -> Share {
        let steps = self.numbers.iter().flat_map(|it| [&it.lower, &it.higher]).flatten();
        Share::of(steps.filter(|step| step.not_counted.is_none()).map(|step| step.noticed))
    }

    /// Everything together.
    pub fn share(&self) -> Share {
        self.shown().and(self.decided()).and(self.numbers())
    }

    /// What was not shown, in the order written.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = vec![];
        for it in &self.conditions {
            let never: Vec<&str> = it
                .shown()
                .iter()
                .zip(TRUTHS)
                .filter(|(shown, _)| **shown == Some(false))
                .map(|(_, word)| word)
                .collect();
            if !never.is_empty() {
                gaps.push(Gap { span: it.span, what: format!("is never {}", never.join(" and never ")) });
            }
            let came_up = [it.is_true, it.is_false];
            let decides = it.decides();
            let decides = decides.iter().zip(TRUTHS).zip(came_up);
            let never: Vec<&str> = decides
                .filter(|((decides, _), came_up)| **decides == Some(false) && *came_up)
                .map(|((_, word), _)| word)
                .collect();
            if !never.is_empty() {
                gaps.push(Gap { span: it.span, what: format!("never decides, being {}", never.join(" or ")) });
            }
        }
        let arms = self.arms.iter().filter(|arm| !arm.taken);
        gaps.extend(arms.map(|arm| Gap { span: arm.span, what: arm.lacks.into() }));
        for of_one in self.rows.chunk_by(|a, b| a.span == b.span) {
            let lacks: Vec<&str> = of_one.iter().filter(|it| !it.taken).map(|it| it.lacks).collect();
            let span = of_one.first().map(|it| it.span).filter(|_| !lacks.is_empty());
            gaps.extend(span.map(|span| Gap { span, what: lacks.join(", and ") }));
        }
        for it in &self.numbers {
            let steps = [&it.lower, &it.higher].into_iter().flatten();
            let steps = steps.filter(|step| !step.noticed && step.not_counted.is_none());
            let unnoticed: Vec<String> = steps.map(|step| format!("`{}`", step.to)).collect();
            if !unnoticed.is_empty() {
                gaps.push(Gap { span: it.span, what: format!("no test fails with {}", unnoticed.join(" or ")) });
            }
        }
        gaps.sort_by_key(|gap| (gap.span.source, gap.span.start));
        gaps
    }
}

/// What a segment does is told beside who is in it.
const DEEDS: &str = "deeds of";

/// `is never true`
const TRUTHS: [&str; 3] = ["true", "false", "unknown"];

impl Condition {
    /// That it was true, false, unknown, and decided, being true and false.
    fn all(&self) -> [bool; 5] {
        let is_unknown = self.is_unknown.unwrap_or(true);
        [self.is_true, self.is_false, is_unknown, self.decides_true, self.decides_false]
    }

    /// That it was true, false, unknown; none of what does not count.
    fn shown(&self) -> [Option<bool>; 3] {
        let [is_true, is_false, is_unknown, ..] = self.cannot_be;
        let counted = |cannot: bool, shown: Option<bool>| if cannot { None } else { shown };
        [
            counted(is_true, Some(self.is_true)),
            counted(is_false, Some(self.is_false)),
            counted(is_unknown, self.is_unknown),
        ]
    }

    /// That it decided, being true and false; none of what does not count.
    fn decides(&self) -> [Option<bool>; 2] {
        let [.., is_true, is_false] = self.cannot_be;
        [(is_true, self.decides_true), (is_false, self.decides_false)]
            .map(|(cannot, shown)| if cannot { None } else { Some(shown) })
    }
}

impl RuleCoverage {
    /// What does not count, since no case can show it, each with the reason, in the order written.
    pub fn not_counted(&self) -> Vec<Gap> {
        let mut found = vec![];
        for it in &self.conditions {
            let [is_true, is_false, is_unknown, decides_true, decides_false] = it.cannot_be;
            let words = [
                (is_true, "is never true"),
                (is_false, "is never false"),
                (is_unknown, "is never unknown"),
                (decides_true && !is_true, "never decides, being true"),
                (decides_false && !is_false, "never decides, being false"),
            ];
            let why = "whatever is given, the other conditions see to that";
            let cannot = words.iter().filter(|(cannot, _)| *cannot);
            found.extend(cannot.map(|(_, what)| Gap { span: it.span, what: format!("{what}: {why}") }));
        }
        for it in &self.numbers {
            for step in [&it.lower, &it.higher].into_iter().flatten() {
                let what = step.not_counted.as_ref().map(|why| format!("is as good as `{}`: {why}", step.to));
                found.extend(what.map(|what| Gap { span: it.span, what }));
            }
        }
        found.sort_by_key(|gap| (gap.span.source, gap.span.start));
        found
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

    /// And of each change whether it is noticed, and which deeds were done.
    fn coverage(&self) -> (Coverage, Vec<bool>, Done) {
        let whole = self.whole.ir;
        let sources = self.whole.rulebook.sources();
        let ids = (0..whole.definitions.len() as u32).map(DefinitionId);
        let rules: Vec<Rule<'_>> = ids.filter_map(|id| Rule::of(whole, id, sources)).collect();
        let suite = Suite::new(whole, sources, self.surroundings.clone());
        let mut evidence = Evidence::of(&rules);
        let mut played = Played::default();
        let mut done = Done::default();
        let mut computed = Computed::default();
        let verdicts = suite.run(|test| (self.selected)(&test.name), &mut |moment| {
            evidence.look(&rules, moment);
            played.look(&self.whole, moment);
            done.look(moment);
            computed.look(moment);
        });
        let noticed = played.noticed(&self.whole, &self.changes, self.surroundings, &verdicts);
        let context = suite.context();
        let mut numbers = self.numbers(&noticed, &context);
        let places: HashMap<DefinitionId, usize> = rules.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect();
        let mut found = vec![];
        for (param, id) in whole.params.iter().zip((0..).map(ParamId)) {
            let numbers = numbers.remove(&Owner::Param(id)).unwrap_or_default();
            let name = param.name.to_string();
            found.push(RuleCoverage {
                name,
                kind: "param",
                span: param.span,
                conditions: vec![],
                arms: vec![],
                rows: vec![],
                numbers,
            });
        }
        for (definition, id) in whole.definitions.iter().zip((0..).map(DefinitionId)) {
            let (mut conditions, arms) = match places.get(&id) {
                Some(at) => evidence.shown(whole, &rules, *at),
                None => (vec![], computed.of(whole, id).into_iter().collect()),
            };
            let open = |it: &Condition| it.shown().iter().chain(&it.decides()).any(|shown| *shown == Some(false));
            if let Some(rule) = places.get(&id).and_then(|at| rules.get(*at)).filter(|_| conditions.iter().any(open))
                && let Some(possible) = proof::possible(whole, rule, sources, &context)
            {
                for (condition, possible) in conditions.iter_mut().zip(possible) {
                    let shown = condition.all();
                    for ((cannot, possible), shown) in condition.cannot_be.iter_mut().zip(possible).zip(shown) {
                        *cannot = !possible && !shown;
                    }
                }
            }
            found.push(RuleCoverage {
                name: definition.name.to_string(),
                kind: definition.body.word(),
                span: definition.span,
                conditions,
                arms,
                rows: rows::shown(&self.changes, &noticed, Owner::Definition(id)),
                numbers: numbers.remove(&Owner::Definition(id)).unwrap_or_default(),
            });
        }
        for segment in &whole.actions.segments {
            let (id, definition) = (segment.segment, whole.definition(segment.segment));
            let (conditions, words) = deeds::shown(&self.changes, &noticed, Owner::Deeds(id));
            let deeds = done.of(whole, id).into_iter().map(|(_, arm)| arm);
            found.push(RuleCoverage {
                name: definition.name.to_string(),
                kind: DEEDS,
                span: definition.span,
                conditions,
                arms: deeds.chain(words).collect(),
                rows: vec![],
                numbers: numbers.remove(&Owner::Deeds(id)).unwrap_or_default(),
            });
        }
        let shared: BTreeSet<At> = self.changes.iter().filter_map(|it| it.owner.shared()).collect();
        for at in shared {
            let Some(declaration) = self.whole.declaration(at) else { continue };
            let (conditions, arms) = deeds::shown(&self.changes, &noticed, Owner::Shared(at));
            let whole = declaration.span();
            let word = word(&declaration.kind);
            let span =
                declaration.name().map_or(Span { end: whole.start + word.len() as u32, ..whole }, |it| it.span());
            found.push(RuleCoverage {
                name: declaration.name().map(|it| it.symbol.to_string()).unwrap_or_default(),
                kind: word,
                span,
                conditions,
                arms,
                rows: vec![],
                numbers: numbers.remove(&Owner::Shared(at)).unwrap_or_default(),
            });
        }
        found.retain(|rule| rule.share().all > 0 || !rule.not_counted().is_empty());
        found.sort_by_key(|rule| rule.span);
        (Coverage { rules: found }, noticed, done)
    }

    /// Why no case can show a change, where none can.
    fn not_counted(&self, change: &Change, context: &Context) -> Option<String> {
        match change.owner {
            Owner::Shared(_) => stops::same(&self.whole, change, context.clock.zone()),
            Owner::Deeds(id) => stops::same_deed(&self.whole, id, change),
            Owner::Definition(_) | Owner::Param(_) => proof::same(&self.whole, change, context),
        }
    }

    /// The numbers of each declaration.
    fn numbers(&self, noticed: &[bool], context: &Context) -> BTreeMap<Owner, Vec<Number>> {
        let mut all: BTreeMap<Owner, Vec<Number>> = BTreeMap::new();
        let mut parts: BTreeMap<Span, BTreeSet<usize>> = BTreeMap::new();
        for (mutant, noticed) in self.changes.iter().zip(noticed) {
            let (part, higher) = match mutant.aim {
                Aim::Number { part, higher } => (part, higher),
                Aim::Border { higher } | Aim::Word { higher } => (0, higher),
                Aim::True | Aim::False | Aim::Unknown | Aim::Needed | Aim::Kept => continue,
            };
            let numbers = all.entry(mutant.owner).or_default();
            if parts.entry(mutant.span).or_default().insert(part) {
                numbers.push(Number { text: mutant.text.clone(), span: mutant.span, lower: None, higher: None });
            }
            let not_counted = if *noticed { None } else { self.not_counted(mutant, context) };
            let step = Some(Step { to: mutant.to.clone(), noticed: *noticed, not_counted });
            if let Some(number) = numbers.last_mut() {
                match higher {
                    true => number.higher = step,
                    false => number.lower = step,
                }
            }
        }
        all
    }
}

/// What is said by several segments in common.
fn word(kind: &DeclarationKind) -> &'static str {
    match kind {
        DeclarationKind::Policy(_) => "policy",
        DeclarationKind::Template(_) => "template",
        DeclarationKind::Channel(_) => "channel",
        _ => "",
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
