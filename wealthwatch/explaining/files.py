"""Where a customer's past is read from: files, as a backtest reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from handlers.feeds import FeedError
from schemas.notifications import Notification
from schemas.prices import Price
from schemas.settings import Settings
from streams.backtest import Backtest, full_hour_after
from streams.customer import Profile
from streams.household import by_household
from streams.posting import Posting
from streams.reading import read
from streams.wire import Refusal
from wealthwatch.backtesting.beside import Profiles, prices, profiles
from wealthwatch.backtesting.feeds import beside, source_of
from wealthwatch.backtesting.lines import pieces
from wealthwatch.backtesting.routing import Item, Share, group_of, is_household
from wealthwatch.backtesting.rules import Rules, rules_of
from wealthwatch.backtesting.source import Source
from wealthwatch.explaining.life import Past, Step, household_of, of_household

LONGEST_TOLD = 8 << 20
Far = Callable[[float], None]
"""Told how much of the reading is done, up to 1."""


@dataclass(frozen=True)
class Files:
    """Feeds in the order of time, and what stands beside them.

    Attributes:
        settings: those in force.
        feeds: as the person wrote them.
        form: a format of `handlers.feeds`.
        customers, prices: as the person wrote them; None for what stands beside the feeds.
        given: the rules that are to be explained, as the person wrote them; None for those in force.
        told: a file of notifications to look ids up in, such as a backtest's; without one all feeds are replayed for everybody.
    """

    settings: Settings
    feeds: tuple[str, ...]
    form: str = "jsonl"
    customers: str | None = None
    prices: str | None = None
    given: str | None = None
    told: Path | None = None

    def messages(self, wanted: str, far: Far) -> list[Notification]:
        """What is said under an id, of a notification or of one message, in order; all of the notification."""
        if self.told is not None:
            return _told(self.told, wanted)
        backtest = Backtest(self.rules.settings, self._profiles, self._prices, self.rules.versions)
        found: list[Notification] = []
        last = 0
        for posting in self._read(None, far):
            last = max(last, posting.at)
            found += backtest.take(posting).notifications
        found += backtest.finish(full_hour_after(last))
        ids = {one.notification_id for one in found if wanted in (str(one.notification_id), str(one.message_id))}
        return [one for one in found if one.notification_id in ids]

    def past(self, customer_id: str, near: Notification | None, far: Far) -> Past | None:
        """All of a customer, or of the household that a notification is about; None if no movement is theirs."""
        home = household_of(near)
        steps = [Step.of(posting) for posting in self._read(group_of(home) if home else customer_id.encode(), far)]
        if not steps:
            return None
        past = Past(home or customer_id, steps, self._profiles.get(customer_id), self._prices, self.rules.books())
        return of_household(past, by_household(self._profiles).get(home, [])) if home else past

    @cached_property
    def rules(self) -> Rules:
        """The rules that are to be explained."""
        return rules_of(self.settings, self.given, self._sources)

    @cached_property
    def _sources(self) -> tuple[Source, ...]:
        return tuple(source_of(feed, self.form, self.settings.kafka) for feed in self.feeds)

    @cached_property
    def _known(self) -> Profiles:
        return profiles(0, 1, beside(self._sources, "customers", self.customers, self.settings.kafka))[0]

    @property
    def _profiles(self) -> dict[str, Profile]:
        return self._known.ours

    @cached_property
    def _prices(self) -> list[Price]:
        return prices(beside(self._sources, "prices", self.prices, self.settings.kafka))[0]

    def _read(self, whose: bytes | None, far: Far) -> Iterator[Posting]:
        """The movements of a customer or a household, or of everybody; what is refused is left out, as the detector leaves it out."""
        alone = whose is not None and not is_household(whose)
        share, largest = Share(0, 1, {} if alone else self._known.households), self.settings.detector.largest_movement_bytes
        for place, source in enumerate(self._sources):
            size = max(1, source.size)
            for done, _, gathered in source.gather(share, largest):
                far((place + min(1.0, done / size)) / len(self._sources))
                for owner, items in gathered.items():
                    if whose is None or owner == whose:
                        yield from _postings(source, items, largest)


def _postings(source: Source, items: list[Item], largest: int) -> Iterator[Posting]:
    for number, key, value in items:
        posting = read(value, key, largest)
        if not isinstance(posting, Refusal) and not (source.stamped and posting.at > source.latest(number)):
            yield posting


def _told(path: Path, wanted: str) -> list[Notification]:
    """The messages of a file of notifications under an id."""
    found: list[Notification] = []
    needle, ids = wanted.encode(), set[str]()
    for whole in (False, True):
        for _, lines in pieces(path, LONGEST_TOLD):
            for line in lines:
                if not whole and needle in line:
                    one = _notification(path, line)
                    if wanted in (str(one.notification_id), str(one.message_id)):
                        ids.add(str(one.notification_id))
                elif whole and any(each.encode() in line for each in ids):
                    found.append(_notification(path, line))
    return [one for one in found if str(one.notification_id) in ids]


def _notification(path: Path, line: bytes) -> Notification:
    try:
        return Notification.model_validate_json(line)
    except ValidationError as error:
        raise FeedError(f"{path} does not hold notifications, a JSON line each") from error
