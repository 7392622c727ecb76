//! Questions over the same rows, made ready to be asked of many rows at once: conditions that several of them share are answered
//! once, and elements are columns.

use std::sync::Arc;

use crate::{
    column::Column,
    eval::{
        Interpreter,
        constants::AsOf,
        rows::element_type,
        whole::{
            asked::Rows,
            slots::{Key, What},
            truths::{self, Bits, Truths, has},
        },
    },
    ir::{Aggregate, AggregateFunction, AggregateId, Expr, ExprKind, Over},
    plan::{NodeId, Plan, Slot},
    schema::ColumnId,
    value::Value,
};

/// Questions over the same rows.
#[derive(Debug)]
pub(super) struct Clauses<'a> {
    plan: Plan<'a>,
    pub(super) questions: Vec<Question<'a>>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) id: AggregateId,
    pub(super) aggregate: &'a Aggregate,
    /// What a row must meet.
    condition: Option<NodeId>,
    element: Source<'a>,
    /// Whether the element is a column that is never missing.
    is_known: bool,
    /// What stands behind `by`.
    weight: Option<Source<'a>>,
    /// Of a funnel: its steps.
    steps: Vec<Option<NodeId>>,
    /// Of a funnel: what events of a chain have in common.
    pub(super) group: Option<ColumnId>,
}

/// Where elements come from.
#[derive(Debug)]
enum Source<'a> {
    /// The rows themselves are asked about.
    Row,
    /// They stand in a column.
    Slot(Slot),
    /// The plain interpreter finds them.
    Computed(&'a Expr),
}

/// What the rows of a piece are to the questions.
#[derive(Debug)]
pub(super) struct Found {
    /// By question.
    pub(super) of: Vec<FoundOf>,
}

/// What rows are to one question.
#[derive(Debug)]
pub(super) struct FoundOf {
    /// Rows that the clause lets through and whose element is known; none where all are.
    pub(super) take: Option<Arc<Bits>>,
    pub(super) element: Elements,
    pub(super) weight: Elements,
    /// Of a funnel: a bit for each step that a row meets.
    pub(super) meets: Vec<u64>,
}

/// The elements of a piece.
#[derive(Debug)]
pub(super) enum Elements {
    /// The rows themselves.
    Rows,
    /// A column that is there.
    Slot(Slot),
    /// Found for this.
    Own(Column),
}

/// Rows that a condition lets through and of which an element is known.
type Taken = (Option<NodeId>, Option<Slot>, Option<Arc<Bits>>);

impl<'a> Clauses<'a> {
    /// Makes questions over the same rows ready.
    pub(super) fn of(interpreter: Interpreter<'a>, over: Over, ids: &[AggregateId]) -> Clauses<'a> {
        let rulebook = interpreter.rulebook();
        let mut lists: Vec<Vec<&'a Expr>> = vec![];
        let mut drafts = vec![];
        for id in ids {
            let aggregate = rulebook.aggregate(*id);
            lists.push(aggregate.window.iter().chain(&aggregate.filter).collect());
            let (steps, group) = match &aggregate.function {
                AggregateFunction::Funnel(steps, by) => (&steps[..], *by),
                _ => (&[][..], None),
            };
            lists.extend(steps.iter().map(|step| vec![&step.condition]));
            drafts.push((*id, aggregate, steps.len(), group));
        }
        let (plan, nodes) = Plan::of_clauses(rulebook, over, &lists, &AsOf::of(interpreter));
        let source = |expr: &'a Expr| match (&expr.kind, over) {
            (ExprKind::ChildColumn(id), _) | (ExprKind::Column(id), Over::Users) => Source::Slot(Slot::Column(*id)),
            (ExprKind::Definition(id), Over::Users) => Source::Slot(Slot::Definition(*id)),
            _ => Source::Computed(expr),
        };
        let table = match over {
            Over::Children(table) => rulebook.schema.table(table),
            Over::Users => rulebook.schema.root(),
        };
        let is_known = |source: &Source<'_>| match source {
            Source::Slot(Slot::Column(id)) => table.columns.get(id.0 as usize).is_some_and(|column| !column.optional),
            Source::Row => true,
            Source::Slot(_) | Source::Computed(_) => false,
        };
        let mut nodes = nodes.into_iter();
        let questions = drafts.into_iter().map(|(id, aggregate, steps, group)| {
            let element = aggregate.source.as_ref().map_or(Source::Row, source);
            Question {
                id,
                aggregate,
                condition: nodes.next().flatten(),
                is_known: is_known(&element),
                element,
                weight: aggregate.by.as_ref().map(source),
                steps: nodes.by_ref().take(steps).collect(),
                group,
            }
        });
        let questions = questions.collect();
        Clauses { plan, questions }
    }

    /// What rows are to the questions.
    pub(super) fn ask(&self, rows: &Rows<'_>) -> Found {
        let truths = truths::answer(&self.plan, rows);
        // Questions that let the same rows through share the bits.
        let mut known: Vec<Taken> = vec![];
        let of = self.questions.iter().map(|question| {
            let condition = question.condition.and_then(|id| truths.get(id.0 as usize));
            let element = question.element.of(rows, condition, element_type(question.aggregate));
            let own = match &element {
                Elements::Slot(slot) => Some(*slot),
                Elements::Rows | Elements::Own(_) => None,
            };
            let is_shared = !matches!(element, Elements::Own(_));
            let same =
                known.iter().find(|(node, column, _)| is_shared && *node == question.condition && *column == own);
            let take = match same {
                Some((_, _, take)) => take.clone(),
                None => {
                    let take = taken(rows, condition, &element).map(Arc::new);
                    if is_shared {
                        known.push((question.condition, own, take.clone()));
                    }
                    take
                }
            };
            let weight = match (&question.weight, &question.aggregate.by) {
                (Some(source), Some(by)) => source.of(rows, condition, &by.ty),
                _ => Elements::Rows,
            };
            FoundOf { take, element, weight, meets: question.meets(&truths, rows.len()) }
        });
        Found { of: of.collect() }
    }
}

