//! The texts of a session's rules: what they declare, and how a declaration takes the place of another.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use tagwell::{diagnostic::render::visible_line, engine::Rulebook, syntax::ast};

/// Rule texts under their names: of files, and of what was typed, a declaration each.
pub(super) type Parts = Vec<(String, Arc<str>)>;

/// Whether a part was typed, and came from no file.
pub(super) fn is_typed(name: &str) -> bool {
    name.starts_with('<')
}

/// What a declaration declares: of two of one key only one can be in a rulebook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Of what adds a bare name to the rulebook.
    Name(String),
    /// `test "spending just over the line" { … }`
    Quoted(&'static str, String),
    /// `rulebook "shop"`, `policy { … }`
    Only(&'static str),
}

impl Key {
    pub(super) fn of(declaration: &ast::Declaration) -> Key {
        match &declaration.kind {
            ast::DeclarationKind::Rulebook(_) => Key::Only("rulebook"),
            ast::DeclarationKind::Policy(_) => Key::Only("policy"),
            ast::DeclarationKind::Test(it) => Key::Quoted("test", it.name.value.to_string()),
            ast::DeclarationKind::Snapshot(it) => Key::Quoted("snapshot", it.name.value.to_string()),
            _ => Key::Name(declaration.name().map(|name| name.symbol.to_string()).unwrap_or_default()),
        }
    }

    /// As the prompt says it.
    pub(super) fn shown(&self) -> String {
        match self {
            Key::Name(name) => name.clone(),
            Key::Quoted(word, name) => format!("{word} \"{}\"", visible_line(name)),
            Key::Only(word) => (*word).to_owned(),
        }
    }
}

/// A declaration as it stands in a text.
pub(super) struct Declared {
    pub(super) key: Key,
    /// `tag`, `level`
    pub(super) word: String,
    /// With the `##` comments above it.
    pub(super) written: String,
}

/// What the parts declare.
pub(super) fn declared(parts: &Parts) -> Vec<Declared> {
    let mut all = vec![];
    for (name, text) in parts {
        for declaration in &declarations(name, text) {
            let written = with_description(text, declaration);
            let bare = text.get(declaration.span().range()).unwrap_or_default();
            let word = bare.split_whitespace().next().unwrap_or_default().to_owned();
            all.push(Declared { key: Key::of(declaration), word, written });
        }
    }
    all
}

pub(super) fn declarations(name: &str, text: &Arc<str>) -> Vec<ast::Declaration> {
    let (rulebook, _) = Rulebook::parse_what_can_be([(name, Arc::clone(text))]);
    rulebook.files().iter().flat_map(|file| &file.declarations).cloned().collect()
}

/// `+2 tags, 1 changed, -1 level`; nothing where both declare the same.
pub(super) fn difference(before: &Parts, after: &Parts) -> String {
    let of = |parts: &Parts| -> BTreeMap<Key, (String, String)> {
        declared(parts).into_iter().map(|it| (it.key, (it.word, it.written))).collect()
    };
    let (old, new) = (of(before), of(after));
    let by_word = |from: &BTreeMap<Key, (String, String)>, without: &BTreeMap<Key, (String, String)>, sign: char| {
        let mut words: Vec<(&str, usize)> = vec![];
        for (_, (word, _)) in from.iter().filter(|(key, _)| !without.contains_key(key)) {
            match words.iter_mut().find(|(known, _)| known == word) {
                Some((_, number)) => *number += 1,
                None => words.push((word, 1)),
            }
        }
        let said = |(word, number): (&str, usize)| match (word, number) {
            (word, 1) => format!("{sign}1 {word}"),
            ("policy", number) => format!("{sign}{number} policies"),
            (word, number) => format!("{sign}{number} {word}s"),
        };
        words.into_iter().map(said).collect::<Vec<String>>()
    };
    let changed = new.iter().filter(|(key, it)| old.get(key).is_some_and(|before| before.1 != it.1)).count();
    let mut parts = by_word(&new, &old, '+');
    if changed > 0 {
        parts.push(format!("{changed} changed"));
    }
    parts.extend(by_word(&old, &new, '-'));
    parts.join(", ")
}

/// The text of a declaration, with the `##` comments above it.
pub(super) fn with_description(text: &str, declaration: &ast::Declaration) -> String {
    let written = text.get(declaration.span().range()).unwrap_or(text);
    match &declaration.description {
        Some(description) => {
            let lines: String = description.lines().map(|line| format!("## {line}\n")).collect();
            format!("{lines}{written}")
        }
        None => written.to_owned(),
    }
}

/// A declaration that was typed: as a text of its own, and as it is written into a file.
pub(super) struct Fresh {
    pub(super) key: Key,
    pub(super) part: (String, Arc<str>),
    pub(super) written: String,
}

/// Puts a declaration where one of its key stands, or behind all others; whether one stood there.
pub(super) fn place(parts: &mut Parts, fresh: &Fresh) -> bool {
    for (part, text) in parts.iter_mut() {
        let known = declarations(part, text).into_iter().find(|known| Key::of(known) == fresh.key);
        let Some(known) = known else { continue };
        if is_typed(part) {
            (*part, *text) = fresh.part.clone();
            return true;
        }
        let range = known.span().range();
        let bare = fresh.written.trim_start_matches("## ");
        let has_its_own = bare.len() != fresh.written.len();
        let new = if known.description.is_some() && has_its_own { strip(&fresh.written) } else { &fresh.written };
        let (before, after) = (text.get(..range.start).unwrap_or(""), text.get(range.end..).unwrap_or(""));
        *text = format!("{before}{new}{after}").into();
        return true;
    }
    parts.push(fresh.part.clone());
    false
}

/// Without the description: the one that stands there stays.
fn strip(written: &str) -> &str {
    let mut rest = written;
    while let Some((line, after)) = rest.split_once('\n') {
        if !line.starts_with("##") {
            break;
        }
        rest = after;
    }
    rest
}

/// Takes the declarations of some keys out, with their descriptions; lines stay where they are. Texts that declare nothing then go.
pub(super) fn take_out(parts: &mut Parts, keys: &[Key]) {
    for (part, text) in parts.iter_mut() {
        let mut left: Option<String> = None;
        for known in declarations(part, text).iter().filter(|known| keys.contains(&Key::of(known))) {
            let mut range = known.span().range();
            while let Some(above) = text.get(..range.start.saturating_sub(1)) {
                let start = above.rfind('\n').map_or(0, |at| at + 1);
                if range.start == 0 || !above.get(start..).is_some_and(|line| line.trim_start().starts_with("##")) {
                    break;
                }
                range.start = start;
            }
            let now = left.get_or_insert_with(|| text.to_string());
            let blank: String = text.get(range.clone()).unwrap_or_default().chars().map(blank).collect();
            if now.is_char_boundary(range.start) && now.is_char_boundary(range.end) {
                now.replace_range(range, &blank);
            }
        }
        if let Some(left) = left {
            *text = left.into();
        }
    }
    parts.retain(|(part, text)| !text.trim().is_empty() || !is_typed(part));
}

/// As many bytes of nothing.
fn blank(it: char) -> String {
    if it == '\n' { "\n".into() } else { " ".repeat(it.len_utf8()) }
}

/// Whether a part came from a file, or from one below a folder.
pub(super) fn came_from(name: &str, path: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    !is_typed(name) && whole(Path::new(name)).starts_with(whole(path))
}

/// All rules, one after the other.
pub(super) fn joined(parts: &Parts) -> String {
    let texts = parts.iter().map(|(_, text)| text.trim()).filter(|text| !text.is_empty());
    let text = texts.collect::<Vec<_>>().join("\n\n");
    if text.is_empty() { text } else { text + "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(texts: &[(&str, &str)]) -> Parts {
        texts.iter().map(|(name, text)| ((*name).to_owned(), Arc::from(*text))).collect()
    }

    #[test]
    fn what_changed_is_told_by_its_words() {
        let before = parts(&[("a.rules", "tag a when x > 1\ntag b when x > 2\nlevel l by x { m from 1 }")]);
        let after = parts(&[("a.rules", "tag a when x > 9\ntag c when x > 2\ntag d when x > 2\ntag b when x > 2")]);
        assert_eq!(difference(&before, &after), "+2 tags, 1 changed, -1 level");
        assert_eq!(difference(&before, &before), "");
    }

    #[test]
    fn what_is_taken_out_leaves_lines_where_they_are() {
        let text = "# first\n\n## 重要\n## twice\ntag a when x > 1\ntag b when x > 2\n";
        let mut all = parts(&[("a.rules", text), ("<prompt>", "tag c when x > 3\n")]);
        take_out(&mut all, &[Key::Name("a".into()), Key::Name("c".into())]);
        assert_eq!(all.len(), 1);
        assert_eq!(
            all[0].1.lines().map(str::trim).collect::<Vec<_>>(),
            ["# first", "", "", "", "", "tag b when x > 2"]
        );
    }
}
