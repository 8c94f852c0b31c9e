"""What is kept of a customer's past: a row for each date on which something happened, and the value of each asset class as it changed.

Rows are 64-bit integers in one block, so that a year of them is read without chasing pointers, and written by copying. `streams.decide`
refuses a movement that would take a sum out of their range. A window of dates is a walk from the latest row back.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

WIDTH: Final[i64] = 7
"""Numbers of a row: date, external credits, external debits, income less cost, AUM at its end, debits counted, movements counted."""
BLOCK: Final[i64] = 16
"""Rows that are written with every state, at least; twice as many at most."""
CREDITS: Final[i64] = 1
DEBITS: Final[i64] = 2
INCOME: Final[i64] = 3
CLOSE: Final[i64] = 4
WITHDRAWALS: Final[i64] = 5
MOVEMENTS: Final[i64] = 6
_SMALL: Final[i64] = 1 << 50
"""So small a close, either way, may be added for as many dates as anybody asks for."""
KINDS_OF_CLASS: Final[i64] = 16
"""More than there are asset classes: a place in `Classes` is date x 16 + class."""


class History:
    """A customer's dates. Money in base-currency units; dates are proleptic ordinals; a date without a row was quiet.

    The last row may be of the current date: its close is then the value so far. A late movement goes to its own date, if that is still
    kept, and raises every close from there on.
    """

    def __init__(self) -> None:
        self.rows: vec[i64] = vec[i64]()
        self.kept_from: i64 = 0
        """Flows of earlier dates are forgotten; of the latest of them the close is kept."""
        self.settled: i64 = 0
        """So many numbers, the oldest, are in a record of their own, which is written when they change (`streams.state`)."""
        self.unsettled: bool = False
        """They have changed."""

    @property
    def begun(self) -> bool:
        """Whether there is a close at all."""
        return len(self.rows) > 0

    @property
    def first(self) -> int:
        """The first date that is kept."""
        return self.rows[0]

    def add(self, day: i64, credit: i64, debit: i64) -> bool:
        """Add external flows to a date; False, and nothing added, if it is no longer kept."""
        if day < self.kept_from:
            return False
        place = self._row(day)
        rows = self.rows
        rows[place + CREDITS] = rows[place + CREDITS] + credit
        rows[place + DEBITS] = rows[place + DEBITS] + debit
        return True

    def earn(self, day: i64, income: i64) -> None:
        """Add income, or a cost below 0, to a date that is kept."""
        if day >= self.kept_from:
            place = self._row(day)
            self.rows[place + INCOME] = self.rows[place + INCOME] + income

    def count(self, day: i64, debits: i64, movements: i64) -> None:
        """Count movements, and those that are debits, on a date that is kept."""
        if day >= self.kept_from:
            place = self._row(day)
            self.rows[place + WITHDRAWALS] = self.rows[place + WITHDRAWALS] + debits
            self.rows[place + MOVEMENTS] = self.rows[place + MOVEMENTS] + movements

    def credits(self, first: i64, last: i64) -> int:
        """External credits from `first` to `last`, both included."""
        return self._sum(CREDITS, first, last)

    def debits(self, first: i64, last: i64) -> int:
        """External debits from `first` to `last`, both included."""
        return self._sum(DEBITS, first, last)

    def within(self, first: i64, last: i64) -> tuple[int, int]:
        """External credits and debits from `first` to `last`, both included."""
        return self._sum(CREDITS, first, last), self._sum(DEBITS, first, last)

    def income(self, first: i64, last: i64) -> int:
        """Income less cost from `first` to `last`, both included."""
        return self._sum(INCOME, first, last)

    def withdrawals(self, first: i64, last: i64) -> int:
        """How many debits there were from `first` to `last`, both included."""
        return self._sum(WITHDRAWALS, first, last)

    def movements(self, first: i64, last: i64) -> int:
        """How many movements there were from `first` to `last`, both included."""
        return self._sum(MOVEMENTS, first, last)

    def close(self, day: i64) -> int | None:
        """AUM at the end of a date; None before the first movement."""
        rows = self.rows
        place: i64 = len(rows) - WIDTH
        while place >= 0:
            if rows[place] <= day:
                return rows[place + CLOSE]
            place -= WIDTH
        return None

    def total(self, last: i64, length: i64) -> int | None:
        """The sum of the closes of the `length` dates that end at `last`; None if the first of them has no close."""
        rows = self.rows
        first = last - length + 1
        if len(rows) == 0 or rows[0] > first:
            return None
        place: i64 = len(rows) - WIDTH
        upper = last
        small: i64 = 0
        total = 0
        while True:
            since = rows[place]
            if since <= upper:
                begin = max(first, since)
                close = rows[place + CLOSE]
                if -_SMALL < close < _SMALL:
                    small += close * (upper - begin + 1)
                else:
                    total += int(close) * int(upper - begin + 1)
                if since <= first:
                    return total + int(small)
                upper = since - 1
            place -= WIDTH

    def moved(self, day: i64, value: i64) -> None:
        """AUM on the latest date is now this."""
        rows = self.rows
        size: i64 = len(rows)
        place = size - WIDTH if size > 0 and rows[size - WIDTH] >= day else self._row(day)
        self.rows[place + CLOSE] = value

    def moved_late(self, day: i64, change: i64) -> None:
        """A late movement raises every close from its own date on."""
        place = self._row(day)
        rows = self.rows
        size: i64 = len(rows)
        while place < size:
            rows[place + CLOSE] = rows[place + CLOSE] + change
            place += WIDTH

    def forget_before(self, day: i64) -> None:
        """Drop what is needed neither for the flows of `day` and later nor for their closes; what is settled, a block at a time."""
        if day <= self.kept_from:
            return
        self.kept_from = day
        rows = self.rows
        size: i64 = len(rows)
        kept: i64 = 0
        while kept + WIDTH < size and rows[kept + WIDTH] <= day:
            kept += WIDTH
        if self.settled > 0:
            if kept < BLOCK * WIDTH:
                return
            self.settled = self.settled - kept if self.settled > kept else 0
            self.unsettled = True
        if kept > 0:
            rows = self.rows = rows[kept:]
        if len(rows) > 0 and rows[0] < day:
            for column in (CREDITS, DEBITS, INCOME, WITHDRAWALS, MOVEMENTS):
                rows[column] = 0

    def again(self, rows: vec[i64], settled: vec[i64], count: i64, kept_from: i64) -> None:
        """Take what was written: the later rows, and of the record of their own the latest `count` numbers before them."""
        size: i64 = len(settled)
        until = rows[0] if len(rows) > 0 else 0
        while size > 0 and settled[size - WIDTH] >= until:
            size -= WIDTH
        whole = settled[size - count : size] if 0 < count <= size else vec[i64]()
        for number in rows:
            whole = append(whole, number)
        self.rows, self.settled, self.kept_from = whole, count, kept_from

    def gross(self) -> int:
        """The sum of the sizes of all flows that are kept."""
        rows = self.rows
        total = 0
        for place in range(0, len(rows), WIDTH):
            total += abs(int(rows[place + CREDITS])) + abs(int(rows[place + DEBITS])) + abs(int(rows[place + INCOME]))
        return total

    def highest(self) -> int:
        """The greatest size of a close."""
        return max((abs(close) for _, close in self.closes()), default=0)

    def closes(self) -> list[tuple[int, int]]:
        """Every date that is kept with its close, the first first."""
        rows = self.rows
        return [(rows[place], rows[place + CLOSE]) for place in range(0, len(rows), WIDTH)]

    def _sum(self, column: i64, first: i64, last: i64) -> int:
        rows = self.rows
        place: i64 = len(rows) - WIDTH
        total: i64 = 0
        if first < self.kept_from:
            first = self.kept_from
        while place >= 0:
            day = rows[place]
            if day < first:
                break
            if day <= last:
                total += rows[place + column]
            place -= WIDTH
        return total

    def _row(self, day: i64) -> i64:
        """Where the date's row begins; one is put in, with the close of the date before, if it has none."""
        rows = self.rows
        size: i64 = len(rows)
        place = size - WIDTH
        while place >= 0 and rows[place] > day:
            place -= WIDTH
        if place >= 0 and rows[place] == day:
            if place < self.settled:
                self.unsettled = True
            return place
        close = rows[place + CLOSE] if place >= 0 else 0
        place += WIDTH
        if place < self.settled:
            self.settled += WIDTH
            self.unsettled = True
        for _ in range(WIDTH):
            rows = append(rows, 0)
        moving = size - 1
        while moving >= place:
            rows[moving + WIDTH] = rows[moving]
            moving -= 1
        rows[place] = day
        for column in range(1, WIDTH):
            rows[place + column] = 0
        rows[place + CLOSE] = close
        self.rows = rows
        if size + WIDTH - self.settled > 2 * BLOCK * WIDTH:
            self.settled = size + WIDTH - BLOCK * WIDTH
            self.unsettled = True
        return place


