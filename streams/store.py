"""The states of one partition's customers: as bytes until a customer is touched, as objects while they are.

`MemoryStore` keeps the bytes in memory; `streams.rocks` keeps them on disk. What a store keeps has been committed: a batch that fails
leaves only objects, which go with the store.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Any, Final

from mypy_extensions import mypyc_attr

from streams.customer import Customer
from streams.state import decode, is_segment, new_customer, wake_of

FOREVER: Final = 1 << 62
Restored = tuple[bytes, bytes | None]
"""Key and value of a record of the changelog; None removes it."""


class Room:
    """How many customers a worker keeps as objects, in equal shares of its open partitions; all others are bytes alone."""

    def __init__(self, objects: int = 50_000) -> None:
        self.objects: int = objects
        """Of all partitions."""
        self.partitions: int = 0
        """So many are open."""

    @property
    def share(self) -> int:
        """So many are one partition's."""
        return max(1, self.objects // max(1, self.partitions))


@mypyc_attr(allow_interpreted_subclasses=True)
class Store:
    """What both stores are: a bounded number of customers as objects, on top of bytes that are found by their key.

    A class and no protocol, so that the compiled core calls it directly.
    """

    def __init__(self, room: Room | None = None) -> None:
        """Begin with nobody.

        Args:
            room: for objects, of the whole worker; without it the store has its own.
        """
        self.room: Room = room or Room()
        self.reads_ahead: bool = False
        """Whether it wants to know whom to `expect`."""
        self.customers: int = 0
        """How many there are."""
        self._live: dict[str, Customer] = {}
        self._woken: int = FOREVER
        """Whoever's bytes name a later wake is known to wake then."""

    def find(self, key: bytes) -> bytes | None:
        """The newest committed record of a key."""
        raise NotImplementedError

    def expect(self, keys: list[Any]) -> None:
        """These are looked for next: what is read from a disk is read at once for all of them. Whatever is no customer's key is let be."""

    def restore(self, records: list[Restored]) -> None:
        """Take records of the changelog, in their order."""
        raise NotImplementedError

    def keep(self, records: Iterable[tuple[bytes, bytes]], touched: Iterable[Customer]) -> None:
        """Take what has just been committed, and let go of objects beyond the bound, the longest untouched first."""
        raise NotImplementedError

    def due(self, at: int, most: int, touched: dict[str, Customer]) -> list[str]:
        """Up to `most` customers for whom passing time can change something until `at`, the earliest first.

        Args:
            at: event time, whole seconds since 1970.
            most: how many at once.
            touched: all whose state is changed and not committed yet, and so not kept here.
        """
        raise NotImplementedError

    def slept(self, customer: Customer) -> None:
        """When a customer wakes next has changed, and nothing that is worth writing."""
        raise NotImplementedError

    def rest(self) -> None:
        """Let go of all objects and of what follows from them: it is as whoever opens it next finds it."""
        raise NotImplementedError

    def customer(self, customer_id: str) -> Customer:
        """The customer as an object, new if nothing is known."""
        found = self._live.get(customer_id)
        if found is None:
            value = self.find(customer_id.encode())
            found = new_customer(customer_id) if value is None else decode(value, self.find)
            if found.wake > self._woken:
                found.waking = found.wake
            self._live[customer_id] = found
        return found

    def _let_go(self, touched: dict[str, Customer]) -> list[str]:
        """Let go of objects beyond the bound, the longest untouched first, but of none that is changed and not committed."""
        gone: list[str] = []
        beyond = len(self._live) - self.room.share
        if beyond > 0:
            for customer_id in self._live:
                if customer_id not in touched:
                    gone.append(customer_id)
                    if len(gone) == beyond:
                        break
            for customer_id in gone:
                del self._live[customer_id]
        return gone


class MemoryStore(Store):
    """Keeps every state in memory."""

    def __init__(self, states: dict[bytes, bytes], room: Room | None = None) -> None:
        super().__init__(room)
        self._states = states
        self._wakes: list[tuple[int, str]] | None = None
        """A heap; none until the first tick. What a customer's `waking` says is in it."""
        self.customers = sum(1 for key in states if not is_segment(key))

    def rest(self) -> None:
        """See `Store`."""
        self._live.clear()
        self._wakes, self._woken = None, FOREVER

    def close(self) -> None:
        """Let go of everything, whoever may hold the store yet."""
        self.rest()
        self._states = {}

    def find(self, key: bytes) -> bytes | None:
        """See `Store`."""
        return self._states.get(key)

    def restore(self, records: list[Restored]) -> None:
        """See `Store`."""
        states, known = self._states, len(self._states)
        for key, value in records:
            if value is None:
                states.pop(key, None)
            else:
                states[key] = value
            if len(states) != known:
                if not is_segment(key):
                    self.customers += 1 if len(states) > known else -1
                known = len(states)

    def keep(self, records: Iterable[tuple[bytes, bytes]], touched: Iterable[Customer]) -> None:
        """See `Store`."""
        states, known = self._states, len(self._states)
        for key, value in records:
            states[key] = value
            if len(states) != known:
                known += 1
                if not is_segment(key):
                    self.customers += 1
        live = self._live
        for customer in touched:
            live[customer.customer_id] = live.pop(customer.customer_id, customer)
            if self._wakes is not None:
                self.slept(customer)
        self._let_go({})

    def due(self, at: int, most: int, touched: dict[str, Customer]) -> list[str]:
        """See `Store`."""
        if self._wakes is None:
            self._wakes = [(wake, key.decode()) for key, value in self._states.items() if not is_segment(key) and (wake := wake_of(value))]
            heapq.heapify(self._wakes)
        self._woken = at if self._woken == FOREVER else max(self._woken, at)
        self._let_go(touched)
        for customer in touched.values():
            self.slept(customer)
        found: dict[str, None] = {}
        while self._wakes and self._wakes[0][0] <= at and len(found) < most:
            wake, customer_id = heapq.heappop(self._wakes)
            customer_or_none = self._live.get(customer_id)
            if customer_or_none is not None and customer_or_none.waking == wake:
                customer_or_none.waking = 0
            if 0 < self._wake(customer_id) <= at:
                found[customer_id] = None
        return list(found)

    def _wake(self, customer_id: str) -> int:
        live = self._live.get(customer_id)
        return live.wake if live is not None else wake_of(self._states[customer_id.encode()])

    def slept(self, customer: Customer) -> None:
        """See `Store`."""
        # Whoever moves all day wakes at the same midnight: once is enough for the heap, which would grow with every movement otherwise.
        if self._wakes is not None and customer.wake and customer.wake != customer.waking:
            customer.waking = customer.wake
            heapq.heappush(self._wakes, (customer.wake, customer.customer_id))
