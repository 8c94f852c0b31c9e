"""What a partition keeps on disk: never ahead of the changelog, whatever ends the worker, and removed where it is not certainly of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from schemas.settings import Detector, Settings
from streams import unpublished as unpublished_file
from streams.changelog import Positions
from streams.database import Database, Shared
from streams.rocks_states import RocksStates
from streams.states import MemoryStates, StoreDamagedError, StoreFailedError, StoreInUseError
from streams.stores import Stores
from tests.patience import PATIENCE_S
from tests.streams.builders import instant
from tests.streams.shelves import ORIGIN, Life, positions_record, record, states_of

NOON = instant("2025-03-10 12:00")

WRITER = """
import resource, sys
from pathlib import Path
from streams.changelog import Positions
from streams.database import Shared
from streams.publisher import Written
from streams.rocks_states import RocksStates
from tests.streams.shelves import ORIGIN

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]) if sys.argv[2:] else -1, -1))
states = RocksStates(Path(sys.argv[1]), Shared(8), ORIGIN, others=True)
batch = states.checkpoint // 4
try:
    while True:
        value = batch.to_bytes(8, "big") * 4_000
        states.customers.keep([(b"c%d" % (batch % 7), value), (b"c%d" % (batch % 5 + 7), value), (b"c%d\\0past" % (batch % 7), value)], [])
        states.write(Positions(movements=batch), Written(batch * 4, batch * 4 + 4, 4))
        batch += 1
        print(batch, flush=True)
except OSError as error:
    print(type(error).__name__, error.errno, flush=True)
