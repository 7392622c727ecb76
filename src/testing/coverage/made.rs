//! Users that are made up: values from the lines that rules draw, and rows of them, thrown with dice that always fall alike.

use std::{collections::BTreeMap, sync::Arc};

use super::{guess::Written, setup::Setup};
use crate::{
    eval::{Children, GivenValues},
    ir::{self, DefinitionId},
    schema::{ColumnId, TableId},
    value::{Type, Value},
};

/// Users of whom each may be of a kind of their own.
const FEW: usize = 5;

/// Something that a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Column(ColumnId),
    Definition(DefinitionId),
    Rows(TableId),
    /// Who it is, where rules ask; else users are numbered.
    Key,
}

/// What it holds there.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    One(Written),
    Rows(Vec<BTreeMap<ColumnId, Written>>),
}

impl Piece {
    /// Whether it comes to the same.
    pub(super) fn is_same(&self, other: &Piece) -> bool {
        let row = |row: &BTreeMap<ColumnId, Written>| -> Vec<(ColumnId, Value)> {
            row.iter().map(|(id, written)| (*id, written.value.clone())).collect()
        };
        match (self, other) {
            (Piece::One(own), Piece::One(other)) => own.value == other.value,
            (Piece::Rows(own), Piece::Rows(other)) => own.iter().map(row).eq(other.iter().map(row)),
            (Piece::One(_), Piece::Rows(_)) | (Piece::Rows(_), Piece::One(_)) => false,
        }
    }
}

/// One user that is made up.
pub(super) type Made = BTreeMap<Slot, Piece>;

/// Dice that always fall alike (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// A number below `sides`.
    pub(super) fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % (sides.max(1) as u64)) as usize
    }

    pub(super) fn pick<'p, T>(&mut self, all: &'p [T]) -> Option<&'p T> {
        let at = self.throw(all.len());
        all.get(at)
    }
}

impl Setup {
    /// A user afresh, or one who was kept with one thing otherwise.
    pub(super) fn made(&self, kept: &[Vec<Made>], dice: &mut Dice) -> Vec<Made> {
        let afresh = kept.is_empty() || dice.throw(3) == 0;
        let mut made = match dice.pick(kept).filter(|_| !afresh) {
            Some(base) => base.clone(),
            None => vec![Made::new(); dice.pick(&self.users).copied().unwrap_or(1)],
        };
        let slots: Vec<Slot> = self.values.keys().copied().collect();
        if afresh {
            let one = |dice: &mut Dice| -> Made {
                slots.iter().filter_map(|slot| Some((*slot, self.piece(*slot, dice)?))).collect()
            };
            // Of a crowd some are alike, and the others are: so many stand before so many.
            let parted = made.len() > FEW && dice.throw(4) > 0;
            let (before, behind, part) = (one(dice), one(dice), dice.throw(made.len()));
            for (at, user) in made.iter_mut().enumerate() {
                *user = match parted {
                    true if at < part => before.clone(),
                    true => behind.clone(),
                    false => one(dice),
                };
            }
            return made;
        }
        for _ in 0..=dice.throw(2) {
            let user = dice.throw(made.len());
            let Some(slot) = dice.pick(&slots).copied() else { return made };
            let changed = match made.get(user).and_then(|user| user.get(&slot)) {
                Some(Piece::Rows(rows)) if dice.throw(2) == 0 => self.other_rows(slot, rows, dice),
                _ => self.piece(slot, dice),
            };
            if let (Some(user), Some(piece)) = (made.get_mut(user), changed) {
                user.insert(slot, piece);
            }
        }
        made
    }

    pub(super) fn piece(&self, slot: Slot, dice: &mut Dice) -> Option<Piece> {
        let Slot::Rows(table) = slot else {
            return dice.pick(self.values.get(&slot)?).cloned().map(Piece::One);
        };
        let most = if dice.throw(4) == 0 { self.rows } else { 4 };
        let number = dice.throw(most);
        let shares = dice.pick(&self.parts).copied();
        if let Some((all, part)) = shares.filter(|_| dice.throw(3) == 0) {
            let (one, other) = (self.row(table, dice), self.row(table, dice));
            return Some(Piece::Rows((0..all).map(|at| if at < part { one.clone() } else { other.clone() }).collect()));
        }
        if number > 3 && dice.throw(3) == 0 {
            // Two kinds of rows: a share of them is of the one.
            let (one, other, part) = (self.row(table, dice), self.row(table, dice), dice.throw(number));
            return Some(Piece::Rows(
                (0..number).map(|at| if at < part { one.clone() } else { other.clone() }).collect(),
            ));
        }
        Some(Piece::Rows((0..number).map(|_| self.row(table, dice)).collect()))
    }

