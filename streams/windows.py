"""Event-time windows: business dates in the bank's time zone, and sums over them.

A window of n dates is the current date and the n - 1 before it, so that every windowed figure is a plain GROUP BY over dates.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

_SLOT = 900
"""No zone changes its offset by less than a quarter of an hour, nor anywhere but on one."""


class Calendar:
    """Maps instants (whole seconds since 1970) to dates (proleptic ordinals) of one time zone, and back."""

    __slots__ = ("_dates", "_midnights", "zone")

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self._dates: dict[int, int] = {}
        self._midnights: dict[int, int] = {}

    def date_of(self, instant: int) -> int:
        """The date on which an instant falls."""
        slot = instant // _SLOT
        found = self._dates.get(slot)
        if found is None:
            if len(self._dates) > 100_000:
                self._dates.clear()
            found = self._dates[slot] = datetime.fromtimestamp(slot * _SLOT, self.zone).toordinal()
        return found

    def midnight(self, day: int) -> int:
        """The instant at which a date begins, which is its first tick."""
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


class Flows(Struct, array_like=True):
    """External credits and debits of each date, in base-currency units, kept as running totals so that any window is two look-ups.

    Dates without a flow are left out. A late movement goes to its own date, if that is still kept.
    """

    days: list[int] = []
    credits: list[int] = []
    debits: list[int] = []
    kept_from: int = 0
    """Flows of earlier dates are forgotten; their sum is the base of the running totals."""

    def add(self, day: int, credit: int, debit: int) -> bool:
        """Add to a date; False, and nothing added, if it is no longer kept."""
        if day < self.kept_from:
            return False
        days = self.days
        if not days or day > days[-1]:
            days.append(day)
            self.credits.append((self.credits[-1] if self.credits else 0) + credit)
            self.debits.append((self.debits[-1] if self.debits else 0) + debit)
            return True
        place = bisect_left(days, day)
        if days[place] != day:
            days.insert(place, day)
            self.credits.insert(place, self.credits[place - 1] if place else 0)
            self.debits.insert(place, self.debits[place - 1] if place else 0)
        for later in range(place, len(days)):
            self.credits[later] += credit
            self.debits[later] += debit
        return True

    def within(self, first: int, last: int) -> tuple[int, int]:
        """Credits and debits of the dates from `first` to `last`, both included."""
        days = self.days
        end = bisect_right(days, last) if days and days[-1] > last else len(days)
        begin = bisect_left(days, first, 0, end)
        if begin == end:
            return 0, 0
        if begin == 0:
            return self.credits[end - 1], self.debits[end - 1]
        return self.credits[end - 1] - self.credits[begin - 1], self.debits[end - 1] - self.debits[begin - 1]

    def forget_before(self, day: int) -> None:
        """Drop dates before `day`."""
        if day <= self.kept_from:
            return
        self.kept_from = day
        gone = bisect_left(self.days, day)
        if not gone:
            return
        credit, debit = self.credits[gone - 1], self.debits[gone - 1]
        del self.days[:gone]
        self.credits = [total - credit for total in self.credits[gone:]]
        self.debits = [total - debit for total in self.debits[gone:]]


class Closes(Struct, array_like=True):
    """AUM at the end of each date, in base-currency units; a date without an entry has the close of the one before.

    The last entry may be of the current date and is then the value so far.
    """

    days: list[int] = []
    values: list[int] = []

    def at(self, day: int) -> int | None:
        """The close of a date; None before the first movement."""
        place = bisect_right(self.days, day)
        return self.values[place - 1] if place else None

    def moved(self, day: int, value: int) -> None:
        """The value on the latest date is now this."""
        if self.days and self.days[-1] >= day:
            self.values[-1] = value
        else:
            self.days.append(day)
            self.values.append(value)

    def moved_late(self, day: int, change: int) -> None:
        """A late movement raises every close from its own date on."""
        place = bisect_left(self.days, day)
        if place == len(self.days) or self.days[place] != day:
            before = self.values[place - 1] if place else 0
            self.days.insert(place, day)
            self.values.insert(place, before)
        for later in range(place, len(self.values)):
            self.values[later] += change

    def total(self, last: int, length: int) -> int | None:
        """The sum of the closes of the `length` dates that end at `last`; None if the first of them has no close."""
        first = last - length + 1
        if not self.days or self.days[0] > first:
            return None
        place = bisect_right(self.days, last) - 1
        upper, total = last, 0
        while True:
            since = self.days[place]
            if since <= first:
                return total + self.values[place] * (upper - first + 1)
            total += self.values[place] * (upper - since + 1)
            upper, place = since - 1, place - 1

    def forget_before(self, day: int) -> None:
        """Drop what is not needed to know the close of `day` and later."""
        gone = bisect_right(self.days, day) - 1
        if gone > 0:
            del self.days[:gone]
            del self.values[:gone]
