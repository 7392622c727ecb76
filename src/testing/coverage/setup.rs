//! What a rule is asked with: which columns, names and rows it reads, and which values of each are worth trying.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    bounds,
    guess::{Spellings, Written},
    made::{Keys, Slot},
    numbers::Change,
    roots::{Roots, counts_decisions},
    unknown,
};
use crate::{
    eval::Context,
    ir::{self, Act, Body, DefinitionId, Expr, ExprKind, Function, MessagePart, Over, Reads, Requirement, TriggerKind},
    schema::{ColumnId, Role, Source, TableId},
    value::{Type, Value, hash, literal, number, print},
};

/// Users of a case of a rule that asks about everybody.
const EVERYBODY: usize = 5;

/// Users of a case at most: so many it takes to tell 4 % from 5 %, and nobody reads more.
pub(super) const CROWD: usize = 26;

/// Rows at most that are made up to tell shares apart.
const MANY: usize = 60;

/// Labels that are tried where rules ask who somebody is, and that are looked through for one that falls into a part.
const FEW_KEYS: usize = 20;
pub(super) const MANY_KEYS: usize = 60_000;

/// Letters that the other holes of a message say together.
const HOLES: usize = 30;

/// A rule and what it reads.
pub(super) struct Setup {
    pub(super) id: DefinitionId,
    given: BTreeSet<DefinitionId>,
    pub(super) reads: Reads,
    /// How many users a case may have.
    pub(super) users: Vec<usize>,
    /// One more than the rows that a user may have.
    pub(super) rows: usize,
    /// So many rows, of which so many are of one kind, that tell a share from the next one.
    pub(super) parts: Vec<(usize, usize)>,
    pub(super) labels: bool,
    pub(super) keys: Keys,
    /// Digits that floats are tried with.
    pub(super) digits: u32,
    pub(super) values: BTreeMap<Slot, Vec<Written>>,
    pub(super) row_values: BTreeMap<(TableId, ColumnId), Vec<Written>>,
}

impl Setup {
    /// What the rule is asked with: what it names is given, as long as what that is computed from is not read beside it.
    pub(super) fn of(
        ir: &ir::Rulebook,
        id: DefinitionId,
        changes: &[&Change],
        context: &Context,
        reckoned: Reckoned,
    ) -> Setup {
        Setup::of_all(ir, &[id], (&[], &[]), changes, context, reckoned)
    }

    /// What rules, and what is done about segments among them, are asked with. `exprs` are the deeds' own, and rows of `tables`
    /// set them off.
    pub(super) fn of_all(
        ir: &ir::Rulebook,
        ids: &[DefinitionId],
        (exprs, tables): (&[&ir::Expr], &[TableId]),
        changes: &[&Change],
        context: &Context,
        reckoned: Reckoned,
    ) -> Setup {
        let mut given = named(ir, ids, exprs);
        let metrics: Vec<DefinitionId> = ir.metrics().into_iter().map(|it| it.definition).collect();
        let reads = loop {
            let mut reads = ir.reads_beside(ids.iter().copied(), exprs.iter().copied(), [], &given);
            // What only the state fills is nobody's to give.
            let root = ir.schema.root();
            reads.columns.retain(|it| root.column(*it).source == Source::Data);
            reads.children.retain(|it, _| !ir.schema.table(*it).is_ledger());
            let clashes = |other: &DefinitionId| {
                let behind = ir.reads([*other]);
                let columns = behind.columns.iter().any(|it| reads.columns.contains(it));
                let rows = behind.children.keys().any(|it| reads.children.contains_key(it) || tables.contains(it));
                columns || rows || behind.definitions.iter().any(|it| it != other && given.contains(it))
            };
            // What is the same for everybody is computed where others are computed of everybody.
            let everybody = reads.aggregates.iter().any(|id| ir.aggregate(*id).over == Over::Users);
            let clash = given.iter().copied().find(clashes);
            let clash = clash.or_else(|| metrics.iter().copied().find(|id| everybody && given.contains(id)));
            let Some(clash) = clash else { break reads };
            given.remove(&clash);
        };
        let everybody = reads.aggregates.iter().any(|id| ir.aggregate(*id).over == Over::Users);
        let root = ir.schema.root();
        let labels = everybody || root.key.is_some_and(|key| reads.columns.contains(&key));
        let mut spellings = spellings(ir, (ids, exprs), &reads, &given, changes, context);
        let digits = digits(changes, spellings.reckons);
        spellings.reckons &= reckoned == Reckoned::Too;
        let mut setup = Setup {
            id: ids.first().copied().unwrap_or(DefinitionId(0)),
            given,
            users: if everybody { crowds(ir, &reads, changes) } else { vec![1] },
            reads,
            rows: spellings.rows(),
            parts: parts(changes),
            labels,
            keys: Keys::of(ir),
            digits,
            values: BTreeMap::new(),
            row_values: BTreeMap::new(),
        };
        let missing = Written { text: "missing".into(), value: Value::Missing };
        let values = |ty: &Type| spellings.values(ty, ir, context);
        for column in setup.reads.columns.iter().filter(|it| root.key != Some(**it)) {
            let declared = root.column(*column);
            let mut found = values(&declared.ty);
            found.extend(declared.optional.then(|| missing.clone()));
            setup.values.insert(Slot::Column(*column), found);
        }
        if setup.users == [1] && root.key.is_some_and(|key| setup.reads.columns.contains(&key)) {
            setup.values.insert(Slot::Key, keys(ir, (ids, exprs), &setup.reads, &spellings, context));
        }
        for given in setup.given.iter().filter(|given| setup.reads.definitions.contains(given)) {
            let definition = ir.definition(*given);
            let mut found = values(&definition.ty);
            found.retain(|it| bounds::can_come_to(ir, *given, &it.value));
            if unknown::definition_may_be_missing(ir, *given) {
                found.push(missing.clone());
            }
            setup.values.insert(Slot::Definition(*given), found);
        }
        for (table, columns) in &setup.reads.children {
            let declared = ir.schema.table(*table);
            let by = match declared.role {
                Role::Children { by, .. } => Some(by),
                Role::Root | Role::Reference => None,
            };
            for column in columns.iter().filter(|it| by != Some(**it)) {
                let of = declared.column(*column);
                let mut found = values(&of.ty);
                found.extend(of.optional.then(|| missing.clone()));
                setup.row_values.insert((*table, *column), found);
            }
            setup.values.insert(Slot::Rows(*table), vec![]);
        }
        setup
    }
}

