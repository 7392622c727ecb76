#!/bin/sh
# PostgreSQL: with_postgres.sh, the database by PGHOST, PGDATABASE and so on, as psql reads them.
# Its tables `users` and `orders` are tagged into `tagged`, which comes back as a file of CSV, lists joined by `;`.
set -eu
here=$(dirname "$0")

tagwell sql "$here/shop.rules" --dialect postgres --as-of "$AS_OF" --with name,opted_out --create-table tagged --out tagged.sql
psql -X -q -v ON_ERROR_STOP=1 -f tagged.sql
psql -X -q -v ON_ERROR_STOP=1 -c "\\copy (SELECT user_id, array_to_string(tags, ';') AS tags, membership, array_to_string(segments, ';') AS segments, name, opted_out::text AS opted_out FROM tagged ORDER BY user_id) TO 'tagged.csv' CSV HEADER"
tagwell act "$here/shop.rules" --from tagged.csv --state shop.state --as-of "$AS_OF" --actions actions.jsonl
