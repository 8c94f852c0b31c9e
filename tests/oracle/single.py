"""Event rules: R01 and R02 against the materiality gate, R22 on an account's last 24 hours, R33 after a year of silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal

import duckdb

from tests.oracle.finding import Finding
from tests.oracle.rows import streamed

SHARE_OF_AUM = Decimal("0.1")
SHARE_SWEPT = Decimal("0.9")

LARGE = """
SELECT m.customer_id, event_id, moment, value
FROM {movements} m ASOF JOIN {floors} f ON f.customer_id = m.customer_id AND m.today >= f.since
WHERE external AND kind <> 'reversal' AND direction = $way AND value >= greatest(floor, $share * aum_before) ORDER BY n
"""

SWEPT = """
WITH out AS (SELECT * FROM flows WHERE way = 'debit'),
asked AS (SELECT * FROM movements WHERE external AND kind <> 'reversal' AND direction = 'debit'),
sums AS (
    SELECT a.n, sum(o.value) AS total FROM asked a JOIN out o
        ON o.account_id = a.account_id AND o.n <= a.n AND o.moment <= a.moment AND o.moment >= a.moment - INTERVAL 24 HOUR
    GROUP BY ALL)
SELECT account_id, event_id, moment, m.customer_id, direction, balance_value, total, floor
FROM movements m ASOF JOIN floors f ON f.customer_id = m.customer_id AND m.today >= f.since LEFT JOIN sums USING (n)
WHERE account_id IN (SELECT account_id FROM out) ORDER BY account_id, n
"""
"""All movements of accounts that lose money, since any of them can bring a balance back; a total only where the rule is asked."""

DORMANT = """
WITH initiated AS (
    SELECT * FROM movements WHERE NOT snapshot AND kind NOT IN (
        'interest', 'dividend', 'coupon', 'fee', 'tax', 'maturity', 'insurance_payout', 'valuation', 'adjustment', 'reversal')),
spaced AS (
    SELECT *, max(date) OVER (PARTITION BY customer_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest
    FROM initiated),
seen AS (SELECT customer_id, min(date) AS first FROM movements GROUP BY ALL)
SELECT s.customer_id, event_id, moment, date - coalesce(latest, first)
FROM spaced s JOIN seen USING (customer_id) ASOF JOIN floors f ON f.customer_id = s.customer_id AND s.today >= f.since
WHERE seen.first <= date - 365 AND (latest IS NULL OR latest <= date - 365) AND value >= floor ORDER BY n
"""
"""The last activity, and the first sight of the customer, are 365 dates back (12 months) or more."""


def inflows(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """R01."""
    return large(db, "large_inflow", "credit")


def outflows(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """R02."""
    return large(db, "large_outflow", "debit")


def large(db: duckdb.DuckDBPyConnection, rule: str, way: str, of: str = "") -> Iterator[Finding]:
    """One external credit or debit of at least max(abs_floor of the tier, 10 % of the AUM before it)."""
    sql = LARGE.format(movements=f"{of}movements", floors=f"{of}floors")
    for customer, event_id, at, value in db.execute(sql, {"way": way, "share": SHARE_OF_AUM}).fetchall():
        yield Finding(rule, customer, event_id, at.astimezone(UTC), value=value)


def swept(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """External debits of 24 hours that are 90 % of an account; then not again until a credit brings its balance back to the floor."""
    account, latched = "", False
    for number, event_id, at, customer, direction, balance, out, floor in streamed(db, SWEPT):
        if number != account:
            account, latched = number, False
        if latched and direction == "credit" and balance >= floor:
            latched = False
        base = balance + out if out is not None else 0
        if not latched and base > 0 and out >= SHARE_SWEPT * base and out >= floor:
            latched = True
            yield Finding("full_sweep", customer, event_id, at.astimezone(UTC), value=out / base)


def reactivated(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """A movement of the customer's own doing, at least the floor, after 365 dates without one; the value is the days."""
    for customer, event_id, at, days in db.execute(DORMANT).fetchall():
        yield Finding("dormant_reactivated", customer, event_id, at.astimezone(UTC), value=Decimal(days))
