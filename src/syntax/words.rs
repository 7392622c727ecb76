//! The words of the language: which may not be names, and which begin a declaration.

/// A list of words, and whether a word is in it: every word of a rulebook is asked for that.
macro_rules! words {
    ($(#[$about:meta])* $list:ident; $(#[$asks:meta])* $seen:vis $is:ident; $($word:literal)*) => {
        $(#[$about])*
        pub const $list: &[&str] = &[$($word),*];

        $(#[$asks])*
        $seen fn $is(word: &str) -> bool {
            matches!(word, $($word)|*)
        }
    };
}

words! {
    /// Words that can follow or begin an operand, and so are never names without backticks.
    RESERVED;
    /// Whether `word` may be a name only in backticks.
    pub is_reserved;
    "and" "or" "not" "when" "in" "between" "is" "has" "contains" "starts" "ends" "matches" "within" "during" "true" "false"
    "missing" "known" "if" "then" "else" "where" "per" "otherwise" "now" "today" "ago" "next" "keep" "minus" "top" "bottom"
}

words! {
    /// Words that begin a declaration.
    DECLARATIONS;
    /// Whether `word` begins a declaration.
    pub(super) begins_declaration;
    "rulebook" "table" "param" "list" "let" "tag" "score" "level" "layer" "funnel" "segment" "policy" "template" "channel"
    "test" "snapshot"
}
