"""What a worker's death, arrival and absence leave behind: the same states, byte for byte, and every notification once."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from schemas.settings import Settings
from schemas.topics import MOVEMENTS
from tests.brokers.apache import ApacheKafka
from tests.brokers.records import produce
from tests.e2e.banks import Rows, movements_of
from tests.e2e.workers import final_states, freeze, notifications, on_other_topics, thaw, workers
from wealthwatch.simulation import Plan


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """A small bank's movements over 60 days, keyed."""
    return movements_of(Plan(11, 300, 60, date(2025, 3, 1)), tmp_path_factory.mktemp("sample"))


def undisturbed(settings: Settings, rows: Rows, folder: Path) -> tuple[dict[bytes, bytes], Counter[UUID]]:
    """States and message ids of a run that nothing disturbs, on topics of its own."""
    calm = on_other_topics(settings, "calm.")
    produce(calm, MOVEMENTS, rows)
    with workers(calm, folder) as detectors:
        detectors.start()
        detectors.await_decided()
    return final_states(calm), Counter(said.message_id for said in notifications(calm))


def test_a_worker_killed_in_the_middle_leaves_the_same_states_and_ids(settings: Settings, rows: Rows, tmp_path: Path) -> None:
    """Kill -9 and a restart, on either broker: nothing lost, and no id that an undisturbed run does not have."""
    states, ids = undisturbed(settings, rows, tmp_path / "calm")
    small = settings.model_copy(update={"detector": settings.detector.model_copy(update={"batch_records": 100})})
    produce(small, MOVEMENTS, rows)
    with workers(small, tmp_path / "stormy") as detectors:
        first = detectors.start()
        detectors.await_decided(positions=len(rows) // 4)
        detectors.kill(first)
        detectors.start()
        detectors.await_decided()
    assert final_states(small) == states
    said = Counter(message.message_id for message in notifications(small))
    assert set(said) == set(ids)
    if small.detector.processing_guarantee == "exactly_once":
        assert said == ids


@pytest.mark.kafka
def test_deaths_arrivals_and_a_zombie_change_nothing(settings: Settings, rows: Rows, tmp_path: Path) -> None:
    """Kill -9 in the middle, a restart, a second worker, and one frozen past its session and woken: it is fenced, and nothing shows."""
    states, ids = undisturbed(settings, rows, tmp_path / "calm")
    assert max(ids.values()) == 1
    quarter = len(rows) // 4
    with workers(settings, tmp_path / "stormy") as detectors:
        produce(settings, MOVEMENTS, rows[:quarter])
        first = detectors.start(WEALTHWATCH_DETECTOR__BATCH_RECORDS="20")
        detectors.await_decided(positions=quarter // 2)
        detectors.kill(first)
        slow = detectors.start(WEALTHWATCH_DETECTOR__BATCH_RECORDS="1")
        quick = detectors.start()
        detectors.await_log(slow, "partition_open")
        detectors.await_log(quick, "partition_open")
        produce(settings, MOVEMENTS, rows[quarter:])
        freeze(slow)
        detectors.await_decided()
        thaw(slow)
        detectors.await_log(slow, "partition_fenced")
        detectors.stop(quick)
        produce(settings, MOVEMENTS, rows[:200])
        detectors.await_decided()
    assert final_states(settings) == states
    assert Counter(message.message_id for message in notifications(settings)) == ids


@pytest.mark.kafka
def test_a_broker_killed_and_started_again_loses_nothing(settings: Settings, kafka: ApacheKafka, rows: Rows, tmp_path: Path) -> None:
    """Kill -9 of the broker in the middle: the worker drops what it could not write, opens its partitions again, and goes on."""
    states, ids = undisturbed(settings, rows, tmp_path / "calm")
    with workers(settings, tmp_path / "stormy") as detectors:
        produce(settings, MOVEMENTS, rows)
        detectors.start(WEALTHWATCH_DETECTOR__BATCH_RECORDS="20")
        detectors.await_decided(positions=len(rows) // 4)
        kafka.kill()
        kafka.start()
        detectors.await_decided()
    assert final_states(settings) == states
    assert Counter(message.message_id for message in notifications(settings)) == ids
