#!/usr/bin/env python3
"""Runs with state, day after day: `benches/days.py TAGWELL FOLDER [USERS] [ROUNDS]` makes users of two days in FOLDER, the same bytes every
time, and prints what whole processes took: wall seconds, seconds of the cores, the most memory held; medians of the rounds.

On the second day two users in a hundred have other records; on the third nothing but time goes on. What is measured beside them is the
same rulebook evaluated without state."""

import os
import random
import resource
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

CITIES = ["上海", "北京", "广州", "深圳", "杭州", "成都"]
HEADER = "user_id,name,city,points,spend,purchases,last_order,opted_out\n"
RULES = Path(__file__).with_name("days.rules")
YESTERDAY = date(2026, 11, 21)


def make(folder: Path, users: int) -> None:
    dice = random.Random(20261122)
    with open(folder / "one.csv", "w") as one, open(folder / "two.csv", "w") as two:
        one.write(HEADER)
        two.write(HEADER)
        for number in range(users):
            points, last = dice.randrange(12_000), YESTERDAY - timedelta(days=dice.randrange(400))
            known = f"u{number:07},n{number % 1000},{CITIES[number % 6]}"
            bought = f"{dice.randrange(200_000) / 100},{dice.randrange(12)}"
            opted_out = "true" if number % 17 == 0 else "false"
            one.write(f"{known},{points},{bought},{last},{opted_out}\n")
            if dice.random() < 0.02:
                points, last = dice.randrange(12_000), YESTERDAY
            two.write(f"{known},{points},{bought},{last},{opted_out}\n")


def timed(words: list[str], folder: Path) -> tuple[float, float, float]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    child = subprocess.Popen(words, cwd=folder)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{' '.join(words)}: ended with {status}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cores, usage.ru_maxrss / 1024


def main() -> None:
    tagwell, folder = Path(sys.argv[1]).absolute(), Path(sys.argv[2])
    users = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "two.csv").exists():
        make(folder, users)
    run = [str(tagwell), "run", str(RULES.absolute()), "-q", "--summary", "none"]
    counts = ["--format", "none"]
    state = ["--state", "days.state", *counts]
    works = {
        "evaluated, counts only": ["two.csv", *counts, "--as-of", "2026-11-22T10:00"],
        "evaluated, results written": ["two.csv", "--out", "out.jsonl", "--as-of", "2026-11-22T10:00"],
        "evaluated, keys compared": ["two.csv", *counts, "--check-keys", "--as-of", "2026-11-22T10:00"],
        "first day": ["one.csv", *state, "--actions", "1.jsonl", "--as-of", "2026-11-21T10:00"],
        "second day": ["two.csv", *state, "--actions", "2.jsonl", "--as-of", "2026-11-22T10:00"],
        "third day": ["two.csv", *state, "--actions", "3.jsonl", "--as-of", "2026-11-23T10:00"],
    }
    took: dict[str, list[tuple[float, float, float]]] = {name: [] for name in works}
    for _ in range(rounds):
        for old in folder.glob("days.state*"):
            old.unlink()
        for name, words in works.items():
            took[name].append(timed(run + words, folder))
            if name == "first day":
                size = (folder / "days.state").stat().st_size
    for name, all_of_it in took.items():
        wall, cores, memory = (statistics.median(it) for it in zip(*all_of_it))
        print(f"{name:30} {wall:7.2f} s  {cores:7.2f} s of the cores  {memory:6.0f} MiB")
    decided = [sum(1 for _ in open(folder / f"{day}.jsonl")) for day in (1, 2, 3)]
    print(f"decisions {decided}; state after the first day {size / 1e6:.1f} MB")


main()
