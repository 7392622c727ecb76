//! Who was treated and who was held out, and how many of each did what was hoped for.

use std::collections::{BTreeMap, HashMap};

use crate::lift::{Interval, Share};

/// A decision that was not stopped, as it counts here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// Who.
    pub user: String,
    /// The segment, and what triggered it: those who are compared share both.
    pub segment: String,
    /// `enter`, `exit`, `every`, `each`
    pub trigger: String,
    /// The variant of a `split`; none elsewhere.
    pub variant: Option<String>,
    /// `hold`: nothing was done.
    pub held: bool,
    /// When, in microseconds since 1970-01-01T00:00Z.
    pub decided_at: i64,
}

/// When each user did what was hoped for.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    moments: HashMap<String, Vec<i64>>,
}

impl Arm {
    fn of(variant: Option<String>, held: bool, share: Share) -> Arm {
        Arm { variant, held, share, lift: None, interval: None }
    }
}

impl Outcomes {
    /// A user did it, at a moment.
    pub fn add(&mut self, user: &str, at: i64) {
        match self.moments.get_mut(user) {
            Some(moments) => moments.push(at),
            None => drop(self.moments.insert(user.to_owned(), vec![at])),
        }
    }

    /// Whether a user did it at a moment or later, not later than another.
    fn between(&self, user: &str, from: i64, to: i64) -> bool {
        self.moments.get(user).is_some_and(|moments| moments.iter().any(|at| (from..=to).contains(at)))
    }
}

/// One variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Its name; none where the deed is not one of a `split`.
    pub variant: Option<String>,
    /// Nothing was done: those whom others are compared with.
    pub held: bool,
    /// Users who did it, of all who are in it.
    pub share: Share,
    /// By how much the share is larger than that of all who were held out; none of these, and where nobody was held out.
    pub lift: Option<f64>,
    /// Where that lies, with a confidence of 95 %.
    pub interval: Option<Interval>,
}

/// The variants of a segment's trigger, those held out last.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The segment.
    pub segment: String,
    /// `enter`, `exit`, `every`, `each`
    pub trigger: String,
    /// By name.
    pub arms: Vec<Arm>,
    /// The variants of a `split` in which something was done, taken together; none where there are not two of them.
    pub treated: Option<Arm>,
}

/// Of each variant, held out or not: its users, and when each was first decided about.
type Arms = BTreeMap<(bool, Option<String>), HashMap<String, i64>>;

/// Compares. Each user counts once in a variant, from the first decision on, and did it where that was not before it and not
/// after the moment that `end` says of it. Whose time is not over at `until` counts nowhere: it is too early to say. Returns the
/// comparisons, in order of segment and trigger, and how many users it was too early for.
pub fn compare(
    exposures: impl IntoIterator<Item = Exposure>,
    outcomes: &Outcomes,
    end: impl Fn(i64) -> i64,
    until: i64,
) -> (Vec<Comparison>, u64) {
    let mut groups: BTreeMap<(String, String), Arms> = BTreeMap::new();
    for it in exposures {
        let group = groups.entry((it.segment, it.trigger)).or_default();
        let first = group.entry((it.held, it.variant)).or_default().entry(it.user).or_insert(it.decided_at);
        *first = it.decided_at.min(*first);
    }
    let mut early = 0;
    let comparisons = groups.into_iter().map(|((segment, trigger), group)| {
        let share_of = |users: &HashMap<String, i64>| {
            let (mut share, mut early) = (Share::default(), 0);
            for (user, from) in users {
                let to = end(*from);
                if to > until {
                    early += 1;
                    continue;
                }
                share.all += 1;
                share.of += u64::from(outcomes.between(user, *from, to));
            }
            (share, early)
        };
        let mut treated = together(&group).map(|users| Arm::of(None, false, share_of(&users).0));
        let mut arms: Vec<Arm> = vec![];
        for ((held, variant), users) in group {
            let (share, too_early) = share_of(&users);
            early += too_early;
            arms.push(Arm::of(variant, held, share));
        }
        // What is done beside a split is done for those whom it holds out, too: that is no comparison.
        let split = arms.iter().any(|arm| arm.held && arm.variant.is_some());
        let held = arms
            .iter()
            .filter(|arm| arm.held)
            .fold(Share::default(), |sum, arm| Share { of: sum.of + arm.share.of, all: sum.all + arm.share.all });
        let compared = |arm: &&mut Arm| !arm.held && (arm.variant.is_some() || !split);
        for arm in arms.iter_mut().filter(compared).chain(&mut treated) {
            arm.lift = arm.share.rate().zip(held.rate()).map(|(rate, held)| rate - held);
            arm.interval = arm.share.difference(held);
        }
        Comparison { segment, trigger, arms, treated }
    });
    let comparisons = comparisons.collect();
    (comparisons, early)
}

