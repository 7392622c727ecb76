//! A process that records and is killed: the next one finds all of the run or none of it.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::Duration,
};

use super::{Place, begin};
use crate::state::{Decision, Kind, Store};

const FILE: &str = "TAGWELL_TEST_STATE";
const USERS: u32 = 3000;

/// What the process does that will be killed: a run in which every user moves from `odd` to `even` or back, one is messaged
/// and one is new. By itself it does nothing.
#[test]
fn records_until_it_is_killed() {
    let Some(file) = env::var_os(FILE) else { return };
    loop {
        let store = Store::open(&file).unwrap();
        let before = store.last_run().map_or(0, |last| last.number);
        let remembered = store.remembered(2).unwrap();
        let mut recording = begin_with(store, before + 1);
        let names = [recording.name(Kind::Segment, "even").unwrap(), recording.name(Kind::Segment, "odd").unwrap()];
        let (from, to) = if before % 2 == 0 { (names[1], names[0]) } else { (names[0], names[1]) };
        writeln!(std::io::stdout(), "\nbegun").unwrap();
        for user in remembered.all() {
            recording.leave(user, from).unwrap();
            recording.enter(user, to, None, before + 1).unwrap();
            recording.transition(user, to, true, "data").unwrap();
        }
        let missing = if before == 0 { USERS } else { 1 };
        for new in 0..missing {
            let user = recording.add_user(&format!("{before}/{new}"), 7).unwrap();
            recording.enter(user, to, None, before + 1).unwrap();
            let decision = Decision { action_id: format!("{before}/{new}"), with: "{}".into(), ..Decision::default() };
            recording.decide(user, to, decision).unwrap();
        }
        recording.commit().unwrap();
    }
}

fn begin_with(store: Store, as_of: i64) -> crate::state::Recording {
    store.begin(&crate::state::Run { as_of, ..Default::default() }).unwrap()
}

#[test]
fn killed_at_any_moment_all_of_a_run_is_there_or_none() {
    let place = Place::new();
    let mut runs = 0;
    for round in 0..40 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "state::tests::kill::records_until_it_is_killed", "--nocapture"])
            .env(FILE, place.file())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // It is recording now; it is killed a little later, each time at another moment.
        let begun = lines.map_while(Result::ok).filter(|line| line == "begun").take(1 + round % 3).count();
        assert_eq!(begun, 1 + round % 3, "the process that records has ended by itself");
        std::thread::sleep(Duration::from_micros(1700 * round as u64 % 23_000));
        child.kill().unwrap();
        child.wait().unwrap();

        let store = Store::open(place.file()).unwrap();
        let run = store.last_run().map_or(0, |last| last.number);
        let remembered = store.remembered(2).unwrap();
        assert!(run >= runs, "a whole run is gone");
        runs = run;
        let users = if run == 0 { 0 } else { USERS + run as u32 - 1 };
        assert_eq!(remembered.last_number(), users);
        if run > 0 {
            let (inside, outside) = if run % 2 == 1 { ("even", "odd") } else { ("odd", "even") };
            let inside = store.name(Kind::Segment, inside).unwrap();
            assert!(remembered.all().all(|user| remembered.since(inside, user) == Some((None, run))));
            assert_eq!(store.name(Kind::Segment, outside).map_or(0, |it| remembered.members(it).count()), 0);
        }
        let mut decided = 0;
        let count = |_| {
            decided += 1;
            Ok::<(), crate::state::StateError>(())
        };
        store.ledger().decisions(None, None, count).unwrap();
        assert_eq!(decided, users);
        let whole: String = store.database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
    }
    assert!(runs > 0, "no run was ever whole");
    drop(begin(&place.file(), runs + 1));
}
