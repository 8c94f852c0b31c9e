"""R12 and R18: flows against what the customer had, and against what the customer used to do.

R18 opens at 1.5 times the largest month, by the general rule of edges. A month has a flow where its sum is above 0; a reversal counts in
the original's month, from its own arrival on. The value is 0 at a month's first tick.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from tests.oracle.edges import openings, running
from tests.oracle.finding import Finding
from tests.oracle.thresholds import Thresholds

NET = """
CREATE OR REPLACE TEMP TABLE stays AS
    SELECT customer_id, $facet AS facet, place, today, CASE way WHEN 'debit' THEN value ELSE -value END AS value, bucket + $dates AS leaves
    FROM flows
"""

RATIO = """
SELECT s.*, total AS value, aum AS per,
    CASE WHEN total <= 0 AND aum IS NOT NULL THEN -1 WHEN aum > 0 THEN rise(total, $share * aum) END AS edge
FROM ({running}) s LEFT JOIN closes c ON c.customer_id = s.customer_id AND c.date = s.today - $dates
"""

MONTHLY = """
CREATE OR REPLACE TEMP TABLE stays AS
    SELECT customer_id, CASE way WHEN 'credit' THEN 'inflow' ELSE 'outflow' END AS facet, place, today, value,
        date_trunc('month', bucket)::DATE AS month, (date_trunc('month', bucket) + INTERVAL 1 MONTH)::DATE AS leaves
    FROM flows;
CREATE OR REPLACE TEMP TABLE levels AS
    SELECT *, date_trunc('month', today)::DATE AS month FROM ({running});
CREATE OR REPLACE TEMP TABLE closed AS
    SELECT customer_id, facet, month, CASE WHEN leaves > today THEN 0 ELSE place END AS since, sum(value) AS total FROM stays GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE peaks AS
    WITH months AS (SELECT DISTINCT customer_id, facet, month FROM levels),
    versions AS (SELECT DISTINCT customer_id, facet, since FROM closed),
    sums AS (
        SELECT m.customer_id, m.facet, m.month, v.since, c.month AS earlier, sum(c.total) AS total
        FROM months m JOIN versions v USING (customer_id, facet)
        JOIN closed c ON c.customer_id = m.customer_id AND c.facet = m.facet AND c.since <= v.since
            AND c.month < m.month AND c.month >= m.month - INTERVAL 12 MONTH
        GROUP BY ALL)
    SELECT customer_id, facet, month, since, count(*) FILTER (total > 0) AS months, max(total)::DECIMAL(30, 4) AS peak
    FROM sums GROUP BY ALL
"""
"""`since` is 0 for what a month held when it closed, else the place of a reversal that changed it later."""

ABOVE = """
SELECT l.customer_id, l.facet, l.place, l.today, l.total AS value, peak AS per,
    CASE WHEN months >= $months THEN rise(l.total, $times * peak) END AS edge
FROM levels l ASOF LEFT JOIN peaks p ON p.customer_id = l.customer_id AND p.facet = l.facet AND p.month = l.month AND l.place >= p.since
"""


def net_outflows(db: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> Iterator[Finding]:
    """R12: external debits less credits of the window, as a share of the close before the window's first date."""
    for dates, share in thresholds.net_outflow.items():
        db.execute(NET, {"facet": f"{dates}d", "dates": dates})
        yield from openings(db, "net_outflow_ratio", RATIO.format(running=running("stays")), {"share": share, "dates": dates})


def above_peak(db: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> Iterator[Finding]:
    """R18: the running month's external inflow, or outflow, as a multiple of the largest of the 12 closed months, 6 of them with flow."""
    for statement in MONTHLY.format(running=running("stays")).split(";\n"):
        db.execute(statement)
    yield from openings(db, "above_previous_peak", ABOVE, {"months": thresholds.months_with_flow, "times": thresholds.above_peak})
