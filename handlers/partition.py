"""One assigned partition of notifications: what was told of it, what is still on its way, and where to go on after a restart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handlers import journal
from handlers.channels import Telling
from handlers.delivery import Delivery, Outcome
from handlers.inhibition import Inhibitor, inhibition_of, triggers_of
from handlers.told import Told
from handlers.triage import triage
from schemas.journal import JournalEntry, Verdict
from schemas.managers import Channel, Manager
from schemas.notifications import Notification
from schemas.rules import Severity
from schemas.settings import Restricted
from schemas.silences import Silence

KEPT = timedelta(days=35)
"""Of event time: for so long a message is known again, a cooldown can last, and a resolved message finds the fate of its opening."""
KEPT_RECORDS = 10_000
"""So many of the newest records are remembered whatever their event time."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do about one message: entries to write, deliveries to make."""

    entries: Sequence[JournalEntry] = ()
    deliveries: Sequence[Delivery] = ()


NOTHING = Step()
NO_DESK = Restricted()


@dataclass(frozen=True, slots=True)
class Policy:
    """What the settings say about whom to tell, and how often."""

    cooldown_s: Mapping[Severity, float]
    channels: tuple[Channel, ...] | None = None
    restricted: Restricted = NO_DESK

    def addressed(self, notification: Notification) -> Notification:
        """The message for whom it is: a restricted one for the desk alone, whatever it says itself."""
        if notification.classification is None:
            return notification
        return notification.model_copy(update={"manager_id": self.restricted.manager_id})

    def channels_for(self, notification: Notification, manager: Manager) -> tuple[Channel, ...]:
        """Where the message is told, as often as it is listed."""
        if notification.classification is not None:
            return self.restricted.channels
        return self.channels or manager.channels or (Channel.INBOX,)


@dataclass(slots=True)
class Partition:
    """Decides about the partition's messages, in their order.

    Attributes:
        number: of the partition, on notifications and journal alike.
        told: the memory, as the journal gave it.
        seen: records before this offset were taken before the last restart.
        next: the offset after the last record taken.
    """

    number: int
    told: Told
    policy: Policy
    seen: int = 0
    next: int = 0
    _under_way: dict[int, set[Channel]] = field(default_factory=dict)
    _forgotten_on: datetime | None = None

    @property
    def position(self) -> int:
        """The offset to commit: every message before it has ended on all its channels."""
        return next(iter(self._under_way), self.next)

    @property
    def under_way(self) -> int:
        """How many messages have a delivery that has not ended."""
        return len(self._under_way)

    def foresee(self, offset: int, notification: Notification) -> None:
        """Look at a message that is fetched and not taken yet: what it inhibits may stand before it."""
        if inhibits := inhibition_of(notification):
            triggers = frozenset(triggers_of(notification))
            inhibitor = Inhibitor(offset, notification.notification_id, notification.occurred_at, triggers, inhibits)
            self.told.foresee(notification.customer_id, notification.message_id, inhibitor)

    def take(
        self,
        offset: int,
        appended_at: datetime,
        notification: Notification,
        managers: Mapping[str, Manager],
        silences: Collection[Silence],
        now: datetime,
    ) -> Step:
        """Decide about the message at an offset.

        A message that the journal knows from this very offset is being read again after a restart: what has ended is left alone, and only
        the channels without an entry are served. From another offset it was sent again, and is held.
        """
        self.next = offset + 1
        notification = self.policy.addressed(notification)
        known = self.told.known(notification.message_id)
        if known and known.offset == offset:
            return NOTHING if known.held else self._tell(offset, appended_at, notification, managers, known.ended, now)
        decision = triage(notification, self.told, silences, self.policy.cooldown_s, now)
        if known and (known.held or known.repeated):
            return NOTHING
        if decision.verdict is Verdict.HELD:
            entry = journal.held(notification, offset, decision, now)
            self.told.learn(entry)
            return Step((entry,))
        step = self._tell(offset, appended_at, notification, managers, frozenset(), now)
        for delivery in step.deliveries:
            self.told.expect(journal.told(notification, offset, delivery.channel, 0, now))
        return step

    def refuse(self, offset: int) -> bool:
        """Pass over a record that is no message; whether that is news, and not read again after a restart."""
        self.next = offset + 1
        return offset >= self.seen

    def end(self, outcome: Outcome, now: datetime) -> JournalEntry | None:
        """Take in how a delivery ended; None if it is not one of ours, or no longer."""
        offset, channel = outcome.delivery.offset, outcome.delivery.channel
        channels = self._under_way.get(offset)
        if channels is None or channel not in channels:
            return None
        channels.remove(channel)
        if not channels:
            del self._under_way[offset]
        notification = outcome.delivery.telling.notification
        entry = (
            journal.told(notification, offset, channel, outcome.attempts, now)
            if outcome.error is None
            else journal.undelivered(notification, offset, channel, outcome.attempts, outcome.error, now)
        )
        self.told.learn(entry)
        return entry

    def forget(self) -> None:
        """Drop what is too old to matter, once for each day of event time."""
        newest = self.told.newest
        if newest and (self._forgotten_on is None or newest - self._forgotten_on >= timedelta(days=1)):
            self._forgotten_on = newest
            self.told.forget(newest - KEPT, min(self.position, self.next - KEPT_RECORDS))

    def _tell(
        self,
        offset: int,
        appended_at: datetime,
        notification: Notification,
        managers: Mapping[str, Manager],
        ended: Collection[Channel],
        now: datetime,
    ) -> Step:
        if notification.manager_id is None:
            return NOTHING
        manager = managers.get(notification.manager_id) or Manager(manager_id=notification.manager_id, name="")
        left = [channel for channel in dict.fromkeys(self.policy.channels_for(notification, manager)) if channel not in ended]
        if not left:
            return NOTHING
        self._under_way[offset] = set(left)
        telling = Telling(notification, notification.manager_id, manager.language)
        return Step(deliveries=[Delivery(telling, channel, self.number, offset, appended_at, now) for channel in left])
