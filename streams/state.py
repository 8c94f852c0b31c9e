"""A customer's state as records of the changelog, and back.

A record is the instant of the next wake (8 bytes, big-endian, to be read by itself), the version (1 byte), and the fields in the order of
`written`, packed (`streams.packing`): most numbers are small, so that a state takes less than half of what it has in memory. A customer is
one record under the customer_id, and one for each sealed segment of the memory of event ids under the customer_id, a NUL and the segment's
number, and one for the older dates of its history, which are seldom written, under the customer_id, a NUL and `past`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from librt.strings import BytesWriter, read_i64_le, write_i64_be, write_i64_le
from librt.vecs import append, vec
from mypy_extensions import i64, mypyc_attr

from streams.customer import IN_UNITS, NO_UNITS, UNCLEAR, Account, Condition, Customer, Profile, StandingOrder, Told
from streams.events import SEGMENT, filling, recall, sealed, segments
from streams.history import CLOSE, WIDTH
from streams.memory import Dealt, Memory, Passing, Rhythm
from streams.packing import Reader, write_number, write_numbers, write_plain, write_text

STATE_VERSION: Final = 5
"""5 packs all of a record; 4 packed the older dates of a history; 3 knows in full what of an account is held in units."""
_PACKED: Final = 5
OLDEST_VERSION: Final = 2
"""The oldest that is still read."""
_VERSION_AT: Final = 8
_TRIMMED: Final[i64] = -(1 << 62)
"""Before the older dates of a history as they are packed now."""
ROW_LESS: Final[i64] = 1 | 1 << CLOSE
"""Columns of a list that are written less those of the row before: dates, and what changes little from one to the next."""
_CLASS_LESS: Final[i64] = 1
_PAYEE_LESS: Final[i64] = 0b10
_PAYMENT_LESS: Final[i64] = 0b1010
_ELSEWHERE_LESS: Final[i64] = 0b100
_SALARY_LESS: Final[i64] = 1
_FIRED_LESS: Final[i64] = 0b10
_DEBIT_LESS: Final[i64] = 1
_POSITIVE: Final[i64] = (1 << 63) - 1
_NONE: Final = -(2**63)
"""Instead of a number that is not there."""


@mypyc_attr(native_class=False)
class NewerStateError(RuntimeError):
    """The changelog was written by a later version of wealthwatch, which this one cannot read."""


@mypyc_attr(native_class=False)
class OlderStateError(RuntimeError):
    """The changelog was written by a version of wealthwatch that this one no longer reads."""


def new_customer(customer_id: str) -> Customer:
    """A customer of whom nothing is known."""
    return Customer(customer_id)


def encode(customer: Customer) -> list[tuple[bytes, bytes]]:
    """The records that changed since the last time, key and value; the customer's own is the last."""
    key = customer.customer_id.encode()
    history = customer.history
    own = (key, written(customer))
    if not customer.unsaved and not history.unsettled:
        return [own]
    records = [(segment_key(key, number), _block(sealed(customer, number))) for number in sorted(customer.unsaved)]
    customer.unsaved.clear()
    if history.unsettled:
        records.append((past_key(key), pack_rows(history.rows[: history.settled])))
        history.unsettled = False
    records.append(own)
    return records


