"""Money, shares and dates as people write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal, format_percent
from hypothesis import given
from hypothesis import strategies as st

from schemas.message import CURRENCIES
from streams.wording import Text, day, money, share, share_of


@pytest.mark.parametrize(
    ("amount", "currency", "chinese", "english"),
    [
        ("1250000", "CNY", "125.00万元", "¥1,250,000.00"),
        ("125000000", "CNY", "1.25亿元", "¥125,000,000.00"),
        ("-1250000", "CNY", "-125.00万元", "-¥1,250,000.00"),
        ("-125000000", "CNY", "-1.25亿元", "-¥125,000,000.00"),
        ("0", "CNY", "0.00元", "¥0.00"),
        ("0.01", "CNY", "0.01元", "¥0.01"),
        ("9999.99", "CNY", "9,999.99元", "¥9,999.99"),
        ("10000", "CNY", "1.00万元", "¥10,000.00"),
        ("12345678.9", "CNY", "1,234.57万元", "¥12,345,678.90"),
        ("100000000", "CNY", "1.00亿元", "¥100,000,000.00"),
        ("123456789012.34", "CNY", "1,234.57亿元", "¥123,456,789,012.34"),
        ("1250000", "USD", "125.00万美元", "$1,250,000.00"),
        ("1250000", "HKD", "125.00万港元", "HK$1,250,000.00"),
        ("100", "EUR", "100.00欧元", "€100.00"),
        ("1250000", "JPY", "125.00万日元", "JP¥1,250,000"),
        ("39296720.10", "CZK", "3,929.67万捷克克朗", "CZK39,296,720.10"),
    ],
)
def test_money_is_written_as_each_language_writes_it(amount: str, currency: str, chinese: str, english: str) -> None:
    assert money(int(Decimal(amount) * 10_000), currency) == Text(chinese, english)


@pytest.mark.parametrize(
    ("amount", "chinese"),
    [
        ("9999.995", "1.00万元"),
        ("9999.994", "9,999.99元"),
        ("99999999.99", "1.00亿元"),
        ("-99999999.99", "-1.00亿元"),
        ("99994999", "9,999.50万元"),
    ],
)
def test_what_rounds_up_to_the_next_unit_is_written_in_it(amount: str, chinese: str) -> None:
    assert money(int(Decimal(amount) * 10_000), "CNY").chinese == chinese


@given(st.integers(-(10**18), 10**18), st.sampled_from(sorted(CURRENCIES)))
def test_money_and_shares_are_written_as_babel_writes_them(units: int, currency: str) -> None:
    amount = Decimal(units) / 10_000
    theirs = format_currency(amount, currency, locale="en")
    theirs = theirs.replace("¥", "JP¥") if currency == "JPY" else theirs.replace("CN¥", "¥")
    assert money(units, currency).english == theirs
    size = abs(amount)
    if size < 9_000:
        assert money(units, currency).chinese.startswith(format_decimal(amount, "#,##0.00", locale="zh"))
    assert share(amount / 1_000_000).english == format_percent(amount / 1_000_000, "#,##0.0%", locale="en")


def test_yen_are_not_taken_for_yuan() -> None:
    assert money(12_340_000, "JPY").english != money(12_340_000, "CNY").english


def test_a_share_has_one_decimal() -> None:
    assert share(Decimal("0.3125")) == Text("31.2%", "31.2%")
    assert share(Decimal(12)) == Text("1,200.0%", "1,200.0%")


@given(st.integers(-(10**13), 10**13) | st.integers(-20_000, 20_000).map(lambda half: half * 500))
def test_a_share_in_millionths_is_written_as_the_same_share_in_decimals(millionths: int) -> None:
    assert share_of(millionths) == share(Decimal(millionths).scaleb(-6))


def test_a_date_is_written_as_each_language_writes_it() -> None:
    assert day(date(2025, 3, 1)) == Text("2025年3月1日", "1 Mar 2025")


def test_a_text_fills_each_language_with_its_own_and_leaves_braces_in_values_alone() -> None:
    text = Text("{who}转入{amount}", "{who} sent {amount}").fill(who="{amount} Ltd", amount=Text("一万", "10k"))
    assert text == Text("{amount} Ltd转入一万", "{amount} Ltd sent 10k")


@pytest.mark.parametrize("text", ["{amount:.2f}", "{amount!r}", "{amount"])
def test_a_text_that_asks_for_more_than_a_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"names|expected"):
        Text(text, text).fill(amount="1")


def test_a_text_without_a_value_for_a_name_is_refused() -> None:
    with pytest.raises(KeyError, match="amount"):
        Text("{amount}", "{amount}").fill(measured="1")


def test_words_carry_both_languages() -> None:
    words = (Text("甲", "a") + Text("乙", "b")).words()
    assert (words["zh-CN"], words["en"]) == ("甲乙", "ab")
