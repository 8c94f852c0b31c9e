"""R13: the day's net flow is far from what is usual."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.movements import Flow
from schemas.rules import Severity
from streams.money import to_text
from streams.rule import CORRECTIONS, EVERYTHING, Bands, ConditionParameters, ConditionRule, Facts, Finding, Floor, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.flow_spike import FlowIsOff, net_of, usual
from streams.screens.flows import MILLION, UNKNOWN
from streams.situation import Situation
from streams.wording import Text, money


class FlowSpikeParameters(ConditionParameters):
    """How far from the usual, and the floor of the day's net flow."""

    z: Decimal = Field(Decimal(3), gt=0, le=100, decimal_places=6, description="Deviations from the mean, either way")
    abs_floor: Floor | None = Field(None, description="Instead of the tier's floor")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(3)}


class FlowSpike(ConditionRule[FlowSpikeParameters]):
    """Today's external net flow is >= 3 deviations from its moving mean, either way, and >= the floor in size.

    Mean and deviation are exponentially weighted over closed dates, with a flow of 0 on quiet ones, half-life 30 dates: alpha =
    1 - 2^(-1/30); m' = m + alpha (x - m), v' = (1 - alpha) (v + alpha (x - m)^2), seeded with the mean and the population variance of the
    first 30. They are reckoned anew each time over the closed dates whose flows are kept, from the customer's first on, the last 365 at
    most; fewer than 30, or a deviation of 0, are insufficient history. The measured value is |net flow - mean| / deviation, rounded down
    to a millionth, at most 1,000; 0 where the net flow is smaller than the floor. So it ends at the next first tick, at the latest.
    Facts: `net_flow`, `mean`, `deviation`, `abs_floor`.
    """

    rule_id = "R13"
    name = "flow_spike"
    unit = "ratio"
    causes = CORRECTIONS | {cause for cause in EVERYTHING if cause[0] is Flow.EXTERNAL}
    parameters = FlowSpikeParameters

    def screens(self, prepared: Prepared[FlowSpikeParameters]) -> tuple[Screen, ...]:
        return (FlowIsOff(prepared.floor, int(prepared.parameters.z * MILLION)),)

    def measure(self, situation: Situation, prepared: Prepared[FlowSpikeParameters]) -> Iterator[Measured]:
        history = situation.customer.history
        net = net_of(history, situation.day)
        value = 0
        if abs(net) >= prepared.floor:
            before = usual(history, situation.day)
            value = UNKNOWN if before is None else before.off(net)
        if value != UNKNOWN:
            yield Measured(value, int(prepared.parameters.z * MILLION))

    def facts(self, finding: Finding[FlowSpikeParameters]) -> Facts:
        net, mean, deviation = _made_of(finding)
        return Facts(
            facts=(
                ("net_flow", to_text(net)),
                ("mean", to_text(mean)),
                ("deviation", to_text(deviation)),
                ("abs_floor", to_text(finding.prepared.floor)),
            )
        )

    def say(self, finding: Finding[FlowSpikeParameters]) -> Said:
        net, mean, deviation = _made_of(finding)
        currency = finding.situation.bank.base_currency
        return Said(
            Text("当日资金流动异常", "Unusual flow today"),
            Text(
                "今日行外资金净流量{net}，平时每日{mean}，波动{deviation}。",
                "Today's net flow from outside the bank is {net}; usually it is {mean} a day, give or take {deviation}.",
            ).fill(net=money(net, currency), mean=money(mean, currency), deviation=money(deviation, currency)),
            Text(
                "今日致电了解原因：流入谈配置，流出谈挽留。",
                "Call today to learn why: talk of placing what came, or of keeping what leaves.",
            ),
        )


def _made_of(finding: Finding[FlowSpikeParameters]) -> tuple[int, int, int]:
    """Today's net flow, mean and deviation."""
    history, today = finding.situation.customer.history, finding.situation.day
    before = usual(history, today)
    net = net_of(history, today)
    return (net, 0, 0) if before is None else (net, before.mean, before.deviation)


RULE = FlowSpike()
