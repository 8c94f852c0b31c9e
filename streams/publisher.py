"""Writing what a batch of one partition led to: as one transaction, or, for brokers without them, in an order that loses nothing.

Exactly once: the partition's producer has a transactional id of its own, so that a new owner fences the old one, whose open transaction is
aborted and whose later writes fail. Notifications, dead letters, states and the source positions become visible together or not at all.

At least once: notifications and dead letters are acknowledged before the states and the position are written. A crash between the two
repeats work and loses none; the repeat derives the same ids. What it does not exclude is the late write of a worker that has lost the
partition without knowing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import CoordinatorNotAvailableError, InvalidProducerEpoch, ProducerFenced
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from schemas.message import Headers
from schemas.settings import Settings
from schemas.topics import MOVEMENTS

log = structlog.get_logger(__name__)

BATCH_BYTES = 1 << 20
LARGEST_REQUEST = 16 << 20
STOP_SECONDS = 2.0
"""So long a producer may take to stop."""
RECORD_OVERHEAD = 32
"""Bytes of a record beside key and value, at most."""


class _ConcurrentTransactions(logging.Filter):
    """Drops a retry that is no news: a transaction that follows the last one closely is told NotEnoughReplicas until that has ended."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep everything else."""
        return "NotEnoughReplicasError" not in record.getMessage()


logging.getLogger("aiokafka.producer.sender").addFilter(_ConcurrentTransactions())

_lookup = AIOKafkaClient.coordinator_lookup


async def _patient_lookup(client: AIOKafkaClient, kind: int, key: str) -> int:
    """Look up a coordinator, where the cluster may name no broker at all: its only one was away for longer than its session.

    aiokafka asserts that there is one, which ends the start of a producer, and with it the worker; what is raised here it tries again.
    """
    if client.get_random_node() is None:
        raise CoordinatorNotAvailableError
    found: int = await _lookup(client, kind, key)
    return found


AIOKafkaClient.coordinator_lookup = _patient_lookup

Outgoing = tuple[bytes | None, bytes, Headers]
"""Key, value, headers."""


class LostPartitionError(Exception):
    """Another worker owns the partition now: it has fenced this one's producer."""


@dataclass(slots=True)
class Batch:
    """All that one batch writes, by topic; the states come last and their last record is the source positions."""

    said: dict[str, list[Outgoing]] = field(default_factory=dict)
    states_topic: str = ""
    states: list[list[tuple[bytes, bytes]]] = field(default_factory=list)
    """One customer's records stand together: they are appended to the changelog all or none, also without transactions."""
    households_topic: str = ""
    shared: dict[int, list[Outgoing]] = field(default_factory=dict)
    """What members did, by the partition of their household."""

    def say(self, topic: str, key: bytes | None, value: bytes, headers: Headers) -> None:
        """Add one record for readers outside."""
        self.said.setdefault(topic, []).append((key, value, headers))

    def share(self, partition: int, key: bytes, value: bytes) -> None:
        """Add one record for those who decide households."""
        self.shared.setdefault(partition, []).append((key, value, []))


@dataclass(frozen=True, slots=True)
class Written:
    """Where in the changelog a batch stands."""

    first: int
    next: int
    """The offset after its last record; -1 where the broker did not say."""
    records: int

    @property
    def alone(self) -> bool:
        """Whether nothing of anybody else stands between its records."""
        return self.next - self.first == self.records


class Publisher(Protocol):
    """Writes batches of one partition, one after the other."""

    async def start(self) -> None:
        """Connect; from here on no other worker writes for this partition, as far as the broker can see to it."""

    async def publish(self, batch: Batch, offset: int | None) -> Written:
        """Write a batch; having returned, it is durable. Returns where its states stand in the changelog.

        Args:
            batch: what to write.
            offset: let the group's offset of the partition follow to here, for lag tools and a near restart; None leaves it.

        Raises:
            LostPartitionError: another worker has taken the partition.
        """

    async def stop(self) -> None:
        """Disconnect; not inside `publish`."""


