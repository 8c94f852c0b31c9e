"""The stories themselves: what happens in each, and what should be seen of it."""

from __future__ import annotations

import json

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.parts import YUAN, Part
from wealthwatch.simulation.stories import Scene, Stage, Story

GOLD_FLOOR = 100_000 * YUAN
BUYER = other.tail("PMNT-RCDT-ESCT", "online", "房屋交易资金监管专户", "江海银行", "****2046")
MISTAKEN = other.tail("PMNT-RCDT-ESCT", "online", "杭州恒达贸易有限公司", "东湖银行", "****7731")


def _large_inflow(stage: Stage, story: Story) -> None:
    stage.on(story, stage.working(0.4), 10.5, stage.dealings.earn, story.client, "transfer_in", 480_000 * YUAN, BUYER)


def _slow_drain(stage: Stage, story: Story) -> None:
    broker = other.COMPETITORS[stage.random.randrange(len(other.COMPETITORS))]
    tail = other.tail("PMNT-ICDT-ESCT", "mobile", broker, broker, other.masked(stage.random))
    for place in range(12):
        amount = stage.random.randrange(22_000, 28_000, 500) * YUAN
        stage.on(story, 8 + 3 * place, 14 + place % 5, _send, stage, story, amount, tail)


def _send(second: int, stage: Stage, story: Story, amount: int, tail: str) -> str:
    return stage.dealings.ledger.post(story.client.current, second, "transfer_out", -amount, tail)


def _full_sweep(stage: Stage, story: Story) -> None:
    bank = other.BANKS[stage.random.randrange(len(other.BANKS))]
    tail = other.tail("PMNT-ICDT-ESCT", "mobile", "本人他行账户", bank, other.masked(stage.random))
    index = stage.working(0.6)
    for hour, share in ((10, 0.32), (13, 0.47), (16, 0.89)):
        stage.on(story, index, hour, _sweep, stage, story, share, tail)


def _sweep(second: int, stage: Stage, story: Story, share: float, tail: str) -> str:
    return _send(second, stage, story, min(int(story.client.current.balance * share), GOLD_FLOOR - 1_000 * YUAN), tail)


def _tier_climb(stage: Stage, story: Story) -> None:
    stage.on(story, 34, 11, stage.dealings.earn, story.client, "transfer_in", 160_000 * YUAN, BUYER)


def _near_tier(stage: Stage, story: Story) -> None:
    stage.on(story, 34, 11, stage.dealings.earn, story.client, "transfer_in", 25_000 * YUAN, BUYER)


def _dormant(stage: Stage, story: Story) -> None:
    index = next(day.index for day in stage.days[370:] if day.business or day.index == len(stage.days) - 1)
    stage.on(story, index, 10, stage.dealings.earn, story.client, "transfer_in", 150_000 * YUAN, MISTAKEN)


def _matures(stage: Stage, story: Story) -> None:
    stage.on(story, story.client.fixed[0].matures, 6, stage.dealings.mature, story.client, story.client.fixed[0])


def _salary_stops(stage: Stage, story: Story) -> None:
    employer = other.tail("PMNT-RCDT-SALA", "batch", "宁波星河精密制造有限公司", "华岳银行", "****9020")
    for index in range(1, len(stage.days) * 65 // 100, 27):
        stage.on(story, index, 9, stage.dealings.earn, story.client, "salary", story.client.income, employer)


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


IN, OUT = ("large_inflow", "cumulative_inflow"), "cumulative_outflow"

SCENES = (
    Scene(
        "large_inflow", "客户卖房，大额资金转入", "A house is sold: a large sum comes in from another bank",
        Part(1, 350_000 * YUAN, fund=200_000 * YUAN), _large_inflow, 10,
        IN, later=("unusual_amount", "flow_spike", "idle_cash"),
    ),
    Scene(
        "slow_drain", "资金分多笔缓慢流向同业", "Money drains to a competitor in many small transfers, none of them large",
        Part(1, 520_000 * YUAN, fund=150_000 * YUAN), _slow_drain, 50,
        (OUT,), later=("to_competitor", "drip_outflow", "net_outflow_ratio", "attrition_score"),
    ),
    Scene(
        "full_sweep", "账户资金一天内几乎全部转出", "Three transfers empty the account within a day, none of them large alone",
        Part(1, 280_000 * YUAN, fund=300_000 * YUAN), _full_sweep, 10,
        ("full_sweep", OUT), later=("net_outflow_ratio", "aum_change"),
    ),
    Scene(
        "tier_climb", "客户资产持续提升，跨入黄金层级", "The average assets climb over the line of the next tier",
        Part(0, 150_000 * YUAN, 8_000 * YUAN), _tier_climb, 60,
        (*IN, "near_tier", "tier_up"),
    ),
    Scene(
        "near_tier", "客户资产临近黄金层级", "The average assets come near the line of the next tier and stay there",
        Part(0, 163_000 * YUAN, 2_000 * YUAN), _near_tier, 70,
        ("near_tier",),
    ),
    Scene(
        "dormant_reactivated", "睡眠户一年后重新激活", "An account without any activity for over a year receives a large credit",
        Part(1, 400_000 * YUAN, 0, asleep=True), _dormant, 380,
        (*IN, "dormant_reactivated"),
    ),
    Scene(
        "matured_not_reinvested", "产品到期后资金未续作", "A structured deposit matures and the money stays on the current account",
        Part(1, 90_000 * YUAN, matures=(300_000 * YUAN, 40)), _matures, 45,
        later=("maturity_upcoming", "matured_not_reinvested", "idle_cash"),
    ),
    Scene(
        "salary_stops", "代发工资停止", "A salary that came every month stops coming",
        Part(0, 60_000 * YUAN, 15_000 * YUAN, salaried=False), _salary_stops, 90,
        later=("recurring_credit_missing",),
    ),
    Scene(
        "reversed_inflow", "已通知的大额转入被冲正", "A large credit that was notified is reversed the same afternoon",
        Part(1, 300_000 * YUAN, fund=100_000 * YUAN), _reversal, 10,
        IN, retracted=IN,
    ),
    Scene(
        "own_transfer", "本人账户间大额划转，不应提醒", "A large transfer between the customer's own accounts, which is no news",
        Part(1, 900_000 * YUAN, second=50_000 * YUAN), _own_transfer, 10,
    ),
)  # fmt: skip
