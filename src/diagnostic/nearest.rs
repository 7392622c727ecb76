//! "Did you mean": the one name that somebody who typed this probably meant.
//!
//! Names are compared without regard to case and width. How many characters may differ grows with the name; a Chinese name says in two
//! characters what takes eight letters, so there one of two may differ.

use unicode_normalization::UnicodeNormalization;

/// Names longer than this are never compared: nobody mistypes them, and it would take long.
const LONGEST: usize = 100;

/// The candidate nearest to `word`, where one is near enough to be proposed. `word` itself is never proposed; of equally near ones
/// the first is.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = Folded::new(word)?;
    let mut best: Option<(Nearness, &str)> = None;
    for candidate in candidates.into_iter().filter(|candidate| *candidate != word) {
        let Some(nearness) = Folded::new(candidate).and_then(|name| typed.nearness(&name)) else { continue };
        if best.is_none_or(|(so_far, _)| nearness < so_far) {
            best = Some((nearness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// From nearest to farthest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// `VIP` for `vip`, `lastorder` for `last_order`.
    Respelled,
    /// This many characters differ, and whether the first is among them.
    Mistyped(usize, bool),
    /// `last` for `last_order`: this many characters more or less at its end.
    Shortened(usize),
    /// `order` for `last_order`, `金额` for `消费金额`: a whole word of it.
    Part(usize),
}

/// A name as it is compared.
struct Folded {
    text: String,
    length: usize,
    /// Whether it is written in letters, of which it takes several to say something.
    letters: bool,
}

impl Folded {
    fn new(name: &str) -> Option<Folded> {
        if name.len() > LONGEST * 4 {
            return None;
        }
        let text: String = name.nfkc().flat_map(char::to_lowercase).collect();
        let length = text.chars().count();
        // From U+2E80 on a character is a word or a syllable.
        let letters = text.chars().all(|character| character < '\u{2e80}');
        (1..=LONGEST).contains(&length).then_some(Folded { text, length, letters })
    }

    fn nearness(&self, other: &Folded) -> Option<Nearness> {
        if self.text == other.text || joined(&self.text) == joined(&other.text) {
            return Some(Nearness::Respelled);
        }
        self.mistyped(other).or_else(|| self.shortened(other))
    }

    fn mistyped(&self, other: &Folded) -> Option<Nearness> {
        let allowed = self.may_differ().min(other.may_differ());
        if self.length.abs_diff(other.length) > allowed {
            return None;
        }
        let differ = strsim::damerau_levenshtein(&self.text, &other.text);
        let swapped = differ == 1 && self.length == other.length && anagram(&self.text, &other.text);
        if differ > allowed && !swapped {
            return None;
        }
        Some(Nearness::Mistyped(differ, self.text.chars().next() != other.text.chars().next()))
    }

    fn may_differ(&self) -> usize {
        match (self.letters, self.length) {
            (true, 0..=2) | (false, 0..=1) => 0,
            (true, 3..=5) | (false, 2..=4) => 1,
            (true, 6..=8) | (false, 5..=8) => 2,
            (true | false, _) => 3,
        }
    }

    fn shortened(&self, other: &Folded) -> Option<Nearness> {
        let (short, long) = if self.length < other.length { (self, other) } else { (other, self) };
        let enough = if short.letters { 3 } else { 2 };
        let more = long.length - short.length;
        if short.length < enough {
            // `甲` for `甲客`
            let one = !short.letters && !long.letters && long.length == 2 && long.text.starts_with(&short.text);
            return one.then_some(Nearness::Part(more));
        }
        if long.text.starts_with(&short.text) {
            return Some(Nearness::Shortened(more));
        }
        let part = if short.letters {
            long.text.split('_').any(|word| word == short.text)
        } else {
            long.text.contains(&short.text)
        };
        part.then_some(Nearness::Part(more))
    }
}

/// Without what stands between words.
fn joined(text: &str) -> String {
    text.chars().filter(|character| !matches!(character, '_' | '-' | ' ' | '.')).collect()
}

fn anagram(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut characters: Vec<char> = text.chars().collect();
        characters.sort_unstable();
        characters
    };
    sorted(one) == sorted(other)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn what_was_typed_and_what_is_proposed() {
        let names =
            ["purchases", "last_order", "spend", "city", "id", "购买次数", "消费金额", "城市", "会员", "Points"];
        for (typed, proposed) in [
            ("purchses", Some("purchases")),
            ("purchase", Some("purchases")),
            ("pruchases", Some("purchases")),
            ("lastorder", Some("last_order")),
            ("LastOrder", Some("last_order")),
            ("last", Some("last_order")),
            ("points", Some("Points")),
            ("ＳＰＥＮＤ", Some("spend")),
            ("spned", Some("spend")),
            ("di", Some("id")),
            ("ix", None),
            ("x", None),
            ("购买次", Some("购买次数")),
            ("购卖次数", Some("购买次数")),
            ("城布", Some("城市")),
            ("市", None),
            ("城", Some("城市")),
            ("金额", Some("消费金额")),
            ("order", Some("last_order")),
            ("end", None),
            ("spend", None),
            ("country", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, names), proposed, "{typed}");
        }
    }

    #[test]
    fn of_equally_near_names_the_first_and_rather_one_with_the_same_beginning() {
        assert_eq!(nearest("spent", ["agent", "spend", "spelt"]), Some("spend"));
        assert_eq!(nearest("date", ["rate", "data"]), Some("data"));
    }

    #[test]
    fn a_name_of_a_million_letters_takes_no_time() {
        let long = "a".repeat(1_000_000);
        assert_eq!(nearest(&long, ["aaa"]), None);
        assert_eq!(nearest("aaa", [long.as_str()]), None);
    }
}
