"""Apache Kafka as the tests use it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kafka import KafkaProducer

from schemas.settings import Settings
from schemas.topics import CUSTOMERS, TICKS
from tests.brokers.apache import ApacheKafka
from tests.brokers.records import await_records, produce, read_all


@pytest.mark.kafka
def test_what_was_acknowledged_survives_kill_9(kafka: ApacheKafka, settings: Settings) -> None:
    produce(settings, CUSTOMERS, [("before", b"1")])
    kafka.kill()
    kafka.start()
    produce(settings, CUSTOMERS, [("after", b"2")])
    assert {record.key for record in read_all(settings, CUSTOMERS)} == {b"before", b"after"}


@pytest.mark.kafka
def test_reading_committed_leaves_out_what_was_aborted_and_still_ends(settings: Settings) -> None:
    producer = KafkaProducer(**settings.kafka.client(), transactional_id=settings.detector.application_id)
    producer.init_transactions()
    for value, end in ((b"kept", producer.commit_transaction), (b"dropped", producer.abort_transaction)):
        producer.begin_transaction()
        producer.send(settings.kafka.topic(TICKS), value, partition=0).get(20)
        end()
    producer.close()
    assert [record.value for record in read_all(settings, TICKS)] == [b"kept"]
    assert [record.value for record in read_all(settings, TICKS, committed=False)] == [b"kept", b"dropped"]


def test_waiting_for_records_ends_with_enough_or_says_why_not(settings: Settings) -> None:
    produce(settings, CUSTOMERS, [(str(number), b"{}") for number in range(7)])
    assert len(await_records(settings, CUSTOMERS, lambda records: len(records) >= 7)) == 7
    with pytest.raises(AssertionError, match="7 records of customers were not enough"):
        await_records(settings, CUSTOMERS, lambda records: len(records) > 7, within_s=1)
    with pytest.raises(AssertionError, match="the worker died"):
        await_records(settings, CUSTOMERS, lambda _: False, until=lambda: "the worker died")


@pytest.mark.parametrize(("there", "said"), [([], "needs Java 17"), (["java"], "needs Maven")])
def test_what_apache_kafka_misses_is_one_line(tmp_path: Path, there: list[str], said: str) -> None:
    for program in there:
        found = shutil.which(program)
        if not found:
            pytest.skip(f"no {program} here")
        (tmp_path / program).symlink_to(found)
    script = (
        f"import tests.brokers.apache as apache; from pathlib import Path; apache.CACHE = Path({str(tmp_path / 'cache')!r})\napache.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env={**os.environ, "PATH": str(tmp_path)}
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert "apt-get install" in done.stderr
