"""SIGTERM ends a worker in under ten seconds, whatever it does: a batch is finished if the broker lets it, nothing else is waited for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from schemas.settings import Settings
from schemas.topics import MOVEMENTS, STATES
from streams.changelog import POSITIONS_KEY, decode_positions
from tests.brokers.apache import ApacheKafka
from tests.brokers.records import produce, read_all
from tests.conftest import PARTITIONS
from tests.e2e.banks import Rows, movements_of
from tests.e2e.workers import Workers, await_leaders, final_states, freeze, notifications, on_other_topics, workers
from wealthwatch.simulation import Plan
from wealthwatch.supervisor import Child

pytestmark = [pytest.mark.kafka, pytest.mark.long]

WITHIN_S = 10.0


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """A small bank's movements over 40 days, keyed."""
    return movements_of(Plan(13, 200, 40, date(2025, 3, 1)), tmp_path_factory.mktemp("sample"))


@pytest.fixture
def slow(settings: Settings) -> Settings:
    """Settings of a worker that makes many small batches, and soon sees that one cannot be written."""
    detector = settings.detector.model_copy(update={"batch_records": 20, "transaction_timeout_s": 3.0})
    return settings.model_copy(update={"detector": detector})


def stopped(group: Workers, child: Child) -> float:
    """SIGTERM; it ends well, in time; after so many seconds."""
    began = time.monotonic()
    group.stop(child)
    took = time.monotonic() - began
    assert took < WITHIN_S, group.log(child)
    print(f"stopped after {took:.1f} s")
    return took


def committed(settings: Settings) -> dict[int, int]:
    """The group's offsets."""
    with closing(KafkaAdminClient(**settings.kafka.client())) as admin:
        found = admin.list_group_offsets({settings.detector.application_id: None})
    return {place.partition: offset.offset for place, offset in found[settings.detector.application_id].items()}


def positions(settings: Settings) -> dict[int, int]:
    """How far each partition is decided."""
    return {one.partition: decode_positions(one.value).movements for one in read_all(settings, STATES) if one.key == POSITIONS_KEY}


def test_under_load_it_finishes_the_batch_and_says_how_far_it_came(slow: Settings, rows: Rows, tmp_path: Path) -> None:
    with workers(slow, tmp_path) as group:
        produce(slow, MOVEMENTS, rows)
        child = group.start()
        group.await_decided(positions=len(rows) // 4)
        stopped(group, child)
        assert "partition_broken_off" not in group.log(child)
        assert committed(slow) == positions(slow)
        assert sum(positions(slow).values()) < len(rows)


def test_a_recovery_is_broken_off(slow: Settings, tmp_path: Path) -> None:
    producer = KafkaProducer(**slow.kafka.client(), linger_ms=50, batch_size=1 << 20)
    for number in range(100_000):
        producer.send(slow.kafka.topic(STATES), key=b"%d" % number, value=b"%02000d" % number, partition=number % PARTITIONS)
    producer.flush()
    producer.close()
    with workers(slow, tmp_path) as group:
        child = group.start()
        group.await_log(child, '"assigned"')
        stopped(group, child)
        assert group.log(child).count("partition_open") < PARTITIONS


def test_joining_the_group_is_broken_off(slow: Settings, tmp_path: Path) -> None:
    """It waits for a frozen member, whose session is long."""
    patient = slow.model_copy(update={"detector": slow.detector.model_copy(update={"session_timeout_s": 45.0})})
    with workers(patient, tmp_path) as group:
        frozen = group.start()
        group.await_log(frozen, "partition_open")
        freeze(frozen)
        child = group.start(WEALTHWATCH_LOG__LEVEL="debug")
        group.await_log(child, "(Re-)joining group")
        stopped(group, child)
        assert '"assigned"' not in group.log(child)


@pytest.mark.parametrize("away", ["frozen", "gone"])
def test_a_broker_that_is_away_is_not_waited_for(slow: Settings, kafka: ApacheKafka, rows: Rows, tmp_path: Path, away: str) -> None:
    """Neither in the middle of a batch, nor where a partition is being opened again; and nothing is lost, and nothing told twice."""
    go: Callable[[], None] = kafka.freeze if away == "frozen" else kafka.kill
    come: Callable[[], None] = kafka.thaw if away == "frozen" else kafka.start
    calm = on_other_topics(slow, "calm.")
    with workers(calm, tmp_path / "calm") as group:
        produce(calm, MOVEMENTS, rows)
        group.start(WEALTHWATCH_DETECTOR__BATCH_RECORDS="4000")
        group.await_decided()
    with workers(slow, tmp_path / "stormy") as group:
        produce(slow, MOVEMENTS, rows)
        for share, said in ((8, "partition_open"), (4, "partition_reopens")):
            child = group.start()
            group.await_decided(positions=len(rows) // share)
            go()
            try:
                group.await_log(child, said)
                stopped(group, child)
            finally:
                come()
                await_leaders(slow)
        group.start(WEALTHWATCH_DETECTOR__BATCH_RECORDS="4000")
        group.await_decided()
    assert final_states(slow) == final_states(calm)
    assert Counter(one.message_id for one in notifications(slow)) == Counter(one.message_id for one in notifications(calm))
