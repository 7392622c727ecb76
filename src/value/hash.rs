//! `bucket`: a fair and repeatable share of users, which anybody can recompute.

use sha2::{Digest, Sha256};

use super::Value;

/// The number in the first 8 hex digits of the SHA-256 of a text (UTF-8).
#[must_use]
pub fn hash(text: &str) -> u32 {
    Sha256::digest(text.as_bytes()).iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// `bucket(key, "salt", n)` = ⌊h × n ÷ 2³²⌋, h being the [`hash`] of `salt:key`; none where n is not positive.
#[must_use]
pub fn bucket(key: &str, salt: &str, n: i64) -> Option<i64> {
    if n <= 0 {
        return None;
    }
    let h = hash(&format!("{salt}:{key}"));
    i64::try_from((i128::from(h) * i128::from(n)) >> 32).ok()
}

/// `bucket(key, "salt", n)` on values; a key that is a number is taken as it prints.
#[must_use]
pub fn bucket_of(key: &Value, salt: &Value, n: &Value) -> Value {
    let key = match key {
        Value::Text(key) => key.to_string(),
        Value::Int(key) => key.to_string(),
        Value::Decimal(key) => key.to_string(),
        _ => return Value::Missing,
    };
    match (salt, n) {
        (Value::Text(salt), Value::Int(n)) => bucket(&key, salt, *n).map_or(Value::Missing, Value::Int),
        _ => Value::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_values_of_the_language() {
        assert_eq!(hash("exp_a:00004"), 1_040_128_737);
        assert_eq!(bucket("00004", "exp_a", 10_000), Some(2421));
        assert_eq!(hash("会员-1"), 3_107_627_509);
    }

    #[test]
    fn edges() {
        assert_eq!(bucket("k", "s", 1), Some(0));
        assert_eq!(bucket("k", "s", 0), None);
        assert_eq!(bucket("k", "s", -5), None);
        assert!(bucket("k", "s", i64::MAX).is_some());
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(bucket_of(&text("00004"), &text("exp_a"), &Value::Int(10_000)), Value::Int(2421));
        assert_eq!(
            bucket_of(&Value::Int(4), &text("s"), &Value::Int(99)),
            bucket_of(&text("4"), &text("s"), &Value::Int(99))
        );
        assert_eq!(bucket_of(&Value::Missing, &text("s"), &Value::Int(99)), Value::Missing);
    }

    proptest! {
        #[test]
        fn a_bucket_is_below_n(key in ".*", n in 1_i64..) {
            let bucket = bucket(&key, "salt", n).unwrap();
            prop_assert!((0..n).contains(&bucket));
        }
    }

    #[test]
    fn buckets_are_even() {
        let mut counts = [0_u32; 10];
        for user in 0..10_000 {
            let bucket = bucket(&user.to_string(), "even", 10).unwrap();
            *counts.get_mut(usize::try_from(bucket).unwrap()).unwrap() += 1;
        }
        // Of 1000 expected the standard deviation is 30.
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
