"""What R28 measures, how risky the holdings are beside the profile, and the screen that asks it first."""

from __future__ import annotations

from typing import Final

from streams.customer import IS_LIABILITY, Customer
from streams.exact import millionths
from streams.portfolio import Effect
from streams.screens import Screen, Standing
from streams.screens.assets import MILLION

LEAST_RISK: Final = 1
"""The score of a holding that has none."""


def risk(customer: Customer) -> tuple[int, int]:
    """The sum of value x score of what is owned, and the sum of the values; what is overdrawn counts for neither."""
    weighted = 0
    total = 0
    for account in customer.accounts.values():
        value = account.value
        if value is not None and value > 0 and not IS_LIABILITY[account.asset_class]:
            weighted += value * max(account.risk_score, LEAST_RISK)
            total += value
    return weighted, total


def risk_above(customer: Customer) -> int:
    """By how much the value-weighted score is above the profile, in millionths, rounded up; below 0 where it is below, 0 where unknown."""
    profile = customer.profile.risk_profile
    weighted, total = risk(customer)
    if profile == 0 or total == 0:
        return 0
    return -millionths(profile * total - weighted, total)


class RiskAbove(Screen):
    """The holdings are riskier than the profile by more than a tolerance."""

    def __init__(self, tolerance: int, standing: Standing) -> None:
        self.tolerance = tolerance
        self.standing = standing

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._above(customer)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._above(customer)

    def stays(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self.standing.stays(customer, risk_above(customer))

    def stays_at_close(self, customer: Customer, day: int) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self.standing.stays(customer, risk_above(customer))

    def _above(self, customer: Customer) -> bool:
        profile = customer.profile.risk_profile
        if profile == 0:
            return False
        tolerated = profile + self.tolerance // MILLION
        for account in customer.accounts.values():
            if account.risk_score > tolerated:
                return risk_above(customer) > self.tolerance
        return False
