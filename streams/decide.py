"""decide(customer, movement) -> what was found. Pure: time comes from the event, ids are derived, the same history says the same.

The order of things for one movement: time passes up to it (each date that ends on the way is closed, and the rules that time can change
are asked); it is applied; the event rules that its flow concerns are asked; a reversal retracts what its original had told; the condition
rules are asked. For a passing hour without a movement only the first of these.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from schemas.notifications import Notification, NotificationKind, Status
from schemas.rules import Mode, Severity
from streams.book import RuleBook
from streams.customer import Condition, Customer, Told
from streams.events import digest_of, is_known, remember
from streams.findings import band, identity, notification_id, notify, uuid_of
from streams.memory import name_of
from streams.portfolio import INITIATED, Effect, apply, can_revalue, fits, never_was, revalue
from streams.posting import Posting
from streams.rule import LONGEST_WINDOW, ConditionRule, EventRule, Finding, Measured, Prepared
from streams.sheet import Asked, cause_place, held_sheet
from streams.situation import Situation
from streams.world import World
from streams.worth import is_valued

AVERAGE_DAYS = 30
QUIET_DAYS = max(AVERAGE_DAYS + 1, LONGEST_WINDOW)
CLASS_DAYS = 92
"""So long the closes of asset classes are kept."""
"""So many dates after the last movement, nothing changes by the passing of dates alone."""
KEPT_TOLD = 64
KEPT_REVERSED = 64
HOUR = 3_600
RETRACTION = "retraction"
RECON_BREAK = "recon_break"
NO_CONTACT = "no_contact_after_change"
CALLS: Final = frozenset({Severity.WARNING, Severity.CRITICAL})
"""A notification of this severity calls for a talk with the customer."""


class Result(StrEnum):
    """What became of a movement; also a metric label."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    LATE = "late"
    MISMATCHED = "mismatched"
    """Refused: it names another currency than its account has."""
    OUT_OF_RANGE = "out_of_range"
    """Refused: it would take a figure of the customer beyond what is kept exactly."""


_APPLIED: Final = Result.APPLIED
_LATE: Final = Result.LATE


class Decision:
    """What a movement led to."""

    def __init__(self, result: Result, notifications: list[Notification]) -> None:
        self.result = result
        self.notifications = notifications


def decide(
    customer: Customer, posting: Posting, detected_at: datetime | None, world: World, then: Callable[[int], World] | None = None
) -> Decision:
    """Apply one movement to its customer and say what was found.

    Args:
        customer: changed in place.
        posting: the movement; a repeat of one that is remembered changes nothing.
        detected_at: when the movement was appended to its topic; without it, what is found is detected as it occurs.
        world: rules, rates and calendar.
        then: the world as it was known at the ticks on the way to the movement; without it, as it is now.
    """
    digest = digest_of(posting.source, posting.event_id)
    if is_known(customer, digest):
        return Decision(Result.DUPLICATE, [])
    account = customer.accounts.get(posting.account_id)
    if account is not None and account.currency != posting.currency:
        return Decision(Result.MISMATCHED, [])
    if not fits(customer, posting, world.rates):
        return Decision(Result.OUT_OF_RANGE, [])
    at: int = posting.at
    snapshot: bool = posting.snapshot
    found: list[Notification] = []
    late = at < customer.clock
    if not late:
        if customer.wake and customer.wake <= at:
            _pass_time(customer, at, detected_at, world, then, found)
        customer.clock = at
    book: RuleBook = world.books.at(customer.clock)
    if customer.conditions and customer.looked_over is not book:
        _drop_off(customer, book)
    active_before = customer.active
    if not customer.first_seen or at < customer.first_seen:
        customer.first_seen = at
    if at > active_before and posting.kind in INITIATED and not snapshot:
        customer.active = at
    if not is_valued(customer, world.rates):
        revalue(customer, world.rates, world.calendar)
    effect = apply(customer, posting, world.rates, world.calendar)
    remember(customer, digest, world.remembered_events)
    customer.moved_on = effect.clock_day
    if not snapshot:
        _ask(customer, posting, effect, book, digest, active_before, detected_at, world, found)
    customer.wake = _next_tick(customer, effect.clock_day, world)
    return Decision(_LATE if late else _APPLIED, found)


