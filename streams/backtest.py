"""The detector's decisions over history: the same `decide`, no broker, no clock.

1. Time is event time alone: what a movement leads to is detected at the movement, what a passing hour leads to at that hour.
2. Before a movement at t every price with `at` <= t is known, and none of a later second; late movements see what their customer's clock
   has reached, and a tick on the way to a movement what is known at that tick. So what is found for a customer depends on that customer's
   own movements and on nothing that is read between them.
3. At the end time passes for everybody up to one instant, the first full hour after the last movement.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from schemas.notifications import Notification
from schemas.prices import Price
from schemas.rules import RuleSettings
from schemas.settings import Settings
from streams.customer import Customer, Profile
from streams.decide import Decision, decide, pass_time
from streams.household import TAKEN, Household, by_household, of_households
from streams.money import Rates
from streams.posting import Posting
from streams.state import new_customer
from streams.timeline import RuleBooks
from streams.windows import Calendar
from streams.world import World

HOUR = 3_600
FOREVER = 1 << 62
KEPT_ERAS = 512
"""So many states of the prices are kept at once; a feed that goes back beyond them costs time, not truth."""


class Eras:
    """The world as it was known at each time: a new era begins with every second at which a price came."""

    def __init__(self, world: World, prices: Iterable[Price]) -> None:
        dated = sorted(prices, key=lambda price: price.at)
        told = [(at, list(group)) for at, group in groupby(dated, key=lambda price: int(price.at.timestamp() // 1))]
        self._begins = [at for at, _ in told]
        self._told = [group for _, group in told]
        self._known = {0: world}
        self._world, self._from, self._until = world, 1, 0

    def __len__(self) -> int:
        return len(self._begins)

    def at(self, moment: int) -> World:
        """The world as of an instant, its own second included."""
        if not self._from <= moment < self._until:
            era = bisect_right(self._begins, moment)
            self._world = self._known.get(era) or self._learn(era)
            self._from = self._begins[era - 1] if era else -FOREVER
            self._until = self._begins[era] if era < len(self._begins) else FOREVER
        return self._world

    def _learn(self, era: int) -> World:
        nearest = max(known for known in self._known if known < era)
        rates = _twin(self._known[nearest].rates)
        for prices in self._told[nearest:era]:
            for price in prices:
                rates.learn(price)
        if len(self._known) > KEPT_ERAS:
            del self._known[min(known for known in self._known if known)]
        world = self._known[nearest]
        found = self._known[era] = World(world.books, rates, world.calendar, world.history_days, world.remembered_events)
        return found


class Backtest:
    """Customers and one set of rules; movements go in one by one, in the order of the feed."""

    def __init__(
        self, settings: Settings, profiles: Mapping[str, Profile], prices: Iterable[Price], versions: Iterable[RuleSettings] = ()
    ) -> None:
        """Prepare.

        Args:
            settings: the bank and its rules.
            profiles: by customer_id, all known from the beginning.
            prices: in any order.
            versions: of single rules, each from its `active_since` on.

        Raises:
            schemas.settings.SettingsError: a rule, a threshold, a tier or a segment is misspelt, or a version is refused.
        """
        bank, detector = settings.bank, settings.detector
        self._profiles = profiles
        self.customers: dict[str, Customer] = {}
        self._members = by_household(profiles)
        self._households: dict[str, Household] = {}
        self.books = RuleBooks.of(settings, versions)
        world = World(self.books, Rates(bank.base_currency), Calendar(bank.time_zone), detector.history_days, detector.remembered_events)
        self.eras = Eras(world, prices)

    def take(self, posting: Posting) -> Decision:
        """Decide one movement."""
        customer = self.customers.get(posting.customer_id)
        if customer is None:
            customer = self.customers[posting.customer_id] = new_customer(posting.customer_id)
            profile = self._profiles.get(posting.customer_id)
            if profile is not None:
                customer.profile = profile
        at = posting.at
        decision = decide(customer, posting, None, self.eras.at(max(at, customer.clock)), self.eras.at)
        household_id = customer.profile.household_id
        if household_id is not None and decision.result in TAKEN:
            decision.notifications += self._together(household_id, posting)
        return decision

    def finish(self, to: int) -> Iterator[Notification]:
        """Let time pass for everybody up to `to` (whole seconds since 1970)."""
        world = self.eras.at(to)
        for customer in self.customers.values():
            yield from pass_time(customer, to, None, world, self.eras.at)
        for household in self._households.values():
            yield from household.pass_time(to, None, of_households(world), self._then)

    def _together(self, household_id: str, posting: Posting) -> list[Notification]:
        """What a member's movement means to all members."""
        household = self._households.get(household_id)
        if household is None:
            household = self._households[household_id] = Household.born(household_id, self._members[household_id])
        world = self.eras.at(max(posting.at, household.customer.clock))
        return household.take(posting, None, of_households(world), self._then).notifications

    def _then(self, at: int) -> World:
        return of_households(self.eras.at(at))


def full_hour_after(moment: int) -> int:
    """The next full hour, strictly later; both in whole seconds since 1970."""
    return (moment // HOUR + 1) * HOUR


def order_of(said: Notification) -> bytes:
    """A key whose bytes sort as (event time, customer, rule, notification, message) do: a total order, the same for every run."""
    at = int(said.occurred_at.timestamp()) + (1 << 40)
    ids = f"{said.notification_id.int:032x}\0{said.message_id.int:032x}"
    return f"{at:015d}\0{said.customer_id}\0{said.rule.name}\0{ids}".encode()


def _twin(rates: Rates) -> Rates:
    """The same rates, to be taught more."""
    return rates.copy()
