from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from handlers.delivery import Outcome
from handlers.partition import NOTHING, Partition, Policy, Step
from handlers.told import Told
from schemas.customers import Language
from schemas.journal import JournalEntry, Reason, Verdict
from schemas.managers import Channel, Manager
from schemas.notifications import Notification
from schemas.rules import Severity
from tests.handlers.builders import NOON, notification, silence

BOTH = {"M1": Manager(manager_id="M1", name="李经理", channels=(Channel.INBOX, Channel.WEBHOOK), language=Language.ENGLISH)}
COOLDOWN = Policy({Severity.NOTICE: 86_400})


def partition(entries: list[JournalEntry] | None = None, policy: Policy = COOLDOWN, seen: int = 0) -> Partition:
    told = Told()
    for entry in entries or []:
        told.learn(entry)
    return Partition(3, told, policy, seen=seen)


def take(one: Partition, offset: int, message: Notification, managers: Mapping[str, Manager] = BOTH, **silences: object) -> Step:
    return one.take(offset, NOON, message, managers, [silence()] if silences else [], NOON)


def end_all(one: Partition, step: Step, error: str | None = None) -> list[JournalEntry]:
    entries = [one.end(Outcome(delivery, 1, error), NOON) for delivery in step.deliveries]
    return [entry for entry in entries if entry]


def test_a_message_goes_to_the_managers_channels_in_the_managers_language() -> None:
    step = take(partition(), 7, notification())
    assert [delivery.channel for delivery in step.deliveries] == [Channel.INBOX, Channel.WEBHOOK]
    assert {(delivery.partition, delivery.offset, delivery.telling.language) for delivery in step.deliveries} == {(3, 7, Language.ENGLISH)}


def test_an_unknown_manager_and_one_without_channels_have_the_inbox() -> None:
    assert [delivery.channel for delivery in take(partition(), 0, notification(), {}).deliveries] == [Channel.INBOX]
    nowhere = {"M1": Manager(manager_id="M1", name="李经理", channels=())}
    assert [delivery.channel for delivery in take(partition(), 0, notification(), nowhere).deliveries] == [Channel.INBOX]


def test_the_settings_channels_win_over_the_managers() -> None:
    step = take(partition(policy=Policy({}, (Channel.LOG, Channel.LOG))), 0, notification())
    assert [delivery.channel for delivery in step.deliveries] == [Channel.LOG]


def test_the_position_waits_for_every_channel_of_a_message_and_then_passes_all_that_have_ended() -> None:
    one = partition()
    first, second = take(one, 0, notification(1)), take(one, 1, notification(2))
    assert one.position == 0
    end_all(one, second)
    one.end(Outcome(first.deliveries[0], 1), NOON)
    assert one.position == 0
    one.end(Outcome(first.deliveries[1], 8, "HTTP 503"), NOON)
    assert one.position == 2


def test_what_could_not_be_delivered_is_kept_with_its_error() -> None:
    one = partition()
    [inbox, webhook] = end_all(one, take(one, 0, notification()), "HTTP 503")
    assert (webhook.verdict, webhook.channel, webhook.error, webhook.attempts) == (Verdict.UNDELIVERED, Channel.WEBHOOK, "HTTP 503", 1)
    assert inbox.entry_id != webhook.entry_id


def test_a_held_message_has_one_entry_and_no_delivery() -> None:
    step = take(partition(), 4, notification(), silenced=True)
    [entry] = step.entries
    assert (entry.verdict, entry.reason, entry.silence_id, entry.channel) == (Verdict.HELD, Reason.SILENCED, "S1", None)
    assert (entry.notification_offset, entry.customer_id) == (4, "C1")
    assert step.deliveries == ()


def test_an_outcome_counts_once() -> None:
    one = partition()
    step = take(one, 0, notification())
    assert len(end_all(one, step)) == 2
    assert end_all(one, step) == []


def test_after_a_restart_only_the_channels_without_an_entry_are_served() -> None:
    before = partition()
    step = take(before, 0, notification())
    told_inbox = before.end(Outcome(step.deliveries[0], 1), NOON)
    assert told_inbox
    after = partition([told_inbox])
    again = take(after, 0, notification(), silenced=True)
    assert [delivery.channel for delivery in again.deliveries] == [Channel.WEBHOOK]
    assert again.entries == ()
    [webhook] = end_all(after, again)
    assert take(partition([told_inbox, webhook]), 0, notification()) == NOTHING


def test_a_held_message_read_again_after_a_restart_stays_held_though_the_silence_is_gone() -> None:
    [entry] = take(partition(), 0, notification(), silenced=True).entries
    assert take(partition([entry]), 0, notification()) == NOTHING


def test_a_message_sent_again_is_held_once_as_already_told() -> None:
    one = partition()
    entries = end_all(one, take(one, 0, notification()))
    [again] = take(one, 1, notification()).entries
    assert (again.reason, again.notification_offset) == (Reason.ALREADY_TOLD, 1)
    assert take(one, 2, notification()) == NOTHING
    assert take(partition([*entries, again]), 3, notification()) == NOTHING


def test_a_held_message_sent_again_needs_no_second_entry() -> None:
    one = partition()
    take(one, 0, notification(), silenced=True)
    assert take(one, 1, notification()) == NOTHING


def test_a_message_sent_again_while_its_delivery_is_under_way_is_held() -> None:
    one = partition()
    take(one, 0, notification())
    [entry] = take(one, 1, notification()).entries
    assert entry.reason is Reason.ALREADY_TOLD


def test_an_unreadable_record_is_news_only_if_it_was_not_seen_before_the_restart() -> None:
    one = partition(seen=5)
    assert [one.refuse(offset) for offset in (4, 5)] == [False, True]
    assert one.position == 6


@pytest.mark.parametrize(("kept_records", "remembered"), [(100, 35 * 24), (1_200, 1_200)])
def test_what_is_remembered_is_bounded_by_event_time_or_by_number(
    monkeypatch: pytest.MonkeyPatch, kept_records: int, remembered: int
) -> None:
    monkeypatch.setattr("handlers.partition.KEPT_RECORDS", kept_records)
    one = partition()
    for hour in range(60 * 24):
        end_all(one, take(one, hour, notification(hour, after=timedelta(hours=hour))))
        one.forget()
    assert remembered <= len(one.told) <= remembered + 24
