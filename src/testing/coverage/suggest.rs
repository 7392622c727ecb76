//! Cases that would show what no test shows: users are made up from the lines that rules draw, each asked what it shows, and kept
//! where it shows something new. The search throws dice that always fall alike, so the same rules get the same cases.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Coverage, Measure, RuleCoverage,
    evidence::RuleSeen,
    guess::{Spellings, Written, bare},
    rule::Rule,
};
use crate::{
    check::Inputs,
    engine::{Checked, Rulebook},
    eval::{Answers, Children, Context, GivenValues, Interpreter, User, reference::SoFar},
    ir::{self, Body, DefinitionId, ExprKind, Over, Reads},
    schema::{ColumnId, Role, TableId},
    testing::{Outcome, Suite, Surroundings},
    value::{Clock, Truth, Type, Value, moment_text::timestamp_text, print},
};

/// A whole test that can be appended to the rules as it stands.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// Its name.
    pub name: String,
    /// `test "…" { … }`
    pub text: String,
}

/// Users that are made up for one rule.
const TRIALS: usize = 1_500;

/// Users of a case of a rule that asks about everybody.
const EVERYBODY: usize = 5;

/// Noon of a day, where no test says when it is: 2026-01-15T12:00Z.
const NOON: i64 = 1_768_478_400_000_000;

/// What the tests that are selected show, and tests that would show more. Each was tried: it checks and passes.
pub fn suggest(
    rulebook: &Rulebook,
    checked: &Checked,
    surroundings: &Surroundings,
    selected: &dyn Fn(&str) -> bool,
) -> (Coverage, Vec<Suggestion>) {
    let measure = Measure::new(rulebook, surroundings, selected);
    let (coverage, noticed) = measure.coverage(checked);
    let suite = Suite::new(checked.rulebook(), rulebook.sources(), surroundings.clone());
    let mut context = suite.context();
    let tests = &checked.rulebook().tests.tests;
    let instants = tests.iter().flat_map(|test| &test.cases).flat_map(|case| &case.entries).filter_map(|it| it.as_of);
    let now = instants.max().unwrap_or(NOON);
    if let Some(clock) = Clock::at(now, context.clock.zone().clone()) {
        context.clock = clock;
    }
    let mut search = Search { rulebook, ir: checked.rulebook(), measure: &measure, context, noticed };
    let mut found = vec![];
    for at in 0..search.ir.definitions.len() as u32 {
        found.extend(search.rule(DefinitionId(at), &coverage));
    }
    (coverage, found)
}

struct Search<'s> {
    rulebook: &'s Rulebook,
    ir: &'s ir::Rulebook,
    measure: &'s Measure<'s>,
    context: Context,
    /// By mutant: whether a test fails with it, or a case that was found would.
    noticed: Vec<bool>,
}

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    True(usize),
    False(usize),
    Unknown(usize),
    DecidesTrue(usize),
    DecidesFalse(usize),
    Taken(usize),
    Mutant(usize),
}

/// Something that a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Column(ColumnId),
    Definition(DefinitionId),
    Rows(TableId),
}

/// What it holds there.
#[derive(Clone, Debug)]
enum Piece {
    One(Written),
    Rows(Vec<BTreeMap<ColumnId, Written>>),
}

/// One user that is made up.
type Made = BTreeMap<Slot, Piece>;

/// A rule and what it reads.
struct Setup {
    id: DefinitionId,
    given: BTreeSet<DefinitionId>,
    reads: Reads,
    users: usize,
    labels: bool,
    values: BTreeMap<Slot, Vec<Written>>,
    row_values: BTreeMap<(TableId, ColumnId), Vec<Written>>,
}

/// Dice that always fall alike (SplitMix64).
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % (sides.max(1) as u64)) as usize
    }

    fn pick<'p, T>(&mut self, all: &'p [T]) -> Option<&'p T> {
        let at = self.throw(all.len());
        all.get(at)
    }
}

