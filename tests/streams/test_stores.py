"""The store on disk under a worker: a restart reads what is missing, what is not of this changelog is read anew, all ends as in memory."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from handlers import topics
from schemas.settings import Settings
from schemas.topics import MOVEMENTS, STATES
from streams.stores import Stores
from tests.brokers.records import produce, read_all
from tests.e2e.banks import Rows, movements_of
from tests.e2e.workers import Workers, final_states, on_other_topics, workers
from wealthwatch.simulation import Plan
from wealthwatch.supervisor import Child


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """A small bank's movements over 40 days, keyed."""
    return movements_of(Plan(5, 120, 40, date(2025, 3, 1)), tmp_path_factory.mktemp("sample"))


@pytest.fixture
def on_disk(settings: Settings, tmp_path: Path) -> Settings:
    """The same settings with a store on disk."""
    detector = settings.detector.model_copy(update={"store": "rocksdb", "store_folder": tmp_path / "store", "positions_every_s": 0.1})
    return settings.model_copy(update={"detector": detector})


def read_at_opening(group: Workers, child: Child) -> int:
    """Records of the changelog that a worker read to open all its partitions."""
    return sum(map(int, re.findall(r'"records_read": ?(\d+)', group.log(child))))


def await_open(group: Workers, child: Child, partitions: int) -> None:
    """Wait until a worker has opened so many partitions."""
    for _ in range(partitions):
        group.await_log(child, "partition_open")
    while len(re.findall("partition_open", group.log(child))) < partitions:
        group.await_log(child, "partition_open")
        assert child.exit_code is None, child.last_words()


@contextmanager
def decided(settings: Settings, rows: Rows, folder: Path) -> Iterator[tuple[Workers, Child]]:
    """A worker that has decided these movements and published all allocations."""
    produce(settings, MOVEMENTS, rows)
    with workers(settings, folder) as group:
        child = group.start()
        group.await_allocations()
        yield group, child


def test_a_worker_killed_reads_only_what_is_missing_and_ends_as_one_in_memory(
    settings: Settings, on_disk: Settings, rows: Rows, tmp_path: Path
) -> None:
    calm = on_other_topics(settings, "calm.")
    with decided(calm, rows, tmp_path / "calm"):
        pass
    half = len(rows) // 2
    with decided(on_disk, rows[:half], tmp_path / "stormy") as (group, first):
        group.kill(first)
        in_changelog = len(final_states(on_disk))
        second = group.start(WEALTHWATCH_DETECTOR__BATCH_RECORDS="50")
        await_open(group, second, on_disk.kafka.partitions)
        assert read_at_opening(group, second) < in_changelog / 10
        produce(on_disk, MOVEMENTS, rows[half:])
        group.await_decided(positions=half + len(rows) // 4)
        group.kill(second)
        group.start()
        group.await_decided()
    assert final_states(on_disk) == final_states(calm)


def test_what_a_worker_has_on_disk_is_known_before_it_joins_and_what_was_being_removed_is(
    on_disk: Settings, rows: Rows, tmp_path: Path
) -> None:
    folder = on_disk.detector.store_folder
    assert folder is not None
    with decided(on_disk, rows, tmp_path / "workers") as (group, first):
        group.stop(first)
    (folder / "removed-x" / "partition-9").mkdir(parents=True)
    for settings, known in ((on_disk, range(on_disk.kafka.partitions)), (another(on_disk), ())):
        with closing(Stores(settings)) as stores:
            assert stores.found().keys() == set(known)
    ends = Counter(record.partition for record in read_all(on_disk, STATES))
    (folder / "partition-1" / "CURRENT").write_text("nothing that was written here")
    os.utime(folder / "partition-0", (0, 0))
    with closing(Stores(on_disk)) as stores:
        found = stores.found()
        assert stores.sweep(()).keys() == {0}, "to look at it does not prolong its time"
    assert found.keys() == set(ends) - {1}, "what is damaged is as good as not there"
    assert all(place >= ends[number] for number, place in found.items())
    assert not (folder / "removed-x").exists()


def another(settings: Settings) -> Settings:
    """Another application with the same folder."""
    return settings.model_copy(update={"detector": settings.detector.model_copy(update={"application_id": "another"})})


def test_a_lost_and_a_corrupted_store_are_read_anew_and_said(on_disk: Settings, rows: Rows, tmp_path: Path) -> None:
    assert on_disk.detector.store_folder is not None
    with decided(on_disk, rows, tmp_path / "workers") as (group, first):
        group.kill(first)
        before = final_states(on_disk)
        folders = sorted(on_disk.detector.store_folder.glob("partition-*"))
        assert len(folders) == on_disk.kafka.partitions
        shutil.rmtree(folders[0])
        (folders[1] / "CURRENT").write_text("nothing that was written here")
        second = group.start()
        await_open(group, second, on_disk.kafka.partitions)
        (line,) = [line for line in group.log(second).splitlines() if "store_rebuilt" in line]
        assert folders[1].name in line
        assert "Corruption" in line
        produce(on_disk, MOVEMENTS, rows)
        group.await_decided()
    assert final_states(on_disk) == before, "each movement was known"


def test_a_store_of_a_topic_that_was_made_anew_is_read_anew(on_disk: Settings, rows: Rows, tmp_path: Path) -> None:
    with decided(on_disk, rows, tmp_path / "workers") as (group, first):
        group.stop(first)
        admin = KafkaAdminClient(**on_disk.kafka.client())
        admin.delete_topics([on_disk.kafka.topic(STATES)])
        while on_disk.kafka.topic(STATES) in topics.found(on_disk.kafka):
            continue
        topics.create(on_disk.kafka)
        admin.close()
        second = group.start()
        await_open(group, second, on_disk.kafka.partitions)
        assert group.log(second).count("store_rebuilt") == on_disk.kafka.partitions
        produce(on_disk, MOVEMENTS, rows)
        group.await_decided()
    assert final_states(on_disk).keys() >= {key for key, _ in rows}


def test_a_second_worker_with_the_same_folder_ends_with_one_line(on_disk: Settings, tmp_path: Path) -> None:
    with workers(on_disk, tmp_path / "workers") as group:
        first = group.start()
        await_open(group, first, on_disk.kafka.partitions)
        second = group.start()
        group.await_log(second, "is in use by another worker: give each a detector.store_folder of its own")
        assert "Traceback" not in group.log(second)
        assert first.exit_code is None
