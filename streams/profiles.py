"""What the detector keeps of a customer's profile."""

from __future__ import annotations

from datetime import date

from schemas.customers import Customer
from streams.customer import CLASSES, Profile, StandingOrder
from streams.money import to_units


def profile_of(told: Customer, offset: int) -> Profile:
    """What the detector needs of a customer's profile; `offset` is its place on the topic."""
    return Profile(
        offset,
        told.segment,
        told.tier,
        told.household_id,
        told.manager_id,
        told.branch,
        told.risk_profile or 0,
        [int(told.target_allocation.get(name, 0) * 1_000_000) for name in CLASSES] if told.target_allocation is not None else None,
        [StandingOrder(order.account_id, to_units(order.amount), order.day, _ordinal(order.until)) for order in told.standing_orders],
        _ordinal(told.born_on),
        _ordinal(told.customer_since),
        _ordinal(told.last_contact_on),
    )


def _ordinal(day: date | None) -> int:
    return 0 if day is None else day.toordinal()
