"""Numbers and screens of the rules about single movements and the shapes of a few: R03 to R06, R08, R16, R17."""

from __future__ import annotations

from math import log10
from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

from schemas.movements import Flow
from streams.customer import Customer
from streams.memory import PASSING_SECONDS, PAYMENT_DAYS, Memory, Passing
from streams.portfolio import Effect
from streams.screens import Screen

_FINANCED: Final = Flow.FINANCED
_ELSEWHERE: Final = 4
_PAYMENT: Final = 4
_DIGITS: Final = 1_000_000_000_000
"""A logarithm is kept as a whole number of these parts: coarse enough for every machine's library to say the same."""
MILLION: Final = 1_000_000


class Spread:
    """An amount against those before it: the centre and the spread of their logarithms, and how far off it is."""

    def __init__(self, count: int, centre: int, mad: int, z: int) -> None:
        self.count = count
        self.centre = centre
        """Twice the median of log10, in parts of `_DIGITS`."""
        self.mad = mad
        """Four times the median of the absolute deviations from it."""
        self.z = z
        """0.6745 x (log10 of the amount - median) / MAD, in millionths, rounded down."""


def spread(amounts: vec[i64], last: int, least: int) -> Spread | None:
    """The latest of these amounts against the `last` before it; None if they are fewer than `least` or do not differ.

    Amounts of 0 had no rate: they are none.
    """
    end: i64 = len(amounts) - 1
    if end < least or amounts[end] <= 0:
        return None
    logs: list[int] = []
    place = end - 1
    while place >= 0 and len(logs) < last:
        if amounts[place] > 0:
            logs.append(_log(amounts[place]))
        place -= 1
    count = len(logs)
    if count < least:
        return None
    centre = _twice_the_median(logs)
    mad = _twice_the_median([abs(2 * one - centre) for one in logs])
    if mad == 0:
        return None
    return Spread(count, centre, mad, 6_745 * 200 * (2 * _log(amounts[end]) - centre) // mad)


def _log(amount: i64) -> int:
    return int(log10(amount) * _DIGITS + 0.5)


def _twice_the_median(numbers: list[int]) -> int:
    numbers.sort()
    size = len(numbers)
    return numbers[(size - 1) // 2] + numbers[size // 2]


class Unusual(Screen):
    """The amount's z has reached so many millionths."""

    def __init__(self, last: int, least: int, z: int) -> None:
        self.last = last
        self.least = least
        self.z = z

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        memory = customer.memory
        found = spread(memory.credited if effect.credit else memory.debited, self.last, self.least)
        return found is not None and found.z >= self.z


class FirstPayment(Screen):
    """Nothing is known to have been paid to this payee in so many dates."""

    def __init__(self, days: int) -> None:
        self.days = days

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return effect.payee != 0 and (effect.paid_before == 0 or effect.clock_day - effect.paid_before > self.days)


class LatestWentTo(Screen):
    """The latest transfer or cheque that is remembered went to one of these institutions."""

    def __init__(self, listed: frozenset[int]) -> None:
        self.listed = listed

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        entries = customer.memory.elsewhere
        size: i64 = len(entries)
        return size > 0 and (entries[size - _ELSEWHERE] in self.listed or entries[size - _ELSEWHERE + 1] in self.listed)


def sent_to(memory: Memory, listed: frozenset[int], first: i64, last: i64, least: int = 0) -> int:
    """What went to these institutions from `first` to `last`, both included; 0 where all that went elsewhere is less than `least`."""
    entries = memory.elsewhere
    size: i64 = len(entries)
    place: i64 = 0
    total: int = 0
    while place < size:
        if first <= entries[place + 2] <= last:
            total += entries[place + 3]
        place += _ELSEWHERE
    if total < least:
        return 0
    total = 0
    place = 0
    while place < size:
        if first <= entries[place + 2] <= last and (entries[place] in listed or entries[place + 1] in listed):
            total += entries[place + 3]
        place += _ELSEWHERE
    return total


class SentToReaches(Screen):
    """What went to these institutions in so many dates, the current one included, has reached an amount."""

    def __init__(self, days: int, amount: int, listed: frozenset[int]) -> None:
        self.days = days
        self.amount = amount
        self.listed = listed

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        day = effect.clock_day
        return sent_to(customer.memory, self.listed, day - self.days + 1, day, self.amount) >= self.amount

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False


class HasTerm(Screen):
    """The account is an asset that matures at a date."""

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return effect.account.maturity is not None and not effect.account.is_liability


class OfLoan(Screen):
    """A loan is drawn or paid back, or more overdue than it was."""

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        account = effect.account
        return account.is_liability and (effect.flow is _FINANCED or account.overdue_days > effect.overdue_before)


def completed(memory: Memory, at: int, share: int, least: int) -> list[Passing]:
    """The credits of which so many millionths have left with the debit that happened at an instant, the earliest first.

    Only credits of at least `least`, of the 48 hours before that instant, that have not triggered yet.
    """
    found: list[Passing] = []
    for one in memory.passing:
        if one.value >= least and not one.told and one.at <= at <= one.at + PASSING_SECONDS and one.out * MILLION >= share * one.value:
            place = len(found)
            while place > 0 and found[place - 1].at > one.at:
                place -= 1
            found.insert(place, one)
    return found


class PassesThrough(Screen):
    """A debit completes the share of a credit."""

    def __init__(self, share: int, least: int) -> None:
        self.share = share
        self.least = least

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return len(completed(customer.memory, effect.at, self.share, self.least)) > 0


class Paid:
    """What was paid to one payee in a window."""

    def __init__(self) -> None:
        self.count: int = 0
        self.total: int = 0
        self.largest: int = 0
        self.day: int = 0
        """Of the payment that arrived last."""
        self.before: int = 0
        """AUM before it."""


def paid_to(memory: Memory, payee: i64, day: i64) -> Paid:
    """What was paid to a payee in the 30 dates up to `day`."""
    found = Paid()
    payments = memory.payments
    size: i64 = len(payments)
    place: i64 = 0
    while place < size:
        if payments[place] == payee and day - PAYMENT_DAYS < payments[place + 1] <= day:
            value = payments[place + 2]
            found.count += 1
            found.total += value
            if value > found.largest:
                found.largest = value
            found.day, found.before = payments[place + 1], payments[place + 3]
        place += _PAYMENT
    return found


def leaving(memory: Memory, day: i64) -> list[int]:
    """The payees of the payments that have just left the 30 dates up to `day`, each once."""
    found: list[int] = []
    payments = memory.payments
    size: i64 = len(payments)
    place: i64 = 0
    while place < size:
        if payments[place + 1] == day - PAYMENT_DAYS and payments[place] not in found:
            found.append(payments[place])
        place += _PAYMENT
    return found


class Drips(Screen):
    """So many payments to one payee have reached an amount: at a movement, to its payee; at a close, to one of whom a payment leaves."""

    def __init__(self, least: int, amount: int) -> None:
        self.least = least
        self.amount = amount

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return effect.payee != 0 and self._drips(customer.memory, effect.payee, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        if len(customer.memory.payments) <= self.least * _PAYMENT:
            return False
        return any(self._drips(customer.memory, payee, day) for payee in leaving(customer.memory, day))

    def _drips(self, memory: Memory, payee: i64, day: i64) -> bool:
        found = paid_to(memory, payee, day)
        return found.count >= self.least and found.total >= self.amount
