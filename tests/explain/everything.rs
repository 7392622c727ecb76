//! What is told of rules of every kind holds: a way in leads in, by the smallest amount; an instant is the first one.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tagwell::{
    eval::{Answers, GivenValues, Interpreter, User, reference::SoFar},
    explain::{Asked, Change, Explained, explain},
    ir::{AggregateId, Body, DefinitionId, ExprKind},
    value::{Truth, Type, Value, number},
};

use super::{
    Rules, Someone, applied,
    book::{self, About},
    config, later, others,
};

/// A user with changes: columns in their record; what is found from rows, given.
#[derive(Clone, Debug, Default)]
struct Changed {
    record: Vec<Value>,
    definitions: GivenValues,
    aggregates: BTreeMap<AggregateId, Value>,
    reached: BTreeMap<AggregateId, Value>,
}

/// A value of a level or funnel by its name.
fn value(rules: &Rules, ty: &Type, to: &Value) -> Value {
    match (ty, to) {
        (Type::Choice(id), Value::Text(name)) => {
            let values = &rules.rulebook().choices(*id).values;
            let rank = values.iter().position(|it| it.name.as_str() == &**name).expect("it has such a value");
            Value::Choice(rank as u32)
        }
        (_, to) => to.clone(),
    }
}

impl Changed {
    fn of(rules: &Rules, user: &Someone, changes: &[Change]) -> Changed {
        let rulebook = rules.rulebook();
        let mut changed = Changed { record: user.record.clone(), ..Changed::default() };
        for change in changes {
            let to = value(rules, &change.ty, &change.to);
            if let Some(id) = rulebook.schema.root().find(&change.column) {
                applied(rules, change);
                changed.record[id.0 as usize] = to;
            } else if let Some(id) = rulebook.find(&change.column) {
                changed.definitions.insert(id, to);
            } else if let Some(name) = change.column.strip_prefix("reached(") {
                let funnel = rulebook.find(name.trim_end_matches(')')).unwrap();
                let Body::Funnel(_, id) = rulebook.definition(funnel).body else { panic!("{change:?}") };
                changed.reached.insert(id, to);
            } else {
                let written = |id: &AggregateId| rules.checked.warnings().sources().slice(rulebook.aggregate(*id).span);
                let all = (0..rulebook.aggregates.len() as u32).map(AggregateId);
                all.filter(|id| written(id) == change.column)
                    .for_each(|id| drop(changed.aggregates.insert(id, to.clone())));
                assert!(!changed.aggregates.is_empty(), "{change:?}");
            }
        }
        changed
    }

    /// What the user gets then, of the plain interpreter.
    fn answers(&self, rules: &Rules, user: &Someone) -> Answers {
        let rulebook = rules.rulebook();
        let interpreter = Interpreter::new(rulebook, &rules.context);
        let mut answers = Answers::none(rulebook);
        let user = User { record: &self.record, children: &user.children };
        for id in &rulebook.order {
            for aggregate in &rulebook.definition(*id).aggregates {
                interpreter.ask(*aggregate, &user, &mut answers);
                if let Some(value) = self.aggregates.get(aggregate) {
                    answers.aggregates[aggregate.0 as usize] = value.clone();
                }
                if let Some(value) = self.reached.get(aggregate) {
                    answers.reached.insert(*aggregate, value.clone());
                }
            }
            match self.definitions.get(id) {
                Some(value) => answers.values[id.0 as usize] = value.clone(),
                None => interpreter.define(*id, &self.record, &mut answers),
            }
        }
        answers
    }
}

/// Whether a result is there, with what is promised of it.
fn is_in(rules: &Rules, explained: &Explained, id: DefinitionId, then: &Value) -> bool {
    let definition = rules.rulebook().definition(id);
    match definition.body {
        Body::Level(_) => {
            let wanted = explained.towards.as_deref().unwrap_or_default();
            rules.rulebook().shown(then, &definition.ty) == Value::Text(wanted.into())
        }
        Body::Score(_) => {
            let more = number::subtract(then, &explained.value);
            let told = explained.towards.as_deref().and_then(|it| it.strip_suffix(" more")).unwrap_or_default();
            tagwell::value::print::text(&more, rules.clock().zone()) == told && !told.starts_with('-')
        }
        _ => Truth::of(then).is_true(),
    }
}

