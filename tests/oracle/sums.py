"""R10 and R11: sums of external credits and debits over 7 and 30 dates, and when they reach their limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

import duckdb

from tests.oracle.closes import Tiers

REARM = Decimal("0.8")
WINDOWS = {7: 1, 30: 2}
"""Dates of the window, and how many times the tier's floor is the limit."""
RULES = {"credit": "cumulative_inflow", "debit": "cumulative_outflow"}

ASKED = """
CREATE OR REPLACE TEMP TABLE asked AS
    SELECT customer_id, way, n, false AS tick, max(m.date) OVER (ORDER BY n) AS today
    FROM movements m JOIN (SELECT DISTINCT n, customer_id, way FROM flows) f USING (n, customer_id)
    UNION ALL
    SELECT customer_id, way, t.n, true, t.date
    FROM (SELECT DISTINCT customer_id, way FROM flows)
    JOIN (SELECT customer_id, min(n) AS first FROM movements GROUP BY ALL) USING (customer_id)
    JOIN ticks t ON t.n > first
"""
"""After every movement that changes a sum, and at every tick; the ticks of all midnights passed stand before the movement of their `n`."""

SUMS = """
SELECT a.customer_id, a.way, a.n, a.tick, a.today, m.event_id, coalesce(sum(f.value), 0)::DECIMAL(30, 4)
FROM asked a LEFT JOIN movements m ON NOT a.tick AND m.n = a.n
LEFT JOIN flows f ON f.customer_id = a.customer_id AND f.way = a.way
    AND (f.n < a.n OR (f.n = a.n AND NOT a.tick)) AND f.bucket BETWEEN a.today - ($dates - 1) AND a.today
GROUP BY ALL ORDER BY a.customer_id, a.way, a.n, a.tick DESC, a.today
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A sum that reached its limit, at a movement or at a tick (then `event_id` is None)."""

    rule: str
    customer_id: str
    dates: int
    n: int
    event_id: str | None
    today: date
    value: Decimal


def reached(db: duckdb.DuckDBPyConnection, tiers: Tiers) -> Iterator[Opening]:
    """Every opening: value >= limit where the condition is not open; it closes below 0.8 x the limit."""
    db.execute(ASKED)
    for dates, times in WINDOWS.items():
        for (customer, way), rows in groupby(db.execute(SUMS, {"dates": dates}).fetchall(), itemgetter(0, 1)):
            is_open = False
            for _, _, n, _, today, event_id, value in rows:
                limit = times * tiers.on(customer, today).abs_floor
                if is_open:
                    is_open = value >= REARM * limit
                elif value >= limit:
                    is_open = True
                    yield Opening(RULES[way], customer, dates, n, event_id, today, value)


def ticks(db: duckdb.DuckDBPyConnection, midnights: Mapping[date, datetime], final: tuple[date, datetime]) -> None:
    """Note the ticks of a replay: one at each midnight that event time crosses, before the first movement after it, and one at the end."""
    db.execute("CREATE OR REPLACE TEMP TABLE ticks (date DATE, moment TIMESTAMPTZ, n BIGINT)")
    for on, at in midnights.items():
        db.execute("INSERT INTO ticks SELECT $on, $at, min(n) FROM movements WHERE date >= $on", {"on": on, "at": at})
    db.execute("INSERT INTO ticks SELECT $on, $at, max(n) + 1 FROM movements", {"on": final[0], "at": final[1]})
