"""The follower of `wealth.rules` on a real broker: all that is there at the start, then what comes, and waiting when it may be behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.rules import RuleFault, RuleSettings
from schemas.settings import Settings
from schemas.topics import RULES
from streams.metrics import Metrics
from streams.ruling import RuleFeed
from streams.timeline import RuleBooks
from tests.brokers.records import produce
from tests.patience import PATIENCE_S

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)
AT = int(NOON.timestamp())


def record(number: int = 2, rule: str = "large_inflow", **fields: Any) -> tuple[str, bytes]:
    one = RuleSettings.model_validate({"rule": rule, "version": number, "active_since": NOON, **fields})
    return one.key, one.model_dump_json(exclude_none=True).encode()


class Worker:
    """A feed with its books and figures."""

    def __init__(self, settings: Settings) -> None:
        self.books, self.metrics = RuleBooks.of(settings), Metrics()
        self.feed = RuleFeed(settings, self.books, self.metrics)

    def figure(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)

    def version(self, when: int = AT, rule: str = "large_inflow") -> int:
        return self.books.at(when).settings[rule].version

    async def until(self, number: int) -> None:
        async with asyncio.timeout(30):
            while self.books.history("large_inflow")[-1].version != number:  # noqa: ASYNC110 - the books tell nobody
                await asyncio.sleep(0.02)


@asynccontextmanager
async def following(settings: Settings) -> AsyncIterator[Worker]:
    worker = Worker(settings)
    await worker.feed.start()
    tasks = [asyncio.create_task(worker.feed.follow()), asyncio.create_task(worker.feed.watch())]
    try:
        yield worker
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        await worker.feed.stop()


def publish(settings: Settings, *records: tuple[str, bytes | None]) -> None:
    for one in records:
        produce(settings, RULES, [one])


async def test_all_that_is_there_is_known_once_it_has_started(settings: Settings) -> None:
    await asyncio.to_thread(publish, settings, record(2), record(3), record(2, "tier_up", mode="test"))
    async with following(settings) as worker:
        assert (worker.version(AT - 1), worker.version(), worker.version(rule="tier_up")) == (1, 3, 2)
        assert worker.figure("wealthwatch_rule_version", rule="large_inflow") == 3
        assert worker.figure("wealthwatch_rule_version", rule="large_outflow") == 1
        await worker.feed.current()


async def test_what_comes_is_followed_and_is_the_same_for_every_worker(settings: Settings) -> None:
    async with following(settings) as one, following(settings) as other:
        await asyncio.to_thread(publish, settings, record(2), record(3, parameters={"pct": "0.5"}))
        await one.until(3)
        await other.until(3)
        await asyncio.to_thread(publish, settings, ("large_inflow@3", None))
        await one.until(2)
        await other.until(2)
        assert one.books.at(AT).settings == other.books.at(AT).settings
        assert one.figure("wealthwatch_rule_version", rule="large_inflow") == 2
        assert one.figure("wealthwatch_rule_versions_late_total", rule="large_inflow") == 0


async def test_what_is_no_version_is_refused_counted_and_harmless(settings: Settings) -> None:
    bad: list[tuple[str, bytes | None]] = [
        ("large_inflow@2", b"{ not json"),
        record(2, "large_infow"),
        ("large_inflow@7", record(2)[1]),
        record(3, parameters={"pctt": 1}),
        record(1),
    ]
    async with following(settings) as worker:
        await asyncio.to_thread(publish, settings, *bad, record(4))
        await worker.until(4)
        assert (worker.version(AT - 1), worker.version()) == (1, 4)
        for fault in (RuleFault.UNREADABLE, RuleFault.UNKNOWN_RULE, RuleFault.WRONG_KEY, RuleFault.WRONG_SETTING, RuleFault.STALE):
            assert worker.figure("wealthwatch_rule_versions_refused_total", fault=fault) == 1
    async with following(settings) as restarted:
        assert restarted.books.at(AT).settings == worker.books.at(AT).settings


async def test_a_version_that_comes_after_its_start_was_decided_is_counted_and_holds_from_then_on(settings: Settings) -> None:
    async with following(settings) as worker:
        assert worker.version(AT) == 1
        await asyncio.to_thread(publish, settings, record(2))
        await worker.until(2)
        assert worker.version(AT) == 2
        assert worker.figure("wealthwatch_rule_versions_late_total", rule="large_inflow") == 1


async def test_a_worker_that_may_be_behind_waits_until_it_has_asked_again(settings: Settings) -> None:
    """As one does that was frozen: the knowledge has grown old, and nothing says that it is complete."""
    worker = Worker(settings)
    await worker.feed.start()
    worker.feed._known_at = time.monotonic() - settings.detector.rule_lead_s / 2
    waiting = asyncio.create_task(worker.feed.current())
    tasks = [asyncio.create_task(worker.feed.follow())]
    try:
        await asyncio.to_thread(publish, settings, record(2))
        await worker.until(2)
        assert not waiting.done()
        tasks.append(asyncio.create_task(worker.feed.watch()))
        await asyncio.wait_for(waiting, PATIENCE_S)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await worker.feed.stop()


async def test_waiting_has_an_end(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.ruling.WAIT_SECONDS", 0.01)
    with pytest.raises(TimeoutError):
        await Worker(settings).feed.current()
