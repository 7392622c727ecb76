//! Fields that no table declares: their types follow from their uses, and are then met with the data.

mod calls;
mod sums;

use std::collections::{HashMap, HashSet};

use super::{
    Checker, Surplus,
    book::{Book, Rule},
    names::Meaning,
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{CONTRADICTORY_USE, UNKNOWN_NAME},
    },
    intern::Symbol,
    ir::DefinitionId,
    schema::{Column, ColumnId, OwnTypes},
    source::Span,
    syntax::ast::{Expr, ExprKind, Literal, Test},
    value::{Type, moment_text::MomentFormat},
};

/// What a use fixes of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Number,
    Text,
    Bool,
    Moment,
    Duration,
    List(Option<Box<Class>>),
    /// A value of a level or layer.
    Choice,
}

impl Class {
    fn words(&self) -> &'static str {
        match self {
            Class::Number => "a number",
            Class::Text => "text",
            Class::Bool => "true or false",
            Class::Moment => "a moment",
            Class::Duration => "a duration",
            Class::List(_) => "a list",
            Class::Choice => "a level's value",
        }
    }
}

/// What is known of undeclared fields so far.
struct Inference<'c, 'a, 'b> {
    checker: &'c mut Checker<'a>,
    book: &'c Book<'b>,
    /// In order of first use.
    fields: Vec<(Symbol, Span)>,
    known: HashSet<Symbol>,
    classes: HashMap<Symbol, (Class, Span)>,
    lets: HashMap<DefinitionId, Class>,
    told: Vec<Symbol>,
    changed: bool,
}

/// Rounds of looking again: what one use fixes may fix another.
const ROUNDS: usize = 12;

