"""Dates, and the times of day at which people do things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import holidays

CLOCK = tuple(f'T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}+08:00"' for s in range(86_400))
"""How each second of a day ends a timestamp."""

HOURS_OF_SPENDING = (0, 0, 0, 0, 0, 1, 3, 9, 10, 7, 8, 12, 16, 9, 7, 8, 9, 12, 17, 18, 14, 9, 4, 1)
HOURS_OF_SPENDING_AT_REST = (1, 0, 0, 0, 0, 0, 1, 4, 8, 12, 15, 16, 16, 14, 14, 15, 15, 16, 17, 17, 14, 9, 5, 2)
HOURS_OF_BUSINESS = (0, 0, 0, 0, 0, 0, 0, 0, 2, 12, 15, 13, 5, 8, 14, 15, 13, 6, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Day:
    """One date of the sample; `index` counts from 0, `pays` are the days of the month whose salaries come today."""

    index: int
    date: date
    text: str
    business: bool
    of_month: int
    last_of_month: bool
    friday: bool
    pays: frozenset[int]


def calendar(start: date, days: int) -> list[Day]:
    """The dates, China's public holidays and make-up working weekends known."""
    years = range((start - timedelta(days=15)).year, (start + timedelta(days=days + 15)).year + 1)
    china = holidays.country_holidays("CN", years=years)
    paydays = _paydays(start, days, china.is_working_day)
    found = []
    for index in range(days):
        on = start + timedelta(days=index)
        last = (on + timedelta(days=1)).month != on.month
        found.append(
            Day(index, on, on.isoformat(), china.is_working_day(on), on.day, last, on.isoweekday() == 5, paydays.get(on, frozenset()))
        )
    return found


def _paydays(start: date, days: int, works: Callable[[date], bool]) -> dict[date, frozenset[int]]:
    """A salary due on a day off comes on the working day before."""
    due: dict[date, frozenset[int]] = {}
    for index in range(days + 15):
        nominal = on = start + timedelta(days=index)
        while not works(on):
            on -= timedelta(days=1)
        due[on] = due.get(on, frozenset()) | {nominal.day}
    return due


def times(random: Random, hours: tuple[int, ...], size: int = 8_192) -> list[int]:
    """Seconds of the day, spread as people are over the hours."""
    return [hour * 3_600 + random.randrange(3_600) for hour in random.choices(range(24), hours, k=size)]