class Classes:
    """The value of each asset class, in base-currency units, at the end of every date on which it changed."""

    def __init__(self) -> None:
        self.entries: vec[i64] = vec[i64]()
        """Pairs: date x 16 + class, value."""

    def moved(self, day: i64, asset_class: i64, change: i64) -> None:
        """A class is worth this much more from a date on; the date may be a past one."""
        entries = self.entries
        size: i64 = len(entries)
        key = day * KINDS_OF_CLASS + asset_class
        place = size - 2
        before: i64 = 0
        while place >= 0 and entries[place] > key:
            if entries[place] % KINDS_OF_CLASS == asset_class:
                entries[place + 1] = entries[place + 1] + change
            place -= 2
        if place >= 0 and entries[place] == key:
            entries[place + 1] = entries[place + 1] + change
            return
        back = place
        while back >= 0:
            if entries[back] % KINDS_OF_CLASS == asset_class:
                before = entries[back + 1]
                break
            back -= 2
        place += 2
        entries = append(entries, 0)
        entries = append(entries, 0)
        moving = size - 1
        while moving >= place:
            entries[moving + 2] = entries[moving]
            moving -= 1
        entries[place] = key
        entries[place + 1] = before + change
        self.entries = entries

    def highest(self) -> int:
        """The greatest size of a class at the end of any date."""
        entries = self.entries
        found = 0
        for place in range(1, len(entries), 2):
            found = max(found, abs(int(entries[place])))
        return found

    def at(self, asset_class: i64, day: i64) -> int:
        """What a class was worth at the end of a date; 0 before it was first held."""
        entries = self.entries
        place: i64 = len(entries) - 2
        while place >= 0:
            key = entries[place]
            if key % KINDS_OF_CLASS == asset_class and key // KINDS_OF_CLASS <= day:
                return entries[place + 1]
            place -= 2
        return 0

    def least(self, asset_class: i64, first: i64, last: i64) -> int:
        """The lowest close of a class on the dates from `first` to `last`, both included."""
        entries = self.entries
        place: i64 = len(entries) - 2
        least: i64 = 0
        found = False
        while place >= 0:
            key = entries[place]
            day = key // KINDS_OF_CLASS
            if key % KINDS_OF_CLASS == asset_class and day <= last:
                if not found or entries[place + 1] < least:
                    least, found = entries[place + 1], True
                if day <= first:
                    return least
            place -= 2
        return min(0, least) if found else 0

    def forget_before(self, day: i64) -> None:
        """Drop what is not needed to know a class's close of `day` and later."""
        entries = self.entries
        size: i64 = len(entries)
        until = (day + 1) * KINDS_OF_CLASS
        if size == 0 or entries[0] >= until:
            return
        end: i64 = 0
        while end < size and entries[end] < until:
            end += 2
        seen: i64 = 0
        place: i64 = end - 2
        begin = end
        while place >= 0:  # of each class the latest
            bit: i64 = 1 << entries[place] % KINDS_OF_CLASS
            if not seen & bit:
                seen |= bit
                begin -= 2
                entries[begin] = entries[place]
                entries[begin + 1] = entries[place + 1]
            place -= 2
        if begin > 0:
            self.entries = entries[begin:]


