"""Which hours a replay lets pass: every midnight that event time crosses, and at the end the full hour after the last movement."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_GAP = 400
"""Midnights told of one gap at most: a feed that jumps over years is not worth a tick for every date."""


class Midnights:
    """Follows event time over the dates of the bank's time zone."""

    def __init__(self, zone: ZoneInfo, latest: datetime | None = None) -> None:
        self._zone = zone
        self.latest = latest
        self._next = self._after(latest) if latest else None

    def passed(self, at: datetime) -> Iterator[datetime]:
        """The midnights between the latest event time so far and this one."""
        if self._next is not None and at >= self._next:
            first = max(self._next.date(), at.astimezone(self._zone).date() - timedelta(days=LONGEST_GAP))
            while (midnight := datetime.combine(first, time(), self._zone)) <= at:
                yield midnight
                first += timedelta(days=1)
        if self.latest is None or at > self.latest:
            self.latest = at
            if self._next is None or at >= self._next:
                self._next = self._after(at)

    def _after(self, at: datetime) -> datetime:
        return datetime.combine(at.astimezone(self._zone).date() + timedelta(days=1), time(), self._zone)


def full_hour_after(at: datetime) -> datetime:
    """The next full hour, strictly later."""
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
