"""What R41 measures, where the average of AUM is going, and the screen that asks it first."""

from __future__ import annotations

from mypy_extensions import i64

from streams.customer import Customer
from streams.history import CLOSE, WIDTH, History
from streams.portfolio import PLAIN, Effect
from streams.screens import Screen
from streams.screens.flows import SEED


def continued(history: History, day: i64) -> tuple[int, int] | None:
    """The sums of the closes of the 30 dates before `day`, and of the 30 before those; None where they are not all known."""
    before = history.total(day - 1 - SEED, SEED)
    if before is None:
        return None
    now = history.total(day - 1, SEED)
    return None if now is None else (now, before)


def sinks_below(history: History, day: i64, line: i64) -> bool:
    """Whether the average falls and, continued so, is below a line; for closes and a line below `PLAIN`, of which 64 bits hold the sums."""
    rows = history.rows
    first: i64 = day - 2 * SEED
    middle: i64 = day - SEED
    if len(rows) == 0 or rows[0] > first:
        return False
    upper: i64 = day - 1
    now: i64 = 0
    before: i64 = 0
    place: i64 = len(rows) - WIDTH
    while upper >= first:
        since = rows[place]
        if since <= upper:
            if since < first:
                since = first
            close = rows[place + CLOSE]
            if since >= middle:
                now += close * (upper - since + 1)
            elif upper < middle:
                before += close * (upper - since + 1)
            else:
                now += close * (upper - middle + 1)
                before += close * (middle - since)
            upper = since - 1
        place -= WIDTH
    return now < before and 2 * now - before < SEED * line


class AverageSinks(Screen):
    """AUM_avg(30), continued for 30 dates as it has gone for 30, is below the line of the tier; asked at first ticks alone."""

    def __init__(self, lines: dict[str, int]) -> None:
        """Prepare.

        Args:
            lines: of the tiers that can be lost, in base-currency units.
        """
        self.lines = lines

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:
        """See `Screen`."""
        line = self.lines.get(customer.tier)
        if line is None or average is None:
            return False
        if customer.turnover < PLAIN and line < PLAIN:
            return sinks_below(customer.history, day, line)
        sums = continued(customer.history, day)
        return sums is not None and sums[0] < sums[1] and 2 * sums[0] - sums[1] < SEED * line
