//! What is written, read again: through the types, and with SQL as people and other tools do it.

use rusqlite::Connection;

use super::{Place, begin};
use crate::state::{
    Decision, Kept, Kind, KnownDeed, KnownList, LedgerRow, PastDeed, Reader, Run, StateError, Store, Touch,
};

const HOUR: i64 = 3_600_000_000;

/// A run of a day in which much happens, and one of the next.
fn two_days(place: &Place) {
    let run = Run {
        as_of: HOUR,
        rulebook: "shop".into(),
        rules: "abc".into(),
        version: "0.1.0".into(),
        timezone: "Asia/Shanghai".into(),
        key_type: "text".into(),
        files: vec![("b.rules".into(), "tag b when x > 1".into()), ("a.rules".into(), "".into())],
        params: vec![("churn".into(), "30d".into())],
        lists: vec![KnownList { name: "blocked".into(), fingerprint: -5, entries: Some(3) }],
        population: Some(i64::MIN),
    };
    let mut recording = Store::open(place.file()).unwrap().begin(&run).unwrap();
    let (win_back, level) =
        (recording.name(Kind::Segment, "win_back").unwrap(), recording.name(Kind::Level, "member").unwrap());
    let (gold, red) = (recording.value(level, "gold").unwrap(), recording.value(level, "red").unwrap());
    let (u1, u2) = (recording.add_user("u1", 11).unwrap(), recording.add_user("会员 2", -1).unwrap());
    recording.enter(u1, win_back, None, HOUR).unwrap();
    recording.transition(u1, win_back, true, "first").unwrap();
    recording.enter(u1, level, Some(gold), HOUR).unwrap();
    recording.enter(u2, level, Some(red), HOUR).unwrap();
    recording.set_kept(u1, gold, Some(Kept { reached: None, held: true })).unwrap();
    recording.set_kept(u2, gold, Some(Kept { reached: Some(-1), held: false })).unwrap();
    recording.decide(u1, win_back, message(HOUR)).unwrap();
    recording.commit().unwrap();

    let mut recording = begin(&place.file(), 25 * HOUR);
    recording.absent(u1, HOUR).unwrap();
    recording.enter(u2, win_back, None, 25 * HOUR + 500_000).unwrap();
    recording.transition(u2, win_back, true, "data").unwrap();
    recording.decide(u2, win_back, stopped(25 * HOUR)).unwrap();
    recording.commit().unwrap();
}

fn message(decided_at: i64) -> Decision {
    Decision {
        action_id: "0a".into(),
        deed: "enter/1".into(),
        trigger: "enter".into(),
        reason: "data".into(),
        act: "send".into(),
        channel: Some("sms".into()),
        variant: Some("noon".into()),
        message: Some("朋友,\n\"50\" 元".into()),
        with: r#"{"coupon":50}"#.into(),
        not_before: Some(2 * HOUR),
        not_after: Some(3 * HOUR),
        stopped: None,
        stopped_by: None,
        entered: HOUR,
        occasion: Some("1".into()),
        decided_at,
        exempt: true,
    }
}

fn stopped(decided_at: i64) -> Decision {
    Decision {
        action_id: "0b".into(),
        stopped: Some("limit".into()),
        stopped_by: Some("limit sms 1 within 1d".into()),
        message: None,
        decided_at,
        ..message(decided_at)
    }
}

fn row(run: i64, user: &str, decision: Decision) -> LedgerRow {
    LedgerRow { run, user: user.into(), segment: "win_back".into(), decision }
}

#[test]
fn the_last_run_is_told_with_its_rules_parameters_and_lists() {
    let place = Place::new();
    two_days(&place);
    let store = Store::open(place.file()).unwrap();
    let last = store.last_run().unwrap();
    assert_eq!((last.number, last.run.as_of, last.run.files.len()), (2, 25 * HOUR, 0));
    let again = Run {
        files: vec![("z".into(), "1".into()), ("a".into(), "2".into())],
        population: Some(3),
        ..last.run.clone()
    };
    store.begin(&again).unwrap().commit().unwrap();
    assert_eq!(Reader::open(place.file()).unwrap().last_run().run, again);
}

