//! The search for diaries that show of deeds, and of rules that ask what is remembered, what no test shows: made up, played with and
//! without each change, cut to what it takes, and kept where they show something new.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Measure,
    acted::{Page, Plot, Roots, Stage, Told, listed, lists, triggering},
    case::fields,
    excerpt::{Excerpt, Fates},
    guess::Written,
    made::{Dice, Made, Piece, Slot, label},
    numbers::{Aim, Change},
    setup::{Reckoned, Setup},
};
use crate::{
    eval::Context,
    ir::{self, Act, DefinitionId, Expr, MessagePart, Requirement, TriggerBody, TriggerKind},
    schema::{ColumnId, Role, TableId},
    testing::{Outcome, Suite, Surroundings, fate::moment_words},
    value::{
        Clock, Duration, Moment, MomentType, Type, Value,
        moment_text::parse_time_of_day,
        print,
        time::{Direction, shift},
    },
};

/// Diaries that are made up for each thing that is to be shown.
const TRIALS: usize = 400;

/// Users that are made up to find some who are inside, and some who are not.
const PEOPLE: usize = 600;

/// Of these so many are asked whether something is done about them.
const HEARD: usize = 60;

/// Instants of a diary at most.
const PAGES: usize = 14;

const MINUTE: i64 = 60_000_000;

/// What is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Goal {
    /// By place among the changes of this search.
    Change(usize),
    /// A deed: segment, and place in it.
    Done(DefinitionId, String),
}

/// What was found.
pub(super) struct Found {
    /// Whole tests, which check and pass, each with its name.
    pub(super) blocks: Vec<(String, String)>,
    /// Changes that they notice, by their places in the whole.
    pub(super) noticed: Vec<usize>,
}

/// Some rules by themselves, and what they are asked with.
pub(super) struct Plots<'p> {
    excerpt: Excerpt,
    stage: Stage,
    roots: Roots,
    setup: Setup,
    context: &'p Context,
    surroundings: &'p Surroundings,
    /// Changes that nobody notices so far, by place in the whole.
    changed: Vec<(usize, &'p Change, Option<Stage>)>,
    /// Lengths of time that rules name, each with its steps.
    lengths: Vec<Duration>,
    /// Users who are inside, and others.
    inside: Vec<Vec<Made>>,
    outside: Vec<Vec<Made>>,
    /// Those of them about whom something is done as they come in.
    heard: Vec<Vec<Made>>,
    /// Rows that set something off.
    rows: Vec<(TableId, BTreeMap<ColumnId, Written>)>,
    /// What decides who is inside.
    decides: BTreeSet<Slot>,
}

