"""Exact money inside the detector: whole ten-thousandths of a currency unit ("units"), never a float."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal

from mypy_extensions import i64

from schemas.prices import Price

SCALE = 10_000
"""Units in one currency unit: the contract allows four decimals."""


def to_units(amount: Decimal) -> int:
    """The units of an amount with at most four decimals.

    Raises:
        ValueError: it has more.
    """
    scaled = amount.scaleb(4)
    units = int(scaled)
    if units != scaled:
        raise ValueError("more than four decimals")
    return units


def parse_units(text: str) -> int:
    """The units of a decimal string as the contract writes it: an optional minus, at most 14 ASCII digits, at most four decimals.

    Raises:
        ValueError: it is not written so.
    """
    size = len(text)
    place = 1 if size > 0 and text[0] == "-" else 0
    negative = place == 1
    begin = place
    units: i64 = 0
    while place < size and text[place] != ".":
        digit: i64 = ord(text[place]) - 48
        if digit < 0 or digit > 9 or place - begin == 14:
            raise ValueError("not a decimal string with at most 14 digits and 4 decimals")
        units = units * 10 + digit
        place += 1
    if place == begin or (text[begin] == "0" and place - begin > 1):
        raise ValueError("not a decimal string with at most 14 digits and 4 decimals")
    decimals = size - place - 1
    if decimals == 0 or decimals > 4:
        raise ValueError("not a decimal string with at most 14 digits and 4 decimals")
    if decimals < 0:
        decimals = 0
    else:
        place += 1
    while place < size:
        digit = ord(text[place]) - 48
        if digit < 0 or digit > 9:
            raise ValueError("not a decimal string with at most 14 digits and 4 decimals")
        units = units * 10 + digit
        place += 1
    for _ in range(4 - decimals):
        units *= 10
    return -units if negative else units


def to_decimal(units: int) -> Decimal:
    """The amount of these units, with two decimals where that is exact and four where it is not."""
    return Decimal(units // 100).scaleb(-2) if units % 100 == 0 else Decimal(units).scaleb(-4)


def ceiling(amount: Decimal) -> int:
    """The units of an amount, rounded up, so that >= is exact."""
    return int(amount.scaleb(4).to_integral_value(ROUND_CEILING))


def half_even(numerator: int, denominator: int) -> int:
    """The quotient rounded to a whole number, half to even; `denominator` is positive."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return quotient + 1 if twice > denominator or (twice == denominator and quotient & 1) else quotient


class Rates:
    """The last known rate of each currency in the base currency, owned and changed by one place.

    `version` changes with every change, so that a customer knows when to value foreign accounts anew.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.version: int = 1
        self._prices: dict[str, tuple[int, int, Price]] = {}

    def copy(self) -> Rates:
        """The same, to be taught more."""
        twin = Rates(self.base)
        twin.version = self.version
        twin._prices = dict(self._prices)
        return twin

    def learn(self, price: Price) -> None:
        """Take a newer rate of a currency; an older one, and what is not priced in the base currency, changes nothing."""
        known = self._prices.get(price.of)
        if price.currency != self.base or (known and known[2].at >= price.at):
            return
        numerator, denominator = price.price.as_integer_ratio()
        self._prices[price.of] = (numerator, denominator, price)
        self.version += 1

    def in_base(self, units: int, currency: str) -> int | None:
        """These units in the base currency, rounded half to even to a whole unit; None where no rate is known."""
        if currency == self.base:
            return units
        known = self._prices.get(currency)
        return None if known is None else half_even(units * known[0], known[1])

    def quoted(self, currency: str) -> tuple[Decimal, datetime | None]:
        """The rate and its time, for the evidence; no time and a rate of 0 where none is known."""
        if currency == self.base:
            return Decimal(1), datetime.fromtimestamp(0, UTC)
        known = self._prices.get(currency)
        return (Decimal(0), None) if known is None else (known[2].price, known[2].at)
