"""What R24 and R25 measure, how far an allocation is from its plan, and the screens that ask it first."""

from __future__ import annotations

from decimal import Decimal

from mypy_extensions import i64

from streams.customer import CLASSES, Customer
from streams.exact import SMALL
from streams.portfolio import Effect
from streams.screens import Screen, Standing, standing_of
from streams.screens.assets import MILLION, NOTHING, known_at, worth_at


def drifts(customer: Customer, day: i64, days: i64) -> list[int]:
    """The least absolute drift of each class over so many closes before a date, each rounded down; empty where there is none."""
    found: list[int] = []
    target = customer.profile.target
    if not target or not known_at(customer, day - days):
        return found
    date = day - days
    while date < day:
        held = worth_at(customer, date)
        total = 0
        for value in held:
            total += value
        if total <= 0:
            return []
        for place in range(len(target)):
            drift = _off(held[place], target[place], total) // total
            if len(found) <= place:
                found.append(drift)
            elif drift < found[place]:
                found[place] = drift
        date += 1
    return found


def _off(value: int, target: int, total: int) -> int:
    """By how much a value is off so many millionths of a total above 0, either way, times a million."""
    if -SMALL < value < SMALL and total < SMALL:
        small: i64 = value
        share: i64 = target
        of: i64 = total
        off = small * 1_000_000 - share * of
        return off if off >= 0 else -off
    return abs(value * MILLION - target * total)


def drift_limit(target: int, absolute: int, relative: int) -> int:
    """From which drift on a class with this target has drifted: the smaller of the two, the relative one rounded up."""
    if target == 0:
        return absolute
    return min(absolute, -(-target * relative // MILLION))


def total_drift(customer: Customer) -> int:
    """Half the sum of the absolute drifts now, rounded down."""
    target = customer.profile.target
    if not target or customer.aum <= 0:
        return NOTHING
    held = customer.owned
    total = customer.aum
    off = 0
    for place in range(len(target)):
        off += _off(held[place], target[place], total)
    return off // (2 * total)


class ClassDrifted(Screen):
    """A class has been away from its target at so many closes in a row."""

    def __init__(self, days: int, absolute: int, relative: int, name: str, rearm: Decimal, bands: tuple[tuple[str, Decimal], ...]) -> None:
        self.days = days
        self.absolute = absolute
        self.relative = relative
        self.name = name
        self.rearm = rearm
        self.bands = bands
        self.standings: dict[tuple[int, int], Standing] = {}
        """By the class's place and its target; made when they are first needed."""

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        target = customer.profile.target
        if not target:
            return False
        found = drifts(customer, day, self.days)
        return any(found[place] >= drift_limit(target[place], self.absolute, self.relative) for place in range(len(found)))

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        target = customer.profile.target
        if not target:
            return False
        found = drifts(customer, day, self.days)
        return all(self._standing(place, target[place]).stays(customer, found[place]) for place in range(len(found)))

    def _standing(self, place: int, target: int) -> Standing:
        found = self.standings.get((place, target))
        if found is None:
            limit = drift_limit(target, self.absolute, self.relative)
            found = self.standings[place, target] = standing_of(self.name, CLASSES[place].value, limit, self.rearm, self.bands)
        return found


class TotalDrifted(Screen):
    """The allocation as a whole is away from its target."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return total_drift(customer) >= self.standing.threshold

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return total_drift(customer) >= self.standing.threshold

    def stays(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._stays(customer)

    def stays_at_close(self, customer: Customer, day: int) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._stays(customer)

    def _stays(self, customer: Customer) -> bool:
        value = total_drift(customer)
        if value == NOTHING:
            return len(customer.profile.target) > 0
        return self.standing.stays(customer, value)
