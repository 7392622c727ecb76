//! Declarations of data, parameters, lists, and rules.

use super::{
    expression::{clause, expression, name, quoted, range},
    page::Page,
    segment, testing,
};
use crate::syntax::ast::{
    Arm, Choice, Column, ColumnFormat, Declaration, DeclarationKind, Funnel, FunnelSource, Score, Table, TableSource,
    Text, TypeName,
};

/// Prints a declaration; its description is among the comments.
pub(super) fn print(declaration: &Declaration, page: &mut Page<'_>) {
    let span = declaration.span();
    let (start, end) = (span.start as usize, span.end as usize);
    match &declaration.kind {
        DeclarationKind::Rulebook(it) => {
            let zone =
                it.timezone.as_ref().map(|zone| format!(" timezone {}", quoted(&zone.value))).unwrap_or_default();
            page.line(&format!("rulebook {}{zone}", quoted(&it.name.value)), span);
        }
        DeclarationKind::Table(it) => table(it, start, end, page),
        DeclarationKind::Param(it) => {
            page.line(&format!("param {}{} = {}", name(&it.name), label(&it.label), expression(&it.value)), span);
        }
        DeclarationKind::List(it) => {
            let column = it.column.as_ref().map(|column| format!(" column {}", name(column))).unwrap_or_default();
            let from = quoted(&it.from.value);
            page.line(&format!("list {}{} from {from}{column}", name(&it.name), label(&it.label)), span);
        }
        DeclarationKind::Let(it) => {
            page.line(&format!("let {}{} = {}", name(&it.name), label(&it.label), expression(&it.value)), span);
        }
        DeclarationKind::Tag(it) => {
            page.line(&format!("tag {}{} when {}", name(&it.name), label(&it.label), expression(&it.condition)), span);
        }
        DeclarationKind::Score(it) => score(it, start, end, page),
        DeclarationKind::Level(it) => {
            let by = it.by.as_ref().map(|by| format!(" by {}", expression(by))).unwrap_or_default();
            arms(&format!("level {}{}{by}", name(&it.name), label(&it.label)), &it.arms, start, end, page);
        }
        DeclarationKind::Layer(it) => {
            let exclusive = if it.exclusive.is_some() { " exclusive" } else { "" };
            arms(&format!("layer {}{}{exclusive}", name(&it.name), label(&it.label)), &it.arms, start, end, page);
        }
        DeclarationKind::Funnel(it) => funnel(it, start, end, page),
        DeclarationKind::Segment(it) => segment::segment(it, span, page),
        DeclarationKind::Policy(it) => segment::policy(it, start, end, page),
        DeclarationKind::Template(it) => {
            page.line(&format!("template {} {}", name(&it.name), quoted(&it.text.value)), span);
        }
        DeclarationKind::Channel(it) => segment::channel(it, start, end, page),
        DeclarationKind::Test(it) => testing::test(it, start, end, page),
        DeclarationKind::Snapshot(it) => page.line(&testing::snapshot(it), span),
    }
}

/// A label with a space before it.
pub(super) fn label(label: &Option<Text>) -> String {
    label.as_ref().map(|label| format!(" {}", quoted(&label.value))).unwrap_or_default()
}

fn table(it: &Table, start: usize, end: usize, page: &mut Page<'_>) {
    let mut head = format!("table {}{}", name(&it.name), label(&it.label));
    for (word, part) in [("of", &it.of), ("by", &it.by), ("at", &it.at), ("key", &it.key)] {
        if let Some(part) = part {
            head += &format!(" {word} {}", name(part));
        }
    }
    match &it.from {
        Some(TableSource::File(file)) => head += &format!(" from {}", quoted(&file.value)),
        Some(TableSource::Ledger(_)) => head += " from ledger",
        None => {}
    }
    let Some(columns) = &it.columns else {
        return page.line(&head, crate::source::Span { start: start as u32, end: end as u32, ..it.name.span() });
    };
    let first = columns.first().map_or(end.saturating_sub(1), |column| column.place.0.start as usize);
    page.open(&head, start, it.name.span().end as usize);
    let _ = first;
    let width = columns.iter().map(|column| unicode_width::UnicodeWidthStr::width(name(&column.name).as_str())).max();
    for (at, column) in columns.iter().enumerate() {
        // A column named like a clause needs a comma before it, or it would belong to the one before.
        let next = columns.get(at + 1).map(|next| next.name.symbol.as_str());
        let comma = if matches!(next, Some("from" | "in")) { "," } else { "" };
        page.line(&(self::column(column, width.unwrap_or(0)) + comma), column.place.0);
    }
    page.close("}", end);
}

