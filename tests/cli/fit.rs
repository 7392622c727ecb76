//! `tagwell check` and the files beside the rules: those that the rules name, and the data that they are to be run over.

use super::Place;

/// Headlines and places of what is told, and what is proposed.
fn told(err: &str) -> String {
    let says = |line: &&str| {
        line.starts_with("error")
            || line.starts_with("warning")
            || line.contains("-->")
            || line.contains("help:")
            || line.contains("note:")
    };
    err.lines().filter(says).map(|line| format!("{}\n", line.trim_start_matches([' ', '=']))).collect()
}

const RULES: &str = "\
table users key user_id from \"user.csv\" {
  user_id: text
  points:  int
  city:    text?
}
table channels key source from \"channels.csv\" { source: text  price: decimal(2) from \"cost\" }
list blocked from \"blocked.csv\" column uid
list friends from \"lists/friends.csv\"
tag rich when points > 3 and user_id not in blocked and user_id in friends and channels[city].price > 1
snapshot \"s\" of \"fixtures/users.csv\"
";

#[test]
fn files_that_rules_name_are_looked_for() {
    let place = Place::with(&[
        ("shop.rules", RULES),
        ("users.csv", "user_id,points\nu1,3\n"),
        ("channels.csv", "source,price\n"),
        ("blocked.csv", "id\n"),
    ]);
    std::fs::create_dir(place.path("fixtures")).unwrap();
    place.write("fixtures/users.csv", "user_id\n");
    let answer = place.run(&["check", "shop.rules"]);
    assert_eq!(answer.code, 1);
    insta::assert_snapshot!(told(&answer.err));
    // Of a table whose file is named elsewhere it does not matter what the rules say.
    let named = place.run(&["check", "shop.rules", "users.csv", "--data", "channels=channels.csv"]);
    assert!(!named.err.contains("user.csv") && !named.err.contains("channels.csv"), "{}", named.err);
    // From wherever it is asked, the files lie beside the rules.
    let folder = place.path("shop.rules").to_string_lossy().into_owned();
    let asked = super::Place::with(&[]).run(&["check", &folder]);
    assert_eq!(asked.err.matches("error[").count(), answer.err.matches("error[").count(), "{}", asked.err);
}

#[test]
fn files_that_are_as_the_rules_say_are_not_spoken_of() {
    let place = Place::with(&[
        ("shop.rules", RULES),
        ("user.csv", "user_id,points,more\nu1,3,x\n"),
        ("channels.csv", "source,cost\n"),
        ("blocked.csv", "uid\n"),
    ]);
    for folder in ["fixtures", "lists"] {
        std::fs::create_dir(place.path(folder)).unwrap();
    }
    place.write("fixtures/users.csv", "user_id,points\n");
    place.write("lists/friends.csv", "id\n");
    let answer = place.run(&["check", "shop.rules"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, "ok: 6 declarations in 1 file, no mistakes\n"));
}

