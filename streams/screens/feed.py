"""Screens of what is said about a feed rather than about a customer's wealth."""

from __future__ import annotations

from typing import Final

from streams.customer import Customer
from streams.portfolio import Effect
from streams.screens import Screen

DAY: Final = 86_400
SPARE: Final = 7_200
"""A date may be shorter than a day: where clocks are put forward, by an hour, once by two."""


def moved_up_to(customer: Customer) -> int:
    """The event time of the customer's latest movement. Other than the clock, it does not depend on which hours were told to pass."""
    latest = 0
    for account in customer.accounts.values():
        latest = max(latest, account.latest)
    return latest


class LateBy(Screen):
    """The movement may be so many dates behind its customer's latest."""

    def __init__(self, days: int) -> None:
        self.seconds = (days - 1) * DAY - SPARE

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return effect.late and moved_up_to(customer) - effect.at > self.seconds

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False


class Unpriced(Screen):
    """Nobody knows what an account is worth: the one that moved; at a close, any."""

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return effect.account.unpriced

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return any(account.unpriced for account in customer.accounts.values())
