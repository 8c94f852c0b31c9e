"""R26 and R27: weights of asset classes, and of instruments.

Neither is asked where the AUM now is below the floor of the lowest tier. R27 has four numbers: the largest weight of a class, the largest
of an instrument and of an issuer, and the sum of the squared weights of the classes; which class is the largest does not matter. An
account without an instrument, or an issuer, belongs to none. Money is in whole units of 0.0001 here, so that the products are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb

from schemas.settings import Bank
from tests.oracle.edges import openings
from tests.oracle.finding import Finding
from tests.oracle.thresholds import Thresholds

CLASSES = (
    "demand_deposit",
    "time_deposit",
    "structured_deposit",
    "wealth_product",
    "fund",
    "bond",
    "equity",
    "insurance",
    "precious_metal",
    "trust",
)
"""Copied from the contract, not from its code."""
AT_ONCE = 400_000
"""Rows that are worked on together: customers are independent of each other."""

_SUMS = ", ".join(f"sum(CASE WHEN asset_class = '{name}' THEN units ELSE 0 END) OVER in_order AS {name}" for name in CLASSES)
_COLUMNS = ", ".join(CLASSES)

WEIGHTS = f"""
CREATE OR REPLACE TEMP TABLE weights AS
    WITH steps AS (
        SELECT customer_id, place, today, NOT snapshot AS asked, asset_class, (aum_change * 10000)::BIGINT AS units
        FROM movements WHERE hash(customer_id) % $parts = $part
        UNION ALL SELECT customer_id, place, today, true, '', 0 FROM clock WHERE hash(customer_id) % $parts = $part)
    SELECT customer_id, place, today, asked, sum(units) OVER in_order AS aum, {_SUMS} FROM steps
    WINDOW in_order AS (PARTITION BY customer_id ORDER BY place, today)
"""

SHIFT = f"""
WITH closed AS (
    SELECT * FROM weights QUALIFY row_number() OVER (PARTITION BY customer_id, today ORDER BY place DESC) = 1)
SELECT w.customer_id, $facet AS facet, w.place, w.today,
    {" + ".join(f"abs(w.{name} * b.aum - b.{name} * w.aum)" for name in CLASSES)} AS value,
    2 * w.aum * b.aum AS per, share_rise(value, per, $share) AS edge
FROM weights w JOIN closed b ON b.customer_id = w.customer_id AND b.today = w.today - $dates
WHERE w.asked AND w.aum >= $least AND b.aum > 0
"""
"""The state at the last movement or tick of a date is its close: a price of the midnight after it is not in it."""

LARGEST = f"""
SELECT customer_id, $facet AS facet, place, today, greatest({_COLUMNS}) AS value, aum AS per, share_rise(value, per, $share) AS edge
FROM weights WHERE asked AND aum >= $least
"""

SQUARES = f"""
SELECT customer_id, $facet AS facet, place, today, {" + ".join(f"{name} * {name}" for name in CLASSES)} AS value, aum * aum AS per,
    share_rise(value, per, $share) AS edge
FROM weights WHERE asked AND aum >= $least
"""

HOLDINGS = """
WITH known AS (SELECT DISTINCT account_id, {what} AS held_as FROM movements WHERE {what} IS NOT NULL),
moves AS (
    SELECT customer_id, held_as, place, (aum_change * 10000)::BIGINT AS units FROM movements JOIN known k USING (account_id)
    WHERE is_asset AND hash(customer_id) % $parts = $part),
held AS (
    SELECT customer_id, i.held_as, p.place, sum(CASE WHEN p.held_as = i.held_as THEN units ELSE 0 END) OVER in_order AS holding
    FROM moves p JOIN (SELECT DISTINCT customer_id, held_as FROM moves) i USING (customer_id)
    WINDOW in_order AS (PARTITION BY customer_id, i.held_as ORDER BY p.place)),
largest AS (SELECT customer_id, place, max(holding) AS holding FROM held GROUP BY ALL)
SELECT w.customer_id, $facet AS facet, w.place, today, coalesce(holding, 0) AS value, aum AS per, share_rise(value, per, $share) AS edge
FROM weights w ASOF LEFT JOIN largest l ON l.customer_id = w.customer_id AND w.place >= l.place
WHERE asked AND aum >= $least
"""


def shifted(db: duckdb.DuckDBPyConnection, bank: Bank, thresholds: Thresholds) -> Iterator[Finding]:
    """R26: half the sum of the changes of all weights since the close so many dates before."""
    for part in _parts(db, bank):
        for dates, share in thresholds.shift.items():
            named = {"facet": f"{dates}d", "dates": dates, "share": int(share * 10_000), "least": part["least"]}
            yield from openings(db, "allocation_shift", SHIFT, named)


def concentrated(db: duckdb.DuckDBPyConnection, bank: Bank, thresholds: Thresholds) -> Iterator[Finding]:
    """R27: the largest weight of a class, of an instrument and of an issuer, and the Herfindahl-Hirschman index of the classes."""
    for part in _parts(db, bank):
        for facet, levels, least in (
            ("class", LARGEST, thresholds.concentration),
            ("hhi", SQUARES, thresholds.hhi),
            ("instrument", HOLDINGS.format(what="instrument"), thresholds.concentration),
            ("issuer", HOLDINGS.format(what="issuer"), thresholds.concentration),
        ):
            named = {"facet": facet, "share": int(least * 10_000), "least": part["least"]}
            yield from openings(db, "concentration", levels, named | (part if "$parts" in levels else {}))


def _parts(db: duckdb.DuckDBPyConnection, bank: Bank) -> Iterator[dict[str, Any]]:
    """Make `weights` for a part of the customers, then for the next."""
    row = db.execute("SELECT (SELECT count(*) FROM movements) + (SELECT count(*) FROM clock)").fetchone()
    parts = 1 + (row[0] if row else 0) // AT_ONCE
    least = int(Decimal(bank.tiers[0].abs_floor) * 10_000)
    for part in range(parts):
        db.execute(WEIGHTS, {"parts": parts, "part": part})
        yield {"parts": parts, "part": part, "least": least}
