"""R03: one amount against the customer's own amounts of the same direction.

It is asked about external movements only, as its neighbours R01 and R02 are: the customer's own money that changes its form is no news.
A snapshot or a reversal is neither asked about nor compared with; a movement that is reversed later stays among those compared with.
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
    SELECT customer_id, direction, n, today, event_id, moment, value, log10(value) AS x,
        row_number() OVER (PARTITION BY customer_id, direction ORDER BY n) AS nth
    FROM movements WHERE external AND kind <> 'reversal' AND value > 0),
asked AS (
    SELECT a.* FROM amounts a ASOF JOIN floors f ON f.customer_id = a.customer_id AND a.today >= f.since WHERE value >= floor),
past AS (
    SELECT a.n, p.x FROM asked a JOIN amounts p
        ON p.customer_id = a.customer_id AND p.direction = a.direction AND p.nth BETWEEN a.nth - 50 AND a.nth - 1),
centres AS (SELECT n, median(x) AS centre FROM past GROUP BY ALL HAVING count(*) >= 10),
spreads AS (SELECT n, centre, median(abs(x - centre)) AS mad FROM past JOIN centres USING (n) GROUP BY ALL)
SELECT customer_id, event_id, moment, 0.6745::DOUBLE * (x - centre) / mad AS z
FROM asked JOIN spreads USING (n) WHERE mad > 0 AND z >= $least::DOUBLE ORDER BY n
"""


def unusual(db: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> Iterator[Finding]:
    """0.6745 (x - median) / MAD of log10 of the amount, against the last 50 (at least 10), is 3.5 or more; the value is that z."""
    for customer, event_id, at, z in db.execute(SQL, {"least": thresholds.unusual}).fetchall():
        yield Finding("unusual_amount", customer, event_id, at.astimezone(UTC), value=Decimal(str(round(z, 6))))
