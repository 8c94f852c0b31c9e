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

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, cast

import aiokafka
import faust
import structlog
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from schemas.settings import Settings
from schemas.topics import MOVEMENTS
from streams.assignor import WarmAssignor
from streams.records import hand_out_bare

log = structlog.get_logger(__name__)

FETCH_BYTES = 4 << 20
FETCH_RECORDS = 20_000
LEAVE_SECONDS = 1.0
"""So long the consumer may take to leave the group; a broker that is gone is not told."""


class Place(NamedTuple):
    """How far the consumer is in a partition, as offsets; 0 for what it does not know.

    Args:
        read: where it reads on, beyond markers of transactions, too.
        end: of the partition, as the last fetch said.
        handed: after the last record that it handed over.
    """

    read: int
    end: int
    handed: int


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
        hand_out_bare(settings.kafka.topic(MOVEMENTS))
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

    async def on_thread_stop(self) -> None:
        """Leave the group, if the broker hears of it soon: aiokafka would wait for 40 s, or fail by having cancelled a fetch of its own."""
        leaving = asyncio.ensure_future(super().on_thread_stop())
        await asyncio.wait({leaving}, timeout=LEAVE_SECONDS)
        if not leaving.done() or leaving.cancelled() or leaving.exception():
            log.warning("group_not_left", means="the broker does not answer; the group waits until the session ends")
            leaving.cancel()

    def place(self, tp: TP) -> Place:
        """How far it is; any thread may ask, at any time."""
        subscription = self._consumer and self._consumer._subscription.subscription  # noqa: SLF001 - what is public asserts and waits
        assignment = subscription and subscription.assignment
        state = assignment and assignment.state_value(tp)
        if not state:
            return Place(0, 0, 0)
        return Place(state._position or 0, state.highwater or 0, 0)  # noqa: SLF001


class BatchConsumer(driver.Consumer):
    """A consumer that yields one message per partition and fetch."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._handed: dict[TP, int] = {}

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def place(self, tp: TP) -> Place:
        """How far it is in a partition; any thread may ask, at any time."""
        return cast("BatchConsumerThread", self._thread).place(tp)._replace(handed=self._handed.get(tp, 0))

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
            self._handed[tp] = last.offset + 1
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
