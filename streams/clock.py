"""Makes a tick when an hour of the wall clock passes, for each partition that this worker owns: a message like any other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer

from schemas.settings import Settings
from schemas.ticks import Tick
from schemas.topics import TICKS

HOUR = 3_600


class Clock:
    """Two workers may both make a partition's tick around a rebalance; the second changes nothing."""

    def __init__(self, settings: Settings, positions: Callable[[], dict[int, int]]) -> None:
        """Prepare.

        Args:
            settings: where to write.
            positions: for each partition that is open here, the next movement to decide.
        """
        self._producer = AIOKafkaProducer(**settings.kafka.client(), acks="all")
        self._topic = settings.kafka.topic(TICKS)
        self._positions = positions

    async def run(self) -> None:
        """Tick for ever."""
        await self._producer.start()
        try:
            while True:
                hour = int(time.time()) // HOUR + 1  # noqa: TID251 - this file is where the wall clock becomes a message
                await asyncio.sleep(max(0.0, hour * HOUR - time.time()))  # noqa: TID251
                await self.tick(datetime.fromtimestamp(hour * HOUR, UTC))
        finally:
            await self._producer.stop()

    async def tick(self, at: datetime) -> None:
        """Say to every open partition that event time has reached a full hour."""
        for partition, position in self._positions().items():
            value = Tick(at=at, after_offset=position - 1).model_dump_json().encode()
            await self._producer.send_and_wait(self._topic, value, key=str(partition).encode(), partition=partition)
