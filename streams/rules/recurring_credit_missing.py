"""R34: a salary that came every month does not come."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.rules import Severity
from streams.memory import Rhythm
from streams.rule import EXTERNAL_CREDIT, Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.calendar import SalaryLate, expected_on, gaps_of
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, day

GIVEN_UP: int = 56
"""So many dates late it is expected no more: within the dates for which time passes for a customer who does not move."""


class MissingParameters(ConditionParameters):
    """How late is missing."""

    days: int = Field(5, ge=1, lt=GIVEN_UP, description="Dates after the expected one that close without it")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(4)}


class RecurringCreditMissing(ConditionRule[MissingParameters]):
    """A salary or pension seen >= 3 times at a monthly rhythm is >= 5 days late; a condition for each payer.

    The rhythm is that of a payer's latest credits of kind salary whose gaps are all of 26 to 35 dates; credits of one date are one. It is
    expected on the last date + the median gap, a half rounded down. The measured value is the dates after the expected one that have closed
    without it, 0 before; so it opens at the first tick of the sixth date after. It resolves when a salary of the payer comes, or when it is
    56 dates late and nobody expects it any more. The payer is the counterparty's account, else its name, else `salary`. A reversal changes
    nothing of the rhythm. Facts: `payer`, `last_on`, `expected_on`, `median_gap`, `credits` (of the rhythm).
    """

    rule_id = "R34"
    name = "recurring_credit_missing"
    unit = "days"
    causes = frozenset({EXTERNAL_CREDIT})
    at_close = True
    parameters = MissingParameters

    def screens(self, prepared: Prepared[MissingParameters]) -> tuple[Screen, ...]:
        return (SalaryLate(prepared.parameters.days, GIVEN_UP),)

    def measure(self, situation: Situation, prepared: Prepared[MissingParameters]) -> Iterator[Measured]:
        customer, days = situation.customer, prepared.parameters.days
        payers = set[str]()
        for rhythm in customer.memory.rhythms:
            expected = expected_on(rhythm)
            late = max(0, situation.day - 1 - expected) if expected else 0
            if late >= days or f"{self.name}:{rhythm.payer}" in customer.conditions:
                payers.add(rhythm.payer)
                yield Measured(late, days, rhythm.payer)
        for key in list(customer.conditions):
            rule, _, payer = key.partition(":")
            if rule == self.name and payer not in payers:
                yield Measured(0, days, payer)

    def opens(self, measured: Measured, situation: Situation, prepared: Prepared[MissingParameters]) -> bool:  # noqa: ARG002
        return measured.threshold <= measured.value < GIVEN_UP

    def resolves(self, measured: Measured, situation: Situation, prepared: Prepared[MissingParameters]) -> bool:
        return not self.opens(measured, situation, prepared)

    def facts(self, finding: Finding[MissingParameters]) -> Facts:
        rhythm = _rhythm(finding)
        gaps, expected = gaps_of(rhythm), expected_on(rhythm)
        last = rhythm.days[-1] if rhythm.days else 0
        return Facts(
            facts=(
                ("payer", finding.measured.facet),
                ("last_on", on(last).isoformat() if last else ""),
                ("expected_on", on(expected).isoformat() if expected else ""),
                ("median_gap", str(expected - last if expected else 0)),
                ("credits", str(len(gaps) + 1 if rhythm.days else 0)),
            )
        )

    def say(self, finding: Finding[MissingParameters]) -> Said:
        rhythm = _rhythm(finding)
        expected = expected_on(rhythm)
        if not rhythm.days or not expected or not finding.measured.value:
            body = Text("此前未到账的工资或养老金已到账。", "The salary or pension that was missing has come.")
        else:
            body = Text(
                "每月到账的工资或养老金预计{expected}到账，已逾期{late}天。上一笔在{last}。",
                "The monthly salary or pension expected on {expected} is {late} days late. The last one came on {last}.",
            ).fill(expected=day(on(expected)), late=str(finding.measured.value), last=day(on(rhythm.days[-1])))
        return Said(
            Text("固定工资或养老金未到账", "Regular salary or pension missing"),
            body,
            Text(
                "致电关心客户近况，了解代发是否转往他行。",
                "Call to ask how things are, and whether the salary goes to another bank now.",
            ),
        )


def _rhythm(finding: Finding[MissingParameters]) -> Rhythm:
    rhythms = finding.situation.customer.memory.rhythms
    return next((rhythm for rhythm in rhythms if rhythm.payer == finding.measured.facet), Rhythm("", []))


RULE = RecurringCreditMissing()
