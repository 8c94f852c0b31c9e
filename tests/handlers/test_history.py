from __future__ import annotations

import time

import pytest
from kafka import KafkaProducer, TopicPartition

from handlers.history import history, reader
from schemas.settings import Settings
from schemas.topics import JOURNAL


def write(settings: Settings, batches: tuple[int, ...]) -> TopicPartition:
    """Numbered records in batches of these sizes, in one partition."""
    topic = settings.kafka.topic(JOURNAL)
    producer = KafkaProducer(**settings.kafka.client(), enable_idempotence=False, linger_ms=1_000)
    number = 0
    for size in batches:
        for _ in range(size):
            producer.send(topic, value=str(number).encode(), partition=1)
            number += 1
        producer.flush()
    producer.close()
    return TopicPartition(topic, 1)


@pytest.mark.parametrize("batches", [(), (1,), (5,), (5, 1), (1, 5), (3, 4, 2)])
def test_from_any_offset_all_that_stands_there_is_read_once(settings: Settings, batches: tuple[int, ...]) -> None:
    partition = write(settings, batches)
    count = sum(batches)
    with reader(settings.kafka) as consumer:
        for start in range(count + 1):
            assert [record.offset for record in history(consumer, {partition: start})] == list(range(start, count))
        assert len(list(history(consumer, {partition: None}))) == count
        assert len(list(history(consumer, {TopicPartition(partition.topic, number): None for number in range(4)}))) == count


@pytest.mark.kafka
def test_what_lies_in_an_open_transaction_does_not_stand_there_yet(settings: Settings) -> None:
    partition = write(settings, (2, 1))
    producer = KafkaProducer(**settings.kafka.client(), transactional_id=settings.kafka.topic_prefix)
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(partition.topic, value=b"open", partition=1).get(10)
    with reader(settings.kafka) as consumer:
        before = time.monotonic()
        assert len(list(history(consumer, {partition: None}))) == 3
        assert time.monotonic() - before < 10
        producer.commit_transaction()
        assert [record.value for record in history(consumer, {partition: 3})] == [b"open"]
    producer.close()
