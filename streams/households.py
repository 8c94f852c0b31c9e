"""The households of one partition: what their members' owners share, put into the order of event time and decided."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiokafka import ConsumerRecord

from schemas.notifications import Notification
from streams import sharing
from streams.changelog import HOUSEHOLD_MARK, Positions
from streams.customer import Customer
from streams.household import Household, Member, decode_members, encode_members, of_households
from streams.posting import Posting
from streams.reading import read
from streams.state import encode
from streams.store import Store
from streams.world import World

MEMBERS = b"\x00members"
"""After a household's key: the record of its members."""
TURN = 64
NEVER = 1 << 62
"""A record that is done with when it is decided, not when an hour has passed."""


class Households:
    """Decides on top of the states that were recovered; what it leaves is taken by `Session`, batch by batch."""

    def __init__(
        self,
        store: Store,
        positions: Positions,
        partitions: int,
        world: World,
        largest: int,
        say: Callable[[Notification], None],
    ) -> None:
        """Begin where the last batch ended.

        Args:
            store: their states.
            positions: the first offset of the topic that is not done with, and event time up to which all is decided.
            partitions: how many there are, which all must have passed an hour.
            world: of customers.
            largest: bytes of a movement.
            say: called with every notification.
        """
        position, hour = positions.households, positions.hour
        self.hour = hour
        """Event time up to which all is decided."""
        self.changed: dict[str, Household] = {}
        """Since their states were last taken."""
        self._store = store
        self._live: dict[str, Household] = {}
        self._world, self._largest, self._say = of_households(world), largest, say
        self._reached = dict.fromkeys(range(partitions), hour)
        self._hours: dict[int, datetime] = {}
        """Those to come, and when it was first told that they had passed everywhere it was told so far."""
        self._waiting: list[tuple[int, int, int, str, sharing.Moved | sharing.Learnt, datetime]] = []
        """A heap: event time, partition of the member, offset; household, what, when it was appended."""
        self._next, self._undone, self._done = position, deque[tuple[int, int]](), set[int]()

    @property
    def position(self) -> int:
        """The next offset to read, were this to begin again."""
        while self._undone and (self._undone[0][0] in self._done or self._undone[0][1] <= self.hour):
            self._done.discard(self._undone.popleft()[0])
        return self._undone[0][0] if self._undone else self._next

    def receive(self, record: ConsumerRecord) -> None:
        """Take a record of the topic; it is decided by `work`, when its time has come."""
        if record.offset < self._next:
            return
        self._next = record.offset + 1
        told, appended_at = sharing.decode(record.value), datetime.fromtimestamp(record.timestamp / 1_000, UTC)
        if isinstance(told, sharing.Passed):
            self._reached[told.source] = max(told.at, self._reached[told.source])
            if told.at > self.hour:
                self._hours[told.at] = max(appended_at, self._hours.get(told.at, appended_at))
                self._undone.append((record.offset, told.at))
            return
        heapq.heappush(self._waiting, (told.at, told.source, record.offset, record.key.decode(), told, appended_at))
        self._undone.append((record.offset, NEVER))

    async def work(self, most: int, commit: Callable[[], Awaitable[None]]) -> None:
        """Decide all that can be decided.

        Args:
            most: after so many households that changed, or so, the batch is committed.
            commit: does so.
        """
        while True:
            await self._decide_before(self.hour, None, most, commit)
            hour = min(self._hours, default=None)
            if hour is None or hour > min(self._reached.values()):
                return
            at = self._hours[hour]
            await self._decide_before(hour, at, most, commit)
            await self._pass(hour, at, most, commit)
            del self._hours[hour]
            self.hour = hour

    async def _decide_before(self, instant: int, at: datetime | None, most: int, commit: Callable[[], Awaitable[None]]) -> None:
        count = 0
        while self._waiting and self._waiting[0][0] < instant:
            _, _, offset, household_id, told, appended_at = heapq.heappop(self._waiting)
            household = self._household(household_id)
            self._done.add(offset)
            if isinstance(told, sharing.Learnt):
                changed = household.learn(told.member, told.holds, told.at, self._world)
            else:
                changed = self._take(household, told, at or appended_at)
            if changed:
                self.changed[household_id] = household
            count += 1
            await self._rest(count, most, commit)

    def _take(self, household: Household, told: sharing.Moved, detected_at: datetime) -> bool:
        posting = read(bytes(told.movement), told.customer_id.encode(), self._largest)
        assert isinstance(posting, Posting)  # it was decided already, for its customer
        decision = household.take(posting, detected_at, self._world)
        for notification in decision.notifications:
            self._say(notification)
        return True

    async def _pass(self, hour: int, at: datetime, most: int, commit: Callable[[], Awaitable[None]]) -> None:
        """Let time pass for every household for which that can change something."""
        count = 0
        while due := self._store.due(hour, most, {name: household.customer for name, household in self.changed.items()}):
            for household_id in due:
                household = self._household(household_id)
                tier = household.customer.tier
                found = household.pass_time(hour, at, self._world)
                for notification in found:
                    self._say(notification)
                if found or household.customer.tier != tier:
                    self.changed[household_id] = household
                else:
                    self._store.slept(household.customer)
                count += 1
                await self._rest(count, most, commit)
            self._let_go()

    async def _rest(self, count: int, most: int, commit: Callable[[], Awaitable[None]]) -> None:
        """Let others have their turn, and write what has become much."""
        if count % TURN == 0:
            await asyncio.sleep(0)
        if len(self.changed) >= most:
            await commit()

    def records(self) -> list[list[tuple[bytes, bytes]]]:
        """The states that changed, as records of the changelog, each household's together."""
        found = []
        for household_id, household in self.changed.items():
            own = [(HOUSEHOLD_MARK + key, value) for key, value in encode(household.customer)]
            if household.unsaved:
                members = encode_members(list(household.members.values()))
                own.insert(0, (HOUSEHOLD_MARK + household_id.encode() + MEMBERS, members))
            found.append(own)
        return found

    def keep(self, records: list[list[tuple[bytes, bytes]]]) -> None:
        """Take what has just been committed."""
        unmarked = ((key[len(HOUSEHOLD_MARK) :], value) for own in records for key, value in own)
        self._store.keep(unmarked, [household.customer for household in self.changed.values()])
        for household in self.changed.values():
            household.unsaved = False
        self.changed = {}
        self._let_go()

    def _let_go(self) -> None:
        """Let go of objects where they have become many, but of none that is changed and not committed."""
        if len(self._live) > self._store.room.share:
            self._live = dict(self.changed)

    def _household(self, household_id: str) -> Household:
        customer: Customer = self._store.customer(household_id)
        found = self._live.get(household_id)
        if found is None or found.customer is not customer:
            known = self._store.find(household_id.encode() + MEMBERS)
            members: list[Member] = [] if known is None else decode_members(known)
            found = Household(customer, {member.customer_id: member for member in members})
            self._live[household_id] = found
        return found
