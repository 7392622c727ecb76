"""Tags everybody on a Spark cluster, by a query or by a script.

    spark-submit spark_job.py tagged.sql tagged.parquet
    spark-submit spark_job.py tagged.sql tagged.parquet tagged

The query comes from `tagwell sql shop.rules --dialect spark --as-of 2026-11-22 --out tagged.sql`. A script is written with
`--create-table tagged` as well, and makes that table: its name stands behind the folder.
"""

import sys

from pyspark.sql import SparkSession


def main(file, folder, table=None):
    with open(file, encoding="utf-8") as text:
        text = text.read()
    if text.endswith(";\n") and not table:
        sys.exit(f"{file} is a script: name the table that it makes, spark_job.py {file} {folder} TABLE")
    spark = SparkSession.builder.appName("tagwell").getOrCreate()
    if table:
        for statement in text.removesuffix(";\n").split(";\n\n"):
            spark.sql(statement)
        tagged = spark.table(table)
    else:
        tagged = spark.sql(text)
    tagged.write.mode("overwrite").parquet(folder)
    spark.stop()


main(*sys.argv[1:])
