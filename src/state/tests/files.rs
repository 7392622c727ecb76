//! Files: what is ours and what is not, who may record, and what is said where it cannot be done.

use std::fs;

use rusqlite::Connection;

use super::{Place, begin};
use crate::state::{Kind, KnownList, Reader, Run, StateError, Store, file};

/// The headline and what to do, with the folder's name taken out.
fn told(place: &Place, error: &StateError) -> String {
    let folder = place.file().parent().unwrap().display().to_string();
    format!("{error}\n  help: {}", error.help()).replace(&folder, "DIR")
}

#[test]
fn what_is_no_state_is_refused_and_left_as_it_is() {
    for content in ["user_id,points\nu1,5\n", "x", &"long text ".repeat(1000)] {
        let place = Place::new();
        fs::write(place.file(), content).unwrap();
        let refused = Store::open(place.file()).unwrap_err();
        assert!(matches!(refused, StateError::Foreign(_)), "{refused:?}");
        assert!(matches!(Reader::open(place.file()).unwrap_err(), StateError::Foreign(_)));
        assert_eq!(fs::read_to_string(place.file()).unwrap(), content);
    }
}

#[test]
fn a_database_of_somebody_else_is_refused_and_left_as_it_is() {
    let place = Place::new();
    let theirs = Connection::open(place.file()).unwrap();
    theirs.execute_batch("CREATE TABLE runs (number INTEGER); INSERT INTO runs VALUES (7)").unwrap();
    drop(theirs);
    let before = fs::read(place.file()).unwrap();
    let refused = Store::open(place.file()).unwrap_err();
    insta::assert_snapshot!(told(&place, &refused), @"
    `DIR/shop.state` is not a state of tagwell
      help: it was left as it is; give `--state` another path
    ");
    assert!(matches!(Reader::open(place.file()).unwrap_err(), StateError::Foreign(_)));
    assert_eq!(fs::read(place.file()).unwrap(), before);
}

#[test]
fn a_state_of_a_newer_version_is_refused() {
    let place = Place::new();
    begin(&place.file(), 1).commit().unwrap();
    Connection::open(place.file()).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    insta::assert_snapshot!(told(&place, &Store::open(place.file()).unwrap_err()), @"
    the state `DIR/shop.state` was written by a newer tagwell (version 9 of its tables; this one knows 8)
      help: use that tagwell, or a newer one; or give `--state` another path to begin anew
    ");
    assert!(matches!(Reader::open(place.file()).unwrap_err(), StateError::Newer { version: 9, .. }));
}

#[test]
fn a_state_of_the_first_version_is_read_and_brought_up_to_date() {
    let place = Place::new();
    let old = Connection::open(place.file()).unwrap();
    old.execute_batch(&file::written_out(include_str!("../version_1.sql"))).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 0x5467776c; PRAGMA user_version = 1;
         INSERT INTO runs VALUES (1, 10, 'shop', 'abc', '0.1.0', 'UTC', 'text', NULL);
         INSERT INTO lists VALUES ('blocked', -5);
         INSERT INTO names VALUES (1, 'segment', 'win_back', 1);
         INSERT INTO users VALUES (1, 'u1', 11, NULL, 1), (3, 'u3', -13, 5, 0), (70000, 'u7', 17, NULL, 0);
         INSERT INTO memberships VALUES (1, 3, NULL, 10);
         INSERT INTO decisions (action_id, run, user, segment, deed, trigger, reason, do, with, entered, decided_at, exempt)
           VALUES ('a', 1, 1, 1, '0.0', 'enter', 'data', 'hold', '{}', 10, 10, 0);
         CREATE VIEW mine AS SELECT user FROM memberships;",
    )
    .unwrap();
    drop(old);
    let told = |remembered: &crate::state::Remembered| {
        let of = |user| (remembered.key(user).map(str::to_owned), remembered.fingerprint(user));
        let more = |user| (remembered.absent_since(user), remembered.has_past(user));
        [1, 3, 70_000].map(|user| (of(user), more(user)))
    };
    let known = [
        ((Some("u1".into()), Some(11)), (None, true)),
        ((Some("u3".into()), Some(-13)), (Some(5), false)),
        ((Some("u7".into()), Some(17)), (None, false)),
    ];
    let reader = Reader::open(place.file()).unwrap();
    assert_eq!(told(&reader.remembered().unwrap()), known);
    let blocked = KnownList { name: "blocked".into(), fingerprint: -5, entries: None };
    assert_eq!(reader.last_run().run.lists, [blocked]);
    drop(reader);

    let store = Store::open(place.file()).unwrap();
    let remembered = store.remembered(2).unwrap();
    assert_eq!(told(&remembered), known);
    let win_back = store.name(Kind::Segment, "win_back").unwrap();
    assert_eq!(remembered.members(win_back).collect::<Vec<_>>(), [3]);
    // A run that does not become whole leaves the file as it was.
    drop(store);
    let version = |path: &std::path::Path| {
        Connection::open(path).unwrap().query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(version(&place.file()), 1);
    begin(&place.file(), 20).commit().unwrap();
    assert_eq!(version(&place.file()), 8);
    let remembered = Store::open(place.file()).unwrap().remembered(2).unwrap();
    assert_eq!(told(&remembered), known);
    assert_eq!(remembered.members(win_back).collect::<Vec<_>>(), [3]);
    // A view that somebody made reads what is called so now.
    let mine = "SELECT sql FROM sqlite_schema WHERE name = 'mine'";
    let mine = Connection::open(place.file()).unwrap().query_row(mine, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(mine, "CREATE VIEW mine AS SELECT user FROM memberships");
}

#[test]
fn decisions_of_a_state_of_the_sixth_and_seventh_versions_stay_what_they_are() {
    let place = Place::new();
    let old = Connection::open(place.file()).unwrap();
    let steps = file::STEPS.iter().take(6).map(|step| file::written_out(step));
    old.execute_batch(&steps.collect::<String>()).unwrap();
    old.execute_batch(
        "ALTER TABLE users DROP COLUMN fingerprint;
         PRAGMA application_id = 0x5467776c; PRAGMA user_version = 6;
         INSERT INTO runs VALUES (1, 10, 'shop', 'abc', '0.1.0', 'UTC', 'text', NULL), (2, 20, 'shop', 'abc', '0.1.0', 'UTC', 'text', NULL);
         INSERT INTO names VALUES (1, 'segment', 'win_back', 1), (2, 'segment', 'vip', 1);
         INSERT INTO users VALUES (1, 'u1', NULL), (2, 'u2', NULL);
         CREATE VIEW mine AS SELECT action_id FROM decisions;
         WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 400)
           INSERT INTO decisions
           SELECT n + n / 100, CASE WHEN n % 50 = 0 THEN printf('%X-other', n) ELSE lower(hex(randomblob(16))) END, 1 + n / 300, 1 + n % 2, 1 + n / 2 % 2,
                  '0.' || (n % 3), 'enter', 'data', 'send', CASE WHEN n % 5 > 0 THEN 'sms' END, CASE WHEN n % 7 = 0 THEN 'a' END,
                  CASE WHEN n % 4 > 0 THEN 'hi ' || n END, CASE WHEN n % 6 = 0 THEN json_object('n', n) ELSE json_object() END,
                  CASE WHEN n % 8 = 0 THEN n END, CASE WHEN n % 9 = 0 THEN -n END, CASE WHEN n % 10 = 0 THEN 'limit' END,
                  CASE WHEN n % 10 = 0 THEN 'limit 1' END, n % 11, CASE WHEN n % 12 = 0 THEN n END, 10 + n / 300 * 10, n % 13 = 0
           FROM many;",
    )
    .unwrap();
    let all = |database: &Connection| {
        let mut asked = database.prepare("SELECT * FROM decisions ORDER BY number").unwrap();
        let columns: Vec<String> = asked.column_names().map(str::to_owned).collect();
        let row =
            |row: &rusqlite::Row<'_>| (0..columns.len()).map(|at| row.get::<_, rusqlite::types::Value>(at)).collect();
        let rows: Vec<Vec<_>> = asked.query_map([], row).unwrap().map(Result::unwrap).collect();
        (columns, rows)
    };
    let before = all(&old);
    // Of the seventh there may be files, too, and views of its tables.
    old.execute_batch(&file::written_out(file::STEPS[6])).unwrap();
    old.execute_batch("PRAGMA user_version = 7; CREATE VIEW own AS SELECT action_id FROM ledger").unwrap();
    assert_eq!(all(&old), before);
    drop(old);
    assert_eq!(before.1.len(), 400);
    let deeds = Reader::open(place.file()).unwrap().past_deeds(1).unwrap();
    begin(&place.file(), 30).commit().unwrap();
    let now = Connection::open(place.file()).unwrap();
    assert_eq!(all(&now), before);
    assert_eq!(Reader::open(place.file()).unwrap().past_deeds(1).unwrap(), deeds);
    let count = |query: &str| now.query_row(query, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM mine"), 400);
    assert_eq!(count("SELECT count(*) FROM own"), 400);
    assert_eq!(count("SELECT count(*) FROM ledger WHERE typeof(action_id) = 'blob'"), 392);
    assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    now.execute_batch("PRAGMA foreign_keys = ON; DELETE FROM decisions WHERE user = 1").unwrap();
    assert_eq!(count("SELECT count(*) FROM decisions WHERE user = 1 OR number IS NULL"), 0);
    assert_eq!(count("SELECT count(*) FROM decisions"), 200);
}

#[test]
fn an_empty_file_becomes_a_state_and_holds_no_run_before() {
    let place = Place::new();
    fs::write(place.file(), "").unwrap();
    assert!(matches!(Reader::open(place.file()).unwrap_err(), StateError::Empty(_)));
    assert!(Store::open(place.file()).unwrap().last_run().is_none());
    begin(&place.file(), 5).commit().unwrap();
    assert_eq!(Reader::open(place.file()).unwrap().last_run().run.as_of, 5);
}

#[test]
fn a_folder_that_is_not_there_and_a_file_that_is_not_there_are_told_of() {
    let place = Place::new();
    let deep = place.file().with_file_name("deep").join("shop.state");
    insta::assert_snapshot!(told(&place, &Store::open(&deep).unwrap_err()), @"
    cannot create the state `DIR/deep/shop.state`: there is no folder `DIR/deep`
      help: make it with `mkdir -p DIR/deep`
    ");
    insta::assert_snapshot!(told(&place, &Reader::open(place.file()).unwrap_err()), @"
    there is no state at `DIR/shop.state`
      help: a state is made by `tagwell run RULES FILE --state DIR/shop.state`; look at the path
    ");
    let folder = place.file().parent().unwrap().to_owned();
    insta::assert_snapshot!(told(&place, &Store::open(folder).unwrap_err()), @"
    cannot open the state `DIR`: it is a folder
      help: look at the path, which is a file's, and at who may read and write there
    ");
}

#[test]
fn of_two_who_record_the_second_is_told_and_readers_see_the_last_whole_run() {
    let place = Place::new();
    begin(&place.file(), 1).commit().unwrap();
    let mut first = begin(&place.file(), 2);
    first.add_user("u1", 1).unwrap();
    insta::assert_snapshot!(told(&place, &Store::open(place.file()).unwrap_err()), @"
    the state `DIR/shop.state` is in use: another run is recording in it
      help: wait until it has ended and try again; nothing was changed
    ");
    let reader = Reader::open(place.file()).unwrap();
    first.commit().unwrap();
    assert_eq!(reader.last_run().run.as_of, 1);
    assert!(reader.remembered().unwrap().number("u1").is_none());
    assert_eq!(Reader::open(place.file()).unwrap().last_run().run.as_of, 2);
    assert!(Store::open(place.file()).is_ok());
}

#[test]
fn of_two_who_make_a_state_the_second_is_told() {
    let place = Place::new();
    let first = Store::open(place.file()).unwrap();
    assert!(matches!(Store::open(place.file()).unwrap_err(), StateError::Busy(_)));
    drop(first);
    assert!(Store::open(place.file()).is_ok());
}

#[test]
fn where_the_disk_is_full_the_last_run_stays() {
    let place = Place::new();
    let mut recording = begin(&place.file(), 1);
    recording.add_user("u1", 1).unwrap();
    recording.commit().unwrap();
    let store = Store::open(place.file()).unwrap();
    store.database.execute_batch("PRAGMA max_page_count = 40").unwrap();
    let mut recording = store.begin(&Run { as_of: 2, ..Run::default() }).unwrap();
    for user in 0..10_000 {
        recording.add_user(&format!("new{user}"), 1).unwrap();
    }
    insta::assert_snapshot!(told(&place, &recording.commit().unwrap_err()), @"
    cannot write the state `DIR/shop.state`: the disk is full
      help: make room and run again: the state is as the last whole run left it
    ");
    let store = Store::open(place.file()).unwrap();
    assert_eq!(store.last_run().unwrap().run.as_of, 1);
    assert_eq!(store.remembered(2).unwrap().last_number(), 1);
}

#[test]
fn a_damaged_state_is_told_of() {
    let place = Place::new();
    let mut recording = begin(&place.file(), 1);
    let vip = recording.name(Kind::Tag, "vip").unwrap();
    for user in 0..20_000 {
        let user = recording.add_user(&format!("u{user}"), 1).unwrap();
        recording.enter(user, vip, None, 1).unwrap();
    }
    recording.commit().unwrap();
    let mut bytes = fs::read(place.file()).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0x5a);
    fs::write(place.file(), bytes).unwrap();
    let error = Store::open(place.file()).and_then(|store| store.remembered(2)).unwrap_err();
    assert!(matches!(error, StateError::Damaged { .. }), "{error:?}");
}

#[test]
fn the_same_key_twice_is_refused_in_the_first_run_and_later() {
    for already in [false, true] {
        let place = Place::new();
        if already {
            let mut recording = begin(&place.file(), 1);
            recording.add_user("u0", 1).unwrap();
            recording.commit().unwrap();
        }
        let mut recording = begin(&place.file(), 2);
        recording.add_user("u1", 1).unwrap();
        recording.add_user("u1", 2).unwrap();
        let error = recording.commit().unwrap_err();
        assert!(matches!(error, StateError::SameKey(_)), "{error:?}");
    }
}
