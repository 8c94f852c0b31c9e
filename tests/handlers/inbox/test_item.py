"""What a line of the list says, given what was told and done."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from handlers.inbox.item import Done, Told, item_row
from schemas.follow_ups import Step
from schemas.notifications import Notification, NotificationKind, Status, Words
from schemas.rules import Severity
from tests.handlers.inbox.conftest import ZONE
from tests.handlers.inbox.messages import NOON, notification

CONDITION = uuid4()
LATER = {Status.OPENED: 0, Status.ESCALATED: 60, Status.RESOLVED: 120, Status.RETRACTED: 120}


def said(status: Status, **more: object) -> Told:
    at = NOON + timedelta(minutes=LATER[status])
    title = Words(chinese=status, english=status)
    message: Notification = notification(
        notification_id=CONDITION, kind=NotificationKind.CONDITION, status=status, at=at, title=title, **more
    )
    return Told(message, at + timedelta(seconds=2))


def done(step: Step, minutes: int) -> Done:
    return Done(step, NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("told", "steps", "state", "why"),
    [
        ([Status.OPENED], [], "open", "nobody did anything"),
        ([Status.OPENED], [done(Step.ACKNOWLEDGED, 5)], "acknowledged", "it was acknowledged"),
        ([Status.OPENED], [done(Step.ACKNOWLEDGED, -5)], "acknowledged", "clocks of two machines may differ"),
        ([Status.OPENED], [done(Step.CONTACTED, 5)], "acknowledged", "a call is more than an acknowledgement"),
        ([Status.OPENED], [done(Step.ACKNOWLEDGED, 5), done(Step.OUTCOME, 9)], "resolved", "the outcome is known"),
        ([Status.OPENED, Status.ESCALATED], [done(Step.ACKNOWLEDGED, 5)], "open", "the escalation says something new"),
        ([Status.OPENED, Status.ESCALATED], [done(Step.OUTCOME, 5)], "open", "the escalation came after the outcome"),
        ([Status.OPENED, Status.ESCALATED], [done(Step.ACKNOWLEDGED, 70)], "acknowledged", "the escalation was seen"),
        ([Status.OPENED, Status.RESOLVED], [], "resolved", "the condition ended"),
        ([Status.OPENED, Status.RETRACTED], [done(Step.ACKNOWLEDGED, 5)], "resolved", "the movement was taken back"),
        ([Status.ESCALATED], [], "open", "the opening was held back, the escalation told"),
    ],
)
def test_the_state_follows_from_what_was_told_and_done(told: list[Status], steps: list[Done], state: str, why: str) -> None:
    assert item_row([said(status) for status in reversed(told)], steps, ZONE)["state"] == state, why


def test_the_latest_message_gives_severity_status_and_body_and_the_latest_alert_the_title() -> None:
    row = item_row([said(Status.RESOLVED, severity=Severity.INFO, due_by=None), said(Status.OPENED), said(Status.ESCALATED)], [], ZONE)
    assert (row["severity"], row["status"], row["title"]["en"]) == (Severity.INFO.rank, "resolved", "escalated")
    assert row["due_by"] is None
    assert (row["opened_at"], row["changed_at"]) == (NOON, NOON + timedelta(hours=2))


def test_the_day_is_a_date_of_the_bank_s_time_zone() -> None:
    late = NOON.replace(hour=16, minute=30)
    assert item_row([Told(notification(at=late), late)], [], ZONE)["day"].isoformat() == "2026-03-03"
