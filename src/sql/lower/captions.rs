//! What stands above a column: the rule's own words, and where they stand.

use crate::{
    ir::{Aggregate, AggregateFunction, AggregateId, Body, Definition, ExprKind, Over},
    source::Span,
    sql::{
        ast::{Item, Purpose},
        lower::Lowering,
    },
};

/// Characters of what is written beside its place.
const SHORT: usize = 70;

/// What is told of a question over many rows.
#[derive(Clone, Debug)]
pub(crate) struct Caption {
    /// Of the `let` that is nothing but this question; else one that tells of it.
    pub(crate) name: String,
    /// What declares it: `let`; or what it is.
    pub(crate) word: &'static str,
    /// The declaration, or the question itself.
    pub(crate) comment: String,
    /// What it is called where others ask the same, in two parts: `orders_amount`, `sum`
    pub(crate) shared: (String, &'static str),
}

impl Caption {
    /// Whether the rules give it its name.
    pub(crate) fn is_declared(&self) -> bool {
        !matches!(self.word, "answer" | "quantile" | "rank" | "funnel")
    }
}

impl Lowering<'_> {
    /// `vip "重要客户" (shop.rules:12)`
    pub(crate) fn comment(&self, definition: &Definition) -> String {
        format!("{} ({})", self.called(definition), self.place(definition.span))
    }

    /// `tag vip "重要客户"`
    fn called(&self, definition: &Definition) -> String {
        let label = definition.label.as_ref().map(|it| format!(" \"{it}\"")).unwrap_or_default();
        format!("{} {}{label}", definition.body.word(), definition.name)
    }

    /// The definition that a funnel is, and where it stands.
    pub(crate) fn funnel_comment(&self, id: AggregateId, span: Span) -> String {
        let inside =
            self.rulebook.definitions.iter().find(|it| it.aggregates.contains(&id) && !it.name.as_str().is_empty());
        inside.map_or_else(|| self.place(span), |it| self.comment(it))
    }

    /// What is told of a question over many rows.
    pub(crate) fn caption(&self, id: AggregateId) -> Caption {
        let aggregate = self.rulebook.aggregate(id);
        let (what, kind) = match aggregate.function {
            AggregateFunction::Count => ("count", "answer"),
            AggregateFunction::CountDistinct => ("distinct_count", "answer"),
            AggregateFunction::Any => ("any", "answer"),
            AggregateFunction::Sum => ("sum", "answer"),
            AggregateFunction::Average => ("avg", "answer"),
            AggregateFunction::Least => ("min", "answer"),
            AggregateFunction::Greatest => ("max", "answer"),
            AggregateFunction::First => ("first", "answer"),
            AggregateFunction::Last => ("last", "answer"),
            AggregateFunction::Most => ("most", "answer"),
            AggregateFunction::Distinct => ("distinct", "answer"),
            AggregateFunction::Quantile(_) => ("quantile", "quantile"),
            AggregateFunction::Top(_) | AggregateFunction::Bottom(_) => ("by_rank", "rank"),
            AggregateFunction::Ntile(_) => ("ntile", "rank"),
            AggregateFunction::Funnel(..) => ("funnel", "funnel"),
        };
        let shared = (self.asked_of(aggregate), what);
        let is_any = matches!(aggregate.function, AggregateFunction::Any);
        let named = self.rulebook.definitions.iter().find(|definition| {
            let only = match &definition.body {
                Body::Let(expr) => Some(expr),
                Body::Tag(expr) | Body::Segment(expr) if is_any => Some(expr),
                _ => None,
            };
            only.is_some_and(|expr| matches!(expr.kind, ExprKind::Aggregate(it) if it == id))
                && !definition.name.as_str().is_empty()
        });
        if let Some(definition) = named {
            let word = definition.body.word();
            let (name, comment) = (definition.name.to_string(), self.comment(definition));
            return Caption { name, word, comment, shared };
        }
        let inside = self.rulebook.definitions.iter().find(|it| it.aggregates.contains(&id));
        let is_all = inside.is_some_and(|it| match &it.body {
            Body::Tag(expr) | Body::Segment(expr) => matches!(expr.kind, ExprKind::Aggregate(only) if only == id),
            _ => false,
        });
        let within = inside.map(|it| it.name.to_string()).filter(|it| !it.is_empty());
        let within = within.unwrap_or_else(|| self.rulebook.schema.root().name.to_string());
        let name = match aggregate.over {
            _ if kind == "rank" && is_all => format!("is_{within}"),
            // What has the word in its name already.
            Over::Children(table) if within.split('_').any(|it| it == what) => {
                format!("{within}_{}", self.rulebook.schema.table(table).name)
            }
            _ => format!("{within}_{what}"),
        };
        let written = self.shown_place(aggregate.span);
        let comment = match inside.filter(|_| is_all && kind == "rank") {
            Some(tag) => format!("of the {}: {written}", self.called(tag)),
            None => written,
        };
        Caption { name, word: kind, comment, shared }
    }

    /// What is asked about: `orders`, `orders_amount`
    fn asked_of(&self, aggregate: &Aggregate) -> String {
        let schema = &self.rulebook.schema;
        let table = match aggregate.over {
            Over::Children(table) => schema.table(table),
            Over::Users => schema.root(),
        };
        let column = aggregate.source.as_ref().and_then(|it| match it.kind {
            ExprKind::ChildColumn(column) | ExprKind::Column(column) => Some(&table.column(column).name),
            ExprKind::Definition(id) => Some(&self.rulebook.definition(id).name),
            _ => None,
        });
        match column {
            None => table.name.to_string(),
            // Not `orders_orders_count`.
            Some(column) if column.starts_with(table.name.as_str()) => column.to_string(),
            Some(column) => format!("{}_{column}", table.name),
        }
    }

    /// Says above the first of some columns that are a part of the same what it is that needs them: `for tag growing (shop.rules:12)`.
    /// Where a step has no other, the line above it says so.
    pub(crate) fn tell_parts(&self, items: &mut [Item]) {
        let owner = |it: &Item| if let Purpose::PartOf(owner) = &it.purpose { Some(owner.clone()) } else { None };
        let first = items.first().and_then(owner);
        if items.iter().all(|it| owner(it) == first) {
            return;
        }
        let mut before = None;
        for item in items {
            let owner = owner(item);
            if let Some(owner) = owner.as_ref().filter(|_| item.comment.is_none() && owner != before) {
                // `is_spender` is the rank that the tag `spender` asks for.
                let find = |name: &str| self.rulebook.find(name);
                let needs_it = find(owner).or_else(|| owner.strip_prefix("is_").and_then(find));
                item.comment = needs_it.map(|it| format!("for {}", self.comment(self.rulebook.definition(it))));
            }
            before = owner;
        }
    }

    /// Where something stands: `shop.rules:12`, from the folder of the rules on, so that the query is the same wherever that lies.
    pub(crate) fn place(&self, span: Span) -> String {
        let source = self.sources.get(span.source);
        let folder = self.sources.folder();
        let name = source.name().strip_prefix(folder).unwrap_or(source.name());
        format!("{name}:{}", source.line_column(span.start).line)
    }

    /// The same, and what stands there, if it is short: `top 10% by spend (shop.rules:12)`
    pub(crate) fn shown_place(&self, span: Span) -> String {
        let written = self.sources.slice(span);
        let words: Vec<&str> = written.split_whitespace().collect();
        match words.join(" ") {
            text if (1..=SHORT).contains(&text.chars().count()) => format!("{text} ({})", self.place(span)),
            _ => self.place(span),
        }
    }
}