impl<'p> Plots<'p> {
    /// None of rules that do not stand by themselves. `open` are changes by place in the whole.
    pub(super) fn new(
        measure: &'p Measure<'p>,
        of: &Roots,
        open: &[usize],
        context: &'p Context,
        dice: &mut Dice,
    ) -> Option<Plots<'p>> {
        let whole = &measure.whole;
        let all = of.segments.iter().chain(&of.rules).copied();
        let (mut excerpt, ir) = whole.checked_excerpt(all, &BTreeSet::new(), Fates::Asked)?;
        let own = |id: &DefinitionId| ir.find(whole.ir.definition(*id).name.as_str());
        let roots = Roots {
            segments: of.segments.iter().filter_map(own).collect(),
            rules: of.rules.iter().filter_map(own).collect(),
        };
        let changes: Vec<(usize, &Change)> =
            open.iter().filter_map(|at| Some((*at, measure.changes.get(*at)?))).collect();
        let behind = remembered(&ir, &roots);
        let ids: Vec<DefinitionId> =
            roots.segments.iter().chain(&roots.rules).copied().chain(behind.iter().copied()).collect();
        let read = ir.reads(ids.iter().copied()).definitions;
        let numbers = measure.changes.iter().filter(|change| {
            let of_rule = match change.owner {
                super::Owner::Definition(id) => {
                    let own = ir.find(whole.ir.definition(id).name.as_str());
                    own.is_some_and(|id| read.contains(&id))
                }
                super::Owner::Deeds(id) => of.segments.contains(&id),
                super::Owner::Param(_) | super::Owner::Shared(_) => true,
            };
            of_rule && change.is_number()
        });
        let numbers: Vec<&Change> = numbers.collect();
        let exprs = exprs(&ir, &roots);
        let mut setup = Setup::of_all(&ir, &ids, &exprs, &numbers, context, Reckoned::Not);
        // Who it is, a diary says by its first label.
        setup.values.remove(&Slot::Key);
        setup.rows_of_triggers(&ir, &roots, context, &numbers);
        setup.long_texts(&ir, &roots);
        setup.labels |= splits(&ir, &roots) || lists(&setup).next().is_some();
        let mut lengths: Vec<Duration> = numbers
            .iter()
            .flat_map(|change| [&change.text, &change.to])
            .filter_map(|text| Duration::parse(text).ok())
            .collect();
        let mut seen = BTreeSet::new();
        lengths.retain(|it| seen.insert(it.to_string()));
        let changed = changes
            .into_iter()
            .map(|(at, change)| {
                let then = excerpt.with(change.at, &change.declaration);
                (at, change, then.map(|(ir, sources)| Stage::new(ir, sources)))
            })
            .collect();
        let stage = Stage::new(ir, excerpt.sources().clone());
        let surroundings = measure.surroundings;
        let decides = decides(&stage.ir, &roots, &setup);
        let (inside, outside, heard, rows) = (vec![], vec![], vec![], vec![]);
        let mut plots = Plots {
            excerpt,
            stage,
            roots,
            setup,
            context,
            surroundings,
            changed,
            lengths,
            inside,
            outside,
            heard,
            rows,
            decides,
        };
        plots.meet(dice);
        plots.hear(dice);
        Some(plots)
    }

    /// Makes up users until some are inside, and some are not.
    fn meet(&mut self, dice: &mut Dice) {
        let now = self.context.clock.now();
        let mut most = 1;
        let mut kept: Vec<Vec<Made>> = vec![];
        for _ in 0..PEOPLE {
            let made = self.setup.made(&kept, dice);
            let page = Page { at: now, made };
            let inside = self.stage.inside(&page, 0, &self.roots, &self.setup, self.context);
            if inside == 0 && !self.roots.segments.is_empty() {
                self.outside.push(page.made);
                continue;
            }
            if inside > most {
                most = inside;
                self.inside.clear();
            }
            if inside == most || self.roots.segments.is_empty() {
                kept = vec![page.made.clone()];
                self.inside.push(page.made);
            }
        }
    }

    /// Looks for users, and for rows, about whom something is done.
    fn hear(&mut self, dice: &mut Dice) {
        let now = self.context.clock.now();
        let done = |plot: &Plot| {
            let told = self.played(&self.stage, plot).unwrap_or_default();
            told.iter().flatten().any(|it| !it.done.is_empty())
        };
        let plot = |pages: Vec<Page>| Plot { pages, first: 0, listed: false };
        let mut heard = vec![];
        for made in self.inside.iter().take(HEARD) {
            let page = Page { at: now, made: made.clone() };
            if done(&plot(vec![page])) {
                heard.push(made.clone());
            }
        }
        let mut rows = vec![];
        for table in triggering(&self.stage.ir, &self.roots) {
            for _ in 0..HEARD {
                let Some(made) = dice.pick(&self.inside).cloned() else { break };
                let mut then = made.clone();
                then.iter_mut().for_each(|made| drop(made.insert(Slot::Rows(table), Piece::Rows(vec![]))));
                let first = Page { at: now, made: then.clone() };
                let at = now.saturating_add(60 * MINUTE);
                self.append(&mut then, table, at, dice);
                let row = then.iter().find_map(|made| match made.get(&Slot::Rows(table)) {
                    Some(Piece::Rows(rows)) => rows.last().cloned(),
                    Some(Piece::One(_)) | None => None,
                });
                if done(&plot(vec![first, Page { at, made: then }])) {
                    rows.extend(row.map(|row| (table, row)));
                }
            }
        }
        (self.heard, self.rows) = (heard, rows);
    }

    /// Diaries that show of deeds, and of changes, what no test shows.
    pub(super) fn found(
        &self,
        names: &mut dyn FnMut() -> String,
        deeds: &[(String, String)],
        dice: &mut Dice,
    ) -> Option<Found> {
        let mut goals: Vec<Goal> = (0..self.changed.len()).map(Goal::Change).collect();
        let deeds = deeds.iter().filter_map(|(name, place)| Some((self.stage.ir.find(name)?, place)));
        goals.extend(deeds.map(|(segment, place)| Goal::Done(segment, place.clone())));
        let wanted = goals.clone();
        let mut kept: Vec<(Plot, Vec<Vec<Told>>)> = vec![];
        for goal in &wanted {
            if !goals.contains(goal) || self.is_shown_otherwise(goal, &goals) {
                continue;
            }
            for _ in 0..TRIALS {
                let plot = self.made_up(goal, &kept, dice);
                let Some(told) = self.played(&self.stage, &plot) else { continue };
                if !self.reached(goal, &plot, &told) {
                    continue;
                }
                let Some((plot, told)) = self.cut(goal, plot) else { continue };
                if self.text("t", std::slice::from_ref(&(plot.clone(), told.clone()))).is_none() {
                    continue;
                }
                goals.retain(|goal| !self.reached(goal, &plot, &told));
                kept.push((plot, told));
                break;
            }
        }
        let mut blocks = vec![];
        type Shown = (Plot, Vec<Vec<Told>>);
        let mut by_start: BTreeMap<i64, Vec<Shown>> = BTreeMap::new();
        for it in kept {
            by_start.entry(it.0.pages.first().map_or(0, |page| page.at)).or_default().push(it);
        }
        for plots in by_start.values() {
            let name = names();
            blocks.extend(self.text(&name, plots).map(|text| (name, text)));
        }
        if blocks.is_empty() {
            return None;
        }
        let noticed = self.changed.iter().enumerate().filter(|(at, _)| !goals.contains(&Goal::Change(*at)));
        Some(Found { blocks, noticed: noticed.map(|(_, (at, ..))| *at).collect() })
    }

    /// Unknown is shown where it is not true, or where it is not false: one of them is enough.
    fn is_shown_otherwise(&self, goal: &Goal, open: &[Goal]) -> bool {
        let Goal::Change(own) = goal else { return false };
        let Some((_, change, _)) = self.changed.get(*own).filter(|(_, change, _)| change.aim == Aim::Unknown) else {
            return false;
        };
        let mut others = self.changed.iter().enumerate().filter(|(at, _)| at != own);
        others.any(|(at, (_, other, _))| {
            other.aim == Aim::Unknown && other.span == change.span && !open.contains(&Goal::Change(at))
        })
    }

    fn played(&self, stage: &Stage, plot: &Plot) -> Option<Vec<Vec<Told>>> {
        stage.played(plot, &self.roots, &self.setup, self.context)
    }

    fn reached(&self, goal: &Goal, plot: &Plot, told: &[Vec<Told>]) -> bool {
        match goal {
            Goal::Done(segment, place) => {
                let mut all = told.iter().flatten().flat_map(|it| &it.done);
                all.any(|(own, at)| own == segment && at == place)
            }
            Goal::Change(at) => {
                let Some((_, _, Some(changed))) = self.changed.get(*at) else { return true };
                let Some(then) = self.played(changed, plot) else { return false };
                let fails = |(now, then): (&Told, &Told)| now.words.iter().any(|it| !then.words.contains(it));
                told.iter().flatten().zip(then.iter().flatten()).any(fails)
            }
        }
    }

    /// The diary with as few instants as still reach the goal.
    fn cut(&self, goal: &Goal, mut plot: Plot) -> Option<(Plot, Vec<Vec<Told>>)> {
        let reaches = |plot: &Plot| self.played(&self.stage, plot).is_some_and(|told| self.reached(goal, plot, &told));
        for length in 1..plot.pages.len() {
            let shorter = Plot { pages: plot.pages.iter().take(length).cloned().collect(), ..plot.clone() };
            if reaches(&shorter) {
                plot = shorter;
                break;
            }
        }
        for at in (1..plot.pages.len().saturating_sub(1)).rev() {
            let mut shorter = plot.clone();
            shorter.pages.remove(at);
            if reaches(&shorter) {
                plot = shorter;
            }
        }
        let told = self.played(&self.stage, &plot)?;
        Some((plot, told))
    }

    /// A diary in which the goal may be reached.
    fn made_up(&self, goal: &Goal, kept: &[(Plot, Vec<Vec<Told>>)], dice: &mut Dice) -> Plot {
        let change = match goal {
            Goal::Change(at) => self.changed.get(*at).map(|(_, change, _)| *change),
            Goal::Done(..) => None,
        };
        let spelled: Vec<&str> = change.into_iter().flat_map(|it| [it.text.as_str(), it.to.as_str()]).collect();
        let own: Vec<Duration> = spelled.iter().filter_map(|text| Duration::parse(text).ok()).collect();
        let lengths = if own.is_empty() || dice.throw(4) == 0 { self.lengths.as_slice() } else { own.as_slice() };
        let count = spelled.iter().filter_map(|text| text.parse::<usize>().ok()).filter(|it| *it < PAGES).max();
        let number = match count {
            Some(count) if dice.throw(4) > 0 => count + 1 + dice.throw(2),
            _ => 1 + dice.throw(5),
        };
        let first = if self.setup.labels { dice.throw(60) } else { 0 };
        let listed = lists(&self.setup).next().is_some() && dice.throw(3) == 0;
        let start = self.start(&spelled, dice);
        if dice.throw(3) == 0
            && let Some((plot, _)) = dice.pick(kept)
        {
            return self.otherwise(plot.clone(), start, dice);
        }
        let mut plot = Plot { pages: vec![], first, listed };
        let regular = dice.throw(2) == 0;
        let (gap, shift_by) = (self.gap(lengths, dice), shifted(dice));
        let habit = dice.throw(4);
        let rows = triggering(&self.stage.ir, &self.roots);
        let (mut at, mut is_inside) = (start, dice.throw(8) > 0);
        for page in 0..number.min(PAGES) {
            if page > 0 {
                let before = at;
                let from = match (regular, dice.throw(2)) {
                    (true, _) => at,
                    (false, 0) => start,
                    (false, _) => dice.pick(&plot.pages).map_or(start, |page| page.at),
                };
                let (gap, by) = if regular { (gap, shift_by) } else { (self.gap(lengths, dice), shifted(dice)) };
                at = self.later(from, gap).unwrap_or(at).saturating_add(by);
                if at <= before {
                    at = before.saturating_add(60 * MINUTE);
                }
            }
            let last = plot.pages.last().map(|page| page.made.clone());
            let turns = match habit {
                0 => false,
                1 => page > 0,
                _ => page > 0 && dice.throw(2) == 0,
            };
            is_inside ^= turns;
            let mut made = match last {
                Some(last) if !turns => last,
                // Mostly only what decides it is otherwise.
                Some(last) if dice.throw(4) > 0 => self.turned(last, is_inside, at, dice),
                Some(_) | None => self.somebody(is_inside, at, dice),
            };
            if page > 0 && dice.throw(4) == 0 {
                self.change(&mut made, at, dice);
            }
            for table in &rows {
                if dice.throw(2) == 0 {
                    self.append(&mut made, *table, at, dice);
                }
            }
            plot.pages.push(Page { at, made });
        }
        plot
    }

    /// Somebody who is inside, or not.
    fn somebody(&self, inside: bool, at: i64, dice: &mut Dice) -> Vec<Made> {
        let inside_now = if self.heard.is_empty() || dice.throw(4) == 0 { &self.inside } else { &self.heard };
        let (own, other) = if inside { (inside_now, &self.outside) } else { (&self.outside, &self.inside) };
        let mut made = dice.pick(own).or_else(|| dice.pick(other)).cloned().unwrap_or_else(|| vec![Made::new()]);
        made.iter_mut().for_each(|made| self.fix(made, at));
        made
    }

    /// The same people, but for what decides whether they are inside.
    fn turned(&self, mut last: Vec<Made>, inside: bool, at: i64, dice: &mut Dice) -> Vec<Made> {
        for (made, other) in last.iter_mut().zip(self.somebody(inside, at, dice)) {
            made.extend(other.into_iter().filter(|(slot, _)| self.decides.contains(slot)));
        }
        last
    }

    /// One thing of a diary otherwise.
    fn otherwise(&self, mut plot: Plot, start: i64, dice: &mut Dice) -> Plot {
        let page = dice.throw(plot.pages.len());
        match dice.throw(4) {
            0 => plot.first = if self.setup.labels { dice.throw(60) } else { 0 },
            1 => plot.listed = lists(&self.setup).next().is_some() && !plot.listed,
            2 => {
                let by = start.saturating_sub(plot.pages.first().map_or(start, |page| page.at));
                plot.pages.iter_mut().for_each(|page| page.at = page.at.saturating_add(by));
            }
            _ => {}
        }
        if let Some(page) = plot.pages.get_mut(page) {
            let at = page.at;
            self.change(&mut page.made, at, dice);
        }
        plot
    }

    /// Another value in one place.
    fn change(&self, made: &mut [Made], at: i64, dice: &mut Dice) {
        let slots: Vec<Slot> = self.setup.values.keys().copied().collect();
        let user = dice.throw(made.len());
        let Some(slot) = dice.pick(&slots).copied() else { return };
        let piece = self.setup.piece(slot, dice);
        if let (Some(user), Some(piece)) = (made.get_mut(user), piece) {
            let mut only = Made::from([(slot, piece)]);
            self.fix(&mut only, at);
            user.extend(only);
        }
    }

    /// A row more, which happens now; those before keep their moments.
    fn append(&self, made: &mut [Made], table: TableId, at: i64, dice: &mut Dice) {
        let user = dice.throw(made.len());
        let Some(user) = made.get_mut(user) else { return };
        let mut rows = match user.get(&Slot::Rows(table)) {
            Some(Piece::Rows(rows)) => rows.clone(),
            Some(Piece::One(_)) | None => vec![],
        };
        let zone = self.context.clock.zone();
        for written in rows.iter_mut().flat_map(BTreeMap::values_mut) {
            if let Value::Timestamp(instant) = written.value {
                written.text = moment_words(instant, zone);
            }
        }
        let known: Vec<_> = self.rows.iter().filter(|(of, _)| *of == table).map(|(_, row)| row).collect();
        let known = dice.pick(&known).copied().cloned().filter(|_| dice.throw(4) > 0);
        let mut row = known.unwrap_or_else(|| self.setup.row(table, dice));
        if let Role::Children { at: Some(when), .. } = self.stage.ir.schema.table(table).role
            && self.stage.ir.schema.table(table).column(when).ty == Type::Timestamp
        {
            row.insert(when, Written { text: "0d ago".into(), value: Value::Timestamp(at) });
        }
        let mut new = Made::from([(Slot::Rows(table), Piece::Rows(vec![row]))]);
        self.fix(&mut new, at);
        if let Some(Piece::Rows(new)) = new.remove(&Slot::Rows(table)) {
            rows.extend(new);
        }
        user.insert(Slot::Rows(table), Piece::Rows(rows));
    }

    /// Fixes what is told from the clock, `40d ago`, at an instant.
    fn fix(&self, made: &mut Made, at: i64) {
        let Some(clock) = Clock::at(at, self.context.clock.zone().clone()) else { return };
        for piece in made.values_mut() {
            match piece {
                Piece::One(written) => fix(written, &clock),
                Piece::Rows(rows) => rows.iter_mut().flat_map(BTreeMap::values_mut).for_each(|it| fix(it, &clock)),
            }
        }
    }

    fn gap(&self, lengths: &[Duration], dice: &mut Dice) -> Duration {
        let own = dice.pick(lengths).copied().filter(|_| dice.throw(5) > 0);
        let plain = ["1h", "1d", "2d"].map(Duration::parse);
        own.or_else(|| dice.pick(&plain)?.as_ref().ok().copied()).unwrap_or(Duration::ZERO)
    }

    fn later(&self, from: i64, length: Duration) -> Option<i64> {
        match shift(Moment::Timestamp(from), length, Direction::Forth, self.context.clock.zone())? {
            Moment::Timestamp(instant) => Some(instant),
            Moment::Date(_) => None,
        }
    }

    /// When a diary begins: at noon, or where a time of the day that is asked about is reached.
    fn start(&self, spelled: &[&str], dice: &mut Dice) -> i64 {
        let now = self.context.clock.now();
        let zone = self.context.clock.zone();
        let own: Vec<u16> = spelled.iter().filter_map(|text| parse_time_of_day(text).ok()).collect();
        let all: Vec<u16> = self.times();
        let times = if own.is_empty() { all } else { own };
        match dice.pick(&times).filter(|_| dice.throw(2) == 0 || spelled.iter().any(|it| it.contains(':'))) {
            Some(minutes) => {
                let (date, _) = zone.local(now);
                zone.instant(date, i64::from(*minutes) * MINUTE).saturating_add(shifted(dice))
            }
            None => now,
        }
    }

    /// The times of the day that rules name.
    fn times(&self) -> Vec<u16> {
        let actions = &self.stage.ir.actions;
        let deeds = actions.segments.iter().flat_map(|it| &it.triggers).flat_map(|trigger| trigger.body.deeds());
        let slots = deeds.filter_map(|deed| deed.hours).chain(actions.policy.quiet.iter().copied());
        slots.flat_map(|slot| [slot.from, slot.to]).collect()
    }

    /// A whole test of cases that begin at one instant; none where it does not check and pass.
    fn text(&self, name: &str, plots: &[(Plot, Vec<Vec<Told>>)]) -> Option<String> {
        let zone = self.context.clock.zone();
        let start = plots.first()?.0.pages.first()?.at;
        let cases: Vec<String> = plots.iter().map(|(plot, told)| self.case(plot, told)).collect();
        let (quoted, start) = (print::quoted_text(name), moment_words(start, zone));
        let text = format!("test {quoted} as of {start} {{\n{}}}\n", cases.concat());
        let (ir, sources) = self.excerpt.with_test(&text)?;
        let verdicts = Suite::new(&ir, &sources, self.surroundings.clone()).run(|_| true, &mut |_| {});
        let passes = !verdicts.is_empty() && verdicts.iter().all(|it| it.outcome == Outcome::Passed);
        passes.then_some(text)
    }

    fn case(&self, plot: &Plot, told: &[Vec<Told>]) -> String {
        let ir = &self.stage.ir;
        let zone = self.context.clock.zone();
        let mut text = String::new();
        let mut before: Option<&Page> = None;
        for (page, told) in plot.pages.iter().zip(told) {
            if before.is_some() {
                text += &format!("  then as of {}\n", moment_words(page.at, zone));
            }
            for (user, made) in page.made.iter().enumerate() {
                let label =
                    if self.setup.labels { format!("\"{}\" ", label(plot.first + user)) } else { String::new() };
                let last = before.and_then(|before| before.made.get(user));
                let fields = fields(ir, made, last);
                if last.is_none() || !fields.is_empty() {
                    text += &format!("  given {label}{{ {} }}\n", fields.join(", "));
                }
            }
            if before.is_none() {
                let list = |id: ir::ListId| {
                    let texts: Vec<String> = listed(plot).iter().map(|it| print::quoted_text(it)).collect();
                    let name = ir.lists.get(id.0 as usize)?.name.to_string();
                    Some(format!("list {} = [{}]", super::guess::bare(&name), texts.join(", ")))
                };
                let given: Vec<String> = lists(&self.setup).filter_map(list).collect();
                if !given.is_empty() {
                    text += &format!("    with {}\n", given.join(", "));
                }
            }
            let of = |(user, it): (usize, &Told)| match self.setup.labels {
                true => format!("\"{}\": {}", label(plot.first + user), it.words.join(", ")),
                false => it.words.join(", "),
            };
            let expected: Vec<String> = told.iter().enumerate().map(of).collect();
            text += &format!("    expect {}\n", expected.join(", "));
            before = Some(page);
        }
        text
    }
}

