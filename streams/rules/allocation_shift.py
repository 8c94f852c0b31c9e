"""R26: what a customer owns is made up differently from a month ago."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from schemas.movements import AssetClass
from schemas.notifications import Window
from schemas.rules import Severity
from streams.customer import CLASSES
from streams.money import to_text
from streams.rule import (
    EVERYTHING,
    LONGEST_WINDOW,
    Bands,
    ConditionParameters,
    ConditionRule,
    Facts,
    Finding,
    Floor,
    Measured,
    Prepared,
    Said,
)
from streams.screens import Screen, standing_of
from streams.screens.allocation_shift import AllocationShifted, shift
from streams.screens.assets import NOTHING, worth_at
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text, asset_class, share, share_of

_Share = Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)]


class ShiftParameters(ConditionParameters):
    """The share of each window, by dates, and the assets from which on it matters."""

    shares: Annotated[
        dict[Annotated[int, Field(ge=1, le=LONGEST_WINDOW)], _Share], Field(description="By dates: the share of AUM that has moved")
    ] = {30: Decimal("0.15")}
    aum_floor: Floor | None = Field(None, description="Least AUM now; the lowest tier's floor if none is given")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(4)}


class AllocationShift(ConditionRule[ShiftParameters]):
    """Half the sum of abs(weight now - weight at the close W dates before) over all asset classes >= 15 % (W = 30 dates).

    A total variation distance; it needs no target. Rounded down to 0.000001. Not asked where AUM is below the floor of AUM (the lowest
    tier's `abs_floor`): an open one stays open. Without a close W dates before, or where the assets were 0 or less then, the history is
    insufficient. Facts: `then`, each class's value at that close, which with the allocation of the evidence gives the number; `aum_floor`.
    """

    rule_id = "R26"
    name = "allocation_shift"
    unit = "ratio"
    causes = EVERYTHING
    at_close = True
    parameters = ShiftParameters

    def screens(self, prepared: Prepared[ShiftParameters]) -> tuple[Screen, ...]:
        rearm, bands = prepared.parameters.rearm, prepared.bands
        windows = [(days, standing_of(self.name, facet, part, rearm, bands)) for days, part, facet in prepared.shares]
        return (AllocationShifted(windows, prepared.aum_floor),)

    def measure(self, situation: Situation, prepared: Prepared[ShiftParameters]) -> Iterator[Measured]:
        if situation.customer.aum < prepared.aum_floor:
            return
        for days, part, facet in prepared.shares:
            value = shift(situation.customer, situation.day, days)
            if value != NOTHING:
                yield Measured(value, part, facet)

    def facts(self, finding: Finding[ShiftParameters]) -> Facts:
        days = int(finding.measured.facet[:-1])
        first, last = window(finding.situation.day, days)
        then = worth_at(finding.situation.customer, finding.situation.day - days)
        told = " ".join(f"{CLASSES[place]} {to_text(value)}" for place, value in enumerate(then) if value)
        floor = to_text(finding.prepared.aum_floor)
        return Facts(Window(name=finding.measured.facet, first=first, last=last), (("then", told), ("aum_floor", floor)))

    def say(self, finding: Finding[ShiftParameters]) -> Said:
        changes = _changes(finding)
        more, less = max(changes, key=lambda one: one[1]), min(changes, key=lambda one: one[1])
        return Said(
            Text("资产配置明显变化", "The allocation has changed"),
            Text(
                "与{days}日前相比，{part}的资产换了类别：{more}占比上升{up}，{less}占比下降{down}。",
                "Compared with {days} days ago {part} of the assets are in another class: {more} gained {up}, {less} lost {down}.",
            ).fill(
                days=finding.measured.facet[:-1],
                part=share_of(finding.measured.value),
                more=asset_class(more[0]),
                up=share(more[1]),
                less=asset_class(less[0]),
                down=share(-less[1]),
            ),
            Text(
                "与客户确认调整的原因，检查新配置是否符合其目标与风险承受能力。",
                "Ask the customer for the reason, and see whether the new allocation suits their aims and their risk profile.",
            ),
        )


def _changes(finding: Finding[ShiftParameters]) -> list[tuple[AssetClass, Decimal]]:
    """By how much each class's weight has changed."""
    customer = finding.situation.customer
    now = [int(value) for value in customer.owned]
    then = [int(value) for value in worth_at(customer, finding.situation.day - int(finding.measured.facet[:-1]))]
    before = sum(then)
    return [(name, Decimal(now[place]) / customer.aum - Decimal(then[place]) / before) for place, name in enumerate(CLASSES)]


RULE = AllocationShift()
