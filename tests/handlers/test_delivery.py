from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.channels import Answer, Delivered, Refused, Retry, Telling
from handlers.delivery import THREADS, TOO_MANY, Courier, Delivery, Outcome, Patience
from schemas.managers import Channel
from schemas.notifications import Status
from tests.handlers.builders import NOON, notification
from tests.patience import PATIENCE_S

QUICK = Patience(attempts=4, first_wait_s=0.01, longest_wait_s=0.05)


class Scripted:
    """A channel whose answers the test writes; it is the seam that the other channels are made for, not a copy of one."""

    def __init__(self, answer: Callable[[int, Telling], Answer], prompt: bool = False) -> None:
        self.prompt = prompt
        self.sent: list[str] = []
        self.closed = False
        self._answer = answer
        self._lock = threading.Lock()

    def send(self, telling: Telling) -> Answer:
        with self._lock:
            self.sent.append(str(telling.notification.message_id))
            number = self.sent.count(self.sent[-1])
        return self._answer(number, telling)

    def close(self) -> None:
        self.closed = True


def delivery(number: int = 1, *, partition: int = 0, about: str | None = None, status: Status = Status.OPENED) -> Delivery:
    return Delivery(Telling(notification(number, status, about=about), "M1"), Channel.WEBHOOK, partition, number, NOON, NOON)


def await_outcomes(courier: Courier, count: int) -> list[Outcome]:
    deadline, outcomes = time.monotonic() + PATIENCE_S, list[Outcome]()
    while len(outcomes) < count:
        assert time.monotonic() < deadline, f"{len(outcomes)} of {count} deliveries ended"
        outcomes += courier.finished()
        threading.Event().wait(0.002)
    return outcomes


def courier(channel: Scripted, patience: Patience = QUICK, **more: int) -> Courier:
    return Courier({Channel.WEBHOOK: channel}, patience, **more)


def test_what_arrives_at_the_third_try_took_three_attempts() -> None:
    one = courier(Scripted(lambda number, _: Retry("HTTP 503") if number < 3 else Delivered()))
    one.submit(delivery())
    assert await_outcomes(one, 1) == [Outcome(delivery(), 3)]


def test_what_never_arrives_is_given_up_after_the_attempts() -> None:
    channel = Scripted(lambda _number, _: Retry("HTTP 503"))
    one = courier(channel)
    one.submit(delivery())
    assert await_outcomes(one, 1) == [Outcome(delivery(), 4, "HTTP 503")]
    assert len(channel.sent) == 4


def test_what_is_refused_is_not_tried_again() -> None:
    channel = Scripted(lambda _number, _: Refused("HTTP 410"))
    one = courier(channel)
    one.submit(delivery())
    assert await_outcomes(one, 1) == [Outcome(delivery(), 1, "HTTP 410")]
    assert len(channel.sent) == 1


def test_a_prompt_channel_answers_at_once_and_others_are_to_be_submitted() -> None:
    assert courier(Scripted(lambda _number, _: Delivered(), prompt=True)).at_once(delivery()) == Outcome(delivery(), 1)
    assert courier(Scripted(lambda _number, _: Refused("unset"), prompt=True)).at_once(delivery()) == Outcome(delivery(), 1, "unset")
    assert courier(Scripted(lambda _number, _: Retry("later"), prompt=True)).at_once(delivery()) is None
    slow = Scripted(lambda _number, _: Delivered())
    assert courier(slow).at_once(delivery()) is None
    assert slow.sent == []


def test_one_that_hangs_does_not_hold_up_the_others() -> None:
    release = threading.Event()
    hangs = str(delivery(0).telling.notification.message_id)

    def answer(_number: int, telling: Telling) -> Answer:
        if str(telling.notification.message_id) == hangs:
            release.wait(PATIENCE_S)
        return Delivered()

    one = courier(Scripted(answer))
    for number in range(50):
        one.submit(delivery(number))
    assert {outcome.delivery.offset for outcome in await_outcomes(one, 49)} == set(range(1, 50))
    release.set()
    assert [outcome.delivery.offset for outcome in await_outcomes(one, 1)] == [0]


def test_what_is_said_of_one_notification_arrives_in_order_though_the_first_is_tried_again() -> None:
    order: SimpleQueue[Status] = SimpleQueue()

    def answer(number: int, telling: Telling) -> Answer:
        if telling.notification.status is Status.OPENED and number < 3:
            return Retry("HTTP 503")
        order.put(telling.notification.status)
        return Delivered()

    one = courier(Scripted(answer))
    says = [Status.OPENED, Status.ESCALATED, Status.RESOLVED]
    for number, status in enumerate(says):
        one.submit(delivery(number, about="A", status=status))
    await_outcomes(one, 3)
    assert [order.get_nowait() for _ in says] == says


