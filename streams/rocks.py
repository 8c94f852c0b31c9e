"""Customers on disk: RocksDB keeps their bytes, and memory has only those that are in use.

A key begins with a letter that says what it is: records of customers and of households, and for each of the two an index by wake (8 bytes,
big-endian, then the id), in whose order they are due. An index may name a wake that is no more; it is dropped when its time comes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Any

from streams.customer import Customer
from streams.database import Database
from streams.state import is_segment, past_key, segment_key, wake_of
from streams.store import Restored, Room, Store

PIECE = 4_096
"""So many entries of the index are read at once."""
_UNSEEN = b"\x00"
"""Not read ahead: no record is this."""


class RocksStore(Store):
    """Customers, or households, of one database. Writes gather in the database's batch, which whoever owns it writes."""

    def __init__(self, database: Database, records: bytes, wakes: bytes, count: int, room: Room | None = None) -> None:
        """Open.

        Args:
            database: with nothing gathered.
            records: the letter of the records.
            wakes: the letter of their index by wake.
            count: how many there are.
            room: for objects, of the whole worker.
        """
        super().__init__(room)
        self.customers = count
        self.reads_ahead = True
        self._db, self._records, self._wakes = database, records, wakes
        self.rest()

    def rest(self) -> None:
        """See `Store`; what the index does not say yet is forgotten, as by a restart."""
        self._live.clear()
        self._expected: dict[Any, bytes | None] = {}
        """Read ahead, until something is written."""
        self._new: set[str] = set()
        """Read, and not there."""
        self._incoming: dict[bytes, bytes | None] = {}
        self._near: list[tuple[int, str]] = []
        """A heap: what the index has before `_bound`, or had, and has not been due."""
        self._bound: tuple[int, str] = (0, "")
        self._popped: dict[str, list[int]] = {}
        """Taken from the heap, and still in the index."""
        self._asleep: dict[str, int] = {}
        """When they wake now, which the index does not say yet."""

    def find(self, key: bytes) -> bytes | None:
        """See `Store`."""
        found = self._expected.pop(key, _UNSEEN)
        if found is _UNSEEN:
            found = self._db.get(self._records + key)
        if found is None and not is_segment(key):
            self._new.add(key.decode())
        return found

    def expect(self, keys: list[Any]) -> None:
        """See `Store`. RocksDB finds many keys in a fraction of the time that each takes by itself, and what stands together at once."""
        live, wanted = self._live, list[bytes]()
        for key in dict.fromkeys(keys):
            if isinstance(key, bytes) and str(key, "utf-8", "replace") not in live:
                wanted += key, past_key(key), segment_key(key, 0)
        letter = self._records
        self._expected = dict(zip(wanted, self._db.get_all([letter + key for key in wanted]), strict=True))

    def restore(self, records: list[Restored]) -> None:
        """See `Store`; `restored` takes what has gathered."""
        self._incoming.update(records)

    def restored(self) -> None:
        """Let what was restored gather in the batch."""
        self._expected.clear()
        own = [key for key in self._incoming if not is_segment(key)]
        batch = self._db.batch
        for key, before in zip(own, self._db.get_all([self._records + key for key in own]), strict=True):
            now = self._incoming[key]
            self.customers += (now is not None) - (before is not None)
            if before is not None and (wake := wake_of(before)):
                batch.delete(self._entry(wake, key))
            if now is not None and (wake := wake_of(now)):
                batch.put(self._entry(wake, key), b"")
        for key, value in self._incoming.items():
            if value is None:
                batch.delete(self._records + key)
            else:
                batch.put(self._records + key, value)
        self._incoming = {}

    def keep(self, records: Iterable[tuple[bytes, bytes]], touched: Iterable[Customer]) -> None:
        """See `Store`."""
        batch, letter, live = self._db.batch, self._records, self._live
        self._expected.clear()
        for key, value in records:
            batch.put(letter + key, value)
        self._settle({})
        for customer in touched:
            name, wake = customer.customer_id, customer.wake
            if name in self._new:
                self._new.discard(name)
                self.customers += 1
            live[name] = live.pop(name, customer)
            if wake and wake != customer.waking:
                customer.waking = wake
                self._put(wake, name)
        self._new.difference_update(self._let_go({}))

    def due(self, at: int, most: int, touched: dict[str, Customer]) -> list[str]:
        """See `Store`."""
        self._settle(touched)
        self._db.write()
        self._new.difference_update(self._let_go(touched))
        for customer in touched.values():
            if 0 < customer.wake <= at and customer.wake != customer.waking:
                heapq.heappush(self._near, (customer.wake, customer.customer_id))
        found: dict[str, None] = {}
        while len(found) < most and self._reaches(at):
            wake, name = heapq.heappop(self._near)
            self._popped.setdefault(name, []).append(wake)
            customer = self.customer(name)
            if customer.waking == wake:
                customer.waking = 0
            if 0 < customer.wake <= at:
                found[name] = None
        return list(found)

    def slept(self, customer: Customer) -> None:
        """See `Store`."""
        if customer.wake:
            customer.waking = self._asleep[customer.customer_id] = customer.wake

    def names(self, after: str, most: int) -> list[str]:
        """Up to so many ids after one, in their order."""
        begin = len(self._records)
        end = self._records[:-1] + bytes([self._records[-1] + 1])
        keys = self._db.keys(self._records + after.encode() + (b"\x00\xff" if after else b""), end, most, lambda key: not is_segment(key))
        return [key[begin:].decode() for key in keys]

    def _reaches(self, at: int) -> bool:
        """Whether somebody wakes until then; the earliest is the first of the heap now."""
        near = self._near
        while self._bound[0] <= at and not (near and near[0] < self._bound):
            begin, end = self._entry(self._bound[0], self._bound[1].encode()), self._entry(at + 1, b"")
            keys = self._db.keys(begin, end, PIECE)
            for key in keys:
                heapq.heappush(near, (int.from_bytes(key[1:9], "big"), key[9:].decode()))
            # No id has a control character, so the next possible entry is this one.
            self._bound = (at + 1, "") if len(keys) < PIECE else (int.from_bytes(keys[-1][1:9], "big"), keys[-1][9:].decode() + "\x00")
        return bool(near) and near[0][0] <= at

    def _settle(self, touched: dict[str, Customer]) -> None:
        """Let the index know when they wake now who slept, and who has been due, but for those whose change is not committed.

        A wake too many does no harm, and whoever slept and then moved may be due again in the same batch.
        """
        settled = [name for name in self._popped if name not in touched]
        for name in settled:
            for wake in self._popped.pop(name):
                self._db.batch.delete(self._entry(wake, name.encode()))
        for name, wake in self._asleep.items():
            self._put(wake, name)
        self._asleep = {}

    def _put(self, wake: int, name: str) -> None:
        self._db.batch.put(self._entry(wake, name.encode()), b"")
        if (wake, name) < self._bound:
            heapq.heappush(self._near, (wake, name))

    def _entry(self, wake: int, key: bytes) -> bytes:
        return self._wakes + wake.to_bytes(8, "big") + key
