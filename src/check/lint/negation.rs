//! `not (spend > 500)`, `city != "上海"`: of a missing value a comparison is unknown, and so is its negation. Who reads
//! "not more than 500" takes those of unknown spend for meant; they get nothing.
//!
//! It warns where a user can fall through: where the value may be missing, the negation is then unknown, and nothing beside
//! it deals with the missing (`spend is known and …`, `… or spend is missing`, `??`, or a condition that asks for the same
//! value without a negation and so leaves them out in any case). Where no `table` says what may be missing, it goes by the
//! data, if it is there; without, it tells the first place of each field.

use std::collections::{HashMap, HashSet};

use super::{
    Found,
    outcomes::{self, Source, Without},
    readers::Readers,
};
use crate::{
    diagnostic::{Diagnostic, Edit, Fix, code::NEGATION_OF_MISSING},
    ir::{
        AggregateFunction, AggregateId, Body, Choice, CompareOp, Definition, DefinitionId, Expr, ExprKind, HasTest,
        Over, Quorum,
    },
    schema::{self, ColumnId},
    source::Span,
};

pub(super) fn look(found: &mut Found<'_>) {
    let roots = found.roots();
    let all = (0..).map(DefinitionId).zip(&found.rulebook.definitions);
    let doubtful: HashMap<DefinitionId, &Definition> = all.filter(|(_, it)| body_negates(&it.body)).collect();
    if doubtful.is_empty() {
        return;
    }
    let named = outcomes::named(found.rulebook);
    // One warning a place, whatever is missing there.
    let mut places: Vec<Place> = vec![];
    let mut place_at: HashMap<Span, usize> = HashMap::new();
    let questions = same_questions(found);
    // What is unknown though nothing is missing is so by what stands there: `if … else missing`, `held(vip)` of who is no vip.
    let nothing = Without::nothing(found.rulebook, &named);
    let readers = Readers::of(found.rulebook);
    let turns: HashMap<DefinitionId, usize> = named.iter().enumerate().map(|(turn, id)| (*id, turn)).collect();
    let anyway: HashSet<Span> =
        doubtful.values().filter_map(|it| in_definition(&nothing, it)).map(|it| it.span).collect();
    for (source, told) in sources(found, &roots, &questions) {
        let rows = match source {
            Source::Rows(id) => questions.get(&id).map_or(&[][..], Vec::as_slice),
            Source::Column(_) | Source::Row(_) | Source::Ladder(_) => &[],
        };
        // All others are as they are where nothing is missing.
        let own = readers.all(rows.iter().map(|id| Source::Rows(*id)).chain([source]));
        let mut read: Vec<DefinitionId> = own.iter().filter(|id| turns.contains_key(id)).copied().collect();
        read.sort_by_key(|id| turns.get(id));
        let without = nothing.missing(source, rows, &read);
        let mut seen: Vec<Negation> = vec![];
        for definition in own.iter().filter_map(|id| doubtful.get(id)) {
            // The first of each rule: who has read it once has read it.
            seen.extend(in_definition(&without, definition).filter(|it| !anyway.contains(&it.span)));
        }
        if told == Told::Once {
            seen.sort_by_key(|it| it.span);
            seen.truncate(1);
        }
        for negation in seen {
            let words = found.names_of(source, &negation.lookups);
            let at = *place_at.entry(negation.span).or_insert(places.len());
            match places.get_mut(at) {
                Some(place) => place.missing.extend(words),
                None => places.push(Place {
                    span: negation.span,
                    root: negation.root,
                    branches: negation.branches,
                    missing: words,
                }),
            }
        }
    }
    for place in places {
        let diagnostic = tell(found, &place);
        found.sink.push(diagnostic);
    }
}

/// The first negation of a definition that the source makes unknown. In a level or layer with `otherwise` nobody is left out:
/// those go on to a later arm, and every run counts them.
fn in_definition(without: &Without<'_>, definition: &Definition) -> Option<Negation> {
    let caught = match &definition.body {
        Body::Level(ladder) | Body::Layer(ladder) => {
            ladder.arms.iter().any(|arm| matches!(arm.choice, Choice::Otherwise))
        }
        Body::Let(_) | Body::Tag(_) | Body::Score(_) | Body::Funnel(..) | Body::Segment(_) => false,
    };
    let mut seen = vec![];
    definition.body.each_expr(&mut |root| {
        if !caught {
            Walk { without, seen: &mut seen }.root(root);
        }
        root.each(&mut |node| {
            if let ExprKind::If { condition, .. } = &node.kind {
                Walk { without, seen: &mut seen }.branching(condition);
            }
        });
    });
    seen.into_iter().min_by_key(|it| it.span)
}

