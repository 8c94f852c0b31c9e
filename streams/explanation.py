"""Why: what every rule answered at one movement or one tick, asked while `decide` itself decides it.

A rule is replaced by a twin that listens: it hands on what the rule measured and what it told, and changes nothing. So an answer's numbers
are those of the decision, in the decision's own order. What is listened to is a replay; a customer that was explained is to be dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from schemas.notifications import Band, Notification, Status, Window
from schemas.rules import Mode, RuleSettings
from streams.book import RuleBook, all_rules
from streams.customer import Condition, Customer
from streams.decide import AVERAGE_DAYS, Decision, Result
from streams.events import digest_of
from streams.findings import band, identity, in_unit
from streams.money import to_decimal
from streams.portfolio import flow_of
from streams.posting import Posting
from streams.rule import INSUFFICIENT_HISTORY, ConditionRule, EventRule, Finding, Measured, Prepared, Rule, Unit
from streams.sheet import CAUSES
from streams.situation import Situation
from streams.timeline import HouseholdBooks, RuleBooks
from streams.windows import Calendar
from streams.world import World


class Reason(StrEnum):
    """Why a rule told what it told, or did not; the first four are what it told."""

    OPENED = "opened"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    RETRACTED = "retracted"
    STILL_OPEN = "still_open"
    """It was told before, and neither its severity rises nor does it end."""
    LATCHED = "latched"
    """It fired for this facet before, and nothing has rearmed it."""
    COOLING_DOWN = "cooling_down"
    BELOW_THRESHOLD = "below_threshold"
    OUT_OF_ITS_RANGE = "out_of_its_range"
    """The number is beyond what the rule looks for, such as past the line that a customer was to be near."""
    BELOW_FLOOR = "below_floor"
    INSUFFICIENT_HISTORY = "insufficient_history"
    FAILED = "failed"
    """It is an expression of the settings, and could not be evaluated."""
    NO_ANSWER = "no_answer"
    """It was asked, and what it looks for was not there to measure."""
    REVERSED = "reversed"
    """The movement's reversal came before it."""
    NOT_CONCERNED = "not_concerned"
    """It is not asked about this kind of movement, or not at a passing hour."""
    OFF = "off"
    NOT_TAKEN = "not_taken"
    """Nothing was asked: a repeat, a snapshot, or a movement that was refused."""


TOLD = frozenset({Reason.OPENED, Reason.ESCALATED, Reason.RESOLVED, Reason.RETRACTED})


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement of the past as a rule counts it, in base-currency units; `counts` is negative where a reversal takes it out again."""

    posting: Posting
    day: int
    """The date it counts on: of a reversal, that of what it reverses."""
    cause: tuple[Any, Any]
    counts: int


@dataclass(frozen=True, slots=True)
class Involved:
    """A movement that took part in a number."""

    event: str
    account_id: str
    occurred_at: datetime
    kind: str
    direction: str
    amount: Decimal
    currency: str
    counts: Decimal | None
    """In the base currency, negative where a reversal takes it out; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One number of one rule, and what came of it. `measured` and `threshold` are None where nothing was measured."""

    rule_id: str
    rule: str
    kind: str
    reason: Reason
    setting: RuleSettings
    unit: Unit = "money"
    facet: str = ""
    measured: Decimal | None = None
    threshold: Decimal | None = None
    bands: tuple[Band, ...] = ()
    severity: str | None = None
    amount: Decimal | None = None
    """With the floor: of the movement, where it is below the floor."""
    floor: Decimal | None = None
    at: datetime | None = None
    """Open since; cooling down until."""
    window: Window | None = None
    facts: dict[str, str] = field(default_factory=dict)
    movements: tuple[Involved, ...] = ()
    adds_up: bool = False
    """The movements counted together are the measured number."""
    notification: Notification | None = None

    @property
    def told(self) -> bool:
        """Whether it told something at this moment."""
        return self.reason in TOLD

    @property
    def closeness(self) -> Decimal:
        """How near the number is to the threshold, 1 at the threshold; 0 where nothing was measured."""
        if self.measured is None or self.threshold is None or self.measured <= 0 or self.threshold <= 0:
            return Decimal(0)
        ratio = self.measured / self.threshold
        return min(ratio, 1 / ratio)


@dataclass(frozen=True, slots=True)
class Moment:
    """What is explained: a movement, or the tick at an instant of event time."""

    at: int
    posting: Posting | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """Every rule's answer at one moment."""

    moment: Moment
    result: Result | None
    """What became of the movement; None at a tick."""
    customer_id: str
    segment: str
    tier: str
    manager_id: str | None
    aum_before: Decimal
    aum_after: Decimal
    flow: str | None
    answers: tuple[Answer, ...]


