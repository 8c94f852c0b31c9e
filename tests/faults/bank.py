"""The banks that are published: a plain one, and one whose hot customer makes half of all movements; and the load itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError

from handlers.feeds import load
from schemas.settings import Settings
from tests.e2e.banks import one_after_the_other
from wealthwatch.replaying import Pace, Replay, publish
from wealthwatch.replaying.resume import ResumePoint
from wealthwatch.simulation import Plan, write

START = date(2025, 3, 1)


@dataclass(frozen=True, slots=True)
class Bank:
    """A simulated bank on disk.

    Args:
        whole: movements in JSON lines, with profiles and prices beside them.
        movements: the same without anything beside, for the load: profiles are there before it.
        count: of movements.
    """

    whole: Path
    movements: Path
    count: int

    @classmethod
    def make(cls, folder: Path, seed: int, customers: int, days: int, hot: bool = False) -> Bank:
        """Simulate it; with `hot`, one customer makes half of all movements."""
        folder.mkdir(parents=True)
        whole, load_ = folder / "bank.jsonl", folder / "load" / "bank.jsonl"
        write(Plan(seed, customers, days, START), whole)
        if hot:
            _heat(whole)
        one_after_the_other(whole)
        load_.parent.mkdir()
        load_.hardlink_to(whole)
        return cls(whole, load_, sum(1 for _ in whole.open("rb")))


def _heat(whole: Path) -> None:
    """Let the first customer move, in an account of their own, whenever anyone does."""
    lines = whole.read_bytes().splitlines()
    first = json.loads(lines[0])
    found, balance = [], 0
    for number, line in enumerate(lines):
        at = json.loads(line)["occurred_at"]
        balance += 10 if number % 3 else -20
        found += [line, json.dumps(_small(first, number, balance, at)).encode()]
    whole.write_bytes(b"\n".join(found) + b"\n")


def _small(first: dict[str, Any], number: int, balance: int, at: str) -> dict[str, Any]:
    kept = {name: first[name] for name in ("schema_version", "source", "customer_id", "currency", "branch")}
    amount, direction = ("10.00", "credit") if number % 3 else ("20.00", "debit")
    return {
        **kept,
        "event_id": f"HOT{number}",
        "account_id": "HOT",
        "asset_class": "demand_deposit",
        "kind": "adjustment",
        "direction": direction,
        "amount": amount,
        "balance_after": f"{balance}.00",
        "booked_on": datetime.fromisoformat(at).date().isoformat(),
        "occurred_at": at,
    }


def publish_all(
    settings: Settings,
    bank: Bank,
    rate: float | None,
    slip: Callable[[int], list[bytes]],
    told: Callable[[int], None],
    stopped: Callable[[], bool],
) -> int:
    """Publish the bank's movements at a rate; goes on where it was whenever the broker has been away for too long.

    Args:
        settings: where.
        bank: what.
        rate: movements a second; None for as fast as can be.
        slip: asked before the movement of each number: lines that go before it, and are of no bank.
        told: how many movements are sent.
        stopped: whether it shall end before its time.

    Returns:
        How often it began anew.
    """
    feed, resume_file = load("jsonl"), bank.movements.with_name(f"{settings.kafka.topic_prefix}resume.json")

    def movements(path: Path) -> Iterator[bytes]:
        for number, line in enumerate(feed.movements(path)):
            assert isinstance(line, bytes)
            yield from slip(number)
            yield line

    whole = Replay(replace(feed, movements=movements), bank.movements, Pace(rate=rate), resume_file=resume_file)
    begun_anew = 0
    while True:
        resume = ResumePoint.read(resume_file) if resume_file.is_file() else None
        try:
            publish(settings, replace(whole, resume=resume), lambda progress: told(progress.movements), stopped)
        except KafkaError:
            begun_anew += 1
        else:
            return begun_anew
