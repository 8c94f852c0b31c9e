"""Batches on their way: what is open, what is not yet acknowledged, and so what may be counted."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from wealthwatch.replaying.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_RECORDS = 2_000


class Window:
    """Gathers records into a batch for each partition and sends them; order within a partition is kept."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, partitions: Iterable[int], start: int) -> None:
        self._producer = producer
        self._topic = topic
        self.partitions = sorted(partitions)
        self.offsets: dict[int, int] = {}
        self.next = start
        self._open: dict[int, tuple[Any, int]] = {}
        self._sent: dict[asyncio.Future[Any], int] = {}
        self._latest: dict[int, asyncio.Future[Any]] = {}
        self._failed: BaseException | None = None
        self._places: dict[bytes, int] = {}

    async def put(self, record: Record) -> None:
        """Take the next movement; waits while its partition has a batch that could not leave yet.

        Raises:
            aiokafka.errors.KafkaError: the broker refused an earlier batch.
        """
        if self._failed:
            raise self._failed
        partition = self._partition(record.key)
        batch, first = self._open.get(partition) or self._begin(partition)
        if not self._append(batch, record) or batch.record_count() >= MOST_RECORDS:
            full = batch.closed()
            await self._send(partition, batch, first)
            if full:
                batch, _ = self._begin(partition)
                self._append(batch, record)
        self.next += 1

    async def push(self) -> None:
        """Send what is gathered, without waiting for the answers."""
        for partition, (batch, first) in list(self._open.items()):
            await self._send(partition, batch, first)

    async def settle(self) -> None:
        """Send what is gathered and wait until all is acknowledged."""
        await self.push()
        while self._sent and not self._failed:
            await asyncio.wait(self._sent, return_when=asyncio.FIRST_COMPLETED)
        if self._failed:
            raise self._failed

    async def land(self, within_s: float) -> None:
        """Give what is under way a moment to be acknowledged."""
        if self._sent:
            await asyncio.wait(self._sent, timeout=within_s)

    @property
    def acknowledged(self) -> int:
        """So many movements, from the first on, are acknowledged without a gap."""
        return min([self.next, *self._sent.values(), *(first for _, first in self._open.values())])

    def _partition(self, key: bytes | None) -> int:
        """As the Java client places a key; what has none goes to the first partition."""
        if key is None:
            return self.partitions[0]
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self.partitions[(murmur2(key) & 0x7FFFFFFF) % len(self.partitions)]
        return place

    def _begin(self, partition: int) -> tuple[Any, int]:
        self._open[partition] = (self._producer.create_batch(), self.next)
        return self._open[partition]

    def _append(self, batch: Any, record: Record) -> bool:
        return batch.append(key=record.key, value=record.value, timestamp=None, headers=record.headers) is not None

    async def _send(self, partition: int, batch: Any, first: int) -> None:
        """Hand over a batch once the one before it in its partition has arrived: nothing gets ahead of one that failed."""
        if (before := self._latest.get(partition)) is not None:
            await asyncio.wait([before])  # though it may have: what it has come to is noted (`_arrived`) only afterwards
        if self._failed:
            raise self._failed
        batch.close()
        future = await self._producer.send_batch(batch, self._topic, partition=partition)
        self._open.pop(partition, None)
        self._sent[future] = first
        self._latest[partition] = future
        future.add_done_callback(partial(self._arrived, partition, batch.record_count()))

    def _arrived(self, partition: int, count: int, future: asyncio.Future[Any]) -> None:
        if future.cancelled():
            return
        if error := future.exception():
            self._failed = self._failed or error
        else:
            del self._sent[future]
            self.offsets[partition] = max(self.offsets.get(partition, -1), future.result().offset + count - 1)
