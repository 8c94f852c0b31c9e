from __future__ import annotations

import base64
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka.structs import MemberState

from schemas.dead_letters import DeadLetter, Fault
from schemas.journal import JournalEntry, Reason, Verdict
from schemas.managers import Channel, Manager
from schemas.notifications import Classification, Inhibition, Notification, Status
from schemas.rules import Mode, Severity
from schemas.settings import Log, Settings
from schemas.topics import DEAD_LETTERS, JOURNAL, MANAGERS, NOTIFICATIONS, SILENCES
from tests.brokers.processes import program_pid
from tests.brokers.records import produce, read_all
from tests.handlers.builders import evidence, notification, record, silence
from tests.handlers.receiver import Post, Receiver, Reply
from tests.handlers.running import Running, await_journal, read_journal
from tests.patience import PATIENCE_S
from wealthwatch.configuration import environment_of
from wealthwatch.supervisor import Child

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
CUSTOMERS = 16
NAMES = ("Wang", "王小明", "600,000", "60 万")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """On the embedded broker joining takes half a session; Apache Kafka allows none below 6 s."""
    return settings if settings.detector.processing_guarantee == "exactly_once" else with_notifier(settings, session_timeout_s=2)


def with_notifier(settings: Settings, **changes: Any) -> Settings:
    return settings.model_copy(update={"notifier": settings.notifier.model_copy(update=changes)})


def with_webhook(settings: Settings, receiver: Receiver, **changes: Any) -> Settings:
    webhook = Settings(notifier={"webhook": {"url": receiver.url, "secret": SECRET, "timeout_s": 5}}).notifier.webhook
    return with_notifier(settings, **{"channels": (Channel.INBOX, Channel.WEBHOOK), "webhook": webhook, **changes})


def many(count: int, first: int = 0) -> list[Notification]:
    return [notification(number, customer_id=f"C{number % CUSTOMERS}") for number in range(first, first + count)]


def send(settings: Settings, *messages: Notification) -> None:
    produce(settings, NOTIFICATIONS, [record(message) for message in messages])


def tellings(entries: list[JournalEntry]) -> Counter[tuple[str, Channel | None]]:
    return Counter((str(entry.message_id), entry.channel) for entry in entries if entry.verdict is Verdict.TOLD)


def at_least(count: int) -> Callable[[list[JournalEntry]], bool]:
    return lambda entries: len(entries) >= count


def speaks_of(message: Notification) -> Callable[[list[JournalEntry]], bool]:
    return lambda entries: message.message_id in [entry.message_id for entry in entries]


def once_on_each(messages: list[Notification], *channels: Channel) -> Counter[tuple[str, Channel | None]]:
    return Counter((str(message.message_id), channel) for message in messages for channel in channels)


def test_every_message_is_told_once_and_stands_in_the_journal_in_the_partition_of_its_notification(settings: Settings) -> None:
    messages = many(100)
    send(settings, *messages)
    with Running(settings) as running:
        await_journal(settings, at_least(100), running.trouble)
        assert running.notifier.ready() is None
        assert running.notifier.alive() is None
    written = read_all(settings, JOURNAL)
    entries = [JournalEntry.model_validate_json(one.value) for one in written]
    assert tellings(entries) == once_on_each(messages, Channel.INBOX)
    stands = {
        str(Notification.model_validate_json(one.value).message_id): (one.partition, one.offset)
        for one in read_all(settings, NOTIFICATIONS)
    }
    assert {
        str(entry.message_id): (one.partition, entry.notification_offset) for one, entry in zip(written, entries, strict=True)
    } == stands
    assert len({one.partition for one in written}) > 1
    for one, entry in zip(written, entries, strict=True):
        headers = dict(one.headers)
        assert one.key == str(entry.notification_id).encode()
        assert headers["ce_id"] == str(entry.entry_id).encode()
        assert headers["ce_type"] == b"com.wealthwatch.journal.told.v1"
    assert running.figure("wealthwatch_notifications_told_total", channel="inbox", severity="warning") == 100
    assert running.figure("wealthwatch_append_to_told_seconds_count", channel="inbox") == 100


def test_a_manager_is_told_on_the_channels_of_the_managers_own_choice(settings: Settings) -> None:
    manager = Manager(manager_id="M1", name="李经理", channels=(Channel.LOG, Channel.INBOX))
    produce(settings, MANAGERS, [("M1", manager.model_dump_json().encode())])
    send(settings, notification(1), notification(2, manager_id="M2"))
    with Running(settings) as running:
        entries = await_journal(settings, at_least(3), running.trouble)
    assert tellings(entries) == once_on_each([notification(1)], Channel.LOG, Channel.INBOX) + once_on_each([notification(2)], Channel.INBOX)