/// Of a score, whether an arm turns: points of the user's own that only come to more are no step up.
fn an_arm_turns(rules: &Rules, user: &Someone, (changed, then): (&Changed, &Answers), id: DefinitionId) -> bool {
    let Body::Score(score) = &rules.rulebook().definition(id).body else { return true };
    let now = rules.answers_at(user, rules.clock().now());
    let interpreter = Interpreter::new(rules.rulebook(), &rules.context);
    let truths = |record: &[Value], answers: &Answers| -> Vec<bool> {
        let known = SoFar { record, answers };
        let row = interpreter.row(&known);
        score.arms.iter().map(|arm| row.truth(&arm.condition).is_true()).collect()
    };
    truths(&user.record, &now) != truths(&changed.record, then)
}

/// Whether a score gives everybody the same points, so that no more of a value brings more of them.
fn has_fixed_points(rules: &Rules, id: DefinitionId) -> bool {
    let Body::Score(score) = &rules.rulebook().definition(id).body else { return true };
    let mut fixed = true;
    for arm in &score.arms {
        arm.points.each(&mut |node| {
            fixed &= !matches!(node.kind, ExprKind::Column(_) | ExprKind::Definition(_) | ExprKind::Aggregate(_))
        });
    }
    fixed
}

/// Which branch of each `if` between conditions that a rule builds on is taken.
fn branches(rules: &Rules, id: DefinitionId, (answers, record): &(Answers, Vec<Value>)) -> Vec<bool> {
    let rulebook = rules.rulebook();
    let interpreter = Interpreter::new(rulebook, &rules.context);
    let known = SoFar { record, answers };
    let row = interpreter.row(&known);
    let mut taken = vec![];
    for id in rulebook.reads([id]).definitions {
        rulebook.definition(id).body.each_expr(&mut |expr| {
            expr.each(&mut |node| {
                if let ExprKind::If { condition, .. } = &node.kind
                    && node.ty == Type::Bool
                {
                    taken.push(row.truth(condition).is_true());
                }
            });
        });
    }
    taken
}

/// Whether a condition, as it is written, names a column.
fn names(leaf: &str, column: &str) -> bool {
    leaf.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == column)
}

/// The same change a step nearer to what is; none of what has no smaller step.
fn nearer(change: &Change) -> Option<Change> {
    let step = |is: i128, to: i128| (is.abs_diff(to) > 1).then(|| to + (is - to).signum());
    let to = match (&change.is, &change.to) {
        (Value::Int(is), Value::Int(to)) => Value::Int(step((*is).into(), (*to).into())? as i64),
        (Value::Date(is), Value::Date(to)) => Value::Date(step((*is).into(), (*to).into())? as i32),
        (Value::Timestamp(is), Value::Timestamp(to)) => Value::Timestamp(step((*is).into(), (*to).into())? as i64),
        (Value::Decimal(is), Value::Decimal(to)) => {
            let mut nearer = *to;
            nearer.mantissa = step(is.mantissa, to.mantissa)?;
            Value::Decimal(nearer)
        }
        _ => return None,
    };
    Some(Change { to, ..change.clone() })
}