impl Found {
    /// Of pieces one behind the other, each but the last of so many rows, a multiple of 64.
    pub(super) fn joined(parts: Vec<Found>, questions: usize, rows: usize) -> Found {
        let mut of: Vec<FoundOf> = vec![];
        let many = parts.len();
        let mut parts: Vec<std::vec::IntoIter<FoundOf>> = parts.into_iter().map(|part| part.of.into_iter()).collect();
        for _ in 0..questions {
            let own: Vec<FoundOf> = parts.iter_mut().filter_map(Iterator::next).collect();
            let any = own.iter().any(|part| part.take.is_some());
            let take = any.then(|| {
                let mut bits: Bits = Vec::with_capacity(many * rows / 64);
                for part in &own {
                    match &part.take {
                        Some(take) => bits.extend_from_slice(take),
                        None => bits.resize(bits.len() + rows / 64, u64::MAX),
                    }
                }
                Arc::new(bits)
            });
            let mut own = own.into_iter();
            let Some(first) = own.next() else {
                of.push(FoundOf { take, element: Elements::Rows, weight: Elements::Rows, meets: vec![] });
                continue;
            };
            let joined = own.fold(first, |mut all, part| {
                all.element.append(part.element);
                all.weight.append(part.weight);
                all
            });
            of.push(FoundOf { take, ..joined });
        }
        Found { of }
    }
}

impl Question<'_> {
    /// What is kept of it can be shared with questions of the same key. `at` is its own place among them.
    pub(super) fn key(&self, at: usize, what: What) -> Key {
        let element = match &self.element {
            Source::Slot(_) if what == What::Count && self.is_known => None,
            Source::Slot(slot) => Some(*slot),
            Source::Row | Source::Computed(_) => None,
        };
        let own = matches!(self.element, Source::Computed(_)).then_some(at);
        (what, self.condition, element, own)
    }

    pub(super) fn is_funnel(&self) -> bool {
        matches!(self.aggregate.function, AggregateFunction::Funnel(..))
    }

    /// A bit for each step that a row meets.
    fn meets(&self, truths: &[Truths], rows: usize) -> Vec<u64> {
        if self.steps.is_empty() {
            return vec![];
        }
        let mut meets = vec![0; rows];
        for (step, node) in self.steps.iter().enumerate().take(crate::ir::FUNNEL_STEPS) {
            let Some(truths) = node.and_then(|id| truths.get(id.0 as usize)) else { continue };
            for (row, meets) in meets.iter_mut().enumerate() {
                *meets |= u64::from(has(&truths.yes, row)) << step;
            }
        }
        meets
    }
}

impl Source<'_> {
    fn of(&self, rows: &Rows<'_>, condition: Option<&Truths>, ty: &crate::value::Type) -> Elements {
        match self {
            Source::Row => Elements::Rows,
            Source::Slot(slot) => Elements::Slot(*slot),
            Source::Computed(expr) => {
                let mut asking = rows.asking(&[expr]);
                let mut column = Column::new(ty);
                column.grow(rows.len());
                for row in 0..rows.len() {
                    if rows.is_somebodys(row) && condition.is_none_or(|it| has(&it.yes, row)) {
                        column.set(row, &asking.ask(row, |row| row.value(expr)));
                    }
                }
                Elements::Own(column)
            }
        }
    }
}

impl Elements {
    /// Those of the next piece.
    fn append(&mut self, other: Elements) {
        if let (Elements::Own(all), Elements::Own(part)) = (self, other) {
            all.append(part);
        }
    }

    /// The column that they stand in; none of the rows themselves.
    pub(super) fn column<'c>(&'c self, rows: impl Fn(Slot) -> Option<&'c Column>) -> Option<&'c Column> {
        match self {
            Elements::Rows => None,
            Elements::Slot(slot) => rows(*slot),
            Elements::Own(column) => Some(column),
        }
    }

    /// The value of a row.
    pub(super) fn value<'c>(&'c self, rows: impl Fn(Slot) -> Option<&'c Column>, row: usize) -> Value {
        match self {
            Elements::Rows => Value::Bool(true),
            Elements::Slot(_) | Elements::Own(_) => self.column(rows).map_or(Value::Missing, |column| column.get(row)),
        }
    }
}

/// Rows that meet the condition and whose element is known; none where all do.
fn taken(rows: &Rows<'_>, condition: Option<&Truths>, element: &Elements) -> Option<Bits> {
    let known = match element {
        Elements::Rows => None,
        Elements::Slot(slot) => match rows.place(*slot) {
            Some(place) if place.column().all_known() => None,
            Some(place) => Some(place.known(rows.len())),
            None => Some(truths::none(rows.len())),
        },
        Elements::Own(column) => (!column.all_known()).then(|| column.known().to_vec()),
    };
    match (condition, known) {
        (None, known) => known,
        (Some(condition), None) => Some(condition.yes.clone()),
        (Some(condition), Some(mut known)) => {
            known.iter_mut().zip(&condition.yes).for_each(|(known, yes)| *known &= yes);
            Some(known)
        }
    }
}
