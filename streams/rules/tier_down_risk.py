"""R41: a customer's average assets sink towards the end of their tier."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from schemas.rules import Severity
from streams.falling import FallingParameters, FallingRule
from streams.money import to_text, to_units
from streams.rule import Bands, Facts, Finding, Measured, Prepared, Said
from streams.rules.tier import line_of, tier_name
from streams.screens import Screen
from streams.screens.flows import SEED
from streams.screens.tier_down_risk import AverageSinks, continued
from streams.situation import Situation
from streams.wording import Text, money


class TierDownParameters(FallingParameters):
    """A tier that may be lost is worth a call."""

    bands: Annotated[Bands, Field(max_length=1)] = {Severity.WARNING: Decimal(1)}


class TierDownRisk(FallingRule[TierDownParameters]):
    """AUM_avg(30), continued for 30 dates as it has gone over the last 30, < the line of the tier held; resolves at the line / 0.8.

    Measured at the first tick of a date: average + (average - average 30 dates before), rounded down to 0.0001; it needs 60 closes. The
    tier is the one that AUM_avg(30) has decided (a tier that the profile gives is not lost by it), and not the lowest. It opens only while
    the average falls, and resolves, too, when the tier is lost: then the risk has come true. Facts: `average`, `average_before`, `line`.
    """

    rule_id = "R41"
    name = "tier_down_risk"
    causes = frozenset()
    at_close = True
    parameters = TierDownParameters

    def screens(self, prepared: Prepared[TierDownParameters]) -> tuple[Screen, ...]:
        return (AverageSinks({tier.name: to_units(tier.line) for tier in prepared.tiers[1:]}),)

    def measure(self, situation: Situation, prepared: Prepared[TierDownParameters]) -> Iterator[Measured]:  # noqa: ARG002
        customer = situation.customer
        sums = None if situation.average is None else continued(customer.history, situation.day)
        if sums is None:
            return
        now, before = sums
        for tier in situation.bank.tiers[1:]:
            opened = f"{self.name}:{tier.name}" in customer.conditions
            if opened or (tier.name == customer.tier and now < before):
                yield Measured((2 * now - before) // SEED, to_units(tier.line), tier.name)

    def resolves(self, measured: Measured, situation: Situation, prepared: Prepared[TierDownParameters]) -> bool:
        return _lost(measured, situation) or super().resolves(measured, situation, prepared)

    def facts(self, finding: Finding[TierDownParameters]) -> Facts:
        now, before = _averages(finding)
        line = line_of(finding.measured, finding.situation)
        return Facts(facts=(("average", to_text(now)), ("average_before", to_text(before)), ("line", str(line))))

    def say(self, finding: Finding[TierDownParameters]) -> Said:
        now, before = _averages(finding)
        currency = finding.situation.bank.base_currency
        values: dict[str, Text | str] = {
            "tier": tier_name(finding.measured.facet),
            "line": money(finding.measured.threshold, currency),
            "now": money(now, currency),
            "before": money(before, currency),
            "ahead": money(finding.measured.value, currency),
        }
        lost = _lost(finding.measured, finding.situation)
        return Said(
            Text("客户有降级风险", "Customer may fall a tier"),
            (
                Text(
                    "近30日日均资产由{before}降至{now}，已低于{tier}级门槛{line}。",
                    "The 30-day average of assets went from {before} to {now}: below the {tier} line of {line}.",
                )
                if lost
                else Text(
                    "近30日日均资产为{now}，30日前为{before}；照此趋势30日后为{ahead}，{tier}级门槛为{line}。",
                    "The 30-day average of assets is {now}, and was {before} 30 days ago; if it goes on so, it is {ahead} in 30 days. "
                    "The {tier} line is {line}.",
                )
            ).fill(**values),
            Text("联系客户了解资金安排，说明保级权益与方案。", "Get in touch: learn the customer's plans and show what keeps the tier."),
        )


def _lost(measured: Measured, situation: Situation) -> bool:
    """Whether the tier is one above that which is held now."""
    places = {tier.name: place for place, tier in enumerate(situation.bank.tiers)}
    return places.get(situation.customer.tier, 0) < places[measured.facet]


def _averages(finding: Finding[TierDownParameters]) -> tuple[int, int]:
    """AUM_avg(30) now, and 30 dates before."""
    sums = continued(finding.situation.customer.history, finding.situation.day)
    return (0, 0) if sums is None else (sums[0] // SEED, sums[1] // SEED)


RULE = TierDownRisk()
