//! Floats as whole numbers of a fraction of one, so that they can be added up whatever the order; missing where one is too large for that.

use crate::sql::ast::{Literal, Sql};

/// Floats as they are added up.
pub(crate) struct Wholes {
    pub(crate) whole: Sql,
    /// The function that adds them up.
    pub(crate) sum: &'static str,
    /// Whether that is missing where they come to too much; else the engine ends the query there, or has room for all there are.
    pub(crate) is_missing_beyond: bool,
}

impl Wholes {
    fn of(whole: Sql) -> Wholes {
        Wholes { whole, sum: "sum", is_missing_beyond: false }
    }
}

/// What a float is taken apart by where an engine casts no more than 64 bits of it: 2^60.
const STEP: i64 = 1 << 60;

fn float(it: f64) -> Sql {
    Sql::Literal(Literal::Float(it))
}

fn step() -> Sql {
    float(STEP as f64)
}

/// Two halves as one number.
fn joined(high: Sql, low: Sql) -> Sql {
    Sql::binary(Sql::binary(high, "*", Sql::int(STEP)), "+", low)
}

pub(super) fn duckdb(whole: Sql) -> Wholes {
    Wholes::of(Sql::Cast("TRY_CAST", Box::new(whole), "HUGEINT".into()))
}

/// A float becomes a number of 15 digits only. Of what is too large the query says which rule asks for it, not the engine that it is out of
/// range.
pub(super) fn postgres(fits: Sql, whole: Sql) -> Wholes {
    let high = Sql::call("trunc", [Sql::binary(whole.clone(), "/", step())]);
    let low = Sql::cast(Sql::binary(whole, "-", Sql::binary(high.clone(), "*", step())), "bigint");
    let high = Sql::cast(Sql::cast(high, "bigint"), "numeric");
    Wholes::of(Sql::when(fits, joined(high, low)))
}

/// A float of more than 64 bits loses digits. Their sum may have more than 128, and would begin anew there.
pub(super) fn clickhouse(whole: Sql, fitting: impl Fn(Sql) -> Sql) -> Wholes {
    let high = Sql::call("trunc", [Sql::binary(whole.clone(), "/", step())]);
    let low = fitting(Sql::binary(whole, "-", Sql::binary(high.clone(), "*", step())));
    Wholes::of(joined(Sql::call("toInt256", [fitting(high)]), low))
}

/// A float becomes a decimal by way of its shortest form, which is not what it is. An argument is worked out for rows too that a `FILTER`
/// leaves out: it may not end the query.
pub(super) fn spark(whole: Sql) -> Wholes {
    let half = |float: Sql| Sql::cast(Sql::Cast("TRY_CAST", Box::new(float), "BIGINT".into()), "DECIMAL(38, 0)");
    let whole = joined(half(Sql::binary(whole.clone(), "/", step())), half(Sql::binary(whole, "%", step())));
    Wholes { whole, sum: "try_sum", is_missing_beyond: true }
}
