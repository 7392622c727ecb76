"""DataFusion in the fastest form found: columns declared, two partitions, `count(CASE …)`, names joined by `concat`."""

import sys

import datafusion
import pyarrow as pa

import rfm as questions
from with_duckdb import tags_of, told

USERS = pa.schema([
    ("user_id", pa.string()), ("city", pa.string()), ("channel", pa.string()), ("plan", pa.string()), ("age", pa.int32()),
    ("points", pa.int32()), ("purchases", pa.int32()), ("spend", pa.float64()), ("rating", pa.float64()), ("signed_up", pa.date32()),
    ("last_order", pa.date32()), ("seen_at", pa.timestamp("us")), ("opted_out", pa.bool_()), ("member", pa.bool_()),
])
CUSTOMERS = pa.schema([("c_custkey", pa.int32()), ("c_nationkey", pa.int32()), ("c_acctbal", pa.float64()), ("c_mktsegment", pa.string())])
ORDERS = pa.schema([
    ("o_orderkey", pa.int32()), ("o_custkey", pa.int32()), ("o_orderstatus", pa.string()), ("o_totalprice", pa.float64()),
    ("o_orderdate", pa.date32()), ("o_orderpriority", pa.string()),
])


def context() -> datafusion.SessionContext:
    # A number with a point is what is written, as elsewhere, and no float.
    config = datafusion.SessionConfig().with_target_partitions(2).set("datafusion.sql_parser.parse_float_as_decimal", "true")
    return datafusion.SessionContext(config)


def register(session: datafusion.SessionContext, name: str, path: str, schema: pa.Schema) -> None:
    if path.endswith(".csv"):
        session.register_csv(name, path, schema=schema)
    elif path.endswith(".jsonl"):
        session.register_json(name, path, schema=schema, file_extension=".jsonl")
    else:
        session.register_parquet(name, path)


def row(frame: datafusion.DataFrame) -> list:
    batch = pa.Table.from_batches(frame.collect())
    return [column[0].as_py() for column in batch.columns]


def lists(rules: str, data: str, out: str) -> None:
    session = context()
    register(session, "users", data, USERS)
    names = ", ".join(f"CASE WHEN {when} THEN ';{name}' END" for name, when in tags_of(rules))
    session.sql(f"SELECT user_id, concat({names}) AS tags FROM users").write_csv(out, with_header=True)


def counts(rules: str, data: str, out: str) -> None:
    session, tags = context(), tags_of(rules)
    register(session, "users", data, USERS)
    counted = ", ".join(f"count(CASE WHEN {when} THEN 1 END) AS {name}" for name, when in tags)
    told([name for name, _ in tags], row(session.sql(f"SELECT {counted} FROM users")), out)


def rfm(customers: str, orders: str, out: str) -> None:
    session = context()
    register(session, "people", customers, CUSTOMERS)
    register(session, "bought", orders, ORDERS)
    told(list(questions.TAGS), row(session.sql(questions.query("people", "bought", "CAST(o_totalprice AS DOUBLE)"))), out)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
