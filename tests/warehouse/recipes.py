"""Runs a recipe of examples/warehouse in a folder of its own: recipes.py NAME FOLDER, with `tagwell` on the path.

Ends with 3 where what it takes is not there.
"""

import os
import shutil
import subprocess
import sys
import types

HERE = os.path.dirname(os.path.abspath(__file__))
RECIPES = os.path.join(HERE, "..", "..", "examples", "warehouse")
sys.path.insert(0, os.path.join(HERE, "..", "agree", "sql"))

USERS = "user_id VARCHAR, name VARCHAR, points BIGINT, opted_out BOOLEAN"
ORDERS = "order_id BIGINT, user_id VARCHAR, ordered_at TIMESTAMPTZ, amount DECIMAL(10, 2), category VARCHAR"


def recipe(name, *arguments):
    subprocess.run(["sh", os.path.join(RECIPES, name), *arguments], check=True)


def data(table):
    return os.path.join(RECIPES, table + ".csv")


def missing(what):
    print(f"{what} is not there")
    raise SystemExit(3)


def shop_duckdb():
    try:
        import duckdb
    except ImportError:
        missing("duckdb")
    connection = duckdb.connect("shop.duckdb")
    for table, columns in [("users", USERS), ("orders", ORDERS)]:
        connection.execute(f"CREATE TABLE {table} ({columns})")
        connection.execute(f"COPY {table} FROM '{data(table)}' (HEADER)")
    return connection


def duckdb():
    command = shutil.which("duckdb")
    if command:
        shop_of_the_command(command, "shop.duckdb")
        recipe("with_duckdb.sh", "shop.duckdb")
        return a_day_stays_whoever_goes_on(command)
    shop_duckdb().close()
    # What the command does, for those who have only the library.
    with open("duckdb", "w") as file:
        file.write(
            f"#!{sys.executable}\n"
            "import sys, duckdb\n"
            "own = [it for it in sys.argv[1:] if it != '-bail']\n"
            "said = own[2] if own[1:2] == ['-c'] else sys.stdin.read()\n"
            "duckdb.connect(own[0]).execute(said)\n"
        )
    os.chmod("duckdb", 0o755)
    os.environ["PATH"] = os.getcwd() + os.pathsep + os.environ["PATH"]
    recipe("with_duckdb.sh", "shop.duckdb")
    print("the command duckdb is not there: what it makes of a script that fails is not tried")


def shop_of_the_command(command, file):
    """The command may be of another version than the library, and then reads none of its files."""
    for table, columns in [("users", USERS), ("orders", ORDERS)]:
        made = f"CREATE TABLE {table} ({columns}); COPY {table} FROM '{data(table)}' (HEADER)"
        subprocess.run([command, file, "-c", made], check=True)


def a_day_stays_whoever_goes_on(command):
    """What is read from a pipe is not ended by an error: the command goes on with the next statement."""

    def said(words, script=None):
        done = subprocess.run([command, "-csv", "-noheader", *words], input=script, capture_output=True, text=True)
        return done.returncode, done.stdout.split()

    rules = os.path.join(RECIPES, "shop.rules")
    words = ["--dialect", "duckdb", "--incremental", "--create-table", "daily", "--as-of", os.environ["AS_OF"]]
    script = subprocess.run(["tagwell", "sql", rules, *words], check=True, capture_output=True, text=True).stdout
    shop_of_the_command(command, "days.duckdb")
    assert said(["days.duckdb"], script)[0] == 0
    before = said(["days.duckdb", "-c", "FROM daily ORDER BY ALL"])
    assert before[1]
    said(["days.duckdb", "-c", "ALTER TABLE orders RENAME category TO kind"])
    assert said(["days.duckdb"], script)[0] != 0
    assert said(["days.duckdb", "-c", "FROM daily ORDER BY ALL"]) == before, "a day is lost"


def postgres():
    import engines

    try:
        server = engines.Postgres()
    except SystemExit:
        missing("PostgreSQL")
    try:
        server.fresh()
        for table, columns in [("users", USERS), ("orders", ORDERS)]:
            said = server.say(f"CREATE TABLE {table} ({columns});\n\\copy {table} FROM '{data(table)}' CSV HEADER")
            if "ERROR" in said:
                raise RuntimeError(said)
        os.environ.update(PGHOST=server.folder, PGUSER="tagwell", PGDATABASE=server.database)
        recipe("with_postgres.sh")
    finally:
        server.close()


def lake():
    """Both tables as files of Parquet, by whoever writes them."""
    connection = shop_duckdb()
    for table in ["users", "orders"]:
        os.makedirs(f"lake/{table}")
        connection.execute(f"COPY {table} TO 'lake/{table}/part-0.parquet'")
    connection.close()
    return os.path.abspath("lake")


