//! What the word at the end of a line could become: names, words of the language, and what is in the data.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use tagwell::{
    syntax::{DECLARATIONS, RESERVED, ast},
    value::{Type, Value, print},
};

use super::{
    commands::COMMANDS,
    input::{self, Kind, Word},
    moments::WORDS,
    people::People,
    session::Session,
    texts::declarations,
};

/// Values and users that are offered.
const MOST: usize = 200;

/// What `:as-of` is often given.
const LENGTHS: [&str; 6] = ["+1d", "+7d", "+30d", "+1mo", "-7d", "-1mo"];

/// What functions there are.
const FUNCTIONS: [&str; 40] = [
    "abs",
    "age",
    "all of",
    "anniversary",
    "any",
    "any of",
    "at least",
    "avg",
    "bucket",
    "ceil",
    "clamp",
    "count",
    "date",
    "day",
    "distinct",
    "first",
    "floor",
    "held",
    "hour",
    "last",
    "length",
    "lower",
    "max",
    "min",
    "mod",
    "month",
    "most",
    "none of",
    "ntile",
    "quantile",
    "reached",
    "round",
    "start_of_month",
    "start_of_week",
    "sum",
    "to_next",
    "trim",
    "upper",
    "weekday",
    "year",
];

/// Where the completed word begins in the line, and the candidates.
type Found = (usize, Vec<String>);

impl Session {
    /// What the word at the end of a line could become.
    pub(crate) fn complete(&mut self, line: &str) -> Found {
        if self.pending().is_empty()
            && let Some(command) = line.trim_start().strip_prefix(':')
        {
            let start = line.len() - command.len();
            let Some((word, rest)) = command.split_once(char::is_whitespace) else {
                return beginning(start, command, COMMANDS.iter().map(|(name, ..)| (*name).to_owned()));
            };
            let (word, rest) = (word.to_owned(), rest.trim_start());
            if !matches!(word.as_str(), "top" | "sample") {
                return self.complete_argument(&word, rest, line.len());
            }
        }
        if line.matches('"').count() % 2 == 1 {
            return self.complete_text(line);
        }
        let is_part = |it: char| it.is_alphanumeric() || it == '_';
        let start = line.trim_end_matches(is_part).len();
        let begun = line.get(start..).unwrap_or_default();
        let before = format!("{}{}", self.pending(), line.get(..start).unwrap_or_default());
        let candidates = self.candidates(&before, start == 0 && self.pending().is_empty());
        let spaced =
            before.ends_with(char::is_whitespace) || before.ends_with(['(', '[', ',', '.']) || before.is_empty();
        let found = beginning(start, begun, candidates.into_iter());
        match begun.is_empty() && !spaced {
            // `city =` without its blank
            true => (found.0, found.1.into_iter().map(|it| format!(" {it}")).collect()),
            false => found,
        }
    }

    /// What may stand behind a text.
    fn candidates(&mut self, before: &str, first: bool) -> Vec<String> {
        let words = input::words(before);
        let last = words.last().map(|word| word.text);
        let text = |at: usize| words.len().checked_sub(at).and_then(|at| words.get(at)).map(|word| word.text);
        if last == Some("send") {
            return self.declared_of(|kind| matches!(kind, ast::DeclarationKind::Channel(_)));
        }
        if text(2) == Some("send") {
            return self.declared_of(|kind| matches!(kind, ast::DeclarationKind::Template(_)));
        }
        if last == Some(".") {
            return text(2).map(|table| self.columns_of(table)).unwrap_or_default();
        }
        if let Some(operand) = compared(&words) {
            let values = self.values_of(&operand);
            if !values.is_empty() {
                return values;
            }
        }
        if let (Some("in"), Some(operand)) = (last, operand(words.get(..words.len().saturating_sub(1)).unwrap_or(&[])))
        {
            let mut lists: Vec<String> = self.names_of("list");
            if !self.values_of(&operand).is_empty() {
                lists.push("[".to_owned());
            }
            return lists;
        }
        if let Some(operand) = words.last().filter(|word| is_operand(word)).and_then(|_| operand(&words)) {
            let signs = self.signs_behind(&operand);
            if !signs.is_empty() {
                return signs;
            }
        }
        let mut names: Vec<String> = self.names().into_iter().map(|(name, _)| spelled(&name)).collect();
        names.extend(FUNCTIONS.iter().map(|name| (*name).to_owned()));
        names.extend(RESERVED.iter().map(|name| (*name).to_owned()));
        if first {
            names.extend(DECLARATIONS.iter().map(|name| (*name).to_owned()));
        }
        names.retain(|name| !name.is_empty());
        names.sort();
        names.dedup();
        names
    }

