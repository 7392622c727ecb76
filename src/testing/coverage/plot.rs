//! The search for diaries that show of deeds, and of rules that ask what is remembered, what no test shows: made up, played with and
//! without each change, cut to what it takes, and kept where they show something new.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Measure,
    acted::{Deed, Page, Plot, Stage, Told, listed, lists},
    case::fields,
    excerpt::{Excerpt, Fates},
    guess::Written,
    made::{Dice, Keys, Made, Piece, Slot},
    numbers::{Aim, Change},
    roots::Roots,
    setup::{MANY_KEYS, Reckoned, Setup},
};
use crate::{
    eval::Context,
    ir::{self, DefinitionId, TriggerBody},
    schema::{ColumnId, TableId},
    source::Span,
    testing::{Outcome, Suite, Surroundings, fate::moment_words},
    value::{Duration, Value, hash, print},
};

/// Diaries that are made up for each thing that is to be shown.
const TRIALS: usize = 400;

/// Lines that are looked for between two diaries.
const LINES: usize = 60;

pub(super) const MINUTE: i64 = 60_000_000;

/// What is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goal {
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
    pub(super) stage: Stage,
    pub(super) roots: Roots,
    pub(super) setup: Setup,
    pub(super) context: &'p Context,
    surroundings: &'p Surroundings,
    /// Changes that nobody notices so far, by place in the whole.
    pub(super) changed: Vec<(usize, &'p Change, Option<Stage>)>,
    /// Lengths of time that rules name, each with its steps.
    pub(super) lengths: Vec<Duration>,
    /// The longest time for which rules ask whether something is held; none where they do not.
    pub(super) lead: Option<Duration>,
    /// Users who are inside, and others.
    pub(super) inside: Vec<Vec<Made>>,
    pub(super) outside: Vec<Vec<Made>>,
    /// Those of them about whom something is done as they come in.
    pub(super) heard: Vec<(Vec<Made>, Vec<Deed>)>,
    /// Those about whom something is done as they go out.
    pub(super) left: Vec<(Vec<Made>, Vec<Deed>)>,
    /// Of each change the deed that it stands in.
    pub(super) aims: Vec<Option<Deed>>,
    /// Of each change whether it stands in something that is computed, where a line may lie.
    computed: Vec<bool>,
    /// Rows that set something off.
    pub(super) rows: Vec<(TableId, BTreeMap<ColumnId, Written>)>,
    /// What decides who is inside.
    pub(super) decides: BTreeSet<Slot>,
    /// Of changed shares, by place among the changes, the first user who falls into another one.
    pub(super) moved: BTreeMap<usize, usize>,
}

/// Rows that are tried without, one after the other: what is left is to be read.
const ROWS: usize = 120;

/// The diary without the rows that it does not take.
fn fewer_rows(mut plot: Plot, reaches: &dyn Fn(&Plot) -> bool) -> Plot {
    let Some(first) = plot.pages.first() else { return plot };
    let mut all: Vec<(usize, Slot, usize)> = vec![];
    for (user, made) in first.made.iter().enumerate() {
        for (slot, piece) in made {
            if let Piece::Rows(rows) = piece {
                all.extend((0..rows.len()).rev().map(|at| (user, *slot, at)));
            }
        }
    }
    for (user, slot, at) in all.into_iter().take(ROWS) {
        let mut fewer = plot.clone();
        let rows_of = |page: &mut Page| match page.made.get_mut(user).and_then(|made| made.get_mut(&slot)) {
            Some(Piece::Rows(rows)) if at < rows.len() => Some(rows.remove(at)),
            _ => None,
        };
        fewer.pages.iter_mut().for_each(|page| drop(rows_of(page)));
        if reaches(&fewer) {
            plot = fewer;
        }
    }
    plot
}

