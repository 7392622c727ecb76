//! A case as it is written: rules, and what is found and expected on one day after another.
//!
//! ```text
//! == entering is told, staying is not
//! rules
//!   segment s when spend > 5 { on enter send sms "hi" }
//! at 2026-11-20T10:00
//!   u1 { spend: 6 }
//!   > u1 enters s: data
//!   > u1 s enter send sms "hi"
//! at 2026-11-21T10:00
//! ```
//!
//! Records are written as in a test of a rulebook, and stay as they are until they are given again; `u1 -` is not in the data from that day
//! on. `param least = 3` and `list vips = ["u1"]` stay as well. What `>` says of a day is all that happens on it; `= u1 vip, not asleep` is
//! what the user has; `! 2 words` is the exit code and words of the message. `rules` in the middle of a case are the rules from then on.
//! Before the first day there is one run without users a second earlier, so that nothing is a first run: but in a `fresh` case. A `stateless`
//! one has no state at all. `zone` says where it plays; beside `rules` in the middle, where from then on. `diary no: why` is a case that a diary tells otherwise, or cannot tell.

/// One case of a file.
#[derive(Debug, Default, Clone)]
pub(super) struct Case {
    pub(super) title: String,
    pub(super) line: usize,
    pub(super) zone: String,
    pub(super) rules: String,
    /// No run goes before the first day's.
    pub(super) fresh: bool,
    pub(super) stateless: bool,
    /// A diary cannot tell it.
    pub(super) no_diary: bool,
    pub(super) days: Vec<Day>,
}

/// One run.
#[derive(Debug, Default, Clone)]
pub(super) struct Day {
    pub(super) line: usize,
    pub(super) as_of: String,
    /// What is typed beside: `--absent exit`.
    pub(super) flags: Vec<String>,
    /// The rules from this day on, where they are others.
    pub(super) rules: Option<String>,
    /// Their zone, where it is another.
    pub(super) zone: Option<String>,
    /// Users whose records are given, in order; none is a user who is not in the data any more.
    pub(super) given: Vec<(String, Option<String>)>,
    pub(super) params: Vec<(String, String)>,
    pub(super) lists: Vec<(String, String)>,
    /// What happens: all of it.
    pub(super) happens: Vec<String>,
    /// What users have.
    pub(super) have: Vec<(String, String)>,
    /// The exit code and words of the message, of a run that fails.
    pub(super) fails: Option<(i32, Vec<String>)>,
}

/// All cases of a file. Before the rules of each stands `schema.rules`.
pub(super) fn cases(text: &str) -> Vec<Case> {
    let prelude = include_str!("schema.rules");
    let mut cases: Vec<Case> = vec![];
    let mut in_rules = false;
    for (at, line) in text.lines().enumerate() {
        let words = line.trim();
        if in_rules
            && (line.starts_with("    ")
                || (line.starts_with("  ") && cases.last().is_none_or(|case| case.days.is_empty())))
        {
            if let Some(case) = cases.last_mut() {
                let rules = case.days.last_mut().and_then(|day| day.rules.as_mut()).unwrap_or(&mut case.rules);
                rules.push_str(line);
                rules.push('\n');
            }
            continue;
        }
        in_rules = false;
        if words.is_empty() || words.starts_with('#') {
            continue;
        }
        if let Some(title) = words.strip_prefix("== ") {
            cases.push(Case {
                title: title.to_owned(),
                line: at + 1,
                zone: "UTC".to_owned(),
                rules: prelude.to_owned(),
                ..Case::default()
            });
            continue;
        }
        if words == "rules" {
            in_rules = true;
            if let Some(day) = cases.last_mut().and_then(|case| case.days.last_mut()) {
                day.rules = Some(prelude.to_owned());
            }
            continue;
        }
        let case = cases.last_mut().unwrap_or_else(|| panic!("line {}: no case yet", at + 1));
        let head = words.split(' ').next().unwrap_or_default();
        match (head, case.days.last_mut()) {
            ("zone", None) => case.zone = words[5..].to_owned(),
            ("zone", Some(day)) => day.zone = Some(words[5..].to_owned()),
            ("fresh", None) => case.fresh = true,
            ("stateless", None) => case.stateless = true,
            ("diary", None) => case.no_diary = true,
            ("at", _) => {
                let mut parts = words[3..].split(' ').map(str::to_owned);
                let as_of = parts.next().unwrap_or_default();
                case.days.push(Day { line: at + 1, as_of, flags: parts.collect(), ..Day::default() });
            }
            (">", Some(day)) => day.happens.push(words[2..].to_owned()),
            ("=", Some(day)) => day.have.push(first_word(&words[2..])),
            ("!", Some(day)) => {
                let (code, said) = first_word(&words[2..]);
                day.fails = Some((code.parse().unwrap(), said.split(" … ").map(str::to_owned).collect()));
            }
            ("param", Some(day)) => day.params.push(assigned(&words[6..])),
            ("list", Some(day)) => day.lists.push(assigned(&words[5..])),
            (user, Some(day)) => {
                let record = words[user.len()..].trim();
                day.given.push((user.to_owned(), (record != "-").then(|| record.to_owned())));
            }
            _ => panic!("line {}: `{words}` stands before the first day", at + 1),
        }
    }
    cases
}

fn first_word(words: &str) -> (String, String) {
    words
        .split_once(' ')
        .map(|(first, rest)| (first.to_owned(), rest.to_owned()))
        .unwrap_or((words.to_owned(), String::new()))
}

fn assigned(words: &str) -> (String, String) {
    words.split_once(" = ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap()
}

impl Case {
    /// The rules with the line of the rulebook.
    pub(super) fn rulebook(&self, rules: &str) -> String {
        self.rulebook_in(&self.zone, rules)
    }

    /// The same in another zone.
    pub(super) fn rulebook_in(&self, zone: &str, rules: &str) -> String {
        format!("rulebook \"shop\" timezone \"{zone}\"\n{rules}")
    }

    /// Whether a diary can tell it: the same rules, users who stay, and nothing that fails.
    pub(super) fn is_diary(&self) -> bool {
        let plain = |day: &Day| {
            day.flags.is_empty()
                && day.rules.is_none()
                && day.fails.is_none()
                && day.given.iter().all(|(_, record)| record.is_some())
        };
        let moved = self.days.windows(2).all(|pair| pair[0].as_of != pair[1].as_of);
        !self.fresh && !self.stateless && !self.no_diary && moved && self.days.iter().all(plain)
    }
}
