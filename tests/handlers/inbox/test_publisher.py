"""Follow-ups reach the topic, whole and under the right key."""

from __future__ import annotations

import json

import pytest

from handlers.inbox import publisher
from handlers.inbox.publisher import FollowUps, NotPublished
from schemas import topics
from schemas.follow_ups import FollowUp, Step
from schemas.settings import Kafka, Settings
from tests.brokers.records import await_records
from tests.handlers.inbox.messages import follow_up, notification
from wealthwatch.broker import free_port


def test_a_follow_up_stands_in_the_topic_when_publish_returns(settings: Settings) -> None:
    step = follow_up(notification(), Step.ACKNOWLEDGED)
    out = FollowUps(settings.kafka)
    out.publish(step)
    out.close()
    record = await_records(settings, topics.FOLLOW_UPS, lambda records: len(records) == 1)[0]
    assert record.key.decode() == str(step.notification_id)
    assert FollowUp.model_validate_json(record.value) == step
    headers = dict(record.headers)
    assert headers["ce_id"].decode() == str(step.follow_up_id)
    assert headers["ce_type"] == b"com.wealthwatch.follow_up.acknowledged.v1"
    assert json.loads(record.value)["schema_version"] == 1


def test_without_a_broker_it_is_said_that_nothing_was_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "PATIENCE_S", 0.5)
    out = FollowUps(Kafka(bootstrap_servers=f"127.0.0.1:{free_port()}"))
    with pytest.raises(NotPublished):
        out.publish(follow_up(notification()))
    out.close()
