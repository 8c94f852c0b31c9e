"""Loans: drawn, paid back early, not paid in time. A loan that is overdue is told on the penalty interest it costs."""

from __future__ import annotations

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.parts import YUAN, Part
from wealthwatch.simulation.stories import Scene, Stage, Story


def _drawn(stage: Stage, story: Story) -> None:
    stage.on(story, stage.working(0.4), 11, stage.dealings.draw, story.client, 300_000 * YUAN)


def _repaid_early(stage: Stage, story: Story) -> None:
    stage.on(story, stage.working(0.5), 10, stage.dealings.repay, story.client, story.client.loans[0], 260_000 * YUAN)


def _overdue(stage: Stage, story: Story) -> None:
    due = min(20, len(stage.days) // 4)
    for days, penalty in ((1, 300), (7, 2_100), (15, 4_800), (30, 9_000)):
        stage.on(story, due + days, 2, _penalty, stage, story, penalty, days)
    stage.on(story, due + 36, 10, stage.dealings.earn, story.client, "deposit", 12_000 * YUAN, other.CASH_IN)
    paid = f'{other.INSTALMENT},"overdue_days":0'
    stage.on(story, due + 36, 11, stage.dealings.repay, story.client, story.client.loans[0], 9_000 * YUAN, paid)


def _penalty(second: int, stage: Stage, story: Story, fen: int, days: int) -> str:
    tail = f'{other.EARNED},"overdue_days":{days}'
    return stage.dealings.ledger.post(story.client.loans[0], second, "interest", -fen, tail)


SCENES = (
    Scene(
        "loan_drawdown", "客户提取贷款", "A loan is paid out",
        Part(1, 250_000 * YUAN), _drawn, 45,
        ("loan_event", "aum_change"),
    ),
    Scene(
        "loan_repaid_early", "客户提前归还大部分贷款", "Two thirds of a loan are paid back long before they are due",
        Part(1, 900_000 * YUAN, owes=400_000 * YUAN), _repaid_early, 45,
        ("loan_event", "aum_change"),
    ),
    Scene(
        "loan_overdue", "贷款逾期一个月后补缴", "An instalment is not paid for a month",
        Part(0, 1_500 * YUAN, 0, fund=60_000 * YUAN, owes=150_000 * YUAN, salaried=False, asleep=True), _overdue, 60,
        ("loan_event",),
    ),
)  # fmt: skip
