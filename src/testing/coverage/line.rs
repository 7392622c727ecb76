//! Lines that rules draw where no number of theirs stands: `spend * 20% > 44` draws one at 220. Between two users of whom a condition
//! is another, and of whom only one thing is otherwise, lies such a line, and halving what lies between finds it.

use super::{
    acted::Plot,
    guess::{Written, number},
    made::{Dice, Made, Piece, Slot},
    plot::Plots,
    rule::Rule,
    search::Search,
    setup::Setup,
};
use crate::{
    eval::{Context, Interpreter, reference::SoFar},
    ir::Rulebook,
    schema::{ColumnId, Role, TableId},
    testing::fate::moment_words,
    value::{Truth, Type, Value, Zone, literal, moment_text::date_text, print},
};

const MINUTE: i128 = 60_000_000;

/// Days of which some lie in every month of every age.
const DAYS: usize = 30_000;

/// Where a user holds something that can be a little more or less.
#[derive(Clone, Copy, Debug)]
enum Place {
    Slot(Slot),
    Cell(TableId, usize, ColumnId),
    Element(Slot, usize),
}

/// In which steps a type is gone along: whole numbers, the last digit of decimals, days, minutes.
struct Steps<'t> {
    ty: &'t Type,
    /// Digits of a float behind its point.
    digits: u32,
    zone: &'t Zone,
}

impl Steps<'_> {
    /// How many steps from nothing; none of what has no steps.
    fn count(&self, value: &Value) -> Option<i128> {
        let scaled = |text: &str, digits: usize| -> Option<i128> {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            format!("{whole}{:0<digits$}", fraction.get(..digits.min(fraction.len()))?).parse().ok()
        };
        match (self.ty, value) {
            (Type::Int, Value::Int(number)) => Some(i128::from(*number)),
            (Type::Decimal(digits), Value::Decimal(_)) => scaled(&print::text(value, self.zone), usize::from(*digits)),
            (Type::Float, Value::Float(number)) => {
                let scaled = number * 10_f64.powi(i32::try_from(self.digits).ok()?);
                (scaled.abs() < 1e15).then_some(scaled.round() as i128)
            }
            (Type::Date, Value::Date(day)) => Some(i128::from(*day)),
            (Type::Timestamp, Value::Timestamp(instant)) => Some(i128::from(*instant).div_euclid(MINUTE)),
            _ => None,
        }
    }

    /// What lies so many steps from nothing, as a test writes it.
    fn written(&self, steps: i128) -> Option<Written> {
        match self.ty {
            Type::Date => {
                let day = i32::try_from(steps).ok()?;
                Some(Written { text: date_text(day), value: Value::Date(day) })
            }
            Type::Timestamp => {
                let instant = i64::try_from(steps.checked_mul(MINUTE)?).ok()?;
                Some(Written { text: moment_words(instant, self.zone), value: Value::Timestamp(instant) })
            }
            Type::Int | Type::Decimal(_) | Type::Float => {
                let digits = match self.ty {
                    Type::Decimal(digits) => usize::from(*digits),
                    Type::Float => self.digits as usize,
                    _ => 0,
                };
                let width = digits + 1;
                let all = format!("{:0width$}", steps.unsigned_abs());
                let (whole, fraction) = all.split_at_checked(all.len() - digits)?;
                let fraction = fraction.trim_end_matches('0');
                let point = if fraction.is_empty() { "" } else { "." };
                let sign = if steps < 0 { "-" } else { "" };
                let text = format!("{sign}{whole}{point}{fraction}");
                let value = literal::from_written(&number(&text)?, self.ty, self.zone).ok()?;
                Some(Written { text, value })
            }
            _ => None,
        }
    }

    /// Some way from here, near or far.
    fn elsewhere(&self, from: i128, dice: &mut Dice) -> i128 {
        let far = match self.ty {
            Type::Date => dice.throw(DAYS),
            Type::Timestamp => dice.throw(DAYS) * [1, 60, 24 * 60].get(dice.throw(3)).copied().unwrap_or(1),
            _ => {
                let most = 10_usize.pow(1 + dice.throw(6) as u32);
                dice.throw(most)
            }
        };
        let far = far as i128;
        // Most rules ask what was.
        let back = matches!(self.ty, Type::Date | Type::Timestamp) && dice.throw(4) > 0;
        if back || dice.throw(2) == 0 { from - far } else { from + far }
    }
}

