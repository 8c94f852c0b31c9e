"""A sample through the real detector, held against what SQL counts from the texts of the rules alone."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path

from handlers.feeds import load
from schemas.notifications import Notification, NotificationKind, Status
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS
from tests.brokers.records import read_all
from tests.e2e.workers import notifications, workers
from tests.oracle import FIRST_RULES, Finding, Paths, expected, retracted
from wealthwatch.replaying import Replay, publish
from wealthwatch.simulation import Plan, write


def test_what_is_notified_is_what_sql_counts(settings: Settings, tmp_path: Path) -> None:
    """Nothing more, nothing less, with the same measured values; and every planted story, to its manager, once."""
    sample = tmp_path / "sample.jsonl"
    write(Plan(7, 500, 90, date(2025, 3, 1)), sample)
    paths = Paths.beside(sample)
    summary = publish(settings, Replay(feed=load("jsonl"), path=sample))
    with workers(settings, tmp_path) as detectors:
        detectors.start()
        detectors.await_decided()
        detectors.await_ticks(summary.ticks)
    said = notifications(settings)
    assert read_all(settings, DEAD_LETTERS) == []
    assert max(Counter(message.message_id for message in said).values()) == 1

    opened = {finding_of(message) for message in said if message.status is Status.OPENED}
    counted = {whole(finding) for finding in expected(paths, settings, FIRST_RULES)}
    assert opened == counted
    assert len(counted) > 300

    taken_back = {message.notification_id for message in said if message.status is Status.RETRACTED}
    undone = {whole(finding)[:4] for finding in retracted(paths, settings, FIRST_RULES) if finding.window == ""}
    assert {finding_of(m)[:4] for m in said if m.notification_id in taken_back and m.kind is NotificationKind.EVENT} >= undone

    stories = json.loads((tmp_path / "sample.stories.json").read_text())["stories"]
    assert {"large_inflow", "full_sweep", "cumulative_outflow", "tier_up"} <= {rule for story in stories for rule in story["rules"]}
    for story in stories:
        about = [m for m in said if m.customer_id == story["customer_id"] and m.status is Status.OPENED]
        for rule in story["rules"]:
            told = [m for m in about if m.rule.name == rule]
            assert told, f"{story['story']}: {rule} has said nothing"
            assert {m.manager_id for m in told} == {story["manager_id"]}
        if story.get("must_not_notify"):
            assert [m for m in about if any(t.event_id in story["event_ids"] for t in m.evidence.triggers)] == []


Identity = tuple[str, str, str | None, str, str, Decimal]


def finding_of(message: Notification) -> Identity:
    """A notification as the oracle names a finding."""
    evidence = message.evidence
    event_id = evidence.triggers[0].event_id if evidence.triggers else None
    window = evidence.window.name if evidence.window else ""
    at = message.occurred_at.astimezone(UTC).isoformat()
    return message.rule.name, message.customer_id, event_id, at, window, rounded(message.rule.name, evidence.measured)


def whole(finding: Finding) -> Identity:
    """A finding with its value."""
    return finding.rule, finding.customer_id, finding.event_id, finding.at.isoformat(), finding.window, rounded(finding.rule, finding.value)


def rounded(rule: str, value: Decimal) -> Decimal:
    """Averages and ratios are rounded differently by SQL; sums and amounts are exact."""
    return value.quantize(Decimal("0.01")) if rule in {"tier_up", "near_tier", "full_sweep"} else value.quantize(Decimal("0.0001"))
