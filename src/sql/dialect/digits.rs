//! Decimals as whole numbers, and their point brought back: sums and products of more digits than an engine keeps after the point, exactly. And
//! what floats need: no sign of zero, and whether they fit whole numbers.

use crate::{
    sql::ast::{Literal, Sql},
    value::Type,
};

/// Digits after the point that are more than the engine keeps in sums and products: those are computed of whole numbers. 0 where they
/// are not.
pub(super) fn fine(ty: &Type) -> u8 {
    match ty {
        Type::Decimal(scale) if *scale > 6 => *scale,
        _ => 0,
    }
}

/// The digits of a decimal without its point: `1.25` as 125.
pub(super) fn digits(decimal: Sql, scale: u8) -> Sql {
    let ending = format!("E{scale}");
    match decimal {
        decimal if scale == 0 => decimal,
        Sql::Cast("CAST", of, ty) => match *of {
            Sql::Call("concat", mut parts) if parts.get(1) == Some(&Sql::text(format!("E-{scale}"))) => {
                parts.swap_remove(0)
            }
            of => digits_of(Sql::cast(of, ty), ending),
        },
        decimal => digits_of(decimal, ending),
    }
}

fn digits_of(decimal: Sql, ending: String) -> Sql {
    Sql::cast(Sql::call("concat", [decimal, Sql::text(ending)]), "DECIMAL(38, 0)")
}

/// And back.
pub(super) fn with_point(digits: Sql, scale: u8) -> Sql {
    let exponent = Sql::text(format!("E-{scale}"));
    Sql::cast(Sql::call("concat", [digits, exponent]), format!("DECIMAL(38, {scale})"))
}

/// What no number reaches.
pub(super) const E38: i128 = 10_i128.pow(38);

/// Where sums are cut in two.
pub(super) const E20: i128 = 100_000_000_000_000_000_000;

/// What is done with each float of a list, so that zero has no sign.
pub(super) fn unsigned() -> Sql {
    let sum = Sql::binary(Sql::column("number"), "+", Sql::Literal(Literal::Float(0.0)));
    Sql::Lambda("number", Box::new(sum))
}

/// Whether a float, its fraction left away, is a whole number of 64 bits.
pub(super) fn fits_int(float: Sql) -> Sql {
    let end = |it: f64| Sql::Literal(Literal::Float(it));
    Sql::all([
        Sql::binary(float.clone(), ">=", end(-9_223_372_036_854_775_808.0)),
        Sql::binary(float, "<", end(9_223_372_036_854_775_808.0)),
    ])
}

/// A place counted from one, of one from zero.
pub(super) fn from_one(at: Sql) -> Sql {
    match at {
        Sql::Literal(Literal::Int(at)) => Sql::int(at + 1),
        Sql::Binary("+", of) if of.1 == Sql::int(1) => Sql::binary(of.0, "+", Sql::int(2)),
        at => Sql::binary(at, "+", Sql::int(1)),
    }
}

/// `0.738e0`: as people write it, where that is short, and with what makes it a float.
pub(crate) fn float_text(float: f64, ending: &str) -> String {
    let size = float.abs();
    match size == 0.0 || (1e-5..1e16).contains(&size) {
        true => format!("{float}{ending}"),
        false => format!("{float:e}"),
    }
}
