"""A rule that is changed while three workers decide: one point of event time for all of them, and nothing beside what a backtest says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from handlers import topics
from handlers.feeds import load
from schemas.notifications import Notification, Status
from schemas.settings import Settings
from schemas.topics import MOVEMENTS, NOTIFICATIONS, RULES
from tests.brokers.records import read_all
from tests.e2e.banks import Decided, one_after_the_other, publish_beside
from tests.e2e.workers import Workers, workers
from tests.patience import PATIENCE_S
from wealthwatch.configuration import environment_of
from wealthwatch.replaying import Pace, Replay, Summary, publish
from wealthwatch.replaying.hours import full_hour_after
from wealthwatch.simulation import Plan, write
from wealthwatch.supervisor import Child

PLAN = Plan(seed=11, customers=400, days=60, start=date(2025, 3, 1))
SWITCH = datetime.fromisoformat("2025-04-06T12:00:00+08:00")
LAST_DAYS_BEFORE = timedelta(days=10)
RATE = 1_500
PARTITIONS = 6
"""Two for each worker: Faust shares out at most the quotient rounded up, and may give the last one nothing of what does not divide."""
VERSIONS: list[dict[str, Any]] = [
    {"rule": "large_outflow", "version": 2, "parameters": {"abs_floor": "20000"}},
    {"rule": "cumulative_outflow", "version": 2, "mode": "test"},
    {"rule": "household_large_outflow", "version": 2, "parameters": {"abs_floor": "20000"}},
    {"rule": "aum_change", "version": 2, "mode": "off"},
]
"""What the backtest is given; the workers are told by `wealthwatch rules set`."""


def command(settings: Settings, *arguments: str | Path) -> None:
    """As an operator does it, beside the workers."""
    run = [sys.executable, "-m", "wealthwatch", *map(str, arguments)]
    done = subprocess.run(
        run, check=False, capture_output=True, text=True, env={**os.environ, **environment_of(settings)}, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr


def set_rule(settings: Settings, *arguments: str) -> None:
    command(settings, "rules", "set", *arguments, "--active-since", SWITCH.isoformat())


def backtest(settings: Settings, feed: str | Path, out: Path, *arguments: str | Path) -> Counter[Decided]:
    command(settings, "backtest", feed, "--out", out, *arguments)
    lines = (out / "notifications.jsonl").read_bytes().splitlines()
    return Counter(Decided.of(Notification.model_validate_json(line)) for line in lines)


def publish_with_gates(settings: Settings, sample: Path, gates: Mapping[datetime, Event]) -> Summary:
    """Replay at a rate; no movement of a gate's time or later is published before the gate is open."""
    feed = load("jsonl")

    def movements(path: Path) -> Iterator[bytes]:
        closed = sorted(gates)
        for line in feed.movements(path):
            assert isinstance(line, bytes)
            while closed and datetime.fromisoformat(json.loads(line)["occurred_at"]) >= closed[0]:
                assert gates[closed.pop(0)].wait(PATIENCE_S)
            yield line

    return publish(settings, Replay(replace(feed, movements=movements), sample, Pace(rate=RATE)))


def events(detectors: Workers, child: Child, *names: str) -> list[dict[str, Any]]:
    """What a worker has logged under these names, in order."""
    lines = [json.loads(line) for line in detectors.log(child).splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] in names]


