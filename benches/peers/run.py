#!/usr/bin/env python3
"""Tagwell beside the fastest engines that do the same work: whole processes, one after the other in turns, two threads each, checked
to give the same counts, and a table of the medians and ratios of this one run.

    benches/peers/run.py                     every row of the table, 5 rounds
    benches/peers/run.py --only csv --rounds 3 --peers polars,duckdb
    benches/peers/run.py --page docs/performance.md      also writes the tables into the page

Rows are chosen by a regular expression over their names; "one record" is the package `one`, which cargo builds.
What it needs it makes below --work (6 GB): the data, and a virtual environment with the peers where Python lacks them.
"""

import argparse
import importlib.util
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = ["polars", "duckdb", "chdb", "datafusion"]
WHEELS = ["numpy", "pyarrow", *PEERS]
# What the rows of the package `one` are called together.
ONE = "one record in memory, all rules"
# Whatever takes longer than this many seconds runs once.
SLOW = 20.0


@dataclass
class Row:
    """A piece of work: its name, what is done, with which rules and data, and who is not asked since it would take minutes."""

    name: str
    verb: str
    rules: str
    data: str
    without: tuple = ()


def rows(seed: int) -> list[Row]:
    small, hundred, thousand, ten_thousand = (f"tags-{size}-s{seed}" for size in (10, 100, 1_000, 10_000))
    return [
        Row("100 tags, lists, CSV", "lists", hundred, "users-1000000.csv"),
        Row("100 tags, lists, JSON Lines", "lists", hundred, "users-1000000.jsonl"),
        Row("100 tags, lists, Parquet", "lists", hundred, "users-1000000.parquet"),
        Row("1,000 tags, counts, Parquet", "counts", thousand, "users-1000000.parquet"),
        Row("10,000 tags, counts, Parquet", "counts", ten_thousand, "users-1000000.parquet", ("duckdb", "datafusion")),
        Row("RFM, 15 M orders, Parquet", "rfm", "rfm", "10.parquet"),
        Row("RFM, 15 M orders, CSV", "rfm", "rfm", "10.csv"),
        Row("start: 10 users, 10 tags, CSV", "lists", small, "users-10.csv"),
        Row("memory: 10 M users, 100 tags, lists, CSV", "lists", hundred, "users-10000000.csv", ("duckdb", "chdb", "datafusion")),
    ]


@dataclass
class Measured:
    """One process: seconds of the wall clock, seconds of both cores, and the most memory it held, in MiB."""

    wall: float
    cpu: float
    memory: float


