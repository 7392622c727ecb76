//! Fields that no table declares: their types follow from their uses, are then met with the data, and what neither says is
//! guessed.

mod calls;
mod columns;
mod data;
mod sums;
mod visit;

use std::collections::{HashMap, HashSet};

use super::{
    Checker,
    book::{Book, Rule},
    names::Meaning,
    segments::{Conduct, Stated, Wanted},
};
use crate::{
    diagnostic::{Diagnostic, code::CONTRADICTORY_USE},
    intern::Symbol,
    ir::DefinitionId,
    source::Span,
    syntax::ast::Expr,
    value::Type,
};
use data::Said;

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
    /// What a list is of.
    fn innermost(&self) -> &Class {
        match self {
            Class::List(Some(of)) => of.innermost(),
            Class::Number
            | Class::Text
            | Class::Bool
            | Class::Moment
            | Class::Duration
            | Class::List(None)
            | Class::Choice => self,
        }
    }

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
    /// What segments and the policy ask.
    stated: &'c [Stated<'c>],
    /// The `with` names of the deed that is looked at, each with its value.
    with: Vec<(&'c Symbol, &'c Expr)>,
    /// With the first place of each.
    fields: HashMap<Symbol, Span>,
    /// Moments that a day is taken from, or that are taken from a day.
    days: HashSet<Symbol>,
    /// Fields that are reckoned with, or put in order.
    reckoned: HashSet<Symbol>,
    classes: HashMap<Symbol, (Class, Span)>,
    /// The types of those that the data decided.
    heard: HashMap<Symbol, Type>,
    lets: HashMap<DefinitionId, Class>,
    /// Those with contradictory uses.
    told: HashSet<Symbol>,
    said: Said<'a>,
    changed: bool,
    /// Whether only uses have decided so far, so that two that contradict each other are a mistake of their own.
    by_uses: bool,
    /// How many guesses may still be made in this round.
    guesses: usize,
    /// Whether the last round went from the last definition to the first.
    backwards: bool,
}

/// Rounds of looking again: what one use fixes may fix another.
const ROUNDS: usize = 24;

impl Checker<'_> {
    /// Adds the undeclared fields that the rules name to the root table.
    pub(super) fn infer_fields(&mut self, book: &Book<'_>, conduct: &Conduct<'_>, order: &[DefinitionId]) {
        if self.schema.root().declared {
            return;
        }
        let mut inference = Inference {
            said: Said::by(self.facts),
            checker: self,
            book,
            stated: &conduct.stated(book),
            with: vec![],
            fields: HashMap::new(),
            days: HashSet::new(),
            reckoned: HashSet::new(),
            classes: HashMap::new(),
            heard: HashMap::new(),
            lets: HashMap::new(),
            told: HashSet::new(),
            changed: true,
            by_uses: true,
            guesses: 0,
            backwards: false,
        };
        inference.look_until_nothing_is_new(order);
        inference.by_uses = false;
        inference.hear_the_data();
        inference.look_until_nothing_is_new(order);
        // What neither decides is guessed, a few at a time, since one guess may decide others.
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
        let Inference { fields, days, classes, heard, told, said, .. } = inference;
        let mut fields: Vec<(Symbol, Span)> = fields.into_iter().collect();
        fields.sort_by_key(|(_, span)| *span);
        self.add_fields(Settled { fields, days, classes, heard, told }, &said);
    }
}

/// What was found of undeclared fields, in the order of their first places.
struct Settled {
    fields: Vec<(Symbol, Span)>,
    days: HashSet<Symbol>,
    classes: HashMap<Symbol, (Class, Span)>,
    heard: HashMap<Symbol, Type>,
    told: HashSet<Symbol>,
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
        self.deeds();
        self.backwards = !self.backwards;
    }

    /// What segments and the policy ask, once.
    fn deeds(&mut self) {
        for stated in self.stated {
            self.with.clone_from(&stated.with);
            match stated.wanted {
                Wanted::Condition => self.visit(stated.expr, Some(&Class::Bool)),
                Wanted::Value => self.visit(stated.expr, None),
            };
        }
        self.with.clear();
    }

    /// What an expression is taken for, where guesses are allowed.
    fn guess<'g>(&mut self, class: &'g Class) -> Option<&'g Class> {
        (self.guesses > 0).then_some(class)
    }

    fn name(&mut self, name: &Symbol, span: Span, expected: Option<&Class>) -> Option<Class> {
        if let Some(at) = self.with.iter().rposition(|(it, _)| *it == name) {
            // A value sees the names before it, and itself not.
            let later = self.with.split_off(at);
            let class = later.first().and_then(|(_, value)| self.visit(value, expected));
            self.with.extend(later);
            return class;
        }
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
            Some(Meaning::Column(_) | Meaning::Table(_) | Meaning::List(_) | Meaning::Template | Meaning::Channel) => {
                None
            }
            None if self.checker.names.is_value(name) => Some(Class::Choice),
            None => self.field(name, span, expected),
        }
    }

    /// Whether an expression is the name of an undeclared field of which nothing, or only that it is a moment, is known.
    fn is_open_field(&self, expr: &Expr) -> bool {
        self.undeclared(expr)
            .is_some_and(|name| self.classes.get(name).is_none_or(|(class, _)| *class == Class::Moment))
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
                if self.by_uses && class != *expected && !both_lists && self.told.insert(name.clone()) {
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
