"""R16 and R17: shapes of several movements.

R16: a credit counts where it is at least the floor of the date on which it came; a debit counts where it arrives after the credit and
happens within 48:00:00 hours of it, the first and the last second included; what is reversed is taken out, and a credit reversed before is
none. Where one debit completes several credits, the value is that of the earliest: the debits after it, as a share of it.

R17: one gate serves all three tests, that of the last debit in the window; the measured number is the sum where there are five debits and
none is at the gate, else 0, so that it also resolves when the shape is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import duckdb

from tests.oracle.edges import openings
from tests.oracle.finding import Finding
from tests.oracle.thresholds import Thresholds

REVERSED = """
CREATE OR REPLACE TEMP TABLE reversed AS
    SELECT customer_id, reverses AS event_id, min(place) AS gone FROM movements WHERE reverses IS NOT NULL GROUP BY ALL
"""

PASSED = """
WITH credits AS (
    SELECT m.n, m.customer_id, moment, value, gone
    FROM movements m ASOF JOIN floors f ON f.customer_id = m.customer_id AND m.today >= f.since
    LEFT JOIN reversed r ON r.customer_id = m.customer_id AND r.event_id = m.event_id
    WHERE external AND kind <> 'reversal' AND direction = 'credit' AND value >= floor),
sums AS (
    SELECT c.n AS credit, c.moment, c.value, gone, d.n, d.place, undone, sum(d.value) OVER (PARTITION BY c.n ORDER BY d.n) AS out
    FROM credits c JOIN flows d ON d.customer_id = c.customer_id AND d.way = 'debit' AND d.n > c.n
        AND d.moment BETWEEN c.moment AND c.moment + INTERVAL 48 HOUR),
complete AS (
    SELECT * FROM sums WHERE NOT undone AND out >= $share * value AND (gone IS NULL OR gone > place)
    QUALIFY row_number() OVER (PARTITION BY credit ORDER BY n) = 1),
earliest AS (SELECT * FROM complete QUALIFY row_number() OVER (PARTITION BY n ORDER BY moment, credit) = 1)
SELECT customer_id, event_id, m.moment, out, e.value FROM earliest e JOIN movements m USING (n) ORDER BY n
"""

DRIPS = """
CREATE OR REPLACE TEMP TABLE drips AS
    WITH debits AS (
        SELECT m.customer_id, payee AS facet, m.place, m.today, date, value, gone, greatest(floor, $share * aum_before) AS gate
        FROM movements m ASOF JOIN floors f ON f.customer_id = m.customer_id AND m.today >= f.since
        LEFT JOIN reversed r ON r.customer_id = m.customer_id AND r.event_id = m.event_id
        WHERE external AND kind <> 'reversal' AND direction = 'debit' AND payee IS NOT NULL)
    SELECT * FROM debits
    QUALIFY count(*) OVER (PARTITION BY customer_id, facet) >= $least
        AND sum(value) OVER (PARTITION BY customer_id, facet) >= (SELECT min(floor) FROM floors)
"""
"""The debits to one payee, without those to payees whom the rule can never concern."""

LEVELS = """
WITH asked AS (
    SELECT customer_id, facet, place, today FROM drips
    UNION ALL
    SELECT d.customer_id, facet, m.place, m.today FROM drips d JOIN movements m ON m.place = d.gone
    UNION ALL
    SELECT customer_id, facet, place, today FROM (SELECT DISTINCT customer_id, facet FROM drips) JOIN clock USING (customer_id)),
counted AS (
    SELECT a.customer_id, a.facet, a.place, a.today,
        count(d.value) AS debits, sum(d.value) AS total, max(d.value) AS largest, arg_max(d.gate, d.place) AS gate
    FROM asked a LEFT JOIN drips d ON d.customer_id = a.customer_id AND d.facet = a.facet AND d.place <= a.place
        AND d.date BETWEEN a.today - 29 AND a.today AND (gone IS NULL OR gone > a.place)
    GROUP BY ALL)
SELECT customer_id, facet, place, today, CASE WHEN debits >= $least AND largest < gate THEN total ELSE 0 END AS value, NULL AS per,
    CASE WHEN debits = 0 THEN -1 ELSE rise(value, gate) END AS edge
FROM counted
"""


def passed_through(db: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> Iterator[Finding]:
    """R16: the debit that completes 80 % of a credit of at least the floor."""
    db.execute(REVERSED)
    for customer, event_id, at, out, value in db.execute(PASSED, {"share": thresholds.passed_through}).fetchall():
        yield Finding("pass_through", customer, event_id, at.astimezone(UTC), value=out / value)


def dripping(db: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> Iterator[Finding]:
    """R17: five debits or more to one payee in 30 dates, none at the gate, their sum at the gate or above."""
    db.execute(REVERSED)
    db.execute(DRIPS, {"share": thresholds.share_of_aum, "least": thresholds.drips})
    yield from openings(db, "drip_outflow", LEVELS, {"least": thresholds.drips})