/// A negation that leaves users out.
struct Place {
    span: Span,
    root: Span,
    /// Whether it is the condition of an `if`.
    branches: bool,
    /// What may be missing, in words.
    missing: Vec<String>,
}

fn tell(found: &Found<'_>, place: &Place) -> Diagnostic {
    let list = place.missing.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" or ");
    let each =
        |ask: &str, join: &str| place.missing.iter().map(|it| format!("{it} is {ask}")).collect::<Vec<_>>().join(join);
    let (open, close) = if place.span == place.root { ("", "") } else { ("(", ")") };
    let (known, missing) = (each("known", " and "), each("missing", " or "));
    let (before, after) = (format!("{open}{known} and "), format!(" or {missing}{close}"));
    let edit = |span: Span, text: &str| Edit { span, text: text.to_owned() };
    let (start, end) = (place.span.before(), place.span.after());
    let title = |text: &str| format!("write `{text}`");
    let around = |one: &str, two: &str| vec![edit(start, one), edit(end, two)];
    let fix = |title, edits: Vec<Edit>| Fix {
        title,
        edits: edits.into_iter().filter(|edit| !edit.text.is_empty()).collect(),
        certain: false,
    };
    let shown = found.words(place.span);
    let shown = if shown.chars().count() > 60 { "…".to_owned() } else { shown };
    let message = match place.branches {
        true => format!("users whose {list} is missing go on with `else` here"),
        false => format!("this leaves out users whose {list} is missing"),
    };
    Diagnostic::warning(NEGATION_OF_MISSING, place.span, message)
        .note("what is missing is unknown, and so is its negation")
        .help(format!("if they are meant too, add `or {missing}`; if they are not, `{known} and`"))
        .with_fix(fix(title(&format!("{shown} or {missing}")), around(open, &after)))
        .with_fix(fix(title(&format!("{known} and {shown}")), around(&before, close)))
}

/// How often a source is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// At each place.
    Everywhere,
    /// At the first place: nothing says that it is ever missing.
    Once,
}

/// Questions over a user's rows that may have no answer: the first of those that are written alike, and all of them.
fn same_questions(found: &Found<'_>) -> HashMap<AggregateId, Vec<AggregateId>> {
    let mut by_words: HashMap<Vec<&str>, AggregateId> = HashMap::new();
    let mut alike: HashMap<AggregateId, Vec<AggregateId>> = HashMap::new();
    for (at, aggregate) in found.rulebook.aggregates.iter().enumerate() {
        if aggregate.over != Over::Users && is_missing_of_no_rows(&aggregate.function) {
            let id = AggregateId(at as u32);
            let words = found.sources.slice(aggregate.span).split_whitespace().collect();
            alike.entry(*by_words.entry(words).or_insert(id)).or_default().push(id);
        }
    }
    alike
}

/// What may be missing, of what the rules read.
fn sources(
    found: &Found<'_>,
    roots: &[&Expr],
    questions: &HashMap<AggregateId, Vec<AggregateId>>,
) -> Vec<(Source, Told)> {
    let table = found.rulebook.schema.root();
    let mut all = vec![];
    for (at, column) in
        table.columns.iter().enumerate().filter(|(_, column)| column.optional && column.source != schema::Source::State)
    {
        if table.key == Some(ColumnId(at as u32)) {
            continue;
        }
        let source = Source::Column(ColumnId(at as u32));
        match found.facts {
            _ if table.declared => all.push((source, Told::Everywhere)),
            None => all.push((source, Told::Once)),
            Some(facts) => {
                let known = facts.columns.iter().find(|it| it.header == column.header);
                if known.is_some_and(|it| it.missing) {
                    all.push((source, Told::Everywhere));
                }
            }
        }
    }
    for (at, definition) in found.rulebook.definitions.iter().enumerate() {
        if let Body::Level(ladder) | Body::Layer(ladder) = &definition.body
            && !ladder.arms.iter().any(|arm| matches!(arm.choice, Choice::Otherwise))
        {
            all.push((Source::Ladder(DefinitionId(at as u32)), Told::Everywhere));
        }
    }
    let mut first: Vec<AggregateId> = questions.keys().copied().collect();
    first.sort_unstable();
    all.extend(first.into_iter().map(|id| (Source::Rows(id), Told::Everywhere)));
    let mut tables = HashSet::new();
    for root in roots {
        root.each(&mut |node| {
            if let ExprKind::Lookup { table, .. } = &node.kind
                && tables.insert(*table)
            {
                all.push((Source::Row(*table), Told::Everywhere));
            }
        });
    }
    all
}