def measure(command: list[str], log: Path) -> Measured:
    environment = dict(os.environ, POLARS_MAX_THREADS="2", PYTHONPYCACHEPREFIX=str(log.parent / "pycache"))
    with open(log, "wb") as file:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)}\nended with {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}")
    return Measured(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Bench:
    def __init__(self, work: Path, tagwell: Path):
        self.work, self.tagwell = work, tagwell

    def command(self, who: str, row: Row) -> list[str]:
        rules = self.work / row.rules
        if row.verb == "rfm":
            files = [str(self.work / f"{name}-{row.data}") for name in ("customers", "orders")]
        else:
            files = [str(self.work / row.data)]
        out = str(self.out(who, row))
        if who != "tagwell":
            ending = {"polars": "json", "chdb": "clickhouse"}.get(who, "sql")
            what = [] if row.verb == "rfm" else [f"{rules}.{ending}"]
            return [sys.executable, str(HERE / f"with_{who}.py"), row.verb, *what, *files, out]
        command = [str(self.tagwell), "run", f"{rules}.rules", "-q", "--threads", "2", "--summary", "json"]
        if row.verb == "rfm":
            return [*command, "--data", f"customers={files[0]}", "--data", f"orders={files[1]}", "--as-of", "1998-08-02", "--format", "none"]
        to = ["--out", out] if row.verb == "lists" else ["--format", "none"]
        return [*command, files[0], "--as-of", "2026-11-22", *to]

    def out(self, who: str, row: Row) -> Path:
        ending = "csv" if who != "tagwell" else "jsonl"
        return self.work / f"out-{who}.{ending}" if row.verb == "lists" else self.work / f"out-{who}.counts"

    def log(self, who: str) -> Path:
        return self.work / f"log-{who}"

    def counts(self, who: str, row: Row) -> dict[str, int]:
        """How many users have each tag, by what this process has written; tags that nobody has are left out."""
        if row.verb == "lists":
            counts: Counter = Counter()
            with open(self.out(who, row)) as file:
                for line in file:
                    counts.update(re.findall(r"\bt\d+\b", line))
            return dict(counts)
        if who == "tagwell":
            summary = next(line for line in self.log(who).read_text().splitlines() if line.startswith('{"as_of"'))
            return {name: count["true"] for name, count in json.loads(summary)["counts"].items() if count["true"]}
        lines = (line.split("\t") for line in self.out(who, row).read_text().splitlines())
        return {name: int(count) for name, count in lines if int(count)}

    def run(self, row: Row, peers: list[str], rounds: int) -> dict[str, list[Measured]]:
        """Everybody once, to see that all say the same, and then in turns, as often as is asked."""
        everybody = ["tagwell", *(peer for peer in peers if peer not in row.without)]
        runs: dict[str, list[Measured]] = {}
        expected: dict[str, int] = {}
        slow = set()
        for who in everybody:
            first = measure(self.command(who, row), self.log(who))
            counts = self.counts(who, row)
            if who == "tagwell":
                expected = counts
            elif counts != expected:
                wrong = [name for name in sorted(counts.keys() | expected) if counts.get(name) != expected.get(name)]
                sys.exit(f"{row.name}: {who} and tagwell do not agree on {len(wrong)} tags: " + ", ".join(
                    f"{name} {counts.get(name, 0)} and {expected.get(name, 0)}" for name in wrong[:5]))
            if first.wall > SLOW:
                slow.add(who)
                runs[who] = [first]
            print(f"  {row.name}: {who} {first.wall:.3f} s, {sum(counts.values()):,} in all", file=sys.stderr)
        for _ in range(rounds):
            for who in everybody:
                if who not in slow:
                    runs.setdefault(who, []).append(measure(self.command(who, row), self.log(who)))
        return runs


def median(runs: list[Measured], of: str) -> float:
    return statistics.median(getattr(run, of) for run in runs)


def seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 0.1 else f"{value:.2f}"


def tables(results: dict[str, dict[str, list[Measured]]], rounds: int) -> str:
    lines = ["| work | Tagwell | best peer | ratio | others |", "|---|---|---|---|---|"]
    costs = ["| work | Tagwell | peers |", "|---|---|---|"]
    for name, runs in results.items():
        once = {who: "\\*" if len(run) < rounds else "" for who, run in runs.items()}
        own = median(runs["tagwell"], "wall")
        peers = sorted((median(run, "wall"), who) for who, run in runs.items() if who != "tagwell")
        told = [f"{who} {seconds(wall)}{once[who]}" for wall, who in peers]
        ratio = f"**{peers[0][0] / own:.1f} ×**" if peers else ""
        lines.append(f"| {name} | {seconds(own)}{once['tagwell']} | {told[0] if told else ''} | {ratio} | {', '.join(told[1:])} |")
        cost = lambda who: f"{seconds(median(runs[who], 'cpu'))}, {median(runs[who], 'memory'):,.0f} MiB"  # noqa: E731
        costs.append(f"| {name} | {cost('tagwell')} | {'; '.join(f'{who} {cost(who)}' for _, who in peers)} |")
    told_costs = "What each process took: seconds of the cores together, and the most memory it held.\n\n"
    return "\n".join(lines) + "\n\n" + told_costs + "\n".join(costs) + "\n"


def one(work: Path, seed: int) -> str:
    """One record in memory against all rules, which the package `one` measures and checks itself."""
    manifest = HERE / "one" / "Cargo.toml"
    command = ["cargo", "run", "--release", "--quiet", "--manifest-path", str(manifest), "--", str(work), str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}")
    return done.stdout


def told_how(arguments: argparse.Namespace) -> str:
    from importlib.metadata import version

    versions = ", ".join(f"{peer} {version(peer)}" for peer in arguments.peers)
    return (
        f"One run on {date.today()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} as it ended; medians of {arguments.rounds} rounds, "
        f"wall seconds of whole processes (\\* once); {versions}; rulebooks of seed {arguments.seed}.\n"
    )


def write_into(page: Path, name: str, text: str) -> None:
    """Replaces what stands in the page between `<!-- NAME -->` and `<!-- end of NAME -->`."""
    old = page.read_text()
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if begin not in old or end not in old:
        sys.exit(f"{page} has no lines {begin} and {end}")
    before, rest = old.split(begin, 1)
    page.write_text(f"{before}{begin}\n{text.strip()}\n{end}{rest.split(end, 1)[1]}")


def make(work: Path, wanted: list[Row], seed: int, about_one: bool) -> None:
    """The data and rulebooks that are not there yet. The same seed gives the same bytes, so what is there is what would be made."""
    work.mkdir(parents=True, exist_ok=True)

    def script(name: str, *arguments: str) -> None:
        print(f"  making {' '.join(arguments)}", file=sys.stderr)
        subprocess.run([sys.executable, str(HERE / name), *arguments], check=True)

    script("rulebooks.py", str(work), str(seed))
    if about_one and not (work / "users-10000.jsonl").exists():
        script("people.py", "users", "10000", str(work))
    for row in wanted:
        if row.verb == "rfm":
            if not (work / f"orders-{row.data}").exists():
                script("people.py", "customers", row.data.split(".")[0], str(work))
        elif not (work / row.data).exists():
            script("people.py", "users", re.findall(r"\d+", row.data)[0], str(work))


def with_wheels(work: Path) -> None:
    """Starts this script again in a virtual environment with the peers, where this Python lacks one."""
    lacking = [wheel for wheel in WHEELS if importlib.util.find_spec(wheel) is None]
    if not lacking:
        return
    environment = work / "venv"
    python = environment / "bin" / "python"
    if Path(sys.prefix) == environment:
        sys.exit(f"could not install {', '.join(lacking)}")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *WHEELS], check=True)
    os.execv(python, [str(python), *sys.argv])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/bench"), help="where data and results are kept")
    parser.add_argument("--tagwell", type=Path, default=HERE.parents[1] / "target/release/tagwell")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1, help="of the rulebooks")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=PEERS, help="by commas")
    parser.add_argument("--only", default="", help="rows whose name matches this regular expression")
    parser.add_argument("--page", type=Path, help="a page whose parts `peers` and `one` are to be replaced")
    arguments = parser.parse_args()
    if not arguments.tagwell.exists():
        sys.exit(f"{arguments.tagwell} is not there: cargo build --release")
    arguments.work = arguments.work.resolve()
    with_wheels(arguments.work)
    wanted = [row for row in rows(arguments.seed) if re.search(arguments.only, row.name, re.IGNORECASE)]
    about_one = bool(re.search(arguments.only, ONE, re.IGNORECASE))
    if not wanted and not about_one:
        sys.exit(f"no row is named like {arguments.only!r}: " + "; ".join([*(row.name for row in rows(arguments.seed)), ONE]))
    make(arguments.work, wanted, arguments.seed, about_one)
    parts = {}
    if wanted:
        bench = Bench(arguments.work, arguments.tagwell.resolve())
        results = {row.name: bench.run(row, arguments.peers, arguments.rounds) for row in wanted}
        parts["peers"] = told_how(arguments) + "\n" + tables(results, arguments.rounds)
    if about_one:
        parts["one"] = one(arguments.work, arguments.seed)
    for name, text in parts.items():
        print(text)
        if arguments.page:
            write_into(arguments.page, name, text)


if __name__ == "__main__":
    main()
