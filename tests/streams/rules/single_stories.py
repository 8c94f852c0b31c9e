"""Histories in which R03 to R06, R08, R16 and R17 speak, and how what they say is recomputed from their evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from statistics import median

from schemas.notifications import Notification
from tests.streams.builders import Detector

PAID = [str(Decimal(120) + Decimal("37.11") * place) for place in range(14)]
"""What a customer usually pays, before one payment that is not usual."""
SENT = {"2025-03-03": "45000.5", "2025-03-20": "60000", "2025-04-10": "30000"}
"""What goes to a competitor."""


def unusual(detector: Detector, who: str) -> None:
    detector.move("2025-01-01 00:00", "170000", "adjustment", snapshot=True, customer_id=who)
    for place, amount in enumerate(PAID):
        detector.move(f"2025-01-{place + 2:02} 09:00", amount, "card_payment", customer_id=who)
    detector.move("2025-02-01 09:00", "55000.5", "transfer_out", customer_id=who)


def stranger(detector: Detector, who: str) -> None:
    detector.move("2025-01-01 00:00", "900000", "adjustment", snapshot=True, customer_id=who)
    detector.move("2025-02-01 09:00", "100000.01", "transfer_out", customer_id=who, counterparty={"name": "Builder Ltd", "account": "**7"})


def rival(detector: Detector, who: str) -> None:
    detector.move("2025-01-01 00:00", "170000", "adjustment", snapshot=True, customer_id=who)
    for day, amount in SENT.items():
        detector.move(f"{day} 09:00", amount, "transfer_out", customer_id=who, counterparty={"name": "X", "bank": "Harbour Wealth"})
    detector.until("2025-08-01 00:00", who)


def broken_term(detector: Detector, who: str) -> None:
    fixed = {"customer_id": who, "account_id": "fixed", "asset_class": "time_deposit"}
    detector.move("2025-01-01 00:00", "300000.7", "adjustment", snapshot=True, maturity_date="2025-12-31", **fixed)
    detector.move("2025-02-01 09:00", "200000.1", "redemption", direction="debit", **fixed)


def borrower(detector: Detector, who: str) -> None:
    loan = {"customer_id": who, "account_id": "loan", "asset_class": "loan"}
    detector.move("2025-02-01 09:00", "400000", "loan_drawdown", direction="debit", **loan)
    detector.move("2025-03-01 09:00", "10", "interest", direction="debit", overdue_days=8, **loan)
    detector.move("2025-04-01 09:00", "300000", "loan_repayment", direction="credit", **loan)


def conduit(detector: Detector, who: str) -> None:
    detector.move("2025-02-01 09:00", "70000", customer_id=who)
    detector.move("2025-02-01 09:30", "60000", customer_id=who)
    detector.move("2025-02-02 09:00", "50000.5", "withdrawal", customer_id=who)
    detector.move("2025-02-02 10:00", "20000", "withdrawal", customer_id=who)


def drips(detector: Detector, who: str) -> None:
    detector.move("2025-01-01 00:00", "170000", "adjustment", snapshot=True, customer_id=who)
    for day in range(1, 7):
        detector.move(f"2025-02-{day:02} 09:00", "11000.25", "transfer_out", customer_id=who, counterparty={"account": "****9"})
    detector.until("2025-06-01 00:00", who)


STORIES: tuple[Callable[[Detector, str], None], ...] = (unusual, stranger, rival, broken_term, borrower, conduit, drips)


def millionths(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"), ROUND_FLOOR)


def log(amount: Decimal) -> Decimal:
    return amount.log10().quantize(Decimal("1e-12"))


def in_base(one: Notification) -> Decimal:
    """The amount of the movement in the base currency."""
    (trigger,) = one.evidence.triggers
    rates = {rate.currency: rate.rate for rate in one.evidence.rates} | {one.base_currency: Decimal(1)}
    amount: Decimal = trigger.amount * rates[trigger.currency]
    return amount.quantize(Decimal("0.0001"))


def stood_out(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    if one.customer_id == "unusual":
        logs = [log(Decimal(amount)) for amount in PAID]
        centre = median(logs)
        assert (Decimal(facts["median"]), Decimal(facts["mad"])) == (centre, median(abs(log - centre) for log in logs))
        assert int(facts["compared"]) == len(PAID)
    return millionths(Decimal("0.6745") * (log(in_base(one)) - Decimal(facts["median"])) / Decimal(facts["mad"])), Decimal("3.5")


def first_paid(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    gate = max(Decimal(facts["abs_floor"]), Decimal(facts["pct"]) * one.evidence.aum_before)
    return in_base(one), gate.quantize(Decimal("0.0001"), ROUND_CEILING)


def went_over(one: Notification) -> tuple[Decimal, Decimal]:
    assert one.evidence.facts["institution"] == "Harbour Wealth"
    return in_base(one), Decimal(one.evidence.facts["abs_floor"])


def went_over_in_all(one: Notification) -> tuple[Decimal, Decimal]:
    window, facts = one.evidence.window, one.evidence.facts
    assert window is not None
    sent = [Decimal(amount) for day, amount in SENT.items() if window.first <= date.fromisoformat(day) <= window.last]
    return sum(sent, Decimal(0)), Decimal(facts["abs_floor"]) * Decimal(facts["times"])


def given_up(one: Notification) -> tuple[Decimal, Decimal]:
    (trigger,) = one.evidence.triggers
    facts = one.evidence.facts
    assert trigger.amount == Decimal(facts["taken"])
    assert (date.fromisoformat(facts["maturity"]) - trigger.occurred_at.date()).days == int(facts["days_left"])
    return millionths(trigger.amount / Decimal(facts["position"])), Decimal("0.5")


def borrowed(one: Notification) -> tuple[Decimal, Decimal]:
    (trigger,) = one.evidence.triggers
    facts = one.evidence.facts
    if facts["type"] == "overdue":
        assert Decimal(facts["overdue_before"]) < Decimal(facts["overdue_days"])
        return Decimal(facts["overdue_days"]), Decimal(1)
    if facts["type"] == "drawdown":
        return in_base(one), Decimal(facts["abs_floor"])
    return millionths(trigger.amount / Decimal(facts["owed"])), Decimal("0.5")


def passed_on(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    return millionths(Decimal(facts["out"]) / Decimal(facts["credited"])), Decimal("0.8")


def dripped(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    count, gate = int(facts["debits"]), max(Decimal(facts["abs_floor"]), Decimal(facts["pct"]) * Decimal(facts["aum_before"]))
    assert one.customer_id != "drips" or Decimal(facts["sum"]) == count * Decimal("11000.25")
    return Decimal(facts["sum"]) if count >= 5 and Decimal(facts["largest"]) < gate else Decimal(0), gate


RECOMPUTE: dict[str, Callable[[Notification], tuple[Decimal, Decimal]]] = {
    "unusual_amount": stood_out,
    "new_payee_large": first_paid,
    "to_competitor": went_over,
    "cumulative_to_competitor": went_over_in_all,
    "early_redemption": given_up,
    "loan_event": borrowed,
    "pass_through": passed_on,
    "drip_outflow": dripped,
}
