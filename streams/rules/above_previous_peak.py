"""R18: a month's flow is far above the largest of the year before."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.movements import Flow
from schemas.notifications import Window
from schemas.rules import Severity
from streams.money import ceiling, to_text
from streams.rule import CORRECTIONS, EVERYTHING, Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen, standing_of
from streams.screens.above_previous_peak import MONTHS, AbovePeak, Months, month_start, months, peak_times
from streams.screens.flows import MILLION, UNKNOWN
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, money

INFLOW, OUTFLOW = "inflow", "outflow"


class PeakParameters(ConditionParameters):
    """How far above the peak, and what a peak is taken from."""

    times: Decimal = Field(Decimal("1.5"), gt=0, le=1_000, decimal_places=6, description="Of the largest month before")
    min_months: int = Field(6, ge=1, le=MONTHS, description="Fewer months with flow, of the 12 before, are insufficient history")
    least: Decimal = Field(Decimal(0), ge=0, decimal_places=4, description="A month with less is no news, in the base currency")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(2)}


class AbovePreviousPeak(ConditionRule[PeakParameters]):
    """External flow of the calendar month, up to now, >= 1.5 x the largest of the 12 months before; inflow and outflow, each by itself.

    Months are those of the dates on which money moved; a reversal counts in its original's month. Of the 12 months at least 6 must have
    had flow, a sum above 0; else there is insufficient history, as there is of a month that is not kept whole. The measured value is the
    quotient, rounded down to a millionth: 0 at the first tick of a month, and 0 below `least`. Facts: `flow`, `peak`, `months_with_flow`.
    """

    rule_id = "R18"
    name = "above_previous_peak"
    unit = "ratio"
    causes = CORRECTIONS | {cause for cause in EVERYTHING if cause[0] is Flow.EXTERNAL}
    parameters = PeakParameters

    def screens(self, prepared: Prepared[PeakParameters]) -> tuple[Screen, ...]:
        own = prepared.parameters
        times = int(own.times * MILLION)
        inflow, outflow = (standing_of(self.name, facet, times, own.rearm, prepared.bands) for facet in (INFLOW, OUTFLOW))
        return (AbovePeak(times, own.min_months, ceiling(own.least), inflow, outflow),)

    def measure(self, situation: Situation, prepared: Prepared[PeakParameters]) -> Iterator[Measured]:
        own = prepared.parameters
        for facet in (INFLOW, OUTFLOW):
            value = peak_times(situation.customer.history, situation.day, facet == INFLOW, own.min_months, ceiling(own.least))
            if value != UNKNOWN:
                yield Measured(value, int(own.times * MILLION), facet)

    def facts(self, finding: Finding[PeakParameters]) -> Facts:
        found, today = _made_of(finding), finding.situation.day
        return Facts(
            Window(name="month", first=on(month_start(today)), last=on(today)),
            (("flow", to_text(found.current)), ("peak", to_text(found.peak)), ("months_with_flow", str(found.with_flow))),
        )

    def say(self, finding: Finding[PeakParameters]) -> Said:
        found, currency = _made_of(finding), finding.situation.bank.base_currency
        inflow = finding.measured.facet == INFLOW
        values: dict[str, Text | str] = {
            "flow": money(found.current, currency),
            "peak": money(found.peak, currency),
            "way": Text("行外流入", "came in from outside the bank") if inflow else Text("流出行外", "left the bank"),
        }
        return Said(
            Text("本月流入创近一年新高", "Largest month of inflow in a year")
            if inflow
            else Text("本月流出创近一年新高", "Largest month of outflow in a year"),
            Text(
                "本月累计{way}{flow}，此前12个月最高的一个月为{peak}。",
                "This month {flow} {way}; the largest of the 12 months before was {peak}.",
            ).fill(**values),
            Text("了解资金来源与用途，给出配置建议。", "Ask where the money comes from and what it is for; propose an allocation.")
            if inflow
            else Text("致电了解大额支出的原因，准备挽留方案。", "Call to learn why so much leaves, and have an offer ready."),
        )


def _made_of(finding: Finding[PeakParameters]) -> Months:
    return months(finding.situation.customer.history, finding.situation.day, finding.measured.facet == INFLOW)


RULE = AbovePreviousPeak()
