//! Cases that would show what no test shows.

/// A whole test that can be appended to the rules as it stands.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// `test "…" { … }`
    pub text: String,
}

/// Not yet.
pub fn suggest() -> Vec<Suggestion> {
    vec![]
}
