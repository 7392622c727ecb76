//! Runs of anything whatever, held against plain maps.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use rusqlite::Connection;

use super::{Place, begin};
use crate::state::{Decision, Kept, Kind, Remembered, Store, load, remembered::place};

const NAMES: [&str; 3] = ["vip", "lost", "member"];
const VALUES: [&str; 3] = ["gold", "silver", "red"];

/// Something that is written; users and names by their place among those there are.
#[derive(Clone, Debug)]
enum Write {
    Add(String),
    Fingerprint(usize, i64),
    Enter(usize, usize, Option<usize>, i64),
    Leave(usize, usize),
    Kept(usize, usize, Option<(Option<i64>, bool)>),
    Absent(usize, i64),
    Returned(usize),
    Decide(usize),
}

fn write() -> impl Strategy<Value = Write> {
    let user = 0..40usize;
    prop_oneof![
        "[a-z会]{0,3}".prop_map(Write::Add),
        (user.clone(), any::<i64>()).prop_map(|(user, hash)| Write::Fingerprint(user, hash)),
        (user.clone(), 0..3usize, prop::option::of(0..3usize), any::<i64>())
            .prop_map(|(user, name, value, since)| Write::Enter(user, name, value, since)),
        (user.clone(), 0..3usize).prop_map(|(user, name)| Write::Leave(user, name)),
        (user.clone(), 0..3usize, prop::option::of((prop::option::of(any::<i64>()), any::<bool>())))
            .prop_map(|(user, value, kept)| Write::Kept(user, value, kept)),
        (user.clone(), any::<i64>()).prop_map(|(user, seen)| Write::Absent(user, seen)),
        user.clone().prop_map(Write::Returned),
        user.prop_map(Write::Decide),
    ]
}

/// What should be remembered.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    /// Key and fingerprint, by number less one.
    users: Vec<(String, i64)>,
    memberships: BTreeMap<(u32, usize), (Option<usize>, i64)>,
    kept: BTreeMap<(u32, usize), (Option<i64>, bool)>,
    absent: BTreeMap<u32, i64>,
    acted: BTreeSet<u32>,
    decided: Vec<(u32, String)>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn what_is_remembered_is_what_was_written_in_runs_that_were_whole(
        runs in prop::collection::vec((prop::collection::vec(write(), 0..60), any::<bool>()), 1..6),
    ) {
        let file = Place::new();
        let mut model = Model::default();
        for (run, (writes, whole)) in runs.iter().enumerate() {
            let mut next = model.clone();
            let mut recording = begin(&file.file(), run as i64);
            let names = NAMES.map(|name| recording.name(Kind::Level, name).unwrap());
            let values = VALUES.map(|value| recording.value(names[2], value).unwrap());
            for write in writes {
                let known = next.users.len();
                let user = |place: usize| (known > 0).then(|| (place % known) as u32 + 1);
                match write {
                    Write::Add(key) if next.users.iter().all(|it| it.0 != *key) => {
                        prop_assert_eq!(recording.add_user(key, 3).unwrap() as usize, known + 1);
                        next.users.push((key.clone(), 3));
                    }
                    Write::Add(_) => {}
                    Write::Fingerprint(at, hash) => if let Some(user) = user(*at) {
                        recording.set_fingerprint(user, *hash);
                        next.users[user as usize - 1].1 = *hash;
                    },
                    Write::Enter(at, name, value, since) => if let Some(user) = user(*at) {
                        recording.enter(user, names[*name], value.map(|it| values[it]), *since).unwrap();
                        next.memberships.insert((user, *name), (*value, *since));
                    },
                    Write::Leave(at, name) => if let Some(user) = user(*at) {
                        recording.leave(user, names[*name]).unwrap();
                        next.memberships.remove(&(user, *name));
                    },
                    Write::Kept(at, value, kept) => if let Some(user) = user(*at) {
                        let written = kept.map(|(reached, held)| Kept { reached, held });
                        recording.set_kept(user, values[*value], written).unwrap();
                        match kept {
                            Some(kept) => next.kept.insert((user, *value), *kept),
                            None => next.kept.remove(&(user, *value)),
                        };
                    },
                    Write::Absent(at, seen) => if let Some(user) = user(*at) {
                        recording.absent(user, *seen).unwrap();
                        next.absent.insert(user, *seen);
                    },
                    Write::Returned(at) => if let Some(user) = user(*at) {
                        recording.returned(user).unwrap();
                        next.absent.remove(&user);
                    },
                    Write::Decide(at) => if let Some(user) = user(*at) {
                        let id = format!("{}", next.decided.len());
                        let decision = Decision { action_id: id.clone(), with: "{}".into(), ..Decision::default() };
                        recording.decide(user, names[0], decision).unwrap();
                        next.decided.push((user, id));
                        next.acted.insert(user);
                    },
                }
            }
            if *whole {
                recording.commit().unwrap();
                model = next;
            } else {
                drop(recording);
            }
            let store = Store::open(file.file()).unwrap();
            let remembered = store.remembered(2).unwrap();
            prop_assert_eq!(remembered.is_packed, !model.users.is_empty());
            prop_assert_eq!(found(&store, &remembered), model.clone());
            // Rows say the same, where nothing is packed.
            store.database.execute_batch("DELETE FROM packed").unwrap();
            let last = store.last_run().map_or((0, 0), |last| (last.number, last.run.as_of));
            let rows = load::remembered(&store.database, &file.file(), &store.names, last, 1).unwrap();
            prop_assert!(!rows.is_packed);
            prop_assert_eq!(found(&store, &rows), model.clone());
        }
    }
}

