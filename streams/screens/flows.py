"""What the rules of flows (R12 to R19, R41, R43) share: their units, and what is known of a customer's dates.

All of it is reckoned in whole numbers, so that it is the same compiled or not, on every machine. A ratio, and how many deviations something
is off, are in millionths, rounded down; a threshold in millionths is reached by the rounded number exactly when the true one reaches it.
The measures of one rule, and its screen, stand in the module of the rule's name.
"""

from __future__ import annotations

from typing import Final

from streams.customer import Customer
from streams.history import History

MILLION: Final = 1_000_000
UNKNOWN: Final = -1
"""Instead of a number that no sufficient history, or no divisor, allows."""
LONG_AGO: Final = 365
"""Dates, today included, of a year's flows."""
SEED: Final = 30
"""Dates that a moving average begins with; also its half-life."""
MOST_Z: Final = 1_000
"""Deviations; what is further off is not told apart."""
WEEK: Final = 7
_NEVER: Final = 1 << 40


def known_from(history: History) -> int:
    """The first date of which all flows are known; beyond all dates where nothing is."""
    rows = history.rows
    if len(rows) == 0:
        return _NEVER
    return max(rows[0], history.kept_from)


def all_open(customer: Customer, keys: tuple[str, ...]) -> bool:
    """Whether none of these conditions is only cooling down, and one at least is there."""
    found = False
    for key in keys:
        held = customer.conditions.get(key)
        if held is not None:
            if held.notification_id == "":
                return False
            found = True
    return found
