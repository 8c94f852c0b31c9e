"""What is restricted reaches the desk that the settings name, or nobody; the customer's manager never hears of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from handlers.delivery import Outcome
from handlers.inbox.rows import message_row, telling_row
from handlers.journal import held
from handlers.partition import NOTHING, Partition, Policy
from handlers.told import Told
from handlers.triage import TELL, hold, triage
from schemas.journal import JournalEntry, Reason, Verdict
from schemas.managers import Channel, Manager
from schemas.notifications import Classification, Notification, Status
from schemas.rules import Mode, Severity
from schemas.settings import Restricted, Settings, SettingsError
from tests.handlers.builders import NOON, notification, silence

SECRET = Classification.RESTRICTED
DESK = Policy({Severity.NOTICE: 86_400}, (Channel.INBOX,), Restricted(manager_id="D1", channels=(Channel.WEBHOOK, Channel.LOG)))
NOBODY = Policy({}, (Channel.INBOX,))
MANAGERS = {name: Manager(manager_id=name, name=name, channels=(Channel.INBOX,)) for name in ("M1", "D1")}


def secret(number: int = 1, status: Status = Status.OPENED, **fields: object) -> Notification:
    return notification(number, status, rule="pass_through", classification=SECRET, **{"manager_id": None, **fields})  # type: ignore[arg-type]


def take(
    one: Partition, offset: int, message: Notification, silences: bool = False
) -> tuple[list[JournalEntry], list[tuple[str, Channel]]]:
    """The entries, and who is told on which channel; every delivery ends at once."""
    step = one.take(offset, NOON, message, MANAGERS, [silence(), silence("S2", manager_id="M1")] if silences else [], NOON)
    ended = [one.end(Outcome(delivery, 1), NOON) for delivery in step.deliveries]
    told = [(delivery.telling.manager_id, delivery.channel) for delivery in step.deliveries]
    return [*step.entries, *(entry for entry in ended if entry)], told


@pytest.mark.parametrize("manager_id", [None, "M1"], ids=["as the detector says it", "as somebody else might say it"])
def test_without_a_desk_it_is_held_by_name(manager_id: str | None) -> None:
    entries, told = take(Partition(0, Told(), NOBODY), 0, secret(manager_id=manager_id))
    [entry] = entries
    assert told == []
    assert (entry.verdict, entry.reason, entry.manager_id, entry.classification) == (Verdict.HELD, Reason.RESTRICTED, None, SECRET)


@pytest.mark.parametrize("manager_id", [None, "M1"], ids=["as the detector says it", "as somebody else might say it"])
def test_with_a_desk_the_desk_is_told_on_the_desk_s_channels_and_nobody_else(manager_id: str | None) -> None:
    entries, told = take(Partition(0, Told(), DESK), 0, secret(manager_id=manager_id))
    assert told == [("D1", Channel.WEBHOOK), ("D1", Channel.LOG)]
    assert {(entry.verdict, entry.manager_id, entry.classification) for entry in entries} == {(Verdict.TOLD, "D1", SECRET)}


def test_what_is_not_restricted_goes_to_the_customer_s_manager_as_ever() -> None:
    for policy in (DESK, NOBODY):
        entries, told = take(Partition(0, Told(), policy), 0, notification())
        assert told == [("M1", Channel.INBOX)]
        assert [entry.classification for entry in entries] == [None]


def test_nobody_silences_what_they_do_not_know_of() -> None:
    assert take(Partition(0, Told(), DESK), 0, secret(), silences=True)[1] != []
    assert take(Partition(0, Told(), DESK), 0, notification(), silences=True)[1] == []


@pytest.mark.parametrize("closing", [Status.RESOLVED, Status.RETRACTED])
def test_its_end_goes_where_it_went_itself(closing: Status) -> None:
    for policy in (DESK, NOBODY):
        one = Partition(0, Told(), policy)
        begun, ended = take(one, 0, secret(about="A")), take(one, 1, secret(2, closing, about="A"))
        assert ended[1] == begun[1]
        assert [(entry.reason, entry.manager_id) for entry in ended[0]] == [(entry.reason, entry.manager_id) for entry in begun[0]]


def test_its_end_is_held_where_there_is_no_desk_any_more_and_also_if_only_now_there_is_one() -> None:
    told = Told()
    take(Partition(0, told, DESK), 0, secret(about="A"))
    assert take(Partition(0, told, NOBODY), 1, secret(2, Status.RESOLVED, about="A"))[1] == []
    told = Told()
    take(Partition(0, told, NOBODY), 0, secret(about="A"))
    assert take(Partition(0, told, DESK), 1, secret(2, Status.RESOLVED, about="A"))[1] == []


def test_read_again_after_a_restart_it_is_told_nobody_else() -> None:
    told = Told()
    Partition(0, told, DESK).take(0, NOON, secret(), MANAGERS, [], NOON)
    assert take(Partition(0, told, DESK), 0, secret())[1] == [("D1", Channel.WEBHOOK), ("D1", Channel.LOG)]
    assert Partition(0, told, NOBODY).take(0, NOON, secret(), MANAGERS, [], NOON) == NOTHING


def test_a_rule_in_test_and_a_cooldown_hold_it_too() -> None:
    assert triage(secret(mode=Mode.TEST), Told(), (), {}, NOON) == hold(Reason.TEST_MODE)
    assert triage(secret(manager_id="D1"), Told(), (), {}, NOON) == TELL
    one = Partition(0, Told(), DESK)
    take(one, 0, secret(severity=Severity.NOTICE))
    entries, _ = take(one, 1, secret(2, severity=Severity.NOTICE, after=timedelta(hours=1)))
    assert [entry.reason for entry in entries] == [Reason.COOLDOWN]


def test_the_inbox_keeps_nothing_of_it() -> None:
    message = secret()
    assert message_row(message) is None
    assert telling_row(held(message, 0, hold(Reason.RESTRICTED), NOON)) is None
    assert message_row(notification()) is not None
    assert telling_row(held(notification(), 0, hold(Reason.COOLDOWN), NOON)) is not None


def test_the_desk_stands_in_the_settings_and_the_inbox_is_no_channel_for_it(tmp_path: Path) -> None:
    file = tmp_path / "bank.toml"
    file.write_text('[notifier.restricted]\nmanager_id = "D1"\n', encoding="utf-8")
    assert Settings.load(file).notifier.restricted == Restricted(manager_id="D1", channels=(Channel.WEBHOOK,))
    assert Settings.load().notifier.restricted.manager_id is None
    file.write_text('[notifier.restricted]\nmanager_id = "D1"\nchannels = ["log", "inbox"]\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"notifier\.restricted: .*the inbox shows"):
        Settings.load(file)
