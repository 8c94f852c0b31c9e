"""What R15 measures, how many movements there are beside what was usual, and the screen that asks it first."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from streams.customer import Customer
from streams.history import MOVEMENTS, WIDTH, History
from streams.portfolio import Effect
from streams.screens import Screen
from streams.screens.flows import MILLION, UNKNOWN, all_open, known_from

DROP_DAYS: Final = 30
DROP_AGAINST: Final = 180


def activity(history: History, day: i64) -> tuple[int, int]:
    """Movements of the last 30 dates, and of the 180 before them; UNKNOWN for both where these are not all known."""
    first: i64 = day - DROP_DAYS + 1
    if known_from(history) > first - DROP_AGAINST:
        return UNKNOWN, UNKNOWN
    return history.movements(first, day), history.movements(first - DROP_AGAINST, first - 1)


def share_of_usual(recent: int, before: int, least: int) -> int:
    """The last 30 dates per the mean of the 30-date periods before, in millionths; 1 where that mean is below `least`."""
    periods = DROP_AGAINST // DROP_DAYS
    return MILLION if before < periods * least or before == 0 else periods * recent * MILLION // before


class ActivityFell(Screen):
    """Movements have fallen below a share of what was usual.

    The share falls only where a movement leaves the 30 dates, where nothing is left in them, or where one comes late: otherwise nobody
    counts.
    """

    def __init__(self, share: int, least: int, key: str, resolves_from: int) -> None:
        """Prepare.

        Args:
            share: in millionths; below it the rule opens.
            least: see `share_of_usual`.
            key: the condition's.
            resolves_from: the share, in millionths, from which on it resolves.
        """
        self.share = share
        self.least = least
        self.key = key
        self.resolves_from = resolves_from

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        if not all_open(customer, (self.key,)):
            return False
        recent, before = activity(customer.history, day)
        return recent == UNKNOWN or share_of_usual(recent, before, self.least) < self.resolves_from

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return effect.late and self._fell(customer.history, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        history = customer.history
        rows = history.rows
        size: i64 = len(rows)
        first: i64 = day - DROP_DAYS + 1
        if size == 0 or rows[0] > first - DROP_AGAINST:
            return False
        place = size - WIDTH
        recent: i64 = 0
        while place >= 0 and rows[place] >= first:
            recent += rows[place + MOVEMENTS]
            place -= WIDTH
        leaves = place >= 0 and rows[place] == first - 1
        if recent > 0 and not leaves and known_from(history) != first - DROP_AGAINST:
            return False
        return self._fell(history, day)

    def _fell(self, history: History, day: int) -> bool:
        recent, before = activity(history, day)
        return recent != UNKNOWN and share_of_usual(recent, before, self.least) < self.share
