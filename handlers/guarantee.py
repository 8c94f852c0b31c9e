"""How what was decided is written: the two guarantees, one interface.

Order of writes, and what a crash between two steps does:

1. a batch is decided in memory; prompt channels (inbox, log) are tried as they are decided;
2. its entries and dead letters, and the position to go on from, are written: in one transaction (exactly once), or entries first,
   acknowledged, and then the position (at least once);
3. only then are the other deliveries (webhook) begun; each end is an entry of a later batch.

The position never passes a message with a delivery that has not ended. A crash before 2 leaves nothing, and the batch is decided again (a
log line may be written again). A crash between the two writes of at-least-once, or after 3, makes records be read again; the memory rebuilt
from the journal knows what has an entry, so that no channel gets a second one, and what has none is delivered again: at worst a webhook is
posted twice, with the same webhook-id.

Exactly once, each partition has a producer of its own, whose transactional id is the partition's. A new owner starts it before it reads
the journal; that fences the old one, and whatever the old one left open is ended. At least once, a worker that was cut off and does not
know it yet can still write an entry beside the new owner's; its entry_id is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import (
    CommitFailedError,
    FencedInstanceIdError,
    IllegalGenerationError,
    InvalidProducerEpochError,
    KafkaError,
    ProducerFencedError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from kafka.structs import OffsetAndMetadata

from schemas.message import Headers
from schemas.settings import Kafka, Settings
from schemas.topics import DEAD_LETTERS, NOTIFICATIONS

_NOT_OURS = (
    ProducerFencedError,
    InvalidProducerEpochError,
    FencedInstanceIdError,
    CommitFailedError,
    IllegalGenerationError,
    UnknownMemberIdError,
    RebalanceInProgressError,
)
_CLOSE_WITHIN_S = 2.0
_ANSWER_WITHIN_MS = 30_000


class Lost(Exception):  # noqa: N818 - nothing failed: the partition is somebody else's, or about to be
    """The partition is no longer ours; what was about to be written is not, or its position is not."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be written to the partition of the number that it was decided in."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on after a restart: `position`, and up to `seen` records were decided already."""

    position: int
    seen: int


class Guarantee(Protocol):
    """Writes what was decided about a partition."""

    def begin(self, number: int) -> None:
        """Become the partition's only writer, as far as the guarantee goes."""

    def write(self, number: int, outgoing: Sequence[Outgoing], place: Place) -> None:
        """Write records and position.

        Raises:
            Lost: the partition is not ours.
            kafka.errors.KafkaError: it cannot be written; the fault is ours or the broker's, and the process should not go on.
        """

    def end(self, number: int) -> None:
        """Be its writer no longer."""

    def close(self) -> None:
        """Be no writer at all."""


def producer(kafka: Kafka, **options: Any) -> KafkaProducer:
    """Open a producer that waits for all replicas and takes what a dead letter may weigh."""
    return KafkaProducer(
        **kafka.client(), acks="all", linger_ms=0, allow_auto_create_topics=False, max_request_size=DEAD_LETTERS.max_bytes, **options
    )


class ExactlyOnce:
    """One transaction for each batch of a partition, with the position in it."""

    def __init__(self, settings: Settings, consumer: KafkaConsumer) -> None:
        self._settings = settings
        self._consumer = consumer
        self._topic = settings.kafka.topic(NOTIFICATIONS)
        self._producers: dict[int, KafkaProducer] = {}

    def begin(self, number: int) -> None:
        """Fence whoever wrote it before, and end what they left open."""
        self._producers[number] = producer(
            self._settings.kafka,
            transactional_id=f"{self._settings.notifier.group_id}-{number}",
            transaction_timeout_ms=int(self._settings.detector.transaction_timeout_s * 1000),
        )
        self._producers[number].init_transactions()

    def write(self, number: int, outgoing: Sequence[Outgoing], place: Place) -> None:
        """Write all of it or nothing."""
        writer = self._producers[number]
        try:
            writer.begin_transaction()
            for record in outgoing:
                writer.send(record.topic, partition=number, key=record.key, value=record.value, headers=list(record.headers))
            writer.send_offsets_to_transaction(_offsets(self._topic, number, place), self._consumer.group_metadata())
            writer.commit_transaction()
        except KafkaError as error:
            if why := _not_ours(error):
                raise Lost(f"partition {number}: {why}") from error
            raise

    def end(self, number: int) -> None:
        """Close its producer."""
        if writer := self._producers.pop(number, None):
            with suppress(KafkaError):  # every write was waited for: nothing can be lost here
                writer.close(_CLOSE_WITHIN_S)

    def close(self) -> None:
        """Close every producer."""
        for number in list(self._producers):
            self.end(number)


class AtLeastOnce:
    """Entries, acknowledged; then the position. For brokers without transactions."""

    def __init__(self, settings: Settings, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self._topic = settings.kafka.topic(NOTIFICATIONS)
        self._producer = producer(settings.kafka, enable_idempotence=False, max_in_flight_requests_per_connection=1)

    def begin(self, number: int) -> None:
        """Nobody can be fenced here."""

    def write(self, number: int, outgoing: Sequence[Outgoing], place: Place) -> None:
        """Write the records, wait, and then the position."""
        sent = [
            self._producer.send(record.topic, partition=number, key=record.key, value=record.value, headers=list(record.headers))
            for record in outgoing
        ]
        for future in sent:
            future.get()
        try:
            self._consumer.commit(_offsets(self._topic, number, place), timeout_ms=_ANSWER_WITHIN_MS)
        except _NOT_OURS as error:
            raise Lost(f"partition {number}: {type(error).__name__}") from error

    def end(self, number: int) -> None:
        """Nothing is kept for one partition."""

    def close(self) -> None:
        """Close the producer."""
        with suppress(KafkaError):
            self._producer.close(_CLOSE_WITHIN_S)


def _not_ours(error: KafkaError) -> str | None:
    # What the sender's thread has met the client raises as a plain KafkaError at the next call, with the real one in its text.
    return next((kind.__name__ for kind in _NOT_OURS if isinstance(error, kind) or kind.__name__ in str(error)), None)


def guarantee(settings: Settings, consumer: KafkaConsumer) -> Guarantee:
    """Give the guarantee that the settings name."""
    kind = ExactlyOnce if settings.detector.processing_guarantee == "exactly_once" else AtLeastOnce
    return kind(settings, consumer)


def place_of(consumer: KafkaConsumer, partition: TopicPartition) -> Place | None:
    """Read what `write` wrote; None if the group has no position there. A broker that keeps no metadata knows no `seen` of its own."""
    committed = consumer.committed(partition, metadata=True, timeout_ms=_ANSWER_WITHIN_MS)
    if committed is None or committed.offset < 0:
        return None
    name, _, seen = (committed.metadata or "").partition("=")
    return Place(committed.offset, int(seen) if name == "seen" and seen.isdigit() else committed.offset)


def _offsets(topic: str, number: int, place: Place) -> dict[TopicPartition, OffsetAndMetadata]:
    return {TopicPartition(topic, number): OffsetAndMetadata(place.position, f"seen={place.seen}", -1)}
