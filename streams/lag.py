"""How far behind a worker is, and what it has to do: the law is in `streams.watchdog`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Hashable, Iterator

import structlog
from aiokafka.errors import KafkaError
from faust.types import TP

from schemas.settings import Settings
from schemas.topics import MOVEMENTS
from streams.changelog import PartitionReader
from streams.metrics import Metrics
from streams.partition import Partition
from streams.transport import BatchConsumer
from streams.watchdog import Doing, Sight

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
ASK_EVERY_S = 10.0
"""Or a tenth of the patience, where that is less."""


class Lag:
    """Compares what is decided with what was fetched and with what the broker has."""

    def __init__(
        self, settings: Settings, metrics: Metrics, partitions: Callable[[], Collection[Partition]], consumer: Callable[[], BatchConsumer]
    ) -> None:
        """Prepare.

        Args:
            settings: where the broker is, and how long the patience.
            metrics: take the lag.
            partitions: those that the worker has now.
            consumer: Faust's, which may not have started.
        """
        self._kafka, self._metrics = settings.kafka, metrics
        self._partitions, self._consumer = partitions, consumer
        self._topic = settings.kafka.topic(MOVEMENTS)
        self._ask_every_s = min(ASK_EVERY_S, settings.detector.patience_s / 10)
        self._ends: dict[int, int] = {}
        """By partition, as the broker last said."""
        self._turns = self._answers = 0
        self._silence = ""

    async def watch(self, waited: Callable[[Hashable], float]) -> None:
        """Keep the metrics, for ever.

        Args:
            waited: so many seconds one of `sights` has not got on.
        """
        while True:
            self._turns += 1
            for one in self._partitions():
                if one.ready:
                    self._metrics.lag.labels(str(one.number)).set(self._behind(one))
                self._metrics.waited.labels(str(one.number)).set(max(waited(one), waited((one, "fetch"))))
            await asyncio.sleep(LOOK_EVERY_S)

    async def ask(self) -> None:
        """Ask the broker again and again where the partitions end of which nothing has come since the last time, for ever."""
        reader: PartitionReader | None = None
        arrived: dict[Partition, int] = {}
        try:
            while True:
                partitions = self._partitions()
                quiet = [one.number for one in partitions if arrived.get(one) == one.arrived]
                arrived = {one: one.arrived for one in partitions}
                try:
                    async with asyncio.timeout(ASK_EVERY_S):
                        if reader is None:
                            reader = PartitionReader(self._kafka)
                            await reader.start()
                        if quiet or not partitions:
                            self._ends |= await reader.ends(self._topic, quiet or [0])
                except (KafkaError, TimeoutError, OSError) as error:
                    self._silence = f"{type(error).__name__}: {error}"
                    log.warning("broker_silent", error=self._silence)
                    if reader is not None:
                        await reader.stop()
                        reader = None
                else:
                    self._answers += 1
                    self._silence = ""
                await asyncio.sleep(self._ask_every_s)
        finally:
            if reader is not None:
                await reader.stop()

    def sights(self) -> Iterator[Sight]:
        """What there is to do; asked from another thread."""
        yield Sight("event loop", self._turns, facts={"doing": "turning the event loop"})
        yield Sight("broker", self._answers, facts={"doing": "asking the broker where the partitions end", "error": self._silence})
        for one in self._partitions():
            progress, behind = one.progress, self._behind(one)
            facts = {"partition": one.number, "lag": behind, "doing": str(progress.doing), "error": progress.error}
            if progress.doing is not Doing.FETCHING:
                yield Sight(one, progress.writes, progress.reads, facts)
            elif self._unfetched(one):
                place = self._consumer().place(TP(self._topic, one.number))
                yield Sight((one, "fetch"), (one.arrived, place.read), facts=facts)

    def _behind(self, one: Partition) -> int:
        """Movements that are appended and not decided, as far as is known."""
        if one.progress.doing is Doing.FETCHING and not self._unfetched(one):
            return 0
        place = self._consumer().place(TP(self._topic, one.number))
        return max(0, max(self._ends.get(one.number, 0), place.end, place.handed) - one.position)

    def _unfetched(self, one: Partition) -> bool:
        """Whether there are movements that have not come to a partition which waits for them.

        Beyond the last one stand markers of transactions, which never come: what the consumer has read past is not missed.
        """
        place = self._consumer().place(TP(self._topic, one.number))
        return place.handed > one.position or self._ends.get(one.number, 0) > max(place.read, one.position)
