//! Applying fixes to a text.

use crate::diagnostic::{Diagnostic, Edit};

/// A text with fixes applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The mended text.
    pub text: String,
    /// How many fixes were applied.
    pub applied: usize,
}

/// Applies every certain fix; of two that overlap, the first in the text. What it uncovers is for another round.
pub fn apply_fixes(text: &str, diagnostics: &[Diagnostic]) -> Fixed {
    let mut fixes: Vec<&Vec<Edit>> = diagnostics
        .iter()
        .filter_map(|diagnostic| diagnostic.fixes.iter().find(|fix| fix.certain).map(|fix| &fix.edits))
        .collect();
    fixes.sort_by_key(|edits| edits.iter().map(|edit| edit.span.start).min());
    let mut taken: Vec<&Edit> = vec![];
    let mut applied = 0;
    for edits in fixes {
        let free = |edit: &Edit| {
            taken.iter().all(|other| edit.span.end <= other.span.start || other.span.end <= edit.span.start)
                && !taken.contains(&edit)
        };
        if edits.iter().all(free) {
            taken.extend(edits);
            applied += 1;
        }
    }
    taken.sort_by_key(|edit| std::cmp::Reverse((edit.span.start, edit.span.end)));
    let mut mended = text.to_owned();
    for edit in taken {
        if mended.get(edit.span.range()).is_some() {
            mended.replace_range(edit.span.range(), &edit.text);
        }
    }
    Fixed { text: mended, applied }
}
