"""The demo: a made-up bank, a broker, the three services, and a manager who can log in."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from handlers import topics
from handlers.feeds import load
from handlers.inbox.database import Database
from handlers.inbox.users import create_login
from schemas.managers import Manager
from schemas.settings import Door, Log, Settings
from wealthwatch.broker import embedded_broker, free_port
from wealthwatch.refusal import Refusal
from wealthwatch.replaying import Pace, Progress, Replay, Summary, publish
from wealthwatch.services import Services
from wealthwatch.simulation import Plan, write
from wealthwatch.simulation.sample import CHINA, beside
from wealthwatch.tally import Tally

PARTITIONS = 4
Show = Callable[[str, int, int], None]
"""Told which step is under way, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Args:
        plan: the bank.
        live_days: the last days of it, that pass slowly; 0 replays all at once.
        pace: seconds of event time in one second of those days.
        port: the inbox's; 0 takes a free one.
        folder: takes the sample, the inbox's database and the logs.
    """

    plan: Plan
    live_days: int
    pace: float
    port: int
    folder: Path

    @property
    def live_from(self) -> datetime:
        """When the slow days begin."""
        day: date = self.plan.start + timedelta(days=self.plan.days - self.live_days)
        return datetime(day.year, day.month, day.day, tzinfo=CHINA)


@dataclass(frozen=True, slots=True)
class Access:
    """Where to look, and as whom."""

    address: str
    username: str
    password: str
    manager: str
    notifications: int


class Demonstration:
    """A demo that runs; made by `running`."""

    def __init__(self, wish: Wish, settings: Settings, services: Services, sample: Path, tally: Tally, show: Show, before: int) -> None:
        self.settings = settings
        self.services = services
        self.tally = tally
        self._wish = wish
        self._sample = sample
        self._show = show
        self._before = before
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1, "replay")
        self._publishing: Future[Summary]
        self.at: datetime | None = None
        self.seconds = 0.0

    def catch_up(self) -> None:
        """Publish all days but the slow ones, and return once they are decided and told."""
        begun = time.monotonic()
        pace = Pace(speed=self._wish.pace, from_event=self._wish.live_from) if self._wish.live_days else Pace()
        replay = Replay(feed=load("jsonl"), path=self._sample, pace=pace)
        self._publishing = self._pool.submit(publish, self.settings, replay, self._sent, self._stop.is_set)
        while self.tally.movements < self._before or not self._ticked():
            self.follow()
            self.seconds = time.monotonic() - begun
        while self.tally.told < self.tally.messages:
            self.follow()

    def follow(self) -> None:
        """Take in what has happened within the next moment.

        Raises:
            Refusal: a service has ended.
        """
        self.tally.follow(100)
        self.services.check()
        if self._publishing.done():
            self._publishing.result()
        self._show("decided", min(self.tally.movements, self._before), self._before)
        self._show("told", self.tally.told, self.tally.messages)

    @property
    def over(self) -> bool:
        """Whether the sample has come to its end."""
        return self._publishing.done()

    def access(self) -> Access:
        """Make a login for the manager who has most to read."""
        (manager_id, notifications), *_ = self.tally.by_manager.most_common(1) or [("", 0)]
        if not manager_id:
            raise Refusal("this sample moves nobody", "give it more customers or days, such as --customers 500 --days 90")
        database = Database(self.settings.inbox.database_url)
        try:
            password = create_login(database, manager_id, manager_id.lower())
        finally:
            database.close()
        address = f"http://{self.settings.inbox.host}:{self.settings.inbox.port}"
        return Access(address, manager_id.lower(), password, _names(self._sample)[manager_id], notifications)

    def summary(self) -> dict[str, Any]:
        """What came of it, to compare and to keep."""
        return {
            "movements": self.tally.movements,
            "dead_letters": self.tally.dead_letters,
            "notifications": {
                "total": self.tally.notifications,
                "by_rule": dict(sorted(self.tally.by_rule.items())),
                "by_severity": dict(sorted(self.tally.by_severity.items())),
            },
            "seconds": round(self.seconds, 3),
            "movements_per_second": round(self.tally.movements / self.seconds),
        }

    def end(self) -> None:
        """Stop publishing."""
        self._stop.set()
        self._pool.shutdown()

    def _ticked(self) -> bool:
        """Without slow days the last tick, and what it says of households, belong to what is caught up with."""
        if self._wish.live_days:
            return True
        return self._publishing.done() and self.tally.ticks >= self._publishing.result().ticks and self.tally.together

    def _sent(self, far: Progress) -> None:
        self.at = far.at
        self._show("published", min(far.movements, self._before), self._before)


@contextmanager
def running(wish: Wish, base: Settings, show: Show) -> Iterator[Demonstration]:
    """Make the bank, start everything, and stop everything at the end.

    Args:
        wish: what is asked for.
        base: the bank's, the rules' and the log's settings.
        show: told how far it is.

    Raises:
        Refusal: a port is in use, a folder cannot be written, there is no broker for this platform, or a service ended.
    """
    port = _available(base.inbox.host, wish.port)
    with embedded_broker(wish.folder) as bootstrap:
        settings = settings_of_demo(base, bootstrap, wish.folder, port)
        topics.create(settings.kafka)
        with Services(settings, wish.folder) as services:
            sample, before = _simulate(wish, show)
            show("ready", 0, 1)
            services.await_ready()
            show("ready", 1, 1)
            with Tally(settings.kafka) as tally:
                demonstration = Demonstration(wish, settings, services, sample, tally, show, before)
                try:
                    yield demonstration
                finally:
                    demonstration.end()


def settings_of_demo(base: Settings, bootstrap: str, folder: Path, port: int) -> Settings:
    """The settings of all services of a demo: a broker without transactions, one worker each, and a past that is replayed."""
    group = {"session_timeout_s": 6.0, "heartbeat_interval_s": 2.0}
    changes: dict[str, dict[str, Any]] = {
        "kafka": {"bootstrap_servers": bootstrap, "security_protocol": "PLAINTEXT", "partitions": PARTITIONS, "replication_factor": 1},
        "detector": {"processing_guarantee": "at_least_once", "tick_by_the_clock": False, **group, "door": Door(port=free_port())},
        "notifier": {**group, "door": Door(port=free_port())},
        "inbox": {"port": port, "database_url": f"sqlite:///{folder / 'inbox.sqlite'}", "door": Door(port=free_port())},
    }
    sections = {name: getattr(base, name).model_copy(update=change) for name, change in changes.items()}
    return base.model_copy(update={**sections, "log": Log(level=base.log.level, format="console")})


def _available(host: str, port: int) -> int:
    """The port itself, or a free one for 0."""
    try:
        with socket.create_server((host, port)) as server:
            return int(server.getsockname()[1])
    except OSError as error:
        what = f"the inbox cannot open at {host}:{port} ({(error.strerror or str(error)).lower()})"
        raise Refusal(what, "give another port, such as --port 8081, or --port 0 for a free one") from None


def _simulate(wish: Wish, show: Show) -> tuple[Path, int]:
    """Write the sample; returns it, and how many of its movements come before the slow days."""
    sample, fast = wish.folder / "sample.jsonl", wish.plan.days - wish.live_days
    before = 0

    def day_done(day: int, movements: int) -> None:
        nonlocal before
        before = movements if day <= fast else before
        show("simulated", day, wish.plan.days)

    write(wish.plan, sample, day_done)
    return sample, before


def _names(sample: Path) -> dict[str, str]:
    lines = beside(sample, "managers.jsonl").read_text(encoding="utf-8").splitlines()
    return {manager.manager_id: manager.name for manager in (Manager.model_validate(json.loads(line)) for line in lines)}
