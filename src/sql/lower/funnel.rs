//! Funnels. Of the events that meet a step's condition, in order of time, one reaches a step where it meets that step's condition and is no
//! later than the last of the deadlines that events before it set by reaching the step before: one window function a step.

use crate::{
    ir::{Aggregate, AggregateId, Expr, ExprKind, FunnelStep},
    schema::ColumnId,
    source::Span,
    sql::{
        ast::{From, Item, Literal, Over, Select, Sense, Sql, Star, Step},
        lower::{
            Held, Length, Lowering,
            answers::{Answer, Key, Part, Tie},
            clause::Clause,
        },
        stack::{CONDITION, Stack},
    },
    value::{Type, Value},
};

/// Steps that a number of 64 bits has room for.
const BITS: usize = 62;
/// Values that steps may ask a column for, again and again.
const FEW: usize = 12;

impl Lowering<'_> {
    pub(crate) fn funnel(
        &mut self,
        id: AggregateId,
        aggregate: &Aggregate,
        steps: &[FunnelStep],
        by: Option<ColumnId>,
        clause: &Clause,
        keys: &[Key],
    ) -> Answer {
        let names = self.choices(&aggregate.ty);
        let mut partition: Vec<Sql> = keys.iter().map(|it| Sql::column(&it.from)).collect();
        let mut taken: Vec<Sql> = clause.known.iter().cloned().collect();
        if let Some(by) = by {
            match self.child_column(by) {
                Held::One(sql) => {
                    taken.push(self.known(sql.clone()));
                    partition.push(sql);
                }
                Held::Length(length) => {
                    taken.push(length.known());
                    let total = Length { months: Sql::int(0), ..length.clone() };
                    let total = self.exact(total);
                    partition.extend([length.months, self.keep(total)]);
                }
            }
        }
        let about = self.about.clone();
        let met = self.met(steps, &names);
        let funnel = self.funnel_name(&aggregate.ty);
        let told = self.funnel_comment(id, aggregate.span);
        let mut before = vec![];
        let (subject, others) = self.own_rows(&funnel);
        let (met, first) = self.conditions(met, (steps, &names), clause);
        self.about.clone_from(&about);
        self.only_steps(&taken, &met, &subject, &told, &mut before);
        let at = clause.order.at.clone();
        let order = self.ordered(clause.order.sorted(Sense::RISING), None);
        let since = clause.rows.as_ref().zip(at.as_ref()).and_then(|(rows, at)| self.since(rows, at));
        let deadlines = self.deadlines((steps, &names), &met, (at.as_ref(), since.as_ref()), &funnel);
        let mut last: Option<Sql> = None;
        let mut reached: Vec<Sql> = vec![];
        for (((step, deadline), meets), number) in steps.iter().zip(deadlines).zip(&met).zip(1_usize..) {
            if let Some(first) = first.as_ref().filter(|_| number == 1) {
                last = Some(first.clone());
                reached.push(first.clone());
                continue;
            }
            let name = names.get(number - 1).cloned().unwrap_or_default();
            self.about.clone_from(&name);
            let mut all = vec![meets.clone()];
            if let Some(last) = last {
                let so_far = |of: Sql| {
                    Sql::Over(Box::new(Over {
                        function: Sql::aggregate("max", Some(of), None),
                        partition: partition.clone(),
                        order: order.clone(),
                        before: true,
                    }))
                };
                all.push(match at.as_ref().zip(deadline) {
                    Some((at, deadline)) => Sql::binary(at.clone(), "<=", so_far(Sql::when(last, deadline))),
                    None => Sql::binary(so_far(Sql::if_else(last, Sql::int(1), Sql::int(0))), "=", Sql::int(1)),
                });
            }
            let holds = self.closed(Sql::all(all));
            let column = self.column_of(holds, &name, Some(("step", self.step_comment(number, &name, step))));
            last = Some(column.clone());
            reached.push(column);
        }
        self.about = about;
        let tied = clause.order.key.is_none().then(|| self.tied(&met, &partition, at.as_ref()));
        let level = self.at;
        let relation = self.stack().relation(level).to_owned();
        if let Some(of_steps) = self.rows.as_mut().map(|rows| std::mem::replace(&mut rows.stack, others)) {
            of_steps.steps(&mut before, None, self.dialect.fence(), &mut self.names, &mut self.titles);
        }
        self.at = clause.level;
        let step = self.names.of(&format!("{funnel}_furthest"));
        let mut select = Select::from(From::Step(relation));
        select.items = keys.iter().map(Key::item).collect();
        select.group = keys.iter().map(|key| Sql::column(&key.from)).collect();
        let (mut furthest, mut moments) = (vec![], vec![]);
        for (column, name) in reached.iter().zip(&names).rev() {
            let any = self.dialect.any(column.clone(), None);
            furthest.push((any.clone(), Sql::text(name.clone())));
            if let Some(at) = &at {
                moments.push((any, Sql::aggregate("max", Some(at.clone()), Some(column.clone()))));
            }
        }
        let own = self.names.of(&format!("{step}_step"));
        select.items.push(Item::named(Sql::Case(furthest, None), &own));
        let mut columns = vec![match tied {
            None => Part::missing(Sql::column(&own)),
            Some(tied) => {
                let column = self.names.of(&format!("{step}_tied"));
                select.items.push(Item::named(self.dialect.any(tied, None), &column));
                let message = format!(
                    "{}: events of the same moment: which comes first decides, and only a `key` of the table could tell",
                    self.place(aggregate.span)
                );
                Part::untied(Sql::column(&own), Sql::column(&column), Tie { message, ty: Type::Text })
            }
        }];
        if self.asks_when(id) {
            let when = self.names.of(&format!("{step}_at"));
            let moment = match moments.is_empty() {
                true => self.literal(&Value::Missing, &Type::Timestamp),
                false => Sql::Case(moments, None),
            };
            select.items.push(Item::named(moment, &when));
            self.happened.insert(when.clone());
            columns.push(Part::missing(Sql::column(&when)));
        }
        before.push(Step { name: step, comment: vec![format!("how far each came: {told}")], select });
        Answer::Apart(before, columns)
    }

    /// Whether an event meets each step's condition.
    fn met(&mut self, steps: &[FunnelStep], names: &[String]) -> Vec<Sql> {
        let each = steps.iter().zip(names).map(|(step, name)| {
            self.about.clone_from(name);
            let (meets, _) = self.measured(|this| this.value(&step.condition));
            if let Sql::Any(parts) = &meets { any_of(parts) } else { meets }
        });
        each.collect()
    }

    /// Goes on with rows that have columns for this funnel alone, so that each engine reads them once; what they are called, and the rows that
    /// stay for others.
    fn own_rows(&mut self, funnel: &str) -> (String, Stack) {
        let level = std::mem::take(&mut self.at);
        let relation = self.stack().relation(level).to_owned();
        let Some(rows) = &mut self.rows else { return (String::new(), Stack::of("", "")) };
        let subject = format!("{funnel}_{}", self.rulebook.schema.table(rows.table).name);
        let others = std::mem::replace(&mut rows.stack, Stack::of(&relation, &subject));
        (subject, others)
    }

    /// The conditions as columns, since it is asked which events are steps, and then which step, and the first of them as the first step; as
    /// they are where all ask one column for a few values.
    fn conditions(
        &mut self,
        met: Vec<Sql>,
        (steps, names): (&[FunnelStep], &[String]),
        clause: &Clause,
    ) -> (Vec<Sql>, Option<Sql>) {
        let values = any_of(&met);
        if clause.order.key.is_some() && values_asked(&values).is_some_and(|(_, values)| values.len() <= FEW) {
            return (met, None);
        }
        let mut first = None;
        let all = met.into_iter().zip(steps.iter().zip(names)).zip(1..).map(|((meets, (step, name)), number)| {
            let (column, _) = self.measured(|this| match number {
                _ if meets.is_short() => meets,
                1 => {
                    let holds = this.closed(meets);
                    let column = this.column_of(holds, name, Some(("step", this.step_comment(1, name, step))));
                    first.insert(column).clone()
                }
                _ => this.condition(meets, &format!("meets_{name}")),
            });
            column
        });
        (all.collect(), first)
    }

    /// A condition as a column, which is there for its own sake.
    fn condition(&mut self, meets: Sql, name: &str) -> Sql {
        let is_new = self.stack().find(&meets).is_none();
        let column = self.column_of(meets, name, None);
        if is_new {
            self.stack().declare(&column, CONDITION);
        }
        column
    }

    /// Goes on with the events that meet a step's condition, which are few, and need not all be sorted.
    fn only_steps(&mut self, taken: &[Sql], met: &[Sql], subject: &str, told: &str, before: &mut Vec<Step>) {
        let level = std::mem::take(&mut self.at);
        let relation = self.stack().relation(level).to_owned();
        let Some(rows) = &mut self.rows else { return };
        let conditions = std::mem::replace(&mut rows.stack, Stack::of("", ""));
        let is_any = any_of(met);
        let taken = taken
            .iter()
            .flat_map(|it| if let Sql::All(parts) = it { parts.as_slice() } else { std::slice::from_ref(it) });
        // What is a step by one of few values has one of more.
        let taken: Vec<Sql> = taken.filter(|it| !is_within(&is_any, it)).cloned().collect();
        let is_step = Sql::all(taken.into_iter().chain([is_any]));
        conditions.steps(before, None, self.dialect.fence(), &mut self.names, &mut self.titles);
        let base = match is_step {
            Sql::Literal(Literal::Bool(true)) => relation,
            is_step => {
                let mut select = Select::from(From::Step(relation));
                select.star = Star::All;
                select.filter.push(is_step);
                let name = self.names.of(subject);
                let comment = vec![format!("what may be a step of {told}")];
                before.push(Step { name: name.clone(), comment, select });
                name
            }
        };
        rows.stack = Stack::of(&base, subject);
    }

    fn funnel_name(&self, ty: &Type) -> String {
        let choices = self.rulebook.choices.iter().find(|it| *ty == Type::Choice(self.id_of(it)));
        choices.map_or_else(|| "funnel".to_owned(), |it| self.rulebook.definition(it.of).name.to_string())
    }

    /// `step 2: two within 30d when paid (shop.rules:12)`
    fn step_comment(&self, number: usize, name: &str, step: &FunnelStep) -> String {
        let (first, word) = match &step.within {
            Some(within) => (within.span, "within"),
            None => (step.condition.span, "when"),
        };
        let end = step.condition.span;
        let written = (first.source == end.source && first.start <= end.end).then_some(Span { end: end.end, ..first });
        let shown = written.map(|it| self.shown_place(it)).unwrap_or_else(|| self.place(end));
        match shown == self.place(first) {
            true => format!("step {number}: {name} ({shown})"),
            false => format!("step {number}: {name} {word} {shown}"),
        }
    }

    /// Whether somebody asks for `reached(funnel)`.
    fn asks_when(&self, id: AggregateId) -> bool {
        let mut asked = false;
        let mut look = |expr: &Expr| {
            expr.each(&mut |it| asked |= matches!(it.kind, ExprKind::Reached(of, _) if of == id));
        };
        self.rulebook.definitions.iter().for_each(|it| it.body.each_expr(&mut look));
        self.rulebook.aggregates.iter().for_each(|it| it.each_expr(&mut look));
        asked
    }

    /// Whether events of the same moment meet different steps, so that their order decides.
    fn tied(&mut self, met: &[Sql], partition: &[Sql], at: Option<&Sql>) -> Sql {
        // Which steps an event meets: a bit of a number each, or a character of a text where they are too many.
        let each = met.iter().zip(0_u32..).map(|(meets, step)| match met.len() {
            0..=BITS => Sql::if_else(meets.clone(), Sql::int(1_i128 << step), Sql::int(0)),
            _ => Sql::if_else(meets.clone(), Sql::text("x"), Sql::text("-")),
        });
        let all = each.reduce(|a, b| match met.len() {
            0..=BITS => Sql::binary(a, "+", b),
            _ => self.dialect.concat(a, b),
        });
        let which = self.keep_as(all.unwrap_or(Sql::int(0)), "steps");
        let over = |function: &'static str| {
            let partition = partition.iter().chain(at).cloned().collect();
            let function = Sql::aggregate(function, Some(which.clone()), None);
            Sql::Over(Box::new(Over { function, partition, order: vec![], before: false }))
        };
        let tied = Sql::binary(over("min"), "<>", over("max"));
        let tied = self.closed(tied);
        self.keep_as(tied, "tied")
    }

    fn id_of(&self, choices: &crate::ir::Choices) -> crate::value::ChoiceId {
        let at = self.rulebook.choices.iter().position(|it| it.of == choices.of).unwrap_or(0);
        crate::value::ChoiceId(at as u32)
    }
}

