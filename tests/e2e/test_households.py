"""Households over a broker: members are on several partitions, and what is told of all together is what a backtest tells."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from handlers.feeds import load
from schemas.notifications import Notification, Status
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS, HOUSEHOLDS, NOTIFICATIONS
from streams.book import all_rules
from tests.brokers.records import read_all
from tests.e2e.workers import last_hour, notifications, workers
from tests.patience import PATIENCE_S
from wealthwatch.configuration import environment_of
from wealthwatch.replaying import Replay, publish
from wealthwatch.simulation import Plan, write

RULES = {name for name, rule in all_rules().items() if rule.of_household}
Told = tuple[str, str, str, str, str, str, str | None]


def told(found: list[Notification]) -> set[Told]:
    """What matters of what is told of households; a detector and a backtest detect at other times, and a crash may repeat a message."""
    return {
        (str(one.notification_id), one.rule.name, one.status, one.severity, str(one.evidence.measured), one.customer_id, one.manager_id)
        for one in found
        if one.rule.name in RULES
    }


def backtest(feed: Path, settings: Settings) -> list[Notification]:
    """What the command tells of the same feed."""
    out = feed.with_suffix(".out")
    command = [sys.executable, "-m", "wealthwatch", "backtest", str(feed), "--out", str(out), "--jobs", "2"]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S, env={**os.environ, **environment_of(settings)})
    return [Notification.model_validate_json(line) for line in (out / "notifications.jsonl").read_bytes().splitlines()]


def test_what_is_told_of_households_is_what_a_backtest_tells_once(settings: Settings, tmp_path: Path) -> None:
    """Two workers, of which one is killed on the way; then the whole feed comes again, and nobody is told anything."""
    sample = tmp_path / "bank.jsonl"
    write(Plan(seed=3, customers=300, days=75, start=date(2025, 3, 1)), sample)
    summary = publish(settings, Replay(feed=load("jsonl"), path=sample))
    hour = last_hour(sample, settings)
    with workers(settings, tmp_path) as detectors:
        first = detectors.start()
        detectors.start()
        detectors.await_decided(positions=2_000)
        detectors.kill(first)
        detectors.await_decided()
        detectors.await_ticks(summary.ticks)
        detectors.await_households(hour)
        said = notifications(settings)
        assert told(said) == told(backtest(sample, settings)) != set()
        assert {one.rule.name for one in said if one.status is Status.OPENED} >= RULES
        if settings.detector.processing_guarantee == "exactly_once":
            assert len({one.message_id for one in said}) == len(said)

        again = publish(settings, Replay(feed=load("jsonl"), path=sample))
        detectors.await_decided()
        detectors.await_ticks(summary.ticks + again.ticks)
        assert told(notifications(settings)) == told(said)
    assert read_all(settings, DEAD_LETTERS) == []
    homes = {record.key: record.partition for record in read_all(settings, HOUSEHOLDS) if record.key[0]}
    assert len(set(homes.values())) > 1
    together = [record for record in read_all(settings, NOTIFICATIONS) if record.key in homes]
    assert {Notification.model_validate_json(record.value).rule.name for record in together} >= RULES
    assert all(record.partition == homes[record.key] for record in together)
