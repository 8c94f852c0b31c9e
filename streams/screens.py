"""Screens: what can be told of a customer in a fraction of a microsecond, so that most rules need not be asked about most movements."""

from __future__ import annotations

from streams.customer import Customer


class Screen:
    """One question to the customer's figures, after a movement."""

    def passes(self, customer: Customer, day: int) -> bool:  # noqa: ARG002
        """Whether the rule must be asked; `day` is the business date of the customer's clock."""
        return True


class CreditsReach(Screen):
    """External credits of so many dates, the current one included, have reached an amount."""

    def __init__(self, days: int, amount: int) -> None:
        self.days = days
        self.amount = amount

    def passes(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return customer.history.credits(day - self.days + 1, day) >= self.amount


class DebitsReach(Screen):
    """External debits of so many dates, the current one included, have reached an amount."""

    def __init__(self, days: int, amount: int) -> None:
        self.days = days
        self.amount = amount

    def passes(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return customer.history.debits(day - self.days + 1, day) >= self.amount