def test_what_is_held_says_why_and_an_unreadable_silence_does_not_end_a_good_one(settings: Settings) -> None:
    now = datetime.now(UTC)
    quiet = silence(rule="tier_up", starts=now - timedelta(hours=1), ends=now + timedelta(hours=1))
    produce(settings, SILENCES, [("S1", quiet.model_dump_json().encode()), ("S1", b"{}")])
    messages = [
        notification(1, mode=Mode.TEST),
        notification(2, manager_id=None),
        notification(3, severity=Severity.NOTICE),
        notification(4, severity=Severity.NOTICE),
        notification(3, severity=Severity.NOTICE),
        notification(5, rule="tier_up"),
        notification(6, rule="new_payee_large", evidence=evidence("core/e7")),  # what inhibits it comes after it
        notification(7, inhibits=Inhibition(rules=("new_payee_large",)), evidence=evidence("core/e7")),
        notification(8, rule="pass_through", manager_id=None, classification=Classification.RESTRICTED),
    ]
    send(settings, *messages)
    with Running(settings) as running:
        entries = await_journal(settings, at_least(9), running.trouble)
    assert [(entry.verdict, entry.reason) for entry in entries] == [
        (Verdict.HELD, Reason.TEST_MODE),
        (Verdict.HELD, Reason.NO_MANAGER),
        (Verdict.TOLD, None),
        (Verdict.HELD, Reason.COOLDOWN),
        (Verdict.HELD, Reason.ALREADY_TOLD),
        (Verdict.HELD, Reason.SILENCED),
        (Verdict.HELD, Reason.INHIBITED),
        (Verdict.TOLD, None),
        (Verdict.HELD, Reason.RESTRICTED),
    ]
    assert len({entry.entry_id for entry in entries}) == 9
    for reason in Reason:
        assert running.figure("wealthwatch_notifications_held_total", reason=reason) == 1


def test_a_silence_that_is_added_while_it_runs_holds_and_a_removed_one_lets_go(settings: Settings) -> None:
    now = datetime.now(UTC)
    quiet = silence(starts=now - timedelta(hours=1), ends=now + timedelta(hours=1))

    numbers = iter(range(100))

    def send_until(verdict: Verdict) -> None:
        for number in numbers:
            send(settings, notification(number))
            entries = await_journal(settings, speaks_of(notification(number)), running.trouble)
            if entries[-1].verdict is verdict:
                return
        pytest.fail(f"nothing was {verdict}")

    with Running(settings) as running:
        send_until(Verdict.TOLD)
        produce(settings, SILENCES, [("S1", quiet.model_dump_json().encode())])
        send_until(Verdict.HELD)
        send_until(Verdict.HELD)
        produce(settings, SILENCES, [("S1", None)])
        send_until(Verdict.TOLD)
    assert {(entry.reason, entry.silence_id) for entry in read_journal(settings) if entry.verdict is Verdict.HELD} == {
        (Reason.SILENCED, "S1")
    }


def test_resolved_follows_its_opening_also_after_a_restart(settings: Settings) -> None:
    now = datetime.now(UTC)
    quiet = silence(starts=now - timedelta(hours=1), ends=now + timedelta(hours=1))
    produce(settings, SILENCES, [("S1", quiet.model_dump_json().encode())])
    send(settings, notification(1, about="held"), notification(2, about="told", customer_id="C2"))
    with Running(settings) as running:
        await_journal(settings, at_least(2), running.trouble)
    produce(settings, SILENCES, [("S1", None), ("S2", quiet.model_copy(update={"customer_id": "C2"}).model_dump_json().encode())])
    send(settings, notification(3, Status.RESOLVED, about="held"), notification(4, Status.RESOLVED, about="told", customer_id="C2"))
    with Running(settings) as running:
        entries = await_journal(settings, at_least(4), running.trouble)
    fates = {entry.message_id: (entry.verdict, entry.reason, entry.silence_id) for entry in entries}
    assert fates[notification(3).message_id] == fates[notification(1).message_id] == (Verdict.HELD, Reason.SILENCED, "S1")
    assert fates[notification(4).message_id] == (Verdict.TOLD, None, None)


