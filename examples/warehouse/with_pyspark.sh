#!/bin/sh
# A PySpark job on a cluster: with_pyspark.sh LAKE [OPTIONS OF spark-submit …], `--master spark://…:7077` say.
# The files of LAKE/users and LAKE/orders are tagged into those of tagged.parquet; tables of a catalog are named
# by `--table users=lake.shop.users` instead.
set -eu
lake=$1
shift
here=$(dirname "$0")

tagwell sql "$here/shop.rules" --dialect spark --as-of "$AS_OF" --with name,opted_out \
  --table "users=parquet.\`$lake/users\`" --table "orders=parquet.\`$lake/orders\`" --out tagged.sql
spark-submit "$@" "$here/spark_job.py" tagged.sql "$PWD/tagged.parquet"
tagwell act "$here/shop.rules" --from tagged.parquet --state shop.state --as-of "$AS_OF" --actions actions.jsonl