fn is_missing_of_no_rows(function: &AggregateFunction) -> bool {
    match function {
        AggregateFunction::Average
        | AggregateFunction::Least
        | AggregateFunction::Greatest
        | AggregateFunction::First
        | AggregateFunction::Last
        | AggregateFunction::Most
        | AggregateFunction::Quantile(_)
        | AggregateFunction::Funnel(_, _) => true,
        AggregateFunction::Count
        | AggregateFunction::CountDistinct
        | AggregateFunction::Any
        | AggregateFunction::Sum
        | AggregateFunction::Distinct
        | AggregateFunction::Top(_)
        | AggregateFunction::Bottom(_)
        | AggregateFunction::Ntile(_) => false,
    }
}

fn body_negates(body: &Body) -> bool {
    let mut found = false;
    body.each_expr(&mut |expr| found |= negates(expr));
    found
}

fn negates(root: &Expr) -> bool {
    let mut negates = false;
    root.each(&mut |node| {
        negates |= matches!(
            node.kind,
            ExprKind::Not(_)
                | ExprKind::Compare { op: CompareOp::NotEqual, .. }
                | ExprKind::HasOf { test: HasTest::None, .. }
                | ExprKind::Quorum { quorum: Quorum::None, .. }
        );
    });
    negates
}

/// A negation that is unknown where the source is missing.
struct Negation {
    span: Span,
    /// The whole condition.
    root: Span,
    /// Whether it is the condition of an `if`.
    branches: bool,
    /// The lookups that it asks, where the source is a row, or the names of such.
    lookups: Vec<Span>,
}

struct Walk<'w, 'r> {
    without: &'w Without<'r>,
    seen: &'w mut Vec<Negation>,
}

/// Where a walk stands.
#[derive(Clone, Copy)]
struct Here {
    root: Span,
    branches: bool,
    /// The outermost `not` around it, of an odd number of them.
    not: Option<Span>,
}

impl Walk<'_, '_> {
    fn root(&mut self, expr: &Expr) {
        self.condition(expr, Here { root: expr.span, branches: false, not: None });
    }

    /// The condition of an `if`, which goes on with `else` where it is unknown.
    fn branching(&mut self, expr: &Expr) {
        self.condition(expr, Here { root: expr.span, branches: true, not: None });
    }

    fn condition(&mut self, expr: &Expr, here: Here) {
        if !self.without.of(expr).can_be_unknown() {
            return;
        }
        let negated = here.not.is_some();
        match &expr.kind {
            ExprKind::Not(inner) => {
                let not = if negated { None } else { Some(expr.span) };
                self.condition(inner, Here { not, ..here });
            }
            ExprKind::And(all) => self.joined(all, !negated, here),
            ExprKind::Or(all) => self.joined(all, negated, here),
            ExprKind::Quorum { quorum, conditions } => match quorum {
                Quorum::All => self.joined(conditions, !negated, here),
                Quorum::Any => self.joined(conditions, negated, here),
                Quorum::AtLeast(_) => self.joined(conditions, false, here),
                Quorum::None => {
                    let not = if negated { None } else { Some(expr.span) };
                    self.joined(conditions, negated, Here { not, ..here });
                }
            },
            ExprKind::Compare { op: CompareOp::NotEqual, .. } | ExprKind::HasOf { test: HasTest::None, .. } => {
                if here.not.is_none() {
                    self.tell(expr, expr.span, here);
                }
            }
            ExprKind::If { then, otherwise, .. } => {
                self.condition(then, here);
                self.condition(otherwise, here);
            }
            ExprKind::Coalesce(_) => {}
            _ => {
                if let Some(not) = here.not {
                    self.tell(expr, not, here);
                }
            }
        }
    }

    /// Conditions of which all must be true, or any. Where all must and one of them asks for the source without a negation,
    /// those without it are out in any case.
    fn joined(&mut self, all: &[Expr], all_must: bool, here: Here) {
        if all_must && all.iter().any(|part| self.demands(part, here.not.is_some())) {
            return;
        }
        for part in all {
            self.condition(part, here);
        }
    }

    fn demands(&self, part: &Expr, negated: bool) -> bool {
        let outcomes = self.without.of(part);
        let never = if negated { !outcomes.can_be_false() } else { !outcomes.can_be_true() };
        let mut seen = vec![];
        let not = negated.then_some(part.span);
        Walk { without: self.without, seen: &mut seen }.condition(part, Here { root: part.span, branches: false, not });
        never && seen.is_empty()
    }

    fn tell(&mut self, expr: &Expr, span: Span, here: Here) {
        if self.seen.iter().any(|it| it.span == span) {
            return;
        }
        let mut lookups = vec![];
        expr.each(&mut |node| {
            if matches!(node.kind, ExprKind::Lookup { .. } | ExprKind::Definition(_))
                && self.without.of(node).can_be_unknown()
            {
                lookups.push(node.span);
            }
        });
        self.seen.push(Negation { span, root: here.root, branches: here.branches, lookups });
    }
}