#[test]
fn texts_that_the_data_does_not_have_are_told_where_a_near_one_is() {
    let rules = "\
table users key user_id { user_id: text  city: text?  plan: text?  tags: list of text? }
table orders of users by user_id { user_id: text  category: text? }
tag local when city = \"Shanghia\" or city in [\"Beijng\", \"Paris\"]
tag fruit when any(orders where category = \"frut\") and plan != \"plan-2\"
tag seen  when tags has \"vipp\" and city is known and plan is known
";
    let place = Place::with(&[
        ("shop.rules", rules),
        ("users.csv", "user_id,city,plan,tags\nu1,Shanghai,plan-1,vip;new\nu2,Beijing,,\n"),
        ("orders.csv", "user_id,category\nu1,fruit\n"),
    ]);
    let answer = place.run(&["check", "shop.rules", "users.csv", "--data", "orders=orders.csv"]);
    assert_eq!(answer.code, 0);
    insta::assert_snapshot!(told(&answer.err));
    // Where anything may come, nothing is missed.
    let many: String = (0..300).map(|at| format!("u{at},Shanghai{at},,\n")).collect();
    place.write("many.csv", format!("user_id,city,plan,tags\n{many}"));
    let answer = place.run(&["check", "shop.rules", "many.csv", "--data", "orders=orders.csv"]);
    assert!(!answer.err.contains("city"), "{}", answer.err);
}

#[test]
fn users_in_two_arms_of_an_exclusive_layer_are_found_and_named() {
    let rules = "\
table users key user_id { user_id: text  n: int }
table orders of users by user_id { user_id: text }
layer size exclusive { low when n < 5  mid when n between 3..8  other otherwise }
layer kind exclusive { few when count(orders) < 2  some when count(orders) > 0  other otherwise }
";
    let place = Place::with(&[
        ("shop.rules", rules),
        ("users.csv", "user_id,n\nu1,1\nu2,9\nu3,4\n"),
        ("orders.csv", "user_id\nu1\nu1\nu2\n"),
    ]);
    let data = ["users.csv", "--data", "orders=orders.csv"];
    let answer = place.run(&[&["check", "shop.rules"], &data[..]].concat());
    assert_eq!(answer.code, 1);
    insta::assert_snapshot!(told(&answer.err));
    // A run ends at the same users, by their lines.
    for (only, line) in [("size", "users.csv:4: user `u3`"), ("kind", "users.csv:3: user `u2`")] {
        let answer =
            place.run(&[&["run", "shop.rules"], &data[..], &["--only", only, "-q", "--as-of", "2026-11-22"]].concat());
        assert_eq!(answer.code, 2);
        assert!(answer.err.contains(line), "{}", answer.err);
    }
}

#[test]
fn rules_from_standard_input_meet_data_too() {
    let place = Place::with(&[("users.csv", "user_id,n\nu1,1\n")]);
    let answer = place.run_with_input(&["check", "-", "users.csv"], "tag t when n > 1\n");
    assert_eq!((answer.code, answer.out.as_str()), (0, ""), "{}", answer.err);
    assert!(answer.err.contains("ok: 1 user in `users.csv`, no bad row"), "{}", answer.err);
}

#[test]
fn every_kind_of_bad_cell_is_told_at_once() {
    let place = Place::with(&[
        (
            "shop.rules",
            "table users key id { id: text  member: bool  n: int  born: date }\n\
             table orders of users by id at day { id: text  day: date  sum: decimal(2) }\n\
             tag t when member and n > 1 and count(orders) > 1\n",
        ),
        (
            "users.csv",
            "id,member,n,born\nu1,true,3,2001-01-01\nu2,否,x,2001/1/1\nu3,是,,2001-01-01\nu4,true,y,2001-02-30\nu5,true\n",
        ),
        ("orders.csv", "id,day,sum\nu1,2026-10-01,1.005\nu1,oops,1\n"),
    ]);
    let answer = place.run(&["check", "shop.rules", "users.csv", "--data", "orders=orders.csv"]);
    assert_eq!(answer.code, 2);
    insta::assert_snapshot!(answer.err);
}

/// Rows that only set deeds off are looked at, too; and the file of a list may be named for the day.
#[test]
fn keys_that_are_there_twice_are_told_wherever_they_stand() {
    let place = Place::with(&[
        (
            "shop.rules",
            "table users key id { id: text  city: text }\n\
             table orders of users by id at day key no { id: text  day: date  no: int?  sum: decimal(2) }\n\
             table cities key city from \"cities.csv\" { city: text  tier: int }\n\
             list blocked from \"blocked.csv\"\n\
             tag t when count(orders) > 1 and cities[city].tier = 1 and id not in blocked\n",
        ),
        ("users.csv", "id,city\nu1,x\nu2,y\nu1,x\nu2,x\n"),
        ("cities.csv", "city,tier\nx,1\ny,2\nx,3\n"),
        ("blocked.csv", "id\n\"u9\n"),
    ]);
    std::fs::create_dir(place.path("orders")).unwrap();
    place.write("orders/10.csv", "id,day,no,sum\nu1,2026-10-01,17,5\nu1,2026-10-02,18,5\nu1,2026-10-02,,5\n");
    place.write("orders/11.csv", "id,day,no,sum\nu1,2026-11-01,18,5\nu1,2026-11-02,,5\nu1,2026-11-02,19,5.001\n");
    let command = ["check", "shop.rules", "users.csv", "--data", "orders=orders"];
    let answer = place.run(&command);
    assert_eq!(answer.code, 2);
    insta::assert_snapshot!(answer.err);
    // Lists are read where nothing else is wrong, and a run says the same.
    place.write("users.csv", "id,city\nu1,x\n");
    place.write("cities.csv", "city,tier\nx,1\n");
    place.write("orders/11.csv", "id,day,no,sum\nu1,2026-11-01,19,5\n");
    for command in [&command[..], &["run", "shop.rules", "users.csv", "--data", "orders=orders"]] {
        let answer = place.run(command);
        assert_eq!(answer.code, 2);
        assert!(answer.err.contains("blocked.csv:2") && answer.err.contains("never closed"), "{}", answer.err);
    }
}

#[test]
fn rows_without_a_key_of_their_own_are_nobodys_to_check_and_to_run() {
    let place = Place::with(&[
        (
            "shop.rules",
            "table users key id { id: text  shop: text? }\n\
             table orders of users by id at day key no from \"orders.csv\" { id: text  day: date  no: int? }\n\
             table shops key shop from \"shops.csv\" { shop: text?  city: text }\n\
             tag t when shops[shop].city = \"x\" and count(orders) > 1\n",
        ),
        ("users.csv", "id,shop\nu1,a\nu2,\n"),
        ("orders.csv", "id,day,no\nu1,2026-10-01,\nu1,2026-10-02,\nu2,2026-10-02,\nu2,2026-10-02,\n"),
        ("shops.csv", "shop,city\na,x\n,x\n,x\n"),
    ]);
    let checked = place.run(&["check", "shop.rules", "users.csv"]);
    assert!(checked.code == 0 && checked.err.contains("3 rows in `shops.csv`, no bad row"), "{checked:?}");
    let ran = place.run(&["run", "shop.rules", "users.csv", "--summary", "none"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "{\"id\":\"u1\",\"tags\":[\"t\"],\"segments\":[]}\n{\"id\":\"u2\",\"tags\":[],\"segments\":[]}\n"),
        "{ran:?}"
    );
}

/// `on each orders` asks about a list, and nobody says where the orders are: what they have is not known.
#[test]
fn a_list_is_not_spoken_of_where_no_row_was_read_that_it_is_asked_of() {
    let place = Place::with(&[
        (
            "shop.rules",
            "table users key id { id: text }\n\
             table orders of users by id at day key no { id: text  day: date  no: int  kind: text }\n\
             list kinds from \"kinds.csv\"\n\
             segment s when id != \"u9\" { on each orders where kind in kinds do thank }\n",
        ),
        ("users.csv", "id\nu1\n"),
        ("kinds.csv", "kind\nmeat\nfish\n"),
        ("orders.csv", "id,day,no,kind\nu1,2026-10-01,17,meat\n"),
    ]);
    let notes = |more: &[&str]| {
        let answer = place.run(&[&["check", "shop.rules", "users.csv"], more].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.err.lines().filter(|line| line.starts_with("note: list")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(notes(&[]), [""; 0]);
    let told = "note: list kinds: 1 of 2 entries is in no row's orders.kind: \"fish\"";
    assert_eq!(notes(&["--data", "orders=orders.csv"]), [told]);
}

#[test]
fn entries_of_lists_that_no_row_has_are_noted() {
    let place = Place::with(&[
        (
            "shop.rules",
            "table users key id { id: text  phone: text?  born: date? }\n\
             table orders of users by id at day key no from \"orders.csv\" { id: text  day: date  no: int  shop: text }\n\
             list invited from \"invited.csv\"\n\
             list silent from \"silent.csv\"\n\
             list closed from \"closed.csv\"\n\
             list loud from \"silent.csv\"\n\
             list other from \"invited.csv\"\n\
             segment s when id in invited or \"x\" in loud or upper(id) in other {\n  require phone not in silent\n  on enter do call\n\
             on each orders do thank when orders.shop not in closed and orders.shop in [\"here\", \"nowhere\"]\n}\n",
        ),
        ("users.csv", "id,phone,born\nu1,131,\nu2,,\nu3,133,2001-01-01\n"),
        ("orders.csv", "id,day,no,shop\nu1,2026-10-01,17,here\n"),
        ("invited.csv", "id\nu1\nu3\nu1\n"),
        ("silent.csv", "phone\n131\n132\n+86 133\n134\n135\n136\n137\n138\n"),
        ("closed.csv", "shop\nhere\nthere\n"),
    ]);
    let answer = place.run(&["check", "shop.rules", "users.csv"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    insta::assert_snapshot!(answer.err);
}

#[test]
fn files_that_are_named_for_tables_and_lists_are_read() {
    let rules = "table users key user_id { user_id: text }
table orders of users by user_id at at key id { user_id: text  id: int  at: date }
list invited from \"invited.csv\"
segment s when user_id in invited { on each orders do thank }
";
    let place = Place::with(&[
        ("shop.rules", rules),
        ("users.csv", "user_id\nu1\nu2\n"),
        ("orders.csv", "user_id,id,at\nu1,1,2026-11-20\n"),
        ("wrong.csv", "user_id,at\nu1,2026-11-20\n"),
        ("today.csv", "user_id\nu2\n"),
    ]);
    let words = ["shop.rules", "users.csv", "--data", "invited=today.csv", "--data"];
    let check = |orders: &str| place.run(&[&["check"], &words[..], &[orders]].concat());
    let right = check("orders=orders.csv");
    assert!(right.code == 0 && right.err.contains("1 row in `orders.csv`"), "{}", right.err);
    let wrong = check("orders=wrong.csv");
    assert!(wrong.code != 0 && wrong.err.contains("wrong.csv"), "{}", wrong.err);
    let nowhere = check("orders=nowhere.csv");
    assert!(nowhere.code == 2 && nowhere.err.contains("nowhere.csv"), "{}", nowhere.err);
    let run = place.run(&[&["run"], &words[..4], &["--as-of", "2026-11-22", "--only", "s"]].concat());
    assert_eq!(
        (run.code, &*run.out),
        (
            0,
            "{\"user_id\":\"u1\",\"tags\":[],\"segments\":[]}\n{\"user_id\":\"u2\",\"tags\":[],\"segments\":[\"s\"]}\n"
        ),
        "{}",
        run.err
    );
    // It is not written over.
    let out = ["--as-of", "2026-11-22", "--only", "s", "--out", "today.csv"];
    let over = place.run(&[&["run"], &words[..4], &out].concat());
    assert!(over.code == 2 && over.err.contains("is read by this run, and would be written over"), "{}", over.err);
    assert_eq!(place.read("today.csv"), "user_id\nu2\n");
    let unknown = place.run(&["run", "shop.rules", "users.csv", "--data", "invite=today.csv"]);
    let said =
        "error: --data: the rules have no table or list `invite`\n  = help: did you mean `--data invited=today.csv`?\n";
    assert!(unknown.code == 2 && unknown.err.ends_with(said), "{}", unknown.err);
}
