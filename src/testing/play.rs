//! Playing diaries: entry by entry the people of a case get what is given, are evaluated, and are held against what is expected.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    action::Turn,
    eval::{Answers, Context, GivenValues, Interpreter, User},
    ir::{Case, DefinitionId, Entry, Expected, Expr, ExprKind, Rulebook, Test},
    source::Sources,
    testing::{
        Need, Outcome, Person, Surroundings, Verdict,
        diary::{Diary, Ways},
        needs::Needs,
        stage,
        verdict::{self, Told},
    },
    value::Clock,
};

/// The tests of a rulebook, ready to be played.
#[derive(Debug)]
pub struct Suite<'s> {
    rulebook: &'s Rulebook,
    /// With what the tests ask of it.
    whole: Rulebook,
    sources: &'s Sources,
    surroundings: Surroundings,
    ways: Ways,
}

/// Which entry of which case of which test, each from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// An index into the rulebook's tests.
    pub test: usize,
    /// Of the test.
    pub case: usize,
    /// Of the case.
    pub entry: usize,
}

/// One entry that was played: everything that is needed to ask the truth of any clause for any of its people.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'m> {
    /// Where it stands.
    pub place: Place,
    /// As it was written.
    pub entry: &'m Entry,
    /// The rulebook with what its tests ask, and with the parameters of this entry.
    pub rulebook: &'m Rulebook,
    /// The clock, and the lists of this entry.
    pub context: &'m Context,
    /// Everybody in the case so far.
    pub people: &'m [Person],
    /// What each of them got, of the definitions in `order`; nothing else was evaluated.
    pub answers: &'m [Answers],
    /// What became of each of them, where anything hangs on what is remembered.
    pub turns: &'m [Turn],
    /// What was evaluated: what is expected, and all that it builds on.
    pub order: &'m [DefinitionId],
}

impl<'m> Moment<'m> {
    /// The interpreter that was asked; with a person's record and answers it answers any expression of the rulebook.
    pub fn interpreter(&self) -> Interpreter<'m> {
        Interpreter::new(self.rulebook, self.context)
    }
}

impl<'s> Suite<'s> {
    /// The tests of a checked rulebook, with what their rules read from files.
    pub fn new(rulebook: &'s Rulebook, sources: &'s Sources, surroundings: Surroundings) -> Suite<'s> {
        let whole = rulebook.with_what_is_asked();
        Suite { rulebook, ways: Ways::of(&whole), whole, sources, surroundings }
    }

    /// The rulebook whose tests they are.
    pub fn rulebook(&self) -> &'s Rulebook {
        self.rulebook
    }

    /// What is remembered from one instant of a diary to the next.
    pub(super) fn ways(&self) -> &Ways {
        &self.ways
    }

    /// The texts that places in them speak of.
    pub fn sources(&self) -> &'s Sources {
        self.sources
    }

    /// Plays the tests that are selected, in order of declaration, and says of each case how it went. Whoever watches is shown
    /// each entry after it was evaluated.
    pub fn run(&self, selected: impl Fn(&Test) -> bool, watch: &mut dyn FnMut(&Moment<'_>)) -> Vec<Verdict> {
        let mut verdicts = vec![];
        let mut context = self.context();
        for (at, test) in self.rulebook.tests.tests.iter().enumerate().filter(|(_, test)| selected(test)) {
            for (case_at, case) in test.cases.iter().enumerate() {
                let place = Place { test: at, case: case_at, entry: 0 };
                let diary = self.ways.concern(&case.entries).then(Diary::default);
                let play = Play { suite: self, test, case, people: vec![], changed: None, diary };
                verdicts.push(play.run(place, &mut context, watch));
            }
        }
        verdicts
    }

    /// What everything is asked with before a test says otherwise: in 1970.
    pub(super) fn context(&self) -> Context {
        let zone = self.rulebook.zone();
        let clock = Clock::at(0, zone).expect("1970 lies in the calendar");
        let mut context = Context::new(clock);
        context.lists = vec![Default::default(); self.rulebook.lists.len()];
        for (id, texts) in &self.surroundings.lists {
            if let (Some(slot), Ok(texts)) = (context.lists.get_mut(id.0 as usize), texts) {
                slot.clone_from(texts);
            }
        }
        let lookups = self.surroundings.lookups.iter();
        context.lookups = lookups.filter_map(|(id, rows)| Some((*id, rows.as_ref().ok()?.clone()))).collect();
        context
    }

    /// Why what is needed could not be read, where it stands in a file.
    pub(super) fn unreadable(&self, need: Need) -> Option<&str> {
        let why = match need {
            Need::List(id) => self.surroundings.lists.get(&id).map(|it| it.as_ref().err()),
            Need::Table(id) => self.surroundings.lookups.get(&id).map(|it| it.as_ref().err()),
            Need::Column(..) | Need::RowColumn(..) | Need::Key(_) => return None,
        };
        match why {
            None => Some("it was not read"),
            Some(why) => why.map(String::as_str),
        }
    }
}

