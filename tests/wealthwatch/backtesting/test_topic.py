"""A range of a Kafka topic is a feed like any other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handlers.feeds import FeedError, load
from schemas import topics
from schemas.settings import Settings
from tests.brokers.records import produce, read_all
from tests.streams.builders import movement
from wealthwatch.backtesting.routing import Share
from wealthwatch.backtesting.topic import Topic
from wealthwatch.replaying import Replay, publish

from .conftest import Run


def url(settings: Settings, asked: str = "") -> str:
    return f"kafka://{settings.kafka.bootstrap_servers}/{settings.kafka.topic(topics.MOVEMENTS)}{asked}"


def read(settings: Settings, asked: str = "") -> list[bytes | None]:
    source = Topic.of(url(settings, asked), settings.kafka)
    return [value for _, _, some in source.gather(Share(0, 1, {}), 1_000) for items in some.values() for _, _, value in items]


def without_offset(out: Path) -> list[dict[str, Any]]:
    """The notifications but for the place of the profile, which a file does not have."""
    found = [json.loads(line) for line in (out / "notifications.jsonl").read_bytes().splitlines()]
    for one in found:
        one["evidence"].pop("profile_offset", None)
    return found


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_replayed_feed_is_the_same_feed_with_the_topics_beside_it(
    settings: Settings, bank: Path, results: Path, backtest: Run, tmp_path: Path, jobs: int
) -> None:
    publish(settings, Replay(load("jsonl"), bank))
    backtest(url(settings), "--out", tmp_path, "--jobs", str(jobs))
    assert (tmp_path / "positions.jsonl").read_bytes() == (results / "positions.jsonl").read_bytes()
    assert without_offset(tmp_path) == without_offset(results)
    homes = {one["household_id"] for one in without_offset(tmp_path) if one["rule"]["name"].startswith("household_")}
    assert any(len({record.partition for record in members_of(settings, home)}) > 1 for home in homes)


def members_of(settings: Settings, household_id: str) -> list[Any]:
    """The profiles of a household, whose partitions are those of their movements."""
    named = f'"household_id":"{household_id}"'.encode()
    return [record for record in read_all(settings, topics.CUSTOMERS) if named in record.value]


def test_offsets_bound_every_partition(settings: Settings) -> None:
    produce(settings, topics.MOVEMENTS, [(f"c{number}", b"%d" % number) for number in range(200)])
    records = read_all(settings, topics.MOVEMENTS)
    wanted = [record.value for record in records if 10 <= record.offset < 13]
    assert len(wanted) == 12
    assert sorted(filter(None, read(settings, "?from=10&to=13"))) == sorted(wanted)
    assert len(read(settings)) == 200
    assert len(read(settings, "?from=3")) == 200 - 4 * 3
    assert read(settings, "?from=500") == []
    assert read(settings, "?to=0") == []


def test_times_are_those_at_which_the_broker_got_it(settings: Settings) -> None:
    produce(settings, topics.MOVEMENTS, [("c1", b"early")])
    (early,) = read_all(settings, topics.MOVEMENTS)
    between = early.timestamp / 1_000 + 0.1  # the embedded broker keeps a time of its own, a little later
    while datetime.now(UTC).timestamp() <= between:
        pass
    produce(settings, topics.MOVEMENTS, [("c1", b"late"), ("c2", b"late")])
    moment = datetime.fromtimestamp(between, UTC).isoformat()
    assert read(settings, f"?to={moment}") == [b"early"]
    assert read(settings, f"?from={moment}") == [b"late", b"late"]
    assert read(settings, "?from=2100-01-01T00:00:00Z") == []


def test_a_topic_that_is_not_there_says_so(settings: Settings) -> None:
    with pytest.raises(FeedError, match="there is no topic nothing"):
        Topic.of(f"kafka://{settings.kafka.bootstrap_servers}/nothing", settings.kafka)


def test_refusals_name_partition_and_offset_and_the_key_counts(settings: Settings, backtest: Run, tmp_path: Path) -> None:
    produce(
        settings,
        topics.MOVEMENTS,
        [
            ("c1", movement()),
            ("c2", movement(event_id="e2")),
            ("c1", b"nonsense"),
            ("c1", movement(event_id="e3", occurred_at="2150-01-01T00:00:00+08:00")),
        ],
    )
    places = {record.value: f"{record.topic}-{record.partition}-{record.offset}" for record in read_all(settings, topics.MOVEMENTS)}
    backtest(url(settings), "--out", tmp_path, "--jobs", "2")
    told = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert told["movements"] == {"read": 4, "applied": 1, "refused": 3}
    assert {one["where"]: one["fault"] for one in told["refused"]["first"]} == {
        places[movement(event_id="e2")]: "wrong_key",
        places[b"nonsense"]: "not_json",
        places[movement(event_id="e3", occurred_at="2150-01-01T00:00:00+08:00")]: "in_the_future",
    }
    assert told["last_date"] == "2025-03-10"