def await_shares(detectors: Workers, three: list[Child]) -> dict[str, list[int]]:
    """Wait until each worker has its two partitions open, and say which."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = {}
        for child in three:
            assigned = [set(line["partitions"]) for line in events(detectors, child, "assigned")]
            opened = {line["partition"] for line in events(detectors, child, "partition_open")}
            found[child.name] = sorted(assigned[-1] & opened) if assigned else []
        if all(len(some) == PARTITIONS // len(three) for some in found.values()):
            return found
        assert time.monotonic() < deadline, found
        trouble = detectors.trouble()
        assert trouble is None, trouble
        time.sleep(0.05)


@pytest.mark.kafka
def test_a_switch_under_load_is_at_one_point_on_every_worker_and_equals_the_backtest_s(unprepared: Settings, tmp_path: Path) -> None:
    """Rules that are lowered, set to test, and off, while three workers decide a replayed bank.

    The first gate makes sure that movements from before the switch are decided after its versions were published, the second that none from
    after it is published before every worker has learnt them: what `detector.rule_lead_s` is for where event time is the clock's.
    """
    patient = unprepared.detector.model_copy(update={"session_timeout_s": 30, "heartbeat_interval_s": 3})
    six = unprepared.kafka.model_copy(update={"partitions": PARTITIONS})
    settings = unprepared.model_copy(update={"detector": patient, "kafka": six})
    topics.create(settings.kafka)
    sample = tmp_path / "bank.jsonl"
    write(PLAN, sample)
    one_after_the_other(sample)
    publish_beside(settings, sample)
    published, learnt = Event(), Event()
    with workers(settings, tmp_path / "detectors") as detectors, ThreadPoolExecutor(1) as beside:
        three = [detectors.start() for _ in range(3)]
        of_worker = await_shares(detectors, three)
        load_ = beside.submit(publish_with_gates, settings, sample, {SWITCH - LAST_DAYS_BEFORE: published, SWITCH: learnt})
        try:
            detectors.await_decided(positions=2_000)
            set_rule(settings, "large_outflow", "abs_floor=20000", "--by", "li")
            set_rule(settings, "cumulative_outflow", "--mode", "test")
            set_rule(settings, "household_large_outflow", "abs_floor=20000")
            set_rule(settings, "aum_change", "--mode", "off")
            published.set()
            for child in three:
                detectors.await_log(child, '"aum_change@2"')
        finally:
            published.set()
            learnt.set()
        replayed = load_.result(PATIENCE_S)
        detectors.await_decided()
        detectors.await_ticks(replayed.ticks)
        assert replayed.last_event is not None
        detectors.await_households(full_hour_after(replayed.last_event))
        assert detectors.trouble() is None
        assert await_shares(detectors, three) == of_worker
        for child in three:
            versions = [(line["key"], datetime.fromisoformat(line["since"])) for line in events(detectors, child, "rule_version")]
            assert versions == [(f"{one['rule']}@2", SWITCH) for one in VERSIONS]
            assert events(detectors, child, "rule_version_late", "rule_version_refused") == []

    records = read_all(settings, NOTIFICATIONS)
    said = Counter(Decided.of(Notification.model_validate_json(record.value)) for record in records)
    assert max(said.values()) == 1

    first_set = min(record.timestamp for record in read_all(settings, RULES))
    for mine in of_worker.values():
        ours = [(record.timestamp, Notification.model_validate_json(record.value)) for record in records if record.partition in mine]
        switched = [(at, one) for at, one in ours if one.rule.name == "large_outflow" and one.status is Status.OPENED]
        assert {(one.occurred_at >= SWITCH, one.rule.version) for _, one in switched} == {(False, 1), (True, 2)}
        assert any(at > first_set and one.occurred_at < SWITCH for at, one in ours)
        assert {(one.occurred_at >= SWITCH, one.rule.mode) for _, one in ours if one.rule.name == "cumulative_outflow"} == {
            (False, "live"),
            (True, "test"),
        }
        assert {one.occurred_at >= SWITCH for _, one in ours if one.rule.name == "aum_change"} == {False}

    by_hand = tmp_path / "versions.jsonl"
    by_hand.write_text("".join(json.dumps({**one, "active_since": SWITCH.isoformat()}) + "\n" for one in VERSIONS))
    assert said == backtest(settings, sample, tmp_path / "by_hand", "--rules", by_hand)
    topic = f"kafka://{settings.kafka.bootstrap_servers}/{settings.kafka.topic(MOVEMENTS)}"
    assert said == backtest(settings, topic, tmp_path / "of_the_topics")
