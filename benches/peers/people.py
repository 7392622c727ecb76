"""Users, customers and orders for measuring. The same seed gives the same bytes: every value is a hash of seed, column and row
number, so neither the libraries' versions nor the size of a batch change one.

    people.py users     ROWS FOLDER [SEED]     users-ROWS.csv .jsonl .parquet (snappy), users-ROWS.zstd.parquet; of more than
                                               two million only .csv
    people.py customers SCALE FOLDER [SEED]    the shape of TPC-H: 150,000 customers and 1,500,000 orders a unit of scale
"""

import sys
import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from vocabulary import CHANNELS, CITIES, PLANS, TODAY

SEED = 20261122
BATCH = 250_000


def mixed(seed: int, column: str, rows: np.ndarray) -> np.ndarray:
    """64 even bits for each row of a column (the finalizer of SplitMix64 over a counter)."""
    start = zlib.crc32(f"{seed}:{column}".encode()) << 32
    with np.errstate(over="ignore"):
        z = (rows.astype(np.uint64) + np.uint64(start)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def below(seed: int, column: str, rows: np.ndarray, bound: int) -> np.ndarray:
    """Whole numbers from 0 to bound - 1, evenly."""
    return (mixed(seed, column, rows) % np.uint64(bound)).astype(np.int64)


def skewed(seed: int, column: str, rows: np.ndarray, bound: int) -> np.ndarray:
    """Whole numbers from 0 to bound - 1, small ones more often: the square of an evenly spread number, in integers alone."""
    even = below(seed, column, rows, 1 << 31)
    return (even * even >> 31) * bound >> 31


def with_missing(seed: int, column: str, rows: np.ndarray, values: np.ndarray) -> pl.Series:
    """One in twenty is missing."""
    gone = below(seed, column + " missing", rows, 100) < 5
    return pl.Series(column, values).to_frame().select(pl.when(pl.lit(pl.Series(~gone))).then(pl.col(column)).alias(column)).to_series()


def users(rows: np.ndarray, seed: int) -> pl.DataFrame:
    """Money as a number of cents, `rating` as a number of 1e-12: both are written exactly."""
    day = np.datetime64(TODAY).astype(np.int64)
    signed_up = day - skewed(seed, "signed_up", rows, 2200) - 1
    last_order = np.maximum(signed_up, day - skewed(seed, "last_order", rows, 900))
    seen_at = day * 86400 - skewed(seed, "seen_at", rows, 400 * 86400)
    columns = [
        pl.Series("user_id", rows + 1).to_frame().select(pl.lit("u") + pl.col("user_id").cast(pl.String).str.zfill(7)).to_series().alias("user_id"),
        with_missing(seed, "city", rows, skewed(seed, "city", rows, len(CITIES))),
        below(seed, "channel", rows, len(CHANNELS)),
        with_missing(seed, "plan", rows, skewed(seed, "plan", rows, len(PLANS))),
        with_missing(seed, "age", rows, 16 + below(seed, "age", rows, 70)),
        skewed(seed, "points", rows, 30_000),
        skewed(seed, "purchases", rows, 60),
        with_missing(seed, "spend", rows, skewed(seed, "spend", rows, 1_000_000)),
        with_missing(seed, "rating", rows, below(seed, "rating", rows, 1_000_000_000_000)),
        pl.Series("signed_up", signed_up.astype("datetime64[D]")),
        with_missing(seed, "last_order", rows, last_order.astype("datetime64[D]")),
        with_missing(seed, "seen_at", rows, seen_at.astype("datetime64[s]").astype("datetime64[us]")),
        below(seed, "opted_out", rows, 8) == 0,
        below(seed, "member", rows, 3) == 0,
    ]
    columns = [pl.Series(name, column) for name, column in zip(["user_id", "city", "channel", "plan", "age", "points", "purchases", "spend", "rating", "signed_up", "last_order", "seen_at", "opted_out", "member"], columns)]
    frame = pl.DataFrame(columns)
    for column, of in [("city", CITIES), ("channel", CHANNELS), ("plan", PLANS)]:
        frame = frame.with_columns(pl.lit(pl.Series(of)).gather(pl.col(column)).alias(column))
    return frame


def written(column: str, quote: str) -> pl.Expr:
    """A column as it is written in text; `quote` around what is text in JSON."""
    it = pl.col(column)
    if column in ("spend", "o_totalprice", "c_acctbal"):
        sign = pl.when(it < 0).then(pl.lit("-")).otherwise(pl.lit(""))
        return sign + (it.abs() // 100).cast(pl.String) + pl.lit(".") + (it.abs() % 100).cast(pl.String).str.zfill(2)
    if column == "rating":
        return pl.lit("0.") + it.cast(pl.String).str.zfill(12)
    if column in ("signed_up", "last_order", "o_orderdate"):
        return pl.lit(quote) + it.dt.strftime("%Y-%m-%d") + pl.lit(quote)
    if column == "seen_at":
        return pl.lit(quote) + it.dt.strftime("%Y-%m-%dT%H:%M:%S") + pl.lit(quote)
    if column == "city" and not quote:
        return pl.when(it.str.contains(",", literal=True)).then(pl.lit('"') + it + pl.lit('"')).otherwise(it)
    if column in ("user_id", "city", "channel", "plan", "o_orderstatus", "o_orderpriority", "c_mktsegment"):
        return pl.lit(quote) + it + pl.lit(quote)
    return it.cast(pl.String)


def csv_lines(frame: pl.DataFrame) -> bytes:
    line = pl.concat_str([written(column, "").fill_null("") for column in frame.columns], separator=",")
    return ("\n".join(frame.select(line).to_series().to_list()) + "\n").encode()


def json_lines(frame: pl.DataFrame) -> bytes:
    pairs = [pl.lit(f'"{column}":') + written(column, '"').fill_null("null") for column in frame.columns]
    line = pl.lit("{") + pl.concat_str(pairs, separator=",") + pl.lit("}")
    return ("\n".join(frame.select(line).to_series().to_list()) + "\n").encode()


def arrow(frame: pl.DataFrame) -> pa.Table:
    """The same with money as decimals, of which Parquet keeps the cents as whole numbers."""
    table = frame.to_arrow()
    for at, column in enumerate(frame.columns):
        values = table.column(column).combine_chunks()
        if column in ("spend", "o_totalprice", "c_acctbal"):
            cents = values.cast(pa.int64())
            wide = np.zeros((len(cents), 2), dtype=np.int64)
            wide[:, 0] = cents.fill_null(0).to_numpy(zero_copy_only=False)
            wide[:, 1] = wide[:, 0] >> 63
            known = cents.is_valid().to_numpy(zero_copy_only=False)
            bits = pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
            values = pa.Array.from_buffers(pa.decimal128(15, 2), len(cents), [bits, pa.py_buffer(wide.tobytes())])
        elif column == "rating":
            values = pa.compute.divide(values.cast(pa.float64()), 1e12)
        elif pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
            values = values.cast(pa.string())
        elif pa.types.is_timestamp(values.type):
            values = values.cast(pa.timestamp("us"))
        table = table.set_column(at, column, values)
    return table


class Files:
    """The files of one table, written batch by batch."""

    def __init__(self, stem: Path, schema: pa.Schema, header: list[str], endings: tuple):
        options = {"store_decimal_as_integer": True, "version": "2.6"}
        self.csv = open(f"{stem}.csv", "wb")
        self.csv.write((",".join(header) + "\n").encode())
        self.json = open(f"{stem}.jsonl", "wb") if "jsonl" in endings else None
        packed = [("parquet", "snappy"), ("zstd.parquet", "zstd")]
        self.parquet = [pq.ParquetWriter(f"{stem}.{ending}", schema, compression=how, **options) for ending, how in packed if ending in endings]

    def write(self, frame: pl.DataFrame) -> None:
        self.csv.write(csv_lines(frame))
        if self.json:
            self.json.write(json_lines(frame))
        table = arrow(frame)
        for writer in self.parquet:
            writer.write_table(table, row_group_size=len(table))

    def close(self) -> None:
        for file in [self.csv, self.json, *self.parquet]:
            if file:
                file.close()


def write(stem: Path, rows: int, make, *endings: str) -> None:
    files = None
    for start in range(0, rows, BATCH):
        frame = make(np.arange(start, min(start + BATCH, rows), dtype=np.int64))
        if files is None:
            files = Files(stem, arrow(frame).schema, frame.columns, endings)
        files.write(frame)
    if files:
        files.close()


SEGMENTS = ["AUTOMOBILE", "BUILDING", "FURNITURE", "HOUSEHOLD", "MACHINERY"]
PRIORITIES = ["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"]


def customers(rows: np.ndarray, seed: int) -> pl.DataFrame:
    frame = pl.DataFrame({
        "c_custkey": rows + 1,
        "c_nationkey": below(seed, "c_nationkey", rows, 25),
        "c_acctbal": below(seed, "c_acctbal", rows, 1_100_000) - 100_000,
        "c_mktsegment": below(seed, "c_mktsegment", rows, 5),
    })
    return frame.with_columns(pl.lit(pl.Series(SEGMENTS)).gather(pl.col("c_mktsegment")).alias("c_mktsegment"))


def orders(rows: np.ndarray, seed: int, customers: int) -> pl.DataFrame:
    """As in TPC-H a third of the customers, those whose number is a multiple of 3, have no orders, and of 32 order numbers
    8 are taken. Dates run from 1992-01-01 to 1998-08-02; old orders are finished, young ones open."""
    customer = below(seed, "o_custkey", rows, customers - customers // 3)
    date = np.datetime64("1992-01-01").astype(np.int64) + below(seed, "o_orderdate", rows, 2406)
    price = 85_000 + skewed(seed, "o_totalprice", rows, 47_000_000)
    edge = date - np.datetime64("1995-06-17").astype(np.int64) + below(seed, "o_orderstatus", rows, 120) - 60
    status = np.where(edge < -30, 0, np.where(edge > 30, 1, 2))
    frame = pl.DataFrame({
        "o_orderkey": (rows // 8) * 32 + rows % 8 + 1,
        "o_custkey": customer // 2 * 3 + customer % 2 + 1,
        "o_orderstatus": status,
        "o_totalprice": price,
        "o_orderdate": pl.Series(date.astype("datetime64[D]")),
        "o_orderpriority": below(seed, "o_orderpriority", rows, 5),
    })
    return frame.with_columns(
        pl.lit(pl.Series(["F", "O", "P"])).gather(pl.col("o_orderstatus")).alias("o_orderstatus"),
        pl.lit(pl.Series(PRIORITIES)).gather(pl.col("o_orderpriority")).alias("o_orderpriority"),
    )


def main() -> None:
    what, size, folder = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else SEED
    folder.mkdir(parents=True, exist_ok=True)
    if what == "users":
        rows = int(size)
        endings = ("jsonl", "parquet", "zstd.parquet") if rows <= 2_000_000 else ()
        write(folder / f"users-{rows}", rows, lambda at: users(at, seed), *endings)
    else:
        people, bought = int(150_000 * size), int(1_500_000 * size)
        write(folder / f"customers-{size:g}", people, lambda at: customers(at, seed), "parquet")
        write(folder / f"orders-{size:g}", bought, lambda at: orders(at, seed, people), "parquet")


if __name__ == "__main__":
    main()
