"""The notifier's loop: notifications in, decisions and ended deliveries out to the journal, position after position.

One thread decides and writes; channels that speak to a network have threads of their own (`handlers/delivery.py`). How it is written, and
what a crash does, stands in `handlers/guarantee.py`.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.structs import MemberState

from handlers import journal
from handlers.compacted import Compacted
from handlers.delivery import Courier, Delivery, Outcome
from handlers.guarantee import Guarantee, Lost, Outgoing, Place, place_of
from handlers.metrics import NotifierMetrics
from handlers.partition import Partition, Policy
from handlers.recall import recall
from handlers.wire import Unreadable, read
from schemas.dead_letters import DeadLetter
from schemas.journal import JournalEntry
from schemas.managers import Manager
from schemas.notifications import Notification
from schemas.settings import Settings
from schemas.silences import Silence
from schemas.topics import DEAD_LETTERS, JOURNAL, NOTIFICATIONS

_LOG = structlog.get_logger(__name__)

POLL_MS = 50
"""Longest wait for a notification, and so the longest that an ended delivery waits for its entry."""
GRACE_S = 2.0
"""How long the stop waits for posts that are under way."""
JOIN_S = 4.0
"""How long the stop waits for a join that is under way."""
STUCK_S = 60.0
"""So long without a turn of the loop, or with a partition that is assigned and not ours, and something is wrong."""


class NotReassignedError(RuntimeError):
    """A partition was lost and the group neither took it away nor gave it again."""


@dataclass(slots=True)
class _Batch:
    """What is to be written of one partition, and what to do and to count once it is."""

    outgoing: list[Outgoing] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)
    ended: list[Outcome] = field(default_factory=list)
    later: list[Delivery] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Notifier(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python has no types for it
    """Tells notifications.

    Args:
        settings: of the whole service.
        consumer: of the notifier's group, not subscribed yet.
        guarantee: how to write.
        courier: the channels.
        managers: whom to tell how.
        silences: who asked for quiet.
        metrics: what to count.
        clock: the time of the day, with its zone.
    """

    def __init__(
        self,
        settings: Settings,
        consumer: KafkaConsumer,
        guarantee: Guarantee,
        courier: Courier,
        managers: Compacted[Manager],
        silences: Compacted[Silence],
        metrics: NotifierMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._consumer = consumer
        self._guarantee = guarantee
        self._courier = courier
        self._managers = managers
        self._silences = silences
        self._metrics = metrics
        self._clock = clock
        self._policy = Policy(settings.notifier.cooldown_s, settings.notifier.channels, settings.notifier.restricted)
        self._topic = settings.kafka.topic(NOTIFICATIONS)
        self._partitions: dict[int, Partition] = {}
        self._written: dict[int, Place] = {}
        self._orphans: dict[int, float] = {}
        self._moves: deque[tuple[bool, frozenset[int]]] = deque()
        self._trouble: str | None = "no partitions are assigned yet"
        self._measured = 0.0
        self._turned = time.monotonic()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ask the loop to end after its batch; may be called from a signal's handler or another thread."""
        self._stopping.set()

    def ready(self) -> str | None:
        """None when partitions are assigned, be they none, and what was told of them is recalled."""
        return self._trouble

    def alive(self) -> str | None:
        """None when the loop turns."""
        stands = time.monotonic() - self._turned
        return f"the loop has stood for {stands:.0f} s" if stands > STUCK_S + self._settings.notifier.session_timeout_s else None

    # The listener is called in the consumer's own I/O thread, within a poll: it may only take notes.
    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Note what is taken away."""
        self._moves.append((False, frozenset(partition.partition for partition in revoked)))

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """Note what was taken away without asking."""
        self.on_partitions_revoked(lost)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Note what is ours."""
        self._moves.append((True, frozenset(partition.partition for partition in assigned)))

    def run(self) -> None:
        """Work until `stop`; then finish what is begun, and leave the group.

        Raises:
            Exception: a fault of ours, or a journal that cannot be written; the process must not go on.
        """
        self._consumer.subscribe([self._topic], listener=self)
        try:
            while not self._stopping.is_set():
                self._turn()
            self._courier.close(GRACE_S)
            self._write_all(self._ended())
            self._finish_joining()
        finally:
            self._courier.close(0.0)
            self._guarantee.close()
            self._managers.close()
            self._silences.close()
            self._consumer.close(autocommit=False, timeout_ms=2_000)

    def _finish_joining(self) -> None:
        # A broker answers one request of a connection after the other: our leaving would wait behind our own join, and go unheard when we
        # are gone. Apache Kafka would wait a session for us; the embedded broker, had it made us the group's leader, for ever.
        deadline = time.monotonic() + JOIN_S
        while self._consumer.group_metadata().state == MemberState.REBALANCING and time.monotonic() < deadline:
            self._consumer.poll(timeout_ms=POLL_MS)

    def _turn(self) -> None:
        polled = self._consumer.poll(timeout_ms=POLL_MS)
        self._follow_assignment()
        self._managers.follow()
        self._silences.follow()
        batches = self._ended()
        for place, records in polled.items():
            if partition := self._partitions.get(place.partition):
                messages = [(record, read(Notification, record.value)) for record in records]
                for record, message in messages:
                    if isinstance(message, Notification):
                        partition.foresee(record.offset, message)
                for record, message in messages:
                    self._take(partition, record, message, batches[partition.number])
        self._write_all(batches)
        self._measure()
        self._turned = time.monotonic()

    def _follow_assignment(self) -> None:
        ours: frozenset[int] | None = None
        while self._moves:
            given, numbers = self._moves.popleft()
            for number in numbers:
                self._drop(number)
                self._orphans.pop(number, None)
            ours = numbers if given else None
            self._trouble = "recalling what was told" if given else "partitions are being assigned"
        if ours is not None:
            self._open(ours)
            self._trouble = None
        if any(time.monotonic() - since > STUCK_S for since in self._orphans.values()):
            raise NotReassignedError(f"partitions {sorted(self._orphans)} were lost {STUCK_S:.0f} s ago and not assigned since")

    def _open(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._guarantee.begin(number)  # before the journal is read: only then can nobody else add to it
        places = {number: place_of(self._consumer, TopicPartition(self._topic, number)) for number in numbers}
        if not places:
            return
        memories = recall(self._settings.kafka, {number: place is not None for number, place in places.items()}, self._clock())
        for number, place in places.items():
            place = place or Place(0, 0)
            self._partitions[number] = Partition(number, memories[number], self._policy, seen=place.seen, next=place.position)
            self._written[number] = place
        _LOG.info("partitions_opened", partitions=sorted(numbers), remembered=sum(len(told) for told in memories.values()))

    def _drop(self, number: int) -> None:
        if self._partitions.pop(number, None):
            self._courier.forget(number)
            self._guarantee.end(number)
            self._metrics.leave(number)

    def _ended(self) -> defaultdict[int, _Batch]:
        batches: defaultdict[int, _Batch] = defaultdict(_Batch)
        for outcome in self._courier.finished():
            if partition := self._partitions.get(outcome.delivery.partition):
                self._end(partition, outcome, batches[partition.number])
        return batches

    def _take(self, partition: Partition, record: ConsumerRecord, notification: Notification | Unreadable, batch: _Batch) -> None:
        if isinstance(notification, Unreadable):
            if partition.refuse(record.offset):
                batch.outgoing.append(self._dead_letter(record, notification))
                batch.faults.append(notification.fault.value)
            return
        appended_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        step = partition.take(record.offset, appended_at, notification, self._managers, self._silences.values(), self._clock())
        for entry in step.entries:
            self._enter(entry, batch)
        for delivery in step.deliveries:
            if outcome := self._courier.at_once(delivery):
                self._end(partition, outcome, batch)
            else:
                batch.later.append(delivery)

    def _end(self, partition: Partition, outcome: Outcome, batch: _Batch) -> None:
        if entry := partition.end(outcome, self._clock()):
            self._enter(entry, batch)
            batch.ended.append(outcome)

    def _enter(self, entry: JournalEntry, batch: _Batch) -> None:
        batch.entries.append(entry)
        key, value = str(entry.notification_id).encode(), entry.model_dump_json(exclude_none=True).encode()
        batch.outgoing.append(Outgoing(self._settings.kafka.topic(JOURNAL), key, value, journal.headers(entry)))

    def _dead_letter(self, record: ConsumerRecord, why: Unreadable) -> Outgoing:
        letter = DeadLetter(
            fault=why.fault,
            detail=why.detail,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp=record.timestamp,
        )
        headers = [(name, value or b"") for name, value in record.headers] + letter.headers()
        return Outgoing(self._settings.kafka.topic(DEAD_LETTERS), record.key, record.value, headers)

    def _write_all(self, batches: dict[int, _Batch]) -> None:
        for number, batch in batches.items():
            partition = self._partitions[number]
            place = Place(partition.position, max(partition.next, partition.seen))
            if not batch.outgoing and place == self._written[number]:
                continue
            try:
                self._guarantee.write(number, batch.outgoing, place)
            except Lost as lost:
                _LOG.warning("partition_lost", partition=number, why=str(lost))
                self._drop(number)
                self._orphans[number] = time.monotonic()
                continue
            self._written[number] = place
            for delivery in batch.later:
                self._courier.submit(delivery)
            self._count(batch)
            partition.forget()

    def _count(self, batch: _Batch) -> None:
        now = self._clock()
        for fault in batch.faults:
            self._metrics.dead_letters.labels(fault).inc()
        for entry in batch.entries:
            if entry.reason:
                self._metrics.held.labels(entry.reason.value).inc()
        for outcome in batch.ended:
            self._metrics.count_end(outcome, now)

    def _measure(self) -> None:
        now = time.monotonic()
        if now - self._measured < 1.0:
            return
        self._measured = now
        for number, partition in self._partitions.items():
            place = TopicPartition(self._topic, number)
            end, position = self._consumer.highwater(place), self._consumer.position(place, timeout_ms=0)
            if end is not None and position is not None:
                self._metrics.lag.labels(str(number)).set(end - position)
            self._metrics.under_way.labels(str(number)).set(partition.under_way)
            self._metrics.remembered.labels(str(number)).set(len(partition.told))
