"""Writing and reading topics in tests: whole topics to their end, and waiting for records with a deadline instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import MessageSizeTooLargeError

from schemas.settings import Settings
from schemas.topics import Topic

Headers = list[tuple[str, bytes]]
Record = tuple[str | bytes | None, bytes | None] | tuple[str | bytes | None, bytes | None, Headers]


def produce(
    settings: Settings, topic: Topic, records: Iterable[tuple[str | bytes, bytes | None] | tuple[str | bytes, bytes | None, Headers]]
) -> int:
    """Write (key, value) or (key, value, headers) and return how many the broker acknowledged."""
    producer = KafkaProducer(**settings.kafka.client(), acks="all", max_request_size=16_777_216, linger_ms=5)
    try:
        sent = []
        for key, value, *headers in records:
            key = key.encode() if isinstance(key, str) else key
            sent.append(producer.send(settings.kafka.topic(topic), key=key, value=value, headers=headers[0] if headers else None))
        producer.flush(60)
        return len([future.get(60) for future in sent])
    finally:
        producer.close()


PROBE = b"probe"
WITHIN_S = 30


def set_largest(settings: Settings, topic: Topic, size: int, probe: bytes = PROBE) -> None:
    """How large a record of the topic may be; returns once the broker goes by it, which is after it has said so."""
    with closing(KafkaAdminClient(**settings.kafka.client())) as admin:
        admin.alter_configs([ConfigResource("TOPIC", settings.kafka.topic(topic), {"max.message.bytes": str(size)})])
    deadline = time.monotonic() + WITHIN_S
    with closing(KafkaProducer(**settings.kafka.client(), acks="all")) as producer:
        while True:
            assert time.monotonic() < deadline, f"{topic.name} does not go by max.message.bytes={size}"
            try:
                producer.send(settings.kafka.topic(topic), value=probe, key=PROBE, partition=0).get(WITHIN_S)
            except MessageSizeTooLargeError:
                if size < len(probe):
                    return
            else:
                if size >= len(probe):
                    return


def read_all(settings: Settings, topic: Topic, *, committed: bool = True) -> list[ConsumerRecord]:
    """Every record of the topic up to its end at this moment, in order within each partition."""
    return list(each(settings, topic, committed=committed))


def each(settings: Settings, topic: Topic, *, committed: bool = True) -> Iterator[ConsumerRecord]:
    """The same one after the other, of a topic that may be larger than memory."""
    with _reader(settings, topic, committed) as consumer:
        ends = consumer.end_offsets(list(consumer.assignment()))
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for batch in consumer.poll(500).values():
                yield from batch


def await_records(
    settings: Settings,
    topic: Topic,
    enough: Callable[[list[ConsumerRecord]], bool],
    *,
    within_s: float = 60,
    committed: bool = True,
    until: Callable[[], str | None] | None = None,
) -> list[ConsumerRecord]:
    """Read the topic from its beginning until what has come is enough.

    Args:
        settings: where.
        topic: which.
        enough: told all records so far, after each fetch.
        within_s: the deadline.
        committed: leave out what is in an open or aborted transaction.
        until: asked at each fetch; a text ends the waiting, such as the last words of a worker that died.

    Raises:
        AssertionError: it was not enough in time.
    """
    deadline = time.monotonic() + within_s
    records: list[ConsumerRecord] = []
    with _reader(settings, topic, committed) as consumer:
        while not enough(records):
            assert time.monotonic() < deadline, f"{len(records)} records of {topic.name} were not enough after {within_s} s"
            trouble = until() if until else None
            assert not trouble, trouble
            for batch in consumer.poll(200).values():
                records.extend(batch)
    return records


@contextmanager
def _reader(settings: Settings, topic: Topic, committed: bool) -> Iterator[KafkaConsumer]:
    name = settings.kafka.topic(topic)
    consumer = KafkaConsumer(
        **settings.kafka.client(),
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed" if committed else "read_uncommitted",
        max_partition_fetch_bytes=16_777_216,
        max_poll_records=1_000_000,  # a batch whole: the embedded broker says an end that lies within the last one
    )
    try:
        consumer.assign([TopicPartition(name, number) for number in sorted(consumer.partitions_for_topic(name) or ())])
        assert consumer.assignment(), f"{name} does not exist"
        consumer.seek_to_beginning()
        yield consumer
    finally:
        consumer.close()