fn column(column: &Column, width: usize) -> String {
    let name = name(&column.name);
    let gap = " ".repeat(width.saturating_sub(unicode_width::UnicodeWidthStr::width(name.as_str())));
    let optional = if column.ty.optional { "?" } else { "" };
    let mut text = format!("{name}: {gap}{}{optional}", type_name(&column.ty.base));
    if let Some(header) = &column.header {
        text += &format!(" from {}", quoted(&header.value));
    }
    match &column.format {
        Some(ColumnFormat::Strftime(form)) => text += &format!(" in {}", quoted(&form.value)),
        Some(ColumnFormat::Epoch(unit)) => text += &format!(" in epoch {}", self::name_of(unit)),
        None => {}
    }
    text
}

fn name_of(it: &crate::syntax::ast::Name) -> String {
    name(it)
}

fn type_name(it: &TypeName) -> String {
    match it {
        TypeName::Word(word) => name(word),
        TypeName::Decimal(digits) => format!("decimal({digits})"),
        TypeName::List(element) => format!("list of {}", type_name(element)),
    }
}

fn score(it: &Score, start: usize, end: usize, page: &mut Page<'_>) {
    let base = it.base.as_ref().map(|base| format!(" from {}", expression(base))).unwrap_or_default();
    page.open(&format!("score {}{}{base}", name(&it.name), label(&it.label)), start, it.name.span().end as usize);
    for arm in &it.arms {
        let minus = if arm.minus { "minus " } else { "" };
        page.line(&format!("{minus}{} when {}", expression(&arm.points), expression(&arm.condition)), arm.place.0);
    }
    let clamp = it.clamp.as_ref().map(|clamp| format!(" clamp {}", range(clamp))).unwrap_or_default();
    page.close(&format!("}}{clamp}"), end);
}

fn arms(head: &str, arms: &[Arm], start: usize, end: usize, page: &mut Page<'_>) {
    page.open(head, start, start);
    for arm in arms {
        let choice = match &arm.choice {
            Choice::From { threshold, keep } => {
                let keep: String = keep.iter().map(|it| format!(" keep {}", expression(it))).collect();
                format!("from {}{keep}", expression(threshold))
            }
            Choice::When(condition) => format!("when {}", expression(condition)),
            Choice::Otherwise(_) => "otherwise".into(),
        };
        page.line(&format!("{}{} {choice}", name(&arm.name), label(&arm.label)), arm.place.0);
    }
    page.close("}", end);
}

fn funnel(it: &Funnel, start: usize, end: usize, page: &mut Page<'_>) {
    let on = match &it.on {
        FunnelSource::Table(table) => name(table),
        FunnelSource::Clause(source) => format!("({})", clause(source)),
    };
    let by = it.by.as_ref().map(|by| format!(" by {}", name(by))).unwrap_or_default();
    page.open(
        &format!("funnel {}{} on {on}{by}", name(&it.name), label(&it.label)),
        start,
        it.name.span().end as usize,
    );
    for step in &it.steps {
        let within = step.within.as_ref().map(|within| format!(" within {}", expression(within))).unwrap_or_default();
        let head = format!("{}{}", name(&step.name), label(&step.label));
        page.line(&format!("{head}{within} when {}", expression(&step.condition)), step.place.0);
    }
    page.close("}", end);
}