/// Where lines are looked for.
pub(super) struct Ground<'g> {
    pub(super) ir: &'g Rulebook,
    /// Digits that floats are tried with.
    pub(super) digits: u32,
    pub(super) context: &'g Context,
    /// What values are worth trying on the other side; where there is none, they are thrown.
    pub(super) tried: Option<&'g Setup>,
}

impl Ground<'_> {
    /// Users twice, one thing of them to each side of a line: what `sides` tells of them is another. None where none was found.
    pub(super) fn to_both_sides(
        &self,
        base: &[Made],
        sides: &dyn Fn(&[Made]) -> Vec<String>,
        dice: &mut Dice,
    ) -> Option<[Vec<Made>; 2]> {
        let user = dice.throw(base.len());
        let places = self.places(base.get(user)?);
        let (place, ty) = dice.pick(&places)?.clone();
        let steps = Steps { ty: &ty, digits: self.digits, zone: self.context.clock.zone() };
        let now = value(base.get(user)?, place).and_then(|it| steps.count(&it));
        let near = now.unwrap_or_else(|| match ty {
            Type::Timestamp => i128::from(self.context.clock.now()) / MINUTE,
            Type::Date => i128::from(self.context.clock.today()),
            _ => 0,
        });
        let tried = self.tried.filter(|_| dice.throw(4) > 0).and_then(|setup| match place {
            Place::Slot(slot) => setup.values.get(&slot),
            Place::Cell(table, _, column) => setup.row_values.get(&(table, column)),
            Place::Element(..) => None,
        });
        let tried = tried.and_then(|all| steps.count(&dice.pick(all)?.value));
        let (mut one, mut other) = (near, tried.unwrap_or_else(|| steps.elsewhere(near, dice)));
        let at = |steps_to: i128| -> Option<Vec<Made>> {
            let mut made = base.to_vec();
            put(made.get_mut(user)?, place, steps.written(steps_to)?, steps.zone);
            Some(made)
        };
        let (before, after) = (sides(&at(one)?), sides(&at(other)?));
        let differing: Vec<usize> =
            (0..before.len().max(after.len())).filter(|at| before.get(*at) != after.get(*at)).collect();
        let which = dice.pick(&differing).copied()?;
        while (one - other).abs() > 1 {
            let middle = one + (other - one) / 2;
            let side = sides(&at(middle)?);
            if side.get(which) == before.get(which) { one = middle } else { other = middle }
        }
        Some([at(one)?, at(other)?])
    }

    /// Everything of a user that can be a little more or less, with its type.
    fn places(&self, made: &Made) -> Vec<(Place, Type)> {
        let has_steps =
            |ty: &Type| matches!(ty, Type::Int | Type::Decimal(_) | Type::Float | Type::Date | Type::Timestamp);
        let mut found = vec![];
        for (slot, piece) in made {
            let ty = match slot {
                Slot::Column(id) => &self.ir.schema.root().column(*id).ty,
                Slot::Definition(id) => &self.ir.definition(*id).ty,
                Slot::Key => continue,
                Slot::Rows(table) => {
                    let Piece::Rows(rows) = piece else { continue };
                    let table_of = self.ir.schema.table(*table);
                    let by = match table_of.role {
                        Role::Children { by, .. } => Some(by),
                        Role::Root | Role::Reference => None,
                    };
                    for (at, row) in rows.iter().enumerate() {
                        let own = row.keys().filter(|id| Some(**id) != by && has_steps(&table_of.column(**id).ty));
                        found.extend(own.map(|id| (Place::Cell(*table, at, *id), table_of.column(*id).ty.clone())));
                    }
                    continue;
                }
            };
            match (ty, piece) {
                (Type::List(element), Piece::One(Written { value: Value::List(all), .. })) if has_steps(element) => {
                    found.extend((0..all.len()).map(|at| (Place::Element(*slot, at), Type::clone(element))));
                }
                (ty, Piece::One(_)) if has_steps(ty) => found.push((Place::Slot(*slot), ty.clone())),
                _ => {}
            }
        }
        found
    }
}

