"""Movements as bytes and as postings, and a detector without a broker: customers, rules, time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from schemas.movements import Kind
from schemas.notifications import Notification
from schemas.prices import Price
from schemas.rules import RuleSettings
from schemas.settings import Bank
from streams.customer import Account, Customer, Profile
from streams.decide import Decision, decide, pass_time
from streams.events import segments
from streams.household import TAKEN, Household, decode_members, encode_members, membership, of_households
from streams.money import Rates
from streams.posting import Posting
from streams.reading import read
from streams.rule import Facts, Finding, Rule
from streams.state import decode, encode, new_customer, written
from streams.timeline import RuleBooks
from streams.windows import Calendar
from streams.wire import Refusal
from streams.world import World

LARGEST = 262_144
CREDITS = frozenset(
    {
        Kind.DEPOSIT,
        Kind.TRANSFER_IN,
        Kind.SALARY,
        Kind.REDEMPTION,
        Kind.MATURITY,
        Kind.LOAN_DRAWDOWN,
        Kind.INTEREST,
        Kind.DIVIDEND,
        Kind.COUPON,
        Kind.INSURANCE_PAYOUT,
        Kind.ADJUSTMENT,
        Kind.VALUATION,
    }
)
"""Kinds that are a credit unless a test says otherwise."""

MINIMAL: dict[str, Any] = {
    "schema_version": 1,
    "event_id": "e1",
    "source": "core",
    "account_id": "a1",
    "customer_id": "c1",
    "asset_class": "demand_deposit",
    "kind": "deposit",
    "direction": "credit",
    "amount": "100.00",
    "currency": "CNY",
    "occurred_at": "2025-03-10T09:30:00+08:00",
}
"""A movement with nothing but what it must have."""

FULL: dict[str, Any] = {
    **MINIMAL,
    "branch": "sh/pudong/12",
    "balance_after": "1100.00",
    "product": "P-7",
    "instrument": "CNE1000003X6",
    "quantity": "12.50000001",
    "maturity_date": "2026-03-10",
    "booked_on": "2025-03-10",
    "value_date": "2025-03-11",
    "bank_transaction_code": "PMNT-RCDT-ESCT",
    "counterparty": {"name": "张三", "bank": "ICBKCNBJ", "account": "****1234", "customer_id": "c9"},
    "channel": "mobile",
    "snapshot": False,
}
"""A movement with everything it can have but what only a reversal has."""


def movement(**overrides: Any) -> bytes:
    """A valid movement as bytes; an override of None leaves the field out."""
    wanted = {**MINIMAL, **overrides}
    return json.dumps({name: value for name, value in wanted.items() if value is not None}, ensure_ascii=False).encode()


def posting(**overrides: Any) -> Posting:
    """A valid movement as the detector reads it."""
    found = read(movement(**overrides), str(overrides.get("customer_id", "c1")).encode(), LARGEST)
    assert not isinstance(found, Refusal), found
    return found


def instant(text: str, zone: str = "Asia/Shanghai") -> int:
    """Whole seconds since 1970 of a local time such as `2025-03-10 09:30`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def iso(at: int) -> str:
    """An instant as a movement writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def world(rules: dict[str, dict[str, Any]] | None = None, *, bank: Bank | None = None, history_days: int = 92, events: int = 512) -> World:
    """Rules with some of their settings changed, no rates, the bank's calendar."""
    bank = bank or Bank()
    settings = {name: RuleSettings.model_validate_json(json.dumps(setting)) for name, setting in (rules or {}).items()}
    return World(RuleBooks(bank, settings), Rates(bank.base_currency), Calendar(bank.time_zone), history_days, events)


