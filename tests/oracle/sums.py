"""R10 and R11: sums of external credits and debits over 7 and 30 dates, and when they reach their limit."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from tests.oracle.edges import openings, running
from tests.oracle.finding import Finding

WINDOWS = {7: 1, 30: 2}
"""Dates of the window, and how many times the tier's floor is the limit."""

STAYS = """
CREATE OR REPLACE TEMP TABLE stays AS
    SELECT customer_id, $facet AS facet, place, today, value, bucket + $dates AS leaves FROM {flows} WHERE way = $way
"""

LEVELS = """
SELECT s.*, total AS value, NULL AS per, rise(total, $times * floor) AS edge
FROM ({running}) s ASOF JOIN {floors} f ON f.customer_id = s.customer_id AND s.today >= f.since
"""


def inflows(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """R10."""
    return reached(db, "cumulative_inflow", "credit")


def outflows(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """R11."""
    return reached(db, "cumulative_outflow", "debit")


def reached(db: duckdb.DuckDBPyConnection, rule: str, way: str, of: str = "") -> Iterator[Finding]:
    """Every opening of the sums of one direction; `of` is the beginning of the tables' names where it is not customers."""
    for dates, times in WINDOWS.items():
        db.execute(STAYS.format(flows=f"{of}flows"), {"facet": f"{dates}d", "dates": dates, "way": way})
        levels = LEVELS.format(running=running("stays", f"{of}clock"), floors=f"{of}floors")
        yield from openings(db, rule, levels, {"times": times})
