"""Builds valid messages by hand, with what a test cares about and sensible values for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from schemas.customers import Customer
from schemas.follow_ups import FollowUp, Step
from schemas.journal import JournalEntry, Verdict
from schemas.managers import Channel, Manager
from schemas.movements import AssetClass, Direction, Kind
from schemas.notifications import (
    Band,
    Evidence,
    Notification,
    NotificationKind,
    RuleReference,
    Status,
    Trigger,
    Words,
)
from schemas.positions import AccountPosition, DailyClose, Position
from schemas.rules import Mode, Severity

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Noon in Shanghai on a Monday."""

RULE_IDS = {"large_inflow": "R01", "large_outflow": "R02", "full_sweep": "R22", "cumulative_outflow": "R11", "tier_up": "R40"}


def manager(manager_id: str = "M1", name: str = "王敏", **more: Any) -> Manager:
    return Manager(**{"manager_id": manager_id, "name": name, "branch": "上海/浦东/陆家嘴", **more})


def customer(customer_id: str = "C1", name: str = "陈立", manager_id: str | None = "M1", **more: Any) -> Customer:
    return Customer(**{"customer_id": customer_id, "name": name, "manager_id": manager_id, "branch": "上海/浦东/陆家嘴", **more})


def notification(
    customer_id: str = "C1",
    *,
    rule: str = "large_inflow",
    severity: Severity = Severity.WARNING,
    status: Status = Status.OPENED,
    amount: Decimal = Decimal("1250000.0000"),
    at: datetime = NOON,
    notification_id: UUID | None = None,
    **more: Any,
) -> Notification:
    identity = notification_id or uuid4()
    before = {AssetClass.DEMAND_DEPOSIT: Decimal("400000.0000"), AssetClass.FUND: Decimal("600000.0000")}
    after = {**before, AssetClass.DEMAND_DEPOSIT: Decimal("400000.0000") + amount}
    trigger = Trigger(
        source="core",
        event_id=f"E-{identity}",
        account_id=f"{customer_id}-01",
        occurred_at=at,
        kind=Kind.TRANSFER_IN,
        direction=Direction.CREDIT,
        amount=amount,
        currency="CNY",
        counterparty="对方银行",
    )
    values: dict[str, Any] = {
        "message_id": uuid4(),
        "notification_id": identity,
        "kind": NotificationKind.EVENT,
        "status": status,
        "rule": RuleReference(rule_id=RULE_IDS.get(rule, "R99"), name=rule, version=1, mode=Mode.LIVE),
        "severity": severity,
        "customer_id": customer_id,
        "manager_id": "M1",
        "branch": "上海/浦东/陆家嘴",
        "segment": "personal",
        "tier": "gold",
        "base_currency": "CNY",
        "evidence": Evidence(
            measured=amount,
            unit="money",
            threshold=Decimal("500000.0000"),
            bands=(
                Band(severity=Severity.NOTICE, lower=Decimal("500000.0000")),
                Band(severity=Severity.WARNING, lower=Decimal("1000000.0000")),
            ),
            aum_before=Decimal("1000000.0000"),
            aum_after=Decimal("1000000.0000") + amount,
            net_assets_after=Decimal("1000000.0000") + amount,
            allocation_before=before,
            allocation_after=after,
            triggers=(trigger,),
            facts={"abs_floor": "100000", "pct": "0.10", "tier": "gold"},
        ),
        "title": Words(chinese="大额资金流入", english="Large inflow"),
        "body": Words(chinese="客户收到一笔行外资金125.00万元。", english="The customer received ¥1,250,000.00 from outside the bank."),
        "suggested_action": Words(chinese="今日致电了解资金来源。", english="Call today and learn where it comes from."),
        "occurred_at": at,
        "detected_at": at + timedelta(seconds=1),
        "due_by": at + timedelta(hours=4),
        "dedup_key": f"{rule}:{customer_id}",
        "group_key": customer_id,
    }
    return Notification(**{**values, **more})


def telling(message: Notification, *, at: datetime | None = None, **more: Any) -> JournalEntry:
    """Say that the message was told in the inbox."""
    values: dict[str, Any] = {
        "entry_id": uuid4(),
        "message_id": message.message_id,
        "notification_id": message.notification_id,
        "customer_id": message.customer_id,
        "manager_id": message.manager_id,
        "verdict": Verdict.TOLD,
        "channel": Channel.INBOX,
        "attempts": 1,
        "at": at or message.detected_at + timedelta(seconds=1),
    }
    return JournalEntry(**{**values, **more})


def position(
    customer_id: str = "C1",
    *,
    at: datetime = NOON,
    allocation: Mapping[AssetClass, Decimal] | None = None,
    closes: Mapping[str, str] | None = None,
    **more: Any,
) -> Position:
    held = dict(allocation or {AssetClass.DEMAND_DEPOSIT: Decimal("1650000.0000"), AssetClass.FUND: Decimal("600000.0000")})
    aum = sum((value for value in held.values() if value > 0), Decimal(0))
    values: dict[str, Any] = {
        "customer_id": customer_id,
        "as_of": at,
        "base_currency": "CNY",
        "aum": aum,
        "net_assets": sum(held.values(), Decimal(0)),
        "allocation": held,
        "accounts": tuple(
            AccountPosition(account_id=f"{customer_id}-{name}", asset_class=name, currency="CNY", balance=value, value=value)
            for name, value in held.items()
        ),
        "closes": tuple(DailyClose(on=on, aum=value) for on, value in (closes or {}).items()),
        "segment": "personal",
        "tier": "gold",
        "manager_id": "M1",
    }
    return Position(**{**values, **more})


def follow_up(message: Notification, step: Step = Step.ACKNOWLEDGED, **more: Any) -> FollowUp:
    values: dict[str, Any] = {
        "follow_up_id": uuid4(),
        "notification_id": message.notification_id,
        "customer_id": message.customer_id,
        "manager_id": "M1",
        "step": step,
        "at": message.detected_at + timedelta(minutes=5),
    }
    return FollowUp(**{**values, **more})
