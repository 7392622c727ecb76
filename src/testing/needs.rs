//! On what a case hangs that it does not give: a column that may not be missing, the user's key, a file that cannot be read.
//!
//! The answer hangs on it where another value of it could change the answer: not where a condition beside it decides already.
//! The walk follows the interpreter node by node, and looks away from what an `and`, an `or`, an `if` or a `??` does not ask.

use std::collections::BTreeMap;

use crate::{
    action::{Decision, Done},
    eval::{
        Answers, Interpreter,
        reference::{Row, SoFar},
        rows,
    },
    ir::{
        Aggregate, AggregateId, Body, Choice, DefinitionId, Expr, ExprKind, Ladder, ListId, Over, Quorum, Score,
        TriggerBody, TriggerKind,
    },
    schema::{ColumnId, Role, TableId},
    testing::Person,
    value::{Truth, Value},
};

/// Something that a case would have to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A column of a user's: who, and which.
    Column(usize, ColumnId),
    /// A column of a row: whose, of which table, which row from 0, and which column.
    RowColumn(usize, TableId, usize, ColumnId),
    /// The key of a user who has no label.
    Key(usize),
    /// An uploaded list whose file cannot be read.
    List(ListId),
    /// A reference table whose file cannot be read.
    Table(TableId),
}

/// What the answers of a case hang on.
pub(super) struct Needs<'n> {
    interpreter: Interpreter<'n>,
    people: &'n [Person],
    answers: &'n [Answers],
    unreadable: &'n dyn Fn(Need) -> bool,
    definitions: Vec<BTreeMap<DefinitionId, Need>>,
    aggregates: Vec<BTreeMap<AggregateId, Need>>,
}

/// Who is asked: a user, perhaps about one of their rows.
#[derive(Clone, Copy)]
struct Asked {
    user: usize,
    row: Option<(TableId, usize)>,
}