fn ids(rules: &Rules) -> Vec<DefinitionId> {
    let all = (0..rules.rulebook().definitions.len() as u32).map(DefinitionId);
    all.filter(|id| !matches!(rules.rulebook().definition(*id).body, Body::Let(_))).collect()
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn a_way_in_leads_in_and_an_instant_is_the_first(text in book::rules(About::One), user in book::user(), chance in prop::collection::vec(any::<u32>(), 20)) {
        let rules = Rules::new(&text, book::AS_OF);
        let json = format!("{{\"id\": \"u\", {user}}}");
        let someone = rules.user(&json);
        let ids = ids(&rules);
        // Whatever else is asked for, the same is told.
        let mut laters = vec![];
        let alone = ids[chance[0] as usize % ids.len()];
        for (id, explained) in ids.iter().zip(rules.explain(&someone, &ids)) {
            let told = || format!("{}: {:?} to {:?}, {:?}\n{json}\n{text}", explained.name, explained.nearest, explained.towards, explained.later);
            prop_assert_eq!(&explained.value, &rules.rulebook().shown(&rules.value(&someone, *id), &rules.rulebook().definition(*id).ty), "{}", told());
            if let Some(changes) = &explained.nearest {
                prop_assert!(!explained.applies.unwrap_or(false), "{}", told());
                let changed = Changed::of(&rules, &someone, changes);
                let then_told = (changed.answers(&rules, &someone), changed.record);
                let then = then_told.0.value(*id);
                prop_assert!(is_in(&rules, &explained, *id, then), "then {:?}: {}", then, told());
                // More of what points themselves are may bring as much with less of something else.
                let least = has_fixed_points(&rules, *id);
                // By the other branch of an `if` less of one may do where more conditions turn.
                let told_branches = branches(&rules, *id, &then_told);
                for at in (0..changes.len()).filter(|_| least) {
                    let alike = |it: &Change| it.column == changes[at].column;
                    let mut fewer = changes.clone();
                    fewer.retain(|it| !alike(it));
                    let changed = Changed::of(&rules, &someone, &fewer);
                    let is_less = is_in(&rules, &explained, *id, changed.answers(&rules, &someone).value(*id));
                    prop_assert!(!is_less, "without {:?}: {}", changes[at], told());
                    // Where a condition reads several of the columns that change, more of the one is less of the other: some that will do are told.
                    let meet = |own: &Change, it: &Change| it.leaf == own.leaf || names(&it.leaf, &own.column) || names(&own.leaf, &it.column);
                    if changes.iter().filter(|own| alike(own)).any(|own| changes.iter().any(|it| !alike(it) && meet(own, it))) {
                        continue;
                    }
                    let Some(nearer) = nearer(&changes[at]) else { continue };
                    let fewer: Vec<Change> = changes.iter().map(|it| if alike(it) { Change { to: nearer.to.clone(), ..it.clone() } } else { it.clone() }).collect();
                    let changed = Changed::of(&rules, &someone, &fewer);
                    let then = changed.answers(&rules, &someone);
                    let is_in = is_in(&rules, &explained, *id, then.value(*id)) && an_arm_turns(&rules, &someone, (&changed, &then), *id);
                    let is_in = is_in && branches(&rules, *id, &(then, changed.record)) == told_branches;
                    prop_assert!(!is_in, "with {:?}: {}", nearer, told());
                }
            }
            if *id == alone {
                let alone = rules.explain(&someone, &[alone]).remove(0);
                prop_assert_eq!((format!("{:?}", alone.nearest), alone.later, &alone.value), (format!("{:?}", explained.nearest), explained.later, &explained.value), "{}", told());
            }
            laters.push((*id, explained.later));
        }
        if let Err(wrong) = later::hold(&rules, &someone, &laters, &chance) {
            prop_assert!(false, "{}\n{json}\n{text}", wrong);
        }
    }

    #[test]
    fn a_way_in_leads_in_among_everybody(text in book::rules(About::Everybody), users in prop::collection::vec(book::user(), 1..5)) {
        let rules = Rules::new(&text, book::AS_OF);
        let users: Vec<String> = users.iter().enumerate().map(|(at, user)| format!("{{\"id\": \"u{at}\", {user}}}")).collect();
        let people: Vec<Someone> = users.iter().map(|json| rules.user(json)).collect();
        let id = rules.rulebook().find("it").unwrap();
        let answers = |records: &[Vec<Value>], given: &[GivenValues]| {
            let all: Vec<User<'_>> = records.iter().zip(&people).map(|(record, it)| User { record, children: &it.children }).collect();
            Interpreter::new(rules.rulebook(), &rules.context).evaluate_given(&rules.rulebook().order, &all, given)
        };
        let records: Vec<Vec<Value>> = people.iter().map(|it| it.record.clone()).collect();
        let now = answers(&records, &[]);
        for (at, user) in people.iter().enumerate() {
            let others = others(&rules, &people, at);
            let asked = Asked {
                rulebook: rules.rulebook(),
                sources: rules.checked.warnings().sources(),
                context: &rules.context,
                record: &user.record,
                children: &user.children,
                others: &others,
                key: None,
                remembered: None,
            };
            let explained = explain(&asked, &[id]).remove(0);
            prop_assert_eq!(&explained.value, now[at].value(id), "as a run says\n{}\n{:?}", text, users);
            let Some(changes) = &explained.nearest else { continue };
            let changed = Changed::of(&rules, user, changes);
            if !changed.aggregates.is_empty() || !changed.reached.is_empty() {
                continue;
            }
            let (mut records, mut given) = (records.clone(), vec![GivenValues::new(); people.len()]);
            (records[at], given[at]) = (changed.record, changed.definitions);
            let then = answers(&records, &given);
            prop_assert_eq!(then[at].value(id), &Value::Bool(true), "{:?}\n{}\n{:?} of u{}", changes, text, users, at);
        }
    }
}
