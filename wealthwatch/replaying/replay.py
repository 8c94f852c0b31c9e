"""What a replay is asked to do, how far it is, and what it has done."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from handlers.feeds import Feed
from wealthwatch.replaying.pace import Pace
from wealthwatch.replaying.resume import ResumePoint


@dataclass(frozen=True, slots=True)
class Replay:
    """What to publish, and how.

    Args:
        feed: the format.
        path: what the feed reads.
        pace: how fast.
        without_balance_after: withhold the feed's own balances.
        ticks: let hours pass: midnights, and one at the end.
        resume_file: where to leave a resume point when the replay does not reach the end.
        resume: go on from the point that stands there.
    """

    feed: Feed
    path: Path
    pace: Pace = field(default_factory=Pace)
    without_balance_after: bool = False
    ticks: bool = True
    resume_file: Path | None = None
    resume: ResumePoint | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: movements sent (those before a resume point counted), seconds since the start, the latest event time."""

    movements: int
    seconds: float
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What was published."""

    movements: int
    seconds: float
    movements_per_second: int
    customers: int
    managers: int
    prices: int
    ticks: int
    resumed_from: int
    first_event: datetime | None
    last_event: datetime | None
    stopped: bool

    def plain(self) -> dict[str, Any]:
        """For a line of JSON."""
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()}
