//! Explanations for people: aligned, and readable without colours.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use crate::{
    action::Reason,
    diagnostic::render::visible_line,
    explain::{
        Branch, Change, Cut, Deed, Explained, Fact, Later, Rows, Stopped, Stretch, Turn, What, deeds, json::truth_word,
    },
    plan::{Domain, float_key},
    value::{
        Clock, Decimal, Truth, Type, Value, Zone,
        moment_text::{date_text, timestamp_text},
        number, print,
        time::{Bound, calendar},
    },
};

/// What a word is about, for who paints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It is true, or there.
    Yes,
    /// It is false, or not there.
    No,
    /// It is unknown.
    Open,
    /// What stands out.
    Strong,
    /// What stands back.
    Quiet,
}

/// Paints a word.
type Paint<'p> = &'p dyn Fn(Tone, &str) -> String;

/// A paragraph for each result.
pub fn text(user: &Value, clock: &Clock, results: &[Explained], paint: Paint<'_>) -> String {
    let zone = clock.zone();
    let now = timestamp_text(clock.now(), zone);
    // Values, labels and descriptions come from files.
    let paint: Paint<'_> = &|tone, word| paint(tone, &visible_line(word));
    let mut text = format!("{} as of {now} ({})\n", paint(Tone::Strong, &print::text(user, zone)), zone.name());
    for result in results {
        text.push('\n');
        text += &paragraph(result, zone, paint);
    }
    text
}

fn paragraph(result: &Explained, zone: &Zone, paint: Paint<'_>) -> String {
    let mut text = headline(result, zone, paint);
    if let Some(description) = &result.description {
        for line in description.lines() {
            text += &format!("  {}\n", paint(Tone::Quiet, &format!("# {line}")));
        }
    }
    let mut lines = vec![];
    result.tree.iter().for_each(|branch| lines_of(branch, 0, zone, &mut lines));
    let widest = lines.iter().map(|line| line.indent() + line.text.width()).filter(|it| *it <= WIDEST).max();
    for line in &lines {
        text += &line.painted(widest.unwrap_or(0), paint);
    }
    if let Some(arm) = &result.unknown_above {
        text += &format!("  an arm above is unknown: {}\n", visible_line(arm));
    }
    text += &closing(result, zone, paint);
    text
}

/// What is wider stands out of line.
const WIDEST: usize = 72;

/// `tag vip "重要客户": no`
fn headline(result: &Explained, zone: &Zone, paint: Paint<'_>) -> String {
    let label = result.label.as_ref().map(|label| format!(" {label:?}")).unwrap_or_default();
    let (word, tone) = match (result.applies, &result.value) {
        (Some(true), _) => ("yes".to_owned(), Tone::Yes),
        (Some(false), Value::Missing) => ("no, since it is unknown".to_owned(), Tone::Open),
        (Some(false), _) => ("no".to_owned(), Tone::No),
        (None, Value::Missing) => ("none".to_owned(), Tone::Open),
        (None, Value::Text(name)) if result.kind != "let" => {
            let label = result.value_label.as_ref().map(|label| format!(" {label:?}")).unwrap_or_default();
            (format!("{name}{label}"), Tone::Yes)
        }
        (None, value) => (shown(value, zone), Tone::Yes),
    };
    let name = paint(Tone::Strong, &result.name);
    format!("{} {name}{label}: {}\n", result.kind, paint(tone, &word))
}

/// A line of a tree.
struct Line {
    depth: usize,
    mark: Option<Mark>,
    text: String,
    detail: String,
}

/// What stands at the left of a line.
enum Mark {
    Truth(Truth),
    /// The arm that was taken, and those that were not.
    Arm(bool, Truth),
    /// What an arm of a score gives, and whether it does.
    Points(String, Truth),
}

impl Line {
    fn indent(&self) -> usize {
        2 * self.depth
    }