/// A minute to each side of the line, or on it.
fn shifted(dice: &mut Dice) -> i64 {
    [0, 0, MINUTE, -MINUTE].get(dice.throw(4)).copied().unwrap_or(0)
}

fn fix(written: &mut Written, clock: &Clock) {
    let (text, direction) = match (written.text.strip_suffix(" ago"), written.text.strip_suffix(" from now")) {
        (Some(text), _) => (text, Direction::Back),
        (None, Some(text)) => (text, Direction::Forth),
        (None, None) => return,
    };
    let kind = match written.value {
        Value::Date(_) => MomentType::Date,
        Value::Timestamp(_) => MomentType::Timestamp,
        _ => return,
    };
    let moment = Duration::parse(text).ok().and_then(|length| clock.shifted(length, direction, kind));
    if let Some(moment) = moment {
        written.value = moment.into();
    }
}

/// What deeds, and the policy, ask and say.
fn exprs<'e>(ir: &'e ir::Rulebook, roots: &Roots) -> Vec<&'e Expr> {
    let mut found: Vec<&Expr> = vec![];
    let segments = ir.actions.segments.iter().filter(|it| roots.segments.contains(&it.segment));
    segments.for_each(|segment| segment.each_expr(&mut |expr| found.push(expr)));
    if !roots.segments.is_empty() {
        found.extend(&ir.actions.policy.require);
    }
    found
}

