"""What R12 measures, money that leaves as a share of what there was, and the screen that asks it first."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from schemas.movements import Flow
from streams.customer import Customer
from streams.exact import reaches
from streams.history import CLOSE, CREDITS, DEBITS, WIDTH, History
from streams.portfolio import Effect
from streams.screens import Screen, Standing
from streams.screens.flows import MILLION, UNKNOWN

_EXTERNAL: Final = Flow.EXTERNAL
_CORRECTION: Final = Flow.CORRECTION


def drained(history: History, day: i64, days: i64) -> int:
    """External debits less credits of so many dates up to `day`, per AUM at the close before them; in millionths, 0 where more came."""
    before = history.close(day - days)
    if before is None:
        return UNKNOWN
    came, left = history.within(day - days + 1, day)
    if left <= came:
        return 0
    return (left - came) * MILLION // before if before > 0 else UNKNOWN


class DrainedBy(Screen):
    """The net outflow of one of several windows reaches its share of the AUM before it."""

    def __init__(self, shares: list[tuple[int, int]], standings: list[Standing]) -> None:
        """Prepare.

        Args:
            shares: dates, rising, and millionths.
            standings: one for each of them.
        """
        self.shares = shares
        self.standings = standings

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        for place in range(len(self.shares)):
            value = drained(customer.history, day, self.shares[place][0])
            if value != UNKNOWN and not self.standings[place].stays(customer, value):
                return False
        return True

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        flow = effect.flow
        if flow is not _EXTERNAL and flow is not _CORRECTION and not effect.late:
            return False
        return self._reached(customer.history, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._reached(customer.history, day)

    def _reached(self, history: History, day: i64) -> bool:
        rows = history.rows
        place: i64 = len(rows) - WIDTH
        net: i64 = 0
        for days, share in self.shares:
            first: i64 = day - days + 1
            while place >= 0 and rows[place] >= first:
                net += rows[place + DEBITS] - rows[place + CREDITS]
                place -= WIDTH
            if place < 0:
                return False
            if net > 0:
                before = rows[place + CLOSE]
                if before > 0 and reaches(net, share, before):
                    return True
        return False
