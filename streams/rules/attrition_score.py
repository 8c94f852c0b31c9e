"""R42: several signs together say that the customer may leave."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import Annotated

from pydantic import Field

from schemas.rules import Mode, Severity
from streams.customer import Customer
from streams.memory import FIRED_DAYS
from streams.rule import Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.relationship import Sign, SignsReach
from streams.situation import Situation
from streams.wording import Text

WEIGHTS = {
    "net_outflow_ratio": 30,
    "full_sweep": 30,
    "to_competitor": 20,
    "cumulative_to_competitor": 20,
    "activity_drop": 20,
    "recurring_credit_missing": 20,
    "tier_down_risk": 15,
    "early_redemption": 15,
    "matured_not_reinvested": 10,
}
NAMES = {
    "net_outflow_ratio": Text("净流出占比较高", "a large share has left"),
    "full_sweep": Text("账户被转空", "an account was swept"),
    "to_competitor": Text("大额资金转往他行", "a large amount went to a competitor"),
    "cumulative_to_competitor": Text("资金陆续转往他行", "money keeps going to competitors"),
    "activity_drop": Text("交易明显减少", "far fewer movements"),
    "recurring_credit_missing": Text("工资或养老金未到账", "the salary has not come"),
    "tier_down_risk": Text("可能降级", "may fall a tier"),
    "early_redemption": Text("产品提前赎回", "a product was ended early"),
    "matured_not_reinvested": Text("到期资金未续作", "matured money was not placed again"),
}
"""A sign's words; another rule of the bank's choice stands under its name."""


class AttritionParameters(ConditionParameters):
    """What each sign weighs, and from which sum on it matters. Starting points, not published practice."""

    weights: dict[str, Annotated[int, Field(ge=0, le=1_000)]] = Field(WEIGHTS, description="Points of each rule that speaks for attrition")
    score: int = Field(50, ge=1, description="Sum of the points")
    days: int = Field(90, ge=1, le=FIRED_DAYS, description="Dates, today included, for which an event counts")
    bands: Bands = {Severity.WARNING: Decimal(1), Severity.CRITICAL: Decimal("1.6")}

    @cached_property
    def signs(self) -> list[Sign]:
        """What weighs anything, the heaviest first."""
        return [Sign(rule, weight) for rule, weight in sorted(self.weights.items(), key=lambda one: (-one[1], one[0])) if weight]

    def rules_named(self) -> frozenset[str]:
        return frozenset(self.weights) if "weights" in self.model_fields_set else frozenset()


class AttritionScore(ConditionRule[AttritionParameters]):
    """Sum of the weights of the rules that speak for attrition >= `score`: those open now, and those that fired in the last 90 dates.

    A condition counts while it is open, whichever of its facets; an event rule for 90 dates, today included, from the date on which it
    fired, unless a reversal has taken that back. Each rule counts once. Rules in test or off count for nothing. It is asked after a
    movement or tick at which any rule has spoken, and at the first tick of each date.
    Facts: `reasons`, the rules that count with their weights, the heaviest first; `days`.
    """

    rule_id = "R42"
    name = "attrition_score"
    unit = "count"
    causes = frozenset()
    at_close = True
    heeds = True
    parameters = AttritionParameters

    def screens(self, prepared: Prepared[AttritionParameters]) -> tuple[Screen, ...]:
        parameters = prepared.parameters
        return (SignsReach(parameters.signs, parameters.days, parameters.score),)

    def next_day(self, customer: Customer, day: int, prepared: Prepared[AttritionParameters]) -> int:
        if f"{self.name}:" not in customer.conditions:
            return 0
        gone = [int(fired) + prepared.parameters.days for fired in list(customer.memory.fired)[1::3]]
        return min((last for last in gone if last > day), default=0)

    def measure(self, situation: Situation, prepared: Prepared[AttritionParameters]) -> Iterator[Measured]:
        score = sum(sign.weight for sign in _reasons(situation, prepared))
        if score >= prepared.parameters.score or f"{self.name}:" in situation.customer.conditions:
            yield Measured(score, prepared.parameters.score)

    def facts(self, finding: Finding[AttritionParameters]) -> Facts:
        reasons = _reasons(finding.situation, finding.prepared)
        listed = " ".join(f"{sign.rule}:{sign.weight}" for sign in reasons)
        return Facts(facts=(("reasons", listed), ("days", str(finding.prepared.parameters.days))))

    def say(self, finding: Finding[AttritionParameters]) -> Said:
        reasons = [NAMES.get(sign.rule, Text(sign.rule, sign.rule)) for sign in _reasons(finding.situation, finding.prepared)]
        listed = Text("、".join(one.chinese for one in reasons) or "无", ", ".join(one.english for one in reasons) or "none")
        return Said(
            Text("客户流失风险", "The customer may leave"),
            Text("流失风险得分{score}（阈值{limit}）。原因：{listed}。", "Attrition score {score}, limit {limit}. Signs: {listed}.").fill(
                score=str(finding.measured.value), limit=str(finding.measured.threshold), listed=listed
            ),
            Text(
                "尽快约见客户，逐项了解原因，商定挽留方案。",
                "Arrange to meet soon, go through the signs one by one, and agree on what would keep the customer.",
            ),
        )


def _reasons(situation: Situation, prepared: Prepared[AttritionParameters]) -> list[Sign]:
    """The signs that show, of rules that are live."""
    book, since = situation.book, situation.day - prepared.parameters.days + 1
    signs = [sign for sign in prepared.parameters.signs if sign.rule in book.rules and book.settings[sign.rule].mode is Mode.LIVE]
    return [sign for sign in signs if sign.shows(situation.customer, since)]


RULE = AttritionScore()
