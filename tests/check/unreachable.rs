//! Of which arm it is told that nobody gets it, the plain interpreter gives it to nobody: ladders of everyday conditions over few values,
//! asked of users who stand on, before and behind each of them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tagwell::{
    engine::Rulebook,
    eval::{Children, Context, User},
    ir::{Body, Choice, DefinitionId},
    record,
    value::Value,
};

const SCHEMA: &str = "rulebook \"arms\" timezone \"Europe/Berlin\"
table users key id { id: text  n: int  m: int?  x: decimal(1)?  f: float?  s: text?  b: bool  o: bool?  t: timestamp?  d: date? }
param p = 2
let twice = n + n
tag g when m > 2 or s = \"a\"
let h = x < 1.5
level l by n { high from 3  low from 1  none otherwise }
layer c { one when m = 1  some when m > 1 }
";

/// A day after the clocks were put back.
const AS_OF: &str = "2026-10-26T09:00";

/// Choices, the first where none are left.
struct Choices<'b>(std::slice::Iter<'b, u8>);

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.0.next().map_or(0, |byte| usize::from(*byte)) % n
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth == 0 || self.below(2) == 0 {
            return self.leaf();
        }
        let (a, b) = (self.condition(depth - 1), self.condition(depth - 1));
        match self.below(5) {
            0 => format!("({a}) and ({b})"),
            1 => format!("(({a}) or ({b}))"),
            2 => format!("not ({a})"),
            3 => format!("{} of ({a}, {b})", self.of(&["any", "all", "none", "at least 1"])),
            _ => format!("at least 2 of ({a}, {b}, {})", self.leaf()),
        }
    }

    fn leaf(&mut self) -> String {
        let op = self.of(&["=", "!=", "<", "<=", ">", ">="]);
        let number = self.of(&["0", "1", "2", "3", "1.5"]);
        let days = self.of(&["1d", "2d", "3d", "1mo", "24h", "25h", "0d"]);
        let text = self.of(&["\"a\"", "\"b\"", "\"c\""]);
        let day = self.of(&["2026-10-25", "2026-10-24", "2026-10-26"]);
        let moment = self.of(&["t", "d"]);
        let days = if moment == "d" && days.ends_with('h') { "4d" } else { days };
        match self.below(18) {
            0 | 1 => format!("n {op} {number}"),
            2 => format!("m {op} {number}"),
            3 => format!("{} {op} {number}", self.of(&["x", "f", "twice", "abs(n)"])),
            4 => {
                format!("{} between {}..{}3", self.of(&["n", "m", "x"]), self.of(&["0", "1", "2"]), self.of(&["", "<"]))
            }
            5 => format!("s {} {text}", self.of(&["=", "!="])),
            6 => format!("s {} [{text}, {}]", self.of(&["in", "not in"]), self.of(&["\"a\"", "\"d\""])),
            7 => self.of(&["b", "o", "not b", "h", "g", "not g", "not o"]).to_owned(),
            8 => format!("{moment} within {days}"),
            9 => format!("age({moment}) {} {days}", self.of(&["<", "<=", ">", ">="])),
            10 => format!("{moment} {} {days} ago", self.of(&["<", "<=", ">", ">="])),
            11 => format!("{moment} {} {day}", self.of(&["<", "<=", ">", ">=", "="])),
            12 => format!("{} is {}", self.of(&["m", "x", "s", "t", "d", "o", "c"]), self.of(&["missing", "known"])),
            13 => format!("l {op} {}", self.of(&["high", "low", "none"])),
            14 => format!("c {} {}", self.of(&["=", "!="]), self.of(&["one", "some"])),
            15 => format!("{moment} {} now", self.of(&["<", "<=", ">", ">="])),
            16 => format!("n {op} p"),
            _ => format!("t between 0d..{}", self.of(&["1d", "2d", "3d"])),
        }
    }

    fn ladder(&mut self) -> String {
        let by_n = self.below(3) == 0;
        let (word, by) = if by_n { ("level", " by n") } else { (self.of(&["level", "layer"]), "") };
        let mut arms = vec![];
        let mut threshold = 4;
        for at in 0..2 + self.below(4) {
            threshold -= 1;
            arms.push(match by_n && self.below(2) == 0 {
                true => format!("a{at} from {threshold}{}", self.of(&["", "", " keep -2"])),
                false => format!("a{at} when {}", self.condition(2)),
            });
        }
        format!("{word} arms{by} {{\n  {}\n}}", arms.join("\n  "))
    }

    fn user(&mut self) -> serde_json::Value {
        let number = |choices: &mut Self| [0, 1, 2, 3, 4, -1][choices.below(6)];
        let real = |choices: &mut Self| [0.0, 1.0, 1.4, 1.5, 1.6, 2.0, 3.0][choices.below(7)];
        let moment = |choices: &mut Self| {
            let day = choices.of(&["23", "24", "25", "26", "27"]);
            let time = choices.of(&["08:00", "09:00", "10:00", "00:00", "07:00"]);
            choices.of(&["2026-10-DAYTTIME", "2026-09-DAYTTIME"]).replace("DAY", day).replace("TIME", time)
        };
        let mut user = serde_json::json!({ "id": "u", "n": number(self), "b": self.below(2) == 0 });
        let mut set = |name: &str, value: serde_json::Value, choices: &mut Self| {
            if choices.below(5) > 0 {
                user[name] = value;
            }
        };
        for (name, value) in [
            ("m", number(self).into()),
            ("x", real(self).into()),
            ("f", real(self).into()),
            ("s", self.of(&["a", "b", "c", "d", "B"]).into()),
            ("o", (self.below(2) == 0).into()),
            ("t", moment(self).into()),
            ("d", moment(self)[..10].into()),
        ] {
            set(name, value, self);
        }
        user
    }
}

