"""Where the planted stories meet the bank: who plays them, when their deeds are due, and what is told of them beside the sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from wealthwatch.simulation.days import CLOCK, Day
from wealthwatch.simulation.dealings import Dealings
from wealthwatch.simulation.parts import Part
from wealthwatch.simulation.population import Client

CUSTOMERS_OF_A_STORY = 250
"""One of each story for so many customers."""


@dataclass(slots=True)
class Story:
    """One story of one customer, with the ids of the movements that make it."""

    scene: Scene
    client: Client
    manager_id: str
    event_ids: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As it stands in the side file."""
        return {
            "story": self.scene.name,
            "customer_id": self.client.customer_id,
            "manager_id": self.manager_id,
            "what": {"zh-CN": self.scene.chinese, "en": self.scene.english},
            "rules": list(self.scene.rules),
            "retracted": list(self.scene.retracted),
            "later_rules": list(self.scene.later),
            "must_not_notify": not self.scene.rules,
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
        rules: those of this version that must notify; where there are none, nothing at all may be notified of this customer.
        retracted: those of them that a reversal takes back.
        later: rules of later versions that should see it.
    """

    name: str
    chinese: str
    english: str
    part: Part
    plot: Callable[[Stage, Story], None]
    days: int
    rules: tuple[str, ...] = ()
    retracted: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


class Stage:
    """Keeps the deeds of all stories until their day."""

    def __init__(self, random: Random, days: Sequence[Day], dealings: Dealings) -> None:
        self.random = random
        self.days = days
        self.dealings = dealings
        self.stories: list[Story] = []
        self._agenda: dict[int, dict[int, list[tuple[Any, ...]]]] = {}

    def cast(self, scenes: Sequence[Scene], customers: int) -> Mapping[int, Scene]:
        """Who plays what, by customer number: spread over all customers, so that many managers have one."""
        playable = [scene for scene in scenes if scene.days <= len(self.days)]
        parts = playable * max(1, customers // CUSTOMERS_OF_A_STORY)
        return {1 + place * customers // len(parts): scene for place, scene in enumerate(parts[:customers])} if parts else {}

    def play(self, scene: Scene, client: Client, manager_id: str) -> None:
        """Put a story on the stage."""
        story = Story(scene, client, manager_id)
        self.stories.append(story)
        scene.plot(self, story)

    def working(self, share: float) -> int:
        """A working day's index, so far into the sample, give or take a few days."""
        index = min(int(len(self.days) * share) + self.random.randrange(3), len(self.days) - 1)
        return next((day.index for day in self.days[index:] if day.business), index)

    def on(self, story: Story, index: int, hour: float, deed: Callable[..., Any], *of: Any) -> None:
        """Have a deed of a story done on a day at an hour; the movements it returns are the story's."""
        self.at(story, index, int(hour * 3_600) + self.random.randrange(600), deed, *of)

    def at(self, story: Story, index: int, second: int, deed: Callable[..., Any], *of: Any) -> None:
        """The same, to the second."""
        self.put(story.client, index, second, self._noted, story, deed, of)

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

    def _noted(self, second: int, story: Story, deed: Callable[..., Any], of: tuple[Any, ...]) -> None:
        found = deed(second, *of)
        story.event_ids.extend([found] if isinstance(found, str) else found)


def told(stories: Sequence[Story]) -> Iterator[dict[str, Any]]:
    """All stories, in the order of their customers."""
    return (story.told() for story in sorted(stories, key=lambda story: story.client.number))
