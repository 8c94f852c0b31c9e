"""Prices and rates on `wealth.prices` reach the decisions of a worker: those that are there when it starts, and those that come later."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from schemas.movements import AssetClass
from schemas.notifications import Notification
from schemas.settings import Settings
from schemas.topics import MOVEMENTS, NOTIFICATIONS, PRICES
from tests.brokers.records import await_records, produce
from tests.e2e.workers import Workers, workers
from tests.patience import PATIENCE_S

BEGIN = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


def price(of: str, costs: str, currency: str, at: datetime) -> tuple[bytes, bytes]:
    return of.encode(), json.dumps({"schema_version": 1, "of": of, "currency": currency, "price": costs, "at": at.isoformat()}).encode()


class Teller:
    """A customer of a minute's rhythm: each look is a large inflow and its outflow."""

    def __init__(self, settings: Settings, group: Workers) -> None:
        self._settings, self._group = settings, group
        self.now = BEGIN
        self._looks = 0

    def move(self, event_id: str, kind: str, direction: str, amount: str, **more: Any) -> None:
        """One movement, a minute after the last."""
        self.now += timedelta(minutes=1)
        told = {
            "schema_version": 1,
            "event_id": event_id,
            "source": "core",
            "account_id": "cash",
            "customer_id": "c1",
            "asset_class": "demand_deposit",
            "kind": kind,
            "direction": direction,
            "amount": amount,
            "currency": "CNY",
            "occurred_at": self.now.isoformat(),
            **more,
        }
        produce(self._settings, MOVEMENTS, [(b"c1", json.dumps(told).encode())])

    def look(self) -> Notification:
        """What the worker says of the customer now."""
        self._looks += 1
        event_id = f"in{self._looks}"
        self.move(event_id, "deposit", "credit", "5000000")
        self.move(f"out{self._looks}", "withdrawal", "debit", "5000000")
        (found,) = self._inflows(
            await_records(self._settings, NOTIFICATIONS, lambda told: bool(self._inflows(told, event_id)), until=self._group.trouble),
            event_id,
        )
        return found

    def _inflows(self, records: list[Any], event_id: str) -> list[Notification]:
        told = [Notification.model_validate_json(record.value) for record in records]
        return [one for one in told if one.rule.name == "large_inflow" and one.evidence.triggers[0].event_id == event_id]

    def look_until(self, worth: int) -> Notification:
        """Look until the fund is worth so much: the worker follows the prices on its own."""
        deadline = time.monotonic() + PATIENCE_S
        while (found := self.look()).evidence.allocation_after.get(AssetClass.FUND) != worth:
            assert time.monotonic() < deadline, f"the fund is worth {found.evidence.allocation_after} after {PATIENCE_S} s"
        return found


def test_a_price_and_a_rate_reach_the_decisions_of_a_running_worker(settings: Settings, tmp_path: Path) -> None:
    first = BEGIN - timedelta(days=1)
    produce(settings, PRICES, [price("F1", "10", "USD", first), price("USD", "7", "CNY", first)])
    with workers(settings, tmp_path / "logs") as group:
        worker = group.start()
        teller = Teller(settings, group)
        teller.move("e1", "purchase", "credit", "69000", account_id="f", asset_class="fund", instrument="F1", quantity="1000")
        (used,) = teller.look_until(70_000).evidence.prices
        assert (used.instrument, used.quantity, used.currency, used.price, used.at) == ("F1", 1_000, "USD", Decimal(10), first)
        produce(settings, PRICES, [price("F1", "11", "USD", teller.now)])
        (used,) = (found := teller.look_until(77_000)).evidence.prices
        assert used.price == Decimal(11)
        assert found.evidence.aum_before == 77_000, "the price is in what there was before the movement"
        produce(settings, PRICES, [price("USD", "7.2", "CNY", teller.now)])
        found = teller.look_until(79_200)
        assert [(rate.currency, rate.rate) for rate in found.evidence.rates] == [("USD", Decimal("7.2"))]
        group.stop(worker)
        group.start()
        again = teller.look().evidence
        assert again.allocation_after[AssetClass.FUND] == 79_200, "a new worker has read the prices before it decides"
