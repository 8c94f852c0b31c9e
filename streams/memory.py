"""What is remembered of single movements, for the rules that look at more than sums: amounts, payees, large credits, salaries.

All of it is bounded, and independent of which rules there are: a rule that is new sees the past.
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i64_le
from librt.vecs import append, vec
from mypy_extensions import i64
from xxhash import xxh3_64_digest

AMOUNTS: Final = 51
"""Amounts kept of each direction: the fifty that R03 compares with, and the movement itself."""
MOST_PAYEES: Final = 128
PAYEE_DAYS: Final = 731
"""Two years, a leap day included."""
MOST_PAYMENTS: Final = 512
_PAYMENT: Final = 4
"""Numbers of a payment."""
REGULAR: Final = 4
"""From so many payments on a payee's name is kept, since a rule may have to say it when no movement does."""
MOST_REGULARS: Final = 16
PAYMENT_DAYS: Final = 30
MOST_ELSEWHERE: Final = 256
ELSEWHERE_DAYS: Final = 90
PASSING_SECONDS: Final = 172_800
MOST_PASSING: Final = 32
MOST_RHYTHMS: Final = 8
MOST_BEATS: Final = 25
SALARY_DAYS: Final = 62
"""Two months: the amounts of salaries are kept for so many dates."""
MOST_SALARIES: Final = 16
MOST_DEALT: Final = 32
DEALT_DAYS: Final = 45
"""Longer than any number of working days within which proceeds may be placed again."""
FIRED_DAYS: Final = 92
FIRED_EACH: Final = 2
MOST_WARNED: Final = 8
MOST_VALUED: Final = 64
OWN: Final = -1
"""Instead of a value: the other side was the customer's own, so that it was no flow."""
UNKNOWN_VALUE: Final = -2
"""The movement is not among those remembered, and was worth what its reversal says."""


def name_of(text: str) -> int:
    """A name as a number: 64 bits of XXH3."""
    return read_i64_le(xxh3_64_digest(text.encode()), 0)


def institution(bank: str) -> str:
    """A bank as it is looked up: of a BIC of eleven characters, the eight that stand for the institution and not for a branch."""
    return bank[:8] if len(bank) == 11 and bank.isascii() and bank.isalnum() and bank.isupper() else bank


class Passing:
    """An external credit of the last 48 hours, and what has left since."""

    def __init__(self, at: int, value: int, out: int, identity: str, tier: str, told: bool) -> None:
        self.at = at
        self.value = value
        self.tier = tier
        """The customer's, as decided when it came."""
        self.out = out
        """External debits that arrived after it and happened at it or later, at most 48 hours."""
        self.identity = identity
        """Of the credit: source, slash, event_id."""
        self.told = told
        """It has triggered R16 already."""


class Rhythm:
    """The dates of one payer's salaries, the latest last."""

    def __init__(self, payer: str, days: list[int]) -> None:
        self.payer = payer
        """The other side's account, else its name, else `salary`."""
        self.days = days


class Dealt:
    """Money that came back to a demand deposit account from a position that ended or was sold, or went from one into a position."""

    def __init__(self, at: int, day: int, value: int, identity: str) -> None:
        self.at = at
        self.day = day
        self.value = value
        """Above 0 what came back, below 0 what was placed, 0 what was reversed."""
        self.identity = identity
        """Of the movement: source, slash, event_id."""


