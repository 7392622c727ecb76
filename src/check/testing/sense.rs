//! Whether a case can be answered: by whom it is asked, of what time, and whether what is given is also computed.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    check::words,
    diagnostic::{
        Diagnostic, Sink,
        code::{BAD_OVERRIDE, GIVEN_AND_COMPUTED, NEEDS_POPULATION, UNKNOWN_USER, WITHOUT_AS_OF},
    },
    ir::{
        Body, Case, Choice, DefinitionId, Entry, Expectation, Expected, Expr, ExprKind, GivenKind, Over, ParamId,
        Reads, Rulebook, Test, Tests,
    },
    schema::{ColumnId, TableId},
    source::{Sources, Span},
    value::{Value, compare, print},
};

/// Looks at every case; the rulebook is that with what is asked.
pub(super) fn look(rulebook: &Rulebook, tests: &Tests, sources: &Sources, sink: &mut Sink) {
    for test in &tests.tests {
        for case in &test.cases {
            Sense { sources, sink, rulebook, given: case.users.iter().map(|_| Known::default()).collect() }
                .case(test, case);
        }
    }
}

/// What is given of a user so far, and where.
#[derive(Clone, Default)]
struct Known {
    columns: BTreeMap<ColumnId, Span>,
    tables: BTreeMap<TableId, (Span, bool)>,
    definitions: BTreeMap<DefinitionId, Span>,
}

struct Sense<'s> {
    sources: &'s Sources,
    sink: &'s mut Sink,
    rulebook: &'s Rulebook,
    given: Vec<Known>,
}