/// That one of some conditions holds: where each asks the same column for values, `what IN ('view', 'cart')`.
pub(super) fn any_of(conditions: &[Sql]) -> Sql {
    let Some((of, _)) = conditions.first().and_then(values_asked) else { return Sql::any(conditions.iter().cloned()) };
    let mut all: Vec<Sql> = vec![];
    for condition in conditions {
        match values_asked(condition) {
            Some((own, values)) if own == of => {
                let more: Vec<Sql> = values.iter().filter(|it| !all.contains(it)).cloned().collect();
                all.extend(more);
            }
            _ => return Sql::any(conditions.iter().cloned()),
        }
    }
    of.clone().one_of(all)
}

/// Whether a column that has one of some values has one of others.
fn is_within(some: &Sql, others: &Sql) -> bool {
    match (values_asked(some), values_asked(others)) {
        (Some((of, some)), Some((own, others))) => of == own && some.iter().all(|it| others.contains(it)),
        _ => false,
    }
}

/// The column that is asked for values, and these.
fn values_asked(condition: &Sql) -> Option<(&Sql, &[Sql])> {
    match condition {
        Sql::Binary("=", of) if of.1.is_literal() => Some((&of.0, std::slice::from_ref(&of.1))),
        Sql::In(of, values) if values.iter().all(Sql::is_literal) => Some((of, values)),
        _ => None,
    }
}
