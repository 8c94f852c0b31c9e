"""R21: a customer's assets have changed by a large share, by what came and went or by the market."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from schemas.notifications import Window
from schemas.rules import Severity
from streams.customer import Customer
from streams.money import to_text
from streams.rule import (
    EVERYTHING,
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
from streams.screens import Screen, standing_of
from streams.screens.assets import NOTHING
from streams.screens.aum_change import AumChanged, change
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text, money, share_of

_Share = Annotated[Decimal, Field(gt=0, le=100, decimal_places=6)]


class AumChangeParameters(ConditionParameters):
    """The share of each window, by dates, and the assets from which on it matters."""

    shares: Annotated[
        dict[Annotated[int, Field(ge=1, le=LONGEST_WINDOW)], _Share], Field(description="By dates: the share of the AUM before")
    ] = {
        1: Decimal("0.10"),
        30: Decimal("0.20"),
    }
    aum_floor: Floor | None = Field(None, description="Least AUM, now or before; the lowest tier's floor if none is given")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(3)}


class AumChange(ConditionRule[AumChangeParameters]):
    """abs(AUM now - AUM at the close W dates before) / that AUM >= 10 % (W = 1), >= 20 % (W = 30); a condition for each W.

    Without a close W dates before, or where it is 0 or less, the history is insufficient. It neither opens nor escalates where both AUM now
    and AUM then are below the floor of AUM (the lowest tier's `abs_floor`), for small accounts swing at every salary: the larger of the two
    counts, so that a customer who empties everything is seen. What is open resolves whatever is left. The share is rounded down to
    0.000001. The flow part is the external net flow plus income less cost of the W dates up to today; the market part is the rest of the
    change: prices and rates, but also loans drawn and opening balances.
    Facts: `aum_then`, `change`, `flow_part`, `market_part`, `aum_floor`.
    """

    rule_id = "R21"
    name = "aum_change"
    unit = "ratio"
    causes = EVERYTHING
    at_close = True
    parameters = AumChangeParameters

    def screens(self, prepared: Prepared[AumChangeParameters]) -> tuple[Screen, ...]:
        rearm, bands = prepared.parameters.rearm, prepared.bands
        windows = [(days, standing_of(self.name, facet, part, rearm, bands)) for days, part, facet in prepared.shares]
        return (AumChanged(windows, prepared.aum_floor),)

    def next_day(self, customer: Customer, day: int, prepared: Prepared[AumChangeParameters]) -> int:  # noqa: ARG002
        """Prices may move what is held in units, and rates what is in another currency: it is worth another number than its balance."""
        return day + 1 if customer.in_units or any(account.balance != account.value for account in customer.accounts.values()) else 0

    def measure(self, situation: Situation, prepared: Prepared[AumChangeParameters]) -> Iterator[Measured]:
        customer, floor = situation.customer, prepared.aum_floor
        for days, part, facet in prepared.shares:
            value = change(customer, situation.day, days)
            if value == NOTHING:
                continue
            matters = max(customer.aum, _then(situation, days)) >= floor
            if matters or value < part:
                yield Measured(value, part, facet)

    def facts(self, finding: Finding[AumChangeParameters]) -> Facts:
        days = _days(finding)
        first, last = window(finding.situation.day, days)
        then, changed, flow = _parts(finding)
        told = (("aum_then", then), ("change", changed), ("flow_part", flow), ("market_part", changed - flow))
        floor = ("aum_floor", to_text(finding.prepared.aum_floor))
        return Facts(
            Window(name=finding.measured.facet, first=first, last=last), (*((name, to_text(units)) for name, units in told), floor)
        )

    def say(self, finding: Finding[AumChangeParameters]) -> Said:
        currency, days = finding.situation.bank.base_currency, _days(finding)
        then, changed, flow = _parts(finding)
        part = share_of(finding.measured.value)
        up = changed >= 0
        chinese, english = ("增加", "grew") if up else ("减少", "fell")
        title = (
            Text("客户资产大幅增加", "Assets have grown by a large share")
            if up
            else Text("客户资产大幅减少", "Assets have fallen by a large share")
        )
        body = Text(
            "{days}日内{who}资产由{then}{went}{part}，至{now}：其中资金净流量及收支{flow}，市场及其他变动{market}。",
            "Within {days} the {who}'s assets {went} by {part}, from {then} to {now}: {flow} by what came and went, "
            "{market} by prices and everything else.",
        ).fill(
            who=self.subject,
            days=Text(str(days), "a day" if days == 1 else f"{days} days"),
            went=Text(chinese, english),
            part=part,
            then=money(then, currency),
            now=money(finding.situation.customer.aum, currency),
            flow=money(flow, currency),
            market=money(changed - flow, currency),
        )
        by_market = 2 * abs(changed - flow) > abs(changed)
        return Said(title, body, _BY_MARKET if by_market else _CAME if up else _WENT)


_BY_MARKET = Text(
    "向客户说明变动原因，检视持仓与风险承受能力是否仍然相符。",
    "Explain to the customer where the change comes from, and look together whether the holdings still suit.",
)
_CAME = Text("了解资金用途，安排一次资产配置面谈。", "Ask what the money is for and arrange an allocation talk.")
_WENT = Text("致电了解资金去向与原因，准备挽留方案。", "Call to learn where the money goes and why, and have an offer ready.")


def _days(finding: Finding[AumChangeParameters]) -> int:
    return int(finding.measured.facet[:-1])


def _then(situation: Situation, days: int) -> int:
    return situation.customer.history.close(situation.day - days) or 0


def _parts(finding: Finding[AumChangeParameters]) -> tuple[int, int, int]:
    """AUM then, the change since, and the flow part of it."""
    situation, days = finding.situation, _days(finding)
    history, first = situation.customer.history, situation.day - days + 1
    then = _then(situation, days)
    came, went = history.within(first, situation.day)
    return then, situation.customer.aum - then, came - went + history.income(first, situation.day)


RULE = AumChange()
