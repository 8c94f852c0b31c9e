"""Reads partitions from some offset to the end they have now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from schemas.settings import Kafka

_WAIT_MS = 200
_WHOLE = 1_000_000
"""A poll takes all that was fetched: the embedded broker says an end that lies within its last batch, which must not be left half read."""


@contextmanager
def reader(kafka: Kafka, **options: Any) -> Iterator[KafkaConsumer]:
    """Open a consumer that is in no group, reads only what is committed, and leaves nothing behind."""
    consumer = KafkaConsumer(
        **kafka.client(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        allow_auto_create_topics=False,
        max_poll_records=_WHOLE,
        **options,
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
    left = consumer.end_offsets(list(starts))
    while left := {partition: end for partition, end in left.items() if consumer.position(partition) < end}:
        for records in consumer.poll(timeout_ms=_WAIT_MS).values():
            yield from records


def offsets_at(consumer: KafkaConsumer, partitions: list[TopicPartition], moment: datetime) -> dict[TopicPartition, int | None]:
    """The first offset of each partition that was appended at or after a moment; the end where there is none."""
    found = consumer.offsets_for_times({partition: int(moment.timestamp() * 1000) for partition in partitions})
    ends = consumer.end_offsets(partitions)
    return {partition: found[partition].offset if found.get(partition) else ends[partition] for partition in partitions}
