"""Stores of both kinds for tests, and a partition's worth of states that lives through commits, failures and restarts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import ConsumerRecord

from schemas.notifications import Notification
from streams.changelog import POSITIONS_KEY, Positions, encode_positions
from streams.customer import Customer
from streams.database import Database, Shared
from streams.decide import decide, pass_time
from streams.publisher import Written
from streams.rocks import RocksStore
from streams.rocks_states import Origin, RocksStates
from streams.state import encode
from streams.states import MemoryStates, States
from streams.store import MemoryStore, Room, Store
from tests.streams.builders import iso, posting, world

WORLD = world()
ORIGIN = Origin("wealthwatch-detector", "states", "f00d", 0, 4)
KINDS = ("memory", "rocksdb")


class Shelf:
    """One store, which can be closed and opened again."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._states: dict[bytes, bytes] = {}
        self._folder, self._shared = folder, Shared(8) if kind == "rocksdb" else None
        self._database: Database | None = None
        self.store = self._open(0)

    def _open(self, count: int) -> Store:
        if self._shared is None:
            return MemoryStore(self._states)
        self._database = Database(self._folder, self._shared)
        return RocksStore(self._database, b"c", b"d", count)

    def commit(self, *touched: Customer) -> None:
        self.keep([record for customer in touched for record in encode(customer)], *touched)

    def keep(self, records: list[tuple[bytes, bytes]], *touched: Customer) -> None:
        """What somebody has committed."""
        self.store.keep(records, touched)
        if self._database is not None:
            self._database.write()

    def again(self) -> Store:
        """The store as whoever opens it next finds it."""
        self.close()
        self.store = self._open(self.store.customers)
        return self.store

    def close(self) -> None:
        if self._database is not None:
            self._database.close()


def record(offset: int, key: bytes, value: bytes | None) -> ConsumerRecord:
    """A record of the changelog."""
    return ConsumerRecord("states", 0, offset, 0, 0, key, value, None, 0, 0, ())


class Life:
    """A partition that decides as a session does, on either kind of store; its changelog is a list."""

    def __init__(self, kind: str, folder: Path, shared: Shared, *, objects: int = 50_000, standby: bool = False) -> None:
        """Begin with nothing.

        Args:
            kind: of store.
            folder: for the store.
            shared: memory.
            objects: so many customers may be objects.
            standby: whether another worker keeps the partition warm, and takes it over where else it would be opened again.
        """
        self._kind, self._shared, self._room = kind, shared, Room(objects)
        self._folder, self._other = folder, folder.with_name(folder.name + "-standby")
        self.changelog: list[ConsumerRecord] = []
        self.told: list[Notification] = []
        self.read = 0
        """Records that the last opening read."""
        self.states = self._open(self._made(self._folder))
        self._standby = self._made(self._other) if standby else None
        self._changed: dict[str, Customer] = {}
        self._said: list[Notification] = []
        self._position = 0

    def _made(self, folder: Path) -> States:
        if self._kind == "memory":
            return MemoryStates(self._room)
        return RocksStates(folder, self._shared, ORIGIN, others=True, room=self._room)

    def _open(self, states: States) -> States:
        missing = self.changelog[states.start :]
        self.read = len(missing)
        for place in range(0, len(missing), 7):
            states.restore(missing[place : place + 7])
        states.restored()
        return states

    def follow(self, most: int) -> None:
        """The standby reads on."""
        if self._standby is not None:
            self._standby.restore(self.changelog[self._standby.start :][:most])

    def hand_over(self) -> None:
        """The group shares anew, after a batch that was committed: the standby takes over, and who had the partition is its standby."""
        self.commit(published=False)
        self.states.rest()
        self._change(self.states)

    def die(self) -> None:
        """Whoever has the partition is gone, with what was not committed, and comes back as the standby."""
        self.states.close()
        self._change(self._made(self._folder))

    def _change(self, kept: States) -> None:
        taken = kept
        if self._standby is not None:
            taken, self._standby = self._standby, kept
            self._folder, self._other = self._other, self._folder
        self._changed, self._said = {}, []
        self.states = self._open(taken)
        self._position = self.states.positions.movements

    def close(self) -> None:
        """Let go of what is open."""
        self.states.close()
        if self._standby is not None:
            self._standby.close()

    def move(self, customer_id: str, at: int, amount: str) -> None:
        store = self.states.customers
        store.expect([b"\xff", None, *(b"c%d" % number for number in range(6)), b"c1"])
        customer = store.customer(customer_id)
        one = posting(customer_id=customer_id, event_id=f"e{self._position}", occurred_at=iso(at), amount=amount)
        self._position += 1
        self._said += decide(customer, one, datetime.fromtimestamp(one.at, UTC), WORLD).notifications
        self._changed[customer_id] = customer

    def tick(self, at: int) -> None:
        store = self.states.customers
        while due := store.due(at, 3, self._changed):
            for customer_id in due:
                customer = store.customer(customer_id)
                tier = customer.tier
                found = pass_time(customer, at, datetime.fromtimestamp(at, UTC), WORLD)
                self._said += found
                if found or customer.tier != tier:
                    self._changed[customer_id] = customer
                else:
                    store.slept(customer)

    def commit(self, *, published: bool) -> None:
        touched = list(self._changed.values())
        records = [one for customer in touched for one in encode(customer)]
        positions = self.states.positions
        self.states.unpublished.update(self._changed)
        if published:
            self.states.unpublished.clear()
        positions.movements, positions.published = self._position, published
        first = len(self.changelog)
        for key, value in (*records, (POSITIONS_KEY, encode_positions(positions))):
            self.changelog.append(record(len(self.changelog), key, value))
        self.states.customers.keep(records, touched)
        self.states.write(positions, Written(first, len(self.changelog), len(self.changelog) - first))
        self.told += self._said
        self._changed, self._said = {}, []

    def reopen(self) -> None:
        """As after a batch whose commit failed: what was not committed is gone."""
        self.states.close()
        self._changed, self._said = {}, []
        self.states = self._open(self._made(self._folder))
        self._position = self.states.positions.movements

    def unpublished(self) -> set[str]:
        """Whose allocations are to be published; they count as unpublished still."""
        names = set(self.states.unpublished.take(1_000))
        self.states.unpublished.update(names)
        return names

    def newest(self) -> dict[bytes, bytes]:
        """The changelog, compacted."""
        return {one.key: one.value for one in self.changelog if one.key != POSITIONS_KEY}


def positions_record(offset: int, positions: Positions) -> ConsumerRecord:
    """A record of how far the sources are decided."""
    return record(offset, POSITIONS_KEY, encode_positions(positions))


def states_of(names: Iterable[str]) -> list[tuple[bytes, bytes]]:
    """The records of customers who have moved once each."""
    found = []
    for name in names:
        customer = Customer(name)
        one = posting(customer_id=name, event_id=name)
        decide(customer, one, datetime.fromtimestamp(one.at, UTC), WORLD)
        found += encode(customer)
    return found
