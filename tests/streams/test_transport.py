"""The consumer that Faust runs is made from our settings, not from its own."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer

from schemas.settings import Detector as Section
from schemas.settings import Kafka, Settings
from streams.app import Detector
from streams.assignor import WarmAssignor


async def consumer_of(settings: Settings) -> AIOKafkaConsumer:
    """What the worker's thread would connect with, not connected."""
    app = Detector(settings).app
    consumer = app.consumer._thread._create_worker_consumer(app.transport)
    await consumer.stop()
    return consumer


async def test_it_connects_as_the_settings_say() -> None:
    kafka = Kafka(
        bootstrap_servers="kafka-1:9093,kafka-2:9093",
        security_protocol="SASL_PLAINTEXT",
        sasl_username="wealthwatch",
        sasl_password="secret",
    )
    client = (await consumer_of(Settings(kafka=kafka)))._client
    assert client._bootstrap_servers == kafka.bootstrap_servers
    assert (client._security_protocol, client._sasl_mechanism) == ("SASL_PLAINTEXT", "SCRAM-SHA-512")
    assert (client._sasl_plain_username, client._sasl_plain_password) == ("wealthwatch", "secret")


async def test_it_reads_committed_movements_and_keeps_partitions_where_they_are() -> None:
    consumer = await consumer_of(Settings(detector=Section(standby_replicas=2)))
    assert consumer._isolation_level == "read_committed"
    (assignor,) = consumer._partition_assignment_strategy
    assert issubclass(assignor, WarmAssignor)
    assert (assignor.replicas, assignor.held()) == (2, {})


async def test_it_has_a_lasting_name_in_the_group_only_if_it_is_given_one() -> None:
    assert (await consumer_of(Settings()))._group_instance_id is None
    named = await consumer_of(Settings(detector=Section(group_instance_id="detector-0")))
    assert named._group_instance_id == "detector-0"
