"""The states of a partition: bytes until touched, objects while they are, and who is due when time passes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams import store as store_file
from streams.customer import Customer
from streams.decide import decide, pass_time
from streams.state import encode
from streams.store import MemoryStore
from tests.streams.builders import instant, iso, posting, whole, world

WORLD = world()
MIDNIGHT = instant("2025-03-11 00:00")


def move(store: MemoryStore, customer_id: str, at: str = "2025-03-10 09:00", event_id: str = "e1") -> Customer:
    customer = store.customer(customer_id)
    one = posting(customer_id=customer_id, event_id=event_id, occurred_at=iso(instant(at)))
    decide(customer, one, datetime.fromtimestamp(one.at, UTC), WORLD)
    return customer


def commit(store: MemoryStore, *touched: Customer) -> None:
    store.keep([record for customer in touched for record in encode(customer)], touched)


def let_pass(store: MemoryStore, customer_id: str, to: int) -> None:
    customer = store.customer(customer_id)
    pass_time(customer, to, datetime.fromtimestamp(to, UTC), WORLD)
    store.slept(customer)


def test_a_customer_is_one_object_while_touched_and_the_same_state_when_read_back() -> None:
    states: dict[bytes, bytes] = {}
    store = MemoryStore(states)
    customer = move(store, "c1")
    assert store.customer("c1") is customer
    commit(store, customer)
    again = MemoryStore(states).customer("c1")
    assert again is not customer
    assert whole(again) == whole(customer)


def test_customers_are_counted_once_and_segments_not_at_all() -> None:
    store = MemoryStore({})
    first, second = store.customer("c1"), store.customer("c2")
    for place in range(40):
        move(store, "c1", event_id=f"e{place}")
    commit(store, first, second)
    commit(store, first)
    assert store.customers == 2
    assert MemoryStore(store._states).customers == 2


def test_nobody_is_due_before_their_next_midnight() -> None:
    store = MemoryStore({})
    commit(store, move(store, "c1"))
    assert store.due(MIDNIGHT - 1, 10) == []
    assert store.due(MIDNIGHT, 10) == ["c1"]


def test_a_customer_who_moved_in_the_same_batch_as_the_tick_is_due() -> None:
    store = MemoryStore({})
    assert store.due(MIDNIGHT, 10, [move(store, "c1")]) == ["c1"], "not yet written, but decided before the tick"


def test_a_customer_who_slept_through_a_year_and_moved_in_the_batch_of_the_tick_is_due() -> None:
    store = MemoryStore({})
    commit(store, move(store, "c1", "2024-01-01 09:00"))
    while store.due(MIDNIGHT - 2 * 86_400, 10):
        let_pass(store, "c1", MIDNIGHT - 2 * 86_400)
    assert store.customer("c1").wake == 0
    commit(store, store.customer("c1"))
    assert store.due(MIDNIGHT, 10, [move(store, "c1", "2025-03-10 09:00", "e2")]) == ["c1"]


def test_those_who_are_due_come_in_pieces_the_earliest_first_and_each_once() -> None:
    store = MemoryStore({})
    for number in range(10):
        commit(store, move(store, f"c{number}", f"2025-03-{20 - number} 09:00"))
    at, found = instant("2025-04-01 00:00"), list[str]()
    while due := store.due(at, 3):
        assert len(due) <= 3
        found += due
        for customer_id in due:
            let_pass(store, customer_id, at)
    assert found == [f"c{number}" for number in range(9, -1, -1)]


def test_whoever_slept_is_due_again_at_their_next_wake() -> None:
    store = MemoryStore({})
    commit(store, move(store, "c1"))
    assert store.due(MIDNIGHT, 10) == ["c1"]
    let_pass(store, "c1", MIDNIGHT)
    assert store.due(MIDNIGHT, 10) == []
    assert store.due(MIDNIGHT + 86_400, 10) == ["c1"]


def test_a_restart_finds_the_same_due() -> None:
    store = MemoryStore({})
    commit(store, move(store, "c1"), move(store, "c2", "2025-03-11 09:00"))
    again = MemoryStore(store._states)
    assert again.due(MIDNIGHT, 10) == ["c1"]
    assert again.due(MIDNIGHT + 86_400, 10) == ["c2"]


def test_objects_beyond_the_bound_go_the_longest_untouched_first_and_come_back_from_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_file, "LIVE_CUSTOMERS", 3)
    store = MemoryStore({})
    for number in range(5):
        commit(store, move(store, f"c{number}"))
    commit(store, store.customer("c2"))
    commit(store, move(store, "c9"))
    assert set(store._live) == {"c4", "c2", "c9"}
    assert store.customer("c0").accounts["a1"].balance == 1_000_000
    assert sorted(store.due(MIDNIGHT, 10)) == ["c0", "c1", "c2", "c3", "c4", "c9"]
