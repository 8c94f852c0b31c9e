"""The sizes of docs/scaling.md: the arithmetic by hand, the bytes from the code, and the tables from their commands."""

from __future__ import annotations

import re
import shlex
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from schemas.environment import variables
from schemas.settings import PREFIX, Settings
from streams.positions import snapshot
from streams.state import decode, encode
from streams.store import MemoryStore
from tests.bench.load import movements
from tests.native import ROOT
from tests.streams.builders import Detector, instant, world
from wealthwatch.cli import app
from wealthwatch.sizing import BESIDE, GB, MB, SPREAD, TB, Measured, Wanted, size

DOC = (ROOT / "docs/scaling.md").read_text()
ROUND = Measured(
    worker_rate=10_000,
    recovery_rate=100 * MB,
    movement_bytes=500,
    state_bytes=8_000,
    object_bytes=18_000,
    record_bytes=1_500,
    position_bytes=2_000,
)
WANTED = Wanted(worker_memory=8 * GB, broker_rate=100 * MB, broker_disk=10 * TB)


def test_a_load_by_hand() -> None:
    found = size(20_000, 8_000_000, ROUND, replace(WANTED, accounts_per_customer=2))
    assert found.customers == 4_000_000
    # of 8 GB are 6 for customers: 200,000 in use of 18,000 bytes are 3.6, and the rest holds 290,697 states of 8,000 + 256 bytes
    assert (found.workers, found.workers_for) == (14, "memory")
    assert found.partitions == 32
    assert found.recovery_s == pytest.approx(4_000_000 / 14 * 8_000 / 100e6)
    assert found.written == 20_000 * 4_000
    assert found.taken_in == 240 * MB
    assert found.given_out == 160 * MB + 20_000 * 2_500
    # 30 days of movements are 25.92 TB, states and allocations 44 GB, three times each
    assert found.disk == pytest.approx(3 * (25.92e12 + 4e6 * 10_000 * 1.1))
    assert (found.brokers, found.brokers_for) == (8, "disk")


@pytest.mark.parametrize(
    ("rate", "accounts", "measured", "wanted", "workers", "why"),
    [
        (10, 1_000, ROUND, WANTED, 2, "two"),
        (50_001, 1_000, ROUND, WANTED, 11, "movements"),
        (10, 4_000_000, ROUND, replace(WANTED, recovery_s=4), 80, "recovery"),
        # all in use, each of 13,616 + 30,060 bytes: 2.001 GB hold 45,814 of them, so 458,000 need ten
        (10, 458_000, replace(ROUND, state_bytes=13_360, object_bytes=30_060), replace(WANTED, worker_memory=2.668 * GB), 10, "memory"),
    ],
)
def test_the_first_limit_is_named(rate: float, accounts: int, measured: Measured, wanted: Wanted, workers: int, why: str) -> None:
    found = size(rate, accounts, measured, wanted)
    assert (found.workers, found.workers_for) == (workers, why)


def test_a_standby_costs_memory_at_rest_and_reads_the_changelog() -> None:
    alone, followed = (size(20_000, 8_000_000, ROUND, replace(WANTED, standby_replicas=replicas)) for replicas in (0, 1))
    # alone: 200,000 in use are 3.6 of 6 GB, and the rest holds 290,697; followed: all in use, 173,852 of 18,000 + 2 x 8,256 bytes
    assert (alone.workers, followed.workers) == (28, 47)
    assert followed.given_out - alone.given_out == 20_000 * ROUND.record_bytes
    fewer = size(20_000, 8_000_000, ROUND, replace(WANTED, standby_replicas=1, live_customers=50_000))
    # 50,000 in use are 0.9 GB; the rest holds 308,866 customers twice
    assert fewer.workers == 26


