"""All that must be notified of a sample, as one set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb

from schemas.settings import Settings
from tests.oracle import single, sums
from tests.oracle.closes import Tiers
from tests.oracle.rows import Paths, open_sample


@dataclass(frozen=True, slots=True)
class Finding:
    """One opening.

    Args:
        rule: its name.
        customer_id: whose.
        event_id: the movement that triggers it; None where a tick does.
        at: event time of that movement or tick, in UTC.
        window: `7d` or `30d` for sums, else empty.
        value: the measured number, not part of the identity.
    """

    rule: str
    customer_id: str
    event_id: str | None
    at: datetime
    window: str = ""
    value: Decimal = field(default=Decimal(0), compare=False)


def expected(paths: Paths, settings: Settings) -> set[Finding]:
    """What opens when a detector with these settings sees the whole sample by `replay`, with its ticks.

    Raises:
        ValueError: the sample is not one that sums can count (a balance disagrees, a rate is missing).
    """
    with open_sample(paths, settings.bank) as db:
        return set(_findings(db, settings))


def retracted(paths: Paths, settings: Settings) -> set[Finding]:
    """Those whose movement a later reversal takes back; a sum that this movement opened is one of them."""
    with open_sample(paths, settings.bank) as db:
        undone = {event_id for (event_id,) in db.execute("SELECT reverses FROM movements WHERE reverses IS NOT NULL").fetchall()}
        return {finding for finding in _findings(db, settings) if finding.event_id in undone}


def _findings(db: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[Finding]:
    zone = ZoneInfo(settings.bank.time_zone)
    row = db.execute("SELECT min(date), max(date), max(moment) FROM movements").fetchone()
    if row is None or row[0] is None:
        return
    first, last, end = row
    final = end.astimezone(zone).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    midnights = {on: _midnight(on, zone) for on in days}
    tiers = Tiers(db, settings.bank, last if final.date() > last else last - timedelta(days=1))
    sums.ticks(db, midnights, (final.date(), final))
    for rule in (single.large, single.swept, single.reactivated):
        for one in rule(db, tiers):
            yield Finding(one.rule, one.customer_id, one.event_id, one.at.astimezone(UTC), value=one.value)
    moments = dict(db.execute("SELECT n, moment FROM movements").fetchall())
    for opening in sums.reached(db, tiers):
        at = moments[opening.n] if opening.event_id else midnights.get(opening.today, final)
        yield Finding(opening.rule, opening.customer_id, opening.event_id, at.astimezone(UTC), f"{opening.dates}d", opening.value)
    for crossing in tiers.crossings:
        yield Finding(crossing.rule, crossing.customer_id, None, midnights.get(crossing.on, final).astimezone(UTC), value=crossing.average)


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), zone)
