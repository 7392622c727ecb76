"""Asks an engine: each line of standard input is the cases of a test as JSON, each line of output their answers, every cell a text."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text_of(element):
    """An element of a list as the same value would be written by itself."""
    if element is None or isinstance(element, str):
        return element
    if isinstance(element, bool):
        return str(element).lower()
    return repr(element) if isinstance(element, float) else str(element)


def texts_of(row):
    return [[text_of(it) for it in cell] if isinstance(cell, (list, tuple)) else cell for cell in row]


class DuckDb:
    def __init__(self):
        import duckdb

        self.duckdb = duckdb

    def fresh(self):
        self.connection = self.duckdb.connect()
        # A session's zone changes nothing.
        self.connection.execute("SET TimeZone = 'America/Los_Angeles'")

    def answer(self, case):
        run = self.connection.execute
        for statement in case["setup"]:
            run(statement)
        given = {"as_of": case["as_of"]} if "as_of" in case else None
        run(f"CREATE OR REPLACE TEMP TABLE answer AS {case['query']}", given)
        names = [row[0] for row in run("DESCRIBE answer").fetchall()]
        cells = []
        for name, kind in zip(names, case["kinds"]):
            name = quoted(name)
            cells.append({"timestamp": f"epoch_us({name})", "list": name}.get(kind, f"CAST({name} AS VARCHAR)"))
        rows = run(f"SELECT {', '.join(cells)} FROM answer").fetchall()
        return [[cell if isinstance(cell, (list, str)) or cell is None else str(cell) for cell in texts_of(row)] for row in rows]


class Postgres:
    """A server of our own, on a socket in a folder of our own."""

    def __init__(self):
        for tool in ("initdb", "postgres", "psql"):
            if not shutil.which(tool):
                raise SystemExit(1)
        if "--is-there" in sys.argv:
            return
        self.folder = tempfile.mkdtemp(prefix="tagwell-postgres-")
        data = os.path.join(self.folder, "data")
        # PostgreSQL refuses to run as root.
        self.user = None
        if os.getuid() == 0:
            import pwd

            self.user = pwd.getpwnam("nobody")
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        # Texts in an order that is not ours, so that a missing COLLATE shows.
        self.run(["initdb", "-D", data, "-U", "tagwell", "--locale=C.UTF-8", "-E", "UTF8", "--auth=trust"])
        self.server = subprocess.Popen(
            ["postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=self.confine,
        )
        # Its socket is there before it answers.
        asked = ["psql", "-h", self.folder, "-U", "tagwell", "-d", "postgres", "-X", "-c", "SELECT 1"]
        for _ in range(300):
            if subprocess.run(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.1)
        self.psql, self.databases = None, 0

    def fresh(self):
        if self.psql:
            self.psql.stdin.close()
            self.psql.wait()
        self.databases += 1
        self.database = f"tests_{self.databases}"
        self.run(["createdb", "-h", self.folder, "-U", "tagwell", self.database])
        self.psql = subprocess.Popen(
            ["psql", "-h", self.folder, "-U", "tagwell", "-d", self.database, "-X", "-q", "-A", "-t"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.say("SET TimeZone = 'America/Los_Angeles'; SET client_min_messages = error; SET statement_timeout = '20s';")

    def confine(self):
        """Each process of the server has 3 GB at most: planning a query must not take the machine's memory."""
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
        self.drop()

    def drop(self):
        if self.user:
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)

    def run(self, command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=self.drop)

    def say(self, text):
        self.psql.stdin.write(text + "\n\\echo ---end---\n")
        self.psql.stdin.flush()
        lines = []
        for line in self.psql.stdout:
            if line.strip() == "---end---":
                return "".join(lines)
            lines.append(line)
        raise RuntimeError("psql ended: " + "".join(lines))

    def answer(self, case):
        said = self.say("".join(statement + ";\n" for statement in case["setup"]))
        if "ERROR" in said:
            raise RuntimeError(said)
        if "as_of" in case:
            self.say(f"\\set as_of '{case['as_of']}'")
        said = self.say(f"DROP TABLE IF EXISTS answer;\nCREATE TEMP TABLE answer AS {case['query']};")
        if "ERROR" in said:
            raise RuntimeError(said)
        said = self.say(
            "SELECT json_agg(attname ORDER BY attnum) FROM pg_attribute "
            "WHERE attrelid = 'answer'::regclass AND attnum > 0;"
        )
        cells = []
        for name, kind in zip(json.loads(said), case["kinds"]):
            name = quoted(name)
            cell = {
                "timestamp": f"CAST(extract(epoch FROM {name}) * 1000000 AS bigint)::text",
                "list": name,
                # JSON's own numbers would be rounded.
            }.get(kind, f"{name}::text")
            cells.append(cell)
        # No function takes more than 100 arguments.
        parts = [f"json_build_array({', '.join(cells[at:at + 90])})" for at in range(0, len(cells), 90)]
        said = self.say(f"SELECT coalesce(json_agg(json_build_array({', '.join(parts)})), '[]') FROM answer;")
        if "ERROR" in said:
            raise RuntimeError(said)
        rows = json.loads(said, parse_float=str)
        return [texts_of(cell for part in row for cell in part) for row in rows]

    def close(self):
        if self.psql:
            self.psql.stdin.close()
            self.psql.wait()
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class ClickHouse:
    """In this process, as chDB."""

    def __init__(self):
        import importlib.util

        if not importlib.util.find_spec("chdb"):
            raise SystemExit(1)
        if "--is-there" in sys.argv:
            return
        self.session = None

    def fresh(self):
        from chdb import session

        self.close()
        self.folder = tempfile.mkdtemp(prefix="tagwell-clickhouse-")
        self.session = session.Session(self.folder)
        # What a server may have as its own defaults, and the zone of the session, changes nothing.
        self.say("SET session_timezone = 'America/Los_Angeles', join_use_nulls = 0")
        self.say("CREATE DATABASE tests ENGINE = Atomic")
        self.say("USE tests")

    def say(self, text):
        return str(self.session.query(text, "JSONCompactEachRow"))

    def answer(self, case):
        for statement in case["setup"]:
            self.say(statement)
        if "as_of" in case:
            # Without a zone: the parameter's type says UTC.
            self.say(f"SET param_as_of = '{case['as_of'].replace('T', ' ').rstrip('Z')}'")
        self.say(f"CREATE OR REPLACE TABLE answer ENGINE = Memory AS {case['query']}")
        names = [json.loads(line)[0] for line in self.say("DESCRIBE TABLE answer").splitlines()]
        cells = []
        for name, kind in zip(names, case["kinds"]):
            name = "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
            cell = {
                "timestamp": f"toString(toUnixTimestamp64Micro({name}))",
                "list": name,
                "bool": f"toString(CAST({name} AS Nullable(Bool)))",
            }.get(kind, f"toString({name})")
            if kind.startswith("decimal"):
                cell = f"toDecimalString({name}, {kind[7:]})"
            cells.append(cell)
        # JSON's own escapes of `/` and control characters are read back.
        lines = self.say(f"SELECT {', '.join(cells)} FROM answer").splitlines()
        return [texts_of(json.loads(line, parse_float=str)) for line in lines]

    def close(self):
        if self.session:
            self.session.close()
            shutil.rmtree(self.folder, ignore_errors=True)


