"""The topics on a real broker."""

from __future__ import annotations

import time

import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient

from handlers import topics
from handlers.topics import Shape, TopicsError, differences
from schemas.settings import Kafka, Settings
from schemas.topics import CUSTOMERS, MANAGERS, TOPICS
from tests.brokers.records import produce, read_all

LOG = {"cleanup.policy": "delete", "max.message.bytes": "100"}


@pytest.mark.parametrize(
    ("have", "said"),
    [
        (Shape(4, LOG), []),
        (Shape(4, {}), []),
        (Shape(4, {**LOG, "max.message.bytes": "101"}), []),
        (None, ["missing: t: run `wealthwatch topics create`"]),
        (Shape(3, LOG), ["has 3 partitions and the settings say 4"]),
        (Shape(4, {**LOG, "cleanup.policy": "compact"}), ["cleanup.policy=compact and needs delete"]),
        (Shape(4, {**LOG, "max.message.bytes": "99"}), ["max.message.bytes=99 and needs 100"]),
        (Shape(5, {"cleanup.policy": "compact"}), ["5 partitions", "cleanup.policy=compact"]),
    ],
)
def test_every_difference_is_named_with_what_to_do(have: Shape | None, said: list[str]) -> None:
    lines = differences({"t": Shape(4, LOG)}, {"t": have} if have else {})
    assert len(lines) == len(said)
    assert all(part in line for part, line in zip(said, lines, strict=True))


def test_topics_are_created_once_and_are_then_as_wanted(unprepared: Settings) -> None:
    names = [unprepared.kafka.topic(topic) for topic in TOPICS]
    assert sorted(topics.create(unprepared.kafka)) == sorted(names)
    topics.check(unprepared.kafka)
    assert topics.create(unprepared.kafka) == []
    shapes = topics.found(unprepared.kafka)
    assert shapes[unprepared.kafka.topic(CUSTOMERS)].partitions == unprepared.kafka.partitions
    assert shapes[unprepared.kafka.topic(MANAGERS)].partitions == 1


def test_a_topic_can_be_written_and_read_as_soon_as_it_is_created(settings: Settings) -> None:
    assert produce(settings, CUSTOMERS, [(f"c{number}", b"{}") for number in range(50)]) == 50
    assert sorted(record.key.decode() for record in read_all(settings, CUSTOMERS)) == sorted(f"c{number}" for number in range(50))


def test_a_missing_topic_and_a_wrong_number_of_partitions_are_both_named(settings: Settings) -> None:
    with pytest.raises(TopicsError) as caught:
        topics.check(settings.kafka.model_copy(update={"partitions": 7}))
    assert str(caught.value).count("4 partitions and the settings say 7") == sum(topic.spread == "customers" for topic in TOPICS)
    with pytest.raises(TopicsError, match=r"missing: nowhere\.movements"):
        topics.check(settings.kafka.model_copy(update={"topic_prefix": "nowhere."}))


def test_a_topic_that_would_lose_its_states_is_refused(unprepared: Settings) -> None:
    name = unprepared.kafka.topic(CUSTOMERS)
    admin = KafkaAdminClient(**unprepared.kafka.client())
    admin.create_topics({name: {"num_partitions": 4, "replication_factor": 1, "configs": {"cleanup.policy": "delete"}}})
    admin.close()
    topics.create(unprepared.kafka)
    with pytest.raises(TopicsError, match=f"{name} has cleanup.policy=delete and needs compact"):
        topics.check(unprepared.kafka)


@pytest.mark.kafka
def test_a_broker_that_cannot_make_a_topic_is_quoted(unprepared: Settings) -> None:
    with pytest.raises(TopicsError, match="could not be created"):
        topics.create(Kafka(**{**unprepared.kafka.model_dump(), "topic_prefix": "not allowed/"}))


@pytest.mark.kafka
def test_what_a_host_with_a_wrong_clock_writes_is_taken_and_has_the_broker_s_time(settings: Settings) -> None:
    """Else the broker refuses what is an hour ahead of it, and removes what is older than its topic keeps as soon as it is written."""
    before = time.time()
    producer = KafkaProducer(**settings.kafka.client(), acks="all")
    for wrong in (time.time() + 5 * 3_600, 0.0):
        for topic in TOPICS:
            producer.send(settings.kafka.topic(topic), key=b"c1", value=b"{}", timestamp_ms=int(wrong * 1_000)).get(20)
    producer.close()
    for topic in TOPICS:
        assert [before - 1 < record.timestamp / 1_000 < time.time() + 1 for record in read_all(settings, topic)] == [True, True], topic
