"""The feed follows a real broker into a real database."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from pydantic import BaseModel
from sqlalchemy import delete, func, select, text, update

from handlers import topics as admin
from handlers.inbox import tables
from handlers.inbox.changes import Changes
from handlers.inbox.database import Database
from handlers.inbox.feed import Feed
from handlers.inbox.metrics import Metrics
from schemas import topics
from schemas.settings import Settings
from schemas.topics import Topic
from tests.brokers.records import produce
from tests.handlers.inbox.conftest import TOPIC_OF, ZONE
from tests.handlers.inbox.messages import customer, follow_up, manager, notification, position, telling
from tests.patience import PATIENCE_S


class Heard:
    """What the feed told its listener, waited for."""

    def __init__(self) -> None:
        self._changes: queue.Queue[Changes] = queue.Queue()

    def __call__(self, changes: Changes) -> None:
        self._changes.put(changes)

    def until(self, customer_id: str) -> None:
        while customer_id not in self._changes.get(timeout=PATIENCE_S).pages:
            pass


@contextmanager
def following(settings: Settings, database: Database) -> Iterator[tuple[Feed, Heard, Metrics]]:
    heard, metrics = Heard(), Metrics()
    feed = Feed(settings.kafka, database, ZONE, metrics, heard)
    feed.start()
    try:
        yield feed, heard, metrics
    finally:
        feed.stop()


def send(settings: Settings, *messages: BaseModel) -> None:
    for message in messages:
        key = getattr(message, TOPIC_OF[type(message)].key.split()[0], "key")
        produce(settings, TOPIC_OF[type(message)], [(str(key), message.model_dump_json().encode())])


def count(database: Database, table: type[tables.Table]) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


def test_the_feed_takes_all_topics_in_and_is_caught_up(settings: Settings, database: Database) -> None:
    message = notification()
    send(settings, manager(), customer(), position(), message, telling(message), follow_up(message))
    with following(settings, database) as (feed, _, metrics):
        assert feed.wait_until_caught_up(PATIENCE_S)
        assert feed.is_caught_up
        for topic in ("managers", "customers", "positions", "notifications", "journal", "follow-ups"):
            assert value(metrics, "wealthwatch_inbox_records_total", topic=topic) == 1
            assert value(metrics, "wealthwatch_inbox_feed_lag", topic=topic) == 0
    assert not feed.is_caught_up
    with database.reading() as connection:
        item = connection.execute(select(tables.Item.__table__)).one()
    assert (item.customer_id, item.state) == ("C1", "acknowledged")


def test_an_empty_broker_is_caught_up_with(settings: Settings, database: Database) -> None:
    with following(settings, database) as (feed, _, _):
        assert feed.wait_until_caught_up(PATIENCE_S)


def test_the_feed_waits_for_topics_that_do_not_exist_yet(unprepared: Settings, database: Database) -> None:
    with following(unprepared, database) as (feed, heard, _):
        assert not feed.wait_until_caught_up(1)
        admin.create(unprepared.kafka)
        send(unprepared, customer())
        heard.until("C1")


def test_a_new_message_is_told_to_the_listener_after_it_is_kept(settings: Settings, database: Database) -> None:
    with following(settings, database) as (feed, heard, _):
        assert feed.wait_until_caught_up(PATIENCE_S)
        send(settings, customer("C7"))
        heard.until("C7")
        assert count(database, tables.Customer) == 1


def test_a_restart_goes_on_where_the_database_is_and_reads_nothing_twice(settings: Settings, database: Database) -> None:
    first, second = notification(), notification()
    send(settings, first, telling(first))
    with following(settings, database) as (feed, _, _):
        assert feed.wait_until_caught_up(PATIENCE_S)
    send(settings, second, telling(second))
    with following(settings, database) as (feed, _, metrics):
        assert feed.wait_until_caught_up(PATIENCE_S)
        assert value(metrics, "wealthwatch_inbox_records_total", topic="notifications") == 1
    assert count(database, tables.Item) == 2


def test_rows_lost_with_their_offsets_come_back_from_kafka(settings: Settings, database: Database) -> None:
    message = notification()
    send(settings, message, telling(message))
    with following(settings, database) as (feed, _, _):
        assert feed.wait_until_caught_up(PATIENCE_S)
    with database.writing() as connection:
        for table in (tables.Item, tables.Message, tables.Telling, tables.Offset):
            connection.execute(delete(table))
    with following(settings, database) as (feed, _, _):
        assert feed.wait_until_caught_up(PATIENCE_S)
    assert count(database, tables.Item) == 1


def test_an_offset_beyond_the_topic_s_end_means_another_topic_and_is_read_from_its_beginning(
    settings: Settings, database: Database
) -> None:
    send(settings, customer())
    with following(settings, database) as (feed, _, _):
        assert feed.wait_until_caught_up(PATIENCE_S)
    with database.writing() as connection:
        connection.execute(update(tables.Offset).values(next_offset=1_000_000))
        connection.execute(delete(tables.Customer))
    with following(settings, database) as (feed, _, _):
        assert feed.wait_until_caught_up(PATIENCE_S)
    assert count(database, tables.Customer) == 1


def test_a_malformed_record_and_one_the_database_refuses_stop_nothing(settings: Settings, database: Database) -> None:
    message = notification()
    huge = telling(message).model_copy(update={"attempts": 2**70})
    produce(settings, topics.JOURNAL, [("one", b"{"), ("one", huge.model_dump_json().encode())])
    send(settings, message, telling(message))
    with following(settings, database) as (feed, _, metrics):
        assert feed.wait_until_caught_up(PATIENCE_S)
        assert value(metrics, "wealthwatch_inbox_malformed_total", topic="journal") == 2
        assert value(metrics, "wealthwatch_inbox_records_total", topic="journal") == 3
    assert count(database, tables.Item) == 1


def test_a_feed_that_fails_begins_again_from_the_database(settings: Settings, database: Database) -> None:
    send(settings, customer())
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE customers RENAME TO elsewhere"))
    with following(settings, database) as (feed, heard, metrics):
        _await(lambda: value(metrics, "wealthwatch_inbox_feed_failures_total", error="OperationalError") >= 1)
        assert not feed.is_caught_up
        with database.writing() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO customers"))
        heard.until("C1")
        assert feed.wait_until_caught_up(PATIENCE_S)


@pytest.mark.kafka
def test_a_notification_of_an_aborted_transaction_is_never_seen(settings: Settings, database: Database) -> None:
    aborted, kept = notification(), notification()
    producer = KafkaProducer(**settings.kafka.client(), transactional_id=f"test-{uuid4()}")
    try:
        producer.init_transactions()
        for message, end in ((aborted, producer.abort_transaction), (kept, producer.commit_transaction)):
            producer.begin_transaction()
            _send_all(producer, settings, topics.NOTIFICATIONS, [message])
            end()
    finally:
        producer.close()
    send(settings, telling(aborted), telling(kept))
    with following(settings, database) as (feed, _, metrics):
        assert feed.wait_until_caught_up(PATIENCE_S)
        assert value(metrics, "wealthwatch_inbox_feed_lag", topic="notifications") == 0
    with database.reading() as connection:
        shown = connection.execute(select(tables.Item.notification_id)).scalars().all()
    assert shown == [str(kept.notification_id)]


@pytest.mark.kafka
def test_what_stands_in_an_open_transaction_is_seen_to_wait_though_nothing_comes(settings: Settings, database: Database) -> None:
    send(settings, customer())
    with following(settings, database) as (feed, _, metrics):
        assert feed.wait_until_caught_up(PATIENCE_S)
        with closing(KafkaProducer(**settings.kafka.client(), transactional_id=f"test-{uuid4()}")) as producer:
            producer.init_transactions()
            producer.begin_transaction()
            _send_all(producer, settings, topics.NOTIFICATIONS, [notification()])
            _await(lambda: value(metrics, "wealthwatch_inbox_feed_lag", topic="notifications") == 1)
            producer.commit_transaction()
        _await(lambda: value(metrics, "wealthwatch_inbox_feed_lag", topic="notifications") == 0)
        assert value(metrics, "wealthwatch_inbox_records_total", topic="notifications") == 1


def _await(holds: Callable[[], bool]) -> None:
    """Wait for a figure, which only itself says when."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _send_all(producer: Any, settings: Settings, topic: Topic, messages: Iterable[BaseModel]) -> None:
    for message in messages:
        producer.send(settings.kafka.topic(topic), key=b"C1", value=message.model_dump_json().encode())
    producer.flush()
