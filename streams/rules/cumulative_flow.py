"""R10 and R11: external credits, external debits, summed over a window of dates."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.notifications import Window
from schemas.rules import Severity
from streams.rule import (
    CORRECTIONS,
    EXTERNAL_CREDIT,
    EXTERNAL_DEBIT,
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
from streams.screens import CreditsReach, DebitsReach, Screen, standing_of
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text, money


class CumulativeParameters(ConditionParameters):
    """A limit for each window, by days: so many times the tier's floor."""

    abs_floor: Floor | None = Field(None, description="Instead of the tier's floor")
    limits: Annotated[
        dict[Annotated[int, Field(ge=1, le=LONGEST_WINDOW)], Annotated[Decimal, Field(gt=0)]],
        Field(description="By dates: so many times the floor"),
    ] = {7: Decimal(1), 30: Decimal(2)}


class CumulativeInflow(ConditionRule[CumulativeParameters]):
    """Sum of external credits in the window >= limit; windows of 7 and of 30 dates, today included, each a condition of its own.

    The limit is `times` x `abs_floor` of the tier. Facts: `tier`, `abs_floor`, `times`.
    """

    rule_id = "R10"
    name = "cumulative_inflow"
    causes = CORRECTIONS | {EXTERNAL_CREDIT}
    parameters = CumulativeParameters
    _which = 0
    _screen: ClassVar[type[CreditsReach | DebitsReach]] = CreditsReach
    _title = Text("近{days}日累计流入较大", "Large inflow over {days} days")
    _body = Text(
        "{first}至{last}（{days}日）行外资金累计流入{amount}，阈值{limit}。",
        "From {first} to {last} ({days} days) {amount} came in from outside the bank; the limit is {limit}.",
    )
    _action = Text("了解资金计划，安排一次资产配置面谈。", "Ask what is planned for the money and arrange an allocation talk.")

    def screens(self, prepared: Prepared[CumulativeParameters]) -> tuple[Screen, ...]:
        rearm, bands = prepared.parameters.rearm, prepared.bands
        return tuple(
            self._screen(days, limit, standing_of(self.name, facet, limit, rearm, bands)) for days, limit, facet in prepared.limits
        )

    def measure(self, situation: Situation, prepared: Prepared[CumulativeParameters]) -> Iterator[Measured]:
        history, today, held = situation.customer.history, situation.day, situation.customer.conditions
        for days, limit, facet in prepared.limits:
            total = history.within(today - days + 1, today)[self._which]
            if held or total >= limit:
                yield Measured(total, limit, facet)

    def facts(self, finding: Finding[CumulativeParameters]) -> Facts:
        days = int(finding.measured.facet[:-1])
        first, last = window(finding.situation.day, days)
        parameters, tier = finding.prepared.parameters, finding.prepared.tier
        made_of = (("tier", tier.name), ("abs_floor", str(parameters.abs_floor or tier.abs_floor)), ("times", str(parameters.limits[days])))
        return Facts(Window(name=finding.measured.facet, first=first, last=last), made_of)

    def say(self, finding: Finding[CumulativeParameters]) -> Said:
        days = finding.measured.facet[:-1]
        first, last = window(finding.situation.day, int(days))
        currency = finding.situation.bank.base_currency
        return Said(
            self._title.fill(days=days),
            self._body.fill(
                days=days,
                first=first.isoformat(),
                last=last.isoformat(),
                amount=money(finding.measured.value, currency),
                limit=money(finding.measured.threshold, currency),
            ),
            self._action,
        )


class OutflowParameters(CumulativeParameters):
    """Money that leaves matters sooner than money that comes."""

    bands: Bands = {Severity.WARNING: Decimal(1), Severity.CRITICAL: Decimal(5)}


class CumulativeOutflow(CumulativeInflow):
    """Sum of external debits in the window >= limit; windows of 7 and of 30 dates, today included, each a condition of its own.

    The limit is `times` x `abs_floor` of the tier. Facts: `tier`, `abs_floor`, `times`.
    """

    rule_id = "R11"
    name = "cumulative_outflow"
    causes = CORRECTIONS | {EXTERNAL_DEBIT}
    parameters = OutflowParameters
    _which = 1
    _screen = DebitsReach
    _title = Text("近{days}日累计流出较大", "Large outflow over {days} days")
    _body = Text(
        "{first}至{last}（{days}日）资金累计流出行外{amount}，阈值{limit}。",
        "From {first} to {last} ({days} days) {amount} left the bank; the limit is {limit}.",
    )
    _action = Text("致电了解流出原因，防止客户流失。", "Call to learn why money leaves, before the customer does.")


RULES = (CumulativeInflow(), CumulativeOutflow())
