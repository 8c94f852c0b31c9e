"""How partitions are grown (docs/scaling.md): topics of another prefix, filled from the archive; a state moves with its customer."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from uuid import UUID

from aiokafka.partitioner import murmur2

from handlers import topics
from schemas.settings import Settings
from schemas.topics import MOVEMENTS, STATES
from streams.changelog import HOUSEHOLD_MARK, POSITIONS_KEY
from streams.state import decode, is_segment
from tests.brokers.records import produce, read_all
from tests.e2e.workers import notifications, workers
from tests.streams.builders import whole
from wealthwatch.simulation import Plan, write

MORE = 7


def grown(settings: Settings) -> Settings:
    """The same bank on more partitions, under a prefix and in a group of its own."""
    kafka = settings.kafka.model_copy(update={"topic_prefix": "more." + settings.kafka.topic_prefix, "partitions": MORE})
    detector = settings.detector.model_copy(update={"application_id": "more." + settings.detector.application_id})
    other = settings.model_copy(update={"kafka": kafka, "detector": detector})
    topics.create(other.kafka)
    return other


def decided(settings: Settings, rows: list[tuple[bytes, bytes]], folder: Path) -> tuple[dict[str, bytes], dict[str, int], Counter[UUID]]:
    """What two workers make of the archive: states but for their place in the topic, each customer's partition, and the ids said."""
    produce(settings, MOVEMENTS, rows)
    with workers(settings, folder) as detectors:
        detectors.start()
        detectors.start()
        detectors.await_decided()
    records = {record.key: record for record in read_all(settings, STATES)}
    values = {key: record.value for key, record in records.items()}
    states = {}
    partitions = {}
    for key, record in records.items():
        if key != POSITIONS_KEY and not key.startswith(HOUSEHOLD_MARK) and not is_segment(key):
            customer = decode(record.value, values.get)
            customer.position = 0
            states[customer.customer_id] = whole(customer)
            partitions[customer.customer_id] = record.partition
    return states, partitions, Counter(said.message_id for said in notifications(settings))


def test_on_more_partitions_the_archive_leads_to_the_same_states_and_ids(settings: Settings, tmp_path: Path) -> None:
    sample = tmp_path / "sample.jsonl"
    write(Plan(13, 120, 40, date(2025, 3, 1)), sample)
    rows = [(json.loads(line)["customer_id"].encode(), line) for line in sample.read_bytes().splitlines()]
    states, before, ids = decided(settings, rows, tmp_path / "before")
    more = grown(settings)
    again, after, said = decided(more, rows, tmp_path / "after")
    assert again == states
    assert set(said) == set(ids)
    assert len(ids) > 20
    assert after == {customer: (murmur2(customer.encode()) & 0x7FFFFFFF) % MORE for customer in states}
    assert sum(after[customer] != before[customer] for customer in states) > len(states) // 2