def written(customer: Customer) -> bytes:
    """The customer's own record."""
    to = BytesWriter()
    write_i64_be(to, customer.wake)
    to.append(STATE_VERSION)
    write_text(to, customer.customer_id)
    write_number(to, customer.clock)
    write_number(to, customer.position)
    write_number(to, customer.first_seen)
    write_number(to, customer.moved_on)
    write_number(to, customer.active)
    write_text(to, customer.tier)
    write_number(to, customer.aum)
    write_number(to, customer.owed)
    write_number(to, customer.turnover)
    write_number(to, len(customer.accounts))
    for name, account in customer.accounts.items():
        write_text(to, name)
        _write_account(to, account)
    history = customer.history
    write_number(to, history.kept_from)
    write_number(to, history.settled)
    write_numbers(to, history.rows[history.settled :] if history.settled > 0 else history.rows, WIDTH, ROW_LESS)
    write_numbers(to, customer.classes.entries, 2, _CLASS_LESS)
    _write_memory(to, customer.memory)
    write_number(to, len(customer.conditions))
    for key, condition in customer.conditions.items():
        write_text(to, key)
        write_text(to, condition.notification_id)
        write_text(to, condition.severity)
        write_number(to, condition.opened_at)
        write_number(to, condition.cooling_until)
        write_text(to, condition.opened_by)
    write_number(to, len(customer.latched))
    for latch in customer.latched:
        write_text(to, latch)
    write_number(to, len(customer.told))
    for told in customer.told:
        write_number(to, told.event)
        write_text(to, told.rule)
        write_text(to, told.dedup_key)
        write_text(to, told.notification_id)
        write_text(to, told.severity)
        write_text(to, told.account_id)
    write_number(to, len(customer.reversed))
    for digest in customer.reversed:
        write_number(to, digest)
    _write_profile(to, customer.profile)
    write_number(to, customer.cursor)
    write_number(to, segments(customer))
    write_plain(to, filling(customer))
    return to.getvalue()


def _write_memory(to: BytesWriter, memory: Memory) -> None:
    write_numbers(to, memory.credited)
    write_numbers(to, memory.debited)
    write_numbers(to, memory.payees, 2, _PAYEE_LESS)
    write_numbers(to, memory.payments, 4, _PAYMENT_LESS)
    write_numbers(to, memory.elsewhere, 4, _ELSEWHERE_LESS)
    write_number(to, len(memory.passing))
    for passing in memory.passing:
        write_number(to, passing.at)
        write_number(to, passing.value)
        write_number(to, passing.out)
        write_text(to, passing.identity)
        write_text(to, passing.tier)
        to.append(1 if passing.told else 0)
    write_number(to, len(memory.rhythms))
    for rhythm in memory.rhythms:
        write_text(to, rhythm.payer)
        write_number(to, len(rhythm.days))
        for day in rhythm.days:
            write_number(to, day)
    write_numbers(to, memory.salaries, 2, _SALARY_LESS)
    write_number(to, len(memory.dealt))
    for dealt in memory.dealt:
        write_number(to, dealt.at)
        write_number(to, dealt.day)
        write_number(to, dealt.value)
        write_text(to, dealt.identity)
    write_numbers(to, memory.fired, 3, _FIRED_LESS)
    write_numbers(to, memory.warned)
    write_number(to, len(memory.regulars))
    for payee, name in memory.regulars.items():
        write_number(to, payee)
        write_text(to, name)
    write_number(to, memory.tier_since)
    write_text(to, memory.tier_before)
    write_numbers(to, memory.valued)


def _write_account(to: BytesWriter, account: Account) -> None:
    to.append(account.asset_class)
    write_text(to, account.currency)
    write_number(to, account.balance)
    value = account.value
    write_number(to, _NONE if value is None else value)
    write_number(to, account.latest)
    write_number(to, account.gap)
    write_number(to, account.gap_at)
    write_number(to, account.opening)
    write_number(to, account.opened_at)
    write_number(to, account.held)
    write_number(to, account.seeded_at)
    write_number(to, account.first_at)
    write_number(to, account.unsure)
    write_number(to, len(account.breaks))
    for broke_at in account.breaks:
        write_number(to, broke_at)
    to.append(account.units)
    write_number(to, account.stated_at)
    write_number(to, account.priced_at)
    write_text(to, account.instrument)
    write_text(to, account.product)
    write_text(to, account.maturity)
    write_text(to, account.issuer)
    to.append(account.risk_score)
    write_number(to, account.overdue_days)
    write_numbers(to, account.debits.entries, 3, _DEBIT_LESS)


def _write_profile(to: BytesWriter, profile: Profile) -> None:
    write_number(to, profile.offset)
    write_text(to, profile.segment)
    write_text(to, profile.tier)
    write_text(to, profile.household_id)
    write_text(to, profile.manager_id)
    write_text(to, profile.branch)
    to.append(profile.risk_profile)
    write_number(to, len(profile.target))
    for share in profile.target:
        write_number(to, share)
    write_number(to, len(profile.standing))
    for order in profile.standing:
        write_text(to, order.account_id)
        write_number(to, order.units)
        write_number(to, order.day)
        write_number(to, order.until)
    write_number(to, profile.born_on)
    write_number(to, profile.customer_since)
    write_number(to, profile.last_contact_on)


