"""R28: the holdings are riskier than what the customer may be sold."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.rules import Severity
from streams.money import to_text, to_units
from streams.rule import EVERYTHING, Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen, standing_of
from streams.screens.risk_mismatch import RiskAbove, risk, risk_above
from streams.situation import Situation
from streams.wording import Text


class RiskParameters(ConditionParameters):
    """How far above the profile is borne."""

    tolerance: Decimal = Field(Decimal(1), gt=0, le=4, decimal_places=6, description="Steps of the scale from 1 to 5")
    bands: Bands = {Severity.WARNING: Decimal(1), Severity.CRITICAL: Decimal(3)}


class RiskMismatch(ConditionRule[RiskParameters]):
    """Value-weighted risk score of what is owned - the profile's risk level > the tolerance of 1 step; scale 1 to 5.

    The score of a holding is the last `risk_score` that its movements gave; one that has none counts as 1, the least risk, as deposits do.
    Weighted by the value in the base currency of every asset account that is above 0. The difference is rounded up to 0.000001. Exactly the
    tolerance is borne; it resolves at < rearm x tolerance. The profile says up to which risk a customer may be sold something: safer
    holdings are no mismatch, and a customer without a risk level is not asked about; what is open then, or when nothing is owned any more,
    resolves. Facts: `risk_profile`, `weighted` (the sum of value x score), `owned` (the sum of the values).
    """

    rule_id = "R28"
    name = "risk_mismatch"
    unit = "ratio"
    causes = EVERYTHING
    at_close = True
    parameters = RiskParameters

    def screens(self, prepared: Prepared[RiskParameters]) -> tuple[Screen, ...]:
        tolerance = to_units(prepared.parameters.tolerance * 100)
        return (RiskAbove(tolerance, standing_of(self.name, "", tolerance, prepared.parameters.rearm, prepared.bands)),)

    def measure(self, situation: Situation, prepared: Prepared[RiskParameters]) -> Iterator[Measured]:
        yield Measured(risk_above(situation.customer), to_units(prepared.parameters.tolerance * 100))

    def opens(self, measured: Measured, situation: Situation, prepared: Prepared[RiskParameters]) -> bool:  # noqa: ARG002
        return measured.value > measured.threshold

    def facts(self, finding: Finding[RiskParameters]) -> Facts:
        customer = finding.situation.customer
        weighted, owned = risk(customer)
        told = (("weighted", to_text(weighted)), ("owned", to_text(owned)))
        return Facts(facts=(("risk_profile", str(customer.profile.risk_profile)), *told))

    def say(self, finding: Finding[RiskParameters]) -> Said:
        customer = finding.situation.customer
        weighted, owned = risk(customer)
        score = f"{Decimal(weighted) / Decimal(owned):.1f}" if owned else "1.0"
        return Said(
            Text("持仓风险高于客户承受能力", "Holdings riskier than the customer's profile"),
            Text(
                "持仓按市值加权的风险等级为{score}，客户的风险承受能力等级为{profile}（1至5级）。",
                "By value the holdings have a risk score of {score}; the customer's profile is {profile} on the scale from 1 to 5.",
            ).fill(score=score, profile=str(customer.profile.risk_profile)),
            Text(
                "联系客户重新评估风险承受能力，并调整不匹配的持仓。",
                "Review the risk profile with the customer, and adjust the holdings that do not suit.",
            ),
        )


RULE = RiskMismatch()
