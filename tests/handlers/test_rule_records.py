"""Versions of rules on a real broker: the newest of each key, and nobody overwritten."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handlers import topics
from handlers.rule_records import Overtaken, newest, publishing
from schemas.rules import RuleSettings
from schemas.settings import Settings
from schemas.topics import RULES
from tests.brokers.records import read_all

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


def version(number: int = 2, **fields: Any) -> RuleSettings:
    return RuleSettings.model_validate({"rule": "large_inflow", "version": number, "active_since": NOON, **fields})


def found(settings: Settings) -> dict[str, RuleSettings]:
    return {key: RuleSettings.model_validate_json(value) for key, (_, value) in newest(settings).items()}


def test_every_version_has_a_key_of_its_own_on_a_topic_that_keeps_the_newest_of_each(settings: Settings) -> None:
    assert RULES.config()["cleanup.policy"] == "compact"
    shape = topics.found(settings.kafka)[settings.kafka.topic(RULES)]
    assert (shape.partitions, shape.config.get("cleanup.policy", "compact")) == (1, "compact")
    assert newest(settings) == {}
    for one in (version(2), version(3), version(3, mode="off")):
        with publishing(settings) as publisher:
            publisher.publish(one)
    assert [record.key for record in read_all(settings, RULES)] == [b"large_inflow@2", b"large_inflow@3", b"large_inflow@3"]
    assert found(settings) == {"large_inflow@2": version(2), "large_inflow@3": version(3, mode="off")}


def test_a_version_that_is_taken_away_is_gone(settings: Settings) -> None:
    with publishing(settings) as publisher:
        publisher.publish(version(2))
        publisher.publish(version(3))
        publisher.withdraw(version(3))
    assert found(settings) == {"large_inflow@2": version(2)}
    assert read_all(settings, RULES)[-1].value is None


def test_a_record_says_what_it_is_in_its_headers(settings: Settings) -> None:
    with publishing(settings) as publisher:
        publisher.publish(version())
    headers = dict(read_all(settings, RULES)[0].headers)
    assert headers["ce_type"] == b"com.wealthwatch.rule.changed.v1"
    assert headers["ce_id"] == b"large_inflow@2"
    assert headers["ce_dataschema"] == b"urn:wealthwatch:schema:rule:1"


def test_who_began_before_somebody_else_writes_nothing(settings: Settings) -> None:
    """Where the broker has transactions; else the later record of the key counts, for every worker alike."""
    fenced = settings.detector.processing_guarantee == "exactly_once"
    with publishing(settings) as slow, publishing(settings) as fast:
        fast.publish(version(mode="test"))
        if fenced:
            with pytest.raises(Overtaken):
                slow.publish(version(mode="off"))
        else:
            slow.publish(version(mode="off"))
    assert found(settings) == {"large_inflow@2": version(mode="test" if fenced else "off")}
