"""Rules set while detectors run: every worker learns the same, and a record that is no version stops none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from schemas.notifications import Notification
from schemas.settings import Settings
from schemas.topics import MOVEMENTS, RULES
from tests.brokers.records import produce
from tests.e2e.workers import Workers, notifications, workers
from tests.patience import PATIENCE_S
from wealthwatch.configuration import environment_of
from wealthwatch.supervisor import Child

MOVEMENT: dict[str, Any] = {
    "schema_version": 1,
    "event_id": "e1",
    "source": "core",
    "occurred_at": "2025-03-10T10:00:00+08:00",
    "customer_id": "C1",
    "account_id": "A1",
    "asset_class": "demand_deposit",
    "direction": "credit",
    "amount": "250.00",
    "currency": "CNY",
    "kind": "transfer_in",
}


def wealthwatch(settings: Settings, *arguments: str) -> None:
    """As an operator does it, beside the workers."""
    command = [sys.executable, "-m", "wealthwatch", *arguments]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment_of(settings)}, timeout=PATIENCE_S)


def set_rule(settings: Settings, *arguments: str) -> None:
    wealthwatch(settings, "rules", "set", *arguments)


def learnt(detectors: Workers, child: Child, event: str) -> list[tuple[str, Any]]:
    """What a worker has logged of an event: the key, and the fact that matters."""
    lines = [json.loads(line) for line in detectors.log(child).splitlines() if f'"{event}"' in line]
    return [(line["key"], line.get("since") or line.get("fault")) for line in lines]


def test_every_worker_learns_the_same_versions_whether_it_runs_or_starts(settings: Settings, tmp_path: Path) -> None:
    with workers(settings, tmp_path / "detector") as detectors:
        running = [detectors.start(), detectors.start()]
        for child in running:
            detectors.await_log(child, "partition_open")
        set_rule(settings, "large_inflow", "pct=0.15", "--active-since", "2025-03-10T12:00")
        produce(settings, RULES, [("large_inflow@3", b'{"rule": "large_infow", "version": 3}')])
        produce(settings, RULES, [("large_inflow@4", b"\xff")])
        set_rule(settings, "near_tier", "--mode", "test", "--active-since", "2025-03-11T12:00")
        running.append(detectors.start())
        for child in running:
            detectors.await_log(child, '"near_tier@2"')
            assert learnt(detectors, child, "rule_version") == [
                ("large_inflow@2", "2025-03-10T04:00:00+00:00"),
                ("near_tier@2", "2025-03-11T04:00:00+00:00"),
            ]
            assert learnt(detectors, child, "rule_version_refused") == [
                ("large_inflow@3", "unknown_rule"),
                ("large_inflow@4", "unreadable"),
            ]
        produce(settings, MOVEMENTS, [("C1", json.dumps(MOVEMENT).encode())])
        detectors.await_decided()
        assert detectors.trouble() is None


def test_a_version_that_comes_late_leaves_what_is_decided_and_holds_from_then_on(settings: Settings, tmp_path: Path) -> None:
    """One customer's clock is past its start when it comes, another's is not; a backtest tells what it would have been in time."""

    def move(event_id: str, at: str) -> tuple[str, bytes]:
        who = event_id[0]
        made = {**MOVEMENT, "event_id": event_id, "customer_id": who, "account_id": f"A{who}", "occurred_at": f"2025-03-10T{at}:00+08:00"}
        return who, json.dumps(made).encode()

    with workers(settings, tmp_path / "detector") as detectors:
        worker = detectors.start()
        produce(settings, MOVEMENTS, [move("ahead 1", "13:00"), move("behind 1", "11:00")])
        detectors.await_decided()
        set_rule(settings, "large_inflow", "abs_floor=100", "pct=0", "--active-since", "2025-03-10T12:00")
        detectors.await_log(worker, "rule_version_late")
        produce(
            settings, MOVEMENTS, [move("ahead 2", "13:30"), move("ahead 3", "11:30"), move("behind 2", "11:59"), move("behind 3", "12:00")]
        )
        detectors.await_decided()
    inflows = [one for one in notifications(settings) if one.rule.name == "large_inflow"]
    assert {(one.evidence.triggers[0].event_id, one.rule.version) for one in inflows} == {("ahead 2", 2), ("ahead 3", 2), ("behind 3", 2)}

    topic = f"kafka://{settings.kafka.bootstrap_servers}/{settings.kafka.topic(MOVEMENTS)}"
    wealthwatch(settings, "backtest", topic, "--out", str(tmp_path / "out"))
    told = [Notification.model_validate_json(line) for line in (tmp_path / "out" / "notifications.jsonl").read_bytes().splitlines()]
    in_time = {one.evidence.triggers[0].event_id for one in told if one.rule.name == "large_inflow"}
    assert in_time == {"ahead 1", "ahead 2", "ahead 3", "behind 3"}
