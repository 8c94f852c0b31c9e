"""A customer's page: profile, position, notifications with what was said, told and done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from handlers.inbox.item import State, Told, in_order, latest_alert
from handlers.inbox.tables import Customer, FollowUp, Item, Manager, Message, Position, Telling
from handlers.inbox.viewer import Viewer, is_theirs
from schemas.journal import Verdict
from schemas.managers import Channel
from schemas.notifications import Notification, Trigger

PAGE = 8
MOST_MARKS = 200
MOST_MOVEMENTS = 15
MOST_READ = 60
"""Messages looked through for their movements, the latest first."""


@dataclass(frozen=True, slots=True)
class Case:
    """One notification with its whole history, oldest first; `alert` is the message whose evidence says why."""

    item: Row[Any]
    said: list[Notification]
    alert: Notification
    done: Sequence[Row[Any]]
    told: Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that the page shows."""

    profile: Row[Any]
    position: Row[Any] | None
    closes: list[tuple[date, Decimal]]
    cases: list[Case]
    marks: Sequence[Row[Any]]
    movements: list[tuple[Trigger, Notification]]
    page: int
    pages: int


def dossier(connection: Connection, who: Viewer, customer_id: str, focus: str, page: int) -> Dossier | None:
    """Gather the page; None when there is no such customer or it is not theirs.

    The notification that is asked for (`focus`) stands first, then what is not done yet, most severe first, then the newest.
    """
    profile = connection.execute(
        select(Customer.__table__, Manager.name.label("manager"))
        .outerjoin(Manager, Manager.manager_id == Customer.manager_id)
        .where(Customer.customer_id == customer_id, is_theirs(who))
    ).first()
    if profile is None:
        return None
    position = connection.execute(select(Position.__table__).where(Position.customer_id == customer_id)).first()
    closes = [(date.fromisoformat(on), Decimal(aum)) for on, aum in sorted(position.closes.items())] if position else []
    of_customer = Item.customer_id == customer_id
    pages = max(1, -(-connection.execute(select(func.count()).select_from(Item).where(of_customer)).scalar_one() // PAGE))
    page = min(max(page, 1), pages)
    done_last = case((Item.state == State.RESOLVED.value, 1), else_=0)
    items = connection.execute(
        select(Item.__table__)
        .where(of_customer)
        .order_by(Item.notification_id != focus, done_last, case((done_last == 0, Item.severity), else_=0).desc(), Item.changed_at.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    marks = connection.execute(select(Item.__table__).where(of_customer).order_by(Item.opened_at.desc()).limit(MOST_MARKS)).all()
    return Dossier(profile, position, closes, _cases(connection, items), marks, _movements(connection, customer_id), page, pages)


def _cases(connection: Connection, items: Sequence[Row[Any]]) -> list[Case]:
    ids = [item.notification_id for item in items]
    said: dict[str, list[Told]] = defaultdict(list)
    for content, at in _told_in_the_inbox(connection, Message.notification_id.in_(ids)):
        message = Notification.model_validate_json(content)
        said[str(message.notification_id)].append(Told(message, at))
    done, told = defaultdict(list), defaultdict(list)
    for step in connection.execute(
        select(FollowUp.__table__, Manager.name.label("manager"))
        .outerjoin(Manager, Manager.manager_id == FollowUp.manager_id)
        .where(FollowUp.notification_id.in_(ids))
        .order_by(FollowUp.at)
    ):
        done[step.notification_id].append(step)
    for telling in connection.execute(
        select(Telling.__table__, Manager.name.label("manager"))
        .outerjoin(Manager, Manager.manager_id == Telling.manager_id)
        .where(Telling.notification_id.in_(ids))
        .order_by(Telling.at, Telling.channel)
    ):
        told[telling.notification_id].append(telling)
    cases = []
    for item in items:
        history = in_order(said[item.notification_id])
        alert = latest_alert(history).message
        cases.append(Case(item, [one.message for one in history], alert, done[item.notification_id], told[item.notification_id]))
    return cases


def _movements(connection: Connection, customer_id: str) -> list[tuple[Trigger, Notification]]:
    found: dict[tuple[str, str], tuple[Trigger, Notification]] = {}
    for content, _ in _told_in_the_inbox(connection, Message.customer_id == customer_id, MOST_READ):
        message = Notification.model_validate_json(content)
        for trigger in message.evidence.triggers:
            found.setdefault((trigger.source, trigger.event_id), (trigger, message))
    return sorted(found.values(), key=lambda one: one[0].occurred_at, reverse=True)[:MOST_MOVEMENTS]


def _told_in_the_inbox(connection: Connection, condition: Any, most: int | None = None) -> Sequence[tuple[str, Any]]:
    return [
        (content, at)
        for content, at in connection.execute(
            select(Message.content, Telling.at)
            .join(Telling, Telling.message_id == Message.message_id)
            .where(condition, Telling.channel == Channel.INBOX.value, Telling.verdict == Verdict.TOLD.value)
            .order_by(Telling.at.desc())
            .limit(most)
        )
    ]
