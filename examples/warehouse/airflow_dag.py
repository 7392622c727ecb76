"""Airflow: the shop's tags every morning at six, on Spark, and what follows from them.

The as-of is the end of the DAG's interval, so that a run that is repeated decides nothing twice: the state knows it.
"""

import pendulum
from airflow.sdk import dag, task

RULES = "/opt/shop/shop.rules"
STATE = "/opt/shop/shop.state"
AS_OF = "{{ data_interval_end.in_timezone('Asia/Shanghai').isoformat() }}"
FOLDER = "/opt/shop/runs/{{ data_interval_end | ts_nodash }}"


@dag(
    schedule="0 6 * * *",
    start_date=pendulum.datetime(2026, 11, 1, tz="Asia/Shanghai"),
    catchup=False,
    # One run after the other: an earlier as-of than the state's is refused.
    max_active_runs=1,
)
def shop_tags():
    @task.bash
    def write_query():
        return f"mkdir -p {FOLDER} && tagwell sql {RULES} --dialect spark --as-of {AS_OF} --with name,opted_out --out {FOLDER}/tagged.sql"

    @task.bash
    def tag_everybody():
        return f"spark-submit --master spark://spark:7077 /opt/shop/spark_job.py {FOLDER}/tagged.sql {FOLDER}/tagged.parquet"

    @task.bash
    def decide():
        return f"tagwell act {RULES} --from {FOLDER}/tagged.parquet --state {STATE} --as-of {AS_OF} --actions {FOLDER}/actions.jsonl"

    write_query() >> tag_everybody() >> decide()


shop_tags()