    fn painted(&self, widest: usize, paint: Paint<'_>) -> String {
        let (word, tone) = match &self.mark {
            None => (String::new(), Tone::Quiet),
            Some(Mark::Truth(truth) | Mark::Arm(false, truth)) => (truth_word(*truth).to_owned(), tone(*truth)),
            Some(Mark::Arm(true, _)) => ("taken".to_owned(), Tone::Yes),
            Some(Mark::Points(points, truth)) if truth.is_true() => (points.clone(), Tone::Yes),
            Some(Mark::Points(_, truth)) => ("–".to_owned(), tone(*truth)),
        };
        let word_gap = " ".repeat(9_usize.saturating_sub(word.width()).max(1));
        let indent = " ".repeat(self.indent());
        let mut line = format!("  {}{word_gap}{indent}{}", paint(tone, &word), self.text);
        if !self.detail.is_empty() {
            let gap = " ".repeat(widest.saturating_sub(self.indent() + self.text.width()) + 2);
            line += &format!("{gap}{}", paint(Tone::Quiet, &self.detail));
        }
        line.push('\n');
        line
    }
}

fn tone(truth: Truth) -> Tone {
    match truth {
        Truth::True => Tone::Yes,
        Truth::False => Tone::No,
        Truth::Unknown => Tone::Open,
    }
}

fn lines_of(branch: &Branch, depth: usize, zone: &Zone, lines: &mut Vec<Line>) {
    let mark = match (branch.what, branch.truth) {
        (What::Arm | What::Step, Some(truth)) => Some(Mark::Arm(branch.takes, truth)),
        (What::Points, Some(truth)) => Some(Mark::Points(signed(branch.points.as_ref(), zone), truth)),
        (_, truth) => truth.map(Mark::Truth),
    };
    let text = match branch.what {
        What::All | What::Any | What::None | What::AtLeast(_) => joint(branch.what).unwrap_or_default(),
        What::Not => "not:".to_owned(),
        What::If => "if … then … else:".to_owned(),
        What::By => format!("by {}", branch.text),
        What::Leaf | What::Definition | What::Question | What::Arm | What::Points | What::Step | What::Clamp => {
            branch.text.clone()
        }
    };
    let text = visible_line(&text).into_owned();
    lines.push(Line { depth, mark, text, detail: detail(branch, zone) });
    let mut below = branch.branches.as_slice();
    // The condition of an arm stands in the arm's own line.
    if let (What::Arm | What::Points, [one]) = (branch.what, below)
        && matches!(one.what, What::Leaf | What::Question | What::Definition)
    {
        if let Some(line) = lines.last_mut() {
            let own = detail(one, zone);
            line.detail = [std::mem::take(&mut line.detail), own]
                .into_iter()
                .filter(|it| !it.is_empty())
                .collect::<Vec<_>>()
                .join("; ");
        }
        below = one.branches.as_slice();
    }
    // What joins conditions stands behind the name of what it is.
    if let ([one], What::Definition | What::Arm | What::Points) = (below, branch.what)
        && let Some(joint) = joint(one.what)
    {
        if let Some(line) = lines.last_mut() {
            line.text += &format!(", {joint}");
        }
        below = one.branches.as_slice();
    }
    below.iter().for_each(|inner| lines_of(inner, depth + 1, zone, lines));
}

/// What joins the conditions below it.
fn joint(what: What) -> Option<String> {
    match what {
        What::All => Some("all of:".into()),
        What::Any => Some("any of:".into()),
        What::None => Some("none of:".into()),
        What::AtLeast(needed) => Some(format!("at least {needed} of:")),
        What::Not | What::If => None,
        What::Leaf
        | What::Definition
        | What::Question
        | What::By
        | What::Arm
        | What::Points
        | What::Step
        | What::Clamp => None,
    }
}

/// `+40`, `-20`
fn signed(points: Option<&Value>, zone: &Zone) -> String {
    match points {
        None | Some(Value::Missing) => "missing".into(),
        Some(points) => {
            let text = print::text(points, zone);
            if text.starts_with('-') { text } else { format!("+{text}") }
        }
    }
}

