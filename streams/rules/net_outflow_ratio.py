"""R12: a large share of what the customer had has left, on balance."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from schemas.notifications import Window
from schemas.rules import Severity
from streams.money import to_text
from streams.rule import EVERYTHING, LONGEST_WINDOW, Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen, standing_of
from streams.screens.flows import UNKNOWN
from streams.screens.net_outflow_ratio import DrainedBy, drained
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text, money, share_of


class NetOutflowParameters(ConditionParameters):
    """A share for each window, by days."""

    shares: Annotated[
        dict[Annotated[int, Field(ge=1, le=LONGEST_WINDOW)], Annotated[Decimal, Field(gt=0, le=1_000, decimal_places=6)]],
        Field(description="By dates: the share of the AUM at their start"),
    ] = {
        30: Decimal("0.20"),
        90: Decimal("0.35"),
    }
    bands: Bands = {Severity.WARNING: Decimal(1), Severity.CRITICAL: Decimal(2)}


class NetOutflowRatio(ConditionRule[NetOutflowParameters]):
    """External debits less external credits in the window >= share x AUM at its start; 30 dates (20 %) and 90 (35 %), today included.

    Each window is a condition of its own. AUM at the start is the close of the date before the window's first date. The measured value is
    the quotient, rounded down to a millionth, and 0 where no more left than came, whatever there was. Without that close, or where it is 0
    or less and more left than came, there is insufficient history. Facts: `net_outflow`, `aum_at_start`.
    """

    rule_id = "R12"
    name = "net_outflow_ratio"
    unit = "ratio"
    causes = EVERYTHING
    at_close = True
    parameters = NetOutflowParameters

    def screens(self, prepared: Prepared[NetOutflowParameters]) -> tuple[Screen, ...]:
        own = prepared.parameters
        shares = sorted(prepared.shares)
        standings = [standing_of(self.name, facet, part, own.rearm, prepared.bands) for _, part, facet in shares]
        return (DrainedBy([(days, part) for days, part, _ in shares], standings),)

    def measure(self, situation: Situation, prepared: Prepared[NetOutflowParameters]) -> Iterator[Measured]:
        history, today = situation.customer.history, situation.day
        for days, part, facet in prepared.shares:
            value = drained(history, today, days)
            if value != UNKNOWN:
                yield Measured(value, part, facet)

    def facts(self, finding: Finding[NetOutflowParameters]) -> Facts:
        days, net, before = _made_of(finding)
        first, last = window(finding.situation.day, days)
        made_of = (("net_outflow", to_text(net)), ("aum_at_start", to_text(before)))
        return Facts(Window(name=finding.measured.facet, first=first, last=last), made_of)

    def say(self, finding: Finding[NetOutflowParameters]) -> Said:
        days, net, before = _made_of(finding)
        first, last = window(finding.situation.day, days)
        currency = finding.situation.bank.base_currency
        values: dict[str, Text | str] = {
            "first": first.isoformat(),
            "last": last.isoformat(),
            "days": str(days),
            "net": money(net, currency),
            "part": share_of(finding.measured.value),
            "before": money(before, currency),
        }
        return Said(
            Text("近{days}日净流出占比较高", "High net outflow over {days} days").fill(days=str(days)),
            (
                Text(
                    "{first}至{last}（{days}日）净流出行外{net}，占期初资产{before}的{part}。",
                    "From {first} to {last} ({days} days) {net} left the bank on balance: {part} of the {before} held before.",
                )
                if net > 0
                else Text(
                    "{first}至{last}（{days}日）流入行外资金不少于流出，期初资产{before}。",
                    "From {first} to {last} ({days} days) no less came in than left; {before} was held before.",
                )
            ).fill(**values),
            Text(
                "尽快联系客户，了解资金去向，准备挽留方案。",
                "Get in touch soon: learn where the money goes and prepare an offer to keep it.",
            ),
        )


def _made_of(finding: Finding[NetOutflowParameters]) -> tuple[int, int, int]:
    """Dates, net outflow, AUM at the start."""
    days, today = int(finding.measured.facet[:-1]), finding.situation.day
    history = finding.situation.customer.history
    came, left = history.within(today - days + 1, today)
    return days, left - came, history.close(today - days) or 0


RULE = NetOutflowRatio()
