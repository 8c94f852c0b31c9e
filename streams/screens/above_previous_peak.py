"""What R18 measures, a calendar month's flow beside the largest before it, and the screen that asks it first."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from streams.customer import Customer
from streams.exact import millionths, reaches
from streams.history import CREDITS, DEBITS, WIDTH, History
from streams.portfolio import Effect
from streams.screens import Screen, Standing
from streams.screens.flows import UNKNOWN

MONTHS: Final = 12


def month_start(day: i64) -> int:
    """The first date of a date's month, both as ordinals (after Howard Hinnant's civil_from_days)."""
    since = day + 305
    era = since // 146_097
    of_era = since - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    return day - (of_year - (153 * month + 2) // 5)


class Months:
    """A calendar month's external flow one way, and the largest of those before it."""

    def __init__(self, current: int, peak: int, with_flow: int) -> None:
        self.current = current
        self.peak = peak
        self.with_flow = with_flow

    def times(self) -> int:
        """The month per the largest before it, in millionths, rounded down, and at least 0; UNKNOWN where that is 0."""
        if self.peak <= 0:
            return UNKNOWN
        return millionths(self.current, self.peak) if self.current > 0 else 0


def months(history: History, day: i64, credit: bool, times: i64 = 0) -> Months:
    """The month of `day` up to it, and the 12 before it that are wholly kept; with `times`, in millionths, only until one is too large."""
    rows = history.rows
    column = CREDITS if credit else DEBITS
    place: i64 = len(rows) - WIDTH
    first: i64 = month_start(day)
    current: i64 = 0
    while place >= 0 and rows[place] >= first:
        current += rows[place + column]
        place -= WIDTH
    peak: i64 = 0
    with_flow: i64 = 0
    if times > 0 and current <= 0:
        return Months(current, 0, 0)
    for _ in range(MONTHS):
        first = month_start(first - 1)
        if first < history.kept_from or place < 0:
            break
        flow: i64 = 0
        while place >= 0 and rows[place] >= first:
            flow += rows[place + column]
            place -= WIDTH
        if flow > 0:
            with_flow += 1
            if flow > peak:
                peak = flow
                if times > 0 and not reaches(current, times, flow):
                    return Months(current, peak, 0)
    return Months(current, peak, with_flow)


def peak_times(history: History, day: i64, credit: bool, fewest: int, least: int) -> int:
    """The month per the largest before it, in millionths; 0 below `least`, UNKNOWN with flow in fewer than so many months."""
    found = months(history, day, credit)
    if found.with_flow < fewest:
        return UNKNOWN
    return found.times() if found.current >= least else 0


class AbovePeak(Screen):
    """A month's external flow, one way or the other, is so many times the largest of the months before; never so at a first tick."""

    def __init__(self, times: int, fewest: int, least: int, inflow: Standing, outflow: Standing) -> None:
        self.times = times
        self.fewest = fewest
        self.least = least
        self.inflow = inflow
        self.outflow = outflow

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return self._stays(customer, day, True, self.inflow) and self._stays(customer, day, False, self.outflow)

    def _stays(self, customer: Customer, day: int, credit: bool, standing: Standing) -> bool:
        if standing.key not in customer.conditions:
            return not self._above(customer.history, day, credit)
        value = peak_times(customer.history, day, credit, self.fewest, self.least)
        return value == UNKNOWN or standing.stays(customer, value)

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._above(customer.history, effect.clock_day, True) or self._above(customer.history, effect.clock_day, False)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def _above(self, history: History, day: int, credit: bool) -> bool:
        found = months(history, day, credit, self.times)
        return found.with_flow >= self.fewest and found.current >= self.least and found.times() >= self.times
