//! What no case can show, by the rules alone. A rule is asked about every way in which its conditions can come out together: each
//! value that it compares with constants is put on every line that they draw, and to each side; what is no such comparison is
//! taken as true, false and unknown. That is more than can happen, so what does not show there does not show at all.

use std::collections::BTreeMap;

use super::{
    bounds::bounds,
    excerpt::{Fates, Whole},
    numbers::{Change, Owner},
    roots,
    rule::Rule,
    unknown,
};
use crate::{
    eval::{Answers, Children, Context, GivenValues, Interpreter, User, reference::SoFar},
    ir::{
        Aggregate, AggregateFunction, Body, Choice, CompareOp, DefinitionId, Expr, ExprKind, Over, Rulebook, UpperEnd,
    },
    schema::TableId,
    source::Sources,
    value::{Decimal, Truth, Type, Value, Zone, compare, number, operator},
};

/// Ways that are tried at most; of more nothing is said.
const MOST: usize = 60_000;

/// Arms of a score that are taken in every combination.
const ARMS: usize = 12;

/// Tags that are given beside a score in every combination.
const TAGS: usize = 5;

/// What scores come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scores {
    /// Any number: a test may give them.
    Given,
    /// What their arms add up to.
    Computed,
}

/// Something that a condition hangs on.
#[derive(Clone, Debug)]
enum Term {
    /// A value that is compared with constants, and all that are worth trying.
    Value(Vec<Value>),
    /// A condition that is no such comparison.
    Opaque(Vec<Truth>),
}

/// How a condition hangs on its term.
#[derive(Clone, Debug)]
enum Asks {
    Compare(CompareOp, Value),
    Between(Value, Value, UpperEnd),
    In(Vec<Value>),
    IsMissing,
    IsKnown,
    Itself,
}

/// A condition: its term, by what is written, and what it asks of it.
struct Leaf<'e> {
    term: String,
    subject: &'e Expr,
    asks: Asks,
}

/// Every way in which the conditions of one or two rules can come out together.
struct Ways {
    terms: Vec<Term>,
    /// Of each rule its conditions: which term, and what is asked.
    rules: Vec<Vec<(usize, Asks)>>,
    /// `held(vip) >= 30d` is unknown of whoever is not `vip`: the terms of both.
    held: Vec<(usize, usize)>,
    zone: Zone,
}

