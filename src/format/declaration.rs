//! Declarations of data, parameters, lists, and rules.

use super::{
    doc::Doc,
    expression::{clause, expression, name, quoted, range},
    page::{Cell, Entry, Run},
    segment, testing,
};
use crate::syntax::ast::{
    Arm, Choice, Column, ColumnFormat, Declaration, DeclarationKind, Funnel, FunnelSource, Name, Score, ScoreArm, Step,
    Table, TableSource, Text, TypeName,
};

/// A declaration; its description is among the comments.
pub(super) fn entry(declaration: &Declaration) -> Entry {
    let place = declaration.span();
    let row = |word, name, value: Doc| Entry::of(place, vec![head(word, name).into(), Cell::from(value)]);
    let labelled = |word, name, text: &Option<Text>, value: Doc| {
        Entry::of(place, vec![head(word, name).into(), label(text).into(), value.into()])
    };
    match &declaration.kind {
        DeclarationKind::Rulebook(it) => {
            let zone = it.timezone.as_ref().map(|zone| text(zone).after("timezone"));
            Entry::new(place, Doc::spaced(vec![text(&it.name).after("rulebook"), zone.unwrap_or_else(Doc::nothing)]))
        }
        DeclarationKind::Table(it) => table(it, Entry::new(place, table_head(it))),
        DeclarationKind::Param(it) => {
            labelled("param", &it.name, &it.label, expression(&it.value).after("=")).run(Run::Param)
        }
        DeclarationKind::List(it) => {
            let column = it.column.as_ref().map_or_else(Doc::nothing, |it| Doc::leaf(name(it)).after("column"));
            let from = Doc::spaced(vec![text(&it.from).after("from"), column]);
            labelled("list", &it.name, &it.label, from).run(Run::List)
        }
        DeclarationKind::Let(it) => {
            labelled("let", &it.name, &it.label, expression(&it.value).after("=")).run(Run::Let)
        }
        DeclarationKind::Tag(it) => {
            labelled("tag", &it.name, &it.label, expression(&it.condition).after("when")).run(Run::Tag)
        }
        DeclarationKind::Score(it) => score(it, labelled("score", &it.name, &it.label, score_base(it))),
        DeclarationKind::Level(it) => {
            let by = it.by.as_ref().map_or_else(Doc::nothing, |by| expression(by).after("by"));
            labelled("level", &it.name, &it.label, by).block(it.arms.iter().map(arm).collect())
        }
        DeclarationKind::Layer(it) => {
            let exclusive = if it.exclusive.is_some() { Doc::leaf("exclusive") } else { Doc::nothing() };
            labelled("layer", &it.name, &it.label, exclusive).block(it.arms.iter().map(arm).collect())
        }
        DeclarationKind::Funnel(it) => {
            labelled("funnel", &it.name, &it.label, funnel_source(it)).block(it.steps.iter().map(step).collect())
        }
        DeclarationKind::Segment(it) => {
            let entry = labelled("segment", &it.name, &it.label, expression(&it.condition).after("when"));
            match &it.entries {
                None => entry.run(Run::Segment),
                Some(entries) => entry.block(entries.iter().map(segment::entry).collect()),
            }
        }
        DeclarationKind::Policy(it) => {
            Entry::new(place, Doc::leaf("policy")).block(it.entries.iter().map(segment::policy_entry).collect())
        }
        DeclarationKind::Template(it) => row("template", &it.name, text(&it.text)).run(Run::Template),
        DeclarationKind::Channel(it) => row("channel", &it.name, label(&it.label))
            .short_block(it.requirements.iter().map(segment::requirement).collect()),
        DeclarationKind::Test(it) => {
            let as_of = it.as_of.as_ref().map_or_else(Doc::nothing, |it| expression(it).after("as of"));
            let head = Doc::spaced(vec![text(&it.name).after("test"), as_of]);
            Entry::new(place, head)
                .block(it.cases.iter().flat_map(|case| &case.entries).flat_map(testing::entries).collect())
        }
        DeclarationKind::Snapshot(it) => Entry::new(place, testing::snapshot(it)),
    }
}

/// `tag vip`
fn head(word: &str, it: &Name) -> Doc {
    Doc::leaf(name(it)).after(word)
}

fn text(it: &Text) -> Doc {
    Doc::leaf(quoted(&it.value))
}

fn label(label: &Option<Text>) -> Doc {
    label.as_ref().map_or_else(Doc::nothing, text)
}

