//! Texts that are no UTF-8: what they look like, and what to do about them.

/// Whether a file begins as UTF-16 does.
pub fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// Whether bytes, from the first that is no UTF-8, go on as pairs of GBK do. `ü` of Latin-1 and the letter behind it are one, too, so
/// one pair at least is of two bytes that are no ASCII.
pub fn looks_like_gbk(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(..4096).unwrap_or(bytes);
    let mut found = false;
    while let [first, behind @ ..] = rest {
        match (first, behind) {
            (0..=0x7f, _) => rest = behind,
            (0x81..=0xfe, [second @ (0x40..=0x7e | 0x80..=0xfe), behind @ ..]) => {
                found |= *second >= 0x80;
                rest = behind;
            }
            // Cut in two at the end of what is looked at.
            (_, []) if found => return true,
            _ => return false,
        }
    }
    found
}

/// The encoding that bytes seem to have which are no UTF-8 from somewhere on, as `iconv` calls it.
pub(super) fn of(bytes: &[u8]) -> &'static str {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    match bytes.get(valid..).unwrap_or_default() {
        _ if is_utf16(bytes) => "UTF-16",
        rest if looks_like_gbk(rest) => "GB18030",
        _ => "WINDOWS-1252",
    }
}

/// Why a value cannot be read that is UTF-8 up to somewhere, and what to do.
pub(super) fn not_utf8(value: &[u8], valid: usize) -> String {
    let byte = value.get(valid).copied().unwrap_or_default();
    let from = of(value);
    format!("byte 0x{byte:02X} is not UTF-8; save the file as `CSV UTF-8`, or convert it by `iconv -f {from} -t UTF-8`")
}

/// What to do about a file in this encoding.
pub(super) fn remedy(from: &str) -> String {
    format!("save it as `CSV UTF-8` in Excel, or convert it: `iconv -f {from} -t UTF-8 old.csv > new.csv`")
}

#[cfg(test)]
mod tests {
    use super::{looks_like_gbk, of};

    #[test]
    fn gbk_and_what_is_none() {
        for (bytes, is) in [
            (&b"\xd6\xd8\xd2\xaa\" when a"[..], true),
            (b"\xd6", false),
            (b"\xd6\xd8\xd2", true),
            (b"\xff\xfe", false),
            (b"\x80", false),
            (b"\xfcller", false),
            (b"\xe9t\xe9 ", false),
            (b"abc", false),
            (b"", false),
        ] {
            assert_eq!(looks_like_gbk(bytes), is, "{bytes:?}");
        }
    }

    #[test]
    fn what_bytes_seem_to_be() {
        for (bytes, encoding) in [
            (&b"M\xfcller"[..], "WINDOWS-1252"),
            (b"caf\xe9", "WINDOWS-1252"),
            (b"\xd6\xd8\xd2\xaa", "GB18030"),
            (b"a\xff", "WINDOWS-1252"),
            (b"\xff\xfeu\0", "UTF-16"),
        ] {
            assert_eq!(of(bytes), encoding, "{bytes:?}");
        }
    }
}
