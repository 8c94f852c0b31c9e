"""Two who live together: what neither of them shows alone, and money between them, which is no news of the household."""

from __future__ import annotations

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.parts import YUAN, Part
from wealthwatch.simulation.scenes.flows import BUYER, DEVELOPER, IN, OUT, send
from wealthwatch.simulation.stories import A_YEAR, Plot, Scene, Stage, Story

GIFT = 300_000 * YUAN
PARENTS = other.tail("PMNT-RCDT-ESCT", "mobile", "彭文", "华岳银行", "****2219")
ABROAD = other.tail("PMNT-ICDT-XBCT", "online", "Meridian Bank", "Meridian Bank", "****9904")


def _quiet(stage: Stage, story: Story) -> None:
    """Nothing happens to this one alone."""


def _gives(stage: Stage, story: Story) -> None:
    """To the customer who comes next."""
    stage.on(story, _gift_day(stage), 11, _between, stage, story, "transfer_out", -GIFT, 1)


def _takes(stage: Stage, story: Story) -> None:
    stage.at(story, _gift_day(stage), 11 * 3_600 + 900, _between, stage, story, "transfer_in", GIFT, -1)


def _gift_day(stage: Stage) -> int:
    return stage.at_work(min(len(stage.days), A_YEAR) // 2)


def _between(second: int, stage: Stage, story: Story, kind: str, amount: int, towards: int) -> str:
    theirs = f"C{story.client.number + towards:08d}"
    tail = other.tail("PMNT-ICDT-BOOK", "mobile", account=f"A{story.client.number + towards:08d}001", customer=theirs)
    return stage.dealings.ledger.post(story.client.current, second, kind, amount, tail)


def _given(day: int, yuan: int) -> Plot:
    def plot(stage: Stage, story: Story) -> None:
        index = stage.at_work(min(len(stage.days), A_YEAR) // 3 + day)
        stage.on(story, index, 10 + day, stage.dealings.earn, story.client, "transfer_in", yuan * YUAN, PARENTS)

    return plot


def _leaves(day: int) -> Plot:
    def plot(stage: Stage, story: Story) -> None:
        for place in range(3):
            stage.on(story, 34 + 4 * place + day, 14, send, stage, story, 31_000 * YUAN, ABROAD)

    return plot


def _moves_house(stage: Stage, story: Story) -> None:
    stage.on(story, stage.working(0.35), 10, stage.dealings.earn, story.client, "transfer_in", 600_000 * YUAN, BUYER)
    stage.on(story, stage.working(0.8), 15, send, stage, story, 550_000 * YUAN, DEVELOPER)


def _saves(stage: Stage, story: Story) -> None:
    stage.on(story, 34, 11, stage.dealings.earn, story.client, "transfer_in", 40_000 * YUAN, PARENTS)


_OF_LEAVING = ("household_cumulative_outflow", "household_net_outflow_ratio", "household_aum_change", "household_allocation_shift")
_OF_A_HOUSE = (
    "household_large_inflow",
    "household_cumulative_inflow",
    "household_large_outflow",
    "household_cumulative_outflow",
    "household_aum_change",
)
_OF_A_TIER = ("household_near_tier", "household_tier_up")

SCENES = (
    Scene(
        "household_gift", "家庭成员之间转账", "One member of a household gives the other a large sum: of the household it is no news",
        Part(1, 700_000 * YUAN, member=1), _gives, 45,
        ("large_outflow", OUT),
        partner=Scene(
            "household_gift", "家庭成员之间转账", "The other member receives it",
            Part(1, 300_000 * YUAN, member=2), _takes, 45, IN,
        ),
    ),
    Scene(
        "household_inflow", "家庭两位成员先后收到资金", "Both members receive money within days, neither of them much alone",
        Part(1, 240_000 * YUAN, 0, salaried=False, asleep=True, member=1), _given(0, 70_000), 45,
        household=("household_cumulative_inflow",),
        partner=Scene(
            "household_inflow", "家庭两位成员先后收到资金", "The other member's part of it",
            Part(1, 260_000 * YUAN, 0, salaried=False, asleep=True, member=2), _given(2, 70_000), 45,
            household=("household_cumulative_inflow",),
        ),
    ),
    Scene(
        "household_leaving", "家庭资金整体流出", "Both members send their money abroad, bit by bit",
        Part(1, 150_000 * YUAN, 0, fund=130_000 * YUAN, salaried=False, asleep=True, member=1), _leaves(0), 50,
        ("net_outflow_ratio", "aum_change", "allocation_shift"),
        household=_OF_LEAVING,
        partner=Scene(
            "household_leaving", "家庭资金整体流出", "The other member's part of it",
            Part(1, 140_000 * YUAN, 0, fund=120_000 * YUAN, salaried=False, asleep=True, member=2), _leaves(1), 50,
            ("net_outflow_ratio", "aum_change", "allocation_shift"),
            household=_OF_LEAVING,
        ),
    ),
    Scene(
        "household_moves_house", "家庭卖房后再购房", "A house is sold and another bought: large also for the household",
        Part(1, 400_000 * YUAN, 0, salaried=False, asleep=True, member=1), _moves_house, 60,
        (*IN, "large_outflow", OUT, "aum_change"),
        household=_OF_A_HOUSE,
        partner=Scene(
            "household_moves_house", "家庭卖房后再购房", "The other member, to whom nothing happens",
            Part(1, 250_000 * YUAN, 0, salaried=False, asleep=True, member=2), _quiet, 60,
            household=_OF_A_HOUSE,
        ),
    ),
    Scene(
        "household_tier", "家庭资产跨入黄金层级", "Together they reach the line of the next tier, which neither does alone",
        Part(0, 125_000 * YUAN, 0, salaried=False, asleep=True, member=1), _saves, 65,
        household=_OF_A_TIER, lag=26,
        partner=Scene(
            "household_tier", "家庭资产跨入黄金层级", "The other member, to whom nothing happens",
            Part(0, 48_000 * YUAN, 0, salaried=False, asleep=True, member=2), _quiet, 65,
            household=_OF_A_TIER,
        ),
    ),
)  # fmt: skip
