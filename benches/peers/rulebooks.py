"""Rulebooks over the users and customers of `people.py`, each in the words of every peer. The same seed gives the same bytes.

    rulebooks.py FOLDER [SEED…]

writes for every number of tags `tags-N-sSEED` with the endings

    .rules        Tagwell
    .json         the same tags as a tree with all moments resolved, for those who build expressions in a program (Polars)
    .sql          a condition a line, `name<TAB>condition`: DuckDB and DataFusion
    .clickhouse   the same for ClickHouse (chDB)

and `rfm.rules`, `rfm-more.rules`: ten tags each over customers and their orders.
"""

import json
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

from vocabulary import CHANNELS, CITIES, PLANS, TODAY

SIZES = [10, 100, 1_000, 10_000]
SEEDS = [1, 2, 3]

USERS = """table users key user_id {
  user_id:    text
  city:       text?
  channel:    text
  plan:       text?
  age:        int?
  points:     int
  purchases:  int
  spend:      decimal(2)?
  rating:     float?
  signed_up:  date
  last_order: date?
  seen_at:    timestamp?
  opted_out:  bool
  member:     bool
}
"""

NUMBERS = {"age": (16, 85, 0), "points": (0, 30_000, 0), "purchases": (0, 60, 0), "spend": (0, 10_000, 2), "rating": (0, 1, 4)}
MOMENTS = {"signed_up": 2200, "last_order": 900, "seen_at": 400}
TEXTS = {"city": CITIES, "channel": CHANNELS, "plan": PLANS}
FLAGS = ["opted_out", "member"]
MAY_BE_MISSING = ["city", "plan", "age", "spend", "rating", "last_order", "seen_at"]


class Dice(random.Random):
    """Only `random()` and what is built on it here: the one method whose sequence Python promises to keep."""

    def below(self, bound: int) -> int:
        return int(self.random() * bound)

    def one_of(self, values):
        return values[self.below(len(values))]

    def some_of(self, values, count: int) -> list:
        picked: list = []
        while len(picked) < min(count, len(values)):
            value = self.one_of(values)
            if value not in picked:
                picked.append(value)
        return picked


# A condition is a dict: {"is": "compare", "column", "op", "value"}, {"is": "range", "column", "low", "high", "open"},
# {"is": "in", "column", "values"}, {"is": "flag", "column"}, {"is": "missing", "column"}, {"is": "not", "of"},
# {"is": "and" | "or", "of": […]}; each leaf with its "text" in Tagwell. Values are numbers as they are written, texts, and moments
# as ISO 8601 text.


def number(dice: Dice, column: str) -> str:
    low, high, digits = NUMBERS[column]
    scaled = low * 10**digits + dice.below((high - low) * 10**digits)
    return f"{scaled / 10**digits:.{digits}f}"


def number_leaf(dice: Dice) -> dict:
    column = dice.one_of(list(NUMBERS))
    if dice.random() < 0.3:
        low, high = sorted([number(dice, column), number(dice, column)], key=float)
        if low != high:
            open_ = dice.random() < 0.3
            text = f"{column} between {low}..{'<' if open_ else ''}{high}"
            return {"is": "range", "column": column, "low": low, "high": high, "open": open_, "text": text}
    op = dice.one_of([">", ">=", "<", "<="] if NUMBERS[column][2] else [">", ">=", "<", "<=", "<=", ">", "=", "!="])
    value = number(dice, column)
    return {"is": "compare", "column": column, "op": op, "value": value, "text": f"{column} {op} {value}"}


