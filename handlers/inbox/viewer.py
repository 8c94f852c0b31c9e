"""Who looks, and which customers are theirs: the one lock that pages, actions and the live channel all pass."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, literal, or_, select

from handlers.inbox.tables import Customer, Manager
from schemas.managers import Role

MOST_IN_A_LIST = 500
"""More ids than this are compared here, not in the database."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A manager who is logged in; `language` is None until the profile came."""

    username: str
    manager_id: str
    name: str
    is_head: bool = False
    branch: str = ""
    language: str | None = None


def viewer(connection: Connection, username: str, manager_id: str) -> Viewer:
    """The manager as last heard of; one not heard of yet is a plain manager."""
    found = connection.execute(
        select(Manager.name, Manager.role, Manager.branch, Manager.language).where(Manager.manager_id == manager_id)
    ).first()
    if found is None:
        return Viewer(username, manager_id, username)
    return Viewer(username, manager_id, found.name, found.role == Role.HEAD.value, found.branch, found.language)


def is_theirs(who: Viewer) -> ColumnElement[bool]:
    """The condition on `customers`: their own; for a head also those of everyone who reports to them or works under their branch."""
    if not who.is_head:
        return Customer.manager_id == who.manager_id
    reports = select(Manager.manager_id).where(Manager.supervisor_id == who.manager_id).cte("reports", recursive=True)
    reports = reports.union(select(Manager.manager_id).join(reports, Manager.supervisor_id == reports.c.manager_id))
    conditions = [Customer.manager_id == who.manager_id, Customer.manager_id.in_(select(reports.c.manager_id))]
    if who.branch:
        below = literal(who.branch.rstrip("/") + "/")
        inside = select(Manager.manager_id).where(
            func.substr(Manager.branch, 1, func.length(below)) == below, Manager.manager_id != who.manager_id
        )
        same = select(Manager.manager_id).where(Manager.branch == who.branch, Manager.role == Role.MANAGER.value)
        conditions += [Customer.manager_id.in_(inside), Customer.manager_id.in_(same)]
    return or_(*conditions)


def visible(connection: Connection, who: Viewer, customers: set[str]) -> set[str]:
    """Those of the customers that are theirs."""
    query = select(Customer.customer_id).where(is_theirs(who))
    if len(customers) <= MOST_IN_A_LIST:
        query = query.where(Customer.customer_id.in_(customers))
    return customers.intersection(connection.execute(query).scalars())
