//! `tagwell explain`.

use serde_json::{Value as Json, json};

use super::{Answer, Place};

const RULES: &str = "\
rulebook \"shop\" timezone \"Asia/Shanghai\"
table users key user_id { user_id: text  city: text?  points: int  opted_out: bool }
table orders of users by user_id at ordered_at { user_id: text  ordered_at: timestamp  amount: decimal(2)  category: text? }
let purchases = count(orders)
let spend = sum(orders.amount)
let last_order = max(orders.ordered_at)
## They bought a lot and stay away.
tag vip \"重要客户\" when purchases >= 3 and last_order between 30d..60d and spend > 500
tag rich when top 50% by points
level membership by points { gold \"金海会员\" from 5000  silver from 1000  red otherwise }
score heat from 10 { 40 when vip  20 when points > 100  minus 5 when opted_out }
layer place { south when city = \"广州\"  north when city = \"北京\" }
";
const USERS: &str = "user_id,city,points,opted_out\nu1,上海,6200,false\nu2,,380,true\nu3,北京,900,false\n";
const ORDERS: &str = "\
user_id,ordered_at,amount,category
u1,2026-10-10T09:30,200,水果
u1,2026-09-01T12:00,180,
u1,2026-08-01T12:00,100,
u3,2026-10-01T10:00,900,
u3,2026-10-02T10:00,900,
u3,2026-10-02T11:00,900,
u3,2027-01-02T11:00,900,
";

fn shop() -> Place {
    Place::with(&[("shop.rules", RULES), ("users.csv", USERS), ("orders.csv", ORDERS)])
}

fn explain(place: &Place, words: &[&str]) -> Answer {
    let first = ["explain", "shop.rules", "users.csv", "--data", "orders=orders.csv", "--as-of", "2026-11-22"];
    place.run(&[&first[..], words].concat())
}

fn document(place: &Place, words: &[&str]) -> Json {
    let answer = explain(place, &[words, &["--format", "json"]].concat());
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    serde_json::from_str(&answer.out).expect("one JSON document")
}

#[test]
fn for_people() {
    let answer = explain(&shop(), &["--user", "u1"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
    assert!(!answer.out.contains('\x1b'));
    let coloured = explain(&shop(), &["--user", "u1", "--color", "always"]);
    assert!(coloured.out.contains("\x1b["), "{}", coloured.out);
    let plain: String =
        coloured.out.split('\x1b').enumerate().fold(String::new(), |text, (at, part)| {
            text + if at == 0 { part } else { part.split_once('m').unwrap().1 }
        });
    assert_eq!(plain, answer.out, "colours move nothing");
}

#[test]
fn as_a_document() {
    let found = document(&shop(), &["--user", "u1", "vip"]);
    assert_eq!((&found["as_of"], &found["user_id"]), (&json!("2026-11-22T00:00:00+08:00"), &json!("u1")));
    let vip = &found["results"][0];
    assert_eq!((&vip["name"], &vip["kind"], &vip["value"]), (&json!("vip"), &json!("tag"), &json!(false)));
    let nearest = r#"[{"leaf":"spend > 500","column":"spend","is":480.00,"to":500.01}]"#;
    assert_eq!((vip["nearest"].to_string().as_str(), &vip["from"], &vip["until"]), (nearest, &Json::Null, &Json::Null));
    let parts = vip["tree"]["parts"].as_array().unwrap();
    assert_eq!(parts.iter().map(|part| &part["truth"]).collect::<Vec<_>>(), ["true", "true", "false"]);
    let window = json!({
        "from": "2026-09-23T00:00:00+08:00", "from_included": true,
        "to": "2026-10-23T00:00:00+08:00", "to_included": true,
    });
    assert_eq!(parts[1]["window"], window);
    let rows = json!({"table": "orders", "counted": 3, "of": 3, "future": 0});
    assert_eq!((parts[2]["values"]["spend"].to_string().as_str(), &parts[2]["parts"][0]["rows"]), ("480.00", &rows));
}

#[test]
fn until_when_and_from_when() {
    let place = shop();
    let answer = |as_of: &str| {
        let words = ["explain", "shop.rules", "users.csv", "--data", "orders=orders.csv", "--user", "u3", "vip"];
        let answer = place.run(&[&words[..], &["--format", "json", "--as-of", as_of]].concat());
        let found: Json = serde_json::from_str(&answer.out).unwrap();
        let result = &found["results"][0];
        (result["value"].clone(), result["from"].clone(), result["until"].clone())
    };
    // The last order that has happened is of 2 October; that of 2 January has not.
    assert_eq!(answer("2026-11-22"), (json!(true), Json::Null, json!("2026-12-01T11:00:00.000001+08:00")));
    assert_eq!(answer("2026-10-22"), (json!(false), json!("2026-11-01T11:00:00+08:00"), Json::Null));
    assert_eq!(answer("2026-12-02"), (json!(false), json!("2027-02-01T11:00:00+08:00"), Json::Null));
    assert_eq!(answer("2027-12-02"), (json!(false), Json::Null, Json::Null));
}

#[test]
fn the_next_step_up_and_the_cut_of_a_rank() {
    let found = document(&shop(), &["--user", "u2"]);
    let result =
        |name: &str| found["results"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone();
    let membership = result("membership");
    let up = json!([{"leaf": "points >= 1000", "column": "points", "is": 380, "to": 1000}]);
    assert_eq!((&membership["value"], &membership["towards"]), (&json!("red"), &json!("silver")));
    assert_eq!(membership["nearest"], up);
    let rich = result("rich");
    let rank = json!({"value": 380, "less": 0, "more": 2, "ranked": 3, "cut": 900});
    assert_eq!((&rich["value"], &rich["tree"]["rank"]), (&json!(false), &rank));
    let way = json!([{"leaf": "top 50% by points", "column": "points", "is": 380, "to": 900}]);
    assert_eq!(rich["nearest"], way);
    let heat = result("heat");
    assert_eq!((&heat["value"], &heat["towards"]), (&json!(25), &json!(5)), "as many points more, a number");
    assert_eq!(result("place")["value"], Json::Null);
}

#[test]
fn without_a_user_the_waterfall() {
    let answer = explain(&shop(), &["vip", "membership"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out, @r#"
    tag vip "重要客户", of 3 users
    clause                       alone  unknown  left
    ───────────────────────────  ─────  ───────  ────
    purchases >= 3               2      0        2
    last_order between 30d..60d  2      1        2
    spend > 500                  1      0        1

    level membership, of 3 users
    arm                        alone  unknown  taken
    ─────────────────────────  ─────  ───────  ─────
    gold "金海会员" from 5000  1      0        1
    silver from 1000           1      0        0
    red otherwise              3      0        2
    "#);
    let found = document(&shop(), &["vip"]);
    let left: Vec<&Json> = found["results"][0]["waterfall"].as_array().unwrap().iter().map(|it| &it["left"]).collect();
    assert_eq!((&found["users"], left), (&json!(3), vec![&json!(2), &json!(2), &json!(1)]));
}

#[test]
fn the_steps_of_a_funnel_and_what_has_no_clauses() {
    let rules = "table users key id { id: text }
        table events of users by id at at { id: text  at: timestamp  what: text }
        funnel path on events { saw when what = \"view\"  carted within 1d when what = \"cart\"  bought when what = \"buy\" }
        let all = count(events)
        tag any when all > 0\n";
    let events = "id,at,what\na,2026-11-01,view\na,2026-11-01T02:00,cart\nb,2026-11-01,view\nb,2026-11-09,cart\nc,2026-11-02,buy\n";
    let place = Place::with(&[("shop.rules", rules), ("users.csv", "id\na\nb\nc\nd\n"), ("events.csv", events)]);
    let explain = |words: &[&str]| {
        let first = ["explain", "shop.rules", "users.csv", "--data", "events=events.csv", "--as-of", "2026-11-22"];
        place.run(&[&first[..], words].concat())
    };
    let answer = explain(&["path", "all"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(answer.err, "note: `all` is a value, without clauses to count: `--user ID` explains it\n");
    insta::assert_snapshot!(answer.out, @"
    funnel path, of 4 users
    step    reached
    ──────  ───────
    saw     2
    carted  1
    bought  0
    ");
    let found: Json = serde_json::from_str(&explain(&["path", "--format", "json"]).out).unwrap();
    let carted = json!({"clause": "carted", "alone": 1, "unknown": 0, "left": 1});
    assert_eq!(found["results"][0]["waterfall"][1], carted);
}

#[test]
fn who_or_what_is_not_there() {
    let place = shop();
    for (words, said) in [
        (&["--user", "U1"][..], "error: there is no user `U1` in `users.csv`\n  = help: did you mean `--user u1`?\n"),
        (
            &["--user", "somebody"],
            "error: there is no user `somebody` in `users.csv`\n  = help: users are told apart by `user_id`; the first is `u1`\n",
        ),
        (&["--user", "u1", "vpi"], "error: the rules define no `vpi`\n  = help: did you mean `vip`?\n"),
        (&["重要客户"], "error: the rules define no `重要客户`\n  = help: that is the label of `vip`\n"),
        (
            &["--user", "u1", "gold"],
            "error: the rules define no `gold`\n  = help: that is a value of the level `membership`\n",
        ),
        (&["spend"], "error: `spend` has no clauses to count\n  = help: name a user: `--user ID`\n"),
    ] {
        let answer = explain(&place, words);
        assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (2, "", said), "{words:?}");
    }
}

#[test]
fn a_rulebook_that_says_where_its_users_are_takes_names_at_once() {
    let rules = "table users key id from \"users.csv\" { id: int  points: int }\ntag big when points > 10\n";
    let place = Place::with(&[("a.rules", rules), ("users.csv", "id,points\n7,3\n08,5\n")]);
    let answer = place.run(&["explain", "a.rules", "big", "--user", "7", "--as-of", "2026-11-22"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert!(answer.out.contains("nearest way in: points is 3: 8 more\n"), "{}", answer.out);
    assert_eq!(place.run(&["explain", "a.rules", "--user", "8"]).code, 0);
    assert_eq!(place.run(&["explain", "a.rules", "--user", "9"]).code, 2);
}

#[test]
fn a_bad_row_of_somebody_else_is_no_hindrance() {
    let place =
        Place::with(&[("a.rules", "tag big when points > 10"), ("users.csv", "user_id,points\nu1,3\nu2\nu3,50\n")]);
    let answer = place.run(&["explain", "a.rules", "users.csv", "--user", "u3", "--as-of", "2026-11-22"]);
    assert_eq!(answer.code, 0);
    assert!(answer.out.contains("tag big: yes") && answer.err.contains("1 bad row"), "{answer:?}");
    let nobody = place.run(&["explain", "a.rules", "users.csv", "--user", "u2", "--as-of", "2026-11-22"]);
    assert_eq!(nobody.code, 2);
    assert!(nobody.err.contains("some rows are bad"), "{}", nobody.err);
}

const CLUB: &str = "\
rulebook \"club\" timezone \"Asia/Shanghai\"
table users key user_id { user_id: text  points: int  opted_out: bool }
level card by points { gold from 5000 keep 1y  silver from 1000  red otherwise }
tag loyal when card >= silver and held(card) >= 30d
segment perks \"金卡礼遇\" when card = gold {
  on enter send sms \"欢迎,回T退订\" cooldown 60d
  every 30d send push \"会员日\" at most 3 times
  on exit do praise
}
segment nudge when card = silver { on enter send sms \"升级,回T退订\" }
table touches of users from ledger
tag told when count(touches) > 0
policy { require not opted_out  limit sms 1 within 90d  quiet 22:00..08:00 }
";

/// u1 got gold in November, and has too few points for it since.
fn club() -> Place {
    let place = Place::with(&[("club.rules", CLUB)]);
    for (day, points) in [("2026-10-01T10:00", 900), ("2026-11-01T10:00", 6000), ("2026-11-10T10:00", 4000)] {
        place.write("users.csv", format!("user_id,points,opted_out\nu1,{points},false\nu2,7000,true\n"));
        let run = ["run", "club.rules", "users.csv", "--state", "club.state", "--format", "none", "-q", "--as-of", day];
        let answer = place.run(&run);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    }
    place
}

fn remembered(place: &Place, words: &[&str]) -> Json {
    let state = ["--state", "club.state", "--as-of", "2026-11-20T10:00", "--format", "json"];
    let answer = place.run(&[&["explain", "club.rules", "users.csv", "--user", "u1"][..], words, &state].concat());
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    let all: Json = serde_json::from_str(&answer.out).expect("one JSON document");
    all["results"][0].clone()
}

#[test]
fn what_is_remembered_is_told_and_nothing_is_recorded() {
    let place = club();
    let state = std::fs::read(place.path("club.state")).unwrap();

    let card = remembered(&place, &["card"]);
    assert_eq!((&card["value"], &card["since"]), (&json!("gold"), &json!("2026-11-01T10:00:00+08:00")));
    assert_eq!(card["tree"]["parts"][1]["kept_since"], json!("2026-11-01T10:00:00+08:00"));
    // A year after it was last reached, to the very microsecond: exactly then it is still kept.
    assert_eq!(card["until"], json!("2027-11-01T10:00:00.000001+08:00"));

    let loyal = remembered(&place, &["loyal"]);
    assert_eq!(loyal["tree"]["parts"][1]["values"], json!({ "held(card)": "19d" }));
    assert_eq!((&loyal["value"], &loyal["from"]), (&json!(false), &json!("2026-12-01T10:00:00+08:00")));
    assert_eq!(remembered(&place, &["told"])["value"], json!(true), "the ledger's rows are there");

    let perks = remembered(&place, &["perks"]);
    let deed = |at: usize, what: &str| perks["deeds"][at][what].clone();
    assert_eq!((deed(0, "trigger"), deed(0, "when")), (json!("on enter"), json!("inside")));
    assert_eq!((deed(0, "message"), deed(0, "last")), (json!("欢迎,回T退订"), json!("2026-11-01T10:00:00+08:00")));
    assert_eq!((deed(0, "stopped"), deed(0, "stopped_by")), (json!("cooldown"), json!("cooldown 60d")));
    // The cooldown is over before the limit is.
    assert_eq!(deed(0, "stopped_until"), json!("2026-12-31T10:00:00+08:00"));
    assert_eq!(deed(0, "free_from"), json!("2027-01-30T10:00:00.000001+08:00"));
    assert_eq!((deed(1, "trigger"), deed(1, "next")), (json!("every 30d"), json!("2026-12-01T10:00:00+08:00")));
    assert_eq!(
        (deed(2, "trigger"), deed(2, "when"), deed(2, "do")),
        (json!("on exit"), json!("exit"), json!("praise"))
    );

    assert_eq!(std::fs::read(place.path("club.state")).unwrap(), state, "it is only read");
}

#[test]
fn where_a_level_is_kept_no_more_the_way_in_is_the_arms_own() {
    let rules = "\
table users key id { id: text  spend: int }
level card by spend { gold from 500 keep 6mo  red otherwise }
level pass by spend { gold from 500 keep 6mo keep 400  red otherwise }
tag rich when card = gold
";
    let place = Place::with(&[("a.rules", rules), ("users.csv", "id,spend\nu1,600\n")]);
    let state = ["--state", "a.state", "--as-of"];
    let run = ["run", "a.rules", "users.csv", "--format", "none", "-q"];
    assert_eq!(place.run(&[&run[..], &state, &["2026-01-01"]].concat()).code, 0);
    place.write("users.csv", "id,spend\nu1,314\n");
    let way = |name: &str, day: &str| {
        let words = ["explain", "a.rules", "users.csv", "--user", "u1", name, "--format", "json"];
        let answer = place.run(&[&words[..], &state, &[day]].concat());
        let all: Json = serde_json::from_str(&answer.out).expect("one JSON document");
        let result = &all["results"][0];
        (result["value"].clone(), result["nearest"][0]["to"].clone())
    };
    for name in ["card", "rich"] {
        let inside = if name == "card" { json!("gold") } else { json!(true) };
        assert_eq!(way(name, "2026-06-01"), (inside, Json::Null), "{name} is kept");
        let outside = if name == "card" { json!("red") } else { json!(false) };
        assert_eq!(way(name, "2026-10-01"), (outside, json!(500)), "{name} is kept no more");
    }
    assert_eq!(way("pass", "2026-10-01"), (json!("red"), json!(400)));
}

#[test]
fn who_leaves_now_and_gets_nothing_is_told_so() {
    let rules = "\
table users key id { id: text  points: int  fair: bool }
segment rich when points > 5 { on exit { do thank when fair } }
";
    let place = Place::with(&[("a.rules", rules), ("users.csv", "id,points,fair\nu1,6,false\n")]);
    let state = ["--state", "a.state", "--as-of"];
    let run = ["run", "a.rules", "users.csv", "--format", "none", "-q"];
    assert_eq!(place.run(&[&run[..], &state, &["2026-01-01"]].concat()).code, 0);
    place.write("users.csv", "id,points,fair\nu1,2,false\n");
    let words = ["explain", "a.rules", "users.csv", "--user", "u1", "rich"];
    let answer = place.run(&[&words[..], &state, &["2026-01-02"]].concat());
    assert!(answer.out.contains("on exit  no deed applies: now\n"), "{}", answer.out);
}

#[test]
fn what_would_be_decided_now_is_told_with_what_stops_it() {
    let place = club();
    place.write("users.csv", "user_id,points,opted_out\nu1,4000,false\nu2,7000,true\nu3,2000,false\nu4,8000,true\n");
    let deeds = |user: &str, name: &str| {
        let words = ["explain", "club.rules", "users.csv", "--user", user, name, "--state", "club.state"];
        let answer = place.run(&[&words[..], &["--as-of", "2026-11-20T23:00"]].concat());
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
        let deeds: Vec<String> = answer.out.lines().filter(|it| it.starts_with("  on ")).map(str::to_owned).collect();
        deeds.join("\n")
    };
    assert_eq!(deeds("u3", "nudge"), "  on enter  send sms \"升级,回T退订\": now, not before 2026-11-21 08:00");
    assert!(
        deeds("u4", "perks").starts_with("  on enter  ")
            && deeds("u4", "perks").contains("now, but stopped by require `not opted_out`")
    );
    // u2 was inside when the segment was asked about for the first time.
    assert!(deeds("u2", "perks").contains("inside already"), "{}", deeds("u2", "perks"));
    // Other rules: who enters by them alone is not told.
    place.write("club.rules", CLUB.replace("card = silver", "points > 3000"));
    assert!(deeds("u1", "nudge").contains("not told, since only the rules changed"), "{}", deeds("u1", "nudge"));

    let earlier =
        ["explain", "club.rules", "users.csv", "--user", "u1", "--state", "club.state", "--as-of", "2026-11-09"];
    let answer = place.run(&earlier);
    assert!(answer.code == 2 && answer.err.contains("which is earlier"), "{}", answer.err);
    let nowhere = place.run(&["explain", "club.rules", "users.csv", "--user", "u1", "--state", "none.state"]);
    assert!(nowhere.code == 2 && !place.files().contains(&"none.state".to_owned()), "{}", nowhere.err);
}

#[test]
fn a_user_is_named_by_an_option() {
    let place = shop();
    let answer = explain(&place, &["vip", "u1"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("the rules define no `u1`"), "{}", answer.err);
    assert!(answer.err.contains("help: a user is named by `--user u1`"), "{}", answer.err);
    let answer = explain(&place, &["u1", "--user", "u1"]);
    assert!(!answer.err.contains("a user is named by"), "{}", answer.err);
}
