"""A sheet: every rule's numbers for one kind of customer, ready to be asked by what a movement is."""

from __future__ import annotations

from typing import Any, Final

from schemas.movements import Direction, Flow
from streams.customer import Profile
from streams.screens import Screen

FLOW_PLACE: Final = {flow: 2 * place for place, flow in enumerate(Flow)}
CAUSES: Final = tuple((flow, direction) for flow in Flow for direction in Direction)
"""Flow and direction of a movement, in the order of a sheet's lists."""
_CREDIT: Final = Direction.CREDIT


def cause_place(flow: Flow, direction: Direction) -> int:
    """The place of a movement's cause in a sheet's lists."""
    return FLOW_PLACE[flow] + (0 if direction is _CREDIT else 1)


class AskedEvent:
    """An event rule, its numbers, and the least amount, in base-currency units, from which it can fire."""

    def __init__(self, rule: Any, prepared: Any, least: int) -> None:
        self.rule = rule
        self.prepared = prepared
        self.least = least


class AskedCondition:
    """A condition rule, its numbers, and the screens of which one must pass for it to open; None where it is always asked."""

    def __init__(self, rule: Any, prepared: Any, screens: tuple[Screen, ...] | None) -> None:
        self.rule = rule
        self.prepared = prepared
        self.screens = screens

    def may_open(self, customer: Any, day: int) -> bool:
        """Whether the rule must be asked although nothing is open."""
        screens = self.screens
        if screens is None:
            return True
        for screen in screens:
            if screen.passes(customer, day):
                return True
        return False


class Sheet:
    """The lists have a place for each of `CAUSES`."""

    def __init__(
        self,
        prepared: dict[str, Any],
        events: list[list[AskedEvent]],
        on_break: list[AskedEvent],
        conditions: list[list[AskedCondition]],
    ) -> None:
        self.prepared = prepared
        self.events = events
        self.least: list[int] = [min((asked.least for asked in rules), default=1 << 62) for rules in events]
        """The least amount from which any event rule can fire."""
        self.on_break = on_break
        self.conditions = conditions


class Held:
    """The sheet that holds for a customer, and what it was made for."""

    def __init__(self, sheet: Sheet, book: object, tier: str, profile: Profile) -> None:
        self.sheet = sheet
        self.book = book
        self.tier = tier
        self.profile = profile
