//! What a state costs with a million users: recording the first run, loading it, a second day's writes, and the file's size.
//!
//! `cargo bench --no-default-features --features state --bench state [-- USERS]`

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench stops where it finds what it did not expect"
)]

use std::time::Instant;

use tagwell::state::{Decision, Kind, NameId, Run, Store};

const DAY: i64 = 86_400_000_000;
const SEGMENTS: usize = 10;

/// Spreads a number over 64 bits.
fn dice(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// What the process has used of processors so far, in milliseconds: on a machine that others share, this tells more than a clock.
/// Ten milliseconds are the least it sees; where the system does not tell, it is 0.
fn used() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (start, before) = (Instant::now(), used());
    let done = work();
    println!("{what:<52} {:>8.1} ms {:>8.0} ms of processors", start.elapsed().as_secs_f64() * 1000.0, used() - before);
    done
}

/// Keys as shops have them: half of what they are is a number, or all of it is dice.
fn key(user: u64, long: bool) -> String {
    if long { format!("{:016x}-{:019x}", dice(user), dice(user + 1)) } else { format!("u{user:07}") }
}

fn main() {
    let users: u64 = std::env::args().filter_map(|it| it.parse().ok()).next().unwrap_or(1_000_000);
    // Of each user so many memberships: one, and three.
    for (long, each) in [(false, 1), (true, 1), (false, 3)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state");
        println!("{users} users, keys of {} bytes, {each} of {SEGMENTS} segments each", key(0, long).len());
        let run = |day: i64| Run { as_of: day * DAY, rulebook: "bench".into(), ..Run::default() };

        timed("first run", || {
            let mut recording = Store::open(&file).unwrap().begin(&run(1)).unwrap();
            let names: Vec<NameId> =
                (0..SEGMENTS).map(|at| recording.name(Kind::Segment, &format!("segment_{at}")).unwrap()).collect();
            for user in 0..users {
                let number = recording.add_user(&key(user, long), dice(user) as i64).unwrap();
                for at in 0..each {
                    let name = names[(dice(user) as usize + at * 3) % SEGMENTS];
                    recording.enter(number, name, None, DAY).unwrap();
                }
            }
            timed("  of this the end", || recording.commit().unwrap());
        });
        let bytes = std::fs::metadata(&file).unwrap().len();
        println!(
            "{:<52} {:>8.1} bytes",
            "file, for each membership, users included",
            bytes as f64 / (users * each as u64) as f64
        );

        for threads in [1, 2] {
            let store = Store::open(&file).unwrap();
            let remembered = timed(&format!("load, {threads} threads"), || store.remembered(threads).unwrap());
            timed("  users looked up in the order of the run before", || {
                let keys: Vec<String> = (0..users).map(|user| key(user, long)).collect();
                let numbers = remembered.numbers(&keys.iter().map(String::as_str).collect::<Vec<_>>(), 0);
                assert!(numbers.iter().all(Option::is_some));
            });
            timed("  a user looked up by key, the first", || remembered.number(&key(users / 2, long)).unwrap());
            timed("  users looked up by key", || {
                (0..users).for_each(|user| assert!(remembered.number(&key(user, long)).is_some()));
            });
            let names: Vec<NameId> =
                (0..SEGMENTS).map(|at| store.name(Kind::Segment, &format!("segment_{at}")).unwrap()).collect();
            let found = timed("  ten segments asked of each", || {
                let numbers = 1..=users as u32;
                numbers
                    .map(|user| names.iter().filter(|name| remembered.since(**name, user).is_some()).count())
                    .sum::<usize>()
            });
            assert_eq!(found, users as usize * each);
            println!("{:<52} {:>8.1} MB", "  in memory", remembered.bytes() as f64 / 1e6);
        }

        timed("second day: 1 % of users enter, leave, are messaged", || {
            let store = Store::open(&file).unwrap();
            let names: Vec<NameId> =
                (0..SEGMENTS).map(|at| store.name(Kind::Segment, &format!("segment_{at}")).unwrap()).collect();
            let mut recording = store.begin(&run(2)).unwrap();
            for user in (0..users).filter(|user| dice(user * 7).is_multiple_of(100)) {
                let number = user as u32 + 1;
                let (from, to) = (names[dice(user) as usize % SEGMENTS], names[dice(user + 1) as usize % SEGMENTS]);
                recording.set_fingerprint(number, dice(user + 2) as i64);
                recording.leave(number, from).unwrap();
                recording.transition(number, from, false, "data").unwrap();
                recording.enter(number, to, None, 2 * DAY).unwrap();
                recording.transition(number, to, true, "data").unwrap();
                let decision = Decision {
                    action_id: format!("{:032x}", u128::from(dice(user)) << 32 | u128::from(user)),
                    deed: "enter/1".into(),
                    trigger: "enter".into(),
                    reason: "data".into(),
                    act: "send".into(),
                    channel: Some("sms".into()),
                    message: Some("朋友,送您 50 元券,回T退订".into()),
                    with: r#"{"coupon":50}"#.into(),
                    entered: 2 * DAY,
                    decided_at: 2 * DAY,
                    ..Decision::default()
                };
                recording.decide(number, to, decision).unwrap();
            }
            recording.commit().unwrap();
        });
        timed("second day again, all fingerprints new", || {
            let mut recording = Store::open(&file).unwrap().begin(&run(3)).unwrap();
            (1..=users as u32).for_each(|user| recording.set_fingerprint(user, i64::from(user)));
            recording.commit().unwrap();
        });
        println!();
    }
}
