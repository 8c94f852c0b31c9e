from __future__ import annotations

import base64
import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from standardwebhooks import Webhook, WebhookVerificationError

from handlers.channels import Delivered, Refused, Retry, Sender, Telling
from handlers.channels.webhook import open_channel
from schemas.notifications import Notification
from schemas.settings import Settings, SettingsError
from tests.handlers.builders import notification
from tests.handlers.receiver import Receiver, Reply

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
TELLING = Telling(notification(), "M1")


def webhook(url: str, **more: Any) -> Sender:
    return open_channel(Settings(notifier={"webhook": {"url": url, "secret": SECRET, **more}}))


def test_a_post_is_signed_and_carries_the_message_id_and_the_whole_message() -> None:
    with Receiver() as receiver:
        assert webhook(receiver.url).send(TELLING) == Delivered()
    [post] = receiver.posts
    content = Webhook(SECRET).verify(post.body, post.headers)
    assert post.identity == str(TELLING.notification.message_id)
    assert post.headers["content-type"] == "application/json"
    assert content["type"] == "notification.opened"
    assert content["timestamp"] == "2025-03-10T12:00:00Z"
    assert content["data"]["told_manager_id"] == "M1"
    assert Notification.model_validate_json(json.dumps(content["data"])) == TELLING.notification


def test_a_body_that_was_changed_on_the_way_does_not_verify() -> None:
    with Receiver() as receiver:
        webhook(receiver.url).send(TELLING)
    [post] = receiver.posts
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(post.body.replace(b"C1", b"C2"), post.headers)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        *((status, Delivered()) for status in (200, 201, 202, 204)),
        *((status, Refused(f"HTTP {status}")) for status in (301, 302, 303, 307, 308, 400, 401, 403, 404, 410, 422)),
        *((status, Retry(f"HTTP {status}")) for status in (408, 425, 429, 500, 502, 503, 504)),
    ],
)
def test_how_a_status_is_understood(status: int, answer: object) -> None:
    with Receiver(lambda _number, _post: Reply(status)) as receiver:
        assert webhook(receiver.url).send(TELLING) == answer


def test_a_redirect_is_not_followed() -> None:
    with Receiver() as elsewhere, Receiver(lambda _number, _post: Reply(307, {"location": elsewhere.url})) as receiver:
        assert webhook(receiver.url).send(TELLING) == Refused("HTTP 307")
        assert elsewhere.posts == []


def test_retry_after_is_heard_in_seconds_and_as_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    values = ["120", later, "-5", "soon", "Mon, 10 Mar 2025 12:00:00 +99999999999999", "9" * 30]
    with Receiver(lambda number, _post: Reply(429, {"retry-after": values[number - 1]})) as receiver:
        sender = webhook(receiver.url)
        answers = [sender.send(TELLING) for _ in values]
    waits = [answer.after for answer in answers if isinstance(answer, Retry)]
    assert waits[0] == timedelta(seconds=120)
    assert waits[1] is not None
    assert timedelta(seconds=80) < waits[1] <= timedelta(seconds=90)
    assert waits[2:] == [timedelta(0), None, None, timedelta(days=1)]


def test_nobody_there_is_tried_again() -> None:
    with Receiver() as receiver:
        url = receiver.url
    assert webhook(url).send(TELLING) == Retry("ConnectError")


def test_an_answer_that_takes_too_long_is_tried_again() -> None:
    enough = threading.Event()

    def wait(_number: int, _post: object) -> Reply:
        enough.wait(10)
        return Reply()

    with Receiver(wait) as receiver:
        assert webhook(receiver.url, timeout_s=0.2).send(TELLING) == Retry("ReadTimeout")
        enough.set()


def test_a_long_answer_is_not_read() -> None:
    with Receiver(lambda _number, _post: Reply(200, body=b"x" * 1_000_000)) as receiver:
        sender = webhook(receiver.url)
        assert [sender.send(TELLING), sender.send(TELLING)] == [Delivered(), Delivered()]


def test_what_the_other_side_says_stays_out_of_the_error() -> None:
    with Receiver(lambda _number, _post: Reply(400, body=TELLING.notification.body.english.encode())) as receiver:
        assert webhook(receiver.url).send(TELLING) == Refused("HTTP 400")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


def serves_as(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_https_is_verified_against_the_ca_file(authority: trustme.CA, ca_file: Path) -> None:
    with Receiver(context=serves_as(authority, "127.0.0.1")) as receiver:
        assert webhook(receiver.url, ca_file=ca_file).send(TELLING) == Delivered()


def test_https_of_an_unknown_authority_gets_nothing(authority: trustme.CA) -> None:
    with Receiver(context=serves_as(authority, "127.0.0.1")) as receiver:
        assert webhook(receiver.url).send(TELLING) == Retry("ConnectError")
        assert receiver.posts == []


def test_https_with_a_certificate_for_another_name_gets_nothing(authority: trustme.CA, ca_file: Path) -> None:
    with Receiver(context=serves_as(authority, "elsewhere.example")) as receiver:
        assert webhook(receiver.url, ca_file=ca_file).send(TELLING) == Retry("ConnectError")
        assert receiver.posts == []


@pytest.mark.parametrize(
    "url", ["http://crm.example/hook", "http://10.0.0.1/hook", "http://127.0.0.1.example/hook", "http://[2001:db8::1]/"]
)
def test_plain_http_to_another_machine_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match=r"notifier\.webhook\.url: must be https"):
        webhook(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/hook", "http://127.8.8.8/", "http://[::1]:8080/hook", "http://localhost/", "https://crm.example/"]
)
def test_plain_http_to_this_machine_and_https_anywhere_are_fine(url: str) -> None:
    webhook(url).close()


@pytest.mark.parametrize(
    "secret", [None, "", "whsec_", "whsec_abc", "whsec_!!!!", "whsec_é", "whsec_" + base64.b64encode(b"x" * 23).decode()]
)
def test_a_secret_that_protects_nothing_stops_the_start(secret: str | None) -> None:
    with pytest.raises(SettingsError, match=r"notifier\.webhook\.secret: must be whsec_") as refused:
        webhook("https://crm.example/", secret=secret)
    assert secret in (None, "", "whsec_") or secret not in str(refused.value)
