"""The stories of R20 to R28 for the suite of every rule, and how their numbers are recomputed from what the evidence says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from schemas.movements import AssetClass
from schemas.notifications import Notification
from streams.customer import CLASSES, StandingOrder
from tests.streams.builders import Detector, world

SIX = Decimal("0.000001")
LIABILITIES = {AssetClass.LOAN, AssetClass.CREDIT_CARD}


def plan(**shares: int) -> list[int]:
    """A target allocation in hundredths, as a profile holds it."""
    return [shares.get(name.value, 0) * 10_000 for name in CLASSES]


def opened(detector: Detector, who: str, at: str, account: str, amount: str, asset_class: str, **more: Any) -> None:
    detector.move(at, amount, "adjustment", snapshot=True, customer_id=who, account_id=f"{who}-{account}", asset_class=asset_class, **more)


def swap(detector: Detector, who: str, at: str, source: str, to: str, amount: str) -> None:
    """Own money from one account to another, at the same instant; an account has the name of its class."""
    for account, direction in ((source, "debit"), (to, "credit")):
        detector.move(at, amount, "own_transfer", customer_id=who, account_id=f"{who}-{account}", asset_class=account, direction=direction)


def rent(detector: Detector, who: str) -> None:
    account = f"{who}-a"
    detector.profile(who, standing=[StandingOrder(account, 500_0000, 28, 0)])
    opened(detector, who, "2025-03-01 00:00", "a", "1000", "demand_deposit")
    detector.move("2025-03-21 09:00", "600.5", "withdrawal", customer_id=who, account_id=account)
    detector.move("2025-03-24 09:00", "225.5", customer_id=who, account_id=account)
    detector.move("2025-03-28 09:00", "725", "transfer_out", customer_id=who, account_id=account)
    detector.move("2025-03-30 09:00", "100", customer_id=who, account_id=account)


def idle(detector: Detector, who: str) -> None:
    opened(detector, who, "2025-03-01 00:00", "a", "60000", "demand_deposit")
    detector.move("2025-03-15 09:00", "20000", "bill_payment", customer_id=who, account_id=f"{who}-a")
    detector.until("2025-03-20 00:00", who)


def astray(detector: Detector, who: str) -> None:
    detector.profile(who, target=plan(demand_deposit=40, fund=60))
    opened(detector, who, "2025-03-01 00:00", "demand_deposit", "28000", "demand_deposit")
    opened(detector, who, "2025-03-01 00:00", "fund", "42000", "fund")
    swap(detector, who, "2025-03-10 09:00", "fund", "demand_deposit", "9333.33")
    swap(detector, who, "2025-03-20 09:00", "demand_deposit", "fund", "9333.33")
    detector.until("2025-03-25 00:00", who)


def shifted(detector: Detector, who: str) -> None:
    opened(detector, who, "2025-03-01 00:00", "demand_deposit", "70000.01", "demand_deposit")
    swap(detector, who, "2025-04-05 09:00", "demand_deposit", "fund", "13333.33")
    detector.until("2025-05-10 00:00", who)


def spread(detector: Detector, who: str) -> None:
    opened(detector, who, "2025-03-01 00:00", "demand_deposit", "30000", "demand_deposit")
    opened(detector, who, "2025-03-01 00:00", "bond", "33333.33", "bond", instrument="B1", issuer="X")
    opened(detector, who, "2025-03-01 00:00", "equity", "6666.67", "equity", instrument="E1", issuer="X")
    detector.until("2025-03-02 00:00", who)
    for at, to in (("2025-03-05 09:00", "fund"), ("2025-03-05 10:00", "time_deposit")):
        swap(detector, who, at, "bond", to, "16000")
    swap(detector, who, "2025-03-05 11:00", "demand_deposit", "equity", "13000")


def daring(detector: Detector, who: str) -> None:
    detector.profile(who, risk_profile=2)
    opened(detector, who, "2025-03-01 00:00", "demand_deposit", "30000", "demand_deposit")
    opened(detector, who, "2025-03-01 00:00", "equity", "60000", "equity", risk_score=5)
    detector.until("2025-03-02 00:00", who)
    swap(detector, who, "2025-03-05 09:00", "equity", "demand_deposit", "40000.01")


STORIES: tuple[Callable[[Detector, str], None], ...] = (rent, idle, astray, shifted, spread, daring)


def floor(share: Decimal) -> Decimal:
    return share.quantize(SIX, ROUND_FLOOR)


def assets(one: Notification) -> dict[str, Decimal]:
    return {name.value: value for name, value in one.evidence.allocation_after.items() if name not in LIABILITIES}


def low(one: Notification) -> tuple[Decimal, Decimal]:
    facts, rates = one.evidence.facts, {rate.currency: rate.rate for rate in one.evidence.rates}
    value = Decimal(facts["balance"]) * rates.get(facts["account_currency"], Decimal(1))
    if "until" in facts:
        assert facts["account_id"] == "rent-a"
        assert facts["until"] == {"2025-03-21": "2025-03-28", "2025-03-24": "2025-03-31"}[_local(one).isoformat()]
    return value.quantize(Decimal("0.0001")), Decimal(500 if "until" in facts else 0)


def changed(one: Notification) -> tuple[Decimal, Decimal]:
    window, facts = one.evidence.window, {name: Decimal(value) for name, value in one.evidence.facts.items()}
    assert window is not None
    assert facts["aum_then"] + facts["flow_part"] + facts["market_part"] == one.evidence.aum_after
    assert facts["aum_then"] + facts["change"] == one.evidence.aum_after
    if one.status.value in ("opened", "escalated"):
        assert max(facts["aum_then"], one.evidence.aum_after) >= facts["aum_floor"] == 50_000
    return floor(abs(facts["change"]) / facts["aum_then"]), {"1d": Decimal("0.1"), "30d": Decimal("0.2")}[window.name]


def lay_idle(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    if one.status.value == "opened":
        assert Decimal(facts["demand_deposits"]) >= Decimal(facts["limit"])
    return Decimal((_local(one) - date.fromisoformat(facts["since"])).days), Decimal(10)


def drifted(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    target = Decimal(facts["target"])
    closes = [Decimal(value) / Decimal(aum) for value, _, aum in (text.partition("/") for text in facts["closes"].split())]
    assert len(closes) == 3
    return floor(min(abs(weight - target) for weight in closes)), min(Decimal("0.05"), target / 4 if target else Decimal(1))


def astray_by(one: Notification) -> tuple[Decimal, Decimal]:
    words = one.evidence.facts["target"].split()
    target = {name: Decimal(share) for name, share in zip(words[::2], words[1::2], strict=True)}
    held = assets(one)
    off = sum(abs(held.get(name, 0) / one.evidence.aum_after - target.get(name, 0)) for name in {*held, *target})
    return floor(off / 2), Decimal("0.1")


def shifted_by(one: Notification) -> tuple[Decimal, Decimal]:
    words = one.evidence.facts["then"].split()
    then = {name: Decimal(value) for name, value in zip(words[::2], words[1::2], strict=True)}
    now, total = assets(one), sum(then.values())
    moved = sum(abs(now.get(name, 0) * total - then.get(name, 0) * one.evidence.aum_after) for name in {*now, *then})
    return floor(moved / (2 * total * one.evidence.aum_after)), Decimal("0.15")


def concentrated(one: Notification) -> tuple[Decimal, Decimal]:
    facts, aum = one.evidence.facts, one.evidence.aum_after
    assert aum >= Decimal(facts["aum_floor"]) == 50_000
    if one.dedup_key.endswith(":hhi"):
        assert Decimal(facts["squares"]) == sum(value * value for value in assets(one).values())
        return floor(Decimal(facts["squares"]) / (aum * aum)), Decimal("0.5")
    return floor(Decimal(facts["value"]) / aum), Decimal("0.4")


def risked(one: Notification) -> tuple[Decimal, Decimal]:
    facts = {name: Decimal(value) for name, value in one.evidence.facts.items()}
    above = facts["weighted"] / facts["owned"] - facts["risk_profile"]
    return above.quantize(SIX, ROUND_CEILING), Decimal(1)


def _local(one: Notification) -> date:
    return one.occurred_at.astimezone(world().calendar.zone).date()


RECOMPUTE: dict[str, Callable[[Notification], tuple[Decimal, Decimal]]] = {
    "low_balance": low,
    "aum_change": changed,
    "idle_cash": lay_idle,
    "class_drift": drifted,
    "total_drift": astray_by,
    "allocation_shift": shifted_by,
    "concentration": concentrated,
    "risk_mismatch": risked,
}
