"""The entries of the journal: one for each telling on a channel, one for each holding back, with ids that a repeat repeats."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from handlers.inhibition import inhibition_of, triggers_of
from handlers.triage import Decision
from schemas.journal import JournalEntry, Verdict
from schemas.managers import Channel
from schemas.message import Headers, cloud_event
from schemas.notifications import Notification

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:wealthwatch:journal")
SOURCE = "/wealthwatch/notifier"


def told(notification: Notification, offset: int, channel: Channel, attempts: int, at: datetime) -> JournalEntry:
    """Say that the message was delivered."""
    return _entry(notification, offset, Verdict.TOLD, at, channel=channel, attempts=attempts)


def undelivered(notification: Notification, offset: int, channel: Channel, attempts: int, error: str, at: datetime) -> JournalEntry:
    """Say that the message was given up on a channel."""
    return _entry(notification, offset, Verdict.UNDELIVERED, at, channel=channel, attempts=attempts, error=error[:512])


def held(notification: Notification, offset: int, decision: Decision, at: datetime) -> JournalEntry:
    """Say that the message was held back, and why."""
    return _entry(notification, offset, Verdict.HELD, at, reason=decision.reason, silence_id=decision.silence_id)


def entry_id(message_id: UUID, verdict: Verdict, channel: Channel | None) -> UUID:
    """Derive an entry's id; a message has at most one entry for a channel and a verdict."""
    return uuid5(_NAMESPACE, f"{message_id}/{channel or ''}/{verdict}")


def headers(entry: JournalEntry) -> Headers:
    """Give the CloudEvents headers of an entry."""
    return cloud_event(f"journal.{entry.verdict}", str(entry.entry_id), SOURCE, entry.at)


def _entry(
    notification: Notification, offset: int, verdict: Verdict, at: datetime, channel: Channel | None = None, **more: Any
) -> JournalEntry:
    inhibits = inhibition_of(notification)
    return JournalEntry(
        entry_id=entry_id(notification.message_id, verdict, channel),
        message_id=notification.message_id,
        notification_id=notification.notification_id,
        customer_id=notification.customer_id,
        manager_id=notification.manager_id,
        verdict=verdict,
        channel=channel,
        at=at,
        status=notification.status,
        severity=notification.severity,
        classification=notification.classification,
        dedup_key=notification.dedup_key,
        occurred_at=notification.occurred_at,
        notification_offset=offset,
        inhibits=inhibits,
        triggers=triggers_of(notification) if inhibits else (),
        **more,
    )
