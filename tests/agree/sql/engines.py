"""Asks an engine: cases from standard input as JSON, answers to standard output, every cell a text."""

import json
import os
import shutil
import subprocess
import sys
import tempfile


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class DuckDb:
    def __init__(self):
        import duckdb

        self.duckdb = duckdb
        self.connection = duckdb.connect()
        # A session's zone changes nothing.
        self.connection.execute("SET TimeZone = 'America/Los_Angeles'")

    def answer(self, case):
        run = self.connection.execute
        for statement in case["setup"]:
            run(statement)
        run(f"CREATE OR REPLACE TEMP TABLE answer AS {case['query']}")
        names = [row[0] for row in run("DESCRIBE answer").fetchall()]
        cells = []
        for name, kind in zip(names, case["kinds"]):
            name = quoted(name)
            cells.append({"timestamp": f"epoch_us({name})", "list": name}.get(kind, f"CAST({name} AS VARCHAR)"))
        rows = run(f"SELECT {', '.join(cells)} FROM answer").fetchall()
        return [[cell if isinstance(cell, (list, str)) or cell is None else str(cell) for cell in row] for row in rows]


ENGINES = {"duckdb": DuckDb}


def main():
    engine = ENGINES[sys.argv[1]]()
    if "--is-there" in sys.argv:
        return
    answers = []
    for case in json.load(sys.stdin):
        try:
            answers.append({"rows": engine.answer(case)})
        except Exception as error:
            answers.append({"error": str(error)[:2000]})
    json.dump(answers, sys.stdout)


main()
