"""Money that comes and goes: large, unusual, in many small parts, to a competitor, straight through."""

from __future__ import annotations

import json

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.parts import YUAN, Part
from wealthwatch.simulation.stories import OFTEN, Scene, Stage, Story

GOLD_FLOOR = 100_000 * YUAN
BUYER = other.tail("PMNT-RCDT-ESCT", "online", "房屋交易资金监管专户", "江海银行", "****2046")
MISTAKEN = other.tail("PMNT-RCDT-ESCT", "online", "杭州恒达贸易有限公司", "东湖银行", "****7731")
CRAFTSMAN = other.tail("PMNT-ICDT-ESCT", "mobile", "金桥建筑装饰有限公司", "南屏银行", "****4410")
DEVELOPER = other.tail("PMNT-ICDT-ESCT", "counter", "华景置业有限公司", "华岳银行", "****8853")
PARTNER_IN = other.tail("PMNT-RCDT-ESCT", "online", "新禾供应链管理有限公司", "北辰银行", "****3127")
REMOVALS = other.tail("PMNT-CCRD-POSD", "pos", "优居家具(杭州)")


def send(second: int, stage: Stage, story: Story, amount: int, tail: str) -> str:
    """An outgoing transfer that leaves come what may."""
    return stage.dealings.ledger.post(story.client.current, second, "transfer_out", -amount, tail)


def competitor(stage: Stage) -> str:
    """Debits to a broker or a private bank that the bank loses customers to."""
    broker = other.COMPETITORS[stage.random.randrange(len(other.COMPETITORS))]
    return other.tail("PMNT-ICDT-ESCT", "mobile", broker, broker, other.masked(stage.random))


def _large_inflow(stage: Stage, story: Story) -> None:
    stage.on(story, stage.working(0.4), 10.5, stage.dealings.earn, story.client, "transfer_in", 480_000 * YUAN, BUYER)


def _slow_drain(stage: Stage, story: Story) -> None:
    tail = competitor(stage)
    for place in range(12):
        amount = stage.random.randrange(22_000, 28_000, 500) * YUAN
        stage.on(story, 8 + 3 * place, 14 + place % 5, send, stage, story, amount, tail)


def _full_sweep(stage: Stage, story: Story) -> None:
    bank = other.BANKS[stage.random.randrange(len(other.BANKS))]
    tail = other.tail("PMNT-ICDT-ESCT", "mobile", "本人他行账户", bank, other.masked(stage.random))
    index = stage.working(0.6)
    for hour, share in ((10, 0.32), (13, 0.47), (16, 0.89)):
        stage.on(story, index, hour, _sweep, stage, story, share, tail)


def _sweep(second: int, stage: Stage, story: Story, share: float, tail: str) -> str:
    return send(second, stage, story, min(int(story.client.current.balance * share), GOLD_FLOOR - 1_000 * YUAN), tail)


def _reversal(stage: Stage, story: Story) -> None:
    index = stage.working(0.5)
    credited = 10 * 3_600 + stage.random.randrange(600)
    stage.at(story, index, credited, stage.dealings.earn, story.client, "transfer_in", 350_000 * YUAN, MISTAKEN)
    stage.on(story, index, 15, _reverse, stage, story, stage.moment(index, credited))


def _reverse(second: int, stage: Stage, story: Story, credited: str) -> str:
    undone = {"event_id": story.event_ids[-1], "occurred_at": credited, "kind": "transfer_in"}
    tail = f'{MISTAKEN},"reverses":{json.dumps(undone, separators=(",", ":"))}'
    return stage.dealings.ledger.post(story.client.current, second, "reversal", -350_000 * YUAN, tail)


def _own_transfer(stage: Stage, story: Story) -> None:
    current, second = story.client.accounts[:2]
    kinds = ("transfer_out", "transfer_in")
    stage.on(story, stage.working(0.45), 11, stage.dealings.move, current, second, 600_000 * YUAN, kinds)


def _unusual(stage: Stage, story: Story) -> None:
    for index, yuan in ((9, 860), (17, 420), (24, 1_300)):
        stage.on(story, index, 18, send, stage, story, yuan * YUAN, CRAFTSMAN)
    stage.on(story, stage.working(0.6), 11, send, stage, story, 118_000 * YUAN, CRAFTSMAN)


