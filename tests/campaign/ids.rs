//! What a decision's id hangs on (LANGUAGE.md §8): never on the text, so that mending a text resends nothing.

use std::{collections::BTreeSet, fs};

use super::played::command;

const RULES: &str = r#"
rulebook "shop"
table users key user_id { user_id: text  spend: int? }
table orders of users by user_id at paid_at key order_id { order_id: text  user_id: text  paid_at: timestamp  amount: int }
segment big when spend > 5 {
  on enter send sms "hello {spend|0}"
  every 1d send push "again"
  on each orders send push "paid {orders.amount}"
}
"#;

/// The ids of three days by these rules, in order.
fn ids(rules: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("shop.rules"), rules).unwrap();
    let mut ids = vec![];
    for (day, orders) in [
        (19, ""),
        (
            20,
            r#"{"order_id":"o1","paid_at":"2026-11-20T09:00","amount":1},{"order_id":"o2","paid_at":"2026-11-20T09:00","amount":2}"#,
        ),
        (21, r#"{"order_id":"o3","paid_at":"2026-11-21T09:00","amount":1}"#),
        (22, ""),
    ] {
        let users = ["u1", "u2"].iter().filter(|_| day > 19).map(|user| {
            let orders = orders.replace(":\"o", &format!(":\"{user}o"));
            format!("{{\"user_id\":\"{user}\",\"spend\":{},\"orders\":[{orders}]}}\n", day - 10)
        });
        fs::write(folder.join("users.jsonl"), users.collect::<String>()).unwrap();
        let as_of = format!("2026-11-{day}T10:00");
        let answer = command(
            folder,
            &["run", "shop.rules", "users.jsonl", "--state=s.db", "--actions=a.jsonl", "--as-of", &as_of],
        );
        assert_eq!(answer.status.code(), Some(0), "{}", String::from_utf8_lossy(&answer.stderr));
        let actions = fs::read_to_string(folder.join("a.jsonl")).unwrap();
        let own = actions.lines().map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["action_id"].as_str().unwrap().to_owned()
        });
        ids.extend(own);
    }
    ids
}

#[test]
fn an_id_hangs_on_rulebook_segment_place_user_entry_and_occasion_and_never_on_the_text() {
    let told = ids(RULES);
    assert_eq!(told.len(), 2 * (1 + 2 + 3));
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len());
    let same = |rules: String| ids(&rules) == told;
    assert!(same(RULES.to_owned()), "the same runs in another file");
    assert!(
        same(RULES.replace("hello", "good day").replace("again", "once more").replace("paid {", "paid: {")),
        "another text"
    );
    assert!(same(RULES.replace("send sms", "send email")), "another channel");
    assert!(same(RULES.replace("spend > 5", "spend >= 5")), "another condition");
    let apart = |rules: String| ids(&rules).iter().all(|id| !told.contains(id));
    assert!(apart(RULES.replace("\"shop\"", "\"store\"")), "another rulebook");
    assert!(apart(RULES.replace("segment big", "segment large")), "another segment");
    let moved = ids(&RULES.replace("  on enter", "  on exit do call\n  on enter"));
    assert!(moved.iter().all(|id| !told.contains(id)), "other places");
}
