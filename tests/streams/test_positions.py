"""A customer's allocation as it is published, held against its contract."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from schemas.movements import AssetClass
from schemas.positions import Position
from streams.money import to_decimal
from streams.positions import snapshot
from tests.streams.builders import Detector, instant

FIRST = date(2025, 3, 10).toordinal()


def position(detector: Detector) -> Position:
    return Position.model_validate_json(snapshot(detector.customer(), detector.world.books.first))


def test_a_rich_customer_is_published_as_the_contract_says() -> None:
    detector = Detector()
    detector.rate("USD", "7.1")
    detector.profile(segment="corporate", tier="platinum", manager_id="m1")
    detector.move("2025-03-10 09:00", "1000.00")
    detector.move("2025-03-11 09:00", "10.5001", currency="USD", account_id="usd", product="USD-1")
    detector.move("2025-03-11 10:00", "5.00", currency="EUR", account_id="eur")
    detector.move(
        "2025-03-11 11:00",
        "200.00",
        "purchase",
        direction="credit",
        account_id="f",
        asset_class="fund",
        instrument="F1",
        quantity="1.5",
        maturity_date="2026-01-31",
    )
    detector.move("2025-03-11 12:00", "300.00", "loan_drawdown", direction="debit", account_id="l", asset_class="loan")
    one = position(detector)
    assert one.as_of == datetime.fromtimestamp(instant("2025-03-11 12:00"), UTC)
    assert (one.segment, one.tier, one.manager_id, one.base_currency) == ("corporate", "platinum", "m1", "CNY")
    assert one.aum == Decimal("1274.5507")
    assert one.net_assets == Decimal("974.5507")
    assert one.allocation == {
        AssetClass.DEMAND_DEPOSIT: Decimal("1074.5507"),
        AssetClass.FUND: Decimal(200),
        AssetClass.LOAN: Decimal(-300),
    }
    accounts = {account.account_id: account for account in one.accounts}
    assert accounts["eur"].value is None
    assert accounts["usd"].value == Decimal("74.5507")
    assert accounts["usd"].product == "USD-1"
    assert (accounts["f"].quantity, accounts["f"].maturity_date) == (Decimal("1.5"), date(2026, 1, 31))
    assert [(close.on, close.aum) for close in one.closes] == [
        (date(2025, 3, 10), Decimal(1000)),
        (date(2025, 3, 11), Decimal("1274.5507")),
    ]


@given(st.lists(st.integers(-(2**62), 2**62) | st.integers(-20_000, 20_000), max_size=20))
def test_every_close_is_written_exactly(closes: list[int]) -> None:
    detector = Detector()
    customer = detector.customer()
    for number, value in enumerate(closes):
        customer.history.moved(FIRST + number, value)
    told = json.loads(snapshot(customer, detector.world.books.first))["closes"]
    assert told == [
        {"on": date.fromordinal(FIRST + number).isoformat(), "aum": str(to_decimal(value))} for number, value in enumerate(closes)
    ]


def test_a_customer_of_whom_only_the_profile_is_known_is_published_too() -> None:
    detector = Detector()
    detector.profile(segment="personal")
    one = position(detector)
    assert (one.aum, one.accounts, one.tier) == (0, (), "basic")


def test_an_instrument_of_which_nothing_is_held_has_a_quantity_of_zero() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "1.00", instrument="F1")
    assert position(detector).accounts[0].quantity == 0


def test_balances_beyond_a_single_amount_are_published() -> None:
    detector = Detector()
    for place in range(4):
        detector.move(f"2025-03-10 09:{place:02}", "9" * 14, "adjustment")
    assert position(detector).aum == 4 * Decimal("9" * 14)
