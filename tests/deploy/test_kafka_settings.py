"""The broker that Kafka's own image makes of our variables, started without the image."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from handlers import topics
from schemas.settings import Kafka
from tests.brokers.apache import CLUSTER_ID, libraries
from tests.deploy.stack import services
from wealthwatch.broker import HOST, await_answer, free_port
from wealthwatch.supervisor import Child

WRAPPER = "kafka.docker.KafkaDockerWrapper"


@pytest.mark.kafka
def test_the_broker_starts_and_takes_our_topics(kafka: object, tmp_path: Path) -> None:
    port, controller = free_port(), free_port()
    here = {"9092": port, "9093": controller}
    variables = {
        name: re.sub(r"(//|@)(?:kafka|127\.0\.0\.1)?:(9092|9093)", lambda at: f"{at[1]}{HOST}:{here[at[2]]}", value)
        for name, value in services()["kafka"]["environment"].items()
    }
    variables["KAFKA_LOG_DIRS"] = str(tmp_path / "data")
    for folder in ("default", "mounted", "final"):
        (tmp_path / folder).mkdir()
    java = ["java", "-cp", f"{libraries()}/*"]
    places = [word for name in ("default", "mounted", "final") for word in (f"--{name}-configs-dir", str(tmp_path / name))]
    environment = {**os.environ, **variables, "CLUSTER_ID": CLUSTER_ID}
    done = subprocess.run([*java, WRAPPER, "setup", *places], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    properties = tmp_path / "final/server.properties"
    assert "message.max.bytes=" in properties.read_text()
    heap = variables["KAFKA_HEAP_OPTS"].split()
    broker = Child("Apache Kafka", [*java, *heap, "kafka.Kafka", str(properties)], tmp_path / "kafka.log", grace_s=30)
    try:
        await_answer(broker, port)
        ours = Kafka(bootstrap_servers=f"{HOST}:{port}")
        assert topics.create(ours)
        topics.check(ours)
    finally:
        broker.stop()
