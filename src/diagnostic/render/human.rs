//! Diagnostics for people: the headline, the characters meant, and what to type instead.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};

use super::{
    visible::{visible, visible_line},
    window::{Window, window_of_change, windows},
};
use crate::{
    diagnostic::{Diagnostic, Edit, Fix, Label, Severity},
    source::{Source, SourceId, Sources, Span},
};

/// Whether text carries colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Characters alone.
    #[default]
    Plain,
    /// With escape sequences for a terminal.
    Ansi,
}

/// Every diagnostic as a paragraph with the lines it speaks of, each followed by an empty line.
pub fn human(diagnostics: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Ansi => Renderer::styled().hyperlink(false),
    };
    let paragraphs = diagnostics.iter().map(|diagnostic| {
        let groups = [vec![headline(diagnostic, sources)], fixes(diagnostic, sources)].concat();
        renderer.render(&groups) + "\n\n"
    });
    paragraphs.collect()
}

fn headline<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group =
        Group::with_title(level.primary_title(visible_line(&diagnostic.message)).id(diagnostic.code.as_str()));
    for (source, labels) in by_source(diagnostic) {
        let spans: Vec<Span> = labels.iter().map(|label| label.span).collect();
        for window in windows(sources.get(source), &spans) {
            // Of a line that is cut the column has to be said; otherwise it is counted in what is shown.
            let first = window
                .marks
                .iter()
                .filter_map(|(index, _)| labels.get(*index))
                .min_by_key(|label| !is_primary(label, diagnostic));
            let said = first.filter(|_| window.cut).map(|label| origin(label.span, sources));
            let path = said.is_none().then(|| visible_line(sources.get(source).name()));
            group = group.elements(said).element(snippet(window, &labels, diagnostic).path(path));
        }
    }
    let notes = diagnostic.notes.iter().map(|note| Level::NOTE.message(visible(note)));
    let shown = |help: &&String| diagnostic.fixes.iter().any(|fix| shows(fix, help, sources));
    let help = diagnostic.help.iter().filter(|help| !shown(help)).map(|help| Level::HELP.message(visible(help)));
    group.elements(notes).elements(help)
}

/// The labels of each source together, the primary label's first.
fn by_source(diagnostic: &Diagnostic) -> Vec<(SourceId, Vec<&Label>)> {
    let mut found: Vec<(SourceId, Vec<&Label>)> = vec![];
    for label in std::iter::once(&diagnostic.primary).chain(&diagnostic.labels) {
        match found.iter_mut().find(|(source, _)| *source == label.span.source) {
            Some((_, labels)) => labels.push(label),
            None => found.push((label.span.source, vec![label])),
        }
    }
    found
}

fn is_primary(label: &Label, diagnostic: &Diagnostic) -> bool {
    std::ptr::eq(label, &diagnostic.primary)
}

fn origin(span: Span, sources: &Sources) -> Origin<'_> {
    let source = sources.get(span.source);
    let place = source.line_column(span.start);
    Origin::path(visible_line(source.name())).line(place.line).char_column(place.column)
}

fn snippet<'a>(window: Window, labels: &[&'a Label], diagnostic: &Diagnostic) -> Snippet<'a, Annotation<'a>> {
    let annotations = window.marks.into_iter().filter_map(|(index, bytes)| {
        let label = labels.get(index)?;
        let kind = if is_primary(label, diagnostic) { AnnotationKind::Primary } else { AnnotationKind::Context };
        let words = (!label.message.is_empty()).then(|| visible_line(&label.message));
        Some(kind.span(bytes).label(words))
    });
    Snippet::source(window.text).line_start(window.first_line).annotations(annotations.collect::<Vec<_>>())
}

fn fixes<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let group = |fix| {
        let fuller = diagnostic.help.iter().find(|help| restates(fix, help));
        fix_group(fix, fuller.unwrap_or(&fix.title), sources)
    };
    diagnostic.fixes.iter().map(group).collect()
}

