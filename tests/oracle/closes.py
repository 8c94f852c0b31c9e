"""Closes: AUM at the end of every date, its 30-date average, and the tier that follows from it, date by date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

import duckdb

from schemas.settings import Bank, Tier
from tests.oracle.rows import streamed

HYSTERESIS = Decimal("0.95")
NEAR = Decimal("0.9")
CLOSES = 30

SQL = """
CREATE OR REPLACE TEMP TABLE {closes} AS
    WITH dates AS (SELECT unnest(generate_series((SELECT min(date) FROM {movements}), $last, INTERVAL 1 DAY))::DATE AS date),
    begun AS (SELECT customer_id, min(date) AS first FROM {movements} GROUP BY ALL),
    changes AS (SELECT customer_id, date, sum(aum_change) AS change FROM {movements} GROUP BY ALL)
    SELECT b.customer_id, d.date,
        (sum(coalesce(change, 0)) OVER (PARTITION BY b.customer_id ORDER BY d.date))::DECIMAL(30, 4) AS aum
    FROM begun b JOIN dates d ON d.date >= b.first LEFT JOIN changes c ON c.customer_id = b.customer_id AND c.date = d.date
"""

AVERAGES = """
SELECT customer_id, date, aum, sum(aum) OVER recent AS total, count(*) OVER recent AS n FROM {closes}
WINDOW recent AS (PARTITION BY customer_id ORDER BY date ROWS BETWEEN 29 PRECEDING AND CURRENT ROW)
QUALIFY n = 30
ORDER BY customer_id, date
"""

FLOORS = """
CREATE OR REPLACE TEMP TABLE {floors} AS
    SELECT unnest($customers) AS customer_id, unnest($since)::DATE AS since, unnest($floors)::DECIMAL(22, 4) AS floor
"""


@dataclass(frozen=True, slots=True)
class Crossing:
    """R40 at the first tick of a date: a line crossed up, or the band below the next line entered."""

    rule: str
    customer_id: str
    on: date
    average: Decimal


def closing_aum(db: duckdb.DuckDBPyConnection, last: date) -> dict[tuple[str, date], Decimal]:
    """AUM at the close of every date from each customer's first movement on."""
    db.execute(SQL.format(closes="closes", movements="movements"), {"last": last})
    return {(customer, on): aum for customer, on, aum in db.execute("SELECT customer_id, date, aum FROM closes").fetchall()}


class Tiers:
    """Every customer's tier on every date; the first average that can be had sets it silently.

    Leaves the tables `closes` (AUM) and `floors` (the tier's floor from a date on); those of households have the same shape.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection, bank: Bank, last: date, of: str = "") -> None:
        self._tiers = {tier.name: tier for tier in bank.tiers}
        self._given: dict[str, str] = {}
        if not of:
            self._given = dict(db.execute("SELECT customer_id, tier FROM profiles WHERE tier IS NOT NULL").fetchall())
        self._lines = [tier.line for tier in bank.tiers]
        self._names = [tier.name for tier in bank.tiers]
        self._changes: dict[str, list[tuple[date, int]]] = {}
        self.crossings: list[Crossing] = []
        db.execute(SQL.format(closes=f"{of}closes", movements=f"{of}movements"), {"last": last})
        for customer, rows in groupby(streamed(db, AVERAGES.format(closes=f"{of}closes")), itemgetter(0)):
            self.crossings += self._follow(customer, rows)
        self._write(db, of)

    def on(self, customer_id: str, on: date) -> Tier:
        """The tier that counts on a date: the profile's, else the one decided at its first tick, else the lowest."""
        if given := self._given.get(customer_id):
            return self._tiers[given]
        level = 0
        for since, found in self._changes.get(customer_id, ()):
            if since <= on:
                level = found
        return self._tiers[self._names[level]]

    def _write(self, db: duckdb.DuckDBPyConnection, of: str) -> None:
        everybody = db.execute(f"SELECT DISTINCT customer_id FROM {of}movements ORDER BY ALL").fetchall()
        rows = [
            (customer, since) for (customer,) in everybody for since in (date.min, *map(itemgetter(0), self._changes.get(customer, ())))
        ]
        named = {
            "customers": [customer for customer, _ in rows],
            "since": [since.isoformat() for _, since in rows],
            "floors": [str(self.on(customer, since).abs_floor) for customer, since in rows],
        }
        db.execute(FLOORS.format(floors=f"{of}floors"), named)

    def _follow(self, customer: str, rows: Iterator[tuple[str, date, Decimal, Decimal, int]]) -> Iterator[Crossing]:
        level: int | None = None
        near = False
        changes = self._changes.setdefault(customer, [])
        for _, closed, _, total, _ in rows:
            average, today = total / CLOSES, closed + timedelta(days=1)
            before = level
            level = self._level(before, average)
            if level != before:
                changes.append((today, level))
            given = self._names.index(self._given[customer]) if customer in self._given else 0
            if before is not None and level > max(before, given):
                yield Crossing("tier_up", customer, today, average)
            above = max(level, given) + 1
            was, near = near, above < len(self._lines) and NEAR * self._lines[above] <= average < self._lines[above]
            if near and not was:
                yield Crossing("near_tier", customer, today, average)

    def _level(self, before: int | None, average: Decimal) -> int:
        reached = sum(line <= average for line in self._lines[1:])
        if before is None or reached >= before:
            return reached
        level = before
        while level > reached and average < HYSTERESIS * self._lines[level]:
            level -= 1
        return level
