"""What is seen of a scenario from outside: how far the partitions have come, what the workers count, and how long nothing was decided."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPException
from types import TracebackType
from typing import NamedTuple, Self
from urllib.request import urlopen

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError

from schemas.settings import Settings
from schemas.topics import STATES
from streams.changelog import POSITIONS_KEY, Positions, decode_positions
from tests.brokers.records import Stored

EVERY_S = 0.5


class Commit(NamedTuple):
    """One record of source positions.

    Args:
        at: when it was written, in seconds.
        reached: the next movement to decide.
        offset: of the record, in the changelog.
    """

    at: float
    reached: int
    offset: int


class Watch:
    """Follows the changelog while a scenario runs, and asks the workers' doors what they have counted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.reached: dict[int, Positions] = {}
        self.moved_at = time.monotonic()
        """When something was last decided."""
        self.doors: set[int] = set()
        self.peak_mib = 0.0
        self._counted: dict[int, dict[str, float]] = {}
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._follow, self._ask)]

    @property
    def decided(self) -> int:
        """Movements that are decided and committed."""
        return sum(positions.movements for positions in self.reached.values())

    def counted(self, name: str) -> int:
        """A counter, over all workers that there were; what one counted just before it was killed is not in it."""
        return int(sum(values.get(name, 0.0) for values in self._counted.values()))

    def _follow(self) -> None:
        topic = self._settings.kafka.topic(STATES)
        consumer = KafkaConsumer(
            **self._settings.kafka.client(), group_id=None, isolation_level="read_committed", max_partition_fetch_bytes=16 << 20
        )
        try:
            partitions = [TopicPartition(topic, number) for number in range(self._settings.kafka.partitions)]
            consumer.assign(partitions)
            consumer.seek_to_beginning()
            while not self._stopping.is_set():
                with suppress(KafkaError):
                    for records in consumer.poll(100).values():
                        self._take(records)
        finally:
            consumer.close()

    def _take(self, records: Iterable[ConsumerRecord]) -> None:
        for record in records:
            if record.key == POSITIONS_KEY:
                positions = decode_positions(record.value)
                if positions != self.reached.get(record.partition):
                    self.moved_at = time.monotonic()
                self.reached[record.partition] = positions

    def _ask(self) -> None:
        while not self._stopping.wait(EVERY_S):
            for port in list(self.doors):
                # A worker that is killed while it answers leaves half of an answer.
                with suppress(OSError, HTTPException), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as answer:
                    self._counted[port] = figures(answer.read().decode())

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()


def figures(page: str) -> dict[str, float]:
    """The samples of a page of metrics: by name the sum over all labels, and movements also by result."""
    found: defaultdict[str, float] = defaultdict(float)
    for line in page.splitlines():
        if line.startswith("wealthwatch_"):
            series, _, value = line.rpartition(" ")
            found[series.partition("{")[0]] += float(value)
            if series.startswith("wealthwatch_movements_total{") and 'result="duplicate"' in series:
                found["duplicates"] += float(value)
    return found


def longest_pause(commits: Mapping[int, Sequence[Commit]], appended: Mapping[int, Sequence[float]]) -> float:
    """The longest time, in seconds, in which a partition decided nothing although a movement of it waited.

    Args:
        commits: of each partition, in their order.
        appended: of each partition, when each of its movements was appended; the movement's offset is its place.
    """
    longest = 0.0
    for partition, at in appended.items():
        since, position = 0.0, 0
        for commit in commits.get(partition, ()):
            if position < len(at):
                longest = max(longest, commit.at - max(since, at[position]))
            since, position = commit.at, commit.reached
    return longest


def replayed(committed: Mapping[int, Sequence[Commit]], tried: Mapping[int, Sequence[Commit]]) -> int:
    """Movements that were decided in transactions that never took effect, and so again.

    Args:
        committed: the commits of each partition that took effect.
        tried: all of them in their order, those of aborted transactions included.
    """
    count = 0
    for partition, every in tried.items():
        good, reached = {commit.offset for commit in committed.get(partition, ())}, 0
        for commit in every:
            if commit.offset in good:
                reached = commit.reached
            else:
                count += max(0, commit.reached - reached)
    return count


def commit_of(record: Stored) -> Commit:
    """What a record of source positions says."""
    return Commit(record.timestamp / 1_000, decode_positions(record.value).movements, record.offset)


def by_partition(records: Iterable[Stored]) -> dict[int, list[Commit]]:
    """All records of source positions among those of the changelog."""
    found: defaultdict[int, list[Commit]] = defaultdict(list)
    for record in records:
        if record.key == POSITIONS_KEY:
            found[record.partition].append(commit_of(record))
    return found