/// Whether a help says what a mend's title says, in more words: ``did you mean `vip`?`` for ``write `vip` ``.
fn restates(fix: &Fix, help: &str) -> bool {
    let before = fix.title.strip_prefix("write ").and_then(|written| help.trim_end_matches('?').strip_suffix(written));
    before.is_some_and(|before| !before.contains('`'))
}

/// Whether a help proposes nothing but what a mend shows: ``write `vip` ``, where that is what the mended lines say.
fn shows(fix: &Fix, help: &str, sources: &Sources) -> bool {
    if *help == fix.title
        || restates(fix, help)
        || help.starts_with("remove ") && !help.contains([':', ';', ',']) && fix.title.starts_with("remove ")
    {
        return true;
    }
    let proposal = help
        .strip_prefix("write ")
        .or_else(|| help.strip_prefix("begin with "))
        .or_else(|| help.strip_prefix("did you mean ").and_then(|rest| rest.strip_suffix('?')));
    let Some(proposal) = proposal.and_then(in_backticks) else { return false };
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let (Some(first), Some(last)) = (edits.first(), edits.last()) else { return false };
    let source = sources.get(first.span.source);
    let all = changes(source, &edits);
    let (begin, end) = (source.line_range(first.span.start).start, source.line_range(last.span.end).end);
    let (mut mended, mut at) = (String::new(), begin);
    for change in &all {
        mended += source.text().get(at..change.bytes.start).unwrap_or("");
        mended += &change.text;
        at = change.bytes.end;
    }
    mended += source.text().get(at..end).unwrap_or("");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    !all.is_empty() && words(&mended).contains(&words(proposal))
}

/// What stands in one pair of backticks, and nothing beside it: `` `vip` ``; in two pairs where it holds one itself.
fn in_backticks(text: &str) -> Option<&str> {
    let inside = |mark: &str| text.strip_prefix(mark)?.strip_suffix(mark).filter(|it| !it.is_empty());
    match inside("``") {
        Some(inside) => Some(inside.trim()).filter(|it| !it.contains("``")),
        None => inside("`").filter(|it| !it.contains('`')),
    }
}

fn fix_group<'a>(fix: &'a Fix, title: &'a str, sources: &'a Sources) -> Group<'a> {
    let mut group = Group::with_title(Level::HELP.secondary_title(visible_line(title)));
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    for edits in edits.chunk_by(|one, next| one.span.source == next.span.source) {
        let Some(first) = edits.first() else { continue };
        let source = sources.get(first.span.source);
        for change in changes(source, edits) {
            group = group.elements(change_snippet(source, &change));
        }
    }
    group
}

/// Text that replaces the bytes of a range.
struct Change {
    bytes: Range<usize>,
    text: String,
}

/// Edits as changes that stand apart: those on one line, or on lines that touch, are one. Edits that overlap, or lie nowhere, give none.
fn changes(source: &Source, edits: &[&Edit]) -> Vec<Change> {
    let mut found: Vec<Change> = vec![];
    for edit in edits {
        let bytes = edit.span.range();
        if source.text().get(bytes.clone()).is_none() {
            return vec![];
        }
        match found.last_mut() {
            Some(before) if before.bytes.end > bytes.start => return vec![],
            Some(before) if source.line_range(before.bytes.end as u32).end + 2 >= bytes.start => {
                before.text += source.text().get(before.bytes.end..bytes.start).unwrap_or("");
                before.text += &edit.text;
                before.bytes.end = bytes.end;
            }
            _ => found.push(Change { bytes, text: edit.text.clone() }),
        }
    }
    found
}

fn change_snippet<'a>(source: &Source, change: &Change) -> Option<Snippet<'a, Patch<'a>>> {
    let window = window_of_change(source, change.bytes.clone())?;
    let (_, bytes) = window.marks.into_iter().next()?;
    let patch = Patch::new(bytes, visible(&change.text).into_owned());
    Some(Snippet::source(window.text).line_start(window.first_line).patch(patch))
}
