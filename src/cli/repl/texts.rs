//! The texts of a session's rules: what they declare, and how a declaration takes the place of another.

use std::sync::Arc;

use tagwell::{engine::Rulebook, syntax::ast};

/// Rule texts under their names.
pub(super) type Parts = Vec<(String, Arc<str>)>;

/// Where typed rules stand.
pub(super) const PROMPT: &str = "<prompt>";

/// The names that a text declares.
pub(super) fn declared(name: &str, text: &Arc<str>) -> Vec<String> {
    let (rulebook, _) = Rulebook::parse_what_can_be([(name, Arc::clone(text))]);
    rulebook.files().iter().flat_map(|file| &file.declarations).map(name_of).collect()
}

pub(super) fn name_of(declaration: &ast::Declaration) -> String {
    match (&declaration.kind, declaration.name()) {
        (ast::DeclarationKind::Rulebook(_), _) => "rulebook".into(),
        (_, Some(name)) => name.symbol.to_string(),
        (_, None) => "it".into(),
    }
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

/// Puts a declaration where one of its name stands, or behind all others; whether one stood there.
pub(super) fn place(parts: &mut Parts, declaration: &ast::Declaration, written: &str) -> bool {
    let name = name_of(declaration);
    for (part, text) in parts.iter_mut() {
        let (rulebook, _) = Rulebook::parse_what_can_be([(part.as_str(), Arc::clone(text))]);
        let known = rulebook.files().iter().flat_map(|file| &file.declarations).find(|known| {
            declaration.name().is_some() && known.name().is_some() && name_of(known) == name
                || matches!(
                    (&known.kind, &declaration.kind),
                    (ast::DeclarationKind::Rulebook(_), ast::DeclarationKind::Rulebook(_))
                )
        });
        if let Some(known) = known {
            let range = known.span().range();
            let bare = written.trim_start_matches("## ");
            let new = if known.description.is_some() && bare.len() != written.len() { strip(written) } else { written };
            let (before, after) = (text.get(..range.start).unwrap_or(""), text.get(range.end..).unwrap_or(""));
            *text = format!("{before}{new}{after}").into();
            return true;
        }
    }
    match parts.iter_mut().find(|(part, _)| part == PROMPT) {
        Some((_, text)) => *text = format!("{text}{written}\n").into(),
        None => parts.push((PROMPT.into(), format!("{written}\n").into())),
    }
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
