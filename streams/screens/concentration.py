"""What R27 measures, how much of AUM is one class, instrument or issuer, and the screen that asks it first."""

from __future__ import annotations

from mypy_extensions import i64

from streams.customer import IS_LIABILITY, Customer
from streams.exact import millionths, reaches
from streams.portfolio import Effect
from streams.screens import Screen, Standing
from streams.screens.assets import COUNT, MILLION, NEAR, NOTHING, rounded_down


def largest_class(customer: Customer) -> tuple[int, int]:
    """Value and place in `CLASSES` of the class that is worth most."""
    held = customer.owned
    most: i64 = 0
    for place in range(COUNT):
        if held[place] > held[most]:
            most = place
    return held[most], most


def largest_held(customer: Customer, by_issuer: bool) -> tuple[int, str]:
    """Value and name of the instrument, or the issuer, of which most is held; 0 and nothing where there is none."""
    most = 0
    found = ""
    sums: dict[str, int] = {}
    for account in customer.accounts.values():
        name = account.issuer if by_issuer else account.instrument
        value = account.value
        if name is not None and value is not None and not IS_LIABILITY[account.asset_class]:
            sums[name] = sums.get(name, 0) + value
    for name, value in sums.items():
        if value > most:
            most, found = value, name
    return most, found


def squares(customer: Customer) -> int:
    """The sum of the squared class weights (Herfindahl-Hirschman), rounded down; AUM is above 0."""
    aum = float(customer.aum)
    summed = 0.0
    for value in customer.owned:
        if value < 0:
            summed = -1.0
            break
        weight = float(value) / aum
        summed += weight * weight
    whole = rounded_down(summed * 1e6)
    if whole != NOTHING:
        return whole
    found = 0
    for value in customer.owned:
        found += int(value) * int(value)
    return found * MILLION // (customer.aum * customer.aum)


class Concentrated(Screen):
    """One class, instrument or issuer is a share of AUM, or the sum of the squared class weights reaches a limit, or nearly."""

    def __init__(self, of_class: Standing, instrument: Standing, issuer: Standing, hhi: Standing, floor: int) -> None:
        self.of_class = of_class
        self.instrument = instrument
        self.issuer = issuer
        self.hhi = hhi
        self.floor = floor

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._concentrated(customer)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._concentrated(customer)

    def stays(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._stays(customer)

    def stays_at_close(self, customer: Customer, day: int) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._stays(customer)

    def _stays(self, customer: Customer) -> bool:
        aum = customer.aum
        if aum < self.floor:
            return True
        if not self.of_class.stays(customer, millionths(largest_class(customer)[0], aum)):
            return False
        if not self.hhi.stays(customer, squares(customer)):
            return False
        most = self._named(customer)
        if most == 0:
            return self.instrument.stays(customer, 0) and self.issuer.stays(customer, 0)
        if not reaches(most, self.instrument.threshold, aum) and not self._open(customer):
            return True
        return self.instrument.stays(customer, millionths(largest_held(customer, False)[0], aum)) and self.issuer.stays(
            customer, millionths(largest_held(customer, True)[0], aum)
        )

    def _open(self, customer: Customer) -> bool:
        """Whether an instrument or an issuer is, or was lately, too large a share."""
        return self.instrument.key in customer.conditions or self.issuer.key in customer.conditions

    def _named(self, customer: Customer) -> int:
        """What all that has an instrument or an issuer is worth, as far as it is above 0: none of them is worth more."""
        most = 0
        for account in customer.accounts.values():
            if account.instrument is not None or account.issuer is not None:
                value = account.value
                if value is not None and value > 0:
                    most += value
        return most

    def _concentrated(self, customer: Customer) -> bool:
        aum = customer.aum
        if aum < self.floor or aum <= 0:
            return False
        limit = self.of_class.threshold
        whole = float(aum)
        summed = 0.0
        for value in customer.owned:
            if value == 0:
                continue
            if reaches(value, limit, aum):
                return True
            weight = float(value) / whole
            summed += weight * weight
        if summed >= self.hhi.threshold / 1e6 - NEAR:
            return True
        if not reaches(self._named(customer), limit, aum):
            return False
        return reaches(largest_held(customer, False)[0], limit, aum) or reaches(largest_held(customer, True)[0], limit, aum)
