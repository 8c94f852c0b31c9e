"""Feeds that do not work as they should: movements that come late, twice, in the wrong order or never, and money nobody has a rate for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.ledger import Account, Ledger
from wealthwatch.simulation.parts import YUAN, Hold, Part
from wealthwatch.simulation.stories import Plot, Scene, Stage, Story

SUPPLIER = other.tail("PMNT-RCDT-ESCT", "online", "蓝海物流有限公司", "东湖银行", "****6618")
OUTAGE = ("cards", 10 * 3_600, 15 * 3_600)
"""A feed that says nothing for five hours of its day, and then all at once."""


def outage(stage: Stage) -> dict[str, str] | None:
    """Let a feed fall silent on a working day in the middle of the sample, and say so."""
    index = stage.at_work(len(stage.days) // 2)
    if not stage.days[index].business:
        return None
    feed, begins, ends = OUTAGE
    stage.dealings.ledger.silence(index, feed, begins, ends)
    return {"rule": "feed_gap", "source": feed, "from": stage.moment(index, begins), "to": stage.moment(index, ends)}


def _told(how: Callable[[Ledger], Any]) -> Plot:
    """A credit that the feed does not tell as it should, and one the next day that it does."""

    def plot(stage: Stage, story: Story) -> None:
        index = stage.working(0.4)
        stage.on(story, index, 10, _earn, stage, story.client.current, 9_000 * YUAN, how)
        stage.on(story, index + 1, 15, _earn, stage, story.client.current, 2_000 * YUAN)

    return plot


def _earn(second: int, stage: Stage, account: Account, amount: int, how: Callable[[Ledger], Any] | None = None) -> str:
    ledger = stage.dealings.ledger
    event_id = ledger.post(account, second, "transfer_in", amount, SUPPLIER)
    if how is not None:
        how(ledger)
    return event_id


def _wrong_order(stage: Stage, story: Story) -> None:
    index = stage.working(0.4)
    stage.at(story, index, 10 * 3_600, _earn, stage, story.client.current, 7_000 * YUAN, lambda ledger: ledger.delay(seconds=900))
    stage.at(story, index, 10 * 3_600 + 300, _earn, stage, story.client.current, 4_000 * YUAN)


def _card_told_late(stage: Stage, story: Story) -> None:
    stage.on(story, stage.working(0.4), 12, _shop, stage, story)


def _shop(second: int, stage: Stage, story: Story) -> str:
    card = story.client.accounts[1]
    event_id = stage.dealings.ledger.post(card, second, "card_payment", -3_000 * YUAN, other.tail("PMNT-CCRD-POSD", "pos", "数码港(上海)"))
    stage.dealings.ledger.delay(days=4)
    return event_id


def _unpriced(stage: Stage, story: Story) -> None:
    stage.on(story, stage.working(0.3), 10, _earn, stage, story.client.accounts[1], 2_500_000 * YUAN)


_SLEEPER = Part(0, 30_000 * YUAN, 0, salaried=False, asleep=True)

SCENES = (
    Scene(
        "late_card_payment", "信用卡消费迟到四天", "A card payment is told four days late",
        Part(0, 30_000 * YUAN, 0, salaried=False, asleep=True, holds=(Hold("credit_card", -500 * YUAN),)), _card_told_late, 15,
        ("late_movement",), lag=5,
    ),
    Scene(
        "told_after_the_next", "入账消息迟到两天，余额先不符后相符", "A credit is told after the next one: a break, then explained",
        _SLEEPER, _told(lambda ledger: ledger.delay(days=2)), 15,
        ("recon_break", "late_movement"), retracted=("recon_break",), lag=2,
    ),
    Scene(
        "never_told", "入账消息丢失，余额不符", "A credit is never told: the balance told next does not agree",
        _SLEEPER, _told(Ledger.lose), 15,
        ("recon_break",),
    ),
    Scene(
        "told_in_the_wrong_order", "两笔入账乱序到达", "Of two credits within minutes the later one is told first",
        _SLEEPER, _wrong_order, 15,
        ("recon_break",), retracted=("recon_break",),
    ),
    Scene(
        "told_twice", "同一笔入账重复推送", "A credit is told twice, which must change nothing",
        _SLEEPER, _told(lambda ledger: ledger.repeat(1_800)), 15,
    ),
    Scene(
        "unpriced_position", "外币账户缺少汇率", "An account in a currency without a rate",
        Part(0, 30_000 * YUAN, 0, salaried=False, asleep=True, holds=(Hold("demand_deposit", 1_000_000 * YUAN, currency="JPY"),)),
        _unpriced, 15,
        ("unpriced_position",),
    ),
)  # fmt: skip