def test_a_malformed_notification_is_a_dead_letter_and_the_next_one_is_told(settings: Settings) -> None:
    bad = [b"", b"\xff", b"{", b"[]", b'{"schema_version": 9}', b"{}"]
    produce(settings, NOTIFICATIONS, [("C1", value, [("ce_id", b"x")]) for value in bad])
    send(settings, notification())
    with Running(settings) as running:
        await_journal(settings, bool, running.trouble)
    letters = read_all(settings, DEAD_LETTERS)
    read = [DeadLetter.from_headers(letter.headers) for letter in letters]
    assert [letter.value for letter in letters] == bad
    assert [one.fault for one in read] == [
        Fault.EMPTY,
        Fault.NOT_UTF8,
        Fault.NOT_JSON,
        Fault.NOT_AN_OBJECT,
        Fault.UNKNOWN_SCHEMA_VERSION,
        Fault.MISSING_FIELD,
    ]
    assert [one.offset for one in read] == list(range(6))
    assert {
        (one.topic, one.partition, letter.partition == one.partition, letter.key) for one, letter in zip(read, letters, strict=True)
    } == {(settings.kafka.topic(NOTIFICATIONS), letters[0].partition, True, b"C1")}
    assert dict(letters[0].headers)["ce_id"] == b"x"


def test_a_webhook_that_is_down_does_not_hold_up_the_inbox_and_hears_of_everything_when_it_is_back(settings: Settings) -> None:
    back = threading.Event()
    messages = many(60)
    with Receiver(lambda _number, _post: Reply(204 if back.is_set() else 503)) as receiver:
        patient = with_webhook(settings, receiver, attempts=1000, first_wait_s=0.05, longest_wait_s=0.2)
        send(settings, *messages)
        with Running(patient) as running:
            entries = await_journal(settings, at_least(60), running.trouble)
            assert tellings(entries) == once_on_each(messages, Channel.INBOX)
            assert receiver.posts
            back.set()
            entries = await_journal(settings, at_least(120), running.trouble)
    assert tellings(entries) == once_on_each(messages, Channel.INBOX, Channel.WEBHOOK)
    assert all(entry.attempts >= 1 for entry in entries)


def test_a_webhook_that_hangs_does_not_hold_up_the_inbox(settings: Settings) -> None:
    release = threading.Event()

    def hang(_number: int, _post: Post) -> Reply:
        release.wait(60)
        return Reply()

    with Receiver(hang) as receiver, Running(with_webhook(settings, receiver, attempts=1)) as running:
        send(settings, *many(60))
        entries = await_journal(settings, at_least(60), running.trouble)
        assert {entry.channel for entry in entries} == {Channel.INBOX}
        release.set()


def test_what_cannot_be_delivered_is_kept_with_its_error_and_is_not_tried_after_a_restart(settings: Settings) -> None:
    with Receiver(lambda _number, _post: Reply(503)) as receiver:
        hasty = with_webhook(settings, receiver, attempts=3, first_wait_s=0.01)
        send(settings, notification())
        with Running(hasty) as running:
            entries = await_journal(settings, at_least(2), running.trouble)
        send(settings, notification(2))
        with Running(hasty) as running:
            await_journal(settings, at_least(4), running.trouble)
        assert Counter(post.identity for post in receiver.posts) == {
            str(notification(1).message_id): 3,
            str(notification(2).message_id): 3,
        }
    [given_up] = [entry for entry in entries if entry.channel is Channel.WEBHOOK]
    assert (given_up.verdict, given_up.attempts, given_up.error) == (Verdict.UNDELIVERED, 3, "HTTP 503")
    assert running.figure("wealthwatch_notifications_undelivered_total", channel="webhook") == 1


def test_a_delivery_that_had_not_ended_is_begun_anew_after_a_restart(settings: Settings) -> None:
    back = threading.Event()
    with Receiver(lambda _number, _post: Reply(204 if back.is_set() else 503)) as receiver:
        patient = with_webhook(settings, receiver, attempts=1000, first_wait_s=30)
        send(settings, *many(20))
        with Running(patient) as running:
            await_journal(settings, at_least(20), running.trouble)
            receiver.await_posts(bool)
        back.set()
        send(settings, *many(20, first=20))
        with Running(patient) as running:
            entries = await_journal(settings, at_least(80), running.trouble)
        with Running(patient) as running:
            send(settings, notification(99))
            entries = await_journal(settings, at_least(82), running.trouble)
    assert tellings(entries) == once_on_each([*many(40), notification(99)], Channel.INBOX, Channel.WEBHOOK)


def started(settings: Settings, folder: Path, name: str, *program: str) -> Child:
    return Child(name, [sys.executable, *(program or ("-m", "wealthwatch")), "notifier"], folder / f"{name}.log", environment_of(settings))


def died(child: Child) -> str | None:
    return None if child.exit_code is None else f"{child.name} ended with {child.exit_code}:\n{child.last_words(40)}"