/// What decides who is inside.
fn decides(ir: &ir::Rulebook, roots: &Roots, setup: &Setup) -> BTreeSet<Slot> {
    let given: BTreeSet<DefinitionId> = setup
        .values
        .keys()
        .filter_map(|slot| match slot {
            Slot::Definition(id) => Some(*id),
            Slot::Column(_) | Slot::Rows(_) | Slot::Key => None,
        })
        .collect();
    let reads = ir.reads_but(roots.segments.iter().chain(&roots.rules).copied(), &given);
    let columns = reads.columns.into_iter().map(Slot::Column);
    let rules = reads.definitions.into_iter().filter(|id| given.contains(id)).map(Slot::Definition);
    columns.chain(rules).chain(reads.children.into_keys().map(Slot::Rows)).collect()
}

fn splits(ir: &ir::Rulebook, roots: &Roots) -> bool {
    let segments = ir.actions.segments.iter().filter(|it| roots.segments.contains(&it.segment));
    segments.flat_map(|it| &it.triggers).any(|it| matches!(it.body, TriggerBody::Split { .. }))
}

/// The definitions of which rules ask how long somebody has had them.
fn remembered(ir: &ir::Rulebook, roots: &Roots) -> Vec<DefinitionId> {
    let reads = ir.reads_of(roots.segments.iter().chain(&roots.rules).copied(), exprs(ir, roots), []);
    let since = ir.actions.memory.since.iter().filter(|it| reads.columns.contains(&it.column));
    since.map(|it| it.definition).collect()
}

