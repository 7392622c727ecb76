//! The words of the language: which may not be names, and which begin a declaration.

/// Words that can follow or begin an operand, and so are never names without backticks.
pub const RESERVED: &[&str] = &[
    "and",
    "or",
    "not",
    "when",
    "in",
    "between",
    "is",
    "has",
    "contains",
    "starts",
    "ends",
    "matches",
    "within",
    "during",
    "true",
    "false",
    "missing",
    "known",
    "if",
    "then",
    "else",
    "where",
    "per",
    "otherwise",
    "now",
    "today",
    "ago",
    "next",
    "keep",
    "minus",
    "top",
    "bottom",
];

/// Words that begin a declaration.
pub const DECLARATIONS: &[&str] = &[
    "rulebook", "table", "param", "list", "let", "tag", "score", "level", "layer", "funnel", "segment", "policy",
    "template", "channel", "test", "snapshot",
];

/// Whether `word` may be a name only in backticks.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Whether `word` begins a declaration.
pub(super) fn begins_declaration(word: &str) -> bool {
    DECLARATIONS.contains(&word)
}
