//! The full mapping of letters to lower and upper case, where DuckDB's own maps letter by letter.

use crate::sql::ast::{Sql, Word};

/// Letters that are replaced one after the other; of more a text is made anew letter by letter.
const FEW: usize = 4;

/// `lower(s)`, by the full mapping.
pub(super) fn lower(text: Sql) -> Sql {
    // At a word's end \u{3a3} is another letter than within, and \u{130} is two.
    let beside = |function: &'static str, arguments: Vec<Sql>, pattern: String| {
        Sql::call("regexp_matches", [Sql::call(function, arguments), Sql::text(pattern)])
    };
    let place = |operator: &'static str| Sql::binary(Sql::column("place"), operator, Sql::int(1));
    let ends_a_word = Sql::all([
        Sql::binary(Sql::column("letter"), "=", Sql::text("\u{3a3}")),
        beside("left", vec![text.clone(), place("-")], format!("[{CASED}][{IGNORED}]*\\z")),
        beside("substr", vec![text.clone(), place("+")], format!("\\A[{IGNORED}]*[{CASED}]")).negated(),
    ]);
    let letter = Sql::if_else(ends_a_word, Sql::text("\u{3c2}"), Sql::column("letter"));
    let each = by_letter(text.clone(), "letter, place", letter);
    let text = Sql::if_else(Sql::call("contains", [text.clone(), Sql::text("\u{3a3}")]), each, text);
    small(text, true)
}

/// `upper(s)`, by the full mapping.
pub(super) fn upper(text: Sql) -> Sql {
    // Letters that become several, which DuckDB leaves one.
    let several: Vec<char> = several().collect();
    with_several(text, &several)
}

/// The same, where only these letters may become several.
fn with_several(text: Sql, several: &[char]) -> Sql {
    let class = Sql::text(format!("[{}]", several.iter().collect::<String>()));
    let pair = |it: &char| {
        let upper: String = it.to_uppercase().collect();
        Sql::words([Word::Sql(Sql::text(it.to_string())), Word::Text(": "), Word::Sql(Sql::text(upper))])
    };
    let pairs = several.iter().map(pair).collect();
    let found = Sql::words([Word::Text("MAP {"), Word::List(pairs), Word::Text("}[letter]")]);
    let each = by_letter(text.clone(), "letter", Sql::call("coalesce", [found, Sql::column("letter")]));
    let holds_one = Sql::call("regexp_matches", [text.clone(), class]);
    Sql::call("upper", [Sql::if_else(holds_one, each, text)])
}

/// `lower(s)`, where it is only compared with, or searched for, texts of ASCII: no sigma is among their letters.
pub(super) fn lower_beside(text: Sql, texts: &[String]) -> Sql {
    small(text, texts.iter().any(|it| it.contains('i')))
}

/// `\u{130}` becomes two letters, which matters where an `i` does.
fn small(text: Sql, dotted: bool) -> Sql {
    let text = match dotted {
        true => Sql::call("replace", [text, Sql::text("\u{130}"), Sql::text("i\u{307}")]),
        false => text,
    };
    Sql::call("lower", [text])
}

/// `upper(s)`, likewise: of the letters that become several only those whose letters the texts may meet.
pub(super) fn upper_beside(text: Sql, texts: &[String]) -> Sql {
    let met: Vec<char> =
        several().filter(|it| texts.iter().any(|text| meets(&it.to_uppercase().collect::<String>(), text))).collect();
    if met.len() > FEW {
        return with_several(text, &met);
    }
    let replaced = met.iter().fold(text, |text, it| {
        Sql::call("replace", [text, Sql::text(it.to_string()), Sql::text(it.to_uppercase().collect::<String>())])
    });
    Sql::call("upper", [replaced])
}

/// Letters whose upper case is several.
fn several() -> impl Iterator<Item = char> {
    ('\u{df}'..='\u{fb17}').filter(|it| it.to_uppercase().count() > 1)
}

/// Whether some place of one text can hold a part of the other, or all of it.
fn meets(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let ahead = |a: &[char], b: &[char]| {
        (0..a.len()).any(|from| a.iter().skip(from).zip(b).all(|(a, b)| a == b) && !b.is_empty())
    };
    ahead(&one, &other) || ahead(&other, &one)
}

/// A text made anew of its letters.
fn by_letter(text: Sql, names: &'static str, letter: Sql) -> Sql {
    let letters = Sql::call("string_split", [text, Sql::text("")]);
    let each = Sql::call("list_transform", [letters, Sql::Lambda(names, Box::new(letter))]);
    Sql::call("array_to_string", [each, Sql::text("")])
}

/// Letters that are upper or lower case, as classes of patterns: for the end of words.
const CASED: &str = "\\p{Lu}\\p{Ll}\\p{Lt}\u{aa}\u{ba}\u{2160}-\u{217f}\u{24b6}-\u{24e9}\u{1f130}-\u{1f149}\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}";
/// What does not end a word.
const IGNORED: &str = "\\p{Mn}\\p{Me}\\p{Cf}\\p{Lm}\\p{Sk}'.:\u{b7}\u{387}\u{55f}\u{5f4}\u{2018}\u{2019}\u{2024}\u{2027}\u{fe13}\u{fe52}\u{fe55}\u{ff07}\u{ff0e}\u{ff1a}";
