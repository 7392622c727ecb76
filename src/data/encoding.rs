//! Texts that are no UTF-8: what they look like, and what to do about them.

/// Whether a file begins as UTF-16 does.
pub fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// Whether bytes, from the first that is no UTF-8, go on as pairs of GBK do.
pub fn looks_like_gbk(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(..4096).unwrap_or(bytes);
    let mut pairs = 0;
    while let [first, behind @ ..] = rest {
        match (first, behind) {
            (0..=0x7f, _) => rest = behind,
            (0x81..=0xfe, [0x40..=0x7e | 0x80..=0xfe, behind @ ..]) => {
                pairs += 1;
                rest = behind;
            }
            // Cut in two at the end of what is looked at.
            (_, []) if pairs > 0 => return true,
            _ => return false,
        }
    }
    pairs > 0
}

/// Why a value cannot be read, and what to do.
pub(super) fn not_utf8(byte: u8) -> String {
    format!(
        "byte 0x{byte:02X} is not UTF-8; save the file as `CSV UTF-8`, or convert it by `iconv -f GB18030 -t UTF-8`"
    )
}

/// What to do about a file that is no UTF-8.
pub(super) fn remedy(utf_16: bool) -> String {
    let from = if utf_16 { "UTF-16" } else { "GB18030" };
    format!("save it as `CSV UTF-8` in Excel, or convert it: `iconv -f {from} -t UTF-8 old.csv > new.csv`")
}

#[cfg(test)]
mod tests {
    use super::looks_like_gbk;

    #[test]
    fn gbk_and_what_is_none() {
        for (bytes, is) in [
            (&b"\xd6\xd8\xd2\xaa\" when a"[..], true),
            (b"\xd6", false),
            (b"\xd6\xd8\xd2", true),
            (b"\xff\xfe", false),
            (b"\x80", false),
            (b"\xe9t\xe9 ", false),
            (b"abc", false),
            (b"", false),
        ] {
            assert_eq!(looks_like_gbk(bytes), is, "{bytes:?}");
        }
    }
}
