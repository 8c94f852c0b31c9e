"""One suite examines every channel of the folder."""

from __future__ import annotations

import base64
import json
import logging

import pytest
import structlog
from structlog.testing import capture_logs

from handlers.channels import Delivered, Refused, Retry, Telling, names, open_channels
from schemas.customers import Language
from schemas.managers import Channel
from schemas.notifications import Status
from schemas.settings import Settings
from tests.handlers.builders import notification
from tests.handlers.receiver import Receiver

SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()


def test_the_folder_has_one_file_for_each_channel_of_the_contract() -> None:
    assert names() == sorted(Channel)


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("status", Status)
def test_a_channel_delivers_whatever_a_message_says(channel: Channel, status: Status) -> None:
    with Receiver() as receiver:
        senders = open_channels(Settings(notifier={"webhook": {"url": receiver.url, "secret": SECRET}}))
        for language in Language:
            assert senders[channel].send(Telling(notification(status=status), "M1", language)) == Delivered()
        for sender in senders.values():
            sender.close()


@pytest.mark.parametrize("channel", Channel)
def test_a_channel_tries_once_and_answers(channel: Channel) -> None:
    with Receiver() as receiver:
        senders = open_channels(Settings(notifier={"webhook": {"url": receiver.url, "secret": SECRET}}))
        assert isinstance(senders[channel].send(Telling(notification(), "M1")), Delivered | Retry | Refused)
        assert len(receiver.posts) <= 1


@pytest.mark.parametrize("channel", Channel)
def test_a_channel_opens_without_settings_of_its_own(channel: Channel) -> None:
    answer = open_channels(Settings())[channel].send(Telling(notification(), "M1"))
    assert answer == (Refused("notifier.webhook.url is not set") if channel is Channel.WEBHOOK else Delivered())


@pytest.mark.parametrize("channel", Channel)
def test_no_channel_logs_a_name_or_a_text(channel: Channel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver() as receiver, capture_logs() as lines:
        structlog.get_logger("wealthwatch.told").debug("captured")
        senders = open_channels(Settings(notifier={"webhook": {"url": receiver.url, "secret": SECRET}}))
        senders[channel].send(Telling(notification(), "M1"))
    said = json.dumps(lines, ensure_ascii=False, default=str) + caplog.text
    assert "captured" in said
    assert not any(word in said for word in ("Wang", "王小明", "600,000", "60 万", "大额", SECRET))


def test_the_log_line_says_who_was_told_about_which_finding() -> None:
    with capture_logs() as lines:
        open_channels(Settings())[Channel.LOG].send(Telling(notification(), "M1"))
    [line] = [line for line in lines if line["event"] == "told"]
    assert (line["rule"], line["status"], line["severity"], line["customer_id"], line["manager_id"]) == (
        "large_outflow",
        "opened",
        "warning",
        "C1",
        "M1",
    )