class Spark:
    """A cluster of two worker processes, or what SPARK_MASTER says: local[2] is a session in this process, which is faster."""

    def __init__(self):
        import importlib.util

        if not (importlib.util.find_spec("pyspark") and shutil.which("java")):
            raise SystemExit(1)
        if "--is-there" in sys.argv:
            return
        from pyspark.sql import SparkSession

        self.folder = tempfile.mkdtemp(prefix="tagwell-spark-")
        self.spark = (
            SparkSession.builder.master(os.environ.get("SPARK_MASTER", "local-cluster[2,1,1024]"))
            .config("spark.sql.session.timeZone", "America/Los_Angeles")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.executor.memory", "512m")
            # Plans of a hundred definitions are long; their texts, kept for a page that nobody opens, would fill the memory.
            .config("spark.driver.memory", "2g")
            .config("spark.sql.maxPlanStringLength", "1000")
            .config("spark.sql.ui.retainedExecutions", "1")
            .config("spark.sql.adaptive.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            # Small queries, each asked once: compiling them would take longest.
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.warehouse.dir", self.folder)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .getOrCreate()
        )
        self.spark.sparkContext.setLogLevel("OFF")

    def fresh(self):
        for table in self.spark.sql("SHOW TABLES IN default").collect():
            if not table.isTemporary:
                self.spark.sql(f"DROP TABLE default.`{table.tableName}`")
        # Views, what was set and variables are a session's.
        self.spark = self.spark.newSession()

    def answer(self, case):
        for statement in case["setup"]:
            self.spark.sql(statement)
        answer = self.spark.sql(case["query"], {"as_of": case["as_of"]} if "as_of" in case else None)
        cells = []
        names = [f"c{at}" for at in range(len(case["kinds"]))]
        answer = answer.toDF(*names)
        for name, kind in zip(names, case["kinds"]):
            cells.append({"timestamp": f"CAST(unix_micros({name}) AS STRING)", "list": name}.get(kind, f"CAST({name} AS STRING)"))
        rows = answer.selectExpr(*cells).collect()
        return [texts_of(row) for row in rows]

    def close(self):
        self.spark.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


ENGINES = {"duckdb": DuckDb, "postgres": Postgres, "clickhouse": ClickHouse, "spark": Spark}


def main():
    engine = ENGINES[sys.argv[1]]()
    if "--is-there" in sys.argv:
        return
    for line in sys.stdin:
        engine.fresh()
        answers = []
        for at, case in enumerate(json.loads(line)):
            started = time.monotonic()
            try:
                answers.append({"rows": engine.answer(case)})
            except Exception as error:
                answers.append({"error": str(error)[:2000]})
            if "ENGINES_TIMES" in os.environ:
                error = answers[-1].get("error", "")[:300]
                print(f"{at}: {time.monotonic() - started:.2f} s, {len(case['query'])} bytes {error}", file=sys.stderr)
        print(json.dumps(answers), flush=True)
    if hasattr(engine, "close"):
        engine.close()


if __name__ == "__main__":
    main()
