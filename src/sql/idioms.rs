//! What comes again and again in queries, and is told once, above the query.

/// What shows that a query has it, and what it is there for.
const IDIOMS: [(&[&str], &str); 22] = [
    (&[" + 0e0", " + 0D"], "zero has no sign"),
    (
        &["TRY_CAST(", "try(", "try_add(", "try_subtract(", "try_multiply(", "accurateCastOrNull("],
        "what leaves the range of its type is missing",
    ),
    (
        &[" AS VARCHAR) AS DOUBLE)"],
        "the float nearest to a decimal, by way of its digits: a plain cast would round twice",
    ),
    (
        &["1.1805916207174113e21"],
        "floats are summed as whole numbers of this fraction, 2^-70: the order of rows changes nothing",
    ),
    (&["'ς'"], "small letters as Unicode has them, `Σ` at the end of a word too"),
    (&["}[letter]"], "large letters as Unicode has them: those of the table become several, `ß` becomes `SS`"),
    (&["'Infinity'"], "what leaves the range of floats is missing"),
    (&["< CAST('1e"], "a decimal has 38 digits: what is too large for those before the point is missing"),
    (&["(SELECT 1) AS no_row"], "asked once, of the types of columns: no row is read for it"),
    (&["NOT MATERIALIZED"], "small: read where it is joined, and not kept beside"),
    (&["OFFSET 0"], "a step is computed by itself: else its columns are written out again wherever they are read"),
    (
        &[" < 0 END", " <= 0 END", " > 0 END", " >= 0 END"],
        "of a decimal that is too large to be written with the digits of the other, the sign decides",
    ),
    (&["\\x{85}", "\\u0085"], "white space, all that Unicode calls so"),
    (&["\\x{10d40}"], "digits of scripts that the engine's Unicode does not have yet"),
    (
        &["_last AS DOUBLE)", "_last AS double precision)"],
        "a quantile whose digits are too many for a decimal is found as a float",
    ),
    (
        &["sha256(", "sha2(", "SHA256("],
        "in which share of a split, or bucket, somebody is: the first 32 bits of a hash, as `run` has them",
    ),
    (
        &["CAST('-infinity' AS TIMESTAMPTZ)"],
        "about where the earliest window begins, so that older rows are left out as they are read; the exact bound stands behind it",
    ),
    (&["'İ'"], "small letters as Unicode has them: of `İ` an `i` and a dot above"),
    (
        &["< 1000000000000000e0"],
        "floats are rounded as decimals, by the digits that they are printed with, as many as there is room for",
    ),
    (
        &["% 3600000000", "% toInt64(3600000000)"],
        "a local time that a clock change skips is the first instant after it, a whole hour",
    ),
    (&["86400000000"], "a day in microseconds"),
    (&["* 3600000000", "* toInt64(3600000000)"], "an hour in microseconds"),
];

/// A line for each that a query has.
pub(crate) fn of(query: &str) -> Vec<String> {
    let line = |(signs, means): &(&[&str], &str)| {
        let found = signs.iter().filter(|it| query.contains(**it));
        let found: Vec<String> = found.map(|it| format!("`{}`", it.trim())).collect();
        (!found.is_empty()).then(|| format!("{}: {means}", found.join(", ")))
    };
    IDIOMS.iter().filter_map(line).collect()
}
