"""The default numbers of the rules' table, as far as the settings of the bank do not hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Shares are fractions; money is in the base currency; windows are in dates."""

    share_of_aum: Decimal = Decimal("0.1")
    unusual: Decimal = Decimal("3.5")
    net_outflow: Mapping[int, Decimal] = field(default_factory=lambda: {30: Decimal("0.20"), 90: Decimal("0.35")})
    passed_through: Decimal = Decimal("0.8")
    drips: int = 5
    above_peak: Decimal = Decimal("1.5")
    months_with_flow: int = 6
    low_balance: Decimal = Decimal(0)
    aum_change: Mapping[int, Decimal] = field(default_factory=lambda: {1: Decimal("0.10"), 30: Decimal("0.20")})
    idle_closes: int = 10
    shift: Mapping[int, Decimal] = field(default_factory=lambda: {30: Decimal("0.15")})
    concentration: Decimal = Decimal("0.40")
    hhi: Decimal = Decimal("0.5")
    late_dates: int = 5
