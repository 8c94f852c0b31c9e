"""The read model holds what was said, once, together with how far the feed has come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Row, select, text
from sqlalchemy.exc import StatementError

from handlers.inbox import tables
from handlers.inbox.changes import Changes
from handlers.inbox.database import Database
from handlers.inbox.read_model import absorb
from schemas.follow_ups import Step
from schemas.journal import Reason, Verdict
from schemas.managers import Channel
from schemas.movements import AssetClass
from tests.handlers.inbox.conftest import ZONE, Record, fill, read
from tests.handlers.inbox.messages import NOON, customer, follow_up, manager, notification, position, telling


def rows(database: Database, table: type[tables.Table]) -> list[Row[Any]]:
    with database.reading() as connection:
        return list(connection.execute(select(table.__table__)).all())


def test_a_notification_is_an_item_when_the_journal_says_it_was_told_in_the_inbox(either: Database) -> None:
    message = notification()
    fill(either, customer(), message)
    assert rows(either, tables.Item) == []
    assert fill(either, telling(message)) == Changes(frozenset({"C1"}), frozenset({"C1"}))
    assert [item.notification_id for item in rows(either, tables.Item)] == [str(message.notification_id)]


def test_the_journal_may_come_first(either: Database) -> None:
    message = notification()
    fill(either, telling(message))
    fill(either, message)
    assert len(rows(either, tables.Item)) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"channel": Channel.LOG},
        {"channel": Channel.WEBHOOK, "verdict": Verdict.UNDELIVERED},
        {"channel": Channel.INBOX, "verdict": Verdict.UNDELIVERED},
        {"channel": None, "verdict": Verdict.HELD, "reason": Reason.SILENCED},
    ],
)
def test_what_was_told_elsewhere_or_not_at_all_is_no_item(database: Database, more: dict[str, Any]) -> None:
    message = notification()
    fill(database, message, telling(message, **more))
    assert rows(database, tables.Item) == []
    assert len(rows(database, tables.Telling)) == 1


def test_everything_delivered_again_changes_nothing(either: Database) -> None:
    message = notification()
    everything = (
        manager(),
        customer(),
        position(closes={"2026-03-01": "1.0000"}),
        message,
        telling(message),
        follow_up(message, Step.ACKNOWLEDGED),
    )
    fill(either, *everything)
    before = {table: rows(either, table) for table in (tables.Item, tables.Message, tables.Telling, tables.FollowUp, tables.Position)}
    fill(either, *everything)
    assert {table: rows(either, table) for table in before} == before
    assert all(len(found) == 1 for found in before.values())


def test_a_step_changes_the_item_s_state(either: Database) -> None:
    message = notification()
    fill(either, message, telling(message), follow_up(message))
    assert rows(either, tables.Item)[0].state == "acknowledged"


def test_moments_come_back_as_they_went_in_and_know_their_offset(either: Database) -> None:
    message = notification(at=NOON + timedelta(microseconds=7))
    fill(either, message, telling(message))
    item = rows(either, tables.Item)[0]
    assert item.changed_at == message.occurred_at
    assert item.changed_at.utcoffset() == timedelta(0)


def test_closes_are_gathered_from_all_positions_and_a_later_word_on_a_date_wins(either: Database) -> None:
    fill(either, position(at=NOON - timedelta(days=1), closes={"2026-01-05": "10.0000", "2026-01-06": "20.0000"}))
    fill(either, position(closes={"2026-01-06": "21.0000"}))
    kept = rows(either, tables.Position)[0]
    assert kept.closes == {
        "2026-01-05": "10.0000",
        "2026-01-06": "21.0000",
        "2026-03-01": "2250000.0000",
        "2026-03-02": "2250000.0000",
    }
    assert kept.allocation == {"demand_deposit": "1650000.0000", "fund": "600000.0000"}


def test_an_amount_is_kept_to_the_last_digit(either: Database) -> None:
    exact = Decimal("123456789012345678.1234")
    fill(either, position(allocation={AssetClass.FUND: exact}))
    assert rows(either, tables.Position)[0].aum == str(exact)


def test_a_position_changes_a_page_and_no_line_of_the_list(database: Database) -> None:
    assert fill(database, position(), customer("C2")) == Changes(frozenset({"C1", "C2"}), frozenset({"C2"}))


def test_a_customer_without_a_movement_yet_holds_nothing_known(either: Database) -> None:
    never = position(at=datetime(1970, 1, 1, tzinfo=UTC), allocation={AssetClass.FUND: Decimal("0.0000")})
    with either.writing() as connection:
        absorb(connection, read(Record("wealth.positions", never.model_dump_json().encode(), key=b"C1")), ZONE)
    assert rows(either, tables.Position) == []


def test_a_forgotten_customer_is_gone(either: Database) -> None:
    fill(either, customer(), position())
    with either.writing() as connection:
        absorb(connection, read(Record("wealth.customers", None, key=b"C1"), Record("wealth.positions", None, key=b"C1")), ZONE)
    assert rows(either, tables.Customer) == []
    assert rows(either, tables.Position) == []


def test_the_offsets_are_kept_with_the_rows_or_neither_is(either: Database) -> None:
    message = notification()
    fill(either, message)
    broken = read(Record("wealth.journal", telling(message, attempts=2**70).model_dump_json().encode(), offset=41))
    with pytest.raises((StatementError, OverflowError)), either.writing() as connection:
        absorb(connection, broken, ZONE)
    with either.reading() as connection:
        kept = connection.execute(text("SELECT topic, next_offset FROM offsets ORDER BY topic")).all()
    assert [tuple(row) for row in kept] == [("wealth.notifications", 1)]


def test_more_keys_than_fit_in_one_question_are_all_written(either: Database) -> None:
    messages = [notification(f"C{number}") for number in range(1203)]
    fill(either, *messages, *(telling(message) for message in messages), *(position(f"C{number}") for number in range(1203)))
    assert len(rows(either, tables.Item)) == 1203
    assert len(rows(either, tables.Position)) == 1203
