"""Who the movements are about and what things cost: customers, managers and prices, sent and acknowledged before the first movement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from pydantic import BaseModel

from handlers.feeds import Feed
from schemas import topics
from schemas.message import cloud_event
from schemas.settings import Kafka, Settings
from schemas.topics import Topic

SOURCE = "/wealthwatch/replay"
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Profiles:
    """How many were sent."""

    customers: int
    managers: int
    prices: int


async def send_profiles(producer: AIOKafkaProducer, settings: Settings, feed: Feed, path: Path) -> Profiles:
    """Send all that the feed has beside its movements.

    Raises:
        ValueError: a line of a side file is no JSON object with its key.
    """
    kafka = settings.kafka
    prices = chain(feed.prices(path), feed.rates(path, settings.bank.base_currency))
    return Profiles(
        managers=await _send(producer, kafka, topics.MANAGERS, "manager_id", feed.managers(path)),
        customers=await _send(producer, kafka, topics.CUSTOMERS, "customer_id", feed.customers(path)),
        prices=await _send(producer, kafka, topics.PRICES, "of", prices),
    )


async def _send(producer: AIOKafkaProducer, kafka: Kafka, topic: Topic, key: str, items: Iterator[Any]) -> int:
    name, kind = kafka.topic(topic), topic.name.removesuffix("s")
    at = datetime.fromtimestamp(time.time(), UTC)
    count, answers = 0, []
    for item in items:
        value = item.model_dump_json(exclude_none=True).encode() if isinstance(item, BaseModel) else item
        identity, moment = _identity(value, key)
        headers = cloud_event(kind, f"{identity}{moment}", SOURCE, at)
        answers.append(await producer.send(name, value, key=identity.encode(), headers=headers))
        count += 1
        if len(answers) >= AT_ONCE:
            await asyncio.gather(*answers)
            answers.clear()
    await asyncio.gather(*answers)
    return count


def _identity(value: bytes, key: str) -> tuple[str, str]:
    """What a record is about, and of which of its many states it tells: prices have their time."""
    fields = msgspec.json.decode(value)
    if not isinstance(fields, dict) or not isinstance(fields.get(key), str):
        raise ValueError(f"a line of a side file has no `{key}`")
    return str(fields[key]), f"-{fields['at']}" if isinstance(fields.get("at"), str) else ""
