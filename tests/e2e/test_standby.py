"""A standby takes a partition over without reading it whole, and is nothing but a reader until then."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from handlers.feeds import load
from schemas.settings import Settings
from schemas.topics import STATES, TOPICS
from streams.changelog import HOUSEHOLD_MARK
from streams.state import is_segment
from tests.brokers.records import Stored, read_all
from tests.e2e.banks import publish_beside
from tests.e2e.workers import Workers, final_states, last_hour, notifications, workers
from tests.faults.bank import Bank
from tests.faults.oracle import Oracle, judge
from tests.patience import PATIENCE_S
from wealthwatch.broker import free_port
from wealthwatch.replaying import Pace, Replay, Summary, publish
from wealthwatch.supervisor import Child

KINDS = ("memory", "rocksdb")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """A small bank's 45 days."""
    return Bank.make(tmp_path_factory.mktemp("bank") / "bank", 17, 150, 45)


def with_standbys(settings: Settings, store: str, folder: Path, **detector: Any) -> Settings:
    """The same settings with one standby for each partition; `started` gives each worker its folder."""
    changes = {"standby_replicas": 1, "batch_records": 200, **detector}
    if store == "rocksdb":
        changes |= {"store": store, "store_folder": folder / "store"}
    return settings.model_copy(update={"detector": settings.detector.model_copy(update=changes)})


def started(group: Workers, settings: Settings, name: str, **environment: str) -> Child:
    """One more worker, with a folder of its own where it needs one."""
    folder = settings.detector.store_folder
    return group.start(**{**({"WEALTHWATCH_DETECTOR__STORE_FOLDER": str(folder / name)} if folder else {}), **environment})


def events(group: Workers, child: Child) -> list[dict[str, Any]]:
    """What a worker has logged, line by line."""
    return [json.loads(line) for line in group.log(child).splitlines() if line.startswith("{")]


def said(group: Workers, child: Child, event: str) -> list[dict[str, Any]]:
    """All that it has logged of one event."""
    return [line for line in events(group, child) if line["event"] == event]


def last(group: Workers, child: Child, event: str) -> set[int]:
    """The partitions that it has last named with an event; none before that."""
    lines = said(group, child, event)
    return set(lines[-1]["partitions"]) if lines else set()


def own(group: Workers, child: Child) -> set[int]:
    """The partitions that a worker was last given."""
    return last(group, child, "assigned")


def standing_by(group: Workers, child: Child) -> set[int]:
    """The partitions whose standby it is."""
    return last(group, child, "standing_by")


def warm(group: Workers, child: Child) -> bool:
    """Whether it has said of all these that they are warm."""
    lines = events(group, child)
    since = max((place for place, line in enumerate(lines) if line["event"] == "standing_by"), default=0)
    return standing_by(group, child) == {line["partition"] for line in lines[since:] if line["event"] == "standby_warm"}


def opened(group: Workers, child: Child, after: int = 0) -> dict[int, dict[str, Any]]:
    """What it has said of each partition that it opened, after so many openings."""
    return {line["partition"]: line for line in said(group, child, "partition_open")[after:]}


def newest(settings: Settings) -> list[Stored]:
    """The newest record of each customer in the changelog."""
    found = {record.key: record for record in read_all(settings, STATES)}
    return [one for key, one in found.items() if not key.startswith(b"\x00") and not key.startswith(HOUSEHOLD_MARK) and not is_segment(key)]


