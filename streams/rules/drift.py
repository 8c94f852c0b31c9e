"""R24 and R25: the allocation has drifted from the plan that was agreed with the customer."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.movements import AssetClass
from schemas.rules import Severity
from streams.customer import CLASSES
from streams.money import to_decimal, to_units
from streams.rule import EVERYTHING, LONGEST_WINDOW, Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen, standing_of
from streams.screens.assets import MILLION, NOTHING, worth_at
from streams.screens.drift import ClassDrifted, TotalDrifted, drift_limit, drifts, total_drift
from streams.situation import Situation
from streams.wording import Text, asset_class, share, share_of


class ClassDriftParameters(ConditionParameters):
    """The 5/25 rule, and for how long."""

    absolute: Decimal = Field(Decimal("0.05"), gt=0, le=1, decimal_places=6, description="Share of AUM")
    relative: Decimal = Field(Decimal("0.25"), gt=0, le=100, decimal_places=6, description="Share of the target")
    days: int = Field(3, ge=1, le=LONGEST_WINDOW, description="Closes in a row")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(3)}


class ClassDrift(ConditionRule[ClassDriftParameters]):
    """abs(weight - target) of an asset class >= 5 points of AUM or >= 25 % of the target, whichever is smaller, at the last 3 closes.

    A condition for each class of the plan in the profile, and for each that the plan does not name: its target is 0, and only the 5 points
    count. Measured is the smallest of the three drifts, each rounded down to 0.000001; the threshold is rounded up. Asked at the first tick
    of a date; without three closes, or where the assets of one of them are 0 or less, the history is insufficient. A customer without a
    plan has no drift. Facts: `asset_class`, `target`, `closes` (the class's value / AUM at each of the closes, the oldest first).
    """

    rule_id = "R24"
    name = "class_drift"
    unit = "ratio"
    causes = frozenset()
    at_close = True
    parameters = ClassDriftParameters

    def screens(self, prepared: Prepared[ClassDriftParameters]) -> tuple[Screen, ...]:
        parameters = prepared.parameters
        return (ClassDrifted(parameters.days, *_limits(prepared), self.name, parameters.rearm, prepared.bands),)

    def measure(self, situation: Situation, prepared: Prepared[ClassDriftParameters]) -> Iterator[Measured]:
        customer = situation.customer
        target = customer.profile.target
        if not target:
            places = (place for place, name in enumerate(CLASSES) if f"{self.name}:{name}" in customer.conditions)
            yield from (Measured(0, 1, CLASSES[place]) for place in places)
            return
        for place, drift in enumerate(drifts(customer, situation.day, prepared.parameters.days)):
            yield Measured(drift, drift_limit(target[place], *_limits(prepared)), CLASSES[place])

    def facts(self, finding: Finding[ClassDriftParameters]) -> Facts:
        place, customer = _place(finding), finding.situation.customer
        closes = (worth_at(customer, finding.situation.day - back) for back in range(finding.prepared.parameters.days, 0, -1))
        told = " ".join(f"{to_decimal(held[place])}/{to_decimal(sum(map(int, held)))}" for held in closes)
        return Facts(facts=(("asset_class", finding.measured.facet), ("target", str(_target(finding))), ("closes", told)))

    def say(self, finding: Finding[ClassDriftParameters]) -> Said:
        place, situation = _place(finding), finding.situation
        weight = _weight(list(worth_at(situation.customer, situation.day - 1)), place)
        name = asset_class(AssetClass(finding.measured.facet))
        return Said(
            Text("{name}偏离目标比例", "An asset class is off its target: {name}").fill(name=name),
            Text(
                "{name}占客户资产{weight}，目标{target}，已连续{days}日偏离。",
                "{weight} of the customer's assets are {name}; the plan says {target}. It has been off for {days} days.",
            ).fill(
                name=name,
                weight=share_of(weight),
                target=share(_target(finding)),
                days=str(finding.prepared.parameters.days),
            ),
            Text("与客户讨论再平衡方案。", "Talk with the customer about rebalancing."),
        )


class TotalDriftParameters(ConditionParameters):
    """From which share on."""

    share: Decimal = Field(Decimal("0.10"), gt=0, le=100, decimal_places=6, description="Half the sum of the absolute drifts")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(3)}


class TotalDrift(ConditionRule[TotalDriftParameters]):
    """Half the sum of abs(weight - target) over all asset classes >= 10 % of AUM.

    Weights are those of now, targets those of the plan in the profile; a class that the plan does not name has a target of 0. Rounded down
    to 0.000001. Without a plan there is no drift; where AUM is 0 or less it is not asked. Facts: `target`, the classes of the plan with
    their shares, which with the allocation of the evidence give the number.
    """

    rule_id = "R25"
    name = "total_drift"
    unit = "ratio"
    causes = EVERYTHING
    at_close = True
    parameters = TotalDriftParameters

    def screens(self, prepared: Prepared[TotalDriftParameters]) -> tuple[Screen, ...]:
        limit = to_units(prepared.parameters.share * 100)
        return (TotalDrifted(standing_of(self.name, "", limit, prepared.parameters.rearm, prepared.bands)),)

    def measure(self, situation: Situation, prepared: Prepared[TotalDriftParameters]) -> Iterator[Measured]:
        customer = situation.customer
        value, planned = total_drift(customer), bool(customer.profile.target)
        if value != NOTHING or not planned:
            yield Measured(max(value, 0), to_units(prepared.parameters.share * 100))

    def facts(self, finding: Finding[TotalDriftParameters]) -> Facts:
        target = zip(CLASSES, finding.situation.customer.profile.target, strict=False)
        told = " ".join(f"{name} {Decimal(part).scaleb(-6)}" for name, part in target if part)
        return Facts(facts=(("target", told),))

    def say(self, finding: Finding[TotalDriftParameters]) -> Said:
        off = _off(finding)
        most = max(off, key=lambda one: abs(one[1]), default=None)
        named = Text("", "")
        if most is not None:
            way = Text("高", "above") if most[1] > 0 else Text("低", "below")
            named = Text("偏离最大的是{name}，比目标{way}{part}。", " Furthest off are {name}, {part} of assets {way} the plan.").fill(
                name=asset_class(most[0]), way=way, part=share_of(abs(most[1]))
            )
        return Said(
            Text("资产配置偏离目标", "The allocation is off the plan"),
            Text("整体偏离目标{part}。", "{part} of the assets would have to move to meet the plan.").fill(
                part=share_of(finding.measured.value)
            )
            + named,
            Text("与客户约定时间，检视并调整资产配置。", "Arrange a review of the allocation with the customer."),
        )


def _limits(prepared: Prepared[ClassDriftParameters]) -> tuple[int, int]:
    """The absolute and the relative limit in millionths."""
    return to_units(prepared.parameters.absolute * 100), to_units(prepared.parameters.relative * 100)


def _place(finding: Finding[ClassDriftParameters]) -> int:
    return CLASSES.index(AssetClass(finding.measured.facet))


def _target(finding: Finding[ClassDriftParameters]) -> Decimal:
    target = finding.situation.customer.profile.target
    return Decimal(target[_place(finding)]).scaleb(-6) if target else Decimal(0)


def _weight(held: list[int], place: int) -> int:
    """A class's weight in millionths, rounded half up for people to read; 0 of nothing."""
    total = sum(held)
    return (2 * held[place] * MILLION + total) // (2 * total) if total > 0 else 0


def _off(finding: Finding[TotalDriftParameters]) -> list[tuple[AssetClass, int]]:
    """By how many millionths each class is above its target, rounded; those that are not are left out."""
    customer = finding.situation.customer
    held, target = [int(value) for value in customer.owned], customer.profile.target
    pairs = ((CLASSES[place], _weight(held, place) - share) for place, share in enumerate(target))
    return [(name, off) for name, off in pairs if off]


RULES = (ClassDrift(), TotalDrift())
