//! `tagwell init`: what it makes, and what it leaves alone.

use super::Place;

#[test]
fn init_makes_a_project_that_checks() {
    let place = Place::with(&[]);
    let answer = place.run(&["init", "my shop"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, ""));
    insta::assert_snapshot!(answer.err.replace('\\', "/"));
    assert_eq!(place.files(), ["my shop/README.md", "my shop/orders.csv", "my shop/shop.rules", "my shop/users.csv"]);
    let check = place.run(&["check", "my shop"]);
    assert_eq!(check.code, 0, "{}", check.err);
    assert!(!check.err.contains("warning"), "{}", check.err);
    assert_eq!(place.run(&["fmt", "--check", "my shop"]).code, 0, "it is laid out");
}

#[test]
fn the_commands_of_its_page_work_as_they_stand() {
    let place = Place::with(&[]);
    assert_eq!(place.run(&["init"]).code, 0);
    let page = place.read("README.md");
    let commands: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("    tagwell ")).collect();
    assert!(commands.len() >= 4, "{page}");
    for command in commands {
        let quoted = command.split('\'').enumerate();
        let words =
            quoted.flat_map(|(at, part)| if at % 2 == 0 { part.split_whitespace().collect() } else { vec![part] });
        let answer = place.run(&words.collect::<Vec<&str>>());
        assert_eq!(answer.code, 0, "{command}\n{}", answer.err);
    }
    let answer = place.run(&["run", "shop.rules", "--as-of", "2026-11-22"]);
    insta::assert_snapshot!(answer.out + &answer.err);
}

#[test]
fn init_overwrites_nothing() {
    let place = Place::with(&[("users.csv", "mine"), ("README.md", "mine too")]);
    let answer = place.run(&["init"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("users.csv") && answer.err.contains("README.md"), "{}", answer.err);
    assert_eq!(place.files(), ["README.md", "users.csv"], "nothing is added");
    assert_eq!(place.read("users.csv"), "mine");
    assert_eq!(place.run(&["init", "users.csv"]).code, 2, "a file is no folder");
}
