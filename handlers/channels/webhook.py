"""Posts the message to a system of the bank's, signed after Standard Webhooks 1.0 (standardwebhooks.com).

`webhook-id` is the message_id: whoever receives drops a second post with the same id. HTTPS is verified; plain HTTP goes to this machine
only; redirects are not followed, since they would carry the message to where nobody decided it should go.
"""

from __future__ import annotations

import json
import ssl
from base64 import b64decode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address

import httpx
from pydantic import HttpUrl
from standardwebhooks import Webhook as Signer

from handlers.channels import Answer, Delivered, Refused, Retry, Telling
from schemas.settings import Settings, SettingsError

_LARGEST_ANSWER = 65_536
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_LONGEST_WAIT_S = 86_400
_SMALLEST_SECRET = 24


class WebhookSender:
    """Posts to one address.

    Args:
        url: where to.
        signer: signs what is sent.
        client: as `open_channel` makes it.
    """

    prompt = False

    def __init__(self, url: str, signer: Signer, client: httpx.Client) -> None:
        self._url = url
        self._signer = signer
        self._client = client

    def send(self, telling: Telling) -> Answer:
        """Post once."""
        body = payload(telling)
        identity, now = str(telling.notification.message_id), datetime.now(UTC)  # noqa: TID251 - the signature is of the moment of sending
        headers = {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(identity, now, body),
        }
        try:
            with self._client.stream("POST", self._url, content=body.encode(), headers=headers) as response:
                answer = _answer(response, now)
                _drain(response)
        except httpx.TransportError as error:
            return Retry(type(error).__name__)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class Unset:
    """Stands in while no address is set: whoever asks for this channel is refused, and the journal says why."""

    prompt = True

    def send(self, telling: Telling) -> Answer:  # noqa: ARG002 - it is refused whatever it is
        """Refuse."""
        return Refused("notifier.webhook.url is not set")

    def close(self) -> None:
        """Nothing is open."""


def payload(telling: Telling) -> str:
    """The body: type, timestamp and data, as Standard Webhooks recommends."""
    notification = telling.notification
    data = {**notification.model_dump(mode="json"), "told_manager_id": telling.manager_id, "told_in": telling.language.value}
    timestamp = notification.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"type": f"notification.{notification.status}", "timestamp": timestamp, "data": data}, ensure_ascii=False)


def open_channel(settings: Settings) -> WebhookSender | Unset:
    """Open the channel.

    Raises:
        SettingsError: the address is plain HTTP to another machine, or the secret is missing, unreadable or too short.
    """
    webhook = settings.notifier.webhook
    if webhook.url is None:
        return Unset()
    if webhook.url.scheme != "https" and not _is_loopback(webhook.url):
        raise SettingsError("notifier.webhook.url: must be https, unless the address is of this machine (127.0.0.1, ::1, localhost)")
    trust = ssl.create_default_context(cafile=str(webhook.ca_file) if webhook.ca_file else None)
    client = httpx.Client(verify=trust, timeout=webhook.timeout_s, follow_redirects=False, trust_env=False)
    return WebhookSender(str(webhook.url), _signer(webhook.secret.get_secret_value() if webhook.secret else ""), client)


def _signer(secret: str) -> Signer:
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if len(key) < _SMALLEST_SECRET:
        raise SettingsError(f"notifier.webhook.secret: must be whsec_ and the base64 of at least {_SMALLEST_SECRET} random bytes")
    return Signer(key)


def _is_loopback(url: HttpUrl) -> bool:
    host = (url.host or "").strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _answer(response: httpx.Response, now: datetime) -> Answer:
    if response.is_success:
        return Delivered()
    error = f"HTTP {response.status_code}"
    if response.is_server_error or response.status_code in _LATER:
        return Retry(error, _retry_after(response.headers.get("retry-after"), now))
    return Refused(error)


def _drain(response: httpx.Response) -> None:
    # What is not read to its end costs the connection; what the other side says there is of no interest.
    if int(response.headers.get("content-length", _LARGEST_ANSWER)) < _LARGEST_ANSWER:
        with suppress(httpx.TransportError):
            for _ in response.iter_raw():
                pass


def _retry_after(value: str | None, now: datetime) -> timedelta | None:
    if value is None:
        return None
    try:
        return timedelta(seconds=min(max(0, int(value)), _LONGEST_WAIT_S))
    except ValueError:
        pass
    try:
        return max(timedelta(), parsedate_to_datetime(value) - now)
    except (ValueError, TypeError, OverflowError):
        return None
