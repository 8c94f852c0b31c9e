"""R01: one external credit >= max(abs_floor of the tier, pct x AUM before it)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.rules import Severity
from tests.streams.builders import Detector, of, only, world

RULE = "large_inflow"


def after(seed: str, rules: dict[str, Any] | None = None, **profile: Any) -> Detector:
    """A customer who holds so much, in a class that no other account of the test has."""
    detector = Detector(world(rules))
    if profile:
        detector.profile(**profile)
    if Decimal(seed):
        detector.move("2025-03-01 00:00", seed, "adjustment", snapshot=True, account_id="seed")
    return detector


@pytest.mark.parametrize(
    ("seed", "amount", "fires"),
    [
        ("0", "49999.9999", False),
        ("0", "50000.00", True),
        ("0", "50000.0001", True),
        ("499999.99", "50000.00", True),  # 10 % of AUM is below the floor
        ("500000.00", "50000.00", True),  # and now it is the floor
        ("500010.00", "50000.00", False),
        ("500010.00", "50000.9999", False),
        ("500010.00", "50001.00", True),
        ("1000000.0001", "100000.00", False),  # a tenth of it is 100,000.00001
        ("1000000.0001", "100000.0001", True),
    ],
)
def test_it_fires_from_the_gate_on(seed: str, amount: str, fires: bool) -> None:
    found = of(after(seed).move("2025-03-10 09:00", amount), RULE)
    assert [one.status.value for one in found] == (["opened"] if fires else [])


@pytest.mark.parametrize(("tier", "floor"), [("basic", 50_000), ("gold", 100_000), ("platinum", 500_000), ("private", 1_000_000)])
def test_the_floor_is_the_tier_s(tier: str, floor: int) -> None:
    detector = after("0", tier=tier)
    assert of(detector.copy().move("2025-03-10 09:00", f"{floor - 1}.9999"), RULE) == []
    assert only(detector.move("2025-03-10 09:00", f"{floor}"), RULE).tier == tier


def test_thresholds_resolve_along_customer_tier_segment_global() -> None:
    rules = {
        RULE: {
            "parameters": {"abs_floor": "10"},
            "by_segment": {"corporate": {"abs_floor": "20"}},
            "by_tier": {"gold": {"abs_floor": "30"}},
            "by_customer": {"c7": {"abs_floor": "40"}},
        }
    }
    for customer_id, profile, floor in [
        ("c1", {}, 10),
        ("c2", {"segment": "corporate"}, 20),
        ("c3", {"segment": "corporate", "tier": "gold"}, 30),
        ("c7", {"segment": "corporate", "tier": "gold"}, 40),
    ]:
        detector = Detector(world(rules))
        detector.profile(customer_id, **profile)
        assert of(detector.move("2025-03-10 09:00", f"{floor - 1}", customer_id=customer_id), RULE) == []
        found = only(
            Detector(detector.world, {customer_id: detector.customer(customer_id)}).move(
                "2025-03-10 10:00", f"{floor}", customer_id=customer_id, event_id="x"
            ),
            RULE,
        )
        assert found.evidence.facts["abs_floor"] == str(floor)


@pytest.mark.parametrize(
    ("amount", "severity"),
    [
        ("50000", Severity.NOTICE),
        ("149999.9999", Severity.NOTICE),
        ("150000", Severity.WARNING),
        ("499999.9999", Severity.WARNING),
        ("500000", Severity.CRITICAL),
        ("90000000", Severity.CRITICAL),
    ],
)
def test_the_severity_is_the_highest_band_that_is_reached(amount: str, severity: Severity) -> None:
    assert only(after("0").move("2025-03-10 09:00", amount), RULE).severity is severity


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("own_transfer", {"direction": "credit"}),
        ("redemption", {}),
        ("loan_drawdown", {}),
        ("interest", {}),
        ("adjustment", {}),
        ("valuation", {"balance_after": "900000"}),
        ("deposit", {"snapshot": True}),
        ("transfer_in", {"counterparty": {"customer_id": "c1"}}),
        ("transfer_in", {"counterparty": {"account": "seed"}}),
        ("withdrawal", {}),
    ],
)
def test_only_an_external_credit_counts(kind: str, values: dict[str, Any]) -> None:
    assert of(after("1000").move("2025-03-10 09:00", "900000", kind, **values), RULE) == []


def test_aum_before_is_that_of_all_accounts_and_an_opening_counts_with_it() -> None:
    detector = after("600000")
    detector.move("2025-03-01 00:00", "400000", "adjustment", snapshot=True, account_id="fund", asset_class="fund")
    detector.move("2025-03-01 00:00", "999999", "adjustment", snapshot=True, direction="debit", account_id="l", asset_class="loan")
    found = only(detector.move("2025-03-10 09:00", "200000", balance_after="1200000"), RULE)
    assert found.evidence.aum_before == 2_000_000
    assert found.evidence.threshold == 200_000
    assert found.evidence.aum_after == 2_200_000
    assert found.evidence.net_assets_after == 1_200_001


def test_a_foreign_credit_counts_at_the_rate_known_at_the_movement() -> None:
    detector = after("0")
    detector.rate("USD", "7.25")
    assert of(detector.move("2025-03-10 09:00", "6896.5517", currency="USD"), RULE) == [], "49,999.999825"
    assert only(detector.move("2025-03-10 10:00", "6896.5518", currency="USD"), RULE).evidence.measured == Decimal("50000.0006")


def test_a_credit_whose_worth_is_not_known_does_not_fire() -> None:
    assert of(after("0").move("2025-03-10 09:00", "99999999", currency="USD"), RULE) == []


def test_two_in_the_same_second_are_two_notifications() -> None:
    detector = after("0")
    first, second = (only(detector.move("2025-03-10 09:00", "90000"), RULE) for _ in range(2))
    assert first.notification_id != second.notification_id
    assert first.dedup_key != second.dedup_key


def test_the_other_side_is_named_and_its_braces_stay_braces() -> None:
    found = only(after("0").move("2025-03-10 09:00", "90000", counterparty={"name": "{amount} 公司"}), RULE)
    assert found.body.english == "The customer received ¥90,000.00 from {amount} 公司 from outside the bank."
    assert "9.00万元，来自{amount} 公司" in found.body.chinese
    assert found.evidence.triggers[0].counterparty == "{amount} 公司"


def test_a_late_credit_fires_too() -> None:
    detector = after("0")
    detector.move("2025-03-20 09:00", "1")
    found = only(detector.move("2025-03-10 09:00", "90000"), RULE)
    assert found.occurred_at.isoformat() == "2025-03-10T01:00:00+00:00"
