"""R40: AUM_avg(30) crosses up a tier line, or comes near one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.rules import Severity
from streams.money import ceiling, to_decimal, to_units
from streams.rule import Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import AtTierChange, AverageWithin, Screen
from streams.situation import Situation
from streams.wording import Text, money


class TierParameters(ConditionParameters):
    """A tier is lost by the bank's hysteresis, not by `rearm`."""


class TierUp(ConditionRule[TierParameters]):
    """AUM_avg(30) >= the line of a tier above the one held; resolves when the average is below the line less the hysteresis (5 %).

    AUM_avg(30) is the mean of the daily closing AUM of the last 30 closed dates (today not among them), rounded down to 0.0001; it is
    decided once a date, at the first tick, and needs 30 closes. The first average that can be decided sets the tier silently: nothing was
    crossed. Where several lines are crossed at once, the highest is told. Where the profile gives a tier, a line at or below it is none to
    cross. Facts: `tier_before`, `tier`.
    """

    rule_id = "R40"
    name = "tier_up"
    causes = frozenset()
    at_close = True
    parameters = TierParameters

    def screens(self, prepared: Prepared[TierParameters]) -> tuple[Screen, ...]:  # noqa: ARG002
        return (AtTierChange(),)

    def measure(self, situation: Situation, prepared: Prepared[TierParameters]) -> Iterator[Measured]:  # noqa: ARG002
        average, customer = situation.average, situation.customer
        if average is None:
            return
        before, decided = situation.tier_before, customer.tier
        if before == decided and not customer.conditions:
            return
        places = {tier.name: place for place, tier in enumerate(situation.bank.tiers)}
        had = max(places.get(before, 0), places.get(customer.profile.tier or "", 0))
        for tier in situation.bank.tiers[1:]:
            crossed = before in places and tier.name == decided and places[decided] > had
            if crossed or f"{self.name}:{tier.name}" in customer.conditions:
                yield Measured(average, to_units(tier.line), tier.name)

    def resolves(self, measured: Measured, situation: Situation, prepared: Prepared[TierParameters]) -> bool:  # noqa: ARG002
        return measured.value < ceiling(line_of(measured, situation) * (1 - situation.bank.tier_hysteresis))

    def facts(self, finding: Finding[TierParameters]) -> Facts:
        return Facts(facts=(("tier_before", finding.situation.tier_before), ("tier", finding.situation.customer.tier)))

    def say(self, finding: Finding[TierParameters]) -> Said:
        currency = finding.situation.bank.base_currency
        return Said(
            Text("客户等级提升", "Customer moves up a tier"),
            Text(
                "近30日日均资产{average}，达到{tier}级门槛{line}。",
                "The 30-day average of assets is {average}: at or above the {tier} line of {line}.",
            ).fill(
                average=money(finding.measured.value, currency),
                line=money(finding.measured.threshold, currency),
                tier=tier_name(finding.measured.facet),
            ),
            Text("致电祝贺，介绍新等级权益。", "Call to congratulate and explain what the new tier offers."),
        )


class NearParameters(ConditionParameters):
    """From which share of the next line on a customer is near it."""

    near: Decimal = Field(Decimal("0.90"), gt=0, lt=1, description="From this share of a tier's line on it is near")
    bands: Bands = {Severity.INFO: Decimal(1)}


class NearTier(ConditionRule[NearParameters]):
    """AUM_avg(30) in [0.9, 1) x the line above the tier held, decided or given by the profile; resolves on leaving that band either way.

    The measured value is AUM_avg(30) as in tier_up; the threshold is the band's lower end. Facts: `line`, `missing` (line - average).
    """

    rule_id = "R40"
    name = "near_tier"
    causes = frozenset()
    at_close = True
    parameters = NearParameters

    def screens(self, prepared: Prepared[NearParameters]) -> tuple[Screen, ...]:
        lines = [tier.line for tier in prepared.tiers[1:]]
        return (AverageWithin(tuple((ceiling(line * prepared.parameters.near), to_units(line)) for line in lines)),)

    def measure(self, situation: Situation, prepared: Prepared[NearParameters]) -> Iterator[Measured]:
        average, customer = situation.average, situation.customer
        if average is None:
            return
        held = {customer.tier, customer.profile.tier}
        tiers = situation.bank.tiers
        has = max((place for place, tier in enumerate(tiers) if tier.name in held), default=0)
        for place, tier in enumerate(tiers):
            if place == has + 1 or (customer.conditions and f"{self.name}:{tier.name}" in customer.conditions):
                yield Measured(average, ceiling(tier.line * prepared.parameters.near), tier.name)

    def opens(self, measured: Measured, situation: Situation, prepared: Prepared[NearParameters]) -> bool:  # noqa: ARG002
        return measured.threshold <= measured.value < to_units(line_of(measured, situation))

    def resolves(self, measured: Measured, situation: Situation, prepared: Prepared[NearParameters]) -> bool:
        return not self.opens(measured, situation, prepared)

    def facts(self, finding: Finding[NearParameters]) -> Facts:
        line = line_of(finding.measured, finding.situation)
        return Facts(facts=(("line", str(line)), ("missing", str(line - to_decimal(finding.measured.value)))))

    def say(self, finding: Finding[NearParameters]) -> Said:
        currency = finding.situation.bank.base_currency
        line = to_units(line_of(finding.measured, finding.situation))
        missing = max(0, line - finding.measured.value)
        return Said(
            Text("接近上一等级", "Close to the next tier"),
            Text(
                "近30日日均资产{average}，距{tier}级门槛还差{missing}。",
                "The 30-day average of assets is {average}: {missing} short of the {tier} line.",
            ).fill(
                average=money(finding.measured.value, currency), missing=money(missing, currency), tier=tier_name(finding.measured.facet)
            ),
            Text("联系客户，介绍提升等级的方案。", "Get in touch and show what it takes to move up."),
        )


def line_of(measured: Measured, situation: Situation) -> Decimal:
    """The line of the tier that a facet names."""
    return next(tier.line for tier in situation.bank.tiers if tier.name == measured.facet)


_NAMES = {
    "basic": Text("大众", "basic"),
    "gold": Text("黄金", "gold"),
    "platinum": Text("白金", "platinum"),
    "private": Text("私人银行", "private"),
}


def tier_name(name: str) -> Text:
    """A tier's name in both languages; a bank's own name stands as it is."""
    return _NAMES.get(name, Text(name, name))


RULES = (TierUp(), NearTier())
