"""What a change of settings adds and removes: two streams of notifications in the same order, joined as they pass.

A notification's id is derived from what opened it, so that the same finding has the same id under both settings. What only one of them
opens is added or removed. A condition (a sum over some days, say) that both find, but not at the same moment, is neither: it comes earlier
or later. Two openings are taken for the same finding if they have the same dedup_key and are at most `NEAR` apart.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from schemas.notifications import Status
from wealthwatch.backtesting.runs import Runs
from wealthwatch.backtesting.tally import Said

NEAR = timedelta(days=7)
COLUMNS = {
    "change": "VARCHAR",
    "rule": "VARCHAR",
    "customer_id": "VARCHAR",
    "manager_id": "VARCHAR",
    "occurred_at": "TIMESTAMPTZ",
    "occurred_at_before": "TIMESTAMPTZ",
    "severity": "VARCHAR",
    "severity_before": "VARCHAR",
    "notification_id": "VARCHAR",
    "title": 'STRUCT("zh-CN" VARCHAR, en VARCHAR)',
}
"""The SQL types of a change in Parquet."""
_encode = msgspec.json.Encoder().encode


class Change(StrEnum):
    """What became of a notification under the other settings."""

    ADDED = "added"
    REMOVED = "removed"
    EARLIER = "earlier"
    LATER = "later"
    SEVERITY = "severity"


@dataclass(slots=True)
class Changes:
    """How many of each kind, for which rules and for whom."""

    same: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    by_rule: dict[str, Counter[str]] = field(default_factory=dict)
    by_customer: dict[str, Counter[str]] = field(default_factory=dict)
    by_manager: dict[str, Counter[str]] = field(default_factory=dict)
    manager_of: dict[str, str] = field(default_factory=dict)


class Comparison:
    """Takes pairs in the order of time: what the settings in force opened, what the others did, or both of one id."""

    def __init__(self, runs: Runs) -> None:
        self.changes = Changes()
        self._runs = runs
        self._waiting: dict[tuple[str, str], deque[tuple[Said, bool]]] = {}
        """By customer and dedup_key: openings of one side alone, and whether they are of the other settings."""
        self._order: deque[tuple[datetime, tuple[str, str]]] = deque()

    def take(self, before: Said | None, after: Said | None) -> None:
        """Take what has the same id on both sides, or stands on one side alone."""
        if before is not None and after is not None:
            if before.severity == after.severity:
                self.changes.same += 1
            else:
                self._tell(Change.SEVERITY, before, after)
            return
        one = before or after
        assert one is not None
        self._expire(one.occurred_at - NEAR)
        key, is_new = (one.customer_id, one.dedup_key), before is None
        waiting = self._waiting.setdefault(key, deque())
        if waiting and waiting[0][1] is not is_new:
            other = waiting.popleft()[0]
            old, new = (other, one) if is_new else (one, other)
            self._tell(Change.LATER if old.occurred_at < new.occurred_at else Change.EARLIER, old, new)
        else:
            waiting.append((one, is_new))
            self._order.append((one.occurred_at, key))

    def close(self) -> Changes:
        """What is still waiting has no partner."""
        self._expire(None)
        return self.changes

    def _expire(self, before: datetime | None) -> None:
        while self._order and (before is None or self._order[0][0] < before):
            at, key = self._order.popleft()
            waiting = self._waiting.get(key)
            if waiting and waiting[0][0].occurred_at == at:
                one, is_new = waiting.popleft()
                self._tell(Change.ADDED if is_new else Change.REMOVED, None if is_new else one, one if is_new else None)
            if not waiting:
                self._waiting.pop(key, None)

    def _tell(self, change: Change, before: Said | None, after: Said | None) -> None:
        one = after or before
        assert one is not None
        changes = self.changes
        changes.kinds[change] += 1
        changes.by_rule.setdefault(one.rule.name, Counter())[change] += 1
        changes.by_customer.setdefault(one.customer_id, Counter())[change] += 1
        if one.manager_id is not None:
            changes.by_manager.setdefault(one.manager_id, Counter())[change] += 1
            changes.manager_of[one.customer_id] = one.manager_id
        line: dict[str, Any] = {
            "change": change,
            "rule": one.rule.name,
            "customer_id": one.customer_id,
            "manager_id": one.manager_id,
            "occurred_at": after and after.occurred_at,
            "occurred_at_before": before and before.occurred_at,
            "severity": after and after.severity,
            "severity_before": before and before.severity,
            "notification_id": one.notification_id,
            "title": one.title,
        }
        key = f"{one.occurred_at.isoformat()}\0{one.customer_id}\0{one.rule.name}\0{one.notification_id}\0{change}".encode()
        self._runs.add(key, _encode({name: value for name, value in line.items() if value is not None}))


def joined(before: Iterator[tuple[bytes, Said]], after: Iterator[tuple[bytes, Said]]) -> Iterator[tuple[Said | None, Said | None]]:
    """Pair the openings of two streams by their keys; both are in the order of the keys.

    Args:
        before: key and notification under the settings in force; the key ends in the message's id, which is left out of account.
        after: the same under the others.
    """
    left, right = _openings(before), _openings(after)
    old, new = next(left, None), next(right, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old[0] < new[0]):
            assert old is not None
            yield old[1], None
            old = next(left, None)
        elif old is None or new[0] < old[0]:
            yield None, new[1]
            new = next(right, None)
        else:
            yield old[1], new[1]
            old, new = next(left, None), next(right, None)


def _openings(stream: Iterator[tuple[bytes, Said]]) -> Iterator[tuple[bytes, Said]]:
    for key, one in stream:
        if one.status == Status.OPENED:
            yield key.rpartition(b"\0")[0], one
