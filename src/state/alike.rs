//! What many decisions of a run have alike: it is written once, and rows of the ledger tell by a number which it is.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use rusqlite::{Connection, types::ToSqlOutput};

use crate::state::{
    Decision, NameId,
    rows::{self, number, optional, optional_number, text},
};

/// What decisions of a run have alike, by number.
#[derive(Debug)]
pub(super) struct Alike {
    /// The number of the first of this run.
    first: i64,
    /// One of each.
    all: Vec<(NameId, Decision)>,
    /// So many of them stand in the file.
    written: usize,
    /// By segment the one that came last, which mostly comes again.
    last: Vec<usize>,
    hash: RandomState,
    known: HashTable<usize>,
}

/// What a decision about a segment has alike with others.
type Common<'d> = (
    (NameId, &'d str, &'d str, &'d str, &'d str),
    (Option<&'d str>, Option<&'d str>, Option<&'d str>, Option<&'d str>),
    (Option<i64>, Option<i64>, i64, i64, bool),
);

fn common((segment, it): &(NameId, Decision)) -> Common<'_> {
    (
        (*segment, &it.deed, &it.trigger, &it.reason, &it.act),
        (it.channel.as_deref(), it.variant.as_deref(), it.stopped.as_deref(), it.stopped_by.as_deref()),
        (it.not_before, it.not_after, it.entered, it.decided_at, it.exempt),
    )
}

impl Alike {
    /// Those of a run that is begun.
    pub(super) fn begin(database: &Connection) -> rusqlite::Result<Alike> {
        let last = "SELECT coalesce(max(id), 0) FROM alike";
        let last = database.query_row(last, [], |row| row.get::<_, i64>(0))?;
        let (hash, known) = (RandomState::default(), HashTable::new());
        Ok(Alike { first: last.saturating_add(1), all: vec![], written: 0, last: vec![], hash, known })
    }

    /// The number of what a decision about a segment has alike with others.
    pub(super) fn number(&mut self, decision: &(NameId, Decision)) -> i64 {
        let Alike { all, last, hash, known, .. } = self;
        let own = common(decision);
        let is_own = |at: &usize| all.get(*at).is_some_and(|one| common(one) == own);
        let segment = decision.0.0 as usize;
        if last.len() <= segment {
            last.resize(segment + 1, usize::MAX);
        }
        let at_hand = last.get(segment).copied().filter(is_own);
        let hashed = || hash.hash_one(own);
        let found = at_hand.or_else(|| known.find(hashed(), is_own).copied());
        let at = found.unwrap_or_else(|| {
            let hashed = hashed();
            all.push(decision.clone());
            let again = |at: &usize| all.get(*at).map_or(0, |one| hash.hash_one(common(one)));
            *known.insert_unique(hashed, all.len() - 1, again).get()
        });
        last.iter_mut().skip(segment).take(1).for_each(|last| *last = at);
        self.first.saturating_add(at as i64)
    }

    /// Writes what has come since it was written last.
    pub(super) fn write(&mut self, database: &Connection, run: i64) -> rusqlite::Result<()> {
        let new: Vec<(i64, &(NameId, Decision))> = (self.first..).zip(&self.all).skip(self.written).collect();
        self.written = self.all.len();
        let table = "alike (id, run, segment, deed, trigger, reason, do, channel, variant, not_before, not_after, stopped, stopped_by,
                            entered, decided_at, exempt)";
        rows::write(database, table, &new, |(id, (segment, it))| {
            [
                number(*id),
                number(run),
                number(segment.0),
                text(&it.deed),
                text(&it.trigger),
                text(&it.reason),
                text(&it.act),
                optional(&it.channel),
                optional(&it.variant),
                optional_number(it.not_before),
                optional_number(it.not_after),
                optional(&it.stopped),
                optional(&it.stopped_by),
                number(it.entered),
                number(it.decided_at),
                number(it.exempt),
            ]
        })
    }
}

/// What is a decision's own, as a row of the ledger.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) user: u32,
    id: ActionId,
    /// The number of what it has alike with others.
    alike: i64,
    message: Option<String>,
    with: std::borrow::Cow<'static, str>,
    occasion: Option<String>,
}

/// The id of a decision: where it is a hash, without the digits that it is written in.
#[derive(Debug)]
enum ActionId {
    Hash([u8; 16]),
    Other(String),
}

impl Own {
    pub(super) fn of(user: u32, alike: i64, decision: Decision) -> Own {
        let Decision { action_id, message, with, occasion, .. } = decision;
        Own { user, id: ActionId::of(action_id), alike, message, with, occasion }
    }

    /// Writes rows of the ledger.
    pub(super) fn write(database: &Connection, all: &[Own]) -> rusqlite::Result<()> {
        rows::write(database, "ledger (action_id, user, alike, message, with, occasion)", all, |it| {
            [
                it.id.bound(),
                number(it.user),
                number(it.alike),
                optional(&it.message),
                text(&it.with),
                optional(&it.occasion),
            ]
        })
    }
}

impl ActionId {
    fn of(text: String) -> ActionId {
        match hash_of(&text) {
            Some(hash) => ActionId::Hash(hash),
            None => ActionId::Other(text),
        }
    }

    fn bound(&self) -> ToSqlOutput<'_> {
        match self {
            ActionId::Hash(hash) => ToSqlOutput::from(&hash[..]),
            ActionId::Other(id) => text(id),
        }
    }
}

/// The hash that 32 small hexadecimal digits are.
fn hash_of(text: &str) -> Option<[u8; 16]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut hash = [0; 16];
    let (pairs, rest) = text.as_bytes().as_chunks();
    for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    (pairs.len() == hash.len() && rest.is_empty()).then_some(hash)
}
