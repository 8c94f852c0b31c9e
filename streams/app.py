"""The detector's wiring: Faust gives membership, assignment and batches; the partitions do the rest."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from typing import Any, cast

import structlog
from faust.app.base import BootStrategy
from faust.types import TP

from schemas.settings import Settings
from schemas.topics import MOVEMENTS
from streams.assignor import bound
from streams.clock import Clock
from streams.feed_gap import quiet_seconds
from streams.lag import Lag
from streams.metrics import Metrics
from streams.money import Rates
from streams.partition import Partition
from streams.pricing import PriceFeed
from streams.publisher import Ordered, Publisher, Transactional
from streams.ruling import RuleFeed
from streams.session import Context
from streams.standby import Standbys
from streams.timeline import RuleBooks
from streams.transport import BatchConsumer, BatchTransport, Detecting
from streams.watchdog import LastResort, StalledError, Watchdog
from streams.windows import Calendar
from streams.world import World

log = structlog.get_logger(__name__)

STOP_SECONDS = 7.5
"""So long the worker may take to stop."""
FINISH_SECONDS = 4.0
"""So long of it a batch may take to be written; then it is broken off."""
LET_GO_SECONDS = 30.0
"""So long a batch may take to be written where the group wants the partition: it waits for a minute."""


class _Boot(BootStrategy):
    """Faust without its producer and its web server: ours write, and the door is ours."""

    enable_kafka_producer = False
    enable_web = False


class _App(Detecting):
    BootStrategy = _Boot


class Detector:
    """One worker of the detector."""

    def __init__(self, settings: Settings, metrics: Metrics | None = None) -> None:
        bank, detector = settings.bank, settings.detector
        self.settings = settings
        self.metrics = metrics or Metrics()
        self.fault: BaseException | None = None
        self._partitions: dict[int, Partition] = {}
        self._assigned = False
        self._ended = asyncio.Event()
        books = RuleBooks.of(settings)
        # The hook: a World of `books`, which deciding asks for `books.at(clock)`, lets versions of wealth.rules take effect.
        world = World(books, Rates(bank.base_currency), Calendar(bank.time_zone), detector.history_days, detector.remembered_events)
        self._prices = PriceFeed(settings, world.rates)
        self._rules = RuleFeed(settings, books, self.metrics)
        self._standbys = Standbys(settings, self.metrics)
        self._context = Context(settings, world, self.metrics, self._publisher, self._standbys)
        self._topic = settings.kafka.topic(MOVEMENTS)
        self._folder = tempfile.TemporaryDirectory(prefix="wealthwatch-")
        self.app = self._make_app()
        self._lag = Lag(settings, self.metrics, lambda: list(self._partitions.values()), lambda: cast("BatchConsumer", self.app.consumer))

    def _make_app(self) -> _App:
        detector, kafka = self.settings.detector, self.settings.kafka
        app = _App(
            detector.application_id,
            broker=f"kafka://{kafka.bootstrap_servers.replace(',', ';kafka://')}",
            broker_session_timeout=detector.session_timeout_s,
            broker_heartbeat_interval=detector.heartbeat_interval_s,
            datadir=self._folder.name,
            stream_buffer_maxsize=4,
            stream_wait_empty=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            value_serializer="raw",
            web_enabled=False,
        )
        app.wealthwatch = self.settings
        app.sharing_out = bound(self._standbys.held, detector.standby_replicas)
        app.transport = BatchTransport(list(app.conf.broker_consumer), app, loop=app.loop)
        # acks: Faust would keep an interval tree of offset gaps; where a partition has come to is in our changelog.
        movements = app.topic(self._topic, key_serializer="raw", value_type=bytes, value_serializer="raw", acks=False)

        @app.agent(movements, concurrency=1)
        async def take(stream: Any) -> None:
            async for event in stream.noack().events():
                partition = self._partitions.get(event.message.partition)
                # A fetch for a partition that has gone, or whose worker was fenced, is the new owner's to read.
                if partition is not None:
                    await partition.put(event.message.value)

        app.on_partitions_revoked.connect(cast("Any", self._on_revoked))
        app.on_partitions_assigned.connect(cast("Any", self._on_assigned))
        return app

    def _publisher(self, number: int) -> Publisher:
        if self.settings.detector.processing_guarantee == "exactly_once":
            return Transactional(self.settings, number)
        return Ordered(self.settings, number, self._commit)

    async def _commit(self, number: int, offset: int) -> None:
        """Let the group's offset follow (at least once; a transaction carries it otherwise)."""
        consumer = cast("Any", self.app.consumer)
        await consumer._commit({TP(self._topic, number): offset})  # noqa: SLF001 - Faust's public commit knows only its own acks

    async def _on_revoked(self, _: Any, revoked: set[TP], **__: Any) -> None:
        gone = [self._partitions.pop(tp.partition) for tp in revoked if tp.topic == self._topic and tp.partition in self._partitions]
        await asyncio.gather(*(partition.close(LET_GO_SECONDS) for partition in gone))
        log.info("revoked", partitions=sorted(partition.number for partition in gone))

    async def _on_assigned(self, _: Any, assigned: set[TP], **__: Any) -> None:
        mine = {tp.partition for tp in assigned if tp.topic == self._topic}
        await self._standbys.share(mine, self.app.sharing_out.standby_of)
        for number in mine - self._partitions.keys():
            self._partitions[number] = Partition(number, self._context, self._fail, self._rules.current)
        self._assigned = True
        log.info("assigned", partitions=sorted(mine))

    def _fail(self, fault: BaseException) -> None:
        self.fault = self.fault or fault
        self._ended.set()

    def alive(self) -> str | None:
        """None while the worker does its work, or may yet; else, in a few words, what is wrong, and then it is about to end by itself."""
        return None if self.fault is None else f"failed: {self.fault}"

    def ready(self) -> str | None:
        """None when partitions are assigned and recovered; else what is awaited."""
        if not self._assigned:
            return "no partitions assigned yet"
        opening = sorted(p.number for p in self._partitions.values() if not p.ready)
        return f"recovering partitions {opening}" if opening else None

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT, finish the batch, and leave the group, within `STOP_SECONDS`, whatever it waits for.

        Raises:
            BaseException: the fault of ours that ended the worker.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)
        resort = LastResort(STOP_SECONDS, lambda: 0 if self.fault is None else 1)

        def stalled(error: StalledError) -> None:  # by the watchdog's thread: the loop may never have its turn again
            self.fault = self.fault or error
            resort.arm()
            loop.call_soon_threadsafe(self._ended.set)

        watchdog = Watchdog(self.settings.detector.patience_s, self._lag.sights, stalled)
        work = [self._ended.wait(), self._work(), self._lag.watch(watchdog.waited), self._lag.ask()]
        tasks = [asyncio.create_task(part) for part in work]
        watchdog.start()
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self.fault = self.fault or task.exception()
            self.fault = self.fault or self.app.crash_reason
        finally:
            resort.arm()
            watchdog.stop()
            await self._shut(tasks)
        if self.fault is not None:
            raise self.fault

    async def _work(self) -> None:
        """Start all that reads and decides; it goes on until one of its parts ends, which only a fault makes it do."""
        parts: list[asyncio.Task[Any]] = []
        try:
            await self._prices.start()
            await self._rules.start()
            await self._standbys.start()
            parts += [asyncio.create_task(self._prices.follow()), asyncio.create_task(self._standbys.watch())]
            parts += [asyncio.create_task(self._rules.follow()), asyncio.create_task(self._rules.watch())]
            if self.settings.detector.tick_by_the_clock:
                parts.append(asyncio.create_task(Clock(self.settings, self._positions).run()))
                parts.append(asyncio.create_task(self._watch_feeds()))
            await self.app.start()
            parts.append(asyncio.create_task(self.app.wait_until_stopped()))
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in parts:
                task.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    def _positions(self) -> dict[int, int]:
        return {number: partition.position for number, partition in self._partitions.items() if partition.ready}

    async def _watch_feeds(self) -> None:
        feeds, bank, metrics = self.settings.detector.feeds, self.settings.bank, self.metrics
        for source, feed in feeds.items():
            metrics.watch_feed(source, int(time.time()), feed.gap_minutes)  # noqa: TID251 - how long nothing came is the wall clock's
        while True:
            for source, feed in feeds.items():
                metrics.feed_quiet.labels(source).set(quiet_seconds(metrics.reached(source), int(time.time()), feed, bank))  # noqa: TID251
            await asyncio.sleep(5)

    async def _shut(self, tasks: list[asyncio.Task[Any]]) -> None:
        self._folder.cleanup()
        partitions = list(self._partitions.values())
        self._partitions.clear()
        await asyncio.gather(*(partition.close(FINISH_SECONDS) for partition in partitions))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.app.stop()
        await self._prices.stop()
        await self._rules.stop()
        await self._standbys.stop()