    /// What stands behind a command.
    fn complete_argument(&mut self, word: &str, rest: &str, end: usize) -> Found {
        let start = end - rest.len();
        match word {
            "load" => files(rest, end, &["rules"]),
            "save" => files(rest, end, &["rules"]),
            "schema" => files(rest, end, &[]),
            "data" => match rest.split_once('=') {
                Some((_, file)) => files(file, end, &[]),
                None => {
                    let (at, mut found) = files(rest, end, &[]);
                    if at == start {
                        let tables = self.names_of("table").into_iter().map(|name| format!("{name}="));
                        found.splice(0..0, tables.filter(|name| name.starts_with(rest)));
                    }
                    (at, found)
                }
            },
            "as-of" => {
                let today = self.now().ok().and_then(|now| now.split('T').next().map(str::to_owned));
                let words = WORDS.iter().chain(&LENGTHS).map(|word| (*word).to_owned());
                beginning(start, rest, words.chain(today))
            }
            "why" => {
                let begun = rest.rsplit(char::is_whitespace).next().unwrap_or_default().to_owned();
                let candidates = match rest.contains(char::is_whitespace) {
                    true => self.results_by_name(),
                    false => self.users(&begun),
                };
                beginning(end - begun.len(), &begun, candidates.into_iter())
            }
            "drop" => {
                let begun = rest.rsplit(char::is_whitespace).next().unwrap_or_default().to_owned();
                beginning(end - begun.len(), &begun, self.results_by_name().into_iter())
            }
            "tests" => beginning(start, rest, self.names_of_tests().into_iter()),
            _ => (end, vec![]),
        }
    }

    /// A text that has been begun: the values that what stands before it has in the data.
    fn complete_text(&mut self, line: &str) -> Found {
        let Some(quote) = line.rfind('"') else { return (line.len(), vec![]) };
        let begun = line.get(quote + 1..).unwrap_or_default().to_owned();
        let before = format!("{}{}", self.pending(), line.get(..quote).unwrap_or_default());
        let words = input::words(&before);
        let is_field = |word: &&Word<'_>| word.kind == Kind::Word && !RESERVED.contains(&word.text);
        let nearest = || words.iter().rev().find(is_field).map(|word| word.text.to_owned());
        let Some(field) = compared(&words).or_else(nearest) else { return (line.len(), vec![]) };
        let texts = self.texts_of(&field).into_iter().filter(|text| text.starts_with(&begun));
        (quote, texts.map(|text| quoted(&text)).collect())
    }

    /// The values that may stand behind a comparison with something.
    fn values_of(&mut self, operand: &str) -> Vec<String> {
        let Ok(question) = self.question(operand) else {
            return self.texts_of(operand).iter().map(|text| quoted(text)).collect();
        };
        match question.ty() {
            Type::Choice(id) => {
                let choices = question.rulebook().choices(*id);
                choices.values.iter().map(|value| spelled(value.name.as_str())).collect()
            }
            Type::Bool => vec!["true".into(), "false".into()],
            Type::Date => vec!["today".into()],
            Type::Timestamp => vec!["now".into(), "today".into()],
            Type::Text | Type::List(_) => self.texts_of(operand).iter().map(|text| quoted(text)).collect(),
            Type::Int | Type::Decimal(_) | Type::Float | Type::Duration => vec![],
        }
    }

    /// What may follow an operand.
    fn signs_behind(&mut self, operand: &str) -> Vec<String> {
        let Ok(question) = self.question(operand) else { return vec![] };
        let own: &[&str] = match question.ty() {
            Type::Bool => &["and", "or"],
            Type::Int | Type::Decimal(_) | Type::Float => &["=", "!=", "<", "<=", ">", ">=", "between", "in"],
            Type::Date | Type::Timestamp => &["between", "within", "during", "<", "<=", ">", ">=", "="],
            Type::Duration => &["<", "<=", ">", ">=", "between"],
            Type::Text => &["=", "!=", "in", "not in", "contains", "starts with", "ends with", "matches"],
            Type::List(_) => &["has", "has any of", "has all of", "has none of"],
            Type::Choice(_) => &["=", "!=", ">=", "<=", "in"],
        };
        let both: &[&str] = if *question.ty() == Type::Bool { &[] } else { &["is missing", "is known"] };
        own.iter().chain(both).map(|sign| (*sign).to_owned()).collect()
    }

