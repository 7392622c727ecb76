//! A rulebook whose results stand in the data already, computed by another engine: what is done about them is decided here all the
//! same.

use std::collections::BTreeSet;

use crate::{
    intern::Symbol,
    ir::{Arm, Body, Choice, CompareOp, Definition, DefinitionId, Expr, ExprKind, Ladder, Memory, Rulebook, Score},
    schema::{Column, ColumnId, Source},
    source::Span,
    value::{ChoiceId, Type, Value, moment_text::MomentFormat},
};

/// Something that is wanted of results, and that they do not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// What it is.
    pub what: Lack,
    /// Where it is asked first; of a result where it is declared.
    pub span: Span,
    /// The segment in whose block it is asked; none of the policy, and of a result.
    pub by: Option<Symbol>,
}

/// What results may lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A segment or what it is made of: the file holds no results of these rules.
    Result(Symbol),
    /// A column, or a `let`: to be written beside the results.
    Name(Symbol),
    /// A question over many rows that has no name.
    Question,
    /// What is missing to the next arm of a level, likewise.
    ToNext(Symbol),
}

impl Rulebook {
    /// The same rulebook over its own results, which stand in columns of these names: `tags` and `segments` as lists, each level,
    /// layer, score and funnel under its name, or each tag and segment as a condition under its own (`--shape wide`).
    ///
    /// # Errors
    /// What deeds need that is not there.
    pub fn of_results(&self, columns: &[String]) -> Result<Rulebook, Vec<Lacking>> {
        let has = |name: &str| columns.iter().any(|column| column == name);
        let mut new = self.clone();
        let root = self.schema.root.0 as usize;
        let Some(table) = new.schema.tables.get_mut(root) else { return Ok(new) };
        let mut lacking_columns = BTreeSet::new();
        for (at, column) in table.columns.iter_mut().enumerate() {
            column.format = form(&column.ty, &column.format);
            if column.source == Source::Data && !has(&column.header) {
                lacking_columns.insert(ColumnId(at as u32));
                (column.source, column.optional) = (Source::State, true);
            }
        }
        let mut table_key = table.key;
        let mut add = |name: &str, ty: Type| {
            if let Some(at) = table.columns.iter().position(|it| it.name.as_str() == name && it.ty == ty) {
                return ColumnId(at as u32);
            }
            table.columns.push(Column {
                name: Symbol::new(name),
                header: name.to_owned(),
                format: form(&ty, &MomentFormat::Iso),
                ty,
                optional: true,
                source: Source::Data,
                span: None,
            });
            ColumnId(table.columns.len() as u32 - 1)
        };
        if self.schema.root().key.is_none() {
            let named = ["user_id", "id"].into_iter().find(|name| has(name));
            let key = named.or_else(|| columns.first().map(String::as_str));
            let key = key.map(|name| add(name, Type::Text));
            table_key = key;
        }
        let mut lacking: Vec<Lacking> = vec![];
        let mut computed = vec![];
        for (at, definition) in self.definitions.iter().enumerate() {
            let name = definition.name.as_str();
            let column = |id, ty: &Type| Expr { kind: ExprKind::Column(id), ty: ty.clone(), span: definition.span };
            let listed = |list: &str, add: &mut dyn FnMut(&str, Type) -> ColumnId| {
                let ty = Type::List(Box::new(Type::Text));
                let list = column(add(list, ty.clone()), &ty);
                let has = ExprKind::Has { subject: Box::new(list.clone()), element: text(name, definition) };
                if_known(&list, condition(has, definition))
            };
            let body = match (&definition.body, &definition.ty) {
                (Body::Tag(_), ty) if has(name) => Body::Tag(column(add(name, ty.clone()), ty)),
                (Body::Segment(_), ty) if has(name) => Body::Segment(column(add(name, ty.clone()), ty)),
                (Body::Tag(_), _) if has("tags") => Body::Tag(listed("tags", &mut add)),
                (Body::Segment(_), _) if has("segments") => Body::Segment(listed("segments", &mut add)),
                (Body::Level(_) | Body::Layer(_) | Body::Funnel(..), Type::Choice(choices)) if has(name) => {
                    let id = add(name, Type::Text);
                    let ladder = named(self, definition, *choices, &column(id, &Type::Text));
                    match definition.body {
                        Body::Level(_) => Body::Level(ladder),
                        _ => Body::Layer(ladder),
                    }
                }
                (Body::Let(_), ty) if has(name) => Body::Let(column(add(name, ty.clone()), ty)),
                (Body::Score(_), ty) if has(name) => {
                    let base = column(add(name, ty.clone()), ty);
                    Body::Score(Box::new(Score { base, arms: vec![], clamp: None }))
                }
                (Body::Let(_), _) => {
                    computed.push(DefinitionId(at as u32));
                    definition.body.clone()
                }
                (
                    Body::Tag(_)
                    | Body::Segment(_)
                    | Body::Score(_)
                    | Body::Level(_)
                    | Body::Layer(_)
                    | Body::Funnel(..),
                    _,
                ) => {
                    let what = Lack::Result(definition.name.clone());
                    lacking.push(Lacking { what, span: definition.span, by: None });
                    continue;
                }
            };
            if let Some(slot) = new.definitions.get_mut(at) {
                slot.body = body;
                if !computed.contains(&DefinitionId(at as u32)) {
                    slot.aggregates = vec![];
                }
            }
        }
        if let Some(table) = new.schema.tables.get_mut(root) {
            table.key = table_key;
        }
        // What is kept of levels was not known to who computed them.
        new.actions.memory = Memory { kept: vec![], ..new.actions.memory };
        let is_lacking = |reads: &crate::ir::Reads| {
            // Results say which arm of a level applies, and not by what.
            !reads.aggregates.is_empty()
                || !reads.to_next.is_empty()
                || reads.columns.iter().any(|id| lacking_columns.contains(id))
        };
        let mut look = |expr: &Expr, by: Option<&Symbol>| {
            expr.each(&mut |node| {
                let what = match &node.kind {
                    ExprKind::Column(id) if lacking_columns.contains(id) => {
                        Lack::Name(self.schema.root().column(*id).name.clone())
                    }
                    ExprKind::Definition(id) if computed.contains(id) && is_lacking(&new.reads([*id])) => {
                        Lack::Name(self.definition(*id).name.clone())
                    }
                    ExprKind::Aggregate(_) | ExprKind::Reached(..) => Lack::Question,
                    ExprKind::ToNext(level) => Lack::ToNext(self.definition(*level).name.clone()),
                    _ => return,
                };
                let is_told = |it: &Lacking| it.what == what && (matches!(what, Lack::Name(_)) || it.span == node.span);
                if !lacking.iter().any(is_told) {
                    lacking.push(Lacking { what, span: node.span, by: by.cloned() });
                }
            });
        };
        for block in &new.actions.segments {
            block.each_expr(&mut |expr| look(expr, Some(&self.definition(block.segment).name)));
        }
        new.actions.policy.require.iter().for_each(|expr| look(expr, None));
        let needed: BTreeSet<&str> =
            new.actions.segments.iter().map(|it| self.definition(it.segment).name.as_str()).collect();
        // Results that no deed hangs on may be absent; segments may not.
        let wanted = new.reads_for_actions(new.actions.segments.iter().map(|it| it.segment));
        lacking.retain(|it| match &it.what {
            Lack::Result(name) => {
                needed.contains(name.as_str()) || self.find(name).is_some_and(|id| wanted.definitions.contains(&id))
            }
            Lack::Name(_) | Lack::Question | Lack::ToNext(_) => true,
        });
        if !lacking.is_empty() {
            return Err(lacking);
        }
        // A `let` that no deed reads, of fields or rows that are not there, is nobody's business here.
        let unread: Vec<DefinitionId> = computed.into_iter().filter(|id| is_lacking(&new.reads([*id]))).collect();
        for id in unread {
            if let Some(slot) = new.definitions.get_mut(id.0 as usize) {
                let missing = ExprKind::Constant(Value::Missing);
                slot.body = Body::Let(Expr { kind: missing, ty: slot.ty.clone(), span: slot.span });
                slot.aggregates = vec![];
            }
        }
        Ok(new)
    }
}

