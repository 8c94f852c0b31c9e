"""Event-time windows: business dates in the bank's time zone, and sums over them.

A window of n dates is the current date and the n - 1 before it, so that every windowed figure is a plain GROUP BY over dates.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_SLOT = 900
"""No zone changes its offset by less than a quarter of an hour, nor anywhere but on one."""


class Calendar:
    """Maps instants (whole seconds since 1970) to dates (proleptic ordinals) of one time zone, and back."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self._dates: dict[int, int] = {}
        self._midnights: dict[int, int] = {}
        self._slot: int = -1
        self._date: int = 0
        """The latest answer: the movements of a feed are close to one another."""
        self._day: int = 0
        self._midnight: int = 0

    def date_of(self, instant: int) -> int:
        """The date on which an instant falls."""
        slot = instant // _SLOT
        if slot != self._slot:
            self._date = self._date_of(slot)
            self._slot = slot
        return self._date

    def midnight(self, day: int) -> int:
        """The instant at which a date begins, which is its first tick."""
        if day != self._day:
            self._midnight = self._midnight_of(day)
            self._day = day
        return self._midnight

    def _date_of(self, slot: int) -> int:
        found = self._dates.get(slot)
        if found is None:
            if len(self._dates) > 100_000:
                self._dates.clear()
            found = self._dates[slot] = datetime.fromtimestamp(slot * _SLOT, self.zone).toordinal()
        return found

    def _midnight_of(self, day: int) -> int:
        found = self._midnights.get(day)
        if found is None:
            if len(self._midnights) > 10_000:
                self._midnights.clear()
            start = datetime.combine(date.fromordinal(day), datetime.min.time(), self.zone)
            found = self._midnights[day] = int(start.timestamp())
        return found

    def local(self, instant: int) -> datetime:
        """The instant as a person of the bank writes it."""
        return datetime.fromtimestamp(instant, self.zone)


def on(day: int) -> date:
    """The date of an ordinal."""
    return date.fromordinal(day)


def window(last: int, length: int) -> tuple[date, date]:
    """First and last date of a window of `length` dates that ends at `last`."""
    return on(last) - timedelta(days=length - 1), on(last)