    /// The texts that something has in the data, the most frequent first.
    fn texts_of(&mut self, name: &str) -> Vec<String> {
        let asked = match self.question(name) {
            Ok(_) => name.to_owned(),
            // A column of a child table: all that anybody has.
            Err(_) => match self.of_children(name) {
                Some(column) => format!("distinct({column})"),
                None => return vec![],
            },
        };
        let Ok(question) = self.question(&asked) else { return vec![] };
        let (as_of, rulebook, id) = (self.as_of.clone(), Arc::clone(question.rulebook()), question.asked());
        let Ok(book) = self.book() else { return vec![] };
        let Ok(people) = People::ask(book, &as_of, &rulebook, &[id]) else { return vec![] };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut see = |value: &Value| {
            if let Value::Text(text) = value {
                match counts.get_mut(&**text) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(text.to_string(), 1)),
                }
            }
        };
        for (_, value) in people.of(0) {
            match value {
                Value::List(values) => values.iter().for_each(&mut see),
                value => see(&value),
            }
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts.into_iter().take(MOST).map(|(text, _)| text).collect()
    }

    /// `orders.category`, of that or of `category`, where a child table has such a column.
    fn of_children(&mut self, name: &str) -> Option<String> {
        let schema = &self.book().ok()?.checked.rulebook().schema;
        let is_child = |table: &&tagwell::schema::Table| matches!(table.role, tagwell::schema::Role::Children { .. });
        if name.contains('.') {
            return Some(name.to_owned());
        }
        let table = schema.tables.iter().filter(is_child).find(|table| table.find(name.trim_matches('`')).is_some())?;
        Some(format!("{}.{name}", spelled(table.name.as_str())))
    }

    /// The columns of a table.
    fn columns_of(&mut self, table: &str) -> Vec<String> {
        let Ok(book) = self.book() else { return vec![] };
        let schema = &book.checked.rulebook().schema;
        let Some(id) = schema.find(table.trim_matches('`')) else { return vec![] };
        schema.table(id).columns.iter().map(|column| spelled(column.name.as_str())).collect()
    }

    /// Users whose key begins so.
    fn users(&mut self, begun: &str) -> Vec<String> {
        let as_of = self.as_of.clone();
        let Ok(book) = self.book() else { return vec![] };
        let rulebook = Arc::clone(book.checked.rulebook());
        let Ok(people) = People::ask(book, &as_of, &rulebook, &[]) else { return vec![] };
        people.keys.into_iter().filter(|key| key.starts_with(begun)).take(MOST).collect()
    }

    fn names_of(&mut self, kind: &str) -> Vec<String> {
        self.names().into_iter().filter(|(_, of)| *of == kind).map(|(name, _)| spelled(&name)).collect()
    }

    fn results_by_name(&mut self) -> Vec<String> {
        let Ok(book) = self.book() else { return vec![] };
        let rulebook = book.checked.rulebook();
        let named = rulebook.definitions.iter().map(|it| it.name.to_string());
        named.filter(|name| !name.is_empty()).collect()
    }

    /// The names of declarations of a kind, as they are written.
    fn declared_of(&self, is_it: impl Fn(&ast::DeclarationKind) -> bool) -> Vec<String> {
        let all = self.rules.iter().flat_map(|(name, text)| declarations(name, text));
        let names = all.filter(|it| is_it(&it.kind)).filter_map(|it| Some(spelled(it.name()?.symbol.as_str())));
        names.collect()
    }
}

/// Candidates that begin as the word does; else those that do so but for capitals.
fn beginning(start: usize, begun: &str, candidates: impl Iterator<Item = String>) -> Found {
    let all: Vec<String> = candidates.collect();
    let bare = |it: &str| it.trim_start_matches('`').to_owned();
    let exact: Vec<String> = all.iter().filter(|it| bare(it).starts_with(begun)).cloned().collect();
    if !exact.is_empty() {
        return (start, exact);
    }
    let lower = begun.to_lowercase();
    (start, all.into_iter().filter(|it| bare(it).to_lowercase().starts_with(&lower)).collect())
}

/// A name as rules write it.
pub(super) fn spelled(name: &str) -> String {
    let is_plain = name.chars().all(|it| it.is_alphanumeric() || it == '_')
        && !name.starts_with(|it: char| it.is_numeric())
        && !RESERVED.contains(&name);
    if is_plain { name.to_owned() } else { format!("`{name}`") }
}

fn quoted(text: &str) -> String {
    print::quoted_text(text)
}

