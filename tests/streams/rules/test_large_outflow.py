"""R02: one external debit >= max(abs_floor of the tier, pct x AUM before it)."""

from __future__ import annotations

import pytest

from schemas.rules import Severity
from tests.streams.builders import Detector, of, only

RULE = "large_outflow"


def holding(amount: str) -> Detector:
    detector = Detector()
    detector.move("2025-03-01 00:00", amount, "adjustment", snapshot=True)
    return detector


@pytest.mark.parametrize(
    ("seed", "amount", "fires"),
    [
        ("100000", "49999.9999", False),
        ("100000", "50000", True),
        ("2000000", "199999.9999", False),
        ("2000000", "200000", True),
        ("1", "50000", True),  # overdrawn: AUM before was 1
    ],
)
def test_it_fires_from_the_gate_on(seed: str, amount: str, fires: bool) -> None:
    assert bool(of(holding(seed).move("2025-03-10 09:00", amount, "transfer_out"), RULE)) is fires


def test_an_account_overdrawn_before_has_the_floor_as_its_gate() -> None:
    detector = holding("1")
    detector.move("2025-03-10 09:00", "40000", "withdrawal")
    found = only(detector.move("2025-03-10 10:00", "60000", "withdrawal"), RULE)
    assert found.evidence.aum_before == -39_999
    assert found.evidence.threshold == 50_000
    assert "of AUM" not in found.body.english


@pytest.mark.parametrize(
    ("amount", "severity"), [("50000", Severity.WARNING), ("249999.9999", Severity.WARNING), ("250000", Severity.CRITICAL)]
)
def test_money_that_leaves_is_a_warning_and_five_times_the_gate_is_critical(amount: str, severity: Severity) -> None:
    assert only(holding("400000").move("2025-03-10 09:00", amount, "transfer_out"), RULE).severity is severity


def test_the_share_of_what_was_there_is_said() -> None:
    found = only(holding("400000").move("2025-03-10 09:00", "125000", "transfer_out", counterparty={"name": "ICBC"}), RULE)
    assert found.body.english == "The customer moved ¥125,000.00 (31.2% of AUM before) out of the bank, to ICBC."
    assert found.body.chinese == "客户转出行外资金12.50万元（占此前资产的31.2%），转至ICBC。"


@pytest.mark.parametrize("kind", ["own_transfer", "purchase", "loan_repayment", "fee", "tax", "insurance_premium", "placement"])
def test_only_an_external_debit_counts(kind: str) -> None:
    assert of(holding("400000").move("2025-03-10 09:00", "350000", kind), RULE) == []
