"""What the bank sells, its prices day by day, and the exchange rates (constant through the sample)."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

RATES = {"USD": 71_000, "HKD": 9_100, "EUR": 77_500}
"""CNY for one unit, in ten-thousandths."""
RISKS = {"time_deposit": 1, "structured_deposit": 2, "insurance": 2, "trust": 4}
"""Of what is not held in units, 1 to 5."""
FUND_HOUSES = ("海岳基金", "锦帆基金", "明川基金")
BUILDER = "江海城建集团"
"""One issuer has both a bond and a share here."""


@dataclass(slots=True)
class Instrument:
    """A product held in units.

    Args:
        code: the bank's own.
        asset_class: as in the contract.
        issuer: who stands behind it.
        risk: 1 to 5.
        price: of one unit, in ten-thousandths.
        drift: expected daily change.
        swing: standard deviation of the daily change.
        pays: the kind of its payout (dividend, coupon), or none.
        daily: valued every business day, else every Friday.
        reserved: held in stories only.
    """

    code: str
    asset_class: str
    issuer: str
    risk: int
    price: int
    drift: float
    swing: float
    pays: str = ""
    daily: bool = False
    reserved: bool = False


def shelf() -> list[Instrument]:
    """Every product at its first price."""
    builders = (BUILDER, "南屏水务", "长桥高速", "东湖轨道交通")
    listed = (BUILDER, "云帆科技股份", "瑞丰新能源", "博远医药", "锦程物流")
    return [
        *(Instrument(f"FD{n:04d}", "fund", FUND_HOUSES[n % 3], 3 + n % 2, 10_000 + 1_700 * n, 0.0002, 0.004 + 0.001 * (n % 4))
          for n in range(1, 9)),
        *(Instrument(f"WP{n:04d}", "wealth_product", "江海理财", 2 + n % 2, 10_000 + 90 * n, 0.0001, 0.0002) for n in range(1, 9)),
        *(Instrument(f"EQ{n:04d}", "equity", listed[n - 1], 5, 80_000 + 43_000 * n, 0.0003, 0.012, "dividend", daily=True)
          for n in range(1, 6)),
        *(Instrument(f"BD{n:04d}", "bond", builders[n - 1], 2 + n % 2, 1_000_000 + 4_000 * n, 0.00005, 0.0008, "coupon")
          for n in range(1, 5)),
        Instrument("AU9999", "precious_metal", "", 4, 6_800_000, 0.0002, 0.007, daily=True),
        Instrument(FALLING, "equity", "启明生物", 5, 243_000, 0.0, 0.004, daily=True, reserved=True),
        Instrument(RISING, "equity", "万象半导体", 5, 187_000, 0.0, 0.004, daily=True, reserved=True),
    ]  # fmt: skip


FALLING, RISING = "EQ9001", "EQ9002"
"""Shares whose price makes a story."""


class Market:
    """Prices as they go."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.instruments = shelf()
        self.shocks: dict[int, dict[str, float]] = {}
        """What a date does to the price of a share, by the day's index."""
        self.of_class: dict[str, list[int]] = {}
        for place, instrument in enumerate(self.instruments):
            if not instrument.reserved:
                self.of_class.setdefault(instrument.asset_class, []).append(place)

    def place_of(self, code: str) -> int:
        """Where an instrument stands on the shelf."""
        return next(place for place, instrument in enumerate(self.instruments) if instrument.code == code)

    def pass_day(self, index: int) -> None:
        """One business day of prices."""
        shocks = self.shocks.get(index, {})
        for instrument in self.instruments:
            change = (1 + self._random.gauss(instrument.drift, instrument.swing)) * shocks.get(instrument.code, 1.0)
            instrument.price = max(1_000, round(instrument.price * change))


def value_of(units: int, price: int) -> int:
    """Fen for so many hundredths of a unit, rounded half up."""
    return (units * price + 5_000) // 10_000


def units_for(fen: int, price: int) -> int:
    """Hundredths of a unit that so many fen buy, rounded down."""
    return fen * 10_000 // price
