"""Writes a batch into the read model, in one transaction with the offsets that it reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import tzinfo
from typing import Any

from sqlalchemy import Connection, delete, select

from handlers.inbox import tables
from handlers.inbox.batch import Batch
from handlers.inbox.changes import Changes
from handlers.inbox.database import Row, put
from handlers.inbox.item import Done, Told, item_row
from schemas.follow_ups import Step
from schemas.journal import Verdict
from schemas.managers import Channel
from schemas.notifications import Notification

AT_ONCE = 500
"""Keys in one IN list."""
CLOSES_KEPT = 800
"""Dates of AUM kept of one customer: a little more than two years."""

_SAID_ONCE = (tables.Message, tables.Telling, tables.FollowUp)
_LATEST = (tables.Manager, tables.Customer)


def absorb(connection: Connection, batch: Batch, zone: tzinfo) -> Changes:
    """Write the batch; what was written before is not written again."""
    for table in _LATEST:
        _replace(connection, table, batch.rows.get(table, {}))
    _replace(connection, tables.Position, _with_history(connection, batch.rows.get(tables.Position, {})))
    for log in _SAID_ONCE:
        put(connection, log, _said(batch, log), keep=True)
    said = [row for one in _SAID_ONCE for row in _said(batch, one)]
    rework(connection, {row["notification_id"] for row in said}, zone)
    put(
        connection,
        tables.Offset,
        [{"topic": topic, "partition": partition, "next_offset": offset} for (topic, partition), offset in batch.offsets.items()],
    )
    lines = frozenset({row["customer_id"] for row in said} | set(batch.rows.get(tables.Customer, {})))
    return Changes(lines | frozenset(batch.rows.get(tables.Position, {})), lines)


def rework(connection: Connection, notification_ids: Collection[str], zone: tzinfo) -> None:
    """Work out the lines of these notifications anew."""
    for ids in _chunks(sorted(notification_ids)):
        told: dict[str, list[Told]] = defaultdict(list)
        for notification_id, content, at in connection.execute(
            select(tables.Message.notification_id, tables.Message.content, tables.Telling.at)
            .join(tables.Telling, tables.Telling.message_id == tables.Message.message_id)
            .where(
                tables.Message.notification_id.in_(ids),
                tables.Telling.channel == Channel.INBOX.value,
                tables.Telling.verdict == Verdict.TOLD.value,
            )
        ):
            told[notification_id].append(Told(Notification.model_validate_json(content), at))
        done: dict[str, list[Done]] = defaultdict(list)
        for notification_id, step, at in connection.execute(
            select(tables.FollowUp.notification_id, tables.FollowUp.step, tables.FollowUp.at).where(
                tables.FollowUp.notification_id.in_(ids)
            )
        ):
            done[notification_id].append(Done(Step(step), at))
        put(connection, tables.Item, [item_row(messages, done[key], zone) for key, messages in told.items()])


def _said(batch: Batch, table: type[tables.Table]) -> list[Row]:
    return [row for row in batch.rows.get(table, {}).values() if row is not None]


def _replace(connection: Connection, table: type[tables.Table], rows: dict[str, Row | None]) -> None:
    key = next(iter(table.__table__.primary_key))
    for gone in _chunks([name for name, row in rows.items() if row is None]):
        connection.execute(delete(table).where(key.in_(gone)))
    put(connection, table, [row for row in rows.values() if row is not None])


def _with_history(connection: Connection, positions: dict[str, Row | None]) -> dict[str, Row | None]:
    kept: dict[str, dict[str, Any]] = {}
    for ids in _chunks([key for key, row in positions.items() if row is not None]):
        query = select(tables.Position.customer_id, tables.Position.closes).where(tables.Position.customer_id.in_(ids))
        kept.update((customer_id, closes) for customer_id, closes in connection.execute(query))
    return {
        key: row and {**row, "closes": dict(sorted({**kept.get(key, {}), **row["closes"]}.items())[-CLOSES_KEPT:])}
        for key, row in positions.items()
    }


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