/// How a column is written in results: durations by the query of `tagwell sql` as whole microseconds.
fn form(ty: &Type, declared: &MomentFormat) -> MomentFormat {
    if *ty == Type::Duration { MomentFormat::EpochMicros } else { declared.clone() }
}

fn text(name: &str, definition: &Definition) -> Box<Expr> {
    let kind = ExprKind::Constant(Value::Text(name.into()));
    Box::new(Expr { kind, ty: Type::Text, span: definition.span })
}

fn condition(kind: ExprKind, definition: &Definition) -> Expr {
    Expr { kind, ty: Type::Bool, span: definition.span }
}

/// A condition about a column whose empty cells say that it is not so: who is in no segment, or was at no step.
fn if_known(column: &Expr, condition: Expr) -> Expr {
    let is_known = Expr { kind: ExprKind::IsKnown(Box::new(column.clone())), ..condition.clone() };
    Expr { kind: ExprKind::And(vec![is_known, condition.clone()]), ..condition }
}

/// The values of a level, layer or funnel by their names, as results write them.
fn named(rulebook: &Rulebook, definition: &Definition, choices: ChoiceId, column: &Expr) -> Ladder {
    let values = rulebook.choices(choices).values.iter().enumerate();
    let arm = |(rank, value): (usize, &crate::ir::ChoiceValue)| {
        let (left, right) = (Box::new(column.clone()), text(&value.name, definition));
        let kind = ExprKind::Compare { op: CompareOp::Equal, left, right };
        let is = condition(kind, definition);
        // Of a level or a layer, a record that lacks something has none, too.
        let when = if matches!(definition.body, Body::Funnel(..)) { if_known(column, is) } else { is };
        Arm { rank: rank as u32, choice: Choice::When(when), span: definition.span }
    };
    Ladder { choices, by: None, exclusive: false, arms: values.map(arm).collect() }
}
