"""Records become rows, or are counted and left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from handlers.inbox import tables
from tests.handlers.inbox.conftest import Record, read
from tests.handlers.inbox.messages import customer, notification, telling

GOOD = notification().model_dump(mode="json", by_alias=True)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b'{"schema_version": 2}',
        json.dumps({**GOOD, "severity": "dreadful"}).encode(),
        json.dumps({**GOOD, "occurred_at": "9999-12-31T23:59:59-10:00"}).encode(),
        json.dumps({**GOOD, "occurred_at": "0001-01-01T00:00:00+10:00"}).encode(),
        json.dumps({**GOOD, "customer_id": "C\ud800"}).encode(),
        json.dumps({name: value for name, value in GOOD.items() if name != "title"}).encode(),
        None,
    ],
)
def test_a_malformed_record_is_counted_logged_by_its_place_and_skipped(value: bytes | None) -> None:
    good = notification()
    with capture_logs() as logs:
        batch = read(good, Record("wealth.notifications", value, offset=7))
    assert list(batch.rows[tables.Message]) == [str(good.message_id)]
    assert batch.malformed == {"notifications": 1}
    assert batch.read == {"notifications": 2}
    assert batch.offsets == {("wealth.notifications", 0): 8}
    assert logs == [{"event": "malformed record skipped", "log_level": "warning", "at": "wealth.notifications-0-7"}]


def test_of_a_compacted_topic_the_last_record_of_a_key_counts_and_of_a_log_the_first() -> None:
    first = telling(notification())
    again = first.model_copy(update={"at": datetime(2027, 1, 1, tzinfo=UTC)})
    batch = read(customer(name="before"), customer(name="after"), first, again)
    assert [row and row["name"] for row in batch.rows[tables.Customer].values()] == ["after"]
    assert [row and row["at"] for row in batch.rows[tables.Telling].values()] == [first.at]


def test_a_tombstone_of_a_compacted_topic_forgets_the_key() -> None:
    assert read(customer(), Record("wealth.customers", None, key=b"C1")).rows[tables.Customer] == {"C1": None}


def test_no_nul_reaches_a_column_where_postgresql_would_refuse_it() -> None:
    row = read(customer(name="a\x00b")).rows[tables.Customer]["C1"]
    assert row is not None
    assert row["name"] == "ab"
