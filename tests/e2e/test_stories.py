"""A sample through the real detector, held against what SQL counts from the texts of the rules alone."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from handlers.feeds import load
from schemas.notifications import Notification, NotificationKind, Status
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS
from streams.book import all_rules
from tests.brokers.records import read_all
from tests.e2e.workers import last_hour, notifications, workers
from tests.oracle import FIRST_RULES, Paths, expected, retracted
from tests.oracle.agreement import COMPARED, agreements, openings
from wealthwatch.replaying import Replay, publish
from wealthwatch.simulation import Plan, write
from wealthwatch.simulation.stories import FORESEEN

ONCE = {
    "large_inflow": ("large_inflow",),
    "slow_drain": ("cumulative_outflow", "cumulative_to_competitor", "drip_outflow"),
    "full_sweep": ("full_sweep",),
    "tier_climb": ("large_inflow", "near_tier", "tier_up"),
}
"""Stories worth a call, and the rules of each that tell it once."""
BETWEEN_TWO_LEGS = "aum_change"
"""It is asked after every movement, also when money has left one of the customer's accounts and not yet reached the other."""
OF_HOUSEHOLDS = {name for name, rule in all_rules().items() if rule.of_household}
RESTRICTED = {"pass_through", "drip_outflow"}
"""No manager is told of them."""


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
        detectors.await_households(last_hour(sample, settings))
    said = notifications(settings)
    assert read_all(settings, DEAD_LETTERS) == []
    assert max(Counter(message.message_id for message in said).values()) == 1

    counted = expected(paths, settings, COMPARED)
    (tmp_path / "said.jsonl").write_text("".join(f"{message.model_dump_json()}\n" for message in said), encoding="utf-8")
    found = agreements(counted, openings(tmp_path / "said.jsonl"))
    assert [str(one) for one in found if one.differences] == []
    assert {one.rule for one in found if one.same} == COMPARED - {"dormant_reactivated", "above_previous_peak"}  # which need a year
    assert sum(one.same for one in found) > 3_000

    taken_back = {message.notification_id for message in said if message.status is Status.RETRACTED}
    undone = {(one.rule, one.customer_id, one.event_id) for one in retracted(paths, settings, FIRST_RULES) if one.window == ""}
    assert {triggered_by(m) for m in said if m.notification_id in taken_back and m.kind is NotificationKind.EVENT} >= undone != set()

    zone = ZoneInfo(settings.bank.time_zone)
    stories = json.loads((tmp_path / "sample.stories.json").read_text())["stories"]
    assert {"large_inflow", "full_sweep", "cumulative_outflow", "tier_up"} <= {rule for story in stories for rule in story["rules"]}
    for story in stories:
        together = [m for m in said if m.household_id == story.get("household_id") and m.rule.name in OF_HOUSEHOLDS]
        assert {m.rule.name for m in together if m.status is Status.OPENED} >= set(story.get("household_rules", ())), story["story"]
        if story["story"] == "household_gift":
            assert [m for m in together if any(t.event_id in story["event_ids"] for t in m.evidence.triggers)] == []
        about = [
            m for m in said if m.customer_id == story["customer_id"] and m.status is Status.OPENED and m.rule.name not in OF_HOUSEHOLDS
        ]
        assert {m.rule.name for m in about} >= set(story["rules"]), story["story"]
        assert {m.rule.name for m in about} & FORESEEN == set(story["rules"]) & FORESEEN, story["story"]
        for rule in story["rules"]:
            told = [m for m in about if m.rule.name == rule]
            assert {m.manager_id for m in told} == {None if rule in RESTRICTED else story["manager_id"]}, (story["story"], rule)
            assert any(story["from"] <= m.occurred_at.astimezone(zone).date().isoformat() <= story["to"] for m in told), (story, rule)
        if not story["rules"]:
            seen = {m.rule.name for m in about if any(t.event_id in story["event_ids"] for t in m.evidence.triggers)}
            assert seen <= {BETWEEN_TWO_LEGS}, story["story"]
        for rule in ONCE.get(story["story"], ()):
            assert [m.rule.name for m in about].count(rule) == 1, (story["story"], rule)


def triggered_by(message: Notification) -> tuple[str, str, str | None]:
    """An event's rule, customer and movement, as the oracle names them."""
    return message.rule.name, message.customer_id, message.evidence.triggers[0].event_id if message.evidence.triggers else None
