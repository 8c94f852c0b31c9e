"""What the bank has agreed with its customers and knows of them: plans, risk, standing orders, when they came and were last spoken with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from schemas.customers import StandingOrder
from schemas.movements import LIABILITIES, AssetClass
from wealthwatch.simulation.parts import Part
from wealthwatch.simulation.products import RATES

if TYPE_CHECKING:
    from wealthwatch.simulation.population import Client

WITH_A_PLAN = (0.0, 0.2, 0.5, 0.7)
"""How many people of each tier have agreed an allocation."""
STEP = 200
"""A plan's shares are whole multiples of one in so many."""
SOLD_TOO_MUCH_RISK = 0.03
NONE = Part(0, 0)


class Advice:
    """Makes up the second half of a profile, which no movement depends on."""

    def __init__(self, random: Random, start: date) -> None:
        self._random = random
        self._start = start

    def about(self, client: Client, age: int, part: Part = NONE) -> dict[str, Any]:
        """The fields of a profile; `age` in days."""
        random = self._random
        since = client.comes_on or -random.randrange(40, min(age, 365 * 30))
        told: dict[str, Any] = {
            "risk_profile": part.risk_profile or self._risk(client),
            "born_on": self._start - timedelta(days=age),
            "customer_since": self._start + timedelta(days=since),
            "standing_orders": tuple(_standing(client, part)),
        }
        if part.birthday >= 0:
            told["born_on"] = self._years_before(part.birthday, 44)
        if part.anniversary >= 0:
            told["customer_since"] = self._years_before(part.anniversary, 12)
        if part.target:
            told["target_allocation"] = {AssetClass(name): Decimal(share) for name, share in part.target}
        elif not client.quiet and not client.company and random.random() < WITH_A_PLAN[client.tier]:
            told["target_allocation"] = _as_held(client)
        spoken = part.spoken or (random.randrange(1, 75) if client.tier and random.random() < 0.85 else 0)
        if spoken:
            told["last_contact_on"] = self._start - timedelta(days=spoken)
        return told

    def _risk(self, client: Client) -> int:
        """What fits the riskiest thing they hold, for nearly all."""
        riskiest = max(account.risk or 1 for account in client.accounts)
        if self._random.random() < SOLD_TOO_MUCH_RISK:
            return max(1, riskiest - 3)
        return min(5, max(1, riskiest - self._random.randrange(2)) + (self._random.random() < 0.3))

    def _years_before(self, day: int, years: int) -> date:
        on = self._start + timedelta(days=day)
        return on.replace(year=on.year - years)


def _standing(client: Client, part: Part) -> Iterator[StandingOrder]:
    amount, day = part.standing
    if not amount and not client.asleep:
        day = client.bill_days[0]
        if client.loans:
            amount = client.income * (4 if client.company else 22) // 100
        elif not client.company:
            amount = client.income * 18 // 10_000 * 100
    if amount:
        yield StandingOrder(account_id=client.current.number, amount=Decimal(amount).scaleb(-2), currency="CNY", day=day)


def _as_held(client: Client) -> dict[AssetClass, Decimal]:
    """A plan that was followed until the first day: the rest is kept ready."""
    held: Counter[str] = Counter()
    for account in client.accounts:
        if account.asset_class not in LIABILITIES:
            held[account.asset_class] += account.balance * RATES.get(account.currency, 10_000) // 10_000
    total = sum(held.values()) or 1
    steps = {name: round(worth * STEP / total) for name, worth in held.items()}
    steps[max(steps, key=lambda name: steps[name])] += STEP - sum(steps.values())
    return {AssetClass(name): Decimal(count) / STEP for name, count in steps.items() if count}