impl Setup {
    /// More columns of a table whose rows are made up, as these expressions ask of them.
    pub(super) fn add_rows(
        &mut self,
        ir: &ir::Rulebook,
        table: TableId,
        columns: BTreeSet<ColumnId>,
        exprs: &[&Expr],
        (context, changes): (&Context, &[&Change]),
    ) {
        let declared = ir.schema.table(table);
        let by = match declared.role {
            Role::Children { by, .. } => Some(by),
            Role::Root | Role::Reference => None,
        };
        let spellings = self::spellings(ir, (&[], exprs), &Reads::default(), &BTreeSet::new(), changes, context);
        for column in columns.into_iter().filter(|it| by != Some(*it) && declared.key != Some(*it)) {
            let of = declared.column(column);
            let mut found = spellings.values(&of.ty, ir, context);
            found.extend(of.optional.then(|| Written { text: "missing".into(), value: Value::Missing }));
            self.row_values.entry((table, column)).or_insert(found);
        }
        self.values.entry(Slot::Rows(table)).or_default();
    }
}

impl Setup {
    /// The columns of rows that trigger something.
    pub(super) fn rows_of_triggers(
        &mut self,
        ir: &ir::Rulebook,
        roots: &Roots,
        context: &Context,
        numbers: &[&Change],
    ) {
        for trigger in roots.actions(ir).flat_map(|it| &it.triggers) {
            let TriggerKind::Each { table, filter } = &trigger.on else { continue };
            let mut columns: BTreeSet<ColumnId> = BTreeSet::new();
            let mut exprs: Vec<&Expr> = filter.iter().collect();
            trigger.body.deeds().for_each(|deed| deed.each_expr(&mut |expr| exprs.push(expr)));
            for expr in &exprs {
                expr.each(&mut |node| {
                    if let ir::ExprKind::ChildColumn(id) = node.kind {
                        columns.insert(id);
                    }
                });
            }
            let declared = ir.schema.table(*table);
            if let Role::Children { at: Some(at), .. } = declared.role {
                columns.insert(at);
            }
            self.add_rows(ir, *table, columns, &exprs, (context, numbers));
        }
    }

