"""Money and numbers as people write them: ¥1,250,000.00 in English, 125.00万元 in Chinese."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from babel.numbers import format_currency, format_decimal, format_percent, get_currency_name, get_currency_precision

from schemas.customers import Language

LOCALES = {Language.CHINESE: "zh_Hans_CN", Language.ENGLISH: "en"}
HUNDRED_MILLION = Decimal(100_000_000)
TEN_THOUSAND = Decimal(10_000)
CENT = Decimal("0.01")
MINUS = "\N{MINUS SIGN}"


def money(amount: Decimal, currency: str, language: Language) -> str:
    """The whole amount; from 10,000 on Chinese counts in 万, from 100,000,000 on in 亿, to two decimals."""
    if language is Language.CHINESE:
        return _chinese(amount, currency)
    symbol = {"CNY": "¥", "JPY": "JP¥"}.get(currency)
    text = format_currency(abs(amount), currency, locale="en")
    if symbol is not None:
        text = symbol + format_decimal(_rounded(abs(amount), currency), format=_pattern(currency), locale="en")
    return MINUS + text if amount < 0 else text


def short_money(amount: Decimal, language: Language) -> str:
    """For an axis: 125万, 1.25M."""
    size = abs(amount)
    sign = MINUS if amount < 0 else ""
    if language is Language.CHINESE:
        for unit, name in ((HUNDRED_MILLION, "亿"), (TEN_THOUSAND, "万")):
            if size >= unit:
                return f"{sign}{_plain(size / unit)}{name}"
        return f"{sign}{_plain(size)}"
    for unit, name in ((Decimal(1_000_000_000), "B"), (Decimal(1_000_000), "M"), (Decimal(1_000), "K")):
        if size >= unit:
            return f"{sign}{_plain(size / unit)}{name}"
    return f"{sign}{_plain(size)}"


def signed_money(amount: Decimal, currency: str, language: Language) -> str:
    """A change: with a plus when it is one."""
    return f"+{money(amount, currency, language)}" if amount > 0 else money(amount, currency, language)


def percent(share: Decimal, language: Language) -> str:
    """A share of 1, to a tenth of a percent."""
    return format_percent(share, format="#,##0.0%", locale=LOCALES[language]).replace("-", MINUS)


def number(value: Decimal, language: Language) -> str:
    """A plain number with at most two decimals."""
    return format_decimal(value, format="#,##0.##", locale=LOCALES[language]).replace("-", MINUS)


def _chinese(amount: Decimal, currency: str) -> str:
    name = "元" if currency == "CNY" else get_currency_name(currency, locale="zh_Hans_CN")
    sign, size = (MINUS if amount < 0 else ""), abs(amount)
    for unit, word in ((HUNDRED_MILLION, "亿"), (TEN_THOUSAND, "万")):
        if size >= unit:
            return f"{sign}{format_decimal((size / unit).quantize(CENT, ROUND_HALF_EVEN), format='#,##0.00', locale='en')}{word}{name}"
    return f"{sign}{format_decimal(_rounded(size, currency), format=_pattern(currency), locale='en')}{name}"


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-get_currency_precision(currency)), ROUND_HALF_EVEN)


def _pattern(currency: str) -> str:
    precision = get_currency_precision(currency)
    return "#,##0." + "0" * precision if precision else "#,##0"


def _plain(value: Decimal) -> str:
    return format(value.quantize(CENT, ROUND_HALF_EVEN).normalize(), "f")
