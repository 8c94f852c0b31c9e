"""What R26 measures, how far an allocation has moved, and the screen that asks it first."""

from __future__ import annotations

from librt.vecs import vec
from mypy_extensions import i64

from streams.customer import Customer
from streams.portfolio import Effect
from streams.screens import Screen, Standing
from streams.screens.assets import COUNT, MILLION, NEAR, NOTHING, known_at, rounded_down, worth_at


def shift(customer: Customer, day: i64, days: i64) -> int:
    """Half the sum of the changes of all weights since the close so many dates before, rounded down."""
    if customer.aum <= 0 or not known_at(customer, day - days):
        return NOTHING
    now, then = customer.owned, worth_at(customer, day - days)
    whole = rounded_down(_moved(now, then) * 5e5)
    if whole != NOTHING:
        return whole
    total = 0
    for value in then:
        total += value
    if total <= 0:
        return NOTHING
    aum = customer.aum
    moved = 0
    for place in range(COUNT):
        moved += abs(int(now[place]) * total - int(then[place]) * aum)
    return moved * MILLION // (2 * aum * total)


class AllocationShifted(Screen):
    """Half the sum of the changes of all weights since the close of one of these dates is a share, or nearly."""

    def __init__(self, windows: list[tuple[int, Standing]], floor: int) -> None:
        self.windows = windows
        """Dates, and what holds for the share of their change."""
        self.floor = floor

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._shifted(customer, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._shifted(customer, day)

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        if customer.aum < self.floor:
            return True
        for days, standing in self.windows:
            value = shift(customer, day, days)
            if value != NOTHING and not standing.stays(customer, value):
                return False
        return True

    def _shifted(self, customer: Customer, day: i64) -> bool:
        if customer.aum < self.floor:
            return False
        for days, standing in self.windows:
            if known_at(customer, day - days):
                moved = _moved(customer.owned, worth_at(customer, day - days))
                if moved < 0.0:
                    if shift(customer, day, days) >= standing.threshold:
                        return True
                elif moved >= 2.0 * (standing.threshold / 1e6 - NEAR):
                    return True
        return False


def _moved(now: vec[i64], then: vec[i64]) -> float:
    """The sum of the changes of all weights, nearly; below 0 where there is none, or something is overdrawn."""
    aum = 0.0
    total = 0.0
    for place in range(COUNT):
        if now[place] < 0 or then[place] < 0:
            return -1.0
        aum += float(now[place])
        total += float(then[place])
    if aum <= 0.0 or total <= 0.0:
        return -1.0
    moved = 0.0
    for place in range(COUNT):
        moved += abs(float(now[place]) / aum - float(then[place]) / total)
    return moved
