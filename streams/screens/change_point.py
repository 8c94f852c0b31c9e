"""What R19 measures, a two-sided CUSUM of weekly net flow, and the screen that asks it first."""

from __future__ import annotations

from math import isqrt, sqrt
from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from schemas.movements import Flow
from streams.customer import Customer
from streams.history import CREDITS, DEBITS, WIDTH, History
from streams.portfolio import Effect
from streams.screens import Screen
from streams.screens.flows import MILLION, WEEK, all_open, known_from

_CORRECTION: Final = Flow.CORRECTION
_SPARE: Final = 20
"""Binary places kept of a deviation beyond whole units."""


class Changed:
    """How far a cumulative sum of weekly net flow has risen, and fallen, beyond what is usual."""

    def __init__(self, rise: int, fall: int, deviation: int, total: int, reference: int, weeks: int) -> None:
        self.rise = rise
        self.fall = fall
        self.deviation = deviation
        """Of a week of the reference; as `rise` and `fall`, times the number of its weeks, times 2^20, rounded down."""
        self.total = total
        """Of the reference's weeks, in base-currency units."""
        self.reference = reference
        self.weeks = weeks
        """Watched ones."""

    def deviations(self, upwards: bool) -> int:
        """In millionths, rounded down."""
        return (self.rise if upwards else self.fall) * MILLION // self.deviation

    def sum_of(self, upwards: bool) -> int:
        """The cumulative sum in base-currency units, rounded down."""
        return (self.rise if upwards else self.fall) // (self.reference << _SPARE)

    @property
    def mean(self) -> int:
        """Of a week of the reference, in base-currency units, rounded down."""
        return self.total // self.reference

    @property
    def sigma(self) -> int:
        """Of a week of the reference, in base-currency units, rounded down."""
        return self.deviation // (self.reference << _SPARE)


def weekly(history: History, day: i64, most: i64) -> vec[i64]:
    """Net flows of the closed weeks, Monday to Sunday, that are wholly known before `day`: the last `most`, the latest first."""
    rows = history.rows
    found = vec[i64]()
    place: i64 = len(rows) - WIDTH
    first: i64 = day - (day - 1) % WEEK
    known: i64 = known_from(history)
    while place >= 0 and rows[place] >= first:
        place -= WIDTH
    for _ in range(most):
        first -= WEEK
        if first < known:
            break
        net: i64 = 0
        while place >= 0 and rows[place] >= first:
            net += rows[place + CREDITS] - rows[place + DEBITS]
            place -= WIDTH
        found = append(found, net)
    return found


def changed(history: History, day: i64, reference: i64, watched: i64) -> Changed | None:
    """The two-sided CUSUM over the weeks after the reference; None where there are none, or the reference does not deviate."""
    nets = weekly(history, day, reference + watched)
    size: i64 = len(nets)
    if size <= reference:
        return None
    total, squares = 0, 0
    for place in range(size - reference, size):
        net = int(nets[place])
        total += net
        squares += net * net
    count = int(reference)
    deviation = isqrt((count * squares - total * total) << 2 * _SPARE)
    if deviation == 0:
        return None
    slack = deviation // 2
    rise, fall = 0, 0
    place = size - reference - 1
    while place >= 0:
        off = (count * int(nets[place]) - total) << _SPARE
        rise = max(0, rise + off - slack)
        fall = max(0, fall - off - slack)
        place -= 1
    return Changed(rise, fall, deviation, total, count, int(size - reference))


def nearly_changed(history: History, day: i64, reference: i64, watched: i64, deviations: float) -> bool:
    """Whether the same in floating point comes within a thousandth of so many deviations: quick, and never in vain."""
    if known_from(history) > day - WEEK * (reference + 1):
        return False
    nets = weekly(history, day, reference + watched)
    size: i64 = len(nets)
    if size <= reference:
        return False
    total = 0.0
    for place in range(size - reference, size):
        total += float(nets[place])
    mean = total / float(reference)
    squares = 0.0
    for place in range(size - reference, size):
        off = float(nets[place]) - mean
        squares += off * off
    sigma = sqrt(squares / float(reference))
    if sigma <= 1e-9 * abs(mean):
        return True
    slack, limit = sigma / 2, 0.999 * deviations * sigma
    rise, fall = 0.0, 0.0
    place = size - reference - 1
    while place >= 0:
        off = float(nets[place]) - mean
        rise = max(0.0, rise + off - slack)
        fall = max(0.0, fall - off - slack)
        place -= 1
    return rise >= limit or fall >= limit


class FlowChanged(Screen):
    """A CUSUM of closed weeks reaches so many deviations: as a week has closed, or something has come late to one."""

    def __init__(self, deviations: int, reference: int, watched: int, keys: tuple[str, ...]) -> None:
        self.deviations = deviations
        self.reference = reference
        self.watched = watched
        self.keys = keys

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return not effect.late and effect.flow is not _CORRECTION and all_open(customer, self.keys)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return day % WEEK != 1 and all_open(customer, self.keys)

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        if not effect.late and effect.flow is not _CORRECTION:
            return False
        return self._reached(customer.history, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return day % WEEK == 1 and self._reached(customer.history, day)

    def _reached(self, history: History, day: int) -> bool:
        if not nearly_changed(history, day, self.reference, self.watched, self.deviations / MILLION):
            return False
        found = changed(history, day, self.reference, self.watched)
        return found is not None and max(found.rise, found.fall) * MILLION // found.deviation >= self.deviations
