"""What R21 measures, how far AUM has moved, and the screen that asks it first."""

from __future__ import annotations

from mypy_extensions import i64

from streams.customer import Customer
from streams.exact import millionths, reaches
from streams.portfolio import Effect
from streams.screens import Screen, Standing
from streams.screens.assets import NOTHING


def change(customer: Customer, day: i64, days: i64) -> int:
    """By which share of the close so many dates before AUM has changed, up or down; rounded down."""
    before = customer.history.close(day - days)
    if before is None or before <= 0:
        return NOTHING
    return millionths(abs(customer.aum - before), before)


class AumChanged(Screen):
    """AUM has changed by a share since the close of one of these dates, and is, or was, at least the floor."""

    def __init__(self, windows: list[tuple[int, Standing]], floor: int) -> None:
        self.windows = windows
        """Dates, and what holds for the share of their change."""
        self.floor = floor

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._changed(customer, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._changed(customer, day)

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        for days, standing in self.windows:
            before = customer.history.close(day - days)
            if before is None or before <= 0:
                continue
            value = change(customer, day, days)
            matters = before >= self.floor or customer.aum >= self.floor
            if (matters or value < standing.threshold) and not standing.stays(customer, value):
                return False
        return True

    def _changed(self, customer: Customer, day: i64) -> bool:
        aum = customer.aum
        for days, standing in self.windows:
            before = customer.history.close(day - days)
            if before is None or before <= 0 or (before < self.floor and aum < self.floor):
                continue
            if reaches(abs(aum - before), standing.threshold, before):
                return True
        return False
