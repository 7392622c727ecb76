//! Users and rulebooks to measure with: the same number gives the same bytes.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use tagwell::{
    data::{Input, Wanted},
    schema::{Column, ColumnId, Role, Table},
    value::{Type, moment_text::MomentFormat},
};

const COLUMNS: [(&str, Type, bool); 14] = [
    ("user_id", Type::Text, false),
    ("city", Type::Text, true),
    ("source", Type::Text, true),
    ("email", Type::Text, true),
    ("age", Type::Int, true),
    ("points", Type::Int, false),
    ("purchases", Type::Int, false),
    ("visits", Type::Int, true),
    ("spend", Type::Decimal(2), false),
    ("score", Type::Float, true),
    ("first_order", Type::Date, true),
    ("last_order", Type::Date, true),
    ("seen_at", Type::Timestamp, true),
    ("opted_out", Type::Bool, false),
];

/// The columns by name and type.
pub(crate) fn columns() -> &'static [(&'static str, Type, bool)] {
    &COLUMNS
}

/// Everything that the users have.
pub(crate) fn wanted() -> Wanted {
    let column = |(name, ty, optional): &(&str, Type, bool)| Column {
        name: (*name).into(),
        header: (*name).into(),
        ty: ty.clone(),
        optional: *optional,
        format: MomentFormat::Iso,
        source: Default::default(),
        span: None,
    };
    let columns: Vec<Column> = COLUMNS.iter().map(column).collect();
    let needed = (0..columns.len() as u32).map(ColumnId).collect();
    let (name, key) = ("users".into(), Some(ColumnId(0)));
    let table = Table { name, role: Role::Root, key, columns, from: None, declared: true, span: None };
    Wanted { table, needed, nested: vec![], verbatim: false }
}

/// Numbers below a bound, the same ones each time (xorshift).
fn dice() -> impl FnMut(u64) -> u64 {
    let mut state = 20_261_122_u64;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    }
}

const CITIES: [&str; 8] = ["上海", "北京", "广州", "深圳", "杭州", "成都", "武汉", "苏州"];
const SOURCES: [&str; 5] = ["search", "social", "friend", "shop", "ad"];

fn pick(names: &[&str], at: u64) -> String {
    names.get(at as usize).map_or_else(String::new, |name| (*name).to_owned())
}

/// Users, the same ones each time.
fn users(rows: u64) -> impl Iterator<Item = [String; 14]> {
    let mut dice = dice();
    (0..rows).map(move |number| {
        let bought = dice(10) < 8;
        let day = |days: u64| format!("20{:02}-{:02}-{:02}", 20 + days % 7, 1 + days % 12, 1 + days % 28);
        let if_bought = |text: String| if bought { text } else { String::new() };
        [
            format!("u{number:08}"),
            if dice(10) < 9 { pick(&CITIES, dice(8)) } else { String::new() },
            pick(&SOURCES, dice(5)),
            format!("user{}@mail{}.example.com", dice(1_000_000), dice(100)),
            (16 + dice(64)).to_string(),
            dice(20_000).to_string(),
            if bought { dice(40).to_string() } else { "0".into() },
            dice(300).to_string(),
            format!("{}.{:02}", dice(5000), dice(100)),
            format!("{}.{}", dice(100), dice(100_000)),
            if_bought(day(dice(10_000))),
            if_bought(day(dice(10_000))),
            format!("{}T{:02}:{:02}:{:02}", day(dice(10_000)), dice(24), dice(60), dice(60)),
            (dice(10) == 0).to_string(),
        ]
    })
}

/// Users as CSV.
pub(crate) fn csv_text(rows: u64) -> String {
    let mut text = COLUMNS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(",") + "\n";
    users(rows).for_each(|user| writeln!(text, "{}", user.join(",")).expect("a text takes all"));
    text
}

/// The same users as JSON Lines.
pub(crate) fn json_text(rows: u64) -> String {
    let mut text = String::new();
    for user in users(rows) {
        let pair = |((name, ty, _), value): (&(&str, Type, bool), &String)| match ty {
            _ if value.is_empty() => format!("\"{name}\":null"),
            Type::Text | Type::Date | Type::Timestamp => format!("\"{name}\":\"{value}\""),
            _ => format!("\"{name}\":{value}"),
        };
        let pairs: Vec<String> = COLUMNS.iter().zip(&user).map(pair).collect();
        writeln!(text, "{{{}}}", pairs.join(",")).expect("a text takes all");
    }
    text
}

/// A rulebook of so many tags over the users, each of two to five conditions.
pub(crate) fn rules(tags: u64) -> String {
    let mut text = "table users key user_id {\n".to_owned();
    for (name, ty, optional) in &COLUMNS {
        let ty = match ty {
            Type::Text => "text",
            Type::Int => "int",
            Type::Float => "float",
            Type::Date => "date",
            Type::Timestamp => "timestamp",
            Type::Bool => "bool",
            _ => "decimal(2)",
        };
        writeln!(text, "  {name}: {ty}{}", if *optional { "?" } else { "" }).expect("a text takes all");
    }
    text.push_str("}\n");
    let mut dice = dice();
    for tag in 0..tags {
        let conditions: Vec<String> = (0..2 + dice(4)).map(|_| condition(&mut dice)).collect();
        let word = if dice(5) == 0 { " or " } else { " and " };
        writeln!(text, "tag t{tag} when {}", conditions.join(word)).expect("a text takes all");
    }
    text
}

fn condition(dice: &mut impl FnMut(u64) -> u64) -> String {
    match dice(8) {
        0 => format!("points >= {}", dice(20_000)),
        1 => format!("spend < {}.{:02}", dice(5000), dice(100)),
        2 => format!("age between {}..{}", 16 + dice(30), 46 + dice(30)),
        3 => format!("last_order within {}d", 1 + dice(1500)),
        4 => format!("seen_at between {}d..{}d", 1 + dice(300), 301 + dice(1500)),
        5 => format!("city in [\"{}\", \"{}\"]", pick(&CITIES, dice(4)), pick(&CITIES, 4 + dice(4))),
        6 => format!("source = \"{}\"", pick(&SOURCES, dice(5))),
        _ => format!("not opted_out and purchases > {}", dice(40)),
    }
}

/// A file in a folder, as the readers take it.
pub(crate) fn input(folder: &Path, name: &str, text: &str) -> Input {
    let path: PathBuf = folder.join(name);
    fs::write(&path, text).expect("a temporary file can be written");
    Input::parse(&path.to_string_lossy()).expect("the form is known")
}
