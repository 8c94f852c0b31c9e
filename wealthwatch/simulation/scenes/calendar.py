"""What the calendar brings: tiers reached and left, terms that end, salaries that stop, and the customer's own days."""

from __future__ import annotations

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.parts import YUAN, Part
from wealthwatch.simulation.scenes.flows import BUYER, IN, MISTAKEN, send
from wealthwatch.simulation.stories import OFTEN, Scene, Stage, Story

EMPLOYER = other.tail("PMNT-RCDT-SALA", "batch", "宁波星河精密制造有限公司", "华岳银行", "****9020")
LANDLORD = other.tail("PMNT-ICDT-ESCT", "mobile", "康俊", "江海银行", "****6402")


def _tier_climb(stage: Stage, story: Story) -> None:
    stage.on(story, 34, 11, stage.dealings.earn, story.client, "transfer_in", 160_000 * YUAN, BUYER)


def _near_tier(stage: Stage, story: Story) -> None:
    stage.on(story, 34, 11, stage.dealings.earn, story.client, "transfer_in", 25_000 * YUAN, BUYER)


def _tier_down(stage: Stage, story: Story) -> None:
    for index in range(31, 56, 3):
        stage.on(story, index, 12, send, stage, story, 10_000 * YUAN, LANDLORD)


def _dormant(stage: Stage, story: Story) -> None:
    index = next(day.index for day in stage.days[370:] if day.business or day.index == len(stage.days) - 1)
    stage.on(story, index, 10, stage.dealings.earn, story.client, "transfer_in", 150_000 * YUAN, MISTAKEN)


def _matures(stage: Stage, story: Story) -> None:
    stage.look(story, story.client.fixed[0].matures - 10)
    stage.on(story, story.client.fixed[0].matures, 6, stage.dealings.mature, story.client, story.client.fixed[0])


def _reinvested(stage: Stage, story: Story) -> None:
    _matures(stage, story)
    again = stage.at_work(story.client.fixed[0].matures + 1)
    stage.on(story, again, 10, _place, stage, story)


def _place(second: int, stage: Stage, story: Story) -> list[str]:
    return stage.dealings.place(second, story.client, "time_deposit", 300_000 * YUAN, 180)


def _salary_stops(stage: Stage, story: Story) -> None:
    for index in range(1, len(stage.days) * 65 // 100, 27):
        stage.on(story, index, 9, stage.dealings.earn, story.client, "salary", story.client.income, EMPLOYER)


def _own_day(stage: Stage, story: Story) -> None:
    part = story.scene.part
    day = max(part.birthday, part.anniversary)
    stage.look(story, day - 3, day)


SCENES = (
    Scene(
        "tier_climb", "客户资产持续提升，跨入黄金层级", "The average assets climb over the line of the next tier",
        Part(0, 150_000 * YUAN, 8_000 * YUAN), _tier_climb, 60,
        (*IN, "near_tier", "tier_up"), per=OFTEN, lag=25,
    ),
    Scene(
        "near_tier", "客户资产临近黄金层级", "The average assets come near the line of the next tier and stay there",
        Part(0, 163_000 * YUAN, 2_000 * YUAN), _near_tier, 70,
        ("near_tier",), per=OFTEN, lag=30,
    ),
    Scene(
        "dormant_reactivated", "睡眠户一年后重新激活", "An account without any activity for over a year receives a large credit",
        Part(1, 400_000 * YUAN, 0, asleep=True), _dormant, 380,
        (*IN, "dormant_reactivated"), per=OFTEN,
    ),
    Scene(
        "matured_not_reinvested", "产品到期后资金未续作", "A structured deposit matures and the money stays on the current account",
        Part(1, 90_000 * YUAN, matures=(300_000 * YUAN, 40)), _matures, 45,
        ("maturity_upcoming", "matured_not_reinvested", "allocation_shift", "idle_cash"), per=OFTEN, lag=11,
    ),
    Scene(
        "salary_stops", "代发工资停止", "A salary that came every month stops coming",
        Part(0, 60_000 * YUAN, 15_000 * YUAN, salaried=False), _salary_stops, 90,
        ("recurring_credit_missing",), per=OFTEN, lag=34,
    ),
    Scene(
        "reinvested", "产品到期后资金及时续作", "A structured deposit matures and the money is placed again the next working day",
        Part(1, 90_000 * YUAN, matures=(300_000 * YUAN, 40)), _reinvested, 55,
        ("maturity_upcoming", "reinvested"), lag=8,
    ),
    Scene(
        "tier_down_risk", "客户资产持续流失，有降级风险", "The average assets sink towards the line of the tier below",
        Part(0, 300_000 * YUAN, 0, salaried=False, asleep=True), _tier_down, 80,
        ("tier_down_risk", "net_outflow_ratio", "aum_change"), lag=20,
    ),
    Scene(
        "birthday", "客户生日", "The customer's birthday",
        Part(1, 300_000 * YUAN, birthday=25), _own_day, 30,
        ("birthday_or_anniversary",),
    ),
    Scene(
        "anniversary", "客户开户周年", "Twelve years since the customer's first account",
        Part(1, 260_000 * YUAN, anniversary=33), _own_day, 40,
        ("birthday_or_anniversary",),
    ),
)  # fmt: skip
