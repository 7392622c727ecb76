"""DuckDB in the fastest form found: columns declared, money as a double, `count(CASE …)` (which is faster than `count_if`, and much
faster than `FILTER` of many), eight tags as the bits of a number that picks their names, joined, from a list of 256."""

import sys

import duckdb

import rfm as questions

USERS = {
    "user_id": "VARCHAR", "city": "VARCHAR", "channel": "VARCHAR", "plan": "VARCHAR", "age": "INTEGER", "points": "INTEGER",
    "purchases": "INTEGER", "spend": "DOUBLE", "rating": "DOUBLE", "signed_up": "DATE", "last_order": "DATE",
    "seen_at": "TIMESTAMP", "opted_out": "BOOLEAN", "member": "BOOLEAN",
}
CUSTOMERS = {"c_custkey": "INTEGER", "c_nationkey": "INTEGER", "c_acctbal": "DOUBLE", "c_mktsegment": "VARCHAR"}
ORDERS = {
    "o_orderkey": "INTEGER", "o_custkey": "INTEGER", "o_orderstatus": "VARCHAR", "o_totalprice": "DOUBLE",
    "o_orderdate": "DATE", "o_orderpriority": "VARCHAR",
}


def connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    return connection


def source(path: str, columns: dict) -> str:
    declared = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items()) + "}"
    if path.endswith(".csv"):
        return f"read_csv('{path}', columns = {declared}, header = true, auto_detect = false, delim = ',', quote = '\"')"
    if path.endswith(".jsonl"):
        return f"read_json('{path}', columns = {declared}, format = 'newline_delimited')"
    doubles = ", ".join(f"{name}::DOUBLE AS {name}" for name in ("spend", "c_acctbal", "o_totalprice") if name in columns)
    return f"(SELECT * REPLACE ({doubles}) FROM read_parquet('{path}'))"


def tags_of(rules: str) -> list[list[str]]:
    return [line.rstrip("\n").split("\t") for line in open(rules)]


def names_of(tags: list[list[str]], bit: str, pick: str) -> str:
    """An expression for the names of all tags that apply, each after a semicolon."""
    parts = []
    for eight in (tags[at : at + 8] for at in range(0, len(tags), 8)):
        joined = ["".join(f";{name}" for at, (name, _) in enumerate(eight) if bits >> at & 1) for bits in range(1 << len(eight))]
        table = "[" + ", ".join(f"'{names}'" for names in joined) + "]"
        bits = " + ".join(bit.format(when=when, value=1 << at) for at, (_, when) in enumerate(eight))
        parts.append(pick.format(table=table, bits=bits))
    return "concat(" + ", ".join(parts) + ")"


def told(names: list[str], counts, out: str) -> None:
    with open(out, "w") as file:
        file.writelines(f"{name}\t{count}\n" for name, count in zip(names, counts))


def lists(rules: str, data: str, out: str) -> None:
    names = names_of(tags_of(rules), "CASE WHEN {when} THEN {value} ELSE 0 END", "({table})[1 + {bits}]")
    connect().execute(f"COPY (SELECT user_id, {names} AS tags FROM {source(data, USERS)}) TO '{out}' (FORMAT csv, HEADER true, QUOTE '')")


def counts(rules: str, data: str, out: str) -> None:
    tags = tags_of(rules)
    counted = ", ".join(f"count(CASE WHEN {when} THEN 1 END)" for _, when in tags)
    told([name for name, _ in tags], connect().execute(f"SELECT {counted} FROM {source(data, USERS)}").fetchone(), out)


def rfm(customers: str, orders: str, out: str) -> None:
    query = questions.query(source(customers, CUSTOMERS), source(orders, ORDERS))
    told(list(questions.TAGS), connect().execute(query).fetchone(), out)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