def await_(group: Workers, true: Callable[[], bool], what: str, *, within_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        trouble = group.trouble()
        assert not trouble, trouble
        time.sleep(0.05)


def await_warm(group: Workers, settings: Settings, *children: Child) -> None:
    """Wait until these workers have shared all partitions, and each partition is open at one and warm at another."""
    everything = list(range(settings.kafka.partitions))

    def shared() -> bool:
        owned = [own(group, child) for child in children]
        followed = [standing_by(group, child) for child in children]
        return (
            all(owned)
            and sorted(number for numbers in owned for number in numbers) == everything
            and sorted(number for numbers in followed for number in numbers) == everything
            and all(warm(group, child) and opened(group, child).keys() >= own(group, child) for child in children)
        )

    await_(group, shared, "every partition to be open and warm")


@contextmanager
def replaying(settings: Settings, bank: Bank, rate: float) -> Iterator[list[Summary]]:
    """Publish the bank at a rate meanwhile; the summary is there when it is over."""
    done: list[Summary] = []
    stopped = threading.Event()
    replay = Replay(load("jsonl"), bank.movements, Pace(rate=rate))
    thread = threading.Thread(target=lambda: done.append(publish(settings, replay, stopped=stopped.is_set)))
    thread.start()
    try:
        yield done
        thread.join()
    finally:
        stopped.set()
        thread.join()


@pytest.mark.parametrize("store", KINDS)
def test_a_worker_killed_under_load_is_followed_by_its_standby_which_reads_little(
    settings: Settings, bank: Bank, store: str, tmp_path: Path
) -> None:
    """Whoever is left opens the other's partitions from what it kept warm; all ends as a backtest of the same feed says."""
    settings = with_standbys(settings, store, tmp_path)
    publish_beside(settings, bank.whole)
    oracle = Oracle(settings, bank.whole)
    with workers(settings, tmp_path / "workers") as group:
        left, killed = started(group, settings, "left"), started(group, settings, "killed")
        await_warm(group, settings, left, killed)
        with replaying(settings, bank, bank.count / 15) as done:
            group.await_decided(positions=bank.count // 2)
            before, others, openings = own(group, left), own(group, killed), len(said(group, left, "partition_open"))
            written = len(read_all(settings, STATES))
            group.kill(killed)
            await_(group, lambda: len(opened(group, left, openings)) == settings.kafka.partitions, "the standby to take over")
            taken_over = opened(group, left, openings)
            assert sum(taken_over[number]["records_read"] for number in others) < written / 20
            assert sum(taken_over[number]["customers"] for number in others) > 50
            if store == "rocksdb" or settings.detector.processing_guarantee == "exactly_once":
                assert sum(taken_over[number]["records_read"] for number in before) < written / 20, "what was its own stayed, too"
            back = started(group, settings, "killed")
            await_(group, lambda: bool(own(group, back)), "the other to come back")
        group.await_decided()
        group.await_ticks(done[0].ticks)
        group.await_households(last_hour(bank.whole, settings))
        found = oracle.found(notifications(settings), final_states(settings))
    verdict = judge(oracle.must, found)
    assert (verdict.missing, verdict.strange, verdict.states) == (0, 0, 0)
    if settings.detector.processing_guarantee == "exactly_once":
        assert verdict.twice == 0


@pytest.mark.parametrize("store", KINDS)
def test_a_standby_only_reads_and_lets_go_when_it_is_not_asked_any_more(settings: Settings, bank: Bank, store: str, tmp_path: Path) -> None:
    """While nothing is published nothing is written, though standbys read all; who is no standby any more keeps nothing."""
    settings = with_standbys(settings, store, tmp_path, positions_every_s=0.1, offsets_every_s=0.1, store_keep_minutes=0)
    ports = dict[str, int]()

    with workers(settings, tmp_path / "workers") as group:

        def start(name: str) -> Child:
            ports[name] = free_port()
            child = started(group, settings, name, WEALTHWATCH_DETECTOR__DOOR__PORT=str(ports[name]))
            names[name] = child
            return child

        def metrics(name: str, of: str) -> dict[int, float]:
            page = urllib.request.urlopen(f"http://127.0.0.1:{ports[name]}/metrics", timeout=5).read().decode()
            lines = [line.rpartition(" ") for line in page.splitlines() if line.startswith(f"wealthwatch_{of}{{")]
            return {int(series.partition('partition="')[2].partition('"')[0]): float(value) for series, _, value in lines}

        def kept(name: str) -> bool:
            """Whether it has what it should, and nothing else."""
            child = names[name]
            wanted = {number: customers[number] for number in standing_by(group, child)}
            folder = Path(str(settings.detector.store_folder), name)
            there = {int(one.name.rpartition("-")[2]) for one in folder.glob("partition-*")}
            return (
                metrics(name, "standby_customers") == wanted
                and metrics(name, "standby_lag_records") == dict.fromkeys(wanted, 0)
                and metrics(name, "customers").keys() <= own(group, child)
                and there == (own(group, child) | wanted.keys() if store == "rocksdb" else set())
            )

        names = dict[str, Child]()
        start("first")
        publish(settings, Replay(load("jsonl"), bank.movements))
        group.await_allocations()
        customers = Counter(record.partition for record in newest(settings))
        start("second")
        await_warm(group, settings, *names.values())
        group.await_allocations()
        ends = {topic.name: len(read_all(settings, topic)) for topic in TOPICS}
        await_(group, lambda: all(map(kept, names)), "all to be kept warm, and counted")
        for name in names:
            assert urllib.request.urlopen(f"http://127.0.0.1:{ports[name]}/readyz", timeout=5).status == 200
        assert {topic.name: len(read_all(settings, topic)) for topic in TOPICS} == ends
        start("third")
        await_warm(group, settings, *names.values())
        assert sum(len(own(group, child) | standing_by(group, child)) for child in names.values()) == 2 * settings.kafka.partitions
        await_(group, lambda: all(map(kept, names)), "what is not needed any more to be dropped")
        group.stop(names.pop("second"))
        group.stop(names.pop("third"))
        await_(group, lambda: own(group, names["first"]) == set(customers) and kept("first"), "the last one to stand by for nobody")
