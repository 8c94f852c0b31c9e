"""Each case says what should become of a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import journal
from handlers.told import Told
from handlers.triage import TELL, Decision, hold, silenced_by, triage
from schemas.journal import Reason
from schemas.managers import Channel
from schemas.notifications import Notification, Status
from schemas.rules import Mode, Severity
from schemas.settings import Settings
from schemas.silences import Silence
from tests.handlers.builders import NOON, notification, silence

DAY = timedelta(days=1)
COOLDOWN = {Severity.INFO: 86_400.0, Severity.NOTICE: 86_400.0, Severity.WARNING: 0.0, Severity.CRITICAL: 0.0}
Before = tuple[Notification, Decision]


@dataclass(frozen=True)
class Case:
    says: str
    message: Notification
    becomes: Decision
    before: tuple[Before, ...] = ()
    silences: tuple[Silence, ...] = ()
    now: datetime = NOON


def notice(number: int = 1, **fields: object) -> Notification:
    return notification(number, severity=Severity.NOTICE, **fields)  # type: ignore[arg-type]


CASES = [
    Case("a live rule's finding is told", notification(), TELL),
    Case("what was told is not told again", notification(), hold(Reason.ALREADY_TOLD), before=((notification(), TELL),)),
    Case(
        "what was held is not told when it comes again",
        notification(),
        hold(Reason.ALREADY_TOLD),
        before=((notification(), hold(Reason.SILENCED)),),
    ),
    Case("a rule in test is told to nobody", notification(mode=Mode.TEST), hold(Reason.TEST_MODE)),
    Case(
        "an escalation by a rule in test is told to nobody", notification(status=Status.ESCALATED, mode=Mode.TEST), hold(Reason.TEST_MODE)
    ),
    Case(
        "an escalation is told though its opening was a test: the rule is live by now",
        notification(2, Status.ESCALATED, about="A"),
        TELL,
        before=((notification(about="A", mode=Mode.TEST), hold(Reason.TEST_MODE)),),
    ),
    Case("a customer without a manager has nobody to tell", notification(manager_id=None), hold(Reason.NO_MANAGER)),
    Case("test mode comes before a missing manager", notification(mode=Mode.TEST, manager_id=None), hold(Reason.TEST_MODE)),
    # silences
    Case("a silence about the customer holds", notification(), hold(Reason.SILENCED, "S1"), silences=(silence(),)),
    Case("a silence about another customer does not", notification(), TELL, silences=(silence(customer_id="C2"),)),
    Case("a silence about the rule holds", notification(), hold(Reason.SILENCED, "S1"), silences=(silence(rule="large_outflow"),)),
    Case("a silence about another rule does not", notification(), TELL, silences=(silence(rule="large_inflow"),)),
    Case("a silence about the manager holds", notification(), hold(Reason.SILENCED, "S1"), silences=(silence(manager_id="M1"),)),
    Case("a silence must match in everything it names", notification(), TELL, silences=(silence(manager_id="M1", rule="large_inflow"),)),
    Case(
        "a silence about a branch covers what is below it",
        notification(),
        hold(Reason.SILENCED, "S1"),
        silences=(silence(branch="east/pudong"),),
    ),
    Case(
        "a silence about the very outlet holds",
        notification(),
        hold(Reason.SILENCED, "S1"),
        silences=(silence(branch="east/pudong/lujiazui/"),),
    ),
    Case("a branch whose name begins alike is another branch", notification(branch="eastern/x"), TELL, silences=(silence(branch="east"),)),
    Case("a silence does not cover the branch above it", notification(branch="east"), TELL, silences=(silence(branch="east/pudong"),)),
    Case("a silence has not begun before its start", notification(), TELL, silences=(silence(),), now=NOON - timedelta(seconds=1)),
    Case("a silence is over at its end", notification(), TELL, silences=(silence(),), now=NOON + timedelta(hours=1)),
    Case(
        "a silence lets through what is more severe than it says",
        notification(severity=Severity.CRITICAL),
        TELL,
        silences=(silence(up_to=Severity.WARNING),),
    ),
    Case(
        "a silence holds what is as severe as it says",
        notification(),
        hold(Reason.SILENCED, "S1"),
        silences=(silence(up_to=Severity.WARNING),),
    ),
    Case(
        "a silence that does not say how severe holds the critical too",
        notification(severity=Severity.CRITICAL),
        hold(Reason.SILENCED, "S1"),
        silences=(silence(),),
    ),
    Case(
        "of two silences the one that ends last is named",
        notification(),
        hold(Reason.SILENCED, "long"),
        silences=(silence("short"), silence("long", ends=NOON + DAY), silence("other", customer_id="C2", ends=NOON + 2 * DAY)),
    ),
    # cooldown
    Case("the same finding within its cooldown is held", notice(2, after=DAY / 2), hold(Reason.COOLDOWN), before=((notice(), TELL),)),
    Case("the same finding after its cooldown is told", notice(2, after=DAY), TELL, before=((notice(), TELL),)),
    Case(
        "a late one, from before what was told, is the same finding too",
        notice(2, after=-DAY / 2),
        hold(Reason.COOLDOWN),
        before=((notice(), TELL),),
    ),
    Case("another finding is not cooled by it", notice(2, after=DAY / 2, dedup_key="else"), TELL, before=((notice(), TELL),)),
    Case("what was held cools nothing", notice(2, after=DAY / 2), TELL, before=((notice(), hold(Reason.SILENCED, "S1")),)),
    Case("a severity without a cooldown is always told", notification(2), TELL, before=((notification(), TELL),)),
    Case(
        "a worse finding is news and not cooled by a milder one",
        notice(2, after=DAY / 2),
        TELL,
        before=((notification(severity=Severity.INFO), TELL),),
    ),
    Case(
        "an escalation is told within the cooldown of its opening",
        notice(2, status=Status.ESCALATED, about="A", after=DAY / 2),
        TELL,
        before=((notification(about="A", severity=Severity.INFO), TELL),),
    ),
    Case(
        "a finding after an escalation as severe is cooled by it",
        notice(3, after=DAY),
        hold(Reason.COOLDOWN),
        before=(
            (notification(about="A", severity=Severity.INFO), TELL),
            (notice(2, status=Status.ESCALATED, about="A", after=DAY / 2), TELL),
        ),
    ),
    Case("a silence is named before a cooldown", notice(2), hold(Reason.SILENCED, "S1"), before=((notice(), TELL),), silences=(silence(),)),
    # what closes follows what opened
    *(
        case
        for closing in (Status.RESOLVED, Status.RETRACTED)
        for case in (
            Case(
                f"{closing} is told if its opening was",
                notification(2, closing, about="A"),
                TELL,
                before=((notification(about="A"), TELL),),
            ),
            Case(
                f"{closing} is told though it was silenced since",
                notification(2, closing, about="A"),
                TELL,
                before=((notification(about="A"), TELL),),
                silences=(silence(),),
            ),
            Case(
                f"{closing} is held as its opening was, by the same silence",
                notification(2, closing, about="A"),
                hold(Reason.SILENCED, "S7"),
                before=((notification(about="A"), hold(Reason.SILENCED, "S7")),),
            ),
            Case(
                f"{closing} of a test is held though the rule is live by now",
                notification(2, closing, about="A"),
                hold(Reason.TEST_MODE),
                before=((notification(about="A", mode=Mode.TEST), hold(Reason.TEST_MODE)),),
            ),
            Case(
                f"{closing} is told if the opening was held and an escalation was told",
                notification(3, closing, about="A"),
                TELL,
                before=(
                    (notification(about="A"), hold(Reason.SILENCED, "S1")),
                    (notification(2, Status.ESCALATED, about="A"), TELL),
                ),
            ),
            Case(
                f"{closing} is told if the opening was told and an escalation held",
                notification(3, closing, about="A"),
                TELL,
                before=(
                    (notification(about="A"), TELL),
                    (notification(2, Status.ESCALATED, about="A"), hold(Reason.SILENCED, "S1")),
                ),
            ),
            Case(
                f"{closing} of what was told is held if the rule is in test by now: a test tells nobody",
                notification(2, closing, about="A", mode=Mode.TEST),
                hold(Reason.TEST_MODE),
                before=((notification(about="A"), TELL),),
            ),
            Case(
                f"{closing} has nobody to tell if the manager is gone",
                notification(2, closing, about="A", manager_id=None),
                hold(Reason.NO_MANAGER),
                before=((notification(about="A"), TELL),),
            ),
            Case(f"{closing} of what nobody remembers is judged by itself", notification(2, closing, about="A"), TELL),
            Case(
                f"{closing} of what nobody remembers is silenced like anything else",
                notification(2, closing, about="A"),
                hold(Reason.SILENCED, "S1"),
                silences=(silence(),),
            ),
            Case(
                f"{closing} is never cooled",
                notice(3, status=closing, about="A"),
                TELL,
                before=((notice(about="A"), TELL), (notice(2), TELL)),
            ),
        )
    ),
]


def remembered(before: tuple[Before, ...]) -> Told:
    told = Told()
    for offset, (message, decision) in enumerate(before):
        told.learn(
            journal.told(message, offset, Channel.INBOX, 1, NOON) if decision == TELL else journal.held(message, offset, decision, NOON)
        )
    return told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_what_becomes_of_a_message(case: Case) -> None:
    assert triage(case.message, remembered(case.before), case.silences, COOLDOWN, case.now) == case.becomes


def test_a_message_that_was_given_up_counts_as_told() -> None:
    told = Told()
    told.learn(journal.undelivered(notice(about="A"), 0, Channel.WEBHOOK, 8, "HTTP 503", NOON))
    assert triage(notice(2), told, (), COOLDOWN, NOON) == hold(Reason.COOLDOWN)
    assert triage(notification(3, Status.RESOLVED, about="A"), told, (), COOLDOWN, NOON) == TELL


def test_a_severity_that_the_settings_leave_out_has_no_cooldown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEALTHWATCH_NOTIFIER__COOLDOWN_S", '{"info": 60}')  # replaces the whole map
    cooldown_s = Settings.load().notifier.cooldown_s
    told = remembered(((notice(), TELL), (notification(3, severity=Severity.INFO), TELL)))
    assert triage(notice(2), told, (), cooldown_s, NOON) == TELL
    assert triage(notification(4, severity=Severity.INFO), told, (), cooldown_s, NOON) == hold(Reason.COOLDOWN)


moments = st.integers(-7200, 7200).map(lambda seconds: NOON + timedelta(seconds=seconds))


@given(begins=moments, lasts=st.integers(1, 7200), now=moments, severity=st.sampled_from(Severity), up_to=st.sampled_from(Severity))
def test_a_silence_holds_exactly_from_its_start_to_before_its_end_and_up_to_its_severity(
    begins: datetime, lasts: int, now: datetime, severity: Severity, up_to: Severity
) -> None:
    one = silence(starts=begins, ends=begins + timedelta(seconds=lasts), up_to=up_to)
    holds = silenced_by(notification(severity=severity), [one], now) is one
    assert holds == (0 <= (now - begins).total_seconds() < lasts and list(Severity).index(severity) <= list(Severity).index(up_to))


paths = st.lists(st.sampled_from(["east", "eastern", "pudong", "x"]), min_size=1, max_size=3)


@given(branch=paths, silenced=paths)
def test_a_silenced_branch_covers_itself_and_what_is_below(branch: list[str], silenced: list[str]) -> None:
    holds = silenced_by(notification(branch="/".join(branch)), [silence(branch="/".join(silenced))], NOON) is not None
    assert holds == (branch[: len(silenced)] == silenced)
