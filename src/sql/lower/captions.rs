//! What stands above a column: the rule's own words, and where they stand.

use crate::{
    ir::{AggregateFunction, AggregateId, Body, Definition, ExprKind, Over},
    source::Span,
    sql::lower::Lowering,
};

/// Characters of what is written beside its place.
const SHORT: usize = 70;

/// What is told of a question over many rows.
pub(crate) struct Caption {
    /// Of the `let` that is nothing but this question; else one that tells of it.
    pub(crate) name: String,
    /// What declares it: `let`; or what it is.
    pub(crate) word: &'static str,
    /// The declaration, or the question itself.
    pub(crate) comment: String,
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
            return Caption { name: definition.name.to_string(), word, comment: self.comment(definition) };
        }
        let inside = self.rulebook.definitions.iter().find(|it| it.aggregates.contains(&id));
        let is_all = inside.is_some_and(|it| match &it.body {
            Body::Tag(expr) | Body::Segment(expr) => matches!(expr.kind, ExprKind::Aggregate(only) if only == id),
            _ => false,
        });
        let within = inside.map(|it| it.name.to_string()).filter(|it| !it.is_empty());
        let within = within.unwrap_or_else(|| self.rulebook.schema.root().name.to_string());
        let (what, word) = match aggregate.function {
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
        let name = match aggregate.over {
            _ if word == "rank" && is_all => format!("is_{within}"),
            // What has the word in its name already.
            Over::Children(table) if within.split('_').any(|it| it == what) => {
                format!("{within}_{}", self.rulebook.schema.table(table).name)
            }
            _ => format!("{within}_{what}"),
        };
        let written = self.shown_place(aggregate.span);
        let comment = match inside.filter(|_| is_all && word == "rank") {
            Some(tag) => format!("of the {}: {written}", self.called(tag)),
            None => written,
        };
        Caption { name, word, comment }
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