/// The arms of which it is told that nobody gets them.
fn told(checked: &tagwell::engine::Checked) -> BTreeSet<String> {
    let of_arms = checked.warnings().diagnostics().iter().filter(|it| it.code.as_str() == "W0111");
    of_arms.map(|it| it.message.split('`').nth(1).unwrap().to_owned()).collect()
}

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { 300 };
    ProptestConfig { cases, failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn who_is_told_of_is_nobody(
        rules in prop::collection::vec(any::<u8>(), 0..120),
        users in prop::collection::vec(prop::collection::vec(any::<u8>(), 30), 60),
    ) {
        let text = format!("{SCHEMA}{}", Choices(rules.iter()).ladder());
        let checked = Rulebook::parse("arms.rules", &text).unwrap().check(&Default::default());
        let checked = checked.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        let told = told(&checked);
        if told.is_empty() {
            return Ok(());
        }
        let engine = checked.engine_with(Context::new(checked.clock(AS_OF).unwrap()));
        let rulebook = engine.rulebook();
        let id = DefinitionId(rulebook.definitions.len() as u32 - 1);
        let (Body::Level(ladder) | Body::Layer(ladder)) = &rulebook.definition(id).body else { panic!("{text}") };
        prop_assert!(ladder.arms.iter().all(|arm| !matches!(arm.choice, Choice::Otherwise)));
        let values = &rulebook.choices(ladder.choices).values;
        for user in users {
            let user = Choices(user.iter()).user();
            let record = record::from_json(user.as_object().unwrap(), rulebook.schema.root(), engine.clock().zone()).unwrap();
            let children = Children::default();
            let answers = engine.interpreter().evaluate(User { record: &record, children: &children });
            if let Value::Choice(rank) = answers.value(id) {
                let name = values[*rank as usize].name.to_string();
                prop_assert!(!told.contains(&name), "`{}` is had by {}\n{}", name, user, text);
            }
        }
    }
}
