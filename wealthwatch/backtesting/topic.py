"""A feed that is a range of a Kafka topic: `kafka://host:port/topic?from=..&to=..`, offsets or times.

The range is settled once, before any job reads, so that a topic that grows meanwhile is the same to all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

import msgspec

from handlers.feeds import FeedError
from schemas.settings import Kafka
from schemas.topics import MOVEMENTS
from wealthwatch.backtesting.files import ITEMS_TOGETHER
from wealthwatch.backtesting.routing import Gathered, Item, Share
from wealthwatch.backtesting.source import Side

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition
    from kafka.consumer.fetcher import ConsumerRecord

SCHEME = "kafka://"
PLACES = 10**15
"""A movement's number is its partition times this, plus its offset: larger than any offset."""
DAY_SECONDS = 86_400
"""A movement may be this far ahead of the broker's clock; the detector refuses what is beyond."""
POLLS, WAIT_MS = 50, 100
Bound = int | datetime | None


@dataclass(frozen=True)
class Range:
    """Offsets of one partition, the last not included."""

    partition: int
    first: int
    end: int


@dataclass(frozen=True)
class Topic:
    """A range of a topic's partitions, read side by side in event time: a household's movements are in several of them."""

    name: str
    kafka: Kafka
    topic: str
    ranges: tuple[Range, ...]
    stamps: dict[int, int] = field(default_factory=dict, compare=False)
    """When the movements of the piece being read came, in milliseconds; for `latest`."""

    @classmethod
    def of(cls, url: str, kafka: Kafka) -> Self:
        """Settle the range.

        Args:
            url: as the person wrote it.
            kafka: how to connect; the address comes from the url.

        Raises:
            FeedError: the url names no topic, or nothing that can be read.
            kafka.errors.KafkaError: the broker does not answer.
        """
        parts = urlsplit(url)
        topic, asked = parts.path.strip("/"), parse_qs(parts.query, strict_parsing=bool(parts.query))
        if not parts.netloc or not topic or "/" in topic or not asked.keys() <= {"from", "to"}:
            raise FeedError(f"{url} should look like {SCHEME}host:port/topic?from=..&to=..")
        settings = kafka.model_copy(update={"bootstrap_servers": parts.netloc})
        first, end = (_bound(url, asked[name][-1]) if name in asked else None for name in ("from", "to"))
        return cls(url, settings, topic, _settle(settings, topic, first, end))

    @property
    def size(self) -> int:
        """Offsets."""
        return sum(one.end - one.first for one in self.ranges)

    def gather(self, share: Share, largest: int) -> Iterator[tuple[int, int, Gathered]]:  # noqa: ARG002
        """See `Source`."""
        count, gathered = 0, Gathered()
        for record in merge(*map(self._records, self.ranges), key=_happened):
            count += 1
            item: Item = (record.partition * PLACES + record.offset, record.key, record.value)
            if share.group(record.key or b"") is not None:
                self.stamps[item[0]] = record.timestamp
                share.of_items([item], gathered)
            if count % ITEMS_TOGETHER == 0:
                yield min(count, self.size), count, gathered
                gathered = {}
                self.stamps.clear()
        yield self.size, count, gathered

    def where(self, number: int) -> str:
        """Its topic, partition and offset."""
        return f"{self.topic}-{number // PLACES}-{number % PLACES}"

    @property
    def stamped(self) -> bool:
        """The broker says when a record came."""
        return True

    def latest(self, number: int) -> float:
        """A day after the broker got it."""
        stamp = self.stamps.get(number)
        return math.inf if stamp is None else stamp / 1_000 + DAY_SECONDS

    def lines(self) -> Side:
        """All records, as something beside another feed."""
        for record in self.records():
            if record.value is not None:
                yield self.where(record.partition * PLACES + record.offset), record.offset, record.key, record.value

    def records(self) -> Iterator[ConsumerRecord]:
        """All of them, those that take something away, too."""
        for one in self.ranges:
            yield from self._records(one)

    def beside(self, what: str) -> Topic | None:
        """All of the topic of the same prefix, where this one is named as a topic of movements and the other exists."""
        if not self.topic.endswith(MOVEMENTS.name):
            return None
        topic = self.topic.removesuffix(MOVEMENTS.name) + what
        try:
            return Topic(f"{SCHEME}{self.kafka.bootstrap_servers}/{topic}", self.kafka, topic, _settle(self.kafka, topic, None, None))
        except FeedError:
            return None

    def _records(self, one: Range) -> Iterator[ConsumerRecord]:
        from kafka import TopicPartition

        from handlers.history import history, reader

        if one.first >= one.end:
            return
        with reader(self.kafka) as consumer:
            for record in history(consumer, {TopicPartition(self.topic, one.partition): one.first}):
                if record.offset >= one.end:
                    return
                yield record
                if record.offset + 1 >= one.end:
                    return


class _Wire(msgspec.Struct):
    occurred_at: datetime


_wire = msgspec.json.Decoder(_Wire).decode


def _happened(record: ConsumerRecord) -> float:
    """Event time of a movement; of what is none, before all others."""
    try:
        return _wire(record.value).occurred_at.timestamp()
    except (msgspec.DecodeError, UnicodeError, RecursionError, TypeError, OverflowError, ValueError):
        return -math.inf


def _bound(url: str, text: str) -> Bound:
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus in a query is a space
    except ValueError:
        raise FeedError(f"{url}: {text!r} is neither an offset nor a time such as 2025-03-01T09:00+08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _settle(kafka: Kafka, topic: str, first: Bound, end: Bound) -> tuple[Range, ...]:
    from handlers.history import all_partitions, reader

    with reader(kafka) as consumer:
        if topic not in consumer.topics():
            raise FeedError(f"there is no topic {topic} at {kafka.bootstrap_servers}")
        partitions = all_partitions(consumer, topic)
        begins, ends = consumer.beginning_offsets(partitions), _true_ends(consumer, partitions)
        starts, stops = _offsets(consumer, first, begins, ends), _offsets(consumer, end, ends, ends)
        ranges = (Range(one.partition, max(starts[one], begins[one]), min(stops[one], ends[one])) for one in partitions)
        return tuple(one for one in ranges if one.first < one.end)


def _offsets(
    consumer: KafkaConsumer, bound: Bound, default: dict[TopicPartition, int], ends: dict[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """The offset of each partition that a bound means: at a time, the first that the broker got then or later."""
    if bound is None:
        return default
    if isinstance(bound, int):
        return dict.fromkeys(default, bound)
    found = consumer.offsets_for_times(dict.fromkeys(default, int(bound.timestamp() * 1_000)))
    # Where nothing is as late, the broker says nothing; the embedded one says offset 0 without a time.
    return {one: ends[one] if (at := found.get(one)) is None or at.timestamp < 0 else at.offset for one in default}


def _true_ends(consumer: KafkaConsumer, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
    """The offset after the last record; the embedded broker names an earlier one until a partition is fetched (see `handlers.history`)."""
    listed, begins = consumer.end_offsets(partitions), consumer.beginning_offsets(partitions)
    waiting = {one for one in partitions if listed[one] > begins[one]}
    if not waiting:
        return dict(listed)
    consumer.assign(list(waiting))
    for one in waiting:
        consumer.seek(one, listed[one] - 1)
    for _ in range(POLLS):
        consumer.poll(timeout_ms=WAIT_MS)
        if all(consumer.highwater(one) is not None for one in waiting):
            break
    return {one: max(listed[one], consumer.highwater(one) or 0) if one in waiting else listed[one] for one in partitions}
