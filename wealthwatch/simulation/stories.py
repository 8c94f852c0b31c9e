"""Where the planted stories meet the bank: who plays them, when their deeds are due, and what is told of them beside the sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, TypeAlias

from wealthwatch.simulation.days import CLOCK, Day
from wealthwatch.simulation.dealings import Dealings
from wealthwatch.simulation.parts import Part
from wealthwatch.simulation.population import Client

A_YEAR = 365
OFTEN, SELDOM = 250, 500
"""So many customers have one of a story."""
Plot: TypeAlias = Callable[["Stage", "Story"], None]
"""Puts a story's deeds on the stage."""
FORESEEN = frozenset(
    {
        "large_inflow",
        "large_outflow",
        "to_competitor",
        "cumulative_to_competitor",
        "early_redemption",
        "loan_event",
        "cumulative_inflow",
        "cumulative_outflow",
        "pass_through",
        "drip_outflow",
        "low_balance",
        "full_sweep",
        "class_drift",
        "total_drift",
        "maturity_upcoming",
        "reinvested",
        "dormant_reactivated",
        "recurring_credit_missing",
        "tier_up",
        "near_tier",
        "potential_high_net_worth",
        "recon_break",
    }
)
"""The rules whose every finding in a story the stories foresee; others see much in ordinary life, and may see more than a story names."""


@dataclass(slots=True)
class Story:
    """One story of one customer, with the ids of the movements that make it, and the days on which something happens in it."""

    scene: Scene
    client: Client
    manager_id: str
    event_ids: list[str] = field(default_factory=list)
    days: list[int] = field(default_factory=list)

    def told(self, days: Sequence[Day]) -> dict[str, Any]:
        """As it stands in the side file."""
        first = min(self.days, default=0)
        last = max(self.days, default=0) + self.scene.lag
        household = {"household_id": self.client.household_id, "household_rules": list(self.scene.household)}
        return {
            "story": self.scene.name,
            "customer_id": self.client.customer_id,
            "manager_id": self.manager_id,
            **(household if self.client.household_id else {}),
            "what": {"zh-CN": self.scene.chinese, "en": self.scene.english},
            "rules": list(self.scene.sees),
            "retracted": list(self.scene.retracted),
            "must_not_notify": FORESEEN.isdisjoint(self.scene.sees),
            "from": days[first].text,
            "to": (days[0].date + timedelta(days=last)).isoformat(),
            "event_ids": self.event_ids,
        }


@dataclass(frozen=True, slots=True)
class Scene:
    """A story that can be planted.

    Args:
        name: what it is.
        chinese, english: what happens.
        part: the customer who plays it.
        plot: puts the story's deeds on the stage.
        days: the sample must be so long.
        sees: rules that should see it. Of those in FORESEEN they are all that may notify, and where there are none of them, none of these
            may; of the others they are those that must.
        retracted: those of them that a reversal takes back.
        household: rules that should see it on the household's key.
        partner: the scene of the second member, where a household of two plays.
        per: one for so many customers.
        lag: days after the last deed by which the last rule has seen it.
    """

    name: str
    chinese: str
    english: str
    part: Part
    plot: Plot
    days: int
    sees: tuple[str, ...] = ()
    retracted: tuple[str, ...] = ()
    household: tuple[str, ...] = ()
    partner: Scene | None = None
    per: int = SELDOM
    lag: int = 1


class Stage:
    """Keeps the deeds of all stories until their day."""

    def __init__(self, random: Random, days: Sequence[Day], dealings: Dealings) -> None:
        self.random = random
        self.days = days
        self.dealings = dealings
        self.stories: list[Story] = []
        self._agenda: dict[int, dict[int, list[tuple[Any, ...]]]] = {}

    def cast(self, scenes: Sequence[Scene], customers: int) -> Mapping[int, Scene]:
        """Who plays what, by customer number: spread over all customers, so that many managers have one.

        In a small bank half the customers play nothing at least, and what is told seldom has no place beyond one of eight.
        """
        wanted = [
            scene
            for turn in range(max(1, customers // OFTEN))
            for scene in scenes
            if scene.days <= len(self.days) and turn % (scene.per // OFTEN) == 0
        ][: max(1, customers // 2)]
        parts = [scene for place, scene in enumerate(wanted) if scene.per == OFTEN or place < customers // 8]
        cast: dict[int, Scene] = {}
        for place, scene in enumerate(parts):
            number = 1 + place * customers // len(parts)
            if scene.partner is None:
                cast[number] = scene
            elif number < customers:
                cast[number], cast[number + 1] = scene, scene.partner
        return cast

    def play(self, scene: Scene, client: Client, manager_id: str) -> None:
        """Put a story on the stage."""
        story = Story(scene, client, manager_id)
        self.stories.append(story)
        scene.plot(self, story)

    def working(self, share: float) -> int:
        """A working day's index, so far into the sample (of one longer than a year: into its first year), give or take a few days."""
        return self.at_work(int(min(len(self.days), A_YEAR) * share) + self.random.randrange(3))

    def at_work(self, index: int) -> int:
        """The index of the first working day from this one on; of a day that does not come, itself or the last day."""
        index = min(index, len(self.days) - 1)
        return next((day.index for day in self.days[index:] if day.business), index)

    def on(self, story: Story, index: int, hour: float, deed: Callable[..., Any], *of: Any) -> None:
        """Have a deed of a story done on a day at an hour; the movements it returns are the story's."""
        self.at(story, index, int(hour * 3_600) + self.random.randrange(600), deed, *of)

    def at(self, story: Story, index: int, second: int, deed: Callable[..., Any], *of: Any) -> None:
        """The same, to the second."""
        self.look(story, index)
        self.put(story.client, index, second, self._noted, story, deed, of)

    def look(self, story: Story, *indexes: int) -> None:
        """Note days on which something of a story can be seen."""
        story.days += [index for index in indexes if index < len(self.days)]

    def put(self, client: Client, index: int, second: int, deed: Callable[..., Any], *of: Any) -> None:
        """Have any deed of a customer done on a day to come."""
        if index < len(self.days):
            self._agenda.setdefault(index, {}).setdefault(client.number, []).append((second, deed, *of))

    def due(self, index: int) -> Mapping[int, list[tuple[Any, ...]]]:
        """Take the deeds of a day, by customer number."""
        return self._agenda.pop(index, {})

    def moment(self, index: int, second: int) -> str:
        """A timestamp of the sample."""
        return self.days[index].text + CLOCK[second][:-1]

    def told(self) -> Iterator[dict[str, Any]]:
        """All stories, in the order of their customers."""
        return (story.told(self.days) for story in sorted(self.stories, key=lambda story: story.client.number))

    def _noted(self, second: int, story: Story, deed: Callable[..., Any], of: tuple[Any, ...]) -> None:
        found = deed(second, *of)
        story.event_ids.extend([] if found is None else [found] if isinstance(found, str) else found)
