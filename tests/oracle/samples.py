"""Samples by hand: a few movements written as short as they can be, so that a case reads as the rule's text does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from schemas.settings import Settings
from tests.oracle import Finding, Paths, Thresholds, expected

CREDITS = {"deposit", "transfer_in", "salary", "adjustment", "interest"}


class Sample:
    """Gathers movements of one or more customers and asks the oracle."""

    def __init__(self, folder: Path, tier: str | None = None, *, thresholds: Thresholds | None = None, **settings: Any) -> None:
        self.path = folder / "hand.jsonl"
        self._lines: list[dict[str, Any]] = []
        self._profiles: dict[str, dict[str, Any]] = {}
        self._thresholds = thresholds
        self._settings = Settings(**settings)
        self.profile("c", **({"tier": tier} if tier else {}))
        price = {"schema_version": 1, "of": "USD", "currency": "CNY", "price": "7.1234", "at": "2025-01-01T00:00:00+08:00"}
        (folder / "hand.prices.jsonl").write_text(json.dumps(price) + "\n", encoding="utf-8")

    def profile(self, customer_id: str, **more: Any) -> None:
        """Who a customer is, instead of what was said before."""
        self._profiles[customer_id] = {"schema_version": 1, "customer_id": customer_id, "name": "n", **more}

    def add(self, at: str, kind: str, amount: str, account: str = "a", direction: str | None = None, **more: Any) -> str:
        """One movement at a time such as `01-31 09:30:00` of 2025 (or with its year), at +08:00; returns its event_id."""
        when = at if at.count("-") == 2 else f"2025-{at}"
        event_id = f"e{len(self._lines)}"
        line = {
            "schema_version": 1,
            "event_id": event_id,
            "source": "hand",
            "account_id": account,
            "customer_id": "c",
            "asset_class": "demand_deposit",
            "kind": kind,
            "direction": direction or ("credit" if kind in CREDITS else "debit"),
            "amount": amount,
            "currency": "CNY",
            "occurred_at": when.replace(" ", "T") + "+08:00",
            **more,
        }
        self._lines.append(line)
        return event_id

    def opens_with(self, amount: str, at: str = "01-01 00:00:00", account: str = "a", **more: Any) -> str:
        """An opening balance."""
        return self.add(at, "adjustment", amount, account, snapshot=True, **more)

    def take_back(self, event_id: str, at: str) -> str:
        """A reversal of an earlier movement."""
        original = next(line for line in self._lines if line["event_id"] == event_id)
        undone = {"event_id": event_id, "occurred_at": original["occurred_at"], "kind": original["kind"]}
        same = {key: original[key] for key in ("customer_id", "asset_class", "currency", "counterparty") if key in original}
        direction = "debit" if original["direction"] == "credit" else "credit"
        return self.add(at, "reversal", original["amount"], original["account_id"], direction, reverses=undone, **same)

    def write(self) -> Paths:
        """The files as the oracle takes them."""
        profiles = "".join(json.dumps(profile) + "\n" for profile in self._profiles.values())
        self.path.with_name("hand.customers.jsonl").write_text(profiles, encoding="utf-8")
        self.path.write_text("".join(json.dumps(line) + "\n" for line in self._lines), encoding="utf-8")
        return Paths.beside(self.path)

    def findings(self, rule: str) -> list[Finding]:
        """What the oracle finds of a rule, in order of time, and of ids at one time."""
        found = expected(self.write(), self._settings, {rule}, self._thresholds)
        return sorted(found, key=lambda one: (one.at, one.window, one.customer_id, one.event_id or ""))

    def triggers(self, rule: str) -> list[str | None]:
        """The event_ids of a rule's findings."""
        return [one.event_id for one in self.findings(rule)]
