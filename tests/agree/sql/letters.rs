//! Upper and lower case of every letter that has two.

use super::{Asked, Case, Data, Engine, Given, Moments, More, Record, ask, compare};

const RULES: &str = r#"
let lowered = lower(name)
let raised = upper(name)
let has_i  = lower(name) contains "i"
let has_k  = lower(name) contains "k a"
let has_ai = lower(name) contains " ai"
let begins = lower(name) starts with "k"
let is_i   = lower(name) in ["i", "k", "s"]
let ss     = upper(name) contains "SS"
let ffi    = upper(name) contains "FI A"
let closes = upper(name) ends with "ST"
let j      = upper(name) contains "J"
let vip    = upper(name) contains "VIP" or upper(name) = "ASS"
"#;

/// Texts of forty letters, each by itself, within a word and at its end; and words that end in sigma in every way.
fn texts() -> Vec<String> {
    let others = |it: char| it.to_lowercase().chain(it.to_uppercase()).filter(move |other| *other != it);
    // Unicode has had these from version 15 on, which engines may not know yet.
    let new = |it: char| matches!(it, '\u{1c89}'..='\u{1c8a}' | '\u{a7cb}'..='\u{a7cf}' | '\u{a7d2}'..='\u{a7d5}' | '\u{a7da}'..='\u{a7dc}' | '\u{10d50}'..='\u{10d8f}' | '\u{16ea0}'..='\u{16eff}');
    let letters = ('\u{80}'..=char::MAX).filter(|it| others(*it).next().is_some());
    let letters: Vec<char> = letters.filter(|it| !new(*it) && !others(*it).any(new)).collect();
    let mut all: Vec<String> =
        letters.chunks(40).map(|some| some.iter().flat_map(|it| [*it, ' ', 'a', *it]).collect()).collect();
    for before in ["", "\u{391}", "a", ".", "1", "\u{6c34}", "\u{391}.", "\u{391}\u{301}", "\u{2b0}", "\u{24b6}"] {
        for after in ["", "\u{391}", "b", ".", "1 ", ".\u{391}", "\u{ad}", "\u{301}a", " \u{3a3}", "\u{3a3}"] {
            all.push(format!("{before}\u{3a3}{after}"));
        }
    }
    all
}

fn letters_of(engine: Engine) {
    let Some(mut driver) = engine.driver_of_one() else { return };
    let rules = super::rules::rulebook(&[], &[], super::About::Everybody) + RULES;
    let texts = texts();
    let keys: Vec<String> = (0..texts.len()).map(|it| format!("u{it:04}")).collect();
    let users = keys.iter().zip(&texts).map(|(key, text)| Record::of(0, &[("user_id", key), ("name", text)]));
    let data = Data { users: users.collect(), ..Data::from(&[], &[], &[], Moments::Tied) };
    let case = Case::new(&rules, &data);
    let given = Given {
        rulebook: case.engine().rulebook(),
        sources: case.sources(),
        context: case.engine().context(),
        people: case.plain_values(),
        beside: More::default(),
    };
    let asked: Vec<Asked> = ask(engine, &rules, given).into_iter().collect();
    compare(engine, &mut driver, &asked, 0);
}

#[test]
fn duckdb_knows_every_letter() {
    letters_of(Engine::DuckDb);
}

#[test]
fn postgres_knows_every_letter() {
    letters_of(Engine::Postgres);
}
