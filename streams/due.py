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
    if hours is None:
        return None
    return _after(hours, since, bank.time_zone, bank.country, bank.opens_at, bank.closes_at)


@lru_cache(maxsize=4_096)
def _after(hours: int, since: datetime, time_zone: str, country: str, opens_at: int, closes_at: int) -> datetime:
    """Remembered, since a tick tells many customers of something at one instant."""
    left = timedelta(hours=hours)
    moment = since.astimezone(ZoneInfo(time_zone))
    for _ in range(400):
        opens = moment.replace(hour=opens_at, minute=0, second=0, microsecond=0)
        closes = opens + timedelta(hours=closes_at - opens_at)
        if is_working_day(moment.date(), country) and moment < closes:
            start = max(moment, opens)
            if left <= closes - start:
                return (start + left).astimezone(UTC)
            left -= closes - start
        moment = opens + timedelta(days=1)
    raise ValueError(f"no working day in {country} within 400 days of {since.date()}")
