"""Random small histories of several customers: every kind of movement, reversals, balances that agree and that do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from schemas.movements import Kind
from schemas.notifications import Notification
from schemas.prices import Price
from schemas.settings import Bank, Tier
from streams.customer import Customer
from streams.decide import decide, pass_time
from streams.posting import Posting
from streams.state import new_customer
from streams.world import World
from tests.streams.builders import CREDITS, instant, iso, posting, whole, world

START = instant("2025-03-10 08:00")
CURRENCIES = {"a1": "CNY", "a2": "CNY", "usd": "USD", "loan": "CNY"}
CLASSES = {"a1": "demand_deposit", "a2": "fund", "usd": "demand_deposit", "loan": "loan"}
AMOUNTS = ["0.01", "900", "20000", "44000", "49999.99", "50000", "60000", "100000", "250000", "900000", "9000000"]
KINDS = ["deposit", "transfer_in", "salary", "deposit", "withdrawal", "transfer_out", "card_payment", "transfer_out", "purchase"]
RARE = [kind.value for kind in Kind if kind is not Kind.REVERSAL]


@dataclass(frozen=True)
class Step:
    """One movement to be; `hours` after the one before, or before it."""

    customer: str
    account: str
    kind: str
    amount: str
    hours: float
    snapshot: bool
    balance: str | None
    reverses: int | None
    other: dict[str, str] | None


def steps(*, late: bool = False, plain: bool = False, customers: int = 2) -> st.SearchStrategy[Step]:
    """One step.

    Args:
        late: some come days late.
        plain: no snapshot, no balance (so no valuation), no reversal, nothing foreign.
        customers: so many.
    """
    hours = st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0, 15.5, 24.0, 26.0, 100.0, 400.0])
    return st.builds(
        Step,
        customer=st.sampled_from([f"c{number}" for number in range(customers)]),
        account=st.sampled_from([name for name in CURRENCIES if not (plain and name == "usd")]),
        kind=st.sampled_from(KINDS) | st.sampled_from([kind for kind in RARE if not (plain and kind == "valuation")]),
        amount=st.sampled_from(AMOUNTS),
        hours=hours | st.sampled_from([-1.0, -20.0, -90.0]) if late else hours,
        snapshot=st.just(False) if plain else st.sampled_from([False] * 9 + [True]),
        balance=st.none() if plain else st.sampled_from([None, None, None, "1000", "-50000", "250000"]),
        reverses=st.none() if plain else st.none() | st.integers(0, 9),
        other=st.none() if plain else st.sampled_from([None, None, {"account": "a2"}, {"customer_id": "c0"}, {"name": "ICBC"}]),
    )


def history(made: Iterable[Step], scale: int = 1) -> list[Posting]:
    """The movements of these steps, every amount `scale` times as large."""
    found: list[Posting] = []
    plain: list[dict[str, Any]] = []
    at = float(START)
    for place, step in enumerate(made):
        at += step.hours * 3_600
        credit = Kind(step.kind) in CREDITS
        values: dict[str, Any] = {
            "event_id": f"e{place}",
            "customer_id": step.customer,
            "account_id": f"{step.customer}-{step.account}",
            "asset_class": CLASSES[step.account],
            "currency": CURRENCIES[step.account],
            "kind": step.kind,
            "direction": "credit" if credit else "debit",
            "amount": str(Decimal(step.amount) * scale),
            "occurred_at": iso(int(at)),
            "snapshot": step.snapshot,
            "balance_after": None if step.balance is None else str(Decimal(step.balance) * scale),
            "counterparty": step.other,
        }
        if step.kind == "valuation" and step.balance is None:
            values["balance_after"] = str(Decimal(900) * scale)
        if step.reverses is not None and (reversible := [one for one in plain if one["customer_id"] == step.customer]):
            values = reversal(reversible[step.reverses % len(reversible)], values["event_id"], int(at))
        else:
            plain.append(values)
        found.append(posting(**values))
    return found


def reversal(original: dict[str, Any], event_id: str, at: int) -> dict[str, Any]:
    """The reversal of a movement."""
    return {
        **original,
        "event_id": event_id,
        "kind": "reversal",
        "direction": "debit" if original["direction"] == "credit" else "credit",
        "occurred_at": iso(at),
        "snapshot": False,
        "balance_after": None,
        "reverses": {"event_id": original["event_id"], "occurred_at": original["occurred_at"], "kind": original["kind"]},
    }


def a_world(scale: int = 1, **parameters: Any) -> World:
    """Rules with cooldowns, a rate, and every amount of the bank `scale` times as large."""
    tiers = tuple(Tier(name=tier.name, line=tier.line * scale, abs_floor=tier.abs_floor * scale) for tier in Bank().tiers)
    rules: dict[str, dict[str, Any]] = {
        "cumulative_outflow": {"parameters": {"cooldown_hours": 7}},
        "near_tier": {"parameters": {"cooldown_hours": 30}},
    }
    found = world(rules, bank=Bank(tiers=tiers), **parameters)
    found.rates.learn(Price(of="USD", currency="CNY", price=Decimal("7.1"), at=datetime(2025, 1, 1, tzinfo=UTC)))
    return found


@dataclass
class Run:
    """What became of a history."""

    world: World
    customers: dict[str, Customer]
    told: dict[str, list[Notification]]

    @classmethod
    def begin(cls, world: World | None = None) -> Run:
        """Nothing has happened yet."""
        return cls(world or a_world(), {}, {})

    def take(self, one: Posting) -> Run:
        """Decide a movement."""
        customer = self.customers.setdefault(one.customer_id, new_customer(one.customer_id))
        decision = decide(customer, one, datetime.fromtimestamp(one.at, UTC), self.world)
        self.told.setdefault(one.customer_id, []).extend(decision.notifications)
        return self

    def take_all(self, many: Iterable[Posting]) -> Run:
        """Decide movements in this order."""
        for one in many:
            self.take(one)
        return self

    def tick(self, to: int) -> Run:
        """Let time pass for everyone."""
        for customer_id, customer in self.customers.items():
            found = pass_time(customer, to, datetime.fromtimestamp(to, UTC), self.world)
            self.told[customer_id].extend(found)
        return self

    def states(self) -> dict[str, bytes]:
        """Everyone's state and memory as bytes."""
        return {customer_id: whole(customer) for customer_id, customer in self.customers.items()}

    def ids(self) -> dict[str, list[tuple[str, str]]]:
        """What was told to whom, in order: the notification's id and the message's."""
        return {who: [(str(one.notification_id), str(one.message_id)) for one in told] for who, told in self.told.items()}
