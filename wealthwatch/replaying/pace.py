"""How fast a replay goes: as fast as it can, so many movements a second, or event time against the clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pace:
    """What is asked for; without anything, as fast as the broker takes it.

    Args:
        rate: movements a second.
        speed: seconds of event time in one second.
        from_event: until this event time the replay runs free.
    """

    rate: float | None = None
    speed: float | None = None
    from_event: datetime | None = None


class Pacer:
    """Says how long to wait before the next movement."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._free = pace.rate is None and pace.speed is None
        self._begun: float | None = None
        self._first_at: datetime | None = None
        self._count = 0

    def wait(self, at: datetime | None) -> float:
        """Seconds until a movement of this event time is due; 0 or less means now."""
        if self._free or (self._pace.from_event is not None and (at is None or at < self._pace.from_event)):
            return 0.0
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
        due = self._begun
        if self._pace.rate is not None:
            due = max(due, self._begun + self._count / self._pace.rate)
        if self._pace.speed is not None and at is not None:
            self._first_at = self._first_at or at
            due = max(due, self._begun + (at - self._first_at).total_seconds() / self._pace.speed)
        self._count += 1
        return due - now
