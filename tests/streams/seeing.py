"""What a rule is shown: situations of a detector, to look at from outside."""

from __future__ import annotations

from typing import Any

from streams.situation import Situation
from tests.streams.builders import Detector


class _Seeing:
    """Stands in for a rule that is asked about every movement."""

    def __init__(self, rule: Any, seen: list[Situation]) -> None:
        self.name, self._seen = rule.name, seen

    def measure(self, shown: Situation, _: object) -> None:
        self._seen.append(shown)


def watch(detector: Detector, customer_id: str = "c1") -> list[Situation]:
    """A list that grows with every movement from here on, for as long as the customer's sheet is the same."""
    seen: list[Situation] = []
    sheet = detector.world.books.first.sheet(detector.customer(customer_id))
    for asked in (one for rules in sheet.events for one in rules if one.name == "dormant_reactivated"):
        asked.rule, asked.least, asked.screens = _Seeing(asked.rule, seen), 0, None
    return seen


def at_tick(detector: Detector, customer_id: str = "c1") -> Situation:
    """The customer at the tick that its clock stands at."""
    customer, own = detector.customer(customer_id), detector.world
    return Situation(customer, own.books.first, own.calendar, customer.clock, own.calendar.date_of(customer.clock))
