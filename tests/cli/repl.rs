//! `tagwell repl`, by scripts on standard input.

use super::{Answer, Place};

const USERS: &str = "user_id,city,points,spend,last_order\nu1,Rome,6200,480.00,2026-10-10\nu2,Oslo,380,900.50,2026-11-20\nu3,Rome,900,2700.00,2026-10-02\nu4,,12,,\n";
const RULES: &str = "\
## They stay away.
tag vip when spend > 500 and last_order between 30d..60d
level tier by points { gold from 5000  silver from 500  red otherwise }
";

fn place() -> Place {
    Place::with(&[("shop.rules", RULES), ("users.csv", USERS)])
}

fn talk(place: &Place, script: &str) -> Answer {
    place.run_with_input(&["repl", "shop.rules", "users.csv", "--as-of", "2026-11-22"], script)
}

#[test]
fn a_rule_is_checked_counted_and_shown() {
    let answer = talk(
        &place(),
        "tag rich when spend > 500\ntag rich when spend > 400\nlet city_of = city\nlevel by_spend by spend {\n  high from 1000\n  low otherwise\n}\n",
    );
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn an_expression_prints_how_it_is_spread() {
    let answer = talk(&place(), "spend\nspend > 500\ncity\nlast_order\n2 + 3\ntoday - 30d\ntier\n");
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn commands() {
    let answer = talk(
        &place(),
        ":why u1 vip\n:top 2 spend\n:sample 2 points > 100\n:as-of\n:as-of +15d\n:as-of 2026-11-22\n:schema\ntag vip when spend > 900\n:diff\n:rules\n",
    );
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}

#[test]
fn a_script_stops_at_the_first_mistake() {
    for (script, said) in [
        ("spend > 1\nspnd > 500\npoints > 5000\n", "unknown field `spnd`"),
        ("tag vip when spend >\n\nspend\n", "error[E"),
        (":sampel 3\n", "error: there is no command `:sampel`\n  = help: did you mean `:sample`?\n"),
        (":why\n", "error: `:why` needs to know more\n  = help: write `:why ID [NAME…]`\n"),
        (":why u9\n", "error: there is no user `u9` in `users.csv`"),
        (":as-of soon\n", "error: `soon` is "),
        (":data nothing.csv\n", "error: cannot read `nothing.csv`"),
        (":load nothing.rules\n", "error: cannot read `nothing.rules`"),
        (":sample 3 spend\n", "error: `spend` is no condition"),
    ] {
        let answer = talk(&place(), script);
        assert_eq!(answer.code, 1, "{script}: {answer:?}");
        assert!(answer.err.contains(said), "{script}: {}", answer.err);
        assert!(!answer.out.contains("1 of 4"), "nothing is answered after it: {}", answer.out);
    }
}

#[test]
fn a_mistake_changes_nothing() {
    let place = place();
    let script = "tag vip when spend > 400\n:save\n";
    assert_eq!(talk(&place, script).code, 0);
    let saved = place.read("shop.rules");
    assert_eq!(
        saved,
        "## They stay away.\ntag vip when spend > 400\nlevel tier by points {\n  gold   from 5000\n  silver from 500\n  red    otherwise\n}\n"
    );
    assert_eq!(talk(&place, "tag vip when sped > 1\n:save\n").code, 1);
    assert_eq!(place.read("shop.rules"), saved);
    assert_eq!(place.files(), ["shop.rules", "users.csv"], "no history is kept of a script");
}

#[test]
fn no_file_is_written_over_but_the_rules_that_were_loaded() {
    let place = place();
    let users = place.read("users.csv");
    let answer = talk(&place, ":save users.csv\n");
    assert_eq!((answer.code, place.read("users.csv")), (1, users));
    assert!(answer.err.contains("users.csv is there already, and was not loaded here"), "{}", answer.err);
    assert_eq!(talk(&place, "tag a when points > 1\n:save\n:save new.rules\n:save new.rules\n").code, 0);
}

#[test]
fn a_session_can_begin_with_nothing() {
    let place = place();
    let script =
        "1d12h * 2\n:data users.csv\ntag rich when spend > 500\n:load shop.rules\n:save all.rules\n:quit\nnever\n";
    let answer = place.run_with_input(&["repl", "--as-of", "2026-11-22"], script);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{answer:?}");
    insta::assert_snapshot!(answer.out);
    assert!(place.read("all.rules").contains("tag rich when spend > 500"));
    assert_eq!(place.run_with_input(&["repl"], "").code, 0);
    assert_eq!(place.run_with_input(&["repl", "none.rules"], "").code, 2);
}

#[test]
fn rules_about_orders_and_about_everybody() {
    let rules = "table users key id { id: text }
        table orders of users by id at at { id: text  at: timestamp  amount: int }
        let spend = sum(orders.amount)
        tag best when top 50% by spend\n";
    let orders = "id,at,amount\na,2026-11-01,5\nb,2026-11-02,9\na,2026-12-01,50\n";
    let place = Place::with(&[("a.rules", rules), ("users.csv", "id\na\nb\nc\n"), ("orders.csv", orders)]);
    let words = ["repl", "a.rules", "users.csv", "--data", "orders=orders.csv", "--as-of", "2026-11-22"];
    let answer =
        place.run_with_input(&words, "count(orders) > 0\nspend\n:why a best\n:as-of +15d\nspend > avg(users.spend)\n");
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out);
}
