#!/bin/sh
# A dbt model: with_dbt.sh PROJECT, the folder of a dbt project such as dbt/ beside this script.
# The model models/tagged.sql is written anew for each run, and built with the tests that stand beside it.
set -eu
project=$1
here=$(dirname "$0")

# What stands in the rules is no template: dbt takes the query as it is.
{
  echo '{% raw %}'
  tagwell sql "$here/shop.rules" --dialect duckdb --as-of "$AS_OF" --with name,opted_out
  echo '{% endraw %}'
} > "$project/models/tagged.sql"
dbt build --project-dir "$project" --profiles-dir "$project" --select tagged
