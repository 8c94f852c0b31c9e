"""R20, R21 and R23: balances, AUM, and money that lies idle.

A snapshot seeds balances and is not asked about; what it made true is seen at the customer's next movement or tick. R23 counts the run back
from the last close with the limit that holds now, since history is independent of rules.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from schemas.settings import Bank
from tests.oracle.edges import openings
from tests.oracle.finding import Finding
from tests.oracle.thresholds import Thresholds

LOW = """
WITH mine AS (SELECT customer_id, account_id, place, today, snapshot, balance_value FROM movements WHERE asset_class = 'demand_deposit'),
places AS (
    SELECT customer_id, place, today FROM movements WHERE NOT snapshot AND customer_id IN (SELECT customer_id FROM mine WHERE snapshot)
    UNION ALL SELECT customer_id, place, min(today) FROM clock GROUP BY ALL),
seen AS (
    SELECT s.customer_id, account_id, p.place, p.today
    FROM mine s ASOF JOIN places p ON p.customer_id = s.customer_id AND s.place < p.place WHERE snapshot),
asked AS (
    SELECT customer_id, account_id, place, today, balance_value FROM mine WHERE NOT snapshot
    UNION ALL
    SELECT s.customer_id, s.account_id, s.place, s.today, m.balance_value
    FROM seen s ASOF JOIN mine m ON m.account_id = s.account_id AND s.place >= m.place)
SELECT customer_id, account_id AS facet, place, today, balance_value AS value, NULL AS per, fall(balance_value, $least) AS edge FROM asked
"""

STEPS = """
CREATE OR REPLACE TEMP TABLE steps AS
    SELECT customer_id, place, today, NOT snapshot AS asked, (aum_before + aum_change)::DECIMAL(30, 4) AS aum FROM movements
    UNION ALL
    SELECT c.customer_id, c.place, c.today, true, (aum_before + aum_change)::DECIMAL(30, 4)
    FROM clock c ASOF JOIN movements m ON m.customer_id = c.customer_id AND c.place > m.place
"""
"""AUM at every movement and every tick."""

CHANGED = """
SELECT s.customer_id, $facet AS facet, place, today, abs(s.aum - c.aum) AS value, c.aum AS per,
    CASE WHEN greatest(s.aum, c.aum) >= $floor OR value < $share * c.aum THEN rise(value, $share * c.aum) END AS edge
FROM steps s JOIN closes c ON c.customer_id = s.customer_id AND c.date = s.today - $dates
WHERE asked AND c.aum > 0
"""

IDLE = """
WITH changes AS (SELECT customer_id, date, sum(aum_change) AS change FROM movements WHERE asset_class = 'demand_deposit' GROUP BY ALL),
deposits AS (
    SELECT c.customer_id, c.date, (sum(coalesce(change, 0)) OVER (PARTITION BY c.customer_id ORDER BY c.date))::DECIMAL(30, 4) AS deposit,
        min(c.date) OVER (PARTITION BY c.customer_id) AS first
    FROM closes c LEFT JOIN changes USING (customer_id, date)),
runs AS (
    SELECT customer_id, date, floor,
        date - coalesce(max(CASE WHEN deposit < floor THEN date END) OVER (PARTITION BY customer_id, floor ORDER BY date), first - 1) AS run
    FROM deposits CROSS JOIN (SELECT DISTINCT floor FROM floors)),
asked AS (SELECT c.* FROM (SELECT c.*, f.floor FROM clock c ASOF JOIN floors f ON f.customer_id = c.customer_id AND c.today >= f.since) c)
SELECT a.customer_id, '' AS facet, place, today, run AS value, NULL AS per, rise(run, $least) AS edge
FROM asked a JOIN runs r ON r.customer_id = a.customer_id AND r.floor = a.floor AND r.date = a.today - 1
WHERE dawn
"""


def low(db: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> Iterator[Finding]:
    """R20, its first half: a demand deposit account's balance, in the base currency, below the threshold (0 or more)."""
    return openings(db, "low_balance", LOW, {"least": thresholds.low_balance})


def changed(db: duckdb.DuckDBPyConnection, bank: Bank, thresholds: Thresholds) -> Iterator[Finding]:
    """R21: AUM now against the close so many dates before today, up or down, as a share of that close.

    It opens only where one of the two is at least the floor of the lowest tier; it resolves whatever is left.
    """
    db.execute(STEPS)
    for dates, share in thresholds.aum_change.items():
        yield from openings(
            db, "aum_change", CHANGED, {"facet": f"{dates}d", "dates": dates, "share": share, "floor": bank.tiers[0].abs_floor}
        )


def idle(db: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> Iterator[Finding]:
    """R23: so many closes in a row with demand deposits of at least the tier's floor; the value is the length of the run."""
    return openings(db, "idle_cash", IDLE, {"least": thresholds.idle_closes})
