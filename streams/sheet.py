"""A sheet: every rule's numbers for one kind of customer, ready to be asked by what a movement is."""

from __future__ import annotations

from typing import Any, Final

from schemas.movements import Direction, Flow
from streams.customer import Customer, Profile
from streams.portfolio import Effect
from streams.screens import Screen

FLOW_PLACE: Final = {flow: 2 * place for place, flow in enumerate(Flow)}
CAUSES: Final = tuple((flow, direction) for flow in Flow for direction in Direction)
"""Flow and direction of a movement, in the order of a sheet's lists."""
_CREDIT: Final = Direction.CREDIT


def cause_place(flow: Flow, direction: Direction) -> int:
    """The place of a movement's cause in a sheet's lists."""
    return FLOW_PLACE[flow] + (0 if direction is _CREDIT else 1)


class Asked:
    """A rule, its numbers, and what must be so at a movement for it to have anything new to say.

    `least` is an amount in base-currency units; of the `screens` one must pass; None where the rule is always asked.
    """

    def __init__(self, rule: Any, prepared: Any, least: int, screens: tuple[Screen, ...] | None) -> None:
        self.rule = rule
        self.name: str = rule.name
        self.prepared = prepared
        self.least = least
        self.screens = screens

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """Whether the rule must be asked."""
        if effect.value < self.least:
            return False
        if self.screens is None:
            return True
        for screen in self.screens:  # noqa: SIM110 - a generator costs more than most screens
            if screen.passes(customer, effect):
                return True
        return False

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:
        """Whether the rule must be asked at a date's first tick, which changed no tier, of a customer of whom nothing is open."""
        if self.screens is None:
            return True
        for screen in self.screens:  # noqa: SIM110
            if screen.passes_close(customer, day, average):
                return True
        return False

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """Whether the rule, of which something is open, has nothing new to say after a movement."""
        if self.screens is None:
            return False
        for screen in self.screens:  # noqa: SIM110
            if not screen.stays(customer, effect):
                return False
        return True

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """The same at a date's first tick that changed no tier."""
        if self.screens is None:
            return False
        for screen in self.screens:  # noqa: SIM110
            if not screen.stays_at_close(customer, day):
                return False
        return True


class Sheet:
    """The lists have a place for each of `CAUSES`."""

    def __init__(
        self,
        prepared: dict[str, Any],
        events: list[list[Asked]],
        on_break: list[Asked],
        conditions: list[list[Asked]],
        closing: list[Asked],
        sleepers: list[Asked],
        of_conditions: dict[str, Asked],
    ) -> None:
        self.prepared = prepared
        self.events = events
        self.on_break = on_break
        self.conditions = conditions
        self.closing = closing
        """The rules that are asked at the first tick of every date, in the order of the book."""
        self.open = of_conditions
        """Condition rules by name, to be asked while something of theirs is open."""
        self.sleepers = sleepers
        """Those that may have something to say of a customer who has long been quiet."""


class Held:
    """The sheet that holds for a customer, and what it was made for."""

    def __init__(self, sheet: Sheet, book: object, tier: str, profile: Profile) -> None:
        self.sheet = sheet
        self.book = book
        self.tier = tier
        self.profile = profile


def held_sheet(customer: Customer, book: object) -> Sheet | None:
    """The sheet that was made for the customer as it is now; None if it must be looked up."""
    held = customer.held
    if isinstance(held, Held) and held.book is book and held.profile is customer.profile and held.tier == customer.tier:
        return held.sheet
    return None
