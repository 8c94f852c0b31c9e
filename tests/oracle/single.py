"""Event rules: R01 and R02 against the materiality gate, R22 on an account's last 24 hours, R33 after a year of silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb

from tests.oracle.closes import Tiers

SHARE_OF_AUM = Decimal("0.1")
SHARE_SWEPT = Decimal("0.9")

LARGE = """
SELECT event_id, moment, customer_id, date, direction, value, aum_before FROM movements WHERE external AND kind <> 'reversal' ORDER BY n
"""

SWEPT = """
WITH out AS (SELECT * FROM flows WHERE way = 'debit'),
asked AS (SELECT * FROM movements WHERE external AND kind <> 'reversal' AND direction = 'debit'),
sums AS (
    SELECT a.n, sum(o.value) AS total FROM asked a JOIN out o
        ON o.account_id = a.account_id AND o.n <= a.n AND o.moment <= a.moment AND o.moment >= a.moment - INTERVAL 24 HOUR
    GROUP BY ALL)
SELECT account_id, event_id, moment, customer_id, date, direction, balance_value, total
FROM movements LEFT JOIN sums USING (n) WHERE account_id IN (SELECT account_id FROM out) ORDER BY account_id, n
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
SELECT event_id, moment, customer_id, date, value, date - coalesce(latest, first) FROM spaced JOIN seen USING (customer_id)
WHERE first <= date - 365 AND (latest IS NULL OR latest <= date - 365) ORDER BY n
"""
"""The last activity, and the first sight of the customer, are 365 dates back (12 months) or more."""


@dataclass(frozen=True, slots=True)
class Single:
    """A movement that notifies by itself; the value is money, of a sweep the share, of a silence its days."""

    rule: str
    customer_id: str
    event_id: str
    at: datetime
    value: Decimal


def large(db: duckdb.DuckDBPyConnection, tiers: Tiers) -> Iterator[Single]:
    """One external credit or debit of at least max(abs_floor of the tier, 10 % of the AUM before it)."""
    for event_id, at, customer, on, direction, value, aum_before in db.execute(LARGE).fetchall():
        if value >= max(tiers.on(customer, on).abs_floor, SHARE_OF_AUM * aum_before):
            yield Single("large_inflow" if direction == "credit" else "large_outflow", customer, event_id, at, value)


def swept(db: duckdb.DuckDBPyConnection, tiers: Tiers) -> Iterator[Single]:
    """External debits of 24 hours that are 90 % of an account; then not again until a credit brings its balance back to the floor."""
    account, latched = "", False
    for number, event_id, at, customer, on, direction, balance, out in db.execute(SWEPT).fetchall():
        if number != account:
            account, latched = number, False
        floor = tiers.on(customer, on).abs_floor
        if latched and direction == "credit" and balance >= floor:
            latched = False
        base = balance + out if out is not None else 0
        if not latched and base > 0 and out >= SHARE_SWEPT * base and out >= floor:
            latched = True
            yield Single("full_sweep", customer, event_id, at, out / base)


def reactivated(db: duckdb.DuckDBPyConnection, tiers: Tiers) -> Iterator[Single]:
    """A movement of the customer's own doing, at least the floor, after 365 dates without one."""
    for event_id, at, customer, on, value, days in db.execute(DORMANT).fetchall():
        if value >= tiers.on(customer, on).abs_floor:
            yield Single("dormant_reactivated", customer, event_id, at, Decimal(days))
