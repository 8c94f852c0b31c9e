"""What R43 measures, a year's flow and what is earned, and the screen that asks it first."""

from __future__ import annotations

from mypy_extensions import i64

from streams.customer import Customer
from streams.history import History
from streams.portfolio import Effect
from streams.screens import Screen
from streams.screens.flows import LONG_AGO, MILLION, WEEK, all_open


def through_flow(history: History, day: i64) -> int:
    """External credits and debits of the year up to `day`, as far as they are known."""
    came, left = history.within(day - LONG_AGO + 1, day)
    return came + left


def salary_level(customer: Customer, day: i64, days: i64) -> int:
    """The second largest salary of so many dates up to `day`: what has come at least twice."""
    salaries = customer.memory.salaries
    largest: i64 = 0
    second: i64 = 0
    place: i64 = 0
    while place < len(salaries):
        value = salaries[place + 1]
        if salaries[place] > day - days and value > second:
            second = min(value, largest)
            if value > largest:
                largest = value
        place += 2
    return second


class WorthMore(Screen):
    """A salary, or a year's flow, is far above what is held; asked at the first tick of each Monday."""

    def __init__(self, below: bool, flow: int, times: int, salary: int, salary_days: int, key: str) -> None:
        """Prepare.

        Args:
            below: whether the tier is one of those that are asked about.
            flow: the least of a year, in base-currency units.
            times: AUM, so many millionths of it, is the least, too.
            salary: the least of a month's.
            salary_days: within so many dates.
            key: the condition's.
        """
        self.below = below
        self.flow = flow
        self.times = times
        self.salary = salary
        self.salary_days = salary_days
        self.key = key

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return day % WEEK != 1 and all_open(customer, (self.key,))

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:
        """See `Screen`."""
        if not self.below or day % WEEK != 1 or average is None:
            return False
        if salary_level(customer, day, self.salary_days) >= self.salary:
            return True
        if customer.turnover < self.flow:
            return False
        flow = through_flow(customer.history, day)
        return flow >= self.flow and flow * MILLION >= self.times * average