class Memory:
    """See above. Money in base-currency units, dates as ordinals, names as `name_of` makes them."""

    def __init__(self) -> None:
        self.credited: vec[i64] = vec[i64]()
        """The latest amounts of external credits, the latest last."""
        self.debited: vec[i64] = vec[i64]()
        self.payees: vec[i64] = vec[i64]()
        """Pairs: payee of an external debit, its latest date."""
        self.payments: vec[i64] = vec[i64]()
        """Fours of the last 30 dates: payee, date, amount of an external debit, AUM before it."""
        self.regulars: dict[int, str] = {}
        """The names, as texts, of payees with several payments, the latest to become one last."""
        self.elsewhere: vec[i64] = vec[i64]()
        """Fours of the last 90 dates: bank, payee's name, date, amount of an external transfer or cheque."""
        self.passing: list[Passing] = []
        self.rhythms: list[Rhythm] = []
        self.salaries: vec[i64] = vec[i64]()
        """Pairs of the last 62 dates: date, amount of a salary, as they arrived."""
        self.dealt: list[Dealt] = []
        """Of the last 45 dates, the first first; what was placed only where something had come back before it."""
        self.fired: vec[i64] = vec[i64]()
        """Triples of the last 92 dates: name of an event rule that fired, date, digest of the movement, or at a close the name of what was
        told; two of each rule."""
        self.warned: vec[i64] = vec[i64]()
        """Pairs: a warning or critical notification since the bank last spoke with the customer, its date; the first of them."""
        self.valued: vec[i64] = vec[i64]()
        """Pairs: digest of a movement whose reversal does not say what it was worth, what it was worth in the flows, or OWN."""
        self.tier_since: int = 0
        """The date at whose first tick the tier changed last; 0 for never."""
        self.tier_before: str = ""
        """As decided until then."""

    def tier_on(self, day: int, tier: str) -> str:
        """The tier as decided on a date, where `tier` is the one of today; only the latest change is known."""
        return tier if day >= self.tier_since else self.tier_before

    def amount(self, credit: bool, value: i64) -> None:
        """One more external movement."""
        if credit:
            self.credited = _latest(self.credited, value)
        else:
            self.debited = _latest(self.debited, value)

    def payee(self, payee: i64, day: i64) -> int:
        """An external debit went there; the date of the latest before it, 0 if there was none in two years."""
        payees = self.payees
        size: i64 = len(payees)
        place: i64 = 0
        oldest: i64 = 0
        while place < size:
            if payees[place] == payee:
                before = payees[place + 1]
                if day > before:
                    payees[place + 1] = day
                return before if before > day - PAYEE_DAYS else 0
            if payees[place + 1] < payees[oldest + 1]:
                oldest = place
            place += 2
        if size >= 2 * MOST_PAYEES:
            payees[oldest] = payee
            payees[oldest + 1] = day
        else:
            payees = append(payees, payee)
            self.payees = append(payees, day)
        return 0

    def pay(self, payee: i64, name: str, day: i64, value: i64, before: i64) -> None:
        """Remember an external debit to a payee."""
        kept = _since(self.payments, _PAYMENT, 1, day - PAYMENT_DAYS + 1, MOST_PAYMENTS)
        kept = append(kept, payee)
        kept = append(kept, day)
        kept = append(kept, value)
        self.payments = append(kept, before)
        if self._paid(payee) >= REGULAR and payee not in self.regulars:
            gone = [number for number in self.regulars if self._paid(number) == 0]
            if len(self.regulars) - len(gone) >= MOST_REGULARS:
                gone.append(next(iter(self.regulars)))
            for number in gone:
                self.regulars.pop(number, None)
            self.regulars[payee] = name

    def _paid(self, payee: i64) -> int:
        """How many payments to a payee are kept."""
        payments = self.payments
        size: i64 = len(payments)
        found: i64 = 0
        place: i64 = 0
        while place < size:
            if payments[place] == payee:
                found += 1
            place += _PAYMENT
        return found

    def move_elsewhere(self, bank: i64, name: i64, day: i64, value: i64) -> None:
        """Remember an external transfer or cheque."""
        kept = _since(self.elsewhere, 4, 2, day - ELSEWHERE_DAYS + 1, MOST_ELSEWHERE)
        kept = append(kept, bank)
        kept = append(kept, name)
        kept = append(kept, day)
        self.elsewhere = append(kept, value)

    def take_back(self, payee: i64, name: i64, day: i64, value: i64) -> None:
        """An external debit was reversed: it was not paid."""
        self.payments = _without(self.payments, _PAYMENT, payee, 1, day, value)
        self.elsewhere = _without(self.elsewhere, 4, name, 2, day, value)

    def take_back_credit(self, identity: str) -> None:
        """An external credit was reversed: it never came."""
        if self.passing:
            self.passing = [one for one in self.passing if one.identity != identity]

    def pass_in(self, at: int, value: int, identity: str, tier: str) -> None:
        """An external credit came; the smallest makes room when there are too many."""
        self.passing.append(Passing(at, value, 0, identity, tier, False))
        if len(self.passing) > MOST_PASSING:
            self.passing.remove(min(self.passing, key=lambda one: one.value))

    def pass_out(self, at: int, value: int) -> None:
        """An external debit left, or, with a value below 0, was reversed."""
        for one in self.passing:
            if one.at <= at <= one.at + PASSING_SECONDS:
                one.out += value

    def pass_on(self, now: int) -> None:
        """Forget the credits that are more than 48 hours old, and as many again for what comes late."""
        if self.passing and self.passing[0].at < now - 2 * PASSING_SECONDS:
            self.passing = [one for one in self.passing if one.at >= now - 2 * PASSING_SECONDS]

    def earn(self, day: i64, value: i64) -> None:
        """A salary came, of this amount."""
        kept = append(_since(self.salaries, 2, 0, day - SALARY_DAYS + 1, MOST_SALARIES), day)
        self.salaries = append(kept, value)

    def beat(self, payer: str, day: int) -> None:
        """A salary came."""
        for rhythm in self.rhythms:
            if rhythm.payer == payer:
                if day not in rhythm.days:
                    rhythm.days.append(day)
                    rhythm.days.sort()
                    del rhythm.days[:-MOST_BEATS]
                return
        self.rhythms.append(Rhythm(payer, [day]))
        if len(self.rhythms) > MOST_RHYTHMS:
            self.rhythms.sort(key=lambda rhythm: rhythm.days[-1])
            del self.rhythms[0]

    def deal(self, one: Dealt, day: int) -> None:
        """Money came back, or was placed; `day` is the customer's current date."""
        kept = [other for other in self.dealt if other.day > day - DEALT_DAYS]
        known = any(other.identity == one.identity for other in kept)
        if not known and one.day > day - DEALT_DAYS and (one.value >= 0 or any(other.value > 0 for other in kept)):
            place = len(kept)
            while place > 0 and kept[place - 1].at > one.at:
                place -= 1
            kept.insert(place, one)
        self.dealt = kept[-MOST_DEALT:]

    def undeal(self, at: int, day: int, identity: str, today: int) -> None:
        """It was reversed; if it has not come yet, it will count for nothing."""
        for one in self.dealt:
            if one.identity == identity:
                one.value = 0
                return
        self.deal(Dealt(at, day, 0, identity), today)

    def keep_value(self, digest: i64, value: i64) -> None:
        """Remember what a movement, or a reversal that came before it, made of the flows; what is remembered of it already holds."""
        if self.value_of(digest) == UNKNOWN_VALUE:
            size: i64 = len(self.valued)
            kept = self.valued[2:] if size >= 2 * MOST_VALUED else self.valued
            kept = append(kept, digest)
            self.valued = append(kept, value)

    def value_of(self, digest: i64) -> int:
        """What `keep_value` was told of a movement; UNKNOWN_VALUE where it is not remembered."""
        valued = self.valued
        place: i64 = len(valued) - 2
        while place >= 0:
            if valued[place] == digest:
                return valued[place + 1]
            place -= 2
        return UNKNOWN_VALUE

    def fire(self, rule: i64, day: i64, digest: i64) -> None:
        """An event rule fired, on a movement or at a close."""
        fired = self.fired
        size: i64 = len(fired)
        kept = vec[i64]()
        place: i64 = size - 3
        same: i64 = 1
        oldest: i64 = -1
        while place >= 0:
            if fired[place] == rule:
                same += 1
                if same > FIRED_EACH and oldest < 0:
                    oldest = place
            place -= 3
        place = 0
        while place < size:
            if place != oldest and fired[place + 1] > day - FIRED_DAYS:
                kept = append(kept, fired[place])
                kept = append(kept, fired[place + 1])
                kept = append(kept, fired[place + 2])
            place += 3
        kept = append(kept, rule)
        kept = append(kept, day)
        self.fired = append(kept, digest)

    def unfire(self, rule: i64, digest: i64) -> None:
        """What it fired on was reversed."""
        fired = self.fired
        size: i64 = len(fired)
        kept = vec[i64]()
        place: i64 = 0
        while place < size:
            if fired[place] != rule or fired[place + 2] != digest:
                kept = append(kept, fired[place])
                kept = append(kept, fired[place + 1])
                kept = append(kept, fired[place + 2])
            place += 3
        self.fired = kept

    def fired_since(self, rule: i64, day: i64) -> bool:
        """Whether an event rule has fired on this date or later."""
        fired = self.fired
        size: i64 = len(fired)
        place: i64 = 0
        while place < size:
            if fired[place] == rule and fired[place + 1] >= day:
                return True
            place += 3
        return False

    def warn(self, about: i64, day: i64, spoken: i64) -> None:
        """A notification that calls for a talk; `spoken` is when the bank last spoke with the customer, 0 where that is not known."""
        kept = self._unanswered(0, max(spoken, day - FIRED_DAYS))
        if len(kept) < 2 * MOST_WARNED:
            kept = append(kept, about)
            kept = append(kept, day)
        self.warned = kept

    def unwarn(self, about: i64) -> None:
        """A notification was taken back."""
        if len(self.warned) > 0:
            self.warned = self._unanswered(about, 0)

    def unanswered(self, after: i64) -> int:
        """Date of the first notification after a date that calls for a talk; 0 for none."""
        warned = self.warned
        size: i64 = len(warned)
        place: i64 = 0
        first: i64 = 0
        while place < size:
            day = warned[place + 1]
            if day > after and (first == 0 or day < first):
                first = day
            place += 2
        return first

    def _unanswered(self, without: i64, after: i64) -> vec[i64]:
        warned = self.warned
        size: i64 = len(warned)
        kept = vec[i64]()
        place: i64 = 0
        while place < size:
            if warned[place] != without and warned[place + 1] > after:
                kept = append(kept, warned[place])
                kept = append(kept, warned[place + 1])
            place += 2
        return kept


def _latest(amounts: vec[i64], value: i64) -> vec[i64]:
    """One more, and no more than are kept."""
    size: i64 = len(amounts)
    if size < AMOUNTS:
        return append(amounts, value)
    place: i64 = 1
    while place < size:
        amounts[place - 1] = amounts[place]
        place += 1
    amounts[size - 1] = value
    return amounts


def _since(entries: vec[i64], width: i64, column: i64, first: i64, most: i64) -> vec[i64]:
    """Entries of dates from `first` on, fewer than `most` of them: the latest to arrive."""
    size: i64 = len(entries)
    gone: i64 = 0
    if size >= most * width:
        gone = size - (most - 1) * width
    while gone < size and entries[gone + column] < first:
        gone += width
    return entries[gone:] if gone > 0 else entries


def _without(entries: vec[i64], width: i64, payee: i64, column: i64, day: i64, value: i64) -> vec[i64]:
    """All but the latest entry with this payee, date and amount."""
    size: i64 = len(entries)
    place = size - width
    while place >= 0:
        if entries[place + column - 1] == payee and entries[place + column] == day and entries[place + column + 1] == value:
            while place + width < size:
                entries[place] = entries[place + width]
                place += 1
            return entries[: size - width]
        place -= width
    return entries
