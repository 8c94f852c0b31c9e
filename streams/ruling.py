"""Keeps the rule books up to date from `wealth.rules`: read to the end before anything is decided, then followed.

A worker must know a version before it decides anything at or past its start. A version is published `detector.rule_lead_s` before that,
so it is enough that the worker has seen the topic's end within the last half of the lead; `current` waits until it has. That holds for a
worker that was frozen or cut off, too: it waits before it goes on. It cannot hold for a version that was published with an earlier start,
nor for event times ahead of the broker's clock: then what is decided is decided, the version holds from then on, and log and metric say so.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from schemas.settings import Settings
from schemas.topics import RULES
from streams.changelog import PartitionReader
from streams.expressions import Fault as ExpressionFault
from streams.metrics import Metrics
from streams.timeline import Change, Refused, RuleBooks, read

log = structlog.get_logger(__name__)

WAIT_SECONDS = 10.0
"""A partition waits so long for the topic, then it opens again; how often, its own patience says."""


class RuleFeed:
    """Every worker reads all versions for itself."""

    def __init__(self, settings: Settings, books: RuleBooks, metrics: Metrics) -> None:
        self._reader = PartitionReader(settings.kafka)
        self._topic = settings.kafka.topic(RULES)
        self._books, self._metrics = books, metrics
        self._patience = settings.detector.rule_lead_s / 2
        self._next = 0
        self._known_at = 0.0
        """When (by the monotonic clock) all that was on the topic was known."""
        self._seen = asyncio.Event()

    async def start(self) -> None:
        """Connect, and learn every version that is there."""
        await self._reader.start()
        began = time.monotonic()
        first, self._next = await self._reader.bounds(self._topic, 0)
        async for records in self._reader.read(self._topic, 0, first, self._next):
            self._learn(records)
            self._next = max(self._next, records[-1].offset + 1)
        self._known_at = began
        for rule, setting in self._books.first.settings.items():
            self._metrics.rules_late.labels(rule)
            for fault in ExpressionFault if setting.expression else ():
                self._metrics.rule_failures.labels(rule, fault)
            self._show(rule)

    async def stop(self) -> None:
        """Disconnect."""
        await self._reader.stop()

    async def follow(self) -> None:
        """Learn versions as they come, for ever."""
        async for _, records in self._reader.follow({(self._topic, 0): self._next}):
            self._learn(records)

    async def watch(self) -> None:
        """Ask again and again where the topic ends, for ever: only an answer shows that nothing was missed."""
        while True:
            began = time.monotonic()
            try:
                ended = await self._reader.at_end(self._topic, 0)
            except (KafkaError, OSError) as error:
                ended = False
                log.warning("rules_unreachable", error=f"{type(error).__name__}: {error}")
            if ended:
                self._known_at = began
                self._seen.set()
            await asyncio.sleep(self._patience / 6 if ended else 0.1)

    async def current(self) -> None:
        """Return once all versions are known that are older than half the lead.

        Raises:
            TimeoutError: they could not be learnt in time.
        """
        if time.monotonic() - self._known_at < self._patience:
            return
        log.warning("rules_awaited", seconds=round(time.monotonic() - self._known_at, 1))
        async with asyncio.timeout(WAIT_SECONDS):
            while time.monotonic() - self._known_at >= self._patience:
                self._seen.clear()
                await self._seen.wait()

    def _learn(self, records: list[ConsumerRecord]) -> None:
        for record in records:
            key = (record.key or b"").decode(errors="replace")
            found = None if record.value is None else read(record.key, record.value)
            self._tell(key, self._books.put(key, found))

    def _tell(self, key: str, change: Change) -> None:
        for refused in change.refused:
            self._refuse(refused)
        rule = key.partition("@")[0]
        if rule not in self._books.first.settings:
            return
        self._show(rule)
        if change.since is None:
            return
        newest = self._books.history(rule)[-1]
        facts = {"key": key, "newest": newest.version, "mode": newest.mode, "changed_by": newest.changed_by, "since": _text(change.since)}
        if change.late:
            self._metrics.rules_late.labels(rule).inc()
            log.error(
                "rule_version_late", **facts, decided_up_to=_text(self._books.latest), means="past decisions stand; it holds from now on"
            )
        else:
            log.info("rule_version", **facts)

    def _refuse(self, refused: Refused) -> None:
        self._metrics.rules_refused.labels(refused.fault).inc()
        log.error("rule_version_refused", key=refused.key, fault=refused.fault, detail=refused.detail, means="what held before goes on")

    def _show(self, rule: str) -> None:
        self._metrics.rules.labels(rule).set(self._books.history(rule)[-1].version)


def _text(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat()
