"""R03: one amount against the customer's own amounts of the same direction.

It is asked about external movements only, as its neighbours R01 and R02 are: the customer's own money that changes its form is no news.
A snapshot or a reversal is neither asked about nor compared with; a movement that is reversed later stays among those compared with.
Logarithms are whole numbers of 1e-12, as the rule's definition has them, so that all else is exact: where the amounts hardly differ, their
spread is so small that z shows the twelfth decimal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal

import duckdb

from tests.oracle.finding import Finding
from tests.oracle.thresholds import Thresholds

SQL = """
WITH amounts AS (
    SELECT customer_id, direction, n, today, event_id, moment, value,
        round(log10((value * 10000)::DOUBLE) * 1e12)::HUGEINT AS x,  -- of 0.0001, so that no amount has a logarithm below 0
        row_number() OVER (PARTITION BY customer_id, direction ORDER BY n) AS nth
    FROM movements WHERE external AND kind <> 'reversal' AND value > 0),
asked AS (
    SELECT a.* FROM amounts a ASOF JOIN floors f ON f.customer_id = a.customer_id AND a.today >= f.since WHERE value >= floor),
past AS (
    SELECT a.n, p.x FROM asked a JOIN amounts p
        ON p.customer_id = a.customer_id AND p.direction = a.direction AND p.nth BETWEEN a.nth - 50 AND a.nth - 1),
centres AS (SELECT n, (2 * median(x))::HUGEINT AS twice FROM past GROUP BY ALL HAVING count(*) >= 10),
spreads AS (SELECT n, twice, (2 * median(abs(2 * x - twice)))::HUGEINT AS four_mad FROM past JOIN centres USING (n) GROUP BY ALL)
SELECT customer_id, event_id, moment, (2 * 674500 * (2 * x - twice)) // four_mad AS millionths
FROM asked JOIN spreads USING (n) WHERE four_mad > 0 AND millionths >= $least * 1000000 ORDER BY n
"""


def unusual(db: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> Iterator[Finding]:
    """0.6745 (x - median) / MAD of log10 of the amount, against the last 50 (at least 10), is 3.5 or more; the value is that z."""
    for customer, event_id, at, millionths in db.execute(SQL, {"least": thresholds.unusual}).fetchall():
        yield Finding("unusual_amount", customer, event_id, at.astimezone(UTC), value=Decimal(millionths).scaleb(-6))