impl Checker<'_> {
    /// Adds the undeclared fields that the rules name to the root table.
    pub(super) fn infer_fields(&mut self, book: &Book<'_>, order: &[DefinitionId]) {
        if self.schema.root().declared {
            return;
        }
        let mut inference = Inference {
            checker: self,
            book,
            fields: vec![],
            known: HashSet::new(),
            classes: HashMap::new(),
            lets: HashMap::new(),
            told: vec![],
            changed: true,
        };
        inference.settle(order);
        // `spend = limit` where only `spend` has values: what they are says what the other would be.
        inference.take_own_types();
        inference.settle(order);
        let Inference { fields, classes, told, .. } = inference;
        self.add_fields(fields, &classes, &told);
    }

    fn add_fields(&mut self, fields: Vec<(Symbol, Span)>, classes: &HashMap<Symbol, (Class, Span)>, told: &[Symbol]) {
        let key = match self.facts {
            None => Some("user_id".to_owned()),
            Some(facts) => {
                let named = |name: &str| facts.columns.iter().any(|it| it.header == name).then(|| name.to_owned());
                named("user_id").or_else(|| named("id")).or_else(|| {
                    let first = facts.columns.first().map(|it| it.header.clone());
                    first.filter(|_| self.surplus == Surplus::Refused)
                })
            }
        };
        let mut columns = vec![];
        if let Some(key) = key {
            let name = Symbol::new(&key);
            let fixed = classes.get(&name).map(|(class, _)| class);
            columns.push(self.column(name, None, fixed));
        }
        let keyed = !columns.is_empty();
        for (name, span) in fields {
            let fixed = classes.get(&name).map(|(class, _)| class);
            if columns.first().is_some_and(|key: &Column| keyed && key.name == name) {
                continue;
            }
            if !self.has_field(&name) {
                self.tell_unknown(&name, span);
                self.names.add_column(name.clone(), ColumnId(columns.len() as u32), span);
                columns.push(self.column(name, Some(span), fixed));
                continue;
            }
            columns.push(self.column(name, Some(span), fixed));
        }
        self.column_types = columns.iter().map(|it| (!told.contains(&it.name)).then(|| it.ty.clone())).collect();
        for (at, column) in columns.iter().enumerate() {
            if self.names.get(&column.name).is_none() {
                let span = column.span.unwrap_or_default();
                self.names.add_column(column.name.clone(), ColumnId(at as u32), span);
            }
        }
        let root = self.schema.root;
        if let Some(table) = self.schema.tables.get_mut(root.0 as usize) {
            table.columns = columns;
            table.key = keyed.then_some(ColumnId(0));
        }
    }

    /// Whether the data has it; without data, anything may be.
    fn has_field(&self, name: &Symbol) -> bool {
        match (self.facts, self.surplus) {
            (Some(facts), Surplus::Refused) => facts.columns.iter().any(|it| Symbol::new(&it.header) == *name),
            (Some(_), Surplus::Missing) | (None, _) => true,
        }
    }

    /// Tells a name that means nothing.
    pub(super) fn tell_unknown(&mut self, name: &Symbol, span: Span) {
        let headers: Vec<String> =
            self.facts.iter().flat_map(|facts| &facts.columns).map(|column| column.header.clone()).collect();
        let others: Vec<&str> = headers.iter().map(String::as_str).collect();
        let mut told = Diagnostic::error(UNKNOWN_NAME, span, format!("unknown field `{name}`"));
        if let Some(facts) = self.facts {
            told = told.note(format!("`{}` has no such column", facts.file));
        }
        // Looking for the nearest of many names, again and again, would take for ever.
        let near = if self.sink.found().len() < 200 { self.names.nearest(name, &others) } else { None };
        told = match near {
            Some(near) => told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), span, near),
            None => match self.facts {
                Some(facts) => told.help(format!("`{}` has {}", facts.file, headers.join(", "))),
                None => told.help(format!(
                    "declare it in the table: `{name}: text?`; a text is written in quotes: `\"{name}\"`"
                )),
            },
        };
        self.sink.push(told);
    }

    fn column(&self, name: Symbol, span: Option<Span>, class: Option<&Class>) -> Column {
        let found = self.facts.and_then(|facts| facts.columns.iter().find(|it| Symbol::new(&it.header) == name));
        let own = found.and_then(|column| column.ty.clone());
        let ty = match class {
            Some(class) => self.type_of(class, own.as_ref()),
            None => self.own_type(&name).unwrap_or(Type::Text),
        };
        let header = found.map_or_else(|| name.to_string(), |column| column.header.clone());
        Column { name, header, ty, optional: true, format: MomentFormat::Iso, span }
    }

    /// The type that a field's values have by themselves: in Parquet and Arrow the column's, in JSON each its own, and a
    /// text stays one.
    fn own_type(&self, name: &Symbol) -> Option<Type> {
        let facts = self.facts?;
        let own = facts.columns.iter().find(|it| Symbol::new(&it.header) == *name)?.ty.clone()?;
        match (facts.values, own) {
            (OwnTypes::Written, _) => None,
            (OwnTypes::Json, Type::Date | Type::Timestamp | Type::Duration) => Some(Type::Text),
            (OwnTypes::Json | OwnTypes::Typed, own) => Some(own),
        }
    }

    /// Whether the data has no value of a field at all, so that it is missing whatever its type.
    pub(super) fn is_never_known(&self, column: ColumnId) -> bool {
        let Some(column) = self.schema.root().columns.get(column.0 as usize) else { return false };
        let own = |facts: &crate::schema::Facts| {
            facts.columns.iter().find(|it| it.header == column.header).and_then(|it| it.ty.clone())
        };
        !self.schema.root().declared && self.facts.is_some_and(|facts| own(facts).is_none())
    }

    fn type_of(&self, class: &Class, own: Option<&Type>) -> Type {
        match class {
            Class::Number => Type::Float,
            Class::Text | Class::Choice => Type::Text,
            Class::Bool => Type::Bool,
            Class::Moment if own == Some(&Type::Date) => Type::Date,
            Class::Moment => Type::Timestamp,
            Class::Duration => Type::Duration,
            Class::List(element) => {
                let own = match own {
                    Some(Type::List(own)) => Some(&**own),
                    _ => None,
                };
                let element = match element {
                    Some(element) => self.type_of(element, own),
                    None => own.cloned().unwrap_or(Type::Text),
                };
                Type::List(Box::new(element))
            }
        }
    }
}

