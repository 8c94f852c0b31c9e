"""What the bank sells, its prices day by day, and the exchange rates (constant through the sample)."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

RATES = {"USD": 71_000, "HKD": 9_100, "EUR": 77_500}
"""CNY for one unit, in ten-thousandths."""


@dataclass(slots=True)
class Instrument:
    """A product held in units.

    Args:
        code: the bank's own.
        asset_class: as in the contract.
        price: of one unit, in ten-thousandths.
        drift: expected daily change.
        swing: standard deviation of the daily change.
        pays: the kind of its payout (dividend, coupon), or none.
        daily: valued every business day, else every Friday.
    """

    code: str
    asset_class: str
    price: int
    drift: float
    swing: float
    pays: str = ""
    daily: bool = False


def shelf() -> list[Instrument]:
    """Every product at its first price."""
    return [
        *(Instrument(f"FD{n:04d}", "fund", 10_000 + 1_700 * n, 0.0002, 0.004 + 0.001 * (n % 4)) for n in range(1, 9)),
        *(Instrument(f"WP{n:04d}", "wealth_product", 10_000 + 90 * n, 0.0001, 0.0002) for n in range(1, 9)),
        *(Instrument(f"EQ{n:04d}", "equity", 80_000 + 43_000 * n, 0.0003, 0.012, "dividend", daily=True) for n in range(1, 6)),
        *(Instrument(f"BD{n:04d}", "bond", 1_000_000 + 4_000 * n, 0.00005, 0.0008, "coupon") for n in range(1, 5)),
        Instrument("AU9999", "precious_metal", 6_800_000, 0.0002, 0.007, daily=True),
    ]


class Market:
    """Prices as they go."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.instruments = shelf()
        self.of_class: dict[str, list[int]] = {}
        for place, instrument in enumerate(self.instruments):
            self.of_class.setdefault(instrument.asset_class, []).append(place)

    def pass_day(self) -> None:
        """One business day of prices."""
        for instrument in self.instruments:
            change = 1 + self._random.gauss(instrument.drift, instrument.swing)
            instrument.price = max(1_000, round(instrument.price * change))


def value_of(units: int, price: int) -> int:
    """Fen for so many hundredths of a unit, rounded half up."""
    return (units * price + 5_000) // 10_000


def units_for(fen: int, price: int) -> int:
    """Hundredths of a unit that so many fen buy, rounded down."""
    return fen * 10_000 // price
