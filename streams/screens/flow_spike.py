"""What R13 measures, how far a date's net flow is from the usual, and the screen that asks it first."""

from __future__ import annotations

from math import isqrt
from typing import Final

from mypy_extensions import i64

from streams.customer import Customer
from streams.history import CREDITS, DEBITS, WIDTH, History
from streams.portfolio import Effect
from streams.screens import Screen
from streams.screens.flows import LONG_AGO, MILLION, MOST_Z, SEED, UNKNOWN, known_from

_ONE: Final = 1 << 60


def _decay() -> list[int]:
    """2^(-k/30) for k from 0 on, times `_ONE`, rounded down: a thirtieth root by halving, and half of it 30 places on."""
    found: list[int] = []
    for place in range(SEED):
        goal = _ONE**SEED >> place
        low, high = 0, _ONE
        while low < high:
            middle = (low + high + 1) // 2
            if middle**SEED <= goal:
                low = middle
            else:
                high = middle - 1
        found.append(low)
    while len(found) <= LONG_AGO + 1:
        found.append(found[-SEED] // 2)
    return found


_DECAY: Final = _decay()
_FADING: Final = [place / _ONE for place in _DECAY]


class Usual:
    """The moving mean and deviation of a customer's daily net flow, as sums weighted by whole numbers that add up to `WHOLE`."""

    WHOLE: Final = SEED * _ONE

    def __init__(self, total: int, squares: int) -> None:
        self.total = total
        self.squares = squares

    @property
    def mean(self) -> int:
        """In base-currency units, rounded down."""
        return self.total // self.WHOLE

    @property
    def deviation(self) -> int:
        """In base-currency units, rounded down."""
        return isqrt(self.squares * self.WHOLE - self.total * self.total) // self.WHOLE

    def off(self, net: int) -> int:
        """How many deviations a date's net flow is from the mean, either way, in millionths; UNKNOWN where nothing deviates."""
        spread = self.squares * self.WHOLE - self.total * self.total
        if spread == 0:
            return UNKNOWN
        off = net * self.WHOLE - self.total
        return min(MOST_Z * MILLION, isqrt(MILLION * MILLION * off * off // spread))


def usual(history: History, day: i64) -> Usual | None:
    """What is usual before a date: over the closed dates that are known, the last 365 at most; None if there are fewer than 30.

    The first 30 of them weigh the same; of those after, each new one takes 1 - 2^(-1/30) of the weight.
    """
    first: i64 = known_from(history)
    if first < day - LONG_AGO:
        first = day - LONG_AGO
    moving: i64 = day - first - SEED
    if moving < 0:
        return None
    rows = history.rows
    place: i64 = len(rows) - WIDTH
    total, squares = 0, 0
    while place >= 0 and rows[place] >= first:
        if rows[place] < day:
            net = int(rows[place + CREDITS] - rows[place + DEBITS])
            if net != 0:
                age = day - 1 - rows[place]
                weighed = net * (SEED * (_DECAY[age] - _DECAY[age + 1]) if age < moving else _DECAY[moving])
                total += weighed
                squares += weighed * net
        place -= WIDTH
    return Usual(total, squares)


def nearly_off(history: History, day: i64, net: int, deviations: float) -> bool:
    """Whether the same in floating point is within a thousandth of so many deviations, or may be: quick, and never in vain."""
    first: i64 = known_from(history)
    if first < day - LONG_AGO:
        first = day - LONG_AGO
    moving: i64 = day - first - SEED
    if moving < 0:
        return False
    rows = history.rows
    place: i64 = len(rows) - WIDTH
    mean, squares = 0.0, 0.0
    while place >= 0 and rows[place] >= first:
        if rows[place] < day:
            flow = float(rows[place + CREDITS] - rows[place + DEBITS])
            age = day - 1 - rows[place]
            weighed = flow * (_FADING[age] - _FADING[age + 1] if age < moving else _FADING[moving] / SEED)
            mean += weighed
            squares += weighed * flow
        place -= WIDTH
    variance = squares - mean * mean
    if variance <= 1e-9 * squares:
        return True
    off, limit = float(net) - mean, 0.999 * deviations
    return off * off >= limit * limit * variance


def net_of(history: History, day: i64) -> int:
    """External credits less debits of the latest date, which is `day` or an earlier one: then nothing has flowed on `day`."""
    rows = history.rows
    place: i64 = len(rows) - WIDTH
    if place < 0 or rows[place] != day:
        return 0
    return rows[place + CREDITS] - rows[place + DEBITS]


class FlowIsOff(Screen):
    """Today's net flow is at least an amount, either way, and so many deviations from the usual; never so at a first tick."""

    def __init__(self, amount: int, deviations: int) -> None:
        self.amount = amount
        self.deviations = deviations

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        day = effect.clock_day
        net = net_of(customer.history, day)
        if abs(net) < self.amount or not nearly_off(customer.history, day, net, self.deviations / MILLION):
            return False
        before = usual(customer.history, day)
        return before is not None and before.off(net) >= self.deviations

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False
