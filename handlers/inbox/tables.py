"""The tables of the read model: what Kafka said, who may log in, and how far the feed has come."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, DateTime, ForeignKey, Index, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A moment, always UTC: SQLite keeps no offset, so it is put there on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive time; give SQLite the wall clock of UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its offset")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the interface
        """Give every moment its offset back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """All tables of the inbox."""

    type_annotation_map = {datetime: Instant, date: Date, str: Text, dict[str, Any]: JSON}


class Offset(Table):
    """Where the feed goes on in one partition; written in the transaction of the rows before it."""

    __tablename__ = "offsets"
    topic: Mapped[str] = mapped_column(String(249), primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    next_offset: Mapped[int] = mapped_column(BigInteger)


class Customer(Table):
    """A customer's profile, as last heard."""

    __tablename__ = "customers"
    customer_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str]
    folded_name: Mapped[str]
    segment: Mapped[str]
    tier: Mapped[str | None]
    risk_profile: Mapped[int | None]
    household_id: Mapped[str | None]
    branch: Mapped[str]
    manager_id: Mapped[str | None] = mapped_column(String(128), index=True)
    language: Mapped[str]
    contact: Mapped[str]
    born_on: Mapped[date | None]


class Manager(Table):
    """A customer manager or a head, as last heard."""

    __tablename__ = "managers"
    manager_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    branch: Mapped[str]
    supervisor_id: Mapped[str | None] = mapped_column(String(128), index=True)
    language: Mapped[str]


class Position(Table):
    """What a customer holds now, and the AUM at the end of each date ever heard of."""

    __tablename__ = "positions"
    customer_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    as_of: Mapped[datetime]
    base_currency: Mapped[str] = mapped_column(String(3))
    aum: Mapped[str]
    net_assets: Mapped[str]
    tier: Mapped[str]
    allocation: Mapped[dict[str, Any]]
    closes: Mapped[dict[str, Any]]


class Message(Table):
    """One notification message, whole."""

    __tablename__ = "messages"
    message_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    notification_id: Mapped[str] = mapped_column(String(36), index=True)
    customer_id: Mapped[str] = mapped_column(String(128), index=True)
    manager_id: Mapped[str | None] = mapped_column(String(128))
    content: Mapped[str]


class Telling(Table):
    """One entry of the journal."""

    __tablename__ = "tellings"
    entry_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(36), index=True)
    notification_id: Mapped[str] = mapped_column(String(36), index=True)
    customer_id: Mapped[str] = mapped_column(String(128))
    manager_id: Mapped[str | None] = mapped_column(String(128))
    verdict: Mapped[str]
    reason: Mapped[str | None]
    channel: Mapped[str | None]
    attempts: Mapped[int]
    at: Mapped[datetime]


class FollowUp(Table):
    """One step a manager took; here as soon as it is published, and again, unchanged, when its echo comes."""

    __tablename__ = "follow_ups"
    follow_up_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    notification_id: Mapped[str] = mapped_column(String(36), index=True)
    customer_id: Mapped[str] = mapped_column(String(128))
    manager_id: Mapped[str] = mapped_column(String(128))
    step: Mapped[str]
    at: Mapped[datetime]
    contact_by: Mapped[str | None]
    outcome: Mapped[str | None]
    note: Mapped[str]


class Item(Table):
    """One line of the list: everything told in the inbox of one notification, worked out anew when any of it changes."""

    __tablename__ = "items"
    __table_args__ = (Index("items_by_customer_and_state", "customer_id", "state"), Index("items_by_day", "day", "severity"))
    notification_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(128))
    manager_id: Mapped[str | None] = mapped_column(String(128))
    rule: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    severity: Mapped[int]
    status: Mapped[str]
    state: Mapped[str]
    tier: Mapped[str]
    title: Mapped[dict[str, Any]]
    body: Mapped[dict[str, Any]]
    action: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    told_at: Mapped[datetime]
    due_by: Mapped[datetime | None]
    day: Mapped[date]


class User(Table):
    """Someone who may log in, bound to one manager."""

    __tablename__ = "users"
    username: Mapped[str] = mapped_column(String(128), primary_key=True)
    manager_id: Mapped[str] = mapped_column(String(128))
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class Session(Table):
    """A login that lasts; only the hash of its token is kept."""

    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(String(128), ForeignKey("users.username", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
