"""The settings of all rules over event time: which book holds at an instant.

The law of the timeline:

1. What the settings file says holds from the beginning of time.
2. A record of `wealth.rules` is one version of one rule. It holds for what is decided at event times from its `active_since` on (rounded up
   to the second), until the rule's next version does. The event time of a decision is the customer's clock: the movement's, the tick's, or,
   for a movement that comes late, what the clock shows already. So a customer's settings never go back.
3. A rule's versions count up and do not begin before one another. A record that is not such a version, or is misspelt, is refused with a
   named fault, and what held goes on.
4. All this is a function of the newest record of each key, not of the order in which they came: a worker that followed the topic and one
   that has read what compaction left agree. So a record without a value takes a version away, and one that is refused stands for nothing.
5. A switch does nothing by itself. When a rule is asked next, the new numbers count: an open condition that no longer reaches `rearm` of
   the new threshold resolves, one that has come into a higher band escalates, and its notification keeps its id. The open conditions of a
   rule that is off are dropped without a word the next time their customer is touched.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from math import ceil
from typing import NamedTuple, Self

from pydantic import ValidationError

from schemas.rules import RuleFault, RuleSettings
from schemas.settings import Bank, Settings, SettingsError
from streams.book import RuleBook, check, no_such_rule, rule_of

BEGINNING = -(1 << 62)
"""Before every instant."""


class Refused(NamedTuple):
    """A record that is no version, and why. A tuple, since a backtest hands it to its jobs: a compiled dataclass is not read back there."""

    key: str
    fault: RuleFault
    detail: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a record did to the timeline."""

    since: int | None
    """The first instant at which other settings hold than before; None if at none."""
    late: bool
    """Something was decided at that instant, or past it."""
    refused: tuple[Refused, ...]
    """What is refused since: the record itself, or a version that it has made impossible."""


@dataclass(slots=True)
class _Stretch:
    """From `start` to the next one's start these settings hold; their book is made when it is asked for."""

    start: int
    settings: dict[str, RuleSettings]
    book: RuleBook | None = None