class _Producing:
    """What both publishers share: a producer, and sending a topic's records in ready-made batches."""

    def __init__(self, settings: Settings, partition: int, transactional_id: str | None) -> None:
        self._partition = partition
        self._settings = settings
        options = {} if transactional_id is None else {"transactional_id": transactional_id}
        self._producer = AIOKafkaProducer(
            **settings.kafka.client(),
            **options,
            acks="all",
            max_batch_size=BATCH_BYTES,
            max_request_size=LARGEST_REQUEST,
            linger_ms=0,
            retry_backoff_ms=10,
            transaction_timeout_ms=int(settings.detector.transaction_timeout_s * 1_000),
        )

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        try:
            await asyncio.wait_for(self._producer.stop(), STOP_SECONDS)
        except TimeoutError:
            # It waits, without end, for a transaction that the broker does not end; the next producer of the same id aborts that.
            log.warning("producer_abandoned", partition=self._partition)
            await self._producer.client.close()

    async def _send_said(self, batch: Batch) -> list[asyncio.Future[object]]:
        """Send all but the states."""
        sent = [future for topic, records in batch.said.items() for future in await self._send(topic, self._partition, records)]
        for partition, records in batch.shared.items():
            sent += await self._send(batch.households_topic, partition, records)
        return sent

    async def _send(self, topic: str, partition: int, records: Iterable[Outgoing]) -> list[asyncio.Future[object]]:
        acknowledged = []
        ready = self._producer.create_batch()
        for key, value, headers in records:
            if ready.append(key=key, value=value, timestamp=None, headers=headers) is None:
                acknowledged.append(await self._producer.send_batch(ready, topic, partition=partition))
                ready = self._producer.create_batch()
                if ready.append(key=key, value=value, timestamp=None, headers=headers) is None:
                    raise ValueError(f"a record of {len(value)} bytes does not fit into an empty batch")
        if ready.record_count():
            ready.close()
            acknowledged.append(await self._producer.send_batch(ready, topic, partition=partition))
        return acknowledged

    async def _send_states(self, batch: Batch) -> list[tuple[int, asyncio.Future[RecordMetadata]]]:
        """Send the states, with how many records each of the broker's record batches has.

        No customer's records are spread over two of them, each of which is all or nothing.
        """
        acknowledged = []
        ready = self._producer.create_batch()
        for records in batch.states:
            if len(records) > 1 and ready.record_count():
                size = sum(len(key) + len(value) + RECORD_OVERHEAD for key, value in records)
                if ready.size() + size > BATCH_BYTES:
                    acknowledged.append(await self._close(ready, batch.states_topic))
                    ready = self._producer.create_batch()
            for place, (key, value) in enumerate(records):
                if ready.append(key=key, value=value, timestamp=None) is None:
                    if place:
                        raise ValueError(f"the records of customer {key!r} do not fit into one batch of {BATCH_BYTES} bytes")
                    acknowledged.append(await self._close(ready, batch.states_topic))
                    ready = self._producer.create_batch()
                    if ready.append(key=key, value=value, timestamp=None) is None:
                        raise ValueError(f"a record of {len(value)} bytes does not fit into an empty batch")
        acknowledged.append(await self._close(ready, batch.states_topic))
        return acknowledged

    async def _close(self, ready: BatchBuilder, topic: str) -> tuple[int, asyncio.Future[RecordMetadata]]:
        ready.close()
        return ready.record_count(), await self._producer.send_batch(ready, topic, partition=self._partition)


class Transactional(_Producing):
    """Exactly once: one transaction a batch."""

    def __init__(self, settings: Settings, partition: int) -> None:
        super().__init__(settings, partition, f"{settings.detector.application_id}-{partition}")

    async def publish(self, batch: Batch, offset: int | None) -> Written:
        """See `Publisher`.

        Raises:
            TimeoutError: it took longer than a transaction may: an idempotent producer tries again without end.
        """
        producer = self._producer
        try:
            async with asyncio.timeout(self._settings.detector.transaction_timeout_s):  # the broker aborts it then
                await producer.begin_transaction()
                said = await self._send_said(batch)
                states = await self._send_states(batch)
                # Here, and not after the commit: aiokafka commits without the records that the broker has refused.
                await asyncio.gather(*said)
                written = await _written(states)
                if offset is not None:
                    await producer.send_offsets_to_transaction(
                        {TopicPartition(self._settings.kafka.topic(MOVEMENTS), self._partition): offset},
                        self._settings.detector.application_id,
                    )
                await producer.commit_transaction()
        except (ProducerFenced, InvalidProducerEpoch) as error:
            raise LostPartitionError(str(error)) from error
        return written


class Ordered(_Producing):
    """At least once: what others read first, acknowledged; then the states and the position, acknowledged; then the group's offset."""

    def __init__(self, settings: Settings, partition: int, commit: Callable[[int, int], Awaitable[None]]) -> None:
        super().__init__(settings, partition, None)
        self._commit = commit

    async def publish(self, batch: Batch, offset: int | None) -> Written:
        """See `Publisher`."""
        await asyncio.gather(*await self._send_said(batch))
        written = await _written(await self._send_states(batch))
        if offset is not None:
            await self._commit(self._partition, offset)
        return written


async def _written(states: list[tuple[int, asyncio.Future[RecordMetadata]]]) -> Written:
    """Where the states stand, once they are acknowledged."""
    acknowledged = await asyncio.gather(*(future for _, future in states))
    counts, last = [count for count, _ in states], acknowledged[-1].offset
    return Written(acknowledged[0].offset, -1 if last < 0 else last + counts[-1], sum(counts))