def spark():
    try:
        import pyspark
    except ImportError:
        missing("pyspark")
    if not shutil.which("java"):
        missing("Java")
    os.environ["SPARK_HOME"] = os.path.dirname(pyspark.__file__)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PATH"] = os.path.join(os.environ["SPARK_HOME"], "bin") + os.pathsep + os.environ["PATH"]
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    options = ["--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=2"]
    # Neither of the session's zones is the rulebook's.
    return options + ["--conf", "spark.sql.session.timeZone=America/Los_Angeles"]


def spark_sql():
    options = spark()
    recipe("with_spark_sql.sh", lake(), "--master", "local[2]", *options)


def pyspark():
    """On a cluster of two worker processes."""
    options = spark() + ["--conf", "spark.executor.memory=512m"]
    recipe("with_pyspark.sh", lake(), "--master", "local-cluster[2,1,1024]", *options)
    by_a_script(["--master", "local[2]", *options])


def by_a_script(options):
    """The same job runs a script, and what comes of it decides the same."""
    rules, job = os.path.join(RECIPES, "shop.rules"), os.path.join(RECIPES, "spark_job.py")
    tables = [f"{table}=parquet.`{os.path.abspath('lake')}/{table}`" for table in ("users", "orders")]
    as_of = ["--as-of", os.environ["AS_OF"]]
    subprocess.run(
        ["tagwell", "sql", rules, "--dialect", "spark", *as_of, "--with", "name,opted_out"]
        + ["--table", tables[0], "--table", tables[1], "--create-table", "tagged", "--out", "script.sql"],
        check=True,
    )
    unnamed = subprocess.run([sys.executable, job, "script.sql", "script.parquet"], capture_output=True, text=True)
    assert "name the table that it makes" in unnamed.stderr, unnamed.stderr
    subprocess.run(["spark-submit", *options, job, "script.sql", "script.parquet", "tagged"], check=True)
    subprocess.run(
        ["tagwell", "act", rules, "--from", "script.parquet", "--state", "script.state", *as_of]
        + ["--actions", "by_script.jsonl"],
        check=True,
    )
    with open("by_script.jsonl") as by_script, open("actions.jsonl") as by_query:
        assert by_script.read() == by_query.read()


def dbt():
    if not shutil.which("dbt"):
        missing("dbt")
    shop_duckdb().close()
    shutil.copytree(os.path.join(RECIPES, "dbt"), "dbt")
    os.environ["SHOP_DUCKDB"] = os.path.abspath("shop.duckdb")
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    recipe("with_dbt.sh", "dbt")
    import duckdb

    duckdb.connect("shop.duckdb").execute("COPY tagged TO 'tagged.parquet'")
    subprocess.run(
        ["tagwell", "act", os.path.join(RECIPES, "shop.rules"), "--from", "tagged.parquet", "--state", "shop.state"]
        + ["--as-of", os.environ["AS_OF"], "--actions", "actions.jsonl"],
        check=True,
    )


def airflow():
    """The DAG is imported: by Airflow, or by a stand-in that knows no more of it than what the file says."""
    import runpy

    tasks = []
    try:
        import airflow.sdk
    except ImportError:
        class Task:
            def __init__(self, name, command):
                self.command = command
                tasks.append((name, command))

            def __rshift__(self, later):
                return later

        sdk = types.ModuleType("airflow.sdk")
        sdk.dag = lambda **options: lambda made: made
        sdk.task = types.SimpleNamespace(bash=lambda made: lambda: Task(made.__name__, made()))
        pendulum = types.ModuleType("pendulum")
        pendulum.datetime = lambda *parts, **zone: parts
        sys.modules.update({"airflow": types.ModuleType("airflow"), "airflow.sdk": sdk, "pendulum": pendulum})
        print("Airflow is not there: a stand-in takes its place")
    runpy.run_path(os.path.join(RECIPES, "airflow_dag.py"))
    if tasks:
        assert [name for name, _ in tasks] == ["write_query", "tag_everybody", "decide"], tasks
        # What it says to `tagwell` is what the command understands.
        for _, command in tasks:
            words = command.split(" && ")[-1].split()
            if words[0] == "tagwell":
                help = subprocess.run(["tagwell", words[1], "--help"], check=True, capture_output=True, text=True).stdout
                for word in words:
                    assert not word.startswith("--") or word in help, word


if __name__ == "__main__":
    name, folder = sys.argv[1:]
    sys.argv = sys.argv[:1]
    os.chdir(folder)
    globals()[name]()
