"""What customers hold: terms broken, prices that move, plans left behind, too much of one thing, more risk than agreed."""

from __future__ import annotations

from wealthwatch.simulation.parts import YUAN, Hold, Part
from wealthwatch.simulation.products import FALLING, RISING
from wealthwatch.simulation.stories import Plot, Scene, Stage, Story

TARGET = (("demand_deposit", "0.4"), ("fund", "0.35"), ("equity", "0.25"))


def _broken(share: float) -> Plot:
    def plot(stage: Stage, story: Story) -> None:
        stage.on(story, stage.working(0.5), 10, stage.dealings.break_off, story.client, story.client.fixed[0], share)

    return plot


def _falls(stage: Stage, story: Story) -> None:
    """The day is the same for all who hold the share."""
    first = stage.at_work(int(len(stage.days) * 0.55))
    second = stage.at_work(first + 1)
    stage.dealings.market.shocks.setdefault(first, {})[FALLING] = 0.77
    stage.dealings.market.shocks.setdefault(second, {})[FALLING] = 0.85
    stage.look(story, first, second)


def _rises(stage: Stage, story: Story) -> None:
    index = int(len(stage.days) * 0.4)
    for _ in range(10):
        index = stage.at_work(index + 1)
        stage.dealings.market.shocks.setdefault(index, {})[RISING] = 1.06
    stage.look(story, int(len(stage.days) * 0.4), index)


def _buys(*orders: tuple[str, int, str]) -> Plot:
    def plot(stage: Stage, story: Story) -> None:
        index = stage.working(0.5)
        for place, (asset_class, yuan, code) in enumerate(orders):
            stage.on(story, index, 10 + place, stage.dealings.buy, story.client, asset_class, yuan * YUAN, code)

    return plot


SCENES = (
    Scene(
        "early_redemption", "定期存款提前支取", "A time deposit is broken off long before its term",
        Part(1, 150_000 * YUAN, holds=(Hold("time_deposit", 400_000 * YUAN, matures=300),)), _broken(1.0), 60,
        ("early_redemption", "allocation_shift"),
    ),
    Scene(
        "product_cancelled", "理财产品提前终止", "Most of a wealth product is taken out before its term",
        Part(1, 120_000 * YUAN, fund=100_000 * YUAN, holds=(Hold("wealth_product", 300_000 * YUAN, matures=240),)), _broken(0.6), 60,
        ("early_redemption", "allocation_shift"),
    ),
    Scene(
        "market_fall", "重仓股票大跌，资产缩水", "A share falls by a third in two days, and with it what the customer owns",
        Part(1, 120_000 * YUAN, 0, fund=100_000 * YUAN, holds=(Hold("equity", 600_000 * YUAN, FALLING),), asleep=True, risk_profile=5),
        _falls, 60,
        ("aum_change",), lag=2,
    ),
    Scene(
        "target_left_behind", "股票上涨，配置偏离目标", "A share nearly doubles and leaves the agreed allocation behind",
        Part(1, 400_000 * YUAN, 0, fund=350_000 * YUAN, holds=(Hold("equity", 250_000 * YUAN, RISING),), asleep=True, target=TARGET,
             risk_profile=4),
        _rises, 60,
        ("class_drift", "total_drift"), lag=4,
    ),
    Scene(
        "allocation_shift", "资产配置大幅调整", "Half of what the customer owns goes from the current account into products",
        Part(1, 600_000 * YUAN, fund=100_000 * YUAN), _buys(("wealth_product", 300_000, "WP0002"), ("fund", 90_000, "")), 65,
        ("allocation_shift",),
    ),
    Scene(
        "concentration", "单一债券占比过高", "Nearly half of what the customer owns is in one bond after a purchase",
        Part(1, 200_000 * YUAN, 0, fund=150_000 * YUAN, asleep=True, risk_profile=4,
             holds=(Hold("time_deposit", 150_000 * YUAN, matures=400), Hold("bond", 120_000 * YUAN, "BD0002"))),
        _buys(("bond", 170_000, "BD0002")), 65,
        ("concentration", "allocation_shift"),
    ),
    Scene(
        "issuer_concentration", "同一发行人占比过高", "A bond and a share of one issuer together are nearly half of what the customer owns",
        Part(1, 200_000 * YUAN, 0, fund=170_000 * YUAN,
             holds=(Hold("bond", 130_000 * YUAN, "BD0001"), Hold("equity", 60_000 * YUAN, "EQ0001")), asleep=True, risk_profile=5),
        _buys(("equity", 70_000, "EQ0001")), 65,
        ("concentration",),
    ),
    Scene(
        "risk_mismatch", "保守型客户买入高风险产品", "A customer who should be sold the least risk buys shares with most of the money",
        Part(1, 500_000 * YUAN, 0, fund=50_000 * YUAN, asleep=True, risk_profile=1), _buys(("equity", 350_000, "EQ0003")), 65,
        ("risk_mismatch", "concentration", "allocation_shift"),
    ),
)  # fmt: skip
