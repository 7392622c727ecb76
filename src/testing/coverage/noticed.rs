//! Which changes of numbers the tests notice: each is played against the cases that evaluate what it stands in, and no others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    excerpt::{CaseAt, Excerpt, Fates, Whole, names},
    numbers::{Change, Owner},
};
use crate::{
    ir::{self, DefinitionId, ParamId},
    testing::{Moment, Outcome, Suite, Surroundings, Verdict},
};

/// Which case evaluates what.
#[derive(Debug, Default)]
pub(super) struct Played {
    touching: HashMap<Owner, BTreeSet<CaseAt>>,
    /// Of what a case speaks: what was evaluated for it, and what it gives.
    spoken_of: HashMap<CaseAt, BTreeSet<DefinitionId>>,
    /// The cases that hang on what is decided about somebody.
    fated: BTreeSet<CaseAt>,
    /// The parameters that each definition reads itself.
    params: HashMap<DefinitionId, BTreeSet<ParamId>>,
}

impl Played {
    /// Takes note of what was evaluated.
    pub(super) fn look(&mut self, whole: &Whole<'_>, moment: &Moment<'_>) {
        let case = (moment.place.test, moment.place.case);
        if whole.is_fated(case) {
            self.fated.insert(case);
        }
        let named = |id: DefinitionId| (id.0 as usize) < whole.ir.definitions.len();
        let spoken_of = self.spoken_of.entry(case).or_default();
        spoken_of.extend(moment.people.iter().flat_map(|person| person.definitions.keys()).copied());
        for id in moment.order {
            if named(*id) {
                spoken_of.insert(*id);
                self.touching.entry(Owner::Definition(*id)).or_default().insert(case);
            }
            // What a test expects has an id of its own, which stands for the same in all of a rulebook.
            let params = self.params.entry(*id).or_insert_with(|| names(moment.rulebook, *id).1);
            for param in params.iter() {
                self.touching.entry(Owner::Param(*param)).or_default().insert(case);
            }
        }
    }

    /// Of each change whether a case that passes would not; of one that does not check, that nobody can make it unseen.
    pub(super) fn noticed(
        &self,
        whole: &Whole<'_>,
        changes: &[Change],
        surroundings: &Surroundings,
        verdicts: &[Verdict],
    ) -> Vec<bool> {
        let outcomes: HashMap<CaseAt, Outcome> =
            verdicts.iter().map(|it| ((it.place.test, it.place.case), it.outcome)).collect();
        let mut by_owner: BTreeMap<Owner, Vec<usize>> = BTreeMap::new();
        for (at, change) in changes.iter().enumerate() {
            by_owner.entry(change.owner).or_default().push(at);
        }
        let by_owner: Vec<(Owner, Vec<usize>)> = by_owner.into_iter().collect();
        let of_some = |some: &[(Owner, Vec<usize>)]| -> Vec<usize> {
            let of_one = |(owner, own): &(Owner, Vec<usize>)| {
                let changes: Vec<(usize, &Change)> =
                    own.iter().filter_map(|at| Some((*at, changes.get(*at)?))).collect();
                self.noticed_of(whole, *owner, &changes, surroundings, &outcomes)
            };
            some.iter().flat_map(of_one).collect()
        };
        // Each stands by itself, so they are spread over the processor's cores.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = by_owner.len().div_ceil(cores).max(1);
        let found: Vec<usize> = std::thread::scope(|scope| {
            let of_some = &of_some;
            let running: Vec<_> =
                by_owner.chunks(share).map(|some| (some, scope.spawn(move || of_some(some)))).collect();
            running.into_iter().flat_map(|(some, it)| it.join().unwrap_or_else(|_| of_some(some))).collect()
        });
        let mut noticed = vec![false; changes.len()];
        for at in found {
            if let Some(slot) = noticed.get_mut(at) {
                *slot = true;
            }
        }
        noticed
    }

    /// Whether deeds take a parameter once and for all.
    fn settles(&self, whole: &Whole<'_>, owner: Owner) -> bool {
        matches!(owner, Owner::Param(_)) && !whole.ir.actions.segments.is_empty()
    }

    fn noticed_of(
        &self,
        whole: &Whole<'_>,
        owner: Owner,
        changes: &[(usize, &Change)],
        surroundings: &Surroundings,
        outcomes: &HashMap<CaseAt, Outcome>,
    ) -> Vec<usize> {
        let mut cases: BTreeSet<CaseAt> = self.touching.get(&owner).cloned().unwrap_or_default();
        if matches!(owner, Owner::Deeds(_) | Owner::Shared(_)) || self.settles(whole, owner) {
            cases.extend(&self.fated);
        }
        let mut definitions: BTreeSet<DefinitionId> =
            cases.iter().filter_map(|case| self.spoken_of.get(case)).flatten().copied().collect();
        match owner {
            Owner::Definition(id) => {
                definitions.insert(id);
                definitions.extend(whole.readers(id));
            }
            Owner::Param(id) => definitions.extend(whole.param_readers(id)),
            Owner::Deeds(id) => drop(definitions.insert(id)),
            Owner::Shared(_) => {}
        }
        let fates = if cases.iter().any(|case| self.fated.contains(case)) { Fates::Asked } else { Fates::NotAsked };
        // In an excerpt the cases must come to the same as in the whole.
        let as_before = |(excerpt, ir): &(Excerpt, ir::Rulebook)| {
            let then = Suite::new(ir, excerpt.sources(), surroundings.clone()).run(|_| true, &mut |_| {});
            let before = cases.iter().map(|case| outcomes.get(case));
            then.len() == cases.len() && before.zip(&then).all(|(before, then)| before == Some(&then.outcome))
        };
        let own = whole.checked_excerpt(definitions, &cases, fates).filter(as_before);
        let Some((mut excerpt, _)) = own.or_else(|| whole.checked_whole(&cases)) else { return vec![] };
        let mut found = vec![];
        for (at, change) in changes {
            let Some((changed, sources)) = excerpt.with(change.at, &change.declaration) else {
                found.push(*at);
                continue;
            };
            let suite = Suite::new(&changed, &sources, surroundings.clone());
            let then = suite.run(|_| true, &mut |_| {});
            let before = cases.iter().map(|case| outcomes.get(case));
            let fails = |(before, then): (Option<&Outcome>, &Verdict)| {
                before == Some(&Outcome::Passed) && then.outcome != Outcome::Passed
            };
            if before.zip(&then).any(fails) {
                found.push(*at);
            }
        }
        found
    }
}
