"""The manager's list: which lines, in which order, and how many there are of each state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from handlers.inbox.item import State
from handlers.inbox.tables import Customer, Item, Manager
from handlers.inbox.viewer import Viewer, is_theirs
from schemas.rules import Severity

PAGE = 25
ALL = "all"


class Sort(StrEnum):
    """The orders of the list."""

    NEWEST = "newest"
    SEVERE = "severe"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the manager asked to see; `state` is one of State or `all`."""

    state: str = State.OPEN.value
    severity: Severity | None = None
    rule: str = ""
    text: str = ""
    sort: Sort = Sort.NEWEST
    page: int = 1

    @property
    def narrow(self) -> bool:
        """Whether more than the state was chosen."""
        return bool(self.severity or self.rule or self.text)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list and the numbers around it."""

    lines: Sequence[Row[Any]]
    counts: dict[str, int]
    overdue: int
    rules: list[str]
    page: int
    pages: int


def listing(connection: Connection, who: Viewer, filters: Filters, now: datetime) -> Listing:
    """Find the lines; a page past the last one is the last one."""
    conditions = [is_theirs(who), *_conditions(filters)]
    counted = connection.execute(_joined(Item.state, func.count()).where(*conditions).group_by(Item.state)).all()
    counts = {state.value: 0 for state in State} | {state: int(count) for state, count in counted}
    counts[ALL] = sum(counts.values())
    late = (Item.state == State.OPEN.value, Item.due_by < now)
    overdue = connection.execute(_joined(func.count()).where(is_theirs(who), *late)).scalar_one()
    rules = connection.execute(_joined(Item.rule).where(is_theirs(who)).distinct().order_by(Item.rule)).scalars().all()
    pages = max(1, -(-counts[filters.state] // PAGE))
    page = min(max(filters.page, 1), pages)
    if filters.state != ALL:
        conditions.append(Item.state == filters.state)
    lines = connection.execute(
        _joined(Item.__table__, Customer.name.label("customer"), Customer.segment, Manager.name.label("manager"))
        .outerjoin(Manager, Manager.manager_id == Customer.manager_id)
        .where(*conditions)
        .order_by(*_order(filters.sort))
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return Listing(lines, counts, int(overdue), list(rules), page, pages)


def line(connection: Connection, who: Viewer, notification_id: str) -> Row[Any] | None:
    """One line, if it is theirs."""
    return connection.execute(
        _joined(Item.__table__, Customer.name.label("customer")).where(is_theirs(who), Item.notification_id == notification_id)
    ).first()


def _joined(*columns: Any) -> Select[Any]:
    return select(*columns).select_from(Item).join(Customer, Customer.customer_id == Item.customer_id)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.severity:
        found.append(Item.severity == filters.severity.rank)
    if filters.rule:
        found.append(Item.rule == filters.rule)
    if filters.text:
        found.append(Customer.folded_name.contains(filters.text.casefold(), autoescape=True))
    return found


def _order(sort: Sort) -> list[Any]:
    newest: list[Any] = [Item.changed_at.desc(), Item.notification_id]
    if sort is Sort.SEVERE:
        return [Item.severity.desc(), *newest]
    if sort is Sort.DUE:
        return [Item.due_by.is_(None), Item.due_by, Item.severity.desc(), *newest]
    return [Item.day.desc(), Item.severity.desc(), *newest]
