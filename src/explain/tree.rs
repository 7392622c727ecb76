//! The condition as a tree, each node with its truth, each leaf with the values that it asks about, and below it what they build
//! on.

use std::collections::BTreeSet;

use crate::{
    eval::{
        Context, Interpreter, funnel,
        reference::{Known, Row, SoFar, moment_type},
        rows,
    },
    explain::{
        Branch, Cut, Fact, Rows, Stretch, What,
        formula::written_out,
        person::{Person, Seen},
        values::Line,
    },
    ir::{
        Aggregate, AggregateFunction, AggregateId, Arm, Body, Choice, DefinitionId, Expr, ExprKind, FunnelStep, Ladder,
        Over, Quorum, Score,
    },
    schema::{Source, TableId},
    source::{Sources, Span},
    value::{
        ChoiceId, Moment, Truth, Type, Value,
        time::{Bound, Direction, Window},
    },
};

/// Writes trees for one user.
pub(super) struct Trees<'t, 'a> {
    pub(super) person: &'t Person<'a>,
    pub(super) context: &'t Context,
    pub(super) sources: &'t Sources,
    pub(super) seen: &'t Seen,
    /// Definitions that are told already: each is told once a tree.
    told: BTreeSet<DefinitionId>,
}

impl<'t, 'a> Trees<'t, 'a> {
    pub(super) fn new(
        person: &'t Person<'a>,
        context: &'t Context,
        sources: &'t Sources,
        seen: &'t Seen,
    ) -> Trees<'t, 'a> {
        Trees { person, context, sources, seen, told: BTreeSet::new() }
    }

    /// What a definition is made of.
    pub(super) fn of_definition(&mut self, id: DefinitionId) -> Vec<Branch> {
        self.told.insert(id);
        match &self.person.rulebook.definition(id).body {
            Body::Let(expr) if expr.ty != Type::Bool => self.below(expr),
            Body::Let(expr) | Body::Tag(expr) | Body::Segment(expr) => vec![self.condition(expr)],
            Body::Score(score) => self.score(score),
            Body::Level(ladder) | Body::Layer(ladder) => self.ladder(ladder),
            Body::Funnel(choices, aggregate) => self.funnel(*choices, *aggregate),
        }
    }

    fn text(&self, expr: &Expr) -> String {
        text_of(self.sources, expr)
    }

    fn written(&self, span: Span) -> String {
        one_line(self.sources.slice(span))
    }

