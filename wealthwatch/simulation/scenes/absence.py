"""What does not happen, or is too little: nobody called, an account run dry, a customer worth more than they hold."""

from __future__ import annotations

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.parts import YUAN, Part
from wealthwatch.simulation.scenes.calendar import LANDLORD
from wealthwatch.simulation.stories import Scene, Stage, Story

RENT_DAY = 28
CHEQUE = other.tail("PMNT-ICHQ-UPCQ", "counter", "顺达汽车维修厂", "东湖银行", "****1188")
FRIEND = other.tail("PMNT-RCDT-ESCT", "mobile", "卢静怡", "华岳银行", "****7005")
ELSEWHERE = other.tail("PMNT-ICDT-ESCT", "mobile", "本人他行信用卡", "北辰银行", "****5560")
STARTUP = other.tail("PMNT-RCDT-SALA", "batch", "上海启明科技有限公司", "北辰银行", "****0417")


def _not_spoken_with(stage: Stage, story: Story) -> None:
    stage.look(story, 90 - story.scene.part.spoken)


def _overdrawn(stage: Stage, story: Story) -> None:
    index = stage.working(0.4)
    stage.on(story, index, 15, _cheque, stage, story)
    stage.on(story, index + 5, 10, stage.dealings.earn, story.client, "transfer_in", 9_000 * YUAN, FRIEND)


def _cheque(second: int, stage: Stage, story: Story) -> str:
    """The bank pays it although the money is not there."""
    return stage.dealings.ledger.post(story.client.current, second, "cheque", -4_200 * YUAN, CHEQUE)


def _rent(stage: Stage, story: Story) -> None:
    amount, _ = story.scene.part.standing
    stage.on(story, 3, 12, stage.dealings.pay, story.client, "withdrawal", 3_000 * YUAN, other.CASH_OUT)
    due = [day.index for day in stage.days if day.of_month == RENT_DAY and day.index > 7]
    stage.look(story, due[0] - 7, due[0])
    stage.put(story.client, due[0] + 4, 36_000, stage.dealings.earn, story.client, "deposit", 40_000 * YUAN, other.CASH_IN)
    for index in due[1:6]:
        stage.put(story.client, index, 28_800, stage.dealings.pay, story.client, "transfer_out", amount, LANDLORD)


def _rich_elsewhere(stage: Stage, story: Story) -> None:
    for day in stage.days:
        if 10 in day.pays:
            stage.on(story, day.index, 9, stage.dealings.earn, story.client, "salary", 45_000 * YUAN, STARTUP)
            stage.on(story, day.index + 1, 20, stage.dealings.pay, story.client, "transfer_out", 26_000 * YUAN, ELSEWHERE)
            stage.on(story, day.index + 9, 20, stage.dealings.pay, story.client, "transfer_out", 18_000 * YUAN, ELSEWHERE)


SCENES = (
    Scene(
        "no_contact", "长期未联系客户", "Nobody has spoken with this customer for ninety days",
        Part(1, 320_000 * YUAN, spoken=75), _not_spoken_with, 30,
        ("no_contact_after_change",), lag=2,
    ),
    Scene(
        "overdraft", "账户透支", "A cheque overdraws the account for a few days",
        Part(0, 3_000 * YUAN, 0, fund=80_000 * YUAN, salaried=False, asleep=True), _overdrawn, 30,
        ("low_balance",),
    ),
    Scene(
        "rent_not_covered", "余额不足以支付近期定期扣款", "What is left does not cover the rent that is due within a week",
        Part(0, 6_000 * YUAN, 0, salaried=False, asleep=True, standing=(4_500 * YUAN, RENT_DAY)), _rent, 45,
        ("low_balance",),
    ),
    Scene(
        "potential_high_net_worth", "低资产客户资金流量大", "A high salary comes in and leaves at once: the wealth is elsewhere",
        Part(0, 12_000 * YUAN, 0, salaried=False, asleep=True), _rich_elsewhere, 70,
        ("potential_high_net_worth",),
    ),
)  # fmt: skip
