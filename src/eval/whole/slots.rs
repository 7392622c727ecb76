//! What is kept of all questions over the same rows, slot by slot. A slot is a user, or a group of users.

use std::collections::HashSet;

use crate::{
    column::{Batch, Column},
    eval::{
        accumulate::Accumulator,
        funnel::Event,
        rows::{Element, When, element_type},
        whole::{
            clauses::{Found, FoundOf, Question},
            lane::{Kept, Lane, Table, Told},
            truths::has,
            values::{Asked, Different},
        },
    },
    ir::{Aggregate, AggregateFunction},
    plan::{NodeId, Slot},
    schema::ColumnId,
    value::{Type, Value},
};

/// Words of a line of the processor's memory.
const LINE: usize = 8;
/// Words of a page of memory, as the system gives it out.
const PAGE: usize = 512;
/// Rows that are told before the next question is: so many that what is kept of them stays in the processor's own memory.
const BLOCK: usize = 256;

/// What is kept of some slots.
#[derive(Debug)]
pub(super) struct Slots {
    /// Of all slots, one after the other; the first at a line of the processor's memory.
    words: Vec<u64>,
    /// Where the first slot begins.
    first: usize,
    /// Words of a slot.
    stride: usize,
    lanes: Vec<Lane>,
    /// By question: what has no words.
    others: Vec<Option<Box<Accumulator>>>,
    len: usize,
}

/// Where the answer of a question comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    /// What is kept of it; none where [`Accumulator`]s answer it.
    pub(super) own: Option<usize>,
    /// How many there were, of an average.
    pub(super) count: Option<usize>,
    /// The share that a quantile asks for.
    pub(super) share: Option<Value>,
}

/// Where the rows of a piece stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'p> {
    pub(super) columns: &'p dyn Columns,
    pub(super) found: &'p Found,
    /// The column that says when rows happened.
    pub(super) at: Option<ColumnId>,
    /// Rows that stand before it.
    pub(super) before: u64,
}

/// Columns by slot.
pub(super) trait Columns: std::fmt::Debug + Sync {
    /// A column.
    fn column(&self, slot: Slot) -> Option<&Column>;
}

impl Columns for Batch {
    fn column(&self, slot: Slot) -> Option<&Column> {
        match slot {
            Slot::Column(id) => Batch::column(self, id),
            Slot::Definition(_) | Slot::Aggregate(_) => None,
        }
    }
}

