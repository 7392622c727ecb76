//! What the data says of undeclared fields. It is heard after their uses and before anything is guessed: a value that carries
//! its own type keeps it, but for a text that may stand for a moment, a length of time or a number where one is wanted.

use std::collections::HashMap;

use super::{Class, Inference, class_of};
use crate::{
    intern::Symbol,
    schema::{ColumnFacts, Facts, OwnTypes},
    syntax::ast::{Expr, ExprKind},
    value::Type,
};

/// The columns of the data by their names.
pub(super) struct Said<'a> {
    columns: HashMap<Symbol, &'a ColumnFacts>,
    values: OwnTypes,
}

impl<'a> Said<'a> {
    pub(super) fn by(facts: Option<&'a Facts>) -> Said<'a> {
        let mut columns = HashMap::new();
        for column in facts.iter().flat_map(|facts| &facts.columns) {
            columns.entry(Symbol::new(&column.header)).or_insert(column);
        }
        Said { columns, values: facts.map(|facts| facts.values).unwrap_or_default() }
    }

    /// Whether there is no data.
    pub(super) fn is_nothing(&self) -> bool {
        self.columns.is_empty()
    }

    pub(super) fn column(&self, name: &Symbol) -> Option<&'a ColumnFacts> {
        self.columns.get(name).copied()
    }

    /// Whether a key is a whole number: in JSON where its values are numbers; in a file that knows only texts, or has types of
    /// its own, where the rules take for a number what holds whole ones.
    pub(super) fn is_whole_number(&self, key: &Symbol, taken_for: &Type) -> bool {
        let own = self.column(key).and_then(|it| it.ty.as_ref());
        match self.values {
            OwnTypes::Json => own == Some(&Type::Float),
            OwnTypes::Typed | OwnTypes::Written => own == Some(&Type::Int) && *taken_for == Type::Float,
        }
    }

    /// The type that a field's values have by themselves, if there is no doubt of it; where it is reckoned with, a text may
    /// stand for something else, and a number of a file that knows only texts is one.
    fn certain(&self, name: &Symbol, reckoned: bool) -> Option<Type> {
        let own = self.column(name)?.ty.as_ref()?;
        match (self.values, class_of(own)) {
            (OwnTypes::Typed, _) => Some(own.clone()),
            (OwnTypes::Json, Class::Moment | Class::Duration) => None,
            (OwnTypes::Json, class) if reckoned && *class.innermost() == Class::Text => None,
            (OwnTypes::Json, _) => Some(plain(own)),
            (OwnTypes::Written, Class::Number) if reckoned => Some(Type::Float),
            (OwnTypes::Written, _) => None,
        }
    }
}

/// In JSON moments are texts, also in lists.
fn plain(own: &Type) -> Type {
    match own {
        Type::List(of) => Type::List(Box::new(plain(of))),
        Type::Date | Type::Timestamp | Type::Duration => Type::Text,
        Type::Text | Type::Int | Type::Decimal(_) | Type::Float | Type::Bool | Type::Choice(_) => own.clone(),
    }
}

impl Inference<'_, '_, '_> {
    /// Fields that no use fixes are what the data says they are.
    pub(super) fn hear_the_data(&mut self) {
        for (name, span) in &self.fields {
            let Some(own) = self.said.certain(name, self.reckoned.contains(name)) else { continue };
            let class = class_of(&own);
            let open = match self.classes.get(name) {
                None => true,
                Some((Class::List(None), _)) => matches!(class, Class::List(_)),
                Some(_) => false,
            };
            if open {
                self.classes.insert(name.clone(), (class, *span));
                self.heard.insert(name.clone(), own);
                self.changed = true;
            }
        }
    }

    /// What a field may be by its values, where a guess is due.
    pub(super) fn hint(&self, expr: &Expr) -> Option<Class> {
        self.undeclared(expr).and_then(|name| self.said.column(name)?.ty.as_ref()).map(class_of)
    }

    /// The name of an undeclared field, standing by itself.
    pub(super) fn undeclared<'e>(&self, expr: &'e Expr) -> Option<&'e Symbol> {
        let ExprKind::Name(name) = &expr.unparenthesised().kind else { return None };
        let name = &name.symbol;
        (self.checker.names.get(name).is_none() && !self.checker.names.is_value(name)).then_some(name)
    }

    /// Notes fields that are reckoned with, or put in order: these are seldom texts.
    pub(super) fn note_reckoned<'e>(&mut self, parts: impl IntoIterator<Item = &'e Expr>) {
        for part in parts {
            if let Some(name) = self.undeclared(part)
                && !self.reckoned.contains(name)
            {
                self.reckoned.insert(name.clone());
            }
        }
    }
}
