"""ClickHouse, as the library chDB, in the fastest form found: columns declared, money as a float; to count, texts of few values as
LowCardinality and `countIf`; for lists eight tags as the bits of a number that picks their names, joined, from an array of 256."""

import sys

import chdb
from chdb.session import Session

import rfm as questions
from with_duckdb import names_of, tags_of, told

LIMITS = "max_query_size = 1000000000, max_ast_elements = 100000000, max_expanded_ast_elements = 100000000, max_parser_depth = 100000, max_parser_backtracks = 1000000000"
SETTINGS = f"SETTINGS max_threads = 2, {LIMITS}"


def file(path: str, columns: str) -> str:
    form = {"csv": "CSVWithNames", "jsonl": "JSONEachRow", "parquet": "Parquet"}[path.rsplit(".", 1)[1]]
    columns = columns.replace("'", "\\'")
    return f"file('{path}', '{form}', '{columns}')"


def users(path: str, text: str) -> str:
    return file(path, (
        f"user_id String, city {text.format('Nullable(String)')}, channel {text.format('String')}, plan {text.format('Nullable(String)')}, "
        "age Nullable(Int32), points Int32, purchases Int32, spend Nullable(Float64), rating Nullable(Float64), signed_up Date32, "
        "last_order Nullable(Date32), seen_at Nullable(DateTime64(6, 'UTC')), opted_out Bool, member Bool"
    ))


def lists(rules: str, data: str, out: str) -> None:
    names = names_of(tags_of(rules), "if({when}, {value}, 0)", "arrayElement({table}, 1 + {bits})")
    chdb.query(f"INSERT INTO FUNCTION file('{out}', 'CSV', 'user_id String, tags String') SELECT user_id, {names} AS tags FROM {users(data, '{}')} "
               f"{SETTINGS}, engine_file_truncate_on_insert = 1")


def counts(rules: str, data: str, out: str) -> None:
    tags, source = tags_of(rules), users(data, "LowCardinality({})")
    # Its analysis of a query takes time with the square of the query's length: many tags are asked for in turns, of a table in memory.
    turns = [tags[at : at + 400] for at in range(0, len(tags), 400)] if len(tags) > 2000 else [tags]
    session, found = Session(), []
    if len(turns) > 1:
        session.query(f"CREATE TABLE held ENGINE = Memory AS SELECT * FROM {source} {SETTINGS}")
        source = "held"
    for turn in turns:
        counted = ", ".join(f"countIf({when})" for _, when in turn)
        row = session.query(f"SELECT {counted} FROM {source} {SETTINGS}", "CSV").bytes().decode()
        found += row.strip().split(",")
    told([name for name, _ in tags], found, out)


def rfm(customers: str, orders: str, out: str) -> None:
    people = file(customers, "c_custkey Int32, c_nationkey Int32, c_acctbal Float64, c_mktsegment LowCardinality(String)")
    bought = file(orders, "o_orderkey Int32, o_custkey Int32, o_orderstatus LowCardinality(String), o_totalprice Float64, o_orderdate Date32, o_orderpriority LowCardinality(String)")
    row = chdb.query(f"{questions.query(people, bought)} {SETTINGS}, join_use_nulls = 1", "CSV").bytes().decode()
    told(list(questions.TAGS), row.strip().split(","), out)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