#[test]
fn what_users_were_in_is_remembered() {
    let place = Place::new();
    two_days(&place);
    for threads in [1, 2, 5] {
        let store = Store::open(place.file()).unwrap();
        let remembered = store.remembered(threads).unwrap();
        let (u1, u2) = (remembered.number("u1").unwrap(), remembered.number("会员 2").unwrap());
        assert_eq!((u1, u2, remembered.number("u3")), (1, 2, None));
        assert_eq!(remembered.numbers(&["u1", "会员 2", "u3"], 0), [Some(1), Some(2), None]);
        assert_eq!(remembered.all().collect::<Vec<_>>(), [1, 2]);
        let (win_back, level) =
            (store.name(Kind::Segment, "win_back").unwrap(), store.name(Kind::Level, "member").unwrap());
        let (gold, red) = (store.value(level, "gold").unwrap(), store.value(level, "red").unwrap());
        assert_eq!(remembered.since(win_back, u1), Some((None, HOUR)));
        assert_eq!(remembered.since(level, u1), Some((Some(gold), HOUR)));
        assert_eq!(remembered.since(level, u2), Some((Some(red), HOUR)));
        assert_eq!(remembered.members(win_back).collect::<Vec<_>>(), [1, 2]);
        let kept = remembered.kept(gold, u1).unwrap();
        assert_eq!((kept.held, remembered.reached(kept, u1)), (true, HOUR), "absent since the first run");
        assert_eq!(remembered.kept(gold, u2), Some(Kept { reached: Some(-1), held: false }));
        assert_eq!(remembered.kept(red, u2), None);
        assert_eq!((remembered.fingerprint(u1), remembered.fingerprint(u2)), (Some(11), Some(-1)));
        assert_eq!((remembered.absent_since(u1), remembered.absent_since(u2)), (Some(HOUR), None));
        assert_eq!((remembered.has_past(u1), remembered.has_past(u2), remembered.has_past(0)), (true, true, false));
        // Numbers that nobody has.
        assert_eq!((remembered.key(0), remembered.key(3), remembered.key(u32::MAX)), (None, None, None));
        assert_eq!((remembered.since(win_back, u32::MAX), remembered.fingerprint(3)), (None, None));
    }
}

#[test]
fn a_name_is_new_in_the_run_that_first_evaluates_it() {
    let place = Place::new();
    two_days(&place);
    let mut recording = begin(&place.file(), 49 * HOUR);
    let old = recording.name(Kind::Segment, "win_back").unwrap();
    let new = recording.name(Kind::Tag, "win_back").unwrap();
    assert_ne!(old, new);
    assert!(!recording.is_first_run_of(old));
    assert!(recording.is_first_run_of(new));
    assert_eq!(recording.name(Kind::Tag, "win_back").unwrap(), new);
}

#[test]
fn the_ledger_gives_back_every_field_in_the_order_decided() {
    let place = Place::new();
    two_days(&place);
    let reader = Reader::open(place.file()).unwrap();
    let both = [row(1, "u1", message(HOUR)), row(2, "会员 2", stopped(25 * HOUR))];
    let cases = [
        (None, None, &both[..]),
        (Some(HOUR), None, &both[..]),
        (Some(HOUR + 1), None, &both[1..]),
        (Some(26 * HOUR), None, &[]),
        (None, Some(1), &both[..1]),
        (Some(HOUR + 1), Some(1), &[]),
    ];
    for (since, run, expected) in cases {
        let mut found = vec![];
        let tell = |row| {
            found.push(row);
            Ok::<(), StateError>(())
        };
        reader.ledger().decisions(since, run, tell).unwrap();
        assert_eq!(found, expected, "since {since:?}, of run {run:?}");
    }
    let mut touches = vec![];
    let tell = |row| {
        touches.push(row);
        Ok::<(), StateError>(())
    };
    reader.ledger().touches(tell).unwrap();
    let sent = Touch {
        user: "u1".into(),
        decided_at: HOUR,
        segment: "win_back".into(),
        act: "send".into(),
        channel: Some("sms".into()),
        variant: Some("noon".into()),
        stopped: None,
    };
    let held = Touch { user: "会员 2".into(), decided_at: 25 * HOUR, stopped: Some("limit".into()), ..sent.clone() };
    assert_eq!(touches, [sent, held]);
}

#[test]
fn decisions_since_a_moment_are_found_among_many_and_among_none() {
    let place = Place::new();
    let since = |since: i64| {
        let mut found = vec![];
        let tell = |row: LedgerRow| {
            found.push(row.decision.decided_at);
            Ok::<(), StateError>(())
        };
        Reader::open(place.file()).unwrap().ledger().decisions(Some(since), None, tell).unwrap();
        found
    };
    begin(&place.file(), 1).commit().unwrap();
    assert!(since(0).is_empty());
    let mut all = vec![];
    for day in 2..9 {
        let mut recording = begin(&place.file(), day);
        let win_back = recording.name(Kind::Segment, "win_back").unwrap();
        let user = recording.add_user(&format!("u{day}"), 0).unwrap();
        for number in 0..day % 4 {
            let decision = Decision { action_id: format!("{day}-{number}"), ..message(day) };
            recording.decide(user, win_back, decision).unwrap();
            all.push(day);
        }
        recording.commit().unwrap();
    }
    for moment in 0..11 {
        assert_eq!(since(moment), all.iter().copied().filter(|day| *day >= moment).collect::<Vec<_>>(), "{moment}");
    }
    // Somebody was forgotten.
    let forget = "DELETE FROM decisions WHERE user = (SELECT number FROM users WHERE key = 'u6')";
    Connection::open(place.file()).unwrap().execute_batch(forget).unwrap();
    all.retain(|day| *day != 6);
    for moment in 0..11 {
        assert_eq!(since(moment), all.iter().copied().filter(|day| *day >= moment).collect::<Vec<_>>(), "{moment}");
    }
}