"""
"""Batch upon batch: 4 records of the changelog each, three of states and one of positions."""


def opened(folder: Path) -> RocksStates:
    return RocksStates(folder, Shared(8), ORIGIN, others=True)


def as_of(batches: int) -> dict[bytes, bytes]:
    """What the writer has written after so many batches."""
    found = dict[bytes, bytes]()
    for batch in range(batches):
        value = batch.to_bytes(8, "big") * 4_000
        found |= {b"c%d" % (batch % 7): value, b"c%d" % (batch % 5 + 7): value, b"c%d\0past" % (batch % 7): value}
    return found


def writer(folder: Path, *limit: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), *limit], stdout=subprocess.PIPE, text=True)


def holds(folder: Path, at_least: int) -> None:
    """The store has exactly what was written up to its checkpoint, and that is all that its writer knew of."""
    states = opened(folder)
    batches, rest = divmod(states.checkpoint, 4)
    assert rest == 0
    assert batches >= at_least
    assert states.positions.movements == batches - 1
    assert {key: states.customers.find(key) for key in as_of(batches)} == as_of(batches)
    states.close()


def test_a_worker_killed_at_any_moment_leaves_exactly_what_its_checkpoint_says(tmp_path: Path) -> None:
    for kill_after in (1, 40, 333):
        child = writer(tmp_path / "store")
        assert child.stdout is not None
        last = 0
        for _, line in zip(range(kill_after), child.stdout, strict=False):
            last = int(line)
        child.send_signal(signal.SIGKILL)
        child.wait()
        holds(tmp_path / "store", last)


def test_a_full_disk_is_said_and_loses_nothing_that_was_written(tmp_path: Path) -> None:
    """Files that may not grow stand for it."""
    child = writer(tmp_path / "store", "3000000")
    said, _ = child.communicate(timeout=PATIENCE_S)
    *written, failure = said.splitlines()
    assert failure == "StoreFailedError 28"
    holds(tmp_path / "store", int(written[-1]))


def test_a_restart_reads_what_is_missing_and_no_more(tmp_path: Path) -> None:
    life = Life("rocksdb", tmp_path / "store", Shared(8))
    for place in range(20):
        life.move(f"c{place}", NOON, "10")
        life.commit(published=place < 15)
    life.reopen()
    assert life.read == 5 * 2, "whose allocations are unpublished is read again"
    assert life.unpublished() == {f"c{place}" for place in range(15, 20)}
    life.commit(published=True)
    life.reopen()
    assert (life.read, life.unpublished()) == (0, set())
    others = [record(len(life.changelog), key, value) for key, value in states_of(["c20"])]
    life.changelog += [*others, positions_record(len(life.changelog) + len(others), Positions(movements=21, published=True))]
    life.reopen()
    assert life.read == len(others) + 1
    assert life.states.customers.customers == 21
    assert life.states.positions.movements == 21
    life.states.close()


def test_somebody_else_s_record_in_the_changelog_is_noticed_where_there_are_no_transactions(tmp_path: Path) -> None:
    life = Life("rocksdb", tmp_path / "store", Shared(8))
    life.move("c1", NOON, "10")
    life.commit(published=True)
    ((key, value),) = states_of(["c2"])
    life.changelog.append(record(len(life.changelog), key, value))
    life.move("c1", NOON + 60, "10")
    with pytest.raises(StoreFailedError, match="somebody else"):
        life.commit(published=True)
    life.reopen()
    assert life.states.customers.customers == 2
    assert life.states.checkpoint == len(life.changelog)
    life.states.close()


def test_unpublished_beyond_a_bound_are_everybody_also_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpublished_file, "MOST", 10)
    names = [f"c{number:02d}" for number in range(30)]
    changelog = [record(place, *one) for place, one in enumerate(states_of(names))]
    states = opened(tmp_path / "store")
    states.restore(changelog)
    states.restored()
    states.close()
    again = opened(tmp_path / "store")
    assert again.start == again.checkpoint == len(changelog)
    found = list[str]()
    while again.unpublished:
        piece = again.unpublished.take(7)
        assert len(piece) <= 7
        found += piece
    assert found == names
    again.close()


def test_a_record_removed_from_the_changelog_is_removed_here(tmp_path: Path) -> None:
    for states in (MemoryStates(), opened(tmp_path / "store")):
        records = [record(place, *one) for place, one in enumerate(states_of(["c1", "c2"]))]
        states.restore(records)
        states.restore([record(len(records), b"c1", None), record(len(records) + 1, b"never", None)])
        assert states.customers.customers == 1
        assert states.customers.find(b"c1") is None
        assert states.customers.due(NOON + 86_400 * 1_000, 10, {}) == ["c2"]
        states.close()


def test_households_are_kept_beside_customers_and_apart_from_them(tmp_path: Path) -> None:
    states = opened(tmp_path / "store")
    ((key, value),) = states_of(["x"])
    states.restore([record(0, b"\x01" + key, value), record(1, b"\x01" + key + b"\x00members", b"[]")])
    states.close()
    again = opened(tmp_path / "store")
    assert (again.customers.customers, again.households.customers) == (0, 1)
    assert (again.customers.find(key), again.households.find(key)) == (None, value)
    assert again.households.find(key + b"\x00members") == b"[]"
    assert (again.customers.due(1 << 40, 10, {}), again.households.due(1 << 40, 10, {})) == ([], ["x"])
    again.close()


@pytest.mark.parametrize("other", [{"topic_id": "beef"}, {"application_id": "another"}, {"partitions": 8}, {"format": 2}])
def test_another_s_store_is_known_by_whose_it_is(tmp_path: Path, other: dict[str, object]) -> None:
    states = opened(tmp_path / "store")
    states.restore([record(0, *one) for one in states_of(["c1"])])
    states.close()
    found = RocksStates(tmp_path / "store", Shared(8), msgspec.structs.replace(ORIGIN, **other), others=True)
    assert next(iter(other)) in found.foreign
    found.close()


def test_what_is_damaged_while_it_is_read_is_removed_when_it_is_closed(tmp_path: Path) -> None:
    database = Database(tmp_path / "store", Shared(8))
    for number in range(2_000):
        database.batch.put(b"c%09d" % number, number.to_bytes(8, "big") * 20)
    database.write()
    database.flush()
    database.close()
    (table,) = (tmp_path / "store").glob("*.sst")
    with table.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2_000)
    database = Database(tmp_path / "store", Shared(8))
    with pytest.raises(StoreDamagedError):
        database.get(b"c%09d" % 1)
    database.close()
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("exchanged", [True, False])
def test_a_store_that_is_removed_or_exchanged_under_its_worker_is_read_anew(tmp_path: Path, exchanged: bool) -> None:
    """A copy of another time must not get the next log: who opened the two together found the newest checkpoint, and not all before it."""
    life = Life("rocksdb", tmp_path / "store", Shared(8))
    life.move("c1", NOON, "10")
    life.commit(published=True)
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    life.move("c2", NOON, "10")
    life.commit(published=True)
    (tmp_path / "store").rename(tmp_path / "aside")
    if exchanged:
        shutil.copytree(tmp_path / "copy", tmp_path / "store")
    life.move("c3", NOON, "10")
    with pytest.raises(StoreDamagedError, match="removed or exchanged"):
        life.commit(published=True)
    life.reopen()
    assert life.read == len(life.changelog)
    assert life.states.customers.names("", 9) == ["c1", "c2", "c3"]
    life.states.close()


def test_two_with_one_folder_are_refused_in_one_line(tmp_path: Path) -> None:
    settings = Settings(detector=Detector(store="rocksdb", store_folder=tmp_path / "worker"))
    first = Stores(settings)
    with pytest.raises(StoreInUseError, match=r"give each a detector\.store_folder of its own"):
        Stores(settings)
    first.close()
    Stores(settings).close()
    states = opened(tmp_path / "store")
    with pytest.raises(StoreInUseError, match="in use"):
        opened(tmp_path / "store")
    states.close()


def test_a_folder_goes_when_nobody_uses_it_and_its_time_is_over(tmp_path: Path) -> None:
    stores = Stores(Settings(detector=Detector(store="rocksdb", store_folder=tmp_path / "worker", store_keep_minutes=60)))
    folders = {number: tmp_path / "worker" / f"partition-{number}" for number in (1, 2, 30)}
    for folder in folders.values():
        folder.mkdir()
        (folder / "CURRENT").write_text("something")
    for number in (1, 2):
        os.utime(folders[number], (0, time.time() - 3_601))
    aside = stores.sweep({2})
    assert aside.keys() == {1}
    assert (aside[1] / "partition-1" / "CURRENT").is_file()
    assert [folder.exists() for folder in folders.values()] == [False, True, True]
    stores.let_go(2)
    assert stores.sweep(()) == {}, "its time begins when the partition goes"
    os.utime(folders[2], (0, time.time() - 3_601))
    assert stores.sweep(()).keys() == {2}
    stores.close()
