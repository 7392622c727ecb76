//! Runs that are killed, that run two at a time, or that cannot write: nothing is half done, and the next run finds the last whole one.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::played::{command, dump};

/// Segments whose second day enters, leaves, repeats, stops and keeps.
const RULES: &str = r#"
rulebook "shop" timezone "Asia/Shanghai"
table users key user_id { user_id: text  spend: int?  points: int? }
table orders of users by user_id at paid_at key order_id { order_id: text  user_id: text  paid_at: timestamp  amount: int }
level rank by points { gold from 80 keep 60  red otherwise }
tag hot when spend > 50
segment big when spend > 50 {
  on enter split "salt" { 50% a send sms "A {spend|0}" cooldown 30d  50% control hold }
  on exit  do call
  every 1d send push "again" at most 2 times
}
segment golden when rank = gold and held(rank) >= 1d { on enter send sms "gold" once }
segment buyer when count(orders) > 0 { on each orders send push "paid {orders.amount}" }
segment best when top 10% by spend { on enter do note }
policy { limit 2 within 7d  quiet 22:00..08:00 }
"#;

/// A folder with rules, and the data of two days for so many users.
pub(super) fn shop(users: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shop.rules"), RULES).unwrap();
    for day in 1..=2_usize {
        let mut lines = String::new();
        for user in 0..users {
            let (spend, points) = ((user * 37 + day * user * 11) % 101, (user * 53 + day * user * 7) % 101);
            let hour = user % 24;
            lines.push_str(&format!(
                r#"{{"user_id":"u{user}","spend":{spend},"points":{points},"orders":[{{"order_id":"o{user}","paid_at":"2026-11-{:02}T{hour:02}:30","amount":{spend}}}]}}"#,
                20 + (user + 1) % 2
            ));
            lines.push('\n');
        }
        fs::write(folder.path().join(format!("day{day}.jsonl")), lines).unwrap();
    }
    folder
}

/// What is typed on a day.
fn words(day: usize) -> [String; 8] {
    let (file, as_of) = (format!("day{day}.jsonl"), format!("2026-11-{}T23:30", 19 + day));
    [
        "run",
        "shop.rules",
        &file,
        "-q",
        &format!("--as-of={as_of}"),
        "--state=state.db",
        "--actions=actions.jsonl",
        "--format=none",
    ]
    .map(str::to_owned)
}

pub(super) fn run(folder: &Path, day: usize, more: &[&str]) -> Output {
    let flag = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
    let mut words = words(day).to_vec();
    words.retain(|word| !word.starts_with("--") || more.iter().all(|more| flag(more) != flag(word)));
    command(folder, &words.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>())
}