class AskingChangedError(RuntimeError):
    """Asked by all its rules, the customer was decided otherwise than without: a screen of a rule fails in vain."""


Arm = Callable[[World], World]
Act = Callable[[Arm], Decision]
"""Decides the movement, or lets time pass, in the worlds that it knows, each of them armed with the rules that listen."""


def explained(
    customer: Customer,
    moment: Moment,
    act: Act,
    books: RuleBooks,
    calendar: Calendar,
    past: Sequence[Moved],
    plain: Sequence[Notification],
) -> Explained:
    """Decide, listen, and give every rule's answer.

    Args:
        customer: as it was before; changed as the decision changes it.
        moment: the movement, or the tick on the way to which `act` lets time pass.
        act: the decision.
        books: the settings over time.
        calendar: of the bank.
        past: the customer's movements, up to and with this one.
        plain: what the same decision told when nobody listened.

    Raises:
        AskingChangedError: it told something else now.
    """
    armed = twin_of(books)
    instant = moment.at if moment.posting is None else max(moment.at, customer.clock)
    book = armed.at(instant)
    known = digest_of(moment.posting.source, moment.posting.event_id) if moment.posting else 0
    was_reversed, aum_before = known in customer.reversed, customer.aum
    rules = dict(book.rules)
    listener = _Listener(moment, book, calendar, past)
    listener.put_in()
    decision = act(lambda world: World(armed, world.rates, world.calendar, world.history_days, world.remembered_events))
    if [one.model_dump_json() for one in decision.notifications] != [one.model_dump_json() for one in plain]:
        raise AskingChangedError(f"{customer.customer_id}: listening to the rules changed what they say")
    told = [one for one in decision.notifications if bool(one.evidence.triggers) is (moment.posting is not None)]
    if moment.posting is None:
        told = [one for one in told if int(one.occurred_at.timestamp()) == moment.at]
    listener.tell(told)
    result = None if moment.posting is None else decision.result
    taken = moment.posting is None or (not moment.posting.snapshot and result in (Result.APPLIED, Result.LATE))
    silent = _Silent(listener, customer, rules, taken=taken, was_reversed=was_reversed)
    effect = listener.situation.effect if listener.situation else None
    return Explained(
        moment,
        result,
        customer.customer_id,
        str(customer.profile.segment),
        book.tier_of(customer),
        customer.profile.manager_id,
        to_decimal(effect.aum_before if effect else aum_before),
        to_decimal(customer.aum),
        past[-1].cause[0].value if past and moment.posting is not None else None,
        tuple(answer for name in silent.known for answer in listener.answers.get(name) or [silent.answer(name)]),
    )


def twin_of(books: RuleBooks) -> RuleBooks:
    """The same timeline with books of its own."""
    if isinstance(books, HouseholdBooks):
        return HouseholdBooks(twin_of(books.of_customers))
    twin = RuleBooks(books.bank, books.first.settings)
    for name in books.first.settings:
        for version in books.history(name)[1:]:
            twin.put(version.key, version)
    return twin


