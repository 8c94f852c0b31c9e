"""R27, each case worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.notifications import Notification
from tests.streams.builders import Detector, of, world

NAME = "concentration"


def holding(*accounts: tuple[str, str, dict[str, Any]], **rules: object) -> Detector:
    """Accounts of a class each: class, amount, more."""
    detector = Detector(world({NAME: {"parameters": rules}}))
    for place, (asset_class, amount, more) in enumerate(accounts):
        detector.move("2025-03-01 09:00", amount, "adjustment", snapshot=True, account_id=f"a{place}", asset_class=asset_class, **more)
    return detector


def opened(detector: Detector) -> dict[str, Decimal]:
    """What opens at the next tick: facets with their numbers."""
    found = of(detector.until("2025-03-02 00:00"), NAME)
    assert {one.status.value for one in found} <= {"opened"}
    return {one.dedup_key.rpartition(":")[2]: one.evidence.measured for one in found}


def said(found: list[Notification]) -> list[tuple[str, str]]:
    return [(one.dedup_key.rpartition(":")[2], one.status.value) for one in of(found, NAME)]


REST: tuple[tuple[str, str, dict[str, Any]], ...] = (("fund", "20000", {}), ("bond", "20000", {}), ("trust", "10000", {}))


@pytest.mark.parametrize(("amount", "rest", "facets"), [("39999.9999", "10000.0001", {}), ("40000", "10000", {"class": Decimal("0.4")})])
def test_40_of_100_in_one_class(amount: str, rest: str, facets: dict[str, Decimal]) -> None:
    assert opened(holding(("equity", amount, {}), ("insurance", rest, {}), *REST)) == facets


@pytest.mark.parametrize(("loan", "facets"), [("0.0001", 0), ("90000000", 0)])
def test_what_is_owed_is_no_asset(loan: str, facets: int) -> None:
    detector = holding(("equity", "30000", {}), ("insurance", "20000", {}), *REST, ("loan", loan, {"direction": "debit", "issuer": "X"}))
    assert len(opened(detector)) == facets


@pytest.mark.parametrize(("amount", "opens"), [("29999.9999", False), ("30000", True)])
def test_one_instrument_over_several_accounts_and_classes(amount: str, opens: bool) -> None:
    """10,000 and 30,000 of 100,000 in the same instrument, in two classes, of which neither has 40,000."""
    detector = holding(
        ("fund", amount, {"instrument": "I"}),
        ("bond", "10000", {"instrument": "I"}),
        ("equity", str(Decimal(60_000) - Decimal(amount)), {"instrument": "J"}),
        ("trust", "30000", {}),
    )
    assert set(opened(detector)) == ({"instrument"} if opens else set())


@pytest.mark.parametrize(("amount", "opens"), [("19999.9999", False), ("20000", True)])
def test_one_issuer_of_several_instruments(amount: str, opens: bool) -> None:
    detector = holding(
        ("fund", "20000", {"instrument": "I", "issuer": "X"}),
        ("bond", amount, {"instrument": "J", "issuer": "X"}),
        ("equity", str(Decimal(50_000) - Decimal(amount)), {"instrument": "K", "issuer": "Y"}),
        ("trust", "30000", {}),
    )
    found = opened(detector)
    assert set(found) == ({"issuer"} if opens else set())
    if opens:
        one = of(detector.told, NAME)[0]
        assert one.evidence.facts == {"largest": "X", "value": "40000.00", "aum_floor": "50000.00"}
        assert one.body.english == "40.0% of the customer's assets are with the issuer X."


def test_half_of_the_squares() -> None:
    """(64² + 28² + 8²) / 100² is 0.4944; (65² + 27² + 8²) / 100² is 0.5018: with 70.7107 % in one class alone it would be 0.5."""
    assert "hhi" not in opened(holding(("fund", "64000", {}), ("bond", "28000", {}), ("trust", "8000", {})))
    found = opened(holding(("fund", "65000", {}), ("bond", "27000", {}), ("trust", "8000", {})))
    assert found == {"class": Decimal("0.65"), "hhi": Decimal("0.5018")}
    assert opened(holding(("fund", "50000", {}), ("bond", "50000", {})))["hhi"] == Decimal("0.5"), "two equal halves are just enough"
    assert "hhi" not in opened(holding(("fund", "50000", {}), ("bond", "49999.9999", {}), ("trust", "0.0001", {})))


@pytest.mark.parametrize(("amount", "facets"), [("49999.9999", set()), ("50000", {"class", "hhi"})])
def test_it_is_not_asked_below_the_floor_of_aum(amount: str, facets: set[str]) -> None:
    assert set(opened(holding(("demand_deposit", amount, {})))) == facets


def test_what_is_open_stays_open_below_the_floor() -> None:
    detector = holding(("demand_deposit", "60000", {}))
    detector.until("2025-03-02 00:00")
    assert said(detector.move("2025-03-03 09:00", "60000", "withdrawal", account_id="a0")) == []
    assert said(detector.until("2025-06-30 00:00")) == []


def test_another_class_that_becomes_the_largest_opens_nothing_new() -> None:
    detector = holding(("fund", "45000", {}), ("bond", "35000", {}), ("trust", "20000", {}))
    detector.until("2025-03-02 00:00")
    found = detector.move("2025-03-03 09:00", "10000", "redemption", direction="debit", account_id="a0", asset_class="fund")
    found += detector.move("2025-03-03 09:00", "10000", "purchase", direction="credit", account_id="a1", asset_class="bond")
    assert said(found) == []


@pytest.mark.parametrize(("amount", "resolves"), [("8000", False), ("8000.0001", True)])
def test_it_resolves_below_four_fifths(amount: str, resolves: bool) -> None:
    """40,000 of 100,000 in funds; at 32,000 it is 0.32 = 0.8 x 0.4. No other class gets near."""
    detector = holding(("fund", "40000", {}), ("bond", "20000", {}), ("trust", "20000", {}), ("equity", "20000", {}))
    detector.until("2025-03-02 00:00")
    found = detector.move("2025-03-03 09:00", amount, "redemption", direction="debit", account_id="a0", asset_class="fund")
    found += detector.move("2025-03-03 09:00", amount, "redemption", direction="credit", account_id="a9", asset_class="insurance")
    assert said(found) == ([("class", "resolved")] if resolves else [])


def test_a_price_alone_concentrates() -> None:
    detector = Detector()
    detector.rate("USD", "1")
    for account, name in (("f", "fund"), ("b", "bond"), ("t", "trust")):
        detector.move("2025-03-01 09:00", "30000", "adjustment", snapshot=True, account_id=account, asset_class=name)
    detector.move("2025-03-01 09:00", "10000", "adjustment", snapshot=True, account_id="u", currency="USD")
    assert said(detector.until("2025-03-02 00:00")) == []
    detector.rate("USD", "6", "2025-03-02 10:00")
    assert said(detector.until("2025-03-03 00:00")) == [("class", "opened")], "60,000 of 150,000"


def test_overdrawn_is_less_than_nothing() -> None:
    """-10,000 on demand and 60,000 in funds are 50,000: 120 % of it, and squares of 1.48."""
    detector = holding(("fund", "60000", {}), ("demand_deposit", "10000", {"direction": "debit"}))
    assert opened(detector) == {"class": Decimal("1.2"), "hhi": Decimal("1.48")}
