"""Dates put together so that they fit on an axis: days, weeks or months, whichever are few enough; those without anything included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Literal

MOST_DAYS, MOST_WEEKS = 62, 430
Unit = Literal["day", "week", "month"]


def unit_for(first: date, last: date) -> Unit:
    """Which of them are few enough."""
    days = (last - first).days + 1
    return "day" if days <= MOST_DAYS else "week" if days <= MOST_WEEKS else "month"


def binned(by_date: Mapping[date, Counter[str]], first: date, last: date, unit: Unit) -> dict[date, Counter[str]]:
    """Counts by the first date of each bin, in order."""
    start = _STARTS[unit]
    found: dict[date, Counter[str]] = {}
    on = first
    while on <= last:
        found.setdefault(start(on), Counter())
        on += timedelta(days=1)
    for on, counts in by_date.items():
        found.setdefault(start(on), Counter()).update(counts)
    return dict(sorted(found.items()))


_STARTS: dict[Unit, Callable[[date], date]] = {
    "day": lambda on: on,
    "week": lambda on: on - timedelta(days=on.weekday()),
    "month": lambda on: on.replace(day=1),
}
