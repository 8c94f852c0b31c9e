"""Brokers that go away, and topics that take nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from kafka.admin import ConfigResource, KafkaAdminClient

from schemas.topics import NOTIFICATIONS, STATES, Topic
from tests.brokers.apache import ApacheKafka
from tests.faults.scene import Scene

AWAY_S = 30.0
"""Longer than a session, shorter than the patience of those who publish."""
TOO_SMALL = "100"
"""Bytes: less than any record of ours, and more than the broker's own marker at a transaction's end. Where it cannot write that (seen with
1 byte on Apache Kafka 4.1), it never ends the transaction, and no producer of that id begins another until the broker is started again."""


def broker_frozen(scene: Scene) -> None:
    """The broker's process is stopped for 30 s, its connections left standing, and goes on."""
    broker = _two_workers(scene)
    for _ in scene.moments(1):
        broker.freeze()
        scene.fault("broker SIGSTOP 30 s")
        time.sleep(AWAY_S)
        broker.thaw()


def broker_stopped(scene: Scene) -> None:
    """The broker is shut down in order, away for 30 s, and started again."""
    broker = _two_workers(scene)
    for _ in scene.moments(1):
        broker.stop()
        scene.fault("broker down 30 s")
        time.sleep(AWAY_S)
        broker.start()


def broker_killed(scene: Scene) -> None:
    """The broker is killed with -9 twice, and started again with nothing of its data in memory."""
    broker = _two_workers(scene)
    for _ in scene.moments(2):
        broker.kill()
        scene.fault("broker kill -9")
        broker.drop_page_cache()
        broker.start()


def node_lost(scene: Scene) -> None:
    """Of three brokers with three replicas, two of which must have a record, one is killed; then, when it is back, another one."""
    _two_workers(scene)
    nodes = list(scene.brokers)
    for _ in scene.moments(2):
        scene.await_(lambda: _in_sync(scene), "every replica to be in sync")
        node = nodes.pop(scene.random.randrange(len(nodes)))
        node.kill()
        scene.fault("one of three brokers lost")
        scene.await_more(500)
        node.start()


def notifications_unwritable(scene: Scene) -> None:
    """The topic of notifications refuses every record as too large, twice, until the worker has said so."""
    _refused(scene, NOTIFICATIONS)


def changelog_unwritable(scene: Scene) -> None:
    """The changelog refuses every record as too large, twice, until the worker has said so."""
    _refused(scene, STATES)


def _two_workers(scene: Scene) -> ApacheKafka:
    scene.start()
    scene.start()
    scene.open()
    return scene.brokers[0]


def _refused(scene: Scene, topic: Topic) -> None:
    worker = scene.start()
    scene.open()
    for _ in scene.moments(2):
        refusals = scene.detectors.log(worker).count("partition_reopens")
        with _altered(scene, topic, "max.message.bytes", TOO_SMALL):
            scene.fault(f"{topic.name} unwritable")
            scene.await_(lambda: scene.detectors.log(worker).count("partition_reopens") > refusals, "a refusal")  # noqa: B023


@contextmanager
def _altered(scene: Scene, topic: Topic, name: str, value: str) -> Iterator[None]:
    """A setting of a topic, which is as it was afterwards."""
    _alter(scene, topic, name, value)
    try:
        yield
    finally:
        _alter(scene, topic, name, topic.config()[name])


def _alter(scene: Scene, topic: Topic, name: str, value: str) -> None:
    with closing(KafkaAdminClient(**scene.settings.kafka.client())) as admin:
        admin.alter_configs([ConfigResource("TOPIC", scene.settings.kafka.topic(topic), {name: value})])


def _in_sync(scene: Scene) -> bool:
    with closing(KafkaAdminClient(**scene.settings.kafka.client())) as admin:
        described = admin.describe_topics()
    return all(len(place["isr_nodes"]) == len(scene.brokers) for topic in described for place in topic["partitions"])
