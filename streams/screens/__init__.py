"""Screens: what can be told of a customer in a fraction of a microsecond, so that most rules need not be asked about most movements."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

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

    def stays(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """Whether a rule of which something is open has nothing new to say after a movement: no facet opens, escalates or resolves."""
        return False

    def stays_at_close(self, customer: Customer, day: int) -> bool:  # noqa: ARG002
        """The same at a date's first tick that changed no tier."""
        return False


class Standing:
    """From where on one facet's value opens, escalates and resolves, to be compared with what is open; for rules that watch a rise."""

    def __init__(self, key: str, threshold: int, resolves_below: int, bands: list[tuple[str, int]]) -> None:
        """Prepare; `bands` are severities with the least value of each, lowest first (see `standing_of`)."""
        self.key = key
        """Of the facet in a customer's conditions."""
        self.threshold = threshold
        self.resolves_below = resolves_below
        self.bands = bands

    def stays(self, customer: Customer, value: int) -> bool:
        """Whether a value leaves the facet as it is."""
        held = customer.conditions.get(self.key)
        if held is None:
            return value < self.threshold
        if held.notification_id == "" or value < self.resolves_below:
            return False
        reached = False
        for severity, least in self.bands:
            if reached:
                return value < least
            reached = severity == held.severity
        return reached


def standing_of(name: str, facet: str, threshold: int, rearm: Decimal, bands: tuple[tuple[str, Decimal], ...]) -> Standing:
    """The standing of a facet from its rule's numbers.

    Args:
        name: of the rule.
        facet: which of its numbers.
        threshold: from which value on it opens.
        rearm: below this share of the threshold it resolves.
        bands: severities and the multiples of the threshold from which they hold, lowest first.
    """
    lowers = [(str(severity), _ceiling(multiple * threshold)) for severity, multiple in bands]
    return Standing(f"{name}:{facet}", threshold, _ceiling(rearm * threshold), lowers)


def _ceiling(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))


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

    def __init__(self, days: int, amount: int, standing: Standing) -> None:
        self.days = days
        self.amount = amount
        self.standing = standing

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return self.standing.stays(customer, customer.history.credits(day - self.days + 1, day))

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        day = effect.clock_day
        return customer.history.credits(day - self.days + 1, day) >= self.amount


class DebitsReach(Screen):
    """External debits of so many dates, the current one included, have reached an amount."""

    def __init__(self, days: int, amount: int, standing: Standing) -> None:
        self.days = days
        self.amount = amount
        self.standing = standing

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return self.standing.stays(customer, customer.history.debits(day - self.days + 1, day))

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
