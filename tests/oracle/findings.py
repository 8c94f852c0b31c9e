"""All that must be notified of a sample, as one set."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import duckdb

from schemas.settings import Settings
from tests.oracle import allocation, balances, edges, households, relative, rhythm, shapes, single, sums, unusual
from tests.oracle.closes import Tiers
from tests.oracle.finding import Finding
from tests.oracle.rows import Paths, open_sample
from tests.oracle.thresholds import Thresholds

Found: TypeAlias = Iterator[Finding]

PLAIN: dict[str, Callable[[duckdb.DuckDBPyConnection], Found]] = {
    "large_inflow": single.inflows,
    "large_outflow": single.outflows,
    "full_sweep": single.swept,
    "dormant_reactivated": single.reactivated,
    "cumulative_inflow": sums.inflows,
    "cumulative_outflow": sums.outflows,
}
MEASURED: dict[str, Callable[[duckdb.DuckDBPyConnection, Thresholds], Found]] = {
    "unusual_amount": unusual.unusual,
    "net_outflow_ratio": relative.net_outflows,
    "pass_through": shapes.passed_through,
    "drip_outflow": shapes.dripping,
    "above_previous_peak": relative.above_peak,
    "low_balance": balances.low,
    "idle_cash": balances.idle,
    "recurring_credit_missing": rhythm.missing,
}
WEIGHED: dict[str, Callable[[duckdb.DuckDBPyConnection, Settings, Thresholds], Found]] = {
    "aum_change": lambda db, settings, thresholds: balances.changed(db, settings.bank, thresholds),
    "allocation_shift": lambda db, settings, thresholds: allocation.shifted(db, settings.bank, thresholds),
    "concentration": lambda db, settings, thresholds: allocation.concentrated(db, settings.bank, thresholds),
}
OF_TIERS = ("tier_up", "near_tier")
OF_HOUSEHOLDS = {
    "household_large_inflow": households.large_inflows,
    "household_large_outflow": households.large_outflows,
    "household_cumulative_inflow": households.inflows,
    "household_cumulative_outflow": households.outflows,
}
TIERS_OF_HOUSEHOLDS = tuple(households.OF + rule for rule in OF_TIERS)
FIRST_RULES = frozenset({*PLAIN, *OF_TIERS})
"""The rules of the first version."""
ALL_RULES = frozenset({*FIRST_RULES, *MEASURED, *WEIGHED, *OF_HOUSEHOLDS, *TIERS_OF_HOUSEHOLDS})


def expected(paths: Paths, settings: Settings, rules: Collection[str] = ALL_RULES, thresholds: Thresholds | None = None) -> set[Finding]:
    """What opens when a detector with these settings sees the whole sample by `replay`, with its ticks.

    The sample is in the order of time, customer by customer: what a late movement would change of dates already closed is not counted.

    Raises:
        ValueError: the sample is not one that sums can count (a balance disagrees, a rate is missing, an account has two instruments).
    """
    with open_sample(paths, settings.bank) as db:
        return set(_findings(db, settings, rules, thresholds or Thresholds()))


def retracted(paths: Paths, settings: Settings, rules: Collection[str] = ALL_RULES, thresholds: Thresholds | None = None) -> set[Finding]:
    """Those whose movement a later reversal takes back; a sum that this movement opened is one of them."""
    with open_sample(paths, settings.bank) as db:
        undone = {event_id for (event_id,) in db.execute("SELECT reverses FROM movements WHERE reverses IS NOT NULL").fetchall()}
        return {finding for finding in _findings(db, settings, rules, thresholds or Thresholds()) if finding.event_id in undone}


def _findings(db: duckdb.DuckDBPyConnection, settings: Settings, rules: Collection[str], thresholds: Thresholds) -> Found:
    zone = ZoneInfo(settings.bank.time_zone)
    row = db.execute("SELECT min(date), max(date), max(moment) FROM movements").fetchone()
    if row is None or row[0] is None:
        return
    first, last, end = row
    final = end.astimezone(zone).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    midnights = {on: _midnight(on, zone) for on in days}
    edges.prepare(db, midnights, final, final.date())
    closed = last if final.date() > last else last - timedelta(days=1)
    tiers = Tiers(db, settings.bank, closed)
    for name in sorted(PLAIN.keys() & rules):
        yield from PLAIN[name](db)
    for name in sorted(MEASURED.keys() & rules):
        yield from MEASURED[name](db, thresholds)
    for name in sorted(WEIGHED.keys() & rules):
        yield from WEIGHED[name](db, settings, thresholds)
    crossings = [(crossing.rule, crossing) for crossing in tiers.crossings]
    if {*OF_HOUSEHOLDS, *TIERS_OF_HOUSEHOLDS} & set(rules):
        together = households.prepare(db, settings.bank, closed)
        crossings += [(households.OF + crossing.rule, crossing) for crossing in together.crossings]
    for rule, crossing in crossings:
        if rule in rules:
            at = midnights.get(crossing.on, final).astimezone(UTC)
            yield Finding(rule, crossing.customer_id, None, at, value=crossing.average)
    for name in sorted(OF_HOUSEHOLDS.keys() & rules):
        yield from OF_HOUSEHOLDS[name](db)


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), zone)
