"""A turn: some records of one partition, decided one after the other, and the states that they changed, as records of the changelog.

Of all that has gathered, one customer's movements are decided together: its state is found once and encoded once, while it is in the
processor's cache. No customer depends on another; what is told of all of them in one order, refusals and households, is told by offset.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from mypy_extensions import i64

from schemas.dead_letters import Fault
from schemas.notifications import Notification
from streams.customer import Customer
from streams.decide import Decision, Result, decide
from streams.posting import Posting
from streams.precedence import in_order
from streams.reading import read
from streams.state import encode
from streams.store import Store
from streams.wire import MISMATCH, OUT_OF_RANGE, Refusal
from streams.world import World

FUTURE_SECONDS: Final = 86_400
"""A movement may be this far ahead of the broker's clock; beyond, its clock is wrong and would carry the customer's with it."""
IN_THE_FUTURE: Final = Refusal(Fault.IN_THE_FUTURE, "occurred_at: more than a day after the broker's append")

_APPLIED: Final = Result.APPLIED
_REFUSED: Final = {Result.MISMATCHED: MISMATCH, Result.OUT_OF_RANGE: OUT_OF_RANGE}


class Turn:
    """Decides on top of one store; what it leaves is taken by `Session`, batch by batch."""

    def __init__(
        self,
        store: Store,
        world: World,
        largest: int,
        say: Callable[[Notification], None],
        share: Callable[[Customer, bytes, int], None],
    ) -> None:
        """Begin with nothing decided.

        Args:
            store: the states.
            world: rules, rates, calendar.
            largest: more bytes than this are refused unread.
            say: called with every notification.
            share: called with a member of a household, the bytes of a movement that was applied, and its offset.
        """
        self.next: int = 0
        """The next offset to take."""
        self.changed: dict[str, Customer] = {}
        """Customers that changed since their states were encoded."""
        self.touched: dict[str, Customer] = {}
        """Those whose states are."""
        self.states: dict[str, list[tuple[bytes, bytes]]] = {}
        """Records of the changelog, by customer; each key once, the customer's own last."""
        self.counts: dict[tuple[str, str], int] = {}
        """Movements by feed and result."""
        self.reached: dict[str, int] = {}
        """The latest event time of each feed, at most that of the append."""
        self.skipped: int = 0
        """Movements that the state has already."""
        self.acquainted: bool = True
        """Whether the profiles that were there when the records were taken are known."""
        self.refused: list[tuple[Any, Refusal]] = []
        """Records, and why."""
        self._store = store
        self._world = world
        self._largest = largest
        self._say = say
        self._share = share
        self._source: str = ""
        self._result: str = ""
        self._count_of_them: int = 0
        self._latest: int = 0
        self._stamp: int = 0
        self._appended_at = datetime.fromtimestamp(0, UTC)
        """The last record's time, and what it is as an instant: many records of a fetch share it."""

    def take(self, records: list[Any]) -> list[Any]:
        """What is to be decided of these records, which are in the order of their offsets: each customer's together, in that order."""
        self.acquainted = False
        by_key = dict[Any, list[Any]]()
        for record in records:
            offset: int = record.offset
            if offset < self.next:
                self.skipped += 1
                continue
            self.next = offset + 1
            key: Any = record.key
            of_key = by_key.get(key)
            if of_key is None:
                by_key[key] = [record]
            else:
                of_key.append(record)
        taken = list[Any]()
        for of_key in by_key.values():
            taken.extend(of_key)
        return taken

    def decide(self, records: list[Any], begin: int, end: int) -> int:
        """Decide some of the movements that were taken; the place up to which that was done.

        It ends before a movement of somebody of whom nothing is known as long as the profiles may not have been read: a profile that was
        there before a movement counts for it, though it comes by a way of its own.
        """
        if self._store.reads_ahead:
            self._store.expect([record.key for record in records[begin:end]])
        for place in range(begin, end):
            if not self._decide(records[place]):
                return place
        return end

    def _decide(self, record: Any) -> bool:
        offset: int = record.offset
        stamp: int = record.timestamp
        posting = read(record.value, record.key, self._largest)
        if not isinstance(posting, Posting):
            self._turn_down("", record, posting)
            return True
        if posting.at * 1_000 > stamp + FUTURE_SECONDS * 1_000:
            self._turn_down("", record, IN_THE_FUTURE)
            return True
        customer = self._store.customer(posting.customer_id)
        if offset <= customer.position:
            self.skipped += 1
            return True
        if customer.position < 0 and not self.acquainted and customer.profile.offset < 0:
            return False
        if stamp != self._stamp:
            self._stamp, self._appended_at = stamp, datetime.fromtimestamp(stamp / 1_000, UTC)
        decision: Decision = decide(customer, posting, self._appended_at, self._world)
        result = decision.result
        if result is not _APPLIED and result in _REFUSED:
            self._turn_down(posting.source, record, _REFUSED[result])
            return True
        self._count(posting.source, result)
        at: int = min(posting.at, stamp // 1_000)
        if at > self._latest:
            self._latest = at
        if result is Result.DUPLICATE:
            return True
        customer.position = offset
        self.changed[customer.customer_id] = customer
        if customer.profile.household_id is not None:
            self._share(customer, record.value, offset)
        if decision.notifications:
            for notification in in_order(decision.notifications):
                self._say(notification)
        return True

    def encode(self) -> None:
        """Turn what has changed since the last time into records of the changelog."""
        for customer in self.changed.values():
            name = customer.customer_id
            records = encode(customer)
            earlier = self.states.get(name)
            if earlier is not None:
                again = {key for key, _ in records}
                records = [one for one in earlier if one[0] not in again] + records
            self.states[name] = records
            self.touched[name] = customer
        self.changed.clear()
        self._tally()

    @property
    def size(self) -> int:
        """Bytes of all of `states`."""
        size: i64 = 0
        for records in self.states.values():
            for _, value in records:
                size += len(value)
        return size

    def _turn_down(self, source: str, record: Any, refusal: Refusal) -> None:
        self._count(source, "refused")
        self.refused.append((record, refusal))

    def _count(self, source: str, result: str) -> None:
        if source != self._source or result != self._result:
            self._tally()
            self._source, self._result = source, result
        self._count_of_them += 1

    def _tally(self) -> None:
        """Put down how many movements in a row had the same feed and result."""
        if self._count_of_them:
            key = (self._source, self._result)
            self.counts[key] = self.counts.get(key, 0) + self._count_of_them
            if self._latest > self.reached.get(self._source, 0):
                self.reached[self._source] = self._latest
            self._count_of_them = self._latest = 0
