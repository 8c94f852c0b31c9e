"""What the calendar rules measure: working days, terms that end, what is placed again, salaries' rhythms, the customer's own days."""

from __future__ import annotations

from datetime import date
from typing import Final

from schemas.movements import AssetClass
from streams.customer import CLASSES, Customer
from streams.due import is_working_day
from streams.memory import Memory, Rhythm
from streams.portfolio import Effect
from streams.screens import Screen

DEMAND: Final = CLASSES.index(AssetClass.DEMAND_DEPOSIT)
SHORTEST_GAP: Final = 26
LONGEST_GAP: Final = 35
LEAST_BEATS: Final = 3
LEAP_DAY: Final = 229
"""The 29 of February as `month_day` writes it."""
_MOST_KEPT: Final = 100_000

_steps: dict[tuple[str, int, int], int] = {}
_ends: dict[tuple[str, int, tuple[int, ...]], dict[str, int]] = {}
_month_days: dict[int, int] = {}


def working_day(country: str, day: int, count: int) -> int:
    """The date so many of the country's working days after a date, before it where `count` is below 0."""
    key = (country, day, count)
    found = _steps.get(key)
    if found is None:
        step, left, found = (1, count, day) if count > 0 else (-1, -count, day)
        while left:
            found += step
            if is_working_day(date.fromordinal(found), country):
                left -= 1
        if len(_steps) > _MOST_KEPT:
            _steps.clear()
        _steps[key] = found
    return found


def terms_ending(country: str, day: int, notices: tuple[int, ...]) -> dict[str, int]:
    """The maturity dates, as text, of which a date is the so manieth working day before, and how manieth it is."""
    key = (country, day, notices)
    found = _ends.get(key)
    if found is None:
        found = {}
        if is_working_day(date.fromordinal(day), country):
            for count in notices:
                first = working_day(country, day, count - 1) if count > 1 else day
                for matures in range(first + 1, working_day(country, day, count) + 1):
                    found[date.fromordinal(matures).isoformat()] = count
        if len(_ends) > _MOST_KEPT:
            _ends.clear()
        _ends[key] = found
    return found


class MaturesSoon(Screen):
    """A position's term ends a certain number of working days from the date that begins."""

    def __init__(self, country: str, notices: tuple[int, ...]) -> None:
        self.country = country
        self.notices = notices
        self._day: int = 0
        self._ends: dict[str, int] = {}
        """What ends so long after the day that was asked about last."""

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        if day != self._day:
            self._ends = terms_ending(self.country, day, self.notices)
            self._day = day
        ends = self._ends
        if not ends:
            return False
        for account in customer.accounts.values():
            matures = account.maturity
            if matures is not None and account.balance > 0 and matures in ends:
                return True
        return False


class Chain:
    """What came back on one date, and what of it was placed again in time."""

    def __init__(self, day: int, until: int) -> None:
        self.day = day
        self.until = until
        """The last date in time."""
        self.proceeds: int = 0
        self.made_of: list[str] = []
        """Identities of the movements that brought them."""
        self.placed: int = 0


def chains_of(memory: Memory, country: str, days: int, without: str = "") -> list[Chain]:
    """The chains of the dates that are remembered, the first first.

    What is placed belongs to the oldest chain that is not complete yet, what is beyond it to the next; what is beyond all to the newest.

    Args:
        memory: the customer's.
        country: whose working days count.
        days: so many of them there are to place the money again.
        without: identity of a movement that is to be left out.
    """
    chains: list[Chain] = []
    for one in memory.dealt:
        if one.value == 0 or one.identity == without:
            continue
        if one.value > 0:
            if not chains or chains[-1].day != one.day:
                chains.append(Chain(one.day, working_day(country, one.day, days)))
            chains[-1].proceeds += one.value
            chains[-1].made_of.append(one.identity)
            continue
        left = -one.value
        newest: Chain | None = None
        for chain in chains:
            if one.day <= chain.until:
                newest = chain
                part = min(left, max(0, chain.proceeds - chain.placed))
                chain.placed += part
                left -= part
        if newest is not None:
            newest.placed += left
    return chains


class PlacesAgain(Screen):
    """Money goes from a demand deposit account into a position, and some has come back to one lately."""

    def __init__(self, floor: int) -> None:
        self.floor = floor

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        dealt = customer.memory.dealt
        if not dealt or effect.account.asset_class != DEMAND:
            return False
        back = 0
        for one in dealt:
            if one.value > 0:
                back += one.value
        return back >= self.floor

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False


class PlacingEnded(Screen):
    """The last date on which something could be placed again in time has just been closed."""

    def __init__(self, country: str, days: int) -> None:
        self.country = country
        self.days = days

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return any(one.value > 0 and working_day(self.country, one.day, self.days) == day - 1 for one in customer.memory.dealt)


def gaps_of(rhythm: Rhythm) -> list[int]:
    """The gaps, in dates, of the latest dates that follow each other by 26 to 35 dates; the latest first."""
    days = rhythm.days
    gaps: list[int] = []
    place = len(days) - 1
    while place > 0 and SHORTEST_GAP <= days[place] - days[place - 1] <= LONGEST_GAP:
        gaps.append(days[place] - days[place - 1])
        place -= 1
    return gaps


def expected_on(rhythm: Rhythm) -> int:
    """When the next salary is expected: the last date and the median gap, a half rounded down; 0 where there is no rhythm."""
    gaps = gaps_of(rhythm)
    count = len(gaps)
    if count < LEAST_BEATS - 1:
        return 0
    gaps.sort()
    half = count // 2
    median = gaps[half] if count % 2 else (gaps[half - 1] + gaps[half]) // 2
    return rhythm.days[-1] + median


class SalaryLate(Screen):
    """A salary has not come: so many dates after the expected one have closed without it, and not yet too many."""

    def __init__(self, days: int, until: int) -> None:
        self.days = days
        self.until = until

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`. What comes in the order of time is expected again only a month later."""
        return effect.late and self.passes_close(customer, effect.clock_day, None)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        for rhythm in customer.memory.rhythms:
            if len(rhythm.days) >= LEAST_BEATS and day - 1 - rhythm.days[-1] >= SHORTEST_GAP + self.days:
                expected = expected_on(rhythm)
                if expected and self.days <= day - 1 - expected < self.until:
                    return True
        return False


def month_day(day: int) -> int:
    """Month x 100 + day of the month of a date."""
    found = _month_days.get(day)
    if found is None:
        on = date.fromordinal(day)
        if len(_month_days) > _MOST_KEPT:
            _month_days.clear()
        found = _month_days[day] = on.month * 100 + on.day
    return found


def is_day_of(since: int, day: int) -> bool:
    """Whether a date is a yearly return of an earlier one; of a 29 February, in a year without one, the 28."""
    if since == 0 or since >= day:
        return False
    began, now = month_day(since), month_day(day)
    return began == now or (began == LEAP_DAY and now == LEAP_DAY - 1 and month_day(day + 1) != LEAP_DAY)


class DayComes(Screen):
    """The customer's birthday, or the day they became one, returns in so many dates."""

    def __init__(self, days: int) -> None:
        self.days = days

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        profile = customer.profile
        on = day + self.days
        return is_day_of(profile.born_on, on) or is_day_of(profile.customer_since, on)
