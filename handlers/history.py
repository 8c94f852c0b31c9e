"""Reads partitions from some offset to the end they have now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from schemas.settings import Kafka

_WAIT_MS = 100
_QUIET = 5
"""Fetches without a record, one after the other, that are a silence."""
_WHOLE = 1_000_000
"""A poll takes all that was fetched."""


@contextmanager
def reader(kafka: Kafka, **options: Any) -> Iterator[KafkaConsumer]:
    """Open a consumer that is in no group, reads only what is committed, and leaves nothing behind."""
    consumer = KafkaConsumer(
        **kafka.client(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        allow_auto_create_topics=False,
        max_poll_records=_WHOLE,
        **{"fetch_max_wait_ms": _WAIT_MS, **options},
    )
    try:
        yield consumer
    finally:
        consumer.close(autocommit=False, timeout_ms=2_000)


def all_partitions(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    """Every partition of a topic; none if it does not exist."""
    return [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]


def history(consumer: KafkaConsumer, starts: Mapping[TopicPartition, int | None]) -> Iterator[ConsumerRecord]:
    """Give the records that stand there now; the consumer is left at their end.

    Args:
        consumer: of no group; its assignment is replaced.
        starts: the first offset of each partition; None is its beginning.
    """
    consumer.assign(list(starts))
    for partition, offset in starts.items():
        if offset is None:
            consumer.seek_to_beginning(partition)
        else:
            consumer.seek(partition, offset)
    listed = consumer.end_offsets(list(starts))
    ends: dict[TopicPartition, int] = {}
    quiet = 0
    while any(not _reached(consumer, partition, listed[partition], ends.get(partition), quiet) for partition in starts):
        polled = consumer.poll(timeout_ms=_WAIT_MS)
        quiet = 0 if polled else quiet + 1
        for partition in starts:
            if partition not in ends and (fetched := consumer.highwater(partition)) is not None:
                ends[partition] = max(listed[partition], fetched)
        for records in polled.values():
            yield from records


def _reached(consumer: KafkaConsumer, partition: TopicPartition, listed: int, fetched: int | None, quiet: int) -> bool:
    # Asked for its end, the embedded broker names the second record of its last batch; the true one comes with what is fetched. That of
    # Apache Kafka may lie behind an open transaction, out of reach: then a silence tells.
    position = consumer.position(partition)
    return position >= listed and ((fetched is not None and position >= fetched) or quiet >= _QUIET)


def offsets_at(consumer: KafkaConsumer, partitions: list[TopicPartition], moment: datetime) -> dict[TopicPartition, int | None]:
    """The first offset of each partition that was appended at or after a moment; the end where there is none."""
    found = consumer.offsets_for_times({partition: int(moment.timestamp() * 1000) for partition in partitions})
    ends = consumer.end_offsets(partitions)
    return {partition: found[partition].offset if found.get(partition) else ends[partition] for partition in partitions}
