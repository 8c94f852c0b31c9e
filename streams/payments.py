"""Which dates are ahead: the business days that a look into the near future spans, and the days of the month that fall into it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from streams.due import is_working_day


@lru_cache(maxsize=4_096)
def ahead(day: int, business_days: int, country: str) -> tuple[tuple[int, int, bool], ...]:
    """Every date after `day` up to the last of so many business days.

    Returns:
        of each date its ordinal, its day of the month, and whether the month ends with it.

    Raises:
        ValueError: the country does not work for a year.
    """
    found: list[tuple[int, int, bool]] = []
    on, left = date.fromordinal(day), business_days
    while left:
        on += timedelta(days=1)
        found.append((on.toordinal(), on.day, (on + timedelta(days=1)).day == 1))
        left -= is_working_day(on, country)
        if len(found) > 400:
            raise ValueError(f"no {business_days} working days in {country} within 400 days of {date.fromordinal(day)}")
    return tuple(found)


@lru_cache(maxsize=4_096)
def ordinal_of(iso: str) -> int:
    """The ordinal of a date as ISO 8601 writes it."""
    return date.fromisoformat(iso).toordinal()
