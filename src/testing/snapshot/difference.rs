//! What differs between two outcomes, user by user: `u17: + vip, membership silver → gold`.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use super::line::{self, Has, Line};

/// What differs between what was kept and what is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Users of whom something differs: first those who were there, in their order, then those who are new.
    pub users: Vec<(String, Vec<Change>)>,
    /// What differs beside: the as-of, metrics, counts of rows.
    pub others: Vec<String>,
    /// How many users there are and were.
    pub of: usize,
}

/// One thing that differs of a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Change {
    /// `+ vip`
    Gained(String),
    /// `- vip`
    Lost(String),
    /// `membership silver → gold`
    Other(String, String, String),
    /// The user was not there; this is what they have.
    Came(String),
    /// The user is not there any more.
    Went,
}

impl Change {
    /// The rule whose result differs.
    pub fn name(&self) -> Option<&str> {
        match self {
            Change::Gained(name) | Change::Lost(name) | Change::Other(name, ..) => Some(name),
            Change::Came(_) | Change::Went => None,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Gained(name) => write!(out, "+ {name}"),
            Change::Lost(name) => write!(out, "- {name}"),
            Change::Other(name, before, after) => write!(out, "{name} {before} → {after}"),
            Change::Came(line) => write!(out, "new: {line}"),
            Change::Went => out.write_str("no longer there"),
        }
    }
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.others.is_empty()
    }

    /// A line for each user, then what else differs.
    pub fn lines(&self) -> Vec<String> {
        let user = |(key, changes): &(String, Vec<Change>)| {
            let changes: Vec<String> = changes.iter().map(Change::to_string).collect();
            format!("{}: {}", line::key(key), changes.join(", "))
        };
        self.users.iter().map(user).chain(self.others.iter().cloned()).collect()
    }

    /// `2 × membership silver → gold`, a line for each thing that differs of somebody, the most frequent first.
    pub fn counts(&self) -> Vec<String> {
        self.times().into_iter().map(|(change, number)| format!("{number} × {change}")).collect()
    }

    fn times(&self) -> Vec<(&Change, usize)> {
        let mut times: BTreeMap<&Change, usize> = BTreeMap::new();
        let changes = self.users.iter().flat_map(|(_, changes)| changes);
        changes.filter(|it| it.name().is_some()).for_each(|change| *times.entry(change).or_default() += 1);
        let mut times: Vec<(&Change, usize)> = times.into_iter().collect();
        times.sort_by_key(|(change, number)| (std::cmp::Reverse(*number), *change));
        times
    }

    /// `3 of 10 users differ: 2 × membership silver → gold, 1 × + vip`; where no user does, what else differs.
    pub fn summary(&self) -> String {
        if self.users.is_empty() && !self.others.is_empty() {
            let more = if self.others.len() > 3 { ", …" } else { "" };
            let others: Vec<&str> = self.others.iter().take(3).map(String::as_str).collect();
            return format!("no user does, but {}{more}", others.join(", "));
        }
        let times = self.times();
        let most: Vec<String> = times.iter().take(5).map(|(change, number)| format!("{number} × {change}")).collect();
        let rest = if times.len() > 5 { ", …" } else { "" };
        let users = format!("{} of {} users differ", self.users.len(), self.of);
        if most.is_empty() { users } else { format!("{users}: {}{rest}", most.join(", ")) }
    }
}

/// The parts of an outcome: what stands above the users, the users, and what stands below them.
struct Parts<'t> {
    users: Vec<Line>,
    others: Vec<(String, &'t str)>,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Parts<'t> {
        let mut sections = text.split("\n\n");
        let above = sections.next().unwrap_or_default();
        let users = sections.next().unwrap_or_default().lines().filter_map(Line::parse).collect();
        let below = sections.flat_map(str::lines);
        let mut others = vec![];
        let mut group = "";
        for line in above.lines().chain(below) {
            let name = match line.strip_prefix("  ") {
                Some(member) => format!("{group}[{}]", member.split_once(" = ").map_or(member, |(key, _)| key)),
                None => {
                    group = line;
                    name_of(line).to_owned()
                }
            };
            others.push((name, line.trim_start()));
        }
        Parts { users, others }
    }
}

/// What a line is about: `usual = 3` about `usual`, `orders: 3 read` about `orders`, `as of …` about itself.
fn name_of(line: &str) -> &str {
    if line.starts_with("as of ") {
        return "as of";
    }
    if line.ends_with(" users") {
        return "users";
    }
    line.split_once(" = ").or_else(|| line.split_once(": ")).map_or(line, |(name, _)| name)
}