/// One case that is being played.
struct Play<'p, 's> {
    suite: &'p Suite<'s>,
    test: &'p Test,
    case: &'p Case,
    people: Vec<Person>,
    /// The rulebook with the parameters of the case so far, where it changes any.
    changed: Option<Rulebook>,
    /// What is remembered of them, where anything hangs on it.
    diary: Option<Diary>,
}

impl Play<'_, '_> {
    fn run(mut self, first: Place, context: &mut Context, watch: &mut dyn FnMut(&Moment<'_>)) -> Verdict {
        let changes_lists = self.case.entries.iter().any(|entry| !entry.lists.is_empty());
        let before = changes_lists.then(|| context.lists.clone());
        let mut over = vec![];
        let mut found: Vec<Told> = vec![];
        for (at, entry) in self.case.entries.iter().enumerate() {
            self.set(entry, context, &mut over);
            let mut people = std::mem::take(&mut self.people);
            stage::give(entry, &self.case.users, &mut people, self.rulebook(), context);
            if let Some(diary) = &mut self.diary {
                diary.recall(&self.suite.ways, &mut people, context.clock.now());
            }
            self.people = people;
            self.play(entry, Place { entry: at, ..first }, context, &over, watch, &mut found);
        }
        if let Some(before) = before {
            context.lists = before;
        }
        let outcome = found.iter().map(|told| told.outcome).min().unwrap_or(Outcome::Passed);
        let found = found.into_iter().map(|told| told.diagnostic).collect();
        Verdict { place: first, span: self.case.span, outcome, found }
    }

    fn rulebook(&self) -> &Rulebook {
        self.changed.as_ref().unwrap_or(&self.suite.whole)
    }

    /// The clock, parameters and lists of an entry; what was changed before stays so.
    fn set(&mut self, entry: &Entry, context: &mut Context, over: &mut Vec<Need>) {
        let instant = entry.as_of.unwrap_or(0);
        if let Some(clock) = Clock::at(instant, context.clock.zone().clone()) {
            context.clock = clock;
        }
        for (id, value) in &entry.params {
            let rulebook = self.changed.get_or_insert_with(|| self.suite.whole.clone());
            if let Some(param) = rulebook.params.get_mut(id.0 as usize) {
                param.value = value.clone();
            }
        }
        for (id, texts) in &entry.lists {
            over.push(Need::List(*id));
            if let Some(slot) = context.lists.get_mut(id.0 as usize) {
                *slot = texts.iter().map(Arc::clone).collect();
            }
        }
    }

    fn play(
        &mut self,
        entry: &Entry,
        place: Place,
        context: &Context,
        over: &[Need],
        watch: &mut dyn FnMut(&Moment<'_>),
        found: &mut Vec<Told>,
    ) {
        let rulebook = self.changed.as_ref().unwrap_or(&self.suite.whole);
        let mut asked: Vec<DefinitionId> = vec![];
        for expectation in &entry.expect {
            match expectation.expected {
                Expected::Condition(id) => asked.push(id),
                // What becomes of a user hangs on what deeds and the policy read, too.
                Expected::Fate(id, _) => {
                    asked.push(id);
                    let mut look = |expr: &Expr| {
                        expr.each(&mut |node| match &node.kind {
                            ExprKind::Definition(id) | ExprKind::ToNext(id) => asked.push(*id),
                            _ => {}
                        });
                    };
                    if let Some(segment) = rulebook.actions.of(id) {
                        segment.each_expr(&mut look);
                        rulebook.actions.policy.require.iter().for_each(look);
                    }
                }
            }
        }
        let everywhere: Vec<GivenValues> = self.people.iter().map(|person| person.definitions.clone()).collect();
        let first = everywhere.first().into_iter().flat_map(|given| given.keys().copied());
        let by_all: BTreeSet<DefinitionId> =
            first.filter(|id| everywhere.iter().all(|given| given.contains_key(id))).collect();
        let order = rulebook.order_of(&rulebook.reads_but(asked, &by_all));
        let users: Vec<User<'_>> =
            self.people.iter().map(|it| User { record: &it.record, children: &it.children }).collect();
        let interpreter = Interpreter::new(rulebook, context);
        let answers = interpreter.evaluate_given(&order, &users, &everywhere);
        let unreadable = |need: Need| !over.contains(&need) && self.suite.unreadable(need).is_some();
        let needs = Needs::of(interpreter, &order, &self.people, &answers, &unreadable);
        let turns = self.diary.as_mut().map(|diary| {
            let sources = self.suite.sources();
            diary.turns(&self.suite.ways, interpreter, sources, &self.people, entry)
        });
        let turns = turns.unwrap_or_default();
        let (people, answers, order) = (self.people.as_slice(), answers.as_slice(), order.as_slice());
        let moment = Moment { place, entry, rulebook, context, people, answers, turns: &turns, order };
        watch(&moment);
        found.extend(verdict::judge(self.suite, self.test, self.case, &moment, &turns, &needs));
    }
}
