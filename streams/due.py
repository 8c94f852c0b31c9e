"""When a first reaction to a notification is due, in the bank's working time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from schemas.rules import Severity
from schemas.settings import Bank

WORKING_HOURS: Final[dict[Severity, int]] = {Severity.CRITICAL: 2, Severity.WARNING: 9, Severity.NOTICE: 27}
"""Hours of the bank's working time until a first reaction is due; an info has no due time. Starting points, not published practice."""

_SECOND: Final = 1_000_000
_HOUR: Final = 3_600 * _SECOND
"""In microseconds, as all here."""


@lru_cache(maxsize=8)
def _country(code: str) -> holidays.HolidayBase | None:
    try:
        return holidays.country_holidays(code)
    except NotImplementedError:
        return None


@lru_cache(maxsize=4_096)
def is_working_day(on: date, country: str) -> bool:
    """Whether the bank works on a date: Monday to Friday less the country's holidays, plus its make-up days where it has them."""
    known = _country(country)
    return on.weekday() < 5 if known is None else bool(known.is_working_day(on))


def due_by(severity: Severity, since: datetime, bank: Bank) -> datetime | None:
    """Add the severity's hours of working time to an instant; None for an info.

    Args:
        severity: the notification's.
        since: an instant with an offset.
        bank: gives the time zone, the country and the opening hours.
    """
    hours = WORKING_HOURS.get(severity)
    return None if hours is None else _after(hours, since, bank.time_zone, bank.country, bank.opens_at, bank.closes_at)


@lru_cache(maxsize=4_096)
def _after(hours: int, since: datetime, time_zone: str, country: str, opens_at: int, closes_at: int) -> datetime:
    moment = since.astimezone(ZoneInfo(time_zone))
    clock = ((moment.hour * 60 + moment.minute) * 60 + moment.second) * _SECOND + moment.microsecond
    opens, closes = opens_at * _HOUR, closes_at * _HOUR
    today = moment.toordinal()
    days = _working_days(today, country, time_zone, hours // (closes_at - opens_at) + 2)
    place = 0
    left = hours * _HOUR
    if days[0][0] == today:
        if clock >= closes:
            place = 1
        elif clock > opens:
            left += clock - opens  # what is gone of the first day's working time
    more, left = divmod(left - 1, closes - opens)  # what ends as the bank closes is due then, not when it opens again
    return (days[place + more][1] + timedelta(microseconds=opens + left + 1)).astimezone(UTC)


@lru_cache(maxsize=4_096)
def _working_days(first: int, country: str, time_zone: str, count: int) -> tuple[tuple[int, datetime], ...]:
    """So many working days from a date on, as ordinals, each with its midnight.

    Raises:
        ValueError: the country does not work for so long.
    """
    found: list[tuple[int, datetime]] = []
    for day in range(first, first + 400):
        if is_working_day(date.fromordinal(day), country):
            found.append((day, datetime.fromordinal(day).replace(tzinfo=ZoneInfo(time_zone))))
            if len(found) == count:
                return tuple(found)
    raise ValueError(f"no {count} working days in {country} within 400 days of {date.fromordinal(first)}")
