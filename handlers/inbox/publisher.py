"""Publishes what a manager did to `wealth.follow-ups`."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError

from schemas.follow_ups import FollowUp
from schemas.message import cloud_event
from schemas.settings import Kafka
from schemas.topics import FOLLOW_UPS

log = structlog.get_logger(__name__)

SOURCE = "/wealthwatch/inbox"
PATIENCE_S = 10.0


class NotPublished(Exception):  # noqa: N818 - a fact about the follow-up
    """Kafka did not take the follow-up; nothing was recorded."""


class Publisher(Protocol):
    """Where follow-ups go."""

    def publish(self, follow_up: FollowUp) -> None:
        """Publish, and return when it is kept.

        Raises:
            NotPublished: it was not.
        """


class FollowUps:
    """The topic, through a producer that is made when it is first needed: the broker may come up after the inbox."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._making = threading.Lock()
        self._producer: Any = None

    def publish(self, follow_up: FollowUp) -> None:
        """Publish, and return when every replica in sync has it.

        Raises:
            NotPublished: the broker did not take it in time.
        """
        try:
            self._ready().send(
                self._kafka.topic(FOLLOW_UPS),
                key=str(follow_up.notification_id).encode(),
                value=follow_up.model_dump_json().encode(),
                headers=cloud_event(f"follow_up.{follow_up.step.value}", str(follow_up.follow_up_id), SOURCE, follow_up.at),
            ).get(timeout=PATIENCE_S * 1.5)
        except KafkaError as error:
            log.warning("a follow-up was not published", error=type(error).__name__, step=follow_up.step.value)
            raise NotPublished(follow_up.step.value) from error

    def close(self) -> None:
        """Send what is waiting and close."""
        with self._making:
            if self._producer is not None:
                self._producer.close(timeout=PATIENCE_S)
                self._producer = None

    def _ready(self) -> Any:
        with self._making:
            if self._producer is None:
                self._producer = KafkaProducer(
                    **self._kafka.client(),
                    client_id="wealthwatch-inbox",
                    acks="all",
                    enable_idempotence=False,  # a repeat is known by its follow_up_id, and the embedded broker refuses it
                    max_block_ms=int(PATIENCE_S * 1000),
                    bootstrap_timeout_ms=int(PATIENCE_S * 1000),
                    delivery_timeout_ms=int(PATIENCE_S * 1000),
                    request_timeout_ms=int(PATIENCE_S * 500),
                )
            return self._producer
