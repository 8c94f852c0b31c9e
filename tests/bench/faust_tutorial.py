"""The peer: a Faust agent as Faust's own tutorial writes one: one movement at a time, a Table of balances. Configured by environment."""

from __future__ import annotations

import os
from datetime import datetime
from decimal import Decimal

import faust

from schemas.movements import FLOWS, Flow
from tests.bench.job import FLOOR, PERCENT

app = faust.App(
    os.environ["BENCH_APP"],
    broker=f"kafka://{os.environ['BENCH_BOOTSTRAP']}",
    topic_partitions=int(os.environ["BENCH_PARTITIONS"]),
    topic_replication_factor=1,
    consumer_auto_offset_reset="earliest",
    datadir=os.environ["BENCH_FOLDER"],
    web_enabled=False,
)
EXTERNAL = {kind.value for kind, flow in FLOWS.items() if flow is Flow.EXTERNAL}


class Counterparty(faust.Record):
    """The other side."""

    name: str
    account: str
    bank: str


class Movement(faust.Record, serializer="json", coerce=True):
    """The whole message, typed, as the job needs it: money is exact and time is time."""

    schema_version: int
    event_id: str
    source: str
    account_id: str
    customer_id: str
    branch: str
    asset_class: str
    kind: str
    direction: str
    amount: Decimal
    currency: str
    balance_after: Decimal
    product: str
    occurred_at: datetime
    booked_on: str
    bank_transaction_code: str
    counterparty: Counterparty
    channel: str


movements = app.topic(os.environ["BENCH_TOPIC"], value_type=Movement)
notifications = app.topic(os.environ["BENCH_OUTPUT"], value_serializer="json")
balances = app.Table("balances")


@app.agent(movements)
async def watch(stream: faust.Stream[Movement]) -> None:
    """One movement at a time."""
    async for movement in stream:
        amount, kept = movement.amount, balances.get(movement.customer_id)
        change = amount if movement.direction == "credit" else -amount
        before = movement.balance_after - change if kept is None else kept
        balances[movement.customer_id] = before + change
        if movement.direction == "credit" and movement.kind in EXTERNAL and amount >= max(FLOOR, before * PERCENT / 100):
            told = {"rule": "large_inflow", "event_id": movement.event_id, "measured": str(amount), "aum_before": str(before)}
            await notifications.send(key=movement.customer_id, value=told)


if __name__ == "__main__":
    app.main()
