//! Comments and blank lines come back where they stood.

use insta::assert_snapshot;

use super::laid_out;

#[test]
fn everywhere_between_lines() {
    assert_snapshot!(laid_out(
        "# the file

  ## of vip
   ## in two lines
tag vip when a   # behind vip
# between
tag b when c


# alone

level m by points {   # behind the brace

  # above gold
  gold from 5  # behind gold

  red otherwise
  # before the end

  # and another
} # behind the end
score s {
  # nothing but this
}
test \"t\" {
  # above given
  given { a: 1 }  # behind given
  # above with
  with param p = 3  # behind with
  # above expect
  expect vip  # behind expect
  # above then
  then as of 2026-11-22  # behind then
  expect not vip
  # before the end
}
# the end"
    ));
}

/// A comment inside breaks the line where it stands, and the groups that it stands in.
#[test]
fn inside_expressions() {
    assert_snapshot!(laid_out(
        r#"
tag a when x and # of x
  y or z
tag b when x # of x
  and y # of y
tag c when (x # inside
  or y)
tag d when city in ["上海", # the first
  # above the second
  "北京"]
let e = # behind the sign
  1
let f = sum(orders.amount # what
  within 90d # when
  where paid)
let g = if a then b # if so
  else c
table # behind the word
  t key k { a # behind the name
  : text }
list of_users # and
  # more
  from "a.csv"
segment s when v { on enter # when
  send sms "x" # what
    once
  require # before
    x }
test "t" { given { a: 1, # of a
  b: [{ c: 1 }, # of c
  { c: 2 }] } expect x, # of x
  y }
"#
    ));
}

/// A description belongs to what stands below it, and stays what it is.
#[test]
fn no_comment_becomes_a_description() {
    let text = "tag a when x\n  ## about y\n  and y\ntag b when f( ## inside\n)\ntag c when z\n";
    assert_eq!(
        laid_out(text),
        "tag a when x\n    ## about y\n    and y\ntag b when f(  ## inside\n    )\ntag c when z\n"
    );
}

#[test]
fn files_of_nothing_else() {
    for (text, expected) in [
        ("", ""),
        ("\n\n  \n", ""),
        ("# only this", "# only this\n"),
        ("\n\n# a\n\n\n\n# b\n\n", "# a\n\n# b\n"),
        ("#\n##\n", "#\n##\n"),
        ("# a\ttab  \n", "# a\ttab\n"),
    ] {
        assert_eq!(laid_out(text), expected, "{text:?}");
    }
}

#[test]
fn line_ends_and_marks_of_other_systems() {
    for (text, expected) in [
        ("tag a when b\r\n\r\n\r\ntag c when d # e\r\n", "tag a when b\n\ntag c when d  # e\n"),
        ("# a\r\n# b\r\ntag a when b", "# a\n# b\ntag a when b\n"),
        ("\u{feff}tag a when b", "tag a when b\n"),
        ("\u{feff}# a\r\n", "# a\n"),
        ("\n \r\n## of a\ntag a when b", "## of a\ntag a when b\n"),
        ("tag\u{3000}a\twhen\u{3000}\u{3000}b\u{3000}\n", "tag a when b\n"),
    ] {
        assert_eq!(laid_out(text), expected, "{text:?}");
    }
}