fn is_operand(word: &Word<'_>) -> bool {
    let is_quoted = word.kind == Kind::Sign && word.text.starts_with('`');
    is_quoted || word.text == ")" || word.kind == Kind::Word && !RESERVED.contains(&word.text)
}

/// The operand that stands last: `city`, `orders.category`, `most(orders.category)`.
fn operand(words: &[Word<'_>]) -> Option<String> {
    let last = words.last().filter(|word| is_operand(word))?;
    let mut start = words.len() - 1;
    if last.text == ")" {
        let mut depth = 0_i32;
        start = words.iter().enumerate().rev().find_map(|(at, word)| {
            depth += match word.text {
                ")" => 1,
                "(" => -1,
                _ => 0,
            };
            (depth == 0).then_some(at)
        })?;
        start = start.checked_sub(1).filter(|at| words.get(*at).is_some_and(|word| word.kind == Kind::Word))?;
    }
    while start >= 2 && words.get(start - 1).is_some_and(|word| word.text == ".") {
        start -= 2;
    }
    let texts: Vec<&str> = words.get(start..)?.iter().map(|word| word.text).collect();
    // Words that begin a declaration are no operands.
    if texts.len() == 1 && start == 0 && DECLARATIONS.contains(&texts[..].first().copied().unwrap_or_default()) {
        return None;
    }
    Some(texts.concat())
}

/// The operand whose values may stand next: behind `city =`, `city in [`, `interests has any of ["a",`.
fn compared(words: &[Word<'_>]) -> Option<String> {
    let mut rest = words;
    let open = |rest: &[Word<'_>]| {
        let at = rest.iter().rposition(|word| matches!(word.text, "[" | "]"))?;
        let next_to = rest.last().is_some_and(|word| matches!(word.text, "[" | ","));
        rest.get(at).filter(|word| word.text == "[" && next_to).map(|_| at)
    };
    match open(rest) {
        Some(at) => {
            rest = rest.get(..at)?;
            match rest {
                [before @ .., has, how, of]
                    if has.text == "has" && ["any", "all", "none"].contains(&how.text) && of.text == "of" =>
                {
                    rest = before
                }
                [before @ .., word] if word.text == "in" => rest = before,
                _ => return None,
            }
        }
        None => match rest {
            [before @ .., sign] if ["=", "!=", "<", "<=", ">", ">=", "has"].contains(&sign.text) => rest = before,
            _ => return None,
        },
    }
    if let [before @ .., not] = rest
        && not.text == "not"
    {
        rest = before;
    }
    operand(rest)
}

/// Files that a path could go on to: those of an ending, and folders.
fn files(begun: &str, end: usize, endings: &[&str]) -> Found {
    let at = begun.rfind('/').map_or(0, |at| at + 1);
    let (folder, name) = begun.split_at_checked(at).unwrap_or(("", begun));
    let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let mut found = vec![];
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let Ok(file) = entry.file_name().into_string() else { continue };
        if !file.starts_with(name) || file.starts_with('.') && !name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            found.push(format!("{file}/"));
            continue;
        }
        let is_wanted = match endings {
            [] => tagwell::data::Input::parse(&path.to_string_lossy()).is_ok(),
            endings => path.extension().is_some_and(|ending| endings.iter().any(|it| ending == *it)),
        };
        if is_wanted {
            found.push(file);
        }
    }
    found.sort();
    (end - name.len(), found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::clock::AsOf;
    use tagwell::diagnostic::render::Colour;

    const RULES: &str = "\
table users key id { id: text  city: text?  points: int  seen: timestamp?  `Last Order`: date? }
table orders of users by id at at { id: text  at: timestamp  category: text? }
level card by points { gold from 6  silver from 3  red otherwise }
layer kind { big when points > 6  small otherwise }
list blocked from \"blocked.csv\"
channel sms { at most 70 characters }
channel push { at most 200 characters }
template come_back \"come back\"
tag rich when points > 5
test \"the rich\" { given { id: \"u1\", points: 6 } expect rich }
";

    fn session() -> (tempfile::TempDir, Session) {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file of the test");
        write("shop.rules", RULES);
        write("users.csv", "id,city,points,seen,Last Order\nu1,Rome,5,,\nu2,Oslo,7,,\nu3,Rome,1,,\n");
        write("orders.csv", "id,at,category\nu1,2026-11-01,fruit\nu1,2026-11-02,wine\nu2,2026-11-02,fruit\n");
        let mut session = Session::new(AsOf::Said { text: "2026-11-22".into(), by: "--as-of" }, Colour::Plain);
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        session.tables = vec![("orders".into(), path("orders.csv"))];
        session.users = Some(path("users.csv"));
        session.load(Path::new(&path("shop.rules"))).expect("rules of the test");
        (folder, session)
    }

    fn completed(session: &mut Session, line: &str) -> Vec<String> {
        let (start, found) = session.complete(line);
        found.iter().map(|it| format!("{}{it}", line.split_at(start).0)).collect()
    }

    #[test]
    fn behind_a_comparison_stand_values() {
        let (_folder, mut session) = session();
        let mut complete = |line: &str| session.complete(line).1;
        for line in ["card = ", "card >= ", "tag a when card != ", "points > 3 and card in [", "card not in [gold, "] {
            assert_eq!(complete(line).join(" "), "red silver gold", "{line}");
        }
        assert_eq!(complete("kind = "), ["big", "small"]);
        assert_eq!(complete("card = g"), ["gold"]);
        assert_eq!(complete("card ="), [" red", " silver", " gold"]);
        for line in ["city = ", "city in [", "city in [\"Rome\", "] {
            assert_eq!(complete(line), ["\"Rome\"", "\"Oslo\""], "{line}");
        }
        assert_eq!(complete("any(orders where category = "), ["\"fruit\"", "\"wine\""]);
        assert_eq!(complete("any(orders where category = \"w"), ["\"wine\""]);
        assert_eq!(complete("distinct(orders.category) has "), ["\"fruit\"", "\"wine\""]);
        assert_eq!(complete("distinct(orders.category) has any of [\"wine\", "), ["\"fruit\"", "\"wine\""]);
        assert_eq!(complete("city in "), ["blocked", "["]);
        assert_eq!(complete("rich = "), ["true", "false"]);
        assert_eq!(complete("seen > "), ["now", "today"]);
    }

    #[test]
    fn behind_an_operand_stands_what_its_type_can_do() {
        let (_folder, mut session) = session();
        let mut complete = |line: &str| session.complete(line).1.join(" ");
        assert!(complete("seen ").starts_with("between within during"));
        assert!(complete("city ").contains("contains starts with"));
        assert_eq!(complete("rich "), "and or");
        assert_eq!(complete("points be"), "between");
        assert_eq!(complete("sum(orders."), "id at category");
        assert_eq!(complete("La"), "`Last Order`");
    }

    #[test]
    fn behind_commands_stands_what_they_take() {
        let (folder, mut session) = session();
        let here = folder.path().to_string_lossy().into_owned();
        std::fs::create_dir(folder.path().join("sub")).expect("a folder of the test");
        assert_eq!(completed(&mut session, ":te"), [":tests"]);
        assert_eq!(
            completed(&mut session, &format!(":load {here}/s")),
            [format!(":load {here}/shop.rules"), format!(":load {here}/sub/")]
        );
        assert_eq!(
            completed(&mut session, &format!(":data orders={here}/o")),
            [format!(":data orders={here}/orders.csv")]
        );
        assert!(completed(&mut session, ":data ord").contains(&":data orders=".to_owned()));
        assert_eq!(completed(&mut session, ":as-of to"), [":as-of today", ":as-of tomorrow"]);
        assert_eq!(completed(&mut session, ":as-of +"), [":as-of +1d", ":as-of +7d", ":as-of +30d", ":as-of +1mo"]);
        assert_eq!(completed(&mut session, ":as-of 20"), [":as-of 2026-11-22"]);
        assert_eq!(completed(&mut session, ":why u"), [":why u1", ":why u2", ":why u3"]);
        assert_eq!(completed(&mut session, ":why u1 ri"), [":why u1 rich"]);
        assert_eq!(completed(&mut session, ":tests th"), [":tests the rich"]);
        assert_eq!(completed(&mut session, ":top 3 poi"), [":top 3 points"]);
        assert_eq!(completed(&mut session, ":sample card = g"), [":sample card = gold"]);
    }

    #[test]
    fn behind_send_stand_channels_and_templates() {
        let (_folder, mut session) = session();
        assert_eq!(
            completed(&mut session, "segment s when rich { on enter send "),
            ["segment s when rich { on enter send sms", "segment s when rich { on enter send push"]
        );
        assert_eq!(completed(&mut session, "on enter send sms co"), ["on enter send sms come_back"]);
        assert_eq!(session.reply("segment s when rich {"), super::super::session::Reply::More);
        assert_eq!(completed(&mut session, "  on enter send p"), ["  on enter send push"]);
    }
}
