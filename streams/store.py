"""The states of one partition's customers: as bytes until a customer is touched, as objects while they are."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from streams.customer import Customer
from streams.state import decode, is_segment, new_customer, wake_of

LIVE_CUSTOMERS = 50_000
"""So many customers of a partition are kept as objects; the others as bytes, about a tenth of the memory."""


class MemoryStore:
    """Keeps every state in memory. What is in it has been committed: a batch that fails leaves only objects to `forget`."""

    def __init__(self, states: dict[bytes, bytes]) -> None:
        self._states = states
        self._live: dict[str, Customer] = {}
        self._wakes: list[tuple[int, str]] | None = None
        self.customers = sum(1 for key in states if not is_segment(key))

    def customer(self, customer_id: str) -> Customer:
        """The customer as an object, new if nothing is known."""
        found = self._live.get(customer_id)
        if found is None:
            value = self._states.get(customer_id.encode())
            found = new_customer(customer_id) if value is None else decode(value, self._states.get)
            self._live[customer_id] = found
        return found

    def keep(self, records: Iterable[tuple[bytes, bytes]], touched: Iterable[Customer]) -> None:
        """Take what has just been committed, and let go of objects beyond the bound, the longest untouched first."""
        for key, value in records:
            if key not in self._states and not is_segment(key):
                self.customers += 1
            self._states[key] = value
        live = self._live
        for customer in touched:
            live[customer.customer_id] = live.pop(customer.customer_id, customer)
            if self._wakes is not None and customer.wake:
                heapq.heappush(self._wakes, (customer.wake, customer.customer_id))
        for customer_id in list(self._oldest(len(live) - LIVE_CUSTOMERS)):
            del live[customer_id]

    def _oldest(self, count: int) -> Iterator[str]:
        for place, customer_id in enumerate(self._live):
            if place >= count:
                return
            yield customer_id

    def due(self, at: int, most: int, touched: Iterable[Customer] = ()) -> list[str]:
        """Up to `most` customers for whom passing time can change something until `at`, the earliest first.

        Args:
            at: event time, whole seconds since 1970.
            most: how many at once.
            touched: customers whose state is not committed yet, and so not kept here.
        """
        if self._wakes is None:
            self._wakes = [(wake, key.decode()) for key, value in self._states.items() if not is_segment(key) and (wake := wake_of(value))]
            heapq.heapify(self._wakes)
        for customer in touched:
            self.slept(customer)
        found: dict[str, None] = {}
        while self._wakes and self._wakes[0][0] <= at and len(found) < most:
            customer_id = heapq.heappop(self._wakes)[1]
            if 0 < self._wake(customer_id) <= at:
                found[customer_id] = None
        return list(found)

    def _wake(self, customer_id: str) -> int:
        live = self._live.get(customer_id)
        return live.wake if live is not None else wake_of(self._states[customer_id.encode()])

    def slept(self, customer: Customer) -> None:
        """When a customer wakes next has changed, and nothing that is worth writing."""
        if self._wakes is not None and customer.wake:
            heapq.heappush(self._wakes, (customer.wake, customer.customer_id))
