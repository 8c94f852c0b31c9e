"""feed_gap: how long a feed has said nothing, in its working hours.

A feed belongs to no customer, and its silence is no movement's finding: it is for operations, as two gauges of the detector and the alert
FeedGap over them. Every worker sees its own partitions only, so a feed is as quiet as the worker that heard of it last says it is; that is
the alert's `min by (source)`, which no single partition could reckon. What counts is event time: a feed that sends an old backlog is as
far behind as what it sends. Only the end of the silence is the wall clock's: what has not come has no event time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from schemas.settings import Bank, Feed
from streams.due import is_working_day

MOST: Final = timedelta(days=30)
"""Silence beyond is not reckoned: it has long been too much."""


def quiet_seconds(since: int, until: int, feed: Feed, bank: Bank) -> int:
    """Seconds of a feed's working hours between two instants (whole seconds since 1970); those of the last 30 days at most."""
    zone = ZoneInfo(bank.time_zone)
    end = datetime.fromtimestamp(until, UTC)
    begin = max(datetime.fromtimestamp(since, UTC), end - MOST)
    opens_at = bank.opens_at if feed.opens_at is None else feed.opens_at
    closes_at = bank.closes_at if feed.closes_at is None else feed.closes_at
    day, last, quiet = begin.astimezone(zone).date(), end.astimezone(zone).date(), timedelta()
    while day <= last:
        if feed.every_day or is_working_day(day, bank.country):
            midnight = datetime.combine(day, datetime.min.time())
            opens, closes = ((midnight + timedelta(hours=hour)).replace(tzinfo=zone).astimezone(UTC) for hour in (opens_at, closes_at))
            quiet += max(timedelta(), min(end, closes) - max(begin, opens))
        day += timedelta(days=1)
    return int(quiet.total_seconds())
