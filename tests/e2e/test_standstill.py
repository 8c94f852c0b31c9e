"""A worker that gets on with nothing ends and says why, whatever it was that stalled; and what only takes long is no standstill."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from schemas.settings import Settings
from schemas.topics import MOVEMENTS, STATES
from tests.brokers.apache import ApacheKafka
from tests.brokers.processes import program_pid
from tests.brokers.records import produce
from tests.conftest import PARTITIONS
from tests.e2e.workers import Workers, await_leaders, freeze, thaw, workers
from tests.streams.builders import movement
from wealthwatch.configuration import environment_of
from wealthwatch.supervisor import Child

pytestmark = [pytest.mark.kafka, pytest.mark.long]

PATIENCE_S = 8.0
NOTICED_S = 40.0
"""The patience, and what it takes to start, to notice and to stop."""


def moved(count: int, first: int = 0) -> list[tuple[bytes, bytes]]:
    """So many movements, each of another customer."""
    return [(name.encode(), movement(customer_id=name, event_id=name)) for name in (f"c{number}" for number in range(first, first + count))]


@pytest.fixture
def impatient(settings: Settings) -> Settings:
    """Settings of a worker that waits for nothing longer than a few seconds."""
    detector = settings.detector.model_copy(update={"patience_s": PATIENCE_S, "transaction_timeout_s": 4.0})
    return settings.model_copy(update={"detector": detector})


@contextmanager
def at_work(settings: Settings, folder: Path) -> Iterator[tuple[Workers, Child]]:
    """A worker that has decided something and waits for more."""
    with workers(settings, folder) as group:
        child = group.start()
        produce(settings, MOVEMENTS, moved(40))
        group.await_decided()
        yield group, child


def ended(group: Workers, child: Child) -> dict[str, Any]:
    """Wait until a worker has ended by itself, not well; what it said of that."""
    assert child.wait(NOTICED_S) == 1, child.last_words()
    (line,) = [json.loads(line) for line in group.log(child).splitlines() if '"worker_stalled"' in line]
    assert "wealthwatch: the worker gets on with nothing (" in child.last_words(3)
    found: dict[str, Any] = line
    return found


def for_long(group: Workers, child: Child) -> None:
    """Twice the patience passes, and the worker is well."""
    until = time.monotonic() + 2 * PATIENCE_S
    while time.monotonic() < until:
        assert child.exit_code is None, group.log(child)
        time.sleep(0.2)


def test_a_consumer_that_fetches_nothing_more_ends_the_worker(impatient: Settings, tmp_path: Path) -> None:
    with workers(impatient, tmp_path) as group:
        command = [sys.executable, "-m", "tests.e2e.stalling"]
        child = Child("stalling", command, tmp_path / "stalling.log", environment_of(impatient))
        group.all.append(child)
        produce(impatient, MOVEMENTS, moved(40))
        group.await_decided()
        os.kill(program_pid(child), signal.SIGUSR1)
        for_long(group, child)
        produce(impatient, MOVEMENTS, moved(40, 40))
        said = ended(group, child)
    assert {one["doing"] for one in said["stalled"]} == {"fetching"}
    assert {one["partition"] for one in said["stalled"]} <= set(range(PARTITIONS))
    assert all(one["lag"] > 0 and one["seconds"] >= PATIENCE_S and one["since"] for one in said["stalled"])


def test_a_broker_that_says_nothing_any_more_ends_the_worker_though_it_has_nothing_to_do(
    impatient: Settings, kafka: ApacheKafka, tmp_path: Path
) -> None:
    with at_work(impatient, tmp_path) as (group, child):
        kafka.freeze()
        try:
            said = ended(group, child)
        finally:
            kafka.thaw()
            await_leaders(impatient)
    assert "asking the broker where the partitions end" in {one["doing"] for one in said["stalled"]}


def test_a_broker_that_is_away_for_less_is_survived(impatient: Settings, kafka: ApacheKafka, tmp_path: Path) -> None:
    patient = impatient.model_copy(update={"detector": impatient.detector.model_copy(update={"patience_s": 60.0})})
    with at_work(patient, tmp_path) as (group, child):
        kafka.freeze()
        try:
            for_long(group, child)
        finally:
            kafka.thaw()
            await_leaders(patient)
        produce(patient, MOVEMENTS, moved(40, 40))
        group.await_decided()
        assert child.exit_code is None


def test_a_changelog_that_cannot_be_read_ends_the_worker(impatient: Settings, tmp_path: Path) -> None:
    with at_work(impatient, tmp_path) as (group, child):
        admin = KafkaAdminClient(**impatient.kafka.client())
        admin.delete_topics([impatient.kafka.topic(STATES)])
        admin.close()
        produce(impatient, MOVEMENTS, moved(40, 40))
        said = ended(group, child)
    assert {one["doing"] for one in said["stalled"]} <= {"opening", "waiting to open again", "writing"}
    assert any(one["error"] for one in said["stalled"])


def test_markers_behind_the_last_movement_are_nothing_to_do(impatient: Settings, tmp_path: Path) -> None:
    """A feed's transactions end with records of the broker's own, which no consumer is ever given."""
    with workers(impatient, tmp_path) as group:
        child = group.start()
        producer = KafkaProducer(**impatient.kafka.client(), transactional_id=f"{impatient.detector.application_id}-feed")
        producer.init_transactions()
        producer.begin_transaction()
        for key, value in moved(40):
            producer.send(impatient.kafka.topic(MOVEMENTS), key=key, value=value)
        producer.commit_transaction()
        producer.close()
        group.await_decided()
        for_long(group, child)


def test_a_rebalance_and_a_frozen_worker_may_take_longer_than_the_patience(impatient: Settings, tmp_path: Path) -> None:
    """The group waits for a frozen member until its session ends; the one that was frozen begins to count when it is woken."""
    session_s = 2 * PATIENCE_S
    slow = impatient.model_copy(update={"detector": impatient.detector.model_copy(update={"session_timeout_s": session_s})})
    with at_work(slow, tmp_path) as (group, child):
        other = group.start()
        group.await_log(other, "partition_open")
        freeze(other)
        third = group.start()
        group.await_log(third, "partition_open", within_s=90)
        assert child.exit_code is None, child.last_words()
        thaw(other)
        produce(slow, MOVEMENTS, moved(40, 40))
        group.await_decided()
        for_long(group, other)
        assert group.trouble() is None