class Recent:
    """An account's external debits of the last hours, by event time: event time, units, base-currency units."""

    def __init__(self) -> None:
        self.entries: vec[i64] = vec[i64]()

    def add(self, at: i64, units: i64, value: i64) -> None:
        """Put one in its place."""
        entries = self.entries
        size: i64 = len(entries)
        entries = append(entries, at)
        entries = append(entries, units)
        entries = append(entries, value)
        place = size
        while place > 0 and (entries[place - 3] > at or (entries[place - 3] == at and entries[place - 2] > units)):
            for column in range(3):
                entries[place + column] = entries[place - 3 + column]
            place -= 3
        entries[place] = at
        entries[place + 1] = units
        entries[place + 2] = value
        self.entries = entries

    def forget_before(self, at: i64) -> None:
        """Drop those from before an instant."""
        entries = self.entries
        size: i64 = len(entries)
        gone: i64 = 0
        while gone < size and entries[gone] < at:
            gone += 3
        if gone > 0:
            self.entries = entries[gone:]

    def take_back(self, at: i64, units: i64) -> None:
        """One of them never left; nothing if it is not there."""
        entries = self.entries
        size: i64 = len(entries)
        place: i64 = 0
        while place < size and not (entries[place] == at and entries[place + 1] == units):
            place += 3
        if place == size:
            return
        while place + 3 < size:
            entries[place] = entries[place + 3]
            place += 1
        self.entries = entries[: size - 3]

    def units(self, since: i64, until: i64) -> int:
        """Their sum from one instant to another, both included, in units of the account."""
        return self._sum(1, since, until)

    def value(self, since: i64, until: i64) -> int:
        """Their sum from one instant to another, both included, in base-currency units."""
        return self._sum(2, since, until)

    def _sum(self, column: i64, since: i64, until: i64) -> int:
        entries = self.entries
        size: i64 = len(entries)
        place: i64 = 0
        total: i64 = 0
        while place < size:
            if since <= entries[place] <= until:
                total += entries[place + column]
            place += 3
        return total
