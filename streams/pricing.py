"""Keeps the rates up to date from `wealth.prices`: read to the end before anything is decided, then followed."""

from __future__ import annotations

import structlog
from aiokafka import ConsumerRecord
from pydantic import ValidationError

from schemas.prices import Price
from schemas.settings import Settings
from schemas.topics import PRICES
from streams.changelog import PartitionReader
from streams.money import Rates

log = structlog.get_logger(__name__)


class PriceFeed:
    """Every worker reads all prices for itself."""

    def __init__(self, settings: Settings, rates: Rates) -> None:
        self._reader = PartitionReader(settings.kafka)
        self._topic = settings.kafka.topic(PRICES)
        self._rates = rates
        self._next = 0

    async def start(self) -> None:
        """Connect, and learn every price that is there."""
        await self._reader.start()
        first, self._next = await self._reader.bounds(self._topic, 0)
        async for records in self._reader.read(self._topic, 0, first, self._next):
            self._learn(records)

    async def stop(self) -> None:
        """Disconnect."""
        await self._reader.stop()

    async def follow(self) -> None:
        """Learn prices as they come, for ever."""
        async for _, records in self._reader.follow({(self._topic, 0): self._next}):
            self._learn(records)

    def _learn(self, records: list[ConsumerRecord]) -> None:
        for record in records:
            if record.value is None:
                continue
            try:
                self._rates.learn(Price.model_validate_json(record.value))
            except ValidationError:
                log.warning("price_refused", partition=record.partition, offset=record.offset)
