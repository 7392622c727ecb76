"""`rfm.rules` in SQL."""

TAGS = {
    "champion": "recency >= DATE '1998-05-04' AND frequency >= 20 AND money > 3000000",
    "loyal": "frequency >= 15 AND half_year >= 2",
    "big": "money > 4000000",
    "fading": "recency BETWEEN DATE '1997-11-05' AND DATE '1998-05-04' AND money > 1500000",
    "asleep": "recency < DATE '1997-08-02' AND frequency >= 10",
    "never": "frequency IS NULL AND c_acctbal > 5000",
    "growing": "lately > 700000 AND c_mktsegment = 'BUILDING'",
    "in_hurry": "urgent >= 5 AND usual > 150000",
    "waiting": "open_now >= 10",
    "even": "least > 100000 AND most_paid < 460000.50 AND c_nationkey NOT IN (1, 2, 3)",
}


def query(customers: str, orders: str, price: str = "o_totalprice") -> str:
    """The counts of the ten tags; a customer without orders has nothing in the joined columns, of which none of the tags but
    `never` can be true. `price` is how the price of an order is read."""
    counts = ", ".join(f"count(CASE WHEN {when} THEN 1 END) AS {name}" for name, when in TAGS.items())
    return f"""
SELECT {counts}
FROM {customers} AS customers LEFT JOIN (
  SELECT o_custkey,
    count(*) AS frequency,
    max(o_orderdate) AS recency,
    sum({price}) AS money,
    sum(CASE WHEN o_orderdate >= DATE '1997-08-02' THEN {price} ELSE 0 END) AS lately,
    count(CASE WHEN o_orderdate >= DATE '1998-02-03' THEN 1 END) AS half_year,
    count(CASE WHEN o_orderstatus = 'O' THEN 1 END) AS open_now,
    count(CASE WHEN o_orderpriority = '1-URGENT' THEN 1 END) AS urgent,
    avg({price}) AS usual,
    min({price}) AS least,
    max({price}) AS most_paid
  FROM {orders} AS orders GROUP BY o_custkey
) AS asked ON c_custkey = o_custkey"""
