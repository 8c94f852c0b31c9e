"""R34: a salary that came every month and does not come.

A payer is the counterparty's account, else its name, else there is one for all. The rhythm is that of the latest dates of a payer's credits
whose gaps are all of 26 to 35 dates; any other gap begins anew. Credits of one date are one; the median of the gaps is rounded down; a
reversal changes nothing of it. Five dates late is when the fifth date after the expected one has closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal

import duckdb

from tests.oracle.finding import Finding
from tests.oracle.thresholds import Thresholds

SQL = """
WITH paid AS (
    SELECT DISTINCT customer_id, coalesce(payee, 'salary') AS payer, date FROM movements
    WHERE kind = 'salary' AND direction = 'credit' AND NOT snapshot),
spaced AS (
    SELECT *, date - lag(date) OVER payments AS gap, lead(date) OVER payments AS next FROM paid
    WINDOW payments AS (PARTITION BY customer_id, payer ORDER BY date)),
runs AS (
    SELECT * REPLACE (CASE WHEN gap BETWEEN 26 AND 35 THEN gap END AS gap),
        count(*) FILTER (gap IS NULL OR gap NOT BETWEEN 26 AND 35) OVER (PARTITION BY customer_id, payer ORDER BY date) AS run
    FROM spaced),
expected AS (
    SELECT customer_id, payer, next, count(*) OVER so_far AS credits, date + floor(median(gap) OVER so_far)::INTEGER AS due
    FROM runs WINDOW so_far AS (PARTITION BY customer_id, payer, run ORDER BY date))
SELECT customer_id, payer, t.moment FROM expected JOIN ticks t ON t.dawn AND t.date = due + $late + 1
WHERE credits >= 3 AND (next IS NULL OR next > due + $late) ORDER BY due, customer_id, payer
"""


def missing(db: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> Iterator[Finding]:
    """Three salaries or more, and then none until five dates after the next was expected; the value is the dates it is late."""
    for customer, payer, at in db.execute(SQL, {"late": thresholds.late_dates}).fetchall():
        yield Finding("recurring_credit_missing", customer, None, at.astimezone(UTC), payer, Decimal(thresholds.late_dates))
