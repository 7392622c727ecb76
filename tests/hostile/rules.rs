//! Rule files.

use super::Place;

#[test]
fn bytes_that_are_not_text_are_named_by_line_and_number() {
    let place = Place::new();
    place.checks(b"tag a when \xff > 1\n", 1, &["hostile.rules:1:12", "0xFF"]);
    place.checks(b"# \x80\n", 1, &["hostile.rules:1:3", "0x80"]);
    place.checks(b"tag a when s matches /\xff/\n", 1, &["hostile.rules:1:23"]);
    place.checks(b"\xff\xfet\0a\0g\0", 1, &["UTF-16", "Notepad", "iconv -f UTF-16"]);
    place.checks(
        b"tag a \"\xd6\xd8\xd2\xaa\" when true\n",
        1,
        &["hostile.rules:1:8", "0xD6", "GBK", "iconv -f GB18030"],
    );
    place.checks(b"tag a\0 when true\n", 1, &["hostile.rules:1:6", "U+0000"]);
    place.checks(b"tag a when true\rtag b when true\n", 1, &["hostile.rules:1:16", "U+000D", "line feed"]);
    place.checks(b"\xef\xbb\xbftag a when true\r\ntag b when true\r\n", 0, &["2 declarations"]);
    place.checks(b"\xef\xbb\xbf\xef\xbb\xbftag a when true\n", 1, &["U+FEFF"]);
}

#[test]
fn what_never_closes_is_told_where_it_opens() {
    let place = Place::new();
    place.checks("tag a \"abc when true\n", 1, &["hostile.rules:1:7"]);
    place.checks("tag `abc when true\n", 1, &["hostile.rules:1:5"]);
    place.checks("tag a when s matches /abc\n", 1, &["hostile.rules:1:22"]);
    place.checks(format!("let a = {}", "(".repeat(100_000)), 1, &["hostile.rules:1:", "128"]);
    place.checks("{".repeat(100_000), 1, &["hostile.rules:1:"]);
    place.checks("# ".to_owned() + &"x".repeat(64 << 20), 1, &["64 MiB"]);
}

#[test]
fn long_chains_of_definitions_are_checked_and_run() {
    let place = Place::new();
    let chain: String = (0..10_000).map(|at| format!("let a{at} = a{} + 1\n", at + 1)).collect();
    place.write("chain.rules", format!("{chain}let a10000 = n + 1\ntag far when a0 > 10000\n"));
    place.runs(&["chain.rules", "good.csv", "--summary", "none"], 0, &["{\"user_id\":\"u1\",\"tags\":[\"far\"]"]);
    let cycle: String = (0..10_000).map(|at| format!("let a{at} = a{} + 1\n", (at + 1) % 10_000)).collect();
    place.checks(cycle, 1, &["hostile.rules:"]);
}

#[test]
fn a_text_does_not_double_until_memory_is_full() {
    let place = Place::new();
    let doubled: String = (0..60).map(|at| format!("let a{} = a{at} + a{at}\n", at + 1)).collect();
    place.write("double.rules", format!("let a0 = s + s\n{doubled}tag t when a60 is known\n"));
    place.write("s.csv", "user_id,s\nu1,abcdefgh\n");
    place.runs(&["double.rules", "s.csv", "--summary", "none"], 0, &["{\"user_id\":\"u1\",\"tags\":[]"]);
}

#[test]
fn many_of_everything_take_little_time() {
    let place = Place::new();
    let tests: Vec<String> = (0..20_000).map(|at| format!("x{at} > 1")).collect();
    place.checks(format!("tag t when {}", tests.join(" and ")), 0, &[]);
    let arms: String = (0..5_000).map(|at| format!("a{at} from {}\n", 10_000 - at)).collect();
    place.checks(format!("level l by n {{ {arms} z otherwise }}"), 0, &[]);
    place.checks("tag t when n > 1\n".repeat(2_000), 1, &["hostile.rules:2:5"]);
    // Each level is looked at once, however deep.
    for (open, close) in [("min(x, ", ")"), ("(x - ", ")"), ("abs(", ")"), ("(missing + ", ")"), ("(x / ", ")")] {
        place.checks(format!("let a = {}y{}", open.repeat(120), close.repeat(120)), 0, &[]);
    }
}

/// Each stands on the one before twice: there are more ways from the last to what all of them read than could ever be told.
#[test]
fn what_stands_on_itself_many_times_over_is_counted() {
    let place = Place::new();
    let mut rules = "let a0 = n > 1\n".to_owned();
    for at in 1..60 {
        rules += &format!("let a{at} = (a{0} and n > {at}) or (not a{0} and n < {at})\n", at - 1);
    }
    rules += "tag t when a59\nlevel l { high when a58  low when not a57  none otherwise }\n";
    place.write("many.rules", rules);
    place.write("many.csv", "user_id,n\nu1,5\nu2,\n");
    place.runs(&["many.rules", "many.csv"], 0, &["t ", "2 users read"]);
}

#[test]
fn patterns_are_bounded_when_they_are_read_and_when_they_search() {
    let place = Place::new();
    place.checks("tag a when s matches /a{1000000}/", 1, &["hostile.rules:1:22", "too large"]);
    place.checks("tag a when s matches /((a{100}){100}){100}/", 1, &["hostile.rules:1:22"]);
    place.checks(
        format!("tag a when s matches /{}a{}/", "(".repeat(5_000), ")".repeat(5_000)),
        1,
        &["hostile.rules:1:", "128"],
    );
    place.write("slow.rules", "tag a when s matches /(a+)+(b+)+$/\n");
    place.write("slow.csv", format!("user_id,s\nu1,{}c\n", "a".repeat(50_000)));
    place.runs(&["slow.rules", "slow.csv"], 0, &["\"tags\":[]"]);
}
