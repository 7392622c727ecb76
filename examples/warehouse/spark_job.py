"""Tags everybody on a Spark cluster: spark-submit spark_job.py tagged.sql tagged.parquet

The query comes from `tagwell sql shop.rules --dialect spark --as-of 2026-11-22 --out tagged.sql`.
"""

import sys

from pyspark.sql import SparkSession


def main(query, folder):
    spark = SparkSession.builder.appName("tagwell").getOrCreate()
    with open(query, encoding="utf-8") as text:
        tagged = spark.sql(text.read())
    tagged.write.mode("overwrite").parquet(folder)
    spark.stop()


main(*sys.argv[1:])