@dataclass
class Detector:
    """Customers and what was told of them; event ids are made, times are local, detection is at the event's own time."""

    world: World = field(default_factory=world)
    customers: dict[str, Customer] = field(default_factory=dict)
    households: dict[str, Household] = field(default_factory=dict)
    told: list[Notification] = field(default_factory=list)
    made: int = 0
    last: Decision | None = None

    def customer(self, customer_id: str = "c1") -> Customer:
        """The customer, new if not seen before."""
        return self.customers.setdefault(customer_id, new_customer(customer_id))

    def account(self, account_id: str = "a1", customer_id: str = "c1") -> Account:
        """An account that has been seen."""
        return self.customer(customer_id).accounts[account_id]

    def profile(self, customer_id: str = "c1", **values: Any) -> None:
        """Give the customer a profile; its household, and the one it was in, hear of it."""
        customer = self.customer(customer_id)
        before = customer.profile
        customer.profile = Profile(offset=before.offset + 1, **values)
        for household_id, member, holds in membership(customer, before):
            self.household(household_id).learn(member, holds, customer.clock, of_households(self.world))

    def household(self, household_id: str) -> Household:
        """The household, new if not heard of before."""
        return self.households.setdefault(household_id, Household.born(household_id, []))

    def rate(self, currency: str, price: str, at: str = "2025-01-01 00:00") -> None:
        """Let a rate be known."""
        moment = datetime.fromtimestamp(instant(at), UTC)
        self.world.rates.learn(Price(of=currency, currency=self.world.rates.base, price=Decimal(price), at=moment))

    def price(self, instrument: str, price: str, at: str, currency: str = "CNY") -> None:
        """Let the price of an instrument be known, as of a local time."""
        moment = datetime.fromtimestamp(instant(at, self.world.calendar.zone.key), UTC)
        self.world.rates.learn(Price(of=instrument, currency=currency, price=Decimal(price), at=moment))

    def move(self, at: str, amount: str = "100.00", kind: str = "deposit", **overrides: Any) -> list[Notification]:
        """Decide one movement at a local time; what it told."""
        self.made += 1
        values = {
            "event_id": f"e{self.made}",
            "kind": kind,
            "amount": amount,
            "direction": "credit" if Kind(kind) in CREDITS else "debit",
            "occurred_at": iso(instant(at, self.world.calendar.zone.key)),
            **overrides,
        }
        return self.take(posting(**values))

    def take(self, one: Posting) -> list[Notification]:
        """Decide one posting, for its customer and then for the household; what it told."""
        at, customer = datetime.fromtimestamp(one.at, UTC), self.customer(one.customer_id)
        self.last = decide(customer, one, at, self.world)
        found, household_id = self.last.notifications, customer.profile.household_id
        if household_id is not None and self.last.result in TAKEN:
            found = found + self.household(household_id).take(one, at, of_households(self.world)).notifications
        self.told += found
        return found

    def reverse(self, at: str, original: str, original_at: str, amount: str, kind: str, **overrides: Any) -> list[Notification]:
        """Decide the reversal of a movement of that kind."""
        zone = self.world.calendar.zone.key
        values = {
            "direction": "debit" if Kind(kind) in CREDITS else "credit",
            "reverses": {"event_id": original, "occurred_at": iso(instant(original_at, zone)), "kind": kind},
            **overrides,
        }
        return self.move(at, amount, "reversal", **values)

    def until(self, at: str, customer_id: str = "c1") -> list[Notification]:
        """Let time pass for one customer and its household; what that told."""
        to = instant(at, self.world.calendar.zone.key)
        customer, then = self.customer(customer_id), datetime.fromtimestamp(to, UTC)
        found = pass_time(customer, to, then, self.world)
        if customer.profile.household_id is not None:
            found += self.household(customer.profile.household_id).pass_time(to, then, of_households(self.world))
        self.told += found
        return found

    def copy(self) -> Detector:
        """The same, to be led elsewhere."""
        twin = replace(self, customers={}, households={}, told=list(self.told))
        for customer_id, customer in self.customers.items():
            twin.customers[customer_id] = _twin(customer)
        for household_id, household in self.households.items():
            members = decode_members(encode_members(list(household.members.values())))
            twin.households[household_id] = Household(_twin(household.customer), {member.customer_id: member for member in members})
        return twin


def _twin(customer: Customer) -> Customer:
    kept, customer.unsaved = customer.unsaved, set(range(segments(customer)))
    unsettled, customer.history.unsettled = customer.history.unsettled, customer.history.settled > 0
    records = dict(encode(customer))
    other = decode(records[customer.customer_id.encode()], records.get)
    customer.history.unsettled = other.history.unsettled = unsettled
    customer.unsaved, other.unsaved, other.valued_at = kept, set(kept), customer.valued_at
    return other


def whole(customer: Customer) -> bytes:
    """All of a customer as bytes, to compare: two that mean the same are the same."""
    return written(customer) + repr((list(customer.events), list(customer.owned))).encode()


def debits_of(account: Account) -> list[tuple[int, int, int]]:
    """The account's external debits of the last 24 hours: event time, units, base-currency units."""
    entries = list(account.debits.entries)
    return list(zip(entries[::3], entries[1::3], entries[2::3], strict=True))


def said(found: list[Notification]) -> list[tuple[str, str]]:
    """Rule and status of each notification."""
    return [(one.rule.name, one.status.value) for one in found]


def of(found: list[Notification], rule: str) -> list[Notification]:
    """The notifications of one rule."""
    return [one for one in found if one.rule.name == rule]


def only(found: list[Notification], rule: str) -> Notification:
    """The one notification of a rule."""
    (one,) = of(found, rule)
    return one


def facts_of(rule: Rule[Any], finding: Finding[Any]) -> dict[str, str]:
    """What a rule adds to the evidence."""
    facts: Facts = rule.facts(finding)
    return dict(facts.facts)