def test_killed_in_the_middle_and_started_again_it_tells_each_message_once_on_each_channel(settings: Settings, tmp_path: Path) -> None:
    def slowly(_number: int, _post: Post) -> Reply:
        threading.Event().wait(0.01)
        return Reply()

    messages = many(400)
    with Receiver(slowly) as receiver:
        both = with_webhook(settings, receiver)
        send(settings, *messages[:200])
        for number, part in enumerate((30, 250)):
            with started(both, tmp_path, f"notifier-{number}") as child:
                await_journal(settings, at_least(part), partial(died, child))
                send(settings, *messages[200 + number * 100 : 300 + number * 100])
                child.kill()
        with started(both, tmp_path, "notifier-last") as child:
            await_journal(settings, lambda entries: len(tellings(entries)) >= 800, partial(died, child))
            assert child.stop() == 0
        assert {post.identity for post in receiver.posts} == {str(message.message_id) for message in messages}
    entries = read_journal(settings)
    assert tellings(entries) == once_on_each(messages, Channel.INBOX, Channel.WEBHOOK)
    assert len(entries) == 800


def test_sigterm_ends_it_within_ten_seconds_though_a_webhook_hangs_and_its_log_names_nobody(settings: Settings, tmp_path: Path) -> None:
    release = threading.Event()

    def hang(_number: int, _post: Post) -> Reply:
        release.wait(60)
        return Reply()

    send(settings, *many(20))
    with Receiver(hang) as receiver:
        talkative = with_webhook(settings, receiver, channels=tuple(Channel)).model_copy(update={"log": Log(level="debug")})
        with started(talkative, tmp_path, "notifier") as child:
            await_journal(settings, at_least(40), partial(died, child))
            receiver.await_posts(bool)
            before = time.monotonic()
            os.kill(program_pid(child), signal.SIGTERM)
            assert child.wait(10) == 0, child.last_words(40)
            assert time.monotonic() - before < 10
            release.set()
    said = child.log.read_text()
    assert said.count('"event": "told"') == 20
    assert [word for word in (*NAMES, SECRET) if word in said] == []


def test_one_that_is_stopped_while_it_joins_is_not_waited_for(settings: Settings) -> None:
    with Running(settings) as hasty:
        deadline = time.monotonic() + PATIENCE_S
        while hasty.notifier._consumer.group_metadata().state != MemberState.REBALANCING:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        assert hasty.notifier.ready() is not None
    send(settings, notification())
    with Running(settings) as running:
        await_journal(settings, bool, running.trouble)


def test_two_share_the_partitions_and_one_that_leaves_hands_over(settings: Settings) -> None:
    messages = many(300)
    with Running(settings) as first:
        send(settings, *messages[:100])
        await_journal(settings, at_least(100), first.trouble)
        with Running(settings) as second:
            sent = 100
            while second.notifier.ready() or not second.figure("wealthwatch_notifications_told_total", channel="inbox", severity="warning"):
                assert sent < 200, "the second notifier got nothing to do"
                send(settings, messages[sent])
                sent += 1
                await_journal(settings, at_least(sent), second.trouble)
            send(settings, *messages[sent:200])
            await_journal(settings, at_least(200), second.trouble)
        send(settings, *messages[200:])
        entries = await_journal(settings, at_least(300), first.trouble)
    assert tellings(entries) == once_on_each(messages, Channel.INBOX)
    assert len(read_journal(settings)) == 300


@pytest.mark.kafka
def test_one_that_was_stopped_past_its_session_and_woken_is_fenced_and_adds_nothing(settings: Settings, tmp_path: Path) -> None:
    messages = many(300)
    with started(settings, tmp_path, "sleeper") as sleeper:
        send(settings, *messages[:100])
        await_journal(settings, at_least(100), lambda: died(sleeper))
        pid = program_pid(sleeper)
        os.kill(pid, signal.SIGSTOP)
        send(settings, *messages[100:200])
        with started(settings, tmp_path, "successor") as successor:
            await_journal(settings, at_least(200), lambda: died(successor))
            os.kill(pid, signal.SIGCONT)
            send(settings, *messages[200:])
            await_journal(settings, at_least(300), lambda: died(successor) or died(sleeper))
            assert successor.stop() == 0
        assert sleeper.stop() == 0, sleeper.last_words(40)
    assert tellings(read_journal(settings)) == once_on_each(messages, Channel.INBOX)


def test_a_fault_of_ours_ends_it_with_a_failure_and_leaves_the_message_to_the_next_one(settings: Settings, tmp_path: Path) -> None:
    bug = "from handlers.channels.inbox import InboxSender; InboxSender.send = lambda *_: 1 // 0; from wealthwatch.cli import main; main()"
    send(settings, notification())
    with started(settings, tmp_path, "faulty", "-c", bug) as child:
        assert child.wait(60) == 1
    assert "ZeroDivisionError" in child.log.read_text()
    assert read_journal(settings) == []
    with Running(settings) as running:
        [entry] = await_journal(settings, bool, running.trouble)
    assert entry.verdict is Verdict.TOLD
