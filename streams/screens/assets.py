"""What the rules of assets (R20 to R28) share: their units, and what a customer's assets were.

Shares are in millionths. A customer whose figure cannot be told (no history, nothing owned, no plan) has `NOTHING`. The measures of one
rule, and its screen, stand in the module of the rule's name.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from schemas.movements import AssetClass
from streams.customer import CLASSES, Customer
from streams.history import KINDS_OF_CLASS

MILLION: Final = 1_000_000
NOTHING: Final = -1
DEMAND: Final = CLASSES.index(AssetClass.DEMAND_DEPOSIT)
COUNT: Final[i64] = len(CLASSES)
NEAR: Final = 1e-9
"""Far more than a share is out by when it is reckoned in floating point, far less than anybody sets as a threshold."""


def zeros() -> vec[i64]:
    """A place for each of `CLASSES`."""
    found = vec[i64](capacity=COUNT)
    for _ in range(COUNT):
        found = append(found, 0)
    return found


def rounded_down(figure: float) -> int:
    """A figure rounded down; NOTHING where it is so near to a whole number that its error might decide.

    Below a thousand millions, and reckoned from a few dozen figures above 0, it is out by less than a thousandth.
    """
    if not 0.0 <= figure < 1e9:
        return NOTHING
    whole = int(figure)
    return whole if 1e-3 < figure - whole < 1.0 - 1e-3 else NOTHING


def worth_at(customer: Customer, day: i64) -> vec[i64]:
    """What is owned in each of `CLASSES` at the close of a date that is kept, in base-currency units."""
    found = zeros()
    entries = customer.classes.entries
    size: i64 = len(entries)
    place: i64 = 0
    until = (day + 1) * KINDS_OF_CLASS
    while place < size and entries[place] < until:
        found[entries[place] % KINDS_OF_CLASS] = entries[place + 1]
        place += 2
    return found


def known_at(customer: Customer, day: i64) -> bool:
    """Whether there is a close of a date."""
    history = customer.history
    return history.begun and history.first <= day
