"""The replay itself: customers, managers and prices first, then the movements, and a tick whenever a date has passed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaProducer

from schemas import topics
from schemas.message import cloud_event
from schemas.settings import Settings
from schemas.ticks import Tick
from wealthwatch.replaying.hours import Midnights, full_hour_after
from wealthwatch.replaying.pace import Pacer
from wealthwatch.replaying.profiles import Profiles, send_profiles
from wealthwatch.replaying.records import renderer
from wealthwatch.replaying.replay import Progress, Replay, Summary
from wealthwatch.replaying.resume import ResumePoint, size_of
from wealthwatch.replaying.window import Window

BATCH_BYTES = 512 * 1_024
SAY_EVERY_S = 0.1
KEEP_EVERY_S = 1.0
SHORTEST_NAP_S, LONGEST_NAP_S = 0.005, 0.1
LANDING_S = 5.0
SOURCE = "/wealthwatch/replay"


def publish(
    settings: Settings,
    replay: Replay,
    progress: Callable[[Progress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Summary:
    """Publish a feed and return when all of it is acknowledged, or when `stopped` says so.

    A replay that ends before its feed does, for whatever reason (Ctrl-C, a broker that went away), leaves a resume point.

    Raises:
        aiokafka.errors.KafkaError: the broker does not answer or refuses.
        KeyboardInterrupt: Ctrl-C.
    """
    return asyncio.run(_Publishing(settings, replay, progress, stopped).run())


class _Publishing:
    def __init__(self, settings: Settings, replay: Replay, progress: Callable[[Progress], None], stopped: Callable[[], bool]) -> None:
        self._settings = settings
        self._kafka = settings.kafka
        self._replay = replay
        self._progress = progress
        self._stopped = stopped
        self._pacer = Pacer(replay.pace)
        self._skip = replay.resume.movements if replay.resume else 0
        self._midnights = Midnights(ZoneInfo(settings.bank.time_zone), replay.resume.last_at if replay.resume else None)
        self._first: datetime | None = None
        self._ticks = 0
        self._begun = self._said = self._kept = time.monotonic()
        self._producer: AIOKafkaProducer
        self._window: Window

    async def run(self) -> Summary:
        options = {"acks": "all", "max_batch_size": BATCH_BYTES, "max_request_size": topics.LARGEST}
        self._producer = AIOKafkaProducer(**self._kafka.client(), **options)
        try:
            await self._producer.start()
            return await self._publish()
        finally:
            await self._producer.stop()

    async def _publish(self) -> Summary:
        sent = await send_profiles(self._producer, self._settings, self._replay.feed, self._replay.path)
        topic = self._kafka.topic(topics.MOVEMENTS)
        self._window = Window(self._producer, topic, await self._producer.partitions_for(topic), self._skip)
        if self._replay.resume:
            self._window.offsets.update(self._replay.resume.offsets)
        self._begun = time.monotonic()
        try:
            finished = await self._movements()
        except BaseException:
            await self._window.land(LANDING_S)
            self._keep()
            raise
        if finished:
            self._forget()
        else:
            self._keep()
        return self._summary(sent, finished)

    async def _movements(self) -> bool:
        """Publish until the feed ends (True) or somebody says stop (False)."""
        window = self._window
        render = renderer(without_balance_after=self._replay.without_balance_after)
        for item in islice(self._replay.feed.movements(self._replay.path), self._skip, None):
            record = render(item)
            if not await self._due(record.at):
                await window.settle()
                return False
            if record.at is not None:
                for midnight in self._midnights.passed(record.at):
                    await self._pass(midnight)
                self._first = self._first or record.at
            await window.put(record)
            if window.next % 64 == 0:
                self._say()
        await window.settle()
        if self._midnights.latest is not None:
            await self._pass(full_hour_after(self._midnights.latest))
        self._progress(self._how_far())
        return True

    async def _due(self, at: datetime | None) -> bool:
        """Wait until it is time for the next movement; False when the replay shall stop instead."""
        wait = self._pacer.wait(at)
        if wait <= SHORTEST_NAP_S:
            return self._window.next % 256 != 0 or not self._stopped()
        await self._window.push()
        end = time.monotonic() + wait
        while (left := end - time.monotonic()) > 0:
            self._say()
            if self._stopped():
                return False
            await asyncio.sleep(min(left, LONGEST_NAP_S))
        return True

    async def _pass(self, at: datetime) -> None:
        """Let an hour pass in every partition, once all movements before it are acknowledged."""
        if not self._replay.ticks:
            return
        await self._window.settle()
        topic = self._kafka.topic(topics.TICKS)
        answers = []
        for partition in self._window.partitions:
            tick = Tick(at=at, after_offset=self._window.offsets.get(partition, -1))
            headers = cloud_event("tick", f"{partition}-{at.isoformat()}", SOURCE, at)
            value, key = tick.model_dump_json().encode(), str(partition).encode()
            answers.append(await self._producer.send(topic, value, key=key, partition=partition, headers=headers))
        await asyncio.gather(*answers)
        self._ticks += len(answers)

    def _say(self) -> None:
        now = time.monotonic()
        if now - self._said >= SAY_EVERY_S:
            self._said = now
            self._progress(self._how_far())
        if now - self._kept >= KEEP_EVERY_S:
            self._kept = now
            self._keep()

    def _how_far(self) -> Progress:
        return Progress(self._window.next, time.monotonic() - self._begun, self._midnights.latest)

    def _keep(self) -> None:
        if self._replay.resume_file is not None:
            window = self._window
            point = ResumePoint(
                window.acknowledged,
                size_of(self._replay.path),
                self._kafka.topic(topics.MOVEMENTS),
                dict(window.offsets),
                self._midnights.latest,
            )
            point.write(self._replay.resume_file)

    def _forget(self) -> None:
        if self._replay.resume_file is not None:
            self._replay.resume_file.unlink(missing_ok=True)

    def _summary(self, sent: Profiles, finished: bool) -> Summary:
        movements, seconds = self._window.next - self._skip, time.monotonic() - self._begun
        return Summary(
            movements=movements,
            seconds=round(seconds, 3),
            movements_per_second=round(movements / max(seconds, 1e-6)),
            customers=sent.customers,
            managers=sent.managers,
            prices=sent.prices,
            ticks=self._ticks,
            resumed_from=self._skip,
            first_event=self._first,
            last_event=self._midnights.latest,
            stopped=not finished,
        )
