"""Valid messages for tests of the notifier; a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from schemas.customers import Segment
from schemas.message import cloud_event
from schemas.movements import AssetClass, Direction, Kind
from schemas.notifications import Evidence, Notification, NotificationKind, RuleReference, Status, Trigger, Words
from schemas.rules import Mode, Severity
from schemas.silences import Silence

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


def notification(
    number: int = 1,
    status: Status = Status.OPENED,
    *,
    about: str | None = None,
    mode: Mode = Mode.LIVE,
    rule: str = "large_outflow",
    after: timedelta = timedelta(),
    **fields: Any,
) -> Notification:
    """A message.

    Args:
        number: makes its message_id.
        status: what it says.
        about: makes the notification_id; by default each message is about a notification of its own.
        mode: of the rule.
        rule: its name.
        after: its event time, counted from NOON.
        fields: replace those of the model.
    """
    customer_id = fields.pop("customer_id", "C1")
    content: dict[str, Any] = {
        "message_id": uuid5(NAMESPACE_OID, f"message {number}"),
        "notification_id": uuid5(NAMESPACE_OID, f"notification {about or number}"),
        "kind": NotificationKind.EVENT,
        "status": status,
        "rule": RuleReference(rule_id="R02", name=rule, version=1, mode=mode),
        "severity": Severity.WARNING,
        "customer_id": customer_id,
        "manager_id": "M1",
        "branch": "east/pudong/lujiazui",
        "segment": Segment.PERSONAL,
        "tier": "gold",
        "base_currency": "CNY",
        "evidence": evidence(),
        "title": Words(chinese="大额转出", english="Large outflow"),
        "body": Words(chinese="王小明转出 60 万元", english="Wang Xiaoming moved ¥600,000 out"),
        "suggested_action": Words(chinese="致电客户", english="Call the customer"),
        "occurred_at": NOON + after,
        "detected_at": NOON + after,
        "dedup_key": f"{customer_id}/{rule}",
        "group_key": customer_id,
    }
    return Notification(**{**content, **fields})


def evidence(*movements: str) -> Evidence:
    """The evidence of a large outflow that these movements, as source/event_id, triggered."""
    return Evidence(
        measured=Decimal(600_000),
        unit="money",
        threshold=Decimal(100_000),
        bands=(),
        aum_before=Decimal(1_600_000),
        aum_after=Decimal(1_000_000),
        net_assets_after=Decimal(1_000_000),
        allocation_before={AssetClass.DEMAND_DEPOSIT: Decimal(1_600_000)},
        allocation_after={AssetClass.DEMAND_DEPOSIT: Decimal(1_000_000)},
        triggers=tuple(_trigger(*movement.split("/")) for movement in movements),
    )


def _trigger(source: str, event_id: str) -> Trigger:
    return Trigger(
        source=source,
        event_id=event_id,
        account_id="A1",
        occurred_at=NOON,
        kind=Kind.TRANSFER_OUT,
        direction=Direction.DEBIT,
        amount=Decimal(600_000),
        currency="CNY",
    )


def record(message: Notification) -> tuple[str, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers, as the detector writes them."""
    headers = cloud_event(f"notification.{message.status}", str(message.message_id), "/wealthwatch/detector", message.occurred_at)
    return message.customer_id, message.model_dump_json().encode(), headers


def silence(silence_id: str = "S1", *, starts: datetime = NOON, ends: datetime = NOON + timedelta(hours=1), **fields: Any) -> Silence:
    """A silence of an hour, about customer C1 unless the fields name something else."""
    scope = {"customer_id": "C1"} if not fields.keys() & {"customer_id", "rule", "manager_id", "branch"} else {}
    return Silence(silence_id=silence_id, asked_by="H1", starts_at=starts, ends_at=ends, **scope, **fields)
