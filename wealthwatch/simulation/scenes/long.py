"""Stories that need a year: silence, a month beyond all before, a habit that changes."""

from __future__ import annotations

from wealthwatch.simulation.parts import YUAN, Part
from wealthwatch.simulation.scenes.calendar import LANDLORD
from wealthwatch.simulation.scenes.flows import PARTNER_IN, send
from wealthwatch.simulation.stories import Scene, Stage, Story

HALF_A_YEAR = 190


def _falls_silent(stage: Stage, story: Story) -> None:
    index = max(HALF_A_YEAR, len(stage.days) // 2)
    stage.look(story, index, index + 30)
    stage.put(story.client, index, 0, _sleep, story)


def _sleep(_: int, story: Story) -> None:
    story.client.asleep = True


def _best_month(stage: Stage, story: Story) -> None:
    first = next(day.index for day in stage.days[HALF_A_YEAR:] if day.of_month == 8)
    for place in range(3):
        stage.on(story, first + 7 * place, 13, stage.dealings.earn, story.client, "transfer_in", 15_000 * YUAN, PARTNER_IN)


def _habit_changes(stage: Stage, story: Story) -> None:
    first = max(HALF_A_YEAR, len(stage.days) * 7 // 10)
    for place in range(9):
        stage.on(story, first + 7 * place, 20, send, stage, story, 12_000 * YUAN, LANDLORD)


SCENES = (
    Scene(
        "activity_drop", "客户交易活动骤减", "A customer with a daily life stops using the account",
        Part(0, 40_000 * YUAN), _falls_silent, 225,
        ("activity_drop", "recurring_credit_missing"), lag=5,
    ),
    Scene(
        "best_month", "单月资金流入超过此前一年峰值", "A month's inflow is far above all months before",
        Part(0, 25_000 * YUAN), _best_month, 240,
        ("above_previous_peak",),
    ),
    Scene(
        "habit_changes", "资金流向发生持续变化", "Every week a sum leaves that never left before",
        Part(1, 350_000 * YUAN), _habit_changes, 260,
        ("change_point",), lag=7,
    ),
)  # fmt: skip