/// What a state remembers.
fn found(store: &Store, remembered: &Remembered) -> Model {
    let mut found = Model::default();
    for user in remembered.all() {
        let key = remembered.key(user).unwrap();
        assert_eq!(remembered.number(key), Some(user));
        assert_eq!(remembered.numbers(&[key], user - 1), [Some(user)]);
        found.users.push((key.to_owned(), remembered.fingerprint(user).unwrap()));
        found.absent.extend(remembered.absent_since(user).map(|seen| (user, seen)));
        found.acted.extend(remembered.has_past(user).then_some(user));
        for (at, name) in NAMES.iter().enumerate() {
            let Some((value, since)) = store.name(Kind::Level, name).and_then(|it| remembered.since(it, user)) else {
                continue;
            };
            let value = value.map(|value| VALUES.iter().position(|it| self::value(store, it) == Some(value)).unwrap());
            found.memberships.insert((user, at), (value, since));
        }
        for (at, value) in VALUES.iter().enumerate() {
            let kept = self::value(store, value).and_then(|it| remembered.kept(it, user));
            found.kept.extend(kept.map(|kept| ((user, at), (kept.reached, kept.held))));
        }
    }
    let mut decided = vec![];
    let tell = |row: crate::state::LedgerRow| {
        decided.push((remembered.number(&row.user).unwrap(), row.decision.action_id));
        Ok::<(), crate::state::StateError>(())
    };
    store.ledger().decisions(None, None, tell).unwrap();
    Model { decided, ..found }
}

fn value(store: &Store, value: &str) -> Option<crate::state::ValueId> {
    store.name(Kind::Level, NAMES[2]).and_then(|level| store.value(level, value))
}

#[test]
fn after_a_change_by_hand_rows_are_read_and_packed_again() {
    let changes = [
        "UPDATE memberships SET since = 7 WHERE user = 1",
        "DELETE FROM memberships WHERE user = 1",
        "INSERT INTO memberships (name, user, since) VALUES (1, 2, 7)",
        "UPDATE users SET key = 'u9' WHERE number = 1",
        "INSERT INTO users (number, key) VALUES (4, 'u4')",
        "DELETE FROM kept",
        "UPDATE kept SET held = 0",
        "INSERT INTO kept (value, user, held) VALUES (1, 2, 1)",
    ];
    for change in changes {
        let file = Place::new();
        let mut recording = begin(&file.file(), 1);
        let (vip, level) = (recording.name(Kind::Tag, "vip").unwrap(), recording.name(Kind::Level, "member").unwrap());
        let gold = recording.value(level, "gold").unwrap();
        let user = recording.add_user("u1", 5).unwrap();
        recording.add_user("u2", 6).unwrap();
        recording.enter(user, vip, None, 1).unwrap();
        recording.set_kept(user, gold, Some(Kept { reached: None, held: true })).unwrap();
        recording.commit().unwrap();
        assert!(Store::open(file.file()).unwrap().remembered(2).unwrap().is_packed);
        Connection::open(file.file()).unwrap().execute_batch(change).unwrap();

        let told = |remembered: &Remembered| {
            let of = |user| (remembered.key(user).map(str::to_owned), remembered.since(vip, user));
            let more = |user| (remembered.kept(gold, user), remembered.fingerprint(user));
            (1..5).map(|user| (of(user), more(user))).collect::<Vec<_>>()
        };
        let store = Store::open(file.file()).unwrap();
        let rows = store.remembered(2).unwrap();
        assert!(!rows.is_packed, "{change}");
        store.begin(&crate::state::Run { as_of: 2, ..Default::default() }).unwrap().commit().unwrap();
        let again = Store::open(file.file()).unwrap().remembered(2).unwrap();
        assert!(again.is_packed, "{change}");
        assert_eq!(told(&again), told(&rows), "{change}");
        assert_eq!(again.fingerprint(2), Some(6), "{change}");
    }
}

#[test]
fn more_users_than_a_piece_holds_are_found_each() {
    let file = Place::new();
    let mut recording = begin(&file.file(), 1);
    let vip = recording.name(Kind::Tag, "vip").unwrap();
    for user in 1..=140_000u32 {
        assert_eq!(recording.add_user(&format!("u{user}"), i64::from(user)).unwrap(), user);
        if user % 3 == 0 {
            recording.enter(user, vip, None, i64::from(user)).unwrap();
        }
    }
    recording.commit().unwrap();
    // Somebody has taken a user out by hand; the numbers of the others stay.
    let delete = "DELETE FROM users WHERE number IN (70000, 139999, 131072)";
    Connection::open(file.file()).unwrap().execute_batch(delete).unwrap();
    let store = Store::open(file.file()).unwrap();
    let remembered = store.remembered(1).unwrap();
    assert_eq!(remembered.last_number(), 140_000);
    assert_eq!(place(65_536), (1, 0));
    for user in 1..=140_000u32 {
        let gone = matches!(user, 70_000 | 139_999 | 131_072);
        assert_eq!(remembered.number(&format!("u{user}")), (!gone).then_some(user));
        assert_eq!(remembered.since(vip, user), (user % 3 == 0).then_some((None, i64::from(user))));
        assert!(gone || remembered.fingerprint(user) == Some(i64::from(user)));
    }
    assert_eq!(remembered.members(vip).count(), 140_000 / 3);
}
