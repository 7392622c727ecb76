//! A case told as a diary, a test in the rule file itself.

use std::fmt::Write;

use super::case::{Case, Day};

/// What is not as the case says when it is played by `tagwell test`.
pub(super) fn differences(case: &Case) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let told = case.rulebook(&format!("{}\n{}", case.rules, written(case)));
    std::fs::write(folder.path().join("rules.rules"), &told).unwrap();
    for (name, _) in case.days.iter().flat_map(|day| &day.lists) {
        std::fs::write(folder.path().join(format!("{name}.csv")), "user_id\n").unwrap();
    }
    let answer = super::played::command(folder.path(), &["test", "rules.rules"]);
    match answer.status.code() {
        Some(0) => vec![],
        _ => {
            let said = [answer.stdout, answer.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
            vec![format!("as a diary: {said}\n{}", written(case))]
        }
    }
}

/// The whole diary.
fn written(case: &Case) -> String {
    let mut users: Vec<&str> = vec![];
    let mut inside: Vec<(&str, &str)> = vec![];
    let mut test = format!("test \"{}\" ", case.title.replace(['"', '`'], ""));
    for (at, day) in case.days.iter().enumerate() {
        test.push_str(if at == 0 { "as of " } else { "  then as of " });
        test.push_str(&day.as_of);
        test.push_str(if at == 0 { " {\n" } else { "\n" });
        for (user, record) in &day.given {
            let _ = writeln!(test, "  given \"{user}\" {}", record.as_deref().unwrap_or("{ }"));
            if !users.contains(&user.as_str()) {
                users.push(user);
            }
        }
        let with = day.params.iter().map(|(name, value)| format!("param {name} = {value}"));
        let with = with.chain(day.lists.iter().map(|(name, keys)| format!("list {name} = {keys}"))).collect::<Vec<_>>();
        if !with.is_empty() {
            let _ = writeln!(test, "    with {}", with.join(", "));
        }
        turn(&mut inside, day);
        let items = users.iter().flat_map(|user| expected(case, day, user, &inside)).collect::<Vec<_>>();
        let _ = writeln!(test, "    expect {}", items.join(", "));
    }
    test.push_str("}\n");
    test
}

/// Who is in what after the day.
pub(super) fn turn<'a>(inside: &mut Vec<(&'a str, &'a str)>, day: &'a Day) {
    for line in &day.happens {
        let words = line.split([' ', ':']).collect::<Vec<_>>();
        match words.as_slice() {
            [user, "enters", segment, ..] => inside.push((user, segment)),
            [user, "leaves", segment, ..] => inside.retain(|one| one != &(*user, *segment)),
            _ => {}
        }
    }
}

/// What a diary says of one user on one day.
fn expected(case: &Case, day: &Day, user: &str, inside: &[(&str, &str)]) -> Vec<String> {
    let mut items = vec![];
    for segment in segments(&case.rules) {
        let own = day.happens.iter().filter_map(|line| line.strip_prefix(user)?.strip_prefix(' ')).collect::<Vec<_>>();
        items.extend(
            own.iter()
                .filter(|line| line.starts_with(&format!("enters {segment}:")))
                .map(|_| format!("{segment} entered")),
        );
        items.extend(
            own.iter()
                .filter(|line| line.starts_with(&format!("leaves {segment}:")))
                .map(|_| format!("{segment} left")),
        );
        let decided = own.iter().filter_map(|line| line.strip_prefix(segment)?.strip_prefix(' ')).collect::<Vec<_>>();
        items.extend(decided.iter().map(|line| format!("{segment} {}", fate(line))));
        if decided.is_empty() && acts(&case.rules, segment) {
            items.push(format!("{segment} silent"));
        }
        items.push(format!("{}{segment}", if inside.contains(&(user, segment)) { "" } else { "not " }));
    }
    items.extend(day.have.iter().filter(|(whom, _)| whom == user).map(|(_, items)| items.clone()));
    if let Some(first) = items.first_mut() {
        *first = format!("\"{user}\": {first}");
    }
    items
}

/// `enter send sms "hi" stopped limit` in the words of a diary.
fn fate(decided: &str) -> String {
    let (_, deed) = decided.split_once(' ').unwrap();
    if let Some((_, reason)) = deed.split_once(" stopped ") {
        return format!("stopped by {}", reason.split(" by ").next().unwrap_or_default());
    }
    if let Some((channel, text)) = deed.strip_prefix("send ").and_then(|sent| sent.split_once(" \"")) {
        return format!("sends {channel} \"{}\"", text.split('"').next().unwrap_or_default());
    }
    match deed.split(' ').next().unwrap_or_default() {
        "hold" => "holds".to_owned(),
        verb => format!("does {verb}"),
    }
}

/// The segments that the rules declare, in order.
fn segments(rules: &str) -> Vec<&str> {
    let lines = rules.lines().map(str::trim_start);
    lines.filter_map(|line| line.strip_prefix("segment ")?.split(' ').next()).collect()
}

/// Whether the segment does anything.
fn acts(rules: &str, segment: &str) -> bool {
    let Some((_, rest)) = rules.split_once(&format!("segment {segment} ")) else { return false };
    let own = rest.split("\n  segment ").next().unwrap_or_default();
    ["send ", "do ", "hold"].iter().any(|word| own.contains(word))
}