/// Who is in any variant of a `split` in which something was done, from the first decision on; none where there are not two such
/// variants. A deed beside the split says nothing of it: it may have been done for those who are held out, too.
fn together(group: &Arms) -> Option<HashMap<String, i64>> {
    let variants: Vec<&HashMap<String, i64>> =
        group.iter().filter(|((held, variant), _)| !held && variant.is_some()).map(|(_, users)| users).collect();
    if variants.len() < 2 {
        return None;
    }
    let mut all: HashMap<String, i64> = HashMap::new();
    for (user, from) in variants.into_iter().flatten() {
        let first = all.entry(user.clone()).or_insert(*from);
        *first = (*from).min(*first);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposure(user: &str, variant: &str, held: bool, decided_at: i64) -> Exposure {
        let variant = Some(variant.into()).filter(|it: &String| !it.is_empty());
        Exposure { user: user.into(), segment: "win_back".into(), trigger: "enter".into(), variant, held, decided_at }
    }

    #[test]
    fn each_user_counts_once_and_only_what_came_after_in_time_counts() {
        let mut outcomes = Outcomes::default();
        for (user, at) in
            [("in time", 10), ("at the end", 20), ("too late", 21), ("before", 9), ("held", 12), ("again", 300)]
        {
            outcomes.add(user, at);
        }
        let treated =
            ["in time", "at the end", "too late", "before", "never"].map(|user| exposure(user, "noon", false, 10));
        let others = [
            exposure("in time", "noon", false, 200), // the same user again: the first decision counts
            exposure("held", "control", true, 10),
            exposure("h2", "control", true, 10),
            exposure("h3", "control", true, 10),
            exposure("h4", "control", true, 10),
            exposure("again", "evening", false, 10),
            exposure("new", "evening", false, 995), // its time is not over
        ];
        let (found, early) = compare(treated.into_iter().chain(others), &outcomes, |at| at + 10, 1000);
        assert_eq!(early, 1);
        let [comparison] = found.as_slice() else { panic!("one segment: {found:?}") };
        let told = comparison.arms.iter().map(|arm| (arm.variant.as_deref(), arm.held, arm.share.of, arm.share.all));
        let told: Vec<_> = told.collect();
        assert_eq!(told, [(Some("evening"), false, 0, 1), (Some("noon"), false, 2, 5), (Some("control"), true, 1, 4)]);
        // One who is in two variants is one; the first decision counts.
        let treated = comparison.treated.as_ref().unwrap();
        assert_eq!((treated.share.of, treated.share.all), (2, 6));
        let noon = &comparison.arms[1];
        assert!((noon.lift.unwrap() - 0.15).abs() < 1e-12);
        assert!(noon.interval.unwrap().holds_zero());
        assert_eq!((comparison.arms[2].lift, comparison.arms[2].interval), (None, None));
    }

    #[test]
    fn where_nobody_was_held_out_nothing_is_compared() {
        let (found, _) = compare([exposure("u", "", false, 0)], &Outcomes::default(), |at| at + 1, 10);
        assert_eq!(found[0].arms, [Arm::of(None, false, Share { of: 0, all: 1 })]);
        assert_eq!(found[0].treated, None);
    }
}