def _ask(
    customer: Customer,
    posting: Posting,
    effect: Effect,
    book: RuleBook,
    digest: int,
    active_before: int,
    detected_at: datetime | None,
    world: World,
    found: list[Notification],
) -> None:
    """Ask the rules that a movement concerns; those that cannot answer anything new are not asked."""
    sheet = held_sheet(customer, book) or book.sheet(customer)
    cause = cause_place(effect.flow, posting.direction)
    undoes = posting.reverses is not None
    events = [event for event in sheet.events[cause] if event.passes(customer, effect)]
    if customer.conditions:
        held = {condition.rule for condition in customer.conditions.values()}
        conditions = [
            condition
            for condition in sheet.conditions[cause]
            if (undoes or not condition.stays(customer, effect) if condition.name in held else condition.passes(customer, effect))
        ]
    else:
        conditions = [condition for condition in sheet.conditions[cause] if condition.passes(customer, effect)]
    unusual = effect.broke != 0 or effect.filled or undoes or customer.latched or customer.reversed
    if not events and not conditions and not unusual:
        return
    situation = Situation(customer, book, world.calendar, customer.clock, effect.clock_day)
    situation.posting, situation.effect, situation.active_before = posting, effect, active_before
    begin = len(found)
    if customer.latched:
        _rearm(situation)
    if digest in customer.reversed:
        customer.reversed.remove(digest)
        never_was(customer, posting, effect, digest, world.calendar)
    else:
        for event in events:
            _ask_event(event.rule, event.prepared, situation, digest, detected_at, world, found)
        if effect.broke:
            for event in sheet.on_break:
                _ask_event(event.rule, event.prepared, situation, digest, detected_at, world, found)
    undone = ""
    if posting.reverses is not None:
        undone = f"{posting.source}/{posting.reverses.event_id}"
        original = digest_of(posting.source, posting.reverses.event_id)
        if not is_known(customer, original):
            customer.reversed.append(original)
            del customer.reversed[:-KEPT_REVERSED]
        gone = [told for told in customer.told if told.event == original or _stood_on(situation, told, name_of(undone))]
        _retract(situation, gone, detected_at, world, found)
    if effect.filled:
        broken = [told for told in customer.told if told.rule == RECON_BREAK and told.account_id == posting.account_id]
        _retract(situation, broken, detected_at, world, found)
    for condition in conditions:
        _ask_condition(condition.rule, condition.prepared, situation, detected_at, world, found, undone)
    if len(found) > begin:
        _heed(situation, begin, digest, detected_at, world, found, undone)


def _heed(
    situation: Situation, begin: int, digest: int, detected_at: datetime | None, world: World, found: list[Notification], undone: str = ""
) -> None:
    """Remember what has just been found, and ask the rules that look at what others find."""
    customer, book = situation.customer, situation.book
    for said in found[begin:]:
        if said.classification is not None:
            continue  # what others would say of it would tip somebody off
        status, rule = said.status, said.rule
        if status is Status.RETRACTED:
            customer.memory.unwarn(_about(said))
        elif status is not Status.RESOLVED:
            if said.kind is NotificationKind.EVENT:
                customer.memory.fire(name_of(rule.name), situation.day, digest or _about(said))
            if said.severity in CALLS and rule.mode is Mode.LIVE and rule.name != NO_CONTACT:
                customer.memory.warn(_about(said), situation.day, customer.profile.last_contact_on)
    sheet = book.sheet(customer)
    for heeding in book.heeding:
        asked = sheet.open[heeding.name]
        if _is_open(customer, asked.name) or asked.passes_close(customer, situation.day, situation.average):
            _ask_condition(asked.rule, asked.prepared, situation, detected_at, world, found, undone)


def _about(said: Notification) -> int:
    """What is remembered of a notification: its id as a number."""
    return name_of(str(said.notification_id))


def _is_open(customer: Customer, rule: str) -> bool:
    """Whether a rule has a condition that is open or cools down."""
    for condition in customer.conditions.values():  # noqa: SIM110 - a generator costs more
        if condition.rule == rule:
            return True
    return False


def pass_time(
    customer: Customer, to: int, detected_at: datetime | None, world: World, then: Callable[[int], World] | None = None
) -> list[Notification]:
    """Let event time reach `to` (whole seconds since 1970) without a movement; `world` and `then` are as in `decide`."""
    found: list[Notification] = []
    if customer.wake and customer.wake <= to:
        _pass_time(customer, to, detected_at, world, then, found)
        customer.wake = _next_tick(customer, world.calendar.date_of(customer.clock), world)
    customer.clock = max(customer.clock, to)
    return found