    fn known(&self) -> SoFar<'_> {
        self.seen.known()
    }

    fn with_row<T>(&self, ask: impl FnOnce(&Row<'_, '_>) -> T) -> T {
        let known = self.known();
        ask(&Interpreter::new(self.person.rulebook, self.context).row(&known))
    }

    fn truth(&self, expr: &Expr) -> Truth {
        self.with_row(|row| row.truth(expr))
    }

    fn condition(&mut self, expr: &'a Expr) -> Branch {
        let truth = self.truth(expr);
        let what = match &expr.kind {
            ExprKind::And(_) | ExprKind::Quorum { quorum: Quorum::All, .. } => What::All,
            ExprKind::Or(_) | ExprKind::Quorum { quorum: Quorum::Any, .. } => What::Any,
            ExprKind::Quorum { quorum: Quorum::None, .. } => What::None,
            ExprKind::Quorum { quorum: Quorum::AtLeast(needed), .. } => What::AtLeast(*needed),
            ExprKind::Not(_) if expr.denied().is_none() => What::Not,
            ExprKind::If { .. } => What::If,
            ExprKind::Definition(id) => return self.named(*id, Some(truth), self.text(expr)),
            ExprKind::Aggregate(id) => return self.question(*id),
            _ => return self.leaf(expr, truth),
        };
        let mut parts: Vec<&'a Expr> = vec![];
        expr.each_child(&mut |child| parts.push(child));
        let branches = parts.into_iter().map(|part| self.condition(part)).collect();
        Branch { branches, ..Branch::new(what, self.text(expr), Some(truth)) }
    }

    /// A name in a condition, and below it what it stands for.
    fn named(&mut self, id: DefinitionId, truth: Option<Truth>, text: String) -> Branch {
        let rulebook = self.person.rulebook;
        let definition = rulebook.definition(id);
        let truth = truth.or_else(|| (definition.ty == Type::Bool).then(|| Truth::of(self.seen.answers.value(id))));
        let value = match truth {
            Some(_) => None,
            None => Some(rulebook.shown(self.seen.answers.value(id), &definition.ty)),
        };
        let first = self.told.insert(id);
        let bare = matches!(definition.ty, Type::Choice(_));
        let mut branch = Branch { value, bare, ..Branch::new(What::Definition, text, truth) };
        if !first {
            return branch;
        }
        branch.label.clone_from(&definition.label);
        match &definition.body {
            Body::Let(expr) if truth.is_none() => {
                branch.text = format!("{} = {}", branch.text, self.text(expr));
                branch.branches = self.below(expr);
                if let ExprKind::Aggregate(aggregate) = &expr.kind {
                    let question = branch.branches.first().filter(|it| it.what == What::Question).cloned();
                    if let (Some(question), true) = (question, rulebook.aggregate(*aggregate).ty == expr.ty) {
                        branch.rows = question.rows;
                        branch.window = question.window;
                        branch.cut = question.cut;
                        branch.branches.splice(..1, question.branches);
                    }
                }
            }
            _ => {
                self.told.remove(&id);
                branch.branches = self.of_definition(id);
            }
        }
        branch
    }

    fn leaf(&mut self, expr: &'a Expr, truth: Truth) -> Branch {
        let facts = self.facts(expr);
        let window = self.window(expr);
        let branches = self.below(expr);
        Branch { facts, window, branches, ..Branch::new(What::Leaf, self.text(expr), Some(truth)) }
    }

    /// The values of what is named in an expression.
    fn facts(&self, expr: &Expr) -> Vec<Fact> {
        let rulebook = self.person.rulebook;
        let mut facts: Vec<Fact> = vec![];
        let mut add = |name: String, value: Value, ty: &Type| {
            if !facts.iter().any(|fact| fact.name == name) {
                facts.push(Fact { name, value: rulebook.shown(&value, ty), bare: matches!(ty, Type::Choice(_)) });
            }
        };
        let known = self.known();
        let mut nodes: Vec<&Expr> = vec![];
        in_order(expr, &mut nodes);
        // `held(vip)` is written out over columns that only the state fills: it is told as it is written.
        let mut held: Vec<Span> = vec![];
        for node in nodes {
            if held.contains(&node.span) {
                continue;
            }
            match &node.kind {
                ExprKind::If { .. } if self.reads_state(node) => {
                    held.push(node.span);
                    add(self.written(node.span), self.with_row(|row| row.value(node)), &node.ty);
                }
                ExprKind::Column(id) if rulebook.schema.root().column(*id).source == Source::State => {}
                ExprKind::Column(id) => {
                    add(rulebook.schema.root().column(*id).name.to_string(), known.column(*id), &node.ty);
                }
                ExprKind::Definition(id) => {
                    let definition = rulebook.definition(*id);
                    let value = self.with_row(|row| row.value(node));
                    add(definition.name.to_string(), value, &definition.ty);
                }
                ExprKind::Aggregate(_) | ExprKind::Reached(..) | ExprKind::ToNext(_) | ExprKind::Lookup { .. } => {
                    add(self.written(node.span), self.with_row(|row| row.value(node)), &node.ty)
                }
                ExprKind::Param(id) => {
                    if let Some(param) = rulebook.params.get(id.0 as usize) {
                        add(param.name.to_string(), param.value.clone(), &param.ty);
                    }
                }
                _ => {}
            }
        }
        facts
    }

    /// Whether an expression is `held(…)`, written out.
    fn reads_state(&self, expr: &Expr) -> bool {
        let root = self.person.rulebook.schema.root();
        let mut reads = false;
        expr.each(&mut |node| {
            reads |= matches!(node.kind, ExprKind::Column(id) if root.column(id).source == Source::State)
                && node.span == expr.span;
        });
        reads
    }

    /// What the names in an expression stand for, each told once, and the questions over rows in it.
    fn below(&mut self, expr: &'a Expr) -> Vec<Branch> {
        let mut nodes: Vec<&'a Expr> = vec![];
        in_order(expr, &mut nodes);
        let mut branches = vec![];
        for node in nodes {
            match &node.kind {
                ExprKind::Definition(id) | ExprKind::ToNext(id) if !self.told.contains(id) => {
                    let name = self.person.rulebook.definition(*id).name.to_string();
                    branches.push(self.named(*id, None, name));
                }
                ExprKind::Aggregate(id) => branches.push(self.question(*id)),
                _ => {}
            }
        }
        branches
    }

    /// The stretch of time that a condition comes to.
    fn window(&self, expr: &Expr) -> Option<Stretch> {
        let ago = |moment: &Expr, duration: &Expr| {
            self.with_row(|row| match row.value(duration) {
                Value::Duration(duration) => row.clock().shifted(duration, Direction::Back, moment_type(&moment.ty)),
                _ => None,
            })
        };
        match &expr.kind {
            ExprKind::Not(_) => self.window(expr.denied()?),
            ExprKind::Window { subject, window } => {
                self.with_row(|row| row.window(window, moment_type(&subject.ty))).map(span)
            }
            ExprKind::CompareAge { op, moment, duration } => {
                let zone = self.context.clock.zone();
                let bound = ago(moment, duration)?;
                let window = Window::against(op.mirrored(), bound, moment_type(&moment.ty), zone);
                Some(span(window))
            }
            ExprKind::AgeBetween { moment, low, high, upper } => {
                let included = *upper == crate::value::UpperEnd::Included;
                Some(Stretch {
                    low: Some(Bound { at: ago(moment, high)?, included }),
                    high: Some(Bound { at: ago(moment, low)?, included: true }),
                })
            }
            ExprKind::Compare { op, left, right } => {
                let moment = |expr: &Expr| match (&expr.kind, &expr.ty) {
                    (ExprKind::Ago(_) | ExprKind::FromNow(_) | ExprKind::Now, Type::Date | Type::Timestamp) => {
                        self.with_row(|row| Moment::of(&row.value(expr)))
                    }
                    _ => None,
                };
                let (op, subject, bound) = match (moment(left), moment(right)) {
                    (None, Some(bound)) => (*op, left, bound),
                    (Some(bound), None) => (op.mirrored(), right, bound),
                    _ => return None,
                };
                let zone = self.context.clock.zone();
                Some(span(Window::against(op, bound, moment_type(&subject.ty), zone)))
            }
            _ => None,
        }
    }

    /// A question over rows: its answer, and how many rows it counted.
    fn question(&mut self, id: AggregateId) -> Branch {
        let rulebook = self.person.rulebook;
        let aggregate = rulebook.aggregate(id);
        let value = self.known().aggregate(id);
        let truth = (aggregate.ty == Type::Bool).then(|| Truth::of(&value));
        let mut branch = Branch {
            value: truth.is_none().then(|| rulebook.shown(&value, &aggregate.ty)),
            rows: self.rows(aggregate),
            window: aggregate.window.as_ref().and_then(|window| self.window(window)),
            cut: self.cut(id, aggregate),
            ..Branch::new(What::Question, self.written(aggregate.span), truth)
        };
        let mut parts: Vec<&'a Expr> = vec![];
        aggregate.each_expr(&mut |expr| parts.push(expr));
        branch.branches = parts.into_iter().flat_map(|part| self.below(part)).collect();
        branch
    }

    fn rows(&self, aggregate: &Aggregate) -> Option<Rows> {
        let Over::Children(id) = aggregate.over else { return None };
        let table = self.person.rulebook.schema.table(id);
        let rows = self.person.children.get(&id).map_or(&[][..], Vec::as_slice);
        let known = self.known();
        let interpreter = Interpreter::new(self.person.rulebook, self.context);
        let mut found = Rows { table: table.name.to_string(), counted: 0, happened: 0, future: 0 };
        for (row, place) in rows.iter().zip(0..) {
            let when = rows::when(table, row, place);
            if rows::is_future(table, when, &self.context.clock) {
                found.future += 1;
                continue;
            }
            found.happened += 1;
            let asked = interpreter.child_row(&known, row);
            let counted = match aggregate.function {
                AggregateFunction::Funnel(..) => rows::event(aggregate, &asked, when).is_some(),
                _ => rows::element(aggregate, &asked, when).is_some(),
            };
            found.counted += u64::from(counted);
        }
        Some(found)
    }

    /// Where the line is drawn between those who are at the top (or bottom) and those who are not.
    fn cut(&self, id: AggregateId, aggregate: &Aggregate) -> Option<Cut> {
        if !aggregate.is_rank() {
            return None;
        }
        let known = self.known();
        let interpreter = Interpreter::new(self.person.rulebook, self.context);
        let rank = self.person.rank(&interpreter, id, &known)?;
        let ty = rows::element_type(aggregate);
        let at = rank.cut.and_then(|key| Line { ty }.value(key));
        Some(Cut {
            value: self.person.rulebook.shown(&rank.own, ty),
            less: rank.less,
            more: rank.more,
            ranked: rank.ranked,
            at: at.map(|at| self.person.rulebook.shown(&at, ty)),
        })
    }

    /// What a funnel asks, and each of its steps: whether and when it was reached, and how many rows meet it.
    fn funnel(&mut self, choices: ChoiceId, id: AggregateId) -> Vec<Branch> {
        let rulebook = self.person.rulebook;
        let aggregate = rulebook.aggregate(id);
        let (AggregateFunction::Funnel(steps, by), Over::Children(table)) = (&aggregate.function, aggregate.over)
        else {
            return vec![];
        };
        let declared = rulebook.schema.table(table);
        let mut on = format!("on {}", declared.name);
        on.extend(aggregate.window.iter().map(|window| format!(" {}", self.written(window.span))));
        on.extend(aggregate.filter.iter().map(|filter| format!(" where {}", self.written(filter.span))));
        on.extend(by.iter().map(|by| format!(" by {}", declared.column(*by).name)));
        let rows = self.rows(aggregate);
        let (met, reached) = self.steps(aggregate, table, steps);
        let furthest = match self.known().aggregate(id) {
            Value::Choice(step) => Some(step as usize),
            _ => None,
        };
        let mut branches = vec![Branch { rows: rows.clone(), ..Branch::new(What::Question, on, None) }];
        for (at, (step, named)) in steps.iter().zip(&rulebook.choices(choices).values).enumerate() {
            let within = step.within.iter().map(|within| format!(" within {}", self.written(within.span)));
            let text = format!("{}{} when {}", named.name, within.collect::<String>(), self.text(&step.condition));
            let is_reached = furthest.is_some_and(|furthest| at <= furthest);
            let counted = met.get(at).copied().unwrap_or(0);
            branches.push(Branch {
                label: named.label.clone(),
                takes: furthest == Some(at),
                reached: reached.get(at).cloned().flatten().filter(|_| is_reached),
                rows: rows.clone().map(|rows| Rows { counted, future: 0, ..rows }),
                branches: self.below(&step.condition),
                ..Branch::new(What::Step, text, Some(Truth::from(is_reached)))
            });
        }
        branches
    }

    /// Of each step of a funnel how many rows meet it, and when it was last reached.
    fn steps(&self, aggregate: &Aggregate, table: TableId, steps: &[FunnelStep]) -> (Vec<u64>, Vec<Option<Value>>) {
        let known = self.known();
        let interpreter = Interpreter::new(self.person.rulebook, self.context);
        let (declared, clock) = (self.person.rulebook.schema.table(table), &self.context.clock);
        let rows = self.person.children.get(&table).map_or(&[][..], Vec::as_slice);
        let mut met = vec![0; steps.len()];
        let mut events = vec![];
        for (row, place) in rows.iter().zip(0..) {
            let when = rows::when(declared, row, place);
            if rows::is_future(declared, when, clock) {
                continue;
            }
            if let Some((group, event)) = rows::event(aggregate, &interpreter.child_row(&known, row), when) {
                met.iter_mut().enumerate().for_each(|(step, met)| *met += event.meets >> step & 1);
                events.push((group, event));
            }
        }
        let kind = interpreter.moments_of(table);
        let reached = funnel::steps_of_furthest(events, &interpreter.limits(steps, &known), kind, clock);
        (met, reached.into_iter().map(|when| when.map(|when| funnel::moment(when, kind))).collect())
    }

    fn ladder(&mut self, ladder: &'a Ladder) -> Vec<Branch> {
        let mut branches = vec![];
        let values = &self.person.rulebook.choices(ladder.choices).values;
        let mut taken = false;
        for arm in &ladder.arms {
            let name = values.get(arm.rank as usize);
            let (truth, below) = self.arm(arm);
            let text = self.arm_text(arm, name.map(|name| name.name.to_string()).unwrap_or_default());
            let takes = truth.is_true() && !taken;
            taken |= takes;
            branches.push(Branch {
                label: name.and_then(|name| name.label.clone()),
                kept: self.kept(ladder, arm).filter(|_| truth.is_true()),
                takes,
                branches: below,
                ..Branch::new(What::Arm, text, Some(truth))
            });
        }
        if let Some(by) = &ladder.by {
            let value = self.with_row(|row| row.value(by));
            let below = self.below(by);
            let by = Branch {
                value: Some(self.person.rulebook.shown(&value, &by.ty)),
                branches: below,
                ..Branch::new(What::By, self.written(by.span), None)
            };
            branches.insert(0, by);
        }
        branches
    }

    /// When an arm was last reached that the user would not reach now.
    fn kept(&self, ladder: &Ladder, arm: &Arm) -> Option<Value> {
        let rulebook = self.person.rulebook;
        let level = rulebook.choices(ladder.choices).of;
        let kept = rulebook.actions.memory.kept.iter().find(|it| it.level == level && it.rank == arm.rank)?;
        let reached = self.known().column(kept.reached);
        (!self.truth(&kept.condition).is_true() && reached != Value::Missing).then_some(reached)
    }

    fn arm_text(&self, arm: &Arm, name: String) -> String {
        match &arm.choice {
            Choice::From { threshold, .. } => format!("{name} from {}", self.written(threshold.span)),
            Choice::When(condition) => format!("{name} when {}", self.written(condition.span)),
            Choice::Otherwise => format!("{name} otherwise"),
        }
    }

    fn arm(&mut self, arm: &'a Arm) -> (Truth, Vec<Branch>) {
        match &arm.choice {
            Choice::From { condition, .. } => (self.truth(condition), vec![]),
            Choice::When(condition) => (self.truth(condition), vec![self.condition(condition)]),
            Choice::Otherwise => (Truth::True, vec![]),
        }
    }

    fn score(&mut self, score: &'a Score) -> Vec<Branch> {
        let mut branches = vec![];
        let points = |trees: &Self, expr: &Expr| trees.with_row(|row| row.value(expr));
        let base = points(self, &score.base);
        if base != Value::Int(0) {
            let text = format!("from {}", self.written(score.base.span));
            branches.push(Branch { points: Some(base), ..Branch::new(What::Points, text, Some(Truth::True)) });
        }
        for arm in &score.arms {
            let truth = self.truth(&arm.condition);
            let value = points(self, &arm.points);
            let value = if arm.minus { crate::value::number::negate(&value) } else { value };
            let below = vec![self.condition(&arm.condition)];
            let text = self.written(arm.span);
            branches.push(Branch {
                points: Some(value),
                takes: truth.is_true(),
                branches: below,
                ..Branch::new(What::Points, text, Some(truth))
            });
        }
        if let Some((low, high)) = &score.clamp {
            let text = format!("clamp {}..{}", self.written(low.span), self.written(high.span));
            branches.push(Branch::new(What::Clamp, text, None));
        }
        branches
    }
}