def _new_payee(stage: Stage, story: Story) -> None:
    stage.on(story, stage.working(0.55), 10, send, stage, story, 200_000 * YUAN, DEVELOPER)


def _to_competitor(stage: Stage, story: Story) -> None:
    stage.on(story, stage.working(0.65), 14, send, stage, story, 110_000 * YUAN, competitor(stage))


def _pass_through(stage: Stage, story: Story) -> None:
    index = stage.working(0.3)
    stage.on(story, index, 10, stage.dealings.earn, story.client, "transfer_in", 150_000 * YUAN, PARTNER_IN)
    for hour, yuan in ((9, 80_000), (16, 62_000)):
        _, tail = other.outside(stage.random, "长青贸易有限公司")
        stage.on(story, index + 1, hour, send, stage, story, yuan * YUAN, tail)


def _activity_spike(stage: Stage, story: Story) -> None:
    begins = max(66, int(len(stage.days) * 0.75))
    for place in range(30):
        amount = stage.random.randrange(200, 900) * YUAN
        stage.on(story, begins + place // 6, 9 + 2 * (place % 6), stage.dealings.pay, story.client, "card_payment", amount, REMOVALS)


IN, OUT = ("large_inflow", "cumulative_inflow"), "cumulative_outflow"

SCENES = (
    Scene(
        "large_inflow", "客户卖房，大额资金转入", "A house is sold: a large sum comes in from another bank",
        Part(1, 350_000 * YUAN, fund=200_000 * YUAN), _large_inflow, 10,
        (*IN, "flow_spike", "aum_change"), per=OFTEN,
    ),
    Scene(
        "slow_drain", "资金分多笔缓慢流向同业", "Money drains to a competitor in many small transfers, none of them large",
        Part(1, 520_000 * YUAN, fund=150_000 * YUAN), _slow_drain, 50,
        (OUT, "cumulative_to_competitor", "drip_outflow", "net_outflow_ratio", "aum_change", "attrition_score"), per=OFTEN,
    ),
    Scene(
        "full_sweep", "账户资金一天内几乎全部转出", "Three transfers empty the account within a day, none of them large alone",
        Part(1, 280_000 * YUAN, fund=300_000 * YUAN), _full_sweep, 10,
        ("full_sweep", OUT, "net_outflow_ratio", "aum_change", "attrition_score"), per=OFTEN,
    ),
    Scene(
        "reversed_inflow", "已通知的大额转入被冲正", "A large credit that was notified is reversed the same afternoon",
        Part(1, 300_000 * YUAN, fund=100_000 * YUAN), _reversal, 10,
        IN, retracted=IN, per=OFTEN,
    ),
    Scene(
        "own_transfer", "本人账户间大额划转，不应提醒", "A large transfer between the customer's own accounts, which is no news",
        Part(1, 900_000 * YUAN, second=50_000 * YUAN), _own_transfer, 10, per=OFTEN,
    ),
    Scene(
        "unusual_amount", "向熟悉的收款人支付远超平时的金额", "A known payee gets far more than this customer ever pays at once",
        Part(1, 900_000 * YUAN, fund=600_000 * YUAN), _unusual, 60,
        (OUT, "unusual_amount"),
    ),
    Scene(
        "new_payee", "首次向新收款人大额付款", "A large first payment to a payee never seen before",
        Part(1, 600_000 * YUAN, fund=100_000 * YUAN), _new_payee, 45,
        ("large_outflow", OUT, "new_payee_large"),
    ),
    Scene(
        "to_competitor", "大额资金转往财富管理同业", "A large sum goes to a competitor in one transfer",
        Part(1, 350_000 * YUAN, fund=150_000 * YUAN), _to_competitor, 45,
        ("large_outflow", OUT, "to_competitor", "new_payee_large"),
    ),
    Scene(
        "pass_through", "资金快进快出", "Money comes in and is gone to others within two days",
        Part(1, 300_000 * YUAN, fund=100_000 * YUAN), _pass_through, 45,
        (*IN, OUT, "pass_through"),
    ),
    Scene(
        "activity_spike", "一周内支付笔数激增", "Thirty small payments in five days, by somebody who makes three",
        Part(1, 250_000 * YUAN), _activity_spike, 85,
        ("activity_spike",),
    ),
)  # fmt: skip