class RuleBooks:
    """See the law above. A timeline of one book, the settings file's, is the usual case."""

    def __init__(self, bank: Bank, settings: dict[str, RuleSettings] | None = None) -> None:
        """Begin with what the settings file says.

        Raises:
            SettingsError: it is misspelt, or a rule has an `active_since`.
        """
        for name, setting in (settings or {}).items():
            if setting.active_since is not None:
                raise SettingsError(
                    f"rule {name}: active_since: the file's settings hold from the beginning of time; "
                    f"what begins later is published with `wealthwatch rules set {name}`"
                )
        self.bank = bank
        self.first = RuleBook(bank, settings)
        self.latest = BEGINNING
        """The latest instant that was asked about."""
        self.refused: dict[str, Refused] = {}
        """By key."""
        self._records: dict[str, RuleSettings | Refused] = {}
        self._versions: dict[str, list[RuleSettings]] = {}
        self._stretches = [_Stretch(BEGINNING, self.first.settings, self.first)]
        self._starts = [BEGINNING]
        self._book, self._since, self._until = self.first, BEGINNING, -BEGINNING

    @classmethod
    def of(cls, settings: Settings, versions: Iterable[RuleSettings] = ()) -> Self:
        """The timeline of a service's settings, with versions as they stand on the topic.

        Raises:
            SettingsError: the settings are misspelt, or a version is refused.
        """
        books = cls(settings.bank, settings.rules)
        for version in versions:
            books.put(version.key, version)
        for refused in books.refused.values():
            raise SettingsError(f"{refused.key}: {refused.detail}")
        return books

    def at(self, instant: int) -> RuleBook:
        """The book for what is decided at an instant of event time (whole seconds since 1970)."""
        if instant > self.latest:
            self.latest = instant
        if self._since <= instant < self._until:
            return self._book
        return self._turn(instant)

    def _turn(self, instant: int) -> RuleBook:
        place = bisect_right(self._starts, instant) - 1
        stretch = self._stretches[place]
        if stretch.book is None:
            stretch.book = RuleBook(self.bank, stretch.settings)
        self._book, self._since = stretch.book, stretch.start
        self._until = self._starts[place + 1] if place + 1 < len(self._starts) else -BEGINNING
        return self._book

    def failures(self) -> Counter[tuple[str, str]]:
        """How often, since the last call, a rule's expression could not be evaluated, by rule and fault."""
        found: Counter[tuple[str, str]] = Counter()
        for stretch in self._stretches:
            if stretch.book is not None and stretch.book.failures:
                found += stretch.book.failures
                stretch.book.failures.clear()
        return found

    @property
    def versions(self) -> list[RuleSettings]:
        """What begins after the beginning of time, in the order in which it does; those that are refused are left out."""
        return sorted((each for some in self._versions.values() for each in some), key=lambda one: (starts(one), one.version))

    def history(self, rule: str) -> list[RuleSettings]:
        """A rule's versions, the file's first; those that are refused are left out."""
        return [self.first.settings[rule], *self._versions.get(rule, [])]

    def put(self, key: str, record: RuleSettings | Refused | None) -> Change:
        """Take a record of the topic; None takes away what its key held."""
        if record is None:
            self._records.pop(key, None)
        else:
            self._records[key] = (isinstance(record, RuleSettings) and self._wrong(key, record)) or record
        before, known = self._stretches, self.refused
        self._lay()
        since = _first_difference(before, self._stretches)
        for old, new in zip(before, self._stretches, strict=False):
            if since is None or new.start < since:
                new.book = old.book
        self._since, self._until = 1, 0
        news = tuple(one for at, one in self.refused.items() if one != known.get(at) or at == key)
        return Change(since, since is not None and self.latest >= since, news)

    def _wrong(self, key: str, version: RuleSettings) -> Refused | None:
        """What is wrong with a version by itself."""
        if version.rule not in self.first.known:
            return Refused(key, RuleFault.UNKNOWN_RULE, no_such_rule(version.rule))
        if key != version.key:
            return Refused(key, RuleFault.WRONG_KEY, f"the record's key is not {version.key}")
        if version.active_since is None:
            return Refused(key, RuleFault.NO_START, f"rule {version.rule}: active_since is not given")
        try:
            rule = rule_of(version.rule, version, self.bank)
            if rule is None:
                raise SettingsError(f"rule {version.rule}: a version of the bank's own rule has its expression, too")
            check(rule, version, self.bank)
        except SettingsError as error:
            return Refused(key, RuleFault.WRONG_SETTING, str(error))
        return None

    def _lay(self) -> None:
        """Lay the timeline anew from the records."""
        self.refused = {key: record for key, record in self._records.items() if isinstance(record, Refused)}
        self._versions = {}
        ordered = sorted((record for record in self._records.values() if isinstance(record, RuleSettings)), key=lambda one: one.version)
        for version in ordered:
            former = self.history(version.rule)[-1]
            if version.version <= self.first.settings[version.rule].version:
                first = self.first.settings[version.rule].version
                said = f"rule {version.rule}: version {version.version} is not after version {first} of the settings file"
                self.refused[version.key] = Refused(version.key, RuleFault.STALE, said)
            elif former.active_since is not None and starts(version) < starts(former):
                said = f"rule {version.rule}: version {version.version} begins before version {former.version}"
                self.refused[version.key] = Refused(version.key, RuleFault.EARLIER_START, said)
            else:
                self._versions.setdefault(version.rule, []).append(version)
        self._stretches = [_Stretch(BEGINNING, self.first.settings, self.first)]
        for version in self.versions:
            last = self._stretches[-1]
            settings = {**last.settings, version.rule: version}
            if last.start == starts(version):
                last.settings = settings
            else:
                self._stretches.append(_Stretch(starts(version), settings))
        self._starts = [stretch.start for stretch in self._stretches]


class HouseholdBooks(RuleBooks):
    """The same timeline's books of households."""

    def __init__(self, books: RuleBooks) -> None:
        self.bank = books.bank
        self.first = books.first.households
        self.of_customers = books

    def at(self, instant: int) -> RuleBook:
        """See `RuleBooks.at`."""
        book: RuleBook = self.of_customers.at(instant).households
        return book

    def history(self, rule: str) -> list[RuleSettings]:
        """See `RuleBooks.history`."""
        return self.of_customers.history(rule)


def starts(version: RuleSettings) -> int:
    """The first whole second at which a version holds."""
    return BEGINNING if version.active_since is None else instant(version.active_since)


def instant(moment: datetime) -> int:
    """The first whole second at or after a moment."""
    return ceil(moment.timestamp())


def read(key: bytes | None, value: bytes) -> RuleSettings | Refused:
    """Read a record of the topic; whether it is a version of something that exists is for `RuleBooks.put` to say."""
    try:
        return RuleSettings.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "record"
        return Refused((key or b"").decode(errors="replace"), RuleFault.UNREADABLE, f"{where}: {first['msg']}")


def _first_difference(before: list[_Stretch], after: list[_Stretch]) -> int | None:
    for old, new in zip_longest(before, after):
        if old is None or new is None:
            return (old or new).start
        if old.start != new.start or old.settings != new.settings:
            return min(old.start, new.start)
    return None