fn detail(branch: &Branch, zone: &Zone) -> String {
    let mut parts: Vec<String> = vec![];
    if let Some(value) = &branch.value {
        parts.push(if branch.bare { bare(value, zone) } else { shown(value, zone) });
    }
    let fact = |fact: &Fact| {
        let value = if fact.bare { bare(&fact.value, zone) } else { shown(&fact.value, zone) };
        if fact.name == branch.text { value } else { format!("{} = {value}", fact.name) }
    };
    parts.extend(branch.facts.iter().map(fact));
    parts.extend(branch.reached.iter().map(|reached| format!("reached {}", shown(reached, zone))));
    let mut text = parts.join(", ");
    let mut add = |part: String| text = if text.is_empty() { part } else { format!("{text}; {part}", text = text) };
    if let Some(window) = branch.window {
        add(stretch(window, zone));
    }
    if let Some(rows) = &branch.rows {
        add(rows_text(rows));
    }
    if let Some(cut) = &branch.cut {
        add(cut_text(cut, zone));
    }
    if let Some(reached) = &branch.kept {
        add(format!("kept, last reached {}", shown(reached, zone)));
    }
    if let Some(label) = &branch.label {
        add(format!("{label:?}"));
    }
    visible_line(&text).into_owned()
}

fn rows_text(rows: &Rows) -> String {
    let future = if rows.future == 0 { String::new() } else { format!(", {} of the future", rows.future) };
    let word = if rows.happened == 1 { "row" } else { "rows" };
    format!("{} of {} {word} of {}{future}", rows.counted, rows.happened, rows.table)
}

fn cut_text(cut: &Cut, zone: &Zone) -> String {
    let line = cut.at.as_ref().map(|at| format!("; the line is at {}", shown(at, zone))).unwrap_or_default();
    let Cut { less, more, ranked, .. } = cut;
    format!("{}: {more} of {ranked} have more, {less} have less{line}", shown(&cut.value, zone))
}

fn stretch(window: Stretch, zone: &Zone) -> String {
    let end = |bound: Bound| {
        let at = shown(&bound.at.into(), zone);
        if bound.included { at } else { format!("{at} (left out)") }
    };
    match (window.low, window.high) {
        (Some(low), Some(high)) => format!("{} to {}", end(low), end(high)),
        (Some(low), None) => format!("from {}", end(low)),
        (None, Some(high)) if high.included => format!("up to {}", end(high)),
        (None, Some(high)) => format!("before {}", shown(&high.at.into(), zone)),
        (None, None) => "any time".to_owned(),
    }
}

/// The nearest way, and when it will be otherwise.
fn closing(result: &Explained, zone: &Zone, paint: Paint<'_>) -> String {
    let mut text = String::new();
    let mut say =
        |head: &str, words: &str| text += &format!("  {} {}\n", paint(Tone::Strong, head), visible_line(words));
    let head = match &result.towards {
        Some(towards) => format!("to {towards}:"),
        None => "nearest way in:".to_owned(),
    };
    match &result.nearest {
        Some(changes) => {
            let mut told: Vec<(&str, String)> = vec![];
            for change in changes.iter() {
                let words = words(change, zone);
                // One value may turn several leaves.
                if !told.iter().any(|(column, it)| *column == change.column && *it == words) {
                    told.push((&change.column, words));
                }
            }
            let all: Vec<String> = told.into_iter().map(|(_, words)| words).collect();
            say(&head, &all.join("; and "));
        }
        None if result.gave_up => say("no way in found:", "there are too many ways to try all of them"),
        None if result.applies == Some(false) => {
            say("no way in:", "no other values of this user would do");
        }
        None => {}
    }
    let is_there = result.applies.unwrap_or(result.value != Value::Missing);
    if let Some(since) = result.since {
        say(if is_there { "since" } else { "ends now; since" }, &at(since, zone));
    }
    match result.later {
        Later::At(instant) if is_there => say("until", &format!("{}, if nothing else happens", at(instant, zone))),
        Later::At(instant) => say("from", &format!("{}, if nothing else happens", at(instant, zone))),
        Later::Never => {}
        Later::HangsOnOthers => say("later:", "hangs on how time passes for everybody else"),
    }
    let triggers: Vec<Cow<'_, str>> = result.deeds.iter().map(|deed| visible_line(&deed.trigger)).collect();
    let widest = triggers.iter().map(|trigger| trigger.width()).max().unwrap_or(0);
    for (deed, trigger) in result.deeds.iter().zip(&triggers) {
        let gap = " ".repeat(widest.saturating_sub(trigger.width()));
        let words = visible_line(&deeds::words(deed)).into_owned();
        let (turn, tone) = turn_text(deed, zone);
        text += &format!("  {}{gap}  {words}: {}\n", paint(Tone::Strong, trigger), paint(tone, &turn));
    }
    text
}

