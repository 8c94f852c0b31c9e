"""What R23 measures, for how long money has lain idle, and the screen that asks it first."""

from __future__ import annotations

from mypy_extensions import i64

from streams.customer import Customer
from streams.history import KINDS_OF_CLASS
from streams.portfolio import Effect
from streams.screens import Screen, Standing
from streams.screens.assets import DEMAND


def idle_run(customer: Customer, day: i64, floor: i64) -> int:
    """How many closes in a row, up to that of the date before, demand deposits have been at least the floor, which is above 0."""
    entries = customer.classes.entries
    place: i64 = len(entries) - 2
    since = day
    while place >= 0:
        key = entries[place]
        if key % KINDS_OF_CLASS == DEMAND and key // KINDS_OF_CLASS < day:
            if entries[place + 1] < floor:
                break
            since = key // KINDS_OF_CLASS
        place -= 2
    return day - since


class CashIdle(Screen):
    """Demand deposits have been at least the floor at so many closes in a row."""

    def __init__(self, days: int, floor: int, standing: Standing) -> None:
        self.days = days
        self.floor = floor
        self.standing = standing

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return idle_run(customer, day, self.floor) >= self.days

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return self.standing.stays(customer, idle_run(customer, day, self.floor))