fn start(folder: &Path, words: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tagwell"));
    command.args(words).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn put(from: &Path, to: &Path) {
    for old in ["state.db", "state.db-wal", "state.db-shm", "actions.jsonl"] {
        let _ = fs::remove_file(to.join(old));
    }
    fs::copy(from.join("state.db"), to.join("state.db")).unwrap();
}

/// Kills the run of the second day at so many moments, each followed by the run again.
fn killed(moments: u32) {
    let folder = shop(1500);
    let folder = folder.path();
    assert_eq!(run(folder, 1, &[]).status.code(), Some(0));
    let first = tempfile::tempdir().unwrap();
    put(folder, first.path());
    let before = dump(folder);

    let began = Instant::now();
    assert_eq!(run(folder, 2, &[]).status.code(), Some(0));
    let long = began.elapsed();
    let (after, actions) = (dump(folder), fs::read(folder.join("actions.jsonl")).unwrap());
    assert!(actions.len() > 10_000, "the second day decides much");

    let (mut halfway, mut through) = (0, 0);
    for moment in 0..moments {
        put(first.path(), folder);
        let words = words(2);
        let mut child = start(folder, &words.iter().map(String::as_str).collect::<Vec<_>>());
        std::thread::sleep(long * moment / moments + Duration::from_micros(u64::from(moment) * 97));
        child.kill().unwrap();
        child.wait().unwrap();
        // A reader finds one of the two whole runs.
        let found = dump(folder);
        assert!(
            found == before || found == after,
            "killed at moment {moment}: neither the run before nor the whole run"
        );
        if found == before {
            halfway += 1
        } else {
            through += 1
        }
        if let Ok(written) = fs::read(folder.join("actions.jsonl")) {
            assert_eq!(written, actions, "killed at moment {moment}: a file of decisions that is not whole");
            assert_eq!(found, after, "killed at moment {moment}: decisions are written that the state does not know");
        }
        let again = run(folder, 2, &[]);
        assert_eq!(again.status.code(), Some(0), "after moment {moment}: {}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(dump(folder), after, "after moment {moment}: the state is another than without the kill");
        assert_eq!(fs::read(folder.join("actions.jsonl")).unwrap(), actions, "after moment {moment}: other decisions");
    }
    assert!(halfway > 0, "no run was killed before its end ({through} were through)");
}

#[test]
fn killed_at_some_moments_and_run_again_it_is_as_if_never_killed() {
    killed(6);
}

#[test]
#[ignore = "takes a minute; the same at sixty moments"]
fn killed_at_sixty_moments_and_run_again_it_is_as_if_never_killed() {
    killed(60);
}

/// The first run of all is killed: there is no state before it.
#[test]
fn a_first_run_that_is_killed_leaves_room_for_the_first_run() {
    let folder = shop(1500);
    let folder = folder.path();
    let began = Instant::now();
    assert_eq!(run(folder, 1, &[]).status.code(), Some(0));
    let (long, after) = (began.elapsed(), dump(folder));
    for part in 1..4 {
        for old in ["state.db", "state.db-wal", "state.db-shm", "actions.jsonl"] {
            let _ = fs::remove_file(folder.join(old));
        }
        let words = words(1);
        let mut child = start(folder, &words.iter().map(String::as_str).collect::<Vec<_>>());
        std::thread::sleep(long * part / 4);
        child.kill().unwrap();
        child.wait().unwrap();
        let again = run(folder, 1, &[]);
        assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(dump(folder), after);
    }
}

#[test]
fn of_two_runs_at_once_the_second_says_so() {
    let folder = shop(50);
    let folder = folder.path();
    assert_eq!(run(folder, 1, &[]).status.code(), Some(0));
    let (before, day) = (dump(folder), fs::read(folder.join("day2.jsonl")).unwrap());
    // The first one waits for its users on standard input, and has opened the state.
    let mut first = start(
        folder,
        &[
            "run",
            "shop.rules",
            "--data",
            "users=jsonl:-",
            "--as-of=2026-11-21T23:30",
            "--state=state.db",
            "--actions=first.jsonl",
            "--format=none",
        ],
    );
    let mut input = first.stdin.take().unwrap();
    let second = (0..200).find_map(|_| {
        // A writer's mark beside the state says that it has begun.
        std::thread::sleep(Duration::from_millis(20));
        folder.join("state.db-wal").exists().then(|| run(folder, 2, &[]))
    });
    let second = second.unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{said}");
    assert!(said.contains("another run") && said.contains("help: "), "{said}");
    assert!(!folder.join("actions.jsonl").exists() || dump(folder) == before);
    input.write_all(&day).unwrap();
    drop(input);
    let first = first.wait_with_output().unwrap();
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    // Then the second may come, and finds it done.
    assert_eq!(run(folder, 2, &[]).status.code(), Some(0));
    assert_eq!(fs::read(folder.join("actions.jsonl")).unwrap(), fs::read(folder.join("first.jsonl")).unwrap());
}

#[test]
fn a_reader_is_not_kept_waiting_by_a_run() {
    let folder = shop(50);
    let folder = folder.path();
    assert_eq!(run(folder, 1, &[]).status.code(), Some(0));
    let writer = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let told = command(folder, &["actions", "--state", "state.db"]);
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
}

/// A run that cannot do it: exit 2, words of what is wrong and of what to do, and nothing half done.
struct Refused<'t> {
    flags: &'t [&'t str],
    says: &'t [&'t str],
}