def test_too_many_waiting_are_given_up_at_once() -> None:
    release = threading.Event()

    def answer(_number: int, _: Telling) -> Answer:
        release.wait(PATIENCE_S)
        return Delivered()

    one = courier(Scripted(answer), most_waiting=3)
    for number in range(5):
        one.submit(delivery(number))
    assert await_outcomes(one, 2) == [Outcome(delivery(3), 0, TOO_MANY), Outcome(delivery(4), 0, TOO_MANY)]
    release.set()
    await_outcomes(one, 3)
    one.submit(delivery(9))
    assert await_outcomes(one, 1)[0].error is None


def test_what_waits_of_a_partition_that_is_gone_is_dropped_and_can_be_begun_anew() -> None:
    first_try = threading.Event()
    let_go = threading.Event()

    def answer(_number: int, telling: Telling) -> Answer:
        if not let_go.is_set():
            first_try.set()
            let_go.wait(PATIENCE_S)
            return Retry("HTTP 503")
        return Delivered()

    channel = Scripted(answer)
    one = courier(channel, most_waiting=THREADS + 2)
    one.submit(delivery(0, partition=7, about="A"))
    one.submit(delivery(1, partition=7, about="A", status=Status.RESOLVED))
    assert first_try.wait(PATIENCE_S)
    one.forget(7)
    let_go.set()
    for number in range(THREADS + 2):
        one.submit(delivery(number + 10, partition=7, about="A"))
    outcomes = await_outcomes(one, THREADS + 1)
    assert all(outcome.delivery.offset >= 10 for outcome in outcomes)
    assert channel.sent.count(str(delivery(0).telling.notification.message_id)) == 1
    assert str(delivery(1).telling.notification.message_id) not in channel.sent


def test_a_bug_in_a_channel_comes_out_where_the_process_can_stop_for_it() -> None:
    def answer(_number: int, _: Telling) -> Answer:
        raise ZeroDivisionError("a bug")

    one = courier(Scripted(answer))
    one.submit(delivery())
    with pytest.raises(ZeroDivisionError, match="a bug"):
        await_outcomes(one, 1)


def test_closing_waits_for_what_is_under_way_and_begins_nothing_new() -> None:
    begun, release = threading.Event(), threading.Event()

    def answer(_number: int, _: Telling) -> Answer:
        begun.set()
        release.wait(PATIENCE_S)
        return Delivered()

    channel = Scripted(answer)
    one = courier(channel)
    for number in range(THREADS + 5):
        one.submit(delivery(number))
    assert begun.wait(PATIENCE_S)
    threading.Timer(0.05, release.set).start()
    one.close(PATIENCE_S)
    assert len(one.finished()) == len(channel.sent) <= THREADS
    assert channel.closed


def test_closing_does_not_wait_for_ever() -> None:
    release = threading.Event()

    def answer(_number: int, _: Telling) -> Answer:
        release.wait(PATIENCE_S)
        return Delivered()

    one = courier(Scripted(answer))
    one.submit(delivery())
    before = time.monotonic()
    one.close(0.1)
    assert time.monotonic() - before < PATIENCE_S / 2
    release.set()


@given(attempts=st.integers(1, 200), number=st.integers(), first=st.floats(0.001, 10), longest=st.floats(0.001, 1000))
def test_a_wait_doubles_within_its_bounds_and_is_the_same_each_time(attempts: int, number: int, first: float, longest: float) -> None:
    patience, message_id = Patience(8, first, longest), notification(number).message_id
    wait = patience.wait_s(attempts, message_id)
    doubled = min(longest, first * 2.0 ** min(attempts - 1, 64))
    assert doubled / 2 <= wait <= doubled
    assert wait == patience.wait_s(attempts, message_id)


def test_two_messages_do_not_come_back_in_the_same_moment() -> None:
    patience = Patience(8, 1, 300)
    assert len({patience.wait_s(3, notification(number).message_id) for number in range(100)}) == 100


def test_the_other_side_may_ask_for_a_longer_wait_but_not_for_more_than_the_longest() -> None:
    patience, message_id = Patience(8, 1, 300), notification().message_id
    assert patience.wait_s(1, message_id, timedelta(seconds=30)) == 30
    assert patience.wait_s(1, message_id, timedelta(days=1)) == 300
    assert patience.wait_s(9, message_id, timedelta(0)) > 100
