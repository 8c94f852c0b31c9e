"""One line of the list, worked out of everything that was told in the inbox of one notification and done about it.

1. A notification that was not told in the inbox is not there.
2. The latest message gives severity, status and words; the latest that alerts (opened, escalated) gives rule and title,
   since an end does not say what it is the end of.
3. Resolved: the condition ended, the movement was taken back, or the manager logged an outcome.
4. Acknowledged: the manager did something else about it.
5. An escalation told after the manager's last step opens it again, since it says something new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from handlers.inbox.database import Row
from schemas.follow_ups import Step
from schemas.notifications import Notification, Status


class State(StrEnum):
    """What the manager has to do with it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


ENDED = frozenset({Status.RESOLVED, Status.RETRACTED})
_ORDER = tuple(Status)


@dataclass(frozen=True, slots=True)
class Told:
    """A message, and when the inbox was told of it."""

    message: Notification
    at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """A step a manager took."""

    step: Step
    at: datetime


def in_order(told: Sequence[Told]) -> list[Told]:
    """The messages of one notification as they happened."""
    return sorted(told, key=lambda one: (one.message.occurred_at, _ORDER.index(one.message.status), one.message.detected_at))


def latest_alert(history: Sequence[Told]) -> Told:
    """The latest message that opened or escalated; where none of them was told, the latest of all."""
    return next((one for one in reversed(history) if one.message.status not in ENDED), history[-1])


def item_row(told: Sequence[Told], done: Sequence[Done], zone: tzinfo) -> Row:
    """Work out the line; `told` has at least one message."""
    history = in_order(told)
    latest, first = history[-1], history[0]
    alert = latest_alert(history)
    ended = latest.message.status in ENDED
    return {
        "notification_id": str(latest.message.notification_id),
        "customer_id": latest.message.customer_id,
        "manager_id": latest.message.manager_id,
        "rule": alert.message.rule.name,
        "kind": alert.message.kind.value,
        "severity": latest.message.severity.rank,
        "status": latest.message.status.value,
        "state": State.RESOLVED.value if ended else _state(history, done).value,
        "tier": latest.message.tier.replace("\x00", ""),
        "title": alert.message.title.model_dump(),
        "body": latest.message.body.model_dump(),
        "action": latest.message.suggested_action.model_dump(),
        "opened_at": first.message.occurred_at,
        "changed_at": latest.message.occurred_at,
        "told_at": max(one.at for one in history),
        "due_by": None if ended else latest.message.due_by,
        "day": latest.message.occurred_at.astimezone(zone).date(),
    }


def _state(history: Sequence[Told], done: Sequence[Done]) -> State:
    escalated = [one.at for one in history if one.message.status is Status.ESCALATED]
    steps = {one.step for one in done if not escalated or one.at >= max(escalated)}
    if Step.OUTCOME in steps:
        return State.RESOLVED
    return State.ACKNOWLEDGED if steps else State.OPEN
