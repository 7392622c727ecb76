//! Fields that no table declares: their types follow from their uses, and are then met with the data.

mod calls;
mod sums;

use std::collections::{HashMap, HashSet};

use super::{
    Checker, Scope, Surplus,
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
    schema::{Column, ColumnId},
    source::Span,
    syntax::ast::{Argument, Clause, Expr, ExprKind, Literal},
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
    /// With the first place of each.
    fields: HashMap<Symbol, Span>,
    /// Moments that a day is taken from, or that are taken from a day.
    days: HashSet<Symbol>,
    classes: HashMap<Symbol, (Class, Span)>,
    lets: HashMap<DefinitionId, Class>,
    told: Vec<Symbol>,
    changed: bool,
    /// How many guesses may still be made in this round.
    guesses: usize,
    /// Whether the last round went from the last definition to the first.
    backwards: bool,
}

/// Rounds of looking again: what one use fixes may fix another.
const ROUNDS: usize = 24;

impl Checker<'_> {
    /// Adds the undeclared fields that the rules name to the root table.
    pub(super) fn infer_fields(&mut self, book: &Book<'_>, order: &[DefinitionId]) {
        if self.schema.root().declared {
            return;
        }
        let mut inference = Inference {
            checker: self,
            book,
            fields: HashMap::new(),
            days: HashSet::new(),
            classes: HashMap::new(),
            lets: HashMap::new(),
            told: vec![],
            changed: true,
            guesses: 0,
            backwards: false,
        };
        inference.look_until_nothing_is_new(order);
        // What no use decides is guessed, a few at a time, since one guess may decide others.
        let mut allowed = 1;
        for _ in 0..ROUNDS {
            inference.guesses = allowed;
            inference.round(order);
            if inference.guesses == allowed {
                break;
            }
            inference.guesses = 0;
            inference.look_until_nothing_is_new(order);
            allowed *= 2;
        }
        let Inference { fields, classes, told, days, .. } = inference;
        let mut fields: Vec<(Symbol, Span)> = fields.into_iter().collect();
        fields.sort_by_key(|(_, span)| *span);
        self.add_fields(fields, &classes, &told);
        self.days(&days);
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

    /// Without data, what is reckoned with days is a date.
    fn days(&mut self, days: &HashSet<Symbol>) {
        if self.facts.is_some() {
            return;
        }
        let root = self.schema.root;
        let Some(table) = self.schema.tables.get_mut(root.0 as usize) else { return };
        for (column, ty) in table.columns.iter_mut().zip(&mut self.column_types) {
            if column.ty == Type::Timestamp && days.contains(&column.name) {
                column.ty = Type::Date;
                *ty = ty.is_some().then_some(Type::Date);
            }
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
        let rows = match self.scope {
            Some(Scope::Where(table) | Scope::Source(table)) => self.schema.table(table).columns.as_slice(),
            Some(Scope::UsersSource | Scope::Users) | None => &[],
        };
        let rows: Vec<String> = rows.iter().map(|column| column.name.to_string()).collect();
        let others: Vec<&str> = headers.iter().chain(&rows).map(String::as_str).collect();
        let mut told = Diagnostic::error(UNKNOWN_NAME, span, format!("unknown field `{name}`"));
        if let Some(facts) = self.facts {
            told = told.note(format!("`{}` has no such column", facts.file));
        }
        // Looking for the nearest of many names, again and again, would take for ever.
        let near = if self.sink.found().len() < 200 { self.names.nearest(name, &others) } else { None };
        told = match near {
            Some(near) => told.help(format!("did you mean `{near}`?")).suggest(format!("write `{near}`"), span, near),
            None => match (self.meant_by_unknown(name), self.facts) {
                (Some((help, text)), _) => told.help(help).suggest(format!("write `{text}`"), span, text),
                (None, Some(facts)) => told.help(format!("`{}` has {}", facts.file, headers.join(", "))),
                (None, None) => told.help(format!(
                    "declare it in the table: `{name}: text?`; a text is written in quotes: `\"{name}\"`"
                )),
            },
        };
        self.sink.push(told);
    }

    fn column(&self, name: Symbol, span: Option<Span>, class: Option<&Class>) -> Column {
        let found = self.facts.and_then(|facts| facts.columns.iter().find(|it| Symbol::new(&it.header) == name));
        let own = found.and_then(|column| column.ty.clone());
        let json = self.facts.is_some_and(|facts| facts.file == "<record>" || facts.file.contains("json"));
        let ty = match class {
            Some(class) => self.type_of(class, own.as_ref()),
            None if json => match own {
                Some(Type::Date) | None => Type::Text,
                Some(own) => own,
            },
            None => Type::Text,
        };
        let header = found.map_or_else(|| name.to_string(), |column| column.header.clone());
        Column { name, header, ty, optional: true, format: MomentFormat::Iso, span }
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
    fn look_until_nothing_is_new(&mut self, order: &[DefinitionId]) {
        for _ in 0..ROUNDS {
            self.changed = false;
            self.round(order);
            if !self.changed {
                break;
            }
        }
    }

    /// Every definition once; now and then backwards, so that a use far from its `let` is heard soon.
    fn round(&mut self, order: &[DefinitionId]) {
        match self.backwards {
            true => order.iter().rev().for_each(|id| self.definition(*id)),
            false => order.iter().for_each(|id| self.definition(*id)),
        }
        self.backwards = !self.backwards;
    }

    /// What an expression is taken for, where guesses are allowed.
    fn guess<'g>(&mut self, class: &'g Class) -> Option<&'g Class> {
        (self.guesses > 0).then_some(class)
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
            Rule::Segment(it) => {
                self.visit(&it.condition, Some(&Class::Bool));
            }
            // Its events are children, and those need declared tables.
            Rule::Funnel(_) => {}
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
            ExprKind::Now | ExprKind::Today => Some(Class::Moment),
            ExprKind::Shifted { duration, .. } => {
                self.visit(duration, Some(&Class::Duration));
                Some(Class::Moment)
            }
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
                self.compare(left, right);
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
            ExprKind::Product { first, rest } => self.product(first, rest, expected),
            ExprKind::Negate(inner) => {
                let expected = expected.filter(|it| matches!(it, Class::Number | Class::Duration));
                let class = self.visit(inner, expected);
                match (class, self.guess(&Class::Number)) {
                    (None, Some(number)) => self.visit(inner, Some(number)),
                    (class, _) => class,
                }
            }
            ExprKind::Call { function, arguments } => match arguments.as_slice() {
                [Argument::Clause(clause), ..] if self.checker.asks_about_rows(&function.symbol, arguments) => {
                    self.aggregate(&function.symbol, clause)
                }
                _ => self.call(&function.symbol, arguments, expected),
            },
            ExprKind::Field { base, field } => {
                if let ExprKind::Name(table) = &base.kind
                    && table.symbol == self.checker.schema.root().name
                {
                    return self.name(&field.symbol, field.span(), expected);
                }
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
            ExprKind::Rank { by, .. } => {
                self.ranked(by);
                Some(Class::Bool)
            }
        }
    }

    /// Operands of one class: what is known of one is expected of the others.
    fn same(&mut self, parts: &[&Expr], expected: Option<&Class>) -> Option<Class> {
        let mut class = expected.cloned();
        let mut open = vec![];
        for part in parts {
            match self.visit(part, None) {
                Some(found) => class = class.or(Some(found)),
                None => open.push(*part),
            }
        }
        for part in open {
            if let Some(class) = &class {
                self.visit(part, Some(class));
            }
        }
        class
    }

    /// A question over everybody: `avg(users.spend where active per city)`.
    fn aggregate(&mut self, function: &str, clause: &Clause) -> Option<Class> {
        let rows = matches!(&clause.source.kind, ExprKind::Name(name) if self.checker.table_of_rows(name).is_some());
        let wanted = match function {
            "sum" | "avg" | "quantile" => Some(Class::Number),
            "any" => Some(Class::Bool),
            _ => None,
        };
        let element = if rows { None } else { self.visit(&clause.source, wanted.as_ref()) };
        self.clause(clause);
        match function {
            "count" | "quantile" => Some(Class::Number),
            "any" => Some(Class::Bool),
            "distinct" => Some(Class::List(element.map(Box::new))),
            _ => element,
        }
    }

    /// What a rank goes by is a number where nothing else is known of it.
    fn ranked(&mut self, clause: &Clause) {
        if self.visit(&clause.source, None).is_none() {
            self.visit(&clause.source, Some(&Class::Number));
        }
        self.clause(clause);
    }

    fn clause(&mut self, clause: &Clause) {
        if let Some(by) = &clause.by {
            self.visit(by, Some(&Class::Number));
        }
        if let Some(filter) = &clause.filter {
            self.visit(filter, Some(&Class::Bool));
        }
        match clause.per.as_ref().map(|per| (per, &per.kind)) {
            Some((_, ExprKind::List(all))) => all.iter().for_each(|it| {
                self.visit(it, None);
            }),
            Some((per, _)) => {
                self.visit(per, None);
            }
            None => {}
        }
    }

    fn name(&mut self, name: &Symbol, span: Span, expected: Option<&Class>) -> Option<Class> {
        match self.checker.names.get(name) {
            Some(Meaning::Param(id)) => {
                let param = self.checker.params.get(id.0 as usize)?.as_ref()?;
                Some(class_of(&param.ty))
            }
            Some(Meaning::Definition(id)) => match self.book.definitions.get(id.0 as usize)?.rule {
                Rule::Tag(_) | Rule::Segment(_) => Some(Class::Bool),
                Rule::Score(_) => Some(Class::Number),
                Rule::Level(_) | Rule::Layer(_) | Rule::Funnel(_) => Some(Class::Choice),
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

    /// Whether an expression is the name of an undeclared field of which nothing, or only that it is a moment, is known.
    fn is_open_field(&self, expr: &Expr) -> bool {
        let ExprKind::Name(name) = &expr.unparenthesised().kind else { return false };
        let declared = self.checker.names.get(&name.symbol).is_some() || self.checker.names.is_value(&name.symbol);
        let known = self.classes.get(&name.symbol).map(|(class, _)| class);
        !declared && known.is_none_or(|class| *class == Class::Moment)
    }

    fn field(&mut self, name: &Symbol, span: Span, expected: Option<&Class>) -> Option<Class> {
        match self.fields.get_mut(name) {
            Some(first) if *first <= span => {}
            Some(first) => *first = span,
            None => {
                self.fields.insert(name.clone(), span);
                self.changed = true;
            }
        }
        let Some(expected) = expected else { return self.classes.get(name).map(|(class, _)| class.clone()) };
        match self.classes.get(name).cloned() {
            None => {
                self.classes.insert(name.clone(), (expected.clone(), span));
                self.changed = true;
                self.guesses = self.guesses.saturating_sub(1);
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
