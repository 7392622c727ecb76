//! Runs of like lines, set in columns by display width.

use insta::assert_snapshot;

use super::laid_out;

#[test]
fn declarations_of_one_kind() {
    assert_snapshot!(laid_out(
        r#"
rulebook "shop" timezone "Asia/Shanghai"
param churn_after = 30d
param big "大额" = 10_000
list blocked from "blocked.csv"
list staff "员工" from "staff.csv" column id
let purchases = count(orders)
let spend "消费" = sum(orders.amount)
let 最近 = max(orders.ordered_at)
tag vip "重要客户" when purchases >= 3
tag 爱水果 when any(orders where category = "水果")
tag new "new" when purchases = 0
template hello "你好"
template come_back "好久不见"
segment a when vip
segment every_one "所有人" when true
"#
    ));
}

#[test]
fn what_stands_in_blocks() {
    assert_snapshot!(laid_out(
        r#"
table users key user_id { user_id: text, spend: decimal(2)? from "Total Spend"
  last_order: date from "最近" in "%d.%m.%Y"
  `Last Order`: list of text?, seen: timestamp in epoch ms, from: text, in: text }
score heat from 50 { 40 when vip  minus 20 when lapsed  purchases * 2 when true } clamp 0..100
level membership "会员等级" by points { black "黑海会员" from 10000 keep 9000 keep 1y  gold "金海会员" from 5000 red otherwise }
layer rfm exclusive { 重要价值 when a and b  other "其他" otherwise }
funnel path on (events within 30d where paid) by session { install when event = "install"
  register "注册" within 1d when event = "register" buy within 7d when event = "buy" }
"#
    ));
}

#[test]
fn what_is_done() {
    assert_snapshot!(laid_out(
        r#"
segment by_layer when true { require not opted_out backfill
  on enter { do assign with team = "VIP" when a  send push "本周免运费" when b
    send email come_back at most 3 times  send sms come_back cooldown 60d hours 9:00..12:00 when c  hold otherwise }
  on exit { do a do b }
}
segment win_back when vip {
  on enter split "2026-11" { 45% noon send sms "A" hours 12:00..13:00  45% evening send email "B" once 10% control hold }
}
segment short when vip { on enter send sms "你好" with a = 1, b = 2 on exit do thanks every 30d do ask on each payments where paid do thank }
policy { require not opted_out limit 3 within 7d limit sms 1 within 1d quiet 22:00..08:00 exempt [a, b] priority [c] }
channel sms "短信" { at most 70 characters, must contain "退订" }
channel push { }
"#
        .replace("9:00", "09:00")
        .as_str()
    ));
}

/// A run is one kind, without a blank line, a comment of its own line, or a broken line in it.
#[test]
fn where_a_run_ends() {
    assert_snapshot!(laid_out(
        r#"
let a = 1
let bb = 2  # at the end of a line: the run goes on
let ccc = 3

let dddd = 4
let e = 5
# the next ones are about visits
let f = 6
let gg = 7
tag h when a
let iii = 8
let jjjj = 9
let k = a + # inside
  bb
let lllll = 10
"#
    ));
}

/// What is wider than 40 columns, or would be pushed over the edge, goes on after one space.
#[test]
fn what_is_wide_pushes_nothing() {
    assert_snapshot!(laid_out(
        r#"
tag a "short" when x
tag bb "a label that is quite a bit wider than forty columns are" when y
tag ccc "短" when z
let a = 1
let bbbbbbbbbbbbbbbbbbbbbb = 2
let c = "a text that just fits the line on its own, but would not fit if it was pushed to the right, as it is one of many"
segment s when vip {
  on enter {
    send sms "好久不见,老客专享八折优惠,本周下两单再送一单免运费,回T退订" when a
    send push "你好" when b
    do call otherwise
  }
}
"#
    ));
}
