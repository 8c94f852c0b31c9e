"""Bare records are those that aiokafka hands out, one for one, wherever somebody begins and however many they take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from kafka import KafkaProducer

from schemas.settings import Settings
from schemas.topics import MOVEMENTS
from streams.records import BareRecords, hand_out_bare

COUNT = 50


@asynccontextmanager
async def reading(settings: Settings, start: int) -> AsyncIterator[tuple[AIOKafkaConsumer, TopicPartition]]:
    tp = TopicPartition(settings.kafka.topic(MOVEMENTS), 0)
    consumer = AIOKafkaConsumer(**settings.kafka.client(), isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([tp])
        consumer.seek(tp, start)
        yield consumer, tp
    finally:
        await consumer.stop()


async def taken(settings: Settings, start: int, most: int | None, last: bytes) -> list[tuple[Any, ...]]:
    """All from an offset on, until one with this value has come; and the position after each fetch is that of the next record."""
    found: list[tuple[Any, ...]] = []
    position = start
    async with reading(settings, start) as (consumer, tp):
        while not found or found[-1][2] != last:
            for records in (await consumer.getmany(tp, timeout_ms=1_000, max_records=most)).values():
                assert most is None or len(records) <= most
                assert records[0].offset >= position
                found += [(one.offset, one.key, one.value, one.timestamp, tuple(one.headers)) for one in records]
                position = await consumer.position(tp)
                assert position > records[-1].offset
    return found


def write(settings: Settings) -> bytes:
    """Batches of several sizes; on Apache Kafka some in transactions, of which one is given up. The value of the last record."""
    topic, number = settings.kafka.topic(MOVEMENTS), iter(range(COUNT))
    transactions = settings.detector.processing_guarantee == "exactly_once"
    producer = KafkaProducer(
        **settings.kafka.client(), linger_ms=50, **({"transactional_id": settings.kafka.topic_prefix} if transactions else {})
    )
    if transactions:
        producer.init_transactions()
    last = b""
    for place, size in enumerate((1, 13, 5, 20, 11)):
        if transactions:
            producer.begin_transaction()
        for _ in range(size):
            last = b"value %d" % next(number)
            producer.send(topic, partition=0, key=b"key", value=last, headers=[("schema", b"1")])
        producer.flush()
        if transactions:
            producer.abort_transaction() if place == 2 else producer.commit_transaction()
    producer.close()
    return last


@pytest.mark.parametrize("most", [None, 1, 7, 13, 1_000])
async def test_they_are_aiokafka_s_wherever_one_begins_and_however_many_one_takes(settings: Settings, most: int | None) -> None:
    last, topic = write(settings), settings.kafka.topic(MOVEMENTS)
    starts = (0, 5, 20, 30)
    ordinary = [await taken(settings, start, None, last) for start in starts]
    assert len(ordinary[0]) == (COUNT - 5 if settings.detector.processing_guarantee == "exactly_once" else COUNT)
    hand_out_bare(topic)
    try:
        assert [await taken(settings, start, most, last) for start in starts] == ordinary
    finally:
        BareRecords.topics.discard(topic)


async def test_who_goes_back_within_a_batch_reads_it_again(settings: Settings) -> None:
    last, topic = write(settings), settings.kafka.topic(MOVEMENTS)
    hand_out_bare(topic)
    try:
        async with reading(settings, 0) as (consumer, tp):
            offsets: list[int] = []
            while len(offsets) < 4:
                for records in (await consumer.getmany(tp, timeout_ms=1_000, max_records=4 - len(offsets))).values():
                    offsets += [one.offset for one in records]
            consumer.seek(tp, offsets[2])
            again: list[Any] = []
            while not again or again[-1].value != last:
                for records in (await consumer.getmany(tp, timeout_ms=1_000)).values():
                    again += records
            assert again[0].offset == offsets[2]
            assert [one.offset for one in again][: len(offsets) - 2] == offsets[2:]
    finally:
        BareRecords.topics.discard(topic)
