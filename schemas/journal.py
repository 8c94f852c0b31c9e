"""What was told to whom, when, on which channel, and what was held and why: `wealth.journal`.

The key is the notification_id; the record stands in the partition of the notification it is about, so that one notifier keeps both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from schemas.managers import Channel
from schemas.message import Identifier, Message, Text
from schemas.notifications import Classification, Inhibition, Status
from schemas.rules import Severity


class Verdict(StrEnum):
    """What became of one notification message."""

    TOLD = "told"
    HELD = "held"
    UNDELIVERED = "undelivered"


class Reason(StrEnum):
    """Why a message was held; each is also a metric label."""

    ALREADY_TOLD = "already_told"
    COOLDOWN = "cooldown"
    SILENCED = "silenced"
    TEST_MODE = "test_mode"
    NO_MANAGER = "no_manager"
    RESTRICTED = "restricted"
    """It is not for the customer's manager, and the settings name nobody else."""
    INHIBITED = "inhibited"
    """Another message of the same customer says it, and more."""


class JournalEntry(Message):
    """One telling on one channel, or one holding back (then `channel` is None)."""

    schema_version: Literal[1] = 1
    entry_id: UUID = Field(description="Derived from message_id, channel and verdict")
    message_id: UUID
    notification_id: UUID
    customer_id: Identifier
    manager_id: Identifier | None = None
    verdict: Verdict
    reason: Reason | None = None
    silence_id: Identifier | None = None
    channel: Channel | None = None
    attempts: int = Field(0, ge=0)
    error: Text | None = Field(None, description="Why it could not be delivered, without the message's content")
    at: AwareDatetime
    status: Status | None = Field(None, description="Of the message")
    severity: Severity | None = Field(None, description="Of the message")
    classification: Classification | None = Field(None, description="Of the message; where it is given, the entry is as confidential")
    dedup_key: Text | None = Field(None, description="Of the message")
    occurred_at: AwareDatetime | None = Field(
        None, description="Event time of the message; with the four around it the notifier remembers what it told"
    )
    notification_offset: int | None = Field(
        None, ge=0, description="Where the message stands in the partition of wealth.notifications of this number"
    )

    inhibits: Inhibition | None = Field(None, description="Of the message, where its rule is live: the notifier remembers it, too")
    triggers: tuple[Text, ...] = Field(
        (), description="With `inhibits`: source/event_id of the movements that decided; none at a passing hour"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.verdict is Verdict.HELD) != (self.reason is not None):
            raise ValueError("what is held, and nothing else, has a reason")
        if (self.verdict is Verdict.HELD) != (self.channel is None):
            raise ValueError("what is told or undelivered, and nothing else, has a channel")
        return self
