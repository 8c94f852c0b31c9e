"""What was told and held of one partition's notifications, learnt from the journal's entries: those read, then those just written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from handlers.inhibition import Inhibitor
from schemas.journal import JournalEntry, Reason, Verdict
from schemas.managers import Channel
from schemas.notifications import Status
from schemas.rules import Severity


@dataclass(slots=True)
class Known:
    """One message that was decided about.

    Attributes:
        offset: where it stands, so that reading it again is told apart from the same message sent again.
        ended: the channels on which it was told or given up.
        repeated: the journal already says that it was sent again.
    """

    offset: int
    occurred_at: datetime
    held: bool
    ended: set[Channel] = field(default_factory=set)
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a notification: told (no reason), or held so far."""

    offset: int
    occurred_at: datetime
    reason: Reason | None = None
    silence_id: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """When, by event time, and how severely something was told as opened or escalated."""

    offset: int
    occurred_at: datetime
    rank: int


class Told:
    """The memory of one partition; `forget` bounds it."""

    def __init__(self) -> None:
        self._messages: dict[UUID, Known] = {}
        self._fates: dict[UUID, Fate] = {}
        self._openings: dict[str, dict[UUID, Opening]] = {}
        self._inhibitors: dict[str, dict[UUID, Inhibitor]] = {}
        self.newest: datetime | None = None

    def __len__(self) -> int:
        return len(self._messages)

    def knows(self, message_id: UUID) -> bool:
        """Whether the message was decided about."""
        return message_id in self._messages

    def known(self, message_id: UUID) -> Known | None:
        """What is known of the message."""
        return self._messages.get(message_id)

    def fate(self, notification_id: UUID) -> Fate | None:
        """What became of what opened or escalated a notification."""
        return self._fates.get(notification_id)

    def openings(self, dedup_key: str) -> Collection[Opening]:
        """What was told with this key as opened or escalated."""
        return self._openings.get(dedup_key, {}).values()

    def inhibitors(self, customer_id: str) -> Collection[Inhibitor]:
        """What was said of a customer that holds other things back."""
        return self._inhibitors.get(customer_id, {}).values()

    def foresee(self, customer_id: str, message_id: UUID, inhibitor: Inhibitor) -> None:
        """Remember a message that inhibits, decided about or not yet; the same one twice changes nothing."""
        self._inhibitors.setdefault(customer_id, {}).setdefault(message_id, inhibitor)

    def learn(self, entry: JournalEntry) -> None:
        """Take in an entry, whether just written or read at the start; the same one twice changes nothing."""
        occurred_at = entry.occurred_at or entry.at
        offset = -1 if entry.notification_offset is None else entry.notification_offset
        if entry.reason is Reason.ALREADY_TOLD:
            if known := self._messages.get(entry.message_id):
                known.repeated = True
            return
        known = self._messages.setdefault(entry.message_id, Known(offset, occurred_at, held=entry.verdict is Verdict.HELD))
        if entry.channel is not None:
            known.ended.add(entry.channel)
        self.newest = max(self.newest, occurred_at) if self.newest else occurred_at
        if entry.status in (Status.RESOLVED, Status.RETRACTED):
            self._release(entry.customer_id, entry.notification_id)
            return
        if entry.inhibits:
            inhibitor = Inhibitor(offset, entry.notification_id, occurred_at, frozenset(entry.triggers), entry.inhibits)
            self.foresee(entry.customer_id, entry.message_id, inhibitor)
        fate = self._fates.get(entry.notification_id)
        if entry.verdict is Verdict.HELD:
            if fate is None or fate.reason is not None:
                self._fates[entry.notification_id] = Fate(offset, occurred_at, entry.reason, entry.silence_id)
            return
        self._fates[entry.notification_id] = Fate(offset, occurred_at)
        if entry.dedup_key is not None:
            rank = (entry.severity or Severity.INFO).rank
            self._openings.setdefault(entry.dedup_key, {})[entry.message_id] = Opening(offset, occurred_at, rank)

    def _release(self, customer_id: str, notification_id: UUID) -> None:
        """What is over holds nothing back any more."""
        some = self._inhibitors.get(customer_id, {})
        for message_id in [message_id for message_id, one in some.items() if one.notification_id == notification_id]:
            del some[message_id]

    def expect(self, entry: JournalEntry) -> None:
        """Remember a telling that is decided but has not ended yet on the entry's channel."""
        self.learn(entry)
        if entry.channel is not None:
            self._messages[entry.message_id].ended.discard(entry.channel)

    def forget(self, before: datetime, below: int) -> None:
        """Drop what is older by event time, but nothing from offset `below` on: that may be read again after a restart."""

        def old(memory: Known | Fate | Opening | Inhibitor) -> bool:
            return memory.occurred_at < before and memory.offset < below

        self._messages = {key: known for key, known in self._messages.items() if not old(known)}
        self._fates = {key: fate for key, fate in self._fates.items() if not old(fate)}
        kept = {key: {message: one for message, one in openings.items() if not old(one)} for key, openings in self._openings.items()}
        self._openings = {key: openings for key, openings in kept.items() if openings}
        left = {key: {message: one for message, one in some.items() if not old(one)} for key, some in self._inhibitors.items()}
        self._inhibitors = {key: some for key, some in left.items() if some}
