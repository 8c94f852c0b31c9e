"""One customer's life: what happened to it, replayed, and explained at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from schemas.notifications import Notification
from schemas.prices import Price
from schemas.settings import Settings
from streams.backtest import Eras
from streams.book import all_rules
from streams.customer import Customer, Profile
from streams.decide import Decision, Result, decide, pass_time
from streams.explanation import Arm, Explained, Moment, Moved, explained, moved
from streams.household import Household, Member
from streams.money import Rates
from streams.posting import Posting
from streams.state import decode, encode, new_customer
from streams.timeline import HouseholdBooks, RuleBooks
from streams.windows import Calendar
from streams.wording import Text
from streams.world import World

KEPT_EVERY = 16
"""Steps."""


@dataclass(frozen=True, slots=True)
class Step:
    """A movement; or, without one, time that passes. What it leads to is detected at `appended_at`."""

    at: int
    appended_at: datetime
    posting: Posting | None = None
    if_due: bool = False
    """Time passes only if something can change: the detector leaves the clocks of others alone at a tick."""

    @classmethod
    def of(cls, posting: Posting, appended_at: datetime | None = None) -> Step:
        """A movement, detected when it was appended, or in a file when it happened."""
        return cls(posting.at, appended_at or datetime.fromtimestamp(posting.at, UTC), posting)

    @classmethod
    def until(cls, at: int) -> Step:
        """Time passes."""
        return cls(at, datetime.fromtimestamp(at, UTC))

    @classmethod
    def tick(cls, at: int, appended_at: datetime) -> Step:
        """A tick of `wealth.ticks`."""
        return cls(at, appended_at, if_due=True)


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a customer.

    Attributes:
        customer_id: whose.
        steps: in the order in which the detector takes them.
        profile: None where none is known.
        prices: of everything, in any order.
        books: the settings over time.
        warnings: what may make the replay differ from what was decided.
    """

    customer_id: str
    steps: Sequence[Step]
    profile: Profile | None
    prices: Sequence[Price]
    books: RuleBooks
    warnings: Sequence[Text] = ()


def household_of(said: Notification | None) -> str | None:
    """The household that a notification is about; None where it is about a customer."""
    rule = None if said is None else all_rules().get(said.rule.name)
    return said.household_id if said is not None and rule is not None and rule.of_household else None


def of_household(past: Past, members: Iterable[Member]) -> Past:
    """The past of all members as that of their household, whose id stands for the customer's."""
    home = Household.born(past.customer_id, members)
    for step in past.steps:
        if step.posting is not None:
            step.posting.counterparty = home.seen(step.posting.counterparty)
    return replace(past, profile=home.customer.profile, books=HouseholdBooks(past.books))


@dataclass(frozen=True, slots=True)
class Kept:
    """A customer's state, as the changelog would hold it."""

    key: bytes
    records: Mapping[bytes, bytes]
    valued_at: int

    def customer(self) -> Customer:
        """The customer as it was."""
        found = decode(self.records[self.key], self.records.get)
        found.valued_at = self.valued_at
        return found


