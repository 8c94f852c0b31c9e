"""Movements as records: key, untouched bytes, CloudEvents headers, and the event time for pacing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from schemas.message import Headers, cloud_event
from schemas.movements import Movement

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
A_DAY_AHEAD = timedelta(days=1)
UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the movements' topic; `key` is None where the bytes name no customer, `at` where they name no believable time."""

    key: bytes | None
    value: bytes
    headers: Headers
    at: datetime | None


class _Envelope(msgspec.Struct):
    event_id: str
    source: str
    customer_id: str
    occurred_at: datetime


class _Owner(msgspec.Struct):
    customer_id: str


_envelope = msgspec.json.Decoder(_Envelope).decode
_owner = msgspec.json.Decoder(_Owner).decode
_json = msgspec.json.Encoder()


def renderer(*, without_balance_after: bool = False) -> Callable[[bytes | Movement], Record]:
    """How what a feed yields becomes a record; optionally with the feed's own balances withheld."""
    latest = datetime.fromtimestamp(time.time(), UTC) + A_DAY_AHEAD

    def render(item: bytes | Movement) -> Record:
        if isinstance(item, Movement):
            item = item.model_dump_json(exclude_none=True).encode()
        if without_balance_after:
            item = _without_balance_after(item)
        return _record(item, latest)

    return render


def _record(line: bytes, latest: datetime) -> Record:
    try:
        envelope = _envelope(line)
        key = envelope.customer_id.encode()
        identity = envelope.event_id.encode()
        sayers = _headers_of(envelope.source)
    except UNREADABLE:
        return Record(_key(line), line, [], None)
    at = envelope.occurred_at
    if not key or at.tzinfo is None or not EPOCH <= at <= latest:
        return Record(key or None, line, [], None)
    return Record(key, line, [("ce_id", identity), ("ce_time", _time_header(at)), *sayers], at)


@lru_cache(maxsize=1_024)
def _headers_of(source: str) -> Headers:
    """All CloudEvents headers but those that differ with every movement."""
    every = cloud_event("movement", "", f"/feeds/{source}", EPOCH)
    return [(name, value) for name, value in every if name not in ("ce_id", "ce_time")]


@lru_cache(maxsize=4_096)
def _time_header(at: datetime) -> bytes:
    return next(value for name, value in cloud_event("movement", "", "", at) if name == "ce_time")


def _key(line: bytes) -> bytes | None:
    """The customer of a movement that is wrong elsewhere, so that the detector's refusal is about what is wrong."""
    try:
        return _owner(line).customer_id.encode() or None
    except UNREADABLE:
        return None


def _without_balance_after(line: bytes) -> bytes:
    try:
        fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except UNREADABLE:
        return line
    return line if fields.pop("balance_after", None) is None else _json.encode(fields)
