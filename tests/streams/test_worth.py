"""What units of an instrument are worth, each case worked out by hand: price, quantity and rate against stated balances."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.movements import AssetClass
from streams.customer import IN_UNITS, UNCLEAR
from tests.streams.builders import Detector, instant, of, only, said, whole, world

FUND: dict[str, Any] = {"account_id": "f", "asset_class": "fund", "instrument": "F1", "direction": "credit"}
SOLD: dict[str, Any] = {**FUND, "direction": "debit"}


def begun(*, cash: str = "100000", **more: Any) -> Detector:
    """A customer with cash since March 1, who on March 10 at 09:00 pays 1,000 for 100 units of F1."""
    detector = Detector()
    detector.move("2025-03-01 09:00", cash, "adjustment", snapshot=True)
    buy(detector, "2025-03-10 09:00", "1000", "100", **more)
    return detector


def buy(detector: Detector, at: str, amount: str, quantity: str, **more: Any) -> None:
    detector.move(at, amount, "purchase", counterparty={"account": "f"})
    detector.move(at, amount, "purchase", quantity=quantity, **{**FUND, **more})


def sell(detector: Detector, at: str, amount: str, quantity: str, **more: Any) -> None:
    detector.move(at, amount, "redemption", quantity=quantity, **{**SOLD, **more})
    detector.move(at, amount, "redemption")


def fund(detector: Detector) -> Decimal | int:
    """What the fund account is worth."""
    return Decimal(detector.account("f").value or 0) / 10_000


def aum(detector: Detector) -> Decimal | int:
    return Decimal(detector.customer().aum) / 10_000


def test_bought_held_and_sold_the_position_is_worth_what_its_price_says() -> None:
    detector = begun()
    assert (fund(detector), aum(detector)) == (1_000, 100_000), "what was paid, before there is a price"
    detector.price("F1", "12.34", "2025-03-11 15:00")
    detector.until("2025-03-12 00:00")
    assert (fund(detector), aum(detector)) == (1_234, 100_234), "100 x 12.34"
    sell(detector, "2025-03-12 10:00", "500", "-40")
    assert fund(detector) == Decimal("740.40"), "60 x 12.34, the price carried forward over the sale"
    assert aum(detector) == 99_000 + 500 + Decimal("740.40")
    detector.price("F1", "15", "2025-03-13 15:00")
    sell(detector, "2025-03-14 10:00", "900", "-60")
    assert (fund(detector), aum(detector)) == (0, 100_400), "nothing is left of it, though more was got for it than was paid"
    assert detector.account("f").balance == -400 * 10_000, "the balance goes by its own law"


def test_a_price_is_the_market_part_of_the_change_and_a_purchase_none() -> None:
    detector = Detector()
    detector.move("2025-03-01 09:00", "200000", "adjustment", snapshot=True)
    buy(detector, "2025-03-01 10:00", "100000", "10000")
    detector.until("2025-03-11 14:00")
    detector.price("F1", "13", "2025-03-11 15:00")
    found = of(detector.move("2025-03-11 16:00", "2000"), "aum_change")
    one = next(one for one in found if one.dedup_key.endswith(":1d"))
    assert one.evidence.facts == {
        "aum_then": "200000.00",
        "change": "32000.00",
        "flow_part": "2000.00",
        "market_part": "30000.00",
        "aum_floor": "50000.00",
    }
    assert one.evidence.measured == Decimal("0.16")
    assert one.evidence.allocation_after == {AssetClass.DEMAND_DEPOSIT: 102_000, AssetClass.FUND: 130_000}


def test_a_price_in_another_currency_is_converted_at_its_rate_exactly_and_rounded_once() -> None:
    detector = Detector()
    buy(detector, "2025-03-10 09:00", "300", "3.00000001")
    detector.rate("USD", "7.12345678")
    detector.price("F1", "11.98765432", "2025-03-11 04:00", "USD")
    detector.until("2025-03-12 00:00")
    exact = Decimal("3.00000001") * Decimal("11.98765432") * Decimal("7.12345678")
    assert fund(detector) == exact.quantize(Decimal("0.0001"))
    assert exact.quantize(Decimal("0.0001")) != (Decimal("3.00000001") * Decimal("11.98765432")).quantize(Decimal("0.0001")) * Decimal(
        "7.12345678"
    ).quantize(Decimal("0.0001")), "rounding on the way would show"
    detector.rate("USD", "8", "2025-03-13 00:00")
    detector.until("2025-03-13 00:00")
    assert fund(detector) == Decimal("287.7037"), "3.00000001 x 11.98765432 x 8 = 287.70370464..."


@pytest.mark.parametrize(("quantity", "worth"), [("1", "0.0002"), ("3", "0.0008"), ("5", "0.0012"), ("-1", "-0.0002"), ("-3", "-0.0008")])
def test_a_half_is_rounded_to_even(quantity: str, worth: str) -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "1", "purchase", quantity=quantity, **FUND)
    detector.price("F1", "0.00025", "2025-03-10 15:00")
    detector.until("2025-03-11 00:00")
    assert fund(detector) == Decimal(worth)


def test_without_a_rate_of_its_currency_a_price_says_nothing() -> None:
    detector = begun()
    detector.price("F1", "2", "2025-03-11 15:00", "USD")
    detector.until("2025-03-12 00:00")
    assert fund(detector) == 1_000
    detector.rate("USD", "7", "2025-03-12 09:00")
    detector.until("2025-03-13 00:00")
    assert fund(detector) == 1_400


def test_a_position_of_a_foreign_account_is_worth_price_and_rate_not_its_balance() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    detector.move("2025-03-10 09:00", "1000", "purchase", quantity="100", currency="USD", **FUND)
    assert fund(detector) == 7_000
    detector.price("F1", "10.5", "2025-03-11 04:00", "USD")
    detector.until("2025-03-12 00:00")
    assert fund(detector) == 7_350
    detector.rate("USD", "7.2", "2025-03-12 08:00")
    detector.until("2025-03-13 00:00")
    assert fund(detector) == 7_560


# --- the later wins ----------------------------------------------------------------------------------------------------------------------


def test_a_price_from_before_the_first_purchase_values_it_at_once() -> None:
    detector = Detector()
    detector.price("F1", "11", "2025-01-31 15:00")
    buy(detector, "2025-03-10 09:00", "1000", "100")
    assert fund(detector) == 1_100


def test_a_stated_balance_is_later_than_an_older_price_and_earlier_than_a_newer_one() -> None:
    detector = Detector()
    detector.price("F1", "11", "2025-01-31 15:00")
    buy(detector, "2025-03-10 09:00", "1000", "100", balance_after="1000")
    assert fund(detector) == 1_000
    detector.price("F1", "12", "2025-03-10 15:00")
    detector.until("2025-03-11 00:00")
    assert fund(detector) == 1_200
    detector.move("2025-03-11 20:00", "150", "valuation", balance_after="1150", **FUND)
    assert (fund(detector), detector.account("f").priced_at) == (1_150, 0)
    detector.price("F1", "12.5", "2025-03-11 19:59")
    detector.until("2025-03-12 00:00")
    assert fund(detector) == 1_150, "a price that is known later, but is from before"
    detector.price("F1", "13", "2025-03-11 20:00")
    detector.until("2025-03-13 00:00")
    assert fund(detector) == 1_150, "within the same second the balance is the word"
    detector.price("F1", "14", "2025-03-13 15:00")
    detector.until("2025-03-14 00:00")
    assert fund(detector) == 1_400


def test_without_a_later_balance_a_price_that_comes_late_counts_from_then_on() -> None:
    detector = begun()
    sell(detector, "2025-03-12 09:00", "500", "-50")
    detector.price("F1", "11", "2025-03-11 15:00")
    assert fund(detector) == 500
    detector.until("2025-03-13 00:00")
    assert fund(detector) == 550
    assert detector.customer().history.close(instant_day("2025-03-12")) == 1_000_000_000, "what was closed stays"


def instant_day(date: str) -> int:
    return world().calendar.date_of(instant(f"{date} 12:00"))


def test_an_old_price_is_carried_forward_and_the_evidence_says_how_old_it_is() -> None:
    detector = begun()
    detector.rate("USD", "7", "2025-03-01 00:00")
    detector.price("F1", "2", "2025-03-11 15:00", "USD")
    detector.until("2025-05-01 00:00")
    (inflow,) = of(detector.move("2025-05-01 10:00", "500000"), "large_inflow")
    (price,) = inflow.evidence.prices
    assert (price.instrument, price.quantity, price.currency, price.price) == ("F1", Decimal(100), "USD", Decimal(2))
    assert price.at is not None
    assert price.at.isoformat() == "2025-03-11T07:00:00+00:00"
    (rate,) = inflow.evidence.rates
    assert (rate.currency, rate.rate) == ("USD", Decimal(7))
    assert inflow.evidence.allocation_after[AssetClass.FUND] == price.quantity * price.price * rate.rate == 1_400


def test_the_evidence_has_no_price_where_a_later_balance_is_the_worth() -> None:
    detector = begun(balance_after="1000")
    (inflow,) = of(detector.move("2025-03-11 10:00", "500000"), "large_inflow")
    assert inflow.evidence.prices == ()


def test_two_accounts_of_one_instrument_are_one_entry() -> None:
    detector = begun()
    buy(detector, "2025-03-10 10:00", "500", "50.5", account_id="f2")
    detector.price("F1", "10", "2025-03-10 15:00")
    (inflow,) = of(detector.move("2025-03-11 10:00", "500000"), "large_inflow")
    assert [(price.quantity, price.price) for price in inflow.evidence.prices] == [(Decimal("150.5"), Decimal(10))]


# --- quantities --------------------------------------------------------------------------------------------------------------------------


def test_the_reversal_of_a_purchase_takes_its_units_back() -> None:
    detector = begun()
    detector.price("F1", "11", "2025-03-10 15:00")
    buy(detector, "2025-03-11 09:00", "1100", "100")
    assert (fund(detector), aum(detector)) == (2_200, 100_100)
    undone = {"account_id": "f", "asset_class": "fund", "instrument": "F1", "quantity": "-100"}
    detector.reverse("2025-03-11 10:00", "e5", "2025-03-11 09:00", "1100", "purchase", **undone, direction="debit")
    detector.reverse("2025-03-11 10:00", "e4", "2025-03-11 09:00", "1100", "purchase", direction="credit")
    assert (fund(detector), aum(detector)) == (1_100, 100_100)
    assert detector.customer().history.within(0, 10**6) == (0, 0)


def test_what_came_before_a_snapshot_is_in_its_quantity() -> None:
    detector = Detector()
    detector.price("F1", "11", "2025-03-11 15:00")
    detector.move("2025-03-10 12:00", "5000", "adjustment", quantity="500", snapshot=True, **FUND)
    detector.move("2025-03-10 09:00", "1000", "purchase", quantity="100", **FUND)
    assert (detector.account("f").held, fund(detector)) == (500 * 10**8, 5_500)


def test_a_snapshot_that_comes_after_later_movements_is_their_opening_in_units_too() -> None:
    detector = Detector()
    detector.price("F1", "11", "2025-03-11 15:00")
    detector.move("2025-03-10 12:00", "1000", "purchase", quantity="100", **FUND)
    detector.move("2025-03-10 09:00", "5000", "adjustment", quantity="500", snapshot=True, **FUND)
    assert (detector.account("f").held, fund(detector)) == (600 * 10**8, 6_600)


def test_an_account_that_opened_with_units_that_nobody_told_keeps_its_balance() -> None:
    detector = Detector()
    detector.price("F1", "11", "2025-03-11 15:00")
    detector.move("2025-03-10 12:00", "1000", "purchase", quantity="100", balance_after="6000", **FUND)
    detector.until("2025-03-12 00:00")
    assert fund(detector) == 6_000
    detector.move("2025-03-10 09:00", "5000", "purchase", quantity="500", **FUND)
    assert fund(detector) == 6_600, "the purchase that was missing"


def test_while_a_movement_is_missing_the_stated_balance_is_the_worth() -> None:
    detector = begun(balance_after="1000")
    detector.move("2025-03-10 14:00", "1000", "purchase", quantity="100", balance_after="2500", **FUND)
    detector.price("F1", "11", "2025-03-11 15:00")
    detector.until("2025-03-12 00:00")
    assert fund(detector) == 2_500, "500 are missing, and so are their units"
    detector.move("2025-03-10 12:00", "500", "purchase", quantity="50", **FUND)
    assert fund(detector) == 2_750


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "purchase", "quantity": "5", "instrument": "F2"},
        {"kind": "dividend", "instrument": "F2"},
        {"kind": "purchase"},
        {"kind": "maturity"},
    ],
    ids=["another instrument bought", "another instrument named", "bought without a quantity", "ended without a quantity"],
)
def test_units_that_are_not_known_in_full_are_not_valued_by_price_until_a_snapshot_tells_them(other: dict[str, Any]) -> None:
    detector = begun(balance_after="1000")
    for instrument in ("F1", "F2"):
        detector.price(instrument, "77", "2025-03-12 15:00")
    detector.move("2025-03-11 09:00", "50", **{**FUND, **other})
    detector.until("2025-03-13 00:00")
    assert (detector.account("f").units, fund(detector)) == (UNCLEAR, 1_050)
    detector.move("2025-03-14 09:00", "1100", "adjustment", quantity="110", snapshot=True, **FUND)
    assert (detector.account("f").units, fund(detector)) == (IN_UNITS, 1_100)
    detector.price("F1", "9", "2025-03-14 15:00")
    detector.until("2025-03-15 00:00")
    assert fund(detector) == 990


def test_an_account_that_had_a_balance_before_its_first_quantity_is_not_known_in_full() -> None:
    detector = Detector()
    detector.price("F1", "77", "2025-03-12 15:00")
    detector.move("2025-03-10 09:00", "5000", "purchase", **FUND)
    detector.move("2025-03-11 09:00", "1000", "purchase", quantity="100", **FUND)
    assert fund(detector) == 6_000


def test_one_instrument_after_the_other_is_valued_each_at_its_price() -> None:
    detector = begun()
    detector.price("F1", "10", "2025-03-10 15:00")
    detector.price("F2", "3", "2025-03-10 15:00")
    sell(detector, "2025-03-11 09:00", "1000", "-100")
    detector.move("2025-03-11 10:00", "900", "purchase", quantity="300", **{**FUND, "instrument": "F2"})
    assert fund(detector) == 900
    detector.price("F2", "4", "2025-03-11 15:00")
    detector.until("2025-03-12 00:00")
    assert fund(detector) == 1_200


# --- unpriced ----------------------------------------------------------------------------------------------------------------------------


def test_units_without_a_price_and_without_a_stated_balance_are_said_to_be_unpriced_until_a_price_comes() -> None:
    detector = begun()
    opened = only(detector.told, "unpriced_position")
    assert opened.evidence.facts == {
        "account_id": "f",
        "currency": "CNY",
        "balance": "1000.00",
        "instrument": "F1",
        "quantity": "100",
    }
    assert [(price.instrument, price.price, price.at) for price in opened.evidence.prices] == [("F1", Decimal(0), None)]
    assert "F1" in opened.body.english
    assert "F1" in opened.body.chinese
    assert of(detector.until("2025-03-15 00:00"), "unpriced_position") == []
    detector.price("F1", "11", "2025-03-15 15:00")
    resolved = only(detector.until("2025-03-16 00:00"), "unpriced_position")
    assert (resolved.status.value, resolved.notification_id) == ("resolved", opened.notification_id)


def test_a_stated_balance_is_a_worth_and_selling_everything_needs_none() -> None:
    assert of(begun(balance_after="1000").told, "unpriced_position") == []
    detector = begun()
    sell(detector, "2025-03-11 09:00", "1200", "-100")
    assert said(of(detector.told, "unpriced_position")) == [("unpriced_position", "opened"), ("unpriced_position", "resolved")]


# --- what must not matter ----------------------------------------------------------------------------------------------------------------


def test_a_customer_without_units_is_not_valued_anew_by_a_price() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "1000")
    customer, rates = detector.customer(), detector.world.rates
    before = rates.rates_version
    detector.price("F1", "11", "2025-03-10 15:00")
    detector.move("2025-03-11 09:00", "1000")
    assert (customer.valued_at, rates.rates_version, customer.in_units) == (before, before, False)


def test_a_quiet_customer_with_units_sees_prices_for_ever() -> None:
    detector = begun(cash="60000")
    buy(detector, "2025-03-10 10:00", "50000", "5000")
    detector.price("F1", "10", "2025-03-10 15:00")
    detector.until("2026-03-10 00:00")
    detector.price("F1", "20", "2026-03-10 15:00")
    told = of(detector.until("2026-03-12 00:00"), "aum_change")
    assert [(one.dedup_key.rpartition(":")[2], one.status.value) for one in told][:1] == [("1d", "opened")]
    assert aum(detector) == 60_000 - 51_000 + 102_000


def test_a_price_that_no_figure_can_hold_changes_nothing_and_refuses_what_would_need_it() -> None:
    detector = begun()
    detector.price("F1", "999999999999999999", "2025-03-11 15:00")
    detector.until("2025-03-12 00:00")
    assert fund(detector) == 1_000
    detector.move("2025-03-12 10:00", "1")
    assert detector.last is not None
    assert detector.last.result.value == "out_of_range"
    detector.price("F1", "12", "2025-03-12 15:00")
    detector.move("2025-03-13 10:00", "1")
    assert (detector.last.result.value, fund(detector)) == ("applied", 1_200)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["price", "price", "buy", "sell", "value", "cash"]),
        st.integers(1, 40),
        st.integers(1, 2_000).map(lambda cents: f"{cents / 100:.2f}"),
        st.integers(1, 9),
        st.booleans(),
    ),
    max_size=14,
)


@given(STEPS, st.lists(st.integers(0, 30), max_size=20))
def test_repeated_stale_and_intermediate_prices_change_nothing(steps: list[tuple[str, int, str, int, bool]], again: list[int]) -> None:
    """A price that nobody looks at before the next one, one told twice, and one that is older leave no trace."""
    plain, noisy = Detector(), Detector()
    prices: list[tuple[str, str]] = []
    hours = 0
    for place, (what, after, price, quantity, stated) in enumerate(steps):
        hours += after
        at = f"2025-03-{3 + hours // 24:02} {hours % 24:02}:00"
        if hours >= 24 * 28:
            break
        if what == "price":
            prices.append((price, at))
            earlier = f"2025-03-{3 + (hours - 1) // 24:02} {(hours - 1) % 24:02}:30"
            noisy.price("F1", "0.01", earlier)
            for detector in (plain, noisy):
                detector.price("F1", price, at)
            for old in again:
                if old < len(prices):
                    noisy.price("F1", *prices[old])
            noisy.price("F1", "123456", at)
            continue
        for detector in (plain, noisy):
            if what == "cash":
                detector.move(at, price, "deposit")
            elif what == "value":
                detector.move(at, price, "valuation", balance_after=price, **FUND)
            else:
                sign, base, kind = (1, FUND, "purchase") if what == "buy" else (-1, SOLD, "redemption")
                more = {"balance_after": price} if stated else {}
                detector.move(at, price, kind, quantity=str(sign * quantity), **base, **more)
        assert whole(noisy.customer()) == whole(plain.customer()), place
    for detector in (plain, noisy):
        detector.until("2025-04-02 00:00")
    assert whole(noisy.customer()) == whole(plain.customer())
    assert [one.message_id for one in noisy.told] == [one.message_id for one in plain.told]
    assert [one.evidence.aum_after for one in noisy.told] == [one.evidence.aum_after for one in plain.told]