impl Ways {
    /// None where there are too many.
    fn of(rules: &[(&Rulebook, &Rule<'_>, &Sources)], scores: Scores, context: &Context) -> Option<Ways> {
        let zone = context.clock.zone().clone();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut constants: Vec<Vec<Value>> = vec![];
        let mut subjects: Vec<(&Rulebook, &Expr, bool)> = vec![];
        let mut all = vec![];
        for (ir, rule, sources) in rules {
            let mut own = vec![];
            for (leaf, _) in &rule.leaves {
                let leaf = Leaf::of(ir, leaf, sources, context);
                let at = *names.entry(leaf.term.clone()).or_insert_with(|| {
                    constants.push(vec![]);
                    subjects.push((ir, leaf.subject, matches!(leaf.asks, Asks::Itself)));
                    constants.len() - 1
                });
                let found = constants.get_mut(at)?;
                match &leaf.asks {
                    Asks::Compare(_, it) => found.push(it.clone()),
                    Asks::Between(low, high, _) => found.extend([low.clone(), high.clone()]),
                    Asks::In(all) => found.extend(all.iter().cloned()),
                    Asks::IsMissing | Asks::IsKnown | Asks::Itself => {}
                }
                own.push((at, leaf.asks));
            }
            all.push(own);
        }
        let terms: Option<Vec<Term>> = subjects
            .iter()
            .zip(&constants)
            .map(|((ir, it, itself), all)| term(ir, it, *itself, all, scores, context))
            .collect();
        let terms = terms?;
        let ways = terms.iter().try_fold(1_usize, |ways, term| ways.checked_mul(term.len()));
        let held = subjects.iter().enumerate().flat_map(|(at, (_, expr, itself))| {
            let tags = if *itself { roots::held_tags(expr) } else { vec![] };
            let is = |tag: DefinitionId, (_, it, _): &(&Rulebook, &Expr, bool)| matches!(it.kind, ExprKind::Definition(id) if id == tag);
            let places = tags.into_iter().filter_map(|tag| subjects.iter().position(|subject| is(tag, subject)));
            places.map(move |tag| (at, tag)).collect::<Vec<_>>()
        });
        let held = held.collect();
        ways.filter(|ways| *ways <= MOST).map(|_| Ways { terms, rules: all, held, zone })
    }

    /// Shows each way: of each rule the truths of its conditions. Ends where what is shown says so.
    fn each(&self, shown: &mut dyn FnMut(&[Vec<Truth>]) -> bool) {
        let mut at = vec![0; self.terms.len()];
        loop {
            let truth = |(term, asks): &(usize, Asks)| match (self.terms.get(*term), at.get(*term)) {
                (Some(Term::Value(values)), Some(at)) => {
                    values.get(*at).map_or(Truth::Unknown, |value| asks.truth(value, &self.zone))
                }
                (Some(Term::Opaque(truths)), Some(at)) => truths.get(*at).copied().unwrap_or(Truth::Unknown),
                _ => Truth::Unknown,
            };
            let of_term = |term: usize| truth(&(term, Asks::Itself));
            let can_be =
                self.held.iter().all(|(held, tag)| of_term(*tag).is_true() || of_term(*held) == Truth::Unknown);
            if can_be {
                let truths: Vec<Vec<Truth>> = self.rules.iter().map(|rule| rule.iter().map(truth).collect()).collect();
                if !shown(&truths) {
                    return;
                }
            }
            // The next one, as an odometer counts.
            let mut place = 0;
            loop {
                let (Some(slot), Some(term)) = (at.get_mut(place), self.terms.get(place)) else { return };
                *slot += 1;
                if *slot < term.len() {
                    break;
                }
                *slot = 0;
                place += 1;
            }
        }
    }
}

impl Term {
    fn len(&self) -> usize {
        match self {
            Term::Value(values) => values.len(),
            Term::Opaque(truths) => truths.len(),
        }
    }
}

impl Asks {
    fn truth(&self, value: &Value, zone: &Zone) -> Truth {
        match self {
            Asks::Compare(op, than) => compare::compare(*op, value, than, zone),
            Asks::Between(low, high, upper) => compare::between(value, low, high, *upper, zone),
            Asks::In(all) => Truth::any_of(
                all.iter().map(|it| compare::compare(CompareOp::Equal, value, it, zone)).collect::<Vec<_>>(),
            ),
            Asks::IsMissing => compare::is_missing(value),
            Asks::IsKnown => compare::is_known(value),
            Asks::Itself => Truth::of(value),
        }
    }
}

impl<'e> Leaf<'e> {
    fn of(ir: &Rulebook, leaf: &'e Expr, sources: &Sources, context: &Context) -> Leaf<'e> {
        let constant = |expr: &Expr| constant(ir, expr, context);
        let found = match &leaf.kind {
            ExprKind::Compare { op, left, right } => match (constant(left), constant(right)) {
                (None, Some(than)) => Some((left, Asks::Compare(*op, than))),
                (Some(than), None) => Some((right, Asks::Compare(op.mirrored(), than))),
                _ => None,
            },
            ExprKind::Between { subject, low, high, upper } => {
                constant(low).zip(constant(high)).map(|(low, high)| (subject, Asks::Between(low, high, *upper)))
            }
            ExprKind::In { subject, list } => match constant(list) {
                Some(Value::List(all)) => Some((subject, Asks::In(all.to_vec()))),
                _ => None,
            },
            ExprKind::IsMissing(operand) => Some((operand, Asks::IsMissing)),
            ExprKind::IsKnown(operand) => Some((operand, Asks::IsKnown)),
            _ => None,
        };
        let text = |expr: &Expr| sources.slice(expr.span).split_whitespace().collect::<Vec<_>>().join(" ");
        let found = found.map(|(subject, asks)| (narrow(subject), asks));
        match found.filter(|(subject, asks)| is_comparable(&subject.ty, asks)) {
            Some((subject, asks)) => Leaf { term: text(subject), subject, asks },
            None => Leaf { term: format!("? {}", text(leaf)), subject: leaf, asks: Asks::Itself },
        }
    }
}

fn is_comparable(ty: &Type, asks: &Asks) -> bool {
    match ty {
        Type::Int | Type::Decimal(_) | Type::Float | Type::Choice(_) => true,
        // What lies between two texts is not tried.
        Type::Text => match asks {
            Asks::Compare(op, _) => matches!(op, CompareOp::Equal | CompareOp::NotEqual),
            Asks::In(_) | Asks::IsMissing | Asks::IsKnown | Asks::Itself => true,
            Asks::Between(..) => false,
        },
        Type::Bool | Type::Date | Type::Timestamp | Type::Duration | Type::List(_) => false,
    }
}

/// Whether a level keeps what was reached: that hangs on what was before.
fn keeps(ir: &Rulebook, id: DefinitionId) -> bool {
    match &ir.definition(id).body {
        Body::Level(ladder) | Body::Layer(ladder) => {
            ladder.arms.iter().any(|arm| matches!(&arm.choice, Choice::From { keep, .. } if !keep.is_empty()))
        }
        _ => false,
    }
}

/// Without what only makes a number wider.
fn narrow(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Widen(inner) => narrow(inner),
        _ => expr,
    }
}

/// The value of what reads nothing of anybody's.
pub(super) fn constant(ir: &Rulebook, expr: &Expr, context: &Context) -> Option<Value> {
    let mut reads = false;
    expr.each(&mut |node| {
        reads |= matches!(
            node.kind,
            ExprKind::Column(_)
                | ExprKind::ChildColumn(_)
                | ExprKind::Aggregate(_)
                | ExprKind::Reached(..)
                | ExprKind::Lookup { .. }
                | ExprKind::Definition(_)
                | ExprKind::ToNext(_)
                | ExprKind::InUploaded { .. }
        );
    });
    let answers = Answers::none(ir);
    (!reads).then(|| Interpreter::new(ir, context).row(&SoFar { record: &[], answers: &answers }).value(expr))
}

/// What is worth trying of a term.
fn term(
    ir: &Rulebook,
    expr: &Expr,
    itself: bool,
    constants: &[Value],
    scores: Scores,
    context: &Context,
) -> Option<Term> {
    let missing = unknown::may_be_missing(ir, expr);
    if itself {
        let closed = matches!(&expr.kind, ExprKind::Definition(id) if matches!(ir.definition(*id).body, Body::Tag(_) | Body::Segment(_)));
        let mut truths = vec![Truth::True, Truth::False];
        truths.extend((missing && !closed).then_some(Truth::Unknown));
        return Some(Term::Opaque(truths));
    }
    let mut values = match &expr.ty {
        Type::Choice(id) => (0..ir.choices(*id).values.len() as u32).map(Value::Choice).collect(),
        Type::Text => {
            let mut texts: Vec<Value> = constants.to_vec();
            texts.push(Value::from("\u{1}something else"));
            texts
        }
        ty => {
            let computed = if scores == Scores::Computed { score_values(ir, expr, context) } else { None };
            match computed {
                Some(values) => values,
                None => around(constants, ty, context.clock.zone())?,
            }
        }
    };
    if let Some((low, high)) = bounds(ir, expr) {
        let inside = |value: &Value| {
            let at_least = number::order(value, &Value::Int(low)).is_none_or(|it| it.is_ge());
            at_least && high.is_none_or(|high| number::order(value, &Value::Int(high)).is_none_or(|it| it.is_le()))
        };
        values.retain(inside);
        values.push(Value::Int(low));
    }
    values.extend(missing.then_some(Value::Missing));
    Some(Term::Value(values))
}

/// On each line, and to each side of it: of whole numbers one step, of others half way to the next line.
fn around(constants: &[Value], ty: &Type, zone: &Zone) -> Option<Vec<Value>> {
    let mut lines: Vec<Value> = constants.iter().filter(|it| **it != Value::Missing).cloned().collect();
    lines.sort_by(|a, b| compare::order(a, b, zone).unwrap_or(std::cmp::Ordering::Equal));
    let one = Value::Int(1);
    let mut found = vec![];
    for (at, line) in lines.iter().enumerate() {
        found.extend([line.clone(), number::subtract(line, &one), number::add(line, &one)]);
        if let (Some(next), false) = (lines.get(at + 1), *ty == Type::Int) {
            found.push(operator::multiply(&number::add(line, next), &half()));
        }
    }
    if *ty == Type::Int {
        let whole = |it: &Value| matches!(it, Value::Int(_));
        // A line between whole numbers is another for those.
        if !found.iter().all(whole) {
            return None;
        }
    }
    if found.is_empty() {
        found.push(Value::Int(0));
    }
    found.retain(|it| *it != Value::Missing);
    Some(found)
}

fn half() -> Value {
    Decimal::new(5, 1).map_or(Value::Missing, Value::Decimal)
}

/// All that a score of constant points can come to.
fn score_values(ir: &Rulebook, expr: &Expr, context: &Context) -> Option<Vec<Value>> {
    let ExprKind::Definition(id) = expr.kind else { return None };
    let Body::Score(score) = &ir.definition(id).body else { return None };
    let arms = score.arms.len();
    if arms > ARMS || !is_of_constants(ir, id, context) {
        return None;
    }
    let answers = Answers::none(ir);
    let known = SoFar { record: &[], answers: &answers };
    let row = Interpreter::new(ir, context).row(&known);
    let mut found: Vec<Value> = vec![];
    for way in 0..1_u32 << arms {
        let mut sum = row.value(&score.base);
        for (_, arm) in score.arms.iter().enumerate().filter(|(at, _)| way >> at & 1 == 1) {
            let points = row.value(&arm.points);
            sum = if arm.minus { number::subtract(&sum, &points) } else { number::add(&sum, &points) };
        }
        if let Some((low, high)) = &score.clamp {
            sum = compare::clamp(&sum, &row.value(low), &row.value(high), context.clock.zone());
        }
        if !found.contains(&sum) {
            found.push(sum);
        }
    }
    Some(found)
}

/// Whether a score's points are the same for everybody.
fn is_of_constants(ir: &Rulebook, id: DefinitionId, context: &Context) -> bool {
    let Body::Score(score) = &ir.definition(id).body else { return false };
    let ends = score.clamp.iter().flat_map(|(low, high)| [low, high]);
    let mut all = score.arms.iter().map(|arm| &arm.points).chain([&score.base]).chain(ends);
    all.all(|expr| constant(ir, expr, context).is_some())
}

/// Why no case can show that a number is not another: whatever is given, the rule comes to the same.
pub(super) fn same(whole: &Whole<'_>, change: &Change, context: &Context) -> Option<String> {
    let Owner::Definition(id) = change.owner else { return None };
    let (mut excerpt, ir) = whole.checked_excerpt([id], &Default::default(), Fates::NotAsked)?;
    let (changed, sources) = excerpt.with(change.at, &change.declaration)?;
    let name = &whole.ir.definition(id).name;
    let (own, then) = (ir.find(name.as_str())?, changed.find(name.as_str())?);
    if adds_nothing(&ir, &changed, own, then, context) {
        return Some(format!("the rows that are told apart by it add nothing to `{name}`"));
    }
    if keeps(&ir, own) || keeps(&changed, then) {
        return None;
    }
    if matches!(ir.definition(own).body, Body::Score(_))
        && !(is_of_constants(&ir, own, context) && is_of_constants(&changed, then, context))
    {
        return None;
    }
    let before = Rule::of(&ir, own, excerpt.sources())?;
    let after = Rule::of(&changed, then, &sources)?;
    let rules = [(&ir, &before, excerpt.sources()), (&changed, &after, &sources)];
    let (none, none_then) = (Answers::none(&ir), Answers::none(&changed));
    let (known, known_then) = (SoFar { record: &[], answers: &none }, SoFar { record: &[], answers: &none_then });
    let row = Interpreter::new(&ir, context).row(&known);
    let row_then = Interpreter::new(&changed, context).row(&known_then);
    let alike = |scores: Scores| {
        let mut alike = true;
        let ways = Ways::of(&rules, scores, context)?;
        ways.each(&mut |truths| {
            let [now, then] = truths else { return false };
            let (now, then) = (before.seen(&before.value(now, &row)), after.seen(&after.value(then, &row_then)));
            alike = now == then;
            alike
        });
        Some(alike)
    };
    if alike(Scores::Given)? {
        return Some(format!("however its conditions come out, `{name}` comes to the same"));
    }
    let (score, beside) = tied_score(&ir, &before)?;
    let told = |ir: &Rulebook, id: DefinitionId, given: &[(&str, Value)]| {
        let order = ir.order_of(&ir.reads([id]));
        let (record, children) = (vec![Value::Missing; ir.schema.root().columns.len()], Children::new());
        let given =
            GivenValues::from_iter(given.iter().filter_map(|(name, value)| Some((ir.find(name)?, value.clone()))));
        let user = User { record: &record, children: &children };
        let answers = Interpreter::new(ir, context).evaluate_given(&order, &[user], &[given]);
        answers.first().map(|it| it.value(id).clone())
    };
    // What may be given beside it: each of these tags, or not.
    let mut given: Vec<Vec<(&str, Value)>> = vec![vec![]];
    for tag in &beside {
        let name = ir.definition(*tag).name.as_str();
        let more: Vec<_> = given
            .iter()
            .flat_map(|own| [true, false].map(|it| own.iter().cloned().chain([(name, Value::Bool(it))]).collect()))
            .collect();
        given.extend(more);
    }
    let score_name = ir.definition(score).name.as_str();
    let lines = rules.iter().flat_map(|(ir, rule, sources)| lines_of(ir, rule, sources, context)).collect::<Vec<_>>();
    let near = around(&lines, &ir.definition(score).ty, context.clock.zone())?;
    let alone = near.iter().all(|value| {
        given.iter().all(|beside| {
            let all: Vec<(&str, Value)> = beside.iter().cloned().chain([(score_name, value.clone())]).collect();
            told(&ir, own, &all) == told(&changed, then, &all)
        })
    });
    let computed = alone && alike(Scores::Computed)?;
    computed.then(|| {
        format!("`{score_name}` never comes to what lies between, and a test gives it or what it is computed from")
    })
}

/// The score that a rule compares, where all else that it asks hangs on what the score is computed from, so that a test gives the
/// one or the other; with it the tags that may be given beside it.
fn tied_score(ir: &Rulebook, rule: &Rule<'_>) -> Option<(DefinitionId, Vec<DefinitionId>)> {
    let named = |expr: &Expr| {
        let mut found = std::collections::BTreeSet::new();
        expr.each(&mut |node| {
            if let ExprKind::Definition(id) = node.kind {
                found.insert(id);
            }
        });
        found
    };
    let is_score = |id: &DefinitionId| matches!(ir.definition(*id).body, Body::Score(_));
    let score = rule.leaves.iter().flat_map(|(leaf, _)| named(leaf)).find(is_score)?;
    let behind = ir.reads([score]);
    let others: Vec<&Expr> =
        rule.leaves.iter().map(|(leaf, _)| *leaf).filter(|leaf| !named(leaf).contains(&score)).collect();
    let tied = others.iter().all(|leaf| {
        let reads = ir.reads_of([], [*leaf], []);
        let columns = reads.columns.iter().all(|it| behind.columns.contains(it));
        columns && reads.children.keys().all(|it| behind.children.contains_key(it)) && reads.lookups.is_empty()
    });
    let beside: Vec<DefinitionId> =
        others.iter().flat_map(|leaf| named(leaf)).filter(|id| !behind.definitions.contains(id)).collect();
    let tags = beside.iter().all(|id| matches!(ir.definition(*id).body, Body::Tag(_)));
    (tied && tags && beside.len() <= TAGS && !others.is_empty()).then_some((score, beside))
}

/// The constants that a rule compares with.
fn lines_of(ir: &Rulebook, rule: &Rule<'_>, sources: &Sources, context: &Context) -> Vec<Value> {
    let asks = rule.leaves.iter().map(|(leaf, _)| Leaf::of(ir, leaf, sources, context).asks);
    let constants = asks.flat_map(|asks| match asks {
        Asks::Compare(_, it) => vec![it],
        Asks::Between(low, high, _) => vec![low, high],
        Asks::In(all) => all,
        Asks::IsMissing | Asks::IsKnown | Asks::Itself => vec![],
    });
    constants.filter(|it| matches!(it, Value::Int(_))).collect()
}

/// Whether only a sum's filter is otherwise, and only rows that are nothing are told apart by it.
fn adds_nothing(ir: &Rulebook, changed: &Rulebook, own: DefinitionId, then: DefinitionId, context: &Context) -> bool {
    let (own, then) = (&ir.definition(own).aggregates, &changed.definition(then).aggregates);
    let pairs = own.iter().zip(then).map(|(own, then)| (ir.aggregate(*own), changed.aggregate(*then)));
    let mut told_apart = false;
    for (own, then) in pairs {
        let (Some(a), Some(b)) = (&own.filter, &then.filter) else { continue };
        let (Some(a), Some(b)) = (comparison(ir, a, context), comparison(changed, b, context)) else { continue };
        if (&a.2, a.3) == (&b.2, b.3) || a.0 != b.0 {
            continue;
        }
        if !sums(own, a.0) || !sums(then, b.0) {
            return false;
        }
        let Some(values) = around(&[a.2.clone(), b.2.clone()], a.1, context.clock.zone()) else { return false };
        let zone = context.clock.zone();
        let apart = |value: &&Value| {
            let asks = |op, than: &Value| compare::compare(op, value, than, zone).is_true();
            asks(a.3, &a.2) != asks(b.3, &b.2)
        };
        let nothing = |value: &Value| number::order(value, &Value::Int(0)).is_some_and(|it| it.is_eq());
        if !values.iter().filter(apart).all(nothing) {
            return false;
        }
        told_apart = true;
    }
    told_apart && own.len() == then.len()
}

/// `points > 0` of a row's own column: which, its type, the constant, and how it is compared.
fn comparison<'e>(
    ir: &Rulebook,
    filter: &'e Expr,
    context: &Context,
) -> Option<(crate::schema::ColumnId, &'e Type, Value, CompareOp)> {
    let ExprKind::Compare { op, left, right } = &filter.kind else { return None };
    let subject = narrow(left);
    let ExprKind::ChildColumn(id) = subject.kind else { return None };
    Some((id, &subject.ty, constant(ir, right, context)?, *op))
}

/// Whether it is the sum of that column over rows.
fn sums(aggregate: &Aggregate, column: crate::schema::ColumnId) -> bool {
    let over_rows: Option<TableId> = match aggregate.over {
        Over::Children(table) => Some(table),
        Over::Users => None,
    };
    let source = aggregate.source.as_ref().map(narrow);
    over_rows.is_some()
        && matches!(aggregate.function, AggregateFunction::Sum)
        && source.is_some_and(|it| matches!(it.kind, ExprKind::ChildColumn(id) if id == column))
}

/// Of each condition of a rule whether it can be true, false and unknown, and decide, being true and false, whatever is given.
pub(super) fn possible(
    whole: &Rulebook,
    rule: &Rule<'_>,
    sources: &Sources,
    context: &Context,
) -> Option<Vec<[bool; 5]>> {
    let varies = matches!(whole.definition(rule.id).body, Body::Score(_)) && !is_of_constants(whole, rule.id, context);
    if varies || keeps(whole, rule.id) {
        return None;
    }
    let ways = Ways::of(&[(whole, rule, sources)], Scores::Given, context)?;
    let answers = Answers::none(whole);
    let known = SoFar { record: &[], answers: &answers };
    let row = Interpreter::new(whole, context).row(&known);
    let mut found = vec![[false; 5]; rule.leaves.len()];
    ways.each(&mut |truths| {
        let Some(truths) = truths.first() else { return false };
        let now = rule.seen(&rule.value(truths, &row));
        for (at, (truth, found)) in truths.iter().zip(&mut found).enumerate() {
            let decides = super::others(*truth).iter().any(|other| {
                let mut otherwise = truths.clone();
                if let Some(slot) = otherwise.get_mut(at) {
                    *slot = *other;
                }
                rule.seen(&rule.value(&otherwise, &row)) != now
            });
            let [is_true, is_false, is_unknown, decides_true, decides_false] = found;
            match truth {
                Truth::True => (*is_true, *decides_true) = (true, *decides_true || decides),
                Truth::False => (*is_false, *decides_false) = (true, *decides_false || decides),
                Truth::Unknown => *is_unknown = true,
            }
        }
        true
    });
    Some(found)
}