def _block(numbers: vec[i64]) -> bytes:
    to = BytesWriter()
    write_plain(to, numbers)
    return to.getvalue()


def pack_rows(rows: vec[i64]) -> bytes:
    """The record of the older dates of a history."""
    to = BytesWriter()
    write_i64_le(to, _TRIMMED)
    write_numbers(to, rows, WIDTH, ROW_LESS)
    return to.getvalue()


def _rows_of(past: bytes) -> vec[i64]:
    """What `pack_rows` wrote; or what version 4 did, each as a `sint64` of Protocol Buffers after -1 less their number; or one before."""
    head: i64 = read_i64_le(past, 0)
    if head == _TRIMMED:
        return Reader(past, 8).numbers(WIDTH, ROW_LESS)
    if head >= 0:
        return Reader(past, 0).digests()
    size = -1 - head
    found = vec[i64](capacity=size)
    place: i64 = 8
    for at in range(size):
        left: i64 = 0
        shift: i64 = 0
        while True:
            byte: i64 = past[place]
            place += 1
            left |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
        number = ((left >> 1) & _POSITIVE) ^ -(left & 1)
        column = at % WIDTH
        if at >= WIDTH and (column == 0 or column == CLOSE):
            number += found[at - WIDTH]
        found = append(found, number)
    return found


def decode(value: bytes, find: Callable[[bytes], bytes | None]) -> Customer:
    """The customer of a record; `find` looks up the segments' records.

    Raises:
        NewerStateError: a later version wrote it.
        OlderStateError: a version wrote it that is no longer read.
    """
    version = value[_VERSION_AT]
    if value[:1] == b"[" or version < OLDEST_VERSION:
        raise OlderStateError("the changelog is of a version that is no longer read: remove its topic and replay the movements")
    if version > STATE_VERSION:
        raise NewerStateError(f"the state has version {version}, this wealthwatch reads up to {STATE_VERSION}: install the newer one")
    held = Reader(value, _VERSION_AT + 1, plain=version < _PACKED)
    customer = Customer(held.text())
    customer.wake = wake_of(value)
    customer.clock = held.number()
    customer.position = held.number()
    customer.first_seen = held.number()
    customer.moved_on = held.number()
    customer.active = held.number()
    customer.tier = held.text()
    customer.aum = held.number()
    customer.owed = held.number()
    customer.turnover = held.number()
    for _ in range(held.number()):
        name = held.text()
        account = customer.accounts[name] = _read_account(held, version)
        if not account.is_liability:
            customer.owned[account.asset_class] = customer.owned[account.asset_class] + (account.value or 0)
    customer.in_units = any(account.units == IN_UNITS for account in customer.accounts.values())
    kept_from, settled = held.number(), held.number()
    rows = held.numbers(WIDTH, ROW_LESS)
    past = find(past_key(customer.customer_id.encode())) if settled else None
    customer.history.again(rows, vec[i64]() if past is None else _rows_of(past), settled, kept_from)
    customer.classes.entries = held.numbers(2, _CLASS_LESS)
    _read_memory(held, customer.memory, version)
    for _ in range(held.count()):
        key = held.text()
        customer.conditions[key] = Condition(key.partition(":")[0], held.text(), held.text(), held.number(), held.number(), held.text())
    for _ in range(held.count()):
        customer.latched.append(held.text())
    for _ in range(held.count()):
        customer.told.append(Told(held.number(), held.text(), held.text(), held.text(), held.text(), held.text()))
    for _ in range(held.count()):
        customer.reversed.append(held.number())
    customer.profile = _read_profile(held)
    customer.cursor = held.number()
    count = held.count()
    filled = held.digests()
    own = customer.customer_id.encode()
    others: list[tuple[int, vec[i64]]] = []
    is_filling = customer.cursor // SEGMENT if len(filled) > 0 else -1  # whatever is there of an earlier round has been forgotten
    for number in range(count):
        if number == is_filling:
            continue
        block = find(segment_key(own, number))
        if block is not None:
            others.append((number, Reader(block, 0).digests()))
    recall(customer, count, filled, others)
    return customer


