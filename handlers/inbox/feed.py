"""Follows Kafka in a thread of its own and keeps the read model: offsets are truth in the database, not in the consumer group."""

from __future__ import annotations

import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, StatementError

from handlers.inbox import tables
from handlers.inbox.batch import READ, Batch, Reader, Record
from handlers.inbox.changes import Changes
from handlers.inbox.database import Database
from handlers.inbox.metrics import Metrics
from handlers.inbox.read_model import absorb
from schemas.settings import Kafka

log = structlog.get_logger(__name__)

MOST_RECORDS = 2_000
POLL_MS = 200
MEASURED_EVERY_S = 1.0
BOOTSTRAP_MS = 5_000
STOP_WITHIN_S = 10.0
"""A thread that hangs in the client ends with the process: what it had not kept comes again."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0

REFUSED = (StatementError, OverflowError, UnicodeError)
"""What a database says of a value it cannot keep; sqlite3 raises the latter two as they are."""

Listener = Callable[[Changes], None]


class Feed:
    """The thread; it breaks off at any fault and begins again from the offsets in the database.

    Args:
        kafka: where the topics are.
        database: the read model.
        zone: the bank's time zone.
        metrics: what is counted.
        listener: hears, after each batch is kept, what looks different.
    """

    def __init__(self, kafka: Kafka, database: Database, zone: tzinfo, metrics: Metrics, listener: Listener) -> None:
        self._kafka = kafka
        self._database = database
        self._zone = zone
        self._metrics = metrics
        self._listener = listener
        self._reader = Reader(kafka, zone)
        self._stopping = threading.Event()
        self._caught_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox-feed", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch in flight."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives; it outlives every fault but its own end."""
        return self._thread.is_alive()

    @property
    def is_caught_up(self) -> bool:
        """Whether it runs and has once reached what was in Kafka when it began."""
        return self._caught_up.is_set() and self._thread.is_alive()

    def wait_until_caught_up(self, timeout: float) -> bool:
        """Wait for the first time that it has everything."""
        return self._caught_up.wait(timeout)

    def _run(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                self._follow()
            except (KafkaError, OperationalError, OSError) as error:
                log.warning("the feed broke off and begins again", error=type(error).__name__)
                self._metrics.feed_failures.labels(type(error).__name__).inc()
            except Exception as error:  # noqa: BLE001 - the thread must outlive a fault of ours; counted and logged, without the message, which may hold a name
                log.error("the feed failed and begins again", error=type(error).__name__, trace=traceback.format_tb(error.__traceback__))
                self._metrics.feed_failures.labels(type(error).__name__).inc()
            else:
                wait = FIRST_WAIT_S
            self._stopping.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)

    def _follow(self) -> None:
        consumer = KafkaConsumer(
            **self._kafka.client(),
            client_id="wealthwatch-inbox",
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_poll_records=MOST_RECORDS,
        )
        try:
            partitions = self._await_topics(consumer)
            consumer.assign(partitions)
            goal = self._resume(consumer, partitions)
            measured = 0.0
            while not self._stopping.is_set():
                polled = consumer.poll(timeout_ms=POLL_MS, max_records=MOST_RECORDS)
                if polled:
                    self._keep([record for records in polled.values() for record in records])
                # Not at every poll: kafka-python takes more time to say a position than to wait. But also where nothing has come, since
                # what stands in an open transaction is waited for.
                if not self._caught_up.is_set() or time.monotonic() - measured >= MEASURED_EVERY_S:
                    self._measure(consumer, partitions, goal)
                    measured = time.monotonic()
        finally:
            consumer.close(autocommit=False)

    def _await_topics(self, consumer: Any) -> list[TopicPartition]:
        names = [self._kafka.topic(topic) for topic in READ]
        said = False
        while not self._stopping.is_set():
            found = {name: consumer.partitions_for_topic(name) for name in names}
            missing = sorted(name for name, partitions in found.items() if not partitions)
            if not missing:
                return [TopicPartition(name, partition) for name, partitions in found.items() for partition in sorted(partitions)]
            if not said:
                log.info("waiting for topics", missing=missing)
                said = True
            self._stopping.wait(FIRST_WAIT_S)
        return []

    def _resume(self, consumer: Any, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        begin, end = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
        with self._database.reading() as connection:
            kept = {
                TopicPartition(topic, partition): offset
                for topic, partition, offset in connection.execute(
                    select(tables.Offset.topic, tables.Offset.partition, tables.Offset.next_offset)
                )
            }
        for partition in partitions:
            offset = kept.get(partition, begin[partition])
            if not begin[partition] <= offset <= end[partition]:
                log.warning(
                    "the kept offset is not in the topic any more, reading from its beginning",
                    at=f"{partition.topic}-{partition.partition}",
                )
                offset = begin[partition]
            consumer.seek(partition, offset)
        return dict(end)

    def _keep(self, records: list[Record]) -> None:
        batch = self._reader.read(records)
        try:
            self._absorb(batch)
        except REFUSED as error:
            if isinstance(error, OperationalError):
                raise
            self._keep_one_by_one(records)

    def _keep_one_by_one(self, records: list[Record]) -> None:
        """The database refuses something in the batch: find it, so that one record does not stop the feed."""
        for record in records:
            try:
                self._absorb(self._reader.read([record]))
            except REFUSED as error:
                if isinstance(error, OperationalError):
                    raise
                log.warning("record refused by the database", at=f"{record.topic}-{record.partition}-{record.offset}")
                name = record.topic.removeprefix(self._kafka.topic_prefix)
                self._absorb(Batch(offsets={(record.topic, record.partition): record.offset + 1}, read={name: 1}, malformed={name: 1}))

    def _absorb(self, batch: Batch) -> None:
        with self._metrics.batch_seconds.time(), self._database.writing() as connection:
            changed = absorb(connection, batch, self._zone)
        for topic, count in batch.read.items():
            self._metrics.records.labels(topic).inc(count)
        for topic, count in batch.malformed.items():
            self._metrics.malformed.labels(topic).inc(count)
        if changed:
            self._listener(changed)

    def _measure(self, consumer: Any, partitions: list[TopicPartition], goal: dict[TopicPartition, int]) -> None:
        positions = {partition: consumer.position(partition) or 0 for partition in partitions}
        if not self._caught_up.is_set() and all(positions[partition] >= goal[partition] for partition in partitions):
            self._caught_up.set()
            self._metrics.caught_up.set(1)
            log.info("the feed has caught up")
        lag: dict[str, int] = defaultdict(int)
        for partition, position in positions.items():
            ahead = consumer.highwater(partition)
            lag[partition.topic.removeprefix(self._kafka.topic_prefix)] += max(0, (ahead or 0) - position)
        for topic, behind in lag.items():
            self._metrics.lag.labels(topic).set(behind)
