#!/bin/sh
# A DuckDB file: with_duckdb.sh shop.duckdb
# Its tables `users` and `orders` are tagged into `tagged`; what follows from that is decided here.
set -eu
file=$1
here=$(dirname "$0")

tagwell sql "$here/shop.rules" --dialect duckdb --as-of "$AS_OF" --with name,opted_out --create-table tagged --out tagged.sql
duckdb -bail "$file" < tagged.sql
duckdb "$file" -c "COPY tagged TO 'tagged.parquet'"
tagwell act "$here/shop.rules" --from tagged.parquet --state shop.state --as-of "$AS_OF" --actions actions.jsonl
