"""One customer's movements are decided together, and what is told of all customers in one order goes by offset all the same."""

from __future__ import annotations

import json
from typing import NamedTuple

from streams.customer import Profile
from streams.sharing import Moved, Sharing, decode
from streams.store import MemoryStore
from streams.turn import Turn
from tests.streams.builders import instant, movement, world

AT = instant("2025-03-10 12:00") * 1_000


class Record(NamedTuple):
    key: bytes
    value: bytes
    offset: int
    timestamp: int = AT


def record(offset: int, customer: str, **more: str) -> Record:
    value = movement(event_id=f"e{offset}", customer_id=customer, account_id=customer, **more)
    return Record(customer.encode(), value, offset)


def test_each_customers_movements_come_together_in_their_order_and_those_taken_before_do_not_come_again() -> None:
    turn = Turn(MemoryStore({}), world(), 262_144, lambda _: None, lambda *_: None)
    turn.next = 2
    taken = turn.take([record(offset, who) for offset, who in enumerate(["a", "b", "b", "a", "c", "b", "a"])])
    assert [(one.key, one.offset) for one in taken] == [(b"b", 2), (b"b", 5), (b"a", 3), (b"a", 6), (b"c", 4)]
    assert (turn.next, turn.skipped) == (7, 2)


def test_a_stranger_is_decided_only_once_the_profiles_are_known() -> None:
    store = MemoryStore({})
    turn = Turn(store, world(), 262_144, lambda _: None, lambda *_: None)
    known = store.customer("a")
    known.profile = Profile(offset=0)
    taken = turn.take([record(0, "a"), record(1, "b"), record(2, "b")])
    assert turn.decide(taken, 0, 3) == 1
    assert store.customer("b").position == -1
    turn.acquainted = True
    assert turn.decide(taken, 1, 3) == 3
    assert store.customer("b").position == 2


def test_households_hear_of_their_members_by_offset() -> None:
    written: list[tuple[bytes, Moved]] = []

    def write(_: int, key: bytes, value: bytes) -> None:
        told = decode(value)
        assert isinstance(told, Moved)
        written.append((key, told))

    store, sharing = MemoryStore({}), Sharing(0, 1, write)
    for name in "ab":
        store.customer(name).profile = Profile(offset=0, household_id="h")
    turn = Turn(store, world(), 262_144, lambda _: None, sharing.movement)
    taken = turn.take([record(offset, who) for offset, who in enumerate("abab")])
    assert turn.decide(taken, 0, 4) == 4
    assert written == []
    sharing.moved()
    sharing.moved()
    assert [json.loads(bytes(told.movement))["event_id"] for _, told in written] == ["e0", "e1", "e2", "e3"]
    assert {key for key, _ in written} == {b"h"}
