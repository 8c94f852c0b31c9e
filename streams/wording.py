"""Words for people, in both languages: money, shares, dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from string import Formatter
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_name

from schemas.message import Words, made_of
from schemas.movements import AssetClass
from streams.money import SCALE, half_even

ENGLISH = Locale("en")
CHINESE = Locale("zh")
WAN: Final = 10_000 * SCALE
YI: Final = 10_000 * WAN


class Text:
    """One text in Chinese and in English; it is not changed."""

    def __init__(self, chinese: str, english: str) -> None:
        self.chinese = chinese
        self.english = english
        self._words: Words | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self.chinese == other.chinese and self.english == other.english

    def __hash__(self) -> int:
        return hash((self.chinese, self.english))

    def __repr__(self) -> str:
        return f"Text({self.chinese!r}, {self.english!r})"

    def words(self) -> Words:
        """As a message carries it; a text that is said again and again is made so once."""
        if self._words is None:
            self._words = made_of(Words, {"chinese": self.chinese, "english": self.english})
        return self._words

    def __add__(self, other: Text) -> Text:
        return Text(self.chinese + other.chinese, self.english + other.english)

    def fill(self, **values: Text | str) -> Text:
        """Put values into the braces; a Text gives each language its own."""
        return Text(_filled(self.chinese, values, 0), _filled(self.english, values, 1))


@lru_cache(maxsize=4_096)
def _parts(text: str) -> tuple[tuple[str, str | None], ...]:
    """What stands between the braces of a text, each with the name in the braces behind it.

    Raises:
        ValueError: a brace is not closed, or has more than a name in it.
    """
    found = list(Formatter().parse(text))
    if any(form or kind for _, _, form, kind in found):
        raise ValueError(f"only names stand in braces, and their values are texts already: {text}")
    return tuple([(literal, name) for literal, name, _, _ in found])


def _filled(text: str, values: dict[str, Text | str], language: int) -> str:
    """What `str.format` does, for names alone, several times as fast."""
    found: list[str] = []
    for literal, name in _parts(text):
        found.append(literal)
        if name is not None:
            value = values[name]
            if isinstance(value, Text):
                found.append(value.english if language else value.chinese)
            else:
                found.append(value)
    return "".join(found)


def money(units: int, currency: str) -> Text:
    """An amount as each language writes it: ¥1,250,000.00 in English, 125.00万元 in Chinese from ten thousand on."""
    return Text(_chinese_money(units, currency), _english_money(units, currency))


def _english_money(units: int, currency: str) -> str:
    sign, decimals = _english_currency(currency)
    return f"{'-' if units < 0 else ''}{sign}{_grouped(half_even(abs(units) * 10**decimals, SCALE), decimals)}"


@lru_cache(maxsize=256)
def _english_currency(currency: str) -> tuple[str, int]:
    """What stands before an amount, and its decimals: from Babel, once, since it takes its time for each amount."""
    one = format_currency(Decimal(1), currency, locale=ENGLISH)
    sign, _, decimals = one.partition("1")
    sign = sign.replace("¥", "JP¥") if currency == "JPY" else sign.replace("CN¥", "¥")
    return sign, max(0, len(decimals) - 1)


def _chinese_money(units: int, currency: str) -> str:
    size = abs(units)
    # What rounds up to the next unit is written in that: half of a hundredth of the smaller one below it.
    unit, name = (YI, "亿") if size >= YI - WAN // 200 else (WAN, "万") if size >= WAN - SCALE // 200 else (SCALE, "")
    return f"{'-' if units < 0 else ''}{_grouped(half_even(size * 100, unit), 2)}{name}{_chinese_currency(currency)}"


def _grouped(number: int, decimals: int) -> str:
    """A whole number of the last decimal's units, with commas between thousands."""
    digits = str(number)
    if decimals == 0:
        return _thousands(digits)
    if len(digits) <= decimals:
        digits = "0" * (decimals + 1 - len(digits)) + digits
    return f"{_thousands(digits[:-decimals])}.{digits[-decimals:]}"


def _thousands(digits: str) -> str:
    """What `format` does with a comma, faster: an amount is written several times for each message."""
    size = len(digits)
    if size <= 3:
        return digits
    first = size % 3 or 3
    grouped = digits[:first]
    while first < size:
        grouped += "," + digits[first : first + 3]
        first += 3
    return grouped


@lru_cache(maxsize=256)
def _chinese_currency(currency: str) -> str:
    if currency == "CNY":
        return "元"
    return get_currency_name(currency, locale=CHINESE)


def share(value: Decimal) -> Text:
    """A share as a percentage with one decimal."""
    text = f"{value * 100:,.1f}%"
    return Text(text, text)


def share_of(millionths: int) -> Text:
    """The same of a share in millionths, as the rules measure it."""
    tenths = half_even(abs(millionths), 1_000)
    text = f"{'-' if millionths < 0 else ''}{_thousands(str(tenths // 10))}.{tenths % 10}%"
    return Text(text, text)


@lru_cache(maxsize=4_096)
def day(on: date) -> Text:
    """A date as each language writes it."""
    return Text(format_date(on, "y年M月d日", locale=CHINESE), format_date(on, "d MMM y", locale=ENGLISH))


_CLASSES = {
    AssetClass.DEMAND_DEPOSIT: Text("活期存款", "demand deposits"),
    AssetClass.TIME_DEPOSIT: Text("定期存款", "time deposits"),
    AssetClass.STRUCTURED_DEPOSIT: Text("结构性存款", "structured deposits"),
    AssetClass.WEALTH_PRODUCT: Text("理财产品", "wealth products"),
    AssetClass.FUND: Text("基金", "funds"),
    AssetClass.BOND: Text("债券", "bonds"),
    AssetClass.EQUITY: Text("股票", "equities"),
    AssetClass.INSURANCE: Text("保险", "insurance"),
    AssetClass.PRECIOUS_METAL: Text("贵金属", "precious metals"),
    AssetClass.TRUST: Text("信托", "trusts"),
    AssetClass.LOAN: Text("贷款", "loans"),
    AssetClass.CREDIT_CARD: Text("信用卡", "credit cards"),
}


def asset_class(name: AssetClass) -> Text:
    """An asset class as it stands within a sentence."""
    return _CLASSES[name]
