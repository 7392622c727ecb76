//! Texts and names where a backslash begins what stands for another character.

/// The text between quotes, so that it cannot end them.
pub(super) fn escaped(text: &str, quote: char) -> String {
    let mut out = String::new();
    for it in text.chars() {
        match it {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\\' => out.push_str("\\\\"),
            it if it == quote => out.extend(['\\', it]),
            it => out.push(it),
        }
    }
    out
}
