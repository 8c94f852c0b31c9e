"""Detector workers as processes, and what they leave on the topics."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from kafka.admin import KafkaAdminClient

from handlers import topics
from schemas.notifications import Notification
from schemas.positions import Position
from schemas.settings import Settings
from schemas.topics import MOVEMENTS, NOTIFICATIONS, POSITIONS, STATES
from streams.changelog import POSITIONS_KEY, decode_positions
from tests.brokers.processes import program_pid
from tests.brokers.records import await_records, read_all
from tests.patience import PATIENCE_S
from wealthwatch.configuration import environment_of
from wealthwatch.replaying.hours import full_hour_after
from wealthwatch.supervisor import Child


class Workers:
    """Workers of one test; `start` makes another. None is left behind."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self.all: list[Child] = []
        self._killed: list[Child] = []

    def start(self, **environment: str) -> Child:
        """One more worker."""
        return self.start_service("detector", **environment)

    def start_service(self, service: str, through: Sequence[str] = (), **environment: str) -> Child:
        """One more process of a service, such as a notifier beside the workers; `through` is a program that becomes it."""
        name = f"{service}-{len(self.all)}"
        command = [*through, sys.executable, "-m", "wealthwatch", service]
        child = Child(name, command, self._folder / f"{name}.log", {**environment_of(self._settings), **environment})
        self.all.append(child)
        return child

    def log(self, child: Child) -> str:
        """All that a worker has logged."""
        return (self._folder / f"{child.name}.log").read_text()

    def await_log(self, child: Child, words: str, *, within_s: float = PATIENCE_S) -> None:
        """Wait until a worker has logged these words."""
        deadline = time.monotonic() + within_s
        while words not in self.log(child):
            assert time.monotonic() < deadline, f"{child.name} has not logged {words!r} within {within_s} s:\n{child.last_words()}"
            time.sleep(0.05)

    def trouble(self) -> str | None:
        """The last words of a worker that died of itself."""
        return next((child.last_words() for child in self.all if child.exit_code is not None and child not in self._killed), None)

    def stop(self, child: Child) -> None:
        """Ask a worker to finish its batch and leave."""
        self._killed.append(child)
        assert child.stop() == 0, child.last_words()

    def kill(self, child: Child) -> None:
        """`kill -9` a worker, which has no time to say good-bye."""
        self._killed.append(child)
        os.kill(program_pid(child), signal.SIGKILL)
        child.kill()

    def await_decided(self, *, positions: int | None = None, within_s: float = PATIENCE_S) -> None:
        """Wait until every movement that is on the topic now (or so many) has been decided and committed."""
        ends = end_offsets(self._settings)
        wanted = sum(ends.values()) if positions is None else positions

        def enough(records: list) -> bool:
            reached = {record.partition: decode_positions(record.value).movements for record in records}
            return sum(reached.values()) >= wanted

        await_records(self._settings, STATES, enough, only=POSITIONS_KEY, within_s=within_s, until=self.trouble)

    def await_ticks(self, count: int, *, within_s: float = PATIENCE_S) -> None:
        """Wait until so many ticks, over all partitions, have been decided."""

        def enough(records: list) -> bool:
            reached = {record.partition: decode_positions(record.value).ticks for record in records}
            return sum(reached.values()) >= count

        await_records(self._settings, STATES, enough, only=POSITIONS_KEY, within_s=within_s, until=self.trouble)

    def await_households(self, hour: datetime, *, within_s: float = PATIENCE_S) -> None:
        """Wait until the households of every partition are decided up to an hour."""
        wanted, partitions = int(hour.timestamp()), self._settings.kafka.partitions

        def enough(records: list) -> bool:
            reached = {record.partition: decode_positions(record.value).hour for record in records}
            return sum(at >= wanted for at in reached.values()) == partitions

        await_records(self._settings, STATES, enough, only=POSITIONS_KEY, within_s=within_s, until=self.trouble)

    def await_allocations(self, *, within_s: float = PATIENCE_S) -> dict[str, Position]:
        """Wait until all that is on the topic now is decided and its allocations published, and return the newest of each customer."""
        wanted = sum(end_offsets(self._settings).values())

        def enough(records: list) -> bool:
            last = {record.partition: decode_positions(record.value) for record in records}
            return sum(one.movements for one in last.values()) >= wanted and all(one.published for one in last.values())

        await_records(self._settings, STATES, enough, only=POSITIONS_KEY, within_s=within_s, until=self.trouble)
        return {p.customer_id: p for p in (Position.model_validate_json(r.value) for r in read_all(self._settings, POSITIONS))}


def freeze(child: Child) -> None:
    """Stop a worker's process where it stands."""
    os.kill(program_pid(child), signal.SIGSTOP)


def thaw(child: Child) -> None:
    """Let it go on."""
    os.kill(program_pid(child), signal.SIGCONT)


def await_leaders(settings: Settings) -> None:
    """Wait until a broker that was away leads its partitions again: it answers before it does."""
    with closing(KafkaAdminClient(**settings.kafka.client())) as admin:
        while not all(place["leader_id"] >= 0 for topic in admin.describe_topics() for place in topic["partitions"]):
            time.sleep(0.1)


@contextmanager
def workers(settings: Settings, folder: Path) -> Iterator[Workers]:
    """Workers of one test, all ended at its end."""
    folder.mkdir(exist_ok=True)
    group = Workers(settings, folder)
    try:
        yield group
    finally:
        for child in group.all:
            child.kill()


def last_hour(feed: Path, settings: Settings) -> datetime:
    """The full hour after the last movement of a file, up to which a replay of it lets time pass."""
    last = max(datetime.fromisoformat(json.loads(line)["occurred_at"]) for line in feed.read_bytes().splitlines())
    return full_hour_after(last.astimezone(ZoneInfo(settings.bank.time_zone)))


def end_offsets(settings: Settings) -> dict[int, int]:
    """The offset after the last movement of each partition; by reading, since the embedded broker says another end than it has."""
    return {record.partition: record.offset + 1 for record in read_all(settings, MOVEMENTS)}


def final_states(settings: Settings) -> dict[bytes, bytes]:
    """The newest record of each key of the changelog but the positions: customers as bytes, byte for byte comparable."""
    newest = {record.key: record.value for record in read_all(settings, STATES)}
    newest.pop(POSITIONS_KEY, None)
    return newest


def notifications(settings: Settings) -> list[Notification]:
    """Every committed notification message, as it stands on the topic."""
    return [Notification.model_validate_json(record.value) for record in read_all(settings, NOTIFICATIONS)]


def balances(allocations: dict[str, Position]) -> dict[str, Decimal]:
    """Balance by account."""
    return {account.account_id: account.balance for position in allocations.values() for account in position.accounts}


def on_other_topics(settings: Settings, prefix: str) -> Settings:
    """The same settings for topics and a group of their own."""
    kafka = settings.kafka.model_copy(update={"topic_prefix": prefix + settings.kafka.topic_prefix})
    detector = settings.detector.model_copy(update={"application_id": prefix + settings.detector.application_id})
    other = settings.model_copy(update={"kafka": kafka, "detector": detector})
    topics.create(other.kafka)
    return other
