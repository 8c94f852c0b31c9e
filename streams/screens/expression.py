"""What the bank's own rules may leave unasked."""

from __future__ import annotations

from streams.customer import Customer
from streams.portfolio import Effect
from streams.screens import Screen


class AmountFrom(Screen):
    """The movement has reached an amount in the base currency."""

    def __init__(self, least: int) -> None:
        self.least = least

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return effect.value >= self.least

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False


class AssetsFrom(Screen):
    """The customer's AUM has reached an amount."""

    def __init__(self, least: int) -> None:
        self.least = least

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return customer.aum >= self.least
