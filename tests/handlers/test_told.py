from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers import journal
from handlers.told import Told
from handlers.triage import hold
from schemas.journal import JournalEntry, Reason
from schemas.managers import Channel
from schemas.notifications import Status
from tests.handlers.builders import NOON, notification

DAY = timedelta(days=1)


def memory(told: Told) -> tuple[object, ...]:
    return told._messages, told._fates, told._openings, told.newest


@st.composite
def entries(draw: st.DrawFn) -> JournalEntry:
    number = draw(st.integers(0, 4))
    message = notification(number, draw(st.sampled_from(Status)), about=str(number % 2), after=draw(st.integers(0, 90)) * DAY)
    kind = draw(st.sampled_from(["told", "held", "undelivered", "again"]))
    channel = draw(st.sampled_from(Channel))
    if kind == "told":
        return journal.told(message, number, channel, 1, NOON)
    if kind == "undelivered":
        return journal.undelivered(message, number, channel, 8, "HTTP 503", NOON)
    return journal.held(message, number, hold(Reason.ALREADY_TOLD if kind == "again" else Reason.SILENCED), NOON)


@given(st.lists(entries()))
def test_reading_the_journal_a_second_time_teaches_nothing_new(written: list[JournalEntry]) -> None:
    once, twice = Told(), Told()
    for entry in written:
        once.learn(entry)
        twice.learn(entry)
        twice.learn(entry)
    assert memory(once) == memory(twice)


def test_a_telling_that_has_not_ended_is_known_and_owed() -> None:
    told = Told()
    told.expect(journal.told(notification(), 5, Channel.WEBHOOK, 0, NOON))
    known = told.known(notification().message_id)
    assert known is not None
    assert known.ended == set()
    assert told.fate(notification().notification_id) is not None


def test_channels_end_one_by_one() -> None:
    told = Told()
    told.learn(journal.told(notification(), 5, Channel.INBOX, 1, NOON))
    told.learn(journal.undelivered(notification(), 5, Channel.WEBHOOK, 8, "HTTP 503", NOON))
    known = told.known(notification().message_id)
    assert known is not None
    assert known.ended == {Channel.INBOX, Channel.WEBHOOK}
    assert known.offset == 5


def test_the_old_is_forgotten_and_what_may_be_read_again_is_not() -> None:
    told = Told()
    for number, days in enumerate((0, 0, 40)):
        told.learn(journal.told(notification(number, after=days * DAY, dedup_key="k"), number, Channel.INBOX, 1, NOON))
    told.forget(before=NOON + 5 * DAY, below=1)
    assert [told.knows(notification(number).message_id) for number in range(3)] == [False, True, True]
    assert [told.fate(notification(number).notification_id) is not None for number in range(3)] == [False, True, True]
    assert sorted(opening.offset for opening in told.openings("k")) == [1, 2]


def test_an_entry_of_an_older_notifier_is_understood() -> None:
    entry = journal.told(notification(), 5, Channel.INBOX, 1, NOON)
    older = JournalEntry.model_validate(entry.model_dump(exclude={"status", "severity", "dedup_key", "occurred_at", "notification_offset"}))
    told = Told()
    told.learn(older)
    known = told.known(notification().message_id)
    assert known is not None
    assert known.offset == -1
    assert not known.held
