"""The one job that every system of the benchmark does, as the peers in Python do it; needs pydantic and `schemas` alone.

Decode and validate the movement by its contract, keep a balance for each customer, tell `large_inflow` (R01): one external credit of at
least max(FLOOR, PERCENT of the balance before it).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import TypeAdapter

from schemas.movements import FLOWS, Direction, Flow, Movement

FLOOR = 20_000
"""Of one movement, in whole units of its currency."""
PERCENT = 10
SCALE = 10_000
"""Money is kept in ten-thousandths, exact."""

decoded = TypeAdapter(Movement).validator.validate_json
"""The contract's own validator, bound once, which is faster than `Movement.model_validate_json`."""


def change(movement: Movement) -> int:
    """By how much it moves the balance."""
    amount = int(movement.amount.scaleb(4))
    return amount if movement.direction is Direction.CREDIT else -amount


def opening(movement: Movement) -> int:
    """The balance before a customer's first movement, where the feed states the one after it."""
    return 0 if movement.balance_after is None else int(movement.balance_after.scaleb(4)) - change(movement)


def large_inflow(movement: Movement, before: int, appended_ms: int) -> dict[str, str] | None:
    """What is told of the movement, if anything.

    Args:
        movement: decides.
        before: the balance before it.
        appended_ms: the timestamp of its record.
    """
    gate = max(FLOOR * SCALE, before * PERCENT // 100)
    if movement.direction is not Direction.CREDIT or FLOWS[movement.kind] is not Flow.EXTERNAL or change(movement) < gate:
        return None
    return {
        "rule": "large_inflow",
        "customer_id": movement.customer_id,
        "event_id": movement.event_id,
        "measured": str(movement.amount),
        "threshold": str(Decimal(gate).scaleb(-4)),
        "aum_before": str(Decimal(before).scaleb(-4)),
        "occurred_at": movement.occurred_at.isoformat(),
        "detected_at": datetime.fromtimestamp(appended_ms / 1_000, UTC).isoformat(),
    }


def encoded(told: dict[str, str]) -> bytes:
    """As it goes to the topic."""
    return json.dumps(told, separators=(",", ":")).encode()
