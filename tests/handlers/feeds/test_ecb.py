"""The format of the ECB's reference rates: against figures as it published them, worked out by hand."""

from __future__ import annotations

import io
import lzma
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.feeds import FeedError, load
from handlers.feeds.ecb import read
from schemas.prices import Price

FEED = load("ecb")
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "fx" / "eurofxref-hist.csv.xz"
PUBLISHED = b"""Date,USD,JPY,CYP,CHF,CNY,
2015-01-15,1.1708,136.48,N/A,1.0280,7.2509,
2015-01-14,1.1775,137.48,N/A,1.2010,7.2968,
2001-06-01,0.8478,100.62,0.5762,1.5209,N/A,
"""
"""Rows and columns of the file as published; a Cyprus pound is no currency any more."""


def _priced(base: str, content: bytes = PUBLISHED) -> dict[tuple[str, str], Price]:
    return {(price.of, price.at.date().isoformat()): price for price in read(content, base)}


def test_the_franc_let_go_is_a_fall_of_the_euro_by_14_4047_percent() -> None:
    """1 EUR cost 1.2010 CHF on 14 January 2015 and 1.0280 on the 15th: (1.0280 - 1.2010) / 1.2010."""
    prices = _priced("CHF")
    before, after = prices["EUR", "2015-01-14"], prices["EUR", "2015-01-15"]
    assert (before.price, after.price) == (Decimal("1.2010"), Decimal("1.0280"))
    assert (after.price / before.price - 1).quantize(Decimal("0.000001")) == Decimal("-0.144047")
    assert (before.of, before.currency) == ("EUR", "CHF")


@pytest.mark.parametrize(
    ("base", "of", "price"),
    [
        ("EUR", "CHF", "0.972762645914"),  # 1 / 1.0280 = 0.972762645914396...
        ("EUR", "USD", "0.854116843184"),  # 1 / 1.1708 = 0.854116843184147...
        ("EUR", "JPY", "0.007327080891"),  # 1 / 136.48 = 0.007327080890973...
        ("CHF", "USD", "0.878032114793"),  # 1.0280 / 1.1708 = 0.878032114793303...
        ("CNY", "USD", "6.193115818244"),  # 7.2509 / 1.1708 = 6.193115818243935...
        ("CNY", "JPY", "0.053127930832"),  # 7.2509 / 136.48 = 0.053127930832356...
        ("CNY", "EUR", "7.2509"),
        ("USD", "EUR", "1.1708"),
    ],
)
def test_one_unit_in_the_base_is_the_bases_quote_by_its_own(base: str, of: str, price: str) -> None:
    assert _priced(base)[of, "2015-01-15"].price == Decimal(price)


def test_dates_come_oldest_first_at_four_in_the_afternoon_in_frankfurt() -> None:
    moments = list(dict.fromkeys(price.at.astimezone(UTC) for price in read(PUBLISHED, "EUR")))
    assert moments == [datetime(2001, 6, 1, 14, tzinfo=UTC), datetime(2015, 1, 14, 15, tzinfo=UTC), datetime(2015, 1, 15, 15, tzinfo=UTC)]


def test_neither_the_base_nor_what_is_no_currency_nor_a_date_without_the_base_has_a_price() -> None:
    assert {of for of, _ in _priced("EUR")} == {"USD", "JPY", "CHF", "CNY"}
    assert {on for _, on in _priced("CNY")} == {"2015-01-14", "2015-01-15"}
    assert ("CNY", "2001-06-01") not in _priced("EUR")
    assert {of for of, _ in _priced("CNY")} == {"USD", "JPY", "CHF", "EUR"}


@given(st.decimals("0.0001", 1_000_000, places=5), st.decimals("0.0001", 1_000_000, places=5))
def test_a_price_is_off_by_half_of_its_last_place_at_most(base: Decimal, other: Decimal) -> None:
    content = f"Date,CHF,USD,\n2015-01-15,{base},{other},\n".encode()
    price = _priced("CHF", content)["USD", "2015-01-15"].price
    assert abs(price * other - base) <= other * Decimal("0.5e-12")
    assert _priced("CHF", content)["EUR", "2015-01-15"].price == base


def test_a_file_may_be_plain_or_packed(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("eurofxref-hist.csv", PUBLISHED)
    for name, content in (("a.csv", PUBLISHED), ("a.csv.xz", lzma.compress(PUBLISHED)), ("a.zip", packed.getvalue())):
        (tmp_path / name).write_bytes(content)
        assert list(FEED.rates(tmp_path / name, "CNY")) == list(read(PUBLISHED, "CNY"))
    assert list(FEED.movements(tmp_path / "a.csv")) == []
    assert FEED.count(tmp_path / "a.csv") == 0


@pytest.mark.parametrize(
    ("content", "base", "said"),
    [
        (b"", "EUR", "must begin with Date"),
        (b"\xff\xfe", "EUR", "not UTF-8"),
        (b"a,b\n1,2\n", "EUR", "must begin with Date"),
        (PUBLISHED, "SGD", "no reference rates of SGD"),
        (b"Date,USD,\n15.1.2015,1.1,\n", "EUR", "15.1.2015"),
        (b"Date,USD,\n2015-01-15,x,\n", "EUR", "2015-01-15"),
        (b"Date,USD,\n2015-01-15,0,\n", "EUR", "2015-01-15"),
        (b"Date,USD,\n2015-01-15,-1,\n", "EUR", "2015-01-15"),
        (b"Date,USD,\n2015-01-15,NaN,\n", "EUR", "2015-01-15"),
        (b"Date,USD,\n2015-01-15,Infinity,\n", "EUR", "2015-01-15"),
        (b"Date,USD,\n2015-01-15,10000000000000,\n", "EUR", "2015-01-15"),
    ],
)
def test_what_holds_no_rates_is_refused_with_its_row(content: bytes, base: str, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        list(read(content, base))


@pytest.mark.parametrize("name", ["a.xz", "a.zip"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not packed at all")
    with pytest.raises(FeedError, match="cannot be unpacked"):
        list(FEED.rates(tmp_path / name, "EUR"))


@pytest.mark.skipif(not REAL.is_file(), reason="the ECB's file (../shared/data/fx) is not here")
def test_the_real_file_gives_the_published_figures() -> None:
    content = lzma.decompress(REAL.read_bytes())
    dollars = {on: price.price for (of, on), price in _priced("USD", content).items() if of == "EUR"}
    assert (dollars["2015-01-15"], dollars["2022-09-28"]) == (Decimal("1.1708"), Decimal("0.9565"))
    assert min(dollars.items(), key=lambda item: item[1]) == ("2000-10-26", Decimal("0.8252"))
    assert len(dollars) == 6_983
    crowns = _priced("CZK", content)
    assert crowns["EUR", "2015-01-15"].price == Decimal("27.841")
    assert crowns["USD", "2015-01-15"].price == Decimal("23.779467031090")  # 27.841 / 1.1708 = 23.779467031089853...
    francs = _priced("CHF", content)
    assert (francs["EUR", "2015-01-14"].price, francs["EUR", "2015-01-15"].price) == (Decimal("1.2010"), Decimal("1.0280"))
