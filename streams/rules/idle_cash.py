"""R23: a large amount stands on demand deposits for days."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.rules import Severity
from streams.money import to_decimal, to_text
from streams.rule import LONGEST_WINDOW, Bands, ConditionParameters, ConditionRule, Facts, Finding, Floor, Measured, Prepared, Said
from streams.screens import Screen, standing_of
from streams.screens.assets import DEMAND
from streams.screens.idle_cash import CashIdle, idle_run
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, day, money


class IdleCashParameters(ConditionParameters):
    """How many closes, and what counts as large."""

    days: int = Field(10, ge=1, le=LONGEST_WINDOW, description="Closes in a row without one below the limit")
    abs_floor: Floor | None = Field(None, description="The limit, instead of the tier's floor")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(6)}


class IdleCash(ConditionRule[IdleCashParameters]):
    """Demand deposits >= limit (the tier's `abs_floor`) at the last n closes, none of them below it; n >= 10 dates.

    All demand deposit accounts of the customer count together, in the base currency; the first close is that of the date of the first
    movement. Measured is the length of the run up to the last close, counted with the limit that holds today: a new tier counts the past
    anew. Asked at the first tick of a date. Closes are kept for 92 dates: a longer run measures 92 at least, and less than its
    length where deposits changed before, so a band above 92 may be reached late or never.
    Facts: `limit`, `since` (the run's first date), `demand_deposits` (at the last close).
    """

    rule_id = "R23"
    name = "idle_cash"
    unit = "days"
    causes = frozenset()
    at_close = True
    parameters = IdleCashParameters

    def screens(self, prepared: Prepared[IdleCashParameters]) -> tuple[Screen, ...]:
        days = prepared.parameters.days
        return (CashIdle(days, prepared.floor, standing_of(self.name, "", days, prepared.parameters.rearm, prepared.bands)),)

    def measure(self, situation: Situation, prepared: Prepared[IdleCashParameters]) -> Iterator[Measured]:
        yield Measured(idle_run(situation.customer, situation.day, prepared.floor), prepared.parameters.days)

    def facts(self, finding: Finding[IdleCashParameters]) -> Facts:
        since = on(finding.situation.day - finding.measured.value).isoformat()
        held = to_decimal(_held(finding))
        return Facts(facts=(("limit", to_text(finding.prepared.floor)), ("since", since), ("demand_deposits", str(held))))

    def say(self, finding: Finding[IdleCashParameters]) -> Said:
        currency = finding.situation.bank.base_currency
        return Said(
            Text("活期资金长期闲置", "Money lies idle"),
            Text(
                "自{since}起连续{days}日活期存款不低于{limit}，目前为{held}。",
                "Since {since}, for {days} days, at least {limit} has been on demand deposits; now it is {held}.",
            ).fill(
                since=day(on(finding.situation.day - finding.measured.value)),
                days=str(finding.measured.value),
                limit=money(finding.prepared.floor, currency),
                held=money(_held(finding), currency),
            ),
            Text(
                "了解资金安排，介绍合适的存款、理财或基金方案。",
                "Ask what the money is meant for and propose deposits or products that suit.",
            ),
        )


def _held(finding: Finding[IdleCashParameters]) -> int:
    return finding.situation.customer.classes.at(DEMAND, finding.situation.day - 1)


RULE = IdleCash()