/// What differs between two outcomes, as [`super::take()`] writes them.
pub fn difference(before: &str, after: &str) -> Difference {
    let (old, new) = (Parts::of(before), Parts::of(after));
    let place: HashMap<&str, &Line> = new.users.iter().map(|line| (line.key.as_str(), line)).collect();
    let there: HashMap<&str, &Line> = old.users.iter().map(|line| (line.key.as_str(), line)).collect();
    let mut users = vec![];
    for line in &old.users {
        let changes = match place.get(line.key.as_str()) {
            Some(now) => changes(line, now),
            None => vec![Change::Went],
        };
        if !changes.is_empty() {
            users.push((line.key.clone(), changes));
        }
    }
    for line in new.users.iter().filter(|line| !there.contains_key(line.key.as_str())) {
        let text = line.text();
        let has = text.strip_prefix(&format!("{}: ", line::key(&line.key))).unwrap_or(&text).to_owned();
        users.push((line.key.clone(), vec![Change::Came(has)]));
    }
    let mut others = others(&old, &new);
    if users.is_empty() && others.is_empty() && before != after {
        // In an order or a form that says the same.
        others.push("the text differs, and says the same of everybody".to_owned());
    }
    let came = new.users.iter().filter(|line| !there.contains_key(line.key.as_str())).count();
    Difference { users, others, of: old.users.len() + came }
}

fn others(old: &Parts<'_>, new: &Parts<'_>) -> Vec<String> {
    let mut found = vec![];
    let get = |parts: &Parts<'_>, name: &str| {
        parts.others.iter().find(|(known, _)| known == name).map(|(_, line)| (*line).to_owned())
    };
    for (name, before) in &old.others {
        match get(new, name) {
            Some(after) if after == *before => {}
            Some(after) => found.push(format!("{name}: {} → {}", value_of(before), value_of(&after))),
            None => found.push(format!("- {name}: {}", value_of(before))),
        }
    }
    for (name, after) in &new.others {
        if get(old, name).is_none() {
            found.push(format!("+ {name}: {}", value_of(after)));
        }
    }
    found
}

fn value_of(line: &str) -> &str {
    let value = line.split_once(" = ").or_else(|| line.split_once(": ")).map(|(_, value)| value);
    value.or_else(|| line.strip_prefix("as of ")).unwrap_or(line)
}

fn changes(before: &Line, after: &Line) -> Vec<Change> {
    let names = after.items.iter().map(|(name, _)| name);
    let gone = before.items.iter().map(|(name, _)| name).filter(|name| after.get(name).is_none());
    let mut found: Vec<Change> = vec![];
    for name in names.chain(gone) {
        let word = |has: Option<&Has>| match has {
            None => "no".to_owned(),
            Some(Has::Yes) => "yes".to_owned(),
            Some(Has::Unknown) => "unknown".to_owned(),
            Some(Has::Value(value)) => value.clone(),
        };
        let (old, new) = (before.get(name), after.get(name));
        match (old, new) {
            (old, new) if old == new => {}
            (None, Some(Has::Yes)) => found.push(Change::Gained(name.clone())),
            (Some(Has::Yes), None) => found.push(Change::Lost(name.clone())),
            // A rule that is new, or gone.
            (None, Some(Has::Value(value))) => found.push(Change::Gained(format!("{name} = {value}"))),
            (Some(Has::Value(value)), None) => found.push(Change::Lost(format!("{name} = {value}"))),
            (old, new) => found.push(Change::Other(name.clone(), word(old), word(new))),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "as of 2026-11-22T00:00:00Z\n4 users\norders: 3 read\n\n\
        u1: vip, membership = silver\nu2: membership = red\nu3: vip is unknown, membership = missing\nu4: –\n\n\
        usual = 3\nrevenue\n  上海 = 1\n  苏州 = 2";

    #[test]
    fn users_are_compared_name_by_name() {
        let after = "as of 2026-11-22T00:00:00Z\n4 users\norders: 4 read\n\n\
            u1: membership = gold\nu2: vip, membership = red\nu3: vip, membership = missing\n\"u 5\": win_back\n\n\
            usual = 3\nrevenue\n  上海 = 1\n  苏州 = 7\n  杭州 = 1";
        let found = difference(BEFORE, after);
        assert_eq!(
            found.lines(),
            [
                "u1: membership silver → gold, - vip",
                "u2: + vip",
                "u3: vip unknown → yes",
                "u4: no longer there",
                "\"u 5\": new: win_back",
                "orders: 3 read → 4 read",
                "revenue[苏州]: 2 → 7",
                "+ revenue[杭州]: 1",
            ]
        );
        assert_eq!(
            found.summary(),
            "5 of 5 users differ: 1 × + vip, 1 × - vip, 1 × membership silver → gold, 1 × vip unknown → yes"
        );
    }

    #[test]
    fn where_no_user_differs_it_is_told_what_does() {
        let later = BEFORE.replace("as of 2026-11-22T00:00:00Z", "as of 2026-11-22T08:00:00+08:00");
        let found = difference(BEFORE, &later);
        assert_eq!(found.summary(), "no user does, but as of: 2026-11-22T00:00:00Z → 2026-11-22T08:00:00+08:00");
    }

    #[test]
    fn the_same_text_does_not_differ() {
        assert!(difference(BEFORE, BEFORE).is_empty());
        assert!(!difference(BEFORE, &BEFORE.replace("u1: vip,", "u1:  vip,")).is_empty());
    }
}
