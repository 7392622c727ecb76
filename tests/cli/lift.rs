//! `tagwell lift`: what messages brought.

use tagwell::state::{Decision, Kind, Run, Store};

use super::Place;

const RULES: &str = r#"table users key user_id { user_id: text }
table outcomes of users by user_id at happened_at from "outcomes.csv" { user_id: text  happened_at: timestamp  outcome: text }
table orders of users by user_id at ordered_at from "orders.csv" { user_id: text  ordered_at: date }
table visits of users by user_id { user_id: text }
"#;

/// 70 were messaged at noon, 80 held out, one was stopped and one is too new; of the first 56 converted, of the second 48:
/// the first example of Newcombe's table.
fn shop() -> Place {
    let mut outcomes = "user_id,happened_at,outcome\n".to_owned();
    let mut day = |users: &[(String, Decision)], as_of| {
        for (user, decision) in users {
            let number = user.get(1..).and_then(|it| it.parse::<u32>().ok()).unwrap_or(99);
            let limit = if decision.act == "hold" { 48 } else { 56 };
            let what = if number < limit { "converted" } else { "opened" };
            outcomes.push_str(&format!("{user},2026-11-24T10:00,{what}\n"));
        }
        (users.to_vec(), as_of)
    };
    let decide = |user: String, act: &str, variant: &str, stopped: Option<&str>, decided_at| {
        let decision = Decision {
            action_id: user.clone(),
            trigger: "enter".into(),
            act: act.to_owned().into(),
            variant: Some(variant.into()),
            with: "{}".into(),
            stopped: stopped.map(|it| it.to_owned().into()),
            decided_at,
            ..Decision::default()
        };
        (user, decision)
    };
    let first = 1_795_305_600_000_000; // 2026-11-22
    let mut users: Vec<_> = (0..70).map(|it| decide(format!("n{it}"), "send", "noon", None, first)).collect();
    users.extend((0..80).map(|it| decide(format!("h{it}"), "hold", "control", None, first)));
    users.push(decide("stopped".into(), "send", "noon", Some("limit"), first));
    let later = first + 8 * 86_400_000_000;
    let days = [day(&users, first), day(&[decide("late".into(), "send", "noon", None, later)], later)];
    let place = Place::with(&[
        ("shop.rules", RULES),
        ("orders.csv", "user_id,ordered_at\nn1,2026-11-23\nn1,2026-11-24\nh3,2026-11-21\n"),
    ]);
    place.write("outcomes.csv", outcomes);
    for (users, as_of) in days {
        let mut recording =
            Store::open(place.path("shop.state")).unwrap().begin(&Run { as_of, ..Run::default() }).unwrap();
        let segment = recording.name(Kind::Segment, "win_back").unwrap();
        for (user, decision) in users {
            let user = recording.add_user(&user, 0).unwrap();
            recording.decide(user, segment, decision).unwrap();
        }
        recording.commit().unwrap();
    }
    place
}