def moved(customer: Customer, posting: Posting, world: World) -> Moved:
    """How a movement counts, once it has been decided."""
    kind, day, counts = posting.kind, posting.at, world.rates.in_base(posting.units, posting.currency) or 0
    direction = posting.direction
    if posting.reverses is not None:
        kind, day = posting.reverses.kind, int(posting.reverses.occurred_at.timestamp() // 1)
        direction = next(other for _, other in CAUSES if other is not direction)
        counts = -counts
    return Moved(posting, world.calendar.date_of(day), (flow_of(customer, posting, kind), direction), 0 if posting.snapshot else counts)


class _Listener:
    """Takes down what the rules of one book measure and tell at one moment."""

    def __init__(self, moment: Moment, book: RuleBook, calendar: Calendar, past: Sequence[Moved]) -> None:
        self.moment = moment
        self.book = book
        self.calendar = calendar
        self.past = past
        self.situation: Situation | None = None
        self.answers: dict[str, list[Answer]] = {}
        self._said: list[tuple[Rule[Any], Answer]] = []

    def put_in(self) -> None:
        """Replace every rule of the book by its listening twin, wherever the book has it."""
        twins = {name: self._twin(rule) for name, rule in self.book.rules.items()}
        for place, held in list(vars(self.book).items()):
            if isinstance(held, dict):
                put: Any = {key: twins[one.name] if isinstance(one, Rule) and one.name in twins else one for key, one in held.items()}
            elif isinstance(held, list):
                put = [twins[one.name] if isinstance(one, Rule) and one.name in twins else one for one in held]
            else:
                continue
            setattr(self.book, place, put)

    def tell(self, notifications: Sequence[Notification]) -> None:
        """Put what was told, one notification for each finding that was put into words, in the place of what was measured for it."""
        if len(notifications) != len(self._said):
            raise AskingChangedError(f"{len(self._said)} findings were told in {len(notifications)} notifications")
        for (rule, said), notification in zip(self._said, notifications, strict=True):
            name = notification.rule.name
            reason, listed = Reason(notification.status.value), self.answers.setdefault(name, [])
            by_another = notification.status is Status.RETRACTED and rule.retracts
            facet = "" if by_another else said.facet
            answer = replace(
                said,
                reason=reason,
                rule=name,
                rule_id=notification.rule.rule_id,
                setting=self.book.settings[name],
                facet=facet,
                notification=notification,
            )
            same = [] if by_another else [place for place, one in enumerate(listed) if one.facet == facet and one.notification is None]
            if same:
                listed[same[0]] = answer
            else:
                listed.append(answer)

    def _twin(self, rule: Rule[Any]) -> Rule[Any]:
        twin = copy(rule)
        shown: dict[str, Any] = {"screens": lambda prepared: None, "say": self._saying(rule)}  # noqa: ARG005
        if isinstance(rule, EventRule):
            shown |= {"from_floor": False, "measure": self._event(rule), "measure_close": self._event_at_close(rule)}
        elif isinstance(rule, ConditionRule):
            shown["measure"] = self._condition(rule)
        vars(twin).update(shown)
        return twin

    def _now(self, situation: Situation) -> bool:
        if (situation.posting is None) is not (self.moment.posting is None):
            return False
        here = situation.posting is not None or situation.now == self.moment.at
        if here and self.situation is None:
            self.situation = situation
        return here

    def _saying(self, rule: Rule[Any]) -> Callable[[Finding[Any]], Any]:
        def say(finding: Finding[Any]) -> Any:
            if self._now(finding.situation):
                # Taken down at once: the decision goes on, and what the rule looks at changes under it.
                self._said.append((rule, replace(self._answer(rule, finding, Reason.OPENED), severity=finding.severity)))
            return rule.say(finding)

        return say

    def _event(self, rule: EventRule[Any]) -> Callable[[Situation, Prepared[Any]], Measured | str | None]:
        def measure(situation: Situation, prepared: Prepared[Any]) -> Measured | str | None:
            found = rule.measure(situation, prepared)
            if self._now(situation):
                self._take_event(rule, situation, prepared, found)
            return found

        return measure

    def _event_at_close(self, rule: EventRule[Any]) -> Callable[[Situation, Prepared[Any]], Iterator[Measured]]:
        def measure_close(situation: Situation, prepared: Prepared[Any]) -> Iterator[Measured]:
            found = list(rule.measure_close(situation, prepared))
            if self._now(situation):
                for measured in found:
                    self._take_event(rule, situation, prepared, measured)
                if not found:
                    self._take_event(rule, situation, prepared, None)
            return iter(found)

        return measure_close

    def _condition(self, rule: ConditionRule[Any]) -> Callable[[Situation, Prepared[Any]], Iterator[Measured]]:
        def measure(situation: Situation, prepared: Prepared[Any]) -> Iterator[Measured]:
            found = list(rule.measure(situation, prepared))
            if self._now(situation):
                self._take_condition(rule, situation, prepared, found)
            return iter(found)

        return measure

    def _take_event(self, rule: EventRule[Any], situation: Situation, prepared: Prepared[Any], found: Measured | str | None) -> None:
        effect = situation.effect
        below = effect is not None and _has_floor(rule, prepared) and effect.value < prepared.floor
        amount, floor = (to_decimal(effect.value), to_decimal(prepared.floor)) if effect is not None and below else (None, None)
        if not isinstance(found, Measured):
            looked = [screen.passes(situation.customer, effect) for screen in rule.screens(prepared) or ()] if effect else []
            if found == INSUFFICIENT_HISTORY:
                self._add(self._unmeasured(rule, Reason.INSUFFICIENT_HISTORY))
            elif found is not None:
                self._add(self._unmeasured(rule, Reason.FAILED))
            elif below and not any(looked):
                self._add(replace(self._unmeasured(rule, Reason.BELOW_FLOOR), amount=amount, floor=floor))
            else:
                self._add(self._unmeasured(rule, Reason.NO_ANSWER))
            return
        finding = Finding(situation, prepared, found, band(prepared.bands, found.value, found.threshold))
        if below and rule.from_floor:
            self._add(replace(self._answer(rule, finding, Reason.BELOW_FLOOR), amount=amount, floor=floor))
        elif found.value < found.threshold:
            self._add(self._answer(rule, finding, Reason.BELOW_THRESHOLD))
        elif rule.latches and f"{rule.name}:{found.facet}" in situation.customer.latched:
            self._add(self._answer(rule, finding, Reason.LATCHED))
        else:
            self._add(self._answer(rule, finding, Reason.OPENED))

    def _take_condition(self, rule: ConditionRule[Any], situation: Situation, prepared: Prepared[Any], found: list[Measured]) -> None:
        facets = {measured.facet for measured in found}
        for measured in [*found, *(one for one in self._if_asked(rule, situation, prepared) if one.facet not in facets)]:
            finding = Finding(situation, prepared, measured, band(prepared.bands, measured.value, measured.threshold))
            held = situation.customer.conditions.get(f"{rule.name}:{measured.facet}")
            opens = rule.opens(measured, situation, prepared)
            if opens and measured.facet not in facets:
                continue  # asked otherwise, it answers otherwise: that is none of this decision
            below = Reason.BELOW_THRESHOLD if measured.value < measured.threshold else Reason.OUT_OF_ITS_RANGE
            if held is not None and held.notification_id:
                answer = replace(self._answer(rule, finding, Reason.STILL_OPEN), severity=held.severity, at=_moment(held.opened_at))
            elif held is not None and situation.now < held.cooling_until:
                answer = self._answer(rule, finding, Reason.COOLING_DOWN if opens else below)
                answer = replace(answer, at=_moment(held.cooling_until) if opens else None)
            else:
                answer = self._answer(rule, finding, Reason.OPENED if opens else below)
            self._add(answer)
        if not self.answers.get(rule.name):
            self._add(self._unmeasured(rule, Reason.NO_ANSWER))

    def _if_asked(self, rule: ConditionRule[Any], situation: Situation, prepared: Prepared[Any]) -> list[Measured]:
        """What a rule measures that spares itself numbers below the limit while nothing at all is open."""
        conditions = situation.customer.conditions
        other = next((name for name in self.book.conditions if name != rule.name), None)
        if conditions or other is None:
            return []
        conditions[f"{other}:"] = Condition(other, "", prepared.bands[0][0], situation.now)
        try:
            return list(rule.measure(situation, prepared))
        finally:
            del conditions[f"{other}:"]

    def _add(self, answer: Answer) -> None:
        """Put an answer down; that of a rule that is asked again, since others have spoken, replaces it."""
        listed = self.answers.setdefault(answer.rule, [])
        listed[:] = [*(one for one in listed if one.facet != answer.facet), answer]

    def _unmeasured(self, rule: Rule[Any], reason: Reason) -> Answer:
        return unmeasured(rule, self.book.settings[rule.name], reason)

    def _answer(self, rule: Rule[Any], finding: Finding[Any], reason: Reason) -> Answer:
        measured, facts = finding.measured, rule.facts(finding)
        unit = measured.unit or rule.unit
        threshold = in_unit(measured.threshold, unit)
        involved = self._involved(rule, finding, facts.window)
        return Answer(
            rule.rule_id,
            rule.name,
            rule.kind.value,
            reason,
            self.book.settings[rule.name],
            unit,
            measured.facet,
            in_unit(measured.value, unit),
            threshold,
            tuple(Band(severity=name, lower=threshold * multiple) for name, multiple in finding.prepared.bands),
            finding.severity if measured.value >= measured.threshold else None,
            window=facts.window,
            facts=dict(facts.facts),
            movements=tuple(_involved(one) for one in involved),
            adds_up=bool(involved) and unit == "money" and sum(one.counts for one in involved) == measured.value,
        )

    def _involved(self, rule: Rule[Any], finding: Finding[Any], window: Window | None) -> list[Moved]:
        """The movements that a number is about: those of its dates or of its last hours that the rule looks at, else the one at hand."""
        posting = self.moment.posting
        seconds = max((getattr(screen, "seconds", 0) for screen in rule.screens(finding.prepared) or ()), default=0)
        mine = [one for one in self.past if one.cause in rule.causes and one.counts]
        if window is not None:
            return [one for one in mine if window.first.toordinal() <= one.day <= window.last.toordinal()]
        if seconds and posting is not None:
            since = posting.at - seconds
            return [one for one in mine if one.posting.account_id == posting.account_id and since <= one.posting.at <= posting.at]
        return [self.past[-1]] if posting is not None and self.past else []


class _Silent:
    """Why a rule was not even asked."""

    def __init__(self, listener: _Listener, customer: Customer, rules: dict[str, Rule[Any]], *, taken: bool, was_reversed: bool) -> None:
        self._listener = listener
        self._customer = customer
        self._rules = rules
        of_households = listener.book.of_households
        self.known = {name: rule for name, rule in all_rules().items() if rule.of_household is of_households or rule.retracts} | rules
        """Those of the folder, and the bank's own."""
        self._taken = taken
        self._was_reversed = was_reversed

    def answer(self, name: str) -> Answer:
        """The answer of a rule that gave none."""
        return unmeasured(self.known[name], self._listener.book.settings[name], self._reason(name))

    def _reason(self, name: str) -> Reason:
        rule, moment, customer, calendar = self._rules.get(name), self._listener.moment, self._customer, self._listener.calendar
        if rule is None:
            return Reason.OFF
        if not self._taken:
            return Reason.NOT_TAKEN
        if moment.posting is None:
            day = calendar.date_of(moment.at)
            no_average = customer.history.total(day - 1, AVERAGE_DAYS) is None
            young = rule.at_close and calendar.midnight(day) == moment.at and no_average
            return Reason.INSUFFICIENT_HISTORY if young else Reason.NOT_CONCERNED
        if isinstance(rule, EventRule) and rule.on_break:
            return Reason.NO_ANSWER  # the balance that the feed states agrees, or it states none
        concerned = bool(self._listener.past) and self._listener.past[-1].cause in rule.causes and moment.posting.reverses is None
        return Reason.REVERSED if concerned and isinstance(rule, EventRule) and self._was_reversed else Reason.NOT_CONCERNED


def unmeasured(rule: Rule[Any], setting: RuleSettings, reason: Reason) -> Answer:
    """The answer of a rule without a number."""
    return Answer(rule.rule_id, rule.name, rule.kind.value, reason, setting, rule.unit)


def in_test(answer: Answer) -> bool:
    """Whether what it tells is told to nobody."""
    return answer.setting.mode is Mode.TEST


def _has_floor(rule: EventRule[Any], prepared: Prepared[Any]) -> bool:
    return rule.from_floor or hasattr(prepared.parameters, "abs_floor")


def _involved(one: Moved) -> Involved:
    posting = one.posting
    return Involved(
        identity(posting),
        posting.account_id,
        posting.occurred_at,
        posting.kind.value,
        posting.direction.value,
        to_decimal(posting.units),
        posting.currency,
        to_decimal(one.counts),
    )


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