impl Search<'_> {
    fn rule(&mut self, id: DefinitionId, coverage: &Coverage) -> Option<Suggestion> {
        let definition = self.ir.definition(id);
        let setup = self.setup(id)?;
        let rule = Rule::of(self.ir, id, self.rulebook.sources());
        let shown = coverage.rules.iter().find(|rule| rule.span == definition.span);
        let wanted = self.goals(&setup, shown);
        let mut goals = wanted.clone();
        let mut kept: Vec<Vec<Made>> = vec![];
        let mut dice = Dice(u64::from(id.0));
        for _ in 0..TRIALS {
            if goals.is_empty() {
                break;
            }
            let made = self.made(&setup, &kept, &mut dice);
            let answers = self.answers(self.ir, &setup, &made);
            if answers.iter().any(|it| !it.overlaps.is_empty()) || self.expected(&setup, &answers).is_none() {
                continue;
            }
            let before = goals.len();
            let seen = rule.as_ref().map(|rule| self.seen(rule, &setup, &made, &answers));
            goals.retain(|goal| !self.reached(*goal, seen.as_ref(), &setup, &made, &answers));
            if goals.len() < before {
                kept.push(made);
            }
        }
        let reaches = |made: &Vec<Made>| -> Vec<bool> {
            let answers = self.answers(self.ir, &setup, made);
            let seen = rule.as_ref().map(|rule| self.seen(rule, &setup, made, &answers));
            wanted.iter().map(|goal| self.reached(*goal, seen.as_ref(), &setup, made, &answers)).collect()
        };
        let kept = fewest(kept.iter().map(|made| (made, reaches(made))).collect());
        let cases: Vec<String> = kept.iter().filter_map(|made| self.case(&setup, made)).collect();
        let name = self.free_name(definition.name.as_str());
        let passing = self.passing(&name, cases);
        if passing.is_empty() {
            return None;
        }
        let open: BTreeSet<usize> = goals.iter().filter_map(|goal| mutant_of(*goal)).collect();
        for at in self.mutants_of(&setup) {
            if let Some(noticed) = self.noticed.get_mut(at) {
                *noticed |= !open.contains(&at);
            }
        }
        Some(Suggestion { text: self.block(&name, &passing), name })
    }

    /// What the rule is asked with: what it names is given, as long as what that is computed from is not read beside it.
    fn setup(&self, id: DefinitionId) -> Option<Setup> {
        let mut given = self.named(id);
        let reads = loop {
            let reads = self.ir.reads_but([id], &given);
            let clashes = |other: &DefinitionId| {
                let behind = self.ir.reads([*other]);
                let columns = behind.columns.iter().any(|it| reads.columns.contains(it));
                let tables = behind.children.keys().any(|it| reads.children.contains_key(it));
                columns || tables || behind.definitions.iter().any(|it| it != other && given.contains(it))
            };
            let Some(clash) = given.iter().copied().find(clashes) else { break reads };
            given.remove(&clash);
        };
        let everybody = reads.aggregates.iter().any(|id| self.ir.aggregate(*id).over == Over::Users);
        let root = self.ir.schema.root();
        let labels = everybody || root.key.is_some_and(|key| reads.columns.contains(&key));
        let spellings = self.spellings(id, &reads, &given);
        let mut setup = Setup {
            id,
            given,
            reads,
            users: if everybody { EVERYBODY } else { 1 },
            labels,
            values: BTreeMap::new(),
            row_values: BTreeMap::new(),
        };
        let missing = Written { text: "missing".into(), value: Value::Missing };
        let values = |ty: &Type| spellings.values(ty, self.ir, &self.context);
        for column in setup.reads.columns.iter().filter(|it| root.key != Some(**it)) {
            let declared = root.column(*column);
            let mut found = values(&declared.ty);
            found.extend(declared.optional.then(|| missing.clone()));
            setup.values.insert(Slot::Column(*column), found);
        }
        for given in setup.given.iter().filter(|given| setup.reads.definitions.contains(given)) {
            let definition = self.ir.definition(*given);
            let mut found = values(&definition.ty);
            if !matches!(definition.body, Body::Tag(_)) {
                found.push(missing.clone());
            }
            setup.values.insert(Slot::Definition(*given), found);
        }
        for (table, columns) in &setup.reads.children {
            let declared = self.ir.schema.table(*table);
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
        Some(setup)
    }

    /// The definitions that a rule names itself and that can be given.
    fn named(&self, id: DefinitionId) -> BTreeSet<DefinitionId> {
        let mut found = BTreeSet::new();
        let mut computed = BTreeSet::new();
        let mut look = |expr: &ir::Expr| {
            expr.each(&mut |node| match &node.kind {
                ExprKind::Definition(id) => drop(found.insert(*id)),
                ExprKind::ToNext(id) => drop(computed.insert(*id)),
                _ => {}
            });
        };
        let definition = self.ir.definition(id);
        definition.body.each_expr(&mut look);
        definition.aggregates.iter().for_each(|id| self.ir.aggregate(*id).each_expr(&mut look));
        let can_be_given = |id: &DefinitionId| match self.ir.definition(*id).body {
            Body::Segment(_) => false,
            Body::Let(_) | Body::Tag(_) | Body::Score(_) | Body::Level(_) | Body::Layer(_) | Body::Funnel(..) => true,
        };
        found.retain(|id| can_be_given(id) && !computed.contains(id));
        found
    }

    fn spellings(&self, id: DefinitionId, reads: &Reads, given: &BTreeSet<DefinitionId>) -> Spellings {
        let mut spellings = Spellings::default();
        for definition in reads.definitions.iter().filter(|it| **it == id || !given.contains(it)) {
            self.ir.definition(*definition).body.each_expr(&mut |expr| spellings.add_texts(expr));
        }
        reads.aggregates.iter().for_each(|id| self.ir.aggregate(*id).each_expr(&mut |expr| spellings.add_texts(expr)));
        let own = |span| {
            let owners = reads.definitions.iter().filter(|it| **it == id || !given.contains(it));
            let mut owners = owners.map(|id| self.ir.definition(*id).span);
            owners.any(|it| it == span) || self.ir.params.iter().any(|param| param.span == span)
        };
        for mutant in self.measure.mutants.iter().filter(|it| own(it.owner)) {
            spellings.numbers.extend([mutant.text.replace('_', ""), mutant.to.clone()]);
        }
        spellings
    }

    fn mutants_of(&self, setup: &Setup) -> Vec<usize> {
        let own = self.ir.definition(setup.id).span;
        let is_ours = |span| span == own || self.ir.params.iter().any(|param| param.span == span);
        let all = self.measure.mutants.iter().enumerate();
        all.filter(|(_, it)| is_ours(it.owner)).map(|(at, _)| at).collect()
    }

    fn goals(&self, setup: &Setup, shown: Option<&RuleCoverage>) -> Vec<Goal> {
        let mut goals = vec![];
        for (at, it) in shown.into_iter().flat_map(|shown| &shown.conditions).enumerate() {
            let open = [
                (it.is_true, Goal::True(at)),
                (it.is_false, Goal::False(at)),
                (it.is_unknown.unwrap_or(true), Goal::Unknown(at)),
                (it.decides_true, Goal::DecidesTrue(at)),
                (it.decides_false, Goal::DecidesFalse(at)),
            ];
            goals.extend(open.into_iter().filter(|(shown, _)| !shown).map(|(_, goal)| goal));
        }
        let arms = shown.into_iter().flat_map(|shown| &shown.arms).enumerate();
        goals.extend(arms.filter(|(_, arm)| !arm.taken).map(|(at, _)| Goal::Taken(at)));
        let open = self.mutants_of(setup).into_iter().filter(|at| self.noticed.get(*at) == Some(&false));
        goals.extend(open.map(Goal::Mutant));
        goals
    }

    /// A user afresh, or one who was kept with one thing otherwise.
    fn made(&self, setup: &Setup, kept: &[Vec<Made>], dice: &mut Dice) -> Vec<Made> {
        let afresh = kept.is_empty() || dice.throw(3) == 0;
        let mut made = match dice.pick(kept).filter(|_| !afresh) {
            Some(base) => base.clone(),
            None => vec![Made::new(); setup.users],
        };
        let slots: Vec<Slot> = setup.values.keys().copied().collect();
        if afresh {
            for user in &mut made {
                for slot in &slots {
                    user.extend(self.piece(setup, *slot, dice).map(|piece| (*slot, piece)));
                }
            }
            return made;
        }
        for _ in 0..=dice.throw(2) {
            let user = dice.throw(made.len());
            let Some(slot) = dice.pick(&slots).copied() else { return made };
            let changed = match made.get(user).and_then(|user| user.get(&slot)) {
                Some(Piece::Rows(rows)) if dice.throw(2) == 0 => self.other_rows(setup, slot, rows, dice),
                _ => self.piece(setup, slot, dice),
            };
            if let (Some(user), Some(piece)) = (made.get_mut(user), changed) {
                user.insert(slot, piece);
            }
        }
        made
    }

    fn piece(&self, setup: &Setup, slot: Slot, dice: &mut Dice) -> Option<Piece> {
        let Slot::Rows(table) = slot else {
            return dice.pick(setup.values.get(&slot)?).cloned().map(Piece::One);
        };
        let most = if dice.throw(4) == 0 { 9 } else { 4 };
        let number = dice.throw(most);
        Some(Piece::Rows((0..number).map(|_| row(setup, table, dice)).collect()))
    }

    /// The same rows with one value otherwise.
    fn other_rows(
        &self,
        setup: &Setup,
        slot: Slot,
        rows: &[BTreeMap<ColumnId, Written>],
        dice: &mut Dice,
    ) -> Option<Piece> {
        let Slot::Rows(table) = slot else { return None };
        let mut rows = rows.to_vec();
        let at = dice.throw(rows.len());
        let other = row(setup, table, dice);
        let columns: Vec<ColumnId> = other.keys().copied().collect();
        let column = dice.pick(&columns).copied()?;
        let value = other.get(&column)?.clone();
        rows.get_mut(at)?.insert(column, value);
        Some(Piece::Rows(rows))
    }

    fn answers(&self, ir: &ir::Rulebook, setup: &Setup, made: &[Made]) -> Vec<Answers> {
        let people: Vec<(Vec<Value>, Children, GivenValues)> =
            made.iter().enumerate().map(|(at, made)| self.person(made, at, setup)).collect();
        let users: Vec<User<'_>> = people.iter().map(|(record, children, _)| User { record, children }).collect();
        let given: Vec<GivenValues> = people.iter().map(|(_, _, given)| given.clone()).collect();
        let order = ir.order_of(&setup.reads);
        Interpreter::new(ir, &self.context).evaluate_given(&order, &users, &given)
    }

    fn person(&self, made: &Made, at: usize, setup: &Setup) -> (Vec<Value>, Children, GivenValues) {
        let root = self.ir.schema.root();
        let mut record = vec![Value::Missing; root.columns.len()];
        let (mut children, mut given) = (Children::new(), GivenValues::new());
        let mut set = |column: ColumnId, value: Value| {
            if let Some(slot) = record.get_mut(column.0 as usize) {
                *slot = value;
            }
        };
        if let Some(key) = root.key.filter(|_| setup.labels) {
            set(key, Value::Text(Arc::from(label(at).as_str())));
        }
        for (slot, piece) in made {
            match (slot, piece) {
                (Slot::Column(column), Piece::One(written)) => set(*column, written.value.clone()),
                (Slot::Definition(id), Piece::One(written)) => drop(given.insert(*id, written.value.clone())),
                (Slot::Rows(table), Piece::Rows(rows)) => {
                    let width = self.ir.schema.table(*table).columns.len();
                    let values = |row: &BTreeMap<ColumnId, Written>| {
                        let value = |at: u32| row.get(&ColumnId(at)).map_or(Value::Missing, |it| it.value.clone());
                        (0..width as u32).map(value).collect()
                    };
                    children.insert(*table, rows.iter().map(values).collect());
                }
                (Slot::Column(_) | Slot::Definition(_), Piece::Rows(_)) | (Slot::Rows(_), Piece::One(_)) => {}
            }
        }
        (record, children, given)
    }

    fn seen(&self, rule: &Rule<'_>, setup: &Setup, made: &[Made], answers: &[Answers]) -> RuleSeen {
        let mut seen = RuleSeen::nothing(rule);
        for (at, (made, answers)) in made.iter().zip(answers).enumerate() {
            let (record, ..) = self.person(made, at, setup);
            let known = SoFar { record: &record, answers };
            seen.look(rule, Interpreter::new(self.ir, &self.context), &known, &|_| true);
        }
        seen
    }

    fn reached(&self, goal: Goal, seen: Option<&RuleSeen>, setup: &Setup, made: &[Made], answers: &[Answers]) -> bool {
        let condition = |at: usize| seen.and_then(|seen| seen.conditions.get(at)).copied().unwrap_or_default();
        match goal {
            Goal::True(at) => condition(at).is_true,
            Goal::False(at) => condition(at).is_false,
            Goal::Unknown(at) => condition(at).is_unknown,
            Goal::DecidesTrue(at) => condition(at).decides_true,
            Goal::DecidesFalse(at) => condition(at).decides_false,
            Goal::Taken(at) => seen.and_then(|seen| seen.taken.get(at)).copied().unwrap_or_default(),
            Goal::Mutant(at) => {
                let Some(changed) = self.measure.mutants.get(at).and_then(|it| it.rulebook.as_ref()) else {
                    return true;
                };
                let then = self.answers(changed, setup, made);
                let value = |answers: &Answers| self.expectation(setup.id, answers);
                answers.iter().zip(&then).any(|(now, then)| value(now) != value(then))
            }
        }
    }

    /// What is expected of a rule: `vip`, `not vip`, `spend = 500`; none of what cannot be written.
    fn expectation(&self, id: DefinitionId, answers: &Answers) -> Option<String> {
        let definition = self.ir.definition(id);
        let name = bare(definition.name.as_str());
        let value = answers.value(id);
        let closed = matches!(definition.body, Body::Tag(_) | Body::Segment(_));
        if definition.ty == Type::Bool {
            return Some(match Truth::of(value) {
                Truth::True => name,
                Truth::False => format!("not {name}"),
                Truth::Unknown if closed => format!("not {name}"),
                Truth::Unknown => format!("{name} is missing"),
            });
        }
        let zone = self.context.clock.zone();
        match (value, &definition.ty) {
            (Value::Missing, _) => Some(format!("{name} is missing")),
            (Value::List(elements), _) if elements.is_empty() => Some(format!("count({name}) = 0")),
            (Value::Choice(rank), Type::Choice(id)) => {
                let named = self.ir.choices(*id).values.get(*rank as usize)?;
                Some(format!("{name} = {}", bare(named.name.as_str())))
            }
            (value, _) => {
                let written = print::written(value, zone);
                let is_plain = !matches!(value, Value::Float(_)) || !written.contains('e');
                is_plain.then(|| format!("{name} = {written}"))
            }
        }
    }

    fn expected(&self, setup: &Setup, answers: &[Answers]) -> Option<Vec<String>> {
        answers.iter().map(|answers| self.expectation(setup.id, answers)).collect()
    }

    /// `given { … } expect …`
    fn case(&self, setup: &Setup, made: &[Made]) -> Option<String> {
        let answers = self.answers(self.ir, setup, made);
        let expected = self.expected(setup, &answers)?;
        let mut text = String::new();
        for (at, made) in made.iter().enumerate() {
            let label = if setup.labels { format!("\"{}\" ", label(at)) } else { String::new() };
            text += &format!("  given {label}{{ {} }}\n", self.fields(made).join(", "));
        }
        let of = |(at, it): (usize, &String)| match setup.labels {
            true => format!("\"{}\": {it}", label(at)),
            false => it.clone(),
        };
        let expected: Vec<String> = expected.iter().enumerate().map(of).collect();
        Some(text + &format!("    expect {}\n", expected.join(", ")))
    }

    fn fields(&self, made: &Made) -> Vec<String> {
        let mut fields = vec![];
        for (slot, piece) in made {
            let root = self.ir.schema.root();
            match (slot, piece) {
                (Slot::Column(_), Piece::One(written)) if written.value == Value::Missing => {}
                (Slot::Column(id), Piece::One(written)) => {
                    fields.push(format!("{}: {}", bare(root.column(*id).name.as_str()), written.text));
                }
                (Slot::Definition(id), Piece::One(written)) => {
                    fields.push(format!("{}: {}", bare(self.ir.definition(*id).name.as_str()), written.text));
                }
                (Slot::Rows(id), Piece::Rows(rows)) if !rows.is_empty() => {
                    let table = self.ir.schema.table(*id);
                    let row = |row: &BTreeMap<ColumnId, Written>| {
                        let known = row.iter().filter(|(_, written)| written.value != Value::Missing);
                        let field = |(id, it): (&ColumnId, &Written)| {
                            format!("{}: {}", bare(table.column(*id).name.as_str()), it.text)
                        };
                        format!("{{ {} }}", known.map(field).collect::<Vec<_>>().join(", "))
                    };
                    let rows: Vec<String> = rows.iter().map(row).collect();
                    fields.push(format!("{}: [{}]", bare(table.name.as_str()), rows.join(", ")));
                }
                _ => {}
            }
        }
        fields
    }

    fn block(&self, name: &str, cases: &[String]) -> String {
        let clock = &self.context.clock;
        let now = timestamp_text(clock.now(), clock.zone());
        format!("test {} as of {now} {{\n{}}}\n", print::quoted_text(name), cases.concat())
    }

    fn free_name(&self, rule: &str) -> String {
        let tests = &self.ir.tests.tests;
        let names =
            (1..).map(|at| if at == 1 { format!("{rule} at its edges") } else { format!("{rule} at its edges, {at}") });
        let mut free = names.filter(|name| !tests.iter().any(|test| test.name == *name));
        free.next().unwrap_or_default()
    }

    /// The cases that check and pass; all at once where they do, else one by one.
    fn passing(&self, name: &str, cases: Vec<String>) -> Vec<String> {
        if cases.is_empty() || self.passes(name, &cases) {
            return cases;
        }
        cases.into_iter().filter(|case| self.passes(name, std::slice::from_ref(case))).collect()
    }

    fn passes(&self, name: &str, cases: &[String]) -> bool {
        let texts = self.rulebook.sources().iter().map(|(_, it)| (it.name().to_owned(), it.text().to_owned()));
        let texts = texts.chain([("suggested".to_owned(), self.block(name, cases))]);
        let Ok(rulebook) = Rulebook::parse_all(texts) else { return false };
        let Ok(checked) = rulebook.check(&Inputs::default()) else { return false };
        let suite = Suite::new(checked.rulebook(), rulebook.sources(), self.measure.surroundings.clone());
        let verdicts = suite.run(|test| test.name == name, &mut |_| {});
        verdicts.iter().all(|it| it.outcome == Outcome::Passed)
    }
}

