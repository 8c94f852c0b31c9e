"""Counting what was found, one notification at a time: by rule, by date, by manager, by customer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from schemas.notifications import Notification, Status

K = TypeVar("K", str, date)


class RuleName(msgspec.Struct):
    """Of a notification's rule, what is counted."""

    name: str


class Said(msgspec.Struct):
    """Of a notification, what is counted."""

    notification_id: str
    status: str
    rule: RuleName
    severity: str
    customer_id: str
    occurred_at: datetime
    dedup_key: str
    title: dict[str, str]
    manager_id: str | None = None


said = msgspec.json.Decoder(Said).decode
"""Reads a line of `notifications.jsonl`."""


@dataclass(frozen=True, slots=True)
class Daily:
    """Notifications per manager per day, of the days on which a manager has any.

    Median and percentile are interpolated between the two nearest, as spreadsheets and SQL's `quantile_cont` do.
    """

    days: int = 0
    median: Fraction = Fraction(0)
    p95: Fraction = Fraction(0)
    largest: int = 0
    largest_at: tuple[str, date] | None = None
    counts: dict[int, int] = field(default_factory=dict)
    """How many days (of all managers together) had so many notifications; 0 is not among them."""


class Tally:
    """Counts notifications that were opened; what was said of them later (escalated, resolved, retracted) is only counted by status."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self.messages = 0
        self.by_rule: dict[str, Counter[str]] = defaultdict(Counter)
        """Severities of what each rule opened."""
        self.later: dict[str, Counter[str]] = defaultdict(Counter)
        self.by_date: dict[date, Counter[str]] = defaultdict(Counter)
        """Severities of what was opened on each date of the bank's time zone."""
        self.by_customer: Counter[str] = Counter()
        self.by_manager: Counter[str] = Counter()
        self.manager_of: dict[str, str] = {}
        self.manager_days: Counter[tuple[str, date]] = Counter()
        self.without_manager = 0

    def take(self, one: Said | Notification) -> None:
        """Count one message."""
        self.messages += 1
        rule = one.rule.name
        if one.status != Status.OPENED:
            self.later[rule][one.status] += 1
            return
        on = one.occurred_at.astimezone(self._zone).date()
        self.by_rule[rule][one.severity] += 1
        self.by_date[on][one.severity] += 1
        self.by_customer[one.customer_id] += 1
        if one.manager_id is None:
            self.without_manager += 1
            return
        self.by_manager[one.manager_id] += 1
        self.manager_of[one.customer_id] = one.manager_id
        self.manager_days[one.manager_id, on] += 1

    def add(self, other: Tally) -> None:
        """Count what another has counted, of other customers."""
        self.messages += other.messages
        _add(self.by_rule, other.by_rule)
        _add(self.later, other.later)
        _add(self.by_date, other.by_date)
        self.by_customer += other.by_customer
        self.by_manager += other.by_manager
        self.manager_of |= other.manager_of
        self.manager_days += other.manager_days
        self.without_manager += other.without_manager

    @property
    def opened(self) -> int:
        """Notifications that were opened."""
        return sum(severities.total() for severities in self.by_rule.values())

    def daily(self) -> Daily:
        """Notifications per manager per day."""
        if not self.manager_days:
            return Daily()
        ordered = sorted(self.manager_days.values())
        most = max(ordered)
        where = min(place for place, count in self.manager_days.items() if count == most)
        counts = Counter(ordered)
        half, high = quantile(ordered, Fraction(1, 2)), quantile(ordered, Fraction(95, 100))
        return Daily(len(ordered), half, high, most, where, dict(sorted(counts.items())))


def _add(ours: dict[K, Counter[str]], theirs: dict[K, Counter[str]]) -> None:
    for key, counts in theirs.items():
        ours[key] += counts


def quantile(ordered: Sequence[int], share: Fraction) -> Fraction:
    """The value below which this share of them lies, interpolated; they are sorted and not empty."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def most(counts: Counter[str], wanted: int) -> list[tuple[str, int]]:
    """The largest counts, by size and then by name."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:wanted]


def dates_between(first: date, last: date) -> list[date]:
    """Every date from the first to the last."""
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]