/// When a deed is done, and what stops it.
fn turn_text(deed: &Deed, zone: &Zone) -> (String, Tone) {
    let by = |stop: &Stopped| {
        let by = match stop.by.starts_with(stop.reason) {
            true => format!("`{}`", stop.by),
            false => format!("{} `{}`", stop.reason, stop.by),
        };
        let until = stop.until.map(|until| format!(" until {}", at(until, zone))).unwrap_or_default();
        format!("by {by}{until}")
    };
    let all: Vec<String> = deed.stopped.iter().map(by).collect();
    let stop = (!all.is_empty()).then(|| format!("stopped {}", all.join(", then ")));
    let there_is = deed.deed.is_some() || deed.written.is_some();
    let last = deed.last.map(|last| format!("last done {}", at(last, zone)));
    let join = |parts: Vec<Option<String>>| parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    // What would stop it if its time came now.
    let today = |stop: Option<String>| stop.map(|stop| format!("now it would be {stop}"));
    let (text, tone) = match deed.turn {
        Turn::Now if !there_is => ("now".to_owned(), Tone::Quiet),
        Turn::Now => match stop {
            Some(stop) => (format!("now, but {stop}"), Tone::No),
            None => {
                let later = deed.not_before.map(|it| format!(", not before {}", at(it, zone))).unwrap_or_default();
                (format!("now{later}"), Tone::Yes)
            }
        },
        Turn::Heard if !there_is => ("inside already".to_owned(), Tone::Quiet),
        Turn::Heard => (
            join(vec![Some("inside already".to_owned()), last, stop.map(|it| format!("once more it would be {it}"))]),
            Tone::Quiet,
        ),
        Turn::Unheard(reason) => {
            let why = match reason {
                Reason::First => "not told, since nobody was asked about this segment before",
                Reason::Rules | Reason::Time | Reason::Others | Reason::Data | Reason::Gone => {
                    "not told, since only the rules changed"
                }
            };
            (why.to_owned(), Tone::Open)
        }
        Turn::Entry => (join(vec![Some("on the way in".to_owned()), last, today(stop)]), Tone::Quiet),
        Turn::Exit => (join(vec![Some("on the way out".to_owned()), last, today(stop)]), Tone::Quiet),
        Turn::At(instant) => (
            join(vec![Some(format!("next {}", at(instant, zone))), last, stop.map(|it| format!("then {it}"))]),
            Tone::Quiet,
        ),
        Turn::Row => (join(vec![Some("at the next row".to_owned()), last, today(stop)]), Tone::Quiet),
        Turn::Outside => (join(vec![Some("only inside".to_owned()), last]), Tone::Quiet),
    };
    (text, tone)
}

/// `spend is 480.00: 20.01 more`
fn words(change: &Change, zone: &Zone) -> String {
    let column = &change.column;
    let is = if change.is == Value::Missing { "missing".to_owned() } else { shown(&change.is, zone) };
    let amount = amount(change);
    let words = match amount {
        Some(amount) => format!("{column} is {is}: {amount}"),
        None => format!("{column} is {is}: would have to be {}", to_text(change, zone)),
    };
    visible_line(&words).into_owned()
}