/// Without those that reach only what others reach, too; the first found are the first to go, since later ones had to reach more.
fn fewest<T>(mut all: Vec<(T, Vec<bool>)>) -> Vec<T> {
    let mut at = 0;
    while let Some((_, own)) = all.get(at) {
        let by_others = |goal: usize| {
            let mut others = all.iter().enumerate().filter(|(other, _)| *other != at);
            others.any(|(_, (_, reached))| reached.get(goal) == Some(&true))
        };
        let needless = own.iter().enumerate().filter(|(_, reached)| **reached).all(|(goal, _)| by_others(goal));
        if needless {
            all.remove(at);
        } else {
            at += 1;
        }
    }
    all.into_iter().map(|(it, _)| it).collect()
}

fn mutant_of(goal: Goal) -> Option<usize> {
    match goal {
        Goal::Mutant(at) => Some(at),
        Goal::True(_)
        | Goal::False(_)
        | Goal::Unknown(_)
        | Goal::DecidesTrue(_)
        | Goal::DecidesFalse(_)
        | Goal::Taken(_) => None,
    }
}

fn label(at: usize) -> String {
    format!("u{}", at + 1)
}

fn row(setup: &Setup, table: TableId, dice: &mut Dice) -> BTreeMap<ColumnId, Written> {
    let columns = setup.row_values.iter().filter(|((of, _), _)| *of == table);
    columns.filter_map(|((_, column), values)| Some((*column, dice.pick(values)?.clone()))).collect()
}
