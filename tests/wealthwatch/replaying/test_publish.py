"""A replay against a broker: what arrives, in which order, with which ticks, and what a stop leaves behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from kafka.partitioner import murmur2

from handlers.feeds import load
from schemas import topics
from schemas.settings import Settings
from schemas.ticks import Tick
from schemas.topics import Topic
from tests.brokers.records import await_records, read_all, set_largest
from tests.patience import PATIENCE_S
from wealthwatch.configuration import environment_of
from wealthwatch.replaying import Pace, Progress, Replay, ResumePoint, place_of, publish
from wealthwatch.simulation import Plan, write

PARTITIONS = 4


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "bank.jsonl"
    write(Plan(1, 40, 20, date(2025, 3, 1)), path)
    return path


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def _values(settings: Settings, topic: Topic) -> list[bytes]:
    return [record.value for record in read_all(settings, topic)]


def test_every_line_arrives_untouched_under_its_customer_in_its_partition_and_order(settings: Settings, sample: Path) -> None:
    summary = publish(settings, Replay(load("jsonl"), sample))
    sent, arrived = defaultdict(list), defaultdict(list)
    for line in _lines(sample):
        sent[json.loads(line)["customer_id"].encode()].append(line)
    for record in read_all(settings, topics.MOVEMENTS):
        arrived[record.key].append(record.value)
        assert record.partition == (murmur2(record.key) & 0x7FFFFFFF) % PARTITIONS
        assert dict(record.headers)["ce_type"] == b"com.wealthwatch.movement.v1"
    assert arrived == sent
    assert (summary.movements, summary.stopped, summary.resumed_from) == (len(_lines(sample)), False, 0)
    assert not place_of(sample).exists()


def test_customers_managers_and_prices_are_there_before_the_first_movement(settings: Settings, sample: Path) -> None:
    summary = publish(settings, Replay(load("jsonl"), sample, ticks=False))
    begins = min(record.timestamp for record in read_all(settings, topics.MOVEMENTS))
    counts = []
    for topic, key in ((topics.CUSTOMERS, "customer_id"), (topics.MANAGERS, "manager_id"), (topics.PRICES, "of")):
        records = read_all(settings, topic)
        assert max(record.timestamp for record in records) <= begins
        assert all(json.loads(record.value)[key].encode() == record.key for record in records)
        counts.append(len(records))
    assert counts == [summary.customers, summary.managers, summary.prices] == [40, 4, 3]
    assert read_all(settings, topics.TICKS) == []


def test_a_customers_profile_stands_in_the_partition_of_its_movements(settings: Settings, sample: Path) -> None:
    publish(settings, Replay(load("jsonl"), sample))
    profiles = {record.key: record.partition for record in read_all(settings, topics.CUSTOMERS)}
    assert all(profiles[record.key] == record.partition for record in read_all(settings, topics.MOVEMENTS))


def test_reference_rates_arrive_in_the_banks_own_currency_oldest_first(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "eurofxref-hist.csv"
    path.write_bytes(b"Date,USD,CNY,\n2015-01-15,1.1708,7.2509,\n2015-01-14,1.1775,7.2968,\n")
    summary = publish(settings, Replay(load("ecb"), path))
    records = read_all(settings, topics.PRICES)
    told = [(record.key, json.loads(record.value)["price"], json.loads(record.value)["at"][:10]) for record in records]
    assert (summary.prices, summary.movements, summary.ticks) == (4, 0, 0)
    assert [price for key, price, _ in told if key == b"EUR"] == ["7.2968", "7.2509"]
    assert [on for key, _, on in told if key == b"USD"] == ["2015-01-14", "2015-01-15"]
    assert {json.loads(record.value)["currency"] for record in records} == {settings.bank.base_currency}
    assert len({dict(record.headers)["ce_id"] for record in records}) == 4


def test_each_date_that_passes_ticks_once_a_partition_and_overtakes_nothing(settings: Settings, sample: Path) -> None:
    publish(settings, Replay(load("jsonl"), sample))
    movements = defaultdict(list)
    for record in read_all(settings, topics.MOVEMENTS):
        movements[record.partition].append(datetime.fromisoformat(json.loads(record.value)["occurred_at"]))
    ticks = defaultdict(list)
    for record in read_all(settings, topics.TICKS):
        ticks[record.partition].append(Tick.model_validate_json(record.value))
    assert set(ticks) == set(range(PARTITIONS))
    for partition, passed in ticks.items():
        midnights = [datetime(2025, 2, 28, 16, tzinfo=UTC).replace(day=28).timestamp() + 86_400 * n for n in range(1, 20)]
        assert [tick.at.timestamp() for tick in passed[:19]] == midnights
        assert len(passed) == 20
        for tick in passed:
            before, after = movements[partition][: tick.after_offset + 1], movements[partition][tick.after_offset + 1 :]
            assert max(before) < tick.at
            assert not after or min(after) >= tick.at


def test_what_is_no_movement_is_sent_too(settings: Settings, tmp_path: Path) -> None:
    lines = [b"", b"{broken", b"\xff\xfe", b'{"customer_id": "c1"}', b'"' + b"x" * 2_000_000 + b'"', b"[" * 20_000]
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    summary = publish(settings, Replay(load("jsonl"), path))
    records = read_all(settings, topics.MOVEMENTS)
    assert sorted(record.value for record in records) == sorted(lines)
    assert {record.value: record.key for record in records if record.key is not None} == {b'{"customer_id": "c1"}': b"c1"}
    assert summary.movements == len(lines)
    assert read_all(settings, topics.TICKS) == []


def test_a_stop_leaves_a_point_from_which_the_rest_goes_on_without_a_gap(settings: Settings, sample: Path, tmp_path: Path) -> None:
    place = tmp_path / "point.json"
    first = publish(settings, Replay(load("jsonl"), sample, Pace(rate=1_000), resume_file=place), stopped=lambda: _arrived(place) > 0)
    point = ResumePoint.read(place)
    assert first.stopped
    assert 0 < point.movements == first.movements < len(_lines(sample))
    second = publish(settings, Replay(load("jsonl"), sample, resume_file=place, resume=point))
    assert second.resumed_from == first.movements
    assert first.movements + second.movements == len(_lines(sample))
    assert sorted(_values(settings, topics.MOVEMENTS)) == sorted(_lines(sample))
    assert not place.exists()
    last = [Tick.model_validate_json(record.value) for record in read_all(settings, topics.TICKS)][-PARTITIONS:]
    assert all(tick.after_offset >= 0 for tick in last)


def _arrived(place: Path) -> int:
    return ResumePoint.read(place).movements if place.exists() else 0


@pytest.mark.kafka
def test_what_comes_after_a_batch_that_failed_does_not_get_ahead_of_it(settings: Settings, tmp_path: Path) -> None:
    """Or a replay that goes on would bring a customer's movements in another order than the feed has them."""
    probe = b"p" * 20_000
    set_largest(settings, topics.MOVEMENTS, 10_000, probe)
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"".join(b'{"customer_id": "c1", "n": %d}\n' % number for number in range(2_010)))  # a large batch and a small one
    with pytest.raises(KafkaError):
        publish(settings, Replay(load("jsonl"), path))
    assert {*_values(settings, topics.MOVEMENTS)} <= {probe}
    set_largest(settings, topics.MOVEMENTS, topics.MOVEMENTS.max_bytes, probe)
    publish(settings, Replay(load("jsonl"), path))
    assert [value for value in _values(settings, topics.MOVEMENTS) if value != probe] == _lines(path)


