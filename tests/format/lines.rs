//! Lines of more than 120 columns, and where they break.

use insta::assert_snapshot;

use super::laid_out;

#[test]
fn conditions_break_before_their_words() {
    assert_snapshot!(laid_out(
        r#"
tag fits_______ when purchases >= 3 and last_order between 30d..60d and spend > 500 and city in ["上海", "北京", "深圳"]
tag fits________ when purchases >= 3 and last_order between 30d..60d and spend > 500 and city in ["上海", "北京", "深圳"]
tag ors "两种" when purchases >= 3 and last_order between 30d..60d and spend > 500 or first_order within 30d and spend > 1000
tag both when purchases >= 3 and last_order between 30d..60d and spend > 500 and points > 1000 and city = "上海" and not opted_out and (source = "app" or source = "web") or first_order within 30d and spend > 1000
tag inside when not opted_out and (purchases >= 3 and last_order between 30d..60d or purchases >= 1 and last_order within 30d)
"#
    ));
}

#[test]
fn brackets_break_open() {
    assert_snapshot!(laid_out(
        r#"
tag far when city in ["乌鲁木齐", "呼和浩特", "哈尔滨", "石家庄", "齐齐哈尔", "牡丹江", "佳木斯", "克拉玛依", "吐鲁番", "哈密", "阿克苏", "喀什", "和田", "伊宁"]
tag most when at least 2 of (purchases >= 3, last_order between 30d..60d, spend > 500, points > 1000, city = "上海", favourite is known)
let paid = sum(lines.price * lines.qty during this month where paid and category in ["水果", "蔬菜", "肉类", "海鲜", "乳制品"] and not returned)
let best = max(spend_in_the_first_quarter, spend_in_the_second_quarter, spend_in_the_third_quarter, spend_in_the_fourth_quarter)
tag top_here when top 20% by (spend where active and not opted_out and last_order within 365d and first_order < 30d ago per [city, channel])
"#
    ));
}

#[test]
fn choices_and_sums_break() {
    assert_snapshot!(laid_out(
        r#"
let kind = if purchases >= 10 then "regular" else if purchases >= 3 and spend > 500 then "good" else if purchases >= 1 then "new" else "none"
let total = spend_in_the_first_quarter + spend_in_the_second_quarter * 2 - spend_in_the_third_quarter + spend_in_the_fourth_quarter
let name = nickname_given_by_the_user ?? full_name_from_the_membership_card ?? full_name_from_the_last_delivery ?? "朋友"
"#
    ));
}

#[test]
fn tests_and_deeds_are_filled() {
    assert_snapshot!(laid_out(
        r#"
segment s when vip {
  on enter send sms "{name|朋友},送您 {coupon} 元券,本周下两单再送一单免运费,回T退订" with coupon = if spend > 1000 then 50 else 20 cooldown 30d hours 12:00..13:00 when last_order within 90d
  on exit { send push "好久不见,老客专享八折优惠,本周下两单再送一单免运费" cooldown 60d at most 3 times when last_order within 90d and not opted_out }
}
test "a long case" as of 2026-11-22T10:00 {
  given "u1" { opted_out: false, name: "小林", city: "上海", source: "app", orders: [{ amount: 200, ordered_at: 40d ago }, { amount: 200, ordered_at: 41d ago }, { amount: 100.01, ordered_at: 70d ago }] }
  given "u2" { } with param churn_after = 45d, list blocked = ["u1"]
  expect "u1": vip, spend = 500.01, win_back sends sms "小林,送您 50 元券,回T退订", membership >= silver, "u2": not vip, win_back silent
  then as of 2026-11-23T10:00 given { name: missing } expect win_back left
}
snapshot "fixtures" of "fixtures/users.csv", orders: "fixtures/orders.csv" as of 2026-11-22
"#
    ));
}
