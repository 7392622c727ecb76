//! `tagwell fmt`: files rewritten, listed, filtered.

use super::{Place, VIP};

/// The shortest rulebook, with blank lines that the layout does not have.
const LOOSE: &str = "tag vip when purchases >= 3\n\n\n";

#[test]
fn files_are_rewritten_in_place_and_only_where_they_change() {
    let place = Place::with(&[("a.rules", LOOSE), ("b.rules", VIP)]);
    let before = std::fs::metadata(place.path("b.rules")).unwrap().modified().unwrap();
    let answer = place.run(&["fmt", "."]);
    assert_eq!(
        (answer.code, answer.out.as_str(), answer.err.as_str()),
        (0, "", "1 file rewritten, 1 file unchanged\n")
    );
    assert_eq!(place.read("a.rules"), VIP);
    assert_eq!(std::fs::metadata(place.path("b.rules")).unwrap().modified().unwrap(), before);
    assert_eq!(place.files(), ["a.rules", "b.rules"], "nothing is left behind");
    assert_eq!(place.run(&["fmt", "a.rules", "b.rules"]).err, "2 files unchanged\n");
}

#[test]
fn check_lists_what_would_change_and_changes_nothing() {
    let place = Place::with(&[("a.rules", LOOSE), ("b.rules", VIP), ("c/d.rules", LOOSE)]);
    let answer = place.run(&["fmt", "--check", "."]);
    assert_eq!((answer.code, answer.out.as_str()), (1, "./a.rules\n./c/d.rules\n"));
    assert_eq!(answer.err, "2 files would change, 1 file unchanged\n");
    assert_eq!(place.read("a.rules"), LOOSE);
    assert_eq!(place.run(&["fmt", "--check", "b.rules"]).code, 0);
    let filter = place.run_with_input(&["fmt", "--check", "-"], LOOSE);
    assert_eq!((filter.code, filter.out.as_str()), (1, "<stdin>\n"));
}

#[test]
fn a_dash_filters() {
    let place = Place::with(&[]);
    let answer = place.run_with_input(&["fmt", "-"], LOOSE);
    assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (0, VIP, ""));
    let answer = place.run_with_input(&["fmt", "-"], b"\xff");
    assert_eq!((answer.code, answer.out.as_str()), (2, ""), "half an answer is none");
}

#[test]
fn a_file_that_is_no_text_stays_and_the_others_are_laid_out() {
    let place = Place::with(&[("b.rules", LOOSE)]);
    place.write("a.rules", b"\xff");
    let answer = place.run(&["fmt", "."]);
    assert_eq!(answer.code, 2);
    assert!(
        answer.err.contains("a.rules:1:1") && answer.err.ends_with("1 file rewritten, 1 file not laid out\n"),
        "{}",
        answer.err
    );
    assert_eq!(place.read("b.rules"), VIP);
    assert_eq!(place.run(&["fmt", "--check", "."]).code, 1);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::with(&[("real/a.rules", LOOSE)]);
    std::fs::set_permissions(place.path("real/a.rules"), std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/a.rules", place.path("link.rules")).unwrap();
    assert_eq!(place.run(&["fmt", "link.rules"]).code, 0);
    assert_eq!(place.read("real/a.rules"), VIP);
    assert!(place.path("link.rules").is_symlink());
    assert_eq!(std::fs::metadata(place.path("real/a.rules")).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_is_typed_from_habit_is_mended_and_counted() {
    let habit = "tag vip when purchases >= 3 && city == '上海' // why\n";
    let place = Place::with(&[("a.rules", habit), ("b.rules", "tag a when b > 30m\n")]);
    let plain = place.run(&["fmt", "a.rules"]);
    assert_eq!((plain.code, place.read("a.rules").as_str()), (2, habit), "without --fix nothing is mended");
    assert_eq!(place.run(&["fmt", "--fix", "--check", "a.rules"]).code, 1);
    let answer = place.run(&["fmt", "--fix", "a.rules"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, "4 mistakes fixed, 1 file rewritten\n"));
    assert_eq!(place.read("a.rules"), "tag vip when purchases >= 3 and city = \"上海\"  # why\n");
    let unsure = place.run(&["fmt", "--fix", "b.rules"]);
    assert_eq!((unsure.code, place.read("b.rules").as_str()), (2, "tag a when b > 30m\n"), "{}", unsure.err);
}
