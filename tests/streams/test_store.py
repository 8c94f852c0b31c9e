"""The states of a partition: bytes until touched, objects while they are, and who is due when time passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from streams.customer import Customer
from streams.database import Shared
from streams.decide import decide, pass_time
from streams.state import encode
from streams.store import MemoryStore, Room, Store
from tests.streams.builders import instant, iso, posting, whole
from tests.streams.shelves import KINDS, WORLD, Life, Shelf

MIDNIGHT = instant("2025-03-11 00:00")


@pytest.fixture(params=KINDS)
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    """A store of either kind; all that is said here holds for both."""
    one = Shelf(request.param, tmp_path / "store")
    yield one
    one.close()


def move(store: Store, customer_id: str, at: str = "2025-03-10 09:00", event_id: str = "e1") -> Customer:
    customer = store.customer(customer_id)
    one = posting(customer_id=customer_id, event_id=event_id, occurred_at=iso(instant(at)))
    decide(customer, one, datetime.fromtimestamp(one.at, UTC), WORLD)
    return customer


def let_pass(store: Store, customer_id: str, to: int) -> None:
    customer = store.customer(customer_id)
    pass_time(customer, to, datetime.fromtimestamp(to, UTC), WORLD)
    store.slept(customer)


def test_a_customer_is_one_object_while_touched_and_the_same_state_when_read_back(shelf: Shelf) -> None:
    customer = move(shelf.store, "c1")
    assert shelf.store.customer("c1") is customer
    shelf.commit(customer)
    again = shelf.again().customer("c1")
    assert again is not customer
    assert whole(again) == whole(customer)


def test_a_customer_of_many_movements_is_the_same_read_ahead_or_not(shelf: Shelf) -> None:
    for place in range(75):
        customer = move(shelf.store, "c1", f"2025-{1 + place // 28:02d}-{1 + place % 28:02d} 09:00", f"e{place}")
        shelf.commit(customer)
    assert customer.history.settled, "there is a record of older dates"
    assert len(customer.events) > 64, "and more than one segment"
    ahead = shelf.again()
    ahead.expect([b"c1"])
    assert whole(ahead.customer("c1")) == whole(customer)
    assert whole(shelf.again().customer("c1")) == whole(customer)


def test_what_was_read_ahead_is_not_found_any_more_once_there_is_something_newer(shelf: Shelf) -> None:
    customer = move(shelf.store, "c1")
    shelf.commit(customer)
    move(shelf.store, "c1", event_id="e2")
    newer, store = encode(customer), shelf.again()
    store.expect([b"c1", b"c2", b"c1", b"\xff", None])
    shelf.keep(newer)
    assert whole(store.customer("c1")) == whole(customer)
    assert store.customer("c2").position < 0


def test_customers_are_counted_once_and_segments_not_at_all(shelf: Shelf) -> None:
    store = shelf.store
    first, second = store.customer("c1"), store.customer("c2")
    for place in range(40):
        move(store, "c1", event_id=f"e{place}")
    store.customer("nobody")
    shelf.commit(first, second)
    shelf.commit(first)
    assert store.customers == 2
    assert shelf.again().customers == 2


def test_nobody_is_due_before_their_next_midnight(shelf: Shelf) -> None:
    shelf.commit(move(shelf.store, "c1"))
    assert shelf.store.due(MIDNIGHT - 1, 10, {}) == []
    assert shelf.store.due(MIDNIGHT, 10, {}) == ["c1"]


def test_a_customer_who_moved_in_the_same_batch_as_the_tick_is_due(shelf: Shelf) -> None:
    customer = move(shelf.store, "c1")
    assert shelf.store.due(MIDNIGHT, 10, {"c1": customer}) == ["c1"], "not yet written, but decided before the tick"


def test_a_customer_who_slept_through_a_year_and_moved_in_the_batch_of_the_tick_is_due(shelf: Shelf) -> None:
    store = shelf.store
    shelf.commit(move(store, "c1", "2024-01-01 09:00"))
    while store.due(MIDNIGHT - 2 * 86_400, 10, {}):
        let_pass(store, "c1", MIDNIGHT - 2 * 86_400)
    assert store.customer("c1").wake == 0
    shelf.commit(store.customer("c1"))
    assert store.due(MIDNIGHT, 10, {"c1": move(store, "c1", "2025-03-10 09:00", "e2")}) == ["c1"]


def test_those_who_are_due_come_in_pieces_the_earliest_first_and_each_once(shelf: Shelf) -> None:
    store = shelf.store
    for number in range(10):
        shelf.commit(move(store, f"c{number}", f"2025-03-{20 - number} 09:00"))
    at, found = instant("2025-04-01 00:00"), list[str]()
    while due := store.due(at, 3, {}):
        assert len(due) <= 3
        found += due
        for customer_id in due:
            let_pass(store, customer_id, at)
    assert found == [f"c{number}" for number in range(9, -1, -1)]


def test_whoever_slept_is_due_again_at_their_next_wake(shelf: Shelf) -> None:
    store = shelf.store
    shelf.commit(move(store, "c1"))
    assert store.due(MIDNIGHT, 10, {}) == ["c1"]
    let_pass(store, "c1", MIDNIGHT)
    assert store.due(MIDNIGHT, 10, {}) == []
    assert store.due(MIDNIGHT + 86_400, 10, {}) == ["c1"]


def test_whoever_slept_and_then_moved_is_due_at_the_next_midnight_of_the_same_batch(shelf: Shelf) -> None:
    store = shelf.store
    shelf.commit(move(store, "c1"))
    assert store.due(MIDNIGHT, 10, {}) == ["c1"]
    let_pass(store, "c1", MIDNIGHT)
    touched = {"c1": move(store, "c1", "2025-03-11 09:00", "e2")}
    assert store.due(MIDNIGHT + 86_400, 10, touched) == ["c1"]
    let_pass(store, "c1", MIDNIGHT + 86_400)
    assert store.due(MIDNIGHT + 86_400, 10, touched) == []
    shelf.commit(touched["c1"])
    assert store.due(MIDNIGHT + 86_400, 10, {}) == []
    assert shelf.again().due(MIDNIGHT + 2 * 86_400, 10, {}) == ["c1"]


def test_whoever_moved_again_is_due_at_the_later_midnight_alone(shelf: Shelf) -> None:
    store = shelf.store
    shelf.commit(move(store, "c1"))
    shelf.commit(move(store, "c1", "2025-03-12 09:00", "e2"))
    assert store.due(MIDNIGHT, 10, {}) == []
    assert store.due(MIDNIGHT + 2 * 86_400, 10, {}) == ["c1"]


def test_whoever_is_first_seen_by_a_movement_from_before_the_last_tick_is_due_at_the_next(shelf: Shelf) -> None:
    store = shelf.store
    assert store.due(MIDNIGHT + 5 * 86_400, 10, {}) == []
    shelf.commit(move(store, "c1"))
    assert store.due(MIDNIGHT + 5 * 86_400 + 3_600, 10, {}) == ["c1"]


def test_a_restart_finds_the_same_due(shelf: Shelf) -> None:
    shelf.commit(move(shelf.store, "c1"), move(shelf.store, "c2", "2025-03-11 09:00"))
    again = shelf.again()
    assert again.due(MIDNIGHT, 10, {}) == ["c1"]
    assert again.due(MIDNIGHT + 86_400, 10, {}) == ["c2"]


def test_who_was_due_in_a_batch_that_was_not_committed_is_due_again(shelf: Shelf) -> None:
    """The tick, and with it what the batch decided, comes again to whoever opens the store next."""
    store = shelf.store
    shelf.commit(move(store, "c1"))
    later = move(store, "c1", "2025-03-12 09:00", "e2")
    assert store.due(MIDNIGHT + 2 * 86_400, 10, {"c1": later}) == ["c1"]
    let_pass(store, "c1", MIDNIGHT + 2 * 86_400)
    assert store.due(MIDNIGHT + 2 * 86_400, 10, {"c1": later}) == []
    assert shelf.again().due(MIDNIGHT, 10, {}) == ["c1"]


def test_objects_beyond_the_bound_go_the_longest_untouched_first_and_come_back_from_bytes(shelf: Shelf) -> None:
    store = shelf.store
    store.room.objects = 3
    for number in range(5):
        shelf.commit(move(store, f"c{number}"))
    shelf.commit(store.customer("c2"))
    shelf.commit(move(store, "c9"))
    assert set(store._live) == {"c4", "c2", "c9"}
    assert store.customer("c0").accounts["a1"].balance == 1_000_000
    assert sorted(store.due(MIDNIGHT, 10, {})) == ["c0", "c1", "c2", "c3", "c4", "c9"]


def test_the_partitions_of_a_worker_share_the_bound(tmp_path: Path) -> None:
    """Whatever becomes of their number: a store that has more than its share lets go with its next batch."""
    room = Room(12)
    stores = [MemoryStore({}, room), MemoryStore({}, room)]
    room.partitions = 1
    for number in range(20):
        stores[0].keep([], [move(stores[0], f"c{number}")])
    assert len(stores[0]._live) == 12
    room.partitions = 2
    for store in stores:
        store.keep([], [move(store, f"c{number}") for number in range(30, 50)])
    assert [len(store._live) for store in stores] == [6, 6]
    room.partitions = 40
    stores[0].keep([], [move(stores[0], "c1")])
    assert list(stores[0]._live) == ["c1"]


def test_a_midnight_of_many_keeps_the_bound_and_what_is_changed_and_not_committed(shelf: Shelf) -> None:
    store = shelf.store
    store.room.objects = 3
    for number in range(20):
        shelf.commit(move(store, f"c{number:02d}"))
    changed = {"c00": move(store, "c00", event_id="e2")}
    seen = 0
    while due := store.due(MIDNIGHT, 2, changed):
        seen += len(due)
        assert len(store._live) <= 3 + 2
        assert store.customer("c00") is changed["c00"]
        for customer_id in due:
            let_pass(store, customer_id, MIDNIGHT)
    assert seen == 20


def test_whoever_moves_all_day_is_put_down_once(shelf: Shelf) -> None:
    """Else what remembers who wakes when would grow with every movement until midnight."""
    store = shelf.store
    store.room.objects = 2
    store.due(MIDNIGHT - 86_400, 10, {})
    for place in range(50):
        shelf.commit(*(move(store, f"c{number}", event_id=f"e{place}") for number in range(4)))
    noted = store._wakes if isinstance(store, MemoryStore) else store._db.keys(b"d", b"e", 1_000)
    assert len(noted) == 4


CUSTOMERS = some.sampled_from([f"c{number}" for number in range(6)])
HOURS = some.integers(0, 24 * 12)
OPERATIONS = some.one_of(
    some.tuples(some.just("move"), CUSTOMERS, HOURS, some.sampled_from(["10", "70000", "3000000"])),
    some.tuples(some.just("tick"), some.integers(0, 24 * 5)),
    some.tuples(some.just("commit"), some.booleans()),
    some.tuples(some.just("follow"), some.integers(1, 9)),
    some.tuples(some.sampled_from(["reopen", "hand over", "die"])),
)


COMING_AND_GOING: list[tuple[Any, ...]] = [
    *(("move", "c1", 9, "70000"), ("tick", 30), ("hand over",)),
    *(("move", "c1", 33, "10"), ("move", "c2", 34, "3000000"), ("hand over",)),
    *(("move", "c1", 35, "70000"), ("tick", 30), ("commit", False)),
]
"""What was an object, or due, with one owner has changed with another when the first has it again."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(OPERATIONS, max_size=40))
@example(COMING_AND_GOING)
def test_a_partition_on_disk_and_one_with_a_standby_live_as_one_in_memory(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[Any, ...]]
) -> None:
    """Movements, late ones too, ticks, commits, failures, restarts and take-overs: the same changelog to the byte, the same told."""
    folder, shared = tmp_path_factory.mktemp("life"), Shared(8)
    lives = [Life(kind, folder / f"{kind}-{standby}", shared, objects=2, standby=standby) for kind in KINDS for standby in (False, True)]
    for life in lives:
        now = MIDNIGHT
        for what, *given_with in operations:
            if what == "move":
                customer_id, hour, amount = given_with
                life.move(customer_id, MIDNIGHT + hour * 3_600, amount)
            elif what == "tick":
                now += given_with[0] * 3_600
                life.tick(now)
            elif what == "commit":
                life.commit(published=given_with[0])
            elif what == "follow":
                life.follow(given_with[0])
            elif what == "hand over":
                life.hand_over()
            elif what == "die":
                life.die()
            else:
                life.reopen()
        life.commit(published=False)
        life.tick(now + 40 * 86_400)
        life.commit(published=False)
        life.die()
    plain, *others = lives
    for life in others:
        assert life.newest() == plain.newest()
        assert [one.model_dump() for one in life.told] == [one.model_dump() for one in plain.told]
        assert life.states.customers.customers == plain.states.customers.customers
        assert life.states.positions == plain.states.positions
        assert life.unpublished() == plain.unpublished()
        assert all(life.states.customers.find(key) == value for key, value in plain.newest().items())
        life.close()
