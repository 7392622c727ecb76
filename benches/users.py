#!/usr/bin/env python3
"""Users for measuring: `benches/users.py 1000000 > users.csv`. The same number gives the same bytes."""

import random
import sys
from datetime import date, timedelta

CITIES = ["上海", "北京", "广州", "深圳", "杭州", "成都", "武汉", "苏州"]
SOURCES = ["search", "social", "friend", "shop", "ad"]


def main() -> None:
    rows = int(sys.argv[1])
    dice = random.Random(20261122)
    today = date(2026, 11, 22)
    write = sys.stdout.write
    write("user_id,city,source,age,points,purchases,visits,spend,first_order,last_order,opted_out\n")
    for number in range(rows):
        bought = dice.random() < 0.8
        first = today - timedelta(days=dice.randrange(30, 1500))
        last = first + timedelta(days=dice.randrange(0, (today - first).days + 1))
        write(
            f"u{number:08},{dice.choice(CITIES) if dice.random() < 0.9 else ''},{dice.choice(SOURCES)},"
            f"{dice.randrange(16, 80)},{dice.randrange(0, 20000)},{dice.randrange(1, 40) if bought else 0},"
            f"{dice.randrange(0, 300)},{dice.randrange(0, 500000) / 100 if bought else 0:.2f},"
            f"{first if bought else ''},{last if bought else ''},{'true' if dice.random() < 0.1 else 'false'}\n"
        )


main()
