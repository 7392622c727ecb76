//! `bucket`: a fair and repeatable share of users, which anybody can recompute.

use super::Value;

/// The number in the first 8 hex digits of the SHA-256 of a text (UTF-8).
#[must_use]
pub fn hash(_text: &str) -> u32 {
    todo!()
}

/// `bucket(key, "salt", n)` = ⌊h × n ÷ 2³²⌋, h being the [`hash`] of `salt:key`; none where n is not positive.
#[must_use]
pub fn bucket(_key: &str, _salt: &str, _n: i64) -> Option<i64> {
    todo!()
}

/// `bucket(key, "salt", n)` on values; a key that is a number is taken as it prints.
#[must_use]
pub fn bucket_of(_key: &Value, _salt: &Value, _n: &Value) -> Value {
    todo!()
}
