"""One message of the contract, as a row of the read model."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from handlers.inbox.database import Row
from schemas.customers import Customer
from schemas.follow_ups import FollowUp
from schemas.journal import JournalEntry
from schemas.managers import Manager
from schemas.notifications import Notification
from schemas.positions import Position

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def customer_row(customer: Customer) -> Row:
    """The profile; the name also as it is searched for."""
    name = _clean(customer.name)
    return {
        "customer_id": customer.customer_id,
        "name": name,
        "folded_name": name.casefold(),
        "segment": customer.segment.value,
        "tier": customer.tier and _clean(customer.tier),
        "risk_profile": customer.risk_profile,
        "household_id": customer.household_id,
        "branch": _clean(customer.branch),
        "manager_id": customer.manager_id,
        "language": customer.language.value,
        "contact": " ".join(customer.contact),
        "born_on": customer.born_on,
    }


def manager_row(manager: Manager) -> Row:
    """Who it is and to whom they report."""
    return {
        "manager_id": manager.manager_id,
        "name": _clean(manager.name),
        "role": manager.role.value,
        "branch": _clean(manager.branch),
        "supervisor_id": manager.supervisor_id,
        "language": manager.language.value,
    }


def position_row(position: Position, zone: tzinfo) -> Row | None:
    """What is held now; `closes` holds only what this message says, the date of `as_of` included.

    None for a customer whose clock has not begun: the profile came, but no movement yet, so nothing is known to be held.
    """
    as_of = _moment(position.as_of)
    if as_of == NEVER:
        return None
    closes = {close.on.isoformat(): format(close.aum, "f") for close in position.closes}
    closes[as_of.astimezone(zone).date().isoformat()] = format(position.aum, "f")
    return {
        "customer_id": position.customer_id,
        "as_of": as_of,
        "base_currency": position.base_currency,
        "aum": format(position.aum, "f"),
        "net_assets": format(position.net_assets, "f"),
        "tier": _clean(position.tier),
        "allocation": {name.value: format(value, "f") for name, value in position.allocation.items()},
        "closes": closes,
    }


def message_row(notification: Notification) -> Row | None:
    """The whole message, in its canonical form; None for one that is restricted, since whoever looks here must not see it."""
    if notification.classification is not None:
        return None
    _moment(notification.occurred_at)
    _moment(notification.due_by or notification.occurred_at)
    return {
        "message_id": str(notification.message_id),
        "notification_id": str(notification.notification_id),
        "customer_id": notification.customer_id,
        "manager_id": notification.manager_id,
        "content": notification.model_dump_json(),
    }


def telling_row(entry: JournalEntry) -> Row | None:
    """One entry of the journal; None for one about a restricted message."""
    if entry.classification is not None:
        return None
    return {
        "entry_id": str(entry.entry_id),
        "message_id": str(entry.message_id),
        "notification_id": str(entry.notification_id),
        "customer_id": entry.customer_id,
        "manager_id": entry.manager_id,
        "verdict": entry.verdict.value,
        "reason": entry.reason and entry.reason.value,
        "channel": entry.channel and entry.channel.value,
        "attempts": entry.attempts,
        "at": _moment(entry.at),
    }


def follow_up_row(follow_up: FollowUp) -> Row:
    """One step; the same row whether it comes from the page or from the topic."""
    return {
        "follow_up_id": str(follow_up.follow_up_id),
        "notification_id": str(follow_up.notification_id),
        "customer_id": follow_up.customer_id,
        "manager_id": follow_up.manager_id,
        "step": follow_up.step.value,
        "at": _moment(follow_up.at),
        "contact_by": follow_up.contact_by and follow_up.contact_by.value,
        "outcome": follow_up.outcome and follow_up.outcome.value,
        "note": _clean(follow_up.note),
    }


def _clean(text: str) -> str:
    """PostgreSQL keeps no NUL in a text."""
    return text.replace("\x00", "")


def _moment(value: datetime) -> datetime:
    """UTC, and far enough from the ends of the calendar to be shown in any zone.

    Raises:
        OverflowError: it is not.
    """
    utc = value.astimezone(UTC)
    if not EARLIEST < utc < LATEST:
        raise OverflowError("a moment of no living customer")
    return utc