def rouse(customer: Customer, now: int, world: World) -> None:
    """The customer has a new profile, which may give passing time something to say from now on, even if it had nothing.

    Args:
        customer: whose wake is set anew.
        now: event time, whole seconds since 1970, that has passed for the customer.
        world: rules and calendar.
    """
    if not 0 < customer.wake <= now:
        customer.wake = _next_tick(customer, world.calendar.date_of(max(customer.clock, now)), world)


def _next_tick(customer: Customer, day: int, world: World) -> int:
    """The next instant after the clock, which is on `day`, at which passing time alone can change an answer; 0 for none."""
    tick = 0
    if day - customer.moved_on < QUIET_DAYS:
        tick = world.calendar.midnight(day + 1)
    elif customer.first_seen:
        tick = _next_date(customer, day, world)
    for condition in customer.conditions.values():
        if condition.cooling_until:
            ends = max(condition.cooling_until, customer.clock + 1)
            if condition.rule in world.books.at(customer.clock).at_close:
                last = world.calendar.date_of(ends - 1)
                ends = world.calendar.midnight(last + 1)
            else:
                ends = -(-ends // HOUR) * HOUR
            tick = min(tick, ends) if tick else ends
    return tick


def _next_date(customer: Customer, day: int, world: World) -> int:
    """The first tick of the next date on which a rule may have something to say of a customer who has long been quiet; 0 for none."""
    book: RuleBook = world.books.at(customer.clock)
    nearest = 0
    for sleeper in (held_sheet(customer, book) or book.sheet(customer)).sleepers:
        next_day: int = sleeper.rule.next_day(customer, day, sleeper.prepared)
        if next_day > day and (nearest == 0 or next_day < nearest):
            nearest = next_day
    return world.calendar.midnight(nearest) if nearest else 0


def _pass_time(
    customer: Customer,
    to: int,
    detected_at: datetime | None,
    world: World,
    then: Callable[[int], World] | None,
    found: list[Notification],
) -> None:
    calendar = world.calendar
    tick = customer.wake
    while tick and tick <= to:
        customer.clock = tick
        if then is not None:
            world = then(tick)
        day = calendar.date_of(tick)
        book: RuleBook = world.books.at(tick)
        if customer.conditions and customer.looked_over is not book:
            _drop_off(customer, book)
        begins = calendar.midnight(day) == tick
        history = customer.history
        if not is_valued(customer, world.rates) and can_revalue(customer, world.rates):
            revalue(customer, world.rates, calendar)
        tier_before, average = customer.tier, None
        if begins:
            _forget(customer, day, world.history_days)
            total = history.total(day - 1, AVERAGE_DAYS) if history.first <= day - AVERAGE_DAYS else None
            if total is not None:
                average = total // AVERAGE_DAYS
                customer.tier = decided_tier(customer.tier, average, book)
                if customer.tier != tier_before:
                    customer.memory.tier_since, customer.memory.tier_before = day, tier_before
        asked = _asked_at_tick(customer, book, begins, day, tier_before, average)
        if asked or customer.tier != tier_before:
            situation = Situation(customer, book, calendar, tick, day)
            situation.average, situation.tier_before = average, tier_before
            _ask_at_tick(situation, asked, begins, detected_at, world, found)
        tick = _next_tick(customer, day, world)


def _asked_at_tick(customer: Customer, book: RuleBook, begins: bool, day: int, tier_before: str, average: int | None) -> list[Asked]:
    """The rules that must be asked at a tick: those of which something is open, and at a date's first tick all that it can concern."""
    sheet = held_sheet(customer, book) or book.sheet(customer)
    anew = customer.tier != tier_before or not begins
    if not customer.conditions:
        return [asked for asked in sheet.closing if anew or asked.passes_close(customer, day, average)] if begins else []
    held = set[str]()
    cooling = set[str]()
    for condition in customer.conditions.values():
        held.add(condition.rule)
        if condition.cooling_until:
            cooling.add(condition.rule)
    found = [sheet.open[name] for name in held if anew or name in cooling or not sheet.open[name].stays_at_close(customer, day)]
    if begins:
        found += [asked for asked in sheet.closing if asked.name not in held and (anew or asked.passes_close(customer, day, average))]
    return found


def _ask_at_tick(
    situation: Situation, to_ask: list[Asked], begins: bool, detected_at: datetime | None, world: World, found: list[Notification]
) -> None:
    """Ask these, and all conditions if the tier has changed; end the cooldowns that are over."""
    customer, book = situation.customer, situation.book
    begin = len(found)
    sheet = book.sheet(customer)
    conditions = set[str]()
    for asked in to_ask:
        if isinstance(asked.rule, ConditionRule):
            conditions.add(asked.name)
        else:
            _ask_event_at_close(asked.rule, asked.prepared, situation, detected_at, world, found)
    if customer.tier != situation.tier_before:
        conditions.update(book.conditions)  # the tier sets their thresholds
    for name, rule in book.conditions.items():
        if name in conditions:
            _ask_condition(rule, sheet.prepared[name], situation, detected_at, world, found)
    if len(found) > begin:
        _heed(situation, begin, 0, detected_at, world, found)
    for key, condition in list(customer.conditions.items()):
        if 0 < condition.cooling_until <= situation.now and (begins or condition.rule not in book.at_close):
            del customer.conditions[key]


def _ask_event_at_close(
    rule: EventRule[Any],
    prepared: Prepared[Any],
    situation: Situation,
    detected_at: datetime | None,
    world: World,
    found: list[Notification],
) -> None:
    """Ask an event rule at a date's first tick; what it says is told under the instant of the tick."""
    for measured in rule.measure_close(situation, prepared):
        if measured.value >= measured.threshold:
            dedup_key = f"{rule.name}:{situation.customer.customer_id}:{measured.facet}"
            about = notification_id(rule.name, dedup_key, datetime.fromtimestamp(situation.now, UTC).isoformat())
            finding = Finding(situation, prepared, measured, band(prepared.bands, measured.value, measured.threshold))
            found.append(notify(world, rule, finding, status=Status.OPENED, about=about, dedup_key=dedup_key, detected_at=detected_at))
            for movement in rule.made_of(situation, prepared, measured.facet):
                situation.customer.told.append(Told(name_of(movement), rule.name, dedup_key, str(about), finding.severity, ""))
            del situation.customer.told[:-KEPT_TOLD]


def _forget(customer: Customer, day: int, history_days: int) -> None:
    customer.history.forget_before(day - history_days)
    customer.classes.forget_before(day - min(CLASS_DAYS, history_days))


def _drop_off(customer: Customer, book: RuleBook) -> None:
    """Drop the conditions of rules that are off, without a word."""
    for key in [key for key, condition in customer.conditions.items() if condition.rule not in book.conditions]:
        del customer.conditions[key]
    customer.looked_over = book


def decided_tier(before: str, average: int | None, book: RuleBook) -> str:
    """The tier by AUM_avg(30): the highest line reached; one already held is lost only below its line less the hysteresis."""
    if average is None:
        return before
    reached = max(0, bisect_right(book.lines, average) - 1)
    held = book.tiers.get(before, 0)
    while held and average < book.lost_below[held]:
        held -= 1
    return book.bank.tiers[max(reached, held)].name


def _ask_event(
    rule: EventRule[Any],
    prepared: Prepared[Any],
    situation: Situation,
    digest: int,
    detected_at: datetime | None,
    world: World,
    found: list[Notification],
) -> None:
    customer, posting = situation.customer, situation.posting
    assert posting is not None
    measured = rule.measure(situation, prepared)
    if not isinstance(measured, Measured) or measured.value < measured.threshold:
        return
    if rule.latches:
        latch = f"{rule.name}:{measured.facet}"
        if latch in customer.latched:
            return
        customer.latched.append(latch)
    dedup_key = f"{rule.name}:{customer.customer_id}:{measured.facet or identity(posting)}"
    about = notification_id(rule.name, dedup_key, identity(posting))
    finding = Finding(situation, prepared, measured, band(prepared.bands, measured.value, measured.threshold))
    found.append(notify(world, rule, finding, status=Status.OPENED, about=about, dedup_key=dedup_key, detected_at=detected_at))
    customer.told.append(Told(digest, rule.name, dedup_key, str(about), finding.severity, posting.account_id))
    del customer.told[:-KEPT_TOLD]
    for credit in rule.uses(situation, prepared):
        credit.told = True


def _rearm(situation: Situation) -> None:
    """Take off the latches that this movement frees."""
    customer = situation.customer
    numbers = situation.book.sheet(customer).prepared
    for latch in list(customer.latched):
        name, _, facet = latch.partition(":")
        rule = situation.book.rules.get(name)
        if not isinstance(rule, EventRule) or rule.rearms(situation, numbers[name], facet):
            customer.latched.remove(latch)


def _stood_on(situation: Situation, told: Told, movement: int) -> bool:
    """Whether what was told at a close was about the movement that has just been reversed, and does not hold without it."""
    if told.event != movement or told.account_id:
        return False
    customer, rule = situation.customer, situation.book.rules.get(told.rule)
    facet = told.dedup_key[len(f"{told.rule}:{customer.customer_id}:") :]
    return not isinstance(rule, EventRule) or not rule.stands(situation, situation.book.sheet(customer).prepared[told.rule], facet)


def _retract(situation: Situation, gone: list[Told], detected_at: datetime | None, world: World, found: list[Notification]) -> None:
    """Take back what was told, in the words of R07, under the id of what is taken back."""
    customer, posting = situation.customer, situation.posting
    retraction = situation.book.rules.get(RETRACTION)
    assert posting is not None
    for told in gone:
        customer.told = [other for other in customer.told if other.notification_id != told.notification_id]
        customer.memory.unfire(name_of(told.rule), told.event if told.account_id else name_of(told.notification_id))
        if retraction is None or told.rule not in situation.book.rules:
            continue
        measured = Measured(posting.units, 0, told.rule)
        finding = Finding(situation, situation.book.sheet(customer).prepared[RETRACTION], measured, Severity(told.severity))
        about = uuid_of(told.notification_id)
        found.append(
            notify(world, retraction, finding, status=Status.RETRACTED, about=about, dedup_key=told.dedup_key, detected_at=detected_at)
        )


def _ask_condition(
    rule: ConditionRule[Any],
    prepared: Prepared[Any],
    situation: Situation,
    detected_at: datetime | None,
    world: World,
    found: list[Notification],
    undone: str = "",
) -> None:
    """Move a condition rule's facets along: quiet, open, escalated, cooling down.

    `undone` is the identity of the movement that this one reverses; what that had opened is retracted rather than resolved.
    """
    customer = situation.customer
    for measured in rule.measure(situation, prepared):
        key = f"{rule.name}:{measured.facet}"
        held = customer.conditions.get(key)
        if held is None and not rule.opens(measured, situation, prepared):
            continue
        dedup_key = f"{rule.name}:{customer.customer_id}:{measured.facet}"
        severity = band(prepared.bands, measured.value, measured.threshold)
        if held is not None and held.notification_id:
            if undone and held.opened_by == undone and not rule.opens(measured, situation, prepared):
                status, severity = Status.RETRACTED, Severity(held.severity)
                del customer.conditions[key]
            elif rule.resolves(measured, situation, prepared):
                status, severity = Status.RESOLVED, Severity(held.severity)
                _cool_down(customer, key, held, prepared, situation.now)
            elif severity.rank > Severity(held.severity).rank:
                status = Status.ESCALATED
                held.severity = severity
            else:
                continue
            about = uuid_of(held.notification_id)
        else:
            if held is not None:
                if situation.now < held.cooling_until:
                    continue
                del customer.conditions[key]
            if not rule.opens(measured, situation, prepared):
                continue
            opened_by = identity(situation.posting) if situation.posting else datetime.fromtimestamp(situation.now, UTC).isoformat()
            status = Status.OPENED
            about = notification_id(rule.name, dedup_key, opened_by)
            customer.conditions[key] = Condition(rule.name, str(about), severity, situation.now, 0, opened_by)
        finding = Finding(situation, prepared, measured, severity)
        found.append(notify(world, rule, finding, status=status, about=about, dedup_key=dedup_key, detected_at=detected_at))


def _cool_down(customer: Customer, key: str, held: Condition, prepared: Prepared[Any], now: int) -> None:
    hours = prepared.parameters.cooldown_hours
    if hours:
        customer.conditions[key] = Condition(held.rule, "", held.severity, held.opened_at, now + hours * HOUR)
    else:
        del customer.conditions[key]
