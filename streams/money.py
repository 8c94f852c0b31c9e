"""Exact money inside the detector: whole ten-thousandths of a currency unit ("units"), never a float."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Final

from mypy_extensions import i64

from schemas.message import CURRENCIES
from schemas.prices import Price

SCALE = 10_000
"""Units in one currency unit: the contract allows four decimals."""
QUANTITY_SCALE = 100_000_000
"""Quantities of an instrument are kept in hundred-millionths: the contract allows eight decimals."""


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


_HUNDREDTH: Final = Decimal("0.01")
_TEN_THOUSANDTH: Final = Decimal("0.0001")


def to_decimal(units: int) -> Decimal:
    """The amount of these units, with two decimals where that is exact and four where it is not."""
    return Decimal(units // 100) * _HUNDREDTH if units % 100 == 0 else Decimal(units) * _TEN_THOUSANDTH


def to_text(units: int) -> str:
    """The same, as it is written."""
    size = abs(units)
    whole, rest = size // SCALE, size % SCALE
    decimals = str(100 + rest // 100) if rest % 100 == 0 else str(SCALE + rest)
    return f"{'-' if units < 0 else ''}{whole}.{decimals[1:]}"


def to_quantity(held: int) -> Decimal:
    """The units of an instrument, from hundred-millionths."""
    return Decimal(held // QUANTITY_SCALE) if held % QUANTITY_SCALE == 0 else Decimal(held).scaleb(-8).normalize()


def ceiling(amount: Decimal) -> int:
    """The units of an amount, rounded up, so that >= is exact."""
    return int(amount.scaleb(4).to_integral_value(ROUND_CEILING))


def half_even(numerator: int, denominator: int) -> int:
    """The quotient rounded to a whole number, half to even; `denominator` is positive."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return quotient + 1 if twice > denominator or (twice == denominator and quotient & 1) else quotient


class Quote:
    """The last known price of one unit of an instrument."""

    def __init__(self, price: Price) -> None:
        numerator, denominator = price.price.as_integer_ratio()
        self.numerator: int = numerator
        self.denominator: int = denominator
        self.currency: str = price.currency
        self.at: int = int(price.at.timestamp() // 1)
        """Event time, whole seconds since 1970."""
        self.price = price


class Rates:
    """The last known rate of each currency in the base currency, and price of each instrument; owned and changed by one place.

    What is named by an ISO 4217 code is a currency; an instrument of that name, such as XAU, has its rate as its price.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.version: int = 1
        """Changes with every rate and price: whoever holds units of an instrument is then valued anew."""
        self.rates_version: int = 1
        """Changes with every rate: everybody with another currency is then valued anew."""
        self._rates: dict[str, tuple[int, int, Price]] = {}
        self._quotes: dict[str, Quote] = {}

    def copy(self) -> Rates:
        """The same, to be taught more."""
        twin = Rates(self.base)
        twin.version, twin.rates_version = self.version, self.rates_version
        twin._rates = dict(self._rates)
        twin._quotes = dict(self._quotes)
        return twin

    def learn(self, price: Price) -> None:
        """Take a newer price; an older one, another of the same time, and one of a currency in another than the base change nothing."""
        name = price.of
        if name not in CURRENCIES:
            quote = self._quotes.get(name)
            if quote is None or quote.price.at < price.at:
                self._quotes[name] = Quote(price)
                self.version += 1
            return
        known = self._rates.get(name)
        if price.currency != self.base or (known and known[2].at >= price.at):
            return
        numerator, denominator = price.price.as_integer_ratio()
        self._rates[name] = (numerator, denominator, price)
        self._quotes[name] = Quote(price)
        self.rates_version += 1
        self.version += 1

    def in_base(self, units: int, currency: str) -> int | None:
        """These units in the base currency, rounded half to even to a whole unit; None where no rate is known."""
        if currency == self.base:
            return units
        known = self._rates.get(currency)
        return None if known is None else half_even(units * known[0], known[1])

    def quote(self, instrument: str) -> Quote | None:
        """The last known price of an instrument; None where none is known, or no rate of its currency."""
        known = self._quotes.get(instrument)
        return known if known is not None and (known.currency == self.base or known.currency in self._rates) else None

    def worth(self, held: int, quote: Quote) -> int:
        """What a quantity, in hundred-millionths, is worth at a price of `quote`, in base-currency units.

        Quantity x price x rate is exact and rounded once, half to even to a whole unit.
        """
        numerator, denominator = held * quote.numerator * SCALE, quote.denominator * QUANTITY_SCALE
        if quote.currency != self.base:
            rate = self._rates[quote.currency]
            numerator, denominator = numerator * rate[0], denominator * rate[1]
        return half_even(numerator, denominator)

    def quoted(self, currency: str) -> tuple[Decimal, datetime | None]:
        """The rate and its time, for the evidence; no time and a rate of 0 where none is known."""
        if currency == self.base:
            return Decimal(1), datetime.fromtimestamp(0, UTC)
        known = self._rates.get(currency)
        return (Decimal(0), None) if known is None else (known[2].price, known[2].at)