fn refused(folder: &Path, refused: Refused<'_>) {
    let whole = |name: &str| fs::read(folder.join(name)).ok();
    let (before, state) = (dump(folder), whole("state.db"));
    let _ = fs::remove_file(folder.join("actions.jsonl"));
    let answer = run(folder, 2, refused.flags);
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert_eq!(answer.status.code(), Some(2), "{:?}: {said}", refused.flags);
    for words in refused.says {
        assert!(said.contains(words), "{:?} says nothing of `{words}`:\n{said}", refused.flags);
    }
    assert!(said.contains("help: "), "{:?} does not say what to do:\n{said}", refused.flags);
    assert_eq!(dump(folder), before, "{:?} left something in the state", refused.flags);
    assert_eq!(whole("state.db").is_some(), state.is_some());
    assert!(!folder.join("actions.jsonl").exists(), "{:?} left decisions", refused.flags);
}

#[test]
fn what_cannot_be_written_is_found_out_before_anything_is_recorded() {
    let folder = shop(200);
    let folder = folder.path();
    assert_eq!(run(folder, 1, &[]).status.code(), Some(0));
    refused(folder, Refused { flags: &["--actions=no/such/actions.jsonl"], says: &["no/such/actions.jsonl"] });
    refused(folder, Refused { flags: &["--actions=state.db"], says: &["state.db"] });
    refused(folder, Refused { flags: &["--out=state.db", "--format=jsonl"], says: &["state.db"] });
    refused(
        folder,
        Refused { flags: &["--actions=same.jsonl", "--out=same.jsonl", "--format=jsonl"], says: &["same.jsonl"] },
    );
    refused(folder, Refused { flags: &["--actions=day2.jsonl"], says: &["day2.jsonl"] });
    refused(folder, Refused { flags: &["--actions=shop.rules"], says: &["shop.rules"] });
    refused(folder, Refused { flags: &["--state=no/state.db"], says: &["no/state.db", "mkdir"] });
    refused(folder, Refused { flags: &["--state=."], says: &["`.`"] });
    refused(folder, Refused { flags: &["--state=day2.jsonl"], says: &["day2.jsonl", "is not a state"] });
    refused(folder, Refused { flags: &["--state=shop.rules"], says: &["shop.rules", "is not a state"] });
}

/// On a first run that is refused no state is left either.
#[test]
fn a_first_run_that_is_refused_leaves_no_state() {
    let folder = shop(20);
    let folder = folder.path();
    refused(folder, Refused { flags: &["--actions=no/such/actions.jsonl"], says: &["no/such/actions.jsonl"] });
}

#[test]
fn a_full_disk_leaves_the_last_whole_run() {
    // `/dev/full` is a disk that is always full.
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = shop(200);
    let folder = folder.path();
    assert_eq!(run(folder, 1, &[]).status.code(), Some(0));
    let first = tempfile::tempdir().unwrap();
    put(folder, first.path());
    let before = dump(folder);
    assert_eq!(run(folder, 2, &[]).status.code(), Some(0));
    let (after, actions) = (dump(folder), fs::read(folder.join("actions.jsonl")).unwrap());

    // A few decisions find no room.
    let few = shop(20);
    assert_eq!(run(few.path(), 1, &[]).status.code(), Some(0));
    let only = dump(few.path());
    let full = run(few.path(), 2, &["--actions=/dev/full"]);
    assert_eq!(full.status.code(), Some(2), "{}", String::from_utf8_lossy(&full.stderr));
    assert!(dump(few.path()) == only, "what nobody was told is recorded");

    // The decisions find no room: the run can be made again, and they are the same.
    put(first.path(), folder);
    let full = run(folder, 2, &["--actions=/dev/full"]);
    let said = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(2), "{said}");
    assert!(said.contains("the disk is full"), "{said}");
    assert!(dump(folder) == before || said.contains("tagwell actions"), "{said}");
    assert_eq!(run(folder, 2, &[]).status.code(), Some(0));
    assert!(dump(folder) == after && fs::read(folder.join("actions.jsonl")).unwrap() == actions);

    // The state finds no room: files may not grow over so many blocks.
    for blocks in [8, 64, 150, 400] {
        put(first.path(), folder);
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let limited = Command::new("sh")
            .arg("-c")
            .arg(script)
            .arg(env!("CARGO_BIN_EXE_tagwell"))
            .args(words(2))
            .current_dir(folder)
            .output();
        let limited = limited.unwrap();
        let said = String::from_utf8_lossy(&limited.stderr).into_owned();
        let found = dump(folder);
        match limited.status.code() {
            Some(0) => assert!(found == after),
            Some(2) => assert!(found == before || said.contains("tagwell actions"), "{blocks} blocks: {said}"),
            other => panic!("{blocks} blocks: {other:?}: {said}"),
        }
        assert_eq!(run(folder, 2, &[]).status.code(), Some(0));
        assert!(dump(folder) == after && fs::read(folder.join("actions.jsonl")).unwrap() == actions, "{blocks} blocks");
    }
}

