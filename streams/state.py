"""A customer's state as records of the changelog, and back.

A record is the instant of the next wake (8 bytes, big-endian, to be read by itself), the version (1 byte), and the fields in the order of
`written`: whole numbers as 8 bytes, little-endian; texts and lists with their length before them. A customer is one record under the
customer_id, and one for each sealed segment of the memory of event ids under the customer_id, a NUL and the segment's number, and one for
the older dates of its history under the customer_id, a NUL and `past`. That last one would be most of a state and is seldom
written, so it is packed (`pack_rows`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from librt.strings import BytesWriter, read_i16_le, read_i64_le, write_i16_le, write_i64_be, write_i64_le
from librt.vecs import append, vec
from mypy_extensions import i64, mypyc_attr

from streams.customer import IN_UNITS, NO_UNITS, UNCLEAR, Account, Condition, Customer, Profile, StandingOrder, Told
from streams.events import filling, recall, sealed, segments
from streams.history import CLOSE, WIDTH
from streams.memory import Dealt, Memory, Passing, Rhythm

STATE_VERSION: Final = 4
"""4 packs the older dates of a history; 3 knows in full what of an account is held in units."""
OLDEST_VERSION: Final = 2
"""The oldest that is still read."""
_VERSION_AT: Final = 8
_POSITIVE: Final[i64] = (1 << 63) - 1
_WITHOUT_SIGN: Final[i64] = (1 << 57) - 1
"""What is left of 64 bits that were shifted by seven, whatever the highest was."""
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
    _write_text(to, customer.customer_id)
    write_i64_le(to, customer.clock)
    write_i64_le(to, customer.position)
    write_i64_le(to, customer.first_seen)
    write_i64_le(to, customer.moved_on)
    write_i64_le(to, customer.active)
    _write_text(to, customer.tier)
    write_i64_le(to, customer.aum)
    write_i64_le(to, customer.owed)
    write_i64_le(to, customer.turnover)
    write_i64_le(to, len(customer.accounts))
    for name, account in customer.accounts.items():
        _write_text(to, name)
        _write_account(to, account)
    history = customer.history
    write_i64_le(to, history.kept_from)
    write_i64_le(to, history.settled)
    _write_numbers(to, history.rows[history.settled :] if history.settled > 0 else history.rows)
    _write_numbers(to, customer.classes.entries)
    _write_memory(to, customer.memory)
    write_i16_le(to, len(customer.conditions))
    for key, condition in customer.conditions.items():
        _write_text(to, key)
        _write_text(to, condition.notification_id)
        _write_text(to, condition.severity)
        write_i64_le(to, condition.opened_at)
        write_i64_le(to, condition.cooling_until)
        _write_text(to, condition.opened_by)
    write_i16_le(to, len(customer.latched))
    for latch in customer.latched:
        _write_text(to, latch)
    write_i16_le(to, len(customer.told))
    for told in customer.told:
        write_i64_le(to, told.event)
        _write_text(to, told.rule)
        _write_text(to, told.dedup_key)
        _write_text(to, told.notification_id)
        _write_text(to, told.severity)
        _write_text(to, told.account_id)
    write_i16_le(to, len(customer.reversed))
    for digest in customer.reversed:
        write_i64_le(to, digest)
    _write_profile(to, customer.profile)
    write_i64_le(to, customer.cursor)
    write_i16_le(to, segments(customer))
    _write_numbers(to, filling(customer))
    return to.getvalue()


def _write_memory(to: BytesWriter, memory: Memory) -> None:
    _write_numbers(to, memory.credited)
    _write_numbers(to, memory.debited)
    _write_numbers(to, memory.payees)
    _write_numbers(to, memory.payments)
    _write_numbers(to, memory.elsewhere)
    write_i16_le(to, len(memory.passing))
    for passing in memory.passing:
        write_i64_le(to, passing.at)
        write_i64_le(to, passing.value)
        write_i64_le(to, passing.out)
        _write_text(to, passing.identity)
        _write_text(to, passing.tier)
        to.append(1 if passing.told else 0)
    write_i16_le(to, len(memory.rhythms))
    for rhythm in memory.rhythms:
        _write_text(to, rhythm.payer)
        write_i16_le(to, len(rhythm.days))
        for day in rhythm.days:
            write_i64_le(to, day)
    _write_numbers(to, memory.salaries)
    write_i16_le(to, len(memory.dealt))
    for dealt in memory.dealt:
        write_i64_le(to, dealt.at)
        write_i64_le(to, dealt.day)
        write_i64_le(to, dealt.value)
        _write_text(to, dealt.identity)
    _write_numbers(to, memory.fired)
    _write_numbers(to, memory.warned)
    write_i16_le(to, len(memory.regulars))
    for payee, name in memory.regulars.items():
        write_i64_le(to, payee)
        _write_text(to, name)
    write_i64_le(to, memory.tier_since)
    _write_text(to, memory.tier_before)
    _write_numbers(to, memory.valued)


def _write_account(to: BytesWriter, account: Account) -> None:
    to.append(account.asset_class)
    _write_text(to, account.currency)
    write_i64_le(to, account.balance)
    value = account.value
    write_i64_le(to, _NONE if value is None else value)
    write_i64_le(to, account.latest)
    write_i64_le(to, account.gap)
    write_i64_le(to, account.gap_at)
    write_i64_le(to, account.opening)
    write_i64_le(to, account.opened_at)
    write_i64_le(to, account.held)
    write_i64_le(to, account.seeded_at)
    write_i64_le(to, account.first_at)
    write_i64_le(to, account.unsure)
    write_i16_le(to, len(account.breaks))
    for broke_at in account.breaks:
        write_i64_le(to, broke_at)
    to.append(account.units)
    write_i64_le(to, account.stated_at)
    write_i64_le(to, account.priced_at)
    _write_text(to, account.instrument)
    _write_text(to, account.product)
    _write_text(to, account.maturity)
    _write_text(to, account.issuer)
    to.append(account.risk_score)
    write_i64_le(to, account.overdue_days)
    _write_numbers(to, account.debits.entries)


def _write_profile(to: BytesWriter, profile: Profile) -> None:
    write_i64_le(to, profile.offset)
    _write_text(to, profile.segment)
    _write_text(to, profile.tier)
    _write_text(to, profile.household_id)
    _write_text(to, profile.manager_id)
    _write_text(to, profile.branch)
    to.append(profile.risk_profile)
    write_i16_le(to, len(profile.target))
    for share in profile.target:
        write_i64_le(to, share)
    write_i16_le(to, len(profile.standing))
    for order in profile.standing:
        _write_text(to, order.account_id)
        write_i64_le(to, order.units)
        write_i64_le(to, order.day)
        write_i64_le(to, order.until)
    write_i64_le(to, profile.born_on)
    write_i64_le(to, profile.customer_since)
    write_i64_le(to, profile.last_contact_on)


def _write_text(to: BytesWriter, text: str | None) -> None:
    if text is None:
        write_i16_le(to, -1)
        return
    encoded = text.encode()
    write_i16_le(to, len(encoded))
    to.write(encoded)


def _write_numbers(to: BytesWriter, numbers: vec[i64]) -> None:
    size: i64 = len(numbers)
    write_i64_le(to, size)
    if size > 64:
        to.write(bytes(memoryview(numbers)))
        return
    place: i64 = 0
    while place < size:
        write_i64_le(to, numbers[place])
        place += 1


def _block(numbers: vec[i64]) -> bytes:
    to = BytesWriter()
    _write_numbers(to, numbers)
    return to.getvalue()


def pack_rows(rows: vec[i64]) -> bytes:
    """Rows of a history in few bytes: of usual amounts, less than half of those that they have in memory.

    -1 less how many numbers there are, as 8 bytes; then each number, a date and a close less the one of the row before, with its sign in
    the lowest bit, seven bits a byte, the lowest first, and the highest bit set where more follow (as Protocol Buffers' `sint64`).
    """
    to = BytesWriter()
    size: i64 = len(rows)
    write_i64_le(to, -1 - size)
    place: i64 = 0
    while place < size:
        number = rows[place]
        column = place % WIDTH
        if place >= WIDTH and (column == 0 or column == CLOSE):
            number -= rows[place - WIDTH]
        left = (number << 1) ^ (number >> 63)
        while left < 0 or left >= 128:  # below 0 where all 64 bits are in use
            to.append((left & 127) | 128)
            left = (left >> 7) & _WITHOUT_SIGN
        to.append(left)
        place += 1
    return to.getvalue()


class _Reader:
    """Reads what `_write` wrote, field by field."""

    def __init__(self, data: bytes, place: int) -> None:
        self.data = data
        self.place: i64 = place

    def byte(self) -> int:
        found = self.data[self.place]
        self.place += 1
        return found

    def short(self) -> int:
        found = int(read_i16_le(self.data, self.place))
        self.place += 2
        return found

    def number(self) -> int:
        found = int(read_i64_le(self.data, self.place))
        self.place += 8
        return found

    def text(self) -> str:
        size: i64 = self.short()
        begin = self.place
        self.place = begin + size
        return self.data[begin : begin + size].decode()

    def text_or_none(self) -> str | None:
        if read_i16_le(self.data, self.place) < 0:
            self.place += 2
            return None
        return self.text()

    def rows(self) -> vec[i64]:
        """What `pack_rows` wrote, or the numbers that a version before it did."""
        size: i64 = -1 - read_i64_le(self.data, self.place)
        if size < 0:
            return self.numbers()
        found = vec[i64](capacity=size)
        data = self.data
        place: i64 = self.place + 8
        for at in range(size):
            left: i64 = 0
            shift: i64 = 0
            while True:
                byte: i64 = data[place]
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
        self.place = place
        return found

    def numbers(self) -> vec[i64]:
        size: i64 = self.number()
        found = vec[i64](capacity=size)
        for _ in range(size):
            found = append(found, read_i64_le(self.data, self.place))
            self.place += 8
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
    held = _Reader(value, _VERSION_AT + 1)
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
    rows = held.numbers()
    past = find(past_key(customer.customer_id.encode())) if settled else None
    customer.history.again(rows, vec[i64]() if past is None else _Reader(past, 0).rows(), settled, kept_from)
    customer.classes.entries = held.numbers()
    _read_memory(held, customer.memory, version)
    for _ in range(held.short()):
        key = held.text()
        customer.conditions[key] = Condition(key.partition(":")[0], held.text(), held.text(), held.number(), held.number(), held.text())
    for _ in range(held.short()):
        customer.latched.append(held.text())
    for _ in range(held.short()):
        customer.told.append(Told(held.number(), held.text(), held.text(), held.text(), held.text(), held.text()))
    for _ in range(held.short()):
        customer.reversed.append(held.number())
    customer.profile = _read_profile(held)
    customer.cursor = held.number()
    count = held.short()
    filled = held.numbers()
    own = customer.customer_id.encode()
    others: list[tuple[int, vec[i64]]] = []
    for number in range(count):
        block = find(segment_key(own, number))
        if block is not None:
            others.append((number, _Reader(block, 0).numbers()))
    recall(customer, count, filled, others)
    return customer


def _read_memory(held: _Reader, memory: Memory, version: int) -> None:
    memory.credited = held.numbers()
    memory.debited = held.numbers()
    memory.payees = held.numbers()
    memory.payments = held.numbers()
    memory.elsewhere = held.numbers()
    for _ in range(held.short()):
        memory.passing.append(Passing(held.number(), held.number(), held.number(), held.text(), held.text(), held.byte() == 1))
    for _ in range(held.short()):
        payer = held.text()
        memory.rhythms.append(Rhythm(payer, [held.number() for _ in range(held.short())]))
    memory.salaries = held.numbers()
    for _ in range(held.short()):
        memory.dealt.append(Dealt(held.number(), held.number(), held.number(), held.text()))
    memory.fired = held.numbers()
    memory.warned = held.numbers()
    for _ in range(held.short()):
        payee = held.number()
        memory.regulars[payee] = held.text()
    memory.tier_since = held.number()
    memory.tier_before = held.text()
    if version > OLDEST_VERSION:
        memory.valued = held.numbers()


def _read_profile(held: _Reader) -> Profile:
    profile = Profile(held.number(), held.text(), held.text_or_none(), held.text_or_none(), held.text_or_none(), held.text())
    profile.risk_profile = held.byte()
    for _ in range(held.short()):
        profile.target.append(held.number())
    for _ in range(held.short()):
        profile.standing.append(StandingOrder(held.text(), held.number(), held.number(), held.number()))
    profile.born_on = held.number()
    profile.customer_since = held.number()
    profile.last_contact_on = held.number()
    return profile


def _read_account(held: _Reader, version: int) -> Account:
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
        for _ in range(held.short()):
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
    account.debits.entries = held.numbers()
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


def is_segment(key: bytes) -> bool:
    """Whether a record is beside a customer's own: a segment, or the older dates."""
    return b"\x00" in key
