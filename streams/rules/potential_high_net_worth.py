"""R43: somebody who holds little here, and through whose account much flows: a lead for counter and lobby managers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from schemas.notifications import Window
from schemas.rules import Severity
from streams.customer import Customer
from streams.memory import SALARY_DAYS
from streams.money import ceiling, to_text, to_units
from streams.rule import Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.flows import LONG_AGO, MILLION, WEEK
from streams.screens.potential_high_net_worth import WorthMore, salary_level, through_flow
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text, money


class PotentialParameters(ConditionParameters):
    """Who counts as holding little, and what counts as much."""

    tiers_below: int = Field(1, ge=1, description="So many of the lowest tiers are below the line")
    times: Decimal = Field(Decimal(5), gt=0, le=10_000, decimal_places=6, description="Of AUM, and of the line, a year's flow must be")
    salary: Annotated[Decimal, Field(gt=0, decimal_places=4)] = Field(Decimal(30_000), description="A salary that is a lead by itself")
    bands: Bands = {Severity.NOTICE: Decimal(1)}


class PotentialHighNetWorth(ConditionRule[PotentialParameters]):
    """Tier below the line, and external credits and debits of 365 dates >= 5 x AUM and 5 x the line, or salary level >= 30,000.

    Decided once a week, at the first tick of a Monday. The tier is the profile's, else the one decided, and one of the lowest (the
    lowest alone by default); the line is that of the tier above those. AUM is AUM_avg(30), which needs 30 closes: little on the account for
    a day is no sign of anything. A year's flow is what is known of it; that it must be a multiple of the line, too, leaves out the many who
    spend what they earn. The salary level is the second largest credit of kind salary in 62 dates: what came at least twice. The measured
    value is the larger of flow / needed flow and salary level / limit, rounded down to a millionth, against 1; 0 once the tier is no longer
    below the line. Facts: `through_flow`, `needed_flow`, `salary_level`, `salary`, `average`.
    """

    rule_id = "R43"
    name = "potential_high_net_worth"
    unit = "ratio"
    causes = frozenset()
    at_close = True
    parameters = PotentialParameters

    def screens(self, prepared: Prepared[PotentialParameters]) -> tuple[Screen, ...]:
        own = prepared.parameters
        times = int(own.times * MILLION)
        return (WorthMore(_below(prepared), _line_times(prepared), times, to_units(own.salary), SALARY_DAYS, f"{self.name}:"),)

    def next_day(self, customer: Customer, day: int, prepared: Prepared[PotentialParameters]) -> int:  # noqa: ARG002
        return day + 1 + -day % WEEK if f"{self.name}:" in customer.conditions else 0

    def measure(self, situation: Situation, prepared: Prepared[PotentialParameters]) -> Iterator[Measured]:
        if situation.average is None or situation.day % WEEK != 1:
            return
        if not _below(prepared):
            yield Measured(0, MILLION)
            return
        flow, needed, level = _made_of(situation, prepared)
        yield Measured(max(flow * MILLION // needed, level * MILLION // to_units(prepared.parameters.salary)), MILLION)

    def facts(self, finding: Finding[PotentialParameters]) -> Facts:
        flow, needed, level = _made_of(finding.situation, finding.prepared)
        first, last = window(finding.situation.day, LONG_AGO)
        made_of = (
            ("through_flow", to_text(flow)),
            ("needed_flow", to_text(needed)),
            ("salary_level", to_text(level)),
            ("salary", str(finding.prepared.parameters.salary)),
            ("average", to_text(finding.situation.average or 0)),
        )
        return Facts(Window(name="365d", first=first, last=last), made_of)

    def say(self, finding: Finding[PotentialParameters]) -> Said:
        flow, needed, level = _made_of(finding.situation, finding.prepared)
        currency = finding.situation.bank.base_currency
        average = money(finding.situation.average or 0, currency)
        if level * needed >= flow * to_units(finding.prepared.parameters.salary):
            body = Text(
                "客户近两个月工资入账{level}，而近30日日均资产仅{average}。",
                "A salary of {level} has come in over two months, while the 30-day average of assets is {average}.",
            ).fill(level=money(level, currency), average=average)
        else:
            body = Text(
                "近一年行外资金进出合计{flow}，而近30日日均资产仅{average}。",
                "In a year {flow} came in from, or left for, other banks, while the 30-day average of assets is {average}.",
            ).fill(flow=money(flow, currency), average=average)
        return Said(
            Text("潜在高净值客户", "Potential high-net-worth customer"),
            body,
            Text(
                "到店时由柜面或大堂经理主动接触，介绍财富管理服务。",
                "When the customer comes in, have the counter or lobby manager introduce the wealth service.",
            ),
        )


def _below(prepared: Prepared[PotentialParameters]) -> bool:
    """Whether the tier is below the line."""
    return prepared.tier in prepared.tiers[: prepared.parameters.tiers_below]


def _line_times(prepared: Prepared[PotentialParameters]) -> int:
    """So many times the line, in base-currency units, and at least 1."""
    own = prepared.parameters
    above = prepared.tiers[min(own.tiers_below, len(prepared.tiers) - 1)] if prepared.tiers else prepared.tier
    return max(1, ceiling(own.times * above.line))


def _made_of(situation: Situation, prepared: Prepared[PotentialParameters]) -> tuple[int, int, int]:
    """A year's flow, what it must be, and the salary level."""
    customer, average = situation.customer, situation.average or 0
    needed = max(_line_times(prepared), -(-average * int(prepared.parameters.times * MILLION) // MILLION))
    return through_flow(customer.history, situation.day), needed, salary_level(customer, situation.day, SALARY_DAYS)


RULE = PotentialHighNetWorth()
