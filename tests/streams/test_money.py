"""Exact money."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.prices import Price
from streams.money import Rates, ceiling, half_even, parse_units, to_decimal, to_text, to_units

UNITS = st.integers(-(10**22) + 1, 10**22 - 1)
WIRE_UNITS = st.integers(-(10**18) + 1, 10**18 - 1)
"""Of what the contract lets a single amount be: 14 digits before the point, 4 after."""


def price(of: str, costs: str, day: int = 1, currency: str = "CNY") -> Price:
    return Price(of=of, currency=currency, price=Decimal(costs), at=datetime(2025, 1, day, tzinfo=UTC))


def test_an_amount_is_a_whole_number_of_ten_thousandths() -> None:
    assert parse_units("12.3456") == to_units(Decimal("12.3456")) == 123_456
    assert parse_units("-0.01") == to_units(Decimal("-0.01")) == -100
    assert parse_units("-0") == 0


@given(WIRE_UNITS)
@example(10**18 - 1)
@example(1 - 10**18)
def test_what_the_contract_can_write_is_read_to_the_same_units(units: int) -> None:
    assert parse_units(format(to_decimal(units), "f")) == units


@given(UNITS)
def test_units_and_amounts_are_the_same_thing(units: int) -> None:
    amount = to_decimal(units)
    assert to_units(amount) == units
    assert amount.as_tuple().exponent == (-2 if units % 100 == 0 else -4)


@pytest.mark.parametrize(
    "text", ["", "-", "+1", "1.", ".1", "01", "-01", "1.00000", "1e3", " 1", "1 ", "1_0", "١", "²", "--1", "1.-1", "1" + "0" * 14, "9" * 19]
)
def test_what_the_contract_does_not_write_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        parse_units(text)


def test_a_fifth_decimal_is_refused_rather_than_rounded() -> None:
    with pytest.raises(ValueError, match="four decimals"):
        to_units(Decimal("0.00001"))


@given(UNITS, st.integers(1, 10**12))
def test_rounding_is_half_to_even(numerator: int, denominator: int) -> None:
    assert half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@pytest.mark.parametrize(("numerator", "rounded"), [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (-5, -2), (7, 4)])
def test_a_half_goes_to_the_even_neighbour(numerator: int, rounded: int) -> None:
    assert half_even(numerator, 2) == rounded == (Decimal(numerator) / 2).quantize(Decimal(1), ROUND_HALF_EVEN)


def test_a_threshold_is_rounded_up() -> None:
    assert ceiling(Decimal("0.00001")) == 1
    assert ceiling(Decimal("1.0000")) == 10_000
    assert ceiling(Decimal("-0.00001")) == 0


def test_a_currency_is_worth_its_last_known_rate() -> None:
    rates = Rates("CNY")
    assert rates.in_base(10_000, "USD") is None
    assert rates.in_base(10_000, "CNY") == 10_000
    rates.learn(price("USD", "7.1234"))
    assert rates.in_base(10_001, "USD") == half_even(10_001 * 71_234, 10_000) == 71_241
    rates.learn(price("USD", "8", day=2))
    assert rates.in_base(10_000, "USD") == 80_000


def test_an_older_rate_a_rate_of_the_same_time_and_one_in_another_currency_change_nothing() -> None:
    rates = Rates("CNY")
    rates.learn(price("USD", "7", day=2))
    version = rates.version
    for late in (price("USD", "9", day=1), price("USD", "9", day=2), price("USD", "9", day=3, currency="EUR")):
        rates.learn(late)
    assert (rates.in_base(1, "USD"), rates.version) == (7, version)


def test_a_negative_balance_is_worth_as_much_less_as_the_same_positive_one_is_worth_more() -> None:
    rates = Rates("CNY")
    rates.learn(price("JPY", "0.0489"))
    assert rates.in_base(-12_345, "JPY") == -(rates.in_base(12_345, "JPY") or 0) == -604


def test_evidence_quotes_the_rate_and_its_time_and_says_when_none_is_known() -> None:
    rates = Rates("CNY")
    rates.learn(price("USD", "7.1"))
    assert rates.quoted("USD") == (Decimal("7.1"), datetime(2025, 1, 1, tzinfo=UTC))
    assert rates.quoted("EUR") == (Decimal(0), None)


@given(st.integers(-(10**20), 10**20))
def test_an_amount_is_written_as_its_decimal_is(units: int) -> None:
    assert to_text(units) == str(to_decimal(units))
