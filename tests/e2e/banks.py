"""Banks that a detector and a backtest decide alike, and what of their messages must be the same."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from schemas.notifications import Notification
from schemas.settings import Settings
from schemas.topics import CUSTOMERS, PRICES
from tests.brokers.records import produce
from wealthwatch.simulation import Plan, write

Rows = list[tuple[bytes, bytes]]
"""Records, key and value."""


def movements_of(plan: Plan, folder: Path) -> Rows:
    """A simulated bank's movements, keyed; its files are written to the folder."""
    sample = folder / "sample.jsonl"
    write(plan, sample)
    return [(json.loads(line)["customer_id"].encode(), line) for line in sample.read_bytes().splitlines()]


class Decided(NamedTuple):
    """What must be the same of a message, whoever decided it."""

    message_id: str
    notification_id: str
    rule: str
    version: int
    mode: str
    status: str
    severity: str
    measured: str
    threshold: str

    @classmethod
    def of(cls, said: Notification) -> Decided:
        rule, evidence = said.rule, json.loads(said.evidence.model_dump_json())
        ids = str(said.message_id), str(said.notification_id)
        return cls(*ids, rule.name, rule.version, rule.mode, said.status, said.severity, evidence["measured"], evidence["threshold"])


def one_after_the_other(sample: Path) -> None:
    """No two members of a household move in the same second: of those a broker's lower partition is first, and a file's earlier line."""
    profiles = map(json.loads, sample.with_suffix(".customers.jsonl").read_bytes().splitlines())
    household = {profile["customer_id"]: profile.get("household_id") or profile["customer_id"] for profile in profiles}
    last: dict[str, tuple[datetime, str]] = {}
    found = []
    for made in map(json.loads, sample.read_bytes().splitlines()):
        at, who = datetime.fromisoformat(made["occurred_at"]), made["customer_id"]
        before, mover = last.get(household[who], (at, who))
        at = max(at, before if mover == who else before + timedelta(seconds=1))
        last[household[who]] = at, who
        found.append((at, json.dumps({**made, "occurred_at": at.isoformat()}, ensure_ascii=False)))
    sample.write_text("".join(f"{line}\n" for _, line in sorted(found, key=lambda one: one[0])), encoding="utf-8")


def publish_beside(settings: Settings, sample: Path) -> None:
    """Profiles and prices: the workers know them before the first movement comes."""
    for topic, key in ((CUSTOMERS, "customer_id"), (PRICES, "of")):
        lines = sample.with_suffix(f".{topic.name}.jsonl").read_bytes().splitlines()
        produce(settings, topic, [(json.loads(line)[key], line) for line in lines])
