//! The one namespace of a rulebook: what each bare name means, and what was probably meant by one that means nothing.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::RandomState;

use super::{
    Checker,
    book::{Book, Rule},
};
use crate::{
    diagnostic::{
        Diagnostic,
        code::{CHOICE_VALUE_IS_A_NAME, DECLARED_TWICE},
        nearest::nearest,
    },
    intern::Symbol,
    ir::{ChoiceValue, Choices, DefinitionId, ListId, ParamId},
    schema::{ColumnId, TableId},
    source::Span,
    syntax::ast,
    value::ChoiceId,
};

/// What a bare name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A column of the root table.
    Column(ColumnId),
    Table(TableId),
    Param(ParamId),
    List(ListId),
    Definition(DefinitionId),
    /// What a message says: no value.
    Template,
    /// What a message is sent by: no value.
    Channel,
}

/// Every name of a rulebook.
#[derive(Clone, Default)]
pub(super) struct Names {
    declared: HashMap<Symbol, (Meaning, Span), RandomState>,
    /// The values of levels, layers and funnels: a bare name may be a value of several.
    values: HashMap<Symbol, Vec<(ChoiceId, u32)>>,
    /// What is declared where the text could not be read.
    unread: Vec<String>,
    /// Whether what is looked at stands in no rule, but in a test.
    pub(super) outside_of_rules: bool,
}

impl Names {
    /// No names but those that are declared where the text could not be read.
    pub(super) fn beside(unread: Vec<String>) -> Names {
        Names { unread, ..Names::default() }
    }

    /// The names of one kind, in order of the alphabet.
    pub(super) fn of_meaning(&self, is: impl Fn(Meaning) -> bool) -> Vec<String> {
        let found = self.declared.iter().filter(|(_, (meaning, _))| is(*meaning));
        let mut names: Vec<String> = found.map(|(name, _)| name.to_string()).collect();
        names.sort_unstable();
        names
    }

    /// What a name means where it stands alone.
    pub(super) fn get(&self, name: &Symbol) -> Option<Meaning> {
        self.declared.get(name).map(|(meaning, _)| *meaning)
    }

    /// The rank of a bare name among the values of one level or layer.
    pub(super) fn rank(&self, name: &Symbol, of: ChoiceId) -> Option<u32> {
        self.values.get(name)?.iter().find(|(id, _)| *id == of).map(|(_, rank)| *rank)
    }

    /// The first level or layer that has a value of this name.
    pub(super) fn owner_of_value(&self, name: &Symbol) -> Option<ChoiceId> {
        self.values.get(name)?.first().map(|(id, _)| *id)
    }

    /// Whether it is a value of a level, layer or funnel.
    pub(super) fn is_value(&self, name: &Symbol) -> bool {
        self.values.contains_key(name)
    }

    /// Where a name is declared.
    pub(super) fn place(&self, name: &Symbol) -> Option<Span> {
        self.declared.get(name).map(|(_, span)| *span)
    }

    /// Adds a column that was found by its use.
    pub(super) fn add_column(&mut self, name: Symbol, column: ColumnId, span: Span) {
        self.declared.insert(name, (Meaning::Column(column), span));
    }

    /// The rule in whose declaration a place is.
    fn around(&self, place: Span) -> Option<&Symbol> {
        let before = self.declared.iter().filter(|(_, (meaning, span))| {
            matches!(meaning, Meaning::Definition(_)) && span.source == place.source && span.start < place.start
        });
        before.max_by_key(|(_, (_, span))| span.start).map(|(name, _)| name)
    }

    /// The declared name nearest to a word that stands at a place: not that of the rule it stands in.
    pub(super) fn nearest(&self, word: &str, place: Span, others: &[&str]) -> Option<String> {
        let own = self.around(place).filter(|_| !self.outside_of_rules);
        let declared = self.declared.keys().filter(|name| Some(*name) != own);
        let mut candidates: Vec<&str> = declared
            .map(Symbol::as_str)
            .chain(others.iter().copied())
            .chain(self.unread.iter().map(String::as_str))
            .collect();
        candidates.sort_unstable();
        nearest(word, candidates).map(str::to_owned)
    }
}

/// How the values of a level, layer or funnel compare, as they are written from top to bottom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// A level.
    FirstIsHighest,
    /// A funnel.
    FirstIsLowest,
    /// A layer.
    None,
}

