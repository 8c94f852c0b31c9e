"""Reading a partition for ourselves, without a group: the changelog at recovery, profiles and ticks as they come, and any gap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import closing

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaConnectionError
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from schemas.settings import Kafka
from schemas.topics import STATES
from streams.records import hand_out_bare

POSITIONS_KEY = b"\x00positions"
"""Key of the record that says how far the changelog's partition has come; no customer_id has a control character."""

HOUSEHOLD_MARK = b"\x01"
"""Before the keys of households in the changelog, so that none is a customer's; no customer_id has a control character."""

FETCH_BYTES = 8 << 20
STOP_SECONDS = 2.0
"""So long a reader may take to stop."""
FETCH_WAIT_MS = 50
"""A fetch at the end of a partition holds up whatever is asked next on the same connection for so long."""


class Positions(msgspec.Struct):
    """The next offset to read of each source topic, as of the transaction that wrote it; a record of the changelog like the states."""

    movements: int = 0
    customers: int = 0
    ticks: int = 0
    households: int = 0
    hour: int = 0
    """Event time up to which households are decided (`streams.households`)."""
    ticked: int = 0
    """Event time of the last tick that has passed for everybody."""
    published: bool = False
    """The customers' positions (allocations) were published up to here."""


def encode_positions(positions: Positions) -> bytes:
    """The record's value."""
    return msgspec.json.encode(positions)


def decode_positions(value: bytes) -> Positions:
    """The positions of a record's value."""
    return msgspec.json.decode(value, type=Positions)


class PartitionReader:
    """Reads partitions by offset. Committed records only; control markers do not stop it, since it goes by position, not by record.

    Records of the changelog, of which there are as many as customers, are bare (`streams.records`).
    """

    def __init__(self, kafka: Kafka) -> None:
        hand_out_bare(kafka.topic(STATES))
        self._consumer = AIOKafkaConsumer(
            **kafka.client(),
            group_id=None,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_bytes=4 * FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )

    async def start(self) -> None:
        """Connect."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        # Where the broker is gone, aiokafka raises the cancellation of a fetch that it was about to try again, as if we were cancelled.
        stopping = asyncio.ensure_future(self._consumer.stop())
        await asyncio.wait({stopping}, timeout=STOP_SECONDS)
        if not stopping.done() or stopping.cancelled() or stopping.exception():
            stopping.cancel()
            await self._consumer._client.close()  # noqa: SLF001 - what it has not come to

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset that is kept, and the end: the one after the last that is readable.

        The embedded broker (Tansu) says as the end the offset after the *first* record of the last batch. So whoever reads to the end takes
        whole batches, and `read` does.
        """
        tp = TopicPartition(topic, partition)
        first = (await self._consumer.beginning_offsets([tp]))[tp]
        return first, (await self._consumer.end_offsets([tp]))[tp]

    async def ends(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """Where several partitions of a topic end, see `bounds`."""
        found = await self._consumer.end_offsets([TopicPartition(topic, number) for number in partitions])
        return {tp.partition: end for tp, end in found.items()}

    async def read(self, topic: str, partition: int, start: int, end: int) -> AsyncGenerator[list[ConsumerRecord]]:
        """The records from `start` to `end`, in lists as they are fetched; the last list may go beyond."""
        if start >= end:
            return
        tp = TopicPartition(topic, partition)
        self._consumer.assign([tp])
        self._consumer.seek(tp, start)
        while await self._consumer.position(tp) < end:
            for records in (await self._consumer.getmany(tp, timeout_ms=1_000)).values():
                yield records

    async def at_end(self, topic: str, partition: int) -> bool:
        """Whether all that was readable when this was asked has been handed out by `follow`."""
        tp = TopicPartition(topic, partition)
        end = (await self._consumer.end_offsets([tp]))[tp]
        return bool(await self._consumer.position(tp) >= end)

    async def behind(self, topic: str, partition: int) -> int | None:
        """How many offsets `follow` has yet to hand out of a partition, as of the last fetch; None before the first."""
        tp = TopicPartition(topic, partition)
        if tp not in self._consumer.assignment():
            return None
        end = self._consumer.last_stable_offset(tp)
        if end is None or end < 0:  # a broker without transactions has none
            end = self._consumer.highwater(tp)
        return None if end is None else max(0, end - await self._consumer.position(tp))

    async def follow(
        self, starts: dict[tuple[str, int], int], most: int | None = None
    ) -> AsyncIterator[tuple[TopicPartition, list[ConsumerRecord]]]:
        """The records of several partitions from their starts on, for ever; in lists of at most so many, each of one partition."""
        partitions = {TopicPartition(*place): start for place, start in starts.items()}
        self._consumer.assign(list(partitions))
        for tp, start in partitions.items():
            self._consumer.seek(tp, start)
        while True:
            for tp, records in (await self._consumer.getmany(*partitions, timeout_ms=1_000, max_records=most)).items():
                yield tp, records


def topic_id(kafka: Kafka, topic: str) -> str:
    """The identity of a topic, which one of the same name that is made anew does not have; empty where the broker gives none.

    Raises:
        KafkaConnectionError: the broker does not say.
    """
    try:
        with closing(KafkaAdminClient(**kafka.client())) as admin:
            (described,) = admin.describe_topics([topic])
    except KafkaError as error:
        raise KafkaConnectionError(f"{type(error).__name__}: {error}") from error  # aiokafka's, as of all else here
    return str(described["topic_id"] or "")