fn table_head(it: &Table) -> Doc {
    let mut parts = vec![head("table", &it.name), label(&it.label)];
    for (word, part) in [("of", &it.of), ("by", &it.by), ("at", &it.at), ("key", &it.key)] {
        parts.extend(part.as_ref().map(|part| head(word, part)));
    }
    match &it.from {
        Some(TableSource::File(file)) => parts.push(text(file).after("from")),
        Some(TableSource::Ledger(_)) => parts.push(Doc::words("from ledger")),
        None => {}
    }
    Doc::spaced(parts)
}

fn table(it: &Table, entry: Entry) -> Entry {
    let Some(columns) = &it.columns else { return entry };
    // A column named like a clause needs a comma before it, or it would belong to the one before.
    let comma = |at: usize| columns.get(at + 1).is_some_and(|next| matches!(next.name.symbol.as_str(), "from" | "in"));
    entry.block(columns.iter().enumerate().map(|(at, it)| column(it, comma(at))).collect())
}

fn column(column: &Column, comma: bool) -> Entry {
    let optional = if column.ty.optional { Doc::leaf("?") } else { Doc::nothing() };
    let ty = Doc::All(vec![type_name(&column.ty.base), optional]);
    let from = column.header.as_ref().map_or_else(Doc::nothing, |header| text(header).after("from"));
    let form = match &column.format {
        Some(ColumnFormat::Strftime(form)) => text(form).after("in"),
        Some(ColumnFormat::Epoch(unit)) => head("in epoch", unit),
        None => Doc::nothing(),
    };
    let mut cells = vec![Doc::leaf(name(&column.name) + ":"), ty, Doc::spaced(vec![from, form])];
    if comma && let Some(last) = cells.iter().rposition(|cell| !cell.is_nothing()) {
        let with_comma = cells.remove(last).then(",");
        cells.insert(last, with_comma);
    }
    Entry::of(column.place.0, cells.into_iter().map(Cell::from).collect()).run(Run::Column)
}

fn type_name(it: &TypeName) -> Doc {
    match it {
        TypeName::Word(word) => Doc::leaf(name(word)),
        TypeName::Decimal(digits) => Doc::All(vec![Doc::leaf(format!("decimal({digits}")), Doc::leaf(")")]),
        TypeName::List(element) => type_name(element).after("list of"),
    }
}

fn score_base(it: &Score) -> Doc {
    it.base.as_ref().map_or_else(Doc::nothing, |base| expression(base).after("from"))
}

fn score(it: &Score, entry: Entry) -> Entry {
    let arms = it.arms.iter().map(score_arm).collect();
    let clamp = it.clamp.as_ref().map_or_else(Doc::nothing, |clamp| range(clamp).after("clamp"));
    entry.block_closed_by(arms, Doc::spaced(vec![Doc::leaf("}"), clamp]))
}

fn score_arm(arm: &ScoreArm) -> Entry {
    let points = expression(&arm.points);
    let points = if arm.minus { points.after("minus") } else { points };
    Entry::of(arm.place.0, vec![points.into(), expression(&arm.condition).after("when").into()]).run(Run::Points)
}

fn arm(arm: &Arm) -> Entry {
    let choice = match &arm.choice {
        Choice::From { threshold, keep } => {
            let keep = keep.iter().map(|it| expression(it).after("keep"));
            Doc::spaced(std::iter::once(expression(threshold).after("from")).chain(keep).collect())
        }
        Choice::When(condition) => expression(condition).after("when"),
        Choice::Otherwise(_) => Doc::leaf("otherwise"),
    };
    let cells = vec![Doc::leaf(name(&arm.name)).into(), label(&arm.label).into(), choice.into()];
    Entry::of(arm.place.0, cells).run(Run::Arm)
}

fn funnel_source(it: &Funnel) -> Doc {
    let on = match &it.on {
        FunnelSource::Table(table) => Doc::leaf(name(table)),
        FunnelSource::Clause(source) => Doc::bracketed(Doc::leaf("("), vec![clause(source)], ")"),
    };
    let by = it.by.as_ref().map_or_else(Doc::nothing, |by| head("by", by));
    Doc::spaced(vec![on.after("on"), by])
}

fn step(step: &Step) -> Entry {
    let within = step.within.as_ref().map_or_else(Doc::nothing, |within| expression(within).after("within"));
    let condition = expression(&step.condition).after("when");
    let cells = vec![Doc::leaf(name(&step.name)).into(), label(&step.label).into(), within.into(), condition.into()];
    Entry::of(step.place.0, cells).run(Run::Step)
}