    /// The same rows with one value otherwise.
    fn other_rows(&self, slot: Slot, rows: &[BTreeMap<ColumnId, Written>], dice: &mut Dice) -> Option<Piece> {
        let Slot::Rows(table) = slot else { return None };
        let mut rows = rows.to_vec();
        let at = dice.throw(rows.len());
        let other = self.row(table, dice);
        let columns: Vec<ColumnId> = other.keys().copied().collect();
        let column = dice.pick(&columns).copied()?;
        let value = other.get(&column)?.clone();
        rows.get_mut(at)?.insert(column, value);
        Some(Piece::Rows(rows))
    }

    /// The record, the rows and what is given of a user.
    pub(super) fn person(&self, ir: &ir::Rulebook, made: &Made, at: usize) -> (Vec<Value>, Children, GivenValues) {
        let root = ir.schema.root();
        let mut record = vec![Value::Missing; root.columns.len()];
        let (mut children, mut given) = (Children::new(), GivenValues::new());
        let mut set = |column: ColumnId, value: Value| {
            if let Some(slot) = record.get_mut(column.0 as usize) {
                *slot = value;
            }
        };
        if let Some(key) = root.key.filter(|_| self.labels) {
            set(key, self.keys.value(&self.label_of(made, at)));
        }
        for (slot, piece) in made {
            match (slot, piece) {
                (Slot::Column(column), Piece::One(written)) => set(*column, written.value.clone()),
                (Slot::Definition(id), Piece::One(written)) => drop(given.insert(*id, written.value.clone())),
                (Slot::Rows(table), Piece::Rows(rows)) => {
                    let width = ir.schema.table(*table).columns.len();
                    let values = |row: &BTreeMap<ColumnId, Written>| {
                        let value = |at: u32| row.get(&ColumnId(at)).map_or(Value::Missing, |it| it.value.clone());
                        (0..width as u32).map(value).collect()
                    };
                    children.insert(*table, rows.iter().map(values).collect());
                }
                (Slot::Column(_) | Slot::Definition(_), Piece::Rows(_)) | (Slot::Rows(_), Piece::One(_)) => {}
                (Slot::Key, _) => {}
            }
        }
        (record, children, given)
    }

    pub(super) fn row(&self, table: TableId, dice: &mut Dice) -> BTreeMap<ColumnId, Written> {
        let columns = self.row_values.iter().filter(|((of, _), _)| *of == table);
        columns.filter_map(|((_, column), values)| Some((*column, dice.pick(values)?.clone()))).collect()
    }
}

impl Setup {
    /// The label of a user: who it is said to be, or by their place.
    pub(super) fn label_of(&self, made: &Made, at: usize) -> String {
        match made.get(&Slot::Key) {
            Some(Piece::One(Written { value: Value::Text(key), .. })) => key.to_string(),
            Some(Piece::One(Written { value: Value::Int(key), .. })) => key.to_string(),
            _ => self.keys.label(at),
        }
    }
}

/// What users are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    Texts,
    Numbers,
}

impl Keys {
    /// Those of a rulebook.
    pub(super) fn of(ir: &ir::Rulebook) -> Keys {
        let root = ir.schema.root();
        match root.key.map(|key| &root.column(key).ty) {
            Some(Type::Int) => Keys::Numbers,
            _ => Keys::Texts,
        }
    }

    /// The label of a user, by their place.
    pub(super) fn label(self, at: usize) -> String {
        match self {
            Keys::Texts => format!("u{}", at + 1),
            Keys::Numbers => (at + 1).to_string(),
        }
    }

    /// A label as the key that it is.
    fn value(self, label: &str) -> Value {
        match self {
            Keys::Texts => Value::Text(Arc::from(label)),
            Keys::Numbers => label.parse().map_or(Value::Missing, Value::Int),
        }
    }
}
