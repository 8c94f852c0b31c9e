"""What a line becomes on the topic: the same bytes, the customer as key, CloudEvents headers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.message import cloud_event
from schemas.movements import Movement
from wealthwatch.replaying.records import Record, renderer

LINE: dict[str, Any] = {
    "schema_version": 1,
    "event_id": "e1",
    "source": "core",
    "account_id": "a1",
    "customer_id": "客户1",
    "asset_class": "fund",
    "kind": "salary",
    "direction": "credit",
    "amount": "1.10",
    "currency": "CNY",
    "balance_after": "3.30",
    "occurred_at": "2025-03-01T09:30:00+08:00",
}
AT = datetime(2025, 3, 1, 1, 30, tzinfo=UTC)


def _line(**changed: Any) -> bytes:
    return json.dumps({**LINE, **changed}, ensure_ascii=False).encode()


def test_the_bytes_are_untouched_the_key_is_the_customer_and_the_headers_are_the_contracts() -> None:
    record = renderer()(_line())
    assert record.value == _line()
    assert record.key == "客户1".encode()
    assert record.at == AT
    assert sorted(record.headers) == sorted(cloud_event("movement", "e1", "/feeds/core", AT))


def test_a_model_becomes_json_without_what_it_does_not_say() -> None:
    record = renderer()(Movement.model_validate_json(_line()))
    assert Movement.model_validate_json(record.value) == Movement.model_validate_json(_line())
    assert b"null" not in record.value


def test_the_feeds_balance_can_be_withheld_and_all_else_stays() -> None:
    without = {name: value for name, value in LINE.items() if name != "balance_after"}
    withhold = renderer(without_balance_after=True)
    assert json.loads(withhold(_line()).value) == without
    untouched = json.dumps(without).encode()
    assert withhold(untouched).value == untouched
    assert withhold(b"{broken").value == b"{broken"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b"", None),
        (b"{broken", None),
        (b"\xff\xfe\x00", None),
        (b"[1, 2]", None),
        (b"null", None),
        (_line(customer_id=7), None),
        (_line(customer_id=""), None),
        (_line().replace(b"e1", b"\\ud800"), None),  # half a surrogate pair is no text
        (_line().replace("客户1".encode(), b"\\ud800"), None),
        (_line(occurred_at="0001-01-01T00:00:00+08:00"), "客户1".encode()),
        (_line(occurred_at="9999-12-31T23:59:59-08:00"), "客户1".encode()),
        (b'{"customer_id": "c", "amount": 1e400}', b"c"),
        (_line(event_id=None), "客户1".encode()),
        (_line(occurred_at="yesterday"), "客户1".encode()),
        (_line(occurred_at="2025-03-01T09:30:00"), "客户1".encode()),
    ],
)
def test_what_is_no_movement_goes_as_it_is_under_its_customer_where_it_names_one(line: bytes, key: bytes | None) -> None:
    for render in (renderer(), renderer(without_balance_after=True)):
        record = render(line)
        assert (record.key, record.headers, record.at) == (key, [], None)
    assert renderer()(line).value == line


def test_nesting_without_end_is_sent_as_it_is() -> None:
    line = b'{"customer_id": "c", "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    for render in (renderer(), renderer(without_balance_after=True)):
        assert render(line) == Record(None, line, [], None)