def _read_memory(held: Reader, memory: Memory, version: int) -> None:
    memory.credited = held.numbers()
    memory.debited = held.numbers()
    memory.payees = held.numbers(2, _PAYEE_LESS)
    memory.payments = held.numbers(4, _PAYMENT_LESS)
    memory.elsewhere = held.numbers(4, _ELSEWHERE_LESS)
    for _ in range(held.count()):
        memory.passing.append(Passing(held.number(), held.number(), held.number(), held.text(), held.text(), held.byte() == 1))
    for _ in range(held.count()):
        payer = held.text()
        memory.rhythms.append(Rhythm(payer, [held.number() for _ in range(held.count())]))
    memory.salaries = held.numbers(2, _SALARY_LESS)
    for _ in range(held.count()):
        memory.dealt.append(Dealt(held.number(), held.number(), held.number(), held.text()))
    memory.fired = held.numbers(3, _FIRED_LESS)
    memory.warned = held.numbers()
    for _ in range(held.count()):
        payee = held.number()
        memory.regulars[payee] = held.text()
    memory.tier_since = held.number()
    memory.tier_before = held.text()
    if version > OLDEST_VERSION:
        memory.valued = held.numbers()


def _read_profile(held: Reader) -> Profile:
    profile = Profile(held.number(), held.text(), held.text_or_none(), held.text_or_none(), held.text_or_none(), held.text())
    profile.risk_profile = held.byte()
    for _ in range(held.count()):
        profile.target.append(held.number())
    for _ in range(held.count()):
        profile.standing.append(StandingOrder(held.text(), held.number(), held.number(), held.number()))
    profile.born_on = held.number()
    profile.customer_since = held.number()
    profile.last_contact_on = held.number()
    return profile


def _read_account(held: Reader, version: int) -> Account:
    account = Account(held.byte(), held.text())
    account.balance = held.number()
    value = held.number()
    account.value = None if value == _NONE else value
    account.latest = held.number()
    account.gap = held.number()
    account.gap_at = held.number()
    account.opening = held.number()
    account.opened_at = held.number()
    account.held = held.number()
    account.seeded_at = held.number()
    if version == OLDEST_VERSION:
        # It did not keep whether the quantity was all there is, so that the balance stays the value until a snapshot says so.
        account.units, account.stated_at = UNCLEAR if account.held else NO_UNITS, account.latest
        account.first_at = account.opened_at if account.opening else 0
        account.breaks = [account.gap_at] if account.gap else []
    else:
        account.first_at = held.number()
        account.unsure = held.number()
        for _ in range(held.count()):
            account.breaks.append(held.number())
        account.units = held.byte()
        account.stated_at = held.number()
        account.priced_at = held.number()
    account.instrument = held.text_or_none()
    account.product = held.text_or_none()
    account.maturity = held.text_or_none()
    account.issuer = held.text_or_none()
    account.risk_score = held.byte()
    account.overdue_days = held.number()
    account.debits.entries = held.numbers(3, _DEBIT_LESS)
    return account


def wake_of(value: bytes) -> int:
    """The `wake` of a record without decoding the rest."""
    return int.from_bytes(value[:8], "big", signed=True)


def segment_key(key: bytes, number: int) -> bytes:
    """Key of a segment's record."""
    return b"%s\x00%d" % (key, number)


def past_key(key: bytes) -> bytes:
    """Key of the record of a customer's older dates."""
    return key + b"\x00past"


def names_of(keys: list[bytes]) -> list[str]:
    """The customers whose own records these keys are."""
    return [key.decode() for key in keys if not is_segment(key)]


def is_segment(key: bytes) -> bool:
    """Whether a record is beside a customer's own: a segment, or the older dates."""
    return 0 in key  # the byte: to look for b"\x00" takes ten times as long