def test_progress_ends_with_all_movements_and_the_last_event_time(settings: Settings, sample: Path) -> None:
    told: list[Progress] = []
    summary = publish(settings, Replay(load("jsonl"), sample), told.append)
    assert (told[-1].movements, told[-1].at) == (summary.movements, summary.last_event)
    assert [far.movements for far in told] == sorted(far.movements for far in told)


def test_a_rate_is_kept(settings: Settings, tmp_path: Path, sample: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_bytes(b"\n".join(_lines(sample)[:300]) + b"\n")
    summary = publish(settings, Replay(load("jsonl"), path, Pace(rate=200)))
    assert 1.4 < summary.seconds < 3
    assert summary.movements == 300


def _run(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "wealthwatch", "replay", *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment_of(settings), **pipes)


def test_ctrl_c_says_how_to_go_on_and_resume_does(settings: Settings, sample: Path, tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    path.write_bytes(sample.read_bytes())
    with _run(settings, str(path), "--rate", "300") as running:
        await_records(settings, topics.MOVEMENTS, lambda records: len(records) > 50)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, out) == (130, "")
    assert "the same command with --resume goes on" in err
    assert "Traceback" not in err
    point = ResumePoint.read(place_of(path))
    assert 50 < point.movements <= len(read_all(settings, topics.MOVEMENTS))
    with _run(settings, str(path), "--resume", "--json") as running:
        out, err = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, err) == (0, "")
    summary = json.loads(out)
    assert summary["resumed_from"] == point.movements
    assert summary["movements"] == len(_lines(path)) - point.movements
    assert set(_values(settings, topics.MOVEMENTS)) == set(_lines(path))


def test_a_file_that_changed_is_not_gone_on_with(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    path.write_bytes(b"{}\n")
    ResumePoint(1, 99, settings.kafka.topic(topics.MOVEMENTS)).write(place_of(path))
    with _run(settings, str(path), "--resume") as running:
        out, err = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, out) == (2, "")
    assert err.count("\n") == 1
    assert "is not what it was when the replay stopped" in err


def test_a_broker_that_is_not_there_is_one_line(tmp_path: Path, unused_tcp_port: int) -> None:
    path = tmp_path / "bank.jsonl"
    path.write_bytes(b"{}\n")
    with _run(Settings(kafka={"bootstrap_servers": f"127.0.0.1:{unused_tcp_port}"}), str(path)) as running:
        _, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 3
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("wealthwatch: "), err