    /// Texts as long as channels allow, and a letter longer, where a message says them.
    pub(super) fn long_texts(&mut self, ir: &ir::Rulebook, roots: &Roots) {
        let mut found: BTreeSet<(ColumnId, usize)> = BTreeSet::new();
        for deed in roots.actions(ir).flat_map(|it| &it.triggers).flat_map(|trigger| trigger.body.deeds()) {
            let Act::Send { channel, message } = &deed.act else { continue };
            let requirements = ir.actions.channel(channel).into_iter().flat_map(|it| &it.requirements);
            for requirement in requirements {
                let Requirement::AtMostCharacters(most) = requirement else { continue };
                let said: usize = message
                    .parts
                    .iter()
                    .map(|part| match part {
                        MessagePart::Text(text) => text.chars().count(),
                        MessagePart::Hole { .. } => 0,
                    })
                    .sum();
                let left = (*most as usize).saturating_sub(said);
                for part in &message.parts {
                    let MessagePart::Hole { value, .. } = part else { continue };
                    if let (ir::ExprKind::Column(id), Type::Text) = (&value.kind, &value.ty) {
                        // Beside it other holes may say a few characters.
                        found.extend((left.saturating_sub(HOLES)..=left + 1).filter(|it| *it > 0).map(|it| (*id, it)));
                    }
                }
            }
        }
        for (column, length) in found {
            let text = "x".repeat(length.min(2_000));
            let written = Written { text: print::quoted_text(&text), value: Value::from(text.as_str()) };
            if let Some(values) = self.values.get_mut(&Slot::Column(column)) {
                values.push(written);
            }
        }
    }
}

/// One digit more behind the point than rules write, and as many more as `rate * 100` moves it.
fn digits(changes: &[&Change], reckons: bool) -> u32 {
    let behind =
        |text: &str| text.trim_end_matches('%').split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
    let before = |text: &str| text.parse::<u32>().map_or(0, |it| it.checked_ilog10().unwrap_or(0));
    let moved = changes.iter().map(|it| before(&it.text)).filter(|it| reckons && *it <= 3).max().unwrap_or(0);
    (1 + moved + changes.iter().map(|it| behind(&it.text)).max().unwrap_or(0).max(1)).min(9)
}

/// Labels of users who fall into different parts, and of those who stand in lists.
fn keys(
    ir: &ir::Rulebook,
    (ids, exprs): (&[DefinitionId], &[&ir::Expr]),
    reads: &Reads,
    spellings: &Spellings,
    context: &Context,
) -> Vec<Written> {
    let own = Keys::of(ir);
    let mut found: BTreeSet<String> = (0..FEW_KEYS).map(|at| own.label(at)).collect();
    if own == Keys::Numbers {
        found.extend(spellings.numbers.iter().filter(|it| it.parse::<i64>().is_ok()).cloned());
    }
    for list in &reads.lists {
        let texts = context.lists.get(list.0 as usize).into_iter().flatten();
        found.extend(texts.take(FEW_KEYS).map(ToString::to_string));
    }
    let lines: Vec<i64> = spellings.numbers.iter().filter_map(|it| it.parse().ok()).collect();
    let mut look = |expr: &ir::Expr| {
        expr.each(&mut |node| {
            let ExprKind::Call { function: Function::Bucket, arguments } = &node.kind else { return };
            let [_, salt, parts] = arguments.as_slice() else { return };
            let (ExprKind::Constant(Value::Text(salt)), ExprKind::Constant(Value::Int(parts))) =
                (&salt.kind, &parts.kind)
            else {
                return;
            };
            // One for each part that a line is drawn at.
            let mut open: BTreeSet<i64> = lines.iter().copied().filter(|it| (0..*parts).contains(it)).collect();
            // And one who stands to another side of a line where there is a part more, or less.
            let others = [parts.saturating_sub(1), parts.saturating_add(1)].into_iter().filter(|it| lines.contains(it));
            let mut turned: BTreeSet<(i64, i64)> =
                others.flat_map(|other| open.iter().map(move |line| (other, *line))).collect();
            for at in 0..MANY_KEYS {
                if open.is_empty() && turned.is_empty() {
                    break;
                }
                let key = own.label(at);
                let Some(part) = hash::bucket(&key, salt, *parts) else { break };
                let is_turned = |(other, line): &(i64, i64)| {
                    hash::bucket(&key, salt, *other).is_some_and(|then| (part < *line) != (then < *line))
                };
                let before = open.len() + turned.len();
                open.remove(&part);
                turned.retain(|it| !is_turned(it));
                if open.len() + turned.len() < before {
                    found.insert(key);
                }
            }
        });
    };
    for definition in ids.iter().chain(&reads.definitions) {
        ir.definition(*definition).body.each_expr(&mut look);
    }
    exprs.iter().for_each(|expr| look(expr));
    let written = |key: String| match own {
        Keys::Texts => Some(Written { text: print::quoted_text(&key), value: Value::from(key.as_str()) }),
        Keys::Numbers => key.parse().ok().map(|number| Written { text: key, value: Value::Int(number) }),
    };
    found.into_iter().filter_map(written).collect()
}

