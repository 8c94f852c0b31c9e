"""Faust's transport, by the batch: what Faust would handle message by message reaches the agent as one message per partition and fetch.

The edges of Faust that were met are wrapped here, once:

- `Consumer._drain_messages` makes two asyncio tasks, a queue hop and an ack for every message. Nothing in that is needed per message, so
  `getmany` yields one message whose `value` is the list of records.
- `perform_seek` may race with a revocation and raise; Faust's own loop swallows it, an override must too. What is then not read again shows
  as a gap between the offsets of two batches, and `streams.partition` reads it for itself.
- Without tables Faust assigns round robin; the consumer here says which assignor it wants (`streams.assignor`), reads committed records
  only, and takes its connection from our settings, so that there is one place for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar, cast

import aiokafka
import faust
import structlog
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from schemas.settings import Settings
from schemas.topics import MOVEMENTS
from streams.assignor import WarmAssignor

log = structlog.get_logger(__name__)

FETCH_BYTES = 4 << 20
FETCH_RECORDS = 20_000


class MovementRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What a fetch brought of one partition.

    Of the movements' topic the decoder's own record objects are handed out, with offset, timestamp, key, value and headers: to make a
    `ConsumerRecord` of each costs as much as all else that fetching does. aiokafka has no setting for this, so it stands in for its class.
    """

    movements: ClassVar[str] = ""
    """The name of the movements' topic."""

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Any:
        return record if tp.topic == self.movements else super()._consumer_record(tp, record)

    def __iter__(self) -> Iterator[Any]:
        return cast("Iterator[Any]", self._records_iterator)


fetcher.PartitionRecords = MovementRecords


class Detecting(faust.App):
    """The detector's Faust app, which carries our settings and how partitions are shared out."""

    wealthwatch: Settings
    sharing_out: type[WarmAssignor]


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """The consumer's thread, whose aiokafka consumer is made from our settings."""

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:  # noqa: ARG002
        app = cast("Detecting", self.app)
        settings = app.wealthwatch
        detector = settings.detector
        MovementRecords.movements = settings.kafka.topic(MOVEMENTS)
        self._assignor = app.sharing_out
        return aiokafka.AIOKafkaConsumer(
            **settings.kafka.client(),
            client_id=detector.application_id,
            group_id=detector.application_id,
            group_instance_id=detector.group_instance_id,
            partition_assignment_strategy=[app.sharing_out],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_poll_records=FETCH_RECORDS,
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=500,
            session_timeout_ms=int(detector.session_timeout_s * 1_000),
            heartbeat_interval_ms=int(detector.heartbeat_interval_s * 1_000),
            rebalance_timeout_ms=int(max(60.0, detector.session_timeout_s) * 1_000),
        )


class BatchConsumer(driver.Consumer):
    """A consumer that yields one message per partition and fetch."""

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109 - Faust's name
        """Yield what has been fetched: (partition, message whose value is its records)."""
        fetched, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if fetched is None or self.should_stop:
            return
        if not self.flow_active:
            try:
                await self.perform_seek()
            except Exception as error:  # noqa: BLE001 - Faust's own loop does the same; the gap is found by offset
                log.info("seek_raced_with_rebalance", error=type(error).__name__)
            return
        for tp, records in fetched.items():
            if not records or (active is not None and tp not in active):
                continue
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            last = records[-1]
            stamp, value = last.timestamp / 1000, cast("Any", records)
            yield (
                tp,
                ConsumerMessage(
                    *(tp.topic, tp.partition, last.offset, stamp, last.timestamp_type, None, None, value, None, 0, 0, tp),
                    generation_id=generation,
                ),
            )


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with the batch consumer."""

    Consumer = BatchConsumer
