"""Screens: what can be told of a customer in a fraction of a microsecond, so that most rules need not be asked about most movements."""

from __future__ import annotations

from streams.customer import Customer
from streams.portfolio import Effect


class Screen:
    """One question to the customer's figures, after a movement."""

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """Whether the rule must be asked."""
        return True

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """Whether the rule must be asked at a date's first tick, which changed no tier, of a customer of whom nothing is open.

        Args:
            customer: after the close.
            day: the date that begins.
            average: AUM_avg(30) in base-currency units; None before 30 closes.
        """
        return True


class AtTierChange(Screen):
    """Only the close that changes the tier matters."""

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False


class AverageWithin(Screen):
    """AUM_avg(30) is in one of these half-open ranges."""

    def __init__(self, ranges: tuple[tuple[int, int], ...]) -> None:
        self.ranges = ranges

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return average is not None and any(lower <= average < upper for lower, upper in self.ranges)


class CreditsReach(Screen):
    """External credits of so many dates, the current one included, have reached an amount."""

    def __init__(self, days: int, amount: int) -> None:
        self.days = days
        self.amount = amount

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        day = effect.clock_day
        return customer.history.credits(day - self.days + 1, day) >= self.amount


class DebitsReach(Screen):
    """External debits of so many dates, the current one included, have reached an amount."""

    def __init__(self, days: int, amount: int) -> None:
        self.days = days
        self.amount = amount

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        day = effect.clock_day
        return customer.history.debits(day - self.days + 1, day) >= self.amount


class RecentDebitsReach(Screen):
    """External debits of the account in so many seconds up to the movement have reached an amount in the base currency."""

    def __init__(self, seconds: int, amount: int) -> None:
        self.seconds = seconds
        self.amount = amount

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return effect.account.debits.value(effect.at - self.seconds, effect.at) >= self.amount
