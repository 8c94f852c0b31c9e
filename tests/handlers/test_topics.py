"""The topics on a real broker."""

from __future__ import annotations

import time
from contextlib import closing

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, KafkaAdminClient

from handlers import topics
from handlers.topics import Shape, TopicsError, differences
from schemas.settings import Kafka, Settings
from schemas.topics import CUSTOMERS, DAY_MS, MANAGERS, MOVEMENTS, TOPICS
from tests.brokers.records import produce, read_all

LOG = {"cleanup.policy": "delete", "max.message.bytes": "100", "retention.ms": "1000", "retention.bytes": "-1", "min.insync.replicas": "2"}
SERVERS = "kafka-1:9092,kafka-2:9092"


def altered(setting: str, value: str) -> Shape:
    return Shape(4, {**LOG, setting: value}, 3)


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
        (altered("retention.ms", "1001"), []),
        (altered("retention.ms", "-1"), []),
        (altered("retention.ms", "999"), ["has retention.ms=999 and needs 1000, else records are gone before they are used"]),
        (altered("retention.bytes", "1000000000"), ["has retention.bytes=1000000000 and needs -1"]),
        (altered("min.insync.replicas", "3"), []),
        (altered("min.insync.replicas", "1"), ["has min.insync.replicas=1 and needs 2, else what counts as written may stand on one disk"]),
        (Shape(4, LOG, 4), []),
        (Shape(4, LOG, 2), ["has 2 of 3 replicas: add them with kafka-reassign-partitions.sh, or set kafka.replication_factor"]),
    ],
)
def test_every_difference_is_named_with_what_to_do(have: Shape | None, said: list[str]) -> None:
    lines = differences({"t": Shape(4, LOG, 3)}, {"t": have} if have else {}, SERVERS)
    assert len(lines) == len(said)
    assert all(part in line for part, line in zip(said, lines, strict=True))


def test_a_setting_is_named_with_the_command_that_mends_it() -> None:
    (line,) = differences({"t": Shape(4, LOG, 3)}, {"t": altered("retention.ms", "999")}, SERVERS)
    assert line.endswith(
        f": kafka-configs.sh --bootstrap-server {SERVERS} --alter --entity-type topics --entity-name t --add-config retention.ms=1000"
    )


@pytest.mark.parametrize(("replicas", "in_sync"), [(1, "1"), (2, "1"), (3, "2"), (5, "2")])
def test_one_broker_may_be_away_and_a_record_still_be_written(replicas: int, in_sync: str) -> None:
    shapes = topics.wanted(Kafka(replication_factor=replicas)).values()
    assert {(shape.replicas, shape.config["min.insync.replicas"]) for shape in shapes} == {(replicas, in_sync)}


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
def test_a_topic_that_keeps_records_for_too_short_is_refused_until_the_command_is_run(settings: Settings) -> None:
    name = settings.kafka.topic(MOVEMENTS)
    for setting, short, needed in (("retention.ms", "86400000", str(30 * DAY_MS)), ("retention.bytes", "1073741824", "-1")):
        alter(settings, name, setting, short)
        with pytest.raises(TopicsError, match=rf"{name} has {setting}={short} and needs {needed}") as caught:
            topics.check(settings.kafka)
        *_, told = str(caught.value).split()
        alter(settings, name, *told.split("="))
        topics.check(settings.kafka)


@pytest.mark.kafka
def test_replicas_that_are_not_there_are_missed(settings: Settings) -> None:
    with pytest.raises(TopicsError, match=r"has 1 of 3 replicas: add them") as caught:
        topics.check(settings.kafka.model_copy(update={"replication_factor": 3}))
    assert str(caught.value).count("min.insync.replicas=1 and needs 2") == len(TOPICS)


def alter(settings: Settings, topic: str, setting: str, value: str) -> None:
    """Change one setting of a topic, as `kafka-configs.sh` does; the broker tells of it a little later."""
    with closing(KafkaAdminClient(**settings.kafka.client())) as admin:
        admin.alter_configs([ConfigResource("TOPIC", topic, {setting: value})])
    while topics.found(settings.kafka)[topic].config[setting] != value:
        continue


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
