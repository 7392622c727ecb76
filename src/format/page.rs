//! The page: entries one below the other, blocks indented, and runs of like entries set in columns.

use super::{
    doc::Doc,
    press::{Press, WIDEST},
};
use crate::source::Span;

/// How far a block is indented.
const INDENT: usize = 2;

/// How far the rest of a line that is too long is indented.
const HANGING: usize = 4;

/// What is wider than this moves nothing else to the right.
const WIDEST_CELL: usize = 40;

/// Entries that are set in columns together; others never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    Param,
    List,
    Let,
    Tag,
    Segment,
    Template,
    Column,
    Points,
    Arm,
    Step,
    Deed,
    Share,
    EnterOrExit,
}

/// A part of an entry that may be set in a column.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// A part of it that is a column of its own among the cells that have one: a channel.
    lead: Option<Doc>,
    doc: Doc,
}

impl From<Doc> for Cell {
    fn from(doc: Doc) -> Cell {
        Cell { lead: None, doc }
    }
}

impl Cell {
    pub(super) fn with_lead(lead: Doc, doc: Doc) -> Cell {
        Cell { lead: Some(lead), doc }
    }

    fn is_nothing(&self) -> bool {
        self.lead.is_none() && self.doc.is_nothing()
    }

    /// The width, with a lead set as wide as `lead`.
    fn width(&self, lead: usize) -> usize {
        self.doc.width() + self.lead.as_ref().map_or(0, |it| it.width().max(lead) + 1)
    }

    fn set(self, lead: usize) -> Doc {
        match self.lead {
            None => self.doc,
            Some(it) => {
                let pad = Doc::Pad(lead.saturating_sub(it.width()));
                Doc::All(vec![it, pad, Doc::Space, self.doc])
            }
        }
    }
}

/// A declaration, an arm, a column, a deed, …
pub(super) struct Entry {
    /// Where it begins in the source.
    start: usize,
    run: Option<Run>,
    cells: Vec<Cell>,
    /// How it is printed where a line of cells is too long.
    broken: Option<Doc>,
    /// How much further it is indented than its block.
    shift: usize,
    block: Option<Block>,
}

/// What stands in an entry's braces, and what closes it.
struct Block {
    entries: Vec<Entry>,
    close: Doc,
    /// Whether it is one line where it fits on one.
    short: bool,
}

impl Entry {
    pub(super) fn new(place: Span, doc: Doc) -> Entry {
        Entry::of(place, vec![doc.into()])
    }

    pub(super) fn of(place: Span, cells: Vec<Cell>) -> Entry {
        Entry { start: place.start as usize, run: None, cells, broken: None, shift: 0, block: None }
    }

    /// What follows the entry before without a place of its own.
    pub(super) fn following(doc: Doc) -> Entry {
        Entry::new(Span::default(), doc)
    }

    pub(super) fn run(self, run: Run) -> Entry {
        Entry { run: Some(run), ..self }
    }

    /// Printed like this where a line of cells is too long.
    pub(super) fn or_broken(self, doc: Doc) -> Entry {
        Entry { broken: Some(doc), ..self }
    }

    pub(super) fn shifted(self) -> Entry {
        Entry { shift: INDENT, ..self }
    }

    /// With entries in braces; it is then part of no run.
    pub(super) fn block(self, entries: Vec<Entry>) -> Entry {
        self.block_closed_by(entries, Doc::leaf("}"))
    }

    pub(super) fn block_closed_by(self, entries: Vec<Entry>, close: Doc) -> Entry {
        Entry { block: Some(Block { short: entries.is_empty(), entries, close }), run: None, ..self }
    }

    /// With entries in braces, on one line where that has room for them.
    pub(super) fn short_block(self, entries: Vec<Entry>) -> Entry {
        Entry { block: Some(Block { entries, close: Doc::leaf("}"), short: true }), run: None, ..self }
    }

    fn tokens(&self) -> usize {
        let block = self
            .block
            .as_ref()
            .map_or(0, |block| 1 + block.entries.iter().map(Entry::tokens).sum::<usize>() + block.close.tokens());
        let cell = |cell: &Cell| cell.doc.tokens() + cell.lead.as_ref().map_or(0, Doc::tokens);
        self.cells.iter().map(cell).sum::<usize>() + block
    }

    /// The width of its cells with one space between.
    fn width(&self) -> usize {
        let cells = self.cells.iter().filter(|cell| !cell.is_nothing());
        cells.map(|cell| cell.width(0) + 1).sum::<usize>().saturating_sub(1)
    }

    /// All of it on one line, two spaces between the entries of its block.
    fn as_one_line(&self) -> Doc {
        let row = row(self.cells.clone());
        let Some(block) = &self.block else { return row };
        let mut all = vec![row, Doc::Space, Doc::leaf("{"), Doc::Space];
        for (at, entry) in block.entries.iter().enumerate() {
            all.extend((at > 0).then_some(Doc::Space));
            all.extend([entry.as_one_line(), Doc::Space]);
        }
        all.push(block.close.clone());
        Doc::All(all)
    }
}

