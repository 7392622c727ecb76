//! Numbers in data that are written for people to read, `1,600.00`, `¥600`, `50%`: how the file has to have each.

use super::Decimal;

/// What stands before or behind an amount.
const AROUND: &[&str] =
    &["\u{a5}", "\u{ffe5}", "$", "\u{20ac}", "\u{a3}", "CNY", "RMB", "USD", "EUR", "\u{5143}", "\u{5757}"];

/// Words that say that there is nothing.
const NOTHING: &[&str] = &[
    "null", "none", "nil", "n/a", "#n/a", "na", "-", "--", "\\n", "\u{65e0}", "\u{7a7a}", "#value!", "#ref!", "#div/0!",
];

/// What to do about a text that is no number, where that is known; reads on after "is not a number; ".
pub(super) fn remedy(text: &str) -> Option<String> {
    let bare = text.trim();
    if NOTHING.contains(&bare.to_lowercase().as_str()) {
        return Some("leave the cell empty where there is no value".to_owned());
    }
    let number = AROUND.iter().fold(bare, |rest, sign| rest.trim_start_matches(sign).trim_end_matches(sign)).trim();
    let (number, percent) = match number.strip_suffix('%') {
        Some(number) => (number.trim_end(), true),
        None => (number, false),
    };
    let number = without_commas(number)?;
    match Decimal::parse(&number) {
        Ok(_) if percent => {
            let share = super::literal::percent(&number).ok()?;
            Some(format!("write the share, `{}`: in Excel, format the cells as `General` before saving", share))
        }
        Ok(_) if bare == number => Some(format!("write it without blanks, `{number}`")),
        Ok(_) => {
            Some(format!("write the bare number, `{number}`: in Excel, format the cells as `General` before saving"))
        }
        Err(_) if is_scientific(&number) => {
            Some("write out its digits: in Excel, format the cells as `0` before saving".to_owned())
        }
        Err(_) => None,
    }
}

/// `1,600.00` as `1600.00`; nothing where a comma stands anywhere but before three digits.
fn without_commas(number: &str) -> Option<String> {
    let (whole, rest) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.split([',', '\u{ff0c}']);
    let first = groups.next()?;
    let three = |group: &str| group.len() == 3 && group.bytes().all(|it| it.is_ascii_digit());
    let mut digits = first.to_owned();
    for group in groups {
        (three(group) && !first.is_empty()).then_some(())?;
        digits += group;
    }
    Some(rest.map_or(digits.clone(), |rest| format!("{digits}.{rest}")))
}

/// `1.5E+03`
fn is_scientific(number: &str) -> bool {
    let plain = number.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'e' | b'E' | b'+' | b'-'));
    plain && number.starts_with(|it: char| it.is_ascii_digit()) && Decimal::parse_scientific(number).is_ok()
}

#[cfg(test)]
mod tests {
    use super::remedy;

    #[test]
    fn numbers_for_people() {
        let general = ": in Excel, format the cells as `General` before saving";
        for (text, expected) in [
            ("1,600.00", Some(format!("write the bare number, `1600.00`{general}"))),
            ("12,345,678", Some(format!("write the bare number, `12345678`{general}"))),
            ("\u{a5}600", Some(format!("write the bare number, `600`{general}"))),
            ("\u{ffe5}1,600", Some(format!("write the bare number, `1600`{general}"))),
            ("$ 6.50", Some(format!("write the bare number, `6.50`{general}"))),
            ("600\u{5143}", Some(format!("write the bare number, `600`{general}"))),
            ("50%", Some(format!("write the share, `0.50`{general}"))),
            (" 5", Some("write it without blanks, `5`".to_owned())),
            ("1.5E+03", Some("write out its digits: in Excel, format the cells as `0` before saving".to_owned())),
            ("#N/A", Some("leave the cell empty where there is no value".to_owned())),
            ("NULL", Some("leave the cell empty where there is no value".to_owned())),
            ("1,5", None),
            (",500", None),
            ("much", None),
            ("", None),
        ] {
            assert_eq!(remedy(text), expected, "{text}");
        }
    }
}
