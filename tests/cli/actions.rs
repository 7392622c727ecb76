//! `tagwell actions`: the ledger, written out.

use tagwell::state::{Decision, Kind, Run, Store};

use super::Place;

/// A state with a message of the first day and one that was stopped on the second.
fn shop() -> Place {
    let place = Place::with(&[]);
    let day = 86_400_000_000;
    let sent = Decision {
        action_id: "a1".into(),
        deed: "enter/1".into(),
        trigger: "enter".into(),
        reason: "data".into(),
        act: "send".into(),
        channel: Some("sms".into()),
        message: Some("朋友,\"50\" 元".into()),
        with: r#"{"coupon":50}"#.into(),
        not_before: Some(1_795_320_000_000_000),
        entered: 1_795_305_600_000_000,
        decided_at: 1_795_305_600_000_000,
        ..Decision::default()
    };
    let stopped = Decision {
        action_id: "a2".into(),
        stopped: Some("limit".into()),
        stopped_by: Some("limit sms 1 within 1d".into()),
        decided_at: sent.decided_at + day,
        ..sent.clone()
    };
    for decision in [sent, stopped] {
        let as_of = decision.decided_at;
        let run = Run { as_of, timezone: "Asia/Shanghai".into(), key_type: "text".into(), ..Run::default() };
        let mut recording = Store::open(place.path("shop.state")).unwrap().begin(&run).unwrap();
        let segment = recording.name(Kind::Segment, "win_back").unwrap();
        let user = recording.add_user(&format!("u-{}", decision.action_id), 0).unwrap();
        recording.decide(user, segment, decision).unwrap();
        recording.commit().unwrap();
    }
    place
}

const FIRST: &str = concat!(
    r#"{"action_id":"a1","user_id":"u-a1","segment":"win_back","trigger":"enter","reason":"data","do":"send","channel":"sms","#,
    r#""message":"朋友,\"50\" 元","with":{"coupon":50},"variant":null,"not_before":"2026-11-22T12:00:00+08:00","not_after":null,"#,
    r#""stopped":null,"stopped_by":null,"as_of":"2026-11-22T08:00:00+08:00"}"#,
    "\n"
);

#[test]
fn decisions_are_written_in_the_order_decided() {
    let answer = shop().run(&["actions", "--state", "shop.state"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let (first, second) = answer.out.split_at(FIRST.len());
    assert_eq!(first, FIRST);
    assert!(
        second.contains(r#""action_id":"a2""#)
            && second.contains(r#""stopped":"limit","stopped_by":"limit sms 1 within 1d""#)
    );
    assert_eq!(answer.err, "2 decisions\n");
}

#[test]
fn since_is_a_moment_in_the_rulebooks_zone() {
    let place = shop();
    for (since, expected) in [
        ("2026-11-22", 2),
        ("2026-11-22T08:00", 2),
        ("2026-11-22T08:00:01", 1),
        ("2026-11-22T00:00Z", 2),
        ("2027-01-01", 0),
    ] {
        let answer = place.run(&["actions", "--state", "shop.state", "--since", since]);
        assert_eq!((answer.code, answer.out.lines().count()), (0, expected), "{since}");
    }
    let answer = place.run(&["actions", "--state", "shop.state", "--since", "yesterday"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("--since: `yesterday`"), "{answer:?}");
}

#[test]
fn csv_and_parquet_hold_the_same() {
    let place = shop();
    assert_eq!(place.run(&["actions", "--state", "shop.state", "--out", "a.csv"]).code, 0);
    let csv = place.read("a.csv");
    let header = "action_id,user_id,segment,trigger,reason,do,channel,message,with,variant,not_before,not_after,stopped,stopped_by,as_of\n";
    let first = "a1,u-a1,win_back,enter,data,send,sms,\"朋友,\"\"50\"\" 元\",\"{\"\"coupon\"\":50}\",,2026-11-22T12:00:00+08:00,,,,2026-11-22T08:00:00+08:00\n";
    assert!(csv.starts_with(&format!("{header}{first}")), "{csv}");

    assert_eq!(place.run(&["actions", "--state", "shop.state", "--out", "a.parquet"]).code, 0);
    place.write("all.rules", "table a key action_id { action_id: text  message: text?  as_of: timestamp  stopped: text? }\ntag stopped_tag when stopped = \"limit\"\ntag morning when as_of = 2026-11-22T00:00Z and message contains \"50\"\n");
    let answer = place.run(&["run", "all.rules", "a.parquet", "--format", "jsonl", "--as-of", "2026-11-24"]);
    assert_eq!(
        answer.out,
        "{\"action_id\":\"a1\",\"tags\":[\"morning\"],\"segments\":[]}\n{\"action_id\":\"a2\",\"tags\":[\"stopped_tag\"],\"segments\":[]}\n",
        "{answer:?}"
    );
}

#[test]
fn what_is_no_state_is_refused_with_2() {
    let place = Place::with(&[("users.csv", "user_id\nu1\n"), ("empty", "")]);
    for (file, said) in [
        ("users.csv", "`users.csv` is not a state of tagwell"),
        ("none", "there is no state at `none`"),
        ("empty", "the state `empty` holds no run yet"),
    ] {
        let answer = place.run(&["actions", "--state", file]);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{answer:?}");
        assert!(answer.err.contains(said) && answer.err.contains("help:"), "{answer:?}");
    }
    assert_eq!(place.read("users.csv"), "user_id\nu1\n");
}