def moment_leaf(dice: Dice) -> dict:
    column = dice.one_of(list(MOMENTS))
    exact = column == "seen_at"
    now = datetime.combine(TODAY, datetime.min.time())
    told = (lambda moment: moment.isoformat()) if exact else (lambda moment: moment.date().isoformat())
    days = 1 + int(dice.random() ** 2 * MOMENTS[column])
    form = dice.below(5)
    if form == 0 and exact:
        hours = 1 + dice.below(96)
        return {"is": "range", "column": column, "low": told(now - timedelta(hours=hours)), "high": told(now), "open": False,
                "text": f"{column} within {hours}h"}
    if form <= 1:
        return {"is": "range", "column": column, "low": told(now - timedelta(days=days)), "high": told(now), "open": False,
                "text": f"{column} within {days}d"}
    if form == 2:
        more = days + 1 + dice.below(MOMENTS[column] // 3)
        return {"is": "range", "column": column, "low": told(now - timedelta(days=more)), "high": told(now - timedelta(days=days)),
                "open": False, "text": f"{column} between {days}d..{more}d"}
    text = f"age({column}) > {days}d" if form == 3 else f"{column} < {days}d ago"
    return {"is": "compare", "column": column, "op": "<", "value": told(now - timedelta(days=days)), "text": text}


def quoted(text: str) -> str:
    return f'"{text}"'


def text_leaf(dice: Dice) -> dict:
    column = dice.one_of(["city", "city", "channel", "plan"])
    of = TEXTS[column]
    if dice.random() < 0.5:
        op, value = ("=" if dice.random() < 0.8 else "!="), dice.one_of(of)
        return {"is": "compare", "column": column, "op": op, "value": value, "text": f"{column} {op} {quoted(value)}"}
    values = dice.some_of(of, 2 + dice.below(max(2, len(of) // 20)))
    return {"is": "in", "column": column, "values": values, "text": f"{column} in [{', '.join(map(quoted, values))}]"}


def leaf(dice: Dice) -> dict:
    draw = dice.random()
    if draw < 0.42:
        it = number_leaf(dice)
    elif draw < 0.67:
        it = moment_leaf(dice)
    elif draw < 0.85:
        it = text_leaf(dice)
    elif draw < 0.95:
        column = dice.one_of(FLAGS)
        it = {"is": "flag", "column": column, "text": column}
    else:
        column = dice.one_of(MAY_BE_MISSING)
        return {"is": "missing", "column": column, "text": f"{column} is missing"}
    return {"is": "not", "of": it} if dice.random() < 0.1 else it


def condition(dice: Dice) -> dict:
    """Two to five leaves: mostly `and`, at times an `or` inside, at times the other way round."""
    leaves = [leaf(dice) for _ in range(2 + dice.below(4))]
    draw = dice.random()
    if draw < 0.6 or len(leaves) == 2:
        return {"is": "or" if draw > 0.9 else "and", "of": leaves}
    outer, inner = ("and", "or") if draw < 0.9 else ("or", "and")
    split = 1 + dice.below(len(leaves) - 2)
    return {"is": outer, "of": leaves[:split] + [{"is": inner, "of": leaves[split:]}]}


def tagwell(it: dict, outer: str = "") -> str:
    match it["is"]:
        case "not":
            return f"not ({it['of']['text']})"
        case "and" | "or" as word:
            text = f" {word} ".join(tagwell(part, word) for part in it["of"])
            return f"({text})" if outer else text
        case _:
            return it["text"]


def sql(it: dict, dialect: str) -> str:
    def value(column: str, value: str) -> str:
        if column in TEXTS:
            return "'" + value.replace("'", "''") + "'"
        if column == "seen_at":
            return f"TIMESTAMP '{value.replace('T', ' ')}'" if dialect == "sql" else f"toDateTime64('{value.replace('T', ' ')}', 6, 'UTC')"
        if column in MOMENTS:
            return f"DATE '{value}'" if dialect == "sql" else f"toDate32('{value}')"
        if column == "rating":
            return f"{value}::double" if dialect == "sql" else f"toFloat64({value})"
        return value

    match it["is"]:
        case "compare":
            return f"{it['column']} {it['op']} {value(it['column'], it['value'])}"
        case "range":
            low, high = (value(it["column"], it[end]) for end in ("low", "high"))
            if it["open"]:
                return f"{it['column']} >= {low} AND {it['column']} < {high}"
            return f"{it['column']} BETWEEN {low} AND {high}"
        case "in":
            return f"{it['column']} IN ({', '.join(value(it['column'], one) for one in it['values'])})"
        case "flag":
            return it["column"]
        case "missing":
            return f"{it['column']} IS NULL"
        case "not":
            return f"NOT ({sql(it['of'], dialect)})"
        case word:
            return "(" + f" {word.upper()} ".join(f"({sql(part, dialect)})" for part in it["of"]) + ")"


def tags(seed: int, size: int) -> list[dict]:
    dice = Dice(f"{seed}:{size}")
    return [{"name": f"t{at + 1:0{len(str(size))}}", "when": condition(dice)} for at in range(size)]


def rules(tags: list[dict]) -> str:
    return USERS + "\n" + "".join(f"tag {tag['name']} when {tagwell(tag['when'])}\n" for tag in tags)


CUSTOMERS = """table customers key c_custkey {
  c_custkey:    int
  c_nationkey:  int
  c_acctbal:    decimal(2)
  c_mktsegment: text
}

table orders of customers by o_custkey at o_orderdate {
  o_orderkey:      int
  o_custkey:       int
  o_orderstatus:   text
  o_totalprice:    decimal(2)
  o_orderdate:     date
  o_orderpriority: text
}
"""

RFM = CUSTOMERS + """
let frequency = count(orders)
let recency   = max(orders.o_orderdate)
let money     = sum(orders.o_totalprice)
let lately    = sum(orders.o_totalprice within 365d)
let half_year = count(orders within 180d)
let open      = count(orders where o_orderstatus = "O")
let urgent    = count(orders where o_orderpriority = "1-URGENT")
let usual     = avg(orders.o_totalprice)
let least     = min(orders.o_totalprice)
let most_paid = max(orders.o_totalprice)

tag champion  when recency within 90d and frequency >= 20 and money > 3000000
tag loyal     when frequency >= 15 and half_year >= 2
tag big       when money > 4000000
tag fading    when recency between 90d..270d and money > 1500000
tag asleep    when recency < 365d ago and frequency >= 10
tag never     when frequency = 0 and c_acctbal > 5000
tag growing   when lately > 700000 and c_mktsegment = "BUILDING"
tag in_hurry  when urgent >= 5 and usual > 150000
tag waiting   when open >= 10
tag even      when least > 100000 and most_paid < 460000.50 and not (c_nationkey in [1, 2, 3])
"""

RFM_MORE = CUSTOMERS + """
let first_paid = first(orders.o_totalprice)
let last_paid  = last(orders.o_totalprice)
let last_state = last(orders.o_orderstatus)
let favourite  = most(orders.o_orderpriority)
let kinds      = count(distinct(orders.o_orderpriority))
let middle     = quantile(orders.o_totalprice, 50%)
let since      = min(orders.o_orderdate)

tag grown     when last_paid > first_paid
tag shrunk    when last_paid < 100000 and first_paid > 300000
tag open_last when last_state = "O"
tag hasty     when favourite = "1-URGENT"
tag varied    when kinds = 5
tag one_kind  when kinds <= 3 and c_acctbal < 0
tag solid     when middle > 200000
tag small     when middle < 100000 and c_mktsegment in ["BUILDING", "MACHINERY"]
tag young     when since within 5y
tag new       when age(since) < 1500d and last_paid >= 150000.25
"""


def main() -> None:
    if not sys.argv[1:] or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder, seeds = Path(sys.argv[1]), [int(seed) for seed in sys.argv[2:]] or SEEDS
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        for size in SIZES:
            made, stem = tags(seed, size), f"tags-{size}-s{seed}"
            (folder / f"{stem}.rules").write_text(rules(made))
            (folder / f"{stem}.json").write_text(json.dumps(made, ensure_ascii=False))
            for dialect in ("sql", "clickhouse"):
                (folder / f"{stem}.{dialect}").write_text("".join(f"{tag['name']}\t{sql(tag['when'], dialect)}\n" for tag in made))
    (folder / "rfm.rules").write_text(RFM)
    (folder / "rfm-more.rules").write_text(RFM_MORE)


if __name__ == "__main__":
    main()