/// Prints a file's entries, one below the other.
pub(super) fn print(entries: Vec<Entry>, mut press: Press<'_>) -> String {
    self::entries(entries, 0, &mut press);
    press.finish()
}

fn entries(entries: Vec<Entry>, indent: usize, press: &mut Press<'_>) {
    let columns = columns(&entries, indent, press);
    for (entry, columns) in entries.into_iter().zip(columns) {
        let indent = indent + entry.shift;
        press.arrive_at(entry.start);
        press.next_line(indent);
        match columns {
            Some(columns) => press.print(&columns.set(entry.cells, indent), indent + HANGING),
            None => self::entry(entry, indent, press),
        }
    }
}

fn entry(entry: Entry, indent: usize, press: &mut Press<'_>) {
    let short = entry.block.as_ref().is_some_and(|block| block.short);
    if short && is_one_line(&entry, indent, press) {
        let line = entry.as_one_line();
        if indent + line.width() <= WIDEST {
            return press.print(&line, indent + HANGING);
        }
    }
    let row = entry.broken.unwrap_or_else(|| row(entry.cells));
    let Some(block) = entry.block else { return press.print(&row, indent + HANGING) };
    press.print(&Doc::All(vec![row, Doc::Space, Doc::leaf("{")]), indent + HANGING);
    self::entries(block.entries, indent + INDENT, press);
    press.last_line(indent + INDENT, indent);
    press.print(&block.close, indent + HANGING);
}

/// The cells with one space between.
fn row(cells: Vec<Cell>) -> Doc {
    Doc::spaced(cells.into_iter().map(|cell| cell.set(0)).collect())
}

/// Whether it may stand on one line: no comment is inside.
fn is_one_line(entry: &Entry, indent: usize, press: &Press<'_>) -> bool {
    let start = press.margin().tokens_up_to(entry.start);
    !press.margin().has_note_inside(start, start + entry.tokens()) && indent + entry.width() <= WIDEST
}

/// The columns of a run.
#[derive(Clone)]
struct Columns {
    widths: Vec<usize>,
    leads: Vec<usize>,
}

/// For each entry the columns of its run; none where it is in none.
fn columns(entries: &[Entry], indent: usize, press: &Press<'_>) -> Vec<Option<Columns>> {
    let fits = |entry: &Entry| entry.run.is_some() && is_one_line(entry, indent + entry.shift, press);
    let mut found = Vec::with_capacity(entries.len());
    while let Some((first, rest)) = entries.get(found.len()..).and_then(<[Entry]>::split_first) {
        if !fits(first) {
            found.push(None);
            continue;
        }
        let more = rest.iter().take_while(|entry| {
            let before = press.margin().tokens_up_to(entry.start);
            entry.run == first.run && fits(entry) && press.margin().adjoins(before)
        });
        let length = 1 + more.count();
        let run = entries.get(found.len()..found.len() + length).unwrap_or(&[]);
        found.resize(found.len() + length, Some(Columns::of(run)));
    }
    found
}

impl Columns {
    fn of(run: &[Entry]) -> Columns {
        let count = run.iter().map(|entry| entry.cells.len()).max().unwrap_or(0);
        let mut columns = Columns { widths: vec![], leads: vec![] };
        for column in 0..count {
            let cells = || run.iter().filter_map(|entry| entry.cells.get(column));
            let lead = widest(cells().filter_map(|cell| cell.lead.as_ref()).map(Doc::width));
            let followed = run.iter().filter(|entry| goes_on_behind(&entry.cells, column));
            let width = widest(followed.filter_map(|entry| entry.cells.get(column)).map(|cell| cell.width(lead)));
            columns.leads.push(lead);
            columns.widths.push(width);
        }
        columns
    }

    /// The cells of an entry in their columns; with one space between where that would be too wide.
    fn set(self, cells: Vec<Cell>, indent: usize) -> Doc {
        let plain = row(cells.clone());
        let mut all = vec![];
        let goes_on: Vec<bool> = (0..cells.len()).map(|column| goes_on_behind(&cells, column)).collect();
        for (at, cell) in cells.into_iter().enumerate() {
            let (width, lead) = (self.widths.get(at).copied().unwrap_or(0), self.leads.get(at).copied().unwrap_or(0));
            let empty = cell.is_nothing();
            let set = cell.set(lead);
            let pad = width.saturating_sub(set.width());
            all.push(set);
            if goes_on.get(at).copied().unwrap_or(false) && !(empty && width == 0) {
                all.extend([Doc::Pad(pad), Doc::Space]);
            }
        }
        let set = Doc::All(all);
        if indent + set.width() <= WIDEST { set } else { plain }
    }
}

/// The widest of those that are not too wide to be followed.
fn widest(widths: impl Iterator<Item = usize>) -> usize {
    widths.filter(|width| *width <= WIDEST_CELL).max().unwrap_or(0)
}

/// Whether anything stands behind a column.
fn goes_on_behind(cells: &[Cell], column: usize) -> bool {
    cells.iter().skip(column + 1).any(|cell| !cell.is_nothing())
}