#[test]
fn past_deeds_are_those_of_earlier_runs() {
    let place = Place::new();
    two_days(&place);
    let mut recording = begin(&place.file(), 49 * HOUR);
    let win_back = recording.name(Kind::Segment, "win_back").unwrap();
    recording.decide(1, win_back, Decision { action_id: "0c".into(), ..message(49 * HOUR) }).unwrap();
    let past = PastDeed {
        segment: win_back,
        deed: "enter/1".into(),
        trigger: "enter".into(),
        act: "send".into(),
        channel: Some("sms".into()),
        decided_at: HOUR,
        entered: HOUR,
        occasion: Some("1".into()),
        stopped: None,
        exempt: true,
    };
    assert_eq!(recording.past_deeds(1).unwrap(), std::slice::from_ref(&past));
    assert_eq!(recording.past_deeds(7).unwrap(), []);
    recording.commit().unwrap();
    let later = Store::open(place.file()).unwrap().past_deeds(1).unwrap();
    assert_eq!(later, [past.clone(), PastDeed { decided_at: 49 * HOUR, ..past }]);
}

#[test]
fn an_action_that_is_decided_twice_is_a_defect_that_is_told() {
    let place = Place::new();
    two_days(&place);
    let mut recording = begin(&place.file(), 49 * HOUR);
    let win_back = recording.name(Kind::Segment, "win_back").unwrap();
    recording.decide(1, win_back, message(49 * HOUR)).unwrap();
    assert!(matches!(recording.commit().unwrap_err(), StateError::SameAction(_)));
}

#[test]
fn a_segments_deeds_are_those_of_the_last_run_that_noted_them() {
    let place = Place::new();
    two_days(&place);
    let deed = |deed: &str, place: Option<&str>| KnownDeed {
        deed: deed.into(),
        place: place.map(str::to_owned),
        trigger: "enter".into(),
        words: "send sms \"hi\"".into(),
    };
    let mut recording = begin(&place.file(), 49 * HOUR);
    let win_back = recording.name(Kind::Segment, "win_back").unwrap();
    recording.set_deeds(win_back, &[deed("0.0", Some("0.0")), deed("0.1", None)]).unwrap();
    recording.set_deeds(win_back, &[deed("0.0", Some("0.1"))]).unwrap();
    recording.commit().unwrap();
    assert_eq!(Store::open(place.file()).unwrap().deeds(win_back).unwrap(), [deed("0.0", Some("0.1"))]);
    assert_eq!(Reader::open(place.file()).unwrap().deeds(win_back).unwrap(), [deed("0.0", Some("0.1"))]);
}

#[test]
fn no_row_refers_to_what_is_not_there() {
    let place = Place::new();
    two_days(&place);
    let database = Connection::open(place.file()).unwrap();
    let mut broken = database.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(broken.query([]).unwrap().next().unwrap().is_none());
}

#[test]
fn the_views_write_moments_and_names_out() {
    let place = Place::new();
    two_days(&place);
    let database = Connection::open(place.file()).unwrap();
    let mut shown = String::new();
    for view in ["v_runs", "v_users", "v_memberships", "v_kept", "v_transitions", "v_decisions"] {
        let mut statement = database.prepare(&format!("SELECT * FROM {view}")).unwrap();
        let columns = statement.column_names().collect::<Vec<_>>().join("|");
        shown.push_str(&format!("{view}: {columns}\n"));
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..columns.split('|').count()).map(|at| match row.get_ref(at).unwrap() {
                rusqlite::types::ValueRef::Null => "-".to_owned(),
                rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).replace('\n', "\\n"),
                other => other.as_i64().unwrap().to_string(),
            });
            shown.push_str(&format!("  {}\n", cells.collect::<Vec<_>>().join("|")));
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_page_about_the_file_names_every_table_and_column_and_its_questions_can_be_asked() {
    let place = Place::new();
    two_days(&place);
    let database = Connection::open(place.file()).unwrap();
    let page = include_str!("../../../docs/state.md");
    let mut columns = database
        .prepare(
            "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
             WHERE tables.type IN ('table', 'view')",
        )
        .unwrap();
    let columns = columns.query_map([], |row| Ok([row.get::<_, String>(0)?, row.get(1)?])).unwrap();
    for name in columns.flat_map(Result::unwrap) {
        assert!(page.contains(&format!("`{name}`")), "docs/state.md does not tell of `{name}`");
    }
    let questions: Vec<&str> = page.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(questions.len() > 3);
    for question in questions {
        let asked = database.prepare(question).and_then(|mut it| it.query([])?.next().map(|_| ()));
        assert!(asked.is_ok(), "{question}: {asked:?}");
    }
}
