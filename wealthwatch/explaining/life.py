"""One customer's life: what happened to it, replayed, and explained at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from schemas.notifications import Notification
from schemas.prices import Price
from schemas.settings import Settings
from streams.backtest import Eras
from streams.customer import Customer, Profile
from streams.decide import Decision, Result, decide, pass_time
from streams.explanation import Explained, Moment, Moved, explained, moved
from streams.money import Rates
from streams.posting import Posting
from streams.state import new_customer
from streams.timeline import RuleBooks
from streams.windows import Calendar
from streams.wording import Text
from streams.world import World


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


@dataclass(slots=True)
class Life:
    """What each step came to."""

    past: Past
    settings: Settings
    steps: list[Step] = field(init=False)
    decisions: list[Decision] = field(init=False)
    clocks: list[int] = field(init=False)
    """After each step."""

    def __post_init__(self) -> None:
        self.steps, self.decisions, self.clocks = list(self.past.steps), [], []
        customer, eras = self._born(), self._eras()
        for step in self.steps:
            self.decisions.append(_act(customer, step, eras.at(max(step.at, customer.clock))))
            self.clocks.append(customer.clock)

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
        customer, eras, before = self._born(), self._eras(), list[Moved]()
        for step, decision, clock in zip(self.steps, self.decisions, self.clocks, strict=True):
            world = eras.at(max(step.at, customer.clock))
            if _is_at(moment, step, customer.clock, clock):
                return _listened(customer, moment, step, world, before, decision)
            _act(customer, step, world)
            if step.posting is not None and decision.result in (Result.APPLIED, Result.LATE):
                before.append(moved(customer, step.posting, world))
        raise LookupError(f"{self.past.customer_id} has no such moment")

    def _born(self) -> Customer:
        customer = new_customer(self.past.customer_id)
        if self.past.profile is not None:
            customer.profile = self.past.profile
        return customer

    def _eras(self) -> Eras:
        bank, detector = self.settings.bank, self.settings.detector
        calendar = Calendar(bank.time_zone)
        world = World(self.past.books, Rates(bank.base_currency), calendar, detector.history_days, detector.remembered_events)
        return Eras(world, self.past.prices)


def _is_at(moment: Moment, step: Step, clock: int, clock_after: int) -> bool:
    if moment.posting is not None:
        return step.posting is moment.posting
    return clock < moment.at <= clock_after


def _act(customer: Customer, step: Step, world: World) -> Decision:
    if step.posting is not None:
        return decide(customer, step.posting, step.appended_at, world)
    if step.if_due and not 0 < customer.wake <= step.at:
        return Decision(Result.APPLIED, [])
    return Decision(Result.APPLIED, pass_time(customer, step.at, step.appended_at, world))


def _listened(customer: Customer, moment: Moment, step: Step, world: World, before: list[Moved], plain: Decision) -> Explained:
    past = before if moment.posting is None else [*before, moved(customer, moment.posting, world)]
    return explained(customer, moment, lambda armed: _act(customer, step, armed), world, past, plain.notifications)