impl Inference<'_, '_, '_> {
    fn settle(&mut self, order: &[DefinitionId]) {
        for _ in 0..ROUNDS {
            if !std::mem::take(&mut self.changed) {
                break;
            }
            for id in order {
                self.definition(*id);
            }
        }
    }

    /// Fields that no use fixes are what the data says they are.
    fn take_own_types(&mut self) {
        for (name, span) in self.fields.clone() {
            let own = self.checker.own_type(&name).map(|own| class_of(&own));
            match (self.classes.get(&name), own) {
                (None, Some(own)) | (Some((Class::List(None), _)), Some(own @ Class::List(_))) => {
                    self.classes.insert(name, (own, span));
                    self.changed = true;
                }
                (Some(_) | None, _) => {}
            }
        }
    }

    fn definition(&mut self, id: DefinitionId) {
        let Some(definition) = self.book.definitions.get(id.0 as usize) else { return };
        match definition.rule {
            Rule::Let(it) => self.value(id, &it.value),
            Rule::Expression(it) => self.value(id, it),
            Rule::Tag(it) => {
                self.visit(&it.condition, Some(&Class::Bool));
            }
            Rule::Score(it) => {
                it.base.iter().for_each(|base| {
                    self.visit(base, Some(&Class::Number));
                });
                for arm in &it.arms {
                    self.visit(&arm.points, Some(&Class::Number));
                    self.visit(&arm.condition, Some(&Class::Bool));
                }
            }
            Rule::Level(it) => {
                let thresholds = it.arms.iter().filter_map(|arm| match &arm.choice {
                    crate::syntax::ast::Choice::From { threshold, .. } => Some(threshold),
                    _ => None,
                });
                let class = thresholds.clone().find_map(|threshold| self.visit(threshold, None));
                if let Some(by) = &it.by {
                    self.visit(by, class.as_ref());
                }
                self.arms(&it.arms);
            }
            Rule::Layer(it) => self.arms(&it.arms),
        }
    }

    fn arms(&mut self, arms: &[crate::syntax::ast::Arm]) {
        for arm in arms {
            if let crate::syntax::ast::Choice::When(condition) = &arm.choice {
                self.visit(condition, Some(&Class::Bool));
            }
        }
    }

    fn value(&mut self, id: DefinitionId, expr: &Expr) {
        let expected = self.lets.get(&id).cloned();
        if let Some(class) = self.visit(expr, expected.as_ref())
            && self.lets.get(&id) != Some(&class)
        {
            self.lets.insert(id, class);
            self.changed = true;
        }
    }

    /// The class of an expression where it is known; what is expected of it is passed on to fields.
    fn visit(&mut self, expr: &Expr, expected: Option<&Class>) -> Option<Class> {
        if self.checker.is_not_supported(expr) {
            return None;
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.visit(inner, expected),
            ExprKind::Name(name) => self.name(&name.symbol, name.span(), expected),
            ExprKind::Literal(literal) => Some(match literal {
                Literal::Number(_) | Literal::Percent(_) => Class::Number,
                Literal::Text(_) => Class::Text,
                Literal::Bool(_) => Class::Bool,
                Literal::Date(_) | Literal::Timestamp(_) => Class::Moment,
                Literal::TimeOfDay(_) => return None,
                Literal::Duration(_) => Class::Duration,
            }),
            ExprKind::Now | ExprKind::Today | ExprKind::Shifted { .. } => Some(Class::Moment),
            ExprKind::Missing => None,
            ExprKind::If { condition, then, otherwise } => {
                self.visit(condition, Some(&Class::Bool));
                self.same(&[then, otherwise], expected)
            }
            ExprKind::Or(all) | ExprKind::And(all) | ExprKind::Quorum { conditions: all, .. } => {
                for it in all {
                    self.visit(it, Some(&Class::Bool));
                }
                Some(Class::Bool)
            }
            ExprKind::Not(inner) => {
                self.visit(inner, Some(&Class::Bool));
                Some(Class::Bool)
            }
            ExprKind::Compare { left, right, .. } => {
                self.same(&[left, right], None);
                Some(Class::Bool)
            }
            ExprKind::Test { subject, test, .. } => {
                self.test(subject, test);
                Some(Class::Bool)
            }
            ExprKind::Coalesce(all) => self.same(&all.iter().collect::<Vec<_>>(), expected),
            ExprKind::List(all) => {
                let element = match expected {
                    Some(Class::List(element)) => element.as_deref().cloned(),
                    _ => None,
                };
                let element = self.same(&all.iter().collect::<Vec<_>>(), element.as_ref());
                Some(Class::List(element.map(Box::new)))
            }
            ExprKind::Sum { first, rest } => self.sum(first, rest, expected),
            ExprKind::Product { first, rest } => self.product(first, rest),
            ExprKind::Negate(inner) => self.number_or_length(inner),
            ExprKind::Call { function, arguments } => self.call(&function.symbol, arguments, expected),
            ExprKind::Field { base, field } => {
                if let ExprKind::Index { base, index } = &base.kind
                    && let ExprKind::Name(table) = &base.kind
                    && let Some(id) = self.checker.schema.find(&table.symbol)
                {
                    let table = self.checker.schema.table(id);
                    let key = table.key.map(|key| class_of(&table.column(key).ty));
                    let found = table.find(&field.symbol).map(|id| class_of(&table.column(id).ty));
                    self.visit(index, key.as_ref());
                    return found;
                }
                None
            }
            ExprKind::Index { index, .. } => self.visit(index, None),
            ExprKind::Rank { .. } => None,
        }
    }

    /// Operands of one class: what is known of one is expected of the others.
    fn same(&mut self, parts: &[&Expr], expected: Option<&Class>) -> Option<Class> {
        let mut class = expected.cloned();
        let mut open = vec![];
        // What a sum is made of follows from what stands beside it: `paid_at - ordered_at > 3d`.
        let (sums, others): (Vec<&Expr>, Vec<&Expr>) = parts.iter().partition(|it| is_sum(it));
        for part in others {
            match self.visit(part, None) {
                Some(found) => class = class.or(Some(found)),
                None => open.push(part),
            }
        }
        for part in sums {
            if let Some(found) = self.visit(part, class.clone().as_ref()) {
                class = class.or(Some(found));
            }
        }
        for part in open {
            if let Some(class) = &class {
                self.visit(part, Some(class));
            }
        }
        class
    }

    /// What the data says of a field that no use has fixed.
    fn own(&self, expr: &Expr) -> Option<Class> {
        let ExprKind::Name(name) = &expr.unparenthesised().kind else { return None };
        let facts = self.checker.facts?;
        let column = facts.columns.iter().find(|it| Symbol::new(&it.header) == name.symbol)?;
        column.ty.as_ref().map(class_of)
    }

    fn test(&mut self, subject: &Expr, test: &Test) {
        match test {
            Test::Between(range) => {
                let ends = self.same(&[&range.from, &range.to], None);
                let beside = ends.clone().filter(|_| is_sum(subject));
                let subject_class = self.visit(subject, beside.as_ref());
                match (subject_class, ends) {
                    (None, Some(Class::Duration)) => {
                        self.visit(subject, Some(&Class::Moment));
                    }
                    (None, Some(ends)) => {
                        self.visit(subject, Some(&ends));
                    }
                    (Some(class), None) => {
                        self.visit(&range.from, Some(&class));
                        self.visit(&range.to, Some(&class));
                    }
                    (Some(_), Some(_)) | (None, None) => {}
                }
            }
            Test::In(list) => {
                if let ExprKind::Name(name) = &list.kind
                    && matches!(self.checker.names.get(&name.symbol), Some(Meaning::List(_)))
                {
                    self.visit(subject, Some(&Class::Text));
                    return;
                }
                let class = self.visit(subject, None);
                let wanted = Class::List(class.clone().map(Box::new));
                if let Some(Class::List(Some(element))) = self.visit(list, Some(&wanted))
                    && class.is_none()
                {
                    self.visit(subject, Some(&element));
                }
            }
            Test::Contains(it) | Test::StartsWith(it) | Test::EndsWith(it) => {
                self.visit(subject, Some(&Class::Text));
                self.visit(it, Some(&Class::Text));
            }
            Test::Matches(_) => {
                self.visit(subject, Some(&Class::Text));
            }
            Test::Has(element) => {
                let class = self.visit(element, None);
                let list = self.visit(subject, Some(&Class::List(class.clone().map(Box::new))));
                if let (None, Some(Class::List(Some(of)))) = (class, list) {
                    self.visit(element, Some(&of));
                }
            }
            Test::HasAny(list) | Test::HasAll(list) | Test::HasNone(list) => {
                let class = self.visit(list, None);
                let of = self.visit(subject, class.as_ref().or(Some(&Class::List(None))));
                if matches!(class, None | Some(Class::List(None))) {
                    self.visit(list, of.as_ref());
                }
            }
            Test::Within(it) | Test::WithinNext(it) => {
                self.visit(subject, Some(&Class::Moment));
                self.visit(it, Some(&Class::Duration));
            }
            Test::During(_) => {
                self.visit(subject, Some(&Class::Moment));
            }
            Test::IsMissing | Test::IsKnown => {
                self.visit(subject, None);
            }
        }
    }

    fn name(&mut self, name: &Symbol, span: Span, expected: Option<&Class>) -> Option<Class> {
        match self.checker.names.get(name) {
            Some(Meaning::Param(id)) => {
                let param = self.checker.params.get(id.0 as usize)?.as_ref()?;
                Some(class_of(&param.ty))
            }
            Some(Meaning::Definition(id)) => match self.book.definitions.get(id.0 as usize)?.rule {
                Rule::Tag(_) => Some(Class::Bool),
                Rule::Score(_) => Some(Class::Number),
                Rule::Level(_) | Rule::Layer(_) => Some(Class::Choice),
                Rule::Let(_) | Rule::Expression(_) => {
                    if let (None, Some(expected)) = (self.lets.get(&id), expected) {
                        self.lets.insert(id, expected.clone());
                        self.changed = true;
                    }
                    self.lets.get(&id).cloned()
                }
            },
            Some(Meaning::Column(_) | Meaning::Table(_) | Meaning::List(_) | Meaning::Later) => None,
            None if self.checker.names.is_value(name) => Some(Class::Choice),
            None => self.field(name, span, expected),
        }
    }

    fn field(&mut self, name: &Symbol, span: Span, expected: Option<&Class>) -> Option<Class> {
        if self.known.insert(name.clone()) {
            self.fields.push((name.clone(), span));
            self.changed = true;
        }
        let Some(expected) = expected else { return self.classes.get(name).map(|(class, _)| class.clone()) };
        match self.classes.get(name).cloned() {
            None => {
                self.classes.insert(name.clone(), (expected.clone(), span));
                self.changed = true;
            }
            Some((Class::List(None), first)) if matches!(expected, Class::List(Some(_))) => {
                self.classes.insert(name.clone(), (expected.clone(), first));
                self.changed = true;
            }
            Some((class, first)) => {
                let both_lists = matches!((&class, expected), (Class::List(_), Class::List(_)));
                if class != *expected && !both_lists && !self.told.contains(name) {
                    self.told.push(name.clone());
                    let message = format!("`{name}` is used as {} and as {}", class.words(), expected.words());
                    self.checker.sink.push(
                        Diagnostic::error(CONTRADICTORY_USE, span, message)
                            .here(format!("used as {} here", expected.words()))
                            .label(first, format!("used as {} here", class.words()))
                            .help(format!(
                                "a field has one type: declare it in a `table`, or mend one of the two uses of `{name}`"
                            )),
                    );
                }
            }
        }
        self.classes.get(name).map(|(class, _)| class.clone())
    }
}

/// `a + b`, `a - b`
fn is_sum(expr: &Expr) -> bool {
    matches!(expr.unparenthesised().kind, ExprKind::Sum { .. })
}

fn class_of(ty: &Type) -> Class {
    match ty {
        Type::Int | Type::Decimal(_) | Type::Float => Class::Number,
        Type::Text => Class::Text,
        Type::Bool => Class::Bool,
        Type::Date | Type::Timestamp => Class::Moment,
        Type::Duration => Class::Duration,
        Type::List(element) => Class::List(Some(Box::new(class_of(element)))),
        Type::Choice(_) => Class::Choice,
    }
}
