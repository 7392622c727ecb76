//! Texts and names: characters that cannot be seen, or that an editor would change, are written as what stands for them.

/// White space but the space, and control characters.
pub(super) fn is_hidden(it: char) -> bool {
    it != ' ' && (it.is_control() || it.is_whitespace())
}

/// `\t`, `\u00a0`: where a backslash begins such a one. All of them are of the first plane.
pub(super) fn hidden(it: char) -> String {
    match it {
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        it => format!("\\u{:04x}", u32::from(it)),
    }
}

/// The text between quotes, so that it cannot end them, where there is no escape for each character.
pub(super) fn escaped(text: &str, quote: char) -> String {
    let mut out = String::new();
    for it in text.chars() {
        match it {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\\' => out.push_str("\\\\"),
            it if it == quote => out.extend(['\\', it]),
            it if is_hidden(it) => {
                for byte in it.encode_utf8(&mut [0; 4]).bytes() {
                    out += &format!("\\x{byte:02x}");
                }
            }
            it => out.push(it),
        }
    }
    out
}

/// Likewise of a text of Spark, which would put a variable in the place of `${env:HOME}` there too.
pub(super) fn backslashed(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(it) = rest.next() {
        match it {
            '$' if rest.peek() == Some(&'{') => out.push_str("\\u0024"),
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            it if is_hidden(it) => out.push_str(&hidden(it)),
            it => out.push(it),
        }
    }
    out
}
