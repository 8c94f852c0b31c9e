"""A batch on Apache Kafka of which the broker refuses a part: it is an error, and nothing of it is ever visible."""

from __future__ import annotations

import pytest
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import MessageSizeTooLargeError

from schemas.settings import Settings
from schemas.topics import NOTIFICATIONS, POSITIONS, STATES, Topic
from streams.publisher import Batch, Transactional
from tests.brokers.records import PROBE, read_all, set_largest


def batch(settings: Settings, mark: bytes) -> Batch:
    """A notification, an allocation and a state."""
    made = Batch(states_topic=settings.kafka.topic(STATES), states=[[(b"c", mark)]])
    for topic in (NOTIFICATIONS, POSITIONS):
        made.say(settings.kafka.topic(topic), b"c", mark, [])
    return made


@pytest.mark.kafka
@pytest.mark.parametrize("refusing", [NOTIFICATIONS, STATES])
async def test_what_a_topic_refuses_is_an_error_and_nothing_of_its_batch_is_visible(settings: Settings, refusing: Topic) -> None:
    set_largest(settings, refusing, 1)
    publisher = Transactional(settings, 0)
    await publisher.start()
    with pytest.raises(MessageSizeTooLargeError):
        await publisher.publish(batch(settings, b"first"), None)
    await publisher.stop()
    set_largest(settings, refusing, refusing.max_bytes)
    again = Transactional(settings, 0)
    await again.start()
    await again.publish(batch(settings, b"second"), None)
    await again.stop()
    for topic in (NOTIFICATIONS, POSITIONS, STATES):
        assert [record.value for record in read_all(settings, topic) if record.value != PROBE] == [b"second"]


@pytest.mark.kafka
async def test_a_producer_waits_for_a_cluster_that_names_no_broker_yet(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As right after its only broker was frozen for longer than its session."""
    named, unnamed = ClusterMetadata.brokers, iter(range(12))
    monkeypatch.setattr(ClusterMetadata, "brokers", lambda cluster: set() if next(unnamed, None) is not None else named(cluster))
    publisher = Transactional(settings, 0)
    await publisher.start()
    await publisher.publish(batch(settings, b"written"), None)
    await publisher.stop()
    assert next(unnamed, None) is None, "it has asked in vain"
    assert [record.value for record in read_all(settings, NOTIFICATIONS)] == [b"written"]
