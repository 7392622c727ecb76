//! Words that an engine may read as its own: names that are spelled so are quoted.

/// In any of the engines. Quoting one word too many harms nobody.
const RESERVED: &str = " add all alter analyse analyze and anti any array as asc asof asymmetric at authorization between bigint \
 binary boolean both bucket by case cast char check class cluster codegen collate collation column comment compute \
 concurrently constraint cost create cross cube current current_catalog current_date current_role current_schema \
 current_time current_timestamp current_user data database databases date datetime day days dbproperties dec decimal \
 declare default deferrable delete desc describe dfs directory distinct distribute div do double drop else end escape \
 except exchange exclude exists explain export extended external extract false fetch fields file fileformat filter final \
 first float following for foreign format formatted freeze from full function functions generated global glob grant group grouping \
 having hour hours if ilike import in index inner inpath inputformat insert int integer intersect interval into is \
 isnull items join key keys lambda last lateral lazy leading left level like limit lines list local location lock locks logical long \
 macro map match matched merge microsecond minus minute minutes mode month months natural no not notnull null nulls numeric of offset on \
 only option options or order out outer over overlaps overwrite partition partitioned partitions percent pivot \
 placing position preceding precision prewhere primary procedure properties purge qualify query quarter range real \
 recordreader references refresh regexp rename replace reset respect returning revoke right rlike role rollback rollup \
 row rows sample schema schemas second seconds select semi separated serde session_user set sets settings show similar skewed smallint some \
 sort start statistics stored stratify string struct summarize symmetric table tables tablesample temp temporary terminated then \
 time timestamp timestamptz timezone tinyint to totals touch trailing transaction trigger trim true truncate try type unarchive unbounded uncache union unique unknown unlock unpivot \
 unset update use user using values varchar variadic verbose view views void week when where window with within without year \
 years zone uuid inet json text bool any_value rank inf nan prewhere settings paste materialized ttl engine interpolate \
 fill totals columns apply ";

/// Whether a name may stand as it is: lower-case letters, digits and `_`, and no word of the language.
pub(super) fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    let begins = bytes.next().is_some_and(|it| it.is_ascii_lowercase() || it == b'_');
    begins
        && bytes.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
        && !RESERVED.contains(&format!(" {name} "))
}
