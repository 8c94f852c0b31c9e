"""What R14 measures, how unusual a week's number of debits is, and the screen that asks it first."""

from __future__ import annotations

from math import isqrt

from mypy_extensions import i64

from streams.customer import Customer
from streams.history import WIDTH, WITHDRAWALS, History
from streams.portfolio import Effect
from streams.screens import Screen, Standing
from streams.screens.flows import MILLION, MOST_Z, UNKNOWN, WEEK, known_from


class Weeks:
    """Debits of the last 7 dates, and of the blocks of 7 dates before them."""

    def __init__(self, current: int, blocks: int, total: int, squares: int) -> None:
        self.current = current
        self.blocks = blocks
        self.total = total
        """Of all blocks."""
        self.squares = squares
        """Of their counts, summed."""

    def off(self) -> int:
        """How many deviations the last 7 dates are above the mean of the blocks, in millionths; UNKNOWN where the blocks are all alike."""
        spread = self.blocks * self.squares - self.total * self.total
        if spread == 0:
            return UNKNOWN
        above = self.blocks * self.current - self.total
        return min(MOST_Z * MILLION, isqrt(MILLION * MILLION * above * above // spread)) if above > 0 else 0


def weeks_of_debits(history: History, day: i64, fewest: i64, most: i64) -> Weeks:
    """All of them; no blocks if there are fewer than `fewest`, no more than `most`."""
    return _weeks(history, day, 0, fewest, most, 0)


def debits_off(history: History, day: i64, least: i64, fewest: i64, most: i64) -> int:
    """How many deviations the last 7 dates are above the mean, in millionths; 0 with fewer than `least` debits."""
    weeks = _weeks(history, day, least, fewest, most, 0)
    if weeks.current < least:
        return 0
    return weeks.off() if weeks.blocks > 0 else UNKNOWN


def _weeks(history: History, day: i64, least: i64, fewest: i64, most: i64, deviations: i64) -> Weeks:
    """Give up, with no blocks, where there cannot be `least` debits that are so many deviations, in millionths, above the mean.

    That is so once more than 1 / (1 + deviations^2) of the blocks are no smaller (Cantelli's inequality).
    """
    rows = history.rows
    place: i64 = len(rows) - WIDTH
    first: i64 = day - WEEK + 1
    current: i64 = 0
    while place >= 0 and rows[place] >= first:
        current += rows[place + WITHDRAWALS]
        place -= WIDTH
    known: i64 = known_from(history)
    blocks: i64 = (first - known) // WEEK if first > known else 0
    if blocks > most:
        blocks = most
    if current < least or blocks < fewest:
        return Weeks(current, 0, 0, 0)
    allowed: i64 = blocks
    if deviations > 0:
        whole: i64 = MILLION * MILLION
        allowed = blocks * whole // (whole + deviations * deviations)
    total: i64 = 0
    squares: i64 = 0
    for _ in range(blocks):
        first -= WEEK
        count: i64 = 0
        while place >= 0 and rows[place] >= first:
            count += rows[place + WITHDRAWALS]
            place -= WIDTH
        total += count
        squares += count * count
        if count >= current:
            allowed -= 1
            if allowed < 0:
                return Weeks(current, 0, 0, 0)
    return Weeks(current, blocks, total, squares)


class DebitsAreOff(Screen):
    """So many debits in 7 dates, and so many deviations above the mean of the blocks before."""

    def __init__(self, least: int, fewest: int, most: int, deviations: int, standing: Standing) -> None:
        self.least = least
        self.fewest = fewest
        self.most = most
        self.deviations = deviations
        self.standing = standing

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        value = debits_off(customer.history, day, self.least, self.fewest, self.most)
        return value == UNKNOWN or self.standing.stays(customer, value)

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._reached(customer.history, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._reached(customer.history, day)

    def _reached(self, history: History, day: int) -> bool:
        found = _weeks(history, day, self.least, self.fewest, self.most, self.deviations)
        return found.blocks > 0 and found.off() >= self.deviations
