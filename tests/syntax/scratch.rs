use super::parse;
#[test]
fn scratch_times() {
    for (name, text) in [
        ("and", format!("tag long when {}", vec!["a"; 100_000].join(" and "))),
        ("many", "tag many when (a + b) * 2 > 3 and c between 30d..60d\n".repeat(10_000)),
        ("broken", "tag many when a == 3 && b > 4 and c between 3 and 5\n".repeat(1_000)),
        ("broken2", "tag many when a == 3 && b > 4 and c between 3 and 5\n".repeat(2_000)),
        ("(", format!("tag a when {}", "(".repeat(50_000))),
        ("nots", format!("tag a when {}", "not ".repeat(50_000))),
        ("`", "`".repeat(50_000)),
        ("a??", format!("tag a when {}", "a ?? ".repeat(50_000))),
        ("'", "'".repeat(50_000)),
        ("\"", "\"".repeat(50_000)),
        ("a[", format!("tag a when {}", "a[".repeat(50_000))),
        ("[{a:", format!("test \"a\" {{ given {{ a: {}", "[{ a: ".repeat(50_000))),
        ("ifthen", format!("tag a when {}", "if a then ".repeat(50_000))),
        ("-", format!("tag a when {}", "- ".repeat(50_000))),
        ("a.", format!("tag a when {}", "a.".repeat(50_000))),
        ("deep", format!("tag a when {}a{}", "(".repeat(128), ")".repeat(128))),
    ] {
        let start = std::time::Instant::now();
        let n = parse(&text).1.len();
        println!("TIME {name} {:?} n={n}", start.elapsed());
    }
}