impl Search<'_> {
    /// Two cases, one to each side of a line; none where none was found.
    pub(super) fn to_both_sides(
        &self,
        rule: Option<&Rule<'_>>,
        base: &[Made],
        dice: &mut Dice,
    ) -> Option<[Vec<Made>; 2]> {
        let ground = Ground { ir: &self.ir, digits: self.setup.digits, context: &self.context, tried: None };
        ground.to_both_sides(base, &|made| self.sides(rule, made), dice)
    }

    /// Of each user what each condition comes to, and what the rule does.
    fn sides(&self, rule: Option<&Rule<'_>>, made: &[Made]) -> Vec<String> {
        let answers = self.answers(&self.ir, made);
        let mut found = vec![];
        for (at, (made, answers)) in made.iter().zip(&answers).enumerate() {
            let (record, ..) = self.person(made, at);
            let known = SoFar { record: &record, answers };
            let row = Interpreter::new(&self.ir, &self.context).row(&known);
            let truths = rule.map(|rule| rule.truths(&row)).unwrap_or_default();
            let word = |truth: Truth| match truth {
                Truth::True => "true",
                Truth::False => "false",
                Truth::Unknown => "unknown",
            };
            found.extend(truths.into_iter().map(|it| word(it).to_owned()));
            found.push(self.expectation(answers).unwrap_or_default());
        }
        found
    }
}

impl Plots<'_> {
    /// Two diaries, of which somebody stands to one side of a line, and to the other, at one instant; none where none was found.
    pub(super) fn to_both_sides(&self, plot: &Plot, dice: &mut Dice) -> Option<[Plot; 2]> {
        let page = dice.throw(plot.pages.len());
        let with = |made: &[Made]| {
            let mut plot = plot.clone();
            plot.pages.iter_mut().skip(page).take(1).for_each(|page| page.made = made.to_vec());
            plot
        };
        let told = |made: &[Made]| -> Vec<String> {
            let told = self.played(&self.stage, &with(made)).unwrap_or_default();
            told.iter().flatten().map(|it| it.words.join(", ")).collect()
        };
        let tried = Some(&self.setup);
        let ground = Ground { ir: &self.stage.ir, digits: self.setup.digits, context: self.context, tried };
        let base = &plot.pages.get(page)?.made;
        Some(ground.to_both_sides(base, &told, dice)?.map(|made| with(&made)))
    }
}

fn value(made: &Made, place: Place) -> Option<Value> {
    match (place, made.get(&slot(place))?) {
        (Place::Slot(_), Piece::One(written)) => Some(written.value.clone()),
        (Place::Element(_, at), Piece::One(Written { value: Value::List(all), .. })) => all.get(at).cloned(),
        (Place::Cell(_, row, column), Piece::Rows(rows)) => rows.get(row)?.get(&column).map(|it| it.value.clone()),
        _ => None,
    }
}

fn put(made: &mut Made, place: Place, written: Written, zone: &Zone) {
    match (place, made.get_mut(&slot(place))) {
        (Place::Slot(_), Some(Piece::One(own))) => *own = written,
        (Place::Element(_, at), Some(Piece::One(own))) => {
            let Value::List(all) = &own.value else { return };
            let mut all = all.to_vec();
            if let Some(slot) = all.get_mut(at) {
                *slot = written.value;
            }
            let value = Value::List(all.into());
            *own = Written { text: print::written(&value, zone), value };
        }
        (Place::Cell(_, row, column), Some(Piece::Rows(rows))) => {
            if let Some(row) = rows.get_mut(row) {
                row.insert(column, written);
            }
        }
        _ => {}
    }
}

fn slot(place: Place) -> Slot {
    match place {
        Place::Slot(slot) | Place::Element(slot, _) => slot,
        Place::Cell(table, ..) => Slot::Rows(table),
    }
}
