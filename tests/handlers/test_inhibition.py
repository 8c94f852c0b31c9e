"""Each case says what a message with more to say does to another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import journal
from handlers.inhibition import Inhibitor, inhibition_of, triggers_of
from handlers.partition import NOTHING, Partition, Policy, Step
from handlers.told import Told
from handlers.triage import TELL, Decision, hold, triage
from schemas.journal import JournalEntry, Reason, Verdict
from schemas.managers import Channel
from schemas.notifications import EVERY_RULE, Classification, Inhibition, Notification, RuleReference, Status
from schemas.rules import Mode, Severity
from tests.handlers.builders import NOON, evidence, notification, silence

HELD = hold(Reason.INHIBITED)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def greater(
    number: int = 1, *, rules: tuple[str, ...] = ("lesser",), within_s: int = 0, by: str | None = "core/e1", **fields: object
) -> Notification:
    found = evidence(by) if by else evidence()
    return notification(number, rule="greater", inhibits=Inhibition(rules=rules, within_s=within_s), evidence=found, **fields)  # type: ignore[arg-type]


def lesser(number: int = 9, *, by: str | None = "core/e1", rule: str = "lesser", **fields: object) -> Notification:
    return notification(number, rule=rule, evidence=evidence(by) if by else evidence(), **fields)  # type: ignore[arg-type]


def of_the_feed(number: int = 9) -> Notification:
    return lesser(number).model_copy(update={"rule": RuleReference(rule_id="FEED", name="late_movement", version=1, mode=Mode.LIVE)})


@dataclass(frozen=True)
class Case:
    says: str
    greater: Notification
    lesser: Notification
    becomes: Decision = HELD
    decided: Decision = TELL


ANOTHER = "core/e2"
CASES = [
    Case("it holds what the same movement led to", greater(), lesser()),
    Case("it does not hold a rule that it does not name", greater(), lesser(rule="other"), TELL),
    Case("it does not hold what another movement led to, though in the same second", greater(), lesser(by=ANOTHER), TELL),
    Case("event ids are the source's own", greater(by="core/e1"), lesser(by="cards/e1"), TELL),
    Case("it does not hold what is said of another customer", greater(), lesser(customer_id="C2"), TELL),
    Case("of a passing hour, it holds what the same hour led to", greater(by=None), lesser(by=None)),
    Case("an hour is not the next", greater(by=None), lesser(by=None, after=HOUR), TELL),
    Case("a movement at a full hour is not the passing hour", greater(by=None), lesser(), TELL),
    Case("nor the other way round", greater(), lesser(by=None), TELL),
    Case("what nobody inhibits is told", notification(1, rule="greater", evidence=evidence("core/e1")), lesser(), TELL),
    # for how long
    Case("within its seconds it holds what other movements led to", greater(within_s=3_600), lesser(by=ANOTHER, after=SECOND)),
    Case("the last of its seconds is within", greater(within_s=3_600), lesser(by=ANOTHER, after=HOUR)),
    Case("one second more is not", greater(within_s=3_600), lesser(by=ANOTHER, after=HOUR + SECOND), TELL),
    Case("another movement of the same second is within", greater(within_s=3_600), lesser(by=ANOTHER)),
    Case("what was before it is not", greater(within_s=3_600), lesser(by=ANOTHER, after=-SECOND), TELL),
    Case("a passing hour is within, too", greater(within_s=3_600), lesser(by=None, after=HOUR)),
    # which
    Case("a star names every rule", greater(rules=(EVERY_RULE,)), lesser(rule="any_other")),
    Case("but what is said of a feed", greater(rules=(EVERY_RULE,)), of_the_feed(), TELL),
    Case("that it may name by its name", greater(rules=("late_movement",)), of_the_feed()),
    Case("an escalation is held as well", greater(), lesser(status=Status.ESCALATED)),
    Case("the critical is held as well", greater(severity=Severity.INFO), lesser(severity=Severity.CRITICAL)),
    Case(
        "it does not hold what its own notification says", greater(about="A", rules=("greater",)), lesser(rule="greater", about="A"), TELL
    ),
    Case("what is restricted is not held", greater(rules=(EVERY_RULE,)), lesser(classification=Classification.RESTRICTED), TELL),
    Case("what is restricted holds nothing", greater(classification=Classification.RESTRICTED), lesser(), TELL),
    # whether it was told itself
    Case("held by a silence it inhibits all the same", greater(), lesser(), HELD, hold(Reason.SILENCED, "S1")),
    Case("in its cooldown it inhibits all the same", greater(), lesser(), HELD, hold(Reason.COOLDOWN)),
    Case("inhibited itself it inhibits all the same", greater(), lesser(), HELD, HELD),
    Case("a test inhibits nothing", greater(mode=Mode.TEST), lesser(), TELL, hold(Reason.TEST_MODE)),
    Case("an escalation inhibits", greater(status=Status.ESCALATED), lesser()),
    Case("an end inhibits nothing", greater(status=Status.RESOLVED), lesser(), TELL),
    # what closes
    Case("a resolve is not inhibited: it follows its opening", greater(), lesser(status=Status.RESOLVED), TELL),
    Case("a retraction is not inhibited: it follows its opening", greater(), lesser(status=Status.RETRACTED), TELL),
]


def entry_of(message: Notification, decision: Decision = TELL, offset: int = 0) -> JournalEntry:
    if decision == TELL:
        return journal.told(message, offset, Channel.INBOX, 1, NOON)
    return journal.held(message, offset, decision, NOON)


def remembered(*entries: JournalEntry) -> Told:
    """As the journal gives it back: from bytes."""
    told = Told()
    for entry in entries:
        told.learn(JournalEntry.model_validate_json(entry.model_dump_json(exclude_none=True)))
    return told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_what_comes_after_it(case: Case) -> None:
    told = remembered(entry_of(case.greater, case.decided))
    assert triage(case.lesser, told, (), {}, NOON) == case.becomes


def inbox() -> Partition:
    return Partition(0, Told(), Policy({}))


def take(one: Partition, offset: int, message: Notification) -> Step:
    return one.take(offset, NOON, message, {}, (), NOON)


def verdicts(*messages: Notification) -> list[Reason | None]:
    """Of messages that are fetched together, in this order: the reason of each that is held."""
    one, found = inbox(), []
    for offset, message in enumerate(messages):
        one.foresee(offset, message)
    for offset, message in enumerate(messages):
        step = take(one, offset, message)
        found.append(step.entries[0].reason if step.entries else None)
    return found


IN_ONE_FETCH = [
    case
    for case in CASES
    if (case.decided == TELL or case.greater.rule.mode is Mode.TEST) and case.lesser.classification is case.greater.classification
]


@pytest.mark.parametrize("case", IN_ONE_FETCH, ids=lambda case: case.says)
def test_what_comes_before_it_in_the_same_fetch_is_held_like_what_comes_after(case: Case) -> None:
    assert verdicts(case.lesser, case.greater)[0] == verdicts(case.greater, case.lesser)[1] == case.becomes.reason


def test_what_came_in_an_earlier_fetch_was_told_and_stays_so() -> None:
    one = inbox()
    one.foresee(0, lesser())
    assert take(one, 0, lesser()).deliveries
    one.foresee(1, greater())
    assert take(one, 1, greater()).deliveries
    assert take(one, 0, lesser()).entries == ()


def test_what_it_held_back_stays_held_when_it_is_resolved() -> None:
    assert verdicts(greater(), lesser(about="L"), lesser(10, about="L", status=Status.RESOLVED)) == [
        None,
        Reason.INHIBITED,
        Reason.INHIBITED,
    ]


def test_an_escalation_after_its_seconds_is_told_though_the_opening_was_held() -> None:
    later = lesser(10, about="L", status=Status.ESCALATED, by=ANOTHER, after=2 * HOUR)
    assert verdicts(greater(within_s=3_600), lesser(about="L"), later) == [None, Reason.INHIBITED, None]


@pytest.mark.parametrize("ending", [Status.RESOLVED, Status.RETRACTED])
def test_what_is_over_inhibits_nothing_more(ending: Status) -> None:
    opened = greater(about="G", within_s=3_600)
    told = remembered(entry_of(opened), entry_of(greater(2, about="G", status=ending, after=HOUR / 2), offset=1))
    assert triage(lesser(by=ANOTHER, after=HOUR / 2), told, (), {}, NOON) == TELL


def test_a_silence_is_named_before_an_inhibition_and_an_inhibition_before_a_cooldown() -> None:
    told = remembered(entry_of(greater()), entry_of(lesser(3), offset=1))
    assert triage(lesser(), told, (silence(),), {Severity.WARNING: 60.0}, NOON) == hold(Reason.SILENCED, "S1")
    assert triage(lesser(), told, (), {Severity.WARNING: 60.0}, NOON) == HELD


def test_read_again_after_a_restart_what_was_held_stays_held() -> None:
    one = inbox()
    one.foresee(1, greater())
    [entry] = take(one, 0, lesser()).entries
    assert (entry.verdict, entry.reason) == (Verdict.HELD, Reason.INHIBITED)
    assert take(Partition(0, remembered(entry), Policy({})), 0, lesser()) == NOTHING


def test_it_is_forgotten_with_what_it_was_told_in() -> None:
    told = remembered(entry_of(greater(within_s=10**9), offset=3))
    told.forget(before=NOON + SECOND, below=3)
    assert len(told.inhibitors("C1")) == 1
    told.forget(before=NOON + SECOND, below=4)
    assert len(told.inhibitors("C1")) == 0


def test_what_inhibits_nothing_leaves_no_word_of_it_in_the_journal() -> None:
    written = entry_of(lesser()).model_dump(exclude_none=True)
    assert "inhibits" not in written
    assert written["triggers"] == ()


@given(first=st.integers(-5_000, 5_000), second=st.integers(-5_000, 5_000), within=st.integers(0, 5_000))
def test_soon_after_is_a_stretch_of_event_time(first: int, second: int, within: int) -> None:
    one = greater(within_s=within, after=first * SECOND)
    other = lesser(by=ANOTHER, after=second * SECOND)
    inhibition = inhibition_of(one)
    assert inhibition is not None
    inhibitor = Inhibitor(0, one.notification_id, one.occurred_at, frozenset(triggers_of(one)), inhibition)
    assert inhibitor.inhibits(other) is (within > 0 and first <= second <= first + within)