fn span(window: Window) -> Stretch {
    Stretch { low: window.low, high: window.high }
}

/// Each node, in the order written.
fn in_order<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    let mut open = vec![expr];
    while let Some(node) = open.pop() {
        found.push(node);
        let before = open.len();
        node.each_child(&mut |child| open.push(child));
        open.get_mut(before..).unwrap_or_default().reverse();
    }
}

/// A condition as it is written; of an arm `from 5000` the comparison that it stands for.
pub(super) fn text_of(sources: &Sources, expr: &Expr) -> String {
    let written = |span: Span| one_line(sources.slice(span));
    match &expr.kind {
        ExprKind::Compare { left, right, .. } if written_out(expr) => {
            format!("{} >= {}", written(left.span), written(right.span))
        }
        _ => written(expr.span),
    }
}

/// Text on one line: what stands on several is joined by single spaces, comments left out.
pub(super) fn one_line(text: &str) -> String {
    if !text.contains(['\n', '#']) {
        return text.trim().to_owned();
    }
    let lines = text.lines().map(|line| {
        let mut quoted = false;
        let end = line.char_indices().find(|(_, it)| {
            quoted ^= *it == '"';
            *it == '#' && !quoted
        });
        line.get(..end.map_or(line.len(), |(at, _)| at)).unwrap_or_default().trim()
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
