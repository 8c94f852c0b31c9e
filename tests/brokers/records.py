"""Writing and reading topics in tests: whole topics to their end, and waiting for records with a deadline instead of sleeping.

What is written comes from a client of ours (kafka-python), as a feed's would; what is read is read by librdkafka, which is neither of the
clients under test, and much faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from operator import attrgetter
from typing import NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from kafka import KafkaProducer
from kafka.admin import ConfigResource, KafkaAdminClient
from kafka.errors import MessageSizeTooLargeError

from schemas.settings import Settings
from schemas.topics import Topic
from tests.patience import PATIENCE_S

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


class Stored(NamedTuple):
    """A record as it stands on a topic; the timestamp in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


PROBE = b"probe"


def set_largest(settings: Settings, topic: Topic, size: int, probe: bytes = PROBE) -> None:
    """How large a record of the topic may be; returns once the broker goes by it, which is after it has said so."""
    with closing(KafkaAdminClient(**settings.kafka.client())) as admin:
        admin.alter_configs([ConfigResource("TOPIC", settings.kafka.topic(topic), {"max.message.bytes": str(size)})])
    deadline = time.monotonic() + PATIENCE_S
    with closing(KafkaProducer(**settings.kafka.client(), acks="all")) as producer:
        while True:
            assert time.monotonic() < deadline, f"{topic.name} does not go by max.message.bytes={size}"
            try:
                producer.send(settings.kafka.topic(topic), value=probe, key=PROBE, partition=0).get(PATIENCE_S)
            except MessageSizeTooLargeError:
                if size < len(probe):
                    return
            else:
                if size >= len(probe):
                    return


def read_all(settings: Settings, topic: Topic, *, committed: bool = True) -> list[Stored]:
    """Every record of the topic up to its end at this moment, one partition after the other, each in its order."""
    return sorted(each(settings, topic, committed=committed), key=attrgetter("partition"))


def each(settings: Settings, topic: Topic, *, committed: bool = True) -> Iterator[Stored]:
    """The same as they come, of a topic that may be larger than memory: in order within each partition."""
    with _reader(settings, topic, committed) as (consumer, left):
        while left:
            yield from _fetched(consumer, left)


def await_records(
    settings: Settings,
    topic: Topic,
    enough: Callable[[list[Stored]], bool],
    *,
    within_s: float = PATIENCE_S,
    committed: bool = True,
    only: bytes | None = None,
    until: Callable[[], str | None] | None = None,
) -> list[Stored]:
    """Read the topic from its beginning until what has come is enough.

    Args:
        settings: where.
        topic: which.
        enough: told all records so far, whenever there are more.
        within_s: so long nothing more may come; how long all of it takes is the machine's affair.
        committed: leave out what is in an open or aborted transaction.
        only: leave out records of any other key.
        until: asked at each fetch; a text ends the waiting, such as the last words of a worker that died.

    Raises:
        AssertionError: it was not enough, and nothing more came.
    """
    records: list[Stored] = []
    with _reader(settings, topic, committed) as (consumer, left):
        while not enough(records):
            seen, deadline = len(records), time.monotonic() + within_s
            while len(records) == seen:
                assert time.monotonic() < deadline, (
                    f"{len(records)} records of {topic.name} were not enough, and {within_s} s brought no more"
                )
                trouble = until() if until else None
                assert not trouble, trouble
                records.extend(record for record in _fetched(consumer, left) if only is None or record.key == only)
    return records


def _fetched(consumer: Consumer, left: set[int]) -> Iterator[Stored]:
    """What has come by now; a partition whose end was reached leaves `left`."""
    for message in consumer.consume(10_000, 0.05):
        error = message.error()
        if error is None:
            yield Stored(
                *(message.topic(), message.partition(), message.offset(), message.timestamp()[1]),
                *(message.key(), message.value(), message.headers() or []),
            )
        elif error.code() == KafkaError._PARTITION_EOF:
            left.discard(message.partition())
        else:
            raise KafkaException(error)


@contextmanager
def _reader(settings: Settings, topic: Topic, committed: bool) -> Iterator[tuple[Consumer, set[int]]]:
    """A consumer at the beginning of every partition, and the partitions."""
    name = settings.kafka.topic(topic)
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka.bootstrap_servers,
            "group.id": "nobody",  # has to be there; nothing is joined or committed
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed" if committed else "read_uncommitted",
            "fetch.message.max.bytes": 16_777_216,
            "fetch.wait.max.ms": 20,  # the end of a partition is known by an empty fetch
            "fetch.queue.backoff.ms": 10,
        }
    )
    try:
        partitions = set(consumer.list_topics(name, PATIENCE_S).topics[name].partitions)
        assert partitions, f"{name} does not exist"
        consumer.assign([TopicPartition(name, number, OFFSET_BEGINNING) for number in sorted(partitions)])
        yield consumer, partitions
    finally:
        consumer.close()
