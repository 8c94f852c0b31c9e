"""The stories of R12 to R19, R41 and R43 for the suite of every rule, and how their numbers are recomputed from what the evidence says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from schemas.notifications import Notification
from tests.streams.builders import Detector

SIX = Decimal("0.000001")


def drained(detector: Detector, who: str) -> None:
    detector.move("2025-01-01 00:00", "100000", "adjustment", snapshot=True, customer_id=who)
    detector.move("2025-03-10 09:00", "25000.5", "withdrawal", customer_id=who)
    detector.move("2025-03-12 09:00", "20000", customer_id=who)


def spiked(detector: Detector, who: str) -> None:
    for number in range(40):
        detector.move(f"{date(2025, 1, 1) + timedelta(days=number)} 09:00", f"{1000 + 37 * (number % 7)}.5", customer_id=who)
    detector.move("2025-02-15 09:00", "60000", customer_id=who)
    detector.until("2025-02-17 00:00", who)


def bursting(detector: Detector, who: str) -> None:
    for number in range(15):
        detector.move(f"{date(2025, 1, 6) + timedelta(days=5 * number)} 09:00", "10", "card_payment", customer_id=who)
    for hour in range(9, 17):
        detector.move(f"2025-03-24 {hour:02}:00", "10", "card_payment", customer_id=who)
    detector.until("2025-04-10 00:00", who)


def silent(detector: Detector, who: str) -> None:
    for number in range(75):
        detector.move(f"{date(2024, 7, 1) + timedelta(days=3 * number)} 09:00", "1000", "card_payment", customer_id=who)
    for number in range(9):
        detector.move(f"{date(2025, 3, 20) + timedelta(days=number)} 09:00", "1000", "card_payment", customer_id=who)
    detector.until("2025-06-01 00:00", who)


def peaking(detector: Detector, who: str) -> None:
    for month in range(1, 8):
        detector.move(f"2024-{month:02}-28 09:00", f"{1000 + month}", customer_id=who)
    detector.move("2024-08-10 09:00", "1510.5", customer_id=who)
    detector.until("2024-09-02 00:00", who)


def turned(detector: Detector, who: str) -> None:
    for week in range(34):
        amount, kind = (f"{3000 + 700 * (week % 3)}", "deposit") if week < 27 else ("6000", "withdrawal")
        detector.move(f"{date(2024, 1, 3) + timedelta(weeks=week)} 09:00", amount, kind, customer_id=who)
    detector.until("2025-06-01 00:00", who)


def sinking(detector: Detector, who: str) -> None:
    for on, amount in (("2025-01-01", "300000"), ("2025-02-20", "240000"), ("2025-03-08", "205000"), ("2025-04-20", "90000")):
        detector.move(f"{on} 09:00", amount, "adjustment", snapshot=True, customer_id=who)
    detector.until("2025-07-01 00:00", who)


def unnoticed(detector: Detector, who: str) -> None:
    detector.move("2025-01-01 00:00", "10000", "adjustment", snapshot=True, customer_id=who)
    for month in (1, 2, 3):
        detector.move(f"2025-{month:02}-10 09:00", "45000.5", "salary", customer_id=who)
        detector.move(f"2025-{month:02}-11 09:00", "44000", "transfer_out", customer_id=who)
    detector.until("2025-06-01 00:00", who)


STORIES: tuple[Callable[[Detector, str], None], ...] = (drained, spiked, bursting, silent, peaking, turned, sinking, unnoticed)


def down(value: Fraction) -> Decimal:
    """Rounded down to a millionth."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(SIX, ROUND_FLOOR)


def of(one: Notification, fact: str) -> Fraction:
    return Fraction(Decimal(one.evidence.facts[fact]))


def nearly(found: Fraction, told: Decimal) -> Decimal:
    """What was told, if the facts, which are rounded, give it to six digits."""
    assert abs(found - Fraction(told)) <= max(abs(found), Fraction(1)) / 10**6
    return told


def drain(one: Notification) -> tuple[Decimal, Decimal]:
    window = one.evidence.window
    assert window is not None
    ratio = max(Fraction(0), of(one, "net_outflow") / of(one, "aum_at_start"))
    return down(ratio), {"30d": Decimal("0.2"), "90d": Decimal("0.35")}[window.name]


def spike(one: Notification) -> tuple[Decimal, Decimal]:
    if abs(of(one, "net_flow")) < of(one, "abs_floor"):
        return Decimal(0), Decimal(3)
    return nearly(abs(of(one, "net_flow") - of(one, "mean")) / of(one, "deviation"), one.evidence.measured), Decimal(3)


def burst(one: Notification) -> tuple[Decimal, Decimal]:
    debits, blocks, total, squares = (int(one.evidence.facts[name]) for name in ("debits", "blocks", "block_debits", "block_squares"))
    if debits < 5 or blocks * debits <= total:
        return Decimal(0), Decimal(3)
    deviation = (Decimal(squares) / blocks - (Decimal(total) / blocks) ** 2).sqrt()
    return ((debits - Decimal(total) / blocks) / deviation).quantize(SIX, ROUND_FLOOR), Decimal(3)


def drop(one: Notification) -> tuple[Decimal, Decimal]:
    recent, before = of(one, "recent"), of(one, "before")
    return down(6 * recent / before) if before >= 30 else Decimal(1), Decimal("0.5")


def peak(one: Notification) -> tuple[Decimal, Decimal]:
    assert of(one, "months_with_flow") >= 6
    return down(of(one, "flow") / of(one, "peak")), Decimal("1.5")


def turn(one: Notification) -> tuple[Decimal, Decimal]:
    return nearly(of(one, "cusum") / of(one, "sigma"), one.evidence.measured), Decimal(5)


def sink(one: Notification) -> tuple[Decimal, Decimal]:
    return nearly(2 * of(one, "average") - of(one, "average_before"), one.evidence.measured), Decimal(one.evidence.facts["line"])


def lead(one: Notification) -> tuple[Decimal, Decimal]:
    assert of(one, "needed_flow") == 5 * max(of(one, "average"), Fraction(200_000))
    return max(down(of(one, "through_flow") / of(one, "needed_flow")), down(of(one, "salary_level") / of(one, "salary"))), Decimal(1)


RECOMPUTE: dict[str, Callable[[Notification], tuple[Decimal, Decimal]]] = {
    "net_outflow_ratio": drain,
    "flow_spike": spike,
    "activity_spike": burst,
    "activity_drop": drop,
    "above_previous_peak": peak,
    "change_point": turn,
    "tier_down_risk": sink,
    "potential_high_net_worth": lead,
}