/// The definitions that rules name themselves and that can be given.
fn named(ir: &ir::Rulebook, ids: &[DefinitionId], exprs: &[&ir::Expr]) -> BTreeSet<DefinitionId> {
    let mut found = BTreeSet::new();
    let mut computed = BTreeSet::new();
    let mut look = |expr: &ir::Expr| {
        expr.each(&mut |node| match &node.kind {
            ExprKind::Definition(id) => drop(found.insert(*id)),
            ExprKind::ToNext(id) | ExprKind::Reached(_, id) => drop(computed.insert(*id)),
            _ => {}
        });
    };
    for definition in ids.iter().map(|id| ir.definition(*id)) {
        definition.body.each_expr(&mut look);
        definition.aggregates.iter().for_each(|id| ir.aggregate(*id).each_expr(&mut look));
    }
    exprs.iter().for_each(|expr| look(expr));
    let can_be_given = |id: &DefinitionId| match ir.definition(*id).body {
        Body::Segment(_) => false,
        Body::Let(_) | Body::Tag(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => true,
    };
    // `held(vip)`: whether somebody has it is asked in another way.
    let remembered = |id: &DefinitionId| ir.actions.memory.since.iter().any(|it| it.definition == *id);
    found.extend(ids.iter().copied().filter(|id| matches!(ir.definition(*id).body, Body::Tag(_)) && remembered(id)));
    // What is asked about is not given, but where that alone could show something.
    let asked = |id: &DefinitionId| ids.contains(id) && counts_decisions(ir, *id);
    found.retain(|id| can_be_given(id) && !computed.contains(id) && !asked(id));
    found
}

fn spellings(
    ir: &ir::Rulebook,
    (ids, exprs): (&[DefinitionId], &[&ir::Expr]),
    reads: &Reads,
    given: &BTreeSet<DefinitionId>,
    changes: &[&Change],
    context: &Context,
) -> Spellings {
    let mut spellings = Spellings::default();
    for definition in reads.definitions.iter().filter(|it| ids.contains(it) || !given.contains(it)) {
        ir.definition(*definition).body.each_expr(&mut |expr| spellings.add_texts(expr));
    }
    exprs.iter().for_each(|expr| spellings.add_texts(expr));
    for id in &reads.aggregates {
        let aggregate = ir.aggregate(*id);
        spellings.add_question(aggregate);
        aggregate.each_expr(&mut |expr| spellings.add_texts(expr));
    }
    for (table, _) in &reads.lookups {
        let keys = context.lookups.get(table).into_iter().flat_map(|rows| rows.keys());
        keys.for_each(|key| spellings.add_key(&key));
    }
    for list in &reads.lists {
        let texts = context.lists.get(list.0 as usize).into_iter().flatten();
        spellings.texts.extend(texts.min().map(ToString::to_string));
    }
    for change in changes.iter().filter(|change| change.is_number()) {
        spellings.numbers.extend([change.text.replace('_', ""), change.to.clone()]);
    }
    spellings
}

/// Whether what two numbers come to is tried beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reckoned {
    Not,
    Too,
}

/// How many users it takes to tell a share from the next one: `top 20%` of 5 from `top 21%`, of 21 from `top 19%`; and `top 10`,
/// `ntile(spend, 10)` of 11.
fn crowds(ir: &ir::Rulebook, reads: &Reads, changes: &[&Change]) -> Vec<usize> {
    let mut found: Vec<usize> = parts(changes).into_iter().map(|(all, _)| all).filter(|all| *all <= CROWD).collect();
    found.push(EVERYBODY);
    if reads.aggregates.iter().any(|id| ir.aggregate(*id).is_rank()) {
        let counts = changes.iter().filter_map(|it| it.text.parse::<usize>().ok());
        found.extend(counts.filter(|it| (EVERYBODY..CROWD).contains(it)).flat_map(|it| [it, it + 1]));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Of each share and its neighbours the fewest of whom some are within the one and not the other, and how many those are: 19 of
/// 24 are 79 %, and not 80 %.
fn parts(changes: &[&Change]) -> Vec<(usize, usize)> {
    let share = |text: &str| literal::percent(text.strip_suffix('%')?).ok().map(Value::Decimal);
    let mut found = vec![];
    for change in changes {
        let (Some(a), Some(b)) = (share(&change.text), share(&change.to)) else { continue };
        let holds = |share: &Value, part: usize, all: usize| {
            let limit = number::multiply(share, &Value::Int(all as i64));
            number::order(&Value::Int(part as i64), &limit).is_some_and(|it| it.is_lt())
        };
        let tells = |all: usize| (0..=all).find(|part| holds(&a, *part, all) != holds(&b, *part, all));
        found.extend((1..=MANY).find_map(|all| Some((all, tells(all)?))));
    }
    found
}
