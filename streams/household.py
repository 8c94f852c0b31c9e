"""A household: one customer made of all its members, which the household versions of the rules are asked about.

The law of households:

1. A household has the accounts of its members. What a member's movement did to the member it does to the household, by the same `decide`,
   with a book of the household versions alone (`RuleBook.households`).
2. A move between two members is internal: the counterparty is a member, or its account one of the household's.
3. Who joins brings what they have as if it had always been there, and who leaves takes it away as if it never had: both silently, since
   nothing has come to the bank or left it. Their flows count from when they joined.
4. The household's tier is decided by its own AUM_avg(30), at once and silently when a member joins or leaves. Its segment and its branch
   are those of its head, the member with the first customer_id.
5. What is found is told about the head, under the household's key, to the manager who looks after every member. Members with different
   managers, or with none, have nobody who may see what all of them own: then it names no manager.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from schemas.notifications import Notification
from streams.customer import Account, Customer, Profile
from streams.decide import AVERAGE_DAYS, Decision, Result, decide, decided_tier, pass_time
from streams.portfolio import MOST
from streams.posting import Posting
from streams.state import decode, new_customer, written
from streams.timeline import HouseholdBooks
from streams.wire import Counterparty
from streams.world import World

TAKEN: Final = frozenset({Result.APPLIED, Result.LATE})
"""What became of a movement that the household hears of."""


class Member(msgspec.Struct):
    """One member, of now or of before; what it was last told by, the offset of a profile, says what is news."""

    customer_id: str
    offset: int = -1
    here: bool = True
    manager_id: str | None = None
    branch: str = ""
    segment: str = "personal"
    accounts: list[str] = []

    @classmethod
    def of(cls, customer_id: str, profile: Profile) -> Member:
        """The member that a profile makes."""
        return cls(customer_id, profile.offset, True, profile.manager_id, profile.branch, profile.segment, [])


def membership(customer: Customer, before: Profile) -> Iterator[tuple[str, Member, bytes]]:
    """What households are to `learn` of a customer whose profile was another before: the household, the member, what it brings."""
    after, was = customer.profile, before.household_id
    household_id = after.household_id
    if was is not None and was != household_id:
        yield was, Member(customer.customer_id, after.offset, here=False), b""
    if household_id is None:
        return
    member = Member.of(customer.customer_id, after)
    if was != household_id:
        yield household_id, member, holdings(customer)
    elif (after.manager_id, after.branch, after.segment) != (before.manager_id, before.branch, before.segment):
        yield household_id, member, b""


def holdings(customer: Customer) -> bytes:
    """All accounts that a customer has, to be brought into a household."""
    bare = new_customer(customer.customer_id)
    bare.accounts = customer.accounts
    return written(bare)


def of_households(world: World) -> World:
    """The world in which households are decided."""
    return World(HouseholdBooks(world.books), world.rates, world.calendar, world.history_days, world.remembered_events)


class Household:
    """The customer that it is to the rules, and who is in it. Worlds are those of `of_households`."""

    def __init__(self, customer: Customer, members: dict[str, Member]) -> None:
        self.customer = customer
        self.members = members
        self.unsaved = False
        """The members have changed since they were last written."""

    @classmethod
    def born(cls, household_id: str, members: Iterable[Member]) -> Household:
        """One of which nothing has happened yet."""
        found = cls(new_customer(household_id), {member.customer_id: member for member in members})
        found._represent()
        return found

    @property
    def head(self) -> str:
        """The member about whom it is told; the household itself when it has none left."""
        return min((member.customer_id for member in self.members.values() if member.here), default=self.customer.customer_id)

    def take(self, posting: Posting, detected_at: datetime | None, world: World, then: Callable[[int], World] | None = None) -> Decision:
        """Decide what a member's movement means to all; arguments as in `decide`."""
        member = self.members.get(posting.customer_id)
        if member is None:
            member = self.members[posting.customer_id] = Member(posting.customer_id)
            self.unsaved = True
            self._represent()
        other = posting.counterparty
        posting.counterparty = self.seen(other)
        try:
            decision = decide(self.customer, posting, detected_at, world, then)
        finally:
            posting.counterparty = other
        if decision.result in TAKEN and posting.account_id not in member.accounts:
            member.accounts = [*member.accounts, posting.account_id]
            self.unsaved = True
        decision.notifications = self._told(decision.notifications)
        return decision

    def pass_time(
        self, to: int, detected_at: datetime | None, world: World, then: Callable[[int], World] | None = None
    ) -> list[Notification]:
        """Let event time reach `to`; arguments as in `streams.decide.pass_time`."""
        return self._told(pass_time(self.customer, to, detected_at, world, then))

    def learn(self, member: Member, holds: bytes, at: int, world: World) -> bool:
        """Take what a profile says of a member: that it joins with all it holds, leaves, or has another manager. Whether it was news.

        Args:
            member: `here` or gone; its accounts are not looked at.
            holds: its `holdings`; looked at when it joins.
            at: event time that the member has reached.
            world: rates and books.
        """
        known = self.members.get(member.customer_id)
        if known is not None and member.offset <= known.offset:
            return False
        was_here = known is not None and known.here
        accounts = known.accounts if known is not None else []
        if was_here and not member.here:
            for account_id in accounts:
                self._without(account_id)
            accounts = []
        elif member.here and not was_here:
            bare = decode(holds, _nothing) if holds else new_customer(member.customer_id)
            accounts = list(bare.accounts)
            for account_id, account in bare.accounts.items():
                self._with(account_id, account, at, world)
            self.customer.in_units = self.customer.in_units or bare.in_units
        self.members[member.customer_id] = msgspec.structs.replace(member, accounts=accounts)
        self.unsaved = True
        self._represent()
        if was_here is not member.here:
            self._decide_tier(world)
        if not any(one.here for one in self.members.values()):
            self.customer.conditions.clear()
            self.customer.wake = 0
        return True

    def _represent(self) -> None:
        here = [member for member in self.members.values() if member.here]
        managers = {member.manager_id for member in here}
        head = self.members.get(self.head, Member(""))
        manager = managers.pop() if len(managers) == 1 else None
        household_id = self.customer.customer_id
        self.customer.profile = Profile(segment=head.segment, household_id=household_id, manager_id=manager, branch=head.branch)

    def seen(self, other: Counterparty | None) -> Counterparty | None:
        """The other side as the household sees it: itself, where it is a member."""
        if other is None or other.customer_id is None:
            return other
        member = self.members.get(other.customer_id)
        ours = member is not None and member.here
        if not ours and other.customer_id != self.customer.customer_id:
            return other
        return Counterparty(other.name, other.bank, other.account, self.customer.customer_id if ours else "")

    def _told(self, found: list[Notification]) -> list[Notification]:
        return [one.model_copy(update={"customer_id": self.head}) for one in found]

    def _with(self, account_id: str, account: Account, at: int, world: World) -> None:
        customer, value = self.customer, account.value or 0
        if account_id in customer.accounts or abs(customer.aum) + abs(customer.owed) + abs(value) > MOST:
            return
        if not customer.history.begun:
            day = world.calendar.date_of(at)
            customer.clock, customer.first_seen, customer.moved_on, customer.wake = at, at, day, world.calendar.midnight(day + 1)
            customer.history.moved(day, 0)
        customer.accounts[account_id] = account
        customer.valued_at = 0
        self._shift(account, value)

    def _without(self, account_id: str) -> None:
        account = self.customer.accounts.pop(account_id, None)
        if account is not None:
            self._shift(account, -(account.value or 0))

    def _shift(self, account: Account, change: int) -> None:
        """The account's value has always been there, or never."""
        customer = self.customer
        customer.turnover = min(MOST, customer.turnover + abs(change))
        if account.is_liability:
            customer.owed += change
        elif change:
            customer.own(account.asset_class, change)
            customer.history.moved_late(customer.history.first, change)
            customer.classes.moved(customer.history.first, account.asset_class, change)

    def _decide_tier(self, world: World) -> None:
        customer = self.customer
        day = world.calendar.date_of(customer.clock)
        total = customer.history.total(day - 1, AVERAGE_DAYS)
        if total is not None:
            customer.tier = decided_tier("", total // AVERAGE_DAYS, world.books.at(customer.clock))


def by_household(profiles: Mapping[str, Profile]) -> dict[str, list[Member]]:
    """The members of every household that the profiles name."""
    found: dict[str, list[Member]] = {}
    for customer_id, profile in profiles.items():
        if profile.household_id is not None:
            found.setdefault(profile.household_id, []).append(Member.of(customer_id, profile))
    return found


def _nothing(key: bytes) -> None:
    """What only has accounts has no records beside its own."""


encode_members: Callable[[Any], bytes] = msgspec.json.Encoder().encode
decode_members = msgspec.json.Decoder(list[Member]).decode