impl Slots {
    /// None yet. `share` gives the share that a quantile asks for, `other` makes what answers a question that has no lane. What several questions need is kept once.
    pub(super) fn of(
        questions: &[Question<'_>],
        share: impl Fn(&Question<'_>) -> Value,
        other: impl Fn(&Question<'_>) -> Accumulator,
    ) -> (Slots, Vec<Lanes>) {
        let mut slots = Slots { words: vec![], first: 0, stride: 0, lanes: vec![], others: vec![], len: 0 };
        let mut known: Vec<(Key, usize)> = vec![];
        let mut answers = vec![];
        for (at, question) in questions.iter().enumerate() {
            let mut lane = |what: What, kept: Kept| {
                let key = question.key(at, what);
                if let Some((_, lane)) = known.iter().find(|(other, _)| *other == key) {
                    return *lane;
                }
                known.push((key, slots.lanes.len()));
                slots.lanes.push(Lane { word: 0, shift: 0, question: at, kept });
                slots.lanes.len() - 1
            };
            let own = kept(question.aggregate).map(|(what, kept)| lane(what, kept));
            let average = matches!(question.aggregate.function, AggregateFunction::Average) && own.is_some();
            let count = average.then(|| lane(What::Count, Kept::Count(Table::default())));
            let share = own.is_some().then(|| share(question));
            answers.push(Lanes { own, count, share });
            slots.others.push(own.is_none().then(|| Box::new(other(question))));
        }
        slots.lay_out();
        (slots, answers)
    }

    /// Gives each lane its words: whole ones first, then halves.
    fn lay_out(&mut self) {
        let mut halves = 0;
        for wide in [true, false] {
            for lane in self.lanes.iter_mut().filter(|lane| (lane.kept.halves() > 1) == wide) {
                (lane.word, lane.shift) = (halves / 2, if halves % 2 == 1 { 32 } else { 0 });
                halves += lane.kept.halves();
            }
        }
        let words = halves.div_ceil(2);
        self.stride = if words <= LINE { words.next_power_of_two() } else { words.next_multiple_of(LINE / 2) };
        if halves == 0 {
            self.stride = 0;
        }
    }

    /// So many slots, at least.
    pub(super) fn grow(&mut self, len: usize) {
        if len <= self.len {
            return;
        }
        let (old, new) = (self.len * self.stride, len * self.stride);
        if self.first + new > self.words.len() {
            // More than asked for, where slots come a few at a time.
            let room = if self.len == 0 { new } else { new.max(2 * old) };
            let mut words = vec![0; room + LINE];
            // Rows come in any order, and of a slot it is read first what is kept: a page that is read before anything was written to it
            // would be given out twice, and all threads wait for the second time.
            words.iter_mut().step_by(PAGE).for_each(|word| *word = std::hint::black_box(0));
            let first = words.as_ptr().align_offset(8 * LINE).min(LINE);
            let kept = self.words.get(self.first..self.first + old).unwrap_or_default();
            if let Some(to) = words.get_mut(first..first + old) {
                to.copy_from_slice(kept);
            }
            (self.words, self.first) = (words, first);
        }
        self.len = len;
        for lane in &mut self.lanes {
            match &mut lane.kept {
                Kept::EndText { texts, .. } => texts.resize(len, None),
                Kept::Different(different) => different.grow(len),
                Kept::Count(_)
                | Kept::Any
                | Kept::Sum(_)
                | Kept::Floats(_)
                | Kept::Extreme { .. }
                | Kept::SmallExtreme { .. }
                | Kept::End { .. }
                | Kept::All(_) => {}
            }
        }
        self.others.iter_mut().flatten().for_each(|accumulator| accumulator.grow(len));
    }

    /// Tells all questions of rows of a piece, each with its slot, which is there.
    pub(super) fn tell(&mut self, questions: &[Question<'_>], piece: &Piece<'_>, rows: &[u32], slots: &[u32]) {
        let happened = piece.at.and_then(|id| piece.columns.column(Slot::Column(id)));
        let words = self.words.get_mut(self.first..).unwrap_or_default();
        for (rows, slots) in rows.chunks(BLOCK).zip(slots.chunks(BLOCK)) {
            // Every slot is looked at once before any is told: so all are fetched from memory at the same time, and none is waited for.
            let first = slots.iter().filter_map(|slot| words.get(*slot as usize * self.stride));
            std::hint::black_box(first.fold(0, |all, word| all | word));
            for lane in &mut self.lanes {
                let Some(found) = piece.found.of.get(lane.question) else { continue };
                let take = found.take.as_deref().map(Vec::as_slice);
                let elements = found.element.column(|slot| piece.columns.column(slot));
                lane.tell(words, self.stride, &Told { rows, slots, take, elements, happened, before: piece.before });
            }
            for ((other, question), found) in self.others.iter_mut().zip(questions).zip(&piece.found.of) {
                if let Some(accumulator) = other {
                    tell_one_by_one(accumulator, question, found, piece, rows, slots);
                }
            }
        }
    }

    pub(super) fn lane(&self, at: usize) -> Option<&Lane> {
        self.lanes.get(at)
    }

    /// The words of a slot.
    pub(super) fn words_of(&self, slot: usize) -> &[u64] {
        let from = self.first + slot * self.stride;
        self.words.get(from..from + self.stride).unwrap_or_default()
    }

    /// Takes what answers a question that has no words.
    fn take_other(&mut self, at: usize) -> Option<Accumulator> {
        self.others.get_mut(at)?.take().map(|accumulator| *accumulator)
    }
}

/// What tells lanes apart that several questions may share.
pub(super) type Key = (What, Option<NodeId>, Option<Slot>, Option<usize>);

/// What a lane keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Count,
    Any,
    Sum,
    Greatest(bool),
    Last(bool),
    Different(Asked),
    All,
}

/// What a question needs; none where only an [`Accumulator`] can answer it.
fn kept(aggregate: &Aggregate) -> Option<(What, Kept)> {
    use AggregateFunction::{
        Any, Average, Count, CountDistinct, Distinct, First, Greatest, Last, Least, Most, Quantile, Sum,
    };
    let different = |asked| {
        Different::of(asked, element_type(aggregate)).map(|it| (What::Different(asked), Kept::Different(Box::new(it))))
    };
    let last = matches!(aggregate.function, Last);
    let greatest = matches!(aggregate.function, Greatest);
    Some(match (&aggregate.function, element_type(aggregate)) {
        (Count, _) => (What::Count, Kept::Count(Table::default())),
        (Any, Type::Bool) => (What::Any, Kept::Any),
        (Sum | Average, Type::Int | Type::Decimal(_)) => (What::Sum, Kept::Sum(Table::default())),
        (Sum | Average, Type::Float) => (What::Sum, Kept::Floats(Table::default())),
        (Least | Greatest, Type::Date | Type::Choice(_)) => (What::Greatest(greatest), Kept::SmallExtreme { greatest }),
        (Least | Greatest, Type::Int | Type::Decimal(_) | Type::Float | Type::Timestamp) => {
            (What::Greatest(greatest), Kept::Extreme { greatest, ends: HashSet::default(), wide: Table::default() })
        }
        (First | Last, Type::Text) => {
            (What::Last(last), Kept::EndText { last, texts: vec![], often: HashSet::default() })
        }
        (
            First | Last,
            Type::Bool | Type::Int | Type::Decimal(_) | Type::Float | Type::Date | Type::Timestamp | Type::Choice(_),
        ) => (What::Last(last), Kept::End { last, wide: Table::default() }),
        (CountDistinct, _) => return different(Asked::Number),
        (Distinct, _) => return different(Asked::List),
        (Most, _) if aggregate.by.is_none() => return different(Asked::Most),
        (Quantile(_), Type::Int | Type::Decimal(_) | Type::Float) => (What::All, Kept::All(Box::default())),
        _ => return None,
    })
}

/// Tells a question of rows, element by element.
fn tell_one_by_one(
    accumulator: &mut Accumulator,
    question: &Question<'_>,
    found: &FoundOf,
    piece: &Piece<'_>,
    rows: &[u32],
    slots: &[u32],
) {
    let column = |slot| piece.columns.column(slot);
    let happened = piece.at.and_then(|id| column(Slot::Column(id)));
    for (row, slot) in rows.iter().zip(slots) {
        let (row, slot) = (*row as usize, *slot as usize);
        if found.take.as_ref().is_some_and(|take| !has(take, row)) {
            continue;
        }
        let at = happened.map_or(Value::Missing, |column| column.get(row));
        let at = match at {
            Value::Date(days) => Some(i64::from(days)),
            Value::Timestamp(micros) => Some(micros),
            _ => None,
        };
        let when = When { at, place: piece.before + row as u64 };
        if question.is_funnel() {
            let group =
                question.group.map(|id| column(Slot::Column(id)).map_or(Value::Missing, |column| column.get(row)));
            let meets = found.meets.get(row).copied().unwrap_or(0);
            if meets != 0 && group != Some(Value::Missing) {
                accumulator.add_event(slot, &group.unwrap_or(Value::Missing), Event { when, meets });
            }
            continue;
        }
        let value = found.element.value(column, row);
        let weight = if question.aggregate.by.is_some() { found.weight.value(column, row) } else { Value::Missing };
        accumulator.add(slot, Element { when, value, weight });
    }
}

/// Takes what answers a question that has no words out of each part.
pub(super) fn others(parts: &mut [Slots], at: usize) -> Vec<Accumulator> {
    parts.iter_mut().filter_map(|part| part.take_other(at)).collect()
}