impl Setup {
    /// The columns of rows that trigger something.
    fn rows_of_triggers(&mut self, ir: &ir::Rulebook, roots: &Roots, context: &Context, numbers: &[&Change]) {
        let segments = ir.actions.segments.iter().filter(|it| roots.segments.contains(&it.segment));
        for trigger in segments.flat_map(|it| &it.triggers) {
            let TriggerKind::Each { table, filter } = &trigger.on else { continue };
            let mut columns: BTreeSet<ColumnId> = BTreeSet::new();
            let mut look = |expr: &Expr| {
                expr.each(&mut |node| {
                    if let ir::ExprKind::ChildColumn(id) = node.kind {
                        columns.insert(id);
                    }
                });
            };
            filter.iter().for_each(&mut look);
            trigger.body.deeds().for_each(|deed| deed.each_expr(&mut |expr| look(expr)));
            let declared = ir.schema.table(*table);
            if let Role::Children { at: Some(at), .. } = declared.role {
                columns.insert(at);
            }
            self.add_rows(ir, *table, columns, context, numbers);
        }
    }

    /// Texts as long as channels allow, and a letter longer, where a message says them.
    fn long_texts(&mut self, ir: &ir::Rulebook, roots: &Roots) {
        let segments = ir.actions.segments.iter().filter(|it| roots.segments.contains(&it.segment));
        let mut found: BTreeSet<(ColumnId, usize)> = BTreeSet::new();
        for deed in segments.flat_map(|it| &it.triggers).flat_map(|trigger| trigger.body.deeds()) {
            let Act::Send { channel, message } = &deed.act else { continue };
            let requirements = ir.actions.channel(channel).into_iter().flat_map(|it| &it.requirements);
            for requirement in requirements {
                let Requirement::AtMostCharacters(most) = requirement else { continue };
                let said: usize = message
                    .parts
                    .iter()
                    .map(|part| match part {
                        MessagePart::Text(text) => text.chars().count(),
                        MessagePart::Hole { .. } => 0,
                    })
                    .sum();
                let left = (*most as usize).saturating_sub(said);
                for part in &message.parts {
                    let MessagePart::Hole { value, .. } = part else { continue };
                    if let (ir::ExprKind::Column(id), Type::Text) = (&value.kind, &value.ty) {
                        // Beside it other holes may say a few characters.
                        found.extend((left.saturating_sub(4)..=left + 1).filter(|it| *it > 0).map(|it| (*id, it)));
                    }
                }
            }
        }
        for (column, length) in found {
            let text = "x".repeat(length.min(2_000));
            let written = Written { text: print::quoted_text(&text), value: Value::from(text.as_str()) };
            if let Some(values) = self.values.get_mut(&Slot::Column(column)) {
                values.push(written);
            }
        }
    }
}