fn to_text(change: &Change, zone: &Zone) -> String {
    match (&change.to, bound_of(change)) {
        (Value::Missing, _) => "missing".to_owned(),
        // A value that nobody wrote is one of many that would do.
        (to, _) if change.leaf.ends_with(" is known") => format!("known, such as {}", shown(to, zone)),
        (Value::Text(text), _) if !change.leaf.contains(&**text) => {
            let other = if change.is == Value::Missing { "known" } else { "another" };
            format!("{other}, such as {}", shown(&change.to, zone))
        }
        (_, Some((bound, true))) => format!("more than {}", shown(&bound, zone)),
        (_, Some((bound, false))) => format!("less than {}", shown(&bound, zone)),
        (to, None) => shown(to, zone),
    }
}

/// Of numbers, how much more or less.
fn amount(change: &Change) -> Option<String> {
    let numbers = matches!(change.ty, Type::Int | Type::Decimal(_) | Type::Float);
    if !numbers || change.is == Value::Missing || change.to == Value::Missing {
        return None;
    }
    let is = number::to_decimal(&change.is)?;
    let bound = bound_of(change);
    let to = number::to_decimal(bound.as_ref().map_or(&change.to, |(bound, _)| bound))?;
    let difference = to.checked_sub(is)?;
    let (size, word) = match difference.mantissa < 0 {
        true => (difference.negated(), "less"),
        false => (difference, "more"),
    };
    let size = match change.ty {
        Type::Float => trimmed(size),
        _ => size.to_string(),
    };
    let strictly = if bound.is_some() { "more than " } else { "" };
    Some(format!("{strictly}{size} {word}"))
}

fn trimmed(decimal: Decimal) -> String {
    let text = decimal.to_string();
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A float that is the next one behind a rounder number is what is more (or less) than that number.
fn bound_of(change: &Change) -> Option<(Value, bool)> {
    let Value::Float(to) = change.to else { return None };
    let near = |step: i64| {
        let key = float_key(to).checked_add(step)?;
        Domain::Float.value(i128::from(key))
    };
    let length = |value: &Value| print::text(value, &Zone::utc()).len();
    let own = length(&change.to);
    let rounder = |value: &Value| length(value) + 3 < own;
    let below = near(-1).filter(rounder).map(|bound| (bound, true));
    below.or_else(|| near(1).filter(rounder).map(|bound| (bound, false)))
}

/// A value in a line: texts in quotes, moments in the zone, to the minute where they are whole.
pub(super) fn shown(value: &Value, zone: &Zone) -> String {
    match value {
        Value::Missing => "missing".to_owned(),
        Value::Text(_) | Value::List(_) => print::json(value, zone),
        Value::Timestamp(instant) => at(*instant, zone),
        Value::Date(date) => date_text(*date),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Float(_)
        | Value::Duration(_)
        | Value::Choice(_) => print::text(value, zone),
    }
}

/// A level's value by its name.
fn bare(value: &Value, zone: &Zone) -> String {
    match value {
        Value::Text(name) => name.to_string(),
        value => shown(value, zone),
    }
}

/// `2026-12-03 08:00`, in the zone.
fn at(instant: i64, zone: &Zone) -> String {
    let (date, micros) = zone.local(instant);
    if !(calendar::FIRST_DAY..=calendar::LAST_DAY).contains(&date) {
        return timestamp_text(instant, zone);
    }
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    let mut text = format!("{} {:02}:{:02}", date_text(date), seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 || rest != 0 {
        text += &format!(":{:02}", seconds % 60);
    }
    if rest != 0 {
        text += format!(".{rest:06}").trim_end_matches('0');
    }
    // An hour that comes twice is told with its offset.
    if zone.instant(date, micros) != instant {
        text += " (the second time)";
    }
    text
}