#[test]
fn a_damaged_state_and_one_of_a_newer_version_are_refused_and_left() {
    let folder = shop(1500);
    let folder = folder.path();
    assert_eq!(run(folder, 1, &[]).status.code(), Some(0));
    let good = fs::read(folder.join("state.db")).unwrap();
    let spoilt = |spoil: fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        spoil(&mut bytes);
        bytes
    };
    let newer = |bytes: &mut Vec<u8>| bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    let torn = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 3);
    let overwritten = |bytes: &mut Vec<u8>| bytes[4096..40_960].fill(0xA5);
    let noise = |bytes: &mut Vec<u8>| bytes.fill(0x5A);
    for (says, bytes) in [
        ("newer tagwell", spoilt(newer)),
        ("damaged", spoilt(torn)),
        ("damaged", spoilt(overwritten)),
        ("is not a state", spoilt(noise)),
    ] {
        fs::write(folder.join("state.db"), &bytes).unwrap();
        let _ = fs::remove_file(folder.join("actions.jsonl"));
        for typed in [run(folder, 2, &[]), command(folder, &["actions", "--state", "state.db"])] {
            let said = String::from_utf8_lossy(&typed.stderr).into_owned();
            assert_eq!(typed.status.code(), Some(2), "{says}: {said}");
            assert!(said.contains(says) && said.contains("help: "), "{says}: {said}");
        }
        assert!(fs::read(folder.join("state.db")).unwrap() == bytes, "{says}: the file was changed");
        assert!(!folder.join("actions.jsonl").exists());
    }
}

#[cfg(unix)]
#[test]
fn where_nothing_may_be_written_the_run_says_so() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};

    let folder = shop(50);
    let folder = folder.path();
    assert_eq!(run(folder, 1, &[]).status.code(), Some(0));
    let before = fs::read(folder.join("state.db")).unwrap();
    fs::create_dir(folder.join("locked")).unwrap();
    fs::copy(folder.join("state.db"), folder.join("locked/state.db")).unwrap();
    let mode = |path: &str, mode| fs::set_permissions(folder.join(path), fs::Permissions::from_mode(mode)).unwrap();
    mode("state.db", 0o444);
    mode("locked/state.db", 0o444);
    mode("locked", 0o555);
    mode(".", 0o755);
    // Who may do everything is somebody else for this.
    let everything = fs::OpenOptions::new().append(true).open(folder.join("state.db")).is_ok();
    let typed = |words: &[String]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tagwell"));
        command.args(words).current_dir(folder);
        if everything {
            command.uid(65_534).gid(65_534);
        }
        command.output()
    };
    if !typed(&["--version".to_owned()]).is_ok_and(|answer| answer.status.success()) {
        eprintln!("skipped: nobody else may run the command here");
        return;
    }
    for state in ["state.db", "locked/state.db", "locked/new.db"] {
        let mut words = words(2).to_vec();
        words.retain(|word| !word.starts_with("--actions") && !word.starts_with("--state"));
        words.push(format!("--state={state}"));
        let answer = typed(&words).unwrap();
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(answer.status.code(), Some(2), "{state}: {said}");
        assert!(said.contains(state) && said.contains("help: "), "{state}: {said}");
    }
    mode("locked", 0o755);
    assert!(fs::read(folder.join("state.db")).unwrap() == before);
    assert!(!folder.join("locked/new.db").exists());
}