/// The first user who falls into another share of a split than before.
fn moved(roots: &Roots, ir: &ir::Rulebook, then: &ir::Rulebook) -> Option<usize> {
    let splits = |ir: &ir::Rulebook| -> Vec<(String, Vec<u32>)> {
        let triggers = roots.actions(ir).flat_map(|it| &it.triggers);
        let splits = triggers.filter_map(|it| match &it.body {
            TriggerBody::Split { salt, shares } => Some((salt.clone(), shares.iter().map(|it| it.to).collect())),
            TriggerBody::Block(_) => None,
        });
        splits.collect()
    };
    let (now, then) = (splits(ir), splits(then));
    let (at, (salt, own)) = now.iter().enumerate().find(|(at, own)| then.get(*at) != Some(own))?;
    let (_, other) = then.get(at)?;
    let share = |ends: &[u32], bucket: i64| ends.iter().position(|to| bucket < i64::from(*to));
    (0..MANY_KEYS).find(|at| {
        let bucket = hash::bucket(&Keys::of(ir).label(*at), salt, 10_000);
        bucket.is_some_and(|bucket| share(own, bucket) != share(other, bucket))
    })
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
        let all = of.all();
        let (mut excerpt, ir) = whole.checked_excerpt(all, &BTreeSet::new(), Fates::Asked)?;
        let own = |id: &DefinitionId| ir.find(whole.ir.definition(*id).name.as_str());
        let roots = Roots {
            segments: of.segments.iter().filter_map(own).collect(),
            rules: of.rules.iter().filter_map(own).collect(),
        };
        let changes: Vec<(usize, &Change)> =
            open.iter().filter_map(|at| Some((*at, measure.changes.get(*at)?))).collect();
        let behind = roots.remembered(&ir);
        let ids: Vec<DefinitionId> = roots.all().chain(behind.iter().copied()).collect();
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
        let exprs = roots.exprs(&ir);
        let mut setup = Setup::of_all(&ir, &ids, (&exprs, &roots.triggering(&ir)), &numbers, context, Reckoned::Not);
        // Who it is, a diary says by its first label.
        setup.values.remove(&Slot::Key);
        setup.rows_of_triggers(&ir, &roots, context, &numbers);
        setup.long_texts(&ir, &roots);
        setup.labels |= roots.splits(&ir) || lists(&setup).next().is_some();
        let mut lengths: Vec<Duration> = numbers
            .iter()
            .flat_map(|change| [&change.text, &change.to])
            .filter_map(|text| Duration::parse(text).ok())
            .collect();
        let mut seen = BTreeSet::new();
        lengths.retain(|it| seen.insert(it.to_string()));
        let holds = |outer: Span, inner: Span| {
            outer.source == inner.source && outer.start <= inner.start && inner.end <= outer.end
        };
        let aim = |change: &Change| {
            let segment = of.actions(whole.ir).find(|it| change.owner == super::Owner::Deeds(it.segment))?;
            let deeds = segment.triggers.iter().enumerate().flat_map(|(at, trigger)| {
                trigger.body.deeds().enumerate().map(move |(place, deed)| (format!("{at}.{place}"), deed))
            });
            let (place, _) = deeds.into_iter().find(|(_, deed)| holds(deed.span, change.span))?;
            Some((ir.find(whole.ir.definition(segment.segment).name.as_str())?, place))
        };
        let aims = changes.iter().map(|(_, change)| aim(change)).collect();
        let exprs_of_whole = of.exprs(whole.ir);
        let computed = changes
            .iter()
            .map(|(_, change)| match change.owner {
                super::Owner::Definition(_) | super::Owner::Param(_) => true,
                super::Owner::Deeds(_) | super::Owner::Shared(_) => {
                    exprs_of_whole.iter().any(|expr| holds(expr.span, change.span))
                }
            })
            .collect();
        let lead = roots.lead(&ir, &read, context);
        let changed = changes
            .into_iter()
            .map(|(at, change)| {
                let then = excerpt.with(change.at, &change.declaration);
                (at, change, then.map(|(ir, sources)| Stage::new(ir, sources)))
            })
            .collect();
        let stage = Stage::new(ir, excerpt.sources().clone());
        let surroundings = measure.surroundings;
        let decides = roots.decides(&stage.ir, &setup);
        let (inside, outside, heard, left, rows) = (vec![], vec![], vec![], vec![], vec![]);
        let changed: Vec<(usize, &Change, Option<Stage>)> = changed;
        let moved = changed.iter().enumerate().filter_map(|(at, (_, change, then))| {
            let is_share = matches!(change.aim, Aim::Border { .. });
            let then = then.as_ref().filter(|_| is_share)?;
            Some((at, moved(&roots, &stage.ir, &then.ir)?))
        });
        let moved = moved.collect();
        let mut plots = Plots {
            excerpt,
            stage,
            roots,
            setup,
            context,
            surroundings,
            changed,
            lengths,
            lead,
            inside,
            outside,
            heard,
            left,
            aims,
            computed,
            rows,
            decides,
            moved,
        };
        plots.meet(dice);
        plots.hear(dice);
        Some(plots)
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
            let (draws_line, mut lines) = (self.draws_line(goal), 0);
            'trials: for trial in 0..self.trials(goal) {
                let plot = self.made_up(goal, &kept, dice);
                let plots = match draws_line && trial % 3 == 2 && lines < LINES {
                    true => {
                        let found: Vec<Plot> = self.to_both_sides(&plot, dice).into_iter().flatten().collect();
                        lines += usize::from(!found.is_empty());
                        found
                    }
                    false => vec![plot],
                };
                for plot in plots {
                    let Some(told) = self.played(&self.stage, &plot) else { continue };
                    if !self.reached(goal, &plot, &told) {
                        continue;
                    }
                    let Some((plot, told)) = self.cut(goal, plot) else { continue };
                    if self.text("t", &(plot.clone(), told.clone())).is_none() {
                        continue;
                    }
                    goals.retain(|goal| !self.reached(goal, &plot, &told));
                    kept.push((plot, told));
                    break 'trials;
                }
            }
        }
        // Each diary is a test of its own, so that one that fails hides no other.
        kept.sort_by_key(|(plot, _)| plot.pages.first().map_or(0, |page| page.at));
        let mut blocks = vec![];
        for plot in &kept {
            let name = names();
            blocks.extend(self.text(&name, plot).map(|text| (name, text)));
        }
        if blocks.is_empty() {
            return None;
        }
        let noticed = self.changed.iter().enumerate().filter(|(at, _)| !goals.contains(&Goal::Change(*at)));
        Some(Found { blocks, noticed: noticed.map(|(_, (at, ..))| *at).collect() })
    }

    /// Whether somebody is to stand on the line of a number.
    fn draws_line(&self, goal: &Goal) -> bool {
        match goal {
            Goal::Change(at) => {
                let change = self.changed.get(*at).map(|(_, change, _)| *change).filter(|change| change.is_number());
                // Of what is remembered no user is made up, only how far instants are apart.
                let is_remembered = |change: &Change| {
                    matches!(change.owner, super::Owner::Definition(_) | super::Owner::Param(_))
                        && Duration::parse(&change.text).is_ok()
                };
                self.computed.get(*at) == Some(&true) && change.is_some_and(|change| !is_remembered(change))
            }
            Goal::Done(..) => false,
        }
    }

    /// What channels and the policy say takes more luck: a length to the letter, messages of several segments.
    fn trials(&self, goal: &Goal) -> usize {
        let shared = match goal {
            Goal::Change(at) => self.changed.get(*at).is_some_and(|(_, change, _)| change.owner.shared().is_some()),
            Goal::Done(..) => false,
        };
        if shared { 5 * TRIALS } else { 2 * TRIALS }
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

    pub(super) fn played(&self, stage: &Stage, plot: &Plot) -> Option<Vec<Vec<Told>>> {
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
        plot = self.on_the_line(goal, plot, &reaches);
        plot = fewer_rows(plot, &reaches);
        // A name that is long for nothing is a plain one.
        let mut plain = plot.clone();
        let pieces = plain.pages.iter_mut().flat_map(|page| &mut page.made).flat_map(|made| made.values_mut());
        for piece in pieces {
            if let Piece::One(written) = piece
                && written.text.starts_with("\"xx")
            {
                *written = Written { text: "\"other\"".into(), value: Value::from("other") };
            }
        }
        if reaches(&plain) {
            plot = plain;
        }
        let told = self.played(&self.stage, &plot)?;
        Some((plot, told))
    }

    /// The diary with its instants exactly as far apart as rules say, where that shows as much: so `held(vip) >= 30d` is told from
    /// `held(vip) > 30d`, which no step of the number tells.
    fn on_the_line(&self, goal: &Goal, mut plot: Plot, reaches: &dyn Fn(&Plot) -> bool) -> Plot {
        let Goal::Change(at) = goal else { return plot };
        let is_length = |text: &str| Duration::parse(text).is_ok();
        let own = self.changed.get(*at).filter(|(_, change, _)| change.is_number() && is_length(&change.text));
        // Where it is no length that is to be shown, the diary may stand anywhere.
        if own.is_none() {
            return plot;
        }
        let written = own.into_iter().chain(&self.changed).filter(|(_, change, _)| change.is_number());
        let lengths: Vec<Duration> = written.filter_map(|(_, change, _)| Duration::parse(&change.text).ok()).collect();
        for page in 1..plot.pages.len() {
            let instants: Vec<i64> = plot.pages.iter().map(|page| page.at).collect();
            let (before, behind) = instants.split_at(page);
            let fits = |at: &i64| before.last() < Some(at) && behind.get(1).is_none_or(|next| at < next);
            let lines = lengths.iter().flat_map(|length| before.iter().filter_map(|from| self.later(*from, *length)));
            let moved = lines.filter(fits).find_map(|at| {
                let mut moved = plot.clone();
                moved.pages.get_mut(page)?.at = at;
                reaches(&moved).then_some(moved)
            });
            plot = moved.unwrap_or(plot);
        }
        plot
    }

    /// A whole test; none where it does not check and pass.
    fn text(&self, name: &str, (plot, told): &(Plot, Vec<Vec<Told>>)) -> Option<String> {
        let start = moment_words(plot.pages.first()?.at, self.context.clock.zone());
        let text = format!("test {} as of {start} {{\n{}}}\n", print::quoted_text(name), self.case(plot, told));
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
                let label = match self.setup.labels {
                    true => format!("\"{}\" ", self.setup.keys.label(plot.first + user)),
                    false => String::new(),
                };
                let last = before.and_then(|before| before.made.get(user));
                let fields = fields(ir, made, last);
                if last.is_none() || !fields.is_empty() {
                    text += &format!("  given {label}{{ {} }}\n", fields.join(", "));
                }
            }
            if before.is_none() {
                let list = |id: ir::ListId| {
                    let texts: Vec<String> =
                        listed(&self.setup, plot).iter().map(|it| print::quoted_text(it)).collect();
                    let name = ir.lists.get(id.0 as usize)?.name.to_string();
                    Some(format!("list {} = [{}]", super::guess::bare(&name), texts.join(", ")))
                };
                let given: Vec<String> = lists(&self.setup).filter_map(list).collect();
                if !given.is_empty() {
                    text += &format!("    with {}\n", given.join(", "));
                }
            }
            let of = |(user, it): (usize, &Told)| match self.setup.labels {
                true => format!("\"{}\": {}", self.setup.keys.label(plot.first + user), it.words.join(", ")),
                false => it.words.join(", "),
            };
            let expected: Vec<String> = told.iter().enumerate().map(of).collect();
            text += &format!("    expect {}\n", expected.join(", "));
            before = Some(page);
        }
        text
    }
}