@pytest.mark.parametrize(
    ("rate", "wanted", "brokers", "why"),
    [
        (10, WANTED, 3, "replication"),
        (100_000, replace(WANTED, broker_disk=1_000 * TB), 12, "writes"),
        (10, replace(WANTED, broker_replicas=10), (4 * SPREAD * 3 + 9) // 10, "partitions"),
    ],
)
def test_what_asks_for_the_most_brokers_is_named(rate: float, wanted: Wanted, brokers: int, why: str) -> None:
    found = size(rate, 1_000, ROUND, wanted)
    assert (found.brokers, found.brokers_for) == (brokers, why)


class Grown(NamedTuple):
    """Bytes of a customer after a year: see `Measured`."""

    state: int
    record: float
    position: int
    object: float


def after_a_year(every: int) -> Grown:
    """A customer who moves every so many days."""
    detector, state, added, days = Detector(world(history_days=400)), dict[bytes, bytes](), [], range(0, 400, every)
    for number in days:
        on = (date(2024, 3, 1) + timedelta(days=number)).isoformat()
        kind = ("salary", "card_payment", "transfer_out")[number % 3]
        detector.move(f"{on} 08:17:09", f"{100 + number}.37", kind, account_id="6222021234567890-0", counterparty={"name": "ACME Holdings"})
        records = encode(detector.customer())
        state.update(records)
        added.append(sum(len(key) + len(value) for key, value in records))
    lately = added[len(added) * 3 // 4 :]
    book = detector.world.books.at(instant("2025-04-05 00:00"))
    size_of = sum(len(key) + len(value) for key, value in state.items())
    return Grown(size_of, sum(lately) / len(lately), len(snapshot(detector.customer(), book)), in_use(state))


def in_use(state: dict[bytes, bytes]) -> float:
    """Bytes of memory of the customer as an object."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        objects = [decode(state[b"c1"], state.get) for _ in range(50)]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / len(objects)


def options(command: str) -> dict[str, float]:
    """The options of a command of the document."""
    return {name: float(value) for name, value in re.findall(r"--([\w-]+) ([\d.]+)", command)}


def commands() -> list[tuple[str, str]]:
    """Each command of the document that works a table out, and the table."""
    return re.findall(r"\$ (wealthwatch sizing[^\n]*)\n(.*?)```", DOC, re.DOTALL)


def test_the_bytes_are_those_of_a_customer_who_moves_every_day() -> None:
    usual = Measured(1, 1)
    grown = after_a_year(1)
    assert usual.state_bytes == pytest.approx(grown.state, rel=0.1)
    assert usual.record_bytes == pytest.approx(grown.record, rel=0.1)
    assert usual.position_bytes == pytest.approx(grown.position, rel=0.1)
    assert usual.object_bytes == pytest.approx(grown.object, rel=0.1)
    rows = [len(key) + len(value) for key, value in movements(1_000, 100)]
    assert usual.movement_bytes == pytest.approx(sum(rows) / len(rows), rel=0.1)


def test_the_bytes_of_the_other_table_are_those_of_a_customer_who_moves_every_week() -> None:
    asked = options(commands()[1][0])
    grown = after_a_year(7)
    assert asked["state-bytes"] == pytest.approx(grown.state, rel=0.1)
    assert asked["record-bytes"] == pytest.approx(grown.record, rel=0.1)
    assert asked["position-bytes"] == pytest.approx(grown.position, rel=0.1)
    assert asked["object-bytes"] == pytest.approx(grown.object, rel=0.1)


def test_a_state_at_rest_costs_its_bytes_and_little_beside() -> None:
    size_of, count = 1_000, 5_000
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        store = MemoryStore({b"C%09d" % number: bytes(size_of) for number in range(count)})
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert store.customers == count
    assert size_of < (after - before) / count <= size_of + BESIDE


@pytest.mark.parametrize(("command", "shown"), commands(), ids=["every day", "every week"])
def test_the_tables_of_the_document_come_from_their_commands(command: str, shown: str) -> None:
    done = CliRunner().invoke(app, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output
    assert [line.rstrip() for line in done.stdout.splitlines()] == shown.splitlines()


def test_what_the_document_names_exists() -> None:
    known = {name.removeprefix(PREFIX).lower().replace("__", ".") for name in variables(Settings, PREFIX)}
    named = set(re.findall(r"`((?:kafka|detector|notifier|inbox)\.\w+)\b[^`]*`", DOC))
    assert len(named) > 5
    assert named <= known
    assert f"partitions x {SPREAD} topics" in DOC
    for path in re.findall(r"`((?:tests|deploy)/[\w./]+)`", DOC):
        assert (ROOT / path).exists(), path