impl Sense<'_> {
    fn case(mut self, test: &Test, case: &Case) {
        let mut told = BTreeSet::new();
        let mut params: BTreeMap<ParamId, Value> = BTreeMap::new();
        for entry in &case.entries {
            self.take(entry);
            params.extend(entry.params.iter().cloned());
            if !entry.params.is_empty() {
                self.thresholds(entry, &params);
            }
            for known in self.given.clone() {
                self.computed_too(&known, &mut told);
            }
            let by_all = self.given_by_all();
            for expectation in &entry.expect {
                self.everybody(case, expectation, &by_all);
            }
            if entry.as_of.is_none() {
                self.time(test, entry, &by_all);
            }
        }
    }

    /// With other parameters too, the thresholds of a level go down from top to bottom.
    fn thresholds(&mut self, entry: &Entry, params: &BTreeMap<ParamId, Value>) {
        let rulebook = self.rulebook;
        let zone = rulebook.zone();
        let value = |threshold: &Expr| {
            let mut threshold = threshold;
            while let ExprKind::Widen(inner) = &threshold.kind {
                threshold = inner;
            }
            match &threshold.kind {
                ExprKind::Constant(value) => Some(value.clone()),
                ExprKind::Param(id) => {
                    let own = || rulebook.params.get(id.0 as usize).map(|param| param.value.clone());
                    params.get(id).cloned().or_else(own)
                }
                _ => None,
            }
        };
        for definition in &rulebook.definitions {
            let Body::Level(ladder) = &definition.body else { continue };
            let mut above: Option<(Value, Span)> = None;
            for arm in &ladder.arms {
                let Choice::From { threshold, .. } = &arm.choice else { continue };
                let Some(value) = value(threshold) else { continue };
                if let Some((last, place)) = &above
                    && compare::order(&value, last, &zone).is_some_and(|order| order.is_ge())
                {
                    let shown = |value: &Value| print::written(value, &zone);
                    let message = format!(
                        "with these parameters the thresholds of `{}` do not go down: {} stands below {}",
                        definition.name,
                        shown(&value),
                        shown(last)
                    );
                    self.sink.push(
                        Diagnostic::error(BAD_OVERRIDE, entry.span, message)
                            .label(*place, "this arm is to be the higher one")
                            .label(threshold.span, "and this one the lower")
                            .help("give a value that keeps the highest arm first, or change both thresholds"),
                    );
                }
                above = Some((value, threshold.span));
            }
        }
    }

    fn take(&mut self, entry: &Entry) {
        for given in &entry.given {
            let Some(known) = self.given.get_mut(given.user) else { continue };
            for field in &given.fields {
                match &field.kind {
                    GivenKind::Column(id, _) => drop(known.columns.insert(*id, field.span)),
                    GivenKind::Rows(id, rows) => drop(known.tables.insert(*id, (field.span, !rows.is_empty()))),
                    GivenKind::Definition(id, _) => drop(known.definitions.insert(*id, field.span)),
                }
            }
        }
    }

    /// The definitions that are given of every user.
    fn given_by_all(&self) -> BTreeSet<DefinitionId> {
        let mut all = self.given.iter().map(|known| known.definitions.keys().copied().collect::<BTreeSet<_>>());
        let first = all.next().unwrap_or_default();
        all.fold(first, |so_far, next| so_far.intersection(&next).copied().collect())
    }

    /// What is given is not computed, so what it would be computed from is not given.
    fn computed_too(&mut self, known: &Known, told: &mut BTreeSet<Span>) {
        for (id, place) in &known.definitions {
            let reads = self.rulebook.reads([*id]);
            let columns = known.columns.iter().filter(|(column, _)| reads.columns.contains(column));
            let columns = columns.map(|(column, at)| (*at, self.rulebook.schema.root().column(*column).name.clone()));
            let tables = known.tables.iter().filter(|(table, _)| reads.children.contains_key(table));
            let tables = tables.map(|(table, (at, _))| (*at, self.rulebook.schema.table(*table).name.clone()));
            let others =
                known.definitions.iter().filter(|(other, _)| *other != id && reads.definitions.contains(other));
            let others = others.map(|(other, at)| (*at, self.rulebook.definition(*other).name.clone()));
            let Some((at, source)) = columns.chain(tables).chain(others).min() else { continue };
            if !told.insert(*place) {
                continue;
            }
            let name = &self.rulebook.definition(*id).name;
            self.sink.push(
                Diagnostic::error(
                    GIVEN_AND_COMPUTED,
                    *place,
                    format!("`{name}` is given, and computed from `{source}`"),
                )
                .label(at, "which is given too")
                .help(format!("give one of them: `{name}`, or `{source}`")),
            );
        }
    }

    fn quoted(&self, span: Span) -> String {
        format!("`{}`", self.snippet(span))
    }

    fn snippet(&self, span: Span) -> String {
        words::snippet(self.sources, span)
    }

    fn reads(&self, expectation: &Expectation, given: &BTreeSet<DefinitionId>) -> Reads {
        let (Expected::Condition(id) | Expected::Fate(id, _)) = expectation.expected;
        self.rulebook.reads_but([id], given)
    }

    /// A question about everybody needs several users, or labels; what is asked without a label is the same for all.
    fn everybody(&mut self, case: &Case, expectation: &Expectation, given: &BTreeSet<DefinitionId>) {
        let reads = self.reads(expectation, given);
        let about_all = reads.aggregates.iter().map(|id| self.rulebook.aggregate(*id));
        let about_all = about_all.filter(|it| it.over == Over::Users).map(|it| it.span).next();
        let alone = case.users.len() == 1 && case.users.iter().all(|user| user.label.is_none());
        if let Some(place) = about_all.filter(|_| alone) {
            let message = format!(
                "{} asks about everybody, and the case gives one user without a label",
                self.quoted(expectation.span)
            );
            self.sink.push(
                Diagnostic::error(NEEDS_POPULATION, expectation.span, message)
                    .label(place, "asks about everybody")
                    .help("give several users, each with a label: `given \"u1\" { … } given \"u2\" { … }`"),
            );
        }
        let Expected::Condition(id) = expectation.expected else {
            if expectation.user.is_none() {
                self.tell_no_label(case, expectation);
            }
            return;
        };
        let Body::Let(condition) = &self.rulebook.definition(id).body else { return };
        if expectation.user.is_none() && !self.rulebook.is_everybodys(condition) {
            self.tell_no_label(case, expectation);
        }
    }

    fn tell_no_label(&mut self, case: &Case, expectation: &Expectation) {
        let Some(first) = case.users.iter().find_map(|user| user.label.as_deref()) else { return };
        let message = format!("whose {} is it?", self.quoted(expectation.span));
        let text = format!("\"{first}\": ");
        self.sink.push(
            Diagnostic::error(UNKNOWN_USER, expectation.span, message)
                .help(format!("name the user: `{text}{}`", self.snippet(expectation.span)))
                .suggest("name the user", expectation.span.before(), text),
        );
    }

    /// Rules that ask about time need a clock.
    fn time(&mut self, test: &Test, entry: &Entry, given: &BTreeSet<DefinitionId>) {
        let mut reads = Reads::default();
        for expectation in &entry.expect {
            let more = self.reads(expectation, given);
            reads.definitions.extend(more.definitions.difference(given));
            reads.aggregates.extend(more.aggregates);
        }
        let mut place = self.rulebook.asks_about_time(&reads).map(|expr| (expr.span, "asks about time"));
        let with_rows = |id: &TableId| self.given.iter().any(|known| known.tables.get(id).is_some_and(|(_, any)| *any));
        if place.is_none()
            && let Some(table) = self.rulebook.tables_in_time(&reads).into_iter().find(with_rows)
            && let Some((span, _)) = self.given.iter().find_map(|known| known.tables.get(&table))
        {
            place = Some((*span, "rows after the as-of have not happened yet"));
        }
        for value in entry.given.iter().flat_map(|given| &given.fields) {
            let relative = match &value.kind {
                GivenKind::Column(_, value) | GivenKind::Definition(_, value) => value.first_about_time(),
                GivenKind::Rows(_, rows) => {
                    rows.iter().flat_map(|row| &row.columns).find_map(|(_, value)| value.first_about_time())
                }
            };
            place = place.or(relative.map(|span| (span, "is counted from the as-of")));
        }
        if let Some((place, why)) = place {
            self.sink.push(
                Diagnostic::error(WITHOUT_AS_OF, test.span, "a test of rules about time says `as of`")
                    .label(place, why)
                    .help("write the moment that rules call now behind the test's name: `as of 2026-11-22T10:00`"),
            );
        }
    }
}