impl<'n> Needs<'n> {
    /// Looks at what was evaluated, in the order in which it was.
    pub(super) fn of(
        interpreter: Interpreter<'n>,
        order: &[DefinitionId],
        people: &'n [Person],
        answers: &'n [Answers],
        unreadable: &'n dyn Fn(Need) -> bool,
    ) -> Needs<'n> {
        let none = || people.iter().map(|_| BTreeMap::new()).collect();
        let mut needs = Needs {
            interpreter,
            people,
            answers,
            unreadable,
            definitions: none(),
            aggregates: people.iter().map(|_| BTreeMap::new()).collect(),
        };
        for id in order {
            for user in 0..people.len() {
                for aggregate in &interpreter.rulebook().definition(*id).aggregates {
                    let need = needs.aggregate(user, *aggregate);
                    if let (Some(need), Some(of)) = (need, needs.aggregates.get_mut(user)) {
                        of.insert(*aggregate, need);
                    }
                }
            }
            for user in 0..people.len() {
                let given = people.get(user).is_some_and(|person| person.definitions.contains_key(id));
                let need = if given { None } else { needs.definition(user, *id) };
                if let (Some(need), Some(of)) = (need, needs.definitions.get_mut(user)) {
                    of.insert(*id, need);
                }
            }
        }
        needs
    }

    /// On what a definition hangs for a user.
    pub(super) fn get(&self, user: usize, id: DefinitionId) -> Option<Need> {
        self.definitions.get(user)?.get(&id).copied()
    }

    /// On what it hangs whether and what is done for a user about a segment: consent, the conditions of deeds, and what the
    /// decisions say.
    pub(super) fn of_actions(&self, user: usize, segment: DefinitionId, decided: &[&Decision]) -> Option<Need> {
        let rulebook = self.interpreter.rulebook();
        let actions = &rulebook.actions;
        let of = actions.of(segment)?;
        let asked = Asked { user, row: None };
        let splits = of.triggers.iter().any(|it| matches!(it.body, TriggerBody::Split { .. }));
        if decided.is_empty() {
            let inside = self.answers.get(user)?.value(segment) == &Value::Bool(true);
            let key = rulebook.schema.root().key.filter(|_| splits && inside);
            return key
                .and_then(|key| self.people.get(user)?.lacks(key, rulebook.schema.root()).then_some(Need::Key(user)));
        }
        let sends = decided.iter().any(|it| matches!(it.done, Done::Send(..)));
        let exempt = actions.policy.exempt.contains(&segment);
        let consents = of.require.iter().chain(actions.policy.require.iter().filter(|_| !exempt)).filter(|_| sends);
        let mut exprs: Vec<&Expr> = consents.collect();
        for (at, trigger) in of.triggers.iter().enumerate() {
            // What is asked of a row that set it off is given with the row.
            if matches!(trigger.on, TriggerKind::Each { .. }) {
                continue;
            }
            for (place, deed) in trigger.body.deeds().enumerate() {
                exprs.extend(&deed.when);
                if decided.iter().any(|it| it.place == format!("{at}.{place}")) {
                    deed.each_expr(&mut |expr| exprs.push(expr));
                }
            }
        }
        exprs.into_iter().find_map(|expr| self.expr(asked, expr))
    }

    fn definition(&self, user: usize, id: DefinitionId) -> Option<Need> {
        let asked = Asked { user, row: None };
        match &self.interpreter.rulebook().definition(id).body {
            Body::Let(expr) | Body::Tag(expr) | Body::Segment(expr) => self.expr(asked, expr),
            Body::Score(score) => self.score(asked, score),
            Body::Level(ladder) | Body::Layer(ladder) => self.ladder(asked, ladder),
            Body::Funnel(_, aggregate) => self.aggregates.get(user)?.get(aggregate).copied(),
        }
    }

    fn score(&self, asked: Asked, score: &Score) -> Option<Need> {
        let ends = score.clamp.iter().flat_map(|(low, high)| [low, high]);
        let arms = score.arms.iter().find_map(|arm| {
            let condition = self.expr(asked, &arm.condition);
            condition.or_else(|| self.truth(asked, &arm.condition).is_true().then(|| self.expr(asked, &arm.points))?)
        });
        self.expr(asked, &score.base).or(arms).or_else(|| ends.into_iter().find_map(|end| self.expr(asked, end)))
    }

    /// Arms below the first that applies are not asked.
    fn ladder(&self, asked: Asked, ladder: &Ladder) -> Option<Need> {
        for arm in &ladder.arms {
            let (Choice::From { condition, .. } | Choice::When(condition)) = &arm.choice else { return None };
            if let Some(need) = self.expr(asked, condition) {
                return Some(need);
            }
            if self.truth(asked, condition).is_true() && !ladder.exclusive {
                return None;
            }
        }
        None
    }

    fn known(&self, asked: Asked) -> Option<(SoFar<'n>, Option<&'n [Value]>)> {
        let person = self.people.get(asked.user)?;
        let known = SoFar { record: &person.record, answers: self.answers.get(asked.user)? };
        let child = asked.row.and_then(|(table, row)| person.children.get(&table)?.get(row));
        Some((known, child.map(Vec::as_slice)))
    }

    fn with_row<T>(&self, asked: Asked, ask: impl FnOnce(&Row<'_, '_>) -> T) -> Option<T> {
        let (known, child) = self.known(asked)?;
        Some(match child {
            Some(child) => ask(&self.interpreter.child_row(&known, child)),
            None => ask(&self.interpreter.row(&known)),
        })
    }

    fn truth(&self, asked: Asked, condition: &Expr) -> Truth {
        self.with_row(asked, |row| row.truth(condition)).unwrap_or(Truth::Unknown)
    }

    fn is_known(&self, asked: Asked, expr: &Expr) -> bool {
        self.with_row(asked, |row| row.value(expr) != Value::Missing).unwrap_or(false)
    }

    /// The first of some conditions that the whole hangs on, unless one that hangs on nothing has the deciding truth.
    fn unless(&self, asked: Asked, conditions: &[Expr], deciding: Truth) -> Option<Need> {
        let needs: Vec<Option<Need>> = conditions.iter().map(|it| self.expr(asked, it)).collect();
        let decides = |(it, need): (&Expr, &Option<Need>)| need.is_none() && self.truth(asked, it) == deciding;
        if conditions.iter().zip(&needs).any(decides) {
            return None;
        }
        needs.into_iter().flatten().next()
    }

    fn expr(&self, asked: Asked, expr: &Expr) -> Option<Need> {
        let rulebook = self.interpreter.rulebook();
        match &expr.kind {
            ExprKind::Column(id) => {
                let person = self.people.get(asked.user)?;
                let root = rulebook.schema.root();
                person.lacks(*id, root).then(|| match root.key == Some(*id) {
                    true => Need::Key(asked.user),
                    false => Need::Column(asked.user, *id),
                })
            }
            ExprKind::ChildColumn(id) => {
                let (table, row) = asked.row?;
                self.row_column(asked.user, table, row, *id)
            }
            ExprKind::Definition(id) => self.get(asked.user, *id),
            ExprKind::ToNext(id) => {
                let by = match &rulebook.definition(*id).body {
                    Body::Level(Ladder { by: Some(by), .. }) => self.expr(asked, by),
                    _ => None,
                };
                self.get(asked.user, *id).or(by)
            }
            ExprKind::Aggregate(id) | ExprKind::Reached(id, _) => self.aggregates.get(asked.user)?.get(id).copied(),
            ExprKind::And(all) | ExprKind::Quorum { quorum: Quorum::All, conditions: all } => {
                self.unless(asked, all, Truth::False)
            }
            ExprKind::Or(all) | ExprKind::Quorum { quorum: Quorum::Any | Quorum::None, conditions: all } => {
                self.unless(asked, all, Truth::True)
            }
            ExprKind::Quorum { quorum: Quorum::AtLeast(number), conditions } => {
                let needs: Vec<Option<Need>> = conditions.iter().map(|it| self.expr(asked, it)).collect();
                let open = needs.iter().flatten().count();
                let truths = conditions.iter().zip(&needs).filter(|(_, need)| need.is_none());
                let truths: Vec<Truth> = truths.map(|(it, _)| self.truth(asked, it)).collect();
                let count = |truth: Truth| truths.iter().filter(|it| **it == truth).count();
                let wanted = *number as usize;
                let decided =
                    count(Truth::True) >= wanted || count(Truth::True) + count(Truth::Unknown) + open < wanted;
                if decided { None } else { needs.into_iter().flatten().next() }
            }
            ExprKind::If { condition, then, otherwise } => self.expr(asked, condition).or_else(|| {
                let branch = if self.truth(asked, condition).is_true() { then } else { otherwise };
                self.expr(asked, branch)
            }),
            ExprKind::Coalesce(all) => {
                for operand in all {
                    if let Some(need) = self.expr(asked, operand) {
                        return Some(need);
                    }
                    if self.is_known(asked, operand) {
                        return None;
                    }
                }
                None
            }
            ExprKind::InUploaded { subject, list } => {
                let unreadable = Some(Need::List(*list)).filter(|need| (self.unreadable)(*need));
                self.expr(asked, subject).or(unreadable)
            }
            ExprKind::Lookup { table, key, .. } => {
                let unreadable = Some(Need::Table(*table)).filter(|need| (self.unreadable)(*need));
                self.expr(asked, key).or(unreadable)
            }
            _ => {
                let mut found = None;
                expr.each_child(&mut |child| found = found.or_else(|| self.expr(asked, child)));
                found
            }
        }
    }

    fn row_column(&self, user: usize, table: TableId, row: usize, column: ColumnId) -> Option<Need> {
        let of = self.interpreter.rulebook().schema.table(table);
        let lacks = self.people.get(user)?.row_lacks(table, row, column, of);
        let is_by = matches!(of.role, Role::Children { by, .. } if by == column);
        lacks.then_some(if is_by { Need::Key(user) } else { Need::RowColumn(user, table, row, column) })
    }

    fn aggregate(&self, user: usize, id: AggregateId) -> Option<Need> {
        let aggregate = self.interpreter.rulebook().aggregate(id);
        match aggregate.over {
            Over::Children(table) => self.over_rows(user, aggregate, table),
            Over::Users => self.over_users(user, aggregate),
        }
    }

    fn over_rows(&self, user: usize, aggregate: &Aggregate, table: TableId) -> Option<Need> {
        let of = self.interpreter.rulebook().schema.table(table);
        let rows = self.people.get(user)?.children.get(&table).map_or(&[][..], Vec::as_slice);
        for (row, values) in rows.iter().enumerate() {
            // Whether it has happened yet.
            if let Role::Children { at: Some(at), .. } = of.role
                && let Some(need) = self.row_column(user, table, row, at)
            {
                return Some(need);
            }
            if rows::is_future(of, rows::when(of, values, row as u64), self.interpreter.clock()) {
                continue;
            }
            if let Some(need) = self.clause(Asked { user, row: Some((table, row)) }, aggregate) {
                return Some(need);
            }
        }
        None
    }

    fn over_users(&self, user: usize, aggregate: &Aggregate) -> Option<Need> {
        let groups = (0..self.people.len()).map(|user| Asked { user, row: None });
        let own = aggregate.per.iter().find_map(|per| self.expr(Asked { user, row: None }, per));
        let others = || groups.clone().find_map(|asked| aggregate.per.iter().find_map(|per| self.expr(asked, per)));
        let group = |asked: Asked| -> Option<Vec<Value>> {
            aggregate.per.iter().map(|per| self.with_row(asked, |row| row.value(per))).collect()
        };
        own.or_else(others).or_else(|| {
            let mine = group(Asked { user, row: None });
            groups.clone().filter(|asked| group(*asked) == mine).find_map(|asked| self.clause(asked, aggregate))
        })
    }

    /// What a row's part in an answer hangs on: its filter, and what it is where the filter lets it through.
    fn clause(&self, asked: Asked, aggregate: &Aggregate) -> Option<Need> {
        for condition in aggregate.window.iter().chain(&aggregate.filter) {
            if let Some(need) = self.expr(asked, condition) {
                return Some(need);
            }
            if !self.truth(asked, condition).is_true() {
                return None;
            }
        }
        let mut found = aggregate.source.iter().chain(&aggregate.by).find_map(|expr| self.expr(asked, expr));
        if let crate::ir::AggregateFunction::Funnel(steps, by) = &aggregate.function {
            let by = by.and_then(|by| asked.row.and_then(|(table, row)| self.row_column(asked.user, table, row, by)));
            found = found.or(by).or_else(|| steps.iter().find_map(|step| self.expr(asked, &step.condition)));
        }
        found
    }
}