impl Checker<'_> {
    /// Fills the namespace, telling names that are declared twice.
    pub(super) fn declare_names(&mut self, book: &Book<'_>) {
        let columns = self.schema.root().columns.iter().enumerate();
        let columns: Vec<_> =
            columns.filter_map(|(at, column)| Some((column.name.clone(), ColumnId(at as u32), column.span?))).collect();
        self.column_types = self.schema.root().columns.iter().map(|column| Some(column.ty.clone())).collect();
        let names = Arc::make_mut(&mut self.names);
        for (name, id, span) in columns {
            // A column written twice was told with its table.
            names.declared.entry(name).or_insert((Meaning::Column(id), span));
        }
        let declared = self.all_declared(book);
        Arc::make_mut(&mut self.names).declared.reserve(declared.len());
        for declared in declared {
            self.declare(declared.0, declared.1);
        }
        let root = self.schema.root();
        let key = root.key.map(|key| root.column(key)).and_then(|key| Some((key.name.clone(), key.span?)));
        if let Some((name, span)) = key {
            self.beside_lists(&name, span, "results begin with the key, under its name");
        }
        for (at, definition) in book.definitions.iter().enumerate() {
            let of = DefinitionId(at as u32);
            if let Rule::Funnel(funnel) = definition.rule {
                let steps = funnel.steps.iter().map(|step| (&step.name, &step.label)).collect();
                self.declare_choices(of, Order::FirstIsLowest, steps);
            }
            if let (Rule::Score(_) | Rule::Level(_) | Rule::Layer(_) | Rule::Funnel(_), Some(name)) =
                (&definition.rule, definition.rule.name())
            {
                self.beside_lists(&name.symbol, name.span(), "results have it under its name");
            }
            if let Some(arms) = definition.rule.arms() {
                let order = if matches!(definition.rule, Rule::Level(_)) { Order::FirstIsHighest } else { Order::None };
                self.declare_choices(of, order, arms.iter().map(|arm| (&arm.name, &arm.label)).collect());
            }
        }
        self.types = vec![None; book.definitions.len()];
    }

    fn all_declared<'b>(&self, book: &Book<'b>) -> Vec<(&'b ast::Name, Meaning)> {
        let mut all = vec![];
        for table in &book.tables {
            if let Some(id) = self.schema.find(&table.name.symbol) {
                all.push((&table.name, Meaning::Table(id)));
            }
        }
        for (at, param) in book.params.iter().enumerate() {
            all.push((&param.name, Meaning::Param(ParamId(at as u32))));
        }
        for (at, list) in book.lists.iter().enumerate() {
            all.push((&list.name, Meaning::List(ListId(at as u32))));
        }
        for (at, definition) in book.definitions.iter().enumerate() {
            if let Some(name) = definition.rule.name() {
                all.push((name, Meaning::Definition(DefinitionId(at as u32))));
            }
        }
        all.extend(book.templates.iter().map(|it| (&it.name, Meaning::Template)));
        all.extend(book.channels.iter().map(|it| (&it.name, Meaning::Channel)));
        // In the order written, so that the second declaration is the one that is told.
        all.sort_by_key(|(name, _)| (name.span().source, name.span().start));
        all
    }

    fn declare(&mut self, name: &ast::Name, meaning: Meaning) {
        match self.names.declared.get(&name.symbol) {
            None => {
                Arc::make_mut(&mut self.names).declared.insert(name.symbol.clone(), (meaning, name.span()));
            }
            Some((first, span)) => {
                let what = if matches!(first, Meaning::Column(_)) { "a column here" } else { "declared here first" };
                let diagnostic =
                    Diagnostic::error(DECLARED_TWICE, name.span(), format!("`{}` is declared twice", name.symbol))
                        .label(*span, what)
                        .help("give one of them another name: fields, rules, lists and parameters share one namespace");
                self.sink.push(diagnostic);
            }
        }
    }

    /// What results have by its name, beside their lists of tags and of segments.
    fn beside_lists(&mut self, name: &Symbol, span: Span, why: &str) {
        if matches!(name.as_str(), "tags" | "segments") {
            let message = format!("`{name}` is what results call the list of {name}");
            let help = format!("give it another name: {why}");
            self.sink.push(Diagnostic::error(DECLARED_TWICE, span, message).help(help));
        }
    }

    /// The lowest value comes first where they are ordered, else the first written.
    fn declare_choices(&mut self, of: DefinitionId, order: Order, written: Vec<(&ast::Name, &Option<ast::Text>)>) {
        let id = ChoiceId(self.choices.len() as u32);
        let mut seen: HashMap<&Symbol, Span> = HashMap::new();
        for (name, _) in &written {
            let name = *name;
            if let Some(first) = seen.insert(&name.symbol, name.span()) {
                let message = format!("`{}` is given twice", name.symbol);
                self.sink.push(
                    Diagnostic::error(DECLARED_TWICE, name.span(), message)
                        .label(first, "given here first")
                        .help("one arm gives each value: join the two conditions by `or`"),
                );
            }
            if let Some((_, span)) = self.names.declared.get(&name.symbol) {
                let message = format!("`{}` is a value here and a declared name elsewhere", name.symbol);
                let diagnostic = Diagnostic::error(CHOICE_VALUE_IS_A_NAME, name.span(), message)
                    .label(*span, "declared here")
                    .help("give the value or the declaration another name: both are written bare");
                self.sink.push(diagnostic);
            }
        }
        let value = |(name, label): (&ast::Name, &Option<ast::Text>)| ChoiceValue {
            name: name.symbol.clone(),
            label: label.as_ref().map(|label| label.value.clone()),
            span: name.span(),
        };
        let mut values: Vec<ChoiceValue> = written.into_iter().map(value).collect();
        if order == Order::FirstIsHighest {
            values.reverse();
        }
        for (rank, value) in values.iter().enumerate() {
            let known = Arc::make_mut(&mut self.names).values.entry(value.name.clone()).or_default();
            if !known.iter().any(|(other, _)| *other == id) {
                known.push((id, rank as u32));
            }
        }
        self.choices.push(Choices { of, ordered: order != Order::None, values });
    }

    /// The choices of a level or layer.
    pub(super) fn choices_of(&self, definition: DefinitionId) -> Option<ChoiceId> {
        self.choices.binary_search_by_key(&definition, |choices| choices.of).ok().map(|at| ChoiceId(at as u32))
    }

    /// The choices of an id.
    pub(super) fn choice(&self, id: ChoiceId) -> Option<&Choices> {
        self.choices.get(id.0 as usize)
    }

    /// The name of the level or layer that a value belongs to.
    pub(super) fn choice_owner(&self, id: ChoiceId) -> Option<String> {
        let of = self.choice(id)?.of;
        let meant = Meaning::Definition(of);
        let mut owners = self.names.declared.iter().filter(|(_, (meaning, _))| *meaning == meant);
        owners.next().map(|(name, _)| name.to_string())
    }
}