#[test]
fn treated_and_held_out_stand_side_by_side() {
    let answer = shop().run(&["lift", "shop.rules", "--state", "shop.state"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    insta::assert_snapshot!(answer.out, @"
    segment   trigger  variant             users  converted  rate     lift    95 %
    ────────  ───────  ──────────────────  ─────  ─────────  ───────  ──────  ───────────────
    win_back  enter    noon                70     56         80.00 %  +20.00  +5.24 to +33.39
    win_back  enter    control (held out)  80     48         60.00 %
    ");
    assert_eq!(
        answer.err,
        "of `win_back`, enter, 1 user is in no variant, since all messages to them were stopped, and their like are among the held out: \
         what stopped them belongs into the segment's `when`\n\
         1 user is not counted: it is not 7d since they were treated or held\n"
    );
}

#[test]
fn any_child_table_with_a_moment_can_tell_what_users_did() {
    let answer = shop().run(&[
        "lift",
        "shop.rules",
        "--state",
        "shop.state",
        "--of",
        "orders",
        "--within",
        "1d",
        "--format",
        "json",
    ]);
    let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    let variants = &document["comparisons"][0]["variants"];
    // n1 ordered within a day, and counts once; h3 ordered before.
    assert_eq!((&variants[0]["users"], &variants[0]["converted"]), (&70.into(), &1.into()), "{answer:?}");
    assert_eq!(
        (&variants[1]["held"], &variants[1]["users"], &variants[1]["converted"]),
        (&true.into(), &80.into(), &0.into())
    );
    assert!(variants[1]["interval"].is_null());
    assert_eq!(document["comparisons"][0]["stopped"], 1);
    assert_eq!((&document["until"], &document["too_early"]), (&"2026-11-30T00:00:00Z".into(), &1.into()));
}

/// A state of decisions of one day: user, trigger, act, variant.
fn decided(decisions: &[(&str, &str, &str, Option<&str>)], outcomes: &str) -> Place {
    let place = Place::with(&[("shop.rules", RULES), ("outcomes.csv", outcomes)]);
    let as_of = 1_795_305_600_000_000; // 2026-11-22T08:00+08:00
    let mut recording = Store::open(place.path("shop.state")).unwrap().begin(&Run { as_of, ..Run::default() }).unwrap();
    let mut users: Vec<(&str, u32)> = vec![];
    for (number, (user, trigger, act, variant)) in decisions.iter().enumerate() {
        let known = users.iter().find(|(known, _)| known == user).map(|(_, number)| *number);
        let of = known.unwrap_or_else(|| recording.add_user(user, 0).unwrap());
        users.push((user, of));
        let segment = recording.name(Kind::Segment, "s").unwrap();
        let decision = Decision {
            action_id: number.to_string(),
            trigger: trigger.to_string().into(),
            act: act.to_string().into(),
            variant: variant.map(str::to_owned),
            with: "{}".into(),
            decided_at: as_of,
            ..Decision::default()
        };
        recording.decide(of, segment, decision).unwrap();
    }
    recording.commit().unwrap();
    place
}

const LATER: [&str; 6] = ["lift", "shop.rules", "--state", "shop.state", "--until", "2027-01-01"];

#[test]
fn all_variants_are_compared_together_too() {
    // One who is in both counts once; a deed beside the split is a line of its own.
    let place = decided(
        &[
            ("u1", "enter", "send", Some("a")),
            ("u2", "enter", "send", Some("a")),
            ("u2", "enter", "send", Some("b")),
            ("u3", "enter", "send", Some("b")),
            ("u4", "enter", "hold", Some("control")),
            ("u5", "enter", "hold", Some("control")),
            ("u1", "enter", "greet", None),
            ("u4", "enter", "greet", None),
        ],
        "user_id,happened_at,outcome\nu1,2026-11-23T10:00,converted\nu2,2026-11-23T10:00,converted\nu4,2026-11-23T10:00,converted\n",
    );
    let answer = place.run(&LATER);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{answer:?}");
    insta::assert_snapshot!(answer.out, @"
    segment  trigger  variant             users  converted  rate      lift    95 %
    ───────  ───────  ──────────────────  ─────  ─────────  ────────  ──────  ───────────────────────────────
    s        enter    –                   2      2          100.00 %
    s        enter    a                   2      2          100.00 %  +50.00  -27.26 to +90.55  may be chance
    s        enter    b                   2      1          50.00 %   +0.00   -57.34 to +57.34  may be chance
    s        enter    control (held out)  2      1          50.00 %
    s        enter    all variants        3      2          66.67 %   +16.67  -44.58 to +65.48  may be chance
    ");
    let answer = place.run(&[&LATER[..], &["--format", "json"]].concat());
    let document: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(document["comparisons"][0]["treated"]["users"], 3);
}

#[test]
fn an_outcome_that_no_row_has_is_told_with_those_there_are() {
    let place = decided(
        &[("u1", "enter", "send", None), ("u2", "enter", "hold", None)],
        "user_id,happened_at,outcome\nu1,2026-11-23T10:00,converted\nu2,2026-11-23T10:00,opened\n",
    );
    let misspelt = place.run(&[&LATER[..], &["--outcome", "convertd"]].concat());
    assert_eq!(
        (misspelt.code, misspelt.err.as_str()),
        (0, "warning: no row of `outcomes` has the outcome `convertd`; there are `converted`, `opened`\n"),
        "{misspelt:?}"
    );
}

#[test]
fn where_nobody_was_held_out_that_is_said() {
    let place = decided(
        &[("u1", "enter", "send", None), ("u2", "every", "send", None), ("u3", "every", "hold", None)],
        "user_id,happened_at,outcome\n",
    );
    let answer = place.run(&LATER);
    assert_eq!(answer.err, "of `s`, enter, nobody was held out, so nothing is compared\n", "{answer:?}");
    // Nobody converted: the groups are of one, and nothing is known.
    insta::assert_snapshot!(answer.out, @"
    segment  trigger  variant       users  converted  rate    lift   95 %
    ───────  ───────  ────────────  ─────  ─────────  ──────  ─────  ───────────────────────────────
    s        enter    –             1      0          0.00 %
    s        every    –             1      0          0.00 %  +0.00  -79.35 to +79.35  may be chance
    s        every    – (held out)  1      0          0.00 %
    ");
}

#[test]
fn what_cannot_be_done_is_told_with_what_to_type() {
    let place = shop();
    for (words, said) in [
        (&["--of", "outcome"][..], "did you mean `--of outcomes`?"),
        (&["--of", "visits"][..], "the rows of `visits` have no moment"),
        (&["--of", "users"][..], "the rows of `users` have no moment"),
        (&["--within", "soon"][..], "--within: "),
        (&["--until", "soon"][..], "--until: `soon`"),
        (&["--data", "outcomes=none.csv"][..], "none.csv"),
    ] {
        let answer = place.run(&[&["lift", "shop.rules", "--state", "shop.state"][..], words].concat());
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{answer:?}");
        assert!(answer.err.contains(said), "{words:?}: {}", answer.err);
    }
}