@dataclass(slots=True)
class Life:
    """What each step came to."""

    past: Past
    settings: Settings
    steps: list[Step] = field(init=False)
    decisions: list[Decision] = field(init=False)
    clocks: list[int] = field(init=False)
    """After each step."""
    _eras: Eras = field(init=False)
    _moved: list[list[Moved]] = field(init=False)
    """By step; none where nothing was applied."""
    _kept: dict[int, Kept] = field(init=False)
    """Before some of the steps, so that not everything is replayed for each explanation."""
    _explained: dict[Moment, Explained] = field(init=False)

    def __post_init__(self) -> None:
        self.steps, self.decisions, self.clocks, self._moved, self._kept, self._explained = list(self.past.steps), [], [], [], {}, {}
        customer, self._eras, records = self._born(), self._new_eras(), dict[bytes, bytes]()
        for place, step in enumerate(self.steps):
            if place % KEPT_EVERY == 0:
                records.update(encode(customer))
                self._kept[place] = Kept(customer.customer_id.encode(), dict(records), customer.valued_at)
            world = self._eras.at(max(step.at, customer.clock))
            decision = _act(customer, step, self._eras)
            applied = step.posting is not None and decision.result in (Result.APPLIED, Result.LATE)
            self.decisions.append(decision)
            self.clocks.append(customer.clock)
            self._moved.append([moved(customer, step.posting, world)] if applied and step.posting is not None else [])

    def pass_until(self, at: int) -> None:
        """Let time pass after all that happened."""
        self.past = replace(self.past, steps=[*self.steps, Step.until(at)])
        self.__post_init__()

    @property
    def notifications(self) -> list[Notification]:
        """All that was told, in order."""
        return [one for decision in self.decisions for one in decision.notifications]

    def moment_of(self, notification: Notification) -> Moment:
        """When a notification of this replay was told."""
        place = next(place for place, decision in enumerate(self.decisions) if notification in decision.notifications)
        posting = self.steps[place].posting
        if notification.evidence.triggers and posting is not None:
            return Moment(posting.at, posting)
        return Moment(int(notification.occurred_at.timestamp()))

    def movement_before(self, at: int) -> Moment | None:
        """The last movement at or before an instant; repeats are none."""
        found = [
            (step.at, place)
            for place, (step, decision) in enumerate(zip(self.steps, self.decisions, strict=True))
            if step.posting is not None and step.at <= at and decision.result is not Result.DUPLICATE
        ]
        return Moment(max(found)[0], self.steps[max(found)[1]].posting) if found else None

    def explained(self, moment: Moment) -> Explained:
        """Every rule's answer at a moment of this life; at a tick, time must have passed it."""
        if moment not in self._explained:
            self._explained[moment] = self._explain(moment)
        return self._explained[moment]

    def _explain(self, moment: Moment) -> Explained:
        place = self._place(moment)
        first = place - place % KEPT_EVERY
        customer = self._kept[first].customer()
        for step in self.steps[first:place]:
            _act(customer, step, self._eras)
        world = self._eras.at(max(self.steps[place].at, customer.clock))
        past = list(chain.from_iterable(self._moved[:place]))
        if moment.posting is not None:
            past.append(moved(customer, moment.posting, world))
        act = partial(_act, customer, self.steps[place], self._eras)
        return explained(customer, moment, act, self.past.books, world.calendar, past, self.decisions[place].notifications)

    def _place(self, moment: Moment) -> int:
        """The step that a moment is of; a tick is of the one on the way to which it passes."""
        if moment.posting is not None:
            return next(place for place, step in enumerate(self.steps) if step.posting is moment.posting)
        return next(place for place, clock in enumerate(self.clocks) if clock >= moment.at)

    def _born(self) -> Customer:
        customer = new_customer(self.past.customer_id)
        if self.past.profile is not None:
            customer.profile = self.past.profile
        return customer

    def _new_eras(self) -> Eras:
        bank, detector = self.settings.bank, self.settings.detector
        calendar = Calendar(bank.time_zone)
        world = World(self.past.books, Rates(bank.base_currency), calendar, detector.history_days, detector.remembered_events)
        return Eras(world, self.past.prices)


def _act(customer: Customer, step: Step, eras: Eras, arm: Arm = lambda world: world) -> Decision:
    world = arm(eras.at(max(step.at, customer.clock)))

    def then(at: int) -> World:
        return arm(eras.at(at))

    if step.posting is not None:
        return decide(customer, step.posting, step.appended_at, world, then)
    if step.if_due and not 0 < customer.wake <= step.at:
        return Decision(Result.APPLIED, [])
    return Decision(Result.APPLIED, pass_time(customer, step.at, step.appended_at, world, then))
