"""What a customer's assets are, and were: the measures of R20 to R28, and the screens that look at them.

Shares are in millionths. A customer whose figure cannot be told (no history, nothing owned, no plan) has `NOTHING`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from schemas.movements import AssetClass
from streams.customer import CLASSES, IS_LIABILITY, Account, Customer
from streams.exact import SMALL, millionths, reaches
from streams.history import KINDS_OF_CLASS
from streams.payments import ahead, ordinal_of
from streams.portfolio import Effect
from streams.screens import Screen, Standing, standing_of

MILLION: Final = 1_000_000
NOTHING: Final = -1
DEMAND: Final = CLASSES.index(AssetClass.DEMAND_DEPOSIT)
LOAN: Final = CLASSES.index(AssetClass.LOAN)
BUSINESS_DAYS: Final = 5
"""So far R20 looks ahead."""
SCHEDULED: Final = ":scheduled"
"""Ends the facet of what is to leave an account."""
LEAST_RISK: Final = 1
"""The score of a holding that has none."""
_SHORTEST_MONTH: Final = 28
_MOST_DATES: Final = 100_000
_COUNT: Final[i64] = len(CLASSES)
_NEAR: Final = 1e-9
"""Far more than a share is out by when it is reckoned in floating point, far less than anybody sets as a threshold."""


def _zeros() -> vec[i64]:
    found = vec[i64](capacity=_COUNT)
    for _ in range(_COUNT):
        found = append(found, 0)
    return found


def _whole(figure: float) -> int:
    """A figure rounded down; NOTHING where it is so near to a whole number that its error might decide.

    Below a thousand millions, and reckoned from a few dozen figures above 0, it is out by less than a thousandth.
    """
    if not 0.0 <= figure < 1e9:
        return NOTHING
    whole = int(figure)
    return whole if 1e-3 < figure - whole < 1.0 - 1e-3 else NOTHING


def worth_at(customer: Customer, day: i64) -> vec[i64]:
    """The same at the close of a date that is kept."""
    found = _zeros()
    entries = customer.classes.entries
    size: i64 = len(entries)
    place: i64 = 0
    until = (day + 1) * KINDS_OF_CLASS
    while place < size and entries[place] < until:
        found[entries[place] % KINDS_OF_CLASS] = entries[place + 1]
        place += 2
    return found


def known_at(customer: Customer, day: i64) -> bool:
    """Whether there is a close of a date."""
    history = customer.history
    return history.begun and history.first <= day


# --- R20 ---------------------------------------------------------------------------------------------------------------------------------


def scheduled(customer: Customer, account_id: str, account: Account, day: i64, country: str) -> int:
    """What is to leave a demand deposit account in the next five business days, in base-currency units; `day` itself is none of them.

    A loan that ends in this time is repaid from the account with the most on it.
    """
    due = 0
    standing = customer.profile.standing
    if standing:
        for order in standing:
            if order.account_id == account_id:
                for date, day_of_month, is_last in ahead(day, BUSINESS_DAYS, country):
                    falls = order.day == day_of_month or (is_last and order.day > day_of_month)
                    if falls and (order.until == 0 or date <= order.until):
                        due += order.units
        value = account.value
        if value is not None and value != account.balance and account.balance:
            due = due * value // account.balance
    owed = _loans_ending(customer, day, country)
    if owed and account is _fullest(customer):
        due += owed
    return due


def most_scheduled(customer: Customer, account_id: str, often: int) -> int:
    """As much as can leave an account, or all of them if none is named, when every standing order falls due so often."""
    most = 0
    for order in customer.profile.standing:
        if account_id == "" or order.account_id == account_id:
            most += order.units
    return most * often


def _loans_ending(customer: Customer, day: i64, country: str) -> int:
    owed = 0
    for account in customer.accounts.values():
        if account.asset_class == LOAN and account.maturity is not None:
            value = account.value
            if value is not None and value < 0 and day < ordinal_of(account.maturity) <= ahead(day, BUSINESS_DAYS, country)[-1][0]:
                owed -= value
    return owed


def _fullest(customer: Customer) -> Account | None:
    """The demand deposit account with the most on it, the first seen of several."""
    found: Account | None = None
    most = 0
    for account in customer.accounts.values():
        value = account.value
        if account.asset_class == DEMAND and value is not None and (found is None or value > most):
            found, most = account, value
    return found


class BalanceBelow(Screen):
    """A demand deposit account has less than this, or than what is to leave it."""

    def __init__(self, rule: str, least: int, rearm: tuple[int, int], country: str) -> None:
        self.low = f"{rule}:"
        self.least = least
        self.rearm = rearm
        """As a ratio of whole numbers."""
        self.country = country
        self._often: dict[int, int] = {}
        """How often a day of the month can come in the business days after a date."""

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._below(customer, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._below(customer, day)

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        for account_id, account in customer.accounts.items():
            value = account.value
            if value is None:
                continue
            low = f"{self.low}{account_id}"
            due = f"{low}{SCHEDULED}"
            if account.asset_class != DEMAND:
                if low in customer.conditions or due in customer.conditions:
                    return False
                continue
            leaves = scheduled(customer, account_id, account, day, self.country)
            if not self._stays(customer, low, value, self.least):
                return False
            if leaves == 0:
                if due in customer.conditions:
                    return False
            elif not self._stays(customer, due, value, leaves):
                return False
        return True

    def _stays(self, customer: Customer, key: str, value: int, threshold: int) -> bool:
        held = customer.conditions.get(key)
        if held is None:
            return value >= threshold
        over, under = self.rearm
        return held.notification_id != "" and over * value < under * threshold

    def _below(self, customer: Customer, day: int) -> bool:
        lends = False
        least = self.least
        lowest = -1
        for account in customer.accounts.values():
            if account.asset_class == DEMAND:
                value = account.value
                if value is not None:
                    if value < least:
                        return True
                    balance = account.balance
                    if lowest < 0 or balance < lowest:
                        lowest = balance
            elif account.asset_class == LOAN and account.maturity is not None:
                lends = True
        if not lends and not customer.profile.standing:
            return False
        often = self._often.get(day)
        if often is None:
            if len(self._often) > _MOST_DATES:
                self._often.clear()
            often = self._often[day] = len(ahead(day, BUSINESS_DAYS, self.country)) // _SHORTEST_MONTH + 1
        if not lends and lowest >= most_scheduled(customer, "", often):
            return False
        for account_id, account in customer.accounts.items():
            if account.asset_class == DEMAND:
                value = account.value
                if value is None or (not lends and account.balance >= most_scheduled(customer, account_id, often)):
                    continue
                if value < scheduled(customer, account_id, account, day, self.country):
                    return True
        return False


# --- R21 ---------------------------------------------------------------------------------------------------------------------------------


def change(customer: Customer, day: i64, days: i64) -> int:
    """By which share of the close so many dates before AUM has changed, up or down; rounded down."""
    before = customer.history.close(day - days)
    if before is None or before <= 0:
        return NOTHING
    return millionths(abs(customer.aum - before), before)


class AumChanged(Screen):
    """AUM has changed by a share since the close of one of these dates, and is, or was, at least the floor."""

    def __init__(self, windows: list[tuple[int, Standing]], floor: int) -> None:
        self.windows = windows
        """Dates, and what holds for the share of their change."""
        self.floor = floor

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._changed(customer, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._changed(customer, day)

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        for days, standing in self.windows:
            before = customer.history.close(day - days)
            if before is None or before <= 0:
                continue
            value = change(customer, day, days)
            matters = before >= self.floor or customer.aum >= self.floor
            if (matters or value < standing.threshold) and not standing.stays(customer, value):
                return False
        return True

    def _changed(self, customer: Customer, day: i64) -> bool:
        aum = customer.aum
        for days, standing in self.windows:
            before = customer.history.close(day - days)
            if before is None or before <= 0 or (before < self.floor and aum < self.floor):
                continue
            if reaches(abs(aum - before), standing.threshold, before):
                return True
        return False


# --- R23 ---------------------------------------------------------------------------------------------------------------------------------


def idle_run(customer: Customer, day: i64, floor: i64) -> int:
    """How many closes in a row, up to that of the date before, demand deposits have been at least the floor, which is above 0."""
    entries = customer.classes.entries
    place: i64 = len(entries) - 2
    since = day
    while place >= 0:
        key = entries[place]
        if key % KINDS_OF_CLASS == DEMAND and key // KINDS_OF_CLASS < day:
            if entries[place + 1] < floor:
                break
            since = key // KINDS_OF_CLASS
        place -= 2
    return day - since


class CashIdle(Screen):
    """Demand deposits have been at least the floor at so many closes in a row."""

    def __init__(self, days: int, floor: int, standing: Standing) -> None:
        self.days = days
        self.floor = floor
        self.standing = standing

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return idle_run(customer, day, self.floor) >= self.days

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return self.standing.stays(customer, idle_run(customer, day, self.floor))


# --- R24 and R25 -------------------------------------------------------------------------------------------------------------------------


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


# --- R26 ---------------------------------------------------------------------------------------------------------------------------------


def shift(customer: Customer, day: i64, days: i64) -> int:
    """Half the sum of the changes of all weights since the close so many dates before, rounded down."""
    if customer.aum <= 0 or not known_at(customer, day - days):
        return NOTHING
    now, then = customer.owned, worth_at(customer, day - days)
    whole = _whole(_moved(now, then) * 5e5)
    if whole != NOTHING:
        return whole
    total = 0
    for value in then:
        total += value
    if total <= 0:
        return NOTHING
    aum = customer.aum
    moved = 0
    for place in range(_COUNT):
        moved += abs(int(now[place]) * total - int(then[place]) * aum)
    return moved * MILLION // (2 * aum * total)


class AllocationShifted(Screen):
    """Half the sum of the changes of all weights since the close of one of these dates is a share, or nearly."""

    def __init__(self, windows: list[tuple[int, Standing]], floor: int) -> None:
        self.windows = windows
        """Dates, and what holds for the share of their change."""
        self.floor = floor

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._shifted(customer, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._shifted(customer, day)

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        if customer.aum < self.floor:
            return True
        for days, standing in self.windows:
            value = shift(customer, day, days)
            if value != NOTHING and not standing.stays(customer, value):
                return False
        return True

    def _shifted(self, customer: Customer, day: i64) -> bool:
        if customer.aum < self.floor:
            return False
        for days, standing in self.windows:
            if known_at(customer, day - days):
                moved = _moved(customer.owned, worth_at(customer, day - days))
                if moved < 0.0:
                    if shift(customer, day, days) >= standing.threshold:
                        return True
                elif moved >= 2.0 * (standing.threshold / 1e6 - _NEAR):
                    return True
        return False


def _moved(now: vec[i64], then: vec[i64]) -> float:
    """The sum of the changes of all weights, nearly; below 0 where there is none, or something is overdrawn."""
    aum = 0.0
    total = 0.0
    for place in range(_COUNT):
        if now[place] < 0 or then[place] < 0:
            return -1.0
        aum += float(now[place])
        total += float(then[place])
    if aum <= 0.0 or total <= 0.0:
        return -1.0
    moved = 0.0
    for place in range(_COUNT):
        moved += abs(float(now[place]) / aum - float(then[place]) / total)
    return moved


# --- R27 ---------------------------------------------------------------------------------------------------------------------------------


def largest_class(customer: Customer) -> tuple[int, int]:
    """Value and place in `CLASSES` of the class that is worth most."""
    held = customer.owned
    most: i64 = 0
    for place in range(_COUNT):
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
    whole = _whole(summed * 1e6)
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
        if summed >= self.hhi.threshold / 1e6 - _NEAR:
            return True
        if not reaches(self._named(customer), limit, aum):
            return False
        return reaches(largest_held(customer, False)[0], limit, aum) or reaches(largest_held(customer, True)[0], limit, aum)


# --- R28 ---------------------------------------------------------------------------------------------------------------------------------


def risk(customer: Customer) -> tuple[int, int]:
    """The sum of value x score of what is owned, and the sum of the values; what is overdrawn counts for neither."""
    weighted = 0
    total = 0
    for account in customer.accounts.values():
        value = account.value
        if value is not None and value > 0 and not IS_LIABILITY[account.asset_class]:
            weighted += value * max(account.risk_score, LEAST_RISK)
            total += value
    return weighted, total


def risk_above(customer: Customer) -> int:
    """By how much the value-weighted score is above the profile, in millionths, rounded up; below 0 where it is below, 0 where unknown."""
    profile = customer.profile.risk_profile
    weighted, total = risk(customer)
    if profile == 0 or total == 0:
        return 0
    return -millionths(profile * total - weighted, total)


class RiskAbove(Screen):
    """The holdings are riskier than the profile by more than a tolerance."""

    def __init__(self, tolerance: int, standing: Standing) -> None:
        self.tolerance = tolerance
        self.standing = standing

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._above(customer)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._above(customer)

    def stays(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self.standing.stays(customer, risk_above(customer))

    def stays_at_close(self, customer: Customer, day: int) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self.standing.stays(customer, risk_above(customer))

    def _above(self, customer: Customer) -> bool:
        profile = customer.profile.risk_profile
        if profile == 0:
            return False
        tolerated = profile + self.tolerance // MILLION
        for account in customer.accounts.values():
            if account.risk_score > tolerated:
                return risk_above(customer) > self.tolerance
        return False
